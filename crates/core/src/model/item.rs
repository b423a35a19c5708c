//! One action item.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, RetroId, UserId};
use crate::text::{cut, esc, link, mention};
use crate::zone;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    #[serde(rename = "high")]
    High,
    #[serde(rename = "medium")]
    Medium,
    #[serde(rename = "low")]
    Low,
}

impl Priority {
    /// All, most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The word of the command.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }

    /// `high`.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// When an item is due, as a civil date in its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Day(NaiveDate),
    /// At an hour.
    Time(NaiveDateTime),
    /// Before the channel's next release; its day where that is known.
    NextRelease(Option<NaiveDate>),
}

impl Due {
    /// `Tue 1 Dec 2026`, with the hour where there is one.
    pub fn show(self) -> String {
        match self {
            Self::Day(day) => zone::show_day(day),
            Self::Time(time) => time.format("%a %-d %b %Y, %H:%M").to_string(),
            Self::NextRelease(Some(day)) => format!("before next release ({})", zone::show_day(day)),
            Self::NextRelease(None) => "before next release".to_owned(),
        }
    }

    /// The day, where it is known.
    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) | Self::NextRelease(Some(day)) => Some(day),
            Self::Time(time) => Some(time.date()),
            Self::NextRelease(None) => None,
        }
    }

    /// As [`Due::typed`], with the day of the next release where that is known.
    pub fn typed_day(self) -> String {
        match self {
            Self::NextRelease(Some(day)) => day.to_string(),
            Self::Day(_) | Self::Time(_) | Self::NextRelease(None) => self.typed(),
        }
    }

    /// As somebody would type it.
    pub fn typed(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Time(time) => time.format("%Y-%m-%d %H:%M").to_string(),
            Self::NextRelease(_) => "before next release".to_owned(),
        }
    }

    /// As [`Due::typed`], for somebody whose clocks show `tz`; an hour is kept in `zone`.
    pub fn typed_in(self, zone: &str, tz: &str) -> String {
        match self {
            Self::Time(time) => Self::Time(zone::local(zone::instant(time, zone), tz)).typed(),
            Self::Day(_) | Self::NextRelease(_) => self.typed(),
        }
    }

    /// The moment after which it is late; `None` while the next release has no day.
    pub fn end(self, tz: &str) -> Option<DateTime<Utc>> {
        let midnight = |day: NaiveDate| {
            let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
            zone::instant(next.and_time(NaiveTime::MIN), tz)
        };
        match self {
            Self::Day(day) | Self::NextRelease(Some(day)) => Some(midnight(day)),
            Self::Time(time) => Some(zone::instant(time, tz)),
            Self::NextRelease(None) => None,
        }
    }
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    #[serde(rename = "open")]
    Open,
    #[serde(rename = "done")]
    Done,
    #[serde(rename = "dropped")]
    Dropped,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// The ticket of an item, as it is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLink {
    /// Such as `OPS-12`.
    pub key: String,
    /// Its page.
    pub url: String,
    /// It was deleted there, or the token may not see it any more.
    pub is_gone: bool,
}

impl TicketLink {
    /// `<https://…|OPS-12>`, escaped.
    pub fn show(&self) -> String {
        match self.is_gone {
            // An address that leads nowhere helps nobody.
            true => format!("{} (not found)", esc(&self.key)),
            false => link(&self.url, &self.key),
        }
    }

    /// The key, without a link.
    pub fn plain(&self) -> String {
        if self.is_gone { format!("{} (not found)", self.key) } else { self.key.clone() }
    }
}

/// One action item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The channel, in which [`Item::number`] counts.
    pub channel: ChannelId,
    /// Shown as `#12`.
    pub number: i64,
    pub retro: Option<RetroId>,
    pub text: String,
    pub owner: UserId,
    pub due: Due,
    /// In which zone: the owner's.
    pub zone: String,
    pub priority: Priority,
    pub why: Option<String>,
    /// The release figure that it should move.
    pub metric: Option<String>,
    /// Quiet until then; its due date stays.
    pub snoozed: Option<NaiveDate>,
    /// Why, where that was said.
    pub snoozed_because: Option<String>,
    pub blocked: Option<String>,
    /// Who was asked to take it over, and has not answered yet.
    pub offered: Option<UserId>,
    /// How often its date was moved to a later one.
    pub slipped: u32,
    pub state: State,
    /// What changed, or why it was dropped.
    pub outcome: Option<String>,
    pub closed_by: Option<UserId>,
    pub created: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    /// Its ticket, once there is one.
    pub ticket: Option<TicketLink>,
}

impl Item {
    /// Open and past its date.
    pub fn overdue(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Open && self.due.end(&self.zone).is_some_and(|end| end <= now)
    }

    /// When it is due; an hour names its zone.
    pub fn due_text(&self) -> String {
        match self.due {
            Due::Time(_) => format!("{} ({})", self.due.show(), self.zone),
            Due::Day(_) | Due::NextRelease(_) => self.due.show(),
        }
    }

    /// `due Tue 1 Dec 2026`, `before next release`.
    pub fn due_phrase(&self) -> String {
        match self.due {
            Due::NextRelease(_) => self.due_text(),
            Due::Day(_) | Due::Time(_) => format!("due {}", self.due_text()),
        }
    }

    /// As [`Item::line`], with its state where it is no longer open.
    pub fn line_with_state(&self) -> String {
        match self.state {
            State::Open => self.line(),
            State::Done | State::Dropped => format!("{}: {}", self.line(), self.state.word()),
        }
    }

    /// `*#12*`, with its ticket as a link where it has one: `*#12* <https://…|OPS-12>`, escaped.
    pub fn name(&self) -> String {
        let ticket = self.ticket.as_ref().map(|ticket| format!(" {}", ticket.show())).unwrap_or_default();
        format!("*#{}*{ticket}", self.number)
    }

    /// `#12 Automate the smoke tests, <@U1>, due Tue 1 Dec 2026, high`, escaped.
    pub fn line(&self) -> String {
        format!(
            "{} {} ({}, {}, {}{})",
            self.name(),
            esc(&cut(&self.text, 300)),
            mention(&self.owner),
            self.due_phrase(),
            self.priority.word(),
            self.asides()
        )
    }

    /// What else is to be known of an open one: `; snoozed until …; blocked by …`, escaped.
    pub fn asides(&self) -> String {
        let mut out = String::new();
        if self.state != State::Open {
            return out;
        }
        if let Some(until) = self.snoozed {
            out.push_str(&format!("; snoozed until {}", zone::show_day(until)));
            if let Some(why) = &self.snoozed_because {
                out.push_str(&format!(" (reason: {})", esc(&cut(why, 120))));
            }
        }
        if let Some(by) = &self.blocked {
            out.push_str(&format!("; blocked: {}", esc(&cut(by, 120))));
        }
        if let Some(metric) = &self.metric {
            out.push_str(&format!("; goal: {}", esc(&cut(metric, 80))));
        }
        if let Some(to) = &self.offered {
            out.push_str(&format!("; offered to {}", mention(to)));
        }
        out
    }
}
