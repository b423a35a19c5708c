//! A retro with everything that was said, agreed and measured in it: what its messages and its document show.

use super::action::Review;
use super::agenda::Rating;
use super::recurring::Recurring;
use super::release::Facts;
use super::release::trend::Trend;
use super::theme::{Theme, themes};
use crate::model::item::Item;
use crate::model::meeting::{Meeting, Voice};
use crate::model::note::{Category, Kudos, Note};
use crate::model::theme::ThemeData;

/// Everything about a retro.
#[derive(Clone, Debug)]
pub struct Record {
    /// How many answered, of how many.
    pub tally: (i64, i64),
    /// What was said, but for what is hidden.
    pub notes: Vec<Note>,
    /// What people did with their themes.
    pub kept: ThemeData,
    /// The meeting, once there is or was one.
    pub meeting: Option<Meeting>,
    pub voices: Vec<Voice>,
    pub ratings: Vec<Rating>,
    pub items: Vec<Item>,
    pub kudos: Vec<Kudos>,
    /// What became of the items of the retro before.
    pub before: Option<Review>,
    pub facts: Facts,
    /// What earlier retros had too.
    pub recurring: Vec<Recurring>,
    /// This release beside those before it.
    pub trend: Trend,
    /// The address of the pull request that puts it into the release plan.
    pub plan: Option<String>,
}

impl Record {
    /// The themes of one stage.
    pub fn themes(&self, category: Category) -> Vec<Theme<'_>> {
        themes(&self.notes, &self.kept, category)
    }
}
