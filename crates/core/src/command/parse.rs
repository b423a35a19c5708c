//! Reads a line.

use super::line::{ActionText, Command, Format, Line, Mistyped, Next};
use super::nearest;
use super::verbs::VERBS;
use super::words::{self, NEW_LINE, inside, only_version, people, person, shown, some_text, verb_of, version, wrong};
use super::{extend, items, start};
use crate::ids::ChannelId;
use crate::model::note::Category;

/// Reads a line (without the mention) typed in a channel (`here`) or in a DM. `/retro` before it, which people type out of
/// habit, changes nothing.
pub fn parse(text: &str, here: bool) -> Result<Line, Mistyped> {
    let text = words::prefix(text).map_or(text, |(_, rest)| rest);
    let mut all = words::split(text);
    while all.len() > 1 && all.first().is_some_and(|w| ["please", "pls", "hey"].contains(&verb_of(w).as_str())) {
        all.remove(0);
    }
    let first = all.first().map(|w| words::verb_of(w)).unwrap_or_default();
    let because = first == "cancel" && all.iter().any(|w| verb_of(w) == "because");
    let is_text = because || VERBS.iter().any(|v| v.name == first && v.ends_in_text);
    let (words, channel) = if here && is_text { (all, None) } else { split_channel(all, &first)? };
    let Some((_, rest)) = words.split_first() else {
        return Ok(Line { command: Command::Overview, channel });
    };
    Ok(Line { command: command(&first, rest)?, channel })
}

/// Whether a line begins with a word of the table.
pub fn begins_with_verb(text: &str) -> bool {
    let first = words::split(text).first().map(|w| words::verb_of(w)).unwrap_or_default();
    first == "resume" || VERBS.iter().any(|v| v.name == first)
}

/// A command by its first word, in lower case.
fn command(name: &str, rest: &[&str]) -> Result<Command, Mistyped> {
    // Only notes know lines.
    let typed = rest;
    let rest: Vec<&str> = rest.iter().filter(|w| **w != NEW_LINE).copied().collect();
    let rest = rest.as_slice();
    let nothing = |name, command| words::nothing_more(name, rest).map(|()| command);
    Ok(match name {
        "start" => Command::Start(start::read(rest)?),
        "status" => Command::Status { version: only_version("status", rest)? },
        "nudge" => Command::Nudge { version: only_version("nudge", rest)? },
        "survey" => nothing("survey", Command::Survey)?,
        "agenda" => Command::Agenda { version: only_version("agenda", rest)? },
        "note" => note(typed)?,
        "notes" => nothing("notes", Command::Notes)?,
        "kudos" => kudos(typed)?,
        "action" => Command::Action(items::action(typed)?),
        "actions" => Command::Actions(items::filter(rest)?),
        "done" => items::done(rest)?,
        "drop" => items::drop(rest)?,
        "snooze" => items::snooze(rest)?,
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
        "data" => match rest {
            [word, rest @ ..] if verb_of(word) == "refresh" => {
                Command::Data { version: only_version("data", rest)?, refresh: true }
            }
            rest => Command::Data { version: only_version("data", rest)?, refresh: false },
        },
        "trends" | "trend" => nothing("trends", Command::Trends)?,
        "history" => nothing("history", Command::History)?,
        "config" | "settings" => nothing("config", Command::Config)?,
        "hi" | "hello" | "?" => Command::Help { about: None },
        "help" => {
            let about = rest.iter().map(|w| words::verb_of(w)).find(|w| w != "retro" && w != "with" && w != "on");
            Command::Help { about }
        }
        other => return Err(nearest::verb(other)),
    })
}

/// Reads what follows `action`, as somebody typed it in a thread.
pub fn action_item(text: &str) -> Result<ActionText, Mistyped> {
    items::action(&words::split(text))
}

/// Splits off `in <#C…|name>` at the end.
fn split_channel<'a>(mut words: Vec<&'a str>, first: &str) -> Result<(Vec<&'a str>, Option<ChannelId>), Mistyped> {
    while words.last() == Some(&NEW_LINE) {
        words.pop();
    }
    // `done 3 in #releases it takes minutes`
    let numbers = words.iter().skip(1).take_while(|w| items::is_number(w) || words::is_between(w)).count();
    if ["done", "drop", "snooze"].contains(&first)
        && let Some([before, place]) = words.get(numbers + 1..numbers + 3)
        && before.eq_ignore_ascii_case("in")
        && let Some(id) = inside(place, "<#")
    {
        words.drain(numbers + 1..numbers + 3);
        return Ok((words, Some(ChannelId(id))));
    }
    if let [.., before, place] = words.as_slice()
        && before.eq_ignore_ascii_case("in")
    {
        if let Some(id) = inside(place, "<#") {
            words.truncate(words.len() - 2);
            return Ok((words, Some(ChannelId(id))));
        }
        if place.starts_with('#') && (first == "start" || first == "status") {
            return Err(Mistyped::BareChannel(shown(place)));
        }
    }
    Ok((words, None))
}

/// Its lines are notes of their own.
fn note(words: &[&str]) -> Result<Command, Mistyped> {
    let Some((category, rest)) = words.split_first() else {
        return Err(wrong("note", "Please give a category and the note."));
    };
    let name = words::verb_of(category);
    let category = Category::from_word(&name).ok_or_else(|| {
        wrong("note", format!("“{}” is not one of well, improve, surprise, change or other.", shown(category)))
    })?;
    let text = some_text(rest).ok_or_else(|| wrong("note", "The note has no text yet."))?;
    let is_marked =
        |line: &str| line.split_once(':').is_some_and(|(mark, _)| Category::from_word(&verb_of(mark)).is_some());
    if text.lines().skip(1).any(is_marked) {
        return Err(wrong("note", "One category at a time: send each as a command of its own."));
    }
    Ok(Command::Note { category, text })
}

fn lead(words: &[&str]) -> Result<Command, Mistyped> {
    match words {
        [who] => Ok(Command::Lead { to: person(who)? }),
        _ => Err(wrong("lead", "Please name one person to hand the retro to.")),
    }
}

fn kudos(words: &[&str]) -> Result<Command, Mistyped> {
    let words: Vec<&str> =
        words.iter().map(|w| if w.starts_with("(<@") { w.trim_matches(['(', ')']) } else { w }).collect();
    let is_person = |w: &&str| w.starts_with("<@") || w.starts_with("<!subteam");
    let lines = words.split(|w| *w == NEW_LINE).filter(|line| line.iter().any(is_person));
    if lines.count() > 1 {
        return Err(wrong("kudos", "One line at a time: send each as a command of its own."));
    }
    let words: Vec<&str> = words.into_iter().filter(|w| *w != NEW_LINE).collect();
    let (to, rest) = people(&words)?;
    // `@ann as well as @ben for …`; but `@ann helped @ben debug for hours` is what for.
    let joins = rest
        .first()
        .is_some_and(|w| words::is_between(w) || ["as", "along", "together", "or"].contains(&verb_of(w).as_str()));
    let mut before = rest.iter().take_while(|w| verb_of(w) != "for");
    if !to.is_empty() && joins && before.any(is_person) {
        return Err(wrong("kudos", "Name everyone first, then what for."));
    }
    if to.is_empty() {
        let what = "Who would you like to thank, and for what?";
        return Err(words.first().map_or_else(|| wrong("kudos", what), |who| Mistyped::BareName(shown(who))));
    }
    let is_lead = |w: &&&str| ["for", "because", "-", "–", "—", ":", "•"].contains(&verb_of(w).as_str());
    let because = rest.first().is_some_and(|w| verb_of(w) == "because");
    let rest = rest.get(rest.iter().take_while(is_lead).count()..).unwrap_or_default();
    let rest = if because { rest.strip_prefix(&["of"]).unwrap_or(rest) } else { rest };
    let what = some_text(rest).ok_or_else(|| wrong("kudos", "What for? A few words are enough."))?;
    Ok(Command::Kudos { to, what })
}

fn finish(words: &[&str]) -> Result<Command, Mistyped> {
    let (mut of, mut next) = (None, None);
    let mut rest = words;
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        let option = word.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case("next")).map(|(_, value)| value);
        if let Some(mut value) = option {
            // A phone puts a space after the colon.
            if value.is_empty()
                && let Some((name, tail)) = rest.split_first()
            {
                (value, rest) = (name, tail);
            }
            let (name, date) = match with_date(value) {
                Some((name, date)) => (name, Some([&[date], rest].concat().join(" "))),
                None => (value, None),
            };
            if date.is_some() {
                rest = &[];
            }
            next = Some(Next { version: version("finish", name)?, date });
        } else if of.is_none() {
            of = Some(version("finish", word)?);
        } else {
            return Err(wrong("finish", format!("I didn't understand “{}”.", shown(word))));
        }
    }
    Ok(Command::Finish { version: of, next })
}

/// `v2.2.0@2026-12-20`; a package has a sign of its own before its number: `@scope/pkg@1.4.0`.
fn with_date(value: &str) -> Option<(&str, &str)> {
    let (name, date) = value.rsplit_once('@')?;
    let numbers: Vec<&str> = date.trim_start_matches(['v', 'V']).split('.').collect();
    let is_number = |n: &&str| n.starts_with(|c: char| c.is_ascii_digit());
    // `20.12.2026` is a day.
    let is_day = numbers.len() == 3 && numbers.last().is_some_and(|year| matches!(year.len(), 0 | 2 | 4));
    let is_version = numbers.len() > 1 && numbers.iter().all(is_number) && !is_day;
    (name.contains(|c: char| c.is_ascii_digit()) && !is_version).then_some((name, date))
}

fn export(words: &[&str]) -> Result<Command, Mistyped> {
    let formats: Vec<Format> = words.iter().filter_map(|w| Format::from_word(w)).collect();
    let rest: Vec<&str> = words.iter().filter(|w| Format::from_word(w).is_none()).copied().collect();
    if formats.len() > 1 {
        return Err(wrong("export", "One file at a time: md, json or csv."));
    }
    const OTHERS: [&str; 16] = [
        "pdf", "doc", "docx", "word", "xls", "xlsx", "excel", "html", "htm", "txt", "text", "xml", "yaml", "yml",
        "zip", "pptx",
    ];
    if let Some(other) = rest.iter().find(|w| OTHERS.contains(&words::verb_of(w).as_str())) {
        return Err(wrong(
            "export",
            format!("There is no “{}”: a document is md or json, action items are csv or json.", shown(other)),
        ));
    }
    let format = formats.first().copied().unwrap_or(Format::Md);
    Ok(Command::Export { version: only_version("export", &rest)?, format })
}

fn cancel(words: &[&str]) -> Result<Command, Mistyped> {
    let at = words.iter().position(|w| verb_of(w) == "because").unwrap_or(words.len());
    let (before, after) = words.split_at(at);
    let why = after.get(1..).and_then(some_text);
    Ok(Command::Cancel { version: only_version("cancel", before)?, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Filter;
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
        let line = parse("done 3 in <#C9|general> it takes minutes", false).unwrap();
        assert_eq!(line.channel, Some(ChannelId::from("C9")));
        assert_eq!(line.command, Command::Done { numbers: vec![3], impact: Some("it takes minutes".into()) });
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
    fn several_numbers_and_people_are_all_meant() {
        for (line, found, text) in [
            ("done 1 2", &[1, 2][..], None),
            ("done #1 #2", &[1, 2], None),
            ("done 1, 2 and 3", &[1, 2, 3], None),
            ("done 1,2", &[1, 2], None),
            ("done #1 & #2 it takes minutes", &[1, 2], Some("it takes minutes")),
            ("done 12 smoke tests take 5 minutes", &[12], Some("smoke tests take 5 minutes")),
            ("done 12: 5 minutes now", &[12], Some("5 minutes now")),
            ("done #12.", &[12], None),
            ("done 3 3", &[3], None),
        ] {
            let (numbers, impact) = (found.to_vec(), text.map(str::to_owned));
            assert_eq!(command(line), Command::Done { numbers, impact }, "{line}");
        }
        assert!(error("done 12 5 minutes now").contains("Write `#5` for the item, or `12:` before your text"));
        for line in [
            "done 1, 5 minutes per run now",
            "done 70, 71 minutes saved each run",
            "done 72 and 73 customers confirmed it",
            "done 76 & 2 more things",
            "done 1 & 2 it takes minutes",
        ] {
            assert!(error(line).contains("another action item or the start of your text"), "{line}");
        }
        let Command::Drop { numbers, why } = command("drop 1, 2 and 3 because the tool was replaced") else { panic!() };
        assert_eq!((numbers, why.as_str()), (vec![1, 2, 3], "the tool was replaced"));
        let Command::Snooze { until, .. } = command("snooze 12 until 5 december") else { panic!() };
        assert_eq!(until, "5 december");
        assert!(parse("done 12 - 5 minutes faster", true).is_ok());
        assert_eq!(parse("cancel because: it is handled in <#C9|ops>", true).unwrap().channel, None);
        for line in ["done 1 to 3", "done 74 - 75", "done 1 through 3", "done 8 or 9"] {
            assert!(error(line).contains("name each action item"), "{line}");
        }
        assert!(error("done #49 #50 quicker #51").contains("put all numbers first"));
        for line in
            ["done 1, 2: quicker now", "done #1 #2 quicker now", "done 1 and 2. Quicker now", "done 1,2 quicker now"]
        {
            let Command::Done { numbers, impact } = command(line) else { panic!() };
            assert_eq!((numbers, impact.is_some()), (vec![1, 2], true), "{line}");
        }
        for line in ["done *23*", "done `23`", "done \"23\"", "done [23]", "done #23!", "done 23?", "done ２３"] {
            assert_eq!(command(line), Command::Done { numbers: vec![23], impact: None }, "{line}");
        }
        assert_eq!(command("done 8 et 9 plus 10"), Command::Done { numbers: vec![8, 9, 10], impact: None });
        assert_eq!(command("done #45&amp;#46"), Command::Done { numbers: vec![45, 46], impact: None });
        let Command::Drop { why, .. } = command("drop 54 because: not needed") else { panic!() };
        assert_eq!(why, "not needed");
        assert!(error("drop 1 2 it is gone").contains("another action item or the start of your text"));
        let Command::Snooze { numbers, until, .. } = command("snooze 12 2 weeks BECAUSE of the freeze") else {
            panic!()
        };
        assert_eq!((numbers, until.as_str()), (vec![12], "2 weeks"));
        let Command::Snooze { numbers, until, .. } = command("snooze #1, #2 UNTIL friday") else { panic!() };
        assert_eq!((numbers, until.as_str()), (vec![1, 2], "friday"));
        for line in [
            "kudos <@U1> and <@U2> for the calm rollback",
            "kudos <@U1>, <@U2> For the calm rollback",
            "kudos <@U1> <@U2|cho> & <@U1> for the calm rollback",
            "kudos <@U1> et <@U2> for: the calm rollback",
            "kudos <@U1> plus <@U2> - the calm rollback",
        ] {
            let to = vec![UserId::from("U1"), UserId::from("U2")];
            assert_eq!(command(line), Command::Kudos { to, what: "the calm rollback".into() }, "{line}");
        }
        let Command::Kudos { to, what } = command("kudos <@U1> for helping <@U2>") else { panic!() };
        assert_eq!((to.len(), what.as_str()), (1, "helping <@U2>"));
        for line in [
            "kudos <@U1>, and thanks to <@U2> for the docs",
            "kudos <@U1> as well as <@U2> for the docs",
            "kudos <@U1> and <!subteam^S1|@qa> for the docs",
        ] {
            assert!(error(line).contains("Name everyone first"), "{line}");
        }
        let Command::Kudos { what, .. } = command("kudos <@U1> helped <@U2> debug for hours") else { panic!() };
        assert_eq!(what, "helped <@U2> debug for hours");
        let Command::Kudos { what, .. } = command("kudos <@U1> because of the calm rollback") else { panic!() };
        assert_eq!(what, "the calm rollback");
        for (line, text, due) in [
            (
                "action Fix the outage caused by the migration <@U1> by friday",
                "Fix the outage caused by the migration",
                Some("friday"),
            ),
            (
                "action Publish what was reviewed by 2 people <@U1> by friday",
                "Publish what was reviewed by 2 people",
                Some("friday"),
            ),
            ("action Keep the freeze until the fix ships <@U1>", "Keep the freeze until the fix ships", None),
            ("action Retry until 3 attempts fail <@U1> by 2w", "Retry until 3 attempts fail", Some("2w")),
            ("action Reduce the pages due to load being high", "Reduce the pages due to load being high", None),
        ] {
            let Command::Action(item) = command(line) else { panic!() };
            assert_eq!((item.text.as_str(), item.due.as_deref()), (text, due), "{line}");
        }
        assert!(error("kudos <@U1> for the rollback\n<@U2> for the docs").contains("One line at a time"));
        for (line, text, due, why) in [
            ("action Ask <@U1> to rotate the keys by monday", "Ask <@U1> to rotate the keys", "monday", None),
            ("action Rotate the keys (<@U1>) by monday", "Rotate the keys", "monday", None),
            ("action Rotate the keys <@U1> due monday", "Rotate the keys", "monday", None),
            ("action Rotate the keys <@U1> until 1 dec", "Rotate the keys", "1 dec", None),
            ("action Rotate the keys <@U1> by: monday", "Rotate the keys", "monday", None),
            (
                "action Rotate the keys <@U1> by monday because: they expire by 1 may",
                "Rotate the keys",
                "monday",
                Some("they expire by 1 may"),
            ),
            (
                "action - [ ] Rotate the keys <@U1> by monday (because they expire",
                "Rotate the keys",
                "monday",
                Some("they expire"),
            ),
        ] {
            let Command::Action(item) = command(line) else { panic!() };
            let owner = Some(UserId::from("U1"));
            assert_eq!(
                (item.text.as_str(), item.owner, item.due.as_deref(), item.why.as_deref()),
                (text, owner, Some(due), why),
                "{line}"
            );
        }
        assert!(error("action Rotate keys <@U1> by monday. The cert expires by 1 may").contains("two dates"));
        assert!(error("action Rotate the keys <@U1> and <@U2> by friday").contains("one owner"));
        let Command::Action(item) = command("action Help <@U1> rotate the keys <@U2> by friday") else { panic!() };
        assert_eq!((item.text.as_str(), item.owner), ("Help <@U1> rotate the keys", Some("U2".into())));
    }

    #[test]
    fn the_lines_of_a_note_stay_lines() {
        let Command::Note { text, .. } = command("note improve\n- The backup took an hour\n- Nobody knew the runbook")
        else {
            panic!()
        };
        assert_eq!(text, "- The backup took an hour\n- Nobody knew the runbook");
        assert!(
            error("action\n- Rotate keys <@U1> by friday\n- Write runbook <@U2> by 2w").contains("One action item")
        );
        let Command::Action(item) = command("action Rotate the keys\n<@U1> by friday") else { panic!() };
        assert_eq!((item.text.as_str(), item.due.as_deref()), ("Rotate the keys", Some("friday")));
        assert_eq!(command("status\n"), Command::Status { version: None });
    }

    #[test]
    fn words_of_the_grammar_may_have_capitals_and_articles() {
        for line in [
            "action Rotate the keys <@U1> before the next release",
            "Action Rotate the keys <@U1> Before Next Release",
            "ACTION Rotate the keys before the next release <@U1>",
        ] {
            let Command::Action(item) = command(line) else { panic!() };
            assert_eq!(
                (item.text.as_str(), item.due.as_deref()),
                ("Rotate the keys", Some("before next release")),
                "{line}"
            );
        }
        let next = |line: &str| {
            let Command::Finish { version, next: Some(next) } = command(line) else { panic!("{line}") };
            (version, next.version, next.date)
        };
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(next("finish v1 Next:v2.0"), (text("v1"), "v2.0".into(), None));
        assert_eq!(next("finish next: v2.0"), (None, "v2.0".into(), None));
        assert_eq!(next("finish next:v2.2.0@20 Dec 2026"), (None, "v2.2.0".into(), text("20 Dec 2026")));
        assert_eq!(next("finish next:v2.2.0@20.12.2026"), (None, "v2.2.0".into(), text("20.12.2026")));
        assert_eq!(
            next("finish next:@scope/pkg@1.4.0@2026-12-20"),
            (None, "@scope/pkg@1.4.0".into(), text("2026-12-20"))
        );
        assert_eq!(next("finish next:@scope/pkg@1.4.0"), (None, "@scope/pkg@1.4.0".into(), None));
        assert_eq!(next("finish next:my-app@1.4.0"), (None, "my-app@1.4.0".into(), None));
        let Command::Start(s) = command("START v1 Closes: friday Length: 45 ASYNC previous: v0 with <@U1> and <@U2>")
        else {
            panic!()
        };
        assert_eq!((s.closes.as_deref(), s.length, s.is_async), (Some("friday"), Some(45), true));
        assert_eq!((s.previous.as_deref(), s.people.len()), (Some("v0"), 2));
        let line = parse("status IN <#C9>", true).unwrap();
        assert_eq!(line.channel, Some(ChannelId::from("C9")));
        assert_eq!(command("`/retro done 12`"), Command::Done { numbers: vec![12], impact: None });
        assert_eq!(command(""), Command::Overview);
    }

    #[test]
    fn nothing_typed_becomes_an_argument_or_text_in_silence() {
        assert!(error("action Keep the error rate low <@U1> by friday").contains("Is “low” the priority"));
        let Command::Action(item) = command("action Keep the error rate low <@U1> by friday medium") else { panic!() };
        assert_eq!((item.text.as_str(), item.priority), ("Keep the error rate low", Some(Priority::Medium)));
        let Command::Action(item) = command("action <@U1> High CPU load needs a runbook by friday") else { panic!() };
        assert_eq!((item.text.as_str(), item.priority), ("High CPU load needs a runbook", None));
        let Command::Action(item) = command("action Aim high") else { panic!() };
        assert_eq!((item.text.as_str(), item.priority), ("Aim high", None));
        for line in ["notes please", "survey now", "trends v1", "history 5", "config anonymous"] {
            assert!(error(line).contains("I didn't understand"), "{line}");
        }
        assert!(error("export pdf").contains("There is no “pdf”: a document is md or json"));
        assert!(error("export v1 xlsx").contains("There is no “xlsx”"));
    }

    #[test]
    fn mistakes_get_one_helpful_line() {
        assert_eq!(
            error("strat v1"),
            "I don't know “strat”. Did you mean `/retro start`? `/retro help` lists everything."
        );
        assert!(error("start").starts_with("Which release?"));
        assert!(error("v5.0.0").contains("Did you mean `/retro start`?"));
        assert!(error("extend forever v2.2.0").contains("“forever”"));
        assert_eq!(command("data refresh v2.1.0"), Command::Data { version: Some("v2.1.0".into()), refresh: true });
        assert_eq!(command("please status?"), Command::Status { version: None });
        assert_eq!(command("agenda now"), Command::Agenda { version: None });
        assert_eq!(command("help /retro start"), Command::Help { about: Some("start".into()) });
        assert_eq!(command("actions open"), Command::Actions(Filter::Open));
        assert!(error("status <@U1>").contains("“<@U1>” is not a version"));
        assert!(error("kudos <!subteam^S1|@qa>").contains("“@qa”"));
        for line in ["start everyone", "start async", "start anonymous <@U1>", "start help", "start closes:friday"] {
            assert!(error(line).starts_with("Which release?"), "{line}");
        }
        assert!(error("start v1 closes:monday closes:tuesday").contains("“closes:” twice"));
        assert!(
            error("start v1 closes:").contains("has no value") && error("start v1 closes: named").contains("no value")
        );
        assert!(error("start v1 length:60h").contains("30-120 minutes"));
        for line in ["start v1 named,", "start v1 --named", "start v1 anonymous:no", "start v1 non-anonymous"] {
            let Command::Start(s) = command(line) else { panic!() };
            assert!(s.named && !s.anonymous, "{line}");
        }
        let Command::Start(s) = command("start v1 closes:monday, length:45, named") else { panic!() };
        assert_eq!((s.closes.as_deref(), s.length, s.named), (Some("monday,"), Some(45), true));
        assert!(error("start v1 lenght:45").contains("Did you mean `length:`"));
        assert!(error("start v1 length:200").contains("30-120 minutes"));
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
