//! Sent forms: each names its handler. What a form names grants nothing; the handler asks again who may.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::{
    channel_settings, escalation, items, new_items, notes, pipeline, releases, starting, survey, theme_menu, themes,
};
use crate::slack::inbound::PICKED;
use crate::slack::view::forms::field;
use lookback_core::interaction::Form;
use lookback_core::retro::{Refusal, typed_date};

/// The fields, with picked days put into their text fields; an hour that was typed there stays. The error is the field in
/// which a date was typed although a day was picked.
fn with_days(fields: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut out = fields.clone();
    for (id, day) in fields.iter().filter_map(|(id, day)| Some((id.strip_suffix(PICKED)?, day))) {
        let Ok(day) = day.parse() else { continue };
        let typed = fields.get(id).map(String::as_str).unwrap_or_default();
        out.insert(id.to_owned(), typed_date::with_day(typed, day).ok_or(id)?);
    }
    Ok(out)
}

/// Handles a sent form.
pub async fn sent(cx: &mut Cx<'_>, form: &Form, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let fields = &match with_days(fields) {
        Ok(fields) => fields,
        Err(id) => return Ok(Outcome::wrong_at(&id, &Refusal::TypedAndPicked)),
    };
    let text = fields.get(field::TEXT).map(String::as_str).unwrap_or_default();
    match form {
        Form::Survey { retro } => survey::sent(cx, *retro, fields).await,
        Form::Action { channel, seen, retro } => new_items::sent(cx, channel, seen.as_deref(), *retro, fields).await,
        Form::Item { channel, number, action, opened, seen } => {
            let sent = items::Sent { action: *action, opened: *opened, seen: seen.as_deref(), fields };
            items::sent(cx, channel, *number, &sent).await
        }
        Form::ChooseHigh { channel, number } => items::chosen(cx, channel, *number, text).await,
        Form::Note { note } => notes::edited(cx, *note, text).await,
        Form::HideNote { retro } => notes::hide(cx, *retro, text).await,
        Form::Start => starting::from_form(cx, fields).await,
        Form::StartEveryone { channel, start } => starting::everyone(cx, channel, start).await,
        Form::Config { channel } => channel_settings::sent(cx, channel, fields).await,
        Form::Escalation { retro, root } => escalation::answered(cx, *retro, *root, fields).await,
        Form::HandEscalation { retro, root } => escalation::handed_on(cx, *retro, *root, fields).await,
        Form::Later { retro } => pipeline::later(cx, *retro, text).await,
        Form::Skip { retro } => pipeline::skip(cx, *retro, text).await,
        Form::Data { channel, version, seen } => releases::sent(cx, channel, version, seen, fields).await,
        Form::Risks { retro } => releases::risks_chosen(cx, *retro, text).await,
        Form::AddNote { retro, category, seen } => themes::note_sent(cx, *retro, *category, *seen, text).await,
        Form::PickTheme { retro, category } => theme_menu::picked(cx, *retro, *category, fields).await,
        Form::Dig { retro, note } => themes::questions_answered(cx, *retro, *note, fields).await,
        Form::Whys { retro } => themes::whys_sent(cx, *retro, fields).await,
        Form::Arrange { retro, category } => themes::arranged(cx, *retro, *category, fields).await,
    }
}
