//! What is typed about action items: a new one in any order that reads naturally, which to list, and their numbers.

use unicode_normalization::UnicodeNormalization as _;

use super::line::{ActionText, Command, Filter, Mistyped};
use super::words::{NEW_LINE, inside, is_between, person, shown, some_text, verb_of, version, wrong};
use crate::model::item::Priority;

/// So many are changed by one command.
const MOST: usize = 20;

/// `<text> @owner by <due> [high|medium|low] [because <why>]`, in any order that reads naturally:
/// the owner is the last mention, the date follows the last `by`.
pub(super) fn action(words: &[&str]) -> Result<ActionText, Mistyped> {
    let mut head = one_item(words)?;
    while head.first().is_some_and(|w| ["-", "*", "•", "–", "[", "]", "[]", "[x]"].contains(w)) {
        head.remove(0);
    }
    let mut a = ActionText::default();
    if let Some(at) = head.iter().position(|w| verb_of(w) == "because") {
        let why = head.get(at + 1..).unwrap_or_default();
        a.why = some_text(why.strip_prefix(&["of"]).unwrap_or(why));
        head.truncate(at);
    }
    // `(@ben)`
    for word in &mut head {
        let bare = word.trim_matches(['(', ')', ',']);
        *word = if bare.starts_with("<@") { bare } else { *word };
    }
    let is_argument = |w: &&str| w.starts_with("<@") || ["by", "before"].contains(&verb_of(w).as_str());
    if (head.iter().any(is_argument) || due_at(&head).is_some())
        && let Some(priority) = head.last().and_then(|w| Priority::from_word(&verb_of(w)))
    {
        a.priority = Some(priority);
        head.pop();
    }
    owner(&mut a, &mut head)?;
    if is_two_dates(&head) {
        return Err(wrong("action", "I found two dates: put the due date last, and a reason behind `because`."));
    }
    if let Some(at) = due_at(&head) {
        a.due = head.get(at + 1..).and_then(some_text);
        head.truncate(at);
    } else if let Some(rest) = before_next_release(&head) {
        a.due = Some("before next release".to_owned());
        head.truncate(rest);
    }
    let last = head.last().filter(|w| head.len() > 1 && Priority::from_word(&verb_of(w)).is_some());
    if let (None, Some(word), true) = (a.priority, last, a.owner.is_some() || a.due.is_some()) {
        let what = format!(
            "Is “{}” the priority or part of the text? If it's the priority, put it at the very end; if not, add a priority such as `medium` at the end.",
            shown(word)
        );
        return Err(wrong("action", what));
    }
    a.text = some_text(&head).unwrap_or_default();
    Ok(a)
}

/// Whether two of the words `by` have a date behind them.
fn is_two_dates(words: &[&str]) -> bool {
    let dated =
        |at: usize| verb_of(words.get(at).unwrap_or(&"")) == "by" && is_date(words.get(at + 1..).unwrap_or_default());
    (0..words.len()).filter(|at| dated(*at)).count() > 1
}

/// Whether these words begin with a date.
fn is_date(words: &[&str]) -> bool {
    const WORDS: [&str; 7] = ["today", "tomorrow", "tmr", "eod", "eow", "eom", "eoq"];
    let is_name = |w: &str| w.parse::<chrono::Weekday>().is_ok() || w.parse::<chrono::Month>().is_ok();
    let first = words.first().map(|w| verb_of(w)).unwrap_or_default();
    let second = words.get(1).map(|w| verb_of(w)).unwrap_or_default();
    let digits = first.chars().take_while(char::is_ascii_digit).count();
    let rest = first.get(digits..).unwrap_or_default();
    let units = ["d", "w", "h", "st", "nd", "rd", "th"];
    let written = rest.starts_with(['/', '.', '-']) || units.contains(&rest) || rest.is_empty() && is_unit(&second);
    is_name(&first) || WORDS.contains(&first.as_str()) || digits > 0 && (written || rest.is_empty() && is_name(&second))
}

fn is_unit(word: &str) -> bool {
    ["day", "days", "week", "weeks", "month", "months"].contains(&word)
}

/// Where the due date begins: behind the last `by`; `due friday` and `until friday` are read too, where a date follows.
fn due_at(words: &[&str]) -> Option<usize> {
    let is_mark = |at: &usize| {
        let word = words.get(*at).map(|w| verb_of(w)).unwrap_or_default();
        let rest = words.get(*at + 1..).unwrap_or_default();
        word == "by" || matches!(word.as_str(), "due" | "until") && is_date(rest)
    };
    (0..words.len()).rev().find(is_mark)
}

/// The words of one item: several lines that are items of their own are sent one by one.
fn one_item<'a>(words: &[&'a str]) -> Result<Vec<&'a str>, Mistyped> {
    let lines: Vec<&[&str]> = words.split(|w| *w == NEW_LINE).filter(|line| !line.is_empty()).collect();
    let is_item = |line: &&&[&str]| {
        line.iter().any(|w| w.starts_with("<@")) || line.first().is_some_and(|w| ["-", "*", "•", "–"].contains(w))
    };
    if lines.iter().filter(is_item).count() > 1 {
        return Err(wrong("action", "One action item at a time: send each line as a command of its own."));
    }
    Ok(lines.concat())
}

/// Takes the owner out of the words: the last mention.
fn owner(a: &mut ActionText, head: &mut Vec<&str>) -> Result<(), Mistyped> {
    if let Some(at) = head.iter().rposition(|w| w.starts_with("<@")) {
        let before = head.get(..at).unwrap_or_default().iter().rev().find(|w| !is_between(w));
        if before.is_some_and(|w| w.starts_with("<@")) {
            return Err(wrong("action", "An action item has one owner: name one person, or add an item for each."));
        }
        let word = head.get(at).copied().unwrap_or_default();
        a.owner = Some(person(word)?);
        let is_end = |w: &&str| ["by", "before", "due", "until"].contains(&verb_of(w).as_str());
        let is_end = |w: &&str| is_end(w) || Priority::from_word(&verb_of(w)).is_some();
        // `Ask @ben to rotate the keys`: who is part of the sentence stays in it.
        if at > 0 && head.get(at + 1).is_some_and(|w| !is_end(w)) {
            return Ok(());
        }
        head.remove(at);
        // `@ben high by friday`; but `@ben high CPU load …` begins the text.
        let ends = head.get(at + 1).is_none_or(|w| ["by", "before"].iter().any(|word| w.eq_ignore_ascii_case(word)));
        if a.priority.is_none() && at > 0 && ends {
            a.priority = head.get(at).and_then(|w| Priority::from_word(&verb_of(w)));
            if a.priority.is_some() {
                head.remove(at);
            }
        }
        return Ok(());
    }
    if let Some(name) = head.iter().rfind(|w| w.starts_with('@') && w.len() > 1) {
        return Err(Mistyped::BareName(shown(name)));
    }
    if let Some(at) = head.iter().rposition(|w| inside(w, "<!subteam^").is_some()) {
        let word = head.remove(at);
        a.group = Some(word.split_once('|').map_or("the group", |(_, name)| name.trim_end_matches('>')).to_owned());
    }
    Ok(())
}

/// Where `before the next release` begins, if the words end with it.
fn before_next_release(words: &[&str]) -> Option<usize> {
    let at = words.iter().rposition(|w| w.eq_ignore_ascii_case("before"))?;
    let rest: Vec<String> = words.get(at + 1..)?.iter().map(|w| verb_of(w)).filter(|w| w != "the").collect();
    matches!(rest.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), ["next" | "coming", "release"])
        .then_some(at)
}

pub(super) fn filter(words: &[&str]) -> Result<Filter, Mistyped> {
    Ok(match words {
        [] => Filter::Open,
        [one] => match one.to_lowercase().as_str() {
            "open" => Filter::Open,
            "all" | "done" | "closed" => Filter::All,
            "mine" | "my" | "me" => Filter::Mine,
            "overdue" => Filter::Overdue,
            _ => Filter::Version(version("actions", one)?),
        },
        [_, extra, ..] => {
            return Err(wrong("actions", format!("I didn't understand “{}”.", shown(extra))));
        }
    })
}

/// `done 12 <what changed>`, `done 1, 2 and 3`.
pub(super) fn done(words: &[&str]) -> Result<Command, Mistyped> {
    let (numbers, rest) = numbers("done", words, false)?;
    Ok(Command::Done { numbers, impact: some_text(rest) })
}

/// `drop 12 because <why>`.
pub(super) fn drop(words: &[&str]) -> Result<Command, Mistyped> {
    let (numbers, rest) = numbers("drop", words, false)?;
    let why = some_text(after(rest, "because"));
    let why = why.ok_or_else(|| wrong("drop", "Please say why you're dropping it: the reason is kept."))?;
    Ok(Command::Drop { numbers, why })
}

/// `snooze 12 <until> [because <why>]`.
pub(super) fn snooze(words: &[&str]) -> Result<Command, Mistyped> {
    let (numbers, rest) = numbers("snooze", words, true)?;
    let at = rest.iter().position(|w| verb_of(w) == "because").unwrap_or(rest.len());
    let (until, why) = rest.split_at(at);
    let until = some_text(after(until, "until"))
        .ok_or_else(|| wrong("snooze", "Until when? Its reminders pause until then, and the due date stays."))?;
    Ok(Command::Snooze { numbers, until, why: why.get(1..).and_then(some_text) })
}

/// What follows a word of the grammar, where the words begin with it.
fn after<'w, 'a>(words: &'w [&'a str], word: &str) -> &'w [&'a str] {
    match words {
        [first, rest @ ..] if verb_of(first) == word => rest,
        words => words,
    }
}

/// The numbers at the beginning, and what follows: `12`, `#1 #2`, `1, 2 and 3`, `12: text`. `date`: a bare number after them
/// begins a date (`2 weeks`).
fn numbers<'w, 'a>(
    name: &'static str,
    words: &'w [&'a str],
    date: bool,
) -> Result<(Vec<i64>, &'w [&'a str]), Mistyped> {
    let Some((first, mut rest)) = words.split_first() else {
        return Err(wrong(name, "Which action item? Please give its number; `/retro actions` lists them."));
    };
    let mut found = in_word(first).ok_or_else(|| {
        wrong(name, format!("“{}” is not the number of an action item; `/retro actions` lists them.", shown(first)))
    })?;
    let mut last = *first;
    // `1 to 3`; but `12 - 5 minutes faster` and `until 5 december` go on.
    let ends = |w: Option<&&str>| w.is_none_or(|w| in_word(w).is_some() || is_between(w));
    let number = rest.get(1).is_some_and(|w| in_word(w).is_some());
    if !date && rest.first().is_some_and(|w| is_range(w)) && number && ends(rest.get(2)) {
        return Err(wrong(name, RANGE));
    }
    let only_numbers = rest.iter().all(|w| in_word(w).is_some() || is_between(w));
    while !last.ends_with(':') {
        let skip = rest.iter().take_while(|w| is_between(w)).count();
        let Some((word, tail)) = rest.get(skip..).and_then(<[&str]>::split_first) else { break };
        let Some(more) = in_word(word) else { break };
        let is_marked = skip > 0 || word.starts_with('#') || last.ends_with(',') || only_numbers && !date;
        if !is_marked && date {
            break;
        }
        if !is_marked {
            return Err(which(name, word, more.first(), found.last()));
        }
        found.extend(more);
        (last, rest) = (word, tail);
    }
    // In `1, 5 minutes per run` the 5 belongs to the text.
    let text = rest.iter().find(|w| **w != NEW_LINE);
    let text = text.is_some_and(|w| !["because", "-", "–", "—"].contains(&verb_of(w).as_str()));
    let one = in_word(last).is_some_and(|numbers| numbers.len() == 1);
    if found.len() > 1 && one && text && !date && !last.starts_with('#') && !last.ends_with([':', ')', '.']) {
        return Err(which(name, last, found.last(), found.first()));
    }
    if let Some(more) =
        rest.iter().find(|w| w.strip_prefix('#').is_some_and(|n| n.parse::<u32>().is_ok())).filter(|_| found.len() > 1)
    {
        return Err(wrong(name, format!("“{}” stands in your text: put all numbers first.", shown(more))));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|n| seen.insert(*n));
    if found.len() > MOST {
        return Err(wrong(name, format!("At most {MOST} action items at a time.")));
    }
    Ok((found, rest))
}

/// Asks whether a number is an item's, or begins the text behind the one before it.
fn which(name: &'static str, word: &str, item: Option<&i64>, before: Option<&i64>) -> Mistyped {
    let (item, before) = (item.unwrap_or(&1), before.unwrap_or(&1));
    let what = format!(
        "Is “{}” another action item or the start of your text? Write `#{item}` for the item, or `{before}:` before your text.",
        shown(word)
    );
    wrong(name, what)
}

const RANGE: &str = "Please name each action item: `1, 2 and 3`.";

/// `1 to 3`, `1 - 3`.
fn is_range(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "to" | "or" | "oder" | "-" | "–" | "—" | "through" | "bis" | "until" | "..")
}

/// Whether a word is a number of an action item, or several.
pub(super) fn is_number(word: &str) -> bool {
    in_word(word).is_some()
}

/// The numbers in one word: `12`, `#12`, `1,2`, `` `12` ``, `*12*`.
fn in_word(word: &str) -> Option<Vec<i64>> {
    const AROUND: &[char] =
        &['`', '"', '\'', '“', '”', '„', '*', '_', '(', ')', '[', ']', '.', ',', ':', ';', '!', '?'];
    let plain: String = word.replace("&amp;", ",").nfkc().collect();
    let number = |part: &str| {
        let part = part.trim_matches(AROUND).trim_start_matches('#');
        part.parse().ok().filter(|n| *n > 0 && !part.starts_with('+'))
    };
    plain.trim_matches(AROUND).split([',', '&']).map(number).collect()
}
