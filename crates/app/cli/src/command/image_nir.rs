//! `proband image nir`: what the near-infrared camera sees of a forearm, with the figures that say why.

use std::path::PathBuf;

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Camera, Direction, Patient, Pose, Position, Stream};
use proband_image::write_png_grey;
use proband_light::{KernelCamera, SkinOptics};
use proband_sensor::{NirCamera, NirCameraSpec, NirFrame, NirInput, NirSkin, NirSkinModel};
use proband_twin::Population;
use proband_volume::{Plane, gaussian};

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::Problem;
use crate::source_text::SourceText;
use crate::terminal;
use crate::text_table::{Align, TextTable};

const EXAMPLES: &str = "\
Examples:
  proband image nir                                            light skin, 850 nm, figures only
  proband image nir --melanin 43% --fat 3mm -o dark.png        a dark forearm with 3 mm of fat, as a picture
  proband image nir --wavelength 760 --saturation 98%          another lamp, other blood
  proband image nir --melanin 13% --json";

/// Arguments of `proband image nir`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Volume fraction of melanosomes in the epidermis: light skin 1 to 6 %, dark skin 18 to 43 %
    #[arg(long, value_name = "FRACTION", default_value = "3%")]
    melanin: String,
    /// Thickness of the fat under the skin; veins keep some fat under them
    #[arg(long, value_name = "LENGTH", default_value = "3mm")]
    fat: String,
    /// Wavelength of the lamps: 740 to 950 nm
    #[arg(long, value_name = "NM", default_value = "850 nm", allow_hyphen_values = true)]
    wavelength: String,
    /// Oxygen saturation of the blood in the veins
    #[arg(long, value_name = "FRACTION", default_value = "70%")]
    saturation: String,
    /// Number of the drawn adult whose arm it is
    #[arg(long, value_name = "N", default_value_t = 0)]
    patient: u32,
    /// File for the picture (PNG)
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    overwrite: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// Pictures until the exposure has settled.
const SETTLING: u32 = 10;
/// Exposure at which skins are compared [s].
const SAME_EXPOSURE_S: f64 = 5e-3;
/// Smoothing before the darkest place is sought [px].
const SMOOTHING_PX: f32 = 4.0;

/// What the picture shows where a vein darkens most.
struct Figures {
    reflectance: f64,
    contrast: f64,
    exposure_s: f64,
    /// Photoelectrons of the skin beside the vein.
    signal_e: f64,
    /// Contrast over noise of one pixel at the settled exposure, and at the same exposure for all.
    cnr: f64,
    cnr_same: f64,
}

/// Take the picture.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let pointed = |name: &str, text: &str, read: Result<f64, Problem>| {
        read.map_err(|problem| {
            let source = SourceText { name: name.to_owned(), text: text.to_owned() };
            source.wrong(problem.at.unwrap_or(0..text.len()), format!("{name}: {}", problem.what), problem.label, Some(problem.help))
        })
    };
    let amount = |name: &str, text: &str, kind| pointed(name, text, amount::read(text, kind));
    let wavelength_nm = pointed("--wavelength", &arguments.wavelength, amount::read_wavelength_nm(&arguments.wavelength))?;
    let mut arm_spec = Population::adult().patient(1, arguments.patient).map_err(Failure::of)?.truth.arm;
    arm_spec.fat_m = amount("--fat", &arguments.fat, Kind::CellSize)?;
    let arm = Arm::new(&arm_spec).map_err(Failure::of)?;
    let optics = SkinOptics {
        epidermis_m: arm_spec.epidermis_m,
        dermis_m: arm_spec.dermis_m,
        vein_saturation: amount("--saturation", &arguments.saturation, Kind::Fraction)?,
        ..SkinOptics::reference(wavelength_nm, amount("--melanin", &arguments.melanin, Kind::Fraction)?)
    };
    let kernels = KernelCamera::new(&optics, arm_spec.fat_m).map_err(Failure::of)?;
    let model = NirSkinModel::new(&arm, &kernels, &Stream::new(1, arguments.patient, "image.nir.skin")).map_err(Failure::of)?;
    interrupt.check()?;
    let closed = VesselDeform { scale_h: 0.0, scale_v: 0.0, ..VesselDeform::none() };
    let bare = model.skin(&vec![closed; arm.vessels().len()]);
    let (frame, figures) = look(&model.skin(&[]), &bare)?;
    if let Some(path) = &arguments.out {
        if path.exists() && !arguments.overwrite {
            return Err(Failure::at(path, "is there already; --overwrite replaces it"));
        }
        let png = write_png_grey(&frame.counts).map_err(Failure::of)?;
        let _writing = interrupt.writing();
        std::fs::write(path, png).map_err(|error| Failure::at(path, error))?;
    }
    say(arguments, wavelength_nm, &figures)
}

fn expose(spec: &NirCameraSpec, skin: &NirSkin, count: u32) -> Result<NirFrame, Failure> {
    let camera = NirCamera::new(spec).map_err(Failure::of)?;
    let mut state = camera.start(Stream::new(1, 0, "image.nir"));
    let pose: Pose<Patient, Camera> =
        Pose::from_axes(Position::new(0.0, -0.3, -0.02), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0));
    let input = NirInput { time_s: 0.0, skin, pose_patient_camera: pose, pose_patient_camera_measured: pose, ambient_irradiance_w_m2: 0.0 };
    (0..count).filter_map(|_| camera.step(&mut state, &input).frame).last().ok_or_else(|| Failure::of("no picture came"))
}

/// The settled picture, and its figures where it is darkest against the same skin without veins.
fn look(skin: &NirSkin, bare: &NirSkin) -> Result<(NirFrame, Figures), Failure> {
    let spec = NirCameraSpec { drop_probability: 0.0, ..NirCameraSpec::standard() };
    let frame = expose(&spec, skin, SETTLING)?;
    let held = NirCameraSpec { exposure_s: [frame.exposure_s, frame.exposure_s * (1.0 + 1e-9)], ..spec.clone() };
    let smooth = |frame: &NirFrame| gaussian(&frame.counts, SMOOTHING_PX).map_err(Failure::of);
    let (with, without) = (smooth(&expose(&held, skin, 1)?)?, smooth(&expose(&held, bare, 1)?)?);
    // Cloth beside the arm is dark without veins; what is lit well is skin.
    let brightest = without.samples().iter().copied().fold(0.0, f32::max);
    let (mut contrast, mut level) = (0.0_f32, brightest);
    for (a, b) in with.samples().iter().zip(without.samples()) {
        if *b > 0.5 * brightest && 1.0 - a / b > contrast {
            (contrast, level) = (1.0 - a / b, *b);
        }
    }
    let contrast = f64::from(contrast);
    let signal_e = f64::from(level) * spec.full_well_e;
    let cnr = |signal: f64, exposure: f64| {
        contrast * signal / (signal + 2.0 * (spec.dark_e_per_s * exposure + spec.read_noise_e * spec.read_noise_e)).sqrt()
    };
    let same = signal_e * SAME_EXPOSURE_S / frame.exposure_s;
    let figures = Figures {
        reflectance: mean_of_skin(&bare.reflectance),
        contrast,
        exposure_s: frame.exposure_s,
        signal_e,
        cnr: cnr(signal_e, frame.exposure_s),
        cnr_same: cnr(same, SAME_EXPOSURE_S),
    };
    Ok((frame, figures))
}

/// Mean over the middle third of the map, which is skin.
fn mean_of_skin(reflectance: &Plane<f32>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for row in 0..reflectance.height() {
        let (width, line) = (reflectance.width() as usize, reflectance.row(row));
        for value in &line[width / 3..2 * width / 3] {
            (sum, count) = (sum + f64::from(*value), count + 1.0);
        }
    }
    sum / count
}

fn say(arguments: &Arguments, wavelength_nm: f64, found: &Figures) -> Result<(), Failure> {
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "wavelength_nm": wavelength_nm, "reflectance": found.reflectance, "contrast": found.contrast,
            "exposure_s": found.exposure_s, "signal_e": found.signal_e, "cnr_pixel": found.cnr,
            "cnr_pixel_at_5_ms": found.cnr_same, "out": arguments.out,
        }));
    }
    let mut table = TextTable::new(&[("what", Align::Left), ("value", Align::Right), ("unit", Align::Left)]);
    for (what, value, unit) in [
        ("wavelength of the lamps", format!("{wavelength_nm:.0}"), "nm"),
        ("reflectance of the skin without veins", format!("{:.3}", found.reflectance), "1"),
        ("contrast where a vein darkens most", format!("{:.1}", 100.0 * found.contrast), "%"),
        ("exposure", format!("{:.2}", 1e3 * found.exposure_s), "ms"),
        ("photoelectrons beside the vein", format!("{:.0}", found.signal_e), "1"),
        ("contrast over noise of one pixel", format!("{:.2}", found.cnr), "1"),
        ("the same at 5 ms", format!("{:.2}", found.cnr_same), "1"),
    ] {
        table.row([what.to_owned(), value, unit.to_owned()]);
    }
    let written = arguments.out.as_ref().map_or(String::new(), |out| format!("\n{}\n", out.display()));
    terminal::print(&format!("{table}{written}"))
}
