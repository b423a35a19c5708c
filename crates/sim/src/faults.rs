//! Slack sometimes fails. A test asks for such a failure, and the next call gets it.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A call can fail in these ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Slack answers with status 429. The caller must wait this many seconds.
    RateLimit(u64),
    /// Slack answers with an HTTP status other than 200.
    Status {
        /// The answer has this HTTP status, for example 500 or 503.
        code: u16,
        /// The method does its work although the call fails.
        effect: bool,
    },
    /// Slack answers with `ok: false` and an error code.
    Error {
        /// The answer has this error code, for example `internal_error`.
        code: &'static str,
        /// The method does its work although the call fails.
        effect: bool,
    },
    /// The method does its work, but the connection breaks in the middle of the answer.
    LostAnswer,
}

impl Fault {
    /// The result says whether the method does its work although the call fails.
    pub fn has_effect(&self) -> bool {
        match self {
            Self::RateLimit(_) => false,
            Self::Status { effect, .. } | Self::Error { effect, .. } => *effect,
            Self::LostAnswer => true,
        }
    }

    /// The caller gets this response instead of the method's answer.
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

    /// The journal notes the fault with these words.
    pub fn noted(&self) -> String {
        format!("{self:?}")
    }
}
