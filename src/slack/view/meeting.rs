//! What is said around the stages of a meeting: it has begun, its time runs out, you are invited.

use super::stage::next;
use super::{Message, blocks};
use lookback_core::interaction::BlockAction;
use lookback_core::model::meeting::Meeting;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::stage::{STAGES, Stage};
use lookback_core::retro::Button;
use lookback_core::retro::meeting::round;
use lookback_core::text::{bold, count, mention};
use lookback_core::zone;

/// The word in the channel: where the meeting is held, and that it is over.
pub fn begun(retro: &Retro, link: Option<&str>) -> Message {
    let what = format!("The meeting for {}", bold(&retro.version));
    let thread = link.map_or_else(|| "the agenda's thread".to_owned(), |l| format!("<{l}|the agenda's thread>"));
    let text = match (retro.phase, retro.is_async) {
        (Phase::Meeting, false) => {
            format!(
                "{what} has started in {thread}: six stages in {} minutes. Everyone can add notes there.",
                retro.length
            )
        }
        (Phase::Meeting, true) => {
            format!(
                "{what} has started in {thread}: each stage is open for a working day. Add notes whenever it suits you."
            )
        }
        (Phase::Cancelled, _) => format!("{what} was cancelled."),
        _ => format!("{what} is over. It took place in {thread}."),
    };
    Message { blocks: vec![blocks::section(&text)], text }
}

/// Two minutes are left, or less; `None`: that was so, and its buttons have done their work.
pub fn warning(retro: &Retro, at: usize, left: i64) -> Message {
    let stage = STAGES.get(at).map_or(Stage::Wins, |(stage, _)| *stage);
    let what = format!("“{}” ({})", stage.title(), bold(&retro.version));
    let left = count(usize::try_from(left).unwrap_or(0), "minute", "minutes");
    let text = format!("{left} left for {what}.");
    // The stage's own buttons may stand far above by now.
    let more = Button { label: "+5 min".into(), action: BlockAction::Extend { retro: retro.id, at } };
    let mut blocks = vec![blocks::section(&text)];
    blocks.push(blocks::context(&format!("For {} (facilitator):", mention(&retro.facilitator))));
    blocks.extend(blocks::actions(&[next(retro.id, at), more], true));
    Message { blocks, text }
}

/// A stage without a call waits for somebody's word. `waits`: it still does.
pub fn invite(retro: &Retro, meeting: &Meeting, at: usize, waits: bool, link: Option<&str>, tz: &str) -> Message {
    let stage = STAGES.get(at).map_or(Stage::Wins, |(stage, _)| *stage);
    let what = format!("“{}” in the retro for {} in <#{}>", stage.title(), bold(&retro.version), retro.channel);
    let text = if waits {
        let link = link.map(|l| format!(" <{l}|Open the thread>.")).unwrap_or_default();
        let ask = match stage {
            Stage::Summary => "Please read it",
            Stage::Actions => "Please look at what is agreed, and add what is missing",
            Stage::Wins => "Please look in, and thank someone",
            Stage::Well | Stage::Improve | Stage::Surprises => "Please add your thoughts",
        };
        format!("{what} is open until {}. {ask}; two minutes is enough.{link}", zone::moment(meeting.ends, tz))
    } else {
        format!("You're done with {what}. Thank you!")
    };
    let mut buttons = Vec::new();
    if waits {
        if let Some(category) = stage.categories().first() {
            buttons.push(Button {
                label: "Add a note".into(),
                action: BlockAction::AddNote { retro: retro.id, category: *category },
            });
        }
        buttons
            .push(Button { label: round::pass_label(retro).into(), action: BlockAction::Pass { retro: retro.id, at } });
    }
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, true));
    Message { text, blocks }
}
