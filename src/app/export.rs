//! `export`: a file for the caller, by DM.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::request::ReplyBy;
use crate::records;
use crate::store::{Tx, cards, directory, items, retention, retros};
use lookback_core::command::Format;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Refusal, Reply};
use lookback_core::text::{bold, count};

/// A file that was made.
#[derive(Debug)]
pub struct Made {
    pub name: String,
    pub text: String,
    /// What it is, as mrkdwn.
    pub what: String,
}

/// Makes a file: the document of a retro (`md`; `json` where a version is named), or action items, of a version or
/// of the whole channel.
pub async fn make(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    retro: Option<Retro>,
    format: Format,
    now: DateTime<Utc>,
) -> Result<Made, Failure> {
    let retro = match (retro, format) {
        (None, Format::Md) => {
            let last = retros::last_closed(tx, team, channel, None).await?;
            let open = retros::open_in(tx, team, channel).await?;
            Some(last.or(open.into_iter().next()).ok_or(Refusal::NoDocument)?)
        }
        (retro, _) => retro,
    };
    if let Some(retro) = retro.as_ref().filter(|_| format != Format::Csv) {
        if matches!(retro.phase, Phase::Scheduled | Phase::Collecting | Phase::Cancelled) {
            return Err(Refusal::NothingToExport(retro.version.clone()).into());
        }
        if retention::is_forgotten(tx, team, retro.id).await? {
            return Err(Refusal::Forgotten(retro.version.clone()).into());
        }
        let (name, text) = records::document(tx, team, retro, now, |d| match format {
            Format::Json => (d.file_name("json"), lookback_core::export::json::retro(d)),
            Format::Md | Format::Csv => (d.file_name("md"), d.render()),
        })
        .await?;
        return Ok(Made { name, text, what: format!("the document of {}", bold(&retro.version)) });
    }
    let found = match &retro {
        Some(retro) => items::of_retro(tx, team, retro.id).await?,
        None => items::in_channel(tx, team, channel, false).await?,
    };
    let mut names: BTreeMap<UserId, String> = BTreeMap::new();
    for item in &found {
        if !names.contains_key(&item.owner)
            && let Some(person) = directory::person(tx, team, &item.owner).await?
        {
            names.insert(person.id, person.name);
        }
    }
    let text = if format == Format::Json {
        lookback_core::export::items::json(&found, &names)
    } else {
        lookback_core::export::items::csv(&found, &names).map_err(|e| sqlx::Error::Protocol(e.to_string()))?
    };
    let of = retro.as_ref().map_or_else(|| format!("<#{channel}>"), |r| bold(&r.version));
    let what = format!("{} of {of}", count(found.len(), "action item", "action items"));
    Ok(Made { name: format!("action-items.{}", format.word()), text, what })
}

/// Makes the file and sends it.
pub async fn export(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: Option<&str>,
    format: Format,
) -> Result<Outcome, Failure> {
    let (team, now) = (cx.team, cx.now());
    let retro = match version {
        Some(version) => {
            let found = retros::last_of(cx.tx, team, channel, version).await?;
            Some(found.ok_or(Refusal::NoSuchVersion {
                version: bold(version),
                open: " `/retro history` lists all.".to_owned(),
            })?)
        }
        None => None,
    };
    let made = make(cx.tx, team, channel, retro, format, now).await?;
    deliver(cx, &made).await
}

/// Sends a file to whoever asked for it, by DM.
pub async fn deliver(cx: &mut Cx<'_>, made: &Made) -> Result<Outcome, Failure> {
    let Made { name, text, what } = made;
    let (user, key, now_ms) = (&cx.request.user, &cx.request.key, cx.bot.now_ms());
    let here = Reply::new(format!("Here's your file: {what}."));
    let here = Wanted::reply(&format!("export/{key}"), Recipient::Dm { user: user.clone() }, &here);
    cards::want(cx.tx, cx.team, &here, now_ms).await?;
    cards::want(cx.tx, cx.team, &Wanted::file(key, user, name, text), now_ms).await?;
    if cx.request.reply_by == ReplyBy::Dm {
        return Ok(Outcome::nothing());
    }
    Ok(Outcome::say(format!("I sent you {what} by DM.")))
}
