//! The figures of a release that its repository tells: what was merged between two tags, how it was deployed, and what
//! came after it.
//!
//! Rule: a figure that cannot be known is left out. `docs/figures.md` defines each.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::source::Figure;
use super::version::Name;
use super::{Kind, Span, version};
use crate::model::settings::ReleaseLabels;

/// What is known of a release from its repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Such as `v2.1.0` or `api-v1.5.0`.
    pub tag: String,
    /// The commit of the tag.
    pub sha: String,
    /// The tag before it, and its commit; without one nothing can be compared.
    pub before: Option<(String, String)>,
    /// When the release was published, where there is one.
    pub published: Option<DateTime<Utc>>,
    /// The commits since the tag before.
    pub commits: Vec<Commit>,
    /// The pull requests whose merge is one of these commits.
    pub pulls: Vec<Pull>,
    /// `None`: the token may not see them.
    pub deployments: Option<Vec<Deployment>>,
    /// Runs of workflows for the commit of the tag that deploy by their name.
    pub runs: Vec<Run>,
    /// Tags that came later, with their times.
    pub later: Vec<(String, DateTime<Utc>)>,
    /// What the notes of the release count, where they do.
    #[serde(default)]
    pub notes: BTreeMap<Figure, String>,
    /// Issues with the label of bugs, by when they were opened; `None`: there is no such label.
    pub bugs: Option<Vec<DateTime<Utc>>>,
}

/// A commit, as far as it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub sha: String,
    /// The first one leads back along the branch that was released.
    pub parents: Vec<String>,
    /// The first line of its message.
    pub subject: String,
    pub is_breaking: bool,
    /// Who wrote it: an account, or an address where there is none. `None` for a bot.
    pub author: Option<String>,
    pub at: DateTime<Utc>,
}

/// A merged pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    pub number: u64,
    pub title: String,
    pub labels: Vec<String>,
    pub is_breaking: bool,
    /// `None` for a bot, or an account that was deleted.
    pub author: Option<String>,
    /// The commit that brought it in: a merge, a squash, or the last of those that were rebased.
    pub merge_sha: String,
    /// When its first commit was written, where that was read.
    pub first_commit: Option<DateTime<Utc>>,
    /// How many commits it has, and the first line of the last one.
    #[serde(default)]
    pub commits: usize,
    #[serde(default)]
    pub last_subject: String,
}

/// A deployment to production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub sha: String,
    /// Its states with their times, the oldest first.
    pub statuses: Vec<(String, DateTime<Utc>)>,
}

/// A run of a workflow that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
}

impl Deployment {
    /// When it had first succeeded.
    fn succeeded(&self) -> Option<DateTime<Utc>> {
        self.statuses.iter().find(|(state, _)| state == "success").map(|(_, at)| *at)
    }
}

/// What a change is, by its labels or its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Feature,
    Fix,
    /// It says what it is, and is neither.
    Other,
}

/// The type of a conventional commit, and whether it breaks something. <https://www.conventionalcommits.org/en/v1.0.0/>
fn conventional(subject: &str) -> Option<(&str, bool)> {
    let (head, _) = subject.split_once(": ")?;
    let (head, is_breaking) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let word = head.split_once('(').filter(|(_, rest)| rest.ends_with(')')).map_or(head, |(word, _)| word);
    let is_type = !word.is_empty() && word.len() <= 20 && word.chars().all(|c| c.is_ascii_alphanumeric());
    is_type.then_some((word, is_breaking))
}

/// Whether a message says that it breaks something, in its subject or in a footer.
pub fn is_breaking(message: &str) -> bool {
    let footer = |line: &str| ["BREAKING CHANGE:", "BREAKING-CHANGE:"].iter().any(|word| line.starts_with(word));
    message.lines().next().and_then(conventional).is_some_and(|(_, breaking)| breaking) || message.lines().any(footer)
}

/// What a change is by the type in its subject.
pub fn of_subject(subject: &str) -> Option<Change> {
    let (word, _) = conventional(subject)?;
    Some(match word.to_ascii_lowercase().as_str() {
        "feat" | "feature" => Change::Feature,
        "fix" | "bugfix" | "hotfix" => Change::Fix,
        "build" | "chore" | "ci" | "docs" | "perf" | "refactor" | "revert" | "style" | "test" => Change::Other,
        _ => return None,
    })
}

fn of_pull(pull: &Pull, labels: &ReleaseLabels) -> Option<Change> {
    let has = |wanted: &[String]| pull.labels.iter().any(|l| wanted.iter().any(|w| w.eq_ignore_ascii_case(l)));
    if has(&labels.feature) {
        return Some(Change::Feature);
    }
    if has(&labels.fix) {
        return Some(Change::Fix);
    }
    of_subject(&pull.title)
}

impl History {
    /// The figures that are known, as a document of release data has them. `soak`: how long after the deployment what
    /// goes wrong counts to this release; `now`: nothing is counted beyond it.
    pub fn figures(&self, labels: &ReleaseLabels, soak: Duration, now: DateTime<Utc>) -> BTreeMap<Figure, String> {
        let mut found = BTreeMap::new();
        if self.before.is_some() {
            self.scope(labels, &mut found);
        }
        if !found.contains_key(&Figure::Features) {
            found.extend(self.notes.clone());
        }
        let Some(deployed) = self.deployed() else { return found };
        found.insert(Figure::DeployedAt, deployed.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        found.extend(self.deploy_time().map(|took| (Figure::DeployTime, shown(took))));
        found.extend(self.lead_time(deployed).map(|took| (Figure::LeadTime, shown(took))));
        let until = (deployed + soak).min(now);
        let within = |at: DateTime<Utc>| at > deployed && at <= until;
        found.extend(self.rollbacks(deployed, within).map(|n| (Figure::Rollbacks, n.to_string())));
        found.extend(self.hotfixes(within).map(|n| (Figure::Hotfixes, n.to_string())));
        let bugs = self.bugs.as_ref().map(|bugs| bugs.iter().filter(|at| within(**at)).count());
        found.extend(bugs.map(|n| (Figure::Bugs, n.to_string())));
        found
    }

    /// When it reached production: the first success of a deployment, else the end of a run that deploys, else when the
    /// release was published.
    pub fn deployed(&self) -> Option<DateTime<Utc>> {
        let deployment = self.of_tag().filter_map(Deployment::succeeded).min();
        deployment.or_else(|| self.runs.iter().map(|run| run.ended).min()).or(self.published)
    }

    /// The deployments of the tag's commit.
    fn of_tag(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.iter().flatten().filter(|d| d.sha == self.sha)
    }

    /// From the first status of a deployment to its success; of a run, from its start to its end.
    fn deploy_time(&self) -> Option<Duration> {
        let whole = self.of_tag().filter_map(|d| Some((d.succeeded()?, d.statuses.first()?.1)));
        let of_deployment = whole.min().map(|(ended, began)| ended - began);
        let of_run = || self.runs.iter().min_by_key(|run| run.ended).map(|run| run.ended - run.began);
        let took = if self.of_tag().next().is_some() { of_deployment } else { of_run() };
        took.filter(|took| *took > Duration::zero())
    }

    /// The median from the first commit of a pull request to production. Bots are left out.
    fn lead_time(&self, deployed: DateTime<Utc>) -> Option<Duration> {
        let by_people = self.pulls.iter().filter(|pull| pull.author.is_some());
        let mut waits: Vec<Duration> = by_people.filter_map(|pull| Some(deployed - pull.first_commit?)).collect();
        waits.retain(|wait| *wait >= Duration::zero());
        waits.sort_unstable();
        let middle = *waits.get(waits.len().checked_sub(1)? / 2)?;
        let other = *waits.get(waits.len() / 2)?;
        Some((middle + other) / 2)
    }

    /// What the release consists of, where those who made it say what their changes are.
    fn scope(&self, labels: &ReleaseLabels, found: &mut BTreeMap<Figure, String>) {
        let direct = self.direct();
        let pulls = self.pulls.iter().map(|pull| of_pull(pull, labels));
        let changes: Vec<Change> = pulls.chain(direct.iter().map(|c| of_subject(&c.subject))).flatten().collect();
        let is_label = |l: &String| labels.breaking.iter().any(|b| b.eq_ignore_ascii_case(l));
        let breaks = |pull: &&Pull| pull.is_breaking || pull.labels.iter().any(is_label);
        let breaking = self.pulls.iter().filter(breaks).count() + direct.iter().filter(|c| c.is_breaking).count();
        if !changes.is_empty() || breaking > 0 {
            let of = |change: Change| changes.iter().filter(|c| **c == change).count().to_string();
            found.insert(Figure::Features, of(Change::Feature));
            found.insert(Figure::BugFixes, of(Change::Fix));
            found.insert(Figure::BreakingChanges, breaking.to_string());
        }
        let people = self.commits.iter().filter_map(|c| c.author.as_deref());
        let people: BTreeSet<&str> = people.chain(self.pulls.iter().filter_map(|p| p.author.as_deref())).collect();
        if !people.is_empty() {
            found.insert(Figure::Contributors, people.len().to_string());
        }
    }

    /// The commits along the released branch that no pull request brought.
    fn direct(&self) -> Vec<&Commit> {
        let merges: BTreeMap<&str, &Pull> = self.pulls.iter().map(|pull| (pull.merge_sha.as_str(), pull)).collect();
        let (mut direct, mut rebased) = (Vec::new(), 0_usize);
        for commit in self.mainline() {
            match merges.get(commit.sha.as_str()) {
                // A rebase brings each commit by itself, and GitHub names the last one.
                Some(pull) if commit.parents.len() == 1 && pull.last_subject == commit.subject => {
                    rebased = pull.commits.saturating_sub(1);
                }
                Some(_) => rebased = 0,
                None if rebased > 0 => rebased -= 1,
                None => direct.push(commit),
            }
        }
        direct
    }

    /// The commits along the released branch, the newest first: what a merge brought in is not among them.
    fn mainline(&self) -> Vec<&Commit> {
        let by_sha: BTreeMap<&str, &Commit> = self.commits.iter().map(|c| (c.sha.as_str(), c)).collect();
        let mut line = Vec::new();
        let mut next = by_sha.get(self.sha.as_str());
        while let Some(commit) = next {
            line.push(*commit);
            // Git knows no circles; a wrong answer could have one.
            if line.len() > self.commits.len() {
                break;
            }
            next = commit.parents.first().and_then(|parent| by_sha.get(parent.as_str()));
        }
        line
    }

    /// Deployments of a commit that had been in production before. `None` where no deployment is known.
    fn rollbacks(&self, deployed: DateTime<Utc>, within: impl Fn(DateTime<Utc>) -> bool) -> Option<usize> {
        let all = self.deployments.as_ref().filter(|all| all.iter().any(|d| d.sha == self.sha))?;
        let earlier = all.iter().filter(|d| d.succeeded().is_some_and(|at| at < deployed)).map(|d| d.sha.as_str());
        let mut old: BTreeSet<&str> = earlier.collect();
        old.extend(self.before.as_ref().map(|(_, sha)| sha.as_str()));
        old.remove(self.sha.as_str());
        let is_back = |d: &&Deployment| old.contains(d.sha.as_str()) && d.succeeded().is_some_and(&within);
        Some(all.iter().filter(is_back).count())
    }

    /// Tags after this one that are a hotfix of it or its next patch.
    fn hotfixes(&self, within: impl Fn(DateTime<Utc>) -> bool) -> Option<usize> {
        let this = Name::read(&self.tag)?;
        let is_hotfix = |tag: &str| {
            let follows = Name::read(tag).is_some_and(|name| name.order(&this).is_some_and(std::cmp::Ordering::is_gt));
            follows && matches!(version::kind(Some(&self.tag), tag), Some(Kind::Patch | Kind::Hotfix))
        };
        Some(self.later.iter().filter(|(tag, at)| within(*at) && is_hotfix(tag)).count())
    }
}

/// `25 min`, `5 h 20 min`, and from two days on `2.9 days`.
fn shown(took: Duration) -> String {
    let minutes = Decimal::from(took.num_seconds()) / Decimal::from(60);
    let days = minutes / Decimal::from(1440);
    if days >= Decimal::from(2) {
        return format!("{} days", days.round_dp(1).normalize());
    }
    Span::minutes(minutes.round()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn commit(sha: &str, parents: &[&str], subject: &str) -> Commit {
        Commit {
            sha: sha.into(),
            parents: parents.iter().map(|p| (*p).to_owned()).collect(),
            subject: subject.into(),
            is_breaking: is_breaking(subject),
            author: Some("sam".into()),
            at: at("2026-11-17T10:00:00Z"),
        }
    }

    fn pull(number: u64, title: &str, labels: &[&str], merge: &str) -> Pull {
        Pull {
            number,
            title: title.into(),
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
            is_breaking: is_breaking(title),
            author: Some(format!("dev{number}")),
            merge_sha: merge.into(),
            first_commit: Some(at("2026-11-15T14:00:00Z") + Duration::hours(i64::try_from(number).unwrap())),
            commits: 1,
            last_subject: title.into(),
        }
    }

    fn deployment(sha: &str, began: &str, ended: &str) -> Deployment {
        let statuses = vec![("in_progress".to_owned(), at(began)), ("success".to_owned(), at(ended))];
        Deployment { sha: sha.into(), statuses }
    }

    /// v2.1.0: a feature by squash, a fix by merge with two commits inside, a direct fix, a bot.
    fn history() -> History {
        History {
            tag: "v2.1.0".into(),
            sha: "e".into(),
            before: Some(("v2.0.0".into(), "z".into())),
            published: Some(at("2026-11-18T13:00:00Z")),
            commits: vec![
                commit("a", &["z"], "feat: search (#1)"),
                commit("m1", &["z"], "fix: inner"),
                commit("b", &["a", "m1"], "Merge pull request #2"),
                commit("c", &["b"], "fix: direct"),
                commit("d", &["c"], "chore(deps): bump x (#4)"),
                commit("e", &["d"], "Release v2.1.0"),
            ],
            pulls: vec![
                pull(1, "feat: search", &[], "a"),
                pull(2, "Rounding of prices", &["Bug"], "b"),
                Pull { author: None, ..pull(4, "chore(deps): bump x", &[], "d") },
            ],
            deployments: Some(vec![
                deployment("z", "2026-11-01T10:00:00Z", "2026-11-01T10:30:00Z"),
                deployment("e", "2026-11-18T13:35:00Z", "2026-11-18T14:00:00Z"),
            ]),
            later: vec![("v2.1.1".into(), at("2026-11-19T09:00:00Z")), ("v2.2.0".into(), at("2026-11-19T10:00:00Z"))],
            bugs: Some(vec![at("2026-11-18T20:00:00Z"), at("2026-11-18T12:00:00Z"), at("2026-11-25T12:00:00Z")]),
            ..History::default()
        }
    }

    fn figures(history: &History) -> BTreeMap<Figure, String> {
        history.figures(&ReleaseLabels::default(), Duration::hours(48), at("2026-12-01T00:00:00Z"))
    }

    #[test]
    fn a_repository_tells_the_figures() {
        let found = figures(&history());
        let get = |figure| found.get(&figure).map(String::as_str);
        assert_eq!(get(Figure::DeployedAt), Some("2026-11-18T14:00:00Z"));
        assert_eq!(
            (get(Figure::Features), get(Figure::BugFixes), get(Figure::BreakingChanges)),
            (Some("1"), Some("2"), Some("0"))
        );
        assert_eq!(get(Figure::DeployTime), Some("25 min"));
        // 71 and 70 hours.
        assert_eq!(get(Figure::LeadTime), Some("2.9 days"));
        assert_eq!(
            (get(Figure::Rollbacks), get(Figure::Hotfixes), get(Figure::Bugs)),
            (Some("0"), Some("1"), Some("1"))
        );
        // sam, dev1 and dev2.
        assert_eq!(get(Figure::Contributors), Some("3"));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let bare = History { tag: "v2.1.0".into(), sha: "e".into(), ..History::default() };
        assert_eq!(figures(&bare), BTreeMap::new());
        // Nobody says what a change is: no count, and not a zero.
        let mut unlabelled = history();
        unlabelled.pulls.iter_mut().for_each(|pull| (pull.title, pull.labels) = ("Some work".into(), Vec::new()));
        unlabelled.commits.iter_mut().for_each(|commit| commit.subject = "Some work".into());
        assert_eq!(figures(&unlabelled).get(&Figure::Features), None);
        // Without a right, and without the label.
        let blind = History { deployments: None, bugs: None, ..history() };
        let found = figures(&blind);
        assert_eq!(found.get(&Figure::DeployedAt).map(String::as_str), Some("2026-11-18T13:00:00Z"));
        for figure in [Figure::DeployTime, Figure::Rollbacks, Figure::Bugs] {
            assert_eq!(found.get(&figure), None, "{figure:?}");
        }
    }

    #[test]
    fn going_back_is_a_rollback_and_a_new_commit_is_none() {
        let mut back = history();
        let all = back.deployments.as_mut().unwrap();
        all.push(deployment("z", "2026-11-18T18:00:00Z", "2026-11-18T18:10:00Z"));
        all.push(deployment("f", "2026-11-19T08:00:00Z", "2026-11-19T08:10:00Z"));
        all.push(deployment("z", "2026-11-29T18:00:00Z", "2026-11-29T18:10:00Z"));
        assert_eq!(figures(&back).get(&Figure::Rollbacks).map(String::as_str), Some("1"));
    }

    #[test]
    fn a_rebase_brings_several_commits_and_is_one_change() {
        let mut rebased = history();
        rebased.commits.splice(0..1, [commit("a0", &["z"], "fix: part one"), commit("a", &["a0"], "fix: part two")]);
        let pull = pull(1, "fix: both parts", &[], "a");
        rebased.pulls[0] = Pull { commits: 2, last_subject: "fix: part two".into(), ..pull };
        assert_eq!(figures(&rebased).get(&Figure::BugFixes).map(String::as_str), Some("3"));
    }

    #[test]
    fn bots_have_no_lead_time() {
        let mut quick = history();
        quick.pulls[1].first_commit = Some(at("2026-11-17T18:00:00Z"));
        quick.pulls[2].first_commit = Some(at("2026-11-18T13:00:00Z"));
        // 71 and 20 hours.
        assert_eq!(figures(&quick).get(&Figure::LeadTime).map(String::as_str), Some("45 h 30 min"));
    }

    #[test]
    fn what_breaks_says_so() {
        for text in ["feat!: x", "fix(api)!: y", "x\n\nBREAKING CHANGE: z", "x\n\nBREAKING-CHANGE: z"] {
            assert!(is_breaking(text), "{text}");
        }
        for text in ["feat: no breaking change", "What a day!: no", "x BREAKING CHANGE: z", "Merge: feat! x"] {
            assert!(!is_breaking(text), "{text}");
        }
        let mut breaking = history();
        breaking.pulls[1].labels.push("Breaking-Change".into());
        assert_eq!(figures(&breaking).get(&Figure::BreakingChanges).map(String::as_str), Some("1"));
    }

    #[test]
    fn runs_tell_where_there_are_no_deployments() {
        let runs = vec![Run { began: at("2026-11-18T13:00:00Z"), ended: at("2026-11-18T13:20:00Z") }];
        let found = figures(&History { deployments: Some(Vec::new()), runs, ..history() });
        assert_eq!(found.get(&Figure::DeployedAt).map(String::as_str), Some("2026-11-18T13:20:00Z"));
        assert_eq!(found.get(&Figure::DeployTime).map(String::as_str), Some("20 min"));
        assert_eq!(found.get(&Figure::Rollbacks), None);
    }
}
