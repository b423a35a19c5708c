//! What the bot says when it is invited to a channel.

use super::Reply;

/// One line, with the next step.
pub fn hello() -> Reply {
    Reply::new(
        "Hello! I run release retrospectives from this channel. Start one with `/retro start v2.1.0`; `/retro help` shows the rest.",
    )
}
