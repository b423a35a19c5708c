//! Anonymity: what was written cannot be linked to a person, however one looks.

use chrono::Duration;

use crate::departures::leaves;
use crate::world::{HUMANS, JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn answers_are_sealed_while_the_survey_is_open_and_mixed_when_it_closes() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for (who, text) in [(SAM, "canary-sam"), (NOOR, "canary-noor"), (JONAS, "canary-jonas")] {
        w.answers(who, &[(0, text), (4, "7")]).await;
    }
    w.says(MARIA, "/retro note improve canary-note").await;
    let open = w.on_disk();
    for text in ["canary-sam", "canary-noor", "canary-jonas", "canary-note"] {
        assert!(!open.contains(text), "{text} can be read while the survey is open");
    }
    // A restart loses nothing, and the form shows people their own answers only.
    let mut w = w;
    w.crash().await;
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Change my answers").await;
    let shown = w.sim.read(|s| format!("{:?}", s.views.last().map(|v| v.view.clone())));
    assert!(shown.contains("canary-sam") && !shown.contains("canary-noor"), "{shown}");
    w.sends(SAM, &[("q0", "canary-sam changed")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    for text in ["canary-sam changed", "canary-noor", "canary-jonas", "canary-note"] {
        assert!(agenda.contains(text), "{agenda}");
    }
    assert!(agenda.contains("Smoothness: 7.0/10 (3 scores)"), "{agenda}");
    let mut tx = w.bot().bot.store.read().await.unwrap();
    assert!(lookback::store::responses::keyed(&mut tx, &"T0PLAY".into()).await.unwrap().is_empty());
    let glance = lookback::store::due_work::due_work(&mut tx, i64::MAX).await.unwrap();
    assert!(!glance.scrub, "the file is not clean yet");
    drop(tx);
    w.ends().await;
}

#[tokio::test]
async fn too_few_authors_are_asked_before_anything_is_shown() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "sams words"), (4, "3")]).await;
    w.answers(NOOR, &[(1, "noors words")]).await;
    let dm = w.dm(JONAS);
    w.clicks(JONAS, &dm, "Nothing to add").await;
    let said = w.says(MARIA, "/retro agenda").await;
    assert!(said.contains("Fewer than 3 people wrote something"), "{said}");
    let agenda = || w.public(RELEASES)[1].clone();
    assert!(!agenda().contains("words") && !agenda().contains("of 10"), "{}", agenda());
    assert!(!w.on_disk().contains("sams words"));
    // Only authors are asked, in a new DM that says what sharing means.
    let (sam, noor, jonas) = (w.dm(SAM), w.dm(NOOR), w.dm(JONAS));
    assert!(w.last(SAM, &sam).contains("others may guess which words are yours"), "{}", w.last(SAM, &sam));
    assert!(w.button(JONAS, &jonas, "Share").is_none() && w.button(NOOR, &noor, "Don't share").is_some());
    // Nothing that others can see changes before both have decided, neither the agenda nor the messages that ask.
    let asked = w.sim.read(|s| s.messages.iter().map(|m| (m.ts.clone(), m.text.clone())).collect::<Vec<_>>());
    let said = w.clicks(SAM, &sam, "Don't share").await;
    assert!(said.contains("I won't share your words") && said.contains("You can change your mind"), "{said}");
    let said = w.clicks(SAM, &sam, "Share").await;
    assert!(said.contains("share your words without your name"), "{said}");
    w.minutes(1).await;
    let now = w.sim.read(|s| s.messages.iter().map(|m| (m.ts.clone(), m.text.clone())).collect::<Vec<_>>());
    assert!(asked.iter().all(|message| now.contains(message)) && !agenda().contains("sams words"));
    w.clicks(NOOR, &noor, "Share with my name").await;
    assert!(agenda().contains("sams words") && agenda().contains("3.0/10"), "{}", agenda());
    assert!(w.last(NOOR, &noor).contains("that's settled"));
    assert!(w.seen(SAM, &sam).iter().any(|m| m.contains("that's settled")), "{:#?}", w.seen(SAM, &sam));
    let blocks = w.sim.read(|s| format!("{:?}", s.messages.iter().find(|m| m.text.contains("noors words"))));
    assert!(blocks.contains("U02NOOR"), "{blocks}");
    assert!(!agenda().contains("Fewer than"), "{}", agenda());
    // The file does not tell who was asked.
    assert!(!w.on_disk().contains("share/"));
    w.ends().await;
}

#[tokio::test]
async fn silence_keeps_it_out_after_two_days_or_at_finish() {
    for by_finish in [false, true] {
        let w = World::new(Transport::Http).await;
        w.says(MARIA, "/retro start v1 closes:4h").await;
        w.answers(SAM, &[(0, "sams words")]).await;
        w.says(MARIA, "/retro agenda").await;
        let dm = w.dm(SAM);
        let button = w.button(SAM, &dm, "Share").unwrap();
        if by_finish {
            w.says(MARIA, "/retro finish").await;
        } else {
            w.advance(Duration::hours(49)).await;
        }
        assert!(w.button(SAM, &dm, "Share").is_none() && w.last(SAM, &dm).contains("settled"), "{}", w.last(SAM, &dm));
        // The old button shares nothing.
        w.presses_in(SAM, &dm, &button).await;
        assert!(w.last(SAM, &dm).contains("You've already decided"), "{}", w.last(SAM, &dm));
        assert!(!w.public(RELEASES).join("").contains("sams words"));
        let mut tx = w.bot().bot.store.read().await.unwrap();
        assert!(lookback::store::responses::keyed(&mut tx, &"T0PLAY".into()).await.unwrap().is_empty());
        drop(tx);
        w.ends().await;
    }
}

#[tokio::test]
async fn what_was_decided_is_shown_when_time_is_up_or_at_finish() {
    for by_finish in [false, true] {
        let w = World::new(Transport::Http).await;
        w.says(MARIA, "/retro start v1 closes:4h").await;
        w.answers(SAM, &[(0, "sams words")]).await;
        w.answers(NOOR, &[(0, "noors words")]).await;
        w.says(MARIA, "/retro agenda").await;
        w.clicks(NOOR, &w.dm(NOOR), "Share").await;
        if by_finish {
            w.says(MARIA, "/retro finish").await;
        } else {
            w.advance(Duration::hours(49)).await;
        }
        let public = w.public(RELEASES).join("");
        assert!(public.contains("noors words") && !public.contains("sams words"), "{by_finish}: {public}");
        assert!(!w.on_disk().contains("sams words") && !w.on_disk().contains("share/"));
        w.ends().await;
    }
}

#[tokio::test]
async fn an_abusive_note_is_hidden_unseen() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for (who, text) in [(SAM, "Bob is useless"), (NOOR, "Calm rollout"), (JONAS, "Good notes")] {
        w.answers(who, &[(0, text)]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    let refused = w.clicks(SAM, RELEASES, "Hide a note").await;
    assert!(refused.contains("Only <@U01MARIA>"), "{refused}");
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let view = w.sim.read(|s| s.views.last().map(|v| v.view.to_string())).unwrap();
    assert!(HUMANS.iter().all(|u| !view.contains(u)), "{view}");
    let options =
        w.sim.read(|s| s.views.last().unwrap().view["blocks"][1]["element"]["option_groups"][0]["options"].clone());
    let bad = options.as_array().unwrap().iter().find(|o| o["text"]["text"] == "Bob is useless").unwrap();
    let id = bad["value"].as_str().unwrap().to_owned();
    w.sends(MARIA, &[("text", &id)]).await;
    assert!(!w.public(RELEASES)[1].contains("useless") && w.public(RELEASES)[1].contains("Calm rollout"));
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("is hidden"));
    w.says(MARIA, "/retro finish").await;
    let all =
        w.sim.read(|s| s.messages.iter().map(|m| format!("{}{:?}{:?}", m.text, m.blocks, m.files)).collect::<String>());
    assert!(!all.contains("useless"));
    w.clicks(MARIA, &dm, "Show it again").await;
    assert!(w.public(RELEASES).join("").contains("useless"));
    w.ends().await;
}

#[tokio::test]
async fn notes_before_an_anonymous_retro_lose_their_author_when_it_begins() {
    let w = World::file(Transport::Http).await;
    w.says(SAM, "/retro note improve an early canary").await;
    assert!(w.says(SAM, "/retro notes").await.contains("Your notes (1)"));
    let named = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).matches("U03SAMan early canary").count();
    let wal = w.folder().join("test.db-wal");
    assert!(named(std::fs::read(&wal).unwrap()) > 0, "its author stands beside it");
    w.says(MARIA, "/retro start v1").await;
    w.minutes(2).await;
    let left = [std::fs::read(&wal).unwrap(), std::fs::read(w.folder().join("test.db")).unwrap()];
    assert_eq!(left.map(named), [0, 0], "the WAL or the file still tells who wrote it");
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("an early canary"));
    let mut tx = w.bot().bot.store.read().await.unwrap();
    let mine = lookback::store::notes::mine(&mut tx, &"T0PLAY".into(), &RELEASES.into(), &SAM.into()).await.unwrap();
    assert!(mine.is_empty());
    drop(tx);
    w.ends().await;
}

#[tokio::test]
async fn a_cancelled_retro_shares_nothing_and_a_late_note_leaves_no_trace() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "sams words")]).await;
    w.says(MARIA, "/retro agenda").await;
    let dm = w.dm(SAM);
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert!(w.button(SAM, &dm, "Share").is_none(), "{:?}", w.seen(SAM, &dm));
    assert!(!w.on_disk().contains("share/") && !w.on_disk().contains("sams words"));
    w.says(MARIA, "/retro start v2").await;
    for who in [SAM, NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    w.says(NOOR, "/retro note improve a late canary").await;
    // It is in the file once, as a note without an author. PostgreSQL keeps what a note was before it was laid among the
    // others until the next cleaning.
    assert!(!w.is_file() || w.on_disk().matches("a late canary").count() == 1);
    assert_eq!(authors(&w).await.into_iter().find(|(body, _)| body == "a late canary").unwrap().1, None);
    w.ends().await;
}

/// The notes of the database with whoever stands beside them.
async fn authors(w: &World) -> Vec<(String, Option<String>)> {
    w.rows("select body, author from note order by body").await
}

#[tokio::test]
async fn one_of_many_writes() {
    let w = World::crowd(11).await;
    w.says(MARIA, "/retro start v1 everyone").await;
    w.answers("U9003", &[(0, "only mine"), (4, "2")]).await;
    w.says(MARIA, "/retro agenda").await;
    assert!(!w.public(RELEASES)[1].contains("only mine") && !w.public(RELEASES)[1].contains("of 10"));
    let asked = |who: &str| w.button(who, &w.dm(who), "Share").is_some();
    assert!(asked("U9003") && !asked("U9004") && !asked(MARIA));
    w.clicks("U9003", &w.dm("U9003"), "Share").await;
    assert!(w.public(RELEASES)[1].contains("only mine"));
    assert_eq!(authors(&w).await, [("only mine".to_owned(), None)]);
    w.ends().await;
}

#[tokio::test]
async fn everybody_but_one_shares_with_a_name() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro config").await;
    w.form(MARIA).await;
    w.sends(MARIA, &[("threshold", "5")]).await;
    w.says(MARIA, "/retro start v1").await;
    let wrote = [(SAM, "by sam"), (NOOR, "by noor"), (JONAS, "by jonas"), ("U04PRIYA", "by nobody")];
    for (who, text) in wrote {
        w.answers(who, &[(0, text)]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    for (who, text) in wrote {
        assert!(!wrote.iter().any(|(_, text)| w.public(RELEASES)[1].contains(text)), "before all have decided");
        let how = if text == "by nobody" { "Share" } else { "Share with my name" };
        w.clicks(who, &w.dm(who), how).await;
    }
    assert!(wrote.iter().all(|(_, text)| w.public(RELEASES)[1].contains(text)));
    let of = |who: &str, text: &str| (text.to_owned(), Some(who.to_owned()));
    let nobody = ("by nobody".to_owned(), None);
    assert_eq!(authors(&w).await, [of(JONAS, "by jonas"), nobody, of(NOOR, "by noor"), of(SAM, "by sam")]);
    w.ends().await;
}

#[tokio::test]
async fn an_author_leaves_before_deciding() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "sams words")]).await;
    w.answers(NOOR, &[(0, "noors words")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.clicks(SAM, &w.dm(SAM), "Share").await;
    leaves(&w, NOOR, true).await;
    w.advance(Duration::hours(49)).await;
    let public = w.public(RELEASES).join("");
    assert!(public.contains("sams words") && !public.contains("noors words"), "{public}");
    assert!(!w.on_disk().contains("noors words") && !w.on_disk().contains("share/"));
    w.ends().await;
}

#[tokio::test]
async fn a_question_that_one_person_answered_is_shown_where_enough_wrote() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "fine"), (1, "alone here")]).await;
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine too")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("alone here"));
    // Nothing joins the answers of one person.
    assert!(authors(&w).await.iter().all(|(_, author)| author.is_none()));
    w.ends().await;
}
