//! What can be typed after `/retro`, after `@lookback`, or bare in the bot's DM: one grammar, pure.
//!
//! [`VERBS`] is the one table of commands: the parser's list, `/retro help` and the README table
//! come from it. Dates stay text here; who wrote them, and where, decides what they mean.

mod extend;
mod items;
mod start;
mod verbs;

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, RetroId, UserId};
use crate::retro::action::Priority;
use crate::retro::note::Category;
pub use verbs::{START_OPTIONS, VERBS, Verb};

/// A parsed line: the command and, where it was named, the channel it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What to do.
    pub command: Command,
    /// `in #releases`.
    pub channel: Option<ChannelId>,
}

/// One command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of VERBS")]
pub enum Command {
    Start(Start),
    Status {
        version: Option<String>,
    },
    Nudge {
        version: Option<String>,
    },
    Survey,
    Agenda {
        version: Option<String>,
    },
    Note {
        category: Category,
        text: String,
    },
    Notes,
    Kudos {
        to: UserId,
        what: String,
    },
    Action(ActionText),
    Actions(Filter),
    Done {
        number: i64,
        impact: Option<String>,
    },
    Snooze {
        number: i64,
        until: String,
        why: Option<String>,
    },
    Drop {
        number: i64,
        why: String,
    },
    Meet {
        version: Option<String>,
    },
    Next {
        version: Option<String>,
    },
    Extend {
        minutes: Option<u32>,
        version: Option<String>,
    },
    /// `stop`: `pause`; else `resume`.
    Pause {
        version: Option<String>,
        stop: bool,
    },
    Whys {
        problem: Option<String>,
    },
    Finish {
        version: Option<String>,
        next: Option<Next>,
    },
    Export {
        version: Option<String>,
        format: Format,
    },
    Lead {
        to: UserId,
    },
    Cancel {
        version: Option<String>,
        why: Option<String>,
    },
    Config,
    Data {
        version: Option<String>,
    },
    Trends,
    History,
    Help {
        about: Option<String>,
    },
}

impl Command {
    /// What was written in it to be read by people.
    pub fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Note { text, .. } | Self::Kudos { what: text, .. } | Self::Drop { why: text, .. } => vec![text],
            Self::Snooze { why, .. } => why.iter_mut().collect(),
            Self::Action(item) => [Some(&mut item.text), item.why.as_mut()].into_iter().flatten().collect(),
            Self::Done { impact, .. } => impact.iter_mut().collect(),
            Self::Cancel { why, .. } => why.iter_mut().collect(),
            Self::Whys { problem } => problem.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}

/// `start`, its dates still as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of START_OPTIONS")]
pub struct Start {
    pub version: String,
    pub people: Vec<UserId>,
    /// User group ids (`S…`).
    pub groups: Vec<String>,
    pub closes: Option<String>,
    pub meeting: Option<String>,
    pub length: Option<u32>,
    pub anonymous: bool,
    pub named: bool,
    pub is_async: bool,
    pub deployed: Option<String>,
    pub previous: Option<String>,
    pub everyone: bool,
}

/// `action`, with whatever of it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the command")]
pub struct ActionText {
    pub text: String,
    pub owner: Option<UserId>,
    pub due: Option<String>,
    pub priority: Option<Priority>,
    pub why: Option<String>,
    /// The release figure that it should move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The retro in whose meeting it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retro: Option<RetroId>,
    /// A user group stands where the owner should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Which action items to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the words of the command")]
pub enum Filter {
    Open,
    All,
    Mine,
    Overdue,
    Version(String),
}

/// What kind of file an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the words of the command")]
pub enum Format {
    Md,
    Json,
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Md, Self::Json, Self::Csv];

    /// By its word, in upper or lower case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| word.eq_ignore_ascii_case(f.word()))
    }

    /// The word of the command, and the ending of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// `next:v2.2.0@2026-12-20`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The version.
    pub version: String,
    /// Its date as typed.
    pub date: Option<String>,
}

/// What was wrong with the line, and the nearest right form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Mistyped {
    #[error("I do not know “{word}”. Did you mean `/retro {nearest}`? `/retro help` lists everything.")]
    Verb { word: String, nearest: &'static str },
    #[error("I do not know “{0}”. `/retro help` lists everything.")]
    Unknown(String),
    #[error("{what} Try `/retro {example}`.")]
    Usage { what: String, example: &'static str },
    #[error("I do not know the option “{word}”. Did you mean `{nearest}`? `/retro help start` lists them all.")]
    Option { word: String, nearest: &'static str },
    #[error("`{0}` and `{1}` contradict each other: please keep one of them.")]
    Contradiction(&'static str, &'static str),
    #[error("I cannot tell who “{0}” is: pick the name from the list that Slack shows when you type @.")]
    BareName(String),
    #[error("I cannot tell which channel “{0}” is: pick it from the list that Slack shows when you type #.")]
    BareChannel(String),
}

fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|v| v.name == name)
}

fn wrong(name: &'static str, what: impl Into<String>) -> Mistyped {
    Mistyped::Usage { what: what.into(), example: verb(name).map_or("help", |v| v.example) }
}

/// Commands that end in free text: where the channel is known, `in #general` at their end is part of it.
const FREE_TEXT: [&str; 7] = ["note", "kudos", "action", "done", "drop", "snooze", "whys"];

/// Reads a line (without `/retro` or the mention) typed in a channel (`here`) or in a DM. An empty one
/// asks for help.
pub fn parse(text: &str, here: bool) -> Result<Line, Mistyped> {
    // In the DM people type the whole command out of habit.
    let text = text.trim_start();
    let text = text.strip_prefix("/retro ").or(text.strip_prefix("retro ")).unwrap_or(text);
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let because = first == "cancel" && text.split_whitespace().any(|w| w.eq_ignore_ascii_case("because"));
    let (words, channel) = if here && (because || FREE_TEXT.contains(&first.as_str())) {
        (text.split_whitespace().collect(), None)
    } else {
        split_channel(text)?
    };
    let Some((first, rest)) = words.split_first() else {
        return Ok(Line { command: Command::Help { about: None }, channel });
    };
    let name = first.trim_start_matches('/').to_lowercase();
    let command = match name.as_str() {
        "start" => Command::Start(start::read(rest)?),
        "status" => Command::Status { version: only_version("status", rest)? },
        "nudge" => Command::Nudge { version: only_version("nudge", rest)? },
        "survey" => Command::Survey,
        "agenda" => Command::Agenda { version: only_version("agenda", rest)? },
        "note" => note(rest)?,
        "notes" => Command::Notes,
        "kudos" => kudos(rest)?,
        "action" => Command::Action(items::action(rest)?),
        "actions" => Command::Actions(items::filter(rest)?),
        "done" => {
            let (number, rest) = items::item_number("done", rest)?;
            Command::Done { number, impact: some_text(rest) }
        }
        "drop" => {
            let (number, rest) = items::item_number("drop", rest)?;
            let why = rest.strip_prefix(&["because"]).unwrap_or(rest);
            let why =
                some_text(why).ok_or_else(|| wrong("drop", "Please say why it is dropped: the reason is kept."))?;
            Command::Drop { number, why }
        }
        "snooze" => {
            let (number, rest) = items::item_number("snooze", rest)?;
            let at = rest.iter().position(|w| w.eq_ignore_ascii_case("because")).unwrap_or(rest.len());
            let (until, why) = rest.split_at(at);
            let until = until.strip_prefix(&["until"]).unwrap_or(until);
            let until = some_text(until)
                .ok_or_else(|| wrong("snooze", "Until when? It is quiet until then, and its due date stays."))?;
            Command::Snooze { number, until, why: why.get(1..).and_then(some_text) }
        }
        "meet" => Command::Meet { version: only_version("meet", rest)? },
        "next" => Command::Next { version: only_version("next", rest)? },
        "pause" => Command::Pause { version: only_version("pause", rest)?, stop: true },
        "resume" => Command::Pause { version: only_version("pause", rest)?, stop: false },
        "extend" => extend::read(rest)?,
        "whys" => Command::Whys { problem: some_text(rest) },
        "export" => export(rest)?,
        "finish" => finish(rest)?,
        "lead" => match rest {
            [who] => Command::Lead { to: person(who)? },
            _ => {
                return Err(wrong("lead", "Please name one person to hand the retro to."));
            }
        },
        "cancel" => cancel(rest)?,
        "data" => Command::Data { version: only_version("data", rest)? },
        "trends" | "trend" => Command::Trends,
        "history" => Command::History,
        "config" | "settings" => Command::Config,
        "help" | "hi" | "hello" | "?" => Command::Help { about: rest.first().map(|w| w.to_lowercase()) },
        other => {
            if strsim::jaro_winkler(other, nearest(other, VERBS.iter().map(|v| v.name))) < 0.75 {
                return Err(Mistyped::Unknown(shown(other)));
            }
            return Err(Mistyped::Verb { word: shown(other), nearest: nearest(other, VERBS.iter().map(|v| v.name)) });
        }
    };
    Ok(Line { command, channel })
}

fn shown(word: &str) -> String {
    crate::text::esc(&crate::text::cut(word, 40))
}

fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    known.max_by(|a, b| strsim::jaro_winkler(word, a).total_cmp(&strsim::jaro_winkler(word, b))).unwrap_or("help")
}

/// Splits off `in <#C…|name>` at the end.
fn split_channel(text: &str) -> Result<(Vec<&str>, Option<ChannelId>), Mistyped> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if let [.., "in", place] = words.as_slice() {
        if let Some(id) = inside(place, "<#") {
            words.truncate(words.len() - 2);
            return Ok((words, Some(ChannelId(id))));
        }
        if place.starts_with('#') && words.first().is_some_and(|w| *w == "start" || *w == "status") {
            return Err(Mistyped::BareChannel(shown(place)));
        }
    }
    Ok((words, None))
}

/// The id in `<@U1|name>`, `<#C1|name>`, `<!subteam^S1|@group>`.
fn inside(word: &str, open: &str) -> Option<String> {
    let body = word.strip_prefix(open)?.trim_end_matches([',', '.', ';', ':']).strip_suffix('>')?;
    let id = body.split('|').next()?;
    let valid = !id.is_empty() && id.len() <= 32 && id.chars().all(|c| c.is_ascii_alphanumeric());
    valid.then(|| id.to_owned())
}

fn person(word: &str) -> Result<UserId, Mistyped> {
    inside(word, "<@").map(UserId).ok_or_else(|| Mistyped::BareName(shown(word)))
}

/// A version: any text without spaces, 64 characters at most. Slack may have made a link of it.
fn version(name: &'static str, word: &str) -> Result<String, Mistyped> {
    let word = match word.strip_prefix('<').and_then(|w| w.strip_suffix('>')) {
        Some(link) if link.starts_with("http") => link.rsplit('|').next().unwrap_or(link),
        Some(_) => return Err(wrong(name, format!("“{}” is not a version.", shown(word)))),
        None => word,
    };
    let word = crate::text::clean(&crate::text::unesc(word));
    if word.is_empty() || word.chars().count() > 64 {
        return Err(wrong(name, "A version has 1 to 64 characters and no spaces."));
    }
    Ok(word)
}

fn only_version(name: &'static str, words: &[&str]) -> Result<Option<String>, Mistyped> {
    match words {
        [] => Ok(None),
        [one] => version(name, one).map(Some),
        [_, extra, ..] => Err(wrong(name, format!("I did not understand “{}”.", shown(extra)))),
    }
}

fn some_text(words: &[&str]) -> Option<String> {
    let text = crate::text::unesc(&words.join(" "));
    (!text.trim().is_empty()).then_some(text)
}

fn note(words: &[&str]) -> Result<Command, Mistyped> {
    let Some((category, rest)) = words.split_first() else {
        return Err(wrong("note", "Please say where it belongs and what it is."));
    };
    let category = Category::from_word(&category.to_lowercase()).ok_or_else(|| {
        wrong("note", format!("“{}” is not one of well, improve, surprise, change or other.", shown(category)))
    })?;
    let text = some_text(rest).ok_or_else(|| wrong("note", "The note has no text yet."))?;
    Ok(Command::Note { category, text })
}

fn kudos(words: &[&str]) -> Result<Command, Mistyped> {
    let Some((who, rest)) = words.split_first() else {
        return Err(wrong("kudos", "Whom would you like to recognise, and for what?"));
    };
    let to = person(who)?;
    let rest = rest.strip_prefix(&["for"]).unwrap_or(rest);
    let what = some_text(rest).ok_or_else(|| wrong("kudos", "What for? A few words are enough."))?;
    Ok(Command::Kudos { to, what })
}

fn finish(words: &[&str]) -> Result<Command, Mistyped> {
    let (mut of, mut next) = (None, None);
    let mut rest = words;
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        if let Some(value) = word.strip_prefix("next:") {
            let (name, date) = match value.split_once('@') {
                Some((name, date)) => (name, Some([&[date], tail].concat().join(" "))),
                None => (value, None),
            };
            if date.is_some() {
                rest = &[];
            }
            next = Some(Next { version: version("finish", name)?, date });
        } else if of.is_none() {
            of = Some(version("finish", word)?);
        } else {
            return Err(wrong("finish", format!("I did not understand “{}”.", shown(word))));
        }
    }
    Ok(Command::Finish { version: of, next })
}

fn export(words: &[&str]) -> Result<Command, Mistyped> {
    let formats: Vec<Format> = words.iter().filter_map(|w| Format::from_word(w)).collect();
    let rest: Vec<&str> = words.iter().filter(|w| Format::from_word(w).is_none()).copied().collect();
    if formats.len() > 1 {
        return Err(wrong("export", "One file at a time: md, json or csv."));
    }
    let format = formats.first().copied().unwrap_or(Format::Md);
    Ok(Command::Export { version: only_version("export", &rest)?, format })
}

fn cancel(words: &[&str]) -> Result<Command, Mistyped> {
    let at = words.iter().position(|w| w.eq_ignore_ascii_case("because")).unwrap_or(words.len());
    let (before, after) = words.split_at(at);
    let why = after.get(1..).and_then(some_text);
    Ok(Command::Cancel { version: only_version("cancel", before)?, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Command {
        parse(text, true).unwrap().command
    }

    fn error(text: &str) -> String {
        parse(text, true).unwrap_err().to_string()
    }

    #[test]
    fn every_example_in_the_table_parses_to_its_own_verb() {
        for v in &VERBS {
            let example = v.example.replace("@maria", "<@U1>").replace("@sam", "<@U2|sam>").replace("@noor", "<@U3>");
            let debug = format!("{:?}", command(&example)).to_lowercase();
            assert!(debug.starts_with(v.name), "{example} gave {debug}");
        }
    }

    #[test]
    fn start_takes_dates_with_spaces_and_people() {
        let line = parse(
            "start v2.1.0 <@U1|ann> closes:next tue 15:00 length:45 <!subteam^S1|@qa> named in <#C9|releases>",
            true,
        )
        .unwrap();
        assert_eq!(line.channel, Some(ChannelId::from("C9")));
        let Command::Start(s) = line.command else { panic!("not a start") };
        assert_eq!((s.closes.as_deref(), s.length, s.named), (Some("next tue 15:00"), Some(45), true));
        assert_eq!((s.people, s.groups), (vec![UserId::from("U1")], vec!["S1".to_owned()]));
    }

    #[test]
    fn a_channel_at_the_end_of_free_text_is_text() {
        let line = parse("note improve The talk happened in <#C9|general>", true).unwrap();
        assert_eq!(line.channel, None);
        let Command::Note { text, .. } = line.command else { panic!("not a note") };
        assert!(text.ends_with("in <#C9|general>"));
        assert_eq!(parse("note improve Late in <#C9|general>", false).unwrap().channel, Some(ChannelId::from("C9")));
    }

    #[test]
    fn action_is_understood_in_natural_orders() {
        let full = ActionText {
            text: "Automate smoke tests by hand".into(),
            owner: Some("U1".into()),
            due: Some("friday".into()),
            priority: Some(Priority::High),
            why: Some("they are slow".into()),
            ..ActionText::default()
        };
        for line in [
            "action Automate smoke tests by hand <@U1> by friday high because they are slow",
            "action Automate smoke tests by hand by friday <@U1> high because they are slow",
            "action <@U1|ann> Automate smoke tests by hand by friday high because they are slow",
        ] {
            assert_eq!(command(line), Command::Action(full.clone()), "{line}");
        }
        let Command::Action(part) = command("action Tune the alert thresholds") else { panic!() };
        assert_eq!((part.text.as_str(), part.owner, part.due), ("Tune the alert thresholds", None, None));
        let Command::Action(next) = command("action Write it down <@U1> before next release low") else { panic!() };
        assert_eq!((next.due.as_deref(), next.priority), (Some("before next release"), Some(Priority::Low)));
    }

    #[test]
    fn mistakes_get_one_helpful_line() {
        assert_eq!(
            error("strat v1"),
            "I do not know “strat”. Did you mean `/retro start`? `/retro help` lists everything."
        );
        assert!(error("start").starts_with("Which release?"));
        assert!(error("start v1 lenght:45").contains("Did you mean `length:`"));
        assert!(error("start v1 length:200").contains("30 to 120"));
        assert!(error("start v1 named anonymous").contains("contradict"));
        assert!(error("start v1 async meeting:friday").contains("contradict"));
        assert!(error("start v1 @bob").contains("pick the name"));
        assert!(error("note bad text").contains("well, improve"));
        assert!(error("drop 4").contains("why"));
        assert!(error("done x").contains("number"));
        assert!(error("<!channel>").contains("&lt;!channel&gt;"));
        for line in ["start v1 previous:v0 x", "finish a b", "lead", "kudos bob", "status a b"] {
            assert!(!error(line).contains('\n'), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(verb in proptest::sample::select(vec!["start", "action", "done", "note", "finish", "kudos", ""]), text in ".{0,60}") {
            let _ = parse(&format!("{verb} {text}"), false);
        }
    }
}
