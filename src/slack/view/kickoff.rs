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
    /// Replies in the meeting's thread can be read.
    pub reads_threads: bool,
}

/// Items named in it; the agenda has all.
const ITEMS: usize = 6;

/// Renders it.
pub fn kickoff(k: &Kickoff<'_>) -> Message {
    let r = k.retro;
    let (mut lines, mut buttons) = standing(k);
    if let (Some(at), Phase::Collecting | Phase::Agenda) = (r.meeting, r.phase) {
        lines.push(format!("The meeting is {} and lasts {} minutes.", zone::show(at, &r.zone), r.length));
        buttons.push(Button { label: "Add to my calendar".into(), action: BlockAction::Calendar { retro: r.id } });
    } else if r.is_async && r.phase.is_open() {
        lines.push("There is no call: we talk in the agenda's thread.".to_owned());
    }
    if k.reads_threads && r.phase.is_open() {
        lines.push(format!("During the meeting I read the replies in its thread: one that begins with `note:`, `well:`, `improve:`, `surprise:`, `change:` or `other:` becomes a note, `action:` an action item, the others are only counted.{}", if r.anonymous { " Such a note links to its reply, so it shows who wrote it; the buttons keep one without a name." } else { "" }));
    }
    let mut text = lines.join("\n");
    let mut blocks = vec![blocks::header(&format!("Retrospective of {}", r.version)), blocks::section(&text)];
    if let (Some(before), Phase::Collecting) = (k.before.filter(|b| !b.items.is_empty()), r.phase) {
        let looked = back(before, k.now);
        blocks.push(blocks::section(&looked));
        text = cut(&format!("{text}\n{looked}"), 3000);
        if before.any_open() {
            buttons.push(Button { label: "Review the open ones".into(), action: BlockAction::Review { retro: r.id } });
        }
    }
    blocks.extend(blocks::actions(&buttons, true));
    Message { text, blocks }
}

/// The words of the phase, and its buttons.
fn standing(k: &Kickoff<'_>) -> (Vec<String>, Vec<Button>) {
    let r = k.retro;
    let counted = format!("{} {} of {} answered", bar(k.done, k.all), k.done, k.all);
    let first = format!("Retrospective of {}", bold(&r.version));
    match r.phase {
        Phase::Collecting => (
            vec![
                format!(
                    "{first}, facilitated by {}. Everyone asked has a short survey in their DMs: two minutes, {}.",
                    mention(&r.facilitator),
                    if r.anonymous { "anonymous" } else { "with names" }
                ),
                counted,
                format!("The survey closes {}.", zone::show(r.closes, &r.zone)),
            ],
            vec![Button { label: "Answer the survey".into(), action: BlockAction::Survey { retro: r.id } }],
        ),
        Phase::Agenda => (
            vec![
                format!(
                    "{first}, facilitated by {}. The survey is closed, and the agenda is in this channel.",
                    mention(&r.facilitator)
                ),
                counted,
            ],
            Vec::new(),
        ),
        Phase::Meeting => (
            vec![
                format!(
                    "{first}, facilitated by {}. The meeting is under way, in the agenda's thread.",
                    mention(&r.facilitator)
                ),
                counted,
            ],
            Vec::new(),
        ),
        Phase::Scheduled => (vec![format!("{first} has not begun yet.")], Vec::new()),
        Phase::Closed => {
            (vec![format!("{first} is finished: the summary is in this channel. Thank you all."), counted], Vec::new())
        }
        Phase::Cancelled => (vec![format!("{first} was cancelled.{}", reason(r))], Vec::new()),
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
            format!("The {what} was put off to {}; I say so again a day ahead.", zone::show(s.begins, &r.zone))
        }
        (Phase::Scheduled, Some(s)) => {
            let button = |label: &str, action| Button { label: label.to_owned(), action };
            buttons = vec![
                button("Start now", BlockAction::StartNow { retro: r.id }),
                button("Later", BlockAction::Later { retro: r.id }),
                button("Not this one", BlockAction::Skip { retro: r.id }),
            ];
            let out = r.deployed.map(|at| format!(" It went out {}.", zone::show(at, &r.zone))).unwrap_or_default();
            format!(
                "The {what} begins by itself {}: everybody who is asked then gets a short survey by DM, {}.{out} Facilitator: {}.",
                zone::show(s.begins, &r.zone),
                if r.anonymous { "anonymous" } else { "with names" },
                mention(&r.facilitator)
            )
        }
        (Phase::Cancelled, _) => format!("{} gets no retrospective.{}", bold(&r.version), reason(r)),
        _ => format!("The {what} has begun."),
    };
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, true));
    Message { text, blocks }
}

/// What became of the last retro's items.
fn back(before: &Review, now: DateTime<Utc>) -> String {
    let (done, all) = (before.done(), before.items.len());
    let well = if done == all { " Well done!" } else { "" };
    let mut lines =
        vec![format!("Action items of {} and still open ones: {done} of {all} done.{well}", bold(&before.version))];
    lines.extend(before.in_order().into_iter().take(ITEMS).map(|i| format!("• {}", before.public_line(i, now))));
    if all > ITEMS {
        lines.push(format!("• and {} more", all - ITEMS));
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
        "It is time for the retrospective of {} ({} minutes). {}: the agenda is in the channel; its first stage opens in the agenda's thread.",
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
            "I cannot write in <#{channel}>, so the short summary of {version} waits: invite me there with `/invite @lookback`, or take the channel out of `/retro config`."
        )
    } else if waits {
        format!(
            "I cannot write in <#{channel}>, so the retro of {version} waits there. Please unarchive the channel, or invite me again with `/invite @lookback`; then I go on by myself."
        )
    } else {
        format!(
            "A message of the retro of {version} did not reach <#{channel}>, or I could not confirm that it did. Please look there; if it is missing, post it again."
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
