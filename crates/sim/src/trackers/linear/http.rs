//! The one address, `POST /graphql`: <https://linear.app/developers/graphql>.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::super::desk::{Call, Fault, lost, of_proxy};
use super::coerce::variables;
use super::cost::points;
use super::document::Document;
use super::execute::Run;
use super::limits::MOST_COMPLEX;
use super::parse::parse;
use super::refusal::{Refusal, body as refused};
use super::request::{Request, authenticate};
use super::service::Service;
use super::store::Store;
use super::validate::refusals;

/// The stand-in accepts this personal API key and no other.
pub const KEY: &str = "lin_api_playground";

/// The desk knows a request by this name where it has no root field.
const UNNAMED: &str = "POST /graphql";

/// A tracker that does not say how long to wait gets this much.
const WAIT: Duration = Duration::minutes(1);

struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

impl Reply {
    fn refused(refusals: &[Refusal], headers: Vec<(&'static str, String)>) -> Self {
        let status = refusals.iter().map(Refusal::status).max().unwrap_or(200);
        Self { status, headers, body: refused(refusals) }
    }

    fn response(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(&self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// What came in.
struct Asked {
    request: Result<Request, Refusal>,
    document: Result<Document, Refusal>,
    allowed: Result<(), Refusal>,
}

impl Asked {
    fn read(headers: &HeaderMap, body: &Bytes) -> Self {
        let request = Request::read(headers, body);
        let query = request.as_ref().map(|request| request.query.as_str()).unwrap_or_default();
        let document = parse(query).map_err(|wrong| Refusal::syntax(&wrong));
        Self { request, document, allowed: authenticate(headers, KEY) }
    }

    fn roots(&self) -> Vec<String> {
        let (Ok(request), Ok(document)) = (&self.request, &self.document) else { return vec![] };
        request.roots(document)
    }
}

pub async fn graphql(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let at = service.desk.now();
    let asked = Asked::read(&headers, &body);
    let roots = asked.roots();
    let operation = roots.first().cloned().unwrap_or_else(|| UNNAMED.to_owned());
    let names = if roots.is_empty() { vec![operation.clone()] } else { roots };
    let (reply, response) = match names.iter().find_map(|name| service.desk.takes(name)) {
        None => {
            let reply = service.with(|store| answer(store, &asked));
            let response = reply.response();
            (Some(reply), response)
        }
        Some(Fault::Limited(wait)) => {
            let reply = service.with(|store| limited(store, at, wait));
            let response = reply.response();
            (Some(reply), response)
        }
        Some(Fault::Status { code, effect }) => {
            if effect {
                service.with(|store| answer(store, &asked));
            }
            (Some(Reply { status: code, headers: vec![], body: Value::Null }), of_proxy(code))
        }
        Some(Fault::Lost { effect }) => {
            if effect {
                service.with(|store| answer(store, &asked));
            }
            (None, lost())
        }
    };
    let (status, answer) = reply.map_or((0, Value::Null), |reply| (reply.status, reply.body));
    let body = serde_json::from_slice(&body).unwrap_or_default();
    service.desk.note(Call { at, operation, path: "/graphql".to_owned(), body, status, answer });
    dated(response, at)
}

/// Clients compare the headers with the tracker's own time.
fn dated(mut response: Response, at: DateTime<Utc>) -> Response {
    if let Ok(date) = HeaderValue::from_str(&at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn limited(store: &Store, now: DateTime<Utc>, wait: Option<u64>) -> Reply {
    let seconds = wait.and_then(|wait| i64::try_from(wait).ok()).and_then(Duration::try_seconds);
    let mut headers = store.limits.exhausted(now + seconds.unwrap_or(WAIT));
    headers.extend(wait.map(|wait| ("retry-after", wait.to_string())));
    Reply::refused(&[Refusal::limited(store.limits.requests())], headers)
}

/// The key first, then the limit, then the request.
fn answer(store: &mut Store, asked: &Asked) -> Reply {
    let allowed = if store.rights.is_expired { Err(Refusal::unauthenticated()) } else { asked.allowed.clone() };
    if let Err(refusal) = allowed {
        return Reply::refused(&[refusal], vec![]);
    }
    let now = store.now();
    if !store.limits.takes(now) {
        return Reply::refused(&[Refusal::limited(store.limits.requests())], store.limits.headers(1));
    }
    let mut cost = 1;
    let outcome = run(store, asked, &mut cost);
    store.limits.pays(cost);
    let headers = store.limits.headers(cost);
    match outcome {
        Ok(data) => Reply { status: 200, headers, body: json!({"data": data}) },
        Err(refusals) => Reply::refused(&refusals, headers),
    }
}

/// `cost` becomes the points of the query as soon as they are known.
fn run(store: &mut Store, asked: &Asked, cost: &mut i64) -> Result<Value, Vec<Refusal>> {
    let one = |refusal: &Refusal| vec![refusal.clone()];
    let request = asked.request.as_ref().map_err(one)?;
    let document = asked.document.as_ref().map_err(one)?;
    let wrong = refusals(document);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let operation = request.operation(document).map_err(|refusal| vec![refusal])?;
    let variables = variables(operation, &request.variables).map_err(|refusal| vec![refusal])?;
    let points = points(document, operation, &variables);
    if points > MOST_COMPLEX {
        return Err(vec![Refusal::too_complex(points, MOST_COMPLEX)]);
    }
    *cost = points;
    let run = Run { document, operation, variables: &variables };
    run.data(store).map_err(|refusal| vec![refusal])
}
