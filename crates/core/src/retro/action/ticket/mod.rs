//! Tickets of action items: what they say, when the next step is taken, and what a tracker's word changes here.

pub mod back;
pub mod draft;
pub mod pace;
pub mod words;
