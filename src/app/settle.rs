//! What a finished retro keeps: its themes, so that the next ones know what keeps coming back.

use crate::store::{Tx, directory, notes, recurring as kept, retros, settings};
use lookback_core::ids::TeamId;
use lookback_core::model::retro::Retro;
use lookback_core::retro::{Change, Decision, recurring};

/// What is kept of the notes, with those that the close of the survey adds at the same moment.
pub async fn settle(tx: &mut Tx, team: &TeamId, retro: &Retro, decision: &Decision) -> sqlx::Result<Decision> {
    let mut said = notes::of_retro(tx, retro.id).await?;
    for change in &decision.changes {
        if let Change::CloseSurvey { notes, .. } = change {
            said.extend(notes.iter().cloned());
        }
    }
    let earlier = kept::earlier(tx, team, retro).await?;
    let mut settings = settings::of_channel(tx, team, &retro.channel).await?;
    // Who is not in the channel could not answer, and should not read it.
    if let Some(user) = &settings.escalate_to {
        let person = directory::person(tx, team, user).await?;
        let here = directory::is_member(tx, team, &retro.channel, user).await?;
        settings.escalate_to = person.filter(|p| p.reachable() && here).map(|p| p.id);
    }
    Ok(recurring::settle(retro, &said, &earlier, &settings))
}

/// Retros that an earlier version finished kept no themes: those of the last ones are found now.
pub async fn keep_old(tx: &mut Tx, team: &TeamId) -> sqlx::Result<()> {
    for retro in retros::without_themes(tx, team).await? {
        let said = notes::of_retro(tx, retro.id).await?;
        let earlier = kept::earlier(tx, team, &retro).await?;
        kept::keep(tx, team, &retro.channel, retro.id, &recurring::kept(&said, &earlier)).await?;
    }
    Ok(())
}
