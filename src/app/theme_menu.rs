//! The menu of a stage: a theme is chosen, and what to do with it.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::themes::{because, taking_part};
use crate::slack::view;
use crate::slack::view::theme_forms::{self, at};
use lookback_core::ids::{NoteId, RetroId};
use lookback_core::model::note::Category;
use lookback_core::retro::Refusal;

/// Opens the choice of a theme of a stage.
pub async fn open(cx: &mut Cx<'_>, retro: RetroId, category: Category) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    let context = loaded.context();
    context.is_open()?;
    let themes = loaded.themes(category);
    if themes.is_empty() {
        return Err(Refusal::NoSuchTheme.into());
    }
    Ok(Outcome::open(theme_forms::pick(&loaded.retro, category, &themes)))
}

/// A theme was chosen, and what to do with it: the next form takes the place of this one.
pub async fn picked(
    cx: &mut Cx<'_>,
    retro: RetroId,
    category: Category,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (_, loaded) = taking_part(cx, retro).await?;
    let context = loaded.context();
    context.is_open()?;
    let field = |id: &str| fields.get(id).map(String::as_str).unwrap_or_default();
    let note = field(at::THEME).parse().map(NoteId).map_err(|_| Refusal::NoSuchTheme)?;
    let head = context.note(note)?;
    Ok(Outcome::Again(Box::new(match field(at::ACT) {
        "dig" => theme_forms::dig(&loaded.retro, head),
        "whys" => theme_forms::whys(&loaded.retro, "", &loaded.themes(category), Some(note)),
        _ => {
            // Owners and those who name them are of this company.
            cx.member(&loaded.retro.channel).await?;
            let known = because(&loaded.retro, &loaded.why(note)?);
            view::items::action(&loaded.retro.channel, &known, None)
        }
    })))
}
