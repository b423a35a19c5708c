//! Documents about a retro.

pub mod items;
pub mod markdown;
