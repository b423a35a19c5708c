//! `help`: from the one table of commands.

use lookback_core::command::{START_OPTIONS, VERBS, Verb};
use lookback_core::retro::Decision;
use lookback_core::scopes;
use lookback_core::text::esc;

/// Help about one command, or about all of them; with what is off in a workspace with these scopes.
pub fn help(about: Option<&str>, scopes: &str) -> Decision {
    let about = about.map(|word| match word.trim_start_matches('/') {
        "resume" => "pause",
        word => word,
    });
    match about.and_then(|word| VERBS.iter().find(|v| v.name == word)) {
        Some(verb) => Decision::say(of_one(verb)),
        None => Decision::say(of_all(scopes)),
    }
}

fn line(verb: &Verb) -> String {
    let usage = if verb.usage.is_empty() { String::new() } else { format!(" {}", esc(verb.usage)) };
    format!("`/retro {}{usage}` {}", verb.name, verb.does)
}

fn of_one(verb: &Verb) -> String {
    let mut text = format!("{}.\nExample: `/retro {}`", line(verb), verb.example);
    if verb.name == "start" {
        for (option, does) in START_OPTIONS {
            text.push_str(&format!("\n• `{}` {does}", esc(option)));
        }
    }
    text
}

fn of_all(scopes: &str) -> String {
    let mut text =
        "I run the retrospective of a release. `/retro start v2.1.0` in the release channel begins one.".to_owned();
    for verb in &VERBS {
        text.push_str(&format!("\n• {}", line(verb)));
    }
    text.push_str("\nThe same words work after `@lookback`, also in a thread, and in my DM. `/retro help start` shows the options.");
    let off = scopes::off(scopes);
    if !off.is_empty() {
        let off: Vec<String> = off.iter().map(|(scope, what)| format!("{what} (`{scope}`)")).collect();
        text.push_str(&format!("\nOff in this workspace, because an admin did not grant it: {}.", off.join("; ")));
    }
    text
}
