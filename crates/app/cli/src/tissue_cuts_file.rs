//! Blades, tears and sutures of a tissue scene in a TOML file.

use proband_mesh::Blade;
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;
use crate::tissue_file::{Place, Reader, Region, Text, WrittenBox};

/// Most parts of a blade's way.
const STAGE_COUNT_MAX: u32 = 200;
/// Tears tried in one tick when the file does not say.
const TEARS_PER_TICK: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenBlade {
    name: Text,
    from: Text,
    until: Text,
    edge: Spanned<[Place; 2]>,
    to: [Place; 2],
    stages: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenTear {
    strength: Text,
    toughness: Option<Text>,
    within: Option<WrittenBox>,
    per_tick: Option<Spanned<u32>>,
    across: Option<Spanned<[f64; 3]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenSuture {
    at: Place,
    time: Text,
    stiffness: Text,
    length: Option<Text>,
    breaks: Option<Text>,
}

/// An edge that goes straight from one place to another and parts what it sweeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MovingBlade {
    pub(crate) name: String,
    pub(crate) from_s: f64,
    pub(crate) until_s: f64,
    pub(crate) edge_m: [[f64; 3]; 2],
    pub(crate) to_m: [[f64; 3]; 2],
    pub(crate) stage_count: u32,
}

impl MovingBlade {
    /// When a stage, counted from 1, is cut [s].
    pub(crate) fn stage_s(&self, stage: u32) -> f64 {
        self.from_s + (self.until_s - self.from_s) * f64::from(stage) / f64::from(self.stage_count)
    }

    /// What a stage sweeps.
    pub(crate) fn swept(&self, stage: u32) -> Result<Vec<Blade>, proband_mesh::MeshError> {
        let edge = |share: f64| -> [[f64; 3]; 2] {
            std::array::from_fn(|e| std::array::from_fn(|k| self.edge_m[e][k] + share * (self.to_m[e][k] - self.edge_m[e][k])))
        };
        let count = f64::from(self.stage_count);
        Blade::swept(edge(f64::from(stage - 1) / count), edge(f64::from(stage) / count))
    }
}

/// When tissue tears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tearing {
    pub(crate) strength_pa: f64,
    pub(crate) toughness_j_per_m2: f64,
    pub(crate) within: Option<Region>,
    pub(crate) per_tick: u32,
    /// Unit vector at rest that tears lie across.
    pub(crate) across: Option<[f64; 3]>,
}

/// A suture across a cut, at the parted node nearest to a place at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stitch {
    pub(crate) at_m: [f64; 3],
    pub(crate) time_s: f64,
    pub(crate) stiffness_n_per_m: f64,
    pub(crate) length_m: f64,
    pub(crate) break_n: f64,
}

impl Reader<'_> {
    pub(crate) fn blade(&self, written: &WrittenBlade, duration_s: f64) -> Result<MovingBlade, Failure> {
        let from_s = self.amount(&written.from, "from", "s", 0.0, duration_s)?;
        let until_s = self.amount(&written.until, "until", "s", 0.0, duration_s)?;
        if until_s < from_s {
            return Err(self.wrong(written.until.span(), "the cut ends before it begins".into()));
        }
        let [a, b] = written.edge.as_ref();
        let [c, d] = &written.to;
        let stage_count = written.stages.as_ref().map_or(4, |s| *s.as_ref());
        if !(1..=STAGE_COUNT_MAX).contains(&stage_count) {
            let at = written.stages.as_ref().map_or(written.name.span(), Spanned::span);
            return Err(self.wrong(at, format!("{stage_count} stages: 1 to {STAGE_COUNT_MAX}")));
        }
        let blade = MovingBlade {
            name: written.name.as_ref().clone(),
            from_s,
            until_s,
            edge_m: [self.place(a, "edge")?, self.place(b, "edge")?],
            to_m: [self.place(c, "to")?, self.place(d, "to")?],
            stage_count,
        };
        for stage in 1..=stage_count {
            blade.swept(stage).map_err(|error| self.wrong(written.edge.span(), format!("the blade sweeps no surface: {error}")))?;
        }
        Ok(blade)
    }

    pub(crate) fn tear(&self, written: &WrittenTear, quasi_static: bool) -> Result<Tearing, Failure> {
        let toughness_j_per_m2 = match &written.toughness {
            None => 0.0,
            Some(text) if !quasi_static => {
                let what = "a toughness is weighed at rest: it needs `quasi_static = true`; without one the strength alone decides";
                return Err(self.wrong(text.span(), what.into()));
            }
            Some(text) => self.amount(text, "toughness", "J/m2", 1e-3, 1e6)?,
        };
        let per_tick = written.per_tick.as_ref().map_or(TEARS_PER_TICK, |p| *p.as_ref());
        if !(1..=10_000).contains(&per_tick) {
            let at = written.per_tick.as_ref().map_or(written.strength.span(), Spanned::span);
            return Err(self.wrong(at, format!("per_tick = {per_tick}: 1 to 10000")));
        }
        let across = match &written.across {
            None => None,
            Some(wanted) => {
                let length = wanted.as_ref().iter().map(|v| v * v).sum::<f64>().sqrt();
                if !(length.is_finite() && length > 1e-9) {
                    return Err(self.wrong(wanted.span(), "`across` is no direction: three numbers, not all zero".into()));
                }
                Some(wanted.as_ref().map(|v| v / length))
            }
        };
        Ok(Tearing {
            strength_pa: 1e3 * self.amount(&written.strength, "strength", "kPa", 1e-3, 1e7)?,
            toughness_j_per_m2,
            within: written.within.as_ref().map(|w| self.region(w)).transpose()?,
            per_tick,
            across,
        })
    }

    pub(crate) fn suture(&self, written: &WrittenSuture, duration_s: f64) -> Result<Stitch, Failure> {
        let length_m = written.length.as_ref().map_or(Ok(0.0), |l| self.length(l, "length"))?;
        let break_n = written.breaks.as_ref().map_or(Ok(1e12), |b| self.amount(b, "breaks", "N", 1e-6, 1e6))?;
        Ok(Stitch {
            at_m: self.place(&written.at, "at")?,
            time_s: self.amount(&written.time, "time", "s", 0.0, duration_s)?,
            stiffness_n_per_m: self.amount(&written.stiffness, "stiffness", "N/m", 1e-6, 1e9)?,
            length_m,
            break_n,
        })
    }
}
