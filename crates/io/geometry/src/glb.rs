//! glTF 2.0 in one binary file: triangles of every part, in metres.
//!
//! # Source
//! Khronos Group, glTF 2.0 specification (ISO/IEC 12113:2022), sections 3.6, 3.7, 4.

use proband_mesh::Surface;
use serde_json::json;

use crate::bytes::{f32_at, u32_at};
use crate::error::{GeometryError, check, damaged, in_format};
use crate::gltf_json::{Accessor, Document, Node};

const FORMAT: &str = "GLB";
const MAGIC: &[u8; 4] = b"glTF";
const CHUNK_JSON: u32 = 0x4E4F_534A;
const CHUNK_BIN: u32 = 0x004E_4942;
const FLOAT: u32 = 5126;
const UNSIGNED_INT: u32 = 5125;
/// Deepest nesting of nodes.
const DEPTH_MAX: u32 = 64;
/// Most triangles that all parts together may have for each byte of the file: one accessor used by many nodes is no bomb.
const TRIANGLES_PER_BYTE_MAX: usize = 4;

type Affine = [[f64; 4]; 3];

/// A named part of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Name of the node, else of the mesh; may be empty.
    pub name: String,
    /// Its triangles, in the scene's axes [m].
    pub surface: Surface,
}

/// Read the triangles of the default scene (of all nodes where there is none), each node with a mesh as one part.
///
/// Transforms are applied; corners with equal coordinates become one vertex. The scene's axes (y up) are kept.
///
/// # Errors
/// [`GeometryError`] naming the place; [`GeometryError::Unsupported`] for compressed meshes, sparse accessors and
/// data outside the file.
pub fn read_glb(bytes: &[u8]) -> Result<Vec<Part>, GeometryError> {
    check(bytes, 1.0)?;
    let (json, binary) = chunks(bytes)?;
    let document: Document = serde_json::from_slice(json)
        .map_err(|e| damaged(FORMAT, format!("JSON line {} column {}", e.line(), e.column()), e.to_string()))?;
    if let Some(extension) = document.extensions_required.first() {
        return Err(GeometryError::Unsupported { format: FORMAT, what: format!("extension {}", crate::error::shown(extension)) });
    }
    let mut reader = Reader {
        document: &document,
        binary,
        parts: Vec::new(),
        triangles_left: bytes.len() * TRIANGLES_PER_BYTE_MAX,
        visits_left: 4 * document.nodes.len() + 16,
    };
    let identity: Affine = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let roots: Vec<usize> = match document.scenes.get(document.scene.unwrap_or(0)) {
        Some(scene) => scene.nodes.clone(),
        None => (0..document.nodes.len()).filter(|n| !document.nodes.iter().any(|other| other.children.contains(n))).collect(),
    };
    for root in roots {
        reader.visit(root, &identity, 0)?;
    }
    Ok(reader.parts)
}

fn chunks(bytes: &[u8]) -> Result<(&[u8], &[u8]), GeometryError> {
    if bytes.get(..4) != Some(MAGIC) {
        return Err(damaged(FORMAT, "byte 0", "does not begin with 'glTF'"));
    }
    if u32_at(bytes, 4) != Some(2) {
        return Err(GeometryError::Unsupported { format: FORMAT, what: format!("version {:?}", u32_at(bytes, 4)) });
    }
    let (mut at, mut json, mut binary) = (12, None, &bytes[..0]);
    while let (Some(length), Some(kind)) = (u32_at(bytes, at), u32_at(bytes, at + 4)) {
        let start = at + 8;
        let Some(data) = start.checked_add(length as usize).and_then(|end| bytes.get(start..end)) else {
            return Err(damaged(
                FORMAT,
                format!("byte {at}"),
                format!("a chunk of {length} bytes, the file has {} left", bytes.len() - start),
            ));
        };
        match kind {
            CHUNK_JSON if json.is_none() => json = Some(data),
            CHUNK_BIN if binary.is_empty() => binary = data,
            _ => {}
        }
        at = start + length as usize;
    }
    json.map(|json| (json, binary)).ok_or_else(|| damaged(FORMAT, "byte 12", "there is no JSON chunk"))
}

struct Reader<'a> {
    document: &'a Document,
    binary: &'a [u8],
    parts: Vec<Part>,
    triangles_left: usize,
    visits_left: usize,
}

impl Reader<'_> {
    fn visit(&mut self, index: usize, above: &Affine, depth: u32) -> Result<(), GeometryError> {
        let place = || format!("node {index}");
        let Some(node) = self.document.nodes.get(index) else { return Err(damaged(FORMAT, place(), "is named but not there")) };
        if depth > DEPTH_MAX || self.visits_left == 0 {
            return Err(damaged(FORMAT, place(), "nodes contain each other, or are nested too deeply"));
        }
        self.visits_left -= 1;
        let pose = product(above, &local(node));
        if let Some(mesh_index) = node.mesh {
            let mesh =
                self.document.meshes.get(mesh_index).ok_or_else(|| damaged(FORMAT, place(), format!("there is no mesh {mesh_index}")))?;
            let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
            for primitive in &mesh.primitives {
                if primitive.mode.unwrap_or(4) != 4 {
                    continue;
                }
                let Some(position) = primitive.attributes.position else { continue };
                let first = vertices.len() as u32;
                let points = self.positions(position)?;
                let count = points.len() as u32;
                vertices.extend(points.iter().map(|p| transform(&pose, p)));
                let indices = match primitive.indices {
                    Some(accessor) => self.indices(accessor)?,
                    None => (0..count).collect(),
                };
                self.triangles_left = self
                    .triangles_left
                    .checked_sub(indices.len() / 3 + count as usize / 3)
                    .ok_or_else(|| damaged(FORMAT, place(), "more triangles than the file can hold"))?;
                if let Some(bad) = indices.iter().find(|&&i| i >= count) {
                    return Err(damaged(FORMAT, format!("mesh {mesh_index}"), format!("vertex {bad} of {count}")));
                }
                triangles.extend(
                    indices
                        .chunks_exact(3)
                        .map(|t| [t[0] + first, t[1] + first, t[2] + first])
                        .filter(|t| t[0] != t[1] && t[1] != t[2] && t[2] != t[0]),
                );
            }
            if mirrored(&pose) {
                triangles.iter_mut().for_each(|t: &mut [u32; 3]| t.swap(1, 2));
            }
            let surface = Surface::new(vertices, triangles).map_err(in_format(FORMAT))?.welded(0.0);
            if !surface.triangles.is_empty() {
                self.parts.push(Part { name: if node.name.is_empty() { mesh.name.clone() } else { node.name.clone() }, surface });
            }
        }
        for &child in &node.children {
            self.visit(child, &pose, depth + 1)?;
        }
        Ok(())
    }

    fn positions(&self, index: usize) -> Result<Vec<[f64; 3]>, GeometryError> {
        let (accessor, data, stride) = self.data(index, "VEC3", &[FLOAT])?;
        Ok((0..accessor.count).map(|k| std::array::from_fn(|i| f64::from(f32_at(data, k * stride + 4 * i).unwrap_or(f32::NAN)))).collect())
    }

    fn indices(&self, index: usize) -> Result<Vec<u32>, GeometryError> {
        let (accessor, data, stride) = self.data(index, "SCALAR", &[5121, 5123, UNSIGNED_INT])?;
        let byte = |at: usize| u32::from(data.get(at).copied().unwrap_or(0));
        Ok((0..accessor.count)
            .map(|k| {
                let at = k * stride;
                match accessor.component_type {
                    5121 => byte(at),
                    5123 => byte(at) | (byte(at + 1) << 8),
                    _ => u32_at(data, at).unwrap_or(0),
                }
            })
            .collect())
    }

    /// Bytes of an accessor from its first item, checked to hold every item, and the step between items.
    fn data(&self, index: usize, kind: &str, types: &[u32]) -> Result<(&Accessor, &[u8], usize), GeometryError> {
        let fail = |what: String| damaged(FORMAT, format!("accessor {index}"), what);
        let accessor = self.document.accessors.get(index).ok_or_else(|| fail("is named but not there".into()))?;
        if accessor.kind != kind || !types.contains(&accessor.component_type) {
            return Err(fail(format!(
                "is {} of type {}, not what is needed here",
                crate::error::shown(&accessor.kind),
                accessor.component_type
            )));
        }
        if accessor.sparse.is_some() || accessor.buffer_view.is_none() {
            return Err(GeometryError::Unsupported { format: FORMAT, what: format!("sparse or empty accessor {index}") });
        }
        let view = accessor
            .buffer_view
            .and_then(|v| self.document.buffer_views.get(v))
            .ok_or_else(|| fail("its buffer view is not there".into()))?;
        if view.buffer != 0 {
            return Err(GeometryError::Unsupported { format: FORMAT, what: format!("buffer {} outside the file", view.buffer) });
        }
        let size = if kind == "VEC3" { 12 } else { [1, 2, 4][(accessor.component_type - 5121) as usize / 2] };
        let stride = view.byte_stride.unwrap_or(size).max(size);
        let end = view.byte_offset.checked_add(view.byte_length);
        let data = end.and_then(|end| self.binary.get(view.byte_offset..end)).and_then(|d| d.get(accessor.byte_offset..));
        let data = data.ok_or_else(|| fail("lies outside the binary chunk".into()))?;
        let needed = accessor.count.checked_sub(1).map_or(Some(0), |last| last.checked_mul(stride).and_then(|x| x.checked_add(size)));
        if needed.is_none_or(|n| n > data.len()) {
            return Err(fail(format!("{} items do not fit {} bytes", accessor.count, data.len())));
        }
        Ok((accessor, data, stride))
    }
}

fn local(node: &Node) -> Affine {
    if let Some(m) = node.matrix {
        return std::array::from_fn(|r| std::array::from_fn(|c| m[4 * c + r]));
    }
    let t = node.translation.unwrap_or([0.0; 3]);
    let [x, y, z, w] = node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]);
    let s = node.scale.unwrap_or([1.0; 3]);
    [
        [(1.0 - 2.0 * (y * y + z * z)) * s[0], 2.0 * (x * y - z * w) * s[1], 2.0 * (x * z + y * w) * s[2], t[0]],
        [2.0 * (x * y + z * w) * s[0], (1.0 - 2.0 * (x * x + z * z)) * s[1], 2.0 * (y * z - x * w) * s[2], t[1]],
        [2.0 * (x * z - y * w) * s[0], 2.0 * (y * z + x * w) * s[1], (1.0 - 2.0 * (x * x + y * y)) * s[2], t[2]],
    ]
}

fn product(a: &Affine, b: &Affine) -> Affine {
    std::array::from_fn(|r| std::array::from_fn(|c| (0..3).map(|k| a[r][k] * b[k][c]).sum::<f64>() + if c == 3 { a[r][3] } else { 0.0 }))
}

fn transform(m: &Affine, p: &[f64; 3]) -> [f64; 3] {
    m.map(|row| row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3])
}

fn mirrored(m: &Affine) -> bool {
    let d = |a: usize, b: usize| m[1][a] * m[2][b] - m[1][b] * m[2][a];
    m[0][0] * d(1, 2) - m[0][1] * d(0, 2) + m[0][2] * d(0, 1) < 0.0
}

/// A GLB file with one node for each part; positions in single precision, in metres.
#[must_use]
pub fn write_glb(parts: &[Part]) -> Vec<u8> {
    let (mut binary, mut views, mut accessors, mut meshes, mut nodes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, part) in parts.iter().enumerate() {
        let single: Vec<[f32; 3]> = part.surface.vertices_m.iter().map(|p| p.map(|x| x as f32)).collect();
        let bound = |pick: fn(f32, f32) -> f32, start: f32| -> [f32; 3] {
            std::array::from_fn(|i| single.iter().fold(start, |b, p| pick(b, p[i])))
        };
        let (low, high) =
            if single.is_empty() { ([0.0; 3], [0.0; 3]) } else { (bound(f32::min, f32::INFINITY), bound(f32::max, f32::NEG_INFINITY)) };
        let start = binary.len();
        single.iter().flatten().for_each(|x| binary.extend_from_slice(&x.to_le_bytes()));
        views.push(json!({ "buffer": 0, "byteOffset": start, "byteLength": binary.len() - start, "target": 34962 }));
        accessors.push(
            json!({ "bufferView": 2 * index, "componentType": FLOAT, "count": single.len(), "type": "VEC3", "min": low, "max": high }),
        );
        let start = binary.len();
        part.surface.triangles.iter().flatten().for_each(|v| binary.extend_from_slice(&v.to_le_bytes()));
        views.push(json!({ "buffer": 0, "byteOffset": start, "byteLength": binary.len() - start, "target": 34963 }));
        accessors.push(json!({ "bufferView": 2 * index + 1, "componentType": UNSIGNED_INT, "count": part.surface.triangles.len() * 3, "type": "SCALAR" }));
        meshes.push(json!({ "primitives": [{ "attributes": { "POSITION": 2 * index }, "indices": 2 * index + 1 }] }));
        nodes.push(json!({ "name": part.name, "mesh": index }));
    }
    let document = json!({
        "asset": { "version": "2.0", "generator": "Proband" },
        "scene": 0,
        "scenes": [{ "nodes": (0..parts.len()).collect::<Vec<_>>() }],
        "nodes": nodes, "meshes": meshes, "accessors": accessors, "bufferViews": views,
        "buffers": [{ "byteLength": binary.len() }],
    });
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let total = 12 + 8 + text.len() + 8 + binary.len();
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(MAGIC);
    for word in [2, total as u32, text.len() as u32, CHUNK_JSON] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&text);
    for word in [binary.len() as u32, CHUNK_BIN] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&binary);
    out
}
