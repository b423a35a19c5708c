//! Where a ticket stands, out of what Jira shows of it.

use serde_json::Value;

use super::words::is_wont;
use crate::trackers::Issue;
use lookback_core::model::ticket::{Seen, Standing};

/// The fields that tell it.
pub const FIELDS: [&str; 2] = ["status", "resolution"];

/// Whether a status of this category is an end. Names are translated; the key is not.
/// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-workflow-status-categories/>
pub fn is_end(category: &str) -> bool {
    category == "done"
}

/// Where a ticket with these fields stands; `None` where they hold no status.
pub fn standing(fields: &Value) -> Option<Standing> {
    let name = |pointer: &str| fields.pointer(pointer).and_then(Value::as_str);
    if !is_end(name("/status/statusCategory/key")?) {
        return Some(Standing::Open);
    }
    // Simple workflows resolve a ticket as done even where it is moved to a status such as Won't Do.
    let wont = [name("/resolution/name"), name("/status/name")].into_iter().flatten().find(|name| is_wont(name));
    Some(wont.map_or(Standing::Done, |word| Standing::Dropped(word.to_owned())))
}

/// A ticket with its page for people; `None` where the key or the address is none.
pub fn issue(site: &str, id: &str, key: &str, standing: Standing) -> Option<Issue> {
    let seen = Seen::new(key, &format!("{site}/browse/{key}"), standing)?;
    (!id.is_empty()).then(|| Issue { id: id.to_owned(), seen })
}

/// A ticket out of an answer that holds `id`, `key` and `fields`; `None` where it cannot be read.
pub fn read(site: &str, bean: &Value) -> Option<Issue> {
    let word = |name: &str| bean.get(name).and_then(Value::as_str);
    issue(site, word("id")?, word("key")?, standing(bean.get("fields")?)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn done_is_the_category_and_the_name_tells_how() {
        let of = |category: &str, status: &str, resolution: Value| {
            standing(
                &json!({"status": {"name": status, "statusCategory": {"key": category}}, "resolution": resolution}),
            )
        };
        let dropped = |word: &str| Some(Standing::Dropped(word.to_owned()));
        assert_eq!(of("new", "To Do", Value::Null), Some(Standing::Open));
        assert_eq!(of("indeterminate", "Rejected", json!({"name": "Won't Do"})), Some(Standing::Open));
        assert_eq!(of("undefined", "?", Value::Null), Some(Standing::Open));
        assert_eq!(of("done", "Erledigt", Value::Null), Some(Standing::Done));
        assert_eq!(of("done", "Closed", json!({"name": "Duplicate"})), dropped("Duplicate"));
        assert_eq!(of("done", "Won't Do", json!({"name": "Done"})), dropped("Won't Do"));
        assert_eq!(of("done", "Won't Do", Value::Null), dropped("Won't Do"));
        assert_eq!(standing(&json!({"status": null})), None);
    }

    #[test]
    fn what_cannot_be_read_is_no_ticket() {
        let fields = json!({"status": {"name": "To Do", "statusCategory": {"key": "new"}}});
        let good = json!({"id": "10001", "key": "OPS-1", "fields": fields});
        let issue = read("https://acme.example", &good).unwrap();
        assert_eq!((issue.id.as_str(), issue.seen.url.as_str()), ("10001", "https://acme.example/browse/OPS-1"));
        for odd in [
            json!({}),
            json!({"id": 1, "key": "A-1", "fields": fields}),
            json!({"id": "1", "key": "A|1", "fields": fields}),
        ] {
            assert_eq!(read("https://acme.example", &odd), None, "{odd}");
        }
    }
}
