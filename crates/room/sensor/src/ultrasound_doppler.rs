//! Colour Doppler of a section: shift and pulsatility in coarse cells.

use proband_core::{Stream, ops};
use proband_sound::{BModeModel, BModeSpec, DopplerEnsemble, Raster, axial_width_m, lateral_width_m};

use crate::ultrasound_section::Builder;
use crate::{DopplerMap, UltrasoundInput, UltrasoundProbeSpec};

/// Cells across the picture.
const CELL_COLUMN_COUNT: usize = 32;
/// Pulses per estimate in pictures finer than the loop's; their rate follows from the shift of 1 m/s along the beam.
const PULSE_COUNT: u32 = 10;
/// Fastest flow along the beam that is shown without aliasing [m/s].
const SPEED_LIMIT_M_S: f64 = 0.6;
/// Blood over noise [dB]. Prior: unverified.
const BLOOD_SNR_DB: f64 = 15.0;
/// Cells along the depth.
const CELL_ROWS: usize = 24;
/// Standard deviation of the shift over the aperture, over the largest that its half gives: two uniform ways, √(2/3)/2 [1].
pub const DOPPLER_APERTURE_SD: f64 = 0.408_248_29;
/// Speed of sound in blood [m/s] (compilations: 1570–1584).
const BLOOD_SPEED_M_S: f64 = 1_578.0;

/// Pulses behind one cell of the colour map, of the given width and height [m]: as many independent looks as point spreads lie in it.
///
/// `cell_m`: pitches of the map's columns and rows [m].
#[must_use]
pub fn doppler_ensemble(spec: &BModeSpec, cell_m: [f64; 2]) -> DopplerEnsemble {
    let looks = (cell_m[0] / lateral_width_m(spec)).max(1.0) * (cell_m[1] / axial_width_m(spec)).max(1.0);
    DopplerEnsemble {
        pulse_rate_hz: 4.0 * SPEED_LIMIT_M_S * spec.frequency_hz / BLOOD_SPEED_M_S,
        pulse_count: PULSE_COUNT,
        look_count: looks as u32,
        snr_db: BLOOD_SNR_DB,
    }
}

/// Colour Doppler of what was built last.
///
/// In the loop's raster: shift 2 v f cos θ/c between the flow and the steered beam; where flow runs across the beam the aperture
/// still sees it under ± atan(1/(2 F#)), which broadens the shift to about v f sin θ/(c F#) and makes it
/// visible. Cells below the wall filter are black. Pulsatility inherits the noise of the shift.
/// In other rasters the shift is the autocorrelation estimate of an ensemble of pulses, summed over the resolution cells
/// within a cell of the map: it aliases past half the pulse rate, is unbiased below, and its spread follows from the broadening.
pub(crate) fn doppler(
    spec: &UltrasoundProbeSpec,
    model: &BModeModel,
    input: &UltrasoundInput<'_>,
    builder: &Builder,
    stream: &mut Stream,
) -> DopplerMap {
    let raster = model.raster();
    let cell_columns = raster.column_count.div_ceil(CELL_COLUMN_COUNT);
    let columns = raster.column_count.div_ceil(cell_columns);
    let cell_m = spec.bmode.depth_m / CELL_ROWS as f64;
    let mut map = DopplerMap {
        column_count: columns as u32,
        row_count: CELL_ROWS as u32,
        column_pitch_m: cell_columns as f64 * model.column_pitch_m(),
        row_pitch_m: cell_m,
        shift_hz: vec![0.0; columns * CELL_ROWS],
        pulsatility: vec![f32::NAN; columns * CELL_ROWS],
    };
    let ensemble = doppler_ensemble(&spec.bmode, [map.column_pitch_m, map.row_pitch_m]);
    let (sin_steer, cos_steer) = ops::sin_cos(spec.doppler_steer_rad);
    let pose = input.pose_patient_probe;
    let beam = pose.axis(0).0 * sin_steer + pose.axis(2).0 * cos_steer;
    for span in builder.lumens.iter().filter(|s| s.column % cell_columns == cell_columns / 2) {
        let Some(flow) = input.flow.get(usize::from(span.vessel)) else { continue };
        let tangent = input.arm.vessels()[usize::from(span.vessel)].at_arc(span.arc_m).tangent.0;
        let towards = -tangent.dot(&beam);
        let across = (1.0 - towards * towards).max(0.0).sqrt();
        let scale = spec.bmode.frequency_hz / BLOOD_SPEED_M_S * flow.speed_mean_m_s;
        let mean_hz = 2.0 * scale * towards;
        let broad_hz = scale * across / spec.bmode.f_number;
        let column = &builder.section.columns[span.column];
        let top_m = model.displayed_depth_m(column, span.top_m);
        let bottom_m = model.displayed_depth_m(column, span.bottom_m);
        for row in 0..CELL_ROWS {
            let middle_m = (row as f64 + 0.5) * cell_m;
            if middle_m < top_m || middle_m > bottom_m {
                continue;
            }
            let seen_hz = if raster == Raster::LOOP {
                let noise_hz = spec.doppler_noise_hz * stream.normal();
                ops::hypot(mean_hz, broad_hz) + noise_hz
            } else {
                ensemble.estimate_hz(mean_hz, broad_hz * DOPPLER_APERTURE_SD, stream)
            };
            if seen_hz.abs() < spec.wall_filter_hz || f64::from(column.coupling) < 0.1 {
                continue;
            }
            let cell = row * columns + span.column / cell_columns;
            map.shift_hz[cell] = if raster == Raster::LOOP && mean_hz < 0.0 { -seen_hz } else { seen_hz } as f32;
            let spread = spec.doppler_noise_hz / seen_hz.abs();
            map.pulsatility[cell] = (flow.pulsatility + spread * stream.normal()).max(0.0) as f32;
        }
    }
    map
}
