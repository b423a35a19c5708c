//! The agenda: what was said, by stage and theme, in minutes that add up to the meeting.

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::model::question::{Kind, Question, standard};
use crate::model::stage::STAGES;

/// The principles of the release process.
pub const PRINCIPLES: [(&str, &str); 5] = [
    ("Blameless", "we look at processes, not at people"),
    ("Actionable", "we leave with specific improvements"),
    ("Balanced", "we celebrate successes and find improvements"),
    ("Honest", "this is a safe place for candid words"),
    ("Forward-looking", "we ask what to do differently next time"),
];

/// Norman Kerth's Prime Directive, as the release process reads it out.
pub const PRIME_DIRECTIVE: &str = "Regardless of what we discover, we understand and truly believe that everyone did \
the best job they could, given what they knew at the time, their skills and abilities, the resources available, and \
the situation at hand.";

/// Minutes for each of [`STAGES`]: in proportion, at least one, and exactly `length` together (what
/// rounding leaves over goes to the largest remainders, earlier stages first).
pub fn minutes(length: u32) -> [u32; 6] {
    let total: u32 = STAGES.iter().map(|(_, share)| share).sum();
    let mut out = STAGES.map(|(_, share)| (length * share / total).max(1));
    let mut order: Vec<usize> = (0..STAGES.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(STAGES.get(*i).map_or(0, |(_, share)| length * share % total)));
    let left = length.saturating_sub(out.iter().sum());
    for i in order.into_iter().cycle().take(left as usize) {
        if let Some(slot) = out.get_mut(i) {
            *slot += 1;
        }
    }
    out
}

/// The scores people gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothness {
    /// Mean, 1 to 10, with one decimal.
    pub average: f64,
    pub low: u8,
    pub high: u8,
    pub count: usize,
}

/// `None` where nobody gave a score.
pub fn smoothness(scores: &[u8]) -> Option<Smoothness> {
    let (low, high) = (*scores.iter().min()?, *scores.iter().max()?);
    let sum: u32 = scores.iter().map(|s| u32::from(*s)).sum();
    let average = Decimal::from(sum).checked_div(Decimal::from(scores.len()))?;
    // As it is shown: 7.25 is 7.3 to people, and two averages that read the same are the same.
    let average = average.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero).to_f64()?;
    Some(Smoothness { average, low, high, count: scores.len() })
}

/// The scores of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Rating {
    pub label: String,
    pub score: Smoothness,
}

/// The scores of every question that takes a number, where somebody gave one.
pub fn ratings(questions: &[Question], scores: &[Vec<u8>]) -> Vec<Rating> {
    let standard = standard();
    let scales = questions.iter().filter(|q| q.kind == Kind::Scale);
    let rated = scales.zip(scores).filter_map(|(q, scores)| {
        let label = if standard.contains(q) { "Smoothness" } else { q.text.trim_end_matches('?') };
        Some(Rating { label: label.to_owned(), score: smoothness(scores)? })
    });
    rated.collect()
}

/// How smooth people found the release: the first question that takes a number.
pub fn smooth(questions: &[Question], scores: &[Vec<u8>]) -> Option<Smoothness> {
    questions.iter().any(|q| q.kind == Kind::Scale).then(|| scores.first().and_then(|s| smoothness(s))).flatten()
}

impl std::fmt::Display for Smoothness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scores = crate::text::count(self.count, "score", "scores");
        if self.low == self.high {
            return write!(f, "{:.1}/10 ({scores})", self.average);
        }
        write!(f, "{:.1}/10, {} to {} ({scores})", self.average, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_add_up_for_every_length() {
        for length in 30..=120 {
            let m = minutes(length);
            assert_eq!(m.iter().sum::<u32>(), length, "{m:?}");
            assert!(m.iter().all(|m| *m >= 1));
        }
        assert_eq!(minutes(85), [5, 20, 25, 10, 20, 5]);
        assert_eq!(minutes(60), [4, 14, 18, 7, 14, 3]);
    }

    #[test]
    fn smoothness_has_average_and_spread() {
        assert_eq!(smoothness(&[8, 9, 7]).map(|s| s.to_string()), Some("8.0/10, 7 to 9 (3 scores)".into()));
        assert_eq!(smoothness(&[]), None);
    }
}
