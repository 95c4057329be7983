//! Claims about `proband-physiology`.

use proband_core::{Stream, ops};
use proband_physiology::{
    CollectionInput, CollectionModel, CollectionSpec, Conduit, GIERSIEPEN_FRACTION, GIERSIEPEN_PERCENT, HoleSpec, LeakInput, LeakModel,
    LeakSpec, MotionEvent, MotionInput, MotionModel, MotionOutput, MotionSpec, PA_PER_MMHG, TubeLaw, VenousInput, VenousModel,
    VenousOutput, VenousSpec, VenousState, haematoma_radius_m, haemolysis_fraction, haemolysis_reference, hole_flow_m3_s,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("collection-poiseuille", poiseuille),
    claim!("collection-kinetic-loss", kinetic_loss),
    claim!("collection-tube", tube),
    claim!("collection-haemolysis", haemolysis),
    claim!("venous-tube-law", tube_law),
    claim!("venous-mollison", mollison),
    claim!("venous-tourniquet", tourniquet),
    claim!("leak-haematoma", leak),
    claim!("motion-arm", motion),
];

const TICK_S: f64 = 1e-3;
const BORES: [(f64, f64); 5] = [(0.51, 25.0), (0.51, 32.0), (0.51, 38.0), (0.57, 25.0), (0.57, 32.0)];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn bore(diameter_mm: f64, length_mm: f64, loss: f64) -> Conduit {
    Conduit { diameter_m: 1e-3 * diameter_mm, length_m: 1e-3 * length_mm, loss, viscosity_pa_s: 3.5e-3, density_kg_m3: 1060.0 }
}

fn poiseuille() -> Result<Vec<Obtained>, String> {
    let row = |(d, l): (f64, f64)| {
        let flow = bore(d, l, 0.0).flow(300.0 * PA_PER_MMHG).flow_m3_s;
        Obtained::new(format!("{d} mm x {l} mm, K = 0"), 1e6 * flow)
    };
    Ok(BORES.into_iter().map(row).collect())
}

fn kinetic_loss() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for (d, l) in BORES {
        let point = bore(d, l, 1.5).flow(300.0 * PA_PER_MMHG);
        let more = bore(d, l, 2.2).flow(300.0 * PA_PER_MMHG);
        let name = |what: &str| format!("{d} mm x {l} mm, {what}");
        rows.push(Obtained::new(name("K = 1.5"), 1e6 * point.flow_m3_s));
        rows.push(Obtained::new(name("K = 2.2"), 1e6 * more.flow_m3_s));
        rows.push(Obtained::new(name("Reynolds number"), point.reynolds));
        rows.push(Obtained::new(name("wall shear"), point.wall_shear_pa));
        rows.push(Obtained::new(name("transit"), 1e3 * point.transit_s));
    }
    Ok(rows)
}

fn open_needle(source_pressure_pa: f64) -> CollectionInput {
    CollectionInput {
        connected: true,
        open_fraction: 1.0,
        against_wall: false,
        in_air: false,
        source_pressure_pa,
        source_resistance_pa_s_per_m3: 0.0,
        outside_pressure_pa: 0.0,
        inverted: false,
    }
}

/// Volume [m³] drawn in three minutes from a source, and the time to 99 % of it [s].
fn filled(spec: CollectionSpec, source_pressure_pa: f64) -> Result<(f64, f64), String> {
    let model = CollectionModel::new(spec).map_err(text)?;
    let mut state = model.state();
    let (mut volume, mut time) = (0.0, f64::NAN);
    for tick in 1..=180_000_u32 {
        let output = model.step(&mut state, &open_needle(source_pressure_pa), TICK_S);
        volume = output.volume_m3;
        if output.full && time.is_nan() {
            time = f64::from(tick) * TICK_S;
        }
    }
    Ok((volume, time))
}

fn tube() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    let spec = |millilitres: f64| CollectionSpec::holder(0.51e-3, 25e-3, 1e-6 * millilitres);
    for millilitres in [2.0, 4.0, 10.0] {
        let spec = spec(millilitres);
        let source = spec.nominal_pressure_pa;
        rows.push(Obtained::new(format!("drawn by a {millilitres} mL tube"), 1e6 * filled(spec, source)?.0));
    }
    let four = spec(4.0);
    rows.push(Obtained::new("time to 99 % of a 4 mL tube, 21G 0.51 mm x 25 mm", filled(four.clone(), four.nominal_pressure_pa)?.1));
    rows.push(Obtained::new("drawn by a 4 mL tube at 40 mmHg", 1e6 * filled(four.clone(), 40.0 * PA_PER_MMHG)?.0));
    let model = CollectionModel::new(four).map_err(text)?;
    let limit = 0.1e-6;
    let input = CollectionInput { source_resistance_pa_s_per_m3: 1_000.0 / limit, outside_pressure_pa: 333.0, ..open_needle(1_333.0) };
    let output = model.step(&mut model.state(), &input, TICK_S);
    rows.push(Obtained::new("flow behind a vein that gives 0.1 mL/s, over that limit", output.flow_m3_s / limit));
    Ok(rows)
}

fn haemolysis() -> Result<Vec<Obtained>, String> {
    let slope = |a: f64, b: f64| ops::log2(b / a);
    let index = |bore: Conduit, pressure: f64| {
        let point = bore.flow(pressure * PA_PER_MMHG);
        haemolysis_fraction(point.wall_shear_pa, point.transit_s)
    };
    let at = |bore: Conduit, flow: f64| {
        let point = bore.at(flow);
        haemolysis_fraction(point.wall_shear_pa, point.transit_s)
    };
    let reference = bore(0.51, 25.0, 1.5);
    Ok(vec![
        Obtained::new("exponent of the shear stress", slope(haemolysis_fraction(100.0, 0.01), haemolysis_fraction(200.0, 0.01))),
        Obtained::new("exponent of the time", slope(haemolysis_fraction(100.0, 0.01), haemolysis_fraction(100.0, 0.02))),
        Obtained::new("percent over fraction", GIERSIEPEN_PERCENT / GIERSIEPEN_FRACTION),
        Obtained::new("index of the reference draw over itself", index(reference, 300.0) / haemolysis_reference()),
        Obtained::new("index at 100 mmHg over that at 300 mmHg", index(reference, 100.0) / index(reference, 300.0)),
        Obtained::new(
            "index of 0.33 mm over that of 0.51 mm, 19 mm, same flow",
            at(bore(0.33, 19.0, 1.5), 2e-7) / at(bore(0.51, 19.0, 1.5), 2e-7),
        ),
    ])
}

fn tube_law() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    let mut worst: f64 = 0.0;
    for m in [10.0, 20.0] {
        let law = TubeLaw { stiffness_pa: 1.0, exponent_distended: m, exponent_collapsed: -1.5 };
        for area in [0.3, 0.5, 0.8, 1.0, 1.05, 1.1] {
            rows.push(Obtained::new(format!("m = {m}, pressure at {area}"), law.pressure_pa(area)));
        }
        for step in 0..50 {
            let area = 0.05 + 0.05 * f64::from(step);
            worst = worst.max((law.area_ratio(law.pressure_pa(area), 1.0) / area - 1.0).abs());
        }
    }
    for row in rows.iter_mut().filter(|row| row.name.ends_with("at 1")) {
        row.name.push_str(".0");
    }
    rows.push(Obtained::new("area found again from the pressure, largest relative error", worst));
    Ok(rows)
}

const QUIET: VenousInput =
    VenousInput { tourniquet_pa: 0.0, probe_pressure_pa: 0.0, draw_m3_s: 0.0, draw_site_pressure_pa: 0.0, below_heart_m: 0.0 };

/// Run the veins for some seconds at 100 Hz.
fn veins_for(model: &VenousModel, state: &mut VenousState, input: &VenousInput, seconds: u32) -> VenousOutput {
    let mut output = model.step(state, input, 0.0);
    for _ in 0..seconds * 100 {
        output = model.step(state, input, 0.01);
    }
    output
}

fn veins() -> Result<VenousModel, String> {
    VenousModel::new(VenousSpec::reference_adult()).map_err(text)
}

fn tied(mmhg: f64) -> VenousInput {
    VenousInput { tourniquet_pa: mmhg * PA_PER_MMHG, ..QUIET }
}

fn mollison() -> Result<Vec<Obtained>, String> {
    let model = veins()?;
    let minute = veins_for(&model, &mut model.state(), &tied(40.0), 60);
    Ok(vec![
        Obtained::new(
            "area at 25 mmHg, from 8.2 mm² (fitted: the wall stiffness is solved for this)",
            8.2 * model.area_ratio_at(25.0 * PA_PER_MMHG),
        ),
        Obtained::new("area after 1 min of 40 mmHg, from 8.2 mm² (not fitted)", 8.2 * minute.area_ratio),
    ])
}

fn tourniquet() -> Result<Vec<Obtained>, String> {
    let model = veins()?;
    let mmhg = |output: VenousOutput| output.pressure_pa / PA_PER_MMHG;
    let mut state = model.state();
    let plateau = mmhg(veins_for(&model, &mut state, &tied(40.0), 400));
    let mut rows = vec![Obtained::new("plateau with 40 mmHg", plateau)];
    let held = veins_for(&model, &mut state.clone(), &VenousInput { probe_pressure_pa: 3_000.0, ..tied(40.0) }, 5).area_ratio;
    let after = mmhg(veins_for(&model, &mut state, &QUIET, 180));
    let mut state = model.state();
    let rest = mmhg(veins_for(&model, &mut state, &QUIET, 1));
    let mut time = f64::NAN;
    for second in 1..=400_u32 {
        if mmhg(veins_for(&model, &mut state, &tied(40.0), 1)) >= rest + 0.9 * (plateau - rest) {
            time = f64::from(second);
            break;
        }
    }
    rows.push(Obtained::new("time to 90 % of the plateau with 40 mmHg", time));
    let shut = mmhg(veins_for(&model, &mut model.state(), &tied(150.0), 120));
    rows.push(Obtained::new("rise in 2 min with a tourniquet above systolic pressure", shut - rest));
    let hanging = mmhg(veins_for(&model, &mut model.state(), &VenousInput { below_heart_m: 0.2, ..QUIET }, 600));
    rows.push(Obtained::new("pressure per height below the heart", (hanging - rest) / 20.0));
    rows.push(Obtained::new("pressure 3 min after release, less that at rest", after - rest));
    let flat = veins_for(&model, &mut model.state(), &VenousInput { probe_pressure_pa: 3_000.0, ..QUIET }, 5).area_ratio;
    rows.push(Obtained::new("area under a probe of 3 kPa without tourniquet", flat));
    rows.push(Obtained::new("area under a probe of 3 kPa with 40 mmHg", held));
    Ok(rows)
}

/// Volume [m³] that leaks through some open holes.
fn leaked(spec: &LeakSpec, holes: u32, input: LeakInput, seconds: u32) -> Result<f64, String> {
    let model = LeakModel::new(spec.clone()).map_err(text)?;
    let mut state = model.state();
    for _ in 0..holes {
        model.add_hole(&mut state, HoleSpec { needle_diameter_m: 0.82e-3, plugged: false }).ok_or("no room for a hole")?;
    }
    let mut volume = 0.0;
    for _ in 0..seconds * 20 {
        volume = model.step(&mut state, &input, 0.05).volume_m3;
    }
    Ok(volume)
}

fn leak() -> Result<Vec<Obtained>, String> {
    let reference = LeakSpec::reference_adult();
    let spec = LeakSpec { tissue_compliance_m3_per_pa: f64::INFINITY, ..reference.clone() };
    let open = |pressure_pa: f64| LeakInput { pressure_pa, compression_pa: 0.0 };
    let ten = 10.0 * PA_PER_MMHG;
    let one = leaked(&spec, 1, open(ten), 30)?;
    let pressed = leaked(&spec, 1, LeakInput { pressure_pa: ten + 500.0, compression_pa: 500.0 }, 5_000)?;
    let long = leaked(&spec, 1, open(ten), 5_000)?;
    let section = 0.25 * std::f64::consts::PI * 0.82e-3 * 0.82e-3;
    let hole = |pressure: f64| hole_flow_m3_s(spec.discharge, spec.area_fraction * section, pressure, spec.density_kg_m3);
    let tau = spec.closing_compressed_s * spec.uncompressed_factor;
    let ended = leaked(&reference, 1, open(ten), 3_600)?;
    Ok(vec![
        Obtained::new("volume with four times the pressure over that with one", leaked(&spec, 1, open(4.0 * ten), 30)? / one),
        Obtained::new("volume with two holes over that with one", leaked(&spec, 2, open(ten), 30)? / one),
        Obtained::new("flow at 40 mmHg over that at 10 mmHg", hole(4.0 * ten) / hole(ten)),
        Obtained::new("volume without compression over that with it, same pressure, factor 4", long / pressed),
        Obtained::new("volume after closing over Q tau", long / (hole(ten) * tau)),
        Obtained::new("radius of a half sphere of 1 mL", 1e3 * haematoma_radius_m(1e-6)),
        Obtained::new("volume over compliance x pressure, 1 h without compression", ended / (reference.tissue_compliance_m3_per_pa * ten)),
    ])
}

fn moved(spec: &MotionSpec, startle: bool, ticks: u32) -> Result<Vec<MotionOutput>, String> {
    let model = MotionModel::new(spec.clone()).map_err(text)?;
    let mut stream = Stream::new(4, 0, "verify.motion");
    let mut state = model.state(&mut stream);
    let input = |tick: u32| MotionInput { startle: startle && tick == 0, pain: 0.0 };
    Ok((0..ticks).map(|tick| model.step(&mut state, &input(tick), TICK_S, &mut stream)).collect())
}

fn motion() -> Result<Vec<Obtained>, String> {
    let spec = MotionSpec::reference_adult();
    let tremor = moved(&MotionSpec { breathing_m: 0.0, ..spec.clone() }, false, 20_000)?;
    let size = |output: &MotionOutput| output.displacement.0.norm();
    let breathing: Vec<f64> = moved(&MotionSpec { tremor_peak_m: 0.0, ..spec.clone() }, false, 40_000)?.iter().map(size).collect();
    let (low, high) = breathing.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(*x), high.max(*x)));
    let middle = 0.5 * (low + high);
    let ups = breathing.windows(2).filter(|pair| pair[0] < middle && pair[1] >= middle).count();
    let startle = moved(&MotionSpec { tremor_peak_m: 0.0, breathing_m: 0.0, ..spec.clone() }, true, 4_000)?;
    let onset = startle.iter().position(|output| output.event == Some(MotionEvent::StartleBegins)).ok_or("no startle")?;
    let all = moved(&spec, true, 4_000)?;
    let difference = |three: &[MotionOutput]| {
        let slope = (three[2].displacement.0 - three[0].displacement.0) / (2.0 * TICK_S);
        (slope - three[1].velocity.0).norm()
    };
    Ok(vec![
        Obtained::new("largest tremor of a calm adult", 1e3 * tremor.iter().map(size).fold(0.0, f64::max)),
        Obtained::new("breathing, largest less smallest", 1e3 * (high - low)),
        Obtained::new("frequency of breathing, from its turns", ups as f64 / 40.0),
        Obtained::new("largest speed of a withdrawal", startle.iter().map(|output| output.velocity.0.norm()).fold(0.0, f64::max)),
        Obtained::new("onset of a withdrawal", onset as f64 * TICK_S),
        Obtained::new(
            "velocity less the difference of the displacement, largest",
            1e3 * all.windows(3).map(difference).fold(0.0, f64::max),
        ),
        Obtained::new("ticks of a copied arm that differ in a bit, of 2000", copied_arm(&spec)?),
    ])
}

/// Copy an arm in the middle of a startle and count the ticks that differ.
fn copied_arm(spec: &MotionSpec) -> Result<f64, String> {
    let model = MotionModel::new(spec.clone()).map_err(text)?;
    let mut stream = Stream::new(4, 0, "verify.motion");
    let mut state = model.state(&mut stream);
    model.step(&mut state, &MotionInput { startle: true, pain: 0.0 }, TICK_S, &mut stream);
    let pain = MotionInput { startle: false, pain: 0.5 };
    for _ in 0..250 {
        model.step(&mut state, &pain, TICK_S, &mut stream);
    }
    let (mut copy, mut copied_stream) = (state.clone(), stream.clone());
    let differs = |_: &u32| {
        let (a, b) = (model.step(&mut state, &pain, TICK_S, &mut stream), model.step(&mut copy, &pain, TICK_S, &mut copied_stream));
        a.displacement.0.iter().zip(b.displacement.0.iter()).any(|(x, y)| x.to_bits() != y.to_bits())
    };
    Ok((0..2000_u32).filter(differs).count() as f64)
}
