//! Which addresses from payloads and answers may be called.

use url::Url;

/// An address that a payload named: https on exactly `host`, without user or port; or
/// the origin of `SLACK_API_URL`, which points to a simulator when it is set.
pub fn trusted(api_url: &str, address: &str, host: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let api = Url::parse(api_url).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let slack = url.scheme() == "https" && url.port().is_none() && url.host_str() == Some(host);
    let simulated = api.host_str() != Some("slack.com") && url.origin() == api.origin();
    (plain && (slack || simulated)).then_some(url)
}

/// The address of a WebSocket: a host of Slack over TLS, or that of `SLACK_API_URL`.
pub fn trusted_socket(api_url: &str, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let api = Url::parse(api_url).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let is_slacks = |host: &str| host.ends_with(".slack.com");
    let slack = url.scheme() == "wss" && url.port().is_none() && url.host_str().is_some_and(is_slacks);
    let here = (url.host_str(), url.port_or_known_default()) == (api.host_str(), api.port_or_known_default());
    let simulated = api.host_str() != Some("slack.com") && here;
    (plain && (slack || simulated)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLACK: &str = "https://slack.com/api";
    const SIMULATED: &str = "http://127.0.0.1:9/api";

    #[test]
    fn only_slacks_own_addresses_are_trusted() {
        let ok = |url: &str| trusted(SLACK, url, "hooks.slack.com").is_some();
        assert!(ok("https://hooks.slack.com/commands/T1/2/x"));
        for url in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com.evil.com/x",
            "https://evilslack.com/x",
            "https://evilhooks.slack.com/x",
            "https://hooks.slack.com:444/x",
            "https://u@hooks.slack.com/x",
            "https://hooks.slack.com@evil.com/x",
            "https://slack.com/x",
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]/",
            "file:///etc/passwd",
            "",
            "https://hooks.slack.com./x",
            "https://127.0.0.1/",
            "//hooks.slack.com/x",
        ] {
            assert!(!ok(url), "{url}");
        }
        assert!(trusted(SIMULATED, "http://127.0.0.1:9/respond/1", "hooks.slack.com").is_some());
        assert!(trusted(SIMULATED, "http://127.0.0.1:10/respond/1", "hooks.slack.com").is_none());
    }

    #[test]
    fn only_slacks_own_sockets_are_trusted() {
        assert!(trusted_socket(SLACK, "wss://wss-primary.slack.com/link/?ticket=x").is_some());
        for url in [
            "ws://wss-primary.slack.com/link",
            "wss://evilslack.com/link",
            "wss://slack.com.evil.com/link",
            "wss://u@wss-primary.slack.com/link",
            "wss://wss-primary.slack.com:444/link",
            "wss://169.254.169.254/link",
            "https://wss-primary.slack.com/link",
            "",
        ] {
            assert!(trusted_socket(SLACK, url).is_none(), "{url}");
        }
        assert!(trusted_socket(SIMULATED, "ws://127.0.0.1:9/link").is_some());
        assert!(trusted_socket(SIMULATED, "ws://127.0.0.1:10/link").is_none());
    }
}
