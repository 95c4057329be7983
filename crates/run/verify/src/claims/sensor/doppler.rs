//! Colour Doppler of fine pictures against the formula and against the estimator's own variance.

use proband_anatomy::{Arm, VesselKind};
use proband_core::{Direction, Pose, Position, Probe, Stream, ops};
use proband_sensor::{
    DOPPLER_APERTURE_SD, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow, doppler_ensemble,
};
use proband_sound::{Raster, doppler_shift_hz};
use proband_twin::Population;

use crate::Obtained;

/// Speed of sound in blood of the probe's formula [m/s].
const BLOOD_SPEED_M_S: f64 = 1_578.0;
const PICTURES: u32 = 24;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// An artery seen along its course at three speeds: bias of the mean, its standard error, spread of the cells.
pub(crate) fn doppler() -> Result<Vec<Obtained>, String> {
    let patient = Population::adult().patient(11, 3).map_err(text)?;
    let arm = Arm::new(&patient.truth.arm).map_err(text)?;
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(1) };
    let probe = UltrasoundProbe::with_raster(&spec, &patient.truth.acoustics, Raster::FULL).map_err(text)?;
    let artery = arm.vessel_index(VesselKind::BrachialArtery).ok_or("no artery")?;
    let site = arm.site(artery, 0.01).ok_or("the artery does not pass there")?;
    let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
    let pose = Pose::from_axes(Position::from_raw(site.p_skin.0), Direction::new(0.0, 0.0, 1.0), Direction::from_raw(inward));
    let (sin, cos) = ops::sin_cos(spec.doppler_steer_rad);
    let beam = pose.axis(0).0 * sin + pose.axis(2).0 * cos;
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "verify.ultrasound.doppler"));
    let mut rows = Vec::new();
    for speed_m_s in [-0.2, 0.1, 0.4] {
        let speed = |index| if index == usize::from(artery) { speed_m_s } else { 0.0 };
        let flow: Vec<VesselFlow> =
            (0..arm.vessels().len()).map(|index| VesselFlow { speed_mean_m_s: speed(index), pulsatility: 2.0 }).collect();
        let (mut ratio, mut variance, mut square, mut count) = (0.0, 0.0, 0.0, 0.0);
        for index in 0..PICTURES {
            let input = UltrasoundInput {
                time_s: 0.0,
                arm: &arm,
                deform: &[],
                flow: &flow,
                pose_patient_probe: pose,
                pose_patient_probe_measured: pose,
                needle: None,
                needle_steer_rad: 0.0,
                expose: true,
                doppler: true,
            };
            let map = probe.capture(index, &input, &mut scratch, &mut stream).doppler.ok_or("no Doppler")?;
            let ensemble = doppler_ensemble(&spec.bmode, [map.column_pitch_m, map.row_pitch_m]);
            let columns = map.column_count as usize;
            for (cell, shown_hz) in map.shift_hz.iter().enumerate().filter(|(_, hz)| **hz != 0.0) {
                let x_m = ((cell % columns) as f64 - 0.5 * (columns as f64 - 1.0)) * map.column_pitch_m;
                let depth_m = ((cell / columns) as f64 + 0.5) * map.row_pitch_m;
                let place = pose * Position::<Probe>::new(x_m, 0.0, depth_m);
                let below = arm.site(artery, place.0.z).ok_or("a column beyond the artery")?;
                let towards = -arm.vessels()[usize::from(artery)].at_arc(below.arc_m).tangent.0.dot(&beam);
                let expected_hz = doppler_shift_hz(speed_m_s, spec.bmode.frequency_hz, 0.0, BLOOD_SPEED_M_S) * towards;
                let across = (1.0 - towards * towards).max(0.0).sqrt();
                // What the aperture sees across the flow, and its standard deviation.
                let broad_hz = spec.bmode.frequency_hz / BLOOD_SPEED_M_S * speed_m_s.abs() * across / spec.bmode.f_number;
                let sd_hz = ensemble.standard_deviation_hz(broad_hz * DOPPLER_APERTURE_SD);
                let off_hz = f64::from(*shown_hz) - expected_hz;
                ratio += f64::from(*shown_hz) / expected_hz;
                variance += (sd_hz / expected_hz) * (sd_hz / expected_hz);
                square += (off_hz / sd_hz) * (off_hz / sd_hz);
                count += 1.0;
            }
        }
        if count < 450.0 {
            return Err(format!("{count} cells with flow at {speed_m_s} m/s"));
        }
        rows.push(Obtained::new(format!("artery at {speed_m_s} m/s, mean of shown over 2 v f cos(theta)/c"), ratio / count));
        rows.push(Obtained::new(format!("artery at {speed_m_s} m/s, standard error of that mean by theory"), variance.sqrt() / count));
        rows.push(Obtained::new(format!("artery at {speed_m_s} m/s, spread of a cell over theory's"), (square / count).sqrt()));
    }
    Ok(rows)
}
