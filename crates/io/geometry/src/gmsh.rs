//! Gmsh MSH 2.2 and 4.1 in text: nodes and linear tetrahedra, regions from physical groups.
//!
//! # Source
//! Gmsh reference manual, sections "MSH file format" (4.1) and "MSH file format version 2 (Legacy)".

use std::collections::BTreeMap;

use proband_mesh::TetMesh;

use crate::error::{GeometryError, check, in_format, shown, text};
use crate::tokens::Tokens;

const FORMAT: &str = "MSH";
/// Gmsh's number of a linear tetrahedron.
pub(crate) const TETRAHEDRON: u32 = 4;

#[derive(Default)]
struct Found {
    nodes_m: Vec<[f64; 3]>,
    tags: Vec<(u64, u32)>,
    tets: Vec<[u64; 4]>,
    regions: Vec<u16>,
    /// First physical group of each volume.
    physical: BTreeMap<i64, i64>,
}

/// Read a Gmsh file (MSH 2.2 or 4.1, text). Elements that are no linear tetrahedra are passed over.
///
/// The region is the first physical group of an element's volume, else the volume's number.
///
/// # Errors
/// [`GeometryError`] naming the line; [`GeometryError::Unsupported`] for binary files and other versions.
pub fn read_msh(bytes: &[u8], unit_m: f64) -> Result<TetMesh, GeometryError> {
    check(bytes, unit_m)?;
    // A binary file says so before its first byte that is no text.
    let head = &bytes[..bytes.len().min(64)];
    if let Some(line) = String::from_utf8_lossy(head).lines().nth(1)
        && line.split_ascii_whitespace().nth(1) == Some("1")
    {
        return Err(GeometryError::Unsupported { format: FORMAT, what: "a binary file (write it as text)".into() });
    }
    let mut tokens = Tokens::new(FORMAT, text(FORMAT, bytes)?);
    tokens.expect("$MeshFormat")?;
    let version = tokens.need("version")?;
    let is_old = match version {
        "2.2" | "2.1" | "2" => true,
        "4.1" => false,
        other => return Err(GeometryError::Unsupported { format: FORMAT, what: format!("version {}", shown(other)) }),
    };
    let mut found = Found::default();
    while let Some(word) = tokens.word() {
        match (word, is_old) {
            ("$Nodes", true) => old_nodes(&mut tokens, unit_m, &mut found)?,
            ("$Nodes", false) => nodes(&mut tokens, unit_m, &mut found)?,
            ("$Elements", true) => old_elements(&mut tokens, &mut found)?,
            ("$Elements", false) => elements(&mut tokens, &mut found)?,
            ("$Entities", false) => entities(&mut tokens, &mut found)?,
            _ => {}
        }
    }
    finish(found)
}

fn finish(mut found: Found) -> Result<TetMesh, GeometryError> {
    found.tags.sort_unstable();
    if let Some(pair) = found.tags.windows(2).find(|w| w[0].0 == w[1].0) {
        return Err(crate::error::damaged(FORMAT, "$Nodes", format!("node {} stands twice", pair[0].0)));
    }
    let mut tets = Vec::with_capacity(found.tets.len());
    for (index, tet) in found.tets.iter().enumerate() {
        let mut nodes = [0; 4];
        for (slot, tag) in nodes.iter_mut().zip(tet) {
            let at = found.tags.binary_search_by_key(tag, |t| t.0);
            let at =
                at.map_err(|_| crate::error::damaged(FORMAT, format!("tetrahedron {}", index + 1), format!("there is no node {tag}")))?;
            *slot = found.tags[at].1;
        }
        tets.push(nodes);
    }
    TetMesh::new(found.nodes_m, tets, found.regions).map_err(in_format(FORMAT))
}

fn region(number: i64) -> u16 {
    u16::try_from(number.max(0)).unwrap_or(u16::MAX)
}

fn old_nodes(tokens: &mut Tokens<'_>, unit_m: f64, found: &mut Found) -> Result<(), GeometryError> {
    let count = tokens.count("number of nodes")?;
    for _ in 0..count {
        let tag = tokens.number("node number")?;
        found.tags.push((tag, found.nodes_m.len() as u32));
        found.nodes_m.push(tokens.point(unit_m)?);
    }
    tokens.expect("$EndNodes")
}

fn old_elements(tokens: &mut Tokens<'_>, found: &mut Found) -> Result<(), GeometryError> {
    let count = tokens.count("number of elements")?;
    for _ in 0..count {
        tokens.number::<u64>("element number")?;
        let kind: u32 = tokens.number("element type")?;
        let tag_count = tokens.count("number of tags")?;
        let mut first = 0_i64;
        for k in 0..tag_count {
            let tag = tokens.number("tag")?;
            if k == 0 {
                first = tag;
            }
        }
        if kind == TETRAHEDRON {
            found.tets.push(four(tokens)?);
            found.regions.push(region(first));
        } else {
            tokens.line_rest();
        }
    }
    tokens.expect("$EndElements")
}

fn four(tokens: &mut Tokens<'_>) -> Result<[u64; 4], GeometryError> {
    let mut nodes = [0; 4];
    for node in &mut nodes {
        *node = tokens.number("node number")?;
    }
    Ok(nodes)
}

fn nodes(tokens: &mut Tokens<'_>, unit_m: f64, found: &mut Found) -> Result<(), GeometryError> {
    let blocks = tokens.count("number of blocks")?;
    for what in ["number of nodes", "lowest node", "highest node"] {
        tokens.number::<u64>(what)?;
    }
    for _ in 0..blocks {
        let dimension: u32 = tokens.number("dimension")?;
        tokens.number::<i64>("entity")?;
        let parametric: u32 = tokens.number("whether parametric")?;
        if parametric != 0 && dimension > 0 {
            return Err(GeometryError::Unsupported { format: FORMAT, what: "nodes with parameters".into() });
        }
        let count = tokens.count("number of nodes in block")?;
        let first = found.nodes_m.len() as u32;
        for k in 0..count {
            found.tags.push((tokens.number("node number")?, first + k as u32));
        }
        for _ in 0..count {
            found.nodes_m.push(tokens.point(unit_m)?);
        }
    }
    tokens.expect("$EndNodes")
}

fn elements(tokens: &mut Tokens<'_>, found: &mut Found) -> Result<(), GeometryError> {
    let blocks = tokens.count("number of blocks")?;
    for what in ["number of elements", "lowest element", "highest element"] {
        tokens.number::<u64>(what)?;
    }
    for _ in 0..blocks {
        tokens.number::<u32>("dimension")?;
        let entity: i64 = tokens.number("entity")?;
        let kind: u32 = tokens.number("element type")?;
        let count = tokens.count("number of elements in block")?;
        let group = found.physical.get(&entity).copied().unwrap_or(entity);
        for _ in 0..count {
            tokens.number::<u64>("element number")?;
            if kind == TETRAHEDRON {
                found.tets.push(four(tokens)?);
                found.regions.push(region(group));
            } else {
                tokens.line_rest();
            }
        }
    }
    tokens.expect("$EndElements")
}

/// Volumes and their physical groups; points, curves and surfaces are passed over.
fn entities(tokens: &mut Tokens<'_>, found: &mut Found) -> Result<(), GeometryError> {
    let mut counts = [0; 4];
    for count in &mut counts {
        *count = tokens.count("number of entities")?;
    }
    for (dimension, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            let tag: i64 = tokens.number("entity")?;
            for _ in 0..if dimension == 0 { 3 } else { 6 } {
                tokens.number::<f64>("coordinate")?;
            }
            let groups = tokens.count("number of physical groups")?;
            for k in 0..groups {
                let group: i64 = tokens.number("physical group")?;
                if k == 0 && dimension == 3 {
                    found.physical.insert(tag, group);
                }
            }
            if dimension > 0 {
                let bounds = tokens.count("number of bounding entities")?;
                for _ in 0..bounds {
                    tokens.number::<i64>("bounding entity")?;
                }
            }
        }
    }
    tokens.expect("$EndEntities")
}
