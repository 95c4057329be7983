//! A cut through hexahedra: along the faces nearest to the blade.

use std::collections::{BTreeMap, BTreeSet};

use proband_mesh::{Blade, FaceKey, face_key};

use super::super::spec::FemSpec;
use super::super::state::FemState;
use super::{CutOptions, Kind, Openable, Opened, all, carry};
use crate::TissueError;

/// Open the faces between hexahedra whose middles lie on different sides of the blade.
pub(super) fn cut(spec: &FemSpec, state: &FemState, blade: &Blade, options: &CutOptions) -> Result<Opened, TissueError> {
    let placed = |n: u32| -> [f64; 3] { std::array::from_fn(|k| spec.nodes_m[n as usize][k] + state.displacement_m[n as usize][k]) };
    let middle = |nodes: &[u32]| -> [f64; 3] {
        let sum = nodes.iter().fold([0.0; 3], |s: [f64; 3], &n| std::array::from_fn(|k| s[k] + placed(n)[k]));
        sum.map(|v| v / nodes.len() as f64)
    };
    let mut seen: BTreeMap<FaceKey, bool> = BTreeMap::new();
    let (mut keys, mut deviation_m) = (BTreeSet::new(), 0.0_f64);
    for element in all::<8>(spec) {
        let is_above = blade.height_m(middle(&element)) > 0.0;
        for face in <Kind as Openable<8>>::FACES {
            let nodes: Vec<u32> = face.iter().map(|&k| element[k]).collect();
            if blade.outside_m(middle(&nodes)) >= 0.0 {
                continue;
            }
            let key = face_key(&nodes);
            match seen.get(&key) {
                Some(&other) if other != is_above => {
                    keys.insert(key);
                    deviation_m = nodes.iter().fold(deviation_m, |d, &n| d.max(blade.height_m(placed(n)).abs()));
                }
                Some(_) => {}
                None => {
                    seen.insert(key, is_above);
                }
            }
        }
    }
    carry::open_keys::<8>(spec, state, &keys, options, deviation_m)
}
