//! What keeps coming back: themes of this retro that earlier ones had too, and the ladder that they climb.
//!
//! Rule: likeness is the agenda's own ([`super::likeness`]). Seen for the second time a theme is flagged; from the third time
//! on a named person is asked four questions when the retro is finished, and what they say is shown the next time.
//! A finished retro keeps its themes, so that only the last [`WINDOW`] retros are looked at, however many there were.

use super::theme::themes;
use super::{Caller, Card, Change, Decision, Refusal, Reply, likeness};
use crate::ids::{NoteId, RetroId, UserId};
use crate::model::escalation::{Answers, Escalation};
use crate::model::note::{Category, Note};
use crate::model::person::Person;
use crate::model::retro::Retro;
use crate::model::settings::Settings;
use crate::model::theme::ThemeData;
use crate::text::{GONE, bold, clean, cut, mention};

/// So many finished retros are looked at.
pub const WINDOW: i64 = 12;

/// Themes kept of a retro, the largest.
const MOST: usize = 40;

/// From this time on a theme is brought before a person.
pub const ESCALATES: usize = 3;

/// The longest answer, in characters.
pub const LONGEST: usize = 500;

/// A theme of a finished retro.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub retro: RetroId,
    pub version: String,
    /// Names the theme through all retros: the first note of its kind.
    pub root: NoteId,
    pub text: String,
}

/// A theme of this retro that earlier ones had too.
#[derive(Clone, Debug)]
pub struct Recurring {
    /// The note that stands for it now.
    pub head: NoteId,
    pub text: String,
    /// See [`Earlier::root`].
    pub root: NoteId,
    /// The earlier retros that had it, the oldest first: id, version, and where they stand.
    pub seen: Vec<(RetroId, String, Option<String>)>,
    /// What was said to it the last time.
    pub said: Option<Escalation>,
}

impl Recurring {
    /// How often it came up, with this time.
    pub fn times(&self) -> usize {
        self.seen.len() + 1
    }

    /// `v1.9.0, v2.0.0`.
    pub fn versions(&self) -> String {
        self.seen.iter().map(|(_, version, _)| version.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// `for the 3rd time`.
    pub fn ordinal(&self) -> String {
        let n = self.times();
        let ending = match (n % 100, n % 10) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        format!("for the {n}{ending} time")
    }
}

/// Looks for the themes of `notes` among `earlier` ones (the oldest retro first). Praise that comes back is no issue.
pub fn find(notes: &[Note], earlier: &[Earlier]) -> Vec<Recurring> {
    let mut out: Vec<Recurring> = Vec::new();
    for (note, root) in matched(notes, earlier) {
        let Some(root) = root else { continue };
        if out.iter().any(|r| r.root == root) {
            continue;
        }
        let mut seen: Vec<(RetroId, String, Option<String>)> = Vec::new();
        for e in earlier.iter().filter(|e| e.root == root) {
            if !seen.iter().any(|(retro, ..)| *retro == e.retro) {
                seen.push((e.retro, e.version.clone(), None));
            }
        }
        out.push(Recurring { head: note.id, text: note.text.clone(), root, seen, said: None });
    }
    out.sort_by_key(|r| std::cmp::Reverse(r.times()));
    out
}

/// Each theme of what could be better with the earlier theme that is most like it.
fn matched<'a>(notes: &'a [Note], earlier: &[Earlier]) -> Vec<(&'a Note, Option<NoteId>)> {
    let known: Vec<_> = earlier.iter().map(|e| likeness::stems(&e.text)).collect();
    let mut out = Vec::new();
    for category in [Category::Improve, Category::Change] {
        for theme in themes(notes, ThemeData::nothing(), category).into_iter().take(MOST) {
            let mine: Vec<_> =
                std::iter::once(&theme.head).chain(&theme.also).map(|n| likeness::stems(&n.text)).collect();
            let like = |theirs| mine.iter().map(|m| likeness::alike(m, theirs)).fold(0.0, f64::max);
            let best = known.iter().map(like).zip(earlier).max_by(|(a, _), (b, _)| a.total_cmp(b));
            let root = best.filter(|(likeness, _)| *likeness >= likeness::ALIKE).map(|(_, e)| e.root);
            out.push((theme.head, root));
        }
    }
    out
}

/// The themes that are kept of a retro: the note that stands for each, and the first of its kind.
pub fn kept(notes: &[Note], earlier: &[Earlier]) -> Vec<(NoteId, NoteId)> {
    matched(notes, earlier).into_iter().take(MOST).map(|(note, root)| (note.id, root.unwrap_or(note.id))).collect()
}

/// A retro is finished: its themes are kept, and what came up too often goes to a person.
pub fn settle(retro: &Retro, notes: &[Note], earlier: &[Earlier], settings: &Settings) -> Decision {
    let themes = kept(notes, earlier);
    let named = settings.escalate_to.as_ref().filter(|u| !u.as_str().starts_with(GONE));
    let user = named.unwrap_or(&retro.facilitator);
    let mut decision = Decision {
        changes: vec![Change::KeepThemes { retro: retro.id, channel: retro.channel.clone(), themes }],
        ..Decision::default()
    };
    for again in find(notes, earlier).iter().filter(|r| r.times() >= ESCALATES) {
        let escalation =
            Escalation { root: again.root, retro: retro.id, user: user.clone(), answers: None, answered_by: None };
        decision.changes.push(Change::Escalate { channel: retro.channel.clone(), escalation });
        decision.cards.push(Card::Escalation { retro: retro.id, root: again.root, user: user.clone() });
    }
    decision
}

/// Keeps what was said.
pub fn answer(e: &Escalation, retro: &Retro, caller: &Caller, answers: Answers) -> Result<Decision, Refusal> {
    caller.may_answer(&e.user, retro)?;
    let tidy = |text: &str| cut(clean(text).trim(), LONGEST);
    let [time, responsible, solvable, why] = answers.in_order().map(tidy);
    let answers = Answers { time, responsible, solvable, why };
    if answers == Answers::default() {
        return Err(Refusal::EmptyAnswers);
    }
    let said = Escalation { answers: Some(answers), answered_by: Some(caller.person.id.clone()), ..e.clone() };
    Ok(Decision {
        cards: vec![Card::Escalation { retro: e.retro, root: e.root, user: e.user.clone() }],
        changes: vec![Change::Escalate { channel: retro.channel.clone(), escalation: said }],
        reply: Some(Reply::new("Thank you. Your answers are saved and shown if it comes up again.")),
        ..Decision::default()
    })
}

/// Somebody else is named.
pub fn hand_on(e: &Escalation, retro: &Retro, caller: &Caller, to: &Person, here: bool) -> Result<Decision, Refusal> {
    caller.may_answer(&e.user, retro)?;
    if !to.reachable() || to.external {
        return Err(Refusal::NotAPerson(mention(&to.id)));
    }
    if !here {
        return Err(Refusal::NotInChannel(mention(&to.id)));
    }
    let card = |user: &UserId| Card::Escalation { retro: e.retro, root: e.root, user: user.clone() };
    let handed = Escalation { user: to.id.clone(), ..e.clone() };
    Ok(Decision {
        cards: vec![card(&e.user), card(&to.id)],
        changes: vec![Change::Escalate { channel: retro.channel.clone(), escalation: handed }],
        reply: Some(Reply::new(format!(
            "I asked {} about it, for the retro for {}.",
            mention(&to.id),
            bold(&retro.version)
        ))),
        ..Decision::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retro::tests::note;

    fn earlier(retro: i64, root: i64, text: &str) -> Earlier {
        Earlier { retro: RetroId(retro), version: format!("v{retro}"), root: NoteId(root), text: text.into() }
    }

    #[test]
    fn what_came_up_before_is_found_by_likeness_and_counted_by_retro() {
        let before = [
            earlier(1, 10, "The backup took an hour"),
            earlier(2, 10, "Backups took hours"),
            earlier(2, 20, "Alerts are noisy"),
        ];
        let now = [
            note(1, Category::Improve, "Backup took an hour again"),
            note(2, Category::Change, "The backups took hours"),
            note(3, Category::Improve, "Nobody knew the runbook"),
            note(4, Category::Well, "Alerts are noisy"),
        ];
        let found = find(&now, &before);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].root, found[0].versions().as_str(), found[0].times()), (NoteId(10), "v1, v2", 3));
        assert_eq!(found[0].ordinal(), "for the 3rd time");
        assert!(find(&now, &[]).is_empty());
    }
}
