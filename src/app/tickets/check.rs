//! Whether a place takes tickets, and whether the repository of a release plan is there: asked when a channel's settings
//! are saved, before the transaction begins.

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
use lookback_core::model::ticket::{Place, Repository, Tracker};
use lookback_core::retro::Reply;
use lookback_core::retro::action::ticket::words::credentials;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::settings::{self, Field};
use lookback_core::text::esc;

/// How long a sent form waits for a tracker: Slack waits three seconds for all.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long its answer is waited for after that, so that it can be told.
const LATER: Duration = Duration::from_secs(12);

/// How soon a tracker that is out of order is asked once more.
const AGAIN: Duration = Duration::from_secs(5);

/// What a channel uses a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Tickets,
    /// The release plan is a file in it.
    Plan,
}

impl Use {
    /// The field of the form that names the place.
    pub fn field(self) -> Field {
        match self {
            Self::Tickets => Field::TicketsTo,
            Self::Plan => Field::Plan,
        }
    }

    /// Whether what a place lacks matters here. GitHub does not say whether a fine-grained token may write files.
    fn minds(self, lack: &Lack) -> bool {
        match lack {
            Lack::NoSuchPlace | Lack::Archived | Lack::NoLabels => true,
            Lack::MayNot(_) | Lack::NoSuchKind { .. } | Lack::Required(_) | Lack::IssuesOff => self == Self::Tickets,
        }
    }
}

/// What asking came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The place is fine, perhaps with a remark.
    Fine(Option<String>),
    /// The place won't do, and why: plain text.
    Wrong(String),
    /// It has not answered yet.
    NoAnswer(Tracker),
}

/// A question to a tracker that may still be under way.
#[derive(Debug)]
pub struct Checking {
    channel: ChannelId,
    pub what: Use,
    pub place: Place,
    pub checked: Checked,
    later: Option<JoinHandle<Checked>>,
}

/// Asks the trackers that a sent form names, all at once.
pub async fn begin(bot: &Arc<Bot>, channel: &ChannelId, fields: &BTreeMap<String, String>) -> Vec<Checking> {
    let (tickets, plan) = tokio::join!(
        begin_one(bot, channel, Use::Tickets, tickets_of(fields)),
        begin_one(bot, channel, Use::Plan, plan_of(fields))
    );
    tickets.into_iter().chain(plan).collect()
}

fn tickets_of(fields: &BTreeMap<String, String>) -> Option<Place> {
    let field = |field: Field| fields.get(field.id()).map(String::as_str).unwrap_or_default();
    Place::read(Tracker::from_word(field(Field::Tickets).trim())?, field(Field::TicketsTo))
}

fn plan_of(fields: &BTreeMap<String, String>) -> Option<Place> {
    let plan = settings::plan(fields.get(Field::Plan.id())?)?;
    Repository::read(&plan.repository).map(Place::GitHub)
}

/// `None`: there is nothing to ask.
async fn begin_one(bot: &Arc<Bot>, channel: &ChannelId, what: Use, place: Option<Place>) -> Option<Checking> {
    let place = place.filter(|place| bot.trackers.has(place.tracker()))?;
    let asks = |wait: Option<Duration>| {
        let (bot, place) = (bot.clone(), place.clone());
        tokio::spawn(async move {
            if let Some(wait) = wait {
                pause(wait).await;
            }
            ask(&bot.trackers, what, &place).await
        })
    };
    let mut asking = asks(None);
    let (checked, later) = match tokio::time::timeout(PATIENCE, &mut asking).await {
        Ok(Ok(Checked::NoAnswer(tracker))) => (Checked::NoAnswer(tracker), Some(asks(Some(AGAIN)))),
        Ok(Ok(checked)) => (checked, None),
        Ok(Err(_)) => (Checked::NoAnswer(place.tracker()), None),
        Err(_) => (Checked::NoAnswer(place.tracker()), Some(asking)),
    };
    Some(Checking { channel: channel.clone(), what, place, checked, later })
}

/// Asks a tracker about a place, and waits for its answer.
pub async fn ask(trackers: &Trackers, what: Use, place: &Place) -> Checked {
    let tracker = place.tracker();
    match trackers.check(place).await {
        Ok(lacks) => judge(what, place, &lacks),
        Err(Fault::NotSent | Fault::Unclear | Fault::Limited(_)) => Checked::NoAnswer(tracker),
        Err(Fault::Token) => Checked::Wrong(format!(
            "{} rejects my credentials: please ask whoever runs me to renew {}.",
            tracker.name(),
            credentials(tracker)
        )),
        Err(Fault::Gone | Fault::Conflict) => judge(what, place, &[Lack::NoSuchPlace]),
        Err(Fault::Forbidden | Fault::Refused(_)) => {
            Checked::Wrong(sentence(place, &Lack::MayNot("see anything".to_owned())))
        }
    }
}

fn judge(what: Use, place: &Place, lacks: &[Lack]) -> Checked {
    let (remarks, wrong): (Vec<&Lack>, Vec<&Lack>) =
        lacks.iter().filter(|lack| what.minds(lack)).partition(|lack| **lack == Lack::NoLabels);
    if what == Use::Plan && wrong.is_empty() && !remarks.is_empty() {
        return Checked::Wrong(format!("My token has no write access to {place}: a pull request needs it."));
    }
    if !wrong.is_empty() {
        let wrong: Vec<String> = wrong.into_iter().map(|lack| sentence(place, lack)).collect();
        return Checked::Wrong(wrong.join(" "));
    }
    Checked::Fine(remarks.first().map(|lack| sentence(place, lack)))
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
        let (what, place, channel) = (self.what, self.place, self.channel);
        tokio::spawn(async move {
            let checked = tokio::time::timeout(LATER, later).await;
            let words = match checked {
                Ok(Ok(Checked::Fine(remark))) => {
                    let remark = remark.map(|remark| format!(" {remark}")).unwrap_or_default();
                    match what {
                        Use::Tickets => format!("{} accepts tickets in {place}.{remark}", place.tracker().name()),
                        Use::Plan => format!("GitHub has the release plan's repository, {place}.{remark}"),
                    }
                }
                Ok(Ok(Checked::Wrong(why))) => format!("{why} Please change it in `/retro config`."),
                Ok(Ok(Checked::NoAnswer(_)) | Err(_)) | Err(_) => {
                    let waiting = match what {
                        Use::Tickets => "Tickets",
                        Use::Plan => "Release plans",
                    };
                    let name = place.tracker().name();
                    format!("{name} isn't answering, so I couldn't check {place}. {waiting} will wait until it does.")
                }
            };
            let key = format!("{}/{channel}/{user}", what.field().id());
            let to = Recipient::Ephemeral { channel, user, thread: None };
            if let Err(error) = say(&bot, &team, to, &key, &esc(&words)).await {
                tracing::error!(%error, "what a tracker said about a place could not be told");
            }
        });
    }
}

/// Sends a message to whoever saved the settings.
async fn say(bot: &Bot, team: &TeamId, to: Recipient, key: &str, words: &str) -> sqlx::Result<()> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    let wanted = Wanted::reply(&format!("checked/{key}/{now_ms}"), to, &Reply::new(words));
    cards::want(&mut tx, team, &wanted, now_ms).await?;
    tx.commit().await
}
