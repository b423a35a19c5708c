//! Messages that the bot keeps, and who sees each of them.
//!
//! Rule: a card says by [`Card::route`] who sees it. There is no default: a card without an audience does not compile.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, NoteId, RetroId, UserId};

/// A message the bot keeps: rendered from the state when it is sent, edited when it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Card {
    /// The retro begins by itself at `begins` (seconds); sent a day ahead, and again if the retro was put off.
    #[serde(rename = "Notice")]
    Notice { retro: RetroId, begins: i64 },
    #[serde(rename = "Kickoff")]
    Kickoff(RetroId),
    /// The survey DM; copy 0 is the first, the others are reminders and repeats of it.
    #[serde(rename = "Survey")]
    Survey { retro: RetroId, user: UserId, copy: u32, nudge: bool },
    /// Asks an author whether to share what was withheld.
    #[serde(rename = "Share")]
    Share { retro: RetroId, user: UserId },
    #[serde(rename = "Agenda")]
    Agenda(RetroId),
    /// The release in figures, in the agenda's thread.
    #[serde(rename = "Facts")]
    Facts(RetroId),
    /// "It is time": a word in the thread and to the facilitator.
    #[serde(rename = "MeetingTime")]
    MeetingTime(RetroId),
    #[serde(rename = "MeetingTimeDm")]
    MeetingTimeDm { retro: RetroId, user: UserId },
    /// A stage of the meeting in the agenda's thread. Its first page brings the others along, as many as it needs.
    #[serde(rename = "Stage")]
    Stage {
        retro: RetroId,
        #[serde(rename = "part")]
        stage: usize,
        page: usize,
    },
    /// The meeting has begun: a word in the channel, because a thread is easily missed.
    #[serde(rename = "Begun")]
    Begun(RetroId),
    /// Two minutes are left of a stage that was given so much time (seconds): more time brings another.
    #[serde(rename = "Warning")]
    Warning {
        retro: RetroId,
        #[serde(rename = "part")]
        stage: usize,
        given: i64,
    },
    /// Recognition, read out in the thread.
    #[serde(rename = "Kudos")]
    Kudos { retro: RetroId, id: i64 },
    /// A stage without a call waits for somebody's word.
    #[serde(rename = "Invite")]
    Invite {
        retro: RetroId,
        #[serde(rename = "part")]
        stage: usize,
        user: UserId,
    },
    #[serde(rename = "Summary")]
    Summary(RetroId),
    /// How the retro itself went, for who facilitated it.
    #[serde(rename = "Health")]
    Health { retro: RetroId, user: UserId },
    /// The short summary, shown to the facilitator before it is sent.
    #[serde(rename = "Preview")]
    Preview { retro: RetroId, user: UserId },
    /// The short summary in a stakeholders' channel.
    #[serde(rename = "Short")]
    Short { retro: RetroId, channel: ChannelId },
    /// A theme that keeps coming back, before a named person.
    #[serde(rename = "Escalation")]
    Escalation { retro: RetroId, root: NoteId, user: UserId },
    /// The whole document in the summary's thread.
    #[serde(rename = "Document")]
    Document(RetroId),
    /// The whole document as a part of the channel's canvas.
    #[serde(rename = "Canvas")]
    Canvas(RetroId),
    /// The facilitator hears that a message (by its key) did not reach the channel.
    #[serde(rename = "Trouble")]
    Trouble { retro: RetroId, user: UserId, about: String },
}

/// Who sees a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in the retro's channel.
    Channel,
    Person(UserId),
    /// Everybody in another channel.
    OtherChannel(ChannelId),
}

/// The order in which kinds of messages leave, the first one first: answers to somebody who waits, then what a channel
/// sees, then what goes to many people, and Home tabs last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Reply,
    /// A channel, or one person, sees it.
    Single,
    Bulk,
    Home,
}

impl Priority {
    /// As it is stored.
    pub fn number(self) -> i64 {
        match self {
            Self::Reply => 0,
            Self::Single => 1,
            Self::Bulk => 2,
            Self::Home => 3,
        }
    }
}

/// Where a card goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Names the message: derived from what it is about, so that wanting it again finds it.
    pub key: String,
    /// The retro that it is about.
    pub retro: RetroId,
    pub audience: Audience,
    /// The card in whose thread it stands.
    pub under: Option<Card>,
    /// When it leaves, compared with others.
    pub priority: Priority,
}

impl Card {
    /// Its name, its audience, its thread and its priority.
    pub fn route(&self) -> Route {
        let in_channel = |key: String, retro: RetroId| Route {
            key,
            retro,
            audience: Audience::Channel,
            under: None,
            priority: Priority::Single,
        };
        let in_thread =
            |key: String, retro: RetroId, parent: Self| Route { under: Some(parent), ..in_channel(key, retro) };
        let to_person = |key: String, retro: RetroId, user: &UserId| Route {
            audience: Audience::Person(user.clone()),
            ..in_channel(key, retro)
        };
        match self {
            Self::Notice { retro, begins } => in_channel(format!("notice/{retro}/{begins}"), *retro),
            Self::Kickoff(r) => in_channel(format!("kickoff/{r}"), *r),
            Self::Survey { retro, user, copy, .. } => {
                Route { priority: Priority::Bulk, ..to_person(format!("survey/{retro}/{user}/{copy}"), *retro, user) }
            }
            Self::Share { retro, user } => to_person(format!("share/{retro}/{user}"), *retro, user),
            Self::Agenda(r) => in_channel(format!("agenda/{r}"), *r),
            Self::Facts(r) => in_thread(format!("facts/{r}"), *r, Self::Agenda(*r)),
            Self::MeetingTime(r) => in_thread(format!("meeting/{r}"), *r, Self::Agenda(*r)),
            Self::MeetingTimeDm { retro, user } => to_person(format!("meeting/{retro}/{user}"), *retro, user),
            Self::Stage { retro, stage, page } => {
                in_thread(format!("stage/{retro}/{stage}/{page:02}"), *retro, Self::Agenda(*retro))
            }
            Self::Begun(r) => in_channel(format!("begun/{r}"), *r),
            Self::Warning { retro, stage, given } => {
                in_thread(format!("warning/{retro}/{stage}/{given}"), *retro, Self::Agenda(*retro))
            }
            // The key sorts after that of the stage in which kudos are read out.
            Self::Kudos { retro, id } => in_thread(format!("wins/{retro}/{id}"), *retro, Self::Agenda(*retro)),
            Self::Invite { retro, stage, user } => {
                Route { priority: Priority::Bulk, ..to_person(format!("invite/{retro}/{stage}/{user}"), *retro, user) }
            }
            Self::Summary(r) => in_channel(format!("summary/{r}"), *r),
            Self::Health { retro, user } => to_person(format!("health/{retro}/{user}"), *retro, user),
            Self::Preview { retro, user } => to_person(format!("preview/{retro}/{user}"), *retro, user),
            Self::Short { retro, channel } => Route {
                audience: Audience::OtherChannel(channel.clone()),
                ..in_channel(format!("short/{retro}/{channel}"), *retro)
            },
            Self::Escalation { retro, root, user } => {
                to_person(format!("escalation/{retro}/{root}/{user}"), *retro, user)
            }
            Self::Document(r) => in_thread(format!("document/{r}"), *r, Self::Summary(*r)),
            Self::Canvas(r) => in_channel(format!("canvas/{r}"), *r),
            Self::Trouble { retro, user, about } => to_person(format!("trouble/{user}/{about}"), *retro, user),
        }
    }

    /// The name of the message.
    pub fn key(&self) -> String {
        self.route().key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every card that is sampled, whichever release added it.
    fn samples() -> Vec<Card> {
        let releases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/stored");
        let mut files: Vec<_> =
            std::fs::read_dir(releases).unwrap().map(|release| release.unwrap().path().join("card.jsonl")).collect();
        files.sort();
        let text: String = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_card_says_who_sees_it() {
        let audience: Vec<String> = samples()
            .iter()
            .map(|card| {
                let route = card.route();
                let to = match &route.audience {
                    Audience::Channel => "the channel".to_owned(),
                    Audience::Person(user) => format!("only {user}"),
                    Audience::OtherChannel(channel) => format!("{channel}"),
                };
                let under = route.under.map(|parent| format!(", under {}", parent.key())).unwrap_or_default();
                format!("{}: {to}{under}", route.key.replace("4812366158", "R"))
            })
            .collect();
        insta::assert_snapshot!(audience.join("\n"), @r"
        notice/R/1795000000: the channel
        kickoff/R: the channel
        survey/R/U01MARIA/1: only U01MARIA
        share/R/U01MARIA: only U01MARIA
        agenda/R: the channel
        facts/R: the channel, under agenda/4812366158
        meeting/R: the channel, under agenda/4812366158
        meeting/R/U01MARIA: only U01MARIA
        stage/R/2/01: the channel, under agenda/4812366158
        begun/R: the channel
        warning/R/2/900: the channel, under agenda/4812366158
        wins/R/91: the channel, under agenda/4812366158
        invite/R/3/U01MARIA: only U01MARIA
        summary/R: the channel
        health/R/U01MARIA: only U01MARIA
        preview/R/U01MARIA: only U01MARIA
        short/R/C02GEN: C02GEN
        escalation/R/7204111/U01MARIA: only U01MARIA
        document/R: the channel, under summary/4812366158
        canvas/R: the channel
        trouble/U01MARIA/agenda/R: only U01MARIA
        ");
    }

    #[test]
    fn what_is_for_one_person_names_the_person() {
        for card in samples() {
            let named = serde_json::to_value(&card).unwrap().to_string().contains("\"user\"");
            let private = matches!(card.route().audience, Audience::Person(_));
            assert_eq!(named, private, "{card:?}");
        }
    }
}
