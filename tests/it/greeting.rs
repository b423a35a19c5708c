//! The bot is invited to a channel.

use chrono::Duration;

use crate::world::{RELEASES, Transport, World};

#[tokio::test]
async fn an_invitation_is_greeted_once() {
    let w = World::new(Transport::Socket).await;
    let bot = w.sim.read(|s| s.bot_user.clone());
    w.sim.member(&bot, RELEASES, false).await;
    w.sim.copies(lookback_sim::Copies { more: 2, new_ids: true });
    w.sim.member(&bot, RELEASES, true).await;
    w.settle().await;
    let hello = w.public(RELEASES);
    assert!(hello.len() == 1 && hello[0].starts_with("Hello! I run release retrospectives"), "{hello:?}");
    w.advance(Duration::hours(1)).await;
    assert_eq!(w.public(RELEASES).len(), 1);
    w.ends().await;
}
