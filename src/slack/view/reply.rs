//! What one person is told: words, and buttons below them.

use slack_morphism::prelude::SlackBlock;

use super::agenda::MOST;
use super::{Message, blocks, newer};
use lookback_core::retro::Reply;

/// At most so many rows are shown: each takes up to two blocks.
const ROWS: usize = 22;

/// Words as sections, each as long as Slack allows.
fn sections(text: &str) -> Vec<SlackBlock> {
    let lines: Vec<&str> = text.split('\n').collect();
    let parts = blocks::paragraphs(&lines);
    parts.iter().filter(|p| !p.trim().is_empty()).take(5).map(|p| blocks::section(p)).collect()
}

/// Characters of a table that is told in words; a message holds 40,000.
const TOLD: usize = 15_000;

/// The lines of a table as a list, whole ones only: a link or a mention must not be cut.
fn told(lines: &[String]) -> String {
    let mut spent = 0;
    let fits = |line: &&String| {
        spent += line.chars().count() + 3;
        spent <= TOLD
    };
    let shown: Vec<&String> = lines.iter().take_while(fits).collect();
    let more = lines.len() - shown.len();
    let rest = (more > 0).then(|| format!("\n+{more} more"));
    shown.iter().map(|line| format!("\n• {line}")).chain(rest).collect()
}

/// Whether every workspace takes its blocks.
pub fn is_plain(r: &Reply) -> bool {
    r.table.is_none() && r.charts.is_empty()
}

/// Renders a reply.
pub fn reply(r: &Reply) -> Message {
    let mut text = r.text.clone();
    if let Some(table) = &r.table {
        let lines = told(&table.mrkdwn_lines());
        let mut blocks = sections(&r.text);
        blocks.extend(r.charts.iter().filter_map(newer::chart).take(newer::CHARTS));
        newer::add_table(&mut blocks, table, MOST);
        blocks.extend(blocks::actions(&r.buttons, true));
        return Message { text: text + &lines, blocks };
    }
    if r.buttons.is_empty() && r.rows.is_empty() {
        // Slack cuts a section at 3,000 characters, a plain message at 40,000.
        let short = text.chars().count() <= 3000;
        let blocks = if short { vec![blocks::section(&text)] } else { Vec::new() };
        return Message { text, blocks };
    }
    let mut blocks = sections(&r.text);
    for row in r.rows.iter().take(ROWS) {
        text.push_str("\n• ");
        text.push_str(&row.text);
        match row.buttons.as_slice() {
            [one] => blocks.push(blocks::section_with(&row.text, one)),
            many => {
                blocks.push(blocks::section(&row.text));
                blocks.extend(blocks::actions(many, false));
            }
        }
    }
    blocks.extend(blocks::actions(&r.buttons, true));
    Message { text, blocks }
}
