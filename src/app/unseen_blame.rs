//! Notes with blame that nobody who leads has seen, read for the question before the summary.

use super::delivery;
use crate::store::{Tx, directory, meetings, notes};
use lookback_core::ids::TeamId;
use lookback_core::model::retro::Retro;
use lookback_core::retro::unseen_blame::{self, Blamed};
use lookback_core::retro::{Change, Decision, DirectMessage};

/// Notes with blame that would stand in the summary.
pub async fn blamed(tx: &mut Tx, retro: &Retro, names: &[String]) -> sqlx::Result<Vec<Blamed>> {
    let said = notes::of_retro(tx, retro.id).await?;
    let answers = meetings::kept(tx, retro.id).await?.insights;
    Ok(unseen_blame::find(&said, &answers, names))
}

/// A meeting without a call ends by itself: as its last stage opens, whoever leads sees the notes with blame.
pub async fn before_the_end(tx: &mut Tx, team: &TeamId, retro: &Retro, mut opens: Decision) -> sqlx::Result<Decision> {
    let last = opens.changes.iter().any(|c| matches!(c, Change::Meeting { meeting, .. } if meeting.is_last()));
    if !retro.is_async || !last {
        return Ok(opens);
    }
    let names: Vec<String> = directory::names_in(tx, team, &retro.channel).await?.into_values().collect();
    let blamed = blamed(tx, retro, &names).await?;
    if !blamed.is_empty() {
        let reply = unseen_blame::ask(retro, &blamed, None);
        let to = delivery::who_leads(tx, team, retro).await?;
        opens.dms.push(DirectMessage { to, about: format!("blame/{}", retro.id), reply });
    }
    Ok(opens)
}
