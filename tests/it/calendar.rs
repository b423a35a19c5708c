//! The meeting as a file for a calendar.

use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World};

async fn calendar(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v2.1.0;x closes:tomorrow meeting:2026-11-24T15:00 length:45").await;
    let said = w.clicks(SAM, RELEASES, "Add to my calendar").await;
    assert!(said.contains("I sent you the meeting for *v2.1.0;x* for your calendar by DM"), "{said}");
    let (file, channel) = w.sim.read(|s| {
        let m = s.messages.iter().find(|m| !m.files.is_empty()).expect("a file");
        (m.files[0].clone(), m.channel.clone())
    });
    assert_eq!((channel, file.title.as_str()), (w.dm(SAM), "retrospective-v2.1.0-x.ics"));
    // Long lines are folded, so unfold them.
    let text = file.text().replace("\r\n ", "");
    for line in [
        "BEGIN:VCALENDAR\r\n",
        "DTSTART:20261124T140000Z\r\n",
        "DTEND:20261124T144500Z\r\n",
        "SUMMARY:Retrospective of v2.1.0\\;x\r\n",
        "/archives/C01REL/p",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    assert!(file.text().lines().all(|l| l.len() <= 75), "{}", file.text());
    // Once there is an agenda, the file links to it.
    w.says(MARIA, "/retro agenda").await;
    w.clicks(NOOR, RELEASES, "Add to my calendar").await;
    let later = w.sim.read(|s| s.messages.iter().rfind(|m| !m.files.is_empty()).map(|m| m.files[0].text())).unwrap();
    let agenda = w.thread(RELEASES).replace('.', "");
    assert!(later.replace("\r\n ", "").contains(&format!("/archives/C01REL/p{agenda}")), "{later}");
    w.says(MARIA, "/retro start v3").await;
    w.ends().await;
}

#[tokio::test]
async fn the_kickoff_offers_the_meeting_as_a_file_over_http() {
    calendar(Transport::Http).await;
}

#[tokio::test]
async fn the_kickoff_offers_the_meeting_as_a_file_over_socket_mode() {
    calendar(Transport::Socket).await;
}
