//! Themes: notes that say the same thing in like words, grouped. Deterministic, and no further:
//! it compares stems, it does not understand.
//!
//! Each note becomes its set of word stems (English Snowball, without stop words). The two most
//! alike groups are joined, by the average likeness of their notes, until none is alike enough.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

/// The least average likeness (0 to 1) at which groups are joined: "deployment went smoothly" and
/// "smooth deploy" reach 1, notes that share one word of three do not reach it.
pub const ALIKE: f64 = 0.55;

/// More notes than this are grouped only where they are equal in stems: the cost grows with the
/// square, and nobody reads that many themes.
const MANY: usize = 600;

const STOP: &str = "a about after again all also am an and any are as at be because been before being but by can \
could did do does doing done for from get got had has have having he her here him his how i if in into is it its \
just like lot made make many me more most much my of on or our out over really she so some such than that the \
their them then there these they thing things this those through to too took under up us very was we went were \
what when where which while who why will with would you your";

static STOPS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| STOP.split_whitespace().collect());

/// A group of notes, by their position in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The note whose words stand for all: the one most like the others, the shortest of those.
    pub head: usize,
    /// Every note of it, the head first.
    pub notes: Vec<usize>,
}

/// The stems of `text` that carry meaning; all its words where nothing else is left.
pub fn stems(text: &str) -> BTreeSet<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    let meaning: BTreeSet<String> =
        words.iter().filter(|w| !STOPS.contains(w.as_str())).map(|w| stemmer.stem(w).into_owned()).collect();
    if meaning.is_empty() { words.into_iter().collect() } else { meaning }
}

/// Likeness of two sets of stems: cosine of their word vectors, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "word counts are small")]
pub fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    if shared == 0 {
        return 0.0;
    }
    shared as f64 / ((a.len() * b.len()) as f64).sqrt()
}

/// Likeness of two texts, 0 to 1.
pub fn likeness(a: &str, b: &str) -> f64 {
    alike(&stems(a), &stems(b))
}

/// Groups `notes`, largest group first; groups of a size stand in the order of their first note.
pub fn group(notes: &[&str]) -> Vec<Group> {
    let sets: Vec<BTreeSet<String>> = notes.iter().map(|n| stems(n)).collect();
    // Equal stems are one theme at once, which also keeps the pairs few.
    let mut same: BTreeMap<&BTreeSet<String>, Vec<usize>> = BTreeMap::new();
    for (i, set) in sets.iter().enumerate() {
        same.entry(set).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = same.into_values().collect();
    groups.sort();
    if groups.len() <= MANY {
        join(&mut groups, &sets);
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|g| group_of(g, &sets, notes)).collect();
    groups.sort_by_key(|t| (std::cmp::Reverse(t.notes.len()), t.notes.iter().min().copied()));
    groups
}

/// As [`group`], around groups that stand already: `fixed` names the group of a note that has one. A note
/// without one joins the group that it is most like, if that is alike enough, or one with its like.
#[expect(clippy::indexing_slicing, reason = "indices come from the same vectors")]
#[expect(clippy::cast_precision_loss, reason = "group sizes are small")]
pub fn group_around<K: Ord + Copy>(notes: &[&str], fixed: &[Option<K>]) -> Vec<Group> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (i, key) in fixed.iter().enumerate() {
        if let Some(key) = key {
            groups.entry(*key).or_default().push(i);
        }
    }
    if groups.is_empty() {
        return group(notes);
    }
    let sets: Vec<BTreeSet<String>> = notes.iter().map(|n| stems(n)).collect();
    let free: Vec<usize> = (0..notes.len()).filter(|i| fixed.get(*i).is_none_or(Option::is_none)).collect();
    let words: Vec<&str> = free.iter().map(|i| notes[*i]).collect();
    let mut settled: Vec<Vec<usize>> = groups.into_values().collect();
    let standing = settled.len();
    for found in group(&words) {
        let mine: Vec<usize> = found.notes.iter().map(|i| free[*i]).collect();
        let mean = |group: &[usize]| {
            let all = group.iter().flat_map(|a| mine.iter().map(|b| alike(&sets[*a], &sets[*b])));
            all.sum::<f64>() / (group.len() * mine.len()) as f64
        };
        let best = (0..standing).map(|g| (g, mean(&settled[g]))).filter(|(_, likeness)| *likeness >= ALIKE);
        match best.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) {
            Some((g, _)) => settled[g].extend(mine),
            None => settled.push(mine),
        }
    }
    let mut groups: Vec<Group> = settled.into_iter().map(|g| group_of(g, &sets, notes)).collect();
    groups.sort_by_key(|t| (std::cmp::Reverse(t.notes.len()), t.notes.iter().min().copied()));
    groups
}

/// Joins the most alike pair until no pair is alike enough. Average likeness follows from the sums
/// of both sides (Lance-Williams), so each join costs one pass.
#[expect(clippy::cast_precision_loss, reason = "group sizes are small")]
#[expect(clippy::indexing_slicing, reason = "indices come from the ranges of the same vectors")]
#[expect(clippy::needless_range_loop, reason = "both halves of a symmetric table are written")]
fn join(groups: &mut Vec<Vec<usize>>, sets: &[BTreeSet<String>]) {
    let mut likeness: Vec<Vec<f64>> =
        groups.iter().map(|a| groups.iter().map(|b| alike(&sets[a[0]], &sets[b[0]])).collect()).collect();
    loop {
        let mut best = (ALIKE, None);
        for a in 0..groups.len() {
            for b in a + 1..groups.len() {
                if likeness[a][b] > best.0 {
                    best = (likeness[a][b], Some((a, b)));
                }
            }
        }
        let Some((a, b)) = best.1 else { return };
        let (na, nb) = (groups[a].len() as f64, groups[b].len() as f64);
        for c in 0..groups.len() {
            let mean = (likeness[a][c] * na + likeness[b][c] * nb) / (na + nb);
            likeness[a][c] = mean;
            likeness[c][a] = mean;
        }
        let gone = groups.remove(b);
        groups[a].extend(gone);
        groups[a].sort_unstable();
        likeness.remove(b);
        for row in &mut likeness {
            row.remove(b);
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "indices come from the same vectors")]
fn group_of(mut group: Vec<usize>, sets: &[BTreeSet<String>], notes: &[&str]) -> Group {
    let total = |i: usize| group.iter().map(|j| alike(&sets[i], &sets[*j])).sum::<f64>();
    let head = group
        .iter()
        .copied()
        .min_by(|a, b| {
            total(*b)
                .total_cmp(&total(*a))
                .then(notes[*a].chars().count().cmp(&notes[*b].chars().count()))
                .then(a.cmp(b))
        })
        .unwrap_or_default();
    group.retain(|i| *i != head);
    group.insert(0, head);
    Group { head, notes: group }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_words_are_one_theme_and_others_are_not() {
        let notes = [
            "Deployment went smoothly",
            "The backup took longer than planned",
            "smooth deploy",
            "Too many false positive alerts",
            "Backups took longer",
            "Smoke tests were manual",
        ];
        let groups = group(&notes);
        let sets: Vec<Vec<usize>> = groups.iter().map(|t| t.notes.clone()).collect();
        assert_eq!(sets, [vec![2, 0], vec![4, 1], vec![3], vec![5]]);
    }

    #[test]
    fn order_does_not_matter_and_scripts_survive() {
        let notes = ["デプロイは順調", "デプロイは順調", "🎉", "it was what it was"];
        let groups = group(&notes);
        assert_eq!(groups[0].notes, [0, 1]);
        assert_eq!(groups.len(), 3);
    }

    #[test]
    fn groups_that_stand_stay_and_take_what_is_like_them() {
        let notes =
            ["smooth deploy", "Alerts at night", "Deployment went smoothly", "Backups took longer", "slow backup"];
        // Somebody put the first two together, against their words.
        let groups = group_around(&notes, &[Some(7), Some(7), None, Some(9), None]);
        let mut sets: Vec<Vec<usize>> = groups.iter().map(|t| t.notes.clone()).collect();
        sets.iter_mut().for_each(|s| s.sort_unstable());
        // One word of two is not alike enough for either.
        assert_eq!(sets, [vec![0, 1], vec![2], vec![3], vec![4]]);
        let groups = group_around(&notes, &[Some(7), None, None, Some(9), None]);
        assert_eq!(groups[0].notes.len(), 2);
        assert!(groups[0].notes.contains(&0) && groups[0].notes.contains(&2));
    }

    proptest::proptest! {
        #[test]
        fn every_note_has_one_group_around_others(notes in proptest::collection::vec((".{0,20}", proptest::option::of(0..3u8)), 0..25)) {
            let refs: Vec<&str> = notes.iter().map(|(n, _)| n.as_str()).collect();
            let fixed: Vec<Option<u8>> = notes.iter().map(|(_, k)| *k).collect();
            let groups = group_around(&refs, &fixed);
            let mut seen: Vec<usize> = groups.iter().flat_map(|t| t.notes.clone()).collect();
            seen.sort_unstable();
            proptest::prop_assert_eq!(seen, (0..notes.len()).collect::<Vec<_>>());
            for t in &groups {
                let mut keys: Vec<u8> = t.notes.iter().filter_map(|i| fixed[*i]).collect();
                keys.dedup();
                proptest::prop_assert!(keys.len() <= 1);
            }
        }
        #[test]
        fn every_note_is_in_exactly_one_theme(notes in proptest::collection::vec(".{0,30}", 0..25)) {
            let refs: Vec<&str> = notes.iter().map(String::as_str).collect();
            let mut seen: Vec<usize> = group(&refs).into_iter().flat_map(|t| t.notes).collect();
            seen.sort_unstable();
            proptest::prop_assert_eq!(seen, (0..notes.len()).collect::<Vec<_>>());
        }
    }
}
