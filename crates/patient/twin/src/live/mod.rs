//! The twin beside a monitor: factors followed in time, residuals, alarms, and where the pressure will be.

mod model;
mod watch;

pub use model::LiveModel;
pub use watch::{Alarm, FORECAST_S, LIVE_NAMES, LiveFilter, LiveFrame, LiveStep, Watch};
