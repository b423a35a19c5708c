//! What a call must get past before it is served: the login, and the limit of writes to one issue.

use chrono::{DateTime, Duration, Utc};

use super::model::{State, Write};
use super::wire::{Reply, no_login, too_fast};

/// Too many writes to one issue: at most so many in so many seconds.
/// <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>
const WRITES: [(usize, i64); 2] = [(20, 2), (100, 30)];

/// A call came in at one of these addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// The site's own address.
    Site,
    /// `…/ex/jira/{cloudId}`, the only one for tokens with scopes.
    Gateway,
}

/// Ok says whether the call carries the token; the site takes anonymous calls, too.
pub fn login(state: &State, entrance: Entrance, header: Option<&str>, wanted: &str) -> Result<bool, Reply> {
    let wrong = || match entrance {
        Entrance::Site => no_login(&state.base),
        Entrance::Gateway => Reply::json(401, serde_json::json!({"code": 401, "message": "Unauthorized"})),
    };
    let Some(header) = header else {
        return if entrance == Entrance::Site { Ok(false) } else { Err(wrong()) };
    };
    let (scheme, given) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("bearer") && entrance == Entrance::Site {
        // The site takes a bearer token for one of an app, which an API token is not.
        let words = "Failed to parse Connect Session Auth Token";
        return Err(Reply::json(403, serde_json::json!({"error": words})));
    }
    let is_right = scheme.eq_ignore_ascii_case("basic") && given == wanted;
    let fits_here = entrance == Entrance::Gateway || !state.is_scoped;
    if is_right && fits_here && !state.is_expired { Ok(true) } else { Err(wrong()) }
}

/// What `Authorization: Basic …` carries.
pub fn credentials(email: &str, token: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in format!("{email}:{token}").as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let six = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap_or_default();
            let letter = ALPHABET.get(six).copied().unwrap_or(b'=');
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Counts a write. Err is the refusal of one too many; it is not counted.
pub fn count_write(state: &mut State, issue: i64, now: DateTime<Utc>) -> Result<(), Reply> {
    state.writes.retain(|write| now - write.at < Duration::seconds(30));
    for (most, seconds) in WRITES {
        let since = now - Duration::seconds(seconds);
        let recent = state.writes.iter().filter(|write| write.issue == issue && write.at > since);
        if recent.count() >= most {
            return Err(too_fast("jira-per-issue-on-write", u64::try_from(seconds).ok(), now));
        }
    }
    state.writes.push(Write { issue, at: now });
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};

    use super::super::seed;
    use super::{Entrance, count_write, credentials, login};

    #[test]
    fn encodes_as_basic_wants_it() {
        assert_eq!(credentials("Aladdin", "open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(credentials("a", "bc"), "YTpiYw==");
        assert_eq!(credentials("a", "bcd"), "YTpiY2Q=");
        assert_eq!(credentials("a", "b"), "YTpi");
    }

    #[test]
    fn a_token_with_scopes_needs_the_gateway() {
        let mut state = seed::state("http://localhost/jira", "a@example.com");
        let status = |state: &_, entrance, header| login(state, entrance, header, "x").map_err(|reply| reply.status);
        assert_eq!(status(&state, Entrance::Site, None), Ok(false));
        assert_eq!(status(&state, Entrance::Gateway, None), Err(401));
        assert_eq!(status(&state, Entrance::Site, Some("Basic x")), Ok(true));
        assert_eq!(status(&state, Entrance::Site, Some("Basic y")), Err(401));
        assert_eq!(status(&state, Entrance::Site, Some("Bearer x")), Err(403));
        state.is_scoped = true;
        assert_eq!(status(&state, Entrance::Site, Some("Basic x")), Err(401));
        assert_eq!(status(&state, Entrance::Gateway, Some("Basic x")), Ok(true));
        state.is_expired = true;
        assert_eq!(status(&state, Entrance::Gateway, Some("Basic x")), Err(401));
    }

    #[test]
    fn counts_writes_to_one_issue() {
        let mut state = seed::state("http://localhost/jira", "a@example.com");
        let mut now = DateTime::<Utc>::from_timestamp(1_795_878_000, 0).unwrap();
        let status = |state: &mut _, issue, now| count_write(state, issue, now).map_err(|reply| reply.status);
        for _ in 0..20 {
            assert_eq!(status(&mut state, 1, now), Ok(()));
        }
        assert_eq!(status(&mut state, 1, now), Err(429));
        assert_eq!(status(&mut state, 2, now), Ok(()));
        now += Duration::seconds(2);
        assert_eq!(status(&mut state, 1, now), Ok(()));
    }
}
