//! The page has three panes and at most one modal over them.
//!
//! Rule: the page shows exactly what the person would see in Slack. These are the person's channels, the DM with the
//! bot, messages for this person only, and the open modal.

#![expect(clippy::indexing_slicing, reason = "serde_json gives null for what is not there")]

use jiff::{SignedDuration, Zoned};
use maud::{Markup, html};

use super::answers::{list, string};
use super::blocks::{Stage, hidden};
use super::mrkdwn;
use super::scene::{Held, Scene, Wanted, Wish, is_in, is_root};
use super::tour::Tour;
use crate::workspace::{ChannelKind, Message};
use crate::{Place, Sim, app};

/// The script of the page asks for this fragment again and again, and replaces the page's content with it.
pub fn fragment(sim: &Sim, held: &Held, wish: &Wish) -> Markup {
    let now = sim.now();
    sim.peek(|s| match Scene::find(&s.ws, &s.reading, held, wish, now) {
        Some(scene) => {
            scene.read();
            scene.render()
        }
        None => html! { p.notice { "This workspace has nobody to play." } },
    })
}

impl Scene<'_> {
    /// Each form names the person who acts, and the address to return to without JavaScript.
    pub(super) fn fields(&self) -> Markup {
        html! {
            (hidden("as", &self.me.id))
            (hidden("back", &self.here()))
        }
    }

    fn render(&self) -> Markup {
        let modal = self.modal();
        let tour = Tour(self.round);
        html! {
            header.unseen {
                h1 { "Lookback playground" }
                p #said role="status" { @if let Some(n) = self.tour { (self.tour_said(tour, n)) } }
            }
            div.page inert[modal.is_some()] data-at=[self.at.map(|m| self.element(m))] {
                @if let Some(n) = self.tour { (self.tour_step(tour, n)) }
                div.panes {
                    (self.sidebar())
                    (self.work())
                }
            }
            @if let Some(modal) = modal { (modal) }
        }
    }

    /// The channel, and beside it the open thread or the board.
    fn work(&self) -> Markup {
        let all = self.messages(self.room);
        let is_auto = self.thread.is_none() && self.board == Wanted::Auto;
        html! {
            main.work.split[self.thread.is_some() || self.has_open_board()].auto[is_auto] {
                section.channel aria-label=(self.title(self.room)) {
                    header.bar {
                        h2 #room-title tabindex="-1" { (self.title(self.room)) }
                        span { @match self.room.kind {
                            ChannelKind::Im => "Direct message",
                            ChannelKind::Public | ChannelKind::Private => { (self.room.members.len()) " members" }
                        } }
                    }
                    @for canvas in self.space.canvases.iter().filter(|c| c.channel == self.room.id) {
                        details.canvas { summary { "Canvas" } pre { (canvas.markdown) } }
                    }
                    @if matches!(self.room.kind, ChannelKind::Im) { (self.tabs()) }
                    @if self.at_home { (self.home()) } @else {
                        (self.log(&all, None))
                        (self.composer(None))
                    }
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
                } @else if self.board != Wanted::Closed { (self.board()) }
            }
        }
    }

    /// The log shows the messages of one thread, or without a thread the channel's own messages.
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
                        @let new_day = last.as_ref().is_none_or(|last| last.date() != at.date());
                        @let follows = before.is_some_and(|b| b.user == m.user && b.visible_to == m.visible_to);
                        @let lead = new_day || !follows || last.is_none_or(|last| at.duration_since(&last) > SignedDuration::from_mins(5));
                        @if new_day {
                            li.day id={ (id) "-day-" (m.ts) } { (at.strftime("%A %-d %B").to_string()) }
                        }
                        li.message.lead[lead].only[m.visible_to.is_some()] id={ (id) "-" (m.ts) } {
                            (self.message(m, &at, lead))
                            @if thread.is_none() && m.visible_to.is_none() { (self.replies(all, m)) }
                        }
                    }
                }
            }
        }
    }

    fn message(&self, m: &Message, at: &Zoned, lead: bool) -> Markup {
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
            @if m.visible_to.is_none() && is_in(self.me, self.room) { (self.menu(m)) }
            @if m.visible_to.is_some() && lead { p.faint { "👁 Only visible to you" } }
            p.by.unseen[!lead] {
                strong { (name) }
                @if app { " " span.badge { "APP" } }
                " " time datetime=(at.strftime("%FT%T").to_string()) { (at.strftime("%H:%M").to_string()) }
            }
            div.content {
                @if m.blocks.is_empty() {
                    div { (stage.mrkdwn(&m.text)) @if m.edited { " " small.faint { "(edited)" } } }
                } @else { (stage.blocks(&m.blocks)) }
                @for a in &m.attachments {
                    blockquote { (stage.mrkdwn(a.get("text").and_then(serde_json::Value::as_str).unwrap_or_default())) }
                }
                @if m.visible_to.is_none() { (self.reactions(m)) }
                @for f in &m.files {
                    @if f.is_png() {
                        img.picture src={ "/page/file/" (f.id) } alt=(f.alt);
                    } @else {
                        p.file { "📄 " a href={ "/page/file/" (f.id) } target="_blank" { (f.title) } }
                    }
                }
            }
        }
    }

    /// Each emoji has a button with its count. A press adds the person's own reaction, or takes it back.
    fn reactions(&self, m: &Message) -> Markup {
        let mut names: Vec<&str> = m.reactions.iter().map(|(emoji, _)| emoji.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        html! {
            @if !names.is_empty() {
                p.reactions {
                    @for name in names {
                        @let by = m.reactions.iter().filter(|(emoji, _)| emoji == name).count();
                        @let mine = m.reactions.contains(&(name.to_owned(), self.me.id.clone()));
                        (self.gesture(m, "react", name, &format!(":{name}: {by}"), Some(mine)))
                    }
                }
            }
        }
    }

    /// The menu of a message offers reactions, shortcuts, and deletion of the person's own message.
    fn menu(&self, m: &Message) -> Markup {
        let id = format!("menu-{}-{}", m.channel, m.ts.replace('.', "-"));
        html! {
            details.menu #(id) {
                summary aria-label="Message menu" title="More actions" { "⋯" }
                div.actions {
                    (self.gesture(m, "react", "retro", "React with the retro emoji", None))
                    (self.gesture(m, "react", "thumbsup", "React with 👍", None))
                    @for shortcut in app::shortcuts().iter().filter(|s| s.of_message) {
                        (self.gesture(m, "shortcut", shortcut.callback_id, shortcut.name, None))
                    }
                    @if m.user == self.me.id { (self.gesture(m, "delete", "", "Delete message", None)) }
                }
            }
        }
    }

    fn gesture(&self, m: &Message, verb: &str, name: &str, label: &str, mine: Option<bool>) -> Markup {
        html! {
            form method="post" action={ "/page/" (verb) } {
                (self.fields())
                (hidden("channel", &m.channel)) (hidden("ts", &m.ts)) (hidden("name", name))
                button type="submit" aria-pressed=[mine.map(|m| m.to_string())] { (label) }
            }
        }
    }

    /// The DM with an app has the tabs Home and Messages, as in Slack.
    fn tabs(&self) -> Markup {
        let messages = self.link(self.room, None);
        let here = |yes: bool| yes.then_some("page");
        html! {
            nav.tabs aria-label="App" {
                form.goes method="post" action="/page/home" {
                    (hidden("as", &self.me.id))
                    (hidden("back", &format!("{messages}&tab=home")))
                    button type="submit" aria-current=[here(self.at_home)] { "Home" }
                }
                a.go href=(messages) aria-current=[here(!self.at_home)] { "Messages" }
            }
        }
    }

    fn home(&self) -> Markup {
        let found = self.space.homes.iter().find(|(user, _)| *user == self.me.id);
        let back = self.here();
        let place = Place::View { id: found.map(|(_, v)| string(v, "id").to_owned()).unwrap_or_default() };
        let stage = Stage { space: self.space, me: &self.me.id, place: &place, back: &back, errors: None };
        html! {
            div.log.home {
                @match found {
                    Some((_, view)) => (stage.blocks(list(view, "blocks"))),
                    None => p.faint { "Lookback is preparing your Home tab…" },
                }
            }
        }
    }

    fn replies(&self, all: &[&Message], m: &Message) -> Markup {
        // A message for one person only does not count as a reply.
        let of_it = |r: &&&Message| r.thread_ts.as_ref() == Some(&m.ts) && r.ts != m.ts && r.visible_to.is_none();
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
                p.notice { (self.me.name) " is not in " (title) " and can't post here." }
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

    /// A person may have several modals open. The page shows the one on top.
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
