//! Who may do what. Every right is a rule of this file; decisions and views ask it here.
//!
//! Rule: a button or a form names what is meant and grants nothing; the caller is read anew each time.

use super::refusal::Refusal;
use crate::ids::UserId;
use crate::model::person::{Channel, Person};
use crate::model::retro::Retro;

/// Who asks, as far as a decision may know.
#[derive(Clone, Debug)]
pub struct Caller {
    pub person: Person,
    /// Whether they are in the channel that is spoken of.
    pub in_channel: bool,
}

/// Facilitators and workspace admins lead.
pub fn leads(person: &Person, retro: &Retro) -> bool {
    person.id == retro.facilitator || person.administers()
}

impl Caller {
    pub fn leads(&self, retro: &Retro) -> bool {
        leads(&self.person, retro)
    }

    /// Owners and workspace admins change an item, whoever leads.
    pub fn owns(&self, owner: &UserId) -> bool {
        self.person.id == *owner || self.person.administers()
    }

    /// Refuses who may not lead, naming who may.
    pub fn must_lead(&self, retro: &Retro) -> Result<(), Refusal> {
        if self.leads(retro) {
            Ok(())
        } else {
            Err(Refusal::FacilitatorOnly { facilitator: retro.facilitator.clone() })
        }
    }

    /// An action item is changed by its owner, and by whoever leads one of `retros`: its own, the channel's open ones
    /// and its last one.
    pub fn may_change<'a>(
        &self,
        number: i64,
        owner: &UserId,
        mut retros: impl Iterator<Item = &'a Retro>,
    ) -> Result<(), Refusal> {
        if self.owns(owner) || retros.any(|r| self.leads(r)) {
            Ok(())
        } else {
            Err(Refusal::NotYourItem { number, owner: owner.clone() })
        }
    }

    /// A theme that keeps coming back is answered by who was asked about it, and by who leads.
    pub fn may_answer(&self, asked: &UserId, retro: &Retro) -> Result<(), Refusal> {
        if self.person.id == *asked { Ok(()) } else { self.must_lead(retro) }
    }

    /// The channel's defaults are changed by workspace admins, and by who leads an open or scheduled retro or led the
    /// last one; before the first retro by anybody in the channel.
    pub fn may_configure(&self, open: &[Retro], last: Option<&Retro>) -> Result<(), Refusal> {
        let mut leaders = open.iter().chain(last);
        match leaders.next() {
            Some(first) if !self.leads(first) && !leaders.any(|r| self.leads(r)) => {
                Err(Refusal::FacilitatorOnly { facilitator: first.facilitator.clone() })
            }
            _ => Ok(()),
        }
    }

    /// What is held back in the whole workspace goes on by the word of whoever facilitates, or of an admin.
    pub fn may_resume(&self, facilitators: &[UserId]) -> Result<(), Refusal> {
        if self.person.administers() || facilitators.contains(&self.person.id) {
            Ok(())
        } else {
            Err(Refusal::LeadersOnly)
        }
    }
}

/// Refuses everybody who is not a member of the channel, and people from other companies. If the channel was named
/// from `elsewhere`, the refusal does not say whether it exists.
pub fn must_be_member(caller: &Caller, channel: Option<&Channel>, elsewhere: bool) -> Result<(), Refusal> {
    if caller.person.external {
        return Err(Refusal::External);
    }
    if caller.in_channel {
        return Ok(());
    }
    Err(match channel {
        _ if elsewhere => Refusal::NoChannel,
        Some(found) if found.member => Refusal::NotAMember,
        Some(_) | None => Refusal::NotInvited,
    })
}

/// Whether this person may start a retro in this channel.
pub fn may_start(channel: &Channel, caller: &Caller) -> Result<(), Refusal> {
    if caller.person.external {
        return Err(Refusal::External);
    }
    if channel.archived {
        return Err(Refusal::Archived);
    }
    if !channel.member {
        return Err(Refusal::NotInvited);
    }
    if caller.in_channel { Ok(()) } else { Err(Refusal::NotAMember) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{caller, retro};
    use super::*;

    fn now() -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::default()
    }

    #[test]
    fn facilitators_and_admins_lead_and_others_are_told_who_does() {
        let retro = retro(now(), now());
        assert!(caller("U1").must_lead(&retro).is_ok());
        let mut admin = caller("U9");
        assert_eq!(admin.must_lead(&retro), Err(Refusal::FacilitatorOnly { facilitator: "U1".into() }));
        admin.person.admin = true;
        assert!(admin.must_lead(&retro).is_ok());
        // An administrator, but of another company.
        admin.person.external = true;
        assert!(admin.must_lead(&retro).is_err() && !admin.owns(&"U2".into()) && admin.may_resume(&[]).is_err());
    }

    #[test]
    fn an_item_is_its_owners_and_its_leaders() {
        let retro = retro(now(), now());
        let may = |id: &str, retros: &[Retro]| caller(id).may_change(3, &"U2".into(), retros.iter());
        assert!(may("U2", &[]).is_ok() && may("U1", std::slice::from_ref(&retro)).is_ok());
        assert_eq!(may("U1", &[]), Err(Refusal::NotYourItem { number: 3, owner: "U2".into() }));
    }

    #[test]
    fn who_is_not_in_a_channel_learns_no_more_than_they_may() {
        let there = Channel { id: "C1".into(), name: "ops".into(), archived: false, member: true };
        let mut outsider = caller("U2");
        outsider.in_channel = false;
        assert_eq!(must_be_member(&outsider, Some(&there), true), Err(Refusal::NoChannel));
        assert_eq!(must_be_member(&outsider, Some(&there), false), Err(Refusal::NotAMember));
        assert_eq!(must_be_member(&outsider, None, false), Err(Refusal::NotInvited));
        outsider.person.external = true;
        assert_eq!(must_be_member(&outsider, Some(&there), false), Err(Refusal::External));
        assert!(must_be_member(&caller("U2"), None, false).is_ok());
    }

    #[test]
    fn before_the_first_retro_anybody_configures() {
        let retro = retro(now(), now());
        assert!(caller("U2").may_configure(&[], None).is_ok());
        assert!(caller("U2").may_configure(std::slice::from_ref(&retro), None).is_err());
        assert!(caller("U1").may_configure(&[], Some(&retro)).is_ok());
        assert_eq!(caller("U2").may_resume(&["U1".into()]), Err(Refusal::LeadersOnly));
    }
}
