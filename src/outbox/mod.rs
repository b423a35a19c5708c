//! Messages on their way out: claimed, rendered from the state, sent, marked.
//!
//! Rule: a row says `sending` before the call, so a crash leaves a trace; what may or may not have arrived is looked
//! for, never simply sent again; nothing holds a transaction over the network.

mod answer;
mod canvas;
pub mod dispatcher;
mod doubt;
pub mod failure;
mod meeting;
mod render;
mod rendering;
mod send;

/// The kind of message that a key names: all that a log may say of it.
fn kind_of(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}
