//! What is true where something is believed: for the record alone.

use proband_anatomy::{Crossing, Ray, Structure, Vessel};
use proband_core::Position;

use crate::{Scene, TickSignals};

/// Lateral distance beyond which a belief speaks of no vein of this arm [m].
const NO_VEIN_M: f64 = 0.015;

impl Scene {
    /// True value of a believed quantity at a place of the arm [SI]; NaN where there is none.
    ///
    /// `site` names the vein if it begins with the vein's name; otherwise the vein nearest to `x_m` at `z_m` counts.
    /// Diameters and depth are those of the filled vein under the lightly touching probe, as the last sighting had it.
    #[must_use]
    pub fn truth_of(&self, site: &str, quantity: &str, x_m: f64, z_m: f64, signals: &TickSignals) -> f64 {
        match quantity {
            "tip_x_m" => return signals.tip_m[0],
            "tip_y_m" => return signals.tip_m[1],
            "tip_z_m" => return signals.tip_m[2],
            _ => {}
        }
        let veins = self.anatomy().vessels().iter().enumerate().filter(|(_, v)| !v.is_artery);
        let places = veins.filter_map(|(index, v)| at_z(v, z_m).map(|place| (index, v, place)));
        // A prior speaks of a vein by its name alone; a sighting of whatever lies where it was seen.
        let named = places.clone().find(|(_, v, _)| site == v.kind.name());
        let nearest = places
            .filter(|(_, _, p)| (p.x_m - x_m).abs() < NO_VEIN_M)
            .min_by(|a, b| (a.2.x_m - x_m).abs().total_cmp(&(b.2.x_m - x_m).abs()));
        let Some((index, _, place)) = named.or(nearest) else { return f64::NAN };
        match quantity {
            "lateral_m" => place.x_m,
            "heading_rad" => place.heading_rad,
            "diameter_h_m" => 2.0 * place.semi_h_m * self.seen_scale()[1],
            "diameter_v_m" => self.wall_depths(index, &place).map_or(f64::NAN, |(front, back)| back - front),
            "depth_m" => self.wall_depths(index, &place).map_or(f64::NAN, |(front, _)| front),
            _ => f64::NAN,
        }
    }

    /// Size of the veins over their resting size under light contact, or now when nothing has touched yet.
    fn seen_scale(&self) -> [f64; 2] {
        let patient = &self.state.patient;
        patient.light_scale.unwrap_or([patient.scale_v, patient.scale_h])
    }

    /// Depths of front and back wall along the inward normal over the vein's axis [m].
    fn wall_depths(&self, vessel: usize, place: &Place) -> Option<(f64, f64)> {
        let arm = self.anatomy();
        let inward = -arm.skin_normal(place.x_m, place.z_m);
        // The normal over the axis meets the skin beside the axis: two steps of projection are enough.
        let mut x = place.x_m;
        for _ in 0..2 {
            let depth = place.y_m - arm.skin_y(x, place.z_m);
            x = place.x_m - inward.0.x / inward.0.y.max(0.2) * depth;
        }
        let origin = Position::new(x, arm.skin_y(x, place.z_m), place.z_m);
        let ray = Ray { origin, direction: -arm.skin_normal(x, place.z_m), length_m: 0.03 };
        let mut found: Vec<Crossing> = Vec::new();
        let mut deform = self.scratch.deform_for_needle.clone();
        for (deform, vessel) in deform.iter_mut().zip(arm.vessels()) {
            if !vessel.is_artery {
                [deform.scale_v, deform.scale_h] = self.seen_scale();
            }
        }
        arm.crossings(&ray, &deform, &mut found);
        found.iter().find(|c| c.structure == Structure::Vessel(vessel as u16)).map(|c| (c.enter_m, c.exit_m))
    }
}

/// Where a vessel passes a place along the arm.
#[derive(Clone, Copy, Debug)]
struct Place {
    x_m: f64,
    y_m: f64,
    z_m: f64,
    semi_h_m: f64,
    heading_rad: f64,
}

fn at_z(vessel: &Vessel, z_m: f64) -> Option<Place> {
    vessel.nodes.windows(2).find_map(|pair| {
        let (a, b) = (&pair[0], &pair[1]);
        let span = b.p.0.z - a.p.0.z;
        if span.abs() < 1e-9 || (z_m - a.p.0.z) * (z_m - b.p.0.z) > 0.0 {
            return None;
        }
        let t = (z_m - a.p.0.z) / span;
        let mix = |from: f64, to: f64| from + (to - from) * t;
        Some(Place {
            x_m: mix(a.p.0.x, b.p.0.x),
            y_m: mix(a.p.0.y, b.p.0.y),
            z_m,
            semi_h_m: mix(a.semi_h_m, b.semi_h_m),
            heading_rad: proband_core::ops::atan2((b.p.0.x - a.p.0.x) * span.signum(), span.abs()),
        })
    })
}
