//! `lookback audit anonymity`: looks, in the database itself, for anything that links a person to a text.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::check::{Check, Verdict};
use crate::config::Place;
use crate::keys::KeyDir;
use crate::store::{self, Store, audit, runs};
use lookback_clock::Clock;
use lookback_core::text::count;

/// Looks at rows, keys, free pages and the WAL. Changes nothing.
pub async fn anonymity(place: &Place) -> anyhow::Result<Vec<Check>> {
    let file = store::sqlite_file(&place.database_url);
    if let Some(file) = file.as_deref() {
        anyhow::ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    }
    let now = Clock::system().now();
    let store = Store::look(&place.database_url).await?;
    let mut tx = store.read().await?;
    let retros = audit::anonymous(&mut tx).await?;
    let mut checks: Vec<Check> = retros.iter().map(retro).collect();
    if retros.is_empty() {
        checks.push(Check::new("retros", Verdict::Note, "There is no anonymous retro in this database yet."));
    }
    // What a server would have removed since is no fault of a copy that nobody serves.
    let served = runs::read(&mut tx).await?.heartbeat_ms.unwrap_or(now.timestamp_millis());
    let traces = audit::traces(&mut tx, served).await?;
    checks.extend(traces.iter().map(|found| trace(found, now)));
    if let Some(file) = file.as_deref() {
        let (texts, people) = audit::nameless(&mut tx).await?;
        checks.push(free_pages(file)?);
        checks.push(wal(file, &Nameless::new(&texts, people), retros.iter().any(|r| r.scrubs > 0))?);
        checks.push(key(&KeyDir::of(file, place.key_dir.as_deref()), file));
    }
    drop(tx);
    store.close().await;
    Ok(checks)
}

fn retro(r: &audit::Anonymous) -> Check {
    let what = format!("{} in {}", r.version, r.channel_id);
    let sheets = count(usize::try_from(r.sheets).unwrap_or(0), "sheet is", "sheets are");
    let open = match (r.phase.as_str(), r.withheld_ms) {
        ("collecting", _) => "The survey is open",
        (_, Some(_)) => "Too few people wrote for their words to be shown",
        ("cancelled", _) => "The retro was cancelled",
        _ => {
            let (verdict, detail) = mixed(r);
            return Check::new(&what, verdict, &detail);
        }
    };
    let detail = format!("{open}: {sheets} sealed under keyed names, whether or not their owners wrote anything.");
    Check::new(&what, Verdict::Ok, &detail)
}

fn mixed(r: &audit::Anonymous) -> (Verdict, String) {
    if r.sheets > 0 {
        return (
            Verdict::Fail,
            "The survey is over, but its sealed sheets are still here: start `lookback serve`, which removes them."
                .into(),
        );
    }
    if r.scrubs > 0 {
        let detail = "The answers are mixed, but the file is not cleaned yet: a running `lookback serve` does that within seconds.";
        return (Verdict::Note, detail.into());
    }
    let number = |n: i64, one, many| count(usize::try_from(n).unwrap_or(0), one, many);
    let named = match r.named {
        0 => String::new(),
        n => format!(" {} a name, as the author chose.", number(n, "note carries", "notes carry")),
    };
    let kept = number(r.notes, "note is", "notes are");
    let detail = format!(
        "The answers are mixed: {kept} kept, with no sealed sheet, no key and nothing that tells who wrote.{named}"
    );
    (Verdict::Ok, detail)
}

/// Rows that should not be there.
fn trace(found: &audit::Trace, now: DateTime<Utc>) -> Check {
    let hours = (now.timestamp_millis() - found.since_ms).max(0) / 3_600_000;
    let age = match usize::try_from(hours).unwrap_or(0) {
        0 => "less than an hour old".to_owned(),
        hours @ 1..48 => format!("{} old", count(hours, "hour", "hours")),
        hours => format!("{} old", count(hours / 24, "day", "days")),
    };
    let rows = match usize::try_from(found.rows).unwrap_or(0) {
        1 => format!("1 row, {age}"),
        rows => format!("{rows} rows, the oldest {age}"),
    };
    let detail = format!(
        "{rows}: {}. Start `lookback serve`, which removes what is no longer needed; if these rows are still here a day later, please report it.",
        found.what
    );
    Check::new(&format!("table {}", found.place), Verdict::Fail, &detail)
}

/// Texts without an author, and the people whose id may stand before one in an old page: a row of a note has its author
/// just before its text.
struct Nameless {
    texts: HashSet<Vec<u8>>,
    people: Vec<String>,
}

impl Nameless {
    /// How many bytes of a text are compared.
    const BEGIN: usize = 8;

    fn new(texts: &[String], people: Vec<String>) -> Self {
        let begin = |text: &String| text.as_bytes().get(..Self::BEGIN).map(<[u8]>::to_vec);
        Self { texts: texts.iter().filter_map(begin).collect(), people }
    }

    /// How often a person stands before a text.
    fn named(&self, bytes: &[u8]) -> usize {
        let texts = bytes.windows(Self::BEGIN).enumerate().filter(|(_, begin)| self.texts.contains(*begin));
        let before = texts.filter_map(|(at, _)| bytes.get(..at));
        before.filter(|before| self.people.iter().any(|id| before.ends_with(id.as_bytes()))).count()
    }
}

fn wal(file: &Path, nameless: &Nameless, scrubs: bool) -> anyhow::Result<Check> {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    let bytes = match std::fs::read(Path::new(&name)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let size = bytes.len();
    Ok(match (nameless.named(&bytes), scrubs) {
        (0, false) => Check::new("WAL", Verdict::Ok, &format!("No note in its {size} bytes shows its author.")),
        (0, true) => Check::new(
            "WAL",
            Verdict::Note,
            &format!(
                "Its {size} bytes are not emptied yet after a survey closed: a running `lookback serve` does that within seconds."
            ),
        ),
        (named, _) => {
            let texts = count(named, "note", "notes");
            let detail =
                format!("It shows the author of {texts}: start `lookback serve`, which empties it within a minute.");
            Check::new("WAL", Verdict::Fail, &detail)
        }
    })
}

/// Whether a copy of the data folder holds the key too.
fn key(keys: &KeyDir, database: &Path) -> Check {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let data = real(database).parent().map(Path::to_owned);
    let file = keys.before().map_or_else(|| keys.installation(), Path::to_owned);
    if file.exists() && data.is_some_and(|data| real(&file).starts_with(data)) {
        let mend = if keys.before().is_some() {
            "start `lookback serve` once, which moves it out"
        } else {
            "stop the server, move all key files to a folder outside it, and set LOOKBACK_KEY_DIR to that"
        };
        let detail = format!(
            "{} is in the data folder, so a copy of that folder can open the answers of an open survey: {mend}.",
            file.display()
        );
        return Check::new("key", Verdict::Fail, &detail);
    }
    Check::new("key", Verdict::Ok, "It lies outside the data folder.")
}

/// Free pages keep what was deleted unless it is overwritten. The format: <https://sqlite.org/fileformat2.html#the_freelist>
fn free_pages(file: &Path) -> anyhow::Result<Check> {
    let bytes = std::fs::read(file)?;
    let number = |at: usize| -> usize {
        let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        usize::try_from(four).unwrap_or(0)
    };
    let size = match bytes.get(16..18).and_then(|b| b.try_into().ok()).map_or(0, u16::from_be_bytes) {
        1 => 65_536,
        n => usize::from(n),
    };
    let page = |n: usize| n.checked_sub(1).map(|n| n * size);
    let is_empty = |from: usize, to: usize| bytes.get(from..to).is_none_or(|b| b.iter().all(|byte| *byte == 0));
    let (mut free, mut filled, mut trunk) = (0, 0, number(32));
    // A trunk page lists others; a damaged list must not run for ever.
    while let Some(start) = page(trunk).filter(|start| start + size <= bytes.len() && free <= bytes.len() / size.max(1))
    {
        let count = number(start + 4).min(size / 4);
        free += 1 + count;
        // Beside its list a trunk may keep numbers of pages that it listed before: they tell nothing.
        let pages = bytes.len() / size.max(1);
        filled += usize::from((start + 8..start + size).step_by(4).any(|at| number(at) > pages));
        for leaf in (0..count).filter_map(|i| page(number(start + 8 + 4 * i))) {
            filled += usize::from(!is_empty(leaf, leaf + size));
        }
        trunk = number(start);
    }
    Ok(if filled == 0 {
        Check::new("free pages", Verdict::Ok, &format!("{}, all overwritten.", count(free, "free page", "free pages")))
    } else {
        let detail = format!(
            "{filled} of {free} free pages hold old data: run `sqlite3 {} vacuum` once while the bot is stopped.",
            file.display()
        );
        Check::new("free pages", Verdict::Fail, &detail)
    })
}
