//! Release data from the form, and which risks of the plan came true.

use std::collections::BTreeMap;

use super::facts::Fetched;
use super::load::{self, done, known};
use super::{App, Failure, Outcome, ReplyBy, Request, commands};
use crate::outbox;
use crate::seal::digest;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{Tx, releases, retros, settings};
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::interaction::BlockAction;
use lookback_core::retro::release::form::{self, At};
use lookback_core::retro::release::given::{self, Given};
use lookback_core::retro::release::{Release, given::Place};
use lookback_core::retro::{Caller, Card, Change, Decision, Refusal, Reply, bold};

/// `data`: opens the form where that is possible, else offers the button that does.
pub async fn command(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    commands::may_configure(tx, request, channel, caller).await?;
    let version = match version {
        Some(version) => version.to_owned(),
        None => match retros::open_in(tx, &request.team, channel).await?.as_slice() {
            [] if !retros::scheduled_in(tx, &request.team, channel).await?.is_empty() => {
                load::pick(tx, request, channel, None, "data").await?.version
            }
            [] => {
                let last = retros::last_closed(tx, &request.team, channel, None).await?;
                last.ok_or(Refusal::DataOfWhich)?.version
            }
            _ => load::pick(tx, request, channel, None, "data").await?.version,
        },
    };
    let direct = matches!(request.answer, ReplyBy::Ack { .. } | ReplyBy::Hook { .. });
    if direct && request.trigger.is_some() {
        return open(tx, request, channel, caller, &version).await;
    }
    let reply = Reply::new(format!("The figures of {} are in a form.", bold(&version)))
        .button("Open the form", BlockAction::Data { channel: channel.clone(), version });
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// The button of the form.
pub async fn press(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    version: &str,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    commands::may_configure(tx, request, channel, &caller).await?;
    open(tx, request, channel, &caller, version).await
}

async fn open(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &Caller,
    version: &str,
) -> Result<Outcome, Failure> {
    let release = known_of(tx, &request.team, channel, version).await?;
    let tz = &caller.person.tz;
    Ok(Outcome::Open(Box::new(view::release::data(channel, &release, &digest(&release.json()), tz))))
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
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, version, seen): (&ChannelId, &str, &str),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::member(tx, request, channel, fetched).await?);
    commands::may_configure(tx, request, channel, &caller).await?;
    let shown = known_of(tx, &request.team, channel, version).await?;
    if digest(&shown.json()) != seen {
        return Err(Refusal::DataChanged(version.to_owned()).into());
    }
    let typed = |at: At| lookback_core::text::unesc(&fields.get(at.id()).cloned().unwrap_or_default());
    match form::read(&shown, typed, app.clock.now(), &caller.person.tz) {
        Ok(release) => {
            let given = take(tx, &request.team, channel, release, app.clock.now(), &caller.person.tz).await?;
            Ok(Outcome::Done(given.decision))
        }
        Err(faults) => {
            Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), super::forms::plain(why))).collect()))
        }
    }
}

/// Takes release data, from wherever it comes.
pub async fn take(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    release: Release,
    now: chrono::DateTime<chrono::Utc>,
    tz: &str,
) -> sqlx::Result<Given> {
    let before = releases::of(tx, team, channel, &release.version).await?;
    let retro = retros::last_of(tx, team, channel, &release.version).await?;
    let last = retros::last_closed(tx, team, channel, None).await?;
    let previous = releases::before(tx, team, channel, &release.version).await?;
    let settings = settings::of_channel(tx, team, channel).await?;
    let tz = last.as_ref().or(retro.as_ref()).map_or(tz, |r| &r.zone).to_owned();
    let place = Place {
        channel,
        before: before.as_ref(),
        retro: retro.as_ref(),
        last: last.as_ref(),
        previous: previous.as_deref(),
        settings: &settings,
        tz: &tz,
    };
    Ok(given::take(&place, release, now))
}

/// Opens the choice of the risks that came true.
pub async fn risks(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    caller.must_lead(&retro)?;
    let facts = outbox::facts(tx, &request.team, &retro).await?;
    if facts.plan().risks.is_empty() {
        return Err(Refusal::NoRisks(retro.version).into());
    }
    Ok(Outcome::Open(Box::new(view::release::risks(&retro, &facts))))
}

/// Keeps them.
pub async fn risks_chosen(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    caller.must_lead(&retro)?;
    let facts = outbox::facts(tx, &request.team, &retro).await?;
    let all = facts.plan().risks;
    let chosen = fields.get(field::TEXT).map(String::as_str).unwrap_or_default();
    let chosen: Vec<&str> = chosen.split(',').collect();
    let risks: Vec<String> = all.into_iter().filter(|r| chosen.contains(&view::release::mark_of(r).as_str())).collect();
    let said = match risks.len() {
        0 => "Saved: none of the plan's risks came true.".to_owned(),
        n => format!("Saved: {} came true.", lookback_core::text::count(n, "risk of the plan", "risks of the plan")),
    };
    done(Ok(Decision {
        changes: vec![Change::CameTrue { channel: retro.channel.clone(), version: retro.version.clone(), risks }],
        cards: vec![Card::Agenda(retro.id)],
        reply: Some(Reply::new(said)),
        ..Decision::default()
    }))
}
