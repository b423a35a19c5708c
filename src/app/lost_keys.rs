//! Surveys whose key is gone when the server starts: a backup of the data was put back without the keys of its day, or
//! after the survey was closed. What was written in them can never be read again.

use super::save;
use crate::bot::Bot;
use crate::freeze::Hold;
use crate::seal::Vault;
use crate::store::{Tx, cards, participants, responses, retros};
use lookback_core::model::response::Response;
use lookback_core::model::retro::Phase;
use lookback_core::retro::{survey, survey_closing};

/// Goes on with these surveys: open ones ask again, those that were closed since stay closed. That cannot be undone, so it
/// is done when messages leave, and not while a person may still put a newer backup in the place of this one.
pub async fn go_on(bot: &Bot, tx: &mut Tx) -> sqlx::Result<()> {
    // As if it were decided in the time that the database knows nothing of: what may be in Slack already is looked for.
    let at_ms = match bot.freeze.hold() {
        Hold::Free => bot.now_ms(),
        Hold::Asking { since_ms } | Hold::Frozen { since_ms } => since_ms - 1,
    };
    for (team, id, was_closed) in responses::lost(tx, &bot.vault()).await? {
        let Some(retro) = retros::by_id(tx, &team, id).await? else { continue };
        let people = participants::of_retro(tx, id).await?;
        let now = bot.clock.now();
        let decision = if retro.phase != Phase::Collecting {
            tracing::error!(retro = %id, "the key of withheld answers is gone: no one can share them any more");
            let asked = cards::asked_to_share(tx, id).await?;
            survey_closing::end(&retro, &asked.iter().map(Response::of).collect::<Vec<_>>())
        } else if was_closed {
            tracing::error!(retro = %id, "a survey was closed after this backup was made: it stays closed, without its answers");
            survey_closing::closed_before(&retro, &people, now, &mut || bot.rng.id())
        } else {
            tracing::error!(retro = %id, "the key of an open survey is gone: whoever answered is asked again");
            survey::ask_again(&retro, &people, now)
        };
        save::save_at(bot, tx, &team, decision, at_ms).await?;
    }
    Ok(())
}

/// How many open surveys have no key, though nothing says that they were closed.
pub async fn missing(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<usize> {
    Ok(responses::lost(tx, vault).await?.into_iter().filter(|(_, _, was_closed)| !was_closed).count())
}
