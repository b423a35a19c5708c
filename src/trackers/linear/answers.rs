//! What Linear answers, as far as it is used.
//! <https://github.com/linear/linear/blob/master/packages/sdk/src/schema.graphql>

use lookback_core::model::ticket::{Seen, Standing};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::Issue;

/// A list, or one page of it.
#[derive(Debug, Deserialize)]
pub struct Nodes<T> {
    pub nodes: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub struct Named {
    #[serde(default)]
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub struct Viewer {
    pub viewer: Named,
}

#[derive(Debug, Deserialize)]
pub struct Id {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub struct Teams {
    pub teams: Nodes<Team>,
}

#[derive(Debug, Deserialize)]
pub struct Team {
    pub id: String,
    pub key: String,
    /// Only where members were asked for.
    pub members: Option<Nodes<Person>>,
}

#[derive(Debug, Deserialize)]
pub struct Users {
    pub users: Nodes<Person>,
}

#[derive(Debug, Deserialize)]
pub struct Person {
    pub id: String,
    /// Only where it was asked for.
    #[serde(default)]
    pub email: String,
    pub active: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Labels {
    pub issue_labels: Nodes<Label>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    pub id: String,
    pub name: String,
    pub is_group: bool,
    /// `None`: a label of the workspace.
    pub team: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct States {
    pub workflow_states: Nodes<State>,
}

#[derive(Debug, Deserialize)]
pub struct State {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Smaller comes first.
    pub position: f64,
}

#[derive(Debug, Deserialize)]
pub struct OneIssue {
    pub issue: Ticket,
}

#[derive(Debug, Deserialize)]
pub struct ManyIssues {
    pub issues: Page,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Read one by one: an odd one must not cost the others.
    pub nodes: Vec<Value>,
    pub page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Saved {
    #[serde(rename = "issueCreate", alias = "issueUpdate")]
    pub saved: SavedIssue,
}

#[derive(Debug, Deserialize)]
pub struct SavedIssue {
    pub success: bool,
    pub issue: Option<Ticket>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedLabel {
    pub issue_label_create: NewLabel,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewLabel {
    pub issue_label: Id,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedComment {
    pub comment_create: Success,
}

#[derive(Debug, Deserialize)]
pub struct Success {
    pub success: bool,
}

/// An issue.
#[derive(Debug, Deserialize)]
pub struct Ticket {
    pub id: String,
    identifier: String,
    url: String,
    trashed: Option<bool>,
    state: InState,
    /// Only where it was asked for.
    pub team: Option<Id>,
}

#[derive(Debug, Deserialize)]
struct InState {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Ticket {
    /// Whether it was deleted: it stays readable for a while.
    pub fn is_trashed(&self) -> bool {
        self.trashed == Some(true)
    }

    pub fn standing(&self) -> Standing {
        match self.state.kind.as_str() {
            "completed" => Standing::Done,
            "canceled" | "duplicate" => Standing::Dropped(self.state.name.clone()),
            // The type is a plain string in the schema: a new one is not closed.
            _ => Standing::Open,
        }
    }

    /// `None` where its address is no web address.
    pub fn seen(&self) -> Option<Seen> {
        // The address ends in the title, in any script and any length. It leads to the same page without it.
        let mut url = Url::parse(&self.url).ok()?;
        let whole = Seen::new(&self.identifier, url.as_str(), self.standing());
        whole.or_else(|| {
            url.path_segments_mut().ok()?.pop();
            Seen::new(&self.identifier, url.as_str(), self.standing())
        })
    }

    pub fn issue(&self) -> Option<Issue> {
        let is_named = !self.id.is_empty();
        self.seen().filter(|_| is_named).map(|seen| Issue { id: self.id.clone(), seen })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ticket(url: &str, kind: &str) -> Ticket {
        let state = json!({ "name": "Won't do", "type": kind });
        serde_json::from_value(json!({ "id": "i", "identifier": "ENG-1", "url": url, "state": state })).unwrap()
    }

    #[test]
    fn the_type_of_the_state_tells_where_it_stands() {
        let url = "https://linear.app/acme/issue/ENG-1/a";
        assert_eq!(ticket(url, "completed").standing(), Standing::Done);
        for kind in ["canceled", "duplicate"] {
            assert_eq!(ticket(url, kind).standing(), Standing::Dropped("Won't do".into()), "{kind}");
        }
        for kind in ["triage", "backlog", "unstarted", "started", "of tomorrow", ""] {
            assert_eq!(ticket(url, kind).standing(), Standing::Open, "{kind}");
        }
    }

    #[test]
    fn an_address_is_kept_whatever_the_title_is() {
        let base = "https://linear.app/acme/issue/ENG-1";
        let long = "ж".repeat(250);
        for (slug, kept) in [("a", "/a"), ("é", "/%C3%A9"), ("it's", ""), (long.as_str(), "")] {
            let seen = ticket(&format!("{base}/{slug}"), "started").seen().unwrap();
            assert_eq!(seen.url, format!("{base}{kept}"), "{slug}");
        }
        assert_eq!(ticket("javascript:alert(1)", "started").seen(), None);
        assert_eq!(ticket("", "started").issue(), None);
    }
}
