//! A tree of airways beside an average adult's, and what about it is unusual.

use super::tree::AirwayTree;

/// Diameter and length of the airways of each generation [mm], 0 the trachea: model A of an adult at three quarters of
/// full inflation.
///
/// # Source
/// Weibel 1963, Morphometry of the Human Lung, Springer, table of model A.
const WEIBEL_MM: [(f64, f64); 16] = [
    (18.0, 120.0),
    (12.2, 47.6),
    (8.3, 19.0),
    (5.6, 7.6),
    (4.5, 12.7),
    (3.5, 10.7),
    (2.8, 9.0),
    (2.3, 7.6),
    (1.86, 6.4),
    (1.54, 5.4),
    (1.30, 4.6),
    (1.09, 3.9),
    (0.95, 3.3),
    (0.82, 2.7),
    (0.74, 2.3),
    (0.66, 2.0),
];
/// Narrowest over median lumen below which a branch counts as narrowed, and the smallest lumen of which that is said [m]:
/// below it voxels decide. Prior: unverified.
const NARROW_SHARE: f64 = 0.5;
const NARROW_LUMEN_MIN_M: f64 = 4e-3;
/// Lumen over that of the parent above which a branch counts as wide. Prior: unverified.
const WIDE_SHARE: f64 = 1.3;
/// Thinner over thicker of the trachea's two branches below which the thinner is hardly a main bronchus. Prior: unverified.
const MAIN_SHARE: f64 = 0.5;
/// Angle between the main bronchi that is usual [rad] (35° to 100°). Prior: unverified, usual textbook range.
const CARINA_RAD: std::ops::RangeInclusive<f64> = 0.610_865_238_198_015_3..=1.745_329_251_994_329_5;
/// Generations in which more than two branches at one place are said: further out short airways between two branchings are lost.
const FORKS_TO: u32 = 2;

/// One generation beside the average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GenerationNorm {
    /// 0 for the trachea.
    pub generation: u32,
    /// Branches found.
    pub count: u32,
    /// Mean lumen and mean length found [m].
    pub lumen_m: f64,
    /// See `lumen_m`.
    pub length_m: f64,
    /// Lumen and length of the average adult [m], where the table has the generation.
    pub usual_m: Option<(f64, f64)>,
}

/// Something unusual about a tree. A hint to look, no finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AirwayFlag {
    /// The lumen falls to `share` of the branch's median lumen.
    Narrowed {
        /// Which branch.
        branch: u32,
        /// Narrowest over median lumen [1].
        share: f64,
    },
    /// The lumen is `ratio` times the parent's.
    Wide {
        /// Which branch.
        branch: u32,
        /// Lumen over the parent's [1].
        ratio: f64,
    },
    /// The trachea divides into something other than two main bronchi of like width: a tracheal bronchus, a narrowed main
    /// bronchus, or an airway that was not found.
    Trachea {
        /// Branches of the trachea.
        children: u32,
        /// Thinnest over thickest [1].
        share: f64,
    },
    /// The angle between the main bronchi is unusual.
    Carina {
        /// The angle [rad].
        angle_rad: f64,
    },
    /// More than two branches leave at one place near the trachea.
    Fork {
        /// Which branch divides.
        branch: u32,
        /// Into how many.
        children: u32,
    },
}

impl AirwayTree {
    /// Each generation beside the average adult's.
    #[must_use]
    pub fn norms(&self) -> Vec<GenerationNorm> {
        let last = self.branches.iter().map(|b| b.generation).max().unwrap_or(0);
        let mut out: Vec<GenerationNorm> = (0..=last)
            .map(|generation| GenerationNorm {
                generation,
                count: 0,
                lumen_m: 0.0,
                length_m: 0.0,
                usual_m: WEIBEL_MM.get(generation as usize).map(|(d, l)| (d * 1e-3, l * 1e-3)),
            })
            .collect();
        for branch in &self.branches {
            let row = &mut out[branch.generation as usize];
            row.count += 1;
            row.lumen_m += branch.lumen_m();
            row.length_m += branch.length_m();
        }
        for row in &mut out {
            row.lumen_m /= f64::from(row.count.max(1));
            row.length_m /= f64::from(row.count.max(1));
        }
        out
    }

    /// What is unusual about the tree, in the order of the branches.
    #[must_use]
    pub fn flags(&self) -> Vec<AirwayFlag> {
        let children = self.children();
        let mut out = Vec::new();
        for (at, branch) in self.branches.iter().enumerate() {
            let lumen = branch.lumen_m();
            let mut radii = branch.radius_m.clone();
            radii.sort_by(f64::total_cmp);
            let median = 2.0 * radii[radii.len() / 2];
            // The ends belong to branchings, and the last voxels of a lost airway are thin: what is narrow must widen again.
            let inner = branch.radius_m.len() / 5;
            let narrow = 2.0 * branch.radius_m[inner..branch.radius_m.len() - inner].iter().copied().fold(f64::INFINITY, f64::min);
            if median >= NARROW_LUMEN_MIN_M && narrow < NARROW_SHARE * median {
                out.push(AirwayFlag::Narrowed { branch: at as u32, share: narrow / median });
            }
            let parent = branch.parent.map(|p| self.branches[p].lumen_m());
            if let Some(ratio) = parent.map(|p| lumen / p).filter(|r| *r > WIDE_SHARE && lumen >= NARROW_LUMEN_MIN_M) {
                out.push(AirwayFlag::Wide { branch: at as u32, ratio });
            }
            let own = &children[at];
            if at == 0 {
                self.flag_trachea(own, &mut out);
            } else if own.len() > 2 && branch.generation <= FORKS_TO {
                out.push(AirwayFlag::Fork { branch: at as u32, children: own.len() as u32 });
            }
        }
        out
    }

    fn flag_trachea(&self, mains: &[usize], out: &mut Vec<AirwayFlag>) {
        let lumens = || mains.iter().map(|m| self.branches[*m].lumen_m());
        let share = lumens().fold(f64::INFINITY, f64::min) / lumens().fold(0.0, f64::max);
        let [left, right] = mains else {
            out.push(AirwayFlag::Trachea { children: mains.len() as u32, share: if share.is_finite() { share } else { 0.0 } });
            return;
        };
        if share < MAIN_SHARE {
            out.push(AirwayFlag::Trachea { children: 2, share });
        }
        let [a, b] = [left, right].map(|m| nalgebra::Vector3::from(self.branches[*m].direction_at_start()));
        let angle_rad = proband_core::ops::atan2(a.cross(&b).norm(), a.dot(&b));
        if !CARINA_RAD.contains(&angle_rad) {
            out.push(AirwayFlag::Carina { angle_rad });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AirwayBranch, ChestPhantomSpec, chest_phantom};

    fn made() -> AirwayTree {
        let spec = ChestPhantomSpec { size: [40, 40, 30], generations: 5, ..ChestPhantomSpec::reference() };
        AirwayTree::from_phantom(&chest_phantom(&spec, &mut || 0.0).unwrap().branches).unwrap()
    }

    /// Give the usual adult's trachea beside a made one, and nothing unusual about a regular tree.
    #[test]
    fn a_regular_tree_is_usual() {
        let rows = made().norms();
        assert_eq!(rows.iter().map(|r| r.count).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32]);
        let (lumen, length) = rows[0].usual_m.unwrap();
        assert!((rows[0].lumen_m - 18e-3).abs() < 1e-12 && (lumen - 18e-3).abs() + (length - 0.12).abs() < 1e-12);
        assert_eq!(made().flags(), []);
    }

    /// Say what was made unusual: a narrowed branch, a thin main bronchus, a wide branch, a third child, a flat carina.
    #[test]
    fn the_unusual_is_said() {
        let mut tree = made();
        let count = tree.branches[1].radius_m.len();
        tree.branches[1].radius_m[count / 2] *= 0.3;
        assert!(matches!(tree.flags()[..], [AirwayFlag::Narrowed { branch: 1, .. }]));
        let mut tree = made();
        tree.branches[1].radius_m.iter_mut().for_each(|r| *r *= 0.4);
        let flags = tree.flags();
        assert!(matches!(flags[0], AirwayFlag::Trachea { children: 2, .. }));
        assert!(flags.iter().any(|f| matches!(f, AirwayFlag::Wide { branch: 2, .. })));
        let mut tree = made();
        let third: AirwayBranch = tree.branches[2].clone();
        tree.branches.push(third);
        assert!(tree.flags().contains(&AirwayFlag::Fork { branch: 1, children: 3 }));
    }
}
