//! One file of a repository read and changed by Git's objects, byte for byte.
//! <https://docs.github.com/rest/git>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::GitHub;
use super::door::{Ask, RAW, escaped, read};
use crate::trackers::Fault;
use lookback_core::model::ticket::Repository;

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

#[derive(Deserialize)]
struct Ref {
    object: Sha,
}

#[derive(Deserialize)]
struct RawCommit {
    message: String,
    tree: Sha,
    parents: Vec<Sha>,
}

/// What is read of a commit.
pub struct Commit {
    pub sha: String,
    pub message: String,
    pub tree: String,
    pub parents: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    content: String,
}

#[derive(Deserialize)]
struct Tree {
    tree: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    sha: String,
}

/// A change to one file.
pub struct Change<'a> {
    pub path: &'a str,
    /// Git's mode of the file, such as `100644`.
    pub mode: &'a str,
    pub bytes: &'a [u8],
    pub message: &'a str,
}

/// What is not there is `None`.
pub(super) fn or_none<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Gone) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl GitHub {
    /// The commit at the tip of a branch. In an empty repository there is none.
    pub(super) async fn tip(&self, repo: &Repository, branch: &str) -> Result<Option<Commit>, Fault> {
        let at = format!("/repos/{repo}/git/ref/heads/{}", escaped(branch));
        let sha = match or_none(self.send(repo, &Ask::get(at)).await) {
            Ok(Some(answer)) => read::<Ref>(&answer)?.object.sha,
            // GitHub answers 409 for an empty repository.
            Ok(None) | Err(Fault::Conflict) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let raw: RawCommit = read(&self.send(repo, &Ask::get(format!("/repos/{repo}/git/commits/{sha}"))).await?)?;
        let parents = raw.parents.into_iter().map(|parent| parent.sha).collect();
        Ok(Some(Commit { sha, message: raw.message, tree: raw.tree.sha, parents }))
    }

    /// A file as it is in a commit; `None` where there is no file.
    /// <https://docs.github.com/rest/repos/contents#get-repository-content>
    pub(super) async fn file(&self, repo: &Repository, path: &str, commit: &str) -> Result<Option<Vec<u8>>, Fault> {
        let at = format!("/repos/{repo}/contents/{}?ref={commit}", escaped(path));
        let Some(answer) = or_none(self.send(repo, &Ask::get(&at)).await)? else { return Ok(None) };
        let value: Value = read(&answer)?;
        if value.is_array() {
            return Ok(None);
        }
        let file: File = serde_json::from_value(value).map_err(|_| Fault::Unclear)?;
        if file.kind != "file" {
            return Ok(None);
        }
        if file.encoding.as_deref() == Some("base64") {
            let base64: String = file.content.split_whitespace().collect();
            return STANDARD.decode(base64).map(Some).map_err(|_| Fault::Unclear);
        }
        // Above 1 MB the JSON holds no content.
        let raw = or_none(self.send(repo, &Ask::get(at).accept(RAW)).await)?;
        Ok(raw.map(|answer| answer.body.to_vec()))
    }

    /// The mode of a file in a tree; `None` for what is no file of its own, such as a symbolic link. Folder by folder, as
    /// GitHub cuts the list of a large tree.
    /// <https://docs.github.com/rest/git/trees#get-a-tree>
    pub(super) async fn mode(&self, repo: &Repository, tree: &str, path: &str) -> Result<Option<String>, Fault> {
        let (mut at, mut rest) = (tree.to_owned(), path);
        loop {
            let answer = self.send(repo, &Ask::get(format!("/repos/{repo}/git/trees/{at}"))).await?;
            let entries = read::<Tree>(&answer)?.tree;
            if let Some(file) = entries.iter().find(|entry| entry.path == rest) {
                let is_file = ["100644", "100755"].contains(&file.mode.as_str());
                return Ok(is_file.then(|| file.mode.clone()));
            }
            let Some((name, below)) = rest.split_once('/') else { return Ok(None) };
            let Some(folder) = entries.into_iter().find(|entry| entry.path == name && entry.kind == "tree") else {
                return Ok(None);
            };
            (at, rest) = (folder.sha, below);
        }
    }

    /// Writes a commit that changes one file of its parent; no branch has it yet. Its name.
    pub(super) async fn commit(
        &self,
        repo: &Repository,
        parent: &Commit,
        change: &Change<'_>,
    ) -> Result<String, Fault> {
        let bytes = STANDARD.encode(change.bytes);
        let blob = self.object(repo, "blobs", json!({"content": bytes, "encoding": "base64"})).await?;
        let entry = json!({"path": change.path, "mode": change.mode, "type": "blob", "sha": blob});
        let tree = self.object(repo, "trees", json!({"base_tree": parent.tree, "tree": [entry]})).await?;
        let commit = json!({"message": change.message, "tree": tree, "parents": [parent.sha]});
        self.object(repo, "commits", commit).await
    }

    async fn object(&self, repo: &Repository, kind: &str, fields: Value) -> Result<String, Fault> {
        let answer = self.send(repo, &Ask::post(format!("/repos/{repo}/git/{kind}"), fields)).await?;
        Ok(read::<Sha>(&answer)?.sha)
    }

    /// Makes a branch.
    pub(super) async fn branch(&self, repo: &Repository, branch: &str, commit: &str) -> Result<(), Fault> {
        let fields = json!({"ref": format!("refs/heads/{branch}"), "sha": commit});
        self.send(repo, &Ask::post(format!("/repos/{repo}/git/refs"), fields)).await.map(|_| ())
    }

    /// Moves a branch, wherever it was.
    pub(super) async fn force(&self, repo: &Repository, branch: &str, commit: &str) -> Result<(), Fault> {
        let at = format!("/repos/{repo}/git/refs/heads/{}", escaped(branch));
        self.send(repo, &Ask::patch(at, json!({"sha": commit, "force": true}))).await.map(|_| ())
    }
}
