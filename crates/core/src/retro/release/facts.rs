//! A release with what is known around it, in lines.

use super::{Release, plan, source};

/// A release as it is shown: its data, and what is known around it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub data: Release,
    pub previous: Option<String>,
    /// The risks of its plan that came true.
    pub came_true: Vec<String>,
    /// Who said what of its figures.
    pub said: Vec<source::Said>,
}

impl Facts {
    /// A label and plain text each, with the source of what nobody typed; times are shown in `tz`.
    pub fn lines(&self, tz: &str) -> Vec<(&'static str, String)> {
        let mut lines = self.data.facts(self.previous.as_deref(), tz);
        for (label, text) in &mut lines {
            if let Some(beside) = source::beside(&self.said, &self.data, label, tz) {
                text.push_str(&format!(" ({beside})"));
            }
        }
        lines
    }

    /// What the plan says, where it is at hand.
    pub fn plan(&self) -> plan::Plan {
        self.data.plan.as_deref().filter(|p| !plan::is_address(p)).map(plan::read).unwrap_or_default()
    }
}
