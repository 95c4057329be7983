//! Whatever the inputs, the needle stays finite, bounded and repeatable.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use common::DT;
use proband_tissue::*;
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -5e-3..40e-3,
        1 => prop::num::f64::ANY,
        1 => -1.0..1.0,
    ]
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let kind = prop_oneof![Just(SpanKind::Vein), Just(SpanKind::Artery), Just(SpanKind::Nerve), Just(SpanKind::Bone)];
    let span = (kind, 0u16..3, 0.0..30e-3, 0.0..9e-3, -3e-3..3e-3, 0.0..3e-3).prop_map(
        |(kind, structure, enter_m, long, offset_m, half_width_m)| Span {
            kind,
            structure,
            enter_m,
            exit_m: enter_m + long,
            offset_m,
            half_width_m,
        },
    );
    prop::collection::vec(span, 0..5)
}

fn build(track: u32, skin: f64, spans: &[Span], shift: f64) -> NeedlePath {
    let mut path = NeedlePath::new(track, skin);
    path.push_layer(Medium::Fat, skin + 4e-3);
    path.push_layer(Medium::Muscle, skin + 20e-3);
    for span in spans {
        path.push_span(Span { enter_m: span.enter_m + shift, exit_m: span.exit_m + shift, ..*span });
    }
    path
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// Stay finite, bounded and in balance for any inputs, smooth or wild; continue a saved state to the same bits.
    #[test]
    fn any_inputs_leave_a_sane_state(
        turns in prop::collection::vec((number(), -2e-3..2e-3, 0u32..2, any::<bool>(), 1u32..40), 1..24),
        spans in spans(),
        dry in 1.0..3.0f64,
        relaxation in prop_oneof![Just(0.0), 1e-3..20e-3],
    ) {
        let tissue = NeedleTissueSpec { dry_factor: dry, relaxation_s: relaxation, ..NeedleTissueSpec::reference_adult() };
        let model = NeedleModel::new(NeedleSpec::gauge_21(38e-3), tissue.clone()).unwrap();
        let bound = tissue.stiffness_n_per_m * 2.0 * TIP_RANGE_M + tissue.stiffness_n_per_m2 * (2.0 * TIP_RANGE_M).powi(2);
        let mut state = model.state(0.0);
        let mut twin = state.clone();
        let (mut from, mut shift_from) = (0.0_f64, 0.0);
        let (mut dissipated, mut last) = (0.0, 0.0_f64);
        for (turn, (to, shift, track, traction, count)) in turns.iter().enumerate() {
            if turn % 5 == 2 {
                let saved = postcard::to_stdvec(&state).unwrap();
                twin = postcard::from_bytes(&saved).unwrap();
                prop_assert_eq!(&twin, &state);
            }
            for i in 1..=*count {
                let part = f64::from(i) / f64::from(*count);
                let tip_m = if to.is_finite() { from + (to.clamp(-1.0, 1.0) - from) * part } else { *to };
                let path = build(*track, 0.0, &spans, shift_from + (shift - shift_from) * part);
                let input = NeedleInput { tip_m, lateral_m: [tip_m * 0.1, *to], traction: *traction, path: &path };
                let output = model.step(&mut state, &input, DT);
                let copy = model.step(&mut twin, &input, DT);
                prop_assert_eq!(output, copy);
                let lateral = output.force_lateral_n.iter().chain(&output.deflection_m).all(|x| x.is_finite());
                prop_assert!(output.force_axial_n.abs() <= bound && output.tip_m.is_finite() && lateral);
                prop_assert!(output.events.dropped_count == 0 || (tip_m - last).abs() > 1e-3 || !tip_m.is_finite());
                last = tip_m;
                let energy = state.energy();
                prop_assert!(energy.dissipated_j() >= dissipated - 1e-15);
                dissipated = energy.dissipated_j();
                let error = energy.work_j + energy.geometry_j - model.stored_j(&state, &path) - dissipated;
                let scale = dissipated + energy.work_j.abs() + energy.geometry_j.abs();
                prop_assert!(error.abs() <= 1e-9 * scale + 1e-15, "off by {} of {}", error, scale);
            }
            from = if to.is_finite() { to.clamp(-1.0, 1.0) } else { from };
            shift_from = *shift;
        }
        prop_assert_eq!(state, twin);
    }
}
