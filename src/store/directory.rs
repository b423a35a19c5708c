//! Workspaces, people, channels and members as last seen in Slack.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Tx, ids};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::person::{Channel, Person};

/// A workspace this bot is installed in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Workspace {
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    pub name: String,
    /// `https://acme.slack.com/`.
    pub url: String,
    #[sqlx(try_from = "String")]
    pub bot_user_id: UserId,
    /// What the token may do, separated by commas.
    pub scopes: String,
}

impl Workspace {
    /// Whether the token has this scope.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.split(',').any(|s| s.trim() == scope)
    }

    /// The address of a message; it opens in Slack for whoever may see it.
    pub fn link(&self, channel: &ChannelId, ts: &str) -> String {
        format!("{}/archives/{channel}/p{}", self.url.trim_end_matches('/'), ts.replace('.', ""))
    }

    /// The address of a channel.
    pub fn channel_link(&self, channel: &ChannelId) -> String {
        format!("{}/archives/{channel}", self.url.trim_end_matches('/'))
    }
}

/// Saves what `auth.test` said.
pub async fn put_workspace(tx: &mut Tx, w: &Workspace) -> sqlx::Result<()> {
    const SQL: &str = "insert into workspace (team_id, name, url, bot_user_id, scopes) values ($1, $2, $3, $4, $5) \
on conflict (team_id) do update set name = excluded.name, url = excluded.url, bot_user_id = excluded.bot_user_id, scopes = excluded.scopes";
    tx.query(SQL)
        .bind(w.team_id.as_str())
        .bind(&w.name)
        .bind(&w.url)
        .bind(w.bot_user_id.as_str())
        .bind(&w.scopes)
        .execute()
        .await?;
    Ok(())
}

/// The workspaces of this database.
pub async fn workspaces(tx: &mut Tx) -> sqlx::Result<Vec<Workspace>> {
    tx.query("select * from workspace order by team_id").fetch_all().await
}

/// When everybody of the workspace was read last, in milliseconds.
pub async fn people_read(tx: &mut Tx, team: &TeamId) -> sqlx::Result<i64> {
    const SQL: &str = "select people_read_ms from workspace where team_id = $1";
    tx.query(SQL).bind(team.as_str()).value().await
}

/// Everybody was read just now.
pub async fn set_people_read(tx: &mut Tx, team: &TeamId, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update workspace set people_read_ms = $2 where team_id = $1";
    tx.query(SQL).bind(team.as_str()).bind(now_ms).execute().await?;
    Ok(())
}

#[derive(FromRow)]
struct PersonRow {
    #[sqlx(try_from = "String")]
    user_id: UserId,
    name: String,
    tz: String,
    is_bot: bool,
    is_deleted: bool,
    is_external: bool,
    is_admin: bool,
}

impl From<PersonRow> for Person {
    fn from(r: PersonRow) -> Self {
        Self {
            id: r.user_id,
            name: r.name,
            tz: r.tz,
            bot: r.is_bot,
            deleted: r.is_deleted,
            external: r.is_external,
            admin: r.is_admin,
        }
    }
}

/// Saves a person as seen.
pub async fn put_person(tx: &mut Tx, team: &TeamId, p: &Person) -> sqlx::Result<()> {
    const SQL: &str = "insert into person (team_id, user_id, name, tz, is_bot, is_deleted, is_external, is_admin) \
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (team_id, user_id) do update set name = excluded.name, tz = excluded.tz, \
is_bot = excluded.is_bot, is_deleted = excluded.is_deleted, is_external = excluded.is_external, is_admin = excluded.is_admin";
    tx.query(SQL)
        .bind(team.as_str())
        .bind(p.id.as_str())
        .bind(&p.name)
        .bind(&p.tz)
        .bind(p.bot)
        .bind(p.deleted)
        .bind(p.external)
        .bind(p.admin)
        .execute()
        .await?;
    Ok(())
}

/// One person.
pub async fn person(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Option<Person>> {
    const SQL: &str = "select * from person where team_id = $1 and user_id = $2";
    let row: Option<PersonRow> = tx.query(SQL).bind(team.as_str()).bind(user.as_str()).fetch_optional().await?;
    Ok(row.map(Person::from))
}

/// The people of a channel.
pub async fn members(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Person>> {
    const SQL: &str = "select p.* from member m join person p on p.team_id = m.team_id and p.user_id = m.user_id \
where m.team_id = $1 and m.channel_id = $2 and m.is_present = true order by p.user_id";
    let rows: Vec<PersonRow> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Whether `user` was in the channel when it was last seen.
pub async fn is_member(tx: &mut Tx, team: &TeamId, channel: &ChannelId, user: &UserId) -> sqlx::Result<bool> {
    const SQL: &str =
        "select count(*) from member where team_id = $1 and channel_id = $2 and user_id = $3 and is_present = true";
    let n: i64 = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(user.as_str()).value().await?;
    Ok(n > 0)
}

/// The members of a channel as they were at `seen_ms`; what was seen later stays.
pub async fn set_members(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    users: &[UserId],
    seen_ms: i64,
) -> sqlx::Result<()> {
    const GONE: &str =
        "update member set is_present = false, seen_ms = $3 where team_id = $1 and channel_id = $2 and seen_ms <= $3";
    tx.query(GONE).bind(team.as_str()).bind(channel.as_str()).bind(seen_ms).execute().await?;
    for user in users {
        set_member(tx, team, channel, user, true, seen_ms).await?;
    }
    Ok(())
}

/// The bot left the channel, so it no longer knows the members until it reads them again.
pub async fn forget_members(tx: &mut Tx, team: &TeamId, channel: &ChannelId, seen_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update channel set read_ms = 0 where team_id = $1 and channel_id = $2";
    set_members(tx, team, channel, &[], seen_ms).await?;
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).execute().await?;
    Ok(())
}

/// Somebody is in a channel, or is not, as seen at `seen_ms`.
pub async fn set_member(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    user: &UserId,
    present: bool,
    seen_ms: i64,
) -> sqlx::Result<()> {
    const SQL: &str = "insert into member (team_id, channel_id, user_id, is_present, seen_ms) values ($1, $2, $3, $4, $5) \
on conflict (team_id, channel_id, user_id) do update set is_present = excluded.is_present, seen_ms = excluded.seen_ms \
where member.seen_ms <= excluded.seen_ms";
    tx.query(SQL)
        .bind(team.as_str())
        .bind(channel.as_str())
        .bind(user.as_str())
        .bind(present)
        .bind(seen_ms)
        .execute()
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct ChannelRow {
    #[sqlx(try_from = "String")]
    channel_id: ChannelId,
    name: String,
    is_archived: bool,
    is_member: bool,
}

/// Saves a channel as seen; `read_ms` says when it was read from Slack.
pub async fn put_channel(tx: &mut Tx, team: &TeamId, ch: &Channel, read_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into channel (team_id, channel_id, name, is_archived, is_member, read_ms) values ($1, $2, $3, $4, $5, $6) \
on conflict (team_id, channel_id) do update set name = excluded.name, is_archived = excluded.is_archived, is_member = excluded.is_member, \
read_ms = case when excluded.read_ms > channel.read_ms then excluded.read_ms else channel.read_ms end";
    tx.query(SQL)
        .bind(team.as_str())
        .bind(ch.id.as_str())
        .bind(&ch.name)
        .bind(ch.archived)
        .bind(ch.member)
        .bind(read_ms)
        .execute()
        .await?;
    Ok(())
}

/// When a channel and its members were read from Slack, in milliseconds; 0 for never.
pub async fn channel_read(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<i64> {
    const SQL: &str = "select read_ms from channel where team_id = $1 and channel_id = $2";
    let found: Option<i64> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).optional_value().await?;
    Ok(found.unwrap_or_default())
}

/// One channel.
pub async fn channel(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Option<Channel>> {
    const SQL: &str = "select * from channel where team_id = $1 and channel_id = $2";
    let row: Option<ChannelRow> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_optional().await?;
    Ok(row.map(|r| Channel { id: r.channel_id, name: r.name, archived: r.is_archived, member: r.is_member }))
}

/// Slack gave a channel another id (it was shared, or moved): everything follows.
pub async fn rename_channel(tx: &mut Tx, team: &TeamId, old: &ChannelId, new: &ChannelId) -> sqlx::Result<()> {
    const SQL: [&str; 30] = [
        // Rows under the new id make way. Action items made there are renumbered to follow those of the old id.
        "delete from channel where team_id = $1 and channel_id = $3 and $2 <> $3",
        "delete from member where team_id = $1 and channel_id = $3 and $2 <> $3",
        "update action_item set number = -number - (select coalesce(max(number), 0) from action_item where team_id = $1 and channel_id = $2) where team_id = $1 and channel_id = $3 and $2 <> $3",
        "update due set number = -number - (select coalesce(max(number), 0) from action_item where team_id = $1 and channel_id = $2) where team_id = $1 and channel_id = $3 and $2 <> $3 and (kind = 'reminder' or step = 'ticket')",
        "update ticket set number = -number - (select coalesce(max(number), 0) from action_item where team_id = $1 and channel_id = $2) where team_id = $1 and channel_id = $3 and $2 <> $3",
        "update action_item set number = -number where team_id = $1 and channel_id = $3 and $2 <> $3 and number < 0",
        "update ticket set number = -number where team_id = $1 and channel_id = $3 and $2 <> $3 and number < 0",
        "update due set number = -number where team_id = $1 and channel_id = $3 and $2 <> $3 and (kind = 'reminder' or step = 'ticket') and number < 0",
        "delete from channel_config where team_id = $1 and channel_id = $3 and $2 <> $3",
        "update channel_config set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update channel set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update member set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update retro set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update note set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update kudos set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update action_item set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update ticket set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update nag set channel_id = $3 where team_id = $1 and channel_id = $2",
        "delete from due where team_id = $1 and channel_id = $3 and kind = 'digest' and $2 <> $3",
        "delete from release where team_id = $1 and channel_id = $3 and $2 <> $3 and exists (select 1 from release o where o.team_id = $1 and o.channel_id = $2 and o.version = release.version)",
        "update release set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update token set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update theme set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update escalation set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update channel_config set body = replace(body, '\"' || $2 || '\"', '\"' || $3 || '\"') where team_id = $1 and body like '%\"' || $2 || '\"%'",
        "update card set what = replace(what, '\"' || $2 || '\"', '\"' || $3 || '\"') where team_id = $1 and what like '%\"' || $2 || '\"%'",
        "update due set channel_id = $3 where team_id = $1 and channel_id = $2",
        "update card set due_ms = 0 where team_id = $1 and lane = $2 and $2 <> $3 and state = 'idle' and wanted > sent",
        "delete from parked_lane where team_id = $1 and lane = $2 and $2 <> $3",
        "update card set lane = $3, posted_in = case when posted_in = $2 then $3 else posted_in end where team_id = $1 and lane = $2",
    ];
    for sql in SQL {
        tx.query(sql).bind(team.as_str()).bind(old.as_str()).bind(new.as_str()).execute().await?;
    }
    Ok(())
}

/// The DM with a person, once a message went there.
pub async fn dm_channel(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Option<ChannelId>> {
    const SQL: &str = "select dm_channel from person where team_id = $1 and user_id = $2";
    let found: Option<Option<String>> = tx.query(SQL).bind(team.as_str()).bind(user.as_str()).optional_value().await?;
    Ok(found.flatten().map(ChannelId))
}

/// Remembers the DM with a person.
pub async fn set_dm_channel(tx: &mut Tx, team: &TeamId, user: &UserId, dm: &ChannelId) -> sqlx::Result<()> {
    const SQL: &str = "update person set dm_channel = $3 where team_id = $1 and user_id = $2";
    tx.query(SQL).bind(team.as_str()).bind(user.as_str()).bind(dm.as_str()).execute().await?;
    Ok(())
}

/// The Home tab page that somebody looks at, and whether it shows what is done; `None` if they never opened it.
pub async fn home_page(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Option<(i64, bool)>> {
    const SQL: &str = "select home_page, home_done from person where team_id = $1 and user_id = $2";
    let row: Option<(Option<i64>, bool)> =
        tx.query(SQL).bind(team.as_str()).bind(user.as_str()).fetch_optional().await?;
    Ok(row.and_then(|(page, done)| Some((page?, done))))
}

/// Somebody looks at this page of the Home tab.
pub async fn set_home_page(tx: &mut Tx, team: &TeamId, user: &UserId, page: i64, done: bool) -> sqlx::Result<()> {
    const SQL: &str = "update person set home_page = $3, home_done = $4 where team_id = $1 and user_id = $2";
    tx.query(SQL).bind(team.as_str()).bind(user.as_str()).bind(page).bind(done).execute().await?;
    Ok(())
}

/// Members of a channel who have opened the Home tab.
pub async fn homes_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select p.user_id from member m join person p on p.team_id = m.team_id and p.user_id = m.user_id \
where m.team_id = $1 and m.channel_id = $2 and m.is_present = true and p.home_page is not null";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).values().await?;
    Ok(ids(rows))
}

/// The names of the people of a channel, those who left since among them.
pub async fn names_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<BTreeMap<UserId, String>> {
    const SQL: &str = "select p.user_id, p.name from member m join person p on p.team_id = m.team_id and p.user_id = m.user_id \
where m.team_id = $1 and m.channel_id = $2 and p.is_bot = false";
    let rows: Vec<(String, String)> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(user, name)| (UserId(user), name)).collect())
}
