//! A row of the table `retro`.

use sqlx::FromRow;

use super::stored::{self, Corrupt};
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::model::question::standard;
use lookback_core::model::retro::{NextRelease, Retro, Scheduled};
use lookback_core::zone::from_ms;

#[derive(FromRow)]
pub struct Row {
    #[sqlx(try_from = "i64")]
    id: RetroId,
    #[sqlx(try_from = "String")]
    channel_id: ChannelId,
    version: String,
    phase: String,
    #[sqlx(try_from = "String")]
    facilitator: UserId,
    facilitator_seen_ms: i64,
    is_anonymous: bool,
    threshold: i64,
    questions: String,
    withheld_ms: Option<i64>,
    is_async: bool,
    length_min: i64,
    closes_ms: i64,
    zone: String,
    meeting_ms: Option<i64>,
    deployed_ms: Option<i64>,
    previous_id: Option<i64>,
    started_ms: i64,
    all_answered_ms: Option<i64>,
    nudged_ms: Option<i64>,
    ended_ms: Option<i64>,
    cancelled_because: Option<String>,
    next_version: Option<String>,
    begins_ms: Option<i64>,
    asked: Option<String>,
    shared: Option<String>,
    next_day: Option<String>,
    rev: i64,
}

impl TryFrom<Row> for Retro {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
        let at = stored::Row::of("retro", &r.id);
        let questions = if r.questions.is_empty() { standard() } else { at.json("questions", &r.questions)? };
        let scheduled = match (r.begins_ms, &r.asked) {
            (Some(begins), Some(asked)) => Some(Scheduled { begins: from_ms(begins), start: at.json("asked", asked)? }),
            _ => None,
        };
        let day = at.day("next_day", r.next_day.as_deref())?;
        let shared = match r.shared.as_deref() {
            None => None,
            Some("sent") => Some(true),
            Some("kept") => Some(false),
            Some(_) => return Err(at.corrupt("shared")),
        };
        Ok(Self {
            id: r.id,
            channel: r.channel_id,
            phase: at.name("phase", &r.phase)?,
            threshold: at.number("threshold", r.threshold)?,
            length: at.number("length_min", r.length_min)?,
            questions,
            scheduled,
            shared,
            next: r.next_version.map(|version| NextRelease { version, day }),
            version: r.version,
            facilitator: r.facilitator,
            facilitator_seen: from_ms(r.facilitator_seen_ms),
            anonymous: r.is_anonymous,
            withheld: r.withheld_ms.map(from_ms),
            is_async: r.is_async,
            closes: from_ms(r.closes_ms),
            zone: r.zone,
            meeting: r.meeting_ms.map(from_ms),
            deployed: r.deployed_ms.map(from_ms),
            previous: r.previous_id.map(RetroId),
            started: from_ms(r.started_ms),
            all_answered: r.all_answered_ms.map(from_ms),
            nudged: r.nudged_ms.map(from_ms),
            ended: r.ended_ms.map(from_ms),
            cancelled_because: r.cancelled_because,
            rev: r.rev,
        })
    }
}
