//! A reduced soft beam: time of one core per step, beside its sag.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemWorkspace, Lattice, Law, ReducedInput, ReducedModel, ReducedSpec, ReducedWorkspace, lame_pa,
    reduced_rest, reduced_step, rest,
};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "tissue-reduced", what: "a soft beam as a few modes and a few elements", run };

/// MuJoCo 4.0.0, the same beam as one quadratic flex, step 1 ms [ms of one thread per step].
const MUJOCO_MS: f64 = 0.11;
/// Steps of 1 ms that are timed.
const STEP_COUNT: u32 = 2000;
/// Of the load.
const RESIDUAL: f64 = 1e-3;

/// A beam of 0.2 × 0.06 × 0.06 m and what is known about it.
struct Beam {
    young_pa: f64,
    poisson: f64,
    /// Converged sag [mm], and that of MuJoCo's quadratic flex.
    sag_mm: f64,
    mujoco_mm: f64,
    /// Shares of gravity that are shown.
    shares: [f64; 3],
}

impl Beam {
    fn rows(&self, work_errors: &[f64]) -> Result<Vec<Row>, Failure> {
        let lattice = Lattice::new([20, 6, 6], [0.2, 0.06, 0.06]).map_err(Failure::of)?;
        let tip = lattice.node(20, 3, 3);
        let clamped = lattice.nodes_where(|p| p[0] == 0.0);
        let (mu_pa, lambda_pa) = lame_pa(self.young_pa, self.poisson).map_err(Failure::of)?;
        let elements = Elements::Hexahedra(lattice.hexahedra);
        let mut spec = FemSpec::elastic(lattice.nodes_m, elements, Law::NeoHookeanLog { mu_pa, lambda_pa }, 1000.0).clamp(&clamped);
        spec.solver.residual_relative = 1e-6;
        let model = FemModel::new(&spec).map_err(Failure::of)?;
        let (states, shown) = timed(|| self.states(&model));
        let states = states?;
        let mut rows = Vec::new();
        for &work_error in work_errors {
            rows.extend(self.reduced(&model, &states, shown.cpu_s, tip, work_error)?);
        }
        Ok(rows)
    }

    fn reduced(&self, model: &FemModel, states: &[Vec<[f64; 3]>], shown_s: f64, tip: u32, work_error: f64) -> Result<[Row; 2], Failure> {
        let wanted = ReducedSpec { mode_count_max: 24, left_out: 1e-5, work_error, element_count_max: 120 };
        let (reduced, made) = timed(|| ReducedModel::new(model, states, wanted));
        let reduced = reduced.map_err(Failure::of)?;
        let input = ReducedInput { gravity_m_per_s2: [0.0, 0.0, -9.81], forces_n: &[] };
        let mut space = ReducedWorkspace::default();
        let mut still = reduced.state();
        let rested = reduced_rest(&reduced, &mut still, &input, 5, 1e-8, &mut space).map_err(Failure::of)?;
        let mut state = reduced.state();
        let (outputs, times) = timed(|| {
            (0..STEP_COUNT).map(|_| reduced_step(&reduced, &mut state, &input, 1e-3, RESIDUAL, &mut space)).collect::<Result<Vec<_>, _>>()
        });
        let outputs = outputs.map_err(Failure::of)?;
        if !rested.converged || outputs.iter().any(|o| !o.converged) {
            return Err(Failure::of("a reduced step did not converge"));
        }
        let sag_mm = 1e3 * reduced.displacement_m(&still, tip)[2];
        let cpu_ms = 1e3 * times.cpu_s / f64::from(STEP_COUNT);
        let off = |mm: f64| 100.0 * (mm / self.sag_mm - 1.0);
        let report = reduced.report();
        let tangents: u32 = outputs.iter().map(|o| o.tangent_count).sum();
        let iterations: u32 = outputs.iter().map(|o| o.iteration_count).sum();
        let what = format!("{:.0} kPa, nu {}: step of 1 ms", self.young_pa / 1e3, self.poisson);
        Ok([
            Row {
                what: what.clone(),
                value: cpu_ms,
                unit: "CPU ms/step",
                against: Some((format!("MuJoCo 4.0.0 quadratic flex, {MUJOCO_MS} ms"), MUJOCO_MS / cpu_ms)),
                error: format!("sag {sag_mm:.2} mm, {:+.1} % (MuJoCo {:+.1} %)", off(sag_mm), off(self.mujoco_mm)),
            },
            Row {
                what: format!("{what}: {} modes, {} of {} elements", report.mode_count, report.element_count, report.full_element_count),
                value: f64::from(iterations) / f64::from(STEP_COUNT),
                unit: "corrections/step",
                against: None,
                error: format!(
                    "{tangents} tangents in all; work {:.1e}, motion left out {:.1e}; {:.1} s of states, {:.1} s to choose",
                    report.work_error, report.left_out, shown_s, made.cpu_s
                ),
            },
        ])
    }

    /// Gravity in eight directions across the beam.
    fn states(&self, model: &FemModel) -> Result<Vec<Vec<[f64; 3]>>, Failure> {
        let mut space = FemWorkspace::new(model);
        let mut states = Vec::new();
        for turn in 0..8 {
            let (s, c) = ops::sin_cos(f64::from(turn) * std::f64::consts::FRAC_PI_4);
            let mut state = model.state();
            for share in self.shares {
                let input = FemInput { gravity_m_per_s2: [0.0, 9.81 * share * s, 9.81 * share * c], ..FemInput::default() };
                rest(model, &mut state, &input, 1, 0.0, &mut space).map_err(Failure::of)?;
                states.push(state.displacement_m.clone());
            }
        }
        Ok(states)
    }
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let soft = Beam { young_pa: 20e3, poisson: 0.45, sag_mm: -177.7, mujoco_mm: -168.5, shares: [0.3, 0.9, 1.8] };
    let stiff = Beam { young_pa: 1e6, poisson: 0.3, sag_mm: -6.9679, mujoco_mm: -6.732, shares: [0.5, 1.5, 3.0] };
    let mut rows = soft.rows(&[2e-2, 5e-2, 1e-1])?;
    rows.extend(stiff.rows(&[2e-2])?);
    let note = "Let go under gravity, 0.2 × 0.06 × 0.06 m, 20 × 6 × 6 hexahedra behind it, shown at rest under gravity across in eight directions; \
                residual 1e-3 of the load. Sag against converged quadratic elements of the neo-Hookean law, whose energy is not quite MuJoCo's. \
                MuJoCo's times were taken on two shared cores of this class."
        .to_owned();
    Ok(Outcome { rows, note })
}
