//! Every command as the people use it: who may, what is said, what changes.

use chrono::Duration;

use crate::world::{HUMANS, JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn a_second_start_links_to_the_first() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    let said = w.says(SAM, "/retro start v2.1.0").await;
    assert!(said.contains("already open in this channel. <http") && said.contains("/archives/C01REL/p"), "{said}");
    assert_eq!(w.public(RELEASES).len(), 1);
    w.says(SAM, "/retro start v2.2.0 @noor").await;
    let said = w.says(MARIA, "/retro status").await;
    assert!(said.contains("Several retros are open or scheduled here: *v2.1.0*, *v2.2.0*. Please name one"), "{said}");
    let said = w.says(MARIA, "/retro agenda v9").await;
    assert!(said.contains("No retro for *v9* exists in this channel. Open here:"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn options_are_honoured_and_said() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "/retro start v3 @sam @noor closes:friday 12:00 named").await;
    assert!(said.contains("could be Fri 20 Nov 2026 or Fri 27 Nov 2026"), "{said}");
    let said =
        w.says(MARIA, "/retro start v3 @sam @qa closes:next tue 15:00 meeting:next wed 10:00 length:45 named").await;
    assert!(
        said.contains("I'm asking 3 people")
            && said.contains("closes Tue 24 Nov 2026, 15:00")
            && said.contains("meeting is Wed 25 Nov 2026, 10:00"),
        "{said}"
    );
    let dm = w.dm(SAM);
    assert!(
        w.last(SAM, &dm).contains("Not anonymous")
            && w.last(SAM, &dm).contains("Tue 24 Nov 2026, 09:00 (America/New_York)"),
        "{}",
        w.last(SAM, &dm)
    );
    let said = w.says(MARIA, "/retro start v4 closes:36h deployed:2026-11-20T08:00:00Z").await;
    assert!(said.contains("Sun 22 Nov 2026, 09:00") && said.contains("I moved the close"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn the_meeting_hour_gets_a_word() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v3 closes:24h meeting:2026-11-23 15:00").await;
    w.advance(Duration::hours(25)).await;
    w.advance(Duration::hours(53)).await;
    let words: Vec<_> = w.public(RELEASES).into_iter().filter(|m| m.contains("It's time")).collect();
    assert_eq!(words.len(), 1, "{words:?}");
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("It's time"));
    w.ends().await;
}

#[tokio::test]
async fn mentions_and_dms_take_the_same_words() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "@lookback start v5").await;
    assert!(said.contains("*v5* is open"), "{said}");
    let thread = w
        .sim
        .read(|s| s.messages.iter().find(|m| m.text.contains("Retrospective of *v5*")).map(|m| m.ts.clone()))
        .unwrap();
    w.sim.say(SAM, RELEASES, Some(&thread), "@lookback note improve The backup took an hour").await;
    w.settle().await;
    let told = w
        .sim
        .read(|s| {
            s.messages
                .iter()
                .rfind(|m| m.visible_to.as_deref() == Some(SAM))
                .map(|m| (m.text.clone(), m.thread_ts.clone()))
        })
        .unwrap();
    assert!(told.0.contains("Noted for *v5*") && told.1 == Some(thread), "{told:?}");
    let said = w.dms(SAM, "status in #releases").await;
    assert!(said.contains("collecting answers, 0 of 8"), "{said}");
    let said = w.dms(SAM, "retro start v6").await;
    assert!(said.contains("Which channel?") && said.contains("start v2.1.0 in #releases"), "{said}");
    let said = w.dms(SAM, "Lookback survey").await;
    assert!(said.contains("Reminder: do you have two minutes for the *v5* release"), "{said}");
    // After the survey is answered, typed words are commands again.
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Nothing to add").await;
    let said = w.dms(SAM, "what can you do").await;
    assert!(said.contains("I don't know “what”. `/retro help` lists everything."), "{said}");
    // The bot's own words and edits are not commands.
    let before = w.seen(SAM, &w.dm(SAM)).len();
    for event in [
        serde_json::json!({"type": "message", "channel": w.dm(SAM), "channel_type": "im", "bot_id": "B1", "user": "U11LOOK", "text": "help", "ts": "1.1"}),
        serde_json::json!({"type": "message", "subtype": "message_changed", "channel": w.dm(SAM), "channel_type": "im", "ts": "1.2"}),
    ] {
        w.sim.event(event).await;
    }
    w.settle().await;
    assert_eq!(w.seen(SAM, &w.dm(SAM)).len(), before);
    w.ends().await;
}

#[tokio::test]
async fn a_mention_offers_the_button_that_opens_the_form() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "@lookback action Tune the disk alerts").await;
    assert_eq!(said, "This action item still needs an owner and a due date.");
    w.opens(MARIA, RELEASES, "Fill it in").await;
    w.sends(MARIA, &[("owner", NOOR), ("due", "next week")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "due");
    assert!(w.form_errors(MARIA)[0].1.contains("does not say which day"));
    w.sends(MARIA, &[("owner", "U10BUILD"), ("due", "friday 12:00")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "owner");
    w.sends(MARIA, &[("owner", NOOR), ("due", "2w"), ("priority", "high"), ("why", "noise")]).await;
    assert!(
        w.last(MARIA, RELEASES).contains("*#1* Tune the disk alerts (<@U02NOOR>, due Fri 4 Dec 2026, high)"),
        "{}",
        w.last(MARIA, RELEASES)
    );
    w.ends().await;
}

#[tokio::test]
async fn only_facilitator_and_admins_lead() {
    let w = World::new(Transport::Http).await;
    w.says(NOOR, "/retro start v1").await;
    for line in ["agenda", "finish", "cancel", "lead @sam"] {
        let said = w.says(SAM, &format!("/retro {line}")).await;
        assert!(said.contains("<@U02NOOR>") && said.contains("admin"), "{line}: {said}");
    }
    // The button of another person says the same.
    w.says(NOOR, "/retro status").await;
    let button = w.button(NOOR, RELEASES, "Close and post agenda").unwrap();
    w.presses(SAM, &button).await;
    assert!(w.last(SAM, RELEASES).contains("Only <@U02NOOR> or a workspace admin"));
    // An admin may lead. A participant can take the retro when the facilitator was silent for a day.
    assert!(w.says(MARIA, "/retro lead @priya").await.contains("<@U04PRIYA> now facilitates"));
    w.advance(Duration::hours(25)).await;
    assert!(w.says(SAM, "/retro lead @jonas").await.contains("take the retro yourself"));
    assert!(w.says(SAM, "/retro lead @sam").await.contains("<@U03SAM> now facilitates"));
    w.ends().await;
}

#[tokio::test]
async fn nudges_go_to_who_has_not_answered_and_not_twice() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor").await;
    w.answers(SAM, &[(0, "fine")]).await;
    assert_eq!(w.says(JONAS, "/retro nudge").await, "Reminded 1 person by DM.");
    let dm = w.dm(NOOR);
    assert!(w.last(NOOR, &dm).contains("Reminder: "));
    assert!(w.says(MARIA, "/retro nudge").await.contains("The last reminder went out"));
    assert_eq!(w.seen(SAM, &w.dm(SAM)).len(), 1);
    // An answer from the reminder updates both DMs.
    w.answers(NOOR, &[(0, "fine")]).await;
    assert!(w.seen(NOOR, &dm).iter().all(|m| m.contains("your answers on")), "{:?}", w.seen(NOOR, &dm));
    assert!(w.says(MARIA, "/retro nudge").await.contains("Everyone has answered"));
    w.ends().await;
}

#[tokio::test]
async fn the_form_comes_back_filled_in_and_can_be_changed() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(SAM, &[(0, "good\nfast"), (4, "7")]).await;
    let dm = w.dm(SAM);
    let id = w.opens(SAM, &dm, "Change my answers").await;
    let view = w.sim.read(|s| s.views.iter().find(|v| v.id == id).unwrap().view.to_string());
    assert!(view.contains("\"initial_value\":\"good\\nfast\"") && view.contains("initial_option"), "{view}");
    w.sends(SAM, &[("q0", "only this"), ("q1", "")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("only this") && !agenda.contains("fast"), "{agenda}");
    assert!(agenda.contains("7.0/10"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn named_retros_show_names_and_anonymous_ones_never() {
    for (option, named) in [("named", true), ("anonymous", false)] {
        let w = World::new(Transport::Http).await;
        w.says(MARIA, &format!("/retro start v1 {option}")).await;
        w.answers(SAM, &[(1, "The backup took an hour")]).await;
        w.answers(NOOR, &[(0, "Calm")]).await;
        w.says(JONAS, "/retro note improve The alerts were loud").await;
        w.says(MARIA, "/retro finish").await;
        w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
        let all = w.sim.read(|s| {
            let public = s.messages.iter().filter(|m| m.channel == RELEASES && m.visible_to.is_none());
            let files = |m: &lookback_sim::workspace::Message| m.files.iter().map(|f| f.text()).collect::<String>();
            public.map(|m| format!("{:?}{}{}", m.blocks, files(m), m.text)).collect::<String>()
        });
        assert!(all.contains("The backup took an hour") && all.contains("The alerts were loud"));
        let shown = all.contains("\"user_id\": String(\"U03SAM\")") && all.contains("(sam)");
        assert_eq!(shown, named, "{option}");
        // The facilitator's name is public. An anonymous retro shows no other name.
        assert_eq!(all.contains("U05JONAS"), named, "{option}");
        w.ends().await;
    }
}

#[tokio::test]
async fn notes_are_mine_to_edit_and_wait_for_the_coming_retro() {
    let w = World::new(Transport::Http).await;
    assert!(w.says(SAM, "/retro note improve Too many alerts").await.contains("next retro"));
    assert!(w.says(SAM, "/retro notes").await.contains("Too many alerts"));
    w.opens(SAM, RELEASES, "Edit").await;
    w.sends(SAM, &[("text", "Far too many alerts")]).await;
    // The button of another person is refused.
    let button = w.button(SAM, RELEASES, "Delete").unwrap();
    w.presses(NOOR, &button).await;
    assert!(w.last(NOOR, RELEASES).contains("isn't yours"));
    w.says(MARIA, "/retro start v1 named").await;
    assert!(w.says(SAM, "/retro notes").await.contains("Far too many alerts"));
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("Far too many alerts"));
    assert_eq!(w.clicks(SAM, RELEASES, "Delete").await, "Deleted.");
    assert!(!w.public(RELEASES)[1].contains("Far too many alerts"), "the agenda follows");
    w.ends().await;
}

#[tokio::test]
async fn action_items_are_listed_done_and_dropped() {
    let w = World::new(Transport::Http).await;
    w.says(NOOR, "/retro start v1").await;
    w.says(NOOR, "/retro action Write the runbook @sam by tomorrow low").await;
    w.says(NOOR, "/retro action Buy a bigger disk @sam by 1w").await;
    w.says(NOOR, "/retro action Tune the disk alerts @jonas before next release high because of noise").await;
    assert!(w.says(SAM, "/retro actions").await.contains("Open action items (3)"));
    assert!(w.says(SAM, "/retro actions mine").await.contains("(2)"));
    assert!(w.says(SAM, "/retro actions overdue").await.contains("none"));
    assert!(w.says(PRIYA, "/retro done 1").await.contains("belongs to <@U03SAM>"));
    assert!(w.says(SAM, "/retro done 1 it has 12 steps now").await.contains("*#1* Write the runbook is done"));
    assert!(w.says(NOOR, "/retro done 1").await.contains("already done (by <@U03SAM>)"));
    assert!(w.says(NOOR, "/retro drop #2 because the cloud grew").await.contains("*#2* Buy a bigger disk is dropped"));
    assert!(w.says(NOOR, "/retro done 9").await.contains("no action item #9"));
    assert!(w.says(SAM, "/retro actions all").await.contains("it has 12 steps now"));
    w.advance(Duration::days(10)).await;
    // An item “before next release” is due when the next retro starts, and is shown first.
    w.says(NOOR, "/retro finish").await;
    w.says(NOOR, "/retro start v2").await;
    assert!(w.public(RELEASES).last().unwrap().contains("Since *v1*: 1 of 3 action items done"));
    w.says(NOOR, "/retro agenda").await;
    let agenda = w.public(RELEASES).last().unwrap().clone();
    assert!(
        agenda.contains("Since v1: 1 of 3 action items done")
            && agenda.contains("before next release (Mon 30 Nov 2026)"),
        "{agenda}"
    );
    w.says(JONAS, "/retro actions mine").await;
    w.opens(JONAS, RELEASES, "Done").await;
    w.sends(JONAS, &[]).await;
    assert!(w.public(RELEASES).last().unwrap().contains("2 of 3 action items done"), "the agenda follows");
    assert!(w.dms(SAM, "actions").await.contains("none"));
    w.ends().await;
}

#[tokio::test]
async fn cancel_asks_once_and_says_why() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    assert!(
        w.says(MARIA, "/retro cancel because the release was <withdrawn>").await.contains("Cancel the retro for *v1*?")
    );
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert!(
        w.public(RELEASES)[0].contains("Cancelled. Reason: the release was &lt;withdrawn&gt;."),
        "{}",
        w.public(RELEASES)[0]
    );
    for user in HUMANS {
        assert!(w.last(user, &w.dm(user)).contains("was cancelled"), "{user}");
    }
    assert!(w.says(MARIA, "/retro status v1").await.contains("cancelled"));
    assert!(w.says(MARIA, "/retro survey").await.contains("No survey is waiting"));
    w.says(MARIA, "/retro start v1").await;
    assert!(w.says(MARIA, "/retro status").await.contains("collecting"));
    w.ends().await;
}

#[tokio::test]
async fn finish_during_the_survey_asks_once() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let said = w.says(MARIA, "/retro finish next:v2@2027-01-15").await;
    assert!(said.contains("still open (0 of 8 answered)"), "{said}");
    assert_eq!(w.public(RELEASES).len(), 1);
    w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
    let public = w.public(RELEASES);
    assert!(
        public.iter().any(|m| m.contains("Agenda:"))
            && public.iter().any(|m| m.contains("after v2, planned for Fri 15 Jan 2027"))
    );
    assert!(w.says(MARIA, "/retro finish v1").await.contains("already finished"));
    w.ends().await;
}

#[tokio::test]
async fn status_helps_the_facilitator_only() {
    let w = World::new(Transport::Http).await;
    w.says(NOOR, "/retro start v1 @sam @jonas").await;
    w.answers(SAM, &[(0, "x")]).await;
    assert!(w.says(NOOR, "/retro status").await.contains("Not answered yet: <@U05JONAS>"));
    assert!(!w.says(JONAS, "/retro status").await.contains("Not answered yet"));
    w.ends().await;
}

#[tokio::test]
async fn help_names_every_command() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "/retro help").await;
    for verb in &lookback_core::command::VERBS {
        let shown = [format!("`/retro {}`", verb.example), format!("`{}`", verb.name)];
        assert!(shown.iter().any(|words| said.contains(words)), "{}", verb.name);
        let one = w.says(MARIA, &format!("/retro help {}", verb.name)).await;
        assert!(one.contains(verb.example), "{one}");
    }
    assert_eq!(said.matches("\n• ").count(), 6, "{said}");
    assert!(w.says(MARIA, "/retro help bogus").await.contains("I don't know “bogus”"));
    assert!(w.says(MARIA, "/retro help thanks").await.contains("Did you mean `/retro kudos`"));
    w.ends().await;
}

#[tokio::test]
async fn the_bare_command_shows_where_the_channel_stands() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "/retro").await;
    assert!(
        said.contains("There are no retros in this channel yet. Start the first one with `/retro start v2.1.0`"),
        "{said}"
    );
    w.says(MARIA, "/retro start v1").await;
    let said = w.says(MARIA, "/retro").await;
    assert!(said.contains("*v1*: collecting answers, 0 of 8 so far."), "{said}");
    w.says(MARIA, "/retro start v2").await;
    let said = w.says(MARIA, "/retro").await;
    assert!(said.contains("2 retros are open in this channel:\n• *v1*: the survey closes"), "{said}");
    w.says(MARIA, "/retro action Write the runbook @noor by 2w").await;
    for version in ["v1", "v2"] {
        w.says(MARIA, &format!("/retro agenda {version}")).await;
        w.says(MARIA, &format!("/retro finish {version}")).await;
    }
    let said = w.says(MARIA, "/retro").await;
    assert!(said.contains("No retro is open. The last one was *v2*, finished Fri 20 Nov 2026."), "{said}");
    assert!(said.contains("1 action item is open") && said.contains("|Read its summary>"), "{said}");
    // In the DM no channel is meant.
    assert!(w.dms(MARIA, "/retro").await.contains("I run release retrospectives."));
    w.ends().await;
}

#[tokio::test]
async fn a_note_changed_during_the_survey_posts_no_agenda() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.says(SAM, "/retro note improve See <https://wiki.example/x|the wiki> and ask @noor in #general").await;
    let mine = w.says(SAM, "/retro notes").await;
    assert!(mine.contains("See the wiki (https://wiki.example/x) and ask @noor in #general"), "{mine}");
    w.opens(SAM, RELEASES, "Edit").await;
    w.sends(SAM, &[("text", "Shorter")]).await;
    assert_eq!(w.public(RELEASES).len(), 1, "only the kickoff");
    w.says(MARIA, "/retro finish").await;
    w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
    w.clicks(SAM, RELEASES, "Delete").await;
    assert!(w.last_alone(SAM).contains("is already"), "{}", w.last_alone(SAM));
    w.ends().await;
}

#[tokio::test]
async fn who_has_answered_can_take_it_back_and_gets_no_reminder() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor").await;
    w.answers(SAM, &[(0, "never mind")]).await;
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "I wasn't part of it").await;
    assert!(w.public(RELEASES)[0].contains("0 of 1 answered"));
    w.says(MARIA, "/retro agenda").await;
    assert!(!w.public(RELEASES)[1].contains("never mind"));
    w.ends().await;
}

#[tokio::test]
async fn what_is_agreed_between_two_retros_is_reviewed_in_the_next() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam").await;
    w.says(MARIA, "/retro finish next:v2@2026-12-20").await;
    w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
    let said = w.says(MARIA, "/retro action Rotate the keys @sam before next release").await;
    assert!(said.contains("before next release (Sun 20 Dec 2026)"), "{said}");
    w.says(MARIA, "/retro start v2 @sam").await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).last().unwrap().clone();
    assert!(agenda.contains("Since v1: ") && agenda.contains("Rotate the keys"), "{agenda}");
    // An item of this retro waits for the next release. The earlier ones stay due.
    let said = w.says(MARIA, "/retro action Renew the certificate @sam before next release").await;
    assert!(said.contains("before next release"), "{said}");
    w.says(MARIA, "/retro finish next:v3@2027-02-01").await;
    let items = w.says(MARIA, "/retro actions").await;
    assert!(items.contains("Renew the certificate (<@U03SAM>, before next release (Mon 1 Feb 2027)"), "{items}");
    w.says(MARIA, "/retro start v4 @sam").await;
    w.advance(Duration::days(120)).await;
    w.says(MARIA, "/retro finish next:v5@2028-01-01").await;
    let items = w.says(MARIA, "/retro actions overdue").await;
    assert!(items.contains("Renew the certificate (<@U03SAM>, before next release (Mon 1 Feb 2027)"), "{items}");
    w.says(MARIA, "/retro start v6 @sam").await;
    let said = w.says(MARIA, "/retro lead @noor").await;
    assert!(said.contains("<@U02NOOR> now facilitates"), "{said}");
    w.sim.member(SAM, RELEASES, false).await;
    let said = w.says(MARIA, "/retro lead @sam").await;
    assert!(said.contains("is not in this channel"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_new_colleague_as_owner_is_looked_up_and_a_wrong_date_is_still_told() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam").await;
    w.sim.arrange(|s| {
        let person = lookback_sim::workspace::Person {
            id: "U60NEW".into(),
            name: "newbie".into(),
            tz: "UTC".into(),
            ..Default::default()
        };
        s.people.push(person);
        s.channels[0].members.push("U60NEW".into());
    });
    w.says(MARIA, "@lookback action Tune the disk alerts").await;
    w.opens(MARIA, RELEASES, "Fill it in").await;
    w.sends(MARIA, &[("owner", "U60NEW"), ("due", "3/4")]).await;
    assert!(w.last_alone(MARIA).contains("“3/4” could be"), "{}", w.last_alone(MARIA));
    let said = w.says(MARIA, "/retro action Tune the disk alerts @newbie by 1w").await;
    assert!(said.contains("<@U60NEW>"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn an_open_item_is_looked_at_until_it_is_closed() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam").await;
    w.says(MARIA, "/retro action Rotate the keys @sam by 1w").await;
    for version in ["v2", "v3", "v4"] {
        w.says(MARIA, "/retro finish").await;
        w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
        w.advance(Duration::days(10)).await;
        w.says(MARIA, &format!("/retro start {version} @sam")).await;
    }
    assert!(w.public(RELEASES).last().unwrap().contains("Since *v3*: 0 of 1 action items done"));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).last().unwrap().clone();
    assert!(agenda.contains("Overdue: *#1* Rotate the keys") && agenda.contains("across 4 releases"), "{agenda}");
    w.says(SAM, "/retro done 1 they rotate by themselves now").await;
    assert!(w.public(RELEASES).last().unwrap().contains("Done: *#1* Rotate the keys"));
    w.ends().await;
}

#[tokio::test]
async fn taking_an_answer_back_is_asked_and_a_public_note_says_so() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "written with care")]).await;
    let dm = w.dm(SAM);
    let asked = w.sim.read(|s| s.seen_by(SAM, &dm).last().map(|m| serde_json::json!(m.blocks).to_string())).unwrap();
    assert_eq!(asked.matches("What you wrote is deleted.").count(), 2, "{asked}");
    let said = w.says(NOOR, "@lookback note improve Too loud").await;
    assert!(said.contains("but your message here shows it to everyone"), "{said}");
    assert!(!w.says(NOOR, "/retro note improve Too loud").await.contains("shows it to everyone"));
    let said = w.says(NOOR, "/retro action Call the vendor @sam by next tue 15:00").await;
    assert!(said.contains("due Tue 24 Nov 2026, 09:00 (America/New_York)"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn the_button_of_a_dm_that_is_not_updated_yet_deletes_nothing() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor named").await;
    let dm = w.dm(SAM);
    let button = w.button(SAM, &dm, "Nothing to add").unwrap();
    w.answers(SAM, &[(0, "written with care")]).await;
    w.presses_in(SAM, &dm, &button).await;
    assert!(w.last(SAM, &dm).contains("This would delete your answers"), "{}", w.last(SAM, &dm));
    assert!(w.seen(SAM, &dm)[0].contains("are saved. You can change them"));
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("written with care"));
    w.ends().await;
}

#[tokio::test]
async fn two_people_finish_at_once() {
    let w = World::new(Transport::Http).await;
    w.says(NOOR, "/retro start v1").await;
    w.says(NOOR, "/retro agenda").await;
    let (one, two) = tokio::join!(
        w.sim.say(NOOR, RELEASES, None, "/retro finish"),
        w.sim.say(MARIA, RELEASES, None, "/retro finish v1")
    );
    let ((), ()) = (one, two);
    w.settle().await;
    let (a, b) = (w.last_alone(NOOR), w.last_alone(MARIA));
    assert_eq!([&a, &b].iter().filter(|m| m.contains("is finished. I'm posting the summary")).count(), 1, "{a} / {b}");
    assert_eq!(w.public(RELEASES).iter().filter(|m| m.contains("retrospective: summary")).count(), 1);
    w.ends().await;
}

#[tokio::test]
async fn what_a_device_adds_makes_no_other_release() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    for typed in [
        "“v2.1.0”",
        "`v2.1.0`",
        "*v2.1.0*",
        "v2.1.0,",
        "\u{feff}v2.1.0",
        "<https://github.com/acme/app/releases/tag/v2.1.0>",
        "<https://github.com/acme/app/releases/tag/v2.1.0|v2.1.0>",
        "<http://github.com/acme/app/releases/tag/v2.1.0|github.com/acme/app/releases/tag/v2.1.0>",
        "tag:v2.1.0",
        "refs/tags/v2.1.0",
        "release:v2.1.0",
        "v.2.1.0",
    ] {
        let said = w.says(MARIA, &format!("/retro start {typed} @sam")).await;
        assert!(said.contains("*v2.1.0* is already open"), "{typed}: {said}");
        let said = w.says(MARIA, &format!("/retro status {typed}")).await;
        assert!(said.contains("0 of 1"), "{typed}: {said}");
    }
    assert_eq!(w.public(RELEASES).len(), 1, "{:?}", w.public(RELEASES));
    let said = w.says(MARIA, "/retro start https://example.com/x @sam").await;
    assert!(said.contains("“https://example.com/x” is not a version"), "{said}");
    // The form reads it in the same way.
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    w.sim.shortcut(MARIA, "start_retro", None).await;
    w.settle().await;
    w.sends(MARIA, &[("channel", RELEASES), ("version", "`v2.2.0`")]).await;
    w.settle().await;
    assert!(w.public(RELEASES).last().unwrap().contains("Retrospective of *v2.2.0*"), "{:?}", w.public(RELEASES));
    w.ends().await;
}

async fn several_at_once(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v1 named").await;
    for text in ["Write the runbook", "Rotate the keys", "Automate the smoke tests"] {
        w.says(MARIA, &format!("/retro action {text} @maria by 2w")).await;
    }
    let said = w.says(MARIA, "/retro done 1 2").await;
    assert!(said.contains("*#1*") && said.contains("*#2*"), "{said}");
    assert!(w.says(MARIA, "/retro actions").await.matches("*#").count() == 1);
    let said = w.says(MARIA, "/retro drop #3, #9 because it is gone").await;
    assert!(said.contains("#9") && said.contains("Nothing was changed"), "{said}");
    assert!(w.says(MARIA, "/retro actions").await.contains("*#3*"));
    let said = w.says(MARIA, "/retro kudos @noor and @sam for the calm rollback").await;
    assert_eq!(
        said,
        "Thank you! I'll share it in the meeting and the summary of *v1*: <@U02NOOR> and <@U03SAM> for the calm rollback."
    );
    w.says(MARIA, "/retro note improve\n- The backup took an hour\n- Nobody knew the runbook").await;
    let said = w.says(MARIA, "/retro notes").await;
    assert!(said.contains("Your notes (2)"), "{said}");
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish Next:v2.0").await;
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).unwrap();
    assert!(summary.contains("<@U02NOOR>") && summary.contains("<@U03SAM>") && summary.contains("v2.0"), "{summary}");
    let said = w.says(MARIA, "/retro stop").await;
    assert!(said.contains("Did you mean `/retro pause`?"), "{said}");
    assert!(w.says(MARIA, "status @lookback").await.contains("No retro is open"));
    w.ends().await;
}

#[tokio::test]
async fn several_ids_people_and_lines_are_all_meant_over_http() {
    several_at_once(Transport::Http).await;
}

#[tokio::test]
async fn several_ids_people_and_lines_are_all_meant_over_socket_mode() {
    several_at_once(Transport::Socket).await;
}

#[tokio::test]
async fn a_survey_has_two_working_days_or_until_the_meeting() {
    let w = World::new(Transport::Http).await;
    // It is Friday, 10:00.
    let said = w.says(MARIA, "/retro start v1").await;
    assert!(said.contains("closes Tue 24 Nov 2026, 17:00"), "{said}");
    let said = w.says(MARIA, "/retro start v2 meeting:tuesday 15:00").await;
    assert!(said.contains("closes Tue 24 Nov 2026, 14:00"), "{said}");
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("days_off", "sat, sun, 2026-11-24"), ("window", "3")]).await;
    let said = w.says(MARIA, "/retro start v3").await;
    assert!(said.contains("closes Thu 26 Nov 2026, 17:00"), "{said}");
    w.ends().await;
}
