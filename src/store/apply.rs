//! Saves what the core decided.

use super::{
    Tx, assignments, items, meetings, notes, participants, recurring, releases, reminders, responses, retros, scrub,
    settings, votes,
};
use crate::seal::Vault;
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::note::Note;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::settings::Settings;
use lookback_core::model::theme::Insight;
use lookback_core::retro::{Change, survey_closing};

/// Saves one change that the core decided.
pub async fn apply(tx: &mut Tx, team: &TeamId, change: &Change, vault: &Vault<'_>, now_ms: i64) -> sqlx::Result<()> {
    match change {
        Change::Open { retro, participants } => open(tx, team, retro, participants, vault, now_ms).await,
        Change::Begin { retro, participants } => begin(tx, team, retro, participants, vault).await,
        Change::Update(retro) => retros::update(tx, team, retro).await,
        Change::Answered { retro, user, answer } => participants::set_answered(tx, *retro, user, *answer).await,
        Change::Copied { retro, user } => participants::add_copy(tx, *retro, user).await,
        Change::Nudged { retro, user, nudges } => participants::set_nudges(tx, *retro, user, *nudges).await,
        Change::Response { retro, response } => responses::put(tx, *retro, response, vault).await,
        Change::CloseSurvey { retro, anonymous, notes, scores, kept } => {
            responses::close(tx, *retro, kept, vault).await?;
            close_survey(tx, team, *retro, *anonymous, notes, scores).await
        }
        Change::BlankSheets { retro } => blank_sheets(tx, *retro, vault).await,
        Change::EndSurvey { retro } => end_survey(tx, *retro, vault).await,
        Change::MoreScores { retro, scores } => more_scores(tx, team, *retro, scores).await,
        Change::FileNote { id, category } => notes::file(tx, team, *id, *category).await,
        Change::HideNote { id, hidden } => notes::hide(tx, team, *id, *hidden).await,
        Change::Configure { channel, settings } => configure(tx, team, channel, settings, now_ms).await,
        Change::Release { channel, release, said } => releases::put(tx, team, channel, release, said, now_ms).await,
        Change::Follows { channel, version, previous } => {
            releases::set_previous(tx, team, channel, version, previous).await
        }
        Change::CameTrue { channel, version, risks } => {
            releases::set_came_true(tx, team, channel, version, risks).await
        }
        Change::AdoptNotes { channel, retro } => notes::adopt(tx, team, channel, *retro).await,
        Change::KeepThemes { retro, channel, themes } => recurring::keep(tx, team, channel, *retro, themes).await,
        Change::Escalate { channel, escalation } => recurring::escalate(tx, team, channel, escalation).await,
        Change::Meeting { retro, meeting } => meetings::put(tx, team, *retro, meeting).await,
        Change::Heard { retro, stage, user, contributions, passed } => {
            meetings::heard(tx, *retro, *stage, user, *contributions, *passed).await
        }
        Change::Invited { retro, stage, user } => meetings::invited(tx, *retro, *stage, user).await,
        Change::NotInvited { retro, stage, user } => meetings::not_invited(tx, *retro, *stage, user).await,
        Change::Join { note, theme } => meetings::join(tx, team, *note, *theme).await,
        Change::NameTheme { retro, theme, name } => meetings::name(tx, *retro, *theme, name).await,
        Change::MergeTheme { from, into } => meetings::merge(tx, *from, *into).await,
        Change::Vote { retro, theme, user, given } => votes::set(tx, *retro, *theme, user, *given).await,
        Change::ClearVotes { theme } => votes::clear(tx, *theme).await,
        Change::CountVotes { retro } => count_votes(tx, *retro).await,
        Change::AddInsight { retro, insight } => add_insight(tx, *retro, insight, now_ms).await,
        Change::HideInsight { retro, id, hidden } => meetings::hide_insight(tx, *retro, *id, *hidden).await,
        Change::AddNote(note) => add_note(tx, team, note, now_ms).await,
        Change::EditNote { id, text } => notes::edit(tx, team, *id, text).await,
        Change::DeleteNote(id) => notes::delete(tx, team, *id).await,
        Change::AddKudos(kudos) => notes::insert_kudos(tx, team, kudos).await,
        Change::AddItem(item) => items::insert(tx, team, item).await,
        Change::ItemOutcome { channel, number, outcome } => {
            items::set_outcome(tx, team, channel, *number, outcome).await
        }
        Change::UpdateItem(item) => items::update(tx, team, item, now_ms).await,
        Change::ReopenItem(item) => items::reopen(tx, team, item, now_ms).await,
        Change::Assign(assignment) => assignments::put(tx, team, assignment).await,
        Change::Accept { channel, number, owner } => assignments::accept(tx, team, channel, *number, owner).await,
        Change::DueNextRelease { channel, day, after, .. } => {
            items::due_next_release(tx, team, channel, *day, *after, now_ms).await
        }
    }
}

async fn open(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    participants: &[UserId],
    vault: &Vault<'_>,
    now_ms: i64,
) -> sqlx::Result<()> {
    retros::insert(tx, team, retro).await?;
    releases::know(tx, team, &retro.channel, &retro.version, retro.deployed, now_ms).await?;
    ask(tx, retro, participants, vault).await
}

async fn begin(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    participants: &[UserId],
    vault: &Vault<'_>,
) -> sqlx::Result<()> {
    retros::begin(tx, team, retro).await?;
    ask(tx, retro, participants, vault).await
}

async fn ask(tx: &mut Tx, retro: &Retro, participants: &[UserId], vault: &Vault<'_>) -> sqlx::Result<()> {
    participants::add(tx, retro.id, participants).await?;
    if retro.phase == Phase::Collecting { responses::lay_out(tx, retro.id, vault).await } else { Ok(()) }
}

async fn close_survey(
    tx: &mut Tx,
    team: &TeamId,
    retro: RetroId,
    anonymous: bool,
    notes: &[Note],
    scores: &[Vec<u8>],
) -> sqlx::Result<()> {
    retros::set_scores(tx, team, retro, scores).await?;
    if anonymous {
        participants::forget_how_answered(tx, retro).await?;
    }
    for note in notes {
        notes::insert(tx, team, note).await?;
    }
    scrub::want(tx, retro).await
}

async fn more_scores(tx: &mut Tx, team: &TeamId, retro: RetroId, scores: &[Vec<u8>]) -> sqlx::Result<()> {
    let before = retros::scores(tx, retro).await?;
    retros::set_scores(tx, team, retro, &survey_closing::merged(before, scores)).await
}

async fn blank_sheets(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<()> {
    responses::begin_again(tx, retro, vault).await?;
    scrub::want(tx, retro).await
}

async fn end_survey(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<()> {
    responses::close(tx, retro, &[], vault).await?;
    scrub::want(tx, retro).await
}

async fn configure(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    settings: &Settings,
    now_ms: i64,
) -> sqlx::Result<()> {
    settings::put(tx, team, channel, settings).await?;
    reminders::plan_again(tx, team, channel, now_ms).await
}

/// Who voted is gone from the file too.
async fn count_votes(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    if votes::count(tx, retro).await? { scrub::want(tx, retro).await } else { Ok(()) }
}

/// It is nobody's: nothing is left behind that names its writer.
async fn add_insight(tx: &mut Tx, retro: RetroId, insight: &Insight, now_ms: i64) -> sqlx::Result<()> {
    scrub::want_soon(tx, retro, now_ms).await?;
    meetings::add_insight(tx, retro, insight).await
}

/// A nameless note leaves nothing behind that names its writer.
async fn add_note(tx: &mut Tx, team: &TeamId, note: &Note, now_ms: i64) -> sqlx::Result<()> {
    notes::insert(tx, team, note).await?;
    if let (Some(retro), None, None) = (note.retro, &note.author, &note.link) {
        notes::shuffle(tx, retro).await?;
        scrub::want_soon(tx, retro, now_ms).await?;
    }
    Ok(())
}
