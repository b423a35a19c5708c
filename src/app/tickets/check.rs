//! Whether a place takes tickets: asked when a channel's settings are saved, before its transaction begins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::bot::Bot;
use crate::store::cards;
use crate::trackers::all::Trackers;
use crate::trackers::{Fault, Lack};
use lookback_clock::pause;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::ticket::{Place, Tracker};
use lookback_core::retro::Reply;
use lookback_core::retro::action::ticket::words::credentials;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::settings::Field;
use lookback_core::text::esc;

/// How long a sent form waits for a tracker: Slack waits three seconds for all.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long its answer is waited for after that, so that it can be told.
const LATER: Duration = Duration::from_secs(12);

/// How soon a tracker that is out of order is asked once more.
const AGAIN: Duration = Duration::from_secs(5);

/// What asking came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It takes tickets; a remark, where there is one.
    Fine(Option<String>),
    /// It does not, and this is why: plain text.
    Wrong(String),
    /// It has not answered yet.
    NoAnswer(Tracker),
}

/// A question to a tracker that may still be under way.
#[derive(Debug)]
pub struct Checking {
    channel: ChannelId,
    place: Place,
    pub checked: Checked,
    later: Option<JoinHandle<Checked>>,
}

/// Asks the tracker that a sent form names. `None`: the form names none that could be asked.
pub async fn begin(bot: &Arc<Bot>, channel: &ChannelId, fields: &BTreeMap<String, String>) -> Option<Checking> {
    let field = |field: Field| fields.get(field.id()).map(String::as_str).unwrap_or_default();
    let tracker = Tracker::from_word(field(Field::Tickets).trim()).filter(|tracker| bot.trackers.has(*tracker))?;
    let place = Place::read(tracker, field(Field::TicketsTo))?;
    let mut asking = tokio::spawn({
        let (bot, place) = (bot.clone(), place.clone());
        async move { ask(&bot.trackers, &place).await }
    });
    let (checked, later) = match tokio::time::timeout(PATIENCE, &mut asking).await {
        Ok(Ok(Checked::NoAnswer(tracker))) => {
            let (bot, place) = (bot.clone(), place.clone());
            let again = async move {
                pause(AGAIN).await;
                ask(&bot.trackers, &place).await
            };
            (Checked::NoAnswer(tracker), Some(tokio::spawn(again)))
        }
        Ok(Ok(checked)) => (checked, None),
        Ok(Err(_)) => (Checked::NoAnswer(tracker), None),
        Err(_) => (Checked::NoAnswer(tracker), Some(asking)),
    };
    Some(Checking { channel: channel.clone(), place, checked, later })
}

/// Asks a tracker whether a place takes tickets, and waits for its answer.
pub async fn ask(trackers: &Trackers, place: &Place) -> Checked {
    let tracker = place.tracker();
    match trackers.check(place).await {
        Ok(lacks) => judge(place, &lacks),
        Err(Fault::NotSent | Fault::Unclear | Fault::Limited(_)) => Checked::NoAnswer(tracker),
        Err(Fault::Token) => Checked::Wrong(format!(
            "{} rejects my credentials: please ask whoever runs me to renew {}.",
            tracker.name(),
            credentials(tracker)
        )),
        Err(Fault::Gone | Fault::Conflict) => judge(place, &[Lack::NoSuchPlace]),
        Err(Fault::Forbidden | Fault::Refused(_)) => judge(place, &[Lack::MayNot("see anything".to_owned())]),
    }
}

fn judge(place: &Place, lacks: &[Lack]) -> Checked {
    let wrong: Vec<String> =
        lacks.iter().filter(|lack| **lack != Lack::NoLabels).map(|lack| sentence(place, lack)).collect();
    if !wrong.is_empty() {
        return Checked::Wrong(wrong.join(" "));
    }
    let remark = lacks.first().map(|lack| sentence(place, lack));
    Checked::Fine(remark)
}

/// What is wrong and what to do, in plain text.
pub fn sentence(place: &Place, lack: &Lack) -> String {
    let (tracker, shown) = (place.tracker(), place.to_string());
    let name = tracker.name();
    match lack {
        Lack::NoSuchPlace => {
            let (kind, account) = match tracker {
                Tracker::Jira => ("project", "my account"),
                Tracker::Linear => ("team", "my key"),
                Tracker::GitHub => ("repository", "my token"),
            };
            let shown = shown.split('/').next().filter(|_| tracker == Tracker::Jira).unwrap_or(&shown).to_owned();
            format!(
                "{name} has no {kind} {shown}, or {account} is not allowed to see it: check the name and the permissions."
            )
        }
        Lack::MayNot(what) => format!("I'm not allowed to {what} in {shown}: ask a {name} admin for that permission."),
        Lack::NoSuchKind { have } => {
            format!("{shown}: the project has no such issue type. It has: {}.", have.join(", "))
        }
        Lack::Required(fields) => format!(
            "{shown} needs a field that I can't fill in: {}. Give it a default there, or choose another project or issue type.",
            fields.join(", ")
        ),
        Lack::IssuesOff => format!("Issues are turned off in {shown}: turn them on in the settings of the repository."),
        Lack::Archived => format!("{shown} is archived: choose another repository."),
        Lack::NoLabels => {
            format!("My token has no write access to {shown}, so GitHub drops labels and assignees there.")
        }
    }
}

impl Checking {
    /// Tells whoever saved the settings what the tracker said in the end.
    pub fn tell(self, bot: &Arc<Bot>, team: &TeamId, user: &UserId) {
        let Some(later) = self.later else { return };
        let (bot, team, user) = (bot.clone(), team.clone(), user.clone());
        let (place, channel) = (self.place, self.channel);
        tokio::spawn(async move {
            let checked = tokio::time::timeout(LATER, later).await;
            let words = match checked {
                Ok(Ok(Checked::Fine(remark))) => {
                    let remark = remark.map(|remark| format!(" {remark}")).unwrap_or_default();
                    format!("{} accepts tickets in {place}.{remark}", place.tracker().name())
                }
                Ok(Ok(Checked::Wrong(why))) => format!("{why} Please change it in `/retro config`."),
                Ok(Ok(Checked::NoAnswer(_)) | Err(_)) | Err(_) => format!(
                    "{} does not answer, so I couldn't check {place}. Tickets wait until it does.",
                    place.tracker().name()
                ),
            };
            if let Err(error) = say(&bot, &team, &channel, &user, &esc(&words)).await {
                tracing::error!(%error, "what a tracker said about a place could not be told");
            }
        });
    }
}

async fn say(bot: &Bot, team: &TeamId, channel: &ChannelId, user: &UserId, words: &str) -> sqlx::Result<()> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    let to = Recipient::Ephemeral { channel: channel.clone(), user: user.clone(), thread: None };
    let wanted = Wanted::reply(&format!("checked/{channel}/{user}/{now_ms}"), to, &Reply::new(words));
    cards::want(&mut tx, team, &wanted, now_ms).await?;
    tx.commit().await
}
