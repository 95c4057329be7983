//! Disease over days to years: the second clock.
//!
//! One body ([`BodyModel`]) whose organs change by the day and weigh on each other: pressure by the balance of the
//! kidneys, nephrons by what those that are left must do, walls of the heart by stress and stretch, glucose by failing
//! β-cells. A disease is a driver of this body, a treatment a change of its rates. [`course`] follows one person whose
//! rates are drawn, [`bands`] many.
//!
//! The forms are published, most rates are priors that nobody has verified: [`Rates::table`] says which. Good for asking
//! how uncertain a forecast is, not for forecasting a patient.

mod body;
mod condition;
mod course;
mod rates;
mod reading;
mod tumour;

pub use body::{BodyModel, BodySpec, BodyState, predicted_fev1_l};
pub use condition::{Condition, Therapy};
pub use course::{BAND_QUANTILES, DAY_COUNT_MAX, bands, course, reading_index};
pub use rates::Rates;
pub use reading::BodyReading;
pub use tumour::{SimeoniModel, SimeoniSpec, SimeoniState, gompertz};
