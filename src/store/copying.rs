//! All rows of a database file into an empty PostgreSQL, in one transaction, with their numbers compared at the end.
//!
//! The names of tables and columns come from the schema itself, so that no table is left out.

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Row as _, SqliteConnection};

use super::tx::Tx;

/// Rows that go at once.
const BATCH: usize = 500;

/// Tables that others refer to come first; the rest follow in any order.
const FIRST: [&str; 3] = ["workspace", "retro", "note"];

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyingError {
    #[error(
        "the new database already holds Lookback data (table {0} has rows): use an empty database; nothing was copied"
    )]
    NotEmpty(String),
    #[error("{table} has {from} rows in the file and {to} in the new database; nothing was copied")]
    Miscounted { table: String, from: i64, to: i64 },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A table that was copied, and how many rows it has.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    pub table: String,
    pub rows: i64,
}

#[derive(FromRow)]
struct Column {
    name: String,
    kind: String,
}

struct Table {
    name: String,
    columns: Vec<Column>,
}

/// Copies everything; `shows` hears of each table that is done. The caller commits.
pub async fn copy(from: &mut Tx, to: &mut Tx, mut shows: impl FnMut(&Copied)) -> Result<Vec<Copied>, CopyingError> {
    let file = from.sqlite().await?;
    let to = to.postgres()?;
    let tables = tables(to).await?;
    for table in &tables {
        // The name of a table is that of the schema.
        let any = AssertSqlSafe(format!("select exists (select 1 from {})", table.name));
        if sqlx::query_scalar(any).fetch_one(&mut *to).await? {
            return Err(CopyingError::NotEmpty(table.name.clone()));
        }
    }
    let mut copied = Vec::new();
    for table in tables {
        copy_table(file, to, &table).await?;
        let count = format!("select count(*) from {}", table.name);
        let from: i64 = sqlx::query_scalar(AssertSqlSafe(count.clone())).fetch_one(&mut *file).await?;
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *to).await?;
        if from != rows {
            return Err(CopyingError::Miscounted { table: table.name, from, to: rows });
        }
        let done = Copied { table: table.name, rows };
        shows(&done);
        copied.push(done);
    }
    Ok(copied)
}

/// The tables, without what says of which version the schema is; columns that number themselves are left out.
async fn tables(to: &mut PgConnection) -> sqlx::Result<Vec<Table>> {
    const TABLES: &str = "select cast(table_name as text) from information_schema.tables where table_schema = current_schema() \
and table_name not in ('_sqlx_migrations', 'schema_needs') order by table_name";
    const COLUMNS: &str = "select cast(column_name as text) as name, cast(data_type as text) as kind \
from information_schema.columns where table_schema = current_schema() and table_name = $1 and is_identity = 'NO' \
order by ordinal_position";
    let names: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *to).await?;
    let is_first = |name: &String| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
    let mut tables = Vec::new();
    for name in names {
        let columns = sqlx::query_as(COLUMNS).bind(&name).fetch_all(&mut *to).await?;
        tables.push(Table { name, columns });
    }
    tables.sort_by_key(|table| is_first(&table.name));
    Ok(tables)
}

async fn copy_table(file: &mut SqliteConnection, to: &mut PgConnection, table: &Table) -> sqlx::Result<()> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    // A retro names an earlier one.
    let order = if table.name == "retro" { " order by started_ms, id" } else { "" };
    let read = format!("select {} from {}{order}", names.join(", "), table.name);
    let mut rows = sqlx::query(AssertSqlSafe(read)).fetch(file);
    let mut batch = Vec::new();
    while let Some(row) = rows.try_next().await? {
        batch.push(row);
        if batch.len() == BATCH {
            insert(to, table, &names, &batch).await?;
            batch.clear();
        }
    }
    insert(to, table, &names, &batch).await
}

async fn insert(to: &mut PgConnection, table: &Table, names: &[&str], rows: &[SqliteRow]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: Vec<String> =
        table.columns.iter().enumerate().map(|(n, column)| format!("${}::{}[]", n + 1, column.kind)).collect();
    let sql = format!("insert into {} ({}) select * from unnest({})", table.name, names.join(", "), values.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for (n, column) in table.columns.iter().enumerate() {
        query = match column.kind.as_str() {
            "bigint" => query.bind(column_of::<i64>(rows, n)?),
            "boolean" => query.bind(column_of::<bool>(rows, n)?),
            "bytea" => query.bind(column_of::<Vec<u8>>(rows, n)?),
            _ => query.bind(column_of::<String>(rows, n)?),
        };
    }
    query.execute(to).await.map(|_| ())
}

fn column_of<T>(rows: &[SqliteRow], n: usize) -> sqlx::Result<Vec<Option<T>>>
where
    for<'r> T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    rows.iter().map(|row| row.try_get(n)).collect()
}
