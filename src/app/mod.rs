//! One request from its arrival to its acknowledgement, in one transaction.
//!
//! Load what the core needs, let it decide, save the decision with its cards and timers, remember what
//! was answered, commit, acknowledge. Nothing is sent from here, except a form: its trigger lives
//! three seconds, so it is opened beside the envelope loop (see `open_form` in `reply.rs`).

pub(crate) mod after;
mod captures;
mod commands;
mod events;
pub(crate) mod export;
mod facts;
mod forms;
mod items;
mod load;
mod meeting;
mod past;
pub mod pipeline;
pub(crate) mod releases;
mod reminders;
mod reply;
mod request;
mod starting;
mod themes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use slack_morphism::prelude::SlackView;
use tokio::sync::Notify;

use crate::outbox::dispatcher::Lanes;
use crate::outbox::{self, To};
use crate::seal::{Seal, Vault};
use crate::slack::client::Slack;
use crate::slack::inbound::Inbound;
use crate::slack::view;
use crate::store::directory::Workspace;
use crate::store::{self, Store, Tx, inbox, responses, retros, settings, timers};
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::retro::{
    Card, Change, Decision, Participant, Refusal, Reply, Retro, Step, closing, nudge, schedule, survey,
};

pub use facts::Fetched;
pub use request::{ADD_TO_RETRO, Intent, MAKE_ACTION_ITEM, ReplyBy, Request, START_RETRO};

/// How long a request may wait for the database before the person is told.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything that handles requests; one for a process.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Ids.
    pub rng: Rng,
    /// Slack's Web API.
    pub slack: Slack,
    /// The installation's secret.
    pub seal: Seal,
    /// The workspace of the token.
    pub workspace: Workspace,
    /// The dispatcher's memory.
    pub lanes: Lanes,
    /// Wakes the engine after a commit.
    pub wake: Notify,
}

/// What is acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// Received, with nothing to say.
    Empty,
    /// Received, with an answer.
    Json(Value),
    /// Not saved: Slack should send it again.
    Unavailable,
}

/// What a request comes to.
#[derive(Debug)]
pub enum Outcome {
    /// Decided.
    Done(Decision),
    /// A form opens.
    Open(Box<SlackView>),
    /// The sent form is wrong there.
    Wrong(BTreeMap<String, String>),
    /// The form is shown again in its place, with something to see first.
    Again(Box<SlackView>),
    /// The sent form came too late.
    Notice(Box<SlackView>),
    /// Slack has to be asked first.
    Needs(facts::Lookup),
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Words for the person.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Words for the log.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl App {
    /// Whether requests can be handled.
    pub async fn ready(&self) -> Result<(), String> {
        match tokio::time::timeout(PATIENCE, self.store.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("the database does not answer: {error}")),
            Err(_) => Err("the database does not answer in time".to_owned()),
        }
    }

    /// Handles one delivery; returns what to acknowledge.
    pub async fn receive(self: &Arc<Self>, inbound: Inbound) -> Ack {
        match inbound {
            Inbound::Command(command) => self.answer(request::command(command, self.clock.now())).await,
            Inbound::Actions(actions) => match request::actions(*actions, self.clock.now()) {
                Some(request) => self.answer(request).await,
                None => Ack::Empty,
            },
            Inbound::Submission(submission) => match request::submission(*submission, self.clock.now()) {
                Some(request) => self.answer(request).await,
                None => Ack::Empty,
            },
            Inbound::Shortcut(shortcut) => match request::shortcut(*shortcut, self.clock.now()) {
                Some(request) => self.answer(request).await,
                None => Ack::Empty,
            },
            Inbound::Event(event) => events::receive(self, *event).await,
            Inbound::Challenge(_) | Inbound::Other => Ack::Empty,
        }
    }

    /// Handles one request within two seconds.
    pub async fn answer(self: &Arc<Self>, request: Request) -> Ack {
        if request.team != self.workspace.team_id {
            tracing::warn!("a request of another workspace was ignored");
            return Ack::Empty;
        }
        let by = request.answer.clone();
        // In a task of its own: giving up the wait must not tear a commit, and a fault stays in it.
        let app = self.clone();
        let handling = tokio::spawn(async move { app.handle(request, None).await });
        match tokio::time::timeout(PATIENCE, handling).await {
            Ok(Ok(Ok(ack))) => ack,
            Ok(Ok(Err(error))) => {
                tracing::error!(%error, "a request was not saved");
                reply::sorry(&by, &Refusal::NotSaved)
            }
            Ok(Err(fault)) => {
                tracing::error!(%fault, "a request ended in a fault");
                reply::sorry(&by, &Refusal::NotSaved)
            }
            Err(_) => {
                tracing::error!("the database did not answer in time");
                reply::sorry(&by, &Refusal::Slow)
            }
        }
    }

    /// Loads, decides, saves and commits. `fetched` holds what Slack was asked for meanwhile.
    pub async fn handle(self: &Arc<Self>, request: Request, fetched: Option<&Fetched>) -> sqlx::Result<Ack> {
        let now_ms = self.clock.now().timestamp_millis();
        let mut tx = self.store.begin().await?;
        match fetched {
            None => {
                if !inbox::take(&mut tx, &request.team, &request.key, now_ms).await? {
                    let before = inbox::answer(&mut tx, &request.team, &request.key).await?;
                    // The first may share a commit that is still to come: nobody is told before it is there.
                    tx.commit().await?;
                    return Ok(reply::stored(&before));
                }
            }
            // The errand ends in the transaction that does what it asked for.
            Some(fetched) => {
                if !inbox::take_errand(&mut tx, fetched.errand).await? {
                    return Ok(Ack::Empty);
                }
            }
        }
        let outcome = match self.decide(&mut tx, &request, fetched).await {
            Ok(outcome) => outcome,
            Err(Failure::Database(error)) => return Err(error),
            // A sent form has no line to say it in: its window does.
            Err(Failure::Refused(refusal)) if request.answer == ReplyBy::Form && fetched.is_none() => {
                Outcome::Notice(Box::new(view::blocks::notice("Not saved", &refusal.to_string())))
            }
            Err(Failure::Refused(refusal)) => Outcome::Done(Decision::say(refusal.to_string())),
        };
        // Once acknowledged there is no form any more in which a fault could be shown.
        let outcome = match outcome {
            Outcome::Wrong(errors) if fetched.is_some() => {
                Outcome::Done(Decision::say(errors.into_values().collect::<Vec<_>>().join(" ")))
            }
            other => other,
        };
        let mut form = None;
        // A form that is shown again holds what was typed: that is not kept.
        let again = matches!(outcome, Outcome::Again(_));
        let ack = match outcome {
            Outcome::Done(decision) => {
                // The Home tab shows what changed by itself.
                let shown = request.answer == ReplyBy::Home && !decision.changes.is_empty();
                let said = self.save(&mut tx, &request.team, decision).await?.filter(|_| !shown);
                self.say(&mut tx, &request, said, fetched.is_some(), now_ms).await?
            }
            Outcome::Open(view) => {
                form = Some(view);
                Ack::Empty
            }
            Outcome::Wrong(errors) => Ack::Json(serde_json::json!({"response_action": "errors", "errors": errors})),
            Outcome::Again(view) => Ack::Json(serde_json::json!({"response_action": "update", "view": view})),
            Outcome::Notice(view) => Ack::Json(serde_json::json!({"response_action": "push", "view": view})),
            Outcome::Needs(need) => {
                let errand = facts::Errand { request: request.clone(), need };
                let errand = serde_json::to_string(&errand).unwrap_or_default();
                inbox::put_errand(&mut tx, &request.team, self.rng.id(), &errand, now_ms).await?;
                reply::one_moment(&request.answer)
            }
        };
        if again {
            // Nothing was done: a copy of the delivery is asked the same again.
            inbox::release(&mut tx, &request.team, &request.key).await?;
        } else if let (None, Ack::Json(said)) = (fetched, &ack) {
            inbox::remember(&mut tx, &request.team, &request.key, &said.to_string()).await?;
        }
        let wakes = tx.wakes();
        tx.commit().await?;
        if wakes {
            self.wake.notify_one();
        }
        if let Some(view) = form {
            self.open_form(&request, *view);
        }
        Ok(ack)
    }

    async fn decide(&self, tx: &mut Tx, request: &Request, fetched: Option<&Fetched>) -> Result<Outcome, Failure> {
        match &request.ask {
            Intent::Line(line) => commands::line(self, tx, request, line, fetched).await,
            Intent::BlockAction(press) => forms::press(self, tx, request, press, fetched).await,
            Intent::Form { form, fields } => forms::sent(self, tx, request, form, fields, fetched).await,
            Intent::StartForm => Ok(Outcome::Open(Box::new(view::forms::start(request.channel.as_ref())))),
            Intent::Capture { channel, ts, text } => {
                captures::keep(self, tx, request, &captures::Message { channel, ts, text: text.as_deref() }, fetched)
                    .await
            }
            Intent::ItemFrom { channel, ts, text } => {
                captures::item(self, tx, request, (channel, ts, text), fetched).await
            }
            Intent::Reply { retro, ts, text } => meeting::reply(self, tx, request, (*retro, ts, text), fetched).await,
            Intent::Begin { retro } => starting::begin(self, tx, request, *retro, fetched).await,
            Intent::Unknown => Err(Refusal::OldButton.into()),
        }
    }

    /// Saves a decision with its cards and timers; returns its words.
    pub(crate) async fn save(&self, tx: &mut Tx, team: &TeamId, decision: Decision) -> sqlx::Result<Option<Reply>> {
        let now_ms = self.clock.now().timestamp_millis();
        keep(tx, team, &decision, &self.vault(), now_ms).await?;
        for change in &decision.changes {
            if let Change::AddItem(item) | Change::UpdateItem(item) = change {
                self.item_changed(tx, team, item, now_ms).await?;
            }
        }
        let mut homes = self.homes(tx, team, &decision.changes).await?;
        // Whoever is told about an item may have lost it.
        for word in &decision.words {
            if store::directory::home_page(tx, team, &word.to).await?.is_some() {
                homes.insert(word.to.clone());
            }
        }
        for user in homes {
            outbox::want_home(tx, team, &user, now_ms).await?;
        }
        Ok(decision.reply)
    }

    /// A deadline that has come, decided by the same core. Returns whether there was one.
    pub async fn fire_next(&self) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let Some(due) = timers::take_due(&mut tx, now.timestamp_millis()).await? else { return Ok(false) };
        if let Some(retro) = retros::by_id(&mut tx, &due.team, due.retro)
            .await?
            .filter(|r| r.phase.is_open() || matches!(due.step, Step::Withheld | Step::Notice | Step::Begin))
        {
            let people = retros::participants(&mut tx, retro.id).await?;
            let decision = match due.step {
                Step::Close | Step::Grace if retro.phase == lookback_core::retro::Phase::Collecting => {
                    let responses = responses::all(&mut tx, retro.id, &self.vault()).await?;
                    closing::close(&retro, &people, &responses, now, &mut || self.rng.id())
                }
                Step::Nudge => self.nudges(&mut tx, &due.team, &retro, &people).await?,
                Step::Withheld => {
                    let responses = responses::all(&mut tx, retro.id, &self.vault()).await?;
                    closing::end(&retro, &responses)
                }
                Step::Notice => {
                    Decision { cards: schedule::notice(&retro).into_iter().collect(), ..Decision::default() }
                }
                Step::Begin => self.begin(&mut tx, &due.team, &retro).await?,
                Step::Meeting => Decision {
                    cards: vec![
                        Card::MeetingTime(retro.id),
                        Card::MeetingTimeDm { retro: retro.id, user: retro.facilitator.clone() },
                    ],
                    ..Decision::default()
                },
                Step::Stage => self.meeting_tick(&mut tx, &due.team, retro).await?,
                Step::Invite => self.meeting_invites(&mut tx, &due.team, retro).await?,
                Step::Close | Step::Grace => Decision::default(),
            };
            self.save(&mut tx, &due.team, decision).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Whose Home tab these changes show on, of those who ever opened it.
    async fn homes(&self, tx: &mut Tx, team: &TeamId, changes: &[Change]) -> sqlx::Result<BTreeSet<UserId>> {
        let mut homes = BTreeSet::new();
        for change in changes {
            match change {
                Change::Open { retro, participants } | Change::Begin { retro, participants } => {
                    homes.extend(store::directory::homes_in(tx, team, &retro.channel).await?);
                    homes.extend(participants.iter().cloned());
                }
                Change::Update(retro) => homes.extend(store::directory::homes_in(tx, team, &retro.channel).await?),
                Change::CloseSurvey { retro, .. } => {
                    let people = retros::participants(tx, *retro).await?;
                    homes.extend(people.into_iter().map(|p| p.user));
                }
                Change::Answered { user, .. } => {
                    homes.insert(user.clone());
                }
                Change::AddItem(item) | Change::UpdateItem(item) => {
                    homes.insert(item.owner.clone());
                }
                _ => {}
            }
        }
        let mut opened = BTreeSet::new();
        for user in homes {
            if store::directory::home_page(tx, team, &user).await?.is_some() {
                opened.insert(user);
            }
        }
        Ok(opened)
    }

    /// What sheets are sealed and opened with.
    pub fn vault(&self) -> Vault<'_> {
        Vault { seal: &self.seal, rng: &self.rng }
    }

    async fn nudges(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        retro: &Retro,
        people: &[Participant],
    ) -> sqlx::Result<Decision> {
        let hours = settings::of_channel(tx, team, &retro.channel).await?.hours;
        let mut zones = BTreeMap::new();
        for person in people {
            if let Some(found) = store::directory::person(tx, team, &person.user).await? {
                zones.insert(found.id, found.tz);
            }
        }
        let zone_of = |user: &UserId| zones.get(user).unwrap_or(&retro.zone).clone();
        Ok(nudge::run(retro, people, &hours, zone_of, self.clock.now()))
    }

    /// A message did not reach the channel: the facilitator hears of it, once for each.
    pub(crate) async fn channel_refused(&self, tx: &mut Tx, team: &TeamId, card: &Card) -> sqlx::Result<()> {
        let Some(retro) = retros::by_id(tx, team, outbox::retro_of(card)).await? else { return Ok(()) };
        let about = outbox::key(card);
        let card = Card::Trouble { retro: retro.id, user: retro.facilitator.clone(), about };
        if store::cards::by_key(tx, team, &outbox::key(&card)).await?.is_none() {
            outbox::want(tx, team, &card, &retro.channel, self.clock.now().timestamp_millis()).await?;
        }
        Ok(())
    }

    /// Slack refuses to deliver to this person: they leave the count.
    pub(crate) async fn person_unreachable(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        retro: RetroId,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let Some((retro, turnout)) = retros::asked(tx, team, retro, user).await? else { return Ok(()) };
        if let Some(decision) = survey::unreachable(&retro, &turnout, now) {
            self.save(tx, team, decision).await?;
        }
        Ok(())
    }
}

/// Saves a decision with its messages and deadlines: all that whoever is no running bot can do.
pub(crate) async fn keep(
    tx: &mut Tx,
    team: &TeamId,
    decision: &Decision,
    vault: &Vault<'_>,
    now_ms: i64,
) -> sqlx::Result<()> {
    let mut channels: BTreeMap<RetroId, ChannelId> = BTreeMap::new();
    for change in &decision.changes {
        if let Change::Open { retro, .. } | Change::Begin { retro, .. } | Change::Update(retro) = change {
            channels.insert(retro.id, retro.channel.clone());
        }
        store::apply(tx, team, change, vault, now_ms).await?;
    }
    for card in &decision.cards {
        let retro = outbox::retro_of(card);
        let channel = match channels.get(&retro) {
            Some(channel) => channel.clone(),
            None => {
                let Some(found) = retros::by_id(tx, team, retro).await? else { continue };
                channels.insert(retro, found.channel.clone());
                found.channel
            }
        };
        outbox::want(tx, team, card, &channel, now_ms).await?;
    }
    for word in &decision.words {
        let to = To::Dm { user: word.to.clone() };
        outbox::reply(tx, team, &format!("word/{}/{}", word.to, word.about), to, &word.reply, now_ms).await?;
    }
    for timer in &decision.timers {
        timers::set(tx, team, timer).await?;
    }
    Ok(())
}
