//! Lists of items, with what can be done about each.

use chrono::{DateTime, Utc};

use crate::command::Filter;
use crate::interaction::ItemAction;
use crate::model::item::{Item, State};
use crate::retro::table::{Cell, Link, NONE, Table};
use crate::retro::{Caller, Decision, Reply, Row};
use crate::text::{bold, cut, esc};

/// `actions`: a list with buttons for whoever may press them (`leads`: the caller facilitates here);
/// items with their state when all are asked for.
pub fn list(items: &[Item], filter: &Filter, caller: &Caller, leads: bool, now: DateTime<Utc>) -> Decision {
    let title = match filter {
        Filter::Open => "Open action items".to_owned(),
        Filter::All => "All action items".to_owned(),
        Filter::Mine => "Your open action items".to_owned(),
        Filter::Overdue => "Overdue action items".to_owned(),
        Filter::Version(v) => format!("Action items of {}", bold(v)),
    };
    if items.is_empty() {
        return Decision::say(format!("{title}: none. Add one with `/retro action …`."));
    }
    // Where it is asked for what became of items, closed ones too, they are compared; what is open is worked on.
    if matches!(filter, Filter::All | Filter::Version(_)) {
        let any_open = items.iter().any(|i| i.state == State::Open);
        let change = if any_open { " To change an open one, type `/retro actions`." } else { "" };
        let said = format!("{title} ({}), newest first.{change}", items.len());
        let reply = Reply { table: Some(Box::new(table(items, now))), ..Reply::new(said) };
        return Decision { reply: Some(reply), ..Decision::default() };
    }
    const SHOWN: usize = 15;
    let mut reply = Reply::new(format!("{title} ({}):", items.len()));
    for item in items.iter().take(SHOWN) {
        let mut text = item.line();
        // Numbers count by channel.
        if *filter == Filter::Mine {
            text.push_str(&format!(" in <#{}>", item.channel));
        }
        if item.overdue(now) {
            text.push_str(" · *overdue*");
        } else if item.state != State::Open {
            text.push_str(&format!(" · {}", item.state.word()));
        }
        if let Some(outcome) = &item.outcome {
            text.push_str(&format!(": {}", esc(&cut(outcome, 200))));
        }
        let mut buttons = Vec::new();
        if item.state == State::Open && (leads || caller.owns(&item.owner)) {
            buttons = item.buttons(&[ItemAction::Done, ItemAction::Date, ItemAction::Drop, ItemAction::Edit]);
        }
        reply.rows.push(Row { text, buttons });
    }
    if items.len() > SHOWN {
        reply.rows.push(Row {
            text: format!(
                "+{} more: narrow it with `/retro actions mine` or `/retro actions overdue`.",
                items.len() - SHOWN
            ),
            buttons: Vec::new(),
        });
    }
    Decision { reply: Some(reply), ..Decision::default() }
}

/// All of them, the newest first.
fn table(items: &[Item], now: DateTime<Utc>) -> Table {
    let state = |i: &Item| match (i.state, &i.outcome) {
        (State::Open, _) if i.overdue(now) => "overdue".to_owned(),
        (State::Open, _) if i.blocked.is_some() => "blocked".to_owned(),
        (state, Some(outcome)) => format!("{}: {}", state.word(), cut(outcome, 200)),
        (state, None) => state.word().to_owned(),
    };
    let ticket = |i: &Item| match &i.ticket {
        Some(ticket) if ticket.is_gone => Cell::Said { said: ticket.plain() },
        Some(ticket) => Cell::Links { links: vec![Link { label: ticket.key.clone(), address: ticket.url.clone() }] },
        None => Cell::Text(NONE.to_owned()),
    };
    let mut heads = ["Action item", "Owner", "Due", "Priority", "State"].map(str::to_owned).to_vec();
    let has_tickets = items.iter().any(|i| i.ticket.is_some());
    if has_tickets {
        heads.push("Ticket".to_owned());
    }
    let row = |i: &Item| {
        let mut cells = vec![
            Cell::Text(format!("#{} {}", i.number, cut(&i.text, 120))),
            Cell::Person { person: i.owner.clone() },
            Cell::Text(i.due_text()),
            Cell::Text(i.priority.word().to_owned()),
            Cell::Said { said: state(i) },
        ];
        if has_tickets {
            cells.push(ticket(i));
        }
        cells
    };
    Table { caption: "Action items".to_owned(), heads, rows: items.iter().rev().map(row).collect() }
}
