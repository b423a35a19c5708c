//! The smaller forms: an action item, a note, a reason, a second look.

use slack_morphism::prelude::{SlackBlock, SlackView};

use super::{blocks, fields, newer};
use lookback_core::ids::{ChannelId, NoteId};
use lookback_core::interaction::Form;
use lookback_core::model::note::{Category, MAX_NOTE, Note};
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::Settings;
use lookback_core::model::start::Start;
use lookback_core::model::theme::Insight;
use lookback_core::model::ticket::Tracker;
use lookback_core::retro::settings::{Field, NO_TICKETS};
use lookback_core::text::bold;

/// Field names.
pub mod field {
    /// What to do, or the words of a note.
    pub const TEXT: &str = "text";
    /// Who does it.
    pub const OWNER: &str = "owner";
    /// By when.
    pub const DUE: &str = "due";
    /// How much it matters.
    pub const PRIORITY: &str = "priority";
    /// The release figure that it should move.
    pub const METRIC: &str = "metric";
    /// Why.
    pub const WHY: &str = "why";
    /// Which channel.
    pub const CHANNEL: &str = "channel";
    /// Which release.
    pub const VERSION: &str = "version";
    /// When the survey closes.
    pub const CLOSES: &str = "closes";
    /// When the meeting is.
    pub const MEETING: &str = "meeting";
    /// Anonymous, named, or the channel's default.
    pub const NAMES: &str = "names";
}

/// A text field that must be filled.
pub(super) fn text<'a>(id: &'a str, label: &'a str, initial: &'a str, max: usize) -> fields::Field<'a> {
    fields::Field { id, label, initial, max, multiline: false, optional: false, hint: None }
}

/// A note's words.
pub fn note(id: NoteId, words: &str) -> SlackView {
    let blocks =
        vec![fields::text_field(&fields::Field { multiline: true, ..text(field::TEXT, "Your note", words, MAX_NOTE) })];
    blocks::modal("Edit note", "Save", "Cancel", &Form::Note { note: id }, blocks)
}

/// Until when a scheduled retro waits, or why the release gets none.
pub fn wait(retro: &Retro, form: &Form) -> SlackView {
    let skip = matches!(form, Form::Skip { .. });
    let (label, hint, submit, max) = if skip {
        ("Why skip the retro?", "Shown in /retro history", "Skip the retro", 300)
    } else {
        ("When should it start?", "For example: monday 10:00, 3d, 2026-12-01", "Save", 60)
    };
    let what = format!("The retrospective of {} would start automatically.", bold(&retro.version));
    let field = fields::Field { hint: Some(hint), ..text(field::TEXT, label, "", max) };
    let fields = if skip { vec![fields::text_field(&field)] } else { fields::date_fields(&field).to_vec() };
    let blocks = [vec![blocks::section(&what)], fields].concat();
    blocks::modal(if skip { "Skip" } else { "Later" }, submit, "Cancel", form, blocks)
}

/// A new retro: the shortcut's form. The channel is the one that is open, where Slack tells.
pub fn start(channel: Option<&ChannelId>) -> SlackView {
    let optional = |id: &'static str, label: &'static str, hint: &'static str| {
        fields::date_fields(&fields::Field { optional: true, hint: Some(hint), ..text(id, label, "", 60) })
    };
    let mut blocks = vec![
        fields::channel_field(field::CHANNEL, "Release channel", channel),
        fields::text_field(&fields::Field {
            hint: Some("For example v2.1.0"),
            ..text(field::VERSION, "Version", "", 64)
        }),
    ];
    blocks.extend(optional(
        field::CLOSES,
        "When does the survey close?",
        "For example: friday, 3d, 2026-12-01 17:00; leave empty for the channel's default",
    ));
    blocks.extend(optional(
        field::MEETING,
        "When is the meeting?",
        "For example: next tue 15:00; or just the time, if you pick a day below; leave empty for none",
    ));
    blocks.push(fields::choice_field(
        field::NAMES,
        "Answers",
        &[("default", "Channel default"), ("anonymous", "Anonymous"), ("named", "With names")],
        Some("default"),
        false,
    ));
    blocks::modal("Start a retro", "Start", "Cancel", &Form::Start, blocks)
}

/// What the value of an answer about a theme begins with, among those of notes.
pub const INSIGHT: &str = "insight-";

fn answer(i: &Insight) -> (String, String) {
    let words: Vec<String> = i.found.lines().into_iter().map(|(_, words)| words).collect();
    (format!("{INSIGHT}{}", i.id), lookback_core::text::cut(&words.join(", "), 75))
}

/// Which note is taken out of sight: by stage, at most a hundred of each (Slack's limit). A note has no
/// author here.
pub fn hide_note(retro: &Retro, notes: &[Note], found: &[Insight]) -> SlackView {
    let groups: Vec<(&str, Vec<(String, String)>)> = Category::ALL
        .into_iter()
        .map(|category| {
            let of_stage = notes.iter().filter(|n| n.category == category).take(100);
            (category.title(), of_stage.map(|n| (n.id.to_string(), lookback_core::text::cut(&n.text, 75))).collect())
        })
        .chain([("Answers about themes", found.iter().take(100).map(answer).collect())])
        .filter(|(_, notes): &(&str, Vec<(String, String)>)| !notes.is_empty())
        .collect();
    let blocks = vec![
        newer::info("A hidden note disappears from the agenda, the summary and the document. You can show it again."),
        fields::grouped_field(field::TEXT, "Which note?", &groups),
    ];
    blocks::modal("Hide a note", "Hide it", "Cancel", &Form::HideNote { retro: retro.id }, blocks)
}

/// A channel's defaults; what is about tickets only where a tracker is set up.
pub fn config(channel: &ChannelId, s: &Settings, set_up: &[Tracker]) -> SlackView {
    let mut blocks = vec![blocks::context(
        "The defaults of this channel. Leave a field empty for the built-in default. An open survey keeps its questions.",
    )];
    for at in Field::ALL.into_iter().filter(|at| at.is_shown(set_up)) {
        let shown = s.show(at);
        blocks.push(match at {
            Field::Anonymous => {
                let choices = [("anonymous", "Anonymous"), ("named", "With names")];
                fields::choice_field(at.id(), at.label(), &choices, Some(&shown), false)
            }
            Field::Stakeholders => fields::channels_field(at.id(), at.label(), &s.stakeholders),
            Field::Escalate => fields::maybe_person_field(
                at.id(),
                at.label(),
                s.escalate_to.as_ref(),
                "From the third time on; leave empty for the facilitator",
            ),
            Field::Tickets => trackers(at, &shown, set_up),
            Field::Questions
            | Field::Length
            | Field::Window
            | Field::Soak
            | Field::Threshold
            | Field::Hours
            | Field::DaysOff
            | Field::Zone
            | Field::Emoji
            | Field::SprintStart
            | Field::SprintDays
            | Field::TicketsTo
            | Field::TicketLabels
            | Field::Accounts
            | Field::Repositories
            | Field::ReleaseLabels
            | Field::Plan => {
                let (hint, max) = hint(at);
                let multiline =
                    matches!(at, Field::Questions | Field::Accounts | Field::Repositories | Field::ReleaseLabels);
                let plain = text(at.id(), at.label(), &shown, max);
                fields::text_field(&fields::Field { optional: true, hint, multiline, ..plain })
            }
        });
        if at == Field::SprintStart {
            blocks.push(fields::day_field(at.id(), "Or pick a day"));
        }
    }
    blocks::modal("Retro settings", "Save", "Cancel", &Form::Config { channel: channel.clone() }, blocks)
}

/// The choice of a tracker among those that are set up.
fn trackers(at: Field, shown: &str, set_up: &[Tracker]) -> SlackBlock {
    let named = |tracker: &Tracker| match tracker {
        Tracker::Jira | Tracker::Linear => (tracker.word(), tracker.name()),
        Tracker::GitHub => (tracker.word(), "GitHub Issues"),
    };
    let choices: Vec<(&str, &str)> = [(NO_TICKETS, "None")].into_iter().chain(set_up.iter().map(named)).collect();
    let chosen = choices.iter().map(|(word, _)| *word).find(|word| *word == shown).unwrap_or(NO_TICKETS);
    fields::choice_field(at.id(), at.label(), &choices, Some(chosen), false)
}

/// What stands below a text field, and its longest text in characters.
fn hint(at: Field) -> (Option<&'static str>, usize) {
    let (hint, max) = match at {
        Field::Questions => (
            "2 to 10, one per line. The first word says where answers belong: well, improve, surprise, change, other; scale asks for a number from 1 to 10.",
            2500,
        ),
        Field::Length => ("30 to 120", 3),
        Field::Window => ("1 to 30; closes at 17:00", 2),
        Field::Soak => ("Time between going live and the retro; the survey stays open at least that long", 3),
        Field::Threshold => ("With fewer authors I ask before I show anything; at least 3", 2),
        Field::Hours => ("For reminders, in each person's zone: 09:00-18:00", 11),
        Field::DaysOff => ("Weekdays and dates: sat, sun, 2026-12-24", 1000),
        Field::Zone => ("Europe/Berlin; leave empty for the facilitator's", 60),
        Field::Emoji => ("React with it to keep a message for the retro", 102),
        Field::SprintStart => ("For example 2026-11-16; lets you write “next sprint”", 10),
        Field::TicketsTo => (
            "Jira: a project key and maybe an issue type, such as OPS or OPS/Task. Linear: a team identifier, such as ENG. GitHub: owner/repo",
            200,
        ),
        Field::TicketLabels => ("Separated by commas", 600),
        Field::Accounts => (
            "Only for people who can't be found by their e-mail address, one per line: ben@example.com = ben-hub",
            2500,
        ),
        Field::Repositories => (
            "The releases' figures come from there. One per line, with a tag pattern if there is one: acme/mono api-v*",
            600,
        ),
        Field::ReleaseLabels => (
            "What your labels mean, if it is not the usual: one line each for feature, fix, breaking and bug, such as feature: enhancement",
            900,
        ),
        Field::Plan => (
            "A pull request fills in its section “## Retrospective”. For example owner/repo:docs/plans/{version}.md",
            400,
        ),
        Field::SprintDays => return (None, 2),
        Field::Anonymous | Field::Stakeholders | Field::Escalate | Field::Tickets => return (None, 0),
    };
    (Some(hint), max)
}

/// So many people would be asked.
pub fn start_everyone(channel: &ChannelId, start: &Start, count: usize) -> SlackView {
    let blocks = vec![newer::warning(&format!(
        "The retro for {} would send a survey to *{count} people* by DM. If that is too many, cancel and name people: `/retro start {} @maria @sam`.",
        bold(&start.version),
        lookback_core::text::esc(&start.version)
    ))];
    let form = Form::StartEveryone { channel: channel.clone(), start: Box::new(start.clone()) };
    blocks::modal("Ask everyone?", "Start the retro", "Cancel", &form, blocks)
}
