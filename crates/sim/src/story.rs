//! Six people play the example of the release process, release v2.1.0.

use serde_json::{Value, json};

use super::Sim;
use super::workspace::{Message, Workspace};

/// Each person answers six questions: what went well, what to improve, what surprised, what to change, how smooth the
/// release was (1-10), and what else there is to say.
const ANSWERS: [(&str, [&str; 6]); 6] = [
    (
        "U01MARIA",
        [
            "Scope was clear and realistic\nBlue-Green deployment worked flawlessly",
            "Database migration took 33% longer than expected\nSome confusion about role responsibilities",
            "Team really valued the detailed runbook",
            "Rehearse the migration with production-sized data",
            "8",
            "Thank you all for the calm night",
        ],
    ),
    (
        "U02NOOR",
        [
            "Quality gates caught issues early\nZero incidents",
            "Smoke test scripts were manual",
            "Blue-Green deployment was easier than expected",
            "Automate the smoke tests",
            "9",
            "",
        ],
    ),
    (
        "U03SAM",
        [
            "The Blue-Green deployment worked\nDashboards provided clear visibility",
            "Too many false positive alerts\nAlert thresholds not tuned correctly",
            "Monitoring the first 4 hours was critical",
            "",
            "8",
            "",
        ],
    ),
    (
        "U04PRIYA",
        [
            "Team communication was excellent\nPerformance improved",
            "The database migration took longer than expected\nMigration rollback procedures not detailed enough",
            "Database migration in production was slow",
            "Create a production-scale test database",
            "7",
            "",
        ],
    ),
    (
        "U05JONAS",
        [
            "Communication in the team was excellent\nRollback plan gave us confidence",
            "Backup took longer than planned\nMissing dashboard for business metrics",
            "",
            "Automate the backup verification",
            "8",
            "",
        ],
    ),
    (
        "U06LENA",
        [
            "Positive user feedback\nSupport team well-briefed",
            "Manual smoke tests\nDeployment runbook had a few unclear steps",
            "User feedback was overwhelmingly positive",
            "",
            "9",
            "The deployment CLI tool has UI issues",
        ],
    ),
];

/// The facilitator pastes these figures of the release into the form.
const FIGURES: &str = include_str!("v2.1.0.yaml");

/// The story takes place in this channel.
const CHANNEL: &str = "C01REL";

impl Sim {
    /// Maria chooses in the channel's form where its tickets go, and the file of the release plan. The result is `false`
    /// if the bot offers no such form in time, or does not take it.
    pub async fn choose_tickets(&self, chosen: &[(&str, Value)]) -> bool {
        let lead = "U01MARIA";
        self.say(lead, CHANNEL, None, "/retro config").await;
        let opened = self.until(|w| w.views.iter().any(|v| v.user == lead)).await;
        let form = self.read(|w| w.views.iter().rfind(|v| v.user == lead).map(|v| (v.id.clone(), v.view.clone())));
        let Some((id, view)) = form.filter(|_| opened) else { return false };
        self.submit(lead, &id, filled(&view, chosen)).await;
        self.read(|w| !w.views.iter().any(|v| v.user == lead))
    }

    /// The people start the retro, answer six surveys, and add a note, kudos and action items. The visitor makes the
    /// agenda and finishes the retro.
    pub async fn play_story(&self) {
        let lead = "U01MARIA";
        // A visitor may press the button twice. The second press must not repeat what people said.
        if self.read(|w| w.messages.iter().any(|m| m.text.contains("Retrospective of *v2.1.0*"))) {
            return;
        }
        self.say(lead, CHANNEL, None, "/retro start v2.1.0 deployed:2026-11-18T14:00:00Z").await;
        self.give_figures("v2.1.0").await;
        self.play_answers(&[]).await;
        self.say("U03SAM", CHANNEL, None, "/retro note surprise Intensive monitoring paid off").await;
        self.say("U05JONAS", CHANNEL, None, "/retro kudos @priya for thorough migration testing").await;
        self.say("U04PRIYA", CHANNEL, None, "/retro kudos @sam for quick issue resolution").await;
        for line in [
            "action Create a production-scale test database @priya before next release high because it lets us time migrations",
            "action Automate the smoke test suite with Playwright @noor by 2w high because it takes manual testing time",
            "action Tune the monitoring alert thresholds @sam by 1w high because of false positives",
            "action Update the deployment runbook @maria by 1w medium because steps were unclear",
        ] {
            self.say(lead, CHANNEL, None, &format!("/retro {line}")).await;
        }
    }

    /// The facilitator opens the form for figures and sends the figures of the release.
    pub async fn give_figures(&self, version: &str) {
        let lead = "U01MARIA";
        if !self.survey_arrives(lead).await {
            return;
        }
        self.say(lead, CHANNEL, None, &format!("/retro data {version}")).await;
        if self.until(|w| w.views.iter().any(|v| v.user == lead)).await
            && let Some((id, view)) =
                self.read(|w| w.views.iter().rfind(|v| v.user == lead).map(|v| (v.id.clone(), v.view.clone())))
        {
            let document = json!(FIGURES.replace("v2.1.0", version));
            self.submit(lead, &id, filled(&view, &[("document", document)])).await;
        }
    }

    /// Six people answer the open survey with the answers of the example, or those of them that are named. Who has
    /// answered already changes nothing.
    pub async fn play_answers(&self, only: &[&str]) {
        for (user, answers) in ANSWERS {
            if !only.is_empty() && !only.contains(&user) {
                continue;
            }
            if !self.survey_arrives(user).await {
                return;
            }
            self.answer(user, &answers).await;
        }
    }

    /// The bot spreads its messages over time. The story therefore waits until the survey is in the person's DM.
    async fn survey_arrives(&self, user: &str) -> bool {
        self.until(|w| button(w, user, &["Answer the survey", "Change my answers"]).is_some()).await
    }

    async fn answer(&self, user: &str, answers: &[&str; 6]) {
        let Some((channel, ts, block, action, value)) = self.read(|w| button(w, user, &["Answer the survey"])) else {
            return;
        };
        self.press(user, super::Place::Message { channel, ts }, &block, &action, json!({"value": value})).await;
        if self.until(|w| w.views.iter().any(|v| v.user == user)).await
            && let Some(id) = self.read(|w| w.views.iter().rfind(|v| v.user == user).map(|v| v.id.clone()))
        {
            self.submit(user, &id, values(answers)).await;
        }
    }
}

/// The function finds the button with one of these labels in the newest message of a person's DM that has one. The
/// result is channel, ts, block id, action id and value.
fn button(w: &Workspace, user: &str, labels: &[&str]) -> Option<(String, String, String, String, String)> {
    let dm = w.channels.iter().find(|c| c.im_user.as_deref() == Some(user))?;
    let survey = ["Answer the survey", "Change my answers"];
    let has = |m: &&Message| m.channel == dm.id && m.blocks.iter().any(|b| labelled(b, &survey).is_some());
    let message = w.messages.iter().rfind(has)?;
    message.blocks.iter().find_map(|block| {
        let button = labelled(block, labels)?;
        let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some((
            dm.id.clone(),
            message.ts.clone(),
            text(block, "block_id"),
            text(button, "action_id"),
            text(button, "value"),
        ))
    })
}

fn labelled<'b>(block: &'b Value, labels: &[&str]) -> Option<&'b Value> {
    let label = |e: &Value| e.pointer("/text/text").and_then(Value::as_str).unwrap_or_default().to_owned();
    block.get("elements")?.as_array()?.iter().find(|e| labels.contains(&label(e).as_str()))
}

/// A form as it is shown, with other values in some of its fields. A choice is named by its value.
fn filled(view: &Value, given: &[(&str, Value)]) -> Value {
    let blocks = view.get("blocks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fields = blocks.iter().filter_map(|block| {
        let (name, element) = (block.get("block_id")?.as_str()?, block.get("element")?.as_object()?);
        let given = given.iter().find(|(of, _)| *of == name).map(|(_, value)| value);
        let options = element.get("options").and_then(Value::as_array);
        let chosen = options.and_then(|all| all.iter().find(|option| option.get("value") == given));
        let initial = element.iter().find_map(|(key, value)| Some((key.strip_prefix("initial_")?, value)));
        let entered = chosen.map(|option| ("option", option)).or(given.map(|value| ("value", value))).or(initial);
        let (key, value) = entered.unwrap_or(("value", &Value::Null));
        let key = if key == "value" { key.to_owned() } else { format!("selected_{key}") };
        let action = element.get("action_id")?.as_str()?;
        Some((name.to_owned(), json!({action: {"type": element.get("type"), key: value}})))
    });
    Value::Object(fields.collect())
}

/// Slack sends the content of a form as `view.state.values`. The function builds it from six answers.
pub fn values(answers: &[&str]) -> Value {
    let fields = answers.iter().enumerate().map(|(i, text)| {
        let entered = if i == 4 {
            let option = if text.is_empty() {
                Value::Null
            } else {
                json!({"text": {"type": "plain_text", "text": text}, "value": text})
            };
            json!({"type": "static_select", "selected_option": option})
        } else {
            json!({"type": "plain_text_input", "value": if text.is_empty() { Value::Null } else { json!(text) }})
        };
        (format!("q{i}"), json!({"value": entered}))
    });
    Value::Object(fields.collect())
}
