//! The program beside a simulated Slack, for the tests that run it as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use lookback_clock::Clock;
use lookback_sim::workspace::Workspace;
use lookback_sim::{BOT_TOKEN, Delivery, SIGNING_SECRET, Sim};

pub const RELEASES: &str = "C01REL";

/// A free loopback address. Its port is below those that the system gives to outgoing connections; otherwise a connection of
/// another test could take the port before the program listens on it. <https://docs.kernel.org/networking/ip-sysctl.html> (`ip_local_port_range`)
pub fn free() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id() % 400 * 50;
    let next = || 10_000 + (start + NEXT.fetch_add(1, Ordering::SeqCst)) % 20_000;
    let mut addresses = std::iter::repeat_with(|| format!("127.0.0.1:{}", next()));
    addresses.find(|address| std::net::TcpListener::bind(address).is_ok()).unwrap()
}

/// A simulated Slack on the wall clock, and the address at which the bot listens.
pub async fn slack() -> (Sim, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let bot = free();
    let to = Delivery::Http(format!("http://{bot}/slack/events"));
    let sim = Sim::new(Workspace::example(), Clock::system(), &origin, to);
    let routes = sim.slack_routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (sim, bot)
}

/// The program in this folder, without any setting.
pub fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command
        .env_clear()
        .env("LOOKBACK_KEY_DIR", folder.join("keys"))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The program in this folder, with the settings for this Slack over HTTP.
pub fn program(folder: &Path, sim: &Sim, listen: &str, args: &[&str]) -> Command {
    let mut command = bare(folder);
    command.args(args).env("SLACK_BOT_TOKEN", BOT_TOKEN).env("SLACK_SIGNING_SECRET", SIGNING_SECRET);
    command.env("SLACK_API_URL", format!("{}/api", sim.origin())).env("LISTEN_ADDR", listen);
    command
}

/// Runs it to its end; returns its code and what it said. One that does not end within a minute is killed: its code is -1.
pub fn run(command: &mut Command) -> (i32, String) {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    let done = told.recv_timeout(std::time::Duration::from_secs(60)).unwrap_or_else(|_| {
        Command::new("kill").args(["-9", &pid]).status().unwrap();
        told.recv().unwrap()
    });
    let done = done.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    (done.status.code().unwrap_or(-1), said)
}

/// A running server, and a thread that keeps its log.
pub struct Server(pub Child, Option<std::thread::JoinHandle<String>>);

/// A test that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it; returns when it says that it is ready.
    pub async fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = tokio::sync::oneshot::channel();
        let keeper = std::thread::spawn(move || {
            let (mut all, mut tell) = (String::new(), Some(tell));
            for line in log.lines().map_while(Result::ok) {
                if line.contains(" ready ") || line.contains("\"ready\"") {
                    tell.take().map(|tell| tell.send(()));
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let ready = told.await.is_ok();
        assert!(ready, "the server ended before it was ready: {}", keeper.join().unwrap());
        Self(child, Some(keeper))
    }

    /// Stops it in order; returns its log.
    pub fn stop(mut self) -> String {
        assert!(Command::new("kill").arg(self.0.id().to_string()).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
        self.1.take().unwrap().join().unwrap()
    }

    /// Kills it where it stands.
    pub fn kill(self) {
        drop(self);
    }
}
