//! Looking back over several releases: `trends` and `history`.

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::request::ReplyBy;
use crate::records;
use crate::store::{self, cards};
use lookback_core::ids::ChannelId;
use lookback_core::retro::history::{self, PAGE, Past};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::release::trend;
use lookback_core::retro::{Caller, Card, Decision, Reply, agenda};

/// Compares the releases of a channel: a table and words at once, the picture by DM.
pub async fn trends(cx: &mut Cx<'_>, channel: &ChannelId) -> Result<Outcome, Failure> {
    let now = cx.now();
    let trend = records::trend(cx.tx, cx.team, channel, None, now).await?;
    if trend.0.is_empty() {
        return Ok(Outcome::say(trend::NOTHING));
    }
    let by_dm = cx.request.reply_by == ReplyBy::Dm;
    let picture = match (trend.lines().is_empty(), cx.workspace.may("files:write")) {
        (true, _) => trend::Picture::None,
        (false, false) => trend::Picture::NotGranted,
        (false, true) if by_dm => trend::Picture::Here,
        (false, true) => trend::Picture::InDm,
    };
    if matches!(picture, trend::Picture::Here | trend::Picture::InDm) {
        picture_by_dm(cx, channel, by_dm).await?;
    }
    let words = trend.words_for(channel, picture);
    let reply = Reply { table: Some(Box::new(trend.table())), charts: trend.charts(), ..Reply::new(words) };
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

async fn picture_by_dm(cx: &mut Cx<'_>, channel: &ChannelId, by_dm: bool) -> sqlx::Result<()> {
    let (user, key, now_ms) = (&cx.request.user, &cx.request.key, cx.bot.now_ms());
    if !by_dm {
        let here = Reply::new(format!("The releases of <#{channel}> compared:"));
        let here = Wanted::reply(&format!("trends/{key}"), Recipient::Dm { user: user.clone() }, &here);
        cards::want(cx.tx, cx.team, &here, now_ms).await?;
    }
    cards::want(cx.tx, cx.team, &Wanted::chart(key, user, channel), now_ms).await
}

/// Earlier retros of the channel than those that were shown.
pub async fn page(cx: &mut Cx<'_>, channel: &ChannelId, before: i64) -> Result<Outcome, Failure> {
    let caller = cx.member(channel).await?;
    history(cx, channel, &caller, Some(before)).await
}

/// A page of the channel's retros, those that started before `before` (milliseconds).
pub async fn history(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    before: Option<i64>,
) -> Result<Outcome, Failure> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(11);
    let mut rows = store::history::history(cx.tx, cx.team, channel, before.unwrap_or(i64::MAX), limit).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let mut page = Vec::new();
    for row in rows {
        let mut links = Vec::new();
        let id = row.retro.id;
        for (name, card) in
            [("kickoff", Card::Kickoff(id)), ("agenda", Card::Agenda(id)), ("summary", Card::Summary(id))]
        {
            links.extend(cx.link_to(&card).await?.map(|link| (name, link)));
        }
        let smoothness = agenda::smooth(&row.retro.questions, &row.scores);
        page.push(Past {
            answered: (row.answered, row.everyone),
            items: (row.done, row.items),
            retro: row.retro,
            smoothness,
            links,
        });
    }
    Ok(history::show(&page, before.is_none(), more, &caller.person.tz).into())
}
