//! `lookback config check`: whether the settings are right, and where each comes from.

use std::path::Path;

use serde::Serialize;

use crate::config::{self, Faults, Source};

/// One setting as it is used.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub name: &'static str,
    pub from: Source,
    /// The value; of a secret only that there is one.
    pub value: String,
}

/// Checks the settings without touching anything else.
pub fn check(path: &Path, named: bool) -> Result<Vec<Shown>, Faults> {
    config::load(path, named)?;
    sources(path, named)
}

/// Where each setting comes from, be it right or wrong.
pub fn sources(path: &Path, named: bool) -> Result<Vec<Shown>, Faults> {
    let shown = config::sources(path, named)?;
    Ok(shown.into_iter().map(|(name, from, value)| Shown { name, from, value: value.unwrap_or_default() }).collect())
}
