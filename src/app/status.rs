//! `status`: where a retro stands, and which of its messages did not arrive.

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::pick;
use crate::store::{items, meetings, parked, participants, retros, undelivered};
use lookback_core::ids::{ChannelId, RetroId};
use lookback_core::retro::{Caller, Card, status};

/// Shows it.
pub async fn status(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "status").await?;
    let people = participants::of_retro(cx.tx, retro.id).await?;
    let link = cx.link_to(&Card::Kickoff(retro.id)).await?;
    let (unconfirmed, refused, again) = undelivered::troubles(cx.tx, cx.team, retro.id, retro.channel.as_str()).await?;
    let waiting = parked::waiting(cx.tx, cx.team, retro.id).await?;
    let count = |n: i64| usize::try_from(n).unwrap_or(0);
    let waiting = usize::try_from(waiting).unwrap_or(usize::MAX);
    let delivery =
        status::Delivery { unconfirmed: count(unconfirmed), refused: count(refused), again: count(again), waiting };
    let meeting = meetings::of_retro(cx.tx, retro.id).await?;
    let shown = status::Shown {
        retro: &retro,
        people: &people,
        caller,
        link: link.as_deref(),
        delivery: &delivery,
        meeting: meeting.as_ref(),
        now: cx.now(),
    };
    Ok(Outcome::Done(status::show(&shown)))
}

/// Where the channel stands, and its next step.
pub async fn overview(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller) -> Result<Outcome, Failure> {
    let open = pick::open_here(cx, channel).await?;
    let scheduled = retros::scheduled_in(cx.tx, cx.team, channel).await?;
    if open.len() == 1 || open.is_empty() && scheduled.len() == 1 {
        return status(cx, channel, caller, None).await;
    }
    let last = retros::last_closed(cx.tx, cx.team, channel, None).await?;
    let link = match &last {
        Some(retro) => cx.link_to(&Card::Summary(retro.id)).await?,
        None => None,
    };
    let items = items::in_channel(cx.tx, cx.team, channel, true).await?.len();
    let overview = status::Overview {
        open: if open.is_empty() { &scheduled } else { &open },
        last: last.as_ref(),
        link: link.as_deref(),
        items,
    };
    Ok(status::overview(&overview, &caller.person.tz).into())
}

/// What Slack refused, or what could not be confirmed, is posted after all.
pub async fn post_again(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    cx.leader(&retro).await?;
    let now_ms = cx.bot.now_ms();
    let revived = undelivered::revive(cx.tx, cx.team, retro.id, retro.channel.as_str(), now_ms).await?;
    Ok(Outcome::Done(status::posted_again(revived)))
}
