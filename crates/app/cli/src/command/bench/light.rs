//! Photons per second of one core, beside the exact value that they are paid for.

use proband_light::{MonteCarlo, RingGrid, TissueSpec, VoxelMedium, VoxelRun, VoxelTissue, five_layers, slab_cases};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

pub(super) const CASE: Case = Case { name: "light", what: "photons through layers and voxels", run };

/// Rates of MCML 1.2.2 in C with an absorption grid, f64: A1, A3, S5 [1/s]; measured on a loaded server core.
const MCML_1_S: [f64; 3] = [5.0e6, 4.08e5, 8.2e4];
/// Rates of pmmc 0.3.12 (mesh of 6 tetrahedra) on the cube: matched and mirroring faces [1/s]; the same core.
const PMMC_1_S: [f64; 2] = [1.32e5, 8.0e4];

fn layered(name: &str, tissue: &TissueSpec, photon_count: u64, exact: f64, peer_1_s: f64) -> Result<Row, Failure> {
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
        against: Some((format!("MCML 1.2.2, {:.0} on another machine", peer_1_s / 1e3), rate / peer_1_s)),
        error: format!("R {off:+.5} ± {:.5} of {exact:.5}", reflected.error),
    })
}

/// Rates of PyXOpto (January 2024) on pocl, f32, totals only: A1, A3, S5 [1/s]; the same core.
const PYXOPTO_1_S: [f64; 3] = [5.9e6, 5.31e5, 9.5e4];

fn single(name: &str, tissue: &TissueSpec, photon_count: u64, exact: f64, peer_1_s: f64) -> Result<Row, Failure> {
    let run = MonteCarlo { photon_count, seed: 2, half_width_m: 0.0, bin_count: 0 };
    let (found, times) = timed(|| run.run_single(tissue));
    let found = found.map_err(Failure::of)?;
    let rate = photon_count as f64 / times.cpu_s;
    let off = found.specular + found.diffuse_reflectance.mean - exact;
    Ok(Row {
        what: format!("{name}, f32, totals only"),
        value: rate / 1e3,
        unit: "1000 photons/CPU-s",
        against: Some((format!("PyXOpto, {:.0} on another machine", peer_1_s / 1e3), rate / peer_1_s)),
        error: format!("R {off:+.5} ± {:.5} of {exact:.5}", found.diffuse_reflectance.error),
    })
}

/// How much faster two threads are than one, by the wall clock.
fn two_cores() -> Result<Row, Failure> {
    let run = MonteCarlo { photon_count: 200_000, seed: 3, half_width_m: 0.0, bin_count: 0 };
    let tissue = five_layers();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Failure::of)?;
        let clock = terminal::clock();
        let (found, times) = timed(|| pool.install(|| run.run(&tissue)));
        found.map(|balance| (balance, clock(), times.cpu_s)).map_err(Failure::of)
    };
    let (one, two) = (of(1)?, of(2)?);
    Ok(Row {
        what: "S5 on two threads over one, wall clock".into(),
        value: one.1 / two.1,
        unit: "times",
        against: Some(("two cores".into(), 0.5 * one.1 / two.1)),
        error: format!("{} bits, {:.2} times the CPU time", if one.0 == two.0 { "the same" } else { "OTHER" }, two.2 / one.2),
    })
}

fn cube(name: &str, index_outside: f64, exact: f64, peer_1_s: f64) -> Result<Row, Failure> {
    const PHOTONS: u64 = 400_000;
    let media = vec![VoxelMedium { index: 1.37, absorption_per_m: 5.0, scattering_per_m: 1_000.0, anisotropy: 0.01 }];
    let tissue = VoxelTissue { size: [60; 3], voxel_m: [1e-3; 3], labels: vec![0; 216_000], media, index_outside };
    let start_m = [0.03, 0.03, 0.0];
    let run = VoxelRun { photon_count: PHOTONS, seed: 1, start_m, direction: [0.0, 0.0, 1.0], per_voxel: true, gate_s: 5e-9 };
    let (found, times) = timed(|| run.run(&tissue));
    let absorbed = found.map_err(Failure::of)?.absorbed;
    let rate = PHOTONS as f64 / times.cpu_s;
    Ok(Row {
        what: format!("cube of 216 000 voxels, {name}, absorption by voxel"),
        value: rate / 1e3,
        unit: "1000 photons/CPU-s",
        against: Some((format!("pmmc 0.3.12, {:.0} on another machine", peer_1_s / 1e3), rate / peer_1_s)),
        error: format!("absorbed {:+.5} ± {:.5} of {exact:.5}", absorbed.mean - exact, absorbed.error),
    })
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let slabs = slab_cases();
    let rows = vec![
        layered("A1 slab", &slabs[0].tissue, 4_000_000, 0.097_395, MCML_1_S[0])?,
        layered("A3 half space", &slabs[2].tissue, 500_000, 0.259_93, MCML_1_S[1])?,
        layered("S5 five layers", &five_layers(), 100_000, 0.04 + 0.548_4, MCML_1_S[2])?,
        single("A1 slab", &slabs[0].tissue, 4_000_000, 0.097_395, PYXOPTO_1_S[0])?,
        single("A3 half space", &slabs[2].tissue, 500_000, 0.259_93, PYXOPTO_1_S[1])?,
        single("S5 five layers", &five_layers(), 100_000, 0.04 + 0.548_4, PYXOPTO_1_S[2])?,
        two_cores()?,
        cube("matched faces", 1.37, 0.177_00, PMMC_1_S[0])?,
        cube("faces to air", 1.0, 0.272_25, PMMC_1_S[1])?,
    ];
    Ok(Outcome { rows, note: "Peers' rates were measured on another, loaded machine; on yours they may differ by a factor of two.".into() })
}
