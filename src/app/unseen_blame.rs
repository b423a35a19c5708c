//! Notes with blame that nobody who leads has seen, read for the question before the summary.

use super::delivery;
use crate::store::{Tx, directory, meetings, notes};
use chrono::{DateTime, Utc};
use lookback_core::ids::TeamId;
use lookback_core::model::meeting::Meeting;
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
pub async fn before_the_end(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    mut opens: Decision,
    now: DateTime<Utc>,
) -> sqlx::Result<Decision> {
    for change in &mut opens.changes {
        let Change::Meeting { meeting, .. } = change else { continue };
        if !retro.is_async || !meeting.is_last() {
            continue;
        }
        if let Some((marks, told)) = shown(tx, team, retro, meeting.ends, now).await? {
            meeting.shown = marks;
            opens.dms.push(told);
        }
    }
    Ok(opens)
}

/// Whoever is given the lead in that stage sees them too.
pub async fn handed_over(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    mut handed: Decision,
    now: DateTime<Utc>,
) -> sqlx::Result<Decision> {
    let open = retro.is_async && retro.phase == Phase::Meeting;
    let last = meetings::of_retro(tx, retro.id).await?.filter(|meeting| open && meeting.is_last());
    let Some(meeting) = last else { return Ok(handed) };
    if let Some((marks, told)) = shown(tx, team, retro, meeting.ends, now).await? {
        let meeting = Meeting { shown: marks, ..meeting };
        handed.changes.push(Change::Meeting { retro: retro.id, meeting });
        handed.dms.push(told);
    }
    Ok(handed)
}

/// The message to whoever leads, with marks of the notes in it; `None` where there are none.
async fn shown(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    ends: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Vec<u64>, DirectMessage)>> {
    let names: Vec<String> = directory::names_in(tx, team, &retro.channel).await?.into_values().collect();
    let blamed = blamed(tx, retro, &names).await?;
    if blamed.is_empty() {
        return Ok(None);
    }
    let reply = unseen_blame::before_the_end(retro, &blamed, ends);
    let to = delivery::who_leads(tx, team, retro).await?;
    let told = DirectMessage { to, about: unseen_blame::about(retro, now), reply };
    Ok(Some((blamed.iter().map(Blamed::mark).collect(), told)))
}
