//! What the example team did before the stand-in began: the way to the release v2.1.0 of `acme/shop`, as the example of
//! the release process tells it, and a repository with two products, `acme/mono`.

use chrono::{DateTime, TimeDelta, Utc};

use super::{End, GitHub, Job, Origin, Proposal, ReleaseKind, Way};

const SHOP: &str = "acme/shop";
const MONO: &str = "acme/mono";

/// The numbers of the past are above this one, so that the first ticket is `acme/shop#1`.
const ABOVE: u64 = 1000;

/// A change on the way to a release. Times are hours before its deployment.
struct Change {
    title: &'static str,
    author: &'static str,
    label: &'static str,
    first: i64,
    merged: i64,
    way: Way,
    commits: i32,
}

const fn change(title: &'static str, author: &'static str, label: &'static str, first: i64, merged: i64) -> Change {
    Change { title, author, label, first, merged, way: Way::Squash, commits: 1 }
}

impl Change {
    const fn joined(self, commits: i32) -> Self {
        Self { way: Way::Merge, commits, ..self }
    }

    const fn rebased(self, commits: i32) -> Self {
        Self { way: Way::Rebase, commits, ..self }
    }
}

const FEATURE: &str = "enhancement";
const BUG: &str = "bug";

/// v2.0.0: about four days from the first commit to the deployment.
const BEFORE: [Change; 4] = [
    change("feat(shop): the new catalogue", "maria-dev", FEATURE, 150, 52).joined(2),
    change("fix(cart): prices without cents", "ben-hub", BUG, 97, 49),
    change("feat(login): stay signed in", "priya-dev", FEATURE, 95, 30),
    change("fix(mail): the sender's name", "lena-web", BUG, 70, 26),
];

/// v2.1.0: 8 features and 12 bug fixes, a bot's update and a text. The median of the lead times is three days.
const CHANGES: [Change; 22] = [
    change("feat(invoices): download invoices as PDF", "ben-hub", FEATURE, 260, 212),
    change("feat(checkout): pay in one step", "maria-dev", FEATURE, 310, 190).joined(3),
    change("feat(search): suggestions while typing", "sam-dev", FEATURE, 215, 168),
    change("feat(deploy): blue-green switch for the shop", "jonas-ops", FEATURE, 170, 146).joined(2),
    change("feat(cart): keep the cart across devices", "priya-dev", FEATURE, 190, 144).joined(2),
    change("build(deps): bump openssl from 3.3.1 to 3.3.2", "dependabot[bot]", "dependencies", 140, 122),
    change("fix(db): shorter locks while migrating", "tomas-db", BUG, 148, 120).rebased(2),
    change("fix(cart): totals with two vouchers", "ben-hub", BUG, 119, 98),
    change("feat(api): page through orders", "tomas-db", FEATURE, 124, 96),
    change("feat(profile): change the delivery address", "gil-guest", FEATURE, 96, 51),
    change("Show delivery dates in the basket", "lena-web", FEATURE, 73, 50),
    change("fix(search): umlauts find their words", "priya-dev", BUG, 71, 49),
    change("fix(mail): links open in the app", "lena-web", BUG, 54, 47),
    change("fix(checkout): no double click on pay", "maria-dev", BUG, 53, 46),
    change("fix(api): 404 instead of 500 for unknown orders", "tomas-db", BUG, 50, 29).joined(2),
    change("fix(invoices): the right VAT for Norway", "noor-qa", BUG, 47, 28),
    change("Round prices the same way everywhere", "ben-hub", BUG, 45, 27),
    change("fix(ui): focus stays in the form", "lena-web", BUG, 30, 25),
    change("fix(logs): fewer false alarms", "jonas-ops", BUG, 28, 24),
    change("fix(stock): count returned parcels", "sam-dev", BUG, 26, 23),
    change("docs: runbook of the deployment", "jonas-ops", "documentation", 25, 22),
    change("fix(build): the same bundle on every machine", "priya-dev", BUG, 22, 4),
];

/// A release of one of two products.
struct Product {
    tag: &'static str,
    to: &'static str,
    at: &'static str,
    changes: [Change; 3],
}

/// What lies between two tags of a product belongs to the other one as well.
const PRODUCTS: [Product; 3] = [
    Product {
        tag: "api-v1.4.0",
        to: "api-production",
        at: "2026-10-22T10:00:00Z",
        changes: [
            change("feat(api): orders by customer", "tomas-db", FEATURE, 80, 30),
            change("fix(api): empty pages", "priya-dev", BUG, 60, 26).joined(2),
            change("fix(web): the logo on dark screens", "lena-web", BUG, 50, 25),
        ],
    },
    Product {
        tag: "web-v3.0.0",
        to: "web-production",
        at: "2026-11-05T10:00:00Z",
        changes: [
            change("feat(web)!: the new layout", "lena-web", FEATURE, 120, 40).joined(3),
            change("feat(api): stock by shop", "tomas-db", FEATURE, 90, 30),
            change("fix(web): the menu on small screens", "sam-dev", BUG, 50, 28),
        ],
    },
    Product {
        tag: "api-v1.5.0",
        to: "api-production",
        at: "2026-11-17T10:00:00Z",
        changes: [
            change("fix(api): times in the zone of the shop", "priya-dev", BUG, 99, 70),
            change("fix(web): back leads back", "sam-dev", BUG, 75, 50),
            change("feat(api): refunds in one call", "tomas-db", FEATURE, 70, 26).rebased(2),
        ],
    },
];

/// Who reads what others wrote.
const REVIEWERS: [&str; 4] = ["noor-qa", "maria-dev", "sam-dev", "ben-hub"];

fn on(day: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(day).map(|at| at.to_utc()).unwrap_or_default()
}

/// Makes and merges a change in a repository.
fn merges(github: &GitHub, repo: &str, change: &Change, deployed: DateTime<Utc>, plan: &Plan) {
    let before = |hours: i64| deployed - TimeDelta::hours(hours);
    let (first, merged) = (before(change.first), before(change.merged));
    // The commits lie evenly in the first half of the way.
    let step = (merged - first) / 2 / change.commits;
    let commits: Vec<_> = (0..change.commits).map(|n| first + step * n).collect();
    let opened = first + (merged - first) / 2;
    let origin = if change.author == "gil-guest" { Origin::Fork("gil-guest".to_owned()) } else { Origin::Here };
    let milestone = plan.milestone.filter(|_| change.label == FEATURE);
    let of = Proposal {
        labels: vec![change.label.to_owned()],
        origin,
        commits,
        opened,
        milestone,
        path: plan.path.map(str::to_owned).unwrap_or_default(),
        ..Proposal::new(change.title, change.author, first)
    };
    let Some(done) = github.merged_pull(repo, &of, change.way, merged) else { return };
    let others: Vec<_> = REVIEWERS.iter().filter(|login| **login != change.author).collect();
    let turn = usize::try_from(done.number).unwrap_or_default() % others.len();
    let reviewer = others.get(turn).copied().copied().unwrap_or_default();
    if change.commits > 1 {
        github.review(repo, done.number, reviewer, "CHANGES_REQUESTED", opened + TimeDelta::minutes(50));
    }
    github.review(repo, done.number, reviewer, "APPROVED", merged - TimeDelta::minutes(20));
}

/// Where changes belong.
#[derive(Clone, Copy, Default)]
struct Plan {
    milestone: Option<u64>,
    path: Option<&'static str>,
}

/// A release that is in production at `end`.
fn ships(github: &GitHub, repo: &str, tag: &str, to: &str, end: DateTime<Utc>) {
    let at = end - TimeDelta::minutes(25);
    let job = |name: &str, event: &str, started, at| Job {
        name: name.to_owned(),
        event: event.to_owned(),
        started,
        end: Some(End { at, conclusion: "success".to_owned() }),
    };
    github.release(repo, tag, ReleaseKind::Final, at - TimeDelta::minutes(30));
    if let Some(sha) = github.commit_of(repo, tag) {
        github.run(repo, &sha, &job("Tests", "push", at - TimeDelta::hours(4), at - TimeDelta::minutes(225)));
        github.run(repo, &sha, &job("Deploy", "release", at, end));
    }
    github.deploy(repo, tag, to, &[("queued", at), ("in_progress", at), ("success", end)]);
}

/// The way of the shop to v2.1.0, and the two days after it.
fn shop(github: &GitHub) {
    let (first, second) = (on("2026-10-28T13:00:00Z"), on("2026-11-18T14:00:00Z"));
    for change in &BEFORE {
        merges(github, SHOP, change, first, &Plan::default());
    }
    let head = github.head(SHOP).unwrap_or_default();
    github.tag(SHOP, "v2.0.0", &head);
    ships(github, SHOP, "v2.0.0", "production", first);

    let milestone = github.milestone(SHOP, "v2.1.0", Some(second), on("2026-10-30T09:00:00Z"));
    let early =
        github.open_at(SHOP, "noor-qa", "Totals are wrong with two vouchers", &[BUG], on("2026-11-13T09:10:00Z"));
    for change in &CHANGES {
        merges(github, SHOP, change, second, &Plan { milestone, path: None });
    }
    if let Some(id) = early {
        github.close_at(&id, "completed", on("2026-11-14T12:00:00Z"));
    }
    let head = github.head(SHOP).unwrap_or_default();
    github.annotated_tag(SHOP, "v2.1.0", &head, second - TimeDelta::hours(3));
    let rehearsal = second - TimeDelta::hours(2);
    github.deploy(
        SHOP,
        "v2.1.0",
        "staging",
        &[("in_progress", rehearsal), ("success", rehearsal + TimeDelta::minutes(12))],
    );
    ships(github, SHOP, "v2.1.0", "production", second);
    if let Some(number) = milestone {
        github.close_milestone(SHOP, number, second + TimeDelta::hours(1));
    }

    // Three small bugs within the 48 hours after, and what goes on since then.
    for (title, login, at) in [
        ("The total jumps when a voucher is removed", "noor-qa", "2026-11-18T16:40:00Z"),
        ("A long address wraps in the wrong place", "lena-web", "2026-11-19T08:15:00Z"),
        ("The PDF of an invoice has two empty lines", "sam-dev", "2026-11-19T20:05:00Z"),
    ] {
        github.open_at(SHOP, login, title, &[BUG, "severity:low"], on(at));
    }
    github.open_at(SHOP, "sam-dev", "Suggestions for brands, too", &[FEATURE], on("2026-11-19T10:00:00Z"));
    let next = change("docs: how to read the new dashboards", "noor-qa", "documentation", 7, 3);
    merges(github, SHOP, &next, on("2026-11-19T16:00:00Z"), &Plan::default());
}

/// Two products in one repository, whose tags lie mixed.
fn mono(github: &GitHub) {
    let began = on("2026-10-05T09:00:00Z");
    github.new_repo(MONO, began);
    for release in &PRODUCTS {
        let deployed = on(release.at);
        for change in &release.changes {
            let path = if change.title.contains("(api)") { "api/handlers.txt" } else { "web/pages.txt" };
            merges(github, MONO, change, deployed, &Plan { milestone: None, path: Some(path) });
        }
        let head = github.head(MONO).unwrap_or_default();
        github.tag(MONO, release.tag, &head);
        ships(github, MONO, release.tag, release.to, deployed);
    }
}

impl GitHub {
    /// With what the team did before. What is made later has the ids and numbers that it would have without it.
    pub fn with_past(self) -> Self {
        let serial = self.with(|state| std::mem::replace(&mut state.serial, 100_000));
        self.set(SHOP, |repo| repo.last_number = ABOVE);
        shop(&self);
        mono(&self);
        self.set(SHOP, |repo| repo.last_number = 0);
        self.with(|state| {
            state.serial = serial;
            state.repos.iter_mut().flat_map(|repo| &mut repo.issues).for_each(|issue| issue.is_old = true);
        });
        self
    }
}
