//! The gate before a release: read for the command line and for pipelines.

use chrono::{DateTime, Utc};

use crate::store::{Tx, items, recurring, releases, retros};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::version;
use lookback_core::retro::gate::{self, Around, Gate};
use lookback_core::zone;

/// What stands between a channel and a release.
pub async fn look(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    version: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Gate> {
    let version = releases::spelled(tx, team, channel, version).await?;
    let last = retros::last_two(tx, team, channel).await?;
    let tz = last.first().map_or_else(|| "UTC".to_owned(), |retro| retro.zone.clone());
    let planned = last.first().and_then(|retro| retro.next.as_ref());
    let planned = planned.filter(|next| version::is_same(&next.version, &version)).and_then(|next| next.day);
    let data = releases::of(tx, team, channel, &version).await?;
    let deployed = data.and_then(|data| data.deployed_at).map(|at| zone::local(at, &tz).date());
    let mut all = items::in_channel(tx, team, channel, true).await?;
    for retro in &last {
        let closed = items::of_retro(tx, team, retro.id).await?;
        all.extend(closed.into_iter().filter(|item| item.closed.is_some()));
    }
    let twice = match last.as_slice() {
        [newest, before, ..] => recurring::in_both(tx, newest.id, before.id).await?,
        [_] | [] => Vec::new(),
    };
    Ok(gate::look(&Around { version, day: deployed.or(planned), now, tz, items: all, twice }))
}
