//! Copies of the database: checked, for their owner alone, and whole even while a server writes.

use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};

use super::schema::{APPLICATION, CopyError, OpenError, check_pages, check_schema, is_ours, read_only, version};

/// The copy that is made before an upgrade from the schema `version`.
pub fn before_upgrade(database: &Path, version: i64) -> PathBuf {
    with_ending(database, &format!("schema-{version}"))
}

/// Copies from before an upgrade that lie beside the database.
pub fn old_copies(database: &Path) -> Vec<PathBuf> {
    beside(database, "schema-")
}

/// All copies of a database of ours that lie in its folder: from before an upgrade, what a restore replaced, and backups.
pub fn copies(database: &Path) -> Vec<PathBuf> {
    let is_copy = |file: &Path| file.file_name() != database.file_name() && is_marked(file);
    let mut all: Vec<PathBuf> = files_beside(database).filter(|file| is_copy(file)).collect();
    all.sort();
    all
}

/// Whether a file begins as our databases do. <https://sqlite.org/fileformat2.html#the_database_header>
fn is_marked(file: &Path) -> bool {
    let mut head = [0; 72];
    let read = std::fs::File::open(file).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    read.is_ok() && head.starts_with(b"SQLite format 3\0") && head.ends_with(&APPLICATION.to_be_bytes()[4..])
}

fn beside(database: &Path, ending: &str) -> Vec<PathBuf> {
    let Some(name) = database.file_name() else { return Vec::new() };
    let start = format!("{}.{ending}", name.to_string_lossy());
    let starts = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start));
    files_beside(database).filter(starts).collect()
}

fn files_beside(database: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
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
/// The copy takes its name only when it is checked and on the disk; a try that was killed leaves `….partial`, which the
/// next one replaces.
pub async fn copy(from: &mut SqliteConnection, to: &Path) -> Result<(), CopyError> {
    let copied = copy_by(from, to, &partial(to)).await;
    if copied.is_err() {
        // What went wrong is told; that this failed too would tell nobody more.
        let _ = std::fs::remove_file(partial(to));
    }
    copied
}

async fn copy_by(from: &mut SqliteConnection, to: &Path, part: &Path) -> Result<(), CopyError> {
    let of_file = |error| CopyError::File { file: to.display().to_string(), error };
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(of_file(error)),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(part).map_err(of_file)?;
    sqlx::query("vacuum into $1").bind(part.to_string_lossy().into_owned()).execute(from).await?;
    check(part).await.map_err(|error| CopyError::Damaged(Box::new(error)))?;
    file.sync_all().map_err(of_file)?;
    std::fs::rename(part, to).map_err(of_file)?;
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
    if let Err(error) = is_ours(&mut connection).await {
        return Err(if is_no_database(&error) { OpenError::Empty } else { error });
    }
    if version(&mut connection).await? == 0 {
        return Err(OpenError::Empty);
    }
    check_schema(&mut connection).await?;
    check_pages(&mut connection, "integrity_check(1)").await?;
    connection.close().await?;
    Ok(())
}

/// `SQLITE_NOTADB`: <https://www.sqlite.org/rescode.html#notadb>
fn is_no_database(error: &OpenError) -> bool {
    let OpenError::Database(sqlx::Error::Database(inner)) = error else { return false };
    inner.code().as_deref() == Some("26")
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
