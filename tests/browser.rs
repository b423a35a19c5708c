//! The playground in a real browser: the tour, the keyboard, light and dark. Needs chromium and chromedriver
//! (Debian: `chromium chromium-driver`); without them it says so, and under `CI` it fails.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for a line with `word`; returns the rest of that line.
fn start(command: &mut Command, word: &str) -> Option<(Running, String)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let line = lines.by_ref().map_while(Result::ok).find_map(|l| l.split_once(word).map(|(_, rest)| rest.to_owned()));
    std::thread::spawn(move || lines.for_each(drop));
    Some((Running(child), line?))
}

/// A browser at the playground; `None` where there is none.
async fn browser(dark: bool) -> Option<(Running, Running, Client)> {
    let Some((driver, port)) = start(Command::new("chromedriver").arg("--port=0"), "successfully on port ") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "chromedriver is needed here: apt-get install chromium chromium-driver"
        );
        println!("SKIPPED: no chromedriver here (apt-get install chromium chromium-driver)");
        return None;
    };
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut lookback = Command::new(env!("CARGO_BIN_EXE_lookback"));
    let (playground, _) = start(lookback.args(["playground", "--listen", &listen]), "is ready: ").unwrap();
    let mut args =
        vec!["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"];
    if dark {
        args.push("--force-dark-mode");
        args.push("--blink-settings=preferredColorScheme=0");
    }
    let mut wanted = serde_json::Map::new();
    wanted.insert("goog:chromeOptions".to_owned(), json!({"args": args}));
    let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
    let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
        .capabilities(wanted)
        .connect(&address)
        .await
        .unwrap();
    client.goto(&format!("http://{listen}/")).await.unwrap();
    Some((driver, playground, client))
}

async fn sees(client: &Client, words: &str) {
    let path = format!("//*[contains(normalize-space(.), \"{words}\")]");
    let found = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::XPath(&path)).await;
    if found.is_err() {
        panic!("“{words}” is not on the page: {}", text(client).await);
    }
}

async fn text(client: &Client) -> String {
    client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
}

/// Presses the last button or link of this label.
async fn presses(client: &Client, label: &str) {
    let path = format!("(//*[self::button or self::a][normalize-space(.)=\"{label}\"])[last()]");
    let found = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::XPath(&path)).await;
    let Ok(found) = found else { panic!("no “{label}” on the page: {}", text(client).await) };
    // As a mouse would, wherever it is on the page.
    client.execute("arguments[0].click()", vec![serde_json::to_value(&found).unwrap()]).await.unwrap();
}

/// Presses the button of the tour with this label: a message may have one too.
async fn presses_in_tour(client: &Client, label: &str) {
    let path = format!("//section[@id=\"tour\"]//button[normalize-space(.)=\"{label}\"]");
    let found = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::XPath(&path)).await;
    let Ok(found) = found else { panic!("no “{label}” in the tour: {}", text(client).await) };
    client.execute("arguments[0].click()", vec![serde_json::to_value(&found).unwrap()]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_plays_a_whole_retro_in_eleven_steps() {
    let Some((_driver, _playground, client)) = browser(false).await else { return };
    presses(&client, "Take the tour (11 steps)").await;
    sees(&client, "Step 1 of 11").await;
    presses(&client, "Type /retro start v2.1.0").await;
    sees(&client, "0 of 8 answered").await;
    presses(&client, "Next").await;
    sees(&client, "stay sealed until the survey closes").await;
    presses(&client, "Answer the survey").await;
    sees(&client, "What surprised you?").await;
    presses(&client, "Cancel").await;
    presses(&client, "Next").await;
    presses(&client, "Let the others answer").await;
    sees(&client, "6 of 8 answered").await;
    presses(&client, "Next").await;
    presses(&client, "Say something and keep it").await;
    sees(&client, "Kept for v2.1.0").await;
    presses(&client, "Next").await;
    presses(&client, "Type /retro agenda").await;
    sees(&client, "Blue-Green deployment").await;
    presses(&client, "Next").await;
    presses_in_tour(&client, "Start the meeting").await;
    sees(&client, "3 of 6: What could be improved").await;
    sees(&client, "18 minutes left").await;
    presses(&client, "Next").await;
    presses(&client, "Agree on action items").await;
    sees(&client, "#2 Update the deployment runbook").await;
    presses(&client, "Next").await;
    presses(&client, "Open Noor’s Home tab").await;
    sees(&client, "Your action items (1)").await;
    presses(&client, "Next").await;
    presses(&client, "Type /retro finish next:v2.2.0").await;
    sees(&client, "Thank you to everyone who took part").await;
    presses(&client, "Next").await;
    sees(&client, "Step 10 of 11: Tickets").await;
    presses(&client, "Press Done on Maria’s ticket").await;
    sees(&client, "Open action items (1):").await;
    presses(&client, "Next").await;
    presses(&client, "Two weeks later: start v2.2.0").await;
    sees(&client, "Since v2.1.0: 2 of 2 action items done").await;
    sees(&client, "That was a whole retro").await;
    presses(&client, "End the tour").await;
    sees(&client, "Take the tour").await;
    client.close().await.unwrap();
}

/// The element, as soon as it is there.
async fn finds(client: &Client, selector: &str) -> Element {
    let found = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::Css(selector)).await;
    let Ok(found) = found else { panic!("no “{selector}” on the page: {}", text(client).await) };
    found
}

/// Types a line into the channel.
async fn types(client: &Client, line: &str) {
    let composer = finds(client, "main .composer textarea").await;
    composer.send_keys(&format!("{line}{}", char::from(Key::Enter))).await.unwrap();
}

/// The newcomer's Home tab stands beside the board, so the test sees there when Lookback has heard of the press.
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_closes_a_ticket_on_the_board() {
    let Some((_driver, _playground, client)) = browser(false).await else { return };
    sees(&client, "No tickets yet.").await;
    types(&client, "/retro action Tidy up the <b>runbook</b> @maria by 1w").await;
    let title = finds(&client, "#board .ticket h3").await.text().await.unwrap();
    assert_eq!(title, "Tidy up the <b>runbook</b>", "it comes without a reload, and is no markup");
    types(&client, "/retro actions").await;
    sees(&client, "Open action items (1):").await;
    // The key in the list leads to the ticket.
    finds(&client, "main .log a[href*=\"/jira/browse/OPS-1\"]").await.click().await.unwrap();
    finds(&client, "#board[data-open] .ticket:focus").await;
    finds(&client, ".sidebar a[href*=\"in=D01MARIA\"]").await.click().await.unwrap();
    presses(&client, "Home").await;
    sees(&client, "Your action items (1)").await;
    let button = finds(&client, "#board .ticket button[value=\"done\"]").await;
    button.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    let ticket = finds(&client, "#board .ticket.closed:focus").await.text().await.unwrap();
    assert!(ticket.contains("Done") && ticket.contains("Reopen"), "{ticket}");
    sees(&client, "Your action items (0)").await;
    finds(&client, ".sidebar a[href*=\"in=C01REL\"]").await.click().await.unwrap();
    types(&client, "/retro actions").await;
    sees(&client, "Open action items: none").await;
    client.close().await.unwrap();
}

/// The id of the focused element.
async fn focused(client: &Client) -> String {
    let id = client.execute("return document.activeElement.id", vec![]).await.unwrap();
    id.as_str().unwrap_or_default().to_owned()
}

/// Waits until the focus is on the element with this id.
async fn focuses(client: &Client, id: &str) {
    let found = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::Css(&format!("#{id}:focus"))).await;
    assert!(found.is_ok(), "the focus is on “{}” and not on “{id}”", focused(client).await);
}

/// On a narrow page a thread covers the channel, and the tour stays above it. A step that is taken first plays what it
/// needs, a done step offers the next one, and the focus is never lost.
#[tokio::test(flavor = "multi_thread")]
async fn the_tour_takes_any_order_on_a_narrow_page() {
    let Some((_driver, _playground, client)) = browser(false).await else { return };
    client.set_window_size(740, 900).await.unwrap();
    presses(&client, "Take the tour (11 steps)").await;
    focuses(&client, "tour-title").await;
    presses(&client, "6").await;
    sees(&client, "Step 6 of 11: The meeting").await;
    let button = client.find(Locator::Css("#tour-do-6 button")).await.unwrap();
    button.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    sees(&client, "3 of 6: What could be improved").await;
    focuses(&client, "tour-next").await;
    let shown = |selector: &'static str| {
        let script = format!("return document.querySelector('{selector}').offsetParent !== null");
        let client = &client;
        async move { client.execute(&script, vec![]).await.unwrap() }
    };
    assert_eq!((shown("#tour-next").await, shown("main > section").await), (json!(true), json!(false)));
    let said = client.find(Locator::Css("#said")).await.unwrap();
    let said = said.prop("textContent").await.unwrap().unwrap();
    assert_eq!(said, "Step 6 of 11: The meeting. Done.");
    // A step that is done already is only looked at.
    presses(&client, "3 ✓ done").await;
    sees(&client, "Step 3 of 11: Answers come in").await;
    assert!(client.find(Locator::Css("#tour form")).await.is_err());
    focuses(&client, "tour-title").await;
    presses(&client, "Leave the tour").await;
    focuses(&client, "room-title").await;
    client.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_kept_by_keyboard_alone_and_marks_show_what_is_unread() {
    let Some((_driver, _playground, client)) = browser(true).await else { return };
    let dark = client.execute("return matchMedia('(prefers-color-scheme: dark)').matches", vec![]).await.unwrap();
    let paper = client.execute("return getComputedStyle(document.body).backgroundColor", vec![]).await.unwrap();
    assert_eq!((dark, paper), (json!(true), json!("rgb(26, 27, 32)")));
    let composer = client.find(Locator::Css("main .composer textarea")).await.unwrap();
    composer.send_keys("The backup took an hour").await.unwrap();
    composer.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    sees(&client, "The backup took an hour").await;
    let menu = client.find(Locator::Css("li.message summary")).await.unwrap();
    menu.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    // It opens, Escape closes it and gives the focus back.
    assert!(client.find(Locator::Css("details.menu[open]")).await.is_ok());
    menu.send_keys(&char::from(Key::Escape).to_string()).await.unwrap();
    assert!(client.find(Locator::Css("details.menu[open]")).await.is_err());
    let focused = client.active_element().await.unwrap().tag_name().await.unwrap();
    assert_eq!(focused, "summary");
    presses(&client, "React with the retro emoji").await;
    sees(&client, "Kept for the next retro").await;
    sees(&client, ":retro: 1").await;
    let composer = client.find(Locator::Css("main .composer textarea")).await.unwrap();
    composer.send_keys("/retro start v3").await.unwrap();
    composer.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    sees(&client, "0 of 8 answered").await;
    // The survey waits unread in the DM, until it is looked at.
    let mark = client.wait().at_most(Duration::from_secs(25)).for_element(Locator::Css(".sidebar a.fresh .count"));
    mark.await.unwrap();
    presses(&client, "⚡ Start a retro").await;
    sees(&client, "Release channel").await;
    client.close().await.unwrap();
}
