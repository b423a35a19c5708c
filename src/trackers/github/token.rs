//! What GitHub is shown: a token, or the tokens of a GitHub App's installations.
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::door::{Ask, Door, read};
use crate::config::trackers::GitHubAuth as Auth;
use crate::trackers::Fault;
use lookback_core::model::ticket::Repository;

/// An installation's token is renewed this long before it runs out.
const EARLY: TimeDelta = TimeDelta::minutes(5);

/// What an installation may do, and until when.
#[derive(Clone)]
pub struct Pass {
    pub token: SecretString,
    until: DateTime<Utc>,
    /// Whether it may write issues; `None` where GitHub does not tell.
    pub writes_issues: Option<bool>,
}

/// Cheap to clone.
#[derive(Clone)]
pub enum Keys {
    Token(SecretString),
    App(Arc<App>),
}

pub struct App {
    id: String,
    key: RsaKeyPair,
    passes: Mutex<BTreeMap<Repository, Pass>>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_at: DateTime<Utc>,
    #[serde(default)]
    permissions: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Named {
    slug: String,
}

impl Keys {
    pub fn new(auth: &Auth) -> anyhow::Result<Self> {
        Ok(match auth {
            Auth::Token(token) => Self::Token(token.clone()),
            Auth::App { id, key } => {
                let key = rsa(key.expose_secret()).context("the private key of the GitHub App is no RSA key as PEM")?;
                Self::App(Arc::new(App { id: id.trim().to_owned(), key, passes: Mutex::default() }))
            }
        })
    }

    /// For calls about a repository.
    pub async fn of(&self, door: &Door, repo: &Repository) -> Result<SecretString, Fault> {
        match self {
            Self::Token(token) => Ok(token.clone()),
            Self::App(app) => Ok(app.pass(door, repo).await?.token),
        }
    }

    /// Drops the token of a repository, which GitHub refused; whether another one can be had.
    pub fn forget(&self, repo: &Repository) -> bool {
        match self {
            Self::Token(_) => false,
            Self::App(app) => app.with(|passes| passes.remove(repo)).is_some(),
        }
    }
}

impl App {
    fn with<R>(&self, f: impl FnOnce(&mut BTreeMap<Repository, Pass>) -> R) -> R {
        f(&mut self.passes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The installation that sees the repository, with its token. The call that needs it was not made if this fails.
    pub async fn pass(&self, door: &Door, repo: &Repository) -> Result<Pass, Fault> {
        let now = door.now();
        let kept = self.with(|passes| passes.get(repo).filter(|pass| pass.until - EARLY > now).cloned());
        if let Some(pass) = kept {
            return Ok(pass);
        }
        let pass = self.issue(door, repo).await;
        let pass = pass.map_err(|fault| if fault.is_in_doubt() { Fault::NotSent } else { fault })?;
        self.with(|passes| passes.insert(repo.clone(), pass.clone()));
        Ok(pass)
    }

    async fn issue(&self, door: &Door, repo: &Repository) -> Result<Pass, Fault> {
        let jwt = self.jwt(door.now())?;
        let answer = door.send(&Ask::get(format!("/repos/{repo}/installation")), &jwt).await?;
        if answer.status == StatusCode::NOT_FOUND {
            // Either the app is not installed there, or there is no such app.
            self.slug(door).await?;
        }
        let at: Installation = read(&door.judged(answer)?)?;
        let ask = Ask::post(format!("/app/installations/{}/access_tokens", at.id), json!({}));
        let issued: Issued = read(&door.judged(door.send(&ask, &jwt).await?)?)?;
        let writes_issues = issued.permissions.map(|all| all.get("issues").is_some_and(|level| level == "write"));
        Ok(Pass { token: issued.token.into(), until: issued.expires_at, writes_issues })
    }

    /// The app's name in addresses. GitHub answers 404 to a key of an app that it does not know.
    pub async fn slug(&self, door: &Door) -> Result<String, Fault> {
        let answer = door.send(&Ask::get("/app"), &self.jwt(door.now())?).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(Fault::Token);
        }
        Ok(read::<Named>(&door.judged(answer)?)?.slug)
    }

    /// Signed anew for each call: it lives ten minutes at most, and begins a minute back as clocks differ.
    /// <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
    fn jwt(&self, now: DateTime<Utc>) -> Result<SecretString, Fault> {
        let now = now.timestamp();
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({"iat": now - 60, "exp": now + 540, "iss": self.id});
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed = format!("{}.{}", encode(head.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Fault::Token)?;
        Ok(format!("{signed}.{}", encode(&signature)).into())
    }
}

/// Reads PEM text, with PKCS#1 or PKCS#8 in it.
fn rsa(pem: &str) -> Option<RsaKeyPair> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (_, rest) = rest.split_once("PRIVATE KEY-----")?;
    let (base64, _) = rest.split_once("-----END ")?;
    let der = STANDARD.decode(base64.split_whitespace().collect::<String>()).ok()?;
    RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_told_without_its_text() {
        for key in ["", "secret", "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"] {
            let auth = Auth::App { id: "1".into(), key: key.to_owned().into() };
            let error = Keys::new(&auth).map(|_| ()).unwrap_err();
            assert!(!format!("{error:?}{auth:?}").contains("c2Vj"), "{error:?}");
        }
    }
}
