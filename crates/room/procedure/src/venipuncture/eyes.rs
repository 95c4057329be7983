//! From perception to what the controller reasons with: frames in, lumens, walls, tips and lines out.

use nalgebra::Vector3;
use proband_core::{Patient, Pose, Position, Probe};
use proband_sensor::{NirFrame, UltrasoundFrame};
use proband_twin::{Measurement, Quantity, SiteBelief};
use serde::{Deserialize, Serialize};

use super::skin::Skin;
use crate::interface::{Observation, Overlay};
use crate::perception::{
    LumenDetection, NeedleSearch, PictureScratch, detect_lumens, detect_needle_in, detect_nir, detect_walls, doppler_pulsatility,
};
use crate::survey::SeenLumen;

/// Standard deviation with which the near-infrared picture gives a vein's lateral place [m]: detector plus
/// camera calibration. Prior: unverified.
pub(super) const NIR_LATERAL_SD_M: f64 = 1.0e-3;
/// Confidence below which a near-infrared line does not attract the probe [1]. Prior: unverified.
pub(super) const NIR_CONFIDENCE_MIN: f64 = 0.35;
/// Confidence below which a detection in ultrasound is not believed [1]. Prior: unverified.
const LUMEN_CONFIDENCE_MIN: f64 = 0.3;
const NEEDLE_CONFIDENCE_MIN: f64 = 0.4;
/// Distance from the encoders' line within which a bright line is the needle [m]: calibration, bending and pressing.
const TIP_LINE_M: f64 = 1.5e-3;
const WALL_CONFIDENCE_MIN: f64 = 0.3;
/// Distance within which two frames of a station show the same lumen [m].
const TRACK_GATE_M: f64 = 1.8e-3;
/// Deepest sag of the skin beside the middle of the face that is believed [m]: more, and gel does not fill it.
const SAG_MAX_M: f64 = 4e-3;
/// Tracks per station.
const TRACKS_MAX: usize = 12;

/// A vein in near infrared as a line over the skin, patient frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NirLine {
    /// Points (x, z) [m], along the vein.
    pub points: Vec<[f64; 2]>,
    /// Confidence [1].
    pub confidence: f64,
}

impl NirLine {
    /// Lateral position where the line passes `z_m`; `None` where it does not.
    pub fn x_at(&self, z_m: f64) -> Option<f64> {
        self.points.windows(2).find_map(|pair| {
            let [a, b] = [pair[0], pair[1]];
            let span = b[1] - a[1];
            if span.abs() < 1e-9 || (z_m - a[1]) * (z_m - b[1]) > 0.0 {
                return None;
            }
            Some(a[0] + (b[0] - a[0]) * (z_m - a[1]) / span)
        })
    }
}

/// Veins in a near-infrared picture, with their drawing.
pub(super) fn veins_in(frame: &NirFrame) -> (Vec<NirLine>, Vec<Overlay>) {
    let detection = detect_nir(frame);
    let mut lines = Vec::new();
    let mut overlays = Vec::new();
    for edge in &detection.edges {
        if edge.path_patient.len() < 2 {
            continue;
        }
        lines.push(NirLine { points: edge.path_patient.iter().map(|p| [p.0.x, p.0.z]).collect(), confidence: edge.confidence });
        overlays.push(Overlay {
            kind: "polyline".into(),
            label: format!("vein, confidence {:.2}", edge.confidence),
            points_px: edge.path_px.clone(),
        });
    }
    (lines, overlays)
}

/// A lumen in one short-axis picture, patient frame, depths as displayed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FoundLumen {
    pub detection: LumenDetection,
    pub p_centre: Vector3<f64>,
    pub inward: Vector3<f64>,
    pub pulsatility: f64,
    outline_px: Vec<[f64; 2]>,
    /// Front wall without the pressing, on the scanner's scale [m].
    front_m: f64,
    /// Height of the lumen without the pressing, on the scanner's scale [m].
    height_m: f64,
}

/// How displayed depths become depths in the arm at rest: the face presses the skin in under its middle, and gel fills what
/// the arm's roundness leaves open beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DepthScale<'a> {
    /// Assumed over believed speed of sound [1].
    sound_ratio: f64,
    /// How far the middle of the face is pressed in [m].
    indentation_m: f64,
    /// Depth that takes up an indentation evenly [m].
    press_depth_m: f64,
    /// Where the skin is, as the camera measured it.
    skin: &'a Skin,
}

/// The same for one place along the elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DepthUnder {
    sound_ratio: f64,
    /// Gel between face and skin [m].
    gap_m: f64,
    /// How far the skin is pressed in [m].
    indentation_m: f64,
    /// Share of a depth that the pressing takes away [1].
    squeeze: f64,
}

impl<'a> DepthScale<'a> {
    /// From what is believed about sound and stiffness, the measured contact force [N] and the measured skin.
    pub fn new(spec: &super::VenipunctureSpec, probe_force_n: f64, skin: &'a Skin) -> Self {
        let [stiffness, press_depth_m] = spec.press;
        let indentation_m = (probe_force_n / stiffness).clamp(0.0, 0.5 * press_depth_m);
        Self { sound_ratio: spec.sound_speed_ratio, indentation_m, press_depth_m, skin }
    }

    /// At `x_m` along the elements of a probe.
    pub fn under(&self, pose: &Pose<Patient, Probe>, x_m: f64) -> DepthUnder {
        // Without a measured skin it counts as flat.
        let below_face_m = self.skin.sag(pose, x_m).unwrap_or(0.0).clamp(0.0, SAG_MAX_M) - self.indentation_m;
        let indentation_m = (-below_face_m).max(0.0);
        DepthUnder {
            sound_ratio: self.sound_ratio,
            gap_m: below_face_m.max(0.0),
            indentation_m,
            squeeze: indentation_m / self.press_depth_m,
        }
    }
}

impl DepthUnder {
    /// Depth below the skin without the pressing of a displayed depth, still on the scanner's scale [m].
    pub fn unpressed(&self, displayed_m: f64) -> f64 {
        (displayed_m - self.gap_m) / (1.0 - self.squeeze)
    }

    /// A displayed height of something, without the pressing, still on the scanner's scale [m].
    pub fn height(&self, displayed_m: f64) -> f64 {
        displayed_m / (1.0 - self.squeeze)
    }

    /// Distance below the face of a displayed depth, in the arm at rest [m].
    fn below_face(&self, displayed_m: f64) -> f64 {
        self.gap_m + self.unpressed(displayed_m) / self.sound_ratio - self.indentation_m
    }

    /// Displayed depth of what lies `below_face_m` below the face in the arm at rest [m].
    pub fn displayed(&self, below_face_m: f64) -> f64 {
        self.gap_m + (below_face_m - self.gap_m + self.indentation_m) * (1.0 - self.squeeze) * self.sound_ratio
    }
}

/// Lumens in a short-axis picture.
pub(super) fn lumens_in(frame: &UltrasoundFrame, scale: &DepthScale<'_>) -> Vec<FoundLumen> {
    let pose = &frame.pose_patient_probe;
    detect_lumens(frame)
        .into_iter()
        .filter(|d| d.confidence >= LUMEN_CONFIDENCE_MIN)
        .map(|detection| {
            let under = scale.under(pose, detection.x_m);
            let p = *pose * Position::<Probe>::new(detection.x_m, 0.0, under.below_face(detection.depth_m));
            // Depth counts along the skin's own normal, which beside the middle of the face is not the beam.
            let inward = scale.skin.inward_over(&p.0.coords, &pose.axis(2).0);
            let slant = inward.dot(&pose.axis(2).0);
            let pulsatility = doppler_pulsatility(frame, &detection).unwrap_or(f64::NAN);
            let outline_px = ellipse_px(frame, &detection);
            let front_m = under.unpressed(detection.front_m()) * slant;
            let height_m = under.height(2.0 * detection.semi_depth_m);
            FoundLumen { detection, p_centre: p.0.coords, inward, pulsatility, outline_px, front_m, height_m }
        })
        .collect()
}

fn ellipse_px(frame: &UltrasoundFrame, d: &LumenDetection) -> Vec<[f64; 2]> {
    (0..=32)
        .map(|i| {
            let (sin, cos) = proband_core::ops::sin_cos(f64::from(i) * std::f64::consts::TAU / 32.0);
            [frame.column(d.x_m + d.semi_lateral_m * cos), frame.row(d.depth_m + d.semi_depth_m * sin)]
        })
        .collect()
}

pub(super) fn lumen_overlays(found: &[FoundLumen]) -> Vec<Overlay> {
    found
        .iter()
        .map(|f| Overlay {
            kind: "ellipse".into(),
            label: if f.pulsatility > 0.5 {
                "artery (pulsatile)".into()
            } else {
                format!("lumen, confidence {:.2}", f.detection.confidence)
            },
            points_px: f.outline_px.clone(),
        })
        .collect()
}

/// One lumen followed over the frames of a station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LumenTrack {
    pub light_count: u32,
    pressed_count: u32,
    sum_p: [f64; 3],
    inward: [f64; 3],
    sum_depth_m: f64,
    sum_v_m: f64,
    sum_h_m: f64,
    sum_confidence: f64,
    sum_pressed_v_m: f64,
    sum_pulsatility: f64,
    pulsatility_count: u32,
}

impl LumenTrack {
    /// Average over the frames at light contact.
    pub fn lumen(&self, row_z_m: f64) -> SeenLumen {
        let n = f64::from(self.light_count.max(1));
        let diameter_v_m = self.sum_v_m / n;
        SeenLumen {
            x_m: self.sum_p[0] / n,
            z_m: row_z_m,
            p_centre_m: [self.sum_p[0] / n, self.sum_p[1] / n, self.sum_p[2] / n],
            inward: self.inward,
            depth_m: self.sum_depth_m / n,
            diameter_v_m,
            diameter_h_m: self.sum_h_m / n,
            confidence: self.sum_confidence / n,
            // Gone when pressed means fully compressible.
            pressed_ratio: if self.pressed_count > 0 {
                self.sum_pressed_v_m / f64::from(self.pressed_count) / diameter_v_m.max(1e-6)
            } else {
                0.0
            },
            pulsatility: if self.pulsatility_count > 0 { self.sum_pulsatility / f64::from(self.pulsatility_count) } else { f64::NAN },
            frame_count: self.light_count,
        }
    }
}

/// Put the lumens of one frame on the tracks of the station.
pub(super) fn track(tracks: &mut Vec<LumenTrack>, found: &[FoundLumen], pressed: bool) {
    for lumen in found {
        let d = &lumen.detection;
        let room = tracks.len() < TRACKS_MAX;
        let near = tracks.iter_mut().find(|t| {
            let n = f64::from(t.light_count.max(1));
            // Pressed veins move up and shrink: only the lateral place must agree.
            (t.sum_p[0] / n - lumen.p_centre.x).abs() < TRACK_GATE_M
                && (pressed || (t.sum_depth_m / n - lumen.front_m).abs() < TRACK_GATE_M)
                && (!pressed || (t.sum_depth_m / n - lumen.front_m).abs() < 3.0 * TRACK_GATE_M)
        });
        match near {
            Some(t) if pressed => {
                t.pressed_count += 1;
                t.sum_pressed_v_m += 2.0 * d.semi_depth_m;
            }
            Some(t) => add(t, lumen),
            None if !pressed && room => {
                let mut t = LumenTrack {
                    light_count: 0,
                    pressed_count: 0,
                    sum_p: [0.0; 3],
                    inward: lumen.inward.into(),
                    sum_depth_m: 0.0,
                    sum_v_m: 0.0,
                    sum_h_m: 0.0,
                    sum_confidence: 0.0,
                    sum_pressed_v_m: 0.0,
                    sum_pulsatility: 0.0,
                    pulsatility_count: 0,
                };
                add(&mut t, lumen);
                tracks.push(t);
            }
            None => {}
        }
    }
}

fn add(t: &mut LumenTrack, lumen: &FoundLumen) {
    t.light_count += 1;
    for axis in 0..3 {
        t.sum_p[axis] += lumen.p_centre[axis];
    }
    t.sum_depth_m += lumen.front_m;
    t.sum_v_m += lumen.height_m;
    t.sum_h_m += 2.0 * lumen.detection.semi_lateral_m;
    t.sum_confidence += lumen.detection.confidence;
    if lumen.pulsatility.is_finite() {
        t.sum_pulsatility += lumen.pulsatility;
        t.pulsatility_count += 1;
    }
}

/// The prior that explains a sighting best, updated by it. `None` when no prior accepts it.
pub(super) fn believe(priors: &[SiteBelief], lumen: &SeenLumen, heading_rad: Option<f64>) -> Option<SiteBelief> {
    let measurement = Measurement::Ultrasound {
        lateral_m: Some(lumen.x_m),
        depth_m: Some(lumen.depth_m),
        diameter_v_m: Some(lumen.diameter_v_m),
        diameter_h_m: Some(lumen.diameter_h_m),
        heading_rad,
    };
    let mut best: Option<(f64, SiteBelief)> = None;
    for prior in priors.iter().filter(|p| (p.z_m - lumen.z_m).abs() < 5e-3) {
        let mut belief = prior.clone();
        let outcome = belief.update(&measurement);
        if outcome.accepted && best.as_ref().is_none_or(|(nis, _)| outcome.nis < *nis) {
            best = Some((outcome.nis, belief));
        }
    }
    best.map(|(_, belief)| belief)
}

/// Mean and standard deviation of one believed quantity [SI].
pub(super) fn believed(belief: &SiteBelief, quantity: Quantity) -> [f64; 2] {
    [belief.value(quantity), belief.sd(quantity)]
}

/// Walls of a vessel at one place of a long-axis picture: depths without the pressing, on the scanner's scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Walls {
    pub front_m: f64,
    pub back_m: f64,
    overlays: Vec<Overlay>,
}

/// Front and back wall at `x_m` along the elements, expected about `below_face_m` below the face in the arm at rest.
pub(super) fn walls_in(frame: &UltrasoundFrame, x_m: f64, below_face_m: f64, scale: &DepthScale<'_>) -> Option<Walls> {
    let under = scale.under(&frame.pose_patient_probe, x_m);
    let walls = detect_walls(frame, x_m, under.displayed(below_face_m))?;
    if walls.confidence < WALL_CONFIDENCE_MIN || walls.front_m.is_empty() {
        return None;
    }
    // Mean over the samples within 1.5 mm of the target: the wall is smooth on that scale.
    let near: Vec<usize> =
        (0..walls.front_m.len()).filter(|i| (walls.x_first_m + *i as f64 * walls.x_pitch_m - x_m).abs() < 1.5e-3).collect();
    if near.is_empty() {
        return None;
    }
    let mean = |values: &[f64]| near.iter().map(|i| values[*i]).sum::<f64>() / near.len() as f64;
    let line = |values: &[f64], label: &str| Overlay {
        kind: "polyline".into(),
        label: label.into(),
        points_px: values
            .iter()
            .enumerate()
            .map(|(i, depth)| [frame.column(walls.x_first_m + i as f64 * walls.x_pitch_m), frame.row(*depth)])
            .collect(),
    };
    let overlays = vec![line(&walls.front_m, "front wall"), line(&walls.back_m, "back wall")];
    Some(Walls { front_m: under.unpressed(mean(&walls.front_m)), back_m: under.unpressed(mean(&walls.back_m)), overlays })
}

pub(super) fn wall_overlays(walls: &Walls) -> Vec<Overlay> {
    walls.overlays.clone()
}

/// A needle tip in a long-axis picture, true scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tip {
    pub x_m: f64,
    pub depth_m: f64,
    overlays: Vec<Overlay>,
}

/// The needle's tip near where it is expected (`expected_m`: along the elements and depth, true scale), with
/// the shaft's direction in the same plane.
pub(super) fn tip_in(frame: &UltrasoundFrame, expected_m: [f64; 2], direction: [f64; 2], sound_ratio: f64) -> Option<Tip> {
    let angle = proband_core::ops::atan2(direction[1] * sound_ratio, direction[0]);
    let near = ([expected_m[0], expected_m[1] * sound_ratio], TIP_LINE_M);
    let search = NeedleSearch { line_near: Some(near), ..NeedleSearch::at_angle(angle) };
    let needle = detect_needle_in(frame, &search, &mut PictureScratch::new())?;
    if needle.confidence < NEEDLE_CONFIDENCE_MIN {
        return None;
    }
    let shown = [frame.column(needle.tip_m[0]), frame.row(needle.tip_m[1])];
    let expected_px = [frame.column(expected_m[0]), frame.row(expected_m[1] * sound_ratio)];
    Some(Tip {
        x_m: needle.tip_m[0],
        depth_m: needle.tip_m[1] / sound_ratio,
        overlays: vec![
            Overlay { kind: "cross".into(), label: "tip seen".into(), points_px: vec![shown] },
            Overlay { kind: "cross".into(), label: "tip by encoders".into(), points_px: vec![expected_px] },
        ],
    })
}

pub(super) fn tip_overlays(tip: &Tip) -> Vec<Overlay> {
    tip.overlays.clone()
}

/// Where the encoders put the tip.
pub(super) fn expected_tip_overlay(frame: &UltrasoundFrame, expected_m: [f64; 2], sound_ratio: f64) -> Overlay {
    Overlay {
        kind: "cross".into(),
        label: "tip by encoders".into(),
        points_px: vec![[frame.column(expected_m[0]), frame.row(expected_m[1] * sound_ratio)]],
    }
}

/// Tip of the needle in the probe's plane as the encoders give it: along the elements and depth [m].
pub(super) fn expected_tip(obs: &Observation<'_>) -> [f64; 2] {
    let p = obs.pose_patient_probe.inverse() * obs.pose_patient_needle.origin();
    [p.0.x, p.0.z]
}
