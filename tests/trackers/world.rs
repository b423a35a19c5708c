//! The three trackers on one address of this machine, and the bot's clients of them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use lookback::config::trackers as config;
use lookback::trackers::github::GitHub;
use lookback::trackers::jira::Jira;
use lookback::trackers::linear::Linear;
use lookback_clock::{Clock, Rng};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Part, Repository};
use lookback_sim::trackers::{self as sim, Call, Desk, Shown, Trackers};

use crate::{graphql, published};

/// Everybody's first marker.
pub const MARKER: &str = "6f1c0000-0000-4000-8000-00000000abcd";

/// Words that would do something where they are taken for more than words.
pub const HOSTILE: &str = "Ask @maria-dev and @acme/ops, fixes #1, closes acme/shop#2, GH-3\r\n\r\n<!channel> <@U1> &lt;\n\
    <img src=x onerror=alert(1)> <!-- lookback:x --> [a](javascript:1) https://evil.example www.evil.example\n\
    # heading\n- [~admin] {code}rm{code} h1. `a` *b* ~~c~~\n| t |\u{202e}\u{0}\t👩‍👩‍👧 größer 漢字 ";

pub struct World {
    pub clock: Clock,
    pub sim: Trackers,
    /// Such as `http://127.0.0.1:4000`.
    pub origin: String,
}

impl World {
    pub async fn new() -> Self {
        let clock = Clock::standing(at("2026-11-28T15:00:00Z"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let sim = Trackers::new(&clock, &Rng::seeded(1), &origin);
        let routes = sim.routes();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { clock, sim, origin }
    }

    pub fn jira(&self) -> Jira {
        jira_at(&format!("{}/jira", self.origin), sim::jira::TOKEN)
    }

    pub fn linear(&self) -> Linear {
        linear_at(&format!("{}/linear/graphql", self.origin), sim::linear::KEY)
    }

    pub fn github(&self) -> GitHub {
        github_at(&format!("{}/github", self.origin), sim::github::TOKEN, &self.clock)
    }

    /// GitHub by an app, of this id.
    pub fn app(&self, id: &str) -> GitHub {
        let auth = config::GitHubAuth::App { id: id.to_owned(), key: sim::github::APP_KEY.into() };
        GitHub::new(&config::GitHub { base: format!("{}/github", self.origin), auth }, self.clock.clone()).unwrap()
    }

    /// GitHub by a token and by an app.
    pub fn githubs(&self) -> [GitHub; 2] {
        [self.github(), self.app(&sim::github::APP_ID.to_string())]
    }

    pub fn later(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A moment before all of this.
    pub fn since(&self) -> DateTime<Utc> {
        at("2026-11-28T14:59:00Z")
    }

    /// The tickets of a tracker by their ids.
    pub fn shown(&self, all: &[Shown], id: &str) -> Shown {
        all.iter().find(|shown| shown.id == id).unwrap().clone()
    }
}

/// After each test every call so far has to be as published.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let check = |desk: &Desk, faults: fn(&Call) -> Vec<String>| {
            for call in desk.journal() {
                let faults = faults(&call);
                assert!(faults.is_empty(), "{} {}: {faults:#?}\n{call:?}", call.operation, call.status);
            }
        };
        check(self.sim.jira.desk(), published::jira);
        check(self.sim.linear.desk(), graphql::linear);
        check(self.sim.github.desk(), published::github);
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn jira_at(base: &str, token: &str) -> Jira {
    let settings = config::Jira { base: base.into(), email: sim::jira::EMAIL.into(), token: token.into() };
    Jira::new(&settings).unwrap()
}

pub fn linear_at(url: &str, key: &str) -> Linear {
    Linear::new(&config::Linear { url: url.into(), key: key.into() }).unwrap()
}

pub fn github_at(base: &str, token: &str, clock: &Clock) -> GitHub {
    let auth = config::GitHubAuth::Token(token.into());
    GitHub::new(&config::GitHub { base: base.into(), auth }, clock.clone()).unwrap()
}

pub fn repo(name: &str) -> Repository {
    Repository::read(&format!("acme/{name}")).unwrap()
}

/// A UUID for each number.
pub fn marker(n: u32) -> String {
    format!("aaaaaaaa-0000-4000-9000-{n:012}")
}

pub fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

/// A draft with every field but an owner.
pub fn draft() -> Draft {
    let link = Part::Link { label: "Open in Slack".into(), url: "https://acme.slack.com/archives/C1/p1".into() };
    Draft {
        title: "Automate the smoke tests".into(),
        parts: vec![Part::Text("Why: two hours lost\nOwner: Maria".into()), link],
        assignee: None,
        due: day("2026-12-01"),
        priority: Priority::High,
        labels: vec!["retro".into(), "two words".into()],
    }
}

pub fn owned_by(account: &str) -> Draft {
    Draft { assignee: Some(account.to_owned()), ..draft() }
}

/// The operations of a desk from the `from`th call on.
pub fn calls(desk: &Desk, from: usize) -> Vec<String> {
    desk.journal().into_iter().skip(from).map(|call| call.operation).collect()
}
