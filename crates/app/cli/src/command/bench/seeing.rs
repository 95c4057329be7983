//! Finding veins in near-infrared pictures: the filter of tubes beside scikit-image, the detectors as a robot runs them.

use proband_core::{Stream, ops};
use proband_procedure::perception::{NetworkInput, NirNetwork, detect_nir};
use proband_seeing::{NirRule, Split, View, made_picture, score_filter, score_network};
use proband_twin::Population;
use proband_volume::{Plane, Tubeness, Vesselness};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "seeing", what: "veins in pictures: filters of 512 x 512, detectors, network", run };

/// scikit-image 0.26, 512 × 512, four scales: CPU time [s] and Dice on another made tube, measured on another, loaded machine.
const SATO: (f64, f64) = (0.30, 0.972);
const FRANGI: (f64, f64) = (0.35, 0.982);
/// Runs over which a time is averaged.
const RUNS: u32 = 10;

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let mut rows = Vec::new();
    let (truth, picture) = tube()?;
    for (name, tubeness, peer) in [("Sato", Tubeness::Sato, SATO), ("Frangi", Tubeness::Frangi { blob: 0.5, structure: 0.03 }, FRANGI)] {
        let work = || (0..RUNS).map(|_| Vesselness::dark(&picture, &[2.0, 3.0, 4.5, 6.5], tubeness)).fold(None, |_, found| Some(found));
        let (found, times) = timed(work);
        let response = found.ok_or_else(|| Failure::of("no run"))?.map_err(Failure::of)?.response;
        let cpu_s = times.cpu_s / f64::from(RUNS);
        rows.push(Row {
            what: format!("{name}, 512 x 512, four scales"),
            value: cpu_s,
            unit: "CPU-s",
            against: Some((format!("scikit-image 0.26, {} CPU-s on another machine", peer.0), peer.0 / cpu_s.max(1e-4))),
            error: format!(
                "Dice {:.3} on a made tube (scikit-image {} on another), threshold from the truth",
                best_dice(&response, &truth),
                peer.1
            ),
        });
        interrupt.check()?;
    }
    detectors(&mut rows)?;
    Ok(Outcome { rows, note: "Times are CPU seconds of all threads; one picture of 640 x 480 for the detectors.".into() })
}

fn detectors(rows: &mut Vec<Row>) -> Result<(), Failure> {
    let population = Population::adult();
    let pictures: Result<Vec<_>, _> = (0..8).map(|n| made_picture(&population, 99, Split::Test, n, View::Varied)).collect();
    let pictures = pictures.map_err(Failure::of)?;
    let network = NirNetwork::builtin().map_err(Failure::of)?;
    let count = pictures.len() as f64;
    let [confidence_min, width_factor] = network.filter_rule().map_err(Failure::of)?;
    let filter = score_filter(&pictures, &[NirRule { confidence_min, width_factor }]);
    let threshold = network.threshold().map_err(Failure::of)?;
    let (scores, _) = score_network(&pictures, &network.file().network, network.temperature(), &[threshold]);
    let (_, times) = timed(|| pictures.iter().map(|p| detect_nir(&p.frame).edges.len()).sum::<usize>());
    let row = |what: &str, cpu_s: f64, dice: f64| Row {
        what: what.into(),
        value: cpu_s / count,
        unit: "CPU-s",
        against: None,
        error: format!("Dice {dice:.3} on 8 patients held out"),
    };
    rows.push(row("filter detector, frame to veins", times.cpu_s, filter[0].dice()));
    let (_, times) = timed(|| pictures.iter().map(|p| network.detect(&p.frame).edges.len()).sum::<usize>());
    rows.push(row("network, frame to veins", times.cpu_s, scores[0].dice()));
    let inputs: Vec<NetworkInput> = pictures.iter().filter_map(|p| NetworkInput::of_frame(&p.frame)).collect();
    let (_, times) = timed(|| (0..RUNS).map(|_| inputs.iter().map(|i| network.probability(i).width()).sum::<u32>()).sum::<u32>());
    rows.push(row("network alone", times.cpu_s / f64::from(RUNS), scores[0].dice()));
    Ok(())
}

/// A winding dark tube 8 pixels wide in 512 × 512, with noise of a twentieth of its depth.
fn tube() -> Result<(Plane<bool>, Plane<f32>), Failure> {
    let offset = |x: u32, y: u32| {
        let slope = 90.0 / 80.0 * ops::cos(f64::from(x) / 80.0);
        (f64::from(y) - 256.0 - 90.0 * ops::sin(f64::from(x) / 80.0)).abs() / (1.0 + slope * slope).sqrt()
    };
    let truth = Plane::from_fn(512, 512, |x, y| offset(x, y) <= 4.0).map_err(Failure::of)?;
    let mut noise = Plane::filled(512, 512, 0.0_f32).map_err(Failure::of)?;
    Stream::new(1, 0, "bench.seeing").fill_normal(noise.samples_mut());
    let mut picture = truth.map(|t| if *t { 0.6_f32 } else { 0.8 });
    picture.samples_mut().iter_mut().zip(noise.samples()).for_each(|(p, n)| *p += 0.01 * n);
    Ok((truth, picture))
}

fn best_dice(response: &Plane<f32>, truth: &Plane<bool>) -> f64 {
    let largest = response.samples().iter().copied().fold(0.0_f32, f32::max);
    let there = truth.samples().iter().filter(|t| **t).count() as f64;
    let dice = |i: u8| {
        let threshold = largest * f32::from(i) / 100.0;
        let found = response.samples().iter().filter(|r| **r > threshold).count() as f64;
        let both = response.samples().iter().zip(truth.samples()).filter(|(r, t)| **r > threshold && **t).count() as f64;
        2.0 * both / (found + there)
    };
    (1..100).map(dice).fold(0.0, f64::max)
}
