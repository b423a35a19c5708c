//! The workspace holds what Slack would remember. It is a plain struct, so a test can change all of it.

use serde_json::{Map, Value, json};

/// Slack remembers all of this about a workspace.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The team's id starts with `T`.
    pub team: String,
    /// The page shows this name at the top.
    pub name: String,
    /// The list includes bots and deactivated people.
    pub people: Vec<Person>,
    /// The list includes the DMs of people with the bot.
    pub channels: Vec<Channel>,
    /// Each user group has an id, a handle and the ids of its people.
    pub groups: Vec<(String, String, Vec<String>)>,
    /// The list holds the messages of all channels, the oldest first.
    pub messages: Vec<Message>,
    /// People have these modals open. The newest one comes last and lies on top.
    pub views: Vec<OpenView>,
    /// Channels have these canvases.
    pub canvases: Vec<Canvas>,
    /// The bot published these Home tabs. Each has a person's id and a view.
    pub homes: Vec<(String, Value)>,
    /// The bot under test has this user id.
    pub bot_user: String,
}

/// A person or a bot has an account in the workspace.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub tz: String,
    /// Only an app with the scope `users:read.email` may read the address.
    pub email: Option<String>,
    pub is_bot: bool,
    pub deleted: bool,
    pub is_restricted: bool,
    pub is_admin: bool,
    /// A person from another company has that company's team id. Such a person comes in by a shared channel.
    pub other_team: Option<String>,
    /// `chat.postMessage` to this person fails with this code.
    pub refuses: Option<String>,
}

/// People talk in channels. A DM with the bot is a channel too.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub kind: ChannelKind,
    pub members: Vec<String>,
    pub archived: bool,
    pub im_user: Option<String>,
}

/// The kind of a channel decides who sees it and which scopes the bot needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    Public,
    Private,
    Im,
}

/// Slack identifies a message by its channel and its `ts`.
#[derive(Clone, Debug, Default)]
pub struct Message {
    pub channel: String,
    pub ts: String,
    pub user: String,
    pub text: String,
    pub blocks: Vec<Value>,
    /// An app's alert has its words here.
    pub attachments: Vec<Value>,
    pub thread_ts: Option<String>,
    /// Only this person sees the message. Without a value the whole channel sees it.
    pub visible_to: Option<String>,
    pub edited: bool,
    pub files: Vec<File>,
    pub metadata: Option<Value>,
    /// Each reaction has the name of its emoji and the id of its person.
    pub reactions: Vec<(String, String)>,
}

/// A message can share files that the bot uploaded.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub id: String,
    pub title: String,
    /// A screen reader reads this description of a picture to people who cannot see it.
    pub alt: String,
    pub bytes: Vec<u8>,
}

impl File {
    /// The bytes are read as UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The first bytes of a PNG say that the file is one.
    pub fn is_png(&self) -> bool {
        self.bytes.starts_with(b"\x89PNG")
    }
}

/// A channel has one canvas at most.
#[derive(Clone, Debug)]
pub struct Canvas {
    pub id: String,
    pub channel: String,
    /// The bot may change only a canvas that it made.
    pub by_bot: bool,
    pub markdown: String,
}

/// A person has a modal open. It shows the errors that the bot reported for its fields.
#[derive(Clone, Debug)]
pub struct OpenView {
    pub id: String,
    pub user: String,
    pub view: Value,
    pub errors: Map<String, Value>,
}

impl Workspace {
    /// The playground starts with this workspace. Its release channel has eight people in three time zones, of whom one
    /// is a guest. The channel also has two bots and a deactivated user. There are two further channels.
    pub fn example() -> Self {
        let person = |id: &str, name: &str, tz: &str| Person {
            id: id.into(),
            name: name.into(),
            tz: tz.into(),
            email: name.split(' ').next().map(|first| format!("{first}@example.com")),
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
            Person { is_bot: true, email: None, ..person("U10BUILD", "buildbot", "UTC") },
            Person { is_bot: true, email: None, ..person("U11LOOK", "lookback", "UTC") },
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

    /// The result is the person or bot with this id, if there is one.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.id == id)
    }

    /// The result is the channel or DM with this id, if there is one.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.id == id)
    }

    /// Each person has one DM with the bot. The first call creates it.
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

    /// The Web API describes a person with this user object. Without the scope `users:read.email` the profile has no
    /// e-mail address, and nobody learns the address of a person of another company.
    /// <https://docs.slack.dev/reference/objects/user-object>
    pub fn user_json(&self, p: &Person, with_email: bool) -> Value {
        let team = p.other_team.clone().unwrap_or_else(|| self.team.clone());
        let mut profile = json!({"real_name": p.name, "display_name": p.name});
        let email = p.email.as_ref().filter(|_| with_email && p.other_team.is_none());
        if let (Some(email), Some(map)) = (email, profile.as_object_mut()) {
            map.insert("email".into(), json!(email));
        }
        json!({
            "id": p.id, "team_id": team, "name": p.name, "deleted": p.deleted, "real_name": p.name, "tz": p.tz, "tz_offset": 0,
            "profile": profile, "is_bot": p.is_bot, "is_app_user": false,
            "is_admin": p.is_admin, "is_owner": false, "is_restricted": p.is_restricted, "is_ultra_restricted": false,
            "is_stranger": p.other_team.is_some(), "updated": 0,
        })
    }

    /// The Web API describes a message with this object. The object contains the metadata only on request.
    pub fn message_json(&self, m: &Message, metadata: bool) -> Value {
        let mut out = json!({"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": self.team});
        let Some(map) = out.as_object_mut() else { return out };
        if self.person(&m.user).is_some_and(|p| p.is_bot) {
            map.insert("bot_id".into(), json!(format!("B{}", m.user.trim_start_matches('U'))));
        }
        if !m.blocks.is_empty() {
            map.insert("blocks".into(), json!(m.blocks));
        }
        if !m.attachments.is_empty() {
            map.insert("attachments".into(), json!(m.attachments));
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

    /// The person may see these messages of the channel. The oldest comes first.
    pub fn seen_by<'a>(&'a self, user: &'a str, channel: &'a str) -> impl Iterator<Item = &'a Message> {
        self.messages.iter().filter(move |m| m.channel == channel && m.visible_to.as_deref().is_none_or(|v| v == user))
    }
}
