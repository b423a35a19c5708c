//! Documents about a retro.

pub mod markdown;
