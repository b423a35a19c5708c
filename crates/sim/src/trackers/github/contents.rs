//! Files of a repository, read and written by path.
//! <https://docs.github.com/rest/repos/contents>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Answer, Body, Outcome, json as answer, misshapen, not_found, ok, refused};
use super::ask::{Ask, Kind, checked, repo, repo_mut};
use super::git::{Person, Words};
use super::shapes::{merged, page_url, repo_url};
use super::shapes_git;
use super::state::{MAIN, Repo, State};

/// A bigger file comes only with the media type `raw`.
const BIG: usize = 1024 * 1024;

/// Base64 as GitHub writes it: 60 characters a line.
fn encoded(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    lines.collect()
}

/// Base64 as a caller writes it; line breaks are allowed.
pub fn decoded(text: &str) -> Result<Vec<u8>, Box<Answer>> {
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).map_err(|_| refused(422, "content is not valid Base64"))
}

/// What a file or folder says of itself, without its content.
fn described(state: &State, repo: &Repo, path: &str, at: &At) -> Value {
    let (own, page) = (repo_url(state, repo), page_url(state, repo));
    let is_file = at.size.is_some();
    let (kind, leaf) = if is_file { ("file", "blob") } else { ("dir", "tree") };
    let url = format!("{own}/contents/{path}?ref={}", at.branch);
    let git = format!("{own}/git/{leaf}s/{}", at.sha);
    let html = format!("{page}/{leaf}/{}/{path}", at.branch);
    json!({
        "name": path.rsplit('/').next(), "path": path, "sha": at.sha, "size": at.size.unwrap_or_default(), "url": url,
        "html_url": html, "git_url": git, "type": kind,
        "download_url": is_file.then(|| format!("{page}/raw/{}/{path}", at.branch)),
        "_links": {"self": url, "git": git, "html": html},
    })
}

/// Where an entry lies. A folder has no size.
struct At {
    sha: String,
    branch: String,
    size: Option<usize>,
}

fn at(repo: &Repo, sha: &str, branch: &str) -> At {
    At { sha: sha.to_owned(), branch: branch.to_owned(), size: repo.git.blob(sha).map(<[u8]>::len) }
}

/// `GET …/contents/{path}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    if repo.git.refs.is_empty() {
        return Err(refused(404, "This repository is empty."));
    }
    let name = ask.query("ref").filter(|r| !r.is_empty()).unwrap_or(MAIN);
    let commit = repo.git.resolve(name).ok_or_else(|| refused(404, &format!("No commit found for the ref {name}")))?;
    let path = ask.param("path").trim_matches('/');
    let mut sha = repo.git.peeled(&commit).ok_or_else(not_found)?;
    for part in path.split('/').filter(|p| !p.is_empty()) {
        let entries = repo.git.tree(&sha).ok_or_else(not_found)?;
        sha = entries.iter().find(|e| e.name == part).map(|e| e.sha.clone()).ok_or_else(not_found)?;
    }
    if let Some(entries) = repo.git.tree(&sha) {
        let full = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let row = |e: &super::git::Entry| described(state, repo, &full(&e.name), &at(repo, &e.sha, name));
        return ok(entries.iter().take(1000).map(row).collect());
    }
    let bytes = repo.git.blob(&sha).ok_or_else(not_found)?;
    if ask.is_raw {
        let body = Body::Raw(bytes.to_vec());
        return Ok(Answer { status: 200, headers: Vec::new(), body });
    }
    let content = if bytes.len() > BIG {
        json!({"content": "", "encoding": "none"})
    } else {
        json!({"content": encoded(bytes), "encoding": "base64"})
    };
    ok(merged(described(state, repo, path, &at(repo, &sha, name)), content))
}

/// The author of a commit that a body names, else the token's own user.
pub fn author(state: &State, ask: &Ask, field: &str) -> Result<Person, Box<Answer>> {
    let own = || {
        let user = state.user(ask.who.login());
        let login = user.map(|u| u.login.clone()).unwrap_or_default();
        let name = user.and_then(|u| u.name.clone()).unwrap_or(login);
        Person { name, email: user.map(super::state::User::private_email).unwrap_or_default(), at: ask.now }
    };
    let Some(given) = ask.body.get(field).and_then(Value::as_object) else { return Ok(own()) };
    checked(
        given,
        &[("name", Kind::Text), ("email", Kind::Text), ("date", Kind::Text)],
        &format!("properties/{field}"),
    )?;
    let text = |name: &str| {
        let text = given.get(name).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| misshapen(&format!("\"{name}\" wasn't supplied.")))
    };
    let date = given.get("date").and_then(Value::as_str).map(chrono::DateTime::parse_from_rfc3339).transpose();
    let at = date.map_err(|_| misshapen(&format!("For 'properties/{field}/date', it is not a date-time.")))?;
    Ok(Person { name: text("name")?, email: text("email")?, at: at.map_or(ask.now, |at| at.to_utc()) })
}

/// Refuses a write that would not fit what is there; the result says whether the file is new.
fn fits(repo: &Repo, branch: &str, ask: &Ask) -> Result<bool, Box<Answer>> {
    let path = ask.param("path");
    let head = repo.git.branch(branch);
    if head.is_none() && !repo.git.refs.is_empty() {
        return Err(refused(404, &format!("Branch {branch} not found")));
    }
    let files = head.map(|head| repo.git.files_of(head)).unwrap_or_default();
    let old = files.get(path).map(|leaf| leaf.sha.as_str());
    match (old, ask.text("sha")) {
        (Some(_), None) => Err(misshapen("\"sha\" wasn't supplied.")),
        (old, Some(sha)) if old != Some(sha) => Err(refused(409, &format!("{path} does not match {sha}"))),
        (_, _) if repo.is_protected && branch == MAIN => {
            let verb = if old.is_some() { "update" } else { "create" };
            let words = format!("Could not {verb} file: Changes must be made through a pull request.");
            Err(refused(409, &words))
        }
        (old, _) => Ok(old.is_none()),
    }
}

/// `PUT …/contents/{path}`
pub fn put(state: &mut State, ask: &Ask) -> Outcome {
    let texts = ["message", "content", "sha", "branch"].map(|name| (name, Kind::Text));
    let people = ["committer", "author"].map(|name| (name, Kind::Object));
    ask.fields(&texts.into_iter().chain(people).collect::<Vec<_>>())?;
    let message = ask.need("message")?.to_owned();
    let bytes = decoded(ask.need("content")?)?;
    let committer = author(state, ask, "committer")?;
    let author = if ask.has("author") { author(state, ask, "author")? } else { committer.clone() };
    let branch = ask.text("branch").unwrap_or(MAIN);
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned();
    let is_new = fits(repo(state, ask)?, &branch, ask)?;
    let path = ask.param("path");
    let sha = repo_mut(state, ask)?.git.write(&branch, path, &bytes, Words { message, author, committer });
    if branch == MAIN {
        state.base_writes += 1;
    }
    let repo = repo(state, ask)?;
    let leaf = repo.git.files_of(&sha).remove(path).ok_or_else(not_found)?;
    let commit = repo.git.commit(&sha).ok_or_else(not_found)?;
    let body = json!({
        "content": described(state, repo, path, &at(repo, &leaf.sha, &branch)),
        "commit": shapes_git::git_commit(state, repo, &sha, commit),
    });
    Ok(answer(if is_new { 201 } else { 200 }, body))
}
