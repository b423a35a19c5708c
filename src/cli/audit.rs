//! `lookback audit anonymity`: looks, in the database itself, for anything that links a person to a text.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::check::{Check, Verdict};
use crate::config::Place;
use crate::keys::KeyDir;
use crate::store::{self, Store, audit, backup, runs};
use lookback_clock::Clock;
use lookback_core::text::count;

/// Looks at rows, keys, copies, free pages and the WAL. Changes nothing.
pub async fn anonymity(place: &Place) -> anyhow::Result<Vec<Check>> {
    let file = store::sqlite_file(&place.database_url);
    if let Some(file) = file.as_deref() {
        anyhow::ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    }
    // SQLite keeps the WAL beside the file itself, also where a link leads to it.
    let file = file.map(|file| std::fs::canonicalize(&file).unwrap_or(file));
    let now = Clock::system().now();
    let store = Store::look(&place.database_url).await?;
    let mut tx = store.read().await?;
    let retros = audit::anonymous(&mut tx).await?;
    // What a server would have removed since is no fault of a copy that nobody serves.
    let served = runs::read(&mut tx).await?.heartbeat_ms.unwrap_or(now.timestamp_millis());
    let traces = audit::traces(&mut tx, served).await?;
    let (texts, rightly) = (audit::nameless(&mut tx).await?, audit::named(&mut tx).await?);
    let people = audit::people(&mut tx).await?;
    let doomed = audit::doomed(&mut tx).await?;
    drop(tx);
    let dead = store.dead_rows().await?;
    // A reader would keep a running server from emptying the WAL.
    store.close().await;
    let mut checks: Vec<Check> = retros.iter().map(retro).collect();
    if retros.is_empty() {
        checks.push(Check::new("retros", Verdict::Note, "There is no anonymous retro in this database yet."));
    }
    checks.extend(traces.iter().map(|found| trace(found, now)));
    if traces.is_empty() {
        let detail = format!("No row tells who wrote; {} kinds were looked for.", audit::KINDS);
        checks.push(Check::new("tables", Verdict::Ok, &detail));
    }
    checks.extend(dead.into_iter().flat_map(server));
    if let Some(file) = file.as_deref() {
        let keys = KeyDir::of(file, place.key_dir.as_deref());
        checks.push(free_pages(file)?);
        checks.push(wal(file, &Nameless { texts, rightly, people }, retros.iter().any(|r| r.scrubs > 0))?);
        checks.push(key(&keys, file, place.key.is_some()));
        checks.extend(undestroyed(&keys, &doomed));
        checks.extend(backup::copies(file).iter().map(|copy| copied(copy)));
    }
    Ok(checks)
}

/// What a server of its own keeps beside the rows, and what cannot be seen of it from here.
fn server(dead: i64) -> [Check; 2] {
    let rows = count(usize::try_from(dead).unwrap_or(0), "deleted or replaced row", "deleted or replaced rows");
    let pages = match dead {
        0 => Check::new("pages", Verdict::Ok, "No deleted or replaced row is left in the tables of surveys."),
        _ => Check::new(
            "pages",
            Verdict::Note,
            &format!(
                "{rows} may be left in the tables of surveys. After each survey `lookback serve` writes these tables anew; `vacuum full` does it at once."
            ),
        ),
    };
    let unseen = "Not looked at: WAL archives, standbys and backups. Copies made during a survey hold its sealed answers and their key, sealed with LOOKBACK_KEY: keep LOOKBACK_KEY apart from these copies, and delete the copies when you no longer need them.";
    [pages, Check::new("elsewhere", Verdict::Note, unseen)]
}

fn retro(r: &audit::Anonymous) -> Check {
    let what = format!("{} in {}", r.version, r.channel_id);
    let sheets = count(usize::try_from(r.sheets).unwrap_or(0), "sheet is", "sheets are");
    let open = match (r.phase.as_str(), r.withheld_ms) {
        ("collecting", _) => "The survey is open",
        (_, Some(_)) => "Too few people wrote for their words to be shown",
        ("cancelled", _) => "The retro was cancelled",
        ("scheduled", _) => return Check::new(&what, Verdict::Ok, "The retro has not begun."),
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
    let detail = format!("The answers are mixed: {kept} kept, and no sealed sheet.{named}");
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
    texts: Vec<String>,
    /// People with texts of theirs that have their name rightly.
    rightly: Vec<(String, String)>,
    people: Vec<String>,
}

impl Nameless {
    /// How many bytes of a text are compared at most: the rest may lie in another page.
    const BEGIN: usize = 100;

    /// How often a person stands before a text that has no name.
    fn named(&self, bytes: &[u8]) -> usize {
        let begin = |text: &str| text.as_bytes().get(..text.len().min(Self::BEGIN)).unwrap_or_default().to_vec();
        let texts: Vec<Vec<u8>> = self.texts.iter().map(|text| begin(text)).filter(|text| text.len() > 2).collect();
        let rightly: HashSet<(&str, Vec<u8>)> =
            self.rightly.iter().map(|(id, text)| (id.as_str(), begin(text))).collect();
        let mut ids: HashMap<u8, Vec<&str>> = HashMap::new();
        for id in &self.people {
            ids.entry(id.bytes().next().unwrap_or_default()).or_default().push(id);
        }
        let is_nameless = |id: &str, after: &[u8]| {
            let mut found = texts.iter().filter(|text| after.starts_with(text));
            found.any(|text| !rightly.contains(&(id, text.clone())))
        };
        let starts = bytes.iter().enumerate().filter_map(|(at, byte)| Some((bytes.get(at..)?, ids.get(byte)?)));
        starts
            .filter(|(from, ids)| {
                let here = ids.iter().filter_map(|id| Some((*id, from.strip_prefix(id.as_bytes())?)));
                here.into_iter().any(|(id, after)| is_nameless(id, after))
            })
            .count()
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

/// Whether a copy of the data folder holds the key too; `is_set`: the installation's is no file.
fn key(keys: &KeyDir, database: &Path, is_set: bool) -> Check {
    let fail = |file: &Path, mend: &str| {
        let detail = format!(
            "{} is in the data folder, so a copy of that folder can open the answers of an open survey: {mend}.",
            file.display()
        );
        Check::new("key", Verdict::Fail, &detail)
    };
    let move_out = "stop the server, move all key files to a folder outside it, and set LOOKBACK_KEY_DIR to that";
    match (keys.before(), keys.installation()) {
        (Some(before), _) if !is_set => fail(before, "start `lookback serve` once, which moves it out"),
        (_, file) if file.exists() && keys.is_inside(database) => fail(&file, move_out),
        (_, file) if !is_set && !file.exists() => {
            let detail = format!("There is none at {}: name the settings file with --config.", file.display());
            Check::new("key", Verdict::Note, &detail)
        }
        _ if keys.is_inside(database) => {
            let folder = keys.folder().display();
            let detail = format!("{folder} is in the data folder; what lies there is sealed with LOOKBACK_KEY.");
            Check::new("key", Verdict::Note, &detail)
        }
        _ => Check::new("key", Verdict::Ok, "It is outside the data folder."),
    }
}

/// Keys of surveys that are over, which a server tried to destroy and could not.
fn undestroyed(keys: &KeyDir, doomed: &[String]) -> Option<Check> {
    let left = keys.names().into_iter().filter(|name| doomed.contains(name)).count();
    let detail = format!(
        "{} of surveys that are over could not be destroyed: make the files in {} writable, and `lookback serve` tries again.",
        count(left, "key", "keys"),
        keys.folder().display()
    );
    (left > 0).then(|| Check::new("keys", Verdict::Fail, &detail))
}

/// What was removed since stands in a copy.
fn copied(copy: &Path) -> Check {
    let detail = format!("{} is a copy of the database as it was: remove it once you do not need it.", copy.display());
    Check::new("copy", Verdict::Note, &detail)
}

/// Free pages keep what was deleted unless it is overwritten. The format: <https://sqlite.org/fileformat2.html#the_freelist>
fn free_pages(file: &Path) -> anyhow::Result<Check> {
    let mut pages = Pages::open(file)?;
    let number = |page: &[u8], at: usize| -> usize {
        let four = page.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        usize::try_from(four).unwrap_or(0)
    };
    let (mut free, mut filled, mut trunk) = (0, 0, number(&pages.head, 32));
    // A trunk page lists others; a damaged list must not run for ever.
    while let Some(page) = pages.read(trunk)?.filter(|_| free <= pages.count) {
        let listed = number(&page, 4).min(page.len() / 4);
        free += 1 + listed;
        // Beside its list a trunk may keep numbers of pages that it listed before: they tell nothing.
        filled += usize::from((8..page.len()).step_by(4).any(|at| number(&page, at) > pages.count));
        for leaf in (0..listed).map(|i| number(&page, 8 + 4 * i)) {
            filled += usize::from(pages.read(leaf)?.is_some_and(|leaf| leaf.iter().any(|byte| *byte != 0)));
        }
        trunk = number(&page, 0);
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

/// The pages of a database, read one by one: the file may be larger than the memory.
struct Pages {
    file: File,
    head: [u8; 100],
    size: usize,
    count: usize,
}

impl Pages {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = [0; 100];
        file.read_exact(&mut head)?;
        let size = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            size => usize::from(size).max(512),
        };
        let count = usize::try_from(file.metadata()?.len()).unwrap_or(0) / size;
        Ok(Self { file, head, size, count })
    }

    /// The page of this number, which begins at 1; `None` where there is none.
    fn read(&mut self, number: usize) -> io::Result<Option<Vec<u8>>> {
        if number == 0 || number > self.count {
            return Ok(None);
        }
        let mut page = vec![0; self.size];
        let at = u64::try_from((number - 1) * self.size).unwrap_or(0);
        self.file.seek(io::SeekFrom::Start(at))?;
        self.file.read_exact(&mut page)?;
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_from_another_that_begins_like_it_and_from_one_with_its_name() {
        let nameless = Nameless {
            texts: vec!["We should pair more".into(), "Too loud".into(), "ok".into()],
            rightly: vec![("U02NOOR".into(), "Too loud".into())],
            people: vec!["U02NOOR".into(), "U03SAM".into()],
        };
        for (bytes, named) in [
            ("..improveU03SAMWe should pair more..", 1),
            ("..improveU03SAMWe should automate..", 0),
            ("..improveU02NOORToo loud..U03SAMToo loud..", 1),
            ("..improveToo loud..U03SAM..", 0),
            ("U03SAMok", 0),
            ("U03SA", 0),
        ] {
            assert_eq!(nameless.named(bytes.as_bytes()), named, "{bytes}");
        }
    }

    #[test]
    fn where_the_key_lies_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let database = data.join("lookback.db");
        let inside = KeyDir::of(&database, Some(&data.join("keys")));
        let outside = KeyDir::of(&database, None);
        let verdict = |keys: &KeyDir, is_set| key(keys, &database, is_set).verdict;
        assert_eq!((verdict(&outside, false), verdict(&outside, true)), (Verdict::Note, Verdict::Ok));
        assert_eq!((verdict(&inside, false), verdict(&inside, true)), (Verdict::Note, Verdict::Note));
        for keys in [&inside, &outside] {
            std::fs::create_dir(keys.folder()).unwrap();
            std::fs::write(keys.installation(), "key").unwrap();
        }
        assert_eq!((verdict(&outside, false), verdict(&inside, false)), (Verdict::Ok, Verdict::Fail));
        std::fs::remove_file(outside.installation()).unwrap();
        std::fs::write(data.join("lookback.key"), "key").unwrap();
        assert_eq!(verdict(&outside, false), Verdict::Fail, "the key of an earlier version");
        // A key of a survey that is over.
        outside.put("a", b"sealed").unwrap();
        assert!(undestroyed(&outside, &["a".into()]).is_some() && undestroyed(&outside, &["b".into()]).is_none());
    }
}
