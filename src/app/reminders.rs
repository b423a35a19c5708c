//! Reminders of action items as their hour comes: one DM an owner and day, a weekly look at what is long
//! overdue, and a brake for a clock that leaps.
//!
//! What is due is read from rows, decided by the core, and saved with its messages in one transaction; a
//! reminder is worded when it leaves, so that what was closed a second ago is not in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Duration, NaiveTime, Utc, Weekday};

use super::App;
use crate::outbox::{self, To};
use crate::store::{Tx, directory, items, reminders, retros, settings};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::interaction::{BlockAction, ItemAction};
use lookback_core::retro::action::{self, Item, reminder};
use lookback_core::retro::people::Person;
use lookback_core::retro::{Change, Decision, DirectMessage, Reply, Row, mention};
use lookback_core::text::{count, cut, esc};
use lookback_core::zone;

/// Items looked at in one transaction.
const AT_ONCE: i64 = 100;

/// Reminders missed for so long were not missed by an outage: the clock leapt, or the bot was off.
const LONG_AGO: Duration = Duration::days(30);

/// So many people may hear of such items unasked.
const FEW: i64 = 20;

/// Overdue for so many days, an item is told to the facilitator and the channel.
const LONG_OVERDUE: u64 = 7;

/// Items named in one digest; the others are counted.
const NAMED: usize = 20;

impl App {
    /// Looks at items whose moment has come. Returns whether there were any.
    pub async fn nag_next(&self) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let due = reminders::due(&mut tx, now.timestamp_millis(), AT_ONCE).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let teams: BTreeSet<TeamId> = due.iter().map(|d| d.team.clone()).collect();
        for team in teams {
            if self.brake(&mut tx, &team, now).await? {
                tx.commit().await?;
                return Ok(true);
            }
        }
        for d in &due {
            self.nag(&mut tx, d, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn nag(&self, tx: &mut Tx, d: &reminders::Due, now: DateTime<Utc>) -> sqlx::Result<()> {
        let (team, item) = (&d.team, &d.item);
        let owner = directory::person(tx, team, &item.owner).await?;
        let place = directory::channel(tx, team, &item.channel).await?;
        // Where the bot is not, nobody could press a button.
        let open = place.as_ref().is_none_or(|c| c.member && !c.archived);
        let known = directory::channel_read(tx, team, &item.channel).await? > 0;
        let left = open && known && !directory::is_member(tx, team, &item.channel, &item.owner).await?;
        if left || owner.as_ref().is_some_and(|o| !o.reachable()) {
            return self.orphaned(tx, team, &item.owner, Some(&item.channel), now).await;
        }
        let tz = owner.map_or_else(|| item.zone.clone(), |o| o.tz);
        let hours = settings::of_channel(tx, team, &item.channel).await?.hours;
        let since = lookback_core::zone::from_ms(d.since_ms);
        let today = zone::local(now, &tz).date();
        let mut planned = match d.day {
            Some(day) => Some((day, reminder::at(day, &tz))),
            None => reminder::next(item, &hours, &tz, since, d.last),
        };
        // Missed for longer than its day, it is left to the next step, which may be today's.
        if planned.is_some_and(|(day, _)| day < today) {
            let midnight = zone::instant(today.and_time(NaiveTime::MIN), &tz);
            planned = reminder::next(item, &hours, &tz, midnight, d.last);
        }
        if let Some((day, at)) = planned
            && at <= now
        {
            if open {
                reminders::said(tx, team, item, day).await?;
                outbox::want_nag(tx, team, &item.owner, day, now.timestamp_millis()).await?;
            }
            planned = reminder::next(item, &hours, &tz, now, Some(day));
        }
        reminders::plan(tx, team, item, planned.map(|(day, at)| (day, at.timestamp_millis()))).await
    }

    /// Whether a person is asked first: many would hear of what was to be said long ago.
    async fn brake(&self, tx: &mut Tx, team: &TeamId, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let long_ago = (now - LONG_AGO).timestamp_millis();
        let owners = reminders::missed_owners(tx, team, long_ago).await?;
        if owners <= FEW {
            return Ok(false);
        }
        let now_ms = now.timestamp_millis();
        reminders::hold(tx, team, long_ago, now_ms).await?;
        tracing::warn!(owners, "reminders are held back: they were due more than 30 days ago; a person is asked");
        if let Some(lead) = self.somebody(tx, team).await? {
            let ask = Reply::new(format!(
                "Reminders for {} were due more than 30 days ago: I was away for long, or the clock was changed. Nothing is sent until somebody says so.",
                count(usize::try_from(owners).unwrap_or(0), "person", "people")
            ))
            .button("Remind them from now on", BlockAction::Release);
            outbox::reply(tx, team, &format!("brake/{now_ms}"), To::Dm { user: lead }, &ask, now_ms).await?;
        }
        Ok(true)
    }

    /// Who facilitated last in the workspace and can still be reached.
    async fn somebody(&self, tx: &mut Tx, team: &TeamId) -> sqlx::Result<Option<UserId>> {
        for user in retros::facilitators_of_team(tx, team).await? {
            if directory::person(tx, team, &user).await?.is_some_and(|p| p.reachable()) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// Reminders held back at a time that is still to come go on: the clock was put right. `back`: it was this
    /// moment, so whatever was planned is planned anew.
    pub async fn release_early(&self, back: bool) -> sqlx::Result<()> {
        let now_ms = self.clock.now().timestamp_millis();
        let mut tx = self.store.begin().await?;
        for team in reminders::held_too_early(&mut tx, now_ms).await? {
            reminders::release(&mut tx, &team, now_ms).await?;
        }
        if back {
            reminders::plan_all_again(&mut tx, now_ms).await?;
        }
        tx.commit().await
    }

    /// Looks through a channel for what is long overdue, once a week. Returns whether there was one to do.
    pub async fn digest_next(&self) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let Some((team, channel, due_ms)) = reminders::take_digest(&mut tx, now.timestamp_millis()).await? else {
            return Ok(false);
        };
        let (tz, lead) = self.channel_zone(&mut tx, &team, &channel).await?;
        let today = zone::local(now, &tz).date();
        // One that was missed for more than its day waits for the next week.
        let missed = zone::local(lookback_core::zone::from_ms(due_ms), &tz).date() != today;
        let until = today.checked_sub_days(Days::new(LONG_OVERDUE)).unwrap_or(today);
        let late = if missed { Vec::new() } else { reminders::overdue_in(&mut tx, &team, &channel, until).await? };
        let open = directory::channel(&mut tx, &team, &channel).await?.is_none_or(|c| c.member && !c.archived);
        if !late.is_empty() && open {
            self.escalate(&mut tx, &team, &channel, &late, lead.as_ref(), today, now).await?;
        }
        if reminders::any_open(&mut tx, &team, &channel).await? {
            reminders::want_digest(&mut tx, &team, &channel, next_digest(now, &tz).timestamp_millis()).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    #[expect(clippy::too_many_arguments, reason = "each is one plain fact of the moment")]
    async fn escalate(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        channel: &ChannelId,
        late: &[Item],
        lead: Option<&UserId>,
        today: chrono::NaiveDate,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let now_ms = now.timestamp_millis();
        let days = |item: &Item| item.due.day().map_or(0, |due| (today - due).num_days());
        let mut text = format!(
            "{} of this channel {} overdue for a week or more:",
            count(late.len(), "action item", "action items"),
            if late.len() == 1 { "is" } else { "are" }
        );
        for item in late.iter().take(NAMED) {
            // By name and not by mention: this is for the channel to see, not to ring anybody.
            let owner = directory::person(tx, team, &item.owner).await?.map_or_else(String::new, |p| p.name);
            text.push_str(&format!(
                "\n• *#{}* {} ({}, {} overdue{})",
                item.number,
                esc(&cut(&item.text, 120)),
                esc(&owner),
                count(usize::try_from(days(item)).unwrap_or(0), "day", "days"),
                item.blocked.as_ref().map(|by| format!("; blocked by {}", esc(&cut(by, 80)))).unwrap_or_default()
            ));
        }
        if late.len() > NAMED {
            text.push_str(&format!("\nand {} more", late.len() - NAMED));
        }
        text.push_str("\n`/retro actions overdue` lists them. A new date or a “won't do” with its reason is fine too.");
        let key = format!("digest/{channel}/{today}");
        let to = To::Channel { channel: channel.clone() };
        outbox::reply(tx, team, &key, to, &Reply::new(text), now_ms).await?;
        let Some(lead) = lead else { return Ok(()) };
        let mut told = Reply::new(format!(
            "{} in <#{channel}> {} overdue for a week or more. Would a new date, another owner or letting go help?",
            count(late.len(), "action item", "action items"),
            if late.len() == 1 { "is" } else { "are" }
        ));
        told.rows = late
            .iter()
            .take(10)
            .map(|item| Row {
                text: format!(
                    "{}, {} overdue",
                    item.line(),
                    count(usize::try_from(days(item)).unwrap_or(0), "day", "days")
                ),
                buttons: item.buttons(&[ItemAction::Date, ItemAction::Hand, ItemAction::Done, ItemAction::Drop]),
            })
            .collect();
        if late.len() > told.rows.len() {
            let text = format!("and {} more: `/retro actions overdue` lists them", late.len() - told.rows.len());
            told.rows.push(Row { text, buttons: Vec::new() });
        }
        outbox::reply(tx, team, &format!("late/{channel}/{today}"), To::Dm { user: lead.clone() }, &told, now_ms).await
    }

    /// The channel's zone: as configured, else its facilitator's, else its last item's; and who facilitated last
    /// and is still there.
    async fn channel_zone(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        channel: &ChannelId,
    ) -> sqlx::Result<(String, Option<UserId>)> {
        let lead = self.leader(tx, team, channel, None).await?;
        let tz = settings::of_channel(tx, team, channel).await?.zone;
        let tz = match tz.or(lead.as_ref().map(|l| l.tz.clone())) {
            Some(tz) => tz,
            None => reminders::zone_of(tx, team, channel).await?.unwrap_or_else(|| "UTC".to_owned()),
        };
        Ok((tz, lead.map(|l| l.id)))
    }

    /// Who facilitated in the channel last, is still in it, and is not `but`.
    pub(super) async fn leader(
        &self,
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

    /// An owner is gone, from the workspace or from `channel`: their items go to the facilitator, who hears
    /// of it and can hand them on. Where there is none they stand in the digest, and are looked at again in a week.
    pub(super) async fn orphaned(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        gone: &UserId,
        channel: Option<&ChannelId>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let theirs = items::all_of_owner(tx, team, gone).await?;
        let channels: BTreeSet<ChannelId> =
            theirs.iter().map(|i| i.channel.clone()).filter(|c| channel.is_none_or(|only| only == c)).collect();
        for channel in channels {
            let items: Vec<&Item> = theirs.iter().filter(|i| i.channel == channel).collect();
            let Some(lead) = self.leader(tx, team, &channel, Some(gone)).await? else {
                // Somebody may facilitate in a week.
                for item in items {
                    reminders::look_again(tx, team, item, (now + Duration::days(7)).timestamp_millis()).await?;
                }
                continue;
            };
            let mut told = Reply::new(format!(
                "{} left, so {} in <#{channel}> {} with you now. Please hand {} on, or let go.",
                mention(gone),
                count(items.len(), "action item", "action items"),
                if items.len() == 1 { "is" } else { "are" },
                if items.len() == 1 { "it" } else { "them" }
            ));
            let mut decision = Decision::default();
            for item in items {
                let moved = action::owned_by(item, &lead);
                if told.rows.len() < 10 {
                    told.rows.push(Row {
                        text: moved.line(),
                        buttons: moved.buttons(&[
                            ItemAction::Hand,
                            ItemAction::Date,
                            ItemAction::Done,
                            ItemAction::Drop,
                        ]),
                    });
                }
                decision.changes.push(Change::UpdateItem(moved));
            }
            let about = format!("left/{gone}/{channel}/{}", now.timestamp());
            decision.words = vec![DirectMessage { to: lead.id, about, reply: told }];
            self.save(tx, team, decision).await?;
        }
        Ok(())
    }

    /// What a saved item changes elsewhere: the reminders that show it, and the channel's weekly look.
    pub(super) async fn item_changed(&self, tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
        for (owner, day) in reminders::shown_in(tx, team, &item.channel, item.number).await? {
            outbox::want_nag(tx, team, &owner, day, now_ms).await?;
        }
        if item.state == action::State::Open {
            let (tz, _) = self.channel_zone(tx, team, &item.channel).await?;
            let next = next_digest(lookback_core::zone::from_ms(now_ms), &tz).timestamp_millis();
            reminders::want_digest(tx, team, &item.channel, next).await?;
        }
        Ok(())
    }
}

/// The next Monday at ten in the zone `tz`.
fn next_digest(now: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    let today = zone::local(now, tz).date();
    let days = (0..=7).filter_map(|n| today.checked_add_days(Days::new(n)));
    let mondays = days.filter(|d| d.weekday() == Weekday::Mon).map(|d| zone::instant(d.and_time(ten), tz));
    mondays.into_iter().find(|at| *at > now).unwrap_or(now + Duration::days(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_on_monday_at_ten() {
        let next = |now: &str| next_digest(now.parse().unwrap(), "Europe/Berlin").to_rfc3339();
        assert_eq!(next("2026-11-22T12:00:00Z"), "2026-11-23T09:00:00+00:00");
        assert_eq!(next("2026-11-23T08:59:00Z"), "2026-11-23T09:00:00+00:00");
        assert_eq!(next("2026-11-23T09:00:00Z"), "2026-11-30T09:00:00+00:00");
    }
}
