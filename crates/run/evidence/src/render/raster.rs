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

/// A picture while it is drawn: depths by sample, colours as sRGB codes by sample.
pub(crate) struct Raster {
    size: [u32; 2],
    width: usize,
    height: usize,
    camera: Camera,
    tone: Tone,
    depth: Vec<f32>,
    colour: Vec<[u8; 3]>,
    id: Vec<u8>,
    skin_depth: Vec<f32>,
    /// Colour, and how much the surface faces the viewer (255: squarely).
    skin: Vec<[u8; 4]>,
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

/// Where the samples of a pixel lie from its corner [pixel].
const OFFSETS: [f64; SAMPLES as usize] = [1.0 / 6.0, 0.5, 5.0 / 6.0];

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
            tone: Tone::new(),
            depth: vec![f32::INFINITY; n],
            colour: vec![[0; 3]; n],
            id: vec![0; n],
            skin_depth: vec![f32::INFINITY; n],
            skin: vec![[0; 4]; n],
        }
    }

    /// Draw an opaque thing.
    pub fn opaque(&mut self, mesh: &Mesh, material: Material) {
        let lights = Lights::new(&self.camera);
        self.triangles(
            mesh,
            |raster, p, normal| raster.tone.encode_all(lights.shade(&raster.camera, p, normal, material)),
            |raster, index, depth, colour| {
                raster.depth[index] = depth;
                raster.colour[index] = colour;
                raster.id[index] = material.id;
            },
            false,
        );
    }

    /// Draw the translucent skin with a fine line every `graticule_m` along x and z.
    pub fn translucent(&mut self, mesh: &Mesh, material: Material, graticule_m: f64) {
        let lights = Lights::new(&self.camera);
        let line = |v: f64| {
            let off = (v / graticule_m - (v / graticule_m).round()).abs() * graticule_m;
            (1.0 - (off - 0.06e-3) / 0.10e-3).clamp(0.0, 1.0) as f32
        };
        self.triangles(
            mesh,
            |raster, p, normal| {
                let dark = 1.0 - 0.22 * line(p.x).max(line(p.z));
                let [r, g, b] = raster.tone.encode_all(lights.shade(&raster.camera, p, normal, material).map(|c| c * dark));
                [r, g, b, (normal.dot(&raster.camera.to_eye(p)).abs() * 255.0) as u8]
            },
            |raster, index, depth, colour| {
                raster.skin_depth[index] = depth;
                raster.skin[index] = colour;
            },
            true,
        );
    }

    /// Fill triangles: coverage and depth by sample, `shade` at most once per pixel and triangle, `put` for each
    /// sample that is nearest so far.
    fn triangles<C: Copy>(
        &mut self,
        mesh: &Mesh,
        shade: impl Fn(&Self, &V, &V) -> C,
        put: impl Fn(&mut Self, usize, f32, C),
        translucent: bool,
    ) {
        let corners: Vec<Option<Corner>> = mesh
            .vertices
            .iter()
            .map(|(p, n)| self.camera.project(p).map(|[x, y, depth]| Corner { x, y, depth, p: *p, normal: *n }))
            .collect();
        for t in &mesh.triangles {
            if let (Some(a), Some(b), Some(c)) = (corners[t[0] as usize], corners[t[1] as usize], corners[t[2] as usize]) {
                self.triangle([a, b, c], &shade, &put, translucent);
            }
        }
    }

    fn triangle<C: Copy>(
        &mut self,
        [a, b, c]: [Corner; 3],
        shade: &impl Fn(&Self, &V, &V) -> C,
        put: &impl Fn(&mut Self, usize, f32, C),
        translucent: bool,
    ) {
        let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
        if area.abs() < 1e-10 {
            return;
        }
        // Barycentric weights of b and c as linear functions of the place in the picture.
        let weight_b = [(c.y - a.y) / area, -(c.x - a.x) / area];
        let weight_c = [-(b.y - a.y) / area, (b.x - a.x) / area];
        let weights = |x: f64, y: f64| {
            let (dx, dy) = (x - a.x, y - a.y);
            [weight_b[0] * dx + weight_b[1] * dy, weight_c[0] * dx + weight_c[1] * dy]
        };
        let low = |u: f64, v: f64, w: f64| u.min(v).min(w).floor().max(0.0) as usize;
        let high = |u: f64, v: f64, w: f64, end: u32| (u.max(v).max(w).ceil().max(0.0) as usize).min(end as usize);
        let (x0, x1) = (low(a.x, b.x, c.x), high(a.x, b.x, c.x, self.size[0]));
        let (y0, y1) = (low(a.y, b.y, c.y), high(a.y, b.y, c.y, self.size[1]));
        let samples = SAMPLES as usize;
        for row in y0..y1 {
            for column in x0..x1 {
                let mut colour: Option<C> = None;
                for s in 0..samples * samples {
                    let [wb, wc] = weights(column as f64 + OFFSETS[s % samples], row as f64 + OFFSETS[s / samples]);
                    if wb < 0.0 || wc < 0.0 || wb + wc > 1.0 {
                        continue;
                    }
                    let index = (row * samples + s / samples) * self.width + column * samples + s % samples;
                    let depth = (a.depth + wb * (b.depth - a.depth) + wc * (c.depth - a.depth)) as f32;
                    if depth >= if translucent { self.skin_depth[index] } else { self.depth[index] } {
                        continue;
                    }
                    let own = colour.unwrap_or_else(|| {
                        let p = a.p + (b.p - a.p) * wb + (c.p - a.p) * wc;
                        let normal = a.normal + (b.normal - a.normal) * wb + (c.normal - a.normal) * wc;
                        shade(self, &p, &normal.try_normalize(1e-12).unwrap_or(a.normal))
                    });
                    colour = Some(own);
                    put(self, index, depth, own);
                }
            }
        }
    }

    /// Darken where one thing ends in front of another.
    fn outline(&mut self) {
        let reach = 2_usize;
        let mut edges: Vec<u32> = Vec::new();
        for row in 0..self.height.saturating_sub(reach) {
            for column in 0..self.width.saturating_sub(reach) {
                let here = row * self.width + column;
                for there in [here + reach, here + reach * self.width] {
                    let (near, far) = if self.depth[here] <= self.depth[there] { (here, there) } else { (there, here) };
                    if self.id[near] != self.id[far] || (self.depth[near].is_finite() && self.depth[far] - self.depth[near] > 2e-3) {
                        edges.push(near as u32);
                    }
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        for index in edges {
            let colour = &mut self.colour[index as usize];
            *colour = self.tone.encode_all(self.tone.decode_all(*colour).map(|c| c * 0.35));
        }
    }

    /// The finished picture, 8-bit RGB, row by row.
    ///
    /// The skin hides what lies deep more than what lies shallow: opacity
    /// 0.16 + 0.74 (1 − e^(−d/13 mm)), d the distance behind the surface along the line of sight; a third of that over
    /// the needle, which must be seen.
    pub fn finish(mut self) -> Vec<u8> {
        self.outline();
        let veil = Veil::new();
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
                    let c = self.sample(index, back, &veil);
                    for i in 0..3 {
                        sum[i] += c[i];
                    }
                }
                out.extend(self.tone.encode_all(sum.map(|v| v / (SAMPLES * SAMPLES) as f32)));
            }
        }
        out
    }

    fn sample(&self, index: usize, back: [f32; 3], veil: &Veil) -> [f32; 3] {
        let (depth, skin_depth) = (self.depth[index], self.skin_depth[index]);
        let behind = if depth.is_finite() { self.tone.decode_all(self.colour[index]) } else { back };
        if skin_depth >= depth || !skin_depth.is_finite() {
            return behind;
        }
        let [r, g, b, facing] = self.skin[index];
        let grazing = 1.0 - f32::from(facing) / 255.0;
        let opacity = (veil.opacity(depth - skin_depth) + 0.25 * grazing * grazing).min(0.97);
        let opacity = opacity * if self.id[index] == SHINES_THROUGH { 0.33 } else { 1.0 };
        let skin = self.tone.decode_all([r, g, b]);
        std::array::from_fn(|i| behind[i] * (1.0 - opacity) + skin[i] * opacity)
    }
}

/// Opacity of the skin by the distance behind it, tabulated every 0.1 mm.
struct Veil(Vec<f32>);

impl Veil {
    fn new() -> Self {
        Self((0..1024).map(|i| (0.16 + 0.74 * (1.0 - ops::exp(-0.1e-3 * f64::from(i) / 13e-3))) as f32).collect())
    }

    fn opacity(&self, distance_m: f32) -> f32 {
        self.0[((distance_m * 1e4).clamp(0.0, 1023.0)) as usize]
    }
}

/// Linear light to sRGB codes and back, by tables.
struct Tone {
    codes: Vec<u8>,
    light: Vec<f32>,
}

impl Tone {
    fn new() -> Self {
        Self { codes: encode_table(), light: (0..256).map(|i| linear(i)[2]).collect() }
    }

    fn encode_all(&self, colour: [f32; 3]) -> [u8; 3] {
        colour.map(|c| self.codes[(c.clamp(0.0, 1.0) * 4095.0 + 0.5) as usize])
    }

    fn decode_all(&self, codes: [u8; 3]) -> [f32; 3] {
        codes.map(|c| self.light[usize::from(c)])
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
