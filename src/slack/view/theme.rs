//! A theme in the message of its stage: its words, the notes behind it, what was found out, its buttons.

use slack_morphism::prelude::SlackBlock;

use super::kit;
use super::stage::StageOf;
use lookback_core::press::Press;
use lookback_core::retro::note::{Note, Stage};
use lookback_core::retro::topic::Topic;
use lookback_core::retro::{Button, mention};
use lookback_core::text::{cut, esc};

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

/// The blocks of a theme, and its words as plain text.
pub fn row(s: &StageOf<'_>, stage: Stage, topic: &Topic<'_>) -> (Vec<SlackBlock>, String) {
    let words = esc(&cut(topic.words(), 300));
    let who = if topic.name.is_some() { String::new() } else { by(s, topic.head) };
    // A star or a line break of theirs must not end the bold type.
    let mut mrkdwn = format!("*{}*{}{who}", words.replace(['*', '\n'], " ").trim(), topic.marks());
    let mut text = format!("\n• {words}{}", topic.marks());
    // What says the same to the letter is counted.
    let mut below = topic.below();
    below.retain(|n| !by(s, n).is_empty() || !n.text.trim().eq_ignore_ascii_case(topic.words().trim()));
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
        mrkdwn.push_str(&format!("\n• and {more} more"));
    }
    let found: Vec<_> = topic.insights.iter().flat_map(|i| i.found.lines()).collect();
    for (n, (what, words)) in found.iter().enumerate() {
        let words = esc(&cut(words, 300)).replace('\n', " ");
        if mrkdwn.chars().count() + words.chars().count() > ROW {
            mrkdwn.push_str(&format!("\nand {} more answers, in the document", found.len() - n));
            break;
        }
        mrkdwn.push_str(&format!("\n_{what}:_ {words}"));
        text.push_str(&format!(" {what}: {words}."));
    }
    let mut blocks = vec![kit::section(&mrkdwn)];
    let (retro, note) = (s.retro.id, topic.head.id);
    let button = |label: &str, press| Button { label: label.to_owned(), press };
    let mut buttons = Vec::new();
    if s.is_open() && s.meeting.takes_votes(s.part()) {
        buttons.push(button("Upvote", Press::Upvote { retro, note }));
    }
    // Few, and short: a thread is narrow. The 5 Whys stand once, below all themes.
    match stage {
        Stage::Improve if s.is_live() => {
            buttons.push(button("What would fix it?", Press::Fix { retro, note }));
            if s.is_open() {
                buttons.push(button("Impact and cause", Press::Dig { retro, note }));
            }
        }
        Stage::Well if s.is_open() => buttons.push(button("Why did this work?", Press::Dig { retro, note })),
        Stage::Surprise | Stage::Change | Stage::Other if s.is_open() => {
            buttons.push(button("Make an action item", Press::Fix { retro, note }));
        }
        _ => {}
    }
    blocks.extend(kit::actions(&buttons, false));
    (blocks, text)
}
