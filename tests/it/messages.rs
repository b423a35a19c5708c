//! The visible text of the bot's messages and forms, in one file that a person can read from top to bottom.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use chrono::Duration;
use serde_json::Value;

use crate::departures::leaves;
use crate::lost_keys::{in_a_survey, key_files};
use crate::pipeline::{asks, token_for};
use crate::recurring_themes::agenda_of;
use crate::release::EXAMPLE;
use crate::themes::{beside, option};
use crate::visible;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback_sim::trackers::Fault;
use lookback_sim::workspace::{ChannelKind, Message};

/// Writes down what is new after each step.
struct Book {
    w: World,
    out: String,
    known: HashSet<String>,
}

fn name(who: &str) -> String {
    who.trim_start_matches(|c: char| c == 'U' || c.is_ascii_digit()).to_lowercase()
}

impl Book {
    async fn new(title: &str) -> Self {
        Self::of(World::new(Transport::Http).await, title)
    }

    fn of(w: World, title: &str) -> Self {
        Self { w, out: format!("\n## {title}\n"), known: HashSet::new() }
    }

    /// Everything that the bot shows now, with the place where it stands.
    fn shown(&self) -> Vec<(String, String)> {
        self.w.sim.read(|s| {
            let place = |m: &Message| match s.channel(&m.channel) {
                _ if m.visible_to.is_some() => "Only they see",
                Some(c) if c.kind == ChannelKind::Im => "By DM",
                _ if m.thread_ts.is_some() => "In the thread",
                _ => "In the channel",
            };
            let mine = |m: &&Message| m.user == s.bot_user && (!m.text.is_empty() || !m.blocks.is_empty());
            let messages = s.messages.iter().filter(mine).map(|m| (place(m).to_owned(), visible::message(m)));
            let forms = s.views.iter().map(|v| ("A form".to_owned(), visible::form(&v.view)));
            let faults = s.views.iter().flat_map(|v| &v.errors);
            let faults = faults.map(|(_, e)| ("At a field".to_owned(), e.as_str().unwrap_or_default().to_owned()));
            let blocks = |view: &Value| visible::all_lines(&visible::list(view, "blocks"));
            let homes = s.homes.iter().map(|(_, v)| ("The Home tab".to_owned(), blocks(v)));
            messages.chain(forms).chain(faults).chain(homes).collect()
        })
    }

    /// Writes the new texts, each once.
    fn look(&mut self, step: &str) {
        let origin = self.w.sim.origin().to_owned();
        let mut new: Vec<(String, String)> = Vec::new();
        for (place, text) in self.shown() {
            let text = without_addresses(&text.replace(&origin, "https://acme.slack.com"));
            if self.known.insert(text.clone()) {
                new.push((place, text));
            }
        }
        new.sort();
        if !new.is_empty() {
            let _ = writeln!(self.out, "\n### {step}");
        }
        for (place, text) in new {
            let _ = writeln!(self.out, "\n{place}:\n\n```text\n{}\n```", text.trim_end());
        }
    }

    async fn says(&mut self, who: &str, text: &str) {
        self.w.says(who, text).await;
        self.look(&format!("{} types `{}`", name(who), text.replace('\n', " ↵ ")));
    }

    /// Closes the forms of somebody, so that the next one is known to be new.
    fn closes(&self, who: &str) {
        self.w.sim.arrange(|s| s.views.retain(|v| v.user != who));
    }

    /// The same where it opens a form.
    async fn asks_for_a_form(&mut self, who: &str, text: &str) {
        self.closes(who);
        self.w.says(who, text).await;
        self.w.form(who).await;
        self.look(&format!("{} types `{text}`", name(who)));
    }

    async fn dms(&mut self, who: &str, text: &str) {
        self.w.dms(who, text).await;
        self.look(&format!("{} types in the DM: {text}", name(who)));
    }

    async fn clicks(&mut self, who: &str, label: &str) {
        self.w.clicks(who, RELEASES, label).await;
        self.look(&format!("{} presses {label}", name(who)));
    }

    /// Presses a button that opens a form.
    async fn opens(&mut self, who: &str, channel: &str, label: &str) {
        self.closes(who);
        self.w.opens(who, channel, label).await;
        let place = if channel == RELEASES { "" } else { " in the DM" };
        self.look(&format!("{} presses {label}{place}", name(who)));
    }

    async fn clicks_dm(&mut self, who: &str, label: &str) {
        self.w.clicks(who, &self.w.dm(who), label).await;
        self.look(&format!("{} presses {label} in the DM", name(who)));
    }

    async fn sends(&mut self, who: &str, fields: &[(&str, &str)]) {
        self.w.sends(who, fields).await;
        self.look(&format!("{} sends the form", name(who)));
    }

    async fn passes(&mut self, by: Duration, what: &str) {
        self.w.advance(by).await;
        self.look(what);
    }

    async fn ends(self) -> String {
        self.w.ends().await;
        self.out
    }
}

/// A message's own number differs from run to run.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("/p17");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| format!("{out}/p{}", part.trim_start_matches(|c: char| c.is_ascii_digit())))
}

/// From the greeting to the agenda.
async fn a_survey() -> String {
    let mut b = Book::new("Before and during the survey").await;
    b.w.sim.open_home(NOOR).await;
    b.w.settle().await;
    b.look("noor opens the Home tab");
    for line in [
        "/retro",
        "/retro help",
        "/retro help all",
        "/retro stop",
        "/retro start",
        "/retro status",
        "/retro trends",
        "/retro history",
        "/retro actions",
    ] {
        b.says(MARIA, line).await;
    }
    b.w.sim.shortcut(MARIA, "start_retro", None).await;
    b.w.form(MARIA).await;
    b.look("maria uses the shortcut Start a retro");
    b.sends(MARIA, &[("channel", RELEASES), ("version", "v2.1.0"), ("closes", "3/4")]).await;
    b.w.sends(MARIA, &[("channel", RELEASES), ("version", "v2.1.0")]).await;
    b.look("maria sends the form again");
    b.asks_for_a_form(MARIA, "/retro data").await;
    b.sends(MARIA, &[("document", EXAMPLE)]).await;
    b.says(NOOR, "/retro survey").await;
    let dm = b.w.dm(NOOR);
    b.opens(NOOR, &dm, "Answer the survey").await;
    b.sends(NOOR, &[]).await;
    b.sends(
        NOOR,
        &[("q0", "The rollback plan gave us confidence"), ("q1", "Noor forgot to tell support"), ("q4", "8")],
    )
    .await;
    b.w.answers(SAM, &[(0, "Blue-green worked"), (1, "The backup took an hour"), (4, "7")]).await;
    b.w.answers(PRIYA, &[(1, "Backups took an hour"), (2, "The staging disk was full")]).await;
    b.dms(JONAS, "The alerts were noisy").await;
    b.dms(JONAS, "skip").await;
    b.dms(JONAS, "retro start was late").await;
    b.says(SAM, "/retro note improve Too many approvals").await;
    b.says(SAM, "/retro notes").await;
    b.says(SAM, "/retro kudos @priya for finding the slow query").await;
    b.says(MARIA, "/retro status").await;
    b.says(MARIA, "/retro nudge").await;
    b.says(SAM, "/retro agenda").await;
    b.passes(Duration::days(2), "two days pass").await;
    b.says(MARIA, "/retro agenda").await;
    b.opens(MARIA, RELEASES, "Hide a note").await;
    b.says(MARIA, "/retro lead @sam").await;
    b.says(SAM, "/retro cancel").await;
    b.ends().await
}

/// The meeting, its themes and its action items, up to the summary.
async fn a_meeting() -> String {
    let mut b = Book::new("The meeting and the summary").await;
    b.asks_for_a_form(MARIA, "/retro config").await;
    b.sends(MARIA, &[("stakeholders", "C03OPS")]).await;
    b.w.says(MARIA, "/retro start v2.0.0 named").await;
    for (who, wish) in [(MARIA, "The backup took an hour"), (NOOR, "Alerts at night"), (SAM, "Nobody knew who decides")]
    {
        b.w.answers(who, &[(0, "Blue-green worked"), (1, wish), (2, "The staging disk was full"), (4, "7")]).await;
    }
    b.w.says(MARIA, "/retro agenda").await;
    b.w.says(SAM, "/retro kudos @priya for finding the slow query").await;
    b.known.clear();
    b.says(MARIA, "/retro meet").await;
    for n in 0..5 {
        if n == 2 {
            let vote = beside(&b.w, "The backup took", "Upvote");
            b.w.presses(JONAS, &vote).await;
            b.look("jonas presses Upvote");
            b.clicks(SAM, "Pass").await;
            b.clicks(MARIA, "Count votes").await;
            b.opens(SAM, RELEASES, "Add a note").await;
            b.sends(SAM, &[("text", "Noor broke the build")]).await;
            b.w.sends(SAM, &[("text", "Noor broke the build")]).await;
            b.look("sam sends the same words again");
            b.opens(NOOR, RELEASES, "Work on a theme").await;
            let theme = option(&b.w, NOOR, "The backup took");
            let act = option(&b.w, NOOR, "What would fix");
            b.w.sends(NOOR, &[("theme", &theme), ("act", &act)]).await;
            b.w.form(NOOR).await;
            b.look("noor chooses a theme and what to do with it");
            b.opens(MARIA, RELEASES, "Arrange themes").await;
            b.sends(MARIA, &[]).await;
            b.w.replies(SAM, "improve: Too many approvals").await;
            b.look("sam replies in the thread");
            b.w.replies(SAM, "action: Rehearse the rollback @noor by 2w").await;
            b.look("sam replies with an action item");
            b.clicks(MARIA, "+5 min").await;
            b.clicks(MARIA, "Pause").await;
            b.clicks(MARIA, "Resume").await;
            b.w.minutes(21).await;
            b.look("the stage runs out of time");
        }
        if n == 4 {
            b.says(MARIA, "/retro action Improve testing @noor by 2w").await;
            b.says(
                MARIA,
                "/retro action Automate the smoke tests of the importer @noor by 2w high because it takes a day",
            )
            .await;
            b.asks_for_a_form(MARIA, "/retro action Add an alert for the queue depth @sam").await;
            b.sends(MARIA, &[("due", "2w")]).await;
            b.says(MARIA, "/retro actions").await;
            b.says(MARIA, "/retro actions all").await;
        }
        b.w.minutes(1).await;
        b.says(MARIA, "/retro next").await;
    }
    b.clicks(MARIA, "Finish").await;
    b.clicks(MARIA, "Finish and post summary").await;
    b.clicks_dm(MARIA, "Send").await;
    for line in [
        "/retro status",
        "/retro trends",
        "/retro history",
        "/retro start v2.0.0",
        "/retro export v2.0.0",
        "/retro cancel",
    ] {
        b.says(MARIA, line).await;
    }
    b.says(MARIA, "/retro start v2.1.0").await;
    b.ends().await
}

/// Action items from the day on which they are given to the day on which they are done.
async fn items() -> String {
    let mut b = Book::new("Action items and their reminders").await;
    b.says(MARIA, "/retro action Automate the smoke tests of the importer @noor by 1w high because it takes a day")
        .await;
    b.clicks_dm(NOOR, "Accept").await;
    b.says(MARIA, "/retro action Write a capacity plan for the database @noor by 1w").await;
    for (label, fields) in [("Change date", &[("due", "next sprint")][..]), ("Hand over", &[("owner", SAM)][..])] {
        let dm = b.w.dm(NOOR);
        b.opens(NOOR, &dm, label).await;
        b.sends(NOOR, fields).await;
    }
    b.clicks_dm(SAM, "Decline").await;
    b.passes(Duration::days(7), "a week passes").await;
    for (label, fields) in [
        ("Snooze", &[("due", "monday")][..]),
        ("Blocked", &[("why", "Waiting for the new disk")][..]),
        ("Won't do", &[("why", "The importer goes away")][..]),
        ("Done", &[("why", "The suite runs in 5 minutes")][..]),
    ] {
        let dm = b.w.dm(NOOR);
        if b.w.button(NOOR, &dm, label).is_none() {
            continue;
        }
        b.opens(NOOR, &dm, label).await;
        b.sends(NOOR, fields).await;
    }
    b.says(MARIA, "/retro action Tune the alerts of the night shift @sam by 1w").await;
    b.passes(Duration::days(16), "sixteen days pass").await;
    b.says(MARIA, "/retro drop 3 not needed any more").await;
    b.says(MARIA, "/retro done 99").await;
    b.w.sim.open_home(SAM).await;
    b.w.settle().await;
    b.look("sam opens the Home tab");
    b.ends().await
}

/// A retro without a call.
async fn without_a_call() -> String {
    let mut b = Book::new("A retro without a call").await;
    b.says(MARIA, "/retro start v1 named async @maria @sam").await;
    b.w.answers(SAM, &[(1, "The backup took an hour")]).await;
    b.says(MARIA, "/retro agenda").await;
    b.says(MARIA, "/retro meet").await;
    b.passes(Duration::hours(6), "six hours pass").await;
    b.clicks_dm(SAM, "I'm done / Pass").await;
    b.passes(Duration::days(2), "two days pass").await;
    b.says(MARIA, "/retro finish").await;
    b.says(MARIA, "/retro start v2 deployed:2026-12-20").await;
    b.ends().await
}

/// Retros that a pipeline asks for.
async fn automatic_starts() -> String {
    let mut b = Book::new("Retros that start automatically").await;
    let (_, token) = token_for(&b.w, RELEASES, false).await;
    for version in ["v1", "v2", "v3"] {
        let body = format!("{{\"version\": \"{version}\", \"deployed_at\": \"2026-11-19T14:00:00Z\"}}");
        asks(&b.w, &token, &body).await;
    }
    b.passes(Duration::hours(8), "a pipeline asks for the retros of v1, v2 and v3").await;
    b.says(SAM, "/retro status").await;
    b.clicks(SAM, "Start now").await;
    b.clicks(SAM, "Skip").await;
    b.opens(MARIA, RELEASES, "Skip").await;
    b.sends(MARIA, &[("text", "only translations")]).await;
    b.opens(MARIA, RELEASES, "Later").await;
    b.sends(MARIA, &[("text", "yesterday")]).await;
    b.sends(MARIA, &[("text", "2026-11-25 10:00")]).await;
    b.passes(Duration::days(7), "a week passes").await;
    b.ends().await
}

/// What is taken from messages of the channel.
async fn shortcuts() -> String {
    let mut b = Book::new("Messages that are kept").await;
    let bot = b.w.sim.read(|s| s.bot_user.clone());
    b.w.sim.member(&bot, RELEASES, false).await;
    b.w.sim.member(&bot, RELEASES, true).await;
    b.w.settle().await;
    b.look("maria invites the bot");
    b.w.sim.say(SAM, RELEASES, None, "We should\nautomate the smoke tests").await;
    b.w.settle().await;
    let ts = b.w.sim.read(|s| s.messages.last().map(|m| m.ts.clone())).unwrap_or_default();
    b.w.sim.shortcut(NOOR, "add_to_retro", Some((RELEASES, &ts))).await;
    b.w.settle().await;
    b.look("noor uses the shortcut Add to retro");
    b.w.sim.shortcut(NOOR, "make_action_item", Some((RELEASES, &ts))).await;
    b.w.form(NOOR).await;
    b.look("noor uses the shortcut Make action item");
    b.sends(NOOR, &[("owner", SAM), ("due", "2w")]).await;
    b.says(SAM, "/retro note improve Too many approvals").await;
    b.says(SAM, "/retro notes").await;
    b.opens(SAM, RELEASES, "Edit").await;
    b.sends(SAM, &[("text", "Too many approvals for a small change")]).await;
    b.clicks(SAM, "Delete").await;
    b.ends().await
}

/// A theme that comes back, the summary for stakeholders, and answers of too few people.
async fn over_several_releases() -> String {
    let mut b = Book::new("Over several releases").await;
    b.w.says(MARIA, "/retro config").await;
    b.w.sends(MARIA, &[("escalate", PRIYA), ("stakeholders", "C03OPS")]).await;
    let wishes = ["The backup took an hour", "Backups took an hour again", "The backup took an hour"];
    for (version, wish) in ["v1.9.0", "v2.0.0", "v2.1.0"].into_iter().zip(wishes) {
        agenda_of(&b.w, version, [wish, "Alerts were noisy at night", "Nobody knew the runbook"]).await;
        b.w.says(MARIA, "/retro finish next:v2.2.0@2027-03-01").await;
        b.w.advance(Duration::days(1)).await;
    }
    b.look("the same theme comes up in three retros");
    let dm = b.w.dm(PRIYA);
    b.opens(PRIYA, &dm, "Ask someone else").await;
    b.opens(PRIYA, &dm, "Answer the four questions").await;
    b.sends(PRIYA, &[]).await;
    b.sends(PRIYA, &[("time", "One day a sprint"), ("why", "The disk is old")]).await;
    b.w.says(MARIA, "/retro start v2.2.0").await;
    b.w.answers(SAM, &[(0, "Blue-green worked")]).await;
    b.w.answers(NOOR, &[(1, "The queue was long")]).await;
    b.says(MARIA, "/retro agenda").await;
    b.clicks_dm(SAM, "Don't share").await;
    b.clicks_dm(SAM, "Share").await;
    b.clicks_dm(NOOR, "Share with my name").await;
    b.ends().await
}

/// People leave, Slack is away, and a backup is restored.
async fn bad_days() -> String {
    let mut b = Book::new("People leave, and a backup is restored").await;
    b.w.says(MARIA, "/retro start v1 @sam @noor closes:72h").await;
    b.w.says(MARIA, "/retro action Automate the smoke tests @sam by 2w").await;
    b.known.extend(b.shown().into_iter().map(|(_, text)| text));
    leaves(&b.w, SAM, true).await;
    b.look("sam's account is deactivated");
    leaves(&b.w, MARIA, true).await;
    b.look("maria, who facilitates, leaves too");
    b.says(NOOR, "/retro lead @noor").await;
    let left = b.ends().await;

    let (w, copy) = in_a_survey(Transport::Http).await;
    let mut b = Book { w, out: left, known: HashSet::new() };
    b.known.extend(b.shown().into_iter().map(|(_, text)| text));
    b.w.minutes(1).await;
    b.w.says(MARIA, "/retro start v2 @noor").await;
    b.w.advance(Duration::hours(1)).await;
    for key in key_files(&b.w).0 {
        std::fs::remove_file(key).unwrap();
    }
    b.w.puts_back(&copy, true).await;
    b.w.minutes(2).await;
    b.look("a backup is restored, and the key of its survey is gone");
    b.says(SAM, "/retro kudos @priya for the calm rollback").await;
    b.clicks_dm(MARIA, "Continue").await;
    b.passes(Duration::minutes(2), "two minutes pass").await;
    b.ends().await
}

/// The sentences of refusals, with their placeholders.
fn refusals() -> String {
    let sources = [
        include_str!("../../crates/core/src/retro/refusal.rs"),
        include_str!("../../crates/core/src/retro/typed_date/unread.rs"),
    ];
    let mut out = "\n## Why something is not done\n\nPlaceholders stand in braces.\n\n".to_owned();
    for source in sources {
        for rest in source.split("#[error(").skip(1) {
            let Some((_, text)) = rest.split_once('"') else { continue };
            let text = text.replace("\\\"", "\0");
            let sentence = text.split('"').next().unwrap_or_default();
            let _ = writeln!(out, "- {}", sentence.replace('\0', "\"").replace("\\n", " ↵ "));
        }
    }
    out
}

/// Action items as tickets, and what can be wrong with them.
async fn tickets() -> String {
    let mut b = Book::of(World::tracking(Transport::Http).await, "Tickets");
    b.asks_for_a_form(MARIA, "/retro config").await;
    for to in ["NOPE", "OPS/Saga", "REQ", "OPS"] {
        b.sends(MARIA, &[("tickets", "jira"), ("tickets_to", to), ("plan", "acme/shop:docs/plans/{version}.md")]).await;
    }
    b.says(MARIA, "/retro start v2.1.0 @sam named").await;
    b.w.answers(SAM, &[(0, "Calm deploy")]).await;
    b.says(MARIA, "/retro agenda").await;
    b.says(MARIA, "/retro action Automate the smoke tests @noor by 2w high").await;
    b.says(MARIA, "/retro action Rehearse the rollback @sam by 3w").await;
    b.w.says(MARIA, "/retro finish").await;
    b.w.minutes(1).await;
    b.look("maria finishes the retro: its items get tickets, its plan a pull request");
    b.says(MARIA, "/retro actions").await;
    b.w.trackers.jira.close("OPS-1", "Done");
    b.w.trackers.jira.close("OPS-2", "Won't Do");
    b.w.advance(Duration::days(4)).await;
    b.look("Both are closed in Jira, one as done, one as Won't Do; days later");
    b.w.trackers.jira.reopen("OPS-2");
    b.w.minutes(6).await;
    b.look("One is opened there again");
    b.w.trackers.jira.delete("OPS-2");
    b.w.minutes(6).await;
    b.look("It is deleted there");
    b.clicks_dm(MARIA, "File again").await;
    b.w.trackers.jira.require("OPS", "Cost centre");
    b.says(MARIA, "/retro action Write the runbook of the importer @sam by 2w").await;
    b.w.trackers.jira.expire();
    b.w.minutes(70).await;
    b.look("The token runs out");
    b.w.trackers.jira.renew();
    b.asks_for_a_form(MARIA, "/retro config").await;
    b.sends(MARIA, &[("tickets", "linear"), ("tickets_to", "ENG")]).await;
    b.w.trackers.linear.desk().fault("*", Fault::Status { code: 503, effect: false }, 1000);
    b.says(MARIA, "/retro action Add an alert for the queue depth of the importer @sam by 2w").await;
    b.w.minutes(20).await;
    b.look("Linear is down for a while");
    b.w.trackers.linear.desk().heal();
    b.w.minutes(20).await;
    b.look("Linear answers again");
    b.ends().await
}

/// `docs/messages.md` is what the bot says now. `LOOKBACK_WRITE=1 cargo test --test it messages` writes it anew.
#[tokio::test]
async fn the_file_of_all_messages_is_what_the_bot_says() {
    let (survey, meeting, items, written) = tokio::join!(a_survey(), a_meeting(), items(), without_a_call());
    let others = tokio::join!(automatic_starts(), shortcuts(), over_several_releases(), bad_days(), tickets());
    let head = "# What Lookback says\n\nThe visible text of its messages and forms, as the simulated workspace shows them. This file is \
generated: `LOOKBACK_WRITE=1 cargo test --test it messages` writes it. Buttons stand in brackets, menus with ▾, parts that fold with ▸.\n";
    let (automatic, kept, releases, bad, tickets) = others;
    let parts = [survey, meeting, items, written, automatic, kept, releases, bad, tickets, refusals()];
    let now = format!("{head}{}", parts.concat());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages.md");
    if std::env::var_os("LOOKBACK_WRITE").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(now.lines()).find(|(kept, now)| kept != now);
    assert!(
        kept == now,
        "docs/messages.md is not what the bot says, first at {differs:?}: write it with LOOKBACK_WRITE=1"
    );
}
