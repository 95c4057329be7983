//! Needles in `proband simulate tissue`.

use proband_core::{Column, CoreError, Table, ops};
use proband_tissue::Medium;
use proband_tissue::fem::{
    FemOutput, FemSpec, FemState, LinearBody, LinearSpace, NeedleMedium, NeedlingModel, NeedlingSpec, NeedlingState, ShaftOutput,
    ShaftPose, ToolForce,
};

use super::simulate_tissue::Tick;
use crate::failure::Failure;
use crate::tissue_file::{Body, TissueScene};

/// Needles and the linear body that they are in.
pub(super) struct Needled {
    model: NeedlingModel,
    state: NeedlingState,
    space: LinearSpace,
    rows: Vec<(f64, usize, ShaftOutput, ShaftPose)>,
    energy_before: [f64; 3],
}

impl Needled {
    /// The needles of a scene, if there are any.
    pub(super) fn new(scene: &TissueScene, spec: &FemSpec) -> Result<Option<Self>, Failure> {
        let Some(first) = scene.needles.first() else { return Ok(None) };
        let cell_m = match &scene.body {
            Body::Lattice { size_m, cells } => (0..3).map(|k| size_m[k] / f64::from(cells[k])).fold(0.0, f64::max),
            Body::Ellipsoid { cell_m, .. } => *cell_m,
            Body::File { .. } => return Err(Failure::Message("needles want a body that is a `box` or an `ellipsoid`".into())),
        };
        // Layers touch each other in the order of z; only the first one met from outside needs to know that it is skin.
        let top = scene.materials.iter().map(|m| m.layer_m[0]).fold(0.0, f64::max);
        let media = scene.materials.iter().map(|m| NeedleMedium {
            medium: if m.layer_m[0] >= top { Medium::Skin } else { Medium::Fat },
            layer: Some(m.against_needles.layer(first.needle.outer_diameter_m)),
            entry_n: m.against_needles.puncture_n,
        });
        let needles = scene.needles.iter().map(|n| n.needle.clone()).collect();
        let spec_of_needles = NeedlingSpec { tubes: scene.vessels.clone(), ..NeedlingSpec::plain(needles, media.collect(), cell_m) };
        let body = LinearBody::new(spec, 0.5 * cell_m).map_err(Failure::of)?;
        let model = NeedlingModel::new(body, spec_of_needles).map_err(Failure::of)?;
        Ok(Some(Self { state: model.state(), model, space: LinearSpace::default(), rows: Vec::new(), energy_before: [0.0; 3] }))
    }

    /// One tick; the displacement goes to `state`.
    pub(super) fn advance(&mut self, scene: &TissueScene, state: &mut FemState, time_s: f64) -> Tick {
        let poses: Vec<_> = scene.needles.iter().map(|n| n.pose(time_s)).collect();
        let outputs = self.model.step(&mut self.state, &poses, scene.tick_s, &mut self.space);
        state.displacement_m = self.model.field_m(&self.state, &mut self.space);
        let forces = outputs.iter().zip(&poses).map(|(out, pose)| {
            let deep = cross(pose.axis, pose.side);
            let force_n = std::array::from_fn(|k| {
                -out.force_axial_n * pose.axis[k] + out.force_lateral_n[0] * pose.side[k] + out.force_lateral_n[1] * deep[k]
            });
            ToolForce { force_n, touch_count: out.hold_count, ..ToolForce::default() }
        });
        let forces = forces.collect();
        self.rows.extend(outputs.iter().zip(&poses).enumerate().map(|(k, (out, pose))| (time_s, k, *out, *pose)));
        let sums = (0..scene.needles.len()).filter_map(|k| self.state.energy(k));
        let [work, friction, rest] = sums.fold([0.0; 3], |s, e| [s[0] + e.work_j, s[1] + e.friction_j, s[2] + e.cutting_j + e.rupture_j]);
        let before = std::mem::replace(&mut self.energy_before, [work, friction, rest]);
        let out = FemOutput {
            converged: !outputs.iter().any(|o| o.unsettled),
            residual_relative: 0.0,
            newton_count: 1,
            pcg_count: 0,
            backtrack_count: 0,
            projected_count: 0,
            contact_round_count: 0,
            touch_count: outputs.iter().map(|o| o.hold_count).sum(),
            penetration_m: 0.0,
            friction_j: friction - before[1],
            halving_count: 0,
            det_min: 1.0,
            det_max: 1.0,
            elastic_j: self.state.stored_j(),
            kinetic_j: 0.0,
            work_j: work - before[0],
            loss_j: friction - before[1] + rest - before[2],
            unbalanced_j: 0.0,
        };
        Tick { time_s, out, forces, tools_m: poses.iter().map(|p| p.tip_m).collect() }
    }

    /// Table `needles`: what each needle felt and did, tick by tick.
    pub(super) fn table(&self, scene: &TissueScene) -> Result<Table, CoreError> {
        let mut table = Table::new("needles");
        let numbers = |get: &dyn Fn(&ShaftOutput) -> f64| Column::F64(self.rows.iter().map(|(_, _, o, _)| get(o)).collect());
        let of_pose = |get: &dyn Fn(usize, &ShaftPose) -> f64| Column::F64(self.rows.iter().map(|(_, k, _, p)| get(*k, p)).collect());
        let mut push = |name: &str, unit: &str, column| table.push(name, unit, "needle", "finite elements", column);
        push("time_s", "s", Column::F64(self.rows.iter().map(|(t, ..)| *t).collect()))?;
        push("needle", "", Column::Text(self.rows.iter().map(|(_, k, ..)| scene.needles[*k].name.clone()).collect()))?;
        push("force_axial_n", "N", numbers(&|o| o.force_axial_n))?;
        push("tip_force_n", "N", numbers(&|o| o.tip_force_n))?;
        push("force_across_n", "N", numbers(&|o| ops::hypot(o.force_lateral_n[0], o.force_lateral_n[1])))?;
        push("depth_m", "m", numbers(&|o| if o.depth_m.is_finite() { o.depth_m } else { f64::NAN }))?;
        push("tissue_moved_m", "m", numbers(&|o| o.moved_m))?;
        push("tent_m", "m", numbers(&|o| o.tent_m))?;
        push("bent_m", "m", numbers(&|o| ops::hypot(o.deflection_m[0], o.deflection_m[1])))?;
        for (axis, letter) in ["x", "y", "z"].iter().enumerate() {
            push(&format!("vessel_moved_{letter}_m"), "m", numbers(&|o| o.tube_moved_m[axis]))?;
            push(&format!("tip_{letter}_m"), "m", of_pose(&|_, p| p.tip_m[axis]))?;
            let hub = |k: usize, p: &ShaftPose| p.tip_m[axis] - scene.needles[k].needle.length_m * p.axis[axis];
            push(&format!("hub_{letter}_m"), "m", of_pose(&hub))?;
        }
        push("radius_m", "m", of_pose(&|k, _| 0.5 * scene.needles[k].needle.outer_diameter_m))?;
        let events = |o: &ShaftOutput| o.events.as_slice().iter().map(|e| format!("{:?}", e.kind)).collect::<Vec<_>>().join(" ");
        push("events", "", Column::Text(self.rows.iter().map(|(_, _, o, _)| events(o)).collect()))?;
        Ok(table)
    }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
