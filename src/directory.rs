//! Who and where: reads people, members, channels and groups from Slack into the directory tables.
//!
//! Rule: lists before single look-ups (`users.list` takes a call or two where `users.info` would take
//! a minute and a half for 200 people), each page within its method's limit, nothing inside a
//! transaction.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::bot::Bot;
use crate::calls;
use crate::lanes::LaneGuard;
use crate::rate_limits::{self, Rate};
use crate::slack::client::CallError;
use crate::slack::words;
use crate::store::directory;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::person::{Channel, Person};

/// People in a page; Slack advises at most 200.
const PAGE: &str = "200";

/// Up to so many unknown people are looked up one by one.
const FEW: usize = 5;

/// Why something could not be read.
#[derive(Debug)]
pub enum Unread {
    Later(DateTime<Utc>),
    Silent,
    Refused(String),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Unread {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

#[derive(Default, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

async fn read<R: serde::de::DeserializeOwned + Send>(
    bot: &Bot,
    team: &TeamId,
    method: &str,
    rate: Rate,
    args: &[(&str, String)],
) -> Result<R, Unread> {
    calls::get(bot, team, method, rate, args).await.map_err(|error| match error {
        CallError::Limited { after } => Unread::Later(calls::until(bot.clock.now(), after)),
        CallError::Refused { code, .. } => Unread::Refused(code),
        CallError::NotSent | CallError::Unclear => Unread::Silent,
    })
}

/// As [`read`], waiting out the pace: for the pages of a list, which would else begin again and again.
async fn read_waiting<R: serde::de::DeserializeOwned + Send>(
    bot: &Bot,
    team: &TeamId,
    method: &str,
    rate: Rate,
    args: &[(&str, String)],
) -> Result<R, Unread> {
    loop {
        match read(bot, team, method, rate, args).await {
            Err(Unread::Later(until)) => bot.wait_for_pace(until).await,
            other => return other,
        }
    }
}

/// A user object of Slack's.
/// <https://api.slack.com/types/user>
#[derive(Deserialize)]
struct User {
    id: UserId,
    team_id: Option<String>,
    #[serde(default)]
    name: String,
    real_name: Option<String>,
    tz: Option<String>,
    profile: Option<Profile>,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    is_stranger: bool,
    #[serde(default)]
    is_admin: bool,
    #[serde(default)]
    is_owner: bool,
}

#[derive(Deserialize)]
struct Profile {
    display_name: Option<String>,
    real_name: Option<String>,
}

/// Reads a user object; a field that is missing or null is no error.
pub fn person(team: &TeamId, user: &Value) -> Option<Person> {
    let u: User = serde_json::from_value(without_nulls(user)).ok()?;
    let profile = u.profile.as_ref();
    let names = [
        profile.and_then(|p| p.display_name.clone()),
        profile.and_then(|p| p.real_name.clone()),
        u.real_name,
        Some(u.name),
    ];
    let name = names.into_iter().flatten().find(|n| !n.trim().is_empty()).unwrap_or_else(|| u.id.0.clone());
    let tz = u.tz.filter(|tz| lookback_core::zone::is_known(tz)).unwrap_or_else(|| "UTC".to_owned());
    Some(Person {
        // Slackbot says of itself that it is no bot.
        bot: u.is_bot || u.id.as_str() == "USLACKBOT",
        external: u.is_stranger || u.team_id.is_some_and(|t| t != team.0),
        id: u.id,
        name,
        tz,
        deleted: u.deleted,
        admin: u.is_admin || u.is_owner,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
fn without_nulls(user: &Value) -> Value {
    match user {
        Value::Object(map) => Value::Object(
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect(),
        ),
        other => other.clone(),
    }
}

/// Reads a channel, its members, and whoever of them is not known yet; unless that was done since
/// `since_ms` anyway (many commands may wait for the same channel).
pub async fn channel(bot: &Bot, team: &TeamId, id: &ChannelId, since_ms: i64) -> Result<(), Unread> {
    #[derive(Deserialize)]
    struct Info {
        channel: Conversation,
    }
    #[derive(Deserialize)]
    struct Conversation {
        #[serde(default)]
        name: String,
        #[serde(default)]
        is_archived: bool,
        is_member: Option<bool>,
    }
    // Whoever comes while it is read waits for that, and finds it read.
    let _alone = alone(bot, &format!("read/{team}/{id}")).await;
    let mut tx = bot.store.read().await?;
    if directory::channel_read(&mut tx, team, id).await? > since_ms {
        return Ok(());
    }
    drop(tx);
    let now_ms = bot.clock.now().timestamp_millis();
    let args = [("channel", id.0.clone())];
    let info = match read::<Info>(bot, team, "conversations.info", rate_limits::TIER3, &args).await {
        Ok(info) => info.channel,
        // A private channel without the bot looks as if it did not exist.
        Err(Unread::Refused(code)) if code == "channel_not_found" => {
            Conversation { name: String::new(), is_archived: false, is_member: Some(false) }
        }
        Err(other) => return Err(other),
    };
    let members = if info.is_member == Some(false) { Vec::new() } else { members(bot, team, id).await? };
    let member =
        info.is_member.unwrap_or_else(|| bot.workspace(team).is_some_and(|w| members.contains(&w.bot_user_id)));
    let found = Channel { id: id.clone(), name: info.name, archived: info.is_archived, member };
    know(bot, team, &members).await?;
    let mut tx = bot.store.begin().await?;
    directory::put_channel(&mut tx, team, &found, now_ms).await?;
    if found.member && !found.archived {
        crate::store::parked::unpark(&mut tx, team, id.as_str()).await?;
    }
    // Without the bot in it nothing is known of who else is.
    directory::set_members(&mut tx, team, id, &members, now_ms).await?;
    Ok(tx.commit().await?)
}

async fn members(bot: &Bot, team: &TeamId, id: &ChannelId) -> Result<Vec<UserId>, Unread> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        members: Vec<UserId>,
        #[serde(default)]
        response_metadata: Cursor,
    }
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut args = vec![("channel", id.0.clone()), ("limit", PAGE.to_owned())];
        if !cursor.is_empty() {
            args.push(("cursor", cursor));
        }
        let page: Page = read_waiting(bot, team, "conversations.members", rate_limits::TIER4, &args).await?;
        all.extend(page.members);
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            return Ok(all);
        }
    }
}

/// Makes sure that these people are known: one by one where few are missing, else the whole list.
pub async fn know(bot: &Bot, team: &TeamId, users: &[UserId]) -> Result<(), Unread> {
    let mut missing = unknown(bot, team, users).await?;
    if missing.len() > FEW {
        let context = the_list(bot).await;
        // Somebody else may just have read it.
        missing = unknown(bot, team, users).await?;
        if missing.len() > FEW {
            for seen in everybody(bot, team, context).await? {
                missing.remove(&seen);
            }
        }
    }
    // Whoever the list leaves out (people of other companies) is looked up after all.
    for user in missing {
        match self::one(bot, team, &user).await {
            Ok(()) => {}
            Err(Unread::Refused(code)) => tracing::info!(code, "someone is not known to Slack"),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

async fn unknown(bot: &Bot, team: &TeamId, users: &[UserId]) -> sqlx::Result<BTreeSet<UserId>> {
    let mut tx = bot.store.read().await?;
    let mut missing = BTreeSet::new();
    for user in users {
        if directory::person(&mut tx, team, user).await?.is_none() {
            missing.insert(user.clone());
        }
    }
    Ok(missing)
}

/// The right to read the list of people: two readers would share the pace of one, and each read what the
/// other does. Who comes second waits.
async fn the_list(bot: &Bot) -> LaneGuard {
    alone(bot, "users.list").await
}

/// A lock, so that only one task reads this; waits for it.
async fn alone(bot: &Bot, what: &str) -> LaneGuard {
    loop {
        if let Some(guard) = bot.lanes.take_lane(what) {
            return guard;
        }
        bot.wait_for_pace(bot.clock.now() + Duration::milliseconds(500)).await;
    }
}

/// Reads one person.
pub async fn one(bot: &Bot, team: &TeamId, user: &UserId) -> Result<(), Unread> {
    #[derive(Deserialize)]
    struct Info {
        user: Value,
    }
    let info: Info = read(bot, team, "users.info", rate_limits::TIER4, &[("user", user.0.clone())]).await?;
    if let Some(person) = person(team, &info.user) {
        let mut tx = bot.store.begin().await?;
        directory::put_person(&mut tx, team, &person).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Somebody's e-mail address, where the token may see it. It is used once and kept nowhere.
/// <https://docs.slack.dev/reference/scopes/users.read.email>
pub async fn email(bot: &Bot, team: &TeamId, user: &UserId) -> Result<Option<String>, Unread> {
    if !bot.may(team, "users:read.email") {
        return Ok(None);
    }
    #[derive(Deserialize)]
    struct Info {
        user: Value,
    }
    let info: Info = read(bot, team, "users.info", rate_limits::TIER4, &[("user", user.0.clone())]).await?;
    let email = info.user.pointer("/profile/email").and_then(Value::as_str);
    Ok(email.filter(|email| email.contains('@')).map(str::to_owned))
}

/// Reads everybody of the workspace, page by page; each page is saved by itself.
async fn everybody(bot: &Bot, team: &TeamId, _held: LaneGuard) -> Result<Vec<UserId>, Unread> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        members: Vec<Value>,
        #[serde(default)]
        response_metadata: Cursor,
    }
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut args = vec![("limit", PAGE.to_owned())];
        if !cursor.is_empty() {
            args.push(("cursor", cursor));
        }
        let page: Page = read_waiting(bot, team, "users.list", rate_limits::TIER2, &args).await?;
        let mut tx = bot.store.begin().await?;
        for user in &page.members {
            if let Some(person) = person(team, user) {
                directory::put_person(&mut tx, team, &person).await?;
                all.push(person.id);
            }
        }
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            directory::set_people_read(&mut tx, team, bot.clock.now().timestamp_millis()).await?;
        }
        tx.commit().await?;
        if cursor.is_empty() {
            return Ok(all);
        }
    }
}

/// Reads everybody again if that was longer ago than `age`: events may have been missed meanwhile.
pub async fn refresh(bot: &Bot, team: &TeamId, age: Duration) -> Result<(), Unread> {
    let mut tx = bot.store.read().await?;
    let last = directory::people_read(&mut tx, team).await?;
    drop(tx);
    if bot.clock.now().timestamp_millis() - last > age.num_milliseconds() {
        everybody(bot, team, the_list(bot).await).await?;
    }
    Ok(())
}

/// The people of a user group.
pub async fn group(bot: &Bot, team: &TeamId, group: &str) -> Result<Vec<UserId>, Unread> {
    #[derive(Deserialize)]
    struct Users {
        #[serde(default)]
        users: Vec<UserId>,
    }
    let args = [("usergroup", group.to_owned())];
    let users: Users = read(bot, team, "usergroups.users.list", rate_limits::TIER2, &args).await?;
    know(bot, team, &users.users).await?;
    Ok(users.users)
}

/// The words of one message, in a thread or not; `None` where there is none.
pub async fn message(bot: &Bot, team: &TeamId, channel: &ChannelId, ts: &str) -> Result<Option<String>, Unread> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        messages: Vec<Value>,
    }
    let words = |page: Page| {
        let found = page.messages.into_iter().find(|m| m.get("ts").and_then(Value::as_str) == Some(ts));
        found.map(|m| words::of(&m))
    };
    let mut args = vec![
        ("channel", channel.0.clone()),
        ("latest", ts.to_owned()),
        ("oldest", ts.to_owned()),
        ("inclusive", "true".to_owned()),
        ("limit", "1".to_owned()),
    ];
    let page: Page = read(bot, team, "conversations.history", rate_limits::TIER3, &args).await?;
    if let Some(found) = words(page) {
        return Ok(Some(found));
    }
    // A reply in a thread is not in the channel's history.
    args.push(("ts", ts.to_owned()));
    match read::<Page>(bot, team, "conversations.replies", rate_limits::TIER3, &args).await {
        Ok(page) => Ok(words(page)),
        Err(Unread::Refused(code)) if code == "thread_not_found" => Ok(None),
        Err(other) => Err(other),
    }
}
