//! Who leads a channel, and the zone of its weekly look.

use crate::store::{Tx, directory, reminders, retros, settings};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::person::Person;

/// Who facilitated in the channel last, is still in it, and is not `but`.
pub async fn leader(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    but: Option<&UserId>,
) -> sqlx::Result<Option<Person>> {
    for user in retros::facilitators(tx, team, channel).await? {
        let here = directory::is_member(tx, team, channel, &user).await?;
        if let Some(person) = directory::person(tx, team, &user).await?
            && person.reachable()
            && here
            && Some(&user) != but
        {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

/// The channel's zone: as configured, else its facilitator's, else its last item's; and who facilitated last and is still
/// there.
pub async fn channel_zone(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<(String, Option<UserId>)> {
    let lead = leader(tx, team, channel, None).await?;
    let tz = settings::of_channel(tx, team, channel).await?.zone;
    let tz = match tz.or(lead.as_ref().map(|l| l.tz.clone())) {
        Some(tz) => tz,
        None => reminders::zone_of(tx, team, channel).await?.unwrap_or_else(|| "UTC".to_owned()),
    };
    Ok((tz, lead.map(|l| l.id)))
}
