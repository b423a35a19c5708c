//! Pipelines: release data over HTTP and from a file, and retros that begin by themselves.

use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

use crate::release::EXAMPLE;
use crate::world::{HUMANS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::cli::token::{self, Wanted};

pub async fn token_for(w: &World, channel: &str, github: bool) -> (String, String) {
    let wanted = Wanted { channel: channel.into(), user: MARIA.into(), name: "ci".into(), github };
    token::create(&w.place(), &wanted).await.unwrap()
}

async fn put(w: &World, token: &str, path: &str, body: &[u8]) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let (status, body) = w.http("PUT", path, &[("authorization", &bearer)], body).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

pub async fn asks(w: &World, token: &str, body: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let (status, body) = w
        .http("POST", &format!("/api/v1/channels/{RELEASES}/retros"), &[("authorization", &bearer)], body.as_bytes())
        .await;
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

async fn release_data(transport: Transport) {
    let w = World::new(transport).await;
    let (id, token) = token_for(&w, RELEASES, false).await;
    let path = format!("/api/v1/channels/{RELEASES}/releases/v2.1.0");
    let (status, taken) = put(&w, &token, &path, EXAMPLE.as_bytes()).await;
    assert_eq!((status, &taken["created"]), (201, &true.into()), "{taken}");
    assert!(taken["verdict"].as_str().unwrap().contains("smooth by the numbers"), "{taken}");
    let (status, taken) = put(&w, &token, &path, EXAMPLE.replace("total: 0", "total: 2").as_bytes()).await;
    assert_eq!((status, &taken["changed"]), (200, &serde_json::json!(["incidents.total: 0 → 2"])));
    // The same data as JSON changes nothing.
    let bearer = format!("Bearer {token}");
    let (status, json) = w.http("GET", &path, &[("authorization", &bearer)], b"").await;
    assert_eq!(status, 200);
    let (status, taken) = put(&w, &token, &path, json.as_bytes()).await;
    assert_eq!((status, &taken["changed"]), (200, &serde_json::json!([])));
    // An error names its line and column. The data stays as it was.
    let (status, wrong) = put(&w, &token, &path, b"incidents:\n  totl: 1\n").await;
    assert_eq!(
        (status, &wrong["faults"]),
        (
            422,
            &serde_json::json!([{"line": 2, "column": 3, "key": "incidents.totl", "message": "is not a key of release data. Did you mean `total`?"}])
        )
    );
    let (status, wrong) = put(&w, &token, &path, b"version: v2.0.0").await;
    assert_eq!(status, 422);
    assert_eq!(
        wrong["faults"][0]["message"],
        "says v2.0.0, but the data is for v2.1.0: give the same version in both places"
    );
    let (status, wrong) = put(&w, &token, &path, b"timeline:\n  - {phase: Plan").await;
    assert_eq!((status, wrong["faults"][0]["line"].as_u64()), (422, Some(2)), "{wrong}");
    let (status, wrong) = put(&w, &token, &path, &vec![b'x'; 5 << 20]).await;
    assert_eq!(status, 413);
    assert!(wrong["error"].as_str().unwrap().contains("larger than a mebibyte"), "{wrong}");
    assert_eq!(put(&w, &token, &path, b"a: \xff").await.0, 422);
    // A token is for one channel, and works until it is revoked.
    let (status, wrong) = put(&w, &token, "/api/v1/channels/C99OTHER/releases/v2.1.0", b"").await;
    assert_eq!(status, 403);
    assert!(
        wrong["error"].as_str().unwrap().contains("this token is for the channel C01REL, not for this one"),
        "{wrong}"
    );
    assert_eq!(put(&w, "lb_000000000000_0123456789abcdef0123456789abcdef", &path, b"").await.0, 401);
    assert_eq!(put(&w, &format!("{token}0"), &path, b"").await.0, 401);
    token::revoke(&w.place(), &id).await.unwrap();
    assert_eq!(put(&w, &token, &path, EXAMPLE.as_bytes()).await.0, 401);
    w.says(MARIA, "/retro start v2.1.0").await;
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("mixed by the numbers (2 incidents"), "{}", w.public(RELEASES)[1]);
    w.ends().await;
}

#[tokio::test]
async fn release_data_comes_over_http_beside_slacks_own() {
    release_data(Transport::Http).await;
}

#[tokio::test]
async fn release_data_comes_over_http_beside_socket_mode() {
    release_data(Transport::Socket).await;
}

#[tokio::test]
async fn a_file_is_imported_beside_a_running_server() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    let file = w.folder().join("release.yaml");
    let plan = w.folder().join("plan.md");
    std::fs::write(&plan, "## Risks\n- Slow migration\n").unwrap();
    let import = async |text: &[u8]| {
        std::fs::write(&file, text).unwrap();
        lookback::cli::release::import(&w.place(), &file, RELEASES, Some(&plan)).await
    };
    let done = import(EXAMPLE.as_bytes()).await.unwrap();
    assert!(done.created && done.facts.iter().any(|f| f.contains("+11%")), "{done:?}");
    let again = import(EXAMPLE.replace("total: 0", "total: 1").as_bytes()).await.unwrap();
    assert_eq!((again.created, again.changed), (false, vec!["incidents.total: 0 → 1".to_owned()]));
    for (text, why) in [
        (&b"version: v2.1.0\nlead_time: [1"[..], "line 2"),
        (&b"\0\0"[..], "is a binary file"),
        (&b"version: \xff"[..], "is not UTF-8 (byte 10)"),
        (
            &b"version: v2.1.0\nlead_time: -3 days"[..],
            "release.yaml: line 2, column 12: `lead_time` “-3 days” is negative",
        ),
        (&vec![b'x'; 5 << 20][..], "is larger than 800 KB"),
    ] {
        let error = format!("{:#}", import(text).await.unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    let other = lookback::cli::release::import(&w.place(), &file, "C99OTHER", None).await.unwrap_err();
    assert!(!format!("{other:#}").is_empty());
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(
        agenda.contains("mixed by the numbers (1 incident")
            && w.public(RELEASES).iter().any(|m| m.contains("• Slow migration")),
        "{agenda}"
    );
    w.ends().await;
}

#[tokio::test]
async fn a_retro_begins_by_itself_after_the_soak_and_says_so_a_day_ahead() {
    for transport in [Transport::Http, Transport::Socket] {
        let mut w = World::new(transport).await;
        let (_, token) = token_for(&w, RELEASES, false).await;
        // Deployed on Friday at 09:30 in Berlin. Two days later is Sunday, so people are asked on Monday at nine.
        let body = "{\"version\": \"v2.1.0\", \"deployed_at\": \"2026-11-20T08:30:00Z\", \"named\": true}";
        let (status, state) = asks(&w, &token, body).await;
        assert_eq!(
            (status, state["state"].as_str(), state["begins"].as_str()),
            (201, Some("scheduled"), Some("2026-11-23T08:00:00Z"))
        );
        // Two requests make one retro.
        assert_eq!(asks(&w, &token, body).await.0, 200);
        assert_eq!(w.public(RELEASES), Vec::<String>::new());
        w.advance(Duration::hours(8)).await;
        let said = w.public(RELEASES)[0].clone();
        assert!(said.contains("starts automatically Mon 23 Nov 2026, 09:00 (Europe/Berlin)"), "{said}");
        assert!(w.says(SAM, "/retro status").await.contains("starts automatically"));
        w.restart().await;
        w.advance(Duration::hours(63)).await;
        let public = w.public(RELEASES);
        assert!(public[0].contains("has started") && public[1].contains("Facilitator: <@U01MARIA>"), "{public:?}");
        assert!(public[1].contains("with names"), "{public:?}");
        for user in HUMANS {
            assert!(w.seen(user, &w.dm(user)).iter().any(|m| m.contains("Six questions")), "{user}");
        }
        let told = w.seen(MARIA, &w.dm(MARIA)).join("\n");
        assert!(told.contains("release figures."), "{told}");
        assert_eq!(asks(&w, &token, body).await.1["state"], "collecting");
        w.ends().await;
    }
}

#[tokio::test]
async fn a_planned_retro_begins_now_or_later_or_not_at_all() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    for version in ["v1", "v2", "v3"] {
        asks(&w, &token, &format!("{{\"version\": \"{version}\", \"deployed_at\": \"2026-11-19T14:00:00Z\"}}")).await;
    }
    w.advance(Duration::hours(8)).await;
    assert_eq!(w.public(RELEASES).len(), 3);
    // Anybody in the channel may begin it. The named facilitator leads.
    let said = w.clicks(SAM, RELEASES, "Start now").await;
    assert!(said.contains("is open. I'm asking 8 people"), "{said}");
    let begun = w.public(RELEASES).into_iter().find(|m| m.contains("Facilitator: <@U01MARIA> ·")).unwrap();
    assert!(begun.contains("Facilitator: <@U01MARIA>"), "{begun}");
    // Only the facilitator may put it off or call it off.
    assert!(w.clicks(SAM, RELEASES, "Skip").await.contains("Only <@U01MARIA>"));
    w.opens(MARIA, RELEASES, "Skip").await;
    w.sends(MARIA, &[("text", "only translations")]).await;
    assert!(
        w.public(RELEASES)
            .iter()
            .any(|m| m.starts_with("No retrospective for *v") && m.ends_with("Reason: only translations."))
    );
    w.opens(MARIA, RELEASES, "Later").await;
    w.sends(MARIA, &[("text", "yesterday")]).await;
    assert_eq!(w.form_errors(MARIA).len(), 1);
    w.sends(MARIA, &[("text", "2026-11-25 10:00")]).await;
    assert!(
        w.public(RELEASES).iter().any(|m| m.contains("is postponed to Wed 25 Nov 2026, 10:00")),
        "{:?}",
        w.public(RELEASES)
    );
    let told =
        |w: &World| w.public(RELEASES).iter().filter(|m| m.contains("starts automatically Wed 25 Nov 2026")).count();
    assert_eq!(told(&w), 0);
    // The channel is told again, a day ahead.
    w.advance(Duration::days(4)).await;
    assert_eq!(told(&w), 1, "{:?}", w.public(RELEASES));
    w.advance(Duration::days(2)).await;
    assert_eq!(w.public(RELEASES).iter().filter(|m| m.starts_with("Retrospective of")).count(), 2);
    // A retro that was called off stays so when the pipeline asks again.
    let states: Vec<String> = futures_util::future::join_all(["v1", "v2", "v3"].map(async |v| {
        asks(&w, &token, &format!("{{\"version\": \"{v}\"}}")).await.1["state"].as_str().unwrap().to_owned()
    }))
    .await;
    assert_eq!(states.iter().filter(|s| *s == "cancelled").count(), 1, "{states:?}");
    w.ends().await;
}

#[tokio::test]
async fn started_by_hand_a_planned_retro_is_the_same_one() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    asks(&w, &token, "{\"version\": \"v2.1.0\", \"facilitator\": \"U02NOOR\"}").await;
    let said = w.says(SAM, "/retro start v2.1.0 @sam named").await;
    assert!(said.contains("I'm asking 1 person"), "{said}");
    assert!(w.public(RELEASES)[0].contains("Facilitator: <@U03SAM>"));
    w.advance(Duration::days(1)).await;
    assert_eq!(w.public(RELEASES).len(), 1);
    w.ends().await;
}

#[tokio::test]
async fn a_wrong_request_for_a_retro_says_what_is_wrong() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    for (body, why) in [
        ("{\"version\": \"v1\", \"soon\": true}", "unknown field `soon`"),
        ("{\"version\": \"a b\"}", "1 to 64 characters"),
        ("{\"version\": \"v1\", \"length\": 500}", "30 to 120"),
        ("{\"version\": \"v1\", \"closes\": \"whenever\"}", "I can't read “whenever” as a date"),
        ("{\"version\": \"v1\", \"async\": true, \"meeting\": \"friday\"}", "contradict"),
        ("{\"version\": \"v1\"", "EOF"),
        ("{\"version\": \"v1\", \"facilitator\": \"U1> <!channel\"}", "is not the id of a person"),
        ("{\"version\": \"v1\", \"people\": [\"maria\"]}", "is not the id of a person"),
        ("{\"version\": \"v1\", \"deployed_at\": \"9999-01-01T00:00:00Z\"}", "between 2000 and 2199"),
        ("{\"version\": \"v1\", \"closes\": \"2026-11-21\"}", "is in the past"),
    ] {
        let (status, said) = asks(&w, &token, body).await;
        assert_eq!(status, 422, "{body}");
        assert!(said["error"].as_str().unwrap().contains(why), "{said}");
    }
    // If the bot is not in the channel when the retro should begin, the facilitator hears so.
    w.says(MARIA, "/retro status").await;
    asks(&w, &token, "{\"version\": \"v1\"}").await;
    let bot = w.sim.read(|s| s.bot_user.clone());
    w.sim.member(&bot, RELEASES, false).await;
    w.settle().await;
    let (status, said) = asks(&w, &token, "{\"version\": \"v2\"}").await;
    assert_eq!(status, 409, "{said}");
    w.advance(Duration::days(4)).await;
    let told = w.seen(MARIA, &w.dm(MARIA)).join("\n");
    assert!(told.contains("couldn't start automatically. I'm not in this channel yet"), "{told}");
    // The bot is invited again, and the retro begins a day later.
    w.sim.member(&bot, RELEASES, true).await;
    w.advance(Duration::days(2)).await;
    assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Retrospective of *v1*")), "{:?}", w.public(RELEASES));
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn a_published_release_on_github_asks_for_its_retro() {
    let w = World::new(Transport::Socket).await;
    let (id, secret) = token_for(&w, RELEASES, true).await;
    let path = format!("/api/v1/github/{id}");
    let send = async |event: &str, body: &str, secret: &str| {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let headers = [
            ("x-hub-signature-256", signature.as_str()),
            ("x-github-event", event),
            ("content-type", "application/json"),
        ];
        w.http("POST", &path, &headers, body.as_bytes()).await
    };
    let event = |action: &str, prerelease: bool| {
        serde_json::json!({"action": action, "release": {"tag_name": "v2.1.0", "draft": false, "prerelease": prerelease, "published_at": "2026-11-20T08:00:00Z", "body": "notes"}}).to_string()
    };
    assert_eq!(send("ping", "{\"zen\": \"\"}", &secret).await.0, 200);
    assert_eq!(send("release", &event("published", true), &secret).await.0, 200);
    assert_eq!(send("release", &event("created", false), &secret).await.0, 200);
    assert_eq!(send("release", &event("published", false), "another secret").await.0, 401);
    assert_eq!(send("release", "{}", &secret).await.0, 422);
    let (status, said) = send("release", &event("published", false), &secret).await;
    assert_eq!(status, 201, "{said}");
    assert_eq!(send("release", &event("released", false), &secret).await.0, 200);
    // The secret of a webhook is not a token.
    assert_eq!(
        put(&w, &format!("lb_{id}_{secret}"), &format!("/api/v1/channels/{RELEASES}/releases/v1"), b"").await.0,
        401
    );
    assert!(w.says(NOOR, "/retro status v2.1.0").await.contains("starts automatically Mon 23 Nov 2026"));
    // A release that is withdrawn meanwhile: the channel is asked, once.
    for action in ["deleted", "unpublished", "deleted"] {
        let (status, said) = send("release", &event(action, false), &secret).await;
        assert!(status == 200 && said.contains("\"asked\":\"the channel\""), "{said}");
    }
    w.settle().await;
    let asked: Vec<_> = w.public(RELEASES).into_iter().filter(|m| m.contains("was withdrawn on GitHub")).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("Do you still want the retro? It starts Mon 23 Nov 2026"), "{asked:?}");
    w.opens(MARIA, RELEASES, "Skip").await;
    w.sends(MARIA, &[("text", "it was pulled")]).await;
    assert!(w.says(NOOR, "/retro status v2.1.0").await.contains("cancelled"));
    let (_, said) = send("release", &event("deleted", false), &secret).await;
    assert!(said.contains("\"done\":false") && said.contains("is already cancelled"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn what_was_said_ahead_holds_when_it_begins() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    let body =
        "{\"version\": \"v2.1.0\", \"deployed_at\": \"2026-11-20T08:30:00Z\", \"people\": [\"U03SAM\", \"U09GONE\"]}";
    assert_eq!(asks(&w, &token, body).await.1["begins"], "2026-11-23T08:00:00Z");
    w.advance(Duration::hours(8)).await;
    assert!(w.public(RELEASES)[0].contains("starts automatically Mon 23 Nov 2026"), "{:?}", w.public(RELEASES));
    // The release was deployed later, so the retro begins later, and the channel is told.
    let path = format!("/api/v1/channels/{RELEASES}/releases/v2.1.0");
    assert_eq!(put(&w, &token, &path, b"deployed_at: 2026-11-23T09:00:00Z").await.0, 201);
    assert_eq!(asks(&w, &token, body).await.1["begins"], "2026-11-25T09:00:00Z");
    assert!(w.public(RELEASES)[0].contains("is postponed to Wed 25 Nov 2026"), "{:?}", w.public(RELEASES));
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("anonymous", "named")]).await;
    w.advance(Duration::days(6)).await;
    let public = w.public(RELEASES);
    assert!(public[1].contains("has started"), "{public:?}");
    // It is anonymous, as the channel was told. Somebody who has left is not asked.
    let kickoff = public.iter().find(|m| m.starts_with("Retrospective of")).unwrap();
    assert!(kickoff.contains("anonymous") && kickoff.contains("of 1 answered"), "{public:?}");
    w.ends().await;
}

#[tokio::test]
async fn a_crowd_is_asked_only_after_a_word_of_the_facilitator() {
    let mut ws = lookback_sim::workspace::Workspace::example();
    for n in 0..60 {
        let id = format!("U9{n:04}");
        let mut person = ws.people[1].clone();
        person.id.clone_from(&id);
        ws.people.push(person);
        ws.channels[0].members.push(id);
    }
    let w = World::with(Transport::Http, ws).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    asks(&w, &token, "{\"version\": \"v1\", \"deployed_at\": \"2026-11-18T08:00:00Z\"}").await;
    let dm = w.dm(MARIA);
    let told = w.seen(MARIA, &dm).join("\n");
    assert!(
        told.contains(
            "The retro for *v1* in <#C01REL> couldn't start automatically. This would send a survey to 68 people"
        ),
        "{told}"
    );
    assert!(
        w.public(RELEASES).iter().any(|m| m.contains("starts automatically Sat 21 Nov 2026")),
        "{:?}",
        w.public(RELEASES)
    );
    w.clicks(MARIA, &dm, "Ask all of them").await;
    assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Retrospective of *v1*")));
    w.ends().await;
}

#[tokio::test]
async fn a_token_acts_only_while_its_person_is_an_active_member() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    // Who is not in the channel is named as no facilitator, whoever they are elsewhere.
    w.sim.member(NOOR, RELEASES, false).await;
    w.settle().await;
    let (status, said) = asks(&w, &token, "{\"version\": \"v1\", \"facilitator\": \"U02NOOR\"}").await;
    assert!(status == 422 && said["error"].as_str().unwrap().contains("name a facilitator who is"), "{said}");
    w.sim.member(MARIA, RELEASES, false).await;
    w.settle().await;
    let (status, said) = asks(&w, &token, "{\"version\": \"v1\"}").await;
    assert!(status == 403 && said["error"].as_str().unwrap().contains("is not an active member"), "{said}");
    w.sim.member(MARIA, RELEASES, true).await;
    w.settle().await;
    assert_eq!(asks(&w, &token, "{\"version\": \"v1\"}").await.0, 201);
    w.ends().await;
}

#[tokio::test]
async fn wrong_tokens_are_counted_and_every_refusal_is_json() {
    let w = World::new(Transport::Http).await;
    let address = format!("/api/v1/channels/{RELEASES}/releases/v1");
    let wrong = [("authorization", "Bearer lb_0123456789ab_canary")];
    for (method, path, headers, status) in [
        ("GET", address.as_str(), &wrong[..], 401),
        ("GET", address.as_str(), &[][..], 401),
        ("POST", "/api/v1/github/0123456789ab", &[][..], 401),
        ("GET", "/api/v2/nothing", &wrong[..], 404),
        ("DELETE", address.as_str(), &wrong[..], 405),
    ] {
        let (found, said) = w.http(method, path, headers, b"{}").await;
        assert_eq!(found, status, "{method} {path}: {said}");
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert!(said["error"].as_str().is_some_and(|e| !e.contains("canary")), "{said}");
    }
    let (_, metrics) = w.http("GET", "/metrics", &[], b"").await;
    assert!(metrics.contains("refusals_total{credential=\"token\"} 2"), "{metrics}");
    w.ends().await;
}

#[tokio::test]
async fn a_request_that_never_comes_to_its_end_is_refused_in_json() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    let mut slow = tokio::net::TcpStream::connect(w.bot().address).await.unwrap();
    let head = format!(
        "POST /api/v1/channels/{RELEASES}/retros HTTP/1.1\r\nhost: bot\r\nauthorization: Bearer {token}\r\ncontent-length: 20\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut said = vec![0; 1000];
    let length = slow.read(&mut said).await.unwrap();
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    assert!(
        said.starts_with("HTTP/1.1 408")
            && said.ends_with("{\"error\":\"the request was not finished within five seconds: send it again\"}"),
        "{said}"
    );
    w.ends().await;
}
