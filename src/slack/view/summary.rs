//! The summary in the channel, when a retro is finished.

use slack_morphism::prelude::SlackBlock;

use super::blocks::{Bit, Line};
use super::{Message, agenda, blocks};
use lookback_core::ids::ChannelId;
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, State};
use lookback_core::model::note::Category;
use lookback_core::model::retro::{NextRelease, Retro};
use lookback_core::retro::Button;
use lookback_core::retro::agenda::Rating;
use lookback_core::retro::record::Record;
use lookback_core::text::{bold, cut, esc};
use lookback_core::zone;

/// Themes shown under a heading.
const SHOWN: usize = 5;
/// Items and kudos shown; the document has all.
const ITEMS: usize = 10;

/// What the summary shows.
#[derive(Debug)]
pub struct Summary<'a> {
    pub retro: &'a Retro,
    pub record: &'a Record,
}

/// Renders it.
pub fn summary(s: &Summary<'_>) -> Message {
    let title = format!("{} release retrospective: summary", s.retro.version);
    let mut out = Out {
        blocks: vec![blocks::header(&title)],
        text: format!("{} release retrospective: summary", bold(&s.retro.version)),
    };
    if let Some(verdict) = s.record.facts.data.verdict() {
        out.words(&format!("*Overall*: {}", esc(&verdict.to_string())));
    }
    let ratings = s.record.ratings.iter().map(|Rating { label, score }| (label.clone(), score.to_string()));
    let facts = s.record.facts.lines(&s.retro.zone).into_iter().filter(|(label, _)| *label != "Overall");
    let facts = facts.map(|(label, text)| (label.to_owned(), text));
    out.fields(&ratings.chain(facts).collect::<Vec<_>>());
    if let Some(overall) = s.record.trend.overall() {
        out.words(&format!("*Trend*: {}", esc(&overall)));
    }
    out.blocks.push(blocks::divider());
    let done: Vec<&Item> = s.record.before.iter().flat_map(|b| &b.items).filter(|i| i.state == State::Done).collect();
    if !done.is_empty() {
        out.list(
            "Done since the last retro",
            done.iter().take(ITEMS).map(|i| (agenda::item_line(i), i.line_with_state())).collect(),
        );
    }
    let before = out.blocks.len();
    themes(s, &mut out);
    // Nothing stands between two lines.
    if out.blocks.len() > before || !done.is_empty() {
        out.blocks.push(blocks::divider());
    }
    out.list(
        "Action items",
        s.record.items.iter().take(ITEMS).map(|i| (agenda::item_line(i), i.line_with_state())).collect(),
    );
    if s.record.items.is_empty() {
        out.words("No action items.");
    } else if s.record.items.len() > ITEMS {
        out.words(&format!("+{} more: `/retro actions`.", s.record.items.len() - ITEMS));
    }
    kudos(s, &mut out);
    if let Some(url) = &s.record.plan {
        out.words(&format!("*Release plan*: <{}|pull request>", esc(url)));
    }
    let day = s.retro.ended.map(|at| format!("{} · ", zone::show_day(zone::local(at, &s.retro.zone).date())));
    let (answered, all) = s.record.tally;
    let next = next(s.retro.next.as_ref());
    out.small(&format!(
        "{}{answered} of {all} people answered the survey. Thank you to everyone who took part! {next}",
        day.unwrap_or_default()
    ));
    Message { text: cut(&out.text, 3900), blocks: out.blocks }
}

/// What was said, by category.
fn themes(s: &Summary<'_>, out: &mut Out) {
    for (heading, category) in [
        ("What went well ✅", Category::Well),
        ("What could be improved 🔧", Category::Improve),
        ("Key learnings 💡", Category::Surprise),
        ("What to change next time", Category::Change),
    ] {
        let found = s.record.themes(category);
        let mut lines: Vec<(Line, String)> = found
            .iter()
            .take(SHOWN)
            .map(|t| {
                let words = cut(t.words(), 200);
                let times = t.marks();
                (vec![Bit::Text(words.clone()), Bit::Bold(times.clone())], format!("{}{times}", esc(&words)))
            })
            .collect();
        if found.len() > SHOWN {
            let more = format!("+{} more in the document", found.len() - SHOWN);
            lines.push((vec![Bit::Italic(more.clone())], more));
        }
        out.list(heading, lines);
    }
}

/// Who was recognised, and for what.
fn kudos(s: &Summary<'_>, out: &mut Out) {
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
    out.list("Kudos 🎉", kudos);
}

/// The short form for people outside: what went well, what was learned, what is done about the rest.
pub fn short(s: &Summary<'_>, link: Option<&str>) -> Message {
    let version = &s.retro.version;
    let mut out = Out {
        blocks: vec![blocks::header(&format!("{version} release retrospective"))],
        text: format!("{} release retrospective", bold(version)),
    };
    let day = s.retro.ended.map(|at| zone::show_day(zone::local(at, &s.retro.zone).date())).unwrap_or_default();
    out.words(&format!("On {day}, we looked back on the release of {}.", bold(version)));
    let shown = ["Overall", "Incidents", "Business impact"];
    let mut lines: Vec<(Line, String)> = Vec::new();
    for (label, text) in s.record.facts.lines(&s.retro.zone).into_iter().filter(|(label, _)| shown.contains(label)) {
        lines.push((
            vec![Bit::Bold(format!("{label}: ")), Bit::Text(cut(&text, 300))],
            format!("{label}: {}", esc(&cut(&text, 300))),
        ));
    }
    lines.extend(heads(s, Category::Well, BRIEF));
    out.list("Highlights", lines);
    out.list("Key learnings", heads(s, Category::Surprise, BRIEF));
    let items: Vec<(Line, String)> = s
        .record
        .items
        .iter()
        .filter(|i| i.state != State::Dropped)
        .take(BRIEF)
        .map(|i| (vec![Bit::Text(cut(&i.text, 160))], esc(&cut(&i.text, 160))))
        .collect();
    let next_time = if items.is_empty() { heads(s, Category::Change, BRIEF) } else { items };
    out.list("Improvements for the next release", next_time);
    let more = link.map(|l| format!(" <{l}|Read the full summary>.")).unwrap_or_default();
    out.words(&format!("Thank you to everyone who took part! {}{more}", next(s.retro.next.as_ref())));
    Message { text: cut(&out.text, 3900), blocks: out.blocks }
}

/// Themes in the short form.
const BRIEF: usize = 4;

/// The themes of a stage, by their words alone.
fn heads(s: &Summary<'_>, category: Category, most: usize) -> Vec<(Line, String)> {
    let found = s.record.themes(category);
    let words = found.iter().take(most).map(|t| cut(t.words(), 160));
    words.map(|w| (vec![Bit::Text(w.clone())], esc(&w))).collect()
}

/// The short form before its facilitator, who says whether it goes out.
pub fn preview(s: &Summary<'_>, channels: &[ChannelId]) -> Message {
    let names: Vec<String> = channels.iter().map(|c| format!("<#{c}>")).collect();
    let (names, version) = (names.join(", "), bold(&s.retro.version));
    if let Some(sent) = s.retro.shared {
        let text = if sent {
            format!("Sending the short summary of {version} to {names}. Thank you.")
        } else {
            format!("The short summary of {version} wasn't sent.")
        };
        return Message { blocks: vec![blocks::section(&text)], text };
    }
    let ask = format!(
        "This is the short summary of {version} for {names}. Not sent yet. Check that it's fine to share, then press Send."
    );
    let short = short(s, None);
    let action = |send| BlockAction::SendSummary { retro: s.retro.id, send };
    let buttons = [
        Button { label: "Send".into(), action: action(true) },
        Button { label: "Don't send".into(), action: action(false) },
    ];
    let mut blocks = vec![blocks::section(&ask), blocks::divider()];
    blocks.extend(short.blocks);
    blocks.push(blocks::divider());
    blocks.extend(blocks::actions(&buttons, true));
    Message { text: cut(&format!("{ask}\n{}", short.text), 3900), blocks }
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
        self.blocks.push(blocks::section(mrkdwn));
        self.text.push('\n');
        self.text.push_str(mrkdwn);
    }

    /// Small print.
    fn small(&mut self, mrkdwn: &str) {
        self.blocks.push(blocks::context(mrkdwn));
        self.text.push('\n');
        self.text.push_str(mrkdwn);
    }

    /// Figures, each with its label.
    fn fields(&mut self, figures: &[(String, String)]) {
        if figures.is_empty() {
            return;
        }
        for (label, value) in figures {
            self.text.push_str(&format!("\n{}: {}", esc(label), esc(&cut(value, 300))));
        }
        self.blocks.extend(blocks::fields(figures));
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
        self.blocks
            .push(blocks::rich(vec![blocks::paragraph(vec![Bit::Bold(heading.into())]), blocks::list(rows, false)]));
    }
}
