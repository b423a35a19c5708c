//! What Slack sends, in our own words: small types that keep every field we use and ignore the rest.
//!
//! Rule: what cannot be read is never acknowledged as if it had been saved; what is of no concern is
//! [`Inbound::Other`], acknowledged and forgotten. The same types serve HTTP and Socket Mode.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::event::{Event, EventKind, Pointed};
use super::json;
use lookback_core::retro::typed_date;

/// One delivery.
#[derive(Debug)]
pub enum Inbound {
    Command(Command),
    Actions(Box<Actions>),
    Submission(Box<Submission>),
    Shortcut(Box<Shortcut>),
    Event(Box<Event>),
    /// The handshake of a request URL.
    Challenge(String),
    Other,
}

/// A slash command.
/// <https://docs.slack.dev/interactivity/implementing-slash-commands>
#[derive(Debug, Deserialize)]
pub struct Command {
    pub team_id: String,
    pub user_id: String,
    pub channel_id: String,
    #[serde(default)]
    pub channel_name: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub response_url: String,
    #[serde(default)]
    pub trigger_id: String,
}

#[derive(Debug, Deserialize)]
pub struct Named {
    pub id: String,
    #[serde(default)]
    pub team_id: Option<String>,
}

/// A pressed button.
#[derive(Debug, Deserialize)]
pub struct Actions {
    pub team: Option<Named>,
    pub user: Named,
    #[serde(default)]
    pub trigger_id: String,
    #[serde(default)]
    pub response_url: String,
    #[serde(default)]
    pub actions: Vec<Action>,
    pub channel: Option<Named>,
    #[serde(default)]
    pub container: Container,
    pub view: Option<View>,
}

#[derive(Debug, Deserialize)]
pub struct Action {
    #[serde(default)]
    pub action_id: String,
    #[serde(default)]
    pub value: String,
    /// What was chosen in a menu.
    pub selected_option: Option<Chosen>,
    #[serde(default)]
    pub action_ts: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Container {
    pub channel_id: Option<String>,
    pub message_ts: Option<String>,
    pub thread_ts: Option<String>,
    #[serde(default)]
    pub is_ephemeral: bool,
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// A shortcut: of the whole workspace, or of a message (then with its channel).
/// <https://api.slack.com/interactivity/shortcuts>
#[derive(Debug, Deserialize)]
pub struct Shortcut {
    pub team: Option<Named>,
    pub user: Named,
    #[serde(default)]
    pub callback_id: String,
    #[serde(default)]
    pub trigger_id: String,
    #[serde(default)]
    pub response_url: String,
    #[serde(default)]
    pub action_ts: String,
    pub channel: Option<Named>,
    pub message: Option<Pointed>,
}

/// A sent form.
#[derive(Debug, Deserialize)]
pub struct Submission {
    pub team: Option<Named>,
    pub user: Named,
    #[serde(default)]
    pub trigger_id: String,
    pub view: View,
}

#[derive(Debug, Deserialize)]
pub struct View {
    #[serde(default)]
    pub id: String,
    pub app_installed_team_id: Option<String>,
    pub team_id: Option<String>,
    #[serde(default)]
    pub private_metadata: String,
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub state: State,
    #[serde(default)]
    pub blocks: Vec<Block>,
}

/// A block of a form as it was shown.
#[derive(Debug, Deserialize)]
pub struct Block {
    #[serde(default)]
    pub block_id: String,
    pub element: Option<Shown>,
}

/// What stood in a text field at first.
#[derive(Debug, Deserialize)]
pub struct Shown {
    pub initial_value: Option<String>,
}

/// A calendar has the name of the text field beside it, with this ending.
pub const PICKED: &str = "-day";

impl View {
    /// Every field with something in it. Of a text that stood there before, and beside which a day is picked, the hour stays.
    pub fn entries(&self) -> BTreeMap<String, String> {
        let mut entries = self.state.entries();
        for block in &self.blocks {
            let shown = block.element.as_ref().and_then(|element| element.initial_value.as_ref());
            let is_picked = entries.contains_key(&format!("{}{PICKED}", block.block_id));
            if is_picked && shown.is_some() && entries.get(&block.block_id) == shown {
                let hour = shown.and_then(|shown| typed_date::hour(shown)).unwrap_or_default();
                entries.insert(block.block_id.clone(), hour);
            }
        }
        entries
    }
}

#[derive(Debug, Default, Deserialize)]
pub struct State {
    /// `block_id` → `action_id` → what was entered.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, Entered>>,
}

/// What stands in a field, whatever kind of field it is.
#[derive(Debug, Deserialize)]
pub struct Entered {
    pub value: Option<String>,
    pub selected_option: Option<Chosen>,
    pub selected_user: Option<String>,
    pub selected_date: Option<String>,
    pub selected_conversation: Option<String>,
    #[serde(default)]
    pub selected_conversations: Option<Vec<String>>,
    #[serde(default)]
    pub selected_options: Option<Vec<Chosen>>,
}

#[derive(Debug, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    pub value: String,
}

impl State {
    /// Every field with something in it, by its block.
    pub fn entries(&self) -> BTreeMap<String, String> {
        let entered = |e: &Entered| {
            let chosen = e.selected_option.as_ref().map(|c| c.value.clone());
            let options = e.selected_options.as_ref();
            let options = options.map(|c| c.iter().map(|o| o.value.clone()).collect::<Vec<_>>().join(","));
            let several = e.selected_conversations.as_ref().map(|c| c.join(",")).or(options);
            let one = e.selected_user.clone().or(e.selected_date.clone()).or(e.selected_conversation.clone());
            e.value.clone().or(chosen).or(one).or(several)
        };
        self.values
            .iter()
            .filter_map(|(block, fields)| Some((block.clone(), fields.values().find_map(entered)?)))
            .collect()
    }
}

/// The delivery could not be read; nothing of it is repeated here.
#[derive(Debug, thiserror::Error)]
#[error("the payload could not be read")]
pub struct Unreadable;

/// Reads an HTTP body: JSON holds events, a form holds the rest.
pub fn from_http(content_type: &str, body: &[u8]) -> Result<Inbound, Unreadable> {
    if content_type.starts_with("application/json") {
        return from_events(json::read(body).map_err(|_| Unreadable)?);
    }
    let form: BTreeMap<String, String> = serde_urlencoded::from_bytes(body).map_err(|_| Unreadable)?;
    if let Some(payload) = form.get("payload") {
        return from_interaction(json::read(payload.as_bytes()).map_err(|_| Unreadable)?);
    }
    if form.contains_key("command") {
        let form = form.into_iter().map(|(k, v)| (k, Value::String(v))).collect();
        return from_command(Value::Object(form));
    }
    Err(Unreadable)
}

/// Reads a Socket Mode payload by the type of its envelope.
pub fn from_socket(kind: &str, payload: Value) -> Result<Inbound, Unreadable> {
    match kind {
        "slash_commands" => from_command(payload),
        "interactive" => from_interaction(payload),
        "events_api" => from_events(payload),
        _ => Ok(Inbound::Other),
    }
}

fn from_command(payload: Value) -> Result<Inbound, Unreadable> {
    serde_json::from_value(payload).map(Inbound::Command).map_err(|_| Unreadable)
}

fn from_interaction(payload: Value) -> Result<Inbound, Unreadable> {
    match payload.get("type").and_then(Value::as_str) {
        Some("block_actions") => {
            serde_json::from_value(payload).map(|a| Inbound::Actions(Box::new(a))).map_err(|_| Unreadable)
        }
        Some("shortcut" | "message_action") => {
            serde_json::from_value(payload).map(|s| Inbound::Shortcut(Box::new(s))).map_err(|_| Unreadable)
        }
        Some("view_submission") => {
            serde_json::from_value(payload).map(|s| Inbound::Submission(Box::new(s))).map_err(|_| Unreadable)
        }
        Some(_) => Ok(Inbound::Other),
        None => Err(Unreadable),
    }
}

fn from_events(mut payload: Value) -> Result<Inbound, Unreadable> {
    match payload.get("type").and_then(Value::as_str) {
        Some("url_verification") => {
            let challenge = payload.get("challenge").and_then(Value::as_str).ok_or(Unreadable)?;
            Ok(Inbound::Challenge(challenge.to_owned()))
        }
        Some("event_callback") => {
            // In a shared channel the outer team can be the other company's: the installation is named
            // by the authorization. <https://docs.slack.dev/apis/events-api>
            let authorized = payload.pointer("/authorizations/0/team_id").and_then(Value::as_str);
            let team =
                authorized.or_else(|| payload.get("team_id").and_then(Value::as_str)).unwrap_or_default().to_owned();
            let event_id = payload.get("event_id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let event = payload.get_mut("event").map(Value::take).ok_or(Unreadable)?;
            if event.get("type").and_then(Value::as_str).is_none() {
                return Err(Unreadable);
            }
            // An event of a known type with fields missing is of no use, but no reason to be sent again.
            let kind = serde_json::from_value(event).unwrap_or(EventKind::Other);
            Ok(Inbound::Event(Box::new(Event { team, event_id, kind })))
        }
        Some(_) => Ok(Inbound::Other),
        None => Err(Unreadable),
    }
}

impl Actions {
    /// The installation that this concerns.
    pub fn installation(&self) -> Option<&str> {
        let view = self.view.as_ref().and_then(|v| v.app_installed_team_id.as_deref());
        view.or(self.team.as_ref().map(|t| t.id.as_str())).or(self.user.team_id.as_deref())
    }
}

impl Shortcut {
    /// The installation that this concerns.
    pub fn installation(&self) -> Option<&str> {
        self.team.as_ref().map(|t| t.id.as_str()).or(self.user.team_id.as_deref())
    }
}

impl Submission {
    /// The installation that this concerns.
    pub fn installation(&self) -> Option<&str> {
        let view = self.view.app_installed_team_id.as_deref().or(self.view.team_id.as_deref());
        view.or(self.team.as_ref().map(|t| t.id.as_str())).or(self.user.team_id.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_does_not_cost_the_form() {
        let payload = r#"{"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": {"id": "V1",
            "private_metadata": "{}", "state": {"values": {"q1": {"value": {"type": "plain_text_input", "value": "cut \ud83d"}}}}}}"#;
        let body = serde_urlencoded::to_string([("payload", payload)]).unwrap();
        let read = from_http("application/x-www-form-urlencoded", body.as_bytes()).unwrap();
        let Inbound::Submission(sent) = read else { panic!("{read:?}") };
        assert_eq!(sent.view.state.entries()["q1"], "cut \u{fffd}");
        // A command comes as a form, in which half of a pair is three bytes that are no UTF-8.
        let body = b"command=%2Fretro&text=note+well+%ED%A0%BD&team_id=T1&user_id=U1&channel_id=C1";
        let Inbound::Command(c) = from_http("application/x-www-form-urlencoded", body).unwrap() else { panic!() };
        assert!(c.text.starts_with("note well \u{fffd}"), "{}", c.text);
    }
}
