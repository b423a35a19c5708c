//! The bot reaches Slack at these addresses.

use axum::Router;
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
            .with_state(self.clone())
    }
}
