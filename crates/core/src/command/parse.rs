//! Reads a line.

use super::line::{ActionText, Command, Format, Line, Mistyped, Next};
use super::verbs::VERBS;
use super::words::{inside, nearest, only_version, person, shown, some_text, version, wrong};
use super::{extend, items, start};
use crate::ids::ChannelId;
use crate::model::note::Category;

/// Reads a line (without `/retro` or the mention) typed in a channel (`here`) or in a DM. An empty one
/// asks for help.
pub fn parse(text: &str, here: bool) -> Result<Line, Mistyped> {
    // In the DM people type the whole command out of habit.
    let text = text.trim_start();
    let text = text.strip_prefix("/retro ").or(text.strip_prefix("retro ")).unwrap_or(text);
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let because = first == "cancel" && text.split_whitespace().any(|w| w.eq_ignore_ascii_case("because"));
    let (words, channel) = if here && (because || VERBS.iter().any(|v| v.name == first && v.ends_in_text)) {
        (text.split_whitespace().collect(), None)
    } else {
        split_channel(text)?
    };
    let Some((first, rest)) = words.split_first() else {
        return Ok(Line { command: Command::Help { about: None }, channel });
    };
    Ok(Line { command: command(first, rest)?, channel })
}

/// A command by its first word, in upper or lower case.
fn command(first: &str, rest: &[&str]) -> Result<Command, Mistyped> {
    let name = first.trim_start_matches('/').to_lowercase();
    Ok(match name.as_str() {
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
        "done" => done(rest)?,
        "drop" => drop(rest)?,
        "snooze" => snooze(rest)?,
        "meet" => Command::Meet { version: only_version("meet", rest)? },
        "next" => Command::Next { version: only_version("next", rest)? },
        "pause" => Command::Pause { version: only_version("pause", rest)?, stop: true },
        "resume" => Command::Pause { version: only_version("pause", rest)?, stop: false },
        "extend" => extend::read(rest)?,
        "whys" => Command::Whys { problem: some_text(rest) },
        "export" => export(rest)?,
        "finish" => finish(rest)?,
        "lead" => lead(rest)?,
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
    })
}

/// Reads what follows `action`, as somebody typed it in a thread.
pub fn action_item(text: &str) -> Result<ActionText, Mistyped> {
    items::action(&text.split_whitespace().collect::<Vec<_>>())
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

fn done(words: &[&str]) -> Result<Command, Mistyped> {
    let (number, rest) = items::item_number("done", words)?;
    Ok(Command::Done { number, impact: some_text(rest) })
}

fn drop(words: &[&str]) -> Result<Command, Mistyped> {
    let (number, rest) = items::item_number("drop", words)?;
    let why = rest.strip_prefix(&["because"]).unwrap_or(rest);
    let why = some_text(why).ok_or_else(|| wrong("drop", "Please say why it is dropped: the reason is kept."))?;
    Ok(Command::Drop { number, why })
}

fn snooze(words: &[&str]) -> Result<Command, Mistyped> {
    let (number, rest) = items::item_number("snooze", words)?;
    let at = rest.iter().position(|w| w.eq_ignore_ascii_case("because")).unwrap_or(rest.len());
    let (until, why) = rest.split_at(at);
    let until = until.strip_prefix(&["until"]).unwrap_or(until);
    let until = some_text(until)
        .ok_or_else(|| wrong("snooze", "Until when? It is quiet until then, and its due date stays."))?;
    Ok(Command::Snooze { number, until, why: why.get(1..).and_then(some_text) })
}

fn lead(words: &[&str]) -> Result<Command, Mistyped> {
    match words {
        [who] => Ok(Command::Lead { to: person(who)? }),
        _ => Err(wrong("lead", "Please name one person to hand the retro to.")),
    }
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
    use crate::ids::UserId;
    use crate::model::item::Priority;

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
