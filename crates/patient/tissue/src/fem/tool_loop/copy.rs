//! The published contact problem.

use serde::{Deserialize, Serialize};

use crate::TissueError;
use crate::error::check;
use crate::fem::ToolPose;
use crate::fem::mat3::{cross, dot3};

/// Most contacts of a copy.
pub(crate) const CONTACT_COUNT_MAX: u32 = 256;
/// Most that the force of nodes without room in a copy may grow between two copies [1].
const BEYOND_SHARE_MAX: f64 = 2.0;

/// Nodes near a tool, linearised: place = free place + compliance · forces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContactCopy {
    /// Tissue tick that it was made after.
    pub tick: u64,
    /// Node of each contact, shape [n].
    pub node: Vec<u32>,
    /// Tool of each contact, shape [n].
    pub tool: Vec<u32>,
    /// Where each node would be without the forces of these contacts [m], shape [n].
    pub free_m: Vec<[f64; 3]>,
    /// Force on each node [N], shape [n, 3], flat.
    pub force_n: Vec<f64>,
    /// Point of the tool's frame that each node holds on to [m], shape [n].
    pub anchor_m: Vec<[f64; 3]>,
    /// Whether each node slides, shape [n].
    pub slides: Vec<bool>,
    /// Place of each node under the forces [m], shape [n].
    pub place_m: Vec<[f64; 3]>,
    /// How far unknowns yield to forces [m/N], shape [3n, 3n], row by row; symmetric, positive.
    pub compliance_m_per_n: Vec<f64>,
    /// Residual of the tissue tick that it was made after [1].
    pub residual_relative: f64,
    /// Force on the tool of nodes that touch and found no room in the copy [N]; it grows and falls with that of the others.
    pub beyond_n: [f64; 3],
    /// Its moment about the body's origin [N m].
    pub beyond_nm: [f64; 3],
    /// Size of the force on the tool of the nodes in the copy when it was made [N].
    pub kept_n: f64,
}

impl ContactCopy {
    /// Contacts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// No contact is near.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.node.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.node.clear();
        self.tool.clear();
        self.free_m.clear();
        self.force_n.clear();
        self.anchor_m.clear();
        self.slides.clear();
        self.place_m.clear();
        self.compliance_m_per_n.clear();
        (self.beyond_n, self.beyond_nm, self.kept_n) = ([0.0; 3], [0.0; 3], 0.0);
    }

    pub(crate) fn push(&mut self, node: u32, tool: u32, place_m: [f64; 3], force_n: [f64; 3], anchor_m: [f64; 3], slides: bool) {
        self.node.push(node);
        self.tool.push(tool);
        self.free_m.push(place_m);
        self.force_n.extend(force_n);
        self.anchor_m.push(anchor_m);
        self.slides.push(slides);
        self.place_m.push(place_m);
    }

    /// Force on a contact's node [N].
    pub(crate) fn force(&self, c: usize) -> [f64; 3] {
        [self.force_n[3 * c], self.force_n[3 * c + 1], self.force_n[3 * c + 2]]
    }

    /// Free places from the present ones and the forces, once the compliance is there.
    pub(crate) fn set_free(&mut self) {
        for c in 0..self.len() {
            let yielded = self.yielded(c);
            self.free_m[c] = std::array::from_fn(|k| self.place_m[c][k] - yielded[k]);
        }
    }

    /// Present places from the free ones and the forces.
    pub(crate) fn set_places(&mut self) {
        for c in 0..self.len() {
            let yielded = self.yielded(c);
            self.place_m[c] = std::array::from_fn(|k| self.free_m[c][k] + yielded[k]);
        }
    }

    /// Σ_d W_cd f_d [m].
    #[inline]
    pub(crate) fn yielded(&self, c: usize) -> [f64; 3] {
        let n = self.force_n.len();
        std::array::from_fn(|k| {
            let row = &self.compliance_m_per_n[(3 * c + k) * n..(3 * c + k + 1) * n];
            dot(row, &self.force_n)
        })
    }

    /// Force and moment about the origin of a pose on the tool of a loop [N, N m], nodes without room in the copy among them.
    pub(crate) fn on_loop_tool(&self, pose: &ToolPose) -> ([f64; 3], [f64; 3], u32) {
        let (mut force, mut moment, touch_count) = self.on_tool(0, pose);
        if self.kept_n > 0.0 && self.beyond_n != [0.0; 3] {
            let share = (dot3(force, force).sqrt() / self.kept_n).min(BEYOND_SHARE_MAX);
            let arm = cross(pose.position_m, self.beyond_n);
            for k in 0..3 {
                force[k] += share * self.beyond_n[k];
                moment[k] += share * (self.beyond_nm[k] - arm[k]);
            }
        }
        (force, moment, touch_count)
    }

    /// Say how large the force of the nodes in the copy is, and what the others add, all as told by the tissue.
    pub(crate) fn set_beyond(&mut self, others: &[([f64; 3], [f64; 3])]) {
        let (kept, _, _) = self.on_tool(0, &ToolPose::at([0.0; 3]));
        self.kept_n = dot3(kept, kept).sqrt();
        for (place, on_node) in others {
            let f = on_node.map(|v| -v);
            let turn = cross(*place, f);
            for k in 0..3 {
                self.beyond_n[k] += f[k];
                self.beyond_nm[k] += turn[k];
            }
        }
    }

    /// Force and moment about the origin of a pose on one tool [N, N m], sum of normal forces' share left to the caller.
    fn on_tool(&self, tool: u32, pose: &ToolPose) -> ([f64; 3], [f64; 3], u32) {
        let (mut force, mut moment, mut touch_count) = ([0.0; 3], [0.0; 3], 0);
        for c in (0..self.len()).filter(|&c| self.tool[c] == tool) {
            let f = self.force(c).map(|v| -v);
            if f == [0.0; 3] {
                continue;
            }
            touch_count += 1;
            let arm: [f64; 3] = std::array::from_fn(|k| self.place_m[c][k] - pose.position_m[k]);
            let turn = cross(arm, f);
            for k in 0..3 {
                force[k] += f[k];
                moment[k] += turn[k];
            }
        }
        (force, moment, touch_count)
    }

    /// Everything that a loop relies on: sizes, finite numbers, positive diagonal, tools that are there.
    pub(crate) fn check(&self, count_max: u32, tool_count: u32) -> Result<(), TissueError> {
        let n = self.node.len();
        check("copy.node", n as f64, 0.0, f64::from(count_max), "contacts")?;
        for (field, found, wanted) in [
            ("copy.tool", self.tool.len(), n),
            ("copy.free_m", self.free_m.len(), n),
            ("copy.force_n", self.force_n.len(), 3 * n),
            ("copy.anchor_m", self.anchor_m.len(), n),
            ("copy.slides", self.slides.len(), n),
            ("copy.place_m", self.place_m.len(), n),
            ("copy.compliance_m_per_n", self.compliance_m_per_n.len(), 9 * n * n),
        ] {
            if found != wanted {
                return Err(TissueError::Contradiction { field, what: format!("{found} numbers where {wanted} belong") });
            }
        }
        for x in self.free_m.iter().chain(&self.anchor_m).flatten() {
            check("copy.free_m and anchor_m", *x, -1e6, 1e6, "m")?;
        }
        for f in &self.force_n {
            check("copy.force_n", *f, -1e9, 1e9, "N")?;
        }
        for v in self.beyond_n.iter().chain(&self.beyond_nm) {
            check("copy.beyond_n and beyond_nm", *v, -1e9, 1e9, "N, N m")?;
        }
        check("copy.kept_n", self.kept_n, 0.0, 1e9, "N")?;
        for tool in &self.tool {
            check("copy.tool", f64::from(*tool), 0.0, f64::from(tool_count) - 1.0, "1")?;
        }
        for (index, w) in self.compliance_m_per_n.iter().enumerate() {
            let least = if index % (3 * n + 1) == 0 { 1e-15 } else { -1e6 };
            check("copy.compliance_m_per_n", *w, least, 1e6, "m/N")?;
        }
        Ok(())
    }
}

/// Σ aᵢbᵢ in four running sums, added in a fixed order.
#[inline]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lane = [0.0; 4];
    let ((a4, a_rest), (b4, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a4.iter().zip(b4) {
        for k in 0..4 {
            lane[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lane[k] += a * b;
    }
    (lane[0] + lane[2]) + (lane[1] + lane[3])
}
