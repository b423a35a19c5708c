//! Whether tickets can be filed in a project: asked when somebody sets up a channel.

use serde_json::Value;

use super::client::Jira;
use super::screen::{FILLED, Kind, kind};
use crate::trackers::{Fault, Lack};
use lookback_core::model::item::Priority;

/// What the account needs in a project, and in what words it is told.
/// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/>
const PERMISSIONS: [(&str, &str); 5] = [
    ("BROWSE_PROJECTS", "see issues"),
    ("CREATE_ISSUES", "create issues"),
    ("EDIT_ISSUES", "edit issues"),
    ("TRANSITION_ISSUES", "change the status of issues"),
    ("ASSIGN_ISSUES", "assign issues"),
];

impl Jira {
    /// What is missing to file in this project with this issue type; nothing where all is well.
    pub async fn check(&self, project: &str, kind_name: &str) -> Result<Vec<Lack>, Fault> {
        // At once: somebody waits for the answer.
        let path = ["project", project];
        let (found, forbidden, kinds) =
            tokio::join!(self.get::<Value>(&path, &[]), self.forbidden(project), self.kinds(project));
        let found = match found {
            Err(Fault::Gone) => return Ok(vec![Lack::NoSuchPlace]),
            found => found?,
        };
        if found.get("archived").and_then(Value::as_bool) == Some(true) {
            return Ok(vec![Lack::Archived]);
        }
        let forbidden = forbidden?;
        let may_create = !forbidden.contains(&"CREATE_ISSUES");
        let named = PERMISSIONS.iter().filter(|(key, _)| forbidden.contains(key));
        let mut lacks: Vec<Lack> = named.map(|(_, words)| Lack::MayNot((*words).to_owned())).collect();
        if may_create {
            lacks.extend(self.lacking(project, kind_name, kinds).await?);
        }
        Ok(lacks)
    }

    /// The permissions of the list that this account has not got in the project.
    async fn forbidden(&self, project: &str) -> Result<Vec<&'static str>, Fault> {
        let keys: Vec<&str> = PERMISSIONS.iter().map(|(key, _)| *key).collect();
        let query = [("projectKey", project), ("permissions", &keys.join(","))];
        let answer: Value = self.get(&["mypermissions"], &query).await?;
        let granted = answer.get("permissions").and_then(Value::as_object).ok_or(Fault::Unclear)?;
        let has = |key: &str| granted.get(key).and_then(|one| one.get("havePermission")?.as_bool()) == Some(true);
        Ok(keys.into_iter().filter(|key| !has(key)).collect())
    }

    /// What the issue type and its create screen lack.
    async fn lacking(
        &self,
        project: &str,
        kind_name: &str,
        kinds: Result<Vec<Kind>, Fault>,
    ) -> Result<Vec<Lack>, Fault> {
        let kinds = match kinds {
            // Of a project that is there, this says that the account may not create in it.
            Err(Fault::Gone) => return Ok(vec![Lack::MayNot("create issues".to_owned())]),
            kinds => kinds?,
        };
        let Some(kind) = kind(&kinds, kind_name) else {
            let have = kinds.into_iter().filter(|kind| !kind.subtask).map(|kind| kind.name).collect();
            return Ok(vec![Lack::NoSuchKind { have }]);
        };
        let screen = self.screen(project, &kind.id).await?;
        let mut filled = FILLED.to_vec();
        filled.push("labels");
        if Priority::ALL.into_iter().all(|priority| screen.priority(priority).is_some()) {
            filled.push("priority");
        }
        let names = screen.lacking(&filled);
        Ok(if names.is_empty() { Vec::new() } else { vec![Lack::Required(names)] })
    }
}
