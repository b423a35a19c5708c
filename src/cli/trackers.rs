//! `lookback doctor` about trackers: whose token it is, what the places that channels name lack, and which tickets wait why.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::check::{Check, Verdict};
use crate::app::tickets::check::{self, Checked, Use};
use crate::config::{self, Place as Database};
use crate::store::tracker_troubles::{self, TOKEN};
use crate::store::{Store, Tx, directory, settings, tickets};
use crate::trackers::all::Trackers;
use crate::trackers::{Fault, Problem};
use lookback_clock::Clock;
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::ticket::{Place, Repository, Tracker};
use lookback_core::retro::action::ticket::words::{self, credentials};
use lookback_core::text::count;
use lookback_core::zone;

/// The channels that name something.
type Channels = BTreeSet<String>;

/// What the database says of tickets.
#[derive(Default)]
struct Known {
    /// Where channels file their action items.
    places: BTreeMap<Place, Channels>,
    /// Where channels keep their release plans.
    plans: BTreeMap<Repository, Channels>,
    waits: BTreeMap<Tracker, Waits>,
}

/// What waits in a tracker, and why.
#[derive(Default)]
struct Waits {
    tickets: usize,
    /// What lasts, in words.
    troubles: Vec<String>,
    /// Whether one of them is a refusal of a ticket that waits.
    is_refused: bool,
}

/// Looks at each tracker that is set up or that a channel names; `database` is one that is there.
pub async fn examine(settings: &config::Trackers, database: Option<&Database>) -> Vec<Check> {
    let trackers = match Trackers::new(settings, &Clock::system()) {
        Ok(trackers) => trackers,
        Err(error) => return vec![Check::new("trackers", Verdict::Fail, &format!("{error:#}"))],
    };
    let mut checks = Vec::new();
    let known = match database {
        None => Known::default(),
        Some(database) => match read(database).await {
            Ok(known) => known,
            Err(error) => {
                checks.push(Check::new("tickets", Verdict::Note, &format!("not looked at: {error}")));
                Known::default()
            }
        },
    };
    for tracker in Tracker::ALL {
        if trackers.has(tracker) {
            let who = who(&trackers, tracker).await;
            let works = who.verdict == Verdict::Ok;
            checks.push(who);
            if works {
                checks.extend(places(&trackers, tracker, &known).await);
            }
        } else {
            checks.extend(not_set_up(tracker, &known));
        }
        checks.extend(known.waits.get(&tracker).map(|waits| waiting(tracker, waits, trackers.has(tracker))));
    }
    checks.extend(webhooks(settings, &trackers));
    checks
}

async fn read(database: &Database) -> anyhow::Result<Known> {
    let store = Store::look(&database.database_url).await?;
    let mut tx = store.read().await?;
    let mut known = Known::default();
    for (team, channel, settings) in settings::all(&mut tx).await? {
        let name = named(&mut tx, &team, &channel).await?;
        if let Some(place) = settings.tickets.place() {
            known.places.entry(place).or_default().insert(name.clone());
        }
        if let Some(repository) = settings.plan.and_then(|plan| Repository::read(&plan.repository)) {
            known.plans.entry(repository).or_default().insert(name);
        }
    }
    for workspace in directory::workspaces(&mut tx).await? {
        for tracker in Tracker::ALL {
            add_waits(&mut tx, &workspace.team_id, tracker, &mut known).await?;
        }
    }
    drop(tx);
    store.close().await;
    Ok(known)
}

/// `#releases`, or the id of a channel whose name is not known.
async fn named(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<String> {
    let found = directory::channel(tx, team, channel).await?;
    Ok(found.map_or_else(|| channel.as_str().to_owned(), |channel| format!("#{}", channel.name)))
}

async fn add_waits(tx: &mut Tx, team: &TeamId, tracker: Tracker, known: &mut Known) -> sqlx::Result<()> {
    let waiting = tickets::waiting(tx, team, tracker).await?;
    let troubles = tracker_troubles::all(tx, team, tracker).await?;
    let mut waits = known.waits.remove(&tracker).unwrap_or_default();
    waits.tickets += usize::try_from(waiting).unwrap_or(0);
    for trouble in troubles {
        let since = zone::show(zone::from_ms(trouble.since_ms), "UTC");
        waits.troubles.push(match trouble.about.as_str() {
            "" => format!("{} accepted nothing from the server; this began {since}", tracker.name()),
            TOKEN => format!("{} refused the server's {}; this began {since}", tracker.name(), credentials(tracker)),
            change if change.contains('#') => {
                let number = change.rsplit('#').next().unwrap_or_default();
                format!("the ticket of action item #{number} could not be changed; this began {since}")
            }
            // Nothing waits there: it was seen by those that are filed, or is over.
            place if tickets::waiting_in(tx, team, tracker, place).await? == 0 => {
                format!("{place} showed none of its tickets, or refused one; this began {since}")
            }
            place => {
                waits.is_refused = true;
                format!("{place} refused a ticket; this began {since}")
            }
        });
    }
    if waits.tickets > 0 || !waits.troubles.is_empty() {
        known.waits.insert(tracker, waits);
    }
    Ok(())
}

/// Whose token it is.
async fn who(trackers: &Trackers, tracker: Tracker) -> Check {
    let (name, address) = (tracker.name(), address(tracker));
    let said = |problems: &[Problem]| problems.iter().map(|p| p.words.as_str()).collect::<Vec<_>>().join("; ");
    let (verdict, what) = match trackers.whoami(tracker).await {
        Ok(who) => (Verdict::Ok, format!("as {}", who.name)),
        Err(Fault::Limited(wait)) => {
            let wait = wait.map_or_else(|| "a minute".to_owned(), |wait| format!("{} seconds", wait.as_secs()));
            (Verdict::Note, format!("not looked at: {name} says that there are too many calls; try again in {wait}"))
        }
        Err(Fault::Token) => {
            let hint = match tracker {
                Tracker::Jira => {
                    "; a token with scopes works only where JIRA_BASE_URL is https://api.atlassian.com/ex/jira/{cloudId}"
                }
                Tracker::Linear | Tracker::GitHub => "",
            };
            (
                Verdict::Fail,
                format!("{name} refuses {}: check what is set, or create a new token{hint}", credentials(tracker)),
            )
        }
        Err(Fault::Forbidden) => (
            Verdict::Fail,
            format!("{name} does not say whose token it is: check the permissions of {}", credentials(tracker)),
        ),
        Err(Fault::NotSent) => (Verdict::Fail, format!("{name} was not reached: check the network and {address}")),
        Err(Fault::Unclear) => {
            (Verdict::Fail, format!("{name} did not answer as it should: try again, then check {address}"))
        }
        Err(Fault::Gone | Fault::Conflict) => (Verdict::Fail, format!("{name} is not at {address}: check it")),
        Err(Fault::Refused(problems)) => (Verdict::Fail, format!("{name} refuses the question: {}", said(&problems))),
    };
    Check::new(name, verdict, &what)
}

/// The setting that holds a tracker's address.
fn address(tracker: Tracker) -> &'static str {
    match tracker {
        Tracker::Jira => "JIRA_BASE_URL",
        Tracker::Linear => "LINEAR_API_URL",
        Tracker::GitHub => "GITHUB_API_URL",
    }
}

fn listed(channels: &Channels) -> String {
    channels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What the places of a tracker lack that channels name.
async fn places(trackers: &Trackers, tracker: Tracker, known: &Known) -> Vec<Check> {
    let mut checks = Vec::new();
    for (place, channels) in known.places.iter().filter(|(place, _)| place.tracker() == tracker) {
        let (verdict, what) = match check::ask(trackers, Use::Tickets, place).await {
            Checked::Fine(None) => (Verdict::Ok, format!("{place} accepts tickets")),
            Checked::Fine(Some(remark)) => (Verdict::Note, remark),
            Checked::Wrong(why) => (Verdict::Fail, why),
            Checked::NoAnswer(tracker) => {
                (Verdict::Note, format!("{place} was not looked at: {} does not answer now", tracker.name()))
            }
        };
        checks.push(Check::new(tracker.name(), verdict, &format!("{}: {what}", listed(channels))));
    }
    if tracker == Tracker::GitHub {
        for (repository, channels) in &known.plans {
            checks.push(plan(trackers, repository, channels).await);
        }
    }
    checks
}

/// What the repository of a release plan lacks.
async fn plan(trackers: &Trackers, repository: &Repository, channels: &Channels) -> Check {
    let (name, channels) = (Tracker::GitHub.name(), listed(channels));
    match check::ask(trackers, Use::Plan, &Place::GitHub(repository.clone())).await {
        Checked::Fine(_) => {
            let what = format!("{channels}: the release plan's repository, {repository}, exists");
            Check::new(name, Verdict::Ok, &what)
        }
        Checked::Wrong(why) => Check::new(name, Verdict::Fail, &format!("{channels}, the release plan: {why}")),
        Checked::NoAnswer(_) => {
            let what = format!(
                "{channels}: the release plan's repository, {repository}, was not checked, because {name} is not answering"
            );
            Check::new(name, Verdict::Note, &what)
        }
    }
}

/// A channel names a tracker that has no settings here.
fn not_set_up(tracker: Tracker, known: &Known) -> Vec<Check> {
    let (name, missing) = (tracker.name(), words::settings(tracker));
    let note =
        |what: String| Check::new(name, Verdict::Note, &format!("{what}, but {name} is not set up: set {missing}"));
    let places = known.places.iter().filter(|(place, _)| place.tracker() == tracker);
    let mut checks: Vec<Check> = places
        .map(|(place, channels)| note(format!("the action items of {} go to {place}", listed(channels))))
        .collect();
    if tracker == Tracker::GitHub {
        let plan = |(repository, channels): (&Repository, &Channels)| {
            note(format!("the release plan of {} is in {repository}", listed(channels)))
        };
        checks.extend(known.plans.iter().map(plan));
    }
    checks
}

/// Which tickets wait, and why. What the server met may be over by now; a refusal of a ticket is not, while one waits.
fn waiting(tracker: Tracker, waits: &Waits, is_set_up: bool) -> Check {
    let mut what = match waits.tickets {
        0 => "no action item waits for its ticket".to_owned(),
        n => count(n, "action item waits for its ticket", "action items wait for their tickets"),
    };
    if !waits.troubles.is_empty() {
        what = format!("{what}: {}", waits.troubles.join("; "));
    } else if is_set_up {
        what.push_str("; the server files what waits");
    }
    if waits.is_refused {
        what.push_str(". The facilitator was told what is wrong there: fix that, or the permissions of the token");
    }
    Check::new(tracker.name(), if waits.is_refused { Verdict::Fail } else { Verdict::Note }, &what)
}

/// Which webhooks are on, and how soon a close is seen without one.
fn webhooks(settings: &config::Trackers, trackers: &Trackers) -> Option<Check> {
    let set_up = trackers.set_up();
    if set_up.is_empty() {
        return None;
    }
    let is_on = |tracker: &Tracker| secret(&settings.hooks, *tracker).is_some();
    let (on, off): (Vec<Tracker>, Vec<Tracker>) = set_up.into_iter().partition(is_on);
    let on: Vec<String> = on.iter().map(|tracker| format!("/api/v1/hooks/{}", tracker.word())).collect();
    let off: Vec<String> =
        off.iter().map(|tracker| format!("{}_WEBHOOK_SECRET", tracker.word().to_uppercase())).collect();
    let poll = settings.poll.as_secs() / 60;
    let what = match (on.as_slice(), off.as_slice()) {
        (on, []) => format!("on: {}", on.join(", ")),
        ([], off) => format!("off: without {} closed tickets are seen within {poll} min", off.join(", ")),
        (on, off) => {
            format!("on: {}; without {} closed tickets there are seen within {poll} min", on.join(", "), off.join(", "))
        }
    };
    Some(Check::new("webhooks", Verdict::Ok, &what))
}

fn secret(hooks: &config::trackers::Hooks, tracker: Tracker) -> Option<&SecretString> {
    match tracker {
        Tracker::Jira => hooks.jira.as_ref(),
        Tracker::Linear => hooks.linear.as_ref(),
        Tracker::GitHub => hooks.github.as_ref(),
    }
}
