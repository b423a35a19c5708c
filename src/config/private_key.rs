//! The private key of a GitHub App: PEM text, or the path of a file that holds it.

use std::io::Read as _;

use ring::signature::RsaKeyPair;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::SecretString;

/// The largest file that is read, in bytes: no key comes near it.
const LARGEST: u64 = 64 * 1024;

/// Reads the key; what comes back is PEM text. The error says what is wrong and repeats nothing of what was given.
pub fn read(given: &str) -> Result<SecretString, String> {
    // A variable cannot always hold a line break, so people write \n.
    let is_text = given.contains("-----BEGIN") || given.contains('\n');
    let text = if is_text { given.replace("\\n", "\n") } else { content(given)? };
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    fault_of(&text).map_or(Ok(text.into()), |wrong| Err(wrong.to_owned()))
}

fn content(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map_err(|error| format!("is neither PEM text nor the path of a file that can be read: {error}"))?;
    // Bytes that are no text are no PEM either.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// What is wrong with the key. GitHub takes RS256 only.
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
fn fault_of(text: &str) -> Option<&'static str> {
    if text.contains("ENCRYPTED") {
        return Some("is encrypted with a password: take it off with `openssl pkey -in KEY -out NEW`");
    }
    let Ok(key) = PrivateKeyDer::from_pem_slice(text.as_bytes()) else {
        return Some(
            "is not a PEM private key: use the .pem file as GitHub made it, from its -----BEGIN line to its -----END line",
        );
    };
    let is_rsa = match &key {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).is_ok(),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).is_ok(),
        // Keys of curves, and what later versions may add.
        PrivateKeyDer::Sec1(_) | _ => false,
    };
    (!is_rsa).then_some("is not an RSA key of 2048 bits or more: use the .pem file as GitHub made it")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::ExposeSecret as _;

    use super::*;

    /// Made for this test; nothing else uses it.
    const PKCS8: &str = include_str!("test-app.pem");

    /// The same key as GitHub writes it: without the 26 bytes that PKCS#8 puts before an RSA key of 2048 bits.
    fn pkcs1() -> String {
        let body: String = PKCS8.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", STANDARD.encode(&der[26..]))
    }

    #[test]
    fn a_key_is_text_or_a_file() {
        for pem in [PKCS8.to_owned(), pkcs1()] {
            let read_as = |given: &str| read(given).unwrap().expose_secret().trim().to_owned();
            assert_eq!(read_as(&pem), pem.trim());
            assert_eq!(read_as(pem.trim()), pem.trim());
            assert_eq!(read_as(&pem.replace('\n', "\\n")), pem.trim(), "written with \\n");
            assert_eq!(read_as(&pem.replace('\n', "\r\n    ")), pem.trim(), "of a file of another system, moved in");
            let path = std::env::temp_dir().join(format!("lookback-key-{}-{}.pem", std::process::id(), pem.len()));
            std::fs::write(&path, &pem).unwrap();
            assert_eq!(read_as(path.to_str().unwrap()), pem.trim());
            std::fs::write(&path, [0xff, 0xfe, 0x30]).unwrap();
            let fault = read(path.to_str().unwrap()).unwrap_err();
            std::fs::remove_file(&path).unwrap();
            assert!(fault.starts_with("is not a PEM private key"), "{fault}");
        }
    }

    #[test]
    fn what_is_no_key_is_told_apart_and_not_repeated() {
        let marked = |kind: &str| format!("-----BEGIN {kind}-----\nY2FuYXJ5\n-----END {kind}-----");
        let traditional = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----";
        let cut = PKCS8.lines().take(9).collect::<Vec<_>>().join("\n");
        let folder = std::env::temp_dir();
        for (wrong, told) in [
            (marked("ENCRYPTED PRIVATE KEY").as_str(), "is encrypted with a password"),
            (traditional, "is encrypted with a password"),
            (&marked("PUBLIC KEY"), "is not a PEM private key"),
            (&marked("CERTIFICATE"), "is not a PEM private key"),
            (&marked("OPENSSH PRIVATE KEY"), "is not a PEM private key"),
            (&cut, "is not a PEM private key"),
            (&PKCS8.replace('\n', " "), "is not a PEM private key"),
            (&marked("PRIVATE KEY"), "is not an RSA key"),
            (&marked("RSA PRIVATE KEY"), "is not an RSA key"),
            (&marked("EC PRIVATE KEY"), "is not an RSA key"),
            ("/no/canary/key.pem", "is neither PEM text nor the path of a file that can be read: "),
            (folder.to_str().unwrap(), "is neither PEM text nor the path of a file that can be read: "),
            (&"canary".repeat(1000), "is neither PEM text nor the path of a file that can be read: "),
        ] {
            let fault = read(wrong).expect_err(told);
            assert!(fault.starts_with(told), "{wrong}: {fault}");
            assert!(!fault.contains("canary") && !fault.contains("Y2FuYXJ5"), "{fault}");
        }
    }
}
