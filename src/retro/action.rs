//! Action items: specific text, one owner, a due date, a priority, a reason.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::due::{self, Spoken};
use super::note::agenda_of;
use super::people::Person;
use super::settings::Settings;
use super::{Button, Caller, Change, Decision, Refusal, Reply, Retro, Row, mention};
use crate::command::{ActionText, Filter};
use crate::ids::{ChannelId, RetroId, UserId};
use crate::press::Press;
use crate::text::{clean, cut, esc};
use crate::zone;

/// The longest text of an item, in characters.
pub const MAX_TEXT: usize = 500;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of the command")]
pub enum Priority {
    High,
    Medium,
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
    /// At the end of the day.
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
            Self::NextRelease(Some(day)) => format!("{} (before the next release)", zone::show_day(day)),
            Self::NextRelease(None) => "before the next release".to_owned(),
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
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum State {
    Open,
    Done,
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

/// One action item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The channel, in which [`Item::number`] counts.
    pub channel: ChannelId,
    /// Shown as `#12`.
    pub number: i64,
    /// The retro it came from.
    pub retro: Option<RetroId>,
    /// What to do.
    pub text: String,
    /// Who does it.
    pub owner: UserId,
    /// By when.
    pub due: Due,
    /// In which zone: the owner's.
    pub zone: String,
    /// How much it matters.
    pub priority: Priority,
    /// Why.
    pub why: Option<String>,
    /// Where it stands.
    pub state: State,
    /// What changed, or why it was dropped.
    pub outcome: Option<String>,
    /// Who closed it.
    pub closed_by: Option<UserId>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was closed.
    pub closed: Option<DateTime<Utc>>,
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

    /// As [`Item::line`], with its state where it is no longer open.
    pub fn line_with_state(&self) -> String {
        match self.state {
            State::Open => self.line(),
            closed => format!("{}: {}", self.line(), closed.word()),
        }
    }

    /// `#12 Automate the smoke tests, <@U1>, due Tue 1 Dec 2026, high`, escaped.
    pub fn line(&self) -> String {
        format!(
            "*#{}* {} ({}, due {}, {})",
            self.number,
            esc(&cut(&self.text, 300)),
            mention(&self.owner),
            self.due_text(),
            self.priority.word()
        )
    }
}

/// What came of `action`: an item, or a form for what is missing.
#[derive(Debug)]
pub enum Made {
    /// Complete.
    Item(Decision),
    /// The form opens with what was understood; the date is left out where it could not be read.
    Form(ActionText),
}

/// Which part of the form is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Text,
    Owner,
    Due,
    Why,
}

/// A new item's surroundings.
#[derive(Debug)]
pub struct Place<'a> {
    /// The channel.
    pub channel: &'a ChannelId,
    /// The open retro, if there is one.
    pub open: Option<&'a Retro>,
    /// The last finished one: it takes what is agreed between two retros, so that the next one reviews it.
    pub last: Option<&'a Retro>,
    /// The next free number of the channel.
    pub number: i64,
    /// The owner, if named and known.
    pub owner: Option<&'a Person>,
    /// The channel's defaults.
    pub settings: &'a Settings,
}

/// Decides `action`. A date that cannot be read is refused in words; a missing part opens the form.
pub fn make(place: &Place<'_>, caller: &Caller, typed: &ActionText, now: DateTime<Utc>) -> Result<Made, Refusal> {
    if typed.text.trim().is_empty() || typed.owner.is_none() || typed.due.is_none() {
        if let Some(text) = &typed.due {
            due::read_with(text, zone::local(now, &caller.person.tz), place.settings)?;
        }
        return Ok(Made::Form(typed.clone()));
    }
    create(place, caller, typed, now).map(Made::Item).map_err(|(_, refusal)| refusal)
}

/// Makes the item, or says which part of the form is wrong.
pub fn create(
    place: &Place<'_>,
    caller: &Caller,
    typed: &ActionText,
    now: DateTime<Utc>,
) -> Result<Decision, (Field, Refusal)> {
    let text = checked(&typed.text).map_err(|r| (Field::Text, r))?;
    let why =
        typed.why.as_deref().filter(|w| !w.trim().is_empty()).map(checked).transpose().map_err(|r| (Field::Why, r))?;
    let owner = place
        .owner
        .ok_or((Field::Owner, Refusal::UnknownPerson(typed.owner.as_ref().map(mention).unwrap_or_default())))?;
    if !owner.reachable() {
        return Err((Field::Owner, Refusal::NotAPerson(mention(&owner.id))));
    }
    let typed_due = typed.due.as_deref().unwrap_or_default();
    let due = read_due(typed_due, (&caller.person.tz, &owner.tz), place.settings, now).map_err(|r| (Field::Due, r))?;
    // The next release may have its day already; the one under review is not it.
    let next = place.last.and_then(|r| r.next.as_ref()).filter(|n| place.open.is_none_or(|o| o.version != n.version));
    let coming = next.and_then(|n| n.day).filter(|day| *day >= zone::local(now, &owner.tz).date());
    let due = if due == Due::NextRelease(None) { Due::NextRelease(coming) } else { due };
    let item = Item {
        channel: place.channel.clone(),
        number: place.number,
        retro: place.open.or(place.last).map(|r| r.id),
        text,
        owner: owner.id.clone(),
        due,
        zone: owner.tz.clone(),
        priority: typed.priority.unwrap_or(Priority::Medium),
        why,
        state: State::Open,
        outcome: None,
        closed_by: None,
        created: now,
        closed: None,
    };
    let said = format!("Action item {}.", item.line());
    Ok(Decision {
        changes: vec![Change::AddItem(item)],
        cards: agenda_of(place.open),
        reply: Some(Reply::new(said)),
        ..Decision::default()
    })
}

fn checked(text: &str) -> Result<String, Refusal> {
    let text = clean(text).trim().to_owned();
    match text.chars().count() {
        0 => Err(Refusal::EmptyNote),
        1..=MAX_TEXT => Ok(text),
        len => Err(Refusal::TooLong { max: MAX_TEXT, len }),
    }
}

/// A date is read in the writer's zone; an hour is then told in the owner's.
fn read_due(
    text: &str,
    (writer, owner): (&str, &str),
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Due, Refusal> {
    Ok(match due::read_with(text, zone::local(now, writer), settings)? {
        Spoken::Day(day) => Due::Day(day),
        Spoken::Time(time) => Due::Time(zone::local(zone::instant(time, writer), owner)),
        Spoken::After(length) => Due::Time(zone::local(now + length, owner)),
        Spoken::NextRelease => Due::NextRelease(None),
    })
}

/// Owner, facilitator and admins may close an item.
fn may_close(item: &Item, open: Option<&Retro>, caller: &Caller) -> Result<(), Refusal> {
    let leads = caller.person.admin || open.is_some_and(|r| caller.leads(r));
    if item.state != State::Open {
        return Err(Refusal::ItemClosed { number: item.number, state: item.state.word(), by: item.closed_by.clone() });
    }
    if item.owner == caller.person.id || leads {
        Ok(())
    } else {
        Err(Refusal::NotYourItem { number: item.number, owner: item.owner.clone() })
    }
}

/// An item as it is about to be closed.
#[derive(Debug)]
pub struct Closing<'a> {
    /// The number that was named.
    pub number: i64,
    /// The item, if there is one.
    pub item: Option<&'a Item>,
    /// The retro it came from: its facilitator may close it too.
    pub retro: Option<&'a Retro>,
    /// The open retros of the channel: their agendas show it.
    pub open: &'a [Retro],
}

/// `done`.
pub fn done(
    closing: &Closing<'_>,
    caller: &Caller,
    impact: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let outcome = impact.filter(|t| !t.trim().is_empty()).map(checked).transpose()?;
    let thanks = if outcome.is_some() {
        "Thank you, that is kept for the next retro."
    } else {
        "Thank you! Next time add what changed, as in `/retro done 12 the tests take 5 minutes`: the next retro shows it."
    };
    close(closing, caller, State::Done, outcome, thanks, now)
}

/// `drop`, with the reason kept.
pub fn drop(closing: &Closing<'_>, caller: &Caller, why: &str, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    close(closing, caller, State::Dropped, Some(checked(why)?), "The reason is kept for the next retro.", now)
}

fn close(
    closing: &Closing<'_>,
    caller: &Caller,
    state: State,
    outcome: Option<String>,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let number = closing.number;
    let item = closing.item.ok_or(Refusal::NoSuchItem(number))?;
    may_close(item, closing.retro, caller)?;
    let closed = Item { state, outcome, closed_by: Some(caller.person.id.clone()), closed: Some(now), ..item.clone() };
    let said = format!("*#{number}* {} is {}. {words}", esc(&cut(&item.text, 300)), state.word());
    let cards = closing.open.iter().flat_map(|r| agenda_of(Some(r))).collect();
    Ok(Decision {
        changes: vec![Change::UpdateItem(closed)],
        cards,
        reply: Some(Reply::new(said)),
        ..Decision::default()
    })
}

/// `actions`: a list with buttons; items with their state when all are asked for.
pub fn list(items: &[Item], filter: &Filter, caller: &Caller, now: DateTime<Utc>) -> Decision {
    let title = match filter {
        Filter::Open => "Open action items".to_owned(),
        Filter::All => "All action items".to_owned(),
        Filter::Mine => "Your open action items".to_owned(),
        Filter::Overdue => "Overdue action items".to_owned(),
        Filter::Version(v) => format!("Action items of {}", super::bold(v)),
    };
    if items.is_empty() {
        return Decision::say(format!("{title}: none. Add one with `/retro action …`."));
    }
    const SHOWN: usize = 15;
    let mut reply = Reply::new(format!("{title} ({}):", items.len()));
    for item in items.iter().take(SHOWN) {
        let mut text = item.line();
        if item.overdue(now) {
            text.push_str(" · *overdue*");
        } else if item.state != State::Open {
            text.push_str(&format!(" · {}", item.state.word()));
        }
        if let Some(outcome) = &item.outcome {
            text.push_str(&format!(": {}", esc(&cut(outcome, 200))));
        }
        let mut buttons = Vec::new();
        if item.state == State::Open && (item.owner == caller.person.id || caller.person.admin) {
            let (channel, number) = (item.channel.clone(), item.number);
            buttons.push(Button { label: "Done".into(), press: Press::ItemDone { channel: channel.clone(), number } });
            buttons.push(Button { label: "Won't do".into(), press: Press::ItemDrop { channel, number } });
        }
        reply.rows.push(Row { text, buttons });
    }
    if items.len() > SHOWN {
        reply.rows.push(Row {
            text: format!(
                "and {} more: narrow it with `/retro actions mine` or `/retro actions overdue`.",
                items.len() - SHOWN
            ),
            buttons: Vec::new(),
        });
    }
    Decision { reply: Some(reply), ..Decision::default() }
}
