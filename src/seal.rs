//! The installation's secret: makes names that tell nothing to whoever reads them, and seals what only the
//! close of a survey may read.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

use lookback_clock::Rng;
use lookback_core::model::response::SHEET;

/// Holds the key; never shown.
pub struct Seal(SecretString);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// From `LOOKBACK_KEY`.
    pub fn new(key: SecretString) -> Self {
        Self(key)
    }

    /// From the key file beside the database; makes it (mode 0600) for a new database (`is_new`).
    pub fn beside(database: &Path, is_new: bool, rng: &Rng) -> anyhow::Result<Self> {
        let path = database.with_extension("key");
        if path.exists() {
            check_private(&path)?;
            let key = std::fs::read_to_string(&path)
                .with_context(|| format!("the key file {} cannot be read", path.display()))?;
            let key = key.trim();
            anyhow::ensure!(
                key.len() >= 32,
                "the key file {} is empty or cut short: put its copy from your backup back; nothing was changed",
                path.display()
            );
            return Ok(Self(key.to_owned().into()));
        }
        anyhow::ensure!(
            is_new,
            "the key file {} is missing, but the database {} is sealed with it: put the file back from where you keep its copy, or set LOOKBACK_KEY to what it held; nothing was changed",
            path.display(),
            database.display()
        );
        let key = hex::encode(rng.key());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file =
            options.open(&path).with_context(|| format!("the key file {} cannot be made", path.display()))?;
        writeln!(file, "{key}")?;
        file.sync_all()?;
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            // The name must survive a power cut too.
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(Self(key.into()))
    }

    /// Names the key without telling it: the database remembers which one it belongs to.
    pub fn mark(&self) -> String {
        hex::encode(self.mac("mark/", b"").get(..16).unwrap_or_default())
    }

    /// 128 bits that name `text` to whoever holds the key, and tell nothing to others.
    pub fn tag(&self, text: &str) -> String {
        hex::encode(self.mac("wire/", text.as_bytes()).get(..16).unwrap_or_default())
    }

    /// Each purpose has a key of its own.
    fn mac(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        mac(self.0.expose_secret().as_bytes(), purpose, text)
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

impl SurveyKey {
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
    /// A new survey key, and how it is kept: sealed for `name`.
    pub fn new_key(&self, name: &str) -> (SurveyKey, Vec<u8>) {
        let key = self.rng.key();
        let kept = seal(&self.seal.mac("survey/", b""), &self.rng.key(), name.as_bytes(), &key);
        (SurveyKey(SecretBox::new(Box::new(key))), kept)
    }

    /// Seals a request that waits, for its row `id`.
    pub fn seal_job(&self, id: i64, text: Vec<u8>) -> Vec<u8> {
        seal(&self.seal.mac("job/", b""), &self.rng.key(), &id.to_be_bytes(), &padded(text, JOB))
    }

    /// Opens a request that waits; `None` for one that was not sealed with this key for this row.
    pub fn open_job(&self, id: i64, sealed: &[u8]) -> Option<Vec<u8>> {
        unseal(&self.seal.mac("job/", b""), &id.to_be_bytes(), sealed).and_then(unpadded)
    }

    /// Opens a kept survey key.
    pub fn open_key(&self, name: &str, kept: &[u8]) -> Option<SurveyKey> {
        let key = unseal(&self.seal.mac("survey/", b""), name.as_bytes(), kept)?;
        Some(SurveyKey(SecretBox::new(Box::new(key.try_into().ok()?))))
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

#[cfg(unix)]
fn check_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    anyhow::ensure!(
        mode & 0o077 == 0,
        "the key file {} can be read by others: run `chmod 600 {}`; nothing was changed",
        path.display(),
        path.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// SHA-256 in hex: the semantic key of a delivery.
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_alone_and_tells_no_length() {
        let (seal, rng) = (Seal::new("0123456789abcdef0123456789abcdef".to_owned().into()), Rng::seeded(1));
        let vault = Vault { seal: &seal, rng: &rng };
        let (key, kept) = vault.new_key("7");
        let reopened = vault.open_key("7", &kept).unwrap();
        assert!(vault.open_key("8", &kept).is_none(), "a key of another survey");
        let (short, long) = (vault.seal(&key, b"a", b"{}".to_vec()), vault.seal(&key, b"a", vec![b'x'; SHEET]));
        assert_eq!(short.len(), long.len());
        assert_eq!(reopened.open(b"a", &short).unwrap(), b"{}");
        assert!(reopened.open(b"b", &short).is_none(), "another person's");
        assert!(vault.new_key("7").0.open(b"a", &short).is_none(), "another key");
        assert_eq!(key.alias("U1"), reopened.alias("U1"));
        assert_ne!(key.alias("U1"), key.alias("U2"), "another person's");
        assert_ne!(key.alias("U1"), vault.new_key("8").0.alias("U1"), "another survey's");
    }
}
