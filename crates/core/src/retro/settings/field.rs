//! The fields of the form.

use crate::model::ticket::Tracker;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Questions,
    Length,
    Window,
    Soak,
    Anonymous,
    Threshold,
    Hours,
    DaysOff,
    Zone,
    Emoji,
    Stakeholders,
    Escalate,
    SprintStart,
    SprintDays,
    Tickets,
    TicketsTo,
    TicketLabels,
    Accounts,
    Repositories,
    ReleaseLabels,
    Plan,
}

impl Field {
    /// All, in the order of the form.
    pub const ALL: [Self; 21] = [
        Self::Questions,
        Self::Length,
        Self::Window,
        Self::Soak,
        Self::Anonymous,
        Self::Threshold,
        Self::Hours,
        Self::DaysOff,
        Self::Zone,
        Self::Emoji,
        Self::Stakeholders,
        Self::Escalate,
        Self::SprintStart,
        Self::SprintDays,
        Self::Tickets,
        Self::TicketsTo,
        Self::TicketLabels,
        Self::Accounts,
        Self::Repositories,
        Self::ReleaseLabels,
        Self::Plan,
    ];

    /// Names the field in the form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Questions => "questions",
            Self::Length => "length",
            Self::Window => "window",
            Self::Soak => "soak",
            Self::Anonymous => "anonymous",
            Self::Threshold => "threshold",
            Self::Hours => "hours",
            Self::DaysOff => "days_off",
            Self::Zone => "zone",
            Self::Emoji => "emoji",
            Self::Stakeholders => "stakeholders",
            Self::Escalate => "escalate",
            Self::SprintStart => "sprint_start",
            Self::SprintDays => "sprint_days",
            Self::Tickets => "tickets",
            Self::TicketsTo => "tickets_to",
            Self::TicketLabels => "ticket_labels",
            Self::Accounts => "accounts",
            Self::Repositories => "repositories",
            Self::ReleaseLabels => "release_labels",
            Self::Plan => "plan",
        }
    }
}

impl Field {
    /// Whether the form has it: what is about tickets only where a tracker is set up, what is about releases where GitHub is.
    pub fn is_shown(self, set_up: &[Tracker]) -> bool {
        match self {
            Self::Tickets | Self::TicketsTo | Self::TicketLabels | Self::Accounts => !set_up.is_empty(),
            Self::Repositories | Self::ReleaseLabels | Self::Plan => set_up.contains(&Tracker::GitHub),
            Self::Questions
            | Self::Length
            | Self::Window
            | Self::Soak
            | Self::Anonymous
            | Self::Threshold
            | Self::Hours
            | Self::DaysOff
            | Self::Zone
            | Self::Emoji
            | Self::Stakeholders
            | Self::Escalate
            | Self::SprintStart
            | Self::SprintDays => true,
        }
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Questions => "Survey questions",
            Self::Length => "Length of the meeting in minutes",
            Self::Window => "Days until the survey closes",
            Self::Soak => "Soak time (hours)",
            Self::Anonymous => "Anonymous or named",
            Self::Threshold => "Minimum number of authors",
            Self::Hours => "Working hours",
            Self::DaysOff => "Days off",
            Self::Zone => "Time zone",
            Self::Emoji => "Capture emoji",
            Self::Stakeholders => "Channels for the short summary",
            Self::Escalate => "Contact for recurring issues",
            Self::SprintStart => "First day of a sprint",
            Self::SprintDays => "Sprint length in days",
            Self::Tickets => "Tickets",
            Self::TicketsTo => "Tickets go to",
            Self::TicketLabels => "Ticket labels",
            Self::Accounts => "Who is who there",
            Self::Repositories => "Repositories",
            Self::ReleaseLabels => "Labels of changes",
            Self::Plan => "Release plan",
        }
    }
}
