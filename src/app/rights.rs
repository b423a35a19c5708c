//! Who may do what: reads what the rules of [`lookback_core::retro::rights`] need to know, and asks them.
//!
//! Rule: a handler gets its caller from here. Slack is asked once where somebody is not known as a member: an event may
//! have been lost.

use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::Failure;
use crate::store::{directory, participants, retros};
use lookback_core::ids::ChannelId;
use lookback_core::model::person::Person;
use lookback_core::model::retro::Retro;
use lookback_core::retro::rights::must_be_member;
use lookback_core::retro::{Caller, Refusal};

impl Cx<'_> {
    /// The caller, in the channel or not.
    pub async fn caller(&mut self, channel: &ChannelId) -> Result<Caller, Failure> {
        let user = &self.request.user;
        let person = directory::person(self.tx, self.team, user).await?;
        let in_channel = directory::is_member(self.tx, self.team, channel, user).await?;
        match person {
            Some(person) if in_channel || self.fetched.is_some() => Ok(Caller { person, in_channel }),
            None if self.fetched.is_some() => Err(Refusal::NotAMember.into()),
            Some(_) | None => Err(Failure::Needs(Lookup::channel(channel).and_person(user))),
        }
    }

    /// The caller as a member of the channel.
    pub async fn member(&mut self, channel: &ChannelId) -> Result<Caller, Failure> {
        let caller = self.caller(channel).await?;
        let found = directory::channel(self.tx, self.team, channel).await?;
        let elsewhere = self.request.channel.as_ref() != Some(channel);
        must_be_member(&caller, found.as_ref(), elsewhere)?;
        Ok(caller)
    }

    /// The caller as a member of a retro's channel; its facilitator gives a sign of life with it.
    pub async fn member_of(&mut self, retro: &Retro) -> Result<Caller, Failure> {
        let caller = self.member(&retro.channel).await?;
        self.facilitator_seen(&retro.channel).await?;
        Ok(caller)
    }

    /// As [`Cx::member_of`], for what everybody does in a meeting: who was named in `start` takes part, of whichever
    /// company. In an anonymous retro it is no sign of life of the facilitator: its moment would tell what they wrote.
    pub async fn taking_part(&mut self, retro: &Retro) -> Result<Caller, Failure> {
        let caller = self.caller(&retro.channel).await?;
        let guest = caller.in_channel && caller.person.external;
        if guest && participants::one(self.tx, retro.id, &self.request.user).await?.is_some() {
            return Ok(caller);
        }
        if retro.anonymous { self.member(&retro.channel).await } else { self.member_of(retro).await }
    }

    /// The caller as who leads a retro.
    pub async fn leader(&mut self, retro: &Retro) -> Result<Caller, Failure> {
        let caller = self.member_of(retro).await?;
        caller.must_lead(retro)?;
        Ok(caller)
    }

    /// The caller as who may change the channel's defaults; and its open retros.
    pub async fn may_configure(&mut self, channel: &ChannelId) -> Result<(Caller, Vec<Retro>), Failure> {
        let caller = self.member(channel).await?;
        let open = retros::open_in(self.tx, self.team, channel).await?;
        let last = retros::last_closed(self.tx, self.team, channel, None).await?;
        let scheduled = retros::scheduled_in(self.tx, self.team, channel).await?;
        let leaders: Vec<Retro> = open.iter().chain(&scheduled).cloned().collect();
        caller.may_configure(&leaders, last.as_ref())?;
        Ok((caller, open))
    }

    /// The caller as who may let go on what is held back in the whole workspace.
    pub async fn may_resume(&mut self) -> Result<Person, Failure> {
        let person = self.person(&self.request.user).await?;
        let facilitators = retros::facilitators_of_team(self.tx, self.team).await?;
        let caller = Caller { person, in_channel: false };
        caller.may_resume(&facilitators)?;
        Ok(caller.person)
    }

    /// Whether the caller leads an open retro of the channel, or led its last one.
    pub async fn leads_in(&mut self, channel: &ChannelId, caller: &Caller) -> sqlx::Result<bool> {
        let open = retros::open_in(self.tx, self.team, channel).await?;
        let last = retros::last_closed(self.tx, self.team, channel, None).await?;
        Ok(open.iter().chain(last.as_ref()).any(|r| caller.leads(r)))
    }

    /// Whoever facilitates in the channel was seen there.
    pub async fn facilitator_seen(&mut self, channel: &ChannelId) -> sqlx::Result<()> {
        let now_ms = self.bot.now_ms();
        retros::facilitator_seen(self.tx, self.team, channel, &self.request.user, now_ms).await
    }
}
