//! Notes and kudos: things said, each in one category.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, NoteId, RetroId, ThemeId, UserId};

/// The longest note, in characters: what a Slack text field holds.
pub const MAX_NOTE: usize = 3000;

/// What stands for a message without words.
pub const WORDLESS: &str = "(a message without words)";

/// Where a note belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Category {
    #[serde(rename = "well")]
    Well,
    #[serde(rename = "improve")]
    Improve,
    #[serde(rename = "surprise")]
    Surprise,
    #[serde(rename = "change")]
    Change,
    #[serde(rename = "other")]
    Other,
}

impl Category {
    /// All, in the order of the agenda.
    pub const ALL: [Self; 5] = [Self::Well, Self::Improve, Self::Surprise, Self::Change, Self::Other];

    /// The word of `/retro note`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "well" | "good" => Self::Well,
            "improve" | "improvement" | "improvements" => Self::Improve,
            "surprise" | "surprises" => Self::Surprise,
            "change" | "changes" => Self::Change,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// The reverse of [`Category::from_word`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Improve => "improve",
            Self::Surprise => "surprise",
            Self::Change => "change",
            Self::Other => "other",
        }
    }

    /// The heading under which it is read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Well => "What went well",
            Self::Improve => "What could be improved",
            Self::Surprise => "Surprises and learnings",
            Self::Change => "What to change next time",
            Self::Other => "Other thoughts",
        }
    }
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Random, so that it tells nothing about order.
    pub id: NoteId,
    pub channel: ChannelId,
    /// The retro; `None` while it waits for the coming one.
    pub retro: Option<RetroId>,
    pub category: Category,
    /// Who said it; `None` in an anonymous retro.
    pub author: Option<UserId>,
    pub text: String,
    /// The message that it was captured from.
    pub link: Option<String>,
    /// That message's `ts`: the same message is kept once.
    pub source: Option<String>,
    /// Kept out of sight by the facilitator.
    pub hidden: bool,
    /// The theme that somebody put it into; where nobody did, its words say where it belongs.
    pub theme: Option<ThemeId>,
}

/// Recognition, read out in the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kudos {
    pub id: i64,
    pub channel: ChannelId,
    /// The retro; `None` while it waits for the coming one.
    pub retro: Option<RetroId>,
    pub to: UserId,
    pub text: String,
}

/// One line is one note: `- a\n- b` becomes two.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    // A number alone may be a part of the words: `2. December was calm`.
    let numbered = text.lines().filter(|line| without_number(line).is_some()).count() > 1;
    text.lines().filter_map(move |line| {
        let line = if numbered { without_number(line).unwrap_or(line) } else { line };
        let line = unmarked(line.trim().trim_start_matches("```").trim_end_matches("```"));
        // The line below the head of a pasted table.
        let is_ruler = line.contains('-') && line.chars().all(|c| "|-: ".contains(c)) && line.contains('|');
        (!line.is_empty() && !is_ruler).then(|| crate::text::cut(line, MAX_NOTE))
    })
}

/// A line without what marks it as one of a list: `- a`, `◦ a`, `[x] a`. `-5 %` is a number.
pub fn unmarked(line: &str) -> &str {
    const BULLETS: &[char] = &['-', '*', '+', '•', '◦', '▪', '▫', '‣', '⁃', '●', '○', '–', '—', '☐', '☑', '✓'];
    let mut line = line.trim();
    loop {
        let bullet = line.strip_prefix(BULLETS).map(|rest| rest.trim_start_matches('\u{fe0e}'));
        let tick = ["[ ]", "[x]", "[X]"].iter().find_map(|tick| line.strip_prefix(tick));
        match bullet.or(tick).filter(|rest| rest.starts_with(char::is_whitespace)) {
            Some(rest) => line = rest.trim(),
            None => return line,
        }
    }
}

/// What follows `1.` or `2)`.
pub fn without_number(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_short = (1..=2).contains(&(line.len() - rest.len()));
    let words = rest.strip_prefix(['.', ')']).filter(|words| is_short && words.starts_with(char::is_whitespace));
    words.map(str::trim)
}
