//! Release data from the form, and which risks of the plan came true.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::cx::Cx;
use super::outcome::{Failure, Outcome, plain};
use super::pick;
use crate::records;
use crate::seal::digest;
use crate::slack::view;
use crate::store::{Tx, figures, releases, retros, settings};
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::interaction::BlockAction;
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::Settings;
use lookback_core::retro::release::form::{self, At};
use lookback_core::retro::release::given::{self, Given, Place};
use lookback_core::retro::release::source::Said;
use lookback_core::retro::release::{Release, risks};
use lookback_core::retro::{Caller, Decision, Refusal, Reply};
use lookback_core::text::{bold, unesc};

/// `data`: opens the form where that is possible, else offers the button that does.
pub async fn command(cx: &mut Cx<'_>, channel: &ChannelId, version: Option<&str>) -> Result<Outcome, Failure> {
    let (caller, open) = cx.may_configure(channel).await?;
    let version = match version {
        Some(version) => version.to_owned(),
        None if open.is_empty() && retros::scheduled_in(cx.tx, cx.team, channel).await?.is_empty() => {
            let last = retros::last_closed(cx.tx, cx.team, channel, None).await?;
            last.ok_or(Refusal::DataOfWhich)?.version
        }
        None => pick::pick(cx, channel, None, "data").await?.version,
    };
    if cx.can_open_form() {
        return form(cx, channel, &caller, &version).await;
    }
    let reply = Reply::new(format!("The figures of {} are in a form.", bold(&version)))
        .button("Open the form", BlockAction::Data { channel: channel.clone(), version });
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// The button of the form.
pub async fn open(cx: &mut Cx<'_>, channel: &ChannelId, version: &str) -> Result<Outcome, Failure> {
    let (caller, _) = cx.may_configure(channel).await?;
    form(cx, channel, &caller, version).await
}

async fn form(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, version: &str) -> Result<Outcome, Failure> {
    let release = known_of(cx.tx, cx.team, channel, version).await?;
    let mark = digest(&release.json());
    Ok(Outcome::open(view::release::data(channel, &release, &mark, &caller.person.tz)))
}

/// What is known of a release; when it went out may have been said at the start of its retro.
async fn known_of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Release> {
    let given = releases::of(tx, team, channel, version).await?;
    let retro = retros::last_of(tx, team, channel, version).await?;
    let mut release = given.unwrap_or_else(|| Release::of(version));
    release.deployed_at = release.deployed_at.or(retro.and_then(|r| r.deployed));
    Ok(release)
}

/// The sent form. `seen` marks what was there when it opened: what somebody else gave since is not overwritten.
pub async fn sent(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: &str,
    seen: &str,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (caller, _) = cx.may_configure(channel).await?;
    let shown = known_of(cx.tx, cx.team, channel, version).await?;
    if digest(&shown.json()) != seen {
        return Err(Refusal::DataChanged(version.to_owned()).into());
    }
    let typed = |at: At| unesc(&fields.get(at.id()).cloned().unwrap_or_default());
    match form::read(&shown, typed, cx.now(), &caller.person.tz) {
        Ok(release) => {
            let around = Around::load(cx.tx, cx.team, channel, &release.version, &caller.person.tz).await?;
            Ok(Outcome::Done(given::take(&around.place(), release, true, cx.bot.clock.now()).decision))
        }
        Err(faults) => Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), plain(why))).collect())),
    }
}

/// Takes the release data of a file or of a pipeline.
pub async fn take(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    release: Release,
    now: DateTime<Utc>,
) -> sqlx::Result<Given> {
    let version = releases::spelled(tx, team, channel, &release.version).await?;
    let release = Release { version, ..release };
    let around = Around::load(tx, team, channel, &release.version, "UTC").await?;
    Ok(given::take(&around.place(), release, false, now))
}

/// What is known around release data when it is given.
pub struct Around {
    channel: ChannelId,
    pub before: Option<Release>,
    pub said: Vec<Said>,
    pub retro: Option<Retro>,
    last: Option<Retro>,
    previous: Option<String>,
    pub settings: Settings,
    pub tz: String,
}

impl Around {
    /// `version` as the channel writes it; `tz` serves where no retro has a zone.
    pub async fn load(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str, tz: &str) -> sqlx::Result<Self> {
        let retro = retros::last_of(tx, team, channel, version).await?;
        let last = retros::last_closed(tx, team, channel, None).await?;
        let tz = last.as_ref().or(retro.as_ref()).map_or(tz, |r| &r.zone).to_owned();
        Ok(Self {
            channel: channel.clone(),
            before: releases::of(tx, team, channel, version).await?,
            said: figures::of(tx, team, channel, version).await?,
            retro,
            last,
            previous: releases::before(tx, team, channel, version).await?,
            settings: settings::of_channel(tx, team, channel).await?,
            tz,
        })
    }

    /// The release as it is shown. When it went out may have been said at the start of its retro; of a planned retro a
    /// pipeline said it.
    pub fn shown(&self, version: &str) -> Release {
        let mut release = self.before.clone().unwrap_or_else(|| Release::of(version));
        let said = self.retro.as_ref().filter(|retro| retro.scheduled.is_none()).and_then(|retro| retro.deployed);
        release.deployed_at = release.deployed_at.or(said);
        release
    }

    pub fn place(&self) -> Place<'_> {
        Place {
            channel: &self.channel,
            before: self.before.as_ref(),
            said: &self.said,
            retro: self.retro.as_ref(),
            last: self.last.as_ref(),
            previous: self.previous.as_deref(),
            settings: &self.settings,
            tz: &self.tz,
        }
    }
}

/// Opens the choice of the risks that came true.
pub async fn open_risks(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    cx.leader(&retro).await?;
    let facts = records::facts(cx.tx, cx.team, &retro).await?;
    if facts.plan().risks.is_empty() {
        return Err(Refusal::NoRisks(retro.version).into());
    }
    Ok(Outcome::open(view::release::risks(&retro, &facts)))
}

/// Keeps them. `chosen` holds their marks.
pub async fn risks_chosen(cx: &mut Cx<'_>, retro: RetroId, chosen: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    cx.leader(&retro).await?;
    let facts = records::facts(cx.tx, cx.team, &retro).await?;
    let chosen: Vec<&str> = chosen.split(',').collect();
    let all = facts.plan().risks;
    let came_true = all.into_iter().filter(|r| chosen.contains(&view::release::mark_of(r).as_str())).collect();
    Ok(risks::came_true(&retro, came_true).into())
}
