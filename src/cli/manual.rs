//! The manual of the command line, in the format of `man`.

use std::io::Write;

use clap::CommandFactory as _;

use super::args::Cli;

/// A page for the program, which refers to those of its commands, and these pages behind it.
pub fn write(out: &mut impl Write) -> std::io::Result<()> {
    let mut command = Cli::command();
    command.build();
    pages(&command, out)
}

fn pages(command: &clap::Command, out: &mut impl Write) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(out)?;
    command.get_subcommands().filter(|c| !c.is_hide_set()).try_for_each(|command| pages(command, out))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_has_its_page() {
        let mut out = Vec::new();
        super::write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for page in ["lookback 1", "serve 1", "token 1", "create 1"] {
            assert!(text.contains(page), "{page}");
        }
        assert!(text.contains("\\-\\-channel"), "the options are there");
    }
}
