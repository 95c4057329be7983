//! The survey: lumens seen at each ultrasound station, linked along the arm into veins.

use serde::{Deserialize, Serialize};

/// One lumen as seen at one station, averaged over the station's frames. Patient frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenLumen {
    /// Lateral position of the centre [m].
    pub x_m: f64,
    /// Position along the arm [m]: the station's, the same for a whole row.
    pub z_m: f64,
    /// Centre of the lumen [m], patient frame.
    pub p_centre_m: [f64; 3],
    /// Unit vector into the arm at the station, patient frame.
    pub inward: [f64; 3],
    /// Depth of the front wall below the probe's face [m].
    pub depth_m: f64,
    /// Vertical diameter [m].
    pub diameter_v_m: f64,
    /// Horizontal diameter [m].
    pub diameter_h_m: f64,
    /// Confidence of the detector [1].
    pub confidence: f64,
    /// Vertical diameter when pressed, as a fraction of that at light contact [1]; NaN when not tried.
    pub pressed_ratio: f64,
    /// Pulsatility index of the colour Doppler over the lumen [1]; NaN when not measured.
    pub pulsatility: f64,
    /// Frames in which it was seen.
    pub frame_count: u32,
}

impl SeenLumen {
    /// Whether it behaves like an artery: pulsatile, or round and not compressible.
    ///
    /// Pulsatility decides when it was measured (threshold halfway between a continuous vein and a
    /// pulsatile artery), compressibility otherwise. Thresholds are priors: unverified.
    #[must_use]
    pub fn looks_arterial(&self) -> bool {
        if self.pulsatility.is_finite() && self.pulsatility > 0.5 {
            return true;
        }
        self.pressed_ratio.is_finite() && self.pressed_ratio > 0.93
    }
}

/// Distances up to which two sightings at neighbouring stations may be the same vein, per metre of
/// distance along the arm plus a constant: a superficial vein seldom runs at more than 35° to the arm's axis.
const LINK_LATERAL_M: f64 = 3e-3;
const LINK_LATERAL_SLOPE: f64 = 0.5;
const LINK_DEPTH_M: f64 = 2e-3;
/// Excess of a sighting's width over the vein's usual one that halves the trust in it [1]. Prior: unverified.
const WIDTH_SPREAD: f64 = 0.3;
/// Sightings at one station nearer than this are the same lumen [m].
const MERGE_M: f64 = 2.5e-3;
/// Lumens kept per survey.
pub const LUMEN_COUNT_MAX: usize = 64;

/// A vein as a chain of sightings along the arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenVein {
    /// Sightings, distal to proximal.
    pub lumens: Vec<SeenLumen>,
}

impl SeenVein {
    /// Straight line through the sightings at `z_m`: (lateral position [m], lateral slope dx/dz [1], largest residual [m]).
    #[must_use]
    pub fn line_at(&self, z_m: f64) -> (f64, f64, f64) {
        let count = self.lumens.len() as f64;
        let mean_z = self.lumens.iter().map(|l| l.z_m).sum::<f64>() / count;
        let mean_x = self.lumens.iter().map(|l| l.x_m).sum::<f64>() / count;
        let szz: f64 = self.lumens.iter().map(|l| (l.z_m - mean_z) * (l.z_m - mean_z)).sum();
        let szx: f64 = self.lumens.iter().map(|l| (l.z_m - mean_z) * (l.x_m - mean_x)).sum();
        let slope = if szz > 1e-12 { szx / szz } else { 0.0 };
        let at = |z: f64| mean_x + slope * (z - mean_z);
        let residual = self.lumens.iter().map(|l| (l.x_m - at(l.z_m)).abs()).fold(0.0, f64::max);
        (at(z_m), slope, residual)
    }

    /// How far a sighting looks like the rest of its vein [1]: one that is much wider took something beside the vein for
    /// part of it, and its middle is not the vein's.
    #[must_use]
    pub fn likeness(&self, lumen: &SeenLumen) -> f64 {
        let mut widths: Vec<f64> = self.lumens.iter().map(|l| l.diameter_h_m).collect();
        widths.sort_by(f64::total_cmp);
        // Of two, the narrower counts.
        let Some(usual) = widths.get((widths.len().max(1) - 1) / 2) else { return 1.0 };
        let excess = (lumen.diameter_h_m / usual.max(1e-6) - 1.0).max(0.0) / WIDTH_SPREAD;
        1.0 / (1.0 + excess * excess)
    }

    /// Length along the arm over which it was seen [m].
    #[must_use]
    pub fn seen_length_m(&self) -> f64 {
        match (self.lumens.first(), self.lumens.last()) {
            (Some(first), Some(last)) => (last.z_m - first.z_m).abs(),
            _ => 0.0,
        }
    }
}

/// Merge sightings of the same lumen from overlapping stations of one row (equal `z_m` within 1 mm).
#[must_use]
pub fn merge_row(mut lumens: Vec<SeenLumen>) -> Vec<SeenLumen> {
    lumens.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<SeenLumen> = Vec::new();
    for lumen in lumens {
        let room = kept.len() < LUMEN_COUNT_MAX;
        let twin = kept.iter_mut().find(|k| {
            (k.z_m - lumen.z_m).abs() < 1e-3 && (k.x_m - lumen.x_m).abs() < MERGE_M && (k.depth_m - lumen.depth_m).abs() < MERGE_M
        });
        match twin {
            Some(known) => {
                // The better sighting stays; what only the other one measured is added.
                if known.pressed_ratio.is_nan() {
                    known.pressed_ratio = lumen.pressed_ratio;
                }
                if known.pulsatility.is_nan() {
                    known.pulsatility = lumen.pulsatility;
                }
                known.frame_count += lumen.frame_count;
            }
            None if room => kept.push(lumen),
            None => {}
        }
    }
    kept.sort_by(|a, b| a.z_m.total_cmp(&b.z_m).then(a.x_m.total_cmp(&b.x_m)));
    kept
}

/// Link sightings along the arm into veins and arteries: greedily, nearest first, each sighting in one chain.
#[must_use]
pub fn link(lumens: &[SeenLumen]) -> Vec<SeenVein> {
    let mut rows: Vec<Vec<SeenLumen>> = Vec::new();
    for lumen in lumens {
        match rows.iter_mut().find(|row| (row[0].z_m - lumen.z_m).abs() < 1e-3) {
            Some(row) => row.push(*lumen),
            None => rows.push(vec![*lumen]),
        }
    }
    rows.sort_by(|a, b| a[0].z_m.total_cmp(&b[0].z_m));
    let mut veins: Vec<SeenVein> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for row in rows {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for &vein in &open {
            let Some(last) = veins[vein].lumens.last() else { continue };
            for (index, lumen) in row.iter().enumerate() {
                let along = (lumen.z_m - last.z_m).abs();
                let lateral = (lumen.x_m - last.x_m).abs();
                let depth = (lumen.depth_m - last.depth_m).abs();
                let size = lumen.diameter_v_m / last.diameter_v_m.max(1e-6);
                if lateral < LINK_LATERAL_M + LINK_LATERAL_SLOPE * along
                    && depth < LINK_DEPTH_M + 0.1 * along
                    && (0.4..2.5).contains(&size)
                    && lumen.looks_arterial() == last.looks_arterial()
                {
                    pairs.push((lateral + 2.0 * depth, vein, index));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut used_veins: Vec<usize> = Vec::new();
        let mut used_lumens: Vec<usize> = Vec::new();
        for (_, vein, index) in pairs {
            if !used_veins.contains(&vein) && !used_lumens.contains(&index) {
                veins[vein].lumens.push(row[index]);
                used_veins.push(vein);
                used_lumens.push(index);
            }
        }
        let mut next_open = used_veins;
        for (index, lumen) in row.iter().enumerate() {
            if !used_lumens.contains(&index) {
                veins.push(SeenVein { lumens: vec![*lumen] });
                next_open.push(veins.len() - 1);
            }
        }
        open = next_open;
        open.sort_unstable();
    }
    veins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lumen(x_mm: f64, z_mm: f64, depth_mm: f64) -> SeenLumen {
        SeenLumen {
            x_m: x_mm * 1e-3,
            z_m: z_mm * 1e-3,
            p_centre_m: [x_mm * 1e-3, (depth_mm + 1.5) * 1e-3, z_mm * 1e-3],
            inward: [0.0, 1.0, 0.0],
            depth_m: depth_mm * 1e-3,
            diameter_v_m: 3e-3,
            diameter_h_m: 4e-3,
            confidence: 0.9,
            pressed_ratio: 0.5,
            pulsatility: 0.1,
            frame_count: 3,
        }
    }

    /// Follow two crossing-free veins through three stations without mixing them.
    #[test]
    fn two_veins_stay_two() {
        let seen = [
            lumen(-10.0, -40.0, 4.0),
            lumen(8.0, -40.0, 5.0),
            lumen(-8.0, -25.0, 4.2),
            lumen(9.0, -25.0, 5.1),
            lumen(-6.0, -10.0, 4.4),
            lumen(10.0, -10.0, 5.2),
        ];
        let veins = link(&seen);
        assert_eq!(veins.len(), 2);
        assert!(veins.iter().all(|v| v.lumens.len() == 3));
        let (x, slope, residual) = veins[0].line_at(-25e-3);
        assert!((x + 8e-3).abs() < 1e-9 && (slope - 2.0 / 15.0).abs() < 1e-9 && residual < 1e-9);
    }

    /// Take overlapping views of one lumen for one lumen.
    #[test]
    fn overlapping_views_merge() {
        assert_eq!(merge_row(vec![lumen(1.0, 0.0, 4.0), lumen(1.8, 0.0, 4.3), lumen(9.0, 0.0, 4.0)]).len(), 2);
    }

    /// Trust a sighting that is twice as wide as the rest of its vein less, a narrower one not.
    #[test]
    fn a_sighting_too_wide_is_trusted_less() {
        let wide = SeenLumen { diameter_h_m: 8e-3, ..lumen(0.0, -40.0, 4.0) };
        let vein = SeenVein { lumens: vec![wide, lumen(0.0, -25.0, 4.0), lumen(0.0, -10.0, 4.0)] };
        assert!(vein.likeness(&wide) < 0.1 && (vein.likeness(&vein.lumens[1]) - 1.0).abs() < 1e-12);
        assert!((SeenVein { lumens: vec![wide] }.likeness(&wide) - 1.0).abs() < 1e-12);
    }

    /// Tell an artery by its pulse.
    #[test]
    fn pulsatile_is_arterial() {
        let artery = SeenLumen { pulsatility: 1.2, ..lumen(0.0, 0.0, 12.0) };
        assert!(artery.looks_arterial() && !lumen(0.0, 0.0, 4.0).looks_arterial());
    }
}
