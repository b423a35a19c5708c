//! Keys of surveys lie outside the data: what a backup can show, and what becomes of a survey whose key is gone.

use std::path::PathBuf;

use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::cli::{copies, forget};
use lookback::store::responses;

/// The key files that can open something, and those that are empty.
pub fn key_files(w: &World) -> (Vec<PathBuf>, usize) {
    let files = std::fs::read_dir(w.folder().join("keys")).unwrap().map(|e| e.unwrap().path());
    let (empty, keys): (Vec<_>, Vec<_>) = files.partition(|file| file.metadata().unwrap().len() == 0);
    (keys, empty.len())
}

/// A copy of the data is taken in the middle of a survey that three people answered.
pub async fn in_a_survey(transport: Transport) -> (World, PathBuf) {
    let w = World::file(transport).await;
    w.says(MARIA, "/retro start v1 closes:6h").await;
    w.answers(SAM, &[(0, "sams canary")]).await;
    w.answers(NOOR, &[(0, "noors canary")]).await;
    w.clicks(JONAS, &w.dm(JONAS), "Nothing to add").await;
    let copy = w.copies().await;
    (w, copy)
}

#[tokio::test]
async fn a_key_lives_as_long_as_its_survey_and_never_in_the_data() {
    let (mut w, copy) = in_a_survey(Transport::Http).await;
    let (keys, empty) = key_files(&w);
    assert_eq!((keys.len(), empty), (1, 0));
    let key = std::fs::read(&keys[0]).unwrap();
    let data = [std::fs::read(w.folder().join("test.db")).unwrap(), std::fs::read(&copy).unwrap()].concat();
    assert!(!data.windows(24).any(|window| window == &key[..24]), "no copy of the data holds it");
    w.crash().await;
    w.answers(MARIA, &[(0, "marias canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("sams canary"));
    assert_eq!(key_files(&w), (vec![], 1), "destroyed with the close");
    assert_eq!(count(&w, "select count(*) from survey_key").await, 0);
    w.ends().await;
}

#[tokio::test]
async fn a_restore_in_the_middle_of_a_survey_goes_on_where_its_key_is() {
    let (mut w, copy) = in_a_survey(Transport::Http).await;
    w.puts_back(&copy, true).await;
    w.answers(MARIA, &[(0, "marias canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    copies::go_on(&w.place()).await.unwrap();
    w.minutes(2).await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("sams canary") && agenda.contains("marias canary"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn without_its_key_whoever_answered_is_asked_again_and_told_why() {
    for transport in [Transport::Http, Transport::Socket] {
        let (mut w, copy) = in_a_survey(transport).await;
        w.advance(chrono::Duration::hours(1)).await;
        for key in key_files(&w).0 {
            // Gone, or of another time.
            match transport {
                Transport::Http => std::fs::remove_file(key).unwrap(),
                Transport::Socket => std::fs::write(key, [7; 72]).unwrap(),
            }
        }
        let before = w.seen(MARIA, &w.dm(MARIA)).len();
        w.puts_back(&copy, true).await;
        copies::go_on(&w.place()).await.unwrap();
        w.minutes(2).await;
        for who in [SAM, NOOR, JONAS] {
            let seen = w.seen(who, &w.dm(who));
            let why = seen.iter().filter(|m| m.contains("were lost when I was restored or moved")).count();
            assert_eq!(why, 1, "{seen:#?}");
            assert!(w.button(who, &w.dm(who), "Answer the survey").is_some(), "{seen:#?}");
        }
        // Who had not answered has nothing to do again: only the question of the restore came.
        assert!(w.seen(MARIA, &w.dm(MARIA)).len() <= before + 1, "{:#?}", w.seen(MARIA, &w.dm(MARIA)));
        for who in [SAM, NOOR, MARIA] {
            w.answers(who, &[(0, "once more")]).await;
        }
        w.crash().await;
        w.says(MARIA, "/retro agenda").await;
        let agenda = w.public(RELEASES)[1].clone();
        assert!(agenda.contains("once more") && !agenda.contains("canary"), "{agenda}");
        w.ends().await;
    }
}

#[tokio::test]
async fn doctor_says_that_the_key_of_an_open_survey_is_missing() {
    let (w, copy) = in_a_survey(Transport::Http).await;
    std::fs::remove_file(copy).unwrap();
    let looks = || async {
        let checks = lookback::cli::doctor::examine(Ok(w.config()), std::path::Path::new("none.toml")).await;
        checks.into_iter().find(|check| check.what == "survey keys")
    };
    assert_eq!(looks().await, None);
    std::fs::remove_file(&key_files(&w).0[0]).unwrap();
    let said = looks().await.unwrap();
    assert_eq!(said.verdict, lookback::cli::check::Verdict::Fail);
    assert!(said.detail.contains("1 key for open surveys cannot be read"), "{}", said.detail);
    let mut w = w;
    w.left_alone();
}

/// A newer backup may still be put in the place of an older one whose key does not open.
#[tokio::test]
async fn before_a_persons_word_nothing_is_destroyed() {
    let (mut w, copy) = in_a_survey(Transport::Http).await;
    w.advance(chrono::Duration::hours(1)).await;
    let key = key_files(&w).0.remove(0);
    std::fs::write(&key, [7; 72]).unwrap();
    w.puts_back(&copy, false).await;
    w.minutes(70).await;
    w.crash().await;
    assert_eq!(std::fs::read(&key).unwrap(), [7; 72]);
    assert!(!w.seen(SAM, &w.dm(SAM)).iter().any(|m| m.contains("were lost")));
    copies::go_on(&w.place()).await.unwrap();
    w.minutes(2).await;
    assert!(w.seen(SAM, &w.dm(SAM)).iter().any(|m| m.contains("were lost")));
    w.left_alone();
}

#[tokio::test]
async fn a_survey_that_closed_after_the_backup_is_not_opened_again() {
    let (mut w, copy) = in_a_survey(Transport::Http).await;
    w.answers(MARIA, &[(0, "marias canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.minutes(2).await;
    w.puts_back(&copy, true).await;
    copies::go_on(&w.place()).await.unwrap();
    w.minutes(3).await;
    assert!(w.last(MARIA, &w.dm(MARIA)).contains("It stays closed"), "{}", w.last(MARIA, &w.dm(MARIA)));
    assert!(!w.seen(SAM, &w.dm(SAM)).iter().any(|m| m.contains("answer once more")));
    let agendas = w.public(RELEASES).iter().filter(|m| m.starts_with("Agenda")).count();
    assert_eq!(agendas, 1, "{:#?}", w.public(RELEASES));
    let mut tx = w.bot().bot.store.read().await.unwrap();
    assert!(responses::lost(&mut tx, &w.bot().bot.vault()).await.unwrap().is_empty());
    drop(tx);
    w.left_alone();
}

#[tokio::test]
async fn withheld_words_without_their_key_are_settled() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "sams canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    let mut w = w;
    w.stopped_for(async {}).await;
    assert!(w.button(SAM, &w.dm(SAM), "Share").is_some(), "a start with the key changes nothing");
    let keys = key_files(&w).0;
    w.stopped_for(async { keys.iter().for_each(|key| std::fs::remove_file(key).unwrap()) }).await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("settled"), "{}", w.last(SAM, &w.dm(SAM)));
    w.ends().await;
}

/// A kill between the commit of the close and the end of the key, and between that and its row.
#[tokio::test]
async fn what_a_kill_left_of_a_close_is_done_at_the_start() {
    for destroyed in [false, true] {
        let (mut w, _) = in_a_survey(Transport::Http).await;
        w.answers(MARIA, &[(0, "marias canary")]).await;
        let name = key_files(&w).0.remove(0);
        let kept = std::fs::read(&name).unwrap();
        w.says(MARIA, "/retro agenda").await;
        // As a kill would have left it.
        w.stopped_for(async {}).await;
        let stem = name.file_name().unwrap().to_string_lossy().replace("test.survey-", "").replace(".key", "");
        w.sql(&format!(
            "insert into survey_key (file, retro_id, is_doomed) select '{stem}', id, true from retro; \
insert into due (team_id, kind, number, due_ms) select team_id, 'cleaning', id, 0 from retro"
        ))
        .await;
        if !destroyed {
            std::fs::write(&name, &kept).unwrap();
        }
        w.crash().await;
        w.minutes(1).await;
        assert_eq!(key_files(&w), (vec![], 1));
        assert_eq!(count(&w, "select count(*) from survey_key").await, 0);
        w.ends().await;
    }
}

#[tokio::test]
async fn a_key_that_no_survey_has_is_destroyed() {
    let (w, _) = in_a_survey(Transport::Http).await;
    let (keys, _) = key_files(&w);
    // A key is sealed for its name.
    let sealed = w.bot().bot.vault().new_key().unwrap().name;
    let stray = keys[0].with_file_name(format!("test.survey-{sealed}.key"));
    let others = ["other.survey-0123456789abcdef.key", "test.survey-0123456789abcdef.key"];
    let others = others.map(|name| keys[0].with_file_name(name));
    others.iter().for_each(|file| std::fs::write(file, [7; 72]).unwrap());
    assert!(stray.exists());
    w.advance(chrono::Duration::hours(7)).await;
    assert!(!stray.exists() && others.iter().all(|file| file.exists()), "what others sealed stays");
    w.ends().await;
}

/// A restore without the keys of surveys must not keep anybody from being forgotten.
#[tokio::test]
async fn a_person_is_erased_though_the_key_of_a_survey_is_lost() {
    let (mut w, _) = in_a_survey(Transport::Http).await;
    let (keys, place) = (key_files(&w).0, w.place());
    let forgotten = w
        .stopped_for(async {
            for key in keys {
                std::fs::remove_file(key).unwrap();
            }
            forget::user(&place, SAM, true).await.unwrap()
        })
        .await;
    assert!(forgotten.erased.rows > 0 && forgotten.erased.sealed == 1, "{forgotten:?}");
    assert!(forgotten.told(SAM).contains("run this again"), "{}", forgotten.told(SAM));
    w.ends().await;
}
