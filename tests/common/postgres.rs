//! A PostgreSQL for tests: started when the first test asks for one, gone with the process.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server.
pub struct Server {
    pub folder: tempfile::TempDir,
    /// Stops the server when its pipe ends: with this process, however that ends.
    _watch: std::process::Child,
}

/// The server of this process; `None`, with a printed line, where PostgreSQL is not installed.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| bin().map(|bin| Server::start(&bin, folder(&memory()), &["fsync=off"]))).as_ref()
}

/// Where its programs are.
pub fn bin() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map_or_else(|_| Vec::new(), |versions| versions.filter_map(|v| Some(v.ok()?.path().join("bin"))).collect());
    // The newest version first.
    found.sort();
    found.reverse();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let found = found.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is missing: install postgresql");
        println!("skipped: PostgreSQL is not installed (Debian: apt-get install postgresql)");
    }
    found
}

/// A program of PostgreSQL, which refuses to run as root.
pub fn program(bin: &Path, name: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return Command::new(bin.join(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(bin.join(name));
    command
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) {
    let done = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Where a server is quickest: in memory, if there is room for files.
pub fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// A folder in this place that belongs to whoever runs the server.
pub fn folder(place: &Path) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("lookback-pg").tempdir_in(place).unwrap();
    if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    folder
}

impl Server {
    /// Makes a cluster in `folder` and starts it.
    pub fn start(bin: &Path, folder: tempfile::TempDir, settings: &[&str]) -> Self {
        let data = folder.path().join("data");
        run(program(bin, "initdb").arg("-D").arg(&data).args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]));
        Self::go_on(bin, folder, settings)
    }

    /// Starts the cluster in `folder`.
    pub fn go_on(bin: &Path, folder: tempfile::TempDir, settings: &[&str]) -> Self {
        let mut settings: Vec<String> = settings.iter().map(|s| format!("-c {s}")).collect();
        settings.push("-c listen_addresses= -c max_connections=300".to_owned());
        let options = format!("-k {} {}", folder.path().display(), settings.join(" "));
        let (data, log) = (folder.path().join("data"), folder.path().join("log"));
        run(program(bin, "pg_ctl")
            .arg("-D")
            .arg(&data)
            .arg("-l")
            .arg(&log)
            .arg("-o")
            .arg(options)
            .args(["-w", "-t", "60", "start"]));
        let mut stop = program(bin, "pg_ctl");
        stop.arg("-D").arg(&data).args(["-m", "immediate", "stop"]);
        let stop = std::iter::once(stop.get_program()).chain(stop.get_args());
        let stop: Vec<_> = stop.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let script = format!(
            "trap '' INT TERM; cat >/dev/null; {} >/dev/null 2>&1; rm -rf '{}'",
            stop.join(" "),
            folder.path().display()
        );
        let watch = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
        Self { folder, _watch: watch }
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        let host: String = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// A new database, made after another (`template0` is empty); returns its address.
    pub fn database(&self, template: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        self.sql("postgres", &format!("create database {name} template {template}"));
        self.url(&name)
    }

    /// Runs statements; returns their rows, one a line, columns parted by `|`.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(self.folder.path()).arg(database);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        psql.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        let done = psql.wait_with_output().unwrap();
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}
