//! An answer to a command or a press goes where it was asked for. Whether it arrived there cannot be looked up, so the
//! same words go by DM where they may have been lost: they may come twice, but never not at all.

use crate::store::Tx;
use crate::store::cards::{self, Outgoing};
use lookback_core::retro::message::{Content, Recipient, Wanted};

/// Sends the words of `row` by DM, if it was an answer to one person.
pub async fn by_dm(tx: &mut Tx, row: &Outgoing, now_ms: i64) -> sqlx::Result<()> {
    let Content::Reply(Recipient::Hook { user, .. } | Recipient::Ephemeral { user, .. }) = &row.content else {
        return Ok(());
    };
    let Some(words) = row.body.as_deref().and_then(|body| serde_json::from_str(body).ok()) else { return Ok(()) };
    let wanted = Wanted::reply(&format!("{}/dm", row.key), Recipient::Dm { user: user.clone() }, &words);
    cards::want(tx, &row.team, &wanted, now_ms).await
}
