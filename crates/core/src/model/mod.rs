//! What Lookback keeps, as plain data. What is done with it is decided in [`crate::retro`].

pub mod assignment;
pub mod escalation;
pub mod item;
pub mod meeting;
pub mod note;
pub mod participant;
pub mod person;
pub mod question;
pub mod response;
pub mod retro;
pub mod settings;
pub mod stage;
pub mod start;
pub mod theme;
pub mod ticket;
pub mod version;
