//! Slack's bad days, on demand.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// How a call goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429, with so many seconds to wait.
    RateLimit(u64),
    /// A status; with `effect` the call did its work all the same.
    Status {
        /// 500, 503 …
        code: u16,
        /// It was done.
        effect: bool,
    },
    /// `ok: false` with this error; with `effect` the call did its work all the same.
    Error {
        /// Slack's code.
        code: &'static str,
        /// It was done.
        effect: bool,
    },
    /// The work is done, and the answer breaks off.
    LostAnswer,
}

impl Fault {
    /// Whether the call does its work.
    pub fn has_effect(&self) -> bool {
        match self {
            Self::RateLimit(_) => false,
            Self::Status { effect, .. } | Self::Error { effect, .. } => *effect,
            Self::LostAnswer => true,
        }
    }

    /// What the caller gets instead of the answer.
    pub fn response(&self) -> Response {
        match self {
            Self::RateLimit(after) => {
                let body = axum::Json(json!({"ok": false, "error": "ratelimited"}));
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", after.to_string())], body).into_response()
            }
            Self::Status { code, .. } => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, "upstream trouble").into_response()
            }
            Self::Error { code, .. } => axum::Json(json!({"ok": false, "error": code})).into_response(),
            Self::LostAnswer => {
                let broken = futures_util::stream::iter([
                    Ok::<_, std::io::Error>("{\"ok\":"),
                    Err(std::io::Error::other("gone")),
                ]);
                let body = Body::from_stream(broken);
                Response::builder()
                    .header("content-type", "application/json")
                    .body(body)
                    .unwrap_or_else(|_| Response::new(Body::empty()))
            }
        }
    }

    /// The error as the journal notes it.
    pub fn noted(&self) -> String {
        format!("{self:?}")
    }
}
