//! What the message of a stage shows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use lookback_core::ids::UserId;
use lookback_core::model::meeting::Meeting;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::stage::{STAGES, Stage};
use lookback_core::retro::record::Record;

/// What a stage shows.
#[derive(Debug)]
pub struct StageOf<'a> {
    pub retro: &'a Retro,
    pub record: &'a Record,
    pub meeting: &'a Meeting,
    /// Which of [`STAGES`].
    pub at: usize,
    /// Who was not heard yet, in turn.
    pub waiting: &'a [UserId],
    pub names: &'a BTreeMap<UserId, String>,
    /// Replies in the thread can be read.
    pub reads_threads: bool,
    pub now: DateTime<Utc>,
}

impl StageOf<'_> {
    pub(super) fn stage(&self) -> Stage {
        STAGES.get(self.at).map_or(Stage::Wins, |(stage, _)| *stage)
    }

    /// It is the stage that is open.
    pub(super) fn is_open(&self) -> bool {
        self.retro.phase == Phase::Meeting && self.meeting.at == self.at
    }

    /// Notes can still be worked on.
    pub(super) fn is_live(&self) -> bool {
        self.retro.phase == Phase::Meeting
    }
}
