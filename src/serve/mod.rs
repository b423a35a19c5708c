//! `lookback serve`: brings the bot up and down again. The ways in are here: HTTP, Socket Mode, and the API.

pub mod api;
mod connections;
mod http;
mod metrics;
mod ready;
mod signature;
mod socket;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use self::socket::{First, Sockets};
use crate::app::settle;
use crate::bot::Bot;
use crate::config::Config;
use crate::engine::Engine;
use crate::lanes::Lanes;
use crate::open;
use crate::slack::client::{CallError, Identity, Slack};
use crate::store::directory::{self, Workspace};
use crate::store::{self, Store};
use crate::trackers::all::Trackers;
use lookback_clock::{Clock, Rng};
use lookback_core::scopes;

/// How long what is under way may take after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// A running bot: its ways in, and what moves it.
#[derive(Debug)]
pub struct Server {
    pub bot: Arc<Bot>,
    /// Moves messages, deadlines and what waits.
    pub engine: Engine,
    pub address: SocketAddr,
    sockets: Option<Sockets>,
    closing: Arc<Notify>,
    http: tokio::task::JoinHandle<()>,
    _lock: Option<std::fs::File>,
}

/// Opens the database, signs in, and starts everything.
pub async fn start(config: &Config, clock: Clock, rng: Rng) -> anyhow::Result<Server> {
    // Signed in first: a wrong token ends the start before anything is made.
    let mut slack = Slack::new(&config.api_url, clock.clone())?;
    let identity = sign_in(&mut slack, &config.bot_token, &clock).await?;
    let file = store::sqlite_file(&config.place.database_url);
    // At the very first start no file is made before both tokens are known to work. Later the call is
    // saved: Slack counts it as one of the few connections that may be opened in a minute.
    if let (Some(token), true) = (&config.app_token, file.as_ref().is_some_and(|f| !f.exists())) {
        app_token_works(&slack, token).await?;
    }
    // Before the port: a second server of the same settings is told that there is another one.
    let lock = file.as_deref().map(open::lock).transpose()?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("LISTEN_ADDR {} cannot be used (set it to a free one, or stop the program that has it)", config.listen)
    })?;
    let store = Store::open(&config.place.database_url).await?;
    let seal = open::seal(&store, &config.place, file.as_deref(), &rng).await?;
    open::not_moved(&store).await?;
    let workspace = workspace(&store, identity).await?;
    let address = listener.local_addr()?;
    let workspaces = BTreeMap::from([(workspace.team_id.clone(), workspace)]);
    let wake = store.engine();
    let trackers = Trackers::new(&config.trackers, &clock)?;
    let bot = Arc::new(Bot {
        name: process_name(),
        store,
        clock,
        rng,
        slack,
        seal: Arc::new(seal),
        workspaces: Arc::new(workspaces),
        lanes: Lanes::default(),
        health: Arc::default(),
        metrics: Arc::default(),
        troubles: Arc::default(),
        freeze: Arc::default(),
        retention: config.retention,
        trackers: Arc::new(trackers),
        wake,
    });
    let engine = Engine::start(bot.clone()).await?;
    let closing = Arc::new(Notify::new());
    // With Socket Mode nothing of Slack's comes over HTTP, so its route is not there.
    let signing = config.signing_secret.clone().filter(|_| config.app_token.is_none());
    let routes = http::routes(bot.clone(), signing, config.trackers.hooks.clone());
    let until = closing.clone();
    let http = tokio::spawn(connections::serve(listener, routes, until));
    let sockets = match &config.app_token {
        Some(token) => Some(listen(&bot, token).await?),
        None => None,
    };
    Ok(Server { bot, engine, address, sockets, closing, http, _lock: lock })
}

async fn app_token_works(slack: &Slack, token: &SecretString) -> anyhow::Result<()> {
    match slack.open_socket(token).await {
        Err(CallError::Refused { code, .. }) => Err(token_refused(&code)),
        _ => Ok(()),
    }
}

fn token_refused(code: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "Slack refuses SLACK_APP_TOKEN ({code}): it needs the scope connections:write, and Socket Mode switched on in your app"
    )
}

/// Opens Socket Mode. A refusal ends the start, an outage does not.
async fn listen(bot: &Arc<Bot>, token: &SecretString) -> anyhow::Result<Sockets> {
    let sockets = Sockets::connect(bot.clone(), token);
    match sockets.first().await {
        First::Hello => {}
        First::Refused(code) => return Err(token_refused(&code)),
        First::Nothing => tracing::warn!("Socket Mode is not connected yet; it is tried again"),
    }
    Ok(sockets)
}

impl Server {
    /// Takes nothing new, finishes what is under way (ten seconds at most), closes the database.
    pub async fn stop(self) {
        let Self { bot, engine, sockets, closing, http, .. } = self;
        bot.health.stop();
        closing.notify_one();
        let orderly = async {
            if let Some(sockets) = sockets {
                sockets.close().await;
            }
            engine.stop().await;
            let _ = http.await;
        };
        if tokio::time::timeout(GRACE, orderly).await.is_err() {
            tracing::warn!("not everything ended in time; it is looked for at the next start");
        }
        bot.store.close().await;
    }

    /// Ends at once, as a crash would.
    pub async fn crash(self) {
        let Self { engine, sockets, http, .. } = self;
        http.abort();
        if let Some(sockets) = sockets {
            sockets.close().await;
        }
        engine.crash().await;
    }
}

/// Signs in; waits out an outage of Slack, but not a refusal.
async fn sign_in(slack: &mut Slack, token: &SecretString, clock: &Clock) -> anyhow::Result<Identity> {
    let mut wait = 1;
    loop {
        match slack.sign_in(token).await {
            Ok(identity) => return Ok(identity),
            Err(CallError::Refused { code, .. }) => anyhow::bail!(
                "Slack refuses SLACK_BOT_TOKEN ({code}): copy it again from api.slack.com/apps → your app → OAuth & Permissions"
            ),
            Err(error) => {
                tracing::warn!(code = error.code(), wait, "Slack does not answer; trying again");
                clock.wait_until(clock.now() + chrono::Duration::seconds(wait)).await;
                wait = (wait * 2).min(30);
            }
        }
    }
}

/// Checks the scopes, and that the database belongs to this workspace.
async fn workspace(store: &Store, identity: Identity) -> anyhow::Result<Workspace> {
    // A simulated or very old Slack may not tell the scopes; calls will.
    if !identity.scopes.is_empty() {
        let missing = scopes::missing(&identity.scopes);
        anyhow::ensure!(
            missing.is_empty(),
            "the token lacks {}: add {} under OAuth & Permissions of your app, and install it again",
            missing.join(", "),
            if missing.len() == 1 { "it" } else { "them" }
        );
        for (scope, off) in scopes::off(&identity.scopes) {
            tracing::info!(scope, "not granted, so this is off: {off}");
        }
    }
    let granted =
        if identity.scopes.is_empty() { scopes::of_manifest(scopes::MANIFEST).join(",") } else { identity.scopes };
    let workspace = Workspace {
        team_id: identity.team_id,
        name: identity.team,
        url: identity.url,
        bot_user_id: identity.user_id,
        scopes: granted,
    };
    let mut tx = store.begin().await?;
    if let Some(other) = directory::workspaces(&mut tx).await?.into_iter().find(|w| w.team_id != workspace.team_id) {
        anyhow::bail!(
            "this database belongs to the workspace {} ({}), but the token is of {} ({}): set DATABASE_URL to another file, or use the other token",
            other.name,
            other.team_id,
            workspace.name,
            workspace.team_id
        );
    }
    directory::put_workspace(&mut tx, &workspace).await?;
    // What an earlier version did not keep.
    settle::keep_old(&mut tx, &workspace.team_id).await?;
    tx.commit().await?;
    Ok(workspace)
}

/// Names this process, with a random part: machines and containers may share a name, and process numbers come again.
fn process_name() -> String {
    #[cfg(unix)]
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let machine = std::env::var("COMPUTERNAME").unwrap_or_default();
    format!("{machine}/{}/{:x}", std::process::id(), Rng::system().id())
}

/// Runs until `stop` resolves.
pub async fn run(config: &Config, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    // Heard from the first moment: as the first process of a container nothing else would end it while Slack is down.
    let mut stop = std::pin::pin!(stop);
    let server = tokio::select! {
        biased;
        () = &mut stop => {
            tracing::info!("stopped before it was ready");
            return Ok(());
        }
        started = start(config, Clock::system(), Rng::system()) => started?,
    };
    tracing::info!(
        address = %server.address,
        workspaces = ?server.bot.workspaces.values().map(|w| &w.name).collect::<Vec<_>>(),
        mode = if config.app_token.is_some() { "Socket Mode" } else { "HTTP" },
        "ready"
    );
    stop.await;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}
