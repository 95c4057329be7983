//! The reference engine against its own sum, theory and closed forms.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_core::Stream;
use proband_sound::{
    Apodisation, ArraySpec, Beamformer, Field, PixelGrid, Pulse, Scatterer, SoundError, TimeWindow, Transmission, envelope, log_compress,
};
use proptest::prelude::*;

fn small() -> ArraySpec {
    ArraySpec { element_count: 24, ..ArraySpec::l11_5v() }
}

/// Stay near the sum term by term, plane, tilted and focused, with and without loss.
#[test]
fn the_recurrence_is_the_sum() {
    let array = small();
    let sent = [
        Transmission::plane_wave(&array, 0.0).unwrap(),
        Transmission::plane_wave(&array, 0.2).unwrap(),
        Transmission::focused(&array, [0.5e-3, 8e-3], 1.5).unwrap(),
    ];
    let scene = [
        Scatterer { attenuation_db_cm_mhz: 0.6, ..Scatterer::new(1e-3, 3e-3, 1.0) },
        Scatterer::new(-4e-3, 9e-3, -0.5),
        Scatterer::new(0.0, 12e-3, 2.0),
    ];
    for sent in sent {
        let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene)).unwrap();
        let mut fast = field.silence();
        field.add(&scene, &mut fast).unwrap();
        let (worst, mean) = fast.distance(&field.exact(&scene, 4).unwrap());
        assert!(worst < 2e-3 && mean < 2e-3, "{worst} {mean}");
    }
}

/// Hear the echo of a point when it is due, as high as spreading says.
#[test]
fn an_echo_comes_when_it_is_due() {
    let array = ArraySpec { element_count: 1, width_m: 1e-5, pulse: Pulse::Cosine, ..ArraySpec::l11_5v() };
    let sent = Transmission::plane_wave(&array, 0.0).unwrap();
    let scene = [Scatterer::new(0.0, 10e-3, 1.0)];
    let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene)).unwrap();
    let mut spectra = field.silence();
    field.add(&scene, &mut spectra).unwrap();
    let channels = field.channels(&spectra, 16).unwrap();
    let level = envelope(&channels.data);
    let top = (0..level.len()).max_by(|a, b| level[*a].total_cmp(&level[*b])).unwrap();
    let time_s = channels.start_s + top as f64 / channels.sampling_hz;
    assert!((time_s - 20e-3 / 1_540.0).abs() < 2.0 / channels.sampling_hz, "{time_s}");
    // 10 mm is the distance at which spreading is 1.
    assert!((level[top] - 1.0).abs() < 1e-3, "{}", level[top]);
}

/// Give a zero record and a black picture when nothing scatters.
#[test]
fn nothing_gives_nothing() {
    let array = small();
    let sent = Transmission::plane_wave(&array, 0.0).unwrap();
    let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, 3e-3, 2e-3, 10e-3)).unwrap();
    let mut spectra = field.silence();
    field.add(&[], &mut spectra).unwrap();
    let channels = field.channels(&spectra, 4).unwrap();
    assert!(channels.radio_frequency().iter().all(|v| *v == 0.0));
    let grid = PixelGrid { x_first_m: -2e-3, x_step_m: 1e-3, column_count: 5, z_first_m: 2e-3, z_step_m: 1e-3, row_count: 8 };
    let pixels = Beamformer::new(&array, &sent, &grid, 1.5, Apodisation::Hann, &channels).unwrap().form(&channels).unwrap();
    assert!(log_compress(&envelope(&pixels), 0.0, 60.0).iter().all(|g| *g == 0));
}

/// Name the scatterer and the field that is wrong.
#[test]
fn a_wrong_scatterer_is_named() {
    let array = small();
    let sent = Transmission::plane_wave(&array, 0.0).unwrap();
    let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, 3e-3, 2e-3, 10e-3)).unwrap();
    let scene = [Scatterer::new(0.0, 5e-3, 1.0), Scatterer::new(f64::NAN, 5e-3, 1.0)];
    let error = field.add(&scene, &mut field.silence()).unwrap_err();
    assert!(error.to_string().contains("scatterers[1].x_m = NaN"), "{error}");
    let error = ArraySpec { width_m: 1e-3, ..small() }.check().unwrap_err();
    assert!(matches!(error, SoundError::OutOfRange { field: "width_m", .. }), "{error}");
}

/// Give the same bits on one thread and on three.
#[test]
fn threads_do_not_change_a_bit() {
    let array = small();
    let sent = Transmission::plane_wave(&array, 0.1).unwrap();
    let mut stream = Stream::new(4, 0, "field");
    let scene: Vec<Scatterer> =
        (0..700).map(|_| Scatterer::new(stream.uniform_in(-3e-3, 3e-3), stream.uniform_in(4e-3, 8e-3), stream.normal())).collect();
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene)).unwrap();
            let mut spectra = field.silence();
            field.add(&scene, &mut spectra).unwrap();
            field.channels(&spectra, 2).unwrap()
        })
    };
    assert!(run(1) == run(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Give an error or a finite record for any numbers.
    #[test]
    fn any_numbers_give_an_error_or_a_record(
        x in prop::num::f64::ANY, z in prop::num::f64::ANY, strength in prop::num::f64::ANY, loss in prop::num::f64::ANY,
        tame in any::<bool>(),
    ) {
        let array = ArraySpec { element_count: 4, ..small() };
        let sent = Transmission::plane_wave(&array, 0.0).unwrap();
        let scatterer = if tame {
            Scatterer { x_m: x % 0.02, z_m: 1e-3 + (z % 0.01).abs(), strength: strength % 1e6, attenuation_db_cm_mhz: (loss % 3.0).abs() }
        } else {
            Scatterer { x_m: x, z_m: z, strength, attenuation_db_cm_mhz: loss }
        };
        let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, 2e-2, 1e-3, 11e-3)).unwrap();
        let mut spectra = field.silence();
        if field.add(&[scatterer], &mut spectra).is_ok() {
            prop_assert!(field.channels(&spectra, 1).unwrap().data.iter().flatten().all(|v| v.is_finite()));
        }
    }
}
