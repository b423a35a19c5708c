//! Many filings while every third call fails. `LOOKBACK_FILINGS=1000 cargo test --test it chaos -- --nocapture` files as many.

use std::collections::BTreeMap;

use chrono::Duration;
use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::Fault;

use super::board::{desk, filing_in, open, shown};
use crate::world::{MARIA, World};

/// Three calls in ten fail, each in another way.
fn faults() -> Vec<(Fault, i64)> {
    vec![
        (Fault::Lost { effect: true }, 8),
        (Fault::Lost { effect: false }, 4),
        (Fault::Status { code: 500, effect: true }, 6),
        (Fault::Status { code: 503, effect: false }, 6),
        (Fault::Limited(Some(5)), 3),
        (Fault::Limited(None), 3),
    ]
}

async fn waiting(w: &World) -> i64 {
    let rows: Vec<(i64,)> = w.rows("select count(*) from ticket where filing in ('to_file', 'sending', 'doubt')").await;
    rows[0].0
}

async fn files_each_once(tracker: Tracker) {
    let filings: usize = std::env::var("LOOKBACK_FILINGS").map_or(40, |n| n.parse().unwrap());
    let w = filing_in(tracker).await;
    w.trackers.jira.lag(20);
    w.trackers.github.no_limits();
    w.trackers.linear.limit_requests(1_000_000);
    desk(&w, tracker).chaos(7, faults());
    for n in 1..=filings {
        w.says(MARIA, &format!("/retro action Move the service number {n} to the new cluster @noor by 2w")).await;
        w.passes(Duration::seconds(30)).await;
    }
    let mut minutes = 0;
    while waiting(&w).await > 0 {
        minutes += 1;
        assert!(minutes < 60 * 24 * 7, "{} still wait", waiting(&w).await);
        w.passes(Duration::minutes(1)).await;
    }
    let calls = desk(&w, tracker).journal().len();
    desk(&w, tracker).heal();
    // The sweeps of an hour and of a day later.
    w.advance(Duration::hours(27)).await;
    let count = |tickets: Vec<lookback_sim::trackers::Shown>| {
        let mut by_title: BTreeMap<String, usize> = BTreeMap::new();
        tickets.into_iter().for_each(|ticket| *by_title.entry(ticket.title).or_default() += 1);
        by_title
    };
    let (all, open) = (count(shown(&w, tracker)), count(open(&w, tracker)));
    let lost = filings - open.len();
    let doubled = open.values().filter(|n| **n > 1).count();
    let swept = all.values().filter(|n| **n > 1).count() - doubled;
    println!(
        "{}: {filings} filings, {calls} calls, 30 % of them failed: lost {lost}, doubled {doubled}, doubles closed by a sweep {swept}",
        tracker.name()
    );
    assert_eq!((lost, doubled), (0, 0), "{open:?}");
    w.ends().await;
}

#[tokio::test]
async fn jira_has_each_item_once_after_chaos() {
    files_each_once(Tracker::Jira).await;
}

#[tokio::test]
async fn linear_has_each_item_once_after_chaos() {
    files_each_once(Tracker::Linear).await;
}

#[tokio::test]
async fn github_has_each_item_once_after_chaos() {
    files_each_once(Tracker::GitHub).await;
}
