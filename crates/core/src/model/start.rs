//! What a retro is started with.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// `start`, its dates still as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub version: String,
    pub people: Vec<UserId>,
    /// User group ids (`S…`).
    pub groups: Vec<String>,
    pub closes: Option<String>,
    pub meeting: Option<String>,
    pub length: Option<u32>,
    pub anonymous: bool,
    pub named: bool,
    pub is_async: bool,
    pub deployed: Option<String>,
    pub previous: Option<String>,
    pub everyone: bool,
    /// It was asked about, and is wanted all the same: its retro is finished, or a release has nearly this name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}
