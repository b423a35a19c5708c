//! What is sent to Linear of an issue.

use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Tracker};
use lookback_core::text::cut;
use serde_json::{Map, Value, json};

use super::super::{Edit, Problem, markdown};

/// The fields of an issue by their names in the schema.
pub type Input = Map<String, Value>;

/// Fields without which an issue is filed all the same: its text names owner and date as well.
const OPTIONAL: [&str; 4] = [ASSIGNEE, "labelIds", "dueDate", "priority"];

const ASSIGNEE: &str = "assigneeId";

/// A new issue with this UUID v4 as its id, in the team with this id.
pub fn of_draft(draft: &Draft, id: &str, team: &str, labels: &[String]) -> Input {
    let mut input = Input::new();
    let mut put = |field: &str, value: Value| input.insert(field.to_owned(), value);
    put("id", json!(id));
    put("teamId", json!(team));
    put("title", title(&draft.title));
    put("description", json!(markdown::body(&draft.parts)));
    put("priority", priority(draft.priority));
    if let Some(account) = &draft.assignee {
        put(ASSIGNEE, json!(account));
    }
    if let Some(day) = draft.due {
        put("dueDate", json!(day));
    }
    if !labels.is_empty() {
        put("labelIds", json!(labels));
    }
    input
}

/// What an edit changes; `null` empties a field.
pub fn of_edit(edit: &Edit) -> Input {
    let mut input = Input::new();
    let mut put = |field: &str, value: Option<Value>| value.and_then(|value| input.insert(field.to_owned(), value));
    put("title", edit.title.as_deref().map(title));
    put("description", edit.parts.as_deref().map(|parts| json!(markdown::body(parts))));
    put(ASSIGNEE, edit.assignee.as_ref().map(|account| json!(account)));
    put("dueDate", edit.due.map(|day| json!(day)));
    put("priority", edit.priority.map(priority));
    input
}

/// Takes away what Linear refuses, if an issue can be without it; `false`: there is no such field. The owner becomes
/// nobody first. Where no field is named it may be the owner, or else any of the others.
pub fn lessen(input: &mut Input, problems: &[Problem]) -> bool {
    let is_named = |field: &str| problems.iter().any(|problem| problem.field == field);
    let is_nameless = problems.iter().all(|problem| problem.field.is_empty());
    let mut refused: Vec<&str> = OPTIONAL.into_iter().filter(|field| is_named(field)).collect();
    if problems.iter().any(|problem| !problem.field.is_empty() && !OPTIONAL.contains(&problem.field.as_str())) {
        return false;
    }
    if is_nameless {
        let has_owner = input.get(ASSIGNEE).is_some_and(Value::is_string);
        refused = if has_owner { vec![ASSIGNEE] } else { OPTIONAL.to_vec() };
    }
    let mut is_less = false;
    for field in refused {
        let old = input.remove(field);
        is_less |= old.is_some();
        if field == ASSIGNEE && old.is_some_and(|old| old.is_string()) {
            input.insert(field.to_owned(), Value::Null);
        }
    }
    is_less
}

fn title(title: &str) -> Value {
    json!(cut(title, Tracker::Linear.title_length()))
}

/// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
/// <https://github.com/linear/linear/blob/master/packages/sdk/src/schema.graphql> (`IssueCreateInput`)
fn priority(priority: Priority) -> Value {
    match priority {
        Priority::High => json!(2),
        Priority::Medium => json!(3),
        Priority::Low => json!(4),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn whole() -> Input {
        let fields =
            json!({ "title": "t", "assigneeId": "a", "labelIds": ["l"], "dueDate": "2026-12-01", "priority": 2 });
        fields.as_object().unwrap().clone()
    }

    fn lessened(mut input: Input, fields: &[&str]) -> Option<Value> {
        let problems: Vec<_> = fields.iter().map(|field| Problem::new(field, "no")).collect();
        lessen(&mut input, &problems).then(|| Value::from(input))
    }

    #[test]
    fn only_what_is_refused_is_left_out() {
        let but = |change: &dyn Fn(&mut Input)| {
            let mut input = whole();
            change(&mut input);
            Some(Value::from(input))
        };
        let unassign = |input: &mut Input| input.insert("assigneeId".into(), Value::Null);
        assert_eq!(lessened(whole(), &["dueDate"]), but(&|i| drop(i.remove("dueDate"))));
        assert_eq!(lessened(whole(), &["assigneeId"]), but(&|i| drop(unassign(i))));
        assert_eq!(lessened(whole(), &[""]), but(&|i| drop(unassign(i))));
        assert_eq!(lessened(whole(), &["labelIds", ""]), but(&|i| drop(i.remove("labelIds"))));
        for fields in [&["title"][..], &["teamId", "labelIds"], &["Project"]] {
            assert_eq!(lessened(whole(), fields), None, "{fields:?}");
        }
    }

    #[test]
    fn it_ends_with_what_an_issue_needs() {
        let mut input = whole();
        let mut times = 0;
        while lessen(&mut input, &[]) {
            times += 1;
        }
        assert_eq!((times, Value::from(input)), (2, json!({ "title": "t" })));
    }

    #[test]
    fn an_edit_sends_only_what_changes() {
        assert_eq!(of_edit(&Edit::default()), Input::new());
        let edit = Edit { assignee: Some(None), due: Some(None), ..Edit::default() };
        assert_eq!(Value::from(of_edit(&edit)), json!({ "assigneeId": null, "dueDate": null }));
        let due = NaiveDate::from_ymd_opt(2026, 12, 1);
        let edit =
            Edit { title: Some("ж".repeat(300)), due: Some(due), priority: Some(Priority::Low), ..Edit::default() };
        let input = of_edit(&edit);
        assert_eq!((input["dueDate"].as_str(), input["priority"].as_i64()), (Some("2026-12-01"), Some(4)));
        assert_eq!(input["title"].as_str().map(|title| title.chars().count()), Some(256));
    }
}
