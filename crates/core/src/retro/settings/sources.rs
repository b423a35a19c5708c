//! What the form says of trackers and repositories, read and shown.

use super::field::Field;
use crate::model::settings::{PlanFile, ReleaseLabels, Releases};
use crate::model::ticket::{Place, Repository, Tracker};
use crate::retro::Refusal;
use crate::text::{clean, cut, esc};

/// The tracker and the place in it. Without a tracker the place is kept as it was typed.
pub fn read_place(tracker: &str, to: &str) -> Result<(Option<Tracker>, String), (Field, Refusal)> {
    let Some(tracker) = Tracker::from_word(tracker) else { return Ok((None, cut(to, 200))) };
    match Place::read(tracker, to) {
        Some(place) => Ok((Some(tracker), place.to_string())),
        None => {
            let why = match tracker {
                Tracker::Jira => Refusal::NotAProject,
                Tracker::Linear => Refusal::NotATeam,
                Tracker::GitHub => Refusal::NotARepository,
            };
            Err((Field::TicketsTo, why))
        }
    }
}

/// The most labels, and the longest one in characters.
const LABELS: (usize, usize) = (10, 50);

pub fn labels(typed: &str) -> Result<Vec<String>, Refusal> {
    let mut labels: Vec<String> = Vec::new();
    for label in typed.split([',', '\n']).map(str::trim).filter(|label| !label.is_empty()) {
        let label = clean(label);
        if label.chars().count() > LABELS.1 {
            return Err(Refusal::NotLabels);
        }
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.len() > LABELS.0 { Err(Refusal::NotLabels) } else { Ok(labels) }
}

/// `ben@example.com = ben-hub` a line. Slack may have made a link of the address.
pub fn accounts(typed: &str) -> Result<Vec<(String, String)>, Refusal> {
    let mut accounts = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || Refusal::NotAnAccount(esc(&cut(line, 60)));
        let (email, account) = line.split_once('=').ok_or_else(wrong)?;
        let email = email.trim().trim_matches(['<', '>']);
        let email = email.strip_prefix("mailto:").unwrap_or(email);
        let email = email.split('|').next().unwrap_or_default().trim().to_lowercase();
        let account = account.trim().trim_start_matches('@');
        let is_email = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let is_account = (1..=128).contains(&account.len()) && account.chars().all(|c| c.is_ascii_graphic());
        if !is_email || email.len() > 254 || !is_account {
            return Err(wrong());
        }
        accounts.push((email, account.to_owned()));
    }
    Ok(accounts)
}

/// The most repositories of a channel.
const REPOSITORIES: usize = 5;

pub fn show_place(place: &Releases) -> String {
    let tags = place.tags.as_ref().map(|tags| format!(" {tags}")).unwrap_or_default();
    format!("{}{tags}", place.repository)
}

/// `acme/mono api-v*` a line.
pub fn repositories(typed: &str) -> Result<Vec<Releases>, Refusal> {
    let mut all: Vec<Releases> = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || Refusal::NotRepositories(esc(&cut(line, 80)));
        let mut words = line.split_whitespace();
        let repository = words.next().and_then(Repository::read).ok_or_else(wrong)?.to_string();
        let tags = words.next().map(str::to_owned);
        let is_pattern = |tags: &String| tags.matches('*').count() == 1 && tags.len() <= 100;
        if words.next().is_some() || !tags.as_ref().is_none_or(is_pattern) {
            return Err(wrong());
        }
        let place = Releases { repository, tags: tags.filter(|tags| tags != "*" && tags != "v*") };
        if !all.contains(&place) {
            all.push(place);
        }
    }
    if all.len() > REPOSITORIES { Err(Refusal::NotRepositories(format!("{} lines", all.len()))) } else { Ok(all) }
}

pub fn show_labels(all: &ReleaseLabels) -> String {
    let line = |word: &str, labels: &[String]| format!("{word}: {}", labels.join(", "));
    let bug = std::slice::from_ref(&all.bug);
    [line("feature", &all.feature), line("fix", &all.fix), line("breaking", &all.breaking), line("bug", bug)].join("\n")
}

/// `feature: enhancement, feature` a line; what has no line keeps its default.
pub fn release_labels(typed: &str) -> Result<ReleaseLabels, Refusal> {
    let mut all = ReleaseLabels::default();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || Refusal::NotReleaseLabels(esc(&cut(line, 80)));
        let (word, list) = line.split_once(':').ok_or_else(wrong)?;
        let list = labels(list)?;
        match word.trim().to_lowercase().trim_end_matches('s') {
            "feature" => all.feature = list,
            "fix" | "fixe" => all.fix = list,
            "breaking" | "breaking change" => all.breaking = list,
            "bug" => all.bug = list.into_iter().next().ok_or_else(wrong)?,
            _ => return Err(wrong()),
        }
    }
    Ok(all)
}

/// `owner/repo:docs/plans/{version}.md`.
pub fn plan(typed: &str) -> Option<PlanFile> {
    let (repository, path) = typed.split_once(':')?;
    let repository = Repository::read(repository)?;
    let path = path.trim().trim_start_matches('/');
    let is_plain = |part: &str| !part.is_empty() && ![".", ".."].contains(&part);
    let fits = (1..=300).contains(&path.chars().count())
        && path.split('/').all(is_plain)
        && !path.chars().any(|c| c.is_control() || c == '\\');
    fits.then(|| PlanFile { repository: repository.to_string(), path: path.to_owned() })
}
