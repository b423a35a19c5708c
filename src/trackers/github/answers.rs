//! Answers that are at hand: asking for one again costs nothing of GitHub's limit while it has not changed.
//! <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderValue, header};

use crate::http::Answer;

/// The most that is kept, in bytes of bodies.
const ROOM: usize = 8 * 1024 * 1024;

/// The answers that were used last, by their addresses.
#[derive(Debug, Default)]
pub struct Answers(Mutex<VecDeque<(String, Answer)>>);

impl Answers {
    fn with<R>(&self, f: impl FnOnce(&mut VecDeque<(String, Answer)>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer of an address, with its mark.
    pub fn get(&self, at: &str) -> Option<(HeaderValue, Answer)> {
        let answer = self.with(|all| all.iter().find(|(of, _)| of == at).map(|(_, answer)| answer.clone()))?;
        Some((answer.headers.get(header::ETAG)?.clone(), answer))
    }

    /// Keeps an answer that has a mark; what was used longest ago makes room.
    pub fn keep(&self, at: &str, answer: &Answer) {
        if !answer.headers.contains_key(header::ETAG) {
            return;
        }
        self.with(|all| {
            all.retain(|(of, _)| of != at);
            all.push_back((at.to_owned(), answer.clone()));
            let mut size: usize = all.iter().map(|(_, answer)| answer.body.len()).sum();
            while size > ROOM {
                size -= all.pop_front().map_or(size, |(_, answer)| answer.body.len());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(size: usize, etag: Option<&'static str>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.extend(etag.map(|etag| (header::ETAG, HeaderValue::from_static(etag))));
        Answer { status: StatusCode::OK, headers, body: vec![b'x'; size].into() }
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let answers = Answers::default();
        answers.keep("/plain", &answer(1, None));
        assert!(answers.get("/plain").is_none(), "without a mark it cannot be asked for");
        for at in ["/a", "/b", "/a", "/c"] {
            answers.keep(at, &answer(ROOM / 2, Some("\"1\"")));
        }
        assert!(answers.get("/b").is_none() && answers.get("/a").is_some() && answers.get("/c").is_some());
        answers.keep("/huge", &answer(ROOM + 1, Some("\"1\"")));
        assert!(answers.get("/huge").is_none() && answers.get("/a").is_none());
    }
}
