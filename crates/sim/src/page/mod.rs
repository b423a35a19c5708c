//! The playground's page is a small Slack in the browser. A visitor needs no Slack account for it.
//!
//! Rule: only this machine may use the page. Each request must name a loopback host, so another site's name cannot lead
//! here. Each change must come from the page itself, so another site cannot press a button. The page loads nothing from
//! other sites.

mod answers;
mod blocks;
mod board;
mod chart;
mod date;
mod layout;
mod mrkdwn;
mod scene;
mod sidebar;
mod steps;
mod tour;

use axum::Router;
use axum::extract::{Form, FromRef, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use jiff::ToSpan as _;
use maud::{DOCTYPE, Markup, html};

use self::scene::{Held, Wish, is_for, is_playable, local};
use crate::trackers::{Act, Kind, Trackers};
use crate::workspace::Message;
use crate::{Place, Sim};

const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page shows these.
#[derive(Clone)]
struct Stand {
    sim: Sim,
    trackers: Trackers,
}

impl FromRef<Stand> for Sim {
    fn from_ref(stand: &Stand) -> Self {
        stand.sim.clone()
    }
}

/// The router serves the page of one simulated workspace and its trackers, with its style, its script and its files.
pub fn routes(sim: Sim, trackers: Trackers) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/page/state", get(state))
        .route("/page/file/{id}", get(file))
        .route("/page/style.css", get(css))
        .route("/page/page.js", get(js))
        .route("/page/{verb}", post(act))
        // The trackers' own pages are the board.
        .route("/jira/browse/{*ticket}", get(to_board))
        .route("/linear/example/{*ticket}", get(to_board))
        .route("/github/acme/{*ticket}", get(to_board))
        .layer(middleware::from_fn(guard))
        .with_state(Stand { sim, trackers })
}

async fn to_board() -> Redirect {
    Redirect::to("/?board=open")
}

async fn css() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("style.css"))
}

async fn js() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("page.js"))
}

/// Serves these routes to programs of this machine alone: no page of another site may call them or open a socket.
pub fn local_only(routes: Router) -> Router {
    routes.layer(middleware::from_fn(async |request: Request, next: Next| {
        let headers = request.headers();
        let foreign = headers.contains_key(header::ORIGIN) && !is_ours(&Method::POST, headers);
        if foreign || !is_ours(&Method::GET, headers) { refused() } else { next.run(request).await }
    }))
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, "Only this machine's own page may do that.").into_response()
}

async fn guard(request: Request, next: Next) -> Response {
    if !is_ours(request.method(), request.headers()) {
        return refused();
    }
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The value "no-referrer" would make browsers send `Origin: null` with a form, and the guard would refuse it.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        let headers = response.headers_mut();
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A request must name this machine as its host. A request that changes something must also come from the page itself.
fn is_ours(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let local = matches!(name, "127.0.0.1" | "localhost") && port.parse::<u16>().is_ok();
    let origin = text(header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
    local && (method == Method::GET || method == Method::HEAD || origin == Some(host))
}

async fn page(State(stand): State<Stand>, Query(wish): Query<Wish>) -> Html<String> {
    let revision = stand.revision();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Lookback playground" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/page/style.css";
                script src="/page/page.js" defer {}
            }
            body {
                noscript { p.notice { "Without JavaScript, reload the page to see what is new." } }
                p.notice #stopped role="alert" hidden {
                    "The playground isn't responding. Is it still running?"
                }
                div #app data-revision=(revision) { (stand.fragment(&wish)) }
            }
        }
    };
    Html(page.into_string())
}

async fn state(State(stand): State<Stand>, Query(wish): Query<Wish>, seen: HeaderMap) -> Response {
    let revision = stand.revision();
    let seen = seen.get("x-revision").map(HeaderValue::as_bytes);
    if seen == Some(revision.as_bytes()) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let inside = stand.fragment(&wish).into_string();
    ([("x-revision", revision)], Html(inside)).into_response()
}

impl Stand {
    /// The page shows the workspace, the trackers and a clock. The revision therefore changes with each of them, with the
    /// clock once a minute.
    fn revision(&self) -> String {
        format!("{}-{}-{}", self.sim.revision(), self.trackers.revision(), self.sim.now().timestamp() / 60)
    }

    fn fragment(&self, wish: &Wish) -> Markup {
        layout::fragment(&self.sim, &Held::read(&self.trackers), wish)
    }
}

async fn file(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    let found = sim.read(|space| {
        let mut files = space.messages.iter().flat_map(|m| &m.files);
        files.find(|f| f.id == id).cloned()
    });
    match found {
        Some(file) if file.is_png() => ([(header::CONTENT_TYPE, "image/png")], file.bytes).into_response(),
        // The server sends a string as text/plain, so the browser runs no markup in it.
        Some(file) => file.text().into_response(),
        None => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}

/// A form sends its fields in order, and a name may occur several times.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|field| field.0 == name);
        named.map(|field| field.1.as_str()).collect()
    }
}

type Refusal = (StatusCode, &'static str);

const GONE: Refusal = (StatusCode::NOT_FOUND, "That is no longer there.");

async fn act(
    State(stand): State<Stand>,
    Path(verb): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields(fields);
    let back = Some(fields.get("back").to_owned()).filter(|back| back.starts_with("/?"));
    // The browser may hang up before the act ends. A separate task finishes it all the same.
    match tokio::spawn(perform(stand, verb, fields)).await {
        Ok(Ok(())) => match back {
            Some(back) => Redirect::to(&back).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The visitor acts as the person that the form names.
async fn perform(stand: Stand, verb: String, fields: Fields) -> Result<(), Refusal> {
    let Stand { sim, trackers } = stand;
    let person = sim.read(|space| {
        let mut people = space.people.iter().filter(|p| is_playable(p));
        people.find(|p| p.id == fields.get("as")).map(|p| (p.id.clone(), p.tz.clone()))
    });
    let (me, tz) = person.ok_or((StatusCode::FORBIDDEN, "Choose who you are first."))?;
    match verb.as_str() {
        "say" => say(&sim, &me, &fields).await,
        "press" => press(&sim, &me, &fields).await?,
        "submit" => submit(&sim, &me, &fields).await?,
        "close" => sim.close(&me, fields.get("view")).await,
        "advance" => advance(&sim, &tz, fields.get("minutes")).await,
        "story" => sim.play_story().await,
        "tour" => {
            let round = fields.get("round").parse().ok().filter(|n| (1..100).contains(n)).unwrap_or(1);
            tour::Tour(round).perform(&sim, &trackers, fields.get("step").parse().unwrap_or_default()).await;
        }
        "home" => sim.open_home(&me).await,
        "ticket" => ticket(&trackers, &fields).await?,
        "react" | "shortcut" | "delete" => gesture(&sim, &me, &verb, &fields).await?,
        _ => return Err(GONE),
    }
    Ok(())
}

/// The visitor presses a button of a ticket on the board.
async fn ticket(trackers: &Trackers, fields: &Fields) -> Result<(), Refusal> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == fields.get("tracker")).ok_or(GONE)?;
    let act = Act::ALL.into_iter().find(|act| act.word() == fields.get("act")).ok_or(GONE)?;
    if trackers.press(kind, fields.get("ticket"), act).await { Ok(()) } else { Err(GONE) }
}

async fn say(sim: &Sim, me: &str, fields: &Fields) {
    let text = fields.get("text").replace("\r\n", "\n");
    let thread = Some(fields.get("thread")).filter(|ts| !ts.is_empty());
    if !text.trim().is_empty() {
        sim.say(me, fields.get("in"), thread, text.trim()).await;
    }
}

/// The visitor presses a button in a message, in a modal or on the Home tab. The workspace must still show the
/// button to this person.
async fn press(sim: &Sim, me: &str, fields: &Fields) -> Result<(), Refusal> {
    let (view, channel, ts) = (fields.get("view"), fields.get("channel"), fields.get("ts"));
    let (block, action) = (fields.get("block_id"), fields.get("action_id"));
    let (payload, on_home) = sim.read(|space| {
        let seen = |m: &&Message| m.channel == channel && m.ts == ts && is_for(m, me);
        let message = space.messages.iter().find(seen).map(|m| m.blocks.as_slice());
        let modal = space.views.iter().find(|v| v.id == view && v.user == me).map(|v| &v.view);
        let mut homes = space.homes.iter();
        let home = homes.find(|(user, v)| *user == me && answers::string(v, "id") == view).map(|(_, v)| v);
        let blocks = modal.or(home).map(|v| answers::list(v, "blocks")).or(message);
        let payload = blocks.and_then(|blocks| answers::action(blocks, block, action, &fields.all("input")));
        (payload, home.is_some())
    });
    let payload = payload.ok_or(GONE)?;
    if on_home {
        sim.press_home(me, block, action, answers::string(&payload, "value")).await;
        return Ok(());
    }
    let place = match view {
        "" => Place::Message { channel: channel.to_owned(), ts: ts.to_owned() },
        id => Place::View { id: id.to_owned() },
    };
    sim.press(me, place, block, action, payload).await;
    Ok(())
}

async fn submit(sim: &Sim, me: &str, fields: &Fields) -> Result<(), Refusal> {
    let view = fields.get("view");
    let values = sim.read(|space| {
        let modal = space.views.iter().find(|v| v.id == view && v.user == me);
        modal.map(|v| answers::state_values(&v.view, &fields.0))
    });
    sim.submit(me, view, values.ok_or(GONE)?).await;
    Ok(())
}

/// The visitor moves the clock by a number of minutes, or to the next morning in the person's time zone.
async fn advance(sim: &Sim, tz: &str, minutes: &str) {
    let by = match minutes {
        "morning" => until_morning(sim.now(), tz),
        _ => TimeDelta::minutes(minutes.parse::<i64>().unwrap_or_default().clamp(0, 60 * 24 * 31)),
    };
    sim.advance(by).await;
}

/// The visitor reacts to a message, deletes it, or uses a shortcut. A shortcut of the workspace needs no message.
async fn gesture(sim: &Sim, me: &str, verb: &str, fields: &Fields) -> Result<(), Refusal> {
    let (channel, ts, name) = (fields.get("channel"), fields.get("ts"), fields.get("name"));
    if verb == "shortcut" && ts.is_empty() {
        sim.shortcut(me, name, None).await;
        return Ok(());
    }
    let seen = |m: &&Message| m.channel == channel && m.ts == ts && m.visible_to.is_none();
    let author = sim.read(|space| space.messages.iter().find(seen).map(|m| m.user.clone())).ok_or(GONE)?;
    match verb {
        "react" => sim.react(me, channel, ts, name).await,
        "shortcut" => sim.shortcut(me, name, Some((channel, ts))).await,
        _ if author == me => sim.rewrite(channel, ts, None).await,
        _ => return Err(GONE),
    }
    Ok(())
}

/// The next 09:30 in the time zone is this far away.
fn until_morning(now: DateTime<Utc>, tz: &str) -> TimeDelta {
    let here = local(now, tz);
    let today = here.date().at(9, 30, 0, 0);
    let morning = if here.datetime() < today { today } else { today.saturating_add(1.day()) };
    let left = here.time_zone().to_timestamp(morning).map(|at| at.as_millisecond() - now.timestamp_millis());
    TimeDelta::milliseconds(left.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(method: Method, host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        is_ours(&method, &headers)
    }

    #[test]
    fn only_a_loopback_name_may_read() {
        for host in ["127.0.0.1:3000", "localhost:3000", "localhost"] {
            assert!(ours(Method::GET, host, None), "{host}");
        }
        for host in ["", "evil.test:3000", "127.0.0.1.evil.test", "localhost:3000@evil.test"] {
            assert!(!ours(Method::GET, host, None), "{host}");
        }
    }

    #[test]
    fn only_the_page_itself_may_act() {
        let host = "localhost:3000";
        assert!(ours(Method::POST, host, Some("http://localhost:3000")));
        for origin in ["https://evil.test", "http://localhost:3001", "null", "http://127.0.0.1:3000"] {
            assert!(!ours(Method::POST, host, Some(origin)), "{origin}");
        }
        assert!(!ours(Method::POST, host, None));
        assert!(!ours(Method::POST, "evil.test", Some("http://evil.test")));
    }

    #[test]
    fn the_next_morning_is_today_or_tomorrow() -> Result<(), chrono::ParseError> {
        let night: DateTime<Utc> = "2026-03-02T08:00:00Z".parse()?;
        assert_eq!(until_morning(night, "Etc/UTC"), TimeDelta::minutes(90));
        let at_half_past_nine = night + TimeDelta::minutes(90);
        assert_eq!(until_morning(at_half_past_nine, "Etc/UTC"), TimeDelta::days(1));
        Ok(())
    }
}
