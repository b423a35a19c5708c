//! An attacker who holds every byte but the keys, and says who wrote what.
//!
//! They have the data folder (database, WAL, all that lies beside it) from before, during and after each survey, every row
//! of every table, the log at its finest, the number of characters of each text, and Slack's times: when somebody
//! answered, and when words appeared. Each path gives every text an author. Where a path finds nothing it guesses, so that
//! chance is one in as many people as there are.
//!
//! `LOOKBACK_SURVEYS=1000 cargo test --test it attacker -- --nocapture` prints the figures of more surveys.

mod loot;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use lookback_sim::Fault;
use lookback_sim::workspace::{Person, Workspace};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::world::{RELEASES, Transport, World};
use loot::Loot;

/// What somebody wrote, and when.
struct Written {
    text: String,
    /// The words with which it begins, which are nobody else's.
    mark: String,
    author: usize,
    at: i64,
}

/// How often a path was right, and how often chance is.
#[derive(Default)]
struct Score {
    texts: u32,
    hits: u32,
    chance: f64,
    variance: f64,
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

impl Log {
    /// Of everything that this thread does. A subscriber of one thread alone would miss what others have done before:
    /// whether anybody listens at a place is asked once.
    fn of_this_thread() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let lines = lines.with_filter(dynamic_filter_fn(|_, _| LISTENS.get()));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();
        LISTENS.set(true);
        log
    }

    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

struct Attacker {
    w: World,
    log: Log,
    people: Vec<String>,
    random: u64,
    scores: BTreeMap<String, Score>,
}

fn drawn(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % n
}

/// What the attacker says of a text who knows nothing: always the same, whatever else they found.
fn guess(path: &str, mark: &str, n: usize) -> usize {
    let mut state = 0;
    for byte in path.bytes().chain(mark.bytes()) {
        state ^= u64::from(byte);
        drawn(&mut state, 2);
    }
    drawn(&mut state, n)
}

fn shuffled(state: &mut u64, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, drawn(state, i + 1));
    }
    order
}

impl Attacker {
    async fn loot(&self) -> Loot {
        Loot::take(&self.w, &self.people).await
    }

    /// Decides what people do.
    fn random(&mut self, n: usize) -> usize {
        drawn(&mut self.random, n)
    }

    fn shuffled(&mut self, n: usize) -> Vec<usize> {
        shuffled(&mut self.random, n)
    }

    /// Words that nobody else writes, and after them some that no compressor makes much shorter.
    fn words(&mut self, author: usize) -> Written {
        let mark = format!("words {:08x}", self.random(1 << 31));
        let more = self.random(80);
        let more: Vec<String> = (0..more).map(|_| format!("{:016x}", self.random(usize::MAX >> 1))).collect();
        let text = format!("{mark} {}", more.join(" ")).trim_end().to_owned();
        Written { text, mark, author, at: self.w.clock.now().timestamp_millis() }
    }

    /// Each text has one author of `n`, whatever is said of the others.
    fn score_each(&mut self, path: &str, texts: &[Written], n: usize, found: &[Option<usize>]) {
        for (text, found) in texts.iter().zip(found) {
            let guessed = found.unwrap_or_else(|| guess(path, &text.mark, n));
            let score = self.scores.entry(path.to_owned()).or_default();
            #[expect(clippy::cast_precision_loss, reason = "a dozen people")]
            let chance = 1.0 / n as f64;
            score.texts += 1;
            score.hits += u32::from(guessed == text.author);
            score.chance += chance;
            score.variance += chance * (1.0 - chance);
        }
    }

    /// The texts in some order are those of the people in the order of their answers: one of them is right on average,
    /// with a variance of one.
    fn score_order(&mut self, path: &str, texts: &[Written], place: impl Fn(&Written) -> i64) {
        // What the order does not tell is guessed.
        let mut sorted: Vec<&Written> = texts.iter().collect();
        sorted.sort_by_key(|t| (place(t), guess(path, &t.mark, 1 << 20)));
        let hits = |of: &mut dyn Iterator<Item = &&Written>| {
            u32::try_from(of.zip(texts).filter(|(guessed, wrote)| guessed.text == wrote.text).count()).unwrap()
        };
        // Upwards and downwards are two paths; the better one of all surveys counts for neither.
        let (up, down) = (hits(&mut sorted.iter()), hits(&mut sorted.iter().rev()));
        for (path, hits) in [(path, up), (DOWN.iter().find(|d| d.0 == path).unwrap().1, down)] {
            let score = self.scores.entry(path.to_owned()).or_default();
            score.texts += u32::try_from(texts.len()).unwrap();
            score.hits += hits;
            score.chance += 1.0;
            score.variance += 1.0;
        }
    }

    /// Whose id lies beside the text in a file, or stands in a row with it, or in one with its id.
    fn score_near(&mut self, what: &str, loot: &Loot, texts: &[Written], n: usize) {
        let found: Vec<_> = texts.iter().map(|t| loot.neighbour(&t.mark)).collect();
        self.score_each(&format!("{what}: id beside it"), texts, n, &found);
        let found: Vec<_> = texts.iter().map(|t| loot.beside(&t.mark)).collect();
        self.score_each(&format!("{what}: person in its row"), texts, n, &found);
    }

    /// Whoever has the longest sheet wrote the longest text.
    fn score_longest(&mut self, texts: &[Written], lengths: &BTreeMap<usize, i64>, n: usize) {
        let longest = lengths.values().max().copied();
        let mut of: Vec<usize> = lengths.iter().filter(|(_, l)| Some(**l) == longest).map(|(who, _)| *who).collect();
        let text = texts.iter().max_by_key(|t| t.text.len()).unwrap();
        let found = of.swap_remove(guess("longest", &text.mark, of.len()));
        self.score_each("survey: longest sheet", std::slice::from_ref(text), n, &[Some(found)]);
    }
}

/// The paths by order, upwards and downwards.
const DOWN: [(&str, &str); 5] = [
    ("place in the file", "place in the file, from its end"),
    ("order of ids", "order of ids, from the last"),
    ("order in the agenda", "order in the agenda, from its end"),
    ("meeting: place in the file", "meeting: place in the file, from its end"),
    ("withheld: order in the agenda", "withheld: order in the agenda, from its end"),
];

/// How words reach a survey.
#[derive(Clone, Copy)]
enum Way {
    Form,
    /// In the DM, and used after the bot has asked.
    Typed,
    Note,
    NoteInDm,
}

impl Attacker {
    async fn new() -> Self {
        let mut ws = Workspace::example();
        let people: Vec<String> = (0..12).map(|n| format!("U1{n:03}")).collect();
        for id in &people {
            ws.people.push(Person { id: id.clone(), name: id.to_lowercase(), tz: "UTC".into(), ..Person::default() });
            ws.channels[0].members.push(id.clone());
        }
        let w = World::with(Transport::Http, ws).await;
        Self { w, log: Log::default(), people, random: 0x9e37_79b9_7f4a_7c15, scores: BTreeMap::new() }
    }

    async fn waits(&mut self) {
        let seconds = i64::try_from(5 + self.random(100)).unwrap();
        self.w.passes(Duration::seconds(seconds)).await;
    }

    async fn starts(&self, version: &str, n: usize) {
        let names: Vec<String> = self.people[..n].iter().map(|u| format!("<@{u}>")).collect();
        self.w.says(&self.people[0], &format!("/retro start {version} {}", names.join(" "))).await;
    }

    /// Somebody writes; the moment and the words.
    async fn writes(&mut self, author: usize, way: Way) -> Written {
        let (written, who) = (self.words(author), self.people[author].clone());
        let (dm, text) = (self.w.dm(&who), &written.text);
        match way {
            Way::Form => {
                let question = self.random(4);
                self.w.answers(&who, &[(question, text)]).await;
            }
            Way::Typed => {
                self.w.dms(&who, text).await;
                self.w.clicks(&who, &dm, "Use what I typed").await;
            }
            Way::Note => drop(self.w.says(&who, &format!("/retro note improve {text}")).await),
            Way::NoteInDm => {
                self.w.says_in(&who, &dm, &format!("lookback note improve {text} in <#{RELEASES}>")).await;
                self.w.clicks(&who, &dm, "Use what I typed").await;
            }
        }
        written
    }

    /// The sealed sheets: the name of each, its length, and how it begins.
    async fn sheets(&self) -> BTreeMap<String, (i64, String)> {
        let found: Vec<(Vec<u8>, Vec<u8>)> = self.w.rows("select alias, body from sheet").await;
        let sheet = |(alias, body): (Vec<u8>, Vec<u8>)| {
            (hex::encode(alias), (i64::try_from(body.len()).unwrap(), hex::encode(&body[..24])))
        };
        found.into_iter().map(sheet).collect()
    }

    /// A whole survey, attacked; its texts are in the agenda.
    async fn survey(&mut self, number: usize, n: usize) {
        let version = format!("v{number}");
        let early = self.early_and_waiting(number).await;
        self.starts(&version, n).await;
        self.w.minutes(2).await;
        let begun = self.loot().await;
        let (mut texts, mut lengths) = (Vec::new(), BTreeMap::new());
        let mut before = self.sheets().await;
        let order = self.shuffled(n);
        let silent = self.random(3);
        for (i, author) in order.into_iter().enumerate() {
            self.waits().await;
            if i + silent >= n {
                let who = self.people[author].clone();
                self.w.clicks(&who, &self.w.dm(&who), "Nothing to add").await;
            } else {
                let way = [Way::Form, Way::Form, Way::Typed, Way::Note, Way::NoteInDm][self.random(5)];
                let text = self.writes(author, way).await;
                texts.push(text);
            }
            let now = self.sheets().await;
            for (_, sheet) in now.iter().filter(|(name, sheet)| before.get(*name) != Some(*sheet)) {
                lengths.insert(author, sheet.0);
            }
            before = now;
        }
        let during = self.loot().await;
        let mut log = self.log.take();
        self.w.says(&self.people[0], &format!("/retro agenda {version}")).await;
        self.w.minutes(1).await;
        log.push_str(&self.log.take());
        let after = self.loot().await;
        let people = self.people.len();
        for (path, loot, texts, n) in [
            ("note before the start", &begun, &early, people),
            ("survey, before the close", &during, &texts, n),
            ("survey, after the close", &after, &texts, n),
        ] {
            self.score_near(path, loot, texts, n);
        }
        let found: Vec<_> = texts.iter().map(|t| after.by_time_of_row(t, &texts)).collect();
        self.score_each("survey: time in its row", &texts, n, &found);
        let found: Vec<_> = texts.iter().map(|t| after.in_log(&log, &t.mark)).collect();
        self.score_each("survey: line of the log", &texts, n, &found);
        self.score_longest(&texts, &lengths, n);
        let agenda = self.w.public(RELEASES).join("\n");
        let id = |t: &Written| after.keys(&t.mark).first().and_then(|id| id.parse().ok()).unwrap_or(0);
        let place = |all: &str, t: &Written| all.rfind(&t.mark).map_or(0, |at| i64::try_from(at).unwrap());
        self.score_order("place in the file", &texts, |t| place(&after.bytes, t));
        self.score_order("order of ids", &texts, id);
        self.score_order("order in the agenda", &texts, |t| place(&agenda, t));
    }
}

impl Attacker {
    /// A note before the retro starts, and a command that waits until Slack has said who is in a new channel.
    async fn early_and_waiting(&mut self, number: usize) -> Vec<Written> {
        let author = self.random(self.people.len());
        let early = self.writes(author, Way::Note).await;
        self.waits().await;
        let (channel, author) = (format!("C7{number:03}"), self.random(self.people.len()));
        let (who, members) = (self.people[author].clone(), self.people.clone());
        self.w.sim.arrange(|s| {
            let mut new = s.channels[0].clone();
            (new.id, new.name) = (channel.clone(), channel.to_lowercase());
            new.members.extend(members);
            s.channels.push(new);
        });
        self.w.sim.fault("conversations.members", Fault::RateLimit(30), 1);
        let waiting = self.words(author);
        self.w.sim.say(&who, &channel, None, &format!("/retro note improve {}", waiting.text)).await;
        self.w.bot().engine.quiet().await;
        let loot = self.loot().await;
        self.score_near("command that waits", &loot, &[waiting], self.people.len());
        self.w.minutes(2).await;
        vec![early]
    }

    /// The messages in everybody's DM, which an attacker finds by trying each moment: whose, where and when.
    fn typed(&self) -> Vec<(usize, String, String)> {
        let all = self.people.iter().enumerate().map(|(who, id)| (who, id, self.w.dm(id)));
        let of = |(who, id, dm): (usize, &String, String)| {
            let all = self.w.sim.read(|s| {
                let theirs = s.messages.iter().filter(|m| m.channel == dm && m.user == *id);
                theirs.map(|m| m.ts.clone()).collect::<Vec<_>>()
            });
            all.into_iter().map(move |ts| (who, dm.clone(), ts))
        };
        all.flat_map(of).collect()
    }

    /// The meeting after it: notes and root causes.
    async fn meeting(&mut self, n: usize) {
        self.w.says(&self.people[0], "/retro meet").await;
        for _ in 1..3 {
            self.waits().await;
            self.w.says(&self.people[0], "/retro next").await;
        }
        let mut texts = Vec::new();
        for author in self.shuffled(n) {
            self.waits().await;
            let who = self.people[author].clone();
            let written = match self.random(3) {
                0 => self.writes(author, Way::Note).await,
                1 => self.writes(author, Way::NoteInDm).await,
                _ => {
                    let written = self.words(author);
                    self.w.says(&who, "/retro whys It took long").await;
                    self.w
                        .sends(&who, &[("why1", "It is slow"), ("why2", "It is old"), ("cause", &written.text)])
                        .await;
                    written
                }
            };
            texts.push(written);
        }
        let during = self.loot().await;
        self.w.minutes(2).await;
        let (after, log) = (self.loot().await, self.log.take());
        let found: Vec<_> = texts.iter().map(|t| during.by_moment(t.at)).collect();
        self.score_each("meeting: row of the moment it appeared", &texts, n, &found);
        let typed = self.typed();
        let found: Vec<_> = texts.iter().map(|t| during.by_digest(&typed, t.at)).collect();
        self.score_each("meeting: digest of the moment it appeared", &texts, n, &found);
        self.score_near("meeting, at once", &during, &texts, n);
        self.score_near("meeting, later", &after, &texts, n);
        let found: Vec<_> = texts.iter().map(|t| after.in_log(&log, &t.mark)).collect();
        self.score_each("meeting: line of the log", &texts, n, &found);
        let place = |t: &Written| after.bytes.rfind(&t.mark).map_or(0, |at| i64::try_from(at).unwrap());
        self.score_order("meeting: place in the file", &texts, place);
    }

    /// Two of those who are asked write. Both share it, one after the other.
    async fn withheld(&mut self, number: usize, n: usize) {
        let version = format!("v{number}");
        self.starts(&version, n).await;
        let mut texts = Vec::new();
        for author in self.shuffled(n).into_iter().take(2) {
            self.waits().await;
            texts.push(self.writes(author, Way::Form).await);
        }
        self.w.says(&self.people[0], &format!("/retro agenda {version}")).await;
        let held = self.loot().await;
        self.score_near("withheld", &held, &texts, n);
        if self.random(2) == 0 {
            texts.reverse();
        }
        let mut shown: Vec<Option<usize>> = vec![None; 2];
        for presses in 0..2 {
            self.waits().await;
            let who = self.people[texts[presses].author].clone();
            if self.w.button(&who, &self.w.dm(&who), "Share").is_some() {
                self.w.clicks(&who, &self.w.dm(&who), "Share").await;
            }
            let public = self.w.public(RELEASES).join("\n");
            for (text, shown) in
                texts.iter().zip(&mut shown).filter(|(t, shown)| shown.is_none() && public.contains(&t.mark))
            {
                // What appears at a press is of whoever pressed; where both appear, it is no clue.
                let other = texts.iter().find(|t| t.author != text.author).unwrap();
                *shown = (!public.contains(&other.mark)).then_some(texts[presses].author);
            }
        }
        // What appears with other words is of one of the two; what never appears has no author.
        let public = self.w.public(RELEASES).join("\n");
        let authors = [texts[0].author, texts[1].author];
        let found: Vec<Option<usize>> = (texts.iter().zip(shown).filter(|(t, _)| public.contains(&t.mark)))
            .map(|(t, shown)| shown.or_else(|| Some(authors[guess("withheld", &t.mark, 2)])))
            .collect();
        texts.retain(|t| public.contains(&t.mark));
        self.score_each("withheld: moment it appeared", &texts, 2, &found);
        let place = |t: &Written| public.rfind(&t.mark).map_or(0, |at| i64::try_from(at).unwrap());
        self.score_order("withheld: order in the agenda", &texts, place);
    }
}

#[tokio::test]
async fn the_attacker_guesses_no_better_than_chance() {
    let surveys = std::env::var("LOOKBACK_SURVEYS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let log = Log::of_this_thread();
    let mut a = Attacker::new().await;
    a.log = log;
    for number in 0..surveys {
        let n = 5 + number % 8;
        if number % 4 == 3 {
            a.withheld(number, n).await;
        } else {
            a.survey(number, n).await;
        }
        if number % 4 == 1 {
            a.meeting(n).await;
        }
        a.w.says(&a.people[0], &format!("/retro cancel v{number}")).await;
        a.w.clicks(&a.people[0], RELEASES, "Cancel the retro").await;
        a.log.take();
    }
    println!("{:45} {:>6} {:>6} {:>8} {:>8}", "path", "texts", "right", "chance", "at most");
    let mut named = Vec::new();
    for (path, score) in &a.scores {
        let most = score.chance + 3.0 * score.variance.sqrt();
        println!("{path:45} {:>6} {:>6} {:>8.1} {most:>8.1}", score.texts, score.hits, score.chance);
        if f64::from(score.hits) > most {
            named.push(path.clone());
        }
    }
    a.w.ends_refused(&["conversations.members"]).await;
    assert!(named.is_empty(), "the author can be told by: {named:#?}");
}
