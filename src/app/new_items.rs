//! New action items: typed whole or in part, or filled into their form.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::items::placed;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome};
use super::pick;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{directory, items, retros, settings};
use lookback_core::command::ActionText;
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, Priority, State};
use lookback_core::model::person::Person;
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::Settings;
use lookback_core::retro::action::{self, Made, NewItemContext};
use lookback_core::retro::{Caller, Decision, Refusal, Reply};
use lookback_core::text::{cut, mention};

/// What a new item is placed into, read.
struct LoadedNewItem {
    open: Option<Retro>,
    last: Option<Retro>,
    number: i64,
    high: Vec<Item>,
    settings: Settings,
    owner: Option<Person>,
    owner_here: bool,
}

impl LoadedNewItem {
    async fn load(cx: &mut Cx<'_>, channel: &ChannelId, typed: &ActionText) -> Result<Self, Failure> {
        let (owner, owner_here) = owner(cx, channel, typed).await?;
        // One that is made in a meeting belongs to it.
        let mut open = match typed.retro {
            Some(id) => retros::by_id(cx.tx, cx.team, id).await?,
            None => None,
        };
        open = open.filter(|r| r.phase.is_open() && r.channel == *channel);
        if open.is_none() {
            open = pick::said_to(cx, channel).await?;
        }
        let last = retros::last_closed(cx.tx, cx.team, channel, None).await?;
        let number = items::next_number(cx.tx, cx.team, channel).await?;
        let settings = settings::of_channel(cx.tx, cx.team, channel).await?;
        // Between two retros an item goes to the last one.
        let mut high = match open.as_ref().or(last.as_ref()) {
            Some(retro) => items::of_retro(cx.tx, cx.team, retro.id).await?,
            None => Vec::new(),
        };
        high.retain(|i| i.state == State::Open && i.priority == Priority::High);
        Ok(Self { open, last, number, high, settings, owner, owner_here })
    }

    fn context<'a>(&'a self, channel: &'a ChannelId) -> NewItemContext<'a> {
        NewItemContext {
            channel,
            open: self.open.as_ref(),
            last: self.last.as_ref(),
            number: self.number,
            owner: self.owner.as_ref(),
            owner_here: self.owner_here,
            high: &self.high,
            settings: &self.settings,
        }
    }
}

/// The owner that was named, and whether they are in the channel; Slack is asked once where that is not known.
async fn owner(cx: &mut Cx<'_>, channel: &ChannelId, typed: &ActionText) -> Result<(Option<Person>, bool), Failure> {
    let Some(user) = &typed.owner else { return Ok((None, false)) };
    let found = directory::person(cx.tx, cx.team, user).await?;
    let here = directory::is_member(cx.tx, cx.team, channel, user).await?;
    match found {
        Some(person) if here || cx.fetched.is_some() || !person.reachable() => Ok((Some(person), here)),
        None if cx.fetched.is_some() => Err(Refusal::UnknownPerson(mention(user)).into()),
        Some(_) | None => Err(Failure::Needs(Lookup::channel(channel).and_person(user))),
    }
}

/// A new item, typed whole or in part; `seen`: its writer has seen that it is weak.
pub async fn typed(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    typed: &ActionText,
    seen: bool,
) -> Result<Outcome, Failure> {
    let loaded = LoadedNewItem::load(cx, channel, typed).await?;
    if let (Some(owner), true) = (&loaded.owner, seen)
        && let Some(number) = items::same(cx.tx, cx.team, channel, &owner.id, typed.text.trim()).await?
    {
        return Ok(Outcome::say(format!("It's already saved as *#{number}*.")));
    }
    // What follows does not know the thread that it was typed in: the retro goes along, and is answered there.
    let retro = match &loaded.open {
        Some(open) if pick::in_thread_of(cx, open).await? => Some(open.id),
        _ => typed.retro,
    };
    match action::make(&loaded.context(channel), caller, typed, seen, cx.now())? {
        Made::Item(decision) => Ok(Outcome::Done(decision)),
        Made::Form(known) => Ok(form_or_button(cx, channel, ActionText { retro, ..known })),
        Made::Weak(weakness) => Ok(action::weak(channel, &ActionText { retro, ..typed.clone() }, weakness).into()),
    }
}

/// `Keep it as it is`: the item is weak, and its writer has seen that.
pub async fn keep(cx: &mut Cx<'_>, channel: &ChannelId, item: &ActionText) -> Result<Outcome, Failure> {
    let caller = cx.member(channel).await?;
    typed(cx, channel, &caller, item, true).await
}

/// Opens the form with what was understood.
pub async fn open_form(cx: &mut Cx<'_>, channel: &ChannelId, item: &ActionText) -> Result<Outcome, Failure> {
    cx.member(channel).await?;
    Ok(form_or_button(cx, channel, item.clone()))
}

/// The form of a new item was sent; `seen`: the weak words whose fault was shown.
pub async fn sent(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    seen: Option<&str>,
    retro: Option<RetroId>,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let typed = ActionText {
        text: fields.get(field::TEXT).cloned().unwrap_or_default(),
        owner: fields.get(field::OWNER).map(|u| UserId(u.clone())),
        due: fields.get(field::DUE).cloned(),
        priority: fields.get(field::PRIORITY).and_then(|w| Priority::from_word(w)),
        why: fields.get(field::WHY).cloned(),
        metric: fields.get(field::METRIC).cloned(),
        retro,
        group: None,
    };
    let caller = cx.member(channel).await?;
    let loaded = LoadedNewItem::load(cx, channel, &typed).await?;
    let decision = action::create(&loaded.context(channel), &caller, &typed, cx.now());
    match (decision, action::specific::weakness(&typed.text)) {
        (Ok(_), Some(weak)) if seen.map(str::trim) != Some(typed.text.trim()) => {
            // Once acknowledged there is no form any more.
            if cx.fetched.is_some() {
                return Ok(action::weak(channel, &typed, weak).into());
            }
            Ok(Outcome::again(view::items::action(channel, &typed, Some(weak))))
        }
        (decision, _) => placed(decision),
    }
}

/// Opens the form where that is possible, else offers the button that does.
pub fn form_or_button(cx: &Cx<'_>, channel: &ChannelId, known: ActionText) -> Outcome {
    if cx.can_open_form() {
        return Outcome::open(view::items::action(channel, &known, None));
    }
    let missing: Vec<&str> = [
        (known.text.is_empty(), "what to do"),
        (known.owner.is_none(), "an owner"),
        (known.due.is_none(), "a due date"),
    ]
    .into_iter()
    .filter_map(|(missing, word)| missing.then_some(word))
    .collect();
    let whole = BlockAction::ActionForm { channel: channel.clone(), item: known.clone() };
    let action = if whole.value().is_some() {
        whole
    } else {
        let item = ActionText { text: cut(&known.text, 200), why: None, ..known };
        BlockAction::ActionForm { channel: channel.clone(), item }
    };
    let words = format!("This action item still needs {}.", missing.join(" and "));
    let reply = Reply::new(words).button("Fill it in", action);
    Outcome::Done(Decision { reply: Some(reply), ..Decision::default() })
}
