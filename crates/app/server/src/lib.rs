//! The studio's server: one live scene for one commander and any number of viewers, on this machine, and the patients to choose from.
//!
//! The scene runs in a thread of its own on its own clock. Viewers get its latest state in binary frames, say `seen` to each, and
//! lose those that they are too slow for; orders are never lost: each is answered with the tick at which it acts. Nothing that a client sends
//! names a file.

mod bundle;
mod config;
mod door;
mod error;
mod frame;
mod geometry;
mod jobs;
mod message;
mod openapi;
mod patient_routes;
mod patients;
mod routes;
mod scene_thread;
mod socket;
mod takes;

pub use config::{Access, StudioConfig};
pub use error::ServerError;
pub use frame::{FRAME_VERSION, SIGNALS, Signal};
pub use message::{Ask, Asked, Controls, HeadControl, MESSAGE_BYTES_MAX, NeedleControl};
pub use patients::{Origin, Patient, PatientMaker};
pub use routes::{Studio, ready_text, run};
pub use socket::SEEN;
