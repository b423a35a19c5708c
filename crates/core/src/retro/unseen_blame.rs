//! Before the summary is posted, whoever leads alone sees the notes that name a person beside words of blame.

use super::{Button, Reply, Row, blame};
use crate::command::Next;
use crate::interaction::{BlockAction, Said};
use crate::model::note::Note;
use crate::model::retro::Retro;
use crate::model::theme::Insight;
use crate::text::{bold, count, cut, esc};

/// Notes with a button in the message.
const ROWS: usize = 10;

/// Words that name a person beside blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    pub said: Said,
    pub words: String,
}

/// Which notes and answers about themes do so; `names` are those of the people of the channel.
pub fn find(notes: &[Note], answers: &[Insight], names: &[String]) -> Vec<Blamed> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let blames = |text: &str| blame::find(text, &names).is_some();
    let notes = notes
        .iter()
        .filter(|note| !note.hidden && blames(&note.text))
        .map(|note| Blamed { said: Said::Note(note.id), words: note.text.clone() });
    let answers = answers.iter().filter_map(|answer| {
        let (_, words) = answer.found.lines().into_iter().find(|(_, words)| blames(words))?;
        Some(Blamed { said: Said::Answer(answer.id), words })
    });
    notes.chain(answers).collect()
}

/// The notes, each with Hide, and the way on.
pub fn ask(retro: &Retro, blamed: &[Blamed], next: Option<&Next>) -> Reply {
    let version = bold(&retro.version);
    let finish = BlockAction::FinishNow { retro: retro.id, next: next.cloned(), seen: blamed.len() };
    if blamed.is_empty() {
        let text = format!("No other note of {version} names a person next to words of blame.");
        return Reply::new(text).button("Finish and post summary", finish);
    }
    let mut text = format!(
        "The summary of {version} is not posted yet: {} a person next to words of blame. Only you see this list. Hide what the summary should not show.",
        match blamed.len() {
            1 => "1 note names".to_owned(),
            n => format!("{} name", count(n, "note", "notes")),
        }
    );
    if blamed.len() > ROWS {
        text.push_str(&format!(" Here are the first {ROWS}; the others follow as you hide these."));
    }
    let rows = blamed.iter().take(ROWS).map(|b| {
        let hide = BlockAction::HideBlame { retro: retro.id, said: b.said, next: next.cloned() };
        let button = Button { label: "Hide".to_owned(), action: hide };
        Row { text: format!("“{}”", esc(&cut(&b.words, 300))), buttons: vec![button] }
    });
    let rows = rows.collect();
    Reply { rows, ..Reply::new(text) }.button("Finish and post summary", finish)
}
