//! Settings: from the environment, else from `lookback.toml`. All faults are told at once, before
//! anything is touched.

mod address;
mod given;
mod place;
mod private_key;
mod settings;
pub mod trackers;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use self::given::{File, Given};
use self::settings::SECRETS;
use self::trackers::is_shown;

pub use self::given::Faults;
pub use self::place::{Place, fault_of_address, is_postgres, without_password};
pub use self::settings::{SETTINGS, Setting};
pub use self::trackers::Trackers;

/// What `serve` needs.
#[derive(Clone, Debug)]
pub struct Config {
    /// `SLACK_BOT_TOKEN`.
    pub bot_token: SecretString,
    /// `SLACK_APP_TOKEN`: Socket Mode.
    pub app_token: Option<SecretString>,
    /// `SLACK_SIGNING_SECRET`: HTTP.
    pub signing_secret: Option<SecretString>,
    /// `SLACK_API_URL`.
    pub api_url: String,
    pub place: Place,
    /// `LISTEN_ADDR`.
    pub listen: SocketAddr,
    /// `RETENTION`.
    pub retention: Option<chrono::Duration>,
    pub trackers: Trackers,
    /// `RUST_LOG`.
    pub log: String,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl LogFormat {
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads the settings. `env` looks a variable up; `file` is the text of the file at `path`, if there is one.
pub fn read(env: impl Fn(&str) -> Option<String>, file: Option<&str>, path: &Path) -> Result<Config, Faults> {
    let mut given = Given::new(env, file, path)?;
    let bot_token = given.bot_token();
    let (app_token, signing_secret) = given.ways_in();
    let api_url = given.api_url();
    let place = given.place();
    let listen = given.listen();
    let retention = given.parsed("RETENTION", "is not a number of days from 30 to 36500, such as 365d", days);
    let trackers = given.trackers();
    let log_format = given.parsed("LOG_FORMAT", "is neither text nor json", LogFormat::from_word);
    let log = given.or_default("RUST_LOG");
    given.finish(bot_token.zip(listen).map(|(bot_token, listen)| Config {
        bot_token: bot_token.into(),
        app_token: app_token.map(Into::into),
        signing_secret: signing_secret.map(Into::into),
        api_url,
        place,
        listen,
        retention,
        trackers,
        log,
        log_format: log_format.unwrap_or_default(),
    }))
}

impl<E: Fn(&str) -> Option<String>> Given<E> {
    fn bot_token(&mut self) -> Option<String> {
        let token = self.get("SLACK_BOT_TOKEN");
        match &token {
            None => self.fault("SLACK_BOT_TOKEN", "is missing"),
            Some(t) if !t.contains("xoxb-") => {
                self.fault("SLACK_BOT_TOKEN", "is not a bot token (it does not start with xoxb-)");
            }
            Some(_) => {}
        }
        token
    }

    /// The app-level token for Socket Mode, and the signing secret for HTTP: one of them is needed.
    fn ways_in(&mut self) -> (Option<String>, Option<String>) {
        let (app_token, signing_secret) = (self.get("SLACK_APP_TOKEN"), self.get("SLACK_SIGNING_SECRET"));
        if app_token.as_ref().is_some_and(|t| !t.starts_with("xapp-")) {
            self.fault("SLACK_APP_TOKEN", "is not an app-level token (it does not start with xapp-)");
        }
        if app_token.is_none() && signing_secret.is_none() {
            let both = "is missing, and so is SLACK_SIGNING_SECRET: one of them is needed to hear from Slack";
            self.fault("SLACK_APP_TOKEN", both);
        }
        (app_token, signing_secret)
    }

    fn api_url(&mut self) -> String {
        let api_url = self.or_default("SLACK_API_URL");
        let is_web = |u: &url::Url| matches!(u.scheme(), "https" | "http") && u.host().is_some();
        if !url::Url::parse(&api_url).is_ok_and(|url| is_web(&url)) {
            self.fault("SLACK_API_URL", "is not a web address");
        }
        api_url
    }

    fn listen(&mut self) -> Option<SocketAddr> {
        let listen = self.or_default("LISTEN_ADDR");
        let parsed = listen.parse().ok();
        if parsed.is_none() {
            self.fault("LISTEN_ADDR", "is not an address with a port, such as 127.0.0.1:3000");
        }
        parsed
    }

    fn place(&mut self) -> Place {
        let database_url = self.or_default("DATABASE_URL");
        let is_postgres = is_postgres(&database_url);
        if let Some(what) = fault_of_address(&database_url) {
            self.fault("DATABASE_URL", what);
        }
        let key = self.get("LOOKBACK_KEY");
        if key.as_ref().is_some_and(|k| k.chars().count() < 32) {
            let short = "is too short: at least 32 characters, for example from `openssl rand -hex 32`";
            self.fault("LOOKBACK_KEY", short);
        }
        if is_postgres && key.is_none() {
            let missing = "is not set, but PostgreSQL needs it: give every process the same key, for example from `openssl rand -hex 32`";
            self.fault("LOOKBACK_KEY", missing);
        }
        let key_dir = self.get("LOOKBACK_KEY_DIR").map(PathBuf::from);
        Place { database_url, key: key.map(Into::into), key_dir }
    }
}

/// A time such as `365d`, of 30 to 36,500 days; `None` for anything else.
fn days(text: &str) -> Option<chrono::Duration> {
    let days: i64 = text.strip_suffix('d')?.trim().parse().ok()?;
    (30..=36_500).contains(&days).then(|| chrono::Duration::days(days))
}

/// As [`load`], for commands that need no token.
pub fn place(path: &Path, named: bool) -> Result<Place, Faults> {
    let mut given = given(path, named)?;
    let place = given.place();
    given.finish(Some(place))
}

/// As [`load`], for commands that speak to the trackers and not to Slack.
pub fn trackers(path: &Path, named: bool) -> Result<Trackers, Faults> {
    let mut given = given(path, named)?;
    let trackers = given.trackers();
    given.finish(Some(trackers))
}

/// As [`trackers()`], for commands that need GitHub.
pub fn github(path: &Path, named: bool) -> Result<Trackers, Faults> {
    let mut given = given(path, named)?;
    let trackers = given.trackers();
    if given.get("GITHUB_TOKEN").is_none() && given.get("GITHUB_APP_ID").is_none() {
        given.fault("GITHUB_TOKEN", "is missing, and so is GITHUB_APP_ID: one of them is needed");
    }
    given.finish(Some(trackers))
}

/// As [`load`], for who only asks the server.
pub fn listen(path: &Path, named: bool) -> Result<SocketAddr, Faults> {
    let mut given = given(path, named)?;
    let listen = given.listen();
    given.finish(listen)
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Environment,
    File,
    Default,
}

/// A setting, where it comes from, and its value; of a secret only that it is set.
pub type Sourced = (&'static str, Source, String);

/// Every setting with its source.
pub fn sources(path: &Path, named: bool) -> Result<Vec<Sourced>, Faults> {
    let file = File::read(text(path, named)?.as_deref(), path)?;
    let is_given = |value: &String| !value.trim().is_empty();
    let source = |&Setting { name, default, .. }: &Setting| {
        let shown = |value: String| match name {
            "DATABASE_URL" => without_password(&value),
            _ if SECRETS.contains(&name) || !is_shown(name, &value) => "(set)".to_owned(),
            _ => value,
        };
        if let Some(value) = variable(name).filter(is_given) {
            (name, Source::Environment, shown(value))
        } else if let Some(value) = file.get(name).filter(is_given) {
            (name, Source::File, shown(value))
        } else {
            (name, Source::Default, default.to_owned())
        }
    };
    Ok(SETTINGS.iter().map(source).collect())
}

/// Whether the file holds a secret that every user of the machine can read.
pub fn is_open_to_others(path: &Path) -> bool {
    let holds_secret = || {
        let file = text(path, false).and_then(|text| File::read(text.as_deref(), path));
        file.is_ok_and(|file| SECRETS.iter().any(|name| file.get(name).is_some()))
    };
    std::fs::metadata(path).is_ok_and(|file| others_can_read(&file)) && holds_secret()
}

/// The bits of the group are no sign: systemd hands credentials over by an access list, which shows in them.
/// <https://systemd.io/CREDENTIALS/>
#[cfg(unix)]
fn others_can_read(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn others_can_read(_: &std::fs::Metadata) -> bool {
    false
}

/// Reads the environment and the file at `path` (none is no fault, unless it was named).
pub fn load(path: &Path, named: bool) -> Result<Config, Faults> {
    read(variable, text(path, named)?.as_deref(), path)
}

/// Looks a variable up.
type Variable = fn(&str) -> Option<String>;

fn given(path: &Path, named: bool) -> Result<Given<Variable>, Faults> {
    Given::new(variable as Variable, text(path, named)?.as_deref(), path)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn text(path: &Path, named: bool) -> Result<Option<String>, Faults> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if named || error.kind() != std::io::ErrorKind::NotFound => {
            Err(Faults(vec![format!("{} cannot be read: {error}", path.display())]))
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Config, Faults> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        read(move |name| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()), None, Path::new("x.toml"))
    }

    #[test]
    fn every_fault_is_told_at_once_with_where_to_get_it() {
        let Err(Faults(faults)) =
            with(&[("LISTEN_ADDR", "3000"), ("DATABASE_URL", "mysql://x"), ("LOOKBACK_KEY", "short")])
        else {
            panic!()
        };
        assert_eq!(faults.len(), 5, "{faults:?}");
        assert!(faults[0].contains("SLACK_BOT_TOKEN is missing") && faults[0].contains("api.slack.com/apps"));
    }

    #[test]
    fn two_variables_are_enough_and_the_file_serves_too() {
        let config = with(&[("SLACK_BOT_TOKEN", "xoxb-1"), ("SLACK_APP_TOKEN", "xapp-1")]).unwrap();
        assert_eq!(config.place.database_url, "sqlite://lookback.db");
        let file = "slack_bot_token = 'xoxb-1'\nslack_signing_secret = 's'\nlisten_addr = '0.0.0.0:80'";
        assert_eq!(read(|_| None, Some(file), Path::new("lookback.toml")).unwrap().listen.port(), 80);
        let empty = |_: &str| Some(" ".to_owned());
        assert_eq!(read(empty, Some(file), Path::new("lookback.toml")).unwrap().listen.port(), 80, "an empty variable");
        let Err(Faults(faults)) =
            read(|_| None, Some("slack_bot_token = 'xoxb-canary'\n  slack_token = 1"), Path::new("lookback.toml"))
        else {
            panic!()
        };
        assert!(faults[0].starts_with("lookback.toml, line 2, column 3: unknown field `slack_token`"), "{faults:?}");
        let Err(Faults(faults)) = read(|_| None, Some("slack_bot_token = 'xoxb-canary"), Path::new("lookback.toml"))
        else {
            panic!()
        };
        assert!(faults[0].starts_with("lookback.toml, line 1, column ") && !faults[0].contains("canary"), "{faults:?}");
    }

    #[test]
    fn retention_is_a_number_of_days() {
        assert_eq!(days("365d"), Some(chrono::Duration::days(365)));
        for wrong in ["365", "d", "29d", "-30d", "1y", "99999999999999d"] {
            assert_eq!(days(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn faults_of_trackers_are_told_with_all_others() {
        let Err(Faults(faults)) = with(&[("SLACK_BOT_TOKEN", "xoxb-1"), ("JIRA_EMAIL", "a@b.c"), ("RETENTION", "1d")])
        else {
            panic!()
        };
        let names: Vec<&str> = faults.iter().filter_map(|fault| fault.split(' ').next()).collect();
        assert_eq!(names, ["SLACK_APP_TOKEN", "RETENTION", "JIRA_BASE_URL", "JIRA_API_TOKEN"], "{faults:?}");
    }

    #[test]
    fn the_file_takes_every_setting_of_the_table() {
        for setting in &SETTINGS {
            let line = format!("{} = 'x'", setting.name.to_lowercase());
            let file = File::read(Some(&line), Path::new("lookback.toml")).unwrap();
            assert_eq!(file.get(setting.name).as_deref(), Some("x"), "{}", setting.name);
        }
        assert!(SECRETS.iter().all(|name| SETTINGS.iter().any(|setting| setting.name == *name)));
    }

    #[test]
    fn secrets_are_not_shown() {
        let config =
            with(&[("SLACK_BOT_TOKEN", "xoxb-secret-canary"), ("SLACK_APP_TOKEN", "xapp-secret-canary")]).unwrap();
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn the_example_file_is_valid() {
        let example = include_str!("../../deploy/lookback.toml");
        assert!(read(|_| None, Some(example), Path::new("lookback.toml")).is_err(), "the example holds no token");
        let live: Vec<&str> =
            example.lines().map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(l)).collect();
        assert!(File::read(Some(&live.join("\n")), Path::new("lookback.toml")).is_ok());
        // An app stands in the place of the token, and its key would have to be there.
        let with_token: Vec<&str> = live.into_iter().filter(|l| !l.starts_with("github_app_")).collect();
        let config = read(|_| None, Some(&with_token.join("\n")), Path::new("lookback.toml"));
        let trackers = config.expect("every commented setting is valid").trackers;
        assert!(trackers.jira.is_some() && trackers.linear.is_some() && trackers.github.is_some());
        for setting in &SETTINGS {
            assert!(example.contains(&setting.name.to_lowercase()), "{}", setting.name);
        }
    }
}
