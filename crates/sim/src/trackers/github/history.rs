//! What people do with code in GitHub, at any time: a history of weeks is made in one moment.

use chrono::{DateTime, Utc};

use super::events::{self, Turn};
use super::git::{Git, Object, Tag};
use super::hooks::{self, Event};
use super::landing::{self, Landing, Proposal};
use super::records::{Deployment, DeploymentStatus, Milestone, Records, Release, Review, Way};
use super::state::{MAIN, PERSON, Repo, State};
use super::{GitHub, Hook, acts};

/// What kind of release it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseKind {
    Final,
    Prerelease,
    Draft,
}

/// A pull request that was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub number: u64,
    /// The commit that the base was updated to.
    pub sha: String,
}

/// The repository of this full name.
fn repo_mut<'a>(state: &'a mut State, full: &str) -> Option<&'a mut Repo> {
    let id = state.named(full)?.id;
    state.repo_mut(id)
}

fn signed(state: &State, events: Vec<Event>) -> Vec<Hook> {
    events.iter().map(|event| hooks::signed(state, event)).collect()
}

/// Sets a tag to a commit or to an annotated tag.
fn set_tag(state: &mut State, full: &str, name: &str, sha: &str) -> Vec<Event> {
    let Some(repo) = repo_mut(state, full).filter(|r| r.git.commit(r.git.unwrapped(sha)).is_some()) else {
        return Vec::new();
    };
    let before = repo.git.refs.insert(format!("refs/tags/{name}"), sha.to_owned());
    let turn = Turn { before: before.as_deref(), after: Some(sha) };
    state.named(full).map(|repo| events::tag(state, repo, name, turn)).unwrap_or_default()
}

/// The events that a release brings: a draft was created, and a release was published as what it is.
fn told(state: &State, full: &str, tag: &str, actions: &[&str]) -> Vec<Event> {
    let Some(repo) = state.named(full) else { return Vec::new() };
    let found = repo.records.releases.iter().rev().find(|r| r.tag == tag);
    found.map(|r| actions.iter().map(|a| events::release(state, repo, r, a)).collect()).unwrap_or_default()
}

/// A release of a tag. One that is published makes its tag where it is not there.
fn publish(state: &mut State, full: &str, tag: &str, at: DateTime<Utc>) -> Vec<Event> {
    let Some(repo) = state.named(full) else { return Vec::new() };
    let head = repo.git.branch(MAIN).unwrap_or_default().to_owned();
    let is_there = repo.git.refs.contains_key(&format!("refs/tags/{tag}"));
    let mut all = if is_there { Vec::new() } else { set_tag(state, full, tag, &head) };
    let Some(repo) = repo_mut(state, full) else { return all };
    let commit = repo.git.resolve(tag).and_then(|sha| repo.git.commit(&sha)).map(|c| c.committer.at);
    let Some(release) = repo.records.releases.iter_mut().rev().find(|r| r.tag == tag) else { return all };
    (release.published, release.created) = (Some(at), commit.unwrap_or(at));
    let word = if release.is_prerelease { "prereleased" } else { "released" };
    all.extend(told(state, full, tag, &["published", word]));
    all
}

impl GitHub {
    fn does<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let done = self.with(f);
        self.desk.changed();
        done
    }

    fn tells(&self, f: impl FnOnce(&mut State) -> Vec<Event>) -> Vec<Hook> {
        self.does(|state| {
            let events = f(state);
            signed(state, events)
        })
    }

    /// A new repository, such as `acme/store`, with one commit on its default branch.
    pub fn new_repo(&self, repo: &str, at: DateTime<Utc>) -> Option<String> {
        self.does(|state| {
            let (owner, name) = repo.split_once('/')?;
            let made = Repo {
                id: state.next(),
                owner: owner.to_owned(),
                name: name.to_owned(),
                is_hidden: false,
                is_archived: false,
                has_issues: true,
                can_push: true,
                is_protected: false,
                assignable: vec![PERSON.to_owned()],
                labels: Vec::new(),
                issues: Vec::new(),
                last_number: 0,
                created: at,
                git: Git::default(),
                records: Records::default(),
            };
            state.person(owner, at);
            state.repos.push(made);
            landing::commit(state, repo, "Begin", PERSON, at)
        })
    }

    /// Renames a repository, such as `acme/shop` to `acme/store`. The old name leads to the new one until another
    /// repository takes it.
    pub fn rename(&self, repo: &str, new: &str) -> bool {
        self.does(|state| {
            let Some((owner, name)) = new.split_once('/').filter(|_| state.named(new).is_none()) else { return false };
            let Some(found) = repo_mut(state, repo) else { return false };
            let (id, old) = (found.id, found.full().to_lowercase());
            (found.owner, found.name) = (owner.to_owned(), name.to_owned());
            state.renamed.insert(old, id);
            true
        })
    }

    /// Somebody's commit straight on the default branch; the result is its SHA.
    pub fn commit(&self, repo: &str, message: &str, author: &str, at: DateTime<Utc>) -> Option<String> {
        self.does(|state| landing::commit(state, repo, message, author, at))
    }

    /// The default branch is set to any commit, also to one that does not follow it; false if there is none.
    pub fn force_push(&self, repo: &str, sha: &str) -> bool {
        self.does(|state| {
            let Some(repo) = repo_mut(state, repo).filter(|r| r.git.commit(sha).is_some()) else { return false };
            repo.git.refs.insert(format!("refs/heads/{MAIN}"), sha.to_owned());
            true
        })
    }

    /// The commit of the default branch.
    pub fn head(&self, repo: &str) -> Option<String> {
        self.with(|state| state.named(repo)?.git.branch(MAIN).map(str::to_owned))
    }

    /// The commit of a branch or tag.
    pub fn commit_of(&self, repo: &str, name: &str) -> Option<String> {
        self.with(|state| state.named(repo)?.git.resolve(name))
    }

    /// A pull request with its commits; the result is its number.
    pub fn open_pull(&self, repo: &str, of: &Proposal) -> Option<u64> {
        self.does(|state| landing::open(state, repo, of))
    }

    /// Merges an open pull request. Its branch stays. The deliveries tell that it is closed.
    pub fn merge_pull(&self, repo: &str, number: u64, way: Way, at: DateTime<Utc>) -> Vec<Hook> {
        self.tells(|state| {
            let landing = Landing { way, by: PERSON, at };
            if landing::merge(state, &format!("{repo}#{number}"), landing).is_none() {
                return Vec::new();
            }
            let found = state.named(repo).and_then(|r| events::pull_closed(state, r, r.issue(number)?));
            found.into_iter().collect()
        })
    }

    /// A pull request that was made and merged, and whose branch was deleted.
    pub fn merged_pull(&self, repo: &str, of: &Proposal, way: Way, at: DateTime<Utc>) -> Option<Merged> {
        self.does(|state| {
            let number = landing::open(state, repo, of)?;
            let sha = landing::merge(state, &format!("{repo}#{number}"), Landing { way, by: PERSON, at })?;
            let repo = repo_mut(state, repo)?;
            let head = repo.issue(number).and_then(|i| i.pull.as_ref()).map(|p| p.head.clone()).unwrap_or_default();
            repo.git.refs.remove(&format!("refs/heads/{head}"));
            Some(Merged { number, sha })
        })
    }

    /// Somebody reviews a pull request: `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.
    pub fn review(&self, repo: &str, number: u64, login: &str, state: &str, at: DateTime<Utc>) -> Option<u64> {
        self.does(|all| {
            all.person(login, at);
            let id = all.next();
            let repo = repo_mut(all, repo)?;
            let issue = repo.issue(number)?;
            let commit = repo.head(issue, issue.pull.as_ref()?);
            let review = Review { id, user: login.to_owned(), state: state.to_owned(), at, commit };
            let issue = repo.issue_mut(number)?;
            issue.updated = issue.updated.max(at);
            issue.pull.as_mut()?.reviews.push(review);
            Some(id)
        })
    }

    /// Sets a lightweight tag to a commit. The deliveries are those of a push.
    pub fn tag(&self, repo: &str, name: &str, sha: &str) -> Vec<Hook> {
        self.tells(|state| set_tag(state, repo, name, sha))
    }

    /// Sets a tag with a message of its own to a commit; the result is the SHA of the tag's object.
    pub fn annotated_tag(&self, repo: &str, name: &str, sha: &str, at: DateTime<Utc>) -> Option<String> {
        self.does(|state| {
            let tagger = state.person(PERSON, at);
            let git = &mut repo_mut(state, repo).filter(|r| r.git.commit(sha).is_some())?.git;
            let message = format!("Release {name}\n");
            let object = git.put(Object::Tag(Tag { target: sha.to_owned(), name: name.to_owned(), tagger, message }));
            set_tag(state, repo, name, &object);
            Some(object)
        })
    }

    /// Moves a tag to another commit by force.
    pub fn move_tag(&self, repo: &str, name: &str, sha: &str) -> Vec<Hook> {
        self.tag(repo, name, sha)
    }

    /// Deletes a tag. Its release becomes a draft.
    pub fn delete_tag(&self, repo: &str, name: &str) -> Vec<Hook> {
        self.tells(|state| {
            let Some(found) = repo_mut(state, repo) else { return Vec::new() };
            let Some(old) = found.git.refs.remove(&format!("refs/tags/{name}")) else { return Vec::new() };
            found.records.releases.iter_mut().filter(|r| r.tag == name).for_each(|r| r.published = None);
            let turn = Turn { before: Some(&old), after: None };
            state.named(repo).map(|found| events::tag(state, found, name, turn)).unwrap_or_default()
        })
    }

    /// A release of a tag, which is made where it is not there, unless the release is a draft.
    pub fn release(&self, repo: &str, tag: &str, kind: ReleaseKind, at: DateTime<Utc>) -> Vec<Hook> {
        self.tells(|state| {
            let id = state.next();
            let is_prerelease = kind == ReleaseKind::Prerelease;
            let (tag, body) = (tag.to_owned(), format!("What is new in {tag}."));
            let release = Release { id, tag: tag.clone(), created: at, published: None, is_prerelease, body };
            let Some(found) = repo_mut(state, repo) else { return Vec::new() };
            found.records.releases.push(release);
            let mut all = Vec::new();
            if kind != ReleaseKind::Draft {
                all = publish(state, repo, &tag, at);
            }
            all.extend(told(state, repo, &tag, &["created"]));
            all
        })
    }

    /// Publishes the draft of a release.
    pub fn publish_release(&self, repo: &str, tag: &str, at: DateTime<Utc>) -> Vec<Hook> {
        self.tells(|state| publish(state, repo, tag, at))
    }

    /// A release becomes a draft again.
    pub fn unpublish_release(&self, repo: &str, tag: &str) -> Vec<Hook> {
        self.tells(|state| {
            let Some(found) = repo_mut(state, repo) else { return Vec::new() };
            found.records.releases.iter_mut().filter(|r| r.tag == tag).for_each(|r| r.published = None);
            told(state, repo, tag, &["unpublished"])
        })
    }

    /// Changes the text of a release.
    pub fn edit_release(&self, repo: &str, tag: &str, body: &str) -> Vec<Hook> {
        self.tells(|state| {
            let Some(found) = repo_mut(state, repo) else { return Vec::new() };
            found.records.releases.iter_mut().filter(|r| r.tag == tag).for_each(|r| body.clone_into(&mut r.body));
            told(state, repo, tag, &["edited"])
        })
    }

    /// Deletes a release. Its tag stays.
    pub fn delete_release(&self, repo: &str, tag: &str) -> Vec<Hook> {
        self.tells(|state| {
            let all = told(state, repo, tag, &["deleted"]);
            if let Some(found) = repo_mut(state, repo) {
                found.records.releases.retain(|r| r.tag != tag);
            }
            all
        })
    }

    /// Deploys a branch, tag or SHA to an environment. It is made with its first state; the result is its id.
    pub fn deploy(&self, repo: &str, name: &str, to: &str, states: &[(&str, DateTime<Utc>)]) -> Option<u64> {
        self.does(|state| {
            let id = state.next();
            let statuses: Vec<_> = states
                .iter()
                .map(|(word, at)| DeploymentStatus { id: state.next(), state: (*word).to_owned(), at: *at })
                .collect();
            let repo = repo_mut(state, repo)?;
            let (sha, at) = (repo.git.resolve(name)?, statuses.first()?.at);
            let (name, environment) = (name.to_owned(), to.to_owned());
            repo.records.deployments.push(Deployment { id, sha, name, environment, at, statuses });
            Some(id)
        })
    }

    /// A deployment gets a further state.
    pub fn deployed(&self, repo: &str, id: u64, word: &str, at: DateTime<Utc>) -> Option<Hook> {
        self.does(|state| {
            let status = DeploymentStatus { id: state.next(), state: word.to_owned(), at };
            let found = repo_mut(state, repo)?.records.deployments.iter_mut().find(|d| d.id == id)?;
            found.statuses.push(status);
            Some(())
        })?;
        self.hook_of_deployment(repo, id)
    }

    /// The delivery about the newest state of a deployment.
    pub fn hook_of_deployment(&self, repo: &str, id: u64) -> Option<Hook> {
        self.with(|state| {
            let it = state.named(repo)?;
            let found = it.records.deployments.iter().find(|d| d.id == id)?;
            Some(hooks::signed(state, &events::deployment_status(state, it, found)?))
        })
    }

    /// The delivery about a release as it is, with any action, such as `published`.
    pub fn hook_of_release(&self, repo: &str, tag: &str, action: &str) -> Option<Hook> {
        self.with(|state| {
            let events = told(state, repo, tag, &[action]);
            signed(state, events).pop()
        })
    }

    /// The delivery that a pull request is closed.
    pub fn hook_of_pull(&self, repo: &str, number: u64) -> Option<Hook> {
        self.with(|state| {
            let repo = state.named(repo)?;
            Some(hooks::signed(state, &events::pull_closed(state, repo, repo.issue(number)?)?))
        })
    }

    /// A milestone that is open. The result is its number.
    pub fn milestone(&self, repo: &str, title: &str, due: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Option<u64> {
        self.does(|state| {
            let id = state.next();
            let all = &mut repo_mut(state, repo)?.records.milestones;
            let number = all.iter().map(|m| m.number).max().unwrap_or_default() + 1;
            all.push(Milestone { id, number, title: title.to_owned(), due, created: at, closed: None });
            Some(number)
        })
    }

    /// Closes a milestone.
    pub fn close_milestone(&self, repo: &str, number: u64, at: DateTime<Utc>) -> Option<Hook> {
        self.does(|state| {
            let all = &mut repo_mut(state, repo)?.records.milestones;
            all.iter_mut().find(|m| m.number == number)?.closed = Some(at);
            Some(())
        })?;
        self.hook_of_milestone(repo, number)
    }

    /// The delivery about a milestone as it is: `created`, or `closed`.
    pub fn hook_of_milestone(&self, repo: &str, number: u64) -> Option<Hook> {
        self.with(|state| {
            let repo = state.named(repo)?;
            Some(hooks::signed(state, &events::milestone(state, repo, repo.records.milestone(number)?)))
        })
    }

    /// A person opens an issue with labels; the result is its id.
    pub fn open_at(&self, repo: &str, login: &str, title: &str, labels: &[&str], at: DateTime<Utc>) -> Option<String> {
        self.does(|state| {
            state.person(login, at);
            let number = acts::open(state, repo, login, title, at)?;
            let id = format!("{repo}#{number}");
            labels.iter().try_for_each(|label| acts::label(state, &id, label, at))?;
            Some(id)
        })
    }

    /// A person closes an issue at a time, as `completed`, `not_planned` or `duplicate`.
    pub fn close_at(&self, id: &str, how: &str, at: DateTime<Utc>) -> bool {
        self.does(|state| acts::close(state, id, how, at)).is_some()
    }

    /// An issue or pull request gets a label, which is made where the repository has none like it.
    pub fn label_issue(&self, id: &str, label: &str, at: DateTime<Utc>) -> bool {
        self.does(|state| acts::label(state, id, label, at)).is_some()
    }

    /// An issue or pull request gets a milestone, or loses it.
    pub fn set_milestone(&self, id: &str, number: Option<u64>, at: DateTime<Utc>) -> bool {
        self.does(|state| acts::plan(state, id, number, at)).is_some()
    }
}
