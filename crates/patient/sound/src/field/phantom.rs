//! Random scatterers that fill layers or labelled cells.

use proband_core::{Stream, ops};

use super::array::ArraySpec;
use super::record::Scatterer;
use crate::SoundError;
use crate::error::in_range;

/// What a place scatters and swallows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echogenic {
    /// Level of its diffuse echoes [dB]; −100 and below: none.
    pub echogenicity_db: f64,
    /// One-way attenuation [dB/cm/MHz].
    pub attenuation_db_cm_mhz: f64,
}

impl Echogenic {
    fn check(&self) -> Result<(), SoundError> {
        in_range("echogenicity_db", self.echogenicity_db, -300.0, 60.0)?;
        in_range("attenuation_db_cm_mhz", self.attenuation_db_cm_mhz, 0.0, 30.0)?;
        Ok(())
    }
}

/// A rectangle of tissue under an array, in cells: one row of them is a stack of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Phantom {
    /// Left edge [m].
    pub x_first_m: f64,
    /// Width of a cell [m].
    pub x_step_m: f64,
    /// Height of a cell [m]; the first row begins at the face.
    pub z_step_m: f64,
    /// Columns of cells.
    pub column_count: usize,
    /// Which entry of `tissues` fills each cell, shape [rows, columns]; `None` is empty: no echo, no loss.
    pub cells: Vec<Option<u16>>,
    /// Tissues.
    pub tissues: Vec<Echogenic>,
}

/// Most scatterers that a phantom makes.
pub const PHANTOM_SCATTERERS_MAX: u64 = 4_000_000;

impl Phantom {
    /// Scatterers of equal weight in a tissue at random places, `per_cell` in a resolution cell of the array at an f-number
    /// (1.13 times the product of the −6 dB widths of a plane wave), between two depths.
    ///
    /// Attenuation is that straight above each.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first number outside of its range: too many scatterers among them.
    pub fn scatterers(
        &self,
        array: &ArraySpec,
        f_number: f64,
        per_cell: f64,
        depths_m: [f64; 2],
        stream: &mut Stream,
    ) -> Result<Vec<Scatterer>, SoundError> {
        array.check()?;
        in_range("f_number", f_number, 0.3, 20.0)?;
        in_range("per_cell", per_cell, 0.0, 200.0)?;
        in_range("x_step_m", self.x_step_m, 1e-6, 0.5)?;
        in_range("z_step_m", self.z_step_m, 1e-6, 0.5)?;
        in_range("cells", self.cells.len() as f64, self.column_count.max(1) as f64, 1e8)?;
        for tissue in &self.tissues {
            tissue.check()?;
        }
        let lateral_m = 1.207 * array.speed_m_s / array.frequency_hz * f_number;
        let axial_m = array.speed_m_s / (2.0 * array.bandwidth_hz());
        let density_m2 = per_cell / (1.13 * lateral_m * axial_m);
        let mean = density_m2 * self.x_step_m * self.z_step_m;
        let rows = self.cells.len() / self.column_count.max(1);
        in_range("scatterers", mean * self.cells.len() as f64, 0.0, PHANTOM_SCATTERERS_MAX as f64)?;
        // Alike at every density: power per area stays.
        let unit = (1.0 / per_cell.max(1e-9)).sqrt();
        let strengths: Vec<f64> = self.tissues.iter().map(|t| unit * ops::powf(10.0, t.echogenicity_db / 20.0)).collect();
        let mut out = Vec::new();
        let mut lost = vec![0.0; self.column_count];
        for row in 0..rows {
            let top_m = row as f64 * self.z_step_m;
            for (column, lost) in lost.iter_mut().enumerate() {
                let Some(tissue) = self.cells[row * self.column_count + column].map(usize::from) else { continue };
                let Some(sound) = self.tissues.get(tissue) else {
                    return Err(SoundError::OutOfRange {
                        field: "cells",
                        value: tissue as f64,
                        min: 0.0,
                        max: self.tissues.len() as f64 - 1.0,
                    });
                };
                if sound.echogenicity_db > -100.0 {
                    for _ in 0..stream.poisson(mean) {
                        let (u, v) = (stream.uniform(), stream.uniform());
                        let z_m = top_m + v * self.z_step_m;
                        if z_m < depths_m[0] || z_m > depths_m[1] {
                            continue;
                        }
                        let x_m = self.x_first_m + (column as f64 + u) * self.x_step_m;
                        let path = *lost + sound.attenuation_db_cm_mhz * v * self.z_step_m;
                        out.push(Scatterer { x_m, z_m, strength: strengths[tissue], attenuation_db_cm_mhz: path / z_m });
                    }
                }
                *lost += sound.attenuation_db_cm_mhz * self.z_step_m;
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_layers() -> Phantom {
        let tissues = vec![
            Echogenic { echogenicity_db: 0.0, attenuation_db_cm_mhz: 0.5 },
            Echogenic { echogenicity_db: -20.0, attenuation_db_cm_mhz: 1.5 },
        ];
        Phantom { x_first_m: -5e-3, x_step_m: 10e-3, z_step_m: 5e-3, column_count: 1, cells: vec![Some(0), Some(1), None], tissues }
    }

    /// Fill layers with their strengths, their mean loss and their number, and leave empty cells empty.
    #[test]
    fn layers_are_filled() {
        let array = ArraySpec::l11_5v();
        let mut stream = Stream::new(1, 0, "phantom");
        let points = two_layers().scatterers(&array, 1.5, 10.0, [1e-3, 0.1], &mut stream).unwrap();
        let (upper, lower): (Vec<&Scatterer>, Vec<&Scatterer>) = points.iter().partition(|s| s.z_m < 5e-3);
        assert!(lower.iter().all(|s| s.z_m < 10e-3));
        assert!((upper[0].strength / lower[0].strength - 10.0).abs() < 1e-9);
        assert!(upper.iter().all(|s| (s.attenuation_db_cm_mhz - 0.5).abs() < 1e-9));
        let deep = lower.iter().find(|s| s.z_m > 9.5e-3).unwrap();
        assert!((deep.attenuation_db_cm_mhz - 1.0).abs() < 0.05);
        // 10 per 1.13 · 0.367 mm · 0.132 mm over 10 mm × 4 mm.
        let expected = 10.0 / (1.13 * 0.3669 * 0.13158) * 40.0;
        assert!((upper.len() as f64 - expected).abs() < 5.0 * expected.sqrt(), "{} {expected}", upper.len());
    }

    /// Refuse a tissue that is not there, one that is impossible and a phantom without end.
    #[test]
    fn a_wrong_phantom_is_named() {
        let array = ArraySpec::l11_5v();
        let mut stream = Stream::new(1, 0, "phantom");
        let mut ask =
            |phantom: Phantom, per_cell: f64| phantom.scatterers(&array, 1.5, per_cell, [0.0, 0.1], &mut stream).unwrap_err().to_string();
        assert!(ask(Phantom { cells: vec![Some(7)], ..two_layers() }, 10.0).contains("cells = 7"));
        let mut wrong = two_layers();
        wrong.tissues[1].attenuation_db_cm_mhz = f64::NAN;
        assert!(ask(wrong, 10.0).contains("attenuation_db_cm_mhz = NaN"));
        assert!(ask(Phantom { x_step_m: 0.5, z_step_m: 0.5, ..two_layers() }, 200.0).contains("scatterers"));
        assert!(ask(two_layers(), f64::INFINITY).contains("per_cell"));
    }
}
