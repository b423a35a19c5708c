//! Trackers that do not answer, refuse the token, or refuse a ticket: one person is told, once, and told when it is over.

use chrono::Duration;

use super::about::About;
use crate::app::leader::leader;
use crate::app::reminders::somebody;
use crate::bot::Bot;
use crate::store::tickets::{self, Due};
use crate::store::tracker_troubles::{self, TOKEN};
use crate::store::{Tx, cards, due};
use crate::trackers::Fault;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::ticket::{Place, Tracker};
use lookback_core::retro::Reply;
use lookback_core::retro::action::ticket::pace;
use lookback_core::retro::action::ticket::words::{self, Trouble};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::zone::from_ms;

/// The wait where a tracker asks for one and does not say how long.
const LIMITED: Duration = Duration::minutes(1);

/// A tracker failed: it is left alone for a while, and whoever facilitates hears of it once.
pub async fn happened(bot: &Bot, due: &Due, fault: &Fault) -> sqlx::Result<()> {
    let (now, team, tracker) = (bot.clock.now(), &due.team_id, due.tracker);
    let tries = bot.trackers.failed(tracker);
    let about = if *fault == Fault::Token { TOKEN } else { "" };
    let mut tx = bot.store.begin().await?;
    let trouble = tracker_troubles::begin(&mut tx, team, tracker, about, now.timestamp_millis()).await?;
    let patient_until = from_ms(trouble.since_ms) + pace::PATIENCE;
    let (what, told_at, until) = match fault {
        Fault::Token => (Trouble::Token, now, now + pace::pause_refused(i64::from(tries))),
        Fault::Limited(wait) => {
            let wait = wait.and_then(|wait| Duration::from_std(wait).ok()).unwrap_or(LIMITED);
            (Trouble::Down, patient_until, now + wait.max(Duration::seconds(1)))
        }
        Fault::NotSent | Fault::Unclear | Fault::Forbidden | Fault::Gone | Fault::Conflict | Fault::Refused(_) => {
            let until = now + pace::pause(tries);
            // A try falls on the moment at which somebody hears of it.
            (Trouble::Down, patient_until, if patient_until > now { until.min(patient_until) } else { until })
        }
    };
    if trouble.told.is_none() && told_at <= now {
        let waiting = usize::try_from(tickets::waiting(&mut tx, team, tracker).await?).unwrap_or(0);
        let reply = words::trouble(tracker, "", &what, waiting);
        if let Some(user) = who_hears(&mut tx, due).await? {
            tell(bot, &mut tx, team, &user, &format!("{}/{about}/{}", tracker.word(), trouble.since_ms), &reply)
                .await?;
            tracker_troubles::tell(&mut tx, team, tracker, &trouble, &user).await?;
        }
    }
    due::wait_until(&mut tx, &due.subject(), until.timestamp_millis(), now.timestamp_millis()).await?;
    tx.commit().await?;
    bot.trackers.pause(tracker, until);
    tracing::warn!(tracker = tracker.word(), fault = %fault, tries, "a tracker failed; it is asked again later");
    Ok(())
}

/// The facilitator of the item at hand, else whoever facilitated last.
async fn who_hears(tx: &mut Tx, due: &Due) -> sqlx::Result<Option<UserId>> {
    if let Some(about) = About::load(tx, due).await?
        && let Some(user) = about.facilitator(tx).await?
    {
        return Ok(Some(user));
    }
    somebody(tx, &due.team_id).await
}

async fn tell(bot: &Bot, tx: &mut Tx, team: &TeamId, user: &UserId, key: &str, reply: &Reply) -> sqlx::Result<()> {
    let to = Recipient::Dm { user: user.clone() };
    cards::want(tx, team, &Wanted::reply(&format!("tracker/{key}"), to, reply), bot.now_ms()).await
}

/// A ticket is refused: whoever facilitates hears what is wrong.
pub async fn refused(bot: &Bot, about: &About, fault: &Fault) -> sqlx::Result<()> {
    let (tracker, team) = (about.tracker(), &about.team);
    let place = about.ticket.place.to_string();
    let what = match fault {
        Fault::Forbidden => Trouble::Forbidden,
        Fault::Gone => Trouble::NoSuchPlace,
        Fault::Refused(problems) => {
            Trouble::Refused(problems.iter().map(|p| (p.field.clone(), p.words.clone())).collect())
        }
        Fault::NotSent | Fault::Unclear | Fault::Limited(_) | Fault::Token | Fault::Conflict => return Ok(()),
    };
    let mut tx = bot.store.begin().await?;
    if let Some(user) = about.facilitator(&mut tx).await? {
        let waiting = usize::try_from(tickets::waiting_in(&mut tx, team, tracker, &place).await?).unwrap_or(0);
        tell_of_place(bot, &mut tx, team, &user, &InPlace { tracker, place: &place, what: &what, waiting }).await?;
    }
    tx.commit().await?;
    tracing::warn!(tracker = tracker.word(), fault = %fault, "a ticket is refused; it is tried again later");
    Ok(())
}

/// What keeps a place from taking tickets.
struct InPlace<'a> {
    tracker: Tracker,
    place: &'a str,
    what: &'a Trouble,
    waiting: usize,
}

/// The most reasons that are told of one place until its trouble is over.
const REASONS: usize = 20;

/// Tells what is wrong in a place, once for each reason: when the first one is fixed, there may be a second.
async fn tell_of_place(bot: &Bot, tx: &mut Tx, team: &TeamId, user: &UserId, at: &InPlace<'_>) -> sqlx::Result<()> {
    let InPlace { tracker, place, what, waiting } = *at;
    let mut trouble = tracker_troubles::begin(tx, team, tracker, place, bot.now_ms()).await?;
    let news: Vec<String> = what.reasons().into_iter().filter(|reason| !trouble.reasons.contains(reason)).collect();
    if news.is_empty() || trouble.reasons.len() >= REASONS {
        return Ok(());
    }
    trouble.reasons.extend(news);
    let key = format!("{}/{place}/{}/{}", tracker.word(), trouble.since_ms, trouble.reasons.len());
    tell(bot, tx, team, user, &key, &words::trouble(tracker, place, what, waiting)).await?;
    tracker_troubles::tell(tx, team, tracker, &trouble, user).await
}

/// A change of a ticket is refused: whoever facilitates hears of it once.
pub async fn unwritten(bot: &Bot, about: &About, fault: &Fault) -> sqlx::Result<()> {
    let problems = match fault {
        Fault::Refused(problems) => problems.iter().map(|p| (p.field.clone(), p.words.clone())).collect(),
        Fault::Forbidden => Vec::new(),
        Fault::NotSent | Fault::Unclear | Fault::Limited(_) | Fault::Token | Fault::Gone | Fault::Conflict => {
            return Ok(());
        }
    };
    let (tracker, team) = (about.tracker(), &about.team);
    let mut tx = bot.store.begin().await?;
    let trouble = tracker_troubles::begin(&mut tx, team, tracker, &change_of(about), bot.now_ms()).await?;
    if trouble.told.is_none()
        && let Some(user) = about.facilitator(&mut tx).await?
    {
        let reply = words::unwritten(tracker, &about.item, &problems);
        let key = format!("{}/{}/{}", tracker.word(), change_of(about), trouble.since_ms);
        tell(bot, &mut tx, team, &user, &key, &reply).await?;
        tracker_troubles::tell(&mut tx, team, tracker, &trouble, &user).await?;
    }
    tx.commit().await?;
    tracing::warn!(tracker = tracker.word(), fault = %fault, "a change of a ticket is refused; it is tried again later");
    Ok(())
}

/// What is in trouble where a change of a ticket is refused.
fn change_of(about: &About) -> String {
    format!("{}#{}", about.item.channel, about.item.number)
}

/// A change of a ticket is written.
pub async fn written(tx: &mut Tx, about: &About) -> sqlx::Result<()> {
    tracker_troubles::over(tx, &about.team, about.tracker(), &change_of(about)).await
}

/// An item needs no ticket any more: a trouble that only it waited for ends without a word.
pub async fn dropped(tx: &mut Tx, about: &About) -> sqlx::Result<()> {
    let (team, tracker) = (&about.team, about.tracker());
    tracker_troubles::settle(tx, team, &about.ticket.place).await?;
    if tickets::waiting(tx, team, tracker).await? == 0 {
        tracker_troubles::over(tx, team, tracker, "").await?;
        tracker_troubles::over(tx, team, tracker, TOKEN).await?;
    }
    Ok(())
}

/// A place shows none of its tickets any more: whoever facilitates hears of the place, and not of each ticket.
pub async fn hidden(bot: &Bot, tx: &mut Tx, due: &Due, place: &Place, channel: &ChannelId) -> sqlx::Result<()> {
    let Some(lead) = leader(tx, &due.team_id, channel, None).await? else { return Ok(()) };
    let at = InPlace { tracker: due.tracker, place: &place.to_string(), what: &Trouble::NoSuchPlace, waiting: 0 };
    tell_of_place(bot, tx, &due.team_id, &lead.id, &at).await
}

/// A ticket was made or written: its place takes tickets.
pub async fn over(bot: &Bot, tx: &mut Tx, about: &About) -> sqlx::Result<()> {
    tracker_troubles::settle(tx, &about.team, &about.ticket.place).await?;
    answers(bot, tx, &about.team, about.tracker()).await
}

/// The tracker answers. Who heard of the trouble hears that it is over, once all tickets are there but those that their
/// place refuses.
pub async fn answers(bot: &Bot, tx: &mut Tx, team: &TeamId, tracker: Tracker) -> sqlx::Result<()> {
    let troubles = tracker_troubles::all(tx, team, tracker).await?;
    let is_whole = |trouble: &tracker_troubles::Trouble| trouble.about.is_empty() || trouble.about == TOKEN;
    let (whole, places): (Vec<_>, Vec<_>) = troubles.into_iter().partition(is_whole);
    if whole.is_empty() {
        return Ok(());
    }
    let mut waiting = tickets::waiting(tx, team, tracker).await?;
    for place in &places {
        waiting -= tickets::waiting_in(tx, team, tracker, &place.about).await?;
    }
    // Reading may go well while nothing can be written.
    if waiting > 0 {
        return Ok(());
    }
    for trouble in whole {
        if let Some(user) = &trouble.told {
            let key = format!("{}/{}/{}/over", tracker.word(), trouble.about, trouble.since_ms);
            tell(bot, tx, team, user, &key, &words::over(tracker)).await?;
        }
        tracker_troubles::over(tx, team, tracker, &trouble.about).await?;
    }
    Ok(())
}
