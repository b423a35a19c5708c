//! `lookback doctor`: what is in order, what is missing, and where to get it.

use std::path::Path;

use super::check::{Check, Verdict};
use super::{exit, machine, settings, trackers};
use crate::app;
use crate::config::{self, Config, Faults, Place, is_postgres, without_password};
use crate::keys::KeyDir;
use crate::open;
use crate::seal::{Seal, Vault};
use crate::slack::client::{CallError, Identity, Slack};
use crate::store::{self, OpenError, Store, runs};
use lookback_clock::Rng;
use lookback_core::scopes;
use lookback_core::text::count;

/// Rows named that cannot be read.
const ROWS: usize = 5;

fn check(what: &str, verdict: Verdict, detail: impl AsRef<str>) -> Check {
    Check::new(what, verdict, detail.as_ref())
}

/// Looks at everything that can be looked at; changes nothing.
pub async fn examine(config: Result<Config, Faults>, file: &Path) -> Vec<Check> {
    let config = match config {
        Ok(config) => config,
        Err(faults) => return without_slack(faults, file).await,
    };
    let mode = if config.app_token.is_some() {
        "Socket Mode: no port has to be open to Slack"
    } else {
        "HTTP: Slack posts to /slack/events of this address"
    };
    let mut checks = vec![check("settings", Verdict::Ok, mode)];
    checks.extend(settings::remarks(file, &config.log).into_iter().map(|what| check("settings", Verdict::Note, what)));
    checks.extend(slack(&config).await);
    checks.extend(machine::examine(&config));
    checks.push(database(&config).await);
    checks.extend(kept(&config).await);
    checks.extend(rows(&config).await);
    checks.extend(trackers::examine(&config.trackers, Some(&config.place).filter(|place| is_there(place))).await);
    checks
}

/// What is wrong with the settings; the trackers can be looked at where theirs are right.
async fn without_slack(Faults(faults): Faults, file: &Path) -> Vec<Check> {
    let mut checks: Vec<Check> = faults.into_iter().map(|f| check("settings", Verdict::Fail, f)).collect();
    // That a file is missing was said.
    if let Ok(settings) = config::trackers(file, false) {
        let place = config::place(file, false).ok().filter(is_there);
        checks.extend(trackers::examine(&settings, place.as_ref()).await);
    }
    checks
}

async fn identity(slack: &Slack, config: &Config) -> Result<Identity, Check> {
    slack.identify(&config.bot_token).await.map_err(|error| {
        let what = match error {
            CallError::Refused { code, .. } => {
                format!("Slack refuses SLACK_BOT_TOKEN ({code}): copy it again from OAuth & Permissions")
            }
            CallError::Limited { .. } | CallError::NotSent | CallError::Unclear => {
                format!("Slack was not reached ({}): check the network and SLACK_API_URL", error.code())
            }
        };
        check("token", Verdict::Fail, what)
    })
}

async fn slack(config: &Config) -> Vec<Check> {
    let slack = match Slack::new(&config.api_url, lookback_clock::Clock::system()) {
        Ok(slack) => slack,
        Err(error) => {
            return vec![check(
                "token",
                Verdict::Fail,
                format!("certificates of this machine cannot be read: {error}"),
            )];
        }
    };
    let identity = match identity(&slack, config).await {
        Ok(identity) => identity,
        Err(failed) => return vec![failed],
    };
    let mut checks = vec![check(
        "token",
        Verdict::Ok,
        format!("workspace {} ({}), as {}", identity.team, identity.team_id, identity.user_id),
    )];
    let missing = scopes::missing(&identity.scopes);
    checks.push(if missing.is_empty() {
        check("scopes", Verdict::Ok, "all that are needed")
    } else {
        check(
            "scopes",
            Verdict::Fail,
            format!(
                "missing: {}. Paste manifest.yml again under App Manifest, and install the app again",
                missing.join(", ")
            ),
        )
    });
    for (scope, off) in scopes::off(&identity.scopes) {
        checks.push(check("scopes", Verdict::Note, format!("{scope} is not granted, so this is off: {off}")));
    }
    let unused: Vec<&str> = scopes::unasked(&identity.scopes);
    if !unused.is_empty() {
        let what = format!("{} granted but not in manifest.yml: you can remove them", unused.join(", "));
        checks.push(check("manifest", Verdict::Note, what));
    }
    checks.push(check(
        "events",
        Verdict::Note,
        "Slack does not tell whether Delayed Events is on (Event Subscriptions): when it is on, Slack resends events missed in an outage for a day",
    ));
    checks.extend(slack.time.skew().map(clock));
    if let Some(token) = &config.app_token {
        checks.push(match slack.open_socket(token).await {
            Ok(_) => check("Socket Mode", Verdict::Ok, "a connection can be opened"),
            Err(CallError::Refused { code, .. }) => check("Socket Mode", Verdict::Fail, format!("Slack refuses SLACK_APP_TOKEN ({code}): it needs the scope connections:write, and Socket Mode switched on")),
            Err(CallError::Limited { .. }) => check("Socket Mode", Verdict::Note, "not looked at: too many connections were opened in the last minute, try again after it"),
            Err(CallError::NotSent | CallError::Unclear) => check("Socket Mode", Verdict::Fail, "Slack did not answer whether a connection can be opened: try again"),
        });
    }
    checks
}

fn count_seconds(n: i64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "second", "seconds")
}

/// How far this machine's clock is from Slack's.
fn clock(skew: chrono::Duration) -> Check {
    let off = skew.num_seconds().abs();
    let side = if skew > chrono::Duration::zero() { "behind" } else { "ahead of" };
    if off <= 60 {
        check("clock", Verdict::Ok, format!("{} {side} Slack's", count_seconds(off)))
    } else {
        check(
            "clock",
            Verdict::Fail,
            format!(
                "{} {side} Slack's: set it by NTP, or deadlines and reminders come at the wrong time",
                count_seconds(off)
            ),
        )
    }
}

async fn database(config: &Config) -> Check {
    if is_postgres(&config.place.database_url) {
        return server(&config.place.database_url).await;
    }
    let Some(file) = store::sqlite_file(&config.place.database_url) else {
        return check("database", Verdict::Note, "in memory: everything is gone when the bot stops");
    };
    if !file.exists() {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
        return if folder.is_dir() {
            check("database", Verdict::Ok, format!("{} will be made at the first start", file.display()))
        } else {
            check("database", Verdict::Fail, format!("the folder {} is not there: make it", folder.display()))
        };
    }
    match store::peek(&config.place.database_url).await {
        Ok(()) => check("database", Verdict::Ok, format!("{} is in order", file.display())),
        Err(error) => check("database", Verdict::Fail, error.to_string()),
    }
}

async fn server(url: &str) -> Check {
    let shown = without_password(url);
    match Store::beside(url).await {
        Ok(store) => {
            store.close().await;
            check("database", Verdict::Ok, format!("{shown} is in order"))
        }
        Err(OpenError::Empty) => check("database", Verdict::Ok, format!("{shown} is empty; the first start fills it")),
        Err(error) => check("database", Verdict::Fail, error.to_string()),
    }
}

/// Whether there is a database to look at.
fn is_there(place: &Place) -> bool {
    let url = &place.database_url;
    is_postgres(url) || store::sqlite_file(url).is_some_and(|file| file.exists())
}

/// The key that the database is sealed with, and whether messages are held back; nothing where there is no database yet.
async fn kept(config: &Config) -> Vec<Check> {
    if !is_there(&config.place) {
        return Vec::new();
    }
    // What else is wrong with the database was said.
    let Ok(store) = Store::look(&config.place.database_url).await else { return Vec::new() };
    let mut checks = Vec::new();
    match open::existing_key(&store, &config.place).await {
        Ok(seal) => {
            checks.push(check("key", Verdict::Ok, "the database is sealed with it"));
            checks.extend(seal.keys().map(|keys| key_folder(keys, store.file())));
            checks.extend(missing_keys(&store, &seal).await);
        }
        Err(error) => checks.push(check("key", Verdict::Fail, exit::words(&error))),
    }
    let runs = async { runs::read(&mut store.read().await?).await };
    if let Err(error) = open::not_moved(&store).await {
        checks.push(check("messages", Verdict::Fail, exit::words(&error)));
    } else if runs.await.is_ok_and(|runs| runs.frozen_ms.is_some()) {
        let what = "a newer copy of this database has run, so nothing is sent: when that is meant, run `lookback restore --go-on`";
        checks.push(check("messages", Verdict::Fail, what));
    }
    store.close().await;
    checks
}

/// Open surveys whose keys cannot be read: a start would ask their people again.
async fn missing_keys(store: &Store, seal: &Seal) -> Option<Check> {
    let vault = Vault { seal, rng: &Rng::system() };
    let lost = async { app::lost_keys::missing(&mut store.read().await?, &vault).await };
    let missing = lost.await.ok()?;
    let keys = count(missing, "key", "keys");
    let what = match seal.keys() {
        Some(folder) => format!(
            "{keys} for open surveys cannot be read in {}: put the folder back before you start the server, or everyone in these surveys is asked again",
            folder.folder().display()
        ),
        None => format!(
            "{keys} for open surveys cannot be read in the database: restore a backup before you start the server, or everyone in these surveys is asked again"
        ),
    };
    (missing > 0).then(|| check("survey keys", Verdict::Fail, what))
}

/// Whether a backup of the data holds no key.
fn key_folder(keys: &KeyDir, database: Option<&Path>) -> Check {
    let folder = keys.folder().display();
    if database.is_some_and(|database| keys.is_inside(database)) {
        let what = format!(
            "{folder} lies in the data folder, so that a copy of it can open the answers of an open survey: set LOOKBACK_KEY_DIR to a folder elsewhere"
        );
        return check("key folder", Verdict::Note, what);
    }
    let what =
        format!("{folder}; a backup made during a survey shows who has answered, and nothing of what they wrote");
    check("key folder", Verdict::Ok, what)
}

/// Rows that this version cannot read; `None` where there is no database to look at yet.
async fn rows(config: &Config) -> Option<Check> {
    if !is_there(&config.place) {
        return None;
    }
    let look = async {
        let store = Store::look(&config.place.database_url).await?;
        let seal = open::existing_key(&store, &config.place).await;
        let mut tx = store.read().await?;
        let mut found = store::unreadable(&mut tx).await?;
        // Without the key nothing can be said of what is sealed; another check tells that the key is missing.
        if let Ok(seal) = seal {
            let vault = Vault { seal: &seal, rng: &Rng::system() };
            found.extend(app::jobs::all_unreadable(&mut tx, &vault).await?);
        }
        anyhow::Ok(found)
    };
    let found = match look.await {
        Ok(found) => found,
        Err(error) => return Some(check("rows", Verdict::Note, format!("not looked at: {error}"))),
    };
    if found.is_empty() {
        return Some(check("rows", Verdict::Ok, "all can be read"));
    }
    let first: Vec<String> = found.iter().take(ROWS).map(ToString::to_string).collect();
    let more = found.len().saturating_sub(ROWS);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let what = format!(
        "{} set aside: {}{more}. A newer version may have written them: start that one, or restore a backup",
        count(found.len(), "row is", "rows are"),
        first.join("; ")
    );
    Some(check("rows", Verdict::Fail, what))
}
