//! The command line, and the commands that run beside a server.

mod audit;
pub mod doctor;
pub mod documents;
mod forget;
pub mod release;
pub mod token;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

use self::doctor::{Check, Verdict};
use self::documents::Patched;
use self::release::Imported;
use crate::config::{self, Faults, Place};
use crate::store::erase::Erased;
use crate::{playground, serve};
use lookback_core::command::Format;

/// Runs the retrospective of a software release, in Slack.
#[derive(Debug, Parser)]
#[command(version, about, after_help = "Try it without an account: lookback playground")]
pub struct Cli {
    /// The settings file; the environment goes first.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Debug, Subcommand)]
enum Cmd {
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
    /// Says what is in order, what is missing, and where to get it.
    Doctor {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Data(DataCmd),
}

/// What needs the database alone.
#[derive(Debug, Subcommand)]
enum DataCmd {
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
    /// Erases a person from the database: their rows go, or name nobody from then on.
    ForgetUser {
        /// Their id in Slack, such as U0123ABCD.
        user: String,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ReleaseCmd {
    /// Takes the figures of a release from a file, in YAML or JSON, in the place of what was given before.
    Import {
        /// The file; - for standard input.
        file: PathBuf,
        /// The id of the release channel, such as C0123ABCD.
        #[arg(long)]
        channel: String,
        /// The release plan, as Markdown: what it assumed and which risks it saw is looked back at.
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum PlanCmd {
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
}

#[derive(Debug, Subcommand)]
enum TokenCmd {
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
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Lists them, without what lets in.
    List {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Takes a token's right away, from the next request on.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum About {
    /// Whether anything links a person to what they wrote: rows, keys, free pages, the WAL.
    Anonymity {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// The words of `--format`, as help shows them.
fn formats() -> impl TypedValueParser<Value = Format> {
    let words = PossibleValuesParser::new(Format::ALL.map(Format::word));
    words.map(|word| Format::from_word(&word).unwrap_or(Format::Md))
}

/// Runs the command line; returns the exit code: 0, 1 for a failure, 2 for wrong settings.
pub async fn run(cli: Cli) -> ExitCode {
    let path = cli.config.clone().unwrap_or_else(|| "lookback.toml".into());
    let config = || config::load(&path, cli.config.is_some());
    let place = || config::place(&path, cli.config.is_some());
    match cli.command {
        Cmd::Serve => match config() {
            Ok(config) => {
                crate::log(&config.log);
                finished(serve::run(&config, told_to_stop()).await)
            }
            Err(faults) => wrong_settings(&faults),
        },
        Cmd::Playground { listen, http } => {
            crate::log(&std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()));
            finished(play(listen, http).await)
        }
        Cmd::Doctor { json } => show(&doctor::examine(config()).await, json),
        Cmd::Data(command) => match place() {
            Ok(place) => with_database(command, &place).await,
            Err(faults) => wrong_settings(&faults),
        },
    }
}

/// Runs a command that needs the database alone.
async fn with_database(command: DataCmd, place: &Place) -> ExitCode {
    match command {
        DataCmd::Audit { about: About::Anonymity { json } } => match audit::anonymity(&place.database_url).await {
            Ok(checks) => show(&checks, json),
            Err(error) => finished(Err(error)),
        },
        DataCmd::Release { what: ReleaseCmd::Import { file, channel, plan, json } } => {
            let imported = release::import(place, &file, &channel, plan.as_deref()).await;
            did(imported.map(|imported| say_imported(&imported, &channel, json)))
        }
        DataCmd::Plan { what: PlanCmd::Patch { file, release, channel, check } } => {
            let patched = documents::patch(place, &file, &release, channel.as_deref(), check).await;
            say_patched(patched, &file, &release)
        }
        DataCmd::Export { release, channel, format } => {
            let made = documents::export(place, &release, channel.as_deref(), format).await;
            did(made.map(|made| print!("{}", made.text)))
        }
        DataCmd::Token { what } => did(tokens(place, what).await),
        DataCmd::ForgetUser { user, json } => {
            finished(forget::user(place, &user).await.map(|erased| say_erased(&erased, &user, json)))
        }
    }
}

fn say_imported(imported: &Imported, channel: &str, json: bool) {
    if imported.unseen {
        eprintln!("note: the bot has not seen the channel {channel} yet; is that its id?");
    }
    if json {
        println!("{}", serde_json::to_string(imported).unwrap_or_default());
    } else if imported.created {
        println!("The release data of {} is saved.\n  {}", imported.version, imported.facts.join("\n  "));
    } else if imported.changed.is_empty() {
        println!("Nothing changed: that is the release data of {} already.", imported.version);
    } else {
        println!("The release data of {} is replaced. Changed:\n  {}", imported.version, imported.changed.join("\n  "));
    }
}

/// A pipeline has to tell what is out of date from what could not be looked at.
fn say_patched(patched: anyhow::Result<Patched>, file: &Path, release: &str) -> ExitCode {
    match patched {
        Ok(Patched::Would) => {
            eprintln!("{}: the retrospective of {release} is not up to date", file.display());
            ExitCode::FAILURE
        }
        Ok(Patched::Written) => {
            println!("{}: the retrospective of {release} is filled in", file.display());
            ExitCode::SUCCESS
        }
        Ok(Patched::Same) => {
            println!("{}: the retrospective of {release} is up to date", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => finished(Err(error)),
    }
}

fn say_erased(erased: &Erased, user: &str, json: bool) {
    if json {
        println!("{}", serde_json::to_string(erased).unwrap_or_default());
    } else {
        println!(
            "{user} is erased: {} rows are gone or name nobody any more, {} open action items went to their facilitator.\nWhat others wrote about them in their own words is left, and so are Slack's own messages.",
            erased.rows, erased.handed_on
        );
    }
}

/// What was asked for was done, or was not: no matter of settings.
fn did(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lookback: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn tokens(place: &config::Place, what: TokenCmd) -> anyhow::Result<()> {
    match what {
        TokenCmd::Create { channel, user, name, github, json } => {
            let wanted = token::Wanted { channel, user, name, github };
            let (id, shown) = token::create(place, &wanted).await?;
            if json {
                println!("{}", serde_json::json!({"id": id, "secret": shown, "github": github}));
            } else if github {
                println!(
                    "In the repository's settings, add a webhook for releases:\n  Payload URL: https://<where LISTEN_ADDR is reached>/api/v1/github/{id}\n  Content type: application/json\n  Secret: {shown}"
                );
            } else {
                println!("{shown}\nIt is shown this once. Use it as: Authorization: Bearer {shown}");
            }
        }
        TokenCmd::List { json } => {
            let all = token::list(place).await?;
            if json {
                let rows: Vec<_> = all
                    .iter()
                    .map(|t| serde_json::json!({"id": t.id, "channel": t.channel, "as": t.user, "name": t.name, "kind": t.kind, "made": lookback_core::zone::from_ms(t.made_ms), "revoked": t.revoked_ms.map(lookback_core::zone::from_ms)}))
                    .collect();
                println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
            } else if all.is_empty() {
                println!("There are no tokens yet: lookback token create --channel C0123ABCD --as U0123ABCD");
            }
            for t in all.iter().filter(|_| !json) {
                let state = if t.revoked_ms.is_some() { "revoked" } else { "valid" };
                println!("{}  {:<7}  {:<6}  {}  as {}  {}", t.id, state, t.kind, t.channel, t.user, t.name);
            }
        }
        TokenCmd::Revoke { id } => {
            token::revoke(place, &id).await?;
            println!("{id} lets nobody in any more.");
        }
    }
    Ok(())
}

fn finished(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lookback: {error:#}");
            // Everything that ends a start is a matter of settings or their surroundings.
            ExitCode::from(2)
        }
    }
}

fn wrong_settings(faults: &Faults) -> ExitCode {
    for fault in &faults.0 {
        eprintln!("lookback: {fault}");
    }
    ExitCode::from(2)
}

async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}

async fn play(listen: SocketAddr, http: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        listen.ip().is_loopback(),
        "--listen must be a loopback address: whoever reaches the page can act as anybody in it"
    );
    let folder = tempfile::tempdir()?;
    let up = playground::start(listen, folder.path(), http).await?;
    println!("Lookback's playground is ready: http://{}", up.address);
    println!("Press “Play the v2.1.0 example” there, or type /retro start v2.1.0. Ctrl-C ends it; nothing is kept.");
    println!(
        "For pipelines: the API is at http://{}/api/v1, and commands work beside it, such as\n  DATABASE_URL=sqlite://{} lookback token create --channel C01REL --as U01MARIA",
        up.server.address,
        folder.path().join(playground::DATABASE).display()
    );
    told_to_stop().await;
    up.server.stop().await;
    Ok(())
}

fn show(checks: &[Check], json: bool) -> ExitCode {
    if json {
        println!("{}", serde_json::to_string_pretty(&checks).unwrap_or_default());
    } else {
        for check in checks {
            let mark = match check.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Note => "note",
                Verdict::Fail => "FAIL",
            };
            println!("{mark}  {:<12} {}", check.what, check.detail);
        }
    }
    if checks.iter().any(|c| c.verdict == Verdict::Fail) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
