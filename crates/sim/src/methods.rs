//! The simulator has those methods of the Web API that the bot may use.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, need, object, text};
use super::canvases;
use super::workspace::{ChannelKind, File, Message, OpenView};
use super::{Sim, State, limits};

/// The method reads or changes the workspace. The result is its answer, or Slack's error code.
pub fn run(sim: &Sim, method: &str, args: &Value) -> Answer {
    let now = sim.now();
    let origin = sim.origin().to_owned();
    sim.with(|s| match method {
        "auth.test" => auth_test(s, &origin),
        "apps.connections.open" => {
            Ok(object(json!({"url": format!("{}/socket?ticket=play", origin.replacen("http", "ws", 1))})))
        }
        "chat.postMessage" => post(s, args, now),
        "chat.postEphemeral" => ephemeral(s, args, now),
        "chat.update" => update(s, args),
        "chat.delete" => delete(s, args),
        "views.open" => open_view(s, args, now),
        "views.publish" => publish(s, args),
        "users.info" => user_info(s, args),
        "users.list" => users(s, args),
        "conversations.info" => info(s, args),
        "conversations.members" => members(s, args),
        "conversations.history" => history(s, args, now, false),
        "conversations.replies" => history(s, args, now, true),
        "conversations.open" => open_dm(s, args),
        "usergroups.users.list" => group(s, args),
        "conversations.canvases.create" => canvases::create(s, args),
        "canvases.edit" => canvases::edit(s, args),
        "files.getUploadURLExternal" => upload_url(s, args, &origin),
        "files.completeUploadExternal" => complete_upload(s, args, now),
        _ => Err("unknown_method".into()),
    })
}

fn auth_test(s: &State, origin: &str) -> Answer {
    let bot = &s.ws.bot_user;
    Ok(object(json!({"url": origin, "team": s.ws.name, "user": "lookback", "team_id": s.ws.team, "user_id": bot,
        "bot_id": format!("B{}", bot.trim_start_matches('U')), "is_enterprise_install": false})))
}

/// The bot may write to this channel, or gets an error code. A person's id stands for the person's DM.
fn target(s: &mut State, channel: &str) -> Result<String, Refusal> {
    if let Some(person) = s.ws.person(channel).cloned() {
        return match person.refuses {
            Some(code) => Err(code.into()),
            None if person.is_bot => Err("cannot_dm_bot".into()),
            None if person.deleted => Err("user_disabled".into()),
            None => Ok(s.ws.dm(channel)),
        };
    }
    let found = s.ws.channel(channel).ok_or("channel_not_found")?;
    let inside = found.members.contains(&s.ws.bot_user);
    if !inside {
        // Slack hides private channels and DMs from those who are not in them.
        return Err(match found.kind {
            ChannelKind::Public => "not_in_channel".into(),
            ChannelKind::Private | ChannelKind::Im => "channel_not_found".into(),
        });
    }
    if found.archived { Err("is_archived".into()) } else { Ok(channel.to_owned()) }
}

fn checked(s: &State, args: &Value) -> Result<(String, Vec<Value>), Refusal> {
    limits::message(args).and_then(|()| limits::known(args, &s.unknown_blocks)).inspect_err(|fault| {
        tracing::warn!(code = fault.code, detail = fault.detail, "the simulator refused a message");
    })?;
    let blocks = args.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok((text(args, "text").unwrap_or_default().to_owned(), blocks))
}

fn post(s: &mut State, args: &Value, now: chrono::DateTime<chrono::Utc>) -> Answer {
    let channel = target(s, need(args, "channel")?)?;
    let (words, blocks) = checked(s, args)?;
    let thread = text(args, "thread_ts").map(str::to_owned);
    if let Some(parent) = &thread
        && !s.ws.messages.iter().any(|m| m.channel == channel && m.ts == *parent && m.visible_to.is_none())
    {
        return Err("thread_not_found".into());
    }
    let message = Message {
        channel: channel.clone(),
        ts: s.ts(now),
        user: s.ws.bot_user.clone(),
        text: words,
        blocks: with_ids(blocks, s),
        thread_ts: thread,
        metadata: args.get("metadata").cloned(),
        ..Message::default()
    };
    let answer = json!({"channel": channel, "ts": message.ts, "message": s.ws.message_json(&message, true)});
    s.ws.messages.push(message);
    Ok(object(answer))
}

/// Slack gives an id to each block that has none.
pub fn with_ids(mut blocks: Vec<Value>, s: &mut State) -> Vec<Value> {
    for block in &mut blocks {
        let id = s.next();
        if let Some(map) = block.as_object_mut() {
            map.entry("block_id").or_insert_with(|| json!(format!("b{id}")));
        }
    }
    blocks
}

fn ephemeral(s: &mut State, args: &Value, now: chrono::DateTime<chrono::Utc>) -> Answer {
    let channel = target(s, need(args, "channel")?)?;
    let user = need(args, "user")?.to_owned();
    if !s.ws.channel(&channel).is_some_and(|c| c.members.contains(&user)) {
        return Err("user_not_in_channel".into());
    }
    let (words, blocks) = checked(s, args)?;
    let message = Message {
        channel,
        ts: s.ts(now),
        user: s.ws.bot_user.clone(),
        text: words,
        blocks: with_ids(blocks, s),
        thread_ts: text(args, "thread_ts").map(str::to_owned),
        visible_to: Some(user),
        ..Message::default()
    };
    let ts = message.ts.clone();
    s.ws.messages.push(message);
    Ok(object(json!({"message_ts": ts})))
}

fn update(s: &mut State, args: &Value) -> Answer {
    let channel = need(args, "channel")?;
    // Slack accepts a person's id when the bot posts a message, but not when it changes one.
    let found = s.ws.channel(channel).ok_or("channel_not_found")?;
    if found.archived {
        return Err("is_archived".into());
    }
    let ts = need(args, "ts")?;
    if text(args, "text").is_some_and(|t| t.chars().count() > 4000) {
        return Err("msg_too_long".into());
    }
    let (words, blocks) = checked(s, args)?;
    let blocks = with_ids(blocks, s);
    let bot = s.ws.bot_user.clone();
    let message =
        s.ws.messages
            .iter_mut()
            .find(|m| m.channel == channel && m.ts == ts && m.visible_to.is_none())
            .ok_or("message_not_found")?;
    if message.user != bot {
        return Err("cant_update_message".into());
    }
    message.text = words;
    message.edited = true;
    message.blocks = blocks;
    Ok(object(json!({"channel": channel, "ts": ts, "text": message.text})))
}

fn delete(s: &mut State, args: &Value) -> Answer {
    let (channel, ts) = (need(args, "channel")?, need(args, "ts")?);
    let before = s.ws.messages.len();
    s.ws.messages.retain(|m| m.channel != channel || m.ts != ts);
    if s.ws.messages.len() == before { Err("message_not_found".into()) } else { Ok(Map::new()) }
}

fn open_view(s: &mut State, args: &Value, now: chrono::DateTime<chrono::Utc>) -> Answer {
    let id = need(args, "trigger_id")?;
    let trigger = s.triggers.get(id).ok_or("invalid_trigger_id")?;
    if trigger.used {
        return Err("exchanged_trigger_id".into());
    }
    if now - trigger.at > chrono::Duration::seconds(3) {
        return Err("expired_trigger_id".into());
    }
    let view = args.get("view").cloned().ok_or("invalid_arguments")?;
    limits::view(&view).and_then(|()| limits::known(&view, &s.unknown_blocks)).inspect_err(|fault| {
        tracing::warn!(code = fault.code, detail = fault.detail, "the simulator refused a view");
    })?;
    let trigger = s.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
    trigger.used = true;
    let user = trigger.user.clone();
    let id = format!("V{}", s.next());
    let view = stored_view(view, &id, s);
    s.ws.views.push(OpenView { id, user, view: view.clone(), errors: Map::new() });
    Ok(object(json!({"view": view})))
}

/// Slack adds its own fields to a view before it stores it.
pub fn stored_view(mut view: Value, id: &str, s: &mut State) -> Value {
    let team = s.ws.team.clone();
    let hash = format!("{}.h", s.next());
    let blocks = view.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    let blocks = with_ids(blocks, s);
    if let Some(map) = view.as_object_mut() {
        map.insert("blocks".into(), json!(blocks));
        map.insert("id".into(), json!(id));
        map.insert("team_id".into(), json!(team));
        map.insert("app_installed_team_id".into(), json!(team));
        map.insert("hash".into(), json!(hash));
        map.insert("root_view_id".into(), json!(id));
        map.insert("previous_view_id".into(), Value::Null);
    }
    view
}

fn publish(s: &mut State, args: &Value) -> Answer {
    let user = need(args, "user_id")?.to_owned();
    let view = args.get("view").cloned().ok_or("invalid_arguments")?;
    limits::view(&view).and_then(|()| limits::known(&view, &s.unknown_blocks))?;
    s.ws.homes.retain(|(u, _)| *u != user);
    let id = s.ws.homes.len() + 1;
    let view = stored_view(view, &format!("V0HOME{id}"), s);
    s.ws.homes.push((user, view));
    Ok(Map::new())
}

fn shows_email(s: &State) -> bool {
    s.scopes.iter().any(|scope| scope == "users:read.email")
}

fn user_info(s: &State, args: &Value) -> Answer {
    let person = s.ws.person(need(args, "user")?).ok_or("user_not_found")?;
    Ok(object(json!({"user": s.ws.user_json(person, shows_email(s))})))
}

/// The answer holds one page of `all`. Slack may return fewer items than the limit, so a page has at most 90 of them.
fn page(all: &[Value], args: &Value, name: &str) -> Answer {
    let asked = args.get("limit").and_then(|l| l.as_u64().or_else(|| l.as_str()?.parse().ok())).unwrap_or(100);
    let size = usize::try_from(asked.clamp(1, 200)).unwrap_or(100).min(90);
    let from: usize = text(args, "cursor")
        .map_or(Ok(0), |c| c.trim_start_matches("at:").parse().map_err(|_| Refusal::from("invalid_cursor")))?;
    let items: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
    let next = if from + size < all.len() { format!("at:{}", from + size) } else { String::new() };
    let mut answer = Map::new();
    answer.insert(name.to_owned(), Value::Array(items));
    answer.insert("response_metadata".to_owned(), json!({"next_cursor": next}));
    Ok(answer)
}

fn users(s: &State, args: &Value) -> Answer {
    let with_email = shows_email(s);
    let own = s.ws.people.iter().filter(|p| p.other_team.is_none()).map(|p| s.ws.user_json(p, with_email));
    page(&own.collect::<Vec<_>>(), args, "members")
}

/// The bot may read about public channels and about those that it is in. For others it gets an error code.
fn visible<'a>(s: &'a State, id: &str) -> Result<&'a super::workspace::Channel, Refusal> {
    let found = s.ws.channel(id).ok_or("channel_not_found")?;
    let inside = found.members.contains(&s.ws.bot_user);
    if found.kind != ChannelKind::Public && !inside { Err("channel_not_found".into()) } else { Ok(found) }
}

fn info(s: &State, args: &Value) -> Answer {
    let c = visible(s, need(args, "channel")?)?;
    let inside = c.members.contains(&s.ws.bot_user);
    let canvas = s.ws.canvases.iter().find(|canvas| canvas.channel == c.id);
    let properties = canvas.map_or_else(|| json!({}), |c| json!({"canvas": {"file_id": c.id, "is_empty": false}}));
    Ok(object(json!({"channel": {
        "properties": properties, "id": c.id, "name": c.name, "is_channel": c.kind == ChannelKind::Public, "is_private": c.kind == ChannelKind::Private,
        "is_im": c.kind == ChannelKind::Im, "is_archived": c.archived, "is_member": inside, "num_members": c.members.len(), "is_ext_shared": false,
    }})))
}

fn members(s: &State, args: &Value) -> Answer {
    let c = visible(s, need(args, "channel")?)?;
    let all: Vec<Value> = c.members.iter().map(|m| json!(m)).collect();
    page(&all, args, "members")
}

fn history(s: &State, args: &Value, now: chrono::DateTime<chrono::Utc>, replies: bool) -> Answer {
    let c = visible(s, need(args, "channel")?)?;
    if !c.members.contains(&s.ws.bot_user) {
        return Err("not_in_channel".into());
    }
    let scope = match c.kind {
        ChannelKind::Public => "channels:history",
        ChannelKind::Private => "groups:history",
        ChannelKind::Im => "im:history",
    };
    if !s.scopes.iter().any(|g| g == scope) {
        return Err("missing_scope".into());
    }
    let parent = if replies { Some(need(args, "ts")?) } else { None };
    let oldest: f64 = text(args, "oldest").and_then(|t| t.parse().ok()).unwrap_or(0.0);
    let latest: f64 = text(args, "latest").and_then(|t| t.parse().ok()).unwrap_or(f64::MAX);
    let inclusive = args.get("inclusive").is_some_and(|v| v == "true" || *v == Value::Bool(true));
    let shown = |m: &&Message| {
        let at: f64 = m.ts.parse().unwrap_or(0.0);
        // The simulator makes a `ts` unique by adding microseconds. Several messages of one instant can thus have a
        // `ts` in the future. Without a lag the history shows them at once.
        let settled = s.history_lag.is_zero()
            || chrono::DateTime::from_timestamp_micros((at * 1e6) as i64).is_none_or(|t| now - t >= s.history_lag);
        let placed = match parent {
            Some(ts) => m.ts == ts || m.thread_ts.as_deref() == Some(ts),
            None => m.thread_ts.is_none(),
        };
        m.channel == c.id
            && m.visible_to.is_none()
            && at >= oldest
            && (at < latest || inclusive && at <= latest)
            && settled
            && placed
    };
    let metadata = args.get("include_all_metadata").is_some_and(|v| v == "true" || *v == Value::Bool(true));
    let found: Vec<Value> = s.ws.messages.iter().filter(shown).map(|m| s.ws.message_json(m, metadata)).collect();
    let newest_first: Vec<Value> = if replies { found } else { found.into_iter().rev().collect() };
    page(&newest_first, args, "messages")
}

fn open_dm(s: &mut State, args: &Value) -> Answer {
    let user = need(args, "users")?.to_owned();
    if s.ws.person(&user).is_none() {
        return Err("user_not_found".into());
    }
    let id = s.ws.dm(&user);
    Ok(object(json!({"channel": {"id": id}})))
}

fn group(s: &State, args: &Value) -> Answer {
    let id = need(args, "usergroup")?;
    let (_, _, users) = s.ws.groups.iter().find(|(g, _, _)| g == id).ok_or("no_such_subteam")?;
    Ok(object(json!({"users": users})))
}

fn upload_url(s: &mut State, args: &Value, origin: &str) -> Answer {
    let name = need(args, "filename")?.to_owned();
    need(args, "length")?.parse::<u64>().map_err(|_| "invalid_arguments")?;
    let id = format!("F{}", s.next());
    // <https://docs.slack.dev/reference/methods/files.getUploadURLExternal>
    let alt = text(args, "alt_txt").unwrap_or_default().to_owned();
    if alt.chars().count() > 1000 {
        return Err("alt_txt_too_large".into());
    }
    s.uploads.insert(id.clone(), File { id: id.clone(), title: name, alt, bytes: Vec::new() });
    Ok(object(json!({"upload_url": format!("{origin}/upload/{id}"), "file_id": id})))
}

fn complete_upload(s: &mut State, args: &Value, now: chrono::DateTime<chrono::Utc>) -> Answer {
    let files = args.get("files").and_then(Value::as_array).ok_or("invalid_arguments")?.clone();
    let channel = match text(args, "channel_id") {
        Some(channel) => Some(target(s, channel)?),
        None => None,
    };
    let mut shared = Vec::new();
    for file in &files {
        let id = need(file, "id")?.to_owned();
        let uploaded = s.uploads.remove(&id).filter(|f| !f.bytes.is_empty()).ok_or("file_not_found")?;
        let title = text(file, "title").map_or_else(|| uploaded.title.clone(), str::to_owned);
        shared.push(File { title, ..uploaded });
    }
    if let Some(channel) = channel {
        let message = Message {
            channel,
            ts: s.ts(now),
            user: s.ws.bot_user.clone(),
            thread_ts: text(args, "thread_ts").map(str::to_owned),
            files: shared,
            ..Message::default()
        };
        s.ws.messages.push(message);
    }
    Ok(object(json!({"files": files})))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delivery;
    use crate::workspace::Workspace;
    use lookback_clock::Clock;

    #[test]
    fn an_address_is_told_only_with_its_scope() {
        let sim = Sim::new(Workspace::example(), Clock::system(), "http://x", Delivery::Socket);
        let email = |method: &str, at: &str| {
            let answer = Value::Object(run(&sim, method, &json!({"user": "U01MARIA"})).unwrap_or_default());
            answer.pointer(at).cloned()
        };
        let both = || [email("users.info", "/user/profile/email"), email("users.list", "/members/0/profile/email")];
        assert_eq!(both(), [Some(json!("maria@example.com")), Some(json!("maria@example.com"))]);
        sim.grant("users:read.email", false);
        assert_eq!(both(), [None, None]);
    }
}
