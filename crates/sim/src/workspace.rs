//! The simulated workspace: a plain struct, what Slack would remember.

use serde_json::{Map, Value, json};

/// Everything in it.
#[derive(Debug, Default)]
pub struct Workspace {
    /// `T…`.
    pub team: String,
    /// Its name.
    pub name: String,
    /// People and bots.
    pub people: Vec<Person>,
    /// Channels and DMs.
    pub channels: Vec<Channel>,
    /// User groups: id, handle, people.
    pub groups: Vec<(String, String, Vec<String>)>,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
    /// Open modals.
    pub views: Vec<OpenView>,
    /// Home tabs, by person.
    pub homes: Vec<(String, Value)>,
    /// The bot under test.
    pub bot_user: String,
}

/// A user.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "Slack's names")]
pub struct Person {
    pub id: String,
    pub name: String,
    pub tz: String,
    pub is_bot: bool,
    pub deleted: bool,
    pub is_restricted: bool,
    pub is_admin: bool,
    /// Another company's team, for people of a shared channel.
    pub other_team: Option<String>,
    /// `chat.postMessage` to this person fails with this code.
    pub refuses: Option<String>,
}

/// A place to talk.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "Slack's names")]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub kind: ChannelKind,
    pub members: Vec<String>,
    pub archived: bool,
    pub im_user: Option<String>,
}

/// What kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Slack's names")]
pub enum ChannelKind {
    Public,
    Private,
    Im,
}

/// A message.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "Slack's names")]
pub struct Message {
    pub channel: String,
    pub ts: String,
    pub user: String,
    pub text: String,
    pub blocks: Vec<Value>,
    pub thread_ts: Option<String>,
    /// Only this person sees it.
    pub visible_to: Option<String>,
    pub edited: bool,
    pub files: Vec<File>,
    pub metadata: Option<Value>,
    /// Emoji and who.
    pub reactions: Vec<(String, String)>,
}

/// A file.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "Slack's names")]
pub struct File {
    pub id: String,
    pub title: String,
    /// For who cannot see it.
    pub alt: String,
    pub bytes: Vec<u8>,
}

impl File {
    /// Its text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Whether it is a picture.
    pub fn is_png(&self) -> bool {
        self.bytes.starts_with(b"\x89PNG")
    }
}

/// An open modal.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "Slack's names")]
pub struct OpenView {
    pub id: String,
    pub user: String,
    pub view: Value,
    pub errors: Map<String, Value>,
}

impl Workspace {
    /// The playground's: a release channel with eight people in three time zones (one of them a
    /// guest), two bots and a deactivated user, and two channels beside it.
    pub fn example() -> Self {
        let person = |id: &str, name: &str, tz: &str| Person {
            id: id.into(),
            name: name.into(),
            tz: tz.into(),
            ..Person::default()
        };
        let berlin = "Europe/Berlin";
        let people = vec![
            Person { is_admin: true, ..person("U01MARIA", "maria", berlin) },
            person("U02NOOR", "noor", berlin),
            person("U03SAM", "sam", "America/New_York"),
            person("U04PRIYA", "priya", "Asia/Kolkata"),
            person("U05JONAS", "jonas", berlin),
            person("U06LENA", "lena", "America/New_York"),
            person("U07TOMAS", "tomas", "Asia/Kolkata"),
            Person { is_restricted: true, ..person("U08GUEST", "gil (guest)", "America/New_York") },
            Person { deleted: true, ..person("U09GONE", "gone", berlin) },
            Person { is_bot: true, ..person("U10BUILD", "buildbot", "UTC") },
            Person { is_bot: true, ..person("U11LOOK", "lookback", "UTC") },
        ];
        let all: Vec<String> = people.iter().map(|p| p.id.clone()).collect();
        let channel = |id: &str, name: &str, kind, members: Vec<String>| Channel {
            id: id.into(),
            name: name.into(),
            kind,
            members,
            archived: false,
            im_user: None,
        };
        let few = |ids: &[&str]| ids.iter().map(|i| (*i).to_owned()).collect::<Vec<_>>();
        Self {
            team: "T0PLAY".into(),
            name: "Playground".into(),
            channels: vec![
                channel("C01REL", "releases", ChannelKind::Public, all),
                channel("C02GEN", "general", ChannelKind::Public, few(&["U01MARIA", "U02NOOR", "U03SAM"])),
                channel("C03OPS", "ops-private", ChannelKind::Private, few(&["U01MARIA", "U03SAM", "U11LOOK"])),
            ],
            groups: vec![("S01QA".into(), "qa".into(), few(&["U02NOOR", "U06LENA", "U10BUILD"]))],
            people,
            bot_user: "U11LOOK".into(),
            ..Self::default()
        }
    }

    /// A person by id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.id == id)
    }

    /// A channel by id.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.id == id)
    }

    /// The DM of a person with the bot; made at the first use.
    pub fn dm(&mut self, user: &str) -> String {
        if let Some(found) = self.channels.iter().find(|c| c.im_user.as_deref() == Some(user)) {
            return found.id.clone();
        }
        let id = format!("D{}", user.trim_start_matches('U'));
        self.channels.push(Channel {
            id: id.clone(),
            name: "directmessage".into(),
            kind: ChannelKind::Im,
            members: vec![user.to_owned(), self.bot_user.clone()],
            archived: false,
            im_user: Some(user.to_owned()),
        });
        id
    }

    /// A user object as the Web API gives it.
    pub fn user_json(&self, p: &Person) -> Value {
        let team = p.other_team.clone().unwrap_or_else(|| self.team.clone());
        json!({
            "id": p.id, "team_id": team, "name": p.name, "deleted": p.deleted, "real_name": p.name, "tz": p.tz, "tz_offset": 0,
            "profile": {"real_name": p.name, "display_name": p.name}, "is_bot": p.is_bot, "is_app_user": false,
            "is_admin": p.is_admin, "is_owner": false, "is_restricted": p.is_restricted, "is_ultra_restricted": false,
            "is_stranger": p.other_team.is_some(), "updated": 0,
        })
    }

    /// A message as the Web API gives it.
    pub fn message_json(&self, m: &Message, metadata: bool) -> Value {
        let mut out = json!({"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": self.team});
        let Some(map) = out.as_object_mut() else { return out };
        if self.person(&m.user).is_some_and(|p| p.is_bot) {
            map.insert("bot_id".into(), json!(format!("B{}", m.user.trim_start_matches('U'))));
        }
        if !m.blocks.is_empty() {
            map.insert("blocks".into(), json!(m.blocks));
        }
        if let Some(thread) = &m.thread_ts {
            map.insert("thread_ts".into(), json!(thread));
        }
        if !m.files.is_empty() {
            let files: Vec<Value> =
                m.files.iter().map(|f| json!({"id": f.id, "title": f.title, "name": f.title})).collect();
            map.insert("files".into(), json!(files));
        }
        if let (true, Some(data)) = (metadata, &m.metadata) {
            map.insert("metadata".into(), data.clone());
        }
        out
    }

    /// What `user` may see in `channel`, oldest first.
    pub fn seen_by<'a>(&'a self, user: &'a str, channel: &'a str) -> impl Iterator<Item = &'a Message> {
        self.messages.iter().filter(move |m| m.channel == channel && m.visible_to.as_deref().is_none_or(|v| v == user))
    }
}
