//! What one person wrote into the survey. Neither it nor its author ever reaches a log.

use serde::{Deserialize, Serialize};

use super::note::{Category, lines};
use crate::ids::UserId;
use crate::model::question::{Kind, Question};

/// The longest answer in characters: what a Slack text field holds.
/// <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>
pub const MAX_ANSWER: usize = 3000;

/// The most bytes that a sheet holds, compressed: every sheet is as long as this, so that its length tells nothing.
pub const SHEET: usize = 16 * 1024;

/// What one person wrote to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Index into the retro's questions.
    pub question: usize,
    /// The words, or the number as text.
    pub text: String,
}

/// Everything one person wrote while the survey is open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub user: UserId,
    /// To the questions, in their order.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// With `/retro note` in an anonymous retro: mixed with the rest at the close.
    #[serde(default)]
    pub notes: Vec<(Category, String)>,
    /// Typed in the DM of an anonymous retro; waits for the person's word on it.
    #[serde(default)]
    pub typed: Option<String>,
    /// The question that the DM asks next.
    #[serde(default)]
    pub asking: Option<usize>,
    /// Its author was told that what they type in the DM stays there under their name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// What its author said about sharing it, where too few people wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

// What people write never reaches a log, not even by a slip.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({})", self.question)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sheet")
    }
}

impl Response {
    /// An empty one.
    pub fn of(user: &UserId) -> Self {
        Self {
            user: user.clone(),
            answers: Vec::new(),
            notes: Vec::new(),
            typed: None,
            asking: None,
            told: false,
            share: None,
        }
    }

    /// Nothing on it, and no question asked.
    pub fn is_blank(&self) -> bool {
        self.answers.is_empty() && self.notes.is_empty() && self.typed.is_none() && self.asking.is_none()
    }

    /// Whether there are words on it, not only numbers.
    pub fn has_words(&self, questions: &[Question]) -> bool {
        let says = |text: &str| lines(text).any(|line| !is_trivial(&line));
        self.notes.iter().any(|(_, text)| says(text))
            || self.answers.iter().any(|a| {
                let is_text = matches!(questions.get(a.question).map(|q| q.kind), Some(Kind::Text(_)));
                is_text && says(&a.text)
            })
    }

    /// As a sheet keeps it: compressed where it would not fit otherwise, with a last byte that is not zero.
    pub fn packed(&self) -> Vec<u8> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let plain = stored_block(&text).filter(|block| block.len() + RESERVE <= SHEET);
        let mut packed = plain.unwrap_or_else(|| miniz_oxide::deflate::compress_to_vec(&text, LEVEL));
        packed.push(END);
        packed
    }

    /// Reads what [`Self::packed`] made; `None` for anything else.
    pub fn unpacked(packed: &[u8]) -> Option<Self> {
        let (end, packed) = packed.split_last()?;
        let text = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, LARGEST).ok()?;
        (*end == END).then(|| serde_json::from_slice(&text).ok())?
    }

    /// By how many characters its longest text is too long for the sheet; `None` where it fits.
    pub fn excess(&self) -> Option<usize> {
        if self.packed().len() + RESERVE <= SHEET {
            return None;
        }
        let texts = self.answers.iter().map(|a| &a.text).chain(self.notes.iter().map(|(_, text)| text));
        let (at, whole) = texts.enumerate().max_by_key(|(_, text)| text.chars().count())?;
        let whole: Vec<char> = whole.chars().collect();
        let mut cut = self.clone();
        let mut fits = |length: usize| {
            let answers = cut.answers.iter_mut().map(|a| &mut a.text);
            if let Some(text) = answers.chain(cut.notes.iter_mut().map(|n| &mut n.1)).nth(at) {
                *text = whole.iter().take(length).collect();
            }
            cut.packed().len() + RESERVE <= SHEET
        };
        // The least that helps, found by halving; all of it where even that would not.
        let (mut short, mut long) = (0, whole.len());
        while long - short > 1 {
            let length = usize::midpoint(short, long);
            if fits(length) {
                short = length;
            } else {
                long = length;
            }
        }
        Some(whole.len() - short)
    }

    /// Whether it holds an answer or a note.
    pub fn says_something(&self) -> bool {
        !self.answers.is_empty() || !self.notes.is_empty()
    }
}

/// The text as the one block of a deflate stream, not compressed: nearly all sheets hold less than they may, and
/// compressing takes longer than everything else that is done with an answer. `None` where it is too long for a block.
/// <https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4>
fn stored_block(text: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(text.len()).ok()?;
    let head = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes()];
    Some([&head.concat(), text].concat())
}

/// Ways to say that there is nothing to say.
const TRIVIAL: [&str; 71] = [
    "",
    "as above",
    "can t say",
    "can t think of anything",
    "cannot say",
    "dito",
    "ditto",
    "don t know",
    "dont know",
    "dunno",
    "hard to say",
    "i can t think of anything",
    "i don t know",
    "i dont know",
    "i have nothing to add",
    "i have nothing to say",
    "i was not part of it",
    "i wasn t part of it",
    "idk",
    "keine",
    "keine ahnung",
    "n a",
    "na",
    "nada",
    "nein",
    "nichts",
    "nil",
    "no",
    "no answer",
    "no comment",
    "no comments",
    "no idea",
    "no opinion",
    "non",
    "none",
    "none at all",
    "none i can think of",
    "none i know of",
    "none really",
    "none so far",
    "none that i can think of",
    "none that i know of",
    "nope",
    "not applicable",
    "not really",
    "not sure",
    "nothing",
    "nothing at all",
    "nothing comes to mind",
    "nothing else",
    "nothing from me",
    "nothing i can think of",
    "nothing i know of",
    "nothing in particular",
    "nothing much",
    "nothing really",
    "nothing so far",
    "nothing special",
    "nothing specific",
    "nothing to add",
    "nothing to complain about",
    "nothing to declare",
    "nothing to mention",
    "nothing to report",
    "nothing to say",
    "null",
    "rien",
    "same as above",
    "same as before",
    "see above",
    "tbd",
];

/// Pictures that say the same.
const SHRUGS: [&str; 3] = ["🤷", ":shrug:", "¯"];

/// Whether a line answers a question and says nothing: `n/a`, `-`, `Nothing to add.` It appears nowhere, and is no text
/// that could hide another.
pub fn is_trivial(line: &str) -> bool {
    let line = line.trim();
    if SHRUGS.iter().any(|shrug| line.starts_with(shrug)) {
        return line == ":shrug:" || !line.chars().any(|c| c.is_alphanumeric() && c != 'ツ');
    }
    let sign = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let plain: String = line.to_lowercase().chars().filter(|c| *c != '.').map(sign).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // Strokes and points say nothing, but a smile does.
    let only_signs = line.chars().all(|c| c.is_whitespace() || "-–—_./…•?？。".contains(c));
    TRIVIAL.contains(&words.as_str()) && (!words.is_empty() || only_signs)
}

/// Bytes of a sheet that are kept for what its author says about sharing it.
const RESERVE: usize = 64;

/// How hard the compressor tries, of ten.
const LEVEL: u8 = 6;

/// The last byte of a packed response: the zeros behind it are no part of it.
const END: u8 = 1;

/// No packed response is larger than this once it is unpacked, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// What an author says about words that too few people wrote to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Share {
    #[serde(rename = "unnamed")]
    Unnamed,
    #[serde(rename = "named")]
    Named,
    #[serde(rename = "keep_out")]
    KeepOut,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_is_read_back(texts in proptest::collection::vec(".{0,400}", 0..7), zeros in 0usize..9) {
            let answers = texts.into_iter().enumerate().map(|(question, text)| Answer { question, text });
            let whole = Response { answers: answers.collect(), ..Response::of(&UserId("U1".into())) };
            prop_assert!(Response::unpacked(&whole.packed()).as_ref() == Some(&whole));
            let mut cut = whole.packed();
            cut.resize(cut.len() + zeros, 0);
            prop_assert!((Response::unpacked(&cut).is_some()) == (zeros == 0));
        }
    }

    #[test]
    fn the_excess_is_the_least_that_helps() {
        let mut state = 1u32;
        let mut noise = |length: usize| -> String {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from_u32(0x4e00 + (state >> 16) % 20_000).unwrap_or('x')
            };
            (0..length).map(|_| next()).collect()
        };
        let mut whole = Response::of(&UserId("U1".into()));
        whole.answers = (0..4).map(|question| Answer { question, text: noise(2300 + question) }).collect();
        assert_eq!(Response { answers: whole.answers[..2].to_vec(), ..whole.clone() }.excess(), None);
        let excess = whole.excess().unwrap();
        let cut = |by: usize| {
            let mut cut = whole.clone();
            cut.answers[3].text = whole.answers[3].text.chars().take(2303 - by).collect();
            cut.packed().len() + RESERVE <= SHEET
        };
        assert!(cut(excess) && !cut(excess - 1), "{excess}");
    }

    #[test]
    fn what_says_nothing_is_told_from_what_does() {
        for text in [
            "nothing",
            "Nothing.",
            "N/A",
            "n.a.",
            "-",
            "--",
            "–",
            "...",
            "…",
            "no",
            "No!",
            "none",
            "nope",
            "Nothing to add",
            "“nothing”",
            "*none*",
            "/",
            "N / A",
            "idk",
            "I don't know",
            "I don’t know.",
            "none that I know of",
            "Nothing to complain about!",
            "?",
            "???",
            "tbd",
            "🤷",
            "🤷‍♀️",
            ":shrug:",
            "¯\\_(ツ)_/¯",
            "see above",
            "dito",
            "Nichts.",
            "I wasn't part of it",
        ] {
            assert!(is_trivial(text), "{text}");
        }
        for text in [
            "No incidents",
            "nothing worked",
            "None of the alerts fired",
            "8",
            ":-)",
            "👍",
            "🎉",
            "x86 builds fail",
            "ok, but slow",
            "See above for the outage",
            "🤷 who owns the cache",
            "¯\\_(ツ)_/¯ nobody owns the cache",
            "no tests",
            "Nothing from QA",
        ] {
            assert!(!is_trivial(text), "{text}");
        }
    }
}
