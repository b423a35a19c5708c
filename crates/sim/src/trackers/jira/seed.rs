//! The example team's site: five people, and projects that differ in what a program must be ready for.

use std::collections::BTreeSet;

use chrono::Duration;

use super::model::{Category, Field, FieldKind, Named, Person, Project, State, Status, Transition};

const MARIA: &str = "5b10a2844c20165700ede21g";
const SAM: &str = "5b10ac8d82e05b22cc7d4ef5";
const NOOR: &str = "712020:1f368726-352a-4b00-aaf5-14ed2d78ae57";
const BEN: &str = "5b109f2e9729b51b54dc274d";
const BOT: &str = "712020:7c5b9c89-c427-4fde-9bec-8a5ff4f5b77a";

/// The site at this address. The token belongs to the account with this e-mail address.
pub fn state(base: &str, email: &str) -> State {
    State {
        base: base.trim_end_matches('/').to_owned(),
        people: vec![
            person(MARIA, "Maria", "maria@example.com"),
            person(SAM, "Sam", "sam@example.com"),
            person(NOOR, "Noor", "noor@example.com"),
            Person { is_active: false, ..person(BEN, "Ben", "ben@example.com") },
            person(BOT, "Lookback", email),
        ],
        me: BOT.to_owned(),
        projects: vec![ops(), web(), req(), step(), loc()],
        issues: Vec::new(),
        versions: Vec::new(),
        writes: Vec::new(),
        last_id: 10_100,
        lag: Duration::seconds(5),
        unindexed: BTreeSet::new(),
        is_expired: false,
        is_scoped: false,
        may_browse_users: true,
    }
}

fn person(account: &str, name: &str, email: &str) -> Person {
    Person {
        account: account.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        is_active: true,
        is_email_hidden: false,
        is_email_buried: false,
    }
}

fn named(id: &str, name: &str) -> Named {
    Named { id: id.to_owned(), name: name.to_owned() }
}

fn status(id: &str, name: &str, category: Category) -> Status {
    Status { id: id.to_owned(), name: name.to_owned(), category }
}

/// A way from every status.
fn way(id: &str, to: &Status) -> Transition {
    Transition {
        id: id.to_owned(),
        name: to.name.clone(),
        to: to.id.clone(),
        from: Vec::new(),
        has_screen: false,
        sets: None,
    }
}

/// The number of a way is 11, 21, 31 and so on.
fn ways(statuses: &[Status]) -> Vec<Transition> {
    statuses.iter().enumerate().map(|(at, to)| way(&format!("{}1", at + 1), to)).collect()
}

fn field(id: &str, name: &str, kind: FieldKind) -> Field {
    Field { id: id.to_owned(), name: name.to_owned(), kind, is_required: false, has_default: false }
}

fn required(id: &str, name: &str, kind: FieldKind) -> Field {
    Field { is_required: true, ..field(id, name, kind) }
}

fn fields() -> Vec<Field> {
    vec![
        required("summary", "Summary", FieldKind::Summary),
        required("issuetype", "Issue Type", FieldKind::IssueType),
        required("project", "Project", FieldKind::Project),
        Field { has_default: true, ..required("reporter", "Reporter", FieldKind::Reporter) },
        field("description", "Description", FieldKind::Description),
        field("assignee", "Assignee", FieldKind::Assignee),
        Field { has_default: true, ..field("priority", "Priority", FieldKind::Priority) },
        field("duedate", "Due date", FieldKind::Due),
        field("labels", "Labels", FieldKind::Labels),
    ]
}

fn basic_statuses() -> Vec<Status> {
    vec![
        status("10000", "To Do", Category::New),
        status("3", "In Progress", Category::Indeterminate),
        status("10001", "Done", Category::Done),
    ]
}

/// A company-managed project as Jira makes it. Its workflow resolves what is done by itself.
fn plain(id: &str, key: &str, name: &str) -> Project {
    let statuses = basic_statuses();
    let mut transitions = ways(&statuses);
    set_at_the_end(&mut transitions, "10000");
    Project {
        id: id.to_owned(),
        key: key.to_owned(),
        name: name.to_owned(),
        is_team_managed: false,
        types: vec![named("10001", "Task"), named("10002", "Bug"), named("10003", "Story")],
        fields: fields(),
        transitions,
        statuses,
        resolutions: vec![
            named("10000", "Done"),
            named("10001", "Won't Do"),
            named("10002", "Duplicate"),
            named("10003", "Cannot Reproduce"),
        ],
        priorities: vec![
            named("1", "Highest"),
            named("2", "High"),
            named("3", "Medium"),
            named("4", "Low"),
            named("5", "Lowest"),
        ],
        default_priority: Some("3".to_owned()),
        assignable: [MARIA, SAM, NOOR, BOT].map(str::to_owned).to_vec(),
        forbidden: BTreeSet::new(),
        next: 1,
    }
}

fn set_at_the_end(transitions: &mut [Transition], resolution: &str) {
    if let Some(last) = transitions.last_mut() {
        last.sets = Some(resolution.to_owned());
    }
}

/// Its last transition asks for a resolution.
fn asking(mut project: Project) -> Project {
    if let Some(last) = project.transitions.last_mut() {
        last.has_screen = true;
        last.sets = None;
    }
    project
}

/// Closing asks for a resolution. Noor cannot be assigned here.
fn ops() -> Project {
    let mut project = asking(plain("10000", "OPS", "Operations"));
    project.assignable.retain(|account| account != NOOR);
    project
}

/// Team-managed: no priority, no due date, no resolution, and a status of its own for what nobody will do.
fn web() -> Project {
    let mut statuses = basic_statuses();
    statuses.push(status("10002", "Won't Do", Category::Done));
    let mut project = plain("10001", "WEB", "Web shop");
    project.is_team_managed = true;
    project.types = vec![named("10101", "Task"), named("10102", "Bug")];
    project.fields.retain(|field| field.kind != FieldKind::Priority && field.kind != FieldKind::Due);
    project.transitions = ways(&statuses);
    project.statuses = statuses;
    project.resolutions = Vec::new();
    project.priorities = Vec::new();
    project.default_priority = None;
    project
}

/// Nothing can be created without a team.
fn req() -> Project {
    let mut project = plain("10002", "REQ", "Requests");
    project.fields.push(required("customfield_10050", "Team", FieldKind::Text));
    project
}

/// From a status only its neighbours can be reached.
fn step() -> Project {
    let statuses = vec![
        status("10000", "To Do", Category::New),
        status("3", "In Progress", Category::Indeterminate),
        status("10003", "In Review", Category::Indeterminate),
        status("10001", "Done", Category::Done),
    ];
    let mut project = plain("10003", "STEP", "Step by step");
    let mut transitions = ways(&statuses);
    let starts = [vec!["3"], vec!["10000", "10003", "10001"], vec!["3"], vec!["10003"]];
    for (transition, from) in transitions.iter_mut().zip(starts) {
        transition.from = from.into_iter().map(str::to_owned).collect();
    }
    set_at_the_end(&mut transitions, "10000");
    project.transitions = transitions;
    project.statuses = statuses;
    project
}

/// Statuses, resolutions and priorities have German names.
fn loc() -> Project {
    let statuses = vec![
        status("10010", "Zu erledigen", Category::New),
        status("10011", "In Arbeit", Category::Indeterminate),
        status("10012", "Erledigt", Category::Done),
    ];
    let mut project = plain("10004", "LOC", "Lokal");
    project.transitions = ways(&statuses);
    project.statuses = statuses;
    project.resolutions = vec![named("10010", "Erledigt"), named("10011", "Wird nicht erledigt")];
    project.priorities = vec![named("2", "Hoch"), named("3", "Mittel"), named("4", "Niedrig")];
    asking(project)
}
