//! Reading VTP and VTU.

use proband_mesh::{Surface, TetMesh};

use super::VTK_TETRA;
use super::array::Encoding;
use super::xml::{Element, elements};
use crate::error::{GeometryError, check, damaged, in_format};

/// Names under which programs store the region of a cell, best first.
const REGION_NAMES: [&str; 7] = ["region", "Region", "label", "labels", "material", "MaterialIds", "CellEntityIds"];

/// Read a VTP file: polygons (fanned out from their first corner) and triangle strips.
///
/// # Errors
/// [`GeometryError`] naming the array or byte.
pub fn read_vtp(bytes: &[u8], unit_m: f64) -> Result<Surface, GeometryError> {
    check(bytes, unit_m)?;
    let piece = Piece::new("VTP", "PolyData", bytes)?;
    let points = piece.points(unit_m)?;
    let mut triangles = Vec::new();
    for polygon in piece.cells("Polys")? {
        for k in 1..polygon.len().saturating_sub(1) {
            triangles.push([polygon[0], polygon[k], polygon[k + 1]]);
        }
    }
    for strip in piece.cells("Strips")? {
        for (k, t) in strip.windows(3).enumerate() {
            triangles.push(if k % 2 == 0 { [t[0], t[1], t[2]] } else { [t[1], t[0], t[2]] });
        }
    }
    triangles.retain(|t: &[u32; 3]| t[0] != t[1] && t[1] != t[2] && t[2] != t[0]);
    Surface::new(points, triangles).map_err(in_format("VTP"))
}

/// Read a VTU file: its linear tetrahedra, with the cell array `region` (or `label`, `material` …) as regions. Other cells are passed over.
///
/// # Errors
/// [`GeometryError`] naming the array or byte.
pub fn read_vtu(bytes: &[u8], unit_m: f64) -> Result<TetMesh, GeometryError> {
    const FORMAT: &str = "VTU";
    check(bytes, unit_m)?;
    let piece = Piece::new(FORMAT, "UnstructuredGrid", bytes)?;
    let points = piece.points(unit_m)?;
    let cells = piece.cells("Cells")?;
    let types = piece.numbers("Cells", "types")?.unwrap_or_default();
    piece.check_count("NumberOfCells", cells.len())?;
    if types.len() != cells.len() {
        return Err(damaged(FORMAT, "array 'types'", format!("{} entries for {} cells", types.len(), cells.len())));
    }
    let mut regions = None;
    for name in REGION_NAMES {
        if regions.is_none() {
            regions = piece.numbers("CellData", name)?.filter(|r| r.len() == cells.len());
        }
    }
    let (mut tets, mut kept) = (Vec::new(), Vec::new());
    for (index, (cell, kind)) in cells.iter().zip(&types).enumerate() {
        if *kind == VTK_TETRA as f64 {
            let Ok(tet) = <[u32; 4]>::try_from(cell.as_slice()) else {
                return Err(damaged(FORMAT, format!("cell {index}"), format!("a tetrahedron with {} nodes", cell.len())));
            };
            tets.push(tet);
            kept.push(regions.as_ref().map_or(0, |r| r[index].clamp(0.0, f64::from(u16::MAX)) as u16));
        }
    }
    TetMesh::new(points, tets, kept).map_err(in_format(FORMAT))
}

/// The one piece of a file.
struct Piece<'a> {
    format: &'static str,
    elements: Vec<Element<'a>>,
    encoding: Encoding<'a>,
}

impl<'a> Piece<'a> {
    fn new(format: &'static str, dataset: &str, bytes: &'a [u8]) -> Result<Self, GeometryError> {
        let elements = elements(format, bytes)?;
        let encoding = Encoding::new(format, bytes, &elements)?;
        if !elements.iter().any(|e| e.name == dataset) {
            return Err(damaged(format, "byte 0", format!("there is no {dataset} element")));
        }
        match elements.iter().filter(|e| e.name == "Piece").count() {
            1 => Ok(Self { format, elements, encoding }),
            n => Err(GeometryError::Unsupported { format, what: format!("a file of {n} pieces") }),
        }
    }

    /// Numbers of an array by its parent and name (by parent alone when the name is empty).
    fn numbers(&self, parent: &str, name: &str) -> Result<Option<Vec<f64>>, GeometryError> {
        let is = |e: &&Element<'_>| e.name == "DataArray" && e.parent() == parent && (name.is_empty() || e.get("Name") == Some(name));
        self.elements.iter().find(is).map(|e| self.encoding.numbers(e)).transpose()
    }

    /// Compare a count with what the piece announces.
    fn check_count(&self, name: &str, found: usize) -> Result<(), GeometryError> {
        let announced = self.elements.iter().find(|e| e.name == "Piece").and_then(|e| e.get(name)).unwrap_or("");
        if announced.trim().parse() == Ok(found) {
            Ok(())
        } else {
            Err(damaged(self.format, "Piece", format!("{name} is {}, the arrays hold {found}", crate::error::shown(announced))))
        }
    }

    fn points(&self, unit_m: f64) -> Result<Vec<[f64; 3]>, GeometryError> {
        let numbers = self.numbers("Points", "")?.ok_or_else(|| damaged(self.format, "Points", "no array"))?;
        if !numbers.len().is_multiple_of(3) {
            return Err(damaged(self.format, "Points", format!("{} numbers are no points", numbers.len())));
        }
        self.check_count("NumberOfPoints", numbers.len() / 3)?;
        Ok(numbers.chunks_exact(3).map(|p| [p[0] * unit_m, p[1] * unit_m, p[2] * unit_m]).collect())
    }

    /// Node numbers of every cell.
    fn cells(&self, parent: &str) -> Result<Vec<Vec<u32>>, GeometryError> {
        let nodes = self.numbers(parent, "connectivity")?.unwrap_or_default();
        let offsets = self.numbers(parent, "offsets")?.unwrap_or_default();
        let fail = |cell: usize, what: String| damaged(self.format, format!("{parent}, cell {cell}"), what);
        let (mut cells, mut start) = (Vec::with_capacity(offsets.len()), 0_usize);
        for (index, &offset) in offsets.iter().enumerate() {
            let end = offset as usize;
            if !(offset >= 0.0 && end >= start && end <= nodes.len()) {
                return Err(fail(index, format!("offset {offset} after {start}, of {}", nodes.len())));
            }
            let mut cell = Vec::with_capacity(end - start);
            for &node in &nodes[start..end] {
                if !(node >= 0.0 && node < f64::from(u32::MAX)) {
                    return Err(fail(index, format!("node {node}")));
                }
                cell.push(node as u32);
            }
            cells.push(cell);
            start = end;
        }
        Ok(cells)
    }
}
