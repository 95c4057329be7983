//! From an arm under a probe to the section that the sound sees.

use proband_anatomy::{Arm, Crossing, Ray, Structure, Tissue, VesselDeform};
use proband_core::{Patient, Pose, Position, Probe};
use proband_sound::{BModeSpec, COLUMN_COUNT, Column, NeedleTrack, Raster, Section, Strain, Texture};

use crate::{UltrasoundInput, UltrasoundProbeSpec};

/// The rays begin this far outside of the face, so that they meet the skin even when the face presses it in [m].
const BACK_M: f64 = 8e-3;
/// Places along the picture where the layers are looked up; they are straight in between.
const LAYER_COUNT: usize = 17;
/// Gap over which contact is lost once the gel no longer fills it [m]. Prior: unverified.
const CONTACT_FADE_M: f64 = 0.3e-3;

/// A lumen in a column: for colour Doppler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LumenSpan {
    pub column: usize,
    pub vessel: u16,
    pub arc_m: f64,
    /// True depth below the face [m].
    pub top_m: f64,
    pub bottom_m: f64,
}

/// Reused memory of the builder.
#[derive(Clone, Debug)]
pub(crate) struct Builder {
    pub section: Section,
    pub lumens: Vec<LumenSpan>,
    crossings: Vec<Crossing>,
    /// Deformation grown by the walls, so that crossings are those of the outer side.
    outer: Vec<VesselDeform>,
    /// sin of the angle between each vessel and the face, near the probe.
    slope: Vec<f32>,
}

/// Depths along a column of the layers' upper ends, from the skin (undeformed) [m].
#[derive(Clone, Copy)]
struct LayerDepths {
    /// Skin below the face; negative when pressed in [m].
    skin_m: f64,
    /// Epidermis, dermis and fat, lower ends below the skin [m].
    ends_m: [f64; 3],
}

/// How tissue below a column moves: pressed evenly down to some depth.
#[derive(Clone, Copy)]
struct Press {
    gap_m: f64,
    indent_m: f64,
    depth_m: f64,
}

impl Press {
    /// Depth below the face now of what lies `below_skin_m` under the undeformed skin [m].
    fn now(&self, below_skin_m: f64) -> f64 {
        let moved = self.indent_m * (below_skin_m / self.depth_m).min(1.0);
        self.gap_m + (below_skin_m - moved).max(0.0)
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            section: Section::uniform(Tissue::Muscle, 1e-3),
            lumens: Vec::with_capacity(4 * COLUMN_COUNT),
            crossings: Vec::with_capacity(32),
            outer: Vec::with_capacity(16),
            slope: Vec::with_capacity(16),
        }
    }

    /// Build the section under the probe.
    pub(crate) fn build(&mut self, spec: &UltrasoundProbeSpec, raster: &Raster, input: &UltrasoundInput<'_>, epoch: u32) {
        let column_count = raster.column_count;
        if self.section.columns.len() != column_count {
            self.section = Section::uniform_wide(Tissue::Muscle, 1e-3, column_count);
        }
        let pose = input.pose_patient_probe;
        let (lateral, axial) = (pose.axis(0).0, pose.axis(2).0);
        self.section.texture =
            Texture { origin_m: pose.origin().0.coords.into(), lateral: lateral.into(), axial: axial.into(), blood_epoch: epoch };
        self.lumens.clear();
        self.grow_by_walls(input, &pose);
        let pitch_m = spec.bmode.width_m / column_count as f64;
        let layer_step = column_count.div_ceil(LAYER_COUNT - 1);
        let x_of = |column: f64| (column - 0.5 * (column_count as f64 - 1.0)) * pitch_m;
        let ray_at = |x_m: f64| Ray {
            origin: pose * Position::<Probe>::new(x_m, 0.0, -BACK_M),
            direction: pose.axis(2),
            length_m: BACK_M + 1.15 * spec.bmode.depth_m,
        };
        let mut layers = [LayerDepths { skin_m: 0.0, ends_m: [0.0; 3] }; LAYER_COUNT];
        for (k, layer) in layers.iter_mut().enumerate() {
            *layer = layers_along(input.arm, &ray_at(x_of((k * layer_step) as f64)));
        }
        for column in 0..column_count {
            let x_m = x_of(column as f64);
            let (layer, slopes) = layer_at(&layers, column, layer_step, pitch_m);
            let press = Press {
                gap_m: layer.skin_m.max(0.0),
                indent_m: (-layer.skin_m).clamp(0.0, 0.8 * spec.compression_depth_m),
                depth_m: spec.compression_depth_m,
            };
            input.arm.crossings(&ray_at(x_m), &self.outer, &mut self.crossings);
            let on_face = x_m.abs() <= 0.5 * spec.face_length_m;
            self.fill(column, spec, &layer, &slopes, &press, input.arm, on_face);
            // The loop's picture keeps its scatterers where the face is: one press is small there.
            if *raster != Raster::LOOP && press.indent_m > 0.0 {
                let bottom_m = spec.compression_depth_m - press.indent_m;
                self.section.columns[column].strain =
                    Strain { top_m: press.gap_m as f32, bottom_m: bottom_m as f32, lift_m: press.indent_m as f32 };
            }
        }
        self.section.needle = input.needle.and_then(|needle| {
            let to_probe = pose.inverse();
            let tip = (to_probe * needle.p_patient_tip).0;
            let shaft = (to_probe * needle.p_patient_shaft).0;
            track(&spec.bmode, tip.into(), shaft.into(), needle.outer_diameter_m, input.needle_steer_rad)
        });
    }

    /// Grow each vessel by its wall and note how steeply it runs, where the probe is.
    fn grow_by_walls(&mut self, input: &UltrasoundInput<'_>, pose: &Pose<Patient, Probe>) {
        self.outer.clear();
        self.slope.clear();
        let z_m = pose.origin().0.z;
        let axial = pose.axis(2).0;
        for (i, vessel) in input.arm.vessels().iter().enumerate() {
            let mut deform = input.deform.get(i).copied().unwrap_or_else(VesselDeform::none);
            let node = vessel.at_z(z_m);
            deform.scale_h = deform.scale_h.max(0.0) + vessel.wall_m / node.semi_h_m.max(1e-5);
            deform.scale_v = deform.scale_v.max(0.0) + vessel.wall_m / node.semi_v_m.max(1e-5);
            self.outer.push(deform);
            let sine = node.tangent.0.dot(&axial).clamp(-0.99, 0.99);
            self.slope.push((sine / (1.0 - sine * sine).sqrt()) as f32);
        }
    }

    /// Paint one column: layers, bones, nerves, walls, lumina.
    #[expect(clippy::too_many_arguments, reason = "one column's geometry, each piece computed by the caller once")]
    fn fill(
        &mut self,
        index: usize,
        spec: &UltrasoundProbeSpec,
        layer: &LayerDepths,
        slopes: &[f32; 4],
        press: &Press,
        arm: &Arm,
        on_face: bool,
    ) {
        let mut column = Column::filled(Tissue::Muscle, 1.3 * spec.bmode.depth_m as f32);
        let open_m = press.gap_m - spec.gel_m;
        column.coupling = if on_face { (1.0 - open_m / CONTACT_FADE_M).clamp(0.0, 1.0) as f32 } else { 0.0 };
        column.gel_m = press.gap_m as f32;
        column.top_slope = slopes[0];
        let ends = layer.ends_m.map(|end_m| press.now(end_m) as f32);
        let mut top_m = press.gap_m as f32;
        for (k, tissue) in [Tissue::Epidermis, Tissue::Dermis, Tissue::Fat].into_iter().enumerate() {
            column.paint(tissue, top_m, ends[k], slopes[k], slopes[k + 1]);
            top_m = ends[k];
        }
        let depth = |along_m: f64| press.now(along_m - BACK_M - layer.skin_m);
        // Bones and nerves first, walls over them, lumina last: where two veins join, the joint is open.
        for crossing in &self.crossings {
            let tissue = match crossing.structure {
                Structure::Bone(_) => Tissue::Bone,
                Structure::Nerve(_) => Tissue::Nerve,
                Structure::Vessel(_) => continue,
            };
            let slope = ellipse_slope(crossing.offset_m, crossing.semi_lateral_m, crossing.semi_depth_m);
            column.paint(tissue, depth(crossing.enter_m) as f32, depth(crossing.exit_m) as f32, slope, slope);
        }
        for crossing in &self.crossings {
            let Structure::Vessel(vessel) = crossing.structure else { continue };
            let slope = ellipse_slope(crossing.offset_m, crossing.semi_lateral_m, crossing.semi_depth_m)
                .hypot_fast(self.slope[usize::from(vessel)]);
            let wall = if arm.vessels()[usize::from(vessel)].is_artery { Tissue::ArteryWall } else { Tissue::VeinWall };
            column.paint(wall, depth(crossing.enter_m) as f32, depth(crossing.exit_m) as f32, slope, slope);
        }
        for crossing in &self.crossings {
            let Structure::Vessel(vessel) = crossing.structure else { continue };
            let vessel_of = &arm.vessels()[usize::from(vessel)];
            let Some((enter_m, exit_m)) = lumen(crossing, vessel_of.wall_m) else { continue };
            let (top_m, bottom_m) = (depth(enter_m), depth(exit_m));
            let (a, b) = (crossing.semi_lateral_m - vessel_of.wall_m, crossing.semi_depth_m - vessel_of.wall_m);
            let slope = ellipse_slope(crossing.offset_m, a, b).hypot_fast(self.slope[usize::from(vessel)]);
            let tissue = if vessel_of.is_artery { Tissue::ArteryLumen } else { Tissue::VeinLumen };
            column.paint(tissue, top_m as f32, bottom_m as f32, slope, slope);
            self.lumens.push(LumenSpan { column: index, vessel, arc_m: crossing.arc_m, top_m, bottom_m });
        }
        self.section.columns[index] = column;
    }
}

/// √(x² + y²) of two slopes.
trait Combine {
    fn hypot_fast(self, other: f32) -> f32;
}

impl Combine for f32 {
    fn hypot_fast(self, other: f32) -> f32 {
        (self * self + other * other).sqrt()
    }
}

/// The lumen's part of a crossing of a vessel's outer side: the inner ellipse at the same offset.
fn lumen(outer: &Crossing, wall_m: f64) -> Option<(f64, f64)> {
    let (a, b) = (outer.semi_lateral_m - wall_m, outer.semi_depth_m - wall_m);
    if a <= 1e-5 || b <= 1e-5 || outer.offset_m.abs() >= a {
        return None;
    }
    let chord = |semi_lateral: f64, semi_depth: f64| {
        let u = outer.offset_m / semi_lateral;
        semi_depth * (1.0 - u * u).max(0.0).sqrt()
    };
    let whole = chord(outer.semi_lateral_m, outer.semi_depth_m);
    if whole <= 1e-6 {
        return None;
    }
    // A ray that crosses obliquely has longer chords in the same proportion.
    let ratio = (chord(a, b) / whole).min(1.0);
    let (middle, half) = (0.5 * (outer.enter_m + outer.exit_m), 0.5 * (outer.exit_m - outer.enter_m));
    Some((middle - half * ratio, middle + half * ratio))
}

/// Tangent of the tilt of an ellipse's upper and lower side at a lateral offset from its middle.
fn ellipse_slope(offset_m: f64, semi_lateral_m: f64, semi_depth_m: f64) -> f32 {
    let u = (offset_m / semi_lateral_m).clamp(-0.999, 0.999);
    (semi_depth_m / semi_lateral_m * u.abs() / (1.0 - u * u).sqrt()) as f32
}

fn layers_along(arm: &Arm, ray: &Ray) -> LayerDepths {
    let at = arm.interfaces(ray);
    if !at.skin_m.is_finite() {
        // Beside the arm: nothing but gap.
        return LayerDepths { skin_m: ray.length_m, ends_m: [0.0; 3] };
    }
    let below = |m: f64| (m.min(ray.length_m) - at.skin_m).max(0.0);
    LayerDepths { skin_m: at.skin_m - BACK_M, ends_m: [below(at.dermis_m), below(at.fat_m), below(at.muscle_m)] }
}

/// Layers of a column between two places where they were looked up, with the slopes of the four boundaries.
fn layer_at(layers: &[LayerDepths; LAYER_COUNT], column: usize, layer_step: usize, pitch_m: f64) -> (LayerDepths, [f32; 4]) {
    let (k, part) = (column / layer_step, (column % layer_step) as f64 / layer_step as f64);
    let (a, b) = (&layers[k], &layers[k + 1]);
    let mix = |x: f64, y: f64| x + (y - x) * part;
    let run_m = layer_step as f64 * pitch_m;
    let skin_slope = if a.skin_m < 0.0 && b.skin_m < 0.0 { 0.0 } else { (b.skin_m - a.skin_m) / run_m };
    let slope = |i: usize| (skin_slope + (b.ends_m[i] - a.ends_m[i]) / run_m) as f32;
    (
        LayerDepths { skin_m: mix(a.skin_m, b.skin_m), ends_m: std::array::from_fn(|i| mix(a.ends_m[i], b.ends_m[i])) },
        [skin_slope as f32, slope(0), slope(1), slope(2)],
    )
}

/// The needle from the face down, if it is near enough to the plane.
fn track(bmode: &BModeSpec, tip: [f64; 3], shaft: [f64; 3], outer_diameter_m: f64, steer_rad: f64) -> Option<NeedleTrack> {
    if tip[2] <= 0.0 {
        return None;
    }
    // Cut at the face.
    let t = if shaft[2] < 0.0 { -shaft[2] / (tip[2] - shaft[2]) } else { 0.0 };
    let start: [f64; 3] = std::array::from_fn(|i| shaft[i] + t * (tip[i] - shaft[i]));
    let reach_m = 2.0 * bmode.elevation_width_m;
    let near = start[1].abs().min(tip[1].abs()) < reach_m || start[1] * tip[1] < 0.0;
    near.then_some(NeedleTrack { start_m: start, tip_m: tip, outer_diameter_m, steer_rad })
}
