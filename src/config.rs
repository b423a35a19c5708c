//! Settings: from the environment, else from `lookback.toml`. All faults are told at once, before
//! anything is touched.

use std::net::SocketAddr;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

/// One setting: its variable, what it is for, and where to get it.
#[derive(Debug)]
pub struct Setting {
    /// The variable; in the file the same in lower case.
    pub name: &'static str,
    /// What it is, and its default.
    pub means: &'static str,
}

/// Every setting, as the README and `deploy/lookback.toml` show them.
pub const SETTINGS: [Setting; 8] = [
    Setting {
        name: "SLACK_BOT_TOKEN",
        means: "the bot's token (xoxb-…): api.slack.com/apps → your app → OAuth & Permissions",
    },
    Setting {
        name: "SLACK_APP_TOKEN",
        means: "turns Socket Mode on (xapp-…, scope connections:write): your app → Basic Information → App-Level Tokens",
    },
    Setting {
        name: "SLACK_SIGNING_SECRET",
        means: "needed without SLACK_APP_TOKEN: your app → Basic Information → App Credentials",
    },
    Setting { name: "SLACK_API_URL", means: "Slack's Web API; default https://slack.com/api" },
    Setting { name: "DATABASE_URL", means: "where everything is kept; default sqlite://lookback.db" },
    Setting {
        name: "LISTEN_ADDR",
        means: "where /healthz, /readyz, /api and (in HTTP mode) /slack/events are served; default 127.0.0.1:3000",
    },
    Setting {
        name: "LOOKBACK_KEY",
        means: "seals open surveys and marks the bot's messages; default: a key file made beside the database",
    },
    Setting { name: "RUST_LOG", means: "how much is logged; default info" },
];

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
    /// `DATABASE_URL`.
    pub database_url: String,
    /// `LISTEN_ADDR`.
    pub listen: SocketAddr,
    /// `LOOKBACK_KEY`.
    pub key: Option<SecretString>,
    /// `RUST_LOG`.
    pub log: String,
}

/// What is missing or wrong, a line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    slack_bot_token: Option<String>,
    slack_app_token: Option<String>,
    slack_signing_secret: Option<String>,
    slack_api_url: Option<String>,
    database_url: Option<String>,
    listen_addr: Option<String>,
    lookback_key: Option<String>,
    rust_log: Option<String>,
}

impl File {
    fn get(&self, name: &str) -> Option<String> {
        let value = match name {
            "SLACK_BOT_TOKEN" => &self.slack_bot_token,
            "SLACK_APP_TOKEN" => &self.slack_app_token,
            "SLACK_SIGNING_SECRET" => &self.slack_signing_secret,
            "SLACK_API_URL" => &self.slack_api_url,
            "DATABASE_URL" => &self.database_url,
            "LISTEN_ADDR" => &self.listen_addr,
            "LOOKBACK_KEY" => &self.lookback_key,
            "RUST_LOG" => &self.rust_log,
            _ => &None,
        };
        value.clone()
    }
}

/// Reads the settings. `env` looks a variable up; `file` is the text of `lookback.toml`, if there is one.
pub fn read(env: impl Fn(&str) -> Option<String>, file: Option<&str>) -> Result<Config, Faults> {
    let file: File = match file.map(toml::from_str).transpose() {
        Ok(file) => file.unwrap_or_default(),
        Err(error) => return Err(Faults(vec![format!("lookback.toml cannot be read: {}", error.message())])),
    };
    let get = |name: &str| env(name).or_else(|| file.get(name)).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let mut faults = Vec::new();
    let mut fault = |name: &str, what: &str| {
        let means = SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.means);
        faults.push(format!("{name} {what} ({means})."));
    };
    let bot_token = get("SLACK_BOT_TOKEN");
    match &bot_token {
        None => fault("SLACK_BOT_TOKEN", "is missing"),
        Some(t) if !t.contains("xoxb-") => {
            fault("SLACK_BOT_TOKEN", "is not a bot token (it does not start with xoxb-)")
        }
        Some(_) => {}
    }
    let app_token = get("SLACK_APP_TOKEN");
    if app_token.as_ref().is_some_and(|t| !t.starts_with("xapp-")) {
        fault("SLACK_APP_TOKEN", "is not an app-level token (it does not start with xapp-)");
    }
    let signing_secret = get("SLACK_SIGNING_SECRET");
    if app_token.is_none() && signing_secret.is_none() {
        fault(
            "SLACK_APP_TOKEN",
            "is missing, and so is SLACK_SIGNING_SECRET: one of them is needed to hear from Slack",
        );
    }
    let api_url = get("SLACK_API_URL").unwrap_or_else(|| "https://slack.com/api".to_owned());
    let api = url::Url::parse(&api_url).ok().filter(|u| matches!(u.scheme(), "https" | "http") && u.host().is_some());
    if api.is_none() {
        fault("SLACK_API_URL", "is not a web address");
    }
    let database_url = get("DATABASE_URL").unwrap_or_else(|| "sqlite://lookback.db".to_owned());
    if !database_url.starts_with("sqlite:") {
        fault("DATABASE_URL", "is not a sqlite: address; this version keeps everything in SQLite");
    }
    let listen = get("LISTEN_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listen = listen
        .parse::<SocketAddr>()
        .map_err(|_| fault("LISTEN_ADDR", "is not an address with a port, such as 127.0.0.1:3000"))
        .ok();
    let key = get("LOOKBACK_KEY");
    if key.as_ref().is_some_and(|k| k.chars().count() < 32) {
        fault("LOOKBACK_KEY", "is too short: at least 32 characters, for example from `openssl rand -hex 32`");
    }
    match (bot_token, listen) {
        (Some(bot_token), Some(listen)) if faults.is_empty() => Ok(Config {
            bot_token: bot_token.into(),
            app_token: app_token.map(Into::into),
            signing_secret: signing_secret.map(Into::into),
            api_url,
            database_url,
            listen,
            key: key.map(Into::into),
            log: get("RUST_LOG").unwrap_or_else(|| "info".to_owned()),
        }),
        _ => Err(Faults(faults)),
    }
}

/// Which database, and the key it is sealed with: all that commands beside a running server need.
#[derive(Clone, Debug)]
pub struct Place {
    /// `DATABASE_URL`.
    pub database_url: String,
    /// `LOOKBACK_KEY`.
    pub key: Option<SecretString>,
}

/// As [`load`], for commands that need no token.
pub fn place(path: &Path, named: bool) -> Result<Place, Faults> {
    let text = text(path, named)?;
    let file: File = match text.as_deref().map(toml::from_str).transpose() {
        Ok(file) => file.unwrap_or_default(),
        Err(error) => return Err(Faults(vec![format!("lookback.toml cannot be read: {}", error.message())])),
    };
    let get = |name: &str| std::env::var(name).ok().or_else(|| file.get(name)).filter(|v| !v.trim().is_empty());
    let database_url = get("DATABASE_URL").unwrap_or_else(|| "sqlite://lookback.db".to_owned());
    Ok(Place {
        database_url: database_url.trim().to_owned(),
        key: get("LOOKBACK_KEY").map(|k| k.trim().to_owned().into()),
    })
}

/// Reads the environment and the file at `path` (none is no fault, unless it was named).
pub fn load(path: &Path, named: bool) -> Result<Config, Faults> {
    read(|name| std::env::var(name).ok(), text(path, named)?.as_deref())
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
        read(move |name| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()), None)
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
        assert_eq!(config.database_url, "sqlite://lookback.db");
        let file = "slack_bot_token = 'xoxb-1'\nslack_signing_secret = 's'\nlisten_addr = '0.0.0.0:80'";
        assert_eq!(read(|_| None, Some(file)).unwrap().listen.port(), 80);
        assert!(read(|_| None, Some("slack_token = 1")).is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let config =
            with(&[("SLACK_BOT_TOKEN", "xoxb-secret-canary"), ("SLACK_APP_TOKEN", "xapp-secret-canary")]).unwrap();
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn the_example_file_is_valid() {
        let example = include_str!("../deploy/lookback.toml");
        assert!(read(|_| None, Some(example)).is_err(), "the example holds no token");
        assert!(toml::from_str::<File>(example).is_ok());
        let live: String = example
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(l))
            .collect::<Vec<_>>()
            .join("\n");
        read(|_| None, Some(&live)).expect("every commented setting is valid");
        for setting in &SETTINGS {
            assert!(example.contains(&setting.name.to_lowercase()), "{}", setting.name);
        }
    }
}
