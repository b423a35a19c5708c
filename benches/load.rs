//! `cargo bench --bench load`: the real program over HTTP against the simulated Slack, and a bare server
//! beside it (signature checked, one durable commit, nothing else) in the same run.
//!
//! Rates are what one machine does with the client on the same cores; compare rows of one run.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and measures the wall clock"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use lookback::store::inbox;
use lookback_clock::Clock;
use lookback_sim::workspace::{Person, Workspace};
use lookback_sim::{BOT_TOKEN, Delivery, SIGNING_SECRET, Sim};

/// `LOOKBACK_PEOPLE` asks fewer, for a quicker look.
static PEOPLE: LazyLock<usize> =
    LazyLock::new(|| std::env::var("LOOKBACK_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(200));
/// How long each closed loop runs.
const SPAN: Duration = Duration::from_secs(4);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|a| a == "--bare") {
        return bare(&args[2], &args[3]).await;
    }
    if args.iter().any(|a| a == "--test") {
        return;
    }
    println!("{}", machine());
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let mut rows: Vec<(String, String, String)> = Vec::new();

    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let fresh = tempfile::tempdir().unwrap();
        first.push(first_answer(fresh.path(), &sim, &listen).await);
        again.push(first_answer(fresh.path(), &sim, &listen).await);
    }
    for (what, mut starts) in [("an empty folder", first), ("a database", again)] {
        starts.sort();
        let what = format!("start with {what} to first acknowledged command, ms");
        rows.push((what, format!("{:.0}", ms(starts[4])), "-".into()));
    }

    let bot = Server::start(folder.path(), &sim, &listen).await;
    let idle = bot.rss();
    let begun = Instant::now();
    sim.say("U01MARIA", "C01REL", None, "/retro start v1 everyone").await;
    let mut dms = 0;
    while dms < *PEOPLE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        dms = sim.read(|w| w.messages.iter().filter(|m| m.channel.starts_with('D')).count());
    }
    let took = begun.elapsed();
    // Four a second is the pace, after the first; the kickoff goes before them.
    let best = Duration::from_millis(250) * u32::try_from(*PEOPLE).unwrap();
    rows.push((
        format!("{} survey DMs, s (best possible {:.1})", *PEOPLE, best.as_secs_f64()),
        format!("{:.1} ({:.2}×)", took.as_secs_f64(), took.as_secs_f64() / best.as_secs_f64()),
        "-".into(),
    ));
    let retro = sim.read(|w| {
        let all = w.messages.iter().flat_map(|m| &m.blocks).map(ToString::to_string).collect::<String>();
        let (_, id) = all.split_once("\\\"retro\\\":").unwrap();
        id.chars().take_while(char::is_ascii_digit).collect::<String>()
    });
    let other = tempfile::tempdir().unwrap();
    let plain = Server::bare(other.path()).await;
    let next = Arc::new(AtomicUsize::new(0));
    // Everybody answers once, so that what follows is the steady state.
    closed(&bot, 8, Duration::from_secs(1), &next, &retro).await;
    for parallel in [1, 8, 32] {
        let (ours, cpu) = closed(&bot, parallel, SPAN, &next, &retro).await;
        let (theirs, cpu_bare) = closed(&plain, parallel, SPAN, &next, &retro).await;
        rows.push((
            format!("acknowledged submissions a second, {parallel} in parallel"),
            format!("{ours:.0}"),
            format!("{theirs:.0}"),
        ));
        if parallel == 32 {
            rows.push(("CPU for each, µs".into(), format!("{cpu:.0}"), format!("{cpu_bare:.0}")));
        }
    }
    let mut peak = bot.rss();
    for rate in [200, 1000] {
        let ours = open(&bot, rate, &next, &retro).await;
        let theirs = open(&plain, rate, &next, &retro).await;
        peak = peak.max(bot.rss());
        let show = |(a, b): (f64, f64)| format!("{a:.1} / {b:.1}");
        rows.push((
            format!("acknowledgement at {rate} a second from when it was due, p50 / p99 ms"),
            show(ours),
            show(theirs),
        ));
    }
    rows.push(("resident memory idle, MB".into(), format!("{idle:.1}"), "-".into()));
    rows.push(("resident memory under load, MB".into(), format!("{peak:.1}"), format!("{:.1}", plain.rss())));
    println!("\n| | lookback | bare server |\n|---|---|---|");
    for (what, ours, theirs) in rows {
        println!("| {what} | {ours} | {theirs} |");
    }
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("", |l| l.trim_start_matches(['\t', ':', ' ']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {model}; client, simulated Slack and server share them; synchronous=FULL")
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

async fn slack() -> (Sim, String) {
    let mut ws = Workspace::example();
    for n in 0..*PEOPLE - 8 {
        let id = format!("U9{n:03}");
        ws.channels[0].members.push(id.clone());
        ws.people.push(Person { name: format!("p{n}"), tz: "UTC".into(), id, ..Person::default() });
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let bot = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let sim = Sim::new(ws, Clock::system(), &origin, Delivery::Http(format!("http://{bot}/slack/events")));
    let routes = sim.slack_routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (sim, bot)
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn spawn(folder: &Path, sim: &Sim, listen: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_lookback"))
            .env_clear()
            .current_dir(folder)
            .arg("serve")
            .env("SLACK_BOT_TOKEN", BOT_TOKEN)
            .env("SLACK_SIGNING_SECRET", SIGNING_SECRET)
            .env("SLACK_API_URL", format!("{}/api", sim.origin()))
            .env("LISTEN_ADDR", listen)
            .env("RUST_LOG", "warn")
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self { child, address: listen.parse().unwrap() }
    }

    async fn start(folder: &Path, sim: &Sim, listen: &str) -> Self {
        let server = Self::spawn(folder, sim, listen);
        server.answers().await;
        server
    }

    /// This program again, as the bare server.
    async fn bare(folder: &Path) -> Self {
        let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = folder.join("bare.db").display().to_string();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--bare", &listen.to_string(), &file])
            .spawn()
            .unwrap();
        let server = Self { child, address: listen };
        server.answers().await;
        server
    }

    /// Waits until a signed command is acknowledged.
    async fn answers(&self) {
        let help = "command=%2Fretro&text=help&team_id=T0PLAY&user_id=U01MARIA&channel_id=C01REL&channel_name=releases&response_url=&trigger_id=";
        loop {
            if let Ok(mut connection) = Connection::open(self.address).await {
                let trigger = format!("{help}{:?}", Instant::now()).replace([' ', '{', '}'], "");
                if connection.post(&Signed::new(trigger)).await {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Resident memory in MB.
    fn rss(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        kb.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Seconds of CPU so far.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }
}

async fn first_answer(folder: &Path, sim: &Sim, listen: &str) -> Duration {
    let begun = Instant::now();
    let server = Server::spawn(folder, sim, listen);
    server.answers().await;
    begun.elapsed()
}

/// A body with its signature, made before the clock runs.
struct Signed {
    body: Bytes,
    stamp: String,
    signature: String,
}

impl Signed {
    fn new(body: String) -> Self {
        let stamp = chrono::Utc::now().timestamp().to_string();
        let mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("v0:{stamp}:")).chain_update(body.as_bytes());
        let signature = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
        Self { body: body.into(), stamp, signature }
    }

    /// Somebody sends the form, with all six answers.
    fn submission(n: usize, retro: &str) -> Self {
        let user = if n % *PEOPLE < 8 { "U03SAM".to_owned() } else { format!("U9{:03}", n % *PEOPLE - 8) };
        let field = |text: &str| json!({"value": {"type": "plain_text_input", "value": text}});
        let score = json!({"value": {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": "8"}, "value": "8"}}});
        let payload = json!({"type": "view_submission", "team": {"id": "T0PLAY"}, "user": {"id": user, "team_id": "T0PLAY"},
            "trigger_id": format!("bench.{n}.{:?}", std::thread::current().id()), "view": {"id": "V1", "app_installed_team_id": "T0PLAY",
            "private_metadata": json!({"f": "survey", "retro": retro.parse::<i64>().unwrap()}).to_string(),
            "state": {"values": {"q0": field("The rollback plan gave us calm and the deploy was quick"), "q1": field("The backup took an hour\nThe alerts were loud"),
                "q2": field("Users loved the export"), "q3": field("Rehearse the migration"), "q4": score, "q5": field("Thanks to everybody")}}}});
        Self::new(serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap())
    }
}

struct Connection(hyper::client::conn::http1::SendRequest<Full<Bytes>>);

impl Connection {
    async fn open(to: SocketAddr) -> std::io::Result<Self> {
        let stream = tokio::net::TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let io = hyper_util::rt::TokioIo::new(stream);
        let (send, driver) = hyper::client::conn::http1::handshake(io).await.map_err(std::io::Error::other)?;
        tokio::spawn(driver);
        Ok(Self(send))
    }

    /// Whether it was acknowledged with 200.
    async fn post(&mut self, signed: &Signed) -> bool {
        let request = hyper::Request::post("/slack/events")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", &signed.stamp)
            .header("x-slack-signature", &signed.signature)
            .body(Full::new(signed.body.clone()))
            .unwrap();
        let Ok(answer) = self.0.send_request(request).await else { return false };
        let ok = answer.status() == 200;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        ok && !body.windows(6).any(|w| w == b"errors" || w == b"\"push\"")
    }
}

/// So many at once, each the next as soon as the last was acknowledged: acknowledged a second, and µs of CPU
/// for each.
async fn closed(server: &Server, parallel: usize, span: Duration, next: &Arc<AtomicUsize>, retro: &str) -> (f64, f64) {
    let each = (span.as_secs_f64() * 20_000.0) as usize / parallel + 10;
    let mut stock = Vec::new();
    for _ in 0..parallel {
        let signed: Vec<Signed> =
            (0..each).map(|_| Signed::submission(next.fetch_add(1, Ordering::Relaxed), retro)).collect();
        stock.push((Connection::open(server.address).await.unwrap(), signed));
    }
    let (begun, cpu) = (Instant::now(), server.cpu());
    let mut work = tokio::task::JoinSet::new();
    for (mut connection, signed) in stock {
        work.spawn(async move {
            let mut done = 0usize;
            for one in &signed {
                if begun.elapsed() >= span {
                    break;
                }
                assert!(connection.post(one).await, "a submission was refused");
                done += 1;
            }
            done
        });
    }
    let done: usize = work.join_all().await.into_iter().sum();
    let took = begun.elapsed().as_secs_f64();
    (done as f64 / took, (server.cpu() - cpu) * 1e6 / done as f64)
}

/// So many a second, each at its time whatever became of the others: p50 and p99 in ms from when each was due.
async fn open(server: &Server, rate: usize, next: &Arc<AtomicUsize>, retro: &str) -> (f64, f64) {
    let count = rate * 5;
    let lanes = 64;
    let begun = Instant::now() + Duration::from_millis(1500);
    let mut stock: Vec<Vec<(Instant, Signed)>> = (0..lanes).map(|_| Vec::new()).collect();
    for n in 0..count {
        let due = begun + Duration::from_secs_f64(n as f64 / rate as f64);
        stock[n % lanes].push((due, Signed::submission(next.fetch_add(1, Ordering::Relaxed), retro)));
    }
    let mut work = tokio::task::JoinSet::new();
    for lane in stock {
        let mut connection = Connection::open(server.address).await.unwrap();
        work.spawn(async move {
            let mut took = Vec::new();
            for (due, signed) in lane {
                tokio::time::sleep_until(due.into()).await;
                assert!(connection.post(&signed).await, "a submission was refused");
                took.push(due.elapsed());
            }
            took
        });
    }
    let mut took: Vec<Duration> = work.join_all().await.into_iter().flatten().collect();
    took.sort();
    (ms(took[took.len() / 2]), ms(took[took.len() * 99 / 100]))
}

/// Signature checked, one durable row, nothing else; handlers share commits as the program's do.
async fn bare(listen: &str, file: &str) {
    let store = lookback::store::Store::open(&format!("sqlite://{file}")).await.unwrap();
    let handle = move |headers: HeaderMap, body: Bytes| {
        let store = store.clone();
        async move {
            let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            let mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
            let mac = mac.chain_update(format!("v0:{}:", text("x-slack-request-timestamp"))).chain_update(&body);
            let signature = hex::decode(text("x-slack-signature").trim_start_matches("v0=")).unwrap_or_default();
            if mac.verify_slice(&signature).is_err() {
                return axum::http::StatusCode::UNAUTHORIZED;
            }
            let key = lookback::seal::digest(&String::from_utf8_lossy(&body));
            let mut tx = store.begin().await.unwrap();
            let team = "T1".into();
            assert!(inbox::before(&mut tx, &team, &key).await.unwrap().is_none(), "each comes once");
            inbox::take(&mut tx, &team, &key, 0).await.unwrap();
            tx.commit().await.unwrap();
            axum::http::StatusCode::OK
        }
    };
    let routes = axum::Router::new().route("/slack/events", axum::routing::post(handle));
    let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
    axum::serve(listener, routes).await.unwrap();
}
