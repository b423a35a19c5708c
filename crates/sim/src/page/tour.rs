//! The guided tour shows one retro in ten steps. The visitor plays each step, or a button plays it.

use maud::{Markup, html};

use super::blocks::hidden;
use super::scene::{self, Scene};
use crate::Sim;

/// The tour takes place in this channel.
pub(super) const CHANNEL: &str = "C01REL";

/// A step has a title and words that say what to look at. It also says who the visitor is, where the visitor is, and
/// what the button does.
pub(super) struct Step {
    title: &'static str,
    words: &'static str,
    me: &'static str,
    /// The step takes place in this channel. `None` stands for the person's DM with Lookback.
    room: Option<&'static str>,
    at_home: bool,
    /// The page opens the thread of the agenda.
    in_thread: bool,
    does: Option<&'static str>,
}

const fn step(title: &'static str, words: &'static str, me: &'static str, room: Option<&'static str>) -> Step {
    Step { title, words, me, room, at_home: false, in_thread: false, does: None }
}

const MARIA: &str = "U01MARIA";
const NOOR: &str = "U02NOOR";
const RELEASES: Option<&str> = Some(CHANNEL);

pub(super) const STEPS: [Step; scene::STEPS] = [
    Step {
        does: Some("Type /retro start v2.1.0"),
        ..step(
            "Start",
            "You are Maria, and release v2.1.0 went out two days ago. One line in the release channel starts its retro; its figures follow with /retro data, so that facts come before opinions.",
            MARIA,
            RELEASES,
        )
    },
    step(
        "The survey",
        "Now you are Noor. Lookback asks you by DM, and says who will see what. Press “Answer the survey”: six questions, two minutes.",
        NOOR,
        None,
    ),
    Step {
        does: Some("Let everyone answer"),
        ..step(
            "Everyone answers",
            "Answers are sealed until the survey closes. The message in the channel counts them and never says who.",
            MARIA,
            RELEASES,
        )
    },
    Step {
        does: Some("Say something and keep it"),
        ..step(
            "Keep a message",
            "What is said in the channel counts too: the menu ⋯ of a message has “Add to retro”, and so has the :retro: reaction.",
            "U03SAM",
            RELEASES,
        )
    },
    Step {
        does: Some("Type /retro agenda"),
        ..step(
            "The agenda",
            "The survey closes at its deadline, or now. The answers become themes without names, in minutes that add up to the meeting.",
            MARIA,
            RELEASES,
        )
    },
    Step {
        in_thread: true,
        does: Some("Start the meeting, go on to what could be improved"),
        ..step(
            "The meeting",
            "Six stages in the agenda’s thread, each with its minutes, its themes and whose turn it is. Upvote a theme, ask “What would fix it?”, add a note; only Maria moves on.",
            MARIA,
            RELEASES,
        )
    },
    Step {
        in_thread: true,
        does: Some("Agree on action items"),
        ..step(
            "Action items",
            "Each has an owner and a date. Dates are what people type: friday, 2w, before next release.",
            MARIA,
            RELEASES,
        )
    },
    Step {
        at_home: true,
        does: Some("Open Noor’s Home tab"),
        ..step("Home", "Noor sees on her Home tab what waits for her: surveys, action items, open retros.", NOOR, None)
    },
    Step {
        does: Some("Type /retro finish next:v2.2.0"),
        ..step("Finish", "The summary goes to the channel, and the whole document into its thread.", MARIA, RELEASES)
    },
    Step {
        does: Some("Two weeks later: Noor’s item is done, start v2.2.0"),
        ..step(
            "Next time",
            "The next retro opens with what became of the last one’s action items. The clock at the left is yours.",
            MARIA,
            RELEASES,
        )
    },
];

impl Scene<'_> {
    /// The page shows a step at this address.
    fn place(&self, n: usize) -> String {
        let Some(step) = n.checked_sub(1).and_then(|i| STEPS.get(i)) else { return "/".to_owned() };
        let dm = self.space.channels.iter().find(|c| c.im_user.as_deref() == Some(step.me));
        let room = step.room.or(dm.map(|c| c.id.as_str())).unwrap_or(CHANNEL);
        let tab = if step.at_home { "&tab=home" } else { "" };
        let agenda = self.space.messages.iter().rfind(|m| m.channel == CHANNEL && m.text.starts_with("Agenda:"));
        let thread = agenda.filter(|_| step.in_thread).map(|m| format!("&thread={}", m.ts)).unwrap_or_default();
        format!("/?as={}&in={room}&tour={n}{tab}{thread}", step.me)
    }

    /// A panel above the channel explains the step and has its buttons.
    pub(super) fn tour_step(&self, n: usize) -> Markup {
        let Some(step) = n.checked_sub(1).and_then(|i| STEPS.get(i)) else { return html! {} };
        let leave = format!("/?as={}&in={}", self.me.id, self.room.id);
        html! {
            section.step aria-label="Tour" {
                h2 { "Step " (n) " of " (STEPS.len()) ": " (step.title) }
                p { (step.words) }
                div.buttons {
                    @if let Some(does) = step.does {
                        form.goes method="post" action="/page/tour" {
                            (hidden("as", step.me)) (hidden("step", &n.to_string())) (hidden("back", &self.place(n)))
                            button.primary type="submit" { (does) }
                        }
                    }
                    @if n > 1 { a.go.button href=(self.place(n - 1)) { "Back" } }
                    @if n < STEPS.len() { a.go.button href=(self.place(n + 1)) { "Next" } }
                    a.go href=(leave) { @if n == STEPS.len() { "End the tour" } @else { "Leave the tour" } }
                }
            }
        }
    }
}

/// The step's person does what the button says.
pub(super) async fn perform(sim: &Sim, n: usize) {
    let says = async |line: &str| sim.say(MARIA, CHANNEL, None, line).await;
    match n {
        1 => {
            says("/retro start v2.1.0").await;
            sim.give_figures().await;
        }
        3 => sim.play_answers().await,
        4 => {
            let sam = "U03SAM";
            sim.say(sam, CHANNEL, None, "The rollback rehearsal on Monday is why nobody panicked").await;
            let said = sim.read(|w| w.messages.iter().rfind(|m| m.user == sam).map(|m| m.ts.clone()));
            if let Some(ts) = said {
                sim.shortcut(sam, "add_to_retro", Some((CHANNEL, &ts))).await;
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
                "action Update the deployment runbook @maria by 1w medium because steps were unclear",
            ] {
                says(&format!("/retro {line}")).await;
            }
        }
        8 => sim.open_home(NOOR).await,
        9 => says("/retro finish next:v2.2.0").await,
        10 => {
            sim.advance(chrono::TimeDelta::weeks(2)).await;
            sim.say(NOOR, CHANNEL, None, "/retro done 1 the suite now runs in 5 minutes").await;
            says("/retro start v2.2.0").await;
        }
        _ => {}
    }
}
