//! One request while it is handled: what a handler is given.

use chrono::{DateTime, Utc};

use super::lookup::{Fetched, Lookup};
use super::outcome::Failure;
use super::request::{ReplyBy, Request};
use super::tickets::check::Checking;
use crate::bot::Bot;
use crate::store::directory::Workspace;
use crate::store::responses::Mine;
use crate::store::{Tx, cards, directory, retros};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::person::Person;
use lookback_core::model::retro::Retro;
use lookback_core::retro::{Card, Refusal};
use lookback_core::text::mention;

/// A request, its transaction, and what Slack was asked meanwhile.
pub struct Cx<'a> {
    pub bot: &'a Bot,
    /// The workspace that the request comes from.
    pub workspace: &'a Workspace,
    pub team: &'a TeamId,
    /// The one transaction of the request.
    pub tx: &'a mut Tx,
    pub request: &'a Request,
    /// What Slack said; `None` at the first try, when it has not been asked.
    pub fetched: Option<&'a Fetched>,
    /// What the caller wrote in the survey that they answer now, read at arrival; `app/survey.rs` takes it.
    pub mine: Option<Mine>,
    /// What trackers said about the places named in a sent form.
    pub checks: &'a [Checking],
}

impl Cx<'_> {
    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.bot.clock.now()
    }

    /// Whether a form can open right now: Slack gave a trigger, and the answer goes to where it came from.
    pub fn can_open_form(&self) -> bool {
        let direct = matches!(self.request.reply_by, ReplyBy::Ack { .. } | ReplyBy::Hook { .. });
        direct && self.request.trigger.is_some()
    }

    /// Slack must be asked first, unless it has been.
    pub fn must_ask(&self, lookup: Lookup) -> Result<(), Failure> {
        if self.fetched.is_none() { Err(Failure::Needs(lookup)) } else { Ok(()) }
    }

    /// A retro by its id, as buttons name it.
    pub async fn retro(&mut self, id: RetroId) -> Result<Retro, Failure> {
        Ok(retros::by_id(self.tx, self.team, id).await?.ok_or(Refusal::OldButton)?)
    }

    /// A person by id; Slack is asked once where they are not known.
    pub async fn person(&mut self, user: &UserId) -> Result<Person, Failure> {
        if let Some(person) = directory::person(self.tx, self.team, user).await? {
            return Ok(person);
        }
        self.must_ask(Lookup::person(user))?;
        Err(Refusal::UnknownPerson(mention(user)).into())
    }

    /// A person, and whether they are in the channel; Slack is asked once where that is not known.
    pub async fn person_in(&mut self, channel: &ChannelId, user: &UserId) -> Result<(Person, bool), Failure> {
        let person = self.person(user).await?;
        let here = directory::is_member(self.tx, self.team, channel, &person.id).await?;
        if !here {
            self.must_ask(Lookup::channel(channel))?;
        }
        Ok((person, here))
    }

    /// The names of the people of a channel.
    pub async fn names_in(&mut self, channel: &ChannelId) -> sqlx::Result<Vec<String>> {
        Ok(directory::names_in(self.tx, self.team, channel).await?.into_values().collect())
    }

    /// The link to a card's message, once it is posted.
    pub async fn link_to(&mut self, card: &Card) -> sqlx::Result<Option<String>> {
        let found = cards::by_key(self.tx, self.team, &card.key()).await?;
        Ok(found.and_then(|c| Some(self.workspace.link(&c.posted_in?, &c.ts?))))
    }

    /// What Slack put in brackets as a person would read it: `<@U1>` → `@maria`, `<#C1|ops>` → `#ops`,
    /// `<https://…|label>` → the label and the address.
    pub async fn with_names(&mut self, text: &str) -> sqlx::Result<String> {
        with_names(self.tx, self.team, text).await
    }
}

/// As [`Cx::with_names`].
pub async fn with_names(tx: &mut Tx, team: &TeamId, text: &str) -> sqlx::Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((inside, after)) = after.split_once('>').filter(|(inside, _)| !inside.contains('<')) else {
            out.push('<');
            rest = after;
            continue;
        };
        let shown = token(tx, team, inside).await?;
        out.push_str(&shown.unwrap_or_else(|| format!("<{inside}>")));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What Slack shows for what it has in brackets; `None` for what is none of its codes.
/// <https://docs.slack.dev/messaging/formatting-message-text>
async fn token(tx: &mut Tx, team: &TeamId, inside: &str) -> sqlx::Result<Option<String>> {
    let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
    let or = |label: &str, other: &str| if label.is_empty() { other.to_owned() } else { label.to_owned() };
    if let Some(user) = target.strip_prefix('@') {
        let known = directory::person(tx, team, &UserId(user.to_owned())).await?;
        return Ok(Some(format!("@{}", known.map_or_else(|| or(label, "somebody"), |p| p.name))));
    }
    if let Some(channel) = target.strip_prefix('#') {
        let known = if label.is_empty() {
            directory::channel(tx, team, &ChannelId(channel.to_owned())).await?.map(|c| c.name)
        } else {
            None
        };
        return Ok(Some(format!("#{}", known.unwrap_or_else(|| or(label, "channel")))));
    }
    if let Some(special) = target.strip_prefix('!') {
        let name = special.split('^').next().unwrap_or_default();
        let name = if name == "subteam" { "group" } else { name };
        return Ok(Some(or(label, &format!("@{name}"))));
    }
    if let Some(plain) = target.strip_prefix("mailto:").or_else(|| target.strip_prefix("tel:")) {
        return Ok(Some(or(label, plain)));
    }
    let Some((_, address)) = target.split_once("://").filter(|(scheme, _)| !scheme.is_empty()) else { return Ok(None) };
    // Slack shows an address that somebody typed as its own label.
    let same = label.is_empty() || label == target || label.trim_end_matches('/') == address.trim_end_matches('/');
    Ok(Some(if same { target.to_owned() } else { format!("{label} ({target})") }))
}
