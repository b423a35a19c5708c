//! What pipelines ask for: release data, and retros that begin by themselves.

use serde::{Deserialize, Serialize};

use super::cx::Cx;
use super::leader::leader;
use super::lookup::{self, Job, Lookup};
use super::outcome::{Failure, Outcome, done, plain};
use super::readings::wanted as readings;
use super::request::{Intent, PATIENCE, ReplyBy, Request};
use super::{finish, gate, releases, save};
use crate::bot::Bot;
use crate::directory::{self as read, Unread};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::readings::Wish;
use crate::store::tokens::Token;
use crate::store::{Tx, cards, directory, releases as stored, replies, retros, settings};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId, is_id};
use lookback_core::interaction::Form;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::start::Start;
use lookback_core::model::version;
use lookback_core::retro::gate::Gate;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::release::{Faults, Release, is_sensible};
use lookback_core::retro::schedule::{self, Asked};
use lookback_core::retro::{Decision, Refusal};
use lookback_core::text::{cut, unesc};

/// People that a pipeline can name.
const MOST_PEOPLE: usize = 1000;

/// How old the members of a channel may be where somebody is not among them.
const AGE: chrono::Duration = chrono::Duration::minutes(5);

/// Why a pipeline's request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Nobody is known under that token.
    #[error("this token is not known here, or was revoked: make one with `lookback token create`")]
    Token,
    /// Nothing was shown to be let in.
    #[error("no token was sent: add the header “Authorization: Bearer lb_…”")]
    NoToken,
    /// The webhook's secret is another one.
    #[error("the signature does not fit: give the webhook the secret that `lookback token create --github` printed")]
    Signature,
    /// It is for another channel.
    #[error("this token is for the channel {0}, not for this one: make one with `lookback token create --channel …`")]
    OtherChannel(ChannelId),
    /// The person whom it acts for is not an active member of the channel.
    #[error(
        "{0} is not an active member of the channel, so this token does nothing: make one for someone who is, with `lookback token create`"
    )]
    Gone(UserId),
    /// The release data is wrong.
    #[error(transparent)]
    Data(#[from] Faults),
    #[error("{0}")]
    Request(String),
    /// It is too large to be read.
    #[error(
        "this is larger than a mebibyte, and release data has at most 200,000 characters: leave the plan out, or give its address"
    )]
    TooLarge,
    /// The channel cannot take it.
    #[error("{0}")]
    Channel(String),
    /// There is nothing under that name.
    #[error("no data of {0} was given in this channel")]
    NoData(String),
    #[error("it could not be saved just now: try again in a moment")]
    NotSaved,
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "a pipeline's request was not saved");
        Self::NotSaved
    }
}

/// What became of release data.
#[derive(Debug, Serialize)]
pub struct Taken {
    pub version: String,
    pub created: bool,
    /// What changed since the time before, a line each.
    pub changed: Vec<String>,
    /// One line that follows from the figures, where they tell.
    pub verdict: Option<String>,
}

/// What a pipeline asks for, as it stands in the body of its request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetroAsked {
    pub version: String,
    #[serde(default)]
    pub deployed_at: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(default)]
    pub facilitator: Option<UserId>,
    #[serde(default)]
    pub people: Vec<UserId>,
    #[serde(default)]
    pub closes: Option<String>,
    #[serde(default)]
    pub meeting: Option<String>,
    #[serde(default)]
    pub length: Option<u32>,
    #[serde(default)]
    pub named: bool,
    #[serde(default, rename = "async")]
    pub is_async: bool,
    #[serde(default)]
    pub previous: Option<String>,
    #[serde(default)]
    pub everyone: bool,
}

/// Where a retro stands that a pipeline asked for.
#[derive(Debug, Serialize)]
pub struct RetroState {
    pub version: String,
    /// `scheduled`, `collecting`, `agenda`, `closed` or `cancelled`.
    pub state: Phase,
    /// When it begins by itself.
    pub begins: Option<chrono::DateTime<chrono::Utc>>,
    /// It was asked for just now.
    pub created: bool,
}

/// Takes release data.
pub async fn put_release(bot: &Bot, token: &Token, version: &str, text: &str) -> Result<Taken, Refused> {
    let release = Release::read(text, Some(version))?;
    let verdict = release.verdict().map(|v| v.to_string());
    let work = async {
        let mut tx = bot.store.begin().await?;
        let (team, channel) = (&token.team, &token.channel);
        let given = releases::take(&mut tx, team, channel, release, bot.clock.now()).await?;
        let created = given.first;
        let changed = if created { Vec::new() } else { given.changed };
        save::save(bot, &mut tx, team, Decision { reply: None, ..given.decision }).await?;
        tx.commit().await?;
        Ok(Taken { version: given.version, created, changed, verdict })
    };
    within(work).await
}

/// The data of a release, as it is kept.
pub async fn get_release(bot: &Bot, token: &Token, version: &str) -> Result<Release, Refused> {
    let mut tx = bot.store.read().await?;
    let version = version::read(version).ok_or_else(|| Refused::NoData(cut(version, 70)))?;
    let version = stored::spelled(&mut tx, &token.team, &token.channel, &version).await?;
    let found = stored::of(&mut tx, &token.team, &token.channel, &version).await?;
    found.ok_or(Refused::NoData(version))
}

/// What stands between the channel and a release.
pub async fn gate(bot: &Bot, token: &Token, version: &str) -> Result<Gate, Refused> {
    let typed = version::read(version).ok_or_else(|| Refused::Request(plain(&Refusal::NotAVersion)))?;
    let mut tx = bot.store.read().await?;
    Ok(gate::look(&mut tx, &token.team, &token.channel, &typed, bot.clock.now()).await?)
}

/// Plans a retro; asked for again it is the same one.
pub async fn ask_retro(bot: &Bot, token: &Token, asked: RetroAsked) -> Result<RetroState, Refused> {
    let start = options(&asked)?;
    if let Some(user) = &asked.facilitator
        && !is_active(bot, token, user).await?
    {
        let why = format!("{user} is not an active member of the channel: name a facilitator who is");
        return Err(Refused::Request(why));
    }
    let work = async {
        let mut tx = bot.store.begin().await?;
        let state = plan(bot, &mut tx, token, &asked, &start).await?;
        tx.commit().await?;
        Ok(state)
    };
    within(work).await
}

async fn plan(bot: &Bot, tx: &mut Tx, token: &Token, asked: &RetroAsked, start: &Start) -> Result<RetroState, Refused> {
    let (team, channel) = (&token.team, &token.channel);
    let start = &Start { version: stored::spelled(tx, team, channel, &start.version).await?, ..start.clone() };
    if let Some(found) = directory::channel(tx, team, channel).await? {
        if found.archived {
            return Err(Refused::Channel(plain(&Refusal::Archived)));
        }
        if !found.member {
            return Err(Refused::Channel(plain(&Refusal::NotInvited)));
        }
    }
    let before = retros::last_of(tx, team, channel, &start.version).await?;
    let facilitator = asked.facilitator.as_ref().unwrap_or(&token.user);
    let tz = directory::person(tx, team, facilitator).await?.map_or_else(|| "UTC".to_owned(), |p| p.tz);
    let settings = settings::of_channel(tx, team, channel).await?;
    let data = stored::of(tx, team, channel, &start.version).await?;
    let deployed = asked.deployed_at.or(data.and_then(|d| d.deployed_at));
    let asked = Asked { channel, start, deployed, facilitator, tz: &tz, settings: &settings, before: before.as_ref() };
    let planned = schedule::plan(&asked, bot.clock.now(), RetroId(bot.rng.id()));
    let (retro, created) = match (planned.map_err(|why| Refused::Request(plain(&why)))?, before) {
        (Some((retro, decision)), _) => {
            save::save(bot, tx, team, decision).await?;
            (retro, true)
        }
        (None, Some(before)) => (before, false),
        (None, None) => return Err(Refused::NotSaved),
    };
    readings::want(bot, tx, team, Wish::of(&retro)).await?;
    let begins = retro.scheduled.filter(|_| retro.phase == Phase::Scheduled).map(|s| s.begins);
    Ok(RetroState { version: retro.version, state: retro.phase, begins, created })
}

/// A release was withdrawn: the channel is asked, once, whether the retro that waits for it is still wanted. `Some`: why
/// nobody is asked.
pub async fn withdraw(bot: &Bot, token: &Token, version: &str) -> Result<Option<String>, Refused> {
    let work = async {
        let mut tx = bot.store.begin().await?;
        let (team, channel) = (&token.team, &token.channel);
        let Some(version) = version::read(version) else { return Ok(Some(plain(&Refusal::NotAVersion))) };
        let version = stored::spelled(&mut tx, team, channel, &version).await?;
        let Some(retro) = retros::last_of(&mut tx, team, channel, &version).await? else {
            return Ok(Some(format!("no retro waits for {version}")));
        };
        let asks = match schedule::withdrawn(&retro) {
            Ok(asks) => asks,
            Err(why) => return Ok(Some(plain(&why))),
        };
        let begins = retro.scheduled.as_ref().map_or(0, |s| s.begins.timestamp());
        let to = Recipient::Channel { channel: channel.clone() };
        let asks = Wanted::reply(&format!("withdrawn/{}/{begins}", retro.id), to, &asks);
        if !replies::is_known(&mut tx, team, &asks.key).await? {
            cards::want(&mut tx, team, &asks, bot.now_ms()).await?;
        }
        tx.commit().await?;
        Ok(None)
    };
    within(work).await
}

/// A scheduled retro's hour has come: who is in the channel is asked of Slack first.
pub async fn begin(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Decision> {
    let Ok(scheduled) = schedule::waiting(retro) else { return Ok(Decision::default()) };
    let now = bot.clock.now();
    let planned = directory::person(tx, team, &retro.facilitator).await?;
    let stand_in = if schedule::needs_stand_in(retro, planned.as_ref()) {
        leader(tx, team, &retro.channel, None).await?
    } else {
        None
    };
    let user = stand_in.map_or_else(|| retro.facilitator.clone(), |p| p.id);
    let s = &scheduled.start;
    let lookup = Lookup::channel(&retro.channel).and_person(&user).and_people(&s.people).and_groups(&s.groups);
    let request = Request {
        team: team.clone(),
        user,
        channel: Some(retro.channel.clone()),
        intent: Intent::Begin { retro: retro.id },
        reply_by: ReplyBy::Dm,
        trigger: None,
        asked: now,
        key: format!("begin/{}/{}", retro.id, now.timestamp_millis()),
    };
    lookup::put(bot, tx, &Job { request, lookup }).await?;
    Ok(Decision::default())
}

/// A token acts for a person, as long as they are an active member of its channel.
pub async fn acts(bot: &Bot, token: &Token) -> Result<(), Refused> {
    if is_active(bot, token, &token.user).await? { Ok(()) } else { Err(Refused::Gone(token.user.clone())) }
}

/// Whether somebody is an active member of the token's channel. Slack is asked where they are not known as one: an event
/// may have been lost.
async fn is_active(bot: &Bot, token: &Token, user: &UserId) -> Result<bool, Refused> {
    if is_known_active(bot, token, user).await? {
        return Ok(true);
    }
    let since_ms = (bot.clock.now() - AGE).timestamp_millis();
    match read::channel(bot, &token.team, &token.channel, since_ms).await {
        Ok(()) => {}
        Err(Unread::Refused(_)) => return Err(Refused::Channel(plain(&Refusal::NotInvited))),
        Err(Unread::Later(_) | Unread::Silent) => return Err(Refused::NotSaved),
        Err(Unread::Database(error)) => return Err(error.into()),
    }
    if is_known_active(bot, token, user).await? {
        return Ok(true);
    }
    // Where the bot is not, nobody's membership is known.
    let mut tx = bot.store.read().await?;
    let channel = directory::channel(&mut tx, &token.team, &token.channel).await?;
    if channel.is_none_or(|c| !c.member) { Err(Refused::Channel(plain(&Refusal::NotInvited))) } else { Ok(false) }
}

async fn is_known_active(bot: &Bot, token: &Token, user: &UserId) -> sqlx::Result<bool> {
    let mut tx = bot.store.read().await?;
    let person = directory::person(&mut tx, &token.team, user).await?;
    let is_member = directory::is_member(&mut tx, &token.team, &token.channel, user).await?;
    Ok(is_member && person.is_some_and(|p| p.reachable()))
}

async fn within<T>(work: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Refused::NotSaved))
}

/// The options of a request, as `start` takes them.
fn options(asked: &RetroAsked) -> Result<Start, Refused> {
    let not_a_version = || Refused::Request(plain(&Refusal::NotAVersion));
    let version = version::read(&asked.version).ok_or_else(not_a_version)?;
    let previous = asked.previous.as_deref().map(|v| version::read(v).ok_or_else(not_a_version)).transpose()?;
    if let Some(odd) = asked.facilitator.iter().chain(&asked.people).find(|u| !is_id(u.as_str(), &['U', 'W'])) {
        let odd = cut(odd.as_str(), 40);
        return Err(Refused::Request(format!("“{odd}” is not the id of a person in Slack, such as U0123ABCD")));
    }
    if asked.people.len() > MOST_PEOPLE {
        return Err(Refused::Request(format!(
            "people: at most {MOST_PEOPLE} can be named; leave it out to ask everyone"
        )));
    }
    if asked.deployed_at.is_some_and(|at| !is_sensible(at)) {
        return Err(Refused::Request("deployed_at: the year is not between 2000 and 2199".to_owned()));
    }
    if asked.length.is_some_and(|n| !(30..=120).contains(&n)) {
        return Err(Refused::Request("length: a meeting lasts 30 to 120 minutes".to_owned()));
    }
    if asked.is_async && asked.meeting.is_some() {
        return Err(Refused::Request("async and meeting contradict each other: keep one of them".to_owned()));
    }
    Ok(Start {
        version,
        people: asked.people.clone(),
        closes: asked.closes.clone(),
        meeting: asked.meeting.clone(),
        length: asked.length,
        named: asked.named,
        is_async: asked.is_async,
        previous,
        everyone: asked.everyone,
        ..Start::default()
    })
}

/// `Later` asks until when.
pub async fn open_later(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    open(cx, retro, &Form::Later { retro }).await
}

/// `Skip` asks why.
pub async fn open_skip(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    open(cx, retro, &Form::Skip { retro }).await
}

async fn open(cx: &mut Cx<'_>, retro: RetroId, form: &Form) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    schedule::waiting(&retro)?;
    caller.must_lead(&retro)?;
    Ok(Outcome::open(view::forms::wait(&retro, form)))
}

/// Until when a scheduled retro waits.
pub async fn later(cx: &mut Cx<'_>, retro: RetroId, text: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    let settings = settings::of_channel(cx.tx, cx.team, &retro.channel).await?;
    match schedule::later(&retro, &caller, &unesc(text), &settings, cx.now()) {
        Err(why @ (Refusal::Date(_) | Refusal::NeedsDate(_))) => Ok(Outcome::wrong_at(field::TEXT, &why)),
        other => done(other),
    }
}

/// Why a release gets no retro.
pub async fn skip(cx: &mut Cx<'_>, retro: RetroId, text: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    schedule::waiting(&retro)?;
    finish::cancel(cx, retro, &caller, Some(&unesc(text)), true).await
}
