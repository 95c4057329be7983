//! How well a detector's veins cover the true ones.

use proband_net::Network;
use proband_procedure::perception::{NetworkInput, NirDetection, NirNetwork, detect_nir, network_probability};
use proband_volume::Plane;

use crate::nir_picture::{MadePicture, Under};

/// Pixels found, there, and both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Found.
    pub found: f64,
    /// There.
    pub there: f64,
    /// Both.
    pub both: f64,
}

impl Tally {
    /// Overlap 2·both/(found + there) [1] (Dice 1945); NaN when there is nothing and nothing was found.
    #[must_use]
    pub fn dice(&self) -> f64 {
        2.0 * self.both / (self.found + self.there)
    }

    /// Sum of tallies.
    #[must_use]
    pub fn sum<'a>(tallies: impl IntoIterator<Item = &'a Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |s, t| Self { found: s.found + t.found, there: s.there + t.there, both: s.both + t.both })
    }
}

/// How the filter detector's lines become an area: lines from a confidence on, painted with a part of their apparent width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NirRule {
    /// Least confidence [1].
    pub confidence_min: f64,
    /// Painted width over apparent width [1].
    pub width_factor: f64,
}

/// Overlaps of a detector over pictures, at places that the detectors are asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct NirScore {
    /// One per picture.
    pub tallies: Vec<Tally>,
}

impl NirScore {
    /// Overlap of all pictures together [1].
    #[must_use]
    pub fn dice(&self) -> f64 {
        Tally::sum(&self.tallies).dice()
    }
}

/// What counts in a picture on the network's grid: a vein there, none there, or nothing to be judged.
pub(crate) fn truth_on(input: &NetworkInput, picture: &MadePicture) -> Vec<Option<bool>> {
    let (width, height) = (input.maps.width(), input.maps.height());
    let at = |i: usize, axis: usize| (input.first_px[axis] + i as f64 * input.step_px).round() as i64;
    (0..width * height)
        .map(|index| {
            let under = picture.under.at(at(index % width, 0), at(index / width, 1));
            match under {
                Some(Under::Vein) if input.inside[index] => Some(true),
                Some(Under::Nothing) if input.inside[index] => Some(false),
                _ => None,
            }
        })
        .collect()
}

fn tally(truth: &[Option<bool>], found: impl Fn(usize) -> bool) -> Tally {
    let mut tally = Tally::default();
    for (index, there) in truth.iter().enumerate() {
        let Some(there) = *there else { continue };
        let found = found(index);
        tally.found += f64::from(u8::from(found));
        tally.there += f64::from(u8::from(there));
        tally.both += f64::from(u8::from(found && there));
    }
    tally
}

/// Area of the filter detector's lines on the network's grid.
fn painted(input: &NetworkInput, detection: &NirDetection, rule: &NirRule, pixel_m: f64) -> Vec<bool> {
    let (width, height) = (input.maps.width(), input.maps.height());
    let mut mask = vec![false; width * height];
    for edge in detection.edges.iter().filter(|e| e.confidence >= rule.confidence_min) {
        let radius = 0.5 * rule.width_factor * edge.width_m / (pixel_m * input.step_px);
        let reach = radius.ceil().clamp(1.0, 20.0) as i64;
        for pair in edge.path_px.windows(2) {
            for i in 0..4 {
                let t = f64::from(i) / 4.0;
                let on_grid = |axis: usize| (pair[0][axis] + t * (pair[1][axis] - pair[0][axis]) - input.first_px[axis]) / input.step_px;
                let (cx, cy) = (on_grid(0), on_grid(1));
                for y in cy.round() as i64 - reach..=cy.round() as i64 + reach {
                    for x in cx.round() as i64 - reach..=cx.round() as i64 + reach {
                        let (dx, dy) = (x as f64 - cx, y as f64 - cy);
                        if dx * dx + dy * dy <= (radius * radius).max(0.5) && x >= 0 && y >= 0 && x < width as i64 && y < height as i64 {
                            mask[y as usize * width + x as usize] = true;
                        }
                    }
                }
            }
        }
    }
    mask
}

/// Overlap of the filter detector under some rules, one score per rule.
#[must_use]
pub fn score_filter(pictures: &[MadePicture], rules: &[NirRule]) -> Vec<NirScore> {
    use rayon::prelude::*;
    let rows: Vec<Vec<Tally>> = pictures
        .par_iter()
        .map(|picture| {
            let Some(input) = NetworkInput::of_frame(&picture.frame) else { return vec![Tally::default(); rules.len()] };
            let truth = truth_on(&input, picture);
            let detection = detect_nir(&picture.frame);
            let pixel_m = picture.frame.pixel_on_skin_m();
            let of_rule = |rule| {
                let mask = painted(&input, &detection, rule, pixel_m);
                tally(&truth, |i| mask[i])
            };
            rules.iter().map(of_rule).collect()
        })
        .collect();
    (0..rules.len()).map(|r| NirScore { tallies: rows.iter().map(|row| row[r]).collect() }).collect()
}

/// The rule under which the filter detector does best on these pictures: it is given its best chance.
#[must_use]
pub fn best_rule(pictures: &[MadePicture]) -> NirRule {
    let mut rules = Vec::new();
    for confidence_min in [0.05, 0.1, 0.15, 0.2, 0.3, 0.4] {
        for width_factor in [0.4, 0.6, 0.8, 1.0, 1.3, 1.7] {
            rules.push(NirRule { confidence_min, width_factor });
        }
    }
    let scores = score_filter(pictures, &rules);
    let best = scores.iter().enumerate().max_by(|a, b| a.1.dice().total_cmp(&b.1.dice()).then(b.0.cmp(&a.0))).map_or(0, |(i, _)| i);
    rules[best]
}

/// Tallies by threshold, and each place's stated probability with its truth.
type Judged = (Vec<Tally>, Vec<(f64, bool)>);

/// Overlap of a network at some probabilities, one score per threshold, and its stated probabilities with what was there.
#[must_use]
pub fn score_network(
    pictures: &[MadePicture],
    network: &Network,
    temperature: f64,
    thresholds: &[f64],
) -> (Vec<NirScore>, Vec<(f64, bool)>) {
    use rayon::prelude::*;
    let rows: Vec<Judged> = pictures
        .par_iter()
        .map(|picture| {
            let Some(input) = NetworkInput::of_frame(&picture.frame) else {
                return (vec![Tally::default(); thresholds.len()], Vec::new());
            };
            let truth = truth_on(&input, picture);
            let probability: Plane<f32> = network_probability(network, temperature, &input);
            let p = probability.samples();
            let tallies = thresholds.iter().map(|t| tally(&truth, |i| f64::from(p[i]) >= *t)).collect();
            (tallies, truth.iter().zip(p).filter_map(|(t, p)| t.map(|t| (f64::from(*p), t))).collect())
        })
        .collect();
    let scores = (0..thresholds.len()).map(|t| NirScore { tallies: rows.iter().map(|row| row.0[t]).collect() }).collect();
    (scores, rows.into_iter().flat_map(|row| row.1).collect())
}

/// A line lies on a vein when more than half of its points that can be judged do, to within this [px of 1 mm].
const NEAR: i64 = 2;

/// Lines found in pictures: (confidence, whether it lies on a vein). `network`: the network's lines; none: the filter detector's.
#[must_use]
pub fn line_cases(pictures: &[MadePicture], network: Option<&NirNetwork>) -> Vec<(f64, bool)> {
    use rayon::prelude::*;
    let rows: Vec<Vec<(f64, bool)>> = pictures
        .par_iter()
        .map(|picture| {
            let detection = network.map_or_else(|| detect_nir(&picture.frame), |n| n.detect(&picture.frame));
            let px = 1e-3 / picture.frame.pixel_on_skin_m();
            let reach = (NEAR as f64 * px).round() as i64;
            let on_vein = |p: &[f64; 2]| {
                let (x, y) = (p[0].round() as i64, p[1].round() as i64);
                let any = |value: Under| {
                    [(0, 0), (reach, 0), (-reach, 0), (0, reach), (0, -reach)]
                        .iter()
                        .any(|(dx, dy)| picture.under.at(x + dx, y + dy) == Some(&value))
                };
                if any(Under::Vein) {
                    Some(true)
                } else if any(Under::TooDeep) {
                    None
                } else {
                    Some(false)
                }
            };
            let case = |edge: &proband_procedure::perception::NirEdge| {
                let judged: Vec<bool> = edge.path_px.iter().filter_map(on_vein).collect();
                let right = judged.iter().filter(|r| **r).count();
                (2 * judged.len() >= edge.path_px.len()).then_some((edge.confidence, 2 * right > judged.len()))
            };
            detection.edges.iter().filter_map(case).collect()
        })
        .collect();
    rows.into_iter().flatten().collect()
}
