//! Needles in a body of finite elements: what they are, what they meet.

use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::fem::mat3::{cross, dot3};
use crate::{LayerMechanics, Medium, NeedleSpec, SpanKind, TissueError};

/// What a needle finds in one part of the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleMedium {
    /// What it is called in events.
    pub medium: Medium,
    /// Cutting and friction; none: nothing resists there.
    pub layer: Option<LayerMechanics>,
    /// Force on the tip at which its surface gives way, beyond cutting in front of it [N]; zero: it has none.
    pub entry_n: f64,
}

/// A straight tube of elliptic cross-section inside the body: a vessel, a nerve, a bone. Its own stiffness is that of the elements there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleTube {
    /// What it is.
    pub kind: SpanKind,
    /// The caller's number.
    pub structure: u16,
    /// A point of its axis [m].
    pub centre_m: [f64; 3],
    /// Unit direction of its axis [1].
    pub along: [f64; 3],
    /// Unit direction of its first half axis, across `along` [1].
    pub across: [f64; 3],
    /// Half axes along `across` and along `along` × `across` [m].
    pub semi_m: [f64; 2],
    /// Cutting and friction inside; none for a lumen.
    pub layer: Option<LayerMechanics>,
    /// Force on the tip at which the near wall gives way, beyond cutting in front of it [N]; infinite for bone.
    pub entry_n: f64,
    /// The same for the far wall, from inside [N].
    pub exit_n: f64,
    /// Part of the lumen's length along the needle by which the near wall can be driven before it touches the far one [1].
    pub clearance_per_chord: f64,
    /// Coefficient of friction between the tip and the wall [1]: steeper than this and the tube slips aside.
    pub friction: f64,
}

impl NeedleTube {
    /// Place of a point in the cross-section over the half axes [1]: inside where the square sum is below one.
    pub(crate) fn section(&self, at_m: [f64; 3]) -> [f64; 2] {
        let off: [f64; 3] = std::array::from_fn(|k| at_m[k] - self.centre_m[k]);
        let deep = cross(self.along, self.across);
        [dot3(off, self.across) / self.semi_m[0], dot3(off, deep) / self.semi_m[1]]
    }

    /// Outward unit normal of the ellipse through a point [1].
    pub(crate) fn normal(&self, at_m: [f64; 3]) -> [f64; 3] {
        let deep = cross(self.along, self.across);
        let [y, z] = self.section(at_m);
        let n: [f64; 3] = std::array::from_fn(|k| y / self.semi_m[0] * self.across[k] + z / self.semi_m[1] * deep[k]);
        let length = dot3(n, n).sqrt();
        if length > 0.0 { n.map(|v| v / length) } else { deep }
    }
}

/// Needles and what they meet. Media are numbered as the parts of the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedlingSpec {
    /// The needles.
    pub needles: Vec<NeedleSpec>,
    /// One for each part of the body.
    pub media: Vec<NeedleMedium>,
    /// Tubes; where two overlap the first counts.
    pub tubes: Vec<NeedleTube>,
    /// Distance between the points that the shaft holds [m]: at least half a cell, or the points cannot be told apart.
    pub spacing_m: f64,
    /// Factor on friction and on the forces at which surfaces give way [1]; one for a lubricated needle.
    pub dry_factor: f64,
    /// Exponent of cutting and rupture forces by speed over `speed_reference_m_s` [1].
    pub speed_exponent: f64,
    /// Speed at which the forces are given [m/s].
    pub speed_reference_m_s: f64,
    /// Full width of the stick band [m/s] (modified Karnopp, Simone & Okamura 2002).
    pub stick_band_m_s: f64,
}

impl NeedlingSpec {
    /// Needles in parts without tubes, lubricated, forces that do not hang on the speed, no stick band.
    #[must_use]
    pub fn plain(needles: Vec<NeedleSpec>, media: Vec<NeedleMedium>, spacing_m: f64) -> Self {
        Self {
            needles,
            media,
            tubes: Vec::new(),
            spacing_m,
            dry_factor: 1.0,
            speed_exponent: 0.0,
            speed_reference_m_s: 3e-3,
            stick_band_m_s: 0.0,
        }
    }

    pub(crate) fn check(&self, part_count: usize) -> Result<(), TissueError> {
        check("needles", self.needles.len() as f64, 1.0, 16.0, "needles")?;
        check("media", self.media.len() as f64, part_count as f64, part_count as f64, "parts of the body")?;
        check("tubes", self.tubes.len() as f64, 0.0, 64.0, "tubes")?;
        check("spacing_m", self.spacing_m, 1e-5, 0.1, "m")?;
        check("dry_factor", self.dry_factor, 0.1, 10.0, "1")?;
        check("speed_exponent", self.speed_exponent, -0.5, 0.5, "1")?;
        check("speed_reference_m_s", self.speed_reference_m_s, 1e-5, 1.0, "m/s")?;
        check("stick_band_m_s", self.stick_band_m_s, 0.0, 0.1, "m/s")?;
        for needle in &self.needles {
            needle.check()?;
        }
        for medium in &self.media {
            check("media.entry_n", medium.entry_n, 0.0, 1e3, "N")?;
            medium.layer.as_ref().map_or(Ok(()), check_layer)?;
        }
        for tube in &self.tubes {
            for v in tube.centre_m {
                check("tubes.centre_m", v, -1e3, 1e3, "m")?;
            }
            check("length of tubes.along", dot3(tube.along, tube.along).sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
            check("length of tubes.across", dot3(tube.across, tube.across).sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
            check("cosine between tubes.along and tubes.across", dot3(tube.along, tube.across), -1e-6, 1e-6, "1")?;
            for v in tube.semi_m {
                check("tubes.semi_m", v, 1e-6, 1.0, "m")?;
            }
            if tube.kind != SpanKind::Bone {
                check("tubes.entry_n", tube.entry_n, 0.0, 1e3, "N")?;
                check("tubes.exit_n", tube.exit_n, 0.0, 1e3, "N")?;
            }
            check("tubes.clearance_per_chord", tube.clearance_per_chord, 1e-2, 1.0, "1")?;
            check("tubes.friction", tube.friction, 0.0, 5.0, "1")?;
            tube.layer.as_ref().map_or(Ok(()), check_layer)?;
        }
        Ok(())
    }
}

fn check_layer(layer: &LayerMechanics) -> Result<(), TissueError> {
    check("layer.cutting_n", layer.cutting_n, 0.0, 20.0, "N")?;
    for (name, v) in [
        ("layer.static_in_n_per_m", layer.static_in_n_per_m),
        ("layer.static_out_n_per_m", layer.static_out_n_per_m),
        ("layer.coulomb_in_n_per_m", layer.coulomb_in_n_per_m),
        ("layer.coulomb_out_n_per_m", layer.coulomb_out_n_per_m),
        ("layer.viscous_in_n_s_per_m2", layer.viscous_in_n_s_per_m2),
        ("layer.viscous_out_n_s_per_m2", layer.viscous_out_n_s_per_m2),
    ] {
        check(name, v, 0.0, 1e5, "N/m or N s/m²")?;
    }
    Ok(())
}

/// Cutting force [N] of a needle of outer diameter `diameter_m` in tissue of fracture toughness `toughness_j_per_m2`: J_c w with the
/// crack as wide as half the needle's circumference.
///
/// # Source
/// Azar & Hayward 2008 (ISBMS, estimation of the fracture toughness of soft tissue from needle insertion).
#[must_use]
pub fn cutting_force_n(toughness_j_per_m2: f64, diameter_m: f64) -> f64 {
    toughness_j_per_m2 * 0.5 * std::f64::consts::PI * diameter_m
}
