//! A scene holds what one person sees at one moment.

use chrono::{DateTime, Utc};
use jiff::{Timestamp, Zoned};
use serde::Deserialize;

use crate::Reading;
use crate::trackers::github::ShownPull;
use crate::trackers::{Ticket, Trackers};
use crate::workspace::{Channel, ChannelKind, Message, Person, Workspace};

/// The tour has this many steps.
pub const STEPS: usize = 11;

/// The board shows the pull requests of this repository.
pub const REPOSITORY: &str = "acme/shop";

/// The address of the page says whether the board is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// The visitor has not said. The board is open where the window has room for it.
    #[default]
    Auto,
    Open,
    Closed,
}

impl Wanted {
    /// Its word in an address.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Open => Some("open"),
            Self::Closed => Some("closed"),
        }
    }

    /// An address keeps what the visitor said.
    pub fn kept(self) -> String {
        self.word().map(|word| format!("&board={word}")).unwrap_or_default()
    }
}

/// The trackers hold this at one moment.
#[derive(Debug)]
pub struct Held {
    pub tickets: Vec<Ticket>,
    pub pulls: Vec<ShownPull>,
}

impl Held {
    pub fn read(trackers: &Trackers) -> Self {
        Self { tickets: trackers.tickets(), pulls: trackers.github.pulls(REPOSITORY) }
    }

    /// So many tickets are open.
    pub fn open(&self) -> usize {
        self.tickets.iter().filter(|ticket| !ticket.shown.is_closed).count()
    }
}

/// The address of the page says what the visitor asks to see.
#[derive(Deserialize)]
pub struct Wish {
    /// The visitor acts as the person with this id.
    #[serde(rename = "as")]
    pub person: Option<String>,
    /// The page opens the channel with this id.
    #[serde(rename = "in")]
    pub room: Option<String>,
    /// The page opens the thread of the message with this `ts`.
    pub thread: Option<String>,
    /// The value `home` opens the app's Home tab.
    pub tab: Option<String>,
    /// The page shows this step of the tour.
    pub tour: Option<usize>,
    /// The visitor takes the tour for this time.
    pub round: Option<usize>,
    /// A link leads to the message with this `ts`. It opens its thread, where it has one.
    pub at: Option<String>,
    /// The board of the trackers is open or closed.
    #[serde(default)]
    pub board: Wanted,
}

/// A clock in the time zone `tz` shows this time. An unknown zone counts as UTC.
pub fn local(at: DateTime<Utc>, tz: &str) -> Zoned {
    let tz = jiff::tz::TimeZone::get(tz).unwrap_or(jiff::tz::TimeZone::UTC);
    Timestamp::from_millisecond(at.timestamp_millis()).unwrap_or_default().to_zoned(tz)
}

/// The visitor may act as a person, but not as a bot or a deactivated user.
pub fn is_playable(person: &Person) -> bool {
    !person.is_bot && !person.deleted
}

/// A message may be visible to one person only. The result says whether the person `me` sees it.
pub fn is_for(message: &Message, me: &str) -> bool {
    message.visible_to.as_deref().is_none_or(|only| only == me)
}

pub fn is_root(message: &Message) -> bool {
    message.thread_ts.as_ref().is_none_or(|ts| *ts == message.ts)
}

pub fn is_in(me: &Person, room: &Channel) -> bool {
    room.im_user.as_ref() == Some(&me.id) || room.members.contains(&me.id)
}

pub fn sees(me: &Person, room: &Channel) -> bool {
    match room.kind {
        ChannelKind::Public => !me.is_restricted || is_in(me, room),
        ChannelKind::Private => is_in(me, room),
        ChannelKind::Im => room.im_user.as_ref() == Some(&me.id),
    }
}

/// The visitor looks at this. All parts of a scene exist, and its person may see them.
pub struct Scene<'a> {
    pub space: &'a Workspace,
    pub me: &'a Person,
    pub rooms: Vec<&'a Channel>,
    pub room: &'a Channel,
    pub thread: Option<&'a Message>,
    /// The page shows the Home tab instead of the messages of the DM.
    pub at_home: bool,
    /// The visitor is at this step of the tour. `None` says that the visitor does not take the tour.
    pub tour: Option<usize>,
    pub round: usize,
    /// A link led to this message.
    pub at: Option<&'a Message>,
    pub board: Wanted,
    pub held: &'a Held,
    pub now: DateTime<Utc>,
    pub reading: &'a Reading,
}

impl<'a> Scene<'a> {
    pub fn find(
        space: &'a Workspace,
        reading: &'a Reading,
        held: &'a Held,
        wish: &Wish,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let mut people = space.people.iter().filter(|p| is_playable(p));
        let asked = people.clone().find(|p| Some(&p.id) == wish.person.as_ref());
        let me = asked.or_else(|| people.next())?;
        let rooms: Vec<&Channel> = space.channels.iter().filter(|c| sees(me, c)).collect();
        // A visitor in a DM may change to another person. That person cannot see the DM, so the page opens the person's
        // own DM.
        let wished = |c: &&Channel| Some(&c.id) == wish.room.as_ref();
        let private = |c: &Channel| matches!(c.kind, ChannelKind::Im);
        let in_dm = space.channels.iter().find(wished).is_some_and(private);
        let mut near = rooms.iter().filter(|c| private(c) == in_dm && is_in(me, c));
        let room = rooms.iter().copied().find(wished);
        let room = room.or(near.next().copied()).or(rooms.first().copied())?;
        let mut here = space.messages.iter().filter(|m| m.channel == room.id && is_for(m, &me.id));
        let at = here.clone().find(|m| Some(&m.ts) == wish.at.as_ref());
        let has_replies = |m: &Message| here.clone().any(|r| r.thread_ts.as_ref() == Some(&m.ts));
        let linked = at.and_then(|m| m.thread_ts.clone().or_else(|| has_replies(m).then(|| m.ts.clone())));
        let root = wish.thread.clone().or(linked);
        let thread = here.find(|m| Some(&m.ts) == root.as_ref() && is_root(m));
        let at_home = private(room) && wish.tab.as_deref() == Some("home");
        let tour = wish.tour.filter(|n| (1..=STEPS).contains(n));
        let round = wish.round.filter(|n| (1..100).contains(n)).unwrap_or(1);
        let board = wish.board;
        Some(Self { space, me, rooms, room, thread, at_home, tour, round, at, board, held, now, reading })
    }

    pub fn link(&self, room: &Channel, thread: Option<&Message>) -> String {
        let page = format!("/?as={}&in={}{}{}", self.me.id, room.id, self.step(), self.board.kept());
        thread.map_or(page.clone(), |m| format!("{page}&thread={}", m.ts))
    }

    /// A link keeps the step of the tour, so that the tour goes on at the next page.
    pub fn step(&self) -> String {
        self.tour.map(|n| format!("&tour={n}&round={}", self.round)).unwrap_or_default()
    }

    /// The present page has this address. A form returns to it.
    pub fn here(&self) -> String {
        format!("{}{}", self.link(self.room, self.thread), self.tab())
    }

    pub fn tab(&self) -> &'static str {
        if self.at_home { "&tab=home" } else { "" }
    }

    pub fn local(&self, ts: &str) -> Zoned {
        let seconds = ts.split('.').next().and_then(|s| s.parse().ok());
        let at = DateTime::from_timestamp(seconds.unwrap_or_default(), 0);
        local(at.unwrap_or_default(), &self.me.tz)
    }

    pub fn bot(&self) -> &str {
        let mut people = self.space.people.iter();
        let bot = people.find(|p| p.id == self.space.bot_user);
        bot.map_or("lookback", |p| p.name.as_str())
    }

    pub fn title(&self, room: &Channel) -> String {
        match room.kind {
            ChannelKind::Public => format!("#{}", room.name),
            ChannelKind::Private => format!("🔒 {}", room.name),
            ChannelKind::Im => self.bot().to_owned(),
        }
    }

    /// The person sees these messages of the channel. The oldest comes first.
    pub fn messages(&self, room: &Channel) -> Vec<&'a Message> {
        let all = self.space.messages.iter();
        let seen = all.filter(|m| m.channel == room.id && is_for(m, &self.me.id));
        let mut seen: Vec<&Message> = seen.collect();
        seen.sort_by(|a, b| a.ts.cmp(&b.ts));
        seen
    }
}
