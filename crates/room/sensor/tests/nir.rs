//! The near-infrared camera on a hand-built arm.
#![allow(clippy::unwrap_used, reason = "a test stops at the first error")]

use proband_anatomy::{
    Arm, ArmSpec, ArterySpec, BoneSpec, NerveSpec, ShapeSpec, Side, Topology, VeinSpec, VesselDeform, standard_course, standard_veins,
};
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream};
use proband_light::{KernelCamera, SkinOptics};
use proband_sensor::{NirCamera, NirCameraSpec, NirFrame, NirInput, NirSkin, NirSkinModel};

const HALF_WIDTH_M: f64 = 0.043;

fn arm(depth_m: f64) -> Arm {
    let topology = Topology::MedianCubital;
    let veins = standard_veins(topology)
        .iter()
        .map(|kind| {
            let standard = standard_course(topology, *kind, HALF_WIDTH_M, 0.0).unwrap();
            VeinSpec {
                kind: *kind,
                course: standard.course,
                starts_on: standard.starts_on,
                ends_on: standard.ends_on,
                depth_m,
                diameter_v_m: 3.0e-3,
                diameter_h_m: 4.4e-3,
                taper_per_m: 1.0,
                wall_m: 4.0e-4,
                tortuosity_m: 1.0e-3,
                wavelength_m: 0.045,
                phase_rad: 0.7,
                valve_spacing_m: 0.030,
                valve_first_m: 0.012,
            }
        })
        .collect();
    let spec = ArmSpec {
        side: Side::Right,
        topology,
        shape: ShapeSpec { half_width_m: HALF_WIDTH_M, half_height_m: 0.036, width_taper_per_m: 0.9, height_taper_per_m: 1.1, belly: 0.05 },
        epidermis_m: 6.0e-5,
        dermis_m: 1.4e-3,
        fat_m: 6.0e-3,
        fat_medial_gradient: 0.1,
        fat_proximal_gradient_per_m: 0.8,
        veins,
        artery: ArterySpec { medial_m: 0.010, depth_m: 0.013, diameter_m: 4.0e-3, wall_m: 4.0e-4 },
        nerves: NerveSpec { median_offset_m: 0.007, median_radius_m: 1.7e-3, cutaneous_gap_m: 1.5e-3, cutaneous_radius_m: 1.0e-3 },
        bones: BoneSpec { depth_m: 0.042, radius_m: 0.008, spread_m: 0.016 },
    };
    Arm::new(&spec.settled()).unwrap()
}

/// Even skin: no mottling, no texture, no hair.
fn even(melanin_fraction: f64) -> SkinOptics {
    SkinOptics { mottle_relative: 0.0, texture_relative: 0.0, ..SkinOptics::reference(850.0, melanin_fraction) }
}

fn skin(arm: &Arm, optics: &SkinOptics, deform: &[VesselDeform]) -> NirSkin {
    let kernels = KernelCamera::new(optics, arm.spec().fat_m).unwrap();
    NirSkinModel::new(arm, &kernels, &Stream::new(3, 0, "test.skin")).unwrap().skin(deform)
}

fn above() -> Pose<Patient, Camera> {
    Pose::from_axes(Position::new(0.0, -0.3, -0.02), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0))
}

fn input(skin: &NirSkin, ambient_irradiance_w_m2: f64) -> NirInput<'_> {
    NirInput { time_s: 1.0, skin, pose_patient_camera: above(), pose_patient_camera_measured: above(), ambient_irradiance_w_m2 }
}

fn frames(spec: &NirCameraSpec, skin: &NirSkin, ambient: f64, count: u32) -> Vec<NirFrame> {
    let camera = NirCamera::new(spec).unwrap();
    let mut state = camera.start(Stream::new(5, 0, "test.camera"));
    (0..count).filter_map(|_| camera.step(&mut state, &input(skin, ambient)).frame).collect()
}

fn sure() -> NirCameraSpec {
    NirCameraSpec { drop_probability: 0.0, ..NirCameraSpec::standard() }
}

/// Darken the skin over a shallow vein more than over a deep one, and more when it is full.
#[test]
fn veins_darken_by_depth_and_size() {
    let (shallow, deep) = (arm(2.5e-3), arm(5.0e-3));
    let dip = |arm: &Arm, deform: &[VesselDeform]| {
        let node = arm.vessels()[0].at_z(-0.05);
        let foot = node.p.0 - node.inward.0 * arm.depth_below_skin(node.p);
        let skin = skin(arm, &even(0.05), deform);
        1.0 - skin.reflectance_at(foot.x, foot.z) / skin.reflectance_at(foot.x * 0.5, foot.z)
    };
    let full = VesselDeform { scale_h: 1.2, scale_v: 1.2, ..VesselDeform::none() };
    let flat = VesselDeform { scale_h: 1.0, scale_v: 0.05, ..VesselDeform::none() };
    let (at_rest, filled, pressed) = (dip(&shallow, &[]), dip(&shallow, &[full]), dip(&shallow, &[flat]));
    assert!(at_rest > 0.05 && at_rest < 0.25, "{at_rest}");
    assert!(filled > at_rest && pressed < 0.4 * at_rest, "{filled} {at_rest} {pressed}");
    assert!(dip(&deep, &[]) < 0.5 * at_rest);
}

/// Bring the picture to the target level without full pixels, for light and dark skin.
#[test]
fn exposure_settles() {
    let arm = arm(3.0e-3);
    for melanin in [0.03, 0.43] {
        let frame = frames(&sure(), &skin(&arm, &even(melanin), &[]), 0.5, 8).pop().unwrap();
        let mut counts: Vec<f32> = frame.counts.samples().to_vec();
        counts.sort_by(f32::total_cmp);
        let level = f64::from(counts[counts.len() * 95 / 100]);
        assert!((level / 0.7 - 1.0).abs() < 0.1 && frame.saturated_fraction < 1e-3, "{melanin}: {level}");
    }
}

/// Give a difference of neighbouring pixels the variance of photons plus reading, whatever the room light.
#[test]
fn noise_is_that_of_photons() {
    let arm = arm(6.0e-3);
    let skin = skin(&arm, &even(0.1), &[]);
    for ambient in [0.0, 20.0] {
        let spec = NirCameraSpec { exposure_s: [2e-3, 2.000_001e-3], glare_passed: 0.0, adc_bits: 16, ..sure() };
        let taken = frames(&spec, &skin, ambient, 2);
        let (a, b) = (&taken[0].counts, &taken[1].counts);
        let mut sums = [0.0_f64; 3];
        for y in 200..280 {
            for x in 280..360 {
                let (p, q) = (f64::from(*a.get(x, y).unwrap()) * 1e4, f64::from(*b.get(x, y).unwrap()) * 1e4);
                sums = [sums[0] + 1.0, sums[1] + 0.5 * (p + q), sums[2] + 0.5 * (p - q) * (p - q)];
            }
        }
        let (signal, variance) = (sums[1] / sums[0], sums[2] / sums[0]);
        // Room light on the same skin: its share of the lamp's signal is that of the irradiances.
        let room = 2.0 * signal * ambient / 20.0;
        let expected = signal + room + 2.0 * 25.0 + 2.0 * 50.0 * 2e-3;
        assert!((variance / expected - 1.0).abs() < 0.08, "{ambient}: variance {variance}, expected {expected}, signal {signal}");
    }
}

/// Place a pixel on the skin from the measured distance, to the noise of the depth sensor.
#[test]
fn pixels_find_their_place_on_the_skin() {
    let arm = arm(4.0e-3);
    let skin = skin(&arm, &even(0.1), &[]);
    let frame = frames(&sure(), &skin, 0.0, 1).pop().unwrap();
    assert!((frame.pixel_on_skin_m() - 0.3 / 900.0).abs() < 1e-5);
    for (x, y) in [(320.0, 240.0), (280.0, 100.0), (370.0, 400.0)] {
        let p = frame.skin_at(x, y).unwrap().0;
        assert!((p.y - arm.skin_y(p.x, p.z)).abs() < 2.5e-3, "{p}");
        let expected_x = (x - 319.5) / 900.0 * (0.3 + p.y);
        assert!((p.x - expected_x).abs() < 1e-6);
        // Rows run towards the hand.
        assert!((p.z + 0.02 + (y - 239.5) / 900.0 * (0.3 + p.y)).abs() < 1e-6);
    }
}

/// Lose pictures as often as stated and give the same bits after a restored state.
#[test]
fn states_resume_and_pictures_drop() {
    let arm = arm(4.0e-3);
    let skin = skin(&arm, &even(0.1), &[]);
    let spec = NirCameraSpec { width: 64, height: 48, focal_px: 90.0, drop_probability: 0.3, ..NirCameraSpec::standard() };
    let camera = NirCamera::new(&spec).unwrap();
    let mut state = camera.start(Stream::new(1, 2, "test.camera"));
    let lost = (0..300).filter(|_| camera.step(&mut state, &input(&skin, 0.0)).frame.is_none()).count();
    assert!((60..120).contains(&lost) && state.dropped_count as usize == lost, "{lost}");
    let mut restored = postcard::from_bytes(&postcard::to_stdvec(&state).unwrap()).unwrap();
    for _ in 0..5 {
        assert_eq!(camera.step(&mut state, &input(&skin, 0.0)), camera.step(&mut restored, &input(&skin, 0.0)));
    }
}

/// Give the same skin from the same texture stream, mottled as much as asked for.
#[test]
fn skin_is_the_same_each_time() {
    let arm = arm(6.0e-3);
    let optics = SkinOptics { mottle_relative: 0.05, hair_density_per_m2: 1e4, ..SkinOptics::reference(850.0, 0.1) };
    let once = skin(&arm, &optics, &[]);
    assert_eq!(once, skin(&arm, &optics, &[]));
    let plain = skin(&arm, &even(0.1), &[]);
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
    for row in 50..450 {
        for column in 60..160 {
            let (a, b) = (once.reflectance.get(column, row).unwrap(), plain.reflectance.get(column, row).unwrap());
            let ratio = f64::from(a / b);
            (sum, square, count) = (sum + ratio, square + ratio * ratio, count + 1.0);
        }
    }
    let sd = (square / count - (sum / count) * (sum / count)).sqrt();
    assert!((0.035..0.08).contains(&sd), "{sd}");
}

/// Name the field of a camera that cannot be.
#[test]
fn bad_cameras_are_refused() {
    for (field, bad) in [
        ("width", NirCameraSpec { width: 0, ..sure() }),
        ("focal_px", NirCameraSpec { focal_px: f64::NAN, ..sure() }),
        ("quantum_efficiency", NirCameraSpec { quantum_efficiency: 1.5, ..sure() }),
        ("adc_bits", NirCameraSpec { adc_bits: 40, ..sure() }),
    ] {
        let text = NirCamera::new(&bad).unwrap_err().to_string();
        assert!(text.contains(field), "{text}");
    }
}
