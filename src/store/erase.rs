//! Forgetting a person: every row that names them goes, or names nobody from then on.

use super::{Tx, responses, scrub, stored};
use crate::seal::Vault;
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::model::response::Response;
use lookback_core::text::count;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Erased {
    /// Rows that named the person.
    pub rows: u64,
    /// Open action items that went to the facilitator.
    pub handed_on: u64,
    /// Open surveys whose keys are missing: what the person wrote in them could not be taken out.
    pub sealed: u64,
}

impl Erased {
    /// Both numbers in words: `3 rows are`, `1 open action item passes`.
    pub fn counted(&self) -> (String, String) {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        (
            count(number(self.rows), "row is", "rows are"),
            count(number(self.handed_on), "open action item passes", "open action items pass"),
        )
    }
}

/// Whether the database names this person at all.
pub async fn knows(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from person where team_id = $1 and user_id = $2) \
or exists (select 1 from member where team_id = $1 and user_id = $2) \
or exists (select 1 from participant p join retro r on r.id = p.retro_id where r.team_id = $1 and p.user_id = $2) \
or exists (select 1 from retro where team_id = $1 and facilitator = $2) \
or exists (select 1 from note where team_id = $1 and author = $2) \
or exists (select 1 from action_item where team_id = $1 and owner = $2) \
or exists (select 1 from kudos where team_id = $1 and to_user = $2) \
or exists (select 1 from card where team_id = $1 and lane = $2)";
    tx.query(SQL).bind(team.as_str()).bind(user.as_str()).value().await
}

/// Erases `user`; where a row must name somebody, `gone` stands there, which is nobody.
pub async fn person(
    tx: &mut Tx,
    team: &TeamId,
    user: &UserId,
    gone: &UserId,
    vault: &Vault<'_>,
) -> sqlx::Result<Erased> {
    const RETROS: &str = "select p.retro_id from participant p join retro r on r.id = p.retro_id where r.team_id = $1 and p.user_id = $2 \
union select id from retro where team_id = $1 and facilitator = $2";
    const HAND_ON: &str = "update action_item set owner = (select r.facilitator from retro r where r.id = action_item.retro_id), nag_day = null \
where team_id = $1 and owner = $2 and state = 'open' and exists (select 1 from retro r where r.id = action_item.retro_id and r.facilitator <> $2)";
    // The tickets of their items are written anew, with nobody or the next owner.
    const TICKETS: [&str; 2] = [
        "insert into due (team_id, kind, channel_id, number, step, due_ms) select t.team_id, t.tracker, t.channel_id, t.number, 'ticket', 0 from ticket t join action_item i on i.team_id = t.team_id and i.channel_id = t.channel_id and i.number = t.number where t.team_id = $1 and i.owner = $2 and t.filing = 'filed' on conflict (team_id, kind, channel_id, number, step) do update set due_ms = excluded.due_ms, tries = 0, is_aside = false",
        "update ticket set told = null where team_id = $1 and told is not null and exists (select 1 from action_item i where i.team_id = $1 and i.channel_id = ticket.channel_id and i.number = ticket.number and i.owner = $2)",
    ];
    const NAMED: [&str; 26] = [
        "update channel_config set body = replace(body, '\"' || $2 || '\"', '\"' || $3 || '\"') where team_id = $1 and body like '%\"' || $2 || '\"%'",
        "update escalation set user_id = $3 where team_id = $1 and user_id = $2",
        "update escalation set answered_by = null where team_id = $1 and answered_by = $2",
        // A token acts on somebody's behalf, so the tokens of the erased person are revoked.
        "update token set user_id = $3, revoked_ms = coalesce(revoked_ms, 0) where team_id = $1 and user_id = $2",
        "update retro set asked = replace(asked, '\"' || $2 || '\"', '\"' || $3 || '\"') where team_id = $1 and asked like '%\"' || $2 || '\"%'",
        "update release_reading set asked_by = null where team_id = $1 and asked_by = $2",
        "delete from person where team_id = $1 and user_id = $2",
        "delete from member where team_id = $1 and user_id = $2",
        // An erased person cannot answer, so the survey no longer waits for them.
        "update participant set answer = 'unreachable' where user_id = $2 and retro_id in (select id from retro where team_id = $1 and phase = 'collecting')",
        "update participant set user_id = $3 where user_id = $2 and retro_id in (select id from retro where team_id = $1)",
        "update retro set facilitator = $3, rev = rev + 1 where team_id = $1 and facilitator = $2",
        "update note set author = null where team_id = $1 and author = $2",
        "update meeting set body = replace(body, '\"' || $2 || '\"', '\"' || $3 || '\"'), rev = rev + 1 where team_id = $1 and body like '%\"' || $2 || '\"%'",
        "delete from voice where user_id = $2 and retro_id in (select id from retro where team_id = $1)",
        "delete from vote where user_id = $2 and retro_id in (select id from retro where team_id = $1)",
        "delete from kudos where team_id = $1 and to_user = $2",
        "delete from due where team_id = $1 and kind = 'reminder' and exists (select 1 from action_item i where i.team_id = $1 and i.channel_id = due.channel_id and i.number = due.number and i.owner = $2)",
        "update action_item set owner = $3 where team_id = $1 and owner = $2",
        "update action_item set offered = null where team_id = $1 and offered = $2",
        "delete from nag where team_id = $1 and owner = $2",
        "delete from assignment where team_id = $1 and owner = $2",
        "update assignment set from_user = $3 where team_id = $1 and from_user = $2",
        "update action_item set closed_by = null where team_id = $1 and closed_by = $2",
        "delete from card where team_id = $1 and (lane = $2 or key like '%/' || $2 or key like '%/' || $2 || '/%' or what like '%\"' || $2 || '\"%' or body like '%' || $2 || '%')",
        "update tracker_trouble set told = $3 where team_id = $1 and told = $2",
        "update inbox set reply = '' where team_id = $1 and reply like '%' || $2 || '%'",
    ];
    let retros: Vec<i64> = tx.query(RETROS).bind(team.as_str()).bind(user.as_str()).values().await?;
    let mut erased = Erased::default();
    for retro in responses::keyed(tx, team).await? {
        // Nobody can read a survey whose key is missing; but the key may be found again.
        let blank = stored::or_skip(responses::put(tx, retro, &Response::of(user), vault).await)?;
        erased.sealed += u64::from(blank.is_none());
    }
    for sql in TICKETS {
        tx.query(sql).bind(team.as_str()).bind(user.as_str()).execute().await?;
    }
    let handed = tx.query(HAND_ON).bind(team.as_str()).bind(user.as_str()).execute().await?;
    erased.handed_on = handed;
    for sql in NAMED {
        let done = tx.query(sql).bind(team.as_str()).bind(user.as_str()).bind(gone.as_str()).execute().await?;
        erased.rows += done;
    }
    for retro in retros {
        // A running server cleans the file if we cannot.
        scrub::want(tx, RetroId(retro)).await?;
    }
    Ok(erased)
}
