//! `proband simulate tissue`: a body and rigid tools, from a TOML file.

use std::path::{Path, PathBuf};

use proband_core::{Column, Digest, Table};
use proband_geometry::{NodeVectors, Part, VtkEncoding, write_glb, write_vtu_with};
use proband_mesh::{LevelSet, StuffSpec, Surface, TetMesh, stuff};
use proband_record::{RunFolder, RunManifest, table_digest};
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemOutput, FemPart, FemSpec, FemState, FemWorkspace, Integrator, Lattice, ToolForce, ToolShape, rest,
    step, tool_forces,
};

use super::mesh::{CUT_STEPS, POLISH_BELOW_RAD};
use super::mesh_input::{Input, read};
use super::simulate_needles::Needled;
use super::simulate_tissue_cuts::Course;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::text_table::{Align, TextTable};
use crate::tissue_file::{Body, Material, TissueScene};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband simulate tissue scenarios/tissue/poke.toml -o out/       a ball presses on skin, fat and muscle, and drags
  proband simulate tissue scenarios/tissue/cut.toml -o cut/        a blade opens an organ, clips close it
  proband simulate tissue scenarios/tissue/needle.toml -o out/     a needle through skin and fat into a vein
  proband simulate tissue scenarios/tissue/poke-organ.toml -o out/ a ball on an organ; needle-organ.toml: a needle in it
  proband simulate tissue my.toml -o out/ --overwrite --json       the forces of every tick as JSON

Writes out/report.html, out/records/*.parquet (forces, steps, surface), out/frame-*.vtu with frames.pvd (open it in
ParaView), out/frame-*.glb (the surface, one file per frame) and out/last.glb. Lengths in VTU files are in metres.";

/// Arguments of `proband simulate tissue`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scene
    #[arg(value_name = "SCENE.toml")]
    scene: PathBuf,
    /// Folder for report, records and frames
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace the folder if it holds an older run
    #[arg(long)]
    overwrite: bool,
    /// Print the forces as JSON
    #[arg(long)]
    json: bool,
}

/// A body ready to move, and its look.
struct Made {
    spec: FemSpec,
    model: FemModel,
    /// Region of each part in files, and for a box the tetrahedra of each cell by its corners.
    regions: Vec<u16>,
    cells: Vec<Vec<Five>>,
    /// Tetrahedra on the same nodes, for files.
    mesh: TetMesh,
    /// Outer surface, and the node that each of its vertices is.
    surface: Surface,
    surface_nodes: Vec<u32>,
}

/// Five tetrahedra of a cell, by its corners.
type Five = [[u8; 4]; 5];

impl Made {
    /// Tetrahedra and surface anew, after the body's topology changed.
    fn renew(&mut self) -> Result<(), Failure> {
        self.mesh = tetrahedra(&self.spec, &self.regions, &self.cells)?;
        (self.surface, self.surface_nodes) = self.mesh.boundary();
        Ok(())
    }
}

/// The body as tetrahedra, part by part.
fn tetrahedra(spec: &FemSpec, regions: &[u16], cells: &[Vec<Five>]) -> Result<TetMesh, Failure> {
    let (mut tets, mut region_of) = (Vec::new(), Vec::new());
    for (index, part) in spec.parts.iter().enumerate() {
        match &part.elements {
            Elements::Hexahedra(hexahedra) => {
                for (hex, five) in hexahedra.iter().zip(&cells[index]) {
                    tets.extend(five.map(|tet| tet.map(|k| hex[usize::from(k)])));
                }
            }
            Elements::Tetrahedra(list) => tets.extend(list),
            Elements::QuadraticTetrahedra(list) => tets.extend(list.iter().map(|t| [t[0], t[1], t[2], t[3]])),
        }
        region_of.resize(tets.len(), regions[index]);
    }
    TetMesh::new(spec.nodes_m.clone(), tets, region_of).map_err(Failure::of)
}

/// What a tick left.
pub(super) struct Tick {
    pub(super) time_s: f64,
    pub(super) out: FemOutput,
    pub(super) forces: Vec<ToolForce>,
    pub(super) tools_m: Vec<[f64; 3]>,
}

/// Simulate.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let source = SourceText::read(&arguments.scene)?;
    let scene = TissueScene::read(&source, arguments.scene.parent().unwrap_or(Path::new("")))?;
    let mut made = make(&scene).map_err(|failure| match failure {
        Failure::Message(text) if !text.contains(&source.name) => Failure::Message(format!("{}: {text}", source.name)),
        other => other,
    })?;
    let folder = RunFolder::create(&arguments.out, arguments.overwrite).map_err(Failure::of)?;
    let _writing = interrupt.writing();
    let bar = progress::bar(u64::from(scene.tick_count), "ticks");
    let (mut state, mut space) = (made.model.state(), FemWorkspace::new(&made.model));
    let mut needled = Needled::new(&scene, &made.spec)?;
    let (mut ticks, mut frames) = (Vec::new(), Vec::new());
    let (mut course, mut epochs) = (Course::new(&scene), vec![made.surface.clone()]);
    write_frame(&folder, &made, &state, (0.0, 0), &mut frames)?;
    for tick in 1..=scene.tick_count {
        interrupt.check()?;
        let time_s = f64::from(tick) * scene.tick_s;
        let mut changed = course.before_tick(&scene, time_s, &mut made.spec, &mut made.model, &mut state)?;
        if changed {
            space = FemWorkspace::new(&made.model);
        }
        let one = match &mut needled {
            None => advance(&scene, &made.model, &mut state, time_s, &mut space)?,
            Some(needled) => needled.advance(&scene, &mut state, time_s),
        };
        if !state.quarantined {
            let poses: Vec<_> = scene.tools.iter().map(|t| t.pose(time_s)).collect();
            let input = FemInput { gravity_m_per_s2: scene.gravity_m_per_s2, tool_poses: &poses, ..FemInput::default() };
            if course.after_tick(&scene, time_s, &input, &mut made.spec, &mut made.model, &mut state)? {
                space = FemWorkspace::new(&made.model);
                changed = true;
            }
        }
        if changed {
            made.renew()?;
            epochs.push(made.surface.clone());
        }
        let lost = state.quarantined;
        ticks.push(one);
        bar.inc(1);
        // Frames are spread evenly over the ticks; the last tick is one of them.
        let due = |tick: u32| u64::from(tick) * u64::from(scene.frame_count - 1) / u64::from(scene.tick_count);
        if due(tick) > due(tick - 1) || lost {
            write_frame(&folder, &made, &state, (time_s, epochs.len() - 1), &mut frames)?;
        }
        if lost {
            break;
        }
    }
    bar.finish_and_clear();
    if let Some(needled) = &needled {
        folder.write_table(&needled.table(&scene).map_err(Failure::of)?).map_err(Failure::of)?;
    }
    let seen = Seen { epochs: &epochs, frames: &frames, course: &course };
    write(arguments, &scene, &made, &state, &ticks, &seen, folder)?;
    say(arguments, &scene, &made, &ticks, &course)
}

fn make(scene: &TissueScene) -> Result<Made, Failure> {
    let (nodes_m, parts, regions, cells) = match &scene.body {
        Body::Lattice { size_m, cells } => lattice(scene, *size_m, *cells)?,
        Body::Ellipsoid { size_m, cell_m } => ellipsoid(scene, *size_m, *cell_m)?,
        Body::File { path, unit_m } => from_file(scene, path, *unit_m)?,
    };
    let mut spec = FemSpec::elastic(nodes_m, parts[0].elements.clone(), parts[0].law.clone(), 1.0);
    spec.parts = parts;
    let mesh = tetrahedra(&spec, &regions, &cells)?;
    let (surface, surface_nodes) = mesh.boundary();
    spec.integrator = Integrator::BackwardEuler;
    spec.solver = scene.solver;
    let held: Vec<u32> =
        (0..spec.nodes_m.len() as u32).filter(|&n| scene.holds.iter().any(|b| b.holds(spec.nodes_m[n as usize]))).collect();
    if !scene.holds.is_empty() && held.is_empty() {
        return Err(Failure::Message("[[hold]]: no node of the body lies in any of the boxes".into()));
    }
    spec = spec.clamp(&held);
    spec.tools = scene.tools.iter().map(|t| t.tool).collect();
    // One set of nodes for all tools: where any of them may touch.
    let everywhere = scene.tools.iter().any(|t| t.touches.is_none());
    let may = |p: [f64; 3]| everywhere || scene.tools.iter().any(|t| t.touches.is_some_and(|r| r.holds(p)));
    let mut contact: Vec<u32> =
        surface_nodes.iter().copied().filter(|n| held.binary_search(n).is_err() && may(spec.nodes_m[*n as usize])).collect();
    contact.sort_unstable();
    spec.contact_nodes = if scene.tools.is_empty() { Vec::new() } else { contact };
    let model = FemModel::new(&spec).map_err(Failure::of)?;
    Ok(Made { spec, model, regions, cells, mesh, surface, surface_nodes })
}

fn part(material: &Material, elements: Elements) -> FemPart {
    FemPart {
        elements,
        law: material.law.clone(),
        viscosity: material.viscosity.clone(),
        density_kg_per_m3: material.density_kg_per_m3,
        fibres: Vec::new(),
    }
}

type Parts = (Vec<[f64; 3]>, Vec<FemPart>, Vec<u16>, Vec<Vec<Five>>);

fn lattice(scene: &TissueScene, size_m: [f64; 3], cells: [u32; 3]) -> Result<Parts, Failure> {
    let lattice = Lattice::new(cells, size_m).map_err(Failure::of)?;
    let mut lists = vec![Vec::new(); scene.materials.len()];
    let mut cells_of = vec![Vec::new(); scene.materials.len()];
    let tets = lattice.tetrahedra();
    for (hex, five) in lattice.hexahedra.iter().zip(tets.chunks_exact(5)) {
        let middle = 0.5 * (lattice.nodes_m[hex[0] as usize][2] + lattice.nodes_m[hex[6] as usize][2]);
        let mut here = scene.materials.iter().enumerate().filter(|(_, m)| m.layer_m[0] <= middle && middle < m.layer_m[1]);
        let place = format!("the layer of cells at z = {:.4} mm", 1e3 * middle);
        match (here.next(), here.next()) {
            (Some((index, _)), None) => {
                lists[index].push(*hex);
                let corner = |n: u32| hex.iter().position(|&h| h == n).unwrap_or(0) as u8;
                cells_of[index].push(std::array::from_fn(|k| five[k].map(corner)));
            }
            (None, _) => return Err(Failure::Message(format!("{place} has no material"))),
            (Some((_, a)), Some((_, b))) => {
                return Err(Failure::Message(format!("{place} has two materials, \"{}\" and \"{}\"", a.name, b.name)));
            }
        }
    }
    if let Some((_, unused)) = lists.iter().zip(&scene.materials).find(|(list, _)| list.is_empty()) {
        return Err(Failure::Message(format!(
            "material \"{}\" has no cell: its layer is thinner than one, or outside the box",
            unused.name
        )));
    }
    let parts = lists.into_iter().zip(&scene.materials).map(|(list, m)| part(m, Elements::Hexahedra(list))).collect();
    Ok((lattice.nodes_m, parts, (1..=scene.materials.len() as u16).collect(), cells_of))
}

fn ellipsoid(scene: &TissueScene, size_m: [f64; 3], cell_m: f64) -> Result<Parts, Failure> {
    let [material] = scene.materials.as_slice() else {
        return Err(Failure::Message("[body]: an ellipsoid has one material".into()));
    };
    let half = size_m.map(|s| 0.5 * s);
    let shape = LevelSet::new(move |p: [f64; 3]| (0..3).map(|k| (p[k] / half[k] - 1.0).powi(2)).sum::<f64>() - 1.0);
    let wanted = StuffSpec { cell_m, low_m: [0.0; 3], high_m: size_m, cut_steps: CUT_STEPS, polish_below_rad: POLISH_BELOW_RAD };
    let mesh = stuff(&shape, &wanted).map_err(Failure::of)?.mesh;
    Ok((mesh.nodes_m, vec![part(material, Elements::Tetrahedra(mesh.tets))], vec![1], vec![Vec::new()]))
}

fn from_file(scene: &TissueScene, path: &Path, unit_m: f64) -> Result<Parts, Failure> {
    let Input::Tets(mesh) = read(path, unit_m)? else {
        return Err(Failure::at(path, "holds no tetrahedra; make them with `proband mesh`"));
    };
    let mut lists = vec![Vec::new(); scene.materials.len()];
    for (tet, region) in mesh.tets.iter().zip(&mesh.regions) {
        match scene.materials.iter().position(|m| m.region == Some(*region)) {
            Some(index) => lists[index].push(*tet),
            None => return Err(Failure::at(path, format!("has tetrahedra of region {region}, which no material names"))),
        }
    }
    if let Some((_, unused)) = lists.iter().zip(&scene.materials).find(|(list, _)| list.is_empty()) {
        return Err(Failure::at(path, format!("has no tetrahedron of the region of material \"{}\"", unused.name)));
    }
    let parts = lists.into_iter().zip(&scene.materials).map(|(list, m)| part(m, Elements::Tetrahedra(list))).collect();
    let regions = scene.materials.iter().map(|m| m.region.unwrap_or(0)).collect();
    let cells = vec![Vec::new(); scene.materials.len()];
    Ok((mesh.nodes_m, parts, regions, cells))
}

fn advance(scene: &TissueScene, model: &FemModel, state: &mut FemState, time_s: f64, space: &mut FemWorkspace) -> Result<Tick, Failure> {
    let poses: Vec<_> = scene.tools.iter().map(|t| t.pose(time_s)).collect();
    let input = FemInput { gravity_m_per_s2: scene.gravity_m_per_s2, tool_poses: &poses, ..FemInput::default() };
    let out = if scene.quasi_static {
        rest(model, state, &input, 1, scene.tick_s, space)
    } else {
        step(model, state, &input, scene.tick_s, space)
    };
    let out = out.map_err(Failure::of)?;
    Ok(Tick { time_s, out, forces: tool_forces(model, state), tools_m: poses.iter().map(|p| p.position_m).collect() })
}

/// What was seen: surfaces, frames, changes of topology.
struct Seen<'a> {
    epochs: &'a [Surface],
    frames: &'a [Frame],
    course: &'a Course,
}

/// A frame of the series, and what the page draws of it.
struct Frame {
    time_s: f64,
    /// Which of the surfaces that the body had.
    epoch: usize,
    displacement_m: Vec<[f64; 3]>,
}

fn write_frame(
    folder: &RunFolder,
    made: &Made,
    state: &FemState,
    (time_s, epoch): (f64, usize),
    frames: &mut Vec<Frame>,
) -> Result<(), Failure> {
    let moved = made.mesh.nodes_m.iter().zip(&state.displacement_m).map(|(x, u)| std::array::from_fn(|k| x[k] + u[k])).collect();
    let mesh = TetMesh { nodes_m: moved, ..made.mesh.clone() };
    let vectors = [
        NodeVectors { name: "displacement_m", values: &state.displacement_m },
        NodeVectors { name: "velocity_m_per_s", values: &state.velocity_m_per_s },
    ];
    let bytes = write_vtu_with(&mesh, &vectors, 1.0, VtkEncoding::RawZlib);
    folder.write_file(&format!("frame-{:04}.vtu", frames.len()), &bytes).map_err(Failure::of)?;
    let displacement_m: Vec<[f64; 3]> = made.surface_nodes.iter().map(|&n| state.displacement_m[n as usize]).collect();
    let mut shown = made.surface.clone();
    for (vertex, u) in shown.vertices_m.iter_mut().zip(&displacement_m) {
        for (x, u) in vertex.iter_mut().zip(u) {
            *x += u;
        }
    }
    let part = Part { name: format!("{time_s} s"), surface: shown };
    folder.write_file(&format!("frame-{:04}.glb", frames.len()), &write_glb(&[part])).map_err(Failure::of)?;
    frames.push(Frame { time_s, epoch, displacement_m });
    Ok(())
}

fn write(
    arguments: &Arguments,
    scene: &TissueScene,
    made: &Made,
    state: &FemState,
    ticks: &[Tick],
    seen: &Seen<'_>,
    folder: RunFolder,
) -> Result<(), Failure> {
    let forces = forces_table(scene, ticks).map_err(Failure::of)?;
    let digest: Digest = table_digest(&forces).map_err(Failure::of)?;
    for table in [
        forces,
        steps_table(ticks).map_err(Failure::of)?,
        tools_table(scene).map_err(Failure::of)?,
        materials_table(scene).map_err(Failure::of)?,
        seen.course.table().map_err(Failure::of)?,
    ] {
        folder.write_table(&table).map_err(Failure::of)?;
    }
    for table in surface_tables(seen).map_err(Failure::of)? {
        folder.write_table(&table).map_err(Failure::of)?;
    }
    let series: String =
        seen.frames.iter().enumerate().map(|(k, f)| format!("<DataSet timestep=\"{}\" file=\"frame-{k:04}.vtu\"/>\n", f.time_s)).collect();
    let pvd = format!(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\">\n<Collection>\n{series}</Collection>\n</VTKFile>\n"
    );
    folder.write_file("frames.pvd", pvd.as_bytes()).map_err(Failure::of)?;
    let mut last = made.surface.clone();
    for (vertex, &node) in last.vertices_m.iter_mut().zip(&made.surface_nodes) {
        for (x, u) in vertex.iter_mut().zip(state.displacement_m[node as usize]) {
            *x += u;
        }
    }
    folder.write_file("last.glb", &write_glb(&[Part { name: scene.title.clone(), surface: last }])).map_err(Failure::of)?;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: format!("proband simulate tissue {} -o {}", arguments.scene.display(), arguments.out.display()),
        procedure: "simulate tissue".into(),
        scenario: scene.title.clone(),
        seed: 0,
        patient: 0,
        twin: "no patient".into(),
        digest: digest.to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    folder.finish().map_err(Failure::of)?;
    Ok(())
}

fn forces_table(scene: &TissueScene, ticks: &[Tick]) -> Result<Table, proband_core::CoreError> {
    let mut table = Table::new("forces");
    let names = scene.names();
    let count = names.len();
    let rows: Vec<(&Tick, usize)> = ticks.iter().flat_map(|t| (0..count).map(move |k| (t, k))).collect();
    let numbers = |get: &dyn Fn(&Tick, usize) -> f64| Column::F64(rows.iter().map(|(t, k)| get(t, *k)).collect());
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "body", "finite elements", column);
    push("time_s", "s", numbers(&|t, _| t.time_s))?;
    push("tool", "", Column::Text(rows.iter().map(|(_, k)| names[*k].to_owned()).collect()))?;
    for (axis, letter) in ["x", "y", "z"].iter().enumerate() {
        push(&format!("tool_{letter}_m"), "m", numbers(&|t, k| t.tools_m[k][axis]))?;
        push(&format!("force_{letter}_n"), "N", numbers(&|t, k| t.forces[k].force_n[axis]))?;
        push(&format!("moment_{letter}_nm"), "N m", numbers(&|t, k| t.forces[k].moment_nm[axis]))?;
    }
    push("normal_n", "N", numbers(&|t, k| t.forces[k].normal_n))?;
    push("touching", "nodes", numbers(&|t, k| f64::from(t.forces[k].touch_count)))?;
    push("sliding", "nodes", numbers(&|t, k| f64::from(t.forces[k].slide_count)))?;
    Ok(table)
}

fn steps_table(ticks: &[Tick]) -> Result<Table, proband_core::CoreError> {
    let mut table = Table::new("steps");
    let numbers = |get: &dyn Fn(&FemOutput) -> f64| Column::F64(ticks.iter().map(|t| get(&t.out)).collect());
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "finite elements", column);
    push("time_s", "s", Column::F64(ticks.iter().map(|t| t.time_s).collect()))?;
    push("converged", "", Column::Bool(ticks.iter().map(|t| t.out.converged).collect()))?;
    push("residual_relative", "1", numbers(&|o| o.residual_relative))?;
    push("newton_steps", "1", numbers(&|o| f64::from(o.newton_count)))?;
    push("pcg_iterations", "1", numbers(&|o| f64::from(o.pcg_count)))?;
    push("contact_rounds", "1", numbers(&|o| f64::from(o.contact_round_count)))?;
    push("halvings", "1", numbers(&|o| f64::from(o.halving_count)))?;
    push("det_min", "1", numbers(&|o| o.det_min))?;
    push("det_max", "1", numbers(&|o| o.det_max))?;
    push("penetration_m", "m", numbers(&|o| o.penetration_m))?;
    push("elastic_j", "J", numbers(&|o| o.elastic_j))?;
    push("kinetic_j", "J", numbers(&|o| o.kinetic_j))?;
    push("work_j", "J", numbers(&|o| o.work_j))?;
    push("friction_j", "J", numbers(&|o| o.friction_j))?;
    push("loss_j", "J", numbers(&|o| o.loss_j))?;
    push("unbalanced_j", "J", numbers(&|o| o.unbalanced_j))?;
    Ok(table)
}

fn tools_table(scene: &TissueScene) -> Result<Table, proband_core::CoreError> {
    let mut table = Table::new("tools");
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "scene file", column);
    push("tool", "", Column::Text(scene.names().into_iter().map(str::to_owned).collect()))?;
    let needles = scene.needles.len();
    let shapes = scene.tools.iter().map(|t| format!("{:?}", t.tool.shape)).chain(std::iter::repeat_n("Needle".to_owned(), needles));
    push("shape", "", Column::Text(shapes.collect()))?;
    let ball = |shape| if let ToolShape::Sphere { radius_m } = shape { radius_m } else { 0.0 };
    push(
        "ball_radius_m",
        "m",
        Column::F64(scene.tools.iter().map(|t| ball(t.tool.shape)).chain(std::iter::repeat_n(0.0, needles)).collect()),
    )?;
    let friction = scene.tools.iter().map(|t| t.tool.friction).chain(std::iter::repeat_n(f64::NAN, needles));
    push("friction", "1", Column::F64(friction.collect()))?;
    Ok(table)
}

fn materials_table(scene: &TissueScene) -> Result<Table, proband_core::CoreError> {
    let mut table = Table::new("materials");
    let texts = |get: &dyn Fn(&Material) -> String| Column::Text(scene.materials.iter().map(get).collect());
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "scene file", column);
    push("name", "", texts(&|m| m.name.clone()))?;
    push("law", "", texts(&|m| format!("{:?}", m.law)))?;
    push("fades", "", texts(&|m| format!("{:?}", m.viscosity.branches)))?;
    push("density_kg_per_m3", "kg/m3", Column::F64(scene.materials.iter().map(|m| m.density_kg_per_m3).collect()))?;
    push("source", "", texts(&|m| m.source.clone()))?;
    Ok(table)
}

/// Triangles of the surfaces with their vertices at rest, and how these moved in every frame; a new epoch where topology changed.
fn surface_tables(seen: &Seen<'_>) -> Result<[Table; 3], proband_core::CoreError> {
    let source = "finite elements";
    let used: Vec<(usize, &Surface)> = seen.epochs.iter().enumerate().filter(|(e, _)| seen.frames.iter().any(|f| f.epoch == *e)).collect();
    let mut triangles = Table::new("surface_triangles");
    let of_epoch =
        |count: &dyn Fn(&Surface) -> usize| Column::I64(used.iter().flat_map(|(e, s)| std::iter::repeat_n(*e as i64, count(s))).collect());
    triangles.push("epoch", "", "", source, of_epoch(&|s| s.triangles.len()))?;
    for (k, name) in ["a", "b", "c"].iter().enumerate() {
        let column = Column::I64(used.iter().flat_map(|(_, s)| s.triangles.iter().map(|t| i64::from(t[k]))).collect());
        triangles.push(name, "", "", source, column)?;
    }
    let mut vertices = Table::new("surface_vertices");
    vertices.push("epoch", "", "", source, of_epoch(&|s| s.vertices_m.len()))?;
    for (k, name) in ["x_m", "y_m", "z_m"].iter().enumerate() {
        let column = Column::F64(used.iter().flat_map(|(_, s)| s.vertices_m.iter().map(|v| v[k])).collect());
        vertices.push(name, "m", "body", source, column)?;
    }
    let mut moved = Table::new("surface_frames");
    let each = |get: &dyn Fn(&Frame, usize) -> f64| {
        Column::F64(seen.frames.iter().flat_map(|f| (0..f.displacement_m.len()).map(move |v| (f, v))).map(|(f, v)| get(f, v)).collect())
    };
    moved.push("time_s", "s", "", source, each(&|f, _| f.time_s))?;
    let epochs = Column::I64(seen.frames.iter().flat_map(|f| std::iter::repeat_n(f.epoch as i64, f.displacement_m.len())).collect());
    moved.push("epoch", "", "", source, epochs)?;
    for (k, name) in ["dx_m", "dy_m", "dz_m"].iter().enumerate() {
        moved.push(name, "m", "body", source, each(&|f, v| f.displacement_m[v][k]))?;
    }
    Ok([triangles, vertices, moved])
}

fn say(arguments: &Arguments, scene: &TissueScene, made: &Made, ticks: &[Tick], course: &Course) -> Result<(), Failure> {
    let lost = ticks.iter().any(|t| !t.out.converged);
    if arguments.json {
        let rows: Vec<_> = ticks
            .iter()
            .map(|t| {
                let tools: Vec<_> = t
                    .forces
                    .iter()
                    .zip(scene.names())
                    .map(|(f, name)| serde_json::json!({ "tool": name, "force_n": f.force_n, "normal_n": f.normal_n, "touching": f.touch_count }))
                    .collect();
                serde_json::json!({ "time_s": t.time_s, "converged": t.out.converged, "residual_relative": t.out.residual_relative, "tools": tools })
            })
            .collect();
        terminal::print_json(
            &serde_json::json!({ "title": scene.title, "unknowns": made.model.unknown_count(), "ticks": rows, "out": arguments.out }),
        )?;
    } else {
        let mut table = TextTable::new(&[
            ("tool", Align::Left),
            ("greatest force [N]", Align::Right),
            ("at [s]", Align::Right),
            ("at the end [N]", Align::Right),
        ]);
        for (k, name) in scene.names().into_iter().enumerate() {
            let size = |t: &Tick| t.forces[k].force_n.iter().map(|v| v * v).sum::<f64>().sqrt();
            let greatest = ticks.iter().max_by(|a, b| size(a).total_cmp(&size(b)));
            let (force, time) = greatest.map_or((0.0, 0.0), |t| (size(t), t.time_s));
            table.row([name.to_owned(), format!("{force:.4}"), format!("{time:.4}"), format!("{:.4}", ticks.last().map_or(0.0, size))]);
        }
        let worst = ticks.iter().map(|t| t.out.residual_relative).fold(0.0, f64::max);
        let deepest = ticks.iter().map(|t| t.out.penetration_m).fold(0.0, f64::max);
        let stiff = match scene.body {
            Body::File { .. } | Body::Ellipsoid { .. } => {
                "note: linear tetrahedra are too stiff, more so the nearer Poisson's ratio is to 0.5\n"
            }
            Body::Lattice { .. } => "",
        };
        terminal::print(&format!(
            "{}\n{} unknowns, {} ticks; worst residual {worst:.1e} of the load, deepest node inside a tool {:.1e} mm\n{stiff}\n{table}\n{}{}",
            scene.title,
            made.model.unknown_count(),
            ticks.len(),
            1e3 * deepest,
            course.line().map_or(String::new(), |line| format!("{line}\n")),
            arguments.out.display()
        ))?;
    }
    if lost {
        let time_s = ticks.last().map_or(0.0, |t| t.time_s);
        eprintln!(
            "error: the step at {time_s} s did not converge, halved {} times; the last good state is the last frame",
            scene.solver.halving_count_max
        );
        return Err(Failure::Bad);
    }
    Ok(())
}
