//! What a person hears of the figures that a source told.

use super::source::{Figure, Told};
use crate::retro::Reply;
use crate::text::{bold, esc};
use crate::zone;

/// What became of a reading in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It was read; what the token may not see, in a few words each.
    Read {
        repository: String,
        tag: String,
        hidden: Vec<String>,
    },
    NoRepository {
        repository: String,
    },
    NoTag {
        repository: String,
    },
}

/// What GitHub told of a release; times are shown in `tz`.
pub fn report(version: &str, places: &[Place], told: &Told, tz: &str) -> Reply {
    let read: Vec<String> = places
        .iter()
        .filter_map(|place| match place {
            Place::Read { repository, tag, .. } => Some(format!("{} at {}", esc(repository), esc(tag))),
            Place::NoRepository { .. } | Place::NoTag { .. } => None,
        })
        .collect();
    let mut text = String::new();
    if !read.is_empty() {
        let known = told.said.iter().filter(|said| said.source != super::source::Source::Person).count();
        text = match known {
            0 => format!("GitHub knows no figures of {} ({}).", bold(version), read.join(", ")),
            _ => format!("The figures of {} from GitHub ({}):", bold(version), read.join(", ")),
        };
        for figure in &told.filled {
            let value = figure.of(&told.release).unwrap_or_default();
            text.push_str(&format!("\n• {}: {}", capital(figure.label()), shown(*figure, &value, tz)));
        }
        for (figure, before, now) in &told.changed {
            let (before, now) = (shown(*figure, before, tz), shown(*figure, now, tz));
            text.push_str(&format!("\n• {}: {before} → {now}", capital(figure.label())));
        }
        if known > 0 && told.filled.is_empty() && told.changed.is_empty() {
            text.push_str(" nothing changed.");
        }
    }
    for (figure, typed, now) in &told.differ {
        text.push_str(&format!("\n{}", differs(*figure, &shown(*figure, typed, tz), &shown(*figure, now, tz))));
    }
    for place in places {
        if let Some(words) = lacks(version, place) {
            text.push_str(&format!("\n{words}"));
        }
    }
    Reply::new(text.trim())
}

/// A value as people read it, escaped.
fn shown(figure: Figure, value: &str, tz: &str) -> String {
    match (figure, value.parse()) {
        (Figure::DeployedAt, Ok(at)) => zone::show(at, tz),
        _ => esc(value),
    }
}

/// What a source says otherwise than a person: their word stays.
fn differs(figure: Figure, typed: &str, now: &str) -> String {
    let label = capital(figure.label());
    match typed {
        "" => format!("{label}: GitHub says {now}. You took this figure out, so it stays out."),
        typed => format!("{label}: GitHub says {now}. Your {typed} stays."),
    }
}

fn lacks(version: &str, place: &Place) -> Option<String> {
    match place {
        Place::Read { hidden, .. } if hidden.is_empty() => None,
        Place::Read { repository, hidden, .. } => Some(format!(
            "My token may not see {} of {}, so figures that need them are missing. An admin can grant it read access.",
            hidden.join(", "),
            esc(repository)
        )),
        Place::NoRepository { repository } => Some(format!(
            "GitHub has no repository {}, or my token may not see it. Please check “Repositories” in `/retro config`.",
            esc(repository)
        )),
        Place::NoTag { repository } => Some(format!(
            "{} has no tag for {} yet. After it is tagged, type `/retro data refresh {}`.",
            esc(repository),
            bold(version),
            esc(version)
        )),
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// How far a long reading is.
pub fn progress(version: &str, read: usize, of: usize) -> Reply {
    Reply::new(format!("I have read {read} of {of} pull requests of {}.", bold(version)))
}

/// A reading begins.
pub fn begins(version: &str, repositories: &[String]) -> String {
    let all: Vec<String> = repositories.iter().map(|repository| esc(repository)).collect();
    format!("I'm reading {} from GitHub ({}). The figures follow here.", bold(version), all.join(", "))
}
