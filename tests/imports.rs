//! Imports run downwards: between the rooms of a crate, and between its files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};

/// The rooms of the bot, from the top down. A room is a folder or a file of `src`; it imports rooms below it.
const BOT: [&str; 33] = [
    "main",
    "cli",
    "playground",
    "serve",
    "engine",
    "chores",
    "app",
    "outbox",
    "directory",
    "calls",
    "records",
    "decisions",
    "open",
    "newer_blocks",
    "chart",
    "bot",
    "faults",
    "freeze",
    "health",
    "lanes",
    "log",
    "slack",
    "trackers",
    "store",
    "lease",
    "rate_limits",
    "http",
    "metrics",
    "token",
    "seal",
    "keys",
    "config",
    "lib",
];

/// The rooms of the core.
const CORE: [&str; 9] = ["export", "retro", "interaction", "command", "model", "scopes", "zone", "text", "ids"];

/// The rooms of the simulated Slack.
const SIM: [&str; 18] = [
    "page",
    "trackers",
    "routes",
    "story",
    "socket",
    "web_api",
    "gestures",
    "acts",
    "methods",
    "canvases",
    "answer",
    "deliver",
    "state",
    "faults",
    "limits",
    "app",
    "workspace",
    "lib",
];

/// Files that import each other all the same, with the reason. This list may only get shorter.
const CIRCLES: [(&[&str], &str); 0] = [];

/// The modules of a crate, each with what it exports again and what it names.
struct Crate {
    /// By path, such as `["app", "cx"]`.
    files: BTreeMap<Vec<String>, File>,
}

#[derive(Default)]
struct File {
    /// `pub use`: the name, and where it comes from.
    exports: BTreeMap<String, Vec<String>>,
    /// Every path that is named.
    names: Vec<Vec<String>>,
}

struct Names<'a> {
    here: &'a [String],
    children: Vec<String>,
    file: File,
}

impl Names<'_> {
    /// A path of this crate, from its root.
    fn rooted(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.here.to_vec(),
            "super" => self.here.split_last()?.1.to_vec(),
            child if self.children.iter().any(|c| c == child) => [self.here, &[child.to_owned()]].concat(),
            _ => return None,
        };
        for part in rest {
            if part == "super" {
                at.pop();
            } else {
                at.push(part.clone());
            }
        }
        Some(at)
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String], again: bool) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        let (path, name) = match tree {
            syn::UseTree::Path(p) => return self.tree(&p.tree, &with(&p.ident), again),
            syn::UseTree::Group(g) => return g.items.iter().for_each(|t| self.tree(t, before, again)),
            syn::UseTree::Name(n) if n.ident == "self" => (before.to_vec(), before.last().unwrap().clone()),
            syn::UseTree::Name(n) => (with(&n.ident), n.ident.to_string()),
            syn::UseTree::Rename(r) => (with(&r.ident), r.rename.to_string()),
            syn::UseTree::Glob(_) => (before.to_vec(), "*".to_owned()),
        };
        let Some(path) = self.rooted(&path) else { return };
        if again {
            self.file.exports.insert(name, path);
        } else {
            self.file.names.push(path);
        }
    }
}

impl<'a> Visit<'a> for Names<'_> {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if parts.len() > 1
            && let Some(path) = self.rooted(&parts)
        {
            self.file.names.push(path);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        // Tests may look at whatever they like.
        if !item.attrs.iter().any(|a| a.path().is_ident("cfg")) {
            visit::visit_item_mod(self, item);
        }
    }
}

impl Crate {
    fn read(folder: &str) -> Self {
        let mut files = BTreeMap::new();
        Self::read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &[], &mut files);
        Self { files }
    }

    fn read_folder(folder: &Path, before: &[String], files: &mut BTreeMap<Vec<String>, File>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                Self::read_folder(&path, &[before, &[name]].concat(), files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let here = match name.as_str() {
                    "mod" | "lib" => before.to_vec(),
                    _ => [before, &[name]].concat(),
                };
                let text = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
                let declared = text.items.iter().filter_map(|item| match item {
                    syn::Item::Mod(m) if m.content.is_none() => Some(m.ident.to_string()),
                    _ => None,
                });
                let mut names = Names { here: &here, children: declared.collect(), file: File::default() };
                names.visit_file(&text);
                let file = names.file;
                files.insert(here, file);
            }
        }
    }

    /// The file in which a path ends: what is exported again is followed to where it stands.
    fn file_of(&self, path: &[String]) -> Vec<String> {
        let mut at = Vec::new();
        for (i, part) in path.iter().enumerate() {
            let next = [at.as_slice(), std::slice::from_ref(part)].concat();
            if self.files.contains_key(&next) {
                at = next;
            } else if let Some(target) = self.files.get(&at).and_then(|f| f.exports.get(part)) {
                return self.file_of(&[target.as_slice(), path.get(i + 1..).unwrap_or_default()].concat());
            } else {
                break;
            }
        }
        at
    }

    /// Which file imports which.
    fn imports(&self) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
        let all = self.files.iter().map(|(here, file)| {
            let of = file.names.iter().map(|path| self.file_of(path)).filter(|target| target != here);
            (here.clone(), of.collect())
        });
        all.collect()
    }
}

fn shown(path: &[String]) -> String {
    if path.is_empty() { "lib".to_owned() } else { path.join("/") }
}

/// A way from a file back to itself, the shortest one.
fn circle(from: &[String], imports: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Option<Vec<String>> {
    let mut ways = std::collections::VecDeque::from([vec![from.to_vec()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in imports.get(way.last()?)? {
            if next == from {
                return Some(way.iter().chain([next]).map(|p| shown(p)).collect());
            }
            if seen.insert(next.clone()) {
                ways.push_back([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

fn holds(folder: &str, rooms: &[&str]) -> Vec<String> {
    let imports = Crate::read(folder).imports();
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for (file, targets) in &imports {
        if let Some(way) = circle(file, &imports) {
            let members: BTreeSet<String> = way.iter().cloned().collect();
            let allowed = CIRCLES.iter().any(|(files, _)| members.iter().all(|m| files.contains(&m.as_str())));
            if !allowed && told.insert(members) {
                found.push(format!("{folder}: a circle: {}", way.join(" → ")));
            }
        }
        if rooms.is_empty() {
            continue;
        }
        let place = |path: &[String]| {
            let room = path.first().map_or("lib", String::as_str);
            rooms.iter().position(|r| *r == room).unwrap_or_else(|| panic!("{folder}: {room} is no room of the list"))
        };
        for target in targets {
            if place(target) < place(file) {
                found.push(format!("{folder}: an upward import: {} → {}", shown(file), shown(target)));
            }
        }
    }
    found
}

#[test]
fn imports_run_downwards() {
    let mut found = holds("src", &BOT);
    found.extend(holds("crates/core/src", &CORE));
    found.extend(holds("crates/sim/src", &SIM));
    found.extend(holds("crates/clock/src", &[]));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
