//! Web addresses of the trackers: what is wrong with one, in words that repeat none of it.

use url::{Host, Url};

/// Reads the address of a tracker. The error says what is wrong and what to do.
pub fn web(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let Some(url) = url else { return Err("is not a web address: it has to begin with https://") };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or a password: remove it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a part after ? or #: remove it");
    }
    // A token must not cross a network in the clear.
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("begins with http://, which is for this machine only: use https://");
    }
    Ok(url)
}

/// Whether this is an address of this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The address without a slash at its end.
pub fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_of_this_machine() {
        for (good, read) in [
            ("https://acme.atlassian.net/", "https://acme.atlassian.net"),
            ("HTTPS://Acme.atlassian.net", "https://acme.atlassian.net"),
            ("https://ghe.example.com:8443/api/v3//", "https://ghe.example.com:8443/api/v3"),
            ("http://localhost:4000/jira", "http://localhost:4000/jira"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("http://127.8.9.1", "http://127.8.9.1"),
            ("http://[::1]:4000/graphql", "http://[::1]:4000/graphql"),
        ] {
            assert_eq!(web(good).map(|url| without_slash(&url)).as_deref(), Ok(read), "{good}");
        }
        for (wrong, told) in [
            ("acme.atlassian.net", "is not a web address"),
            ("localhost:4000", "is not a web address"),
            ("ftp://acme.atlassian.net", "is not a web address"),
            ("https://", "is not a web address"),
            ("lin_api_1", "is not a web address"),
            ("http://acme.atlassian.net", "begins with http://"),
            ("http://128.0.0.1", "begins with http://"),
            ("http://localhost.example.com", "begins with http://"),
            ("http://127.0.0.1.example.com", "begins with http://"),
            ("http://[::2]", "begins with http://"),
            ("https://bot:s3cret@acme.atlassian.net", "holds a user name"),
            ("https://s3cret@acme.atlassian.net", "holds a user name"),
            ("https://acme.atlassian.net?a=1", "has a part after"),
            ("https://acme.atlassian.net/?", "has a part after"),
            ("https://acme.atlassian.net/#s3cret", "has a part after"),
        ] {
            let fault = web(wrong).expect_err(wrong);
            assert!(fault.starts_with(told), "{wrong}: {fault}");
        }
    }
}
