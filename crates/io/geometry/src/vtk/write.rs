//! Writing VTP and VTU.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proband_mesh::{Surface, TetMesh};

use super::VTK_TETRA;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VtkEncoding {
    /// As text.
    Ascii,
    /// Appended, as they are.
    Raw,
    /// Appended, compressed with zlib.
    RawZlib,
    /// In place, in base64.
    Base64,
}

/// Bytes of a block when compressed, before compression.
const BLOCK_BYTES: usize = 1 << 15;
/// zlib's level: quick and close to the best for mesh data.
const ZLIB_LEVEL: u8 = 4;

enum Values {
    F64(Vec<f64>),
    I64(Vec<i64>),
    U8(Vec<u8>),
}

/// A VTP file of a surface, coordinates in units of `unit_m`.
#[must_use]
pub fn write_vtp(surface: &Surface, unit_m: f64, encoding: VtkEncoding) -> Vec<u8> {
    let mut file = File::new(encoding);
    let count = surface.triangles.len();
    let head = format!(
        "<Piece NumberOfPoints=\"{}\" NumberOfVerts=\"0\" NumberOfLines=\"0\" NumberOfStrips=\"0\" NumberOfPolys=\"{count}\">\n",
        surface.vertices_m.len()
    );
    file.text.push_str(&head);
    file.points(&surface.vertices_m, unit_m);
    file.text.push_str("<Polys>\n");
    file.array("connectivity", 1, &Values::I64(surface.triangles.iter().flatten().map(|&v| i64::from(v)).collect()));
    file.array("offsets", 1, &Values::I64((1..=count as i64).map(|k| 3 * k).collect()));
    file.text.push_str("</Polys>\n");
    file.finish("PolyData")
}

/// Vectors at the nodes of a mesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeVectors<'a> {
    /// Name of the array; say its unit in it (`displacement_m`).
    pub name: &'a str,
    /// One vector per node.
    pub values: &'a [[f64; 3]],
}

/// A VTU file of a tetrahedral mesh with the cell array `region`, coordinates in units of `unit_m`.
#[must_use]
pub fn write_vtu(mesh: &TetMesh, unit_m: f64, encoding: VtkEncoding) -> Vec<u8> {
    write_vtu_with(mesh, &[], unit_m, encoding)
}

/// As [`write_vtu`], with vectors at the nodes. Vectors of a wrong number of nodes are left out.
#[must_use]
pub fn write_vtu_with(mesh: &TetMesh, vectors: &[NodeVectors<'_>], unit_m: f64, encoding: VtkEncoding) -> Vec<u8> {
    let mut file = File::new(encoding);
    let count = mesh.tets.len();
    let _ = writeln!(file.text, "<Piece NumberOfPoints=\"{}\" NumberOfCells=\"{count}\">", mesh.nodes_m.len());
    file.text.push_str("<CellData Scalars=\"region\">\n");
    file.array("region", 1, &Values::I64(mesh.regions.iter().map(|&r| i64::from(r)).collect()));
    file.text.push_str("</CellData>\n");
    if !vectors.is_empty() {
        file.text.push_str("<PointData>\n");
        for field in vectors.iter().filter(|v| v.values.len() == mesh.nodes_m.len()) {
            file.array(field.name, 3, &Values::F64(field.values.iter().flatten().copied().collect()));
        }
        file.text.push_str("</PointData>\n");
    }
    file.points(&mesh.nodes_m, unit_m);
    file.text.push_str("<Cells>\n");
    file.array("connectivity", 1, &Values::I64(mesh.tets.iter().flatten().map(|&v| i64::from(v)).collect()));
    file.array("offsets", 1, &Values::I64((1..=count as i64).map(|k| 4 * k).collect()));
    file.array("types", 1, &Values::U8(vec![VTK_TETRA as u8; count]));
    file.text.push_str("</Cells>\n");
    file.finish("UnstructuredGrid")
}

struct File {
    encoding: VtkEncoding,
    text: String,
    appended: Vec<u8>,
}

impl File {
    fn new(encoding: VtkEncoding) -> Self {
        Self { encoding, text: String::new(), appended: Vec::new() }
    }

    fn points(&mut self, nodes_m: &[[f64; 3]], unit_m: f64) {
        self.text.push_str("<Points>\n");
        self.array("Points", 3, &Values::F64(nodes_m.iter().flatten().map(|x| x / unit_m).collect()));
        self.text.push_str("</Points>\n");
    }

    fn array(&mut self, name: &str, components: u32, values: &Values) {
        let (kind, bytes): (_, Vec<u8>) = match values {
            Values::F64(v) => ("Float64", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Values::I64(v) => ("Int64", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Values::U8(v) => ("UInt8", v.clone()),
        };
        let _ = write!(self.text, "<DataArray type=\"{kind}\" Name=\"{name}\" NumberOfComponents=\"{components}\" ");
        let framed = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes(), bytes].concat();
        match self.encoding {
            VtkEncoding::Ascii => {
                self.text.push_str("format=\"ascii\">\n");
                let words: Vec<String> = match values {
                    Values::F64(v) => v.iter().map(|x| format!("{x:e}")).collect(),
                    Values::I64(v) => v.iter().map(ToString::to_string).collect(),
                    Values::U8(v) => v.iter().map(ToString::to_string).collect(),
                };
                self.text.push_str(&words.join(" "));
                self.text.push_str("\n</DataArray>\n");
            }
            VtkEncoding::Base64 => {
                let _ = writeln!(self.text, "format=\"binary\">\n{}\n</DataArray>", STANDARD.encode(framed(&bytes)));
            }
            VtkEncoding::Raw | VtkEncoding::RawZlib => {
                let _ = writeln!(self.text, "format=\"appended\" offset=\"{}\"/>", self.appended.len());
                let block = if self.encoding == VtkEncoding::Raw { framed(&bytes) } else { compressed(&bytes) };
                self.appended.extend(block);
            }
        }
    }

    fn finish(self, dataset: &str) -> Vec<u8> {
        let compressor = if self.encoding == VtkEncoding::RawZlib { " compressor=\"vtkZLibDataCompressor\"" } else { "" };
        let mut out = format!(
            "<?xml version=\"1.0\"?>\n<VTKFile type=\"{dataset}\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\"{compressor}>\n<{dataset}>\n{}</Piece>\n</{dataset}>\n",
            self.text
        )
        .into_bytes();
        if matches!(self.encoding, VtkEncoding::Raw | VtkEncoding::RawZlib) {
            out.extend_from_slice(b"<AppendedData encoding=\"raw\">\n_");
            out.extend_from_slice(&self.appended);
            out.extend_from_slice(b"\n</AppendedData>\n");
        }
        out.extend_from_slice(b"</VTKFile>\n");
        out
    }
}

/// Number of blocks, their size, the size of the last where it is shorter, compressed sizes, compressed blocks.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let blocks: Vec<Vec<u8>> = bytes.chunks(BLOCK_BYTES).map(|b| miniz_oxide::deflate::compress_to_vec_zlib(b, ZLIB_LEVEL)).collect();
    let words = [blocks.len(), BLOCK_BYTES, bytes.len() % BLOCK_BYTES].into_iter().chain(blocks.iter().map(Vec::len));
    let mut out: Vec<u8> = words.flat_map(|w| (w as u64).to_le_bytes()).collect();
    blocks.iter().for_each(|b| out.extend_from_slice(b));
    out
}
