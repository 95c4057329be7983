//! `proband mesh`: tetrahedra from surfaces and label maps.

use std::path::{Path, PathBuf};

use proband_geometry::{MshVersion, Part, VtkEncoding, write_glb, write_msh, write_stl, write_vtp, write_vtu};
use proband_mesh::{
    CoarsenSpec, LabelMapField, LevelSets, QualityReport, StuffReport, StuffSpec, Stuffed, SurfaceTree, TetMesh, coarsen, depths_m, stuff,
    stuff_surface,
};

use super::mesh_input::{Input, read};
use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband mesh liver.stl -o liver.vtu --cell 5mm         fill a closed surface (lengths in the file: mm)
  proband mesh heart.nii.gz -o heart.msh --cell 3mm      every label of a label map becomes a region
  proband mesh organs.glb -o organs.vtu --cell 4mm       every closed part becomes a region
  proband mesh arm.stl --unit m --cell 1cm               only the table of quality
  proband mesh liver.stl -o liver.vtu --cell 3mm --graded 15mm    fine at the surface, coarse inside
  proband mesh body.vtu --report                         look at tetrahedra that somebody else made

Reads STL, OBJ, VTP, GLB (surfaces), NIfTI, NRRD, MetaImage (label maps), VTU and MSH (tetrahedra).
Writes VTU and MSH (tetrahedra), STL, VTP and GLB (their outer surface).";

/// Dihedral angle below which tetrahedra where three materials meet are smoothed [rad]: 12°.
pub(super) const POLISH_BELOW_RAD: f64 = 0.209;
/// Growth of cells with depth [1].
const GROWTH: f64 = 0.5;
/// Evaluations per cut edge.
pub(super) const CUT_STEPS: u32 = 5;
/// Faults of each kind that are named.
const FAULTS_NAMED: usize = 5;

/// Length of 1 in files that do not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FileUnit {
    /// Millimetres
    Mm,
    /// Centimetres
    Cm,
    /// Metres
    M,
}

impl FileUnit {
    fn metres(self) -> f64 {
        match self {
            Self::Mm => 1e-3,
            Self::Cm => 1e-2,
            Self::M => 1.0,
        }
    }
}

/// Arguments of `proband mesh`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Surface, label map or tetrahedra
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// File to write: .vtu, .msh (tetrahedra), .stl, .vtp, .glb (their outer surface)
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Side of a cell, with unit
    #[arg(long, value_name = "LENGTH", default_value = "5mm")]
    cell: String,
    /// Length of 1 in files that have no unit, read and written (glTF is in metres)
    #[arg(long, value_enum, default_value = "mm")]
    unit: FileUnit,
    /// Smoothing of a label map, in voxels
    #[arg(long, value_name = "VOXELS", default_value_t = 1.0)]
    blur: f64,
    /// Cells grow inwards from their size at surfaces and interfaces to at most this, by half a cell per cell of depth
    #[arg(long, value_name = "LENGTH")]
    graded: Option<String>,
    /// Print faults and the histogram of angles too
    #[arg(long)]
    report: bool,
    /// Replace the file if it is there
    #[arg(long)]
    overwrite: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

/// What came out, and what to say about it.
struct Meshed {
    mesh: TetMesh,
    report: Option<StuffReport>,
    /// Name of each region, and the volume that it should have [m³].
    regions: Vec<(u16, String, Option<f64>)>,
    notes: Vec<String>,
}

/// Mesh.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let cell_m = length("--cell", &arguments.cell)?;
    let graded_m = arguments.graded.as_ref().map(|text| length("--graded", text)).transpose()?;
    if let Some(graded_m) = graded_m.filter(|g| *g < cell_m) {
        let what = format!("--graded {} mm is less than --cell {} mm: cells grow inwards", 1e3 * graded_m, 1e3 * cell_m);
        return Err(Failure::Usage(what));
    }
    let writer = arguments.out.as_deref().map(|out| writer(out, arguments.overwrite)).transpose()?;
    let bar = progress::spinner("reading");
    let input = read(&arguments.input, arguments.unit.metres())?;
    bar.set_message("filling with tetrahedra");
    let mut meshed = fill(arguments, input, cell_m)?;
    if let Some(graded_m) = graded_m {
        interrupt.check()?;
        bar.set_message("making the inside coarse");
        grade(&mut meshed, cell_m, graded_m)?;
    }
    interrupt.check()?;
    bar.set_message("looking at every tetrahedron");
    let quality = QualityReport::of(&meshed.mesh);
    let faults = meshed.mesh.faults(FAULTS_NAMED);
    bar.finish_and_clear();
    if let (Some(out), Some(writer)) = (&arguments.out, writer) {
        let _writing = interrupt.writing();
        write_whole(out, &writer(&meshed.mesh, arguments.unit.metres()))?;
    }
    let faults: Vec<String> = faults.iter().map(|f| format!("{f:?}")).collect();
    if arguments.json { say_json(arguments, &meshed, &quality, &faults) } else { say(arguments, &meshed, &quality, &faults) }
}

fn length(name: &str, text: &str) -> Result<f64, Failure> {
    amount::read(text, Kind::CellSize).map_err(|problem| {
        let source = SourceText { name: name.to_owned(), text: text.to_owned() };
        let at = problem.at.unwrap_or(0..text.len());
        source.wrong(at, format!("{name}: {}", problem.what), problem.label, Some(problem.help))
    })
}

/// Make the inside coarse: cells grow with the depth.
fn grade(meshed: &mut Meshed, cell_m: f64, graded_m: f64) -> Result<(), Failure> {
    let size_m: Vec<f64> = depths_m(&meshed.mesh).iter().map(|depth| (cell_m + GROWTH * depth).min(graded_m)).collect();
    let before = meshed.mesh.tets.len();
    (meshed.mesh, _) = coarsen(&meshed.mesh, &size_m, CoarsenSpec::USUAL).map_err(Failure::of)?;
    meshed.notes.push(format!("graded: {before} tetrahedra became {}; surfaces and interfaces are as they were", meshed.mesh.tets.len()));
    Ok(())
}

type Writer = fn(&TetMesh, f64) -> Vec<u8>;

/// How a file of that name is written; refused before any work is done.
fn writer(out: &Path, overwrite: bool) -> Result<Writer, Failure> {
    if out.exists() && !overwrite {
        return Err(Failure::at(out, "exists; choose another name or add --overwrite"));
    }
    match out.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("vtu") => Ok(|mesh, unit_m| write_vtu(mesh, unit_m, VtkEncoding::RawZlib)),
        Some("msh") => Ok(|mesh, unit_m| write_msh(mesh, unit_m, MshVersion::V4)),
        Some("stl") => Ok(|mesh, unit_m| write_stl(&mesh.boundary().0, unit_m)),
        Some("vtp") => Ok(|mesh, unit_m| write_vtp(&mesh.boundary().0, unit_m, VtkEncoding::RawZlib)),
        Some("glb") => Ok(|mesh, _| {
            let part = |(region, _): (u16, f64)| Part { name: format!("region {region}"), surface: mesh.region_boundary(region).0 };
            write_glb(&mesh.region_volumes_m3().into_iter().map(part).collect::<Vec<_>>())
        }),
        _ => Err(Failure::at(out, "the name must end in .vtu, .msh, .stl, .vtp or .glb")),
    }
}

/// The file appears whole or not at all.
fn write_whole(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = out.with_file_name(name);
    let done = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, out));
    done.map_err(|error| {
        drop(std::fs::remove_file(&part));
        Failure::at(out, error)
    })
}

fn fill(arguments: &Arguments, input: Input, cell_m: f64) -> Result<Meshed, Failure> {
    let fail = |error: proband_mesh::MeshError| Failure::at(&arguments.input, error);
    match input {
        Input::Tets(mesh) => {
            let regions = mesh.region_volumes_m3().into_iter().map(|(region, _)| (region, String::new(), None)).collect();
            Ok(Meshed { mesh, report: None, regions, notes: Vec::new() })
        }
        Input::Labels { frame, labels } => {
            let field = LabelMapField::new(frame, &labels, arguments.blur).map_err(fail)?;
            let (low_m, high_m) = field.bounds_m();
            let spec = StuffSpec { cell_m, low_m, high_m, cut_steps: CUT_STEPS, polish_below_rad: POLISH_BELOW_RAD };
            let Stuffed { mesh, report } = stuff(&field, &spec).map_err(fail)?;
            let regions = field.label_volumes_m3().into_iter().map(|(label, volume)| (label, String::new(), Some(volume))).collect();
            Ok(Meshed { mesh, report: Some(report), regions, notes: Vec::new() })
        }
        Input::Parts(parts) => fill_parts(parts, cell_m).map_err(fail),
    }
}

fn fill_parts(parts: Vec<Part>, cell_m: f64) -> Result<Meshed, proband_mesh::MeshError> {
    let alone = parts.len() == 1;
    let (mut trees, mut regions, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        // A surface on its own that is not closed is an error; among many it is left out, aloud.
        if !alone && !part.surface.is_watertight() {
            notes.push(format!("{}: not closed, left out", part.name));
            continue;
        }
        let cuts = SurfaceTree::new(part.surface.clone()).self_intersections(FAULTS_NAMED);
        if let Some((triangle, other)) = cuts.first() {
            let count = if cuts.len() < FAULTS_NAMED { cuts.len().to_string() } else { format!("at least {FAULTS_NAMED}") };
            notes.push(format!(
                "{}: cuts itself, {count} pairs of triangles, the first {triangle} and {other}: the inside there is a guess",
                part.name
            ));
        }
        let volume = part.surface.volume_m3();
        if volume < 0.0 {
            notes.push(format!("{}: inside out, turned", part.name));
        }
        let surface = if volume < 0.0 { part.surface.flipped() } else { part.surface };
        trees.push(SurfaceTree::new(surface));
        regions.push((trees.len() as u16, part.name, Some(volume.abs())));
    }
    let Stuffed { mesh, report } = if let [tree] = trees.as_slice() {
        stuff_surface(tree, cell_m)?
    } else {
        let bounds = trees.iter().map(|t| t.surface().bounds_m());
        let (low_m, high_m) = bounds.fold(([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]), |(low, high), (a, b)| {
            (std::array::from_fn(|i| low[i].min(a[i])), std::array::from_fn(|i| high[i].max(b[i])))
        });
        let spec = StuffSpec { cell_m, low_m, high_m, cut_steps: CUT_STEPS, polish_below_rad: POLISH_BELOW_RAD };
        let functions = trees.iter().map(|tree| move |p: [f64; 3]| tree.signed_distance_m(p)).collect();
        stuff(&LevelSets::distances(functions), &spec)?
    };
    Ok(Meshed { mesh, report: Some(report), regions, notes })
}

fn say(arguments: &Arguments, meshed: &Meshed, quality: &QualityReport, faults: &[String]) -> Result<(), Failure> {
    let mut table = TextTable::new(&[("", Align::Left), ("min", Align::Right), ("mean", Align::Right), ("max", Align::Right)]);
    let mut row = |what: &str, s: proband_mesh::Spread, scale: f64, digits: usize| {
        table.row([
            what.to_owned(),
            format!("{:.digits$}", s.min * scale),
            format!("{:.digits$}", s.mean * scale),
            format!("{:.digits$}", s.max * scale),
        ]);
    };
    row("dihedral angle [deg]", quality.dihedral_rad, 1.0_f64.to_degrees(), 2);
    row("radius ratio [1]", quality.radius_ratio, 1.0, 3);
    row("edge [mm]", quality.edge_m, 1e3, 3);
    row("volume [mm³]", quality.tet_volume_m3, 1e9, 4);
    let mut regions = TextTable::new(&[
        ("region", Align::Right),
        ("name", Align::Left),
        ("volume [mL]", Align::Right),
        ("input [mL]", Align::Right),
        ("difference [%]", Align::Right),
    ]);
    for (region, name, wanted, volume) in compared(meshed) {
        let percent = wanted.map_or(String::new(), |w| format!("{:+.2}", 100.0 * (volume / w - 1.0)));
        regions.row([
            region.to_string(),
            name.clone(),
            format!("{:.3}", volume * 1e6),
            wanted.map_or(String::new(), |w| format!("{:.3}", w * 1e6)),
            percent,
        ]);
    }
    let mut text = format!(
        "{} nodes, {} tetrahedra, {} with an angle below 10°, size grading at most {:.2}\n\n{table}\n{regions}",
        quality.node_count, quality.tet_count, quality.below_10_deg_count, quality.grading_max
    );
    for note in &meshed.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    for fault in faults.iter().take(if arguments.report { usize::MAX } else { 3 }) {
        text.push_str(&format!("fault: {fault}\n"));
    }
    if arguments.report {
        text.push_str("\ndihedral angles, share of each 5°:\n");
        let total = (6 * quality.tet_count).max(1) as f64;
        for (bin, count) in quality.dihedral_histogram.iter().enumerate().filter(|(_, c)| **c > 0) {
            let share = *count as f64 / total;
            text.push_str(&format!("{:>4}° {:>8.4} % {}\n", 5 * bin, 100.0 * share, "#".repeat((share * 200.0).ceil() as usize)));
        }
    }
    if let Some(out) = &arguments.out {
        text.push_str(&format!("{}\n", out.display()));
    }
    terminal::print(&text)
}

/// Region, name, volume wanted and volume reached [m³].
fn compared(meshed: &Meshed) -> Vec<(u16, String, Option<f64>, f64)> {
    let reached = meshed.mesh.region_volumes_m3();
    let volume = |region: u16| reached.iter().find(|(r, _)| *r == region).map_or(0.0, |(_, v)| *v);
    meshed.regions.iter().map(|(region, name, wanted)| (*region, name.clone(), *wanted, volume(*region))).collect()
}

fn say_json(arguments: &Arguments, meshed: &Meshed, quality: &QualityReport, faults: &[String]) -> Result<(), Failure> {
    let regions: Vec<_> = compared(meshed)
        .into_iter()
        .map(|(region, name, wanted, volume)| serde_json::json!({ "region": region, "name": name, "volume_m3": volume, "input_volume_m3": wanted }))
        .collect();
    let lattice = meshed.report.map(|r| {
        serde_json::json!({
            "nodes": r.lattice_node_count, "snapped": r.snapped_count, "triple": r.triple_count, "triple_unmoved": r.triple_unmoved_count,
            "undecided": r.undecided_count, "polished": r.polished_count, "removed": r.removed_count, "split": r.split_count,
        })
    });
    terminal::print_json(&serde_json::json!({
        "quality": quality, "regions": regions, "lattice": lattice, "faults": faults, "notes": meshed.notes, "out": arguments.out,
    }))
}
