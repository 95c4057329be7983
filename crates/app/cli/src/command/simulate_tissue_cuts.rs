//! Topology that changes in `proband simulate tissue`: blades, tears, sutures.

use proband_core::{Column, CoreError, Table};
use proband_tissue::fem::{
    CutOptions, FemInput, FemModel, FemSpec, FemState, OpenReport, Opened, Suture, SutureEnd, TearSpec, broken_sutures, cut, tear,
};

use crate::failure::Failure;
use crate::tissue_file::TissueScene;

/// Nodes tried per tear.
const TRIALS: u32 = 4;

/// What happened to the body's topology.
pub(crate) struct Event {
    time_s: f64,
    what: &'static str,
    by: String,
    report: OpenReport,
    /// Energy that a tear released [J].
    released_j: f64,
    unknown_count: u64,
}

/// What was cut and sewn so far.
#[derive(Default)]
pub(crate) struct Course {
    /// Stages done of each blade.
    stages: Vec<u32>,
    sewn: Vec<bool>,
    /// Nodes on both sides of what was opened.
    pairs: Vec<[u32; 2]>,
    /// Sutures in the body, by their place in the scene.
    threads: Vec<usize>,
    pub(crate) events: Vec<Event>,
}

impl Course {
    pub(crate) fn new(scene: &TissueScene) -> Self {
        Self { stages: vec![0; scene.blades.len()], sewn: vec![false; scene.sutures.len()], ..Self::default() }
    }

    fn take(&mut self, opened: Opened, body: (&mut FemSpec, &mut FemModel, &mut FemState), event: (f64, &'static str, String, f64)) {
        let (time_s, what, by, released_j) = event;
        self.pairs.extend(&opened.pairs);
        let unknown_count = opened.model.unknown_count() as u64;
        self.events.push(Event { time_s, what, by, report: opened.report, released_j, unknown_count });
        (*body.0, *body.1, *body.2) = (opened.spec, opened.model, opened.state);
    }

    /// Cut and sew what is due before a tick that ends at a time; true if the body changed.
    pub(crate) fn before_tick(
        &mut self,
        scene: &TissueScene,
        time_s: f64,
        spec: &mut FemSpec,
        model: &mut FemModel,
        state: &mut FemState,
    ) -> Result<bool, Failure> {
        let mut changed = false;
        for (index, blade) in scene.blades.iter().enumerate() {
            while self.stages[index] < blade.stage_count && blade.stage_s(self.stages[index] + 1) <= time_s + 1e-12 {
                self.stages[index] += 1;
                for piece in blade.swept(self.stages[index]).map_err(Failure::of)? {
                    let opened = cut(spec, state, &piece, &CutOptions::USUAL).map_err(Failure::of)?;
                    self.take(opened, (&mut *spec, &mut *model, &mut *state), (time_s, "cut", blade.name.clone(), 0.0));
                    changed = true;
                }
            }
        }
        for (index, stitch) in scene.sutures.iter().enumerate() {
            if self.sewn[index] || stitch.time_s > time_s + 1e-12 {
                continue;
            }
            self.sewn[index] = true;
            let away = |n: u32| (0..3).map(|k| (spec.nodes_m[n as usize][k] - stitch.at_m[k]).powi(2)).sum::<f64>();
            let nearest = self.pairs.iter().copied().min_by(|a, b| away(a[0]).total_cmp(&away(b[0])));
            let Some(pair) = nearest else {
                return Err(Failure::Message(format!("[[suture]] {}: nothing is parted when it is put in, at {time_s} s", index + 1)));
            };
            spec.sutures.push(Suture {
                ends: pair.map(SutureEnd::at),
                stiffness_n_per_m: stitch.stiffness_n_per_m,
                length_m: stitch.length_m,
                break_n: stitch.break_n,
            });
            self.threads.push(index);
            *model = FemModel::new(spec).map_err(Failure::of)?;
            self.note(time_s, "sewn", index, model);
            changed = true;
        }
        Ok(changed)
    }

    fn note(&mut self, time_s: f64, what: &'static str, suture: usize, model: &FemModel) {
        let unknown_count = model.unknown_count() as u64;
        let by = format!("suture {}", suture + 1);
        self.events.push(Event { time_s, what, by, report: OpenReport::default(), released_j: 0.0, unknown_count });
    }

    /// Tear and break what was pulled too hard in a tick; true if the body changed.
    pub(crate) fn after_tick(
        &mut self,
        scene: &TissueScene,
        time_s: f64,
        input: &FemInput<'_>,
        spec: &mut FemSpec,
        model: &mut FemModel,
        state: &mut FemState,
    ) -> Result<bool, Failure> {
        let mut changed = false;
        let broken = broken_sutures(model, state);
        for &index in broken.iter().rev() {
            spec.sutures.remove(index as usize);
            let suture = self.threads.remove(index as usize);
            *model = FemModel::new(spec).map_err(Failure::of)?;
            self.note(time_s, "broken", suture, model);
            changed = true;
        }
        let Some(wanted) = scene.tear else { return Ok(changed) };
        for _ in 0..wanted.per_tick {
            let nodes = wanted
                .within
                .map_or(Vec::new(), |region| (0..spec.nodes_m.len() as u32).filter(|&n| region.holds(spec.nodes_m[n as usize])).collect());
            if wanted.within.is_some() && nodes.is_empty() {
                return Err(Failure::Message("[tear]: no node of the body lies in `within`".into()));
            }
            let (strength_pa, toughness_j_per_m2) = (wanted.strength_pa, wanted.toughness_j_per_m2);
            let rule = TearSpec { strength_pa, toughness_j_per_m2, nodes, trial_count_max: TRIALS, across: wanted.across };
            let Some(step) = tear(spec, model, state, input, &rule).map_err(Failure::of)? else { break };
            self.take(step.opened, (&mut *spec, &mut *model, &mut *state), (time_s, "torn", String::new(), step.released_j));
            changed = true;
        }
        Ok(changed)
    }

    /// What happened, as a table.
    pub(crate) fn table(&self) -> Result<Table, CoreError> {
        let mut table = Table::new("openings");
        let numbers = |get: &dyn Fn(&Event) -> f64| Column::F64(self.events.iter().map(get).collect());
        let mut push = |name: &str, unit: &str, column| table.push(name, unit, "body", "finite elements", column);
        push("time_s", "s", numbers(&|e| e.time_s))?;
        push("what", "", Column::Text(self.events.iter().map(|e| e.what.to_owned()).collect()))?;
        push("by", "", Column::Text(self.events.iter().map(|e| e.by.clone()).collect()))?;
        push("faces", "1", numbers(&|e| e.report.face_count as f64))?;
        push("area_m2", "m2", numbers(&|e| e.report.area_m2))?;
        push("copied_nodes", "1", numbers(&|e| e.report.copied_node_count as f64))?;
        push("split_edges", "1", numbers(&|e| e.report.split_count as f64))?;
        push("deviation_m", "m", numbers(&|e| e.report.deviation_m))?;
        push("dihedral_min_rad", "rad", numbers(&|e| e.report.dihedral_min_rad))?;
        push("volume_change", "1", numbers(&|e| e.report.volume_change))?;
        push("released_j", "J", numbers(&|e| e.released_j))?;
        push("unknowns", "1", numbers(&|e| e.unknown_count as f64))?;
        Ok(table)
    }

    /// One line for the terminal, none if nothing happened.
    pub(crate) fn line(&self) -> Option<String> {
        let count = |what: &str| self.events.iter().filter(|e| e.what == what).count();
        let opened: Vec<&OpenReport> = self.events.iter().filter(|e| e.report.face_count > 0).map(|e| &e.report).collect();
        if self.events.is_empty() {
            return None;
        }
        let area_m2: f64 = opened.iter().map(|r| r.area_m2).sum();
        let angle =
            opened.iter().filter(|r| r.dihedral_min_rad > 0.0).map(|r| r.dihedral_min_rad.to_degrees()).fold(f64::INFINITY, f64::min);
        let change = opened.iter().map(|r| r.volume_change.abs()).fold(0.0, f64::max);
        let quality =
            if angle.is_finite() { format!(", smallest dihedral angle {angle:.1}°, volume kept to {change:.0e}") } else { String::new() };
        Some(format!(
            "{} cuts, {} tears, {} sutures ({} broken): {:.1} mm² opened{quality}",
            count("cut"),
            count("torn"),
            count("sewn"),
            count("broken"),
            1e6 * area_m2
        ))
    }
}
