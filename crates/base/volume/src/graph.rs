//! A skeleton as nodes and the lines between them.

use crate::Plane;
use crate::mask::AROUND;

/// An end, a branching, or an arbitrary point of a ring.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    /// Column and row [px]; the mean of the pixels for a branching.
    pub p_px: [f64; 2],
    /// Edges that meet here.
    pub edge_count: u32,
}

/// A line between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphEdge {
    /// Indices into [`SkeletonGraph::nodes`].
    pub nodes: [u32; 2],
    /// Pixels from the first node to the second, both included.
    pub path_px: Vec<[u32; 2]>,
}

impl GraphEdge {
    /// Length along the pixels [px].
    #[must_use]
    pub fn length_px(&self) -> f64 {
        self.path_px
            .windows(2)
            .map(|pair| {
                let (dx, dy) = (f64::from(pair[1][0]) - f64::from(pair[0][0]), f64::from(pair[1][1]) - f64::from(pair[0][1]));
                (dx * dx + dy * dy).sqrt()
            })
            .sum()
    }
}

/// Nodes and edges of a skeleton.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SkeletonGraph {
    /// Ends and branchings.
    pub nodes: Vec<GraphNode>,
    /// Lines between them.
    pub edges: Vec<GraphEdge>,
}

impl SkeletonGraph {
    /// Trace a skeleton (lines one pixel wide, as [`crate::thin`] gives). Lone pixels are dropped.
    #[must_use]
    pub fn trace(skeleton: &Plane<bool>) -> Self {
        let on = |x: i64, y: i64| skeleton.at(x, y) == Some(&true);
        let pixels: Vec<(i64, i64)> = (0..i64::from(skeleton.height()))
            .flat_map(|y| (0..i64::from(skeleton.width())).map(move |x| (x, y)))
            .filter(|&(x, y)| on(x, y))
            .collect();
        let degree = |x: i64, y: i64| branches(skeleton, x, y).len();
        let ends = Plane::from_fn(skeleton.width(), skeleton.height(), |x, y| {
            on(i64::from(x), i64::from(y)) && degree(i64::from(x), i64::from(y)) != 2
        });
        let Ok(ends) = ends else { return Self::default() };
        let mut tracer = Tracer { skeleton, node_of: Plane::like(skeleton, 0), used: Plane::like(skeleton, false), graph: Self::default() };
        tracer.add_nodes(&ends);
        for &(x, y) in &pixels {
            if tracer.node_of.at(x, y).is_some_and(|n| *n > 0) {
                tracer.follow_all(x, y);
            }
        }
        // What is left are rings without a node: open each at its first pixel.
        for &(x, y) in &pixels {
            if tracer.used.at(x, y) == Some(&false) && tracer.node_of.at(x, y) == Some(&0) {
                tracer.graph.nodes.push(GraphNode { p_px: [x as f64, y as f64], edge_count: 0 });
                tracer.node_of.set(x as u32, y as u32, tracer.graph.nodes.len() as u32);
                tracer.follow_all(x, y);
            }
        }
        tracer.graph.tidy();
        tracer.graph
    }

    /// Remove dead ends shorter than `length_px`, shortest first, and join the lines that then pass straight through.
    #[must_use]
    pub fn pruned(mut self, length_px: f64) -> Self {
        loop {
            let shortest = self
                .edges
                .iter()
                .enumerate()
                .filter(|(_, e)| {
                    let ends = e.nodes.map(|n| self.nodes[n as usize].edge_count);
                    // A twig hangs on a branching; a short line on its own stays.
                    (ends[0] == 1) != (ends[1] == 1)
                })
                .map(|(i, e)| (i, e.length_px()))
                .filter(|(_, length)| *length < length_px)
                .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let Some((index, _)) = shortest else { return self };
            self.edges.remove(index);
            self.tidy();
        }
    }

    /// Count edges, join at nodes that only two different edges meet in, drop nodes without edges.
    fn tidy(&mut self) {
        loop {
            self.count();
            let through = (0..self.nodes.len() as u32).find_map(|n| {
                let mut meeting = self.edges.iter().enumerate().filter(|(_, e)| e.nodes.contains(&n)).map(|(i, _)| i);
                match (self.nodes[n as usize].edge_count, meeting.next(), meeting.next()) {
                    (2, Some(a), Some(b)) => Some((n, a, b)),
                    _ => None,
                }
            });
            let Some((node, a, b)) = through else { break };
            let second = self.edges.remove(b);
            let first = self.edges.remove(a);
            self.edges.push(joined(first, second, node));
        }
        let mut renumbered = vec![u32::MAX; self.nodes.len()];
        let mut kept = Vec::new();
        for (i, node) in self.nodes.drain(..).enumerate() {
            if node.edge_count > 0 {
                renumbered[i] = kept.len() as u32;
                kept.push(node);
            }
        }
        self.nodes = kept;
        for edge in &mut self.edges {
            edge.nodes = edge.nodes.map(|n| renumbered[n as usize]);
        }
    }

    fn count(&mut self) {
        for node in &mut self.nodes {
            node.edge_count = 0;
        }
        for edge in &self.edges {
            for node in edge.nodes {
                self.nodes[node as usize].edge_count += 1;
            }
        }
    }
}

/// One line of two that meet in `node`.
fn joined(mut first: GraphEdge, mut second: GraphEdge, node: u32) -> GraphEdge {
    if first.nodes[1] != node {
        first.nodes.reverse();
        first.path_px.reverse();
    }
    if second.nodes[0] != node {
        second.nodes.reverse();
        second.path_px.reverse();
    }
    if first.path_px.last() == second.path_px.first() {
        first.path_px.pop();
    }
    first.path_px.extend(second.path_px);
    GraphEdge { nodes: [first.nodes[0], second.nodes[1]], path_px: first.path_px }
}

/// Neighbours on the skeleton; a diagonal one is left out when a straight one already leads there.
fn branches(skeleton: &Plane<bool>, x: i64, y: i64) -> Vec<(i64, i64)> {
    let on = |d: (i64, i64)| skeleton.at(x + d.0, y + d.1) == Some(&true);
    AROUND.into_iter().filter(|&d| on(d) && (d.0 == 0 || d.1 == 0 || !(on((d.0, 0)) || on((0, d.1))))).map(|d| (x + d.0, y + d.1)).collect()
}

struct Tracer<'a> {
    skeleton: &'a Plane<bool>,
    /// 0 outside nodes, else the node's index + 1.
    node_of: Plane<u32>,
    used: Plane<bool>,
    graph: SkeletonGraph,
}

impl Tracer<'_> {
    fn add_nodes(&mut self, ends: &Plane<bool>) {
        let (labels, pieces) = crate::components(ends);
        self.node_of = labels;
        self.graph.nodes = pieces.iter().map(|p| GraphNode { p_px: p.centre_px, edge_count: 0 }).collect();
    }

    /// Follow every line that leaves a node's pixel and was not followed from its other end.
    fn follow_all(&mut self, x: i64, y: i64) {
        let start = self.node_of.at(x, y).copied().unwrap_or(0);
        for next in branches(self.skeleton, x, y) {
            let there = self.node_of.at(next.0, next.1).copied().unwrap_or(0);
            let free = self.used.at(next.0, next.1) == Some(&false);
            if there == 0 && free {
                self.follow(start, (x, y), next);
            } else if there > start {
                // Two nodes side by side.
                let path_px = vec![[x as u32, y as u32], [next.0 as u32, next.1 as u32]];
                self.graph.edges.push(GraphEdge { nodes: [start - 1, there - 1], path_px });
            }
        }
    }

    fn follow(&mut self, start: u32, from: (i64, i64), first: (i64, i64)) {
        let mut path_px = vec![[from.0 as u32, from.1 as u32]];
        let (mut before, mut here) = (from, first);
        loop {
            path_px.push([here.0 as u32, here.1 as u32]);
            let node = self.node_of.at(here.0, here.1).copied().unwrap_or(0);
            if node > 0 {
                self.graph.edges.push(GraphEdge { nodes: [start - 1, node - 1], path_px });
                return;
            }
            self.used.set(here.0 as u32, here.1 as u32, true);
            let open = |p: &(i64, i64)| *p != before && self.used.at(p.0, p.1) == Some(&false);
            let ways = branches(self.skeleton, here.0, here.1);
            // Prefer to end in a node other than the pixel just left.
            let next = ways
                .iter()
                .copied()
                .find(|p| open(p) && self.node_of.at(p.0, p.1).is_some_and(|n| *n > 0))
                .or(ways.iter().copied().find(open));
            let Some(next) = next else {
                // A line that runs into a line already followed ends there, in a node of its own.
                self.graph.nodes.push(GraphNode { p_px: [here.0 as f64, here.1 as f64], edge_count: 0 });
                let node = self.graph.nodes.len() as u32;
                self.graph.edges.push(GraphEdge { nodes: [start - 1, node - 1], path_px });
                return;
            };
            before = here;
            here = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thin;
    use proptest::prelude::*;

    fn picture(rows: &[&str]) -> Plane<bool> {
        let data = rows.iter().flat_map(|r| r.bytes().map(|b| b == b'#')).collect();
        Plane::new(rows[0].len() as u32, rows.len() as u32, data).unwrap()
    }

    /// Read a Y as three lines that meet.
    #[test]
    fn a_fork_has_three_edges() {
        let graph = SkeletonGraph::trace(&picture(&["#.....#", ".#...#.", "..#.#..", "...#...", "...#...", "...#..."]));
        assert_eq!((graph.nodes.len(), graph.edges.len()), (4, 3));
        assert_eq!(graph.nodes.iter().map(|n| n.edge_count).max(), Some(3));
    }

    /// Read a ring as one edge from a node to itself.
    #[test]
    fn a_ring_is_one_edge() {
        let graph = SkeletonGraph::trace(&picture(&["......", "..##..", ".#..#.", ".#..#.", "..##..", "......"]));
        assert_eq!(graph.edges.len(), 1);
        assert_eq!(graph.edges[0].nodes[0], graph.edges[0].nodes[1]);
        assert!(graph.edges[0].path_px.len() >= 8);
    }

    /// Cut a twig off and leave one straight line.
    #[test]
    fn twigs_are_pruned() {
        let mask = picture(&["..........", ".....#....", ".....#....", "##########", ".........."]);
        let graph = SkeletonGraph::trace(&mask);
        assert_eq!(graph.edges.len(), 3);
        let pruned = graph.pruned(4.0);
        assert_eq!((pruned.nodes.len(), pruned.edges.len()), (2, 1));
        assert!((pruned.edges[0].length_px() - 9.0).abs() < 2.0, "{:?}", pruned.edges[0].path_px);
    }

    proptest! {
        /// Trace any skeleton into steps of one pixel, on the skeleton, between existing nodes.
        #[test]
        fn paths_lie_on_the_skeleton(bits in proptest::collection::vec(any::<bool>(), 20 * 16)) {
            let skeleton = thin(&Plane::new(20, 16, bits).unwrap());
            let graph = SkeletonGraph::trace(&skeleton).pruned(3.0);
            for edge in &graph.edges {
                prop_assert!(edge.nodes.iter().all(|n| (*n as usize) < graph.nodes.len()));
                for p in &edge.path_px {
                    prop_assert_eq!(skeleton.get(p[0], p[1]), Some(&true));
                }
            }
        }
    }
}
