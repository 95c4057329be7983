//! What is measured on a draw, by name.

use proband_scene::Outcome;

/// How an endpoint is analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// Happened or not.
    Binary,
    /// A number.
    Number,
}

/// One endpoint.
pub struct Endpoint {
    /// Name of its column.
    pub name: &'static str,
    /// SI unit.
    pub unit: &'static str,
    /// How it is analysed.
    pub kind: EndpointKind,
    /// Whether more is better.
    pub more_is_better: bool,
    /// What exactly is meant.
    pub definition: &'static str,
    /// Its value of an outcome; NaN when it does not exist.
    pub value: fn(&Outcome) -> f64,
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

const fn binary(name: &'static str, more_is_better: bool, definition: &'static str, value: fn(&Outcome) -> f64) -> Endpoint {
    Endpoint { name, unit: "1", kind: EndpointKind::Binary, more_is_better, definition, value }
}

const fn number(name: &'static str, unit: &'static str, more: bool, definition: &'static str, value: fn(&Outcome) -> f64) -> Endpoint {
    Endpoint { name, unit, kind: EndpointKind::Number, more_is_better: more, definition, value }
}

/// Every endpoint that a study may name.
///
/// # Source
/// The list follows the registered endpoints of robotic blood-draw trials (NCT07383870 and the definitions of Leipheimer
/// 2019): first-stick success counts any redirection or second puncture as failure.
pub const ENDPOINTS: &[Endpoint] = &[
    binary("first_stick_success", true, "tube filled in the first attempt, no redirect, no artery", |o| flag(o.first_stick_success)),
    binary("blood_drawn", true, "tube filled in the end", |o| flag(o.success)),
    binary("declined", false, "given up before any puncture", |o| flag(o.declined)),
    binary("handed_over", false, "ended in the hands of somebody else", |o| flag(o.handed_over)),
    binary("arterial_contact", false, "an artery was entered", |o| flag(o.arterial_contact)),
    binary("nerve_contact", false, "a nerve was entered", |o| flag(o.nerve_contact)),
    binary("back_wall_contact", false, "the tip pressed on or went through a back wall", |o| flag(o.back_wall_contact)),
    binary("transfixion", false, "both walls were pierced at once", |o| flag(o.transfixion)),
    binary("rolled", false, "a vein rolled off the tip", |o| flag(o.rolled)),
    binary("vasovagal", false, "vasovagal reaction", |o| flag(o.vasovagal)),
    binary("bruise", false, "more than 0.1 mL of blood in the tissue (prior: unverified limit)", |o| flag(o.haematoma_m3 > 1e-7)),
    binary("haematoma", false, "more than 1 mL of blood in the tissue (prior: unverified limit)", |o| flag(o.haematoma_m3 > 1e-6)),
    number("attempts", "1", false, "skin punctures that were begun", |o| f64::from(o.attempts)),
    number("time_stick_s", "s", false, "tourniquet to needle out", |o| o.time_stick_s),
    number("time_total_s", "s", false, "start to end", |o| o.time_total_s),
    number("time_tourniquet_on_s", "s", false, "time with the cuff on", |o| o.time_tourniquet_on_s),
    number("volume_drawn_m3", "m3", true, "blood in the tube", |o| o.volume_drawn_m3),
    number("insertion_length_m", "m", false, "needle in the patient when the tube went on", |o| o.insertion_m),
    number("insertion_angle_rad", "rad", false, "angle to the skin at the entry", |o| o.angle_rad),
    number("tip_depth_under_front_wall_m", "m", false, "tip under the front wall, across the vein", |o| o.tip_under_front_wall_m),
    number("force_peak_n", "N", false, "largest axial force on the needle", |o| o.force_peak_n),
    number("haematoma_m3", "m3", false, "blood in the tissue at the end", |o| o.haematoma_m3),
    number("haemolysis_relative", "1", false, "haemolysis over that of the reference draw", |o| o.haemolysis_relative),
    number("pain_score", "1", false, "pain 0 to 10 (prior: unverified model)", |o| o.pain),
    number("predicted_success", "1", true, "what the controller predicted before the stick", |o| o.predicted_success),
];

impl Endpoint {
    /// The endpoint with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ENDPOINTS.iter().find(|endpoint| endpoint.name == name)
    }
}
