//! How an item comes to be: complete, dated, and seen to be specific.

use chrono::{DateTime, Utc};

use super::specific::{self, Weakness};
use super::told::to_owner;
use super::{checked, optional, shown_in};
use crate::command::ActionText;
use crate::ids::ChannelId;
use crate::interaction::BlockAction;
use crate::model::assignment::Assignment;
use crate::model::item::{Due, Item, Priority, State};
use crate::model::person::Person;
use crate::model::retro::{Phase, Retro};
use crate::model::settings::Settings;
use crate::model::version;
use crate::retro::typed_date::{self, Spoken};
use crate::retro::{Caller, Change, Decision, Refusal, Reply};
use crate::text::{bold, cut, esc, mention};
use crate::zone;

/// So many items of a retro may be of high priority: with more, none is.
pub const MOST_HIGH: usize = 5;

/// What came of `action`: an item, or a form for what is missing.
#[derive(Debug)]
pub enum Made {
    Item(Decision),
    /// The form opens with what was understood; the date is left out where it could not be read.
    Form(ActionText),
    /// Complete but weak: the person sees what is missing, and says whether to keep it so.
    Weak(Weakness),
}

/// Which part of the form is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Text,
    Owner,
    Due,
    Why,
    Priority,
    Metric,
}

/// A new item's surroundings.
#[derive(Debug)]
pub struct NewItemContext<'a> {
    pub channel: &'a ChannelId,
    /// The open retro, if there is one.
    pub open: Option<&'a Retro>,
    /// The last finished one: it takes what is agreed between two retros, so that the next one reviews it.
    pub last: Option<&'a Retro>,
    /// The next free number of the channel.
    pub number: i64,
    /// The owner, if named and known.
    pub owner: Option<&'a Person>,
    /// The owner is in the channel.
    pub owner_here: bool,
    /// The open items of high priority of its retro.
    pub high: &'a [Item],
    pub settings: &'a Settings,
}

/// Decides `action`. A date that cannot be read is refused in words; a missing part opens the form; a weak
/// item is shown first, unless its writer has seen that (`seen`).
pub fn make(
    place: &NewItemContext<'_>,
    caller: &Caller,
    typed: &ActionText,
    seen: bool,
    now: DateTime<Utc>,
) -> Result<Made, Refusal> {
    if typed.text.trim().is_empty() || typed.owner.is_none() || typed.due.is_none() {
        if let Some(text) = &typed.due {
            typed_date::read_with(text, now, &caller.person.tz, place.settings)?;
        }
        return Ok(Made::Form(typed.clone()));
    }
    let decision = create(place, caller, typed, now).map_err(|(_, refusal)| refusal)?;
    match specific::weakness(&typed.text) {
        Some(weakness) if !seen => Ok(Made::Weak(weakness)),
        _ => Ok(Made::Item(decision)),
    }
}

/// What is missing in a weak item and how it could read, with the ways on.
pub fn weak(channel: &ChannelId, typed: &ActionText, weakness: Weakness) -> Decision {
    let mut reply = Reply::new(format!(
        "“{}” isn't saved yet. {} For example: “{}.”",
        esc(&cut(&typed.text, 200)),
        weakness.missing(),
        specific::example(&typed.text)
    ));
    let keep = BlockAction::KeepItem { channel: channel.clone(), item: typed.clone() };
    let reword = BlockAction::ActionForm { channel: channel.clone(), item: typed.clone() };
    if keep.value().is_some() && reword.value().is_some() {
        reply = reply.button("Reword it", reword).button("Keep it as it is", keep);
    }
    Decision { reply: Some(reply), ..Decision::default() }
}

/// Makes the item, or says which part of the form is wrong.
pub fn create(
    place: &NewItemContext<'_>,
    caller: &Caller,
    typed: &ActionText,
    now: DateTime<Utc>,
) -> Result<Decision, (Field, Refusal)> {
    let text = checked(&typed.text).map_err(|r| (Field::Text, r))?;
    let why = optional(typed.why.as_deref()).map_err(|r| (Field::Why, r))?;
    let metric = optional(typed.metric.as_deref()).map_err(|r| (Field::Metric, r))?;
    let owner = place
        .owner
        .ok_or((Field::Owner, Refusal::UnknownPerson(typed.owner.as_ref().map(mention).unwrap_or_default())))?;
    if !owner.reachable() || owner.external {
        return Err((Field::Owner, Refusal::NotAPerson(mention(&owner.id))));
    }
    // They could neither see it nor press its buttons.
    if !place.owner_here {
        return Err((Field::Owner, Refusal::NotInChannel(mention(&owner.id))));
    }
    let typed_due = typed.due.as_deref().unwrap_or_default();
    let due = read_due(typed_due, &caller.person.tz, &owner.tz, place.settings, now).map_err(|r| (Field::Due, r))?;
    let due = with_release(due, place.last, place.open, zone::local(now, &owner.tz).date());
    let asked = typed.priority.unwrap_or(Priority::Medium);
    let sixth = asked == Priority::High && place.high.len() >= MOST_HIGH;
    let item = Item {
        channel: place.channel.clone(),
        number: place.number,
        retro: place.open.or(place.last).map(|r| r.id),
        text,
        owner: owner.id.clone(),
        due,
        zone: owner.tz.clone(),
        priority: if sixth { Priority::Medium } else { asked },
        why,
        metric,
        snoozed: None,
        snoozed_because: None,
        blocked: None,
        offered: None,
        slipped: 0,
        state: State::Open,
        outcome: None,
        closed_by: None,
        created: now,
        closed: None,
        ticket: None,
    };
    let mut said = Reply::new(format!("Added {}.", item.line()));
    if sixth {
        said.text.push_str(&format!(
            " It would be the sixth high-priority item{}: it's medium until you choose the five that matter most.",
            place.open.map(|r| format!(" of {}", bold(&r.version))).unwrap_or_default()
        ));
        said = said
            .button("Choose the five", BlockAction::ChooseHigh { channel: item.channel.clone(), number: item.number });
    }
    let told = (item.owner != caller.person.id).then(|| Change::Assign(assigned(place, caller, &item, now)));
    Ok(Decision {
        changes: [Change::AddItem(item)].into_iter().chain(told).collect(),
        cards: place.open.and_then(shown_in).into_iter().collect(),
        reply: Some(said),
        ..Decision::default()
    })
}

/// Whom the item is given to and in which message: those of a meeting's day stand in one.
fn assigned(place: &NewItemContext<'_>, caller: &Caller, item: &Item, now: DateTime<Utc>) -> Assignment {
    let message = match place.open {
        Some(retro) if retro.phase == Phase::Meeting => {
            format!("{}/{}", retro.id, zone::local(now, &item.zone).date())
        }
        _ => format!("{}/{}", item.channel, item.number),
    };
    Assignment {
        channel: item.channel.clone(),
        number: item.number,
        owner: item.owner.clone(),
        from: caller.person.id.clone(),
        message,
        accepted: false,
    }
}

/// The next release may have its day already; the one under review is not it.
pub(super) fn with_release(due: Due, last: Option<&Retro>, open: Option<&Retro>, today: chrono::NaiveDate) -> Due {
    let next =
        last.and_then(|r| r.next.as_ref()).filter(|n| open.is_none_or(|o| !version::is_same(&o.version, &n.version)));
    let coming = next.and_then(|n| n.day).filter(|day| *day >= today);
    if due == Due::NextRelease(None) { Due::NextRelease(coming) } else { due }
}

/// Which of a retro's items stay of high priority; the others of `among` become medium.
pub fn choose_high(
    among: &[Item],
    chosen: &[i64],
    open: Option<&Retro>,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    if !caller.in_channel {
        return Err(Refusal::NotAMember);
    }
    if chosen.len() > MOST_HIGH {
        return Err(Refusal::TooManyHigh);
    }
    let priority = |i: &Item| if chosen.contains(&i.number) { Priority::High } else { Priority::Medium };
    let changed = among.iter().filter(|i| i.state == State::Open && i.priority != priority(i));
    let changed: Vec<(&Item, Item)> = changed.map(|i| (i, Item { priority: priority(i), ..i.clone() })).collect();
    let dms = changed.iter().filter_map(|(before, after)| to_owner(before, after, caller, now)).collect();
    let changes: Vec<Change> = changed.into_iter().map(|(_, after)| Change::UpdateItem(after)).collect();
    let shown: Vec<String> = chosen.iter().map(|n| format!("*#{n}*")).collect();
    let said = if shown.is_empty() {
        "No item is high priority now.".to_owned()
    } else {
        format!("High priority: {}.", shown.join(", "))
    };
    Ok(Decision {
        changes,
        dms,
        cards: open.and_then(shown_in).into_iter().collect(),
        reply: Some(Reply::new(said)),
        ..Decision::default()
    })
}

/// A date is read in the writer's zone; an hour is then told in the owner's.
pub(super) fn read_due(
    text: &str,
    writer: &str,
    owner: &str,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Due, Refusal> {
    Ok(match typed_date::read_with(text, now, writer, settings)? {
        Spoken::Day(day) => Due::Day(day),
        Spoken::Time(time) => Due::Time(zone::local(zone::instant(time, writer), owner)),
        Spoken::At(at) => Due::Time(zone::local(at, owner)),
        Spoken::NextRelease => Due::NextRelease(None),
    })
}
