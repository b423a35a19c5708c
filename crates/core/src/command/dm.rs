//! Whether words typed in the DM are a command, while a survey waits for an answer there.
//!
//! Rule: a command names the bot (`/retro`, `retro`, `lookback`, a mention) and goes on with a word of the table, or it
//! ends with a channel and has no words of its own (`status in #releases`). Everything else is an answer. What can be
//! both ("Retro start was late") is asked.

use super::line::{Command, Filter};
use super::parse::{begins_with_verb, parse};
use super::verbs::VERBS;
use super::words::{Prefix, prefix};

/// What words in the DM may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Command,
    Answer,
    Either,
}

/// What somebody means who types this while a survey waits.
pub fn meant(text: &str) -> Meant {
    match prefix(text) {
        Some((kind, rest)) if begins_with_verb(rest) => match (kind, parse(rest, false)) {
            (Prefix::Slash, _) => Meant::Command,
            (Prefix::Name, Ok(line)) if is_plain(&line.command) => Meant::Command,
            (Prefix::Name, _) => Meant::Either,
        },
        // `/retro` alone, or the bot's name as a mention.
        Some((_, "")) if text.trim_start().starts_with(['/', '@']) => Meant::Command,
        Some((Prefix::Slash, _)) => Meant::Either,
        Some((Prefix::Name, _)) => Meant::Answer,
        None => bare(text),
    }
}

/// Words that do not name the bot.
fn bare(text: &str) -> Meant {
    match parse(text, false) {
        Ok(mut line) if line.channel.is_some() && is_plain(&line.command) => {
            if line.command.texts().is_empty() {
                Meant::Command
            } else {
                Meant::Either
            }
        }
        Ok(_) | Err(_) => Meant::Answer,
    }
}

/// Whether somebody may have meant a command, though it is taken for an answer: `help`, `status v2.1.0`.
pub fn is_like_command(text: &str) -> bool {
    text.split_whitespace().count() <= 3
        && begins_with_verb(text)
        && parse(text, false).is_ok_and(|mut line| is_plain(&line.command) && line.command.texts().is_empty())
}

/// Whether a command is no sentence: its arguments are what the grammar asks for.
fn is_plain(command: &Command) -> bool {
    let is_name = |version: &str| version.contains(|c: char| c.is_ascii_digit());
    match command {
        Command::Start(start) => is_name(&start.version),
        Command::Status { version }
        | Command::Nudge { version }
        | Command::Agenda { version }
        | Command::Meet { version }
        | Command::Next { version }
        | Command::Extend { version, .. }
        | Command::Pause { version, .. }
        | Command::Finish { version, .. }
        | Command::Export { version, .. }
        | Command::Cancel { version, .. }
        | Command::Data { version, .. } => version.as_deref().is_none_or(is_name),
        Command::Actions(Filter::Version(version)) => is_name(version),
        Command::Action(item) => item.owner.is_some() || item.due.is_some(),
        Command::Whys { problem } => problem.is_none(),
        Command::Help { about } => about.as_ref().is_none_or(|word| VERBS.iter().any(|v| v.name == word)),
        Command::Actions(Filter::Open | Filter::All | Filter::Mine | Filter::Overdue)
        | Command::Survey
        | Command::Note { .. }
        | Command::Notes
        | Command::Kudos { .. }
        | Command::Done { .. }
        | Command::Snooze { .. }
        | Command::Drop { .. }
        | Command::Lead { .. }
        | Command::Config
        | Command::Trends
        | Command::History
        | Command::Overview => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_bot_and_a_word_of_the_table() {
        for typed in [
            "Retro start v7.7 in <#C1|releases>",
            "retro\u{a0}status",
            "/retro start was late",
            "/Retro help",
            "Lookback actions mine",
            "RETRO done 12",
            "lookback: survey",
            "`/retro status v2.1.0`",
            "retro note well Calm rollback",
            "status in <#C1|releases>",
            "export json in <#C1>",
        ] {
            assert_eq!(meant(typed), Meant::Command, "{typed}");
        }
        for typed in [
            "/retro was slow",
            "note well calm in <#C1|releases>",
            "Retro start was late",
            "Retro notes were too long",
            "retro survey was confusing",
            "Retro status page was down",
            "Retro help was great",
            "retro action items were never done",
            "Retro next sprint",
            "Lookback config is hard",
        ] {
            assert_eq!(meant(typed), Meant::Either, "{typed}");
        }
        for typed in [
            "Nothing",
            "No incidents",
            "Start planning earlier",
            "Help from support was great",
            "Lookback was a pain",
            "Retro was fun",
            "Done is better than perfect",
            "Next sprint planning",
            "Status page was down",
            "Status page was down in <#C1|ops>",
            "actions mine",
            "Notes",
            "retro",
        ] {
            assert_eq!(meant(typed), Meant::Answer, "{typed}");
        }
    }
}
