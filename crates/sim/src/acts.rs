//! What people do: type, press, send a form, come and go, let time pass.

use serde_json::{Map, Value, json};

use super::methods::{stored_view, with_ids};
use super::workspace::{ChannelKind, Message, OpenView};
use super::{Hook, Sim, State, limits};

/// Where a button is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Place {
    Message { channel: String, ts: String },
    View { id: String },
}

impl Sim {
    /// A person types; text that starts with `/` is a command.
    pub async fn say(&self, user: &str, channel: &str, thread_ts: Option<&str>, text: &str) {
        let now = self.now();
        if text.trim() == "/invite @lookback" {
            let bot = self.read(|w| w.bot_user.clone());
            return self.member(&bot, channel, true).await;
        }
        let lower = text.to_lowercase();
        if text.starts_with('/') && !(lower == "/retro" || lower.starts_with("/retro ")) {
            let word = text.split_whitespace().next().unwrap_or_default();
            return self.whisper(
                user,
                channel,
                thread_ts,
                &format!("{word} is not a valid command here. Try /retro help."),
            );
        }
        if let Some(rest) = text.get(6..).filter(|_| lower.starts_with("/retro")) {
            if thread_ts.is_some() {
                self.whisper(user, channel, thread_ts, "/retro is not supported in threads. Sorry!");
            } else {
                self.command(user, channel, rest.trim()).await;
            }
            return;
        }
        // A channel's messages are heard with the history scope; a mention comes as an event of its own besides.
        let events = self.with(|s| {
            let escaped = escape(s, text);
            let message = Message {
                channel: channel.to_owned(),
                ts: s.ts(now),
                user: user.to_owned(),
                text: escaped.clone(),
                thread_ts: thread_ts.map(str::to_owned),
                ..Message::default()
            };
            let kind = s.ws.channel(channel).map(|c| c.kind);
            let inside = s.ws.channel(channel).is_some_and(|c| c.members.contains(&s.ws.bot_user));
            let (kind, scope) = match kind {
                Some(ChannelKind::Im) => ("im", "im:history"),
                Some(ChannelKind::Private) => ("group", "groups:history"),
                _ => ("channel", "channels:history"),
            };
            let mut event = json!({"type": "message", "user": user, "text": escaped, "ts": message.ts, "event_ts": message.ts,
                "channel": channel, "channel_type": kind, "team": s.ws.team});
            if let (Some(thread), Some(map)) = (thread_ts, event.as_object_mut()) {
                map.insert("thread_ts".into(), json!(thread));
            }
            s.ws.messages.push(message);
            let has = |scope: &str| s.scopes.iter().any(|g| g == scope);
            let mentioned = escaped.contains(&format!("<@{}>", s.ws.bot_user)) && inside && kind != "im";
            let mut mention = event.clone();
            if let Some(map) = mention.as_object_mut() {
                map.insert("type".into(), json!("app_mention"));
                map.remove("channel_type");
            }
            let message = (has(scope) && (kind == "im" || inside)).then_some(event);
            let mention = (mentioned && has("app_mentions:read")).then_some(mention);
            [message, mention]
        });
        for event in events.into_iter().flatten() {
            self.event(event).await;
        }
    }

    async fn command(&self, user: &str, channel: &str, text: &str) {
        let payload = self.command_payload(user, channel, text);
        match self.deliver("slash_commands", payload).await {
            Ok(Some(body)) => self.show(user, channel, &body),
            Ok(None) => {}
            Err(_) => self.whisper(user, channel, None, "/retro failed with the error \"operation_timeout\""),
        }
    }

    /// The delivery of a command, for a test that sends it in its own way.
    pub fn command_payload(&self, user: &str, channel: &str, text: &str) -> Value {
        let now = self.now();
        self.with(|s| {
            let trigger = s.trigger(user, now);
            let url = s.hook(self.origin(), user, channel, None, None, now);
            let im = |c: &super::workspace::Channel| if c.kind == ChannelKind::Im { "directmessage".to_owned() } else { c.name.clone() };
            json!({"token": "deprecated", "command": "/retro", "text": escape(s, text), "team_id": s.ws.team, "team_domain": "playground",
                "channel_id": channel, "channel_name": s.ws.channel(channel).map(im), "user_id": user, "user_name": user, "api_app_id": "A0LOOK",
                "is_enterprise_install": "false", "response_url": url, "trigger_id": trigger})
        })
    }

    /// Shows the body of an acknowledged command.
    fn show(&self, user: &str, channel: &str, body: &Value) {
        let now = self.now();
        if let Err(fault) = limits::message(body) {
            tracing::warn!(code = fault.code, detail = fault.detail, "the simulator refused the answer to a command");
            self.whisper(user, channel, None, &format!("/retro failed with the error \"{}\"", fault.code));
            return;
        }
        self.with(|s| {
            let blocks = body.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
            let public = body.get("response_type").and_then(Value::as_str) == Some("in_channel");
            let message = Message {
                channel: channel.to_owned(),
                ts: s.ts(now),
                user: s.ws.bot_user.clone(),
                text: body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
                blocks: with_ids(blocks, s),
                visible_to: (!public).then(|| user.to_owned()),
                ..Message::default()
            };
            s.ws.messages.push(message);
        });
    }

    fn whisper(&self, user: &str, channel: &str, thread: Option<&str>, text: &str) {
        let now = self.now();
        self.with(|s| {
            let message = Message {
                channel: channel.to_owned(),
                ts: s.ts(now),
                user: "USLACKBOT".to_owned(),
                text: text.to_owned(),
                thread_ts: thread.map(str::to_owned),
                visible_to: Some(user.to_owned()),
                ..Message::default()
            };
            s.ws.messages.push(message);
        });
    }

    /// A person presses a button (or chooses in a message); `payload` holds the action's own fields.
    pub async fn press(&self, user: &str, place: Place, block_id: &str, action_id: &str, payload: Value) {
        let body = self.press_payload(user, &place, block_id, action_id, payload);
        if self.deliver("interactive", body).await.is_err()
            && let Place::Message { channel, .. } = place
        {
            self.whisper(user, &channel, None, "That button did not answer in time. Please try again.");
        }
    }

    /// The delivery of a press, for a test that sends it in its own way.
    pub fn press_payload(&self, user: &str, place: &Place, block_id: &str, action_id: &str, payload: Value) -> Value {
        let now = self.now();
        let mut action = json!({"type": "button", "block_id": block_id, "action_id": action_id, "action_ts": format!("{}.000", now.timestamp())});
        if let (Some(map), Some(own)) = (action.as_object_mut(), payload.as_object()) {
            map.extend(own.clone());
        }
        self.with(|s| {
            let trigger = s.trigger(user, now);
            let team_of = s.ws.person(user).and_then(|p| p.other_team.clone()).unwrap_or_else(|| s.ws.team.clone());
            let mut body = json!({"type": "block_actions", "token": "deprecated", "api_app_id": "A0LOOK", "trigger_id": trigger,
                "team": {"id": s.ws.team, "domain": "playground"}, "user": {"id": user, "username": user, "team_id": team_of}, "actions": [action]});
            let Some(map) = body.as_object_mut() else { return body };
            match place {
                Place::Message { channel, ts } => {
                    let message = s.ws.messages.iter().find(|m| m.channel == *channel && m.ts == *ts).cloned();
                    let hidden = message.as_ref().is_some_and(|m| m.visible_to.is_some());
                    let thread = message.as_ref().and_then(|m| m.thread_ts.clone());
                    let url = s.hook(self.origin(), user, channel, thread.clone(), Some(ts.clone()), now);
                    map.insert("response_url".into(), json!(url));
                    map.insert("channel".into(), json!({"id": channel, "name": s.ws.channel(channel).map(|c| c.name.clone())}));
                    map.insert("container".into(), json!({"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": hidden, "thread_ts": thread}));
                    // An ephemeral message does not come back.
                    if let (false, Some(m)) = (hidden, message) {
                        map.insert("message".into(), s.ws.message_json(&m, false));
                    }
                }
                Place::View { id } => {
                    let view = s.ws.views.iter().find(|v| v.id == *id).map(|v| v.view.clone());
                    map.insert("view".into(), view.unwrap_or(Value::Null));
                    map.insert("container".into(), json!({"type": "view", "view_id": id}));
                }
            }
            body
        })
    }

    /// A person sends a form.
    pub async fn submit(&self, user: &str, view_id: &str, values: Value) {
        let Some(body) = self.submit_payload(user, view_id, values) else { return };
        let answer = self.deliver("interactive", body).await;
        self.with(|s| {
            let Some(at) = s.ws.views.iter().position(|v| v.id == view_id) else { return };
            let sorry = |text: &str| Map::from_iter([("".to_owned(), json!(text))]);
            let answered = match answer {
                Ok(None) => {
                    s.ws.views.remove(at);
                    return;
                }
                Ok(Some(body)) => body,
                Err(_) => {
                    if let Some(view) = s.ws.views.get_mut(at) {
                        view.errors = sorry("We had some trouble connecting. Try again?");
                    }
                    return;
                }
            };
            match answered.get("response_action").and_then(Value::as_str) {
                Some("errors") => {
                    let errors = answered.get("errors").and_then(Value::as_object).cloned().unwrap_or_default();
                    if let Some(view) = s.ws.views.get_mut(at) {
                        view.errors = errors;
                    }
                }
                Some(action @ ("update" | "push")) => {
                    let new = answered.get("view").cloned().unwrap_or(Value::Null);
                    let errors = limits::view(&new).err().map(|f| sorry(&f.detail)).unwrap_or_default();
                    if action == "push" {
                        let id = format!("V{}", s.next());
                        let view = stored_view(new, &id, s);
                        s.ws.views.push(OpenView { id, user: user.to_owned(), view, errors });
                        return;
                    }
                    let view = stored_view(new, view_id, s);
                    if let Some(open) = s.ws.views.get_mut(at) {
                        *open = OpenView { view, errors, ..open.clone() };
                    }
                }
                // `clear`, or an empty object.
                _ => s.ws.views.retain(|v| v.user != user),
            }
        });
    }

    /// The delivery of a sent form, for a test that sends it in its own way.
    pub fn submit_payload(&self, user: &str, view_id: &str, values: Value) -> Option<Value> {
        let now = self.now();
        self.with(|s| {
            let mut view = s.ws.views.iter().find(|v| v.id == view_id)?.view.clone();
            let trigger = s.trigger(user, now);
            view.as_object_mut()?.insert("state".into(), json!({"values": values}));
            let team_of = s.ws.person(user).and_then(|p| p.other_team.clone()).unwrap_or_else(|| s.ws.team.clone());
            Some(json!({"type": "view_submission", "token": "deprecated", "api_app_id": "A0LOOK", "trigger_id": trigger,
                "team": {"id": s.ws.team, "domain": "playground"}, "user": {"id": user, "username": user, "team_id": team_of}, "view": view}))
        })
    }

    /// A person closes a form.
    pub async fn close(&self, user: &str, view_id: &str) {
        self.with(|s| s.ws.views.retain(|v| v.id != view_id || v.user != user));
    }

    /// Time passes; events that were not acknowledged are repeated when their time has come.
    pub async fn advance(&self, by: chrono::Duration) {
        self.advance_clock(by);
        self.with(|_| ());
        self.deliver_late().await;
    }

    /// Somebody joins or leaves a channel.
    pub async fn member(&self, user: &str, channel: &str, joins: bool) {
        self.with(|s| {
            if let Some(c) = s.ws.channels.iter_mut().find(|c| c.id == channel) {
                c.members.retain(|m| m != user);
                if joins {
                    c.members.push(user.to_owned());
                }
            }
        });
        let kind = if joins { "member_joined_channel" } else { "member_left_channel" };
        let (team, at) = self.with(|s| (s.ws.team.clone(), s.ts(self.now())));
        let event =
            json!({"type": kind, "user": user, "channel": channel, "channel_type": "C", "team": team, "event_ts": at});
        self.event(event).await;
    }

    /// A channel is archived, or opened again.
    pub async fn archive(&self, channel: &str, archived: bool) {
        self.with(|s| {
            if let Some(c) = s.ws.channels.iter_mut().find(|c| c.id == channel) {
                c.archived = archived;
            }
        });
        let kind = if archived { "channel_archive" } else { "channel_unarchive" };
        self.event(json!({"type": kind, "channel": channel, "user": "U01MARIA"})).await;
    }
}

impl State {
    pub(super) fn hook(
        &mut self,
        origin: &str,
        user: &str,
        channel: &str,
        thread_ts: Option<String>,
        ts: Option<String>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> String {
        let id = format!("h{}", self.next());
        let hook = Hook { user: user.to_owned(), channel: channel.to_owned(), thread_ts, at: now, uses: 0, ts };
        self.hooks.insert(id.clone(), hook);
        format!("{origin}/respond/{id}")
    }
}

/// As Slack sends typed text: `&`, `<`, `>` escaped, `@name`, `#channel` and `@group` resolved; an id
/// that is already in brackets stays.
fn escape(s: &State, text: &str) -> String {
    let resolve = |word: &str| -> Option<String> {
        let core = word.trim_end_matches([',', '.', ':', ';', '!', '?']);
        let tail: String = word.chars().skip(core.chars().count()).collect();
        let id = match core.strip_prefix('@') {
            Some(name) => {
                let person =
                    s.ws.people
                        .iter()
                        .find(|p| p.name == name || p.name.split(' ').next() == Some(name))
                        .map(|p| format!("<@{}>", p.id));
                let group = || {
                    s.ws.groups
                        .iter()
                        .find(|(_, handle, _)| handle == name)
                        .map(|(id, handle, _)| format!("<!subteam^{id}|@{handle}>"))
                };
                person.or_else(group)?
            }
            None => {
                let name = core.strip_prefix('#')?;
                s.ws.channels.iter().find(|c| c.name == name).map(|c| format!("<#{}|{}>", c.id, c.name))?
            }
        };
        Some(format!("{id}{tail}"))
    };
    let escaped = |word: &str| {
        let known = word.starts_with("<@") || word.starts_with("<#") || word.starts_with("<!subteam");
        if known { word.to_owned() } else { word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") }
    };
    text.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let word = piece.trim_end();
            let space: String = piece.chars().skip(word.chars().count()).collect();
            format!("{}{space}", resolve(word).unwrap_or_else(|| escaped(word)))
        })
        .collect()
}
