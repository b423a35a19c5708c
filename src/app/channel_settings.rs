//! `config`: a channel's defaults.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, plain};
use crate::slack::view;
use crate::store;
use lookback_core::ids::ChannelId;
use lookback_core::interaction::BlockAction;
use lookback_core::retro::{Decision, Reply, settings};

/// Opens the form, or offers the button that does.
pub async fn open(cx: &mut Cx<'_>, channel: &ChannelId) -> Result<Outcome, Failure> {
    cx.may_configure(channel).await?;
    if cx.can_open_form() {
        let settings = store::settings::of_channel(cx.tx, cx.team, channel).await?;
        return Ok(Outcome::open(view::forms::config(channel, &settings)));
    }
    let reply = Reply::new("The channel's defaults are in a form.")
        .button("Open the form", BlockAction::Config { channel: channel.clone() });
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// The form was sent: all faults stand at their fields at once.
pub async fn sent(cx: &mut Cx<'_>, channel: &ChannelId, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let (_, open) = cx.may_configure(channel).await?;
    match settings::read(|f| fields.get(f.id()).cloned().unwrap_or_default()) {
        Ok(given) => {
            let before = store::settings::of_channel(cx.tx, cx.team, channel).await?;
            Ok(Outcome::Done(settings::change(channel, &before, given, &open)))
        }
        Err(faults) => Ok(Outcome::Wrong(faults.iter().map(|(at, why)| (at.id().to_owned(), plain(why))).collect())),
    }
}
