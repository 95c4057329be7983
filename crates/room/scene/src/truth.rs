//! What is true where something is believed: for the record alone.

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
        let arm = self.anatomy();
        let veins = arm.vessels().iter().enumerate().filter(|(_, v)| !v.is_artery);
        let places = veins.filter_map(|(index, v)| arm.site(index as u16, z_m).map(|place| (v, place)));
        // A prior speaks of a vein by its name alone; a sighting of whatever lies where it was seen.
        let named = places.clone().find(|(v, _)| site == v.kind.name());
        let nearest = places
            .filter(|(_, p)| (p.p.0.x - x_m).abs() < NO_VEIN_M)
            .min_by(|a, b| (a.1.p.0.x - x_m).abs().total_cmp(&(b.1.p.0.x - x_m).abs()));
        let Some((_, place)) = named.or(nearest) else { return f64::NAN };
        let [scale_v, scale_h] = self.seen_scale();
        match quantity {
            "lateral_m" => place.p.0.x,
            "heading_rad" => place.heading_rad,
            "diameter_h_m" => place.diameter_h_m * scale_h,
            "diameter_v_m" => place.diameter_v_m * scale_v,
            // A vein fills and empties about its axis.
            "depth_m" => place.depth_m + 0.5 * place.diameter_v_m * (1.0 - scale_v),
            _ => f64::NAN,
        }
    }

    /// Size of the veins over their resting size under light contact, or now when nothing has touched yet.
    fn seen_scale(&self) -> [f64; 2] {
        let patient = &self.state.patient;
        patient.light_scale.unwrap_or([patient.scale_v, patient.scale_h])
    }
}
