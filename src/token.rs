//! What lets a pipeline in: how tokens look, and what is kept of them.
//!
//! Rule: what is kept does not let in. Of a token its digest is kept; a webhook's secret follows from the installation's
//! key and the token's id, so that nothing is kept at all.

use crate::seal::{Seal, digest};

/// A bearer token of the API.
pub const API: &str = "api";
/// The secret of a webhook.
pub const GITHUB: &str = "github";

/// `lb_<id>_<secret>`.
pub fn read(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("lb_")?.split_once('_').filter(|(id, secret)| !id.is_empty() && secret.len() >= 32)
}

/// What is kept of a token's secret.
pub fn mark(secret: &str) -> String {
    digest(&format!("token/{secret}"))
}

/// The secret of a webhook.
pub fn github_secret(seal: &Seal, id: &str) -> String {
    seal.tag(&format!("github/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_an_id_and_a_secret() {
        let secret = "s".repeat(64);
        assert_eq!(read(&format!("lb_abc_{secret}")), Some(("abc", secret.as_str())));
        for wrong in ["", "lb_", "lb_abc", "lb__x", "lb_abc_short", "xoxb-1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
