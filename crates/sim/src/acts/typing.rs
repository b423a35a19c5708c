//! People type messages and commands. Slack shows some of the answers to the person alone.

use serde_json::{Value, json};

use crate::methods::with_ids;
use crate::workspace::{Channel, ChannelKind, Message};
use crate::{Hook, Sim, State, limits};

impl Sim {
    /// A person types a text. Slack treats a text that starts with `/` as a command.
    pub async fn say(&self, user: &str, channel: &str, thread_ts: Option<&str>, text: &str) {
        if text.trim() == "/invite @lookback" {
            let bot = self.read(|w| w.bot_user.clone());
            return self.member(&bot, channel, true).await;
        }
        let lower = text.to_lowercase();
        if text.starts_with('/') && !(lower == "/retro" || lower.starts_with("/retro ")) {
            let word = text.split_whitespace().next().unwrap_or_default();
            let sorry = format!("{word} is not a valid command here. Try /retro help.");
            return self.whisper(user, channel, thread_ts, &sorry);
        }
        match text.get(6..).filter(|_| lower.starts_with("/retro")) {
            Some(_) if thread_ts.is_some() => {
                self.whisper(user, channel, thread_ts, "/retro is not supported in threads. Sorry!");
            }
            Some(rest) => self.command(user, channel, rest.trim()).await,
            None => self.write(user, channel, thread_ts, text).await,
        }
    }

    /// The person's text becomes a message of the channel. The bot gets the events that follow from it.
    async fn write(&self, user: &str, channel: &str, thread_ts: Option<&str>, text: &str) {
        let now = self.now();
        let events = self.with(|s| {
            let message = Message {
                channel: channel.to_owned(),
                ts: s.ts(now),
                user: user.to_owned(),
                text: escape(s, text),
                thread_ts: thread_ts.map(str::to_owned),
                ..Message::default()
            };
            let events = message_events(s, &message);
            s.ws.messages.push(message);
            events
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

    /// The function builds the delivery of a command without sending it. A test can then send it in its own way.
    pub fn command_payload(&self, user: &str, channel: &str, text: &str) -> Value {
        let now = self.now();
        self.with(|s| {
            let trigger = s.trigger(user, now);
            let url = s.hook(self.origin(), Hook::new(user, channel, now));
            let im = |c: &Channel| if c.kind == ChannelKind::Im { "directmessage".to_owned() } else { c.name.clone() };
            json!({"token": "deprecated", "command": "/retro", "text": escape(s, text), "team_id": s.ws.team, "team_domain": "playground",
                "channel_id": channel, "channel_name": s.ws.channel(channel).map(im), "user_id": user, "user_name": user, "api_app_id": "A0LOOK",
                "is_enterprise_install": "false", "response_url": url, "trigger_id": trigger})
        })
    }

    /// The bot may acknowledge a command with a message. Slack shows it to the person or to the channel.
    fn show(&self, user: &str, channel: &str, body: &Value) {
        let now = self.now();
        let known = self.peek(|s| limits::known(body, &s.unknown_blocks));
        if let Err(fault) = limits::message(body).and(known) {
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

    /// Slackbot writes a message that only this person sees.
    pub(super) fn whisper(&self, user: &str, channel: &str, thread: Option<&str>, text: &str) {
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
}

/// A message causes up to two events. The bot hears each message of its channels if it has the history scope. A mention
/// of the bot causes a second event, which needs another scope.
fn message_events(s: &State, message: &Message) -> [Option<Value>; 2] {
    let channel = s.ws.channel(&message.channel);
    let inside = channel.is_some_and(|c| c.members.contains(&s.ws.bot_user));
    let (kind, scope) = match channel.map(|c| c.kind) {
        Some(ChannelKind::Im) => ("im", "im:history"),
        Some(ChannelKind::Private) => ("group", "groups:history"),
        Some(ChannelKind::Public) | None => ("channel", "channels:history"),
    };
    let mut event = json!({"type": "message", "user": message.user, "text": message.text, "ts": message.ts,
        "event_ts": message.ts, "channel": message.channel, "channel_type": kind, "team": s.ws.team});
    if let (Some(thread), Some(map)) = (&message.thread_ts, event.as_object_mut()) {
        map.insert("thread_ts".into(), json!(thread));
    }
    let mut mention = event.clone();
    if let Some(map) = mention.as_object_mut() {
        map.insert("type".into(), json!("app_mention"));
        map.remove("channel_type");
    }
    let has = |scope: &str| s.scopes.iter().any(|g| g == scope);
    let heard = has(scope) && (kind == "im" || inside);
    let named = message.text.contains(&format!("<@{}>", s.ws.bot_user));
    let mentioned = named && inside && kind != "im" && has("app_mentions:read");
    [heard.then_some(event), mentioned.then_some(mention)]
}

/// Slack changes a typed text before the bot gets it. Ids in brackets replace `@name`, `#channel` and `@group`. Slack
/// escapes `&`, `<` and `>`, except in an id that is already in brackets.
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
