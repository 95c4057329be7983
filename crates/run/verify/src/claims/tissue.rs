//! Claims about `proband-tissue`.

use proband_core::{Stream, ops};
use proband_physiology::{PA_PER_MMHG, VenousModel, VenousSpec};
use proband_tissue::{
    Beam, BeamLoad, Medium, NeedleEventKind, NeedleInput, NeedleModel, NeedleOutput, NeedlePath, NeedleSpec, NeedleState, NeedleTissueSpec,
    RollOutcome, RollingMechanics, Span, SpanKind, axial_distance_to_front_wall_m, cantilever_deflection_m, cantilever_stiffness_n_per_m,
    lumen_path_m, overrun_m, pinned_fixed_buckling_n, roll_outcome, time_to_back_wall_s,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("needle-bending", bending),
    claim!("needle-force-law", force_law),
    claim!("needle-energy", energy),
    claim!("needle-rolling", rolling),
    claim!("needle-transfixion", transfixion),
    claim!("needle-geometry", geometry),
];

const TICK_S: f64 = 1e-3;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn model(tissue: NeedleTissueSpec) -> Result<NeedleModel, String> {
    NeedleModel::new(NeedleSpec::gauge_21(38e-3), tissue).map_err(text)
}

fn tissue() -> NeedleTissueSpec {
    NeedleTissueSpec { speed_exponent: 0.0, ..NeedleTissueSpec::reference_adult() }
}

/// Skin to 4 mm, then fat, and a vein of the given length along the needle at 14 mm.
fn arm(chord_m: f64, offset_m: f64) -> NeedlePath {
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 4e-3);
    let vein = Span { kind: SpanKind::Vein, structure: 0, enter_m: 14e-3, exit_m: 14e-3 + chord_m, offset_m, half_width_m: 2e-3 };
    path.push_span(vein);
    path
}

/// Fat alone.
fn fat() -> NeedlePath {
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 0.0);
    path
}

fn drive(
    model: &NeedleModel,
    state: &mut NeedleState,
    path: &NeedlePath,
    way: (f64, f64),
    speed: f64,
    traction: bool,
) -> Vec<NeedleOutput> {
    let count = ((way.1 - way.0).abs() / (speed * TICK_S)).round().max(1.0) as u32;
    (1..=count)
        .map(|i| {
            let tip_m = way.0 + (way.1 - way.0) * f64::from(i) / f64::from(count);
            model.step(state, &NeedleInput { tip_m, lateral_m: [0.0; 2], traction, path }, TICK_S)
        })
        .collect()
}

fn find(outputs: &[NeedleOutput], kind: NeedleEventKind) -> Option<(usize, f64)> {
    let event = |output: &NeedleOutput| output.events.as_slice().iter().find(|event| event.kind == kind).map(|event| event.force_n);
    outputs.iter().enumerate().find_map(|(tick, output)| event(output).map(|force| (tick, force)))
}

fn last(outputs: &[NeedleOutput]) -> Result<&NeedleOutput, String> {
    outputs.last().ok_or_else(|| "no tick was run".into())
}

fn bending() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for (name, needle) in [("21G", NeedleSpec::gauge_21(25e-3)), ("22G", NeedleSpec::gauge_22(25e-3)), ("23G", NeedleSpec::gauge_23(25e-3))]
    {
        let ei = needle.bending_stiffness_n_m2();
        rows.push(Obtained::new(format!("{name} second moment"), needle.second_moment_m4()));
        rows.push(Obtained::new(format!("{name} bending stiffness EI"), ei));
        rows.push(Obtained::new(format!("{name} tip stiffness 3EI/L³ at 25 mm"), 1e-3 * cantilever_stiffness_n_per_m(ei, 25e-3)));
    }
    let ei = NeedleSpec::gauge_21(25e-3).bending_stiffness_n_m2();
    rows.push(Obtained::new("21G deflection for 0.1 N at 25 mm", 1e3 * cantilever_deflection_m(0.1, ei, 25e-3)));
    rows.push(Obtained::new("21G buckling, pinned and clamped, 25 mm", pinned_fixed_buckling_n(ei, 25e-3)));
    let ratio = cantilever_stiffness_n_per_m(ei, 12e-3) / cantilever_stiffness_n_per_m(ei, 25e-3);
    rows.push(Obtained::new("stiffness at 12 mm over that at 25 mm", ratio));
    let mut worst: f64 = 0.0;
    for bed_n_per_m2 in [1e3, 1e4, 2e4] {
        for inserted_m in [5e-3, 15e-3, 25e-3, 35e-3] {
            for load in [BeamLoad { bed_shift_m: 1e-3, tip_n: 0.0 }, BeamLoad { bed_shift_m: 0.0, tip_n: 0.1 }] {
                let beam = Beam { stiffness_n_m2: ei, length_m: 38e-3, inserted_m, bed_n_per_m2 };
                let (tip, force) = beam.bend_reference(load, 400);
                let shape = beam.bend(load);
                worst = worst.max((shape.tip_m / tip - 1.0).abs()).max((shape.force_n - force).abs() / force.abs().max(load.tip_n));
            }
        }
    }
    rows.push(Obtained::new("bent on tissue up to 2e4 N/m², largest difference from a fine beam", worst));
    Ok(rows)
}

fn puncture_n(tissue: NeedleTissueSpec, speed: f64) -> Result<f64, String> {
    let model = model(tissue)?;
    let outputs = drive(&model, &mut model.state(0.0), &arm(8.8e-3, 0.0), (0.0, 12e-3), speed, false);
    find(&outputs, NeedleEventKind::SkinPuncture).map(|(_, force)| force).ok_or_else(|| "no puncture".into())
}

fn force_law() -> Result<Vec<Obtained>, String> {
    let spec = tissue();
    let (a, b, puncture) = (spec.stiffness_n_per_m, spec.stiffness_n_per_m2, spec.skin_puncture_n);
    let model = model(spec.clone())?;
    let mut rows = Vec::new();
    let outputs = drive(&model, &mut model.state(0.0), &arm(8.8e-3, 0.0), (0.0, 24e-3), 3e-3, false);
    let (tick, force) = find(&outputs, NeedleEventKind::SkinPuncture).ok_or("no puncture")?;
    let law = |i: usize| (i + 1) as f64 * 3e-6;
    let worst =
        outputs[..tick].iter().enumerate().map(|(i, o)| (o.force_axial_n - a * law(i) - b * law(i) * law(i)).abs()).fold(0.0, f64::max);
    rows.push(Obtained::new("indentation follows a1 x + a2 x², largest difference", worst));
    rows.push(Obtained::new("force at which the skin gives way", force));
    let root = (-a + (a * a + 4.0 * b * puncture).sqrt()) / (2.0 * b);
    rows.push(Obtained::new("indentation at puncture over the root of a1 x + a2 x² = F", law(tick) / root));
    let (pop, before) = find(&outputs, NeedleEventKind::VeinPuncture).ok_or("no pop")?;
    let after = outputs.get(pop + 100).ok_or("the way ends at the pop")?;
    let wall = &spec.vein;
    rows.push(Obtained::new(
        "fall at the pop over pop force + cutting",
        (before - after.force_axial_n) / (wall.pop_n * wall.pop_factor + spec.fat.cutting_n),
    ));

    let (path, speed) = (fat(), 8e-3);
    let mut state = model.state(0.0);
    let steady = drive(&model, &mut state, &path, (0.0, 12e-3), speed, false);
    let sliding = spec.fat.coulomb_in_n_per_m + spec.fat.viscous_in_n_s_per_m2 * speed;
    let steady = last(&steady)?;
    rows.push(Obtained::new(
        "steady force in fat at 12 mm over cutting + C L + b v L",
        steady.force_axial_n / (spec.fat.cutting_n + sliding * steady.tip_m),
    ));
    let deepest = steady.tip_m;
    let out = drive(&model, &mut state, &path, (12e-3, 5e-3), speed, false);
    let out = last(&out)?;
    rows.push(Obtained::new("steady pull out of fat over C L + b v L", -out.force_axial_n / (sliding * out.tip_m)));
    let again = drive(&model, &mut state, &path, (5e-3, 10e-3), speed, false);
    let again = last(&again)?;
    if again.tip_m >= deepest {
        return Err("the second way is deeper than the first".into());
    }
    rows.push(Obtained::new("force in the channel already cut, over C L + b v L", again.force_axial_n / (sliding * again.tip_m)));

    let mut state = model.state(0.0);
    drive(&model, &mut state, &path, (0.0, 12e-3), speed, false);
    let at = drive(&model, &mut state, &path, (12e-3, 11.6e-3), speed, false);
    let length = last(&at)?.tip_m;
    let slow = drive(&model, &mut state, &path, (11.6e-3, 12.6e-3), 0.2e-3, false);
    let largest = slow.iter().map(|output| output.force_axial_n).fold(0.0, f64::max);
    let at_largest = slow.iter().find(|output| output.force_axial_n >= largest).map_or(length, |output| output.tip_m);
    rows.push(Obtained::new(
        "largest force from rest over cutting + D L",
        largest / (spec.fat.cutting_n + spec.fat.static_in_n_per_m * at_largest),
    ));

    let fast = NeedleTissueSpec { speed_exponent: 0.1, ..spec.clone() };
    rows.push(Obtained::new(
        "puncture force at 10 mm/s over that at 1 mm/s, k = 0.1",
        puncture_n(fast.clone(), 10e-3)? / puncture_n(fast, 1e-3)?,
    ));
    let dry = NeedleTissueSpec { dry_factor: 2.0, ..spec.clone() };
    rows.push(Obtained::new(
        "puncture force of a dry needle over a lubricated one, factor 2",
        puncture_n(dry, 3e-3)? / puncture_n(spec, 3e-3)?,
    ));
    Ok(rows)
}

fn energy() -> Result<Vec<Obtained>, String> {
    let model = model(NeedleTissueSpec::reference_adult())?;
    let path = arm(8.8e-3, 0.5e-3);
    let mut state = model.state(-1e-3);
    let mut worst: f64 = 0.0;
    for (from, to, speed) in [(-1e-3, 18e-3, 3e-3), (18e-3, 16e-3, 10e-3), (16e-3, 28e-3, 0.4e-3), (28e-3, -1e-3, 20e-3)] {
        for _ in drive(&model, &mut state, &path, (from, to), speed, false) {}
        let energy = state.energy();
        let error = energy.work_j + energy.geometry_j - model.stored_j(&state, &path) - energy.dissipated_j();
        worst = worst.max(error.abs() / (energy.work_j.abs() + energy.dissipated_j()));
    }
    let mut state = model.state(-1e-3);
    let mut least = f64::INFINITY;
    for turn in [3e-3, 9e-3, 15e-3, 15e-3, 27e-3, 27e-3, 34e-3] {
        let before = state.energy().work_j;
        drive(&model, &mut state, &path, (-1e-3, turn), 6e-3, false);
        drive(&model, &mut state, &path, (turn, -1e-3), 6e-3, false);
        least = least.min(state.energy().work_j - before);
    }
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, (0.0, 26e-3), 1e-3, false);
    let observed: f64 = outputs.windows(2).map(|pair| 0.5e-6 * (pair[0].force_axial_n + pair[1].force_axial_n)).sum();
    let booked = state.energy();
    drive(&model, &mut state, &path, (26e-3, -1e-3), 6e-3, false);
    drive(&model, &mut state, &path, (-1e-3, 25e-3), 6e-3, false);
    Ok(vec![
        Obtained::new("work less stored and lost, relative, largest of a stick there and back", worst),
        Obtained::new("work of a closed path, smallest of seven", least),
        Obtained::new("work from reported forces over booked work, difference", (observed / booked.work_j - 1.0).abs()),
        Obtained::new("cutting on the second way through the same channel", state.energy().cutting_j - booked.cutting_j),
    ])
}

fn rolls(rolling: &RollingMechanics, offset: f64, pop_n: f64) -> bool {
    matches!(roll_outcome(rolling, false, offset, 2e-3, pop_n), RollOutcome::Rolls { .. })
}

/// P(roll) at e/R with friction uniform in 0–0.3 and stiffness uniform in 0–50 N/m, on a grid of mid-points.
fn small_offset_probability(part: f64) -> f64 {
    let n = 700;
    let mut count = 0_u32;
    for i in 0..n {
        for j in 0..n {
            let friction = 0.3 * (f64::from(i) + 0.5) / f64::from(n);
            let lateral_stiffness_n_per_m = 50.0 * (f64::from(j) + 0.5) / f64::from(n);
            let rolling = RollingMechanics { lateral_stiffness_n_per_m, friction, traction_factor: 3.0 };
            count += u32::from(rolls(&rolling, part * 2e-3, 0.2));
        }
    }
    f64::from(count) / f64::from(n * n)
}

fn rolling() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    let mut stream = Stream::new(17, 0, "verify.rolling");
    let offsets: Vec<f64> = (0..20_000).map(|_| stream.uniform_in(-2e-3, 2e-3)).collect();
    let fractions: Vec<f64> = (0..8)
        .map(|step| {
            let lateral_stiffness_n_per_m = 50.0 * ops::powf(10.0, f64::from(step) / 7.0);
            let rolling = RollingMechanics { lateral_stiffness_n_per_m, friction: 0.2, traction_factor: 3.0 };
            offsets.iter().filter(|offset| rolls(&rolling, **offset, 0.2)).count() as f64 / offsets.len() as f64
        })
        .collect();
    let rises = fractions.windows(2).filter(|pair| pair[1] >= pair[0]).count();
    rows.push(Obtained::new("rises of the rolled fraction with the lateral stiffness, 50 to 500 N/m in 8 steps", rises as f64));
    rows.push(Obtained::new("rolled fraction at 50 N/m", fractions[0]));
    let middle = (0..1000).filter(|_| {
        let lateral_stiffness_n_per_m = stream.uniform_in(1.0, 500.0);
        let rolling = RollingMechanics { lateral_stiffness_n_per_m, friction: stream.uniform_in(0.0, 0.3), traction_factor: 3.0 };
        rolls(&rolling, 0.0, 10.0)
    });
    rows.push(Obtained::new("rolled when met in the middle, of 1000", middle.count() as f64));
    let exponent = ops::log2(small_offset_probability(0.1) / small_offset_probability(0.05));
    rows.push(Obtained::new("exponent of P(roll) in e/R between 0.05 and 0.1", exponent));

    let mut differing = 0_u32;
    let mut spec = tissue();
    for _ in 0..60 {
        spec.rolling.lateral_stiffness_n_per_m = stream.uniform_in(50.0, 500.0);
        spec.rolling.friction = stream.uniform_in(0.1, 0.3);
        let offset = stream.uniform_in(-1.95e-3, 1.95e-3);
        let model = model(spec.clone())?;
        let outputs = drive(&model, &mut model.state(0.0), &arm(8.8e-3, offset), (0.0, 20e-3), 10e-3, false);
        let rolled = find(&outputs, NeedleEventKind::RollAway).is_some();
        differing += u32::from(rolled != rolls(&spec.rolling, offset, spec.vein.pop_n * spec.vein.pop_factor));
    }
    rows.push(Obtained::new("sticks whose outcome differs from the closed form, of 60", f64::from(differing)));

    spec.rolling = RollingMechanics { lateral_stiffness_n_per_m: 400.0, friction: 0.2, traction_factor: 3.0 };
    let model = model(spec)?;
    let largest_shift = |traction: bool| {
        let outputs = drive(&model, &mut model.state(0.0), &arm(8.8e-3, 1e-3), (0.0, 20e-3), 3e-3, traction);
        outputs.iter().map(|output| output.shift_m.abs()).fold(0.0, f64::max)
    };
    rows.push(Obtained::new("side shift without traction over that with traction factor 3", largest_shift(false) / largest_shift(true)));
    Ok(rows)
}

/// Part of sampled veins of a lumen height that a needle at 20° transfixes.
fn transfixed_fraction(height_m: f64) -> Result<f64, String> {
    let mut stream = Stream::new(23, 0, "verify.transfixion");
    let count = 80;
    let mut transfixed = 0_u32;
    for _ in 0..count {
        let mut spec = tissue();
        spec.vein.pop_n = 0.2 * ops::exp(0.5 * stream.normal());
        spec.vein.stiffness_n_per_m = stream.uniform_in(100.0, 600.0);
        spec.vein.clearance_per_chord = ops::sin(20_f64.to_radians());
        let model = model(spec)?;
        let path = arm(lumen_path_m(height_m, 20_f64.to_radians()), 0.0);
        let outputs = drive(&model, &mut model.state(0.0), &path, (0.0, 30e-3), 20e-3, false);
        transfixed += u32::from(find(&outputs, NeedleEventKind::Transfixion).is_some());
    }
    Ok(f64::from(transfixed) / f64::from(count))
}

fn pierced_through(pop_n: f64) -> Result<f64, String> {
    let mut spec = tissue();
    spec.vein.pop_n = pop_n;
    spec.vein.stiffness_n_per_m = 300.0;
    spec.vein.clearance_per_chord = 1.0;
    let model = model(spec)?;
    let outputs = drive(&model, &mut model.state(0.0), &arm(1e-3, 0.0), (0.0, 22e-3), 5e-3, false);
    Ok(f64::from(u8::from(find(&outputs, NeedleEventKind::Transfixion).is_some())))
}

fn transfixion() -> Result<Vec<Obtained>, String> {
    let rises = |fractions: &[f64]| fractions.windows(2).filter(|pair| pair[1] > pair[0]).count() as f64;
    let by_height: Vec<f64> =
        [1.0, 1.5, 2.0, 2.5, 3.0, 4.0].iter().map(|height| transfixed_fraction(1e-3 * height)).collect::<Result<_, _>>()?;
    let veins = VenousModel::new(VenousSpec::reference_adult()).map_err(text)?;
    let by_pressure: Vec<f64> = [3.0, 7.0, 15.0, 25.0, 35.0, 45.0]
        .iter()
        .map(|pressure| transfixed_fraction(1.2e-3 * veins.scales(veins.area_ratio_at(pressure * PA_PER_MMHG)).0))
        .collect::<Result<_, _>>()?;
    Ok(vec![
        Obtained::new("rises of the transfixed fraction with the height, 1 to 4 mm in 6 steps", rises(&by_height)),
        Obtained::new("rises of the transfixed fraction with the venous pressure, 3 to 45 mmHg in 6 steps", rises(&by_pressure)),
        Obtained::new("transfixed fraction at 1 mm less that at 4 mm", by_height[0] - by_height[5]),
        Obtained::new("transfixed with pop force 0.2 N, wall 300 N/m, clearance 1 mm", pierced_through(0.2)?),
        Obtained::new("transfixed with pop force 0.4 N, wall 300 N/m, clearance 1 mm", pierced_through(0.4)?),
    ])
}

fn geometry() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for degrees in [15_u32, 20, 25, 30] {
        let angle = f64::from(degrees).to_radians();
        rows.push(Obtained::new(format!("{degrees}° skin to front wall"), 1e3 * axial_distance_to_front_wall_m(4.81e-3, angle)));
        rows.push(Obtained::new(format!("{degrees}° lumen path"), 1e3 * lumen_path_m(3.01e-3, angle)));
        for speed in [3_u32, 10, 20] {
            let time = time_to_back_wall_s(3.01e-3, angle, 1e-3 * f64::from(speed));
            rows.push(Obtained::new(format!("{degrees}° to the back wall at {speed} mm/s"), time));
        }
    }
    for speed in [3_u32, 10, 20] {
        rows.push(Obtained::new(format!("overrun of 50 ms at {speed} mm/s"), 1e3 * overrun_m(1e-3 * f64::from(speed), 0.05)));
    }
    rows.push(Obtained::new("lumen path of a 1.58 mm vein at 20°", 1e3 * lumen_path_m(1.58e-3, 20_f64.to_radians())));
    let sine = ops::sin(15.2_f64.to_radians());
    let unit_way = axial_distance_to_front_wall_m(1.0, 15.2_f64.to_radians());
    rows.push(Obtained::new("depth after 19 mm at 15.2°", 19.0 / unit_way));
    rows.push(Obtained::new("depth gained over 6 mm at 15.2°", 6.0 * sine));
    Ok(rows)
}
