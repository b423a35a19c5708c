//! Notes with blame that nobody who leads has seen, read for the question before the summary.

use super::delivery;
use crate::store::{Tx, directory, meetings, notes};
use lookback_core::ids::TeamId;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::unseen_blame::{self, Blamed};
use lookback_core::retro::{Change, Decision, DirectMessage};

/// Notes with blame that would stand in the summary.
pub async fn blamed(tx: &mut Tx, retro: &Retro, names: &[String]) -> sqlx::Result<Vec<Blamed>> {
    let said = notes::of_retro(tx, retro.id).await?;
    let answers = meetings::kept(tx, retro.id).await?.insights;
    Ok(unseen_blame::find(&said, &answers, names))
}

/// A meeting without a call ends by itself: as its last stage opens, whoever leads sees the notes with blame.
pub async fn before_the_end(tx: &mut Tx, team: &TeamId, retro: &Retro, opens: Decision) -> sqlx::Result<Decision> {
    let last = opens.changes.iter().any(|c| matches!(c, Change::Meeting { meeting, .. } if meeting.is_last()));
    if retro.is_async && last { shown(tx, team, retro, opens).await } else { Ok(opens) }
}

/// Whoever is given the lead in that stage sees them too.
pub async fn handed_over(tx: &mut Tx, team: &TeamId, retro: &Retro, handed: Decision) -> sqlx::Result<Decision> {
    let last = meetings::of_retro(tx, retro.id).await?.is_some_and(|meeting| meeting.is_last());
    let open = retro.is_async && retro.phase == Phase::Meeting;
    if open && last { shown(tx, team, retro, handed).await } else { Ok(handed) }
}

async fn shown(tx: &mut Tx, team: &TeamId, retro: &Retro, mut decision: Decision) -> sqlx::Result<Decision> {
    let names: Vec<String> = directory::names_in(tx, team, &retro.channel).await?.into_values().collect();
    let blamed = blamed(tx, retro, &names).await?;
    if !blamed.is_empty() {
        let reply = unseen_blame::ask(retro, &blamed, None);
        let to = delivery::who_leads(tx, team, retro).await?;
        decision.dms.push(DirectMessage { to, about: format!("blame/{}", retro.id), reply });
    }
    Ok(decision)
}
