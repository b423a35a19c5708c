//! JSON as Slack sends it. Slack cuts texts at a length in UTF-16 units, so that half an emoji can be left: an escape that
//! no JSON reader takes, and with it the whole form would be lost. It becomes the sign for what cannot be read.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// Reads JSON.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_str(&whole(&String::from_utf8_lossy(bytes)))
}

/// The text without halves of surrogate pairs. <https://www.rfc-editor.org/rfc/rfc8259#section-8.2>
fn whole(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let unit = |from: usize| {
            let digits = escape.get(from..from + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let is_high = |u: u16| (0xd800..0xdc00).contains(&u);
        let is_low = |u: u16| (0xdc00..0xe000).contains(&u);
        // Any other escape has two signs: of `\\ud83d` the first two are a backslash.
        let (taken, kept) = match (unit(0), unit(6)) {
            (Some(high), Some(low)) if is_high(high) && is_low(low) => (12, escape.get(..12)),
            (Some(half), _) if is_high(half) || is_low(half) => (6, Some("\\ufffd")),
            _ => (2, escape.get(..2)),
        };
        match (kept, escape.get(taken..)) {
            (Some(kept), Some(left)) => {
                out.push_str(kept);
                rest = left;
            }
            // The text ends within the escape, or the sign behind the backslash is no ASCII.
            _ => {
                out.push('\\');
                rest = escape.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_costs_one_sign() {
        for (json, text) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ude00 cut""#, "\u{fffd} cut"),
            (r#""\uD83D\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d\n\ude00""#, "\u{fffd}\n\u{fffd}"),
            (r#""a \\ud83d b""#, "a \\ud83d b"),
            (r#""\ud83d\ude00 whole""#, "😀 whole"),
            (r#""plain""#, "plain"),
        ] {
            assert_eq!(read::<String>(json.as_bytes()).unwrap(), text, "{json}");
        }
        assert_eq!(read::<String>(b"\"\xed\xa0\xbd\"").unwrap(), "\u{fffd}\u{fffd}\u{fffd}");
    }

    proptest::proptest! {
        #[test]
        fn what_can_be_read_is_read_as_before(text in "\\PC{0,20}", escapes in proptest::collection::vec("\\\\u[dD][0-9a-fA-F]{3}|\\\\n|x", 0..8)) {
            let plain = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(read::<String>(plain.as_bytes()).unwrap(), text);
            let json = format!("\"{}\"", escapes.concat());
            proptest::prop_assert!(read::<String>(json.as_bytes()).is_ok(), "{}", json);
        }
    }
}
