//! Events: typed words, and what changes in the workspace.

use std::sync::Arc;

use super::handle::answer;
use super::outcome::Ack;
use super::request::{Intent, ReplyBy, Request, gone_key, message_key, without_mention};
use super::{captures, departures, meeting, owners};
use crate::bot::Bot;
use crate::directory as people;
use crate::slack::event::{Event, EventKind, MemberEvent, MessageEvent, Pointed};
use crate::store::directory::Workspace;
use crate::store::{Tx, cards, directory, parked, reminders, replies, retros, timers};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Step, Timer, greeting};

/// Handles an event. One that cannot be saved is not acknowledged: Slack sends it again.
pub async fn receive(bot: &Arc<Bot>, event: Event) -> Ack {
    let team = TeamId(event.team);
    let Some(workspace) = bot.workspace(&team) else { return Ack::Empty };
    match event.kind {
        EventKind::AppMention(said) => words(bot, workspace, said, true).await,
        EventKind::Message(said) => match as_said(said) {
            said if is_dm(&said) && matches!(said.subtype.as_deref(), Some("message_changed" | "message_deleted")) => {
                edited(bot, workspace, said).await
            }
            said if said.subtype.is_some() => {
                let worker = bot.clone();
                acked(bot, apart(async move { captures::follow(&worker, &team, said).await }).await)
            }
            said => words(bot, workspace, said, false).await,
        },
        EventKind::ReactionAdded { user, reaction, item, event_ts } => {
            match captures::reacted(bot, &team, user, &reaction, item, &event_ts).await {
                Ok(Some(request)) => answer(bot, request).await,
                other => acked(bot, other.map(|_| ())),
            }
        }
        other @ (EventKind::MemberJoinedChannel(_)
        | EventKind::MemberLeftChannel(_)
        | EventKind::ChannelArchive { .. }
        | EventKind::GroupArchive { .. }
        | EventKind::ChannelUnarchive { .. }
        | EventKind::GroupUnarchive { .. }
        | EventKind::ChannelIdChanged { .. }
        | EventKind::UserChange { .. }
        | EventKind::AppHomeOpened { .. }
        | EventKind::TokensRevoked
        | EventKind::AppUninstalled
        | EventKind::Other) => {
            let worker = bot.clone();
            acked(bot, apart(async move { changed(&worker, &team, other).await }).await)
        }
    }
}

/// What somebody says is said all the same if it is also sent to the channel, has a picture, or begins with `/me`.
/// <https://docs.slack.dev/reference/events/message#subtypes>
fn as_said(said: MessageEvent) -> MessageEvent {
    let is_ours = said.thread_ts.is_some() || is_dm(&said);
    match said.subtype.as_deref() {
        Some("thread_broadcast" | "file_share" | "me_message") if is_ours => MessageEvent { subtype: None, ..said },
        _ => said,
    }
}

fn is_dm(said: &MessageEvent) -> bool {
    said.channel_type.as_deref() == Some("im") || said.channel.starts_with('D')
}

/// A person changed their message in the DM.
async fn edited(bot: &Arc<Bot>, workspace: &Workspace, said: MessageEvent) -> Ack {
    if let ("message_deleted", Some(before), Some(ts)) =
        (said.subtype.as_deref().unwrap_or_default(), &said.previous_message, &said.deleted_ts)
    {
        return deleted(bot, workspace, ChannelId(said.channel.clone()), before, ts).await;
    }
    let (Some(now), Some(before)) = (said.message, said.previous_message) else { return Ack::Empty };
    // A change without its time (an unfurled link) changes no words.
    let Some(change) = now.edited.filter(|_| now.user == before.user && now.text != before.text) else {
        return Ack::Empty;
    };
    if now.user.is_empty() || now.user == workspace.bot_user_id.as_str() {
        return Ack::Empty;
    }
    let channel = ChannelId(said.channel);
    let request = Request {
        team: workspace.team_id.clone(),
        user: UserId(now.user),
        key: message_key(&bot.seal, &channel, &format!("{}/{}", now.ts, change.ts)),
        intent: Intent::Edited { before: before.text, after: now.text },
        reply_by: ReplyBy::Dm,
        trigger: None,
        asked: bot.clock.now(),
        channel: None,
    };
    answer(bot, request).await
}

/// A person deleted their message in the DM.
async fn deleted(bot: &Arc<Bot>, workspace: &Workspace, channel: ChannelId, before: &Pointed, ts: &str) -> Ack {
    if before.user.is_empty() || before.user == workspace.bot_user_id.as_str() {
        return Ack::Empty;
    }
    let request = Request {
        team: workspace.team_id.clone(),
        user: UserId(before.user.clone()),
        key: gone_key(&bot.seal, &channel, ts),
        intent: Intent::Edited { before: before.text.clone(), after: String::new() },
        reply_by: ReplyBy::Dm,
        trigger: None,
        asked: bot.clock.now(),
        channel: None,
    };
    answer(bot, request).await
}

fn acked(bot: &Bot, saved: sqlx::Result<()>) -> Ack {
    match saved {
        Ok(()) => Ack::Empty,
        Err(error) => {
            bot.troubles.saving.happened(bot.clock.now(), &error);
            Ack::Unavailable
        }
    }
}

/// In a task of its own: a caller who hangs up must not tear a commit.
async fn apart(work: impl Future<Output = sqlx::Result<()>> + Send + 'static) -> sqlx::Result<()> {
    tokio::spawn(work).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// A mention, or words in the DM, are a command line.
async fn words(bot: &Arc<Bot>, workspace: &Workspace, said: MessageEvent, mention: bool) -> Ack {
    // Our own words come back as events; so do edits and deletions, which command nothing.
    let by_person = said.bot_id.is_none()
        && said.subtype.is_none()
        && !said.user.is_empty()
        && said.user != workspace.bot_user_id.as_str();
    let dm = is_dm(&said);
    let has_file = !said.files.is_empty();
    if !by_person || said.ts.is_empty() {
        return Ack::Empty;
    }
    if !mention && !dm {
        return in_thread(bot, workspace, said).await;
    }
    let channel = ChannelId(said.channel);
    let reply_by =
        if dm { ReplyBy::Dm } else { ReplyBy::Ephemeral { channel: channel.clone(), thread: said.thread_ts } };
    let text = if dm {
        to_the_bot(&said.text, workspace)
    } else {
        without_mention(&said.text, workspace.bot_user_id.as_str())
    };
    let request = Request {
        team: workspace.team_id.clone(),
        user: UserId(said.user),
        intent: if dm {
            Intent::Typed { dm: channel.clone(), ts: said.ts.clone(), text, has_file }
        } else {
            Intent::Command(text)
        },
        reply_by,
        trigger: None,
        asked: bot.clock.now(),
        key: message_key(&bot.seal, &channel, &said.ts),
        channel: (!dm).then_some(channel),
    };
    answer(bot, request).await
}

/// Words in the DM. Who mentions the bot first means a command, as with `/retro`.
fn to_the_bot(text: &str, workspace: &Workspace) -> String {
    let bot = workspace.bot_user_id.as_str();
    if text.trim_start().starts_with(&format!("<@{bot}")) {
        return format!("@lookback {}", without_mention(text, bot)).trim().to_owned();
    }
    text.to_owned()
}

/// A reply in the thread of a meeting that is under way; of all other messages nothing is kept.
async fn in_thread(bot: &Arc<Bot>, workspace: &Workspace, said: MessageEvent) -> Ack {
    if said.text.contains(&format!("<@{}", workspace.bot_user_id)) {
        // It comes as a mention too.
        return Ack::Empty;
    }
    let team = &workspace.team_id;
    let retro = match meeting::of_thread(bot, team, &said).await {
        Ok(Some(retro)) => retro,
        Ok(None) => return Ack::Empty,
        Err(error) => return acked(bot, Err(error)),
    };
    let channel = ChannelId(said.channel);
    let request = Request {
        team: team.clone(),
        user: UserId(said.user),
        key: message_key(&bot.seal, &channel, &said.ts),
        intent: Intent::Reply { retro: retro.id, ts: said.ts, text: said.text },
        reply_by: ReplyBy::Ephemeral { channel: channel.clone(), thread: said.thread_ts },
        trigger: None,
        asked: bot.clock.now(),
        channel: Some(channel),
    };
    answer(bot, request).await
}

async fn changed(bot: &Arc<Bot>, team: &TeamId, kind: EventKind) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let now_ms = bot.now_ms();
    match kind {
        EventKind::MemberJoinedChannel(moved) => member_moved(bot, &mut tx, team, moved, true).await?,
        EventKind::MemberLeftChannel(moved) => member_moved(bot, &mut tx, team, moved, false).await?,
        EventKind::ChannelArchive { channel } | EventKind::GroupArchive { channel } => {
            let channel = ChannelId(channel);
            set_archived(&mut tx, team, &channel, true).await?;
            meeting::channel_changed(bot, &mut tx, team, &channel, true).await?;
        }
        EventKind::ChannelUnarchive { channel } | EventKind::GroupUnarchive { channel } => {
            let channel = ChannelId(channel);
            set_archived(&mut tx, team, &channel, false).await?;
            parked::unpark(&mut tx, team, channel.as_str()).await?;
            meeting::channel_changed(bot, &mut tx, team, &channel, false).await?;
        }
        EventKind::ChannelIdChanged { old_channel_id, new_channel_id } => {
            directory::rename_channel(&mut tx, team, &ChannelId(old_channel_id), &ChannelId(new_channel_id)).await?;
        }
        EventKind::UserChange { user } => person_changed(bot, &mut tx, team, &user).await?,
        EventKind::AppHomeOpened { user, channel, tab } => {
            let user = UserId(user);
            // The event names the DM, which is worth knowing before anything was posted there.
            directory::set_dm_channel(&mut tx, team, &user, &ChannelId(channel)).await?;
            if tab == "home" {
                let (page, done) = directory::home_page(&mut tx, team, &user).await?.unwrap_or_default();
                directory::set_home_page(&mut tx, team, &user, page, done).await?;
                cards::want(&mut tx, team, &Wanted::home(&user), now_ms).await?;
            }
        }
        EventKind::TokensRevoked | EventKind::AppUninstalled => {
            tracing::error!(
                "the app was removed from the workspace, or its token was revoked: install it again and restart"
            );
        }
        EventKind::AppMention(_) | EventKind::Message(_) | EventKind::ReactionAdded { .. } | EventKind::Other => {}
    }
    tx.commit().await
}

/// Somebody's zone, name or state is another now.
async fn person_changed(bot: &Bot, tx: &mut Tx, team: &TeamId, user: &serde_json::Value) -> sqlx::Result<()> {
    let Some(person) = people::person(team, user) else { return Ok(()) };
    directory::put_person(tx, team, &person).await?;
    // Their hours may be others now: reminders are looked at again.
    for retro in retros::surveys_of(tx, team, &person.id).await? {
        let look = Timer { retro: retro.id, step: Step::Nudge, due: Some(bot.clock.now()) };
        timers::set(tx, team, &look).await?;
    }
    if person.reachable() {
        return reminders::look_again_owner(tx, team, &person.id, bot.now_ms()).await;
    }
    departures::settle(bot, tx, team).await
}

/// Somebody came or went; events of one person may come in any order, and the last one counts.
async fn member_moved(bot: &Bot, tx: &mut Tx, team: &TeamId, moved: MemberEvent, joined: bool) -> sqlx::Result<()> {
    let at_ms = moved.at_ms().unwrap_or(bot.now_ms());
    let (user, channel) = (UserId(moved.user), ChannelId(moved.channel));
    directory::set_member(tx, team, &channel, &user, joined, at_ms).await?;
    let present = directory::is_member(tx, team, &channel, &user).await?;
    if bot.workspace(team).is_some_and(|w| w.bot_user_id == user) {
        return bot_moved(bot, tx, team, &channel, present, &Invitation { joined, event_ts: &moved.event_ts, at_ms })
            .await;
    }
    if !joined && !present {
        owners::orphaned(bot, tx, team, &user, Some(&channel)).await?;
        meeting::people_changed(bot, tx, team, Some(&channel)).await?;
    }
    Ok(())
}

/// The event in which the bot came or went.
struct Invitation<'a> {
    joined: bool,
    event_ts: &'a str,
    at_ms: i64,
}

/// The bot itself came or went.
async fn bot_moved(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    present: bool,
    event: &Invitation<'_>,
) -> sqlx::Result<()> {
    if let Some(mut found) = directory::channel(tx, team, channel).await? {
        found.member = present;
        directory::put_channel(tx, team, &found, 0).await?;
    }
    if !present {
        return directory::forget_members(tx, team, channel, event.at_ms).await;
    }
    parked::unpark(tx, team, channel.as_str()).await?;
    if event.joined {
        // The same invitation is greeted once, however often it is delivered.
        let to = Recipient::Channel { channel: channel.clone() };
        let hello = Wanted::reply(&format!("hello/{channel}/{}", event.event_ts), to, &greeting::hello());
        if !replies::is_known(tx, team, &hello.key).await? {
            cards::want(tx, team, &hello, bot.now_ms()).await?;
        }
    }
    Ok(())
}

async fn set_archived(tx: &mut Tx, team: &TeamId, channel: &ChannelId, archived: bool) -> sqlx::Result<()> {
    if let Some(mut found) = directory::channel(tx, team, channel).await? {
        found.archived = archived;
        directory::put_channel(tx, team, &found, 0).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_mention;

    #[test]
    fn the_mention_is_dropped_wherever_it_stands() {
        assert_eq!(without_mention("<@B1> status", "B1"), "status");
        assert_eq!(without_mention("<@B1|lookback>: status v1", "B1"), "status v1");
        assert_eq!(without_mention("hey <@B1> help", "B1"), "help");
        assert_eq!(without_mention("status", "B1"), "status");
        assert_eq!(without_mention("status <@B1>", "B1"), "status");
        assert_eq!(without_mention("status v1 <@B1>!", "B1"), "status v1");
    }
}
