//! `proband image probe`: what the ultrasound probe sees of a drawn forearm over a heartbeat, pressed or not, with colour Doppler.

use std::path::PathBuf;

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Column, Digest, Direction, Patient, Pose, Position, Probe, Stream, Table};
use proband_image::{Picture, write_png_colour};
use proband_physiology::{VenousInput, VenousModel};
use proband_record::{RunFolder, RunManifest};
use proband_robot::{GantrySpec, builtin_arm};
use proband_scene::{Equipment, PulseSpec};
use proband_sensor::{
    DopplerMap, LumenLabel, UltrasoundFrame, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow,
};
use proband_sound::Raster;
use proband_twin::{Population, Truth};
use proband_volume::Plane;

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::terminal;
use crate::text_table::{Align, TextTable};

const EXAMPLES: &str = "\
Examples:
  proband image probe                                     the artery of adult 0 over a heartbeat: figures only
  proband image probe --doppler -o beat/                  12 pictures with colour Doppler, and a table
  proband image probe --force 2N --doppler -o pressed/    the same pressed down: the vein goes flat, the artery beats on
  proband image probe --along --doppler -o long/          along the artery instead of across

Red: blood comes towards the (steered) beam; blue: it goes away.";

/// Arguments of `proband image probe`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Number of the drawn adult whose arm it is
    #[arg(long, value_name = "N", default_value_t = 0)]
    patient: u32,
    /// Seed of the adults, of speckle and noise
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Place along the arm from the elbow crease, positive towards the head
    #[arg(long, value_name = "LENGTH", default_value = "-5 mm", allow_hyphen_values = true)]
    place: String,
    /// Lay the probe along the artery instead of across it
    #[arg(long)]
    along: bool,
    /// Force with which the probe presses
    #[arg(long, value_name = "FORCE", default_value = "0.5 N")]
    force: String,
    /// Heart rate in beats a minute [default: drawn]
    #[arg(long, value_name = "1/MIN")]
    heart_rate: Option<f64>,
    /// Pictures over one heartbeat
    #[arg(long, value_name = "COUNT", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=200))]
    frames: u32,
    /// With colour Doppler
    #[arg(long)]
    doppler: bool,
    /// Folder for pictures and table
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace the folder if it holds an older result
    #[arg(long)]
    overwrite: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// One picture of the beat with what was true and what it shows.
struct Beat {
    time_s: f64,
    phase: f64,
    /// Across the depth, of the artery and of the widest vein in the picture [m]; NaN where there is none.
    artery_m: f64,
    vein_m: f64,
    speed_m_s: f64,
    /// Mean shift over the cells in colour [Hz], and how many they are.
    shift_hz: f64,
    cells: u32,
    frame: UltrasoundFrame,
}

/// Make the pictures.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let amount = |name: &str, text: &str, kind| {
        amount::read(text, kind).map_err(|problem| {
            let source = SourceText { name: name.to_owned(), text: text.to_owned() };
            source.wrong(problem.at.unwrap_or(0..text.len()), format!("{name}: {}", problem.what), problem.label, Some(problem.help))
        })
    };
    let (place_m, force_n) = (amount("--place", &arguments.place, Kind::Place)?, amount("--force", &arguments.force, Kind::Force)?);
    let truth = Population::adult().patient(arguments.seed, arguments.patient).map_err(Failure::of)?.truth;
    let mut pulse = PulseSpec::resting(&truth, &mut Stream::new(arguments.seed, arguments.patient, "scene.pulse"));
    if let Some(rate) = arguments.heart_rate {
        if !(20.0..=300.0).contains(&rate) {
            return Err(Failure::Usage(format!("--heart-rate {rate} is outside 20 to 300 a minute")));
        }
        pulse.heart_rate_hz = rate / 60.0;
    }
    let _writing = arguments.out.as_ref().map(|_| interrupt.writing());
    let folder = arguments.out.as_deref().map(|out| RunFolder::create(out, arguments.overwrite).map_err(Failure::of)).transpose()?;
    let beats = beats(arguments, &truth, &pulse, place_m, force_n, interrupt)?;
    if let Some(folder) = folder {
        write(folder, arguments, &beats)?;
    }
    say(arguments, &pulse, force_n, &beats)
}

/// Size of the veins under the pressing probe, over rest: [height, width].
fn pressed(truth: &Truth, room: &Equipment, force_n: f64) -> Result<[f64; 2], Failure> {
    let model = VenousModel::new(truth.venous.clone()).map_err(Failure::of)?;
    let mut state = model.state();
    let probe_pressure_pa = force_n / room.probe_face_m2 * room.probe_pressure_share;
    let input = VenousInput { tourniquet_pa: 0.0, probe_pressure_pa, draw_m3_s: 0.0, draw_site_pressure_pa: 0.0, below_heart_m: 0.0 };
    let mut scale = [1.0; 2];
    // Ten seconds: the vein has long come to rest.
    for _ in 0..1_000 {
        let out = model.step(&mut state, &input, 0.01);
        scale = [out.scale_v, out.scale_h];
    }
    Ok(scale)
}

fn beats(
    arguments: &Arguments,
    truth: &Truth,
    pulse: &PulseSpec,
    place_m: f64,
    force_n: f64,
    interrupt: &Interrupt,
) -> Result<Vec<Beat>, Failure> {
    let arm = Arm::new(&truth.arm).map_err(Failure::of)?;
    let room = Equipment::standard(builtin_arm().map_err(Failure::of)?);
    let [vein_v, vein_h] = pressed(truth, &room, force_n)?;
    let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(arguments.seed) };
    let probe = UltrasoundProbe::with_raster(&spec, &truth.acoustics, Raster::FULL).map_err(Failure::of)?;
    let artery = arm.vessels().iter().position(|v| v.is_artery).ok_or_else(|| Failure::of("the arm has no artery"))?;
    let site = arm
        .site(artery as u16, place_m)
        .ok_or_else(|| Failure::Usage(format!("--place {}: the artery does not reach there", arguments.place)))?;
    let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z).0;
    let indent_m = force_n / GantrySpec::imaging_head().contact_stiffness_n_m;
    let axis = if arguments.along { Direction::new(0.0, 0.0, 1.0) } else { Direction::new(1.0, 0.0, 0.0) };
    let pose: Pose<Patient, Probe> =
        Pose::from_axes(Position::from_raw(site.p_skin.0 + inward * indent_m), axis, Direction::from_raw(inward));
    let mut stream = Stream::new(arguments.seed, arguments.patient, "image.probe");
    let mut scratch = UltrasoundScratch::new();
    let bar = crate::progress::bar(u64::from(arguments.frames), "looking");
    let mut beats = Vec::new();
    for index in 0..arguments.frames {
        interrupt.check()?;
        // From the upstroke on, whatever the phase the clock starts with.
        let time_s = (1.0 - pulse.phase + f64::from(index) / f64::from(arguments.frames)) / pulse.heart_rate_hz;
        let radius = pulse.radius_ratio(time_s);
        let flow_now = pulse.artery_flow(time_s);
        let deform: Vec<VesselDeform> = arm
            .vessels()
            .iter()
            .map(|v| if v.is_artery { [radius; 2] } else { [vein_v, vein_h] })
            .map(|[scale_v, scale_h]| VesselDeform { scale_v, scale_h, ..VesselDeform::none() })
            .collect();
        let still = VesselFlow { speed_mean_m_s: 0.04, pulsatility: 0.15 };
        let flow: Vec<VesselFlow> = arm.vessels().iter().map(|v| if v.is_artery { flow_now } else { still }).collect();
        let input = UltrasoundInput {
            time_s,
            arm: &arm,
            deform: &deform,
            flow: &flow,
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: None,
            needle_steer_rad: 0.0,
            expose: true,
            doppler: arguments.doppler,
        };
        let frame = probe.capture(index, &input, &mut scratch, &mut stream);
        let labels = probe.labels(&scratch);
        let [artery_m, vein_m] = heights(&arm, &labels);
        let (shift_hz, cells) = frame.doppler.as_ref().map_or((f64::NAN, 0), colour);
        let phase = pulse.phase_at(time_s);
        beats.push(Beat {
            time_s: f64::from(index) / f64::from(arguments.frames) / pulse.heart_rate_hz,
            phase,
            artery_m,
            vein_m,
            speed_m_s: flow_now.speed_mean_m_s,
            shift_hz,
            cells,
            frame,
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(beats)
}

/// Height of the artery and of the highest vein that are whole in the picture [m].
fn heights(arm: &Arm, labels: &[LumenLabel]) -> [f64; 2] {
    let highest = |artery: bool| {
        let of = labels.iter().filter(|l| arm.vessels().get(usize::from(l.vessel)).is_some_and(|v| v.is_artery == artery));
        of.map(|l| 2.0 * l.semi_depth_m).fold(f64::NAN, f64::max)
    };
    [highest(true), highest(false)]
}

/// Mean shift over the cells in colour [Hz] and their number.
fn colour(map: &DopplerMap) -> (f64, u32) {
    let shown = map.shift_hz.iter().filter(|hz| **hz != 0.0);
    let (sum, count) = shown.fold((0.0, 0_u32), |(sum, count), hz| (sum + f64::from(*hz), count + 1));
    (if count > 0 { sum / f64::from(count) } else { f64::NAN }, count)
}

/// The picture in grey with its colours.
fn picture(frame: &UltrasoundFrame) -> Result<Picture, Failure> {
    let grey: Vec<f32> = frame.pixels.iter().map(|level| f32::from(*level) / 255.0).collect();
    let mut picture = Picture::from_grey(&Plane::new(frame.column_count, frame.row_count, grey).map_err(Failure::of)?);
    let Some(map) = &frame.doppler else { return Ok(picture) };
    // Shift at which colours are brightest [Hz].
    let fastest = 600.0;
    for row in 0..frame.row_count {
        for column in 0..frame.column_count {
            let across = f64::from(column) * frame.column_pitch_m / map.column_pitch_m;
            let down = (f64::from(row) + 0.5) * frame.row_pitch_m / map.row_pitch_m;
            let (i, j) = (across as u32, down as u32);
            if i >= map.column_count || j >= map.row_count {
                continue;
            }
            let hz = f64::from(map.shift_hz[(j * map.column_count + i) as usize]);
            // Colour is laid over what is dark: walls stay grey, as scanners have it.
            if hz == 0.0 || frame.pixels[(row * frame.column_count + column) as usize] > 110 {
                continue;
            }
            let bright = (80.0 + 175.0 * (hz.abs() / fastest).min(1.0)) as u8;
            let colour = if hz > 0.0 { [bright, bright / 4, 0] } else { [0, bright / 4, bright] };
            picture.blend(i64::from(column), i64::from(row), colour, 0.85);
        }
    }
    Ok(picture)
}

fn write(folder: RunFolder, arguments: &Arguments, beats: &[Beat]) -> Result<(), Failure> {
    for (index, beat) in beats.iter().enumerate() {
        let png = write_png_colour(&picture(&beat.frame)?).map_err(Failure::of)?;
        folder.write_file(&format!("frame-{index:03}.png"), &png).map_err(Failure::of)?;
    }
    let mut t = Table::new("beat");
    let mut push = |name: &str, unit: &str, source: &str, get: &dyn Fn(&Beat) -> f64| {
        t.push(name, unit, "", source, Column::F64(beats.iter().map(get).collect())).map_err(Failure::of)
    };
    push("time_s", "s", "since the upstroke", &|b| b.time_s)?;
    push("phase", "1", "part of the beat", &|b| b.phase)?;
    push("artery_height_m", "m", "truth, as displayed", &|b| b.artery_m)?;
    push("vein_height_m", "m", "truth, as displayed: the highest vein", &|b| b.vein_m)?;
    push("artery_speed_m_s", "m/s", "truth", &|b| b.speed_m_s)?;
    push("shift_hz", "Hz", "colour Doppler: mean over cells in colour", &|b| b.shift_hz)?;
    push("colour_cells", "1", "colour Doppler", &|b| f64::from(b.cells))?;
    let digest: Digest = folder.write_table(&t).map_err(Failure::of)?;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "proband image probe".into(),
        procedure: "image".into(),
        scenario: "probe".into(),
        seed: arguments.seed,
        patient: arguments.patient,
        twin: "population-adult".into(),
        digest: digest.to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    folder.finish().map(|_| ()).map_err(Failure::of)
}

fn say(arguments: &Arguments, pulse: &PulseSpec, force_n: f64, beats: &[Beat]) -> Result<(), Failure> {
    let span = |get: &dyn Fn(&Beat) -> f64| {
        let low = beats.iter().map(get).fold(f64::NAN, f64::min);
        [low, beats.iter().map(get).fold(f64::NAN, f64::max)]
    };
    let (artery, vein) = (span(&|b| b.artery_m), span(&|b| b.vein_m));
    let shift = span(&|b| if b.shift_hz.is_nan() { 0.0 } else { b.shift_hz.abs() });
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "heart_rate_hz": pulse.heart_rate_hz, "distension": pulse.distension, "force_n": force_n,
            "artery_height_m": artery, "vein_height_m": vein, "shift_hz": arguments.doppler.then_some(shift),
            "frames": beats.len(), "out": arguments.out,
        }));
    }
    let mut table =
        TextTable::new(&[("over one heartbeat", Align::Left), ("least", Align::Right), ("most", Align::Right), ("unit", Align::Left)]);
    let mut row = |what: &str, [low, high]: [f64; 2], factor: f64, unit: &str| {
        let text = |v: f64| if v.is_nan() { "none".to_owned() } else { format!("{:.2}", factor * v) };
        table.row([what.to_owned(), text(low), text(high), unit.to_owned()]);
    };
    row("height of the artery", artery, 1e3, "mm");
    row("height of the highest vein", vein, 1e3, "mm");
    if arguments.doppler {
        row("mean Doppler shift in colour", shift, 1e-3, "kHz");
    }
    let place = arguments.out.as_ref().map_or(String::new(), |out| format!("; {} pictures in {}", beats.len(), out.display()));
    let rate = 60.0 * pulse.heart_rate_hz;
    terminal::print(&format!(
        "{table}{rate:.0} beats a minute, the artery widens by {:.1} %, the probe presses with {force_n} N{place}\n",
        100.0 * pulse.distension
    ))
}
