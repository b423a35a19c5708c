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

/// A database of this version on PostgreSQL, wherever the other worlds keep theirs; `None`, with a printed line, where it is
/// not installed.
pub async fn on_server() -> Option<String> {
    let url = server()?.database("template0");
    lookback::store::Store::open(&url).await.unwrap().close().await;
    Some(url)
}

/// Every byte that a database has on the disk. Its log is that of all databases, and is left out.
pub fn on_disk(url: &str) -> Vec<u8> {
    let server = server().unwrap();
    let name = url.rsplit('/').next().unwrap();
    let folder =
        server.sql(name, "checkpoint; select 'base/' || oid from pg_database where datname = current_database()");
    let files = std::fs::read_dir(server.folder.path().join("data").join(folder.trim())).unwrap();
    // A file that goes meanwhile is of no interest.
    files.filter_map(|file| std::fs::read(file.unwrap().path()).ok()).flatten().collect()
}
