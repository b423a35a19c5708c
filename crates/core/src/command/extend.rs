//! How much more time a stage gets, as people type it.

use super::line::{Command, Mistyped};
use super::words::{only_version, shown, wrong};

/// `5m`, `10 minutes`, `1d`; nothing: what the button gives. A version may follow.
pub(super) fn read(words: &[&str]) -> Result<Command, Mistyped> {
    let words = words.strip_prefix(&["for"]).or_else(|| words.strip_prefix(&["by"])).unwrap_or(words);
    let Some((first, mut rest)) = words.split_first() else {
        return Ok(Command::Extend { minutes: None, version: None });
    };
    let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
    let mut unit: String = first.chars().skip(digits.chars().count()).collect();
    // A version may begin with a digit: `2.1.0`.
    if first.starts_with(['-', '+', '−']) {
        return Err(wrong("extend", format!("“{}” is not a length of time: try 5m, 1h or 1d.", shown(first))));
    }
    if digits.is_empty() || unit.starts_with('.') {
        return Ok(Command::Extend { minutes: None, version: only_version("extend", words)? });
    }
    if unit.is_empty()
        && let Some((word, tail)) = rest.split_first()
        && scale(word).is_some()
    {
        unit = (*word).to_owned();
        rest = tail;
    }
    let scale = if unit.is_empty() { Some(1) } else { scale(&unit) };
    let minutes = scale.zip(digits.parse::<u32>().ok()).and_then(|(s, n)| n.checked_mul(s)).filter(|m| *m > 0);
    let minutes = minutes
        .ok_or_else(|| wrong("extend", format!("“{}” is not a length of time: try 5m, 1h or 1d.", shown(first))))?;
    Ok(Command::Extend { minutes: Some(minutes), version: only_version("extend", rest)? })
}

/// Minutes in a unit.
fn scale(unit: &str) -> Option<u32> {
    match unit.to_lowercase().as_str() {
        "m" | "min" | "mins" | "minute" | "minutes" => Some(1),
        "h" | "hour" | "hours" => Some(60),
        "d" | "day" | "days" => Some(24 * 60),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Command, parse};

    #[test]
    fn times_are_read_as_people_type_them() {
        let read = |text: &str| match parse(text, true).unwrap().command {
            Command::Extend { minutes, version } => (minutes, version),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(read("extend"), (None, None));
        assert_eq!(read("extend 5m"), (Some(5), None));
        assert_eq!(read("extend 10 minutes"), (Some(10), None));
        assert_eq!(read("extend 7"), (Some(7), None));
        assert_eq!(read("extend 1d v2.1.0"), (Some(1440), Some("v2.1.0".into())));
        assert_eq!(read("extend v2.1.0"), (None, Some("v2.1.0".into())));
        for wrong in ["extend -5m", "extend 0m", "extend 5x", "extend 99999999999d", "extend 5m v1 v2"] {
            assert!(parse(wrong, true).is_err(), "{wrong}");
        }
    }
}
