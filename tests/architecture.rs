//! The rules of the house that a program can check.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push((path, text));
            }
        }
    }
    assert!(!out.is_empty(), "{folder}");
    out
}

/// The bot's sources, and those of the crates that it is made of.
fn all_sources() -> Vec<(PathBuf, String)> {
    ["src", "crates/clock/src", "crates/core/src", "crates/sim/src"].into_iter().flat_map(sources).collect()
}

/// The part of a file above its tests.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// What a crate is built with, directly or not.
fn built_with(package: &str) -> Vec<String> {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    lines.lines().filter_map(|l| l.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_core_is_pure_and_the_simulator_knows_nothing_of_the_bot() {
    let core = built_with("lookback-core");
    for banned in ["sqlx", "tokio", "axum", "hyper", "slack-morphism", "rand"] {
        assert!(!core.iter().any(|name| name == banned), "lookback-core is built with {banned}");
    }
    let sim = built_with("lookback-sim");
    for banned in ["lookback", "lookback-core", "slack-morphism", "sqlx"] {
        assert!(!sim.iter().any(|name| name == banned), "lookback-sim is built with {banned}");
    }
    for (path, text) in sources("crates/core/src") {
        for banned in ["async fn", "Utc::now", "std::fs", "std::net"] {
            assert!(!production(&text).contains(banned), "{} uses {banned}", path.display());
        }
    }
}

#[test]
fn only_one_door_leads_out_and_only_one_writes() {
    for (path, text) in sources("src") {
        let (name, text) = (path.display().to_string(), production(&text).to_owned());
        if !name.ends_with("src/http.rs") {
            for banned in ["hyper_util::client", "http_post", "http_get"] {
                assert!(!text.contains(banned), "{name} uses {banned}");
            }
        }
        if !["store/database.rs", "store/sqlite.rs", "store/postgres.rs"].iter().any(|room| name.ends_with(room)) {
            for door in [".begin_with(", "SqlitePool", "PgPool"] {
                assert!(
                    !text.contains(door) || name.ends_with("store/writer.rs"),
                    "{name} opens the database by itself"
                );
            }
        }
        if !name.contains("/store/") {
            assert!(!text.contains("sqlx::query"), "{name} holds SQL");
        }
        // The audit counts these rows, and the cleaning writes their tables anew; both read none.
        if !["responses.rs", "audit.rs", "vacuum.rs"].iter().any(|file| name.ends_with(&format!("store/{file}"))) {
            for sql in ["from sheet", "into sheet", "update sheet", "survey_key", "from answer", "into answer"] {
                assert!(!text.contains(sql), "{name} reads who wrote what");
            }
        }
        assert!(!text.contains("println!") || name.contains("/cli/"), "{name} prints");
    }
}

/// SQLite keeps a flag as 0 or 1 and takes `true` and `false` for them; PostgreSQL takes no number for one.
#[test]
fn flags_are_true_or_false_in_every_statement() {
    for (path, text) in sources("src") {
        let words: Vec<&str> = text.split([' ', '\n', ',', ')', '"']).filter(|w| !w.is_empty()).collect();
        for three in words.windows(3) {
            let [name, sign, value] = three else { continue };
            let name = name.rsplit(['.', '(']).next().unwrap_or_default();
            let is_flag = name.starts_with("is_") || name.starts_with("has_");
            let compared = ["=", "<>"].contains(sign) && ["0", "1"].contains(value);
            assert!(!(is_flag && compared), "{}: {name} {sign} {value}", path.display());
        }
    }
}

#[test]
fn tests_do_not_sleep_and_production_has_no_test_switches() {
    for (path, text) in sources("tests") {
        if !path.ends_with("architecture.rs") {
            assert!(!text.contains("sleep(") && !text.contains("#[ignore"), "{}", path.display());
        }
    }
    for (path, text) in all_sources() {
        let switches = text.matches("cfg(test)").count();
        let modules = text.matches("#[cfg(test)]\nmod tests {").count();
        assert_eq!(switches, modules, "{}: cfg(test) stands only above a module of tests", path.display());
    }
}

#[test]
fn files_stay_short_and_say_what_they_are_for() {
    let mut all = Vec::new();
    for (path, text) in all_sources() {
        let lines = production(&text).lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        all.push(lines);
    }
    all.sort_unstable();
    let median = all.get(all.len() / 2).unwrap();
    assert!(*median <= 150, "half of the files have more than {median} lines");
}

#[test]
fn no_parameter_is_a_tuple_to_stay_below_the_limit() {
    struct Parameters(Vec<String>);
    impl<'a> syn::visit::Visit<'a> for Parameters {
        fn visit_signature(&mut self, signature: &'a syn::Signature) {
            let name = &signature.ident;
            let types = signature.inputs.iter().filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(&*typed.ty),
                syn::FnArg::Receiver(_) => None,
            });
            let inner = types.map(|ty| if let syn::Type::Reference(r) = ty { &*r.elem } else { ty });
            let tuples = inner.filter(|ty| matches!(ty, syn::Type::Tuple(t) if t.elems.len() > 1)).count();
            // A row of the database is one parameter.
            if tuples > 0 && signature.inputs.len() > 1 {
                self.0.push(name.to_string());
            }
        }
    }
    let mut all = Vec::new();
    for (path, text) in all_sources() {
        let file = syn::parse_file(production(&text)).unwrap();
        let mut found = Parameters(Vec::new());
        syn::visit::Visit::visit_file(&mut found, &file);
        all.extend(found.0.iter().map(|name| format!("{}: {name}", path.display())));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_map_shows_the_house_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let of_ours = ["src/", "crates/", "tests/", "migrations/", "deploy/", "benches/"];
            if of_ours.iter().any(|folder| name.starts_with(folder)) {
                assert!(root.join(name).exists(), "{document} names {name}, which is not there");
            }
        }
    }
    let map = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for entry in std::fs::read_dir(root.join("src")).unwrap().chain(std::fs::read_dir(root.join("crates")).unwrap()) {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let shown = if path.is_dir() { format!("`{name}/`") } else { format!("`{name}`") };
        let itself = ["src/lib.rs", "src/main.rs"].contains(&name.as_str());
        assert!(itself || map.contains(&shown), "ARCHITECTURE.md does not show {name}");
    }
}

#[test]
fn migrations_are_numbered_and_every_table_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for (n, path) in files.iter().enumerate() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name}");
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            if line.starts_with("create table") {
                assert!(i > 0 && lines[i - 1].starts_with("-- "), "{name}: {line} has no comment");
            }
        }
        assert!(text.matches(") strict").count() == text.matches("create table").count(), "{name}: tables are strict");
    }
}

#[test]
fn the_readme_shows_every_command_and_every_setting() {
    let readme = include_str!("../README.md");
    for verb in &lookback_core::command::VERBS {
        assert!(readme.contains(&format!("`/retro {}", verb.name)), "{} is not in the README", verb.name);
    }
    for setting in &lookback::config::SETTINGS {
        assert!(readme.contains(&format!("`{}`", setting.name)), "{} is not in the README", setting.name);
    }
}

#[test]
fn the_ci_runs_the_command_of_the_readme() {
    let (readme, ci) = (include_str!("../README.md"), include_str!("../.ci/run"));
    assert!(readme.contains("cargo test --locked") && ci.contains("\ncargo test --locked\n"));
}

#[test]
fn each_planted_bug_can_still_be_planted() {
    let bugs: toml::Table = include_str!("data/planted-bugs.toml").parse().unwrap();
    for bug in bugs["bug"].as_array().unwrap() {
        let text = |key: &str| bug[key].as_str().unwrap();
        let file = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(text("file"))).unwrap();
        assert_eq!(file.matches(text("from")).count(), 1, "{}: {} was changed", text("what"), text("file"));
    }
}
