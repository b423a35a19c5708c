//! The gate before a release: what was promised and is still open, and what came up twice and is not settled.
//!
//! Rule: it warns. It blocks nothing by itself.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::likeness;
use crate::model::item::{Due, Item, Priority, State};
use crate::text::{clean, count, cut};
use crate::zone;

/// What is known around a release.
#[derive(Clone, Debug)]
pub struct Around {
    /// As the channel writes it.
    pub version: String,
    /// The day on which it goes out, where that is known.
    pub day: Option<NaiveDate>,
    pub now: DateTime<Utc>,
    /// The zone of the channel.
    pub tz: String,
    /// The open items of the channel, and those of its last two finished retros.
    pub items: Vec<Item>,
    /// The themes that came up in both of the last two finished retros.
    pub twice: Vec<String>,
}

/// Why a promise stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is due before this release.
    BeforeRelease,
    Overdue,
    /// It is open and of high priority.
    High,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::BeforeRelease => "due before this release",
            Self::Overdue => "overdue",
            Self::High => "high priority",
        }
    }
}

/// An open action item that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    pub number: i64,
    pub text: String,
    /// The id of its owner in Slack.
    pub owner: String,
    /// As people read it.
    pub due: String,
    pub priority: &'static str,
    pub reasons: Vec<Reason>,
    /// Quiet until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The key of its ticket, and its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Whether a release may go, as far as the last ones tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Clear,
    Open,
}

/// What stands between a channel and a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    pub version: String,
    pub state: Standing,
    /// The one that is due first stands first.
    pub promises: Vec<Promise>,
    /// Themes of both of the last two retros that nothing has settled.
    pub came_up_twice: Vec<String>,
}

/// Looks at what is promised before a release.
pub fn look(around: &Around) -> Gate {
    let mut open: Vec<&Item> = around.items.iter().filter(|item| item.state == State::Open).collect();
    open.sort_by_key(|item| (item.due.day().unwrap_or(NaiveDate::MAX), item.number));
    let promises: Vec<Promise> = open.into_iter().filter_map(|item| promise(around, item)).collect();
    let done: Vec<_> = around
        .items
        .iter()
        .filter(|item| item.state == State::Done)
        .map(|item| likeness::stems(&words(item)))
        .collect();
    let is_settled = |theme: &str| {
        let theme = likeness::stems(theme);
        done.iter().any(|done| likeness::alike(&theme, done) >= likeness::ALIKE)
    };
    let came_up_twice: Vec<String> =
        around.twice.iter().filter(|theme| !is_settled(theme)).map(|theme| plain(theme, 200)).collect();
    let state = if promises.is_empty() && came_up_twice.is_empty() { Standing::Clear } else { Standing::Open };
    Gate { version: around.version.clone(), state, promises, came_up_twice }
}

/// What an item says, with why it was made: a theme is found in either.
fn words(item: &Item) -> String {
    format!("{} {}", item.text, item.why.as_deref().unwrap_or_default())
}

fn plain(text: &str, most: usize) -> String {
    cut(clean(text).replace(['\n', '\t'], " ").trim(), most)
}

fn promise(around: &Around, item: &Item) -> Option<Promise> {
    let today = zone::local(around.now, &around.tz).date();
    // Without a day of its own the release could go out today.
    let last = around.day.unwrap_or(today).max(today);
    let is_before = match item.due {
        Due::NextRelease(_) => true,
        Due::Day(_) | Due::Time(_) => item.due.day().is_some_and(|day| day <= last),
    };
    let reasons: Vec<Reason> = [
        (Reason::Overdue, item.overdue(around.now)),
        (Reason::BeforeRelease, is_before && !item.overdue(around.now)),
        (Reason::High, item.priority == Priority::High),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| holds.then_some(reason))
    .collect();
    if reasons.is_empty() {
        return None;
    }
    let ticket = item.ticket.as_ref().filter(|ticket| !ticket.is_gone);
    Some(Promise {
        number: item.number,
        text: plain(&item.text, 300),
        owner: item.owner.as_str().to_owned(),
        due: item.due_phrase(),
        priority: item.priority.word(),
        reasons,
        snoozed_until: item.snoozed,
        blocked: item.blocked.as_ref().map(|why| plain(why, 200)),
        ticket: ticket.map(|ticket| plain(&ticket.key, 100)),
        url: ticket.map(|ticket| plain(&ticket.url, 500)),
    })
}

impl Gate {
    /// `Before v2.2.0: 3 promises open, 1 of them high; 1 issue came up twice.`
    pub fn headline(&self) -> String {
        let version = &self.version;
        if self.state == Standing::Clear {
            return format!("Before {version}: nothing is open.");
        }
        let high = self.promises.iter().filter(|promise| promise.reasons.contains(&Reason::High)).count();
        let high = if high > 0 { format!(", {high} of them high") } else { String::new() };
        let promises = match self.promises.len() {
            0 => "no promise open".to_owned(),
            n => format!("{} open{high}", count(n, "promise", "promises")),
        };
        let twice = match self.came_up_twice.len() {
            0 => String::new(),
            n => format!("; {} came up twice", count(n, "issue", "issues")),
        };
        format!("Before {version}: {promises}{twice}.")
    }

    /// For a person at a terminal, a line each; `name` names an owner.
    pub fn lines(&self, name: impl Fn(&str) -> String) -> Vec<String> {
        let promises = self.promises.iter().map(|promise| {
            let reasons: Vec<&str> = promise.reasons.iter().map(|reason| reason.words()).collect();
            let ticket = promise.ticket.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
            let snoozed = promise.snoozed_until.map(|day| format!("; snoozed until {day}")).unwrap_or_default();
            let blocked = promise.blocked.as_ref().map(|why| format!("; blocked: {why}")).unwrap_or_default();
            format!(
                "#{}{ticket} {} ({}, {}): {}{snoozed}{blocked}",
                promise.number,
                promise.text,
                name(&promise.owner),
                promise.due,
                reasons.join(", ")
            )
        });
        promises.chain(self.came_up_twice.iter().map(|theme| format!("Came up twice: {theme}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: i64, text: &str, due: Due, priority: Priority) -> Item {
        Item {
            channel: "C1".into(),
            number,
            retro: None,
            text: text.into(),
            owner: "U1".into(),
            due,
            zone: "UTC".into(),
            priority,
            why: None,
            metric: None,
            snoozed: None,
            snoozed_because: None,
            blocked: None,
            offered: None,
            slipped: 0,
            state: State::Open,
            outcome: None,
            closed_by: None,
            created: DateTime::UNIX_EPOCH,
            closed: None,
            ticket: None,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn around(items: Vec<Item>) -> Around {
        Around {
            version: "v2.2.0".into(),
            day: Some(day("2026-12-10")),
            now: "2026-12-01T12:00:00Z".parse().unwrap(),
            tz: "UTC".into(),
            items,
            twice: Vec::new(),
        }
    }

    #[test]
    fn each_reason_by_itself_is_a_promise() {
        let items = vec![
            item(1, "Late", Due::Day(day("2026-11-30")), Priority::Low),
            item(2, "Before", Due::Day(day("2026-12-10")), Priority::Medium),
            item(3, "After", Due::Day(day("2026-12-11")), Priority::Medium),
            item(4, "Next", Due::NextRelease(None), Priority::Low),
            item(5, "High", Due::Day(day("2027-01-10")), Priority::High),
            Item { state: State::Dropped, ..item(6, "Dropped", Due::NextRelease(None), Priority::High) },
            Item { state: State::Done, ..item(7, "Done", Due::NextRelease(None), Priority::High) },
        ];
        let gate = look(&around(items));
        let found: Vec<(i64, &[Reason])> = gate.promises.iter().map(|p| (p.number, p.reasons.as_slice())).collect();
        assert_eq!(
            found,
            [
                (1, &[Reason::Overdue][..]),
                (2, &[Reason::BeforeRelease][..]),
                (5, &[Reason::High][..]),
                (4, &[Reason::BeforeRelease][..]),
            ]
        );
        assert_eq!(gate.headline(), "Before v2.2.0: 4 promises open, 1 of them high.");
        assert_eq!(gate.lines(|_| "sam".into())[0], "#1 Late (sam, due Mon 30 Nov 2026): overdue");
    }

    #[test]
    fn a_theme_is_settled_by_what_was_done_about_it() {
        let done = Item {
            state: State::Done,
            ..item(1, "Automate the smoke tests", Due::NextRelease(None), Priority::Medium)
        };
        let twice = vec!["Manual smoke tests".to_owned(), "Alerts nobody reads".to_owned()];
        let gate = look(&Around { twice, ..around(vec![done]) });
        assert_eq!(gate.came_up_twice, ["Alerts nobody reads"]);
        assert_eq!(gate.headline(), "Before v2.2.0: no promise open; 1 issue came up twice.");
        assert_eq!(look(&around(Vec::new())).headline(), "Before v2.2.0: nothing is open.");
    }

    #[test]
    fn without_a_day_the_release_could_be_today() {
        let items = vec![
            item(1, "Today", Due::Day(day("2026-12-01")), Priority::Low),
            item(2, "Tomorrow", Due::Day(day("2026-12-02")), Priority::Low),
        ];
        let gate = look(&Around { day: None, ..around(items) });
        assert_eq!(gate.promises.iter().map(|p| p.number).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_people_typed_cannot_move_the_cursor_of_a_terminal() {
        let items = vec![item(1, "a\u{1b}[2Jb\nc", Due::NextRelease(None), Priority::Low)];
        let line = look(&around(items)).lines(|_| "sam".into()).remove(0);
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
