//! What stands in the pictures of the arm, and from where it is looked at.

use nalgebra::Vector3;

use super::{
    Camera, Raster, encode_png,
    mesh::Mesh,
    raster::{Material, SHINES_THROUGH, linear},
};
use crate::{
    EvidenceError,
    view::{Tube, TubeKind, View},
};

type V = Vector3<f64>;

/// Distance of the fine lines on the skin [m].
pub(crate) const GRATICULE_M: f64 = 10e-3;
/// Outer radius with which the needle is drawn [m]: 21G. Prior: unverified (ISO 9626 band 0.80–0.83 mm outside).
const NEEDLE_RADIUS_M: f64 = 0.41e-3;
/// Shaft that is drawn [m]; more when more is under the skin.
const SHAFT_M: f64 = 32e-3;
/// Length of the drawn bevel [m].
const BEVEL_M: f64 = 2.2e-3;

/// A picture of the arm with the camera that took it, so that words can be laid over it.
pub(crate) struct Rendering {
    /// File stem: `arm_palm_side`.
    pub name: &'static str,
    /// What is seen.
    pub title: &'static str,
    /// What is where.
    pub caption: String,
    /// Size [pixel].
    pub size: [u32; 2],
    /// Camera.
    pub camera: Camera,
    /// The picture as a PNG file.
    pub png: Vec<u8>,
}

/// Which way the palm, the medial side and the shoulder lie.
pub(crate) fn medial(tubes: &[Tube]) -> V {
    let mean_x = |wanted: &[&str]| {
        let xs: Vec<f64> = tubes
            .iter()
            .filter(|t| wanted.iter().any(|w| t.name.to_lowercase().replace([' ', '_'], "").contains(w)))
            .flat_map(|t| t.nodes.iter().map(|n| n.p.x))
            .collect();
        (!xs.is_empty()).then(|| xs.iter().sum::<f64>() / xs.len() as f64)
    };
    // The basilic vein and the brachial artery run medially, the cephalic vein laterally.
    let sign = match (mean_x(&["basilic", "brachial"]), mean_x(&["cephalic"])) {
        (Some(inner), Some(outer)) if inner < outer => -1.0,
        _ => 1.0,
    };
    V::new(sign, 0.0, 0.0)
}

/// Pictures of the arm: oblique, palm side, medial side, close to the entry, along the needle. Empty when there is nothing to draw.
///
/// # Errors
/// When a picture cannot be encoded.
pub(crate) fn views(view: &View<'_>) -> Result<Vec<Rendering>, EvidenceError> {
    if view.skin.is_none() && view.tubes.is_empty() {
        return Ok(Vec::new());
    }
    let scene = Scene::new(view);
    let inward = V::y();
    let medial = medial(&view.tubes);
    let hand_and_shoulder =
        if medial.x > 0.0 { "Hand to the left, shoulder to the right" } else { "Hand to the right, shoulder to the left" };
    let everything = scene.points(0.09);
    let close = scene.points(0.05);
    let around = |reach_m: f64| {
        let d = V::new(reach_m, 0.3 * reach_m, reach_m);
        [scene.centre - d, scene.centre + d, scene.centre + V::new(-d.x, d.y, d.z), scene.centre - V::new(-d.x, d.y, d.z)]
    };
    let mut list = Vec::new();
    let oblique = V::new(medial.x * 0.50, -0.78, -0.62).normalize();
    let size = [900, 500];
    let camera = fit(&everything, size, |look_at, zoom| Camera::perspective(look_at + oblique * 0.45, look_at, -inward, zoom, size));
    list.push(scene.picture("arm_oblique", "The arm from the hand's side", "In perspective.".into(), size, camera)?);
    let size = [900, 560];
    let camera = fit(&close, size, |look_at, zoom| Camera::orthographic(look_at, inward, V::new(-1.0, 0.0, 0.0), zoom, size));
    let sides = if medial.x > 0.0 { "thumb side above, little-finger side below" } else { "little-finger side above, thumb side below" };
    let caption = format!("Looking straight down on the palm side, without perspective. Hand to the left, shoulder to the right; {sides}.");
    list.push(scene.picture("arm_palm_side", "Palm side", caption, size, camera)?);
    let camera = fit(&close, size, |look_at, zoom| Camera::orthographic(look_at, -medial, -inward, zoom, size));
    let caption = format!("Looking from the little-finger side, without perspective. {hand_and_shoulder}; skin above, depth downwards.");
    list.push(scene.picture("arm_medial_side", "Medial side", caption, size, camera)?);
    if let Some((tip, direction)) = scene.needle_line {
        let sideways = (medial * 0.55 - inward * 0.50 - V::new(0.0, 0.0, 0.45)).normalize();
        let camera =
            fit(&around(0.013), size, |look_at, zoom| Camera::perspective(look_at + sideways * 0.16, look_at, -inward, zoom, size));
        list.push(scene.picture("arm_entry", "The needle under the skin", "Close to the entry, in perspective.".into(), size, camera)?);
        let eye = tip - direction * 0.12 + (-inward) * 0.022;
        let camera = Camera::perspective(eye, tip, -inward, 900.0 / 0.058, size);
        let caption = "Over the hub along the needle, towards the tip, in perspective.".into();
        list.push(scene.picture("arm_along_needle", "Along the needle", caption, size, camera)?);
    }
    Ok(list)
}

/// Meshes of everything, made once and drawn in each view.
struct Scene {
    things: Vec<(Mesh, Material)>,
    hub: Option<(Mesh, Material)>,
    skin: Option<(Mesh, Material)>,
    needle_line: Option<(V, V)>,
    centre: V,
    outline: Vec<V>,
}

impl Scene {
    fn new(view: &View<'_>) -> Self {
        let mut things: Vec<(Mesh, Material)> = Vec::new();
        for (i, tube) in view.tubes.iter().enumerate() {
            let (rgb, gloss) = match tube.kind {
                TubeKind::Vein => (0x001f_5fb4, 0.30),
                TubeKind::Artery => (0x00cc_2f22, 0.30),
                TubeKind::Nerve => (0x00f0_c030, 0.15),
                TubeKind::Bone => (0x00ee_e6d2, 0.08),
            };
            things.push((Mesh::tube(tube), Material { colour: linear(rgb), gloss, id: (i % 200) as u8 + 1 }));
        }
        let mut hub = None;
        let needle = view.last_needle();
        let path = needle.and_then(|n| n.entry.zip(n.tip));
        let needle_line = path.and_then(|(entry, tip)| (tip - entry).try_normalize(1e-6).map(|d| (tip, d)));
        if let (Some((entry, _)), Some((tip, d))) = (path, needle_line) {
            let steel = Material { colour: linear(0x00a8_b0ba), gloss: 0.8, id: SHINES_THROUGH };
            let shaft = ((tip - entry).norm() + 8e-3).max(SHAFT_M);
            let bevel = tip - d * BEVEL_M;
            let end = tip - d * shaft;
            things.push((Mesh::rod(end, bevel, NEEDLE_RADIUS_M, NEEDLE_RADIUS_M), steel));
            things.push((Mesh::rod(bevel, tip, NEEDLE_RADIUS_M, 0.02e-3), steel));
            hub = Some((Mesh::rod(end - d * 9e-3, end, 2.4e-3, 1.4e-3), Material { colour: linear(0x0088_929e), gloss: 0.3, id: 251 }));
        }
        let skin_colour = skin_colour(view);
        let skin = view.skin.as_ref().map(|s| (Mesh::skin(s), Material { colour: skin_colour, gloss: 0.06, id: 0 }));
        let mut outline: Vec<V> =
            view.tubes.iter().filter(|t| t.kind != TubeKind::Bone).flat_map(|t| t.nodes.iter().map(|n| n.p)).collect();
        if let Some((mesh, _)) = &skin {
            let stride = (mesh.vertices.len() / 4000).max(1);
            outline = mesh.vertices.iter().step_by(stride).map(|(p, _)| *p).collect();
        }
        let middle = outline.iter().fold(V::zeros(), |sum, p| sum + p) / outline.len().max(1) as f64;
        let target = needle.and_then(|n| n.tip.or(n.target).or(n.planned_tip));
        Self { things, hub, skin, needle_line, centre: target.unwrap_or(middle), outline }
    }

    /// Points that should be in a picture: those within `reach_m` along the arm of the target, and the needle.
    fn points(&self, reach_m: f64) -> Vec<V> {
        let near: Vec<V> = self.outline.iter().copied().filter(|p| (p.z - self.centre.z).abs() <= reach_m).collect();
        let mut points = if near.len() < 3 { self.outline.clone() } else { near };
        if let Some((mesh, _)) = &self.hub {
            points.extend(mesh.vertices.iter().map(|(p, _)| *p));
        }
        points.push(self.centre);
        points
    }

    fn picture(
        &self,
        name: &'static str,
        title: &'static str,
        caption: String,
        size: [u32; 2],
        camera: Camera,
    ) -> Result<Rendering, EvidenceError> {
        let mut raster = Raster::new(size, camera.clone());
        for (mesh, material) in &self.things {
            raster.opaque(mesh, *material);
        }
        // Looking along the needle the hub would hide it.
        if let Some((mesh, material)) = self.hub.as_ref().filter(|_| name != "arm_along_needle") {
            raster.opaque(mesh, *material);
        }
        if let Some((mesh, material)) = &self.skin {
            raster.translucent(mesh, *material, GRATICULE_M);
        }
        let png = encode_png(name, size[0], size[1], &raster.finish())?;
        Ok(Rendering { name, title, caption, size, camera, png })
    }
}

/// Colour of the skin by the recorded melanin fraction; a middle tone when it was not recorded.
fn skin_colour(view: &View<'_>) -> [f32; 3] {
    let fraction = view.parameters.iter().find(|p| p.name.contains("melanin") && (0.0..=1.0).contains(&p.value)).map_or(0.08, |p| p.value);
    let t = (fraction / 0.35).clamp(0.0, 1.0).sqrt() as f32;
    let (light, dark) = (linear(0x00fa_dcc8), linear(0x008a_5f48));
    std::array::from_fn(|i| light[i] * (1.0 - t) + dark[i] * t)
}

/// A camera whose picture holds all points with a margin: three rounds of look, shift, zoom.
pub(crate) fn fit(points: &[V], size: [u32; 2], make: impl Fn(V, f64) -> Camera) -> Camera {
    let mut look_at = points.iter().fold(V::zeros(), |sum, p| sum + p) / points.len().max(1) as f64;
    let mut zoom = 3000.0;
    for _ in 0..3 {
        let camera = make(look_at, zoom);
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for q in points.iter().filter_map(|p| camera.project(p)) {
            for i in 0..2 {
                low[i] = low[i].min(q[i]);
                high[i] = high[i].max(q[i]);
            }
        }
        if !(low[0] <= high[0] && low[1] <= high[1]) {
            break;
        }
        let off: [f64; 2] = std::array::from_fn(|i| (0.5 * (low[i] + high[i]) - 0.5 * f64::from(size[i])) / zoom);
        let sideways = camera.direction(1.0, 0.0, 0.0) * off[0] - camera.direction(0.0, 1.0, 0.0) * off[1];
        look_at += sideways;
        let room = |i: usize| 0.94 * f64::from(size[i]) / (high[i] - low[i]).max(1.0);
        zoom = (zoom * room(0).min(room(1))).clamp(100.0, 1e6);
    }
    make(look_at, zoom)
}
