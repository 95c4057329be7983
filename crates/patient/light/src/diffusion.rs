//! Light in layers by the diffusion equation: rough, and fast enough to scale what the Monte Carlo engine said.
//!
//! d/dz(D dφ/dz) − μa φ = −μs′ exp(−∫μt′), D = 1/(3 μt′), μt′ = μa + μs′, with φ = 2 A D φ′ at the surface.
//! Used only in ratios: reflectance or contrast of one person's layers over those of the reference layers.

use proband_core::ops;

/// One slab: absorption and reduced scattering [1/m], thickness [m].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slab {
    pub(crate) absorption: f64,
    pub(crate) scattering: f64,
    pub(crate) thickness: f64,
}

/// Internal reflection of a tissue surface with index 1.4 against air: A = (1 + r)/(1 − r), r = 0.529
/// (polynomial of Groenhuis et al. 1983, Appl Opt 22:2456).
const BOUNDARY: f64 = 3.25;
/// Depth that is solved for [m].
const DEPTH_M: f64 = 25e-3;
/// Cells, thinner near the surface.
const CELLS: usize = 120;

/// Diffuse reflectance of slabs lit straight down, evenly. The last slab goes on for ever. `sheet`, when given,
/// is (top, bottom, absorption, scattering) and replaces what the slabs say there.
pub(crate) fn reflectance(slabs: &[Slab], sheet: Option<(f64, f64, f64, f64)>) -> f64 {
    // Cell edges at DEPTH·(i/CELLS)²: 1.7 µm at the surface, 0.4 mm at the bottom.
    let edge = |i: usize| DEPTH_M * (i as f64 / CELLS as f64) * (i as f64 / CELLS as f64);
    let mut diffusion = [0.0; CELLS];
    let mut absorbed = [0.0; CELLS];
    let mut source = [0.0; CELLS];
    let mut direct = 1.0;
    for i in 0..CELLS {
        let (top, bottom) = (edge(i), edge(i + 1));
        let (absorption, scattering) = mean_over(slabs, sheet, top, bottom);
        let thickness = bottom - top;
        diffusion[i] = 1.0 / (3.0 * (absorption + scattering));
        absorbed[i] = absorption * thickness;
        let total = absorption + scattering;
        let left = direct * ops::exp(-total * thickness);
        source[i] = (direct - left) * scattering / total;
        direct = left;
    }
    // Finite volumes: conductance between cell centres, Thomas algorithm from the bottom up.
    let half = |i: usize| 0.5 * (edge(i + 1) - edge(i)) / diffusion[i];
    let surface = 1.0 / (2.0 * BOUNDARY + half(0));
    let below: [f64; CELLS] = std::array::from_fn(|i| if i + 1 < CELLS { 1.0 / (half(i) + half(i + 1)) } else { 0.0 });
    let mut ratio = [0.0; CELLS];
    let mut value = [0.0; CELLS];
    for i in 0..CELLS {
        let above = if i == 0 { 0.0 } else { below[i - 1] };
        let outward = if i == 0 { surface } else { 0.0 };
        let diagonal = absorbed[i] + above + below[i] + outward - if i == 0 { 0.0 } else { above * ratio[i - 1] };
        ratio[i] = below[i] / diagonal;
        value[i] = (source[i] + if i == 0 { 0.0 } else { above * value[i - 1] }) / diagonal;
    }
    let mut fluence = value[CELLS - 1];
    for i in (0..CELLS - 1).rev() {
        fluence = value[i] + ratio[i] * fluence;
    }
    surface * fluence
}

/// Mean absorption and scattering between two depths.
fn mean_over(slabs: &[Slab], sheet: Option<(f64, f64, f64, f64)>, top: f64, bottom: f64) -> (f64, f64) {
    let mut sums = [0.0; 2];
    let mut start = 0.0;
    for (i, slab) in slabs.iter().enumerate() {
        let end = if i + 1 == slabs.len() { f64::INFINITY } else { start + slab.thickness };
        let (mut part, whole) = ((bottom.min(end) - top.max(start)).max(0.0), top.max(start));
        if let Some((sheet_top, sheet_bottom, absorption, scattering)) = sheet {
            let covered = ((whole + part).min(sheet_bottom) - whole.max(sheet_top)).max(0.0);
            if part > 0.0 && covered > 0.0 {
                sums[0] += covered * absorption;
                sums[1] += covered * scattering;
                part -= covered;
            }
        }
        sums[0] += part * slab.absorption;
        sums[1] += part * slab.scattering;
        start = end;
    }
    (sums[0] / (bottom - top), sums[1] / (bottom - top))
}

/// Relative darkening by a sheet, (R₀ − R)/R₀.
pub(crate) fn contrast(slabs: &[Slab], sheet: (f64, f64, f64, f64)) -> f64 {
    let without = reflectance(slabs, None);
    (without - reflectance(slabs, Some(sheet))) / without
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match the closed form of a half space: R = a′/(1 + 2k(1 − a′) + (1 + 2k/3)√(3(1 − a′))), k = A
    /// (Flock et al. 1989, IEEE Trans Biomed Eng 36:1162).
    #[test]
    fn a_half_space_follows_the_closed_form() {
        for (absorption, scattering) in [(10.0, 1_300.0), (100.0, 1_000.0), (30.0, 2_000.0)] {
            let albedo = scattering / (absorption + scattering);
            let expected = albedo / (1.0 + 2.0 * BOUNDARY * (1.0 - albedo) + (1.0 + 2.0 * BOUNDARY / 3.0) * (3.0 * (1.0 - albedo)).sqrt());
            let found = reflectance(&[Slab { absorption, scattering, thickness: 1.0 }], None);
            assert!((found / expected - 1.0).abs() < 0.02, "{found} {expected}");
        }
    }

    /// Darken less through a deeper sheet.
    #[test]
    fn deeper_sheets_darken_less() {
        let slabs = [
            Slab { absorption: 25.0, scattering: 2_100.0, thickness: 1.5e-3 },
            Slab { absorption: 10.0, scattering: 1_290.0, thickness: 1.0 },
        ];
        let at = |top: f64| contrast(&slabs, (top, top + 3e-3, 508.0, 1_000.0));
        assert!(at(2e-3) > at(4e-3) && at(4e-3) > at(8e-3) && at(8e-3) > 0.0);
    }
}
