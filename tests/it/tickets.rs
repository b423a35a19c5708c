//! Action items as tickets: filed once, followed both ways, whatever the tracker does.

mod board;
mod chaos;
mod filing;
mod following;
mod plans;
mod trouble;
