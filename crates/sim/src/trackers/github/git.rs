//! A git repository in memory: objects by their real SHA-1, branches and tags.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use chrono::{DateTime, Utc};

/// Who wrote a commit, and when.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub tree: String,
    pub parents: Vec<String>,
    pub author: Person,
    pub committer: Person,
    pub message: String,
}

/// A file or folder of a tree. A folder has the mode `40000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub mode: String,
    pub name: String,
    pub sha: String,
}

/// A file at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub mode: String,
    pub sha: String,
}

/// An annotated tag.
#[derive(Clone, Debug)]
pub struct Tag {
    /// The commit that it names.
    pub target: String,
    pub name: String,
    pub tagger: Person,
    pub message: String,
}

#[derive(Clone, Debug)]
pub enum Object {
    Blob(Vec<u8>),
    Tree(Vec<Entry>),
    Commit(Commit),
    Tag(Tag),
}

/// What lies between two commits.
#[derive(Clone, Debug, Default)]
pub struct Between {
    /// The newest commit that both have.
    pub fork: Option<String>,
    /// The commits of the head that the base lacks, oldest first.
    pub ahead: Vec<String>,
    /// The commits of the base that the head lacks, oldest first.
    pub behind: Vec<String>,
}

/// A file that differs between two trees. `None` stands for "not there".
#[derive(Clone, Debug)]
pub struct Change {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

pub type Files = BTreeMap<String, Leaf>;

#[derive(Clone, Debug, Default)]
pub struct Git {
    objects: BTreeMap<String, Object>,
    /// How many commits lie below a commit on the longest way.
    depths: HashMap<String, usize>,
    /// By full name, such as `refs/heads/main`.
    pub refs: BTreeMap<String, String>,
}

fn signature(who: &Person) -> String {
    format!("{} <{}> {} +0000", who.name, who.email, who.at.timestamp())
}

impl Object {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Blob(bytes) => bytes.clone(),
            Self::Tree(entries) => {
                let row = |e: &Entry| {
                    let mut row = format!("{} {}\0", e.mode, e.name).into_bytes();
                    row.extend(hex::decode(&e.sha).unwrap_or_default());
                    row
                };
                entries.iter().flat_map(row).collect()
            }
            Self::Commit(commit) => {
                let parents: String = commit.parents.iter().map(|p| format!("parent {p}\n")).collect();
                let who = format!("author {}\ncommitter {}", signature(&commit.author), signature(&commit.committer));
                format!("tree {}\n{parents}{who}\n\n{}", commit.tree, commit.message).into_bytes()
            }
            Self::Tag(tag) => {
                let head = format!("object {}\ntype commit\ntag {}", tag.target, tag.name);
                format!("{head}\ntagger {}\n\n{}", signature(&tag.tagger), tag.message).into_bytes()
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Blob(_) => "blob",
            Self::Tree(_) => "tree",
            Self::Commit(_) => "commit",
            Self::Tag(_) => "tag",
        }
    }
}

impl Git {
    /// Keeps the object; the result is its SHA-1.
    pub fn put(&mut self, object: Object) -> String {
        let bytes = object.bytes();
        let mut whole = format!("{} {}\0", object.kind(), bytes.len()).into_bytes();
        whole.extend(bytes);
        let sha = hex::encode(ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &whole));
        if let Object::Commit(commit) = &object {
            let below = commit.parents.iter().filter_map(|p| self.depths.get(p)).max();
            self.depths.insert(sha.clone(), below.map_or(0, |depth| depth + 1));
        }
        self.objects.insert(sha.clone(), object);
        sha
    }

    pub fn blob(&self, sha: &str) -> Option<&[u8]> {
        match self.objects.get(sha)? {
            Object::Blob(bytes) => Some(bytes),
            Object::Tree(_) | Object::Commit(_) | Object::Tag(_) => None,
        }
    }

    pub fn tree(&self, sha: &str) -> Option<&[Entry]> {
        match self.objects.get(sha)? {
            Object::Tree(entries) => Some(entries),
            Object::Blob(_) | Object::Commit(_) | Object::Tag(_) => None,
        }
    }

    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        match self.objects.get(sha)? {
            Object::Commit(commit) => Some(commit),
            Object::Blob(_) | Object::Tree(_) | Object::Tag(_) => None,
        }
    }

    pub fn tag(&self, sha: &str) -> Option<&Tag> {
        match self.objects.get(sha)? {
            Object::Tag(tag) => Some(tag),
            Object::Blob(_) | Object::Tree(_) | Object::Commit(_) => None,
        }
    }

    /// The commit itself, or the one that an annotated tag names.
    pub fn unwrapped<'a>(&'a self, sha: &'a str) -> &'a str {
        self.tag(sha).map_or(sha, |tag| tag.target.as_str())
    }

    /// The messages of all commits.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.objects.values().filter_map(|object| match object {
            Object::Commit(commit) => Some(commit.message.as_str()),
            Object::Blob(_) | Object::Tree(_) | Object::Tag(_) => None,
        })
    }

    /// The tree of this tree or commit.
    pub fn peeled(&self, sha: &str) -> Option<String> {
        match self.objects.get(sha)? {
            Object::Tree(_) => Some(sha.to_owned()),
            Object::Commit(commit) => Some(commit.tree.clone()),
            Object::Tag(tag) => self.peeled(&tag.target),
            Object::Blob(_) => None,
        }
    }

    /// The commit of a branch.
    pub fn branch(&self, name: &str) -> Option<&str> {
        self.refs.get(&format!("refs/heads/{name}")).map(String::as_str)
    }

    /// The commit that a branch, a tag or a whole SHA names.
    pub fn resolve(&self, name: &str) -> Option<String> {
        let named =
            [format!("refs/heads/{name}"), format!("refs/tags/{name}"), format!("refs/{name}"), name.to_owned()];
        let sha = named.iter().find_map(|n| self.refs.get(n)).map_or(name, String::as_str);
        let sha = self.unwrapped(sha);
        self.commit(sha).map(|_| sha.to_owned())
    }

    /// All files below a tree, by path.
    pub fn files(&self, tree: &str) -> Files {
        let mut all = Files::new();
        for entry in self.tree(tree).unwrap_or_default() {
            if entry.mode == "40000" {
                let below = self.files(&entry.sha);
                all.extend(below.into_iter().map(|(path, leaf)| (format!("{}/{path}", entry.name), leaf)));
            } else {
                all.insert(entry.name.clone(), Leaf { mode: entry.mode.clone(), sha: entry.sha.clone() });
            }
        }
        all
    }

    /// The files of a commit.
    pub fn files_of(&self, commit: &str) -> Files {
        self.peeled(commit).map(|tree| self.files(&tree)).unwrap_or_default()
    }

    /// Makes the trees that hold these files; the result is the topmost one.
    pub fn plant(&mut self, files: &Files) -> String {
        let mut entries = Vec::new();
        let mut below: BTreeMap<&str, Files> = BTreeMap::new();
        for (path, leaf) in files {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    below.entry(folder).or_default().insert(rest.to_owned(), leaf.clone());
                }
                None => {
                    entries.push(Entry { mode: leaf.mode.clone(), name: path.clone(), sha: leaf.sha.clone() });
                }
            }
        }
        for (folder, files) in below {
            let sha = self.plant(&files);
            entries.push(Entry { mode: "40000".to_owned(), name: folder.to_owned(), sha });
        }
        // Git sorts a folder as if its name ended in a slash.
        entries.sort_by_key(|e| if e.mode == "40000" { format!("{}/", e.name) } else { e.name.clone() });
        self.put(Object::Tree(entries))
    }

    /// A commit on top of a branch that sets one file. It makes the branch if it is not there.
    pub fn write(&mut self, branch: &str, path: &str, bytes: &[u8], words: Words) -> String {
        let parent = self.branch(branch).map(str::to_owned);
        let mut files = parent.as_deref().map(|p| self.files_of(p)).unwrap_or_default();
        let sha = self.put(Object::Blob(bytes.to_vec()));
        let mode = files.get(path).map_or_else(|| "100644".to_owned(), |leaf| leaf.mode.clone());
        files.insert(path.to_owned(), Leaf { mode, sha });
        let tree = self.plant(&files);
        let Words { message, author, committer } = words;
        let parents = parent.into_iter().collect();
        let commit = self.put(Object::Commit(Commit { tree, parents, author, committer, message }));
        self.refs.insert(format!("refs/heads/{branch}"), commit.clone());
        commit
    }

    /// The commit and all before it, newest first.
    pub fn history(&self, head: &str) -> Vec<String> {
        self.logged(head, |_| true)
    }

    /// As `git log` lists them: the newest first of those that are reached so far.
    fn logged(&self, head: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut next = BinaryHeap::new();
        let mut reach = |sha: &str, next: &mut BinaryHeap<_>| {
            if let Some(commit) = self.commit(sha).filter(|_| is_wanted(sha) && !seen.contains(sha)) {
                next.push((commit.committer.at, Reverse(seen.len()), sha.to_owned()));
                seen.insert(sha.to_owned());
            }
        };
        reach(head, &mut next);
        while let Some((_, _, sha)) = next.pop() {
            self.commit(&sha).iter().flat_map(|c| &c.parents).for_each(|parent| reach(parent, &mut next));
            found.push(sha);
        }
        found
    }

    /// Walks down from both commits, the deepest first, until all that is left is known to both.
    pub fn between(&self, base: &str, head: &str) -> Between {
        let depth = |sha: &str| self.depths.get(sha).copied().unwrap_or_default();
        let mut sides: HashMap<String, u8> = HashMap::new();
        let mut next = BTreeSet::new();
        for (sha, side) in [(base, 1), (head, 2)] {
            *sides.entry(sha.to_owned()).or_default() |= side;
            next.insert((depth(sha), sha.to_owned()));
        }
        let mut fork = None;
        while next.iter().any(|(_, sha)| sides.get(sha) != Some(&3)) || fork.is_none() {
            let Some((_, sha)) = next.pop_last() else { break };
            let side = sides.get(&sha).copied().unwrap_or_default();
            if side == 3 && fork.is_none() {
                fork = Some(sha.clone());
            }
            for parent in self.commit(&sha).iter().flat_map(|c| &c.parents) {
                *sides.entry(parent.clone()).or_default() |= side;
                next.insert((depth(parent), parent.clone()));
            }
        }
        let only = |start: &str, side: u8| {
            let mut all = self.logged(start, |sha| sides.get(sha) == Some(&side));
            all.reverse();
            all
        };
        Between { fork, ahead: only(head, 2), behind: only(base, 1) }
    }

    /// The commits of `head` that `base` lacks, oldest first.
    pub fn ahead(&self, base: &str, head: &str) -> Vec<String> {
        self.between(base, head).ahead
    }

    /// The newest commit that both have.
    pub fn fork(&self, base: &str, head: &str) -> Option<String> {
        self.between(base, head).fork
    }

    pub fn changes(&self, before: &str, after: &str) -> Vec<Change> {
        let (old, new) = (self.files_of(before), self.files_of(after));
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let change = |path: &&String| {
            let (before, after) = (old.get(*path), new.get(*path));
            let sha = |leaf: Option<&Leaf>| leaf.map(|l| l.sha.clone());
            (before != after).then(|| Change { path: (*path).clone(), before: sha(before), after: sha(after) })
        };
        paths.iter().filter_map(change).collect()
    }
}

/// What a commit says of itself.
#[derive(Clone, Debug)]
pub struct Words {
    pub message: String,
    pub author: Person,
    pub committer: Person,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str) -> Words {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let who = Person { name: "A".into(), email: "a@example.com".into(), at };
        Words { message: message.into(), author: who.clone(), committer: who }
    }

    #[test]
    fn objects_have_the_names_that_git_gives_them() {
        let mut git = Git::default();
        assert_eq!(git.put(Object::Blob(b"hello\n".to_vec())), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(git.plant(&Files::new()), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn history_knows_what_is_ahead_and_what_changed() {
        let mut git = Git::default();
        let first = git.write("main", "a/b.txt", b"1", words("one"));
        git.refs.insert("refs/heads/x/y".into(), first.clone());
        let second = git.write("x/y", "a/c.txt", b"2", words("two"));
        assert_eq!(git.ahead(&first, &second), std::slice::from_ref(&second));
        assert_eq!(git.fork(&second, &first), Some(first.clone()));
        let changes = git.changes(&first, &second);
        assert_eq!(changes.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["a/c.txt"]);
        assert_eq!(git.resolve("x/y"), Some(second));
        assert_eq!(git.resolve("nope"), None);
    }

    #[test]
    fn a_tag_of_its_own_leads_to_its_commit() {
        let mut git = Git::default();
        let commit = git.write("main", "a.txt", b"1", words("one"));
        let tagger = words("").author;
        let tag = Tag { target: commit.clone(), name: "v1".into(), tagger, message: "first\n".into() };
        let sha = git.put(Object::Tag(tag));
        git.refs.insert("refs/tags/v1".into(), sha.clone());
        assert_eq!((git.resolve("v1"), git.unwrapped(&sha)), (Some(commit.clone()), commit.as_str()));
        assert_eq!(git.files_of(&sha).len(), 1);
    }

    #[test]
    fn two_lines_of_history_are_told_apart_to_their_fork() {
        let mut git = Git::default();
        let first = git.write("main", "a.txt", b"1", words("one"));
        git.refs.insert("refs/heads/x".into(), first.clone());
        let ours = git.write("main", "a.txt", b"2", words("two"));
        let theirs = [git.write("x", "b.txt", b"1", words("three")), git.write("x", "b.txt", b"2", words("four"))];
        let found = git.between(&ours, &theirs[1]);
        assert_eq!((found.fork, found.behind), (Some(first), vec![ours]));
        assert_eq!(found.ahead, theirs);
        let alone = git.write("other", "a.txt", b"9", words("alone"));
        assert_eq!(git.fork(&alone, &theirs[1]), None);
        assert_eq!(git.between(&alone, &alone).ahead, [""; 0]);
    }
}
