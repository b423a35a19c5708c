//! Issues changed: text, owner, priority, state, and doubles.
//! <https://docs.github.com/rest/issues/issues#update-an-issue>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::GitHub;
use super::door::{Ask, escaped, read};
use super::issue::{HIGH, Id, Raw, body, title};
use super::issues::Wishes;
use crate::trackers::{Edit, Fault, Move, markdown};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Part, Seen, Standing};

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    body: Option<String>,
}

impl GitHub {
    /// Writes what is given. The due date is in the parts only; an owner that GitHub refuses leaves it to nobody,
    /// a label that it refuses is left out.
    pub async fn edit(&self, id: &str, edit: &Edit, marker: &str) -> Result<(), Fault> {
        let id = Id::read(id).ok_or(Fault::Gone)?;
        let mut fields = Map::new();
        if let Some(text) = &edit.title {
            fields.insert("title".to_owned(), json!(title(text)));
        }
        if let Some(parts) = &edit.parts {
            fields.insert("body".to_owned(), json!(body(parts, marker)));
        }
        let assignees = edit.assignee.clone().map(|login| login.into_iter().collect());
        self.write(&id, fields, Wishes { assignees, labels: None }).await?;
        match edit.priority {
            Some(Priority::High) => optional(self.add_label(&id).await),
            Some(Priority::Medium | Priority::Low) => optional(self.remove_label(&id).await),
            None => Ok(()),
        }
    }

    async fn write(&self, id: &Id, mut fields: Map<String, Value>, mut wishes: Wishes) -> Result<(), Fault> {
        loop {
            wishes.put(&mut fields);
            if fields.is_empty() {
                return Ok(());
            }
            match self.patch(id, Value::Object(fields.clone())).await {
                Ok(_) => return Ok(()),
                Err(Fault::Refused(problems)) if wishes.forgo(&problems) => {
                    // The owner before is the owner no more.
                    fields.insert("assignees".to_owned(), json!([]));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn patch(&self, id: &Id, fields: Value) -> Result<Raw, Fault> {
        read(&self.send(&id.repo, &Ask::patch(id.path(), fields)).await?)
    }

    /// <https://docs.github.com/rest/issues/labels#add-labels-to-an-issue>
    async fn add_label(&self, id: &Id) -> Result<(), Fault> {
        let ask = Ask::post(format!("{}/labels", id.path()), json!({"labels": [HIGH]}));
        self.send(&id.repo, &ask).await.map(|_| ())
    }

    /// Takes the one label away, so that what people add in the same moment stays.
    async fn remove_label(&self, id: &Id) -> Result<(), Fault> {
        let at = format!("{}/labels", id.path());
        let answer = self.send(&id.repo, &Ask::get(format!("{at}?per_page=100"))).await?;
        let labels: Vec<Label> = read(&answer)?;
        let (high, rest): (Vec<&Label>, Vec<&Label>) =
            labels.iter().partition(|label| label.name.eq_ignore_ascii_case(HIGH));
        if high.is_empty() {
            return Ok(());
        }
        match self.send(&id.repo, &Ask::delete(format!("{at}/{}", escaped(HIGH)))).await {
            // Gone meanwhile, or an API that cannot take one label away.
            Err(Fault::Gone) => {
                let rest: Vec<&str> = rest.iter().map(|label| label.name.as_str()).collect();
                self.patch(id, json!({"labels": rest})).await.map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }

    /// Moves a ticket to a state, unless it is there already; how it stands then.
    pub async fn set_state(&self, id: &str, to: Move) -> Result<Seen, Fault> {
        let id = Id::read(id).ok_or(Fault::Gone)?;
        let raw = self.fetch(&id).await?;
        let (is_there, state, reason) = match (to, raw.standing()) {
            (Move::Done, now) => (now == Standing::Done, "closed", "completed"),
            (Move::Drop, now) => (matches!(now, Standing::Dropped(_)), "closed", "not_planned"),
            (Move::Reopen, now) => (now == Standing::Open, "open", "reopened"),
        };
        if is_there {
            return Ok(raw.issue()?.seen);
        }
        let id = raw.id()?;
        // GitHub ignores the reason unless the state changes with it.
        if state == "closed" && raw.standing() != Standing::Open {
            self.patch(&id, json!({"state": "open", "state_reason": "reopened"})).await?;
        }
        let raw = self.patch(&id, json!({"state": state, "state_reason": reason})).await?;
        Ok(raw.issue()?.seen)
    }

    /// Says below a double which ticket stays, once, and closes it.
    pub async fn retire(&self, id: &str, elder: &Seen) -> Result<(), Fault> {
        let at = Id::read(id).ok_or(Fault::Gone)?;
        let text = markdown::body(&[
            Part::Text(format!("Filed twice by an error, see {}.", elder.key)),
            Part::Link { label: elder.key.clone(), url: elder.url.clone() },
        ]);
        let comments = format!("{}/comments", at.path());
        let told: Vec<Comment> = read(&self.send(&at.repo, &Ask::get(format!("{comments}?per_page=100"))).await?)?;
        if !told.iter().any(|comment| comment.body.as_deref() == Some(text.as_str())) {
            self.send(&at.repo, &Ask::post(comments, json!({"body": text}))).await?;
        }
        self.set_state(id, Move::Drop).await.map(|_| ())
    }
}

/// A label that GitHub refuses is none: the text tells the priority in words.
fn optional(written: Result<(), Fault>) -> Result<(), Fault> {
    match written {
        Err(Fault::Forbidden | Fault::Gone | Fault::Refused(_)) => Ok(()),
        other => other,
    }
}
