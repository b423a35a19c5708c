//! Pressed buttons: each names its handler. A value grants nothing; the handler asks again who may.

use super::cx::Cx;
use super::outcome::{Failure, Outcome};
use super::{
    channel_settings, escalation, finish, history, items, meeting, new_items, notes, pipeline, releases, starting,
    status, survey, theme_menu, themes, typed,
};
use crate::slack::view;
use crate::store::{cards, directory, reminders, runs};
use lookback_core::ids::RetroId;
use lookback_core::interaction::BlockAction;
use lookback_core::model::participant::Answered;
use lookback_core::retro::action::hold;
use lookback_core::retro::message::Wanted;
use lookback_core::retro::restored;

/// Handles a pressed button.
#[expect(clippy::too_many_lines, reason = "a table with a line for each button")]
pub async fn pressed(cx: &mut Cx<'_>, action: &BlockAction) -> Result<Outcome, Failure> {
    match action {
        BlockAction::Survey { retro } => survey::open(cx, *retro).await,
        BlockAction::NothingToAdd { retro } => survey::without_words(cx, *retro, Answered::Nothing, false).await,
        BlockAction::NotPart { retro } => survey::without_words(cx, *retro, Answered::Absent, false).await,
        BlockAction::TakeBack { retro, absent } => take_back(cx, *retro, *absent).await,
        BlockAction::UseTyped { retro } => survey::use_typed(cx, *retro).await,
        BlockAction::UseTypedNote { retro, dm, ts } => notes::use_typed(cx, *retro, dm, ts).await,
        BlockAction::RunTyped { retro, dm, ts } => typed::run(cx, *retro, dm, ts).await,
        BlockAction::Share { retro, how } => survey::share(cx, *retro, *how).await,
        BlockAction::Nudge { retro } => survey::nudge_pressed(cx, *retro).await,
        BlockAction::Agenda { retro } => survey::close_pressed(cx, *retro).await,
        BlockAction::Finish { retro } => finish::pressed(cx, *retro).await,
        BlockAction::FinishNow { retro, next, seen } => finish::answered(cx, *retro, next.as_ref(), *seen).await,
        BlockAction::HideBlame { retro, said, next } => finish::hide_blame(cx, *retro, *said, next.as_ref()).await,
        BlockAction::CancelNow { retro, why } => finish::cancel_pressed(cx, *retro, why.as_deref()).await,
        BlockAction::SendSummary { retro, send } => finish::share(cx, *retro, *send).await,
        BlockAction::Escalation { retro, root } => escalation::open(cx, *retro, *root).await,
        BlockAction::HandEscalation { retro, root } => escalation::open_hand_on(cx, *retro, *root).await,
        BlockAction::StartForm => Ok(Outcome::open(view::forms::start(None))),
        BlockAction::StartEveryone { channel, start } => starting::everyone(cx, channel, start).await,
        BlockAction::StartAgain { channel, start } => starting::again(cx, channel, start).await,
        BlockAction::StartNow { retro } => starting::now(cx, *retro).await,
        BlockAction::Later { retro } => pipeline::open_later(cx, *retro).await,
        BlockAction::Skip { retro } => pipeline::open_skip(cx, *retro).await,
        BlockAction::PostAgain { retro } => status::post_again(cx, *retro).await,
        BlockAction::HideNote { retro } => notes::open_hide(cx, *retro).await,
        BlockAction::ShowNote { retro, note } => notes::show(cx, *retro, *note).await,
        BlockAction::FileNote { note, category } => notes::file(cx, *note, *category).await,
        BlockAction::EditNote { note } => notes::open(cx, *note).await,
        BlockAction::DeleteNote { note } => notes::delete(cx, *note).await,
        BlockAction::HomePage { page, done } => home_page(cx, *page, *done).await,
        BlockAction::Config { channel } => channel_settings::open(cx, channel).await,
        BlockAction::ActionForm { channel, item } => new_items::open_form(cx, channel, item).await,
        BlockAction::Item { channel, number, action } => items::pressed(cx, channel, *number, *action).await,
        BlockAction::KeepItem { channel, item } => new_items::keep(cx, channel, item).await,
        BlockAction::ChooseHigh { channel, number } => items::choose(cx, channel, *number).await,
        BlockAction::Review { retro } => items::review(cx, *retro).await,
        BlockAction::History { channel, before } => history::page(cx, channel, *before).await,
        BlockAction::Data { channel, version } => releases::open(cx, channel, version).await,
        BlockAction::Risks { retro } => releases::open_risks(cx, *retro).await,
        BlockAction::Meet { retro } => meeting::meet(cx, *retro).await,
        BlockAction::Next { retro, at } => meeting::next(cx, *retro, *at).await,
        BlockAction::Extend { retro, at } => meeting::extend(cx, *retro, *at).await,
        BlockAction::Pause { retro, stop } => meeting::pause(cx, *retro, *stop).await,
        BlockAction::CountVotes { retro, at } => meeting::count_votes(cx, *retro, *at).await,
        BlockAction::Pass { retro, at } => meeting::pass(cx, *retro, *at).await,
        BlockAction::Calendar { retro } => meeting::calendar(cx, *retro).await,
        BlockAction::AddNote { retro, category } => themes::open_note(cx, *retro, *category).await,
        BlockAction::Upvote { retro, note } => themes::upvote(cx, *retro, *note).await,
        BlockAction::Dig { retro, note } => themes::open_questions(cx, *retro, *note).await,
        BlockAction::Fix { retro, note } => themes::fix(cx, *retro, *note).await,
        BlockAction::Whys { retro, problem } => themes::open_whys(cx, *retro, problem.as_deref()).await,
        BlockAction::Cause { retro, insight } => themes::fix_cause(cx, *retro, *insight).await,
        BlockAction::ShowInsight { retro, insight } => themes::show_insight(cx, *retro, *insight).await,
        BlockAction::PickTheme { retro, category } => theme_menu::open(cx, *retro, *category).await,
        BlockAction::Arrange { retro, category } => themes::open_arrange(cx, *retro, *category).await,
        BlockAction::ResumeReminders => resume_reminders(cx).await,
        BlockAction::GoOn => go_on(cx).await,
    }
}

/// An answer is taken back.
async fn take_back(cx: &mut Cx<'_>, retro: RetroId, absent: bool) -> Result<Outcome, Failure> {
    let answer = if absent { Answered::Absent } else { Answered::Nothing };
    survey::without_words(cx, retro, answer, true).await
}

/// Another page of the Home tab.
async fn home_page(cx: &mut Cx<'_>, page: u32, done: bool) -> Result<Outcome, Failure> {
    let user = &cx.request.user;
    directory::set_home_page(cx.tx, cx.team, user, i64::from(page), done).await?;
    cards::want(cx.tx, cx.team, &Wanted::home(user), cx.bot.now_ms()).await?;
    Ok(Outcome::nothing())
}

/// Messages leave again, though a newer copy of the database ran.
async fn go_on(cx: &mut Cx<'_>) -> Result<Outcome, Failure> {
    cx.may_resume().await?;
    let frozen = runs::go_on(cx.tx, cx.bot.slack.time.now().timestamp_millis()).await?;
    Ok(Outcome::say(restored::went_on(frozen)))
}

/// Reminders that were held back go on.
async fn resume_reminders(cx: &mut Cx<'_>) -> Result<Outcome, Failure> {
    cx.may_resume().await?;
    let held = reminders::resume(cx.tx, cx.team, cx.bot.now_ms()).await?;
    Ok(Outcome::say(hold::resumed(held)))
}
