//! A real browser that a test drives like a person. Each test has its own, with its own profile, and it is
//! gone when the test ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::place;
use crate::tree::Tree;

/// How long a test waits for anything on the page. Only a wrong page makes it wait so long.
const PATIENCE: Duration = Duration::from_secs(90);

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    session: String,
    driver: Tree,
    // Fields are dropped in order: the profile goes after the processes that write to it.
    _profile: TempDir,
}

/// A line of the browser's console.
#[derive(Clone, Debug, Deserialize)]
pub struct Logged {
    /// `SEVERE` for errors.
    pub level: String,
    /// What in the browser logs: `network`, `security`, `javascript`, …
    #[serde(default)]
    pub source: String,
    pub message: String,
}

impl Browser {
    pub async fn start() -> Self {
        let mut command = Command::new(place::program(&["chromedriver"]));
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = Tree::start(command);
        let address = format!("http://127.0.0.1:{}", tokio::task::block_in_place(|| port_of(&mut driver)));
        // The first start of a browser on a busy machine may take longer than the driver waits.
        let (client, profile) = until("a browser", async || open_window(&address).await).await;
        let session = client.session_id().await.expect("a session").expect("its id");
        Self { client, session: format!("{address}/session/{session}"), driver, _profile: profile }
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Runs the body of a JavaScript function in the page, and returns what it returns.
    pub async fn run<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer =
            self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{script}: {error}: {answer}"))
    }

    /// Runs a script in every page that is opened from now on, before anything of the page.
    pub async fn run_before_pages(&self, script: &str) {
        self.tell("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Presses the tabulator key.
    pub async fn press_tab(&self) {
        let press = KeyActions::new("keyboard".to_owned()).then(KeyAction::Down { value: Key::Tab.into() });
        self.client
            .perform_actions(press.then(KeyAction::Up { value: Key::Tab.into() }))
            .await
            .expect("a key press");
    }

    /// Gives the page a screen of this size.
    pub async fn set_screen(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Tells pages which colours the system prefers: `dark` or `light`.
    pub async fn set_colours(&self, scheme: &str) {
        self.tell(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        )
        .await;
    }

    /// Saves a picture of the whole page in `target/screenshots`, for people to look at.
    pub async fn take_picture(&self, name: &str, width: u32, height: u32) {
        self.set_screen(width, height).await;
        let whole: f64 = self.run("return document.documentElement.scrollHeight").await;
        self.set_screen(width, (whole as u32).clamp(height, 8000)).await;
        let folder = place::target().join("screenshots");
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let picture =
            until("a picture", async || self.client.screenshot().await.map_err(|error| error.to_string()))
                .await;
        fs::write(folder.join(name).with_extension("png"), picture).expect("the picture is written");
        self.set_screen(width, height).await;
    }

    /// What the browser has logged since the last call.
    pub async fn logged(&self) -> Vec<Logged> {
        serde_json::from_value(self.command("se/log", json!({"type": "browser"})).await)
            .expect("lines of the console")
    }

    /// Ends the browser. Fails if one of its processes is left.
    pub async fn quit(mut self) {
        self.client.close().await.expect("the browser ends");
        self.driver.terminate().await;
    }

    async fn tell(&self, method: &str, parameters: Value) {
        self.command("goog/cdp/execute", json!({"cmd": method, "params": parameters})).await;
    }

    /// Sends a command of chromedriver that is not in the WebDriver standard.
    async fn command(&self, path: &str, body: Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}/{path}", self.session)).json(&body);
        let mut answer: Value =
            request.send().await.expect("an answer of the driver").json().await.expect("JSON of the driver");
        assert!(answer["value"]["error"].is_null(), "{path} {body}: {answer}");
        answer["value"].take()
    }
}

/// Starts a browser with a profile of its own.
async fn open_window(driver: &str) -> Result<(Client, TempDir), String> {
    let binary = place::program(&["chromium", "chromium-browser", "google-chrome"]);
    let profile = tempfile::tempdir().expect("a temporary folder");
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--lang=en-GB",
        &format!("--user-data-dir={}", profile.path().display()),
    ];
    let wishes = json!({"goog:chromeOptions": {"binary": binary, "args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}});
    let Value::Object(wishes) = wishes else { unreachable!("it is written as an object") };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let client = builder.capabilities(wishes).connect(driver).await.map_err(|error| error.to_string())?;
    Ok((client, profile))
}

/// The port that chromedriver says it has taken.
fn port_of(driver: &mut Tree) -> u16 {
    let output = driver.root().stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        line.strip_prefix("ChromeDriver was started successfully on port ")?
            .trim_end_matches('.')
            .parse()
            .ok()
    });
    // Read on, because a full pipe would stop the driver.
    std::thread::spawn(move || lines.for_each(drop));
    port.expect("chromedriver names its port")
}

/// Checks again and again until the check passes. If it never does, fails with its last complaint.
pub async fn until<T>(what: &str, check: impl AsyncFn() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match check().await {
            Ok(found) => return found,
            Err(_) if started.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(instead) => panic!("{what}: {instead}"),
        }
    }
}
