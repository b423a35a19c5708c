//! Notes and kudos: things said, each in one stage.

use super::{Caller, Card, Change, Decision, Refusal, Reply, Row, blame, survey};
use crate::ids::{ChannelId, NoteId};
use crate::interaction::BlockAction;
use crate::model::note::{Category, Kudos, MAX_NOTE, Note, lines};
use crate::model::person::Person;
use crate::model::response::{Response, is_trivial};
use crate::model::retro::{Phase, Retro};
use crate::model::stage::STAGES;
use crate::text::{bold, clean, cut, esc, mention};

fn checked(text: &str) -> Result<String, Refusal> {
    let text = clean(text).trim().to_owned();
    let len = text.chars().count();
    match len {
        0 => Err(Refusal::EmptyNote),
        1..=MAX_NOTE => Ok(text),
        len => Err(Refusal::TooLong { max: MAX_NOTE, len }),
    }
}

/// A new note, and where it goes.
#[derive(Debug)]
pub struct NewNote<'a> {
    pub channel: &'a ChannelId,
    /// Its open retro; `None`: it waits for the coming one.
    pub open: Option<&'a Retro>,
    /// The writer's response, while the survey of an anonymous retro is open.
    pub response: Option<Response>,
    /// It was typed for all to see.
    pub public: bool,
    /// The names of the people of the channel.
    pub names: &'a [String],
    pub category: Category,
    pub text: &'a str,
    /// Its writer was shown that it may read as blame.
    pub seen: bool,
}

/// Its lines that say something.
fn said_in(text: &str) -> Result<Vec<String>, Refusal> {
    let texts: Vec<String> = lines(&checked(text)?).filter(|line| !is_trivial(line)).collect();
    if texts.is_empty() { Err(Refusal::EmptyNote) } else { Ok(texts) }
}

/// `note`: to the open retro, else to the channel's coming one. One line is one note.
pub fn add(new: NewNote<'_>, caller: &Caller, ids: &mut dyn FnMut() -> i64) -> Result<Decision, Refusal> {
    let NewNote { channel, open, response, public, names, category, text, seen } = new;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let texts = said_in(text)?;
    let anonymous = open.is_some_and(|r| r.anonymous);
    let said = match open {
        Some(retro) if anonymous && public => format!(
            "Noted for {} under “{}” without your name, but your message here shows it to everyone: `/retro note` in the message box is not seen by others.",
            bold(&retro.version),
            category.title()
        ),
        Some(retro) if response.is_some() => format!(
            "Noted for {} under “{}”, without your name. It stays sealed until the survey closes, and cannot be edited later.",
            bold(&retro.version),
            category.title()
        ),
        Some(retro) if anonymous => format!(
            "Noted for {} under “{}”, without your name. It appears at once, so others may guess from the moment. Because no author is kept, it cannot be edited later.",
            bold(&retro.version),
            category.title()
        ),
        Some(retro) => {
            format!("Noted for {} under “{}”. `/retro notes` lists your notes.", bold(&retro.version), category.title())
        }
        None => format!(
            "Noted for the next retro under “{}”, with your name; if that retro is anonymous, I'll remove your name when it starts. `/retro notes` lists your notes.",
            category.title()
        ),
    };
    let blamed = (!seen).then(|| blame::find(text, &names)).flatten();
    let mut reply = Reply::new(said);
    let changes = match (open, response) {
        (Some(retro), Some(mut response)) => {
            response.notes.extend(texts.into_iter().map(|text| (category, text)));
            vec![survey::kept(retro, response)?]
        }
        _ => {
            let note = |text: String| Note {
                id: NoteId(ids()),
                channel: channel.clone(),
                retro: open.map(|r| r.id),
                category,
                author: (!anonymous).then(|| caller.person.id.clone()),
                text,
                link: None,
                source: None,
                hidden: false,
                theme: None,
            };
            let notes: Vec<Note> = texts.into_iter().map(note).collect();
            // A note that keeps its author can be reworded by them.
            if let ([one], true) = (notes.as_slice(), blamed.is_some() && !anonymous) {
                reply = reply.button("Reword it", BlockAction::EditNote { note: one.id });
            }
            notes.into_iter().map(Change::AddNote).collect()
        }
    };
    if let Some(word) = blamed {
        reply.text.push_str(&format!("\n{}", blame::suggestion(&word)));
    }
    Ok(Decision { changes, cards: shown_in(open, category), reply: Some(reply), ..Decision::default() })
}

/// A note for an anonymous retro was typed in the DM: its writer is asked first. Nothing of it is kept until then, and the
/// button names the message only.
pub fn ask_first(retro: &Retro, text: &str, dm: &ChannelId, ts: &str) -> Result<Decision, Refusal> {
    checked(text)?;
    let said = format!(
        "Your note is not saved yet: the retro for {} is anonymous, but what you type here stays in Slack's history under your name. Delete your message and use `/retro note` instead, or press “Use what I typed”.",
        bold(&retro.version)
    );
    let typed = BlockAction::UseTypedNote { retro: retro.id, dm: dm.clone(), ts: ts.to_owned() };
    Ok(Decision { reply: Some(Reply::new(said).button("Use what I typed", typed)), ..Decision::default() })
}

/// Takes an abusive note out of sight, or back, without a word of who wrote it.
pub fn hide(note: Option<&Note>, retro: &Retro, caller: &Caller, hidden: bool) -> Result<Decision, Refusal> {
    caller.must_lead(retro)?;
    let note = note.filter(|n| n.retro == Some(retro.id)).ok_or(Refusal::NoSuchNote)?;
    let mut cards = stands_in(Some(retro), note.category);
    if retro.phase == Phase::Closed {
        cards.push(Card::Agenda(retro.id));
        cards.extend(stage_of(note.category).map(|stage| Card::Stage { retro: retro.id, stage, page: 0 }));
        cards.push(Card::Summary(retro.id));
        cards.push(Card::Preview { retro: retro.id, user: retro.facilitator.clone() });
    }
    let said = if hidden {
        let what = format!("The note under “{}” of {} is hidden", note.category.title(), bold(&retro.version));
        Reply::new(if retro.phase == Phase::Closed {
            format!("{what}: it is taken out of the agenda and the summary. The document in the thread was posted before: delete that file there. No one is told who wrote it.")
        } else {
            format!("{what}: it is taken out of the agenda, the summary and the document. No one is told who wrote it.")
        })
            .button("Show it again", BlockAction::ShowNote { retro: retro.id, note: note.id })
    } else {
        Reply::new(format!("The note under “{}” of {} is shown again.", note.category.title(), bold(&retro.version)))
    };
    Ok(Decision {
        changes: vec![Change::HideNote { id: note.id, hidden }],
        cards,
        reply: Some(said),
        ..Decision::default()
    })
}

/// `notes`: mine, with Edit and Delete.
pub fn list(mine: &[Note], open_is_anonymous: bool) -> Decision {
    if mine.is_empty() {
        return Decision::say(if open_is_anonymous {
            "This retro is anonymous, so I can't tell which notes are yours."
        } else {
            "You have no notes yet. Add one with `/retro note well …`."
        });
    }
    let rows = mine.iter().take(20).map(|note| Row {
        text: format!("*{}*: {}", note.category.title(), esc(&cut(&note.text, 300))),
        buttons: vec![
            super::Button { label: "Edit".into(), action: BlockAction::EditNote { note: note.id } },
            super::Button { label: "Delete".into(), action: BlockAction::DeleteNote { note: note.id } },
        ],
    });
    let mut reply = Reply::new(format!("Your notes ({}):", mine.len()));
    reply.rows = rows.collect();
    Decision { reply: Some(reply), ..Decision::default() }
}

/// The note, if it is the caller's and its retro (if it has one yet) is not over.
pub fn editable(note: Option<&Note>, retro: Option<&Retro>, caller: &Caller) -> Result<Note, Refusal> {
    let note = note.filter(|n| n.author.as_ref() == Some(&caller.person.id)).ok_or(Refusal::NoSuchNote)?;
    match retro {
        Some(over) if !over.phase.is_open() => Err(Refusal::AlreadyOver(over.version.clone(), "over")),
        _ => Ok(note.clone()),
    }
}

/// Saves an edited note.
pub fn edit(note: Option<&Note>, retro: Option<&Retro>, caller: &Caller, text: &str) -> Result<Decision, Refusal> {
    let note = editable(note, retro, caller)?;
    let changes = vec![Change::EditNote { id: note.id, text: checked(text)? }];
    Ok(Decision { changes, cards: stands_in(retro, note.category), ..Decision::default() })
}

/// Deletes a note.
pub fn delete(note: Option<&Note>, retro: Option<&Retro>, caller: &Caller) -> Result<Decision, Refusal> {
    let note = editable(note, retro, caller)?;
    let changes = vec![Change::DeleteNote(note.id)];
    Ok(Decision {
        changes,
        cards: stands_in(retro, note.category),
        reply: Some(Reply::new("Deleted.")),
        ..Decision::default()
    })
}

/// The stage of the meeting in which notes are read, as a place in [`STAGES`].
fn stage_of(category: Category) -> Option<usize> {
    STAGES.iter().position(|(stage, _)| stage.categories().contains(&category))
}

/// The messages in which a stage's notes stand: the agenda, and during the meeting the stage's own.
pub(super) fn shown_in(retro: Option<&Retro>, category: Category) -> Vec<Card> {
    match (retro, stage_of(category)) {
        (Some(r), _) if r.phase == Phase::Agenda => vec![Card::Agenda(r.id)],
        (Some(r), Some(stage)) if r.phase == Phase::Meeting => vec![Card::Stage { retro: r.id, stage, page: 0 }],
        _ => Vec::new(),
    }
}

/// The same, with the agenda that showed them before the meeting: what was taken back is to be read nowhere.
pub(super) fn stands_in(retro: Option<&Retro>, category: Category) -> Vec<Card> {
    let agenda = retro.filter(|r| r.phase == Phase::Meeting).map(|r| Card::Agenda(r.id));
    shown_in(retro, category).into_iter().chain(agenda).collect()
}

/// `kudos`.
pub fn kudos(
    channel: &ChannelId,
    open: Option<&Retro>,
    caller: &Caller,
    to: &Person,
    what: &str,
    id: i64,
) -> Result<Decision, Refusal> {
    if to.id == caller.person.id {
        return Err(Refusal::OwnKudos);
    }
    if !to.reachable() {
        return Err(Refusal::NotAPerson(mention(&to.id)));
    }
    let kudos =
        Kudos { id, channel: channel.clone(), retro: open.map(|r| r.id), to: to.id.clone(), text: checked(what)? };
    let said = lovely(open, &mention(&kudos.to), &kudos.text);
    Ok(Decision { changes: vec![Change::AddKudos(kudos)], reply: Some(said), ..Decision::default() })
}

/// What is said to who gave kudos.
pub fn lovely(open: Option<&Retro>, to: &str, what: &str) -> Reply {
    let retro = open.map_or_else(|| "the next retro".to_owned(), |r| bold(&r.version));
    let what = esc(clean(what).trim());
    Reply::new(format!("Thank you! I'll share it in the meeting and the summary of {retro}: {to} for {what}."))
}
