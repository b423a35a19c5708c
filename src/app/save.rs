//! Saves a decision with what follows from it elsewhere: Home tabs, reminders that show an item, the weekly look.

use std::collections::BTreeSet;

use super::item_changed::{item_changed, show_again};
use super::life;
use crate::bot::Bot;
use crate::decisions;
use crate::store::{Tx, cards, directory, items, retros};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::item::Item;
use lookback_core::retro::message::Wanted;
use lookback_core::retro::{Change, Decision, Reply, action};
use lookback_core::zone;

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
    let with_release = due_with_release(tx, team, &mut decision, now_ms).await?;
    decisions::save(tx, team, &decision, &bot.vault(), now_ms).await?;
    for change in &decision.changes {
        if let Change::AddItem(item) | Change::UpdateItem(item) = change {
            item_changed(tx, team, item, now_ms).await?;
        } else if let Change::Accept { channel, number, .. } = change {
            show_again(tx, team, channel, *number, now_ms).await?;
        }
    }
    let mut homes = homes(tx, team, &decision.changes).await?;
    for item in with_release {
        show_again(tx, team, &item.channel, item.number, now_ms).await?;
        homes.insert(item.owner);
    }
    // Whoever is told about an item may have lost it.
    for dm in &decision.dms {
        if directory::home_page(tx, team, &dm.to).await?.is_some() {
            homes.insert(dm.to.clone());
        }
    }
    for user in homes {
        // Only those who ever opened it have one.
        if directory::home_page(tx, team, &user).await?.is_some() {
            cards::want(tx, team, &Wanted::home(&user), now_ms).await?;
        }
    }
    Ok(decision.reply)
}

/// The items that get the day of the next release; the decision tells their owners.
async fn due_with_release(tx: &mut Tx, team: &TeamId, decision: &mut Decision, now_ms: i64) -> sqlx::Result<Vec<Item>> {
    let mut all = Vec::new();
    for change in &decision.changes {
        let Change::DueNextRelease { channel, day, after, by } = change else { continue };
        let found = items::before_next_release(tx, team, channel, *after).await?;
        decision.dms.extend(action::due_with_release(&found, *day, by.as_ref(), zone::from_ms(now_ms)));
        all.extend(found);
    }
    Ok(all)
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
                let people = retros::participants(tx, *retro).await?;
                homes.extend(people.into_iter().map(|p| p.user));
            }
            Change::Answered { user, .. } => {
                homes.insert(user.clone());
            }
            Change::AddItem(item) | Change::UpdateItem(item) => {
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
