//! The three panes of the page and the modal over them, for one person at one moment.
//!
//! Rule: the page shows exactly what this person would see in Slack: their channels, their direct
//! message with the bot, what is visible to them only, and their open modal.

#![expect(clippy::indexing_slicing, reason = "serde_json gives null for what is not there")]

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::Wish;
use super::answers::{list, string};
use super::blocks::{Stage, hidden};
use super::mrkdwn;
use crate::playground::workspace::{Channel, ChannelKind, Message, Person, Workspace};
use crate::playground::{Place, Sim};
use crate::zone;

/// The inside of the page; the script asks for it again and again.
pub fn fragment(sim: &Sim, wish: &Wish) -> Markup {
    let now = sim.now();
    sim.read(|space| match Scene::find(space, wish, now) {
        Some(scene) => scene.render(),
        None => html! { p.notice { "This workspace has nobody to play." } },
    })
}

/// Whether the visitor may act as this person.
pub fn is_playable(person: &Person) -> bool {
    !person.is_bot && !person.deleted
}

/// Whether a message is for this person's eyes.
pub fn is_for(message: &Message, me: &str) -> bool {
    message.visible_to.as_deref().is_none_or(|only| only == me)
}

fn is_root(message: &Message) -> bool {
    message.thread_ts.as_ref().is_none_or(|ts| *ts == message.ts)
}

fn is_in(me: &Person, room: &Channel) -> bool {
    room.im_user.as_ref() == Some(&me.id) || room.members.contains(&me.id)
}

fn sees(me: &Person, room: &Channel) -> bool {
    match room.kind {
        ChannelKind::Public => !me.is_restricted || is_in(me, room),
        ChannelKind::Private => is_in(me, room),
        ChannelKind::Im => room.im_user.as_ref() == Some(&me.id),
    }
}

/// What the visitor looks at, checked to exist and to be theirs to see.
struct Scene<'a> {
    space: &'a Workspace,
    me: &'a Person,
    rooms: Vec<&'a Channel>,
    room: &'a Channel,
    thread: Option<&'a Message>,
    now: DateTime<Utc>,
}

impl<'a> Scene<'a> {
    fn find(space: &'a Workspace, wish: &Wish, now: DateTime<Utc>) -> Option<Self> {
        let mut people = space.people.iter().filter(|p| is_playable(p));
        let asked = people.clone().find(|p| Some(&p.id) == wish.person.as_ref());
        let me = asked.or_else(|| people.next())?;
        let rooms: Vec<&Channel> = space.channels.iter().filter(|c| sees(me, c)).collect();
        // Whoever becomes another person in a direct message wants that person's.
        let wished = |c: &&Channel| Some(&c.id) == wish.room.as_ref();
        let private = |c: &Channel| matches!(c.kind, ChannelKind::Im);
        let in_dm = space.channels.iter().find(wished).is_some_and(private);
        let mut near = rooms.iter().filter(|c| private(c) == in_dm && is_in(me, c));
        let room = rooms.iter().copied().find(wished);
        let room = room.or(near.next().copied()).or(rooms.first().copied())?;
        let mut thread = space.messages.iter().filter(|m| m.channel == room.id);
        let open = |m: &&Message| Some(&m.ts) == wish.thread.as_ref() && is_root(m);
        let thread = thread.find(open).filter(|m| is_for(m, &me.id));
        Some(Self { space, me, rooms, room, thread, now })
    }

    fn link(&self, room: &Channel, thread: Option<&Message>) -> String {
        let page = format!("/?as={}&in={}", self.me.id, room.id);
        thread.map_or(page.clone(), |m| format!("{page}&thread={}", m.ts))
    }

    fn local(&self, ts: &str) -> NaiveDateTime {
        let seconds = ts.split('.').next().and_then(|s| s.parse().ok());
        let at = DateTime::from_timestamp(seconds.unwrap_or_default(), 0);
        zone::local(at.unwrap_or_default(), &self.me.tz)
    }

    fn bot(&self) -> &str {
        let mut people = self.space.people.iter();
        let bot = people.find(|p| p.id == self.space.bot_user);
        bot.map_or("lookback", |p| p.name.as_str())
    }

    fn title(&self, room: &Channel) -> String {
        match room.kind {
            ChannelKind::Public => format!("#{}", room.name),
            ChannelKind::Private => format!("🔒 {}", room.name),
            ChannelKind::Im => self.bot().to_owned(),
        }
    }

    /// The messages of a channel that this person sees, oldest first.
    fn messages(&self, room: &Channel) -> Vec<&'a Message> {
        let all = self.space.messages.iter();
        let seen = all.filter(|m| m.channel == room.id && is_for(m, &self.me.id));
        let mut seen: Vec<&Message> = seen.collect();
        seen.sort_by(|a, b| a.ts.cmp(&b.ts));
        seen
    }

    /// The fields of every form: who acts, and where to return to without JavaScript.
    fn fields(&self) -> Markup {
        html! {
            (hidden("as", &self.me.id))
            (hidden("back", &self.link(self.room, self.thread)))
        }
    }

    fn render(&self) -> Markup {
        let modal = self.modal();
        let all = self.messages(self.room);
        html! {
            div.panes.split[self.thread.is_some()] inert[modal.is_some()] {
                (self.sidebar())
                main.channel {
                    header.bar {
                        h1 { (self.title(self.room)) }
                        span { @match self.room.kind {
                            ChannelKind::Im => "Direct message",
                            _ => { (self.room.members.len()) " members" }
                        } }
                    }
                    (self.log(&all, None))
                    (self.composer(None))
                }
                @if let Some(root) = self.thread {
                    aside.channel aria-label="Thread" {
                        header.bar {
                            h2 { "Thread" }
                            a.go.close href=(self.link(self.room, None)) aria-label="Close thread" { "×" }
                        }
                        (self.log(&all, Some(root)))
                        (self.composer(Some(root)))
                    }
                }
            }
            @if let Some(modal) = modal { (modal) }
        }
    }

    fn sidebar(&self) -> Markup {
        let direct = |c: &&&Channel| c.im_user.is_some();
        html! {
            nav.sidebar aria-label="Workspace" {
                p.workspace { strong { (self.space.name) } small { "a simulated Slack workspace" } }
                (self.people())
                h2 { "Channels" }
                ul { @for room in self.rooms.iter().filter(|c| !direct(c)) { (self.entry(room)) } }
                h2 { "Direct messages" }
                ul {
                    @for room in self.rooms.iter().filter(direct) { (self.entry(room)) }
                    @if !self.rooms.iter().any(|c| direct(&c)) { li.faint { (self.bot()) " (nothing yet)" } }
                }
                (self.clock())
                form.story method="post" action="/page/story" {
                    (self.fields())
                    button.primary type="submit" { "Play the v2.1.0 example" }
                }
            }
        }
    }

    fn people(&self) -> Markup {
        let people = &self.space.people;
        html! {
            form.who method="get" action="/" autocomplete="off" {
                label for="who" { "You are" }
                select #who name="as" data-value=(self.me.id) {
                    @for p in people.iter().filter(|p| is_playable(p)) {
                        option value=(p.id) selected[p.id == self.me.id] {
                            (p.name) " · " (zone::local(self.now, &p.tz).format("%H:%M").to_string())
                            @if p.is_admin { " · admin" }
                            @if p.is_restricted { " · guest" }
                        }
                    }
                }
                (hidden("in", &self.room.id))
                noscript { button type="submit" { "Switch" } }
            }
            ul.others aria-label="Others in the workspace" {
                @for p in people.iter().filter(|p| !is_playable(p)) {
                    li.faint { (p.name) @if p.is_bot { " (app)" } @else { " (deactivated)" } }
                }
            }
        }
    }

    /// A channel in the sidebar; the direct message with the number of what waits there.
    fn entry(&self, room: &Channel) -> Markup {
        let here = room.id == self.room.id;
        let waiting = self.messages(room).iter().filter(|m| is_root(m)).count();
        let waiting = (room.im_user.is_some() && !here && waiting > 0).then_some(waiting);
        html! {
            li {
                a.go.faint[room.archived] href=(self.link(room, None))
                    aria-current=[here.then_some("page")] {
                    (self.title(room))
                    @if room.archived { " (archived)" }
                    @if let Some(n) = waiting { " " span.count { (n) span.unseen { " messages" } } }
                }
            }
        }
    }

    fn clock(&self) -> Markup {
        let here = zone::local(self.now, &self.me.tz);
        html! {
            form.clock method="post" action="/page/advance" {
                (self.fields())
                h2 { "Clock" }
                p { strong { (here.format("%a %-d %b %Y, %H:%M").to_string()) } small { (self.me.tz) } }
                @for (minutes, label) in [
                    ("10", "+10 minutes"), ("60", "+1 hour"), ("morning", "Next morning 09:30"),
                    ("1440", "+1 day"), ("10080", "+1 week"),
                ] {
                    button type="submit" name="minutes" value=(minutes) { (label) }
                }
            }
        }
    }

    /// The channel's own messages, or those of one thread.
    fn log(&self, all: &[&Message], thread: Option<&Message>) -> Markup {
        let belongs = |m: &&&Message| match thread {
            Some(root) => m.ts == root.ts || m.thread_ts.as_ref() == Some(&root.ts),
            None => is_root(m),
        };
        let shown: Vec<&Message> = all.iter().filter(belongs).copied().collect();
        let id = format!("log-{}-{}", self.room.id, thread.map_or("", |m| m.ts.as_str()));
        html! {
            div.log #(id) data-log role="log" aria-label="Messages" tabindex="0" {
                @if shown.is_empty() {
                    p.faint { "Nothing here yet. Type " code { "/retro help" } ", or play the example." }
                }
                ol {
                    @for (i, m) in shown.iter().enumerate() {
                        @let at = self.local(&m.ts);
                        @let before = i.checked_sub(1).and_then(|i| shown.get(i));
                        @let last = before.map(|b| self.local(&b.ts));
                        @let new_day = last.is_none_or(|last| last.date() != at.date());
                        @let follows = before.is_some_and(|b| b.user == m.user && b.visible_to == m.visible_to);
                        @let lead = new_day || !follows || last.is_none_or(|last| at - last > TimeDelta::minutes(5));
                        @if new_day {
                            li.day id={ (id) "-day-" (m.ts) } { (at.format("%A %-d %B").to_string()) }
                        }
                        li.message.lead[lead].only[m.visible_to.is_some()] id={ (id) "-" (m.ts) } {
                            (self.message(m, at, lead))
                            @if thread.is_none() && m.visible_to.is_none() { (self.replies(all, m)) }
                        }
                    }
                }
            }
        }
    }

    fn message(&self, m: &Message, at: NaiveDateTime, lead: bool) -> Markup {
        let author = self.space.people.iter().find(|p| p.id == m.user);
        let name = author.map_or(m.user.as_str(), |p| p.name.as_str());
        let app = author.is_some_and(|p| p.is_bot);
        let (channel, ts) = (m.channel.clone(), m.ts.clone());
        let back = self.link(self.room, self.thread);
        let stage = Stage {
            space: self.space,
            me: &self.me.id,
            place: &Place::Message { channel, ts },
            back: &back,
            errors: None,
        };
        html! {
            @if m.visible_to.is_some() && lead { p.faint { "👁 Only visible to you" } }
            p.by.unseen[!lead] {
                strong { (name) }
                @if app { " " span.badge { "APP" } }
                " " time datetime=(at.format("%FT%T").to_string()) { (at.format("%H:%M").to_string()) }
            }
            div.content {
                @if m.blocks.is_empty() {
                    div { (stage.mrkdwn(&m.text)) @if m.edited { " " small.faint { "(edited)" } } }
                } @else { (stage.blocks(&m.blocks)) }
                @for f in &m.files {
                    p.file { "📄 " a href={ "/page/file/" (f.id) } target="_blank" { (f.title) } }
                }
            }
        }
    }

    fn replies(&self, all: &[&Message], m: &Message) -> Markup {
        let of_it = |r: &&&Message| r.thread_ts.as_ref() == Some(&m.ts) && r.ts != m.ts;
        let count = all.iter().filter(of_it).count();
        html! {
            p.replies.quiet[count == 0] {
                a.go href=(self.link(self.room, Some(m))) {
                    @match count {
                        0 => "Reply in thread",
                        1 => "1 reply",
                        n => { (n) " replies" }
                    }
                }
            }
        }
    }

    fn composer(&self, thread: Option<&Message>) -> Markup {
        let title = self.title(self.room);
        let thread = thread.map_or("", |m| m.ts.as_str());
        let id = format!("composer-{}-{thread}", self.room.id);
        let hint = match thread {
            "" => format!("Message {title} or /retro help"),
            _ => "Reply…".to_owned(),
        };
        html! {
            @if self.room.archived { p.notice { "This channel is archived." } }
            @else if !is_in(self.me, self.room) {
                p.notice { (self.me.name) " is not in " (title) " and cannot write here." }
            } @else {
                form.composer #(id) method="post" action="/page/say" {
                    (self.fields())
                    (hidden("in", &self.room.id)) (hidden("thread", thread))
                    textarea name="text" rows="2" placeholder=(hint) aria-label=(hint) {}
                    button.primary type="submit" { "Send" }
                }
            }
        }
    }

    /// The modal on top of this person's stack.
    fn modal(&self) -> Option<Markup> {
        let open = self.space.views.iter().rfind(|v| v.user == self.me.id)?;
        let text = |key: &str| string(&open.view[key], "text");
        let back = self.link(self.room, self.thread);
        let stage = Stage {
            space: self.space,
            me: &self.me.id,
            place: &Place::View { id: open.id.clone() },
            back: &back,
            errors: Some(&open.errors),
        };
        let close = if text("close").is_empty() { "Cancel" } else { text("close") };
        Some(html! {
            div.overlay {
                div.dialog id={ "dialog-" (open.id) } role="dialog" aria-modal="true"
                    aria-labelledby="modal-title" tabindex="-1" {
                    form.submit #modal-form method="post" action="/page/submit" {
                        (self.fields()) (hidden("view", &open.id))
                    }
                    form.dismiss #dismiss-form method="post" action="/page/close" {
                        (self.fields()) (hidden("view", &open.id))
                    }
                    header.bar {
                        h2 #modal-title { (mrkdwn::plain(text("title"))) }
                        button.close type="submit" form="dismiss-form" aria-label="Close" { "×" }
                    }
                    div.inside { (stage.blocks(list(&open.view, "blocks"))) }
                    footer {
                        button type="submit" form="dismiss-form" { (mrkdwn::plain(close)) }
                        @if !text("submit").is_empty() {
                            button.primary type="submit" form="modal-form" {
                                (mrkdwn::plain(text("submit")))
                            }
                        }
                    }
                }
            }
        })
    }
}
