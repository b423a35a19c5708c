//! The summary in the channel, when a retro is finished.

use slack_morphism::prelude::SlackBlock;

use super::kit::{Bit, Line};
use super::{Message, agenda, kit, release};
use crate::retro::action::{Item, State};
use crate::retro::agenda::{Rating, topics};
use crate::retro::note::Stage;
use crate::retro::record::Record;
use crate::retro::{NextRelease, Retro, bold};
use crate::text::{cut, esc};
use crate::zone;

/// Themes shown under a heading.
const SHOWN: usize = 5;
/// Items and kudos shown; the document has all.
const ITEMS: usize = 10;

/// What the summary shows.
#[derive(Debug)]
pub struct Summary<'a> {
    /// The retro.
    pub retro: &'a Retro,
    /// What it holds.
    pub record: &'a Record,
}

/// Renders it.
pub fn summary(s: &Summary<'_>) -> Message {
    let title = format!("{} release retrospective: summary", s.retro.version);
    let mut out = Out {
        blocks: vec![kit::header(&title)],
        text: format!("{} release retrospective: summary", bold(&s.retro.version)),
    };
    let day = s
        .retro
        .ended
        .map_or_else(String::new, |at| format!("{}. ", zone::show_day(zone::local(at, &s.retro.zone).date())));
    out.words(&format!("{day}{} of {} people answered the survey.", s.record.tally.0, s.record.tally.1));
    for Rating { label, score } in &s.record.ratings {
        out.words(&format!("{}: {score}.", esc(label)));
    }
    let (facts, said) = release::lines(&s.record.facts, &s.retro.zone);
    if !facts.is_empty() {
        out.blocks.push(kit::rich(facts));
        out.text.push_str(&said);
    }
    let done: Vec<&Item> = s.record.before.iter().flat_map(|b| &b.items).filter(|i| i.state == State::Done).collect();
    if !done.is_empty() {
        out.list(
            "Done since the last retro",
            done.iter().take(ITEMS).map(|i| (agenda::item_line(i), i.line_with_state())).collect(),
        );
    }
    for (heading, stage) in [
        ("Highlights", Stage::Well),
        ("Key learnings", Stage::Surprise),
        ("What could be improved", Stage::Improve),
        ("Improvements for next time", Stage::Change),
    ] {
        let found = topics(&s.record.notes, stage);
        let mut lines: Vec<(Line, String)> = found
            .iter()
            .take(SHOWN)
            .map(|t| {
                let words = cut(&t.head.text, 200);
                let times = if t.count() > 1 { format!(" ×{}", t.count()) } else { String::new() };
                (vec![Bit::Text(words.clone()), Bit::Bold(times.clone())], format!("{}{times}", esc(&words)))
            })
            .collect();
        if found.len() > SHOWN {
            let more = format!("and {} more in the document", found.len() - SHOWN);
            lines.push((vec![Bit::Italic(more.clone())], more));
        }
        out.list(heading, lines);
    }
    out.list(
        "Action items",
        s.record.items.iter().take(ITEMS).map(|i| (agenda::item_line(i), i.line_with_state())).collect(),
    );
    if s.record.items.is_empty() {
        out.words("No action items were agreed.");
    } else if s.record.items.len() > ITEMS {
        out.words(&format!("and {} more: `/retro actions`.", s.record.items.len() - ITEMS));
    }
    let kudos: Vec<(Line, String)> = s
        .record
        .kudos
        .iter()
        .take(ITEMS)
        .map(|k| {
            let words = cut(&k.text, 140);
            (
                vec![Bit::User(k.to.clone()), Bit::Text(format!(" for {words}"))],
                format!("<@{}> for {}", k.to, esc(&words)),
            )
        })
        .collect();
    out.list("Kudos", kudos);
    out.words(&format!("Thank you to everyone who took part! {}", next(s.retro.next.as_ref())));
    Message { text: cut(&out.text, 3900), blocks: out.blocks }
}

/// When the next retro is.
pub fn next(next: Option<&NextRelease>) -> String {
    match next {
        Some(NextRelease { version, day: Some(day) }) => {
            format!("Next retrospective: after {}, planned for {}.", esc(version), zone::show_day(*day))
        }
        Some(NextRelease { version, day: None }) => format!("Next retrospective: after {}.", esc(version)),
        None => "Next retrospective: after the next release.".to_owned(),
    }
}

struct Out {
    blocks: Vec<SlackBlock>,
    text: String,
}

impl Out {
    fn words(&mut self, mrkdwn: &str) {
        self.blocks.push(kit::section(mrkdwn));
        self.text.push('\n');
        self.text.push_str(mrkdwn);
    }

    fn list(&mut self, heading: &str, lines: Vec<(Line, String)>) {
        if lines.is_empty() {
            return;
        }
        self.text.push_str(&format!("\n*{heading}*"));
        for (_, text) in &lines {
            self.text.push_str(&format!("\n• {text}"));
        }
        let rows = lines.into_iter().map(|(line, _)| line).collect();
        self.blocks.push(kit::rich(vec![kit::paragraph(vec![Bit::Bold(heading.into())]), kit::list(rows, false)]));
    }
}
