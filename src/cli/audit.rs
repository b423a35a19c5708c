//! `lookback audit anonymity`: shows, from the database itself, that nothing links a person to a text.

use std::path::Path;

use super::check::{Check, Verdict};
use crate::store::{self, Store, audit};
use lookback_core::text::count;

/// Looks at rows, keys, free pages and the WAL. Changes nothing.
pub async fn anonymity(url: &str) -> anyhow::Result<Vec<Check>> {
    let file = store::sqlite_file(url);
    if let Some(file) = file.as_deref() {
        anyhow::ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    }
    let store = Store::look(url).await?;
    let mut tx = store.read().await?;
    let retros = audit::anonymous(&mut tx).await?;
    let mut checks: Vec<Check> = retros.iter().map(retro).collect();
    if retros.is_empty() {
        checks.push(Check::new("retros", Verdict::Note, "There is no anonymous retro in this database yet."));
    }
    if let Some(file) = file.as_deref() {
        checks.push(free_pages(file)?);
        checks.push(wal(file, retros.iter().any(|r| r.scrubs > 0)));
    }
    drop(tx);
    store.close().await;
    Ok(checks)
}

fn retro(r: &audit::Anonymous) -> Check {
    let what = format!("{} in {}", r.version, r.channel_id);
    let open = r.phase == "collecting" || r.phase == "cancelled" || r.withheld_ms.is_some();
    if r.readable > 0 {
        let detail = "Answers of an earlier version can be read: start `lookback serve` once, which seals them.";
        return Check::new(&what, Verdict::Fail, detail);
    }
    if open {
        let state = match (r.phase.as_str(), r.withheld_ms) {
            ("collecting", _) => "The survey is open",
            (_, Some(_)) => "Fewer people wrote than the threshold",
            _ => "It was cancelled",
        };
        return Check::new(
            &what,
            Verdict::Ok,
            &format!(
                "{state}: {} sealed, all of one length and under keyed names; no text can be read, and nobody can tell who wrote.",
                count(usize::try_from(r.responses).unwrap_or(0), "sheet is", "sheets are")
            ),
        );
    }
    let left = r.responses + r.keys + r.told_apart;
    if left > 0 {
        let detail = format!(
            "{} sealed sheets, {} keys and {} marks of who wrote are left, though the survey is over.",
            r.responses, r.keys, r.told_apart
        );
        return Check::new(&what, Verdict::Fail, &detail);
    }
    if r.scrubs > 0 {
        let detail = "Mixed; the file is still to be cleaned, which a running `lookback serve` does within seconds.";
        return Check::new(&what, Verdict::Note, detail);
    }
    let named = if r.named > 0 { format!(" {} carry a name, as their authors chose.", r.named) } else { String::new() };
    Check::new(
        &what,
        Verdict::Ok,
        &format!("Mixed: {} notes, no sealed sheet, no key, nothing that tells who wrote.{named}", r.notes),
    )
}

fn wal(file: &Path, scrubs: bool) -> Check {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    let size = std::fs::metadata(Path::new(&name)).map_or(0, |m| m.len());
    let detail = if scrubs {
        format!("The WAL ({size} bytes) is still to be emptied after a close.")
    } else {
        format!("The WAL holds {size} bytes; it was emptied after every close.")
    };
    Check::new("WAL", if scrubs { Verdict::Note } else { Verdict::Ok }, &detail)
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
