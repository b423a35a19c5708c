//! A retro in other hands: handed over, taken over, or offered.

use chrono::{DateTime, Duration, Utc};

use super::{Caller, Card, Change, Decision, DirectMessage, Refusal, Reply};
use crate::interaction::BlockAction;
use crate::model::participant::{Participant, tally};
use crate::model::person::Person;
use crate::model::retro::{Phase, Retro};
use crate::model::stage::STAGES;
use crate::text::{bold, mention};
use crate::zone;

/// Without a sign of the facilitator for so long, any participant can take the retro.
pub const ABSENT: Duration = Duration::hours(24);

/// The facilitator left the workspace: somebody who is there is asked to lead.
pub fn lead_offer(retro: &Retro) -> Reply {
    Reply::new(format!(
        "{}, who facilitated the retro for {} in <#{}>, has left the workspace. To take it over, type `/retro lead @you` there.",
        mention(&retro.facilitator),
        bold(&retro.version),
        retro.channel
    ))
}

/// `lead @who`: the facilitator or an admin hands it over; any participant can take it after
/// [`ABSENT`] without a sign of the facilitator.
pub fn lead(
    retro: &Retro,
    people: &[Participant],
    caller: &Caller,
    to: &Person,
    in_channel: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    if !retro.phase.is_open() && retro.phase != Phase::Scheduled {
        return Err(Refusal::AlreadyOver(retro.version.clone(), "over"));
    }
    if !caller.leads(retro) {
        // Nobody takes part yet in one that has not begun: then whoever is in the channel.
        let part = retro.phase == Phase::Scheduled || people.iter().any(|p| p.user == caller.person.id);
        if !part {
            return Err(Refusal::LeadParticipants);
        }
        if now - retro.facilitator_seen < ABSENT {
            return Err(Refusal::LeadTooSoon { facilitator: retro.facilitator.clone() });
        }
        if to.id != caller.person.id {
            return Err(Refusal::LeadOnlyYourself);
        }
    }
    if !to.reachable() || to.external {
        return Err(Refusal::NotAPerson(mention(&to.id)));
    }
    if !in_channel {
        return Err(Refusal::LeadOutsider(mention(&to.id)));
    }
    let handed = Retro { facilitator: to.id.clone(), facilitator_seen: now, ..retro.clone() };
    // A retro that has not begun has no message to correct.
    let mut cards = if retro.phase == Phase::Scheduled { Vec::new() } else { vec![Card::Kickoff(retro.id)] };
    if retro.phase.has_agenda() {
        cards.push(Card::Agenda(retro.id));
    }
    if retro.phase == Phase::Meeting {
        // Each names who facilitates; those that are not open yet show nothing.
        cards.extend((0..STAGES.len()).map(|stage| Card::Stage { retro: retro.id, stage, page: 0 }));
    }
    let said = format!("{} now facilitates the retro for {}.", mention(&to.id), bold(&retro.version));
    let stands = where_it_stands(&handed, people, to);
    let mut dms = Vec::new();
    let about = |who: &str| format!("lead/{}/{who}/{}", retro.id, now.timestamp());
    let by = mention(&caller.person.id);
    let reply = if to.id == caller.person.id {
        Reply { text: format!("{said} {}", stands.text), ..stands }
    } else {
        let words = format!(
            "{by} made you the facilitator of the retro for {} in <#{}>. {}",
            bold(&retro.version),
            retro.channel,
            stands.text
        );
        dms.push(DirectMessage { to: to.id.clone(), about: about("new"), reply: Reply { text: words, ..stands } });
        Reply::new(said.clone())
    };
    if retro.facilitator != caller.person.id && retro.facilitator != to.id {
        let words = format!("{said} {by} made that change in <#{}>.", retro.channel);
        dms.push(DirectMessage { to: retro.facilitator.clone(), about: about("old"), reply: Reply::new(words) });
    }
    Ok(Decision { changes: vec![Change::Update(handed)], cards, reply: Some(reply), dms, ..Decision::default() })
}

/// What its new facilitator needs: the state of a retro, and the next step as a button.
fn where_it_stands(retro: &Retro, people: &[Participant], to: &Person) -> Reply {
    let id = retro.id;
    match retro.phase {
        Phase::Scheduled => {
            let begins = retro.scheduled.as_ref().map(|s| zone::moment(s.begins, &to.tz)).unwrap_or_default();
            Reply::new(format!("It starts {begins}.")).button("Start now", BlockAction::StartNow { retro: id })
        }
        Phase::Collecting => {
            let (done, all) = tally(people);
            let closes = zone::moment(retro.closes, &to.tz);
            Reply::new(format!("{done} of {all} people have answered; the survey closes {closes}."))
                .button("Close and post agenda", BlockAction::Agenda { retro: id })
        }
        Phase::Agenda => Reply::new("The agenda is in the channel; the meeting is the next step.")
            .button("Start the meeting", BlockAction::Meet { retro: id }),
        Phase::Meeting => Reply::new("The meeting is running in the agenda's thread; finishing it posts the summary.")
            .button("Finish", BlockAction::Finish { retro: id }),
        Phase::Closed | Phase::Cancelled => Reply::new("It's over."),
    }
}
