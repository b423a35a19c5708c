//! The six stages of a meeting.

use super::note::Category;

/// A stage of the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Summary,
    Well,
    Improve,
    Surprises,
    Actions,
    Wins,
}

impl Stage {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Summary => "Release summary",
            Self::Well => "What went well",
            Self::Improve => "What could be improved",
            Self::Surprises => "Surprises and learnings",
            Self::Actions => "Action items",
            Self::Wins => "Celebrate wins",
        }
    }

    /// Whose notes are read in it.
    pub fn categories(self) -> &'static [Category] {
        match self {
            Self::Summary => &[],
            Self::Well => &[Category::Well],
            Self::Improve => &[Category::Improve],
            Self::Surprises => &[Category::Surprise, Category::Other],
            Self::Actions => &[Category::Change],
            Self::Wins => &[],
        }
    }

    /// A question that opens it.
    pub fn prompt(self) -> &'static str {
        match self {
            Self::Summary => "What was planned, and what happened?",
            Self::Well => "Why did this work? What should we keep?",
            Self::Improve => "What was the impact, what is the root cause, how can it be prevented?",
            Self::Surprises => "Which assumptions were wrong? What did we learn?",
            Self::Actions => "Who does what, by when? `/retro action …` writes it down.",
            Self::Wins => "Who should we thank? Type `/retro kudos @who for …`",
        }
    }
}

/// The stages with their proportions, as the release process times them.
pub const STAGES: [(Stage, u32); 6] = [
    (Stage::Summary, 5),
    (Stage::Well, 20),
    (Stage::Improve, 25),
    (Stage::Surprises, 10),
    (Stage::Actions, 20),
    (Stage::Wins, 5),
];
