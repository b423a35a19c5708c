//! The connections that come in: so many at once, and none that is held open without a word.
//!
//! Rule: whoever connects can slow others down, but takes no file from the bot's own work: its database, its calls.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

/// Connections that are held at once; the next ones wait in the queue of the system.
const MOST: usize = 512;

/// How long the head of a request may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(10);

/// The pause after a connection could not be accepted: where there are no files left, the next try would fail at once.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `closing`; then what has begun is answered.
pub async fn serve(listener: TcpListener, routes: Router, closing: Arc<Notify>) {
    let free = Arc::new(Semaphore::new(at_once()));
    let open = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let accept = async {
        loop {
            // Never closed.
            let Ok(place) = free.clone().acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let service = TowerToHyperService::new(routes.clone());
            let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                // Whoever hangs up in the middle is no trouble of ours.
                let _ = connection.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accept => {}
        () = closing.notified() => {}
    }
    open.shutdown().await;
}

/// Half of the files that this process may open, at most [`MOST`].
fn at_once() -> usize {
    #[cfg(unix)]
    if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        return usize::try_from(files / 2).unwrap_or(MOST).clamp(1, MOST);
    }
    MOST
}
