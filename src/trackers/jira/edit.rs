//! How the fields of a ticket are changed.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::adf::description;
use super::client::{Jira, unsent};
use super::screen::{HIGH, choose, refused_optional, summary};
use crate::trackers::{Edit, Fault, Problem};
use lookback_core::model::item::Priority;

/// What a `PUT` writes: values of fields, and labels that come or go.
#[derive(Debug, Default)]
struct Change {
    fields: Map<String, Value>,
    update: Map<String, Value>,
}

impl Jira {
    /// Writes the given fields and no other; the new parts keep the marker. Optional fields that Jira refuses or does not have
    /// are left out; where it refuses the new owner, nobody is put in the place of the old one.
    pub async fn edit(&self, id: &str, edit: &Edit, marker: &str) -> Result<(), Fault> {
        let mut change = change(edit, marker);
        if let Some(priority) = edit.priority {
            self.prioritize(id, priority, &mut change).await?;
        }
        while !change.is_empty() {
            match self.write(&Method::PUT, &["issue", id], &change.body()).await {
                Ok(_) => return Ok(()),
                Err(Fault::Refused(problems)) if change.leaves_out(&problems) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Adds a priority, and the label that says it, as far as the edit screen takes them.
    async fn prioritize(&self, id: &str, priority: Priority, change: &mut Change) -> Result<(), Fault> {
        let screen: Result<Value, Fault> = self.get(&["issue", id, "editmeta"], &[]).await;
        let operation = if priority == Priority::High { "add" } else { "remove" };
        let label = json!([{operation: HIGH}]);
        match screen.map_err(unsent) {
            Ok(screen) => {
                let allowed = screen.pointer("/fields/priority/allowedValues").and_then(Value::as_array);
                let value = allowed.and_then(|allowed| choose(allowed, priority));
                change.fields.extend(value.map(|value| ("priority".to_owned(), value)));
                if screen.pointer("/fields/labels").is_some() {
                    change.update.insert("labels".to_owned(), label);
                }
            }
            // What the screen holds is not to be seen: the refusal of the edit tells it.
            Err(Fault::Gone | Fault::Forbidden | Fault::Refused(_)) => {
                let name = match priority {
                    Priority::High => "High",
                    Priority::Medium => "Medium",
                    Priority::Low => "Low",
                };
                change.fields.insert("priority".to_owned(), json!({"name": name}));
                change.update.insert("labels".to_owned(), label);
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }
}

/// The change without the priority.
fn change(edit: &Edit, marker: &str) -> Change {
    let assignee =
        |account: &Option<String>| account.as_ref().map_or(Value::Null, |account| json!({"accountId": account}));
    let fields = [
        ("summary", edit.title.as_ref().map(|title| json!(summary(title)))),
        ("description", edit.parts.as_ref().map(|parts| description(parts, marker))),
        ("assignee", edit.assignee.as_ref().map(assignee)),
        ("duedate", edit.due.map(|due| due.map_or(Value::Null, |due| json!(due.to_string())))),
    ];
    let fields = fields.into_iter().filter_map(|(id, value)| Some((id.to_owned(), value?))).collect();
    Change { fields, update: Map::new() }
}

impl Change {
    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.update.is_empty()
    }

    /// Parts without an entry are left out.
    fn body(&self) -> Value {
        let parts = [("fields", &self.fields), ("update", &self.update)];
        let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
        parts.map(|(name, part)| (name.to_owned(), Value::Object(part.clone()))).collect::<Map<_, _>>().into()
    }

    /// Takes out the optional fields that a refusal is about; a new owner becomes nobody first. False where it is about
    /// anything else, or none was there.
    fn leaves_out(&mut self, problems: &[Problem]) -> bool {
        let Some(refused) = refused_optional(problems) else { return false };
        let mut is_less = false;
        for id in refused {
            is_less |= match self.fields.get_mut(id) {
                Some(owner) if id == "assignee" && !owner.is_null() => {
                    *owner = Value::Null;
                    true
                }
                Some(_) | None => self.fields.remove(id).or_else(|| self.update.remove(id)).is_some(),
            };
        }
        is_less
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_written() {
        let none = change(&Edit::default(), "m");
        assert!(none.is_empty());
        let due = change(&Edit { due: Some(None), ..Edit::default() }, "m");
        assert_eq!(due.body(), json!({"fields": {"duedate": null}}));
        let some = Edit { title: Some("a\nb".into()), assignee: Some(None), parts: Some(vec![]), ..Edit::default() };
        let body = change(&some, "0a-0b").body();
        assert_eq!((&body["fields"]["summary"], &body["fields"]["assignee"]), (&json!("a b"), &Value::Null));
        assert!(body["fields"]["description"].to_string().contains("(lookback0a0b)"));
    }

    #[test]
    fn a_refused_owner_becomes_nobody_and_then_is_left_out() {
        let mut change = change(&Edit { assignee: Some(Some("acc".into())), ..Edit::default() }, "m");
        change.update.insert("labels".into(), json!([{"add": HIGH}]));
        let of = |field: &str| Problem::new(field, "No.");
        assert!(!change.leaves_out(&[of("summary"), of("assignee")]));
        assert!(change.leaves_out(&[of("assignee"), of("labels")]));
        assert_eq!(change.body(), json!({"fields": {"assignee": null}}));
        assert!(change.leaves_out(&[of("assignee")]));
        assert!(change.is_empty() && !change.leaves_out(&[of("assignee")]));
    }
}
