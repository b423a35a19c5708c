//! The example team's repositories, people and files.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use lookback_clock::Rng;

use super::git::{Git, Person, Words};
use super::records::Records;
use super::state::{APP, BOT, Counts, MAIN, Repo, State, User};

/// The plan of the next release, with the place for the retrospective.
const PLAN: &str = "# Release v2.1.0\n\n## Scope\n\n- Faster checkout\n- New invoices\n\n## Retrospective\n\n_To be filled \
    in after the release._\n\n### What went well\n\n### What to improve\n\n## Sign-off\n\n- [ ] Product\n- [ ] Support\n";

fn user(id: u64, login: &str, name: Option<&str>, email: Option<&str>) -> User {
    let kind = match login {
        "acme" | "other" => "Organization",
        APP => "Bot",
        _ => "User",
    };
    User { login: login.to_owned(), id, name: name.map(str::to_owned), email: email.map(str::to_owned), kind }
}

/// A plan that is too big for the usual media type: its section for the retrospective is at the end.
fn big() -> String {
    let lines = "A line of a very long protocol, as some teams keep it.\n".repeat(22_000);
    format!("# Protocol\n\n{lines}\n## Retrospective\n\n_To be filled in._\n")
}

fn files(git: &mut Git, at: DateTime<Utc>, files: &[&str]) {
    let big = big();
    for path in files {
        let text = match *path {
            "docs/plans/v2.1.0.md" => PLAN,
            "docs/big.md" => &big,
            _ => "# Shop\n",
        };
        let author = Person { name: "Maria".to_owned(), email: "maria@example.com".to_owned(), at };
        let message = format!("Add {path}");
        git.write(MAIN, path, text.as_bytes(), Words { message, author: author.clone(), committer: author });
    }
}

fn repo(id: u64, name: &str, at: DateTime<Utc>) -> Repo {
    Repo {
        id,
        owner: "acme".to_owned(),
        name: name.to_owned(),
        is_hidden: false,
        is_archived: false,
        has_issues: true,
        can_push: true,
        is_protected: false,
        assignable: ["maria-dev", "ben-hub", BOT].map(str::to_owned).to_vec(),
        labels: Vec::new(),
        issues: Vec::new(),
        last_number: 0,
        created: at,
        git: Git::default(),
        records: Records::default(),
    }
}

/// The shop is older than its history.
fn began() -> DateTime<Utc> {
    DateTime::from_timestamp(1_791_190_800, 0).unwrap_or_default()
}

/// The state that a fresh stand-in has, without its past.
pub fn state(base: &str, rng: &Rng, now: DateTime<Utc>) -> State {
    let at = now - Duration::days(30);
    let early = at.min(began());
    let mut shop = Repo { is_protected: true, ..repo(2001, "shop", early) };
    files(&mut shop.git, early, &["README.md", "docs/plans/v2.1.0.md", "docs/big.md"]);
    let mut readonly = Repo { can_push: false, ..repo(2002, "readonly", at) };
    files(&mut readonly.git, at, &["README.md", "docs/plans/v2.1.0.md"]);
    let mut quiet = Repo { has_issues: false, ..repo(2003, "quiet", at) };
    files(&mut quiet.git, at, &["README.md"]);
    let mut hidden = Repo { is_hidden: true, ..repo(2004, "hidden", at) };
    files(&mut hidden.git, at, &["README.md"]);
    let empty = repo(2005, "empty", at);
    State {
        base: base.trim_end_matches('/').to_owned(),
        rng: rng.clone(),
        serial: 9000,
        users: vec![
            user(1000, "acme", Some("Acme"), None),
            user(1001, BOT, Some("Lookback"), None),
            user(1002, APP, None, None),
            user(1003, "maria-dev", Some("Maria"), Some("maria@example.com")),
            user(1004, "ben-hub", Some("Ben"), None),
            user(1005, "sam-dev", Some("Sam"), None),
            user(1006, "noor-qa", Some("Noor"), None),
            user(1007, "priya-dev", Some("Priya"), None),
            user(1008, "jonas-ops", Some("Jonas"), None),
            user(1009, "lena-web", Some("Lena"), None),
            user(1010, "tomas-db", Some("Tomas"), None),
            user(1011, "gil-guest", Some("Gil"), None),
            // Commits that are made on the page are signed by this one.
            user(1012, "web-flow", Some("GitHub"), Some("noreply@github.com")),
        ],
        repos: vec![shop, readonly, quiet, hidden, empty],
        renamed: BTreeMap::from([("acme/old-name".to_owned(), 2001)]),
        grants: Vec::new(),
        is_expired: false,
        is_suspended: false,
        forbidden: Vec::new(),
        lag: Duration::zero(),
        list_lag: Duration::zero(),
        counts: Counts::default(),
        base_writes: 0,
    }
}
