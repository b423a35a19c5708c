//! The one table of commands: the parser and `/retro help` read it, and a test compares the README's table with it.

/// What commands are for: help shows a line of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Run,
    Add,
    Meeting,
    Items,
    LookBack,
    SetUp,
}

impl Group {
    /// All of them, in the order of a release.
    pub const ALL: [Self; 6] = [Self::Run, Self::Add, Self::Meeting, Self::Items, Self::LookBack, Self::SetUp];

    /// As help names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Run => "Run a retro",
            Self::Add => "Add to it",
            Self::Meeting => "Hold the meeting",
            Self::Items => "Action items",
            Self::LookBack => "Look back",
            Self::SetUp => "Set up",
        }
    }

    /// Its commands, the one with the example first.
    pub fn verbs(self) -> impl Iterator<Item = &'static Verb> {
        VERBS.iter().filter(move |v| v.group == self)
    }
}

/// One command, as help and the README show it.
#[derive(Debug)]
pub struct Verb {
    pub name: &'static str,
    pub group: Group,
    pub usage: &'static str,
    pub does: &'static str,
    /// An example that can be copied.
    pub example: &'static str,
    /// Its last words are free text: where the channel is known, `in #general` at their end is part of it.
    pub ends_in_text: bool,
}

/// Every command, in the order in which help shows them.
pub const VERBS: [Verb; 27] = [
    Verb {
        name: "start",
        group: Group::Run,
        usage: "<version> [@people @group …] [options]",
        does: "starts the retro: the kickoff goes to the channel, the survey to everyone by DM",
        example: "start v2.1.0 closes:friday length:45",
        ends_in_text: false,
    },
    Verb {
        name: "status",
        group: Group::Run,
        usage: "[version]",
        does: "shows how far the retro is, and the next step",
        example: "status",
        ends_in_text: false,
    },
    Verb {
        name: "nudge",
        group: Group::Run,
        usage: "[version]",
        does: "reminds people who haven't answered, at most once every 4 hours",
        example: "nudge v2.1.0",
        ends_in_text: false,
    },
    Verb {
        name: "survey",
        group: Group::Run,
        usage: "",
        does: "sends you your survey again",
        example: "survey",
        ends_in_text: false,
    },
    Verb {
        name: "agenda",
        group: Group::Run,
        usage: "[version]",
        does: "closes the survey and posts the agenda now",
        example: "agenda",
        ends_in_text: false,
    },
    Verb {
        name: "meet",
        group: Group::Meeting,
        usage: "[version]",
        does: "starts the meeting in the agenda's thread: six timed stages",
        example: "meet",
        ends_in_text: false,
    },
    Verb {
        name: "next",
        group: Group::Meeting,
        usage: "[version]",
        does: "opens the next stage of the meeting",
        example: "next",
        ends_in_text: false,
    },
    Verb {
        name: "extend",
        group: Group::Meeting,
        usage: "[5m|1d] [version]",
        does: "gives this stage more time and shortens the later ones",
        example: "extend 5m",
        ends_in_text: false,
    },
    Verb {
        name: "pause",
        group: Group::Meeting,
        usage: "[version]",
        does: "pauses the timer; `/retro resume` starts it again",
        example: "pause",
        ends_in_text: false,
    },
    Verb {
        name: "whys",
        group: Group::Meeting,
        usage: "[problem]",
        does: "opens the 5 Whys, from a problem to its root cause and an action item",
        example: "whys The migration took an hour",
        ends_in_text: true,
    },
    Verb {
        name: "note",
        group: Group::Add,
        usage: "<well|improve|surprise|change|other> <text>",
        does: "adds a note to the open retro, or to the next one",
        example: "note improve The backup took an hour",
        ends_in_text: true,
    },
    Verb {
        name: "notes",
        group: Group::Add,
        usage: "",
        does: "lists your notes, with Edit and Delete",
        example: "notes",
        ends_in_text: false,
    },
    Verb {
        name: "kudos",
        group: Group::Add,
        usage: "@who <for what>",
        does: "thanks someone, in the last stage and in the summary",
        example: "kudos @maria for the calm rollback",
        ends_in_text: true,
    },
    Verb {
        name: "data",
        group: Group::Add,
        usage: "[refresh] [version]",
        does: "opens the form for the release figures, which everyone sees before the discussion; `refresh` reads them from GitHub",
        example: "data v2.1.0",
        ends_in_text: false,
    },
    Verb {
        name: "action",
        group: Group::Items,
        usage: "<text> @owner by <due> [high|medium|low] [because <why>]",
        does: "adds an action item",
        example: "action Automate the smoke tests @sam by 2w high because they took two hours",
        ends_in_text: true,
    },
    Verb {
        name: "actions",
        group: Group::Items,
        usage: "[all|mine|overdue|version]",
        does: "lists action items",
        example: "actions mine",
        ends_in_text: false,
    },
    Verb {
        name: "done",
        group: Group::Items,
        usage: "<id> [what changed]",
        does: "marks an action item done",
        example: "done 12 smoke tests now take 5 minutes",
        ends_in_text: true,
    },
    Verb {
        name: "drop",
        group: Group::Items,
        usage: "<id> because <why>",
        does: "drops an action item, with the reason",
        example: "drop 12 because the tool was replaced",
        ends_in_text: true,
    },
    Verb {
        name: "snooze",
        group: Group::Items,
        usage: "<id> <until> [because <why>]",
        does: "pauses reminders for an action item; its due date stays",
        example: "snooze 12 next monday",
        ends_in_text: true,
    },
    Verb {
        name: "finish",
        group: Group::Run,
        usage: "[version] [next:<version>[@<date>]]",
        does: "closes the retro and posts the summary",
        example: "finish next:v2.2.0@2026-12-20",
        ends_in_text: false,
    },
    Verb {
        name: "trends",
        group: Group::LookBack,
        usage: "",
        does: "compares the releases: lead time, deploy time, incidents, smoothness, actions done",
        example: "trends",
        ends_in_text: false,
    },
    Verb {
        name: "history",
        group: Group::LookBack,
        usage: "",
        does: "lists the retros of this channel, with links",
        example: "history",
        ends_in_text: false,
    },
    Verb {
        name: "export",
        group: Group::LookBack,
        usage: "[version] [md|json|csv]",
        does: "sends you a file: the document of a retro (md, or json with its version), or action items (csv, json)",
        example: "export v2.1.0 csv",
        ends_in_text: false,
    },
    Verb {
        name: "config",
        group: Group::SetUp,
        usage: "",
        does: "opens this channel's defaults: questions, length, anonymity, working hours and more",
        example: "config",
        ends_in_text: false,
    },
    Verb {
        name: "lead",
        group: Group::SetUp,
        usage: "@who",
        does: "hands the retro over; if the facilitator hasn't been active for 24 hours, a participant can take it",
        example: "lead @noor",
        ends_in_text: false,
    },
    Verb {
        name: "cancel",
        group: Group::Run,
        usage: "[version] [because <why>]",
        does: "cancels the retro, after you confirm",
        example: "cancel because the release was withdrawn",
        ends_in_text: false,
    },
    Verb {
        name: "help",
        group: Group::SetUp,
        usage: "[command]",
        does: "shows this help",
        example: "help start",
        ends_in_text: false,
    },
];

/// The options of `start`, as help shows them.
pub const START_OPTIONS: [(&str, &str); 10] = [
    (
        "closes:<when>",
        "when the survey closes (if left out: 17:00 two working days later, or an hour before a meeting that is sooner)",
    ),
    ("meeting:<when>", "when the meeting is"),
    ("length:<30..120>", "minutes of the meeting (60 if left out)"),
    ("anonymous", "names are never shown (the default, unless `/retro config` says otherwise)"),
    ("named", "names are shown next to answers"),
    ("async", "no call: the meeting happens in the thread"),
    ("deployed:<when>", "when the release went live; the survey stays open for at least 48 hours after that"),
    ("previous:<version>", "the release before this one"),
    ("everyone", "asks more than 50 people without confirming"),
    ("in #channel", "another channel than this one (needed in a DM)"),
];
