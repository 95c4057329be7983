//! Claims about `proband-sound`.

use proband_core::{Stream, ops};
use proband_sound::{
    TissueSound, Transmit, Weights, check, displayed_depth_m, doppler_shift_hz, effective_count, envelope_snr, kolmogorov_rayleigh,
    mirror_overlap, random_phasor_envelopes, reflection, refraction_rad, reverberation_spacing_m, two_way_loss_db,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("sound-reflection", reflections),
    claim!("sound-refraction", refractions),
    claim!("sound-attenuation", attenuation),
    claim!("sound-depth-error", depth_error),
    claim!("sound-speckle", speckle),
    claim!("sound-phasors", phasors),
    claim!("sound-point-spread", point_spread),
    claim!("sound-reference", reference),
    claim!("sound-needle", needle),
    claim!("sound-doppler", doppler),
    claim!("sound-engine", engine),
    claim!("sound-fast-path", fast_path),
    claim!("sound-motion", motion),
];

type Values = Result<Vec<Obtained>, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn reflections() -> Values {
    let pairs = [
        ("fat-muscle", 1.38, 1.70),
        ("muscle-blood", 1.70, 1.61),
        ("fat-blood", 1.38, 1.61),
        ("water-fat", 1.48, 1.38),
        ("wall-blood", 1.73, 1.61),
        ("skin-fat", 1.99, 1.38),
        ("muscle-bone", 1.70, 7.80),
        ("fat-steel", 1.38, 45.0),
    ];
    let mut rows = Vec::new();
    for (name, first, second) in pairs {
        let r = reflection(first, second).abs();
        rows.push(Obtained::new(name, r));
        rows.push(Obtained::new(format!("{name}, level"), 20.0 * ops::log10(r)));
    }
    Ok(rows)
}

fn refractions() -> Values {
    let at = |degrees: f64| refraction_rad(degrees.to_radians(), 1_450.0, 1_580.0);
    let mut rows = Vec::new();
    for degrees in [10.0, 20.0, 30.0, 45.0] {
        rows.push(Obtained::new(format!("{degrees} degrees"), at(degrees).ok_or("total reflection")?.to_degrees()));
    }
    // Bisection for the largest angle that still gets through.
    let (mut low, mut high) = (45.0, 90.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if at(middle).is_some() { low = middle } else { high = middle }
    }
    rows.push(Obtained::new("critical angle", low));
    Ok(rows)
}

fn attenuation() -> Values {
    let mut rows = Vec::new();
    for (name, attenuation_db_cm_mhz) in [("fat", 0.63), ("muscle", 1.09), ("skin", 0.35)] {
        let tissue = TissueSound {
            density_kg_m3: 1_000.0,
            speed_m_s: 1_540.0,
            attenuation_db_cm_mhz,
            attenuation_exponent: 1.0,
            echogenicity_db: 0.0,
        };
        for mhz in [7.6, 10.0, 15.0] {
            rows.push(Obtained::new(format!("{name} at {mhz} MHz"), two_way_loss_db(&tissue, mhz * 1e6, 1e-3)));
        }
    }
    for (name, a) in [("fat", 0.63), ("muscle", 1.09)] {
        rows.push(Obtained::new(format!("slope of the picture, {name}"), 1e-3 * check::attenuation_slope_db_m(a).map_err(text)?));
    }
    Ok(rows)
}

fn depth_error() -> Values {
    let mut rows = Vec::new();
    for mm in [2.0, 5.0, 8.0] {
        rows.push(Obtained::new(format!("{mm} mm of fat"), 1e3 * displayed_depth_m(mm * 1e-3, 1_450.0, 1_540.0)));
        let read = check::displayed_interface_m(mm * 1e-3, 1_450.0).map_err(text)?;
        rows.push(Obtained::new(format!("{mm} mm of fat, read off the picture"), 1e3 * read));
    }
    Ok(rows)
}

fn speckle() -> Values {
    let envelope = check::fast_speckle(15).map_err(text)?;
    Ok(vec![
        Obtained::new("envelope SNR", envelope_snr(&envelope).map_err(text)?),
        Obtained::new("Kolmogorov distance times sqrt N", kolmogorov_rayleigh(&envelope).map_err(text)?),
        Obtained::new("independent cells", envelope.len() as f64),
    ])
}

fn phasors() -> Values {
    let mut rows = Vec::new();
    let mut stream = Stream::new(1, 0, "verify.sound.phasors");
    for (name, weights) in [("constant", Weights::Constant), ("Rayleigh", Weights::Rayleigh), ("Gaussian", Weights::Gaussian)] {
        for n in [2.0, 5.0, 10.0, 20.0, 40.0, 80.0] {
            let envelope = random_phasor_envelopes(weights, n, 40_000, &mut stream);
            rows.push(Obtained::new(format!("{name}, n = {n}"), envelope_snr(&envelope).map_err(text)?));
        }
    }
    let envelope = random_phasor_envelopes(Weights::Constant, 80.0, 20_000, &mut stream);
    rows.push(Obtained::new("constant, n = 80, 20,000 cells", envelope_snr(&envelope).map_err(text)?));
    rows.push(Obtained::new("constant, n = 80, Kolmogorov distance times sqrt N", kolmogorov_rayleigh(&envelope).map_err(text)?));
    let sigma = 8.0;
    let spread: Vec<f64> =
        (-60..=60).flat_map(|x: i32| (-60..=60).map(move |z: i32| ops::exp(-0.5 * f64::from(x * x + z * z) / (sigma * sigma)))).collect();
    let width = sigma * (8.0 * std::f64::consts::LN_2).sqrt();
    rows.push(Obtained::new("effective count of a Gaussian point spread", effective_count(1.0, &spread) / (width * width)));
    Ok(rows)
}

fn point_spread() -> Values {
    let mut rows = Vec::new();
    for (name, transmit) in [("plane wave", Transmit::PlaneWave), ("focused", Transmit::Focused)] {
        let fast = check::fast_point_widths(transmit).map_err(text)?;
        let reference = check::reference_point_widths(transmit).map_err(text)?;
        for (path, (lateral, axial)) in [("fast path", fast), ("reference path", reference)] {
            rows.push(Obtained::new(format!("{path}, {name}, lateral over theory"), lateral));
            rows.push(Obtained::new(format!("{path}, {name}, axial over theory"), axial));
        }
        rows.push(Obtained::new(format!("fast over reference, {name}, lateral"), fast.0 / reference.0));
        rows.push(Obtained::new(format!("fast over reference, {name}, axial"), fast.1 / reference.1));
    }
    Ok(rows)
}

fn reference() -> Values {
    let mut stream = Stream::new(1, 0, "verify.sound.reference");
    let envelope = check::reference_speckle(6, 28.0, &mut stream).map_err(text)?;
    let snr = envelope_snr(&envelope).map_err(text)?;
    let fast = envelope_snr(&check::fast_speckle(15).map_err(text)?).map_err(text)?;
    Ok(vec![
        Obtained::new("reference path, envelope SNR", snr),
        Obtained::new("reference path, Kolmogorov distance times sqrt N", kolmogorov_rayleigh(&envelope).map_err(text)?),
        Obtained::new("fast path minus reference path, SNR", fast - snr),
    ])
}

fn needle() -> Values {
    let levels =
        (0..6).map(|i| check::needle_level_db((4.0 * f64::from(i)).to_radians()).map_err(text)).collect::<Result<Vec<f64>, _>>()?;
    let rise = levels.windows(2).map(|w| w[1] - w[0]).fold(f64::MIN, f64::max);
    let (mut low, mut high) = (0.0_f64, 40.0_f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if mirror_overlap(ops::tan(middle.to_radians()) as f32, 1.5) > 0.0 { low = middle } else { high = middle }
    }
    Ok(vec![
        Obtained::new("largest rise between steps of 4 degrees", rise),
        Obtained::new("fall from 0 to 20 degrees", levels[0] - levels[5]),
        Obtained::new("tilt at which F# 1.5 loses the mirror", low),
    ])
}

fn doppler() -> Values {
    Ok(vec![
        Obtained::new("0.1 m/s at 60 degrees, 5 MHz", doppler_shift_hz(0.1, 5e6, 60.0_f64.to_radians(), 1_540.0)),
        Obtained::new("reverberation of 1 microsecond", 1e3 * reverberation_spacing_m(1e-6, 1_540.0)),
        Obtained::new("brightest pixel of a picture of nothing", f64::from(check::picture_of_nothing().map_err(text)?)),
    ])
}

fn engine() -> Values {
    let (worst, mean) = check::recurrence_error(6).map_err(text)?;
    let beam = check::beam_error().map_err(text)?;
    let mut rows = vec![
        Obtained::new("recurrence minus sum, largest over largest", worst),
        Obtained::new("recurrence minus sum, root mean square", mean),
        Obtained::new("delay and sum minus exact times of flight, largest over largest", beam.worst),
        Obtained::new("delay and sum minus exact times of flight, root mean square", beam.mean),
    ];
    for (name, transmit) in [("plane wave", Transmit::PlaneWave), ("focused", Transmit::Focused)] {
        let (lateral, axial) = check::engine_point_widths(transmit, 3.0).map_err(text)?;
        rows.push(Obtained::new(format!("{name}, lateral over theory"), lateral));
        rows.push(Obtained::new(format!("{name}, axial over theory"), axial));
    }
    rows.push(Obtained::new("loss over depth, fat at 10 MHz", 1e-3 * check::engine_attenuation_slope_db_m(0.63).map_err(text)?));
    let mut stream = Stream::new(1, 0, "verify.sound.engine");
    for (name, speed_m_s, degrees) in [
        ("Doppler shift, 0.1 m/s at 60 degrees, 10 MHz", 0.1, 60.0_f64),
        ("Doppler shift, 0.08 m/s away at 30 degrees, 10 MHz", -0.08, 30.0),
    ] {
        let shift = check::engine_doppler_shift_hz(speed_m_s, degrees.to_radians(), 4_000.0, &mut stream).map_err(text)?;
        rows.push(Obtained::new(name, shift));
    }
    Ok(rows)
}

fn fast_path() -> Values {
    let found = check::fast_against_reference().map_err(text)?;
    let mut rows = vec![
        Obtained::new("scatterers", found.scatterer_count as f64),
        Obtained::new("grain of the speckle, across, fast over reference", found.grain[0]),
        Obtained::new("grain of the speckle, along the depth, fast over reference", found.grain[1]),
        Obtained::new("envelope SNR, fast minus reference", found.snr[0] - found.snr[1]),
        Obtained::new("correlation of the two envelopes, pixel by pixel", found.correlation),
    ];
    rows.extend(found.levels_db.iter().map(|(name, db)| Obtained::new(format!("{name}, fast minus reference"), *db)));
    let upright = check::needle_level_db(0.0).map_err(text)?;
    for degrees in [4.0_f64, 8.0, 12.0] {
        let fast = check::needle_level_db(degrees.to_radians()).map_err(text)? - upright;
        let reference = check::needle_fall_db(degrees.to_radians()).map_err(text)?;
        rows.push(Obtained::new(format!("needle at {degrees} degrees, fast minus reference"), fast - reference));
    }
    rows.push(Obtained::new("needle at 20 degrees, reference", check::needle_fall_db(20.0_f64.to_radians()).map_err(text)?));
    Ok(rows)
}

fn motion() -> Values {
    let tracked = check::tissue_tracking().map_err(text)?;
    let mut rows = Vec::new();
    for (axis, name) in ["across", "along the depth"].iter().enumerate() {
        let of = || tracked.iter().map(|t| t[axis]);
        let worst = of().map(|t| (t.tracked_m - t.imposed_m).abs()).fold(0.0, f64::max);
        let slope = of().map(|t| t.tracked_m * t.imposed_m).sum::<f64>() / of().map(|t| t.imposed_m * t.imposed_m).sum::<f64>();
        rows.push(Obtained::new(format!("largest error of tracking, {name}"), 1e3 * worst));
        rows.push(Obtained::new(format!("tracked over imposed, {name}"), slope));
    }
    let pressed = check::pressed_tissue_tracking().map_err(text)?;
    rows.push(Obtained::new(
        "pressed tissue, largest error",
        1e3 * pressed.iter().map(|t| (t.tracked_m - t.imposed_m).abs()).fold(0.0, f64::max),
    ));
    let across = check::across_plane_correlation(&[0.0, 0.25, 2.0]).map_err(text)?;
    rows.push(Obtained::new("correlation after no move across the plane", across[0]));
    rows.push(Obtained::new("correlation after a quarter of the slice", across[1]));
    rows.push(Obtained::new("correlation after two slices", across[2]));
    for degrees in [20.0_f64, -20.0] {
        let shift = check::refraction_shift_m(degrees.to_radians(), 10e-3).map_err(text)?;
        rows.push(Obtained::new(format!("bent rays, {degrees} degrees, 10 mm below"), 1e3 * shift));
    }
    let peaks = check::reverberation_peaks_m().map_err(text)?;
    let (first, last) = (peaks.first().ok_or("no peak")?, peaks.last().ok_or("no peak")?);
    rows.push(Obtained::new("comet tail, mean distance of peaks", 1e3 * (last - first) / (peaks.len() - 1).max(1) as f64));
    rows.push(Obtained::new("comet tail, peaks", peaks.len() as f64));
    Ok(rows)
}
