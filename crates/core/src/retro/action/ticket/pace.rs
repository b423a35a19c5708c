//! When the next step of a ticket is taken.

use chrono::{DateTime, Duration, Utc};

use crate::model::item::State;
use crate::model::ticket::{Filing, Ticket, Tracker};

/// Writes to one ticket within an hour: a loop between two programs ends here.
pub const WRITES: u32 = 10;

/// How long a tracker may not answer before somebody hears of it.
pub const PATIENCE: Duration = Duration::minutes(15);

/// The longest pause between two tries of a tracker that is down.
const LONGEST: Duration = Duration::minutes(15);

/// What is to be done with a ticket whose moment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The item was closed before it had a ticket: it gets none.
    Forget,
    File,
    /// A call may have made it: it is looked for.
    Look,
    /// It is read, and what differs is written.
    Follow,
    /// Nothing, until a person asks for it.
    Rest,
}

/// The next step of a ticket, whose item is in this state.
pub fn next(filing: Filing, item: State) -> Step {
    match (filing, item) {
        (Filing::ToFile, State::Open) => Step::File,
        (Filing::ToFile, State::Done | State::Dropped) => Step::Forget,
        // The process ended in the middle of a call.
        (Filing::Sending | Filing::InDoubt, _) => Step::Look,
        (Filing::Filed, _) => Step::Follow,
        (Filing::Gone, _) => Step::Rest,
    }
}

/// How long after a doubt, or after the look before, a ticket is looked for; `None` after the last look: it is not there.
///
/// Jira's search shows a ticket only after seconds to minutes; GitHub's list and Linear's ids are read from the database.
/// <https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/>
pub fn look_after(tracker: Tracker, looks: u32) -> Option<Duration> {
    let waits: &[i64] = match tracker {
        Tracker::Jira => &[60, 60],
        Tracker::Linear => &[10],
        Tracker::GitHub => &[15, 45],
    };
    waits.get(usize::try_from(looks).ok()?).map(|seconds| Duration::seconds(*seconds))
}

/// When a filed ticket is looked for again, because a call before it may have made another one; `None`: no more.
pub fn sweep_at(ticket: &Ticket) -> Option<DateTime<Utc>> {
    // An id of Linear's cannot be taken twice.
    let can_double = ticket.doubts > 0 && ticket.place.tracker() != Tracker::Linear;
    let filed = ticket.filed.filter(|_| can_double)?;
    match ticket.looks {
        0 => Some(filed + Duration::hours(1)),
        1 => Some(filed + Duration::days(1)),
        _ => None,
    }
}

/// The pause after a write: GitHub limits calls that make something, and asks for a second between them.
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>
pub fn after_write(tracker: Tracker) -> Option<Duration> {
    match tracker {
        Tracker::Jira | Tracker::Linear => None,
        Tracker::GitHub => Some(Duration::seconds(1)),
    }
}

/// The pause after so many failures in a row: a second, then half as much again each time, 15 minutes at most. It grows
/// slowly: a filing is several calls, so where a third of all calls fails, ten failures in a row are not unusual.
pub fn pause(failures: u32) -> Duration {
    let longer = |pause: i64, _| (pause + pause / 2).min(LONGEST.num_milliseconds());
    Duration::milliseconds((1..failures.min(30)).fold(1000, longer))
}

/// The pause after a refusal: a minute, then an hour.
pub fn pause_refused(tries: i64) -> Duration {
    if tries <= 1 { Duration::minutes(1) } else { Duration::hours(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..20).map(|failures| pause(failures).num_seconds()).collect();
        assert_eq!(waits, [1, 1, 2, 3, 5, 7, 11, 17, 25, 38, 57, 86, 129, 194, 291, 437, 656, 900, 900]);
        assert_eq!(pause(0), pause(1));
        assert_eq!(pause(u32::MAX), LONGEST);
    }

    #[test]
    fn what_was_closed_before_it_was_filed_gets_no_ticket() {
        assert_eq!(next(Filing::ToFile, State::Done), Step::Forget);
        assert_eq!(next(Filing::ToFile, State::Open), Step::File);
        // It may be there: only a look tells.
        assert_eq!(next(Filing::InDoubt, State::Dropped), Step::Look);
        assert_eq!(next(Filing::Sending, State::Open), Step::Look);
    }

    #[test]
    fn jira_is_asked_twice_before_a_ticket_counts_as_not_made() {
        let waits = |tracker| (0..4).map(|n| look_after(tracker, n).map(|w| w.num_seconds())).collect::<Vec<_>>();
        assert_eq!(waits(Tracker::Jira), [Some(60), Some(60), None, None]);
        assert_eq!(waits(Tracker::GitHub), [Some(15), Some(45), None, None]);
    }
}
