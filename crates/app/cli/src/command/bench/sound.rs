//! Ultrasound: the reference engine beside SIMUS, delay and sum, pictures per second of the fast path, with their errors.

use proband_core::Stream;
use proband_sound::{
    AcousticSpec, Apodisation, ArraySpec, BModeModel, BModeScratch, BModeSpec, Beamformer, Field, PixelGrid, Raster, Scatterer, Section,
    TimeWindow, Transmission, check,
};

use super::peer::{Answer, Better, PYMUST, Published};
use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "sound", what: "ultrasound: records, delay and sum, pictures", run };

/// In this setting on one thread, per scatterer: its best figure of three sizes; another machine.
const SIMUS: Published = Published { what: "SIMUS (PyMUST 0.1.9)", value: 0.58, unit: "CPU-ms", better: Better::Less };
/// `dasmtx` and sparse product on 140 × 280 pixels: its best figure; another machine.
const DASMTX: Published = Published { what: "dasmtx (PyMUST 0.1.9)", value: 0.6, unit: "CPU-s", better: Better::Less };
/// Pictures per second that a screen shows.
const SCREEN_1_S: f64 = 60.0;
const SCATTERERS: usize = 4_000;
const PICTURES: u32 = 60;

fn engine(peer: &Answer, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let array = ArraySpec::l11_5v();
    let sent = Transmission::plane_wave(&array, 0.0).map_err(Failure::of)?;
    let mut stream = Stream::new(1, 0, "bench.sound");
    let scene: Vec<Scatterer> =
        (0..SCATTERERS).map(|_| Scatterer::new(stream.uniform_in(-19e-3, 19e-3), stream.uniform_in(5e-3, 25e-3), 1.0)).collect();
    let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene)).map_err(Failure::of)?;
    let mut spectra = field.silence();
    let (done, times) = timed(|| field.add(&scene, &mut spectra));
    done.map_err(Failure::of)?;
    let (worst, mean) = check::recurrence_error(6).map_err(Failure::of)?;
    let each_ms = 1e3 * times.cpu_s / SCATTERERS as f64;
    rows.push(Row {
        what: "records of one scatterer, L11-5v, 128 elements, plane wave".into(),
        value: each_ms,
        unit: "CPU-ms",
        against: Some(peer.against("simus", &SIMUS, each_ms)),
        error: format!("{worst:.1e} of the largest, {mean:.1e} rms, to the exact sum"),
    });
    let channels = field.channels(&spectra, 4).map_err(Failure::of)?;
    let grid = PixelGrid {
        x_first_m: -19e-3,
        x_step_m: 38e-3 / 139.0,
        column_count: 140,
        z_first_m: 5e-3,
        z_step_m: 20e-3 / 279.0,
        row_count: 280,
    };
    let (made, times) = timed(|| -> Result<(), Failure> {
        for _ in 0..10 {
            let beams = Beamformer::new(&array, &sent, &grid, 1.5, Apodisation::Rectangular, &channels).map_err(Failure::of)?;
            beams.form(&channels).map_err(Failure::of)?;
        }
        Ok(())
    });
    made?;
    let each_s = 0.1 * times.cpu_s;
    let beam = check::beam_error().map_err(Failure::of)?;
    rows.push(Row {
        what: "delay and sum, 140 x 280 pixels, delays included".into(),
        value: each_s,
        unit: "CPU-s",
        against: Some(peer.against("dasmtx", &DASMTX, each_s)),
        error: format!("{:.1e} of the largest, {:.1e} rms, to exact delays", beam.worst, beam.mean),
    });
    Ok(())
}

/// A vein in fat over muscle under skin.
fn arm(raster: Raster) -> Section {
    use proband_anatomy::Tissue;
    let mut section = Section::uniform_wide(Tissue::Muscle, 0.05, raster.column_count);
    for (index, column) in section.columns.iter_mut().enumerate() {
        let u = index as f32 / raster.column_count as f32 - 0.5;
        column.paint(Tissue::Fat, 0.0, 6e-3 + 2e-3 * u, 0.08, 0.08);
        column.paint(Tissue::Dermis, 0.0, 1.5e-3, 0.0, 0.0);
        for (tissue, half_m, width) in [(Tissue::VeinWall, 1.8e-3, 7.0), (Tissue::VeinLumen, 1.5e-3, 8.0)] {
            let half_m = half_m * (1.0 - (u * width) * (u * width)).max(0.0).sqrt();
            if half_m > 0.0 {
                column.paint(tissue, 4e-3 - half_m, 4e-3 + half_m, 0.1, 0.1);
            }
        }
    }
    section
}

fn pictures(name: &str, raster: Raster, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let model = BModeModel::with_raster(&BModeSpec::linear_10_mhz(3), &AcousticSpec::textbook(), raster).map_err(Failure::of)?;
    let section = arm(raster);
    let (mut scratch, mut pixels, mut stream) = (BModeScratch::new(), Vec::new(), Stream::new(1, 0, "bench.sound.noise"));
    model.form(&section, &mut scratch, &mut stream, &mut pixels);
    let ((), times) = timed(|| (0..PICTURES).for_each(|_| model.form(&section, &mut scratch, &mut stream, &mut pixels)));
    let rate = f64::from(PICTURES) / times.cpu_s;
    let fast = check::fast_point_widths(proband_sound::Transmit::Focused).map_err(Failure::of)?;
    rows.push(Row {
        what: format!("pictures, {name}"),
        value: rate,
        unit: "1/CPU-s",
        against: Some((format!("{SCREEN_1_S} a second, one core"), rate / SCREEN_1_S)),
        error: format!("point widths over theory {:.3}, {:.3}; see claim sound-fast-path", fast.0, fast.1),
    });
    Ok(())
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let mut rows = Vec::new();
    engine(&PYMUST.ask(interrupt)?, &mut rows)?;
    pictures("128 x 160, as in the loop", Raster::LOOP, &mut rows)?;
    pictures("512 x 512, bent rays, whole band", Raster::FULL, &mut rows)?;
    let note = "CPU time of all threads. A peer that is installed was asked here; else its figure is from another, loaded machine.";
    Ok(Outcome { rows, note: note.into() })
}
