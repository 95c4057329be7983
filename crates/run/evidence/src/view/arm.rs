//! The arm: skin as a height field, tubes, needle paths. Patient frame, metres.

use nalgebra::Vector3;

use crate::columns::Columns;

/// Most tubes that are drawn.
const TUBE_COUNT_MAX: usize = 200;
/// Most nodes of one tube.
const NODE_COUNT_MAX: usize = 2000;
/// Most skin points.
const SKIN_POINT_COUNT_MAX: usize = 1_000_000;

/// What a tube is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TubeKind {
    /// Vein.
    Vein,
    /// Artery.
    Artery,
    /// Nerve.
    Nerve,
    /// Bone.
    Bone,
}

/// A node of a tube.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Centre [m].
    pub p: Vector3<f64>,
    /// Semi-axis across the arm [m].
    pub semi_h_m: f64,
    /// Semi-axis along the depth [m].
    pub semi_v_m: f64,
}

/// A tube of elliptic cross-section.
#[derive(Clone, Debug)]
pub(crate) struct Tube {
    /// Name of the structure.
    pub name: String,
    /// What it is.
    pub kind: TubeKind,
    /// Nodes along it, at least two.
    pub nodes: Vec<Node>,
}

/// Read the table `anatomy`.
pub(super) fn tubes(c: &mut Columns<'_, '_>) -> Vec<Tube> {
    let (name, kind, index) = (c.words("structure"), c.words("kind"), c.numbers("index"));
    let (x, y, z) = (c.numbers("x_m"), c.numbers("y_m"), c.numbers("z_m"));
    let (h, v) = (c.numbers("semi_h_m"), c.numbers("semi_v_m"));
    let mut list: Vec<Tube> = Vec::new();
    let mut last: Option<usize> = None;
    let mut left_out = 0_usize;
    for i in 0..c.rows() {
        let kind = match kind[i].as_str() {
            "vein" => TubeKind::Vein,
            "artery" => TubeKind::Artery,
            "nerve" => TubeKind::Nerve,
            "bone" => TubeKind::Bone,
            _ => {
                left_out += 1;
                continue;
            }
        };
        let node = Node { p: Vector3::new(x[i], y[i], z[i]), semi_h_m: h[i], semi_v_m: v[i] };
        let sane = node.p.iter().all(|c| c.is_finite() && c.abs() < 10.0) && (1e-6..1.0).contains(&h[i]) && (1e-6..1.0).contains(&v[i]);
        // A tube's rows stand together; its nodes count upwards, or all carry the number of the tube.
        let goes_on = last.filter(|j| name[*j] == name[i] && (index[i] == index[*j] + 1.0 || index[i] == index[*j])).is_some()
            && list.last().is_some_and(|t| t.kind == kind && t.nodes.len() < NODE_COUNT_MAX);
        if !sane || !(goes_on || list.len() < TUBE_COUNT_MAX) {
            left_out += 1;
            continue;
        }
        last = Some(i);
        match list.last_mut().filter(|_| goes_on) {
            Some(tube) => tube.nodes.push(node),
            None => list.push(Tube { name: name[i].clone(), kind, nodes: vec![node] }),
        }
    }
    if left_out > 0 {
        c.say(format!("{left_out} nodes were left out: unknown kind, not finite, out of range or too many"));
    }
    list.retain(|t| t.nodes.len() >= 2);
    list
}

/// The skin as a height field y(x, z) on a regular grid, x fastest.
#[derive(Clone, Debug)]
pub(crate) struct Skin {
    /// Number of points across.
    pub nx: usize,
    /// Number of points along.
    pub nz: usize,
    /// First x [m].
    pub x0_m: f64,
    /// Step in x [m].
    pub dx_m: f64,
    /// First z [m].
    pub z0_m: f64,
    /// Step in z [m].
    pub dz_m: f64,
    /// Heights [m], `nx * nz`.
    pub y_m: Vec<f64>,
}

impl Skin {
    /// Read the table `skin`; `None`, with a note, when it is no regular grid.
    pub fn read(c: &mut Columns<'_, '_>) -> Option<Self> {
        let (x, z, y) = (c.numbers("x_m"), c.numbers("z_m"), c.numbers("y_m"));
        match Self::from_rows(&x, &z, y) {
            Ok(skin) => Some(skin),
            Err(what) => {
                c.say(what);
                None
            }
        }
    }

    fn from_rows(x: &[f64], z: &[f64], y: Vec<f64>) -> Result<Self, String> {
        let rows = y.len();
        if !(4..=SKIN_POINT_COUNT_MAX).contains(&rows) {
            return Err(format!("{rows} points, 4 to {SKIN_POINT_COUNT_MAX} make a skin"));
        }
        if [x, z, &y].iter().any(|v| v.iter().any(|p| !p.is_finite() || p.abs() > 10.0)) {
            return Err("a point is not finite or farther than 10 m".into());
        }
        let nx = (1..rows).find(|i| z[*i] != z[0]).unwrap_or(rows);
        let nz = rows / nx;
        if nx < 2 || nz < 2 || nx * nz != rows {
            return Err("the points are no grid with x fastest".into());
        }
        let (dx, dz) = ((x[nx - 1] - x[0]) / (nx - 1) as f64, (z[rows - 1] - z[0]) / (nz - 1) as f64);
        let regular = |i: usize| {
            let (want_x, want_z) = (x[0] + dx * (i % nx) as f64, z[0] + dz * (i / nx) as f64);
            (x[i] - want_x).abs() <= 1e-3 * dx.abs() && (z[i] - want_z).abs() <= 1e-3 * dz.abs()
        };
        if dx <= 0.0 || dz <= 0.0 || !(0..rows).all(regular) {
            return Err("the points are no regular grid with growing x and z".into());
        }
        Ok(Self { nx, nz, x0_m: x[0], dx_m: dx, z0_m: z[0], dz_m: dz, y_m: y })
    }

    /// Height of the skin [m] at (x, z), bilinear; `None` outside of the grid.
    pub fn y_at(&self, x: f64, z: f64) -> Option<f64> {
        let (u, w) = ((x - self.x0_m) / self.dx_m, (z - self.z0_m) / self.dz_m);
        if !(u >= 0.0 && w >= 0.0 && u <= (self.nx - 1) as f64 && w <= (self.nz - 1) as f64) {
            return None;
        }
        let (i, k) = ((u.floor() as usize).min(self.nx - 2), (w.floor() as usize).min(self.nz - 2));
        let (fu, fw) = (u - i as f64, w - k as f64);
        let at = |i: usize, k: usize| self.y_m[k * self.nx + i];
        let near = at(i, k) * (1.0 - fu) + at(i + 1, k) * fu;
        let far = at(i, k + 1) * (1.0 - fu) + at(i + 1, k + 1) * fu;
        Some(near * (1.0 - fw) + far * fw)
    }
}

/// Needle path of one attempt; missing points are `None`.
#[derive(Clone, Debug)]
pub(crate) struct NeedlePath {
    /// Attempt, from 1.
    pub attempt: f64,
    /// Where the needle went in.
    pub entry: Option<Vector3<f64>>,
    /// Where the tip came to rest.
    pub tip: Option<Vector3<f64>>,
    /// Where it should have gone in.
    pub planned_entry: Option<Vector3<f64>>,
    /// Where the tip should have come to rest.
    pub planned_tip: Option<Vector3<f64>>,
    /// Centre of the lumen that was aimed at.
    pub target: Option<Vector3<f64>>,
}

/// Read the table `needle`, in order of attempts.
pub(super) fn needles(c: &mut Columns<'_, '_>) -> Vec<NeedlePath> {
    let attempt = c.numbers("attempt");
    let mut points = |name: &str| {
        let (x, y, z) = (c.numbers(&format!("{name}_x_m")), c.numbers(&format!("{name}_y_m")), c.numbers(&format!("{name}_z_m")));
        let point = |((x, y), z)| {
            let p = Vector3::new(x, y, z);
            p.iter().all(|c: &f64| c.is_finite() && c.abs() < 10.0).then_some(p)
        };
        x.into_iter().zip(y).zip(z).map(point).collect::<Vec<_>>()
    };
    let (entry, tip, planned_entry) = (points("entry"), points("tip"), points("planned_entry"));
    let (planned_tip, target) = (points("planned_tip"), points("target"));
    let mut list: Vec<NeedlePath> = (0..c.rows())
        .map(|i| NeedlePath {
            attempt: attempt[i],
            entry: entry[i],
            tip: tip[i],
            planned_entry: planned_entry[i],
            planned_tip: planned_tip[i],
            target: target[i],
        })
        .collect();
    list.sort_by(|a, b| a.attempt.total_cmp(&b.attempt));
    list
}
