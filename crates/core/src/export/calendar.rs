//! The meeting as a file that every calendar reads (RFC 5545).

use chrono::{DateTime, Duration, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _};

use crate::model::retro::Retro;
use crate::text::clean;

/// One event; `None` where the meeting has no time. The same meeting keeps its name, so that a second file moves it.
pub fn event(retro: &Retro, channel: &str, link: Option<&str>, now: DateTime<Utc>) -> Option<String> {
    let starts = retro.meeting?;
    let channel = if channel.is_empty() { String::new() } else { format!(" in #{}", clean(channel)) };
    let mut words = format!(
        "Six stages: release summary, what went well, what could be improved, surprises and learnings, action items, wins.{}",
        if retro.anonymous { " The survey before it is anonymous." } else { "" }
    );
    if let Some(link) = link {
        words.push_str(&format!("\nThe agenda{channel}: {link}"));
    }
    let mut event = Event::new();
    event
        .uid(&format!("retro-{}@lookback", retro.id))
        .timestamp(now)
        .summary(&format!("Retrospective of {}", clean(&retro.version)))
        .description(&words)
        .starts(starts)
        .ends(starts + Duration::minutes(i64::from(retro.length)));
    if let Some(link) = link {
        event.url(link);
    }
    Some(Calendar::new().push(event.done()).done().to_string())
}
