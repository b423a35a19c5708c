//! The themes of a retro: notes that say the same thing, and what people did with them.
//!
//! Rule: until somebody works with a stage its themes follow from the words alone ([`super::likeness`]); the first to vote,
//! merge or dig makes them stand: each note then keeps the number of its theme, and later notes join what is like them.
//! A button names a note, never a theme, so that it means the same after themes were merged or split. What was found out
//! about a theme is shown as long as one of its notes is: words that were taken back are not kept alive by it.

use std::collections::BTreeSet;

use super::{Caller, Card, Change, Decision, Refusal, Reply, likeness};
use crate::ids::{InsightId, NoteId, ThemeId};
use crate::interaction::BlockAction;
use crate::model::note::{Category, Note, WORDLESS};
use crate::model::retro::{Phase, Retro};
use crate::model::stage::STAGES;
use crate::model::theme::{Found, Insight, ThemeData};
use crate::text::{clean, count, cut, esc};

/// Votes of one person in one stage.
pub const VOTES: usize = 3;

/// The longest name of a theme, in characters.
pub const NAME: usize = 150;

/// The longest answer to a question about a theme, in characters.
pub const LONGEST: usize = 500;

/// A theme as it is shown: its words, and the notes behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme<'a> {
    /// Its number, once it stands.
    pub id: Option<ThemeId>,
    /// The name that somebody gave it.
    pub name: Option<&'a str>,
    /// The note that stands for it.
    pub head: &'a Note,
    pub also: Vec<&'a Note>,
    /// Votes, once they are counted.
    pub votes: u32,
    pub insights: Vec<&'a Insight>,
}

impl<'a> Theme<'a> {
    /// How many notes it holds.
    pub fn count(&self) -> usize {
        1 + self.also.len()
    }

    /// Its name, else the words of the note that stands for it.
    pub fn words(&self) -> &'a str {
        self.name.unwrap_or(&self.head.text)
    }

    /// Every note of it.
    pub fn notes(&self) -> impl Iterator<Item = &'a Note> {
        std::iter::once(self.head).chain(self.also.iter().copied())
    }

    /// The notes below its words: where it has a name, the note that stands for it too.
    pub fn below(&self) -> Vec<&'a Note> {
        let head = self.name.map(|_| self.head);
        head.into_iter().chain(self.also.iter().copied()).collect()
    }

    /// ` ×3 · 2 votes`.
    pub fn marks(&self) -> String {
        let times = (self.count() > 1).then(|| format!("×{}", self.count()));
        let votes = (self.votes > 0).then(|| format!("· {}", count(self.votes as usize, "vote", "votes")));
        [times, votes].into_iter().flatten().map(|m| format!(" {m}")).collect()
    }
}

/// The themes of one stage: by votes, then by size.
pub fn themes<'a>(notes: &'a [Note], kept: &'a ThemeData, category: Category) -> Vec<Theme<'a>> {
    let notes: Vec<&Note> = notes.iter().filter(|n| n.category == category).collect();
    // Pictures have nothing in common.
    let texts: Vec<&str> = notes.iter().map(|n| if n.text == WORDLESS { "" } else { n.text.as_str() }).collect();
    let fixed: Vec<Option<ThemeId>> = notes.iter().map(|n| n.theme).collect();
    let shown = |t: likeness::Group| {
        let (head, also) = t.notes.split_first()?;
        let (head, also): (&Note, Vec<&Note>) =
            (notes.get(*head)?, also.iter().filter_map(|i| notes.get(*i).copied()).collect());
        let id = std::iter::once(head).chain(also.iter().copied()).find_map(|n| n.theme);
        Some(Theme {
            id,
            name: id.and_then(|id| kept.names.get(&id)).map(String::as_str),
            head,
            also,
            votes: id.and_then(|id| kept.votes.get(&id)).copied().unwrap_or_default(),
            insights: kept.insights.iter().filter(|i| Some(i.theme) == id).collect(),
        })
    };
    let mut found: Vec<Theme<'_>> = likeness::group_around(&texts, &fixed).into_iter().filter_map(shown).collect();
    found.sort_by_key(|t| std::cmp::Reverse(t.votes));
    found
}

/// A retro with its notes and what people did with them.
#[derive(Debug)]
pub struct ThemeContext<'a> {
    pub retro: &'a Retro,
    /// Its notes that are not hidden.
    pub notes: &'a [Note],
    /// What people gave to their themes.
    pub kept: &'a ThemeData,
}

/// A theme that stands, with its notes.
type Standing = (ThemeId, Vec<NoteId>);

impl ThemeContext<'_> {
    /// Themes are there once the survey is closed.
    pub fn is_open(&self) -> Result<(), Refusal> {
        match self.retro.phase {
            Phase::Agenda | Phase::Meeting => Ok(()),
            Phase::Scheduled | Phase::Collecting => Err(Refusal::NoThemesYet(self.retro.version.clone())),
            Phase::Closed => Err(Refusal::AlreadyOver(self.retro.version.clone(), "finished")),
            Phase::Cancelled => Err(Refusal::AlreadyOver(self.retro.version.clone(), "cancelled")),
        }
    }

    /// The note that a button named.
    pub fn note(&self, id: NoteId) -> Result<&Note, Refusal> {
        self.notes.iter().find(|n| n.id == id).ok_or(Refusal::NoSuchTheme)
    }

    /// The words of the theme that a note is in, escaped and short.
    fn words(&self, id: NoteId) -> Result<String, Refusal> {
        let note = self.note(id)?;
        let found = themes(self.notes, self.kept, note.category);
        let theme = found.iter().find(|t| t.notes().any(|n| n.id == id));
        Ok(esc(&cut(theme.map_or(note.text.as_str(), |t| t.words()), 80)))
    }

    /// Makes the themes of a stage stand, and says what has to be saved for it.
    fn stand(&self, category: Category, ids: &mut dyn FnMut() -> i64) -> (Vec<Change>, Vec<Standing>) {
        let (mut changes, mut out) = (Vec::new(), Vec::new());
        for theme in themes(self.notes, self.kept, category) {
            let id = theme.id.unwrap_or_else(|| ThemeId(ids()));
            for note in theme.notes().filter(|n| n.theme != Some(id)) {
                changes.push(Change::Join { note: note.id, theme: id });
            }
            out.push((id, theme.notes().map(|n| n.id).collect()));
        }
        (changes, out)
    }

    /// What has to be saved so that every note that is shown in a theme of this stage belongs to it.
    pub fn settle(&self, category: Category, ids: &mut dyn FnMut() -> i64) -> Vec<Change> {
        self.stand(category, ids).0
    }

    /// The theme of a note, made to stand.
    pub fn theme_of(&self, note: NoteId, ids: &mut dyn FnMut() -> i64) -> Result<(Vec<Change>, ThemeId), Refusal> {
        self.is_open()?;
        let category = self.note(note)?.category;
        let (changes, standing) = self.stand(category, ids);
        let id = standing.iter().find(|(_, notes)| notes.contains(&note)).map(|(id, _)| *id);
        Ok((changes, id.ok_or(Refusal::NoSuchTheme)?))
    }

    /// The messages that show a stage.
    pub fn cards(&self, category: Category) -> Vec<Card> {
        super::note::shown_in(Some(self.retro), category)
    }
}

/// Votes for a theme, or takes the vote back. `mine` are the caller's votes in this retro that are not counted yet.
pub fn vote(
    context: &ThemeContext<'_>,
    caller: &Caller,
    note: NoteId,
    mine: &[ThemeId],
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    let words = context.words(note)?;
    let (mut changes, theme) = context.theme_of(note, ids)?;
    // Votes of this stage of the meeting only: it may show notes of two kinds.
    let category = context.note(note)?.category;
    let categories =
        STAGES.iter().map(|(stage, _)| stage.categories()).find(|s| s.contains(&category)).unwrap_or_default();
    let themes = categories.iter().flat_map(|s| themes(context.notes, context.kept, *s));
    let voted: Vec<Theme<'_>> = themes.filter(|t| t.id.is_some_and(|id| mine.contains(&id))).collect();
    let given = voted.len();
    let back = mine.contains(&theme);
    if !back && given >= VOTES {
        let words: Vec<String> = voted.iter().map(|t| format!("“{}”", esc(&cut(t.words(), 60)))).collect();
        return Err(Refusal::NoVotesLeft(words.join(", ")));
    }
    let left = if back { VOTES + 1 - given } else { VOTES - 1 - given };
    changes.push(Change::Vote { retro: context.retro.id, theme, user: caller.person.id.clone(), given: !back });
    let left = count(left, "vote", "votes");
    let said = if back {
        format!("Vote for “{words}” removed; you have {left} left.")
    } else {
        format!("Voted for “{words}”; you have {left} left. Press Upvote again to undo.")
    };
    Ok(Decision { changes, reply: Some(Reply::new(said)), ..Decision::default() })
}

/// What the facilitator wants of the themes of a stage.
#[derive(Debug, Default)]
pub struct Arranged {
    /// Themes, each by one of its notes; more than one are merged.
    pub themes: Vec<NoteId>,
    pub name: String,
    pub to: Option<Category>,
    /// Notes that leave their theme: each becomes its own.
    pub out: Vec<NoteId>,
}

/// Merges, renames, moves and splits themes of a stage.
pub fn arrange(
    context: &ThemeContext<'_>,
    caller: &Caller,
    category: Category,
    wanted: &Arranged,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    caller.must_lead(context.retro)?;
    context.is_open()?;
    let name = cut(clean(&wanted.name).trim(), NAME);
    let to = wanted.to.filter(|to| *to != category);
    is_clear(wanted, &name, to)?;
    let (mut changes, standing) = context.stand(category, ids);
    let mut said = Vec::new();
    let chosen: BTreeSet<ThemeId> = standing
        .iter()
        .filter(|(_, notes)| notes.iter().any(|n| wanted.themes.contains(n)))
        .map(|(id, _)| *id)
        .collect();
    if chosen.is_empty() && !wanted.themes.is_empty() {
        return Err(Refusal::NoSuchTheme);
    }
    if chosen.len() == 1 && name.is_empty() && to.is_none() && wanted.out.is_empty() {
        return Err(Refusal::WhichTheme);
    }
    let picked: Vec<&Standing> = standing.iter().filter(|(id, _)| chosen.contains(id)).collect();
    let moved: Vec<NoteId> =
        picked.iter().flat_map(|(_, notes)| notes).copied().filter(|n| !wanted.out.contains(n)).collect();
    said.extend(joined(context, &picked, &moved, name, to, &mut changes));
    let out: Vec<NoteId> =
        wanted.out.iter().copied().filter(|n| context.note(*n).is_ok_and(|n| n.category == category)).collect();
    let rest = Rest { standing: &standing, picked: &picked, moved: &moved };
    let split = out.iter().filter(|note| !rest.has_heir(**note, &wanted.out));
    changes.extend(split.map(|note| Change::Join { note: *note, theme: ThemeId(ids()) }));
    if !out.is_empty() {
        let notes = count(out.len(), "note is a theme", "notes are themes");
        said.push(format!("{notes} of {} own now", if out.len() == 1 { "its" } else { "their" }));
    }
    let mut cards = context.cards(category);
    if let Some(to) = to.filter(|_| !moved.is_empty()) {
        cards.extend(context.cards(to));
    }
    let said = sentence(&said);
    Ok(Decision { changes, cards, reply: Some(Reply::new(said)), ..Decision::default() })
}

/// Refuses a request that chose nothing, or does not say which theme it means.
fn is_clear(wanted: &Arranged, name: &str, to: Option<Category>) -> Result<(), Refusal> {
    if wanted.themes.is_empty() && wanted.out.is_empty() {
        return Err(Refusal::NothingChosen);
    }
    let only_names = wanted.themes.is_empty() && (!name.is_empty() || to.is_some());
    let one_alone = wanted.themes.len() == 1 && name.is_empty() && to.is_none() && wanted.out.is_empty();
    if only_names || one_alone {
        return Err(Refusal::WhichTheme);
    }
    Ok(())
}

/// The chosen themes become one, with a name and in the category that were asked for. Returns what was done, in words.
fn joined(
    context: &ThemeContext<'_>,
    picked: &[&Standing],
    moved: &[NoteId],
    name: String,
    to: Option<Category>,
    changes: &mut Vec<Change>,
) -> Vec<String> {
    let mut said = Vec::new();
    let Some((first, _)) = picked.first() else { return said };
    for (id, notes) in picked.iter().skip(1) {
        changes.extend(notes.iter().map(|note| Change::Join { note: *note, theme: *first }));
        changes.push(Change::MergeTheme { from: *id, into: *first });
    }
    if picked.len() > 1 {
        said.push(format!("{} themes are one now", picked.len()));
    }
    if !name.is_empty() {
        said.push(format!("it is called “{}”", esc(&name)));
        changes.push(Change::NameTheme { retro: context.retro.id, theme: *first, name });
    }
    if let Some(to) = to {
        for note in moved {
            changes.push(Change::FileNote { id: *note, category: to });
            changes.push(Change::Join { note: *note, theme: *first });
        }
        // Votes are counted by stage: whoever gave one here has it back.
        changes.push(Change::ClearVotes { theme: *first });
        said.push(format!("it stands under “{}” now", to.title()));
    }
    said
}

/// What the themes are once some are joined.
struct Rest<'a> {
    standing: &'a [Standing],
    /// Those that were chosen, the first of which stays.
    picked: &'a [&'a Standing],
    /// The notes of the chosen themes that do not leave.
    moved: &'a [NoteId],
}

impl Rest<'_> {
    /// Whether the note keeps its theme although it should leave. If all notes of a theme leave, the first one keeps
    /// it, with its name and what was found out.
    fn has_heir(&self, note: NoteId, leaving: &[NoteId]) -> bool {
        self.standing.iter().find(|(_, notes)| notes.contains(&note)).is_some_and(|(id, notes)| {
            let is_chosen = self.picked.iter().any(|(chosen, _)| chosen == id);
            let is_empty = if is_chosen {
                self.picked.first().is_some_and(|(first, _)| first == id) && self.moved.is_empty()
            } else {
                notes.iter().all(|n| leaving.contains(n))
            };
            is_empty && notes.first() == Some(&note)
        })
    }
}

/// What was done, as a sentence.
fn sentence(said: &[String]) -> String {
    let said = said.join("; ");
    let mut letters = said.chars();
    let said = letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
    format!("{said}.")
}

fn tidy(text: &str) -> String {
    cut(clean(text).trim(), LONGEST)
}

/// Keeps what was found out about the theme of a note.
pub fn dig(
    context: &ThemeContext<'_>,
    note: NoteId,
    found: Found,
    ids: &mut dyn FnMut() -> i64,
) -> Result<(Decision, InsightId), Refusal> {
    let found = match found {
        Found::Worked(why) => Found::Worked(tidy(&why)),
        Found::Cause { impact, cause, prevention } => {
            Found::Cause { impact: tidy(&impact), cause: tidy(&cause), prevention: tidy(&prevention) }
        }
        Found::Whys { problem, whys, root } => Found::Whys {
            problem: tidy(&problem),
            whys: whys.iter().map(|w| tidy(w)).filter(|w| !w.is_empty()).collect(),
            root: tidy(&root),
        },
    };
    if found.lines().is_empty() {
        return Err(Refusal::EmptyAnswers);
    }
    let category = context.note(note)?.category;
    let words = context.words(note)?;
    let (mut changes, theme) = context.theme_of(note, ids)?;
    let id = InsightId(ids());
    changes.push(Change::AddInsight { retro: context.retro.id, insight: Insight { id, theme, found } });
    let reply = Some(Reply::new(format!("Kept with “{words}”.")));
    Ok((Decision { changes, cards: context.cards(category), reply, ..Decision::default() }, id))
}

/// Takes what was found out about a theme out of sight, or back, without a word of who wrote it.
pub fn hide(context: &ThemeContext<'_>, id: InsightId, caller: &Caller, hidden: bool) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    let mut said = Reply::new(match (hidden, retro.phase) {
        (false, _) => "The answer is shown again.",
        (true, Phase::Closed) => {
            "The answer is hidden. The document in the thread still has it: please delete that file."
        }
        (true, _) => "The answer is hidden, here and in the document.",
    });
    if hidden {
        said = said.button("Show it again", BlockAction::ShowInsight { retro: retro.id, insight: id });
    }
    let picked = STAGES.iter().enumerate().filter(|(_, (stage, _))| !stage.categories().is_empty());
    Ok(Decision {
        changes: vec![Change::HideInsight { retro: retro.id, id, hidden }],
        cards: picked.map(|(stage, _)| Card::Stage { retro: retro.id, stage, page: 0 }).collect(),
        reply: Some(said),
        ..Decision::default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::retro::tests::{self, retro};

    fn note(id: i64, category: Category, text: &str, theme: Option<i64>) -> Note {
        Note { theme: theme.map(ThemeId), ..tests::note(id, category, text) }
    }

    fn lead() -> Caller {
        tests::caller("U1")
    }

    fn board_of(notes: &[Note], then: impl FnOnce(&ThemeContext<'_>)) {
        let now = "2026-11-20T09:00:00Z".parse().unwrap();
        let retro = Retro { phase: Phase::Meeting, ..retro(now, now) };
        then(&ThemeContext { retro: &retro, notes, kept: ThemeData::nothing() });
    }

    #[test]
    fn three_votes_and_one_can_be_taken_back() {
        let notes: Vec<Note> = (1..6).map(|n| note(n, Category::Improve, &format!("thing{n}"), Some(n * 10))).collect();
        board_of(&notes, |context| {
            let mut ids = || 99;
            let mine = [ThemeId(10), ThemeId(20), ThemeId(30)];
            let mut vote = |n, mine: &[ThemeId]| vote(context, &lead(), NoteId(n), mine, &mut ids);
            assert!(matches!(vote(4, &mine), Err(Refusal::NoVotesLeft(on)) if on == "“thing1”, “thing2”, “thing3”"));
            let back = vote(1, &mine).unwrap();
            assert!(matches!(back.changes[..], [Change::Vote { given: false, theme: ThemeId(10), .. }]));
            assert!(back.reply.unwrap().text.contains("1 vote left"));
            // Votes in another stage do not count here.
            let elsewhere = [ThemeId(777), ThemeId(778), ThemeId(779)];
            assert!(vote(4, &elsewhere).unwrap().reply.unwrap().text.contains("2 votes left"));
            assert!(matches!(vote(9, &[]), Err(Refusal::NoSuchTheme)));
        });
    }

    #[test]
    fn notes_of_two_kinds_share_the_votes_of_their_stage() {
        let mut notes: Vec<Note> =
            (1..4).map(|n| note(n, Category::Surprise, &format!("thing{n}"), Some(n * 10))).collect();
        notes.push(note(4, Category::Other, "thing4", None));
        board_of(&notes, |context| {
            let mine = [ThemeId(10), ThemeId(20), ThemeId(30)];
            assert!(matches!(vote(context, &lead(), NoteId(4), &mine, &mut || 99), Err(Refusal::NoVotesLeft(_))));
            assert!(
                vote(context, &lead(), NoteId(4), &mine[..2], &mut || 99)
                    .unwrap()
                    .reply
                    .unwrap()
                    .text
                    .contains("0 votes")
            );
        });
    }

    #[test]
    fn themes_are_merged_named_moved_and_split() {
        let notes = [
            note(1, Category::Improve, "Backups took longer", None),
            note(2, Category::Improve, "backup took long", None),
            note(3, Category::Improve, "Alerts at night", None),
            note(4, Category::Improve, "Nobody knew who decides", None),
        ];
        board_of(&notes, |context| {
            let mut next = 100;
            let mut ids = || {
                next += 1;
                next
            };
            let wanted = Arranged {
                themes: vec![NoteId(1), NoteId(3)],
                name: "Operations".into(),
                to: Some(Category::Surprise),
                out: vec![NoteId(2)],
            };
            let done = arrange(context, &lead(), Category::Improve, &wanted, &mut ids).unwrap();
            // What is saved last counts.
            let mut of: BTreeMap<NoteId, ThemeId> = BTreeMap::new();
            let mut filed = Vec::new();
            for change in &done.changes {
                match change {
                    Change::Join { note, theme } => {
                        of.insert(*note, *theme);
                    }
                    Change::FileNote { id, category: Category::Surprise } => filed.push(*id),
                    _ => {}
                }
            }
            assert_eq!(of[&NoteId(1)], of[&NoteId(3)]);
            assert!(of[&NoteId(2)] != of[&NoteId(1)] && of[&NoteId(4)] != of[&NoteId(1)]);
            filed.sort();
            assert_eq!(filed, [NoteId(1), NoteId(3)]);
            assert_eq!(
                done.reply.unwrap().text,
                "2 themes are one now; it is called “Operations”; it stands under “Surprises and learnings” now; 1 note is a theme of its own now."
            );
            let nothing = arrange(context, &lead(), Category::Improve, &Arranged::default(), &mut ids);
            assert!(matches!(nothing, Err(Refusal::NothingChosen)));
            let alone = Arranged { themes: vec![NoteId(1)], ..Arranged::default() };
            assert!(matches!(arrange(context, &lead(), Category::Improve, &alone, &mut ids), Err(Refusal::WhichTheme)));
            let other = tests::caller("U2");
            assert!(matches!(
                arrange(context, &other, Category::Improve, &wanted, &mut ids),
                Err(Refusal::FacilitatorOnly { .. })
            ));
        });
    }

    #[test]
    fn what_stands_stays_and_what_comes_joins() {
        let notes = [
            note(1, Category::Well, "smooth deploy", Some(5)),
            note(2, Category::Well, "Deployment went smoothly", None),
            note(3, Category::Well, "Great plan", Some(6)),
        ];
        let kept = ThemeData {
            names: [(ThemeId(6), "Planning".to_owned())].into(),
            votes: [(ThemeId(6), 2)].into(),
            insights: vec![],
        };
        let found = themes(&notes, &kept, Category::Well);
        let shown: Vec<(&str, usize, String)> = found.iter().map(|t| (t.words(), t.count(), t.marks())).collect();
        assert_eq!(shown, [("Planning", 1, " · 2 votes".into()), ("smooth deploy", 2, " ×2".into())]);
        assert_eq!(found[0].below().len(), 1);
    }
}
