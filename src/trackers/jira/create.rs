//! How a ticket is filed.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::adf::description;
use super::client::{Jira, unsent};
use super::screen::{FILLED, Kind, Screen, kind, labels, refused_optional, summary};
use super::standing::issue;
use crate::http::Answer;
use crate::trackers::{Fault, Issue, Problem};
use lookback_core::model::ticket::{Draft, Part, Standing};

impl Jira {
    /// Files a ticket whose description holds the marker (a UUID). Optional fields that Jira refuses are left out. Where it is
    /// in doubt ([`Fault::Unclear`]), [`Jira::find`] tells later.
    pub async fn create(&self, project: &str, kind_name: &str, draft: &Draft, marker: &str) -> Result<Issue, Fault> {
        let site = self.site().await.map_err(unsent)?;
        let kinds = self.kinds(project).await.map_err(unsent)?;
        let kind = kind(&kinds, kind_name).ok_or_else(|| no_such_kind(&kinds))?;
        let screen = self.screen(project, &kind.id).await.map_err(unsent)?;
        let mut fields = fields(&screen, draft, marker);
        fields.insert("project".to_owned(), json!({"key": project}));
        fields.insert("issuetype".to_owned(), json!({"id": kind.id}));
        let filled: Vec<&str> = FILLED.into_iter().chain(fields.keys().map(String::as_str)).collect();
        let lacking = screen.lacking(&filled);
        if !lacking.is_empty() {
            let problem = |name: &String| Problem::new(name, &format!("{name} is required."));
            return Err(Fault::Refused(lacking.iter().map(problem).collect()));
        }
        loop {
            match self.write(&Method::POST, &["issue"], &json!({"fields": fields})).await {
                Ok(answer) => return created(&site, &answer),
                Err(Fault::Refused(problems)) if leaves_out(&mut fields, &problems) => {}
                Err(fault) => return Err(screen.named(fault)),
            }
        }
    }
}

fn no_such_kind(kinds: &[Kind]) -> Fault {
    let names: Vec<&str> = kinds.iter().filter(|kind| !kind.subtask).map(|kind| kind.name.as_str()).collect();
    Fault::Refused(vec![Problem::new(
        "issuetype",
        &format!("The project has only these issue types: {}", names.join(", ")),
    )])
}

/// The fields that the draft fills in, without project and issue type: of the optional ones those on the screen.
fn fields(screen: &Screen, draft: &Draft, marker: &str) -> Map<String, Value> {
    let summary = summary(&draft.title);
    let mut parts = draft.parts.clone();
    if summary.chars().count() < draft.title.trim().chars().count() && summary.ends_with('…') {
        parts.insert(0, Part::Text(draft.title.clone()));
    }
    let labels = labels(&draft.labels, draft.priority);
    let optional = [
        ("assignee", draft.assignee.as_ref().map(|account| json!({"accountId": account}))),
        ("duedate", draft.due.map(|due| json!(due.to_string()))),
        ("labels", (!labels.is_empty()).then(|| json!(labels))),
        ("priority", screen.priority(draft.priority)),
    ];
    let optional = optional.into_iter().filter(|(id, _)| screen.field(id).is_some());
    let optional = optional.filter_map(|(id, value)| Some((id.to_owned(), value?)));
    let text = [("summary".to_owned(), json!(summary)), ("description".to_owned(), description(&parts, marker))];
    text.into_iter().chain(optional).collect()
}

/// Takes out the optional fields that a refusal is about. False where it is about anything else, or none was there.
fn leaves_out(fields: &mut Map<String, Value>, problems: &[Problem]) -> bool {
    let Some(refused) = refused_optional(problems) else { return false };
    refused.into_iter().filter(|id| fields.remove(*id).is_some()).count() > 0
}

fn created(site: &str, answer: &Answer) -> Result<Issue, Fault> {
    #[derive(Deserialize)]
    struct Created {
        id: String,
        key: String,
    }
    let created: Created = serde_json::from_slice(&answer.body).map_err(|_| Fault::Unclear)?;
    issue(site, &created.id, &created.key, Standing::Open).ok_or(Fault::Unclear)
}

#[cfg(test)]
mod tests {
    use lookback_core::model::item::Priority;

    use super::*;

    fn draft() -> Draft {
        Draft {
            title: "Buy a lock".into(),
            parts: vec![Part::Text("Why: theft".into())],
            assignee: Some("acc-1".into()),
            due: chrono::NaiveDate::from_ymd_opt(2026, 12, 1),
            priority: Priority::High,
            labels: vec!["retro".into()],
        }
    }

    fn screen(ids: &[&str]) -> Screen {
        let values = [json!({"id": "2", "name": "High"})];
        let field = |id: &&str| json!({"fieldId": id, "name": id, "required": false, "allowedValues": values});
        Screen(serde_json::from_value(ids.iter().map(field).collect()).unwrap())
    }

    #[test]
    fn only_fields_of_the_screen_are_filled_in() {
        let all = fields(&screen(&["assignee", "duedate", "labels", "priority"]), &draft(), "m");
        assert_eq!(all["assignee"], json!({"accountId": "acc-1"}));
        assert_eq!(all["duedate"], "2026-12-01");
        assert_eq!(all["labels"], json!(["retro", "priority-high"]));
        assert_eq!(all["priority"], json!({"id": "2"}));
        let few = fields(&screen(&["summary"]), &draft(), "m");
        assert_eq!(few.keys().collect::<Vec<_>>(), ["description", "summary"]);
    }

    #[test]
    fn a_title_that_is_cut_is_whole_in_the_description() {
        let long = Draft { title: "🦀".repeat(200), ..draft() };
        let fields = fields(&screen(&[]), &long, "m");
        assert!(fields["description"].to_string().contains(&long.title));
    }

    #[test]
    fn a_refusal_of_optional_fields_alone_leaves_them_out() {
        let mut all = fields(&screen(&["assignee", "duedate"]), &draft(), "m");
        let of = |field: &str| Problem::new(field, "No.");
        assert!(!leaves_out(&mut all, &[of("assignee"), of("summary")]));
        assert!(!leaves_out(&mut all, &[]));
        assert!(leaves_out(&mut all, &[of("assignee"), of("duedate")]));
        assert!(!all.contains_key("assignee") && !leaves_out(&mut all, &[of("assignee")]));
    }

    #[test]
    fn a_success_without_a_readable_id_is_in_doubt() {
        let answer = |body: &str| Answer {
            status: axum::http::StatusCode::CREATED,
            headers: axum::http::HeaderMap::new(),
            body: body.to_owned().into(),
        };
        let filed = created("https://a.example", &answer(r#"{"id":"1","key":"OPS-1","self":"x"}"#)).unwrap();
        assert_eq!(filed.seen.url, "https://a.example/browse/OPS-1");
        for odd in ["", "{", "{}", r#"{"id":7,"key":"OPS-1"}"#, r#"{"id":"","key":"OPS-1"}"#, r#"{"id":"1","key":""}"#]
        {
            assert_eq!(created("https://a.example", &answer(odd)), Err(Fault::Unclear), "{odd}");
        }
    }
}
