//! A lane that can go, goes within its pace, whatever the other lanes hold.

use chrono::Duration;

use crate::world::{Left, MARIA, RELEASES, SAM, Transport, World};
use lookback::rate_limits::Wait;
use lookback_core::ids::TeamId;
use lookback_sim::Fault;

/// Messages of a kind that wait, older than whatever comes after them; `more` sets a column of its own.
fn waiting(kind: &str, count: usize, (what, lane, way): (&str, &str, &str), (column, value): (&str, &str)) -> String {
    format!(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i < {count} - 1) \
insert into card (team_id, key, what, lane, way, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms, {column}) \
select 'T0PLAY', '{kind}/' || {lane}, '{what}', {lane}, '{way}', 1, 1, 0, 'idle', 0, 0, 0, false, 1, {value} from n;"
    )
}

#[tokio::test]
async fn whatever_waits_holds_nobody_else_up() {
    let w = World::crowd(192).await;
    let tomorrow = w.clock.now() + Duration::days(1);
    let (later, wait) = (tomorrow.timestamp_millis(), Wait { since: w.clock.now(), until: tomorrow });
    let facts = r#"{"card":{"Facts":1}}"#;
    let file = r#"{"file":{"user":"U01MARIA","name":"a.md"}}"#;
    w.bot().bot.lanes.retry_after(&TeamId("T0PLAY".into()), "files.completeUploadExternal", wait);
    let sql = [
        // Messages whose parent waits in a channel that takes nothing.
        waiting("agenda", 1, (r#"{"card":{"Agenda":1}}"#, "'C0SHUT'", "post"), ("parent", "null")),
        waiting("under", 1000, (facts, "'C1' || i", "post"), ("parent", "'agenda/1'")),
        "update card set key = 'agenda/1' where key = 'agenda/C0SHUT';".to_owned(),
        // Channels that take nothing.
        waiting("shut", 1000, (facts, "'C2' || i", "post"), ("parent", "null")),
        format!(
            "insert into parked_lane select distinct team_id, lane, {later}, {later}, 'is_archived' from card \
where lane = 'C0SHUT' or key like 'shut/%';"
        ),
        // Messages that failed and are tried later, messages that are set aside, and files while Slack takes none.
        waiting("failed", 1000, (facts, "'C3' || i", "post"), ("parent", "null")),
        format!("update card set due_ms = {later} where key like 'failed/%';"),
        waiting("aside", 1000, (facts, "'C4' || i", "post"), ("is_aside", "true")),
        waiting("file", 1000, (file, "'U4' || i", "file"), ("body", "'text'")),
        // Two hundred Home tabs that are to be drawn anew; each leaves at its own pace.
        "insert into card (team_id, key, what, lane, way, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms) \
select team_id, 'home/' || user_id, '{\"home\":\"' || user_id || '\"}', 'home/' || user_id, 'home', 3, 1, 0, 'idle', 0, 0, 0, false, 1 from person;"
            .to_owned(),
    ];
    w.sql(&sql.concat()).await;
    w.says(MARIA, "/retro start v1").await;
    w.form(MARIA).await;
    let start = w.clock.now();
    w.sends(MARIA, &[]).await;
    w.settle().await;
    let calls = w.sim.journal();
    let sent: Vec<_> = calls.iter().filter(|c| c.method == "chat.postMessage" && c.at >= start).collect();
    let dms: Vec<_> = sent.iter().filter(|c| c.args["channel"] != RELEASES).map(|c| c.at - start).collect();
    assert_eq!(dms.len(), 200);
    println!(
        "5,001 messages that wait, 200 Home tabs: first DM after {} ms, last of 200 after {} ms",
        dms[0].num_milliseconds(),
        dms[199].num_milliseconds()
    );
    assert!(dms[0] <= Duration::seconds(2), "{}", dms[0]);
    // 201 posts at 240 a minute.
    let pace = Duration::milliseconds(201 * 250);
    assert!(dms[199] <= pace * 21 / 20, "{}", dms[199]);
    assert!(calls.iter().filter(|c| c.method == "views.publish").count() >= 200, "Home tabs leave too");
    assert!(sent.iter().all(|c| !c.args["channel"].as_str().unwrap().starts_with("C1")));
    w.ends_with(Left { stuck: 1001, ..Left::default() }).await;
}

#[tokio::test]
async fn a_closed_channel_costs_one_call_an_hour_and_ends_after_thirty_days() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:24h meeting:2026-11-23T10:00").await;
    w.sim.archive(RELEASES, true).await;
    w.advance(Duration::days(2)).await;
    let dm = w.dm(MARIA);
    let told = |words: &str| w.seen(MARIA, &dm).iter().filter(|m| m.contains(words)).count();
    assert_eq!(told("I can't post in"), 1);
    let refused = w.calls("chat.postMessage");
    w.advance(Duration::days(1)).await;
    assert!(w.calls("chat.postMessage") - refused <= 25, "{}", w.calls("chat.postMessage") - refused);
    assert!(w.says(MARIA, "/retro status").await.contains("for a channel that I can't post in."));
    assert_eq!(told("I have stopped trying"), 0);
    w.advance(Duration::days(30)).await;
    assert_eq!(told("I have stopped trying"), 1);
    let refused = w.calls("chat.postMessage");
    w.advance(Duration::days(2)).await;
    assert_eq!(w.calls("chat.postMessage"), refused, "nothing is tried any more");
    // Once somebody asks for it, everything goes.
    w.sim.archive(RELEASES, false).await;
    w.clicks(MARIA, &dm, "Post it again").await;
    w.settle().await;
    assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Agenda: ")), "{:?}", w.public(RELEASES));
    // The change of the kickoff is tried beside the agenda, or waits with it.
    let changed = w.journal_errors().iter().any(|c| c.method == "chat.update");
    w.ends_refused(if changed { &["chat.postMessage", "chat.update"] } else { &["chat.postMessage"] }).await;
}

#[tokio::test]
async fn a_channel_that_takes_no_new_messages_still_takes_changes() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.sim.fault("chat.postMessage", Fault::Error { code: "restricted_action_read_only_channel", effect: false }, 1);
    w.says(MARIA, "/retro start v2 @noor").await;
    // The kickoff of v2 waits with its channel; the one of v1 is still changed.
    assert!(!w.public(RELEASES).iter().any(|m| m.contains("*v2*")));
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Nothing to add").await;
    assert!(w.public(RELEASES)[0].contains("1 of 8"), "{:?}", w.public(RELEASES));
    w.advance(Duration::hours(2)).await;
    assert!(w.public(RELEASES).iter().any(|m| m.contains("*v2*")), "the channel is tried again");
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn commands_that_need_the_same_facts_share_one_call_and_wait_in_order() {
    let w = World::new(Transport::Http).await;
    w.sim.fault("conversations.info", Fault::RateLimit(100), 1);
    for n in 0..200 {
        let payload = w.sim.command_payload(MARIA, RELEASES, &format!("start v{n} @sam"));
        assert!(w.sim.once("slash_commands", &payload).await.is_ok());
    }
    w.settle().await;
    assert_eq!((w.calls("conversations.info"), w.calls("conversations.members")), (2, 1));
    let opened = w.public(RELEASES);
    let at = |n: usize| opened.iter().position(|m| m.contains(&format!("Retrospective of *v{n}*")));
    let places: Vec<Option<usize>> = (0..200).map(at).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}");
    w.ends_refused(&["conversations.info"]).await;
}
