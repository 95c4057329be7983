//! An arm in 512 × 512 as a PGM picture on standard output: skin, a vein with a needle above it, an artery, fat over muscle, bone.

use std::io::Write;

use proband_anatomy::Tissue;
use proband_core::Stream;
use proband_sound::{AcousticSpec, BModeModel, BModeScratch, BModeSpec, NeedleTrack, Raster, Section};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let raster = Raster::FULL;
    let model = BModeModel::with_raster(&BModeSpec::linear_10_mhz(3), &AcousticSpec::textbook(), raster)?;
    let mut section = Section::uniform_wide(Tissue::Muscle, 0.05, raster.column_count);
    let tubes = [
        (Tissue::VeinWall, -3.0, 5.2, 2.4, 1.5),
        (Tissue::VeinLumen, -3.0, 5.2, 2.1, 1.2),
        (Tissue::ArteryWall, 5.0, 12.0, 2.2, 2.2),
        (Tissue::ArteryLumen, 5.0, 12.0, 1.8, 1.8),
        (Tissue::Bone, 1.0, 24.0, 5.0, 4.0),
    ];
    for (index, column) in section.columns.iter_mut().enumerate() {
        let x_mm = (index as f32 - 255.5) * 0.05;
        let slope = 0.06 + 0.002 * x_mm;
        column.paint(Tissue::Fat, 0.0, 1e-3 * (8.0 + 0.06 * x_mm + 0.001 * x_mm * x_mm), 0.0, slope);
        column.paint(Tissue::Dermis, 0.0, 1.6e-3, 0.0, 0.0);
        for (tissue, middle_mm, depth_mm, half_x_mm, half_z_mm) in tubes {
            let u: f32 = (x_mm - middle_mm) / half_x_mm;
            if u.abs() < 1.0 {
                let root = (1.0 - u * u).sqrt();
                let (half_mm, slope) = (half_z_mm * root, half_z_mm / half_x_mm * u.abs() / root.max(0.05));
                column.paint(tissue, 1e-3 * (depth_mm - half_mm), 1e-3 * (depth_mm + half_mm), slope, slope);
            }
        }
    }
    section.needle =
        Some(NeedleTrack { start_m: [-12.5e-3, 0.0, 2.4e-3], tip_m: [-3.6e-3, 0.0, 4.6e-3], outer_diameter_m: 0.82e-3, steer_rad: 0.2 });
    let mut pixels = Vec::new();
    model.form(&section, &mut BModeScratch::new(), &mut Stream::new(1, 0, "example.noise"), &mut pixels);
    let mut out = std::io::stdout().lock();
    writeln!(out, "P5 {} {} 255", raster.column_count, raster.row_count)?;
    out.write_all(&pixels)?;
    Ok(())
}
