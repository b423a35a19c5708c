//! `history`: a channel's retros, what became of each, and where it stands.

use super::agenda::Smoothness;
use super::{Decision, Reply};
use crate::interaction::BlockAction;
use crate::model::retro::{Phase, Retro};
use crate::text::{bold, count, esc};
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
        return Decision::say("This channel has had no retro yet. Start one with `/retro start v2.1.0`.");
    };
    let head = if first { "The retros of this channel, the newest first:" } else { "Earlier ones:" };
    let lines: Vec<String> = page.iter().map(|p| line(p, tz)).collect();
    let mut reply = Reply::new(format!("{head}\n{}", lines.join("\n")));
    if more {
        let before = last.retro.started.timestamp_millis();
        reply = reply.button("Earlier ones", BlockAction::History { channel: last.retro.channel.clone(), before });
    }
    Decision { reply: Some(reply), ..Decision::default() }
}

fn line(p: &Past, tz: &str) -> String {
    let r = &p.retro;
    let day = |at| zone::show_day(zone::local(at, tz).date());
    let ended = r.ended.map(day).unwrap_or_default();
    let mut parts = vec![match r.phase {
        Phase::Scheduled => {
            format!(
                "starts automatically {}",
                r.scheduled.as_ref().map(|s| zone::show(s.begins, tz)).unwrap_or_default()
            )
        }
        Phase::Collecting => "the survey is open".to_owned(),
        Phase::Agenda => "the agenda is in the channel".to_owned(),
        Phase::Meeting => "the meeting is running".to_owned(),
        Phase::Closed => format!("finished {ended}"),
        Phase::Cancelled => {
            let why = r.cancelled_because.as_ref().map(|w| format!(": {}", esc(w))).unwrap_or_default();
            format!("{} {ended}{why}", if p.answered.1 == 0 { "no retro," } else { "cancelled" })
        }
    }];
    if p.answered.1 > 0 && r.phase != Phase::Cancelled {
        parts.push(format!("{} of {} answered", p.answered.0, p.answered.1));
    }
    parts.extend(p.smoothness.filter(|_| r.phase != Phase::Cancelled).map(|s| format!("smoothness {:.1}", s.average)));
    if p.items.1 > 0 {
        let items = count(usize::try_from(p.items.1).unwrap_or(0), "action item", "action items");
        parts.push(format!("{} of {items} done", p.items.0));
    }
    let links: Vec<String> = p.links.iter().map(|(name, link)| format!("<{link}|{name}>")).collect();
    let links = if links.is_empty() { String::new() } else { format!(" · {}", links.join(", ")) };
    format!("• {} {}{links}", bold(&r.version), parts.join("; "))
}
