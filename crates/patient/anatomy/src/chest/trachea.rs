//! Where the trachea is: a round dark spot near the middle that goes on from slice to slice.

use proband_core::Patient;
use proband_volume::Volume;

/// Darkest and largest CT value in the trachea [HU]; area [mm²], distance from the body's middle [mm], length over
/// which the spot must go on [mm], and how far it may move from slice to slice [mm]. Prior: unverified, usual anatomy
/// (adult trachea 13–25 mm wide).
const AIR_HU: i16 = -900;
const AREA_MM2: std::ops::RangeInclusive<f64> = 80.0..=600.0;
const OFF_MIDDLE_MM: f64 = 40.0;
const LENGTH_MM: f64 = 10.0;
const DRIFT_MM: f64 = 3.0;
/// CT value above which a voxel is body [HU], and the share of slices that is searched from the head down.
const BODY_HU: i16 = -300;
const SEARCHED: f64 = 0.4;

/// A spot in a slice: centre [voxels] and a voxel of it near the centre.
#[derive(Clone, Copy)]
struct Spot {
    centre: [f64; 2],
    voxel: usize,
}

/// Place in memory of a voxel in the trachea, if one is found.
pub(super) fn trachea_seed(ct: &Volume<i16>) -> Option<usize> {
    let [nx, ny, nz] = ct.size().map(|n| n as usize);
    let step = ct.grid().spacing_m().map(|s| s * 1e3);
    let searched = ((nz as f64 * SEARCHED).ceil() as usize).max((2.0 * LENGTH_MM / step[2]) as usize).min(nz);
    let head_first = ct.grid().step(2).0.z > 0.0;
    let mut chains: Vec<Vec<Spot>> = Vec::new();
    for i in 0..searched {
        let z = if head_first { nz - 1 - i } else { i };
        let mut next = Vec::new();
        for spot in spots(&ct.data()[z * nx * ny..(z + 1) * nx * ny], nx, step, z * nx * ny) {
            let near = |c: &&Vec<Spot>| {
                c.last().is_some_and(|l| {
                    let (x, y) = ((l.centre[0] - spot.centre[0]) * step[0], (l.centre[1] - spot.centre[1]) * step[1]);
                    x * x + y * y < DRIFT_MM * DRIFT_MM
                })
            };
            let mut chain = chains.iter().find(near).cloned().unwrap_or_default();
            chain.push(spot);
            if chain.len() as f64 * step[2] >= LENGTH_MM {
                return Some(chain[chain.len() / 2].voxel);
            }
            next.push(chain);
        }
        chains = next;
    }
    None
}

/// Round dark spots of a slice that do not touch its border.
fn spots(slice: &[i16], nx: usize, step: [f64; 3], base: usize) -> Vec<Spot> {
    let ny = slice.len() / nx;
    let (mut body, mut sum) = (0_u64, 0_u64);
    for (at, _) in slice.iter().enumerate().filter(|(_, v)| **v > BODY_HU) {
        body += 1;
        sum += (at % nx) as u64;
    }
    if body == 0 {
        return Vec::new();
    }
    let middle = sum as f64 / body as f64;
    let mut seen = vec![false; slice.len()];
    let (mut out, mut open) = (Vec::new(), Vec::new());
    for start in 0..slice.len() {
        if seen[start] || slice[start] > AIR_HU {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let (mut voxels, mut border) = (Vec::new(), false);
        while let Some(at) = open.pop() {
            voxels.push(at);
            let (x, y) = (at % nx, at / nx);
            if x == 0 || y == 0 || x + 1 == nx || y + 1 == ny {
                border = true;
                continue;
            }
            for to in [at - 1, at + 1, at - nx, at + nx] {
                if !seen[to] && slice[to] <= AIR_HU {
                    seen[to] = true;
                    open.push(to);
                }
            }
        }
        if !border && let Some(spot) = round(&voxels, nx, step, middle, base) {
            out.push(spot);
        }
    }
    out
}

/// A spot of the right size and place whose box it fills as a disc does (π/4).
fn round(voxels: &[usize], nx: usize, step: [f64; 3], middle: f64, base: usize) -> Option<Spot> {
    let area = voxels.len() as f64 * step[0] * step[1];
    if !AREA_MM2.contains(&area) {
        return None;
    }
    let range = |f: &dyn Fn(usize) -> usize| voxels.iter().map(|v| f(*v)).fold((usize::MAX, 0), |(a, b), v| (a.min(v), b.max(v)));
    let ((x0, x1), (y0, y1)) = (range(&|v| v % nx), range(&|v| v / nx));
    let (wide, high) = ((x1 - x0 + 1) as f64 * step[0], (y1 - y0 + 1) as f64 * step[1]);
    let filled = area / (wide * high);
    let count = voxels.len() as f64;
    let centre = [voxels.iter().map(|v| (v % nx) as f64).sum::<f64>() / count, voxels.iter().map(|v| (v / nx) as f64).sum::<f64>() / count];
    if !(0.6..=0.95).contains(&filled) || !(0.4..=2.5).contains(&(wide / high)) || (centre[0] - middle).abs() * step[0] > OFF_MIDDLE_MM {
        return None;
    }
    let far = |v: usize| ((v % nx) as f64 - centre[0]).abs() + ((v / nx) as f64 - centre[1]).abs();
    let nearest = voxels.iter().copied().min_by(|a, b| far(*a).total_cmp(&far(*b)))?;
    Some(Spot { centre, voxel: base + nearest })
}

/// The seed as a voxel index, for reports.
pub(super) fn index_of(ct: &Volume<i16, Patient>, seed: usize) -> [u32; 3] {
    ct.grid().cell(seed)
}
