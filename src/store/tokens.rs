//! What lets pipelines in.

use super::Tx;
use lookback_core::ids::{ChannelId, TeamId, UserId};

/// One token, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Token {
    /// Names it; stands in the token itself.
    pub id: String,
    #[sqlx(rename = "team_id")]
    #[sqlx(try_from = "String")]
    pub team: TeamId,
    /// The one channel that it is good for.
    #[sqlx(rename = "channel_id")]
    #[sqlx(try_from = "String")]
    pub channel: ChannelId,
    #[sqlx(rename = "user_id")]
    #[sqlx(try_from = "String")]
    pub user: UserId,
    pub name: String,
    /// `api` or `github`.
    pub kind: String,
    /// The digest of what is shown to be let in.
    pub mark: String,
    pub made_ms: i64,
    pub revoked_ms: Option<i64>,
}

/// A new token.
pub async fn insert(tx: &mut Tx, t: &Token) -> sqlx::Result<()> {
    const SQL: &str = "insert into token (id, team_id, channel_id, user_id, name, kind, mark, made_ms) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.query(SQL)
        .bind(&t.id)
        .bind(t.team.as_str())
        .bind(t.channel.as_str())
        .bind(t.user.as_str())
        .bind(&t.name)
        .bind(&t.kind)
        .bind(&t.mark)
        .bind(t.made_ms)
        .execute()
        .await?;
    Ok(())
}

/// One that still lets in.
pub async fn valid(tx: &mut Tx, id: &str) -> sqlx::Result<Option<Token>> {
    const SQL: &str = "select * from token where id = $1 and revoked_ms is null";
    tx.query(SQL).bind(id).fetch_optional().await
}

/// All, the oldest first.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<Token>> {
    tx.query("select * from token order by made_ms, id").fetch_all().await
}

/// Takes a token's right away; `false` where there is none.
pub async fn revoke(tx: &mut Tx, id: &str, now_ms: i64) -> sqlx::Result<bool> {
    const SQL: &str = "update token set revoked_ms = coalesce(revoked_ms, $2) where id = $1";
    let done = tx.query(SQL).bind(id).bind(now_ms).execute().await?;
    Ok(done == 1)
}
