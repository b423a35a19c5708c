//! The proof by which the app says who it is: a JSON Web Token, signed with the app's key.
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;

use super::answer::{Answer, refused};

/// The app's private key, as GitHub hands it out. It protects nothing.
pub const APP_KEY: &str = include_str!("app.pem");
pub const APP_ID: u64 = 4711;
/// GitHub takes a token whose end is at most this many seconds ahead.
const LONGEST: i64 = 600;

/// The DER inside a PEM text.
fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|l| !l.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(lines).unwrap_or_default()
}

fn part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// The claims of a token that the app's key signed with RS256.
fn claims(token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    if part(header)?.get("alg").and_then(Value::as_str) != Some("RS256") {
        return None;
    }
    let key = RsaKeyPair::from_der(&der(APP_KEY)).ok()?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref().to_vec());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    part(payload)
}

/// Whether the bearer's token has the form of a JWT.
pub fn looks_like(token: &str) -> bool {
    token.starts_with("ey") && token.matches('.').count() == 2
}

/// Refuses a token that GitHub would refuse, in its words.
pub fn check(token: &str, now: DateTime<Utc>) -> Result<(), Box<Answer>> {
    let Some(claims) = claims(token) else { return Err(refused(401, "A JSON web token could not be decoded")) };
    let whole = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = now.timestamp();
    let Some(exp) = whole("exp").filter(|exp| *exp > now) else {
        return Err(refused(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ));
    };
    if exp > now + LONGEST {
        return Err(refused(401, "'Expiration time' claim ('exp') is too far in the future"));
    }
    if whole("iat").is_none_or(|iat| iat > now) {
        return Err(refused(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    let issuer = claims.get("iss").map(|iss| iss.as_str().map_or_else(|| iss.to_string(), str::to_owned));
    match issuer {
        None => Err(refused(401, "Missing 'issuer' claim ('iss') in assertion")),
        Some(iss) if iss == APP_ID.to_string() => Ok(()),
        Some(_) => Err(refused(404, "Integration not found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::RSA_PKCS1_SHA256;
    use serde_json::json;

    fn signed(claims: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let body = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let key = RsaKeyPair::from_der(&der(APP_KEY)).unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body.as_bytes(), &mut signature).unwrap();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_token_must_be_signed_timely_and_of_this_app() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let at = |iat: i64, exp: i64, iss: Value| {
            check(&signed(&json!({"iat": 1_800_000_000 + iat, "exp": 1_800_000_000 + exp, "iss": iss})), now)
        };
        assert!(at(-60, 540, json!("4711")).is_ok());
        assert!(at(-60, 600, json!(4711)).is_ok());
        assert!(at(1, 540, json!("4711")).is_err());
        assert!(at(-60, 601, json!("4711")).is_err());
        assert!(at(-600, 0, json!("4711")).is_err());
        assert_eq!(at(-60, 540, json!("1")).unwrap_err().status, 404);
        let good = signed(&json!({"iat": 1_799_999_940, "exp": 1_800_000_100, "iss": "4711"}));
        let forged = good.replacen("ey", "eyA", 1);
        assert!(check(&good, now).is_ok());
        assert!(check(&forged, now).is_err());
    }
}
