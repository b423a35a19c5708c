//! Pressed buttons and sent forms. Each right is checked here again: a value grants nothing.

use std::collections::BTreeMap;

use super::facts::Fresh;
use super::load::{self, Known, done, known};
use super::{
    App, Failure, Outcome, Request, after, commands, items, meeting, past, pipeline, releases, starting, topics,
};
use crate::outbox;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::settings as stored_settings;
use crate::store::{Tx, cards, directory, meetings, nags, notes, retros, sheets};
use lookback_core::command::ActionText;
use lookback_core::ids::{RetroId, UserId};
use lookback_core::press::{Form, Press};
use lookback_core::retro::action::Priority;
use lookback_core::retro::{
    Answered, Decision, Participant, Refusal, Retro, capture, closing, finish, note, settings, status, survey, typed,
};

/// Handles a pressed button.
pub async fn press(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    press: &Press,
    fresh: Option<&Fresh>,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    match press {
        Press::Survey { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            survey::open_for(&retro, &turnout)?;
            let sheet = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            let facts = outbox::facts(tx, &request.team, &retro).await?;
            Ok(Outcome::Open(Box::new(view::survey::form(&retro, &sheet.answers, &facts))))
        }
        Press::NothingToAdd { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let before = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, Answered::Nothing, false, now))
        }
        Press::NotPart { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let before = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, Answered::Absent, false, now))
        }
        Press::TakeBack { retro, absent } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let answer = if *absent { Answered::Absent } else { Answered::Nothing };
            let before = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, answer, true, now))
        }
        Press::Agenda { retro } => {
            let (retro, people) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            let sheets = sheets::all(tx, retro.id, &app.vault()).await?;
            done(closing::by_hand(&retro, &people, &sheets, &caller, now, &mut || app.dice.id()))
        }
        Press::UseTyped { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let sheet = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(typed::use_typed(&retro, &turnout, sheet, now))
        }
        Press::Share { retro, how } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let sheets = sheets::all(tx, retro.id, &app.vault()).await?;
            let before = retros::scores(tx, retro.id).await?;
            done(closing::share(&retro, &sheets, &request.user, *how, before, &mut || app.dice.id()))
        }
        Press::HideNote { retro } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            caller.must_lead(&retro)?;
            let said = notes::of_retro(tx, retro.id).await?;
            if said.is_empty() {
                return Err(Refusal::NothingToHide.into());
            }
            let found = meetings::kept(tx, retro.id).await?.insights;
            Ok(Outcome::Open(Box::new(view::forms::hide_note(&retro, &said, &found))))
        }
        Press::FileNote { note, stage } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            known!(note_caller(tx, request, note.as_ref(), fresh).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            let filed = capture::file(note.as_ref(), retro.as_ref(), *stage)?;
            done(Ok(topics::settled(app, tx, (retro.as_ref(), note.as_ref()), filed).await?))
        }
        Press::StartForm => Ok(Outcome::Open(Box::new(view::forms::start(None)))),
        Press::HomePage { page, done } => {
            directory::set_home_page(tx, &request.team, &request.user, (i64::from(*page), *done)).await?;
            outbox::want_home(tx, &request.team, &request.user, now.timestamp_millis()).await?;
            Ok(Outcome::Done(Decision::default()))
        }
        Press::ShowNote { retro, note } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            let note = notes::by_id(tx, &request.team, *note).await?;
            done(note::hide(note.as_ref(), &retro, &caller, false))
        }
        Press::Config { channel } => {
            let caller = known!(load::member(tx, request, channel, fresh).await?);
            commands::config(tx, request, channel, &caller).await
        }
        Press::Nudge { retro } => {
            let (retro, people) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            done(survey::nudge(&retro, &people, &caller, now))
        }
        Press::Finish { retro } => after::finish(app, tx, request, *retro, None, false, fresh).await,
        Press::FinishNow { retro, next } => after::finish(app, tx, request, *retro, next.as_ref(), true, fresh).await,
        Press::CancelNow { retro, why } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            let around = meeting::Around::load(tx, &request.team, retro).await?;
            done(finish::cancel(&around.held(), &caller, why.as_deref(), true, now))
        }
        Press::StartEveryone { channel, start } => starting::everyone(app, tx, request, channel, start, fresh).await,
        Press::PostAgain { retro } => {
            let (retro, _) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            caller.must_lead(&retro)?;
            let settings = stored_settings::of_channel(tx, &request.team, &retro.channel).await?;
            let mut revived = 0;
            for channel in std::iter::once(&retro.channel).chain(&settings.stakeholders) {
                let now_ms = now.timestamp_millis();
                revived += cards::revive(tx, &request.team, retro.id, channel.as_str(), now_ms).await?;
            }
            Ok(Outcome::Done(status::posted_again(revived)))
        }
        Press::ActionForm { channel, item } => {
            known!(load::member(tx, request, channel, fresh).await?);
            Ok(commands::action_form(request, channel, item.clone()))
        }
        Press::EditNote { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fresh).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            let note = note::editable(note.as_ref(), retro.as_ref(), &caller)?;
            Ok(Outcome::Open(Box::new(view::forms::note(note.id, &note.text))))
        }
        Press::DeleteNote { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fresh).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            done(note::delete(note.as_ref(), retro.as_ref(), &caller))
        }
        Press::Item { channel, number, act } => items::press(app, tx, request, (channel, *number, *act), fresh).await,
        Press::KeepItem { channel, item } => {
            let caller = known!(load::member(tx, request, channel, fresh).await?);
            items::typed(app, tx, request, channel, &caller, (item, true), fresh).await
        }
        Press::ChooseHigh { channel, number } => items::choose(tx, request, channel, *number, fresh).await,
        Press::SendSummary { retro, send } => after::share(app, tx, request, (*retro, *send), fresh).await,
        Press::Escalation { retro, root } => after::escalation(app, tx, request, (*retro, *root), false, fresh).await,
        Press::HandEscalation { retro, root } => {
            after::escalation(app, tx, request, (*retro, *root), true, fresh).await
        }
        Press::StartNow { retro } => starting::now(app, tx, request, *retro, fresh).await,
        Press::Later { retro } | Press::Skip { retro } => pipeline::ask(app, tx, request, press, *retro, fresh).await,
        Press::History { channel, before } => {
            let caller = known!(load::member(tx, request, channel, fresh).await?);
            past::history(app, tx, request, channel, &caller, Some(*before)).await
        }
        Press::Data { channel, version } => releases::press(tx, request, channel, version, fresh).await,
        Press::Risks { retro } => releases::risks(app, tx, request, *retro, fresh).await,
        Press::Meet { retro }
        | Press::Next { retro, .. }
        | Press::Extend { retro, .. }
        | Press::Pause { retro, .. }
        | Press::CountVotes { retro, .. }
        | Press::Pass { retro, .. } => meeting::press(app, tx, request, *retro, press, fresh).await,
        Press::AddNote { retro, .. }
        | Press::Upvote { retro, .. }
        | Press::Dig { retro, .. }
        | Press::Fix { retro, .. }
        | Press::Whys { retro, .. }
        | Press::Cause { retro, .. }
        | Press::ShowInsight { retro, .. }
        | Press::Arrange { retro, .. } => topics::press(app, tx, request, *retro, press, fresh).await,
        Press::Calendar { retro } => meeting::calendar(app, tx, request, *retro, fresh).await,
        Press::Review { retro } => items::review(app, tx, request, *retro, fresh).await,
        Press::Release => {
            let person = known!(load::person(tx, request, &request.user, fresh).await?);
            let leaders = retros::facilitators_of_team(tx, &request.team).await?;
            if !person.admin && !leaders.contains(&person.id) {
                return Err(Refusal::LeadersOnly.into());
            }
            let released = nags::release(tx, &request.team, now.timestamp_millis()).await?;
            let said = if released {
                "They go on: everybody hears of their items at the next step of each."
            } else {
                "Nothing is held back any more."
            };
            Ok(Outcome::Done(Decision::say(said)))
        }
    }
}

async fn survey_of(tx: &mut Tx, request: &Request, id: RetroId) -> Result<(Retro, Vec<Participant>), Failure> {
    let retro = load::by_id(tx, request, id).await?;
    let people = retros::participants(tx, retro.id).await?;
    Ok((retro, people))
}

/// The retro with this one person in it: all that an answer needs.
async fn turnout_of(tx: &mut Tx, request: &Request, id: RetroId) -> Result<(Retro, survey::Turnout), Failure> {
    Ok(retros::asked(tx, &request.team, id, &request.user).await?.ok_or(Refusal::OldButton)?)
}

async fn note_caller(
    tx: &mut Tx,
    request: &Request,
    note: Option<&note::Note>,
    fresh: Option<&Fresh>,
) -> Result<Known<lookback_core::retro::Caller>, Failure> {
    let channel = note.map(|n| n.channel.clone()).ok_or(Refusal::NoSuchNote)?;
    load::member(tx, request, &channel, fresh).await
}

async fn retro_of_note(tx: &mut Tx, request: &Request, note: Option<&note::Note>) -> sqlx::Result<Option<Retro>> {
    match note.and_then(|n| n.retro) {
        Some(id) => retros::by_id(tx, &request.team, id).await,
        None => Ok(None),
    }
}

/// Handles a sent form.
pub async fn sent(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    form: &Form,
    fields: &BTreeMap<String, String>,
    fresh: Option<&Fresh>,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    match form {
        Form::Survey { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            survey::open_for(&retro, &turnout)?;
            let written = fields
                .iter()
                .filter_map(|(id, text)| {
                    Some(survey::Answer { question: view::survey::question_of(id)?, text: text.clone() })
                })
                .collect();
            match survey::check(&retro.questions, written) {
                Ok(answers) => {
                    let before = sheets::of_person(tx, retro.id, &request.user, &app.vault()).await?;
                    done(survey::submit(&retro, &turnout, before, answers, now))
                }
                Err(wrong) => Ok(wrong_at(&view::survey::field_id(wrong.question), &wrong.refusal)),
            }
        }
        Form::Action { channel, seen, retro } => {
            let typed = ActionText {
                text: text(field::TEXT),
                owner: fields.get(field::OWNER).map(|u| UserId(u.clone())),
                due: fields.get(field::DUE).cloned(),
                priority: fields.get(field::PRIORITY).and_then(|w| Priority::from_word(w)),
                why: fields.get(field::WHY).cloned(),
                metric: fields.get(field::METRIC).cloned(),
                retro: *retro,
                group: None,
            };
            items::form(app, tx, request, (channel, seen.as_ref()), &typed, fresh).await
        }
        Form::Item { channel, number, .. } => {
            items::sent(app, tx, request, (channel, *number, form), fields, fresh).await
        }
        Form::ChooseHigh { channel, number } => {
            items::chosen(app, tx, request, (channel, *number), &text(field::TEXT), fresh).await
        }
        Form::Note { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fresh).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            match note::edit(note.as_ref(), retro.as_ref(), &caller, &text(field::TEXT)) {
                Err(refusal @ (Refusal::EmptyNote | Refusal::TooLong { .. })) => Ok(wrong_at(field::TEXT, &refusal)),
                other => done(other),
            }
        }
        Form::HideNote { retro } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fresh).await?);
            let chosen = text(field::TEXT);
            if let Some(insight) = chosen.strip_prefix(view::forms::INSIGHT).and_then(|id| id.parse().ok()) {
                return topics::hide(tx, retro, &caller, insight).await;
            }
            let note = match chosen.parse() {
                Ok(id) => notes::by_id(tx, &request.team, id).await?,
                Err(_) => None,
            };
            done(note::hide(note.as_ref(), &retro, &caller, true))
        }
        Form::Start => starting::from_form(app, tx, request, &text, fresh).await,
        Form::Config { channel } => {
            let caller = known!(load::member(tx, request, channel, fresh).await?);
            let open = commands::may_configure(tx, request, channel, &caller).await?;
            match settings::read(|f| text(f.id())) {
                Ok(given) => {
                    let before = stored_settings::of_channel(tx, &request.team, channel).await?;
                    Ok(Outcome::Done(settings::change(channel, &before, given, &open)))
                }
                Err(faults) => {
                    Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), plain(why))).collect()))
                }
            }
        }
        Form::Escalation { retro, root } => after::answered(app, tx, request, (*retro, *root), fields, fresh).await,
        Form::HandEscalation { retro, root } => {
            after::handed_on(app, tx, request, (*retro, *root), fields, fresh).await
        }
        Form::Later { retro } | Form::Skip { retro } => {
            pipeline::answered(app, tx, request, form, (*retro, &text(field::TEXT)), fresh).await
        }
        Form::Data { channel, version, seen } => {
            releases::sent(app, tx, request, (channel, version, seen), fields, fresh).await
        }
        Form::AddNote { retro, stage, seen } => {
            topics::note_sent(app, tx, request, (*retro, *stage, *seen), &text(field::TEXT), fresh).await
        }
        Form::Dig { retro, note } => topics::dug(app, tx, request, (*retro, *note), fields, fresh).await,
        Form::Whys { retro } => topics::whys_sent(app, tx, request, *retro, fields, fresh).await,
        Form::Arrange { retro, stage } => topics::arranged(app, tx, request, (*retro, *stage), fields, fresh).await,
        Form::Risks { retro } => releases::risks_chosen(app, tx, request, *retro, fields, fresh).await,
        Form::StartEveryone { channel, start } => starting::everyone(app, tx, request, channel, start, fresh).await,
    }
}

/// The message stands at its field, as plain text.
pub fn wrong_at(block: &str, refusal: &Refusal) -> Outcome {
    Outcome::Wrong(BTreeMap::from([(block.to_owned(), plain(refusal))]))
}

pub fn plain(refusal: &Refusal) -> String {
    lookback_core::text::unesc(&refusal.to_string()).replace('`', "")
}
