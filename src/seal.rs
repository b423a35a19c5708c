//! The installation's secret: makes names that tell nothing to whoever reads them, and seals what only the
//! close of a survey may read.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

use crate::keys::{self, Kept, KeyDir};
use lookback_clock::Rng;
use lookback_core::ids::RetroId;
use lookback_core::model::response::SHEET;

/// Holds the key, and those of the surveys that were opened; never shown.
pub struct Seal {
    secret: SecretString,
    /// `None` where the database keeps the keys of surveys, sealed: no file lies beside it.
    keys: Option<KeyDir>,
    opened: Mutex<Opened>,
}

/// The keys of surveys that were opened.
#[derive(Default)]
struct Opened {
    keys: HashMap<String, Arc<SurveyKey>>,
    /// The name of each survey's key.
    names: HashMap<RetroId, String>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// With a key, and where those of surveys lie.
    pub fn new(secret: SecretString, keys: Option<KeyDir>) -> Self {
        Self { secret, keys, opened: Mutex::default() }
    }

    /// With `LOOKBACK_KEY` (`set`), else with the key file; makes one (mode 0600) for a new database (`is_new`).
    pub fn open(set: Option<SecretString>, keys: KeyDir, is_new: bool, rng: &Rng) -> anyhow::Result<Self> {
        if let Some(secret) = set {
            return Ok(Self::new(secret, Some(keys)));
        }
        let path = keys.before().map_or_else(|| keys.installation(), ToOwned::to_owned);
        if path.exists() {
            keys::check_private(&path)?;
            let key = std::fs::read_to_string(&path)
                .with_context(|| format!("the key file {} cannot be read", path.display()))?;
            let key = key.trim();
            anyhow::ensure!(
                key.len() >= 32,
                "the key file {} is empty or cut short: put its copy from your backup back; nothing was changed",
                path.display()
            );
            return Ok(Self::new(key.to_owned().into(), Some(keys)));
        }
        anyhow::ensure!(
            is_new,
            "the key file {} is missing, and the database is sealed with it: put the file back from where you keep its copy, or set LOOKBACK_KEY to what it held; nothing was changed",
            path.display()
        );
        let key = hex::encode(rng.key());
        keys.make().and_then(|()| keys::write_new(&path, format!("{key}\n").as_bytes())).with_context(|| {
            format!("the key file {} cannot be made: set LOOKBACK_KEY_DIR to a folder for keys alone", path.display())
        })?;
        Ok(Self::new(key.into(), Some(keys)))
    }

    /// With the key that a change of keys left beside the other, if it is the one of this mark.
    pub fn next(keys: &KeyDir, mark: &str) -> anyhow::Result<Option<Self>> {
        let Some(file) = keys.installation_next() else { return Ok(None) };
        keys::check_private(&file)?;
        let next = Self::new(std::fs::read_to_string(&file)?.trim().to_owned().into(), Some(keys.clone()));
        Ok(Some(next).filter(|next| next.mark() == mark))
    }

    /// Where the keys lie.
    pub fn keys(&self) -> Option<&KeyDir> {
        self.keys.as_ref()
    }

    /// Destroys the key of a survey: what is sealed with it can never be read again.
    pub fn destroy(&self, name: &str) -> io::Result<()> {
        let mut opened = self.opened();
        opened.keys.remove(name);
        opened.names.retain(|_, of| of != name);
        drop(opened);
        self.keys.as_ref().map_or(Ok(()), |keys| keys.destroy(name))
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the key.
    pub fn is(&self, secret: &str) -> bool {
        Self::new(secret.to_owned().into(), None).mark() == self.mark()
    }

    /// Names the key without telling it: the database remembers which one it belongs to.
    pub fn mark(&self) -> String {
        hex::encode(self.mac("mark/", b"").get(..16).unwrap_or_default())
    }

    /// 128 bits that name `text` to whoever holds the key, and tell nothing to others.
    pub fn tag(&self, text: &str) -> String {
        hex::encode(self.mac("wire/", text.as_bytes()).get(..16).unwrap_or_default())
    }

    /// Names what is done once, for the time in which it may come again. Whoever holds the database alone cannot try
    /// which person and moment a name is of: ids and times of messages are soon guessed.
    pub fn once(&self, what: &str) -> String {
        hex::encode(self.mac("once/", what.as_bytes()))
    }

    /// Each purpose has a key of its own.
    fn mac(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        mac(self.secret.expose_secret().as_bytes(), purpose, text)
    }
}

fn mac(key: &[u8], purpose: &str, text: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(purpose.as_bytes()).chain_update(text).finalize().into_bytes().into())
        .unwrap_or_default()
}

/// The key of one survey; never shown, wiped when it goes.
#[derive(Debug)]
pub struct SurveyKey(SecretBox<[u8; 32]>);

/// A new key of a survey.
#[derive(Debug)]
pub struct NewKey {
    /// The name under which it lies.
    pub name: String,
    /// For the database, where no folder keeps it.
    pub sealed: Option<Vec<u8>>,
    pub key: Arc<SurveyKey>,
}

/// What became of a survey's key.
#[derive(Debug)]
pub enum Found {
    Key(Arc<SurveyKey>),
    /// The survey was closed.
    Destroyed,
    Missing,
}

impl SurveyKey {
    fn read(key: Vec<u8>) -> Option<Self> {
        Some(Self(SecretBox::new(Box::new(key.try_into().ok()?))))
    }

    /// The name under which a person's sheet lies.
    pub fn alias(&self, user: &str) -> Vec<u8> {
        mac(self.0.expose_secret(), "alias/", user.as_bytes()).get(..16).unwrap_or_default().to_vec()
    }

    /// Opens a sealed sheet; `None` for one that was not sealed with this key under this name.
    pub fn open(&self, alias: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        unseal(self.0.expose_secret(), alias, sealed).and_then(unpadded)
    }
}

/// Seals and opens with the installation's key; nonces and new keys come from the dice.
#[derive(Clone, Copy, Debug)]
pub struct Vault<'a> {
    pub seal: &'a Seal,
    pub rng: &'a Rng,
}

/// Bytes of a request that waits.
const JOB: usize = 4096;

impl Vault<'_> {
    /// A new key for a survey.
    pub fn new_key(&self) -> io::Result<NewKey> {
        self.keep(SurveyKey(SecretBox::new(Box::new(self.rng.key()))))
    }

    /// Moves a key that an earlier version kept sealed in the database; `None` for one of another database.
    pub fn adopt(&self, retro: &str, sealed: &[u8]) -> io::Result<Option<NewKey>> {
        let key = unseal(&self.seal.mac("survey/", b""), retro.as_bytes(), sealed).and_then(SurveyKey::read);
        key.map(|key| self.keep(key)).transpose()
    }

    fn keep(&self, key: SurveyKey) -> io::Result<NewKey> {
        let name: String = hex::encode(self.rng.key()).chars().take(16).collect();
        let sealed = self.sealed(&name, &key);
        let sealed = match &self.seal.keys {
            Some(keys) => keys.put(&name, &sealed).map(|()| None)?,
            None => Some(sealed),
        };
        let key = Arc::new(key);
        self.seal.opened().keys.insert(name.clone(), key.clone());
        Ok(NewKey { name, sealed, key })
    }

    /// A survey's key, sealed under its name.
    pub fn sealed(&self, name: &str, key: &SurveyKey) -> Vec<u8> {
        seal(&self.seal.mac("survey/", b""), &self.rng.key(), name.as_bytes(), key.0.expose_secret())
    }

    /// Seals a survey's key, which `before` opens, with this key too. Its file takes the name of the other one later.
    pub fn seal_again(&self, before: &Vault<'_>, name: &str) -> io::Result<()> {
        let (Found::Key(key), Some(keys)) = (before.key_of(name, None)?, &self.seal.keys) else { return Ok(()) };
        keys.put_next(Some(name), &self.sealed(name, &key))
    }

    /// Whether this is a survey's key that this key seals.
    pub fn opens(&self, name: &str, sealed: &[u8]) -> bool {
        unseal(&self.seal.mac("survey/", b""), name.as_bytes(), sealed).is_some()
    }

    /// Remembers the name under which the key of a survey is kept.
    pub fn remember(&self, retro: RetroId, name: &str) {
        self.seal.opened().names.insert(retro, name.to_owned());
    }

    /// The key that last opened a survey, with its name. Only the database knows whether it is still the survey's key.
    pub fn remembered(&self, retro: RetroId) -> Option<(String, Arc<SurveyKey>)> {
        let opened = self.seal.opened();
        let name = opened.names.get(&retro)?;
        Some((name.clone(), opened.keys.get(name)?.clone()))
    }

    /// The key of a survey, by its name; `sealed` is what the database keeps of it.
    pub fn key_of(&self, name: &str, sealed: Option<&[u8]>) -> io::Result<Found> {
        if let Some(key) = self.seal.opened().keys.get(name) {
            return Ok(Found::Key(key.clone()));
        }
        let kept = match (&self.seal.keys, sealed) {
            (Some(keys), _) => keys.get(name)?,
            (None, Some(sealed)) => Kept::Key(sealed.to_owned()),
            (None, None) => Kept::Missing,
        };
        let sealed = match kept {
            Kept::Key(sealed) => sealed,
            Kept::Destroyed => return Ok(Found::Destroyed),
            Kept::Missing => return Ok(Found::Missing),
        };
        let key = unseal(&self.seal.mac("survey/", b""), name.as_bytes(), &sealed).and_then(SurveyKey::read);
        let key = Arc::new(key.ok_or_else(|| {
            let what = self.seal.keys.as_ref().map_or_else(
                || "the key of a survey is damaged: restore the last backup of the database".to_owned(),
                |keys| {
                    let folder = keys.folder().display();
                    format!("a key in {folder} belongs to another database or is damaged: put back the copy of {folder} that belongs to this one")
                },
            );
            io::Error::new(ErrorKind::InvalidData, what)
        })?);
        self.seal.opened().keys.insert(name.to_owned(), key.clone());
        Ok(Found::Key(key))
    }

    /// Seals a request that waits, for its row `id`.
    pub fn seal_job(&self, id: i64, text: Vec<u8>) -> Vec<u8> {
        seal(&self.seal.mac("job/", b""), &self.rng.key(), &id.to_be_bytes(), &padded(text, JOB))
    }

    /// Opens a request that waits; `None` for one that was not sealed with this key for this row.
    pub fn open_job(&self, id: i64, sealed: &[u8]) -> Option<Vec<u8>> {
        unseal(&self.seal.mac("job/", b""), &id.to_be_bytes(), sealed).and_then(unpadded)
    }

    /// Seals the sheet of `alias`: `text`, which ends with no zero byte, made as long as every sheet.
    pub fn seal(&self, key: &SurveyKey, alias: &[u8], text: Vec<u8>) -> Vec<u8> {
        seal(key.0.expose_secret(), &self.rng.key(), alias, &padded(text, SHEET))
    }
}

/// Zeros are added up to this length, so that it tells nothing; what is longer gets four times as many, and so on.
fn padded(mut text: Vec<u8>, mut length: usize) -> Vec<u8> {
    while length < text.len() {
        length *= 4;
    }
    text.resize(length, 0);
    text
}

fn unpadded(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|b| *b != 0)? + 1;
    text.truncate(end);
    Some(text)
}

/// XChaCha20-Poly1305 with a random nonce in front; `name` is bound to it.
fn seal(key: &[u8; 32], random: &[u8; 32], name: &[u8], text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = random.iter().copied().take(NONCE).collect();
    let nonce = XNonce::try_from(out.as_slice()).unwrap_or_default();
    // It fails only above 256 GB.
    out.extend(
        XChaCha20Poly1305::new(key.into()).encrypt(&nonce, Payload { msg: text, aad: name }).unwrap_or_default(),
    );
    out
}

fn unseal(key: &[u8; 32], name: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_at_checked(NONCE)?;
    let nonce = XNonce::try_from(nonce).ok()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&nonce, Payload { msg: text, aad: name }).ok()
}

/// Bytes of a nonce: long enough to be drawn at random.
const NONCE: usize = 24;

/// SHA-256 in hex, for what cannot be guessed or may be known.
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_alone_and_tells_no_length() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyDir::of(&folder.path().join("test.db"), Some(folder.path()));
        let again = || Seal::new("0123456789abcdef0123456789abcdef".to_owned().into(), Some(keys.clone()));
        let (seal, rng, later) = (again(), Rng::seeded(1), again());
        let (vault, later) = (Vault { seal: &seal, rng: &rng }, Vault { seal: &later, rng: &rng });
        let NewKey { name, key, .. } = vault.new_key().unwrap();
        let Found::Key(reopened) = later.key_of(&name, None).unwrap() else { panic!("it is there") };
        let foreign = Seal::new("another key that is as long as it".to_owned().into(), Some(keys.clone()));
        assert!(Vault { seal: &foreign, rng: &rng }.key_of(&name, None).is_err(), "a key of another database");
        assert!(matches!(later.key_of("8", None).unwrap(), Found::Missing));
        let (short, long) = (vault.seal(&key, b"a", b"{}".to_vec()), vault.seal(&key, b"a", vec![b'x'; SHEET]));
        assert_eq!(short.len(), long.len());
        assert_eq!(reopened.open(b"a", &short).unwrap(), b"{}");
        assert!(reopened.open(b"b", &short).is_none(), "another person's");
        assert!(vault.new_key().unwrap().key.open(b"a", &short).is_none(), "another key");
        assert_eq!(key.alias("U1"), reopened.alias("U1"));
        assert_ne!(key.alias("U1"), key.alias("U2"), "another person's");
        assert_ne!(key.alias("U1"), vault.new_key().unwrap().key.alias("U1"), "another survey's");
        seal.destroy(&name).unwrap();
        assert!(matches!(vault.key_of(&name, None).unwrap(), Found::Destroyed));
        assert!(matches!(Vault { seal: &again(), rng: &rng }.key_of(&name, None).unwrap(), Found::Destroyed));
    }
}
