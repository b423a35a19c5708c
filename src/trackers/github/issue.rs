//! An issue as GitHub shows it, and as Lookback names it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::trackers::{Fault, Issue, markdown};
use lookback_core::model::ticket::{Part, Repository, Seen, Standing};
use lookback_core::text::{clean, cut};

/// The longest title and body, in characters.
const TITLE: usize = 256;
const BODY: usize = 65_536;

/// The label of what matters much.
pub const HIGH: &str = "priority:high";

/// `owner/name#12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    pub repo: Repository,
    pub number: u64,
}

impl Id {
    pub fn read(id: &str) -> Option<Self> {
        let (repo, number) = id.rsplit_once('#')?;
        Some(Self { repo: Repository::read(repo)?, number: number.parse().ok()? })
    }

    /// The path of the issue.
    pub fn path(&self) -> String {
        format!("/repos/{}/issues/{}", self.repo, self.number)
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

#[derive(Deserialize)]
pub struct User {
    pub login: String,
}

/// What is read of an issue.
#[derive(Deserialize)]
pub struct Raw {
    number: u64,
    html_url: String,
    state: String,
    #[serde(default)]
    state_reason: Option<String>,
    /// Such as `https://api.github.com/repos/acme/shop`: where the issue is now.
    repository_url: String,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub user: Option<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Lists of issues hold pull requests as well.
    #[serde(default)]
    pull_request: Option<IgnoredAny>,
}

impl Raw {
    pub fn is_issue(&self) -> bool {
        self.pull_request.is_none()
    }

    /// Where it is now; unclear if GitHub's address is not as documented.
    pub fn id(&self) -> Result<Id, Fault> {
        let (_, repo) = self.repository_url.rsplit_once("/repos/").ok_or(Fault::Unclear)?;
        Ok(Id { repo: Repository::read(repo).ok_or(Fault::Unclear)?, number: self.number })
    }

    pub fn standing(&self) -> Standing {
        match (self.state.as_str(), self.state_reason.as_deref()) {
            ("closed", Some("not_planned")) => Standing::Dropped("not planned".to_owned()),
            ("closed", Some("duplicate")) => Standing::Dropped("duplicate".to_owned()),
            ("closed", _) => Standing::Done,
            _ => Standing::Open,
        }
    }

    pub fn issue(&self) -> Result<Issue, Fault> {
        let id = self.id()?.to_string();
        let seen = Seen::new(&id, &self.html_url, self.standing()).ok_or(Fault::Unclear)?;
        Ok(Issue { id, seen })
    }
}

/// One line within GitHub's length.
pub fn title(title: &str) -> String {
    cut(clean(title).replace(['\n', '\t'], " ").trim(), TITLE)
}

/// The text of an issue: the parts, then the marker, which outlives every cut.
pub fn body(parts: &[Part], marker: &str) -> String {
    let last = comment(marker);
    let room = BODY.saturating_sub(last.chars().count() + 2);
    let text = cut(&markdown::body(parts), room);
    if text.is_empty() { last } else { format!("{text}\n\n{last}") }
}

/// Text that carries no marker, within GitHub's length.
pub fn plain_body(text: &str) -> String {
    cut(text, BODY)
}

/// The marker as nobody sees it. People's words cannot hold one, as their `<` is written as an entity.
pub fn comment(marker: &str) -> String {
    format!("<!-- lookback:{marker} -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back() {
        let id = Id::read("acme/shop#12").unwrap();
        assert_eq!((id.to_string().as_str(), id.path().as_str()), ("acme/shop#12", "/repos/acme/shop/issues/12"));
        for id in ["", "12", "acme#1", "acme/shop", "acme/shop#", "acme/shop#x", "acme/shop#-1", "../..#1"] {
            assert_eq!(Id::read(id), None, "{id}");
        }
    }

    #[test]
    fn the_marker_outlives_a_cut() {
        let long = body(&[Part::Text("ä".repeat(BODY))], "u");
        assert_eq!(long.chars().count(), BODY);
        assert!(long.ends_with("ä…\n\n<!-- lookback:u -->"));
        assert_eq!(body(&[], "u"), "<!-- lookback:u -->");
        assert!(!body(&[Part::Text(comment("u"))], "v").contains(&comment("u")));
        assert_eq!(title(&"x".repeat(300)).chars().count(), TITLE);
        assert_eq!(title(" a\nb "), "a b");
    }

    #[test]
    fn the_reason_tells_done_from_dropped() {
        let raw = |state: &str, reason: &str| -> Raw {
            serde_json::from_str(&format!(
                r#"{{"number":3,"html_url":"https://github.com/a/b/issues/3","state":"{state}","state_reason":{reason},
                "repository_url":"https://api.github.com/repos/a/b","created_at":"2026-11-28T15:00:00Z","updated_at":"2026-11-28T15:00:00Z"}}"#
            ))
            .unwrap()
        };
        for (state, reason, is) in [
            ("open", "null", Standing::Open),
            ("open", "\"reopened\"", Standing::Open),
            ("closed", "\"completed\"", Standing::Done),
            ("closed", "null", Standing::Done),
            ("closed", "\"not_planned\"", Standing::Dropped("not planned".into())),
            ("closed", "\"duplicate\"", Standing::Dropped("duplicate".into())),
        ] {
            assert_eq!(raw(state, reason).standing(), is, "{state} {reason}");
        }
        let issue = raw("open", "null").issue().unwrap();
        assert_eq!((issue.id.as_str(), issue.seen.key.as_str()), ("a/b#3", "a/b#3"));
    }
}
