//! The words of a typed date: what the keyboard adds is taken off, and the hour and its zone are taken out.

use unicode_normalization::UnicodeNormalization as _;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::zone;

/// The words that name a day, the hour that stood among them, and its zone.
#[derive(Debug, Default)]
pub struct Words {
    pub day: Vec<String>,
    pub hour: Option<NaiveTime>,
    pub zone: Option<Zone>,
    /// `eod`: the end of the day, at whatever hour that is.
    pub day_end: bool,
}

/// A zone that was typed with an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    Offset(FixedOffset),
    /// By its name in the IANA database, such as `Europe/Berlin`.
    Named(String),
}

impl Zone {
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Offset(offset) => (local - chrono::Duration::seconds(offset.local_minus_utc().into())).and_utc(),
            Self::Named(name) => zone::instant(local, name),
        }
    }

    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Offset(offset) => at.with_timezone(offset).naive_local(),
            Self::Named(name) => zone::local(at, name),
        }
    }
}

impl Words {
    /// Splits `typed`; `None` where two hours or two zones stand in it.
    pub fn of(typed: &str) -> Option<Self> {
        let mut words = split(typed);
        if words.len() > 1 && words.first().is_some_and(|w| matches!(w.as_str(), "by" | "until")) {
            words.remove(0);
        }
        let mut out = Self::default();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let after = words.peek().map(String::as_str);
            let (clock, attached) = zone_after(&word);
            // `5 pm` is one word.
            let (clock, whole) = if after.is_some_and(|w| matches!(w, "am" | "pm")) && is_number(clock) {
                let whole = format!("{clock}{}", words.next().unwrap_or_default());
                (whole.clone(), whole)
            } else {
                (clock.to_owned(), word.clone())
            };
            if let Some(hour) = time_of_day(&clock) {
                if out.hour.replace(hour).is_some() {
                    return None;
                }
                out.day.pop_if(|w| w == "at");
                out.set_zone(attached)?;
            } else if let (Some(zone), true) = (zone(&whole), out.hour.is_some()) {
                out.set_zone(Some(zone))?;
            } else {
                out.day.push(whole);
            }
        }
        out.take_day_end();
        Some(out)
    }

    fn set_zone(&mut self, zone: Option<Zone>) -> Option<()> {
        if zone.is_some() && self.zone.is_some() {
            return None;
        }
        self.zone = self.zone.take().or(zone);
        Some(())
    }

    /// `friday eod`, `end of day tomorrow`.
    fn take_day_end(&mut self) {
        for words in [&["end", "of", "day"][..], &["close", "of", "business"], &["eod"], &["cob"]] {
            let at = self.day.windows(words.len()).position(|here| here.iter().eq(words));
            if let (Some(at), None) = (at, self.hour) {
                self.day.drain(at..at + words.len());
                self.day_end = true;
                return;
            }
        }
    }
}

/// In lower case, without the small ones and what a keyboard or a clipboard puts around them.
fn split(typed: &str) -> Vec<String> {
    let around = |c: char| c.is_whitespace() || "\"'`“”„‘’‚«»()[]*_~".contains(c);
    // Keyboards make dashes of hyphens, and digits of full width.
    let dash = |c: char| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c };
    let typed: String = typed.nfkc().map(dash).collect();
    let plain = typed.trim_matches(around).to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    let plain = plain.replace([',', ';'], " ");
    let words =
        plain.split_whitespace().map(|w| w.trim_matches(around).trim_end_matches(['.', '!', '?']).trim_matches(around));
    words.filter(|w| !matches!(*w, "" | "the" | "on" | "please" | "pls")).flat_map(in_two).collect()
}

/// `2026-12-01t15:00z` is a day and an hour.
fn in_two(word: &str) -> Vec<String> {
    match word.split_once('t') {
        Some((day, hour)) if NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok() => {
            vec![day.to_owned(), hour.to_owned()]
        }
        _ => vec![word.to_owned()],
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == ':')
}

/// `15:00`, `15:00:30.5`, `3pm`, `3:30pm`, `noon`.
fn time_of_day(word: &str) -> Option<NaiveTime> {
    if matches!(word, "noon" | "midday") {
        return NaiveTime::from_hms_opt(12, 0, 0);
    }
    let written = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"];
    if let Some(time) = written.iter().find_map(|form| NaiveTime::parse_from_str(word, form).ok()) {
        return Some(time);
    }
    let (clock, add) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, 0),
        (_, Some(clock)) => (clock, 12),
        _ => return None,
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse().ok()?);
    (1..=12).contains(&hour).then(|| NaiveTime::from_hms_opt(hour % 12 + add, minute, 0))?
}

/// An hour with its zone in one word: `15:00z`, `15:00+05:30`.
fn zone_after(word: &str) -> (&str, Option<Zone>) {
    let starts = |c: char| c == 'z' || c == '+' || c == '-' || c == '−';
    match word.find(starts) {
        Some(at) if at > 0 && word.get(..at).is_some_and(|clock| clock.contains(':')) => {
            let (clock, rest) = word.split_at(at);
            match zone(rest) {
                Some(zone) => (clock, Some(zone)),
                None => (word, None),
            }
        }
        _ => (word, None),
    }
}

/// `utc`, `z`, `+05:30`, `utc+2`, `europe/berlin`. Letters such as EST or CST name several zones, and are none.
fn zone(word: &str) -> Option<Zone> {
    let offset = word.strip_prefix("utc").or_else(|| word.strip_prefix("gmt")).unwrap_or(word).replace('−', "-");
    if offset.is_empty() || offset == "z" {
        return FixedOffset::east_opt(0).map(Zone::Offset);
    }
    if let Some(sign) = offset.strip_prefix('+').map(|_| 1).or_else(|| offset.strip_prefix('-').map(|_| -1)) {
        let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
        let rest_is_plain = offset.chars().skip(1).all(|c| c.is_ascii_digit() || c == ':');
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.parse::<i32>().ok()?, 0),
            4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
            _ => return None,
        };
        let known = rest_is_plain && hours <= 14 && minutes < 60;
        return known.then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))).flatten().map(Zone::Offset);
    }
    (word.contains('/') && zone::is_known(word)).then(|| Zone::Named(word.to_owned()))
}
