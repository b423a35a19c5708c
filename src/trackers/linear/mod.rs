//! Linear, as Lookback uses it. <https://linear.app/developers/graphql>
//!
//! Rules: the marker of a ticket is its id, so a ticket cannot be filed twice; an issue is read by its id and never by the
//! search, whose index may lag. What is not as Linear documents it leaves a doubt after a write.

mod answers;
mod errors;
mod input;
pub mod queries;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use lookback_core::model::ticket::{Draft, Part, Seen, Standing};
use serde_json::{Value, json};

use crate::config::trackers::Linear as Settings;

use super::{Edit, Fault, Issue, Lack, Move, Problem, Whoami, markdown};
use answers::{
    Labels, ManyIssues, OneIssue, Person, Saved, SavedComment, SavedLabel, States, Team, Teams, Ticket, Users, Viewer,
};
use input::Input;
use wire::Wire;

/// A UUID v4 that no issue has.
const NO_ISSUE: &str = "00000000-0000-4000-8000-000000000000";

/// How many issues are read at once.
const BATCH: usize = 100;

/// A client of Linear. Cheap to clone.
#[derive(Clone)]
pub struct Linear {
    wire: Wire,
}

impl std::fmt::Debug for Linear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Linear")
    }
}

impl Linear {
    /// Fails where the address or the key cannot be used in a request; the error holds neither.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self { wire: Wire::new(&settings.url, &settings.key)? })
    }

    /// Whose key it is.
    pub async fn whoami(&self) -> Result<Whoami, Fault> {
        let answer: Viewer = self.wire.call(queries::VIEWER, json!({})).await?;
        Ok(Whoami { name: answer.viewer.name })
    }

    /// What is missing to file in the team with this key.
    pub async fn check(&self, team: &str) -> Result<Vec<Lack>, Fault> {
        match self.team(team).await {
            Ok(_) => {}
            Err(Fault::Gone) => return Ok(vec![Lack::NoSuchPlace]),
            Err(fault) => return Err(fault),
        }
        // Linear does not tell what a key may do. It refuses a key without the right to write before it looks at what is
        // to be written, so a change of an issue that is not there tells, and changes nothing.
        // https://github.com/linear/linear/issues/895
        match self.update(NO_ISSUE, Input::new()).await {
            Err(Fault::Forbidden) => Ok(vec![Lack::MayNot("create and change issues".to_owned())]),
            Err(fault @ (Fault::NotSent | Fault::Limited(_) | Fault::Token)) => Err(fault),
            Ok(_) | Err(Fault::Unclear | Fault::Gone | Fault::Conflict | Fault::Refused(_)) => Ok(Vec::new()),
        }
    }

    /// The id of the person with this e-mail address, if exactly one active person has it. The team is not asked: whether
    /// somebody may own an issue there shows when it is written.
    pub async fn person(&self, _team: &str, email: &str) -> Result<Option<String>, Fault> {
        let email = email.trim();
        let answer: Users = self.wire.call(queries::USERS, json!({ "email": email })).await?;
        let has_it = |person: &Person| person.active && person.email.to_lowercase() == email.to_lowercase();
        let mut people = answer.users.nodes.into_iter().filter(has_it);
        Ok(people.next().filter(|_| people.next().is_none()).map(|person| person.id))
    }

    /// Whether this is the id of an active member of the team.
    pub async fn can_own(&self, team: &str, account: &str) -> Result<bool, Fault> {
        let answer: Result<Teams, Fault> =
            self.wire.call(queries::MEMBERS, json!({ "key": team, "account": account })).await;
        match answer {
            Ok(answer) => Ok(with_key(answer, team).and_then(|team| team.members).is_some_and(|members| {
                members.nodes.iter().any(|member| member.id.eq_ignore_ascii_case(account) && member.active)
            })),
            // It is not even an id.
            Err(Fault::Refused(_) | Fault::Gone) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Files an issue with this UUID v4 as its id. An owner, date, priority or label that Linear refuses is left out.
    /// [`Fault::Conflict`]: it is there already.
    pub async fn create(&self, team: &str, draft: &Draft, marker: &str) -> Result<Issue, Fault> {
        let team = self.team(team).await.map_err(before)?;
        let mut labels = Vec::new();
        let mut names = BTreeSet::new();
        for name in draft.labels.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if names.insert(name.to_lowercase()) {
                labels.extend(self.label(&team, name).await?);
            }
        }
        let mut input = input::of_draft(draft, marker, &team.id, &labels);
        let ticket = loop {
            match self.save(queries::CREATE, json!({ "input": input })).await {
                Err(Fault::Refused(problems)) if input::lessen(&mut input, &problems) => {}
                other => break other?,
            }
        };
        ticket.issue().ok_or(Fault::Unclear)
    }

    /// The issue with this marker; also one in the trash, because its id is taken.
    pub async fn find(&self, _team: &str, marker: &str, _since: DateTime<Utc>) -> Result<Vec<Issue>, Fault> {
        match self.ticket(marker).await {
            Ok(ticket) => ticket.issue().map(|issue| vec![issue]).ok_or(Fault::Unclear),
            Err(Fault::Gone) => Ok(Vec::new()),
            Err(fault) => Err(fault),
        }
    }

    /// The issues with these ids as they are now; `None` is deleted, in the trash or hidden. One whose answer is not as
    /// documented is left out.
    pub async fn read(&self, ids: &[String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let mut issues = BTreeMap::new();
        // What is no id at all could cost the others their answer.
        let (ids, others): (BTreeSet<&String>, BTreeSet<&String>) = ids.iter().partition(|id| is_uuid(id));
        issues.extend(others.into_iter().map(|id| (id.clone(), None)));
        for batch in ids.into_iter().collect::<Vec<_>>().chunks(BATCH) {
            issues.extend(self.read_batch(batch).await?);
        }
        Ok(issues)
    }

    async fn read_batch(&self, ids: &[&String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let mut issues: BTreeMap<String, Option<Issue>> = ids.iter().map(|id| ((*id).clone(), None)).collect();
        let mut after: Option<String> = None;
        for _ in ids {
            let variables = json!({ "ids": ids, "after": after });
            let answer: ManyIssues = self.wire.call(queries::ISSUES, variables).await?;
            for node in answer.issues.nodes {
                let id = node.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                let ticket = serde_json::from_value::<Ticket>(node).ok();
                if ticket.as_ref().is_some_and(Ticket::is_trashed) || !issues.contains_key(&id) {
                    continue;
                }
                match ticket.and_then(|ticket| ticket.issue()) {
                    Some(issue) => issues.insert(id, Some(issue)),
                    None => issues.remove(&id),
                };
            }
            if !answer.issues.page_info.has_next_page {
                return Ok(issues);
            }
            after = Some(answer.issues.page_info.end_cursor.ok_or(Fault::Unclear)?);
        }
        Err(Fault::Unclear)
    }

    /// Writes the given fields. An owner whom Linear refuses becomes nobody; a date or priority that it refuses is left
    /// out. The marker is the id, and so survives.
    pub async fn edit(&self, id: &str, edit: &Edit, _marker: &str) -> Result<(), Fault> {
        let mut input = input::of_edit(edit);
        while !input.is_empty() {
            match self.update(id, input.clone()).await {
                Err(Fault::Refused(problems)) if input::lessen(&mut input, &problems) => {}
                other => return other.map(|_| ()),
            }
        }
        Ok(())
    }

    /// Moves an issue to the first fitting state of its team, and tells where it then stands.
    pub async fn set_state(&self, id: &str, to: Move) -> Result<Seen, Fault> {
        let ticket = self.ticket(id).await.map_err(before)?;
        if ticket.is_trashed() {
            return Err(Fault::Gone);
        }
        let is_there = match (to, ticket.standing()) {
            (Move::Done, Standing::Done) | (Move::Drop, Standing::Dropped(_)) | (Move::Reopen, Standing::Open) => true,
            (Move::Done | Move::Drop | Move::Reopen, Standing::Done | Standing::Dropped(_) | Standing::Open) => false,
        };
        if is_there {
            return ticket.seen().ok_or(Fault::Unclear);
        }
        let team = ticket.team.ok_or(Fault::Unclear)?;
        let states: States = self.wire.call(queries::STATES, json!({ "team": team.id })).await.map_err(before)?;
        let Some(state) = target(&states, to) else {
            return Err(Fault::Refused(vec![Problem::new("stateId", "the team has no such state")]));
        };
        let saved = self.update(id, Input::from_iter([("stateId".to_owned(), json!(state))])).await?;
        saved.seen().ok_or(Fault::Unclear)
    }

    /// Says on an issue that it was filed twice, and closes it.
    pub async fn retire(&self, id: &str, elder: &Seen) -> Result<(), Fault> {
        let words = Part::Text(format!("Filed twice by an error, see {}.", elder.key));
        let link = Part::Link { label: elder.key.clone(), url: elder.url.clone() };
        let input = json!({ "issueId": id, "body": markdown::body(&[words, link]) });
        let saved: SavedComment = self.wire.call(queries::COMMENT, json!({ "input": input })).await?;
        if !saved.comment_create.success {
            return Err(Fault::Unclear);
        }
        self.set_state(id, Move::Drop).await.map(|_| ())
    }

    async fn team(&self, key: &str) -> Result<Team, Fault> {
        let answer: Teams = self.wire.call(queries::TEAMS, json!({ "key": key })).await?;
        with_key(answer, key).ok_or(Fault::Gone)
    }

    async fn ticket(&self, id: &str) -> Result<Ticket, Fault> {
        let answer: OneIssue = self.wire.call(queries::ISSUE, json!({ "id": id })).await?;
        Ok(answer.issue)
    }

    /// The id of a label with this name, made if it is missing; `None` where it may not be made.
    async fn label(&self, team: &Team, name: &str) -> Result<Option<String>, Fault> {
        let found = match self.wire.call::<Labels>(queries::LABELS, json!({ "name": name })).await {
            Ok(answer) => usable(answer, &team.id, name),
            Err(fault) => return optional(fault),
        };
        if found.is_some() {
            return Ok(found);
        }
        let input = json!({ "name": name, "teamId": team.id });
        match self.wire.call::<SavedLabel>(queries::CREATE_LABEL, json!({ "input": input })).await {
            Ok(saved) => Ok(Some(saved.issue_label_create.issue_label.id)),
            Err(fault) => optional(fault),
        }
    }

    async fn update(&self, id: &str, input: Input) -> Result<Ticket, Fault> {
        self.save(queries::UPDATE, json!({ "id": id, "input": input })).await
    }

    async fn save(&self, document: &str, variables: Value) -> Result<Ticket, Fault> {
        let answer: Saved = self.wire.call(document, variables).await?;
        answer.saved.issue.filter(|_| answer.saved.success).ok_or(Fault::Unclear)
    }
}

/// A doubt about a call before the one that counts leaves none about that.
fn before(fault: Fault) -> Fault {
    if fault.is_in_doubt() { Fault::NotSent } else { fault }
}

/// A label that is refused is left out; any other fault holds for the issue as well.
fn optional(fault: Fault) -> Result<Option<String>, Fault> {
    match fault {
        Fault::Forbidden | Fault::Gone | Fault::Conflict | Fault::Refused(_) => Ok(None),
        Fault::NotSent | Fault::Unclear | Fault::Limited(_) | Fault::Token => Err(before(fault)),
    }
}

fn with_key(teams: Teams, key: &str) -> Option<Team> {
    teams.teams.nodes.into_iter().find(|team| team.key.eq_ignore_ascii_case(key))
}

/// The label of the team, else of the workspace. A group cannot be set.
fn usable(labels: Labels, team: &str, name: &str) -> Option<String> {
    let is_named = |found: &str| found.trim().to_lowercase() == name.to_lowercase();
    let mut fitting: Vec<_> = labels.issue_labels.nodes.into_iter().collect();
    fitting
        .retain(|label| !label.is_group && is_named(&label.name) && label.team.as_ref().is_none_or(|of| of.id == team));
    fitting.sort_by_key(|label| label.team.is_none());
    fitting.into_iter().next().map(|label| label.id)
}

/// The first state of the first type that the team has. A duplicate needs another issue, so it is no way to close one.
fn target(states: &States, to: Move) -> Option<&str> {
    let kinds: &[&str] = match to {
        Move::Done => &["completed"],
        Move::Drop => &["canceled", "completed"],
        Move::Reopen => &["unstarted", "backlog", "started"],
    };
    let first = |kind: &&str| {
        let of_kind = states.workflow_states.nodes.iter().filter(|state| state.kind == *kind);
        of_kind.min_by(|one, other| one.position.total_cmp(&other.position))
    };
    kinds.iter().find_map(first).map(|state| state.id.as_str())
}

fn is_uuid(id: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    id.len() == 36 && id.bytes().enumerate().all(|(at, b)| if is_dash(at) { b == b'-' } else { b.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_state_of_the_best_type_is_taken() {
        let states = |states: &[(&str, &str, f64)]| -> States {
            let node = |(id, kind, at): &(&str, &str, f64)| json!({ "id": id, "type": kind, "position": at });
            let nodes: Vec<_> = states.iter().map(node).collect();
            serde_json::from_value(json!({ "workflowStates": { "nodes": nodes } })).unwrap()
        };
        let all = states(&[
            ("duplicate", "duplicate", -1.0),
            ("released", "completed", 9.0),
            ("done", "completed", 3.5),
            ("canceled", "canceled", 4.0),
            ("doing", "started", 2.0),
            ("later", "backlog", 0.0),
            ("todo", "unstarted", 1.0),
            ("new", "triage", -2.0),
        ]);
        assert_eq!(target(&all, Move::Done), Some("done"));
        assert_eq!(target(&all, Move::Drop), Some("canceled"));
        assert_eq!(target(&all, Move::Reopen), Some("todo"));
        let few = states(&[("done", "completed", 3.0), ("new", "triage", 0.0), ("doing", "started", 1.0)]);
        assert_eq!((target(&few, Move::Drop), target(&few, Move::Reopen)), (Some("done"), Some("doing")));
        assert_eq!(target(&states(&[("new", "triage", 0.0)]), Move::Reopen), None);
    }

    #[test]
    fn the_own_label_comes_before_that_of_the_workspace() {
        let labels = |labels: &[(&str, &str, bool, Option<&str>)]| -> Labels {
            let node = |(id, name, is_group, team): &(&str, &str, bool, Option<&str>)| json!({ "id": id, "name": name, "isGroup": is_group, "team": team.map(|id| json!({ "id": id })) });
            let nodes: Vec<_> = labels.iter().map(node).collect();
            serde_json::from_value(json!({ "issueLabels": { "nodes": nodes } })).unwrap()
        };
        let shared = ("shared", "Retro", false, None);
        let group = ("group", "retro", true, Some("eng"));
        let other = ("other", "retro", false, Some("sup"));
        let own = ("own", "RETRO", false, Some("eng"));
        let longer = ("longer", "retro-2", false, Some("eng"));
        let usable = |all: &[_]| usable(labels(all), "eng", "retro");
        assert_eq!(usable(&[group, other, longer, shared, own]).as_deref(), Some("own"));
        assert_eq!(usable(&[group, other, longer, shared]).as_deref(), Some("shared"));
        assert_eq!(usable(&[group, other, longer]), None);
    }

    #[test]
    fn an_id_is_told_from_a_key() {
        assert!(is_uuid("0d1a8118-98ca-419e-9516-2fc6abfc62e4"));
        for id in ["", "ENG-1", "0d1a811898ca419e95162fc6abfc62e4", "0d1a8118-98ca-419e-9516-2fc6abfc62eж"] {
            assert!(!is_uuid(id), "{id}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let settings = Settings { url: "http://127.0.0.1:9/graphql".into(), key: "lin_api_x".into() };
        let linear = Linear::new(&settings).unwrap();
        assert!(!format!("{settings:?}{linear:?}").contains("lin_api_x"));
    }
}
