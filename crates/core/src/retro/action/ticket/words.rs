//! What people hear of tickets. Nothing of it is said in the release channel.

use crate::interaction::ItemAction;
use crate::model::item::Item;
use crate::model::retro::Retro;
use crate::model::ticket::Tracker;
use crate::retro::Reply;
use crate::text::{bold, count, cut, esc};

/// What keeps tickets from being filed or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer, or answers with errors of its own.
    Down,
    /// Its token is refused.
    Token,
    /// The token may not do this there.
    Forbidden,
    /// The project, team or repository is not there, or may not be seen.
    NoSuchPlace,
    /// It refuses what was sent: the fields at fault, and its words for each.
    Refused(Vec<(String, String)>),
}

impl Trouble {
    /// What tells one reason from another: the field, because a tracker's words may differ for each ticket, and the words
    /// where no field is named.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Down => vec!["down".to_owned()],
            Self::Token => vec!["token".to_owned()],
            Self::Forbidden => vec!["forbidden".to_owned()],
            Self::NoSuchPlace => vec!["no such place".to_owned()],
            Self::Refused(problems) if problems.is_empty() => vec!["refused".to_owned()],
            Self::Refused(problems) => {
                let reason = |(field, words): &(String, String)| match field.as_str() {
                    "" => format!("words {words}"),
                    field => format!("field {field}"),
                };
                problems.iter().map(reason).collect()
            }
        }
    }
}

/// The settings that hold what the bot signs in with.
pub fn credentials(tracker: Tracker) -> &'static str {
    match tracker {
        Tracker::Jira => "JIRA_EMAIL and JIRA_API_TOKEN",
        Tracker::Linear => "LINEAR_API_KEY",
        Tracker::GitHub => "GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY",
    }
}

/// Words about a trouble, for whoever facilitates. `waiting` tickets wait for it.
pub fn trouble(tracker: Tracker, place: &str, trouble: &Trouble, waiting: usize) -> Reply {
    let (name, place) = (tracker.name(), esc(place));
    let waits = match waiting {
        0 => "Nothing is lost.".to_owned(),
        n => format!("{}; nothing is lost.", count(n, "action item is waiting", "action items are waiting")),
    };
    let words = match trouble {
        Trouble::Down => format!("{name} hasn't accepted anything from me for 15 minutes. I keep trying. {waits}"),
        Trouble::Token => {
            format!(
                "{name} rejects my credentials: please ask whoever runs me to renew {}. {waits}",
                credentials(tracker)
            )
        }
        Trouble::Forbidden => format!(
            "I'm not allowed to create tickets in {name} {place}: please ask whoever runs me to check the permissions of {}. {waits}",
            credentials(tracker)
        ),
        Trouble::NoSuchPlace => format!(
            "{name} has no {place}, or I'm not allowed to see it: please check “Tickets go to” in `/retro config`. {waits}"
        ),
        Trouble::Refused(problems) => {
            let said = said(problems);
            format!(
                "{name} doesn't accept the ticket in {place}.{said} Please fix that there, or choose another place in `/retro config`. {waits}"
            )
        }
    };
    Reply::new(words)
}

/// A change of a ticket is refused.
pub fn unwritten(tracker: Tracker, item: &Item, problems: &[(String, String)]) -> Reply {
    let said = said(problems);
    Reply::new(format!(
        "{} doesn't accept my change to {}.{said} Please make the change there, or ask an admin of {} to allow it. I'll keep trying for a day.",
        tracker.name(),
        item.name(),
        tracker.name()
    ))
}

/// What a tracker says is wrong, escaped.
fn said(problems: &[(String, String)]) -> String {
    let one = |(field, words): &(String, String)| match (field.as_str(), words.as_str()) {
        ("", words) => esc(words),
        (field, "") => esc(field),
        (field, words) if words.contains(field) => esc(words),
        (field, words) => format!("{} (field {})", esc(words), esc(field)),
    };
    let said: Vec<String> = problems.iter().map(one).collect();
    if said.is_empty() { String::new() } else { format!(" It says: {}", cut(&said.join("; "), 600)) }
}

/// It is over.
pub fn over(tracker: Tracker) -> Reply {
    Reply::new(format!("{} answers again, and the action items that waited for it have their tickets.", tracker.name()))
}

/// The ticket of an item was deleted, or may not be seen any more.
pub fn gone(tracker: Tracker, item: &Item) -> Reply {
    let key = item.ticket.as_ref().map(|ticket| esc(&ticket.key)).unwrap_or_default();
    Reply::new(format!(
        "I can't find {key} in {} any more: it was deleted, or I'm not allowed to see it. Action item *#{}* {} stays as it is.",
        tracker.name(),
        item.number,
        esc(&cut(&item.text, 200))
    ))
    .button("File again", item.action(ItemAction::FileAgain))
}

/// Two tickets were made for one item; the younger one is closed.
pub fn twice(item: &Item, elder: &str, younger: &str) -> Reply {
    Reply::new(format!(
        "{} was filed twice by an error: I closed {} and kept {}.",
        item.name(),
        esc(younger),
        esc(elder)
    ))
}

/// Asks the owner what changed, of an item that was closed in its tracker.
pub fn what_changed(item: &Item) -> Reply {
    let key = item.ticket.as_ref().map(|ticket| format!(" with its ticket {}", ticket.show())).unwrap_or_default();
    Reply::new(format!(
        "*#{}* {} was closed{key}. Thank you! What changed? One sentence for the next retro is enough.",
        item.number,
        esc(&cut(&item.text, 300)),
    ))
    .button("Add what changed", item.action(ItemAction::Done))
}

/// A retrospective waits in a pull request.
pub fn plan(retro: &Retro, url: &str) -> Reply {
    Reply::new(format!("The retrospective of {} is in a pull request: <{}>", bold(&retro.version), esc(url)))
}

/// Why a retrospective could not be put into its plan.
pub fn no_plan(retro: &Retro, file: &str, why: &str) -> Reply {
    Reply::new(format!("I couldn't put the retrospective of {} into {}: {}", bold(&retro.version), esc(file), esc(why)))
}

/// The button was pressed before.
pub fn is_filed_again(item: &Item) -> String {
    let ticket = item.ticket.as_ref().filter(|ticket| !ticket.is_gone).map(|ticket| format!(": {}", ticket.show()));
    format!("*#{}* has been filed again{}.", item.number, ticket.unwrap_or_default())
}

/// The settings of a tracker.
pub fn settings(tracker: Tracker) -> &'static str {
    match tracker {
        Tracker::Jira => "JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN",
        Tracker::Linear | Tracker::GitHub => credentials(tracker),
    }
}

/// The button's answer.
pub fn files_again(item: &Item, tracker: Tracker) -> String {
    format!("I'm filing *#{}* in {} now.", item.number, tracker.name())
}
