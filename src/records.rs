//! Reading what a retro holds, for whatever shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::chart::SHOWN;
use crate::store::cards::Outgoing;
use crate::store::{
    Tx, cards, directory, figures, items, meetings, notes, participants, recurring as stored_themes, releases, retros,
    tickets,
};
use lookback_core::export::markdown::Document;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::item::Item;
use lookback_core::model::note::Note;
use lookback_core::model::question::standard;
use lookback_core::model::retro::Retro;
use lookback_core::retro::action::Review;
use lookback_core::retro::record::Record;
use lookback_core::retro::recurring::{self, Recurring};
use lookback_core::retro::release::trend::{Actions, Point, Trend};
use lookback_core::retro::release::{Facts, Release, measure};
use lookback_core::retro::{Card, agenda};
use lookback_core::zone::from_ms;

/// Everything about a retro.
pub async fn record(tx: &mut Tx, team: &TeamId, retro: &Retro, now: DateTime<Utc>) -> sqlx::Result<Record> {
    let notes = notes::of_retro(tx, retro.id).await?;
    Ok(Record {
        tally: participants::tally(tx, retro.id).await?,
        ratings: agenda::ratings(&retro.questions, &retros::scores(tx, retro.id).await?),
        items: items::of_retro(tx, team, retro.id).await?,
        kudos: notes::kudos_of(tx, retro.id).await?,
        before: before(tx, team, retro).await?,
        facts: facts(tx, team, retro).await?,
        recurring: again(tx, team, retro, &notes).await?,
        kept: meetings::kept(tx, retro.id).await?,
        meeting: meetings::of_retro(tx, retro.id).await?,
        voices: meetings::voices(tx, retro.id).await?,
        notes,
        trend: trend(tx, team, &retro.channel, Some(&retro.version), now).await?,
        plan: tickets::plan_request(tx, retro.id).await?,
    })
}

/// The themes that earlier retros had too, with where those stand and what was said.
async fn again(tx: &mut Tx, team: &TeamId, retro: &Retro, notes: &[Note]) -> sqlx::Result<Vec<Recurring>> {
    let earlier = stored_themes::earlier(tx, team, retro).await?;
    let mut found = recurring::find(notes, &earlier);
    let workspace = directory::workspaces(tx).await?.into_iter().find(|w| w.team_id == *team);
    for r in &mut found {
        for (id, _, link) in &mut r.seen {
            let card = cards::by_key(tx, team, &Card::Summary(*id).key()).await?;
            if let (Some(w), Some(Outgoing { ts: Some(ts), posted_in: Some(channel), .. })) = (&workspace, card) {
                *link = Some(w.link(&channel, &ts));
            }
        }
        r.said = stored_themes::last_said(tx, team, r.root, retro).await?;
    }
    Ok(found)
}

/// The releases of a channel compared: the newest, or those up to `until`.
pub async fn trend(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    until: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<Trend> {
    let today = now.date_naive().to_string();
    let rows = releases::compared(tx, team, channel, until, SHOWN, &today).await?;
    let point = |row: releases::Compared| {
        let questions = row.questions.as_deref().map(|q| serde_json::from_str(q).unwrap_or_else(|_| standard()));
        let scores: Vec<Vec<u8>> = row.scores.and_then(|s| serde_json::from_str(&s).ok()).unwrap_or_default();
        let smoothness = questions.and_then(|q| agenda::smooth(&q, &scores)).map(|s| s.average);
        let count = |n: i64| u32::try_from(n).unwrap_or(0);
        let data = row.body.as_deref().and_then(releases::read);
        let actions = Actions { done: count(row.done), due: count(row.items - row.waiting), all: count(row.items) };
        let point = Point::of(row.version, data.as_ref(), smoothness, actions);
        Point { deployed: row.deployed_ms.map(from_ms), ..point }
    };
    Ok(Trend(rows.into_iter().map(point).collect()))
}

/// The release in figures; when it went out is known from the start too.
pub async fn facts(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Facts> {
    let data = releases::of(tx, team, &retro.channel, &retro.version).await?;
    let mut data = data.unwrap_or_else(|| Release::of(&retro.version));
    data.deployed_at = data.deployed_at.or(retro.deployed);
    let previous = releases::before(tx, team, &retro.channel, &retro.version).await?;
    let came_true = releases::came_true(tx, team, &retro.channel, &retro.version).await?;
    let said = figures::of(tx, team, &retro.channel, &retro.version).await?;
    Ok(Facts { data, previous, came_true, said })
}

/// The retro before this one with its items, and whatever else was still open in the channel when this one
/// started: an item is looked at until it is closed.
pub async fn before(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Option<Review>> {
    let Some(id) = retro.previous else { return Ok(None) };
    let Some(before) = retros::by_id(tx, team, id).await? else { return Ok(None) };
    let mut found = items::of_retro(tx, team, id).await?;
    let older = items::carried_over(tx, team, retro).await?;
    found.extend(older.into_iter().filter(|i| i.retro != Some(id)));
    found.sort_by_key(|i| i.number);
    let retros = retros::until(tx, team, retro).await?;
    let moved = moved(tx, team, retro, &found).await?;
    Ok(Some(Review { version: before.version, items: found, retros, moved }))
}

/// The figures that items should move, in the release of each and in this one.
async fn moved(tx: &mut Tx, team: &TeamId, retro: &Retro, items: &[Item]) -> sqlx::Result<BTreeMap<i64, String>> {
    let mut out = BTreeMap::new();
    let Some(now) = releases::of(tx, team, &retro.channel, &retro.version).await? else { return Ok(out) };
    for item in items {
        let (Some(metric), Some(id)) = (&item.metric, item.retro) else { continue };
        let Some(of) = retros::by_id(tx, team, id).await? else { continue };
        if let Some(before) = releases::of(tx, team, &of.channel, &of.version).await?
            && let Some(words) = measure::moved(metric, &before, &now)
        {
            out.insert(item.number, words);
        }
    }
    Ok(out)
}

/// The document of a retro, as `write` writes it.
pub async fn document<R>(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    now: DateTime<Utc>,
    write: impl FnOnce(&Document<'_>) -> R,
) -> sqlx::Result<R> {
    let participants = participants::of_retro(tx, retro.id).await?;
    let record = record(tx, team, retro, now).await?;
    let mut names = BTreeMap::new();
    let mentioned: Vec<&UserId> = participants
        .iter()
        .map(|p| &p.user)
        .chain([&retro.facilitator])
        .chain(record.items.iter().map(|i| &i.owner))
        .chain(record.before.iter().flat_map(|b| b.items.iter().map(|i| &i.owner)))
        .chain(record.kudos.iter().map(|k| &k.to))
        .chain(record.notes.iter().filter_map(|n| n.author.as_ref()))
        .collect();
    for user in mentioned {
        if !names.contains_key(user)
            && let Some(person) = directory::person(tx, team, user).await?
        {
            names.insert(user.clone(), person.name);
        }
    }
    let document = Document { retro, participants: &participants, record: &record, names: &names };
    Ok(write(&document))
}
