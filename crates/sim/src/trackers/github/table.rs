//! The addresses of the simulated GitHub, and what each asks of its caller. All others are 404.

use super::answer::{Answer, Outcome, moved, not_found};
use super::ask::Ask;
use super::state::State;
use super::{accounts, checks, commits, contents, deploys, gitdata, issues, labels, pulls, releases, search};

/// An address with its operation.
pub struct Route {
    pub method: &'static str,
    pub template: &'static str,
    /// `app`, `user`, empty, or a permission such as `issues=write`. One of several, such as `a=read; b=read`, is enough.
    pub right: &'static str,
    pub run: fn(&mut State, &Ask) -> Outcome,
}

const fn at(
    method: &'static str,
    template: &'static str,
    right: &'static str,
    run: fn(&mut State, &Ask) -> Outcome,
) -> Route {
    Route { method, template, right, run }
}

const REPO: &str = "/repos/{owner}/{repo}";

/// The right to a word on a deployment that waits.
const RULE: &str = "deployments=write";

const ROUTES: [Route; 62] = [
    at("GET", "/user", "user", accounts::user),
    at("GET", "/users/{username}", "", accounts::someone),
    at("GET", "/app", "app", accounts::app),
    at("GET", "/app/installations", "app", accounts::installations),
    at("POST", "/app/installations/{installation_id}/access_tokens", "app", accounts::access_token),
    at("GET", "/rate_limit", "", accounts::rate_limit),
    at("GET", "/search/issues", "", search::issues),
    at("GET", "/search/users", "", search::users),
    at("GET", "/repos/{owner}/{repo}", "metadata=read", accounts::repository),
    at("GET", "/repos/{owner}/{repo}/installation", "app", accounts::installation),
    at("GET", "/repos/{owner}/{repo}/issues", "issues=read", issues::list),
    at("POST", "/repos/{owner}/{repo}/issues", "issues=write", issues::create),
    at("GET", "/repos/{owner}/{repo}/issues/{issue_number}", "issues=read", issues::get),
    at("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", "issues=write", issues::update),
    at("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues=read", issues::comments),
    at("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues=write", issues::comment),
    at("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues=read", labels::list),
    at("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues=write", labels::add),
    at("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "issues=write", labels::remove),
    at("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", "issues=write", issues::assign),
    at("GET", "/repos/{owner}/{repo}/labels", "issues=read", labels::of_repo),
    at("POST", "/repos/{owner}/{repo}/labels", "issues=write", labels::create),
    at("GET", "/repos/{owner}/{repo}/labels/{name}", "issues=read", labels::get),
    at("GET", "/repos/{owner}/{repo}/assignees", "issues=read", labels::assignees),
    at("GET", "/repos/{owner}/{repo}/assignees/{assignee}", "issues=read", labels::can_assign),
    at("GET", "/repos/{owner}/{repo}/contents/{path}", "contents=read", contents::get),
    at("PUT", "/repos/{owner}/{repo}/contents/{path}", "contents=write", contents::put),
    at("GET", "/repos/{owner}/{repo}/git/ref/{ref}", "contents=read", gitdata::get_ref),
    at("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", "contents=read", gitdata::matching),
    at("POST", "/repos/{owner}/{repo}/git/refs", "contents=write", gitdata::create_ref),
    at("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", "contents=write", gitdata::update_ref),
    at("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", "contents=write", gitdata::delete_ref),
    at("POST", "/repos/{owner}/{repo}/git/blobs", "contents=write", gitdata::create_blob),
    at("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", "contents=read", gitdata::get_blob),
    at("POST", "/repos/{owner}/{repo}/git/trees", "contents=write", gitdata::create_tree),
    at("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "contents=read", gitdata::get_tree),
    at("POST", "/repos/{owner}/{repo}/git/commits", "contents=write", gitdata::create_commit),
    at("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "contents=read", gitdata::get_commit),
    at("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents=read", commits::branch),
    at("GET", "/repos/{owner}/{repo}/compare/{basehead}", "contents=read", commits::compare),
    at("GET", "/repos/{owner}/{repo}/commits", "contents=read", commits::list),
    // The last part of the next one takes slashes, so this one comes first.
    at("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "pull_requests=read", releases::pulls_of),
    at("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents=read", commits::get),
    at("GET", "/repos/{owner}/{repo}/pulls", "pull_requests=read", pulls::list),
    at("POST", "/repos/{owner}/{repo}/pulls", "pull_requests=write", pulls::create),
    at("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests=read", pulls::get),
    at("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests=write", pulls::update),
    at("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pull_requests=read", pulls::commits),
    at("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests=read", pulls::reviews),
    at("GET", "/repos/{owner}/{repo}/releases", "contents=read", releases::list),
    at("GET", "/repos/{owner}/{repo}/releases/tags/{tag}", "contents=read", releases::by_tag),
    at("GET", "/repos/{owner}/{repo}/tags", "metadata=read", releases::tags),
    at("GET", "/repos/{owner}/{repo}/git/tags/{tag_sha}", "contents=read", releases::git_tag),
    at("GET", "/repos/{owner}/{repo}/milestones", "issues=read; pull_requests=read", issues::milestones),
    at("GET", "/repos/{owner}/{repo}/deployments", "deployments=read", deploys::list),
    at("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}", "deployments=read", deploys::get),
    at("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "deployments=read", deploys::statuses),
    at("GET", "/repos/{owner}/{repo}/actions/runs", "actions=read", deploys::runs),
    at(
        "POST",
        "/repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule",
        RULE,
        deploys::protection_rule,
    ),
    at("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses=write", checks::status),
    at("POST", "/repos/{owner}/{repo}/check-runs", "checks=write", checks::create),
    at("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks=write", checks::update),
];

/// Which repository an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    None,
    /// `/repos/owner/name`
    Full(String),
    /// `/repositories/id`, where redirects lead to.
    Id(String),
}

/// An address, taken apart.
pub struct Found {
    pub route: &'static Route,
    pub params: Vec<(&'static str, String)>,
    pub named: Named,
    /// What follows the repository, as it came.
    pub rest: String,
}

impl Found {
    /// Such as `POST /repos/{owner}/{repo}/issues`.
    pub fn operation(&self) -> String {
        format!("{} {}", self.route.method, self.route.template)
    }

    /// The repository's id, 0 for none; or 404; or the way to where it is now.
    pub fn repo(&self, state: &State, query: Option<&str>) -> Result<u64, Box<Answer>> {
        match &self.named {
            Named::None => Ok(0),
            Named::Id(id) => {
                let repo = id.parse().ok().and_then(|id| state.repo(id)).filter(|r| !r.is_hidden);
                repo.map(|r| r.id).ok_or_else(not_found)
            }
            Named::Full(full) => {
                if let Some(repo) = state.named(full) {
                    return if repo.is_hidden { Err(not_found()) } else { Ok(repo.id) };
                }
                let to = state.renamed.get(&full.to_lowercase()).ok_or_else(not_found)?;
                let query = query.map(|q| format!("?{q}")).unwrap_or_default();
                // A call that writes keeps its method and its body on the way.
                let status = if self.route.method == "GET" { 301 } else { 307 };
                Err(moved(status, &format!("{}/repositories/{to}{}{query}", state.base, self.rest)))
            }
        }
    }
}

/// `%2F` and the like become what they stand for.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let code = (byte == b'%').then(|| [ahead.next().unwrap_or_default(), ahead.next().unwrap_or_default()]);
        match code.and_then(|code| hex::decode(code).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = ahead;
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The varying parts, if the path fits the template. The last part of some templates takes slashes, too.
fn fits(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let (mut wanted, mut given) = (template, path);
    loop {
        let (Some(want), Some(have)) = (wanted.strip_prefix('/'), given.strip_prefix('/')) else {
            return (wanted.is_empty() && given.is_empty()).then_some(params);
        };
        let (want, next) = want.split_at(want.find('/').unwrap_or(want.len()));
        let name = want.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
        let is_long =
            next.is_empty() && name.is_some_and(|n| ["path", "ref", "branch", "basehead", "tag"].contains(&n));
        let end = if is_long { have.len() } else { have.find('/').unwrap_or(have.len()) };
        let (part, rest) = have.split_at(end);
        match name {
            Some(name) if !part.is_empty() || name == "path" => params.push((name, decoded(part))),
            None if want == part => {}
            Some(_) | None => return None,
        }
        (wanted, given) = (next, rest);
    }
}

/// Takes an address apart, if there is one like it.
pub fn find(method: &str, path: &str) -> Option<Found> {
    let mut named = Named::None;
    let mut rest = path.to_owned();
    let parts: Vec<&str> = path.splitn(5, '/').collect();
    match parts.get(1..) {
        Some(["repos", owner, name, ..]) if !name.is_empty() => {
            named = Named::Full(format!("{}/{}", decoded(owner), decoded(name)));
            rest = path.splitn(5, '/').nth(4).map(|end| format!("/{end}")).unwrap_or_default();
        }
        Some(["repositories", id, ..]) if !id.is_empty() => {
            named = Named::Id((*id).to_owned());
            rest = path.splitn(4, '/').nth(3).map(|end| format!("/{end}")).unwrap_or_default();
        }
        Some(_) | None => {}
    }
    let of_repo = named != Named::None;
    let mut all = ROUTES.iter().filter(|route| route.method == method);
    all.find_map(|route| {
        let end = route.template.strip_prefix(REPO);
        let template = if of_repo { end? } else { Some(route.template).filter(|_| end.is_none())? };
        let params = fits(template, &rest)?;
        Some(Found { route, params, named: named.clone(), rest: rest.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, path: &str) -> String {
        find(method, path).map(|f| format!("{} {:?}", f.operation(), f.params)).unwrap_or_default()
    }

    #[test]
    fn addresses_are_found_by_method_and_parts() {
        let one = "GET /repos/{owner}/{repo}/issues/{issue_number} [(\"issue_number\", \"7\")]";
        assert_eq!(operation("GET", "/repos/acme/shop/issues/7"), one);
        assert_eq!(operation("GET", "/repositories/2001/issues/7"), one);
        let branch = "GET /repos/{owner}/{repo}/git/ref/{ref} [(\"ref\", \"heads/lookback/v2.1.0\")]";
        assert_eq!(operation("GET", "/repos/acme/shop/git/ref/heads/lookback/v2.1.0"), branch);
        assert_eq!(operation("GET", "/repos/acme/shop/git/ref/heads%2Flookback%2Fv2.1.0"), branch);
        assert_eq!(operation("GET", "/repos/acme/shop"), "GET /repos/{owner}/{repo} []");
        assert_eq!(operation("GET", "/user"), "GET /user []");
        for wrong in ["/repos/acme/shop/", "/repos/acme/shop/issues/", "/repos/acme", "/users", "/repos/acme/shop/user"]
        {
            assert_eq!(operation("GET", wrong), "", "{wrong}");
        }
        assert_eq!(operation("PUT", "/repos/acme/shop/issues/7"), "");
    }

    #[test]
    fn percent_signs_are_decoded() {
        assert_eq!(decoded("priority%3Ahigh%20x"), "priority:high x");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%C3%A9"), "é");
    }
}
