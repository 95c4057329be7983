//! STL, binary and text.
//!
//! # Source
//! The format has no standard; as in Burns 1993, "Automated Fabrication", section 6.5.

use std::fmt::Write as _;

use proband_mesh::Surface;

use crate::bytes::{f32_at, u32_at};
use crate::error::{GeometryError, check, damaged, in_format, text};
use crate::tokens::Tokens;

const FORMAT: &str = "STL";
const HEADER_BYTES: usize = 84;
const RECORD_BYTES: usize = 50;

/// Read an STL file. Corners with equal coordinates become one vertex; triangles without three corners go.
///
/// Normals in the file are not looked at: the order of corners says which side is out.
///
/// # Errors
/// [`GeometryError`] naming line or byte.
pub fn read_stl(bytes: &[u8], unit_m: f64) -> Result<Surface, GeometryError> {
    check(bytes, unit_m)?;
    let corners = if is_binary(bytes) { read_binary(bytes, unit_m)? } else { read_text(text(FORMAT, bytes)?, unit_m)? };
    let soup = Surface { triangles: (0..corners.len() as u32 / 3).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect(), vertices_m: corners };
    let soup = Surface::new(soup.vertices_m, soup.triangles).map_err(in_format(FORMAT))?;
    Ok(soup.welded(0.0))
}

/// A text begins with `solid`; so do some binary files, whose length then fits their count.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let fits =
        u32_at(bytes, 80).is_some_and(|count| bytes.len() as u64 >= (HEADER_BYTES + RECORD_BYTES * count as usize) as u64 && count > 0);
    let is_text = bytes.trim_ascii_start().get(..5).is_some_and(|b| b.eq_ignore_ascii_case(b"solid"));
    if is_text { fits && std::str::from_utf8(bytes).is_err() } else { bytes.len() >= HEADER_BYTES }
}

fn read_binary(bytes: &[u8], unit_m: f64) -> Result<Vec<[f64; 3]>, GeometryError> {
    let count = u32_at(bytes, 80).unwrap_or(0) as usize;
    let present = (bytes.len() - HEADER_BYTES) / RECORD_BYTES;
    if count > present {
        return Err(damaged(FORMAT, "byte 80", format!("{count} triangles announced, the file holds {present}")));
    }
    let mut corners = Vec::with_capacity(count * 3);
    for record in bytes[HEADER_BYTES..].chunks_exact(RECORD_BYTES).take(count) {
        for k in 1..4 {
            corners.push(std::array::from_fn(|i| f64::from(f32_at(record, 12 * k + 4 * i).unwrap_or(f32::NAN)) * unit_m));
        }
    }
    Ok(corners)
}

fn read_text(text: &str, unit_m: f64) -> Result<Vec<[f64; 3]>, GeometryError> {
    let mut tokens = Tokens::new(FORMAT, text);
    tokens.expect("solid")?;
    tokens.line_rest();
    let mut corners = Vec::new();
    while let Some(word) = tokens.word() {
        match word.to_ascii_lowercase().as_str() {
            "facet" => {
                tokens.expect("normal")?;
                for _ in 0..3 {
                    tokens.need("normal")?;
                }
                tokens.expect("outer")?;
                tokens.expect("loop")?;
                for _ in 0..3 {
                    tokens.expect("vertex")?;
                    corners.push(tokens.point(unit_m)?);
                }
                tokens.expect("endloop")?;
                tokens.expect("endfacet")?;
            }
            // Several solids in one file become one surface.
            "endsolid" | "solid" => {
                tokens.line_rest();
            }
            _ => return Err(tokens.fail(format!("{} where 'facet' or 'endsolid' should be", crate::error::shown(word)))),
        }
    }
    Ok(corners)
}

/// A binary STL file; coordinates in single precision, in units of `unit_m`.
#[must_use]
pub fn write_stl(surface: &Surface, unit_m: f64) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + RECORD_BYTES * surface.triangles.len());
    let mut header = [b' '; 80];
    let name = b"Proband surface";
    header[..name.len()].copy_from_slice(name);
    out.extend_from_slice(&header);
    out.extend_from_slice(&(surface.triangles.len() as u32).to_le_bytes());
    for (t, normal) in facets(surface) {
        for v in std::iter::once(normal).chain(t.map(|p| p.map(|x| x / unit_m))) {
            v.iter().for_each(|&x| out.extend_from_slice(&(x as f32).to_le_bytes()));
        }
        out.extend_from_slice(&[0, 0]);
    }
    out
}

/// A text STL file; coordinates in units of `unit_m` with all digits.
#[must_use]
pub fn write_stl_text(surface: &Surface, unit_m: f64) -> Vec<u8> {
    let mut out = String::from("solid proband\n");
    for (t, n) in facets(surface) {
        let _ = write!(out, "facet normal {:e} {:e} {:e}\n  outer loop\n", n[0], n[1], n[2]);
        for p in t {
            let _ = writeln!(out, "    vertex {:e} {:e} {:e}", p[0] / unit_m, p[1] / unit_m, p[2] / unit_m);
        }
        out.push_str("  endloop\nendfacet\n");
    }
    out.push_str("endsolid proband\n");
    out.into_bytes()
}

/// Corners [m] and unit normal of every triangle.
fn facets(surface: &Surface) -> impl Iterator<Item = ([[f64; 3]; 3], [f64; 3])> + '_ {
    (0..surface.triangles.len() as u32).map(|t| {
        let [a, b, c] = surface.corners_m(t);
        let (u, v): ([f64; 3], [f64; 3]) = (std::array::from_fn(|i| b[i] - a[i]), std::array::from_fn(|i| c[i] - a[i]));
        let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        let length = (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]).sqrt();
        ([a, b, c], if length > 0.0 { n.map(|x| x / length) } else { [0.0; 3] })
    })
}
