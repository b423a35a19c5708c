//! What is done with action items that there are: pressed buttons, sent forms and commands.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::item_changed;
use super::outcome::{Failure, Outcome, done as decided};
use super::pick;
use super::tickets::wanted as tickets;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{items, retros, settings};
use lookback_core::command::Filter;
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::{ItemAction, Opened};
use lookback_core::model::item::{Item, Priority, State};
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::Settings;
use lookback_core::retro::action::ticket::words;
use lookback_core::retro::action::{self, Field, ItemContext};
use lookback_core::retro::{Caller, Decision, Refusal, Reply};
use lookback_core::text::bold;

/// An item with what a decision about it needs, read.
struct LoadedItem {
    item: Option<Item>,
    retro: Option<Retro>,
    open: Vec<Retro>,
    last: Option<Retro>,
    settings: Settings,
    number: i64,
    high: usize,
}

impl LoadedItem {
    async fn load(cx: &mut Cx<'_>, channel: &ChannelId, number: i64) -> sqlx::Result<Self> {
        let team = cx.team;
        let item = items::by_number(cx.tx, team, channel, number).await?;
        let retro = match item.as_ref().and_then(|i| i.retro) {
            Some(id) => retros::by_id(cx.tx, team, id).await?,
            None => None,
        };
        let of_retro = match &retro {
            Some(retro) => items::of_retro(cx.tx, team, retro.id).await?,
            None => Vec::new(),
        };
        let is_high = |i: &&Item| i.state == State::Open && i.priority == Priority::High;
        Ok(Self {
            high: of_retro.iter().filter(is_high).filter(|i| i.number != number).count(),
            item,
            retro,
            open: retros::open_in(cx.tx, team, channel).await?,
            last: retros::last_closed(cx.tx, team, channel, None).await?,
            settings: settings::of_channel(cx.tx, team, channel).await?,
            number,
        })
    }

    fn context(&self) -> ItemContext<'_> {
        ItemContext {
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

/// What a command does with action items.
pub enum Change<'a> {
    /// With what changed.
    Done(Option<&'a str>),
    /// With the reason.
    Drop(&'a str),
    Snooze(Quiet<'a>),
}

/// Until when an item is quiet, as typed, and why.
pub struct Quiet<'a> {
    pub until: &'a str,
    /// The reason, where one was given.
    pub why: Option<&'a str>,
}

/// `done`, `drop` and `snooze`, of one item or of several: all of them, or none.
pub async fn each(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    numbers: &[i64],
    change: &Change<'_>,
) -> Result<Outcome, Failure> {
    let (mut all, mut said) = (Decision::default(), Vec::new());
    let mut buttons = Vec::new();
    for number in numbers {
        let loaded = LoadedItem::load(cx, channel, *number).await?;
        let context = loaded.context();
        let one = match change {
            Change::Done(impact) => action::done(&context, caller, *impact, cx.now()),
            Change::Drop(why) => action::drop(&context, caller, why, cx.now()),
            Change::Snooze(quiet) => {
                action::snooze(&context, caller, quiet.until, quiet.why, cx.now()).map_err(|(_, refusal)| refusal)
            }
        };
        let mut one = one.map_err(|why| if numbers.len() > 1 { Refusal::NoneChanged(why.to_string()) } else { why })?;
        if let Some(reply) = one.reply.take() {
            said.push(reply.text);
            buttons.extend(reply.buttons);
        }
        all = all.and(one);
    }
    // Buttons of several items would not tell which is meant.
    let buttons = if numbers.len() == 1 { buttons } else { Vec::new() };
    all.reply = Some(Reply { buttons, ..Reply::new(said.join("\n")) });
    Ok(Outcome::Done(all))
}

/// A button of an item. Most open a form, once it is clear that the caller may.
pub async fn pressed(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    number: i64,
    action: ItemAction,
) -> Result<Outcome, Failure> {
    let caller = cx.member(channel).await?;
    let loaded = LoadedItem::load(cx, channel, number).await?;
    let context = loaded.context();
    match action {
        ItemAction::Accept => {
            let accepted = Outcome::Done(action::accept(&context, &caller)?);
            let shown = match context.item {
                Some(item) => item_changed::is_shown_by_press(cx.tx, cx.request, item).await?,
                None => false,
            };
            return Ok(if shown { accepted.without_words() } else { accepted });
        }
        ItemAction::Take => return decided(action::take(&context, &caller, cx.now())),
        ItemAction::Return => return decided(action::give_back(&context, &caller, cx.now())),
        ItemAction::FileAgain => return file_again(cx, context.mine(&caller)?).await,
        // Somebody else's press is a question to the owner.
        ItemAction::Done if matches!(context.mine(&caller), Err(Refusal::NotYourItem { .. })) => {
            return decided(action::done(&context, &caller, None, cx.now()));
        }
        ItemAction::Done
        | ItemAction::Snooze
        | ItemAction::Date
        | ItemAction::Hand
        | ItemAction::Blocked
        | ItemAction::Drop
        | ItemAction::Edit => {}
    }
    // Of what was closed in its tracker only what changed is to be told.
    let lacks_outcome = context.lacks_outcome(&caller).filter(|_| action == ItemAction::Done);
    let item = lacks_outcome.map_or_else(|| context.mine(&caller), Ok)?;
    let shown = item_changed::is_shown_by_press(cx.tx, cx.request, item).await?;
    let opened = Opened { dm: cx.request.channel.is_none(), shown };
    match view::items::item(item, action, opened, &caller.person.tz) {
        Some(form) => Ok(Outcome::open(form)),
        None => Err(Refusal::OldButton.into()),
    }
}

/// The ticket of an item is gone: it gets a new one.
async fn file_again(cx: &mut Cx<'_>, item: &Item) -> Result<Outcome, Failure> {
    let now_ms = cx.now().timestamp_millis();
    match tickets::file_again(cx.bot, cx.tx, cx.team, item, now_ms).await? {
        Some(tracker) => Ok(Outcome::say(words::files_again(item, tracker))),
        None => Ok(Outcome::say(words::is_filed_again(item))),
    }
}

/// The field of a form in which a fault stands.
pub fn field_of(at: Field) -> &'static str {
    match at {
        Field::Text => field::TEXT,
        Field::Owner => field::OWNER,
        Field::Due => field::DUE,
        Field::Why => field::WHY,
        Field::Priority => field::PRIORITY,
        Field::Metric => field::METRIC,
    }
}

/// A decision about an item; what is wrong with a field stands there.
pub fn placed(decision: Result<Decision, (Field, Refusal)>) -> Result<Outcome, Failure> {
    match decision {
        Ok(decision) => Ok(Outcome::Done(decision)),
        // What is wrong with the item itself has no field.
        Err((_, refusal @ (Refusal::NoSuchItem(_) | Refusal::ItemClosed { .. } | Refusal::NotYourItem { .. }))) => {
            Err(refusal.into())
        }
        Err((at, refusal)) => Ok(Outcome::wrong_at(field_of(at), &refusal)),
    }
}

/// A form of an item, as it was sent.
pub struct Sent<'a> {
    pub action: ItemAction,
    pub opened: Opened,
    /// Weak words whose fault was shown.
    pub seen: Option<&'a str>,
    pub fields: &'a BTreeMap<String, String>,
}

impl Sent<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn given(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    fn edit(&self) -> action::Edit {
        action::Edit {
            text: self.given(field::TEXT).to_owned(),
            due: self.given(field::DUE).to_owned(),
            priority: self.text(field::PRIORITY).and_then(Priority::from_word),
            why: self.text(field::WHY).map(str::to_owned),
            metric: self.text(field::METRIC).map(str::to_owned),
        }
    }
}

/// A form of an item was sent.
pub async fn sent(cx: &mut Cx<'_>, channel: &ChannelId, number: i64, sent: &Sent<'_>) -> Result<Outcome, Failure> {
    let caller = cx.member(channel).await?;
    let now = cx.now();
    let loaded = LoadedItem::load(cx, channel, number).await?;
    let context = loaded.context();
    let at = |field: Field| move |why: Refusal| (field, why);
    let (due, why) = (sent.given(field::DUE), sent.text(field::WHY));
    let outcome = match sent.action {
        ItemAction::Done => placed(action::done(&context, &caller, why, now).map_err(at(Field::Why))),
        ItemAction::Drop => {
            placed(action::drop(&context, &caller, why.unwrap_or_default(), now).map_err(at(Field::Why)))
        }
        ItemAction::Snooze => placed(action::snooze(&context, &caller, due, why, now)),
        ItemAction::Date => placed(action::change_date(&context, &caller, due, now).map_err(at(Field::Due))),
        ItemAction::Blocked => placed(action::block(&context, &caller, why, now).map_err(at(Field::Why))),
        ItemAction::Edit => edited(cx, &context, &caller, sent),
        ItemAction::Hand => {
            let (to, here) = cx.person_in(channel, &UserId(sent.given(field::OWNER).to_owned())).await?;
            placed(action::offer(&context, &caller, &to, here, now).map_err(at(Field::Owner)))
        }
        ItemAction::Accept | ItemAction::Take | ItemAction::Return | ItemAction::FileAgain => {
            Err(Refusal::OldButton.into())
        }
    }?;
    Ok(if sent.opened.shown { outcome.without_words() } else { outcome })
}

/// New words for an item; weak ones are kept only after their fault was shown.
fn edited(cx: &Cx<'_>, context: &ItemContext<'_>, caller: &Caller, sent: &Sent<'_>) -> Result<Outcome, Failure> {
    let edit = sent.edit();
    let decision = action::edit(context, caller, &edit, cx.now());
    let words = edit.text.trim();
    let was = context.item.filter(|i| i.text != words && sent.seen.map(str::trim) != Some(words));
    match (&decision, was, action::specific::weakness(words)) {
        (Ok(_), Some(item), Some(weak)) if cx.fetched.is_none() => {
            Ok(Outcome::again(view::items::weak_edit(item, &edit, sent.opened, weak)))
        }
        _ => placed(decision),
    }
}

/// The items among which five stay of high priority: those that are, and the one that would be the sixth.
async fn among(cx: &mut Cx<'_>, channel: &ChannelId, number: i64) -> sqlx::Result<Vec<Item>> {
    let Some(new) = items::by_number(cx.tx, cx.team, channel, number).await? else { return Ok(Vec::new()) };
    let all = match new.retro {
        Some(retro) => items::of_retro(cx.tx, cx.team, retro).await?,
        None => vec![new],
    };
    let wanted = |i: &Item| i.state == State::Open && (i.priority == Priority::High || i.number == number);
    Ok(all.into_iter().filter(wanted).collect())
}

/// Opens the choice of five.
pub async fn choose(cx: &mut Cx<'_>, channel: &ChannelId, number: i64) -> Result<Outcome, Failure> {
    cx.member(channel).await?;
    let among = among(cx, channel, number).await?;
    if among.is_empty() {
        return Err(Refusal::NoSuchItem(number).into());
    }
    Ok(Outcome::open(view::items::choose_high(channel, number, &among)))
}

/// The five were chosen.
pub async fn chosen(cx: &mut Cx<'_>, channel: &ChannelId, number: i64, chosen: &str) -> Result<Outcome, Failure> {
    let caller = cx.member(channel).await?;
    let among = among(cx, channel, number).await?;
    let numbers: Vec<i64> = chosen.split(',').filter_map(|n| n.parse().ok()).collect();
    let open = pick::said_to(cx, channel).await?;
    match action::choose_high(&among, &numbers, open.as_ref(), &caller, cx.now()) {
        Err(refusal @ Refusal::TooManyHigh) => Ok(Outcome::wrong_at(field::TEXT, &refusal)),
        other => decided(other),
    }
}

/// The items that a retro looks back on and that are still open, each with its buttons.
pub async fn review(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member(&retro.channel).await?;
    let mut open = items::carried_over(cx.tx, cx.team, &retro).await?;
    open.retain(|i| i.state == State::Open);
    let leads = cx.leads_in(&retro.channel, &caller).await?;
    Ok(action::list(&open, &Filter::Open, &caller, leads, cx.now()).into())
}

/// The caller's own open items, in a DM.
pub async fn mine(cx: &mut Cx<'_>) -> Result<Outcome, Failure> {
    let person = cx.person(&cx.request.user).await?;
    let mine = items::of_owner(cx.tx, cx.team, &person.id, false).await?;
    // Only items of channels that the person is in are listed.
    let caller = Caller { person, in_channel: true };
    Ok(action::list(&mine, &Filter::Mine, &caller, false, cx.now()).into())
}

/// `actions`.
pub async fn list(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, filter: &Filter) -> Result<Outcome, Failure> {
    let now = cx.now();
    let found = match filter {
        Filter::Version(version) => {
            let retro = retros::last_of(cx.tx, cx.team, channel, version).await?;
            let none =
                || Refusal::NoSuchVersion { version: bold(version), open: " `/retro history` lists all.".to_owned() };
            items::of_retro(cx.tx, cx.team, retro.ok_or_else(none)?.id).await?
        }
        Filter::Open | Filter::All | Filter::Mine | Filter::Overdue => {
            items::in_channel(cx.tx, cx.team, channel, *filter != Filter::All).await?
        }
    };
    let wanted = |i: &Item| match filter {
        Filter::Mine => i.owner == cx.request.user,
        Filter::Overdue => i.overdue(now),
        Filter::Open | Filter::All | Filter::Version(_) => true,
    };
    let shown: Vec<Item> = found.into_iter().filter(wanted).collect();
    let leads = cx.leads_in(channel, caller).await?;
    let mut decision = action::list(&shown, filter, caller, leads, now);
    if let (Filter::All, Some(reply)) = (filter, decision.reply.as_mut()) {
        let retros = retros::versions(cx.tx, cx.team, channel).await?;
        let figures = action::figures(&shown, &retros, now).show();
        reply.text = [figures, std::mem::take(&mut reply.text)].join("\n").trim().to_owned();
    }
    Ok(decision.into())
}
