//! The words of the main conversations, as people see them. A change of words shows here.

use chrono::Duration;

use crate::themes::in_stage;
use crate::visible::{self, all_lines, list, message};
use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World, written};

/// The newest message that somebody sees in a channel, of those with these words.
fn newest(w: &World, who: &str, channel: &str, words: &str) -> String {
    let found = w.sim.read(|s| s.seen_by(who, channel).filter(|m| written(&m.text).contains(words)).last().cloned());
    message(&found.unwrap_or_else(|| panic!("no “{words}” in {:?}", w.seen(who, channel))))
}

/// The open form.
fn form(w: &World, who: &str) -> String {
    visible::form(&serde_json::from_str(&w.form_words(who)).unwrap())
}

/// What somebody is told after they typed this.
async fn told(w: &World, who: &str, line: &str) -> String {
    let said = w.says(who, line).await;
    assert!(!said.is_empty(), "nothing is said to {line}");
    newest(w, who, RELEASES, &said)
}

#[tokio::test]
async fn a_start() {
    let w = World::new(Transport::Http).await;
    insta::assert_snapshot!(told(&w, MARIA, "/retro start v2.1.0").await, @r"
    The retro for *v2.1.0* is open. I'm asking 8 people by DM; the survey closes Tue 24 Nov 2026, 17:00 (Europe/Berlin).
    Still missing: deployment date and release figures.
    [Add release data]
    ");
    insta::assert_snapshot!(newest(&w, SAM, RELEASES, "Retrospective of"), @r"
    # Retrospective of v2.1.0
    I've sent a short survey by DM.
    ░░░░░░░░ 0 of 8 answered
    The survey closes Tue 24 Nov 2026, 17:00 (Europe/Berlin).
    [Answer the survey]
    Facilitator: <@U01MARIA> · anonymous · about 2 minutes
    ");
    let dm = w.dm(SAM);
    insta::assert_snapshot!(newest(&w, SAM, &dm, "Six questions"), @r"
    <@U01MARIA> would like your view on the *v2.1.0* release (<#C01REL>).
    Six questions, about two minutes; one answer is enough. The survey closes Tue 24 Nov 2026, 11:00 (America/New_York).
    [Answer the survey] [Nothing to add] [I wasn't part of it]
    🔒 Anonymous. Your answers stay sealed until the survey closes and appear without your name. If fewer than 3 people write something, I'll ask you before I share anything. People may still recognize your writing style.
    ");
    w.ends().await;
}

#[tokio::test]
async fn the_form_of_the_survey() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Answer the survey").await;
    insta::assert_snapshot!(form(&w, SAM), @r"
    # Release survey
    ℹ Your answers are anonymous.
    *v2.1.0*. Write one thought per line. Please answer at least one question.
    What went well in this release? (optional): []
    What could have been better? (optional): []
    What surprised you? (optional): []
    What would you change for next time? (optional): []
    On a scale of 1-10, how smooth was this release? (optional): [ ▾ 1: lowest / 2 / 3 / 4 / 5 / 6 / 7 / 8 / 9 / 10: highest]
    Any other thoughts? (optional): []
    [Cancel] [Submit answers]
    ");
    w.sends(SAM, &[("q0", "The rollback was calm")]).await;
    insta::assert_snapshot!(w.last(SAM, &dm), @r"Thank you, your answers on the *v2.1.0* release (<#C01REL>) are saved. You can change them until Tue 24 Nov 2026, 11:00 (America/New_York).");
    w.ends().await;
}

#[tokio::test]
async fn the_agenda() {
    let w = World::new(Transport::Http).await;
    crate::meeting::agenda(&w, "named").await;
    insta::assert_snapshot!(newest(&w, SAM, RELEASES, "Agenda"), @r"
    # Agenda: retrospective of v2.1.0
    *Smoothness*: 8.0/10, 7 to 9 (3 scores)
    1. Release summary · 4 min
    2. What went well · 14 min
    • Blue-green worked – <@U03SAM> ×2
    • The plan was clear – <@U03SAM>
    3. What could be improved · 18 min
    • Backups took long – <@U02NOOR> ×2
    • Alerts at night – <@U03SAM>
    • Nobody knew who decides – <@U04PRIYA>
    4. Surprises and learnings · 7 min
    • Users loved it – <@U02NOOR>
    5. Action items · 14 min
    • Rehearse the migration – <@U04PRIYA>
    6. Celebrate wins · 3 min
    60 minutes · Facilitator: <@U01MARIA> · 3 of 8 answered · All notes are in the thread
    [Start the meeting] [Finish] [Hide a note] [Add release data]
    ");
    w.ends().await;
}

#[tokio::test]
async fn a_stage_of_the_meeting() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    insta::assert_snapshot!(newest(&w, SAM, RELEASES, "3 of 6"), @r"
    # 3 of 6: What could be improved
    *18 minutes left*, until 10:20 (Europe/Berlin). Facilitator: <@U01MARIA>.
    [Next: Surprises and learnings] [+5 min] [Pause] [Count votes] [Arrange themes]
    • What caused friction or delay?
    • Where did time or effort go to waste?
    • Which risks did we miss?
    • What would make the next release easier?
    You each have 3 votes. Press Upvote again to take a vote back. Totals appear once the votes are counted.
    *Backups took long* – noor ×2
    • The backup took long – sam
    [Upvote]
    *Alerts at night* – sam
    [Upvote]
    *Nobody knew who decides* – priya
    [Upvote]
    Up next: <@U02NOOR>, then gil (guest), jonas, lena, sam, priya, tomas, maria.
    [Add a note] [Work on a theme] [Pass]
    Reply in this thread with `well:`, `improve:`, `surprise:`, `change:`, `other:` or `note:` to add a note, or with `action:` to add an action item.
    ");
    w.ends().await;
}

#[tokio::test]
async fn an_action_item_and_its_reminder() {
    let w = World::new(Transport::Http).await;
    insta::assert_snapshot!(told(&w, MARIA, "/retro action Improve testing @noor by 2w").await, @r"
    “Improve testing” isn't saved yet. It's a direction, not a finish line yet. How will you know it's done? For example: “Automate the smoke tests with Playwright, so that they run in ten minutes.”
    [Reword it] [Keep it as it is]
    ");
    insta::assert_snapshot!(told(&w, MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24 high").await, @"Added *#1* Write the rollback runbook (<@U02NOOR>, due Tue 24 Nov 2026, high).");
    // Monday 23 November, 09:30 in Berlin.
    w.advance(Duration::days(3)).await;
    let dm = w.dm(NOOR);
    insta::assert_snapshot!(newest(&w, NOOR, &dm, " due:"), @r"
    You have 1 action item due:
    *Due tomorrow (Tue 24 Nov 2026)*, high priority · *#1* Write the rollback runbook in <#C01REL>
    [Done] [Snooze] [ ▾ Change date / Hand over / Blocked / Won't do]
    ");
    w.ends().await;
}

#[tokio::test]
async fn the_summary() {
    let w = World::new(Transport::Http).await;
    crate::meeting::agenda(&w, "named").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2w high because nobody knew the steps").await;
    w.says(SAM, "/retro kudos @noor for the calm rollback").await;
    insta::assert_snapshot!(told(&w, MARIA, "/retro finish next:v2.2.0@2026-12-20").await, @"The retro for *v2.1.0* is finished. I'm posting the summary in the channel and the document in its thread. Thank you!");
    insta::assert_snapshot!(newest(&w, SAM, RELEASES, "retrospective: summary"), @r"
    # v2.1.0 release retrospective: summary
    *Smoothness*
    8.0/10, 7 to 9 (3 scores)
    ---
    What went well ✅
    • Blue-green worked ×2
    • The plan was clear
    What could be improved 🔧
    • Backups took long ×2
    • Alerts at night
    • Nobody knew who decides
    Key learnings 💡
    • Users loved it
    What to change next time
    • Rehearse the migration
    ---
    Action items
    • #1 Write the rollback runbook (<@U02NOOR>, due Fri 4 Dec 2026, high)
    Kudos 🎉
    • <@U02NOOR> for the calm rollback
    Fri 20 Nov 2026 · 3 of 8 people answered the survey. Thank you to everyone who took part! Next retrospective: after v2.2.0, planned for Sun 20 Dec 2026.
    ");
    w.ends().await;
}

#[tokio::test]
async fn the_home_tab() {
    let w = World::new(Transport::Http).await;
    w.sim.open_home(NOOR).await;
    w.settle().await;
    let home = || all_lines(&list(&w.home(NOOR), "blocks"));
    insta::assert_snapshot!(home(), @r"
    # Welcome to Lookback
    I run release retrospectives: I survey everyone by DM, turn the answers into an agenda, track action items, and remind their owners.
    *Get started*
    1. Invite me to the release channel: `/invite @lookback`
    2. Type `/retro start v2.1.0` there, or press the button below
    3. Everyone gets a two-minute survey, and the agenda follows automatically
    [Start a retro]
    Your surveys, action items and open retros will show up here.
    ");
    w.says(MARIA, "/retro start v2.1.0").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2w high").await;
    insta::assert_snapshot!(home(), @r"
    # Surveys waiting for you
    *v2.1.0* in <#C01REL> · about 2 minutes · closes Tue 24 Nov 2026, 17:00 (Europe/Berlin)
    [Answer the survey]
    # Your action items (1)
    *Due in 14 days (Fri 4 Dec 2026)*, high priority · *#1* Write the rollback runbook in <#C01REL>
    [Done] [Snooze] [ ▾ Change date / Hand over / Blocked / Won't do]
    [Show closed ones]
    # Open retros in your channels
    *v2.1.0* in <#C01REL>: collecting answers until Tue 24 Nov 2026, 17:00 (Europe/Berlin).
    [Answer the survey]
    [Start a retro]
    ");
    w.ends().await;
}

#[tokio::test]
async fn what_cannot_be_done() {
    let w = World::new(Transport::Http).await;
    // A slip in the first word.
    insta::assert_snapshot!(told(&w, MARIA, "/retro strat v2.1.0").await, @r"I don't know “strat”. Did you mean `/retro start`? `/retro help` lists everything.");
    // A date that is past, one that has two readings, one that is none.
    insta::assert_snapshot!(told(&w, MARIA, "/retro start v2.1.0 closes:yesterday").await, @r"“yesterday” is in the past: please type a future date.");
    insta::assert_snapshot!(told(&w, MARIA, "/retro start v2.1.0 closes:3/4").await, @r"“3/4” could be Thu 4 Mar 2027 or Sat 3 Apr 2027: please type the date, such as 2027-03-04.");
    insta::assert_snapshot!(told(&w, MARIA, "/retro start v2.1.0 closes:soonish").await, @r"I can't read “soonish” as a date: try 2026-12-01, friday, next tue 15:00, tomorrow, 2w or end of month.");
    // An option that does not exist.
    insta::assert_snapshot!(told(&w, MARIA, "/retro start v2.1.0 colour:blue").await, @r"I don't know the option “colour:blue”. Did you mean `closes:`? `/retro help start` lists them all.");
    // What only the facilitator may do.
    w.says(MARIA, "/retro start v2.1.0").await;
    insta::assert_snapshot!(told(&w, SAM, "/retro agenda").await, @r"Only <@U01MARIA> or a workspace admin can do that. Ask them, or see `/retro help lead`.");
    w.ends().await;
}

#[tokio::test]
async fn a_channel_without_the_bot() {
    let w = World::new(Transport::Http).await;
    let said = w.says_in(MARIA, "C02GEN", "/retro start v2.1.0").await;
    insta::assert_snapshot!(newest(&w, MARIA, "C02GEN", &said), @r"I'm not in this channel yet: type `/invite @lookback`, then try again.");
    w.ends().await;
}
