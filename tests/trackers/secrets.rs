//! Tokens: they never leave their origin, and stand in no error and no Debug.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse as _;
use lookback::config::trackers as config;
use lookback::trackers::Fault;
use lookback::trackers::github::GitHub;
use lookback_clock::Clock;
use lookback_sim::trackers as sim;

use crate::world::{MARKER, World, draft, github_at, jira_at, linear_at, repo};

const TOKEN: &str = "canary-token";

/// Two servers. `home` sends every call to `to`; `/moved` answers.
struct Servers {
    home: String,
    other: String,
    to: Arc<Mutex<(u16, String)>>,
    /// Such as `home POST /graphql with a token`.
    log: Arc<Mutex<Vec<String>>>,
}

impl Servers {
    async fn new() -> Self {
        let (to, log) = (Arc::default(), Arc::default());
        let home = serve("home", &to, &log).await;
        Self { home, other: serve("other", &to, &log).await, to, log }
    }

    fn send(&self, status: u16, to: &str) {
        *self.to.lock().unwrap() = (status, to.to_owned());
    }

    /// The calls since the last look.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

async fn serve(name: &'static str, to: &Arc<Mutex<(u16, String)>>, log: &Arc<Mutex<Vec<String>>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (to, log) = (to.clone(), log.clone());
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap| async move {
        let with = if headers.contains_key("authorization") { "with" } else { "without" };
        log.lock().unwrap().push(format!("{name} {method} {} {with} a token", uri.path()));
        if uri.path() == "/moved" {
            let me = r#"{"accountId": "a", "displayName": "Me", "login": "me", "data": {"viewer": {"id": "a", "name": "Me"}}}"#;
            return (StatusCode::OK, me).into_response();
        }
        let (status, to) = to.lock().unwrap().clone();
        (StatusCode::from_u16(status).unwrap(), [("location", to)]).into_response()
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    origin
}

#[tokio::test]
async fn a_token_stays_at_its_origin_whatever_a_redirect_says() {
    let servers = Servers::new().await;
    let (jira, linear) = (jira_at(&servers.home, TOKEN), linear_at(&format!("{}/graphql", servers.home), TOKEN));
    let github = github_at(&servers.home, TOKEN, &Clock::system());
    for status in [301, 302, 307, 308] {
        servers.send(status, "/moved");
        for me in [jira.whoami().await, github.whoami().await] {
            assert_eq!(me.map(|me| me.name.to_lowercase()), Ok("me".to_owned()), "{status}");
        }
        // Linear's call is a POST: only these two keep it one.
        assert_eq!(linear.whoami().await.is_ok(), status > 302, "{status}");
        let evil = servers.other.replace("127.0.0.1", "localhost");
        for to in [
            format!("{}/moved", servers.other),
            format!("{evil}/moved"),
            servers.other.replace("http:", "//"),
            "/again".into(),
            "".into(),
            "http://".into(),
        ] {
            servers.send(status, &to);
            let whoami = [jira.whoami().await.err(), linear.whoami().await.err(), github.whoami().await.err()];
            let create = [
                jira.create("OPS", "Task", &draft(), MARKER).await.err(),
                linear.create("ENG", &draft(), MARKER).await.err(),
                github.create(&repo("shop"), &draft(), MARKER).await.err(),
            ];
            for fault in whoami.into_iter().chain(create) {
                assert!(matches!(&fault, Some(Fault::Refused(_))), "{status} {to}: {fault:?}");
                assert!(!format!("{fault:?}").contains(TOKEN));
            }
        }
    }
    let calls = servers.calls();
    assert!(
        !calls.is_empty() && calls.iter().all(|call| call.starts_with("home ") && call.ends_with(" with a token")),
        "{calls:#?}"
    );
}

#[tokio::test]
async fn no_secret_stands_in_debug_or_in_an_error() {
    let w = World::new().await;
    let key = sim::github::APP_KEY;
    let line = key.lines().nth(1).unwrap();
    let secrets = [TOKEN, "bot@canary.example", line, &base64_of("bot@canary.example:canary-token")];
    let jira =
        config::Jira { base: w.origin.clone() + "/jira", email: "bot@canary.example".into(), token: TOKEN.into() };
    let linear = config::Linear { url: format!("{}/linear/graphql", w.origin), key: TOKEN.into() };
    let auths = [config::GitHubAuth::Token(TOKEN.into()), config::GitHubAuth::App { id: "99".into(), key: key.into() }];
    let mut shown = vec![format!("{jira:?} {linear:?} {auths:?}")];
    let j = lookback::trackers::jira::Jira::new(&jira).unwrap();
    let l = lookback::trackers::linear::Linear::new(&linear).unwrap();
    shown.push(format!("{j:?} {l:?} {:?} {:?}", j.whoami().await, l.whoami().await));
    shown.push(format!(
        "{:?} {:?}",
        j.create("OPS", "Task", &draft(), MARKER).await,
        l.create("ENG", &draft(), MARKER).await
    ));
    for auth in auths {
        let g = GitHub::new(&config::GitHub { base: format!("{}/github", w.origin), auth }, w.clock.clone()).unwrap();
        shown.push(format!("{g:?} {:?} {:?}", g.whoami().await, g.create(&repo("shop"), &draft(), MARKER).await));
    }
    let settings = config::Trackers { jira: Some(jira), linear: Some(linear), ..config::Trackers::default() };
    shown.push(format!("{settings:?} {:?}", lookback::trackers::all::Trackers::new(&settings, &w.clock).unwrap()));
    for (at, text) in shown.iter().enumerate() {
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "the {at}th shows a secret");
    }
    let journals =
        [w.sim.jira.desk(), w.sim.linear.desk(), w.sim.github.desk()].map(|desk| format!("{:?}", desk.journal()));
    assert!(journals.iter().all(|journal| secrets.iter().all(|secret| !journal.contains(secret))));
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
