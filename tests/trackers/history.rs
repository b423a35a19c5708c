//! What GitHub tells of releases, tags, deployments, merged pull requests and checks: every answer and every delivery is
//! as published, the refusals as well.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lookback_sim::trackers::Hook;
use lookback_sim::trackers::github::{self as sim, End, Job, Origin, Proposal, ReleaseKind, Way};
use serde_json::{Value, json};

use crate::published;
use crate::world::{World, at};

const SHOP: &str = "/repos/acme/shop";

struct Answer {
    status: u16,
    headers: hyper::HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    fn list(&self) -> &Vec<Value> {
        self.body.as_array().unwrap_or_else(|| panic!("{}", self.body))
    }

    /// One field of each row.
    fn all(&self, place: &str) -> Vec<&str> {
        self.list().iter().map(|row| row.pointer(place).and_then(Value::as_str).unwrap_or("null")).collect()
    }
}

impl World {
    async fn call(&self, method: &str, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}/github{path}", self.origin));
        let usual = [("user-agent", "test"), ("accept", "application/vnd.github+json")];
        for (name, value) in usual.iter().chain(headers) {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", sim::TOKEN));
        }
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null, &[]).await
    }

    async fn post(&self, path: &str, body: Value, token: &str) -> Answer {
        self.call("POST", path, body, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// All rows of a list, by the header `Link`.
    async fn rows(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut path) = (Vec::new(), path.to_owned());
        loop {
            let page = self.get(&path).await;
            rows.extend(page.body.get("commits").unwrap_or(&page.body).as_array().unwrap().clone());
            let next = page.header("link").split(", ").find(|l| l.ends_with("rel=\"next\"")).map(str::to_owned);
            let Some(next) = next else { return rows };
            let url = next.split(['<', '>']).nth(1).unwrap();
            path = url.split_once("/github").unwrap().1.to_owned();
        }
    }
}

fn deployed() -> DateTime<Utc> {
    at("2026-11-18T14:00:00Z")
}

fn body(hook: &Hook) -> Value {
    serde_json::from_str(&hook.body).unwrap()
}

/// A delivery's name with its action; it is as published.
fn told(hook: &Hook) -> String {
    let name = hook.headers.iter().find(|(name, _)| name == "x-github-event").unwrap().1.replace('_', "-");
    let body = body(hook);
    let event = body["action"].as_str().map_or(name.clone(), |action| format!("{name}-{action}"));
    assert_eq!(published::github_event(&event, &body), Vec::<String>::new(), "{event}");
    event
}

/// The world's end checks each of these answers.
#[tokio::test]
async fn every_read_and_every_refusal_is_as_published() {
    let w = World::new().await;
    let tag = w.get(&format!("{SHOP}/git/ref/tags/v2.1.0")).await.body["object"].clone();
    assert_eq!(tag["type"], "tag");
    let sha = w.sim.github.commit_of("acme/shop", "v2.1.0").unwrap();
    let deployment = w.get(&format!("{SHOP}/deployments?environment=production")).await.list()[0]["id"].clone();
    for (path, status) in [
        ("", 200),
        ("/releases", 200),
        ("/releases?per_page=1&page=2", 200),
        ("/releases/tags/v2.1.0", 200),
        ("/releases/tags/none", 404),
        ("/tags", 200),
        ("/git/matching-refs/tags/v2", 200),
        ("/git/ref/tags/v2", 404),
        (&format!("/git/tags/{}", tag["sha"].as_str().unwrap()), 200),
        (&format!("/git/tags/{sha}"), 404),
        ("/compare/v2.0.0...v2.1.0", 200),
        ("/compare/v2.0.0...v2.1.0?per_page=7&page=2", 200),
        ("/compare/v2.0.0...none", 404),
        ("/commits", 200),
        ("/commits?since=2026-11-18T00:00:00Z&path=src", 200),
        ("/commits/v2.1.0", 200),
        ("/commits/none", 422),
        (&format!("/commits/{sha}/pulls"), 200),
        ("/commits/none/pulls", 422),
        ("/pulls?state=closed&sort=updated&direction=desc", 200),
        ("/pulls/1006", 200),
        ("/pulls/1006/commits", 200),
        ("/pulls/1006/reviews", 200),
        ("/pulls/7", 404),
        ("/pulls/7/commits", 404),
        ("/pulls/7/reviews", 404),
        ("/milestones?state=all&sort=completeness&direction=desc", 200),
        ("/issues?labels=bug&state=all&since=2026-11-18T14:00:00Z", 200),
        ("/issues?milestone=1&state=closed", 200),
        ("/issues?milestone=9", 422),
        ("/deployments?sha=none&ref=v2.1.0&environment=production", 200),
        (&format!("/deployments/{deployment}"), 200),
        (&format!("/deployments/{deployment}/statuses"), 200),
        ("/deployments/1/statuses", 404),
        (&format!("/actions/runs?head_sha={sha}&event=release&status=success&created=2026-11-18"), 200),
    ] {
        let answer = w.get(&format!("{SHOP}{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(status != 200 || answer.header("etag").starts_with("W/\""), "{path}");
        let hidden = w.get(&format!("/repos/acme/hidden{path}")).await;
        assert_eq!((hidden.status, &hidden.body["message"]), (404, &json!("Not Found")), "{path}");
        let moved = w.get(&format!("/repos/acme/old-name{path}")).await;
        assert_eq!(moved.status, 301, "{path}");
        let to = moved.header("location").split_once("/github").unwrap().1.to_owned();
        assert_eq!(w.get(&to).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let w = World::new().await;
    for (right, path) in [
        ("contents", "/releases"),
        ("contents", "/releases/tags/v2.1.0"),
        ("contents", "/git/matching-refs/tags/v"),
        ("contents", "/compare/v2.0.0...v2.1.0"),
        ("metadata", "/tags"),
        ("pull_requests", "/pulls/1006/commits"),
        ("pull_requests", "/pulls/1006/reviews"),
        ("pull_requests", "/commits/main/pulls"),
        ("deployments", "/deployments"),
        ("deployments", "/deployments/1/statuses"),
        ("actions", "/actions/runs"),
    ] {
        w.sim.github.forbid(right);
        let answer = w.get(&format!("{SHOP}{path}")).await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.body["message"], "Resource not accessible by personal access token");
        assert_eq!(answer.header("x-accepted-github-permissions"), format!("{right}=read"), "{path}");
        w.sim.github.restore();
        assert_ne!(w.get(&format!("{SHOP}{path}")).await.status, 403, "{path}");
    }
    // One of two rights is enough.
    w.sim.github.forbid("issues");
    assert_eq!(w.get(&format!("{SHOP}/milestones")).await.status, 200);
    w.sim.github.forbid("pull_requests");
    let answer = w.get(&format!("{SHOP}/milestones")).await;
    assert_eq!(answer.header("x-accepted-github-permissions"), "issues=read; pull_requests=read");
}

#[tokio::test]
async fn what_did_not_change_costs_nothing() {
    let w = World::new().await;
    let path = format!("{SHOP}/pulls?state=closed");
    let first = w.get(&path).await;
    let tag = first.header("etag").to_owned();
    for _ in 0..3 {
        let again = w.call("GET", &path, Value::Null, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, &again.body), (StatusCode::NOT_MODIFIED.as_u16(), &Value::Null));
        assert_eq!(again.header("x-ratelimit-used"), first.header("x-ratelimit-used"));
    }
    assert_eq!(w.sim.github.desk().journal().last().unwrap().status, 304);
    w.sim.github.label_issue("acme/shop#1006", "seen", w.clock.now());
    let again = w.call("GET", &path, Value::Null, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.header("x-ratelimit-used")), (200, "2"));
}

#[tokio::test]
async fn the_shop_has_the_release_of_the_example() {
    let w = World::new().await;
    let compare = w.get(&format!("{SHOP}/compare/v2.0.0...v2.1.0")).await.body;
    let mut pulls = BTreeSet::new();
    for commit in compare["commits"].as_array().unwrap() {
        let path = format!("{SHOP}/commits/{}/pulls", commit["sha"].as_str().unwrap());
        pulls.extend(w.get(&path).await.list().iter().map(|pull| pull["number"].as_u64().unwrap()));
    }
    assert_eq!(pulls.len(), 22);
    let (mut labels, mut leads) = (Vec::new(), Vec::new());
    for number in pulls {
        let pull = w.get(&format!("{SHOP}/pulls/{number}")).await.body;
        labels.extend(pull["labels"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap().to_owned()));
        let commits = w.get(&format!("{SHOP}/pulls/{number}/commits")).await;
        leads.push(deployed() - at(commits.all("/commit/author/date")[0]));
        let reviews = w.get(&format!("{SHOP}/pulls/{number}/reviews")).await;
        assert_eq!(reviews.all("/state").last(), Some(&"APPROVED"));
        assert_ne!(reviews.all("/user/login").last().copied(), pull["user"]["login"].as_str());
    }
    let count = |name: &str| labels.iter().filter(|label| *label == name).count();
    assert_eq!((count("enhancement"), count("bug")), (8, 12));
    leads.sort();
    let median = (leads[10] + leads[11]) / 2;
    assert!((median - TimeDelta::days(3)).abs() < TimeDelta::hours(1), "{median}");
    let deployments = w.get(&format!("{SHOP}/deployments?environment=production&ref=v2.1.0")).await;
    assert_eq!(deployments.all("/created_at"), ["2026-11-18T13:35:00Z"]);
    let id = &deployments.list()[0]["id"];
    let statuses = w.get(&format!("{SHOP}/deployments/{id}/statuses")).await;
    assert_eq!(statuses.all("/state"), ["success", "in_progress", "queued"]);
    assert_eq!(statuses.all("/created_at")[0], "2026-11-18T14:00:00Z");
    let bugs = w.get(&format!("{SHOP}/issues?labels=bug&state=all&since=2026-11-18T14:00:00Z")).await;
    let then = |row: &&Value| row["pull_request"].is_null() && at(row["created_at"].as_str().unwrap()) >= deployed();
    assert_eq!(bugs.list().iter().filter(then).count(), 3);
    let fork =
        w.get(&format!("{SHOP}/pulls?state=closed&head=gil-guest:feat-profile-change-the-delivery-address")).await;
    assert_eq!((fork.all("/head/repo/owner/login"), fork.all("/user/type")), (vec!["gil-guest"], vec!["User"]));
    let refs = w.get("/repos/acme/mono/git/matching-refs/tags/api-v").await;
    assert_eq!(refs.all("/ref"), ["refs/tags/api-v1.4.0", "refs/tags/api-v1.5.0"]);
    assert_eq!(w.get("/repos/acme/mono/tags").await.all("/name"), ["web-v3.0.0", "api-v1.5.0", "api-v1.4.0"]);
    // What was there before is in nobody's way.
    assert!(w.sim.github.shown().is_empty() && w.sim.github.pulls("acme/shop").is_empty());
    assert!(w.sim.github.mentions().is_empty() && w.sim.github.closing_words().is_empty());
}

#[tokio::test]
async fn each_way_of_a_merge_leaves_its_own_commits() {
    let w = World::new().await;
    let (hub, now) = (&w.sim.github, w.clock.now());
    hub.new_repo("acme/store", now).unwrap();
    let before = hub.head("acme/store").unwrap();
    let of = |title: &str, author: &str, origin| Proposal {
        commits: vec![now, now + TimeDelta::minutes(1)],
        origin,
        ..Proposal::new(title, author, now)
    };
    let squash = of("One", "maria-dev", Origin::Fork("gil-guest".into()));
    let merge = of("Two", "renovate[bot]", Origin::Here);
    let rebase = of("Three", "gil-guest", Origin::Gone("somebody".into()));
    let mut numbers = Vec::new();
    for (of, way, commits, parents) in
        [(squash, Way::Squash, 1, 1), (merge, Way::Merge, 3, 2), (rebase, Way::Rebase, 2, 1)]
    {
        let old = hub.head("acme/store").unwrap();
        let done = hub.merged_pull("acme/store", &of, way, now + TimeDelta::minutes(9)).unwrap();
        let compare = w.get(&format!("/repos/acme/store/compare/{old}...main")).await.body;
        assert_eq!((&compare["ahead_by"], &compare["status"]), (&json!(commits), &json!("ahead")), "{way:?}");
        for commit in compare["commits"].as_array().unwrap() {
            let path = format!("/repos/acme/store/commits/{}/pulls", commit["sha"].as_str().unwrap());
            assert_eq!(w.get(&path).await.list()[0]["number"], done.number, "{way:?}");
        }
        let pull = w.get(&format!("/repos/acme/store/pulls/{}", done.number)).await.body;
        assert_eq!((&pull["merge_commit_sha"], &pull["commits"]), (&json!(done.sha), &json!(2)), "{way:?}");
        let commit = w.get(&format!("/repos/acme/store/commits/{}", done.sha)).await.body;
        assert_eq!(commit["parents"].as_array().unwrap().len(), parents, "{way:?}");
        // The commits of the branch itself are on the base after a merge commit alone.
        let own = w.get(&format!("/repos/acme/store/pulls/{}/commits", done.number)).await;
        let sha = own.all("/sha")[0].to_owned();
        assert_eq!(w.get(&format!("/repos/acme/store/commits/{sha}/pulls")).await.list().len(), 1, "{way:?}");
        numbers.push(pull);
    }
    let [one, two, three] = numbers.as_slice() else { panic!() };
    assert_eq!((&one["head"]["repo"]["fork"], &three["head"]["repo"]), (&json!(true), &Value::Null));
    assert_eq!((&two["user"]["type"], &two["head"]["repo"]["full_name"]), (&json!("Bot"), &json!("acme/store")));
    hub.force_push("acme/store", &before);
    let compare =
        w.get(&format!("/repos/acme/store/compare/{}...main", two["merge_commit_sha"].as_str().unwrap())).await;
    assert_eq!((&compare.body["status"], &compare.body["behind_by"]), (&json!("behind"), &json!(4)));
    let root = json!({"message": "Alone", "tree": tree(&w).await, "parents": []});
    let alone = w.post("/repos/acme/store/git/commits", root, sim::TOKEN).await.body["sha"].clone();
    let compare = w.get(&format!("/repos/acme/store/compare/main...{}", alone.as_str().unwrap())).await;
    let words = format!("No common ancestor between main and {}.", alone.as_str().unwrap());
    assert_eq!((compare.status, &compare.body["message"]), (404, &json!(words)));
    assert!(hub.rename("acme/store", "acme/market") && !hub.rename("acme/shop", "acme/market"));
    assert_eq!(w.get("/repos/acme/store/pulls/1").await.status, 301);
    assert_eq!(w.get("/repos/acme/market/pulls/1").await.status, 200);
    hub.new_repo("acme/store", now).unwrap();
    assert_eq!(w.get("/repos/acme/store/pulls/1").await.status, 404, "the old name was taken");
}

/// The tree of the default branch.
async fn tree(w: &World) -> Value {
    w.get("/repos/acme/store/commits/main").await.body["commit"]["tree"]["sha"].clone()
}

#[tokio::test]
async fn three_thousand_pull_requests_are_paged_in_order() {
    let w = World::new().await;
    let (hub, first) = (&w.sim.github, at("2026-09-01T00:00:00Z"));
    hub.new_repo("acme/store", first).unwrap();
    hub.tag("acme/store", "v1", &hub.head("acme/store").unwrap());
    for n in 1..=3000 {
        let at = first + TimeDelta::minutes(n * 20);
        let title = format!("fix: number {n}");
        let of = Proposal::new(&title, ["maria-dev", "ben-hub"][usize::from(n % 2 == 0)], at);
        let way = if n % 3 == 0 { Way::Merge } else { Way::Squash };
        hub.merged_pull("acme/store", &of, way, at + TimeDelta::minutes(15)).unwrap();
    }
    hub.tag("acme/store", "v2", &hub.head("acme/store").unwrap());
    let whole = w.get("/repos/acme/store/compare/v1...v2").await.body;
    assert_eq!((&whole["total_commits"], whole["commits"].as_array().unwrap().len()), (&json!(4000), 250));
    assert_eq!(whole["commits"][249]["sha"], json!(hub.head("acme/store")));
    let page = w.get("/repos/acme/store/compare/v1...v2?per_page=100&page=2").await;
    assert!(page.header("link").contains("page=3") && page.header("link").contains("rel=\"last\""));
    assert_eq!(page.body["files"], json!([]));
    let all = w.rows("/repos/acme/store/compare/v1...v2?per_page=100").await;
    let times: Vec<_> = all.iter().map(|c| c["commit"]["committer"]["date"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times.len() == 4000);
    let pulls = w.get("/repos/acme/store/pulls?state=closed&sort=updated&direction=desc&per_page=200&page=2").await;
    assert_eq!((pulls.list().len(), &pulls.list()[0]["number"]), (100, &json!(2900)));
}

#[tokio::test]
async fn releases_are_told_with_each_of_their_turns() {
    let w = World::new().await;
    let (hub, now) = (&w.sim.github, w.clock.now());
    let told = |hooks: Vec<Hook>| hooks.iter().map(told).collect::<Vec<_>>();
    let mut all = hub.release("acme/shop", "v2.2.0", ReleaseKind::Draft, now);
    assert_eq!(told(std::mem::take(&mut all)), ["release-created"]);
    assert_eq!(w.get(&format!("{SHOP}/releases")).await.all("/tag_name"), ["v2.2.0", "v2.1.0", "v2.0.0"]);
    assert_eq!(w.get(&format!("{SHOP}/releases/tags/v2.2.0")).await.status, 404, "a draft");
    let published = hub.publish_release("acme/shop", "v2.2.0", now);
    assert_eq!(told(published), ["push", "create", "release-published", "release-released"]);
    assert_eq!(w.get(&format!("{SHOP}/releases/tags/v2.2.0")).await.status, 200);
    assert_eq!(told(hub.edit_release("acme/shop", "v2.2.0", "More.")), ["release-edited"]);
    assert_eq!(told(hub.unpublish_release("acme/shop", "v2.2.0")), ["release-unpublished"]);
    assert_eq!(told(hub.delete_release("acme/shop", "v2.2.0")), ["release-deleted"]);
    let early = hub.release("acme/shop", "v2.3.0-rc.1", ReleaseKind::Prerelease, now);
    assert_eq!(told(early), ["push", "create", "release-published", "release-prereleased", "release-created"]);
    let old = hub.commit_of("acme/shop", "v2.0.0").unwrap();
    let moved = hub.move_tag("acme/shop", "v2.1.0", &old);
    assert_eq!(body(&moved[0])["forced"], true);
    assert_eq!(told(moved), ["push"]);
    assert_eq!(hub.commit_of("acme/shop", "v2.1.0"), Some(old));
    assert_eq!(body(&hub.delete_tag("acme/shop", "v2.1.0")[0])["deleted"], true);
    // Who may not push sees no drafts.
    hub.release("acme/readonly", "v1", ReleaseKind::Draft, now);
    assert_eq!(w.get("/repos/acme/readonly/releases").await.body, json!([]));
}

#[tokio::test]
async fn milestones_deployments_and_pull_requests_are_told() {
    let w = World::new().await;
    let (hub, now) = (&w.sim.github, w.clock.now());
    let number = hub.milestone("acme/shop", "v2.2.0", Some(now), now).unwrap();
    assert_eq!(told(&hub.hook_of_milestone("acme/shop", number).unwrap()), "milestone-created");
    let issue = hub.open_at("acme/shop", "sam-dev", "One more", &["bug"], now).unwrap();
    assert_eq!(issue, "acme/shop#1");
    assert!(hub.set_milestone(&issue, Some(number), now) && !hub.set_milestone(&issue, Some(99), now));
    let planned = w.get(&format!("{SHOP}/issues?milestone={number}")).await;
    assert_eq!(planned.all("/milestone/title"), ["v2.2.0"]);
    assert_eq!(told(&hub.close_milestone("acme/shop", number, now).unwrap()), "milestone-closed");
    assert_eq!(w.get(&format!("{SHOP}/milestones?state=closed")).await.all("/title"), ["v2.1.0", "v2.2.0"]);
    let id = hub.deploy("acme/shop", "main", "production", &[("in_progress", now)]).unwrap();
    assert_eq!(told(&hub.deployed("acme/shop", id, "failure", now).unwrap()), "deployment-status-created");
    assert_eq!(w.get(&format!("{SHOP}/deployments/{id}/statuses")).await.all("/state"), ["failure", "in_progress"]);
    let pull = hub.open_pull("acme/shop", &Proposal::new("A change", "ben-hub", now)).unwrap();
    let merged = hub.merge_pull("acme/shop", pull, Way::Rebase, now);
    assert_eq!(merged.iter().map(told).collect::<Vec<_>>(), ["pull-request-closed"]);
    assert_eq!(body(&merged[0])["pull_request"]["merged"], true);
    for hook in [
        hub.hook_of_pull("acme/shop", 1011),
        hub.hook_of_release("acme/shop", "v2.1.0", "released"),
        hub.hook_of_deployment("acme/shop", id),
    ] {
        told(&hook.unwrap());
    }
}

#[tokio::test]
async fn the_app_checks_commits_and_lets_deployments_pass() {
    let w = World::new().await;
    let (hub, now) = (&w.sim.github, w.clock.now());
    let (app, sha) = (hub.app_token(), hub.head("acme/shop").unwrap());
    let status = json!({"state": "success", "context": "lookback", "description": "All done", "target_url": null});
    let path = format!("{SHOP}/statuses/{sha}");
    assert_eq!(w.post(&path, status.clone(), sim::TOKEN).await.status, 201);
    assert_eq!(w.post(&format!("{SHOP}/statuses/{}", "0".repeat(40)), status, sim::TOKEN).await.status, 422);
    assert_eq!(w.post(&path, json!({"state": "pending", "description": "x".repeat(141)}), &app).await.status, 422);
    let check = json!({"name": "Retro", "head_sha": sha, "output": {"title": "Open", "summary": "2 of 3"}});
    let path = format!("{SHOP}/check-runs");
    let refused = w.post(&path, check.clone(), sim::TOKEN).await;
    assert_eq!((refused.status, &refused.body["message"]), (403, &json!("You must authenticate via a GitHub App.")));
    let made = w.post(&path, check, &app).await;
    assert_eq!((made.status, &made.body["status"]), (201, &json!("queued")));
    let path = format!("{path}/{}", made.body["id"]);
    let bearer = format!("Bearer {app}");
    let auth = [("authorization", bearer.as_str())];
    let done = w.call("PATCH", &path, json!({"conclusion": "success"}), &auth).await;
    assert_eq!((done.status, &done.body["status"]), (200, &json!("completed")));
    assert_eq!(w.call("PATCH", &format!("{SHOP}/check-runs/1"), json!({"name": "x"}), &auth).await.status, 404);
    let states: Vec<_> = hub.checks("acme/shop", &sha).into_iter().map(|c| (c.name, c.state)).collect();
    assert_eq!(states, [("lookback", "success"), ("Retro", "success")].map(|(a, b)| (a.to_owned(), b.to_owned())));

    let job = Job { name: "Deploy".into(), event: "push".into(), started: now, end: None };
    let run = hub.run("acme/shop", &sha, &job).unwrap();
    let hook = hub.waits("acme/shop", run, "production", now).unwrap();
    assert_eq!(told(&hook), "deployment-protection-rule-requested");
    let path = body(&hook)["deployment_callback_url"].as_str().unwrap().split_once("/github").unwrap().1.to_owned();
    assert_eq!(w.get(&format!("{SHOP}/actions/runs?status=waiting")).await.body["total_count"], 1);
    let word = json!({"environment_name": "production", "state": "approved", "comment": "The retro is done."});
    assert_eq!(w.post(&path, word.clone(), sim::TOKEN).await.status, 403);
    assert_eq!(w.post(&path, word.clone(), &app).await.status, 204);
    assert_eq!(w.post(&path, word.clone(), &app).await.status, 422, "it waits no more");
    let word = hub.verdict("acme/shop", run, "production").unwrap();
    assert_eq!((word.is_approved, word.comment.as_str()), (true, "The retro is done."));
    let end = Some(End { at: now, conclusion: "failure".into() });
    hub.run("acme/shop", &sha, &Job { event: "schedule".into(), end, ..job }).unwrap();
    let runs = w.get(&format!("{SHOP}/actions/runs?event=schedule&status=failure")).await.body;
    assert_eq!((&runs["total_count"], &runs["workflow_runs"][0]["run_number"]), (&json!(1), &json!(6)));
}
