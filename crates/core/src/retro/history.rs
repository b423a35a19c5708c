//! `history`: a channel's retros, what became of each, and where it stands.

use super::agenda::Smoothness;
use super::table::{Cell, Link, NONE, Table};
use super::{Decision, Reply};
use crate::interaction::BlockAction;
use crate::model::retro::{Phase, Retro};
use crate::zone;

/// Retros on a page.
pub const PAGE: usize = 10;

/// One retro with what it came to.
#[derive(Debug)]
pub struct Past {
    pub retro: Retro,
    /// How many answered, of how many.
    pub answered: (i64, i64),
    /// Action items: done, of how many.
    pub items: (i64, i64),
    /// How smooth people found it.
    pub smoothness: Option<Smoothness>,
    /// Where it stands, by name.
    pub links: Vec<(&'static str, String)>,
}

/// Lists them, the newest first; `more`: there are earlier ones.
pub fn show(page: &[Past], first: bool, more: bool, tz: &str) -> Decision {
    let Some(last) = page.last() else {
        return Decision::say(
            "There are no retros in this channel yet. Start the first one with `/retro start v2.1.0`.",
        );
    };
    let head = if first { "Retros in this channel, newest first." } else { "Earlier ones:" };
    let mut reply = Reply { table: Some(Box::new(table(page, tz))), ..Reply::new(head) };
    if more {
        let before = last.retro.started.timestamp_millis();
        reply = reply.button("Earlier ones", BlockAction::History { channel: last.retro.channel.clone(), before });
    }
    Decision { reply: Some(reply), ..Decision::default() }
}

/// Columns that no retro fills are left out.
fn table(page: &[Past], tz: &str) -> Table {
    let heads = ["Release", "State", "Answered", "Smoothness", "Actions done", "Links"];
    let rows: Vec<[Cell; 6]> = page.iter().map(|p| row(p, tz)).collect();
    let fills = |at: usize| rows.iter().filter_map(|row| row.get(at)).any(|cell| !cell.is_empty());
    let kept: Vec<usize> = (0..heads.len()).filter(|at| *at < 2 || fills(*at)).collect();
    Table {
        caption: "Retros of this channel".to_owned(),
        heads: kept.iter().filter_map(|at| heads.get(*at)).map(|head| (*head).to_owned()).collect(),
        rows: rows.iter().map(|row| kept.iter().filter_map(|at| row.get(*at)).cloned().collect()).collect(),
    }
}

fn row(p: &Past, tz: &str) -> [Cell; 6] {
    let called_off = p.retro.phase == Phase::Cancelled;
    let none = || NONE.to_owned();
    let answered = (p.answered.1 > 0 && !called_off).then(|| format!("{} of {}", p.answered.0, p.answered.1));
    let smoothness = p.smoothness.filter(|_| !called_off).map(|s| format!("{:.1}", s.average));
    let done = (p.items.1 > 0).then(|| format!("{} of {}", p.items.0, p.items.1));
    let link = |(name, address): &(&'static str, String)| Link { label: (*name).to_owned(), address: address.clone() };
    [
        Cell::Text(p.retro.version.clone()),
        Cell::Said { said: state(p, tz) },
        Cell::Text(answered.unwrap_or_else(none)),
        Cell::Text(smoothness.unwrap_or_else(none)),
        Cell::Text(done.unwrap_or_else(none)),
        Cell::Links { links: p.links.iter().map(link).collect() },
    ]
}

fn state(p: &Past, tz: &str) -> String {
    let r = &p.retro;
    let ended = r.ended.map(|at| zone::show_day(zone::local(at, tz).date())).unwrap_or_default();
    match r.phase {
        Phase::Scheduled => {
            let begins = r.scheduled.as_ref().map(|s| zone::show(s.begins, tz)).unwrap_or_default();
            format!("starts automatically {begins}")
        }
        Phase::Collecting => "survey open".to_owned(),
        Phase::Agenda => "agenda in the channel".to_owned(),
        Phase::Meeting => "meeting running".to_owned(),
        Phase::Closed => format!("finished {ended}"),
        Phase::Cancelled => {
            let why = r.cancelled_because.as_ref().map(|w| format!(": {w}")).unwrap_or_default();
            format!("{} {ended}{why}", if p.answered.1 == 0 { "no retro," } else { "cancelled" })
        }
    }
}
