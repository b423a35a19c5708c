//! `lookback config check`: whether the settings are right, and where each comes from.

use std::path::Path;

use serde::Serialize;

use crate::config::{self, Faults, Source};
use crate::log;

/// One setting as it is used.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub name: &'static str,
    pub from: Source,
    /// The value that is used; of a secret only that there is one.
    pub value: String,
}

/// Settings that are right.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub settings: Vec<Shown>,
    /// What works, and is better put right.
    pub remarks: Vec<String>,
}

impl Checked {
    /// For a person.
    pub fn told(&self) -> String {
        let remarks: String = self.remarks.iter().map(|remark| format!("Note: {remark}.\n")).collect();
        let end =
            "The settings are in order. `lookback doctor` looks at Slack, the database, the trackers and the clock.";
        format!("{}{remarks}{end}", table(&self.settings))
    }
}

/// A line for each.
pub fn table(shown: &[Shown]) -> String {
    let line = |Shown { name, from, value }: &Shown| {
        let from = match from {
            Source::Environment => "environment",
            Source::File => "file",
            Source::Default => "default",
        };
        let value = if value.is_empty() { "(not set)" } else { value };
        format!("{name:<22} {from:<12} {value}\n")
    };
    shown.iter().map(line).collect()
}

/// Checks the settings without touching anything else.
pub fn check(path: &Path, named: bool) -> Result<Checked, Faults> {
    let config = config::load(path, named)?;
    Ok(Checked { settings: sources(path, named)?, remarks: remarks(path, &config.log) })
}

/// Where each setting comes from, be it right or wrong.
pub fn sources(path: &Path, named: bool) -> Result<Vec<Shown>, Faults> {
    let shown = config::sources(path, named)?;
    Ok(shown.into_iter().map(|(name, from, value)| Shown { name, from, value }).collect())
}

/// What works, and is better put right.
pub fn remarks(path: &Path, log: &str) -> Vec<String> {
    let open = config::is_open_to_others(path).then(|| open_to_others(path));
    open.into_iter().chain(log::not_understood(log)).collect()
}

/// What is said of a file that [`config::is_open_to_others`].
pub fn open_to_others(path: &Path) -> String {
    let path = path.display();
    format!("{path} holds secrets and can be read by others: run `chmod 600 {path}`")
}
