//! Volume filters and airways on a chest of 512 × 512 × 300 voxels, beside the cheapest peer of each.

use proband_anatomy::{ChestPhantom, ChestPhantomSpec, ReferenceNormals, chest_phantom, find_airways, score_airway};
use proband_core::Warnings;
use proband_volume::{AnyVolume, Connectivity, Interpolation, components3, distance3, gaussian3, grow_dark, median3, resample};

use super::{Case, Outcome, Row, Times, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "volume", what: "filters and airways in a chest of 512 x 512 x 300 voxels", run };

/// CPU time of the best peer for the same work on the same volume [s]; measured on another, loaded machine.
const MEDIAN: (&str, f64) = ("VTK 9.7.1", 19.99);
const GAUSSIAN: (&str, f64) = ("SciPy separable", 2.29);
const RESAMPLE: (&str, f64) = ("SimpleITK 2.5.7", 0.41);
const PIECES_26: (&str, f64) = ("cc3d", 0.112);
const PIECES_6: (&str, f64) = ("cc3d", 0.155);
const GROWTH: (&str, f64) = ("SimpleITK 2.5.7", 0.081);
const LEAK: (&str, f64) = ("SimpleITK 2.5.7", 3.34);
const DISTANCE: (&str, f64) = ("edt, 1 thread", 1.22);
/// CPU time that airways may take [s]: a goal, no peer.
const AIRWAYS: (&str, f64) = ("goal", 20.0);

fn row(what: &str, times: Times, peer: (&str, f64), error: String) -> Row {
    let against = Some((format!("{}, {} CPU-s on another machine", peer.0, peer.1), peer.1 / times.cpu_s.max(1e-3)));
    Row { what: what.to_owned(), value: times.cpu_s, unit: "CPU-s", against, error }
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let mut normals = ReferenceNormals::new(7);
    let chest = chest_phantom(&ChestPhantomSpec::reference(), &mut || normals.normal()).map_err(Failure::of)?;
    let mut rows = Vec::new();
    filters(&chest, interrupt, &mut rows)?;
    masks(&chest, interrupt, &mut rows)?;
    interrupt.check()?;
    let (found, times) = timed(|| find_airways(&chest.ct, &Warnings::new()));
    let score = score_airway(&found.map_err(Failure::of)?.mask, &chest.airway, &chest.branches).map_err(Failure::of)?;
    let error = format!(
        "tree length {:.3}, branches {:.3}, precision {:.3}, leak {} voxels",
        score.tree_length, score.branches, score.precision, score.leak_voxels
    );
    rows.push(row("airways", times, AIRWAYS, error));
    Ok(Outcome { rows, note: "Times are CPU seconds of all threads, memory of results included.".into() })
}

fn filters(chest: &ChestPhantom, interrupt: &Interrupt, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let (_, times) = timed(|| median3(&chest.ct));
    rows.push(row("median 3 x 3 x 3, int16", times, MEDIAN, "exact".into()));
    interrupt.check()?;
    let grid = AnyVolume::from(chest.ct.clone()).cubic_grid(1e-3).map_err(Failure::of)?;
    let (_, times) = timed(|| resample(&chest.ct, &grid, Interpolation::Linear, -1024));
    rows.push(row("linear to 1 mm, int16", times, RESAMPLE, "rounding to 1 HU".into()));
    interrupt.check()?;
    let float = chest.ct.map(f32::from);
    let (blurred, times) = timed(|| gaussian3(&float, 1e-3));
    blurred.map_err(Failure::of)?;
    rows.push(row("Gaussian of 1 mm, float32", times, GAUSSIAN, "cut at 4 standard deviations".into()));
    interrupt.check()
}

fn masks(chest: &ChestPhantom, interrupt: &Interrupt, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let dark = chest.ct.map(|v| v < -500);
    for (name, connectivity, peer) in [("26 neighbours", Connectivity::TwentySix, PIECES_26), ("6 neighbours", Connectivity::Six, PIECES_6)]
    {
        let (pieces, times) = timed(|| components3(&dark, connectivity));
        rows.push(row(&format!("pieces below -500 HU, {name}"), times, peer, format!("exact: {} pieces", pieces.voxel_counts.len())));
        interrupt.check()?;
    }
    drop(dark);
    let seed = chest.ct.grid().offset([256, 256, 290]).unwrap_or(0);
    for (name, upper, peer) in [("airway, up to -930 HU", -930, GROWTH), ("leaked, up to -900 HU", -900, LEAK)] {
        let (grown, times) = timed(|| grow_dark(&chest.ct, &[seed], upper, u64::MAX));
        let error = format!("exact: {} voxels", grown.map_err(Failure::of)?.voxel_count);
        rows.push(row(&format!("growth, {name}"), times, peer, error));
    }
    let spec = ChestPhantomSpec::reference();
    let lungs = proband_volume::Volume::from_fn(*chest.ct.grid(), |index| {
        let [x, y, z]: [f64; 3] = std::array::from_fn(|a| f64::from(index[a]) * spec.spacing_m[a] * 1e3);
        let square = |v: f64| v * v;
        [101.2, 257.2].into_iter().any(|c| square((x - c) / 62.0) + square((y - 179.2) / 85.0) + square((z - 130.0) / 130.0) < 1.0)
    });
    let (_, times) = timed(|| distance3(&lungs));
    rows.push(row("exact distance in the lungs", times, DISTANCE, "exact to float32".into()));
    interrupt.check()
}
