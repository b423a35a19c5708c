//! What the operator gave, in the environment or in `lookback.toml`, and the faults that are found in it.

use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::settings::setting;

/// What is missing or wrong, a line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

/// The content of `lookback.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    slack_bot_token: Option<String>,
    slack_app_token: Option<String>,
    slack_signing_secret: Option<String>,
    slack_api_url: Option<String>,
    database_url: Option<String>,
    listen_addr: Option<String>,
    lookback_key: Option<String>,
    lookback_key_dir: Option<String>,
    retention: Option<String>,
    jira_base_url: Option<String>,
    jira_email: Option<String>,
    jira_api_token: Option<String>,
    linear_api_key: Option<String>,
    linear_api_url: Option<String>,
    github_token: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    github_app_id: Option<String>,
    github_app_private_key: Option<String>,
    github_api_url: Option<String>,
    jira_webhook_secret: Option<String>,
    linear_webhook_secret: Option<String>,
    github_webhook_secret: Option<String>,
    tracker_poll: Option<String>,
    rust_log: Option<String>,
    log_format: Option<String>,
}

/// The id of an app is a number, so people write it without quotes.
fn text_or_number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a number")]
    enum Id {
        Text(String),
        Number(u64),
    }
    Ok(Some(match Id::deserialize(value)? {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    }))
}

impl File {
    /// Reads the text of `lookback.toml`. A fault is told by its line and column, without the line: it may hold a token.
    pub fn read(text: Option<&str>, path: &Path) -> Result<Self, Faults> {
        let Some(text) = text else { return Ok(Self::default()) };
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let what = redacted(error.message().trim());
            Faults(vec![format!("{}, line {line}, column {column}: {what}", path.display())])
        })
    }

    /// The value of a setting, by its variable.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match name {
            "SLACK_BOT_TOKEN" => &self.slack_bot_token,
            "SLACK_APP_TOKEN" => &self.slack_app_token,
            "SLACK_SIGNING_SECRET" => &self.slack_signing_secret,
            "SLACK_API_URL" => &self.slack_api_url,
            "DATABASE_URL" => &self.database_url,
            "LISTEN_ADDR" => &self.listen_addr,
            "LOOKBACK_KEY" => &self.lookback_key,
            "LOOKBACK_KEY_DIR" => &self.lookback_key_dir,
            "RETENTION" => &self.retention,
            "JIRA_BASE_URL" => &self.jira_base_url,
            "JIRA_EMAIL" => &self.jira_email,
            "JIRA_API_TOKEN" => &self.jira_api_token,
            "LINEAR_API_KEY" => &self.linear_api_key,
            "LINEAR_API_URL" => &self.linear_api_url,
            "GITHUB_TOKEN" => &self.github_token,
            "GITHUB_APP_ID" => &self.github_app_id,
            "GITHUB_APP_PRIVATE_KEY" => &self.github_app_private_key,
            "GITHUB_API_URL" => &self.github_api_url,
            "JIRA_WEBHOOK_SECRET" => &self.jira_webhook_secret,
            "LINEAR_WEBHOOK_SECRET" => &self.linear_webhook_secret,
            "GITHUB_WEBHOOK_SECRET" => &self.github_webhook_secret,
            "TRACKER_POLL" => &self.tracker_poll,
            "RUST_LOG" => &self.rust_log,
            "LOG_FORMAT" => &self.log_format,
            _ => &None,
        };
        value.clone()
    }
}

/// Without what may be a token or a person's address: a line may be the wrong way round.
fn redacted(message: &str) -> String {
    const SIGNS: [&str; 8] = ["xox", "xapp-", "lb_", "lin_", "ghp_", "github_pat_", "ATATT", "@"];
    let is_secret = |word: &str| word.len() > 30 || SIGNS.iter().any(|sign| word.contains(sign));
    let parts = message.split_inclusive(|c: char| c.is_whitespace() || ['`', '"', '\'', ','].contains(&c));
    parts.map(|part| if is_secret(part) { "…" } else { part }).collect()
}

/// What the operator gave, and what is wrong with it.
pub struct Given<E> {
    env: E,
    file: File,
    faults: Vec<String>,
}

impl<E: Fn(&str) -> Option<String>> Given<E> {
    /// `env` looks a variable up; `file` is the text of the file at `path`, if there is one.
    pub fn new(env: E, file: Option<&str>, path: &Path) -> Result<Self, Faults> {
        Ok(Self { env, file: File::read(file, path)?, faults: Vec::new() })
    }

    /// The environment goes first; what is empty is not given.
    pub fn get(&self, name: &str) -> Option<String> {
        let given = |value: String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        (self.env)(name).and_then(given).or_else(|| self.file.get(name).and_then(given))
    }

    pub fn or_default(&self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| setting(name).map_or("", |s| s.default).to_owned())
    }

    /// Notes a fault, with what the setting is for.
    pub fn fault(&mut self, name: &str, what: &str) {
        let means = setting(name).map_or("", |s| s.means);
        self.faults.push(format!("{name} {what} ({means})."));
    }

    /// A value if it is given and right. What `check` refuses is a fault, in its words.
    pub fn checked<T, W: AsRef<str>>(&mut self, name: &str, check: impl Fn(&str) -> Result<T, W>) -> Option<T> {
        let text = self.get(name)?;
        check(&text).map_err(|wrong| self.fault(name, wrong.as_ref())).ok()
    }

    /// As [`Given::checked`], where only one thing can be wrong.
    pub fn parsed<T>(&mut self, name: &str, wrong: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.checked(name, |text| parse(text).ok_or(wrong))
    }

    /// The value, unless there is a fault.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Faults> {
        value.filter(|_| self.faults.is_empty()).ok_or(Faults(self.faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_token_or_an_address_is_not_repeated() {
        for line in [
            "xoxb-1-canary = 'slack_bot_token'",
            "[xapp-1-canary]",
            "lb_ab_canary = 1",
            "a = 1\na.xoxb-canary = 2",
            "lin_api_canary = 1",
            "ghp_canary = 1",
            "github_pat_canary = 1",
            "ATATT3canary = 1",
            "'canary@example.com' = 'jira_email'",
            "github_app_private_key = '''-----BEGIN canary",
        ] {
            let Err(Faults(faults)) = File::read(Some(line), Path::new("lookback.toml")) else { panic!("{line}") };
            assert!(!faults[0].contains("canary") && faults[0].contains("line "), "{faults:?}");
        }
    }

    #[test]
    fn the_id_of_an_app_is_a_text_or_a_number() {
        let id = |text| File::read(Some(text), Path::new("x.toml")).map(|file| file.get("GITHUB_APP_ID"));
        assert_eq!(id("github_app_id = 123456"), Ok(Some("123456".to_owned())));
        assert_eq!(id("github_app_id = '123456'"), Ok(Some("123456".to_owned())));
        assert_eq!(id(""), Ok(None));
        let Err(Faults(faults)) = id("github_app_id = [1]") else { panic!() };
        assert!(faults[0].contains("expected a text or a number"), "{faults:?}");
    }
}
