//! Ultrasound pictures of drawn adults, and how often their detectors are right at what score.

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Direction, Patient, Pose, Position, Probe, Stream, ops};
use proband_procedure::perception::{
    Calibration, LumenDetection, LumenSearch, NeedleSearch, PictureScratch, detect_lumens_in, detect_needle_in, doppler_pulsatility,
};
use proband_sensor::{
    LumenLabel, NeedleInView, UltrasoundFrame, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow,
};
use proband_sound::AcousticSpec;
use proband_twin::Population;
use rayon::prelude::*;

use crate::SeeingError;

/// A tip farther off than this along the shaft is wrong [m].
const TIP_MISS_M: f64 = 1.5e-3;
/// Score from which on detections are asked for: far below what the controller believes, so that doubtful ones are seen.
const CONFIDENCE_MIN: f64 = 0.02;

/// (score, right) of each detection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UltrasoundCases {
    /// Lumens: the detector's confidence, whether a vessel is there.
    pub lumen: Vec<(f64, bool)>,
    /// Lumens of true vessels with colour: pulsatility, whether it is an artery.
    pub artery: Vec<(f64, bool)>,
    /// Needles: the detector's confidence, whether the tip is there to 1.5 mm along the shaft. A third of the pictures holds no needle.
    pub needle: Vec<(f64, bool)>,
}

impl UltrasoundCases {
    /// Rising lines through the cases: lumen, artery, needle. `None` for a kind without cases.
    #[must_use]
    pub fn fit(&self) -> [Option<Calibration>; 3] {
        [&self.lumen, &self.artery, &self.needle].map(|cases| Calibration::fit(cases, 12))
    }
}

/// One probe over one arm.
pub(crate) struct Look<'a> {
    pub arm: &'a Arm,
    pub probe: UltrasoundProbe,
    pub scratch: UltrasoundScratch,
    pub picture: PictureScratch,
    pub stream: Stream,
}

impl<'a> Look<'a> {
    pub fn new(arm: &'a Arm, acoustics: &AcousticSpec, stream: Stream) -> Result<Self, String> {
        let spec = UltrasoundProbeSpec::linear_10_mhz(u64::from(stream.clone().next_u32()));
        let probe = UltrasoundProbe::new(&spec, acoustics).map_err(|e| e.to_string())?;
        Ok(Self { arm, probe, scratch: UltrasoundScratch::new(), picture: PictureScratch::new(), stream })
    }

    /// Probe on the skin, its elements along `heading_rad` (from +z towards +x), slightly tilted and pressed.
    pub fn pose(&mut self, x_m: f64, z_m: f64, heading_rad: f64, tilt_sd: f64) -> Pose<Patient, Probe> {
        let inward = -self.arm.skin_normal(x_m, z_m).0;
        let tilt = nalgebra::Vector3::new(tilt_sd * self.stream.normal(), 0.0, tilt_sd * self.stream.normal());
        let inward = (inward + tilt).normalize();
        let p = self.arm.skin_point(x_m, z_m).0 + inward * self.stream.uniform_in(0.0, 1.2e-3);
        let (sin, cos) = ops::sin_cos(heading_rad);
        Pose::from_axes(Position::from_raw(p), Direction::new(sin, 0.0, cos), Direction::from_raw(inward))
    }

    pub fn capture(
        &mut self,
        pose: Pose<Patient, Probe>,
        deform: &[VesselDeform],
        flow: &[VesselFlow],
        needle: Option<(NeedleInView, f64)>,
    ) -> UltrasoundFrame {
        let input = UltrasoundInput {
            time_s: 0.0,
            arm: self.arm,
            deform,
            flow,
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: needle.map(|n| n.0),
            needle_steer_rad: needle.map_or(0.0, |n| n.1),
            expose: true,
            doppler: !flow.is_empty(),
        };
        self.probe.capture(0, &input, &mut self.scratch, &mut self.stream)
    }
}

/// Whether a detection is of this lumen: its centre lies in it.
pub(crate) fn same(d: &LumenDetection, l: &LumenLabel) -> bool {
    let (u, v) = ((d.x_m - l.x_m) / l.semi_lateral_m.max(1e-3), (d.depth_m - l.depth_m) / l.semi_depth_m.max(0.8e-3));
    u * u + v * v < 1.0
}

/// Look at `count` adults from number `first` of a seed on: a short-axis picture with colour and a long-axis picture each.
///
/// Blood: arteries 0.05 to 0.35 m/s with a pulsatility of 0.8 to 3.5, veins 0 to 0.08 m/s with a pulsatility that is half
/// normal with 0.25 (priors: unverified).
/// # Errors
/// [`SeeingError::Patient`] for an adult that cannot be drawn.
pub fn ultrasound_cases(seed: u64, first: u32, count: u32) -> Result<UltrasoundCases, SeeingError> {
    let population = Population::adult();
    let one = |index: u32| {
        let fail = |what: String| SeeingError::Patient { index, what };
        let patient = population.patient(seed, index).map_err(|e| fail(e.to_string()))?;
        let arm = Arm::new(&patient.truth.arm).map_err(|e| fail(e.to_string()))?;
        let mut look = Look::new(&arm, &patient.truth.acoustics, Stream::new(seed, index, "seeing.ultrasound")).map_err(fail)?;
        let mut cases = UltrasoundCases::default();
        look.adult(&mut cases);
        Ok(cases)
    };
    let parts: Result<Vec<UltrasoundCases>, SeeingError> = (first..first + count).into_par_iter().map(one).collect();
    Ok(parts?.into_iter().fold(UltrasoundCases::default(), |mut all, part| {
        all.lumen.extend(part.lumen);
        all.artery.extend(part.artery);
        all.needle.extend(part.needle);
        all
    }))
}

impl Look<'_> {
    fn adult(&mut self, cases: &mut UltrasoundCases) {
        let arm = self.arm;
        let vessels = arm.vessels();
        let veins: Vec<u16> = (0..vessels.len() as u16).filter(|i| !vessels[usize::from(*i)].is_artery).collect();
        let vein = veins[self.stream.index(veins.len() as u32) as usize];
        let Some(site) = arm.site(vein, self.stream.uniform_in(-0.09, 0.03)) else { return };
        let (scale_h, scale_v) = (self.stream.uniform_in(1.0, 1.2), self.stream.uniform_in(0.8, 1.3));
        let full = VesselDeform { scale_h, scale_v, ..VesselDeform::none() };
        let deform: Vec<VesselDeform> = vessels.iter().map(|v| if v.is_artery { VesselDeform::none() } else { full }).collect();
        let flow: Vec<VesselFlow> = vessels
            .iter()
            .map(|v| {
                if v.is_artery {
                    VesselFlow { speed_mean_m_s: self.stream.uniform_in(0.05, 0.35), pulsatility: self.stream.uniform_in(0.8, 3.5) }
                } else {
                    VesselFlow { speed_mean_m_s: self.stream.uniform_in(0.0, 0.08), pulsatility: 0.25 * self.stream.normal().abs() }
                }
            })
            .collect();
        let x_m = site.p_skin.0.x + self.stream.uniform_in(-10e-3, 10e-3);
        let across = self.pose(x_m, site.p_skin.0.z, std::f64::consts::FRAC_PI_2, 0.08);
        let frame = self.capture(across, &deform, &flow, None);
        let labels = self.probe.labels(&self.scratch);
        let search = LumenSearch { confidence_min: CONFIDENCE_MIN, ..LumenSearch::elbow() };
        for found in detect_lumens_in(&frame, &search, &mut self.picture) {
            let label = labels.iter().find(|l| same(&found, l));
            cases.lumen.push((found.confidence, label.is_some()));
            if let (Some(label), Some(pulsatility)) = (label, doppler_pulsatility(&frame, &found)) {
                cases.artery.push((pulsatility, vessels[usize::from(label.vessel)].is_artery));
            }
        }
        let heading = site.heading_rad + 0.05 * self.stream.normal();
        let beside_m = 0.4e-3 * self.stream.normal();
        let along = self.pose(site.p_skin.0.x + beside_m, site.p_skin.0.z, heading, 0.03);
        self.needle(along, &deform, vein, cases);
    }

    fn needle(&mut self, pose: Pose<Patient, Probe>, deform: &[VesselDeform], vein: u16, cases: &mut UltrasoundCases) {
        self.capture(pose, deform, &[], None);
        let Some((top_m, bottom_m)) = self.probe.lumen_at(&self.scratch, 0.0, vein).filter(|(t, b)| b - t > 1e-3) else { return };
        let tip_depth_m = top_m + self.stream.uniform_in(-0.5e-3, bottom_m - top_m - 0.3e-3);
        let angle_rad = self.stream.uniform_in(0.26, 0.44);
        // Out of the plane by up to a millimetre: then the shaft is seen in part or not at all.
        let tip = [self.stream.uniform_in(-3e-3, 3e-3), 0.5e-3 * self.stream.normal(), tip_depth_m * 0.95];
        let (sin, cos) = ops::sin_cos(angle_rad);
        let shaft = [tip[0] - 0.03 * cos, tip[1] + 0.03 * 0.02 * self.stream.normal(), tip[2] - 0.03 * sin];
        let place = |p: [f64; 3]| pose * Position::<Probe>::new(p[0], p[1], p[2]);
        let in_view = NeedleInView { p_patient_tip: place(tip), p_patient_shaft: place(shaft), outer_diameter_m: 0.82e-3 };
        let steer = if self.stream.bernoulli(0.5) { 0.26 } else { 0.0 };
        let there = self.stream.bernoulli(2.0 / 3.0);
        let frame = self.capture(pose, deform, &[], there.then_some((in_view, steer)));
        let shown_m = self.probe.displayed_depth_m(&self.scratch, tip[0], tip[2]);
        let mut search = NeedleSearch::at_angle(ops::atan(sin / cos * 1.04) + 0.02 * self.stream.normal());
        let near = [tip[0] + 0.4e-3 * self.stream.normal(), shown_m + 0.4e-3 * self.stream.normal()];
        search.line_near = Some((near, 1.5e-3));
        if let Some(needle) = detect_needle_in(&frame, &search, &mut self.picture) {
            let (dx, dz) = (needle.tip_m[0] - tip[0], needle.tip_m[1] - shown_m);
            cases.needle.push((needle.confidence, there && (dx * cos + dz * sin).abs() <= TIP_MISS_M));
        }
    }
}
