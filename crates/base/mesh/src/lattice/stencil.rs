//! How a lattice tetrahedron is filled: whole, or cut between two materials.
//!
//! Local corners 0, 1 are middles, 2, 3 corners of cubes: edges 0–1 and 2–3 are long, the other four short.

use super::grid::ON_INTERFACE;

/// A corner (i, i) or the cut point on the edge (i, j).
pub(crate) type Point = (u8, u8);

/// A piece of a tetrahedron: four points, and its material.
pub(crate) type Piece = ([Point; 4], u16);

/// A lattice tetrahedron as the stencils see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Corners {
    /// Material of each corner, or [`ON_INTERFACE`].
    pub(crate) labels: [u16; 4],
    /// Whether the short edge from middle i (0, 1) to cube corner j (2, 3) goes upwards an even number of times.
    pub(crate) is_even: [[bool; 2]; 2],
}

impl Corners {
    fn is_long(i: u8, j: u8) -> bool {
        (i < 2) == (j < 2)
    }

    fn is_even(&self, i: u8, j: u8) -> bool {
        let (middle, corner) = if i < 2 { (i, j) } else { (j, i) };
        self.is_even[usize::from(middle)][usize::from(corner - 2)]
    }

    /// Which of the pair p, q the diagonal touches in the face with the single corner n.
    ///
    /// Depends on the face alone, so that both tetrahedra at it agree, and not on which side is which. With a long
    /// and a short cut edge the diagonal touches the cut point of the long one; with two short ones parity decides.
    fn diagonal_end(&self, p: u8, q: u8, n: u8) -> u8 {
        let touches_p = if Self::is_long(p, n) { false } else { Self::is_long(q, n) || self.is_even(p, n) };
        if touches_p { p } else { q }
    }

    /// Different materials of the corners that are not on an interface: how many, and the first two.
    pub(crate) fn materials(&self) -> (u8, [u16; 2]) {
        let (mut count, mut first) = (0_u8, [ON_INTERFACE; 2]);
        for (i, &label) in self.labels.iter().enumerate() {
            if label != ON_INTERFACE && !self.labels[..i].contains(&label) {
                if count < 2 {
                    first[usize::from(count)] = label;
                }
                count += 1;
            }
        }
        (count, first)
    }

    /// Add the pieces of one material of a tetrahedron with two. Material 0 gives none.
    pub(crate) fn cut(&self, label: u16, out: &mut Vec<Piece>) {
        if label == 0 {
            return;
        }
        let of = |wanted: &dyn Fn(u16) -> bool| (0..4_u8).filter(move |&i| wanted(self.labels[usize::from(i)])).collect::<Few>();
        let mine = of(&|l| l == label);
        let theirs = of(&|l| l != label && l != ON_INTERFACE);
        let shared = of(&|l| l == ON_INTERFACE);
        let mut push = |points: [Point; 4]| out.push((oriented(points), label));
        match (mine.as_slice(), theirs.as_slice(), shared.as_slice()) {
            (&[p], _, _) => {
                let mut points = [(p, p); 4];
                for (slot, i) in points[1..].iter_mut().zip((0..4).filter(|&i| i != p)) {
                    *slot = if self.labels[usize::from(i)] == ON_INTERFACE { (i, i) } else { edge(p, i) };
                }
                push(points);
            }
            (&[p, q], &[n], &[z]) => {
                let end = self.diagonal_end(p, q, n);
                let other = if end == p { q } else { p };
                push([(end, end), (other, other), edge(other, n), (z, z)]);
                push([(end, end), edge(other, n), edge(end, n), (z, z)]);
            }
            (&[p, q, r], &[n], _) => {
                let arrow = |a: u8, b: u8| self.diagonal_end(a, b, n) == a;
                let top = [p, q, r].map(|i| (i, i));
                let bottom = [p, q, r].map(|i| edge(i, n));
                prism(top, bottom, [arrow(p, q), arrow(q, r), arrow(r, p)], &mut push);
            }
            (&[p, q], &[m, n], _) => {
                let over_m = self.diagonal_end(p, q, m) == p;
                let over_n = self.diagonal_end(p, q, n) == p;
                // The interface between the two cuts takes the one diagonal that lets the prism be split.
                let between = over_n;
                prism([(p, p), edge(p, m), edge(p, n)], [(q, q), edge(q, m), edge(q, n)], [over_m, between, !over_n], &mut push);
            }
            _ => {}
        }
    }
}

/// Up to four small numbers without allocation.
#[derive(Clone, Copy)]
struct Few {
    items: [u8; 4],
    count: usize,
}

impl Few {
    fn as_slice(&self) -> &[u8] {
        &self.items[..self.count]
    }
}

impl FromIterator<u8> for Few {
    fn from_iter<I: IntoIterator<Item = u8>>(iter: I) -> Self {
        let mut few = Self { items: [0; 4], count: 0 };
        for item in iter.into_iter().take(4) {
            few.items[few.count] = item;
            few.count += 1;
        }
        few
    }
}

fn edge(i: u8, j: u8) -> Point {
    (i.min(j), i.max(j))
}

/// Three tetrahedra that fill a prism. `arrows[k]`: whether the diagonal of side k, from edge k to k + 1, starts at the top of k.
fn prism(top: [Point; 3], bottom: [Point; 3], arrows: [bool; 3], push: &mut impl FnMut([Point; 4])) {
    // Diagonals that start at the top of each corner; without a cycle these are 2, 1 and 0.
    let mut starts = [0_u8; 3];
    for (k, &arrow) in arrows.iter().enumerate() {
        starts[if arrow { k } else { (k + 1) % 3 }] += 1;
    }
    let with = |count: u8| starts.iter().position(|&s| s == count).unwrap_or(0);
    let (x, y, z) = (with(2), with(1), with(0));
    push([top[x], top[y], top[z], bottom[z]]);
    push([top[x], top[y], bottom[y], bottom[z]]);
    push([top[x], bottom[x], bottom[y], bottom[z]]);
}

/// The same four points, positively oriented in a positively oriented tetrahedron.
fn oriented(points: [Point; 4]) -> [Point; 4] {
    // Barycentric coordinates times two, cut points in the middle of their edges.
    let rows: [[i32; 4]; 4] = points.map(|(i, j)| {
        let mut row = [0; 4];
        row[usize::from(i)] += 1;
        row[usize::from(j)] += 1;
        row
    });
    if det4(&rows) < 0 { [points[1], points[0], points[2], points[3]] } else { points }
}

fn det4(m: &[[i32; 4]; 4]) -> i32 {
    let pair = |r: usize, a: usize, b: usize| m[r][a] * m[r + 1][b] - m[r][b] * m[r + 1][a];
    pair(0, 0, 1) * pair(2, 2, 3) - pair(0, 0, 2) * pair(2, 1, 3) + pair(0, 0, 3) * pair(2, 1, 2) + pair(0, 1, 2) * pair(2, 0, 3)
        - pair(0, 1, 3) * pair(2, 0, 2)
        + pair(0, 2, 3) * pair(2, 0, 1)
}
