//! Which database, and the key it is sealed with.

use std::path::PathBuf;
use std::str::FromStr as _;

use secrecy::SecretString;

/// Whether this is the address of a PostgreSQL.
pub fn is_postgres(database_url: &str) -> bool {
    database_url.starts_with("postgres://") || database_url.starts_with("postgresql://")
}

/// What is wrong with a database address, if anything. No word of the address is repeated: it may be part of a password.
pub fn fault_of_address(database_url: &str) -> Option<&'static str> {
    if database_url.starts_with("sqlite:") {
        return None;
    }
    let url =
        url::Url::parse(database_url).ok().filter(|url| is_postgres(database_url) && has_its_user(url, database_url));
    let Some(url) = url else {
        return Some(
            "is not a database address: use sqlite://FILE or postgres://user:password@host/database, and percent-encode special characters in the password, for example %40 for @",
        );
    };
    // The library would ignore it, and print its value into the log.
    let is_known = |name: &str| KNOWN.contains(&name) || name.starts_with("options[");
    if !url.query_pairs().all(|(name, _)| is_known(&name)) {
        return Some(
            "has an unknown parameter: check the names after the question mark, such as sslmode, and write %3F for a question mark in the password",
        );
    }
    let is_read = sqlx::postgres::PgConnectOptions::from_str(database_url).is_ok();
    (!is_read).then_some("has a parameter with a wrong value: check the values of sslmode, port and hostaddr")
}

/// A special character that is not encoded moves user and password into other parts of the address.
fn has_its_user(url: &url::Url, database_url: &str) -> bool {
    !database_url.contains('@') || !url.username().is_empty()
}

/// The parameters of a PostgreSQL address: <https://docs.rs/sqlx/0.9.0/sqlx/postgres/struct.PgConnectOptions.html>.
const KNOWN: [&str; 18] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// The parameters of an address that hold no secret: any other may be a mistyped password.
const SHOWN: [&str; 7] = ["host", "hostaddr", "port", "dbname", "user", "sslmode", "sslrootcert"];

/// An address without its password, even if the address is mistyped.
pub fn without_password(database_url: &str) -> String {
    let hide = |mut url: url::Url| {
        if !is_postgres(database_url) || !has_its_user(&url, database_url) {
            return None;
        }
        let shown: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| SHOWN.contains(&name.as_ref()))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        url.set_fragment(None);
        url.set_query(None);
        if !shown.is_empty() {
            url.query_pairs_mut().extend_pairs(shown);
        }
        let hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
        (hidden && !url.cannot_be_a_base()).then(|| url.to_string())
    };
    if database_url.starts_with("sqlite:") {
        return database_url.to_owned();
    }
    url::Url::parse(database_url).ok().and_then(hide).unwrap_or_else(|| "(set)".to_owned())
}

/// Which database, and the key it is sealed with: all that commands beside a running server need.
#[derive(Clone)]
pub struct Place {
    /// `DATABASE_URL`.
    pub database_url: String,
    /// `LOOKBACK_KEY`.
    pub key: Option<SecretString>,
    /// `LOOKBACK_KEY_DIR`.
    pub key_dir: Option<PathBuf>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = without_password(&self.database_url);
        f.debug_struct("Place").field("database_url", &shown).field("key_dir", &self.key_dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_work_is_a_fault_that_repeats_none_of_it() {
        for good in
            ["sqlite://a.db", "postgres://bot:p%40@db/look?sslmode=require", "postgres:///look?host=/run/postgresql"]
        {
            assert_eq!(fault_of_address(good), None, "{good}");
        }
        for (wrong, told) in [
            ("postgers://bot@db/look", "is not a database address"),
            ("postgres://bot:/s3cret@db/look", "is not a database address"),
            ("postgres://bot@db/look?sslmod=require", "has an unknown parameter"),
            ("postgres://bot:pass@db/look?s3cret@db", "has an unknown parameter"),
            ("postgres://bot@db/look?sslmode=on", "has a parameter with a wrong value"),
        ] {
            let fault = fault_of_address(wrong).unwrap_or_default();
            assert!(fault.starts_with(told), "{wrong}: {fault}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://bot:s3cret@db.example/look", "postgres://bot:***@db.example/look"),
            ("postgres://bot@db.example/look?password=s3cret", "postgres://bot@db.example/look"),
            ("postgresql://db.example/look", "postgresql://db.example/look"),
            ("postgers://bot:s3cret@db.example/look", "(set)"),
            ("postgres://bot@db.example/look?pass=s3cret&Password=s3cret", "postgres://bot@db.example/look"),
            ("postgres://bot:#s3cret@db.example/look", "(set)"),
            ("postgres://bot:/s3cret@db.example/look", "(set)"),
            ("postgres://bot:?s3cret@db.example/look", "(set)"),
            ("postgres://bot@db.example/look#s3cret", "postgres://bot@db.example/look"),
            ("Host=db;Username=bot;Password=s3cret", "(set)"),
            ("bot:s3cret@db.example/look", "(set)"),
            ("postgres:///look?host=db&port=5999&password=s3cret", "postgres:///look?host=db&port=5999"),
            ("postgres://bot:s3cret@db.example:port/look", "(set)"),
            ("sqlite://lookback.db", "sqlite://lookback.db"),
        ] {
            assert_eq!(without_password(url), shown);
            let place = Place { database_url: url.to_owned(), key: None, key_dir: None };
            assert!(!format!("{place:?}").contains("s3cret"));
        }
    }
}
