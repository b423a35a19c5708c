//! Plants the bugs of `tests/data/planted-bugs.toml` one after the other in a copy of the project, and prints which test
//! caught each, and in how many seconds. A number as argument plants one alone.
//!
//! `cargo run --example planted_bugs`

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
struct List {
    bug: Vec<Bug>,
}

#[derive(Deserialize)]
struct Bug {
    what: String,
    file: String,
    from: String,
    to: String,
    /// Arguments of `cargo test`.
    test: String,
}

fn main() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = root.join("target/planted/copy");
    let list: List = toml::from_str(&std::fs::read_to_string(root.join("tests/data/planted-bugs.toml"))?)?;
    let only: Option<usize> = std::env::args().nth(1).map(|n| n.parse()).transpose()?;
    clone(root, &copy)?;
    let (mut caught, mut all) = (0, 0);
    for (at, bug) in list.bug.iter().enumerate().map(|(at, bug)| (at + 1, bug)) {
        if only.is_some_and(|only| only != at) {
            continue;
        }
        all += 1;
        let watch = lookback_clock::Stopwatch::start();
        let said = plant(&copy, bug);
        let seconds = watch.seconds();
        let said = match said {
            Ok(Some(test)) => {
                caught += 1;
                test
            }
            Ok(None) => "NOT CAUGHT".to_owned(),
            Err(error) => format!("NOT PLANTED: {error:#}"),
        };
        println!("{at:>3}  {seconds:>5.0} s  {:<80}  {said}", bug.what);
    }
    println!("{caught} of {all} were caught");
    Ok(if caught == all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A copy of what git knows, as it is now.
fn clone(root: &Path, copy: &Path) -> anyhow::Result<()> {
    let files = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    ensure!(files.status.success(), "this is no checkout of git");
    for name in String::from_utf8(files.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        if !from.exists() {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Only what differs, so that what is built already stays so.
        let text = std::fs::read(&from)?;
        if std::fs::read(&to).ok().as_ref() != Some(&text) {
            std::fs::write(&to, text)?;
        }
    }
    Ok(())
}

/// The test that turned red, if one did.
fn plant(copy: &Path, bug: &Bug) -> anyhow::Result<Option<String>> {
    let file = copy.join(&bug.file);
    let text = std::fs::read_to_string(&file).with_context(|| bug.file.clone())?;
    ensure!(text.matches(&bug.from).count() == 1, "{} does not hold this text once", bug.file);
    std::fs::write(&file, text.replace(&bug.from, &bug.to))?;
    let tested = Command::new("cargo")
        .arg("test")
        .args(bug.test.split(' '))
        .current_dir(copy)
        // Not the project's own: cargo takes a copy of a workspace for the workspace.
        .env("CARGO_TARGET_DIR", copy.join("../build"))
        .env("RUST_BACKTRACE", "0")
        .output();
    std::fs::write(&file, text)?;
    let tested = tested?;
    let said = String::from_utf8_lossy(&tested.stdout).into_owned();
    ensure!(said.contains("test result"), "it does not compile");
    let red = said.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED").map(str::to_owned));
    Ok(red)
}
