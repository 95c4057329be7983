//! The two products that soft tissue spends its time in, against what this machine can do: memory traffic and arithmetic of one core.

use proband_math::sparse::{BlockMatrix, BlockPattern, Operator};
use proband_tissue::fem::{Lattice, LiveMaterial, LiveModel, LiveSpec};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "tissue-kernels", what: "products of soft tissue against the machine's limits", run };

/// Cells of the beam: 4 961 nodes.
const CELLS: [u32; 3] = [40, 10, 10];
/// Numbers in each array of the triad: 64 MB, more than caches hold.
const TRIAD: usize = 1 << 23;
/// Additions and multiplications of one product of a cell: two transforms (144), fourteen rotations (210), stiffness (76).
const CELL_FLOP: f64 = 430.0;
/// Independent sums of four numbers: enough to hide the latency of a multiplication and an addition.
const CHAINS: usize = 10;

/// a ← b + s c of long arrays, as STREAM counts it (McCalpin 1995): three numbers moved for each [GB/s].
fn triad() -> f64 {
    let (mut a, b, c) = (vec![0.0_f64; TRIAD], vec![1.5_f64; TRIAD], vec![0.5_f64; TRIAD]);
    let mut once = |s: f64| {
        for ((a, b), c) in a.iter_mut().zip(&b).zip(&c) {
            *a = b + s * c;
        }
        std::hint::black_box(&mut a);
    };
    once(1.0);
    let (_, times) = timed(|| (0..20).for_each(|k| once(f64::from(k))));
    20.0 * 24.0 * TRIAD as f64 / times.cpu_s / 1e9
}

/// Multiplications and additions of single precision that depend on nothing but themselves [GFlop/s].
fn peak() -> f64 {
    let rounds = 20_000_000_u32;
    let mut x = [[0.5_f32; 4]; CHAINS];
    let (s, t) = (std::hint::black_box([0.999_f32; 4]), std::hint::black_box([0.001_f32; 4]));
    let (_, times) = timed(|| {
        for _ in 0..rounds {
            for x in &mut x {
                for k in 0..4 {
                    x[k] = x[k] * s[k] + t[k];
                }
            }
        }
        std::hint::black_box(&mut x);
    });
    2.0 * 4.0 * CHAINS as f64 * f64::from(rounds) / times.cpu_s / 1e9
}

/// Time of a product of the matrix-free path [s] and its cells.
fn matrix_free() -> Result<(f64, f64), Failure> {
    let material = LiveMaterial { young_pa: 20e3, poisson: 0.45, density_kg_per_m3: 1000.0 };
    let model = LiveModel::new(&LiveSpec::box_of(CELLS, [0.01; 3], material)).map_err(Failure::of)?;
    let x: Vec<f32> = (0..3 * model.plane()).map(|i| (i % 17) as f32 * 1e-4).collect();
    let mut y = vec![0.0; x.len()];
    model.product(&x, &mut y);
    let (_, times) = timed(|| {
        for _ in 0..1500 {
            model.product(std::hint::black_box(&x), &mut y);
        }
    });
    std::hint::black_box(&y);
    Ok((times.cpu_s / 1500.0, CELLS.iter().map(|n| f64::from(*n)).product()))
}

/// Time of a product of the block matrix [s], its bytes and its operations.
fn blocks() -> Result<(f64, f64, f64), Failure> {
    let lattice = Lattice::new(CELLS, CELLS.map(f64::from)).map_err(Failure::of)?;
    let nodes = lattice.nodes_m.len();
    let pattern = BlockPattern::from_groups(nodes as u32, lattice.hexahedra.iter().map(<[u32; 8]>::as_slice)).map_err(Failure::of)?;
    let count = pattern.block_count() as f64;
    let mut matrix = BlockMatrix::zero(pattern);
    for (index, block) in matrix.blocks.iter_mut().enumerate() {
        block[index % 9] = 1.0;
    }
    let x: Vec<f64> = (0..3 * nodes).map(|i| (i % 17) as f64).collect();
    let mut y = vec![0.0; 3 * nodes];
    matrix.apply(&x, &mut y);
    let (_, times) = timed(|| {
        for _ in 0..600 {
            matrix.apply(std::hint::black_box(&x), &mut y);
        }
    });
    std::hint::black_box(&y);
    // A block and its column, each once; the vectors stay in the cache and count once each.
    Ok((times.cpu_s / 600.0, 76.0 * count + 48.0 * nodes as f64, 18.0 * count))
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let (bandwidth, flops) = (triad(), peak());
    let (free_s, cells) = matrix_free()?;
    let (block_s, bytes, operations) = blocks()?;
    let (free_flops, block_bandwidth) = (CELL_FLOP * cells / free_s / 1e9, bytes / block_s / 1e9);
    let limit = |name: &str, of: f64, value: f64| Some((format!("{name}, {of:.1}"), value / of));
    let exact = "same sums in the same order at any time".to_string();
    let rows = vec![
        Row {
            what: "triad of 3 × 64 MB, one core".into(),
            value: bandwidth,
            unit: "GB/s",
            against: None,
            error: "counted as 24 bytes a number".into(),
        },
        Row {
            what: "multiplications and additions, f32, one core, four lanes, not fused".into(),
            value: flops,
            unit: "GFlop/s",
            against: None,
            error: format!("{CHAINS} independent chains"),
        },
        Row {
            what: format!("matrix-free product, {cells:.0} boxes: {:.0} µs", 1e6 * free_s),
            value: free_flops,
            unit: "GFlop/s",
            against: limit("arithmetic measured, GFlop/s", flops, free_flops),
            error: format!("{CELL_FLOP} operations a box; single precision"),
        },
        Row {
            what: format!("block matrix times vector, {:.0} MB: {:.0} µs", bytes / 1e6, 1e6 * block_s),
            value: block_bandwidth,
            unit: "GB/s",
            against: limit("triad measured, GB/s", bandwidth, block_bandwidth),
            error: exact.clone(),
        },
        Row { what: "same, arithmetic".into(), value: operations / block_s / 1e9, unit: "GFlop/s", against: None, error: exact },
    ];
    let note = "A ratio above 1 to the triad means that the matrix is partly held by the cache. The build is for any x86-64: no AVX, no fused operations.".into();
    Ok(Outcome { rows, note })
}
