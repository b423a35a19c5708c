//! Which risks of a release's plan came true.

use crate::model::retro::Retro;
use crate::retro::{Card, Change, Decision, Reply};
use crate::text::count;

/// Keeps the risks that came true.
pub fn came_true(retro: &Retro, risks: Vec<String>) -> Decision {
    let said = match risks.len() {
        0 => "Saved: none of the plan's risks came true.".to_owned(),
        n => format!("Saved: {} came true.", count(n, "risk of the plan", "risks of the plan")),
    };
    Decision {
        changes: vec![Change::CameTrue { channel: retro.channel.clone(), version: retro.version.clone(), risks }],
        cards: vec![Card::Agenda(retro.id)],
        reply: Some(Reply::new(said)),
        ..Decision::default()
    }
}
