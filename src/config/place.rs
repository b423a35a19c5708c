//! Which database, and the key it is sealed with.

use std::path::PathBuf;

use secrecy::SecretString;

/// Whether this is the address of a PostgreSQL.
pub fn is_postgres(database_url: &str) -> bool {
    database_url.starts_with("postgres://") || database_url.starts_with("postgresql://")
}

/// An address without its password.
pub fn without_password(database_url: &str) -> String {
    let hide = |mut url: url::Url| {
        // Parameters may hold one too, and a file's address has none.
        url.set_query(None);
        let hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
        hidden.then(|| url.to_string())
    };
    match url::Url::parse(database_url) {
        Ok(url) if is_postgres(database_url) => hide(url).unwrap_or_else(|| "(set)".to_owned()),
        _ if is_postgres(database_url) => "(set)".to_owned(),
        _ => database_url.to_owned(),
    }
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
            ("postgres://bot:s3cret@db.example:port/look", "(set)"),
            ("sqlite://lookback.db", "sqlite://lookback.db"),
        ] {
            assert_eq!(without_password(url), shown);
            let place = Place { database_url: url.to_owned(), key: None, key_dir: None };
            assert!(!format!("{place:?}").contains("s3cret"));
        }
    }
}
