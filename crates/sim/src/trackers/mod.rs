//! Simulated trackers: Jira, Linear and GitHub, as strict as they are.
//!
//! Rule: the bot's real clients talk to them over real HTTP. They refuse what the real ones refuse; an address or a field
//! that they do not know is an error.

mod board;
pub mod desk;
pub mod github;
pub mod jira;
pub mod linear;
pub mod shown;
mod webhooks;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use lookback_clock::{Clock, Rng};

pub use board::{Act, Kind, Ticket};
pub use desk::{Call, Desk, Fault};
pub use shown::{Hook, Shown};

/// The three trackers of a team.
#[derive(Clone, Debug)]
pub struct Trackers {
    clock: Clock,
    webhooks: webhooks::Webhooks,
    pub jira: jira::Jira,
    pub linear: linear::Linear,
    pub github: github::GitHub,
}

impl Trackers {
    /// The trackers of the example team, without a ticket, at this origin, such as `http://127.0.0.1:4000`.
    pub fn new(clock: &Clock, rng: &Rng, origin: &str) -> Self {
        Self {
            clock: clock.clone(),
            webhooks: webhooks::Webhooks::default(),
            jira: jira::Jira::new(clock, rng, &format!("{origin}/jira")),
            linear: linear::Linear::new(clock, rng, &format!("{origin}/linear")),
            github: github::GitHub::new(clock, rng, &format!("{origin}/github")).with_past(),
        }
    }

    /// An administrator registers the bot's webhook at each tracker. The bot has this address, such as
    /// `http://127.0.0.1:8080`.
    pub fn deliver_to(&self, bot: &str) {
        self.webhooks.register(bot);
    }

    /// Serves `/jira`, `/linear` and `/github`.
    pub fn routes(&self) -> Router {
        Router::new()
            .nest("/jira", self.jira.routes())
            .nest("/linear", self.linear.routes())
            .nest("/github", self.github.routes())
            .layer(axum::middleware::map_response_with_state(self.clock.clone(), dated))
    }
}

/// Each answer tells the time of the tracker.
async fn dated(State(clock): State<Clock>, mut answer: Response) -> Response {
    let date = clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}
