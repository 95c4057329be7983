//! Reading whatever mesh file it is.

use proband_mesh::{Surface, TetMesh};

use crate::error::{GeometryError, shown};
use crate::glb::Part;

/// A format that is known by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// STL, binary or text.
    Stl,
    /// VTK XML with triangles.
    Vtp,
    /// VTK XML with tetrahedra.
    Vtu,
    /// Gmsh.
    Msh,
    /// Wavefront.
    Obj,
    /// glTF in one file; always in metres.
    Glb,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A surface.
    Surface(Surface),
    /// Tetrahedra.
    Tets(TetMesh),
    /// Named parts of a scene.
    Parts(Vec<Part>),
}

impl Format {
    /// The format of a file, from its first bytes.
    ///
    /// # Errors
    /// [`GeometryError::UnknownFormat`], which says what the bytes look like.
    pub fn of(bytes: &[u8]) -> Result<Self, GeometryError> {
        let head = &bytes[..bytes.len().min(1024)];
        let text = String::from_utf8_lossy(head);
        let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let has_line = |prefixes: &[&str]| start.lines().any(|l| prefixes.iter().any(|p| l.starts_with(p)));
        if start.starts_with("version https://git-lfs") {
            return Err(GeometryError::UnknownFormat { what: "this is a pointer of git-lfs; the file itself was not fetched".into() });
        }
        if head.starts_with(b"glTF") {
            Ok(Self::Glb)
        } else if start.starts_with("$MeshFormat") {
            Ok(Self::Msh)
        } else if start.contains("<VTKFile") {
            if start.contains("PolyData") {
                Ok(Self::Vtp)
            } else if start.contains("UnstructuredGrid") {
                Ok(Self::Vtu)
            } else {
                Err(GeometryError::UnknownFormat { what: "a VTK file that is neither PolyData nor UnstructuredGrid".into() })
            }
        } else if start.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("solid")) {
            Ok(Self::Stl)
        } else if has_line(&["v ", "v\t"]) && std::str::from_utf8(head.get(..head.len().saturating_sub(4)).unwrap_or(head)).is_ok() {
            Ok(Self::Obj)
        } else if bytes.len() >= 84 && crate::stl::is_binary(bytes) && fits_stl(bytes) {
            Ok(Self::Stl)
        } else {
            Err(GeometryError::UnknownFormat { what: format!("it begins with {}", shown(&text)) })
        }
    }
}

fn fits_stl(bytes: &[u8]) -> bool {
    crate::bytes::u32_at(bytes, 80).is_some_and(|count| u64::from(count) * 50 + 84 <= bytes.len() as u64)
}

/// Read a mesh file of any format that is known here. `unit_m` is ignored for glTF, which is in metres.
///
/// # Errors
/// [`GeometryError`] naming format and place.
pub fn read_geometry(bytes: &[u8], unit_m: f64) -> Result<Content, GeometryError> {
    Ok(match Format::of(bytes)? {
        Format::Stl => Content::Surface(crate::read_stl(bytes, unit_m)?),
        Format::Vtp => Content::Surface(crate::read_vtp(bytes, unit_m)?),
        Format::Vtu => Content::Tets(crate::read_vtu(bytes, unit_m)?),
        Format::Msh => Content::Tets(crate::read_msh(bytes, unit_m)?),
        Format::Obj => Content::Surface(crate::read_obj(bytes, unit_m)?),
        Format::Glb => Content::Parts(crate::read_glb(bytes)?),
    })
}
