//! Tears against Griffith: a double cantilever beam.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, SolverSpec, TearSpec, internal_forces_n,
    lame_pa, open, rest, tear,
};

use super::text;
use crate::Obtained;

const LENGTH_M: f64 = 0.1;
/// Height of an arm.
const ARM_M: f64 = 3e-3;
const WIDTH_M: f64 = 2e-3;
const NOTCH_M: f64 = 0.045;
const YOUNG_PA: f64 = 1e6;
const TOUGHNESS: f64 = 0.5;
/// The crack is led to this length.
const END_M: f64 = 0.062;

/// A notched beam whose ends are led apart.
struct Beam {
    spec: FemSpec,
    model: FemModel,
    state: FemState,
    /// Nodes led, with the sign of their way; the nodes held at the far end come behind them.
    ends: Vec<(u32, f64)>,
    far_count: usize,
    middle: Vec<u32>,
    /// Length of the crack.
    crack_m: f64,
    cell_m: f64,
}

impl Beam {
    fn new(cell_m: f64) -> Result<Self, String> {
        let count = |length_m: f64| (length_m / cell_m).round() as u32;
        let (nx, ny, nz) = (count(LENGTH_M), 2, 2 * count(ARM_M));
        let lattice = Lattice::new([nx, ny, nz], [f64::from(nx) * cell_m, WIDTH_M, 2.0 * ARM_M]).map_err(text)?;
        let (mu_pa, lambda_pa) = lame_pa(YOUNG_PA, 0.0).map_err(text)?;
        let law = Law::Linear { mu_pa, lambda_pa };
        let whole = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0);
        let k = nz / 2;
        let notch = count(NOTCH_M);
        let at = |i: u32, j: u32| lattice.node(i, j, k);
        let faces: Vec<Vec<u32>> = (0..notch)
            .flat_map(|i| (0..ny).map(move |j| (i, j)))
            .map(|(i, j)| vec![at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)])
            .collect();
        let state = FemModel::new(&whole).map_err(text)?.state();
        let mut spec = open(&whole, &state, &faces, false).map_err(text)?.spec;
        let ends: Vec<(u32, f64)> = (0..=ny).flat_map(|j| [(lattice.node(0, j, 0), -1.0), (lattice.node(0, j, nz), 1.0)]).collect();
        spec.held.extend(ends.iter().map(|e| HeldNode { node: e.0, axes: [false, false, true] }));
        spec.held.extend((0..=ny).map(|j| HeldNode { node: at(nx, j), axes: [true, j == 0, true] }));
        spec.solver = SolverSpec { residual_relative: 1e-7, ..SolverSpec::RECORD };
        let model = FemModel::new(&spec).map_err(text)?;
        let state = model.state();
        let middle = (0..=nx).flat_map(|i| (0..=ny).map(move |j| at(i, j))).collect();
        Ok(Self { spec, model, state, ends, far_count: ny as usize + 1, middle, crack_m: f64::from(notch) * cell_m, cell_m })
    }

    /// Force on one end [N].
    fn force_n(&self) -> f64 {
        let all = internal_forces_n(&self.model, &self.state, &mut FemWorkspace::new(&self.model));
        self.ends.iter().filter(|e| e.1 > 0.0).map(|e| all[e.0 as usize][2]).sum()
    }
}

/// What a crack did.
struct Growth {
    /// P² a² / (b E I) over the toughness at each tear: mean of before and after.
    release: Vec<f64>,
    released_j: f64,
    /// Area by the length of the crack.
    area_m2: f64,
    /// Length over that of beam theory, at each arrest.
    length: Vec<f64>,
}

fn grow(cell_m: f64) -> Result<Growth, String> {
    let mut beam = Beam::new(cell_m)?;
    let bending = YOUNG_PA * WIDTH_M * ARM_M.powi(3) / 12.0;
    let of = |force_n: f64, crack_m: f64| (force_n * crack_m).powi(2) / (WIDTH_M * bending) / TOUGHNESS;
    let mut out = Growth { release: Vec::new(), released_j: 0.0, area_m2: 0.0, length: Vec::new() };
    // Half the opening at which beam theory lets the notch go on, less a tenth: then in steps of two in a hundred.
    let first_m = (TOUGHNESS * WIDTH_M * NOTCH_M.powi(4) / (9.0 * bending)).sqrt();
    let mut half_m = 0.9 * first_m;
    while beam.crack_m < END_M {
        let mut led: Vec<[f64; 3]> = beam.ends.iter().map(|e| [0.0, 0.0, e.1 * half_m]).collect();
        led.extend(vec![[0.0; 3]; beam.far_count]);
        let input = FemInput { led_m: &led, ..FemInput::default() };
        let told = rest(&beam.model, &mut beam.state, &input, 1, 0.0, &mut FemWorkspace::new(&beam.model)).map_err(text)?;
        if !told.converged || half_m > 3.0 * first_m {
            return Err(format!("crack at {:.4} m: {told:?}", beam.crack_m));
        }
        let mut grew = false;
        loop {
            let rule = TearSpec {
                strength_pa: 0.5e3,
                toughness_j_per_m2: TOUGHNESS,
                nodes: beam.middle.clone(),
                trial_count_max: 6,
                across: Some([0.0, 0.0, 1.0]),
            };
            let before = of(beam.force_n(), beam.crack_m);
            let Some(step) = tear(&beam.spec, &beam.model, &beam.state, &input, &rule).map_err(text)? else { break };
            let tip_m = step.at.iter().map(|f| beam.spec.nodes_m[f.node as usize][0]).fold(0.0, f64::max) + beam.cell_m;
            out.released_j += step.released_j;
            out.area_m2 += WIDTH_M * (tip_m - beam.crack_m);
            beam.crack_m = tip_m;
            (beam.spec, beam.model, beam.state) = (step.opened.spec, step.opened.model, step.opened.state);
            out.release.push(0.5 * (before + of(beam.force_n(), beam.crack_m)));
            grew = true;
        }
        if grew {
            out.length.push(beam.crack_m / (9.0 * bending * half_m * half_m / (WIDTH_M * TOUGHNESS)).sqrt().sqrt());
        }
        half_m += 0.02 * first_m;
    }
    Ok(out)
}

fn worst(values: &[f64]) -> f64 {
    values.iter().fold(1.0, |w: f64, v| if (v - 1.0).abs() > (w - 1.0).abs() { *v } else { w })
}

pub(super) fn griffith() -> Result<Vec<Obtained>, String> {
    let (coarse, fine) = (grow(1e-3)?, grow(0.75e-3)?);
    Ok(vec![
        Obtained::new("cells of 1 mm: P2 a2 / (b E I) over Gc while the crack grows, worst", worst(&coarse.release)),
        Obtained::new("cells of 1 mm: energy released over Gc times the area", coarse.released_j / (TOUGHNESS * coarse.area_m2)),
        Obtained::new("cells of 1 mm: length of the crack over beam theory's, worst arrest", worst(&coarse.length)),
        Obtained::new("cells of 0.75 mm: P2 a2 / (b E I) over Gc while the crack grows, worst", worst(&fine.release)),
        Obtained::new("cells of 0.75 mm: energy released over Gc times the area", fine.released_j / (TOUGHNESS * fine.area_m2)),
        Obtained::new("cells of 0.75 mm: length of the crack over beam theory's, worst arrest", worst(&fine.length)),
    ])
}
