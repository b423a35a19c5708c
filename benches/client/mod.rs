//! What benchmarks share: people who send forms to a process, and what that process costs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use lookback_clock::Clock;
use lookback_sim::workspace::{Person, Workspace};
use lookback_sim::{BOT_TOKEN, Delivery, SIGNING_SECRET, Sim};

/// `LOOKBACK_PEOPLE` asks fewer, for a quicker look.
pub static PEOPLE: LazyLock<usize> =
    LazyLock::new(|| std::env::var("LOOKBACK_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(200));

/// Where the figures were measured.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("", |l| l.trim_start_matches(['\t', ':', ' ']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {model}; client, simulated Slack and server share them; synchronous=FULL")
}

pub fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

/// The id of one of them; the first eight are the example's.
fn person(n: usize) -> String {
    n.checked_sub(8).map_or_else(|| "U03SAM".to_owned(), |n| format!("U9{n:03}"))
}

/// A simulated Slack with so many people in its channel, and the address at which the bot listens.
pub async fn slack() -> (Sim, String) {
    let mut ws = Workspace::example();
    for n in 0..*PEOPLE - 8 {
        let id = person(n + 8);
        ws.channels[0].members.push(id.clone());
        ws.people.push(Person { name: format!("p{n}"), tz: "UTC".into(), id, ..Person::default() });
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let bot = free();
    let sim = Sim::new(ws, Clock::system(), &origin, Delivery::Http(format!("http://{bot}/slack/events")));
    let routes = sim.slack_routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (sim, bot)
}

/// The retro that was announced first.
pub fn retro(sim: &Sim) -> String {
    sim.read(|w| {
        let all = w.messages.iter().flat_map(|m| &m.blocks).map(ToString::to_string).collect::<String>();
        let (_, id) = all.split_once("\\\"retro\\\":").unwrap();
        id.chars().take_while(char::is_ascii_digit).collect()
    })
}

/// Waits until so many DMs have arrived.
pub async fn dms(sim: &Sim, wanted: usize) {
    while sim.read(|w| w.messages.iter().filter(|m| m.channel.starts_with('D')).count()) < wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A process that takes forms.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, with the settings for this Slack.
pub fn program(folder: &Path, sim: &Sim, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.env_clear().current_dir(folder).arg("serve").env("RUST_LOG", "warn");
    command.env("SLACK_BOT_TOKEN", BOT_TOKEN).env("SLACK_SIGNING_SECRET", SIGNING_SECRET);
    command.env("SLACK_API_URL", format!("{}/api", sim.origin())).env("LISTEN_ADDR", listen);
    command
}

/// A free address on loopback.
pub fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Server {
    /// Starts a process that listens there; returns when a signed command is acknowledged.
    pub async fn start(command: &mut Command, listen: &str) -> Self {
        let child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let server = Self { child, address: listen.parse().unwrap() };
        server.answers().await;
        server
    }

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
    pub fn rss(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        kb.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Seconds of CPU so far.
    pub fn cpu(&self) -> f64 {
        let [user, system, ..] = cpu_of(self.child.id()).unwrap();
        user + system
    }
}

/// Seconds of CPU of a process, then of its children that ended: user, system each; `None` where it ended.
pub fn cpu_of(pid: u32) -> Option<[f64; 4]> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    Some([11, 12, 13, 14].map(|n| fields[n].parse::<f64>().unwrap() / 100.0))
}

/// A body with its signature, made before the clock runs.
pub struct Signed {
    body: Bytes,
    stamp: String,
    signature: String,
}

impl Signed {
    pub fn new(body: String) -> Self {
        let stamp = chrono::Utc::now().timestamp().to_string();
        let mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("v0:{stamp}:")).chain_update(body.as_bytes());
        let signature = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
        Self { body: body.into(), stamp, signature }
    }

    /// Somebody sends the form, with all six answers.
    pub fn submission(n: usize, retro: &str) -> Self {
        let user = person(n % *PEOPLE);
        // No two are alike: SQLite writes nothing where a row stays as it was.
        let field = |text: &str| json!({"value": {"type": "plain_text_input", "value": format!("{text} {n}")}});
        let score = json!({"value": {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": "8"}, "value": "8"}}});
        let payload = json!({"type": "view_submission", "team": {"id": "T0PLAY"}, "user": {"id": user, "team_id": "T0PLAY"},
            "trigger_id": format!("bench.{n}.{:?}", std::thread::current().id()), "view": {"id": "V1", "app_installed_team_id": "T0PLAY",
            "private_metadata": json!({"f": "survey", "retro": retro.parse::<i64>().unwrap()}).to_string(),
            "state": {"values": {"q0": field("The rollback plan gave us calm and the deploy was quick"), "q1": field("The backup took an hour\nThe alerts were loud"),
                "q2": field("Users loved the export"), "q3": field("Rehearse the migration"), "q4": score, "q5": field("Thanks to everybody")}}}});
        Self::new(serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap())
    }
}

/// A connection over which one request goes after another.
pub struct Connection(hyper::client::conn::http1::SendRequest<Full<Bytes>>);

impl Connection {
    pub async fn open(to: SocketAddr) -> std::io::Result<Self> {
        let stream = tokio::net::TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let io = hyper_util::rt::TokioIo::new(stream);
        let (send, driver) = hyper::client::conn::http1::handshake(io).await.map_err(std::io::Error::other)?;
        tokio::spawn(driver);
        Ok(Self(send))
    }

    /// Whether it was acknowledged with 200.
    pub async fn post(&mut self, signed: &Signed) -> bool {
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

/// Forms for a retro, each for the next person.
pub struct Forms {
    next: AtomicUsize,
    retro: String,
}

impl Forms {
    pub fn new(retro: String) -> Self {
        Self { next: AtomicUsize::new(0), retro }
    }

    fn next(&self) -> Signed {
        Signed::submission(self.next.fetch_add(1, Ordering::Relaxed), &self.retro)
    }
}

/// So many at once, each the next as soon as the last was acknowledged, shared out to these servers: acknowledged a
/// second, and µs of CPU of all of them for each.
pub async fn closed(servers: &[Server], parallel: usize, span: Duration, forms: &Forms) -> (f64, f64) {
    let each = (span.as_secs_f64() * 20_000.0) as usize / parallel + 10;
    let mut stock = Vec::new();
    for n in 0..parallel {
        let signed: Vec<Signed> = (0..each).map(|_| forms.next()).collect();
        stock.push((Connection::open(servers[n % servers.len()].address).await.unwrap(), signed));
    }
    let cpu = || servers.iter().map(Server::cpu).sum::<f64>();
    let (begun, before) = (Instant::now(), cpu());
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
    (done as f64 / took, (cpu() - before) * 1e6 / done as f64)
}

/// So many a second, each at its time whatever became of the others: p50 and p99 in ms from when each was due.
pub async fn open(servers: &[Server], rate: usize, forms: &Forms) -> (f64, f64) {
    let count = rate * 5;
    let lanes = 64;
    let begun = Instant::now() + Duration::from_millis(1500);
    let mut stock: Vec<Vec<(Instant, Signed)>> = (0..lanes).map(|_| Vec::new()).collect();
    for n in 0..count {
        let due = begun + Duration::from_secs_f64(n as f64 / rate as f64);
        stock[n % lanes].push((due, forms.next()));
    }
    let mut work = tokio::task::JoinSet::new();
    for (n, lane) in stock.into_iter().enumerate() {
        let mut connection = Connection::open(servers[n % servers.len()].address).await.unwrap();
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
