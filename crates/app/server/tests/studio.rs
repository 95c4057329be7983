//! The server from outside: who gets in, who commands, and what becomes of what is asked.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use std::time::Duration;

use common::{Client, get, json, serve};
use proband_run::session::SessionRecord;
use proband_server::{Access, SIGNALS};
use serde_json::Value;

fn acked(answer: &Value) -> u64 {
    assert_eq!(answer["type"], "ack", "{answer}");
    answer["tick"].as_u64().unwrap()
}

fn refused(answer: &Value) -> String {
    assert_eq!(answer["type"], "refused", "{answer}");
    answer["what"].as_str().unwrap().to_owned()
}

const HOLD: &str = r#"{"take":{"driver_velocity_m_s":0.0,"tourniquet_pa":0.0,"expose_nir":false,"image_ultrasound":false,"tube_connected":false,"compress":false}}"#;

/// Serve pages and API under the studio's own name, with a policy, and refuse every other name and page.
#[tokio::test]
async fn pages_are_served_to_this_machine() {
    let served = serve(None).await;
    let own = served.address.to_string();
    for path in ["/", "/studio.js", "/studio.css", "/api/openapi.json", "/api/scene", "/api/takes", "/api/controls"] {
        let (status, text) = get(served.address, path, &own, "").await;
        assert_eq!(status, 200, "{path}: {text}");
        assert!(text.contains("content-security-policy: default-src 'none'"), "{path}");
    }
    assert_eq!(get(served.address, "/", "evil.example", "").await.0, 403);
    assert_eq!(get(served.address, "/api/takes", &own, "Origin: http://evil.example\r\n").await.0, 403);
    for path in ["/nothing", "/../Cargo.toml", "/api/takes/7/report", "/api/takes/x/report"] {
        assert!((400..500).contains(&get(served.address, path, &own, "").await.0), "{path}");
    }
}

/// Describe every address in the API's document.
#[tokio::test]
async fn the_document_is_whole() {
    let served = serve(None).await;
    let own = served.address.to_string();
    let (_, text) = get(served.address, "/api/openapi.json", &own, "").await;
    let document: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    for path in document["paths"].as_object().unwrap().keys() {
        let path = path.replace("{number}", "0");
        if path == "/api/trial" || path == "/api/jobs/0" {
            // There is none here; another address that is not there says so in other words.
            assert!(!get(served.address, &path, &own, "").await.1.contains("nothing at this address"), "{path}");
            continue;
        }
        let more = if path == "/ws" { "Upgrade: websocket\r\nConnection: Upgrade\r\n" } else { "" };
        assert_ne!(get(served.address, &path, &own, more).await.0, 404, "{path}");
    }
}

/// Ask for the token everywhere but on the pages, and open to others only with a token and a word.
#[tokio::test]
async fn a_token_is_asked_for() {
    let served = serve(Some("a-token-of-sixteen-or-more")).await;
    let own = served.address.to_string();
    assert_eq!(get(served.address, "/api/takes", &own, "").await.0, 403);
    assert_eq!(get(served.address, "/api/takes?token=wrong", &own, "").await.0, 403);
    assert_eq!(get(served.address, "/api/takes?token=a-token-of-sixteen-or-more", &own, "").await.0, 200);
    assert_eq!(get(served.address, "/studio.js", &own, "").await.0, 200);
    let open = |token: Option<&str>, without_tls| {
        Access { address: ([0, 0, 0, 0], 0).into(), token: token.map(str::to_owned), without_tls }.check().is_ok()
    };
    assert!(!open(None, true) && !open(Some("short"), true) && !open(Some("a-token-of-sixteen-or-more"), false));
    assert!(open(Some("a-token-of-sixteen-or-more"), true));
}

/// Let one command and others watch; answer each order with its tick; pause when the commander vanishes.
#[tokio::test]
async fn one_commands_others_watch() {
    let served = serve(None).await;
    let (mut one, mut two) = (Client::new(served.address).await, Client::new(served.address).await);
    assert!(refused(&one.ask(r#"{"run":{"speed":1}}"#).await).contains("command"));
    acked(&one.ask(r#""command""#).await);
    assert!(refused(&two.ask(r#""command""#).await).contains("somebody else"));
    assert!(refused(&one.ask(r#"{"run":{"speed":1e9}}"#).await).contains("speed"));
    assert_eq!(acked(&one.ask(r#"{"step":{"ticks":2500}}"#).await), 2500);
    assert_eq!(acked(&one.ask(HOLD).await), 2501);
    assert_eq!(acked(&one.ask(r#"{"step":{"ticks":10}}"#).await), 2510);
    one.watch(Duration::from_millis(400)).await;
    assert!(one.flag(0) && one.flag(2), "paused, a person commands");
    acked(&one.ask(r#"{"run":{"speed":2}}"#).await);
    two.watch(Duration::from_millis(600)).await;
    assert!(two.tick() > 2600.0 && !two.flag(0), "{}", two.tick());
    one.close().await;
    two.watch(Duration::from_millis(700)).await;
    assert!(two.flag(0) && !two.flag(7), "paused, nobody commands");
    assert!(two.words.iter().any(|word| word["kind"] == "commander_gone"));
    acked(&two.ask(r#""command""#).await);
}

/// Survive everything that is no message, and more of it than anybody types.
#[tokio::test]
async fn nonsense_is_answered() {
    let served = serve(None).await;
    let mut client = Client::new(served.address).await;
    for bad in ["", "{", "[]", r#"{"id":1,"ask":"explode"}"#, r#"{"id":1,"ask":{"rewind":{"tick":-1}}}"#] {
        client.raw(bad).await;
        refused(&client.answer().await);
    }
    acked(&client.ask(r#""command""#).await);
    let wild = HOLD.replace(r#""tourniquet_pa":0.0"#, r#""tourniquet_pa":1e30"#);
    assert!(refused(&client.ask(&wild).await).contains("tourniquet_pa"));
    assert!(refused(&client.ask(r#"{"rewind":{"tick":99}}"#).await).contains("ahead"));
    let mut limited = false;
    for id in 0..1000 {
        client.raw(&format!(r#"{{"id":{},"ask":"leave"}}"#, 10_000 + id)).await;
    }
    for _ in 0..1000 {
        limited |= client.answer().await["type"] == "refused";
    }
    assert!(limited, "no limit of requests");
}

/// Rewind, keep the take, and get orders that replay and a report that is made from them.
#[tokio::test]
async fn takes_are_kept() {
    let served = serve(None).await;
    let own = served.address.to_string();
    let mut client = Client::new(served.address).await;
    acked(&client.ask(r#""command""#).await);
    acked(&client.ask(r#"{"step":{"ticks":3000}}"#).await);
    acked(&client.ask(HOLD).await);
    acked(&client.ask(r#"{"step":{"ticks":1000}}"#).await);
    assert_eq!(acked(&client.ask(r#"{"rewind":{"tick":2000}}"#).await), 2000);
    client.watch(Duration::from_millis(300)).await;
    assert!(client.words.iter().any(|word| word["type"] == "rewound") && client.words.iter().any(|word| word["type"] == "take"));
    let kept = std::fs::read_to_string(served.out.path().join("take-1.session.toml")).unwrap();
    let session: SessionRecord = toml::from_str(&kept).unwrap();
    assert_eq!((session.ticks, session.orders.len()), (4000, 1));
    let (status, text) = get(served.address, "/api/takes/1/report", &own, "").await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("sandbox") && text.contains("<html"), "{}", &text[..400]);
    let (_, text) = get(served.address, "/api/takes/1/session", &own, "").await;
    assert!(text.ends_with(&kept));
}

/// Write over nothing that an earlier studio left in the same folder.
#[tokio::test]
async fn earlier_takes_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("take-7.session.toml"), "kept").unwrap();
    let served = common::serve_in(None, folder).await;
    let mut client = Client::new(served.address).await;
    acked(&client.ask(r#""command""#).await);
    acked(&client.ask(r#"{"step":{"ticks":100}}"#).await);
    acked(&client.ask(r#""restart""#).await);
    assert_eq!(std::fs::read_to_string(served.out.path().join("take-7.session.toml")).unwrap(), "kept");
    assert!(served.out.path().join("take-8.session.toml").is_file());
}

/// Give a viewer who does not look no more than two frames, and his orders their answers all the same.
#[tokio::test]
async fn slow_viewers_lose_frames() {
    let served = serve(None).await;
    let mut blind = Client::new(served.address).await;
    blind.looks = false;
    acked(&blind.ask(r#""command""#).await);
    acked(&blind.ask(r#"{"run":{"speed":1}}"#).await);
    blind.watch(Duration::from_millis(800)).await;
    assert!(blind.frames <= 2, "{} frames", blind.frames);
    assert!(acked(&blind.ask(r#""pause""#).await) > 300);
}

/// Send frames that hold what their header says, and pictures only once.
#[tokio::test]
async fn frames_are_whole() {
    let served = serve(None).await;
    let mut client = Client::new(served.address).await;
    acked(&client.ask(r#""command""#).await);
    acked(&client.ask(r#"{"step":{"ticks":10000}}"#).await);
    client.watch(Duration::from_millis(300)).await;
    let word = |at: usize| u32::from_le_bytes(client.frame[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(&client.frame[..4], b"PBF1");
    let (signals, links, vessels) = (word(36), word(40), word(44));
    assert_eq!(signals, SIGNALS.len());
    let whole = 64 + 4 * (signals + 7 * (3 + links) + 8 * vessels);
    assert_eq!(client.frame.len(), whole, "no new picture while the clock stands");
    assert!(whole < 200_000 && links > 3 && vessels > 2);
}

async fn job(address: std::net::SocketAddr, begun: (u16, Value)) -> Value {
    assert_eq!(begun.0, 202, "{}", begun.1);
    let path = format!("/api/jobs/{}", begun.1["id"]);
    loop {
        let (_, job) = json(address, "GET", &path, "").await;
        if job["state"] != "running" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Take in a patient's record as a job, open him, and find his own scene and takes; say what is wrong with what is no record.
#[tokio::test]
async fn patients_are_opened() {
    let served = serve(None).await;
    let made = job(served.address, json(served.address, "POST", "/api/patients", "3").await).await;
    assert_eq!((&made["state"], &made["result"]["patient"]), (&"done".into(), &1.into()), "{made}");
    let (_, list) = json(served.address, "GET", "/api/patients", "").await;
    assert_eq!((list.as_array().unwrap().len(), &list[1]["origin"]), (2, &"record".into()));
    let (_, detail) = json(served.address, "GET", "/api/patients/1", "").await;
    assert!(detail["parameters"].as_array().unwrap().iter().all(|p| p["low"].as_f64() <= p["high"].as_f64() && p["source"] != ""));

    let (_, before) = json(served.address, "GET", "/api/scene", "").await;
    let mut client = Client::new(served.address).await;
    assert!(refused(&client.ask(r#"{"open":{"patient":1}}"#).await).contains("command"));
    acked(&client.ask(r#""command""#).await);
    acked(&client.ask(r#"{"step":{"ticks":50}}"#).await);
    assert_eq!(acked(&client.ask(r#"{"open":{"patient":1}}"#).await), 0);
    assert!(refused(&client.ask(r#"{"open":{"patient":2}}"#).await).contains("no patient 2"));
    client.watch(Duration::from_millis(300)).await;
    assert!(client.words.iter().any(|word| word["type"] == "opened" && word["patient"] == 1));
    let (_, after) = json(served.address, "GET", "/api/scene", "").await;
    assert!(before["skin"] != after["skin"] && before["twin"] != after["twin"]);
    let (_, takes) = json(served.address, "GET", "/api/takes", "").await;
    assert_eq!((takes.as_array().unwrap().len(), &takes[0]["by"]), (1, &"robot".into()), "{takes}");
    let report = format!("/api/takes/{}/report", takes[0]["number"]);
    assert_eq!(get(served.address, &report, &served.address.to_string(), "").await.0, 200);
    assert_eq!(acked(&client.ask(r#"{"open":{"patient":0}}"#).await), 0);
    let (_, takes) = json(served.address, "GET", "/api/takes", "").await;
    assert_eq!(takes.as_array().unwrap().len(), 2, "the robot's, and what was cut off: {takes}");

    let bad = job(served.address, json(served.address, "POST", "/api/patients", "Doe, Jane").await).await;
    assert_eq!((&bad["state"], &bad["result"]), (&"failed".into(), &"not a record: line 1".into()));
    assert_eq!(json(served.address, "POST", "/api/patients", "").await.0, 400);
    assert_eq!(json(served.address, "POST", "/api/patients", &"9".repeat(1001)).await.0, 413);
    for wrong in ["", "{}", r#"{"cohort":{"seed":1,"count":0}}"#, r#"{"sample":{"seed":-1,"number":0}}"#, r#"{"reboot":{}}"#] {
        assert_eq!(json(served.address, "POST", "/api/jobs", wrong).await.0, 400, "{wrong}");
    }
}

/// Rehearse on many, find those who failed on the list, and stop when asked to.
#[tokio::test]
async fn cohorts_are_jobs() {
    let served = serve(None).await;
    let wanted = r#"{"cohort":{"seed":2026,"count":4}}"#;
    let done = job(served.address, json(served.address, "POST", "/api/jobs", wanted).await).await;
    assert_eq!((&done["state"], &done["result"]["count"], &done["done"]), (&"done".into(), &4.into(), &4.into()), "{done}");
    let failed = done["result"]["failed_patients"].as_array().unwrap().len();
    let (_, list) = json(served.address, "GET", "/api/patients", "").await;
    assert_eq!(list.as_array().unwrap().len(), 1 + failed);
    let (_, long) = json(served.address, "POST", "/api/jobs", r#"{"cohort":{"seed":1,"count":10000}}"#).await;
    let path = format!("/api/jobs/{}", long["id"]);
    assert_eq!(json(served.address, "DELETE", &path, "").await.0, 200);
    assert_eq!(job(served.address, (202, long)).await["state"], "cancelled");
}
