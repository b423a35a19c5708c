//! From a row to what is sent, read from the state at that moment.
//!
//! Rule: rendering reads. What follows from it is returned as a decision, and saved by the caller.

use chrono::{Duration, NaiveDate};

use super::meeting;
use super::rendering::{Payload, Rendered, Rendering};
use crate::bot::Bot;
use crate::records;
use crate::slack::view::assignment::Given;
use crate::slack::view::{self, Message};
use crate::store::cards::Outgoing;
use crate::store::{
    Tx, assignments, canvases, cards, directory, items, notes, participants, recurring, reminders, responses,
    retention, retros, settings, undelivered,
};
use lookback_core::ids::{ChannelId, NoteId, UserId};
use lookback_core::model::item::State;
use lookback_core::model::participant::Answered;
use lookback_core::model::person::Person;
use lookback_core::model::retro::Phase;
use lookback_core::retro::message::Content;
use lookback_core::retro::{Card, Reply};
use lookback_core::zone;

/// A word that comes so long after the meeting's hour is not said.
const MEETING_WORD_LASTS: Duration = Duration::hours(1);

/// How late a weekly look is still said.
const DIGEST_LASTS: Duration = Duration::hours(24);

/// Renders `row`.
pub async fn render(bot: &Bot, tx: &mut Tx, row: &Outgoing) -> sqlx::Result<Rendered> {
    let payload = match &row.content {
        Content::Card(card) => {
            let retro = retros::by_id(tx, &row.team, card.route().retro).await?;
            let Some(retro) = retro else { return Ok(Rendered::default()) };
            // What was written in it is gone: its messages stay as they are.
            if retro.phase == Phase::Closed && retention::is_forgotten(tx, &row.team, retro.id).await? {
                return Ok(Rendered::default());
            }
            let now = bot.clock.now();
            return Rendering { bot, tx, row, retro: &retro, posted: row.ts.is_some(), now }.card(card).await;
        }
        // One that could not leave on its day waits for the next week.
        Content::Reply(_) if is_digest(row) && bot.now_ms() - row.made_ms > DIGEST_LASTS.num_milliseconds() => None,
        Content::Reply(_) => {
            let reply = row.body.as_deref().and_then(|b| serde_json::from_str::<Reply>(b).ok());
            reply.map(|r| Payload::Message(view::reply::reply(&r)))
        }
        Content::Home(user) => Some(home(bot, tx, row, user).await?),
        Content::File { user, name } => match row.body.clone() {
            Some(text) => {
                // The words before it told Slack's name of the DM.
                let to = directory::dm_channel(tx, &row.team, user).await?;
                Some(Payload::File { name: name.clone(), bytes: text.into_bytes(), alt: String::new(), to })
            }
            None => None,
        },
        Content::Chart { user, channel } => chart(bot, tx, row, user, channel).await?,
        Content::Assignment { owner, message } => assignment(tx, row, owner, message).await?.map(Payload::Message),
        Content::Reminder { owner, day } => reminder(bot, tx, row, owner, *day).await?.map(Payload::Message),
    };
    Ok(Rendered::only(payload))
}

/// The weekly look at what is long overdue, for a channel or its facilitator.
fn is_digest(row: &Outgoing) -> bool {
    ["reply/digest/", "reply/late/"].iter().any(|start| row.key.starts_with(start))
}

impl Rendering<'_> {
    async fn card(mut self, card: &Card) -> sqlx::Result<Rendered> {
        let message = match card {
            Card::Notice { begins, .. } => self.notice(*begins),
            Card::Kickoff(_) => Some(self.kickoff().await?),
            Card::Survey { user, copy, nudge, .. } => self.survey(user, *copy, *nudge).await?,
            Card::Share { user, .. } => self.share(user).await?,
            Card::Agenda(_) => self.agenda().await?,
            Card::Facts(_) => self.facts().await?,
            Card::MeetingTime(_) | Card::MeetingTimeDm { .. } => self.meeting_time(),
            Card::Begun(_) => meeting::begun(&mut self).await?,
            Card::Health { .. } => meeting::health(&mut self).await?,
            Card::Summary(_) => Some(self.summary().await?),
            Card::Preview { .. } => self.preview().await?,
            Card::Short { .. } => Some(self.short().await?),
            Card::Escalation { root, user, .. } => self.escalation(*root, user).await?,
            Card::Trouble { about, .. } => self.trouble(about).await?,
            Card::Document(_) => return Ok(Rendered::only(Some(self.document().await?))),
            Card::Canvas(_) => return Ok(Rendered::only(self.canvas().await?)),
            Card::Stage { stage, page, .. } => return meeting::stage(&mut self, *stage, *page).await,
            Card::Warning { stage, given, .. } => {
                return Ok(Rendered::only(meeting::warning(&mut self, *stage, *given).await?));
            }
            Card::Kudos { id, .. } => return Ok(Rendered::only(meeting::kudos(&mut self, *id).await?)),
            Card::Invite { stage, user, .. } => return meeting::invite(&mut self, *stage, user).await,
        };
        Ok(Rendered::only(message.map(Payload::Message)))
    }

    fn notice(&self, begins: i64) -> Option<Message> {
        let current = self.retro.scheduled.as_ref().is_some_and(|s| s.begins.timestamp() == begins);
        // A notice is sent only while it is current. One that was sent before is corrected.
        let due = self.retro.phase == Phase::Scheduled && current;
        (self.posted || due).then(|| view::kickoff::notice(self.retro, current))
    }

    async fn kickoff(&mut self) -> sqlx::Result<Message> {
        let (done, all) = participants::tally(self.tx, self.retro.id).await?;
        let before = records::before(self.tx, &self.row.team, self.retro).await?;
        let (retro, before, now) = (self.retro, before.as_ref(), self.now);
        Ok(view::kickoff::kickoff(&view::kickoff::Kickoff { retro, done, all, before, now }))
    }

    async fn survey(&mut self, user: &UserId, copy: u32, nudge: bool) -> sqlx::Result<Option<Message>> {
        let Some(me) = participants::one(self.tx, self.retro.id, user).await? else { return Ok(None) };
        // A survey that nobody needs any more is not begun, nor is a reminder to who has just answered.
        let answered = me.answer != Answered::Waiting;
        let needless = self.retro.phase != Phase::Collecting || answered && (copy == 0 || nudge);
        if !self.posted && needless {
            return Ok(None);
        }
        let tz = self.zone_of(user).await?;
        Ok(Some(view::survey::dm(self.retro, &me, copy, self.retro.channel.as_str(), &tz)))
    }

    async fn share(&mut self, user: &UserId) -> sqlx::Result<Option<Message>> {
        let waits = !responses::of_person(self.tx, self.retro.id, user, &self.bot.vault()).await?.is_blank();
        let tz = self.zone_of(user).await?;
        Ok((waits || self.posted).then(|| view::survey::share(self.retro, waits, &tz)))
    }

    async fn agenda(&mut self) -> sqlx::Result<Option<Message>> {
        if !self.posted && matches!(self.retro.phase, Phase::Collecting | Phase::Cancelled) {
            return Ok(None);
        }
        let record = self.record().await?;
        let agenda = view::agenda::Agenda { retro: self.retro, record: &record, now: self.now };
        Ok(Some(view::agenda::agenda(&agenda)))
    }

    async fn facts(&mut self) -> sqlx::Result<Option<Message>> {
        if !(self.posted || self.retro.phase.has_agenda() || self.retro.phase == Phase::Closed) {
            return Ok(None);
        }
        let none = self.posted.then(|| view::release::no_figures(self.retro));
        // What was said in a retro that was called off is kept out of sight.
        if self.retro.phase == Phase::Cancelled {
            return Ok(none);
        }
        let record = self.record().await?;
        Ok(view::release::figures(self.retro, &record).or(none))
    }

    fn meeting_time(&self) -> Option<Message> {
        let late = self.retro.meeting.is_none_or(|at| self.now > at + MEETING_WORD_LASTS);
        (!late && self.retro.phase.is_open()).then(|| view::kickoff::meeting_time(self.retro))
    }

    async fn summary(&mut self) -> sqlx::Result<Message> {
        let record = self.record().await?;
        Ok(view::summary::summary(&view::summary::Summary { retro: self.retro, record: &record }))
    }

    async fn preview(&mut self) -> sqlx::Result<Option<Message>> {
        let settings = settings::of_channel(self.tx, &self.row.team, &self.retro.channel).await?;
        let mut channels = settings.stakeholders;
        channels.retain(|c| *c != self.retro.channel);
        if channels.is_empty() || !self.posted && self.retro.shared.is_some() {
            return Ok(None);
        }
        let record = self.record().await?;
        let summary = view::summary::Summary { retro: self.retro, record: &record };
        Ok(Some(view::summary::preview(&summary, &channels)))
    }

    async fn short(&mut self) -> sqlx::Result<Message> {
        let record = self.record().await?;
        let link = self.link_to(&Card::Summary(self.retro.id)).await?;
        let summary = view::summary::Summary { retro: self.retro, record: &record };
        Ok(view::summary::short(&summary, link.as_deref()))
    }

    async fn escalation(&mut self, root: NoteId, user: &UserId) -> sqlx::Result<Option<Message>> {
        let (team, retro) = (&self.row.team, self.retro);
        let Some(e) = recurring::escalation(self.tx, team, root, retro.id).await? else { return Ok(None) };
        let note = notes::by_id(self.tx, team, root).await?.filter(|n| !n.hidden);
        let Some(note) = note else { return Ok(None) };
        if e.user != *user {
            return Ok(self.posted.then(|| view::recurring::handed(retro, &e, &note.text)));
        }
        let mut versions = recurring::versions(self.tx, team, root, retro).await?;
        versions.retain(|v| *v != retro.version);
        Ok(Some(view::recurring::escalation(retro, &e, &note.text, &versions.join(", "))))
    }

    async fn trouble(&mut self, about: &str) -> sqlx::Result<Option<Message>> {
        let waits = undelivered::trouble(self.tx, &self.row.team, about).await?;
        // A message for a stakeholders' channel names it in its key.
        let channel = about.strip_prefix("short/").and_then(|rest| rest.split_once('/')).map(|(_, c)| c);
        let channel = channel.unwrap_or(self.retro.channel.as_str());
        Ok(waits.map(|waits| view::kickoff::trouble(self.retro, channel, waits)))
    }

    /// The document as a part of the channel's canvas, where that is granted.
    async fn canvas(&mut self) -> sqlx::Result<Option<Payload>> {
        let (team, retro) = (&self.row.team, self.retro);
        if !self.bot.may(team, "canvases:write") {
            return Ok(None);
        }
        let markdown = records::document(self.tx, team, retro, self.now, |d| d.render()).await?;
        let known = canvases::of(self.tx, team, &retro.channel).await?;
        let fits = markdown.len() <= CANVAS;
        Ok(fits.then(|| Payload::Canvas { channel: retro.channel.clone(), markdown, known }))
    }

    async fn document(&mut self) -> sqlx::Result<Payload> {
        let (team, retro) = (&self.row.team, self.retro);
        let (name, text) =
            records::document(self.tx, team, retro, self.now, |d| (d.file_name("md"), d.render())).await?;
        Ok(Payload::File { name, bytes: text.into_bytes(), alt: String::new(), to: Some(retro.channel.clone()) })
    }
}

/// Bytes of Markdown: Slack takes a mebibyte.
/// <https://docs.slack.dev/reference/methods/conversations.canvases.create>
const CANVAS: usize = 1_000_000;

/// A picture of the trend; without the right to send files there is nothing to send.
async fn chart(
    bot: &Bot,
    tx: &mut Tx,
    row: &Outgoing,
    user: &UserId,
    channel: &ChannelId,
) -> sqlx::Result<Option<Payload>> {
    let to = directory::dm_channel(tx, &row.team, user).await?;
    if !bot.may(&row.team, "files:write") || to.is_none() {
        return Ok(None);
    }
    let trend = records::trend(tx, &row.team, channel, None, bot.clock.now()).await?;
    Ok((!trend.lines().is_empty()).then_some(Payload::Chart { trend, to }))
}

async fn home(bot: &Bot, tx: &mut Tx, row: &Outgoing, user: &UserId) -> sqlx::Result<Payload> {
    let team = &row.team;
    // Somebody new may not have been read from Slack yet.
    let unknown = || Person {
        id: user.clone(),
        name: String::new(),
        tz: "UTC".to_owned(),
        bot: false,
        deleted: false,
        external: false,
        admin: false,
    };
    let person = directory::person(tx, team, user).await?.unwrap_or_else(unknown);
    let (page, done) = directory::home_page(tx, team, user).await?.unwrap_or_default();
    let mut surveys = Vec::new();
    for retro in retros::surveys_of(tx, team, user).await? {
        if let Some(me) = participants::one(tx, retro.id, user).await? {
            surveys.push((retro, me.answer));
        }
    }
    let open = retros::open_for(tx, team, user).await?;
    let items = items::of_owner(tx, team, user, done).await?;
    let now = bot.clock.now();
    let is_new = items.is_empty() && !items::has_had(tx, team, user).await?;
    let (person, surveys, items, open) = (&person, &surveys[..], &items[..], &open[..]);
    let home = view::home::Home { person, is_new, surveys, items, open, page, done, now };
    Ok(Payload::Home(Box::new(view::home::home(&home))))
}

/// A reminder that is late for its day is not begun, nor one of which everything was done meanwhile.
async fn reminder(
    bot: &Bot,
    tx: &mut Tx,
    row: &Outgoing,
    owner: &UserId,
    day: NaiveDate,
) -> sqlx::Result<Option<Message>> {
    let Some(person) = directory::person(tx, &row.team, owner).await? else { return Ok(None) };
    let today = zone::local(bot.clock.now(), &person.tz).date();
    let mut items = reminders::items_of(tx, &row.team, owner, day).await?;
    if row.ts.is_none() {
        items.retain(|i| i.state == State::Open && i.owner == *owner && i.snoozed.is_none_or(|until| until <= today));
        if today != day || items.is_empty() || !person.reachable() {
            return Ok(None);
        }
    }
    if row.ts.is_some() && reminders::has_followed(tx, &row.team, owner, day).await? {
        return Ok(Some(view::reminder::earlier(owner, &items)));
    }
    Ok(Some(view::reminder::reminder(owner, &items, today)))
}

/// What an owner was given; what is theirs no more is not begun with.
async fn assignment(tx: &mut Tx, row: &Outgoing, owner: &UserId, message: &str) -> sqlx::Result<Option<Message>> {
    let mut given = assignments::of_message(tx, &row.team, owner, message).await?;
    if row.ts.is_none() {
        given.retain(|g| g.item.state == State::Open && g.item.owner == *owner);
        let reachable = directory::person(tx, &row.team, owner).await?.is_some_and(|p| p.reachable());
        if given.is_empty() || !reachable {
            return Ok(None);
        }
    }
    let given: Vec<Given<'_>> =
        given.iter().map(|g| Given { item: &g.item, from: &g.from, accepted: g.accepted }).collect();
    Ok(Some(view::assignment::assignment(owner, &given)))
}

/// Where a row stands: its parent's `ts`.
#[derive(Debug, PartialEq, Eq)]
pub enum Thread {
    None,
    In(String),
    /// The parent is still on its way.
    Later,
}

/// Looks up the parent of `row`.
pub async fn thread(tx: &mut Tx, row: &Outgoing) -> sqlx::Result<Thread> {
    let Content::Card(card) = &row.content else { return Ok(Thread::None) };
    let Some(parent) = card.route().under else { return Ok(Thread::None) };
    let key = parent.key();
    match cards::by_key(tx, &row.team, &key).await? {
        Some(Outgoing { ts: Some(ts), .. }) => Ok(Thread::In(ts)),
        Some(_) if !cards::will_not_come(tx, &row.team, &key).await? => Ok(Thread::Later),
        // The parent was refused, or there is none: better beside it than nowhere.
        _ => Ok(Thread::None),
    }
}
