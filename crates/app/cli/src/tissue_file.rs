//! A scene of tissue and rigid tools in a TOML file.

use std::path::{Path, PathBuf};

use proband_tissue::fem::{Law, NeedleTube, Prony, PronyBranch, SolverSpec, Tool, ToolPose, ToolShape, lame_pa};
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;
use crate::script::{Amount, amount};
use crate::source_text::SourceText;
use crate::tissue_cuts_file::{MovingBlade, Stitch, Tearing, WrittenBlade, WrittenSuture, WrittenTear};
use crate::tissue_needles::{self, AgainstNeedles, MovingNeedle, WrittenNeedle, WrittenVessel};

/// Most points of a tool's way.
const WAY_COUNT_MAX: usize = 10_000;
/// Most ticks of a scene.
const TICK_COUNT_MAX: f64 = 1e6;

pub(crate) type Text = Spanned<String>;
pub(crate) type Place = [Text; 3];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Option<String>,
    duration: Text,
    tick: Text,
    #[serde(default)]
    quasi_static: bool,
    gravity: Option<Place>,
    frames: Option<Spanned<u32>>,
    residual: Option<Spanned<f64>>,
    body: WrittenBody,
    material: Vec<WrittenMaterial>,
    #[serde(default)]
    hold: Vec<WrittenBox>,
    #[serde(default)]
    tool: Vec<WrittenTool>,
    #[serde(default)]
    blade: Vec<WrittenBlade>,
    tear: Option<WrittenTear>,
    #[serde(default)]
    suture: Vec<WrittenSuture>,
    #[serde(default)]
    needle: Vec<WrittenNeedle>,
    #[serde(default)]
    vessel: Vec<WrittenVessel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBody {
    #[serde(rename = "box")]
    size: Option<Place>,
    cells: Option<Spanned<[u32; 3]>>,
    ellipsoid: Option<Place>,
    cell: Option<Text>,
    file: Option<Text>,
    unit: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMaterial {
    name: Text,
    region: Option<Spanned<u16>>,
    from: Option<Text>,
    to: Option<Text>,
    law: Text,
    young: Text,
    poisson: Spanned<f64>,
    prestretch: Option<Spanned<f64>>,
    prestretch_along: Option<Spanned<[f64; 3]>>,
    density: Text,
    source: Option<String>,
    #[serde(default)]
    fades: Vec<WrittenBranch>,
    cutting: Option<Text>,
    toughness: Option<Text>,
    drag: Option<Text>,
    puncture: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBranch {
    share: Spanned<f64>,
    time: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenBox {
    from: Place,
    to: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTool {
    name: Text,
    shape: Text,
    radius: Option<Text>,
    length: Option<Text>,
    rim: Option<Text>,
    half_angle: Option<Text>,
    friction: Spanned<f64>,
    touches: Option<WrittenBox>,
    way: Spanned<Vec<WrittenPoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPoint {
    time: Text,
    at: Place,
    axis: Option<[f64; 3]>,
    turn: Option<Text>,
}

/// What the body is made of in space.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// A box of hexahedra with a corner at the origin [m].
    Lattice { size_m: [f64; 3], cells: [u32; 3] },
    /// Tetrahedra in an ellipsoid whose box has a corner at the origin: its axes and the cell's side [m].
    Ellipsoid { size_m: [f64; 3], cell_m: f64 },
    /// Tetrahedra in a file, length of its 1 [m].
    File { path: PathBuf, unit_m: f64 },
}

/// One material.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Material {
    pub(crate) name: String,
    /// Region of the file's tetrahedra.
    pub(crate) region: Option<u16>,
    /// Layer of a box [m], from and to along z.
    pub(crate) layer_m: [f64; 2],
    pub(crate) law: Law,
    pub(crate) viscosity: Prony,
    pub(crate) density_kg_per_m3: f64,
    pub(crate) source: String,
    /// What it does to needles.
    pub(crate) against_needles: AgainstNeedles,
}

/// A box in space [m].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    pub(crate) low_m: [f64; 3],
    pub(crate) high_m: [f64; 3],
}

impl Region {
    pub(crate) fn holds(&self, p: [f64; 3]) -> bool {
        // A node that was meant to lie on the wall may be off by rounding.
        (0..3).all(|k| p[k] >= self.low_m[k] - 1e-9 && p[k] <= self.high_m[k] + 1e-9)
    }
}

/// A tool and its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MovingTool {
    pub(crate) name: String,
    pub(crate) tool: Tool,
    /// Times [s], ascending from 0, and poses.
    pub(crate) way: Vec<(f64, ToolPose)>,
    pub(crate) touches: Option<Region>,
}

impl MovingTool {
    /// Where the tool is: straight between the points of its way, still behind the last.
    pub(crate) fn pose(&self, time_s: f64) -> ToolPose {
        let next = self.way.partition_point(|(t, _)| *t <= time_s);
        let Some((end_s, end)) = self.way.get(next) else { return self.way[self.way.len() - 1].1 };
        let (start_s, start) = self.way[next - 1];
        start.between(end, (time_s - start_s) / (end_s - start_s))
    }
}

/// A scene.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TissueScene {
    pub(crate) title: String,
    pub(crate) tick_s: f64,
    pub(crate) tick_count: u32,
    pub(crate) quasi_static: bool,
    pub(crate) gravity_m_per_s2: [f64; 3],
    pub(crate) frame_count: u32,
    pub(crate) body: Body,
    pub(crate) materials: Vec<Material>,
    pub(crate) holds: Vec<Region>,
    pub(crate) tools: Vec<MovingTool>,
    pub(crate) blades: Vec<MovingBlade>,
    pub(crate) tear: Option<Tearing>,
    pub(crate) sutures: Vec<Stitch>,
    pub(crate) needles: Vec<MovingNeedle>,
    pub(crate) vessels: Vec<NeedleTube>,
    pub(crate) solver: SolverSpec,
}

pub(crate) struct Reader<'a> {
    pub(crate) source: &'a SourceText,
}

impl Reader<'_> {
    pub(crate) fn amount(&self, text: &Text, name: &'static str, unit: &'static str, min: f64, max: f64) -> Result<f64, Failure> {
        amount(self.source, text.span(), text.as_ref(), &Amount(name, unit, min, max))
    }

    pub(crate) fn length(&self, text: &Text, name: &'static str) -> Result<f64, Failure> {
        Ok(1e-3 * self.amount(text, name, "mm", 1e-3, 1e4)?)
    }

    pub(crate) fn place(&self, place: &Place, name: &'static str) -> Result<[f64; 3], Failure> {
        let mut out = [0.0; 3];
        for (out, text) in out.iter_mut().zip(place) {
            *out = 1e-3 * self.amount(text, name, "mm", -1e4, 1e4)?;
        }
        Ok(out)
    }

    pub(crate) fn number(&self, value: &Spanned<f64>, name: &str, min: f64, max: f64) -> Result<f64, Failure> {
        let v = *value.as_ref();
        if v >= min && v <= max {
            return Ok(v);
        }
        Err(self.wrong(value.span(), format!("{name} = {v} is outside {min} to {max}")))
    }

    pub(crate) fn wrong(&self, at: std::ops::Range<usize>, what: String) -> Failure {
        self.source.wrong(at, format!("{}: {what}", self.source.name), "here", None)
    }

    pub(crate) fn region(&self, written: &WrittenBox) -> Result<Region, Failure> {
        let region = Region { low_m: self.place(&written.from, "from")?, high_m: self.place(&written.to, "to")? };
        match (0..3).find(|&k| region.low_m[k] > region.high_m[k]) {
            None => Ok(region),
            Some(k) => Err(self.wrong(written.to[k].span(), "the box ends before it begins: `to` is less than `from`".into())),
        }
    }

    fn material(&self, written: &WrittenMaterial, is_box: bool) -> Result<Material, Failure> {
        let young_pa = 1e3 * self.amount(&written.young, "young", "kPa", 1e-2, 1e7)?;
        let poisson = self.number(&written.poisson, "poisson", 0.0, 0.4999)?;
        let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).map_err(|error| self.wrong(written.poisson.span(), error.to_string()))?;
        let law = match written.law.as_ref().as_str() {
            "linear" => Law::Linear { mu_pa, lambda_pa },
            "corotational" => Law::Corotational { mu_pa, lambda_pa },
            "neo_hookean" => Law::NeoHookeanLog { mu_pa, lambda_pa },
            "stable_neo_hookean" => Law::StableNeoHookean { mu_pa, lambda_pa },
            other => {
                let known = "linear, corotational, neo_hookean, stable_neo_hookean";
                return Err(self.wrong(written.law.span(), format!("\"{other}\" is no law; known: {known}")));
            }
        };
        let law = self.prestretched(law, written)?;
        let mut viscosity = Prony::default();
        for branch in &written.fades {
            let share = self.number(&branch.share, "share", 0.0, 1.0)?;
            let time_s = self.amount(&branch.time, "time", "s", 1e-6, 1e6)?;
            viscosity.branches.push(PronyBranch { share, time_s });
        }
        viscosity.check().map_err(|error| self.wrong(written.name.span(), error.to_string()))?;
        let end = |text: &Option<Text>, otherwise: f64, name| {
            text.as_ref().map_or(Ok(otherwise), |t| Ok(1e-3 * self.amount(t, name, "mm", 0.0, 1e4)?))
        };
        let layer_m = [end(&written.from, 0.0, "from")?, end(&written.to, f64::INFINITY, "to")?];
        if !is_box && written.region.is_none() {
            return Err(
                self.wrong(written.name.span(), "a body from a file needs `region`, the number of the material's tetrahedra".into())
            );
        }
        if is_box && let Some(region) = &written.region {
            return Err(self.wrong(region.span(), "a box has layers (`from` and `to` along z), not regions".into()));
        }
        Ok(Material {
            name: written.name.as_ref().clone(),
            region: written.region.as_ref().map(|r| *r.as_ref()),
            layer_m,
            law,
            viscosity,
            density_kg_per_m3: self.amount(&written.density, "density", "kg/m3", 1.0, 3e4)?,
            source: written.source.clone().unwrap_or_else(|| "prior: unverified".into()),
            against_needles: AgainstNeedles::read(self, [&written.cutting, &written.toughness, &written.drag, &written.puncture])?,
        })
    }

    /// The law of tissue that is stretched where it lies.
    fn prestretched(&self, law: Law, written: &WrittenMaterial) -> Result<Law, Failure> {
        let (stretch, along) = match (&written.prestretch, &written.prestretch_along) {
            (None, None) => return Ok(law),
            (Some(stretch), Some(along)) => (stretch, along),
            (Some(one), None) => return Err(self.wrong(one.span(), "`prestretch` wants `prestretch_along`, a direction".into())),
            (None, Some(one)) => return Err(self.wrong(one.span(), "`prestretch_along` wants `prestretch`, a stretch such as 1.1".into())),
        };
        let d = *along.as_ref();
        let length = d.iter().map(|v| v * v).sum::<f64>().sqrt();
        if !(1e-6..1e6).contains(&length) {
            return Err(self.wrong(along.span(), "a direction needs a length".into()));
        }
        let stretch = self.number(stretch, "prestretch", 0.5, 2.0)?;
        Ok(Law::Prestretched { law: Box::new(law), along: d.map(|v| v / length), stretch })
    }

    fn tool(&self, written: &WrittenTool) -> Result<MovingTool, Failure> {
        let wanted = |text: &Option<Text>, name: &'static str| match text {
            Some(text) => self.length(text, name),
            None => Err(self.wrong(written.shape.span(), format!("a {} needs `{name}`", written.shape.as_ref()))),
        };
        let shape = match written.shape.as_ref().as_str() {
            "half_space" => ToolShape::HalfSpace,
            "sphere" => ToolShape::Sphere { radius_m: wanted(&written.radius, "radius")? },
            "capsule" => ToolShape::Capsule { radius_m: wanted(&written.radius, "radius")?, length_m: wanted(&written.length, "length")? },
            "cylinder" => ToolShape::Cylinder {
                radius_m: wanted(&written.radius, "radius")?,
                length_m: wanted(&written.length, "length")?,
                rim_m: wanted(&written.rim, "rim")?,
            },
            "cone" => {
                let Some(angle) = &written.half_angle else {
                    return Err(self.wrong(written.shape.span(), "a cone needs `half_angle`".into()));
                };
                ToolShape::Cone {
                    half_angle_rad: self.amount(angle, "half_angle", "deg", 3.0, 88.0)?.to_radians(),
                    tip_m: wanted(&written.radius, "radius")?,
                }
            }
            other => {
                let known = "half_space, sphere, capsule, cylinder, cone";
                return Err(self.wrong(written.shape.span(), format!("\"{other}\" is no shape; known: {known}")));
            }
        };
        let points = written.way.as_ref();
        if points.is_empty() || points.len() > WAY_COUNT_MAX {
            return Err(self.wrong(written.way.span(), format!("a way has 1 to {WAY_COUNT_MAX} points")));
        }
        let mut way: Vec<(f64, ToolPose)> = Vec::with_capacity(points.len());
        for point in points {
            let time_s = self.amount(&point.time, "time", "s", 0.0, 1e5)?;
            let angle_rad = point.turn.as_ref().map_or(Ok(0.0), |t| Ok(self.amount(t, "turn", "deg", -360.0, 360.0)?.to_radians()))?;
            match way.last() {
                None if time_s != 0.0 => return Err(self.wrong(point.time.span(), "a way begins at 0 s".into())),
                Some((before_s, _)) if time_s <= *before_s => {
                    return Err(self.wrong(point.time.span(), "times of a way go up".into()));
                }
                _ => way.push((time_s, ToolPose::turned(self.place(&point.at, "at")?, point.axis.unwrap_or([0.0, 0.0, 1.0]), angle_rad))),
            }
        }
        let friction = self.number(&written.friction, "friction", 0.0, 10.0)?;
        let touches = written.touches.as_ref().map(|t| self.region(t)).transpose()?;
        Ok(MovingTool { name: written.name.as_ref().clone(), tool: Tool { shape, friction, pose: way[0].1 }, way, touches })
    }

    fn body(&self, written: &WrittenBody, folder: &Path) -> Result<Body, Failure> {
        if let (Some(size), Some(cell), None, None, None) =
            (&written.ellipsoid, &written.cell, &written.size, &written.cells, &written.file)
        {
            let mut size_m = [0.0; 3];
            for (out, text) in size_m.iter_mut().zip(size) {
                *out = self.length(text, "ellipsoid")?;
            }
            return Ok(Body::Ellipsoid { size_m, cell_m: self.length(cell, "cell")? });
        }
        match (&written.size, &written.cells, &written.file) {
            (Some(size), Some(cells), None) if written.ellipsoid.is_none() && written.cell.is_none() => {
                let mut size_m = [0.0; 3];
                for (out, text) in size_m.iter_mut().zip(size) {
                    *out = self.length(text, "box")?;
                }
                if let Some(bad) = cells.as_ref().iter().find(|n| !(1..=1000).contains(*n)) {
                    return Err(self.wrong(cells.span(), format!("{bad} cells: 1 to 1000 each way")));
                }
                Ok(Body::Lattice { size_m, cells: *cells.as_ref() })
            }
            (None, None, Some(file)) if written.ellipsoid.is_none() && written.cell.is_none() => {
                let unit_m = match written.unit.as_ref().map(|u| (u, u.as_ref().as_str())) {
                    None | Some((_, "mm")) => 1e-3,
                    Some((_, "cm")) => 1e-2,
                    Some((_, "m")) => 1.0,
                    Some((u, other)) => return Err(self.wrong(u.span(), format!("\"{other}\": mm, cm or m"))),
                };
                Ok(Body::File { path: folder.join(file.as_ref()), unit_m })
            }
            _ => Err(Failure::Message(format!("{}: [body] is `box` and `cells`, `ellipsoid` and `cell`, or `file`", self.source.name))),
        }
    }
}

impl TissueScene {
    /// Names of tools and needles.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.tools.iter().map(|t| t.name.as_str()).chain(self.needles.iter().map(|n| n.name.as_str())).collect()
    }

    /// Read and check a scene; paths are relative to `folder`.
    pub(crate) fn read(source: &SourceText, folder: &Path) -> Result<Self, Failure> {
        let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
        let reader = Reader { source };
        let duration_s = reader.amount(&written.duration, "duration", "s", 1e-6, 1e5)?;
        let tick_s = reader.amount(&written.tick, "tick", "s", 1e-6, 10.0)?;
        let count = (duration_s / tick_s).round();
        if !(1.0..=TICK_COUNT_MAX).contains(&count) {
            return Err(reader.wrong(written.tick.span(), format!("{count} ticks: 1 to {TICK_COUNT_MAX} fit a scene")));
        }
        let mut gravity_m_per_s2 = [0.0; 3];
        if let Some(gravity) = &written.gravity {
            for (out, text) in gravity_m_per_s2.iter_mut().zip(gravity) {
                *out = reader.amount(text, "gravity", "m/s2", -1e3, 1e3)?;
            }
        }
        let frame_count = match &written.frames {
            Some(frames) if (2..=10_000).contains(frames.as_ref()) => *frames.as_ref(),
            Some(frames) => return Err(reader.wrong(frames.span(), "frames: 2 to 10000".into())),
            None => 13,
        };
        let residual_relative = written.residual.as_ref().map_or(Ok(1e-4), |r| reader.number(r, "residual", 1e-12, 0.01))?;
        let body = reader.body(&written.body, folder)?;
        let is_box = !matches!(body, Body::File { .. });
        let needles = written.needle.iter().map(|n| tissue_needles::needle(&reader, n)).collect::<Result<Vec<_>, _>>()?;
        if let Some(first) = written.needle.first() {
            let plain = written.material.iter().all(|m| m.law.as_ref() == "linear" && m.fades.is_empty());
            let whole = written.blade.is_empty() && written.tear.is_none() && written.suture.is_empty();
            if !(plain && whole && written.tool.is_empty() && written.gravity.is_none()) {
                let what =
                    "needles want materials of the law \"linear\" that do not fade, no tools, no gravity, no blades, tears or sutures";
                return Err(reader.wrong(first.name.span(), what.into()));
            }
        }
        Ok(Self {
            needles,
            vessels: written.vessel.iter().enumerate().map(|(k, v)| tissue_needles::vessel(&reader, k, v)).collect::<Result<_, _>>()?,
            title: written.title.unwrap_or_else(|| "Tissue and tools".into()),
            tick_s,
            tick_count: count as u32,
            quasi_static: written.quasi_static,
            gravity_m_per_s2,
            frame_count: frame_count.min(count as u32 + 1),
            body,
            materials: written.material.iter().map(|m| reader.material(m, is_box)).collect::<Result<_, _>>()?,
            holds: written.hold.iter().map(|h| reader.region(h)).collect::<Result<_, _>>()?,
            tools: written.tool.iter().map(|t| reader.tool(t)).collect::<Result<_, _>>()?,
            blades: written.blade.iter().map(|b| reader.blade(b, duration_s)).collect::<Result<_, _>>()?,
            tear: written.tear.as_ref().map(|t| reader.tear(t, written.quasi_static)).transpose()?,
            sutures: written.suture.iter().map(|s| reader.suture(s, duration_s)).collect::<Result<_, _>>()?,
            solver: SolverSpec { residual_relative, step_m: 0.0, halving_count_max: 8, ..SolverSpec::LIVE },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POKE: &str = include_str!("../../../../scenarios/tissue/poke.toml");

    fn read(text: &str) -> Result<TissueScene, Failure> {
        TissueScene::read(&SourceText { name: "scene.toml".into(), text: text.into() }, Path::new(""))
    }

    /// Read the shipped scene, and lead its tool along its way and no further.
    #[test]
    fn the_shipped_scene_is_read() {
        let scene = read(POKE).unwrap();
        assert_eq!((scene.tick_count, scene.materials.len(), scene.tools.len()), (40, 3, 1));
        let tool = &scene.tools[0];
        assert_eq!(tool.pose(0.0), tool.tool.pose);
        assert!((tool.pose(0.1).position_m[0] - 0.022).abs() < 1e-12);
        assert_eq!(tool.pose(9.0), tool.way[3].1);
    }

    /// Read the shipped cut, and refuse blades, tears and sutures that mean nothing.
    #[test]
    fn cuts_are_read() {
        const CUT: &str = include_str!("../../../../scenarios/tissue/cut.toml");
        let scene = read(CUT).unwrap();
        assert_eq!((scene.blades.len(), scene.sutures.len(), scene.tear), (1, 3, None));
        assert_eq!(scene.blades[0].swept(1).unwrap().len(), 1);
        assert!((scene.blades[0].stage_s(5) - 0.6).abs() < 1e-12);
        for (from, to) in [
            ("until = \"0.6 s\"", "until = \"0.1 s\""),
            ("until = \"0.6 s\"", "until = \"60 s\""),
            ("stages = 5", "stages = 0"),
            (
                "to = [[\"64 mm\", \"62 mm\", \"18 mm\"], [\"64 mm\", \"62 mm\", \"60 mm\"]]",
                "to = [[\"58 mm\", \"-10 mm\", \"18 mm\"], [\"58 mm\", \"-10 mm\", \"60 mm\"]]",
            ),
            ("stiffness = \"300 N/m\"", "stiffness = \"300 mm\""),
            ("[[hold]]", "[tear]\nstrength = \"20 kPa\"\ntoughness = \"100 J/m2\"\n[[hold]]"),
            ("[[hold]]", "[tear]\nstrength = \"20 kPa\"\nacross = [0.0, 0.0, 0.0]\n[[hold]]"),
        ] {
            assert!(CUT.contains(from), "{from}");
            assert!(matches!(read(&CUT.replacen(from, to, 1)), Err(Failure::Diagnostic(_))), "{to}");
        }
    }

    /// Read the shipped scene with a needle and a vessel, and refuse needles in what they cannot be in.
    #[test]
    fn the_shipped_needle_is_read() {
        let text = include_str!("../../../../scenarios/tissue/needle.toml");
        let scene = read(text).unwrap();
        assert_eq!((scene.needles.len(), scene.vessels.len(), scene.names().len()), (1, 1, 1));
        assert!((scene.needles[0].pose(0.7).tip_m[0] - 0.0179).abs() < 1e-9);
        for (from, to) in [
            ("law = \"linear\"", "law = \"neo_hookean\""),
            ("[[vessel]]", "[tear]\nstrength = \"20 kPa\"\n[[vessel]]"),
            ("puncture = \"0.25 N\"", "puncture = \"-1 N\""),
            ("inner = \"0.51 mm\"", "inner = \"0.9 mm\""),
            ("across = [0.0, 1.0, 0.0]", "across = [1.0, 0.0, 0.0]"),
            ("toughness = \"120 J/m2\"", "toughness = \"120 J/m2\"\ncutting = \"1 N\""),
            ("towards = [0.94, 0.0, -0.342]", "towards = [0.0, 0.0, 0.0]"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(matches!(read(&text.replacen(from, to, 1)), Err(Failure::Diagnostic(_))), "{to}");
        }
    }

    /// Refuse what is out of range, unknown, missing or out of order, at its place.
    #[test]
    fn wrong_values_are_refused() {
        let changes = [
            ("poisson = 0.45", "poisson = 0.5"),
            ("young = \"20 kPa\"", "young = \"-20 kPa\""),
            ("young = \"20 kPa\"", "young = \"20 mm\""),
            ("law = \"neo_hookean\"", "law = \"jelly\""),
            ("law = \"neo_hookean\"", "law = \"neo_hookean\"\nprestretch = 1.1"),
            ("law = \"neo_hookean\"", "law = \"neo_hookean\"\nprestretch = 3.0\nprestretch_along = [1.0, 0.0, 0.0]"),
            ("law = \"neo_hookean\"", "law = \"neo_hookean\"\nprestretch = 1.1\nprestretch_along = [0.0, 0.0, 0.0]"),
            ("radius = \"6 mm\"", ""),
            ("shape = \"sphere\"", "shape = \"spoon\""),
            ("friction = 0.3", "friction = nan"),
            ("time = \"0.15 s\"", "time = \"0.01 s\""),
            ("tick = \"5 ms\"", "tick = \"1 us\"\nquasi = true"),
            ("cells = [24, 16, 8]", "cells = [24, 0, 8]"),
            ("share = 0.3", "share = 1.3"),
            ("residual = 1e-4", "residual = 1"),
        ];
        for (from, to) in changes {
            assert!(POKE.contains(from), "{from}");
            assert!(matches!(read(&POKE.replacen(from, to, 1)), Err(Failure::Diagnostic(_))), "{to}");
        }
    }
}
