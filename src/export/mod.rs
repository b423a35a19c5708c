//! Documents about a retro.

pub mod chart;
pub mod items;
pub mod markdown;
