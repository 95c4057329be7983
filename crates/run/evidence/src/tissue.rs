//! The report of a body and tools: what it looked like, what the tools felt, how well each step was solved.

use std::collections::BTreeMap;

use nalgebra::Vector3;
use proband_core::{Table, ops};

use crate::number::sig;
use crate::page::provenance::{table_digests, table_rows};
use crate::page::{Section, data_uri, document, table};
use crate::render::{Camera, Material, Mesh, Raster, encode_png, fit, linear};
use crate::svg::{Plot, Scale, Svg};
use crate::text::esc;
use crate::{EvidenceError, Report, RunRecords};

type V = Vector3<f64>;

/// Frames drawn.
const PICTURE_COUNT: usize = 4;
const PICTURE_SIZE: [u32; 2] = [640, 420];
/// Dark to bright blue-green-yellow, told apart by anybody: a coarse sampling of a map that is even in lightness.
const COLOURS: [u32; 8] = [0x0044_0154, 0x0046_327e, 0x0036_5c8d, 0x0027_7f8e, 0x001f_a187, 0x004a_c16d, 0x00a0_da39, 0x00fd_e725];
/// Points round a ball, and from pole to pole.
const BALL: [u32; 2] = [32, 16];

/// Whether a run is one of tissue and tools.
pub(crate) fn is_tissue(run: &RunRecords) -> bool {
    run.info.procedure == "simulate tissue"
}

/// The page and its pictures.
pub(crate) fn render(run: &RunRecords) -> Result<Report, EvidenceError> {
    let pictures = run_pictures(run)?;
    let digests = table_digests(run);
    let sections = vec![seen(&pictures), felt(run), opened(run), solved(run), made_of(run), provenance(run, &digests)];
    let head = format!(
        "<header><div>\n<p class=\"kicker\">Proband · tissue and tools</p>\n<h1>{}</h1>\n<p class=\"notice\"><b>Research and engineering use, not a medical device.</b> Finite elements; constants of tissue are those of the scene file.</p>\n<p><code>{}</code></p></div></header>\n",
        esc(&run.info.scenario),
        esc(&run.info.command)
    );
    let foot = format!(
        "<footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte.</footer>\n",
        env!("CARGO_PKG_VERSION")
    );
    let html = document(&run.info.scenario, &head, &foot, &sections, &digests);
    Ok(Report { html, pictures: pictures.into_iter().map(|p| (p.name, p.png)).collect() })
}

struct Picture {
    name: String,
    caption: String,
    png: Vec<u8>,
}

fn column<'a>(table: Option<&'a Table>, name: &str) -> &'a [f64] {
    table.and_then(|t| t.f64s(name).ok()).unwrap_or(&[])
}

/// The recorded surfaces and frames. Where a body is cut its surface is another one.
struct Surface {
    /// Vertices at rest and triangles, by epoch.
    bodies: BTreeMap<i64, (Vec<V>, Vec<[u32; 3]>)>,
    /// Time [s], epoch and displacements [m].
    frames: Vec<(f64, i64, Vec<V>)>,
}

impl Surface {
    fn read(run: &RunRecords) -> Option<Self> {
        let (vertices, triangles, moved) = (run.table("surface_vertices")?, run.table("surface_triangles")?, run.table("surface_frames")?);
        let vectors = |table, names: [&str; 3]| -> Option<Vec<V>> {
            let [x, y, z] = names.map(|n| column(Some(table), n));
            (x.len() == y.len() && y.len() == z.len() && !x.is_empty()).then(|| (0..x.len()).map(|i| V::new(x[i], y[i], z[i])).collect())
        };
        let epochs = |table: &Table, count: usize| -> Vec<i64> { table.i64s("epoch").map_or(vec![0; count], <[i64]>::to_vec) };
        let good = |v: &V| v.iter().all(|x| x.is_finite());
        let rest = vectors(vertices, ["x_m", "y_m", "z_m"])?;
        let mut bodies: BTreeMap<i64, (Vec<V>, Vec<[u32; 3]>)> = BTreeMap::new();
        for (epoch, x) in epochs(vertices, rest.len()).into_iter().zip(&rest) {
            bodies.entry(epoch).or_default().0.push(*x);
        }
        let corner = |name: &str| triangles.i64s(name).ok();
        let (a, b, c) = (corner("a")?, corner("b")?, corner("c")?);
        let count = a.len().min(b.len()).min(c.len());
        for (i, epoch) in epochs(triangles, count).into_iter().enumerate().take(count) {
            let (vertices, list) = bodies.get_mut(&epoch)?;
            let index = |i: i64| u32::try_from(i).ok().filter(|i| (*i as usize) < vertices.len());
            if let (Some(a), Some(b), Some(c)) = (index(a[i]), index(b[i]), index(c[i])) {
                list.push([a, b, c]);
            }
        }
        let all = vectors(moved, ["dx_m", "dy_m", "dz_m"])?;
        let times = column(Some(moved), "time_s");
        let of = epochs(moved, all.len());
        let (mut frames, mut at) = (Vec::new(), 0);
        while let (Some(epoch), Some(time)) = (of.get(at), times.get(at)) {
            let count = bodies.get(epoch)?.0.len();
            frames.push((*time, *epoch, all.get(at..at + count)?.to_vec()));
            at += count;
        }
        (rest.iter().all(good) && all.iter().all(good) && !frames.is_empty()).then_some(Self { bodies, frames })
    }

    fn place(&self, frame: usize) -> Vec<V> {
        let (_, epoch, moved) = &self.frames[frame];
        self.bodies.get(epoch).map_or(Vec::new(), |(rest, _)| rest.iter().zip(moved).map(|(x, u)| x + u).collect())
    }

    fn triangles(&self, frame: usize) -> &[[u32; 3]] {
        self.bodies.get(&self.frames[frame].1).map_or(&[], |b| &b.1)
    }
}

fn run_pictures(run: &RunRecords) -> Result<Vec<Picture>, EvidenceError> {
    let Some(surface) = Surface::read(run) else { return Ok(Vec::new()) };
    let last = surface.frames.len() - 1;
    let mut chosen: Vec<usize> = (1..=PICTURE_COUNT).map(|k| k * last / PICTURE_COUNT).collect();
    chosen.dedup();
    let greatest = surface.frames.iter().flat_map(|(_, _, u)| u.iter().map(|u| u.norm())).fold(0.0, f64::max);
    let corners: Vec<V> = surface.bodies.values().flat_map(|b| b.0.clone()).collect();
    let eye = V::new(0.45, -0.85, 0.55).normalize();
    let camera = fit(&corners, PICTURE_SIZE, |at, zoom| Camera::orthographic(at, -eye, V::z(), zoom, PICTURE_SIZE));
    let mut pictures = Vec::new();
    for frame in chosen {
        let mut raster = Raster::new(PICTURE_SIZE, camera.clone());
        for (band, mesh) in bands(&surface, frame, greatest).iter().enumerate() {
            raster.opaque(mesh, Material { colour: linear(COLOURS[band]), gloss: 0.15, id: 1 });
        }
        for mesh in balls(run, surface.frames[frame].0).into_iter().chain(needles(run, surface.frames[frame].0)) {
            raster.opaque(&mesh, Material { colour: linear(0x009a_a2ad), gloss: 0.6, id: 2 });
        }
        let name = format!("tissue_{frame:04}");
        let png = encode_png(&name, PICTURE_SIZE[0], PICTURE_SIZE[1], &raster.finish())?;
        let caption = format!(
            "At {} s. Colour: displacement, from dark (0) to yellow ({} mm), the same in all pictures.",
            sig(surface.frames[frame].0, 3),
            sig(1e3 * greatest, 3)
        );
        pictures.push(Picture { name: format!("{name}.png"), caption, png });
    }
    Ok(pictures)
}

/// Triangles of a frame by the displacement of their corners.
fn bands(surface: &Surface, frame: usize, greatest_m: f64) -> Vec<Mesh> {
    let place = surface.place(frame);
    let mut normals = vec![V::zeros(); place.len()];
    for t in surface.triangles(frame) {
        let [a, b, c] = t.map(|i| place[i as usize]);
        let n = (b - a).cross(&(c - a));
        for i in t {
            normals[*i as usize] += n;
        }
    }
    let mut meshes = vec![Mesh::default(); COLOURS.len()];
    for t in surface.triangles(frame) {
        let mean = t.iter().map(|i| surface.frames[frame].2[*i as usize].norm()).sum::<f64>() / 3.0;
        let share = if greatest_m > 0.0 { mean / greatest_m } else { 0.0 };
        let mesh = &mut meshes[((share * COLOURS.len() as f64) as usize).min(COLOURS.len() - 1)];
        let first = mesh.vertices.len() as u32;
        mesh.vertices.extend(t.map(|i| (place[i as usize], normals[i as usize].try_normalize(1e-30).unwrap_or_else(V::z))));
        mesh.triangles.push([first, first + 1, first + 2]);
    }
    meshes
}

/// Tools that are balls at a time; others are not drawn.
fn balls(run: &RunRecords, time_s: f64) -> Vec<Mesh> {
    let (forces, tools) = (run.table("forces"), run.table("tools"));
    let radius = column(tools, "ball_radius_m");
    let (Some(Ok(names)), Some(Ok(rows))) = (tools.map(|t| t.texts("tool")), forces.map(|t| t.texts("tool"))) else { return Vec::new() };
    let [t, x, y, z] = ["time_s", "tool_x_m", "tool_y_m", "tool_z_m"].map(|n| column(forces, n));
    let mut meshes = Vec::new();
    for (name, radius) in names.iter().zip(radius).filter(|(_, r)| **r > 0.0) {
        // The first frame has no row of its own: the tool is where the first tick left it.
        let row = (0..rows.len()).filter(|i| &rows[*i] == name).take_while(|i| t[*i] <= time_s + 1e-9).last();
        if let Some(i) = row.filter(|i| *i < x.len() && *i < y.len() && *i < z.len()) {
            meshes.push(ball(V::new(x[i], y[i], z[i]), *radius));
        }
    }
    meshes
}

/// Needles at a time, straight from hub to tip.
fn needles(run: &RunRecords, time_s: f64) -> Vec<Mesh> {
    let table = run.table("needles");
    let Some(Ok(names)) = table.map(|t| t.texts("needle")) else { return Vec::new() };
    let t = column(table, "time_s");
    let [tx, ty, tz, hx, hy, hz, radius] =
        ["tip_x_m", "tip_y_m", "tip_z_m", "hub_x_m", "hub_y_m", "hub_z_m", "radius_m"].map(|n| column(table, n));
    let known = [t, tx, ty, tz, hx, hy, hz, radius].iter().map(|c| c.len()).min().unwrap_or(0);
    let mut seen: Vec<&str> = Vec::new();
    let mut meshes = Vec::new();
    for name in names {
        if seen.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        let row = (0..names.len().min(known)).filter(|i| &names[*i] == name).take_while(|i| t[*i] <= time_s + 1e-9).last();
        if let Some(i) = row {
            meshes.push(rod(V::new(hx[i], hy[i], hz[i]), V::new(tx[i], ty[i], tz[i]), radius[i]));
        }
    }
    meshes
}

fn rod(from: V, to: V, radius: f64) -> Mesh {
    let mut mesh = Mesh::default();
    let along = (to - from).try_normalize(1e-12).unwrap_or_else(V::z);
    let across = along.cross(&if along.x.abs() < 0.9 { V::x() } else { V::y() }).normalize();
    let other = along.cross(&across);
    let [around, _] = BALL;
    for end in [from, to] {
        for i in 0..=around {
            let (s, c) = ops::sin_cos(std::f64::consts::TAU * f64::from(i) / f64::from(around));
            let n = across * c + other * s;
            mesh.vertices.push((end + n * radius, n));
        }
    }
    for a in 0..around {
        let b = a + around + 1;
        mesh.triangles.push([a, b, b + 1]);
        mesh.triangles.push([a, b + 1, a + 1]);
    }
    mesh
}

fn ball(centre: V, radius: f64) -> Mesh {
    let mut mesh = Mesh::default();
    let [around, along] = BALL;
    for j in 0..=along {
        let (sin_j, cos_j) = ops::sin_cos(std::f64::consts::PI * f64::from(j) / f64::from(along));
        for i in 0..=around {
            let (sin_i, cos_i) = ops::sin_cos(std::f64::consts::TAU * f64::from(i) / f64::from(around));
            let n = V::new(sin_j * cos_i, sin_j * sin_i, cos_j);
            mesh.vertices.push((centre + n * radius, n));
        }
    }
    for j in 0..along {
        for i in 0..around {
            let a = j * (around + 1) + i;
            let b = a + around + 1;
            mesh.triangles.push([a, b, b + 1]);
            mesh.triangles.push([a, b + 1, a + 1]);
        }
    }
    mesh
}

fn seen(pictures: &[Picture]) -> Section {
    let mut body = String::from("<div class=\"pair\">\n");
    for picture in pictures {
        let text = esc(&picture.caption);
        body.push_str(&format!(
            "<figure><img src=\"{}\" alt=\"{text}\" style=\"max-width:100%;height:auto\"><figcaption>{text}</figcaption></figure>\n",
            data_uri(&picture.png)
        ));
    }
    body.push_str("</div>\n");
    if pictures.is_empty() {
        body = "<p class=\"absent\">No surface was recorded.</p>\n".into();
    }
    Section { id: "seen", title: "What it looked like", body }
}

const CURVES: [&str; 3] = ["c-blue", "c-green", "c-wine"];

fn felt(run: &RunRecords) -> Section {
    let forces = run.table("forces");
    let mut names: Vec<String> = Vec::new();
    let rows: &[String] = forces.and_then(|t| t.texts("tool").ok()).unwrap_or(&[]);
    for name in rows {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let times = column(forces, "time_s");
    let mut body = String::from("<p class=\"lead\">Force of the tissue on each tool, in the axes of the body.</p>\n");
    for name in names.iter().take(12) {
        let of = |what: &str| -> Vec<[f64; 2]> {
            let values = column(forces, what);
            (0..rows.len().min(values.len()).min(times.len())).filter(|i| &rows[*i] == name).map(|i| [times[i], values[i]]).collect()
        };
        let curves = ["force_x_n", "force_y_n", "force_z_n"].map(of);
        let y = Scale::around(curves.iter().flatten().map(|p| p[1]), &[0.0], 5);
        let end = curves[0].last().map_or(1.0, |p| p[0]);
        let plot = Plot { left: 52.0, top: 26.0, width: 800.0, height: 190.0, x: Scale::exact(0.0, end, 10), y };
        let mut svg = Svg::new(900.0, 258.0, &format!("Force on {name}"));
        plot.frame(&mut svg, "time, s", &format!("force on {name}, N"));
        for ((curve, class), axis) in curves.iter().zip(CURVES).zip(["x", "y", "z"]) {
            plot.curve(&mut svg, curve, class, axis);
        }
        body.push_str(&format!("<figure>{}<figcaption>x blue, y green, z red.</figcaption></figure>\n", svg.finish()));
    }
    if names.is_empty() {
        body.push_str("<p class=\"absent\">There was no tool.</p>\n");
    }
    Section { id: "felt", title: "What the tools felt", body }
}

/// Cuts, tears and sutures in the order in which they came.
fn opened(run: &RunRecords) -> Section {
    const ROWS_MAX: usize = 40;
    let openings = run.table("openings");
    let texts = |name: &str| openings.and_then(|t| t.texts(name).ok()).unwrap_or(&[]);
    let numbers = |name: &str| column(openings, name);
    let (what, by) = (texts("what"), texts("by"));
    let [time, area, change, angle, off, unknowns] =
        ["time_s", "area_m2", "volume_change", "dihedral_min_rad", "deviation_m", "unknowns"].map(numbers);
    let count =
        [what.len(), by.len(), time.len(), area.len(), change.len(), angle.len(), off.len(), unknowns.len()].into_iter().min().unwrap_or(0);
    let rows: Vec<_> = (0..count.min(ROWS_MAX))
        .map(|i| {
            let degrees = if angle[i] > 0.0 { sig(angle[i].to_degrees(), 3) } else { String::new() };
            let cells =
                [sig(time[i], 4), sig(1e6 * area[i], 4), sig(1e3 * off[i], 2), degrees, sig(change[i], 1), format!("{}", unknowns[i])];
            let mut row = vec![(esc(&what[i]), ""), (esc(&by[i]), "")];
            row.extend(cells.iter().map(|c| (esc(c), "n")));
            (String::new(), row)
        })
        .collect();
    let head = ["", "by", "#time [s]", "#area [mm²]", "#off the blade [mm]", "#least angle [°]", "#volume change", "#unknowns"];
    let mut body = if rows.is_empty() { "<p class=\"absent\">Nothing was cut, torn or sewn.</p>\n".into() } else { table(&head, &rows) };
    if count > ROWS_MAX {
        body.push_str(&format!("<p>{} more are in the table <code>openings</code>.</p>\n", count - ROWS_MAX));
    }
    Section { id: "opened", title: "Cuts, tears and sutures", body }
}

fn solved(run: &RunRecords) -> Section {
    let steps = run.table("steps");
    let of = |name: &str| column(steps, name);
    let greatest = |name: &str| of(name).iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = |name: &str| of(name).iter().copied().fold(f64::INFINITY, f64::min);
    let sum = |name: &str| of(name).iter().sum::<f64>();
    let lost = steps.and_then(|t| t.bools("converged").ok()).map_or(0, |c| c.iter().filter(|c| !**c).count());
    let rows = [
        ("Steps", of("time_s").len().to_string()),
        ("Steps that did not converge (the run ends at the first)", lost.to_string()),
        ("Worst residual against the load [1]", sig(greatest("residual_relative"), 2)),
        (
            "Newton steps, conjugate-gradient iterations, rounds of contact",
            format!("{} / {} / {}", sum("newton_steps"), sum("pcg_iterations"), sum("contact_rounds")),
        ),
        ("Steps halved", sig(sum("halvings"), 3)),
        ("Least and greatest det F [1]", format!("{} to {}", sig(least("det_min"), 4), sig(greatest("det_max"), 4))),
        ("Deepest node inside a tool [mm]", sig(1e3 * greatest("penetration_m"), 2)),
        ("Work done on the body [J]", sig(sum("work_j"), 4)),
        ("Lost to friction between tools and tissue, besides [J]", sig(sum("friction_j"), 4)),
        ("Lost to integrator and viscosity [J]", sig(sum("loss_j"), 4)),
        ("Left open by the residual [J]", sig(sum("unbalanced_j"), 2)),
    ];
    let rows: Vec<_> = rows.iter().map(|(name, value)| (String::new(), vec![(esc(name), ""), (esc(value), "n")])).collect();
    Section { id: "solved", title: "How well it was solved", body: table(&["", "#value"], &rows) }
}

fn made_of(run: &RunRecords) -> Section {
    let materials = run.table("materials");
    let texts = |name: &str| materials.and_then(|t| t.texts(name).ok()).unwrap_or(&[]);
    let (names, laws, fades, sources) = (texts("name"), texts("law"), texts("fades"), texts("source"));
    let density = column(materials, "density_kg_per_m3");
    let rows: Vec<_> = (0..names.len().min(laws.len()).min(fades.len()).min(sources.len()).min(density.len()))
        .map(|i| {
            let cells =
                vec![(esc(&names[i]), ""), (esc(&laws[i]), "w"), (esc(&fades[i]), "w"), (sig(density[i], 4), "n"), (esc(&sources[i]), "w")];
            (String::new(), cells)
        })
        .collect();
    Section {
        id: "materials",
        title: "What it is made of",
        body: table(&["material", "law [Pa]", "fades", "#density [kg/m³]", "source"], &rows),
    }
}

fn provenance(run: &RunRecords, digests: &[(String, String)]) -> Section {
    Section { id: "provenance", title: "Records", body: table(&["table", "#rows", "#columns", "digest"], &table_rows(run, digests)) }
}
