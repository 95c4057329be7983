//! Lumens in a short-axis picture: dark ovals between bright walls.

use proband_sensor::UltrasoundFrame;

use super::ultrasound::LumenDetection;
use super::ultrasound_accuracy::{LUMEN_BIAS, LumenBias};
use super::ultrasound_picture::PictureScratch;

/// Most lumens that are reported per picture.
pub const LUMEN_COUNT_MAX: usize = 8;

/// What a lumen may look like.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LumenSearch {
    /// Shallowest depth of a centre [m].
    pub depth_min_m: f64,
    /// Greatest depth of a centre [m].
    pub depth_max_m: f64,
    /// Smallest vertical half extent [m].
    pub semi_min_m: f64,
    /// Greatest vertical half extent [m].
    pub semi_max_m: f64,
    /// Least confidence that is reported [1].
    pub confidence_min: f64,
}

impl LumenSearch {
    /// Superficial veins of the elbow and the artery under them.
    ///
    /// # Source
    /// Antecubital veins: depth 2.2–8.9 mm, vertical diameter 1.6–5.1 mm (5th to 95th percentile of
    /// log-normal fits to Park 2023, J Vasc Access), widened on both sides. Confidence: prior, unverified.
    #[must_use]
    pub const fn elbow() -> Self {
        Self { depth_min_m: 1.5e-3, depth_max_m: 20e-3, semi_min_m: 0.35e-3, semi_max_m: 4.5e-3, confidence_min: 0.3 }
    }
}

/// Vertical half extents that are tried [m].
const SCALES_M: [f32; 6] = [0.5e-3, 0.75e-3, 1.1e-3, 1.6e-3, 2.3e-3, 3.2e-3];
/// Width over height of the ovals that are tried [1]; the fit finds the true one. Mean of veins 1.48 (Park 2023).
const ASPECT: f32 = 1.35;
/// Rays from the middle to the wall.
const RAY_COUNT: usize = 32;
/// Step along a ray [m].
const RAY_STEP_M: f32 = 0.075e-3;

#[derive(Clone, Copy, Debug)]
struct Candidate {
    score: f32,
    column: f32,
    row: f32,
    /// Half extents [m].
    lateral_m: f32,
    depth_m: f32,
}

/// An ellipse around a middle in metres from the candidate's: points (x + a cos t, z + b sin t + shear·a cos t).
#[derive(Clone, Copy, Debug)]
struct Ellipse {
    x: f32,
    z: f32,
    /// Half width [m].
    a: f32,
    /// Half of the longest chord along the depth [m].
    b: f32,
    /// How the middles of the chords fall along the elements [1]: 0 when upright.
    shear: f32,
}

/// Find the lumens of an elbow, see [`detect_lumens_in`].
#[must_use]
pub fn detect_lumens(frame: &UltrasoundFrame) -> Vec<LumenDetection> {
    detect_lumens_in(frame, &LumenSearch::elbow(), &mut PictureScratch::new())
}

/// Find lumens, most confident first, at most [`LUMEN_COUNT_MAX`].
///
/// Rectangles darker than what lies above, below and beside them are found at six sizes; from the middle of
/// each, rays run to where the grey level passes half way to that of the surroundings; an ellipse is fitted
/// to these points with outliers weighed down; of a tilted one, height and width are its longest chord along
/// the depth and its extent along the elements. Extents are corrected by the blur of the picture as measured
/// ([`LUMEN_BIAS`]).
pub fn detect_lumens_in(frame: &UltrasoundFrame, search: &LumenSearch, scratch: &mut PictureScratch) -> Vec<LumenDetection> {
    let mut found = Vec::new();
    if !scratch.load(frame) {
        return found;
    }
    let mut candidates = seek(frame, search, scratch);
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.total_cmp(&b.row)).then(a.column.total_cmp(&b.column)));
    let mut tried: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if tried.len() >= 2 * LUMEN_COUNT_MAX {
            break;
        }
        if tried.iter().any(|t| t.covers(&candidate, frame)) {
            continue;
        }
        tried.push(candidate);
        if let Some(lumen) = outline(frame, search, scratch, &candidate) {
            merge(&mut found, lumen);
        }
    }
    found.sort_by(|a: &LumenDetection, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(LUMEN_COUNT_MAX);
    found
}

impl Candidate {
    fn covers(&self, other: &Self, frame: &UltrasoundFrame) -> bool {
        let dx = (other.column - self.column) * frame.column_pitch_m as f32 / self.lateral_m;
        let dz = (other.row - self.row) * frame.row_pitch_m as f32 / self.depth_m;
        dx * dx + dz * dz < 1.2
    }
}

/// Keep one of two outlines of the same lumen: the more confident one.
fn merge(found: &mut Vec<LumenDetection>, lumen: LumenDetection) {
    let same = found.iter_mut().find(|f| {
        let dx = (f.x_m - lumen.x_m) / f.semi_lateral_m.max(lumen.semi_lateral_m);
        let dz = (f.depth_m - lumen.depth_m) / f.semi_depth_m.max(lumen.semi_depth_m);
        dx * dx + dz * dz < 1.0
    });
    match same {
        Some(known) if known.confidence < lumen.confidence => *known = lumen,
        Some(_) => {}
        None => found.push(lumen),
    }
}

/// Rectangles that are darker than their surroundings.
fn seek(frame: &UltrasoundFrame, search: &LumenSearch, picture: &PictureScratch) -> Vec<Candidate> {
    let (pitch_x, pitch_z) = (frame.column_pitch_m as f32, frame.row_pitch_m as f32);
    let (first, last) =
        ((search.depth_min_m as f32 / pitch_z) as i32, ((search.depth_max_m as f32 / pitch_z) as i32).min(picture.rows as i32));
    let mut out = Vec::new();
    let Some(tissue) = picture.mean(0, picture.columns as i32, first, (first + last) / 2) else { return out };
    let dark = 0.62 * tissue;
    for scale_m in SCALES_M {
        if f64::from(scale_m) > search.semi_max_m {
            break;
        }
        let b = scale_m / pitch_z;
        let a = scale_m * ASPECT / pitch_x;
        let whole = |x: f32| x.round() as i32;
        let (inner_x, inner_z) = (whole(0.6 * a).max(1), whole(0.6 * b).max(1));
        let (near_z, far_z) = (whole(1.15 * b).max(inner_z + 1), whole(1.15 * b + 0.6e-3 / pitch_z).max(inner_z + 3));
        let (near_x, far_x) = (whole(1.15 * a).max(inner_x + 1), whole(1.15 * a + 0.6e-3 / pitch_x).max(inner_x + 3));
        let step = whole(0.4 * a.min(b)).max(2);
        let mut row = first.max(inner_z);
        while row < last {
            let mut column = inner_x;
            while column < picture.columns as i32 - inner_x {
                let inside = picture.mean(column - inner_x, column + inner_x + 1, row - inner_z, row + inner_z + 1);
                if let Some(inside) = inside.filter(|m| *m < dark) {
                    let above = picture.mean(column - inner_x, column + inner_x + 1, row - far_z, row - near_z).unwrap_or(0.0);
                    let below = picture.mean(column - inner_x, column + inner_x + 1, row + near_z, row + far_z).unwrap_or(0.0);
                    let left = picture.mean(column - far_x, column - near_x, row - inner_z, row + inner_z + 1).unwrap_or(inside);
                    let right = picture.mean(column + near_x, column + far_x, row - inner_z, row + inner_z + 1).unwrap_or(inside);
                    // Walls above and below must both be there; the sides may fade.
                    let around = above.min(below).min(0.5 * (above + below + left + right) * 0.6 + 0.2 * left.min(right));
                    let score = (around - inside) / (around + inside + 20.0);
                    if score > 0.3 {
                        out.push(Candidate {
                            score: score * (1.0 + 0.15 * scale_m * 1e3).min(1.4),
                            column: column as f32,
                            row: row as f32,
                            lateral_m: scale_m * ASPECT,
                            depth_m: scale_m,
                        });
                    }
                }
                column += step;
            }
            row += step;
        }
    }
    out
}

/// Outline of the lumen around a candidate.
fn outline(frame: &UltrasoundFrame, search: &LumenSearch, picture: &PictureScratch, seed: &Candidate) -> Option<LumenDetection> {
    let mut ellipse = Ellipse { x: 0.0, z: 0.0, a: seed.lateral_m, b: seed.depth_m, shear: 0.0 };
    let mut fit = Fit { inliers: 0.0, residual: 1.0 };
    let mut levels = Levels { inside: 0.0, around: 0.0 };
    for _ in 0..3 {
        let (points, new_levels) = cast(frame, picture, seed, &ellipse)?;
        levels = new_levels;
        (ellipse, fit) = fit_ellipse(&points, &ellipse)?;
        if ellipse.a < 0.2e-3 || ellipse.b < 0.15e-3 || ellipse.a > 12e-3 || ellipse.b > 8e-3 {
            return None;
        }
    }
    let LumenBias { lateral_m, depth_m, centre_m } = LUMEN_BIAS;
    let lumen = LumenDetection {
        x_m: frame.x_m(f64::from(seed.column)) + f64::from(ellipse.x),
        depth_m: frame.depth_m(f64::from(seed.row)) + f64::from(ellipse.z) - centre_m,
        semi_lateral_m: f64::from(ellipse.a) - lateral_m,
        semi_depth_m: f64::from(ellipse.b) - depth_m,
        contrast: f64::from((levels.around - levels.inside) / 255.0),
        confidence: f64::from(confidence(&ellipse, &fit, &levels)),
    };
    let size = (search.semi_min_m..=search.semi_max_m).contains(&lumen.semi_depth_m);
    let depth = (search.depth_min_m..=search.depth_max_m).contains(&lumen.depth_m);
    (size && depth && lumen.confidence >= search.confidence_min).then_some(lumen)
}

/// Grey levels that set where the wall is.
#[derive(Clone, Copy, Debug)]
struct Levels {
    inside: f32,
    around: f32,
}

/// Points of the wall [m from the candidate's middle], one per ray that found it.
fn cast(frame: &UltrasoundFrame, picture: &PictureScratch, seed: &Candidate, ellipse: &Ellipse) -> Option<(Vec<[f32; 2]>, Levels)> {
    let (px, pz) = (1.0 / frame.column_pitch_m as f32, 1.0 / frame.row_pitch_m as f32);
    let sample = |x: f32, z: f32| picture.at(seed.column + x * px, seed.row + z * pz);
    let mut inside = 0.0;
    let mut around = 0.0;
    for (cos, sin) in RAYS {
        let (x, z) = (0.5 * ellipse.a * cos, 0.5 * ellipse.b * sin);
        inside += sample(ellipse.x + x, ellipse.z + z + ellipse.shear * x);
        let (x, z) = ((ellipse.a + 0.35e-3) * cos, (ellipse.b + 0.35e-3) * sin);
        around += sample(ellipse.x + x, ellipse.z + z + ellipse.shear * x);
    }
    let levels = Levels { inside: inside / RAY_COUNT as f32, around: around / RAY_COUNT as f32 };
    if levels.around - levels.inside < 8.0 {
        return None;
    }
    let threshold = levels.inside + 0.5 * (levels.around - levels.inside);
    let mut points = Vec::with_capacity(RAY_COUNT);
    for (cos, sin) in RAYS {
        // Rays at equal angles of the ellipse's parameter; step in metres.
        let (dx, dz) = (ellipse.a * cos, ellipse.b * sin + ellipse.shear * ellipse.a * cos);
        let expected = (dx * dx + dz * dz).sqrt();
        let (dx, dz) = (dx / expected, dz / expected);
        let count = ((1.6 * expected + 0.9e-3) / RAY_STEP_M) as usize;
        let mut last = sample(ellipse.x, ellipse.z);
        for k in 1..=count {
            let r = k as f32 * RAY_STEP_M;
            let value = sample(ellipse.x + dx * r, ellipse.z + dz * r);
            if value >= threshold && r > 0.35 * expected {
                let part = if value > last { ((threshold - last) / (value - last)).clamp(0.0, 1.0) } else { 0.5 };
                let r = r - (1.0 - part) * RAY_STEP_M;
                points.push([ellipse.x + dx * r, ellipse.z + dz * r]);
                break;
            }
            last = value;
        }
    }
    (points.len() >= RAY_COUNT / 2).then_some((points, levels))
}

struct Fit {
    /// Rays that agree with the ellipse [1].
    inliers: f32,
    /// Typical distance of the agreeing points from it [m].
    residual: f32,
}

/// Least squares of A x² + B z² + C x + D z + E x z = 1, with the distance of each point weighing it down.
fn fit_ellipse(points: &[[f32; 2]], start: &Ellipse) -> Option<(Ellipse, Fit)> {
    const SCALE: f64 = 1e3;
    const OUTLIER_M: f64 = 0.35e-3;
    let mut weights = [1.0_f64; RAY_COUNT];
    let mut ellipse = *start;
    let mut fit = Fit { inliers: 0.0, residual: 0.0 };
    // About the start's middle, in units of its half extents: well conditioned.
    let (unit_x, unit_z) = (f64::from(start.a) * SCALE, f64::from(start.b) * SCALE);
    let local: Vec<(f64, f64)> =
        points.iter().map(|p| (f64::from(p[0] - start.x) * SCALE / unit_x, f64::from(p[1] - start.z) * SCALE / unit_z)).collect();
    for round in 0..4 {
        // A pull towards an upright ellipse: small lumens do not show their tilt.
        let mut matrix = nalgebra::SMatrix::<f64, 5, 5>::zeros();
        matrix[(4, 4)] = 0.5;
        let mut right = nalgebra::SVector::<f64, 5>::zeros();
        for ((x, z), w) in local.iter().zip(&weights) {
            let row = nalgebra::SVector::<f64, 5>::from([x * x, z * z, *x, *z, x * z]);
            matrix += row * row.transpose() * *w;
            right += row * *w;
        }
        let s = matrix.cholesky()?.solve(&right);
        let (a, b, e) = (s[0], s[1], s[4]);
        let determinant = a * b - 0.25 * e * e;
        if !(a > 1e-3 && b > 1e-3 && determinant > 1e-4) {
            return None;
        }
        let (x, z) = ((0.25 * e * s[3] - 0.5 * b * s[2]) / determinant, (0.25 * e * s[2] - 0.5 * a * s[3]) / determinant);
        let level = 1.0 + a * x * x + b * z * z + e * x * z;
        // Half of the longest chord along the depth, and half the width of an upright ellipse of the same area.
        let (half_x, half_z) = ((level * b / determinant).sqrt(), (level / b).sqrt());
        ellipse = Ellipse {
            x: start.x + (x * unit_x / SCALE) as f32,
            z: start.z + (z * unit_z / SCALE) as f32,
            a: (half_x * unit_x / SCALE) as f32,
            b: (half_z * unit_z / SCALE) as f32,
            shear: (-0.5 * e / b * unit_z / unit_x) as f32,
        };
        let (mut inliers, mut square) = (0.0, 0.0);
        for ((px, pz), w) in local.iter().zip(&mut weights) {
            let (u, v) = (px - x, pz - z);
            let radius = ((a * u * u + b * v * v + e * u * v) / level).max(1e-12).sqrt();
            let arm = (u * u * unit_x * unit_x + v * v * unit_z * unit_z).sqrt() / SCALE;
            let miss = arm * (1.0 - 1.0 / radius);
            let t = (miss / OUTLIER_M).abs().min(1.0);
            *w = (1.0 - t * t) * (1.0 - t * t);
            inliers += *w;
            square += *w * miss * miss;
        }
        fit = Fit { inliers: (inliers / RAY_COUNT as f64) as f32, residual: (square / inliers.max(1e-6)).sqrt() as f32 };
        if round > 0 && fit.inliers < 0.35 {
            return None;
        }
    }
    Some((ellipse, fit))
}

/// How much it looks like a vessel [1]. The factors are priors; the report of the detector says how often it is right.
fn confidence(ellipse: &Ellipse, fit: &Fit, levels: &Levels) -> f32 {
    let ramp = |x: f32, low: f32, high: f32| ((x - low) / (high - low)).clamp(0.0, 1.0);
    let contrast = ramp((levels.around - levels.inside) / (levels.around + levels.inside + 10.0), 0.2, 0.6);
    // Dim spots in muscle reach 20 to 40 grey levels, lumens more.
    let strong = ramp(levels.around - levels.inside, 12.0, 55.0);
    let dark = 1.0 - ramp(levels.inside, 40.0, 110.0);
    let round = ramp(fit.inliers, 0.4, 0.8);
    let neat = 1.0 - ramp(fit.residual / (0.5 * (ellipse.a + ellipse.b)), 0.05, 0.35);
    let aspect = ellipse.a / ellipse.b;
    let shape = ramp(aspect, 0.5, 0.75) * (1.0 - ramp(aspect, 3.5, 5.0));
    contrast * strong * dark * round * neat * shape
}

/// Cosine and sine of the rays' angles, equally spaced; computed at compile time by rotation.
const RAYS: [(f32, f32); RAY_COUNT] = rays();

const fn rays() -> [(f32, f32); RAY_COUNT] {
    // cos and sin of 2π/32.
    let (step_cos, step_sin) = (0.980_785_280_403_230_4_f64, 0.195_090_322_016_128_28_f64);
    let mut out = [(1.0, 0.0); RAY_COUNT];
    let (mut cos, mut sin) = (1.0_f64, 0.0_f64);
    let mut k = 0;
    while k < RAY_COUNT {
        out[k] = (cos as f32, sin as f32);
        (cos, sin) = (cos * step_cos - sin * step_sin, sin * step_cos + cos * step_sin);
        k += 1;
    }
    out
}
