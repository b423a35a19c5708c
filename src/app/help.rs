//! `help`: from the one table of commands.

use lookback_core::command::{self, Group, START_OPTIONS, VERBS, Verb};
use lookback_core::retro::{Decision, Refusal};
use lookback_core::scopes;
use lookback_core::text::esc;

/// Help about one command, or about all of them; with what is off in a workspace with these scopes.
pub fn help(about: Option<&str>, scopes: &str) -> Decision {
    let Some(word) = about else { return Decision::say(of_all(scopes)) };
    let name = if word == "resume" { "pause" } else { word };
    match VERBS.iter().find(|v| v.name == name) {
        Some(verb) => Decision::say(of_one(verb)),
        None => Decision::say(Refusal::from(command::unknown(word)).to_string()),
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
    let mut text = "I run release retrospectives.".to_owned();
    for group in Group::ALL {
        let mut verbs = group.verbs();
        let Some(first) = verbs.next() else { continue };
        let also: Vec<String> = verbs.map(|v| format!("`{}`", v.name)).collect();
        text.push_str(&format!("\n• *{}*: `/retro {}` (also {})", group.title(), first.example, also.join(", ")));
    }
    text.push_str(
        "\nFor details, name a command: `/retro help start`. You can also mention `@lookback`, in a thread too, or DM me.",
    );
    let off = scopes::off(scopes);
    if !off.is_empty() {
        let off: Vec<String> = off.iter().map(|(scope, what)| format!("{what} (`{scope}`)")).collect();
        text.push_str(&format!("\nOff in this workspace, because an admin did not grant it: {}.", off.join("; ")));
    }
    text
}
