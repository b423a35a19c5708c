//! A simulated tracker as a test sees it.

use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::{Call, Desk, Hook, Shown};

use crate::world::{MARIA, World};

/// Where the tests file tickets.
pub const fn place(tracker: Tracker) -> &'static str {
    match tracker {
        Tracker::Jira => "OPS",
        Tracker::Linear => "ENG",
        Tracker::GitHub => "acme/shop",
    }
}

/// The call that makes a ticket.
pub const fn create(tracker: Tracker) -> &'static str {
    match tracker {
        Tracker::Jira => "POST /rest/api/3/issue",
        Tracker::Linear => "issueCreate",
        Tracker::GitHub => "POST /repos/{owner}/{repo}/issues",
    }
}

pub fn desk(w: &World, tracker: Tracker) -> &Desk {
    match tracker {
        Tracker::Jira => w.trackers.jira.desk(),
        Tracker::Linear => w.trackers.linear.desk(),
        Tracker::GitHub => w.trackers.github.desk(),
    }
}

/// The tickets of a tracker; pull requests are none.
pub fn shown(w: &World, tracker: Tracker) -> Vec<Shown> {
    match tracker {
        Tracker::Jira => w.trackers.jira.shown(),
        Tracker::Linear => w.trackers.linear.shown(),
        Tracker::GitHub => w.trackers.github.shown(),
    }
}

/// The open ones.
pub fn open(w: &World, tracker: Tracker) -> Vec<Shown> {
    shown(w, tracker).into_iter().filter(|ticket| !ticket.is_closed).collect()
}

/// The calls that changed something.
pub fn writes(w: &World, tracker: Tracker) -> Vec<Call> {
    let is_write = |call: &Call| match tracker {
        Tracker::Jira => {
            let reads = ["GET ", "POST /rest/api/3/search/jql", "POST /rest/api/3/issue/bulkfetch"];
            !reads.iter().any(|read| call.operation.starts_with(read))
        }
        Tracker::Linear => {
            ["Create", "Update", "Delete", "Archive"].iter().any(|write| call.operation.ends_with(write))
        }
        Tracker::GitHub => !call.operation.starts_with("GET "),
    };
    desk(w, tracker).journal().into_iter().filter(is_write).collect()
}

/// What somebody does on the board of the tracker.
#[derive(Clone, Copy)]
pub enum Act {
    Done,
    WontDo,
    Reopen,
    Delete,
}

pub fn act(w: &World, tracker: Tracker, id: &str, act: Act) -> Hook {
    let hook = match (tracker, act) {
        (Tracker::Jira, Act::Done) => w.trackers.jira.close(id, "Done"),
        (Tracker::Jira, Act::WontDo) => w.trackers.jira.close(id, "Won't Do"),
        (Tracker::Jira, Act::Reopen) => w.trackers.jira.reopen(id),
        (Tracker::Jira, Act::Delete) => w.trackers.jira.delete(id),
        (Tracker::Linear, Act::Done) => w.trackers.linear.close(id, "Done"),
        (Tracker::Linear, Act::WontDo) => w.trackers.linear.close(id, "Canceled"),
        (Tracker::Linear, Act::Reopen) => w.trackers.linear.reopen(id),
        (Tracker::Linear, Act::Delete) => w.trackers.linear.delete(id),
        (Tracker::GitHub, Act::Done) => w.trackers.github.close(id, "completed"),
        (Tracker::GitHub, Act::WontDo) => w.trackers.github.close(id, "not_planned"),
        (Tracker::GitHub, Act::Reopen) => w.trackers.github.reopen(id),
        (Tracker::GitHub, Act::Delete) => w.trackers.github.delete(id),
    };
    hook.unwrap_or_else(|| panic!("{tracker:?} has no {id}"))
}

/// The tracker delivers its webhook; the status of the answer.
pub async fn delivers(w: &World, tracker: Tracker, hook: &Hook) -> u16 {
    let headers: Vec<(&str, &str)> = hook.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = format!("/api/v1/hooks/{}", tracker.word());
    w.http("POST", &path, &headers, hook.body.as_bytes()).await.0
}

/// The channel files its items there.
pub async fn files_in(w: &World, tracker: Tracker, to: &str) {
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("tickets", tracker.word()), ("tickets_to", to)]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Saved as this channel's defaults. Changed: Tickets, Tickets go to."), "{said}");
}

pub async fn files(w: &World, tracker: Tracker) {
    files_in(w, tracker, place(tracker)).await;
}

/// A world whose channel files its items in a tracker.
pub async fn filing_in(tracker: Tracker) -> World {
    let w = World::tracking(crate::world::Transport::Http).await;
    files(&w, tracker).await;
    w
}
