//! Action items as tickets: filed once, followed both ways, whatever the tracker does.

pub mod board;
mod chaos;
mod filing;
mod following;
mod plans;
mod trouble;
