//! The z-buffer: opaque things first, then one translucent surface over them, averaged down at the end.

use nalgebra::Vector3;
use proband_core::ops;

use super::{Camera, mesh::Mesh};

type V = Vector3<f64>;

/// Samples per pixel side.
const SAMPLES: u32 = 3;

/// Number of a thing that is hardly hidden by the skin.
pub(crate) const SHINES_THROUGH: u8 = 250;

/// How a surface looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Material {
    /// Colour in linear light, 0 to 1.
    pub colour: [f32; 3],
    /// Strength of the highlight.
    pub gloss: f32,
    /// Things with different numbers get a line between them.
    pub id: u8,
}

/// Colour in linear light from `0xRRGGBB`.
pub(crate) fn linear(rgb: u32) -> [f32; 3] {
    let channel = |shift: u32| {
        let c = f64::from((rgb >> shift) & 255) / 255.0;
        (if c <= 0.04045 { c / 12.92 } else { ops::powf((c + 0.055) / 1.055, 2.4) }) as f32
    };
    [channel(16), channel(8), channel(0)]
}

/// A picture while it is drawn.
pub(crate) struct Raster {
    size: [u32; 2],
    width: usize,
    height: usize,
    camera: Camera,
    depth: Vec<f32>,
    colour: Vec<[f32; 3]>,
    id: Vec<u8>,
    skin_depth: Vec<f32>,
    /// Colour, and how much the surface faces the viewer.
    skin: Vec<[f32; 4]>,
}

/// A corner ready to draw.
#[derive(Clone, Copy)]
struct Corner {
    x: f64,
    y: f64,
    depth: f64,
    p: V,
    normal: V,
}

impl Raster {
    /// An empty picture of `size` pixels seen by `camera`.
    pub fn new(size: [u32; 2], camera: Camera) -> Self {
        let (width, height) = ((size[0] * SAMPLES) as usize, (size[1] * SAMPLES) as usize);
        let n = width * height;
        Self {
            size,
            width,
            height,
            camera,
            depth: vec![f32::INFINITY; n],
            colour: vec![[0.0; 3]; n],
            id: vec![0; n],
            skin_depth: vec![f32::INFINITY; n],
            skin: vec![[0.0; 4]; n],
        }
    }

    /// Draw an opaque thing.
    pub fn opaque(&mut self, mesh: &Mesh, material: Material) {
        let lights = Lights::new(&self.camera);
        self.triangles(mesh, |raster, index, depth, p, normal| {
            if depth < raster.depth[index] {
                raster.depth[index] = depth;
                raster.colour[index] = lights.shade(&raster.camera, p, normal, material);
                raster.id[index] = material.id;
            }
        });
    }

    /// Draw the translucent skin with a fine line every `graticule_m` along x and z.
    pub fn translucent(&mut self, mesh: &Mesh, material: Material, graticule_m: f64) {
        let lights = Lights::new(&self.camera);
        self.triangles(mesh, |raster, index, depth, p, normal| {
            if depth < raster.skin_depth[index] {
                raster.skin_depth[index] = depth;
                let mut c = lights.shade(&raster.camera, p, normal, material);
                let near_line = |v: f64| (v / graticule_m - (v / graticule_m).round()).abs() * graticule_m < 0.11e-3;
                if near_line(p.x) || near_line(p.z) {
                    c = c.map(|v| v * 0.80);
                }
                let facing = normal.dot(&raster.camera.to_eye(p)).abs() as f32;
                raster.skin[index] = [c[0], c[1], c[2], facing];
            }
        });
    }

    fn triangles(&mut self, mesh: &Mesh, mut put: impl FnMut(&mut Self, usize, f32, &V, &V)) {
        let scale = f64::from(SAMPLES);
        let corners: Vec<Option<Corner>> = mesh
            .vertices
            .iter()
            .map(|(p, n)| self.camera.project(p).map(|[x, y, depth]| Corner { x: x * scale, y: y * scale, depth, p: *p, normal: *n }))
            .collect();
        for t in &mesh.triangles {
            if let (Some(a), Some(b), Some(c)) = (corners[t[0] as usize], corners[t[1] as usize], corners[t[2] as usize]) {
                self.triangle([a, b, c], &mut put);
            }
        }
    }

    fn triangle(&mut self, [a, b, c]: [Corner; 3], put: &mut impl FnMut(&mut Self, usize, f32, &V, &V)) {
        let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
        if area.abs() < 1e-9 {
            return;
        }
        let low = |u: f64, v: f64, w: f64| u.min(v).min(w).floor().max(0.0) as usize;
        let high = |u: f64, v: f64, w: f64, end: usize| (u.max(v).max(w).ceil().max(0.0) as usize).min(end);
        let (x0, x1) = (low(a.x, b.x, c.x), high(a.x, b.x, c.x, self.width));
        let (y0, y1) = (low(a.y, b.y, c.y), high(a.y, b.y, c.y, self.height));
        let inverse = 1.0 / area;
        for row in y0..y1 {
            let y = row as f64 + 0.5;
            for column in x0..x1 {
                let x = column as f64 + 0.5;
                let wa = ((b.x - x) * (c.y - y) - (c.x - x) * (b.y - y)) * inverse;
                let wb = ((c.x - x) * (a.y - y) - (a.x - x) * (c.y - y)) * inverse;
                let wc = 1.0 - wa - wb;
                if wa >= 0.0 && wb >= 0.0 && wc >= 0.0 {
                    let depth = (wa * a.depth + wb * b.depth + wc * c.depth) as f32;
                    let p = a.p * wa + b.p * wb + c.p * wc;
                    let normal = (a.normal * wa + b.normal * wb + c.normal * wc).try_normalize(1e-12).unwrap_or(a.normal);
                    put(self, row * self.width + column, depth, &p, &normal);
                }
            }
        }
    }

    /// Darken where one thing ends in front of another.
    fn outline(&mut self) {
        let reach = 2_usize;
        let mut edge = vec![false; self.depth.len()];
        for row in 0..self.height.saturating_sub(reach) {
            for column in 0..self.width.saturating_sub(reach) {
                let here = row * self.width + column;
                for there in [here + reach, here + reach * self.width] {
                    let (near, far) = if self.depth[here] <= self.depth[there] { (here, there) } else { (there, here) };
                    if self.depth[near].is_finite() && (self.id[near] != self.id[far] || self.depth[far] - self.depth[near] > 2e-3) {
                        edge[near] = true;
                    }
                }
            }
        }
        for (colour, _) in self.colour.iter_mut().zip(&edge).filter(|(_, e)| **e) {
            *colour = colour.map(|c| c * 0.35);
        }
    }

    /// The finished picture, 8-bit RGB, row by row.
    ///
    /// The skin hides what lies deep more than what lies shallow: opacity
    /// 0.16 + 0.74 (1 − e^(−d/13 mm)), d the distance behind the surface along the line of sight; a third of that over
    /// the needle, which must be seen.
    pub fn finish(mut self) -> Vec<u8> {
        self.outline();
        let table = encode_table();
        let (out_width, out_height) = (self.size[0] as usize, self.size[1] as usize);
        let (top, bottom) = (linear(0x00f7_f8fa), linear(0x00e9_ecf0));
        let mut out = Vec::with_capacity(out_width * out_height * 3);
        let samples = SAMPLES as usize;
        for row in 0..out_height {
            let t = row as f32 / out_height as f32;
            let back: [f32; 3] = std::array::from_fn(|i| top[i] * (1.0 - t) + bottom[i] * t);
            for column in 0..out_width {
                let mut sum = [0.0_f32; 3];
                for s in 0..samples * samples {
                    let index = (row * samples + s / samples) * self.width + column * samples + s % samples;
                    let c = self.sample(index, back);
                    for i in 0..3 {
                        sum[i] += c[i];
                    }
                }
                for value in sum {
                    let mean = (value / (SAMPLES * SAMPLES) as f32).clamp(0.0, 1.0);
                    out.push(table[(mean * 4095.0 + 0.5) as usize]);
                }
            }
        }
        out
    }

    fn sample(&self, index: usize, back: [f32; 3]) -> [f32; 3] {
        let behind = if self.depth[index].is_finite() { self.colour[index] } else { back };
        if self.skin_depth[index] >= self.depth[index] || !self.skin_depth[index].is_finite() {
            return behind;
        }
        let [r, g, b, facing] = self.skin[index];
        let distance = (self.depth[index] - self.skin_depth[index]).min(1.0);
        let opacity = 0.16 + 0.74 * (1.0 - ops::exp_f32(-distance / 13e-3));
        let grazing = (1.0 - facing) * (1.0 - facing);
        let opacity = (opacity + 0.25 * grazing).min(0.97) * if self.id[index] == SHINES_THROUGH { 0.33 } else { 1.0 };
        std::array::from_fn(|i| behind[i] * (1.0 - opacity) + [r, g, b][i] * opacity)
    }
}

/// sRGB code of 4096 steps of linear light.
fn encode_table() -> Vec<u8> {
    (0..4096)
        .map(|i| {
            let v = f64::from(i) / 4095.0;
            let c = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * ops::powf(v, 1.0 / 2.4) - 0.055 };
            (c * 255.0 + 0.5) as u8
        })
        .collect()
}

/// A key light from the upper left, a fill light from the right, light from all around.
struct Lights {
    key: V,
    fill: V,
}

impl Lights {
    fn new(camera: &Camera) -> Self {
        Self { key: camera.direction(-0.45, 0.75, 0.7), fill: camera.direction(0.8, 0.1, 0.5) }
    }

    fn shade(&self, camera: &Camera, p: &V, normal: &V, material: Material) -> [f32; 3] {
        let eye = camera.to_eye(p);
        let n = if normal.dot(&eye) < 0.0 { -normal } else { *normal };
        let diffuse = 0.36 + 0.72 * n.dot(&self.key).max(0.0) + 0.20 * n.dot(&self.fill).max(0.0);
        let half = (self.key + eye).try_normalize(1e-9).unwrap_or(eye);
        let mut highlight = n.dot(&half).max(0.0);
        for _ in 0..5 {
            highlight *= highlight; // to the power 32
        }
        let glint = material.gloss * highlight as f32;
        material.colour.map(|c| (c * diffuse as f32 + glint).min(1.0))
    }
}
