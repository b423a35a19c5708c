//! Slack's side over HTTP: the Web API, response URLs, uploads, and the WebSocket.

use axum::Router;
use axum::routing::{any, get, post};

use crate::{Sim, socket, web_api};

impl Sim {
    /// Slack's side: the Web API, response URLs, uploads, and the WebSocket.
    pub fn slack_routes(&self) -> Router {
        Router::new()
            .route("/api/{method}", any(web_api::call))
            .route("/respond/{id}", post(web_api::respond))
            .route("/upload/{id}", post(web_api::upload))
            .route("/socket", get(socket::accept))
            .route("/archives/{channel}/{message}", get(web_api::permalink))
            .with_state(self.clone())
    }
}
