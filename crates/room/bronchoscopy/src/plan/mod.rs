//! Ways to a target: which airways the scope passes, from where the needle reaches, what it would meet, how likely it hits.

mod gates;
mod hit;
mod routes;
#[cfg(test)]
mod tests;

pub use gates::{Passage, Refusal, passage};
pub use hit::hit_probability;
pub use routes::{Plan, PlanSpec, Rejection, Route, Surroundings, Target, plan_routes};
