//! README's "What anonymous means", sentence by sentence: each is held by the tests that are named beside it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

/// Each sentence, in their order, and the tests that fail where it is not true.
const PROMISES: [(&str, &[&str]); 18] = [
    (
        "While the survey is open, each person's answers are sealed in a sheet whose name only the survey's own key can match to a person.",
        &["answers_are_sealed_while_the_survey_is_open_and_mixed_when_it_closes"],
    ),
    (
        "Everybody who is asked has a sheet from the start, and all sheets have the same length: their number, length and place in the file do not tell who wrote, or how much.",
        &["their_number_length_and_place_are_the_same_from_start_to_end", "the_attacker_guesses_no_better_than_chance"],
    ),
    (
        "The key lies outside the data folder, in `LOOKBACK_KEY_DIR`, and is itself sealed with the installation's key: a backup made during a survey shows who has answered, and nothing of what they wrote.",
        &["a_key_lives_as_long_as_its_survey_and_never_in_the_data", "the_attacker_guesses_no_better_than_chance"],
    ),
    (
        "When the survey closes, one transaction mixes the answers into notes without an author, time or order; then the key is destroyed, and the sealed answers are cleaned out of the file and its WAL until no trace of them is left.",
        &[
            "a_kill_in_the_middle_of_the_close_leaves_it_sealed_or_mixed",
            "what_a_kill_left_of_a_close_is_done_at_the_start",
            "an_administrator_sees_that_there_is_nothing_to_see",
        ],
    ),
    (
        "Where fewer than three people (`/retro config` can ask for more) wrote something, nothing of it is shown: each author is asked by DM whether to share it, with or without a name, and silence means no.",
        &["too_few_authors_are_asked_before_anything_is_shown", "silence_keeps_it_out_after_two_days_or_at_finish"],
    ),
    (
        "What they share appears together once all have decided, or after two days.",
        &[
            "what_was_decided_is_shown_when_time_is_up_or_at_finish",
            "too_few_authors_are_asked_before_anything_is_shown",
        ],
    ),
    (
        "Of each request from Slack the bot keeps a keyed digest, the day and, where it changed something, its own answer, for three days; a reply of the bot leaves no row once it is sent, and a command that has to wait for information from Slack is sealed.",
        &[
            "what_is_kept_of_a_delivery_tells_no_moment_and_no_word",
            "what_is_kept_of_a_message_cannot_be_guessed",
            "a_list_of_somebodys_notes_is_not_kept_with_its_delivery",
            "an_answer_that_was_sent_leaves_no_row",
            "a_command_that_waits_for_slack_is_sealed",
        ],
    ),
    (
        "A note for the coming retro keeps its author until that retro starts.",
        &["notes_before_an_anonymous_retro_lose_their_author_when_it_begins"],
    ),
    (
        "In the meeting of an anonymous retro a note has no author either, and its writer stays on the list of people who have not been heard until they press *I'm done / Pass* or reply in the thread; votes are forgotten once they are counted.",
        &[
            "in_an_anonymous_retro_a_note_tells_nothing_of_its_writer",
            "who_voted_is_forgotten_once_the_votes_are_counted",
        ],
    ),
    (
        "What it does not hide: a note in the meeting appears at once, so others may guess its author from the timing; the facilitator sees who has not answered yet; the way somebody writes may tell who it is; a captured message keeps its link, which shows its author; whoever gives somebody an action item is named to its owner.",
        &[
            "an_owner_hears_once_of_an_item_that_somebody_gave_them",
            "status_helps_the_facilitator_only",
            "a_message_is_kept_once_with_its_link_also_before_a_retro_exists",
        ],
    ),
    (
        "What somebody types in the DM, an answer or a note for an open retro, stays in Slack's own history; the bot says so and asks first.",
        &[
            "in_an_anonymous_retro_typed_words_wait_sealed_for_a_word_on_them",
            "a_note_typed_in_the_dm_of_an_anonymous_retro_is_asked_about_first",
        ],
    ),
    (
        "Whoever runs the server while a survey is open holds the key.",
        &["a_restore_in_the_middle_of_a_survey_goes_on_where_its_key_is"],
    ),
    (
        "With PostgreSQL the survey's key lies in the database, sealed with `LOOKBACK_KEY`, which must be kept somewhere else.",
        &["on_postgres_nothing_is_left_that_links_a_person_to_a_text"],
    ),
    (
        "When the survey closes, the bot writes the notes in one transaction and rewrites the tables that held the answers, so no deleted row remains in the pages of these tables.",
        &["on_postgres_nothing_is_left_that_links_a_person_to_a_text"],
    ),
    (
        "The bot cannot reach what the server copies elsewhere: WAL archives, standbys, backups and dumps made during a survey keep the survey's sealed answers and sealed key.",
        &["on_postgres_nothing_is_left_that_links_a_person_to_a_text"],
    ),
    (
        "Anyone who has these copies and `LOOKBACK_KEY` can read the answers.",
        &["on_postgres_nothing_is_left_that_links_a_person_to_a_text"],
    ),
    (
        "`lookback audit anonymity` checks the rows, the free pages, the WAL and where the key is for anything that could tell who wrote; if it finds something, it says what and where, and exits with 1.",
        &["the_audit_names_each_kind_of_trace_by_its_table_and_age"],
    ),
    (
        "`cargo test --test it attacker -- --nocapture` attacks 60 surveys and prints for each path how often it named the right author, and how often a pure guess would have.",
        &["the_attacker_guesses_no_better_than_chance"],
    ),
];

#[test]
fn each_sentence_about_anonymity_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, after) = readme.split_once("### What anonymous means\n").unwrap();
    let (section, _) = after.split_once("\n### ").unwrap();
    let words = section.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentences: Vec<&str> = words.split_inclusive(". ").map(str::trim).collect();
    let tests = sources(&root.join("tests"));
    for (sentence, (promise, names)) in sentences.iter().zip(PROMISES) {
        assert_eq!(*sentence, promise, "the sentence has no test here");
        for name in names {
            assert!(tests.contains(&format!("async fn {name}()")), "{name}, of “{sentence}”, is no test");
        }
    }
    assert_eq!(sentences.len(), PROMISES.len(), "{sentences:#?}");
}

/// Every test file, one after the other.
fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources(&path),
            Some(kind) if kind == "rs" => std::fs::read_to_string(path).unwrap(),
            _ => String::new(),
        })
        .collect()
}
