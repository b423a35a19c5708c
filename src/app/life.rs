//! The log of a retro's life: a line for each step, written once it is committed. It names retros, channels and versions,
//! and nobody.

use crate::store::{Tx, retros};
use lookback_core::ids::TeamId;
use lookback_core::model::item::State;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::Change;

/// Notes what `changes` mean for retros and action items, for the log.
pub async fn note(tx: &mut Tx, team: &TeamId, changes: &[Change]) -> sqlx::Result<()> {
    for change in changes {
        if let Change::Open { retro, participants } | Change::Begin { retro, participants } = change {
            if retro.phase == Phase::Scheduled {
                tx.tells(format!("{} is planned", named(retro)));
            } else {
                tx.tells(format!("{} began; participants: {}", named(retro), participants.len()));
            }
        } else if let Change::Update(retro) = change {
            let before = retros::by_id(tx, team, retro.id).await?.map(|retro| retro.phase);
            if before != Some(retro.phase) {
                tx.tells(format!("{} {}", named(retro), step(retro.phase)));
            }
        } else if let Change::AddItem(item) = change {
            tx.tells(format!("action item #{} of {} was created", item.number, item.channel));
        } else if let Change::UpdateItem(item) = change
            && item.state != State::Open
        {
            tx.tells(format!("action item #{} of {} was closed or changed", item.number, item.channel));
        }
    }
    Ok(())
}

/// A version is what somebody typed: a line of the log must not end in it.
fn named(retro: &Retro) -> String {
    format!("retro {} of {} in {}", retro.id, retro.version.escape_debug(), retro.channel)
}

fn step(phase: Phase) -> &'static str {
    match phase {
        Phase::Scheduled => "is planned",
        Phase::Collecting => "collects answers",
        Phase::Agenda => "has its agenda; the survey is closed",
        Phase::Meeting => "is in its meeting",
        Phase::Closed => "is finished",
        Phase::Cancelled => "was cancelled",
    }
}
