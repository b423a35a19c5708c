//! What is done with themes: votes, questions, the 5 Whys, and a facilitator's arranging.

use std::collections::BTreeMap;

use super::facts::Fetched;
use super::forms::wrong_at;
use super::load::{self, done, known};
use super::{App, Failure, Outcome, ReplyBy, Request, commands, meeting};
use crate::slack::view::forms::field;
use crate::slack::view::theme_forms::{self, at};
use crate::store::{Tx, directory, meetings, notes, responses};
use lookback_core::command::ActionText;
use lookback_core::ids::{ChannelId, InsightId, NoteId, RetroId};
use lookback_core::interaction::BlockAction;
use lookback_core::retro::action::MAX_TEXT;
use lookback_core::retro::agenda::STAGES;
use lookback_core::retro::note::{self, Category, Note};
use lookback_core::retro::theme::{self, Arranged, Found, ThemeContext, ThemeData};
use lookback_core::retro::{Caller, Change, Decision, Phase, Refusal, Reply, Retro, blame};
use lookback_core::text::{cut, unesc};

/// A retro with its notes and themes, read.
struct Read {
    retro: Retro,
    notes: Vec<Note>,
    kept: ThemeData,
}

impl Read {
    async fn load(tx: &mut Tx, retro: Retro) -> sqlx::Result<Self> {
        let (notes, kept) = (notes::of_retro(tx, retro.id).await?, meetings::kept(tx, retro.id).await?);
        Ok(Self { retro, notes, kept })
    }

    fn context(&self) -> ThemeContext<'_> {
        ThemeContext { retro: &self.retro, notes: &self.notes, kept: &self.kept }
    }

    /// Why something about the theme of a note is to be done: its root cause where one was found, else the note's words.
    fn why(&self, note: NoteId) -> Result<String, Refusal> {
        let note = self.context().note(note)?.clone();
        let found = self.themes(note.category).into_iter().find(|t| t.notes().any(|n| n.id == note.id));
        let cause = found.iter().flat_map(|t| &t.insights).rev().find_map(|i| root(&i.found));
        Ok(cause.unwrap_or(note.text))
    }

    fn themes(&self, category: Category) -> Vec<theme::Theme<'_>> {
        theme::themes(&self.notes, &self.kept, category)
    }
}

/// A note is about to move: first the notes that are shown with it belong to its theme, so that it takes along only
/// what is its own.
pub async fn settled(
    app: &App,
    tx: &mut Tx,
    (retro, note): (Option<&Retro>, Option<&Note>),
    mut decision: Decision,
) -> sqlx::Result<Decision> {
    let moves = decision.changes.iter().any(|c| matches!(c, Change::FileNote { .. }));
    if let (true, Some(retro), Some(note)) = (moves, retro, note.filter(|n| n.theme.is_some())) {
        let read = Read::load(tx, retro.clone()).await?;
        let before = read.context().settle(note.category, &mut || app.rng.id());
        decision.changes.splice(0..0, before);
    }
    Ok(decision)
}

async fn read(tx: &mut Tx, request: &Request, retro: RetroId) -> Result<Read, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    Ok(Read::load(tx, retro).await?)
}

/// The buttons of a theme.
pub async fn press(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    press: &BlockAction,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let read = read(tx, request, retro).await?;
    let caller = known!(load::taking_part(app, tx, request, &read.retro, fetched).await?);
    let context = read.context();
    let form = |view| Ok(Outcome::Open(Box::new(view)));
    match press {
        BlockAction::AddNote { category, .. } => {
            open(&read.retro)?;
            form(theme_forms::note(&read.retro, *category, "", None))
        }
        BlockAction::Upvote { note, .. } => {
            let category = context.note(*note)?.category;
            let meeting = meetings::of_retro(tx, read.retro.id).await?.filter(|_| read.retro.phase == Phase::Meeting);
            let stage =
                STAGES.iter().find(|(stage, _)| stage.categories().contains(&category)).map(|(stage, _)| *stage);
            if !meeting.zip(stage).is_some_and(|(m, stage)| m.takes_votes(stage)) {
                return Err(Refusal::VotesCounted.into());
            }
            let mine = meetings::votes_of(tx, read.retro.id, &request.user).await?;
            done(theme::vote(&context, &caller, *note, &mine, &mut || app.rng.id()))
        }
        BlockAction::Dig { note, .. } => {
            context.is_open()?;
            form(theme_forms::dig(&read.retro, context.note(*note)?))
        }
        BlockAction::Fix { .. } | BlockAction::Cause { .. } => {
            // Owners and those who name them are of this company.
            known!(load::member(tx, request, &read.retro.channel, fetched).await?);
            let why = match press {
                BlockAction::Fix { note, .. } => read.why(*note)?,
                BlockAction::Cause { insight, .. } => {
                    let found = read.kept.insights.iter().find(|i| i.id == *insight).ok_or(Refusal::NoSuchTheme)?;
                    root(&found.found).unwrap_or_default()
                }
                _ => String::new(),
            };
            let why = Some(cut(&why, MAX_TEXT)).filter(|w| !w.is_empty());
            let known = ActionText { why, retro: Some(read.retro.id), ..ActionText::default() };
            Ok(commands::action_form(request, &read.retro.channel, known))
        }
        BlockAction::ShowInsight { insight, .. } => {
            if !meetings::has_insight(tx, read.retro.id, *insight).await? {
                return Err(Refusal::NoSuchNote.into());
            }
            done(theme::hide(&context, *insight, &caller, false))
        }
        BlockAction::Whys { problem, .. } => {
            context.is_open()?;
            let problem = problem.as_deref().unwrap_or_default();
            form(theme_forms::whys(&read.retro, problem, &read.themes(Category::Improve)))
        }
        BlockAction::Arrange { category, .. } => {
            caller.must_lead(&read.retro)?;
            context.is_open()?;
            let themes = read.themes(*category);
            if themes.is_empty() {
                return Err(Refusal::NoSuchTheme.into());
            }
            form(theme_forms::arrange(&read.retro, *category, &themes))
        }
        _ => Err(Refusal::OldButton.into()),
    }
}

fn root(found: &Found) -> Option<String> {
    found.cause().map(|c| format!("Root cause: {c}"))
}

fn open(retro: &Retro) -> Result<(), Refusal> {
    if retro.phase.is_open() { Ok(()) } else { Err(Refusal::AlreadyOver(retro.version.clone(), "over")) }
}

/// `whys`: the form where that is possible, else behind a button.
pub async fn whys_command(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    problem: Option<String>,
) -> Result<Outcome, Failure> {
    let open = load::open_here(tx, request, channel).await?;
    let retro = open.iter().filter(|r| r.phase.has_agenda()).max_by_key(|r| (r.phase == Phase::Meeting, r.started));
    let retro = match (retro, open.first()) {
        (Some(retro), _) => retro.clone(),
        (None, Some(early)) => return Err(Refusal::NoThemesYet(early.version.clone()).into()),
        (None, None) => return Err(Refusal::NothingOpen.into()),
    };
    if request.trigger.is_some() && matches!(request.answer, ReplyBy::Ack { .. } | ReplyBy::Hook { .. }) {
        let read = Read::load(tx, retro).await?;
        let themes = read.themes(Category::Improve);
        let view = theme_forms::whys(&read.retro, &problem.unwrap_or_default(), &themes);
        return Ok(Outcome::Open(Box::new(view)));
    }
    let problem = problem.map(|p| cut(&p, theme::LONGEST));
    let press = BlockAction::Whys { retro: retro.id, problem };
    done(Ok(Decision {
        reply: Some(Reply::new("The 5 Whys are in a form.").button("Open the form", press)),
        ..Decision::default()
    }))
}

/// A note was sent from its form.
pub async fn note_sent(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (retro, category, seen): (RetroId, Category, bool),
    text: &str,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    let caller = known!(load::taking_part(app, tx, request, &retro, fetched).await?);
    open(&retro)?;
    let text = unesc(text);
    let names = directory::names_in(tx, &request.team, &retro.channel).await?;
    let names: Vec<&str> = names.values().map(String::as_str).collect();
    if let (false, None, Some(word)) = (seen, fetched, blame::find(&text, &names)) {
        return Ok(Outcome::Again(Box::new(theme_forms::note(&retro, category, &text, Some(&word)))));
    }
    let response = if retro.anonymous && retro.phase == Phase::Collecting {
        Some(responses::of_person(tx, retro.id, &request.user, &app.vault()).await?)
    } else {
        None
    };
    let place = note::Place { channel: &retro.channel, open: Some(&retro), response, public: false, names: &names };
    let mut decision = match note::add(place, &caller, category, &text, true, &mut || app.rng.id()) {
        Ok(decision) => decision,
        Err(wrong) => return Ok(wrong_at(field::TEXT, &wrong)),
    };
    // The message of the stage shows it.
    decision.reply = None;
    if !retro.anonymous {
        decision = meeting::both(decision, meeting::heard(app, tx, request, &retro, 1).await?);
    }
    done(Ok(decision))
}

/// Answers to the questions about a theme.
pub async fn dug(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (retro, note): (RetroId, NoteId),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let read = read(tx, request, retro).await?;
    known!(load::taking_part(app, tx, request, &read.retro, fetched).await?);
    let given = |id: &str| unesc(&fields.get(id).cloned().unwrap_or_default());
    let context = read.context();
    let worked = context.note(note)?.category == Category::Well;
    let found = if worked {
        Found::Worked(given(field::WHY))
    } else {
        Found::Cause { impact: given(at::IMPACT), cause: given(at::CAUSE), prevention: given(at::PREVENTION) }
    };
    match theme::dig(&context, note, found, &mut || app.rng.id()) {
        Ok((decision, _)) => done(Ok(Decision { reply: None, ..decision })),
        Err(empty @ Refusal::EmptyAnswers) => Ok(wrong_at(if worked { field::WHY } else { at::IMPACT }, &empty)),
        Err(other) => Err(other.into()),
    }
}

/// The 5 Whys: kept with a theme, with the action item that follows.
pub async fn whys_sent(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let mut read = read(tx, request, retro).await?;
    let caller = known!(load::taking_part(app, tx, request, &read.retro, fetched).await?);
    read.context().is_open()?;
    let given = |id: &str| unesc(&fields.get(id).cloned().unwrap_or_default());
    let chosen: Option<NoteId> = given(at::THEME).parse().ok();
    let mut problem = given(at::PROBLEM).split_whitespace().collect::<Vec<_>>().join(" ");
    // A copy of the theme's words would outlive them: it is said by the theme.
    let said = match chosen {
        Some(note) => read.context().note(note)?.text.clone(),
        None => String::new(),
    };
    if said == problem {
        problem.clear();
    }
    let empty = ["why1", "why2", at::CAUSE].into_iter().find(|id| given(id).trim().is_empty());
    if let Some(id) = (problem.is_empty() && said.is_empty()).then_some(at::PROBLEM).or(empty) {
        return Ok(wrong_at(id, &Refusal::WhysNeedThis));
    }
    let mut before = Decision::default();
    let note = match chosen {
        Some(note) => note,
        None => {
            let place = note::Place {
                channel: &read.retro.channel,
                open: Some(&read.retro),
                response: None,
                public: false,
                names: &[],
            };
            before = note::add(place, &caller, Category::Improve, &problem, true, &mut || app.rng.id())?;
            let added =
                before.changes.iter().find_map(|c| if let Change::AddNote(n) = c { Some(n.clone()) } else { None });
            let added = added.ok_or(Refusal::NoSuchTheme)?;
            let id = added.id;
            read.notes.push(added);
            if !read.retro.anonymous {
                before = meeting::both(before, meeting::heard(app, tx, request, &read.retro, 1).await?);
            }
            id
        }
    };
    let (decision, insight) =
        theme::dig(&read.context(), note, theme_forms::found(problem, given), &mut || app.rng.id())?;
    // Nothing of an anonymous retro names a person beside what they wrote, not even until it is sent.
    let mut reply = if read.retro.anonymous {
        Reply::new(
            "Kept, without your name. What would remove the root cause? “What would fix it?” beside the theme makes an action item of it.",
        )
    } else {
        let root = lookback_core::text::esc(&cut(given(at::CAUSE).trim(), 200));
        let press = BlockAction::Cause { retro: read.retro.id, insight };
        Reply::new(format!("Kept, with its root cause: {root}. What would remove it?"))
            .button("Make an action item", press)
    };
    let names = directory::names_in(tx, &request.team, &read.retro.channel).await?;
    let names: Vec<&str> = names.values().map(String::as_str).collect();
    let typed =
        [at::PROBLEM].iter().chain(&at::WHYS).chain(&[at::CAUSE]).find_map(|id| blame::find(&given(id), &names));
    if let Some(word) = typed {
        reply.text.push_str(&format!("\n{}", blame::suggestion(&word)));
    }
    done(Ok(Decision { reply: Some(reply), ..meeting::both(before, decision) }))
}

/// An answer is taken out of sight.
pub async fn hide(tx: &mut Tx, retro: Retro, caller: &Caller, insight: InsightId) -> Result<Outcome, Failure> {
    let read = Read::load(tx, retro).await?;
    // Only one of this retro: ids are of the whole database.
    if !meetings::has_insight(tx, read.retro.id, insight).await? {
        return Err(Refusal::NoSuchNote.into());
    }
    done(theme::hide(&read.context(), insight, caller, true))
}

/// A facilitator's arranging.
pub async fn arranged(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (retro, category): (RetroId, Category),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let read = read(tx, request, retro).await?;
    let caller = known!(load::taking_part(app, tx, request, &read.retro, fetched).await?);
    let given = |id: &str| fields.get(id).cloned().unwrap_or_default();
    let wanted = Arranged {
        themes: theme_forms::ids(&given(at::THEME)),
        name: unesc(&given(field::TEXT)),
        to: Category::from_word(&given(at::TO)),
        out: theme_forms::ids(&given(at::OUT)),
    };
    match theme::arrange(&read.context(), &caller, category, &wanted, &mut || app.rng.id()) {
        Err(wrong @ (Refusal::NothingChosen | Refusal::WhichTheme)) => Ok(wrong_at(at::THEME, &wrong)),
        other => done(other),
    }
}
