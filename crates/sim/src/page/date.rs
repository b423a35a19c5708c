//! Slack shows a date token in the zone of whoever reads it.
//! <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The words that a reader in this zone sees for `!date^1795000000^{date_long} at {time}`. A token that the page does not
/// know has no words, and Slack shows the fallback for it.
pub(super) fn words(token: &str, tz: &str) -> Option<String> {
    let (seconds, format) = token.strip_prefix("!date^")?.split_once('^')?;
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?.to_zoned(TimeZone::get(tz).ok()?);
    let format = format.split('^').next().unwrap_or_default();
    let words = format
        .replace("{date_long}", &format!("{}, {}", at.strftime("%A"), long(&at)))
        .replace("{date}", &long(&at))
        .replace("{date_short}", &at.strftime("%b %-d, %Y").to_string())
        .replace("{date_num}", &at.strftime("%Y-%m-%d").to_string())
        .replace("{time}", &at.strftime("%-I:%M %p").to_string());
    (!words.contains('{')).then_some(words)
}

fn long(at: &Zoned) -> String {
    let ending = match at.day() {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{} {}{ending}, {}", at.strftime("%B"), at.day(), at.year())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn each_reader_sees_the_own_zone() {
        // Fri 4 Dec 2026, 16:00 UTC.
        let token = "!date^1796400000^{date_long} at {time}";
        assert_eq!(words(token, "Europe/Berlin").as_deref(), Some("Friday, December 4th, 2026 at 5:00 PM"));
        assert_eq!(words(token, "America/New_York").as_deref(), Some("Friday, December 4th, 2026 at 11:00 AM"));
        assert_eq!(words("!date^1796400000^{date_short}^https://a.b", "UTC").as_deref(), Some("Dec 4, 2026"));
        assert_eq!(words("!date^x^{time}", "UTC"), None);
        assert_eq!(words("!date^1^{never}", "UTC"), None);
    }
}
