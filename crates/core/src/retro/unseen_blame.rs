//! Before the summary is posted, whoever leads alone sees the notes that name a person beside words of blame.

use chrono::{DateTime, Utc};

use super::{Button, Reply, Row, blame};
use crate::command::Next;
use crate::interaction::{BlockAction, Said};
use crate::model::note::Note;
use crate::model::retro::Retro;
use crate::model::theme::Insight;
use crate::text::{bold, count, cut, esc};
use crate::zone;

/// Notes with a button in the message; the others stand below them without one.
const ROWS: usize = 18;

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

impl Blamed {
    /// A mark of it: with other words it is another (FNV-1a, <https://www.rfc-editor.org/rfc/rfc9923>).
    pub fn mark(&self) -> u64 {
        let id = match self.said {
            Said::Note(id) => format!("note {id} "),
            Said::Answer(id) => format!("answer {id} "),
        };
        let bytes = id.bytes().chain(self.words.bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// A mark of all that were shown, in any order.
pub fn mark(blamed: &[Blamed]) -> u64 {
    blamed.iter().fold(0, |all, b| all ^ b.mark())
}

/// Names a message with such notes.
pub fn about(retro: &Retro, now: DateTime<Utc>) -> String {
    format!("blame/{}/{}", retro.id, now.timestamp())
}

/// Words to whoever leads a meeting without a call, which ends by itself at `ends`.
pub fn before_the_end(retro: &Retro, blamed: &[Blamed], ends: DateTime<Utc>) -> Reply {
    let mut reply = ask(retro, blamed, None);
    let at = zone::moment(ends, &retro.zone);
    reply.text.push_str(&format!(" The summary goes out by itself when the last stage ends, {at}."));
    reply
}

/// The notes, each with Hide, and the way on.
pub fn ask(retro: &Retro, blamed: &[Blamed], next: Option<&Next>) -> Reply {
    let version = bold(&retro.version);
    let finish = BlockAction::FinishNow { retro: retro.id, next: next.cloned(), seen: mark(blamed) };
    if blamed.is_empty() {
        let text = format!("No other note of {version} names someone in a way that can read as blame.");
        return Reply::new(text).button("Finish and post summary", finish);
    }
    let mut text = format!(
        "I haven't posted the summary for {version} yet: {} someone in a way that can read as blame. Only you see this list. Hide anything you'd rather leave out.",
        match blamed.len() {
            1 => "1 note names".to_owned(),
            n => format!("{} name", count(n, "note", "notes")),
        }
    );
    for more in blamed.iter().skip(ROWS) {
        text.push_str(&format!("\n• “{}”", esc(&cut(&more.words, 100))));
    }
    let rows = blamed.iter().take(ROWS).map(|b| {
        let hide = BlockAction::HideBlame { retro: retro.id, said: b.said, next: next.cloned() };
        let button = Button { label: "Hide".to_owned(), action: hide };
        Row { text: format!("“{}”", esc(&cut(&b.words, 300))), buttons: vec![button] }
    });
    let rows = rows.collect();
    Reply { rows, ..Reply::new(text) }.button("Finish and post summary", finish)
}
