//! Claims about the whole patient beside the needle.

use proband_physiology::PA_PER_MMHG;
use proband_robot::builtin_arm;
use proband_run::{Rehearsal, RehearsalSpec};
use proband_twin::Twin;

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "scene-whole", case: include_str!("../../../../../verify/scene-whole/case.toml"), compute: agreement }];

/// Seeds of the draws, fixed before the first run.
const SEEDS: std::ops::Range<u64> = 300..308;
const TICKS: u32 = 20_000;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What one draw left.
struct Left {
    success: bool,
    volume_ml: f64,
    /// Pressure in the veins while the cuff is on [mmHg], mean.
    vein_mmhg: f64,
    /// Heart rate and mean arterial pressure, mean over the draw.
    vitals: Option<[f64; 2]>,
    digest: String,
}

fn column<'a>(tables: &'a [proband_core::Table], table: &str, name: &str) -> Result<&'a [f64], String> {
    let table = tables.iter().find(|t| t.name == table).ok_or_else(|| format!("no table {table}"))?;
    table.f64s(name).map_err(text)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0));
    sum / n
}

fn draw(seed: u64, whole: bool, interrupted: bool) -> Result<Left, String> {
    let mut spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, seed);
    (spec.whole, spec.duration_max_s) = (whole, 400.0);
    let mut rehearsal = Rehearsal::new(&spec).map_err(text)?;
    if interrupted {
        rehearsal.advance(TICKS + 7);
        let saved = rehearsal.save().map_err(text)?;
        rehearsal.restore(&saved).map_err(text)?;
    }
    while !rehearsal.advance(TICKS) {}
    let finished = rehearsal.finish().map_err(text)?;
    let tables = &finished.tables;
    let (cuff, vein) = (column(tables, "ticks", "tourniquet_pa")?, column(tables, "ticks", "venous_pressure_pa")?);
    let on = cuff.iter().zip(vein).filter(|(cuff, _)| **cuff > 20.0 * PA_PER_MMHG).map(|(_, vein)| vein / PA_PER_MMHG);
    let vein_mmhg = mean(on);
    let vitals = if whole {
        let of = |name: &str| column(tables, "vitals", name);
        Some([mean(of("heart_rate_per_min")?.iter().copied()), mean(of("mean_mmhg")?.iter().copied())])
    } else {
        None
    };
    let outcome = &finished.outcome;
    Ok(Left { success: outcome.success, volume_ml: outcome.volume_drawn_m3 * 1e6, vein_mmhg, vitals, digest: finished.digest.to_string() })
}

fn agreement() -> Result<Vec<Obtained>, String> {
    let mut pairs = Vec::new();
    for seed in SEEDS {
        pairs.push((draw(seed, true, false)?, draw(seed, false, false)?));
    }
    let interrupted = draw(SEEDS.start, true, true)?;
    let same = pairs.iter().filter(|(whole, small)| whole.success == small.success).count();
    let drawn = || pairs.iter().filter(|(whole, small)| whole.success && small.success);
    let vital = |i: usize| mean(pairs.iter().filter_map(|(whole, _)| whole.vitals.map(|v| v[i])));
    let row = Obtained::new;
    Ok(vec![
        row("of 8 draws, those with the same success", same as f64),
        row(
            "forearm's veins under the cuff, whole less small model, mean",
            mean(pairs.iter().map(|(whole, small)| whole.vein_mmhg - small.vein_mmhg)),
        ),
        row("drawn volume, whole over small model, mean", mean(drawn().map(|(whole, small)| whole.volume_ml / small.volume_ml))),
        row("heart rate over all draws, mean", vital(0)),
        row("mean arterial pressure over all draws, mean", vital(1)),
        row("saved in the midst and restored, ends at other bits", f64::from(u8::from(interrupted.digest != pairs[0].0.digest))),
    ])
}
