//! A meeting with what is around it.

use chrono::Duration;

use crate::model::meeting::{Meeting, Voice};
use crate::model::participant::Participant;
use crate::model::retro::{Phase, Retro};
use crate::model::settings::Hours;
use crate::model::stage::Stage;
use crate::retro::Refusal;
use crate::text::bold;

/// How long before the end of a stage a word is said.
pub const WARNING: Duration = Duration::minutes(2);

/// What the button gives.
pub const MORE: Duration = Duration::minutes(5);

/// A clock that was stopped for so long may be forgotten.
pub const STOPPED: Duration = Duration::days(1);

/// A meeting with what is around it.
#[derive(Debug)]
pub struct MeetingContext<'a> {
    pub retro: &'a Retro,
    /// The meeting, once there is one.
    pub meeting: Option<&'a Meeting>,
    pub people: &'a [Participant],
    /// Those of them who are still there.
    pub present: &'a [Participant],
    pub voices: &'a [Voice],
    /// Recognition, by the row: it is read out in the last stage.
    pub kudos: &'a [i64],
    /// The channel's working hours.
    pub hours: &'a Hours,
}

impl<'a> MeetingContext<'a> {
    /// The meeting, where it is under way.
    pub fn running(&self) -> Result<&'a Meeting, Refusal> {
        match (self.retro.phase, self.meeting) {
            (Phase::Meeting, Some(meeting)) => Ok(meeting),
            (Phase::Collecting, _) => Err(Refusal::MeetBeforeAgenda(self.retro.version.clone())),
            (Phase::Agenda, _) => Err(Refusal::NoMeetingYet(self.retro.version.clone())),
            (Phase::Scheduled, _) => Err(Refusal::NotBegun(self.retro.version.clone())),
            (Phase::Cancelled, _) => Err(Refusal::AlreadyOver(self.retro.version.clone(), "cancelled")),
            _ => Err(Refusal::AlreadyOver(self.retro.version.clone(), "finished")),
        }
    }
}

/// `“What could be improved” (*v2.1.0*)`.
pub fn stage_of(retro: &Retro, stage: Stage) -> String {
    format!("“{}” of {}", stage.title(), bold(&retro.version))
}
