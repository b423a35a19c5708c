//! The directory of the keys: one file that seals the installation, where `LOOKBACK_KEY` is not set, and one for each open
//! survey. It lies outside the data folder, so that a copy of the data holds no key.
//!
//! A destroyed key leaves an empty file: whoever puts an old database back is told that the survey was closed, and it is
//! not opened again.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// For how long an empty file tells that its key was destroyed.
const REMEMBERED: Duration = Duration::from_secs(90 * 24 * 3600);

/// Where the keys of one database lie. Databases of different file names may share the folder.
#[derive(Clone, Debug)]
pub struct KeyDir {
    folder: PathBuf,
    /// The name of the database file without its ending.
    stem: OsString,
    /// Where earlier versions kept the installation's key.
    before: PathBuf,
}

/// What lies under the name of a survey's key.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Key(Vec<u8>),
    Destroyed,
    Missing,
}

impl KeyDir {
    /// `LOOKBACK_KEY_DIR`, or a sibling of the data folder: `/var/lib/lookback-keys` for `/var/lib/lookback`.
    pub fn of(database: &Path, set: Option<&Path>) -> Self {
        let real = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
        let folder = set.map_or_else(|| sibling(&real), Path::to_owned);
        let stem = real.file_stem().map_or_else(|| "lookback".into(), OsString::from);
        Self { folder, stem, before: database.with_extension("key") }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the installation's key.
    pub fn installation(&self) -> PathBuf {
        self.file("key")
    }

    /// Where an earlier version left it, if it is still there alone.
    pub fn before(&self) -> Option<&Path> {
        (!self.installation().exists() && self.before.exists()).then_some(&*self.before)
    }

    /// Moves it into the folder. A kill in between leaves one whole key at least.
    pub fn move_in(&self) -> io::Result<()> {
        // Where the keys lie in the data folder both names may be one file, which is not to be destroyed.
        if !self.before.exists() || is_same(&self.before, &self.installation()) {
            return Ok(());
        }
        let key = std::fs::read(&self.before)?;
        if !self.installation().exists() {
            self.make()?;
            self.put_next(None, &key)?;
            std::fs::rename(next(&self.installation()), self.installation())?;
            File::open(&self.folder)?.sync_all()?;
            tracing::warn!("the key file is {} now: keep a copy of it there", self.installation().display());
        }
        if std::fs::read(self.installation())? != key {
            return Ok(());
        }
        wipe(OpenOptions::new().write(true).open(&self.before)?)?;
        std::fs::remove_file(&self.before)
    }

    /// Makes the folder, for its owner alone.
    pub fn make(&self) -> io::Result<()> {
        let mut make = std::fs::DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        let is_new = !self.folder.exists();
        make.create(&self.folder)?;
        match self.before.parent().filter(|data| is_new && !data.as_os_str().is_empty()) {
            Some(data) => give_to_owner(&self.folder, data),
            None => Ok(()),
        }
    }

    /// Keeps the sealed key of a survey under a new name. It is on the disk when this returns.
    pub fn put(&self, name: &str, sealed: &[u8]) -> io::Result<()> {
        self.make()?;
        write_new(&self.survey(name), sealed)
    }

    /// Reads the sealed key of a survey. One that others can read is an error.
    pub fn get(&self, name: &str) -> io::Result<Kept> {
        let file = self.survey(name);
        match std::fs::read(&file) {
            // Zeros: a power cut came before it was made empty.
            Ok(sealed) if sealed.iter().all(|byte| *byte == 0) => Ok(Kept::Destroyed),
            Ok(sealed) => {
                check_private(&file)?;
                Ok(Kept::Key(sealed))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kept::Missing),
            Err(error) => Err(io::Error::new(error.kind(), format!("{} cannot be read: {error}", file.display()))),
        }
    }

    /// Keeps a file that will take the place of another: of a survey's key, or of the installation's. One that an earlier
    /// try left is replaced.
    pub fn put_next(&self, name: Option<&str>, sealed: &[u8]) -> io::Result<()> {
        let next = next(&name.map_or_else(|| self.installation(), |name| self.survey(name)));
        match std::fs::remove_file(&next) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => write_new(&next, sealed),
        }
    }

    /// The file that will take the place of the installation's key, if there is one.
    pub fn installation_next(&self) -> Option<PathBuf> {
        Some(next(&self.installation())).filter(|file| file.exists())
    }

    /// Whether a change of keys was cut short: files wait to take the place of others.
    pub fn is_changing(&self) -> bool {
        let files = self.files().map(|name| self.survey(&name)).chain([self.installation()]);
        files.map(|file| next(&file)).any(|file| file.exists())
    }

    /// The names of those files, as a shell finds them.
    pub fn changing(&self) -> PathBuf {
        self.file("*.next")
    }

    /// Whether the folder lies in that of the database.
    pub fn is_inside(&self, database: &Path) -> bool {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        real(database).parent().is_some_and(|data| real(&self.folder).starts_with(data))
    }

    /// Gives files their names that wait to take the place of others, where `fits` says so of their content; removes the
    /// rest. `None` names the installation's key.
    pub fn settle(&self, fits: impl Fn(Option<&str>, &[u8]) -> bool) -> io::Result<()> {
        let surveys: Vec<String> = self.files().collect();
        for name in surveys.iter().map(|name| Some(name.as_str())).chain([None]) {
            let file = name.map_or_else(|| self.installation(), |name| self.survey(name));
            let next = next(&file);
            match std::fs::read(&next) {
                Ok(content) if fits(name, &content) => replace(&file, &next)?,
                Ok(_) => std::fs::remove_file(&next)?,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
        }
        if self.folder.exists() { File::open(&self.folder)?.sync_all() } else { Ok(()) }
    }

    /// Overwrites the key of a survey, and leaves its file empty. It may be destroyed already.
    pub fn destroy(&self, name: &str) -> io::Result<()> {
        match OpenOptions::new().write(true).open(self.survey(name)) {
            Ok(file) => wipe(file),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a key that no survey has: nothing tells that there was one.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.destroy(name)?;
        std::fs::remove_file(self.survey(name))
    }

    /// The names of the keys that can still open something.
    pub fn names(&self) -> Vec<String> {
        let is_key = |name: &String| std::fs::metadata(self.survey(name)).is_ok_and(|file| file.len() > 0);
        self.files().filter(is_key).collect()
    }

    fn files(&self) -> impl Iterator<Item = String> {
        let (start, end) = (format!("{}.survey-", self.stem.to_string_lossy()), ".key");
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        let files = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
        files.filter_map(move |file| Some(file.strip_prefix(&start)?.strip_suffix(end)?.to_owned()))
    }

    /// Removes empty files once no database that somebody puts back knows of them.
    pub fn forget(&self, now: SystemTime) {
        for name in self.files() {
            let file = self.survey(&name);
            let old = std::fs::metadata(&file).is_ok_and(|file| {
                let age = file.modified().ok().and_then(|at| now.duration_since(at).ok());
                file.len() == 0 && age.is_some_and(|age| age > REMEMBERED)
            });
            if old {
                // It is tried again.
                let _ = std::fs::remove_file(file);
            }
        }
    }

    fn survey(&self, name: &str) -> PathBuf {
        self.file(&format!("survey-{name}.key"))
    }

    fn file(&self, ending: &str) -> PathBuf {
        let mut name = self.stem.clone();
        name.push(".");
        name.push(ending);
        self.folder.join(name)
    }
}

/// Whether two names are of one file: by a link, or by a folder that has two names.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    #[cfg(unix)]
    let node = |path: &Path| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
    };
    #[cfg(not(unix))]
    let node = |path: &Path| real(path);
    other.exists() && (real(one) == real(other) || node(one) == node(other))
}

/// Overwrites what a file holds, and leaves it empty.
pub fn wipe(mut file: File) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    file.set_len(0)?;
    file.sync_all()
}

/// Puts `next` in the place of `file`, and overwrites what that held once it has no name any more.
fn replace(file: &Path, next: &Path) -> io::Result<()> {
    let old = OpenOptions::new().write(true).open(file);
    std::fs::rename(next, file)?;
    match old {
        Ok(old) => wipe(old),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn next(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

fn sibling(database: &Path) -> PathBuf {
    let data = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let data = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    match (data.parent(), data.file_name()) {
        (Some(above), Some(name)) => {
            let mut name = name.to_owned();
            name.push("-keys");
            above.join(name)
        }
        _ => data.join("lookback-keys"),
    }
}

/// Gives a new file to whoever owns `like`, where root runs a command beside a server that is not root's.
#[cfg(unix)]
pub fn give_to_owner(file: &Path, like: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = std::fs::metadata(like)?;
    std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid()))
}

#[cfg(not(unix))]
pub fn give_to_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file that only its owner can read, who owns the folder; it survives a power cut once this returns.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    give_to_owner(path, folder)?;
    File::open(folder)?.sync_all()
}

/// A key that others can read is none.
#[cfg(unix)]
pub fn check_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if std::fs::metadata(path)?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(io::Error::other(format!(
        "the key file {path} can be read by others: run `chmod 600 {path}`; nothing was changed"
    )))
}

#[cfg(not(unix))]
pub fn check_private(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destroyed_key_is_told_from_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let keys = KeyDir::of(&data.join("lookback.db"), None);
        assert_eq!(keys.folder(), std::fs::canonicalize(folder.path()).unwrap().join("data-keys"));
        keys.put("a", b"sealed").unwrap();
        assert!(keys.put("a", b"again").is_err(), "a name is used once");
        assert_eq!((keys.get("a").unwrap(), keys.get("b").unwrap()), (Kept::Key(b"sealed".to_vec()), Kept::Missing));
        for _ in 0..2 {
            keys.destroy("a").unwrap();
            assert_eq!(keys.get("a").unwrap(), Kept::Destroyed);
        }
        keys.destroy("b").unwrap();
        let now = std::fs::metadata(keys.survey("a")).unwrap().modified().unwrap();
        keys.forget(now);
        assert_eq!((keys.names().len(), keys.get("a").unwrap()), (0, Kept::Destroyed));
        keys.forget(now + REMEMBERED + Duration::from_secs(60));
        assert_eq!(keys.get("a").unwrap(), Kept::Missing);
        let other = KeyDir::of(&data.join("other.db"), Some(keys.folder()));
        keys.put("c", b"sealed").unwrap();
        assert_eq!(keys.names(), ["c"]);
        assert!(other.names().is_empty(), "another database's");
        keys.remove("c").unwrap();
        assert_eq!(keys.get("c").unwrap(), Kept::Missing);
    }

    #[test]
    fn a_key_that_another_takes_the_place_of_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyDir::of(&folder.path().join("lookback.db"), Some(&folder.path().join("keys")));
        keys.put("a", b"sealed").unwrap();
        let old = File::open(keys.survey("a")).unwrap();
        keys.put_next(Some("a"), b"again").unwrap();
        assert!(keys.is_changing());
        keys.settle(|name, content| name == Some("a") && content == b"again").unwrap();
        assert_eq!((keys.get("a").unwrap(), keys.is_changing()), (Kept::Key(b"again".to_vec()), false));
        assert_eq!(old.metadata().unwrap().len(), 0, "the old one can still be read from the disk");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_in_the_data_folder_is_not_moved_onto_itself() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&data, folder.path().join("linked")).unwrap();
        let database = data.join("lookback.db");
        for place in [data.clone(), data.join("."), folder.path().join("linked")] {
            std::fs::write(data.join("lookback.key"), "the only key").unwrap();
            let keys = KeyDir::of(&database, Some(&place));
            assert_eq!(keys.before(), None);
            keys.move_in().unwrap();
            assert_eq!(std::fs::read_to_string(keys.installation()).unwrap(), "the only key", "{}", place.display());
        }
        // A hard link, too, is one file.
        let keys = KeyDir::of(&database, Some(&folder.path().join("keys")));
        keys.make().unwrap();
        std::fs::hard_link(data.join("lookback.key"), keys.installation()).unwrap();
        keys.move_in().unwrap();
        assert_eq!(std::fs::read_to_string(keys.installation()).unwrap(), "the only key");
    }
}
