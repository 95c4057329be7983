//! Colour Doppler of a section: shift and pulsatility in coarse cells.

use proband_core::{Stream, ops};
use proband_sound::{BModeModel, COLUMN_COUNT};

use crate::ultrasound_section::Builder;
use crate::{DopplerMap, UltrasoundInput, UltrasoundProbeSpec};

/// Columns of the picture per cell.
const CELL_COLUMNS: usize = 4;
/// Cells along the depth.
const CELL_ROWS: usize = 24;
/// Speed of sound in blood [m/s] (compilations: 1570–1584).
const BLOOD_SPEED_M_S: f64 = 1_578.0;

/// Colour Doppler of what was built last.
///
/// Shift 2 v f cos θ/c between the flow and the steered beam; where flow runs across the beam the aperture
/// still sees it under ± atan(1/(2 F#)), which broadens the shift to about v f sin θ/(c F#) and makes it
/// visible. Cells below the wall filter are black. Pulsatility inherits the noise of the shift.
pub(crate) fn doppler(
    spec: &UltrasoundProbeSpec,
    model: &BModeModel,
    input: &UltrasoundInput<'_>,
    builder: &Builder,
    stream: &mut Stream,
) -> DopplerMap {
    let columns = COLUMN_COUNT / CELL_COLUMNS;
    let cell_m = spec.bmode.depth_m / CELL_ROWS as f64;
    let mut map = DopplerMap {
        column_count: columns as u32,
        row_count: CELL_ROWS as u32,
        column_pitch_m: CELL_COLUMNS as f64 * spec.bmode.column_pitch_m(),
        row_pitch_m: cell_m,
        shift_hz: vec![0.0; columns * CELL_ROWS],
        pulsatility: vec![f32::NAN; columns * CELL_ROWS],
    };
    let (sin_steer, cos_steer) = ops::sin_cos(spec.doppler_steer_rad);
    let pose = input.pose_patient_probe;
    let beam = pose.axis(0).0 * sin_steer + pose.axis(2).0 * cos_steer;
    for span in builder.lumens.iter().filter(|s| s.column % CELL_COLUMNS == CELL_COLUMNS / 2) {
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
            let noise_hz = spec.doppler_noise_hz * stream.normal();
            let seen_hz = ops::hypot(mean_hz, broad_hz) + noise_hz;
            if seen_hz.abs() < spec.wall_filter_hz || f64::from(column.coupling) < 0.1 {
                continue;
            }
            let cell = row * columns + span.column / CELL_COLUMNS;
            map.shift_hz[cell] = if mean_hz < 0.0 { -seen_hz } else { seen_hz } as f32;
            let spread = spec.doppler_noise_hz / seen_hz.abs();
            map.pulsatility[cell] = (flow.pulsatility + spread * stream.normal()).max(0.0) as f32;
        }
    }
    map
}
