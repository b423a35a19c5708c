//! GitHub Issues, the release plan as a pull request, and the history of a release.
//! <https://docs.github.com/rest>

mod answers;
mod client;
mod commit;
mod door;
mod edits;
mod history;
mod issue;
mod issues;
mod people;
mod plan;
mod raw;
mod reading;
mod refusal;
mod token;

pub use client::GitHub;
pub use issues::Changed;
pub use plan::{Proposal, Proposed};
pub use reading::{Reading, Went};
