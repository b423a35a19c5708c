//! Reads the part of JQL that a client needs: clauses joined by AND, and an order. Anything else is an error, in Jira's words.
//! <https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/>

use std::iter::Peekable;
use std::vec::IntoIter;

use chrono::{DateTime, Duration, Utc};
use jiff::civil;
use jiff::tz::TimeZone;

/// A text clause searches here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everywhere: summary, description, comments and text fields.
    Text,
    Summary,
    Description,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    After,
    AtOrAfter,
    Before,
    AtOrBefore,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// Keys, names or ids.
    Project(Vec<String>),
    Created(Compared, DateTime<Utc>),
    Contains(Place, String),
    Labels(Vec<String>),
    /// Account ids.
    Creator(Vec<String>),
    /// Account ids.
    Reporter(Vec<String>),
    /// Keys.
    Key(Vec<String>),
    /// Ids or keys.
    Id(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Created,
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    pub is_descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub clauses: Vec<Clause>,
    pub order: Vec<Order>,
}

/// What a query means depends on these.
#[derive(Clone, Debug)]
pub struct Asker<'a> {
    pub now: DateTime<Utc>,
    /// The account of the caller; `None` for an anonymous one.
    pub account: Option<&'a str>,
    /// Dates in a query are of the caller's time zone.
    pub zone: TimeZone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(String),
}

/// Jira keeps these characters for itself; they stand in quotes only.
const RESERVED: &str = "+.;?|*/%^$#@[]{}\\&";

/// Err has Jira's words.
pub fn parse(text: &str, asker: &Asker) -> Result<Query, String> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let mut query = Query { clauses: Vec::new(), order: Vec::new() };
    while tokens.peek().is_some() {
        if next_is(&mut tokens, "order") {
            query.order = order(&mut tokens)?;
            break;
        }
        query.clauses.push(clause(&mut tokens, asker)?);
        match tokens.peek() {
            None => break,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("and") => {
                tokens.next();
                if tokens.peek().is_none() {
                    return Err(wrong("Expecting a field name at the end of the query."));
                }
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("order") => {}
            Some(token) => {
                return Err(wrong(&format!("Expecting either 'AND' or 'ORDER' but got '{}'.", word_of(token))));
            }
        }
    }
    Ok(query)
}

fn wrong(words: &str) -> String {
    format!("Error in the JQL Query: {words}")
}

fn word_of(token: &Token) -> &str {
    match token {
        Token::Word(word) | Token::Quoted(word) | Token::Sign(word) => word,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '"' || c == '\'' {
            out.push(Token::Quoted(quoted(&mut chars, c)?));
        } else if matches!(c, '(' | ')' | ',' | '=' | '~') {
            out.push(Token::Sign(c.to_string()));
        } else if matches!(c, '<' | '>' | '!') {
            let long = chars.next_if(|next| matches!(next, '=') || (c == '!' && *next == '~'));
            out.push(Token::Sign([Some(c), long].into_iter().flatten().collect()));
        } else if RESERVED.contains(c) {
            let words = format!("The character '{c}' is a reserved JQL character. You must enclose it in a string");
            return Err(wrong(&format!("{words} or use the escape '\\u{:04x}' instead.", u32::from(c))));
        } else {
            let mut word = c.to_string();
            let goes_on = |c: &char| !c.is_whitespace() && !"\"'(),=~<>!".contains(*c) && !RESERVED.contains(*c);
            while let Some(next) = chars.next_if(goes_on) {
                word.push(next);
            }
            out.push(Token::Word(word));
        }
    }
    Ok(out)
}

fn quoted(chars: &mut impl Iterator<Item = char>, end: char) -> Result<String, String> {
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c if c == end => return Ok(out),
            c => out.push(c),
        }
    }
    Err(wrong(&format!("The quoted string '{out}' has not been completed.")))
}

fn next_is(tokens: &mut Peekable<IntoIter<Token>>, word: &str) -> bool {
    let is_it = |token: &Token| matches!(token, Token::Word(of) if of.eq_ignore_ascii_case(word));
    tokens.next_if(is_it).is_some()
}

fn sign(tokens: &mut Peekable<IntoIter<Token>>, of: &str) -> bool {
    tokens.next_if(|token| *token == Token::Sign(of.to_owned())).is_some()
}

fn order(tokens: &mut Peekable<IntoIter<Token>>) -> Result<Vec<Order>, String> {
    if !next_is(tokens, "by") {
        return Err(wrong("Expecting 'by' after 'order'."));
    }
    let mut out = Vec::new();
    loop {
        let by = match tokens.next() {
            Some(Token::Word(word) | Token::Quoted(word)) => match word.to_lowercase().as_str() {
                "created" | "createddate" => By::Created,
                "key" | "issuekey" | "id" => By::Key,
                _ => return Err(unknown_field(&word)),
            },
            _ => return Err(wrong("Expecting a field name at the end of the query.")),
        };
        let is_descending = next_is(tokens, "desc");
        if !is_descending {
            next_is(tokens, "asc");
        }
        out.push(Order { by, is_descending });
        if !sign(tokens, ",") {
            break;
        }
    }
    match tokens.next() {
        Some(token) => Err(wrong(&format!("Expecting ',' but got '{}'.", word_of(&token)))),
        None if out.len() > 7 => Err(wrong("The 'orderBy' clause can contain a maximum of 7 fields.")),
        None => Ok(out),
    }
}

fn unknown_field(name: &str) -> String {
    format!("Field '{name}' does not exist or you do not have permission to view it.")
}

fn clause(tokens: &mut Peekable<IntoIter<Token>>, asker: &Asker) -> Result<Clause, String> {
    let field = match tokens.next() {
        Some(Token::Word(word) | Token::Quoted(word)) => word,
        Some(token) => return Err(wrong(&format!("Expecting a field name but got '{}'.", word_of(&token)))),
        None => return Err(wrong("Expecting a field name at the end of the query.")),
    };
    let operator = match tokens.next() {
        Some(Token::Sign(sign)) if sign != "(" && sign != ")" && sign != "," => sign,
        Some(Token::Word(word)) if word.eq_ignore_ascii_case("in") => "in".to_owned(),
        Some(token) => {
            let words = format!("Expecting operator but got '{}'.", word_of(&token));
            return Err(wrong(&format!(
                "{words} The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN'."
            )));
        }
        None => return Err(wrong("Expecting operator but got the end of the query.")),
    };
    let values = if operator == "in" { list(tokens, asker)? } else { vec![value(tokens, asker)?] };
    build(&field, &operator, values, asker)
}

fn list(tokens: &mut Peekable<IntoIter<Token>>, asker: &Asker) -> Result<Vec<String>, String> {
    if !sign(tokens, "(") {
        return Err(wrong("Expecting '(' after 'in'."));
    }
    let mut out = vec![value(tokens, asker)?];
    while sign(tokens, ",") {
        out.push(value(tokens, asker)?);
    }
    if sign(tokens, ")") { Ok(out) } else { Err(wrong("Expecting ')' at the end of a list.")) }
}

fn value(tokens: &mut Peekable<IntoIter<Token>>, asker: &Asker) -> Result<String, String> {
    let word = match tokens.next() {
        Some(Token::Quoted(text)) => return Ok(text),
        Some(Token::Word(word)) => word,
        Some(token) => return Err(wrong(&format!("Expecting a value but got '{}'.", word_of(&token)))),
        None => return Err(wrong("Expecting either a value, list or function but got the end of the query.")),
    };
    let is_reserved = ["and", "or", "not", "in", "order", "by", "empty", "null", "is", "was", "for"];
    if is_reserved.contains(&word.to_lowercase().as_str()) {
        let words = format!("'{word}' is a reserved JQL word.");
        return Err(wrong(&format!("{words} You must surround it in quotation marks to use it in a query.")));
    }
    if !sign(tokens, "(") {
        return Ok(word);
    }
    if !word.eq_ignore_ascii_case("currentUser") || !sign(tokens, ")") {
        return Err(format!("Unable to find JQL function '{word}()'."));
    }
    // Nobody is logged in: Jira then finds nothing rather than to refuse.
    Ok(asker.account.unwrap_or_default().to_owned())
}

fn build(field: &str, operator: &str, values: Vec<String>, asker: &Asker) -> Result<Clause, String> {
    let refused = || format!("The operator '{operator}' is not supported by the '{field}' field.");
    let first = values.first().cloned().unwrap_or_default();
    let is_equal = matches!(operator, "=" | "in");
    let contains = |place| if operator == "~" { words(place, field, &first) } else { Err(refused()) };
    match field.to_lowercase().as_str() {
        "text" => contains(Place::Text),
        "summary" => contains(Place::Summary),
        "description" => contains(Place::Description),
        "created" | "createddate" => {
            let compared = match operator {
                ">" => Compared::After,
                ">=" => Compared::AtOrAfter,
                "<" => Compared::Before,
                "<=" => Compared::AtOrBefore,
                _ => return Err(refused()),
            };
            date(&first, field, asker).map(|at| Clause::Created(compared, at))
        }
        "project" if is_equal => Ok(Clause::Project(values)),
        "labels" if is_equal => Ok(Clause::Labels(values)),
        "creator" if is_equal => Ok(Clause::Creator(values)),
        "reporter" if is_equal => Ok(Clause::Reporter(values)),
        "key" | "issuekey" | "issue" if is_equal => Ok(Clause::Key(values)),
        "id" if is_equal => Ok(Clause::Id(values)),
        "project" | "labels" | "creator" | "reporter" | "key" | "issuekey" | "issue" | "id" => Err(refused()),
        _ => Err(unknown_field(field)),
    }
}

fn words(place: Place, field: &str, text: &str) -> Result<Clause, String> {
    if text.trim().is_empty() {
        return Err(format!("The field '{field}' does not support searching for an empty string."));
    }
    if text.starts_with(['*', '?']) {
        let words = "The '*' and '?' are not allowed as first character in wildcard query.";
        return Err(format!("The text query '{text}' for field '{field}' is not valid: {words}"));
    }
    Ok(Clause::Contains(place, text.to_owned()))
}

/// `-10m`, `2026-12-01` or `2026-12-01 09:30`, the last two in the caller's zone.
fn date(text: &str, field: &str, asker: &Asker) -> Result<DateTime<Utc>, String> {
    let known =
        "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period";
    let bad = || format!("Date value '{text}' for field '{field}' is invalid. {known} format e.g. '-5d', '4w 2d'.");
    period(text)
        .and_then(|by| asker.now.checked_add_signed(by))
        .or_else(|| civil_date(text, &asker.zone))
        .ok_or_else(bad)
}

fn period(text: &str) -> Option<Duration> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let unit = rest.chars().last()?;
    let count: i64 = rest.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    Duration::try_minutes(count.checked_mul(minutes)?.checked_mul(sign)?)
}

fn civil_date(text: &str, zone: &TimeZone) -> Option<DateTime<Utc>> {
    let text = text.replace('/', "-");
    let at = if let Ok(at) = civil::DateTime::strptime("%Y-%m-%d %H:%M", &text) {
        at
    } else {
        civil::Date::strptime("%Y-%m-%d", &text).ok()?.to_datetime(civil::Time::midnight())
    };
    let at = at.to_zoned(zone.clone()).ok()?.timestamp();
    DateTime::from_timestamp_millis(at.as_millisecond())
}

/// The words of a text as the index keeps them: letters and digits, in lower case.
pub fn tokens_of(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use jiff::tz::TimeZone;

    use super::{Asker, By, Clause, Compared, Order, Place, parse, tokens_of};

    fn asker() -> Asker<'static> {
        let now = DateTime::<Utc>::from_timestamp(1_795_878_000, 0).unwrap();
        Asker { now, account: Some("712020:me"), zone: TimeZone::get("America/New_York").unwrap() }
    }

    fn clauses(text: &str) -> Vec<Clause> {
        parse(text, &asker()).unwrap().clauses
    }

    #[test]
    fn reads_what_a_client_asks() {
        let text = r#"project = "OPS" AND created >= -10m AND text ~ "lookback6f" and creator = currentUser() order by created ASC, key desc"#;
        let query = parse(text, &asker()).unwrap();
        let ten = asker().now - chrono::Duration::minutes(10);
        assert_eq!(
            query.clauses,
            [
                Clause::Project(vec!["OPS".to_owned()]),
                Clause::Created(Compared::AtOrAfter, ten),
                Clause::Contains(Place::Text, "lookback6f".to_owned()),
                Clause::Creator(vec!["712020:me".to_owned()]),
            ]
        );
        assert_eq!(
            query.order,
            [Order { by: By::Created, is_descending: false }, Order { by: By::Key, is_descending: true }]
        );
        assert_eq!(clauses("key in (OPS-1, \"OPS-2\")"), [Clause::Key(vec!["OPS-1".to_owned(), "OPS-2".to_owned()])]);
    }

    #[test]
    fn dates_are_of_the_account() {
        let Some(Clause::Created(_, at)) = clauses("created >= '2026-11-28 10:00'").pop() else { panic!() };
        assert_eq!(at, asker().now);
        let Some(Clause::Created(_, at)) = clauses("created > 2026-11-28").pop() else { panic!() };
        assert_eq!(at.to_rfc3339(), "2026-11-28T05:00:00+00:00");
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "project",
            "project =",
            "project = OPS OR labels = x",
            "project = OPS AND",
            "colour = red",
            "summary = x",
            "project ~ OPS",
            "created >= yesterday",
            "created = -1d",
            "text ~ \"x",
            "text ~ \"*x\"",
            "text ~ a@b",
            "creator = me()",
            "key in OPS-1",
            "project = OPS order created",
            "project = in",
        ] {
            assert!(parse(text, &asker()).is_err(), "{text}");
        }
    }

    #[test]
    fn cuts_words() {
        assert_eq!(tokens_of("Filed by Lookback (lookback6F-1)."), ["filed", "by", "lookback", "lookback6f", "1"]);
    }
}
