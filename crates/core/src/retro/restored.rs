//! What is said where the database is older than the one that ran last.

use chrono::{DateTime, Utc};

use super::Reply;
use crate::interaction::BlockAction;
use crate::zone;

/// What a person is asked. `last`: until when the database knows everything; `tz`: the zone of the person.
pub fn question(last: DateTime<Utc>, tz: &str) -> Reply {
    Reply::new(format!(
        "I was restored from an older backup. Everything since {} is missing. I won't send anything until you or the operator decides.\nIf there is a newer backup, ask the operator to restore it. Otherwise press *Continue*: I'll check Slack before I post, so no one gets asked twice.",
        zone::moment(last, tz)
    ))
    .button("Continue", BlockAction::GoOn)
}

/// What a person is told after the database went on with a copy that may lack the last moments. `at`: until when it is sure
/// to know everything; `tz`: the zone of the person.
pub fn may_lack(at: DateTime<Utc>, tz: &str) -> Reply {
    Reply::new(format!(
        "My database failed and switched to a copy. Anything people typed or pressed shortly after {} may be missing. Please check the latest answers, notes and action items, and re-enter anything that is missing. I'll check Slack before I post, so no one gets asked twice.",
        zone::moment(at, tz)
    ))
}

/// What is said once somebody lets it go on; `frozen`: nothing had left until then.
pub fn went_on(frozen: bool) -> &'static str {
    if frozen {
        "I'm back. I'll check Slack before I post anything that may already be there."
    } else {
        "I'm already back."
    }
}
