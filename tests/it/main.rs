//! Conversations with the bot in the simulated workspace.

mod world;

mod flow;
