//! A ticket with what its next step needs, and what follows from a step.

use sha2::{Digest as _, Sha256};

use crate::app::leader::leader;
use crate::app::save;
use crate::bot::Bot;
use crate::directory as slack;
use crate::store::due::{self, Subject};
use crate::store::tickets::{self, Due};
use crate::store::{Tx, cards, directory, items, retros, settings};
use crate::trackers::{Fault, Issue};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::item::{Item, State, TicketLink};
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::Tickets;
use lookback_core::model::ticket::{Draft, Filing, Seen, Ticket, Told, Tracker};
use lookback_core::retro::action::ticket::draft::{self, Around};
use lookback_core::retro::action::ticket::{pace, words};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, Reply};

/// A ticket, its item and what is around them.
pub struct About {
    pub team: TeamId,
    pub ticket: Ticket,
    pub item: Item,
    pub retro: Option<Retro>,
    pub settings: Tickets,
}

impl About {
    /// Reads them; `None` where there is no ticket, or no item.
    pub async fn load(tx: &mut Tx, due: &Due) -> sqlx::Result<Option<Self>> {
        let team = &due.team_id;
        let Some(ticket) = tickets::of_item(tx, team, &due.channel_id, due.number).await? else { return Ok(None) };
        let Some(item) = items::by_number(tx, team, &due.channel_id, due.number).await? else { return Ok(None) };
        let retro = match item.retro {
            Some(id) => retros::by_id(tx, team, id).await?,
            None => None,
        };
        let settings = settings::of_channel(tx, team, &item.channel).await?.tickets;
        Ok(Some(Self { team: team.clone(), ticket, item, retro, settings }))
    }

    pub fn tracker(&self) -> Tracker {
        self.ticket.place.tracker()
    }

    /// What the row in `due` is about.
    pub fn subject(&self) -> Subject {
        tickets::subject(&self.team, &self.ticket)
    }

    /// What the ticket says, without an assignee.
    pub async fn draft(&self, bot: &Bot, tx: &mut Tx) -> sqlx::Result<(Draft, Told)> {
        let owner = directory::person(tx, &self.team, &self.item.owner).await?;
        let link = self.link(bot, tx).await?;
        let around = Around {
            tracker: self.tracker(),
            owner: owner.as_ref().map_or("someone who left", |owner| &owner.name),
            version: self.retro.as_ref().map(|retro| retro.version.as_str()),
            link: &link,
            labels: &self.settings.labels,
        };
        let draft = draft::draft(&self.item, &around);
        let told = draft::told(&draft, &self.item, digest);
        Ok((draft, told))
    }

    /// The retro's first message, else the channel.
    async fn link(&self, bot: &Bot, tx: &mut Tx) -> sqlx::Result<String> {
        let Some(workspace) = bot.workspace(&self.team) else { return Ok(String::new()) };
        if let Some(retro) = &self.retro {
            let kickoff = cards::by_key(tx, &self.team, &Card::Kickoff(retro.id).key()).await?;
            if let Some((channel, ts)) = kickoff.and_then(|card| card.posted_in.zip(card.ts)) {
                return Ok(workspace.link(&channel, &ts));
            }
        }
        Ok(workspace.channel_link(&self.item.channel))
    }

    /// The owner's account in the tracker: by the channel's table, else by their e-mail. Only an account that can be given
    /// a ticket there.
    pub async fn account(&self, bot: &Bot) -> Result<Option<String>, Fault> {
        // Without an answer of Slack the ticket names the owner in words.
        let email = slack::email(bot, &self.team, &self.item.owner).await.ok().flatten();
        let Some(email) = email else { return Ok(None) };
        let place = &self.ticket.place;
        if let Some(account) = self.settings.account(&email) {
            return Ok(bot.trackers.can_own(place, account).await?.then(|| account.to_owned()));
        }
        bot.trackers.person(place, &email).await
    }

    /// Saves the ticket, and when to look at it again: now where the item has changed since, for a sweep, or not at all.
    pub async fn keep(&self, tx: &mut Tx, again_ms: Option<i64>) -> sqlx::Result<()> {
        tickets::save(tx, &self.team, &self.ticket).await?;
        let sweep = pace::sweep_at(&self.ticket).map(|at| at.timestamp_millis());
        match again_ms.or(sweep) {
            Some(ms) => due::set(tx, &self.subject(), ms).await,
            None => due::clear(tx, &self.subject()).await.map(|_| ()),
        }
    }

    /// As [`About::keep`], for what was due at `seen_ms`: a webhook or a change that came meanwhile is looked at next.
    pub async fn settle(&self, tx: &mut Tx, seen_ms: i64, again_ms: Option<i64>) -> sqlx::Result<()> {
        tickets::save(tx, &self.team, &self.ticket).await?;
        let sweep = pace::sweep_at(&self.ticket).map(|at| at.timestamp_millis());
        due::done(tx, &self.subject(), seen_ms, again_ms.or(sweep)).await
    }

    /// The ticket is this one: it is kept, and shown beside the item.
    pub async fn is(&mut self, bot: &Bot, tx: &mut Tx, issue: &Issue) -> sqlx::Result<()> {
        self.ticket.remote = Some(issue.id.clone());
        self.shows(bot, tx, Some(&issue.seen)).await
    }

    /// Shows the ticket's key beside the item, wherever the item stands; `None`: it is gone.
    pub async fn shows(&mut self, bot: &Bot, tx: &mut Tx, seen: Option<&Seen>) -> sqlx::Result<()> {
        let before = self.item.ticket.take();
        self.item.ticket = match seen {
            Some(seen) => Some(TicketLink { key: seen.key.clone(), url: seen.url.clone(), is_gone: false }),
            None => before.clone().map(|link| TicketLink { is_gone: true, ..link }),
        };
        if self.item.ticket == before {
            return Ok(());
        }
        let Item { channel, number, .. } = &self.item;
        items::show_ticket(tx, &self.team, channel, *number, self.item.ticket.as_ref()).await?;
        save::show_item(tx, &self.team, &self.item, bot.now_ms()).await?;
        self.show_summary(bot, tx).await
    }

    /// The summary is shown anew once all tickets of its retro are there.
    pub async fn show_summary(&self, bot: &Bot, tx: &mut Tx) -> sqlx::Result<()> {
        let Some(retro) = self.retro.as_ref().filter(|retro| !retro.phase.is_open()) else { return Ok(()) };
        if tickets::any_waiting_of(tx, &self.team, retro.id).await? {
            return Ok(());
        }
        let summary = Card::Summary(retro.id);
        if cards::by_key(tx, &self.team, &summary.key()).await?.is_some() {
            cards::want(tx, &self.team, &Wanted::card(&summary, &retro.channel), bot.now_ms()).await?;
        }
        Ok(())
    }

    /// Who hears of it: the facilitator of the item's retro, else of the channel.
    pub async fn facilitator(&self, tx: &mut Tx) -> sqlx::Result<Option<UserId>> {
        if let Some(retro) = &self.retro {
            let person = directory::person(tx, &self.team, &retro.facilitator).await?;
            let here = directory::is_member(tx, &self.team, &retro.channel, &retro.facilitator).await?;
            if let Some(person) = person.filter(|person| here && person.reachable()) {
                return Ok(Some(person.id));
            }
        }
        Ok(leader(tx, &self.team, &self.item.channel, None).await?.map(|lead| lead.id))
    }

    /// A word to the facilitator, once for each `about`.
    pub async fn tell(&self, bot: &Bot, tx: &mut Tx, about: &str, reply: &Reply) -> sqlx::Result<()> {
        if let Some(user) = self.facilitator(tx).await? {
            let key = format!("ticket/{}/{}/{about}", self.item.channel, self.item.number);
            cards::want(tx, &self.team, &Wanted::reply(&key, Recipient::Dm { user }, reply), bot.now_ms()).await?;
        }
        Ok(())
    }

    pub fn is_open(&self) -> bool {
        self.item.state == State::Open
    }
}

/// It was deleted there, or is hidden.
pub async fn gone(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let Some(mut about) = About::load(&mut tx, due).await? else { return Ok(()) };
    about.ticket.filing = Filing::Gone;
    let told = words::gone(about.tracker(), &about.item);
    if about.is_open() {
        about.tell(bot, &mut tx, &format!("gone/{}", about.ticket.marker), &told).await?;
    }
    about.shows(bot, &mut tx, None).await?;
    about.keep(&mut tx, None).await?;
    due::clear(&mut tx, &about.subject()).await?;
    tx.commit().await
}

/// A digest of what was written: whether it changed can be told, and what it was cannot be read.
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hex::encode(hash.get(..8).unwrap_or_default())
}
