//! Events: typed words, and what changes in the workspace.

use std::sync::Arc;

use super::{Ack, App, Intent, ReplyBy, Request, captures};
use crate::directory as people;
use crate::outbox::{self, To};
use crate::slack::inbound::{Event, EventKind, MemberEvent, MessageEvent};
use crate::store::{Tx, cards, directory, reminders, retros, timers};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::retro::{Reply, Step, Timer};

/// Handles an event. One that cannot be saved is not acknowledged: Slack sends it again.
pub async fn receive(app: &Arc<App>, event: Event) -> Ack {
    let team = TeamId(event.team.clone());
    if team != app.workspace.team_id {
        return Ack::Empty;
    }
    let event = match event.kind {
        // Also sent to the channel, or with a picture: a reply all the same.
        EventKind::Message(mut said)
            if said.thread_ts.is_some()
                && said.channel_type.as_deref() != Some("im")
                && matches!(said.subtype.as_deref(), Some("thread_broadcast" | "file_share")) =>
        {
            said.subtype = None;
            Event { kind: EventKind::Message(said), ..event }
        }
        kind => Event { kind, ..event },
    };
    let saved = match event.kind {
        EventKind::AppMention(said) => return words(app, team, said, true).await,
        EventKind::Message(said) if said.subtype.is_some() => {
            let (app, team) = (app.clone(), team.clone());
            apart(async move { captures::follow(&app, &team, said).await }).await
        }
        EventKind::ReactionAdded { user, reaction, item, event_ts } => {
            return captures::reacted(app, team, (user, reaction), item, event_ts).await;
        }
        EventKind::Message(said) => return words(app, team, said, false).await,
        other => {
            let (app, team) = (app.clone(), team.clone());
            apart(async move { changed(&app, &team, other).await }).await
        }
    };
    match saved {
        Ok(()) => Ack::Empty,
        Err(error) => {
            tracing::error!(%error, "an event was not saved");
            Ack::Unavailable
        }
    }
}

/// In a task of its own: a caller who hangs up must not tear a commit.
async fn apart(work: impl Future<Output = sqlx::Result<()>> + Send + 'static) -> sqlx::Result<()> {
    tokio::spawn(work).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// A mention, or words in the DM, are a command line.
async fn words(app: &Arc<App>, team: TeamId, said: MessageEvent, mention: bool) -> Ack {
    // Our own words come back as events; so do edits and deletions, which command nothing.
    let by_person = said.bot_id.is_none()
        && said.subtype.is_none()
        && !said.user.is_empty()
        && said.user != app.workspace.bot_user_id.0;
    let dm = said.channel_type.as_deref() == Some("im") || said.channel.starts_with('D');
    if !by_person || said.ts.is_empty() {
        return Ack::Empty;
    }
    if !mention && !dm {
        return in_thread(app, team, said).await;
    }
    let user = UserId(said.user);
    let channel = ChannelId(said.channel);
    let answer = if dm { ReplyBy::Dm } else { ReplyBy::Ephemeral { channel: channel.clone(), thread: said.thread_ts } };
    let request = Request {
        team,
        user,
        ask: Intent::Line(without_mention(&said.text, app.workspace.bot_user_id.as_str())),
        answer,
        trigger: None,
        asked: app.clock.now(),
        key: captures::key_of(&channel, &said.ts),
        channel: (!dm).then_some(channel),
    };
    app.answer(request).await
}

/// A reply in the thread of a meeting that is under way; of all other messages nothing is kept.
async fn in_thread(app: &Arc<App>, team: TeamId, said: MessageEvent) -> Ack {
    if said.text.contains(&format!("<@{}", app.workspace.bot_user_id)) {
        // It comes as a mention too.
        return Ack::Empty;
    }
    let retro = match app.meeting_of_thread(&team, &said).await {
        Ok(Some(retro)) => retro,
        Ok(None) => return Ack::Empty,
        Err(error) => {
            tracing::error!(%error, "a reply was not read");
            return Ack::Unavailable;
        }
    };
    let channel = ChannelId(said.channel);
    let request = Request {
        team,
        user: UserId(said.user),
        key: captures::key_of(&channel, &said.ts),
        ask: Intent::Reply { retro: retro.id, ts: said.ts, text: said.text },
        answer: ReplyBy::Ephemeral { channel: channel.clone(), thread: said.thread_ts },
        trigger: None,
        asked: app.clock.now(),
        channel: Some(channel),
    };
    app.answer(request).await
}

/// Drops `<@BOT>` where it stands first.
fn without_mention(text: &str, bot: &str) -> String {
    let text = text.trim_start();
    for mention in [format!("<@{bot}>"), format!("<@{bot}|")] {
        if let Some(rest) = text.strip_prefix(&mention) {
            let rest = if mention.ends_with('|') { rest.split_once('>').map_or(rest, |(_, r)| r) } else { rest };
            return rest.trim_start_matches([':', ',']).trim().to_owned();
        }
    }
    // A mention in mid-sentence: what follows it counts.
    text.split_once(&format!("<@{bot}>")).map_or(text, |(_, rest)| rest).trim().to_owned()
}

async fn changed(app: &Arc<App>, team: &TeamId, kind: EventKind) -> sqlx::Result<()> {
    let mut tx = app.store.begin().await?;
    let now_ms = app.clock.now().timestamp_millis();
    match kind {
        EventKind::MemberJoinedChannel(moved) => self::moved(app, &mut tx, team, moved, true, now_ms).await?,
        EventKind::MemberLeftChannel(moved) => self::moved(app, &mut tx, team, moved, false, now_ms).await?,
        EventKind::ChannelArchive { channel } | EventKind::GroupArchive { channel } => {
            let channel = ChannelId(channel);
            set_archived(&mut tx, team, &channel, true).await?;
            app.meeting_channel(&mut tx, team, &channel, true).await?;
        }
        EventKind::ChannelUnarchive { channel } | EventKind::GroupUnarchive { channel } => {
            set_archived(&mut tx, team, &ChannelId(channel.clone()), false).await?;
            cards::unpark(&mut tx, team, &channel, now_ms).await?;
            app.meeting_channel(&mut tx, team, &ChannelId(channel), false).await?;
        }
        EventKind::ChannelIdChanged { old_channel_id, new_channel_id } => {
            directory::rename_channel(&mut tx, team, &ChannelId(old_channel_id), &ChannelId(new_channel_id)).await?;
        }
        EventKind::UserChange { user } => {
            if let Some(person) = people::person(team, &user) {
                directory::put_person(&mut tx, team, &person).await?;
                // Their hours may be others now: reminders are looked at again.
                for retro in retros::surveys_of(&mut tx, team, &person.id).await? {
                    let look = Timer { retro: retro.id, step: Step::Nudge, due: Some(app.clock.now()) };
                    timers::set(&mut tx, team, &look).await?;
                }
                if person.reachable() {
                    reminders::look_again_owner(&mut tx, team, &person.id, now_ms).await?;
                } else {
                    app.orphaned(&mut tx, team, &person.id, None, app.clock.now()).await?;
                    app.meeting_people(&mut tx, team, None).await?;
                }
            }
        }
        // The event names the DM, which is worth knowing before anything was posted there.
        EventKind::AppHomeOpened { user, channel, tab } => {
            let user = UserId(user);
            directory::set_dm_channel(&mut tx, team, &user, &ChannelId(channel)).await?;
            if tab == "home" {
                let page = directory::home_page(&mut tx, team, &user).await?;
                directory::set_home_page(&mut tx, team, &user, page.unwrap_or_default()).await?;
                outbox::want_home(&mut tx, team, &user, now_ms).await?;
            }
        }
        EventKind::TokensRevoked | EventKind::AppUninstalled => {
            tracing::error!(
                "the app was removed from the workspace, or its token was revoked: install it again and restart"
            );
        }
        EventKind::AppMention(_) | EventKind::Message(_) | EventKind::ReactionAdded { .. } | EventKind::Other => {}
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// Somebody came or went; events of one person may come in any order.
async fn moved(
    app: &App,
    tx: &mut Tx,
    team: &TeamId,
    moved: MemberEvent,
    joined: bool,
    now_ms: i64,
) -> sqlx::Result<()> {
    let at_ms = moved.at_ms().unwrap_or(now_ms);
    let (user, channel) = (UserId(moved.user.clone()), ChannelId(moved.channel.clone()));
    directory::set_member(tx, team, &channel, &user, joined, at_ms).await?;
    // The last event counts, in whichever order they come.
    if user != app.workspace.bot_user_id && !joined && !directory::is_member(tx, team, &channel, &user).await? {
        app.orphaned(tx, team, &user, Some(&channel), app.clock.now()).await?;
        app.meeting_people(tx, team, Some(&channel)).await?;
    }
    if user == app.workspace.bot_user_id {
        let present = directory::is_member(tx, team, &channel, &user).await?;
        if let Some(mut found) = directory::channel(tx, team, &channel).await? {
            found.member = present;
            directory::put_channel(tx, team, &found, 0).await?;
        }
        if !present {
            directory::forget_members(tx, team, &channel, at_ms).await?;
        } else {
            cards::unpark(tx, team, channel.as_str(), now_ms).await?;
            if joined {
                let hello = Reply::new(
                    "Hello! I run the retrospective of a release from this channel. `/retro start v2.1.0` begins one, `/retro help` shows the rest.",
                );
                // The same invitation is greeted once, however often it is delivered.
                let key = format!("hello/{channel}/{}", moved.event_ts);
                let to = To::Channel { channel: channel.clone() };
                if cards::by_key(tx, team, &format!("reply/{key}")).await?.is_none() {
                    outbox::reply(tx, team, &key, to, &hello, now_ms).await?;
                }
            }
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
    }
}
