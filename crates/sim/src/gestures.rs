//! People react to messages, edit and delete them, use shortcuts, and open the Home tab.

use serde_json::{Value, json};

use super::workspace::ChannelKind;
use super::{Hook, Sim};

impl Sim {
    /// A person adds a reaction to a message, or takes it back. The bot hears of an added reaction if it is in the
    /// channel and has the scope `reactions:read`.
    pub async fn react(&self, user: &str, channel: &str, ts: &str, emoji: &str) {
        let now = self.now();
        let event = self.with(|s| {
            let event_ts = s.ts(now);
            let message = s.ws.messages.iter_mut().find(|m| m.channel == channel && m.ts == ts)?;
            let mine = (emoji.to_owned(), user.to_owned());
            if message.reactions.contains(&mine) {
                message.reactions.retain(|r| *r != mine);
                return None;
            }
            message.reactions.push(mine);
            let hears = s.ws.channel(channel).is_some_and(|c| c.members.contains(&s.ws.bot_user));
            (hears && s.scopes.iter().any(|g| g == "reactions:read")).then(|| {
                json!({"type": "reaction_added", "user": user, "reaction": emoji, "item_user": "U0", "event_ts": event_ts,
                    "item": {"type": "message", "channel": channel, "ts": ts}})
            })
        });
        if let Some(event) = event {
            self.event(event).await;
        }
    }

    /// A person uses a shortcut. It belongs to `message`, or to the workspace if there is none.
    pub async fn shortcut(&self, user: &str, callback_id: &str, message: Option<(&str, &str)>) {
        let now = self.now();
        let payload = self.with(|s| {
            let trigger = s.trigger(user, now);
            let mut body = json!({"type": "shortcut", "token": "deprecated", "action_ts": format!("{}.5", now.timestamp()),
                "team": {"id": s.ws.team, "domain": "playground"}, "user": {"id": user, "username": user, "team_id": s.ws.team},
                "is_enterprise_install": false, "enterprise": null, "callback_id": callback_id, "trigger_id": trigger});
            let Some((channel, ts)) = message else { return Some(body) };
            let found = s.ws.messages.iter().find(|m| m.channel == channel && m.ts == ts)?;
            let (author, text, attachments) = (found.user.clone(), found.text.clone(), found.attachments.clone());
            let name = s.ws.channel(channel).map(|c| c.name.clone());
            let url = s.hook(self.origin(), Hook::new(user, channel, now));
            let more = json!({"type": "message_action", "channel": {"id": channel, "name": name}, "response_url": url,
                "message_ts": ts, "message": {"type": "message", "user": author, "text": text, "ts": ts, "attachments": attachments}});
            if let (Some(map), Some(more)) = (body.as_object_mut(), more.as_object()) {
                map.extend(more.clone());
            }
            Some(body)
        });
        if let Some(payload) = payload {
            let _ = self.deliver("interactive", payload).await;
        }
    }

    /// A person changes the text of a message. Without `text` the person deletes it.
    pub async fn rewrite(&self, channel: &str, ts: &str, text: Option<&str>) {
        let now = self.now();
        let event = self.with(|s| {
            let event_ts = s.ts(now);
            let at = s.ws.messages.iter().position(|m| m.channel == channel && m.ts == ts)?;
            let before = s.ws.messages.get(at)?.clone();
            let kind = if s.ws.channel(channel)?.kind == ChannelKind::Im { "im" } else { "channel" };
            let previous = json!({"type": "message", "user": before.user, "text": before.text, "ts": ts});
            let event = match text {
                Some(text) => {
                    if let Some(m) = s.ws.messages.get_mut(at) {
                        m.text = text.to_owned();
                        m.edited = true;
                    }
                    json!({"type": "message", "subtype": "message_changed", "hidden": true, "channel": channel, "ts": event_ts, "event_ts": event_ts,
                        "channel_type": kind, "message": {"type": "message", "user": before.user, "text": text, "ts": ts, "thread_ts": before.thread_ts, "edited": {"user": before.user, "ts": event_ts}},
                        "previous_message": previous})
                }
                None => {
                    s.ws.messages.remove(at);
                    json!({"type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel, "ts": event_ts, "event_ts": event_ts,
                        "channel_type": kind, "deleted_ts": ts, "previous_message": previous})
                }
            };
            let found = s.ws.channel(channel)?;
            let scope = match found.kind {
                ChannelKind::Public => "channels:history",
                ChannelKind::Private => "groups:history",
                ChannelKind::Im => "im:history",
            };
            let hears = found.members.contains(&s.ws.bot_user) && s.scopes.iter().any(|g| g == scope);
            hears.then_some(event)
        });
        if let Some(event) = event {
            self.event(event).await;
        }
    }

    /// A person opens the app's Home tab. The bot gets the tab's present view with the event.
    pub async fn open_home(&self, user: &str) {
        let now = self.now();
        let event = self.with(|s| {
            let dm = s.ws.dm(user);
            let event_ts = s.ts(now);
            let mut event =
                json!({"type": "app_home_opened", "user": user, "channel": dm, "tab": "home", "event_ts": event_ts});
            let view = s.ws.homes.iter().find(|(u, _)| u == user).map(|(_, view)| view.clone());
            if let (Some(map), Some(view)) = (event.as_object_mut(), view) {
                map.insert("view".into(), view);
            }
            event
        });
        self.event(event).await;
    }

    /// A person presses a button on the Home tab. The delivery names no channel, because the tab is in none.
    pub async fn press_home(&self, user: &str, block_id: &str, action_id: &str, value: &str) {
        let now = self.now();
        let payload = self.with(|s| {
            let trigger = s.trigger(user, now);
            let view = s.ws.homes.iter().find(|(u, _)| u == user).map_or(Value::Null, |(_, view)| view.clone());
            let elements = view.get("blocks").and_then(Value::as_array).into_iter().flatten().flat_map(|b| {
                let inside = b.get("elements").and_then(Value::as_array).into_iter().flatten();
                inside.chain(b.get("accessory"))
            });
            let is_menu = elements.into_iter().any(|e| {
                let of = |key: &str| e.get(key).and_then(Value::as_str);
                of("type") == Some("overflow") && of("action_id") == Some(action_id)
            });
            let mut action = json!({"type": "button", "block_id": block_id, "action_id": action_id, "value": value,
                "action_ts": format!("{}.000", now.timestamp())});
            if is_menu {
                action = json!({"type": "overflow", "block_id": block_id, "action_id": action_id,
                    "selected_option": {"value": value}, "action_ts": format!("{}.000", now.timestamp())});
            }
            json!({"type": "block_actions", "token": "deprecated", "api_app_id": "A0LOOK", "trigger_id": trigger,
                "team": {"id": s.ws.team, "domain": "playground"}, "user": {"id": user, "username": user, "team_id": s.ws.team},
                "container": {"type": "view", "view_id": view.get("id")}, "view": view,
                "actions": [action]})
        });
        let _ = self.deliver("interactive", payload).await;
    }
}
