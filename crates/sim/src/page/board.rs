//! The board beside the channel shows the tickets of the team's trackers, and the pull requests of its repository.
//!
//! Rule: the board shows what the trackers hold, and nothing of the bot. A press does what a person would do in the
//! tracker's own pages, and the tracker tells the bot of it.

use jiff::civil::Date;
use maud::{Markup, html};

use super::blocks::hidden;
use super::scene::{REPOSITORY, Scene, Wanted};
use crate::trackers::github::ShownPull;
use crate::trackers::{Act, Kind, Shown, Ticket};

/// The tracker has its own page of a ticket at this path. Links in Slack lead there.
fn page_of(ticket: &Ticket) -> String {
    let key = &ticket.shown.key;
    match ticket.kind {
        Kind::Jira => format!("/jira/browse/{key}"),
        Kind::Linear => format!("/linear/example/issue/{key}"),
        Kind::GitHub => format!("/github/{}", key.replacen('#', "/issues/", 1)),
    }
}

/// `Tue 1 Dec 2026`, where it is a date.
fn day(due: &str) -> String {
    due.parse::<Date>().map_or_else(|_| due.to_owned(), |day| day.strftime("%a %-d %b %Y").to_string())
}

/// The state, with a resolution that says more: `Done (Won't Do)`.
fn standing(shown: &Shown) -> String {
    match shown.resolution.as_ref().filter(|resolution| **resolution != shown.state) {
        Some(resolution) => format!("{} ({resolution})", shown.state),
        None => shown.state.clone(),
    }
}

/// GitHub hides a comment of HTML, so the board does.
fn visible(text: &str) -> String {
    let is_comment = |line: &&str| line.starts_with("<!--") && line.ends_with("-->");
    text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl Scene<'_> {
    /// The sidebar leads to the board.
    pub(super) fn board_entry(&self) -> Markup {
        let here = self.has_open_board().then_some("page");
        html! {
            ul {
                li {
                    a.go #board-link href=(self.with_board(Wanted::Open)) aria-current=[here] {
                        "📋 Tickets " span.faint {
                            @if self.held.tickets.is_empty() { "(none yet)" } @else { "(" (self.held.open()) " open)" }
                        }
                    }
                }
            }
        }
    }

    /// The page without a thread, and with the board so.
    fn with_board(&self, board: Wanted) -> String {
        format!("/?as={}&in={}{}{}{}", self.me.id, self.room.id, self.step(), self.tab(), board.kept())
    }

    pub(super) fn has_open_board(&self) -> bool {
        self.thread.is_none() && self.board == Wanted::Open
    }

    pub(super) fn board(&self) -> Markup {
        let open = self.has_open_board().then_some("true");
        html! {
            aside.channel.board #board data-open=[open] aria-labelledby="board-title" {
                header.bar {
                    h2 #board-title tabindex="-1" { "Tickets" }
                    span { "Jira, Linear, GitHub" }
                    a.go.close href=(self.with_board(Wanted::Closed)) aria-label="Close the board" { "×" }
                }
                div.cards {
                    @if self.held.tickets.is_empty() {
                        p.faint {
                            "No tickets yet. Type " code { "/retro action Automate the smoke tests @sam by 1w" }
                            ": the item becomes a ticket at once. The items of an open retro become tickets when it is finished. "
                            code { "/retro config" } " chooses the tracker."
                        }
                    }
                    @for kind in Kind::ALL {
                        // The newest ticket comes first.
                        @for ticket in self.held.tickets.iter().rev().filter(|ticket| ticket.kind == kind) {
                            (self.ticket(ticket))
                        }
                    }
                    @if !self.held.pulls.is_empty() {
                        h3 { "Pull requests of " (REPOSITORY) }
                        @for pull in self.held.pulls.iter().rev() { (pull_request(pull)) }
                    }
                }
            }
        }
    }

    fn ticket(&self, ticket: &Ticket) -> Markup {
        let Ticket { kind, shown } = ticket;
        let label = format!("{} {}", kind.name(), shown.key);
        html! {
            article.ticket.closed[shown.is_closed] id={ "ticket-" (kind.word()) "-" (shown.id) } data-page=(page_of(ticket))
                aria-label=(label) tabindex="-1" {
                p.head {
                    span.badge { (kind.name()) } " " strong { (shown.key) }
                    span.state { (standing(shown)) }
                }
                h3 { (shown.title) }
                p.faint {
                    @match &shown.assignee { Some(name) => (name), None => "Nobody assigned" }
                    @if let Some(due) = &shown.due { " · due " (day(due)) }
                }
                @if !shown.labels.is_empty() {
                    p.labels { @for label in &shown.labels { span.badge { (label) } " " } }
                }
                details { summary { "Description" } div.text { (visible(&shown.text)) } }
                form.press.actions method="post" action="/page/ticket" {
                    (self.fields()) (hidden("tracker", kind.word())) (hidden("ticket", &shown.id))
                    @for act in Act::ALL.into_iter().filter(|act| act.fits(shown.is_closed)) {
                        // A name of its own: the page would else make the next button of the pressed one.
                        button.primary[act == Act::Done].danger[act == Act::Delete]
                            id={ (act.word()) "-" (kind.word()) "-" (shown.id) } type="submit" name="act" value=(act.word()) {
                            (act.label())
                        }
                    }
                }
            }
        }
    }
}

fn pull_request(pull: &ShownPull) -> Markup {
    let state = match (pull.is_merged, pull.is_open) {
        (true, _) => "Merged",
        (false, true) => "Open",
        (false, false) => "Closed",
    };
    html! {
        article.ticket.closed[!pull.is_open] id={ "pull-" (pull.number) }
            data-page=(format!("/github/{REPOSITORY}/pull/{}", pull.number)) aria-label={ "Pull request " (pull.number) } tabindex="-1" {
            p.head { span.badge { "GitHub" } " " strong { "#" (pull.number) } span.state { (state) } }
            h3 { (pull.title) }
            p.faint { (pull.head) " → " (pull.base) }
            @for file in &pull.files { p.file { code { (file) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use lookback_clock::{Clock, Rng};

    use super::*;
    use crate::page::layout;
    use crate::page::scene::Held;
    use crate::trackers::Trackers;
    use crate::workspace::Workspace;
    use crate::{Delivery, Sim};

    /// The page with a ticket of this title; `wish` stands in its address.
    fn shown(title: &str, wish: &str) -> String {
        let clock = Clock::standing(chrono::DateTime::UNIX_EPOCH);
        let trackers = Trackers::new(&clock, &Rng::seeded(1), "http://x");
        trackers.github.open(REPOSITORY, "maria-dev", title).unwrap();
        let sim = Sim::new(Workspace::example(), clock, "http://x", Delivery::Socket);
        layout::fragment(&sim, &Held::read(&trackers), &serde_urlencoded::from_str(wish).unwrap()).into_string()
    }

    #[test]
    fn a_ticket_has_its_facts_and_its_buttons() {
        let html = shown("Smoke tests", "board=open");
        for part in ["acme/shop#1", "<h3>Smoke tests</h3>", ">Open</span>", "Nobody assigned", "(1 open)"] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let buttons = Act::ALL.map(|act| html.contains(&format!("name=\"act\" value=\"{}\"", act.word())));
        assert_eq!(buttons, [true, true, false, true], "an open ticket cannot be opened");
        assert!(html.contains("data-page=\"/github/acme/shop/issues/1\""), "{html}");
    }

    #[test]
    fn nothing_that_people_typed_is_markup() {
        let hostile = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'> &amp;";
        let html = shown(hostile, "board=open");
        let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror='alert(2)'&gt; &amp;amp;";
        assert!(html.contains(escaped), "{html}");
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    }

    #[test]
    fn the_board_is_as_the_visitor_wants_it() {
        for (wish, is_there, class) in [
            ("", true, "class=\"work auto\""),
            ("board=open", true, "class=\"work split\""),
            ("board=closed", false, "class=\"work\""),
        ] {
            let html = shown("x", wish);
            assert_eq!((html.contains("id=\"board\""), html.contains(class)), (is_there, true), "{wish}: {html}");
            assert_eq!(html.contains("data-open"), wish == "board=open", "{wish}");
        }
        assert_eq!(visible("Why: x\n\n<!-- lookback:1 -->"), "Why: x");
        assert_eq!((day("2026-12-01").as_str(), day("soon").as_str()), ("Tue 1 Dec 2026", "soon"));
    }
}
