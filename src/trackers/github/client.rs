//! The client of GitHub: how each call gets its token.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::OnceCell;

use super::answers::Answers;
use super::door::{Ask, Door, read};
use super::issue::User;
use super::token::Keys;
use crate::config::trackers::GitHub as Settings;
use crate::http::Answer;
use crate::trackers::Fault;
use lookback_clock::Clock;
use lookback_core::model::ticket::Repository;

/// Cheap to clone.
#[derive(Clone)]
pub struct GitHub {
    pub(super) door: Door,
    pub(super) keys: Keys,
    /// The account that writes, once it is known.
    me: Arc<OnceCell<String>>,
    answers: Arc<Answers>,
}

impl std::fmt::Debug for GitHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHub").field("base", &self.door.base()).finish_non_exhaustive()
    }
}

impl GitHub {
    pub fn new(settings: &Settings, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self {
            door: Door::new(&settings.base, clock)?,
            keys: Keys::new(&settings.auth)?,
            me: Arc::default(),
            answers: Arc::default(),
        })
    }

    /// A call about a repository; its answer, whatever the status. A token of an installation that GitHub refuses before
    /// its time is replaced once: a refused call has not happened.
    pub(super) async fn answer(&self, repo: &Repository, ask: &Ask) -> Result<Answer, Fault> {
        let token = self.keys.of(&self.door, repo).await?;
        let answer = self.door.send(ask, &token).await?;
        if answer.status != StatusCode::UNAUTHORIZED || !self.keys.forget(repo) {
            return Ok(answer);
        }
        let token = self.keys.of(&self.door, repo).await?;
        self.door.send(ask, &token).await
    }

    /// A call about a repository that has to succeed.
    pub(super) async fn send(&self, repo: &Repository, ask: &Ask) -> Result<Answer, Fault> {
        self.door.judged(self.answer(repo, ask).await?)
    }

    /// A read that may be made again: what has not changed since costs nothing.
    pub(super) async fn fresh(&self, repo: &Repository, at: String) -> Result<Answer, Fault> {
        let known = self.answers.get(&at);
        let ask = Ask::get(&at).unless(known.as_ref().map(|(etag, _)| etag.clone()));
        let answer = self.answer(repo, &ask).await?;
        match known {
            Some((_, known)) if answer.status == StatusCode::NOT_MODIFIED => {
                self.answers.keep(&at, &known);
                Ok(known)
            }
            Some(_) | None => {
                let answer = self.door.judged(answer)?;
                self.answers.keep(&at, &answer);
                Ok(answer)
            }
        }
    }

    /// The account that writes: it stays the same as long as the settings do.
    pub(super) async fn me(&self) -> Result<&str, Fault> {
        self.me.get_or_try_init(|| self.login()).await.map(String::as_str)
    }

    /// The account that writes, asked anew.
    pub(super) async fn login(&self) -> Result<String, Fault> {
        match &self.keys {
            Keys::Token(token) => {
                let answer = self.door.send(&Ask::get("/user"), token).await?;
                Ok(read::<User>(&self.door.judged(answer)?)?.login)
            }
            Keys::App(app) => Ok(format!("{}[bot]", app.slug(&self.door).await?)),
        }
    }
}
