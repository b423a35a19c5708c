//! The release plan's pull request.

use lookback::trackers::Fault;
use lookback::trackers::github::{GitHub, Proposal, Proposed};
use lookback_core::model::ticket::Repository;
use lookback_sim::trackers as sim;

use crate::world::{World, calls, repo};

const PATH: &str = "docs/plans/v2.1.0.md";
const BRANCH: &str = "lookback/v2.1.0";

fn proposal(repo: &Repository) -> Proposal<'_> {
    Proposal {
        repo,
        path: PATH,
        branch: BRANCH,
        title: "Retrospective of v2.1.0",
        body: "The retrospective of v2.1.0.",
        message: "Add the retrospective of v2.1.0\n\nLookback-Plan: v2.1.0",
    }
}

/// Fills in the section, and leaves every other byte alone.
fn filled(old: &[u8]) -> Result<Vec<u8>, String> {
    replaced(old, b"_To be filled in", b"_Filled in")
}

fn replaced(old: &[u8], from: &[u8], to: &[u8]) -> Result<Vec<u8>, String> {
    let at = old.windows(from.len()).position(|part| part == from);
    let at = at.or_else(|| old.windows(to.len()).any(|part| part == to).then_some(old.len()));
    match at {
        Some(at) if at == old.len() => Ok(old.to_vec()),
        Some(at) => Ok([&old[..at], to, &old[at + from.len()..]].concat()),
        None => Err("no section".to_owned()),
    }
}

impl World {
    async fn propose(&self, github: &GitHub, proposal: &Proposal<'_>) -> Proposed {
        github.propose(proposal, filled).await.unwrap().unwrap()
    }

    fn branch(&self) -> Vec<u8> {
        self.sim.github.file("acme/shop", BRANCH, PATH).unwrap()
    }

    fn base(&self) -> Vec<u8> {
        self.sim.github.file("acme/shop", "main", PATH).unwrap()
    }

    /// What wrote since the `from`th call.
    fn writes(&self, from: usize) -> Vec<String> {
        let all = calls(self.sim.github.desk(), from).into_iter();
        all.filter(|operation| !operation.starts_with("GET ") && !operation.starts_with("POST /app/")).collect()
    }

    fn so_far(&self) -> usize {
        self.sim.github.desk().journal().len()
    }

    /// What must never happen, whatever happens.
    fn is_clean(&self) {
        assert_eq!(self.sim.github.base_writes(), 0);
        assert_eq!((self.sim.github.mentions(), self.sim.github.closing_words()), (vec![], vec![]));
    }
}

fn number(proposed: &Proposed) -> u64 {
    match proposed {
        Proposed::Open { number, .. } => *number,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_again_is_the_same_pull_request() {
    let w = World::new().await;
    for github in w.githubs() {
        let (shop, old_name) = (repo("shop"), repo("old-name"));
        let first = w.propose(&github, &proposal(&shop)).await;
        let pull = w.sim.github.pulls("acme/shop").last().unwrap().clone();
        let Proposed::Open { number, url, is_new: true } = &first else { panic!("{first:?}") };
        assert_eq!((*number, url, pull.head.as_str(), pull.base.as_str()), (pull.number, &pull.url, BRANCH, "main"));
        assert_eq!(pull.files, [PATH], "one file");
        assert_eq!(w.branch(), filled(&w.base()).unwrap(), "all other bytes are as they were");
        for same in [proposal(&shop), proposal(&old_name)] {
            let from = w.so_far();
            assert!(
                matches!(w.propose(&github, &same).await, Proposed::Open { number: n, is_new: false, .. } if n == *number)
            );
            assert_eq!(w.writes(from), [""; 0]);
        }
        let from = w.so_far();
        w.propose(&github, &Proposal { body: "Other words", ..proposal(&shop) }).await;
        assert_eq!(w.writes(from), ["PATCH /repos/{owner}/{repo}/pulls/{pull_number}"]);
        assert_eq!(w.sim.github.pulls("acme/shop").last().unwrap().text, "Other words");
        // A person closes it: the branch is there still, and the next one is another.
        assert!(w.sim.github.close_pull(&pull.id));
        assert!(
            matches!(w.propose(&github, &proposal(&shop)).await, Proposed::Open { number: n, is_new: true, .. } if n > *number)
        );
        let pull = w.sim.github.pulls("acme/shop").last().unwrap().clone();
        assert!(w.sim.github.close_pull(&pull.id));
    }
    w.is_clean();
}

#[tokio::test]
async fn what_is_merged_is_not_proposed_again() {
    let w = World::new().await;
    let (github, shop) = (w.github(), repo("shop"));
    w.propose(&github, &proposal(&shop)).await;
    assert!(w.sim.github.merge("acme/shop#1"));
    assert_eq!(w.propose(&github, &proposal(&shop)).await, Proposed::Same);
    // More is added to it later: the branch is ours, and moves.
    let more = |old: &[u8]| Ok::<_, String>([old, b"\xff\x00 raw bytes\r\n"].concat());
    let next = github.propose(&proposal(&shop), more).await.unwrap().unwrap();
    assert!(matches!(next, Proposed::Open { number: 2, is_new: true, .. }), "{next:?}");
    assert_eq!(w.branch(), [w.base().as_slice(), b"\xff\x00 raw bytes\r\n"].concat(), "what is no text stays, too");
    w.is_clean();
}

#[tokio::test]
async fn a_base_that_moved_on_gets_the_change_anew() {
    let w = World::new().await;
    let (github, shop) = (w.github(), repo("shop"));
    let first = number(&w.propose(&github, &proposal(&shop)).await);
    w.sim.github.push_base("acme/shop", "other.md", b"x").unwrap();
    assert_eq!(number(&w.propose(&github, &proposal(&shop)).await), first);
    assert_eq!(w.sim.github.pulls("acme/shop")[0].files, [PATH], "not what others pushed");
    // In conflict: the same lines, and line ends of another system, a byte order mark and no line end at the end.
    let moved = replaced(&w.base(), b"# Release v2.1.0", b"\xef\xbb\xbf# Release v2.1.0\r\n\r\nMoved \xfe").unwrap();
    let moved = replaced(&moved, b"- Faster checkout", b"- Faster checkout, and more").unwrap();
    let moved = moved.strip_suffix(b"\n").unwrap();
    w.sim.github.push_base("acme/shop", PATH, moved).unwrap();
    assert_eq!(number(&w.propose(&github, &proposal(&shop)).await), first, "made anew upon the new base");
    assert_eq!(w.branch(), filled(moved).unwrap());
    assert_eq!(w.base(), moved);
    let pulls = w.sim.github.pulls("acme/shop");
    assert_eq!((pulls.len(), pulls[0].files.clone()), (1, vec![PATH.to_owned()]));
    assert!(w.sim.github.merge("acme/shop#1"), "it can be merged");
    assert_eq!(w.base(), filled(moved).unwrap());
    w.is_clean();
}

#[tokio::test]
async fn what_cannot_be_proposed_is_told() {
    let w = World::new().await;
    let (github, shop) = (w.github(), repo("shop"));
    for (path, is) in [
        ("docs/none.md", Ok(Proposed::NoFile)),
        ("docs", Ok(Proposed::NoFile)),
        ("../x", Ok(Proposed::NoFile)),
        ("docs//x", Ok(Proposed::NoFile)),
        ("", Ok(Proposed::NoFile)),
        ("README.md", Err("no section".to_owned())),
    ] {
        assert_eq!(github.propose(&Proposal { path, ..proposal(&shop) }, filled).await, Ok(is), "{path}");
    }
    for branch in ["main", "x"] {
        let odd = Proposal {
            branch,
            message: if branch == "x" { "No last line" } else { proposal(&shop).message },
            ..proposal(&shop)
        };
        assert!(matches!(github.propose(&odd, filled).await, Err(Fault::Refused(_))), "{branch}");
    }
    assert_eq!(github.propose(&proposal(&repo("hidden")), filled).await, Err(Fault::Gone));
    assert_eq!(github.propose(&proposal(&repo("readonly")), filled).await, Err(Fault::Forbidden));
    assert_eq!(github.propose(&proposal(&repo("empty")), filled).await, Ok(Ok(Proposed::NoFile)));
    assert!(w.sim.github.pulls("acme/shop").is_empty());
    // Above a megabyte GitHub gives a file in another way only.
    let big = Proposal { path: "docs/big.md", branch: "lookback/big", ..proposal(&shop) };
    assert!(matches!(w.propose(&github, &big).await, Proposed::Open { is_new: true, .. }));
    let old = w.sim.github.file("acme/shop", "main", "docs/big.md").unwrap();
    assert_eq!(w.sim.github.file("acme/shop", "lookback/big", "docs/big.md"), filled(&old).ok());
    w.is_clean();
}

#[tokio::test]
async fn a_branch_that_is_not_ours_stays_as_it_is() {
    let w = World::new().await;
    let (github, shop) = (w.github(), repo("shop"));
    w.propose(&github, &Proposal { message: "By another\n\nLookback-Plan: v9.9.9", ..proposal(&shop) }).await;
    let theirs = w.branch();
    let from = w.so_far();
    let again = |old: &[u8]| replaced(old, b"_To be filled in", b"_Filled in anew");
    assert_eq!(github.propose(&proposal(&shop), again).await, Ok(Ok(Proposed::Taken)));
    assert_eq!((w.writes(from), w.branch()), (vec![], theirs));
    // A branch below it by name is in its way.
    let below = Proposal { branch: "lookback/v2.1.0/x", ..proposal(&shop) };
    assert!(matches!(github.propose(&below, filled).await, Err(Fault::Refused(_))));
    w.is_clean();
}

#[tokio::test]
async fn after_a_lost_answer_at_any_step_the_same_call_leads_to_one_pull_request() {
    let steps = [
        "GET /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/git/ref/{ref}",
        "GET /repos/{owner}/{repo}/git/commits/{commit_sha}",
        "GET /repos/{owner}/{repo}/contents/{path}",
        "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
        "POST /repos/{owner}/{repo}/git/blobs",
        "POST /repos/{owner}/{repo}/git/trees",
        "POST /repos/{owner}/{repo}/git/commits",
        "POST /repos/{owner}/{repo}/git/refs",
        "GET /repos/{owner}/{repo}/pulls",
        "POST /repos/{owner}/{repo}/pulls",
    ];
    let faults = [
        sim::Fault::Lost { effect: true },
        sim::Fault::Lost { effect: false },
        sim::Fault::Status { code: 502, effect: true },
        sim::Fault::Limited(None),
    ];
    for step in steps {
        for fault in &faults {
            let w = World::new().await;
            let (github, shop) = (w.github(), repo("shop"));
            w.sim.github.desk().fault(step, fault.clone(), 1);
            assert!(github.propose(&proposal(&shop), filled).await.is_err(), "{step} {fault:?}");
            assert_eq!(number(&w.propose(&github, &proposal(&shop)).await), 1, "{step} {fault:?}");
            assert_eq!((w.sim.github.pulls("acme/shop").len(), w.branch()), (1, filled(&w.base()).unwrap()));
            w.is_clean();
        }
    }
    // The branch was moved, and nobody heard of it.
    for step in ["PATCH /repos/{owner}/{repo}/git/refs/{ref}", "PATCH /repos/{owner}/{repo}/pulls/{pull_number}"] {
        let w = World::new().await;
        let (github, shop) = (w.github(), repo("shop"));
        w.propose(&github, &proposal(&shop)).await;
        w.sim.github.push_base("acme/shop", "other.md", b"x").unwrap();
        w.sim.github.desk().fault(step, sim::Fault::Lost { effect: true }, 1);
        let next = Proposal { body: "Other words", ..proposal(&shop) };
        assert_eq!(github.propose(&next, filled).await, Err(Fault::Unclear), "{step}");
        assert_eq!(number(&w.propose(&github, &next).await), 1);
        assert_eq!(
            (w.sim.github.pulls("acme/shop")[0].files.clone(), w.branch()),
            (vec![PATH.to_owned()], filled(&w.base()).unwrap())
        );
        w.is_clean();
    }
}
