//! Conditions: each behaves as it must, mixes keep their shares, weights bring totals back.

use proband_math::stats::{Stratum, kish_size, neyman_allocation, stratified_error, stratified_proportion};
use proband_twin::{Drawn, Mix, MixEntry, PACK_NAMES, Pack, Population, Sex, built_in_pack};

use crate::replication::{Figure, Replication, compare, people};
use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("pack-behaviour", behaviour),
    claim!("pack-mix", mix),
    claim!("pack-weights", weights),
    claim!("pack-first-stick", first_stick),
];

const SEED: u64 = 1_812;
/// People per condition, each with and without it.
const PEOPLE: u32 = 60;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn behaviour() -> Result<Vec<Obtained>, String> {
    let mut out = Vec::new();
    let mut computed = 0.0;
    for name in PACK_NAMES {
        let pack = built_in_pack(name).map_err(text)?;
        let seen = pack.behaviour(SEED, PEOPLE).map_err(text)?;
        computed += seen.iter().flatten().count() as f64;
        out.push(Obtained::new(format!("{name}: expectations not met"), seen.iter().flatten().filter(|b| !b.pass).count() as f64));
    }
    out.push(Obtained::new("expectations computed", computed));
    // A pack without its transforms must be found out.
    let mut idle: Pack = built_in_pack("ehlers-danlos-classical").map_err(text)?;
    idle.transform.clear();
    let seen = idle.behaviour(SEED, PEOPLE).map_err(text)?;
    out.push(Obtained::new(
        "a condition that changes nothing: expectations not met",
        seen.iter().flatten().filter(|b| !b.pass).count() as f64,
    ));
    Ok(out)
}

fn entry(name: &str, prevalence: Option<f64>, fraction: Option<f64>) -> Result<MixEntry, String> {
    let pack = built_in_pack(name).map_err(text)?;
    Ok(MixEntry { prevalence: prevalence.unwrap_or(pack.prevalence.value), pack, fraction })
}

fn mix() -> Result<Vec<Obtained>, String> {
    const COUNT: u32 = 20_000;
    let population = Population::adult();
    let entries = vec![
        entry("essential-tremor", Some(0.03), None)?,
        entry("parkinson", Some(0.03), None)?,
        entry("difficult-access", None, None)?,
        entry("lymphoedema-arm", None, Some(0.25))?,
        entry("haemophilia-a", None, Some(0.25))?,
    ];
    let mix = Mix::new(entries, &population).map_err(text)?;
    let drawn: Vec<Drawn> =
        (0..COUNT).map(|i| mix.draw(SEED, i, &|attempt| population.person(SEED + (u64::from(attempt) << 32), i))).collect();
    let has = |d: &Drawn, index: u16| d.conditions.contains(&index);
    let share = |index: u16| drawn.iter().filter(|d| has(d, index)).count() as f64 / f64::from(COUNT);
    let errors = |index: u16, p: f64| (share(index) - p) / (p * (1.0 - p) / f64::from(COUNT)).sqrt();
    let with: Vec<&Drawn> = drawn.iter().filter(|d| has(d, 3)).collect();
    let women = with.iter().filter(|d| d.person.sex == Sex::Female).count() as f64 / with.len() as f64;
    let f = population.female_fraction;
    let expected = 50.0 * f / (50.0 * f + 1.0 - f);
    let total: f64 = drawn.iter().map(|d| d.weight).sum();
    let weighted = |index: u16| drawn.iter().filter(|d| has(d, index)).map(|d| d.weight).sum::<f64>() / total;
    Ok(vec![
        Obtained::new("essential tremor, in standard errors from its prevalence", errors(0, 0.03)),
        Obtained::new("Parkinson disease, in standard errors from its prevalence", errors(1, 0.03)),
        Obtained::new("people with both, which exclude each other", drawn.iter().filter(|d| has(d, 0) && has(d, 1)).count() as f64),
        Obtained::new("difficult access, in standard errors from its prevalence", errors(2, 0.10)),
        Obtained::new("lymphoedema, share of the sample", share(3)),
        Obtained::new("lymphoedema, weighted share over its prevalence", weighted(3) / 2.0e-3),
        Obtained::new("haemophilia A, weighted share over its prevalence", weighted(4) / 4.0e-5),
        Obtained::new("women among those with lymphoedema, in standard errors from the risk ratio", {
            (women - expected) / (expected * (1.0 - expected) / with.len() as f64).sqrt()
        }),
        Obtained::new("women among those with haemophilia A", {
            drawn.iter().filter(|d| has(d, 4) && d.person.sex == Sex::Female).count() as f64
        }),
    ])
}

fn weights() -> Result<Vec<Obtained>, String> {
    let (prevalence, risk) = ([1e-4, 0.9999], [0.3, 1e-3]);
    let total = stratified_proportion(&[
        Stratum { prevalence: prevalence[0], count: 1000, events: 300 },
        Stratum { prevalence: prevalence[1], count: 1000, events: 1 },
    ])
    .map_err(text)?;
    let half: Vec<f64> = (0..1000).map(|i| prevalence[usize::from(i >= 500)] / 0.5).collect();
    let plain = (total.value * (1.0 - total.value) / 1000.0).sqrt();
    Ok(vec![
        Obtained::new("probability of failure", total.value),
        Obtained::new("share of failures due to the condition", prevalence[0] * risk[0] / total.value),
        Obtained::new("Kish size of 500 and 500", kish_size(&half).map_err(text)?),
        Obtained::new("standard error of 500 and 500", stratified_error(&prevalence, &risk, &[500.0, 500.0]).map_err(text)?),
        Obtained::new("standard error of plain sampling of 1000", plain),
        Obtained::new("Neyman share of the rare part", 100.0 * neyman_allocation(&prevalence, &risk).map_err(text)?[0]),
    ])
}

/// The robot on the same people with and without difficult access.
fn first_stick() -> Result<Vec<Obtained>, String> {
    const STUDY: &str = r#"
title = "difficult access"
published = "none"
differs = []
seed = 1812
[[group]]
name = "with"
count = 50
policy = "robot"
population = "adult"
condition = "difficult-access"
[[group]]
name = "without"
count = 50
policy = "robot"
population = "adult"
[[figure]]
name = "first stick"
group = "with"
against = "without"
measure = "difference_of_first_stick"
"#;
    let study = Replication::parse(STUDY)?;
    let figure: &Figure = study.figure.first().ok_or("no figure")?;
    let (with, without) = (people(&study.group[0], study.seed)?, people(&study.group[1], study.seed)?);
    let found = compare(figure, &with, Some(&without))?;
    Ok(vec![Obtained::new("first stick with difficult access less without", 100.0 * found.simulated[0])])
}
