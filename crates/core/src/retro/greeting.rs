//! What the bot says when it is invited to a channel.

use super::Reply;

/// One line, with the next step.
pub fn hello() -> Reply {
    Reply::new(
        "Hello! I run the retrospective of a release from this channel. `/retro start v2.1.0` begins one, `/retro help` shows the rest.",
    )
}
