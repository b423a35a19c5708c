//! The clients of Jira, Linear and GitHub against the stand-ins; every call, answer, text and delivery is validated by what
//! the trackers publish.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod graphql;
mod published;
mod world;

mod deliveries;
mod github;
mod history;
mod jira;
mod limits;
mod linear;
mod plan;
mod secrets;
