//! The settings of the trackers: Jira, Linear and GitHub, their webhooks, and how often they are asked.

use std::time::Duration;

use secrecy::SecretString;

use super::given::Given;
use super::{address, private_key};

/// How often closed tickets are looked for, unless it is set.
const POLL: Duration = Duration::from_secs(5 * 60);

/// The trackers that are set up.
#[derive(Clone, Debug)]
pub struct Trackers {
    pub jira: Option<Jira>,
    pub linear: Option<Linear>,
    pub github: Option<GitHub>,
    pub hooks: Hooks,
    /// `TRACKER_POLL`: 1 to 15 minutes.
    pub poll: Duration,
}

impl Default for Trackers {
    fn default() -> Self {
        Self { jira: None, linear: None, github: None, hooks: Hooks::default(), poll: POLL }
    }
}

/// Jira Cloud.
#[derive(Clone)]
pub struct Jira {
    /// `JIRA_BASE_URL`, without a slash at the end.
    pub base: String,
    /// `JIRA_EMAIL`.
    pub email: String,
    /// `JIRA_API_TOKEN`.
    pub token: SecretString,
}

/// Without the address of a person.
impl std::fmt::Debug for Jira {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jira").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Linear.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `LINEAR_API_URL`, without a slash at the end.
    pub url: String,
    /// `LINEAR_API_KEY`.
    pub key: SecretString,
}

/// GitHub.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// `GITHUB_API_URL`, without a slash at the end.
    pub base: String,
    pub auth: GitHubAuth,
}

/// How Lookback shows GitHub who it is.
#[derive(Clone, Debug)]
pub enum GitHubAuth {
    /// `GITHUB_TOKEN`.
    Token(SecretString),
    /// `GITHUB_APP_ID`, and `GITHUB_APP_PRIVATE_KEY` as PEM text: an RSA key in PKCS#1 or PKCS#8, not encrypted.
    App { id: String, key: SecretString },
}

/// The secrets of the webhooks; a webhook without one is off.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    /// `JIRA_WEBHOOK_SECRET`.
    pub jira: Option<SecretString>,
    /// `LINEAR_WEBHOOK_SECRET`.
    pub linear: Option<SecretString>,
    /// `GITHUB_WEBHOOK_SECRET`.
    pub github: Option<SecretString>,
}

/// What Jira needs: all of it or nothing.
const JIRA: [&str; 3] = ["JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN"];

/// What a GitHub App needs: both or nothing.
const GITHUB_APP: [&str; 2] = ["GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY"];

impl<E: Fn(&str) -> Option<String>> Given<E> {
    /// The trackers; they are right only if there is no fault.
    pub(super) fn trackers(&mut self) -> Trackers {
        Trackers {
            jira: self.jira(),
            linear: self.linear(),
            github: self.github(),
            hooks: self.hooks(),
            poll: self
                .parsed("TRACKER_POLL", "is not 1m to 15m, such as 5m; it takes minutes only", minutes)
                .unwrap_or(POLL),
        }
    }

    fn jira(&mut self) -> Option<Jira> {
        self.all_or_none(&JIRA);
        let base = self.checked("JIRA_BASE_URL", jira_base);
        let email = self.parsed("JIRA_EMAIL", "is not an e-mail address, such as bot@example.com", email);
        let token = self.checked("JIRA_API_TOKEN", token);
        Some(Jira { base: base?, email: email?, token: token? })
    }

    fn linear(&mut self) -> Option<Linear> {
        let key = self.checked("LINEAR_API_KEY", token);
        let url = self.address("LINEAR_API_URL", web);
        key.map(|key| Linear { url, key })
    }

    fn github(&mut self) -> Option<GitHub> {
        let has_token = self.get("GITHUB_TOKEN").is_some();
        match GITHUB_APP.iter().find(|name| self.get(name).is_some()) {
            Some(app) if has_token => {
                self.fault("GITHUB_TOKEN", &format!("is set, and so is {app}: keep the token or the app, not both"));
            }
            Some(_) | None => self.all_or_none(&GITHUB_APP),
        }
        let token = self.checked("GITHUB_TOKEN", token);
        let id = self.parsed("GITHUB_APP_ID", "is neither an App ID (a number) nor a client ID (Iv…)", app_id);
        let key = self.checked("GITHUB_APP_PRIVATE_KEY", private_key::read);
        let base = self.address("GITHUB_API_URL", github_base);
        let app = || Some(GitHubAuth::App { id: id?, key: key? });
        let auth = token.map(GitHubAuth::Token).or_else(app)?;
        Some(GitHub { base, auth })
    }

    fn hooks(&mut self) -> Hooks {
        let github = ["GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY"];
        Hooks {
            jira: self.hook(
                "JIRA_WEBHOOK_SECRET",
                &JIRA,
                "Jira is not: set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN",
            ),
            linear: self.hook("LINEAR_WEBHOOK_SECRET", &["LINEAR_API_KEY"], "Linear is not: set LINEAR_API_KEY"),
            github: self.hook("GITHUB_WEBHOOK_SECRET", &github, "GitHub is not: set GITHUB_TOKEN, or an app"),
        }
    }

    /// The secret of a webhook, which is of no use without any setting of its tracker.
    fn hook(&mut self, name: &str, tracker: &[&str], missing: &str) -> Option<SecretString> {
        let secret = self.get(name)?;
        if tracker.iter().all(|name| self.get(name).is_none()) {
            self.fault(name, &format!("is set, but {missing}, or remove the secret"));
        }
        Some(secret.into())
    }

    /// Half a set is a fault for each setting that it lacks.
    fn all_or_none(&mut self, set: &[&str]) {
        let missing: Vec<&str> = set.iter().copied().filter(|name| self.get(name).is_none()).collect();
        if missing.len() < set.len() {
            let what = format!("is missing: set all of {} or none of them", set.join(", "));
            missing.iter().for_each(|name| self.fault(name, &what));
        }
    }

    /// An address that has a default.
    fn address(&mut self, name: &str, check: impl Fn(&str) -> Result<String, &'static str>) -> String {
        self.checked(name, check).unwrap_or_else(|| self.or_default(name))
    }
}

/// Whether a value may be shown. What is not right may be another setting in the wrong place, such as a token.
pub(super) fn is_shown(name: &str, value: &str) -> bool {
    let value = value.trim();
    match name {
        "JIRA_BASE_URL" | "LINEAR_API_URL" | "GITHUB_API_URL" => address::web(value).is_ok(),
        "JIRA_EMAIL" => email(value).is_some(),
        "GITHUB_APP_ID" => app_id(value).is_some(),
        _ => true,
    }
}

fn web(text: &str) -> Result<String, &'static str> {
    address::web(text).map(|url| address::without_slash(&url))
}

/// The site, or the gateway for a token with scopes.
/// <https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/>
fn jira_base(text: &str) -> Result<String, &'static str> {
    let url = address::web(text)?;
    let path = url.path().trim_matches('/');
    let is_cloud_id = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_gateway = url.host_str() == Some("api.atlassian.com");
    if is_gateway && !path.strip_prefix("ex/jira/").is_some_and(is_cloud_id) {
        return Err(
            "is not the address of one site: use https://api.atlassian.com/ex/jira/{cloudId} with nothing after it; https://SITE.atlassian.net/_edge/tenant_info shows the cloudId",
        );
    }
    // A stand-in on this machine may serve Jira below any path.
    if !is_gateway && !path.is_empty() && !address::is_loopback(&url) {
        return Err("has a path: use the site alone");
    }
    Ok(address::without_slash(&url))
}

fn github_base(text: &str) -> Result<String, &'static str> {
    let url = address::web(text)?;
    if matches!(url.host_str(), Some("github.com" | "www.github.com")) {
        return Err("is GitHub's site and not its API: use https://api.github.com, or leave it out");
    }
    Ok(address::without_slash(&url))
}

/// A token that can stand in a header. Linear takes a personal key without `Bearer`; for GitHub the client adds it.
/// <https://linear.app/developers/graphql>
fn token(text: &str) -> Result<SecretString, &'static str> {
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return Err("begins with Bearer: give only what comes after that word");
    }
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err("holds a space or another character that no token has: copy it again");
    }
    Ok(text.into())
}

/// An e-mail address. The colon ends the name in Basic auth. <https://www.rfc-editor.org/rfc/rfc7617#section-2>
fn email(text: &str) -> Option<String> {
    let (name, host) = text.split_once('@')?;
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || ['@', ':', '<', '>', ',', ';', '"'].contains(&c);
    (!name.is_empty() && !host.is_empty() && !name.contains(is_odd) && !host.contains(is_odd)).then(|| text.to_owned())
}

/// GitHub takes an app's number or its client ID.
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
fn app_id(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit());
    let is_client_id = text.starts_with("Iv") && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    (is_number || is_client_id).then(|| text.to_owned())
}

/// A time such as `5m`, of 1 to 15 minutes; `None` for anything else.
fn minutes(text: &str) -> Option<Duration> {
    let minutes: u64 = text.strip_suffix('m')?.trim().parse().ok()?;
    (1..=15).contains(&minutes).then(|| Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret as _;

    use super::super::given::Faults;
    use super::super::settings::{SECRETS, setting};
    use super::*;

    const KEY: &str = include_str!("test-app.pem");
    const SITE: (&str, &str) = ("JIRA_BASE_URL", "https://acme.atlassian.net");
    const EMAIL: (&str, &str) = ("JIRA_EMAIL", "bot@example.com");
    const TOKEN: (&str, &str) = ("JIRA_API_TOKEN", "ATATT3canary");

    fn with(pairs: &[(&str, &str)]) -> Result<Trackers, Faults> {
        let env = |name: &str| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        let mut given = Given::new(env, None, Path::new("x.toml"))?;
        let trackers = given.trackers();
        given.finish(Some(trackers))
    }

    fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
        with(pairs).map_or_else(|Faults(faults)| faults, |_| Vec::new())
    }

    /// The only fault; it repeats no value that is longer than a few letters.
    fn fault(pairs: &[(&str, &str)]) -> String {
        let all = faults(pairs);
        assert_eq!(all.len(), 1, "{pairs:?}: {all:?}");
        assert!(!all[0].contains("canary"), "{all:?}");
        all.concat()
    }

    #[test]
    fn no_tracker_is_needed() {
        let none = with(&[("JIRA_EMAIL", " ")]).unwrap();
        assert!(none.jira.is_none() && none.linear.is_none() && none.github.is_none());
        assert!(none.hooks.jira.is_none() && none.hooks.linear.is_none() && none.hooks.github.is_none());
        assert_eq!((none.poll, Trackers::default().poll), (POLL, POLL));
        assert_eq!(minutes(setting("TRACKER_POLL").unwrap().default), Some(POLL), "the table tells the same");
    }

    #[test]
    fn jira_needs_all_three() {
        let jira = with(&[("JIRA_BASE_URL", "https://Acme.atlassian.net/"), EMAIL, TOKEN]).unwrap().jira.unwrap();
        let shown = (jira.base.as_str(), jira.email.as_str(), jira.token.expose_secret());
        assert_eq!(shown, ("https://acme.atlassian.net", "bot@example.com", "ATATT3canary"));
        let all = [SITE, EMAIL, TOKEN];
        for missing in &all {
            let rest: Vec<_> = all.iter().copied().filter(|pair| pair != missing).collect();
            let told = fault(&rest);
            assert!(told.starts_with(&format!("{} is missing: set all of JIRA_BASE_URL, ", missing.0)), "{told}");
            let told = faults(&[*missing]);
            assert_eq!(told.len(), 2, "{told:?}");
        }
        let all = faults(&[("JIRA_BASE_URL", "acme"), ("JIRA_EMAIL", "canary")]);
        assert_eq!(all.len(), 3, "what is missing and what is wrong is told at once: {all:?}");
        assert!(!all.concat().contains("canary"), "{all:?}");
    }

    #[test]
    fn the_address_of_jira_is_the_site_or_the_gateway() {
        for good in [
            "https://acme.atlassian.net",
            "https://jira.acme.example",
            "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789",
            "http://127.0.0.1:4000/jira",
            "http://localhost:4000/ex/jira/11223344",
        ] {
            assert_eq!(jira_base(&format!("{good}/")).as_deref(), Ok(good));
        }
        for (wrong, told) in [
            ("acme.atlassian.net", "JIRA_BASE_URL is not a web address"),
            ("http://acme.atlassian.net", "JIRA_BASE_URL begins with http://"),
            ("https://bot:canary@acme.atlassian.net", "JIRA_BASE_URL holds a user name or a password"),
            ("https://acme.atlassian.net/browse/OPS-1", "JIRA_BASE_URL has a path: use the site alone"),
            ("https://acme.atlassian.net/jira", "JIRA_BASE_URL has a path: use the site alone"),
            ("https://acme.atlassian.net/rest/api/3", "JIRA_BASE_URL has a path: use the site alone"),
            ("https://acme.atlassian.net/ex/jira/1122", "JIRA_BASE_URL has a path: use the site alone"),
            ("https://api.atlassian.com", "JIRA_BASE_URL is not the address of one site"),
            ("https://api.atlassian.com/ex/jira", "JIRA_BASE_URL is not the address of one site"),
            ("https://api.atlassian.com/ex/jira/{cloudId}", "JIRA_BASE_URL is not the address of one site"),
            ("https://api.atlassian.com/ex/jira/1122/rest/api/3", "JIRA_BASE_URL is not the address of one site"),
        ] {
            let fault = fault(&[("JIRA_BASE_URL", wrong), EMAIL, TOKEN]);
            assert!(fault.starts_with(told), "{wrong}: {fault}");
        }
    }

    #[test]
    fn the_account_of_jira_is_an_e_mail_address() {
        for good in ["bot@example.com", "a.b+c@x-1.example", "bot@localhost"] {
            assert!(email(good).is_some(), "{good}");
        }
        for wrong in
            ["canary", "@example.com", "canary@", "a@b@c", "Ben <canary@example.com>", "a:canary@b.c", "a@b,c@d"]
        {
            let fault = fault(&[SITE, ("JIRA_EMAIL", wrong), TOKEN]);
            assert!(fault.starts_with("JIRA_EMAIL is not an e-mail address"), "{wrong}: {fault}");
        }
    }

    #[test]
    fn a_token_is_one_word_without_bearer() {
        let linear = with(&[("LINEAR_API_KEY", "lin_api_1")]).unwrap().linear.unwrap();
        assert_eq!((linear.url.as_str(), linear.key.expose_secret()), ("https://api.linear.app/graphql", "lin_api_1"));
        for wrong in ["Bearer lin_api_canary", "bearer lin_api_canary", "BEARER  lin_api_canary"] {
            let fault = fault(&[("LINEAR_API_KEY", wrong)]);
            assert!(fault.starts_with("LINEAR_API_KEY begins with Bearer: "), "{fault}");
        }
        for wrong in ["lin_api canary", "canary\nlin_api", "“lin_api_canary”", "canary\u{7f}"] {
            for name in ["LINEAR_API_KEY", "GITHUB_TOKEN"] {
                let fault = fault(&[(name, wrong)]);
                assert!(fault.starts_with(&format!("{name} holds a space or another character")), "{fault}");
            }
            let fault = fault(&[SITE, EMAIL, ("JIRA_API_TOKEN", wrong)]);
            assert!(fault.starts_with("JIRA_API_TOKEN holds a space"), "{fault}");
        }
    }

    #[test]
    fn an_address_with_a_default_is_right_or_a_fault() {
        let key = ("LINEAR_API_KEY", "lin_api_1");
        let linear = with(&[key, ("LINEAR_API_URL", "http://[::1]:4000/linear/graphql/")]).unwrap().linear;
        assert_eq!(linear.unwrap().url, "http://[::1]:4000/linear/graphql");
        let told = fault(&[key, ("LINEAR_API_URL", "http://linear.example/graphql")]);
        assert!(told.starts_with("LINEAR_API_URL begins with http://"), "{told}");
        let told = fault(&[("LINEAR_API_URL", "https://canary@linear.example")]);
        assert!(told.starts_with("LINEAR_API_URL holds a user name"), "also without a key: {told}");
        assert!(
            with(&[("GITHUB_API_URL", "https://api.github.com")]).unwrap().github.is_none(),
            "as on a CI of GitHub"
        );
    }

    #[test]
    fn github_takes_a_token_or_an_app() {
        let github = with(&[("GITHUB_TOKEN", "github_pat_1")]).unwrap().github.unwrap();
        assert_eq!(github.base, "https://api.github.com");
        assert!(matches!(github.auth, GitHubAuth::Token(token) if token.expose_secret() == "github_pat_1"));
        let escaped = KEY.replace('\n', "\\n");
        let app = [("GITHUB_APP_ID", "123456"), ("GITHUB_APP_PRIVATE_KEY", escaped.as_str())];
        let server = ("GITHUB_API_URL", "https://ghe.example.com/api/v3/");
        let github = with(&[app[0], app[1], server]).unwrap().github.unwrap();
        assert_eq!(github.base, "https://ghe.example.com/api/v3");
        let GitHubAuth::App { id, key } = github.auth else { panic!() };
        assert_eq!((id.as_str(), key.expose_secret()), ("123456", KEY.trim()));
        for half in [0, 1] {
            let told = fault(&[app[half]]);
            let missing = app[1 - half].0;
            assert!(told.starts_with(&format!("{missing} is missing: set all of GITHUB_APP_ID, ")), "{told}");
            let told = fault(&[app[half], ("GITHUB_TOKEN", "github_pat_1")]);
            assert!(told.starts_with(&format!("GITHUB_TOKEN is set, and so is {}: keep", app[half].0)), "{told}");
        }
        let told = fault(&[app[0], app[1], ("GITHUB_TOKEN", "github_pat_1")]);
        assert!(told.starts_with("GITHUB_TOKEN is set, and so is GITHUB_APP_ID: keep"), "{told}");
    }

    #[test]
    fn what_of_github_is_mistaken_has_its_own_words() {
        let token = ("GITHUB_TOKEN", "github_pat_1");
        for wrong in ["https://github.com", "https://www.github.com/acme/shop"] {
            let told = fault(&[token, ("GITHUB_API_URL", wrong)]);
            assert!(
                told.starts_with("GITHUB_API_URL is GitHub's site") && told.contains("https://api.github.com"),
                "{told}"
            );
        }
        for good in ["123456", "Iv1.8a61f9b3a7aba766", "Iv23liAbCdEf"] {
            assert!(app_id(good).is_some(), "{good}");
        }
        let key = ("GITHUB_APP_PRIVATE_KEY", KEY);
        for wrong in ["lookback", "ghp_canary", "12 34", "Iv1/2"] {
            let told = fault(&[key, ("GITHUB_APP_ID", wrong)]);
            assert!(told.starts_with("GITHUB_APP_ID is neither"), "{told}");
        }
        let id = ("GITHUB_APP_ID", "123456");
        for (wrong, says) in [
            ("/no/canary.pem", "is neither PEM text nor the path of a file"),
            ("-----BEGIN PUBLIC KEY-----\\ncanary\\n-----END PUBLIC KEY-----", "is not a PEM private key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\\ncanary", "is encrypted with a password"),
        ] {
            let told = fault(&[id, ("GITHUB_APP_PRIVATE_KEY", wrong)]);
            assert!(told.starts_with(&format!("GITHUB_APP_PRIVATE_KEY {says}")), "{told}");
        }
    }

    #[test]
    fn a_webhook_needs_its_tracker() {
        let hooks = [
            (
                "JIRA_WEBHOOK_SECRET",
                "canary",
                "Jira is not: set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN, or remove",
            ),
            ("LINEAR_WEBHOOK_SECRET", "canary", "Linear is not: set LINEAR_API_KEY, or remove"),
            ("GITHUB_WEBHOOK_SECRET", "canary", "GitHub is not: set GITHUB_TOKEN, or an app, or remove"),
        ];
        for (name, secret, says) in hooks {
            let told = fault(&[(name, secret)]);
            assert!(told.starts_with(&format!("{name} is set, but {says}")), "{told}");
        }
        let trackers = [SITE, EMAIL, TOKEN, ("LINEAR_API_KEY", "lin_api_1"), ("GITHUB_TOKEN", "github_pat_1")];
        let secrets = hooks.map(|(name, _, _)| (name, name));
        let hooks = with(&[trackers.as_slice(), &secrets].concat()).unwrap().hooks;
        let of = |secret: Option<SecretString>| secret.map(|s| s.expose_secret().to_owned());
        assert_eq!(of(hooks.jira).as_deref(), Some("JIRA_WEBHOOK_SECRET"));
        assert_eq!(of(hooks.linear).as_deref(), Some("LINEAR_WEBHOOK_SECRET"));
        assert_eq!(of(hooks.github).as_deref(), Some("GITHUB_WEBHOOK_SECRET"));
        let half = fault(&[SITE, EMAIL, ("JIRA_WEBHOOK_SECRET", "canary")]);
        assert!(half.starts_with("JIRA_API_TOKEN is missing"), "half a tracker is one fault: {half}");
    }

    #[test]
    fn trackers_are_asked_every_one_to_fifteen_minutes() {
        for (good, minutes) in [("1m", 1), ("5m", 5), ("15m", 15)] {
            assert_eq!(with(&[("TRACKER_POLL", good)]).unwrap().poll, Duration::from_secs(minutes * 60));
        }
        for wrong in ["0m", "16m", "90s", "5", "m", "1h", "-5m", "1.5m", "99999999999999999999m"] {
            let told = fault(&[("TRACKER_POLL", wrong)]);
            assert!(told.starts_with("TRACKER_POLL is not 1m to 15m") && told.contains("minutes only"), "{told}");
        }
    }

    #[test]
    fn debug_shows_neither_secrets_nor_people() {
        let mail = ("JIRA_EMAIL", "canary@example.com");
        let key = ("GITHUB_APP_PRIVATE_KEY", KEY);
        let hooks =
            ["JIRA_WEBHOOK_SECRET", "LINEAR_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET"].map(|name| (name, "canary"));
        let github =
            ["GITHUB_APP_ID", "GITHUB_TOKEN"].map(|name| (name, if name == "GITHUB_APP_ID" { "1" } else { "canary" }));
        let base = [SITE, mail, TOKEN, ("LINEAR_API_KEY", "lin_api_canary")];
        let app = with(&[base.as_slice(), &hooks, &[github[0], key]].concat()).unwrap();
        let token = with(&[base.as_slice(), &hooks, &[github[1]]].concat()).unwrap();
        for shown in [format!("{app:?}"), format!("{token:?}"), format!("{app:#?}")] {
            assert!(!shown.contains("canary") && !shown.contains("PRIVATE") && !shown.contains("MII"), "{shown}");
            assert!(shown.contains("https://acme.atlassian.net"), "{shown}");
        }
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_shown() {
        assert!(["TOKEN", "KEY", "SECRET"].iter().all(|end| SECRETS.iter().any(|name| name.ends_with(end))));
        for (name, value) in [SITE, EMAIL, ("GITHUB_APP_ID", " 123456 "), ("GITHUB_API_URL", "https://github.com")] {
            assert!(is_shown(name, value), "{name}");
        }
        for name in ["JIRA_BASE_URL", "JIRA_EMAIL", "LINEAR_API_URL", "GITHUB_APP_ID", "GITHUB_API_URL"] {
            for wrong in ["ghp_canary", "https://bot:canary@acme.atlassian.net/browse"] {
                assert!(!is_shown(name, wrong), "{name} {wrong}");
            }
        }
    }
}
