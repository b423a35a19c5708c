//! Who the token belongs to, what it lacks, and who can own a ticket.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;

use super::client::GitHub;
use super::door::{Ask, escaped, read};
use super::token::Keys;
use crate::trackers::{Fault, Lack, Whoami};
use lookback_core::model::ticket::Repository;

/// More people than this with one address are not looked at one by one.
const MANY: usize = 5;

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    archived: bool,
    #[serde(default = "yes")]
    has_issues: bool,
    #[serde(default)]
    permissions: Option<BTreeMap<String, bool>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    login: String,
    #[serde(rename = "type")]
    kind: String,
    /// The public address.
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    suspended_at: Option<String>,
}

impl GitHub {
    /// Whose token it is.
    pub async fn whoami(&self) -> Result<Whoami, Fault> {
        Ok(Whoami { name: self.login().await? })
    }

    /// What is missing to file tickets there. GitHub does not tell what a fine-grained token may write.
    pub async fn check(&self, repo: &Repository) -> Result<Vec<Lack>, Fault> {
        let place: Place = match self.send(repo, &Ask::get(format!("/repos/{repo}"))).await {
            Ok(answer) => read(&answer)?,
            Err(Fault::Gone) => return Ok(vec![Lack::NoSuchPlace]),
            Err(fault) => return Err(fault),
        };
        let mut lacks = Vec::new();
        if place.archived {
            lacks.push(Lack::Archived);
        }
        if !place.has_issues {
            lacks.push(Lack::IssuesOff);
        }
        if lacks.is_empty() && !self.sees_issues(repo).await? {
            lacks.push(Lack::MayNot("see issues".to_owned()));
        }
        match &self.keys {
            Keys::App(app) => {
                if app.pass(&self.door, repo).await?.writes_issues == Some(false) {
                    lacks.push(Lack::MayNot("create issues".to_owned()));
                }
            }
            Keys::Token(_) => {
                // <https://docs.github.com/rest/issues/issues#create-an-issue>
                let has = |right: &str| place.permissions.as_ref().is_none_or(|all| all.get(right) == Some(&true));
                if !has("push") && !has("triage") {
                    lacks.push(Lack::NoLabels);
                }
            }
        }
        Ok(lacks)
    }

    async fn sees_issues(&self, repo: &Repository) -> Result<bool, Fault> {
        match self.send(repo, &Ask::get(format!("/repos/{repo}/issues?per_page=1"))).await {
            Ok(_) => Ok(true),
            Err(Fault::Forbidden | Fault::Gone) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// The login of the one person who shows this address in public and can own tickets there. The search finds parts of
    /// words too, so each hit's address is compared.
    /// <https://docs.github.com/rest/search/search#search-users>
    pub async fn person(&self, repo: &Repository, email: &str) -> Result<Option<String>, Fault> {
        let is_address = email.contains('@') && email.chars().all(|c| c.is_ascii_graphic() && !"\":()".contains(c));
        if !is_address {
            return Ok(None);
        }
        let q = format!("{email} in:email");
        let query = serde_urlencoded::to_string([("q", q.as_str()), ("per_page", "10")]).map_err(|_| Fault::NotSent)?;
        let found = match self.send(repo, &Ask::get(format!("/search/users?{query}"))).await {
            Ok(answer) => read::<Found>(&answer)?.items,
            Err(Fault::Refused(_)) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if found.len() > MANY {
            return Ok(None);
        }
        let mut owners = Vec::new();
        for hit in found.iter().filter(|hit| hit.kind == "User") {
            if self.has_address(repo, &hit.login, email).await? && self.can_own(repo, &hit.login).await? {
                owners.push(hit.login.clone());
            }
        }
        Ok(if owners.len() == 1 { owners.pop() } else { None })
    }

    async fn has_address(&self, repo: &Repository, login: &str, email: &str) -> Result<bool, Fault> {
        match self.send(repo, &Ask::get(format!("/users/{}", escaped(login)))).await {
            Ok(answer) => {
                let person: Person = read(&answer)?;
                let is_same = person.email.is_some_and(|own| own.eq_ignore_ascii_case(email));
                Ok(is_same && person.suspended_at.is_none())
            }
            Err(Fault::Gone) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Whether issues can be assigned to an account there.
    /// <https://docs.github.com/rest/issues/assignees#check-if-a-user-can-be-assigned>
    pub async fn can_own(&self, repo: &Repository, account: &str) -> Result<bool, Fault> {
        let is_login = |c: char| c.is_ascii_alphanumeric() || "-_[]".contains(c);
        if account.is_empty() || !account.chars().all(is_login) {
            return Ok(false);
        }
        let answer = self.answer(repo, &Ask::get(format!("/repos/{repo}/assignees/{}", escaped(account)))).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        self.door.judged(answer).map(|_| true)
    }
}
