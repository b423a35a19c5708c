//! The questions of a survey: six by default, two to ten of a channel's own.

use super::Refusal;
use crate::model::note::Category;
use crate::model::question::{Kind, Question};
use crate::text::{clean, esc};

/// How many questions a survey has.
pub const COUNT: std::ops::RangeInclusive<usize> = 2..=10;

/// The longest question, in characters: a label of Slack's holds 2,000, a person reads fewer.
const MAX_QUESTION: usize = 200;

/// One question a line, as [`read`] takes them.
pub fn write(questions: &[Question]) -> String {
    let lines: Vec<String> = questions.iter().map(|q| format!("{}: {}", q.kind.word(), q.text)).collect();
    lines.join("\n")
}

/// Reads one question a line: `well: What went well?`, `scale: How smooth was it?`. A line without one of
/// these words is asked for other thoughts.
pub fn read(text: &str) -> Result<Vec<Question>, Refusal> {
    let mut questions = Vec::new();
    for line in text.lines().map(|l| clean(l).trim().to_owned()).filter(|l| !l.is_empty()) {
        let (kind, words) = match line.split_once(':') {
            Some((word, rest)) => match kind(word.trim()) {
                Some(kind) => (kind, rest.trim().to_owned()),
                None => (Kind::Text(Category::Other), line.clone()),
            },
            None => (Kind::Text(Category::Other), line.clone()),
        };
        let len = words.chars().count();
        if len == 0 {
            return Err(Refusal::EmptyQuestion(esc(&line)));
        }
        if len > MAX_QUESTION {
            return Err(Refusal::TooLong { max: MAX_QUESTION, len });
        }
        questions.push(Question { text: words, kind });
    }
    if !COUNT.contains(&questions.len()) {
        return Err(Refusal::QuestionCount(questions.len()));
    }
    if !questions.iter().any(|q| matches!(q.kind, Kind::Text(_))) {
        return Err(Refusal::NoTextQuestion);
    }
    Ok(questions)
}

fn kind(word: &str) -> Option<Kind> {
    let word = word.to_lowercase();
    if word == "scale" { Some(Kind::Scale) } else { Category::from_word(&word).map(Kind::Text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::standard;

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&write(&standard())).unwrap(), standard());
        let own = read("well: What helped?\n\nHow was: the food?\nscale: How calm was it?").unwrap();
        assert_eq!(own.len(), 3);
        assert_eq!(own[1], Question { text: "How was: the food?".into(), kind: Kind::Text(Category::Other) });
        assert_eq!(own[2].kind, Kind::Scale);
    }

    #[test]
    fn two_to_ten_with_words_to_write() {
        assert_eq!(read("well: One?").unwrap_err(), Refusal::QuestionCount(1));
        assert_eq!(read(&"Why?\n".repeat(11)).unwrap_err(), Refusal::QuestionCount(11));
        assert_eq!(read("scale: One?\nscale: Two?").unwrap_err(), Refusal::NoTextQuestion);
        assert!(matches!(read("well:\nimprove: Two?").unwrap_err(), Refusal::EmptyQuestion(_)));
        assert!(matches!(read(&format!("{}\nTwo?", "x".repeat(201))).unwrap_err(), Refusal::TooLong { .. }));
    }
}
