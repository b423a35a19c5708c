//! `export`: a file for the caller, by DM.

use std::collections::BTreeMap;

use super::load;
use super::{AnswerBy, App, Failure, Outcome, Request};
use crate::command::Format;
use crate::export;
use crate::ids::{ChannelId, UserId};
use crate::outbox::{self, To};
use crate::retro::{Decision, Phase, Refusal, Reply, bold};
use crate::store::{Tx, directory, items, retros};
use crate::text::count;

/// Makes the file and sends it: the document of a retro, or action items (of a version, else of the channel).
pub async fn export(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    version: Option<&str>,
    format: Format,
) -> Result<Outcome, Failure> {
    let team = &request.team;
    let retro = match version {
        Some(version) => Some(
            retros::last_of(tx, team, channel, version)
                .await?
                .ok_or(Refusal::NoSuchVersion { version: bold(version), open: String::new() })?,
        ),
        None => None,
    };
    let (name, text, what) = if format == Format::Md {
        let retro = match retro {
            Some(retro) => retro,
            None => match retros::last_closed(tx, team, channel, None).await? {
                Some(retro) => retro,
                None => load::pick(tx, request, channel, None, "export").await?,
            },
        };
        if matches!(retro.phase, Phase::Collecting | Phase::Cancelled) {
            return Err(Refusal::NothingToExport(retro.version).into());
        }
        let (name, text) = outbox::document(tx, team, &retro).await?;
        (name, text, format!("the document of {}", bold(&retro.version)))
    } else {
        let found = match &retro {
            Some(retro) => items::of_retro(tx, team, retro.id).await?,
            None => items::in_channel(tx, team, channel, false).await?,
        };
        let mut names: BTreeMap<UserId, String> = BTreeMap::new();
        for item in &found {
            if !names.contains_key(&item.owner)
                && let Some(person) = directory::person(tx, team, &item.owner).await?
            {
                names.insert(person.id, person.name);
            }
        }
        let text = if format == Format::Json {
            export::items::json(&found, &names)
        } else {
            export::items::csv(&found, &names).map_err(|e| sqlx::Error::Protocol(e.to_string()))?
        };
        let of = retro.as_ref().map_or_else(|| format!("<#{channel}>"), |r| bold(&r.version));
        let what = format!("{} of {of}", count(found.len(), "action item", "action items"));
        (format!("action-items.{}", format.word()), text, what)
    };
    let now_ms = app.clock.now().timestamp_millis();
    let user = request.user.clone();
    let here = Reply::new(format!("Here is your export: {what}."));
    outbox::reply(tx, team, &format!("export/{}", request.key), To::Dm { user: user.clone() }, &here, now_ms).await?;
    outbox::file(tx, team, &request.key, &user, (&name, &text), now_ms).await?;
    if request.answer == AnswerBy::Dm {
        return Ok(Outcome::Done(Decision::default()));
    }
    Ok(Outcome::Done(Decision::say(format!("I sent you {what} by DM."))))
}
