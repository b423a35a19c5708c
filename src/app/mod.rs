//! Requests: each is handled in one transaction, with one context ([`cx::Cx`]).
//!
//! Rule: a handler loads, lets the core decide, and returns what was decided. It sends nothing, and who may do what is
//! asked in [`rights`] alone.
//!
//! From the top down: [`receive`] and [`events`] take deliveries, [`handle`] runs one request, [`commands`],
//! [`block_actions`] and [`forms`] name its handler, [`jobs`], [`timers`], [`reminders`] and [`digest`] do what the
//! clock asks for.

mod block_actions;
mod captures;
mod channel_settings;
mod commands;
mod cx;
pub mod delivery;
pub mod departures;
pub mod digest;
mod escalation;
mod events;
pub mod export;
mod finish;
mod forms;
pub mod gate;
pub mod handle;
mod help;
mod history;
mod item_changed;
mod items;
pub mod jobs;
mod late;
mod leader;
mod life;
mod lookup;
pub mod lost_keys;
mod meeting;
mod new_items;
pub mod next_release;
mod notes;
pub mod outcome;
mod owners;
mod pick;
pub mod pipeline;
pub mod readings;
pub mod receive;
pub mod releases;
pub mod reminders;
mod reply;
pub mod request;
pub mod restored;
mod rights;
mod save;
pub mod settle;
mod starting;
mod status;
mod survey;
mod theme_menu;
mod themes;
pub mod tickets;
pub mod timers;
mod typed;
mod unseen_blame;
