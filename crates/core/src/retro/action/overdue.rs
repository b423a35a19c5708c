//! Items that are long overdue: what their channel and its facilitator read of them, once a week.

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, NaiveTime, Utc, Weekday};

use crate::ids::{ChannelId, UserId};
use crate::interaction::ItemAction;
use crate::model::item::Item;
use crate::retro::{Reply, Row};
use crate::text::{count, cut, esc};
use crate::zone;

/// Overdue for so many days, an item is told to the facilitator and the channel.
pub const LONG_OVERDUE: u64 = 7;

/// Items named in one digest; the others are counted.
const NAMED: usize = 20;

/// Items with buttons in the facilitator's message.
const ROWS: usize = 10;

fn days(item: &Item, today: NaiveDate) -> String {
    let days = item.due.day().map_or(0, |due| (today - due).num_days());
    count(usize::try_from(days).unwrap_or(0), "day", "days")
}

fn are(items: &[Item]) -> &'static str {
    if items.len() == 1 { "is" } else { "are" }
}

/// What the channel reads. Owners are named and not mentioned: this is for the channel to see, not to ring anybody.
pub fn digest(late: &[Item], name: impl Fn(&UserId) -> String, today: NaiveDate) -> Reply {
    let number = count(late.len(), "action item", "action items");
    let mut text = format!("{number} of this channel {} overdue for a week or more:", are(late));
    for item in late.iter().take(NAMED) {
        let blocked = item.blocked.as_ref().map(|by| format!("; blocked: {}", esc(&cut(by, 80))));
        text.push_str(&format!(
            "\n• {} {} ({}, {} overdue{})",
            item.name(),
            esc(&cut(&item.text, 120)),
            esc(&name(&item.owner)),
            days(item, today),
            blocked.unwrap_or_default()
        ));
    }
    if late.len() > NAMED {
        text.push_str(&format!("\nand {} more", late.len() - NAMED));
    }
    text.push_str("\n`/retro actions overdue` lists them. A new date or a “won't do” with a reason is fine too.");
    Reply::new(text)
}

/// What the facilitator reads, with the buttons that help.
pub fn for_facilitator(late: &[Item], channel: &ChannelId, today: NaiveDate) -> Reply {
    let number = count(late.len(), "action item", "action items");
    let mut told = Reply::new(format!(
        "{number} in <#{channel}> {} overdue for a week or more. Would a new date or another owner help, or should we drop them?",
        are(late)
    ));
    let row = |item: &Item| Row {
        text: format!("{}, {} overdue", item.line(), days(item, today)),
        buttons: item.buttons(&[ItemAction::Date, ItemAction::Hand, ItemAction::Done, ItemAction::Drop]),
    };
    told.rows = late.iter().take(ROWS).map(row).collect();
    if late.len() > ROWS {
        let text = format!("+{} more: `/retro actions overdue` lists them", late.len() - ROWS);
        told.rows.push(Row { text, buttons: Vec::new() });
    }
    told
}

/// The latest due day that counts as long overdue on `today`.
pub fn until(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(LONG_OVERDUE)).unwrap_or(today)
}

/// The next Monday at ten in the zone `tz`.
pub fn next_digest(now: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    let today = zone::local(now, tz).date();
    let days = (0..=7).filter_map(|n| today.checked_add_days(Days::new(n)));
    let mut mondays = days.filter(|d| d.weekday() == Weekday::Mon).map(|d| zone::instant(d.and_time(ten), tz));
    mondays.find(|at| *at > now).unwrap_or(now + Duration::days(7))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retro::action::tests::due_on;

    #[test]
    fn the_digest_is_on_monday_at_ten() {
        let next = |now: &str| next_digest(now.parse().unwrap(), "Europe/Berlin").to_rfc3339();
        assert_eq!(next("2026-11-22T12:00:00Z"), "2026-11-23T09:00:00+00:00");
        assert_eq!(next("2026-11-23T08:59:00Z"), "2026-11-23T09:00:00+00:00");
        assert_eq!(next("2026-11-23T09:00:00Z"), "2026-11-30T09:00:00+00:00");
    }

    #[test]
    fn the_channel_reads_names_and_the_facilitator_gets_buttons() {
        let today = "2026-12-20".parse().unwrap();
        let late: Vec<Item> = (1..=12).map(|n| due_on(n, "2026-12-01")).collect();
        insta::assert_snapshot!(digest(&late[..2], |_| "noor".into(), today).text, @r"
        2 action items of this channel are overdue for a week or more:
        • *#1* Automate the smoke tests (noor, 19 days overdue)
        • *#2* Automate the smoke tests (noor, 19 days overdue)
        `/retro actions overdue` lists them. A new date or a “won't do” with a reason is fine too.
        ");
        let told = for_facilitator(&late, &"C1".into(), today);
        assert_eq!((told.rows.len(), told.rows[0].buttons.len()), (11, 4));
        assert_eq!(told.rows[10].text, "+2 more: `/retro actions overdue` lists them");
    }
}
