//! Who was heard in a stage, whose turn it is, and how much of the talk was whose.
//!
//! Rule: in an anonymous retro a note never counts as its writer being heard: the list would tell who wrote it. There
//! people say themselves that they have had their say.

use chrono::{DateTime, Utc};

use super::days;
use crate::ids::{RetroId, UserId};
use crate::model::meeting::{Meeting, Voice};
use crate::model::participant::{Answered, Participant};
use crate::model::retro::Retro;
use crate::model::stage::Stage;
use crate::retro::meeting::context::MeetingContext;
use crate::retro::{Caller, Card, Change, Decision, Refusal, Reply, Step, Timer};
use crate::text::GONE;

/// A number that differs from stage to stage, so that not always the same person begins (FNV-1a).
fn turn(retro: RetroId, stage: usize, user: &UserId) -> u64 {
    let bytes = format!("{retro}/{stage}/{user}");
    bytes.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Who has not been heard in this stage, in turn; the facilitator comes last.
pub fn waiting(retro: &Retro, meeting: &Meeting, present: &[Participant], voices: &[Voice]) -> Vec<UserId> {
    let heard = |user: &UserId| voices.iter().any(|v| v.stage == meeting.at && v.user == *user && v.is_heard());
    let mut out: Vec<UserId> = present
        .iter()
        .filter(|p| !matches!(p.answer, Answered::Absent | Answered::Unreachable) && !heard(&p.user))
        .filter(|p| !p.user.as_str().starts_with(GONE))
        .map(|p| p.user.clone())
        .collect();
    out.sort_by_key(|u| (*u == retro.facilitator, turn(retro.id, meeting.at, u)));
    out
}

impl MeetingContext<'_> {
    /// Who has not been heard in the stage that `meeting` is in, in turn.
    pub fn waiting(&self, meeting: &Meeting) -> Vec<UserId> {
        waiting(self.retro, meeting, self.present, self.voices)
    }
}

/// Whether people take turns in a stage: where something is gathered; without a call everywhere.
pub fn takes_turns(retro: &Retro, stage: Stage) -> bool {
    retro.is_async || matches!(stage, Stage::Well | Stage::Improve | Stage::Surprises)
}

/// What the button says.
pub fn pass_label(retro: &Retro) -> &'static str {
    if retro.anonymous || retro.is_async { "I'm done / Pass" } else { "Pass" }
}

/// "Pass": it counts as having been heard.
pub fn pass(context: &MeetingContext<'_>, caller: &Caller, at: usize, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let meeting = context.running()?;
    if at != meeting.at {
        return Err(Refusal::StageOver(meeting.stage().title()));
    }
    let mut decision = heard(context, meeting, &caller.person.id, 0, true, now);
    let rest = context.voices.iter().any(|v| v.stage == at && v.user == caller.person.id && v.is_heard());
    decision.reply = Some(Reply::new(if rest {
        "You've already had your say in this stage.".to_owned()
    } else if meeting.stage().categories().is_empty() {
        "Thank you! You're done with this stage.".to_owned()
    } else {
        format!("Thanks! You're done with this stage. You can still add notes under “{}”.", meeting.stage().title())
    }));
    Ok(decision)
}

/// Somebody was heard: with so many contributions more, or they passed. Where all were heard without a call the stage closes early.
pub fn heard(
    context: &MeetingContext<'_>,
    meeting: &Meeting,
    user: &UserId,
    contributions: u32,
    passed: bool,
    now: DateTime<Utc>,
) -> Decision {
    let retro = context.retro;
    let before = context.voices.iter().any(|v| v.stage == meeting.at && v.user == *user && v.is_heard());
    let mut voices = context.voices.to_vec();
    match voices.iter_mut().find(|v| v.stage == meeting.at && v.user == *user) {
        Some(voice) => voice.passed |= passed,
        None => voices.push(Voice { stage: meeting.at, user: user.clone(), contributions, passed, invited: false }),
    }
    if let Some(voice) = voices.iter_mut().find(|v| v.stage == meeting.at && v.user == *user) {
        voice.contributions = voice.contributions.max(contributions);
    }
    let mut decision = Decision {
        changes: vec![Change::Heard { retro: retro.id, stage: meeting.at, user: user.clone(), contributions, passed }],
        ..Decision::default()
    };
    if before {
        // Nothing that is shown changes.
        return decision;
    }
    decision.cards.push(Card::Stage { retro: retro.id, stage: meeting.at, page: 0 });
    let after = MeetingContext { voices: &voices, ..*context };
    if retro.is_async
        && let Some(ends) = days::early(&after, meeting, now)
    {
        decision.changes.push(Change::Meeting { retro: retro.id, meeting: Meeting { ends, ..meeting.clone() } });
        decision.timers.push(Timer { retro: retro.id, step: Step::Stage, due: Some(ends) });
    }
    decision
}

/// How much of what was said was the facilitator's, and how many people said something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub facilitator: u32,
    pub all: u32,
    /// People who said something.
    pub people: usize,
}

/// Counts the voices of a whole meeting.
pub fn share(retro: &Retro, voices: &[Voice]) -> Share {
    let mut people: Vec<&UserId> = voices.iter().filter(|v| v.contributions > 0).map(|v| &v.user).collect();
    people.sort();
    people.dedup();
    let words = |of: &dyn Fn(&&Voice) -> bool| voices.iter().filter(of).map(|v| v.contributions).sum();
    Share { facilitator: words(&|v| v.user == retro.facilitator), all: words(&|_| true), people: people.len() }
}
