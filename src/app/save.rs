//! Saves a decision with what follows from it elsewhere: Home tabs, reminders that show an item, the weekly look.

use std::collections::BTreeSet;

use super::item_changed::{item_changed, show_again};
use super::readings::wanted as readings;
use super::tickets::wanted as tickets;
use super::{life, next_release};
use crate::bot::Bot;
use crate::decisions;
use crate::store::readings::Wish;
use crate::store::{Tx, cards, directory, participants, retros};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::item::Item;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::message::Wanted;
use lookback_core::retro::{Change, Decision, Reply};

/// Saves a decision; returns its words for whoever asked.
pub async fn save(bot: &Bot, tx: &mut Tx, team: &TeamId, decision: Decision) -> sqlx::Result<Option<Reply>> {
    save_at(bot, tx, team, decision, bot.now_ms()).await
}

/// As [`save`], as if it were decided at this moment.
pub async fn save_at(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    mut decision: Decision,
    now_ms: i64,
) -> sqlx::Result<Option<Reply>> {
    life::note(tx, team, &decision.changes).await?;
    let finished = finished(tx, team, &decision.changes).await?;
    let with_release = next_release::tell(tx, team, &mut decision, now_ms).await?;
    decisions::save(tx, team, &decision, &bot.vault(), now_ms).await?;
    for change in &decision.changes {
        if let Change::AddItem(item) | Change::UpdateItem(item) | Change::ReopenItem(item) = change {
            item_changed(tx, team, item, now_ms).await?;
            if matches!(change, Change::AddItem(_)) {
                tickets::added(bot, tx, team, item, now_ms).await?;
            } else {
                tickets::changed(tx, team, item, now_ms).await?;
            }
        } else if let Change::Configure { channel, settings } = change {
            tickets::configured(bot, tx, team, channel, settings, now_ms).await?;
        } else if let Change::Open { retro, .. } | Change::Begin { retro, .. } = change {
            readings::want(bot, tx, team, Wish::of(retro)).await?;
        } else if let Change::Accept { channel, number, .. } = change {
            show_again(tx, team, channel, *number, now_ms).await?;
        }
    }
    for retro in &finished {
        tickets::finished(bot, tx, team, retro, now_ms).await?;
    }
    let mut homes = homes(tx, team, &decision.changes).await?;
    homes.extend(next_release::show(tx, team, &with_release, now_ms).await?);
    // Whoever is told about an item may have lost it.
    for dm in &decision.dms {
        if directory::home_page(tx, team, &dm.to).await?.is_some() {
            homes.insert(dm.to.clone());
        }
    }
    for user in homes {
        show_home(tx, team, &user, now_ms).await?;
    }
    Ok(decision.reply)
}

/// Only those who ever opened their Home tab have one.
async fn show_home(tx: &mut Tx, team: &TeamId, user: &UserId, now_ms: i64) -> sqlx::Result<()> {
    if directory::home_page(tx, team, user).await?.is_some() {
        cards::want(tx, team, &Wanted::home(user), now_ms).await?;
    }
    Ok(())
}

/// Shows an item anew wherever its owner sees it.
pub async fn show_item(tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
    show_again(tx, team, &item.channel, item.number, now_ms).await?;
    show_home(tx, team, &item.owner, now_ms).await
}

/// The retros that these changes finish or cancel.
async fn finished(tx: &mut Tx, team: &TeamId, changes: &[Change]) -> sqlx::Result<Vec<Retro>> {
    let mut finished = Vec::new();
    for change in changes {
        if let Change::Update(retro) = change
            && matches!(retro.phase, Phase::Closed | Phase::Cancelled)
            && retros::by_id(tx, team, retro.id).await?.is_some_and(|before| before.phase != retro.phase)
        {
            finished.push(Retro::clone(retro));
        }
    }
    Ok(finished)
}

/// Whose Home tab these changes show on.
async fn homes(tx: &mut Tx, team: &TeamId, changes: &[Change]) -> sqlx::Result<BTreeSet<UserId>> {
    let mut homes = BTreeSet::new();
    for change in changes {
        match change {
            Change::Open { retro, participants } | Change::Begin { retro, participants } => {
                homes.extend(directory::homes_in(tx, team, &retro.channel).await?);
                homes.extend(participants.iter().cloned());
            }
            Change::Update(retro) => homes.extend(directory::homes_in(tx, team, &retro.channel).await?),
            Change::CloseSurvey { retro, .. } => {
                let people = participants::of_retro(tx, *retro).await?;
                homes.extend(people.into_iter().map(|p| p.user));
            }
            Change::Answered { user, .. } => {
                homes.insert(user.clone());
            }
            Change::AddItem(item) | Change::UpdateItem(item) | Change::ReopenItem(item) => {
                homes.insert(item.owner.clone());
            }
            Change::ItemOutcome { .. }
            | Change::Assign(_)
            | Change::Accept { .. }
            | Change::Follows { .. }
            | Change::Copied { .. }
            | Change::Nudged { .. }
            | Change::Response { .. }
            | Change::BlankSheets { .. }
            | Change::EndSurvey { .. }
            | Change::MoreScores { .. }
            | Change::FileNote { .. }
            | Change::HideNote { .. }
            | Change::Configure { .. }
            | Change::Release { .. }
            | Change::CameTrue { .. }
            | Change::AdoptNotes { .. }
            | Change::KeepThemes { .. }
            | Change::Escalate { .. }
            | Change::Meeting { .. }
            | Change::Heard { .. }
            | Change::Invited { .. }
            | Change::NotInvited { .. }
            | Change::Join { .. }
            | Change::NameTheme { .. }
            | Change::MergeTheme { .. }
            | Change::Vote { .. }
            | Change::ClearVotes { .. }
            | Change::CountVotes { .. }
            | Change::AddInsight { .. }
            | Change::HideInsight { .. }
            | Change::AddNote(_)
            | Change::EditNote { .. }
            | Change::DeleteNote(_)
            | Change::AddKudos(_)
            | Change::DueNextRelease { .. } => {}
        }
    }
    Ok(homes)
}
