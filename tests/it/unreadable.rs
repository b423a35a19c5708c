//! A row that cannot be read stops itself alone: nothing waits behind it, and no default takes its place.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

/// The database of the first release, with `sql` run on it.
async fn with(sql: &str) -> World {
    World::left_by("0.1.0", Transport::Http, sql).await
}

/// What a question to the database counts.
pub async fn count(w: &World, sql: &str) -> i64 {
    w.rows::<(i64,)>(sql).await[0].0
}

/// What `lookback doctor` says about rows.
async fn doctor(w: &World) -> String {
    let config = w.config();
    let checks = lookback::cli::doctor::examine(Ok(config), std::path::Path::new("none.toml")).await;
    checks.into_iter().find(|check| check.what == "rows").unwrap().detail
}

const REFUSED: &str = "went wrong on my side";

#[tokio::test]
async fn an_unknown_step_holds_up_no_other_deadline() {
    let mut w = with("insert into timer (team_id, retro_id, step, due_ms) select team_id, retro_id, 'teleport', 1 from timer limit 1").await;
    w.advance(Duration::days(4)).await;
    assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Agenda: ") && m.contains("*v2.2.0*")));
    // It is still there, for a version that knows it.
    assert_eq!(count(&w, "select count(*) from due where step = 'teleport' and is_aside = true").await, 1);
    // At the next start it is tried again, and set aside again.
    w.restart().await;
    assert_eq!(count(&w, "select count(*) from due where step = 'teleport' and is_aside = true").await, 1);
    let said = doctor(&w).await;
    assert!(said.starts_with("1 row is set aside: due.step of the row"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn an_unknown_phase_is_no_cancelled_retro() {
    let w = with("update retro set phase = 'paused' where version = 'v2.2.0'").await;
    w.advance(Duration::days(4)).await;
    assert!(!w.public(RELEASES).iter().any(|m| m.starts_with("Agenda: ") && m.contains("*v2.2.0*")));
    assert_eq!(count(&w, "select count(*) from retro where version = 'v2.2.0' and phase = 'paused'").await, 1);
    // The retro beside it goes on.
    assert!(w.says(MARIA, "/retro status v2.1.0").await.contains("v2.1.0"));
    let dm = w.dm(JONAS);
    w.clicks(JONAS, &dm, "Nothing to add").await;
    assert!(
        w.last(JONAS, &dm).contains(REFUSED) || w.seen(JONAS, &dm).iter().any(|m| m.contains(REFUSED)),
        "{:?}",
        w.seen(JONAS, &dm)
    );
    w.ends().await;
}

#[tokio::test]
async fn unreadable_settings_are_refused_and_stay_as_they_are() {
    let w = with(
        "insert into channel_config (team_id, channel_id, body) values ('T0PLAY', 'C01REL', '{\"length\": \"long\"}') \
on conflict (team_id, channel_id) do update set body = excluded.body",
    )
    .await;
    let said = w.says(MARIA, "/retro start v9.0.0").await;
    assert!(said.contains(REFUSED), "{said}");
    assert_eq!(count(&w, "select count(*) from channel_config where body = '{\"length\": \"long\"}'").await, 1);
    let said = doctor(&w).await;
    assert!(said.contains("channel_config.body of the row C01REL cannot be read. A newer version"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn an_unreadable_item_is_left_out_of_lists_and_reminders() {
    let w = with("update action_item set state = 'lost', nag_ms = 1 where number = 1").await;
    let said = w.says(NOOR, "/retro action Write the rollback steps down <@U02NOOR> by 2026-11-26").await;
    assert!(said.contains("Write the rollback"), "{said}");
    w.advance(Duration::days(10)).await;
    let listed = w.says(NOOR, "/retro actions all").await;
    assert!(listed.contains("Write the rollback") && !listed.contains("#1*"), "{listed}");
    let dm = w.dm(NOOR);
    assert!(w.seen(NOOR, &dm).iter().any(|m| m.contains("Write the rollback")), "{:?}", w.seen(NOOR, &dm));
    assert_eq!(
        count(&w, "select count(*) from due d join action_item i on i.channel_id = d.channel_id and i.number = d.number where d.number = 1 and i.state = 'lost' and d.is_aside = true").await,
        1
    );
    w.ends().await;
}

#[tokio::test]
async fn unreadable_messages_let_others_pass() {
    let insert = |i: usize| {
        format!(
            "insert into card (team_id, key, what, lane, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms) \
values ('T0PLAY', 'novel/{i}', '{{\"k\":\"novel\"}}', 'C01REL', 0, 1, 0, 'idle', 0, 0, 0, 0, 1795165200000 + {i});"
        )
    };
    // More of them than are looked at in one go.
    let w = with(&(0..150).map(insert).collect::<String>()).await;
    assert!(w.says(SAM, "/retro help").await.contains("/retro start"));
    assert_eq!(count(&w, "select count(*) from card where key like 'novel/%' and is_aside = true").await, 150);
    w.ends().await;
}

#[tokio::test]
async fn an_unreadable_request_is_set_aside() {
    let w = with("insert into errand (id, team_id, request, due_ms, attempts, made_ms) values (7, 'T0PLAY', '{}', 0, 0, 1795165200000)").await;
    assert_eq!(
        count(&w, "select count(*) from due where kind = 'request' and number = 7 and is_aside = true").await,
        1
    );
    let said = doctor(&w).await;
    assert!(said.contains("due.sealed of the row 7 cannot be read"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn unreadable_settings_lose_no_event() {
    let w = with(
        "insert into channel_config (team_id, channel_id, body) values ('T0PLAY', 'C01REL', '{\"length\": \"long\"}') \
on conflict (team_id, channel_id) do update set body = excluded.body",
    )
    .await;
    let ts = w.sim.read(|s| s.messages.iter().find(|m| m.channel == RELEASES).unwrap().ts.clone());
    w.sim.react(SAM, RELEASES, &ts, "eyes").await;
    w.sim.member(NOOR, RELEASES, false).await;
    w.advance(Duration::minutes(1)).await;
    // Who left is known to have left, and their items went to the facilitator.
    assert_eq!(count(&w, "select is_present from member where channel_id = 'C01REL' and user_id = 'U02NOOR'").await, 0);
    assert_eq!(count(&w, "select count(*) from action_item where owner = 'U02NOOR' and state = 'open'").await, 0);
    w.ends().await;
}

#[tokio::test]
async fn one_damaged_answer_holds_up_no_other_retro_and_is_told() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:24h").await;
    w.says_in(SAM, "C03OPS", "/retro start v7 closes:25h").await;
    w.answers(JONAS, &[(0, "Deploys were calm")]).await;
    let damaged = w.bytes("00010203");
    w.sql(&format!("update sheet set body = {damaged} where retro_id = (select id from retro where version = 'v1')"))
        .await;
    w.advance(Duration::hours(26)).await;
    assert!(w.public("C03OPS").iter().any(|m| m.starts_with("Agenda: ")), "{:?}", w.public("C03OPS"));
    assert!(!w.public(RELEASES).iter().any(|m| m.starts_with("Agenda: ")));
    w.advance(Duration::hours(2)).await;
    let dm = w.dm(MARIA);
    let told: Vec<_> = w.seen(MARIA, &dm).into_iter().filter(|m| m.starts_with("I couldn't close")).collect();
    assert_eq!(told.len(), 1, "{:?}", w.seen(MARIA, &dm));
    assert_eq!(count(&w, "select count(*) from due where kind = 'deadline' and is_aside = true").await, 1);
    w.ends().await;
}

#[tokio::test]
async fn messages_that_cannot_be_worded_hold_up_no_others() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(JONAS, &[(0, "Deploys were calm")]).await;
    let damaged = w.bytes("00010203");
    w.sql(&format!("update sheet set body = {damaged}")).await;
    w.sql(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20) \
insert into card (team_id, key, what, retro_id, lane, way, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms) \
select 'T0PLAY', 'share/' || retro.id || '/' || i, '{\"card\":{\"Share\":{\"retro\":' || retro.id || ',\"user\":\"U05JONAS\"}}}', \
retro.id, 'C9' || i, 'post', 1, 1, 0, 'idle', 0, 0, 0, false, 1 from n, retro;",
    )
    .await;
    w.says(MARIA, "/retro action Automate the smoke tests @jonas by 2w").await;
    let said = w.says(MARIA, "/retro status").await;
    assert!(said.contains("v1"), "{said}");
    let said = w.says_in(SAM, "C03OPS", "/retro start v7").await;
    assert!(w.public("C03OPS").iter().any(|m| m.contains("v7")), "{said} {:?}", w.stuck().await);
    w.advance(Duration::hours(3)).await;
    assert_eq!(count(&w, "select count(*) from card where is_aside = true").await, 20);
    w.ends().await;
}
