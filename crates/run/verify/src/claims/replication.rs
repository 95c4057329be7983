//! Published studies done again, unfitted. A figure that disagrees is reported as one that disagrees.

use crate::replication::{Drawn, Measure, Replication, compare, people};
use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("replication-first-in-human", first_in_human),
    claim!("replication-manual-ladder", manual_ladder),
    claim!("replication-u-shaped-bmi", u_shaped_bmi),
    claim!("replication-viewer-in-dark-skin", viewer),
];

fn first_in_human() -> Result<Vec<Obtained>, String> {
    replicate(include_str!("../../../../../scenarios/replication/first_in_human.toml"))
}

fn manual_ladder() -> Result<Vec<Obtained>, String> {
    replicate(include_str!("../../../../../scenarios/replication/manual_ladder.toml"))
}

fn u_shaped_bmi() -> Result<Vec<Obtained>, String> {
    replicate(include_str!("../../../../../scenarios/replication/u_shaped_bmi.toml"))
}

fn viewer() -> Result<Vec<Obtained>, String> {
    replicate(include_str!("../../../../../scenarios/replication/viewer_in_dark_skin.toml"))
}

/// Per figure: published value and interval where there are any, simulated value and interval, people, and whether both agree
/// (1, 0); a figure to which the model was fitted has no such line.
fn replicate(text: &str) -> Result<Vec<Obtained>, String> {
    let study = Replication::parse(text)?;
    let groups: Vec<(String, Vec<Drawn>)> =
        study.group.iter().map(|g| Ok((g.name.clone(), people(g, study.seed)?))).collect::<Result<_, String>>()?;
    let find = |name: &str| groups.iter().find(|(n, _)| n == name).map(|(_, d)| d.as_slice());
    let mut out = Vec::new();
    for figure in &study.figure {
        let group = find(&figure.group).ok_or("no group")?;
        let found = compare(figure, group, figure.against.as_deref().and_then(find))?;
        let scale = match figure.measure {
            Measure::MeanTime | Measure::OddsRatioOfFailing => 1.0,
            _ => 100.0,
        };
        let mut say = |what: &str, value: f64| out.push(Obtained::new(format!("{}: {what}", figure.name), value));
        if let Some(value) = figure.value {
            say("published", scale * value);
        }
        if let Some([low, high]) = figure.interval {
            say("published, low", scale * low);
            say("published, high", scale * high);
        }
        let [value, low, high] = found.simulated;
        say("simulated", scale * value);
        say("simulated, low", scale * low);
        say("simulated, high", scale * high);
        say("people", found.count as f64);
        if let Some(agrees) = found.agrees {
            say("agrees", f64::from(u8::from(agrees)));
        }
    }
    Ok(out)
}
