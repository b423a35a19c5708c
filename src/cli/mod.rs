//! The command line, and the commands that run beside a server.

mod args;
pub mod audit;
pub mod check;
pub mod copies;
pub mod doctor;
pub mod documents;
mod exit;
pub mod forget;
pub mod gate;
mod machine;
mod manual;
pub mod moving;
pub mod release;
pub mod rotate_key;
mod settings;
mod setup;
mod signals;
pub mod token;
mod trackers;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use self::args::{About, Cli, Cmd, ConfigCmd, DataCmd, PlanCmd, ReleaseCmd, TokenCmd};
use self::check::{Check, Verdict};
use self::copies::{Copied, Restored};
use self::documents::Patched;
use self::rotate_key::Rotated;
use self::signals::told_to_stop;
use crate::config::{self, Faults, LogFormat, Place, Trackers};
use crate::{log, playground, serve};

/// A line on standard output. A reader that has gone, such as `head`, is no fault: there is nothing left to say.
macro_rules! say {
    ($($line:tt)*) => {
        if writeln!(std::io::stdout(), $($line)*).is_err() {
            std::process::exit(0);
        }
    };
}

/// Reads the command line and runs it; returns the exit code: 0, 1 for a failure, 2 for wrong settings.
///
/// The runtime is made here because a future is compiled where it is waited for: in the program's own crate, all
/// of the library would be compiled a second time.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => finished(Err(anyhow::Error::new(error).context("no threads can be started"))),
    }
}

async fn run(cli: Cli) -> ExitCode {
    let path = cli.config.clone().unwrap_or_else(|| "lookback.toml".into());
    let named = cli.config.is_some();
    match cli.command {
        Cmd::Serve => match config::load(&path, named) {
            Ok(config) => {
                log::start(&config.log, config.log_format);
                if config::is_open_to_others(&path) {
                    tracing::warn!("{}", settings::open_to_others(&path));
                }
                match serve::run(&config, told_to_stop()).await {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => {
                        eprintln!("lookback: {}", exit::words(&error));
                        exit::code(&error)
                    }
                }
            }
            Err(faults) => wrong_settings(&faults),
        },
        Cmd::Playground { listen, http } => {
            log::start(&std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()), LogFormat::Text);
            finished(play(listen, http).await)
        }
        Cmd::Ready => match config::listen(&path, named) {
            Ok(listen) => did(machine::ready(listen).map(|()| say!("ready"))),
            Err(faults) => wrong_settings(&faults),
        },
        Cmd::Setup => did(setup::run(&path).await),
        Cmd::Config { what: ConfigCmd::Check { json } } => match settings::check(&path, named) {
            Ok(checked) => {
                match json {
                    true => say!("{}", serde_json::to_string_pretty(&checked).unwrap_or_default()),
                    false => say!("{}", checked.told()),
                }
                ExitCode::SUCCESS
            }
            Err(Faults(faults)) if json => {
                say!("{}", serde_json::json!({"faults": faults}));
                ExitCode::from(2)
            }
            Err(faults) => {
                // Where each comes from is what the reader needs now.
                if let Ok(shown) = settings::sources(&path, named) {
                    say!("{}", settings::table(&shown).trim_end());
                }
                wrong_settings(&faults)
            }
        },
        Cmd::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "lookback", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
        Cmd::Man => did(manual::write(&mut std::io::stdout()).map_err(Into::into)),
        Cmd::Doctor { json } => show(&doctor::examine(config::load(&path, named), &path).await, json),
        Cmd::Data(command) => match config::place(&path, named) {
            Ok(place) => with_database(command, &place, || config::github(&path, named)).await,
            Err(faults) => wrong_settings(&faults),
        },
    }
}

/// Runs a command that needs the database, and `github` at most.
async fn with_database(command: DataCmd, place: &Place, github: impl FnOnce() -> Result<Trackers, Faults>) -> ExitCode {
    match command {
        DataCmd::Audit { about: About::Anonymity { json } } => match audit::anonymity(place).await {
            Ok(checks) => show(&checks, json),
            Err(error) => finished(Err(error)),
        },
        DataCmd::Release { what } => did(import(place, what).await),
        DataCmd::Plan { what: PlanCmd::Patch { file, release, channel, check } } => {
            let patched = documents::patch(place, &file, &release, channel.as_deref(), check).await;
            say_patched(patched, &file, &release)
        }
        DataCmd::Plan { what: PlanCmd::Pr { release, channel, json } } => match github() {
            Ok(github) => {
                let proposed = documents::propose(place, &github, &release, channel.as_deref()).await;
                did(proposed.map(|proposed| match json {
                    true => say!("{}", serde_json::to_string(&proposed).unwrap_or_default()),
                    false => say!("{}", proposed.told(&release)),
                }))
            }
            Err(faults) => wrong_settings(&faults),
        },
        DataCmd::Gate { version, channel, json } => {
            say_gate(gate::examine(place, &version, channel.as_deref()).await, json)
        }
        DataCmd::Export { release, channel, format } => {
            let made = documents::export(place, &release, channel.as_deref(), format).await;
            did(made.map(|made| say!("{}", made.text.trim_end_matches('\n'))))
        }
        DataCmd::Token { what } => did(tokens(place, what).await),
        DataCmd::Backup { file, json } => {
            did(copies::backup(place, &file).await.map(|copied| say_copied(&copied, json)))
        }
        DataCmd::Restore { go_on: true, json, .. } => {
            did(copies::go_on(place).await.map(|went_on| say_went_on(&went_on, json)))
        }
        DataCmd::Restore { file, json, .. } => {
            let file = file.unwrap_or_default();
            did(copies::restore(place, &file).await.map(|restored| say_restored(&restored, json)))
        }
        DataCmd::Move { to, json } => did(moving::to(place, &to).await.map(|moved| match json {
            true => say!("{}", serde_json::to_string(&moved).unwrap_or_default()),
            false => say!("{}", moved.told()),
        })),
        DataCmd::RotateKey { json } => {
            let new = std::env::var("LOOKBACK_NEW_KEY").ok().filter(|key| !key.is_empty()).map(Into::into);
            did(rotate_key::rotate(place, new).await.map(|rotated| say_rotated(&rotated, json)))
        }
        DataCmd::ForgetUser { user, yes, json } => {
            let forgotten = forget::user(place, &user, yes).await;
            did(forgotten.map(|f| match json {
                true => say!("{}", serde_json::to_string(&f).unwrap_or_default()),
                false => say!("{}", f.told(&user)),
            }))
        }
    }
}

async fn import(place: &Place, what: ReleaseCmd) -> anyhow::Result<()> {
    let ReleaseCmd::Import { file, changelog, channel, plan, json } = what;
    let imported = match changelog {
        Some(log) => release::import_changelog(place, &log, &file.to_string_lossy(), &channel).await?,
        None => release::import(place, &file, &channel, plan.as_deref()).await?,
    };
    if imported.unseen {
        eprintln!("note: the bot has not seen the channel {channel} yet; is that its id?");
    }
    match json {
        true => say!("{}", serde_json::to_string(&imported).unwrap_or_default()),
        false => say!("{}", imported.told()),
    }
    Ok(())
}

/// A pipeline has to tell what is out of date from what could not be looked at.
fn say_patched(patched: anyhow::Result<Patched>, file: &Path, release: &str) -> ExitCode {
    match patched {
        Ok(Patched::Would) => {
            eprintln!("{}: the retrospective of {release} is not up to date", file.display());
            ExitCode::FAILURE
        }
        Ok(Patched::Written) => {
            say!("{}: the retrospective of {release} is filled in", file.display());
            ExitCode::SUCCESS
        }
        Ok(Patched::Same) => {
            say!("{}: the retrospective of {release} is up to date", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => finished(Err(error)),
    }
}

fn say_copied(copied: &Copied, json: bool) {
    if json {
        say!("{}", serde_json::to_string(copied).unwrap_or_default());
    } else {
        let size = copied.bytes.div_ceil(1 << 10);
        say!(
            "{} holds the whole database ({size} KB) and is checked.\nIt holds no key: a restored database starts only with LOOKBACK_KEY or the key file, so keep a copy of that elsewhere.",
            copied.file.display()
        );
    }
}

fn say_restored(restored: &Restored, json: bool) {
    if json {
        say!("{}", serde_json::to_string(restored).unwrap_or_default());
        return;
    }
    say!("{} now holds the contents of the backup.", restored.file.display());
    if let Some(kept) = &restored.kept {
        say!("The database that was there is kept as {}.", kept.display());
    }
    say!(
        "Start the server: it answers commands, and posts nothing else until you run `lookback restore --go-on`, or the last facilitator presses Continue."
    );
}

fn say_rotated(rotated: &Rotated, json: bool) {
    if json {
        say!("{}", serde_json::json!({"file": rotated.file, "hooks": rotated.hooks}));
        return;
    }
    match &rotated.file {
        Some(file) => {
            say!("{} holds a new key: keep a copy of it. Older backups still need the old one.", file.display())
        }
        None => {
            say!("The database belongs to the new key: set LOOKBACK_KEY to it. Older backups still need the old one.")
        }
    }
    say!("Take a backup now: a survey that is open in an older one cannot go on after a restore.");
    for id in &rotated.hooks {
        say!(
            "The secret of the GitHub webhook {id} is another one now: revoke it, and make a new one with `lookback token create --github`."
        );
    }
}

fn say_went_on(went_on: &copies::WentOn, json: bool) {
    if json {
        say!("{}", serde_json::to_string(went_on).unwrap_or_default());
        return;
    }
    if went_on.was_frozen {
        say!("Messages leave again. If a message may already be in Slack, the bot looks for it there first.");
    } else {
        say!("Nothing was held back.");
    }
    if let Some(to) = &went_on.moved_to {
        say!("This file was moved to {to} earlier: do not start a server there again, or everything is sent twice.");
    }
}

/// What was asked for was done, or was not: no matter of settings.
fn did(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lookback: {}", exit::words(&error));
            ExitCode::FAILURE
        }
    }
}

async fn tokens(place: &config::Place, what: TokenCmd) -> anyhow::Result<()> {
    match what {
        TokenCmd::Create { channel, user, name, github, json } => {
            let of = channel.clone();
            let wanted = token::Wanted { channel, user, name, github };
            let (id, shown) = token::create(place, &wanted).await?;
            if json {
                let path = if github { format!("/api/v1/github/{id}") } else { format!("/api/v1/channels/{of}") };
                say!("{}", serde_json::json!({"id": id, "secret": shown, "github": github, "path": path}));
            } else if github {
                say!(
                    "In the repository's settings, add a webhook for releases:\n  Payload URL: https://<where LISTEN_ADDR is reached>/api/v1/github/{id}\n  Content type: application/json\n  Secret: {shown}"
                );
            } else {
                say!("{shown}\nIt is shown this once. Use it as: Authorization: Bearer {shown}");
            }
        }
        TokenCmd::List { json } => {
            let all = token::list(place).await?;
            if json {
                let rows: Vec<_> = all
                    .iter()
                    .map(|t| serde_json::json!({"id": t.id, "channel": t.channel, "as": t.user, "name": t.name, "kind": t.kind, "made": lookback_core::zone::from_ms(t.made_ms), "revoked": t.revoked_ms.map(lookback_core::zone::from_ms)}))
                    .collect();
                say!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
            } else if all.is_empty() {
                say!("There are no tokens yet: lookback token create --channel C0123ABCD --as U0123ABCD");
            }
            for t in all.iter().filter(|_| !json) {
                let state = if t.revoked_ms.is_some() { "revoked" } else { "valid" };
                say!("{}  {:<7}  {:<6}  {}  as {}  {}", t.id, state, t.kind, t.channel, t.user, t.name);
            }
        }
        TokenCmd::Revoke { id } => {
            token::revoke(place, &id).await?;
            say!("{id} lets no one in any more.");
        }
    }
    Ok(())
}

/// 0: nothing is open; 1: something is; 2: it could not be looked at.
fn say_gate(found: anyhow::Result<gate::Found>, json: bool) -> ExitCode {
    let found = match found {
        Ok(found) => found,
        Err(error) => return finished(Err(error)),
    };
    match json {
        true => say!("{}", serde_json::to_string_pretty(&found.gate).unwrap_or_default()),
        false => say!("{}", found.told()),
    }
    if found.is_clear() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn finished(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lookback: {}", exit::words(&error));
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

async fn play(listen: SocketAddr, http: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        listen.ip().is_loopback(),
        "--listen must be a loopback address: whoever reaches the page can act as anybody in it"
    );
    let folder = tempfile::tempdir()?;
    let up = playground::start(listen, folder.path(), http).await?;
    say!("Lookback's playground is ready: http://{}", up.address);
    say!("Press “Play the v2.1.0 example” there, or type /retro start v2.1.0. Ctrl-C ends it; nothing is kept.");
    say!(
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
        say!("{}", serde_json::to_string_pretty(&checks).unwrap_or_default());
    } else {
        for check in checks {
            let mark = match check.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Note => "note",
                Verdict::Fail => "FAIL",
            };
            say!("{mark}  {:<12} {}", check.what, check.detail);
        }
    }
    if checks.iter().any(|c| c.verdict == Verdict::Fail) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
