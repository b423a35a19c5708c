//! Slack knows an app by its manifest. This file reads the scopes and the shortcuts from it.

/// An administrator pastes this manifest into Slack to create the app.
const MANIFEST: &str = include_str!("../../../manifest.yml");

/// The manifest lists the bot's scopes below `bot:`. An installation grants all of them.
pub fn scopes() -> Vec<&'static str> {
    let lines = MANIFEST.lines().map(str::trim).skip_while(|l| *l != "bot:").skip(1);
    let items = lines.filter(|l| !l.starts_with('#')).take_while(|l| l.starts_with("- "));
    items.map(|l| l.trim_start_matches("- ")).collect()
}

/// A shortcut is an entry that the app adds to a menu of Slack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The menu shows this text.
    pub name: &'static str,
    /// Slack sends this id to the bot when a person uses the shortcut.
    pub callback_id: &'static str,
    /// The shortcut stands in the menu of each message. Otherwise it stands in the menu of the workspace.
    pub of_message: bool,
}

/// The function returns the shortcuts in the order of the manifest.
pub fn shortcuts() -> Vec<Shortcut> {
    let lines = MANIFEST.lines().map(str::trim).skip_while(|l| *l != "shortcuts:").skip(1);
    let lines: Vec<&str> = lines.take_while(|l| l.starts_with("- ") || l.contains(": ")).collect();
    let starts = lines.iter().enumerate().filter(|(_, l)| l.starts_with("- name: ")).map(|(at, _)| at);
    let value = |lines: &[&'static str], key: &str| {
        lines.iter().find_map(|l| l.trim_start_matches("- ").strip_prefix(key)).unwrap_or_default()
    };
    starts
        .filter_map(|at| lines.get(at..))
        .map(|own| Shortcut {
            name: value(own, "name: "),
            callback_id: value(own, "callback_id: "),
            of_message: value(own, "type: ") == "message",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_what_the_app_may_and_offers() {
        assert_eq!(scopes().first(), Some(&"commands"));
        let shown: Vec<_> = shortcuts().iter().map(|s| (s.name, s.callback_id, s.of_message)).collect();
        assert_eq!(
            shown,
            [
                ("Start a retro", "start_retro", false),
                ("Add to retro", "add_to_retro", true),
                ("Make an action item", "make_action_item", true)
            ]
        );
    }
}
