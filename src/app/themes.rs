//! What is done with themes: votes, questions, the 5 Whys, and a facilitator's arranging.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, done};
use super::{meeting, new_items, pick, survey};
use crate::bot::Bot;
use crate::slack::view::forms::field;
use crate::slack::view::theme_forms::{self, at};
use crate::store::{Tx, meetings, notes, votes};
use lookback_core::command::ActionText;
use lookback_core::ids::{ChannelId, InsightId, NoteId, RetroId};
use lookback_core::interaction::BlockAction;
use lookback_core::model::note::{Category, Note};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::stage::STAGES;
use lookback_core::model::theme::{Found, ThemeData};
use lookback_core::retro::action::MAX_TEXT;
use lookback_core::retro::note::{self, NewNote};
use lookback_core::retro::theme::{self, Arranged, Theme, ThemeContext};
use lookback_core::retro::{Caller, Change, Decision, Refusal, Reply, blame};
use lookback_core::text::{cut, esc, unesc};

/// A retro with its notes and themes, read.
pub(super) struct LoadedThemes {
    pub(super) retro: Retro,
    pub(super) notes: Vec<Note>,
    pub(super) data: ThemeData,
}

impl LoadedThemes {
    async fn load(tx: &mut Tx, retro: Retro) -> sqlx::Result<Self> {
        let (notes, data) = (notes::of_retro(tx, retro.id).await?, meetings::kept(tx, retro.id).await?);
        Ok(Self { retro, notes, data })
    }

    pub(super) fn context(&self) -> ThemeContext<'_> {
        ThemeContext { retro: &self.retro, notes: &self.notes, kept: &self.data }
    }

    /// Why something about the theme of a note is to be done: its root cause where one was found, else the note's words.
    pub(super) fn why(&self, note: NoteId) -> Result<String, Refusal> {
        let note = self.context().note(note)?.clone();
        let found = self.themes(note.category).into_iter().find(|t| t.notes().any(|n| n.id == note.id));
        let cause = found.iter().flat_map(|t| &t.insights).rev().find_map(|i| root(&i.found));
        Ok(cause.unwrap_or(note.text))
    }

    pub(super) fn themes(&self, category: Category) -> Vec<Theme<'_>> {
        theme::themes(&self.notes, &self.data, category)
    }
}

fn root(found: &Found) -> Option<String> {
    found.cause().map(|c| format!("Root cause: {c}"))
}

/// The caller as who takes part, and the retro with its themes.
pub(super) async fn taking_part(cx: &mut Cx<'_>, retro: RetroId) -> Result<(Caller, LoadedThemes), Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.taking_part(&retro).await?;
    let loaded = LoadedThemes::load(cx.tx, retro).await?;
    Ok((caller, loaded))
}

/// Saves the theme of the notes that are shown with this one, before it moves to another category and leaves them
/// behind.
pub async fn settled(
    bot: &Bot,
    tx: &mut Tx,
    retro: Option<&Retro>,
    note: &Note,
    mut decision: Decision,
) -> sqlx::Result<Decision> {
    let moves = decision.changes.iter().any(|c| matches!(c, Change::FileNote { .. }));
    if let (true, Some(retro), true) = (moves, retro, note.theme.is_some()) {
        let loaded = LoadedThemes::load(tx, retro.clone()).await?;
        let before = loaded.context().settle(note.category, &mut || bot.rng.id());
        decision.changes.splice(0..0, before);
    }
    Ok(decision)
}

pub fn must_be_open(retro: &Retro) -> Result<(), Refusal> {
    if retro.phase.is_open() { Ok(()) } else { Err(Refusal::AlreadyOver(retro.version.clone(), "over")) }
}

/// Opens the form for a note.
pub async fn open_note(cx: &mut Cx<'_>, retro: RetroId, category: Category) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    must_be_open(&loaded.retro)?;
    Ok(Outcome::open(theme_forms::note(&loaded.retro, category, "", None)))
}

/// `Upvote`.
pub async fn upvote(cx: &mut Cx<'_>, retro: RetroId, note: NoteId) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    let context = loaded.context();
    let category = context.note(note)?.category;
    let meeting = meetings::of_retro(cx.tx, loaded.retro.id).await?;
    let meeting = meeting.filter(|_| loaded.retro.phase == Phase::Meeting);
    let stage = STAGES.iter().find(|(stage, _)| stage.categories().contains(&category)).map(|(stage, _)| *stage);
    if !meeting.zip(stage).is_some_and(|(m, stage)| m.takes_votes(stage)) {
        return Err(Refusal::VotesCounted.into());
    }
    let mine = votes::of_person(cx.tx, loaded.retro.id, &cx.request.user).await?;
    done(theme::vote(&context, &caller, note, &mine, &mut || cx.bot.rng.id()))
}

/// Opens the questions about the theme of a note.
pub async fn open_questions(cx: &mut Cx<'_>, retro: RetroId, note: NoteId) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    let context = loaded.context();
    context.is_open()?;
    Ok(Outcome::open(theme_forms::dig(&loaded.retro, context.note(note)?)))
}

/// `What would fix it?`: an action item with the theme as its reason.
pub async fn fix(cx: &mut Cx<'_>, retro: RetroId, note: NoteId) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    // Owners and those who name them are of this company.
    cx.member(&loaded.retro.channel).await?;
    let why = loaded.why(note)?;
    Ok(item_because(cx, &loaded.retro, &why))
}

/// An action item with a root cause as its reason.
pub async fn fix_cause(cx: &mut Cx<'_>, retro: RetroId, insight: InsightId) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    cx.member(&loaded.retro.channel).await?;
    let found = loaded.data.insights.iter().find(|i| i.id == insight).ok_or(Refusal::NoSuchTheme)?;
    let why = root(&found.found).unwrap_or_default();
    Ok(item_because(cx, &loaded.retro, &why))
}

fn item_because(cx: &Cx<'_>, retro: &Retro, why: &str) -> Outcome {
    new_items::form_or_button(cx, &retro.channel, because(retro, why))
}

/// An item that is known only by its reason.
pub(super) fn because(retro: &Retro, why: &str) -> ActionText {
    let why = Some(cut(why, MAX_TEXT)).filter(|w| !w.is_empty());
    ActionText { why, retro: Some(retro.id), ..ActionText::default() }
}

/// A hidden answer is shown again.
pub async fn show_insight(cx: &mut Cx<'_>, retro: RetroId, insight: InsightId) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    if !meetings::has_insight(cx.tx, loaded.retro.id, insight).await? {
        return Err(Refusal::NoSuchNote.into());
    }
    done(theme::hide(&loaded.context(), insight, &caller, false))
}

/// An answer is taken out of sight.
pub async fn hide(cx: &mut Cx<'_>, retro: Retro, caller: &Caller, insight: InsightId) -> Result<Outcome, Failure> {
    let loaded = LoadedThemes::load(cx.tx, retro).await?;
    // Only one of this retro: ids are of the whole database.
    if !meetings::has_insight(cx.tx, loaded.retro.id, insight).await? {
        return Err(Refusal::NoSuchNote.into());
    }
    done(theme::hide(&loaded.context(), insight, caller, true))
}

/// Opens the 5 Whys.
pub async fn open_whys(cx: &mut Cx<'_>, retro: RetroId, problem: Option<&str>) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    loaded.context().is_open()?;
    let themes = loaded.themes(Category::Improve);
    Ok(Outcome::open(theme_forms::whys(&loaded.retro, problem.unwrap_or_default(), &themes, None)))
}

/// `whys`: the form where that is possible, else behind a button.
pub async fn whys_command(cx: &mut Cx<'_>, channel: &ChannelId, problem: Option<String>) -> Result<Outcome, Failure> {
    let open = pick::open_here(cx, channel).await?;
    let retro = open.iter().filter(|r| r.phase.has_agenda()).max_by_key(|r| (r.phase == Phase::Meeting, r.started));
    let retro = match (retro, open.first()) {
        (Some(retro), _) => retro.clone(),
        (None, Some(early)) => return Err(Refusal::NoThemesYet(early.version.clone()).into()),
        (None, None) => return Err(Refusal::NothingOpen.into()),
    };
    if cx.can_open_form() {
        let loaded = LoadedThemes::load(cx.tx, retro).await?;
        let themes = loaded.themes(Category::Improve);
        return Ok(Outcome::open(theme_forms::whys(&loaded.retro, &problem.unwrap_or_default(), &themes, None)));
    }
    // In an anonymous retro the words would lie in the button, beside whoever wrote them.
    let problem = problem.filter(|_| !retro.anonymous).map(|p| cut(&p, theme::LONGEST));
    let action = BlockAction::Whys { retro: retro.id, problem };
    let reply = Reply::new("The 5 Whys are in a form.").button("Open the form", action);
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// Opens the form that merges, splits, names and moves themes.
pub async fn open_arrange(cx: &mut Cx<'_>, retro: RetroId, category: Category) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    caller.must_lead(&loaded.retro)?;
    loaded.context().is_open()?;
    let themes = loaded.themes(category);
    if themes.is_empty() {
        return Err(Refusal::NoSuchTheme.into());
    }
    Ok(Outcome::open(theme_forms::arrange(&loaded.retro, category, &themes)))
}

/// A note was sent from its form.
pub async fn note_sent(
    cx: &mut Cx<'_>,
    retro: RetroId,
    category: Category,
    seen: bool,
    text: &str,
) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.taking_part(&retro).await?;
    must_be_open(&retro)?;
    let text = unesc(text);
    let names = cx.names_in(&retro.channel).await?;
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    if let (false, None, Some(word)) = (seen, cx.fetched, blame::find(&text, &known)) {
        return Ok(Outcome::again(theme_forms::note(&retro, category, &text, Some(&word))));
    }
    let response = survey::unsealed(cx, &retro).await?;
    let new = NewNote {
        channel: &retro.channel,
        open: Some(&retro),
        response,
        public: false,
        names: &names,
        category,
        text: &text,
        seen: true,
    };
    let decision = match note::add(new, &caller, &mut || cx.bot.rng.id()) {
        Ok(decision) => decision,
        Err(wrong) => return Ok(Outcome::wrong_at(field::TEXT, &wrong)),
    };
    // The message of the stage shows it.
    let decision = Decision { reply: None, ..decision };
    let heard = if retro.anonymous { Decision::default() } else { meeting::heard(cx, &retro).await? };
    Ok(decision.and(heard).into())
}

/// Answers to the questions about a theme.
pub async fn questions_answered(
    cx: &mut Cx<'_>,
    retro: RetroId,
    note: NoteId,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    let given = |id: &str| unesc(&fields.get(id).cloned().unwrap_or_default());
    let context = loaded.context();
    let worked = context.note(note)?.category == Category::Well;
    let found = if worked {
        Found::Worked(given(field::WHY))
    } else {
        Found::Cause { impact: given(at::IMPACT), cause: given(at::CAUSE), prevention: given(at::PREVENTION) }
    };
    match theme::dig(&context, note, found, &mut || cx.bot.rng.id()) {
        Ok((decision, _)) => Ok(Decision { reply: None, ..decision }.into()),
        Err(empty @ Refusal::EmptyAnswers) => {
            Ok(Outcome::wrong_at(if worked { field::WHY } else { at::IMPACT }, &empty))
        }
        Err(other) => Err(other.into()),
    }
}

/// The 5 Whys: kept with a theme, with the action item that follows.
pub async fn whys_sent(cx: &mut Cx<'_>, retro: RetroId, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let (caller, mut loaded) = taking_part(cx, retro).await?;
    loaded.context().is_open()?;
    let given = |id: &str| unesc(&fields.get(id).cloned().unwrap_or_default());
    let chosen: Option<NoteId> = given(at::THEME).parse().ok();
    let mut problem = given(at::PROBLEM).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = match chosen {
        Some(note) => loaded.context().note(note)?.text.clone(),
        None => String::new(),
    };
    // The theme's own words are not copied: a copy would outlive them.
    if said == problem {
        problem.clear();
    }
    let empty = ["why1", "why2", at::CAUSE].into_iter().find(|id| given(id).trim().is_empty());
    if let Some(id) = (problem.is_empty() && said.is_empty()).then_some(at::PROBLEM).or(empty) {
        return Ok(Outcome::wrong_at(id, &Refusal::WhysNeedThis));
    }
    let (note, before) = match chosen {
        Some(note) => (note, Decision::default()),
        None => new_problem(cx, &caller, &mut loaded, &problem).await?,
    };
    let found = theme_forms::found(problem, given);
    let (decision, insight) = theme::dig(&loaded.context(), note, found, &mut || cx.bot.rng.id())?;
    let reply = whys_reply(cx, &loaded.retro, insight, given).await?;
    Ok(Decision { reply: Some(reply), ..before.and(decision) }.into())
}

/// A problem that is no theme yet becomes a note.
async fn new_problem(
    cx: &mut Cx<'_>,
    caller: &Caller,
    loaded: &mut LoadedThemes,
    problem: &str,
) -> Result<(NoteId, Decision), Failure> {
    let new = NewNote {
        channel: &loaded.retro.channel,
        open: Some(&loaded.retro),
        response: None,
        public: false,
        names: &[],
        category: Category::Improve,
        text: problem,
        seen: true,
    };
    let decision = note::add(new, caller, &mut || cx.bot.rng.id())?;
    let added = decision.changes.iter().find_map(|c| if let Change::AddNote(n) = c { Some(n.clone()) } else { None });
    let added = added.ok_or(Refusal::NoSuchTheme)?;
    let id = added.id;
    loaded.notes.push(added);
    let heard = if loaded.retro.anonymous { Decision::default() } else { meeting::heard(cx, &loaded.retro).await? };
    Ok((id, decision.and(heard)))
}

/// What whoever dug hears.
async fn whys_reply(
    cx: &mut Cx<'_>,
    retro: &Retro,
    insight: InsightId,
    given: impl Fn(&str) -> String,
) -> sqlx::Result<Reply> {
    // Nothing of an anonymous retro names a person beside what they wrote, not even until it is sent.
    let mut reply = if retro.anonymous {
        Reply::new(
            "Saved without your name. What would remove the root cause? Press “Work on a theme” and choose “What would fix it?” to add an action item.",
        )
    } else {
        let root = esc(&cut(given(at::CAUSE).trim(), 200));
        let action = BlockAction::Cause { retro: retro.id, insight };
        Reply::new(format!("Saved with its root cause: {root}. What would remove it?"))
            .button("Make an action item", action)
    };
    let names = cx.names_in(&retro.channel).await?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let typed =
        [at::PROBLEM].iter().chain(&at::WHYS).chain(&[at::CAUSE]).find_map(|id| blame::find(&given(id), &names));
    if let Some(word) = typed {
        reply.text.push_str(&format!("\n{}", blame::suggestion(&word)));
    }
    Ok(reply)
}

/// A facilitator's arranging.
pub async fn arranged(
    cx: &mut Cx<'_>,
    retro: RetroId,
    category: Category,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    let given = |id: &str| fields.get(id).cloned().unwrap_or_default();
    let wanted = Arranged {
        themes: theme_forms::ids(&given(at::THEME)),
        name: unesc(&given(field::TEXT)),
        to: Category::from_word(&given(at::TO)),
        out: theme_forms::ids(&given(at::OUT)),
    };
    match theme::arrange(&loaded.context(), &caller, category, &wanted, &mut || cx.bot.rng.id()) {
        Err(wrong @ (Refusal::NothingChosen | Refusal::WhichTheme)) => Ok(Outcome::wrong_at(at::THEME, &wrong)),
        other => done(other),
    }
}
