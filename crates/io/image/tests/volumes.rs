//! Volume files of others against the figures that their readers give.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::data;
use proband_core::Warnings;
use proband_image::{ImageError, VolumeFile, read_nifti_pair, read_volume};

fn read(path: &std::path::Path) -> Result<VolumeFile, ImageError> {
    let folder = path.parent().unwrap().to_owned();
    let mut beside = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|e| ImageError::Damaged { format: "file", place: "data", what: e.to_string() })
    };
    read_volume(&std::fs::read(path).unwrap(), &mut beside, &Warnings::new())
}

struct Expect {
    size: [u32; 3],
    spacing_mm: [f64; 3],
    origin_mm: [f64; 3],
    kind: &'static str,
    min_max_mean: [f64; 3],
}

fn check(path: &str, expect: &Expect) {
    let Some(path) = data(path) else { return };
    let file = read(&path).unwrap();
    let volume = &file.frames[0];
    let (grid, found) = (volume.grid(), volume.statistics());
    assert_eq!((grid.size(), volume.kind()), (expect.size, expect.kind), "{}", path.display());
    for axis in 0..3 {
        assert!((grid.spacing_m()[axis] * 1e3 - expect.spacing_mm[axis]).abs() < 1e-3, "{} {:?}", path.display(), grid.spacing_m());
        assert!((grid.origin().0[axis] * 1e3 - expect.origin_mm[axis]).abs() < 1e-3, "{} {:?}", path.display(), grid.origin());
    }
    let [min, max, mean] = expect.min_max_mean;
    assert_eq!((found.min, found.max), (min, max), "{}", path.display());
    assert!((found.mean - mean).abs() < 1e-3, "{} {}", path.display(), found.mean);
}

fn check_mask(path: &str, voxels: u64, ml: f64) {
    let Some(path) = data(path) else { return };
    let volume = read(&path).unwrap().into_first();
    let labels = volume.to_labels().unwrap();
    let found = labels.data().iter().filter(|v| **v > 0).count() as u64;
    assert_eq!(found, voxels, "{}", path.display());
    assert!((found as f64 * volume.grid().voxel_m3() * 1e6 - ml).abs() < 0.006, "{}", path.display());
}

/// Read CT volumes with the size, place and values that other readers give.
#[test]
fn ct_volumes() {
    let cta = "ct/totalsegmentator_cta_1p5mm";
    check(
        &format!("{cta}/example_ct.nii.gz"),
        &Expect {
            size: [233, 167, 191],
            spacing_mm: [1.5; 3],
            origin_mm: [-179.658_203_125, -275.158_203_125, 540.200_012_207],
            kind: "int16",
            min_max_mean: [-1094.0, 3343.0, -329.7664],
        },
    );
    check(
        &format!("{cta}/example_ct_3mm.nii.gz"),
        &Expect {
            size: [122, 101, 112],
            spacing_mm: [3.0; 3],
            origin_mm: [177.9563, -11.3190, 94.3018],
            kind: "int32",
            min_max_mean: [-1207.0, 3382.0, -360.0204],
        },
    );
    check(
        "ct/elastix_4dct/3DCT_lung.mha",
        &Expect {
            size: [115, 157, 129],
            spacing_mm: [1.366, 1.366, 2.5],
            origin_mm: [-153.827, -150.352, -1434.5],
            kind: "int16",
            min_max_mean: [-1255.0, 1474.0, -351.7206],
        },
    );
    check_mask(&format!("{cta}/aorta.nii.gz"), 72_810, 245.73);
    check_mask(&format!("{cta}/heart.nii.gz"), 198_176, 668.84);
    check_mask(&format!("{cta}/pulmonary_artery.nii.gz"), 14_261, 48.13);
    check_mask(&format!("{cta}/annulus_proper.nii.gz"), 588, 1.98);
    check_mask(&format!("{cta}/sinotubular_junction.nii.gz"), 309, 1.04);
    check_mask("ct/elastix_4dct/3DCT_lung_baseline_mask.mha", 721_043, 3363.59);
    check_mask("ct/elastix_4dct/3DCT_lung_followup_mask.mha", 850_626, 3968.08);
}

/// Place the crop of a mask in its scan by coordinates alone: 72 voxels to the left.
#[test]
fn a_crop_lies_in_its_scan() {
    let (Some(scan), Some(mask)) =
        (data("ct/totalsegmentator_cta_1p5mm/example_ct.nii.gz"), data("ct/totalsegmentator_cta_1p5mm/aorta.nii.gz"))
    else {
        return;
    };
    let (scan, mask) = (read(&scan).unwrap().into_first(), read(&mask).unwrap().into_first());
    let index = scan.grid().index(&mask.grid().origin());
    assert!((index[0] - 72.0).abs() < 1e-3 && index.iter().all(|i| (i - i.round()).abs() < 1e-3), "{index:?}");
}

/// Read NIfTI files of other writers, big-endian and scaled ones too.
#[test]
fn nifti_of_others() {
    let folder = "nifti/nibabel/tests/data";
    if let Some(path) = data(&format!("{folder}/example4d.nii.gz")) {
        let file = read(&path).unwrap();
        assert_eq!((file.frames.len(), file.frames[0].grid().size(), file.frames[0].kind()), (2, [128, 96, 24], "int16"));
        let mean = file.frames.iter().map(|f| f.statistics().mean).sum::<f64>() / 2.0;
        assert!((mean - 172.9081).abs() < 1e-3, "{mean}");
        let spacing = file.frames[0].grid().spacing_m().map(|s| (s * 1e5).round());
        assert_eq!(spacing, [200.0, 200.0, 220.0]);
    }
    if let Some(path) = data(&format!("{folder}/anatomical.nii")) {
        let file = read(&path).unwrap();
        let origin = file.frames[0].grid().origin().0 * 1e3;
        assert_eq!(file.frames[0].grid().size(), [33, 41, 25]);
        assert!((file.frames[0].statistics().mean - 8401.067).abs() < 1e-3);
        // (32, −40, −16) in RAS.
        assert!((origin - nalgebra::Point3::new(-32.0, 40.0, -16.0)).norm() < 1e-3, "{origin}");
    }
    if let Some(path) = data(&format!("{folder}/functional.nii")) {
        let file = read(&path).unwrap();
        let mean = file.frames.iter().map(|f| f.statistics().mean).sum::<f64>() / file.frames.len() as f64;
        assert!((mean - 3637.41).abs() < 0.01, "{mean}");
    }
    for name in ["example_nifti2.nii.gz", "standard.nii.gz", "reoriented_anat_moved.nii", "resampled_anat_moved.nii"] {
        let Some(path) = data(&format!("{folder}/{name}")) else { continue };
        assert!(!read(&path).unwrap().frames.is_empty(), "{name}");
    }
    // Headers without their values, and values without a header of ours.
    for name in ["nifti1.hdr", "nifti2.hdr", "analyze.hdr"] {
        let Some(path) = data(&format!("{folder}/{name}")) else { continue };
        assert!(read_nifti_pair(&std::fs::read(path).unwrap(), &[], &Warnings::new()).is_err(), "{name}");
    }
}

/// Read every NRRD of the set to the same sum, or say why not.
#[test]
fn nrrd_of_others() {
    let Some(folder) = data("nifti/pynrrd") else { return };
    let mut read_count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !(name.ends_with(".nrrd") || name.ends_with(".nhdr") || name.ends_with(".nii.gz")) {
            continue;
        }
        let found = read(&path);
        if name.contains("minus_five") || name.contains("bz2") || (name.contains("_nifti") && !name.contains("minus_one")) {
            // A skip below −1, bzip2 (not read), and a NIfTI's header taken for values.
            assert!(found.is_err() || name.contains("_nifti"), "{name}");
        } else if name.starts_with("Ball") {
            let sum: f64 = found.unwrap().frames[0].to_f32().data().iter().map(|v| f64::from(*v)).sum();
            assert_eq!(sum, 3_682_296.0, "{name}");
            read_count += 1;
        } else {
            assert!(found.is_ok(), "{name}: {found:?}");
        }
    }
    assert!(read_count >= 6, "{read_count}");
}

/// Take every file of the folder, whatever it is, to a volume or an error.
#[test]
fn any_file_is_a_volume_or_an_error() {
    let Some(folder) = data("nifti/nibabel/tests/data") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let _ = read(&path);
        }
    }
}
