//! Copies of the database: checked, for their owner alone, and whole even while a server writes.

use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};

use super::schema::{CopyError, OpenError, check_pages, check_schema, is_ours, read_only};

/// The copy that is made before an upgrade from the schema `version`.
pub fn before_upgrade(database: &Path, version: i64) -> PathBuf {
    with_ending(database, &format!("schema-{version}"))
}

/// Copies from before an upgrade that lie beside the database.
pub fn old_copies(database: &Path) -> Vec<PathBuf> {
    beside(database, "schema-")
}

/// All copies that lie beside the database: from before an upgrade, and what a restore replaced.
pub fn copies(database: &Path) -> Vec<PathBuf> {
    let mut all = old_copies(database);
    all.extend(beside(database, "replaced-"));
    all.sort();
    all
}

fn beside(database: &Path, ending: &str) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else { return Vec::new() };
    let start = format!("{}.{ending}", name.to_string_lossy());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(Result::ok).filter(|entry| entry.file_name().to_string_lossy().starts_with(&start));
    names.map(|entry| entry.path()).collect()
}

/// `lookback.db` as `lookback.db.<ending>`.
pub fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Copies the whole database to a new file, in the state of one moment, without what was deleted.
/// <https://sqlite.org/lang_vacuum.html#vacuuminto>
///
/// The copy takes its name only when it is checked and on the disk; a try that was cut short leaves `….partial`, which
/// the next one replaces.
pub async fn copy(from: &mut SqliteConnection, to: &Path) -> Result<(), CopyError> {
    let part = partial(to);
    let of_file = |error| CopyError::File { file: to.display().to_string(), error };
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(of_file(error)),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&part).map_err(of_file)?;
    sqlx::query("vacuum into $1").bind(part.to_string_lossy().into_owned()).execute(from).await?;
    check(&part).await.map_err(|error| CopyError::Damaged(Box::new(error)))?;
    file.sync_all().map_err(of_file)?;
    std::fs::rename(&part, to).map_err(of_file)?;
    sync_folder(to).map_err(of_file)
}

/// The name of a copy that is not finished and checked yet.
pub fn partial(to: &Path) -> PathBuf {
    with_ending(to, "partial")
}

/// The name must survive a power cut too.
pub fn sync_folder(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => std::fs::File::open(".")?.sync_all(),
    }
}

/// Whether a copy is whole, ours, and of a version that this program knows.
pub async fn check(file: &Path) -> Result<(), OpenError> {
    let mut connection = connect(file).await?;
    is_ours(&mut connection).await?;
    check_schema(&mut connection).await?;
    check_pages(&mut connection, "integrity_check(1)").await?;
    connection.close().await?;
    Ok(())
}

/// Opens a file to read it.
pub async fn connect(file: &Path) -> sqlx::Result<SqliteConnection> {
    SqliteConnection::connect_with(&read_only("sqlite::memory:")?.in_memory(false).shared_cache(false).filename(file))
        .await
}

/// Bytes of the database that a copy holds: its pages without the free ones.
pub async fn size(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    const SQL: &str = "select (page_count - freelist_count) * page_size from pragma_page_count, pragma_freelist_count, \
pragma_page_size";
    let bytes: i64 = sqlx::query_scalar(SQL).fetch_one(connection).await?;
    Ok(bytes.unsigned_abs())
}
