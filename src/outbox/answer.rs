//! An answer to a command or a press goes where it was asked for. Whether it arrived there cannot be looked up, so the
//! same words go by DM where they may have been lost: they may come twice, but never not at all.

use crate::bot::Bot;
use crate::store::Tx;
use crate::store::cards::{self, Outgoing};
use lookback_core::retro::message::{Content, Recipient, Wanted};

/// Sends the words of `row` by DM instead, if it was an answer to one person.
pub async fn by_dm(bot: &Bot, tx: &mut Tx, row: &Outgoing) -> sqlx::Result<()> {
    let Content::Reply(Recipient::Hook { user, .. } | Recipient::Ephemeral { user, .. }) = &row.content else {
        return Ok(());
    };
    let Some(words) = row.body.as_deref().and_then(|body| serde_json::from_str(body).ok()) else { return Ok(()) };
    let wanted = Wanted::reply(&format!("{}/dm", row.key), Recipient::Dm { user: user.clone() }, &words);
    bot.metrics.answers_again.inc();
    cards::forget(tx, row).await?;
    cards::want(tx, &row.team, &wanted, bot.now_ms()).await
}
