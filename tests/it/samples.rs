//! Every sample payload is read as what it is, over HTTP and over Socket Mode alike.

use serde_json::Value;

use lookback::slack::inbound::{Inbound, from_http, from_socket};

fn kind(inbound: &Inbound) -> String {
    match inbound {
        Inbound::Command(c) => format!("command {} {}", c.team_id, c.user_id),
        Inbound::Actions(a) => format!("actions {} {}", a.installation().unwrap_or("-"), a.actions.len()),
        Inbound::Submission(s) => {
            format!("submission {} {}", s.installation().unwrap_or("-"), s.view.state.entries().len())
        }
        Inbound::Event(e) => {
            let kind = format!("{:?}", e.kind);
            let name = kind.split([' ', '(']).next().unwrap_or_default().to_owned();
            format!("event {name} {}", e.team)
        }
        Inbound::Shortcut(s) => {
            let at = s.message.as_ref().map_or("-", |m| m.ts.as_str());
            format!("shortcut {} {} {at}", s.installation().unwrap_or("-"), s.callback_id)
        }
        Inbound::Challenge(_) => "challenge".to_owned(),
        Inbound::Other => "other".to_owned(),
    }
}

#[test]
fn every_sample_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/slack");
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let read = if name.ends_with(".form") {
            from_http("application/x-www-form-urlencoded", text.trim_end().as_bytes())
                .map_or("unreadable".to_owned(), |i| kind(&i))
        } else if name.starts_with("socket_") {
            let frame: Value = serde_json::from_str(&text).unwrap();
            kind(&from_socket(frame["type"].as_str().unwrap(), frame["payload"].clone()).unwrap())
        } else if name.starts_with("event_") || name == "url_verification.json" {
            kind(&from_http("application/json", text.as_bytes()).unwrap())
        } else if name.ends_with(".json") && !name.starts_with("api_") {
            let form = serde_urlencoded::to_string([("payload", &text)]).unwrap();
            kind(&from_http("application/x-www-form-urlencoded", form.as_bytes()).unwrap())
        } else {
            continue;
        };
        seen.push(format!("{name}: {read}"));
    }
    seen.sort();
    insta::assert_snapshot!("samples", seen.join("\n"));
}

#[test]
fn a_user_object_is_read_with_fields_missing_or_null() {
    let full: Value = serde_json::from_str(include_str!("../data/slack/api_users_info.json")).unwrap();
    let team = lookback_core::ids::TeamId::from("T012AB3C4");
    let person = lookback::directory::person(&team, &full["user"]).unwrap();
    assert_eq!(
        (person.name.as_str(), person.tz.as_str(), person.admin, person.external),
        ("spengler", "America/Los_Angeles", true, false)
    );
    let thin = serde_json::json!({"id": "U1", "tz": null, "profile": {"display_name": ""}, "team_id": null, "name": "x", "is_bot": null});
    let person = lookback::directory::person(&team, &thin).unwrap();
    assert_eq!((person.name.as_str(), person.tz.as_str(), person.bot), ("x", "UTC", false));
    let slackbot = serde_json::json!({"id": "USLACKBOT", "is_bot": false});
    assert!(lookback::directory::person(&team, &slackbot).unwrap().bot);
    assert!(lookback::directory::person(&team, &serde_json::json!({"name": "nobody"})).is_none());
    let stranger = serde_json::json!({"id": "U2", "team_id": "T9"});
    assert!(lookback::directory::person(&team, &stranger).unwrap().external);
}
