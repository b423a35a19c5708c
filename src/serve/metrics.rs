//! `/metrics`: what was counted since the start, and what waits now, as Prometheus reads it.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::ready;
use crate::bot::Bot;
use crate::freeze::Hold;
use crate::store::counts::{self, ByWord};

/// The text of one answer.
pub async fn text(bot: &Bot, mode: &'static str) -> sqlx::Result<String> {
    let mut registry = Registry::with_prefix("lookback");
    let labels = vec![("version", env!("CARGO_PKG_VERSION")), ("mode", mode)];
    registry.register("build", "Which version runs, and how it hears from Slack", Info::new(labels));
    bot.metrics.register(&mut registry);
    if let Some(commits) = bot.store.commits() {
        registry.register("database_sync_seconds", "Commits, with the wait for the disk", commits);
    }
    let now_ms = bot.now_ms();
    let mut tx = bot.store.read().await?;
    by(&mut registry, "phase", "retros", "Retros by phase", counts::retros(&mut tx).await?);
    by(
        &mut registry,
        "state",
        "messages",
        "Messages that are not delivered yet, or never will be, by state",
        counts::messages(&mut tx).await?,
    );
    by(&mut registry, "kind", "due", "Work whose time has come, by kind", counts::due(&mut tx, now_ms).await?);
    by(&mut registry, "kind", "aside", "Work that failed again and again, by kind", counts::aside(&mut tx).await?);
    drop(tx);
    let bytes = gauge(i64::try_from(bot.store.bytes().await?).unwrap_or(i64::MAX));
    registry.register_with_unit("database", "Size of the database", Unit::Bytes, bytes);
    let oldest = ready::oldest(bot).await?.map_or(0, |since| (bot.clock.now() - since).num_seconds());
    registry.register_with_unit(
        "oldest_message",
        "Age of the oldest message that is ready to send",
        Unit::Seconds,
        gauge(oldest),
    );
    registry.register("sockets", "Open connections of Socket Mode", gauge(i64::from(bot.health.sockets())));
    registry.register("sending", "1 while this process sends", gauge(i64::from(bot.health.is_sending())));
    let is_ready = ready::ready(bot).await.is_ok();
    registry.register("ready", "1 while the bot can save, hear and send", gauge(i64::from(is_ready)));
    let is_frozen = matches!(bot.freeze.hold(), Hold::Frozen { .. });
    registry.register(
        "frozen",
        "1 while nothing is sent because the database is an older copy",
        gauge(i64::from(is_frozen)),
    );
    if let Some(skew) = bot.slack.time.skew() {
        let ahead = gauge(-skew.num_seconds());
        registry.register_with_unit(
            "clock_ahead",
            "How far this machine's clock is ahead of Slack's",
            Unit::Seconds,
            ahead,
        );
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(text)
}

fn gauge(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

fn by(registry: &mut Registry, label: &'static str, name: &str, help: &str, rows: ByWord) {
    let family = Family::<Vec<(&'static str, String)>, Gauge>::default();
    for (word, count) in rows {
        family.get_or_create(&vec![(label, word)]).set(count);
    }
    registry.register(name, help, family);
}
