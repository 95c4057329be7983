//! Claims about the chest: the made chest, plain growth in it, and the airways that are found.

use proband_anatomy::{ChestPhantomSpec, ReferenceNormals, chest_phantom, find_airways, score_airway};
use proband_core::Warnings;
use proband_volume::{Volume, grow_dark, grow_until_leak};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "chest-airways", case: include_str!("../../../../../verify/chest-airways/case.toml"), compute: airways }];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn airways() -> Result<Vec<Obtained>, String> {
    let mut normals = ReferenceNormals::new(7);
    let chest = chest_phantom(&ChestPhantomSpec::reference(), &mut || normals.normal()).map_err(text)?;
    let length: f64 = chest.branches.iter().map(|b| b.length_m() * 1e3).sum();
    let truth = chest.airway.data().iter().filter(|v| **v > 0).count();
    let mean = chest.ct.data().iter().map(|v| f64::from(*v)).sum::<f64>() / chest.ct.data().len() as f64;
    let dark = chest.ct.data().iter().filter(|v| **v < -500).count();
    let seed = chest.ct.grid().offset([256, 256, 290]).ok_or("seed")?;
    let plain = grow_dark(&chest.ct, &[seed], -910, u64::MAX).map_err(text)?;
    let (threshold, _) = grow_until_leak(&chest.ct, &[seed], -960, -700, 40_000, 600_000).map_err(text)?;
    let mut mask = Volume::filled(*chest.ct.grid(), 0_u8);
    plain.paint(&mut mask);
    let baseline = score_airway(&mask, &chest.airway, &chest.branches).map_err(text)?;
    let found = find_airways(&chest.ct, &Warnings::new()).map_err(text)?;
    let score = score_airway(&found.mask, &chest.airway, &chest.branches).map_err(text)?;
    Ok(vec![
        Obtained::new("branches of the made tree", chest.branches.len() as f64),
        Obtained::new("length of the made tree", length),
        Obtained::new("voxels of the made airways", truth as f64),
        Obtained::new("mean of the made CT", mean),
        Obtained::new("voxels below -500 HU", dark as f64),
        Obtained::new("voxels grown up to -910 HU", plain.voxel_count as f64),
        Obtained::new("last threshold before the leak", f64::from(threshold)),
        Obtained::new("tree length by plain growth", baseline.tree_length),
        Obtained::new("branches by plain growth", baseline.branches),
        Obtained::new("tree length by the engine", score.tree_length),
        Obtained::new("precision of the engine", score.precision),
    ])
}
