//! What an owner is told of an item that somebody else gave them.

use crate::ids::{ChannelId, UserId};

/// An item that became somebody's by another person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub channel: ChannelId,
    /// The item's, in its channel.
    pub number: i64,
    /// Who was told.
    pub owner: UserId,
    /// Who gave it to them.
    pub from: UserId,
    /// Names the message: items with the same name stand in one.
    pub message: String,
    /// The owner pressed Accept.
    pub accepted: bool,
}
