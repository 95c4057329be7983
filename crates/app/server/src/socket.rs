//! One viewer's WebSocket: frames and words out, requests in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;

use crate::message;
use crate::scene_thread::{Mail, Request, SceneHandle, now};

/// Requests that a client may make in a second; those beyond are refused.
const REQUESTS_PER_S: u32 = 200;
/// Longest wait for a client that takes no bytes.
const SEND_MAX: Duration = Duration::from_secs(10);

/// Frames on their way to a viewer at the same time: one that it draws, one behind it. More would only make old what it sees.
const FRAMES_ON_THEIR_WAY: u32 = 2;
/// What a viewer says for each frame that it has taken in.
pub const SEEN: &str = "seen";

static CLIENT: AtomicU64 = AtomicU64::new(1);

/// Serve a viewer until the connection ends.
pub(crate) async fn serve(mut socket: WebSocket, scene: SceneHandle) {
    let client = CLIENT.fetch_add(1, Ordering::Relaxed);
    let mut frames = scene.frames.clone();
    frames.mark_changed();
    let mut words = scene.words.subscribe();
    let mut had = [u32::MAX; 2];
    let mut second = (now(), 0_u32);
    let mut on_their_way = 0;
    loop {
        let out = tokio::select! {
            biased;
            received = socket.recv() => {
                let Some(Ok(received)) = received else { break };
                match received {
                    Message::Text(text) if text.as_str() == SEEN => {
                        on_their_way = u32::saturating_sub(on_their_way, 1);
                        None
                    }
                    Message::Text(text) => Some(Message::Text(answer(&scene, client, &text, &mut second).await.into())),
                    Message::Binary(_) => Some(Message::Text(refusal(None, "requests are text").into())),
                    Message::Close(_) => break,
                    Message::Ping(_) | Message::Pong(_) => None,
                }
            }
            word = words.recv() => match word {
                Ok(word) => Some(Message::Text(word.as_ref().into())),
                Err(RecvError::Lagged(lost)) => Some(Message::Text(format!(r#"{{"type":"lost","count":{lost}}}"#).into())),
                Err(RecvError::Closed) => break,
            },
            changed = frames.changed(), if on_their_way < FRAMES_ON_THEIR_WAY => {
                if changed.is_err() {
                    break;
                }
                let frame = Arc::clone(&frames.borrow_and_update());
                on_their_way += 1;
                Some(Message::Binary(frame.bytes(&mut had).into()))
            }
        };
        if let Some(out) = out
            && !matches!(tokio::time::timeout(SEND_MAX, socket.send(out)).await, Ok(Ok(())))
        {
            break;
        }
    }
    let mail = scene.mail.clone();
    // The scene may be busy; a client's end must reach it all the same.
    let _ = tokio::task::spawn_blocking(move || mail.send(Mail::Gone(client)).is_ok()).await;
}

async fn answer(scene: &SceneHandle, client: u64, text: &str, second: &mut (Instant, u32)) -> String {
    let asked = match message::read(text) {
        Ok(asked) => asked,
        Err(what) => return refusal(None, &what),
    };
    if second.0.elapsed() > Duration::from_secs(1) {
        *second = (now(), 0);
    }
    second.1 += 1;
    if second.1 > REQUESTS_PER_S {
        return refusal(Some(asked.id), "too many requests in a second");
    }
    let (answer, acts) = oneshot::channel();
    if scene.mail.try_send(Mail::Request(Request { client, ask: asked.ask, answer })).is_err() {
        return refusal(Some(asked.id), "the scene is busy: ask again");
    }
    match acts.await {
        Ok(Ok(tick)) => serde_json::json!({ "type": "ack", "id": asked.id, "tick": tick }).to_string(),
        Ok(Err(what)) => refusal(Some(asked.id), &what),
        Err(_) => refusal(Some(asked.id), "the scene has ended"),
    }
}

fn refusal(id: Option<u32>, what: &str) -> String {
    serde_json::json!({ "type": "refused", "id": id, "what": what }).to_string()
}
