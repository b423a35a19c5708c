//! The harness: people talk, press and fill in. Time moves only when told. The bot can be killed.

use std::net::SocketAddr;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::databases;
use lookback::config::{self, Config, LogFormat};
use lookback::serve::{self, Server};
use lookback::store::backup;
use lookback_clock::{Clock, Rng};
use lookback_sim::trackers::{Trackers, github, jira, linear};
use lookback_sim::workspace::{Message, Person, Workspace};
use lookback_sim::{APP_TOKEN, BOT_TOKEN, Call, Delivery, Place, SIGNING_SECRET, Sim};

/// How Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    Socket,
}

pub const RELEASES: &str = "C01REL";
pub const MARIA: &str = "U01MARIA";
pub const NOOR: &str = "U02NOOR";
pub const SAM: &str = "U03SAM";
pub const PRIYA: &str = "U04PRIYA";
pub const JONAS: &str = "U05JONAS";
pub const HUMANS: [&str; 8] = [MARIA, NOOR, SAM, PRIYA, JONAS, "U06LENA", "U07TOMAS", "U08GUEST"];

/// A workspace with the bot in it. Every test ends its world: see [`World::ends`].
pub struct World {
    pub sim: Sim,
    /// Simulated Jira, Linear and GitHub, of which the bot knows where a test asks for it.
    pub trackers: Trackers,
    pub clock: Clock,
    /// The bot's own clock, where it is off.
    wrong: Option<Clock>,
    bot: Option<Server>,
    config: Config,
    seed: u64,
    transport: Transport,
    folder: tempfile::TempDir,
    ended: bool,
}

/// What may have gone wrong by the end of a test.
#[derive(Default)]
pub struct Left<'a> {
    /// Methods of which Slack refused calls.
    pub refused: &'a [&'a str],
    /// How many deliveries the bot did not acknowledge.
    pub unacked: u32,
    /// How many messages are stuck.
    pub stuck: usize,
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.ended || std::thread::panicking(), "the test does not end its world: `w.ends().await` is missing");
    }
}

/// A text with its moments as they are written, where Slack shows each reader's own zone.
pub fn written(text: &str) -> String {
    let mut parts = text.split("<!date^");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| {
        let (token, rest) = part.split_once('>').unwrap_or((part, ""));
        let (_, words) = token.split_once('|').unwrap_or_default();
        format!("{shown}{words}{rest}")
    })
}

impl World {
    /// The playground's workspace on Friday 20 November 2026, 10:00 in Berlin.
    pub async fn new(transport: Transport) -> Self {
        Self::with(transport, Workspace::example()).await
    }

    /// As [`World::new`], with a database that is a file, wherever the others lie.
    pub async fn file(transport: Transport) -> Self {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut world = Self::stopped(transport, Workspace::example(), at).await;
        world.keep_in_a_file();
        world.start().await;
        world
    }

    /// As [`World::new`], with all three trackers set up.
    pub async fn tracking(transport: Transport) -> Self {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut world = Self::stopped(transport, Workspace::example(), at).await;
        world.knows_trackers();
        world.start().await;
        world
    }

    /// The bot's settings name the three trackers.
    fn knows_trackers(&mut self) {
        use lookback::config::trackers::{GitHub, GitHubAuth, Hooks, Jira, Linear};
        let origin = self.config.api_url.trim_end_matches("/api").to_owned();
        self.config.trackers = lookback::config::Trackers {
            jira: Some(Jira { base: format!("{origin}/jira"), email: jira::EMAIL.into(), token: jira::TOKEN.into() }),
            linear: Some(Linear { url: format!("{origin}/linear/graphql"), key: linear::KEY.into() }),
            github: Some(GitHub { base: format!("{origin}/github"), auth: GitHubAuth::Token(github::TOKEN.into()) }),
            hooks: Hooks {
                jira: Some(jira::SECRET.into()),
                linear: Some(linear::SECRET.into()),
                github: Some(github::SECRET.into()),
            },
            poll: std::time::Duration::from_secs(300),
        };
    }

    /// As [`World::new`], on PostgreSQL, wherever the others lie.
    pub async fn on_server(transport: Transport) -> Option<Self> {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let url = databases::on_server().await?;
        let mut world = Self::stopped(transport, Workspace::example(), at).await;
        world.config.place.database_url = url;
        world.start().await;
        Some(world)
    }

    fn keep_in_a_file(&mut self) {
        self.config.place.database_url = format!("sqlite://{}", self.folder.path().join("test.db").display());
    }

    pub async fn with(transport: Transport, ws: Workspace) -> Self {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut world = Self::stopped(transport, ws, at).await;
        world.start().await;
        world
    }

    /// With a clock of the bot that is this far ahead of Slack's.
    pub async fn skewed(transport: Transport, ahead: Duration) -> Self {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut world = Self::stopped(transport, Workspace::example(), at).await;
        world.wrong = Some(Clock::standing(at + ahead));
        world.start().await;
        world
    }

    /// The bot's clock is set by NTP.
    pub fn put_right(&self) {
        let wrong = self.wrong.as_ref().unwrap();
        wrong.advance(self.clock.now() - wrong.now());
    }

    /// The bot's clock leaps, and Slack's does not.
    pub async fn leaps(&self, by: Duration) {
        self.wrong.as_ref().unwrap().advance(by);
        self.settle().await;
    }

    /// Time passes at once, on both clocks.
    pub async fn passes(&self, by: Duration) {
        if let Some(wrong) = &self.wrong {
            wrong.advance(by);
        }
        self.sim.advance(by).await;
        self.settle().await;
    }

    /// The clock that the bot reads.
    fn bots_clock(&self) -> &Clock {
        self.wrong.as_ref().unwrap_or(&self.clock)
    }

    /// With `count` more people in the channel, in UTC: `U9000`, `U9001` and so on.
    pub async fn crowd(count: usize) -> Self {
        let mut ws = Workspace::example();
        for n in 0..count {
            let id = format!("U9{n:03}");
            ws.channels[0].members.push(id.clone());
            ws.people.push(Person { name: format!("p{n}"), tz: "UTC".into(), id, ..Person::default() });
        }
        Self::with(Transport::Http, ws).await
    }

    /// The database and the messages that a release left behind, with this version started on them. `sql` is run on
    /// the database first.
    pub async fn left_by(release: &str, transport: Transport, sql: &str) -> Self {
        let folder = format!("{}/tests/data/stored/{release}", env!("CARGO_MANIFEST_DIR"));
        let kept = std::fs::read_to_string(format!("{folder}/slack.jsonl")).unwrap();
        let mut lines = kept.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        let now = lines.next().unwrap()["now"].as_str().unwrap().parse().unwrap();
        let mut ws = Workspace::example();
        for user in HUMANS {
            ws.dm(user);
        }
        let text = |m: &Value, key: &str| m[key].as_str().map(str::to_owned);
        ws.messages.extend(lines.map(|m| Message {
            channel: text(&m, "channel").unwrap(),
            ts: text(&m, "ts").unwrap(),
            user: text(&m, "user").unwrap(),
            text: text(&m, "text").unwrap(),
            blocks: m["blocks"].as_array().cloned().unwrap_or_default(),
            thread_ts: text(&m, "thread_ts"),
            visible_to: text(&m, "visible_to"),
            metadata: m.get("metadata").cloned(),
            ..Message::default()
        }));
        let mut world = Self::stopped(transport, ws, now).await;
        world.keep_in_a_file();
        let file = world.folder().join("test.db");
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
        let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        for text in [&std::fs::read_to_string(format!("{folder}/database.sql")).unwrap(), sql] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut database).await.unwrap();
        }
        database.close().await.unwrap();
        world.start().await;
        world
    }

    async fn stopped(transport: Transport, ws: Workspace, at: DateTime<Utc>) -> Self {
        let clock = Clock::standing(at);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sim = Sim::new(ws, clock.clone(), &format!("http://{address}"), Delivery::Socket);
        let trackers = Trackers::new(&clock, &Rng::seeded(99), &format!("http://{address}"));
        let routes = sim.slack_routes().merge(trackers.routes());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        // In memory where there is such a place: the disk has tests of its own.
        let memory = std::path::Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(place).unwrap();
        let http = transport == Transport::Http;
        let config = Config {
            bot_token: BOT_TOKEN.into(),
            app_token: (!http).then(|| APP_TOKEN.into()),
            signing_secret: http.then(|| SIGNING_SECRET.into()),
            api_url: format!("http://{address}/api"),
            place: config::Place {
                database_url: databases::make().await.unwrap_or_default(),
                key: Some("0123456789abcdef0123456789abcdef".into()),
                key_dir: Some(folder.path().join("keys")),
            },
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            trackers: lookback::config::Trackers::default(),
            retention: None,
            log: String::new(),
            log_format: LogFormat::Text,
        };
        let mut world =
            Self { sim, trackers, clock, wrong: None, bot: None, config, seed: 1, transport, folder, ended: false };
        if world.config.place.database_url.is_empty() {
            world.keep_in_a_file();
        }
        world
    }

    async fn start(&mut self) {
        let bot = serve::start(&self.config, self.bots_clock().clone(), Rng::seeded(self.seed)).await.unwrap();
        self.seed += 1;
        match self.transport {
            Transport::Http => self.sim.deliver_by(Delivery::Http(format!("http://{}/slack/events", bot.address))),
            Transport::Socket => {
                assert!(self.holds_sockets(1).await, "no WebSocket");
            }
        }
        self.bot = Some(bot);
        self.settle().await;
    }

    /// How many connections of Socket Mode the bot holds: one where others may serve the same database.
    pub fn connections(&self) -> usize {
        if self.is_file() { 2 } else { 1 }
    }

    /// Lets minutes pass, ten at most, until the bot holds so many connections: it may wait because Slack asked for it.
    pub async fn holds_sockets(&self, count: usize) -> bool {
        for _ in 0..10 {
            let soon = tokio::time::timeout(std::time::Duration::from_millis(500), self.sim.sockets(count));
            if soon.await.is_ok() {
                return true;
            }
            let wait = Duration::seconds(61);
            self.clock.advance(wait);
            self.wrong.iter().for_each(|wrong| wrong.advance(wait));
        }
        self.sim.sockets(count).await
    }

    /// The bot's settings.
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// The database and its key, as commands beside the server find them.
    pub fn place(&self) -> config::Place {
        self.config.place.clone()
    }

    /// A request to the bot's own HTTP server; its status and body.
    pub async fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        let answer = self.http_now(method, path, headers, body).await;
        self.settle().await;
        answer
    }

    /// As [`World::http`], whatever else is under way.
    pub async fn http_now(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        use http_body_util::{BodyExt as _, Full};
        use hyper_util::client::legacy::Client;
        let mut request = hyper::Request::builder().method(method).uri(format!("http://{}{path}", self.bot().address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let client: Client<_, Full<axum::body::Bytes>> =
            Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let answer = client.request(request.body(Full::from(body.to_vec())).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where the database lies.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Every byte of the database, its WAL and whatever else lies beside it, as text.
    pub fn on_disk(&self) -> String {
        if !self.is_file() {
            return String::from_utf8_lossy(&databases::on_disk(&self.config.place.database_url)).into_owned();
        }
        let files = std::fs::read_dir(self.folder()).unwrap();
        let files = files.map(|e| e.unwrap().path()).filter(|path| path.is_file());
        let all: Vec<u8> = files.flat_map(|path| std::fs::read(path).unwrap()).collect();
        String::from_utf8_lossy(&all).into_owned()
    }

    pub fn bot(&self) -> &Server {
        self.bot.as_ref().unwrap()
    }

    /// Runs `sql` on the database of the running bot.
    pub async fn sql(&self, sql: &str) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        let url = &self.config.place.database_url;
        if self.is_file() {
            let mut database = sqlx::SqliteConnection::connect(url).await.unwrap();
            sql.execute(&mut database).await.unwrap();
            database.close().await.unwrap();
        } else {
            let mut database = sqlx::PgConnection::connect(url).await.unwrap();
            sql.execute(&mut database).await.unwrap();
            database.close().await.unwrap();
        }
    }

    /// Reads rows of the database of the running bot.
    pub async fn rows<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
        T: Send + Unpin,
    {
        let (url, sql) = (&self.config.place.database_url, sqlx::AssertSqlSafe(sql.to_owned()));
        if self.is_file() {
            let mut database = sqlx::SqliteConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(sql).fetch_all(&mut database).await.unwrap();
            database.close().await.unwrap();
            rows
        } else {
            let mut database = sqlx::PgConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(sql).fetch_all(&mut database).await.unwrap();
            database.close().await.unwrap();
            rows
        }
    }

    /// These bytes, in hex, as a statement has them.
    pub fn bytes(&self, hex: &str) -> String {
        if self.is_file() { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") }
    }

    /// Whether the database is a file: what a test says of files holds only there.
    pub fn is_file(&self) -> bool {
        self.config.place.database_url.starts_with("sqlite:")
    }

    /// Copies the database as it is at this moment; returns the copy.
    pub async fn copies(&self) -> std::path::PathBuf {
        let copy = self.folder().join("copy.db");
        let mut from = backup::connect(&self.folder().join("test.db")).await.unwrap();
        backup::copy(&mut from, &copy).await.unwrap();
        copy
    }

    /// Puts a copy in the place of the database, by hand; `folder`: with all that lay beside it.
    pub async fn puts_back(&mut self, copy: &std::path::Path, folder: bool) {
        self.bot.take().unwrap().stop().await;
        std::fs::rename(copy, self.folder().join("test.db")).unwrap();
        if folder {
            std::fs::remove_file(self.folder().join("test.heartbeat")).unwrap();
        }
        self.start().await;
    }

    /// As [`World::file`], with the key in a file too.
    pub async fn file_with_key_file(transport: Transport) -> Self {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut world = Self::stopped(transport, Workspace::example(), at).await;
        world.keep_in_a_file();
        world.config.place.key = None;
        world.start().await;
        world
    }

    /// The bot is stopped, its database is moved to another address, and it is started there.
    pub async fn moves_to(&mut self, url: &str, key: &str) -> anyhow::Result<lookback::cli::moving::Moved> {
        self.bot.take().unwrap().stop().await;
        let place = config::Place { key: Some(key.into()), ..self.place() };
        let moved = lookback::cli::moving::to(&place, url).await;
        if moved.is_ok() {
            self.config.place = config::Place { database_url: url.to_owned(), key: place.key, key_dir: None };
        }
        self.start().await;
        moved
    }

    /// The bot is stopped, its installation gets another key, and it is started with that.
    pub async fn rotates_key(&mut self, new: &str) -> anyhow::Result<()> {
        self.bot.take().unwrap().stop().await;
        let rotated = lookback::cli::rotate_key::rotate(&self.place(), Some(new.into())).await;
        if rotated.is_ok() {
            self.config.place.key = Some(new.into());
        }
        self.start().await;
        rotated.map(|_| ())
    }

    /// Whoever makes this world sees to its end, whatever happens.
    pub fn left_alone(&mut self) {
        self.ended = true;
    }

    /// `RETENTION` from the next start on.
    pub fn keeps_for(&mut self, days: i64) {
        self.config.retention = Some(Duration::days(days));
    }

    /// Does something while the bot is stopped.
    pub async fn stopped_for<R>(&mut self, what: impl Future<Output = R>) -> R {
        self.bot.take().unwrap().stop().await;
        let done = what.await;
        self.start().await;
        done
    }

    /// Does something while the bot is stopped, and starts it on another database.
    pub async fn stopped_in<R>(&mut self, url: &str, key: &str, what: impl Future<Output = R>) -> R {
        self.bot.take().unwrap().stop().await;
        let done = what.await;
        self.config.place = config::Place { database_url: url.to_owned(), key: Some(key.into()), key_dir: None };
        self.start().await;
        done
    }

    /// Stops the bot in order, and starts it again.
    pub async fn restart(&mut self) {
        self.bot.take().unwrap().stop().await;
        self.start().await;
    }

    /// The bot is off for this long.
    pub async fn away(&mut self, by: Duration) {
        self.bot.take().unwrap().stop().await;
        self.sim.advance(by).await;
        self.start().await;
    }

    /// The process dies where it stands, and is started again.
    pub async fn crash(&mut self) {
        self.dies().await;
        self.start().await;
    }

    async fn dies(&mut self) {
        self.bot.take().unwrap().crash().await;
        if !self.is_file() {
            // Twelve seconds later.
            self.sql("update workspace set lease_until_ms = 0").await;
        }
    }

    /// As [`World::crash`], while Slack lets no connection be opened.
    pub async fn crash_deaf(&mut self) {
        self.dies().await;
        let bot = serve::start(&self.config, self.bots_clock().clone(), Rng::seeded(self.seed)).await.unwrap();
        self.seed += 1;
        self.bot = Some(bot);
        self.settle().await;
    }

    /// Lets everything happen that follows by itself. The clock moves only as far as the pace of
    /// messages and the waits for Slack need.
    pub async fn settle(&self) {
        let engine = &self.bot().engine;
        for _ in 0..5000 {
            let now = self.bots_clock().now();
            match engine.quiet().await.next_message {
                Some(at) if at - now <= Duration::minutes(5) => {
                    let by = (at - now).max(Duration::milliseconds(1));
                    self.clock.advance(by);
                    if let Some(wrong) = &self.wrong {
                        wrong.advance(by);
                    }
                }
                _ => return,
            }
        }
        panic!("it never settles");
    }

    /// Time passes in steps of half an hour, so that deadlines come one after the other.
    pub async fn advance(&self, by: Duration) {
        let step = Duration::minutes(30);
        let mut left = by;
        while left > Duration::zero() {
            if let Some(wrong) = &self.wrong {
                wrong.advance(left.min(step));
            }
            self.sim.advance(left.min(step)).await;
            self.settle().await;
            left -= step;
        }
    }

    /// Time passes, minute by minute.
    pub async fn minutes(&self, minutes: u32) {
        for _ in 0..minutes {
            self.passes(Duration::minutes(1)).await;
        }
    }

    /// The thread in which the agenda's replies stand.
    pub fn thread(&self, channel: &str) -> String {
        self.sim.read(|w| {
            let agenda = w.messages.iter().rfind(|m| m.channel == channel && m.text.starts_with("Agenda"));
            agenda.map(|m| m.ts.clone()).expect("an agenda")
        })
    }

    /// Somebody replies in the agenda's thread; returns what the bot tells them alone.
    pub async fn replies(&self, who: &str, text: &str) -> String {
        let (thread, before) = (self.thread(RELEASES), self.seen(who, RELEASES).len());
        self.sim.say(who, RELEASES, Some(&thread), text).await;
        self.settle().await;
        // Their own message is skipped.
        self.told(who, RELEASES, before)
    }

    /// The bot's messages in the agenda's thread, as everybody sees them.
    pub fn in_thread(&self) -> Vec<String> {
        let thread = self.thread(RELEASES);
        self.sim.read(|w| {
            let bot = w.bot_user.clone();
            let mine =
                |m: &&Message| m.thread_ts.as_deref() == Some(&thread) && m.visible_to.is_none() && m.user == bot;
            w.messages.iter().filter(mine).map(|m| written(&m.text)).collect()
        })
    }

    /// The newest state of a stage's message.
    pub fn stage(&self, title: &str) -> String {
        self.in_thread().into_iter().find(|m| m.contains(title)).unwrap_or_default()
    }

    /// Somebody types in the release channel.
    pub async fn says(&self, who: &str, text: &str) -> String {
        self.says_in(who, RELEASES, text).await
    }

    /// Somebody types; returns what the bot tells them alone.
    pub async fn says_in(&self, who: &str, channel: &str, text: &str) -> String {
        let before = self.seen(who, channel).len();
        self.sim.say(who, channel, None, text).await;
        self.settle().await;
        self.told(who, channel, before)
    }

    /// The newest words for one person alone, after the first `skip` messages: an ephemeral message, or
    /// one of the bot in their DM.
    fn told(&self, who: &str, channel: &str, skip: usize) -> String {
        self.sim.read(|w| {
            let dm = w.channel(channel).is_some_and(|c| c.im_user.is_some());
            let alone = |m: &&Message| m.visible_to.is_some() || (dm && m.user == w.bot_user);
            let new: Vec<_> = w.seen_by(who, channel).skip(skip).filter(alone).collect();
            new.last().map(|m| written(&m.text)).unwrap_or_default()
        })
    }

    /// Somebody types in their DM with the bot.
    pub async fn dms(&self, who: &str, text: &str) -> String {
        let dm = self.dm(who);
        self.says_in(who, &dm, text).await
    }

    pub fn dm(&self, who: &str) -> String {
        self.sim.arrange(|w| w.dm(who))
    }

    /// The newest message that somebody sees in a channel.
    pub fn last(&self, who: &str, channel: &str) -> String {
        self.sim.read(|w| w.seen_by(who, channel).last().map(|m| written(&m.text)).unwrap_or_default())
    }

    /// The newest words for somebody alone in the release channel.
    pub fn last_alone(&self, who: &str) -> String {
        self.told(who, RELEASES, 0)
    }

    /// All messages that somebody sees in a channel, threads included.
    pub fn seen(&self, who: &str, channel: &str) -> Vec<String> {
        self.sim.read(|w| w.seen_by(who, channel).map(|m| written(&m.text)).collect())
    }

    /// The messages of the bot in a channel that everybody sees.
    pub fn public(&self, channel: &str) -> Vec<String> {
        self.sim.read(|w| {
            let bot = w.bot_user.clone();
            w.messages
                .iter()
                .filter(|m| m.channel == channel && m.visible_to.is_none() && m.user == bot)
                .map(|m| written(&m.text))
                .collect()
        })
    }

    /// The `ts` of the newest message that begins with these words.
    pub fn ts_of(&self, words: &str) -> String {
        let newest = self.sim.read(|w| w.messages.iter().rfind(|m| m.text.starts_with(words)).map(|m| m.ts.clone()));
        newest.expect("a message")
    }

    /// How many surveys each person has in their DM.
    pub fn surveys(&self) -> Vec<usize> {
        let of = |u: &&str| self.seen(u, &self.dm(u)).iter().filter(|m| m.contains("release (<#")).count();
        HUMANS.iter().map(of).collect()
    }

    /// Somebody's Home tab; null before they open it.
    pub fn home(&self, who: &str) -> Value {
        self.sim.read(|w| w.homes.iter().find(|(u, _)| u == who).map(|(_, v)| v.clone())).unwrap_or_default()
    }

    /// Presses a button of their Home tab.
    pub async fn presses_home(&self, who: &str, label: &str) {
        let view = self.home(who);
        let found = view["blocks"].as_array().unwrap().iter().find_map(|b| {
            let inside = b["elements"].as_array().cloned().unwrap_or_default();
            let all: Vec<Value> = inside.into_iter().chain([b["accessory"].clone()]).collect();
            let text = |v: &Value| v.as_str().map(str::to_owned);
            let option = |e: &Value| e["options"].as_array()?.iter().find(|o| o["text"]["text"] == label).cloned();
            let found = all.iter().find_map(|e| {
                let found = if e["text"]["text"] == label { e.clone() } else { option(e)? };
                Some((text(&e["action_id"])?, text(&found["value"])?))
            });
            let (action, value) = found?;
            Some((text(&b["block_id"])?, action, value))
        });
        let (block, action, value) = found.unwrap_or_else(|| panic!("no {label} in {view}"));
        self.sim.press_home(who, &block, &action, &value).await;
        self.settle().await;
    }

    /// The button with this label, in the newest message that has one.
    pub fn button(&self, who: &str, channel: &str, label: &str) -> Option<(String, String, String, String)> {
        self.sim.read(|w| {
            let seen: Vec<_> = w.seen_by(who, channel).collect();
            seen.iter().rev().find_map(|m| {
                m.blocks.iter().find_map(|b| {
                    let inside = b.get("elements").and_then(Value::as_array).cloned().unwrap_or_default();
                    let all: Vec<Value> = inside.into_iter().chain(b.get("accessory").cloned()).collect();
                    let is = |v: &Value| v.pointer("/text/text").and_then(Value::as_str) == Some(label);
                    let text = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
                    let option = |e: &Value| e["options"].as_array()?.iter().find(|o| is(o)).cloned();
                    let found = all.iter().find_map(|e| {
                        let found = if is(e) { e.clone() } else { option(e)? };
                        Some((text(e, "action_id"), text(&found, "value")))
                    });
                    found.map(|(action, value)| (m.ts.clone(), text(b, "block_id"), action, value))
                })
            })
        })
    }

    /// Presses a button.
    pub async fn clicks(&self, who: &str, channel: &str, label: &str) -> String {
        let button = self.button(who, channel, label);
        let button =
            button.unwrap_or_else(|| panic!("{who} sees no button “{label}” in {:?}", self.seen(who, channel)));
        self.presses_in(who, channel, &button).await
    }

    /// Presses a button of the release channel that [`World::button`] found earlier, also for somebody else.
    pub async fn presses(&self, who: &str, button: &(String, String, String, String)) -> String {
        self.presses_in(who, RELEASES, button).await
    }

    /// The same in another channel or a DM.
    pub async fn presses_in(&self, who: &str, channel: &str, button: &(String, String, String, String)) -> String {
        let (ts, block, action, value) = button;
        let before = self.seen(who, channel).len();
        let place = Place::Message { channel: channel.to_owned(), ts: ts.clone() };
        // The choice of a menu comes as an option.
        let pressed = if action.ends_with("#menu") {
            json!({"type": "overflow", "selected_option": {"value": value}})
        } else {
            json!({"value": value})
        };
        self.sim.press(who, place, block, action, pressed).await;
        self.settle().await;
        self.told(who, channel, before)
    }

    /// Presses a button that opens a form; returns the form's id.
    pub async fn opens(&self, who: &str, channel: &str, label: &str) -> String {
        self.clicks(who, channel, label).await;
        self.form(who).await
    }

    /// The id of the form that somebody has open.
    pub async fn form(&self, who: &str) -> String {
        assert!(
            self.sim.until(|w| w.views.iter().any(|v| v.user == who)).await,
            "{who} has no form open: {:?}",
            self.journal_errors()
        );
        self.sim.read(|w| w.views.iter().rfind(|v| v.user == who).map(|v| v.id.clone())).unwrap()
    }

    /// What the open form shows.
    pub fn form_words(&self, who: &str) -> String {
        let view = self.sim.read(|w| w.views.iter().rfind(|v| v.user == who).map(|v| v.view.to_string()));
        view.unwrap_or_default()
    }

    /// The errors of the open form, by field.
    pub fn form_errors(&self, who: &str) -> Vec<(String, String)> {
        self.sim.read(|w| {
            let view = w.views.iter().rfind(|v| v.user == who);
            view.map(|v| v.errors.iter().map(|(k, e)| (k.clone(), e.as_str().unwrap_or_default().to_owned())).collect())
                .unwrap_or_default()
        })
    }

    /// Sends the open form with these fields.
    pub async fn sends(&self, who: &str, fields: &[(&str, &str)]) {
        let id = self.form(who).await;
        let view = self.sim.read(|w| w.views.iter().find(|v| v.id == id).map(|v| v.view.clone())).unwrap();
        for block in view["blocks"].as_array().into_iter().flatten() {
            let element = &block["element"];
            let given = fields.iter().find(|(f, _)| block["block_id"] == *f).map(|(_, v)| *v);
            if element["type"].as_str().is_some_and(|t| t.ends_with("static_select")) {
                let offered = offered(element);
                for value in given.unwrap_or_default().split(',').filter(|v| !v.is_empty()) {
                    assert!(offered.contains(&value.to_owned()), "{value} is not offered: {offered:?}");
                }
            }
        }
        self.forges(who, fields).await;
    }

    /// Sends the open form, also with values that it does not offer.
    pub async fn forges(&self, who: &str, fields: &[(&str, &str)]) {
        let id = self.form(who).await;
        let view = self.sim.read(|w| w.views.iter().find(|v| v.id == id).map(|v| v.view.clone())).unwrap();
        let mut values = serde_json::Map::new();
        for block in view["blocks"].as_array().unwrap() {
            let Some(element) = block.get("element") else { continue };
            let id = block["block_id"].as_str().unwrap();
            let given = fields.iter().find(|(f, _)| *f == id).map(|(_, v)| *v);
            let initial = |key: &str| element.get(key).cloned().unwrap_or(Value::Null);
            let entered = match element["type"].as_str().unwrap() {
                "static_select" => {
                    let option = given
                        .map(|v| json!({"text": {"type": "plain_text", "text": v}, "value": v}))
                        .unwrap_or_else(|| initial("initial_option"));
                    json!({"type": "static_select", "selected_option": option})
                }
                "conversations_select" => {
                    json!({"type": "conversations_select", "selected_conversation": given.map(Value::from).unwrap_or_else(|| initial("initial_conversation"))})
                }
                "multi_conversations_select" => {
                    let chosen = given.map(|g| json!(g.split(',').collect::<Vec<_>>()));
                    json!({"type": "multi_conversations_select", "selected_conversations": chosen.unwrap_or_else(|| initial("initial_conversations"))})
                }
                "multi_static_select" => {
                    let option = |v: &str| json!({"text": {"type": "plain_text", "text": v}, "value": v});
                    let chosen: Vec<Value> = given.unwrap_or_default().split(',').map(option).collect();
                    json!({"type": "multi_static_select", "selected_options": chosen})
                }
                "datepicker" => json!({"type": "datepicker", "selected_date": given}),
                "users_select" => {
                    json!({"type": "users_select", "selected_user": given.map(Value::from).unwrap_or_else(|| initial("initial_user"))})
                }
                kind => {
                    json!({"type": kind, "value": given.map(Value::from).unwrap_or_else(|| initial("initial_value"))})
                }
            };
            values.insert(id.to_owned(), json!({element["action_id"].as_str().unwrap(): entered}));
        }
        self.sim.submit(who, &id, Value::Object(values)).await;
        self.settle().await;
    }

    /// Answers the survey from the DM, by question.
    pub async fn answers(&self, who: &str, answers: &[(usize, &str)]) {
        let dm = self.dm(who);
        let label = ["Answer the survey", "Change my answers", "Answer after all"]
            .into_iter()
            .find(|l| self.button(who, &dm, l).is_some())
            .expect("a survey in the DM");
        self.opens(who, &dm, label).await;
        let ids: Vec<String> = answers.iter().map(|(q, _)| format!("q{q}")).collect();
        let fields: Vec<(&str, &str)> = ids.iter().zip(answers).map(|(id, (_, text))| (id.as_str(), *text)).collect();
        self.sends(who, &fields).await;
    }

    /// Calls that the simulator refused.
    pub fn journal_errors(&self) -> Vec<Call> {
        self.sim.journal().into_iter().filter(|c| c.error.is_some()).collect()
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> usize {
        self.sim.journal().iter().filter(|c| c.method == method).count()
    }

    /// Ends a test in which nothing went wrong: no call was refused, no delivery was left unacknowledged, no message
    /// is stuck.
    pub async fn ends(self) {
        self.ends_with(Left::default()).await;
    }

    /// Ends a test in which Slack refused calls of these methods, and of no others.
    pub async fn ends_refused(self, refused: &[&str]) {
        self.ends_with(Left { refused, ..Left::default() }).await;
    }

    /// Ends a test in which exactly this went wrong.
    pub async fn ends_with(mut self, expected: Left<'_>) {
        self.settle().await;
        let errors = self.journal_errors();
        for method in expected.refused {
            assert!(errors.iter().any(|c| c.method == *method), "no {method} was refused");
        }
        let others = errors.iter().filter(|c| !expected.refused.contains(&c.method.as_str()));
        assert_eq!(others.map(|c| format!("{} {:?}", c.method, c.error)).collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(self.sim.unacked(), expected.unacked);
        // Every block of a message has an id, whichever way the message came.
        let named = |m: &Message| m.blocks.iter().all(|b| b.get("block_id").is_some());
        assert!(self.sim.read(|w| w.messages.iter().all(named)));
        let left = self.stuck().await;
        assert_eq!(left.len(), expected.stuck, "{left:?}");
        self.bot.take().unwrap().stop().await;
        self.ended = true;
    }

    /// Messages that were refused, wait for their channel, or were never confirmed.
    pub async fn stuck(&self) -> Vec<String> {
        let mut tx = self.bot().bot.store.read().await.unwrap();
        lookback::store::undelivered::stuck(&mut tx).await.unwrap()
    }
}

/// The values of a select's options, in groups or not.
fn offered(element: &Value) -> Vec<String> {
    let list = |v: &Value, key: &str| v[key].as_array().cloned().unwrap_or_default();
    let mut options = list(element, "options");
    options.extend(list(element, "option_groups").iter().flat_map(|g| list(g, "options")));
    options.iter().map(|o| o["value"].as_str().unwrap_or_default().to_owned()).collect()
}
