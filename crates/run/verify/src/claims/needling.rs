//! Claims about needles in finite elements.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemPart, FemSpec, FemWorkspace, Lattice, Law, LinearBody, LinearSpace, NeedleMedium, NeedleTube,
    NeedlingModel, NeedlingSpec, NeedlingState, PatchModel, PatchSpec, PatchYoung, Prony, ShaftOutput, ShaftPose, cutting_force_n, lame_pa,
    rest,
};
use proband_tissue::{
    LayerMechanics, Medium, NeedleEventKind, NeedleInput, NeedleModel, NeedleOutput, NeedlePath, NeedleSpec, NeedleTissueSpec, Span,
    SpanKind,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("needle-fem-laws", laws), claim!("needle-fem-axis", axis), claim!("needle-fem-linear", linear)];

const TICK_S: f64 = 1e-3;
const DOWN: [f64; 3] = [0.0, 0.0, -1.0];
const SIDE: [f64; 3] = [1.0, 0.0, 0.0];
/// Friction of the two layers per length [N/m], and thickness of the upper one [m].
const DRAG: [f64; 2] = [30.0, 60.0];
const UPPER_M: f64 = 4e-3;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A block of 24 × 24 × 16 mm, sides and bottom held; its upper 4 mm are stiffer.
fn block() -> Result<FemSpec, String> {
    let lattice = Lattice::new([12, 12, 8], [24e-3, 24e-3, 16e-3]).map_err(text)?;
    let edge = 24e-3 - 1e-9;
    let held = lattice.nodes_where(|p| p[2] < 1e-9 || p[0] < 1e-9 || p[1] < 1e-9 || p[0] > edge || p[1] > edge);
    let (low, high) = lattice.hexahedra.split_at(12 * 12 * 6);
    let mut parts = Vec::new();
    for (cells, young) in [(low, 20e3), (high, 60e3)] {
        let (mu_pa, lambda_pa) = lame_pa(young, 0.45).map_err(text)?;
        parts.push(FemPart {
            elements: Elements::Hexahedra(cells.to_vec()),
            law: Law::Linear { mu_pa, lambda_pa },
            viscosity: Prony::default(),
            density_kg_per_m3: 1000.0,
            fibres: Vec::new(),
        });
    }
    let law = parts[0].law.clone();
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(low.to_vec()), law, 1000.0);
    spec.parts = parts;
    Ok(spec.clamp(&held))
}

/// Static friction equal to dynamic, none that grows with speed.
fn layer(cutting_n: f64, drag: f64) -> LayerMechanics {
    LayerMechanics {
        cutting_n,
        static_in_n_per_m: drag,
        static_out_n_per_m: drag,
        coulomb_in_n_per_m: drag,
        coulomb_out_n_per_m: drag,
        viscous_in_n_s_per_m2: 0.0,
        viscous_out_n_s_per_m2: 0.0,
    }
}

fn media() -> Vec<NeedleMedium> {
    vec![
        NeedleMedium { medium: Medium::Fat, layer: Some(layer(0.05, DRAG[0])), entry_n: 0.0 },
        NeedleMedium { medium: Medium::Skin, layer: Some(layer(0.15, DRAG[1])), entry_n: 0.6 },
    ]
}

fn pose(x_m: f64, z_m: f64) -> Result<ShaftPose, String> {
    ShaftPose::new([x_m, 12e-3, z_m], DOWN, SIDE).map_err(text)
}

fn drive(
    model: &NeedlingModel,
    state: &mut NeedlingState,
    space: &mut LinearSpace,
    way: [f64; 2],
    step_m: f64,
) -> Result<Vec<ShaftOutput>, String> {
    let count = ((way[1] - way[0]).abs() / step_m).ceil() as u32;
    (1..=count)
        .map(|i| {
            let z = way[0] + (way[1] - way[0]) * f64::from(i) / f64::from(count);
            let out = model.step(state, &[pose(12e-3, z)?], TICK_S, space)[0];
            if out.unsettled { Err(format!("forces did not settle at {z} m")) } else { Ok(out) }
        })
        .collect()
}

fn largest_mm(model: &NeedlingModel, state: &NeedlingState, space: &mut LinearSpace) -> f64 {
    1e3 * model.field_m(state, space).iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()))
}

fn laws() -> Result<Vec<Obtained>, String> {
    let spec = block()?;
    let body = LinearBody::new(&spec, 1e-3).map_err(text)?;
    let needle = NeedleSpec::gauge_21(32e-3);
    let model = NeedlingModel::new(body.clone(), NeedlingSpec::plain(vec![needle.clone()], media(), 2e-3)).map_err(text)?;
    let mut rows = there_and_back(&model)?;
    rows.push(Obtained::new("cutting force for 164 J/m2 and 0.819 mm", cutting_force_n(164.0, 0.819e-3)));
    rows.extend(aside(&body, &needle)?);
    rows.push(Obtained::new("two needles: force on one for a way of the other, over the reverse", reciprocity(&body, &needle)?));
    rows.push(Obtained::new("outputs that are not finite after NaN, reversal, jumps and 10 m/s", hostile(&model)?));
    rows.push(Obtained::new("condensed body against the full solver under the same load, largest difference", against_full(&spec, &body)?));
    Ok(rows)
}

fn there_and_back(model: &NeedlingModel) -> Result<Vec<Obtained>, String> {
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    let inward = drive(model, &mut state, &mut space, [16.5e-3, 5e-3], 10e-6)?;
    let event = inward.iter().flat_map(|o| o.events.as_slice()).find(|e| e.kind == NeedleEventKind::SkinPuncture);
    let puncture_n = event.ok_or("no puncture")?.force_n;
    let in_mm = largest_mm(model, &state, &mut space);
    let outward = drive(model, &mut state, &mut space, [5e-3, 10e-3], 10e-6)?;
    let e = state.energy(0).ok_or("no energy")?;
    let open = (e.work_j - state.stored_j() - e.dissipated_j()).abs() / e.work_j;
    let drag = |o: &ShaftOutput| DRAG[1] * UPPER_M + DRAG[0] * (o.depth_m - UPPER_M);
    let last = outward.last().ok_or("no tick")?;
    let most = outward.iter().map(|o| -o.force_axial_n / drag(o)).fold(f64::NEG_INFINITY, f64::max);
    let (last_n, last_drag) = (last.force_axial_n, drag(last));
    drive(model, &mut state, &mut space, [10e-3, 22e-3], 20e-6)?;
    Ok(vec![
        Obtained::new("work less stored, friction, cutting and rupture, over the work", open),
        Obtained::new("rupture of the surface: energy set free over the work", e.rupture_j / e.work_j),
        Obtained::new("force at the puncture over the force given", puncture_n / 0.6),
        Obtained::new("sliding out: force over the friction of the inserted length", last_n / last_drag),
        Obtained::new("force over that friction at any time on the way out, largest", most),
        Obtained::new("largest displacement with the needle in", in_mm),
        Obtained::new("largest displacement with the needle out again", largest_mm(model, &state, &mut space)),
    ])
}

/// A vein of 4 × 3 mm across the needle, 7.5 mm under the surface.
fn vein(offset_m: f64) -> NeedleTube {
    NeedleTube {
        kind: SpanKind::Vein,
        structure: 1,
        centre_m: [12e-3 + offset_m, 12e-3, 7e-3],
        along: [0.0, 1.0, 0.0],
        across: [1.0, 0.0, 0.0],
        semi_m: [2e-3, 1.5e-3],
        layer: None,
        entry_n: 0.4,
        exit_n: 0.4,
        clearance_per_chord: 1.0,
        friction: 0.2,
    }
}

fn aside(body: &LinearBody, needle: &NeedleSpec) -> Result<Vec<Obtained>, String> {
    let mut moved = Vec::new();
    for offset in [0.0, 1.2e-3, -1.2e-3] {
        let mut spec = NeedlingSpec::plain(vec![needle.clone()], media(), 2e-3);
        spec.tubes.push(vein(offset));
        let model = NeedlingModel::new(body.clone(), spec).map_err(text)?;
        let (mut state, mut space) = (model.state(), LinearSpace::default());
        let outputs = drive(&model, &mut state, &mut space, [16.5e-3, 5e-3], 20e-6)?;
        let aside = outputs.iter().filter(|o| o.pressed.is_some()).map(|o| o.tube_moved_m[0]);
        moved.push(1e3 * aside.fold(0.0_f64, |m, v| if v.abs() > m.abs() { v } else { m }));
    }
    Ok(vec![
        Obtained::new("vein hit in its middle: motion to the side", moved[0]),
        Obtained::new("vein hit 1.2 mm to one side and to the other: sum of its motions", moved[1] + moved[2]),
        Obtained::new("vein hit 1.2 mm beside its middle: motion away from the needle", moved[1]),
    ])
}

fn reciprocity(body: &LinearBody, needle: &NeedleSpec) -> Result<f64, String> {
    let model = NeedlingModel::new(body.clone(), NeedlingSpec::plain(vec![needle.clone(), needle.clone()], media(), 2e-3)).map_err(text)?;
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    let mut at = |state: &mut NeedlingState, depths: [f64; 2]| -> Result<[f64; 2], String> {
        let poses = [pose(9e-3, 16e-3 - depths[0])?, pose(15e-3, 16e-3 - depths[1])?];
        let out = model.step(state, &poses, TICK_S, &mut space);
        Ok([out[0].force_axial_n, out[1].force_axial_n])
    };
    at(&mut state, [-1e-4; 2])?;
    let base = at(&mut state, [2e-4, 3e-4])?;
    let mut other = state.clone();
    let first = at(&mut state, [2.5e-4, 3e-4])?;
    let second = at(&mut other, [2e-4, 3.5e-4])?;
    Ok((first[1] - base[1]) / (second[0] - base[0]))
}

fn hostile(model: &NeedlingModel) -> Result<f64, String> {
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    drive(model, &mut state, &mut space, [16.5e-3, 9e-3], 50e-6)?;
    let nan = ShaftPose { tip_m: [f64::NAN; 3], axis: DOWN, side: SIDE };
    let mut poses = vec![nan];
    for (tip, axis) in [
        ([12e-3, 12e-3, -3e-3], DOWN),
        ([12e-3, 12e-3, 0.3], DOWN),
        ([12e-3, 12e-3, 8e-3], [0.0, 0.0, 1.0]),
        ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        ([5e-3, 20e-3, 3e-3], SIDE),
        ([-5e-3, 12e-3, 8e-3], SIDE),
    ] {
        poses.push(ShaftPose::new(tip, axis, [0.3, 0.9, 0.1]).map_err(text)?);
    }
    for z in [20e-3, 10e-3, 0.5e-3, 12e-3, 25e-3] {
        poses.push(pose(12e-3, z)?);
    }
    let mut bad = 0.0;
    for to in poses {
        for _ in 0..2 {
            let out = model.step(&mut state, &[to], TICK_S, &mut space)[0];
            let numbers =
                [out.force_axial_n, out.force_lateral_n[0], out.force_lateral_n[1], out.moved_m, out.deflection_m[0], state.stored_j()];
            bad += numbers.iter().filter(|v| !v.is_finite()).count() as f64;
        }
    }
    Ok(bad)
}

fn against_full(spec: &FemSpec, body: &LinearBody) -> Result<f64, String> {
    let model = FemModel::new(spec).map_err(text)?;
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let top = (0..spec.nodes_m.len() as u32).find(|&n| {
        let p = spec.nodes_m[n as usize];
        (p[0] - 12e-3).abs() < 1e-9 && (p[1] - 12e-3).abs() < 1e-9 && p[2] > 16e-3 - 1e-9
    });
    let forces = [(top.ok_or("no node")?, [0.01, 0.0, -0.05])];
    let out = rest(&model, &mut state, &FemInput { forces_n: &forces, ..FemInput::default() }, 1, 0.0, &mut space).map_err(text)?;
    if !out.converged {
        return Err("the full solver did not converge".into());
    }
    let condensed = body.displacements_m(&forces);
    let size = state.displacement_m.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    let off = condensed.iter().flatten().zip(state.displacement_m.iter().flatten()).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    Ok(off / size)
}

/// One stick through skin and fat into a vein, by both models.
struct Stick {
    axis: Vec<NeedleOutput>,
    fem: Vec<NeedleOutput>,
    stiffening: f64,
}

const SKIN_M: f64 = 1.3e-3;
const FAT_M: f64 = 10e-3;
const STICK_STEP_M: f64 = 20e-6;

/// The driver's way at an output.
fn way_m(tick: usize) -> f64 {
    -1e-3 + STICK_STEP_M * tick as f64
}

fn stick(depth_m: f64, angle_rad: f64, offset_share: f64) -> Result<Stick, String> {
    let tissue = NeedleTissueSpec { speed_exponent: 0.0, ..NeedleTissueSpec::reference_adult() };
    let needle = NeedleSpec::gauge_21(32e-3);
    let (sin, cos) = ops::sin_cos(angle_rad);
    let (semi, offset) = ([2e-3, 1.5e-3], offset_share * 2e-3);
    let centre_m = [depth_m * cos / sin, offset, depth_m];
    let tube = NeedleTube { centre_m, along: SIDE, across: [0.0, 1.0, 0.0], semi_m: semi, ..vein(0.0) };
    let spec = PatchSpec {
        skin_m: SKIN_M,
        fat_m: FAT_M,
        tubes: vec![tube],
        axis: [cos, 0.0, sin],
        needle: needle.clone(),
        tissue: tissue.clone(),
        young: PatchYoung::usual(),
    };
    let patch = PatchModel::new(&spec).map_err(text)?;
    let half = semi[1] * (1.0 - offset_share * offset_share).sqrt() / sin;
    let middle = depth_m / sin;
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, SKIN_M / sin);
    path.push_layer(Medium::Muscle, (SKIN_M + FAT_M) / sin);
    path.push_span(Span {
        kind: SpanKind::Vein,
        structure: 1,
        enter_m: middle - half,
        exit_m: middle + half,
        offset_m: offset,
        half_width_m: semi[0],
    });
    let model = NeedleModel::new(needle, tissue).map_err(text)?;
    let (mut state, mut fem_state, mut space) = (model.state(-1e-3), patch.state(), LinearSpace::default());
    let (mut axis, mut fem) = (Vec::new(), Vec::new());
    let count = ((middle + 3e-3) / STICK_STEP_M) as usize;
    for tick in 0..count {
        let at = way_m(tick);
        axis.push(model.step(&mut state, &NeedleInput { tip_m: at, lateral_m: [0.0; 2], traction: false, path: &path }, 4e-3));
        let pose = ShaftPose::new([at * cos, 0.0, at * sin], [cos, 0.0, sin], [0.0, 1.0, 0.0]).map_err(text)?;
        fem.push(patch.step(&mut fem_state, pose, at, 4e-3, &mut space));
    }
    Ok(Stick { axis, fem, stiffening: patch.stiffening() })
}

fn find(outputs: &[NeedleOutput], kinds: &[NeedleEventKind]) -> Option<(usize, f64)> {
    let of = |o: &NeedleOutput| o.events.as_slice().iter().find(|e| kinds.contains(&e.kind)).map(|e| e.force_n);
    outputs.iter().enumerate().find_map(|(tick, o)| of(o).map(|force| (tick, force)))
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    let n = list.len();
    if n == 0 { f64::NAN } else { 0.5 * (list[(n - 1) / 2] + list[n / 2]) }
}

fn axis() -> Result<Vec<Obtained>, String> {
    use NeedleEventKind::{RollAway, SkinPuncture, Transfixion, VeinPuncture, WallContact};
    let (mut skin, mut indented, mut stiff, mut slide, mut pop, mut ways, mut aside) =
        (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for (depth_m, degrees, share) in [
        (4e-3, 20.0, 0.0),
        (5e-3, 15.0, 0.0),
        (6e-3, 25.0, 0.0),
        (7e-3, 30.0, 0.0),
        (4e-3, 20.0, 0.5),
        (6e-3, 25.0, 0.5),
        (7e-3, 30.0, -0.5),
    ] {
        let stick = stick(depth_m, f64::to_radians(degrees), share)?;
        let both = |kinds: &[NeedleEventKind]| -> Result<[(usize, f64); 2], String> {
            let of = |o| find(o, kinds).ok_or_else(|| format!("no {kinds:?} at {depth_m} m, {degrees} degrees, {share}"));
            Ok([of(&stick.axis)?, of(&stick.fem)?])
        };
        let [a, f] = both(&[SkinPuncture])?;
        skin.push(f.1 / a.1);
        indented.push(way_m(f.0) / way_m(a.0));
        stiff.push(stick.stiffening);
        let [touch_a, touch_f] = both(&[WallContact])?;
        // Halfway between the skin's rupture and the vein, where both slide.
        let at = (a.0.max(f.0) + touch_a.0.min(touch_f.0)) / 2;
        slide.push(stick.fem[at].force_axial_n - stick.axis[at].force_axial_n);
        let ends = [VeinPuncture, Transfixion, RollAway];
        let [pop_a, pop_f] = both(&ends)?;
        if share == 0.0 {
            pop.push(pop_f.1 - pop_a.1);
            ways.push((way_m(pop_f.0) - way_m(touch_f.0)) / (way_m(pop_a.0) - way_m(touch_a.0)));
        } else {
            let most = |o: &[NeedleOutput], until: usize| o[..until].iter().map(|o| o.shift_m.abs()).fold(0.0, f64::max);
            aside.push(most(&stick.fem, pop_f.0) / most(&stick.axis, pop_a.0));
        }
    }
    let size = |list: &[f64]| list.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let fold = |list: &[f64], by: fn(f64, f64) -> f64| list.iter().copied().reduce(by).unwrap_or(f64::NAN);
    Ok(vec![
        Obtained::new("force at the skin's puncture over the axis law's, least", fold(&skin, f64::min)),
        Obtained::new("force at the skin's puncture over the axis law's, greatest", fold(&skin, f64::max)),
        Obtained::new("indentation at the puncture over the axis law's, median", median(indented)),
        Obtained::new("stiffening of the usual moduli, median", median(stiff)),
        Obtained::new("force sliding in fat less the axis law's, largest size", size(&slide)),
        Obtained::new("force sliding in fat less the axis law's, median", median(slide)),
        Obtained::new("force at the vein's rupture less the axis law's, largest size", size(&pop)),
        Obtained::new("force at the vein's rupture less the axis law's, median", median(pop)),
        Obtained::new("way of the driver from touching the vein to its rupture over the axis law's, median", median(ways)),
        Obtained::new("vein pushed aside by a hit at half its half width, over the axis law's, greatest", fold(&aside, f64::max)),
        Obtained::new("vein pushed aside by a hit at half its half width, over the axis law's, median", median(aside)),
    ])
}

/// How far a patch of 4 × 4 mm in the middle of the block's surface goes down under a force [m].
fn pressed_m(spec: &FemSpec, force_n: f64) -> Result<f64, String> {
    let near = |v: f64| (v - 12e-3).abs() < 2e-3 + 1e-9;
    let on: Vec<u32> = (0..spec.nodes_m.len() as u32)
        .filter(|&n| {
            let p = spec.nodes_m[n as usize];
            near(p[0]) && near(p[1]) && p[2] > 16e-3 - 1e-9
        })
        .collect();
    let model = FemModel::new(spec).map_err(text)?;
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let forces: Vec<(u32, [f64; 3])> = on.iter().map(|&n| (n, [0.0, 0.0, -force_n / on.len() as f64])).collect();
    let out = rest(&model, &mut state, &FemInput { forces_n: &forces, ..FemInput::default() }, 4, 0.0, &mut space).map_err(text)?;
    if !out.converged {
        return Err(format!("not converged at {force_n} N"));
    }
    Ok(on.iter().map(|&n| -state.displacement_m[n as usize][2]).sum::<f64>() / on.len() as f64)
}

fn linear() -> Result<Vec<Obtained>, String> {
    let plain = block()?;
    let mut large = plain.clone();
    for part in &mut large.parts {
        if let Law::Linear { mu_pa, lambda_pa } = part.law {
            part.law = Law::NeoHookeanLog { mu_pa, lambda_pa };
        }
    }
    let mut rows = Vec::new();
    for force_n in [0.05, 0.2, 0.6] {
        let (small, great) = (pressed_m(&plain, force_n)?, pressed_m(&large, force_n)?);
        rows.push(Obtained::new(format!("{force_n} N: way of the neo-Hookean block"), 1e3 * great));
        rows.push(Obtained::new(format!("{force_n} N: way of the linear block over it"), small / great));
    }
    Ok(rows)
}
