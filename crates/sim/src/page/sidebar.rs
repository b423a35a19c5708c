//! The left pane shows the person, the channels with their unread messages, the clock, and the way to the tour.

use maud::{Markup, html};

use super::blocks::hidden;
use super::scene::{Scene, is_playable, is_root, local};
use super::steps::{CHANNEL, STEPS};
use super::tour;
use crate::app;
use crate::workspace::{Channel, Message};

impl Scene<'_> {
    pub(super) fn sidebar(&self) -> Markup {
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
                (self.board_entry())
                @for shortcut in app::shortcuts().iter().filter(|s| !s.of_message) {
                    form.shortcut method="post" action="/page/shortcut" {
                        (self.fields())
                        (hidden("name", shortcut.callback_id))
                        button type="submit" { "⚡ " (shortcut.name) }
                    }
                }
                (self.clock())
                @if self.tour.is_none() {
                    @let round = tour::Tour::next(self.space).0;
                    a.go.tour href=(format!("/?as=U01MARIA&in={}&tour=1&round={round}", CHANNEL)) {
                        "Take the tour (" (STEPS.len()) " steps)"
                    }
                    // The example needs a release that nobody has started.
                    @if !self.space.messages.iter().any(|m| m.text.contains("Retrospective of *v2.1.0*")) {
                        form.story method="post" action="/page/story" {
                            (self.fields())
                            button.primary type="submit" { "Play the v2.1.0 example" }
                        }
                    }
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
                            (p.name) " · " (local(self.now, &p.tz).strftime("%H:%M").to_string())
                            @if p.is_admin { " · admin" }
                            @if p.is_restricted { " · guest" }
                        }
                    }
                }
                (hidden("in", &self.room.id))
                @if let Some(word) = self.board.word() { (hidden("board", word)) }
                @if let Some(n) = self.tour { (hidden("tour", &n.to_string())) (hidden("round", &self.round.to_string())) }
                noscript { button type="submit" { "Switch" } }
            }
            ul.others aria-label="Others in the workspace" {
                @for p in people.iter().filter(|p| !is_playable(p)) {
                    li.faint { (p.name) @if p.is_bot { " (app)" } @else { " (deactivated)" } }
                }
            }
        }
    }

    /// Each channel has an entry in the sidebar. A number counts the messages that the person has not read.
    fn entry(&self, room: &Channel) -> Markup {
        let here = room.id == self.room.id;
        let unread = if here { 0 } else { self.unread(room) };
        html! {
            li {
                a.go.faint[room.archived].fresh[unread > 0] href=(self.link(room, None))
                    aria-current=[here.then_some("page")] {
                    (self.title(room))
                    @if room.archived { " (archived)" }
                    @if unread > 0 { " " span.count { (unread) span.unseen { " unread" } } }
                }
            }
        }
    }

    fn unread(&self, room: &Channel) -> usize {
        let read = self.reading.of(&self.me.id, &room.id);
        let new = |m: &&&Message| is_root(m) && m.user != self.me.id && m.ts.as_str() > read.as_str();
        self.messages(room).iter().filter(new).count()
    }

    /// The page shows the messages of the open channel, so the person has now read them.
    pub(super) fn read(&self) {
        if let (false, Some(last)) = (self.at_home, self.messages(self.room).last()) {
            self.reading.note(&self.me.id, &self.room.id, &last.ts);
        }
    }

    fn clock(&self) -> Markup {
        let here = local(self.now, &self.me.tz);
        html! {
            form.clock method="post" action="/page/advance" {
                (self.fields())
                h2 { "Clock" }
                p { strong { (here.strftime("%a %-d %b %Y, %H:%M").to_string()) } small { (self.me.tz) } }
                @for (minutes, label) in [
                    ("1", "+1 minute"), ("10", "+10 minutes"), ("60", "+1 hour"), ("morning", "Next morning, 09:30"),
                    ("1440", "+1 day"), ("10080", "+1 week"),
                ] {
                    button type="submit" name="minutes" value=(minutes) { (label) }
                }
            }
        }
    }
}
