//! People press buttons, and they send or close forms.

use serde_json::{Map, Value, json};

use super::Place;
use crate::methods::stored_view;
use crate::workspace::OpenView;
use crate::{Hook, Sim, limits};

impl Sim {
    /// A person presses a button or chooses from a menu. `payload` holds the fields that only this kind of action has.
    pub async fn press(&self, user: &str, place: Place, block_id: &str, action_id: &str, payload: Value) {
        let body = self.press_payload(user, &place, block_id, action_id, payload);
        if self.deliver("interactive", body).await.is_err()
            && let Place::Message { channel, .. } = place
        {
            self.whisper(user, &channel, None, "That button did not answer in time. Please try again.");
        }
    }

    /// The function builds the delivery of a press without sending it. A test can then send it in its own way.
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
                    let hook = Hook { thread_ts: thread.clone(), ts: Some(ts.clone()), ..Hook::new(user, channel, now) };
                    let url = s.hook(self.origin(), hook);
                    map.insert("response_url".into(), json!(url));
                    map.insert("channel".into(), json!({"id": channel, "name": s.ws.channel(channel).map(|c| c.name.clone())}));
                    map.insert("container".into(), json!({"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": hidden, "thread_ts": thread}));
                    // Slack keeps no ephemeral messages, so the delivery cannot contain one.
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

    /// A person sends a form. The bot's answer closes the form, changes it, or shows errors in it.
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
                    let checked = limits::view(&new).and_then(|()| limits::known(&new, &s.unknown_blocks));
                    let errors = checked.err().map(|f| sorry(&f.detail)).unwrap_or_default();
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
                // Both `clear` and an empty object close all forms of the person.
                _ => s.ws.views.retain(|v| v.user != user),
            }
        });
    }

    /// The function builds the delivery of a sent form without sending it. A test can then send it in its own way.
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

    /// A person closes a form. The bot does not hear of it.
    pub async fn close(&self, user: &str, view_id: &str) {
        self.with(|s| s.ws.views.retain(|v| v.id != view_id || v.user != user));
    }
}
