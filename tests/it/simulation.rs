//! Workspaces of thirty days, each made from a seed: people, channels, retros and action items, while calls fail, the bot
//! dies at any moment, the clock jumps, people leave, channels are archived and edits come in any order. After each step
//! the invariants must hold, and in the end, once all is healed, everything must have arrived.
//!
//! `cargo test --test it simulation` runs the seeds that failed once, then 500 others. `LOOKBACK_SEEDS=20000` runs more, and
//! goes on where the last such run ended (`target/simulation.txt`). `LOOKBACK_SEED=17` runs one. The seed decides what
//! people do and what fails; in which order the threads of one process meet, it does not.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use futures_util::FutureExt as _;
use serde_json::json;

use crate::unreadable::count;
use crate::world::{HUMANS, Left, RELEASES, Transport, World};
use lookback_clock::Rng;
use lookback_sim::{Copies, Fault};

/// Seeds that failed once: they are run first.
const KEPT: &str = include_str!("../data/seeds.txt");

/// Seeds in a plain run.
const SEEDS: u64 = 500;

const OPS: &str = "C03OPS";

/// One workspace and what is known to be true of it.
struct Life {
    w: World,
    rng: Rng,
    /// What the bot said that it saved: the texts of notes and action items.
    notes: BTreeSet<String>,
    items: BTreeSet<String>,
    phases: BTreeMap<i64, String>,
    /// Messages of people, which they may edit.
    said: Vec<(String, String)>,
    versions: u32,
    words: u32,
    /// When the bot's clock leapt, or it was started: a wait that it measures may then be shorter.
    leapt: Vec<DateTime<Utc>>,
    /// What fails now.
    chaos: Vec<(Fault, i64)>,
    archived: bool,
    gone: bool,
    log: Log,
}

/// What happened, for whoever has to understand a failure.
type Log = Arc<Mutex<Vec<String>>>;

impl Life {
    async fn new(seed: u64, log: Log) -> Self {
        let transport = if seed.is_multiple_of(4) { Transport::Socket } else { Transport::Http };
        let rng = Rng::seeded(seed);
        let ahead = [0, 0, 0, 200, -3000][usize::try_from(rng.id() % 5).unwrap()];
        let mut w = World::skewed(transport, Duration::seconds(ahead)).await;
        w.left_alone();
        Self {
            w,
            rng,
            notes: BTreeSet::new(),
            items: BTreeSet::new(),
            phases: BTreeMap::new(),
            said: Vec::new(),
            versions: 0,
            words: 0,
            leapt: Vec::new(),
            chaos: Vec::new(),
            archived: false,
            gone: false,
            log,
        }
    }

    fn notes_down(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }

    fn upto(&self, n: i64) -> i64 {
        self.rng.id() % n
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.upto(i64::try_from(of.len()).unwrap())).unwrap()]
    }

    fn who(&self) -> &'static str {
        // The last is a guest, who may not do everything.
        self.one(&HUMANS)
    }

    fn words(&mut self) -> String {
        self.words += 1;
        format!("sim{} {}", self.words, self.one(&["the deploy was calm", "staging is too small", "alerts came late"]))
    }

    /// One thing that somebody does, or that happens.
    async fn step(&mut self) {
        let who = self.who();
        let channel = if self.upto(4) == 0 { OPS } else { RELEASES };
        match self.upto(34) {
            0..=3 => {
                self.versions += 1;
                let how = self.one(&["", " named", " closes:24h", " async", " named closes:12h", " @sam @noor @priya"]);
                let line = format!("/retro start v{}{how}", self.versions);
                self.types(who, channel, &line).await;
            }
            4..=8 => self.answers(who).await,
            9..=11 => {
                let words = self.words();
                let said = self.types(who, channel, &format!("/retro note well {words}")).await;
                // One of an anonymous retro goes with the answers, and may never be shown.
                if said.contains("Noted for *v") && said.contains("lists yours") {
                    self.notes.insert(words);
                }
            }
            12..=14 => {
                let words = self.words();
                let owner = self.one(&["@sam", "@noor", "@priya", "@jonas"]);
                let due = self.one(&["3d", "1w", "2w", "tomorrow"]);
                let said = self.types(who, channel, &format!("/retro action Mend {words} {owner} by {due}")).await;
                if said.contains("Action item") {
                    self.items.insert(format!("Mend {words}"));
                }
            }
            15..=16 => {
                let number = 1 + self.upto(6);
                let what = self.one(&["done", "snooze", "drop"]);
                let rest = if what == "snooze" { " 3d because it waits" } else { "" };
                self.types(who, channel, &format!("/retro {what} {number}{rest}")).await;
            }
            17..=21 => {
                let what = self.one(&["agenda", "meet", "next", "finish", "nudge", "status", "home", "actions"]);
                self.types(who, channel, &format!("/retro {what}")).await;
            }
            22 => {
                self.types(who, channel, "/retro kudos @sam for the patience").await;
            }
            23..=24 => self.talks(who).await,
            25 => self.edits().await,
            26..=28 => self.dies(who).await,
            29 => self.starts_anew(true).await,
            30 => self.leaves_or_comes().await,
            31 => self.archives().await,
            32 => {
                self.notes_down("the clock jumps".to_owned());
                // An hour off is the most that a bot has to bear.
                self.leapt.push(self.w.clock.now());
                self.w.put_right();
                self.w.leaps(Duration::minutes(self.upto(110) - 55)).await;
            }
            _ => self.faults(),
        }
    }

    async fn types(&mut self, who: &str, channel: &str, line: &str) -> String {
        self.notes_down(format!("{who} in {channel}: {line}"));
        self.w.says_in(who, channel, line).await
    }

    async fn answers(&mut self, who: &'static str) {
        let dm = self.w.dm(who);
        if self.w.button(who, &dm, "Answer the survey").is_some() {
            self.notes_down(format!("{who} answers"));
            self.w.clicks(who, &dm, "Answer the survey").await;
            let opened = self.w.sim.read(|s| s.views.iter().any(|v| v.user == who));
            if opened {
                let words = self.words();
                let id = self.w.sim.read(|s| s.views.iter().rfind(|v| v.user == who).map(|v| v.id.clone())).unwrap();
                let values = json!({"q0": {"answer": {"type": "plain_text_input", "value": words}}});
                self.w.sim.submit(who, &id, values).await;
                self.w.settle().await;
                self.w.sim.arrange(|s| s.views.retain(|v| v.user != who));
            }
        } else {
            self.notes_down(format!("{who} types in the DM"));
            self.w.dms(who, "nothing").await;
        }
    }

    /// A message in the channel, kept for the retro by an emoji.
    async fn talks(&mut self, who: &str) {
        let words = self.words();
        self.notes_down(format!("{who} says {words}"));
        self.w.says_in(who, RELEASES, &words).await;
        let ts = self.w.sim.read(|s| s.messages.iter().rfind(|m| m.text == words).map(|m| m.ts.clone()));
        if let Some(ts) = ts {
            self.w.sim.react(who, RELEASES, &ts, "memo").await;
            self.w.settle().await;
            self.said.push((ts, words));
        }
    }

    /// Edits come in the wrong order.
    async fn edits(&mut self) {
        let Some((ts, words)) = self.said.last().cloned() else { return };
        self.notes_down(format!("edits of {words} come in the wrong order"));
        self.w.sim.hold();
        for n in 0..3 {
            self.w.clock.advance(Duration::seconds(1));
            self.w.sim.rewrite(RELEASES, &ts, Some(&format!("{words} edited {n}"))).await;
        }
        self.w.sim.release().await;
        self.w.settle().await;
    }

    /// The process dies somewhere in the middle of what follows from a command.
    async fn dies(&mut self, who: &str) {
        self.versions += 1;
        let line = self.one(&["start", "agenda", "finish", "status"]);
        let line = if line == "start" { format!("/retro start v{}", self.versions) } else { format!("/retro {line}") };
        self.notes_down(format!("{who}: {line}, and the bot dies"));
        self.w.sim.say(who, RELEASES, None, &line).await;
        for _ in 0..self.upto(60) {
            tokio::task::yield_now().await;
        }
        self.starts_anew(false).await;
    }

    /// The bot ends and is started. Its sign-in waits out a failing Slack, for which this clock would have to move.
    async fn starts_anew(&mut self, in_order: bool) {
        self.w.sim.chaos("*", 0, &[]);
        // What Slack said in the last moment may not be saved.
        self.leapt.push(self.w.clock.now());
        if in_order {
            self.w.restart().await;
        } else {
            self.w.crash().await;
        }
        self.w.sim.chaos("*", u64::try_from(self.rng.id()).unwrap(), &self.chaos);
    }

    async fn leaves_or_comes(&mut self) {
        let user = "U05JONAS";
        self.gone = !self.gone;
        let gone = self.gone;
        self.notes_down(format!("{user} is {}", if gone { "gone" } else { "back" }));
        self.w.sim.arrange(|s| s.people.iter_mut().filter(|p| p.id == user).for_each(|p| p.deleted = gone));
        let event = json!({"type": "user_change", "user": {"id": user, "name": "jonas", "tz": "UTC", "deleted": gone}});
        // The bot may have been away.
        if self.upto(2) == 0 {
            self.w.sim.event(event).await;
        }
        self.w.settle().await;
    }

    async fn archives(&mut self) {
        self.archived = !self.archived;
        let (archived, kind) = (self.archived, if self.archived { "channel_archive" } else { "channel_unarchive" });
        self.notes_down(kind.to_owned());
        self.w.sim.arrange(|s| s.channels.iter_mut().filter(|c| c.id == OPS).for_each(|c| c.archived = archived));
        self.w.sim.event(json!({"type": kind, "channel": OPS, "user": HUMANS[0]})).await;
        self.w.settle().await;
    }

    /// Slack begins to fail, in two ways at once, or works again; and it may repeat deliveries.
    fn faults(&mut self) {
        let kinds = [
            Fault::RateLimit(7),
            Fault::Status { code: 503, effect: false },
            Fault::Status { code: 500, effect: true },
            Fault::Error { code: "internal_error", effect: true },
            Fault::LostAnswer,
        ];
        let two: Vec<(Fault, i64)> =
            (0..2).map(|_| (kinds[usize::try_from(self.upto(5)).unwrap()].clone(), 8)).collect();
        self.chaos = if self.chaos.is_empty() { two } else { Vec::new() };
        self.notes_down(format!("faults: {:?}", self.chaos));
        self.w.sim.chaos("*", u64::try_from(self.rng.id()).unwrap(), &self.chaos);
        self.w.sim.copies(Copies { more: usize::try_from(self.upto(2)).unwrap(), new_ids: self.upto(2) == 0 });
    }

    /// What must be true at any moment.
    async fn holds(&mut self) {
        // No message is in Slack twice, and each that is marked as sent is there. What is said once to a person may be
        // said again after a week, when it is forgotten that it was said.
        // The clock may have leapt meanwhile.
        const WEEK: f64 = 6.9 * 86_400.0;
        let (posted, there): (Vec<(String, f64, String)>, HashSet<String>) = self.w.sim.read(|s| {
            let keyed = |m: &lookback_sim::workspace::Message| {
                let key = m.metadata.as_ref()?.pointer("/event_payload/key")?.as_str()?;
                Some((key.to_owned(), m.ts.parse().ok()?, m.text.clone()))
            };
            (s.messages.iter().filter_map(keyed).collect(), s.messages.iter().map(|m| m.ts.clone()).collect())
        });
        let mut last = BTreeMap::new();
        for (key, at, text) in &posted {
            let before = last.insert(key, *at);
            assert!(
                before.is_none_or(|before| at - before > WEEK),
                "posted twice, {:.1} days apart: {text}",
                (at - before.unwrap_or(0.0)) / 86_400.0
            );
        }
        // Nobody put an older copy in the place of the database.
        let hold = self.w.bot().bot.freeze.hold();
        assert!(
            !matches!(hold, lookback::freeze::Hold::Frozen { .. }),
            "the bot takes its own messages for a stranger's"
        );
        let sent: Vec<(String, String)> =
            self.w.rows("select key, ts from card where ts is not null and file_id is null and state = 'idle'").await;
        for (key, ts) in sent {
            assert!(there.contains(&ts), "{key} is marked as sent and is not there");
        }
        // What was saved is there once.
        for table in ["note", "action_item"] {
            let sql =
                format!("select body from {table} where body like '%sim%' group by body, retro_id having count(*) > 1");
            let twice: Vec<(String,)> = self.w.rows(&sql).await;
            assert!(twice.is_empty(), "saved twice in {table}: {twice:?}");
        }
        for (table, saved) in [("note", &self.notes), ("action_item", &self.items)] {
            let kept: Vec<(String,)> = self.w.rows(&format!("select body from {table}")).await;
            for words in saved {
                assert!(kept.iter().any(|(k,)| k.contains(words)), "acknowledged and lost in {table}: {words}");
            }
        }
        // What is over stays over.
        let phases: Vec<(i64, String)> = self.w.rows("select id, phase from retro").await;
        for (id, phase) in phases {
            let before = self.phases.insert(id, phase.clone());
            let over = before.as_deref().is_some_and(|before| before == "closed" || before == "cancelled");
            assert!(!over || before == Some(phase.clone()), "retro {id} was {before:?} and is {phase}");
        }
        // No row failed for good.
        let aside = "select (select count(*) from card where is_aside = true) + (select count(*) from due where is_aside = true)";
        assert_eq!(count(&self.w, aside).await, 0, "rows are set aside");
        // Whose answers an anonymous retro holds stands nowhere beside them.
        let named = "select count(*) from note n join retro r on r.id = n.retro_id where r.is_anonymous = true \
and n.author is not null and n.source_ts is null";
        assert_eq!(count(&self.w, named).await, 0, "a note of an anonymous retro has an author");
    }

    /// Everything is healed: what waits arrives within ten minutes and its pace, and nothing that was said to be saved
    /// is missing.
    async fn ends(mut self) {
        self.w.sim.chaos("*", 0, &[]);
        self.w.sim.clear_faults();
        self.w.sim.copies(Copies::default());
        if self.archived {
            self.archives().await;
        }
        self.leapt.push(self.w.clock.now());
        self.w.put_right();
        self.w.crash().await;
        // Backoff and the hourly try of a channel that took nothing are over by then.
        self.w.minutes(80).await;
        self.holds().await;
        let stuck: Vec<(String,)> = self
            .w
            .rows(&format!(
                "select key || ' ' || state || ' ' || coalesce(error, '') from card c where state in ('sending', 'doubt') \
or state = 'idle' and wanted > sent and due_ms <= {} and not exists (select 1 from card p where p.team_id = c.team_id \
and p.key = c.parent and p.ts is null) and not exists (select 1 from parked_lane l where l.lane = c.lane)",
                self.w.clock.now().timestamp_millis()
            ))
            .await;
        assert!(stuck.is_empty(), "these never arrive: {stuck:#?}");
        self.waits_were_obeyed();
        assert!(!self.w.on_disk().contains(lookback_sim::BOT_TOKEN), "a token is on the disk");
        let Self { w, .. } = self;
        let refused: BTreeSet<String> = w.journal_errors().into_iter().map(|c| c.method).collect();
        let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
        let (unacked, stuck) = (w.sim.unacked(), w.stuck().await.len());
        w.ends_with(Left { refused: &refused, unacked, stuck }).await;
    }

    /// Nobody called a method before the wait was over that Slack had asked for.
    fn waits_were_obeyed(&self) {
        let mut until = BTreeMap::new();
        for call in self.w.sim.journal() {
            if let Some((from, at)) = until.get(&call.method) {
                let leapt = self.leapt.iter().any(|leap| leap >= from && *leap <= call.at);
                // Calls of one moment were under way together.
                assert!(
                    leapt || call.at == *from || call.at >= *at,
                    "{} was called at {} and not before {at}",
                    call.method,
                    call.at
                );
            }
            if call.error.as_deref() == Some("RateLimit(7)") {
                until.insert(call.method, (call.at, call.at + Duration::seconds(7)));
            }
        }
    }
}

/// Thirty days.
async fn live(seed: u64, log: Log) -> Result<(), String> {
    let mut life = Life::new(seed, log).await;
    let lived = AssertUnwindSafe(async {
        for _ in 0..30 {
            for _ in 0..1 + life.upto(2) {
                life.step().await;
                life.holds().await;
            }
            let hours = Duration::hours(24 - life.upto(4));
            life.w.passes(hours).await;
        }
    })
    .catch_unwind()
    .await;
    let told = |fault: Box<dyn std::any::Any + Send>| {
        let words = fault.downcast_ref::<String>().cloned();
        words.or_else(|| fault.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
    };
    let ended = match lived {
        Ok(()) => AssertUnwindSafe(life.ends()).catch_unwind().await,
        Err(fault) => Err(fault),
    };
    ended.map_err(told)
}

/// A workspace that takes three minutes hangs.
async fn within(seed: u64) -> Result<(), String> {
    let log = Log::default();
    let lived = tokio::time::timeout(std::time::Duration::from_secs(180), live(seed, log.clone())).await;
    let why = lived.unwrap_or_else(|_| Err("it hangs".to_owned()));
    why.map_err(|why| format!("{why}\n  {}", log.lock().unwrap().join("\n  ")))
}

fn done_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/simulation.txt")
}

#[test]
fn thirty_days_in_any_order() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let kept: Vec<u64> = KEPT.lines().filter_map(|line| line.split('#').next()?.trim().parse().ok()).collect();
    let (long, one) = (number("LOOKBACK_SEEDS"), number("LOOKBACK_SEED"));
    let before =
        std::fs::read_to_string(done_file()).ok().and_then(|n| n.trim().parse().ok()).filter(|_| long.is_some());
    let first: u64 = before.unwrap_or(0);
    let seeds: Vec<u64> = match one {
        Some(seed) => vec![seed],
        None => kept.into_iter().chain(first..long.unwrap_or(SEEDS)).collect(),
    };
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        // Some of them wait for a moment of the real clock, such as for a connection.
        for _ in 0..2 * std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(seed) = seeds.get(usize::try_from(at).unwrap()) else { return };
                    // With each its own: the simulated Slack ends with it.
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    if let Err(why) = runtime.block_on(within(*seed)) {
                        println!("seed {seed} failed; run it again: LOOKBACK_SEED={seed} cargo test --test it simulation\n  {why}");
                        failed.lock().unwrap().push(*seed);
                    } else if long.is_some() && at % 100 == 99 {
                        println!("{} of {} seeds, {:.0} s", at + 1, seeds.len(), began.elapsed().as_secs_f32());
                        let _ = std::fs::write(done_file(), (first + at).saturating_sub(10).to_string());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("seeds={} failed={} in {:.0} s", seeds.len(), failed.len(), began.elapsed().as_secs_f32());
    if long.is_some() && failed.is_empty() {
        let _ = std::fs::write(done_file(), long.unwrap_or(SEEDS).to_string());
    }
    assert!(failed.is_empty(), "these seeds failed: {failed:?}; keep them in tests/data/seeds.txt");
}
