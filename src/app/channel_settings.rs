//! `config`: a channel's defaults.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, plain};
use super::tickets::check::Checked;
use crate::slack::view;
use crate::store;
use lookback_core::ids::ChannelId;
use lookback_core::interaction::BlockAction;
use lookback_core::retro::settings::Field;
use lookback_core::retro::{Decision, Reply, settings};
use lookback_core::text::esc;

/// The table of accounts is by e-mail address.
const NO_EMAILS: &str = "“Who is who there” has no effect yet, because I may not see e-mail addresses: ask whoever runs me to grant `users:read.email`.";

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
            let remark = match cx.checked {
                // What was saved before is no reason to save nothing else.
                Some(Checked::Wrong(why)) if given.tickets.place() == before.tickets.place() => Some(esc(why)),
                Some(Checked::Wrong(why)) => {
                    return Ok(Outcome::Wrong(BTreeMap::from([(Field::TicketsTo.id().to_owned(), why.clone())])));
                }
                Some(Checked::Fine(remark)) => remark.as_deref().map(esc),
                Some(Checked::NoAnswer(tracker)) => Some(format!(
                    "{} hasn't answered yet: I'll tell you here what it says about {}.",
                    tracker.name(),
                    esc(&given.tickets.to)
                )),
                None => None,
            };
            let deaf = !given.tickets.accounts.is_empty() && !cx.bot.may(cx.team, "users:read.email");
            let deaf = deaf.then(|| NO_EMAILS.to_owned());
            let remark = remark.into_iter().chain(deaf).reduce(|one, other| format!("{one} {other}"));
            let mut changed = settings::change(channel, &before, given, &open);
            if let (Some(remark), Some(reply)) = (remark, &mut changed.reply) {
                reply.text = format!("{} {remark}", reply.text);
            }
            Ok(Outcome::Done(changed))
        }
        Err(faults) => Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), plain(why))).collect())),
    }
}
