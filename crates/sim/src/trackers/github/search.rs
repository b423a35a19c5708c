//! Search: it goes through an index, which lags behind.
//! <https://docs.github.com/rest/search/search>

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, failed, json as answer};
use super::ask::Ask;
use super::page::Page;
use super::shapes::{self, merged};
use super::state::{Fate, Issue, Repo, State, User};

fn wrong(message: &str) -> Box<Answer> {
    failed(json!({"message": message, "resource": "Search", "field": "q", "code": "invalid"}))
}

fn query(ask: &Ask) -> Result<Vec<String>, Box<Answer>> {
    let q = ask.query("q").unwrap_or_default().trim();
    if q.is_empty() {
        return Err(failed(json!({"resource": "Search", "field": "q", "code": "missing"})));
    }
    if q.chars().count() > 256 {
        return Err(wrong("The search is longer than 256 characters."));
    }
    Ok(q.split_whitespace().map(|word| word.replace('"', "")).collect())
}

fn found(ask: &Ask, base: &str, items: Vec<Value>, more: Value) -> Outcome {
    let page = Page::of(ask);
    let total = items.len();
    let scored: Vec<_> = page.cut(items).into_iter().map(|item| merged(item, json!({"score": 1.0}))).collect();
    let body = json!({"total_count": total, "incomplete_results": false, "items": scored});
    Ok(page.linked(answer(200, merged(body, more)), ask, base, total))
}

fn is_person(user: &User, words: &[String]) -> bool {
    let in_email = words.iter().any(|w| w == "in:email");
    let fits = |word: &String| match word.split_once(':') {
        Some(("in", _)) => true,
        Some(("type", kind)) => (kind == "user") == (user.kind == "User"),
        Some(_) => false,
        None if in_email => user.email.as_ref().is_some_and(|e| e.eq_ignore_ascii_case(word)),
        None => [Some(&user.login), user.name.as_ref(), user.email.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(&word.to_lowercase())),
    };
    words.iter().all(fits)
}

/// `GET /search/users`: only addresses that everybody may see are searched.
pub fn users(state: &mut State, ask: &Ask) -> Outcome {
    let words = query(ask)?;
    let hits = state.users.iter().filter(|u| u.kind != "Bot" && is_person(u, &words));
    let items = hits.map(|u| shapes::user(state, &u.login)).collect();
    found(ask, &state.base, items, json!({}))
}

fn is_issue(state: &State, repo: &Repo, issue: &Issue, words: &[String]) -> bool {
    let text = format!("{}\n{}", issue.title, issue.body.as_deref().unwrap_or_default()).to_lowercase();
    let fits = |word: &String| match word.split_once(':') {
        Some(("repo", full)) => repo.full().eq_ignore_ascii_case(full),
        Some(("is" | "type" | "state", what)) => match what {
            "issue" => issue.pull.is_none(),
            "pr" | "pull-request" => issue.pull.is_some(),
            "open" => issue.is_open,
            "closed" => !issue.is_open,
            _ => false,
        },
        Some(("author", login)) => issue.user.eq_ignore_ascii_case(login.trim_start_matches("app/")),
        Some(("label", name)) => issue.labels.iter().any(|l| l.eq_ignore_ascii_case(name)),
        Some(("in" | "sort", _)) => true,
        Some(_) | None => text.contains(&word.to_lowercase()),
    };
    issue.fate == Fate::Here && !repo.is_hidden && state.user(&issue.user).is_some() && words.iter().all(fits)
}

/// `GET /search/issues`: what is younger than the index's lag is not in it.
pub fn issues(state: &mut State, ask: &Ask) -> Outcome {
    let words = query(ask)?;
    let kinds = ["is:issue", "is:pr", "is:pull-request", "type:issue", "type:pr"];
    if !words.iter().any(|w| kinds.contains(&w.as_str())) {
        return Err(wrong("Query must include 'is:issue' or 'is:pull-request'"));
    }
    let mut named = words.iter().filter_map(|w| w.strip_prefix("repo:"));
    if named.any(|full| state.named(full).is_none_or(|r| r.is_hidden)) {
        return Err(wrong(
            "The listed users and repositories cannot be searched either because the resources do not exist or you do \
             not have permission to view them.",
        ));
    }
    let mut items = Vec::new();
    for repo in &state.repos {
        let known = repo.issues.iter().filter(|i| ask.now - i.created >= state.lag);
        items.extend(known.filter(|i| is_issue(state, repo, i, &words)).map(|i| shapes::issue(state, repo, i)));
    }
    found(ask, &state.base, items, json!({"search_type": "lexical"}))
}
