//! The HTTP API: release data and retros of pipelines, and webhooks of trackers.
//!
//! Rule: nothing of a body is parsed before its token or its signature holds, and every refusal is JSON with one
//! sentence that says what to do. The address, the shapes and the errors are in `openapi.json`, the shape of
//! release data in `release.schema.json`; both are served beside the API.

mod answer;
mod hooks;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use self::answer::{Error, not_there, read};
use self::hooks::Taker;
use super::signature;
use crate::app::pipeline::{self, Refused, RetroAsked};
use crate::bot::Bot;
use crate::config::trackers::Hooks;
use crate::store::tokens::{self, Token};
use crate::token;

/// The description of the API.
pub const OPENAPI: &str = include_str!("openapi.json");
/// The shape of release data.
pub const SCHEMA: &str = include_str!("release.schema.json");

/// The routes, to be served at the root.
pub fn routes(bot: Arc<Bot>, hooks: Hooks) -> Router {
    let taker = Taker { bot: bot.clone(), hooks: Arc::new(hooks) };
    let document = |text: &'static str| move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    Router::new()
        .route("/api/v1/openapi.json", get(document(OPENAPI)))
        .route("/api/v1/release.schema.json", get(document(SCHEMA)))
        .route("/api/v1/channels/{channel}/releases/{version}", put(put_release).get(get_release))
        .route("/api/v1/channels/{channel}/gate/{version}", get(gate))
        .route("/api/v1/channels/{channel}/retros", post(ask_retro))
        .route("/api/v1/github/{id}", post(github))
        .merge(Router::new().route("/api/v1/hooks/{tracker}", post(hooks::take)).with_state(taker))
        .route("/api/{*rest}", any(async || not_there(StatusCode::NOT_FOUND)))
        .method_not_allowed_fallback(async || not_there(StatusCode::METHOD_NOT_ALLOWED))
        .with_state(bot)
}

/// Answers a request that timed out in JSON too.
pub async fn too_slow(answer: Response) -> Response {
    if answer.status() != StatusCode::REQUEST_TIMEOUT {
        return answer;
    }
    let what = "the request was not finished within five seconds: send it again";
    (StatusCode::REQUEST_TIMEOUT, axum::Json(json!({"error": what}))).into_response()
}

/// The token of a request, good for this channel. A wrong one is counted, and told once a minute.
async fn admitted(bot: &Bot, headers: &HeaderMap, channel: &str) -> Result<Token, Error> {
    let admitted = shown(bot, headers, channel).await;
    if let Err(Error(Refused::Token | Refused::NoToken)) = &admitted {
        bot.metrics.refused("token");
        bot.troubles.tokens.happened(bot.clock.now(), &"check the token of the pipeline with `lookback token list`");
    }
    admitted
}

async fn shown(bot: &Bot, headers: &HeaderMap, channel: &str) -> Result<Token, Error> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if shown.is_empty() {
        return Err(Refused::NoToken.into());
    }
    let shown = shown.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (id, secret) = shown.and_then(|(_, text)| token::read(text.trim())).ok_or(Refused::Token)?;
    let token = known(bot, id, token::API).await?;
    if !bool::from(token::mark(secret).as_bytes().ct_eq(token.mark.as_bytes())) {
        return Err(Refused::Token.into());
    }
    if token.channel.as_str() != channel {
        return Err(Refused::OtherChannel(token.channel).into());
    }
    pipeline::acts(bot, &token).await?;
    Ok(token)
}

async fn known(bot: &Bot, id: &str, kind: &str) -> Result<Token, Error> {
    let mut tx = bot.store.read().await.map_err(Refused::from)?;
    let token = tokens::valid(&mut tx, id).await.map_err(Refused::from)?;
    Ok(token.filter(|t| t.kind == kind && bot.workspace(&t.team).is_some()).ok_or(Refused::Token)?)
}

async fn put_release(
    State(bot): State<Arc<Bot>>,
    Path((channel, version)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let token = admitted(&bot, &headers, &channel).await?;
    let body = read(body).await?;
    let text = std::str::from_utf8(&body)
        .map_err(|e| Refused::Request(format!("byte {} is not UTF-8: save the file as UTF-8", e.valid_up_to() + 1)))?;
    let taken = pipeline::put_release(&bot, &token, &version, text).await?;
    let status = if taken.created { StatusCode::CREATED } else { StatusCode::OK };
    tracing::info!(token = token.id, channel = token.channel.as_str(), "release data came in");
    Ok((status, axum::Json(taken)).into_response())
}

async fn get_release(
    State(bot): State<Arc<Bot>>,
    Path((channel, version)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let token = admitted(&bot, &headers, &channel).await?;
    Ok(axum::Json(pipeline::get_release(&bot, &token, &version).await?).into_response())
}

async fn gate(
    State(bot): State<Arc<Bot>>,
    Path((channel, version)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let token = admitted(&bot, &headers, &channel).await?;
    Ok(axum::Json(pipeline::gate(&bot, &token, &version).await?).into_response())
}

async fn ask_retro(
    State(bot): State<Arc<Bot>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let token = admitted(&bot, &headers, &channel).await?;
    let body = read(body).await?;
    let asked: RetroAsked = serde_json::from_slice(&body)
        .map_err(|e| Refused::Request(format!("{e}: see /api/v1/openapi.json for what fits")))?;
    planned(&bot, &token, asked).await
}

async fn planned(bot: &Bot, token: &Token, asked: RetroAsked) -> Result<Response, Error> {
    let state = pipeline::ask_retro(bot, token, asked).await?;
    let status = if state.created { StatusCode::CREATED } else { StatusCode::OK };
    tracing::info!(
        token = token.id,
        channel = token.channel.as_str(),
        created = state.created,
        "a retro was asked for"
    );
    Ok((status, axum::Json(state)).into_response())
}

/// What is read of GitHub's `release` event.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#release>
#[derive(Deserialize)]
struct Event {
    action: String,
    release: Published,
}

#[derive(Deserialize)]
struct Published {
    tag_name: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
    published_at: Option<chrono::DateTime<chrono::Utc>>,
}

async fn github(
    State(bot): State<Arc<Bot>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = read(body).await?;
    let token = known(&bot, &id, token::GITHUB).await?;
    let one = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !signature::of_github(&token::github_secret(&bot.seal, &id), &body, one("x-hub-signature-256")) {
        bot.metrics.refused("webhook");
        bot.troubles.signatures.happened(bot.clock.now(), &"a webhook of GitHub is not signed with its secret");
        return Err(Refused::Signature.into());
    }
    pipeline::acts(&bot, &token).await?;
    let nothing = |why: &str| Ok(axum::Json(json!({"done": false, "why": why})).into_response());
    if one("x-github-event") != "release" {
        return nothing("only release events begin a retro");
    }
    let body = match one("content-type").starts_with("application/x-www-form-urlencoded") {
        true => {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
            pairs.into_iter().find(|(k, _)| k == "payload").map(|(_, v)| v.into_bytes()).unwrap_or_default()
        }
        false => body.to_vec(),
    };
    let event: Event = crate::slack::json::read(&body).map_err(|e| {
        Refused::Request(format!(
            "{e}: not a release event; choose application/json as the content type of the webhook"
        ))
    })?;
    let release = event.release;
    if matches!(event.action.as_str(), "deleted" | "unpublished") {
        return match pipeline::withdraw(&bot, &token, &release.tag_name).await? {
            Some(why) => nothing(&why),
            None => Ok(axum::Json(json!({"done": true, "asked": "the channel"})).into_response()),
        };
    }
    // `published` comes for drafts and candidates too; a candidate that becomes a release says `released`.
    if !matches!(event.action.as_str(), "published" | "released") || release.draft || release.prerelease {
        return nothing("only a published release begins a retro, not a draft or a candidate");
    }
    // A candidate that becomes a release keeps the date of the candidate: its soak begins now.
    let deployed_at = release.published_at.filter(|_| event.action == "published");
    let asked = RetroAsked { version: release.tag_name, deployed_at, ..RetroAsked::default() };
    planned(&bot, &token, asked).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookback_core::retro::release::KEYS;

    #[test]
    fn the_schema_takes_and_refuses_what_the_reader_does() {
        use lookback_core::retro::release::Release;
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let example = Release::read(include_str!("../../../crates/sim/src/v2.1.0.yaml"), None).unwrap();
        for (text, fits) in [
            (example.json().as_str(), true),
            ("{\"version\": \"v1\"}", true),
            ("{\"version\": \"v1\", \"timeline\": null, \"impact\": {\"sentiment\": null}}", true),
            ("{\"version\": \"v1\", \"quality\": [{\"name\": \"x\", \"value\": 0, \"target\": 0}]}", true),
            ("{\"version\": \"v1\", \"scop\": {}}", false),
            ("{\"version\": \"v1\", \"scope\": {\"feature\": 1}}", false),
            ("{\"version\": \"a b\"}", false),
            ("{\"version\": \"v1\", \"incidents\": {\"total\": -1}}", false),
            ("{\"version\": \"v1\", \"timeline\": [{\"planned\": \"1h\"}]}", false),
            ("{\"version\": \"v1\", \"impact\": {\"sentiment\": \"85\"}}", false),
            ("{\"version\": \"v1\", \"type\": \"huge\"}", false),
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(schema.is_valid(&value), fits, "schema: {text}");
            assert_eq!(Release::read(text, None).is_ok(), fits, "reader: {text}");
        }
        let openapi: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        assert_eq!(openapi["paths"].as_object().unwrap().len(), 5);
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        for (part, keys) in KEYS {
            let at = match part {
                "" => &schema,
                "timeline" | "quality" => &schema["properties"][part]["items"],
                part => &schema["properties"][part],
            };
            let mut named: Vec<&str> = at["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut keys = keys.to_vec();
            named.sort_unstable();
            keys.sort_unstable();
            assert_eq!(named, keys, "{part}");
            assert_eq!(at["additionalProperties"], false, "{part}");
        }
    }
}
