//! The steps of the tour: their words, and where each takes place.

/// The tour takes place in this channel.
pub const CHANNEL: &str = "C01REL";

/// A step has a title and words that say what to look at. It also says who the visitor is, where the visitor is, and
/// what the button does. The words name the releases of the first tour.
pub struct Step {
    pub title: &'static str,
    pub words: &'static str,
    pub does: &'static str,
    pub me: &'static str,
    /// The step takes place in this channel. `None` stands for the person's DM with Lookback.
    pub room: Option<&'static str>,
    pub at_home: bool,
    /// The page opens the thread of the agenda.
    pub in_thread: bool,
    /// The page opens the board of the trackers.
    pub on_board: bool,
    /// Later steps need this one.
    pub is_needed: bool,
}

const fn step(title: &'static str, words: &'static str, does: &'static str) -> Step {
    Step {
        title,
        words,
        does,
        me: MARIA,
        room: Some(CHANNEL),
        at_home: false,
        in_thread: false,
        on_board: false,
        is_needed: true,
    }
}

pub const MARIA: &str = "U01MARIA";
pub const NOOR: &str = "U02NOOR";
pub const SAM: &str = "U03SAM";

pub const STEPS: [Step; super::scene::STEPS] = [
    step(
        "Start",
        "You are Maria, and release v2.1.0 went out two days ago. One line in the release channel starts its retro; its figures follow with /retro data, so that facts come before opinions.",
        "Type /retro start v2.1.0",
    ),
    Step {
        me: NOOR,
        room: None,
        is_needed: false,
        ..step(
            "The survey",
            "Now you are Noor. Lookback asks you by DM, and says who will see what. Press “Answer the survey”: six questions, two minutes.",
            "Answer as Noor",
        )
    },
    step(
        "Answers come in",
        "Answers are sealed until the survey closes. The message in the channel counts them and never says who.",
        "Let the others answer",
    ),
    Step {
        me: SAM,
        is_needed: false,
        ..step(
            "Keep a message",
            "What is said in the channel counts too: the menu ⋯ of a message has “Add to retro”, and a reaction with the retro emoji does the same.",
            "Say something and keep it",
        )
    },
    step(
        "The agenda",
        "The survey closes at its deadline, or now. The answers become themes without names, and every part gets its share of the meeting’s minutes.",
        "Type /retro agenda",
    ),
    Step {
        in_thread: true,
        ..step(
            "The meeting",
            "Six stages in the agenda’s thread, each with its minutes, its themes and whose turn it is. Upvote a theme, press “Work on a theme” to ask “What would fix it?”, or add a note. Only Maria can open the next stage.",
            "Start the meeting",
        )
    },
    Step {
        in_thread: true,
        ..step(
            "Action items",
            "Each has an owner and a date. Dates are what people type: friday, 2w, before next release.",
            "Agree on action items",
        )
    },
    Step {
        at_home: true,
        me: NOOR,
        room: None,
        is_needed: false,
        ..step(
            "Home",
            "Noor sees on her Home tab what waits for her: surveys, action items, open retros.",
            "Open Noor’s Home tab",
        )
    },
    step(
        "Finish",
        "The summary goes to the channel, and the whole document into its thread.",
        "Type /retro finish next:v2.2.0",
    ),
    Step {
        on_board: true,
        is_needed: false,
        ..step(
            "Tickets",
            "Each open action item is a ticket now, here in Jira. Press Done on Maria’s ticket on the board: the item is then done in Slack too, and /retro actions no longer lists it. A channel chooses its tracker in /retro config.",
            "Press Done on Maria’s ticket",
        )
    },
    step(
        "Next time",
        "Two weeks later Noor’s item is done too. The next retro opens with what became of the last one’s action items. You can move the page’s clock yourself.",
        "Two weeks later: start v2.2.0",
    ),
];
