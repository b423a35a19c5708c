//! From state to what people see: pure, one file a surface.
//!
//! Rule: every message has a fallback text that says all that matters, because that is what a screen
//! reader and a notification read; foreign text stands in rich or plain text, or is escaped.

pub mod agenda;
pub mod assignment;
pub mod blocks;
mod emoji;
pub mod fields;
pub mod forms;
pub mod home;
pub mod items;
pub mod kickoff;
pub mod meeting;
pub mod newer;
pub mod recurring;
pub mod release;
pub mod reminder;
pub mod reply;
pub mod stage;
pub mod stage_of;
pub mod summary;
pub mod survey;
pub mod theme;
pub mod theme_forms;
pub mod wins;

use slack_morphism::prelude::SlackBlock;

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// mrkdwn, escaped; also the notification.
    pub text: String,
    /// At most 50.
    pub blocks: Vec<SlackBlock>,
}
