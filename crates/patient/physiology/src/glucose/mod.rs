//! Glucose and insulin: minutes to hours after a meal, and years of failing β-cells.
//!
//! * [`MealModel`]: type 1 diabetes, 13 states, meals and subcutaneous insulin by the minute (UVA/Padova S2008).
//! * [`BetaCellModel`]: glucose, insulin and β-cell mass over years (Topp 2000), for type 2 diabetes.

mod beta_cells;
mod meal;
mod meal_spec;
mod rosenbrock;

pub use beta_cells::{BetaCellModel, BetaCellSpec, BetaCellState, BetaCellTherapy, FixedPoint, hba1c_percent};
pub use meal::{MealInput, MealModel, MealOutput, MealState};
pub use meal_spec::MealSpec;
