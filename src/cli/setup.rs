//! `lookback setup`: from nothing to checked settings, in two steps.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::slack::client::{CallError, Identity, Slack};
use lookback_clock::Clock;
use lookback_core::scopes;

/// How often somebody may type a token that Slack refuses.
const TRIES: usize = 3;

/// Leads through it; `path` is the settings file to write.
pub async fn run(path: &Path) -> anyhow::Result<()> {
    ensure!(
        !path.exists(),
        "{} is there already: change it with an editor, or name another file with --config",
        path.display()
    );
    let api_url = std::env::var("SLACK_API_URL").unwrap_or_else(|_| "https://slack.com/api".to_owned());
    let slack = Slack::new(&api_url, Clock::system())?;
    println!(
        "1. Make the app: open this address, choose your workspace, and press Create.\n\n{}\n",
        new_app(scopes::MANIFEST)?
    );
    println!(
        "   Then press Install to Workspace, on the same page under Install App.\n\n2. Give me its two tokens. They are not shown while you type.\n   The bot token (xoxb-…): OAuth & Permissions → Bot User OAuth Token."
    );
    let (bot_token, identity) = bot_token(&slack).await?;
    println!(
        "   It works: workspace {} ({}).\n   The app token (xapp-…): Basic Information → App-Level Tokens → Generate, with the scope connections:write.",
        identity.team, identity.team_id
    );
    let app_token = app_token(&slack).await?;
    println!("   It works.\n");
    write(path, &bot_token, &app_token, &api_url)
        .with_context(|| format!("{} could not be written", path.display()))?;
    let command = if path == Path::new("lookback.toml") {
        "lookback serve".to_owned()
    } else {
        format!("lookback serve --config {}", path.display())
    };
    println!(
        "{} holds the settings; only you can read it.\n\nStart the bot: {command}\nIn Slack, in the channel of your next release:\n  /invite @lookback\n  /retro start v1.2.0",
        path.display()
    );
    Ok(())
}

/// The page of Slack on which the app is made, with the manifest filled in.
/// <https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests#sharing>
fn new_app(manifest: &str) -> anyhow::Result<Url> {
    // Comments are for readers of the file, and make the address longer than some browsers take.
    let short: Vec<&str> = manifest.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    Ok(Url::parse_with_params("https://api.slack.com/apps?new_app=1", [("manifest_yaml", short.join("\n"))])?)
}

async fn bot_token(slack: &Slack) -> anyhow::Result<(SecretString, Identity)> {
    for _ in 0..TRIES {
        let token = asked("SLACK_BOT_TOKEN")?;
        match slack.identify(&token).await {
            Ok(identity) => {
                let missing = scopes::missing(&identity.scopes);
                ensure!(
                    identity.scopes.is_empty() || missing.is_empty(),
                    "the token lacks {}: paste manifest.yml again under App Manifest, and install the app again",
                    missing.join(", ")
                );
                return Ok((token, identity));
            }
            Err(error) => again("SLACK_BOT_TOKEN", &error)?,
        }
    }
    bail!("the bot token was refused three times: copy it again from OAuth & Permissions, then start once more")
}

async fn app_token(slack: &Slack) -> anyhow::Result<SecretString> {
    for _ in 0..TRIES {
        let token = asked("SLACK_APP_TOKEN")?;
        match slack.open_socket(&token).await {
            Ok(_) => return Ok(token),
            Err(error) => again("SLACK_APP_TOKEN", &error)?,
        }
    }
    bail!("the app token was refused three times: it needs the scope connections:write, and Socket Mode switched on")
}

/// A token from the environment, else typed without echo.
fn asked(name: &str) -> anyhow::Result<SecretString> {
    if let Some(token) = std::env::var(name).ok().filter(|token| !token.trim().is_empty()) {
        return Ok(token.trim().to_owned().into());
    }
    ensure!(std::io::stdin().is_terminal(), "{name} is missing: set it, or run this on a terminal to type it");
    let token = rpassword::prompt_password(format!("   {name}: "))?;
    Ok(token.trim().to_owned().into())
}

/// What came from the environment would come again.
fn again(name: &str, error: &CallError) -> anyhow::Result<()> {
    let why = match error {
        CallError::Refused { code, .. } => format!("Slack refuses {name} ({code})"),
        CallError::Limited { .. } | CallError::NotSent | CallError::Unclear => {
            format!("Slack was not reached ({}): check the network and SLACK_API_URL", error.code())
        }
    };
    ensure!(std::env::var(name).is_err(), "{why}");
    println!("   {why}. Please try again.");
    Ok(())
}

fn write(path: &Path, bot_token: &SecretString, app_token: &SecretString, api_url: &str) -> anyhow::Result<()> {
    let mut settings = toml::Table::new();
    settings.insert("slack_bot_token".to_owned(), bot_token.expose_secret().into());
    settings.insert("slack_app_token".to_owned(), app_token.expose_secret().into());
    if api_url != "https://slack.com/api" {
        settings.insert("slack_api_url".to_owned(), api_url.into());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    write!(
        file,
        "# Made by `lookback setup`. Keep this file private. All settings: deploy/lookback.toml\n{}",
        toml::to_string(&settings)?
    )?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_the_manifest_and_is_short_enough() {
        let url = new_app(scopes::MANIFEST).unwrap();
        let manifest = url.query_pairs().find(|(key, _)| key == "manifest_yaml").unwrap().1.into_owned();
        assert_eq!(scopes::of_manifest(&manifest), scopes::of_manifest(scopes::MANIFEST));
        assert!(manifest.contains("socket_mode_enabled: true") && !manifest.contains("\n#"));
        // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
        assert!(url.as_str().len() < 8000, "{}", url.as_str().len());
    }
}
