//! Where the worlds keep their data: in files, or (`LOOKBACK_TEST_DATABASE=postgres`) in databases of one PostgreSQL.

use crate::postgres::{Server, server};

/// The server, where the conversations are to run on it.
fn wanted() -> Option<&'static Server> {
    let is_wanted = std::env::var("LOOKBACK_TEST_DATABASE").is_ok_and(|name| name == "postgres");
    is_wanted.then(|| server().expect("PostgreSQL is installed"))
}

/// A database of this version for one world; `None`: it is to be a file.
pub async fn make() -> Option<String> {
    static TEMPLATE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let server = wanted()?;
    let template = TEMPLATE.get_or_init(|| async {
        server.sql("postgres", "create database current");
        lookback::store::Store::open(&server.url("current")).await.unwrap().close().await;
    });
    template.await;
    Some(server.database("current"))
}

/// Every byte that a database has on the disk, as text. Its log is that of all databases, and is left out.
pub fn on_disk(url: &str) -> String {
    let server = wanted().unwrap();
    let name = url.rsplit('/').next().unwrap();
    let folder =
        server.sql(name, "checkpoint; select 'base/' || oid from pg_database where datname = current_database()");
    let files = std::fs::read_dir(server.folder.path().join("data").join(folder.trim())).unwrap();
    // A file that goes meanwhile is of no interest.
    let all: Vec<u8> = files.filter_map(|file| std::fs::read(file.unwrap().path()).ok()).flatten().collect();
    String::from_utf8_lossy(&all).into_owned()
}
