//! What is typed about action items: a new one in any order that reads naturally, which to list, and their numbers.

use super::line::{ActionText, Filter, Mistyped};
use super::words::{inside, person, shown, some_text, version, wrong};
use crate::model::item::Priority;

/// `<text> @owner by <due> [high|medium|low] [because <why>]`, in any order that reads naturally:
/// the owner is the last mention, the date follows the last `by`.
pub(super) fn action(words: &[&str]) -> Result<ActionText, Mistyped> {
    let mut a = ActionText::default();
    let mut head = words.to_vec();
    if let Some(at) = head.iter().position(|w| w.eq_ignore_ascii_case("because")) {
        let why = head.get(at + 1..).unwrap_or_default();
        a.why = some_text(why.strip_prefix(&["of"]).unwrap_or(why));
        head.truncate(at);
    }
    if let Some(at) = head.iter().rposition(|w| w.starts_with("<@")) {
        a.owner = Some(person(head.remove(at))?);
    } else if let Some(name) = head.iter().rfind(|w| w.starts_with('@') && w.len() > 1) {
        return Err(Mistyped::BareName(shown(name)));
    }
    if a.owner.is_none()
        && let Some(at) = head.iter().rposition(|w| inside(w, "<!subteam^").is_some())
    {
        let word = head.remove(at);
        a.group = Some(word.split_once('|').map_or("the group", |(_, name)| name.trim_end_matches('>')).to_owned());
    }
    if let Some(priority) = head.last().and_then(|w| Priority::from_word(&w.to_lowercase())) {
        a.priority = Some(priority);
        head.pop();
    }
    if let Some(at) = head.iter().rposition(|w| w.eq_ignore_ascii_case("by")) {
        a.due = head.get(at + 1..).and_then(some_text);
        head.truncate(at);
    } else if let [text @ .., "before", "next", "release"] = head.as_slice() {
        a.due = Some("before next release".to_owned());
        head = text.to_vec();
    }
    if a.priority.is_none()
        && let Some(priority) = head.last().and_then(|w| Priority::from_word(&w.to_lowercase()))
        && head.len() > 1
    {
        a.priority = Some(priority);
        head.pop();
    }
    a.text = some_text(&head).unwrap_or_default();
    Ok(a)
}

pub(super) fn filter(words: &[&str]) -> Result<Filter, Mistyped> {
    Ok(match words {
        [] => Filter::Open,
        [one] => match one.to_lowercase().as_str() {
            "all" => Filter::All,
            "mine" => Filter::Mine,
            "overdue" => Filter::Overdue,
            _ => Filter::Version(version("actions", one)?),
        },
        [_, extra, ..] => {
            return Err(wrong("actions", format!("I did not understand “{}”.", shown(extra))));
        }
    })
}

pub(super) fn item_number<'a, 'w>(name: &'static str, words: &'w [&'a str]) -> Result<(i64, &'w [&'a str]), Mistyped> {
    let Some((first, rest)) = words.split_first() else {
        return Err(wrong(name, "Which action item? Please give its number; `/retro actions` lists them."));
    };
    match first.trim_start_matches('#').parse() {
        Ok(number) if number > 0 => Ok((number, rest)),
        _ => Err(wrong(
            name,
            format!("“{}” is not the number of an action item; `/retro actions` lists them.", shown(first)),
        )),
    }
}
