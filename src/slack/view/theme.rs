//! A theme in the message of its stage: its words, the notes behind it, what was found out, its buttons.

use slack_morphism::prelude::SlackBlock;

use super::blocks;
use super::stage_of::StageOf;
use lookback_core::interaction::BlockAction;
use lookback_core::model::note::Note;
use lookback_core::retro::Button;
use lookback_core::retro::theme::Theme;
use lookback_core::text::{cut, esc, mention};

/// Notes shown below a theme, and characters of each.
const BELOW: usize = 4;
const NOTE: usize = 200;

/// Characters of a theme: a section holds 3,000.
const ROW: usize = 2600;

fn by(s: &StageOf<'_>, note: &Note) -> String {
    let author = note.author.as_ref().map(|user| {
        let name = s.names.get(user).map_or_else(|| mention(user), |n| esc(n));
        format!(" – {name}")
    });
    let link = note.link.as_ref().map(|l| format!(" <{l}|(message)>"));
    [author, link].into_iter().flatten().collect()
}

/// A theme as one line with its Upvote, and its words as plain text.
pub fn row(s: &StageOf<'_>, theme: &Theme<'_>) -> (Vec<SlackBlock>, String) {
    let words = esc(&cut(theme.words(), 300));
    let who = if theme.name.is_some() { String::new() } else { by(s, theme.head) };
    // A star or a line break of theirs must not end the bold type.
    let mut mrkdwn = format!("*{}*{who}{}", words.replace(['*', '\n'], " ").trim(), theme.marks());
    let mut text = format!("\n• {words}{}", theme.marks());
    // What says the same to the letter is counted.
    let mut below = theme.below();
    below.retain(|n| !by(s, n).is_empty() || !n.text.trim().eq_ignore_ascii_case(theme.words().trim()));
    let mut more = below.len();
    for note in below.iter().take(BELOW) {
        let line = format!("\n• {}{}", esc(&cut(&note.text, NOTE)).replace('\n', " "), by(s, note));
        if mrkdwn.chars().count() + line.chars().count() > ROW {
            break;
        }
        mrkdwn.push_str(&line);
        more -= 1;
    }
    if more > 0 {
        mrkdwn.push_str(&format!("\n• +{more} more"));
    }
    let found: Vec<_> = theme.insights.iter().flat_map(|i| i.found.lines()).collect();
    for (n, (what, words)) in found.iter().enumerate() {
        let words = esc(&cut(words, 300)).replace('\n', " ");
        if mrkdwn.chars().count() + words.chars().count() > ROW {
            mrkdwn.push_str(&format!("\n+{} more answers in the document", found.len() - n));
            break;
        }
        mrkdwn.push_str(&format!("\n_{what}:_ {words}"));
        text.push_str(&format!(" {what}: {words}."));
    }
    let (retro, note) = (s.retro.id, theme.head.id);
    let block = if s.is_open() && s.meeting.takes_votes(s.stage()) {
        let upvote = Button { label: "Upvote".to_owned(), action: BlockAction::Upvote { retro, note } };
        blocks::section_with(&mrkdwn, &upvote)
    } else {
        blocks::section(&mrkdwn)
    };
    (vec![block], text)
}
