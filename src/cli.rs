//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Faults};
use crate::doctor::{self, Check, Verdict};
use crate::{audit, forget, playground, serve};

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
    /// Shows what the database still knows.
    Audit {
        #[command(subcommand)]
        about: About,
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
enum About {
    /// Whether anything links a person to what they wrote: rows, keys, free pages, the WAL.
    Anonymity {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
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
        Cmd::Audit { about: About::Anonymity { json } } => match place() {
            Ok(place) => match audit::anonymity(&place.database_url).await {
                Ok(checks) => show(&checks, json),
                Err(error) => finished(Err(error)),
            },
            Err(faults) => wrong_settings(&faults),
        },
        Cmd::ForgetUser { user, json } => match place() {
            Ok(place) => finished(forget::user(&place, &user).await.map(|erased| {
                if json {
                    println!("{}", serde_json::to_string(&erased).unwrap_or_default());
                } else {
                    println!(
                        "{user} is erased: {} rows are gone or name nobody any more, {} open action items went to their facilitator.\nWhat others wrote about them in their own words is left, and so are Slack's own messages.",
                        erased.rows, erased.handed_on
                    );
                }
            })),
            Err(faults) => wrong_settings(&faults),
        },
    }
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
    let up = playground::run::start(listen, folder.path(), http).await?;
    println!("Lookback's playground is ready: http://{}", up.address);
    println!("Press “Play the v2.1.0 example” there, or type /retro start v2.1.0. Ctrl-C ends it; nothing is kept.");
    told_to_stop().await;
    up.bot.stop().await;
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
