//! The ultrasound probe over a plain arm.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure ends the test")]

use proband_anatomy::{
    Arm, ArmSpec, ArterySpec, BoneSpec, NerveSpec, ShapeSpec, Side, Topology, VeinSpec, VesselKind, standard_course, standard_veins,
};
use proband_core::{Digest, Direction, Patient, Pose, Position, Probe, Stream};
use proband_sensor::{
    NeedleInView, UltrasoundFrame, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow,
    artery_radius_ratio,
};
use proband_sound::{AcousticSpec, Raster, doppler_shift_hz};

const HALF_WIDTH_M: f64 = 0.043;

fn vein(kind: VesselKind) -> VeinSpec {
    let standard = standard_course(Topology::MedianCubital, kind, HALF_WIDTH_M, 0.0).unwrap();
    VeinSpec {
        kind,
        course: standard.course,
        starts_on: standard.starts_on,
        ends_on: standard.ends_on,
        depth_m: 4.0e-3,
        diameter_v_m: 3.0e-3,
        diameter_h_m: 4.4e-3,
        taper_per_m: 1.0,
        wall_m: 4.0e-4,
        tortuosity_m: 0.0,
        wavelength_m: 0.045,
        phase_rad: 0.7,
        valve_spacing_m: 0.030,
        valve_first_m: 0.012,
    }
}

fn arm() -> Arm {
    let shape =
        ShapeSpec { half_width_m: HALF_WIDTH_M, half_height_m: 0.036, width_taper_per_m: 0.9, height_taper_per_m: 1.1, belly: 0.05 };
    let spec = ArmSpec {
        side: Side::Right,
        topology: Topology::MedianCubital,
        shape,
        epidermis_m: 6.0e-5,
        dermis_m: 1.4e-3,
        fat_m: 6.0e-3,
        fat_medial_gradient: 0.1,
        fat_proximal_gradient_per_m: 0.8,
        veins: standard_veins(Topology::MedianCubital).iter().map(|k| vein(*k)).collect(),
        artery: ArterySpec { medial_m: 0.010, depth_m: 0.013, diameter_m: 4.0e-3, wall_m: 4.0e-4 },
        nerves: NerveSpec { median_offset_m: 0.007, median_radius_m: 1.7e-3, cutaneous_gap_m: 1.5e-3, cutaneous_radius_m: 1.0e-3 },
        bones: BoneSpec { depth_m: 0.042, radius_m: 0.008, spread_m: 0.016 },
    };
    Arm::new(&spec.settled()).unwrap()
}

fn probe() -> UltrasoundProbe {
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(1) };
    UltrasoundProbe::new(&spec, &AcousticSpec::textbook()).unwrap()
}

/// Probe over the cephalic vein at z = −50 mm, its elements along `lateral`, `lift_m` off the skin.
fn over_the_vein(arm: &Arm, lateral: Direction<Patient>, lift_m: f64) -> Pose<Patient, Probe> {
    let site = arm.site(arm.vessel_index(VesselKind::Cephalic).unwrap(), -0.05).unwrap();
    let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
    Pose::from_axes(Position::from_raw(site.p_skin.0 - inward * lift_m), lateral, Direction::from_raw(inward))
}

fn input<'a>(arm: &'a Arm, pose: Pose<Patient, Probe>, flow: &'a [VesselFlow]) -> UltrasoundInput<'a> {
    UltrasoundInput {
        time_s: 0.0,
        arm,
        deform: &[],
        flow,
        pose_patient_probe: pose,
        pose_patient_probe_measured: pose,
        needle: None,
        needle_steer_rad: 0.0,
        expose: true,
        doppler: false,
    }
}

fn mean_grey(frame: &UltrasoundFrame, x_m: [f64; 2], depth_m: [f64; 2]) -> f64 {
    let (c0, c1) = (frame.column(x_m[0]) as usize, frame.column(x_m[1]) as usize);
    let (r0, r1) = (frame.row(depth_m[0]) as usize, frame.row(depth_m[1]) as usize);
    let values: Vec<f64> = (r0..r1)
        .flat_map(|r| (c0..c1).map(move |c| (r, c)))
        .map(|(r, c)| f64::from(frame.pixels[r * frame.column_count as usize + c]))
        .collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Show the vein dark, at its depth, between brighter tissue.
#[test]
fn the_vein_is_dark_and_in_its_place() {
    let (arm, probe) = (arm(), probe());
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "us"));
    let pose = over_the_vein(&arm, Direction::new(1.0, 0.0, 0.0), 0.2e-3);
    let frame = probe.capture(0, &input(&arm, pose, &[]), &mut scratch, &mut stream);
    let vessel = arm.vessel_index(VesselKind::Cephalic).unwrap();
    let label = probe.labels(&scratch).into_iter().find(|l| l.vessel == vessel).unwrap();
    // 4.0 mm to the front wall plus 0.2 mm of gel; fat stretches, skin shrinks: within 6 %.
    assert!(((label.depth_m - label.semi_depth_m) / 4.2e-3 - 1.0).abs() < 0.06, "{label:?}");
    assert!((label.x_m).abs() < 0.3e-3 && !label.cut);
    let half = 0.4e-3;
    let inside = mean_grey(&frame, [label.x_m - half, label.x_m + half], [label.depth_m - half, label.depth_m + half]);
    let above = mean_grey(&frame, [label.x_m - half, label.x_m + half], [2.0e-3, 3.4e-3]);
    assert!(inside + 50.0 < above, "{inside} {above}");
}

/// Go dark when lifted off.
#[test]
fn without_contact_there_is_no_picture() {
    let (arm, probe) = (arm(), probe());
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "us"));
    let mut grey = |lift_m: f64| {
        let pose = over_the_vein(&arm, Direction::new(1.0, 0.0, 0.0), lift_m);
        let frame = probe.capture(0, &input(&arm, pose, &[]), &mut scratch, &mut stream);
        mean_grey(&frame, [-8e-3, 8e-3], [8e-3, 12e-3])
    };
    let (touching, lifted) = (grey(0.0), grey(6e-3));
    assert!(lifted < 0.35 * touching, "{lifted} {touching}");
}

/// Show a steered needle as a bright line, and only when it is near the plane.
#[test]
fn a_needle_shows_in_its_plane() {
    let (arm, probe) = (arm(), probe());
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "us"));
    let pose = over_the_vein(&arm, Direction::new(0.0, 0.0, 1.0), 0.0);
    let mut brightest = |across_m: f64| {
        let place = |x: f64, z: f64| pose * Position::<Probe>::new(x, across_m, z);
        let mut input = input(&arm, pose, &[]);
        input.needle =
            Some(NeedleInView { p_patient_tip: place(1e-3, 5.0e-3), p_patient_shaft: place(-13e-3, 0.9e-3), outer_diameter_m: 0.82e-3 });
        input.needle_steer_rad = 0.28;
        let frame = probe.capture(0, &input, &mut scratch, &mut stream);
        mean_grey(&frame, [-0.5e-3, 0.5e-3], [4.6e-3, 5.1e-3])
    };
    let (near, far) = (brightest(0.0), brightest(3e-3));
    assert!(near > far + 60.0, "{near} {far}");
}

/// Deliver every picture once, in order, after the delay, and give the same bits for the same seed.
#[test]
fn pictures_arrive_in_order_and_repeat() {
    let (arm, probe) = (arm(), probe());
    let flow = vec![VesselFlow { speed_mean_m_s: 0.2, pulsatility: 2.0 }; arm.vessels().len()];
    let run = || {
        let (mut scratch, mut stream, mut state) = (UltrasoundScratch::new(), Stream::new(1, 0, "us"), probe.start());
        let mut frames = Vec::new();
        let pose = over_the_vein(&arm, Direction::new(1.0, 0.0, 0.0), 0.0);
        for tick in 0..250 {
            let mut input = input(&arm, pose, &flow);
            (input.time_s, input.doppler) = (f64::from(tick) * 1e-3, true);
            if let Some(frame) = probe.step(&mut state, &input, &mut scratch, &mut stream) {
                assert!((input.time_s - frame.time_s - 0.05).abs() < 1.5e-3);
                frames.push(frame);
            }
        }
        (frames, state)
    };
    let (frames, state) = run();
    assert!(frames.len() >= 5 && frames.iter().zip(0..).all(|(f, i)| f.index == i));
    assert_eq!(state.dropped_count, 0);
    assert_eq!(Digest::of(&(&frames, &state)).unwrap(), Digest::of(&run()).unwrap());
}

/// Refuse numbers that make no probe and name them.
#[test]
fn a_wrong_probe_is_named() {
    let good = UltrasoundProbeSpec::linear_10_mhz(1);
    for (wrong, name) in [
        (UltrasoundProbeSpec { frame_period_s: 0.0, ..good }, "frame_period_s"),
        (UltrasoundProbeSpec { dropout_probability: 1.5, ..good }, "dropout_probability"),
        (UltrasoundProbeSpec { bmode: proband_sound::BModeSpec { f_number: f64::NAN, ..good.bmode }, ..good }, "f_number"),
    ] {
        let text = UltrasoundProbe::new(&wrong, &AcousticSpec::textbook()).unwrap_err().to_string();
        assert!(text.contains(name), "{text}");
    }
}

/// Show in 512 × 512 the shift of the formula along an artery, to 1 % on average over pictures.
#[test]
fn colour_follows_the_formula() {
    let arm = arm();
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(1) };
    let probe = UltrasoundProbe::with_raster(&spec, &AcousticSpec::textbook(), Raster::FULL).unwrap();
    let artery = arm.vessel_index(VesselKind::BrachialArtery).unwrap();
    let site = arm.site(artery, 0.01).unwrap();
    let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
    let pose = Pose::from_axes(Position::from_raw(site.p_skin.0), Direction::new(0.0, 0.0, 1.0), Direction::from_raw(inward));
    let mut flow = vec![VesselFlow { speed_mean_m_s: 0.0, pulsatility: 0.0 }; arm.vessels().len()];
    flow[usize::from(artery)] = VesselFlow { speed_mean_m_s: -0.2, pulsatility: 2.0 };
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "us"));
    let (sin, cos) = proband_core::ops::sin_cos(spec.doppler_steer_rad);
    let beam = pose.axis(0).0 * sin + pose.axis(2).0 * cos;
    let (mut sum, mut count) = (0.0, 0.0);
    for index in 0..12 {
        let input = UltrasoundInput { doppler: true, ..input(&arm, pose, &flow) };
        let frame = probe.capture(index, &input, &mut scratch, &mut stream);
        let map = frame.doppler.unwrap();
        let columns = map.column_count as usize;
        for (cell, hz) in map.shift_hz.iter().enumerate().filter(|(_, hz)| **hz != 0.0) {
            // The artery winds: each column has its own angle.
            let x_m = ((cell % columns) as f64 - 0.5 * (columns as f64 - 1.0)) * map.column_pitch_m;
            let depth_m = ((cell / columns) as f64 + 0.5) * map.row_pitch_m;
            let p = pose * Position::<proband_core::Probe>::new(x_m, 0.0, depth_m);
            let Some(below) = arm.site(artery, p.0.z) else { continue };
            let tangent = arm.vessels()[usize::from(artery)].at_arc(below.arc_m).tangent.0;
            let expected = doppler_shift_hz(-0.2, spec.bmode.frequency_hz, 0.0, 1_578.0) * -tangent.dot(&beam);
            (sum, count) = (sum + f64::from(*hz) / expected, count + 1.0);
        }
    }
    assert!(count > 200.0 && (sum / count - 1.0).abs() < 0.01, "{} {count}", sum / count);
}

/// Widen an artery once in each beat, by its distension, whatever the phase.
#[test]
fn an_artery_beats_once() {
    let ratios: Vec<f64> = (0..700).map(|i| artery_radius_ratio(f64::from(i) / 700.0, 0.04)).collect();
    let top = ratios.iter().copied().fold(0.0, f64::max);
    assert!((top - 1.04).abs() < 1e-3 && ratios[0] == 1.0 && ratios.iter().all(|r| *r >= 1.0));
    assert!(ratios.windows(2).filter(|w| w[0] < w[1]).count() == 100);
    assert!((artery_radius_ratio(5.3, 0.04) - artery_radius_ratio(0.3, 0.04)).abs() < 1e-9);
    assert!(artery_radius_ratio(f64::NAN, 0.04) == 1.0);
}
