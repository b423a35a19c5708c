//! What is counted while the bot runs, for `/metrics`. No label holds an id: neither of a person, a channel nor a retro.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Labels of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Delivery {
    /// `command`, `action`, `submission`, `shortcut` or `event`.
    pub kind: &'static str,
    /// `acknowledged`, or `refused` where it could not be saved.
    pub result: &'static str,
}

/// A message or call on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Sent {
    pub method: &'static str,
    /// `sent`, `refused`, `limited`, `not_sent` or `unclear`.
    pub result: &'static str,
}

/// A request that was let in by nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refusal {
    /// `token`, `webhook` or `signature` (Slack's).
    pub credential: &'static str,
}

/// Counters since the start.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub deliveries: Family<Delivery, Counter>,
    /// From a delivery to its acknowledgement, in seconds.
    pub acknowledged: Histogram,
    pub sends: Family<Sent, Counter>,
    /// Waits that Slack asked for, in seconds.
    pub retry_after: Counter<f64, AtomicU64>,
    /// Private answers that were said again by DM because the first way failed or was in doubt. They are the one kind
    /// of message that may come twice.
    pub answers_again: Counter,
    /// Requests with a wrong token or signature.
    pub refusals: Family<Refusal, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            deliveries: Family::default(),
            acknowledged: seconds(),
            sends: Family::default(),
            retry_after: Counter::default(),
            answers_again: Counter::default(),
            refusals: Family::default(),
        }
    }
}

/// A histogram from half a millisecond to five seconds.
pub fn seconds() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0])
}

impl Metrics {
    /// A request had no valid token or signature.
    pub fn refused(&self, credential: &'static str) {
        self.refusals.get_or_create(&Refusal { credential }).inc();
    }

    /// Puts the counters into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("deliveries", "Requests from Slack, by kind and result", self.deliveries.clone());
        registry.register("acknowledgement_seconds", "From a delivery to its answer", self.acknowledged.clone());
        registry.register("sends", "Calls that send or change a message, by method and result", self.sends.clone());
        registry.register("retry_after_seconds", "Waits that Slack asked for, added up", self.retry_after.clone());
        registry.register("refusals", "Requests with a wrong token or signature, by credential", self.refusals.clone());
        registry.register(
            "answers_again",
            "Private answers said again by DM, since the first way failed or was in doubt",
            self.answers_again.clone(),
        );
    }
}
