//! What GitHub makes of a text: it notifies people whom it mentions, and closes issues that it claims to fix.
//! <https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>

/// Takes the parts out of Markdown that are dead: code, and comments of HTML. What stays keeps its order.
fn live(markdown: &str) -> String {
    let mut shown = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let start = line.trim_start();
        let mark: String = start.chars().take_while(|c| *c == '`').collect();
        let mark = if mark.len() < 3 { start.chars().take_while(|c| *c == '~').collect() } else { mark };
        match &fence {
            Some(open) if mark.starts_with(open.as_str()) && start.trim_end() == mark => fence = None,
            Some(_) => {}
            None if mark.len() >= 3 => fence = Some(mark),
            None => {
                shown.push_str(line);
                shown.push('\n');
            }
        }
    }
    // An entity becomes its character before GitHub looks for names.
    let plain = without(&without_code(&shown), "<!--", "-->");
    ["&#64;", "&#x40;", "&#X40;", "&commat;"].iter().fold(plain, |text, entity| text.replace(entity, "@"))
}

/// Takes out all from `open` to `close`. An `open` without a `close` stays.
fn without(text: &str, open: &str, close: &str) -> String {
    let Some((before, rest)) = text.split_once(open) else { return text.to_owned() };
    match rest.split_once(close) {
        Some((_, after)) => format!("{before}\u{0} {}", without(after, open, close)),
        None => text.to_owned(),
    }
}

/// Takes out code between runs of backticks of the same length.
fn without_code(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        shown.push_str(before);
        let after = behind.trim_start_matches('`');
        let ticks = "`".repeat(1 + behind.len() - after.len());
        // A run that is as long ends the code; it must be no part of a longer run. Code ends with its paragraph.
        let paragraph = after.split("\n\n").next().unwrap_or_default();
        let end = paragraph.match_indices(&ticks).map(|(at, _)| at).find(|at| {
            let before = paragraph.get(..*at).is_none_or(|b| !b.ends_with('`'));
            let after = paragraph.get(at + ticks.len()..).is_none_or(|a| !a.starts_with('`'));
            before && after
        });
        match end.and_then(|at| after.get(at + ticks.len()..)) {
            Some(next) => {
                shown.push_str("\u{0} ");
                rest = next;
            }
            None => {
                shown.push_str(&ticks);
                rest = after;
            }
        }
    }
    shown + rest
}

/// The names that a text mentions, without `@`. A team counts as `org/team`. A zero-width character in front of the
/// name makes it dead; one in front of the `@` does not.
pub fn mentions(text: &str, is_markdown: bool) -> Vec<String> {
    let text = if is_markdown { live(text) } else { text.to_owned() };
    let mut names = Vec::new();
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '@' && !before.is_ascii_alphanumeric() {
            let name: String =
                rest.as_str().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '/').collect();
            if name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                names.push(name.trim_end_matches(['-', '/']).to_owned());
            }
        }
        before = c;
    }
    names
}

const WORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// What a word behind a closing word must look like: `#12`, `GH-12`, `owner/repo#12` or the address of an issue.
fn reference(word: &str) -> bool {
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let word = word.trim_start_matches(['(', '[', '*', '_', '<', '"']);
    let lower = word.to_ascii_lowercase();
    let short = lower.strip_prefix('#').or_else(|| lower.strip_prefix("gh-")).is_some_and(begins);
    let other = word.split_once('#').is_some_and(|(full, number)| full.matches('/').count() == 1 && begins(number));
    let address =
        |kind: &str| lower.split_once(kind).is_some_and(|(host, number)| host.contains("://") && begins(number));
    short || other || address("/issues/") || address("/pull/")
}

/// Such as `fixes #12`: what would close an issue once this text reaches the default branch.
pub fn closing(text: &str, is_markdown: bool) -> Vec<String> {
    let text = if is_markdown { live(text) } else { text.to_owned() };
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let (Some(first), Some(second)) = (pair.first(), pair.get(1)) else { continue };
        let verb = first.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != ':').next().unwrap_or_default();
        let verb = verb.trim_matches(':').to_ascii_lowercase();
        if WORDS.contains(&verb.as_str()) && reference(second) {
            found.push(format!("{verb} {second}"));
        }
    }
    found
}

/// The numbers of issues of the same repository that a text closes.
pub fn closed_numbers(text: &str, is_markdown: bool) -> Vec<u64> {
    let number = |words: &String| {
        let word = words.split_once(' ')?.1.trim_start_matches(['(', '[', '*', '_']);
        let digits: String = word.strip_prefix('#')?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    closing(text, is_markdown).iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_live_outside_code_only() {
        let of = |text: &str| mentions(text, true);
        assert_eq!(of("ask @maria-dev, or (@ben-hub)"), ["maria-dev", "ben-hub"]);
        assert_eq!(of("&#64;maria-dev and _@ben-hub_ and @acme/ops"), ["maria-dev", "ben-hub", "acme/ops"]);
        assert_eq!(of("\u{200b}@maria-dev"), ["maria-dev"]);
        assert!(of("@\u{200b}maria-dev a@example.com `@maria-dev` ``x ` @ben-hub``").is_empty());
        assert!(of("```\n@maria-dev\n```\n~~~ js\n@ben-hub\n~~~\n<!-- @sam-dev -->").is_empty());
        assert_eq!(of("one ` and @maria-dev"), ["maria-dev"]);
        assert_eq!(of("```\nx\n```\n@maria-dev"), ["maria-dev"]);
    }

    #[test]
    fn closing_words_need_a_word_and_a_reference() {
        let of = |text: &str| closing(text, true);
        assert_eq!(of("Fixes #12 and closes: acme/shop#3"), ["fixes #12", "closes acme/shop#3"]);
        assert_eq!(
            of("resolved https://github.com/acme/shop/issues/4"),
            ["resolved https://github.com/acme/shop/issues/4"]
        );
        assert_eq!(of("(fix GH-5)"), ["fix GH-5)"]);
        assert!(of("prefixes #12, fixes #\u{200b}12, `fixes #12`, see #12, fixes the #12").is_empty());
        assert_eq!(closed_numbers("fixes #12.", true), [12]);
    }
}
