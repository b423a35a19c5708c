//! What follows from a failed call. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::slack::client::CallError;
use crate::store::cards::{Next, Outgoing};
use lookback_core::ids::{RetroId, UserId};
use lookback_core::retro::Card;
use lookback_core::retro::message::Content;

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new message in a channel.
    ChannelPost,
    /// A new message for one person.
    PersonPost,
    Update,
    /// An answer to a command or a press, in the place where it was asked for. It cannot be looked for: where it may be
    /// lost, the same words go by DM.
    Fleeting,
    /// A part of a canvas: at most once. It cannot be looked for, and twice would be worse than not at all.
    Once,
}

/// What to do, and who should hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub next: Next,
    pub tell: Tell,
}

/// Who should hear of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    Nobody,
    /// The facilitator: the channel cannot be written to.
    Facilitator,
    /// The retro: this person cannot be reached.
    Unreachable,
    /// The log: the token is not accepted; nothing is sent for a while.
    TokenRefused,
}

/// What a call showed that somebody has to act on.
#[derive(Debug)]
pub enum Finding {
    /// A message did not reach the retro's channel.
    ChannelRefused(Card),
    /// A channel takes no messages: its lane is parked.
    ChannelClosed { lane: String },
    /// Slack does not deliver to this person: they left, or cannot be written to.
    PersonUnreachable { user: UserId, survey: Option<RetroId> },
}

/// What is to be acted on after this verdict.
pub fn finding(row: &Outgoing, verdict: &Verdict) -> Option<Finding> {
    match (verdict.tell, &row.content) {
        (Tell::Facilitator, _) if matches!(verdict.next, Next::Parked { .. }) => {
            Some(Finding::ChannelClosed { lane: row.lane.clone() })
        }
        (Tell::Facilitator, Content::Card(card)) => Some(Finding::ChannelRefused(card.clone())),
        (Tell::Unreachable, content) if verdict.next == Next::Dead => {
            let survey = match content {
                Content::Card(Card::Survey { retro, copy: 0, .. }) => Some(*retro),
                Content::Card(_)
                | Content::Reply(_)
                | Content::Home(_)
                | Content::Reminder { .. }
                | Content::Assignment { .. }
                | Content::Chart { .. }
                | Content::File { .. } => None,
            };
            content.dm_user().map(|user| Finding::PersonUnreachable { user, survey })
        }
        (Tell::Nobody | Tell::TokenRefused | Tell::Facilitator | Tell::Unreachable, _) => None,
    }
}

const TOKEN: [&str; 5] = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"];
const PERSON: [&str; 6] =
    ["user_not_found", "user_not_visible", "user_disabled", "users_not_found", "cannot_dm_bot", "channel_not_found"];
const CLOSED: [&str; 7] = [
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "is_inactive",
    "restricted_action",
    "restricted_action_read_only_channel",
    "ekm_access_denied",
];
const CONTENT: [&str; 7] = [
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "invalid_attachments",
    "too_many_attachments",
    "msg_too_large",
];
const GONE: [&str; 3] = ["message_not_found", "cant_update_message", "edit_window_closed"];

/// Tries of a part of a canvas.
const CANVAS_TRIES: i64 = 10;

/// Whether a part of a canvas is given up without a word: the file in the thread is enough.
pub fn is_given_up(row: &Outgoing, kind: Kind, error: &CallError) -> bool {
    let for_good = match error {
        // Somebody else's change is being saved.
        CallError::Refused { code, .. } => !TOKEN.contains(&code.as_str()) && code != EDITING,
        CallError::Unclear => true,
        CallError::NotSent | CallError::Limited { .. } => false,
    };
    kind == Kind::Once && (for_good || row.attempts >= CANVAS_TRIES)
}

/// <https://docs.slack.dev/reference/methods/canvases.edit>
const EDITING: &str = "canvas_editing_locked";

/// Wait before the nth try: 1 s, 2 s, 4 s … up to 5 minutes.
pub fn backoff(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    Duration::seconds((1i64 << doublings).min(300))
}

/// A closed channel is tried again after so long, in case nobody told that it opened.
const PARKED: Duration = Duration::hours(1);

/// Tries of an answer in the place where it was asked for.
const TRIES: i64 = 3;

/// How long an unclear call is left to settle before the history is read.
pub const SETTLE: Duration = Duration::seconds(10);

/// Decides what becomes of `row` after `error`.
pub fn verdict(row: &Outgoing, kind: Kind, error: &CallError, now: DateTime<Utc>) -> Verdict {
    let due = |wait: Duration| (now + wait).timestamp_millis();
    let quiet = |next| Verdict { next, tell: Tell::Nobody };
    let again = quiet(Next::Again { due_ms: due(backoff(row.attempts + 1)), counted: true });
    match error {
        CallError::Limited { after } => {
            let after = Duration::from_std(*after).unwrap_or(Duration::minutes(1));
            quiet(Next::Again { due_ms: due(after), counted: false })
        }
        // The address for it does not last: after some tries the words go by DM.
        CallError::NotSent if kind == Kind::Fleeting && row.attempts >= TRIES => quiet(Next::Dead),
        CallError::NotSent => again,
        // Updating twice is updating once.
        CallError::Unclear if kind == Kind::Update => again,
        CallError::Unclear if kind == Kind::Fleeting => quiet(Next::Dead),
        CallError::Unclear => quiet(Next::Doubt { due_ms: due(SETTLE), looks: 0 }),
        CallError::Refused { code, .. } => refused(row, kind, code, due(Duration::zero()), due(Duration::minutes(10))),
    }
}

fn refused(row: &Outgoing, kind: Kind, code: &str, now_ms: i64, later_ms: i64) -> Verdict {
    let parked = Next::Parked { now_ms, due_ms: now_ms + PARKED.num_milliseconds() };
    let document =
        matches!(row.content, Content::Card(Card::Document(_)) | Content::File { .. } | Content::Chart { .. });
    let (next, tell) = match (code, kind) {
        (_, Kind::Fleeting) if TOKEN.contains(&code) => (Next::Dead, Tell::TokenRefused),
        (_, Kind::Fleeting) if CONTENT.contains(&code) && !row.plain => (Next::Plain { due_ms: now_ms }, Tell::Nobody),
        (_, Kind::Fleeting) => (Next::Dead, Tell::Nobody),
        _ if TOKEN.contains(&code) => (Next::Again { due_ms: later_ms, counted: false }, Tell::TokenRefused),
        _ if CONTENT.contains(&code) && !row.plain => (Next::Plain { due_ms: now_ms }, Tell::Nobody),
        (_, Kind::Update) if GONE.contains(&code) => (Next::Anew { due_ms: now_ms }, Tell::Nobody),
        (EDITING, _) => (Next::Again { due_ms: later_ms, counted: true }, Tell::Nobody),
        // A setting of the app that its owner can switch back on: people are not to blame.
        ("messages_tab_disabled", _) => (Next::Again { due_ms: later_ms, counted: false }, Tell::Nobody),
        (_, Kind::PersonPost) if PERSON.contains(&code) => (Next::Dead, Tell::Unreachable),
        (_, Kind::ChannelPost) if CLOSED.contains(&code) => (parked, Tell::Facilitator),
        // A channel that takes no new messages may take changes: each is tried by itself, for thirty days.
        (_, Kind::Update) if CLOSED.contains(&code) && row.content.dm_user().is_none() && row.attempts < 30 * 24 => {
            (Next::Again { due_ms: now_ms + PARKED.num_milliseconds(), counted: true }, Tell::Nobody)
        }
        // Whatever keeps a file from being shared, its text can be posted.
        _ if document && !row.plain => (Next::Plain { due_ms: now_ms }, Tell::Nobody),
        (_, Kind::ChannelPost) => (Next::Dead, Tell::Facilitator),
        _ => (Next::Dead, Tell::Nobody),
    };
    Verdict { next, tell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        Outgoing {
            team: "T1".into(),
            key: "k".into(),
            content: Content::Card(lookback_core::retro::Card::Kickoff(lookback_core::ids::RetroId(1))),
            body: None,
            lane: "C1".into(),
            wanted: 1,
            attempts: 0,
            started_ms: None,
            looks: 0,
            plain: false,
            ts: None,
            posted_in: None,
            file_id: None,
            shown: None,
            made_ms: 0,
            due_ms: 0,
        }
    }

    #[test]
    fn an_unclear_post_is_in_doubt_and_never_simply_failed() {
        let now = lookback_core::zone::from_ms(0);
        let at = |kind, error: &CallError| verdict(&outgoing(), kind, error, now).next;
        assert_eq!(at(Kind::ChannelPost, &CallError::Unclear), Next::Doubt { due_ms: 10_000, looks: 0 });
        assert_eq!(at(Kind::Update, &CallError::Unclear), Next::Again { due_ms: 1000, counted: true });
        assert_eq!(at(Kind::Fleeting, &CallError::Unclear), Next::Dead);
        assert_eq!(at(Kind::ChannelPost, &CallError::NotSent), Next::Again { due_ms: 1000, counted: true });
        let limited = CallError::Limited { after: std::time::Duration::from_secs(30) };
        assert_eq!(at(Kind::PersonPost, &limited), Next::Again { due_ms: 30_000, counted: false });
    }

    #[test]
    fn refusals_go_to_whoever_can_mend_them() {
        let tell = |kind, code: &str| {
            verdict(&outgoing(), kind, &CallError::refused(code), lookback_core::zone::from_ms(0)).tell
        };
        assert_eq!(tell(Kind::ChannelPost, "is_archived"), Tell::Facilitator);
        assert_eq!(tell(Kind::PersonPost, "user_disabled"), Tell::Unreachable);
        assert_eq!(tell(Kind::Update, "token_revoked"), Tell::TokenRefused);
        assert_eq!(tell(Kind::ChannelPost, "something_new"), Tell::Facilitator);
        assert_eq!(tell(Kind::PersonPost, "messages_tab_disabled"), Tell::Nobody);
    }

    #[test]
    fn backoff_doubles_up_to_five_minutes() {
        let seconds: Vec<i64> = [1, 2, 3, 9, 10, 99].iter().map(|n| backoff(*n).num_seconds()).collect();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
