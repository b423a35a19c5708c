//! What the ticket of an item says.
//!
//! Rule: the text names the owner and the date in words, so that nothing is lost where a tracker has no field for them.

use super::super::MAX_TEXT;
use crate::model::item::Item;
use crate::model::ticket::{Draft, Part, Told, Tracker};
use crate::text::{clean, cut};

/// What is known around an item.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub tracker: Tracker,
    /// The owner's name.
    pub owner: &'a str,
    /// The release of its retro.
    pub version: Option<&'a str>,
    /// Where it is talked about in Slack.
    pub link: &'a str,
    pub labels: &'a [String],
}

/// The ticket, without an assignee.
pub fn draft(item: &Item, around: &Around<'_>) -> Draft {
    let title = title(&item.text, around.tracker);
    let mut parts = Vec::new();
    let whole = clean(&item.text);
    if whole != title {
        parts.push(Part::Text(cut(&whole, MAX_TEXT)));
    }
    if let Some(why) = &item.why {
        parts.push(Part::Text(format!("Why: {}", cut(&clean(why), MAX_TEXT))));
    }
    let mut facts = vec![format!("Owner: {}", clean(around.owner)), format!("Due: {}", item.due_text())];
    if let Some(metric) = &item.metric {
        facts.push(format!("Goal: {}", cut(&clean(metric), MAX_TEXT)));
    }
    facts.push(match around.version {
        Some(version) => format!("Action item #{} from the retrospective of {}", item.number, clean(version)),
        None => format!("Action item #{}", item.number),
    });
    parts.push(Part::Text(facts.join("\n")));
    parts.push(Part::Link { label: "Open in Slack".to_owned(), url: around.link.to_owned() });
    Draft { title, parts, assignee: None, due: item.due.day(), priority: item.priority, labels: around.labels.to_vec() }
}

/// One line within the tracker's length.
fn title(text: &str, tracker: Tracker) -> String {
    let words = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&words, tracker.title_length())
}

/// Digests of what a draft says, made by `digest`. The owner counts by who they are here.
pub fn told(draft: &Draft, item: &Item, digest: impl Fn(&str) -> String) -> Told {
    Told {
        title: digest(&draft.title),
        text: digest(&format!("{:?}", draft.parts)),
        owner: digest(item.owner.as_str()),
        due: digest(&draft.due.map(|day| day.to_string()).unwrap_or_default()),
        priority: digest(draft.priority.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::item;
    use super::*;
    use crate::model::item::{Due, Priority};

    fn around(tracker: Tracker) -> Around<'static> {
        Around {
            tracker,
            owner: "Maria",
            version: Some("v2.1.0"),
            link: "https://acme.slack.com/archives/C1",
            labels: &[],
        }
    }

    #[test]
    fn a_ticket_says_what_owner_and_date_are_in_words() {
        let item = Item {
            why: Some("Two hours lost".into()),
            due: Due::Day("2026-12-01".parse().unwrap()),
            ..item("Automate the smoke tests", Priority::High)
        };
        let draft = draft(&item, &around(Tracker::Jira));
        assert_eq!(draft.title, "Automate the smoke tests");
        assert_eq!(draft.due, "2026-12-01".parse().ok());
        assert_eq!(
            draft.parts,
            [
                Part::Text("Why: Two hours lost".into()),
                Part::Text("Owner: Maria\nDue: Tue 1 Dec 2026\nAction item #1 from the retrospective of v2.1.0".into()),
                Part::Link { label: "Open in Slack".into(), url: "https://acme.slack.com/archives/C1".into() },
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_in_the_title_and_whole_below() {
        let text = format!("{}\nsecond line", "a word ".repeat(60).trim());
        let item = item(&text, Priority::Low);
        for tracker in Tracker::ALL {
            let draft = draft(&item, &around(tracker));
            assert_eq!(draft.title.chars().count(), tracker.title_length());
            assert!(draft.title.ends_with('…') && !draft.title.contains('\n'));
            assert_eq!(draft.parts.first(), Some(&Part::Text(text.clone())));
        }
    }

    #[test]
    fn an_hour_is_due_on_its_own_day() {
        let item = Item {
            due: Due::Time("2026-12-01T23:30:00".parse().unwrap()),
            zone: "America/Los_Angeles".into(),
            ..item("x", Priority::Low)
        };
        assert_eq!(draft(&item, &around(Tracker::Linear)).due, "2026-12-01".parse().ok());
    }
}
