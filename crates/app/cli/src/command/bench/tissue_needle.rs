//! Needles in a block of tissue: ticks per second with one and three of them.

use proband_tissue::fem::{
    Elements, FemPart, FemSpec, Lattice, Law, LinearBody, LinearSpace, NeedleMedium, NeedlingModel, NeedlingSpec, Prony, ShaftPose, lame_pa,
};
use proband_tissue::{LayerMechanics, Medium, NeedleSpec};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "tissue-needle", what: "needles in finite elements", run };

/// 24 × 24 × 16 mm of 2 mm cells; the upper 4 mm are skin.
const CELLS: [u32; 3] = [12, 12, 8];
const SIZE_M: [f64; 3] = [24e-3, 24e-3, 16e-3];
const SKIN_LAYERS: usize = 2;
/// A needle goes 11 mm in and half of it out again at 20 mm/s, ticks of 1 ms.
const WAY_M: [f64; 3] = [16.5e-3, 5e-3, 10e-3];
const TICK_S: f64 = 1e-3;
const STEP_M: f64 = 20e-6;

fn block() -> Result<FemSpec, Failure> {
    let lattice = Lattice::new(CELLS, SIZE_M).map_err(Failure::of)?;
    let aside = |v: f64, size: f64| v < 1e-9 || v > size - 1e-9;
    let held = lattice.nodes_where(|p| p[2] < 1e-9 || aside(p[0], SIZE_M[0]) || aside(p[1], SIZE_M[1]));
    let (low, high) = lattice.hexahedra.split_at((CELLS[0] * CELLS[1]) as usize * (CELLS[2] as usize - SKIN_LAYERS));
    let part = |cells: &[[u32; 8]], young_pa: f64| -> Result<FemPart, Failure> {
        let (mu_pa, lambda_pa) = lame_pa(young_pa, 0.45).map_err(Failure::of)?;
        Ok(FemPart {
            elements: Elements::Hexahedra(cells.to_vec()),
            law: Law::Linear { mu_pa, lambda_pa },
            viscosity: Prony::default(),
            density_kg_per_m3: 1000.0,
            fibres: Vec::new(),
        })
    };
    let parts = vec![part(low, 20e3)?, part(high, 60e3)?];
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), parts[0].elements.clone(), parts[0].law.clone(), 1000.0);
    spec.parts = parts;
    Ok(spec.clamp(&held))
}

fn media() -> Vec<NeedleMedium> {
    // Static friction equal to sliding, no viscosity: the energy of every part of the work is then known.
    let layer = |cutting_n: f64, drag: f64| LayerMechanics {
        viscous_in_n_s_per_m2: 0.0,
        viscous_out_n_s_per_m2: 0.0,
        static_in_n_per_m: drag,
        static_out_n_per_m: drag,
        coulomb_in_n_per_m: drag,
        coulomb_out_n_per_m: drag,
        ..LayerMechanics::from_drag(cutting_n, drag)
    };
    vec![
        NeedleMedium { medium: Medium::Fat, layer: Some(layer(0.05, 30.0)), entry_n: 0.0 },
        NeedleMedium { medium: Medium::Skin, layer: Some(layer(0.15, 60.0)), entry_n: 0.6 },
    ]
}

fn rows(count: usize) -> Result<Vec<Row>, Failure> {
    let body = LinearBody::new(&block()?, 1e-3).map_err(Failure::of)?;
    let needles = vec![NeedleSpec::gauge_21(32e-3); count];
    let model = NeedlingModel::new(body, NeedlingSpec::plain(needles, media(), 2e-3)).map_err(Failure::of)?;
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    let places = [[12e-3, 12e-3], [7e-3, 9e-3], [17e-3, 15e-3]];
    let mut unsettled = 0_u32;
    let mut ticks = 0_u32;
    let (told, times) = timed(|| -> Result<(), Failure> {
        for way in WAY_M.windows(2) {
            let steps = ((way[1] - way[0]).abs() / STEP_M).round() as u32;
            for step in 1..=steps {
                let z = way[0] + (way[1] - way[0]) * f64::from(step) / f64::from(steps);
                let poses: Vec<ShaftPose> = places[..count]
                    .iter()
                    .map(|[x, y]| ShaftPose::new([*x, *y, z], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]))
                    .collect::<Result<_, _>>()
                    .map_err(Failure::of)?;
                let outputs = model.step(&mut state, &poses, TICK_S, &mut space);
                unsettled += u32::from(outputs.iter().any(|o| o.unsettled));
                ticks += 1;
            }
        }
        Ok(())
    });
    told?;
    let (mut work_j, mut gone_j) = (0.0, 0.0);
    for index in 0..count {
        if let Some(energy) = state.energy(index) {
            work_j += energy.work_j;
            gone_j += energy.dissipated_j();
        }
    }
    let open = (work_j - state.stored_j() - gone_j) / work_j;
    let rate = f64::from(ticks) / times.cpu_s;
    Ok(vec![Row {
        what: format!("{count} needle{} 11 mm deep, 1 152 cells, points 2 mm apart", if count == 1 { "" } else { "s" }),
        value: rate,
        unit: "ticks/CPU s",
        against: Some(("1 kHz in real time".into(), rate * TICK_S)),
        error: format!("energy open {:+.1e} of the work; {unsettled} of {ticks} ticks not settled", open),
    }])
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let mut all = Vec::new();
    for count in [1, 3] {
        interrupt.check()?;
        all.extend(rows(count)?);
    }
    let note =
        "Small displacements: the stiffness is that at rest, factored once. Three solves for a new point of the channel, then products of \
                3 × 3 matrices and one small problem with bounds per tick."
            .to_owned();
    Ok(Outcome { rows: all, note })
}
