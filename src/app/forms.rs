//! Pressed buttons and sent forms. Each right is checked here again: a value grants nothing.

use std::collections::BTreeMap;

use super::facts::Fetched;
use super::load::{self, Known, done, known};
use super::{
    App, Failure, Outcome, Request, after, commands, items, meeting, past, pipeline, releases, starting, themes,
};
use crate::outbox;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::settings as stored_settings;
use crate::store::{Tx, cards, directory, meetings, notes, reminders, responses, retros};
use lookback_core::command::ActionText;
use lookback_core::ids::{RetroId, UserId};
use lookback_core::interaction::{BlockAction, Form};
use lookback_core::retro::action::Priority;
use lookback_core::retro::{
    Answered, Decision, Participant, Refusal, Retro, capture, closing, finish, note, settings, status, survey, typed,
};

/// Handles a pressed button.
pub async fn press(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    press: &BlockAction,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    match press {
        BlockAction::Survey { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            survey::open_for(&retro, &turnout)?;
            let response = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            let facts = outbox::facts(tx, &request.team, &retro).await?;
            Ok(Outcome::Open(Box::new(view::survey::form(&retro, &response.answers, &facts))))
        }
        BlockAction::NothingToAdd { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let before = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, Answered::Nothing, false, now))
        }
        BlockAction::NotPart { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let before = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, Answered::Absent, false, now))
        }
        BlockAction::TakeBack { retro, absent } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let answer = if *absent { Answered::Absent } else { Answered::Nothing };
            let before = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(survey::without_words(&retro, &turnout, before, answer, true, now))
        }
        BlockAction::Agenda { retro } => {
            let (retro, people) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            let responses = responses::all(tx, retro.id, &app.vault()).await?;
            done(closing::by_hand(&retro, &people, &responses, &caller, now, &mut || app.rng.id()))
        }
        BlockAction::UseTyped { retro } => {
            let (retro, turnout) = turnout_of(tx, request, *retro).await?;
            let response = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
            done(typed::use_typed(&retro, &turnout, response, now))
        }
        BlockAction::Share { retro, how } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let responses = responses::all(tx, retro.id, &app.vault()).await?;
            let before = retros::scores(tx, retro.id).await?;
            done(closing::share(&retro, &responses, &request.user, *how, before, &mut || app.rng.id()))
        }
        BlockAction::HideNote { retro } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            caller.must_lead(&retro)?;
            let said = notes::of_retro(tx, retro.id).await?;
            if said.is_empty() {
                return Err(Refusal::NothingToHide.into());
            }
            let found = meetings::kept(tx, retro.id).await?.insights;
            Ok(Outcome::Open(Box::new(view::forms::hide_note(&retro, &said, &found))))
        }
        BlockAction::FileNote { note, category } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            known!(note_caller(tx, request, note.as_ref(), fetched).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            let filed = capture::file(note.as_ref(), retro.as_ref(), *category)?;
            done(Ok(themes::settled(app, tx, (retro.as_ref(), note.as_ref()), filed).await?))
        }
        BlockAction::StartForm => Ok(Outcome::Open(Box::new(view::forms::start(None)))),
        BlockAction::HomePage { page, done } => {
            directory::set_home_page(tx, &request.team, &request.user, (i64::from(*page), *done)).await?;
            outbox::want_home(tx, &request.team, &request.user, now.timestamp_millis()).await?;
            Ok(Outcome::Done(Decision::default()))
        }
        BlockAction::ShowNote { retro, note } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            let note = notes::by_id(tx, &request.team, *note).await?;
            done(note::hide(note.as_ref(), &retro, &caller, false))
        }
        BlockAction::Config { channel } => {
            let caller = known!(load::member(tx, request, channel, fetched).await?);
            commands::config(tx, request, channel, &caller).await
        }
        BlockAction::Nudge { retro } => {
            let (retro, people) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            done(survey::nudge(&retro, &people, &caller, now))
        }
        BlockAction::Finish { retro } => after::finish(app, tx, request, *retro, None, false, fetched).await,
        BlockAction::FinishNow { retro, next } => {
            after::finish(app, tx, request, *retro, next.as_ref(), true, fetched).await
        }
        BlockAction::CancelNow { retro, why } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            let around = meeting::Around::load(tx, &request.team, retro).await?;
            done(finish::cancel(&around.context(), &caller, why.as_deref(), true, now))
        }
        BlockAction::StartEveryone { channel, start } => {
            starting::everyone(app, tx, request, channel, start, fetched).await
        }
        BlockAction::PostAgain { retro } => {
            let (retro, _) = survey_of(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            caller.must_lead(&retro)?;
            let settings = stored_settings::of_channel(tx, &request.team, &retro.channel).await?;
            let mut revived = 0;
            for channel in std::iter::once(&retro.channel).chain(&settings.stakeholders) {
                let now_ms = now.timestamp_millis();
                revived += cards::revive(tx, &request.team, retro.id, channel.as_str(), now_ms).await?;
            }
            Ok(Outcome::Done(status::posted_again(revived)))
        }
        BlockAction::ActionForm { channel, item } => {
            known!(load::member(tx, request, channel, fetched).await?);
            Ok(commands::action_form(request, channel, item.clone()))
        }
        BlockAction::EditNote { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fetched).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            let note = note::editable(note.as_ref(), retro.as_ref(), &caller)?;
            Ok(Outcome::Open(Box::new(view::forms::note(note.id, &note.text))))
        }
        BlockAction::DeleteNote { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fetched).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            done(note::delete(note.as_ref(), retro.as_ref(), &caller))
        }
        BlockAction::Item { channel, number, action } => {
            items::press(app, tx, request, (channel, *number, *action), fetched).await
        }
        BlockAction::KeepItem { channel, item } => {
            let caller = known!(load::member(tx, request, channel, fetched).await?);
            items::typed(app, tx, request, channel, &caller, (item, true), fetched).await
        }
        BlockAction::ChooseHigh { channel, number } => items::choose(tx, request, channel, *number, fetched).await,
        BlockAction::SendSummary { retro, send } => after::share(app, tx, request, (*retro, *send), fetched).await,
        BlockAction::Escalation { retro, root } => {
            after::escalation(app, tx, request, (*retro, *root), false, fetched).await
        }
        BlockAction::HandEscalation { retro, root } => {
            after::escalation(app, tx, request, (*retro, *root), true, fetched).await
        }
        BlockAction::StartNow { retro } => starting::now(app, tx, request, *retro, fetched).await,
        BlockAction::Later { retro } | BlockAction::Skip { retro } => {
            pipeline::ask(app, tx, request, press, *retro, fetched).await
        }
        BlockAction::History { channel, before } => {
            let caller = known!(load::member(tx, request, channel, fetched).await?);
            past::history(app, tx, request, channel, &caller, Some(*before)).await
        }
        BlockAction::Data { channel, version } => releases::press(tx, request, channel, version, fetched).await,
        BlockAction::Risks { retro } => releases::risks(app, tx, request, *retro, fetched).await,
        BlockAction::Meet { retro }
        | BlockAction::Next { retro, .. }
        | BlockAction::Extend { retro, .. }
        | BlockAction::Pause { retro, .. }
        | BlockAction::CountVotes { retro, .. }
        | BlockAction::Pass { retro, .. } => meeting::press(app, tx, request, *retro, press, fetched).await,
        BlockAction::AddNote { retro, .. }
        | BlockAction::Upvote { retro, .. }
        | BlockAction::Dig { retro, .. }
        | BlockAction::Fix { retro, .. }
        | BlockAction::Whys { retro, .. }
        | BlockAction::Cause { retro, .. }
        | BlockAction::ShowInsight { retro, .. }
        | BlockAction::Arrange { retro, .. } => themes::press(app, tx, request, *retro, press, fetched).await,
        BlockAction::Calendar { retro } => meeting::calendar(app, tx, request, *retro, fetched).await,
        BlockAction::Review { retro } => items::review(app, tx, request, *retro, fetched).await,
        BlockAction::Release => {
            let person = known!(load::person(tx, request, &request.user, fetched).await?);
            let leaders = retros::facilitators_of_team(tx, &request.team).await?;
            if !person.admin && !leaders.contains(&person.id) {
                return Err(Refusal::LeadersOnly.into());
            }
            let released = reminders::release(tx, &request.team, now.timestamp_millis()).await?;
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
    fetched: Option<&Fetched>,
) -> Result<Known<lookback_core::retro::Caller>, Failure> {
    let channel = note.map(|n| n.channel.clone()).ok_or(Refusal::NoSuchNote)?;
    load::member(tx, request, &channel, fetched).await
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
    fetched: Option<&Fetched>,
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
                    let before = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
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
            items::form(app, tx, request, (channel, seen.as_ref()), &typed, fetched).await
        }
        Form::Item { channel, number, .. } => {
            items::sent(app, tx, request, (channel, *number, form), fields, fetched).await
        }
        Form::ChooseHigh { channel, number } => {
            items::chosen(app, tx, request, (channel, *number), &text(field::TEXT), fetched).await
        }
        Form::Note { note } => {
            let note = notes::by_id(tx, &request.team, *note).await?;
            let caller = known!(note_caller(tx, request, note.as_ref(), fetched).await?);
            let retro = retro_of_note(tx, request, note.as_ref()).await?;
            match note::edit(note.as_ref(), retro.as_ref(), &caller, &text(field::TEXT)) {
                Err(refusal @ (Refusal::EmptyNote | Refusal::TooLong { .. })) => Ok(wrong_at(field::TEXT, &refusal)),
                other => done(other),
            }
        }
        Form::HideNote { retro } => {
            let retro = load::by_id(tx, request, *retro).await?;
            let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
            let chosen = text(field::TEXT);
            if let Some(insight) = chosen.strip_prefix(view::forms::INSIGHT).and_then(|id| id.parse().ok()) {
                return themes::hide(tx, retro, &caller, insight).await;
            }
            let note = match chosen.parse() {
                Ok(id) => notes::by_id(tx, &request.team, id).await?,
                Err(_) => None,
            };
            done(note::hide(note.as_ref(), &retro, &caller, true))
        }
        Form::Start => starting::from_form(app, tx, request, &text, fetched).await,
        Form::Config { channel } => {
            let caller = known!(load::member(tx, request, channel, fetched).await?);
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
        Form::Escalation { retro, root } => after::answered(app, tx, request, (*retro, *root), fields, fetched).await,
        Form::HandEscalation { retro, root } => {
            after::handed_on(app, tx, request, (*retro, *root), fields, fetched).await
        }
        Form::Later { retro } | Form::Skip { retro } => {
            pipeline::answered(app, tx, request, form, (*retro, &text(field::TEXT)), fetched).await
        }
        Form::Data { channel, version, seen } => {
            releases::sent(app, tx, request, (channel, version, seen), fields, fetched).await
        }
        Form::AddNote { retro, category, seen } => {
            themes::note_sent(app, tx, request, (*retro, *category, *seen), &text(field::TEXT), fetched).await
        }
        Form::Dig { retro, note } => themes::dug(app, tx, request, (*retro, *note), fields, fetched).await,
        Form::Whys { retro } => themes::whys_sent(app, tx, request, *retro, fields, fetched).await,
        Form::Arrange { retro, category } => {
            themes::arranged(app, tx, request, (*retro, *category), fields, fetched).await
        }
        Form::Risks { retro } => releases::risks_chosen(app, tx, request, *retro, fields, fetched).await,
        Form::StartEveryone { channel, start } => starting::everyone(app, tx, request, channel, start, fetched).await,
    }
}

/// The message stands at its field, as plain text.
pub fn wrong_at(block: &str, refusal: &Refusal) -> Outcome {
    Outcome::Wrong(BTreeMap::from([(block.to_owned(), plain(refusal))]))
}

pub fn plain(refusal: &Refusal) -> String {
    lookback_core::text::unesc(&refusal.to_string()).replace('`', "")
}
