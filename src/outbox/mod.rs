//! Messages on their way out: claimed, rendered from the state, sent, marked.
//!
//! Rule: a row says `sending` before the call, so a crash leaves a trace; what may or may not have
//! arrived is looked for, never simply sent again; nothing holds a transaction over the network.

pub mod dispatcher;
mod doubt;
pub mod pace;
mod record;
mod render;
mod retry;
mod send;
mod stage;

pub use record::{facts, record, trend};
pub use render::document;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::store::cards::Wanted;
use crate::store::{Tx, cards};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::retro::{Card, Reply};

/// What a row sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A message that is kept and edited.
    #[serde(rename = "card")]
    Card(Card),
    /// Words for one person, once.
    #[serde(rename = "reply")]
    Reply(To),
    /// The Home tab of a person.
    #[serde(rename = "home")]
    Home(UserId),
    /// What an owner is reminded of on a day.
    #[serde(rename = "nag")]
    Nag {
        /// Whose.
        owner: UserId,
        /// The civil day in their zone.
        day: NaiveDate,
    },
    /// The trend of a channel as a picture, for one person.
    #[serde(rename = "chart")]
    Chart {
        /// Whose.
        user: UserId,
        /// Of which channel.
        channel: ChannelId,
    },
    /// A file for one person; its text is the row's body.
    #[serde(rename = "file")]
    File {
        /// Whose.
        user: UserId,
        /// What it is called.
        name: String,
    },
}

/// Where a reply goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum To {
    /// To whoever ran a command or pressed a button, by DM where that address is no longer good; `replace`
    /// takes the place of the pressed message.
    #[serde(rename = "hook")]
    Hook { url: String, replace: bool, user: UserId },
    /// Seen by one person in a channel.
    #[serde(rename = "ephemeral")]
    Ephemeral { channel: ChannelId, user: UserId, thread: Option<String> },
    #[serde(rename = "dm")]
    Dm { user: UserId },
    /// To a channel, for everybody.
    #[serde(rename = "channel")]
    Channel { channel: ChannelId },
}

impl What {
    /// Replies to people leave first, the channel's messages next, DMs after them.
    pub fn priority(&self) -> u8 {
        match self {
            Self::Reply(_) => 0,
            Self::Card(Card::Survey { .. } | Card::Invite { .. }) | Self::Home(_) | Self::Nag { .. } => 2,
            Self::Card(_) | Self::File { .. } | Self::Chart { .. } => 1,
        }
    }
}

/// The key of a card: derived from what it is about, so that wanting it again finds it.
pub fn key(card: &Card) -> String {
    match card {
        Card::Kickoff(r) => format!("kickoff/{r}"),
        Card::Survey { retro, user, copy, .. } => format!("survey/{retro}/{user}/{copy}"),
        Card::Share { retro, user } => format!("share/{retro}/{user}"),
        Card::Notice { retro, begins } => format!("notice/{retro}/{begins}"),
        Card::Agenda(r) => format!("agenda/{r}"),
        Card::Facts(r) => format!("facts/{r}"),
        Card::MeetingTime(r) => format!("meeting/{r}"),
        Card::MeetingTimeDm { retro, user } => format!("meeting/{retro}/{user}"),
        Card::Begun(r) => format!("begun/{r}"),
        Card::Stage { retro, stage, page } => format!("stage/{retro}/{stage}/{page:02}"),
        Card::Warning { retro, stage, given } => format!("warning/{retro}/{stage}/{given}"),
        // Sorts after the stage that they are read out in.
        Card::Kudos { retro, id } => format!("wins/{retro}/{id}"),
        Card::Invite { retro, stage, user } => format!("invite/{retro}/{stage}/{user}"),
        Card::Health { retro, user } => format!("health/{retro}/{user}"),
        Card::Summary(r) => format!("summary/{r}"),
        Card::Preview { retro, user } => format!("preview/{retro}/{user}"),
        Card::Short { retro, channel } => format!("short/{retro}/{channel}"),
        Card::Escalation { retro, root, user } => format!("escalation/{retro}/{root}/{user}"),
        Card::Document(r) => format!("document/{r}"),
        Card::Trouble { user, about, .. } => format!("trouble/{user}/{about}"),
    }
}

/// What kind of message a key names: all that a log may say of it.
fn kind_of(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

/// The retro that a card is about.
pub fn retro_of(card: &Card) -> lookback_core::ids::RetroId {
    match card {
        Card::Kickoff(r)
        | Card::Agenda(r)
        | Card::Facts(r)
        | Card::MeetingTime(r)
        | Card::Begun(r)
        | Card::Summary(r)
        | Card::Document(r) => *r,
        Card::Notice { retro, .. }
        | Card::Survey { retro, .. }
        | Card::Share { retro, .. }
        | Card::MeetingTimeDm { retro, .. }
        | Card::Preview { retro, .. }
        | Card::Short { retro, .. }
        | Card::Escalation { retro, .. }
        | Card::Stage { retro, .. }
        | Card::Warning { retro, .. }
        | Card::Kudos { retro, .. }
        | Card::Invite { retro, .. }
        | Card::Health { retro, .. }
        | Card::Trouble { retro, .. } => *retro,
    }
}

/// The person a card is for; `None` for the channel's.
fn person_of(card: &Card) -> Option<&UserId> {
    match card {
        Card::Survey { user, .. }
        | Card::Share { user, .. }
        | Card::MeetingTimeDm { user, .. }
        | Card::Preview { user, .. }
        | Card::Escalation { user, .. }
        | Card::Invite { user, .. }
        | Card::Health { user, .. }
        | Card::Trouble { user, .. } => Some(user),
        _ => None,
    }
}

/// The card in whose thread this one stands.
fn parent_of(card: &Card) -> Option<Card> {
    match card {
        Card::MeetingTime(r) | Card::Facts(r) => Some(Card::Agenda(*r)),
        Card::Stage { retro, .. } | Card::Warning { retro, .. } | Card::Kudos { retro, .. } => {
            Some(Card::Agenda(*retro))
        }
        Card::Document(r) => Some(Card::Summary(*r)),
        _ => None,
    }
}

/// The person to whom a row goes by DM; `None` for the channel's, and for words that are not kept.
fn recipient(o: &crate::store::cards::Outgoing) -> Option<&UserId> {
    match &o.what {
        What::Card(card) => person_of(card),
        What::Reply(To::Dm { user })
        | What::Nag { owner: user, .. }
        | What::File { user, .. }
        | What::Chart { user, .. } => Some(user),
        What::Reply(_) | What::Home(_) => None,
    }
}

/// Wants somebody's Home tab to be shown anew.
pub async fn want_home(tx: &mut Tx, team: &TeamId, user: &UserId, now_ms: i64) -> sqlx::Result<()> {
    let key = format!("home/{user}");
    let what = What::Home(user.clone());
    let wanted = Wanted { key: &key, what: &what, body: None, retro: None, lane: &key };
    cards::want(tx, team, &wanted, now_ms).await
}

/// Wants the reminder of an owner and day to be sent, or shown anew.
pub async fn want_nag(tx: &mut Tx, team: &TeamId, owner: &UserId, day: NaiveDate, now_ms: i64) -> sqlx::Result<()> {
    let key = format!("nag/{owner}/{day}");
    let what = What::Nag { owner: owner.clone(), day };
    let wanted = Wanted { key: &key, what: &what, body: None, retro: None, lane: owner.as_str() };
    cards::want(tx, team, &wanted, now_ms).await
}

/// Wants the trend of a channel to go to one person as a picture.
pub async fn chart(
    tx: &mut Tx,
    team: &TeamId,
    key: &str,
    user: &UserId,
    channel: &ChannelId,
    now_ms: i64,
) -> sqlx::Result<()> {
    let what = What::Chart { user: user.clone(), channel: channel.clone() };
    let wanted = Wanted { key: &format!("chart/{key}"), what: &what, body: None, retro: None, lane: user.as_str() };
    cards::want(tx, team, &wanted, now_ms).await
}

/// Wants a file to go to one person.
pub async fn file(
    tx: &mut Tx,
    team: &TeamId,
    key: &str,
    user: &UserId,
    (name, text): (&str, &str),
    now_ms: i64,
) -> sqlx::Result<()> {
    let what = What::File { user: user.clone(), name: name.to_owned() };
    let wanted =
        Wanted { key: &format!("file/{key}"), what: &what, body: Some(text), retro: None, lane: user.as_str() };
    cards::want(tx, team, &wanted, now_ms).await
}

/// Wants a card to be rendered and sent (again).
pub async fn want(tx: &mut Tx, team: &TeamId, card: &Card, channel: &ChannelId, now_ms: i64) -> sqlx::Result<()> {
    let lane = match card {
        Card::Short { channel, .. } => channel.as_str(),
        other => person_of(other).map_or(channel.as_str(), UserId::as_str),
    };
    let what = What::Card(card.clone());
    let wanted = Wanted { key: &key(card), what: &what, body: None, retro: Some(retro_of(card)), lane };
    cards::want(tx, team, &wanted, now_ms).await
}

/// Wants words to go to one person.
pub async fn reply(tx: &mut Tx, team: &TeamId, key: &str, to: To, reply: &Reply, now_ms: i64) -> sqlx::Result<()> {
    let lane = match &to {
        To::Hook { .. } => format!("hook/{key}"),
        To::Ephemeral { channel, user, .. } => format!("{channel}/{user}"),
        To::Dm { user } => user.0.clone(),
        To::Channel { channel } => channel.0.clone(),
    };
    let body = serde_json::to_string(reply).unwrap_or_default();
    let what = What::Reply(to);
    let wanted = Wanted { key: &format!("reply/{key}"), what: &what, body: Some(&body), retro: None, lane: &lane };
    cards::want(tx, team, &wanted, now_ms).await
}
