//! The bot reaches Slack at these addresses.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{any, get, post};

use crate::{Sim, socket, web_api};

impl Sim {
    /// The router serves the Web API, response URLs, uploads, the WebSocket and permalinks.
    pub fn slack_routes(&self) -> Router {
        Router::new()
            .route("/api/{method}", any(web_api::call))
            .route("/respond/{id}", post(web_api::respond))
            .route("/upload/{id}", post(web_api::upload))
            .route("/socket", get(socket::accept))
            .route("/archives/{channel}/{message}", get(web_api::permalink))
            .layer(axum::middleware::map_response_with_state(self.clone(), dated))
            .with_state(self.clone())
    }
}

/// Slack tells its time with each answer.
async fn dated(State(sim): State<Sim>, mut answer: Response) -> Response {
    let date = sim.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}
