//! Documents: the whole example of the release process, its plan, and exports.

use crate::release::EXAMPLE;
use crate::themes::{beside, in_stage};
use crate::trends::release_of;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback::cli::documents::{self, Patched};
use lookback_core::command::Format;
use lookback_sim::Fault;
use lookback_sim::workspace::Canvas;

const TEMPLATE: &str = include_str!("../data/release/template.md");

/// The numbered lines of a section of the template.
fn numbered(heading: &str) -> Vec<&'static str> {
    let section = TEMPLATE.split(heading).nth(1).unwrap();
    section.lines().skip(1).take_while(|l| !l.is_empty()).map(|l| l.split_once(". ").unwrap().1).collect()
}

/// The process's example, from its figures to its summary, after the two releases before it.
async fn the_example(w: &World) {
    release_of(w, "v1.9.0", "5 days", "5 hours", 2, "6").await;
    w.says(NOOR, "/retro done 1").await;
    release_of(w, "v2.0.0", "4 days", "4 hours", 1, "7").await;
    w.says(NOOR, "/retro done 2").await;
    w.says(MARIA, "/retro start v2.1.0 previous:v2.0.0").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("document", EXAMPLE)]).await;
    let said: Vec<String> = ["### What Went Well", "### What Could Be Improved", "### Key Learnings"]
        .map(|h| numbered(h).join("\n"))
        .to_vec();
    w.answers(SAM, &[(0, &said[0]), (4, "8")]).await;
    w.answers(NOOR, &[(1, &said[1]), (4, "9")]).await;
    w.answers(PRIYA, &[(2, &said[2]), (4, "10")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro action Create a production-scale test database @noor before next release high because migrations are timed wrongly").await;
    w.says(
        MARIA,
        "/retro action Automate the smoke test suite with Playwright @sam by 2w high because testing by hand is slow",
    )
    .await;
    w.says(NOOR, "/retro done 3").await;
    w.says(SAM, "/retro done 4").await;
    w.says(JONAS, "/retro kudos @priya for quick issue resolution").await;
    w.says(MARIA, "/retro finish next:v2.2.0@2026-12-20").await;
}

#[tokio::test]
async fn the_whole_example_has_the_shape_of_the_process() {
    let w = World::new(Transport::Socket).await;
    the_example(&w).await;
    let plan = w.folder().join("release-plan.md");
    let head = b"# Plan v2.1.0\r\n\r\n```\r\n## Retrospective\r\n```\r\n\r\n## Retrospective\r\n";
    // The file ends with two bytes that are not UTF-8, and without a line end.
    let tail = b"## Appendix\r\n\xff\xfe";
    std::fs::write(&plan, [&head[..], b"[to be filled]\r\n", tail].concat()).unwrap();
    let patch = async |check| documents::patch(&w.place(), &plan, "v2.1.0", None, check).await.unwrap();
    assert_eq!(patch(true).await, Patched::Would);
    assert_eq!(patch(false).await, Patched::Written);
    assert_eq!((patch(false).await, patch(true).await), (Patched::Same, Patched::Same));
    let filled = std::fs::read(&plan).unwrap();
    assert!(filled.starts_with(head) && filled.ends_with(tail));
    let text = String::from_utf8_lossy(&filled).replace("\r\n", "\n");
    // Each line of the template is in its section. Themes are sorted by size and name.
    let (mut rest, mut section) = (text.split("## Retrospective\n").nth(2).unwrap(), "");
    for line in TEMPLATE.lines().filter(|l| !l.is_empty()) {
        if line.starts_with('#') {
            let (_, after) =
                rest.split_once(&format!("\n{line}\n")).unwrap_or_else(|| panic!("{line} is not in {rest}"));
            rest = after;
            section = after.split("\n### ").next().unwrap();
        } else if section.is_empty() {
            let label = line.split(':').next().unwrap();
            assert!(rest.contains(&format!("\n{label}: ")), "{label} is not in {rest}");
        } else if line.contains('[') {
            let label = line.split('[').next().unwrap();
            assert!(section.contains(label) && !section.trim().is_empty(), "{line} is not in {section}");
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            let words = line.split_once(". ").unwrap().1;
            assert!(
                section.lines().any(|l| l.split_once(". ").is_some_and(|(_, w)| w == words)),
                "{words} is not in {section}"
            );
        } else if line.contains("   ") {
            let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
            let row = format!("| {} ", cells.join(" | "));
            assert!(section.to_lowercase().contains(&row.to_lowercase()), "{row} is not in {section}");
        } else {
            assert!(section.lines().any(|l| l == line), "{line} is not in {section}");
        }
    }
    insta::assert_snapshot!("plan", text);
    // The document in the thread has the same sections, with headings one level higher.
    let document = w.sim.read(|s| s.messages.iter().rev().find_map(|m| m.files.first().cloned())).unwrap().text();
    assert!(
        document.starts_with("# Retrospective: v2.1.0\n") && document.contains("\n## Metrics Comparison\n"),
        "{document}"
    );
    w.ends().await;
}

#[tokio::test]
async fn a_plan_that_cannot_be_filled_is_left_as_it_was() {
    let w = World::new(Transport::Http).await;
    release_of(&w, "v2.1.0", "3 days", "3 hours", 0, "8").await;
    let plan = w.folder().join("plan.md");
    let fails = async |content: &[u8], version: &str| {
        std::fs::write(&plan, content).unwrap();
        let error = documents::patch(&w.place(), &plan, version, None, false).await.unwrap_err();
        assert_eq!(std::fs::read(&plan).unwrap(), content);
        format!("{error:#}")
    };
    let fit = b"## Retrospective\n";
    assert!(fails(fit, "v9").await.contains("there is no retro for v9"));
    assert!(fails(b"# Plan\n", "v2.1.0").await.contains("add that line where the retrospective should stand"));
    assert!(fails(b"## Retrospective\n\n## Retrospective\n", "v2.1.0").await.contains("on lines 1 and 3"));
    assert!(fails(b"## Retrospective\n\0", "v2.1.0").await.contains("binary"));
    assert!(fails(&vec![b'x'; 50_000_000], "v2.1.0").await.contains("has 50000000 bytes"));
    std::fs::write(&plan, fit).unwrap();
    let mut read_only = std::fs::metadata(&plan).unwrap().permissions();
    read_only.set_readonly(true);
    std::fs::set_permissions(&plan, read_only).unwrap();
    let error = documents::patch(&w.place(), &plan, "v2.1.0", None, false).await.unwrap_err();
    assert!(format!("{error:#}").contains("is read-only: make it writable"), "{error:#}");
    assert_eq!(std::fs::read(&plan).unwrap(), fit);
    let missing = documents::patch(&w.place(), &w.folder().join("no.md"), "v2.1.0", None, false).await.unwrap_err();
    assert!(format!("{missing:#}").contains("no.md cannot be read"), "{missing:#}");
    // A symbolic link is followed, and its target keeps its permissions.
    use std::os::unix::fs::PermissionsExt as _;
    let real = w.folder().join("real.md");
    std::fs::write(&real, fit).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = w.folder().join("link.md");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    assert_eq!(documents::patch(&w.place(), &link, "v2.1.0", Some(RELEASES), false).await.unwrap(), Patched::Written);
    assert!(link.is_symlink() && std::fs::read_to_string(&real).unwrap().contains("### Release Summary"));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    // No other file is left in the folder.
    let names: Vec<String> =
        std::fs::read_dir(w.folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|n| n.starts_with("test") || n.ends_with(".md") || n == "keys"), "{names:?}");
    w.ends().await;
}

#[tokio::test]
async fn the_whole_is_exported_for_programs_too() {
    let w = World::new(Transport::Http).await;
    the_example(&w).await;
    let export = async |format| documents::export(&w.place(), "v2.1.0", None, format).await.unwrap().text;
    let json: serde_json::Value = serde_json::from_str(&export(Format::Json).await).unwrap();
    assert_eq!(json["release"]["timeline"][0]["actual"], "2.5 days");
    assert_eq!(json["figures"]["timeline"][0]["variance"], "+25%");
    assert_eq!(
        (json["trend"].as_str(), json["releases"][2]["deploy_time"].as_str()),
        (Some("Improving with each release"), Some("5 hours"))
    );
    assert_eq!((json["notes"].as_array().unwrap().len(), json["notes"][0]["author"].is_null()), (14, true));
    assert_eq!(json["action_items"][0]["owner"], "noor");
    let csv = export(Format::Csv).await;
    assert!(csv.starts_with("number,channel,text") && csv.lines().count() == 3, "{csv}");
    assert!(export(Format::Md).await.starts_with("# Retrospective: v2.1.0\n"));
    let said = w.says(SAM, "/retro export v2.1.0 json").await;
    assert!(said.contains("I sent you the document of *v2.1.0* by DM."), "{said}");
    let missing = documents::export(&w.place(), "v9", None, Format::Md).await.unwrap_err();
    assert!(format!("{missing:#}").contains("there is no retro for v9"));
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_is_exported_for_programs() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named meeting:2026-11-24T15:00 length:60", 2).await;
    w.presses(JONAS, &beside(&w, "Blue-green", "Upvote")).await;
    w.minutes(3).await;
    w.says(MARIA, "/retro next").await;
    w.says(MARIA, "/retro finish").await;
    let export = lookback::cli::documents::export(&w.place(), "v2.1.0", None, lookback_core::command::Format::Json)
        .await
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    assert_eq!(json["meeting"], "2026-11-24T14:00:00Z");
    assert!(json["held"]["began"].as_str().unwrap().starts_with("2026-11-20T09:00:"), "{}", json["held"]);
    assert_eq!(
        json["held"]["stages"][1],
        serde_json::json!({"stage": "What went well", "took_minutes": 3, "planned_minutes": 14})
    );
    let theme = serde_json::json!({"stage": "well", "text": "Blue-green worked", "notes": 2, "votes": 1, "found": []});
    assert_eq!(json["themes"][0], theme);
    w.ends().await;
}

/// The canvas of the release channel, if it has one.
fn canvas(w: &World) -> Option<String> {
    w.sim.read(|s| s.canvases.iter().find(|c| c.channel == RELEASES).map(|c| c.markdown.clone()))
}

async fn a_short_retro(w: &World, version: &str) {
    w.says(MARIA, &format!("/retro start {version} @maria @sam named")).await;
    w.answers(SAM, &[(1, &format!("Flaky tests in {version}"))]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
}

/// The bot makes one canvas for a channel, with a part for each retro, the newest first.
#[tokio::test]
async fn each_document_is_a_part_of_the_channels_canvas() {
    for transport in [Transport::Http, Transport::Socket] {
        let mut w = World::new(transport).await;
        a_short_retro(&w, "v1").await;
        assert!(canvas(&w).unwrap().contains("Flaky tests in v1"));
        w.restart().await;
        a_short_retro(&w, "v2").await;
        let shown = canvas(&w).unwrap();
        assert!(shown.find("Flaky tests in v2") < shown.find("Flaky tests in v1"), "{shown}");
        assert_eq!((w.calls("conversations.canvases.create"), w.calls("canvases.edit")), (1, 1));
        // People deleted it: the next document has one again.
        w.sim.arrange(|s| s.canvases.clear());
        a_short_retro(&w, "v3").await;
        assert!(canvas(&w).unwrap().contains("Flaky tests in v3"));
        w.ends_refused(&["canvases.edit"]).await;
    }
}

/// A canvas of people's own is not touched, and nobody hears of what cannot be: the file stands in the thread.
#[tokio::test]
async fn a_canvas_that_cannot_be_leaves_the_file() {
    let w = World::new(Transport::Http).await;
    let own = Canvas { id: "F1".into(), channel: RELEASES.into(), by_bot: false, markdown: "Our own".into() };
    w.sim.arrange(|s| s.canvases.push(own));
    a_short_retro(&w, "v1").await;
    assert_eq!(canvas(&w).as_deref(), Some("Our own"));
    assert!(w.sim.read(|s| s.messages.iter().any(|m| m.files.iter().any(|f| f.text().contains("Flaky tests in v1")))));
    assert!(w.seen(MARIA, &w.dm(MARIA)).iter().all(|m| !m.contains("anvas")));
    assert_eq!(w.calls("conversations.canvases.create"), 0);
    w.ends().await;

    let w = World::new(Transport::Http).await;
    w.sim.no_canvases();
    a_short_retro(&w, "v1").await;
    assert_eq!(canvas(&w), None);
    w.ends_refused(&["conversations.canvases.create"]).await;

    let mut w = World::new(Transport::Http).await;
    w.sim.grant("canvases:write", false);
    w.restart().await;
    a_short_retro(&w, "v1").await;
    assert_eq!(w.calls("conversations.canvases.create"), 0);
    w.ends().await;
}

/// A canvas whose making was not answered is found, and written to the next time.
#[tokio::test]
async fn a_canvas_in_doubt_is_found_again() {
    let w = World::new(Transport::Http).await;
    w.sim.fault("conversations.canvases.create", Fault::LostAnswer, 1);
    a_short_retro(&w, "v1").await;
    w.sim.fault("conversations.canvases.create", Fault::Status { code: 500, effect: false }, 1);
    a_short_retro(&w, "v2").await;
    let shown = canvas(&w).unwrap();
    assert!(shown.contains("Flaky tests in v2") && shown.contains("Flaky tests in v1"), "{shown}");
    assert_eq!((w.calls("conversations.canvases.create"), w.calls("canvases.edit")), (1, 1));
    w.sim.clear_faults();
    w.ends_refused(&["conversations.canvases.create"]).await;

    // One that was not made is made by the next try.
    let w = World::new(Transport::Socket).await;
    w.sim.fault("conversations.canvases.create", Fault::Status { code: 500, effect: false }, 1);
    a_short_retro(&w, "v1").await;
    w.minutes(5).await;
    assert_eq!(canvas(&w).unwrap().matches("# Retrospective: v1").count(), 1);
    w.ends_refused(&["conversations.canvases.create"]).await;
}

/// An answer that was lost leaves open whether the part is there: it is not put there twice.
#[tokio::test]
async fn a_part_in_doubt_is_not_written_twice() {
    let w = World::new(Transport::Socket).await;
    a_short_retro(&w, "v1").await;
    w.sim.fault("canvases.edit", Fault::LostAnswer, 1);
    a_short_retro(&w, "v2").await;
    w.minutes(5).await;
    assert_eq!(canvas(&w).unwrap().matches("# Retrospective: v2").count(), 1, "{}", canvas(&w).unwrap());
    w.ends_refused(&["canvases.edit"]).await;
}
