//! Reminders that wait for a person's word. Many people would hear of items that were due long ago, because the bot
//! was off for long or the clock jumped.

use chrono::Duration;

use crate::interaction::BlockAction;
use crate::retro::Reply;
use crate::text::count;

/// Reminders missed for so long were not missed by an outage.
pub const LONG_AGO: Duration = Duration::days(30);

/// So many people may hear of such items unasked.
const FEW: i64 = 20;

/// Whether reminders for so many people, due longer ago than [`LONG_AGO`], are held back.
pub fn holds_back(owners: i64) -> bool {
    owners > FEW
}

/// What a person is asked.
pub fn question(owners: i64) -> Reply {
    let people = count(usize::try_from(owners).unwrap_or(0), "person", "people");
    Reply::new(format!(
        "Reminders for {people} are more than 30 days late: I was offline, or my clock was wrong. I won't send any until someone turns them back on."
    ))
    .button("Remind them from now on", BlockAction::ResumeReminders)
}

/// What is said once somebody lets them go on; `held`: something was held back.
pub fn resumed(held: bool) -> &'static str {
    if held {
        "Reminders are on again: everyone gets the next one when it's due."
    } else {
        "Reminders are already on again."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_people_hear_of_it_unasked() {
        assert!(!holds_back(20) && holds_back(21));
        assert!(question(21).text.starts_with("Reminders for 21 people"));
    }
}
