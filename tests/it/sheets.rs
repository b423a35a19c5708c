//! Sealed sheets tell nothing by their number, their length or their place in the file.

use std::collections::BTreeMap;

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// The sealed sheets, by their names.
async fn sheets(w: &World) -> BTreeMap<Vec<u8>, Vec<u8>> {
    w.rows("select alias, body from sheet").await.into_iter().collect()
}

/// Where each sheet lies in the file: its first bytes, and its last.
async fn places(w: &World) -> Vec<(usize, usize)> {
    assert!(w.bot().bot.store.scrub().await.unwrap());
    let file = std::fs::read(w.folder().join("test.db")).unwrap();
    let at = |bytes: &[u8]| file.windows(bytes.len()).position(|window| window == bytes).unwrap();
    sheets(w).await.values().map(|body| (at(&body[..32]), at(&body[body.len() - 32..]))).collect()
}

/// Text that no compressor makes shorter.
fn noise(length: usize, seed: u32) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x4e00 + (state >> 16) % 20_000).unwrap()
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn their_number_length_and_place_are_the_same_from_start_to_end() {
    let mut w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor @jonas @priya").await;
    let (blank, start) = (sheets(&w).await, places(&w).await);
    assert_eq!(blank.len(), 4 + 8, "one for everybody who is asked, and eight spare ones");
    assert_eq!(blank.values().map(Vec::len).collect::<std::collections::BTreeSet<_>>().len(), 1);
    w.answers(NOOR, &[(0, "ok")]).await;
    w.answers(SAM, &[(0, &noise(2000, 1)), (1, &noise(2000, 2))]).await;
    w.clicks(JONAS, &w.dm(JONAS), "Nothing to add").await;
    w.crash().await;
    w.answers(NOOR, &[(0, "ok"), (1, "no")]).await;
    let written = sheets(&w).await;
    assert!(blank.keys().eq(written.keys()), "the same names");
    assert!(blank.iter().zip(&written).all(|(a, b)| a.1.len() == b.1.len()));
    assert_eq!(blank.iter().zip(&written).filter(|(a, b)| a.1 != b.1).count(), 3);
    assert_eq!(places(&w).await, start, "each lies where it lay");
    // Somebody who is not asked leaves a note: on one of the spare ones, and all are written anew.
    w.says("U06LENA", "/retro note improve a canary").await;
    let after = sheets(&w).await;
    assert_eq!((after.len(), after.values().filter(|body| written.values().any(|b| b == *body)).count()), (12, 0));
    w.says("U06LENA", "/retro note improve Trains were late").await;
    assert!(after.keys().eq(sheets(&w).await.keys()));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("a canary") && agenda.contains("Trains were late") && agenda.contains("• ok"), "{agenda}");
    assert_eq!(sheets(&w).await.len(), 0);
    w.ends().await;
}

#[tokio::test]
async fn where_too_few_wrote_everybody_keeps_a_sheet() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor @jonas @priya").await;
    w.answers(SAM, &[(0, "sams words")]).await;
    w.clicks(NOOR, &w.dm(NOOR), "Nothing to add").await;
    let open = sheets(&w).await;
    w.says(MARIA, "/retro agenda").await;
    let withheld = sheets(&w).await;
    assert!(open.keys().eq(withheld.keys()), "the number does not tell how many wrote");
    assert!(open.values().all(|body| withheld.values().all(|b| b != body && b.len() == body.len())), "written anew");
    w.advance(Duration::hours(49)).await;
    assert_eq!(sheets(&w).await.len(), 0);
    w.ends().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_number() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @priya").await;
    let dm = w.dm(PRIYA);
    w.opens(PRIYA, &dm, "Answer the survey").await;
    let texts: Vec<String> = (0..4).map(|n| noise(2400 + 50 * n, u32::try_from(n).unwrap())).collect();
    let fields = ["q0", "q1", "q2", "q3"];
    let filled = |texts: &[String]| fields.into_iter().zip(texts.to_vec()).collect::<Vec<_>>();
    let send = async |texts: &[String]| {
        let filled = filled(texts);
        let filled: Vec<(&str, &str)> = filled.iter().map(|(f, t)| (*f, t.as_str())).collect();
        w.sends(PRIYA, &filled).await;
        w.form_errors(PRIYA)
    };
    let errors = send(&texts).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    let (field, said) = &errors[0];
    assert_eq!(field, "q3", "the longest");
    let excess: usize = said.split_whitespace().find_map(|word| word.replace(',', "").parse().ok()).unwrap();
    assert!(said.contains("characters over the limit") && (100..2550).contains(&excess), "{said}");
    let mut shorter = texts.clone();
    shorter[3] = texts[3].chars().take(2550 - excess).collect();
    // In the form that is still open.
    let errors = send(&shorter).await;
    assert!(errors.is_empty(), "{errors:?}");
    assert!(w.last(PRIYA, &dm).contains("saved"), "{}", w.last(PRIYA, &dm));
    let said = w.says(PRIYA, &format!("/retro note well {}", noise(900, 9))).await;
    assert!(said.contains("over the limit in total"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn notes_of_an_anonymous_meeting_do_not_lie_in_the_order_of_writing() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for who in [SAM, NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    for n in 0..9 {
        w.says(SAM, &format!("/retro note improve canary-{n}{}", "x".repeat(10 * (n % 4)))).await;
    }
    assert!(w.bot().bot.store.scrub().await.unwrap());
    let file = String::from_utf8_lossy(&std::fs::read(w.folder().join("test.db")).unwrap()).into_owned();
    let bodies: Vec<(String,)> = w.rows("select body from note where body like 'canary-%' order by id").await;
    let places: Vec<Vec<usize>> =
        bodies.iter().map(|(b,)| file.match_indices(b.as_str()).map(|m| m.0).collect()).collect();
    assert!(bodies.len() == 9 && places.iter().all(|p| p.len() == 1), "each once: {places:?}");
    let order: Vec<usize> = places.into_iter().flatten().collect();
    assert!(order.is_sorted() || order.iter().rev().is_sorted(), "not in the order of their ids: {order:?}");
    w.ends().await;
}
