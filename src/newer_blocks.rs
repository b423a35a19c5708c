//! Which kinds of blocks of 2026 a workspace takes: remembered for a week, from its answers.
//!
//! Rule: such a block leaves only where a refusal is heard. Slack never says that it refused an acknowledgement, so one holds
//! only what the workspace has taken before.

use chrono::Duration;
use slack_morphism::prelude::{SlackBlock, SlackView};

use crate::bot::Bot;
use crate::slack::client::CallError;
use crate::slack::view::newer::{self, Newer};
use crate::store::Tx;
use crate::store::newer_blocks::{self, Answered};
use lookback_core::ids::TeamId;

/// For how long an answer counts.
const REMEMBERED: Duration = Duration::days(7);

/// How Slack says that blocks are at fault: in a message, and in a view.
const REFUSED: [&str; 3] = ["invalid_blocks", "invalid_blocks_format", "invalid_arguments"];

/// The kinds of blocks, by their places.
pub fn kinds(blocks: &[SlackBlock]) -> Vec<Option<Newer>> {
    blocks.iter().map(Newer::of).collect()
}

/// The blocks in the form that the workspace takes, as far as is known.
pub async fn fit(tx: &mut Tx, team: &TeamId, blocks: Vec<SlackBlock>, now_ms: i64) -> sqlx::Result<Vec<SlackBlock>> {
    if blocks.iter().all(|block| Newer::of(block).is_none()) {
        return Ok(blocks);
    }
    Ok(newer::without(blocks, &answered(tx, team, true, now_ms).await?))
}

/// The kinds of blocks of a form, by their places.
pub fn kinds_of_form(view: &SlackView) -> Vec<Option<Newer>> {
    match view {
        SlackView::Modal(modal) => kinds(&modal.blocks),
        SlackView::Home(home) => kinds(&home.blocks),
    }
}

/// A form with other blocks; a Home tab has none of these kinds.
fn with(view: SlackView, change: impl FnOnce(Vec<SlackBlock>) -> Vec<SlackBlock>) -> SlackView {
    match view {
        SlackView::Modal(mut modal) => {
            modal.blocks = change(modal.blocks);
            SlackView::Modal(modal)
        }
        home @ SlackView::Home(_) => home,
    }
}

/// The kinds of a workspace's last answers: refused, or else taken.
async fn answered(tx: &mut Tx, team: &TeamId, is_refused: bool, now_ms: i64) -> sqlx::Result<Vec<Newer>> {
    let answers = newer_blocks::answers(tx, team, now_ms).await?;
    let wanted = answers.iter().filter(|a| a.is_refused == is_refused);
    Ok(wanted.filter_map(|a| Newer::from_name(&a.kind)).collect())
}

/// A form as [`fit`].
pub async fn fit_form(tx: &mut Tx, team: &TeamId, view: SlackView, now_ms: i64) -> sqlx::Result<SlackView> {
    let refused = answered(tx, team, true, now_ms).await?;
    Ok(with(view, |blocks| newer::without(blocks, &refused)))
}

/// A form with the older form of all newer blocks.
pub fn older_form(view: SlackView) -> SlackView {
    with(view, |blocks| newer::without(blocks, &Newer::ALL))
}

/// A form for an acknowledgement: with what the workspace is known to take.
pub async fn fit_acknowledged(tx: &mut Tx, team: &TeamId, view: SlackView, now_ms: i64) -> sqlx::Result<SlackView> {
    let taken = answered(tx, team, false, now_ms).await?;
    let unknown: Vec<Newer> = Newer::ALL.into_iter().filter(|kind| !taken.contains(kind)).collect();
    Ok(with(view, |blocks| newer::without(blocks, &unknown)))
}

/// Whether all of these are known to be taken.
pub async fn are_taken(tx: &mut Tx, team: &TeamId, kinds: &[Option<Newer>], now_ms: i64) -> sqlx::Result<bool> {
    let taken = answered(tx, team, false, now_ms).await?;
    Ok(kinds.iter().copied().flatten().all(|kind| taken.contains(&kind)))
}

/// Whether the result of a call tells something of the kinds that it held.
pub fn may_be_about(result: &Result<(), CallError>) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => REFUSED.contains(&error.code()),
    }
}

/// Remembers what the result of a call tells of `kinds`, in a transaction of its own.
pub async fn learn(
    bot: &Bot,
    team: &TeamId,
    kinds: &[Option<Newer>],
    result: &Result<(), CallError>,
) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    match result {
        Ok(()) => taken(&mut tx, team, kinds, bot.now_ms()).await?,
        Err(error) => {
            refused(&mut tx, team, kinds, error, bot.now_ms()).await?;
        }
    }
    tx.commit().await
}

/// Remembers which of `kinds`, by their places, were refused. `false` where the refusal is not about them.
pub async fn refused(
    tx: &mut Tx,
    team: &TeamId,
    kinds: &[Option<Newer>],
    error: &CallError,
    now_ms: i64,
) -> sqlx::Result<bool> {
    let CallError::Refused { code, blocks } = error else { return Ok(false) };
    if !REFUSED.contains(&code.as_str()) {
        return Ok(false);
    }
    // Where Slack does not say which block it is, any of them may be.
    let at_fault: Vec<Newer> = if blocks.is_empty() {
        kinds.iter().copied().flatten().collect()
    } else {
        blocks.iter().filter_map(|at| kinds.get(*at).copied().flatten()).collect()
    };
    for kind in &at_fault {
        remember(tx, team, *kind, true, now_ms).await?;
        tracing::warn!(
            kind = kind.name(),
            code,
            "the workspace refuses a kind of block: its older form is used for a week"
        );
    }
    Ok(!at_fault.is_empty())
}

/// Remembers that these kinds were taken.
async fn taken(tx: &mut Tx, team: &TeamId, kinds: &[Option<Newer>], now_ms: i64) -> sqlx::Result<()> {
    for kind in kinds.iter().copied().flatten() {
        remember(tx, team, kind, false, now_ms).await?;
    }
    Ok(())
}

async fn remember(tx: &mut Tx, team: &TeamId, kind: Newer, is_refused: bool, now_ms: i64) -> sqlx::Result<()> {
    let answered = Answered { kind: kind.name().to_owned(), is_refused };
    newer_blocks::remember(tx, team, &answered, now_ms + REMEMBERED.num_milliseconds()).await
}
