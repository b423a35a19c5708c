//! Which kinds of blocks of 2026 a workspace takes: remembered for a week, from its answers.
//!
//! Rule: such a block leaves only where a refusal is heard. An acknowledgement has no answer, so that it has only what the
//! workspace has taken before.

use chrono::Duration;
use slack_morphism::prelude::{SlackBlock, SlackView};

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
    let answers = newer_blocks::answers(tx, team, now_ms).await?;
    let refused = answers.iter().filter(|a| a.is_refused).filter_map(|a| Newer::from_name(&a.kind));
    Ok(newer::without(blocks, &refused.collect::<Vec<_>>()))
}

/// The kinds of blocks of a form, by their places.
pub fn kinds_of_form(view: &SlackView) -> Vec<Option<Newer>> {
    match view {
        SlackView::Modal(modal) => kinds(&modal.blocks),
        SlackView::Home(home) => kinds(&home.blocks),
    }
}

/// A form as [`fit`].
pub async fn fit_form(tx: &mut Tx, team: &TeamId, view: SlackView, now_ms: i64) -> sqlx::Result<SlackView> {
    let SlackView::Modal(mut modal) = view else { return Ok(view) };
    modal.blocks = fit(tx, team, modal.blocks, now_ms).await?;
    Ok(SlackView::Modal(modal))
}

/// A form with the older form of all newer blocks.
pub fn older_form(view: SlackView) -> SlackView {
    let SlackView::Modal(mut modal) = view else { return view };
    modal.blocks = newer::without(modal.blocks, &Newer::ALL);
    SlackView::Modal(modal)
}

/// A form for an acknowledgement: with what the workspace is known to take.
pub async fn fit_acknowledged(tx: &mut Tx, team: &TeamId, view: SlackView, now_ms: i64) -> sqlx::Result<SlackView> {
    let SlackView::Modal(mut modal) = view else { return Ok(view) };
    let newer: Vec<Newer> = modal.blocks.iter().filter_map(Newer::of).collect();
    if !newer.is_empty() {
        let answers = newer_blocks::answers(tx, team, now_ms).await?;
        let taken = |kind: &Newer| answers.iter().any(|a| !a.is_refused && a.kind == kind.name());
        let unknown: Vec<Newer> = newer.into_iter().filter(|kind| !taken(kind)).collect();
        modal.blocks = newer::without(modal.blocks, &unknown);
    }
    Ok(SlackView::Modal(modal))
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
        tracing::info!(kind = kind.name(), "the workspace refuses a kind of block: its older form is used for a week");
    }
    Ok(!at_fault.is_empty())
}

/// Remembers that these kinds were taken.
pub async fn taken(tx: &mut Tx, team: &TeamId, kinds: &[Option<Newer>], now_ms: i64) -> sqlx::Result<()> {
    for kind in kinds.iter().copied().flatten() {
        remember(tx, team, kind, false, now_ms).await?;
    }
    Ok(())
}

async fn remember(tx: &mut Tx, team: &TeamId, kind: Newer, is_refused: bool, now_ms: i64) -> sqlx::Result<()> {
    let answered = Answered { kind: kind.name().to_owned(), is_refused };
    newer_blocks::remember(tx, team, &answered, now_ms + REMEMBERED.num_milliseconds()).await
}
