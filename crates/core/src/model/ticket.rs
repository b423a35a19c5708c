//! A ticket: an action item where the team works, in Jira, Linear or GitHub.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::item::{Priority, State};
use crate::ids::ChannelId;
use crate::text::{clean, cut};

/// Where tickets are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tracker {
    #[serde(rename = "jira")]
    Jira,
    #[serde(rename = "linear")]
    Linear,
    #[serde(rename = "github")]
    GitHub,
}

impl Tracker {
    pub const ALL: [Self; 3] = [Self::Jira, Self::Linear, Self::GitHub];

    /// The word in forms, addresses and the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Linear => "linear",
            Self::GitHub => "github",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tracker| tracker.word() == word)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::Linear => "Linear",
            Self::GitHub => "GitHub",
        }
    }

    /// The longest title, in characters.
    pub fn title_length(self) -> usize {
        match self {
            // https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (field `summary`)
            Self::Jira => 255,
            Self::Linear | Self::GitHub => 256,
        }
    }
}

/// Where in a tracker: a project of Jira, a team of Linear, a repository of GitHub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Jira {
        /// Such as `OPS`.
        project: String,
        /// The issue type, such as `Task`.
        kind: String,
    },
    Linear {
        /// Such as `ENG`.
        team: String,
    },
    GitHub(Repository),
}

/// A repository of GitHub: `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

impl Repository {
    /// Reads `owner/name`, or the address of a repository; `None` for anything else.
    pub fn read(typed: &str) -> Option<Self> {
        let typed = typed.trim().trim_matches(['<', '>']).trim_end_matches('/');
        let typed =
            typed.split_once("://").map_or(typed, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let (owner, name) = typed.split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        let is_owner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_name = |c: char| is_owner(c) || c == '.';
        let fits = (1..=64).contains(&owner.len())
            && owner.chars().all(is_owner)
            && (1..=100).contains(&name.len())
            && name.chars().all(is_name)
            && ![".", ".."].contains(&name);
        fits.then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Place {
    /// Reads what somebody typed, such as `OPS/Bug`, `ENG` or `acme/shop`; `None` for what is no such place.
    pub fn read(tracker: Tracker, typed: &str) -> Option<Self> {
        let typed = clean(typed);
        let typed = typed.trim();
        let is_key = |key: &str| {
            (1..=20).contains(&key.len())
                && key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match tracker {
            Tracker::Jira => {
                let (project, kind) = typed.split_once('/').unwrap_or((typed, "Task"));
                let (project, kind) = (project.trim().to_uppercase(), kind.trim());
                let fits = is_key(&project) && (1..=60).contains(&kind.chars().count()) && !kind.contains('\n');
                fits.then(|| Self::Jira { project, kind: kind.to_owned() })
            }
            Tracker::Linear => {
                let team = typed.to_uppercase();
                is_key(&team).then_some(Self::Linear { team })
            }
            Tracker::GitHub => Repository::read(typed).map(Self::GitHub),
        }
    }

    pub fn tracker(&self) -> Tracker {
        match self {
            Self::Jira { .. } => Tracker::Jira,
            Self::Linear { .. } => Tracker::Linear,
            Self::GitHub(_) => Tracker::GitHub,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Jira { project, kind } if kind == "Task" => f.write_str(project),
            Self::Jira { project, kind } => write!(f, "{project}/{kind}"),
            Self::Linear { team } => f.write_str(team),
            Self::GitHub(repository) => repository.fmt(f),
        }
    }
}

/// A piece of the text of a ticket. Nothing that people typed is in any other form than `Text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A paragraph of words; it may hold line breaks. Nothing in it may become a link, a mention or a command.
    Text(String),
    /// A paragraph that is a link of ours.
    Link { label: String, url: String },
}

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// One line, within the tracker's length.
    pub title: String,
    pub parts: Vec<Part>,
    /// The owner's account in the tracker.
    pub assignee: Option<String>,
    /// A civil day.
    pub due: Option<NaiveDate>,
    pub priority: Priority,
    pub labels: Vec<String>,
}

/// How far the filing of an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filing {
    #[serde(rename = "to_file")]
    ToFile,
    /// A call is under way.
    #[serde(rename = "sending")]
    Sending,
    /// Nobody knows whether the call made the ticket: it is looked for.
    #[serde(rename = "doubt")]
    InDoubt,
    #[serde(rename = "filed")]
    Filed,
    /// The ticket was deleted there, or the token may not see it any more.
    #[serde(rename = "gone")]
    Gone,
}

/// Digests of what was last written to a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub title: String,
    pub text: String,
    pub owner: String,
    pub due: String,
    pub priority: String,
}

/// An item's way into a tracker, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub channel: ChannelId,
    /// The item's number.
    pub number: i64,
    pub place: Place,
    pub filing: Filing,
    /// A UUID, made before the first call: a ticket there that carries it is this one.
    pub marker: String,
    /// When the first call began.
    pub begun: Option<DateTime<Utc>>,
    /// When the last one began.
    pub called: Option<DateTime<Utc>>,
    pub filed: Option<DateTime<Utc>>,
    /// How often nobody knew whether a call had made it.
    pub doubts: u32,
    /// How often it was looked for since the last doubt; once it is filed, how many sweeps were made.
    pub looks: u32,
    /// What names it there.
    pub remote: Option<String>,
    /// How it stood there when it was last read or written.
    pub stands: Option<State>,
    pub told: Option<Told>,
    /// Writes within the hour that began at `hour`.
    pub writes: u32,
    pub hour: DateTime<Utc>,
}

/// Where a ticket stands, as its tracker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    Done,
    /// Closed without a success, with the tracker's word for it, such as `Won't Do`.
    Dropped(String),
}

impl Standing {
    /// The item's state that goes with it.
    pub fn state(&self) -> State {
        match self {
            Self::Open => State::Open,
            Self::Done => State::Done,
            Self::Dropped(_) => State::Dropped,
        }
    }
}

/// All that is taken from a tracker of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Such as `OPS-12`, `ENG-7`, `acme/shop#3`.
    pub key: String,
    /// Its page, for people.
    pub url: String,
    pub standing: Standing,
}

impl Seen {
    /// What a tracker told, made safe to keep: one line each, within a length. `None` where the address is no web address.
    pub fn new(key: &str, url: &str, standing: Standing) -> Option<Self> {
        let line = |text: &str, max: usize| cut(clean(text).replace(['\n', '\t'], " ").trim(), max);
        let is_web = (url.starts_with("https://") || url.starts_with("http://"))
            && url.len() <= 500
            && url.chars().all(|c| c.is_ascii_graphic() && !"<>|\"'`\\^{}()".contains(c));
        let standing = match standing {
            Standing::Dropped(word) => Standing::Dropped(line(&word, 60)),
            Standing::Open | Standing::Done => standing,
        };
        (is_web && !key.trim().is_empty()).then(|| Self { key: line(key, 180), url: url.to_owned(), standing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_people_type_it() {
        let read = |tracker, typed: &str| Place::read(tracker, typed).map(|p| p.to_string());
        for (typed, is) in [("ops", "OPS"), (" OPS / Bug ", "OPS/Bug"), ("OPS/Task", "OPS"), ("A_1", "A_1")] {
            assert_eq!(read(Tracker::Jira, typed).as_deref(), Some(is), "{typed}");
        }
        for typed in ["", "OPS/", "1A", "O PS", "OPS-1", "https://x"] {
            assert_eq!(read(Tracker::Jira, typed), None, "{typed}");
        }
        assert_eq!(read(Tracker::Linear, "eng").as_deref(), Some("ENG"));
        for typed in ["acme/shop", "https://github.com/acme/shop/", "<https://github.com/acme/shop.git>"] {
            assert_eq!(read(Tracker::GitHub, typed).as_deref(), Some("acme/shop"), "{typed}");
        }
        for typed in ["acme", "acme/shop/x", "acme/..", "a b/c", "/shop", "acme/"] {
            assert_eq!(read(Tracker::GitHub, typed), None, "{typed}");
        }
    }

    #[test]
    fn of_a_tracker_only_safe_words_are_kept() {
        let seen = |key: &str, url: &str| Seen::new(key, url, Standing::Dropped("Won't\nDo".into()));
        let kept = seen("OPS-1\n<!channel>", "https://acme.atlassian.net/browse/OPS-1").unwrap();
        assert_eq!((kept.key.as_str(), kept.standing), ("OPS-1 <!channel>", Standing::Dropped("Won't Do".into())));
        for url in ["javascript:alert(1)", "https://a|b", "https://a>b", "https://a b", ""] {
            assert_eq!(seen("OPS-1", url), None, "{url}");
        }
        assert_eq!(seen(" ", "https://acme.example/1"), None);
    }
}
