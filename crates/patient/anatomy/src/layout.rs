//! Standard courses of the superficial veins, and what must give way when veins are large or deep.

use crate::deep::MEDIAN_NERVE_DIVE_M;
use crate::skin::Skin;
use crate::{Arm, ArmSpec, CoursePoint, Topology, VesselKind, check};

/// Clearance between the deepest vein's back wall and the artery's wall [m]; prior: unverified (the bicipital
/// aponeurosis and fat lie between).
const ARTERY_CLEARANCE_M: f64 = 0.0035;
/// Clearance between artery or nerve and bone [m]; prior: unverified.
const BONE_CLEARANCE_M: f64 = 0.003;

/// Course of a vein and what it joins.
#[derive(Clone, Debug, PartialEq)]
pub struct StandardCourse {
    /// Points over the skin.
    pub course: Vec<CoursePoint>,
    /// Vein on which it starts.
    pub starts_on: Option<VesselKind>,
    /// Vein on which it ends.
    pub ends_on: Option<VesselKind>,
}

/// The veins of a pattern, parents before tributaries.
#[must_use]
pub fn standard_veins(topology: Topology) -> &'static [VesselKind] {
    check::veins_of(topology)
}

/// Course of a vein in a pattern, for an arm of the given half width; `shift_m` moves its middle medially.
///
/// `None` when the pattern has no such vein. Places follow drawings of the elbow's veins (Lee et al. 2015,
/// Anat Cell Biol 48:62–65, patterns); the numbers are prior: unverified.
#[must_use]
pub fn standard_course(topology: Topology, kind: VesselKind, half_width_m: f64, shift_m: f64) -> Option<StandardCourse> {
    use VesselKind::{Basilic, Cephalic, MedianAntebrachial, MedianBasilic, MedianCephalic, MedianCubital};
    if !check::veins_of(topology).contains(&kind) {
        return None;
    }
    // (z [mm], part of the half width, part of the shift)
    let (points, starts_on, ends_on): (&[(f64, f64, f64)], _, _) = match (kind, topology) {
        (Cephalic, _) => (&[(-120.0, -0.50, 0.5), (-70.0, -0.58, 1.0), (-30.0, -0.62, 1.0), (60.0, -0.60, 1.0)], None, None),
        (Basilic, _) => (&[(-120.0, 0.58, 0.5), (-60.0, 0.64, 1.0), (0.0, 0.64, 1.0), (60.0, 0.60, 1.0)], None, None),
        (MedianCubital, _) => {
            (&[(-42.0, -0.62, 0.0), (-12.0, -0.22, 1.0), (10.0, 0.16, 1.0), (40.0, 0.60, 0.0)], Some(Cephalic), Some(Basilic))
        }
        (MedianAntebrachial, Topology::MedianCubital) => {
            (&[(-120.0, 0.08, 1.0), (-60.0, 0.10, 1.0), (-34.0, 0.04, 0.5), (-8.0, -0.15, 0.0)], None, Some(MedianCubital))
        }
        (MedianAntebrachial, Topology::MedianSplit) => (&[(-120.0, 0.05, 1.0), (-70.0, 0.06, 1.0), (-32.0, 0.0, 1.0)], None, None),
        (MedianAntebrachial, Topology::Separate) => {
            (&[(-120.0, 0.05, 1.0), (-60.0, 0.10, 1.0), (-20.0, 0.26, 1.0), (40.0, 0.60, 0.0)], None, Some(Basilic))
        }
        (MedianCephalic, _) => (&[(-32.0, 0.0, 1.0), (0.0, -0.26, 1.0), (42.0, -0.60, 0.0)], Some(MedianAntebrachial), Some(Cephalic)),
        (MedianBasilic, _) => (&[(-32.0, 0.0, 1.0), (0.0, 0.26, 1.0), (42.0, 0.60, 0.0)], Some(MedianAntebrachial), Some(Basilic)),
        _ => return None,
    };
    let course =
        points.iter().map(|&(z, part, shift)| CoursePoint { medial_m: part * half_width_m + shift * shift_m, z_m: z * 1e-3 }).collect();
    Some(StandardCourse { course, starts_on, ends_on })
}

impl ArmSpec {
    /// Let what is deep and what is thin give way to the veins: the artery is put under the deepest vein, the
    /// bones under the artery (and made thinner where the arm leaves no room), and the dermis is made no thicker
    /// than the shallowest vein allows.
    ///
    /// Vein depths and diameters stay as they are: they are what was measured in people.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let extent = |scale_at: f64, taper: f64| 1.0 + (taper * scale_at).abs();
        let back = self.veins.iter().map(|v| v.depth_m + v.diameter_v_m * extent(0.06, v.taper_per_m) + v.wall_m).fold(0.0, f64::max);
        let front = self.veins.iter().map(|v| v.depth_m - v.wall_m).fold(f64::MAX, f64::min);
        self.dermis_m = self.dermis_m.min(front - self.epidermis_m - 1e-4);
        self.artery.depth_m = self.artery.depth_m.max(back + self.artery.wall_m + ARTERY_CLEARANCE_M);
        self.settle_bones();
        self
    }

    /// Put the bones under artery and nerve, and make them as thin as the arm leaves room for.
    fn settle_bones(&mut self) {
        let (artery, radius) = (&self.artery, 0.5 * self.artery.diameter_m);
        let nerve_back = artery.depth_m + radius + MEDIAN_NERVE_DIVE_M + self.nerves.median_radius_m;
        let skin = Skin::new(self.shape);
        let thickness = |z: f64| skin.section(z).half_height / self.shape.half_height_m;
        // Depths shrink with the arm towards the wrist; the nerve is followed to 60 mm below the crease.
        let front = ((artery.depth_m + 2.0 * radius + artery.wall_m).max(nerve_back / thickness(-0.060).min(1.0))) + BONE_CLEARANCE_M;
        // Radius and ulna lie beside the middle, where the arm is thinner; the back of the ulna is the nearest to the skin.
        let beside = self.bones.spread_m / self.shape.half_width_m;
        let chord = (1.0 - beside * beside).sqrt();
        let back = self.shape.half_height_m * (1.0 + chord) - 2.0 * BONE_CLEARANCE_M / thickness(Arm::Z_MIN_M).min(1.0);
        let room = (back - front).max(0.0);
        // The humerus is 1.3 times, the ulna lies 0.2 times a radius deeper; 2.7 holds both with the thinner wrist end.
        self.bones.radius_m = self.bones.radius_m.min(room / 2.7).max(0.003);
        let deepest = back - 1.4 * self.bones.radius_m;
        self.bones.depth_m = self.bones.depth_m.min(deepest).max(front + 1.3 * self.bones.radius_m);
    }
}
