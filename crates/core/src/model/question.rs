//! What a survey asks.

use serde::{Deserialize, Serialize};

use super::note::Category;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    /// What kind of answer it takes.
    pub kind: Kind,
}

/// What a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Words, for a stage of the agenda.
    #[serde(rename = "text")]
    Text(Category),
    /// 1 to 10.
    #[serde(rename = "scale")]
    Scale,
}

impl Kind {
    /// The word before the question in a channel's configuration.
    pub fn word(self) -> String {
        match self {
            Self::Text(category) => category.word().to_owned(),
            Self::Scale => "scale".to_owned(),
        }
    }
}

/// The six questions of the release process.
pub fn standard() -> Vec<Question> {
    [
        ("What went well in this release?", Kind::Text(Category::Well)),
        ("What could have been better?", Kind::Text(Category::Improve)),
        ("What surprised you?", Kind::Text(Category::Surprise)),
        ("What would you change for next time?", Kind::Text(Category::Change)),
        ("On a scale of 1-10, how smooth was this release?", Kind::Scale),
        ("Any other thoughts?", Kind::Text(Category::Other)),
    ]
    .map(|(text, kind)| Question { text: text.to_owned(), kind })
    .to_vec()
}
