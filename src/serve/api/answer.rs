//! What every address of the API answers: a refusal is JSON with one sentence that says what to do.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::pipeline::Refused;
use lookback_core::text::count;

/// The largest body that is read.
const MAX_BODY: usize = 1 << 20;

/// An address or a method that is none.
pub fn not_there(status: StatusCode) -> Response {
    let what = "there is nothing here for this method: see /api/v1/openapi.json for what there is";
    (status, axum::Json(json!({"error": what}))).into_response()
}

/// A refusal as it is answered.
#[derive(Debug)]
pub struct Error(pub Refused);

impl<E: Into<Refused>> From<E> for Error {
    fn from(why: E) -> Self {
        Self(why.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            Refused::Token | Refused::NoToken | Refused::Signature => StatusCode::UNAUTHORIZED,
            Refused::OtherChannel(_) | Refused::Gone(_) => StatusCode::FORBIDDEN,
            Refused::Data(_) | Refused::Request(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::Channel(_) => StatusCode::CONFLICT,
            Refused::NoData(_) => StatusCode::NOT_FOUND,
            Refused::NotSaved => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut body = json!({"error": self.0.to_string()});
        if let (Refused::Data(faults), Some(map)) = (&self.0, body.as_object_mut()) {
            let one = |f: &lookback_core::retro::release::Fault| json!({"line": f.at.line, "column": f.at.column, "key": f.key, "message": f.wrong.to_string()});
            map.insert(
                "error".into(),
                json!(format!("the release data is wrong in {}", count(faults.0.len(), "place", "places"))),
            );
            map.insert("faults".into(), faults.0.iter().map(one).collect());
        }
        (status, axum::Json(body)).into_response()
    }
}

/// The whole body, of a mebibyte at most.
pub async fn read(body: Body) -> Result<Bytes, Error> {
    Ok(axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| Refused::TooLarge)?)
}
