//! A browser without a window, spoken to by the DevTools protocol.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: String,
    next: u64,
    /// Errors that the page's script threw or logged.
    pub errors: Vec<String>,
    _process: Child,
    _profile: tempfile::TempDir,
}

/// The first Chromium on this machine.
fn find() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

impl Browser {
    /// A page of 1280 × 720; none where there is no browser.
    pub async fn open(url: &str) -> Option<Self> {
        Self::open_with(url, "").await
    }

    /// A page before whose own script another one runs.
    pub async fn open_with(url: &str, before: &str) -> Option<Self> {
        let program = find()?;
        let profile = tempfile::tempdir().ok()?;
        let mut process = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"])
            .args(["--window-size=1280,720", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(process.stderr.take()?).lines();
        let address = loop {
            let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.ok()?.ok()??;
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                break address.to_owned();
            }
        };
        // Whoever writes into a pipe that nobody reads stops one day.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (socket, _) = tokio_tungstenite::connect_async(address).await.ok()?;
        let mut browser = Self { socket, session: String::new(), next: 1, errors: Vec::new(), _process: process, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" })).await;
        let attached = browser.call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true })).await;
        browser.session = attached["sessionId"].as_str()?.to_owned();
        for domain in ["Runtime", "Page", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({})).await;
        }
        let size = json!({ "width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", &size).await;
        browser.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": before })).await;
        browser.call("Page.navigate", &json!({ "url": url })).await;
        Some(browser)
    }

    pub async fn call(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut request = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            request["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::Text(request.to_string().into())).await.unwrap();
        loop {
            let message = tokio::time::timeout(Duration::from_secs(60), self.socket.next()).await.expect("the browser answers");
            let Message::Text(text) = message.unwrap().unwrap() else { continue };
            let word: Value = serde_json::from_str(&text).unwrap();
            if word["id"] == json!(id) {
                assert!(word["error"].is_null(), "{method}: {}", word["error"]);
                return word["result"].clone();
            }
            let thrown = word["method"] == "Runtime.exceptionThrown";
            let logged = word["method"] == "Log.entryAdded" && word["params"]["entry"]["level"] == "error";
            if thrown || logged {
                self.errors.push(word["params"].to_string());
            }
        }
    }

    pub async fn evaluate(&mut self, script: &str) -> Value {
        let result = self.call("Runtime.evaluate", &json!({ "expression": script, "returnByValue": true, "awaitPromise": true })).await;
        assert!(result["exceptionDetails"].is_null(), "{script}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Wait until the script gives something true.
    pub async fn wait(&mut self, script: &str, longest_s: u64) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(longest_s);
        while self.evaluate(&format!("Boolean({script})")).await != json!(true) {
            let state = if tokio::time::Instant::now() < deadline { Value::Null } else { self.evaluate("window.studio?.inspect()").await };
            assert!(state.is_null(), "`{script}` did not come true in {longest_s} s: {state} {:?}", self.errors);
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    pub async fn key(&mut self, kind: &str, key: &str) {
        let text = if key.len() == 1 && kind == "keyDown" { key } else { "" };
        // A browser's own answer to a key (Escape closes a dialog) goes by its number.
        let number = match key {
            "Escape" => 27,
            "Backspace" => 8,
            _ => u32::from(key.to_ascii_uppercase().as_bytes()[0]),
        };
        self.call("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": number })).await;
    }

    pub async fn press(&mut self, key: &str) {
        self.key("keyDown", key).await;
        self.key("keyUp", key).await;
    }

    pub async fn screenshot(&mut self, name: &str) {
        let shot = self.call("Page.captureScreenshot", &json!({ "format": "png" })).await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let text = shot["data"].as_str().unwrap();
        std::fs::write(folder.join(name), decode(text)).unwrap();
    }
}

/// Base64, as the protocol sends pictures.
fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let used = four.iter().filter(|c| **c != b'=').count();
        let word = four.iter().take(used).fold(0, |word, c| word << 6 | value(*c)) << (6 * (4 - used));
        bytes.extend_from_slice(&word.to_be_bytes()[1..used]);
    }
    bytes
}
