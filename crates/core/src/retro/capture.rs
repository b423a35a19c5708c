//! Messages that become notes: pointed at, reacted to, or marked in the meeting's thread; and what becomes of them.

use super::note::{shown_in, stands_in};
use super::{Caller, Change, Decision, Refusal, Reply, blame};
use crate::ids::{ChannelId, NoteId};
use crate::interaction::BlockAction;
use crate::model::note::{Category, MAX_NOTE, Note, WORDLESS, unmarked, without_number};
use crate::model::response::is_trivial;
use crate::model::retro::Retro;
use crate::text::{bold, clean, cut};

/// A message to keep.
#[derive(Debug)]
pub struct Captured<'a> {
    pub channel: &'a ChannelId,
    /// Its open retro; `None`: it waits for the coming one.
    pub open: Option<&'a Retro>,
    /// The note, if the message was kept before.
    pub before: Option<&'a Note>,
    pub text: &'a str,
    pub link: String,
    /// Its `ts`.
    pub source: &'a str,
    /// Somebody reacted: the second reaction says nothing.
    pub by_emoji: bool,
    /// Where it belongs: during the meeting to its stage.
    pub category: Category,
}

/// `Add to retro`: keeps a message with its link.
pub fn capture(c: &Captured<'_>, id: NoteId) -> Decision {
    let buttons = |reply: Reply, note: NoteId| {
        [Category::Well, Category::Improve, Category::Surprise, Category::Change]
            .into_iter()
            .fold(reply, |reply, category| reply.button(category.title(), BlockAction::FileNote { note, category }))
    };
    if let Some(before) = c.before {
        let said = Reply::new(format!("This message is already kept under “{}”. Move it?", before.category.title()));
        let reply = Some(buttons(said, before.id)).filter(|_| !c.by_emoji);
        return Decision { reply, ..Decision::default() };
    }
    let text = worded(c.text);
    let mut said = match c.open {
        Some(retro) => format!("Kept for {} under “{}”.", bold(&retro.version), c.category.title()),
        None => format!("Kept for the next retro under “{}”.", c.category.title()),
    };
    if c.open.is_none_or(|r| r.anonymous) {
        said.push_str(" It links to the message, so people can see who wrote it.");
    }
    said.push_str(" Should it go elsewhere?");
    let note = Note {
        id,
        channel: c.channel.clone(),
        retro: c.open.map(|r| r.id),
        category: c.category,
        author: None,
        text,
        link: Some(c.link.clone()),
        source: Some(c.source.to_owned()),
        hidden: false,
        theme: None,
    };
    Decision {
        changes: vec![Change::AddNote(note)],
        cards: shown_in(c.open, c.category),
        reply: Some(buttons(Reply::new(said), id)),
        ..Decision::default()
    }
}

/// A message's words; a picture has none.
fn worded(text: &str) -> String {
    let words = clean(text).trim().to_owned();
    let is_seen =
        |c: char| !c.is_whitespace() && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}');
    if words.chars().any(is_seen) { cut(&words, MAX_NOTE) } else { WORDLESS.to_owned() }
}

/// Moves a kept message to another stage.
pub fn file(note: Option<&Note>, retro: Option<&Retro>, category: Category) -> Result<Decision, Refusal> {
    let note = note.filter(|n| n.link.is_some()).ok_or(Refusal::NoSuchNote)?;
    if let Some(over) = retro.filter(|r| !r.phase.is_open()) {
        return Err(Refusal::AlreadyOver(over.version.clone(), "over"));
    }
    if note.category == category {
        return Ok(Decision::say(format!("It's already under “{}”.", category.title())));
    }
    Ok(Decision {
        changes: vec![Change::FileNote { id: note.id, category }],
        cards: [stands_in(retro, note.category), shown_in(retro, category)].concat(),
        reply: Some(Reply::new(format!("Now under “{}”.", category.title()))),
        ..Decision::default()
    })
}

/// The message of a note was edited (`text`) or deleted: the note follows, until its retro is over.
pub fn follow(note: &Note, retro: Option<&Retro>, text: Option<&str>) -> Decision {
    if retro.is_some_and(|r| !r.phase.is_open()) {
        return Decision::default();
    }
    let Some(text) = text else {
        let changes = vec![Change::DeleteNote(note.id)];
        return Decision { changes, cards: stands_in(retro, note.category), ..Decision::default() };
    };
    // The mark of a reply is not part of its note, and an edited mark moves the note. A note whose own text begins
    // like a mark was kept without one, so its text is taken as it is.
    let (category, words) = marked(text).filter(|_| marked(&note.text).is_none()).unwrap_or((None, text));
    let mut changes = vec![Change::EditNote { id: note.id, text: worded(words) }];
    let mut cards = stands_in(retro, note.category);
    if let Some(category) = category.filter(|s| *s != note.category) {
        changes.push(Change::FileNote { id: note.id, category });
        cards.extend(shown_in(retro, category));
    }
    Decision { changes, cards, ..Decision::default() }
}

/// A reply in the meeting's thread that its writer marked as a note: `improve: …`, or `note: …` for the stage that is
/// open. Returns where it belongs, if the mark says so, and its words.
pub fn marked(text: &str) -> Option<(Option<Category>, &str)> {
    read(text).filter(|(_, rest)| !rest.is_empty())
}

/// A mark with nothing said behind it.
pub fn is_mark_alone(text: &str) -> bool {
    read(text).is_some_and(|(_, rest)| rest.is_empty() || is_trivial(rest))
}

/// What stands behind `action:`.
pub fn action(text: &str) -> Option<&str> {
    split(text).filter(|(mark, _)| matches!(mark.as_str(), "action" | "action item" | "todo")).map(|(_, rest)| rest)
}

/// Whether a reply holds several notes: lines with marks of their own, or a list behind its mark.
pub fn is_several(text: &str) -> bool {
    let Some((_, words)) = read(text) else { return false };
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let marks = lines.iter().skip(1).filter(|line| read(line).is_some()).count();
    let points = lines.iter().filter(|line| unmarked(line) != **line || without_number(line).is_some()).count();
    marks > 0 || points > 1
}

/// The mark of a line and its words. People print the mark as the kickoff does, or put it behind a bullet; a phone has a wide
/// colon.
fn split(text: &str) -> Option<(String, &str)> {
    const AROUND: &[char] = &['*', '_', '`', '"', '“', '”', '„', '\'', '>', ' '];
    let text = text.trim_start().trim_start_matches("&gt;").trim_start_matches(AROUND);
    let line = unmarked(without_number(text).unwrap_or(text));
    let at = line.find([':', '：'])?;
    let (mark, rest) = line.split_at(at);
    let rest = rest.trim_start_matches([':', '：']).trim_start_matches(['*', '_', '`', '"', '”']).trim();
    Some((mark.trim_matches(AROUND).to_lowercase(), rest))
}

/// The marks that the kickoff names, and their near kin.
fn read(text: &str) -> Option<(Option<Category>, &str)> {
    let (mark, rest) = split(text)?;
    let category = match mark.as_str() {
        "note" => None,
        word => Some(Category::from_word(word)?),
    };
    Some((category, rest))
}

/// A reply in a meeting's thread.
#[derive(Debug)]
pub struct Said<'a> {
    pub text: &'a str,
    pub link: String,
    pub ts: &'a str,
}

/// A marked reply becomes a note with its link; in an anonymous retro without an author of its own.
pub fn from_reply(
    retro: &Retro,
    here: Category,
    caller: &Caller,
    said: Said<'_>,
    names: &[String],
    id: NoteId,
) -> Option<Decision> {
    let (category, words) = marked(said.text)?;
    let category = category.unwrap_or(here);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut reply = Reply::new(if retro.anonymous {
        format!(
            "Noted under “{}” with a link to your message, so people can see it's yours. Use “Add a note” to stay anonymous.",
            category.title()
        )
    } else {
        format!("Noted under “{}”. If you edit or delete your message, the note changes too.", category.title())
    });
    if let Some(word) = blame::find(words, &names) {
        reply.text.push_str(&format!("\n{}", blame::suggestion(&word)));
    }
    let note = Note {
        id,
        channel: retro.channel.clone(),
        retro: Some(retro.id),
        category,
        author: (!retro.anonymous).then(|| caller.person.id.clone()),
        text: worded(words),
        link: Some(said.link),
        source: Some(said.ts.to_owned()),
        hidden: false,
        theme: None,
    };
    Some(Decision {
        changes: vec![Change::AddNote(note)],
        cards: shown_in(Some(retro), category),
        reply: Some(reply),
        ..Decision::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_where_a_reply_belongs() {
        assert_eq!(marked("improve: the backup took long"), Some((Some(Category::Improve), "the backup took long")));
        assert_eq!(marked(" *Note:* it was calm"), Some((None, "it was calm")));
        assert_eq!(marked("well:"), None);
        for typed in [
            "`improve`: the disk was full",
            "`improve:` the disk was full",
            "*`improve`*: the disk was full",
            "“improve”: the disk was full",
            "improve： the disk was full",
            "- improve: the disk was full",
            "• Improve: the disk was full",
            "&gt; improve: the disk was full".trim_start_matches("&gt; "),
            "1. improve: the disk was full",
            "Improvements: the disk was full",
        ] {
            assert_eq!(marked(typed), Some((Some(Category::Improve), "the disk was full")), "{typed}");
        }
        assert_eq!(marked("Surprises: calm"), Some((Some(Category::Surprise), "calm")));
        for several in ["improve: a\nwell: b", "improve:\n- one\n- two", "well: a\n- improve: b"] {
            assert!(is_several(several), "{several}");
        }
        for one in [
            "improve: a\nand b",
            "improve: a",
            "a\nwell: b",
            "improve: see https://x.example",
            "note: improve: the disk was full",
        ] {
            assert!(!is_several(one), "{one}");
        }
        assert_eq!(action("Action item: Rotate the keys"), Some("Rotate the keys"));
        assert!(is_mark_alone("improve: n/a") && is_mark_alone("well:") && !is_mark_alone("well: calm"));
        assert_eq!(marked("see https://x.example: it fails"), None);
        assert_eq!(marked("that is true"), None);
    }
}
