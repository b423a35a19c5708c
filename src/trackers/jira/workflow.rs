//! How a ticket is closed and opened again: by the transitions of its workflow, which differs from project to project.
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-get>

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::adf::{double, text_of};
use super::client::{Jira, unsent};
use super::standing::{FIELDS, is_end, read};
use super::words::{is_refusal, is_success, is_wont};
use crate::trackers::{Fault, Issue, Move, Problem};
use lookback_core::model::ticket::{Seen, Standing};

/// How many transitions a ticket is taken through at most.
const STEPS: usize = 5;

/// A transition that is possible from where the ticket stands.
#[derive(Clone, Debug, Deserialize)]
struct Way {
    id: String,
    #[serde(default)]
    name: String,
    to: Status,
    /// The fields of its screen.
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    #[serde(default, rename = "isAvailable")]
    is_available: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    id: String,
    #[serde(default)]
    name: String,
    status_category: Category,
}

#[derive(Clone, Debug, Deserialize)]
struct Category {
    key: String,
}

/// A ticket and the status in which it stands.
struct Now {
    issue: Issue,
    status: Status,
}

/// The next step.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    way: String,
    /// The value of the field `resolution`, where the screen asks for it.
    resolution: Option<Value>,
    /// Whether it is the last.
    is_goal: bool,
}

/// The statuses between which a ticket was taken.
#[derive(Debug, Default)]
struct Walk {
    /// Of each status that it stood in: where its transitions go.
    seen: BTreeMap<String, BTreeSet<String>>,
    /// Transitions that Jira refused.
    refused: BTreeSet<String>,
    /// Why a transition that leads there cannot be taken. Then no other status is tried: that would only shift the ticket.
    problems: Vec<Problem>,
}

impl Jira {
    /// Closes a ticket or opens it again, by several transitions if need be. What it is afterwards is told, not what was wanted.
    pub async fn set_state(&self, id: &str, to: Move) -> Result<Seen, Fault> {
        let mut now = self.now(id).await.map_err(unsent)?;
        let mut walk = Walk::default();
        for step in 0..=STEPS {
            if stands(&now.issue.seen.standing, to) {
                return Ok(now.issue.seen);
            }
            let ways = self.ways(id).await;
            // Before the first write nothing can have happened.
            let ways = if step == 0 { ways.map_err(unsent)? } else { ways? };
            let Some(next) = walk.next(&ways, &now, to).filter(|_| step < STEPS) else { break };
            match self.take(id, &next).await {
                Ok(()) => {}
                Err(Fault::Refused(said)) => {
                    walk.refused.insert(next.way);
                    walk.problems.extend(said.into_iter().filter(|_| next.is_goal));
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            now = self.now(id).await?;
            if next.is_goal {
                return Ok(now.issue.seen);
            }
        }
        // Won't Do has no status and no resolution of its own in some workflows: any end is one.
        if to == Move::Drop && now.issue.seen.standing == Standing::Done {
            return Ok(now.issue.seen);
        }
        let problem = no_way(&now.status.name, to);
        Err(Fault::Refused(std::iter::once(problem).chain(walk.problems).collect()))
    }

    /// Closes a double, with a comment that names the elder. Nothing is said twice.
    pub async fn retire(&self, id: &str, elder: &Seen) -> Result<(), Fault> {
        let comment = double(elder);
        if !self.has_comment(id, &text_of(&comment)).await? {
            match self.write(&Method::POST, &["issue", id, "comment"], &json!({"body": comment})).await {
                // Whoever may not comment may close all the same.
                Ok(_) | Err(Fault::Refused(_) | Fault::Forbidden) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.set_state(id, Move::Drop).await.map(|_| ())
    }

    async fn has_comment(&self, id: &str, text: &str) -> Result<bool, Fault> {
        let query = [("maxResults", "100"), ("orderBy", "-created")];
        let comments: Result<Value, Fault> = self.get(&["issue", id, "comment"], &query).await;
        match comments.map_err(unsent) {
            Ok(page) => {
                let comments = page.get("comments").and_then(Value::as_array).into_iter().flatten();
                Ok(comments.filter_map(|comment| comment.get("body")).any(|body| text_of(body) == text))
            }
            Err(Fault::Gone | Fault::Forbidden | Fault::Refused(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn now(&self, id: &str) -> Result<Now, Fault> {
        let site = self.site().await?;
        let bean: Value = self.get(&["issue", id], &[("fields", &FIELDS.join(","))]).await?;
        let issue = read(&site, &bean).ok_or(Fault::Unclear)?;
        let status = bean.pointer("/fields/status").and_then(|status| Status::deserialize(status).ok());
        Ok(Now { issue, status: status.ok_or(Fault::Unclear)? })
    }

    async fn ways(&self, id: &str) -> Result<Vec<Way>, Fault> {
        #[derive(Deserialize)]
        struct Ways {
            transitions: Vec<Way>,
        }
        let ways: Ways = self.get(&["issue", id, "transitions"], &[("expand", "transitions.fields")]).await?;
        Ok(ways.transitions)
    }

    async fn take(&self, id: &str, step: &Step) -> Result<(), Fault> {
        let transition = json!({"id": step.way});
        let body = match &step.resolution {
            Some(resolution) => json!({"transition": transition, "fields": {"resolution": resolution}}),
            None => json!({"transition": transition}),
        };
        self.write(&Method::POST, &["issue", id, "transitions"], &body).await.map(|_| ())
    }
}

fn no_way(from: &str, to: Move) -> Problem {
    let end = match to {
        Move::Done => "to a done status",
        Move::Drop => "to a closed status",
        Move::Reopen => "to an open status",
    };
    Problem::new("status", &format!("No transition that this account may use leads {end} from {from}"))
}

/// Whether a ticket stands where it is wanted.
fn stands(standing: &Standing, to: Move) -> bool {
    match (to, standing) {
        (Move::Done, Standing::Done) | (Move::Drop, Standing::Dropped(_)) | (Move::Reopen, Standing::Open) => true,
        (Move::Done, Standing::Open | Standing::Dropped(_))
        | (Move::Drop, Standing::Open | Standing::Done)
        | (Move::Reopen, Standing::Done | Standing::Dropped(_)) => false,
    }
}

impl Way {
    fn is_end(&self) -> bool {
        is_end(&self.to.status_category.key)
    }

    /// What people call the fields that its screen asks for and that are not known here.
    fn asks(&self) -> Vec<&str> {
        let is = |field: &Value, name: &str| field.get(name).and_then(Value::as_bool) == Some(true);
        let stops = |(id, field): &(&String, &Value)| {
            *id != "resolution" && is(field, "required") && !is(field, "hasDefaultValue")
        };
        let name = |(id, field)| Value::get(field, "name").and_then(Value::as_str).unwrap_or(String::as_str(id));
        self.fields.iter().filter(stops).map(name).collect()
    }

    /// What to answer where the screen asks for a resolution; `Err` where it takes none that fits.
    fn resolution(&self, to: Move) -> Result<Option<&Value>, ()> {
        let Some(field) = self.fields.get("resolution") else { return Ok(None) };
        if to == Move::Reopen || !self.is_end() {
            return Ok(None);
        }
        let name = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let allowed = field.get("allowedValues").and_then(Value::as_array).into_iter().flatten();
        let fit = allowed.filter(|value| value.get("id").is_some());
        let chosen = match to {
            Move::Drop => fit.min_by_key(|value| (!is_refusal(&name(value)), !is_wont(&name(value)))),
            Move::Done | Move::Reopen => {
                fit.filter(|value| !is_wont(&name(value))).min_by_key(|value| !is_success(&name(value)))
            }
        };
        let is_required = field.get("required").and_then(Value::as_bool) == Some(true);
        if chosen.is_none() && is_required { Err(()) } else { Ok(chosen) }
    }

    /// How well it serves, the least best; `None` where it does not lead there.
    fn fit(&self, now: &Now, to: Move) -> Option<u8> {
        let resolution = self.resolution(to).ok()?;
        let is_wont_do = resolution.and_then(|value| value.get("name")?.as_str()).is_some_and(is_wont);
        match to {
            Move::Done if self.is_end() && !is_wont(&self.to.name) => {
                Some(if is_wont(&self.name) { 2 } else { u8::from(!is_success(&self.to.name)) })
            }
            Move::Drop if self.is_end() && is_refusal(&self.to.name) => Some(0),
            Move::Drop if self.is_end() && (is_wont_do || is_wont(&self.to.name)) => Some(1),
            Move::Drop if self.is_end() && is_wont(&self.name) => Some(2),
            Move::Drop if self.is_end() && now.issue.seen.standing == Standing::Open => Some(3),
            Move::Reopen if !self.is_end() => Some(match self.to.status_category.key.as_str() {
                "new" => 0,
                "indeterminate" => 1,
                _ => 2,
            }),
            Move::Done | Move::Drop | Move::Reopen => None,
        }
    }
}

impl Walk {
    /// The best way that leads there; else one to a status that the ticket has not stood in, later in the workflow if
    /// possible; else back to one from which such a status is known.
    fn next(&mut self, ways: &[Way], now: &Now, to: Move) -> Option<Step> {
        let is_there = |way: &&Way| way.is_available != Some(false) && !self.refused.contains(&way.id);
        let (ways, shut): (Vec<&Way>, Vec<&Way>) = ways.iter().filter(is_there).partition(|way| way.asks().is_empty());
        self.seen.insert(now.status.id.clone(), ways.iter().map(|way| way.to.id.clone()).collect());
        let goal = ways.iter().filter_map(|way| Some((way.fit(now, to)?, way))).min_by_key(|(fit, _)| *fit);
        if let Some((_, way)) = goal {
            return Some(step(way, to, true));
        }
        let asked = shut.iter().filter(|way| way.fit(now, to).is_some()).flat_map(|way| way.asks());
        self.problems.extend(asked.map(|name| Problem::new(name, &format!("{name} is required."))));
        // A ticket that is closed already is not opened to be closed in another way without a success.
        let is_over = to == Move::Drop && now.issue.seen.standing == Standing::Done;
        if is_over || !self.problems.is_empty() {
            return None;
        }
        let is_new = |id: &String| !self.seen.contains_key(id);
        let leads_on = |id: &String| self.seen.get(id).is_some_and(|further| further.iter().any(is_new));
        let between = ways.iter().filter(|way| way.is_end() == (to == Move::Reopen));
        let useful = between.filter(|way| is_new(&way.to.id) || leads_on(&way.to.id));
        let is_later = |way: &Way| way.to.status_category.key == "indeterminate";
        let way = useful.min_by_key(|way| (!is_new(&way.to.id), Reverse(is_later(way))))?;
        Some(step(way, to, false))
    }
}

fn step(way: &Way, to: Move, is_goal: bool) -> Step {
    let resolution = way.resolution(to).ok().flatten().and_then(|value| value.get("id"));
    Step { way: way.id.clone(), resolution: resolution.map(|id| json!({"id": id})), is_goal }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(id: &str, name: &str, to: (&str, &str), resolutions: &[&str]) -> Way {
        let (to, category) = to;
        let mut way =
            json!({"id": id, "name": name, "to": {"id": to, "name": to, "statusCategory": {"key": category}}});
        if !resolutions.is_empty() {
            let values: Vec<Value> = resolutions.iter().map(|name| json!({"id": name, "name": name})).collect();
            way["fields"] =
                json!({"resolution": {"required": true, "hasDefaultValue": false, "allowedValues": values}});
        }
        Way::deserialize(way).unwrap()
    }

    fn at(status: &str, category: &str, standing: Standing) -> Now {
        let seen = Seen::new("OPS-1", "https://a.example/browse/OPS-1", standing).unwrap();
        let status = json!({"id": status, "name": status, "statusCategory": {"key": category}});
        Now { issue: Issue { id: "1".into(), seen }, status: Status::deserialize(status).unwrap() }
    }

    fn next(ways: &[Way], to: Move) -> Option<(String, Option<Value>, bool)> {
        let next = Walk::default().next(ways, &at("To Do", "new", Standing::Open), to)?;
        Some((next.way, next.resolution, next.is_goal))
    }

    #[test]
    fn done_and_dropped_take_the_ways_that_mean_it() {
        let wont = way("1", "Cancel", ("Won't Do", "done"), &[]);
        let closed = way("2", "Reject", ("Closed", "done"), &[]);
        let done = way("3", "Finish", ("Done", "done"), &[]);
        let ways = [wont.clone(), closed.clone(), done.clone()];
        assert_eq!(next(&ways, Move::Done), Some(("3".into(), None, true)));
        assert_eq!(next(&ways, Move::Drop), Some(("1".into(), None, true)));
        assert_eq!(next(&[closed, done.clone()], Move::Drop), Some(("2".into(), None, true)));
        assert_eq!(next(&[done], Move::Drop), Some(("3".into(), None, true)));
        assert_eq!(next(&[wont], Move::Done), None);
    }

    #[test]
    fn a_resolution_is_answered_where_it_is_asked_for() {
        let asks = |names: &[&str]| [way("1", "Done", ("Done", "done"), names)];
        let chosen = |names: &[&str], to| next(&asks(names), to).map(|(_, value, _)| value.unwrap()["id"].clone());
        let all = ["Duplicate", "Weird", "Won't Do", "Done"];
        assert_eq!(chosen(&all, Move::Done), Some(json!("Done")));
        assert_eq!(chosen(&all, Move::Drop), Some(json!("Won't Do")));
        assert_eq!(chosen(&["Duplicate", "Weird"], Move::Done), Some(json!("Weird")));
        assert_eq!(chosen(&["Weird", "Duplicate"], Move::Drop), Some(json!("Duplicate")));
        assert_eq!(chosen(&["Duplicate"], Move::Done), None);
        assert_eq!(chosen(&["Wird nicht erledigt", "Erledigt"], Move::Done), Some(json!("Erledigt")));
    }

    #[test]
    fn a_way_that_asks_for_something_unknown_is_none() {
        let mut closed = way("1", "Close", ("Done", "done"), &[]);
        let cause = json!({"name": "Cause", "required": true, "hasDefaultValue": false});
        closed.fields.insert("customfield_1".into(), cause);
        let mut walk = Walk::default();
        let other = way("2", "Start", ("In Progress", "indeterminate"), &[]);
        assert_eq!(walk.next(&[closed.clone(), other], &at("To Do", "new", Standing::Open), Move::Done), None);
        assert_eq!(walk.problems, [Problem::new("Cause", "Cause is required.")]);
        closed.fields.insert("customfield_1".into(), json!({"required": true, "hasDefaultValue": true}));
        assert!(next(&[closed], Move::Done).is_some());
    }

    #[test]
    fn a_walk_goes_forward_leaves_a_dead_end_and_stops() {
        let (progress, blocked) = (("In Progress", "indeterminate"), ("Blocked", "indeterminate"));
        let mut walk = Walk::default();
        let mut goes = |from: (&str, &str), ways: &[(&str, (&str, &str))]| {
            let ways: Vec<Way> = ways.iter().map(|(id, to)| way(id, id, *to, &[])).collect();
            walk.next(&ways, &at(from.0, from.1, Standing::Open), Move::Done).map(|step| (step.way, step.is_goal))
        };
        let todo = ("To Do", "new");
        assert_eq!(goes(todo, &[("a", ("Backlog", "new")), ("b", progress)]), Some(("b".into(), false)));
        let from_progress = [("c", todo), ("d", blocked), ("e", ("In Review", "indeterminate"))];
        assert_eq!(goes(progress, &from_progress), Some(("d".into(), false)));
        assert_eq!(goes(blocked, &[("f", progress)]), Some(("f".into(), false)));
        assert_eq!(goes(progress, &from_progress), Some(("e".into(), false)));
        assert_eq!(
            goes(("In Review", "indeterminate"), &[("g", ("Done", "done")), ("h", progress)]),
            Some(("g".into(), true))
        );
        assert_eq!(goes(("Nowhere", "new"), &[]), None);
    }

    #[test]
    fn reopening_prefers_the_beginning() {
        let ways = [way("1", "a", ("In Progress", "indeterminate"), &[]), way("2", "b", ("To Do", "new"), &[])];
        let now = at("Done", "done", Standing::Done);
        assert_eq!(Walk::default().next(&ways, &now, Move::Reopen).map(|step| step.way), Some("2".into()));
        assert_eq!(Walk::default().next(&ways, &now, Move::Drop), None);
    }
}
