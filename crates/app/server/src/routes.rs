//! The addresses of the studio.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State, WebSocketUpgrade};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::bundle::ASSETS;
use crate::config::StudioConfig;
use crate::door;
use crate::error::ServerError;
use crate::jobs::Jobs;
use crate::message::{Controls, MESSAGE_BYTES_MAX};
use crate::patients::Patients;
use crate::scene_thread::{Mail, Now, SceneHandle, start};
use crate::takes::Take;
use crate::{openapi, patient_routes, socket};

/// Viewers at the same time.
const VIEWERS_MAX: usize = 256;

/// What every address knows.
#[derive(Clone)]
pub(crate) struct Inside {
    scene: SceneHandle,
    pub config: Arc<StudioConfig>,
    pub patients: Patients,
    pub jobs: Jobs,
    port: u16,
    viewers: Arc<tokio::sync::Semaphore>,
}

/// A studio that listens.
pub struct Studio {
    listener: TcpListener,
    inside: Inside,
    scene: JoinHandle<()>,
}

impl Studio {
    /// Set up the scene and listen.
    ///
    /// # Errors
    /// [`ServerError`] when the address cannot be listened on or may not be opened, or the scene cannot be set up.
    pub async fn open(config: StudioConfig) -> Result<Self, ServerError> {
        config.access.check()?;
        let address = config.access.address;
        let listener = TcpListener::bind(address).await.map_err(|e| ServerError::Listen {
            address,
            what: e.to_string(),
            in_use: e.kind() == std::io::ErrorKind::AddrInUse,
        })?;
        let port = listener.local_addr().map_err(ServerError::inside)?.port();
        let patients = Patients::new(config.patients.clone());
        let (scene, running) = start(&config, &patients)?;
        let viewers = Arc::new(tokio::sync::Semaphore::new(VIEWERS_MAX));
        Ok(Self {
            listener,
            inside: Inside { scene, config: Arc::new(config), patients, jobs: Jobs::default(), port, viewers },
            scene: running,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.inside.config.access.address.ip(), self.inside.port)
    }

    /// Address for a browser, the token in it.
    #[must_use]
    pub fn url(&self) -> String {
        let query = self.inside.config.access.token.as_ref().map_or(String::new(), |token| format!("?token={token}"));
        format!("http://{}/{query}", self.address())
    }

    /// Serve until `stop` is ready.
    ///
    /// # Errors
    /// [`ServerError::Inside`] when the server breaks down.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let (mail, jobs) = (self.inside.scene.mail.clone(), self.inside.jobs.clone());
        let router = router(self.inside);
        tokio::select! {
            served = async { axum::serve(self.listener, router).await } => served.map_err(ServerError::inside)?,
            () = stop => {}
        }
        jobs.stop_all();
        // Waits behind what was asked before: the scene keeps its last take, then ends.
        let scene = self.scene;
        let ended = tokio::task::spawn_blocking(move || mail.send(Mail::Stop).is_ok() && scene.join().is_ok()).await;
        if matches!(ended, Ok(true)) { Ok(()) } else { Err(ServerError::inside("the scene's thread broke down")) }
    }
}

/// Open a studio, say where it is, and serve until `asked_to_stop` says so.
///
/// # Errors
/// [`ServerError`] when it cannot be opened or breaks down.
pub fn run(config: StudioConfig, ready: impl FnOnce(&str), asked_to_stop: impl Fn() -> bool + Send + 'static) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(ServerError::inside)?;
    runtime.block_on(async {
        let studio = Studio::open(config).await?;
        ready(&studio.url());
        let stop = async move {
            while !asked_to_stop() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        studio.serve(stop).await
    })
}

/// What is printed when the studio is ready.
#[must_use]
pub fn ready_text(url: &str) -> String {
    format!("the studio is at {url}\nCtrl-C ends it; takes and reports are kept")
}

fn router(inside: Inside) -> Router {
    let mut router = Router::new()
        .route("/api/openapi.json", get(async || Json(openapi::document())))
        .route("/api/scene", get(async |State(inside): State<Inside>| Json(now(&inside).geometry.as_ref().clone())))
        .route("/api/controls", get(controls))
        .route("/api/takes", get(async |State(inside): State<Inside>| Json(takes(&inside))))
        .route("/api/takes/{number}/report", get(report))
        .route("/api/takes/{number}/session", get(session))
        .route("/ws", get(live))
        .merge(patient_routes::routes(inside.config.maker.record_bytes_max()));
    for asset in &ASSETS {
        router = router.route(asset.path, get(async || ([(header::CONTENT_TYPE, asset.kind)], asset.bytes)));
    }
    router
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is nothing at this address"))
        .layer(from_fn_with_state(inside.clone(), at_the_door))
        .with_state(inside)
}

pub(crate) fn problem(status: StatusCode, what: &str) -> Response {
    (status, Json(serde_json::json!({ "error": what }))).into_response()
}

async fn at_the_door(State(inside): State<Inside>, request: Request<Body>, next: Next) -> Response {
    let asked = door::check(&inside.config.access, inside.port, request.headers(), request.uri());
    let mut response = match asked {
        // The pages hold nothing; without its token they can ask for nothing.
        Err(door::Refused::Token) if !request.uri().path().starts_with("/api/") && request.uri().path() != "/ws" => next.run(request).await,
        Err(refused) => problem(StatusCode::FORBIDDEN, refused.text()),
        Ok(()) => next.run(request).await,
    };
    door::protect(response.headers_mut());
    response
}

async fn live(State(inside): State<Inside>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(place) = Arc::clone(&inside.viewers).try_acquire_owned() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many viewers");
    };
    upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX).on_upgrade(async move |socket| {
        socket::serve(socket, inside.scene.clone()).await;
        drop(place);
    })
}

/// The controls as they stand: where a person begins who takes over.
async fn controls(State(inside): State<Inside>) -> Json<Controls> {
    let view = now(&inside).view;
    let view = view.lock().unwrap_or_else(PoisonError::into_inner);
    Json(Controls::from(&view.command))
}

/// Who lies there.
fn now(inside: &Inside) -> Now {
    inside.scene.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The takes of the patient who lies there.
fn takes(inside: &Inside) -> Vec<Take> {
    let patient = now(inside).patient;
    let takes = inside.scene.takes.lock().unwrap_or_else(PoisonError::into_inner);
    takes.iter().filter(|take| take.patient == patient).cloned().collect()
}

fn take(inside: &Inside, number: u32) -> Option<Take> {
    inside.scene.takes.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|take| take.number == number).cloned()
}

async fn report(State(inside): State<Inside>, Path(number): Path<u32>) -> Response {
    let Some(take) = take(&inside, number) else { return problem(StatusCode::NOT_FOUND, "no such take") };
    let config = Arc::clone(&inside.config);
    match tokio::task::spawn_blocking(move || take.report(&config)).await {
        Ok(Ok(html)) => {
            let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(door::REPORT_POLICY));
            response
        }
        Ok(Err(error)) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn session(State(inside): State<Inside>, Path(number): Path<u32>) -> Response {
    let Some(take) = take(&inside, number) else { return problem(StatusCode::NOT_FOUND, "no such take") };
    match take.session_toml() {
        Ok(text) => {
            let name = format!("attachment; filename=\"take-{number}.session.toml\"");
            ([(header::CONTENT_TYPE, "application/toml".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response()
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
