//! Documents about a retro.

pub mod calendar;
pub mod items;
pub mod json;
pub mod markdown;
pub mod plan;
