//! How much faster more threads are, by the wall clock.

use proband_light::{MonteCarlo, RingGrid, VoxelMedium, VoxelRun, VoxelTissue, five_layers, slab_cases};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

pub(super) const CASE: Case = Case { name: "light-scaling", what: "photons on one thread and on more", run };

/// Seconds of the wall and of all cores, and what came out, to the bit.
struct Measured {
    wall_s: f64,
    cpu_s: f64,
    bits: Vec<u64>,
}

/// Some photons; gives what it counted as bits.
type Work<'w> = dyn Fn() -> Result<Vec<u64>, Failure> + Sync + 'w;

fn measure(threads: usize, work: &Work<'_>) -> Result<Measured, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Failure::of)?;
    let clock = terminal::clock();
    let (bits, times) = timed(|| pool.install(work));
    Ok(Measured { wall_s: clock(), cpu_s: times.cpu_s, bits: bits? })
}

/// Powers of two up to the cores of the machine, and all of them.
fn thread_counts() -> Vec<usize> {
    let all = std::thread::available_parallelism().map_or(1, usize::from).clamp(2, 256);
    let mut counts: Vec<usize> = (1..).map(|k| 1 << k).take_while(|n| *n < all).collect();
    counts.push(all);
    counts
}

fn scale(name: &str, work: &Work<'_>, interrupt: &Interrupt, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let one = measure(1, work)?;
    for threads in thread_counts() {
        interrupt.check()?;
        let many = measure(threads, work)?;
        let faster = one.wall_s / many.wall_s;
        let busy = many.cpu_s / many.wall_s;
        rows.push(Row {
            what: format!("{name}: {threads} threads over one, wall clock"),
            value: faster,
            unit: "times",
            against: Some((format!("{threads} times"), faster / threads as f64)),
            error: format!(
                "{} bits; CPU time {:.2} times that of one thread, {busy:.2} cores were given; one thread took {:.2} s",
                if one.bits == many.bits { "the same" } else { "OTHER" },
                many.cpu_s / one.cpu_s,
                one.wall_s
            ),
        });
    }
    Ok(())
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let grid = &RingGrid { radius_step_m: 5e-5, depth_step_m: 5e-5, radius_count: 100, depth_count: 50 };
    let slab = slab_cases().swap_remove(0).tissue;
    let deck = five_layers();
    let media = vec![VoxelMedium { index: 1.37, absorption_per_m: 5.0, scattering_per_m: 1_000.0, anisotropy: 0.01 }];
    let cube = VoxelTissue { size: [60; 3], voxel_m: [1e-3; 3], labels: vec![0; 216_000], media, index_outside: 1.37 };
    let light = |photon_count| MonteCarlo { photon_count, seed: 3, half_width_m: 0.0, bin_count: 0 };
    let mut rows = Vec::new();
    let mapped = |run: &MonteCarlo, tissue| run.run_with_map(tissue, grid).map(|(_, map)| bits(&map.absorbed)).map_err(Failure::of);
    scale("A1 with a map", &|| mapped(&light(20_000_000), &slab), interrupt, &mut rows)?;
    scale("S5 with a map", &|| mapped(&light(400_000), &deck), interrupt, &mut rows)?;
    let single =
        || light(400_000).run_single(&deck).map(|t| bits(&[t.diffuse_reflectance.mean, t.transmittance.mean])).map_err(Failure::of);
    scale("S5, f32 totals", &single, interrupt, &mut rows)?;
    let voxels = || {
        let (start_m, direction) = ([0.03, 0.03, 0.0], [0.0, 0.0, 1.0]);
        let run = VoxelRun { photon_count: 1_000_000, seed: 1, start_m, direction, per_voxel: true, gate_s: 5e-9 };
        run.run(&cube).map(|found| bits(&found.absorbed_per_voxel)).map_err(Failure::of)
    };
    scale("cube by voxel", &voxels, interrupt, &mut rows)?;
    let note = "Only a quiet machine tells how well threads scale: where fewer cores were given than threads asked for, the ratio is the machine's.";
    Ok(Outcome { rows, note: note.into() })
}
