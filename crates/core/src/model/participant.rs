//! Who is asked, and whether they have answered.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// The least time between two nudges by hand.
pub const NUDGE_PAUSE: Duration = Duration::hours(4);

/// Which of the two went out, as a number: 1 halfway, 2 before the close, 3 both.
pub type Sent = u8;

/// Who is asked, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub user: UserId,
    pub answer: Answered,
    /// How many copies of the survey DM went out after the first (nudges, `/retro survey`).
    pub copies: u32,
    /// Which reminders went out by themselves.
    pub nudges: Sent,
}

/// Whether a participant has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answered {
    #[serde(rename = "waiting")]
    Waiting,
    #[serde(rename = "written")]
    Written,
    /// `Nothing to add`.
    #[serde(rename = "nothing")]
    Nothing,
    /// One of the two: which one is not kept once an anonymous survey is over.
    #[serde(rename = "done")]
    Done,
    /// `I wasn't part of it`: leaves the count.
    #[serde(rename = "absent")]
    Absent,
    /// Slack refuses to deliver to this person: leaves the count.
    #[serde(rename = "unreachable")]
    Unreachable,
}

/// `6 of 8`: who has answered, of those who count.
pub fn tally(participants: &[Participant]) -> (usize, usize) {
    let counts = |p: &&Participant| !matches!(p.answer, Answered::Absent | Answered::Unreachable);
    let all = participants.iter().filter(counts).count();
    let done = participants
        .iter()
        .filter(|p| matches!(p.answer, Answered::Written | Answered::Nothing | Answered::Done))
        .count();
    (done, all)
}
