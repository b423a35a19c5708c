//! What can be typed after `lookback`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

use lookback_core::command::Format;

/// Runs the retrospective of a software release, in Slack.
#[derive(Debug, Parser)]
#[command(version, about, after_help = "Try it without an account: lookback playground")]
pub struct Cli {
    /// The settings file; the environment goes first.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Cmd,
}

#[derive(Debug, Subcommand)]
pub enum Cmd {
    /// Runs the bot.
    Serve,
    /// Runs the bot in a simulated workspace with a web page: no account, no token, no network.
    Playground {
        /// Where the page is served; loopback only.
        #[arg(long, default_value = "127.0.0.1:4000")]
        listen: SocketAddr,
        /// Let the simulated Slack post to the bot over HTTP instead of Socket Mode.
        #[arg(long)]
        http: bool,
    },
    /// Asks the server on this machine whether it is ready; ends with 1 if not. For health checks.
    Ready,
    /// Guides you through the setup: creates the app, asks for its tokens, writes lookback.toml.
    Setup,
    /// Looks at the settings.
    Config {
        #[command(subcommand)]
        what: ConfigCmd,
    },
    /// Prints what a shell needs to complete commands.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
    /// Says what is in order, what is missing, and where to get it.
    Doctor {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Data(DataCmd),
}

#[derive(Debug, Subcommand)]
pub enum ConfigCmd {
    /// Checks the settings and shows where each comes from; nothing else is touched.
    Check {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What needs the database alone.
#[derive(Debug, Subcommand)]
pub enum DataCmd {
    /// Shows what the database still knows.
    Audit {
        #[command(subcommand)]
        about: About,
    },
    /// Release data.
    Release {
        #[command(subcommand)]
        what: ReleaseCmd,
    },
    /// Release plans.
    Plan {
        #[command(subcommand)]
        what: PlanCmd,
    },
    /// Says what is promised before a release and still open: ends with 0 if nothing is, with 1 if something is, and with 2
    /// if it could not look.
    Gate {
        /// Which release.
        version: String,
        /// The id of the release channel, where several could be meant.
        #[arg(long)]
        channel: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Prints a retrospective, or its action items, as a file.
    Export {
        /// Which release.
        #[arg(long)]
        release: String,
        /// The id of the release channel, where several have a retro of it.
        #[arg(long)]
        channel: Option<String>,
        /// What kind of file: md and json are the whole retrospective, csv its action items.
        #[arg(long, default_value = "md", value_parser = formats())]
        format: Format,
    },
    /// Tokens that let pipelines in.
    Token {
        #[command(subcommand)]
        what: TokenCmd,
    },
    /// Writes a checked copy of the database to a new file, while the server is running too.
    Backup {
        /// The file to write.
        file: PathBuf,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Puts a backup in the place of the database; stop the server first. The database that was there is kept.
    Restore {
        /// The backup.
        #[arg(required_unless_present = "go_on", conflicts_with = "go_on")]
        file: Option<PathBuf>,
        /// Lets messages leave again after a restore, while the server is running.
        #[arg(long)]
        go_on: bool,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Moves the database file into an empty PostgreSQL database; stop the server first. The file stays, but no server
    /// starts on it.
    Move {
        /// The address of the new database, such as postgres://user:password@host/database.
        #[arg(long, value_name = "URL")]
        to: String,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives the installation a new key; stop the server first. With LOOKBACK_KEY the new one is LOOKBACK_NEW_KEY.
    RotateKey {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Erases a person from the database: their rows go, or name nobody from then on.
    ForgetUser {
        /// Their id in Slack, such as U0123ABCD.
        user: String,
        /// Skips the question.
        #[arg(long)]
        yes: bool,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ReleaseCmd {
    /// Takes the figures of a release from a file, in YAML or JSON, in the place of what was given before; or counts features,
    /// fixes and breaking changes in a changelog.
    Import {
        /// The file, - for standard input; with --changelog the version, such as v2.1.0.
        file: PathBuf,
        /// A changelog by Keep a Changelog or made of Conventional Commits, or the notes that GitHub generated for the release.
        #[arg(long, value_name = "FILE", conflicts_with = "plan")]
        changelog: Option<PathBuf>,
        /// The id of the release channel, such as C0123ABCD.
        #[arg(long)]
        channel: String,
        /// The release plan, as Markdown: what it assumed and which risks it saw is looked back at.
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum PlanCmd {
    /// Fills the section “## Retrospective” of a release plan in Markdown; every byte outside it stays as it is.
    Patch {
        /// The plan.
        file: PathBuf,
        /// Which release.
        #[arg(long)]
        release: String,
        /// The id of the release channel, where several have a retro of it.
        #[arg(long)]
        channel: Option<String>,
        /// Only look: ends with 1 if the section is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// Fills the section “## Retrospective” of the plan that the channel's settings name, by a pull request on GitHub.
    Pr {
        /// Which release.
        #[arg(long)]
        release: String,
        /// The id of the release channel, where several have a retro of it.
        #[arg(long)]
        channel: Option<String>,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCmd {
    /// Makes a token for one channel; it is shown once.
    Create {
        /// The id of the release channel, such as C0123ABCD.
        #[arg(long)]
        channel: String,
        /// The id of the person on whose behalf it acts: who leads the retros that it asks for.
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// What it is for.
        #[arg(long, default_value = "pipeline")]
        name: String,
        /// The secret of a GitHub webhook instead of a token.
        #[arg(long)]
        github: bool,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the tokens, without their secrets.
    List {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revokes a token: it fails from the next request on.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum About {
    /// Whether anything links a person to what they wrote: rows, keys, free pages, the WAL.
    Anonymity {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

/// The words of `--format`, as help shows them.
pub fn formats() -> impl TypedValueParser<Value = Format> {
    let words = PossibleValuesParser::new(Format::ALL.map(Format::word));
    words.map(|word| Format::from_word(&word).unwrap_or(Format::Md))
}
