//! In Socket Mode the bot opens a WebSocket. Deliveries and their acknowledgements travel on it.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Sim;

/// The bot's HTTP connection becomes a WebSocket.
pub async fn accept(State(sim): State<Sim>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| hold(sim, socket))
}

async fn hold(sim: Sim, socket: WebSocket) {
    let (mut out, mut incoming) = socket.split();
    let (send, mut queue) = mpsc::channel::<String>(100);
    let open = sim.with(|s| {
        s.sockets.retain(|c| !c.is_closed());
        s.sockets.push(send);
        s.sockets.len()
    });
    let hello = json!({"type": "hello", "num_connections": open, "connection_info": {"app_id": "A0LOOK"},
        "debug_info": {"host": "playground", "approximate_connection_time": 18060}});
    if out.send(Message::Text(hello.to_string().into())).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            frame = queue.recv() => match frame {
                Some(frame) => {
                    if out.send(Message::Text(frame.into())).await.is_err() { return }
                }
                None => return,
            },
            frame = incoming.next() => match frame {
                Some(Ok(Message::Text(text))) => acked(&sim, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn acked(sim: &Sim, text: &str) {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return };
    let Some(id) = frame.get("envelope_id").and_then(Value::as_str) else { return };
    if let Some(tell) = sim.with(|s| s.acks.remove(id)) {
        let _ = tell.send(frame.get("payload").filter(|p| !p.is_null()).cloned());
    }
}
