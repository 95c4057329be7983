//! A tree of airways: branches with their centreline and lumen, and what follows from it.

use nalgebra::Vector3;
use proband_core::ops;
use proband_volume::{CentrelineSpec, Volume, centrelines3};

use super::phantom::PhantomBranch;
use crate::AnatomyError;

/// Airways as a tree. A branch stands after its parent, so that one pass in order reaches every parent first.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AirwayTree {
    /// All branches; the first is the trachea.
    pub branches: Vec<AirwayBranch>,
}

/// One branch, from where it leaves its parent to where it divides or ends.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AirwayBranch {
    /// Place of the parent in the tree, none for the trachea.
    pub parent: Option<usize>,
    /// 0 for the trachea, else one more than the parent's.
    pub generation: u32,
    /// Centreline from proximal to distal, patient frame (LPS) [m], at least two points.
    pub points_m: Vec<[f64; 3]>,
    /// Radius of the lumen at each point [m].
    pub radius_m: Vec<f64>,
}

/// Most branches that a tree may have, and most points of a branch.
pub const BRANCH_COUNT_MAX: usize = 1 << 16;
/// See [`BRANCH_COUNT_MAX`].
pub const BRANCH_POINT_COUNT_MAX: usize = 1 << 14;
/// Distance between the points that stand for a straight branch, at most [m].
const POINT_GAP_M: f64 = 1e-3;
/// Length over which the direction at an end of a branch is taken [m]. Prior: unverified, about a lobar diameter.
const DIRECTION_M: f64 = 8e-3;

/// How a mask becomes a tree. Spurs: 2 mm or one radius of the branch that they leave. Prior: unverified.
const SKELETON: CentrelineSpec = CentrelineSpec { spur_m: 2e-3, spur_radii: 1.0, merge_m: 1.5e-3, smooth_m: 1.5e-3, step_m: 1e-3 };

impl AirwayBranch {
    /// Length along the centreline [m].
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.points_m.windows(2).map(|w| (vector(w[1]) - vector(w[0])).norm()).sum()
    }

    /// Mean diameter of the lumen, weighted by length [m].
    #[must_use]
    pub fn lumen_m(&self) -> f64 {
        let (mut sum, mut length) = (0.0, 0.0);
        for (w, r) in self.points_m.windows(2).zip(self.radius_m.windows(2)) {
            let own = (vector(w[1]) - vector(w[0])).norm();
            sum += own * (r[0] + r[1]);
            length += own;
        }
        if length > 0.0 { sum / length } else { 2.0 * self.radius_m.first().copied().unwrap_or(0.0) }
    }

    /// Smallest diameter of the lumen [m].
    #[must_use]
    pub fn narrowest_m(&self) -> f64 {
        2.0 * self.radius_m.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Unit vector in which the branch begins: from its first point to the one about 8 mm on.
    #[must_use]
    pub fn direction_at_start(&self) -> [f64; 3] {
        heading(self.points_m.iter())
    }

    /// Unit vector in which the branch ends.
    #[must_use]
    pub fn direction_at_end(&self) -> [f64; 3] {
        heading(self.points_m.iter().rev()).map(|v| -v)
    }
}

fn vector(p: [f64; 3]) -> Vector3<f64> {
    Vector3::from(p)
}

/// Direction from the first point to the first that is [`DIRECTION_M`] away, or to the last.
fn heading<'a>(mut points: impl Iterator<Item = &'a [f64; 3]>) -> [f64; 3] {
    let Some(first) = points.next() else { return [0.0, 0.0, -1.0] };
    let mut gap = Vector3::zeros();
    for point in points {
        gap = vector(*point) - vector(*first);
        if gap.norm() >= DIRECTION_M {
            break;
        }
    }
    let length = gap.norm();
    if length > 0.0 { (gap / length).into() } else { [0.0, 0.0, -1.0] }
}

impl AirwayTree {
    /// A tree from its branches.
    ///
    /// # Errors
    /// [`AnatomyError::Tree`] unless there are 1 to 65 536 branches, the first without parent, each other after its parent
    /// and one generation on, with 2 to 16 384 finite points, as many radii, and radii above 0 and below 0.1 m.
    pub fn new(branches: Vec<AirwayBranch>) -> Result<Self, AnatomyError> {
        let bad = |branch: usize, what| Err(AnatomyError::Tree { branch: branch as u64, what });
        if branches.is_empty() || branches.len() > BRANCH_COUNT_MAX {
            return bad(branches.len(), "a tree has 1 to 65536 branches");
        }
        for (at, branch) in branches.iter().enumerate() {
            match branch.parent {
                None if at > 0 || branch.generation > 0 => return bad(at, "only the first branch has no parent; its generation is 0"),
                Some(parent) if parent >= at => return bad(at, "a branch stands after its parent"),
                Some(parent) if Some(branch.generation) != branches[parent].generation.checked_add(1) => {
                    return bad(at, "a branch is one generation after its parent");
                }
                _ => {}
            }
            if !(2..=BRANCH_POINT_COUNT_MAX).contains(&branch.points_m.len()) || branch.points_m.len() != branch.radius_m.len() {
                return bad(at, "a branch has 2 to 16384 points and as many radii");
            }
            if branch.points_m.iter().flatten().any(|v| v.is_nan() || v.abs() > 100.0) {
                return bad(at, "points must be finite and within 100 m");
            }
            if !branch.radius_m.iter().all(|r| *r > 0.0 && *r < 0.1) {
                return bad(at, "radii must be above 0 and below 0.1 m");
            }
        }
        Ok(Self { branches })
    }

    /// The true tree of a made chest. The recipe lists branches depth first, so a parent is the last of the generation before.
    ///
    /// # Errors
    /// [`AnatomyError::Tree`] when the branches are no tree in that order.
    pub fn from_phantom(branches: &[PhantomBranch]) -> Result<Self, AnatomyError> {
        let mut last: Vec<usize> = Vec::new();
        let mut out = Vec::with_capacity(branches.len());
        for (at, branch) in branches.iter().enumerate() {
            let generation = branch.generation as usize;
            if generation > last.len() {
                return Err(AnatomyError::Tree { branch: at as u64, what: "a branch stands after its parent" });
            }
            let parent = generation.checked_sub(1).map(|g| last[g]);
            last.truncate(generation);
            last.push(at);
            let count = ((branch.length_m() / POINT_GAP_M).ceil() as usize).clamp(1, BRANCH_POINT_COUNT_MAX - 1);
            let points_m = (0..=count).map(|i| (branch.from + (branch.to - branch.from) * (i as f64 / count as f64)).0.coords.into());
            out.push(AirwayBranch {
                parent,
                generation: branch.generation,
                points_m: points_m.collect(),
                radius_m: vec![branch.diameter_m / 2.0; count + 1],
            });
        }
        Self::new(out)
    }

    /// The tree of a segmentation, from a voxel in the trachea: thinned, spurs cut, smoothed.
    ///
    /// The radius is the distance to the border of the mask; thin airways whose rim is lost to partial volume come out too
    /// narrow, by up to a voxel.
    ///
    /// # Errors
    /// [`AnatomyError::Volume`] when the root lies outside of the mask, [`AnatomyError::Tree`] when the tree has too many branches.
    pub fn from_mask(mask: &Volume<u8>, root: [u32; 3]) -> Result<Self, AnatomyError> {
        let lines = centrelines3(&mask.map(|v| v > 0), root, &SKELETON)?;
        let mut out: Vec<AirwayBranch> = Vec::with_capacity(lines.len());
        for line in lines {
            let parent = line.parent.map(|p| p as usize);
            let generation = parent.map_or(0, |p| out[p].generation + 1);
            out.push(AirwayBranch { parent, generation, points_m: line.points_m, radius_m: line.radius_m });
        }
        Self::new(out)
    }

    /// Places of the children of each branch, in order.
    #[must_use]
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.branches.len()];
        for (at, branch) in self.branches.iter().enumerate() {
            if let Some(parent) = branch.parent {
                out[parent].push(at);
            }
        }
        out
    }

    /// Branches from the trachea to a branch, both included; empty when there is no such branch.
    #[must_use]
    pub fn path_to(&self, branch: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut next = (branch < self.branches.len()).then_some(branch);
        while let Some(at) = next {
            out.push(at);
            next = self.branches[at].parent;
        }
        out.reverse();
        out
    }

    /// Length of all branches [m].
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.branches.iter().map(AirwayBranch::length_m).sum()
    }

    /// Angle between a branch and the way in which its parent ends [rad], 0 for the trachea and where there is no such branch.
    #[must_use]
    pub fn angle_rad(&self, branch: usize) -> f64 {
        let Some(own) = self.branches.get(branch) else { return 0.0 };
        let Some(parent) = own.parent.and_then(|p| self.branches.get(p)) else { return 0.0 };
        let (a, b) = (vector(parent.direction_at_end()), vector(own.direction_at_start()));
        ops::atan2(a.cross(&b).norm(), a.dot(&b))
    }

    /// Order of each branch after Strahler: 1 for the ends; one more than the children's where the two highest are equal
    /// (Horsfield and Cumming 1968, J Appl Physiol 24:373, for airways).
    #[must_use]
    pub fn strahler_orders(&self) -> Vec<u32> {
        let children = self.children();
        let mut orders = vec![1_u32; self.branches.len()];
        for at in (0..orders.len()).rev() {
            let highest = children[at].iter().map(|c| orders[*c]).max().unwrap_or(0);
            let twice = children[at].iter().filter(|c| orders[**c] == highest).count() > 1;
            orders[at] = (highest + u32::from(twice)).max(1);
        }
        orders
    }

    /// Order of each branch after Horsfield: 1 for the ends, else one more than the highest child's.
    #[must_use]
    pub fn horsfield_orders(&self) -> Vec<u32> {
        let mut orders = vec![1_u32; self.branches.len()];
        for at in (0..orders.len()).rev() {
            if let Some(parent) = self.branches[at].parent {
                orders[parent] = orders[parent].max(orders[at] + 1);
            }
        }
        orders
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ChestPhantomSpec, chest_phantom};

    fn straight(parent: Option<usize>, generation: u32, from: [f64; 3], to: [f64; 3]) -> AirwayBranch {
        AirwayBranch { parent, generation, points_m: vec![from, to], radius_m: vec![1e-3; 2] }
    }

    /// Turn a made chest's branches into the tree that they are.
    #[test]
    fn the_truth_becomes_a_tree() {
        let spec = ChestPhantomSpec { size: [60, 60, 40], generations: 6, ..ChestPhantomSpec::reference() };
        let chest = chest_phantom(&spec, &mut || 0.1).unwrap();
        let tree = AirwayTree::from_phantom(&chest.branches).unwrap();
        assert_eq!(tree.branches.len(), 127);
        let length: f64 = chest.branches.iter().map(PhantomBranch::length_m).sum();
        assert!((tree.length_m() / length - 1.0).abs() < 1e-12);
        for (at, branch) in tree.branches.iter().enumerate().skip(1) {
            let parent = &tree.branches[branch.parent.unwrap()];
            let gap = vector(branch.points_m[0]) - vector(*parent.points_m.last().unwrap());
            assert!(gap.norm() < 1e-12);
            assert!((branch.lumen_m() - chest.branches[at].diameter_m).abs() < 1e-12);
            assert_eq!(tree.path_to(at).len(), branch.generation as usize + 1);
        }
        assert_eq!((tree.strahler_orders()[0], tree.horsfield_orders()[0]), (7, 7));
        let usual = 45_f64.to_radians() * (1.0 + 0.25 * 0.1);
        assert!((tree.angle_rad(1) - usual).abs() < 1e-9);
    }

    /// Refuse what is no tree.
    #[test]
    fn no_tree_is_refused() {
        let root = straight(None, 0, [0.0; 3], [0.0, 0.0, -0.1]);
        let child = straight(Some(0), 1, [0.0, 0.0, -0.1], [0.02, 0.0, -0.12]);
        assert!(AirwayTree::new(vec![root.clone(), child.clone()]).is_ok());
        assert!(AirwayTree::new(vec![]).is_err());
        assert!(AirwayTree::new(vec![root.clone(), root.clone()]).is_err());
        assert!(AirwayTree::new(vec![root.clone(), AirwayBranch { parent: Some(1), ..child.clone() }]).is_err());
        assert!(AirwayTree::new(vec![root.clone(), AirwayBranch { generation: 2, ..child.clone() }]).is_err());
        assert!(AirwayTree::new(vec![root.clone(), AirwayBranch { radius_m: vec![1e-3], ..child.clone() }]).is_err());
        assert!(AirwayTree::new(vec![root.clone(), AirwayBranch { radius_m: vec![1e-3, f64::NAN], ..child.clone() }]).is_err());
        assert!(AirwayTree::new(vec![root, AirwayBranch { points_m: vec![[f64::NAN; 3]; 2], ..child }]).is_err());
    }

    proptest! {
        /// Keep orders sane on any tree: Strahler at most Horsfield, and neither grows from parent to child.
        #[test]
        fn orders_hold(parents in proptest::collection::vec(any::<proptest::sample::Index>(), 0..60)) {
            let mut branches = vec![straight(None, 0, [0.0; 3], [0.0, 0.0, -0.1])];
            for index in parents {
                let parent = index.index(branches.len());
                branches.push(straight(Some(parent), branches[parent].generation + 1, [0.0, 0.0, -0.1], [0.1, 0.0, -0.1]));
            }
            let tree = AirwayTree::new(branches).unwrap();
            let (strahler, horsfield) = (tree.strahler_orders(), tree.horsfield_orders());
            for (at, branch) in tree.branches.iter().enumerate() {
                prop_assert!(strahler[at] <= horsfield[at]);
                if let Some(parent) = branch.parent {
                    prop_assert!(strahler[parent] >= strahler[at] && horsfield[parent] > horsfield[at]);
                }
            }
        }
    }
}
