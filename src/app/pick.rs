//! Which retro a request means: reads the candidates for [`lookback_core::retro::which`].

use super::cx::Cx;
use super::outcome::Failure;
use super::request::ReplyBy;
use crate::store::{cards, meetings, retros};
use lookback_core::ids::ChannelId;
use lookback_core::model::retro::Retro;
use lookback_core::retro::Card;
use lookback_core::retro::which::{self, Candidates};

/// The open retros that words without a version can mean: in the thread of one only that, else all of the channel.
pub async fn open_here(cx: &mut Cx<'_>, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    let open = retros::open_in(cx.tx, cx.team, channel).await?;
    for retro in &open {
        if in_thread_of(cx, retro).await? {
            return Ok(vec![retro.clone()]);
        }
    }
    Ok(open)
}

/// Whether it was said in the thread of this retro: of its agenda, or of its kickoff.
pub async fn in_thread_of(cx: &mut Cx<'_>, retro: &Retro) -> sqlx::Result<bool> {
    let ReplyBy::Ephemeral { thread: Some(thread), .. } = &cx.request.reply_by else { return Ok(false) };
    for card in [Card::Agenda(retro.id), Card::Kickoff(retro.id)] {
        let found = cards::by_key(cx.tx, cx.team, &card.key()).await?;
        if found.is_some_and(|c| c.ts.as_ref() == Some(thread)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The retro to which something belongs that is said in a channel.
pub async fn said_to(cx: &mut Cx<'_>, channel: &ChannelId) -> sqlx::Result<Option<Retro>> {
    let now = cx.now();
    let open = open_here(cx, channel).await?;
    let mut attended = Vec::new();
    for retro in &open {
        if meetings::of_retro(cx.tx, retro.id).await?.is_some_and(|m| m.is_attended(now)) {
            attended.push(retro.id);
        }
    }
    Ok(which::said_to(&open, |r| attended.contains(&r.id)).cloned())
}

/// The retro that a command means: the named version's, or the only one.
pub async fn pick(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: Option<&str>,
    command: &'static str,
) -> Result<Retro, Failure> {
    let open = open_here(cx, channel).await?;
    let scheduled = match version {
        None if open.is_empty() => retros::scheduled_in(cx.tx, cx.team, channel).await?,
        _ => Vec::new(),
    };
    let named = match version {
        Some(version) => retros::last_of(cx.tx, cx.team, channel, version).await?,
        None => None,
    };
    let candidates = Candidates { open: &open, scheduled: &scheduled, named: named.as_ref() };
    Ok(candidates.pick(version, command)?)
}

/// The retro whose meeting a command means.
pub async fn pick_meeting(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: Option<&str>,
    command: &'static str,
) -> Result<Retro, Failure> {
    if version.is_some() {
        return pick(cx, channel, version, command).await;
    }
    let open = open_here(cx, channel).await?;
    let scheduled = if open.is_empty() { retros::scheduled_in(cx.tx, cx.team, channel).await? } else { Vec::new() };
    Ok(Candidates { open: &open, scheduled: &scheduled, named: None }.pick_meeting(command)?)
}
