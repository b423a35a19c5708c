//! What is celebrated at the end: figures that are truly good, items that got done, and people.

use super::blocks::Bit;
use super::{Message, agenda, blocks};
use lookback_core::model::item::{Item, State};
use lookback_core::model::note::Kudos;
use lookback_core::model::retro::Retro;
use lookback_core::retro::record::Record;
use lookback_core::retro::wins;
use lookback_core::text::{bold, cut, esc, mention};

/// Items named.
const ITEMS: usize = 8;

/// Adds it to the message of the last stage.
pub fn add(retro: &Retro, record: &Record, message: &mut Message) {
    let good = wins::figures(&retro.version, &record.facts, &record.trend);
    if !good.is_empty() {
        let lines = good.iter().map(|g| vec![Bit::Text(cut(g, 250))]).collect();
        let heading = format!("What {} did well, in figures", retro.version);
        message
            .blocks
            .push(blocks::rich(vec![blocks::paragraph(vec![Bit::Bold(heading.clone())]), blocks::list(lines, false)]));
        message.text.push_str(&format!("\n{}:", esc(&heading)));
        message.text.extend(good.iter().map(|g| format!("\n• {}", esc(&cut(g, 250)))));
    }
    let done: Vec<&Item> = record.before.iter().flat_map(|b| &b.items).filter(|i| i.state == State::Done).collect();
    if !done.is_empty() {
        let lines = done.iter().take(ITEMS).map(|i| agenda::item_line(i)).collect();
        let heading = "Done since the last retro";
        message
            .blocks
            .push(blocks::rich(vec![blocks::paragraph(vec![Bit::Bold(heading.into())]), blocks::list(lines, false)]));
        message.text.push_str(&format!("\n{heading}:"));
        message.text.extend(done.iter().take(ITEMS).map(|i| format!("\n• {}", i.line_with_state())));
    }
    let people = record.tally.0.max(0);
    let thanks = if record.kudos.is_empty() {
        format!(
            "{} of {} people answered the survey. Thank you to everyone who took part: {} was the work of this team.",
            people,
            record.tally.1,
            bold(&retro.version)
        )
    } else {
        format!(
            "The kudos follow below, one by one. {} of {} people answered the survey. Thank you to everyone who took part: {} was the work of this team.",
            people,
            record.tally.1,
            bold(&retro.version)
        )
    };
    message.blocks.push(blocks::section(&thanks));
    message.text.push_str(&format!("\n{thanks}"));
}

/// One recognition, read out.
pub fn kudos(k: &Kudos) -> Message {
    let text = format!("Kudos to {} for {}.", mention(&k.to), esc(k.text.trim_end_matches('.')));
    Message { blocks: vec![blocks::section(&text)], text }
}
