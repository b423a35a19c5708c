//! The guided tour shows one retro in eleven steps. The visitor plays each step, or a button plays it.
//!
//! Rule: the workspace and the trackers alone say which steps are done. A visitor may take the steps in any order and more than once:
//! the button plays what is missing before its step, and a second tour takes the next release.

use maud::{Markup, html};

use super::blocks::hidden;
use super::scene::{Scene, Wanted};
use super::steps::{CHANNEL, MARIA, NOOR, SAM, STEPS};
use crate::Sim;
use crate::trackers::{Act, Ticket, Trackers};
use crate::workspace::{Message, Workspace};

/// One tour through the steps, for one release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tour(pub usize);

impl Tour {
    /// The first tour that is not played to its end yet.
    pub(super) fn next(space: &Workspace) -> Self {
        (1..).map(Self).find(|tour| tour.after_it(space).is_none()).unwrap_or(Self(1))
    }

    fn version(self) -> String {
        format!("v2.{}.0", self.0)
    }

    fn after(self) -> String {
        format!("v2.{}.0", self.0 + 1)
    }

    /// The words of a step name the releases of this tour.
    fn words(self, words: &str) -> String {
        words.replace("v2.2.0", "\0").replace("v2.1.0", &self.version()).replace('\0', &self.after())
    }

    fn posted(space: &Workspace, start: impl Fn(&Message) -> bool) -> Option<&Message> {
        space.messages.iter().rfind(|m| m.channel == CHANNEL && m.visible_to.is_none() && start(m))
    }

    fn kickoff(self, space: &Workspace) -> Option<&Message> {
        let start = format!("Retrospective of *{}*", self.version());
        Self::posted(space, |m| m.text.starts_with(&start))
    }

    pub(super) fn agenda(self, space: &Workspace) -> Option<&Message> {
        let start = format!("Agenda: retrospective of *{}*", self.version());
        Self::posted(space, |m| m.text.starts_with(&start))
    }

    fn stage<'w>(self, space: &'w Workspace, start: &str) -> Option<&'w Message> {
        let agenda = self.agenda(space)?;
        Self::posted(space, |m| m.thread_ts.as_ref() == Some(&agenda.ts) && m.text.starts_with(start))
    }

    fn summary(self, space: &Workspace) -> Option<&Message> {
        let start = format!("*{}* release retrospective: summary", self.version());
        Self::posted(space, |m| m.text.starts_with(&start))
    }

    /// What Maria still has to do, as she asked after the summary.
    fn list(self, space: &Workspace) -> Option<&Message> {
        let summary = self.summary(space)?;
        let to_maria = |m: &Message| m.channel == CHANNEL && m.visible_to.as_deref() == Some(MARIA);
        space.messages.iter().rfind(|m| to_maria(m) && m.ts > summary.ts && m.text.starts_with("Open action items"))
    }

    /// The retro of the next release has begun.
    fn after_it(self, space: &Workspace) -> Option<&Message> {
        Self(self.0 + 1).kickoff(space)
    }

    /// The ticket of Maria's action item.
    fn ticket(self, tickets: &[Ticket]) -> Option<&Ticket> {
        let retro = format!("retrospective of {}", self.version());
        tickets.iter().find(|ticket| ticket.shown.title == RUNBOOK && ticket.shown.text.contains(&retro))
    }

    /// Noor's survey, in her DM.
    fn survey(self, space: &Workspace) -> Option<&Message> {
        let dm = space.channels.iter().find(|c| c.im_user.as_deref() == Some(NOOR))?;
        let about = format!("*{}* release", self.version());
        space.messages.iter().rfind(|m| m.channel == dm.id && m.text.contains(&about))
    }

    /// A step is about this message. The page scrolls to it.
    pub(super) fn about(self, space: &Workspace, n: usize) -> Option<&Message> {
        let kickoff = self.kickoff(space);
        match n {
            1 | 3 => kickoff,
            2 => self.survey(space),
            4 => Self::posted(space, |m| m.user == SAM && kickoff.is_some_and(|k| m.ts > k.ts)),
            5 => self.agenda(space),
            6 => self.stage(space, "3 of 6"),
            7 => self.stage(space, "5 of 6"),
            9 => self.summary(space),
            10 => self.list(space),
            11 => self.after_it(space),
            _ => None,
        }
    }

    /// The workspace or the trackers show that a step is done.
    pub(super) fn is_done(self, space: &Workspace, tickets: &[Ticket], n: usize) -> bool {
        if n < 9 && n != 8 && self.summary(space).is_some() {
            return true;
        }
        // The bot spreads its messages over time, so the stage may come after the items.
        let has_items = |agenda: &Message| space.messages.iter().any(|m| m.ts > agenda.ts && m.text.contains(RUNBOOK));
        let answered = |m: &Message| {
            let count = m.text.split(" of 8 answered").next().and_then(|before| before.rsplit(' ').next());
            count.and_then(|count| count.parse().ok()).unwrap_or(0usize)
        };
        let (about, agenda) = (self.about(space, n), self.agenda(space));
        match n {
            2 => agenda.is_some() || about.is_some_and(|m| m.text.contains("are saved")),
            3 => agenda.is_some() || about.is_some_and(|m| answered(m) >= 6),
            7 => agenda.is_some_and(has_items),
            8 => space.homes.iter().any(|(user, _)| user == NOOR),
            10 => self.ticket(tickets).is_some_and(|ticket| ticket.shown.is_closed),
            _ => about.is_some(),
        }
    }

    /// The step's person does what the button says, after what is missing before it.
    pub(super) async fn perform(self, sim: &Sim, trackers: &Trackers, n: usize) {
        for (at, step) in (1..=n).zip(&STEPS) {
            let wanted = at == n || step.is_needed;
            let is_done = |w: &Workspace| self.is_done(w, &trackers.tickets(), at);
            if wanted && !sim.read(is_done) {
                self.play(sim, trackers, at).await;
                let shown = |w: &Workspace| is_done(w) && (at == 8 || self.about(w, at).is_some());
                sim.until(shown).await;
            }
        }
    }

    async fn play(self, sim: &Sim, trackers: &Trackers, n: usize) {
        let says = async |line: &str| sim.say(MARIA, CHANNEL, None, line).await;
        match n {
            1 => {
                says(&format!("/retro start {}", self.version())).await;
                sim.give_figures(&self.version()).await;
            }
            2 => sim.play_answers(&[NOOR]).await,
            3 => sim.play_answers(&[]).await,
            4 => {
                sim.say(SAM, CHANNEL, None, "The rollback rehearsal on Monday is why nobody panicked").await;
                let said = sim.read(|w| w.messages.iter().rfind(|m| m.user == SAM).map(|m| m.ts.clone()));
                if let Some(ts) = said {
                    sim.shortcut(SAM, "add_to_retro", Some((CHANNEL, &ts))).await;
                }
            }
            5 => says("/retro agenda").await,
            6 => {
                for line in ["/retro meet", "/retro next"] {
                    says(line).await;
                }
                // People spend eight minutes on one stage. Then Maria opens the next one.
                sim.advance(chrono::TimeDelta::minutes(8)).await;
                says("/retro next").await;
            }
            7 => {
                for line in ["/retro next", "/retro next"] {
                    says(line).await;
                    sim.advance(chrono::TimeDelta::minutes(8)).await;
                }
                for line in [
                    "action Automate the smoke test suite @noor by 2w high because it takes manual testing time",
                    &format!("action {RUNBOOK} @maria by 1w medium because steps were unclear"),
                ] {
                    says(&format!("/retro {line}")).await;
                }
            }
            8 => sim.open_home(NOOR).await,
            9 => says(&format!("/retro finish next:{}", self.after())).await,
            10 => self.close_ticket(sim, trackers).await,
            11 => {
                sim.advance(chrono::TimeDelta::weeks(2)).await;
                if let Some(number) = sim.read(smoke_test) {
                    let line = format!("/retro done {number} the suite now runs in 5 minutes");
                    sim.say(NOOR, CHANNEL, None, &line).await;
                }
                says(&format!("/retro start {}", self.after())).await;
            }
            _ => {}
        }
    }

    /// Maria presses Done at her ticket, as soon as it is there. Her Home tab shows when Lookback knows of it; then she asks
    /// for the list.
    async fn close_ticket(self, sim: &Sim, trackers: &Trackers) {
        let at_home = |w: &Workspace| w.homes.iter().any(|(user, view)| user == MARIA && has(view, RUNBOOK));
        trackers.until(|tickets| self.ticket(tickets).is_some()).await;
        sim.open_home(MARIA).await;
        sim.until(at_home).await;
        if let Some(ticket) = self.ticket(&trackers.tickets()) {
            trackers.press(ticket.kind, &ticket.shown.id, Act::Done).await;
        }
        sim.until(|w| !at_home(w)).await;
        sim.say(MARIA, CHANNEL, None, "/retro actions").await;
    }
}

/// The view holds these words.
fn has(view: &serde_json::Value, words: &str) -> bool {
    view.to_string().contains(words)
}

/// Maria's action item.
const RUNBOOK: &str = "Update the deployment runbook";

/// The number of Noor's newest action item.
fn smoke_test(space: &Workspace) -> Option<usize> {
    let told = space.messages.iter().rev().filter(|m| m.channel == CHANNEL);
    let mut told = told.filter_map(|m| m.text.split_once("* Automate the smoke test suite"));
    told.find_map(|(before, _)| before.rsplit("*#").next()?.parse().ok())
}

impl Scene<'_> {
    /// The page shows a step at this address.
    fn place(&self, tour: Tour, n: usize) -> String {
        let Some(step) = n.checked_sub(1).and_then(|i| STEPS.get(i)) else { return "/".to_owned() };
        let dm = self.space.channels.iter().find(|c| c.im_user.as_deref() == Some(step.me));
        let room = step.room.or(dm.map(|c| c.id.as_str())).unwrap_or(CHANNEL);
        let tab = if step.at_home { "&tab=home" } else { "" };
        let agenda = tour.agenda(self.space).filter(|_| step.in_thread);
        let thread = agenda.map(|m| format!("&thread={}", m.ts)).unwrap_or_default();
        let board = if step.on_board { Wanted::Open } else { Wanted::Auto }.kept();
        format!("/?as={}&in={room}&tour={n}&round={}{tab}{thread}{board}", step.me, tour.0)
    }

    fn is_done(&self, tour: Tour, n: usize) -> bool {
        tour.is_done(self.space, &self.held.tickets, n)
    }

    /// A panel above all says where the tour is, and has its buttons.
    pub(super) fn tour_step(&self, tour: Tour, n: usize) -> Markup {
        let Some(step) = n.checked_sub(1).and_then(|i| STEPS.get(i)) else { return html! {} };
        let leave = format!("/?as={}&in={}", self.me.id, self.room.id);
        let (done, last) = (self.is_done(tour, n), n == STEPS.len());
        let about = tour.about(self.space, n).map(|m| self.element(m));
        html! {
            section.step #tour aria-label="Tour" data-step=(n) data-about=[about]
                data-place=(self.place(tour, n)) {
                h2 #tour-title tabindex="-1" {
                    "Step " (n) " of " (STEPS.len()) ": " (step.title)
                    @if done { span.done { " ✓ Done" } }
                }
                p { (tour.words(step.words)) }
                @if done && last {
                    p {
                        "That was a whole retro. Play on: type " code { "/retro trends" } ", " code { "/retro history" } " or "
                        code { "/retro help" } ", or move the clock. For your own workspace, run " code { "lookback setup" } "."
                    }
                }
                div.buttons {
                    @if !done {
                        form.goes id={ "tour-do-" (n) } method="post" action="/page/tour" {
                            (hidden("as", step.me)) (hidden("step", &n.to_string()))
                            (hidden("round", &tour.0.to_string())) (hidden("back", &self.place(tour, n)))
                            button.primary type="submit" { (tour.words(step.does)) }
                        }
                    }
                    @if n > 1 { a.go.button #tour-back href=(self.place(tour, n - 1)) { "Back" } }
                    @if !last { a.go.button.primary[done] #tour-next href=(self.place(tour, n + 1)) { "Next" } }
                    @if last && done {
                        @let again = Tour(tour.0 + 1);
                        a.go.button.primary #tour-again href=(self.place(again, 1)) { "Again, with " (again.version()) }
                    }
                    a.go #tour-leave href=(leave) { @if last { "End the tour" } @else { "Leave the tour" } }
                }
                nav.steps aria-label="Steps of the tour" {
                    ol { @for (at, other) in (1..).zip(&STEPS) {
                        li {
                            a.go href=(self.place(tour, at)) aria-current=[(at == n).then_some("step")] title=(other.title) {
                                (at) @if self.is_done(tour, at) { " ✓" span.unseen { " done" } }
                            }
                        }
                    } }
                }
            }
        }
    }

    /// Words for a screen reader: where the tour is. They change with each step.
    pub(super) fn tour_said(&self, tour: Tour, n: usize) -> String {
        let title = n.checked_sub(1).and_then(|i| STEPS.get(i)).map_or("", |step| step.title);
        let done = if self.is_done(tour, n) { " Done." } else { "" };
        format!("Step {n} of {}: {title}.{done}", STEPS.len())
    }

    /// The message has this id on the page.
    pub(super) fn element(&self, m: &Message) -> String {
        let thread = self.thread.filter(|root| m.thread_ts.as_ref() == Some(&root.ts));
        format!("log-{}-{}-{}", m.channel, thread.map_or("", |root| root.ts.as_str()), m.ts)
    }
}
