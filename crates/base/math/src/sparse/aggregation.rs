//! Groups of neighbouring nodes that a coarse problem moves as one rigid body each.

use super::{BlockMatrix, SparseError};

/// Which group each node belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregates {
    /// Group of each node; `u32::MAX` for a node outside all of them.
    pub of_node: Vec<u32>,
    /// How many groups there are.
    pub count: u32,
}

impl Aggregates {
    /// Mark of a node that belongs to no group.
    pub const NONE: u32 = u32::MAX;

    /// Grow groups of about `size` nodes over strong couplings, ‖A_ij‖² ≥ θ² ‖A_ii‖ ‖A_jj‖ (Frobenius norms).
    ///
    /// Greedy: from the first free node, breadth first, nearest to the group's first node first. Nodes in `left_out` (fixed) stay outside.
    /// Groups that ended up small join a neighbour.
    ///
    /// # Source
    /// Vaněk, Mandel, Brezina 1996, Computing 56:179 (strength and greedy growth); θ = 0.08 is the customary value.
    /// # Errors
    /// [`SparseError::Length`] when the arrays do not fit the matrix.
    pub fn grow(a: &BlockMatrix, position: &[[f64; 3]], left_out: &[bool], size: u32, threshold: f64) -> Result<Self, SparseError> {
        let n = a.pattern().row_count();
        for (what, found) in [("positions", position.len()), ("nodes left out", left_out.len())] {
            if found != n {
                return Err(SparseError::Length { what, found, wanted: n });
            }
        }
        let square = |slot: usize| a.blocks[slot].iter().map(|v| v * v).sum::<f64>();
        let diagonal: Vec<f64> = (0..n).map(|i| square(a.pattern().diagonal(i)).sqrt()).collect();
        let strong = |i: usize, slot: usize| {
            let j = a.pattern().column(slot);
            square(slot) >= threshold * threshold * diagonal[i] * diagonal[j]
        };
        let mut this = Self { of_node: vec![Self::NONE; n], count: 0 };
        let mut members: Vec<u32> = Vec::new();
        // A group grows from the edge of those that are there, so that few nodes are left between groups.
        let mut edge: std::collections::VecDeque<u32> = std::collections::VecDeque::new();
        let mut scan = 0;
        loop {
            let seed = loop {
                match edge.pop_front() {
                    Some(v) if this.of_node[v as usize] == Self::NONE => break Some(v),
                    Some(_) => {}
                    None => break None,
                }
            };
            let seed = match seed {
                Some(v) => v as usize,
                None => {
                    while scan < n && (left_out[scan] || this.of_node[scan] != Self::NONE) {
                        scan += 1;
                    }
                    if scan == n {
                        break;
                    }
                    scan
                }
            };
            let group = this.count;
            this.count += 1;
            members.clear();
            let mut front: Vec<(f64, u32)> = vec![(0.0, seed as u32)];
            while (members.len() as u32) < size && !front.is_empty() {
                let best = (0..front.len()).fold(0, |best, k| if front[k] < front[best] { k } else { best });
                let (_, v) = front.swap_remove(best);
                if this.of_node[v as usize] != Self::NONE {
                    continue;
                }
                this.of_node[v as usize] = group;
                members.push(v);
                for slot in a.pattern().slots(v as usize) {
                    let w = a.pattern().column(slot);
                    if this.of_node[w] == Self::NONE && !left_out[w] && strong(v as usize, slot) {
                        front.push((distance_squared(position[w], position[seed]), w as u32));
                    }
                }
            }
            front.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            edge.extend(front.iter().map(|f| f.1));
        }
        this.join_small(a, size / 3);
        Ok(this)
    }

    /// Let groups with fewer nodes than `least` join the neighbour that they share most couplings with.
    fn join_small(&mut self, a: &BlockMatrix, least: u32) {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.count as usize];
        for (node, &group) in self.of_node.iter().enumerate() {
            if group != Self::NONE {
                members[group as usize].push(node as u32);
            }
        }
        for group in 0..members.len() {
            if members[group].is_empty() || members[group].len() as u32 >= least {
                continue;
            }
            let mut ties: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
            for &v in &members[group] {
                for &w in a.pattern().columns(v as usize) {
                    let other = self.of_node[w as usize];
                    if other != Self::NONE && other != group as u32 {
                        *ties.entry(other).or_default() += 1;
                    }
                }
            }
            let Some(to) = ties.iter().max_by_key(|(group, count)| (**count, u32::MAX - **group)).map(|(group, _)| *group) else {
                continue;
            };
            let moved = std::mem::take(&mut members[group]);
            for &v in &moved {
                self.of_node[v as usize] = to;
            }
            members[to as usize].extend(moved);
        }
        // Close the gaps in the numbering.
        let mut number = vec![Self::NONE; members.len()];
        let mut count = 0;
        for (group, nodes) in members.iter().enumerate() {
            if !nodes.is_empty() {
                number[group] = count;
                count += 1;
            }
        }
        for group in &mut self.of_node {
            if *group != Self::NONE {
                *group = number[*group as usize];
            }
        }
        self.count = count;
    }
}

fn distance_squared(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}
