//! A standard arm for the tests: needle at 20°, vein 4.8 mm deep and 3 mm high.
#![allow(dead_code, reason = "not every test file uses every helper")]

use proband_tissue::*;

/// 1 kHz.
pub const DT: f64 = 1e-3;

/// Skin at 0, fat from 4 mm, muscle from 30 mm, a vein from 14 to 22.8 mm met at `offset` of a 2.2 mm half width.
pub fn path(track: u32, offset: f64) -> NeedlePath {
    let mut path = NeedlePath::new(track, 0.0);
    assert!(path.push_layer(Medium::Fat, 4e-3));
    assert!(path.push_layer(Medium::Muscle, 30e-3));
    assert!(path.push_span(vein(offset)));
    path
}

/// The vein of [`path`].
pub fn vein(offset: f64) -> Span {
    Span { kind: SpanKind::Vein, structure: 3, enter_m: 14e-3, exit_m: 22.8e-3, offset_m: offset, half_width_m: 2.2e-3 }
}

/// The reference adult with a 21G needle.
pub fn model() -> NeedleModel {
    model_of(NeedleTissueSpec::reference_adult())
}

/// 21G in the given tissue.
#[allow(clippy::unwrap_used, reason = "the specifications of the tests are valid")]
pub fn model_of(tissue: NeedleTissueSpec) -> NeedleModel {
    NeedleModel::new(NeedleSpec::gauge_21(38e-3), tissue).unwrap()
}

/// Drive from the state's position to `to` [m] at `speed` [m/s]; returns every output.
pub fn drive(model: &NeedleModel, state: &mut NeedleState, path: &NeedlePath, from: f64, to: f64, speed: f64) -> Vec<NeedleOutput> {
    let count = ((to - from).abs() / (speed * DT)).ceil() as u32;
    (1..=count)
        .map(|i| {
            let tip_m = from + (to - from) * f64::from(i) / f64::from(count);
            model.step(state, &NeedleInput { tip_m, lateral_m: [0.0; 2], traction: false, path }, DT)
        })
        .collect()
}

/// All events of some outputs with the index of their tick.
pub fn events(outputs: &[NeedleOutput]) -> Vec<(usize, NeedleEvent)> {
    outputs.iter().enumerate().flat_map(|(i, output)| output.events.as_slice().iter().map(move |event| (i, *event))).collect()
}
