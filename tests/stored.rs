//! What is kept, and what travels through Slack and comes back, reads and writes as earlier releases wrote it.
//!
//! `tests/data/stored/<release>/<type>.jsonl` holds what that release wrote, a value a line. Every release's samples
//! must be read; the current format must write them back as they are, and must have a sample of each variant.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use lookback_core::interaction::{BlockAction, Form, ItemAction};
use lookback_core::model::escalation::Answers;
use lookback_core::model::item::{Priority, State};
use lookback_core::model::meeting::Meeting;
use lookback_core::model::note::Category;
use lookback_core::model::participant::Answered;
use lookback_core::model::question::Question;
use lookback_core::model::response::{Response, Share};
use lookback_core::model::retro::Phase;
use lookback_core::model::settings::Settings;
use lookback_core::model::theme::Found;
use lookback_core::retro::message::{Content, Recipient};
use lookback_core::retro::release::source::{Figure, Source};
use lookback_core::retro::{Card, Reply, Step};

/// The folders of the releases.
fn releases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/stored");
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    assert!(!all.is_empty());
    all
}

/// Every sample of a type is read, and written back as it was.
fn kept<T: Serialize + DeserializeOwned>(name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for release in releases() {
        let file = release.join(format!("{name}.jsonl"));
        // A release has samples of what it added.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for line in text.lines() {
            let sample: T = serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", file.display()));
            let written = serde_json::to_value(&sample).unwrap();
            assert_eq!(written, serde_json::from_str::<Value>(line).unwrap(), "{}", file.display());
            all.push(written);
        }
    }
    assert!(!all.is_empty(), "{name}.jsonl is nowhere");
    all
}

/// The same for an enum of which each variant must have a sample. `tag` is the field with the variant's name, where
/// it is one of the fields.
fn all_kept<T: Serialize + DeserializeOwned>(name: &str, tag: Option<&str>) {
    let variant = |sample: &Value| match (tag, sample) {
        (Some(tag), sample) => sample.get(tag).and_then(Value::as_str).unwrap().to_owned(),
        (None, Value::String(name)) => name.clone(),
        (None, sample) => sample.as_object().unwrap().keys().next().unwrap().clone(),
    };
    let sampled: BTreeSet<String> = kept::<T>(name).iter().map(variant).collect();
    // Serde names all variants when it meets an unknown one.
    let unknown = match tag {
        Some(tag) => serde_json::json!({ tag: "?" }),
        None => Value::from("?"),
    };
    let error = serde_json::from_value::<T>(unknown).err().unwrap().to_string();
    let (_, expected) = error.split_once("expected ").unwrap_or_else(|| panic!("{name}: {error}"));
    let known: BTreeSet<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(sampled, known, "{name}.jsonl has a sample of each variant");
}

#[test]
fn what_waits_to_be_sent() {
    all_kept::<Content>("what", None);
    all_kept::<Card>("card", None);
    all_kept::<Recipient>("to", None);
    kept::<Reply>("reply");
}

#[test]
fn what_travels_through_slack() {
    all_kept::<BlockAction>("press", Some("p"));
    all_kept::<ItemAction>("item_act", None);
    all_kept::<Share>("share", None);
    all_kept::<Form>("form", Some("f"));
}

#[test]
fn a_button_of_an_earlier_release_still_means_the_same() {
    for release in releases() {
        // A release has samples of what it added.
        for line in std::fs::read_to_string(release.join("button.jsonl")).unwrap_or_default().lines() {
            let (action_id, value): (String, Option<String>) = serde_json::from_str(line).unwrap();
            let value = value.unwrap();
            let press = BlockAction::read(&action_id, &value).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((press.action_id(), press.value()), (action_id, Some(value)));
        }
    }
}

#[test]
fn where_a_retro_stands() {
    all_kept::<Phase>("phase", None);
    all_kept::<Step>("step", None);
    all_kept::<Answered>("answered", None);
    all_kept::<Category>("note_stage", None);
    all_kept::<Priority>("priority", None);
    all_kept::<State>("item_state", None);
    all_kept::<Figure>("figure", None);
    all_kept::<Source>("source", None);
    all_kept::<Found>("insight", None);
    kept::<Meeting>("meeting");
    kept::<Answers>("escalation_answers");
    kept::<lookback_core::model::start::Start>("start");
}

#[test]
fn what_a_channel_configured_and_a_person_wrote() {
    kept::<Settings>("settings");
    kept::<Vec<Question>>("questions");
    kept::<Response>("sheet");
}
