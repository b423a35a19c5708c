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
        assert_eq!(told(&w, "rejects my credentials"), [MARIA], "{tracker:?}");
        assert_eq!(told(&w, setting), [MARIA]);
        // A refused login is not repeated until the account is locked.
        let asked = desk(&w, tracker).journal().len();
        w.minutes(30).await;
        assert!(desk(&w, tracker).journal().len() - asked <= 4, "{}", desk(&w, tracker).journal().len() - asked);
        w.advance(Duration::days(1)).await;
        assert_eq!(told(&w, "rejects my credentials"), [MARIA]);
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
async fn a_second_reason_is_told_once_the_first_is_mended() {
    let w = filing_in(Tracker::Jira).await;
    let field = w.trackers.jira.require("OPS", "Cost centre").unwrap();
    finishes(&w).await;
    assert_eq!(told(&w, "Cost centre"), [MARIA]);
    w.trackers.jira.require("OPS", "Team").unwrap();
    w.trackers.jira.remove_field("OPS", &field);
    w.advance(Duration::hours(3)).await;
    assert_eq!((told(&w, "Cost centre"), told(&w, "Team")), (vec![MARIA], vec![MARIA]));
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

#[tokio::test]
async fn an_outage_of_writes_alone_is_told_too() {
    for tracker in Tracker::ALL {
        let w = filing_in(tracker).await;
        // One is filed, so that its state is read every five minutes, and that goes well.
        w.says(MARIA, "/retro action Write the runbook of the importer @sam by 1w").await;
        desk(&w, tracker).fault(create(tracker), Fault::Status { code: 503, effect: false }, 100_000);
        finishes(&w).await;
        w.minutes(30).await;
        assert_eq!(told(&w, "hasn't accepted anything from me for 15 minutes"), [MARIA], "{tracker:?}");
        // The pauses grow although what is read is answered.
        w.advance(Duration::hours(2)).await;
        let tries = |w: &World| writes(w, tracker).iter().filter(|call| call.operation == create(tracker)).count();
        let tried = tries(&w);
        w.advance(Duration::hours(1)).await;
        assert!((1..=5).contains(&(tries(&w) - tried)), "{tracker:?}: {} tries in an hour", tries(&w) - tried);
        desk(&w, tracker).heal();
        w.advance(Duration::hours(1)).await;
        assert_eq!((shown(&w, tracker).len(), told(&w, "answers again")), (3, vec![MARIA]), "{tracker:?}");
        w.ends().await;
    }
}

#[tokio::test]
async fn a_refused_change_is_told_once_and_made_once_it_is_allowed() {
    let w = filing_in(Tracker::Jira).await;
    finishes(&w).await;
    w.trackers.jira.forbid("OPS", "TRANSITION_ISSUES");
    w.says(MARIA, "/retro done 1").await;
    w.advance(Duration::hours(5)).await;
    assert_eq!(told(&w, "doesn't accept my change to"), [MARIA]);
    assert!(!shown(&w, Tracker::Jira)[0].is_closed);
    w.trackers.jira.permit("OPS", "TRANSITION_ISSUES");
    w.advance(Duration::hours(2)).await;
    assert!(shown(&w, Tracker::Jira)[0].is_closed);
    w.ends().await;
}

#[tokio::test]
async fn a_wrong_token_keeps_nobody_from_saving_other_settings() {
    let w = filing_in(Tracker::Linear).await;
    w.trackers.linear.expire();
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("length", "45")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Changed: Length of the meeting") && said.contains("rejects my credentials"), "{said}");
    // A new place is not taken unseen.
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("tickets_to", "SUP")]).await;
    assert!(w.form_errors(MARIA).iter().any(|(field, _)| field == "tickets_to"));
    w.ends().await;
}

#[tokio::test]
async fn what_waited_when_a_retro_was_cancelled_is_filed() {
    let w = filing_in(Tracker::Linear).await;
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    w.minutes(1).await;
    assert!(shown(&w, Tracker::Linear).is_empty());
    w.says(MARIA, "/retro cancel v2.1.0").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert_eq!(shown(&w, Tracker::Linear).len(), 1);
    w.ends().await;
}

#[tokio::test]
async fn what_waits_goes_elsewhere_also_after_a_restart() {
    let mut w = filing_in(Tracker::Jira).await;
    w.trackers.jira.require("OPS", "Cost centre").unwrap();
    finishes(&w).await;
    // Away for so long that a newer copy may have run: what waits is looked for before it is filed.
    w.away(Duration::minutes(30)).await;
    w.minutes(5).await;
    assert!(shown(&w, Tracker::Jira).is_empty());
    files_in(&w, Tracker::Linear, "ENG").await;
    w.minutes(1).await;
    assert_eq!(shown(&w, Tracker::Linear).len(), 2);
    w.advance(Duration::days(2)).await;
    assert!(shown(&w, Tracker::Jira).is_empty());
    w.ends().await;
}
