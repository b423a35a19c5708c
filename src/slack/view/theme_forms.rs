//! The forms of the meeting: a note, questions about a theme, the 5 Whys, and what a facilitator does with themes.

use slack_morphism::prelude::SlackView;

use super::forms::{field, text};
use super::{blocks, fields};
use lookback_core::ids::NoteId;
use lookback_core::interaction::Form;
use lookback_core::model::note::{Category, MAX_NOTE, Note};
use lookback_core::model::retro::Retro;
use lookback_core::model::theme::Found;
use lookback_core::retro::blame;
use lookback_core::retro::theme::{LONGEST, NAME, Theme};
use lookback_core::text::{bold, cut};

/// Names of the fields that only these forms have.
pub mod at {
    /// Which theme, or themes.
    pub const THEME: &str = "theme";
    /// What is done with it.
    pub const ACT: &str = "act";
    /// Where it moves.
    pub const TO: &str = "to";
    /// Notes that leave their theme.
    pub const OUT: &str = "out";
    /// What it did.
    pub const IMPACT: &str = "impact";
    /// Where it comes from.
    pub const CAUSE: &str = "cause";
    /// What would keep it from happening.
    pub const PREVENTION: &str = "prevention";
    /// What the whys begin with.
    pub const PROBLEM: &str = "problem";
    /// The whys, in order.
    pub const WHYS: [&str; 5] = ["why1", "why2", "why3", "why4", "why5"];
}

/// Themes, and notes, offered in a form: a view holds 250 kB.
const OFFERED: usize = 300;

fn long<'a>(id: &'a str, label: &'a str, initial: &'a str, optional: bool) -> fields::Field<'a> {
    fields::Field { multiline: true, optional, ..text(id, label, initial, LONGEST) }
}

/// A note in the meeting; `word`: it may read as blame, which its writer sees first.
pub fn note(retro: &Retro, category: Category, words: &str, word: Option<&str>) -> SlackView {
    let mut blocks = Vec::new();
    if let Some(word) = word {
        blocks.push(blocks::section(&format!(
            "*Not saved yet.* {}\nTo keep it as it is, press Add again.",
            blame::suggestion(word).replace("I kept it as it is. It", "It")
        )));
    }
    let hint = if retro.anonymous {
        "Write one note per line. It appears right away, without your name; others may guess from the timing."
    } else {
        "Write one note per line."
    };
    blocks.push(fields::text_field(&fields::Field {
        multiline: true,
        hint: Some(hint),
        ..text(field::TEXT, category.title(), words, MAX_NOTE)
    }));
    let form = Form::AddNote { retro: retro.id, category, seen: word.is_some() };
    blocks::modal("Add a note", "Add", "Cancel", &form, blocks)
}

fn about(words: &str) -> slack_morphism::prelude::SlackBlock {
    blocks::section(&format!("About “{}”.", lookback_core::text::esc(&cut(words, 300))))
}

/// The questions of the process about a theme: why something worked, or what an improvement comes from.
pub fn dig(retro: &Retro, note: &Note) -> SlackView {
    let form = Form::Dig { retro: retro.id, note: note.id };
    if note.category == Category::Well {
        let blocks = vec![about(&note.text), fields::text_field(&long(field::WHY, "Why did this work?", "", false))];
        return blocks::modal("Why did this work?", "Save", "Cancel", &form, blocks);
    }
    let blocks = vec![
        about(&note.text),
        fields::text_field(&long(at::IMPACT, "What was the impact?", "", true)),
        fields::text_field(&long(at::CAUSE, "What is the root cause?", "", true)),
        fields::text_field(&long(at::PREVENTION, "How can we prevent it next time?", "", true)),
    ];
    blocks::modal("Impact and cause", "Save", "Cancel", &form, blocks)
}

/// What can be done with a theme of the stage.
pub fn acts(category: Category) -> &'static [(&'static str, &'static str)] {
    match category {
        Category::Well => &[("dig", "Why did this work?")],
        Category::Improve => &[("fix", "What would fix it?"), ("dig", "Impact and cause"), ("whys", "5 Whys")],
        Category::Surprise | Category::Change | Category::Other => &[("fix", "Make an action item")],
    }
}

/// The choice of a theme of a stage, and what to do with it.
pub fn pick(retro: &Retro, category: Category, themes: &[Theme<'_>]) -> SlackView {
    let options: Vec<(String, String)> =
        themes.iter().take(OFFERED).map(|t| (t.head.id.to_string(), cut(t.words(), 75))).collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(id, words)| (id.as_str(), words.as_str())).collect();
    let acts = acts(category);
    let first = acts.first().map(|(id, _)| *id);
    let blocks = vec![
        fields::choice_field(at::THEME, "Theme", &options, options.first().map(|(id, _)| *id), false),
        fields::choice_field(at::ACT, "What would you like to do?", acts, first, false),
    ];
    blocks::modal("Work on a theme", "Continue", "Cancel", &Form::PickTheme { retro: retro.id, category }, blocks)
}

/// From a problem to its root cause. A theme is chosen (`chosen` at first), or the problem becomes a note.
pub fn whys(retro: &Retro, problem: &str, themes: &[Theme<'_>], chosen: Option<NoteId>) -> SlackView {
    let mut blocks = vec![blocks::context(
        "Ask why until the answer is about how you work, not about who did it. Two answers are enough.",
    )];
    if !themes.is_empty() {
        let options: Vec<(String, String)> =
            themes.iter().take(OFFERED).map(|t| (t.head.id.to_string(), cut(t.words(), 75))).collect();
        let options: Vec<(&str, &str)> = options.iter().map(|(id, words)| (id.as_str(), words.as_str())).collect();
        blocks.push(fields::choice_field(
            at::THEME,
            "Theme (leave empty to add the problem as a note)",
            &options,
            chosen.map(|id| id.to_string()).as_deref(),
            true,
        ));
    }
    let hint = (!themes.is_empty()).then_some("Leave empty to use the theme's words");
    blocks.push(fields::text_field(&fields::Field {
        hint,
        ..long(at::PROBLEM, "The problem", problem, !themes.is_empty())
    }));
    for (i, id) in at::WHYS.iter().enumerate() {
        let label = format!("Why? {} of {}", i + 1, at::WHYS.len());
        blocks.push(fields::text_field(&fields::Field { optional: i > 1, ..text(id, &label, "", LONGEST) }));
    }
    blocks.push(fields::text_field(&fields::Field { ..text(at::CAUSE, "Root cause", "", LONGEST) }));
    blocks::modal("5 Whys", "Save", "Cancel", &Form::Whys { retro: retro.id }, blocks)
}

/// What became of the fields of [`whys`], and the problem that is meant.
pub fn found(problem: String, given: impl Fn(&str) -> String) -> Found {
    Found::Whys { problem, whys: at::WHYS.iter().map(|id| given(id)).collect(), root: given(at::CAUSE) }
}

/// Merge, split, name and move the themes of a stage.
pub fn arrange(retro: &Retro, category: Category, themes: &[Theme<'_>]) -> SlackView {
    let shown: Vec<(String, String)> = themes
        .iter()
        .take(OFFERED)
        .map(|t| {
            let marks = t.marks();
            (t.head.id.to_string(), format!("{}{marks}", cut(t.words(), 75usize.saturating_sub(marks.chars().count()))))
        })
        .collect();
    let notes: Vec<&Note> = themes.iter().filter(|t| t.count() > 1).flat_map(|t| t.notes()).collect();
    let members: Vec<(String, String)> =
        notes.iter().take(OFFERED).map(|n| (n.id.to_string(), cut(&n.text, 75))).collect();
    let rest = if themes.len() > OFFERED || notes.len() > OFFERED {
        format!(" The first {OFFERED} can be chosen here.")
    } else {
        String::new()
    };
    let mut blocks = vec![
        blocks::context(&format!("The themes under “{}” of {}.{rest}", category.title(), bold(&retro.version))),
        fields::any_field(at::THEME, "Themes (pick one to rename or move it, two or more to merge)", &shown, &[]),
        fields::text_field(&fields::Field {
            optional: true,
            hint: Some("Leave empty to keep its current name"),
            ..text(field::TEXT, "Name of that theme", "", NAME)
        }),
    ];
    let categories: Vec<(&str, &str)> =
        Category::ALL.iter().filter(|s| **s != category).map(|s| (s.word(), s.title())).collect();
    blocks.push(fields::choice_field(at::TO, "Move it to", &categories, None, true));
    if !members.is_empty() {
        blocks.push(fields::any_field(at::OUT, "Notes to move out of their theme", &members, &[]));
    }
    blocks::modal("Arrange themes", "Save", "Cancel", &Form::Arrange { retro: retro.id, category }, blocks)
}

/// The ids that a field with several choices holds.
pub fn ids(given: &str) -> Vec<NoteId> {
    given.split(',').filter_map(|id| id.parse().ok()).collect()
}
