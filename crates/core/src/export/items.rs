//! Action items for a spreadsheet or a program. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::UserId;
use crate::model::item::Item;

/// One item as it is written out; instants in RFC 3339, UTC, dates in the item's zone.
#[derive(Debug, Serialize)]
struct Row<'a> {
    number: i64,
    channel: &'a str,
    text: &'a str,
    owner: &'a str,
    owner_id: &'a str,
    due: String,
    zone: &'a str,
    priority: &'a str,
    state: &'a str,
    why: Option<&'a str>,
    metric: Option<&'a str>,
    outcome: Option<&'a str>,
    snoozed_until: Option<String>,
    blocked_by: Option<&'a str>,
    moved: u32,
    created: String,
    closed: Option<String>,
    ticket: Option<&'a str>,
    ticket_url: Option<&'a str>,
}

fn row<'a>(item: &'a Item, names: &'a BTreeMap<UserId, String>) -> Row<'a> {
    Row {
        number: item.number,
        channel: item.channel.as_str(),
        text: &item.text,
        owner: names.get(&item.owner).map_or("", String::as_str),
        owner_id: item.owner.as_str(),
        due: item.due.typed_day(),
        zone: &item.zone,
        priority: item.priority.word(),
        state: item.state.word(),
        why: item.why.as_deref(),
        metric: item.metric.as_deref(),
        outcome: item.outcome.as_deref(),
        snoozed_until: item.snoozed.map(|d| d.to_string()),
        blocked_by: item.blocked.as_deref(),
        moved: item.slipped,
        created: item.created.to_rfc3339(),
        closed: item.closed.map(|t| t.to_rfc3339()),
        ticket: item.ticket.as_ref().map(|ticket| ticket.key.as_str()),
        ticket_url: item.ticket.as_ref().map(|ticket| ticket.url.as_str()),
    }
}

/// An array, one object an item.
pub fn rows(items: &[Item], names: &BTreeMap<UserId, String>) -> serde_json::Value {
    let rows: Vec<Row<'_>> = items.iter().map(|i| row(i, names)).collect();
    serde_json::to_value(&rows).unwrap_or_default()
}

/// See [`rows`].
pub fn json(items: &[Item], names: &BTreeMap<UserId, String>) -> String {
    serde_json::to_string_pretty(&rows(items, names)).unwrap_or_default() + "\n"
}

/// Comma-separated values with a line of names. A cell that a spreadsheet would take for a formula is given an
/// apostrophe in front: it is what somebody typed, not what somebody runs.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
pub fn csv(items: &[Item], names: &BTreeMap<UserId, String>) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let heads = [
        "number",
        "channel",
        "text",
        "owner",
        "owner_id",
        "due",
        "zone",
        "priority",
        "state",
        "why",
        "metric",
        "outcome",
        "snoozed_until",
        "blocked_by",
        "moved",
        "created",
        "closed",
        "ticket",
        "ticket_url",
    ];
    out.write_record(heads)?;
    for item in items {
        let r = row(item, names);
        let maybe = |t: Option<&str>| t.unwrap_or_default().to_owned();
        let cells = [
            r.number.to_string(),
            r.channel.to_owned(),
            r.text.to_owned(),
            r.owner.to_owned(),
            r.owner_id.to_owned(),
            r.due,
            r.zone.to_owned(),
            r.priority.to_owned(),
            r.state.to_owned(),
            maybe(r.why),
            maybe(r.metric),
            maybe(r.outcome),
            r.snoozed_until.unwrap_or_default(),
            maybe(r.blocked_by),
            r.moved.to_string(),
            r.created,
            r.closed.unwrap_or_default(),
            maybe(r.ticket),
            maybe(r.ticket_url),
        ];
        out.write_record(cells.map(|c| harmless(&c)))?;
    }
    let bytes = out.into_inner().map_err(|e| e.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn harmless(cell: &str) -> String {
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@']) || cell.starts_with(['\t', '\r', '\n']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_and_quotes_and_lines_survive() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("  @SUM(A1)", "'  @SUM(A1)"),
            ("-5", "'-5"),
            ("+x", "'+x"),
            ("\t=1", "'\t=1"),
            ("a = b", "a = b"),
        ] {
            assert_eq!(harmless(cell), shown);
        }
    }
}
