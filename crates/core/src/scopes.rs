//! What the token may do, and what is off without it.

/// Without these the bot does not start.
pub const NEEDED: [&str; 5] = ["commands", "chat:write", "channels:read", "groups:read", "users:read"];

/// Scope, and what is off without it.
pub const OPTIONAL: [(&str, &str); 10] = [
    ("app_mentions:read", "commands by @lookback"),
    ("im:history", "commands in the bot's DM, and settling a DM in doubt after a crash"),
    (
        "channels:history",
        "settling a message in doubt after a crash, the text of a message kept by emoji, and replies in a meeting's thread as notes, in public channels",
    ),
    ("groups:history", "the same in private channels"),
    ("reactions:read", "keeping a message with an emoji (“Add to retro” in its menu still works)"),
    ("im:write", "settling someone's very first DM when it is in doubt"),
    ("files:write", "the document as a file (it is posted as text instead)"),
    ("canvases:write", "the document as a part of the channel's canvas (the file in the thread stays)"),
    ("usergroups:read", "@group as participants"),
    (
        "users:read.email",
        "owners as assignees of their tickets in Jira, Linear and GitHub (they are named in the text)",
    ),
];

/// The app's manifest, as it is pasted into Slack.
pub const MANIFEST: &str = include_str!("../../../manifest.yml");

/// The bot scopes of a manifest (the list below `bot:`).
pub fn of_manifest(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|l| *l != "bot:")
        .skip(1)
        .filter(|l| !l.starts_with('#'))
        .take_while(|l| l.starts_with("- "))
        .map(|l| l.trim_start_matches("- "))
        .collect()
}

/// The needed scopes that are missing from `granted` (separated by commas).
pub fn missing(granted: &str) -> Vec<&'static str> {
    NEEDED.into_iter().filter(|s| !has(granted, s)).collect()
}

/// The optional ones that are missing, with what is off.
pub fn off(granted: &str) -> Vec<(&'static str, &'static str)> {
    OPTIONAL.into_iter().filter(|(s, _)| !has(granted, s)).collect()
}

/// Scopes that are granted and that the manifest does not ask for.
pub fn unasked(granted: &str) -> Vec<&str> {
    let asked = of_manifest(MANIFEST);
    granted.split(',').map(str::trim).filter(|scope| !scope.is_empty() && !asked.contains(scope)).collect()
}

fn has(granted: &str, scope: &str) -> bool {
    granted.split(',').any(|s| s.trim() == scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_asks_for_exactly_these() {
        let mut asked = of_manifest(MANIFEST);
        let mut known: Vec<&str> = NEEDED.into_iter().chain(OPTIONAL.map(|(s, _)| s)).collect();
        asked.sort_unstable();
        known.sort_unstable();
        assert_eq!(asked, known);
    }
}
