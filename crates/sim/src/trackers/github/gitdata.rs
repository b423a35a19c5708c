//! Branches and objects of git: references, blobs, trees, commits.
//! <https://docs.github.com/rest/git>

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, created, misshapen, not_found, nothing, ok, refused};
use super::ask::{Ask, Kind, checked, repo, repo_mut};
use super::contents::{author, decoded};
use super::git::{Commit, Files, Git, Leaf, Object};
use super::shapes::repo_url;
use super::shapes_git::{git_commit, reference};
use super::state::{MAIN, Repo, State};

/// The repository, unless it is empty.
pub fn filled<'a>(state: &'a State, ask: &Ask) -> Result<&'a Repo, Box<Answer>> {
    let repo = repo(state, ask)?;
    if repo.git.refs.is_empty() { Err(refused(409, "Git Repository is empty.")) } else { Ok(repo) }
}

/// `GET …/git/ref/{ref}`: the whole name and nothing less.
pub fn get_ref(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let name = format!("refs/{}", ask.param("ref"));
    let sha = repo.git.refs.get(&name).ok_or_else(not_found)?;
    ok(reference(state, repo, &name, sha))
}

/// `GET …/git/matching-refs/{ref}`: all that begin so.
pub fn matching(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let start = format!("refs/{}", ask.param("ref"));
    let found = repo.git.refs.iter().filter(|(name, _)| name.starts_with(&start));
    ok(found.map(|(name, sha)| reference(state, repo, name, sha)).collect())
}

/// Whether git takes this as the name of a reference. <https://git-scm.com/docs/git-check-ref-format>
fn is_name(name: &str) -> bool {
    let bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let part = |p: &str| !p.is_empty() && !p.starts_with('.') && !p.ends_with(".lock");
    !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.split('/').all(part)
}

/// `POST …/git/refs`
pub fn create_ref(state: &mut State, ask: &Ask) -> Outcome {
    let git = &filled(state, ask)?.git;
    ask.fields(&[("ref", Kind::Text), ("sha", Kind::Text)])?;
    let (name, sha) = (ask.need("ref")?, ask.need("sha")?);
    if !name.starts_with("refs/") || name.split('/').count() < 3 {
        return Err(refused(422, "Reference name must start with 'refs/' and contain at least two slashes."));
    }
    if !is_name(name) {
        return Err(refused(422, &format!("{name} is not a valid ref name.")));
    }
    if git.commit(sha).is_none() {
        return Err(refused(422, "Object does not exist"));
    }
    if git.refs.contains_key(name) {
        return Err(refused(422, "Reference already exists"));
    }
    // A branch is a file or a folder of the repository's store, so `a/b` cannot be beside `a`.
    let clashes = |other: &String| other.starts_with(&format!("{name}/")) || name.starts_with(&format!("{other}/"));
    if git.refs.keys().any(clashes) {
        return Err(refused(422, "Reference update failed"));
    }
    repo_mut(state, ask)?.git.refs.insert(name.to_owned(), sha.to_owned());
    created(reference(state, repo(state, ask)?, name, sha))
}

fn is_guarded(repo: &Repo, name: &str) -> bool {
    repo.is_protected && name == format!("refs/heads/{MAIN}")
}

/// `PATCH …/git/refs/{ref}`
pub fn update_ref(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    ask.fields(&[("sha", Kind::Text), ("force", Kind::Flag)])?;
    let name = format!("refs/{}", ask.param("ref"));
    let sha = ask.need("sha")?;
    let old = repo.git.refs.get(&name).ok_or_else(|| refused(422, "Reference does not exist"))?;
    if repo.git.commit(sha).is_none() {
        return Err(refused(422, "Object does not exist"));
    }
    if is_guarded(repo, &name) {
        return Err(refused(422, "Changes must be made through a pull request."));
    }
    let is_forced = ask.body.get("force") == Some(&json!(true));
    if !is_forced && !repo.git.ahead(sha, old).is_empty() {
        return Err(refused(422, "Update is not a fast forward"));
    }
    repo_mut(state, ask)?.git.refs.insert(name.clone(), sha.to_owned());
    if name == format!("refs/heads/{MAIN}") {
        state.base_writes += 1;
    }
    let repo = super::ask::repo(state, ask)?;
    ok(reference(state, repo, &name, sha))
}

/// `DELETE …/git/refs/{ref}`: an open pull request from that branch is closed.
pub fn delete_ref(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let name = format!("refs/{}", ask.param("ref"));
    if !repo.git.refs.contains_key(&name) {
        return Err(refused(422, "Reference does not exist"));
    }
    if name == format!("refs/heads/{MAIN}") {
        return Err(refused(422, "Cannot delete this branch"));
    }
    let repo = repo_mut(state, ask)?;
    let sha = repo.git.refs.remove(&name).unwrap_or_default();
    let branch = name.strip_prefix("refs/heads/").unwrap_or_default();
    for issue in repo.issues.iter_mut().filter(|i| i.is_open) {
        let Some(pull) = issue.pull.as_mut().filter(|p| p.head == branch) else { continue };
        pull.head_sha.clone_from(&sha);
        issue.close("", ask.who.login(), ask.now);
    }
    Ok(nothing(204))
}

/// `POST …/git/blobs`
pub fn create_blob(state: &mut State, ask: &Ask) -> Outcome {
    filled(state, ask)?;
    ask.fields(&[("content", Kind::Text), ("encoding", Kind::Text)])?;
    let content = ask.need("content")?;
    let bytes = match ask.text("encoding").unwrap_or("utf-8") {
        "utf-8" => content.as_bytes().to_vec(),
        "base64" => decoded(content)?,
        other => return Err(misshapen(&format!("For 'properties/encoding', {other} is not a known encoding."))),
    };
    let sha = repo_mut(state, ask)?.git.put(Object::Blob(bytes));
    let url = format!("{}/git/blobs/{sha}", repo_url(state, repo(state, ask)?));
    created(json!({"url": url, "sha": sha}))
}

/// `GET …/git/blobs/{file_sha}`
pub fn get_blob(state: &mut State, ask: &Ask) -> Outcome {
    use base64::Engine as _;
    let repo = filled(state, ask)?;
    let sha = ask.param("file_sha");
    let bytes = repo.git.blob(sha).ok_or_else(not_found)?;
    if ask.is_raw {
        return Ok(Answer { status: 200, headers: Vec::new(), body: super::answer::Body::Raw(bytes.to_vec()) });
    }
    ok(json!({
        "sha": sha, "node_id": format!("B_{sha}"), "size": bytes.len(), "encoding": "base64",
        "url": format!("{}/git/blobs/{sha}", repo_url(state, repo)),
        "content": base64::engine::general_purpose::STANDARD.encode(bytes),
    }))
}

fn tree_json(state: &State, repo: &Repo, sha: &str) -> Value {
    let own = repo_url(state, repo);
    let row = |e: &super::git::Entry| {
        let (kind, mode) = if e.mode == "40000" { ("tree", "040000") } else { ("blob", e.mode.as_str()) };
        let url = format!("{own}/git/{kind}s/{}", e.sha);
        let row = json!({"path": e.name, "mode": mode, "type": kind, "sha": e.sha, "url": url});
        let size = repo.git.blob(&e.sha).map(<[u8]>::len);
        size.map_or(row.clone(), |size| super::shapes::merged(row, json!({"size": size})))
    };
    let rows: Vec<_> = repo.git.tree(sha).unwrap_or_default().iter().map(row).collect();
    json!({"sha": sha, "url": format!("{own}/git/trees/{sha}"), "tree": rows, "truncated": false})
}

/// `GET …/git/trees/{tree_sha}`: by the SHA of a tree or commit, or by a branch.
pub fn get_tree(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let name = ask.param("tree_sha");
    let sha = repo.git.resolve(name).unwrap_or_else(|| name.to_owned());
    let sha = repo.git.peeled(&sha).ok_or_else(not_found)?;
    ok(tree_json(state, repo, &sha))
}

const ROW: [(&str, Kind); 5] =
    [("path", Kind::Text), ("mode", Kind::Text), ("type", Kind::Text), ("sha", Kind::Maybe), ("content", Kind::Text)];

/// Puts one row of a new tree among the files.
fn place(git: &mut Git, files: &mut Files, row: &Value) -> Result<(), Box<Answer>> {
    let Some(map) = row.as_object() else { return Err(misshapen("a tree's row is not an object.")) };
    checked(map, &ROW, "properties/tree")?;
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let path = text("path").filter(|p| !p.is_empty()).ok_or_else(|| refused(422, "tree.path is missing"))?;
    if path.starts_with('/') || path.split('/').any(|p| p.is_empty() || p == "." || p == ".." || p == ".git") {
        return Err(refused(422, "tree.path contains a malformed path component"));
    }
    let mode = text("mode").filter(|m| ["100644", "100755", "120000"].contains(m));
    let mode = mode.ok_or_else(|| refused(422, "Must supply a valid tree.mode"))?.to_owned();
    let sha = match (map.get("sha"), text("content")) {
        (Some(Value::Null), None) => {
            files.remove(path).ok_or_else(|| refused(422, "GitRPC::BadObjectState"))?;
            return Ok(());
        }
        (Some(Value::String(sha)), None) if git.blob(sha).is_some() => sha.clone(),
        (Some(Value::String(sha)), None) => {
            return Err(refused(422, &format!("tree.sha {sha} is not a valid blob")));
        }
        (None, Some(content)) => git.put(Object::Blob(content.as_bytes().to_vec())),
        (Some(_), Some(_)) | (None, None) | (Some(_), None) => {
            return Err(refused(422, "Must supply either tree.sha or tree.content"));
        }
    };
    files.insert(path.to_owned(), Leaf { mode, sha });
    Ok(())
}

/// `POST …/git/trees`: without `base_tree` all other files are gone.
pub fn create_tree(state: &mut State, ask: &Ask) -> Outcome {
    filled(state, ask)?;
    ask.fields(&[("tree", Kind::List), ("base_tree", Kind::Text)])?;
    let rows = ask.body.get("tree").and_then(Value::as_array).filter(|rows| !rows.is_empty());
    let rows = rows.ok_or_else(|| misshapen("\"tree\" wasn't supplied."))?;
    let git = &mut repo_mut(state, ask)?.git;
    let mut files = Files::new();
    if let Some(base) = ask.text("base_tree") {
        let tree = git.peeled(base).ok_or_else(|| refused(422, "base_tree is not a valid tree oid"))?;
        files = git.files(&tree);
    }
    for row in rows {
        place(git, &mut files, row)?;
    }
    let sha = git.plant(&files);
    created(tree_json(state, repo(state, ask)?, &sha))
}

/// `POST …/git/commits`
pub fn create_commit(state: &mut State, ask: &Ask) -> Outcome {
    filled(state, ask)?;
    let texts = ["message", "tree", "signature"].map(|name| (name, Kind::Text));
    let others = [("parents", Kind::List), ("author", Kind::Object), ("committer", Kind::Object)];
    ask.fields(&texts.into_iter().chain(others).collect::<Vec<_>>())?;
    let (message, tree) = (ask.need("message")?.to_owned(), ask.need("tree")?.to_owned());
    let git = &repo(state, ask)?.git;
    if git.tree(&tree).is_none() {
        return Err(refused(422, "Tree SHA does not exist"));
    }
    let mut parents = Vec::new();
    for parent in ask.body.get("parents").and_then(Value::as_array).into_iter().flatten() {
        let sha = parent.as_str().filter(|sha| git.commit(sha).is_some());
        parents
            .push(sha.ok_or_else(|| refused(422, "Parent SHA does not exist or is not a commit object"))?.to_owned());
    }
    let written = author(state, ask, "author")?;
    let committer = if ask.has("committer") { author(state, ask, "committer")? } else { written.clone() };
    let commit = Commit { tree, parents, author: written, committer, message };
    let sha = repo_mut(state, ask)?.git.put(Object::Commit(commit.clone()));
    created(git_commit(state, repo(state, ask)?, &sha, &commit))
}

/// `GET …/git/commits/{commit_sha}`
pub fn get_commit(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let sha = ask.param("commit_sha");
    ok(git_commit(state, repo, sha, repo.git.commit(sha).ok_or_else(not_found)?))
}
