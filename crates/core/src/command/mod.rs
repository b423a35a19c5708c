//! What can be typed after `/retro`, after `@lookback`, or bare in the bot's DM: one grammar, pure.
//!
//! [`VERBS`] is the one table of commands: the parser's list, `/retro help` and the README table
//! come from it. Dates stay text here; who wrote them, and where, decides what they mean.

mod dm;
mod extend;
mod items;
mod line;
mod nearest;
mod parse;
mod start;
mod verbs;
mod words;

pub use dm::{Meant, is_like_command, meant};
pub use line::{ActionText, Command, Filter, Format, Line, Mistyped, Next};
pub use nearest::verb as unknown;
pub use parse::{action_item, parse};
pub use verbs::{Group, START_OPTIONS, VERBS, Verb};
