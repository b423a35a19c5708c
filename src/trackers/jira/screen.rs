//! What can be filled in when a ticket is made: the create screen of a project and an issue type.
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-createmeta-projectidorkey-issuetypes-get>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Jira;
use crate::trackers::{Fault, Problem};
use lookback_core::model::item::Priority;
use lookback_core::text::{clean, cut};

/// How many entries a page holds at most, and how many pages are read.
const PAGE: usize = 200;
const PAGES: usize = 50;

/// The label of a ticket of high priority, where the scheme of the project may not show it.
pub const HIGH: &str = "priority-high";

/// Fields without which a ticket is as good: the text names owner and date, too.
pub const OPTIONAL: [&str; 4] = ["assignee", "duedate", "labels", "priority"];

/// Fields that are always filled in, by the client or by Jira (`reporter`: the caller).
pub const FILLED: [&str; 5] = ["project", "issuetype", "summary", "description", "reporter"];

/// An issue type of a project.
#[derive(Clone, Debug, Deserialize)]
pub struct Kind {
    pub id: String,
    pub name: String,
    /// Whether it needs a parent.
    #[serde(default)]
    pub subtask: bool,
}

/// A field on a screen.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Such as `duedate` or `customfield_10050`.
    pub field_id: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    has_default_value: bool,
    #[serde(default)]
    allowed_values: Option<Vec<Value>>,
}

/// The fields of a screen.
#[derive(Clone, Debug)]
pub struct Screen(pub Vec<Field>);

impl Screen {
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.field_id == id)
    }

    /// What people call the fields that have to be filled in, have no default, and are not among these.
    pub fn lacking(&self, filled: &[&str]) -> Vec<String> {
        let lacks = |field: &&Field| field.required && !field.has_default_value;
        let lacks = self.0.iter().filter(lacks).filter(|field| !filled.contains(&field.field_id.as_str()));
        lacks.map(|field| if field.name.is_empty() { &field.field_id } else { &field.name }.clone()).collect()
    }

    /// The value of the field `priority` for this one, where the field is there and has it.
    pub fn priority(&self, priority: Priority) -> Option<Value> {
        choose(self.field("priority")?.allowed_values.as_deref()?, priority)
    }

    /// The same fault, with the fields as people call them.
    pub fn named(&self, fault: Fault) -> Fault {
        let Fault::Refused(problems) = fault else { return fault };
        let named = problems.into_iter().map(|problem| match self.field(&problem.field) {
            Some(field) if !field.name.is_empty() => Problem::new(&field.name, &problem.words),
            Some(_) | None => problem,
        });
        Fault::Refused(named.collect())
    }
}

impl Jira {
    /// The issue types in which this account may file there.
    pub(super) async fn kinds(&self, project: &str) -> Result<Vec<Kind>, Fault> {
        self.listed(&["issue", "createmeta", project, "issuetypes"], "issueTypes").await
    }

    /// The create screen of an issue type, by its id.
    pub(super) async fn screen(&self, project: &str, kind: &str) -> Result<Screen, Fault> {
        self.listed(&["issue", "createmeta", project, "issuetypes", kind], "fields").await.map(Screen)
    }

    /// All pages of a list.
    async fn listed<R: DeserializeOwned>(&self, path: &[&str], list: &str) -> Result<Vec<R>, Fault> {
        let (mut all, most) = (Vec::new(), PAGE.to_string());
        for _ in 0..PAGES {
            let start = all.len().to_string();
            let mut page: Value = self.get(path, &[("startAt", &start), ("maxResults", &most)]).await?;
            let total = page.get("total").and_then(Value::as_u64);
            let entries = page.get_mut(list).map(Value::take).ok_or(Fault::Unclear)?;
            let entries: Vec<R> = serde_json::from_value(entries).map_err(|_| Fault::Unclear)?;
            let is_last = entries.is_empty() || total.is_none();
            all.extend(entries);
            if is_last || total.is_some_and(|total| u64::try_from(all.len()).is_ok_and(|read| read >= total)) {
                return Ok(all);
            }
        }
        Err(Fault::Unclear)
    }
}

/// The issue type of this name that needs no parent.
pub fn kind<'a>(kinds: &'a [Kind], name: &str) -> Option<&'a Kind> {
    let mut fit = kinds.iter().filter(|kind| !kind.subtask && kind.name.to_lowercase() == name.trim().to_lowercase());
    let first = fit.next()?;
    Some(std::iter::once(first).chain(fit).find(|kind| kind.name == name).unwrap_or(first))
}

/// Chooses a priority among the values of a scheme: by its name, which sites translate, else by the ids that a new site
/// gives them (1 Highest to 5 Lowest).
pub fn choose(allowed: &[Value], priority: Priority) -> Option<Value> {
    let (names, id) = match priority {
        Priority::High => (["high", "hoch", "haute", "élevée", "alta", "alto"], "2"),
        Priority::Medium => (["medium", "mittel", "moyenne", "normale", "media", "medio"], "3"),
        Priority::Low => (["low", "niedrig", "basse", "faible", "baja", "bajo"], "4"),
    };
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let by_name = names.iter().find_map(|name| allowed.iter().find(|value| word(value, "name") == *name));
    let is_standard = ["2", "3", "4"].iter().all(|id| allowed.iter().any(|value| word(value, "id") == *id));
    let by_id = || allowed.iter().find(|value| is_standard && word(value, "id") == id);
    let id = by_name.or_else(by_id)?.get("id")?;
    Some(json!({"id": id}))
}

/// A summary: one line of at most 255 characters.
pub fn summary(title: &str) -> String {
    short(clean(title).replace(['\n', '\t', '\u{2028}', '\u{2029}'], " ").trim())
}

/// At most 255 characters as Jira counts: one outside the basic plane, such as an emoji, is two.
fn short(text: &str) -> String {
    let (mut most, mut short) = (255, cut(text, 255));
    while short.encode_utf16().count() > 255 {
        most -= 1;
        short = cut(text, most);
    }
    short
}

/// Labels as Jira takes them, without spaces, each once.
pub fn labels(labels: &[String], priority: Priority) -> Vec<String> {
    let plain = |label: &String| short(&clean(label).split_whitespace().collect::<Vec<_>>().join("-"));
    let mut all: Vec<String> = Vec::new();
    for label in labels.iter().map(plain).chain((priority == Priority::High).then(|| HIGH.to_owned())) {
        if !label.is_empty() && !all.contains(&label) {
            all.push(label);
        }
    }
    all
}

/// The optional fields that a refusal is about; `None` where it is about anything else, too.
pub fn refused_optional(problems: &[Problem]) -> Option<BTreeSet<&str>> {
    let is_optional = |problem: &Problem| OPTIONAL.contains(&problem.field.as_str());
    let is_all = !problems.is_empty() && problems.iter().all(is_optional);
    is_all.then(|| problems.iter().map(|problem| problem.field.as_str()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(values: &[&str]) -> Vec<Value> {
        let value = |text: &&str| text.split_once(' ').map(|(id, name)| json!({"id": id, "name": name})).unwrap();
        values.iter().map(value).collect()
    }

    #[test]
    fn a_priority_is_chosen_by_its_name_else_by_the_standard_ids() {
        let id =
            |values: &[&str], priority| choose(&scheme(values), priority).map(|v| v["id"].as_str().unwrap().to_owned());
        let usual = ["1 Highest", "2 High", "3 Medium", "4 Low", "5 Lowest"];
        assert_eq!(id(&usual, Priority::High).as_deref(), Some("2"));
        let own = ["10 LOW", "11 medium", "12 High"];
        assert_eq!(id(&own, Priority::High).as_deref(), Some("12"));
        let german = ["2 Hoch", "3 Mittel", "4 Niedrig"];
        assert_eq!(id(&german, Priority::Low).as_deref(), Some("4"));
        let renamed = ["1 P0", "2 P1", "3 P2", "4 P3", "5 P4"];
        assert_eq!(id(&renamed, Priority::Medium).as_deref(), Some("3"));
        assert_eq!(id(&["2 Urgent", "7 Later"], Priority::High), None);
        assert_eq!(id(&[], Priority::High), None);
    }

    #[test]
    fn only_required_fields_without_a_default_are_lacking() {
        let fields = json!([
            {"fieldId": "summary", "key": "summary", "name": "Summary", "required": true, "operations": [], "schema": {}},
            {"fieldId": "reporter", "name": "Reporter", "required": true, "hasDefaultValue": false},
            {"fieldId": "customfield_1", "name": "Team", "required": true, "hasDefaultValue": false},
            {"fieldId": "customfield_2", "name": "Squad", "required": true, "hasDefaultValue": true},
            {"fieldId": "duedate", "name": "Due date", "required": false, "allowedValues": null},
        ]);
        let screen = Screen(serde_json::from_value(fields).unwrap());
        assert_eq!(screen.lacking(&FILLED), ["Team"]);
        let named = screen.named(Fault::Refused(vec![Problem::new("customfield_1", "Team is required.")]));
        assert_eq!(named, Fault::Refused(vec![Problem::new("Team", "Team is required.")]));
    }

    #[test]
    fn a_kind_that_needs_a_parent_is_none() {
        let of = |id: &str, name: &str, subtask| Kind { id: id.into(), name: name.into(), subtask };
        let kinds = [of("1", "Task", true), of("2", "TASK", false), of("3", "Task", false)];
        assert_eq!(kind(&kinds, "Task").map(|kind| kind.id.as_str()), Some("3"));
        assert_eq!(kind(&kinds, "task").map(|kind| kind.id.as_str()), Some("2"));
        assert!(kind(&kinds, "Bug").is_none());
    }

    #[test]
    fn a_summary_and_labels_are_as_jira_takes_them() {
        assert_eq!(summary(" a\r\nb\u{0}\n"), "a b");
        let crabs = summary(&"🦀".repeat(255));
        assert!(crabs.encode_utf16().count() <= 255 && crabs.ends_with('…'));
        assert_eq!(summary(&"x".repeat(255)).len(), 255);
        let typed = ["retro".to_owned(), " two  words".to_owned(), "retro".to_owned(), " ".to_owned()];
        assert_eq!(labels(&typed, Priority::High), ["retro", "two-words", HIGH]);
    }
}
