//! All three trackers at once: the tickets as a board shows them, and what a person does with one.

use std::time::Duration;

use super::{Hook, Shown, Trackers};

/// A tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jira,
    Linear,
    GitHub,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Jira, Self::Linear, Self::GitHub];

    /// Its word in addresses and settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Linear => "linear",
            Self::GitHub => "github",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::Linear => "Linear",
            Self::GitHub => "GitHub",
        }
    }
}

/// A ticket of one of the trackers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub kind: Kind,
    pub shown: Shown,
}

/// What a person of the team does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Done,
    Drop,
    Reopen,
    Delete,
}

impl Act {
    pub const ALL: [Self; 4] = [Self::Done, Self::Drop, Self::Reopen, Self::Delete];

    /// Its word in a form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Drop => "drop",
            Self::Reopen => "reopen",
            Self::Delete => "delete",
        }
    }

    /// The label of its button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Drop => "Won’t do",
            Self::Reopen => "Reopen",
            Self::Delete => "Delete",
        }
    }

    /// An open ticket is closed, and a closed one opened again. Each can be deleted.
    pub fn fits(self, is_closed: bool) -> bool {
        match self {
            Self::Done | Self::Drop => !is_closed,
            Self::Reopen => is_closed,
            Self::Delete => true,
        }
    }

    /// The names of the end in a tracker. The first one that the ticket's project has is taken.
    fn ends(self, kind: Kind) -> &'static [&'static str] {
        match (self, kind) {
            (Self::Done, Kind::Jira) => &["Done", "Erledigt"],
            (Self::Drop, Kind::Jira) => &["Won't Do", "Wird nicht erledigt"],
            (Self::Done, Kind::Linear) => &["Done"],
            (Self::Drop, Kind::Linear) => &["Canceled"],
            (Self::Done, Kind::GitHub) => &["completed"],
            (Self::Drop, Kind::GitHub) => &["not_planned"],
            (Self::Reopen | Self::Delete, Kind::Jira | Kind::Linear | Kind::GitHub) => &[],
        }
    }
}

impl Trackers {
    /// The tickets of all trackers, in the order of their creation in each.
    pub fn tickets(&self) -> Vec<Ticket> {
        let of = |kind: Kind| {
            let shown = match kind {
                Kind::Jira => self.jira.shown(),
                Kind::Linear => self.linear.shown(),
                Kind::GitHub => self.github.shown(),
            };
            shown.into_iter().map(move |shown| Ticket { kind, shown })
        };
        Kind::ALL.into_iter().flat_map(of).collect()
    }

    /// A person does it in the tracker, which then tells the bot. The result is `false` if there is no such ticket, or
    /// if the act does not fit it.
    pub async fn press(&self, kind: Kind, id: &str, act: Act) -> bool {
        let tickets = self.tickets();
        let ticket = tickets.iter().find(|ticket| ticket.kind == kind && ticket.shown.id == id);
        if !ticket.is_some_and(|ticket| act.fits(ticket.shown.is_closed)) {
            return false;
        }
        let Some(hook) = self.acted(kind, id, act) else { return false };
        self.webhooks.deliver(kind.word(), hook).await;
        true
    }

    fn acted(&self, kind: Kind, id: &str, act: Act) -> Option<Hook> {
        let mut ends = act.ends(kind).iter();
        match (act, kind) {
            (Act::Done | Act::Drop, Kind::Jira) => ends.find_map(|how| self.jira.close(id, how)),
            (Act::Done | Act::Drop, Kind::Linear) => ends.find_map(|how| self.linear.close(id, how)),
            (Act::Done | Act::Drop, Kind::GitHub) => ends.find_map(|how| self.github.close(id, how)),
            (Act::Reopen, Kind::Jira) => self.jira.reopen(id),
            (Act::Reopen, Kind::Linear) => self.linear.reopen(id),
            (Act::Reopen, Kind::GitHub) => self.github.reopen(id),
            (Act::Delete, Kind::Jira) => self.jira.delete(id),
            (Act::Delete, Kind::Linear) => self.linear.delete(id),
            (Act::Delete, Kind::GitHub) => self.github.delete(id),
        }
    }

    /// The revision grows with each change in a tracker, so the page knows when to draw itself again.
    pub fn revision(&self) -> u64 {
        [self.jira.desk(), self.linear.desk(), self.github.desk()].map(|desk| *desk.revision().borrow()).iter().sum()
    }

    /// The caller waits until `looks` is true of the tickets. The result is `false` if ten seconds pass first.
    pub async fn until(&self, looks: impl Fn(&[Ticket]) -> bool) -> bool {
        let [mut jira, mut linear, mut github] =
            [self.jira.desk(), self.linear.desk(), self.github.desk()].map(super::Desk::revision);
        let seen = async {
            while !looks(&self.tickets()) {
                let changed = tokio::select! {
                    changed = jira.changed() => changed,
                    changed = linear.changed() => changed,
                    changed = github.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), seen).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use lookback_clock::{Clock, Rng};

    use super::*;

    #[tokio::test]
    async fn each_act_brings_a_ticket_to_its_state() {
        let trackers = Trackers::new(&Clock::standing(DateTime::UNIX_EPOCH), &Rng::seeded(1), "http://x");
        let id = trackers.github.open("acme/shop", "maria-dev", "Smoke tests").unwrap();
        let before = trackers.revision();
        let state = || trackers.tickets().first().map(|ticket| ticket.shown.state.clone());
        for (act, after) in [
            (Act::Done, Some("Closed")),
            (Act::Reopen, Some("Open")),
            (Act::Drop, Some("Closed as not planned")),
            (Act::Delete, None),
        ] {
            assert!(trackers.press(Kind::GitHub, &id, act).await, "{act:?}");
            assert_eq!(state().as_deref(), after, "{act:?}");
            assert!(!trackers.press(Kind::GitHub, &id, act).await, "{act:?} does not fit twice");
        }
        assert!(trackers.revision() > before && trackers.until(<[Ticket]>::is_empty).await);
        assert!(!trackers.press(Kind::Jira, "OPS-1", Act::Done).await, "there is no such ticket");
    }
}
