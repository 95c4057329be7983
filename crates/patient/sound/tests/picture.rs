//! The picture against theory and against the reference path.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_anatomy::Tissue;
use proband_core::Stream;
use proband_sound::{
    AcousticSpec, BModeModel, BModeScratch, BModeSpec, COLUMN_COUNT, NeedleTrack, RAYLEIGH_SNR, ROW_COUNT, Section, Transmit, check,
    envelope_snr,
};

/// Keep the −6 dB widths of theory on both paths.
#[test]
fn points_are_as_wide_as_theory_says() {
    for transmit in [Transmit::PlaneWave, Transmit::Focused] {
        for (lateral, axial) in [check::fast_point_widths(transmit).unwrap(), check::reference_point_widths(transmit).unwrap()] {
            assert!((lateral - 1.0).abs() < 0.05, "{transmit:?} lateral {lateral}");
            assert!((axial - 1.0).abs() < 0.10, "{transmit:?} axial {axial}");
        }
    }
}

/// Give fully developed speckle: three standard errors at 6,000 cells.
#[test]
fn speckle_is_rayleigh() {
    let snr = envelope_snr(&check::fast_speckle(5).unwrap()).unwrap();
    assert!((snr - RAYLEIGH_SNR).abs() < 0.06, "{snr}");
}

/// Lose 2 a f decibels per depth.
#[test]
fn attenuation_has_the_stated_slope() {
    let slope = check::attenuation_slope_db_m(0.63).unwrap();
    assert!((slope / (-2.0 * 63.0 * 10.0) - 1.0).abs() < 0.02, "{slope}");
}

/// Show fat's interfaces too deep by 1540/1450, and nothing as nothing.
#[test]
fn depth_is_displayed_with_one_speed() {
    for (true_mm, shown_mm) in [(2.0, 2.12), (5.0, 5.31), (8.0, 8.50)] {
        let shown = check::displayed_interface_m(true_mm * 1e-3, 1_450.0).unwrap() * 1e3;
        assert!((shown - shown_mm).abs() < 0.03, "{true_mm}: {shown}");
    }
    assert_eq!(check::picture_of_nothing().unwrap(), 0);
}

/// Fade the needle as it tilts, and bring it back by steering.
#[test]
fn a_tilted_needle_fades() {
    let levels: Vec<f64> = (0..6).map(|i| check::needle_level_db(f64::from(i) * 4.0_f64.to_radians()).unwrap()).collect();
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 0.5), "{levels:?}");
    assert!(levels[0] > levels[5] + 15.0, "{levels:?}");
}

/// Move the speckle with the tissue, renew that of the blood.
#[test]
fn speckle_sticks_to_the_tissue() {
    let spec = BModeSpec { noise_db: -150.0, ..BModeSpec::linear_10_mhz(3) };
    let model = BModeModel::new(&spec, &AcousticSpec::textbook()).unwrap();
    let picture = |tissue: Tissue, x_m: f64, epoch: u32| {
        let mut section = Section::uniform(tissue, 0.05);
        section.texture.origin_m[0] = x_m;
        section.texture.blood_epoch = epoch;
        let mut pixels = Vec::new();
        model.form(&section, &mut BModeScratch::new(), &mut Stream::new(1, 0, "noise"), &mut pixels);
        pixels
    };
    // Four columns to the right: the same grey levels four columns to the left.
    let (here, there) = (picture(Tissue::Muscle, 0.0, 0), picture(Tissue::Muscle, 0.8e-3, 0));
    let same = (0..ROW_COUNT)
        .flat_map(|r| (20..100).map(move |c| (r, c)))
        .filter(|(r, c)| here[r * COLUMN_COUNT + c + 4].abs_diff(there[r * COLUMN_COUNT + c]) <= 1)
        .count();
    assert!(same > ROW_COUNT * 80 * 95 / 100, "{same}");
    assert_eq!(picture(Tissue::Muscle, 0.0, 0), picture(Tissue::Muscle, 0.0, 1));
    assert_ne!(picture(Tissue::VeinLumen, 0.0, 0), picture(Tissue::VeinLumen, 0.0, 1));
}

/// Survive needles and tissue in odd places.
#[test]
fn odd_sections_give_a_picture() {
    let model = BModeModel::new(&BModeSpec::linear_10_mhz(3), &AcousticSpec::textbook()).unwrap();
    let mut scratch = BModeScratch::new();
    let mut stream = Stream::new(1, 0, "noise");
    let mut pixels = Vec::new();
    let tracks = [
        ([0.0, 0.0, 5e-3], [0.0, 0.0, 5e-3]),
        ([0.0, -5e-3, 5e-3], [0.0, 5e-3, 6e-3]),
        ([-0.2, 0.0, -0.1], [0.3, 0.0, 0.2]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.5]),
        ([f64::NAN, 0.0, 0.0], [0.0, 0.0, 5e-3]),
    ];
    for (start_m, tip_m) in tracks {
        let mut section = Section::uniform(Tissue::Fat, 1e-3);
        section.columns[3].coupling = 0.0;
        section.columns[4].gel_m = 0.5;
        section.needle = Some(NeedleTrack { start_m, tip_m, outer_diameter_m: 0.82e-3, steer_rad: 0.1 });
        model.form(&section, &mut scratch, &mut stream, &mut pixels);
        assert_eq!(pixels.len(), COLUMN_COUNT * ROW_COUNT);
    }
}
