//! Triangles of one surface that cut each other.

use crate::tree::{SurfaceTree, TreeNode};
use crate::vector::{V3, cross, det, dot, sub};

impl SurfaceTree {
    /// Pairs of triangles (lower first) that cut each other, at most `count_max`, sorted.
    ///
    /// Triangles that share an edge, and pairs that lie in one plane, are not looked at.
    #[must_use]
    pub fn self_intersections(&self, count_max: usize) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        let surface = self.surface();
        for a in 0..surface.triangles.len() as u32 {
            if pairs.len() >= count_max {
                break;
            }
            let corners = surface.corners_m(a);
            let (low, high) = crate::vector::bounds(corners);
            let mut found = Vec::new();
            self.each_in_box(low, high, |b| {
                if b > a && self.triangles_cut(a, b) {
                    found.push((a, b));
                }
            });
            found.sort_unstable();
            pairs.extend(found);
        }
        pairs.truncate(count_max);
        pairs
    }

    /// Call `found` with every triangle in a leaf that reaches into a box.
    fn each_in_box(&self, low: V3, high: V3, mut found: impl FnMut(u32)) {
        let apart = |node: &TreeNode| (0..3).any(|i| node.low[i] > high[i] || node.high[i] < low[i]);
        let mut stack = vec![0_u32; usize::from(!self.boxes.is_empty())];
        while let Some(index) = stack.pop() {
            let node = &self.boxes[index as usize];
            if apart(node) {
                continue;
            }
            if node.count == 0 {
                stack.extend([node.first, index + 1]);
            } else {
                self.order[node.first as usize..(node.first + node.count) as usize].iter().for_each(|&t| found(t));
            }
        }
    }

    fn triangles_cut(&self, a: u32, b: u32) -> bool {
        let surface = self.surface();
        let (ta, tb) = (&surface.triangles[a as usize], &surface.triangles[b as usize]);
        if ta.iter().filter(|v| tb.contains(v)).count() > 1 {
            return false;
        }
        let (xa, xb) = (surface.corners_m(a), surface.corners_m(b));
        let pierces = |t: &[u32; 3], x: &[V3; 3], other: &[u32; 3], y: &[V3; 3]| {
            (0..3).any(|k| {
                let l = (k + 1) % 3;
                !other.contains(&t[k]) && !other.contains(&t[l]) && segment_cuts(x[k], x[l], y)
            })
        };
        pierces(ta, &xa, tb, &xb) || pierces(tb, &xb, ta, &xa)
    }
}

/// Whether a segment goes through the inside of a triangle.
fn segment_cuts(p: V3, q: V3, [a, b, c]: &[V3; 3]) -> bool {
    let normal = cross(sub(*b, *a), sub(*c, *a));
    let (above, below) = (dot(normal, sub(p, *a)), dot(normal, sub(q, *a)));
    if above * below >= 0.0 {
        return false;
    }
    let sides = [det(p, q, *a, *b), det(p, q, *b, *c), det(p, q, *c, *a)];
    sides.iter().all(|&s| s > 0.0) || sides.iter().all(|&s| s < 0.0)
}
