//! `lookback release import`: release data from a file, beside a running server.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};

use super::token;
use crate::app::next_release;
use crate::app::releases::{self, Around};
use crate::config::Place;
use crate::seal::Vault;
use crate::store::{Tx, directory, releases as stored};
use crate::{decisions, open};
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::version;
use lookback_core::retro::release::given::{self, Given};
use lookback_core::retro::release::source::{self, Source};
use lookback_core::retro::release::{LONGEST, Release, changelog};
use lookback_core::zone;

/// What became of an import.
#[derive(Debug, serde::Serialize)]
pub struct Imported {
    pub version: String,
    /// There was no data of it before.
    pub created: bool,
    /// What changed since the time before, a line each.
    pub changed: Vec<String>,
    pub facts: Vec<String>,
    /// The bot has not seen the channel yet: its id may be a slip.
    pub unseen: bool,
    /// When the retro that waits for the release starts, if that moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts: Option<chrono::DateTime<chrono::Utc>>,
}

impl Imported {
    /// For a person.
    pub fn told(&self) -> String {
        let starts = self.starts.map(|at| format!("\nIts retro starts automatically {}.", zone::show(at, "UTC")));
        let said = if self.created {
            format!("The release data for {} is saved.\n  {}", self.version, self.facts.join("\n  "))
        } else if self.changed.is_empty() {
            format!("Nothing changed: {} already has this release data.", self.version)
        } else {
            format!("The release data for {} is replaced. Changed:\n  {}", self.version, self.changed.join("\n  "))
        };
        said + &starts.unwrap_or_default()
    }
}

/// Imports `file` (`-` for standard input) into a channel, with the plan of another file where one is named.
pub async fn import(place: &Place, file: &Path, channel: &str, plan: Option<&Path>) -> anyhow::Result<Imported> {
    let channel = token::channel(channel)?;
    let text = read(file)?;
    let mut release = Release::read(&text, None).map_err(|faults| {
        let lines: Vec<String> = faults.0.iter().map(|f| format!("{}: {f}", file.display())).collect();
        anyhow::anyhow!("the release data was not imported:\n{}", lines.join("\n"))
    })?;
    if let Some(plan) = plan {
        let text = read(plan)?;
        let length = text.chars().count();
        ensure!(length <= LONGEST, "{} has {length} characters, and a plan at most {LONGEST}", plan.display());
        release.plan = Some(text.trim().to_owned()).filter(|p| !p.is_empty());
    }
    let facts = release.facts(None, "UTC").into_iter().map(|(label, text)| format!("{label}: {text}")).collect();
    let now = Clock::system().now();
    let imported = keep(place, &channel, now, async |tx: &mut Tx, team: &TeamId| {
        Ok(releases::take(tx, team, &channel, release, now).await?)
    });
    Ok(Imported { facts, ..imported.await? })
}

/// Counts a changelog, or the notes of a release, for one release.
pub async fn import_changelog(place: &Place, file: &Path, typed: &str, channel: &str) -> anyhow::Result<Imported> {
    let channel = token::channel(channel)?;
    let version = version::read(typed).with_context(|| format!("“{typed}” is not a version"))?;
    let text = read(file)?;
    let figures = match changelog::read(&text, &version, false) {
        // Notes of one release do not name it in a heading.
        Err(changelog::Unread::NoSection(_)) if text.contains("What's Changed") => {
            changelog::read(&text, &version, true)
        }
        counted => counted,
    };
    let figures = figures.map_err(|why| anyhow::anyhow!("{}: nothing was imported: {why}", file.display()))?;
    let now = Clock::system().now();
    let imported = keep(place, &channel, now, async |tx: &mut Tx, team: &TeamId| {
        let version = stored::spelled(tx, team, &channel, &version).await?;
        let around = Around::load(tx, team, &channel, &version, "UTC").await?;
        let told = source::told(&around.shown(&version), &around.said, Source::Changelog, &figures, now);
        Ok(given::told(&around.place(), &told, now))
    });
    let facts = figures.iter().map(|(figure, value)| format!("{}: {value}", figure.label())).collect();
    Ok(Imported { facts, ..imported.await? })
}

/// Keeps what was given, as a running server would.
async fn keep(
    place: &Place,
    channel: &ChannelId,
    now: DateTime<Utc>,
    give: impl AsyncFnOnce(&mut Tx, &TeamId) -> anyhow::Result<Given>,
) -> anyhow::Result<Imported> {
    let rng = Rng::system();
    let (store, seal) = open::to_write(place, &rng).await?;
    let mut tx = store.begin().await?;
    let workspace = directory::workspaces(&mut tx).await?.into_iter().next();
    let team = workspace.context("this database knows no workspace yet: run the bot once")?.team_id;
    let known = directory::channel(&mut tx, &team, channel).await?;
    let unseen = known.is_none();
    ensure!(
        known.is_none_or(|c| c.member),
        "the bot is not in the channel {channel}: invite it there with /invite @lookback"
    );
    let mut given = give(&mut tx, &team).await?;
    let now_ms = now.timestamp_millis();
    let items = next_release::tell(&mut tx, &team, &mut given.decision, now_ms).await?;
    let vault = Vault { seal: &seal, rng: &rng };
    decisions::save(&mut tx, &team, &given.decision, &vault, now_ms).await?;
    next_release::show(&mut tx, &team, &items, now_ms).await?;
    tx.commit().await?;
    store.close().await;
    let changed = if given.first { Vec::new() } else { given.changed };
    let Given { version, first: created, starts, .. } = given;
    Ok(Imported { version, created, changed, facts: Vec::new(), unseen, starts })
}

/// Reads a text file of a sensible size.
fn read(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let most = LONGEST as u64 * 4;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(most + 1).read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("{shown} cannot be read"))?;
        file.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("{shown} cannot be read"))?;
    }
    ensure!(
        bytes.len() as u64 <= most,
        "{shown} is larger than {} KB, and release data has at most {LONGEST} characters: is it the right file?",
        most / 1000
    );
    ensure!(!bytes.contains(&0), "{shown} is a binary file (it has a NUL byte): release data is YAML or JSON");
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{shown} is not UTF-8 (byte {}): save it as UTF-8", at + 1)
    })
}
