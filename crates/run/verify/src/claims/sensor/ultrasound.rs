//! The ultrasound probe over a drawn arm.

use proband_anatomy::{Arm, Ray, VesselDeform};
use proband_core::{Direction, Patient, Pose, Position, Probe, Stream};
use proband_physiology::{VenousModel, VenousSpec};
use proband_sensor::{UltrasoundFrame, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow};
use proband_sound::Raster;
use proband_twin::{Population, Truth};

use crate::Obtained;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Mean grey level of the middle third of the columns between two depths.
fn grey(frame: &UltrasoundFrame, top_m: f64, bottom_m: f64) -> f64 {
    let columns = frame.column_count as usize;
    let rows = frame.row(top_m) as usize..frame.row(bottom_m) as usize;
    let values: Vec<f64> =
        rows.flat_map(|r| (columns / 3..2 * columns / 3).map(move |c| r * columns + c)).map(|i| f64::from(frame.pixels[i])).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Displayed depth of a vessel's front wall under a place, by time of flight along one line through the layers.
fn expected_front_m(arm: &Arm, truth: &Truth, pose: &Pose<Patient, Probe>, vessel: u16) -> Option<f64> {
    let back_m = 8e-3;
    let ray = Ray { origin: *pose * Position::<Probe>::new(0.0, 0.0, -back_m), direction: pose.axis(2), length_m: 40e-3 };
    let mut crossings = Vec::new();
    arm.crossings(&ray, &[], &mut crossings);
    let hit = crossings.iter().find(|c| c.structure == proband_anatomy::Structure::Vessel(vessel))?;
    let at = arm.interfaces(&ray);
    let sound = &truth.acoustics;
    let wall_m = arm.vessels()[usize::from(vessel)].wall_m;
    let skin_s = (at.dermis_m - at.skin_m) / sound.epidermis.speed_m_s + (at.fat_m - at.dermis_m) / sound.dermis.speed_m_s;
    let rest_s = (hit.enter_m - wall_m - at.fat_m) / sound.fat.speed_m_s + wall_m / sound.vessel_wall.speed_m_s;
    // Above the skin there is gel, which the picture shows at the scanner's own speed.
    Some((at.skin_m - back_m) + 1_540.0 * (skin_s + rest_s))
}

/// Depth, contact, Doppler, timing.
pub(crate) fn probe() -> Result<Vec<Obtained>, String> {
    let patient = Population::adult().patient(11, 3).map_err(text)?;
    let arm = Arm::new(&patient.truth.arm).map_err(text)?;
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(1) };
    let probe = UltrasoundProbe::new(&spec, &patient.truth.acoustics).map_err(text)?;
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "verify.ultrasound.probe"));
    let flow: Vec<VesselFlow> = arm
        .vessels()
        .iter()
        .map(|v| VesselFlow { speed_mean_m_s: if v.is_artery { -0.2 } else { 0.005 }, pulsatility: if v.is_artery { 2.0 } else { 0.1 } })
        .collect();
    let over = |kind, z_m: f64, lift_m: f64| -> Result<(u16, Pose<Patient, Probe>), String> {
        let vessel = arm.vessel_index(kind).ok_or("no such vessel")?;
        let site = arm.site(vessel, z_m).ok_or("the vessel does not pass there")?;
        let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
        let p = Position::from_raw(site.p_skin.0 - inward * lift_m);
        Ok((vessel, Pose::from_axes(p, Direction::new(1.0, 0.0, 0.0), Direction::from_raw(inward))))
    };
    let mut take = |pose: Pose<Patient, Probe>| {
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
        let frame = probe.capture(0, &input, &mut scratch, &mut stream);
        let labels = probe.labels(&scratch);
        (frame, labels)
    };
    let vein = arm.vessels()[0].kind;
    let (vessel, touching) = over(vein, -0.03, 0.2e-3)?;
    let (frame, labels) = take(touching);
    let label = labels.iter().find(|l| l.vessel == vessel).ok_or("the vein is not in the picture")?;
    let expected_m = expected_front_m(&arm, &patient.truth, &touching, vessel).ok_or("the line misses the vein")?;
    let contact = grey(&frame, 3e-3, 8e-3);
    let still = frame.doppler.as_ref().ok_or("no Doppler")?;
    let in_vein = |x_m: f64, depth_m: f64| {
        let (u, v) = ((x_m - label.x_m) / label.semi_lateral_m, (depth_m - label.depth_m) / label.semi_depth_m);
        u * u + v * v < 1.0
    };
    let cell = |i: usize| {
        let columns = still.column_count as usize;
        let x_m = ((i % columns) as f64 - 0.5 * (columns as f64 - 1.0)) * still.column_pitch_m;
        (x_m, ((i / columns) as f64 + 0.5) * still.row_pitch_m)
    };
    let vein_cells = (0..still.pulsatility.len()).filter(|i| still.pulsatility[*i].is_finite() && in_vein(cell(*i).0, cell(*i).1)).count();
    let (_, lifted) = over(vein, -0.03, 6e-3)?;
    let lost = grey(&take(lifted).0, 3e-3, 8e-3);
    let (_, on_artery) = over(proband_anatomy::VesselKind::BrachialArtery, 0.01, 0.2e-3)?;
    let pulse: Vec<f64> =
        take(on_artery).0.doppler.ok_or("no Doppler")?.pulsatility.iter().filter(|p| p.is_finite()).map(|p| f64::from(*p)).collect();
    let mut rows = vec![
        Obtained::new(
            "displayed front wall minus layers times 1540 over their speeds",
            1e3 * (label.depth_m - label.semi_depth_m - expected_m),
        ),
        Obtained::new("grey level with contact", contact),
        Obtained::new("grey level without contact, over that with contact", lost / contact),
        Obtained::new("pulsatility of the artery", pulse.iter().sum::<f64>() / pulse.len() as f64),
        Obtained::new("cells with flow in a vein at 5 mm/s", vein_cells as f64),
    ];
    rows.extend(timing(&probe, &arm, touching)?);
    Ok(rows)
}

fn timing(probe: &UltrasoundProbe, arm: &Arm, pose: Pose<Patient, Probe>) -> Result<Vec<Obtained>, String> {
    let (mut scratch, mut stream, mut state) = (UltrasoundScratch::new(), Stream::new(1, 0, "verify.ultrasound.timing"), probe.start());
    let mut arrivals: Vec<(f64, f64)> = Vec::new();
    for tick in 0..300 {
        let time_s = f64::from(tick) * 1e-3;
        let input = UltrasoundInput {
            time_s,
            arm,
            deform: &[],
            flow: &[],
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: None,
            needle_steer_rad: 0.0,
            expose: true,
            doppler: false,
        };
        if let Some(frame) = probe.step(&mut state, &input, &mut scratch, &mut stream) {
            arrivals.push((frame.time_s, time_s));
        }
    }
    let (first, last) = (arrivals.first().ok_or("no picture arrived")?, arrivals.last().ok_or("no picture arrived")?);
    if arrivals.len() < 3 {
        return Err(format!("{} pictures in 0.3 s", arrivals.len()));
    }
    Ok(vec![
        Obtained::new("delivery after exposure", 1e3 * (first.1 - first.0)),
        Obtained::new("time between pictures", 1e3 * (last.0 - first.0) / (arrivals.len() - 1) as f64),
    ])
}

/// Height of the dark hollow about a place, from the grey levels alone: rows darker than the middle between its inside and the
/// brightest wall beside it, mean over 21 columns and all frames [m].
fn dark_height_m(frames: &[UltrasoundFrame], x_m: f64, depth_m: f64, semi_depth_m: f64) -> f64 {
    const HALF_COLUMNS: usize = 10;
    let Some(frame) = frames.first() else { return f64::NAN };
    let columns = frame.column_count as usize;
    let (column, row) = (frame.column(x_m).round() as usize, frame.row(depth_m).round() as usize);
    let cells = (frames.len() * (2 * HALF_COLUMNS + 1)) as f64;
    let level = |row: usize| {
        let places = (column - HALF_COLUMNS..=column + HALF_COLUMNS).map(|c| row * columns + c);
        places.flat_map(|i| frames.iter().map(move |f| f64::from(f.pixels[i]))).sum::<f64>() / cells
    };
    let reach = (1.3 * semi_depth_m / frame.row_pitch_m) as usize + 6;
    let inside = (row - 4..=row + 4).map(level).sum::<f64>() / 9.0;
    let wall = |rows: &mut dyn Iterator<Item = usize>| -> f64 {
        let rows: Vec<usize> = rows.collect();
        let bright = rows.iter().map(|r| level(*r)).fold(0.0, f64::max);
        let middle = 0.5 * (inside + bright);
        // Where the wall begins, to a part of a row.
        let Some(first) = rows.iter().position(|r| level(*r) > middle) else { return rows.len() as f64 };
        let before = if first == 0 { inside } else { level(rows[first - 1]) };
        first as f64 - (level(rows[first]) - middle) / (level(rows[first]) - before).max(1e-9)
    };
    (wall(&mut (row..row + reach)) + wall(&mut (row - reach.min(row)..=row).rev())) * frame.row_pitch_m
}

/// Pictures of 512 × 512: veins give way to the probe.
pub(crate) fn full() -> Result<Vec<Obtained>, String> {
    let patient = Population::adult().patient(11, 3).map_err(text)?;
    let arm = Arm::new(&patient.truth.arm).map_err(text)?;
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(1) };
    let probe = UltrasoundProbe::with_raster(&spec, &patient.truth.acoustics, Raster::FULL).map_err(text)?;
    let (mut scratch, mut stream) = (UltrasoundScratch::new(), Stream::new(1, 0, "verify.ultrasound.full"));
    let mut take = |vessel: u16, z_m: f64, scale: [f64; 2]| -> Result<_, String> {
        let site = arm.site(vessel, z_m).ok_or("the vessel does not pass there")?;
        let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
        let pose = Pose::from_axes(Position::from_raw(site.p_skin.0), Direction::new(1.0, 0.0, 0.0), Direction::from_raw(inward));
        let mut deform = vec![VesselDeform::none(); arm.vessels().len()];
        (deform[usize::from(vessel)].scale_v, deform[usize::from(vessel)].scale_h) = (scale[0], scale[1]);
        let input = UltrasoundInput {
            time_s: 0.0,
            arm: &arm,
            deform: &deform,
            flow: &[],
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: None,
            needle_steer_rad: 0.0,
            expose: true,
            doppler: false,
        };
        let frames: Vec<UltrasoundFrame> = (0..6).map(|index| probe.capture(index, &input, &mut scratch, &mut stream)).collect();
        let label = probe.labels(&scratch).into_iter().find(|l| l.vessel == vessel).ok_or("the vessel is not in the picture")?;
        Ok((frames, label))
    };
    let height = |(frames, label): &(Vec<UltrasoundFrame>, proband_sensor::LumenLabel)| {
        1e3 * dark_height_m(frames, label.x_m, label.depth_m, label.semi_depth_m)
    };
    let veins = VenousModel::new(VenousSpec::reference_adult()).map_err(text)?;
    let inside_pa = 1_500.0;
    let scales = |probe_pa: f64| {
        let (v, h) = veins.scales(veins.area_ratio_at(inside_pa - probe_pa));
        [v, h]
    };
    let free = take(0, -0.03, scales(0.0))?;
    let mut rows = vec![
        Obtained::new("columns of a picture", f64::from(free.0[0].column_count)),
        Obtained::new("rows of a picture", f64::from(free.0[0].row_count)),
    ];
    for kpa in [1.0, 2.0] {
        let pressed = take(0, -0.03, scales(1e3 * kpa))?;
        rows.push(Obtained::new(format!("vein at {kpa} kPa, height over that without"), height(&pressed) / height(&free)));
    }
    Ok(rows)
}
