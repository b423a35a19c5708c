//! The release itself: its figures, where they are shown, and what is wrong with them.

use chrono::Duration;

use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World};

pub const EXAMPLE: &str = include_str!("../../crates/sim/src/v2.1.0.yaml");

async fn facts_come_first(transport: Transport) {
    let w = World::new(transport).await;
    let said = w.says(MARIA, "/retro start v2.1.0 deployed:2026-11-19").await;
    assert!(said.contains("waiting the full 48 hours"), "{said}");
    assert!(said.contains("release figures."), "{said}");
    w.opens(MARIA, RELEASES, "Add release data").await;
    assert!(w.form_words(MARIA).contains("The figures of *v2.1.0*"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("document", EXAMPLE)]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("The release data for *v2.1.0* is saved."), "{said}");
    assert!(said.contains("1 h 40 min (planned 1 h 30 min, +11%)"), "{said}");
    // The figures are in the form of the survey, before the first question.
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Answer the survey").await;
    assert!(w.form_words(SAM).contains("3 of 3 passed"), "no facts in the form");
    w.sends(SAM, &[("q1", "The database migration took longer than planned")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("Overall: smooth by the numbers (no incidents"), "{agenda}");
    // The figures are a table in the agenda's thread.
    let table = w.sim.read(|s| {
        let m = s.messages.iter().find(|m| m.text.contains("in figures")).expect("the figures");
        assert!(m.thread_ts.is_some());
        (m.text.clone(), serde_json::json!(m.blocks).to_string())
    });
    for variance in ["+25%", "+17%", "+33%", "\u{2212}17%"] {
        assert!(table.0.contains(variance) && table.1.contains(variance), "{table:?}");
    }
    assert!(table.1.contains("\"type\":\"data_table\""), "{}", table.1);
    // A second import says what changed, and every message is updated.
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("incidents", "3"), ("rollbacks", "")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("incidents.total: 0 → 3") && said.contains("incidents.rollbacks: removed (was 0)"), "{said}");
    assert!(w.public(RELEASES)[1].contains("rough by the numbers (3 incidents"), "{}", w.public(RELEASES)[1]);
    w.says(MARIA, "/retro finish").await;
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).unwrap();
    assert!(summary.contains("Business impact: +3% conversion rate"), "{summary}");
    w.ends().await;
}

#[tokio::test]
async fn facts_come_before_opinions_over_http() {
    facts_come_first(Transport::Http).await;
}

#[tokio::test]
async fn facts_come_before_opinions_over_socket_mode() {
    facts_come_first(Transport::Socket).await;
}

#[tokio::test]
async fn wrong_figures_stand_at_their_field_with_key_line_and_column() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("document", "timeline:\n  - {phase: Smoke, planned: -5 min, actal: 1h}")]).await;
    let [(field, said)] = w.form_errors(MARIA).try_into().unwrap();
    assert_eq!(field, "document");
    assert_eq!(
        said,
        "line 2, column 29: timeline[0].planned “-5 min” is negative: a duration cannot be.\nline 2, column 37: timeline[0].actal is not a key of release data. Did you mean actual?"
    );
    w.sends(MARIA, &[("document", "version: v9"), ("incidents", "many")]).await;
    assert!(w.form_errors(MARIA)[0].1.contains("not both at once"), "{:?}", w.form_errors(MARIA));
    w.sends(MARIA, &[("incidents", "many"), ("lead_time", "3")]).await;
    let fields: Vec<String> = w.form_errors(MARIA).into_iter().map(|(f, _)| f).collect();
    assert_eq!(fields, ["incidents", "lead_time"]);
    w.ends().await;
}

#[tokio::test]
async fn figures_are_for_who_leads_and_nobody_overwrites_what_came_meanwhile() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    assert!(w.says(SAM, "/retro data v2.1.0").await.contains("Only <@U01MARIA>"));
    w.says(MARIA, "/retro lead @noor").await;
    w.says(NOOR, "/retro data").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("incidents", "1")]).await;
    w.sends(NOOR, &[("incidents", "0")]).await;
    assert!(w.form_words(NOOR).contains("while your form was open"), "{}", w.form_words(NOOR));
    // A mention cannot open a form. It gets a button that does.
    let said = w.says_in(NOOR, RELEASES, "@lookback data v2.1.0").await;
    assert!(said.contains("The figures of *v2.1.0* are in a form."), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn the_plan_is_looked_back_at() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    w.says(MARIA, "/retro data").await;
    let plan = "plan: |\n  # Plan\n  ## Assumptions\n  - Staging behaves like production\n  ## Risks\n  - The database migration is slow\n  - Vendors are away\n";
    w.sends(MARIA, &[("document", plan)]).await;
    w.answers(SAM, &[(1, "Database migration was slow")]).await;
    w.answers(NOOR, &[(0, "calm")]).await;
    w.answers(MARIA, &[(0, "calm too")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).into_iter().find(|m| m.contains("in figures")).unwrap();
    assert!(agenda.contains("Assumptions in the plan:\n• Staging behaves like production"), "{agenda}");
    assert!(
        agenda.contains("• The database migration is slow (similar note: “Database migration was slow”)"),
        "{agenda}"
    );
    w.opens(MARIA, RELEASES, "Risks that came true").await;
    let risk = lookback::slack::view::release::mark_of("The database migration is slow");
    w.sends(MARIA, &[("text", &risk)]).await;
    let figures = w.public(RELEASES).into_iter().find(|m| m.contains("in figures")).unwrap();
    assert!(figures.contains("• Came true: The database migration is slow"), "{figures}");
    w.ends().await;
}

#[tokio::test]
async fn the_next_release_is_known_from_its_data() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    w.says(MARIA, "/retro action Write the runbook for rollbacks @sam before next release").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.says(MARIA, "/retro data v2.2.0").await;
    w.sends(MARIA, &[("document", "deployed_at: 2026-12-18T12:00:00Z")]).await;
    let said = w.says(SAM, "/retro actions").await;
    assert!(said.contains("Fri 18 Dec 2026"), "{said}");
    // The retro is started before the day of the release.
    w.advance(Duration::days(1)).await;
    let said = w.says(MARIA, "/retro start v2.2.0").await;
    assert!(said.contains("*v2.2.0* isn't out yet (planned Fri 18 Dec 2026"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn much_of_everything_stays_within_what_slack_takes() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    let long = |n: usize, what: &str| format!("{what} {n} {}", "word ".repeat(20));
    let rows: String = (0..90)
        .map(|n| {
            format!(
                "  - {{phase: {}, planned: 1h, actual: 2h}}\n",
                long(n, "phase").chars().take(90).collect::<String>()
            )
        })
        .collect();
    let gates: String = (0..60).map(|n| format!("  - {{name: gate {n}, value: {n}%, target: \">= 50%\"}}\n")).collect();
    let risks: String = (0..30).map(|n| format!("  - {}\n", long(n, "risk"))).collect();
    let data = format!("timeline:\n{rows}quality:\n{gates}plan: |\n  # Risks\n{risks}  # Assumptions\n{risks}");
    let file = w.folder().join("large.yaml");
    std::fs::write(&file, format!("version: v2.1.0\n{data}")).unwrap();
    lookback::cli::release::import(&w.place(), &file, RELEASES, None).await.unwrap();
    let said: Vec<String> = (0..5)
        .map(|q| {
            (0..20)
                .map(|n| format!("thing{q}x{n} {}", "of which much can be said ".repeat(4)))
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect();
    for (who, name) in [(SAM, "sam"), (NOOR, "noor"), (MARIA, "maria")] {
        let answers: Vec<(usize, String)> = (0..4).map(|q| (q, said[q].replace("thing", name))).collect();
        let answers: Vec<(usize, &str)> = answers.iter().map(|(q, t)| (*q, t.as_str())).collect();
        w.answers(who, &answers).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert!(w.button(MARIA, RELEASES, "Finish").is_some(), "the agenda lost its buttons");
    w.says(MARIA, "/retro finish").await;
    // `ends` checks that Slack refused nothing.
    w.ends().await;
}
