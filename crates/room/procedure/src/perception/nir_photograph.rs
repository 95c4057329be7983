//! Veins in a plain near-infrared photograph of known pixel size, and where one would look first.

use proband_volume::Plane;
use serde::{Deserialize, Serialize};

use super::nir::NirEdge;
use super::nir_lines::{Line, Lines, find_lines, length};

/// A place where a vein runs straight and dark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotographSite {
    /// Column and row [px].
    pub p_px: [f64; 2],
    /// Unit direction of the vein in the picture.
    pub direction: [f64; 2],
    /// Index of the edge in [`PhotographScan::edges`].
    pub edge: u32,
    /// Length of the straight stretch that was looked at [m].
    pub length_m: f64,
    /// 1 for a straight stretch, less by its largest sideways deviation over a tenth of its length [1].
    pub straightness: f64,
    /// Darkening of the vein [1].
    pub contrast: f64,
    /// Apparent width [m].
    pub width_m: f64,
    /// Ranking, 0 to 1.
    pub score: f64,
}

/// What a photograph shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotographScan {
    /// Side of a pixel as given [m].
    pub pixel_size_m: f64,
    /// Veins painted with their apparent width, in the picture's pixels.
    pub mask: Plane<bool>,
    /// Veins, most confident first; the points on the skin are empty.
    pub edges: Vec<NirEdge>,
    /// Ends and branchings [px].
    pub nodes_px: Vec<[f64; 2]>,
    /// Candidate sites, best first.
    pub sites: Vec<PhotographSite>,
}

/// Lines below this confidence are not called veins. Prior: unverified.
const CONFIDENCE_MIN: f64 = 0.3;
/// Length of the stretch that a needle wants straight [m], and distance between two sites [m].
const STRETCH_M: f64 = 20e-3;
const APART_M: f64 = 15e-3;
/// Most sites.
const SITE_COUNT_MAX: usize = 16;

/// Scan a whole photograph. `picture`: grey values, 0 to 1; `pixel_size_m`: side of a pixel on the skin [m].
///
/// Where the photograph shows more than skin, give the region to [`scan_photograph_within`]: folds, hair and
/// edges of things are dark lines too. A pixel size outside 1 µm to 10 mm finds nothing.
#[must_use]
pub fn scan_photograph(picture: &Plane<f32>, pixel_size_m: f64) -> PhotographScan {
    scan(picture, None, pixel_size_m)
}

/// Scan the part of a photograph that `region` marks as skin. A region of another size is ignored.
#[must_use]
pub fn scan_photograph_within(picture: &Plane<f32>, region: &Plane<bool>, pixel_size_m: f64) -> PhotographScan {
    scan(picture, Some(region), pixel_size_m)
}

fn scan(picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_size_m: f64) -> PhotographScan {
    scan_of_lines(picture, find_lines(picture, region, pixel_size_m), pixel_size_m)
}

/// What lines make of a photograph: mask, veins, sites.
pub(super) fn scan_of_lines(picture: &Plane<f32>, mut found: Lines, pixel_size_m: f64) -> PhotographScan {
    found.lines.retain(|line| line.confidence >= CONFIDENCE_MIN);
    let mut mask = Plane::like(picture, false);
    for line in &found.lines {
        paint(&mut mask, &line.path_px, 0.5 * line.width_m / pixel_size_m);
    }
    let mut sites: Vec<PhotographSite> =
        found.lines.iter().enumerate().flat_map(|(index, line)| sites_of(index as u32, line, pixel_size_m)).collect();
    sites.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<PhotographSite> = Vec::new();
    for site in sites {
        let far = |other: &PhotographSite| length(&[other.p_px, site.p_px]) * pixel_size_m >= APART_M;
        if kept.len() < SITE_COUNT_MAX && kept.iter().all(far) {
            kept.push(site);
        }
    }
    let edge = |line: &Line| NirEdge {
        nodes: line.nodes,
        path_px: line.path_px.clone(),
        path_patient: Vec::new(),
        length_m: line.length_m,
        width_m: line.width_m,
        contrast: line.contrast,
        contrast_to_noise: line.contrast_to_noise,
        confidence: line.confidence,
    };
    PhotographScan { pixel_size_m, mask, edges: found.lines.iter().map(edge).collect(), nodes_px: found.nodes_px, sites: kept }
}

/// Stretches of a line, each moved on by half its length.
fn sites_of(edge: u32, line: &Line, pixel_size_m: f64) -> Vec<PhotographSite> {
    let mut sites = Vec::new();
    let wanted = STRETCH_M / pixel_size_m;
    let mut first = 0;
    while first + 2 < line.path_px.len() {
        let mut last = first + 1;
        let mut reached = 0.0;
        while last + 1 < line.path_px.len() && reached < wanted {
            reached += length(&line.path_px[last - 1..=last]);
            last += 1;
        }
        let part = &line.path_px[first..=last.min(line.path_px.len() - 1)];
        let (a, b) = (part[0], part[part.len() - 1]);
        let chord = length(&[a, b]);
        if chord < 1e-9 {
            break;
        }
        let direction = [(b[0] - a[0]) / chord, (b[1] - a[1]) / chord];
        let aside = |p: &[f64; 2]| ((p[0] - a[0]) * direction[1] - (p[1] - a[1]) * direction[0]).abs();
        let deviation = part.iter().map(aside).fold(0.0, f64::max);
        let straightness = (1.0 - deviation / (0.1 * chord)).clamp(0.0, 1.0);
        let length_m = chord * pixel_size_m;
        let dark = line.contrast / (line.contrast + 0.04);
        sites.push(PhotographSite {
            p_px: part[part.len() / 2],
            direction,
            edge,
            length_m,
            straightness,
            contrast: line.contrast,
            width_m: line.width_m,
            score: dark * (0.3 + 0.7 * straightness) * (length_m / STRETCH_M).min(1.0) * line.confidence,
        });
        first += (part.len() / 2).max(1);
    }
    sites
}

fn paint(mask: &mut Plane<bool>, path_px: &[[f64; 2]], radius_px: f64) {
    let radius = radius_px.clamp(0.5, 200.0);
    let reach = radius.ceil() as i64;
    for pair in path_px.windows(2) {
        let steps = length(pair).ceil().clamp(1.0, 10_000.0) as u32;
        for i in 0..=steps {
            let t = f64::from(i) / f64::from(steps);
            let (cx, cy) = (pair[0][0] + t * (pair[1][0] - pair[0][0]), pair[0][1] + t * (pair[1][1] - pair[0][1]));
            for y in cy as i64 - reach..=cy as i64 + reach {
                for x in cx as i64 - reach..=cx as i64 + reach {
                    let (dx, dy) = (x as f64 - cx, y as f64 - cy);
                    if x >= 0 && y >= 0 && dx * dx + dy * dy <= radius * radius {
                        mask.set(x as u32, y as u32, true);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rank the straight dark vein before the pale one, and mark what was found.
    #[test]
    fn the_straight_dark_vein_comes_first() {
        let picture = Plane::from_fn(300, 200, |x, y| {
            let dip = |centre: f64, depth: f64| {
                let offset = (f64::from(y) - centre) / 6.0;
                depth * proband_core::ops::exp(-0.5 * offset * offset)
            };
            let winding = 145.0 + 14.0 * proband_core::ops::sin(f64::from(x) / 14.0);
            let grain = f64::from((x * 7 + y * 13) % 17) / 17.0 - 0.5;
            (0.5 * (1.0 - dip(60.0, 0.15) - dip(winding, 0.10)) * (1.0 + 0.01 * grain)) as f32
        })
        .unwrap();
        let scan = scan_photograph(&picture, 0.4e-3);
        let best = &scan.sites[0];
        assert!((best.p_px[1] - 60.0).abs() < 3.0 && best.direction[0].abs() > 0.98, "{best:?}");
        assert!(best.straightness > 0.8 && best.score > 0.4);
        assert_eq!(scan.mask.get(150, 60), Some(&true));
        assert_eq!(scan.mask.get(150, 100), Some(&false));
        assert!(scan.sites.windows(2).all(|s| s[0].score >= s[1].score));
    }

    /// Find nothing in a photograph without a sensible pixel size.
    #[test]
    fn a_senseless_pixel_size_finds_nothing() {
        let picture = Plane::filled(50, 50, 0.5).unwrap();
        for pixel in [f64::NAN, 0.0, -1.0, 1.0] {
            let scan = scan_photograph(&picture, pixel);
            assert!(scan.edges.is_empty() && scan.sites.is_empty());
        }
    }
}
