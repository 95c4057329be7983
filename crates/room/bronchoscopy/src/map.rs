//! The airways with lengths along them and frames that do not turn about them.

use nalgebra::{Matrix3, Vector3};
use proband_anatomy::AirwayTree;
use proband_core::ops;

/// A place on a centreline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Where it is [m].
    pub point_m: Vector3<f64>,
    /// Frame: z along the airway away from the mouth, x and y carried without turning about it.
    pub frame: Matrix3<f64>,
    /// Radius of the lumen [m].
    pub radius_m: f64,
}

/// Airways as a map: distances are from the top of the trachea along centrelines.
#[derive(Clone, Debug, PartialEq)]
pub struct AirwayMap {
    tree: AirwayTree,
    children: Vec<Vec<u32>>,
    /// Distance from the root at each point [m].
    distance_m: Vec<Vec<f64>>,
    frames: Vec<Vec<Matrix3<f64>>>,
    /// Sum of turns from the root at each point [rad].
    turn_rad: Vec<Vec<f64>>,
}

/// The frame turned by the smallest turn that takes its z to `z`.
#[must_use]
pub(crate) fn carried(frame: &Matrix3<f64>, z: Vector3<f64>) -> Matrix3<f64> {
    let x: Vector3<f64> = frame.column(0).into();
    let own: Vector3<f64> = frame.column(2).into();
    let axis = own.cross(&z);
    let cos = own.dot(&z);
    // Rodrigues with the axis not made a unit: no trouble at small angles; a half turn cannot happen between neighbours.
    let turned = x * cos + axis.cross(&x) + axis * (axis.dot(&x) / (1.0 + cos).max(1e-6));
    let x = (turned - z * turned.dot(&z)).try_normalize(1e-9).unwrap_or_else(|| any_across(z));
    Matrix3::from_columns(&[x, z.cross(&x), z])
}

/// A unit vector across another.
pub(crate) fn any_across(d: Vector3<f64>) -> Vector3<f64> {
    let other = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    d.cross(&other).try_normalize(1e-12).unwrap_or_else(Vector3::x)
}

/// Angle between two unit vectors [rad].
#[must_use]
pub(crate) fn angle(a: Vector3<f64>, b: Vector3<f64>) -> f64 {
    ops::atan2(a.cross(&b).norm(), a.dot(&b))
}

impl AirwayMap {
    /// A map of a tree.
    #[must_use]
    pub fn new(tree: AirwayTree) -> Self {
        let count = tree.branches.len();
        let children = tree.children().into_iter().map(|c| c.into_iter().map(|i| i as u32).collect()).collect();
        let (mut distance_m, mut frames, mut turn_rad) =
            (Vec::<Vec<f64>>::with_capacity(count), Vec::<Vec<Matrix3<f64>>>::with_capacity(count), Vec::<Vec<f64>>::with_capacity(count));
        for branch in &tree.branches {
            let points: Vec<Vector3<f64>> = branch.points_m.iter().map(|p| Vector3::from(*p)).collect();
            let last = points.len() - 1;
            let mut own_distance = Vec::with_capacity(points.len());
            let mut own_frames = Vec::with_capacity(points.len());
            let mut own_turn = Vec::with_capacity(points.len());
            let (mut at, mut frame, mut turn) = match branch.parent {
                Some(p) => (
                    *distance_m[p].last().unwrap_or(&0.0),
                    *frames[p].last().unwrap_or(&Matrix3::identity()),
                    *turn_rad[p].last().unwrap_or(&0.0),
                ),
                None => {
                    let z = (points[1] - points[0]).try_normalize(1e-12).unwrap_or_else(|| -Vector3::z());
                    let x = any_across(z);
                    (0.0, Matrix3::from_columns(&[x, z.cross(&x), z]), 0.0)
                }
            };
            for i in 0..points.len() {
                if i > 0 {
                    at += (points[i] - points[i - 1]).norm();
                }
                let way = points[(i + 1).min(last)] - points[i.saturating_sub(1)];
                let own: Vector3<f64> = frame.column(2).into();
                let z = way.try_normalize(1e-12).unwrap_or(own);
                turn += angle(own, z);
                frame = carried(&frame, z);
                own_distance.push(at);
                own_frames.push(frame);
                own_turn.push(turn);
            }
            distance_m.push(own_distance);
            frames.push(own_frames);
            turn_rad.push(own_turn);
        }
        Self { tree, children, distance_m, frames, turn_rad }
    }

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &AirwayTree {
        &self.tree
    }

    /// Number of branches.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.tree.branches.len() as u32
    }

    /// Branches that leave the end of a branch.
    #[must_use]
    pub fn children(&self, branch: u32) -> &[u32] {
        &self.children[branch as usize]
    }

    /// The branch that a branch leaves.
    #[must_use]
    pub fn parent(&self, branch: u32) -> Option<u32> {
        self.tree.branches[branch as usize].parent.map(|p| p as u32)
    }

    /// Distances from the root at which a branch begins and ends [m].
    #[must_use]
    pub fn span_m(&self, branch: u32) -> [f64; 2] {
        let own = &self.distance_m[branch as usize];
        [own[0], own[own.len() - 1]]
    }

    /// Sum of turns from the root to a distance in a branch [rad].
    #[must_use]
    pub fn turn_rad(&self, branch: u32, distance_m: f64) -> f64 {
        let (i, t) = self.find(branch, distance_m);
        let own = &self.turn_rad[branch as usize];
        own[i] + t * (own[i + 1] - own[i])
    }

    fn find(&self, branch: u32, distance_m: f64) -> (usize, f64) {
        let own = &self.distance_m[branch as usize];
        let i = own.partition_point(|d| *d <= distance_m).clamp(1, own.len() - 1) - 1;
        let gap = own[i + 1] - own[i];
        (i, if gap > 0.0 { ((distance_m - own[i]) / gap).clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The place at a distance from the root in a branch; its ends beyond them.
    #[must_use]
    pub fn place(&self, branch: u32, distance_m: f64) -> Place {
        let (i, t) = self.find(branch, distance_m);
        let own = &self.tree.branches[branch as usize];
        let (a, b) = (Vector3::from(own.points_m[i]), Vector3::from(own.points_m[i + 1]));
        let frames = &self.frames[branch as usize];
        let (za, zb): (Vector3<f64>, Vector3<f64>) = (frames[i].column(2).into(), frames[i + 1].column(2).into());
        let z = (za * (1.0 - t) + zb * t).try_normalize(1e-9).unwrap_or(za);
        Place {
            point_m: a * (1.0 - t) + b * t,
            frame: carried(&frames[i], z),
            radius_m: own.radius_m[i] * (1.0 - t) + own.radius_m[i + 1] * t,
        }
    }

    /// The branch that holds a distance from the root on the way to `branch`.
    #[must_use]
    pub fn on_the_way(&self, branch: u32, distance_m: f64) -> u32 {
        let mut at = branch;
        while self.span_m(at)[0] > distance_m {
            match self.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// The place at a distance from the root on the way to `branch`.
    #[must_use]
    pub fn way(&self, branch: u32, distance_m: f64) -> Place {
        self.place(self.on_the_way(branch, distance_m), distance_m)
    }

    /// The same with the direction averaged over `width_m` to both sides, as a shaft that does not follow every corner takes it.
    #[must_use]
    pub fn way_smooth(&self, branch: u32, distance_m: f64, width_m: f64) -> Place {
        let mut place = self.way(branch, distance_m);
        let mut sum = Vector3::zeros();
        for k in -2..=2 {
            let frame = self.way(branch, distance_m + 0.5 * width_m * f64::from(k)).frame;
            sum += Vector3::from(frame.column(2));
        }
        let own: Vector3<f64> = place.frame.column(2).into();
        place.frame = carried(&place.frame, sum.try_normalize(1e-9).unwrap_or(own));
        place
    }

    /// Whether `ancestor` lies on the way to `branch` (or is it).
    #[must_use]
    pub fn leads_to(&self, ancestor: u32, branch: u32) -> bool {
        let mut at = Some(branch);
        while let Some(i) = at {
            if i == ancestor {
                return true;
            }
            at = self.parent(i);
        }
        false
    }

    /// Branches from the root to a branch, both included.
    #[must_use]
    pub fn path(&self, branch: u32) -> Vec<u32> {
        self.tree.path_to(branch as usize).into_iter().map(|i| i as u32).collect()
    }

    /// Closest point of a branch: distance from the root there, and how far away it is [m].
    #[must_use]
    pub fn closest(&self, branch: u32, p: Vector3<f64>) -> (f64, f64) {
        let own = &self.tree.branches[branch as usize];
        let distance = &self.distance_m[branch as usize];
        let (mut best, mut at) = (f64::INFINITY, distance[0]);
        for i in 0..own.points_m.len() - 1 {
            let (a, b) = (Vector3::from(own.points_m[i]), Vector3::from(own.points_m[i + 1]));
            let way = b - a;
            let t = ((p - a).dot(&way) / way.norm_squared().max(1e-18)).clamp(0.0, 1.0);
            let gap = (p - a - way * t).norm();
            if gap < best {
                (best, at) = (gap, distance[i] + t * (distance[i + 1] - distance[i]));
            }
        }
        (at, best)
    }
}

#[cfg(test)]
mod tests {
    use proband_anatomy::made::{MadeChestSpec, made_chest};
    use proband_core::Stream;

    use super::*;

    /// Keep frames right-handed, along the airway, and distances growing from parent to child.
    #[test]
    fn frames_and_distances_hold() {
        let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(2, 0, "map")).unwrap();
        let map = AirwayMap::new(chest.airways);
        for branch in (0..map.count()).step_by(7) {
            let [from, to] = map.span_m(branch);
            assert!(to > from);
            if let Some(parent) = map.parent(branch) {
                assert_eq!(map.span_m(parent)[1], from);
                assert_eq!(map.on_the_way(branch, from - 1e-6), parent);
                assert!(map.leads_to(parent, branch) && map.leads_to(0, branch) && !map.leads_to(branch, parent));
            }
            let place = map.place(branch, 0.5 * (from + to));
            assert!((place.frame * place.frame.transpose() - Matrix3::identity()).norm() < 1e-9);
            assert!((place.frame.determinant() - 1.0).abs() < 1e-9);
            let (at, gap) = map.closest(branch, place.point_m);
            assert!(gap < 1e-9 && (at - 0.5 * (from + to)).abs() < 1e-9);
        }
    }
}
