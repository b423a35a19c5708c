//! The survey while it is open: who may answer, what an answer is, and what a person's sheet holds.
//!
//! Rule: everything somebody writes before the close stands on their own sheet, which is kept sealed;
//! [`super::survey_closing`] is the only way out of it.

use chrono::{DateTime, Duration, Utc};
use unicode_normalization::UnicodeNormalization as _;

use super::{Caller, Card, Change, Decision, DirectMessage, Refusal, Reply, Step, Timer};
use crate::interaction::BlockAction;
use crate::model::participant::{Answered, NUDGE_PAUSE, Participant, tally};
use crate::model::question::{Kind, Question};
use crate::model::response::{Answer, MAX_ANSWER, Response};
use crate::model::retro::{Phase, Retro};
use crate::text::{bold, clean};
use crate::zone;

/// Time to edit after the last person answered.
pub const GRACE: Duration = Duration::minutes(10);

/// Time to answer once more where what was written is lost.
const AGAIN: Duration = Duration::hours(24);

/// A refused form: what is wrong, at which question.
#[derive(Debug)]
pub struct FormRefusal {
    /// Index into the retro's questions.
    pub question: usize,
    pub refusal: Refusal,
}

/// One person in a survey, and how far it is: what an answer needs to know, however many are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnout {
    /// The person, if they are asked.
    pub me: Option<Participant>,
    /// How many have answered, the person included.
    pub done: usize,
    pub all: usize,
}

/// Whether this person may answer now.
pub fn open_for<'a>(retro: &Retro, turnout: &'a Turnout) -> Result<&'a Participant, Refusal> {
    let me = turnout.me.as_ref().ok_or(Refusal::NotAsked)?;
    match retro.phase {
        Phase::Collecting => Ok(me),
        Phase::Scheduled => Err(Refusal::NotBegun(retro.version.clone())),
        Phase::Cancelled => Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
        Phase::Agenda | Phase::Meeting | Phase::Closed => Err(Refusal::SurveyClosed(retro.version.clone())),
    }
}

/// Reads one answer: trims it, checks its length and number; `None` for an empty one.
pub fn check_one(kind: Kind, text: &str) -> Result<Option<String>, Refusal> {
    let text = clean(text).trim().to_owned();
    let len = text.chars().count();
    if len > MAX_ANSWER {
        return Err(Refusal::TooLong { max: MAX_ANSWER, len });
    }
    if text.is_empty() {
        return Ok(None);
    }
    match kind {
        Kind::Scale => score(&text).map(|score| Some(score.to_string())).ok_or(Refusal::NotAScore),
        Kind::Text(_) => Ok(Some(text)),
    }
}

/// A score as people give it: `8`, `8.`, `8/10`, `8 out of 10`, `eight`, `8 points`, an emoji of a digit.
fn score(text: &str) -> Option<u8> {
    const WORDS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let around = |c: char| c.is_whitespace() || "`\"'“”.!*_~:".contains(c);
    let text: String = text.to_lowercase().nfkc().filter(|c| !matches!(c, '\u{fe0f}' | '\u{20e3}')).collect();
    let text = text.trim_matches(around);
    let text = ["points", "point", "pts"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end();
    let of_ten = text.strip_suffix("10").and_then(|rest| {
        let rest = rest.trim_end();
        ["/", "out of", "of", "von"].iter().find_map(|between| rest.strip_suffix(between))
    });
    let number = of_ten.unwrap_or(text).trim_matches(around);
    let number = number.strip_suffix(".0").unwrap_or(number);
    let word = WORDS.iter().zip(1..).find(|(word, _)| **word == number).map(|(_, score)| score);
    word.or_else(|| number.parse().ok()).filter(|score| (1..=10).contains(score))
}

/// Reads the form, and asks for at least one answer.
pub fn check(questions: &[Question], answers: Vec<Answer>) -> Result<Vec<Answer>, FormRefusal> {
    let mut kept = Vec::new();
    for Answer { question, text } in answers {
        let Some(asked) = questions.get(question) else {
            return Err(FormRefusal { question: 0, refusal: Refusal::Unknown });
        };
        match check_one(asked.kind, &text) {
            Ok(Some(text)) => kept.push(Answer { question, text }),
            Ok(None) => {}
            Err(refusal) => return Err(FormRefusal { question, refusal }),
        }
    }
    if kept.is_empty() {
        return Err(FormRefusal { question: 0, refusal: Refusal::EmptySurvey });
    }
    kept.sort_by_key(|a| a.question);
    Ok(kept)
}

/// Saves answers, new or changed; `before` is what the person's sheet holds.
pub fn submit(
    retro: &Retro,
    turnout: &Turnout,
    before: Response,
    answers: Vec<Answer>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let mut decision = mark(retro, turnout, Answered::Written, now)?;
    let response = Response { answers, typed: None, asking: None, ..before };
    decision.changes.push(kept(retro, response)?);
    Ok(decision)
}

/// Keeps what somebody wrote, where their sheet has room for it.
pub(super) fn kept(retro: &Retro, response: Response) -> Result<Change, Refusal> {
    match response.excess() {
        Some(excess) => Err(Refusal::SheetFull(excess)),
        None => Ok(Change::Response { retro: retro.id, response }),
    }
}

/// `Nothing to add` and `I wasn't part of it`: what was written before is taken back, once that was
/// confirmed (`sure`). The button of a DM that has not been updated yet looks like a first answer.
pub fn without_words(
    retro: &Retro,
    turnout: &Turnout,
    before: Response,
    answer: Answered,
    sure: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let me = open_for(retro, turnout)?;
    if me.answer == Answered::Written && !sure {
        let absent = answer == Answered::Absent;
        let label = if absent { "I wasn't part of it" } else { "Nothing to add" };
        let ask = Reply::new(format!("This would delete your answers for {}.", bold(&retro.version)))
            .button(label, BlockAction::TakeBack { retro: retro.id, absent });
        return Ok(Decision { reply: Some(ask), ..Decision::default() });
    }
    let mut decision = mark(retro, turnout, answer, now)?;
    // Notes were no answers: they stay.
    let response = Response { answers: Vec::new(), typed: None, asking: None, ..before };
    decision.changes.push(Change::Response { retro: retro.id, response });
    Ok(decision)
}

/// Slack refuses to deliver to this person: they leave the count.
pub fn unreachable(retro: &Retro, turnout: &Turnout, now: DateTime<Utc>) -> Option<Decision> {
    let me = turnout.me.as_ref()?;
    (me.answer == Answered::Waiting).then(|| mark(retro, turnout, Answered::Unreachable, now).ok())?
}

/// Notes how somebody answered, with the messages and the deadline that follow.
pub(super) fn mark(
    retro: &Retro,
    turnout: &Turnout,
    answer: Answered,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let me = open_for(retro, turnout)?;
    // With this person as they were, and as they are from now on.
    let (was, is) = (tally(std::slice::from_ref(me)), tally(&[Participant { answer, ..me.clone() }]));
    let (done, all) = (turnout.done + is.0 - was.0, turnout.all + is.1 - was.1);
    let mut decision = Decision::default();
    if me.answer != answer {
        decision.changes.push(Change::Answered { retro: retro.id, user: me.user.clone(), answer });
        decision.cards.push(Card::Kickoff(retro.id));
        decision.cards.extend(surveys_of(retro, me));
    }
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
pub fn resend(retro: &Retro, turnout: &Turnout) -> Result<Decision, Refusal> {
    let me = open_for(retro, turnout)?;
    let user = &me.user;
    let retro_id = retro.id;
    Ok(Decision {
        changes: vec![Change::Copied { retro: retro_id, user: user.clone() }],
        cards: vec![Card::Survey { retro: retro_id, user: user.clone(), copy: me.copies + 1, nudge: false }],
        reply: Some(Reply::new(format!("I sent you the survey for {} again, by DM.", bold(&retro.version)))),
        ..Decision::default()
    })
}

/// What was written cannot be read any more: whoever answered is asked again, and has a day at least.
pub fn ask_again(retro: &Retro, people: &[Participant], now: DateTime<Utc>) -> Decision {
    let closes = retro.closes.max(now + AGAIN);
    let mut decision = Decision {
        changes: vec![Change::BlankSheets { retro: retro.id }, Change::Update(Retro { closes, ..retro.clone() })],
        cards: std::iter::once(Card::Kickoff(retro.id)).chain(all_surveys(retro, people)).collect(),
        timers: vec![
            Timer { retro: retro.id, step: Step::Close, due: Some(closes) },
            Timer { retro: retro.id, step: Step::Grace, due: None },
        ],
        ..Decision::default()
    };
    let answered = |p: &&Participant| matches!(p.answer, Answered::Written | Answered::Nothing | Answered::Absent);
    for person in people.iter().filter(answered) {
        let (retro_id, user) = (retro.id, person.user.clone());
        decision.changes.push(Change::Answered { retro: retro_id, user: user.clone(), answer: Answered::Waiting });
        decision.changes.push(Change::Copied { retro: retro_id, user: user.clone() });
        decision.cards.push(Card::Survey { retro: retro_id, user, copy: person.copies + 1, nudge: false });
        decision.dms.push(DirectMessage {
            to: person.user.clone(),
            about: format!("{retro_id}/again/{}", closes.timestamp()),
            reply: Reply::new(format!(
                "Your answers for {} were lost when I was restored or moved, and no one can read them any more. Please answer once more: the survey is open until {}. Sorry for the extra work.",
                bold(&retro.version),
                zone::moment(closes, &retro.zone)
            )),
        });
    }
    decision
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::standard;

    fn answer(question: usize, text: &str) -> Answer {
        Answer { question, text: text.to_owned() }
    }

    #[test]
    fn a_form_needs_one_answer_and_keeps_its_limits() {
        let refusal = |answers| check(&standard(), answers).unwrap_err().refusal;
        assert_eq!(refusal(vec![answer(0, "  ")]), Refusal::EmptySurvey);
        assert_eq!(refusal(vec![answer(1, &"x".repeat(50_000))]), Refusal::TooLong { max: 3000, len: 50_000 });
        for wrong in ["0", "11", "7.5", "eleven", "8 because it was calm", "8 9"] {
            assert_eq!(refusal(vec![answer(4, wrong)]), Refusal::NotAScore, "{wrong}");
        }
        for eight in ["8", "8.0", "*8*", "８", "8️⃣", "~8", "eight", ":eight:", "8 von 10", "8/10", "8 points", "8!"]
        {
            assert_eq!(check(&standard(), vec![answer(4, eight)]).unwrap()[0].text, "8", "{eight}");
        }
        assert_eq!(check(&standard(), vec![answer(0, " good "), answer(4, "7")]).unwrap().len(), 2);
    }
}
