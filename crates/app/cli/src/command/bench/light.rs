//! Photons per second of one core, beside the exact value that they are paid for.

use proband_light::{MonteCarlo, RingGrid, TissueSpec, VoxelMedium, VoxelRun, VoxelTissue, five_layers, slab_cases};

use super::peer::{Answer, Better, MCML, PMMC, PYXOPTO, Published};
use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "light", what: "photons through layers and voxels", run };

const fn rate(what: &'static str, value: f64) -> Published {
    Published { what, value, unit: "photons/CPU-s", better: Better::More }
}

/// Rates with an absorption grid, f64: A1, A3, S5; measured on a loaded server core.
const MCML_RATES: [Published; 3] = [rate("MCML 1.2.2", 5.0e6), rate("MCML 1.2.2", 4.08e5), rate("MCML 1.2.2", 8.2e4)];
/// Rates on pocl, f32, totals only: A1, A3, S5; the same core.
const PYXOPTO_RATES: [Published; 3] = [rate("PyXOpto", 5.9e6), rate("PyXOpto", 5.31e5), rate("PyXOpto", 9.5e4)];
/// Rates on the cube as a mesh of 6 tetrahedra: matched and mirroring faces; the same core.
const PMMC_RATES: [Published; 2] = [rate("pmmc 0.3.12", 1.32e5), rate("pmmc 0.3.12", 8.0e4)];

/// A rate of a peer: who, which of its figures, and what was published.
struct Other<'a>(&'a Answer, &'a str, &'a Published);

impl Other<'_> {
    fn against(&self, ours: f64) -> Option<(String, f64)> {
        Some(self.0.against(self.1, self.2, ours))
    }
}

fn layered(name: &str, tissue: &TissueSpec, photon_count: u64, exact: f64, peer: &Other<'_>) -> Result<Row, Failure> {
    let run = MonteCarlo { photon_count, seed: 1, half_width_m: 0.0, bin_count: 0 };
    let grid = RingGrid { radius_step_m: 5e-5, depth_step_m: 5e-5, radius_count: 100, depth_count: 50 };
    let (found, times) = timed(|| run.run_with_map(tissue, &grid));
    let (balance, _) = found.map_err(Failure::of)?;
    let rate = photon_count as f64 / times.cpu_s;
    let reflected = balance.diffuse_reflectance;
    let off = balance.specular + reflected.mean - exact;
    Ok(Row {
        what: format!("{name}, f64, absorption by radius and depth"),
        value: rate / 1e3,
        unit: "1000 photons/CPU-s",
        against: peer.against(rate),
        error: format!("R {off:+.5} ± {:.5} of {exact:.5}", reflected.error),
    })
}

fn single(name: &str, tissue: &TissueSpec, photon_count: u64, exact: f64, peer: &Other<'_>) -> Result<Row, Failure> {
    let run = MonteCarlo { photon_count, seed: 2, half_width_m: 0.0, bin_count: 0 };
    let (found, times) = timed(|| run.run_single(tissue));
    let found = found.map_err(Failure::of)?;
    let rate = photon_count as f64 / times.cpu_s;
    let off = found.specular + found.diffuse_reflectance.mean - exact;
    Ok(Row {
        what: format!("{name}, f32, totals only"),
        value: rate / 1e3,
        unit: "1000 photons/CPU-s",
        against: peer.against(rate),
        error: format!("R {off:+.5} ± {:.5} of {exact:.5}", found.diffuse_reflectance.error),
    })
}

fn cube(name: &str, index_outside: f64, per_voxel: bool, exact: f64, peer: &Other<'_>) -> Result<Row, Failure> {
    const PHOTONS: u64 = 400_000;
    let media = vec![VoxelMedium { index: 1.37, absorption_per_m: 5.0, scattering_per_m: 1_000.0, anisotropy: 0.01 }];
    let tissue = VoxelTissue { size: [60; 3], voxel_m: [1e-3; 3], labels: vec![0; 216_000], media, index_outside };
    let start_m = [0.03, 0.03, 0.0];
    let run = VoxelRun { photon_count: PHOTONS, seed: 1, start_m, direction: [0.0, 0.0, 1.0], per_voxel, gate_s: 5e-9 };
    let (found, times) = timed(|| run.run(&tissue));
    let absorbed = found.map_err(Failure::of)?.absorbed;
    let rate = PHOTONS as f64 / times.cpu_s;
    Ok(Row {
        what: format!("cube of 216 000 voxels, {name}, {}", if per_voxel { "absorption by voxel" } else { "totals" }),
        value: rate / 1e3,
        unit: "1000 photons/CPU-s",
        against: peer.against(rate),
        error: format!("absorbed {:+.5} ± {:.5} of {exact:.5}", absorbed.mean - exact, absorbed.error),
    })
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let (mcml, xopto, pmmc) = (MCML.ask(interrupt)?, PYXOPTO.ask(interrupt)?, PMMC.ask(interrupt)?);
    let slabs = slab_cases();
    let decks = [
        ("A1", "A1 slab", &slabs[0].tissue, 4_000_000, 0.097_395),
        ("A3", "A3 half space", &slabs[2].tissue, 500_000, 0.259_93),
        ("S5", "S5 five layers", &five_layers(), 100_000, 0.04 + 0.548_4),
    ];
    let mut rows = Vec::new();
    for ((case, name, tissue, photons, exact), published) in decks.iter().zip(&MCML_RATES) {
        rows.push(layered(name, tissue, *photons, *exact, &Other(&mcml, case, published))?);
    }
    for ((case, name, tissue, photons, exact), published) in decks.iter().zip(&PYXOPTO_RATES) {
        rows.push(single(name, tissue, *photons, *exact, &Other(&xopto, case, published))?);
    }
    let [matched, air] = &PMMC_RATES;
    rows.push(cube("matched faces", 1.37, true, 0.177_00, &Other(&pmmc, "matched", matched))?);
    rows.push(cube("faces to air", 1.0, true, 0.272_25, &Other(&pmmc, "air", air))?);
    rows.push(cube("matched faces", 1.37, false, 0.177_00, &Other(&pmmc, "matched totals", matched))?);
    rows.push(cube("faces to air", 1.0, false, 0.272_25, &Other(&pmmc, "air totals", air))?);
    let note = "A peer that is installed was asked here, in the same run; else its rate was measured on another, loaded machine, and on\n\
                yours it may differ by a factor of two.";
    Ok(Outcome { rows, note: note.into() })
}
