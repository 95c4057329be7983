//! Needles and vessels in a scene of tissue.

use proband_tissue::fem::{NeedleTube, ShaftPose, cutting_force_n};
use proband_tissue::{LayerMechanics, NeedleSpec, SpanKind};
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;
use crate::tissue_file::{Place, Reader, Text};

/// Most points of a needle's way.
const WAY_COUNT_MAX: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenNeedle {
    pub(crate) name: Text,
    outer: Text,
    inner: Text,
    length: Text,
    way: Spanned<Vec<WrittenPoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPoint {
    time: Text,
    tip: Place,
    towards: [f64; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenVessel {
    name: Text,
    centre: Place,
    along: Spanned<[f64; 3]>,
    across: [f64; 3],
    half_axes: [Text; 2],
    puncture: Text,
    friction: Spanned<f64>,
}

/// What a material does to needles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AgainstNeedles {
    cutting_n: f64,
    toughness_j_per_m2: Option<f64>,
    drag_n_per_m: f64,
    pub(crate) puncture_n: f64,
}

impl AgainstNeedles {
    /// Of the texts `cutting`, `toughness`, `drag` and `puncture`.
    pub(crate) fn read(reader: &Reader<'_>, [cutting, toughness, drag, puncture]: [&Option<Text>; 4]) -> Result<Self, Failure> {
        let of = |text: &Option<Text>, name, unit, max| text.as_ref().map(|t| reader.amount(t, name, unit, 0.0, max)).transpose();
        if let (Some(cutting), Some(_)) = (cutting, toughness) {
            return Err(reader.wrong(cutting.span(), "give either `cutting` or `toughness`".into()));
        }
        Ok(Self {
            cutting_n: of(cutting, "cutting", "N", 20.0)?.unwrap_or(0.0),
            toughness_j_per_m2: of(toughness, "toughness", "J/m2", 1e5)?,
            drag_n_per_m: of(drag, "drag", "N/m", 1e4)?.unwrap_or(0.0),
            puncture_n: of(puncture, "puncture", "N", 100.0)?.unwrap_or(0.0),
        })
    }

    /// For a needle of a thickness.
    pub(crate) fn layer(&self, diameter_m: f64) -> LayerMechanics {
        let cutting_n = self.toughness_j_per_m2.map_or(self.cutting_n, |toughness| cutting_force_n(toughness, diameter_m));
        LayerMechanics {
            viscous_in_n_s_per_m2: 0.0,
            viscous_out_n_s_per_m2: 0.0,
            ..LayerMechanics::from_drag(cutting_n, self.drag_n_per_m)
        }
    }
}

/// A needle and its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MovingNeedle {
    pub(crate) name: String,
    pub(crate) needle: NeedleSpec,
    way: Vec<(f64, ShaftPose)>,
}

impl MovingNeedle {
    /// Where the needle is: straight between the points of its way, still behind the last.
    pub(crate) fn pose(&self, time_s: f64) -> ShaftPose {
        let next = self.way.partition_point(|(t, _)| *t <= time_s);
        let Some((end_s, end)) = self.way.get(next) else { return self.way[self.way.len() - 1].1 };
        let (start_s, start) = self.way[next - 1];
        start.between(end, (time_s - start_s) / (end_s - start_s))
    }
}

/// Read a needle.
pub(crate) fn needle(reader: &Reader<'_>, written: &WrittenNeedle) -> Result<MovingNeedle, Failure> {
    let needle = NeedleSpec {
        outer_diameter_m: reader.length(&written.outer, "outer")?,
        inner_diameter_m: reader.length(&written.inner, "inner")?,
        length_m: reader.length(&written.length, "length")?,
        ..NeedleSpec::gauge_21(0.03)
    };
    needle.check().map_err(|error| reader.wrong(written.name.span(), error.to_string()))?;
    let points = written.way.as_ref();
    if points.is_empty() || points.len() > WAY_COUNT_MAX {
        return Err(reader.wrong(written.way.span(), format!("a way has 1 to {WAY_COUNT_MAX} points")));
    }
    let mut way: Vec<(f64, ShaftPose)> = Vec::with_capacity(points.len());
    for point in points {
        let time_s = reader.amount(&point.time, "time", "s", 0.0, 1e5)?;
        match way.last() {
            None if time_s != 0.0 => return Err(reader.wrong(point.time.span(), "a way begins at 0 s".into())),
            Some((before_s, _)) if time_s <= *before_s => return Err(reader.wrong(point.time.span(), "times of a way go up".into())),
            _ => {}
        }
        // Any direction across will do; the one nearest to x, or to y for a needle along x.
        let steep = point.towards[0].abs() > 0.9 * point.towards.iter().map(|v| v * v).sum::<f64>().sqrt();
        let side = if steep { [0.0, 1.0, 0.0] } else { [1.0, 0.0, 0.0] };
        let pose = ShaftPose::new(reader.place(&point.tip, "tip")?, point.towards, side);
        way.push((time_s, pose.map_err(|error| reader.wrong(point.time.span(), error.to_string()))?));
    }
    Ok(MovingNeedle { name: written.name.as_ref().clone(), needle, way })
}

/// Read a vessel: a straight tube whose wall gives way at a force; no drag inside.
pub(crate) fn vessel(reader: &Reader<'_>, index: usize, written: &WrittenVessel) -> Result<NeedleTube, Failure> {
    let wrong = || {
        reader.wrong(
            written.along.span(),
            format!("vessel \"{}\": `along` and `across` are two directions at an angle", written.name.as_ref()),
        )
    };
    let frame = ShaftPose::new([0.0; 3], *written.along.as_ref(), written.across).map_err(|_| wrong())?;
    let puncture_n = reader.amount(&written.puncture, "puncture", "N", 0.0, 100.0)?;
    Ok(NeedleTube {
        kind: SpanKind::Vein,
        structure: index as u16,
        centre_m: reader.place(&written.centre, "centre")?,
        along: frame.axis,
        across: frame.side,
        semi_m: [reader.length(&written.half_axes[0], "half_axes")?, reader.length(&written.half_axes[1], "half_axes")?],
        layer: None,
        entry_n: puncture_n,
        exit_n: puncture_n,
        clearance_per_chord: 1.0,
        friction: reader.number(&written.friction, "friction", 0.0, 5.0)?,
    })
}
