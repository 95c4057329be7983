//! Wavefront OBJ: vertices and faces; the rest is passed over.

use proband_mesh::Surface;

use crate::error::{GeometryError, check, in_format, shown, text};
use crate::tokens::Tokens;

const FORMAT: &str = "OBJ";

/// Read an OBJ file. Faces with more than three corners are fanned out from their first.
///
/// # Errors
/// [`GeometryError`] naming the line.
pub fn read_obj(bytes: &[u8], unit_m: f64) -> Result<Surface, GeometryError> {
    check(bytes, unit_m)?;
    let mut tokens = Tokens::new(FORMAT, text(FORMAT, bytes)?);
    let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
    let mut line = 0;
    while tokens.left() > 0 {
        line += 1;
        let words = tokens.line_rest();
        let mut words = Tokens::new(FORMAT, words);
        words.line = line;
        match words.word() {
            Some("v") => vertices.push(words.point(unit_m)?),
            Some("f") => {
                let mut corners: Vec<u32> = Vec::new();
                while let Some(word) = words.word() {
                    corners.push(corner(&words, word, vertices.len())?);
                }
                if corners.len() < 3 {
                    return Err(words.fail(format!("a face with {} corners", corners.len())));
                }
                for k in 1..corners.len() - 1 {
                    let t = [corners[0], corners[k], corners[k + 1]];
                    if t[0] != t[1] && t[1] != t[2] && t[2] != t[0] {
                        triangles.push(t);
                    }
                }
            }
            _ => {}
        }
    }
    if vertices.is_empty() {
        return Err(tokens.fail("no vertex in the whole file"));
    }
    Surface::new(vertices, triangles).map_err(in_format(FORMAT))
}

/// Vertex of a corner such as `7`, `7/1/2` or `-1`; negative numbers count back from the last vertex.
fn corner(tokens: &Tokens<'_>, word: &str, count: usize) -> Result<u32, GeometryError> {
    let number = word.split('/').next().unwrap_or(word);
    let index: i64 = number.parse().map_err(|_| tokens.fail(format!("{} is no vertex", shown(word))))?;
    let from_zero = if index < 0 { count as i64 + index } else { index - 1 };
    if (0..count as i64).contains(&from_zero) { Ok(from_zero as u32) } else { Err(tokens.fail(format!("vertex {index} of {count}"))) }
}
