//! Faces between elements are opened: what no longer hangs together gets nodes of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::surface::Joined;

/// Nodes of a face, ascending; a triangle has `u32::MAX` in the last place.
pub type FaceKey = [u32; 4];

/// The key of a face of three or four nodes.
#[must_use]
pub fn face_key(nodes: &[u32]) -> FaceKey {
    let mut key = [u32::MAX; 4];
    for (slot, node) in key.iter_mut().zip(nodes) {
        *slot = *node;
    }
    key.sort_unstable();
    key
}

/// Elements at each node that is asked for, ascending.
pub(crate) fn elements_around<const N: usize>(elements: &[[u32; N]], nodes: &BTreeSet<u32>) -> BTreeMap<u32, Vec<u32>> {
    let mut around: BTreeMap<u32, Vec<u32>> = nodes.iter().map(|n| (*n, Vec::new())).collect();
    let last = nodes.last().copied().unwrap_or(0) as usize;
    let mut wanted = vec![false; last + 1];
    nodes.iter().for_each(|n| wanted[*n as usize] = true);
    for (element, corners) in elements.iter().enumerate() {
        for node in corners.iter().filter(|n| wanted.get(**n as usize) == Some(&true)) {
            if let Some(list) = around.get_mut(node) {
                list.push(element as u32);
            }
        }
    }
    around
}

/// Open the faces in `cut`: at each of their nodes, elements that share no other face there get copies of the node.
///
/// The part with the lowest element keeps the node; copies are numbered from `node_count` on. Returns the node that each copy is of.
/// `faces`: corners of the faces of an element.
pub fn open_faces<const N: usize>(elements: &mut [[u32; N]], faces: &[&[usize]], cut: &BTreeSet<FaceKey>, node_count: u32) -> Vec<u32> {
    let nodes: BTreeSet<u32> = cut.iter().flatten().copied().filter(|&n| n < node_count).collect();
    let around = elements_around(elements, &nodes);
    let (mut copies, mut changes) = (Vec::new(), Vec::new());
    for (&node, list) in &around {
        let mut joined = Joined::new(list.len());
        let mut open: BTreeMap<FaceKey, u32> = BTreeMap::new();
        for (place, &element) in list.iter().enumerate() {
            let corners = &elements[element as usize];
            for face in faces.iter().filter(|f| f.iter().any(|&k| corners[k] == node)) {
                let mut nodes = [0; 4];
                for (slot, &k) in nodes.iter_mut().zip(face.iter()) {
                    *slot = corners[k];
                }
                let key = face_key(&nodes[..face.len()]);
                if cut.contains(&key) {
                    continue;
                }
                match open.get(&key) {
                    Some(&other) => joined.join(other, place as u32),
                    None => {
                        open.insert(key, place as u32);
                    }
                }
            }
        }
        let (part, count) = joined.number(0..list.len() as u32);
        if count > 1 {
            let first = node_count + copies.len() as u32;
            copies.extend(std::iter::repeat_n(node, count as usize - 1));
            changes.extend(list.iter().zip(&part).filter(|(_, p)| **p > 0).map(|(element, p)| (*element, node, first + p - 1)));
        }
    }
    for (element, from, to) in changes {
        if let Some(slot) = elements[element as usize].iter_mut().find(|n| **n == from) {
            *slot = to;
        }
    }
    copies
}
