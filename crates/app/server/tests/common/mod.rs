//! A studio on a free port, and a client for it.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod browser;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proband_robot::builtin_arm;
use proband_run::{CohortRow, CohortSpec, RehearsalSpec, run_cohort};
use proband_server::{Access, Origin, Patient, PatientMaker, SEEN, Studio, StudioConfig};
use proband_twin::{Population, Twin};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

fn room(twin: Twin, seed: u64) -> RehearsalSpec {
    RehearsalSpec::new(twin, builtin_arm().unwrap(), seed)
}

/// Makes patients as the program does, but that a record is a number in text.
struct Maker;

impl PatientMaker for Maker {
    fn of_record(&self, bytes: &[u8]) -> Result<Patient, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not a record".to_owned())?;
        let number = text.trim().parse().map_err(|_| "not a record: line 1".to_owned())?;
        Ok(Patient { origin: Origin::Record, ..self.sampled(1, number)? })
    }

    fn sampled(&self, seed: u64, number: u32) -> Result<Patient, String> {
        let population = Population::built_in("adult").unwrap();
        let twin = population.patient(seed, number).map_err(|e| e.to_string())?.twin;
        let name = twin.person.pseudonym.clone();
        let rehearsal = RehearsalSpec { patient: number, member: true, ..room(twin, seed) };
        Ok(Patient { name, origin: Origin::Sampled, note: String::new(), rehearsal })
    }

    fn cohort(&self, seed: u64, count: u32, done: &(dyn Fn(u32) + Sync), stop: &AtomicBool) -> Result<Vec<CohortRow>, String> {
        let population = Population::built_in("adult").unwrap();
        let arm = builtin_arm().unwrap();
        let spec = CohortSpec { population, count, first: 0, seed, arm, duration_max_s: 600.0, lamp_wavelength_nm: None };
        run_cohort(&spec, done, stop).map_err(|e| e.to_string())
    }

    fn record_bytes_max(&self) -> usize {
        1000
    }
}

/// A studio that serves until the test ends.
pub struct Served {
    pub address: SocketAddr,
    pub out: tempfile::TempDir,
}

pub async fn serve(token: Option<&str>) -> Served {
    serve_in(token, tempfile::tempdir().unwrap()).await
}

pub async fn serve_in(token: Option<&str>, out: tempfile::TempDir) -> Served {
    let config = StudioConfig {
        access: Access { address: ([127, 0, 0, 1], 0).into(), token: token.map(str::to_owned), without_tls: false },
        patients: vec![Patient {
            name: "built-in".into(),
            origin: Origin::Given,
            note: String::new(),
            rehearsal: room(Twin::built_in(), 9),
        }],
        maker: Arc::new(Maker),
        trial_report: None,
        out: out.path().to_owned(),
        command: "proband studio".into(),
        version: "test".into(),
    };
    let studio = Studio::open(config).await.unwrap();
    let address = studio.address();
    tokio::spawn(async { studio.serve(std::future::pending()).await.unwrap() });
    Served { address, out }
}

/// Status and body of a GET, with headers of the caller's own.
pub async fn get(address: SocketAddr, path: &str, host: &str, more: &str) -> (u16, String) {
    ask(address, "GET", path, host, more, "").await
}

/// Status and JSON of an answer.
pub async fn json(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, text) = ask(address, method, path, &address.to_string(), "", body).await;
    (status, text.split("\r\n\r\n").nth(1).and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Value::Null))
}

async fn ask(address: SocketAddr, method: &str, path: &str, host: &str, more: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = if method == "POST" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{length}{more}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, text)
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u32,
    /// Last frame.
    pub frame: Vec<u8>,
    /// Frames that came, and whether they are answered.
    pub frames: u32,
    pub looks: bool,
    /// Words heard since the start.
    pub words: Vec<Value>,
}

impl Client {
    pub async fn new(address: SocketAddr) -> Self {
        let request = format!("ws://{address}/ws").into_client_request().unwrap();
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Self { socket, next: 1, frame: Vec::new(), frames: 0, looks: true, words: Vec::new() }
    }

    /// Take in what comes for so long, or until an answer to the request with this number.
    async fn listen(&mut self, until: Option<u32>, longest: Duration) -> Option<Value> {
        let deadline = tokio::time::Instant::now() + longest;
        while let Ok(Some(Ok(message))) = tokio::time::timeout_at(deadline, self.socket.next()).await {
            match message {
                Message::Binary(bytes) => {
                    self.frame = bytes.to_vec();
                    self.frames += 1;
                    if self.looks {
                        let _ = self.socket.send(Message::Text(SEEN.into())).await;
                    }
                }
                Message::Text(text) => {
                    let word: Value = serde_json::from_str(&text).unwrap();
                    let kind = word["type"].as_str().unwrap_or("").to_owned();
                    if kind == "ack" || kind == "refused" {
                        if until.is_none() || word["id"].is_null() || word["id"] == until.unwrap_or(0) {
                            return Some(word);
                        }
                    } else {
                        self.words.push(word);
                    }
                }
                _ => {}
            }
        }
        None
    }

    pub async fn ask(&mut self, ask: &str) -> Value {
        let id = self.next;
        self.next += 1;
        self.raw(&format!(r#"{{"id":{id},"ask":{ask}}}"#)).await;
        self.listen(Some(id), Duration::from_secs(60)).await.expect("an answer")
    }

    pub async fn raw(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub async fn answer(&mut self) -> Value {
        self.listen(None, Duration::from_secs(60)).await.expect("an answer")
    }

    pub async fn watch(&mut self, longest: Duration) {
        self.listen(Some(u32::MAX), longest).await;
    }

    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }

    pub fn tick(&self) -> f64 {
        f64::from_le_bytes(self.frame[8..16].try_into().unwrap())
    }

    pub fn flag(&self, bit: u32) -> bool {
        u32::from_le_bytes(self.frame[24..28].try_into().unwrap()) >> bit & 1 == 1
    }

    pub fn phase(&self) -> u32 {
        u32::from_le_bytes(self.frame[28..32].try_into().unwrap())
    }
}
