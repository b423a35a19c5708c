//! The page turns Slack's mrkdwn into HTML.
//!
//! Rule: `letter` escapes each character of a text, and all tags come from this file. A text of a person or the bot can
//! therefore not become markup or a script.
//! <https://docs.slack.dev/messaging/formatting-message-text>

use maud::{Markup, PreEscaped};

/// The function finds the name of a person or a channel by its id.
pub type Names<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A piece is finished HTML and the rest of the text, which follows the part that became this HTML.
type Piece<'t> = Option<(String, &'t str)>;

const FOLLOWED: [&str; 3] = ["https://", "http://", "mailto:"];

/// A mrkdwn text becomes HTML. Fences and quotes come first. Marks, links, mentions and emoji follow in each line.
pub fn html(text: &str, names: Names<'_>) -> Markup {
    let (mut out, mut rest) = (String::new(), text);
    let fence = |text| str::split_once(text, "```");
    while let Some((before, (code, tail))) = fence(rest).and_then(|(b, f)| Some((b, fence(f)?))) {
        lines(&mut out, before.strip_suffix('\n').unwrap_or(before), names);
        out += &format!("<pre>{}</pre>", escape(code.trim_matches('\n')));
        rest = tail.strip_prefix('\n').unwrap_or(tail);
    }
    lines(&mut out, rest, names);
    PreEscaped(out)
}

/// A plain_text object has emoji and line breaks, but no other format. The page shows its entities as they stand.
pub fn plain(text: &str) -> Markup {
    let wire = text.replace('&', "&amp;");
    PreEscaped(scan(&wire, |c, after, _| smile(c, after)).replace('\n', "<br>"))
}

/// An address with http, https or mailto becomes a link. Other addresses are unsafe in a page, so they give `None`.
pub fn link(url: &str, label: &str) -> Option<Markup> {
    let (lower, mut known) = (url.to_lowercase(), FOLLOWED.iter());
    known.find(|scheme| lower.starts_with(**scheme))?;
    let (href, label) = (escape(url), escape(label));
    let html = format!(r#"<a href="{href}" target="_blank" rel="noreferrer">{label}</a>"#);
    Some(PreEscaped(html))
}

/// A mention of a person, a channel, a group or everybody becomes a badge.
pub fn badge(sign: char, name: &str) -> Markup {
    let name = escape(name);
    PreEscaped(format!(r#"<span class="mention">{sign}{name}</span>"#))
}

/// The table has the emoji that a bot is likely to use. A name that it lacks gives `None`.
pub fn emoji(name: &str) -> Option<&'static str> {
    const TABLE: &str = "tada 🎉 white_check_mark ✅ wrench 🔧 bulb 💡 warning ⚠️ memo 📝 bell 🔔 \
        bar_chart 📊 hourglass ⌛ hourglass_flowing_sand ⏳ alarm_clock ⏰ rocket 🚀 fire 🔥 eyes 👀 \
        wave 👋 thumbsup 👍 +1 👍 clap 👏 pray 🙏 star ⭐ x ❌ question ❓ lock 🔒 calendar 📅 link 🔗 \
        clipboard 📋 pushpin 📌 mag 🔍 speech_balloon 💬 thought_balloon 💭 hammer_and_wrench 🛠️ \
        trophy 🏆 heart ❤️ sparkles ✨ seedling 🌱 package 📦 stopwatch ⏱️ zzz 💤 raised_hands 🙌";
    let mut words = TABLE.split_whitespace();
    words.find(|word| *word == name && name.is_ascii()).and_then(|_| words.next())
}

/// Slack's text becomes safe in HTML and in attributes. The entities `&lt;`, `&gt;` and `&amp;` stay as they are,
/// because Slack has escaped these characters already.
fn escape(text: &str) -> String {
    scan(text, |_, _, _| None)
}

/// The scan goes over a text. At each character `find` gets the character, the text after it and the character before
/// it. The character stays a letter if `find` returns `None`.
fn scan<'t>(text: &'t str, find: impl Fn(char, &'t str, char) -> Piece<'t>) -> String {
    let (mut out, mut rest, mut before) = (String::new(), text, ' ');
    while let Some(c) = rest.chars().next() {
        let after = rest.strip_prefix(c).unwrap_or_default();
        let (piece, tail) = find(c, after, before).unwrap_or_else(|| letter(c, after));
        out += &piece;
        (rest, before) = (tail, c);
    }
    out
}

fn letter(c: char, after: &str) -> (String, &str) {
    let mut entities = ["lt;", "gt;", "amp;"].into_iter().filter(|_| c == '&');
    let entity = entities.find_map(|name| Some((format!("&{name}"), after.strip_prefix(name)?)));
    let safe = match c {
        '&' | '<' | '>' | '"' | '\'' => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    };
    entity.unwrap_or((safe, after))
}

fn lines(out: &mut String, text: &str, names: Names<'_>) {
    let mut quoted = false;
    for (i, line) in text.split('\n').enumerate() {
        let quote = line.strip_prefix("&gt;").or(line.strip_prefix('>'));
        *out += match (quoted, quote.is_some()) {
            (false, true) => "<blockquote>",
            (true, false) => "</blockquote>",
            _ if i > 0 => "<br>",
            _ => "",
        };
        quoted = quote.is_some();
        *out += &inline(quote.map_or(line, str::trim_start), names, 0);
    }
    *out += if quoted { "</blockquote>" } else { "" };
}

fn inline(text: &str, names: Names<'_>, depth: u8) -> String {
    scan(text, |c, after, before| {
        let styled = |tag| {
            let fits = depth < 3 && !before.is_alphanumeric();
            let (inner, tail) = closed(c, after).filter(|_| fits)?;
            let body = inline(&inner, names, depth + 1);
            Some((format!("<{tag}>{body}</{tag}>"), tail))
        };
        match c {
            '*' => styled("strong"),
            '_' => styled("em"),
            '~' => styled("s"),
            '`' => {
                let (code, tail) = after.split_once('`').filter(|found| !found.0.is_empty())?;
                Some((format!("<code>{}</code>", escape(code)), tail))
            }
            '<' => {
                let (inner, tail) = after.split_once('>')?;
                Some((control(inner, names).into_string(), tail))
            }
            c => smile(c, after),
        }
    })
}

fn smile(c: char, after: &str) -> Piece<'_> {
    let (name, tail) = after.split_once(':').filter(|_| c == ':')?;
    Some((emoji(name)?.to_owned(), tail))
}

/// A second mark closes a style. It must follow a word directly, and no letter or digit may come after it. The piece
/// holds the text before this mark.
fn closed(mark: char, text: &str) -> Piece<'_> {
    text.match_indices(mark).take(8).find_map(|(at, _)| {
        let (inner, rest) = text.split_at_checked(at)?;
        let tail = rest.strip_prefix(mark)?;
        let hugs = inner.trim() == inner && !inner.is_empty();
        (hugs && !tail.starts_with(char::is_alphanumeric)).then(|| (inner.to_owned(), tail))
    })
}

/// A mention, a date or a link stands between `<` and `>`. The page shows all other content as text.
fn control(inner: &str, names: Names<'_>) -> Markup {
    let (target, label) = inner.split_once('|').unwrap_or((inner, inner));
    let mut id = target.chars();
    match id.next() {
        Some('@') => badge('@', &names(id.as_str()).unwrap_or(label.replace('@', ""))),
        Some('#') => badge('#', &names(id.as_str()).unwrap_or(label.replace('#', ""))),
        Some('!') if target.starts_with("!date^") => {
            names(target).map_or_else(|| PreEscaped(escape(label)), |words| PreEscaped(escape(&words)))
        }
        Some('!') => badge('@', label.trim_start_matches(['!', '@'])),
        _ => link(target, label).unwrap_or_else(|| PreEscaped(escape(&format!("<{inner}>")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let names = |id: &str| (id == "U1").then(|| "Mia <b>".to_owned());
        html(text, &names).into_string()
    }

    #[test]
    fn marks_become_tags() {
        let table = "*a _b_* ~c~ -> <strong>a <em>b</em></strong> <s>c</s>
            `*d*` 2*3*4 a_b_c * a * -> <code>*d*</code> 2*3*4 a_b_c * a *
            &gt; a¶>b¶c -> <blockquote>a<br>b</blockquote>c
            a¶```x &lt; *y*¶```¶b -> a<pre>x &lt; *y*</pre>b
            <@U1> -> <span class='mention'>@Mia &#60;b&#62;</span>
            <@U2|eve> <!here> -> <span class='mention'>@eve</span> <span class='mention'>@here</span>
            <mailto:a@b?x&amp;y|c> -> <a href='mailto:a@b?x&amp;y' target='_blank' rel='noreferrer'>c</a>
            <!date^1^{time}|9:30 :tada:> -> 9:30 :tada:
            :tada: :no: 9:30:45 https://a.b -> 🎉 :no: 9:30:45 https://a.b";
        let rows = table.lines().map(str::trim);
        for (mrkdwn, expected) in rows.filter_map(|row| row.split_once(" -> ")) {
            let expected = expected.replace('\'', "\"");
            assert_eq!(show(&mrkdwn.replace('¶', "\n")), expected);
        }
    }

    #[test]
    fn everything_else_stays_text() {
        let known = "pre>|/pre>|strong>|/strong>|span class=\"mention\">|/span>|/a>|br>";
        let hostile = "<script>alert(1)</script> ```<script>``` *<img src=x onerror=x>* <<b>i> *<b* >
            <javascript:alert(1)|click> <JaVaScRiPt:x> <data:text/html,x|y> <@U2\" onclick='x'>
            <https://a.b\" onclick=\"x|y> <img src=\"x\" onerror=\"y\">";
        let html = show(hostile).replace("<a href=\"https://a.b&#34; onclick=&#34;x\"", "");
        for tag in html.split('<').skip(1) {
            assert!(known.split('|').any(|k| tag.starts_with(k)), "{html}");
        }
    }
}
