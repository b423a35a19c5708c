//! People act in the workspace: they type, press buttons, send forms, join and leave channels, and let time pass.

mod forms;
mod typing;

use serde_json::json;

use super::Sim;

/// A button stands in a message or in a view. Slack sends different fields for the two.
#[derive(Clone, Debug)]
pub enum Place {
    Message { channel: String, ts: String },
    View { id: String },
}

impl Sim {
    /// Time passes. The simulator then repeats the unacknowledged events that have become due.
    pub async fn advance(&self, by: chrono::Duration) {
        self.advance_clock(by);
        self.with(|_| ());
        self.deliver_late().await;
    }

    /// A person or the bot joins a channel, or leaves it.
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

    /// Maria archives a channel, or opens it again.
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
