//! One retrospective, and where it stands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::question::Question;
use crate::ids::{ChannelId, RetroId, UserId};
use crate::model::start::Start;

/// Where a retro stands. Every move forward is a command, a button or a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// A pipeline asked for it; it begins by itself.
    #[serde(rename = "scheduled")]
    Scheduled,
    #[serde(rename = "collecting")]
    Collecting,
    /// The survey is closed and the agenda stands in the channel.
    #[serde(rename = "agenda")]
    Agenda,
    /// The stages are held in the agenda's thread.
    #[serde(rename = "meeting")]
    Meeting,
    /// Finished, with its summary.
    #[serde(rename = "closed")]
    Closed,
    /// Called off; what was written is kept out of sight.
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl Phase {
    /// Begun, and neither closed nor cancelled.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Collecting | Self::Agenda | Self::Meeting)
    }

    /// The survey is closed, its agenda stands in the channel, and it is not over.
    pub fn has_agenda(self) -> bool {
        matches!(self, Self::Agenda | Self::Meeting)
    }
}

/// One retrospective of one release in one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retro {
    /// Random, so that it tells nothing.
    pub id: RetroId,
    pub channel: ChannelId,
    pub version: String,
    pub phase: Phase,
    /// Who started it, or took it over.
    pub facilitator: UserId,
    /// When the facilitator last did something here.
    pub facilitator_seen: DateTime<Utc>,
    /// Names are never shown beside answers. Fixed at the start.
    pub anonymous: bool,
    /// In an anonymous retro: words of fewer people than this are not shown without asking them. Fixed at
    /// the start.
    pub threshold: usize,
    /// What the survey asks. Fixed at the start.
    pub questions: Vec<Question>,
    /// Until when authors may share what was withheld; `None` where nothing is.
    pub withheld: Option<DateTime<Utc>>,
    /// The stages are held in the thread, without a call.
    pub is_async: bool,
    /// Minutes of the meeting, 30 to 120.
    pub length: u32,
    /// When the survey closes by itself.
    pub closes: DateTime<Utc>,
    /// The zone in which its times are shown: the starter's.
    pub zone: String,
    pub meeting: Option<DateTime<Utc>>,
    /// When the release went out.
    pub deployed: Option<DateTime<Utc>>,
    /// The retro before this one in the channel.
    pub previous: Option<RetroId>,
    pub started: DateTime<Utc>,
    /// When everybody had answered; the survey closes [`crate::retro::survey::GRACE`] after it.
    pub all_answered: Option<DateTime<Utc>>,
    /// When the last nudge by hand went out.
    pub nudged: Option<DateTime<Utc>>,
    /// When it was closed or cancelled.
    pub ended: Option<DateTime<Utc>>,
    pub cancelled_because: Option<String>,
    /// The release after this one, where `finish` named it.
    pub next: Option<NextRelease>,
    /// When it begins and with what, where a pipeline asked for it.
    pub scheduled: Option<Scheduled>,
    /// What became of the short summary for the stakeholders' channels: whether it was sent; `None` while that is open.
    pub shared: Option<bool>,
    /// Grows with every change; an update that finds another number lost a race.
    pub rev: i64,
}

/// `next:v2.2.0@2026-12-20`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRelease {
    pub version: String,
    pub day: Option<chrono::NaiveDate>,
}

/// When a retro begins, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// When it begins by itself.
    pub begins: DateTime<Utc>,
    /// Its options, as `start` takes them.
    pub start: Start,
}
