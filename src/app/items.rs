//! What is done with action items: pressed buttons and sent forms.

use std::collections::BTreeMap;

use super::facts::{Fetched, Lookup};
use super::forms::wrong_at;
use super::load::{self, Known, done, known};
use super::{App, Failure, Outcome, Request, commands};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{Tx, directory, items, retros, settings};
use lookback_core::command::{ActionText, Filter};
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::{Form, ItemAction};
use lookback_core::retro::action::{self, Field, Made, Priority};
use lookback_core::retro::people::Person;
use lookback_core::retro::{Caller, Decision, Refusal, Retro};

/// What a new item is placed into, read.
struct New {
    open: Option<Retro>,
    last: Option<Retro>,
    number: i64,
    high: Vec<action::Item>,
    settings: lookback_core::retro::settings::Settings,
}

impl New {
    async fn load(
        app: &App,
        tx: &mut Tx,
        request: &Request,
        channel: &ChannelId,
        of: Option<RetroId>,
    ) -> sqlx::Result<Self> {
        // One that is made in a meeting belongs to it.
        let mut open = match of {
            Some(id) => retros::by_id(tx, &request.team, id).await?,
            None => None,
        };
        open = open.filter(|r| r.phase.is_open() && r.channel == *channel);
        if open.is_none() {
            open = load::meant(tx, request, channel, app.clock.now()).await?;
        }
        let last = retros::last_closed(tx, &request.team, channel, None).await?;
        let number = items::next_number(tx, &request.team, channel).await?;
        let settings = settings::of_channel(tx, &request.team, channel).await?;
        // Between two retros an item goes to the last one.
        let mut high = match open.as_ref().or(last.as_ref()) {
            Some(retro) => items::of_retro(tx, &request.team, retro.id).await?,
            None => Vec::new(),
        };
        high.retain(|i| i.state == action::State::Open && i.priority == Priority::High);
        Ok(Self { open, last, number, high, settings })
    }

    /// As the core takes it.
    fn place<'a>(
        &'a self,
        channel: &'a ChannelId,
        (owner, owner_here): (Option<&'a Person>, bool),
    ) -> action::Place<'a> {
        action::Place {
            channel,
            open: self.open.as_ref(),
            last: self.last.as_ref(),
            number: self.number,
            owner,
            owner_here,
            high: &self.high,
            settings: &self.settings,
        }
    }
}

/// An item with what is around it, read.
pub struct Around {
    item: Option<action::Item>,
    retro: Option<Retro>,
    open: Vec<Retro>,
    last: Option<Retro>,
    settings: lookback_core::retro::settings::Settings,
    number: i64,
    high: usize,
}

impl Around {
    /// Reads it.
    pub async fn load(tx: &mut Tx, request: &Request, channel: &ChannelId, number: i64) -> sqlx::Result<Self> {
        let team = &request.team;
        let item = items::by_number(tx, team, channel, number).await?;
        let retro = match item.as_ref().and_then(|i| i.retro) {
            Some(id) => retros::by_id(tx, team, id).await?,
            None => None,
        };
        let of_retro = match &retro {
            Some(retro) => items::of_retro(tx, team, retro.id).await?,
            None => Vec::new(),
        };
        let is_high = |i: &&action::Item| i.state == action::State::Open && i.priority == Priority::High;
        Ok(Self {
            high: of_retro.iter().filter(is_high).filter(|i| i.number != number).count(),
            item,
            retro,
            open: retros::open_in(tx, team, channel).await?,
            last: retros::last_closed(tx, team, channel, None).await?,
            settings: settings::of_channel(tx, team, channel).await?,
            number,
        })
    }

    /// As the core takes it.
    pub fn at(&self) -> action::At<'_> {
        action::At {
            number: self.number,
            item: self.item.as_ref(),
            retro: self.retro.as_ref(),
            open: &self.open,
            last: self.last.as_ref(),
            settings: &self.settings,
            high: self.high,
        }
    }
}

/// A button of an item. Most open a form, once it is clear that the caller may.
pub async fn press(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, number, action): (&ChannelId, i64, ItemAction),
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    let around = Around::load(tx, request, channel, number).await?;
    let at = around.at();
    match action {
        ItemAction::Take => return done(action::take(&at, &caller, app.clock.now())),
        ItemAction::Return => return done(action::give_back(&at, &caller, app.clock.now())),
        // Somebody else's press is a question to the owner.
        ItemAction::Done if matches!(at.mine(&caller), Err(Refusal::NotYourItem { .. })) => {
            return done(action::done(&at, &caller, None, app.clock.now()));
        }
        _ => {}
    }
    let item = at.mine(&caller)?;
    match view::items::item(item, action, request.channel.is_none(), &caller.person.tz) {
        Some(form) => Ok(Outcome::Open(Box::new(form))),
        None => Err(Refusal::OldButton.into()),
    }
}

fn block(at: Field) -> &'static str {
    match at {
        Field::Text => field::TEXT,
        Field::Owner => field::OWNER,
        Field::Due => field::DUE,
        Field::Why => field::WHY,
        Field::Priority => field::PRIORITY,
        Field::Metric => field::METRIC,
    }
}

fn placed(decision: Result<Decision, (Field, Refusal)>) -> Result<Outcome, Failure> {
    match decision {
        Ok(decision) => Ok(Outcome::Done(decision)),
        // What is wrong with the item itself has no field.
        Err((_, refusal @ (Refusal::NoSuchItem(_) | Refusal::ItemClosed { .. } | Refusal::NotYourItem { .. }))) => {
            Err(refusal.into())
        }
        Err((at, refusal)) => Ok(wrong_at(block(at), &refusal)),
    }
}

/// A form of an item was sent.
pub async fn sent(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, number, form): (&ChannelId, i64, &Form),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let Form::Item { action, dm, seen, .. } = form else { return Err(Refusal::OldButton.into()) };
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    let now = app.clock.now();
    let around = Around::load(tx, request, channel, number).await?;
    let at = around.at();
    let text = |name: &str| fields.get(name).map(String::as_str);
    let given = |name: &str| text(name).unwrap_or_default();
    let at_why = |decision: Result<Decision, Refusal>| placed(decision.map_err(|e| (Field::Why, e)));
    match action {
        ItemAction::Done => at_why(action::done(&at, &caller, text(field::WHY), now)),
        ItemAction::Drop => at_why(action::drop(&at, &caller, given(field::WHY), now)),
        ItemAction::Snooze => placed(action::snooze(&at, &caller, given(field::DUE), text(field::WHY), now)),
        ItemAction::Date => {
            placed(action::change_date(&at, &caller, given(field::DUE), now).map_err(|e| (Field::Due, e)))
        }
        ItemAction::Blocked => at_why(action::block(&at, &caller, text(field::WHY), now)),
        ItemAction::Edit => {
            let edit = action::Edit {
                text: given(field::TEXT).to_owned(),
                due: given(field::DUE).to_owned(),
                priority: text(field::PRIORITY).and_then(Priority::from_word),
                why: text(field::WHY).map(str::to_owned),
                metric: text(field::METRIC).map(str::to_owned),
            };
            let decision = action::edit(&at, &caller, &edit, now);
            let words = edit.text.trim();
            let was = at.item.filter(|i| i.text != words && seen.as_deref().map(str::trim) != Some(words));
            match (&decision, was, action::specific::weakness(words)) {
                (Ok(_), Some(item), Some(weak)) if fetched.is_none() => {
                    Ok(Outcome::Again(Box::new(view::items::weak_edit(item, &edit, *dm, weak))))
                }
                _ => placed(decision),
            }
        }
        ItemAction::Hand => {
            let to = known!(load::person(tx, request, &UserId(given(field::OWNER).to_owned()), fetched).await?);
            let here = directory::is_member(tx, &request.team, channel, &to.id).await?;
            if !here && fetched.is_none() {
                return Ok(Outcome::Needs(Lookup::channel(channel)));
            }
            placed(action::offer(&at, &caller, (&to, here), now).map_err(|e| (Field::Owner, e)))
        }
        ItemAction::Take | ItemAction::Return => Err(Refusal::OldButton.into()),
    }
}

/// A new item, typed whole or in part; `seen`: its writer has seen that it is weak.
pub async fn typed(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &Caller,
    (typed, seen): (&ActionText, bool),
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let (owner, here) = known!(owner(tx, request, channel, typed, fetched).await?);
    if let (Some(owner), true) = (&owner, seen)
        && let Some(number) = items::same(tx, &request.team, channel, &owner.id, typed.text.trim()).await?
    {
        return Ok(Outcome::Done(Decision::say(format!("It is kept already, as *#{number}*."))));
    }
    let around = New::load(app, tx, request, channel, typed.retro).await?;
    // What follows does not know the thread that it was typed in: the retro goes along, and is answered there.
    let retro = match &around.open {
        Some(open) if load::in_thread_of(tx, request, open).await? => Some(open.id),
        _ => typed.retro,
    };
    let place = around.place(channel, (owner.as_ref(), here));
    match action::make(&place, caller, typed, seen, app.clock.now())? {
        Made::Item(decision) => Ok(Outcome::Done(decision)),
        Made::Form(known) => Ok(commands::action_form(request, channel, ActionText { retro, ..known })),
        Made::Weak(weakness) => {
            Ok(Outcome::Done(action::weak(channel, &ActionText { retro, ..typed.clone() }, weakness)))
        }
    }
}

/// The form of a new item was sent; `seen`: the weak words whose fault was shown.
pub async fn form(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, seen): (&ChannelId, Option<&String>),
    typed: &ActionText,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    let (owner, here) = known!(owner(tx, request, channel, typed, fetched).await?);
    let around = New::load(app, tx, request, channel, typed.retro).await?;
    let place = around.place(channel, (owner.as_ref(), here));
    let decision = action::create(&place, &caller, typed, app.clock.now());
    match (decision, action::specific::weakness(&typed.text)) {
        (Ok(_), Some(weak)) if seen.map(|s| s.trim()) != Some(typed.text.trim()) => {
            // Once acknowledged there is no form any more.
            if fetched.is_some() {
                return Ok(Outcome::Done(action::weak(channel, typed, weak)));
            }
            Ok(Outcome::Again(Box::new(view::items::action(channel, typed, Some(weak)))))
        }
        (decision, _) => placed(decision),
    }
}

/// The items among which five stay of high priority: those that are, and the one that would be the sixth.
async fn among(tx: &mut Tx, request: &Request, channel: &ChannelId, number: i64) -> sqlx::Result<Vec<action::Item>> {
    let Some(new) = items::by_number(tx, &request.team, channel, number).await? else { return Ok(Vec::new()) };
    let all = match new.retro {
        Some(retro) => items::of_retro(tx, &request.team, retro).await?,
        None => vec![new],
    };
    let wanted =
        |i: &action::Item| i.state == action::State::Open && (i.priority == Priority::High || i.number == number);
    Ok(all.into_iter().filter(wanted).collect())
}

/// Opens the choice of five.
pub async fn choose(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    number: i64,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    known!(load::member(tx, request, channel, fetched).await?);
    let among = among(tx, request, channel, number).await?;
    if among.is_empty() {
        return Err(Refusal::NoSuchItem(number).into());
    }
    Ok(Outcome::Open(Box::new(view::items::choose_high(channel, number, &among))))
}

/// The five were chosen.
pub async fn chosen(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, number): (&ChannelId, i64),
    chosen: &str,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    let among = among(tx, request, channel, number).await?;
    let numbers: Vec<i64> = chosen.split(',').filter_map(|n| n.parse().ok()).collect();
    let open = load::meant(tx, request, channel, app.clock.now()).await?;
    match action::choose_high(&among, &numbers, open.as_ref(), &caller) {
        Err(refusal @ Refusal::TooManyHigh) => Ok(wrong_at(field::TEXT, &refusal)),
        other => done(other),
    }
}

/// The items that a retro looks back on and that are still open, each with its buttons.
pub async fn review(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    let caller = known!(load::member(tx, request, &retro.channel, fetched).await?);
    let mut open = items::carried_over(tx, &request.team, &retro).await?;
    open.retain(|i| i.state == action::State::Open);
    let leads = leads(tx, request, &retro.channel, &caller).await?;
    Ok(Outcome::Done(action::list(&open, &Filter::Open, &caller, leads, app.clock.now())))
}

/// Whether the caller leads an open retro of the channel, or led its last one.
pub async fn leads(tx: &mut Tx, request: &Request, channel: &ChannelId, caller: &Caller) -> sqlx::Result<bool> {
    let open = retros::open_in(tx, &request.team, channel).await?;
    let last = retros::last_closed(tx, &request.team, channel, None).await?;
    Ok(open.iter().chain(last.as_ref()).any(|r| caller.leads(r)))
}

/// The owner that was named, and whether they are in the channel; Slack is asked once where that is not known.
async fn owner(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    typed: &ActionText,
    fetched: Option<&Fetched>,
) -> Result<Known<(Option<Person>, bool)>, Failure> {
    let Some(user) = &typed.owner else { return Ok(Known::Yes((None, false))) };
    let found = directory::person(tx, &request.team, user).await?;
    let here = directory::is_member(tx, &request.team, channel, user).await?;
    match found {
        Some(person) if here || fetched.is_some() || !person.reachable() => Ok(Known::Yes((Some(person), here))),
        None if fetched.is_some() => Err(Refusal::UnknownPerson(lookback_core::retro::mention(user)).into()),
        _ => Ok(Known::Intent(Lookup::channel(channel).and_person(user))),
    }
}
