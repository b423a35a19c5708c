//! Loading what the core asks for.

use chrono::{DateTime, Utc};

use super::facts::{Fetched, Lookup};
use super::{App, Failure, Outcome, ReplyBy, Request};
use crate::outbox;
use crate::store::{Tx, cards, directory, meetings, retros};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::retro::people::Person;
use lookback_core::retro::{Caller, Card, Phase, Refusal, Retro};

/// Either a value, or what has to be asked of Slack first.
pub enum Known<T> {
    /// Known.
    Yes(T),
    /// To be asked.
    Intent(Lookup),
}

/// Unwraps a [`Known`], or leaves with the question.
macro_rules! known {
    ($known:expr) => {
        match $known {
            $crate::app::load::Known::Yes(value) => value,
            $crate::app::load::Known::Intent(need) => return Ok($crate::app::Outcome::Needs(need)),
        }
    };
}
pub(super) use known;

/// The caller as a member of `channel`; Slack is asked once where they are not known as one.
pub async fn caller(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    fetched: Option<&Fetched>,
) -> Result<Known<Caller>, Failure> {
    let person = directory::person(tx, &request.team, &request.user).await?;
    let in_channel = directory::is_member(tx, &request.team, channel, &request.user).await?;
    match person {
        Some(person) if in_channel || fetched.is_some() => Ok(Known::Yes(Caller { person, in_channel })),
        None if fetched.is_some() => Err(Refusal::NotAMember.into()),
        _ => Ok(Known::Intent(Lookup::channel(channel).and_person(&request.user))),
    }
}

/// As [`caller`], and refuses who is not in the channel. A channel that was named from elsewhere
/// gives nothing away.
pub async fn member(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    fetched: Option<&Fetched>,
) -> Result<Known<Caller>, Failure> {
    let known = caller(tx, request, channel, fetched).await?;
    if let Known::Yes(caller) = &known {
        if caller.person.external {
            return Err(Refusal::External.into());
        }
        if !caller.in_channel {
            let elsewhere = request.channel.as_ref() != Some(channel);
            let found = directory::channel(tx, &request.team, channel).await?;
            return Err(match found {
                _ if elsewhere => Refusal::NoChannel.into(),
                Some(found) if found.member => Refusal::NotAMember.into(),
                _ => Refusal::NotInvited.into(),
            });
        }
    }
    Ok(known)
}

/// A person by id; Slack is asked once where they are not known.
pub async fn person(
    tx: &mut Tx,
    request: &Request,
    user: &UserId,
    fetched: Option<&Fetched>,
) -> Result<Known<Person>, Failure> {
    match directory::person(tx, &request.team, user).await? {
        Some(person) => Ok(Known::Yes(person)),
        None if fetched.is_some() => Err(Refusal::UnknownPerson(lookback_core::retro::mention(user)).into()),
        None => Ok(Known::Intent(Lookup::person(user))),
    }
}

/// The open retros that words without a version can mean: in the thread of one only that, else all of the channel.
pub async fn open_here(tx: &mut Tx, request: &Request, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    let open = retros::open_in(tx, &request.team, channel).await?;
    for retro in &open {
        if in_thread_of(tx, request, retro).await? {
            return Ok(vec![retro.clone()]);
        }
    }
    Ok(open)
}

/// Whether it was said in the thread of this retro: of its agenda, or of its kickoff.
pub async fn in_thread_of(tx: &mut Tx, request: &Request, retro: &Retro) -> sqlx::Result<bool> {
    let ReplyBy::Ephemeral { thread: Some(thread), .. } = &request.answer else { return Ok(false) };
    for card in [Card::Agenda(retro.id), Card::Kickoff(retro.id)] {
        let found = cards::by_key(tx, &request.team, &outbox::key(&card)).await?;
        if found.is_some_and(|c| c.ts.as_ref() == Some(thread)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The retro to which belongs what is said in a channel: in a thread its own; else the one that was started last, or
/// the one in whose meeting people sit now, unless that shows names and the other would not.
pub async fn meant(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Retro>> {
    let open = open_here(tx, request, channel).await?;
    let mut live: Option<&Retro> = None;
    for retro in open.iter().filter(|r| r.phase == Phase::Meeting && !r.is_async) {
        let sits = meetings::of_retro(tx, retro.id).await?.is_some_and(|m| m.is_attended(now));
        live = if sits { [Some(retro), live].into_iter().flatten().max_by_key(|r| r.started) } else { live };
    }
    let last = open.iter().max_by_key(|r| r.started);
    Ok(live.filter(|r| r.anonymous || last.is_none_or(|l| !l.anonymous)).or(last).cloned())
}

/// The retro that a command means: the named version's, or the only open one.
pub async fn pick(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    version: Option<&str>,
    command: &'static str,
) -> Result<Retro, Failure> {
    let open = open_here(tx, request, channel).await?;
    let names = || open.iter().map(|r| lookback_core::retro::bold(&r.version)).collect::<Vec<_>>().join(", ");
    if let Some(version) = version {
        if let Some(found) = open.iter().find(|r| r.version == version) {
            return Ok(found.clone());
        }
        // One that is over explains itself better than "unknown".
        if let Some(over) = retros::last_of(tx, &request.team, channel, version).await? {
            return Ok(over);
        }
        let hint = if open.is_empty() {
            " Start one with `/retro start`.".to_owned()
        } else {
            format!(" Open here: {}.", names())
        };
        return Err(Refusal::NoSuchVersion { version: lookback_core::retro::bold(version), open: hint }.into());
    }
    let scheduled = if open.is_empty() { retros::scheduled_in(tx, &request.team, channel).await? } else { Vec::new() };
    match open.as_slice() {
        [] => match scheduled.as_slice() {
            [] => Err(Refusal::NothingOpen.into()),
            [one] => Ok(one.clone()),
            [first, ..] => {
                let names =
                    scheduled.iter().map(|r| lookback_core::retro::bold(&r.version)).collect::<Vec<_>>().join(", ");
                let example = format!("/retro {command} {}", lookback_core::text::esc(&first.version));
                Err(Refusal::WhichVersion(names, example).into())
            }
        },
        [one] => Ok(one.clone()),
        [first, ..] => {
            let example = format!("/retro {command} {}", lookback_core::text::esc(&first.version));
            Err(Refusal::WhichVersion(names(), example).into())
        }
    }
}

/// A retro by its id, as buttons name it.
pub async fn by_id(tx: &mut Tx, request: &Request, id: RetroId) -> Result<Retro, Failure> {
    Ok(retros::by_id(tx, &request.team, id).await?.ok_or(Refusal::OldButton)?)
}

impl App {
    /// A button asks for what a command could do too: reads the caller for a retro's channel.
    pub(super) async fn caller_of(
        &self,
        tx: &mut Tx,
        request: &Request,
        retro: &Retro,
        fetched: Option<&Fetched>,
    ) -> Result<Known<Caller>, Failure> {
        let known = member(tx, request, &retro.channel, fetched).await?;
        let now_ms = self.clock.now().timestamp_millis();
        retros::facilitator_seen(tx, &request.team, &retro.channel, &request.user, now_ms).await?;
        Ok(known)
    }
}

/// As [`member`], for what everybody does in a meeting: who was named in `start` takes part, of whichever company.
pub async fn taking_part(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: &Retro,
    fetched: Option<&Fetched>,
) -> Result<Known<Caller>, Failure> {
    let known = caller(tx, request, &retro.channel, fetched).await?;
    if let Known::Yes(caller) = &known
        && caller.in_channel
        && caller.person.external
        && retros::participant(tx, retro.id, &request.user).await?.is_some()
    {
        return Ok(known);
    }
    app.caller_of(tx, request, retro, fetched).await
}

/// What Slack put in brackets as a person would read it: `<@U1>` → `@maria`, `<#C1|ops>` → `#ops`,
/// `<https://…|label>` → the address.
pub async fn with_names(tx: &mut Tx, team: &TeamId, text: &str) -> sqlx::Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((inside, after)) = after.split_once('>').filter(|(inside, _)| !inside.contains('<')) else {
            out.push('<');
            rest = after;
            continue;
        };
        let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
        let shown = if let Some(user) = target.strip_prefix('@') {
            directory::person(tx, team, &UserId(user.to_owned())).await?.map(|p| format!("@{}", p.name))
        } else if target.starts_with('#') && !label.is_empty() {
            Some(format!("#{label}"))
        } else if target.starts_with("http://") || target.starts_with("https://") || target.starts_with("mailto:") {
            Some(target.trim_start_matches("mailto:").to_owned())
        } else {
            None
        };
        out.push_str(&shown.unwrap_or_else(|| format!("<{inside}>")));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// For functions that return an [`Outcome`] with a decision.
pub fn done(decision: Result<lookback_core::retro::Decision, Refusal>) -> Result<Outcome, Failure> {
    Ok(Outcome::Done(decision?))
}
