//! The survey: its questions, what an answer is, and when it closes.
//!
//! Rule: a close cannot be undone. It turns answers into notes, without an author where the retro is
//! anonymous, in alphabetical order so that the order gives nobody away.

use chrono::{DateTime, Duration, Utc};

use super::note::{MAX_NOTE, Note, Stage};
use super::{
    Answered, Caller, Card, Change, Decision, Participant, Phase, Refusal, Reply, Retro, Step, Timer, bold, tally,
};
use crate::ids::{NoteId, UserId};
use crate::press::Press;
use crate::text::clean;
use crate::zone;

/// Time to edit after the last person answered.
pub const GRACE: Duration = Duration::minutes(10);

/// The least time between two nudges by hand.
pub const NUDGE_PAUSE: Duration = Duration::hours(4);

/// The longest answer in characters: what a Slack text field holds.
/// <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>
pub const MAX_ANSWER: usize = 3000;

/// One question.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub text: &'static str,
    /// What kind of answer it takes.
    pub kind: Kind,
}

/// What a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words, for a stage of the agenda.
    Text(Stage),
    /// 1 to 10.
    Scale,
}

/// The six questions of the release process.
pub const QUESTIONS: [Question; 6] = [
    Question { text: "What went well in this release?", kind: Kind::Text(Stage::Well) },
    Question { text: "What could have been better?", kind: Kind::Text(Stage::Improve) },
    Question { text: "What surprised you?", kind: Kind::Text(Stage::Surprise) },
    Question { text: "What would you change for next time?", kind: Kind::Text(Stage::Change) },
    Question { text: "On a scale of 1-10, how smooth was this release?", kind: Kind::Scale },
    Question { text: "Any other thoughts?", kind: Kind::Text(Stage::Other) },
];

/// What one person wrote to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Index into [`QUESTIONS`].
    pub question: usize,
    /// The words, or the number as text.
    pub text: String,
}

/// A refused form: what is wrong, at which question.
#[derive(Debug)]
pub struct FormRefusal {
    /// Index into [`QUESTIONS`].
    pub question: usize,
    /// What is wrong.
    pub refusal: Refusal,
}

/// Whether this person may answer now.
pub fn open_for<'a>(retro: &Retro, people: &'a [Participant], user: &UserId) -> Result<&'a Participant, Refusal> {
    let me = people.iter().find(|p| p.user == *user).ok_or(Refusal::NotAsked)?;
    match retro.phase {
        Phase::Collecting => Ok(me),
        Phase::Cancelled => Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
        Phase::Agenda | Phase::Closed => Err(Refusal::SurveyClosed(retro.version.clone())),
    }
}

/// Reads the form: trims, checks lengths and numbers, and asks for at least one answer.
pub fn check(answers: Vec<Answer>) -> Result<Vec<Answer>, FormRefusal> {
    let mut kept = Vec::new();
    for answer in answers {
        let question = answer.question;
        let refused = |refusal| Err(FormRefusal { question, refusal });
        let text = clean(&answer.text).trim().to_owned();
        let len = text.chars().count();
        if text.is_empty() {
            continue;
        }
        if len > MAX_ANSWER {
            return refused(Refusal::TooLong { max: MAX_ANSWER, len });
        }
        match QUESTIONS.get(question).map(|q| q.kind) {
            Some(Kind::Scale) if !matches!(text.parse::<u8>(), Ok(1..=10)) => return refused(Refusal::NotAScore),
            Some(_) => kept.push(Answer { question, text }),
            None => return Err(FormRefusal { question: 0, refusal: Refusal::Unknown }),
        }
    }
    if kept.is_empty() {
        return Err(FormRefusal { question: 0, refusal: Refusal::EmptySurvey });
    }
    Ok(kept)
}

/// Saves answers, new or changed.
pub fn submit(
    retro: &Retro,
    people: &[Participant],
    user: &UserId,
    answers: Vec<Answer>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let mut decision = mark(retro, people, user, Answered::Written, now)?;
    decision.changes.push(Change::Answers { retro: retro.id, user: user.clone(), answers });
    Ok(decision)
}

/// `Nothing to add` and `I was not part of it`: what was written before is taken back, once that was
/// confirmed (`sure`). The button of a DM that has not been updated yet looks like a first answer.
pub fn without_words(
    retro: &Retro,
    people: &[Participant],
    user: &UserId,
    answer: Answered,
    sure: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    if open_for(retro, people, user)?.answer == Answered::Written && !sure {
        let absent = answer == Answered::Absent;
        let label = if absent { "I was not part of it" } else { "Nothing to add" };
        let ask = Reply::new(format!("Your answers for {} are saved; this would delete them.", bold(&retro.version)))
            .button(label, Press::TakeBack { retro: retro.id, absent });
        return Ok(Decision { reply: Some(ask), ..Decision::default() });
    }
    let mut decision = mark(retro, people, user, answer, now)?;
    decision.changes.push(Change::Answers { retro: retro.id, user: user.clone(), answers: Vec::new() });
    Ok(decision)
}

/// Slack refuses to deliver to this person: they leave the count.
pub fn unreachable(retro: &Retro, people: &[Participant], user: &UserId, now: DateTime<Utc>) -> Option<Decision> {
    let me = people.iter().find(|p| p.user == *user)?;
    (me.answer == Answered::Waiting).then(|| mark(retro, people, user, Answered::Unreachable, now).ok())?
}

fn mark(
    retro: &Retro,
    people: &[Participant],
    user: &UserId,
    answer: Answered,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let me = open_for(retro, people, user)?;
    let after: Vec<Participant> =
        people.iter().map(|p| if p.user == *user { Participant { answer, ..p.clone() } } else { p.clone() }).collect();
    let mut decision = Decision::default();
    if me.answer != answer {
        decision.changes.push(Change::Answered { retro: retro.id, user: user.clone(), answer });
        decision.cards.push(Card::Kickoff(retro.id));
        decision.cards.extend(surveys_of(retro, me));
    }
    let (done, all) = tally(&after);
    if retro.all_answered.is_none() && all > 0 && done == all {
        let mut retro = retro.clone();
        retro.all_answered = Some(now);
        decision.timers.push(Timer { retro: retro.id, step: Step::Grace, due: Some(now + GRACE) });
        decision.changes.push(Change::Update(retro));
    }
    Ok(decision)
}

fn surveys_of<'a>(retro: &Retro, person: &'a Participant) -> impl Iterator<Item = Card> + use<'a> {
    let retro = retro.id;
    (0..=person.copies).map(move |copy| Card::Survey { retro, user: person.user.clone(), copy, nudge: false })
}

/// Every survey DM of the retro: they all change when it closes.
pub fn all_surveys(retro: &Retro, people: &[Participant]) -> Vec<Card> {
    people.iter().flat_map(|p| surveys_of(retro, p)).collect()
}

/// `survey`: the form again, as a new copy of the DM.
pub fn resend(retro: &Retro, people: &[Participant], user: &UserId) -> Result<Decision, Refusal> {
    let me = open_for(retro, people, user)?;
    let retro_id = retro.id;
    Ok(Decision {
        changes: vec![Change::Copied { retro: retro_id, user: user.clone() }],
        cards: vec![Card::Survey { retro: retro_id, user: user.clone(), copy: me.copies + 1, nudge: false }],
        reply: Some(Reply::new(format!("I sent you the survey of {} again, by DM.", bold(&retro.version)))),
        ..Decision::default()
    })
}

/// `nudge`: one more DM to everybody who has not answered, at most once in [`NUDGE_PAUSE`].
pub fn nudge(retro: &Retro, people: &[Participant], caller: &Caller, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    if retro.phase != Phase::Collecting {
        return Err(Refusal::NothingToAnswer(retro.version.clone()));
    }
    let waiting: Vec<&Participant> = people.iter().filter(|p| p.answer == Answered::Waiting).collect();
    if waiting.is_empty() {
        return Err(Refusal::NobodyToNudge);
    }
    if let Some(last) = retro.nudged.filter(|last| now - *last < NUDGE_PAUSE) {
        return Err(Refusal::NudgedAlready { last, tz: caller.person.tz.clone() });
    }
    let mut decision =
        Decision::say(format!("Reminded {} by DM.", crate::text::count(waiting.len(), "person", "people")));
    for person in waiting {
        decision.changes.push(Change::Copied { retro: retro.id, user: person.user.clone() });
        decision.cards.push(Card::Survey {
            retro: retro.id,
            user: person.user.clone(),
            copy: person.copies + 1,
            nudge: true,
        });
    }
    decision.changes.push(Change::Update(Retro { nudged: Some(now), ..retro.clone() }));
    Ok(decision)
}

/// `agenda` and its button: closes the survey and posts the agenda.
pub fn close_by_hand(
    retro: &Retro,
    people: &[Participant],
    answers: &[(UserId, Answer)],
    caller: &Caller,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    caller.must_lead(retro)?;
    match retro.phase {
        Phase::Collecting => {}
        Phase::Agenda => {
            return Ok(Decision::say(format!("The agenda of {} is already in the channel.", bold(&retro.version))));
        }
        Phase::Closed => return Err(Refusal::AlreadyOver(retro.version.clone(), "finished")),
        Phase::Cancelled => return Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
    }
    let (done, all) = tally(people);
    let mut decision = close(retro, people, answers, ids);
    let mut said = format!(
        "The survey of {} is closed with {done} of {all} answers, and the agenda is on its way.",
        bold(&retro.version)
    );
    if now < retro.closes && done < all {
        said.push_str(&format!(
            " It would have been open until {}; a close cannot be undone, but notes are welcome: `/retro note`.",
            zone::show(retro.closes, &retro.zone)
        ));
    }
    decision.reply = Some(Reply::new(said));
    Ok(decision)
}

/// Turns answers into notes, one line each, and moves on to the agenda.
pub fn close(
    retro: &Retro,
    people: &[Participant],
    answers: &[(UserId, Answer)],
    ids: &mut dyn FnMut() -> i64,
) -> Decision {
    let mut notes = Vec::new();
    let mut scores = Vec::new();
    for (user, answer) in answers {
        match QUESTIONS.get(answer.question).map(|q| q.kind) {
            Some(Kind::Scale) => scores.extend(answer.text.parse::<u8>()),
            Some(Kind::Text(stage)) => notes.extend(lines(&answer.text).map(|text| Note {
                id: NoteId(ids()),
                channel: retro.channel.clone(),
                retro: Some(retro.id),
                stage,
                author: (!retro.anonymous).then(|| user.clone()),
                text,
            })),
            None => {}
        }
    }
    // The order in which people answered must not be readable from the rows.
    notes.sort_by(|a, b| (a.stage, &a.text).cmp(&(b.stage, &b.text)));
    scores.sort_unstable();
    let mut cards = vec![Card::Kickoff(retro.id), Card::Agenda(retro.id)];
    cards.extend(all_surveys(retro, people));
    let timer = |step| Timer { retro: retro.id, step, due: None };
    Decision {
        changes: vec![
            Change::CloseSurvey { retro: retro.id, notes, scores },
            Change::Update(Retro { phase: Phase::Agenda, ..retro.clone() }),
        ],
        cards,
        timers: vec![timer(Step::Close), timer(Step::Grace)],
        reply: None,
    }
}

/// One line is one note: `- a\n- b` becomes two.
fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        // `- a` is a bullet, `-5 %` is a number.
        let bullet = line.strip_prefix(['-', '*', '•', '–']).filter(|rest| rest.starts_with(char::is_whitespace));
        let line = bullet.unwrap_or(line).trim();
        (!line.is_empty()).then(|| crate::text::cut(line, MAX_NOTE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: usize, text: &str) -> Answer {
        Answer { question, text: text.to_owned() }
    }

    #[test]
    fn a_form_needs_one_answer_and_keeps_its_limits() {
        let refusal = |answers| check(answers).unwrap_err().refusal;
        assert_eq!(refusal(vec![answer(0, "  ")]), Refusal::EmptySurvey);
        assert_eq!(refusal(vec![answer(1, &"x".repeat(50_000))]), Refusal::TooLong { max: 3000, len: 50_000 });
        for wrong in ["0", "11", "7.5", "seven"] {
            assert_eq!(refusal(vec![answer(4, wrong)]), Refusal::NotAScore, "{wrong}");
        }
        assert_eq!(check(vec![answer(0, " good "), answer(4, "7")]).unwrap().len(), 2);
    }

    #[test]
    fn one_line_is_one_note() {
        let all: Vec<String> = lines("- a\n- b\n\n* c\nplain - dash\n-5% load").collect();
        assert_eq!(all, ["a", "b", "c", "plain - dash", "-5% load"]);
    }
}
