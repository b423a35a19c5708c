//! Conversations with the bot in the simulated workspace.

mod world;

mod commands;
mod durable;
mod flow;
mod hostile;
mod samples;
