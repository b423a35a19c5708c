//! What becomes of an item: done, dropped, snoozed, moved, handed over, blocked, edited.
//!
//! Rule: the owner, the facilitators of its retro and of the channel's present or last one, and workspace
//! admins may; anybody else is told whose it is.

use chrono::{DateTime, Utc};

use super::make::{MOST_HIGH, read_due, with_release};
use super::told::{direct_message, named, to_owner};
use super::{Field, checked, optional, shown_in};
use crate::ids::UserId;
use crate::interaction::{BlockAction, ItemAction};
use crate::model::item::{Due, Item, Priority, State};
use crate::model::person::Person;
use crate::model::retro::Retro;
use crate::model::settings::Settings;
use crate::retro::{Caller, Card, Change, Decision, Refusal, Reply};
use crate::text::{cut, esc, mention};
use crate::zone;

/// An item with what is around it.
#[derive(Debug)]
pub struct ItemContext<'a> {
    /// The number that was named.
    pub number: i64,
    /// The item, if there is one.
    pub item: Option<&'a Item>,
    /// The retro it came from: its facilitator may change it too.
    pub retro: Option<&'a Retro>,
    /// The open retros of the channel: their agendas show it.
    pub open: &'a [Retro],
    /// The channel's last finished retro: it may know the next release's day.
    pub last: Option<&'a Retro>,
    pub settings: &'a Settings,
    /// How many other items of its retro are of high priority.
    pub high: usize,
}

impl ItemContext<'_> {
    /// The item, if it is open.
    fn open_item(&self) -> Result<&Item, Refusal> {
        let item = self.item.ok_or(Refusal::NoSuchItem(self.number))?;
        if item.state != State::Open {
            let (number, by) = (item.number, item.closed_by.clone());
            return Err(Refusal::ItemClosed { number, state: item.state.word(), by });
        }
        Ok(item)
    }

    /// Whether the caller may change this item.
    fn may(&self, item: &Item, caller: &Caller) -> Result<(), Refusal> {
        caller.may_change(item.number, &item.owner, self.retro.into_iter().chain(self.open).chain(self.last))
    }

    /// The item, if it is open and the caller may change it.
    pub fn mine(&self, caller: &Caller) -> Result<&Item, Refusal> {
        let item = self.open_item()?;
        self.may(item, caller)?;
        Ok(item)
    }

    /// The item, if it is done, says nothing of what changed yet, and the caller may say it.
    pub fn lacks_outcome(&self, caller: &Caller) -> Option<&Item> {
        let item = self.item?;
        (item.state == State::Done && item.outcome.is_none() && self.may(item, caller).is_ok()).then_some(item)
    }

    fn cards(&self) -> Vec<Card> {
        self.open.iter().map(|r| shown_in(r).unwrap_or(Card::Kickoff(r.id))).collect()
    }

    /// The changed item, with a line to its owner where somebody else changed it.
    fn saved(&self, after: Item, caller: &Caller, said: impl Into<String>, now: DateTime<Utc>) -> Decision {
        let told = self.item.and_then(|before| to_owner(before, &after, caller, now));
        Decision {
            changes: vec![Change::UpdateItem(after)],
            cards: self.cards(),
            dms: told.into_iter().collect(),
            reply: Some(Reply::new(said)),
            ..Decision::default()
        }
    }

    /// Whom to tell about an item besides its owner.
    fn facilitator(&self) -> Option<&UserId> {
        self.open.first().or(self.last).or(self.retro).map(|r| &r.facilitator)
    }
}

/// `done`. Somebody else's press is no closing: the owner is asked whether it is so.
/// What changed can be told later too.
pub fn done(
    at: &ItemContext<'_>,
    caller: &Caller,
    impact: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    if let (Some(item), Some(impact)) = (at.lacks_outcome(caller), impact) {
        let outcome = checked(impact)?;
        let said = format!("{}: saved for the next retro.", named(item));
        return Ok(Decision {
            changes: vec![Change::ItemOutcome { channel: item.channel.clone(), number: item.number, outcome }],
            cards: at.cards(),
            reply: Some(Reply::new(said)),
            ..Decision::default()
        });
    }
    let item = at.open_item()?;
    if at.may(item, caller).is_err() {
        let ask = Reply::new(format!(
            "{} thinks {} in <#{}> is done. Is it?",
            mention(&caller.person.id),
            named(item),
            item.channel
        ))
        .button("Yes, it's done", item.action(ItemAction::Done));
        // Once a day, however often it is pressed.
        let day = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let about = format!("ask/{}", caller.person.id);
        return Ok(Decision {
            dms: vec![direct_message(item, &item.owner, &about, ask, day)],
            reply: Some(Reply::new(format!(
                "#{} belongs to {}: I asked them whether it's done.",
                item.number,
                mention(&item.owner)
            ))),
            ..Decision::default()
        });
    }
    let outcome = optional(impact)?;
    let thanks = if outcome.is_some() {
        "Thank you, that's saved for the next retro.".to_owned()
    } else {
        format!(
            "Thank you! You can add what changed, for the next retro: `/retro done {} the tests take 5 minutes`.",
            item.number
        )
    };
    let said = format!("{} {thanks}", closed_text(item, State::Done));
    Ok(at.saved(closed(item, State::Done, outcome, caller, now), caller, said, now))
}

/// `drop`, with the reason kept.
pub fn drop(at: &ItemContext<'_>, caller: &Caller, why: &str, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let item = at.mine(caller)?;
    let why = Some(checked(why)?);
    let said = format!("{} The reason is saved for the next retro.", closed_text(item, State::Dropped));
    Ok(at.saved(closed(item, State::Dropped, why, caller, now), caller, said, now))
}

/// The item, closed by the caller.
fn closed(item: &Item, state: State, outcome: Option<String>, caller: &Caller, now: DateTime<Utc>) -> Item {
    let by = caller.person.id.clone();
    Item { state, outcome, closed_by: Some(by), closed: Some(now), offered: None, ..item.clone() }
}

/// `Action item #4 is done.`
fn closed_text(item: &Item, state: State) -> String {
    format!("{} is {}.", named(item), state.word())
}

/// `snooze`: quiet until a day; the due date stays in sight. One of high priority needs a reason to stay
/// quiet beyond it.
pub fn snooze(
    at: &ItemContext<'_>,
    caller: &Caller,
    until: &str,
    why: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Decision, (Field, Refusal)> {
    let item = at.mine(caller).map_err(|e| (Field::Due, e))?;
    let until = read_due(until, &caller.person.tz, &item.zone, at.settings, now).map_err(|e| (Field::Due, e))?;
    let until = with_release(until, at.last, None, zone::local(now, &item.zone).date());
    let until = until.day().ok_or((Field::Due, Refusal::SnoozeNeedsDay))?;
    if until <= zone::local(now, &item.zone).date() {
        return Err((Field::Due, Refusal::SnoozeNeedsDay));
    }
    let why = optional(why).map_err(|e| (Field::Why, e))?;
    if item.priority == Priority::High && why.is_none() && item.due.day().is_some_and(|due| until > due) {
        return Err((Field::Why, Refusal::SnoozeNeedsWhy { number: item.number, due: item.due.show() }));
    }
    let because = why.as_ref().map(|w| format!(" because {}", esc(&cut(w, 200)))).unwrap_or_default();
    let said = format!(
        "{} is snoozed until {}{because}. It's still due {}.",
        named(item),
        zone::show_day(until),
        item.due_text()
    );
    let snoozed = Item { snoozed: Some(until), snoozed_because: why, ..item.clone() };
    Ok(at.saved(snoozed, caller, said, now))
}

/// Reads a new date for an item.
fn moved(at: &ItemContext<'_>, item: &Item, caller: &Caller, due: &str, now: DateTime<Utc>) -> Result<Item, Refusal> {
    if due.trim() == item.due.typed_in(&item.zone, &caller.person.tz) {
        return Ok(item.clone());
    }
    let due = read_due(due, &caller.person.tz, &item.zone, at.settings, now)?;
    let due = with_release(due, at.last, at.open.first(), zone::local(now, &item.zone).date());
    let later = match (item.due.end(&item.zone), due.end(&item.zone)) {
        (Some(old), Some(new)) => new > old,
        (Some(_), None) => true,
        (None, _) => false,
    };
    Ok(Item { due, slipped: item.slipped + u32::from(later), snoozed: None, snoozed_because: None, ..item.clone() })
}

/// Another due date.
pub fn change_date(at: &ItemContext<'_>, caller: &Caller, due: &str, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let item = at.mine(caller)?;
    let moved = moved(at, item, caller, due, now)?;
    if moved.due == item.due {
        return Ok(Decision::say(format!("{} is already due {}.", named(item), item.due_text())));
    }
    let said = format!("{} is now due {}.", named(item), moved.due_text());
    Ok(at.saved(moved, caller, said, now))
}

/// What the form of an item holds.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub text: String,
    pub due: String,
    pub priority: Option<Priority>,
    pub why: Option<String>,
    pub metric: Option<String>,
}

/// The item's words, date, priority, reason and figure.
pub fn edit(at: &ItemContext<'_>, caller: &Caller, e: &Edit, now: DateTime<Utc>) -> Result<Decision, (Field, Refusal)> {
    let item = at.mine(caller).map_err(|e| (Field::Text, e))?;
    let moved = moved(at, item, caller, &e.due, now).map_err(|e| (Field::Due, e))?;
    let edited = Item {
        text: checked(&e.text).map_err(|e| (Field::Text, e))?,
        priority: e.priority.unwrap_or(item.priority),
        why: optional(e.why.as_deref()).map_err(|e| (Field::Why, e))?,
        metric: optional(e.metric.as_deref()).map_err(|e| (Field::Metric, e))?,
        ..moved
    };
    if edited.priority == Priority::High && item.priority != Priority::High && at.high >= MOST_HIGH {
        return Err((Field::Priority, Refusal::TooManyHigh));
    }
    if edited == *item {
        return Ok(Decision::say(format!("Nothing changed for {}.", named(item))));
    }
    let said = format!("Saved: {}.", edited.line());
    Ok(at.saved(edited, caller, said, now))
}

/// Asks somebody else to take it over: until they answer it stays with its owner.
pub fn offer(
    at: &ItemContext<'_>,
    caller: &Caller,
    to: &Person,
    here: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let item = at.mine(caller)?;
    if !to.reachable() || to.external {
        return Err(Refusal::NotAPerson(mention(&to.id)));
    }
    if !here {
        return Err(Refusal::NotInChannel(mention(&to.id)));
    }
    if to.id == item.owner {
        return Err(Refusal::OwnsItAlready { number: item.number, owner: item.owner.clone() });
    }
    // Who takes it themselves needs no asking.
    if to.id == caller.person.id {
        let mut taken = at.saved(owned_by(item, to), caller, format!("{} is yours now.", named(item)), now);
        let told = Reply::new(format!("{} took over {}.", mention(&to.id), named(item)));
        taken.dms = vec![direct_message(item, &item.owner, "taken", told, now)];
        return Ok(taken);
    }
    let mut asked = at.saved(
        Item { offered: Some(to.id.clone()), ..item.clone() },
        caller,
        format!(
            "I asked {} to take over {}. Until they accept, it stays with {}.",
            mention(&to.id),
            named(item),
            if caller.owns(&item.owner) { "you".to_owned() } else { mention(&item.owner) }
        ),
        now,
    );
    let ask = Reply::new(format!(
        "{} would like you to take over {} in <#{}>, {}.{}",
        mention(&caller.person.id),
        named(item),
        item.channel,
        item.due_phrase(),
        item.why.as_ref().map(|w| format!(" Why: {}", esc(&cut(w, 300)))).unwrap_or_default()
    ))
    .button(ItemAction::Take.label(), item.action(ItemAction::Take))
    .button(ItemAction::Return.label(), item.action(ItemAction::Return));
    asked.dms.push(direct_message(item, &to.id, "offer", ask, now));
    Ok(asked)
}

/// The item with another owner.
pub fn owned_by(item: &Item, to: &Person) -> Item {
    // An hour stays the same moment, told in the new owner's zone.
    let due = match item.due {
        Due::Time(time) => Due::Time(zone::local(zone::instant(time, &item.zone), &to.tz)),
        Due::Day(_) | Due::NextRelease(_) => item.due,
    };
    Item { owner: to.id.clone(), zone: to.tz.clone(), due, offered: None, ..item.clone() }
}

/// The item, if it was offered to the caller.
fn offered<'a>(at: &ItemContext<'a>, caller: &Caller) -> Result<&'a Item, Refusal> {
    at.open_item()?;
    at.item.filter(|i| i.offered.as_ref() == Some(&caller.person.id)).ok_or(Refusal::NotOffered(at.number))
}

/// The owner accepts what somebody gave them.
pub fn accept(at: &ItemContext<'_>, caller: &Caller) -> Result<Decision, Refusal> {
    let item = at.open_item()?;
    if item.owner != caller.person.id {
        return Err(Refusal::NotYourItem { number: item.number, owner: item.owner.clone() });
    }
    let (channel, number, owner) = (item.channel.clone(), item.number, item.owner.clone());
    let said = format!("You accepted {}, {}.", named(item), item.due_phrase());
    let accepted = vec![Change::Accept { channel, number, owner }];
    Ok(Decision { changes: accepted, reply: Some(Reply::new(said)), ..Decision::default() })
}

/// The new owner takes it.
pub fn take(at: &ItemContext<'_>, caller: &Caller, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let item = offered(at, caller)?;
    let taken = owned_by(item, &caller.person);
    let said = format!("{} is yours now, {}. Thank you!", named(item), item.due_phrase());
    let mut decision = at.saved(taken, caller, said, now);
    let told = Reply::new(format!("{} took over {}.", mention(&caller.person.id), named(item)));
    decision.dms = vec![direct_message(item, &item.owner, "took", told, now)];
    Ok(decision)
}

/// They do not: it stays with its owner, who hears of it.
pub fn give_back(at: &ItemContext<'_>, caller: &Caller, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let item = offered(at, caller)?;
    let said = format!("{} stays with {}.", named(item), mention(&item.owner));
    let mut decision = at.saved(Item { offered: None, ..item.clone() }, caller, said, now);
    let told = Reply::new(format!("{} declined {}. It stays with you.", mention(&caller.person.id), named(item)))
        .button("Hand it to someone else", item.action(ItemAction::Hand));
    decision.dms = vec![direct_message(item, &item.owner, "returned", told, now)];
    Ok(decision)
}

/// What it waits for; empty: nothing any more. The facilitator hears of it.
pub fn block(at: &ItemContext<'_>, caller: &Caller, by: Option<&str>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let item = at.mine(caller)?;
    let by = optional(by)?;
    let changed = Item { blocked: by.clone(), ..item.clone() };
    let Some(by) = by else {
        return Ok(at.saved(changed, caller, format!("{} is no longer blocked.", named(item)), now));
    };
    let lead = at.facilitator().filter(|lead| **lead != caller.person.id);
    let said = match lead {
        Some(lead) => {
            format!("{} is marked as blocked, and I told {}. You'll still get reminders.", named(item), mention(lead))
        }
        None => format!("{} is marked as blocked. You'll still get reminders.", named(item)),
    };
    let mut decision = at.saved(changed, caller, said, now);
    if let Some(lead) = lead {
        let told = Reply::new(format!(
            "{} says that {} in <#{}>, {}, is blocked by: {}",
            mention(&caller.person.id),
            named(item),
            item.channel,
            item.due_phrase(),
            esc(&cut(&by, 500))
        ));
        // An owner who leads has heard of it.
        if item.owner != *lead {
            decision.dms.push(direct_message(item, lead, "blocked", told, now));
        }
    }
    Ok(decision)
}

impl Item {
    /// A button of it.
    pub fn action(&self, action: ItemAction) -> BlockAction {
        BlockAction::Item { channel: self.channel.clone(), number: self.number, action }
    }

    /// Buttons of it.
    pub fn buttons(&self, acts: &[ItemAction]) -> Vec<crate::retro::Button> {
        acts.iter()
            .map(|action| crate::retro::Button { label: action.label().to_owned(), action: self.action(*action) })
            .collect()
    }
}
