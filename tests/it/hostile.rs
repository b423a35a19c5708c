//! Bad input and hostile text: a clear sentence or the right status, one effect at most, nobody pinged.

use serde_json::{Value, json};

use crate::world::{JONAS, Left, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback_sim::workspace::Person;
use lookback_sim::{Copies, Place, SIGNING_SECRET};

#[tokio::test]
async fn what_cannot_be_is_refused_in_a_sentence_and_changes_nothing() {
    let w = World::new(Transport::Http).await;
    for (line, words) in [
        ("strat v1", "Did you mean `/retro start`?"),
        ("start", "Which release?"),
        ("start v1 closes:yesterday", "in the past"),
        ("start v1 closes:3/4", "could be"),
        ("start v1 closes:soonish", "can't read “soonish” as a date"),
        ("start v1 closes:3d meeting:tomorrow", "is before the survey closes"),
        ("start v1 length:500", "30-120 minutes"),
        ("start v1 named anonymous", "contradict"),
        ("start v1 @buildbot", "is a bot or a deactivated account"),
        ("start v1 @gone", "is a bot or a deactivated account"),
        ("start v1 @nobody", "pick the name from the list"),
        ("status", "No retro is open in this channel"),
        ("agenda v1", "No retro for *v1*"),
        ("finish", "No retro is open"),
        ("nudge", "No retro is open"),
        ("note bad x", "well, improve, surprise, change or other"),
        ("kudos @maria for me", "someone else"),
        ("kudos @buildbot for building", "is a bot or a deactivated account"),
        ("action Fix it @sam by friday 12:00", "could be"),
        ("action Fix it @gone by 1w", "is a bot or a deactivated account"),
        ("action Fix it @sam by next sprint", "don't know this channel's sprints"),
        ("done", "Which action item?"),
        ("done 7", "no action item #7"),
        ("drop 7", "say why"),
        ("lead @noor", "No retro is open"),
        ("cancel", "No retro is open"),
        ("<!channel> <https://evil.example|free money>", "I don't know"),
    ] {
        let said = w.says(MARIA, &format!("/retro {line}")).await;
        assert!(said.contains(words), "{line}: {said}");
        assert!(!said.contains("<!channel>") && !said.contains("<https://evil"), "{line}: {said}");
        assert!(!said.contains('\n'), "{line}: one line, not {said}");
    }
    assert_eq!(w.public(RELEASES), Vec::<String>::new());
    assert_eq!(w.says(MARIA, "/retro actions all").await, "All action items: none. Add one with `/retro action …`.");
    w.ends().await;
}

#[tokio::test]
async fn places_where_the_bot_cannot_be() {
    let w = World::new(Transport::Http).await;
    let said = w.says_in(MARIA, "C02GEN", "/retro start v1").await;
    assert!(said.contains("/invite @lookback"), "{said}");
    // People outside a private channel learn nothing of it.
    let said = w.says_in(NOOR, RELEASES, "/retro start v1 in <#C03OPS|ops>").await;
    assert!(said.contains("can't find that channel, or you're not in it"), "{said}");
    let said = w.dms(NOOR, "status in <#C03OPS|ops>").await;
    assert!(said.contains("can't find that channel, or you're not in it"), "{said}");
    let said = w.dms(NOOR, "start v1 in <#C77NONE|none>").await;
    assert!(said.contains("can't find that channel"), "{said}");
    w.sim.archive(RELEASES, true).await;
    let said = w.says(MARIA, "/retro start v1").await;
    assert!(said.contains("archived"), "{said}");
    w.sim.archive(RELEASES, false).await;
    // Sam has left the channel.
    w.sim.member(SAM, RELEASES, false).await;
    let said = w.says(SAM, "/retro start v1").await;
    assert!(said.contains("Only members of the channel"), "{said}");
    w.sim.member(SAM, RELEASES, true).await;
    let said = w.says(SAM, "/retro start v1 <@U99NOBODY>").await;
    assert!(said.contains("I don't know <@U99NOBODY>"), "{said}");
    assert!(w.says(SAM, "/retro start v1").await.contains("is open"));
    w.ends_refused(&["conversations.info", "users.info"]).await;
}

#[tokio::test]
async fn only_bots_is_nobody_to_ask() {
    let mut ws = lookback_sim::workspace::Workspace::example();
    ws.channels[0].members = vec!["U10BUILD".into(), "U11LOOK".into(), "U09GONE".into(), MARIA.into()];
    ws.people[0].deleted = false;
    let w = World::with(Transport::Http, ws).await;
    w.sim.arrange(|s| s.people.iter_mut().find(|p| p.id == MARIA).unwrap().is_bot = false);
    let said = w.says(MARIA, "/retro start v1").await;
    assert!(said.contains("I'm asking 1 person"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn strangers_take_part_only_when_named() {
    let mut ws = lookback_sim::workspace::Workspace::example();
    ws.people.push(Person {
        id: "U50EXT".into(),
        name: "ext".into(),
        tz: "UTC".into(),
        other_team: Some("T9OTHER".into()),
        ..Person::default()
    });
    ws.channels[0].members.push("U50EXT".into());
    let w = World::with(Transport::Http, ws).await;
    assert!(w.says(MARIA, "/retro start v1").await.contains("I'm asking 8 people"));
    assert!(w.says(MARIA, "/retro start v2 @sam @ext").await.contains("I'm asking 2 people"));
    w.answers("U50EXT", &[(0, "from outside")]).await;
    assert!(w.public(RELEASES)[1].contains("1 of 2 answered"));
    assert!(w.says("U50EXT", "/retro start v3").await.contains("People from other companies"));
    w.ends().await;
}

#[tokio::test]
async fn somebody_who_cannot_be_messaged_leaves_the_count() {
    let w = World::new(Transport::Http).await;
    w.sim.arrange(|s| s.people.iter_mut().find(|p| p.id == SAM).unwrap().refuses = Some("user_not_found".into()));
    w.says(MARIA, "/retro start v1").await;
    assert!(w.public(RELEASES)[0].contains("0 of 7 answered"), "{}", w.public(RELEASES)[0]);
    assert!(w.says(MARIA, "/retro status").await.contains("Slack cannot deliver to: <@U03SAM>"));
    // The survey for Sam.
    w.ends_with(Left { refused: &["chat.postMessage"], stuck: 1, ..Left::default() }).await;
}

#[tokio::test]
async fn forms_that_are_empty_long_or_late() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Answer the survey").await;
    w.sends(SAM, &[("q0", "  ")]).await;
    assert_eq!(
        w.form_errors(SAM),
        [(
            "q0".to_owned(),
            "Please answer at least one question, or close this form and press “Nothing to add”.".to_owned()
        )]
    );
    w.sends(SAM, &[("q1", &"x".repeat(50_000))]).await;
    assert_eq!(
        w.form_errors(SAM),
        [("q1".to_owned(), "Please keep this under 3000 characters; it has 50000.".to_owned())]
    );
    w.forges(SAM, &[("q4", "11")]).await;
    assert_eq!(
        w.form_errors(SAM),
        [("q4".to_owned(), "Please give one whole number from 1 to 10, such as 8.".to_owned())]
    );
    w.says(MARIA, "/retro agenda").await;
    w.sends(SAM, &[("q0", "too late")]).await;
    let shown = w.sim.read(|s| s.views.iter().rfind(|v| v.user == SAM).unwrap().view.to_string());
    assert!(shown.contains("The survey for v1 is closed, so this wasn't saved"), "{shown}");
    assert!(!w.public(RELEASES).concat().contains("too late"));
    w.ends().await;
}

#[tokio::test]
async fn buttons_of_what_is_over() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    let old = w.button(SAM, &dm, "Answer the survey").unwrap();
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    let place = || Place::Message { channel: dm.clone(), ts: old.0.clone() };
    w.sim.press(SAM, place(), &old.1, &old.2, json!({"value": old.3})).await;
    w.settle().await;
    assert!(w.last(SAM, &dm).contains("is already cancelled"), "{}", w.last(SAM, &dm));
    w.sim.press(SAM, place(), "b", "v0/old_button#0", json!({"value": "{}"})).await;
    w.settle().await;
    assert!(w.last(SAM, &dm).contains("has expired"), "{}", w.last(SAM, &dm));
    w.ends().await;
}

#[tokio::test]
async fn hostile_text_stays_text_everywhere() {
    let nasty = "<!channel> <!here> @channel <@U03SAM> <https://evil.example|bank> &lt;!everyone&gt; *b* _i_ `c` \u{202e}abc\u{0} שלום 日本語 🎉 [x](https://evil.example) =1+1";
    let w = World::new(Transport::Http).await;
    w.says(MARIA, &format!("/retro start {}", "<!channel>v1")).await;
    w.says(MARIA, "/retro start v1&2 named").await;
    w.answers(SAM, &[(0, nasty), (1, nasty), (2, nasty), (3, nasty), (5, nasty)]).await;
    w.says(NOOR, &format!("/retro note improve {nasty}")).await;
    w.says(NOOR, &format!("/retro kudos @sam for {nasty}")).await;
    w.says(NOOR, &format!("/retro action {nasty} @jonas by 1w high because {nasty}")).await;
    w.says(JONAS, &format!("/retro done 1 {nasty}")).await;
    w.says(NOOR, &format!("/retro {nasty}")).await;
    w.says(NOOR, "/retro notes").await;
    w.says(NOOR, "/retro actions all").await;
    w.says(MARIA, "/retro agenda v1&2").await;
    w.says(MARIA, "/retro finish v1&2").await;
    let sent: Vec<Value> = w.sim.journal().into_iter().map(|c| c.args).collect();
    let all = w.sim.read(|s| {
        s.messages
            .iter()
            .filter(|m| m.user == s.bot_user)
            .map(|m| (m.text.clone(), json!(m.blocks)))
            .collect::<Vec<_>>()
    });
    let mut mrkdwn: Vec<String> = all.iter().map(|(text, _)| text.clone()).collect();
    for value in sent.iter().chain(all.iter().map(|(_, b)| b)) {
        collect_mrkdwn(value, &mut mrkdwn);
    }
    assert!(mrkdwn.len() > 50);
    for text in &mrkdwn {
        for bad in ["<!channel", "<!here", "<!everyone", "<https://evil", "\u{202e}", "\u{0}"] {
            assert!(!text.contains(bad), "{bad:?} in {text:?}");
        }
        assert!(!text.contains("<@U03SAM> &lt;https"), "a mention out of typed text: {text}");
    }
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().cloned())).unwrap();
    assert!(
        !file.text().contains("](https://evil")
            && !file.text().contains("https://evil")
            && !file.text().replace("\\<", "").contains('<'),
        "{}",
        file.text()
    );
    w.ends().await;
}

/// The text of every mrkdwn object, and of every fallback.
fn collect_mrkdwn(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if map.get("type").and_then(Value::as_str) == Some("mrkdwn") {
                assert_eq!(map.get("verbatim"), Some(&Value::Bool(true)), "{map:?}");
                out.extend(map.get("text").and_then(Value::as_str).map(str::to_owned));
            } else if !map.contains_key("type") {
                out.extend(map.get("text").and_then(Value::as_str).map(str::to_owned));
            }
            map.values().for_each(|v| collect_mrkdwn(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| collect_mrkdwn(v, out)),
        _ => {}
    }
}

/// Posts raw bytes to the bot.
async fn post(w: &World, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    use http_body_util::Full;
    use hyper_util::client::legacy::Client;
    let url = format!("http://{}/slack/events", w.bot().address);
    let mut request = hyper::Request::post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client: Client<_, Full<axum::body::Bytes>> = Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Full::from(body)).unwrap()).await;
    // The server may close the connection when the body is too large.
    answer.map_or(413, |a| a.status().as_u16())
}

fn sign(secret: &str, stamp: i64, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("v0:{stamp}:").as_bytes()).chain_update(body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn requests_that_are_forged_old_large_or_broken() {
    let w = World::new(Transport::Http).await;
    let now = w.clock.now().timestamp();
    let form = "application/x-www-form-urlencoded";
    let good =
        b"command=%2Fretro&text=help&team_id=T0PLAY&user_id=U01MARIA&channel_id=C01REL&trigger_id=1.2.x".to_vec();
    let send = async |kind: &str, stamp: i64, secret: &str, body: &[u8]| {
        let signature = sign(secret, stamp, body);
        let stamp = stamp.to_string();
        post(
            &w,
            &[("content-type", kind), ("x-slack-request-timestamp", &stamp), ("x-slack-signature", &signature)],
            body.to_vec(),
        )
        .await
    };
    assert_eq!(send(form, now, SIGNING_SECRET, &good).await, 200);
    assert_eq!(send(form, now, "another secret", &good).await, 401);
    for off in [-301, 301, -86_400, 86_400] {
        assert_eq!(send(form, now + off, SIGNING_SECRET, &good).await, 401, "{off}");
    }
    assert_eq!(post(&w, &[("content-type", form)], good.clone()).await, 401);
    assert_eq!(post(&w, &[("content-type", form)], b"ssl_check=1&token=x".to_vec()).await, 200);
    assert_eq!(send(form, now, SIGNING_SECRET, &vec![b'a'; (1 << 20) + 1]).await, 413);
    for (kind, body) in [
        ("application/json", &b"{"[..]),
        ("application/json", b"[]"),
        ("application/json", b"{}"),
        ("application/json", b"null"),
        ("application/json", b"{\"type\":\"event_callback\"}"),
        (form, b"payload={"),
        (form, b"payload=%7B%7D"),
        (form, b""),
        (form, b"a=b"),
        ("text/plain", b"hello"),
        (form, b"\xff\xfe"),
        ("application/json", "[".repeat(100_000).as_bytes()),
    ] {
        assert_eq!(
            send(kind, now, SIGNING_SECRET, body).await,
            400,
            "{:?}",
            String::from_utf8_lossy(&body[..body.len().min(40)])
        );
    }
    for (kind, body) in [
        (
            "application/json",
            r#"{"type":"event_callback","team_id":"T0PLAY","event_id":"E1","event":{"type":"a_new_kind"}}"#,
        ),
        (
            "application/json",
            r#"{"type":"event_callback","team_id":"T0PLAY","event_id":"E1","event":{"type":"message"}}"#,
        ),
        (
            "application/json",
            r#"{"type":"event_callback","team_id":"T9WRONG","event_id":"E1","event":{"type":"app_mention","user":"U1","text":"help","ts":"1.1","channel":"C1"}}"#,
        ),
        ("application/json", r#"{"type":"app_rate_limited","team_id":"T0PLAY","minute_rate_limited":1}"#),
        (form, "payload=%7B%22type%22%3A%22a_new_kind%22%7D"),
        (
            form,
            "payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%2C%22team%22%3A%7B%22id%22%3A%22T0PLAY%22%7D%2C%22actions%22%3A%5B%5D%7D",
        ),
    ] {
        assert_eq!(send(kind, now, SIGNING_SECRET, body.as_bytes()).await, 200, "{body}");
    }
    assert_eq!(w.public(RELEASES), Vec::<String>::new());
    w.ends().await;
}

#[tokio::test]
async fn every_delivery_three_times_has_one_effect() {
    for transport in [Transport::Http, Transport::Socket] {
        let w = World::new(transport).await;
        w.sim.copies(Copies { more: 2, new_ids: true });
        w.says(MARIA, "@lookback start v1").await;
        w.answers(SAM, &[(0, "good"), (1, "slow")]).await;
        w.says(NOOR, "/retro note improve Too loud").await;
        w.says(NOOR, "/retro action Turn it down @jonas by 1w").await;
        w.dms(JONAS, "retro note well It went up in #releases").await;
        w.clicks(JONAS, &w.dm(JONAS), "Use what I typed").await;
        w.says(JONAS, "/retro done 1").await;
        w.says(MARIA, "/retro finish").await;
        w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
        let public = w.public(RELEASES);
        assert_eq!(public.len(), 4, "kickoff, agenda, summary, document: {public:#?}");
        assert_eq!(public[2].matches("Too loud").count(), 1);
        assert_eq!(w.says(NOOR, "/retro actions all").await.matches("• #").count(), 1);
        for user in crate::world::HUMANS {
            let surveys = w.seen(user, &w.dm(user)).into_iter().filter(|m| m.contains("the *v1* release (<#")).count();
            assert_eq!(surveys, 1, "{user}");
        }
        w.ends().await;
    }
}

#[tokio::test]
async fn events_in_the_wrong_order_end_where_they_should() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.clock.advance(chrono::Duration::seconds(5));
    w.sim.hold();
    w.sim.member(SAM, RELEASES, false).await;
    w.clock.advance(chrono::Duration::seconds(5));
    w.sim.member(SAM, RELEASES, true).await;
    w.sim.say(NOOR, RELEASES, None, "@lookback note well First").await;
    w.sim.say(NOOR, RELEASES, None, "@lookback note well Second").await;
    w.sim.release().await;
    w.settle().await;
    assert!(w.says(SAM, "/retro note well I am here").await.contains("Noted"));
    let notes = w.says(NOOR, "/retro notes").await;
    assert!(notes.contains("First") && notes.contains("Second"), "{notes}");
    // In the other order: Sam joined, then left, so he is no member.
    w.sim.hold();
    w.clock.advance(chrono::Duration::seconds(5));
    w.sim.member(SAM, RELEASES, true).await;
    w.clock.advance(chrono::Duration::seconds(5));
    w.sim.member(SAM, RELEASES, false).await;
    w.sim.release().await;
    assert!(w.says(SAM, "/retro note well Still here").await.contains("Only members of the channel"));
    w.ends().await;
}

#[tokio::test]
async fn three_hundred_long_notes_fit_into_slack() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    for n in 0..300 {
        let stage = ["well", "improve", "surprise", "change", "other"][n % 5];
        let word = format!("w{n} ").repeat(700);
        w.sim.say(NOOR, RELEASES, None, &format!("/retro note {stage} {word}")).await;
    }
    for n in 0..30 {
        w.sim
            .say(NOOR, RELEASES, None, &format!("/retro action {} @sam by 1w high", format!("task{n} ").repeat(60)))
            .await;
        w.sim.say(NOOR, RELEASES, None, &format!("/retro kudos @sam for {}", format!("help{n} ").repeat(300))).await;
    }
    w.says(NOOR, "/retro notes").await;
    w.says(NOOR, "/retro actions").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    let summary = w.sim.read(|s| {
        let summary = s.messages.iter().find(|m| m.text.contains("retrospective: summary"));
        summary.map(|m| json!(m.blocks).to_string()).unwrap()
    });
    assert!(summary.contains("+20 more"), "{summary}");
    let blocks = w.sim.read(|s| {
        s.messages
            .iter()
            .filter(|m| m.channel == RELEASES && m.visible_to.is_none())
            .map(|m| m.blocks.len())
            .max()
            .unwrap()
    });
    assert!(blocks > 9, "the messages keep their blocks: {blocks}");
    w.ends().await;
}

#[tokio::test]
async fn a_copy_gets_the_answer_that_was_given() {
    let w = World::new(Transport::Http).await;
    let payload = w.sim.command_payload(SAM, RELEASES, "note well The rollback was calm");
    w.says(MARIA, "/retro start v1 named").await;
    let first = w.sim.once("slash_commands", &payload).await;
    assert!(
        first.as_ref().is_ok_and(|a| a.as_ref().is_some_and(|a| a["text"].as_str().unwrap().contains("Noted"))),
        "{first:?}"
    );
    for _ in 0..3 {
        assert_eq!(w.sim.once("slash_commands", &payload).await, first);
    }
    // Slack keeps deliveries of an outage for a day.
    w.advance(chrono::Duration::hours(30)).await;
    assert_eq!(w.sim.once("slash_commands", &payload).await, first);
    assert!(w.says(SAM, "/retro notes").await.contains("Your notes (1)"));
    w.ends().await;
}
