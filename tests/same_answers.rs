//! Every statement of the store runs on both databases, with the same rows and the same
//! values. Both must return the same rows, make the same changes and refuse the same statements.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "common/postgres.rs"]
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::TryStreamExt as _;

use lookback::store::{Store, copying, ready};
use lookback_clock::Rng;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Connection as _, Either, Executor as _, PgConnection, Row as _, SqlSafeStr as _, SqliteConnection,
    Statement as _, TypeInfo as _, ValueRef as _,
};
use syn::visit::Visit;

/// How many times each statement runs, each time with different values.
const ROUNDS: usize = 60;

/// The string literals of a source file that are SQL statements.
#[derive(Default)]
struct Statements(BTreeSet<String>);

impl<'a> Visit<'a> for Statements {
    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        let text = text.value();
        let verbs = ["select ", "insert ", "update ", "delete "];
        if verbs.iter().any(|verb| text.starts_with(verb)) {
            self.0.insert(text);
        }
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }
}

/// Every statement of the store.
fn statements() -> BTreeSet<String> {
    // Files whose statements use features of only one database.
    let of_one = ["copying.rs", "sqlite.rs", "postgres.rs", "schema.rs", "writer.rs", "audit.rs", "backup.rs"];
    let mut found = Statements::default();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")).unwrap() {
        let path = entry.unwrap().path();
        if of_one.iter().all(|name| !path.ends_with(name)) {
            found.visit_file(&syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    let clocks = ["unixepoch", "clock_timestamp", "pg_"];
    found.0.retain(|sql| clocks.iter().all(|clock| !sql.contains(clock)));
    // A macro assembles these two.
    found.0.extend([ready::NEW.to_owned(), ready::CHANGES.to_owned()]);
    assert!(found.0.len() > 250, "{} statements", found.0.len());
    found.0
}

/// A value of a column, as SQLite keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

type Row = BTreeMap<String, Value>;

struct Column {
    name: String,
    /// The type, as SQLite names it.
    kind: String,
    may_be_null: bool,
}

struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

type Tables = BTreeMap<String, Table>;

/// The rows that a statement returns and the number of rows that it changes, or the error if the database refuses it.
type Answer = Result<(Vec<Vec<Value>>, u64), String>;

fn is_flag(column: &str) -> bool {
    column.starts_with("is_") || column.starts_with("has_") || column == "home_done"
}

fn below(rng: &Rng, n: usize) -> usize {
    usize::try_from(rng.id()).unwrap() % n
}

fn one_of<'a, T>(rng: &Rng, all: &'a [T]) -> &'a T {
    &all[below(rng, all.len())]
}

fn of_sqlite(row: &SqliteRow) -> Vec<Value> {
    let value = |n: usize| {
        let raw = row.try_get_raw(n).unwrap();
        match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (false, "INTEGER" | "BOOLEAN") => Value::Number(row.try_get_unchecked(n).unwrap()),
            (false, "TEXT") => Value::Text(row.try_get_unchecked(n).unwrap()),
            (false, "BLOB") => Value::Bytes(row.try_get_unchecked(n).unwrap()),
            (false, other) => unreachable!("a column of kind {other}"),
        }
    };
    (0..row.len()).map(value).collect()
}

fn of_postgres(row: &PgRow) -> Vec<Value> {
    let value = |n: usize| {
        let raw = row.try_get_raw(n).unwrap();
        match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (false, "BOOL") => Value::Number(i64::from(row.get::<bool, _>(n))),
            (false, "INT4") => Value::Number(i64::from(row.get::<i32, _>(n))),
            (false, "INT8") => Value::Number(row.get(n)),
            (false, "TEXT") => Value::Text(row.get(n)),
            (false, "BYTEA") => Value::Bytes(row.get(n)),
            (false, other) => unreachable!("a column of kind {other}"),
        }
    };
    (0..row.len()).map(value).collect()
}

async fn on_sqlite(db: &mut SqliteConnection, sql: &str, values: &[Value]) -> Answer {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match value.clone() {
            Value::Null => query.bind(None::<String>),
            Value::Number(n) => query.bind(n),
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
        };
    }
    let mut answers = db.fetch_many(query);
    let (mut rows, mut changed) = (Vec::new(), 0);
    while let Some(answer) = answers.try_next().await.map_err(|e| e.to_string())? {
        match answer {
            Either::Left(done) => changed += done.rows_affected(),
            Either::Right(row) => rows.push(of_sqlite(&row)),
        }
    }
    Ok((rows, changed))
}

async fn on_postgres(db: &mut PgConnection, sql: &str, values: &[Value], kinds: &[String]) -> Answer {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (value, kind) in values.iter().zip(kinds) {
        query = match (value.clone(), kind.as_str()) {
            (Value::Null, "BOOL") => query.bind(None::<bool>),
            (Value::Null, "INT8") => query.bind(None::<i64>),
            (Value::Null, "BYTEA") => query.bind(None::<Vec<u8>>),
            (Value::Null, _) => query.bind(None::<String>),
            (Value::Number(n), "BOOL") => query.bind(n != 0),
            (Value::Number(n), _) => query.bind(n),
            (Value::Text(text), _) => query.bind(text),
            (Value::Bytes(bytes), _) => query.bind(bytes),
        };
    }
    let mut answers = db.fetch_many(query);
    let (mut rows, mut changed) = (Vec::new(), 0);
    while let Some(answer) = answers.try_next().await.map_err(|e| e.to_string())? {
        match answer {
            Either::Left(done) => changed += done.rows_affected(),
            Either::Right(row) => rows.push(of_postgres(&row)),
        }
    }
    Ok((rows, changed))
}

/// A file with the rows of the first release and some more in every table, and a copy of it in PostgreSQL.
async fn both(pg: &str, folder: &Path, rng: &Rng) -> (SqliteConnection, PgConnection, Tables) {
    let file = format!("sqlite://{}", folder.join("a.db").display());
    let options = file.parse::<SqliteConnectOptions>().unwrap().create_if_missing(true).foreign_keys(false);
    let mut first = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(include_str!("data/stored/0.1.0/database.sql")).execute(&mut first).await.unwrap();
    first.close().await.unwrap();
    let from = Store::open(&file).await.unwrap();
    let mut sqlite = SqliteConnection::connect(&file).await.unwrap();
    let literals = literals();
    // A table may refer to one that is filled after it.
    for _ in 0..4 {
        let tables = tables(&mut sqlite).await;
        fill(&mut sqlite, &tables, &literals, rng).await;
    }
    let tables = tables(&mut sqlite).await;
    let to = Store::open(pg).await.unwrap();
    let (mut old, mut new) = (from.read().await.unwrap(), to.begin().await.unwrap());
    copying::copy(&mut old, &mut new, |_| {}).await.unwrap();
    new.commit().await.unwrap();
    (sqlite, PgConnection::connect(pg).await.unwrap(), tables)
}

async fn tables(sqlite: &mut SqliteConnection) -> Tables {
    const SQL: &str = "select t.name, c.name, lower(c.type), c.\"notnull\" = 0 and c.pk = 0 from pragma_table_list t join pragma_table_info(t.name) c \
where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> '_sqlx_migrations' order by t.name, c.cid";
    let mut found = Tables::new();
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(SQL).fetch_all(&mut *sqlite).await.unwrap();
    for (table, name, kind, may_be_null) in columns {
        let table = found.entry(table).or_insert_with(|| Table { columns: Vec::new(), rows: Vec::new() });
        table.columns.push(Column { name, kind, may_be_null });
    }
    for (name, table) in &mut found {
        let (rows, _) = on_sqlite(sqlite, &format!("select * from {name}"), &[]).await.unwrap();
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        table.rows = rows.into_iter().map(|row| names.iter().cloned().zip(row).collect()).collect();
    }
    found
}

/// Adds rows to each table, where its keys and its references to other tables allow it.
async fn fill(sqlite: &mut SqliteConnection, tables: &Tables, literals: &BTreeMap<String, Vec<Value>>, rng: &Rng) {
    let mut known: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (column, values) in literals {
        // Repeated, so that many rows get one of these values.
        known.entry(column).or_default().extend(values.iter().cycle().take(40));
    }
    for (column, value) in tables.values().flat_map(|table| table.rows.iter().flatten()) {
        known.entry(column).or_default().push(value);
    }
    for (name, table) in tables.iter().filter(|(name, _)| *name != "installation") {
        for n in 0..30_u8 {
            let value = |column: &Column| match (known.get(column.name.as_str()), column.kind.as_str()) {
                _ if column.may_be_null && below(rng, 4) == 0 => Value::Null,
                (Some(known), _) if below(rng, 4) > 0 => (*one_of(rng, known)).clone(),
                (_, "integer") if is_flag(&column.name) => Value::Number(i64::from(n % 2)),
                (_, "integer") => Value::Number(i64::try_from(below(rng, 50)).unwrap()),
                (_, "blob") => Value::Bytes(vec![n, 7]),
                _ => Value::Text(format!("{}-{}", column.name, below(rng, 20))),
            };
            let values: Vec<Value> = table.columns.iter().map(value).collect();
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let places: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
            let sql = format!("insert into {name} ({}) values ({})", names.join(", "), places.join(", "));
            let _refused_where_a_key_is_taken = on_sqlite(sqlite, &sql, &values).await;
        }
    }
}

/// The words and signs of a statement.
fn tokens(sql: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "_$.".contains(c);
    let (mut found, mut rest) = (Vec::new(), sql);
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if "<>=".contains(first) {
            rest.find(|c| !"<>=".contains(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        if !token.trim().is_empty() {
            found.push(token);
        }
        rest = after;
    }
    found
}

/// For each column, the literals that statements compare it with.
fn literals() -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for sql in statements() {
        let parts: Vec<&str> = sql.split('\'').collect();
        let mut column = "";
        for pair in parts.chunks(2) {
            let [before, literal] = pair else { continue };
            let tokens = tokens(before);
            column = match tokens.as_slice() {
                [.., column, "=" | "<>"] | [.., column, "in", "("] => column.rsplit('.').next().unwrap_or(column),
                [","] => column,
                _ => "",
            };
            found.entry(column.to_owned()).or_default().push(Value::Text((*literal).to_owned()));
        }
    }
    found
}

/// The column that parameter `$n` belongs to, if the statement shows it.
fn column_of<'a>(tokens: &[&'a str], n: usize) -> Option<&'a str> {
    let value = format!("${n}");
    let compares = ["=", "<>", "<", ">", "<=", ">=", "is", "in"];
    for at in (0..tokens.len()).filter(|at| tokens[*at] == value) {
        let beside = |sign: Option<usize>, name: Option<usize>| {
            let sign = tokens.get(sign?)?;
            compares.contains(sign).then(|| tokens.get(name?).copied())?
        };
        let found = beside(at.checked_sub(1), at.checked_sub(2)).or_else(|| beside(Some(at + 1), Some(at + 2)));
        if let Some(name) = found {
            return name.rsplit('.').next();
        }
    }
    // `insert into t (a, b) values ($1, $2)`
    let open = tokens.iter().position(|token| *token == "(").filter(|_| tokens[0] == "insert")?;
    let close = open + tokens[open..].iter().position(|token| *token == ")")?;
    let names: Vec<&str> = tokens[open + 1..close].iter().filter(|token| **token != ",").copied().collect();
    let (mut place, mut depth) = (0, 0);
    for token in &tokens[close + 3..] {
        match *token {
            "(" => depth += 1,
            ")" if depth == 0 => return None,
            ")" => depth -= 1,
            "," if depth == 0 => place += 1,
            token if token == value => return names.get(place).copied(),
            _ => {}
        }
    }
    None
}

/// The types of a statement's parameters.
async fn kinds(pg: &mut PgConnection, sql: &str) -> sqlx::Result<Vec<String>> {
    let statement = pg.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
    let Some(Either::Left(kinds)) = statement.parameters() else { return Ok(Vec::new()) };
    // Every number is bound as a 64-bit integer.
    Ok(kinds.iter().map(|kind| kind.name().replace("INT4", "INT8")).collect())
}

/// Values for a statement. Most come from one row of each table that the statement names, so that they match each other.
fn values(sql: &str, kinds: &[String], tables: &Tables, rng: &Rng) -> Vec<Value> {
    let tokens = tokens(sql);
    let named = || tokens.iter().filter_map(|token| tables.get(*token));
    let chosen: BTreeMap<*const Table, &Row> =
        named().map(|table| (std::ptr::from_ref(table), one_of(rng, &table.rows))).collect();
    let value = |(n, kind): (usize, &String)| {
        let column = column_of(&tokens, n + 1).unwrap_or_default();
        let of_row = named().find_map(|table| chosen.get(&std::ptr::from_ref(table))?.get(column));
        let fits = |value: &Value| match value {
            Value::Null => false,
            Value::Number(_) => kind == "INT8" || kind == "BOOL",
            Value::Text(_) => kind == "TEXT",
            Value::Bytes(_) => kind == "BYTEA",
        };
        match (of_row.filter(|value| fits(value)), kind.as_str()) {
            // A key that is there already would always be refused.
            (_, "INT8") if tokens[0] == "insert" && column == "id" => Value::Number(rng.id()),
            (Some(value), _) if below(rng, 8) > 0 => value.clone(),
            (_, "BOOL") => Value::Number(i64::from(below(rng, 2) == 0)),
            (_, "INT8") => Value::Number(i64::try_from(below(rng, 40)).unwrap()),
            (_, "BYTEA") => Value::Bytes(vec![1, 2, 3]),
            (_, "TEXT") => Value::Text(format!("x{}", below(rng, 3))),
            (_, other) => unreachable!("a value of kind {other}: {sql}"),
        }
    };
    kinds.iter().enumerate().map(value).collect()
}

/// All rows of the table that a statement has changed.
async fn left(sql: &str, tables: &Tables, sqlite: &mut SqliteConnection, pg: &mut PgConnection) -> (Answer, Answer) {
    let tokens = tokens(sql);
    let table = match tokens[0] {
        "insert" | "delete" => tokens[2],
        "update" => tokens[1],
        _ => return (Ok((Vec::new(), 0)), Ok((Vec::new(), 0))),
    };
    // Each database assigns its own sheet ids.
    let columns = tables[table].columns.iter().map(|column| column.name.as_str());
    let columns: Vec<&str> = columns.filter(|column| (table, *column) != ("sheet", "id")).collect();
    let all = format!("select {} from {table}", columns.join(", "));
    (comparable(on_sqlite(sqlite, &all, &[]).await, ""), comparable(on_postgres(pg, &all, &[], &[]).await, ""))
}

/// Whether the statement itself orders its rows, not only a subquery.
fn is_ordered(sql: &str) -> bool {
    let mut depth = 0;
    tokens(sql).into_iter().any(|token| {
        depth += i32::from(token == "(") - i32::from(token == ")");
        depth == 0 && token == "order"
    })
}

/// Sorts the rows if the statement leaves their order open, and ignores the count of changed rows if it only reads.
fn comparable(answer: Answer, sql: &str) -> Answer {
    answer.map(|(mut rows, changed)| {
        if !is_ordered(sql) {
            rows.sort();
        }
        let changes = ["insert ", "update ", "delete "].iter().any(|verb| sql.starts_with(verb));
        (rows, if changes { changed } else { 0 })
    })
}

#[tokio::test]
async fn both_databases_answer_every_statement_alike() {
    let Some(server) = postgres::server() else { return };
    let (folder, rng) = (tempfile::tempdir().unwrap(), Rng::seeded(7));
    let url = server.database("template0");
    let (mut sqlite, mut pg, tables) = both(&url, folder.path(), &rng).await;
    // On the same connection, a cached statement would keep the types that PostgreSQL inferred, not those of the bound values.
    let mut guesses = PgConnection::connect(&url).await.unwrap();
    let (mut wrong, mut idle) = (Vec::new(), Vec::new());
    let all = statements();
    for sql in &all {
        if let Err(error) = (&mut sqlite).prepare(AssertSqlSafe(sql.as_str()).into_sql_str()).await {
            wrong.push(format!("SQLite does not understand {sql}: {error}"));
            continue;
        }
        let kinds = match kinds(&mut guesses, sql).await {
            Ok(kinds) => kinds,
            Err(error) => {
                wrong.push(format!("PostgreSQL does not understand {sql}: {error}"));
                continue;
            }
        };
        let (mut has_worked, mut refused) = (false, 0);
        for _ in 0..ROUNDS {
            let values = values(sql, &kinds, &tables, &rng);
            sqlx::raw_sql("begin").execute(&mut sqlite).await.unwrap();
            sqlx::raw_sql("begin").execute(&mut pg).await.unwrap();
            let a = comparable(on_sqlite(&mut sqlite, sql, &values).await, sql);
            let b = comparable(on_postgres(&mut pg, sql, &values, &kinds).await, sql);
            match (a, b) {
                (Ok(a), Ok(b)) => {
                    // A count of nothing is no find.
                    has_worked |=
                        a.0.iter().flatten().any(|value| !matches!(value, Value::Null | Value::Number(0))) || a.1 > 0;
                    if a != b {
                        wrong.push(format!("{sql}\n  {values:?}\n  SQLite {a:?}\n  PostgreSQL {b:?}"));
                    }
                    let (a, b) = left(sql, &tables, &mut sqlite, &mut pg).await;
                    if a != b {
                        wrong.push(format!("{sql}\n  {values:?}\n  leaves in SQLite {a:?}\n  in PostgreSQL {b:?}"));
                    }
                }
                (Err(_), Err(_)) => refused += 1,
                (a, b) => wrong.push(format!("{sql}\n  {values:?}\n  SQLite {a:?}\n  PostgreSQL {b:?}")),
            }
            sqlx::raw_sql("rollback").execute(&mut sqlite).await.unwrap();
            sqlx::raw_sql("rollback").execute(&mut pg).await.unwrap();
        }
        // A database is one installation.
        if refused == ROUNDS && !sql.starts_with("insert into installation") {
            wrong.push(format!("both databases always refuse {sql}"));
        }
        if !has_worked {
            idle.push(sql.as_str());
        }
    }
    println!("{} statements; these found nothing:\n{}", all.len(), idle.join("\n"));
    assert!(!idle.contains(&ready::NEW) && !idle.contains(&ready::CHANGES), "no message may leave");
    assert!(wrong.is_empty(), "{}\n{} differ", wrong.join("\n"), wrong.len());
    assert!(idle.len() * 10 < all.len(), "{} of {} statements found nothing", idle.len(), all.len());
}

/// Messages that were sent stay for months: nothing that runs while people wait, or every minute, reads them all.
#[tokio::test]
async fn no_statement_reads_every_message_that_was_sent() {
    let (folder, rng) = (tempfile::tempdir().unwrap(), Rng::seeded(7));
    let file = format!("sqlite://{}", folder.path().join("a.db").display());
    let _store = Store::open(&file).await.unwrap();
    let mut sqlite = SqliteConnection::connect(&file).await.unwrap();
    let mut found = BTreeSet::new();
    for sql in statements() {
        let places = (1..30).filter(|n| tokens(&sql).contains(&format!("${n}").as_str())).count();
        let values: Vec<Value> = (0..places).map(|_| Value::Number(rng.id())).collect();
        let (steps, _) = on_sqlite(&mut sqlite, &format!("explain query plan {sql}"), &values).await.unwrap();
        let steps: Vec<&str> = steps
            .iter()
            .filter_map(|step| step.last())
            .map(|step| match step {
                Value::Text(step) => step.as_str(),
                other => unreachable!("a step is text: {other:?}"),
            })
            .collect();
        // This index is for the few that are neither sent nor waiting.
        let other_states = ["'sending'", "'doubt'", "'dead'"].map(|state| sql.matches(state).count()).iter().sum();
        let of_state = steps.iter().filter(|step| step.contains("card_due (state=?")).count();
        let scans = steps.iter().any(|step| step.starts_with("SCAN card") && !step.ends_with("card_aside"));
        if scans || sql.contains("state = 'idle'") && of_state > other_states {
            found.insert(format!("{sql}\n{}", steps.join("\n")));
        }
    }
    // These are asked by a person who looks after the bot.
    found.retain(|told| !told.starts_with("select * from card\n") && !told.starts_with("select key || ' ' || state"));
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}
