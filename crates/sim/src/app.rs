//! The app under test as Slack knows it: what its manifest says.

/// The manifest, as it is pasted into Slack.
const MANIFEST: &str = include_str!("../../../manifest.yml");

/// The scopes that are granted at the installation: the list below `bot:`.
pub fn scopes() -> Vec<&'static str> {
    let lines = MANIFEST.lines().map(str::trim).skip_while(|l| *l != "bot:").skip(1);
    let items = lines.filter(|l| !l.starts_with('#')).take_while(|l| l.starts_with("- "));
    items.map(|l| l.trim_start_matches("- ")).collect()
}

/// A shortcut of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// What its menu entry says.
    pub name: &'static str,
    /// What it is sent as.
    pub callback_id: &'static str,
    /// It stands in the menu of a message; else in the menu of the workspace.
    pub of_message: bool,
}

/// The shortcuts, in the order of the manifest.
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
