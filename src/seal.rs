//! The installation's secret: makes names that tell nothing to whoever reads them.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::clock::Dice;

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

    /// From the key file beside the database; makes it (mode 0600) at the first start.
    pub fn beside(database: &Path, dice: &Dice) -> anyhow::Result<Self> {
        let path = database.with_extension("key");
        if path.exists() {
            check_private(&path)?;
            let key = std::fs::read_to_string(&path)
                .with_context(|| format!("the key file {} cannot be read", path.display()))?;
            return Ok(Self(key.trim().to_owned().into()));
        }
        let key = hex::encode(dice.key());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file =
            options.open(&path).with_context(|| format!("the key file {} cannot be made", path.display()))?;
        writeln!(file, "{key}")?;
        file.sync_all()?;
        Ok(Self(key.into()))
    }

    /// 128 bits that name `text` to whoever holds the key, and tell nothing to others.
    pub fn tag(&self, text: &str) -> String {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()) else { return String::new() };
        let tag = mac.chain_update(b"wire/").chain_update(text.as_bytes()).finalize().into_bytes();
        hex::encode(tag.get(..16).unwrap_or_default())
    }
}

#[cfg(unix)]
fn check_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    anyhow::ensure!(
        mode & 0o077 == 0,
        "the key file {} can be read by others: run `chmod 600 {}`",
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
