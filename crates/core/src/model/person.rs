//! People and channels as the core needs to know them.

use crate::ids::{ChannelId, UserId};

/// A user of the workspace as last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    /// IANA zone; UTC where Slack names none.
    pub tz: String,
    pub bot: bool,
    pub deleted: bool,
    /// Of another company (Slack Connect).
    pub external: bool,
    /// A workspace admin or owner.
    pub admin: bool,
}

impl Person {
    /// Whether they lead whatever is in the workspace: an administrator of another company does not.
    pub fn administers(&self) -> bool {
        self.admin && !self.external && !self.deleted
    }

    /// Somebody who can be sent a survey.
    pub fn reachable(&self) -> bool {
        !self.bot && !self.deleted
    }
}

/// A channel as last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    /// Its name, without `#`.
    pub name: String,
    pub archived: bool,
    pub member: bool,
}
