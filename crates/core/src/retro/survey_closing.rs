//! The close of the survey: sheets become notes, and what stays too few to be safe is withheld.
//!
//! Rule: a close cannot be undone. In an anonymous retro notes keep no author, get random ids and are
//! saved in the order of those ids; where fewer people wrote than the retro's threshold nothing of it is
//! shown until its author says so, and after [`SHARING`] or at `finish` it is gone.

use chrono::{DateTime, Duration, Utc};

use super::note::shown_in;
use super::survey::all_surveys;
use super::{Caller, Card, Change, Decision, DirectMessage, Refusal, Reply, Step, Timer};
use crate::ids::{NoteId, UserId};
use crate::model::note::{Category, Note, lines};
use crate::model::participant::{Participant, tally};
use crate::model::question::Kind;
use crate::model::response::{Response, Share, is_trivial};
use crate::model::retro::{Phase, Retro};
use crate::text::bold;
use crate::zone;

/// How long an author may think about sharing what was withheld.
pub const SHARING: Duration = Duration::hours(48);

/// Whether what was written is withheld at the close: an anonymous retro in which some, but fewer than the
/// threshold, wrote words.
pub fn withholds(retro: &Retro, responses: &[Response]) -> bool {
    let authors = responses.iter().filter(|s| s.has_words(&retro.questions)).count();
    retro.anonymous && (1..retro.threshold).contains(&authors)
}

/// `agenda` and its button: closes the survey and posts the agenda.
pub fn by_hand(
    retro: &Retro,
    people: &[Participant],
    responses: &[Response],
    caller: &Caller,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    caller.must_lead(retro)?;
    match retro.phase {
        Phase::Collecting => {}
        Phase::Agenda | Phase::Meeting => {
            return Ok(Decision::say(format!("The agenda for {} is already in the channel.", bold(&retro.version))));
        }
        Phase::Scheduled => return Err(Refusal::NotBegun(retro.version.clone())),
        Phase::Closed => return Err(Refusal::AlreadyOver(retro.version.clone(), "finished")),
        Phase::Cancelled => return Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
    }
    let (done, all) = tally(people);
    let mut decision = close(retro, people, responses, now, ids);
    let mut said = format!(
        "The survey for {} is closed: {done} of {all} people answered. I'm posting the agenda.",
        bold(&retro.version)
    );
    if withholds(retro, responses) {
        said.push_str(&format!(" {}", too_few(retro)));
    }
    if now < retro.closes && done < all {
        said.push_str(&format!(
            " The survey was planned to close {}. You can still add a thought with `/retro note`.",
            zone::moment(retro.closes, &retro.zone)
        ));
    }
    decision.reply = Some(Reply::new(said));
    Ok(decision)
}

/// Why words are missing from an agenda.
pub fn too_few(retro: &Retro) -> String {
    format!(
        "Fewer than {} people wrote something, so I'm asking each of them first. I'll only show what they agree to share.",
        retro.threshold
    )
}

/// Turns sheets into notes, one line each, and moves on to the agenda.
pub fn close(
    retro: &Retro,
    people: &[Participant],
    responses: &[Response],
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Decision {
    let withheld = withholds(retro, responses);
    let shows_scores = !retro.anonymous || responses.iter().filter(|s| s.says_something()).count() >= retro.threshold;
    let mut notes = Vec::new();
    let mut kept = Vec::new();
    for response in responses {
        if !withheld {
            notes.extend(notes_of(retro, response, (!retro.anonymous).then_some(&response.user), ids));
        } else if response.has_words(&retro.questions) {
            let mut response = Response { typed: None, asking: None, ..response.clone() };
            if shows_scores {
                response.answers.retain(|a| !is_score(retro, a.question));
            }
            kept.push(response);
        }
    }
    // Ids are random: their order is a shuffle.
    notes.sort_by_key(|n| n.id.0);
    let scores = if shows_scores { scores_of(retro, responses) } else { Vec::new() };
    let mut cards = vec![Card::Kickoff(retro.id), Card::Agenda(retro.id), Card::Facts(retro.id)];
    cards.extend(all_surveys(retro, people));
    cards.extend(kept.iter().map(|s| Card::Share { retro: retro.id, user: s.user.clone() }));
    let until = withheld.then_some(now + SHARING);
    let timer = |step| Timer { retro: retro.id, step, due: None };
    Decision {
        changes: vec![
            Change::CloseSurvey { retro: retro.id, anonymous: retro.anonymous, notes, scores, kept },
            Change::Update(Retro { phase: Phase::Agenda, withheld: until, ..retro.clone() }),
        ],
        cards,
        timers: vec![
            timer(Step::Close),
            timer(Step::Grace),
            timer(Step::Nudge),
            Timer { retro: retro.id, step: Step::Withheld, due: until },
        ],
        ..Decision::default()
    }
}

/// A survey that was closed after the backup that this database comes from: its answers can never be read again.
pub fn closed_before(
    retro: &Retro,
    people: &[Participant],
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Decision {
    let mut decision = close(retro, people, &[], now, ids);
    decision.dms.push(DirectMessage {
        to: retro.facilitator.clone(),
        about: format!("{}/closed-before", retro.id),
        reply: Reply::new(format!(
            "I was restored from a backup that was made before the survey for {} closed. It stays closed; its answers can only be found in Slack.",
            bold(&retro.version)
        )),
    });
    decision
}

fn is_score(retro: &Retro, question: usize) -> bool {
    retro.questions.get(question).is_some_and(|q| q.kind == Kind::Scale)
}

/// The scores of each question that takes a number, in ascending order: the order tells nothing.
fn scores_of(retro: &Retro, responses: &[Response]) -> Vec<Vec<u8>> {
    let scales = (0..retro.questions.len()).filter(|q| is_score(retro, *q));
    scales
        .map(|q| {
            let answers = responses.iter().flat_map(|s| &s.answers).filter(|a| a.question == q);
            let mut scores: Vec<u8> = answers.filter_map(|a| a.text.parse().ok()).collect();
            scores.sort_unstable();
            scores
        })
        .collect()
}

fn notes_of(retro: &Retro, response: &Response, author: Option<&UserId>, ids: &mut dyn FnMut() -> i64) -> Vec<Note> {
    let answered = response.answers.iter().filter_map(|a| match retro.questions.get(a.question).map(|q| q.kind) {
        Some(Kind::Text(category)) => Some((category, a.text.as_str())),
        Some(Kind::Scale) | None => None,
    });
    let noted = response.notes.iter().map(|(category, text)| (*category, text.as_str()));
    let mut note = |category: Category, text: String| Note {
        id: NoteId(ids()),
        channel: retro.channel.clone(),
        retro: Some(retro.id),
        category,
        author: author.cloned(),
        text,
        link: None,
        source: None,
        hidden: false,
        theme: None,
    };
    let all_lines = |(category, text)| lines(text).map(move |line| (category, line));
    answered.chain(noted).flat_map(all_lines).filter(|(_, line)| !is_trivial(line)).map(|(s, t)| note(s, t)).collect()
}

/// An author's word on what was withheld; it can be changed until all have decided. `responses` are those that wait.
///
/// Rule: nothing that others can see changes before all have decided or time is up, so that no moment tells who shared what.
pub fn share(
    retro: &Retro,
    responses: &[Response],
    user: &UserId,
    how: Share,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    let nothing = || Refusal::NothingWithheld(retro.version.clone());
    let until = retro.withheld.filter(|_| retro.phase.has_agenda()).ok_or_else(nothing)?;
    let mut responses = responses.to_vec();
    let mine = responses.iter_mut().find(|response| response.user == *user).ok_or_else(nothing)?;
    mine.share = Some(how);
    let marked = Change::Response { retro: retro.id, response: mine.clone() };
    if responses.iter().all(|response| response.share.is_some()) {
        return Ok(settle(retro, &responses, ids));
    }
    let what = match how {
        Share::Unnamed => "I'll share your words without your name",
        Share::Named => "I'll share your words with your name",
        Share::KeepOut => "I won't share your words",
    };
    let when = if how == Share::KeepOut { "." } else { ", together with everyone else's." };
    Ok(Decision {
        changes: vec![marked],
        reply: Some(Reply::new(format!(
            "Saved for {}: {what}{when} You can change your mind until everyone has decided, or until {}.",
            bold(&retro.version),
            zone::moment(until, &retro.zone)
        ))),
        ..Decision::default()
    })
}

/// Shows together what authors shared, in a random order. Silence means: keep it out. What is left of the sheets is
/// destroyed.
pub fn settle(retro: &Retro, responses: &[Response], ids: &mut dyn FnMut() -> i64) -> Decision {
    let (mut notes, mut shared) = (Vec::new(), Vec::new());
    for response in responses {
        let author = match response.share {
            Some(Share::Unnamed) => None,
            Some(Share::Named) => Some(&response.user),
            Some(Share::KeepOut) | None => continue,
        };
        notes.extend(notes_of(retro, response, author, ids));
        shared.push(response.clone());
    }
    // Ids are random: their order is a shuffle.
    notes.sort_by_key(|n| n.id.0);
    let mut decision = end(retro, responses);
    let categories: Vec<Category> = notes.iter().map(|note| note.category).collect();
    decision.cards.extend(categories.into_iter().flat_map(|category| shown_in(Some(retro), category)));
    if !shared.is_empty() {
        let scores = scores_of(retro, &shared);
        decision.changes.insert(0, Change::MoreScores { retro: retro.id, scores });
    }
    decision.changes.splice(0..0, notes.into_iter().map(Change::AddNote));
    decision
}

/// Scores that come to others, each question's in ascending order.
pub fn merged(mut before: Vec<Vec<u8>>, more: &[Vec<u8>]) -> Vec<Vec<u8>> {
    before.resize(before.len().max(more.len()), Vec::new());
    for (all, more) in before.iter_mut().zip(more) {
        all.extend(more);
        all.sort_unstable();
    }
    before
}

/// What is left of the sheets is destroyed, and nothing of it is shown.
pub fn end(retro: &Retro, responses: &[Response]) -> Decision {
    let mut cards: Vec<Card> =
        responses.iter().map(|s| Card::Share { retro: retro.id, user: s.user.clone() }).collect();
    cards.push(Card::Agenda(retro.id));
    Decision {
        changes: vec![Change::EndSurvey { retro: retro.id }, Change::Update(Retro { withheld: None, ..retro.clone() })],
        cards,
        timers: vec![Timer { retro: retro.id, step: Step::Withheld, due: None }],
        ..Decision::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one_note() {
        let all: Vec<String> = lines("- a\n- b\n\n* c\nplain - dash\n-5% load").collect();
        assert_eq!(all, ["a", "b", "c", "plain - dash", "-5% load"]);
    }
}
