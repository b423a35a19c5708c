//! The kickoff in the channel: what is going on, and how many have answered; never who.

use chrono::{DateTime, Utc};

use super::{Message, blocks};
use lookback_core::interaction::BlockAction;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::Button;
use lookback_core::retro::action::Review;
use lookback_core::text::{bold, cut, mention};
use lookback_core::zone;

/// What the kickoff shows.
#[derive(Debug)]
pub struct Kickoff<'a> {
    pub retro: &'a Retro,
    pub done: i64,
    pub all: i64,
    /// What became of the items of the retro before, if there is one.
    pub before: Option<&'a Review>,
    pub now: DateTime<Utc>,
}

/// Items named in it; the agenda has all.
const ITEMS: usize = 6;

/// Renders it: one line, the bar, the deadline, one button; the rest in small print.
pub fn kickoff(k: &Kickoff<'_>) -> Message {
    let r = k.retro;
    let lines = standing(k).join("\n");
    let mut blocks = vec![blocks::header(&format!("Retrospective of {}", r.version)), blocks::section(&lines)];
    if r.phase == Phase::Collecting {
        let answer = Button { label: "Answer the survey".into(), action: BlockAction::Survey { retro: r.id } };
        blocks.extend(blocks::actions(&[answer], true));
    }
    let mut text = format!("Retrospective of {}. {lines}", bold(&r.version));
    if let (Some(at), Phase::Collecting | Phase::Agenda) = (r.meeting, r.phase) {
        let when = format!("Meeting: {}, {} minutes.", zone::moment(at, &r.zone), r.length);
        let calendar = BlockAction::Calendar { retro: r.id };
        blocks.push(blocks::section_with(&when, &Button { label: "Add to my calendar".into(), action: calendar }));
        text.push_str(&format!("\n{when}"));
    }
    let mut small = Vec::new();
    if r.phase.is_open() {
        let names = if r.anonymous { "anonymous" } else { "with names" };
        let long = if r.phase == Phase::Collecting { " · about 2 minutes" } else { "" };
        small.push(format!("Facilitator: {} · {names}{long}", mention(&r.facilitator)));
        if r.is_async && matches!(r.phase, Phase::Scheduled | Phase::Collecting) {
            small.push("No call: the meeting happens in the agenda's thread.".to_owned());
        }
    }
    if let (Some(before), Phase::Collecting) = (k.before.filter(|b| !b.items.is_empty()), r.phase) {
        small.push(back(before, k.now));
    }
    for line in small {
        blocks.push(blocks::context(&line));
        text.push_str(&format!("\n{line}"));
    }
    Message { text: cut(&text, 3000), blocks }
}

/// The words of the phase.
fn standing(k: &Kickoff<'_>) -> Vec<String> {
    let r = k.retro;
    let counted = format!("{} {} of {} answered", bar(k.done, k.all), k.done, k.all);
    match r.phase {
        Phase::Collecting => vec![
            "I've sent a short survey by DM.".to_owned(),
            counted,
            format!("The survey closes {}.", zone::moment(r.closes, &r.zone)),
        ],
        Phase::Agenda => vec!["The survey is closed, and the agenda is in this channel.".to_owned(), counted],
        Phase::Meeting => vec!["The meeting is running in the agenda's thread.".to_owned(), counted],
        Phase::Scheduled => vec!["Not started yet.".to_owned()],
        Phase::Closed => vec!["Finished. The summary is in this channel. Thank you all!".to_owned(), counted],
        Phase::Cancelled => vec![format!("Cancelled.{}", reason(r))],
    }
}

fn reason(r: &Retro) -> String {
    let why = r.cancelled_because.as_ref().map(|w| lookback_core::text::esc(w));
    why.map(|w| format!(" Reason: {}.", w.trim_end_matches('.'))).unwrap_or_default()
}

/// A retro begins by itself: the word to the channel, a day ahead. `current`: it is not about a time that was given up.
pub fn notice(r: &Retro, current: bool) -> Message {
    let what = format!("retrospective of {}", bold(&r.version));
    let mut buttons = Vec::new();
    let text = match (r.phase, &r.scheduled) {
        // True later too: this message is not looked at again.
        (Phase::Scheduled, Some(s)) if !current => {
            format!("The {what} is postponed to {}. I'll remind you a day before.", zone::moment(s.begins, &r.zone))
        }
        (Phase::Scheduled, Some(s)) => {
            let button = |label: &str, action| Button { label: label.to_owned(), action };
            buttons = vec![
                button("Start now", BlockAction::StartNow { retro: r.id }),
                button("Later", BlockAction::Later { retro: r.id }),
                button("Skip", BlockAction::Skip { retro: r.id }),
            ];
            let out = r
                .deployed
                .map(|at| format!(" The release went live {}.", zone::moment(at, &r.zone)))
                .unwrap_or_default();
            format!(
                "The {what} starts automatically {}. I'll send a short survey by DM{}.{out} Facilitator: {}.",
                zone::moment(s.begins, &r.zone),
                if r.anonymous { "; answers are anonymous" } else { "; answers show names" },
                mention(&r.facilitator)
            )
        }
        (Phase::Cancelled, _) => format!("No retrospective for {}.{}", bold(&r.version), reason(r)),
        _ => format!("The {what} has started."),
    };
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, true));
    Message { text, blocks }
}

/// What became of the last retro's items.
fn back(before: &Review, now: DateTime<Utc>) -> String {
    let (done, all) = (before.done(), before.items.len());
    let late = before.items.iter().filter(|i| i.overdue(now)).count();
    let late = if late > 0 { format!(", {late} overdue") } else { String::new() };
    let well = if done == all { " Well done!" } else { "" };
    let mut lines = vec![format!("Since {}: {done} of {all} action items done{late}.{well}", bold(&before.version))];
    lines.extend(before.in_order().into_iter().take(ITEMS).map(|i| format!("• {}", before.public_line(i, now))));
    if all > ITEMS {
        lines.push(format!("+{} more in the agenda", all - ITEMS));
    }
    cut(&lines.join("\n"), 2800)
}

/// `▓▓▓▓▓▓░░`: at most ten squares.
fn bar(done: i64, all: i64) -> String {
    let width = all.clamp(0, 10);
    let full = if all > 0 { done.clamp(0, all) * width / all } else { 0 };
    (0..width).map(|i| if i < full { '▓' } else { '░' }).collect()
}

/// "It is time": the word at the meeting's hour, in the thread and to the facilitator.
pub fn meeting_time(r: &Retro) -> Message {
    let text = format!(
        "It's time for the {} retro ({} min). {}, press Start when everyone is here.",
        bold(&r.version),
        r.length,
        mention(&r.facilitator)
    );
    let meet = Button { label: "Start the meeting".into(), action: BlockAction::Meet { retro: r.id } };
    let buttons = if r.phase == Phase::Meeting { Vec::new() } else { vec![meet] };
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, true));
    Message { blocks, text }
}

/// The facilitator hears that something did not reach the channel. `waits`: it goes on by itself once
/// the channel opens.
pub fn trouble(r: &Retro, channel: &str, waits: bool) -> Message {
    let version = bold(&r.version);
    let text = if waits && channel != r.channel.as_str() {
        format!(
            "I can't post in <#{channel}>, so the short summary of {version} is waiting. Invite me there with `/invite @lookback`, or remove the channel in `/retro config`."
        )
    } else if waits {
        format!(
            "I can't post in <#{channel}>, so the retro for {version} is waiting. Please unarchive the channel, or invite me again with `/invite @lookback`; I'll continue on my own."
        )
    } else {
        format!(
            "I couldn't confirm that a message of the {version} retro reached <#{channel}>. Please check, and post it again if it's missing."
        )
    };
    let again = Button { label: "Post it again".into(), action: BlockAction::PostAgain { retro: r.id } };
    let buttons = if waits { Vec::new() } else { vec![again] };
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, false));
    Message { text, blocks }
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars_fill() {
        assert_eq!(bar(6, 8), "▓▓▓▓▓▓░░");
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(199, 200), "▓▓▓▓▓▓▓▓▓░");
    }
}
