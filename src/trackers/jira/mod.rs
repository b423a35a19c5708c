//! Jira Cloud: its client, over the REST API in version 3 with an account's API token.
//!
//! Rules: `client` is the only way out; every file beside it adds the calls of one purpose. Jira has no key that keeps a
//! create from happening twice, so the description of each ticket holds a marker that the search finds.

mod adf;
mod client;
mod create;
mod edit;
mod find;
mod people;
mod place;
mod screen;
mod standing;
mod words;
mod workflow;

pub use client::Jira;
