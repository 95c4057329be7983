//! DICOM files of others against the pixels and positions that other readers give.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use std::path::{Path, PathBuf};

use common::data;
use proband_core::Warnings;
use proband_image::{DicomSeries, DicomVolume, ImageError, read_dicom_seg};

fn read(bytes: &[u8]) -> Result<DicomVolume, ImageError> {
    let mut series = DicomSeries::new();
    series.add(bytes, &Warnings::new())?;
    Ok(series.finish(&Warnings::new())?.swap_remove(0))
}

fn values(path: &Path) -> Result<Vec<f32>, ImageError> {
    read(&std::fs::read(path).unwrap()).map(|v| v.volume.to_f32().into_data())
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

/// Take every file, damaged ones too, to a volume or an error.
#[test]
fn any_file_is_a_volume_or_an_error() {
    let mut all = Vec::new();
    for folder in ["dicom", "ct/dicom_misc"] {
        let Some(folder) = data(folder) else { return };
        files(&folder, &mut all);
    }
    let mut outcomes = (0, 0);
    for path in &all {
        let found = read(&std::fs::read(path).unwrap());
        if std::env::var_os("PROBAND_LIST").is_some() {
            println!(
                "{}: {}",
                path.display(),
                found.as_ref().map_or_else(ToString::to_string, |v| format!("{} {:?}", v.modality, v.volume.grid().size()))
            );
        }
        if found.is_ok() { outcomes.0 += 1 } else { outcomes.1 += 1 }
    }
    println!("{} volumes, {} errors", outcomes.0, outcomes.1);
    assert!(outcomes.0 > 100, "{outcomes:?}");
}

/// Refuse or recover from what was damaged on purpose.
#[test]
fn damaged_files_are_refused() {
    let Some(folder) = data("dicom/pydicom/test_files") else { return };
    for name in [
        "MR_truncated.dcm",
        "meta_missing_tsyntax.dcm",
        "no_meta.dcm",
        "ExplVR_BigEndNoMeta.dcm",
        "ExplVR_LitEndNoMeta.dcm",
        "rtplan_truncated.dcm",
    ] {
        assert!(read(&std::fs::read(folder.join(name)).unwrap()).is_err(), "{name}");
    }
    let Some(path) = data("dicom/pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm") else { return };
    assert!(read(&std::fs::read(path).unwrap()).is_err());
}

/// Decode the compression matrix of NEMA WG-04: lossless variants equal each other and have the reference's figures.
#[test]
fn lossless_variants_are_equal() {
    let Some(folder) = data("dicom/nema-wg04/WG04") else { return };
    // Smallest, largest and mean stored value before rescaling: figures of the uncompressed files.
    for (name, min, max, mean) in [
        ("CT1", -2000.0, 2278.0, 152.6963),
        ("CT2", -2048.0, 1433.0, -754.2929),
        ("MR1", 0.0, 4000.0, 481.1861),
        ("MR3", 0.0, 1476.0, 328.8059),
        ("MR4", 0.0, 2150.0, 1515.6781),
        ("NM1", 0.0, 278.0, 13.7194),
    ] {
        let own = |kind: &str| values(&folder.join(format!("{kind}/{name}_{kind}"))).unwrap_or_else(|e| panic!("{name} {kind}: {e}"));
        let rle = own("RLE");
        for kind in ["J2KR", "JPLL", "JLSL"] {
            assert!(own(kind) == rle, "{name} {kind}");
        }
        // Near-lossless: stored values at most 4 away, as the files were made. MR4 has a slope; CT1's padding is
        // no longer exactly the padding value and so no longer becomes air.
        let far = own("JLSN").iter().zip(&rle).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far > 0.0 && (far <= 4.0 || ["MR4", "CT1"].contains(&name)), "{name} JLSN {far}");
        let found = rle.iter().fold((f32::MAX, f32::MIN, 0.0), |a, v| (a.0.min(*v), a.1.max(*v), a.2 + f64::from(*v)));
        // CT1 is padded, MR4 has a slope; the figures are of stored values.
        if !["CT1", "MR4"].contains(&name) {
            assert_eq!((found.0, found.1), (min, max), "{name}");
            assert!((found.2 / rle.len() as f64 - mean).abs() < 1e-4, "{name}");
        }
    }
}

/// Give a clean error for what no safe decoder reads.
#[test]
fn what_is_not_read_is_said() {
    let Some(folder) = data("dicom/nema-wg04/WG04") else { return };
    for name in ["JPLY/MR1_JPLY", "JPLY/MR3_JPLY"] {
        let error = values(&folder.join(name)).unwrap_err();
        assert!(matches!(error, ImageError::Unsupported { .. }), "{name}: {error}");
    }
}

/// Read the same picture from three encodings.
#[test]
fn encodings_are_equal() {
    let Some(folder) = data("dicom/dicomparser") else { return };
    let of = |kind: &str| values(&folder.join(format!("CT1_UNC.{kind}.dcm"))).unwrap();
    assert!(of("explicit_little_endian") == of("implicit_little_endian"));
    assert!(of("explicit_little_endian") == of("explicit_big_endian"));
    let Some(folder) = data("dicom/pydicom-data") else { return };
    let of = |kind: &str| values(&folder.join(format!("emri_small{kind}.dcm"))).unwrap();
    for kind in ["_big_endian", "_RLE", "_jpeg_2k_lossless"] {
        assert!(of("") == of(kind), "{kind}");
    }
}

fn series(folder: &Path, order: impl Fn(&mut Vec<PathBuf>)) -> (DicomVolume, Warnings) {
    let (mut all, warnings, mut series) = (Vec::new(), Warnings::new(), DicomSeries::new());
    files(folder, &mut all);
    order(&mut all);
    for path in &all {
        series.add(&std::fs::read(path).unwrap(), &warnings).unwrap();
    }
    (series.finish(&warnings).unwrap().swap_remove(0), warnings)
}

/// Take the step between slices from positions: 2 mm, although the slices call themselves 3 mm thick.
#[test]
fn the_step_comes_from_positions() {
    let Some(folder) = data("ct/dicom_misc/totalseg_example_ct_dicom_j2k") else { return };
    let (forward, warnings) = series(&folder, |_| ());
    let grid = *forward.volume.grid();
    assert_eq!(grid.size()[2], 20);
    assert!((grid.spacing_m()[2] - 2e-3).abs() < 1e-9 && (grid.spacing_m()[0] - 0.976_562_5e-3).abs() < 1e-9);
    assert!((grid.origin().0.z + 0.8045).abs() < 1e-6, "{:?}", grid.origin());
    assert!(forward.volume.kind() == "int16" && forward.modality == "CT", "{:?}", warnings.list());
    let (backward, _) = series(&folder, |all| all.reverse());
    assert!(forward.volume == backward.volume);
    // Without its tenth slice the volume keeps its size, and a warning says why.
    let (holed, warnings) = series(&folder, |all| drop(all.remove(9)));
    assert_eq!(holed.volume.grid().size()[2], 20);
    assert!(holed.volume.grid().coincides(&grid, 1e-9));
    assert!(warnings.list().iter().any(|w| w.text.contains("gap")), "{:?}", warnings.list());
    let (doubled, warnings) = series(&folder, |all| all.push(all[3].clone()));
    assert!(doubled.volume == forward.volume && warnings.list().iter().any(|w| w.text.contains("another one has")));
}

/// Read a segmentation with all its frames.
#[test]
fn a_segmentation_is_read() {
    let Some(path) = data("ct/dicom_misc/dicom_seg_andrei.dcm") else { return };
    let warnings = Warnings::new();
    let found = read_dicom_seg(&std::fs::read(path).unwrap(), &warnings).unwrap();
    assert_eq!((found.frame_count, found.labels.size()[0], found.labels.size()[1]), (275, 512, 512));
    assert!(found.segments.iter().all(|s| s.voxel_count > 0), "{:?}", found.segments);
}
