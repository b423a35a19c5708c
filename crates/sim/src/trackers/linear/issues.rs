//! Issues are made, changed, archived and thrown away.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::input::Given;
use super::refusal::Refusal;
use super::store::{Issue, Store, Team};
use super::thing::{Class, Thing, one};

type Args = Map<String, Value>;

const CREATES: [&str; 10] = [
    "assigneeId",
    "description",
    "dueDate",
    "id",
    "labelIds",
    "priority",
    "stateId",
    "subscriberIds",
    "teamId",
    "title",
];
const UPDATES: [&str; 12] = [
    "addedLabelIds",
    "assigneeId",
    "description",
    "dueDate",
    "labelIds",
    "priority",
    "removedLabelIds",
    "stateId",
    "subscriberIds",
    "teamId",
    "title",
    "trashed",
];

/// `issueCreate`. The same id again is refused, not repeated.
pub fn create(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let given = Given::new(args, &CREATES)?;
    let own = given.own_id()?;
    let priority = given.priority()?.unwrap_or_default();
    let title = given.filled("title")?;
    let labels = given.ids("labelIds")?.unwrap_or_default();
    let subscribers = given.ids("subscriberIds")?.unwrap_or_default();
    let assignee = given.id("assigneeId")?.map(str::to_owned);
    let state = given.id("stateId")?.map(str::to_owned);
    let team = team(store, given.id("teamId")?.unwrap_or_default())?.clone();
    if let Some(id) = own.filter(|id| store.issue(id).is_some()) {
        return Err(conflict("Issue", id));
    }
    let is_from_outside = !team.members.contains(&store.bot);
    let mut issue = Issue {
        id: own.map(str::to_owned).unwrap_or_else(|| store.uuid()),
        team: team.id.clone(),
        number: team.last + 1,
        title: title.to_owned(),
        description: given.text("description").map(str::to_owned),
        priority,
        due: given.text("dueDate").map(str::to_owned),
        state: state.unwrap_or_else(|| store.first_state(&team, is_from_outside)),
        assignee,
        creator: store.bot.clone(),
        labels,
        subscribers,
        previous: vec![],
        created: store.now(),
        updated: store.now(),
        started: None,
        completed: None,
        canceled: None,
        archived: None,
        is_trashed: false,
    };
    check(store, &issue)?;
    check_assignee(store, &issue)?;
    stamp_state(store, &mut issue);
    if let Some(team) = store.teams.iter_mut().find(|one| one.id == team.id) {
        team.last = issue.number;
    }
    let id = issue.id.clone();
    store.issues.push(issue);
    Ok(payload(store, "issue", one(Class::Issue, Some(&id))))
}

/// `issueUpdate`: only what is given changes.
pub fn update(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let given = Given::new(args, &UPDATES)?;
    let mut issue = named(store, args)?.clone();
    let old = issue.clone();
    if given.has("title") {
        given.filled("title")?.clone_into(&mut issue.title);
    }
    if given.has("description") {
        issue.description = given.text("description").map(str::to_owned);
    }
    if given.has("dueDate") {
        issue.due = given.text("dueDate").map(str::to_owned);
    }
    if given.has("priority") {
        issue.priority = given.priority()?.unwrap_or_default();
    }
    if given.has("assigneeId") {
        issue.assignee = given.id("assigneeId")?.map(str::to_owned);
    }
    if let Some(subscribers) = given.ids("subscriberIds")? {
        issue.subscribers = subscribers;
    }
    relabel(&given, &mut issue)?;
    if let Some(to) = given.id("teamId")?.filter(|to| *to != old.team) {
        let to = team(store, to)?.clone();
        change_team(store, &mut issue, &to);
    }
    if let Some(state) = given.id("stateId")? {
        state.clone_into(&mut issue.state);
    }
    check(store, &issue)?;
    if issue.assignee != old.assignee {
        check_assignee(store, &issue)?;
    }
    if let Some(trashed) = given.value("trashed").and_then(Value::as_bool) {
        issue.is_trashed = trashed;
        issue.archived = trashed.then(|| store.now());
    }
    if issue.state != old.state {
        stamp_state(store, &mut issue);
    }
    let id = issue.id.clone();
    save(store, issue);
    Ok(payload(store, "issue", one(Class::Issue, Some(&id))))
}

fn relabel(given: &Given<'_>, issue: &mut Issue) -> Result<(), Refusal> {
    if let Some(labels) = given.ids("labelIds")? {
        issue.labels = labels;
    }
    if let Some(added) = given.ids("addedLabelIds")? {
        issue.labels.extend(added);
        let mut seen = std::collections::BTreeSet::new();
        issue.labels.retain(|label| seen.insert(label.clone()));
    }
    if let Some(removed) = given.ids("removedLabelIds")? {
        issue.labels.retain(|label| !removed.contains(label));
    }
    Ok(())
}

/// Puts the changed issue back. It is the newest change.
pub fn save(store: &mut Store, mut issue: Issue) {
    issue.updated = store.now();
    if let Some(old) = store.issue_mut(&issue.id) {
        *old = issue;
    }
}

/// Moves an issue: it keeps its id and gets a new identifier and the like-named state. Labels of the old team go.
pub fn change_team(store: &mut Store, issue: &mut Issue, to: &Team) {
    issue.previous.push(store.identifier(issue));
    let old = store.state(&issue.state).cloned();
    let states = store.states_of(&to.id);
    let alike = old.and_then(|old| {
        let by_name = states.iter().find(|state| state.name == old.name);
        by_name.or_else(|| states.iter().find(|state| state.kind == old.kind)).map(|state| state.id.clone())
    });
    issue.state = alike.unwrap_or_else(|| store.first_state(to, false));
    issue
        .labels
        .retain(|id| store.label(id).is_some_and(|label| label.team.as_ref().is_none_or(|team| *team == to.id)));
    issue.team.clone_from(&to.id);
    issue.number = to.last + 1;
    if let Some(team) = store.teams.iter_mut().find(|team| team.id == to.id) {
        team.last = issue.number;
    }
}

/// Sets the times that tell when an issue came into its state.
pub fn stamp_state(store: &Store, issue: &mut Issue) {
    let kind = store.state(&issue.state).map(|state| state.kind.clone()).unwrap_or_default();
    let now = store.now();
    issue.completed = (kind == "completed").then_some(now);
    issue.canceled = matches!(kind.as_str(), "canceled" | "duplicate").then_some(now);
    issue.started = match kind.as_str() {
        "started" | "completed" => issue.started.or(Some(now)),
        "canceled" | "duplicate" => issue.started,
        _ => None,
    };
}

/// `issueArchive`
pub fn archive(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let mut issue = named(store, args)?.clone();
    issue.archived = Some(store.now());
    issue.is_trashed |= args.get("trash") == Some(&json!(true));
    let id = issue.id.clone();
    save(store, issue);
    Ok(payload(store, "entity", one(Class::Issue, Some(&id))))
}

/// `issueUnarchive`
pub fn unarchive(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let mut issue = named(store, args)?.clone();
    issue.archived = None;
    issue.is_trashed = false;
    let id = issue.id.clone();
    save(store, issue);
    Ok(payload(store, "entity", one(Class::Issue, Some(&id))))
}

/// `issueDelete`: into the trash, where it can be read for 30 days.
pub fn delete(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    if args.get("permanentlyDelete") == Some(&json!(true)) {
        return Err(Refusal::forbidden("Only admins can permanently delete issues."));
    }
    let mut issue = named(store, args)?.clone();
    issue.archived = Some(store.now());
    issue.is_trashed = true;
    let id = issue.id.clone();
    save(store, issue);
    Ok(payload(store, "entity", one(Class::Issue, Some(&id))))
}

/// What a mutation answers.
pub fn payload(store: &mut Store, name: &'static str, thing: Thing) -> Thing {
    let sync = store.changed();
    let leaf = |value| Thing::Leaf(value);
    Thing::Record(BTreeMap::from([("success", leaf(json!(true))), ("lastSyncId", leaf(json!(sync))), (name, thing)]))
}

/// The id belongs to another entity already.
pub fn conflict(what: &str, id: &str) -> Refusal {
    Refusal::input(&format!("conflict on insert of {what}"), &format!("Entity {what} with id {id} already exists."))
}

/// The team, if the key may see it.
pub fn team<'a>(store: &'a Store, id: &str) -> Result<&'a Team, Refusal> {
    store.team(id).filter(|team| store.sees(&team.id)).ok_or_else(|| Refusal::not_found("Team"))
}

fn named<'a>(store: &'a Store, args: &Args) -> Result<&'a Issue, Refusal> {
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
    store.visible(id).ok_or_else(|| Refusal::not_found("Issue"))
}

/// State and labels must belong to the issue's team, and labels must not shut each other out.
fn check(store: &Store, issue: &Issue) -> Result<(), Refusal> {
    let state = store.state(&issue.state).filter(|state| store.sees(&state.team));
    if state.ok_or_else(|| Refusal::not_found("WorkflowState"))?.team != issue.team {
        return Err(Refusal::discrepancy());
    }
    if issue.subscribers.iter().any(|id| store.user(id).is_none()) {
        let words = "subscriberIds contained an entry that could not be found.";
        return Err(Refusal::input(&format!("Entity not found: User: {words}"), words));
    }
    let mut groups: BTreeMap<&str, &str> = BTreeMap::new();
    for id in &issue.labels {
        let Some(label) = store.label(id).filter(|label| label.team.as_ref().is_none_or(|team| store.sees(team)))
        else {
            let words = "labelIds contained an entry that could not be found.";
            return Err(Refusal::input(&format!("Entity not found: IssueLabel: {words}"), words));
        };
        let name = &label.name;
        if label.team.as_ref().is_some_and(|team| *team != issue.team) {
            let words = format!("The label '{name}' is not associated with the same team as the issue.");
            return Err(Refusal::input("labelIds for incorrect team", &words));
        }
        if label.is_group {
            let words = format!("The label '{name}' is a group and cannot be assigned to issues directly.");
            return Err(Refusal::input("labelIds contained a label group", &words));
        }
        let Some(parent) = label.parent.as_deref() else { continue };
        if let Some(other) = groups.insert(parent, name) {
            let words = format!(
                "The label '{name}' is in the same group as '{other}'. \
                 Only one label in a group can be applied to an issue."
            );
            return Err(Refusal::input("labelIds not exclusive child labels", &words));
        }
    }
    Ok(())
}

/// No source says what Linear does with somebody who is not in the team. The stand-in refuses, unless
/// [`super::store::Rights::has_open_teams`]: a program that copes with a refusal copes with both.
fn check_assignee(store: &Store, issue: &Issue) -> Result<(), Refusal> {
    let Some(id) = &issue.assignee else { return Ok(()) };
    let user = store.user(id).ok_or_else(|| Refusal::not_found("User"))?;
    if !user.is_active {
        return Err(Refusal::input("assigneeId is not active", "The assignee's account is suspended."));
    }
    let is_member = store.team(&issue.team).is_some_and(|team| team.members.contains(id));
    if is_member || store.rights.has_open_teams {
        return Ok(());
    }
    Err(Refusal::input("assigneeId for incorrect team", "The assignee is not a member of the issue's team."))
}
