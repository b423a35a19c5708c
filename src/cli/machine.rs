//! This machine: the port, the files that have to be written, and the server that runs here.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::check::{Check, Verdict};
use crate::config::{Config, Place};
use crate::keys::KeyDir;
use crate::store;

/// How long a server that listens may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks without leaving anything behind.
pub fn examine(config: &Config) -> Vec<Check> {
    let mut checks = vec![port(config.listen)];
    if let Some(file) = store::sqlite_file(&config.place.database_url) {
        checks.extend(files(&file, &config.place));
    }
    checks
}

fn port(listen: SocketAddr) -> Check {
    match TcpListener::bind(listen) {
        Ok(_) => Check::new("port", Verdict::Ok, &format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_lookback(listen) => {
            Check::new("port", Verdict::Ok, &format!("a Lookback answers at {listen}"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Check::new("port", Verdict::Fail, &format!("another program uses {listen}: set LISTEN_ADDR to a free one"))
        }
        Err(error) => Check::new("port", Verdict::Fail, &format!("{listen} cannot be used ({error}): set LISTEN_ADDR")),
    }
}

fn is_lookback(listen: SocketAddr) -> bool {
    ask(listen, "/healthz").is_ok_and(|said| said.contains(r#""status":"ok""#) && said.contains(r#""version""#))
}

/// Asks the server that listens there.
fn ask(listen: SocketAddr, path: &str) -> std::io::Result<String> {
    // One that listens on every address of the machine is reached by the nearest.
    let to = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), listen.port()),
        IpAddr::V4(_) | IpAddr::V6(_) => listen,
    };
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE * 2))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut said = String::new();
    stream.take(4096).read_to_string(&mut said)?;
    Ok(said)
}

/// Whether the server on this machine is ready; else why not.
pub fn ready(listen: SocketAddr) -> anyhow::Result<()> {
    let said = ask(listen, "/readyz")
        .map_err(|error| anyhow::anyhow!("nothing answers at {listen} ({error}): is the server running?"))?;
    let (head, why) = said.split_once("\r\n\r\n").unwrap_or((said.as_str(), ""));
    anyhow::ensure!(head.split(' ').nth(1) == Some("200"), "not ready: {}", why.trim());
    Ok(())
}

fn files(database: &Path, place: &Place) -> Option<Check> {
    let folder = database.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        // The check of the database says so.
        return None;
    }
    // It has no name, and is gone when it is closed.
    if let Err(error) = tempfile::tempfile_in(folder) {
        let what =
            format!("nothing can be written in {} ({error}): give the bot's user write access", folder.display());
        return Some(Check::new("files", Verdict::Fail, &what));
    }
    if database.exists()
        && let Err(error) = std::fs::OpenOptions::new().append(true).open(database)
    {
        let what = format!("{} cannot be written ({error}): give the bot's user write access", database.display());
        return Some(Check::new("files", Verdict::Fail, &what));
    }
    let keys = KeyDir::of(database, place.key_dir.as_deref());
    if database.exists() && place.key.is_none() && !keys.installation().exists() && keys.before().is_none() {
        let key = keys.installation();
        let what = format!("the key file {} is missing: put its copy back, or set LOOKBACK_KEY", key.display());
        return Some(Check::new("files", Verdict::Fail, &what));
    }
    // Its own folder, or where it will be made; a folder in between is made too.
    let place = keys.folder().ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    if let Err(error) = tempfile::tempfile_in(place) {
        let what = format!(
            "the keys cannot be kept in {} ({error}): give the bot's user write access to {}, or set LOOKBACK_KEY_DIR",
            keys.folder().display(),
            place.display()
        );
        return Some(Check::new("files", Verdict::Fail, &what));
    }
    Some(Check::new("files", Verdict::Ok, &format!("{} can be written", folder.display())))
}
