//! The example team's workspace.

use super::store::{Label, State, Store, Team, User, fixed};

/// The states of each team, with their types.
const STATES: [(&str, &str); 6] = [
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
    ("Duplicate", "duplicate"),
];

/// Teams: ENG; SUP, where triage is on; and SEC, which the key may not see.
pub fn fill(store: &mut Store) {
    store.users = vec![user("Maria"), user("Sam"), user("Noor"), user("Ben"), user("Lookback")];
    if let Some(ben) = store.users.iter_mut().find(|user| user.name == "Ben") {
        ben.is_active = false;
    }
    let teams = [
        Team { members: members(&["maria", "sam", "ben", "lookback"]), ..team("ENG", "Engineering") },
        Team { members: members(&["maria", "noor"]), has_triage: true, ..team("SUP", "Support") },
        Team { members: members(&["noor"]), is_private: true, ..team("SEC", "Security") },
    ];
    for team in teams {
        if team.has_triage {
            store.states.push(state(&team, "Triage", "triage", 0));
        }
        for (position, (name, kind)) in (1..).zip(STATES) {
            store.states.push(state(&team, name, kind, position));
        }
        if team.is_private {
            store.hidden.insert(team.id.clone());
        }
        store.teams.push(team);
    }
    let began = store.began;
    let label = |name: &str, parent: Option<&str>| Label {
        id: fixed(&format!("label {name}")),
        team: None,
        name: name.to_owned(),
        color: "#5e6ad2".to_owned(),
        is_group: false,
        parent: parent.map(|parent| fixed(&format!("label {parent}"))),
        created: began,
    };
    let of_team = |name: &str, key: &str| Label { team: Some(fixed(&format!("team {key}"))), ..label(name, None) };
    store.labels = vec![
        label("retro", None),
        Label { is_group: true, ..label("Area", None) },
        label("Build", Some("Area")),
        label("Docs", Some("Area")),
        of_team("flaky", "ENG"),
        of_team("customer", "SUP"),
    ];
}

fn members(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| fixed(name)).collect()
}

fn user(name: &str) -> User {
    let small = name.to_lowercase();
    User { id: fixed(&small), name: name.to_owned(), email: format!("{small}@example.com"), is_active: true }
}

fn team(key: &str, name: &str) -> Team {
    Team {
        id: fixed(&format!("team {key}")),
        key: key.to_owned(),
        name: name.to_owned(),
        is_private: false,
        has_triage: false,
        members: vec![],
        last: 0,
    }
}

fn state(team: &Team, name: &str, kind: &str, position: i64) -> State {
    State {
        id: fixed(&format!("state {} {name}", team.key)),
        team: team.id.clone(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        position,
    }
}
