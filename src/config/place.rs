//! Which database, and the key it is sealed with.

use std::path::PathBuf;
use std::str::FromStr as _;

use secrecy::SecretString;

/// Whether this is the address of a PostgreSQL.
pub fn is_postgres(database_url: &str) -> bool {
    database_url.starts_with("postgres://") || database_url.starts_with("postgresql://")
}

/// Whether it can be the address of a database.
pub fn is_address(database_url: &str) -> bool {
    database_url.starts_with("sqlite:")
        || is_postgres(database_url) && sqlx::postgres::PgConnectOptions::from_str(database_url).is_ok()
}

/// An address without its password, one with a typing error too.
pub fn without_password(database_url: &str) -> String {
    let hide = |mut url: url::Url| {
        // A parameter may hold one too.
        let shown: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !name.contains("password"))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        url.set_query(None);
        if !shown.is_empty() {
            url.query_pairs_mut().extend_pairs(shown);
        }
        let hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
        (hidden && !url.cannot_be_a_base()).then(|| url.to_string())
    };
    let may_have_one = database_url.contains('@') || database_url.contains("password") || is_postgres(database_url);
    if database_url.starts_with("sqlite:") || !may_have_one {
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
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://bot:s3cret@db.example/look", "postgres://bot:***@db.example/look"),
            ("postgres://bot@db.example/look?password=s3cret", "postgres://bot@db.example/look"),
            ("postgresql://db.example/look", "postgresql://db.example/look"),
            ("postgers://bot:s3cret@db.example/look", "postgers://bot:***@db.example/look"),
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
