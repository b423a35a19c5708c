//! A whole meeting of the release process's example, kept as a transcript that a person can read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::release::EXAMPLE;
use crate::themes::{beside, works_on};
use crate::trends::release_of;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// Writes down what happens in the agenda's thread.
struct Minutes {
    w: World,
    log: String,
    seen: BTreeMap<String, String>,
}

impl Minutes {
    /// Writes a line, and what is new in the thread.
    fn note(&mut self, line: &str) {
        let _ = writeln!(self.log, "\n{line}");
        self.look(true);
    }

    /// Writes down new messages and, with `edits`, the new lines of edited ones.
    fn look(&mut self, edits: bool) {
        let thread = self.w.thread(RELEASES);
        let now: Vec<(String, String, String)> = self.w.sim.read(|s| {
            let bot = s.bot_user.clone();
            let shown = |m: &&lookback_sim::workspace::Message| {
                m.visible_to.is_none() && m.user == bot && m.thread_ts.as_deref() == Some(thread.as_str())
            };
            s.messages.iter().filter(shown).map(|m| (m.ts.clone(), m.user.clone(), m.text.clone())).collect()
        });
        for (ts, _, text) in now {
            match self.seen.get(&ts) {
                None => {
                    let _ = writeln!(self.log, "    {}", text.replace('\n', "\n    "));
                }
                Some(before) if *before != text && edits => {
                    let new = text.lines().filter(|l| !before.lines().any(|b| b == *l));
                    for line in new {
                        let _ = writeln!(self.log, "    ~ {line}");
                    }
                }
                Some(_) => {}
            }
            self.seen.insert(ts, text);
        }
    }

    async fn pass(&mut self, minutes: u32) {
        self.w.minutes(minutes).await;
        let _ = writeln!(self.log, "\n… {minutes} minutes");
        self.look(false);
    }

    async fn press(&mut self, who: (&str, &str), label: &str) {
        let said = self.w.clicks(who.0, RELEASES, label).await;
        self.note(&format!("{} presses {label}.{}", who.1, told(&said)));
    }

    async fn reply(&mut self, who: (&str, &str), text: &str) {
        let said = self.w.replies(who.0, text).await;
        self.note(&format!("{}: {text}{}", who.1, told(&said)));
    }

    async fn add(&mut self, who: (&str, &str), text: &str) {
        self.w.opens(who.0, RELEASES, "Add a note").await;
        self.w.sends(who.0, &[("text", text)]).await;
        self.note(&format!("{} adds a note.", who.1));
    }

    async fn vote(&mut self, who: (&str, &str), words: &[&str]) {
        for words in words {
            let button = beside(&self.w, words, "Upvote");
            self.w.presses(who.0, &button).await;
        }
        self.note(&format!("{} gives {} votes.", who.1, words.len()));
    }

    async fn types(&mut self, who: (&str, &str), line: &str) {
        let said = self.w.says(who.0, line).await;
        self.note(&format!("{} types {line}{}", who.1, told(&said)));
    }
}

fn told(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("\n  (to them alone) {}", said.replace('\n', "\n  ")) }
}

const M: (&str, &str) = (MARIA, "maria");

const N: (&str, &str) = (NOOR, "noor");

const S: (&str, &str) = (SAM, "sam");

const P: (&str, &str) = (PRIYA, "priya");

const J: (&str, &str) = (JONAS, "jonas");

/// The example of the release process up to its agenda, with the two releases before it.
pub async fn until_the_agenda(w: &World) {
    release_of(w, "v1.9.0", "5 days", "5 hours", 2, "6").await;
    w.says(NOOR, "/retro done 1 the smoke test of v1.9.0 runs by itself").await;
    release_of(w, "v2.0.0", "4 days", "4 hours", 1, "7").await;
    w.says(MARIA, "/retro start v2.1.0 @maria @noor @sam @priya @jonas previous:v2.0.0 length:85").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("document", EXAMPLE)]).await;
    w.answers(
        SAM,
        &[
            (0, "Blue-Green deployment worked flawlessly\nQuality gates caught issues early"),
            (1, "Smoke test scripts were manual\nDatabase migration took longer than planned"),
            (2, "Blue-Green deployment was easier than expected"),
            (4, "8"),
        ],
    )
    .await;
    w.answers(
        NOOR,
        &[
            (0, "Blue-Green deployment worked\nTeam communication was excellent"),
            (1, "The database migration took longer\nToo many false positive alerts"),
            (2, "Production-scale testing is essential"),
            (4, "9"),
        ],
    )
    .await;
    w.answers(
        PRIYA,
        &[
            (0, "Scope was clear and realistic\nDashboards provided clear visibility"),
            (1, "Smoke tests were manual\nSome runbook steps were unclear"),
            (3, "Rehearse the migration with production data"),
            (4, "9"),
        ],
    )
    .await;
    w.says(JONAS, "/retro kudos @priya for quick issue resolution").await;
    w.says(NOOR, "/retro kudos @sam for thorough migration testing").await;
    w.says(MARIA, "/retro agenda").await;
}

#[tokio::test]
async fn the_whole_meeting_reads_like_a_good_one() {
    let w = World::new(Transport::Socket).await;
    until_the_agenda(&w).await;
    let mut t = Minutes { w, log: String::new(), seen: BTreeMap::new() };
    t.look(true);
    t.log = String::from(
        "The meeting for v2.1.0, 85 minutes, anonymous. Lines after ~ are new in a message that was edited.\n",
    );
    t.press(M, "Start the meeting").await;
    t.pass(3).await;
    t.reply(M, "Welcome everybody. The figures first, then what you wrote.").await;
    t.pass(2).await;
    t.press(M, "Next: What went well").await;
    t.reply(N, "Blue-green let us roll back in a second if we had to.").await;
    t.reply(S, "well: the rollback plan gave us confidence").await;
    works_on(&t.w, NOOR, "Blue-Green deployment worked", "Why did this work?").await;
    t.w.sends(NOOR, &[("why", "We rehearsed the switch on staging twice")]).await;
    t.note("noor answers why it worked.");
    t.press(P, "I'm done / Pass").await;
    t.press(J, "I'm done / Pass").await;
    t.vote(N, &["Blue-Green", "Team communication"]).await;
    t.vote(S, &["Blue-Green", "Quality gates"]).await;
    t.pass(18).await;
    t.reply(M, "Great list. Anything we should write into the plan for next time?").await;
    t.pass(5).await;
    t.press(M, "Next: What could be improved").await;
    t.add(J, "Communication lag between deployment and support").await;
    t.types(S, "/retro note improve Noor forgot to tell support about the window").await;
    works_on(&t.w, PRIYA, "Smoke test", "What would fix it?").await;
    t.w.sends(
        PRIYA,
        &[
            ("text", "Automate the smoke test suite with Playwright"),
            ("owner", SAM),
            ("due", "2w"),
            ("priority", "high"),
        ],
    )
    .await;
    let said = t.w.last_alone(PRIYA);
    t.note(&format!("priya says what would fix the smoke tests.{}", told(&said)));
    works_on(&t.w, NOOR, "The database migration", "5 Whys").await;
    t.w.sends(
        NOOR,
        &[
            ("problem", "Database migration took 33% longer"),
            ("why1", "Production data volume larger than expected"),
            ("why2", "Didn't test with production-sized dataset"),
            ("why3", "Staging has smaller dataset"),
            ("why4", "Cost optimization to keep staging small"),
            ("why5", "Haven't invested in data generation tools"),
            ("cause", "No strategy for production-scale testing"),
        ],
    )
    .await;
    let said = t.w.last_alone(NOOR);
    t.note(&format!("noor asks why five times.{}", told(&said)));
    works_on(&t.w, NOOR, "The database migration", "What would fix it?").await;
    t.w.form(NOOR).await;
    assert!(t.w.form_words(NOOR).contains("Root cause: No strategy for production-scale testing"));
    t.w.sends(
        NOOR,
        &[
            ("text", "Create a production-scale test database"),
            ("owner", NOOR),
            ("due", "before next release"),
            ("priority", "high"),
        ],
    )
    .await;
    t.note("noor makes an action item of the root cause.");
    t.vote(S, &["The database migration", "Smoke test", "Too many"]).await;
    t.vote(N, &["The database migration", "Too many"]).await;
    t.vote(J, &["The database migration", "Communication lag"]).await;
    t.press(M, "Count votes").await;
    for who in [P, N, S] {
        t.press(who, "I'm done / Pass").await;
    }
    t.pass(20).await;
    t.press(M, "Next: Surprises and learnings").await;
    t.reply(J, "surprise: intensive monitoring in the first 4 hours paid off").await;
    t.pass(9).await;
    t.press(M, "Next: Action items").await;
    t.types(M, "/retro action Tune the alert thresholds so that fewer than 2 pages a night are false @jonas by 1w high because of false positives").await;
    t.types(M, "/retro action Improve testing @sam by 2w").await;
    t.types(P, "/retro action Add the rollback steps of the migration to the deployment runbook @priya by 1w").await;
    t.pass(14).await;
    t.press(M, "Next: Celebrate wins").await;
    t.types(M, "/retro kudos @noor for excellent communication").await;
    t.pass(4).await;
    let said = t.w.clicks(MARIA, RELEASES, "Finish").await;
    t.note(&format!("maria presses Finish.{}", told(&said)));
    t.press(M, "Hide").await;
    t.press(M, "Finish and post summary").await;
    let dm = t.w.dm(MARIA);
    let health = t.w.seen(MARIA, &dm).into_iter().rfind(|m| m.contains("*v2.1.0* itself went")).expect("health");
    t.note(&format!("In maria's DM:\n  {}", health.replace('\n', "\n  ")));
    insta::assert_snapshot!("meeting", t.log);
    t.w.ends().await;
}
