//! The table of all settings: what each is for, where to get it, and which ones hold a secret.

/// One setting: its variable, what it is for, and where to get it.
#[derive(Debug)]
pub struct Setting {
    /// The variable; in the file the same in lower case.
    pub name: &'static str,
    /// What it is.
    pub means: &'static str,
    /// What is used where it is not given; empty where there is nothing.
    pub default: &'static str,
}

/// Every setting, as the README and `deploy/lookback.toml` show them.
pub const SETTINGS: [Setting; 24] = [
    Setting {
        name: "SLACK_BOT_TOKEN",
        means: "the bot's token (xoxb-…): api.slack.com/apps → your app → OAuth & Permissions",
        default: "",
    },
    Setting {
        name: "SLACK_APP_TOKEN",
        means: "turns Socket Mode on (xapp-…, scope connections:write): your app → Basic Information → App-Level Tokens",
        default: "",
    },
    Setting {
        name: "SLACK_SIGNING_SECRET",
        means: "needed without SLACK_APP_TOKEN: your app → Basic Information → App Credentials",
        default: "",
    },
    Setting { name: "SLACK_API_URL", means: "Slack's Web API", default: "https://slack.com/api" },
    Setting { name: "DATABASE_URL", means: "where everything is kept", default: "sqlite://lookback.db" },
    Setting {
        name: "LISTEN_ADDR",
        means: "where /healthz, /readyz, /metrics, /api and (in HTTP mode) /slack/events are served",
        default: "127.0.0.1:3000",
    },
    Setting {
        name: "LOOKBACK_KEY",
        means: "seals open surveys and marks the bot's messages",
        default: "a key file in LOOKBACK_KEY_DIR",
    },
    Setting {
        name: "LOOKBACK_KEY_DIR",
        means: "a folder for keys only; no backup of the data may include it",
        default: "the path of the database's folder with -keys added",
    },
    Setting {
        name: "RETENTION",
        means: "how long the content of a closed retro is kept, such as 365d",
        default: "for ever",
    },
    Setting {
        name: "JIRA_BASE_URL",
        means: "the site, such as https://acme.atlassian.net; for a token with scopes https://api.atlassian.com/ex/jira/{cloudId}",
        default: "",
    },
    Setting { name: "JIRA_EMAIL", means: "the e-mail address of the account that files tickets", default: "" },
    Setting {
        name: "JIRA_API_TOKEN",
        means: "a token of that account: id.atlassian.com/manage-profile/security/api-tokens",
        default: "",
    },
    Setting {
        name: "LINEAR_API_KEY",
        means: "a personal API key (lin_api_…): Linear → Settings → Security & access → Personal API keys",
        default: "",
    },
    Setting {
        name: "LINEAR_API_URL",
        means: "Linear's API; another one only for tests",
        default: "https://api.linear.app/graphql",
    },
    Setting {
        name: "GITHUB_TOKEN",
        means: "a fine-grained token that may write issues, contents and pull requests: GitHub → Settings → Developer settings → Personal access tokens",
        default: "",
    },
    Setting {
        name: "GITHUB_APP_ID",
        means: "a GitHub App instead of GITHUB_TOKEN: the app's page → General → App ID",
        default: "",
    },
    Setting {
        name: "GITHUB_APP_PRIVATE_KEY",
        means: "the app's key, as PEM text or the path of a file: the app's page → General → Private keys",
        default: "",
    },
    Setting {
        name: "GITHUB_API_URL",
        means: "GitHub's API; for Enterprise Server https://HOST/api/v3",
        default: "https://api.github.com",
    },
    Setting {
        name: "JIRA_WEBHOOK_SECRET",
        means: "turns POST /api/v1/hooks/jira on: Jira → Settings → System → WebHooks",
        default: "",
    },
    Setting {
        name: "LINEAR_WEBHOOK_SECRET",
        means: "turns POST /api/v1/hooks/linear on; Linear makes it: Linear → Settings → API → Webhooks",
        default: "",
    },
    Setting {
        name: "GITHUB_WEBHOOK_SECRET",
        means: "turns POST /api/v1/hooks/github on: the repository → Settings → Webhooks",
        default: "",
    },
    Setting { name: "TRACKER_POLL", means: "how often Lookback looks for changes in the trackers", default: "5m" },
    Setting { name: "RUST_LOG", means: "how much is logged: error, warn, info, debug or trace", default: "info" },
    Setting { name: "LOG_FORMAT", means: "text, or json: one JSON object per line", default: "text" },
];

/// The settings that hold a secret: they are never shown.
pub const SECRETS: [&str; 11] = [
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "LOOKBACK_KEY",
    "JIRA_API_TOKEN",
    "LINEAR_API_KEY",
    "GITHUB_TOKEN",
    "GITHUB_APP_PRIVATE_KEY",
    "JIRA_WEBHOOK_SECRET",
    "LINEAR_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET",
];

/// The setting with this name.
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
