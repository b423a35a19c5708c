//! Lists come in pages; the header `Link` says where the others are.
//! <https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api>

use serde_json::Value;

use super::answer::{Answer, Outcome, json};
use super::ask::Ask;

/// Which page the caller wants.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub size: usize,
    /// From 1 on.
    pub number: usize,
}

impl Page {
    /// 30 a page unless the caller says otherwise, and 100 at most.
    pub fn of(ask: &Ask) -> Self {
        let whole = |name: &str| ask.query(name).and_then(|v| v.parse::<usize>().ok()).filter(|n| *n > 0);
        Self { size: whole("per_page").unwrap_or(30).min(100), number: whole("page").unwrap_or(1) }
    }

    pub fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip((self.number - 1) * self.size).take(self.size).collect()
    }

    /// The answer with the header `Link`, where there is more than one page.
    pub fn linked(self, answer: Answer, ask: &Ask, base: &str, total: usize) -> Answer {
        let last = total.div_ceil(self.size).max(1);
        let to = |page: usize, rel: &str| {
            let others = ask.query.iter().filter(|(name, _)| name != "page");
            let all: Vec<_> = others.cloned().chain([("page".to_owned(), page.to_string())]).collect();
            let query = serde_urlencoded::to_string(&all).unwrap_or_default();
            format!("<{base}{}?{query}>; rel=\"{rel}\"", ask.path)
        };
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(to(self.number - 1, "prev"));
        }
        if self.number < last {
            links.push(to(self.number + 1, "next"));
            links.push(to(last, "last"));
        }
        if self.number > 1 {
            links.push(to(1, "first"));
        }
        if links.is_empty() { answer } else { answer.with("link", links.join(", ")) }
    }
}

/// A page of a list whose rows are made only where they are shown.
pub fn paged_by<T>(all: Vec<T>, ask: &Ask, base: &str, row: impl FnMut(T) -> Value) -> Outcome {
    let page = Page::of(ask);
    let total = all.len();
    let rows = page.cut(all).into_iter().map(row).collect();
    Ok(page.linked(json(200, Value::Array(rows)), ask, base, total))
}

/// A page of a list.
pub fn paged(all: Vec<Value>, ask: &Ask, base: &str) -> Outcome {
    paged_by(all, ask, base, |row| row)
}
