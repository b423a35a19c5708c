//! `lookback playground`: the bot, the simulated workspace and its page, in one process on loopback.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;

use crate::config::{Config, LogFormat, Place, Trackers};
use crate::serve::{self, Server};
use lookback_clock::{Clock, Rng};
use lookback_sim::workspace::Workspace;
use lookback_sim::{APP_TOKEN, BOT_TOKEN, Delivery, SIGNING_SECRET, Sim, page};

/// The visitor's clock starts on a Friday morning, two days after the release went out.
const START: &str = "2026-11-20T09:00:00Z";

/// The database, in the playground's folder.
pub const DATABASE: &str = "data/playground.db";

/// A playground that is up.
#[derive(Debug)]
pub struct Playground {
    pub sim: Sim,
    pub address: SocketAddr,
    pub server: Server,
}

/// Starts everything; `http` makes Slack post to the bot instead of using a WebSocket. The database
/// lives in `folder`.
pub async fn start(listen: SocketAddr, folder: &Path, http: bool) -> anyhow::Result<Playground> {
    let at: DateTime<Utc> = START.parse().context("the playground's first day")?;
    let clock = Clock::running_from(at);
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("{listen} is taken: choose another with --listen"))?;
    let address = listener.local_addr()?;
    let mut ws = Workspace::example();
    for id in ws.people.iter().filter(|p| !p.is_bot && !p.deleted).map(|p| p.id.clone()).collect::<Vec<_>>() {
        ws.dm(&id);
    }
    let sim = Sim::new(ws, clock.clone(), &format!("http://{address}"), Delivery::Socket);
    let router = Router::new().merge(page::local_only(sim.slack_routes())).merge(page::routes(sim.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    // Its keys lie beside its folder, where commands look for them.
    let database = folder.join(DATABASE);
    database.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let config = Config {
        bot_token: BOT_TOKEN.into(),
        app_token: (!http).then(|| APP_TOKEN.into()),
        signing_secret: http.then(|| SIGNING_SECRET.into()),
        api_url: format!("http://{address}/api"),
        place: Place { database_url: format!("sqlite://{}", database.display()), key: None, key_dir: None },
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        retention: None,
        trackers: Trackers::default(),
        log: String::new(),
        log_format: LogFormat::Text,
    };
    let server = serve::start(&config, clock, Rng::system()).await?;
    if http {
        sim.deliver_by(Delivery::Http(format!("http://{}/slack/events", server.address)));
    }
    // The commands that it prints are about people, who are read after the start.
    server.engine.quiet().await;
    Ok(Playground { sim, address, server })
}
