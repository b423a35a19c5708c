//! What has to be asked of Slack before a request can be decided, and what Slack said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::request::Request;
use crate::bot::Bot;
use crate::seal::Vault;
use crate::store::{self, Tx, jobs};
use lookback_core::ids::{ChannelId, UserId};

/// What has to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// A channel with its members.
    pub channel: Option<ChannelId>,
    pub people: Vec<UserId>,
    /// User groups, whose people are to be known.
    pub groups: Vec<String>,
    /// A message, by channel and `ts`, whose text is to be known.
    #[serde(default)]
    pub message: Option<(ChannelId, String)>,
}

impl Lookup {
    /// A channel with its members.
    pub fn channel(id: &ChannelId) -> Self {
        Self { channel: Some(id.clone()), ..Self::default() }
    }

    /// A person.
    pub fn person(id: &UserId) -> Self {
        Self::default().and_person(id)
    }

    /// The same, and a person.
    #[must_use]
    pub fn and_person(self, id: &UserId) -> Self {
        self.and_people(std::slice::from_ref(id))
    }

    /// The same, and the text of a message.
    #[must_use]
    pub fn and_message(self, channel: &ChannelId, ts: &str) -> Self {
        Self { message: Some((channel.clone(), ts.to_owned())), ..self }
    }

    /// The same, and people.
    #[must_use]
    pub fn and_people(mut self, ids: &[UserId]) -> Self {
        self.people.extend_from_slice(ids);
        self
    }

    /// The same, and user groups.
    #[must_use]
    pub fn and_groups(mut self, ids: &[String]) -> Self {
        self.groups.extend_from_slice(ids);
        self
    }
}

/// A request that waits for what it needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    pub request: Request,
    #[serde(rename = "need")]
    pub lookup: Lookup,
}

/// What Slack said, beside what stands in the directory now.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The row of the job that is done with this.
    pub job: i64,
    /// The people of each group.
    pub groups: BTreeMap<String, Vec<UserId>>,
    /// The token may not see groups.
    pub no_groups: bool,
    /// The text of the message that was asked for; `None` where it cannot be read.
    pub message: Option<String>,
}

/// Keeps a request until Slack has been asked. It is sealed: it holds what somebody typed.
pub async fn put(bot: &Bot, tx: &mut Tx, job: &Job) -> sqlx::Result<()> {
    let (id, team) = (bot.rng.id(), &job.request.team);
    let text = store::json(job)?.into_bytes();
    jobs::put(tx, team, id, &bot.vault().seal_job(id, text), bot.now_ms()).await
}

/// The request that waits in `row`; `None` where it cannot be read.
pub fn opened(row: &jobs::Job, vault: &Vault<'_>) -> Option<Job> {
    serde_json::from_slice(&vault.open_job(row.id, &row.sealed)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_waits_is_read_and_written_as_the_first_release_wrote_it() {
        for line in include_str!("../../tests/data/stored/0.1.0/errand.jsonl").lines() {
            let job: Job = serde_json::from_str(line).unwrap();
            let written = serde_json::to_value(&job).unwrap();
            assert_eq!(written, serde_json::from_str::<serde_json::Value>(line).unwrap());
        }
    }
}
