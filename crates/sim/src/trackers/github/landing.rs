//! How pull requests come and go: made with their commits, merged in one of three ways, closed.
//! <https://docs.github.com/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request>

use chrono::{DateTime, Utc};

use super::acts::found;
use super::git::{Commit, Files, Leaf, Object, Person};
use super::issues::fresh;
use super::labels::made;
use super::records::{Origin, Way};
use super::state::{Issue, MAIN, Pull, Repo, State};
use super::text;

/// A pull request as somebody makes it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The title is the message of its commits, too.
    pub title: String,
    pub body: Option<String>,
    /// A login. One that ends in `[bot]` is a bot; one that nobody has is made.
    pub author: String,
    pub labels: Vec<String>,
    /// The branch is made out of the title where this is empty.
    pub branch: String,
    pub origin: Origin,
    /// When its commits were made, the first one first.
    pub commits: Vec<DateTime<Utc>>,
    pub opened: DateTime<Utc>,
    /// The number of a milestone.
    pub milestone: Option<u64>,
    /// The file that it changes; one of twenty where this is empty.
    pub path: String,
}

impl Proposal {
    /// One commit on a branch of the repository itself, opened with the commit.
    pub fn new(title: &str, author: &str, commit: DateTime<Utc>) -> Self {
        Self {
            title: title.to_owned(),
            body: None,
            author: author.to_owned(),
            labels: Vec::new(),
            branch: String::new(),
            origin: Origin::Here,
            commits: vec![commit],
            opened: commit,
            milestone: None,
            path: String::new(),
        }
    }
}

/// How, when and by whom a pull request is merged.
#[derive(Clone, Copy, Debug)]
pub struct Landing<'a> {
    pub way: Way,
    pub by: &'a str,
    pub at: DateTime<Utc>,
}

/// A title as the name of a branch.
fn branch_of(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.take(6).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// A commit on top of another that sets one file. No branch follows it.
fn on_top(repo: &mut Repo, parent: &str, path: &str, words: Words) -> String {
    let mut files = repo.git.files_of(parent);
    let sha = repo.git.put(Object::Blob(words.text.into_bytes()));
    files.insert(path.to_owned(), Leaf { mode: "100644".to_owned(), sha });
    let Words { who, message, .. } = words;
    child(repo, &files, vec![parent.to_owned()], Signed { author: who.clone(), committer: who, message })
}

struct Words {
    who: Person,
    message: String,
    /// What the file says then.
    text: String,
}

struct Signed {
    author: Person,
    committer: Person,
    message: String,
}

fn child(repo: &mut Repo, files: &Files, parents: Vec<String>, signed: Signed) -> String {
    let tree = repo.git.plant(files);
    of_tree(repo, tree, parents, signed)
}

fn of_tree(repo: &mut Repo, tree: String, parents: Vec<String>, signed: Signed) -> String {
    let Signed { author, committer, message } = signed;
    repo.git.put(Object::Commit(Commit { tree, parents, author, committer, message }))
}

/// Somebody's commit straight on the default branch; the result is its SHA.
pub fn commit(state: &mut State, repo: &str, message: &str, author: &str, at: DateTime<Utc>) -> Option<String> {
    let id = state.named(repo)?.id;
    let who = state.person(author, at);
    let repo = state.repo_mut(id)?;
    let text = format!("{message}\n{}\n", at.timestamp());
    let words = Words { who, message: message.to_owned(), text };
    let parent = repo.git.branch(MAIN).unwrap_or_default().to_owned();
    let sha = if parent.is_empty() {
        let sha = repo.git.put(Object::Blob(words.text.into_bytes()));
        let files = Files::from([("CHANGES.txt".to_owned(), Leaf { mode: "100644".to_owned(), sha })]);
        let signed = Signed { author: words.who.clone(), committer: words.who, message: words.message };
        child(repo, &files, Vec::new(), signed)
    } else {
        on_top(repo, &parent, "CHANGES.txt", words)
    };
    repo.git.refs.insert(format!("refs/heads/{MAIN}"), sha.clone());
    Some(sha)
}

/// A pull request with its commits, on top of the default branch; the result is its number.
pub fn open(state: &mut State, repo: &str, of: &Proposal) -> Option<u64> {
    let id = state.named(repo)?.id;
    let base_sha = state.repo(id)?.git.branch(MAIN)?.to_owned();
    let issue = fresh(state, id, of.title.clone(), &of.author, of.opened)?;
    let labels = made(state, id, of.labels.clone());
    let who = state.person(&of.author, of.opened);
    if let Origin::Fork(owner) | Origin::Gone(owner) = &of.origin {
        state.person(owner, of.opened);
    }
    let repo = state.repo_mut(id)?;
    let number = issue.number;
    let path = if of.path.is_empty() { format!("src/part-{}.txt", number % 20) } else { of.path.clone() };
    let mut head_sha = base_sha.clone();
    for (n, at) in of.commits.iter().enumerate() {
        let message = if n == 0 { of.title.clone() } else { format!("{}, part {}", of.title, n + 1) };
        let text = format!("{}\nChange {number}, part {}\n", of.title, n + 1);
        head_sha = on_top(repo, &head_sha, &path, Words { who: Person { at: *at, ..who.clone() }, message, text });
    }
    let head = if of.branch.is_empty() { branch_of(&of.title) } else { of.branch.clone() };
    if of.origin == Origin::Here {
        repo.git.refs.insert(format!("refs/heads/{head}"), head_sha.clone());
    }
    let pull = Pull {
        head,
        base: MAIN.to_owned(),
        head_sha,
        base_sha,
        draft: false,
        can_modify: false,
        merged_at: None,
        merge_sha: None,
        landed: Vec::new(),
        origin: of.origin.clone(),
        reviews: Vec::new(),
    };
    repo.issues.push(Issue { body: of.body.clone(), labels, milestone: of.milestone, pull: Some(pull), ..issue });
    Some(number)
}

/// Puts what a commit changed against another one into the files.
fn apply(repo: &Repo, files: &mut Files, before: &str, after: &str) {
    let theirs = repo.git.files_of(after);
    for change in repo.git.changes(before, after) {
        match theirs.get(&change.path) {
            Some(leaf) => files.insert(change.path, leaf.clone()),
            None => files.remove(&change.path),
        };
    }
}

/// The commits that a merge puts on the base, oldest first.
struct Landed {
    landed: Vec<String>,
    tip: String,
}

/// What is to be merged onto what.
struct Pair<'a> {
    base: &'a str,
    head: &'a str,
}

/// One new commit on the base for all of the head, with one parent or with two.
fn joined(repo: &mut Repo, pair: &Pair, is_squash: bool, signed: Signed) -> String {
    let Pair { base, head } = pair;
    let fork = repo.git.fork(base, head).unwrap_or_default();
    let parents = [*base, *head].into_iter().take(if is_squash { 1 } else { 2 });
    let parents = parents.map(str::to_owned).collect();
    // Nothing came between.
    if let Some(tree) = repo.git.peeled(head).filter(|_| fork == *base) {
        return of_tree(repo, tree, parents, signed);
    }
    let mut files = repo.git.files_of(base);
    apply(repo, &mut files, &fork, head);
    child(repo, &files, parents, signed)
}

/// The commits of the head anew, one by one.
fn rebased(repo: &mut Repo, pair: &Pair, commits: &[String], committer: &Person) -> Vec<String> {
    let mut tip = pair.base.to_owned();
    let mut all = Vec::new();
    for sha in commits {
        let Some(old) = repo.git.commit(sha).cloned() else { continue };
        let mut files = repo.git.files_of(&tip);
        apply(repo, &mut files, old.parents.first().map(String::as_str).unwrap_or_default(), sha);
        let signed = Signed { author: old.author, committer: committer.clone(), message: old.message };
        tip = child(repo, &files, vec![tip], signed);
        all.push(tip.clone());
    }
    all
}

fn landed(state: &mut State, repo: u64, issue: &Issue, pair: &Pair, landing: Landing) -> Option<Landed> {
    let merger = state.person(landing.by, landing.at);
    let author = state.person(&issue.user, landing.at);
    let page = Person { name: "GitHub".to_owned(), email: "noreply@github.com".to_owned(), at: landing.at };
    let repo = state.repo_mut(repo)?;
    let commits = repo.git.ahead(pair.base, pair.head);
    let pull = issue.pull.as_ref()?;
    let landed = match landing.way {
        Way::Squash => {
            let message = format!("{} (#{})", issue.title, issue.number);
            vec![joined(repo, pair, true, Signed { author, committer: page, message })]
        }
        Way::Merge => {
            let from = format!("{}/{}", repo.head_owner(pull), pull.head);
            let message = format!("Merge pull request #{} from {from}\n\n{}", issue.number, issue.title);
            let sha = joined(repo, pair, false, Signed { author: merger, committer: page, message });
            commits.into_iter().chain([sha]).collect()
        }
        Way::Rebase => rebased(repo, pair, &commits, &merger),
    };
    Some(Landed { tip: landed.last()?.clone(), landed })
}

/// Merges an open pull request, and closes what its text and its commits claim to fix. The result is the base's commit.
pub fn merge(state: &mut State, id: &str, landing: Landing) -> Option<String> {
    let at = found(state, id)?;
    let repo = state.repo(at.repo)?;
    let issue = repo.issue(at.number).filter(|i| i.is_open)?.clone();
    let pull = issue.pull.as_ref()?;
    let base = repo.git.branch(&pull.base)?.to_owned();
    let head = repo.head(&issue, pull);
    let mut closed = text::closed_numbers(issue.body.as_deref().unwrap_or_default(), true);
    closed.extend(text::closed_numbers(&issue.title, false));
    let commits = repo.git.ahead(&base, &head);
    let messages = commits.iter().filter_map(|sha| repo.git.commit(sha)).map(|c| &c.message);
    closed.extend(messages.flat_map(|m| text::closed_numbers(m, false)));
    let done = landed(state, at.repo, &issue, &Pair { base: &base, head: &head }, landing)?;
    let repo = state.repo_mut(at.repo)?;
    repo.git.refs.insert(format!("refs/heads/{}", pull.base), done.tip.clone());
    for number in closed {
        if let Some(other) = repo.issue_mut(number).filter(|i| i.is_open && i.pull.is_none()) {
            other.close("completed", landing.by, landing.at);
        }
    }
    let issue = repo.issue_mut(at.number)?;
    issue.close("", landing.by, landing.at);
    let pull = issue.pull.as_mut()?;
    (pull.head_sha, pull.base_sha, pull.merged_at) = (head, base, Some(landing.at));
    (pull.merge_sha, pull.landed) = (Some(done.tip.clone()), done.landed);
    Some(done.tip)
}

/// Closes a pull request without merging it. Its branch stays.
pub fn close(state: &mut State, id: &str, now: DateTime<Utc>) -> Option<()> {
    let at = found(state, id)?;
    state.repo_mut(at.repo)?.freeze(at.number);
    let issue = state.repo_mut(at.repo)?.issue_mut(at.number).filter(|i| i.is_open && i.pull.is_some())?;
    issue.close("", super::state::PERSON, now);
    Some(())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use lookback_clock::{Clock, Rng};

    use super::super::GitHub;
    use super::*;

    fn hub(at: DateTime<Utc>) -> GitHub {
        let hub = GitHub::new(&Clock::standing(at), &Rng::seeded(1), "http://127.0.0.1:1/github");
        hub.new_repo("acme/store", at).unwrap();
        hub
    }

    #[test]
    fn thousands_of_merges_stand_in_the_order_of_their_making() {
        let first = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let hub = hub(first);
        let base = hub.head("acme/store").unwrap();
        let mut last = String::new();
        for n in 1..=3000 {
            let at = first + TimeDelta::minutes(n);
            let done =
                hub.merged_pull("acme/store", &Proposal::new("fix: it", "ben-hub", at), Way::Squash, at).unwrap();
            assert_eq!(done.number, u64::try_from(n).unwrap());
            last = done.sha;
        }
        let ahead = hub.with(|state| state.named("acme/store").unwrap().git.ahead(&base, &last));
        assert_eq!((ahead.len(), ahead.last()), (3000, Some(&last)));
    }

    #[test]
    fn a_merge_that_comes_later_keeps_what_came_between() {
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let hub = hub(at);
        let of = |path: &str| Proposal {
            path: path.to_owned(),
            commits: vec![at, at],
            branch: path.to_owned(),
            ..Proposal::new(path, "ben-hub", at)
        };
        for (number, way) in [(1, Way::Squash), (2, Way::Merge), (3, Way::Rebase)] {
            assert_eq!(hub.open_pull("acme/store", &of(&format!("{way:?}.txt"))), Some(number));
        }
        for (number, way) in [(1, Way::Squash), (2, Way::Merge), (3, Way::Rebase)] {
            assert_eq!(hub.merge_pull("acme/store", number, way, at).len(), 1);
        }
        assert!(hub.merge_pull("acme/store", 3, Way::Squash, at).is_empty(), "it is merged");
        for path in ["Squash.txt", "Merge.txt", "Rebase.txt", "CHANGES.txt"] {
            assert!(hub.file("acme/store", "main", path).is_some(), "{path}");
        }
    }

    #[test]
    fn the_past_takes_no_number_of_the_present() {
        let hub = hub(DateTime::from_timestamp(1_795_165_200, 0).unwrap());
        assert_eq!(hub.open("acme/shop", "sam-dev", "The first one").as_deref(), Some("acme/shop#1"));
        assert!(hub.shown().len() == 1 && hub.pulls("acme/shop").is_empty());
        let plan = hub.file("acme/shop", "main", "docs/plans/v2.1.0.md").unwrap();
        assert!(plan.starts_with(b"# Release v2.1.0"));
    }
}
