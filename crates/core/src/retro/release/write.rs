//! Release data as people read and edit it, and what two versions of it differ in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::Release;

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
/// As YAML, in the form that [`Release::read`] takes.
pub fn yaml(release: &Release) -> String {
    let mut out = String::new();
    let value = serde_json::to_value(release).unwrap_or_default();
    for key in super::KEYS[0].1 {
        let Some(value) = value.get(*key) else { continue };
        let _ = match value {
            Value::Array(rows) => {
                let _ = writeln!(out, "{key}:");
                rows.iter().try_for_each(|row| writeln!(out, "  - {}", flow(key, row)))
            }
            Value::String(text) if text.contains('\n') => {
                let _ = writeln!(out, "{key}: {}", if text.ends_with('\n') { "|" } else { "|-" });
                text.lines().try_for_each(
                    |line| {
                        if line.is_empty() { writeln!(out) } else { writeln!(out, "  {line}") }
                    },
                )
            }
            other => writeln!(out, "{key}: {}", flow(key, other)),
        };
    }
    out
}

/// A value on one line, its keys in their order.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
fn flow(part: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let known = super::KEYS.iter().find(|(k, _)| *k == part).map_or(&[][..], |(_, keys)| keys);
            let pairs = known.iter().filter_map(|k| Some(format!("{k}: {}", scalar(map.get(*k)?))));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => scalar(other),
    }
}

fn scalar(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let plain = text.chars().next().is_some_and(char::is_alphanumeric)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '%' | '/' | ':' | '+'))
        && !matches!(text.to_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no");
    if plain { text.clone() } else { value.to_string() }
}

/// What changed from one to the other, a line each: `incidents.total: 0 → 1`. Plain text, rows by their name.
pub fn changes(before: &Release, after: &Release) -> Vec<String> {
    let (old, new) = (leaves(before), leaves(after));
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter()
        .filter(|k| old.get(*k) != new.get(*k))
        .map(|k| match (old.get(k), new.get(k)) {
            (Some(old), None) if k != "plan" => format!("{k}: removed (was {})", crate::text::cut(old, 60)),
            (Some(_), None) => format!("{k}: removed"),
            _ if k == "plan" => "plan: changed".to_owned(),
            (Some(old), Some(new)) => format!("{k}: {old} → {new}"),
            (_, new) => format!("{k}: {}", new.map_or("", String::as_str)),
        })
        .collect()
}

fn leaves(release: &Release) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    walk("", &serde_json::to_value(release).unwrap_or_default(), &mut out);
    out
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
fn walk(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                walk(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, out);
            }
        }
        Value::Array(rows) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for row in rows {
                let name = row.get("phase").or(row.get("name")).and_then(Value::as_str).unwrap_or_default();
                let times = seen.entry(name.to_owned()).or_insert(0);
                *times += 1;
                let name = if *times > 1 { format!("{name} ({times})") } else { name.to_owned() };
                walk(&format!("{path}[{name}]"), row, out);
            }
        }
        Value::String(text) => {
            out.insert(path.to_owned(), text.clone());
        }
        other => {
            out.insert(path.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        Release::read(text, Some("v1")).unwrap()
    }

    #[test]
    fn a_second_import_says_what_changed() {
        let before = release(
            "incidents: {total: 0, rollbacks: 0}\ntimeline: [{phase: Smoke, planned: 5 min}]\nlead_time: 2 days",
        );
        let after =
            release("incidents: {total: 1}\ntimeline: [{phase: Smoke, planned: 5 min, actual: 1h}]\nlead_time: 2 days");
        assert_eq!(
            changes(&before, &after),
            [
                "incidents.rollbacks: removed (was 0)",
                "incidents.total: 0 → 1",
                "timeline[Smoke].actual: 1 hour",
                "timeline[Smoke].phase: Smoke"
            ]
            .into_iter()
            .filter(|l| !l.ends_with("phase: Smoke"))
            .collect::<Vec<_>>()
        );
        assert_eq!(changes(&before, &before), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(words in "\\PC{1,40}", plan in "[ -~\n]{0,60}", n in 0u64..1000) {
            let mut r = release("incidents: {total: 0}");
            r.incidents.total = Some(n);
            r.incidents.note = Some(crate::text::clean(&words).trim().to_owned()).filter(|w| !w.is_empty());
            r.plan = Some(plan.trim().to_owned()).filter(|p| !p.is_empty() && !p.lines().any(|l| l.starts_with(' ')));
            let text = yaml(&r);
            proptest::prop_assert_eq!(Release::read(&text, None).map_err(|e| e.to_string()), Ok(r), "{}", text);
        }
    }
}
