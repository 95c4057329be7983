//! The twin beside a monitor: factors followed in time, residuals, alarms, and where the pressure will be.

mod estimate;
mod limits;
mod model;
mod watch;

pub use estimate::LiveFilter;
pub use limits::LIMITS;
pub use model::LiveModel;
pub use watch::{Alarm, FORECAST_S, LIVE_NAMES, LiveFrame, LiveStep, Watch};
