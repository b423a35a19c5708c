//! A tracker that is down, refuses the token, or refuses a ticket.

use chrono::Duration;
use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::Fault;

use super::board::{create, desk, files, files_in, filing_in, shown, writes};
use crate::world::{HUMANS, MARIA, RELEASES, SAM, Transport, World};

/// A retro that Maria leads is finished while the tracker is as it is; its items wait.
pub async fn finishes(w: &World) {
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    w.answers(SAM, &[(0, "smooth")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    w.says(MARIA, "/retro action Rehearse the rollback @sam by 2w").await;
    w.says(MARIA, "/retro finish").await;
}

/// What everybody was told by DM that contains these words, with whom.
fn told(w: &World, words: &str) -> Vec<&'static str> {
    let of = |who: &&'static str| w.seen(who, &w.dm(who)).iter().filter(|m| m.contains(words)).count();
    HUMANS.iter().flat_map(|who| std::iter::repeat_n(*who, of(who))).collect()
}

#[tokio::test]
async fn down_for_a_day_loses_nothing_and_tells_one_person_twice() {
    for tracker in Tracker::ALL {
        let w = filing_in(tracker).await;
        desk(&w, tracker).fault("*", Fault::Status { code: 503, effect: false }, 100_000);
        finishes(&w).await;
        w.minutes(14).await;
        assert_eq!(told(&w, "hasn't accepted anything from me for 15 minutes"), Vec::<&str>::new(), "{tracker:?}");
        w.minutes(3).await;
        assert_eq!(told(&w, "hasn't accepted anything from me for 15 minutes"), [MARIA], "{tracker:?}");
        w.advance(Duration::days(1)).await;
        let asked = desk(&w, tracker).journal().len();
        w.advance(Duration::hours(1)).await;
        assert!(desk(&w, tracker).journal().len() - asked <= 12, "it is asked too often");
        desk(&w, tracker).heal();
        w.advance(Duration::hours(1)).await;
        assert_eq!(shown(&w, tracker).len(), 2, "{tracker:?}");
        assert_eq!(told(&w, "answers again"), [MARIA], "{tracker:?}");
        assert_eq!(told(&w, "hasn't accepted"), [MARIA]);
        assert!(w.public(RELEASES).iter().all(|m| !m.contains(tracker.name())), "{:?}", w.public(RELEASES));
        w.ends().await;
    }
}

#[tokio::test]
async fn a_token_that_ran_out_is_told_once_with_its_setting() {
    for (tracker, setting) in
        [(Tracker::Jira, "JIRA_API_TOKEN"), (Tracker::Linear, "LINEAR_API_KEY"), (Tracker::GitHub, "GITHUB_TOKEN")]
    {
        let mut w = filing_in(tracker).await;
        match tracker {
            Tracker::Jira => w.trackers.jira.expire(),
            Tracker::Linear => w.trackers.linear.expire(),
            Tracker::GitHub => w.trackers.github.expire(),
        }
        finishes(&w).await;
        assert_eq!(told(&w, "refuses my access"), [MARIA], "{tracker:?}");
        assert_eq!(told(&w, setting), [MARIA]);
        // A refused login is not repeated until the account is locked.
        let asked = desk(&w, tracker).journal().len();
        w.minutes(30).await;
        assert!(desk(&w, tracker).journal().len() - asked <= 4, "{}", desk(&w, tracker).journal().len() - asked);
        w.advance(Duration::days(1)).await;
        assert_eq!(told(&w, "refuses my access"), [MARIA]);
        match tracker {
            Tracker::Jira => w.trackers.jira.renew(),
            Tracker::Linear => w.trackers.linear.renew(),
            Tracker::GitHub => w.trackers.github.restore(),
        }
        // A restart tries at once.
        w.restart().await;
        w.minutes(1).await;
        assert_eq!(shown(&w, tracker).len(), 2, "{tracker:?}");
        // No token in anything that anybody reads.
        let seen: Vec<String> = HUMANS.iter().flat_map(|who| w.seen(who, &w.dm(who))).collect();
        for secret in [
            lookback_sim::trackers::jira::TOKEN,
            lookback_sim::trackers::linear::KEY,
            lookback_sim::trackers::github::TOKEN,
        ] {
            assert!(seen.iter().all(|m| !m.contains(secret)));
        }
        w.ends().await;
    }
}

#[tokio::test]
async fn a_refused_ticket_names_the_field_and_others_go_on() {
    let w = filing_in(Tracker::Jira).await;
    w.says(MARIA, "/retro action Write the runbook of the importer @sam by 1w").await;
    assert_eq!(shown(&w, Tracker::Jira).len(), 1);
    w.trackers.jira.require("OPS", "Cost centre").unwrap();
    finishes(&w).await;
    assert_eq!(told(&w, "Cost centre"), [MARIA]);
    w.minutes(5).await;
    let tries = desk(&w, Tracker::Jira).journal().len();
    w.minutes(40).await;
    assert!(desk(&w, Tracker::Jira).journal().len() - tries <= 30, "it is tried too often");
    assert_eq!(told(&w, "Cost centre"), [MARIA]);
    // The other ticket is still followed.
    w.says(MARIA, "/retro done 1").await;
    assert!(shown(&w, Tracker::Jira)[0].is_closed);
    // Another place takes what waits, and takes it at once.
    files_in(&w, Tracker::Linear, "ENG").await;
    assert_eq!(shown(&w, Tracker::Linear).len(), 2);
    w.advance(Duration::hours(3)).await;
    assert_eq!(shown(&w, Tracker::Jira).len(), 1);
    w.ends().await;
}

#[tokio::test]
async fn a_wait_that_a_tracker_asks_for_is_kept() {
    for tracker in Tracker::ALL {
        let w = filing_in(tracker).await;
        desk(&w, tracker).fault(create(tracker), Fault::Limited(Some(300)), 1);
        w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
        let asked = desk(&w, tracker).journal().len();
        for _ in 0..28 {
            w.passes(Duration::seconds(10)).await;
        }
        assert_eq!(desk(&w, tracker).journal().len(), asked, "{tracker:?} is asked within its wait");
        w.passes(Duration::seconds(30)).await;
        assert_eq!(shown(&w, tracker).len(), 1, "{tracker:?}");
        assert_eq!(told(&w, "hasn't accepted"), Vec::<&str>::new());
        w.ends().await;
    }
}

#[tokio::test]
async fn a_token_that_may_not_create_is_told_with_the_right() {
    let w = filing_in(Tracker::GitHub).await;
    w.trackers.github.forbid("issues");
    finishes(&w).await;
    assert_eq!(told(&w, "not allowed to create tickets"), [MARIA]);
    assert!(shown(&w, Tracker::GitHub).is_empty());
    w.ends().await;
}

#[tokio::test]
async fn without_an_email_scope_the_owner_is_named_in_the_text() {
    let w = World::tracking(Transport::Http).await;
    w.sim.grant("users:read.email", false);
    files(&w, Tracker::Jira).await;
    w.says(MARIA, "/retro action Automate the smoke tests @maria by 2w").await;
    let ticket = shown(&w, Tracker::Jira).remove(0);
    assert_eq!(ticket.assignee, None);
    assert!(ticket.text.contains("Owner: maria"), "{}", ticket.text);
    assert_eq!(writes(&w, Tracker::Jira).len(), 1);
    w.ends().await;
}
