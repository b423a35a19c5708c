//! The whole retrospective for a program: what the document says, as JSON. Pure.

use serde_json::{Value, json};

use super::items;
use super::markdown::Document;
use crate::model::meeting::Meeting;
use crate::model::note::Category;
use crate::model::participant::Answered;
use crate::model::stage::STAGES;
use crate::retro::record::Record;
use crate::retro::release::Release;
use crate::retro::release::figures::signed;

/// An object; instants in RFC 3339, UTC. What a person sees of it, and no more: an anonymous retro names nobody.
pub fn retro(d: &Document<'_>) -> String {
    let (r, record) = (d.retro, d.record);
    let data = &record.facts.data;
    let people: Vec<&str> =
        d.participants.iter().filter(|p| p.answer != Answered::Absent).map(|p| d.plain_name(&p.user)).collect();
    let ratings: Vec<Value> = record
        .ratings
        .iter()
        .map(|r| json!({"question": r.label, "average": r.score.average, "lowest": r.score.low, "highest": r.score.high, "scores": r.score.count}))
        .collect();
    let kudos: Vec<Value> = record.kudos.iter().map(|k| json!({"to": d.plain_name(&k.to), "for": k.text})).collect();
    let gates: Vec<Value> = data.quality.iter().map(|g| json!({"name": g.name, "passed": g.passed()})).collect();
    let whole = json!({
        "version": r.version,
        "channel": r.channel,
        "state": r.phase,
        "anonymous": r.anonymous,
        "facilitator": d.plain_name(&r.facilitator),
        "participants": people,
        "answered": {"done": record.tally.0, "of": record.tally.1},
        "started": r.started,
        "meeting": r.meeting,
        "ended": r.ended,
        "release": data,
        "figures": {"verdict": data.verdict().map(|v| v.to_string()), "timeline": variance(data), "quality": gates},
        "ratings": ratings,
        "seen_before": record.recurring.iter().map(|r| json!({"text": r.text, "releases": r.seen.iter().map(|s| &s.1).collect::<Vec<_>>(), "said": r.said.as_ref().and_then(|e| e.answers.as_ref())})).collect::<Vec<_>>(),
        "notes": notes(d),
        "themes": themes(record),
        "held": record.meeting.as_ref().map(|m| meeting(m, r.is_async)),
        "kudos": kudos,
        "action_items": items::rows(&record.items, d.names),
        "earlier_action_items": record.before.as_ref().map(|b| items::rows(&b.items, d.names)),
        "releases": releases(record),
        "trend": record.trend.overall(),
        "next": r.next,
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

/// What was said.
fn notes(d: &Document<'_>) -> Vec<Value> {
    d.record
        .notes
        .iter()
        .map(|n| {
            json!({
                "stage": n.category.word(),
                "text": n.text,
                "author": n.author.as_ref().map(|user| d.plain_name(user)),
                "link": n.link,
            })
        })
        .collect()
}

/// What each phase took longer or shorter than planned, and the sums.
fn variance(data: &Release) -> Vec<Value> {
    data
        .timeline
        .iter()
        .map(|row| json!({"phase": row.phase, "variance": row.variance().map(signed)}))
        .chain(data.totals().into_iter().map(|(what, t)| {
            json!({"total": what, "planned": t.planned, "actual": t.actual, "variance": t.variance().map(signed)})
        }))
        .collect()
}

/// The releases of the channel compared, a row each.
fn releases(record: &Record) -> Vec<Value> {
    record
        .trend
        .table()
        .rows
        .into_iter()
        .map(|cells| {
            let heads = record.trend.table().heads.into_iter().map(|h| h.to_lowercase().replace(' ', "_"));
            heads.zip(cells).map(|(head, cell)| (head, json!(cell))).collect::<serde_json::Map<_, _>>().into()
        })
        .collect()
}

/// The themes of each stage, as they stand: by votes, then by size.
fn themes(record: &Record) -> Vec<Value> {
    let of = |category: Category| {
        record
            .themes(category)
            .into_iter()
            .map(|t| {
                let found: Vec<_> = t.insights.iter().map(|i| json!(i.found)).collect();
                json!({"stage": category.word(), "text": t.words(), "notes": t.count(), "votes": t.votes, "found": found})
            })
            .collect::<Vec<_>>()
    };
    Category::ALL.into_iter().flat_map(of).collect()
}

/// When it began, and the minutes of each stage, where it was held live.
fn meeting(m: &Meeting, without_call: bool) -> Value {
    let minutes = |at: usize| m.kept(at).filter(|_| !without_call);
    let stages: Vec<Value> = STAGES
        .iter()
        .enumerate()
        .map(|(at, (stage, _))| {
            let (took, planned) = minutes(at).unzip();
            json!({"stage": stage.title(), "took_minutes": took, "planned_minutes": planned})
        })
        .collect();
    json!({"began": m.began, "stages": stages})
}
