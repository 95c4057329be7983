//! The part of glTF's JSON that is read here.

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Document {
    pub(crate) scene: Option<usize>,
    pub(crate) scenes: Vec<Scene>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) meshes: Vec<Mesh>,
    pub(crate) accessors: Vec<Accessor>,
    #[serde(rename = "bufferViews")]
    pub(crate) buffer_views: Vec<BufferView>,
    #[serde(rename = "extensionsRequired")]
    pub(crate) extensions_required: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Scene {
    pub(crate) nodes: Vec<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) mesh: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// Column by column.
    pub(crate) matrix: Option<[f64; 16]>,
    pub(crate) translation: Option<[f64; 3]>,
    pub(crate) rotation: Option<[f64; 4]>,
    pub(crate) scale: Option<[f64; 3]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Mesh {
    pub(crate) name: String,
    pub(crate) primitives: Vec<Primitive>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Primitive {
    pub(crate) attributes: Attributes,
    pub(crate) indices: Option<usize>,
    pub(crate) mode: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    #[serde(rename = "POSITION")]
    pub(crate) position: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Accessor {
    #[serde(rename = "bufferView")]
    pub(crate) buffer_view: Option<usize>,
    #[serde(rename = "byteOffset")]
    pub(crate) byte_offset: usize,
    #[serde(rename = "componentType")]
    pub(crate) component_type: u32,
    pub(crate) count: usize,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) sparse: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BufferView {
    pub(crate) buffer: usize,
    #[serde(rename = "byteOffset")]
    pub(crate) byte_offset: usize,
    #[serde(rename = "byteLength")]
    pub(crate) byte_length: usize,
    #[serde(rename = "byteStride")]
    pub(crate) byte_stride: Option<usize>,
}
