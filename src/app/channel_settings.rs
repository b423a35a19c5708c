//! `config`: a channel's defaults.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, plain};
use super::tickets::check::{Checked, Use};
use crate::slack::view;
use crate::store;
use lookback_core::ids::ChannelId;
use lookback_core::interaction::BlockAction;
use lookback_core::model::settings::Settings;
use lookback_core::retro::settings::Field;
use lookback_core::retro::{Decision, Reply, settings};
use lookback_core::text::esc;

/// The table of accounts is by e-mail address.
const NO_EMAILS: &str = "“Who is who there” has no effect yet, because I may not see e-mail addresses: ask whoever runs me to grant `users:read.email`.";

/// The repository of the release plan.
fn repository(settings: &Settings) -> Option<&str> {
    settings.plan.as_ref().map(|plan| plan.repository.as_str())
}

/// Opens the form, or offers the button that does.
pub async fn open(cx: &mut Cx<'_>, channel: &ChannelId) -> Result<Outcome, Failure> {
    cx.may_configure(channel).await?;
    if cx.can_open_form() {
        let settings = store::settings::of_channel(cx.tx, cx.team, channel).await?;
        return Ok(Outcome::open(view::forms::config(channel, &settings, &cx.bot.trackers.set_up())));
    }
    let reply = Reply::new("The channel's defaults are in a form.")
        .button("Open the form", BlockAction::Config { channel: channel.clone() });
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// The form was sent: all faults stand at their fields at once.
pub async fn sent(cx: &mut Cx<'_>, channel: &ChannelId, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let (_, open) = cx.may_configure(channel).await?;
    let before = store::settings::of_channel(cx.tx, cx.team, channel).await?;
    // What the form does not show stays as it was.
    let set_up = cx.bot.trackers.set_up();
    let kept = |f: Field| if f.is_shown(&set_up) { String::new() } else { before.show(f) };
    match settings::read(|f| fields.get(f.id()).cloned().unwrap_or_else(|| kept(f))) {
        Ok(given) => {
            let (mut wrong, mut remarks) = (BTreeMap::new(), Vec::new());
            for check in cx.checks {
                let is_new = match check.what {
                    Use::Tickets => given.tickets.place() != before.tickets.place(),
                    Use::Plan => repository(&given) != repository(&before),
                };
                match &check.checked {
                    Checked::Wrong(why) if is_new => {
                        wrong.insert(check.what.field().id().to_owned(), why.clone());
                    }
                    // A place saved earlier must not block other changes.
                    Checked::Wrong(why) => remarks.push(esc(why)),
                    Checked::Fine(remark) => remarks.extend(remark.as_deref().map(esc)),
                    Checked::NoAnswer(tracker) => remarks.push(format!(
                        "{} hasn't answered yet: I'll tell you here what it says about {}.",
                        tracker.name(),
                        esc(&check.place.to_string())
                    )),
                }
            }
            if !wrong.is_empty() {
                return Ok(Outcome::Wrong(wrong));
            }
            let deaf = !given.tickets.accounts.is_empty() && !cx.bot.may(cx.team, "users:read.email");
            let deaf = deaf.then(|| NO_EMAILS.to_owned());
            let mut changed = settings::change(channel, &before, given, &open);
            if let Some(reply) = &mut changed.reply {
                // Tickets and the plan may be in one repository.
                remarks.dedup();
                remarks.into_iter().chain(deaf).for_each(|remark| reply.text.push_str(&format!(" {remark}")));
            }
            Ok(Outcome::Done(changed))
        }
        Err(faults) => Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), plain(why))).collect())),
    }
}
