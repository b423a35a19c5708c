//! Looking back over several releases: `trends` and `history`.

use super::{App, Failure, Outcome, ReplyBy, Request};
use crate::outbox::{self, To};
use crate::store::{self, Tx, cards};
use lookback_core::ids::ChannelId;
use lookback_core::retro::history::{PAGE, Past};
use lookback_core::retro::{Caller, Card, Decision, Reply, agenda, history};

/// Compares the releases of a channel: a table and words at once, the picture by DM.
pub async fn trends(app: &App, tx: &mut Tx, request: &Request, channel: &ChannelId) -> Result<Outcome, Failure> {
    let team = &request.team;
    let trend = outbox::trend(tx, team, channel, None, app.clock.now()).await?;
    if trend.0.is_empty() {
        return Ok(Outcome::Done(Decision::say(
            "There is nothing to compare yet: figures come with `/retro data`, and with each retro.",
        )));
    }
    let mut words = format!("Releases of <#{channel}>, the newest first.");
    if let Some(overall) = trend.overall() {
        words.push_str(&format!(" Trend: {overall}."));
    }
    for line in trend.lines() {
        words.push_str(&format!("\n• {}", lookback_core::text::esc(&line)));
    }
    let now_ms = app.clock.now().timestamp_millis();
    let dm = request.answer == ReplyBy::Dm;
    let picture = !trend.lines().is_empty();
    if picture && app.workspace.may("files:write") {
        if !dm {
            words.push_str("\nThe picture is in your DM.");
            let here = Reply::new(format!("The releases of <#{channel}> compared:"));
            let to = To::Dm { user: request.user.clone() };
            outbox::reply(tx, team, &format!("trends/{}", request.key), to, &here, now_ms).await?;
        }
        outbox::chart(tx, team, &request.key, &request.user, channel, now_ms).await?;
    } else if picture {
        words.push_str("\nThere is no picture, because an admin did not grant me to send files (`files:write`).");
    }
    let reply = Reply { table: Some(trend.table()), ..Reply::new(words) };
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// A page of the channel's retros.
pub async fn history(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &Caller,
    before: Option<i64>,
) -> Result<Outcome, Failure> {
    let team = &request.team;
    let limit = i64::try_from(PAGE + 1).unwrap_or(11);
    let mut rows = store::history::history(tx, team, channel, before.unwrap_or(i64::MAX), limit).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let mut page = Vec::new();
    for row in rows {
        let (answered, items) = ((row.answered, row.everyone), (row.done, row.items));
        let scores: Vec<Vec<u8>> = serde_json::from_str(&row.scores).unwrap_or_default();
        let retro = row.retro();
        let mut links = Vec::new();
        for (name, card) in [
            ("kickoff", Card::Kickoff(retro.id)),
            ("agenda", Card::Agenda(retro.id)),
            ("summary", Card::Summary(retro.id)),
        ] {
            if let Some(sent) = cards::by_key(tx, team, &outbox::key(&card)).await?
                && let (Some(ts), Some(channel)) = (sent.ts, sent.posted_in)
            {
                links.push((name, app.workspace.link(&channel, &ts)));
            }
        }
        let smoothness = agenda::smooth(&retro.questions, &scores);
        page.push(Past { retro, answered, items, smoothness, links });
    }
    Ok(Outcome::Done(history::show(&page, before.is_none(), more, &caller.person.tz)))
}
