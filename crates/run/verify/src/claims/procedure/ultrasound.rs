//! How well lumens, walls and needles are found in the pictures of a drawn population.

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Direction, Patient, Pose, Position, Probe, Stream, ops};
use proband_procedure::perception::{
    LumenDetection, LumenSearch, NeedleSearch, PictureScratch, detect_lumens_in, detect_needle_in, detect_walls,
};
use proband_sensor::{LumenLabel, NeedleInView, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch};
use proband_twin::Population;

/// Not the adults on whom the constants were measured (seed 2024).
const SEED: u64 = 815;
/// Tip errors beyond this are misses, not noise [m].
pub(crate) const TIP_MISS_M: f64 = 1.5e-3;
/// Confidence from which the controller believes a needle or walls.
const BELIEVED: f64 = 0.4;

/// Errors of one kind, in metres.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<f64>);

impl Errors {
    fn add(&mut self, error_m: f64) {
        self.0.push(error_m);
    }
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
    pub(crate) fn mean_mm(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64 * 1e3
    }
    pub(crate) fn sd_mm(&self) -> f64 {
        let mean = self.mean_mm() * 1e-3;
        (self.0.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / self.0.len() as f64).sqrt() * 1e3
    }
    /// Error below which 95 % of the absolute errors lie [mm].
    pub(crate) fn most_mm(&self) -> f64 {
        let mut sorted: Vec<f64> = self.0.iter().map(|e| e.abs()).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(f64::NAN) * 1e3
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub frames: u32,
    pub false_alarms: u32,
    /// Lumens there and found, by vertical diameter: below 2 mm, 2 to 3 mm, above.
    pub there: [u32; 3],
    pub found: [u32; 3],
    pub lateral: Errors,
    pub front: Errors,
    pub diameter_v: Errors,
    pub diameter_h: Errors,
    pub walls_there: u32,
    pub wall_front: Errors,
    pub wall_back: Errors,
    pub needles_there: u32,
    /// Believed detections.
    pub needles: u32,
    /// Believed detections with the tip farther off than [`TIP_MISS_M`] along the line.
    pub needles_off: u32,
    pub tip_along: Errors,
    pub tip_across: Errors,
}

/// Look at `patient_count` adults: one short-axis picture each and one long-axis picture without and one with a needle.
pub(crate) fn measure(patient_count: u32) -> Result<Measured, String> {
    let population = Population::adult();
    let mut out = Measured::default();
    let (mut scratch, mut picture) = (UltrasoundScratch::new(), PictureScratch::new());
    for index in 0..patient_count {
        let patient = population.patient(SEED, index).map_err(|e| e.to_string())?;
        let arm = Arm::new(&patient.truth.arm).map_err(|e| e.to_string())?;
        let spec = UltrasoundProbeSpec::linear_10_mhz(u64::from(index));
        let probe = UltrasoundProbe::new(&spec, &patient.truth.acoustics).map_err(|e| e.to_string())?;
        let mut case = Case {
            arm: &arm,
            probe: &probe,
            scratch: &mut scratch,
            picture: &mut picture,
            stream: Stream::new(SEED, index, "verify.ultrasound"),
        };
        case.look(&mut out);
    }
    Ok(out)
}

struct Case<'a> {
    arm: &'a Arm,
    probe: &'a UltrasoundProbe,
    scratch: &'a mut UltrasoundScratch,
    picture: &'a mut PictureScratch,
    stream: Stream,
}

impl Case<'_> {
    fn look(&mut self, out: &mut Measured) {
        let vessels = self.arm.vessels();
        let veins: Vec<u16> = (0..vessels.len() as u16).filter(|i| !vessels[usize::from(*i)].is_artery).collect();
        let vein = veins[self.stream.index(veins.len() as u32) as usize];
        let Some(site) = self.arm.site(vein, self.stream.uniform_in(-0.09, 0.03)) else { return };
        // A tourniquet fills, a probe flattens.
        let (scale_h, scale_v) = (self.stream.uniform_in(1.0, 1.2), self.stream.uniform_in(0.8, 1.3));
        let deform: Vec<VesselDeform> = vessels
            .iter()
            .map(|v| if v.is_artery { VesselDeform::none() } else { VesselDeform { scale_h, scale_v, ..VesselDeform::none() } })
            .collect();
        let off_m = self.stream.uniform_in(-6e-3, 6e-3);
        let across = self.pose(site.p_skin.0.x + off_m, site.p_skin.0.z, std::f64::consts::FRAC_PI_2, 0.05);
        self.short_axis(across, &deform, out);
        let heading = site.heading_rad + 0.03 * self.stream.normal();
        let beside_m = 0.25e-3 * self.stream.normal();
        let along = self.pose(site.p_skin.0.x + beside_m, site.p_skin.0.z, heading, 0.02);
        self.long_axis(along, &deform, vein, out);
    }

    /// Probe on the skin, its elements along `heading_rad` (from +z towards +x), slightly tilted and pressed.
    fn pose(&mut self, x_m: f64, z_m: f64, heading_rad: f64, tilt_sd: f64) -> Pose<Patient, Probe> {
        let inward = -self.arm.skin_normal(x_m, z_m).0;
        let tilt = nalgebra::Vector3::new(tilt_sd * self.stream.normal(), 0.0, tilt_sd * self.stream.normal());
        let inward = (inward + tilt).normalize();
        let p = self.arm.skin_point(x_m, z_m).0 + inward * self.stream.uniform_in(0.0, 1.2e-3);
        let (sin, cos) = ops::sin_cos(heading_rad);
        Pose::from_axes(Position::from_raw(p), Direction::new(sin, 0.0, cos), Direction::from_raw(inward))
    }

    fn input<'b>(&self, pose: Pose<Patient, Probe>, deform: &'b [VesselDeform]) -> UltrasoundInput<'b>
    where
        Self: 'b,
    {
        UltrasoundInput {
            time_s: 0.0,
            arm: self.arm,
            deform,
            flow: &[],
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: None,
            needle_steer_rad: 0.0,
            expose: true,
            doppler: false,
        }
    }

    fn short_axis(&mut self, pose: Pose<Patient, Probe>, deform: &[VesselDeform], out: &mut Measured) {
        let frame = self.probe.capture(0, &self.input(pose, deform), self.scratch, &mut self.stream);
        let labels = self.probe.labels(self.scratch);
        let found = detect_lumens_in(&frame, &LumenSearch::elbow(), self.picture);
        out.frames += 1;
        out.false_alarms += found.iter().filter(|d| !labels.iter().any(|l| same(d, l))).count() as u32;
        for label in labels.iter().filter(|l| is_clear(l, &labels)) {
            let size = match 2.0 * label.semi_depth_m {
                d if d < 2e-3 => 0,
                d if d < 3e-3 => 1,
                _ => 2,
            };
            out.there[size] += 1;
            let Some(d) = found.iter().find(|d| same(d, label)) else { continue };
            out.found[size] += 1;
            out.lateral.add(d.x_m - label.x_m);
            out.front.add(d.front_m() - (label.depth_m - label.semi_depth_m));
            out.diameter_v.add(2.0 * (d.semi_depth_m - label.semi_depth_m));
            out.diameter_h.add(2.0 * (d.semi_lateral_m - label.semi_lateral_m));
        }
    }

    fn long_axis(&mut self, pose: Pose<Patient, Probe>, deform: &[VesselDeform], vein: u16, out: &mut Measured) {
        let mut input = self.input(pose, deform);
        let frame = self.probe.capture(1, &input, self.scratch, &mut self.stream);
        let Some((top_m, bottom_m)) = self.probe.lumen_at(self.scratch, 0.0, vein).filter(|(t, b)| b - t > 1e-3) else { return };
        out.walls_there += 1;
        let guess_m = 0.5 * (top_m + bottom_m) + 0.4e-3 * self.stream.normal();
        if let Some(walls) = detect_walls(&frame, 0.0, guess_m).filter(|w| w.confidence >= BELIEVED) {
            let middle = ((0.0 - walls.x_first_m) / walls.x_pitch_m).round() as usize;
            out.wall_front.add(walls.front_m[middle] - top_m);
            out.wall_back.add(walls.back_m[middle] - bottom_m);
        }
        // A needle whose tip is between just above the front wall and the back wall.
        let tip_depth_m = top_m + self.stream.uniform_in(-0.5e-3, bottom_m - top_m - 0.3e-3);
        let angle_rad = self.stream.uniform_in(0.26, 0.44);
        let tip = [self.stream.uniform_in(-3e-3, 3e-3), 0.2e-3 * self.stream.normal(), tip_depth_m * 0.95];
        let (sin, cos) = ops::sin_cos(angle_rad);
        let shaft = [tip[0] - 0.03 * cos, tip[1] + 0.03 * 0.008 * self.stream.normal(), tip[2] - 0.03 * sin];
        let place = |p: [f64; 3]| pose * Position::<Probe>::new(p[0], p[1], p[2]);
        input.needle = Some(NeedleInView { p_patient_tip: place(tip), p_patient_shaft: place(shaft), outer_diameter_m: 0.82e-3 });
        input.needle_steer_rad = if self.stream.bernoulli(0.5) { 0.26 } else { 0.0 };
        let frame = self.probe.capture(2, &input, self.scratch, &mut self.stream);
        let shown_m = self.probe.displayed_depth_m(self.scratch, tip[0], tip[2]);
        let mut search = NeedleSearch::at_angle(ops::atan(sin / cos * 1.04) + 0.02 * self.stream.normal());
        let near = [tip[0] + 0.4e-3 * self.stream.normal(), shown_m + 0.4e-3 * self.stream.normal()];
        search.line_near = Some((near, 1.5e-3));
        out.needles_there += 1;
        if let Some(needle) = detect_needle_in(&frame, &search, self.picture).filter(|n| n.confidence >= BELIEVED) {
            out.needles += 1;
            let (dx, dz) = (needle.tip_m[0] - tip[0], needle.tip_m[1] - shown_m);
            let along_m = dx * cos + dz * sin;
            if along_m.abs() > TIP_MISS_M {
                out.needles_off += 1;
            } else {
                out.tip_along.add(along_m);
                out.tip_across.add(dz * cos - dx * sin);
            }
        }
    }
}

/// Whether a detection is of this lumen: its centre lies in it.
fn same(d: &LumenDetection, l: &LumenLabel) -> bool {
    let (u, v) = ((d.x_m - l.x_m) / l.semi_lateral_m.max(1e-3), (d.depth_m - l.depth_m) / l.semi_depth_m.max(0.8e-3));
    u * u + v * v < 1.0
}

/// Whether a lumen lies whole in the picture, within the depth looked at, wider than 0.7 mm, and apart from others (no joint).
fn is_clear(l: &LumenLabel, all: &[LumenLabel]) -> bool {
    let apart = |o: &LumenLabel| {
        (o.x_m - l.x_m).abs() > o.semi_lateral_m + l.semi_lateral_m + 1e-3
            || (o.depth_m - l.depth_m).abs() > o.semi_depth_m + l.semi_depth_m + 0.5e-3
    };
    !l.cut
        && l.semi_depth_m > 0.35e-3
        && l.depth_m < 18e-3
        && l.x_m.abs() + l.semi_lateral_m < 11.5e-3
        && all.iter().all(|o| o.vessel == l.vessel || apart(o))
}
