//! `lookback playground`: the bot, the simulated workspace and its page, in one process on loopback.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::net::TcpListener;

use crate::config::trackers::{GitHub, GitHubAuth, Hooks, Jira, Linear};
use crate::config::{Config, LogFormat, Place, Trackers};
use crate::serve::{self, Server};
use lookback_clock::{Clock, Rng};
use lookback_sim::trackers;
use lookback_sim::workspace::Workspace;
use lookback_sim::{APP_TOKEN, BOT_TOKEN, Delivery, SIGNING_SECRET, Sim, page};

/// The visitor's clock starts on a Friday morning, two days after the release went out.
const START: &str = "2026-11-20T09:00:00Z";

/// The database, in the playground's folder.
pub const DATABASE: &str = "data/playground.db";

/// The release channel files its tickets there, and the retrospective goes into this file.
const TICKETS: [(&str, &str); 3] =
    [("tickets", "jira"), ("tickets_to", "OPS"), ("plan", "acme/shop:docs/plans/{version}.md")];

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
    let there = trackers::Trackers::new(&clock, &Rng::system(), &format!("http://{address}"));
    let apis = page::local_only(sim.slack_routes().merge(there.routes()));
    let router = Router::new().merge(apis).merge(page::routes(sim.clone(), there.clone()));
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
        trackers: settings(address),
        log: String::new(),
        log_format: LogFormat::Text,
    };
    let server = serve::start(&config, clock, Rng::system()).await?;
    if http {
        sim.deliver_by(Delivery::Http(format!("http://{}/slack/events", server.address)));
    }
    there.deliver_to(&format!("http://{}", server.address));
    // The commands that it prints are about people, who are read after the start.
    server.engine.quiet().await;
    if !sim.choose_tickets(&TICKETS.map(|(field, value)| (field, json!(value)))).await {
        tracing::warn!("the release channel has no tracker yet: choose one with /retro config");
    }
    server.engine.quiet().await;
    // What only one person sees is gone when Slack is opened anew: the newcomer finds an empty channel.
    sim.arrange(|ws| ws.messages.retain(|message| message.visible_to.is_none()));
    Ok(Playground { sim, address, server })
}

/// The settings of the trackers that listen at this address.
fn settings(address: SocketAddr) -> Trackers {
    Trackers {
        jira: Some(Jira {
            base: format!("http://{address}/jira"),
            email: trackers::jira::EMAIL.to_owned(),
            token: trackers::jira::TOKEN.into(),
        }),
        linear: Some(Linear { url: format!("http://{address}/linear/graphql"), key: trackers::linear::KEY.into() }),
        github: Some(GitHub {
            base: format!("http://{address}/github"),
            auth: GitHubAuth::Token(trackers::github::TOKEN.into()),
        }),
        hooks: Hooks {
            jira: Some(trackers::jira::SECRET.into()),
            linear: Some(trackers::linear::SECRET.into()),
            github: Some(trackers::github::SECRET.into()),
        },
        ..Trackers::default()
    }
}
