//! GitHub Issues, and the release plan as a pull request.
//! <https://docs.github.com/rest>

mod client;
mod commit;
mod door;
mod edits;
mod issue;
mod issues;
mod people;
mod plan;
mod refusal;
mod token;

pub use client::GitHub;
pub use issues::Changed;
pub use plan::{Proposal, Proposed};
