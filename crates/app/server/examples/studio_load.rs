//! What the studio bears: time from an order to the frame that shows it, the clock with a hundred viewers, memory.
//!
//! `cargo run --release -p proband-server --example studio_load [SECONDS]` prints a table; run it on an idle machine.

#![allow(clippy::unwrap_used, reason = "a measurement may end at the first surprise")]
#![allow(clippy::disallowed_methods, reason = "it measures with the clock on the wall")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use proband_robot::builtin_arm;
use proband_run::{CohortRow, RehearsalSpec};
use proband_server::{Access, Origin, Patient, PatientMaker, SEEN, Studio, StudioConfig};
use proband_twin::Twin;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Viewers of the crowd.
const CROWD: usize = 100;
/// Time between two orders.
const ORDER_EVERY: Duration = Duration::from_millis(50);
/// Speed at which the clock is measured: more than it can do.
const FAST: f64 = 50.0;

/// Makes nobody: the load is of one patient.
struct Nobody;

impl PatientMaker for Nobody {
    fn of_record(&self, _: &[u8]) -> Result<Patient, String> {
        Err("none here".into())
    }
    fn sampled(&self, _: u64, _: u32) -> Result<Patient, String> {
        Err("none here".into())
    }
    fn cohort(&self, _: u64, _: u32, _: &(dyn Fn(u32) + Sync), _: &AtomicBool) -> Result<Vec<CohortRow>, String> {
        Err("none here".into())
    }
    fn record_bytes_max(&self) -> usize {
        1
    }
}

async fn open(address: SocketAddr) -> Socket {
    tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.unwrap().0
}

fn tick(frame: &[u8]) -> u64 {
    f64::from_le_bytes(frame[8..16].try_into().unwrap()) as u64
}

/// Read until an answer comes; frames on the way are acknowledged.
async fn ask(socket: &mut Socket, id: u32, what: &str) -> u64 {
    socket.send(Message::Text(format!(r#"{{"id":{id},"ask":{what}}}"#).into())).await.unwrap();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Binary(_) => socket.send(Message::Text(SEEN.into())).await.unwrap(),
            Message::Text(text) => {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                if said["id"] == id {
                    return said["tick"].as_u64().unwrap_or_else(|| panic!("{text}"));
                }
            }
            _ => {}
        }
    }
}

/// Times from an order to the first frame that shows its tick [ms], and the largest frame [bytes].
async fn trips(socket: &mut Socket, for_s: f64) -> (Vec<f64>, usize) {
    let hold = r#"{"take":{"driver_velocity_m_s":0.0,"tourniquet_pa":8000.0,"expose_nir":true,"image_ultrasound":true,"tube_connected":false,"compress":false,"head":{"x_m":0.0,"z_m":-0.03,"yaw_rad":0.0,"force_n":1.5}}}"#;
    ask(socket, 2, r#"{"run":{"speed":1.0}}"#).await;
    let (mut times, mut largest, began) = (Vec::new(), 0, Instant::now());
    let mut id = 10;
    while began.elapsed().as_secs_f64() < for_s {
        id += 1;
        let asked = Instant::now();
        socket.send(Message::Text(format!(r#"{{"id":{id},"ask":{hold}}}"#).into())).await.unwrap();
        let mut acts = None;
        let mut shown: Vec<(u64, Instant)> = Vec::new();
        loop {
            match socket.next().await.unwrap().unwrap() {
                Message::Binary(frame) => {
                    largest = largest.max(frame.len());
                    shown.push((tick(&frame), Instant::now()));
                    socket.send(Message::Text(SEEN.into())).await.unwrap();
                }
                Message::Text(text) => {
                    let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                    if said["id"] == id {
                        acts = said["tick"].as_u64();
                    }
                }
                _ => {}
            }
            let seen = acts.and_then(|acts| shown.iter().find(|(tick, _)| *tick >= acts));
            if let Some((_, when)) = seen {
                times.push((*when - asked).as_secs_f64() * 1e3);
                break;
            }
        }
        // Frames of the pause between orders are taken in as well.
        let until = Instant::now() + ORDER_EVERY;
        while let Ok(Some(Ok(message))) = tokio::time::timeout_at(until.into(), socket.next()).await {
            if matches!(message, Message::Binary(_)) {
                socket.send(Message::Text(SEEN.into())).await.unwrap();
            }
        }
    }
    ask(socket, 3, r#""pause""#).await;
    (times, largest)
}

/// Ticks per second of wall time that the scene makes as fast as it can.
async fn clock(socket: &mut Socket, for_s: f64) -> f64 {
    let began = Instant::now();
    let mut made = 0;
    let mut id = 1_000_000;
    while began.elapsed().as_secs_f64() < for_s {
        let from = ask(socket, id, r#""restart""#).await;
        ask(socket, id + 1, &format!(r#"{{"run":{{"speed":{FAST}}}}}"#)).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        made += ask(socket, id + 2, r#""pause""#).await - from;
        id += 3;
    }
    made as f64 / began.elapsed().as_secs_f64()
}

fn resident_mb() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
    pages.map_or(f64::NAN, |pages| pages * 4096.0 / 1e6)
}

fn at(times: &mut [f64], part: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() as f64 * part) as usize).min(times.len() - 1)]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let for_s: f64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20.0);
    let folder = tempfile::tempdir().unwrap();
    let rehearsal = RehearsalSpec::new(Twin::built_in(), builtin_arm().unwrap(), 9);
    let config = StudioConfig {
        access: Access { address: ([127, 0, 0, 1], 0).into(), token: None, without_tls: false },
        patients: vec![Patient { name: "built-in".into(), origin: Origin::Given, note: String::new(), rehearsal }],
        maker: Arc::new(Nobody),
        trial_report: None,
        out: folder.path().to_owned(),
        command: "load".into(),
        version: "load".into(),
    };
    let studio = Studio::open(config).await.unwrap();
    let address = studio.address();
    tokio::spawn(async { studio.serve(std::future::pending()).await.unwrap() });
    let mut commander = open(address).await;
    ask(&mut commander, 1, r#""command""#).await;
    let memory = resident_mb();
    let (mut alone, largest) = trips(&mut commander, for_s).await;
    println!(
        "order to the frame that shows it, real time, pictures on: median {:.1} ms, 95 % {:.1} ms, worst {:.1} ms of {}",
        at(&mut alone, 0.5),
        at(&mut alone, 0.95),
        at(&mut alone, 1.0),
        alone.len()
    );
    println!("largest frame: {:.1} kB", largest as f64 / 1e3);
    let one = clock(&mut commander, for_s).await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut socket = open(address).await;
        crowd.push(tokio::spawn(async move {
            let mut frames = 0_u64;
            while let Some(Ok(message)) = socket.next().await {
                if matches!(message, Message::Binary(_)) {
                    frames += 1;
                    if socket.send(Message::Text(SEEN.into())).await.is_err() {
                        break;
                    }
                }
            }
            frames
        }));
    }
    let many = clock(&mut commander, for_s).await;
    println!(
        "clock as fast as it goes: {:.1} times real time with one viewer, {:.1} with {CROWD} more ({:+.1} %); viewers and studio share this machine",
        one / 1e3,
        many / 1e3,
        (many / one - 1.0) * 1e2
    );
    let (mut crowded, _) = trips(&mut commander, for_s).await;
    println!("order to the frame with {CROWD} more viewers: median {:.1} ms, 95 % {:.1} ms", at(&mut crowded, 0.5), at(&mut crowded, 0.95));
    println!("memory: {memory:.0} MB at the start, {:.0} MB now, viewers included", resident_mb());
}
