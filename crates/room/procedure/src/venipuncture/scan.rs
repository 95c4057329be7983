//! Prepare, tourniquet, near-infrared pictures and ultrasound stations.

use nalgebra::Vector3;
use proband_core::ops;
use proband_twin::{Quantity, SiteBelief};

use super::{Next, Station, Venipuncture, eyes, skin};
use crate::interface::{Command, FrameKind, HeadCommand, Note, Observation};
use crate::plan::Site;
use crate::survey::{SeenLumen, SeenVein, link, merge_row};
use crate::{Guard, Phase};

/// Rows of stations along the arm [m]: distal to proximal, the elbow crease at 0. Spaced so that a vein
/// stays within reach of the linker and the needle fits between entry and target.
const ROWS_M: [f64; 3] = [-0.038, -0.024, -0.010];
/// Columns of the full grid [m]; the picture is 25.6 mm wide, so neighbours overlap by 5 mm.
const COLUMNS_M: [f64; 3] = [-0.020, 0.0, 0.020];
/// Widest lateral place where the probe rests on the palm side [m].
const LATERAL_MAX_M: f64 = 0.028;
/// Stations per row from near-infrared lines; more lines than this are served by the full grid.
const COLUMNS_MAX: usize = 2;
/// Longest wait at one station [s].
const STATION_MAX_S: f64 = 4.0;
/// Pause after the force is reached before frames count [s]: the tissue settles.
const SETTLE_S: f64 = 0.12;
/// Lateral zone of the medial cutaneous nerve beside the basilic vein [m] from the midline: the medial third
/// of the fossa. Prior: unverified; medial sites are the ones with nerve injuries.
const MEDIAL_NERVE_ZONE_M: f64 = 0.022;
/// The median nerve lies medial to the brachial artery by about this much [m]. Prior: unverified.
const NERVE_FROM_ARTERY_M: f64 = 6e-3;

impl Venipuncture {
    pub(super) fn prepare(&mut self, obs: &Observation<'_>) -> Next {
        (self.in_phase_s(obs) >= self.spec.pace.prepare_s).then(|| {
            self.state.tourniquet_on = true;
            self.state.tourniquet_since_s = obs.time_s;
            (Phase::Tourniquet, "skin disinfected and dry".into())
        })
    }

    pub(super) fn tourniquet(&mut self, obs: &Observation<'_>) -> Next {
        (self.in_phase_s(obs) >= self.spec.pace.fill_s).then(|| {
            self.note_prior();
            (Phase::ScanNir, "cuff up, veins filled".into())
        })
    }

    fn note_prior(&mut self) {
        let priors = self.spec.priors.clone();
        for prior in &priors {
            let name = prior.vein.map_or("any", |v| v.name());
            for quantity in Quantity::ALL {
                let [mean, sd] = eyes::believed(prior, quantity);
                self.note(Note::Belief {
                    site: name.into(),
                    quantity: quantity.name().into(),
                    stage: "prior".into(),
                    mean,
                    sd,
                    z_m: prior.z_m,
                    x_m: eyes::believed(prior, Quantity::Lateral)[0],
                });
            }
        }
    }

    pub(super) fn scan_nir(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = HeadCommand::Park;
        command.expose_nir = true;
        if let Some(frame) = obs.nir {
            self.state.scan.nir_taken += 1;
            // Every picture measures the skin anew: the mean is half as noisy as one.
            skin::collect(frame, &mut self.state.scan.skin_points);
            if self.state.scan.nir_taken >= self.spec.pace.nir_frames {
                let (lines, overlays) = eyes::veins_in(frame);
                let count = lines.len();
                self.note(Note::Keep {
                    frame: FrameKind::Nir,
                    name: "nir".into(),
                    caption: format!("Near-infrared picture, {count} vein stretches found"),
                    overlays,
                });
                self.note_nir(&lines);
                self.state.scan.nir_lines = lines;
                self.state.scan.skin = skin::Skin::fitted(&std::mem::take(&mut self.state.scan.skin_points));
                self.state.scan.stations = self.stations();
                self.state.scan.station = 0;
                self.event(obs, "nir_veins", "vein stretches found in the near-infrared picture", count as f64, "1");
                return Some((Phase::ScanUltrasound, format!("{count} vein stretches in near infrared")));
            }
        }
        // A camera that gives nothing does not end the draw: ultrasound sees deeper anyway.
        (self.in_phase_s(obs) > 6.0).then(|| {
            self.guard(obs, Guard::ImageLost, self.state.scan.nir_taken.into(), "1");
            self.state.scan.stations = full_grid();
            self.state.scan.full_grid_done = true;
            (Phase::ScanUltrasound, "no near-infrared picture, full grid".into())
        })
    }

    /// Near infrared says where laterally, hardly how deep.
    fn note_nir(&mut self, lines: &[eyes::NirLine]) {
        for (index, line) in lines.iter().take(8).enumerate() {
            for row in ROWS_M {
                if let Some(x_m) = line.x_at(row) {
                    self.note(Note::Belief {
                        site: format!("nir line {}", index + 1),
                        quantity: "lateral_m".into(),
                        stage: "nir".into(),
                        mean: x_m,
                        sd: eyes::NIR_LATERAL_SD_M,
                        z_m: row,
                        x_m,
                    });
                }
            }
        }
    }

    /// Stations from near-infrared lines, or the full grid where none is sure.
    fn stations(&mut self) -> Vec<Station> {
        let mut stations = Vec::new();
        for (index, row) in ROWS_M.into_iter().enumerate() {
            let mut hits: Vec<(f64, f64)> = self
                .state
                .scan
                .nir_lines
                .iter()
                .filter(|line| line.confidence >= eyes::NIR_CONFIDENCE_MIN)
                .filter_map(|line| line.x_at(row).map(|x| (line.confidence, x)))
                .collect();
            hits.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut columns: Vec<f64> = Vec::new();
            for (_, x) in hits {
                if columns.len() < COLUMNS_MAX && x.abs() < LATERAL_MAX_M + 5e-3 && columns.iter().all(|c| (c - x).abs() > 9e-3) {
                    columns.push(x.clamp(-LATERAL_MAX_M, LATERAL_MAX_M));
                }
            }
            columns.sort_by(f64::total_cmp);
            if index % 2 == 1 {
                columns.reverse();
            }
            stations.extend(columns.into_iter().map(|x_m| Station { x_m, z_m: row }));
        }
        // One station per row at least, or the linker has nothing to follow.
        if stations.len() < ROWS_M.len() {
            self.state.scan.full_grid_done = true;
            return full_grid();
        }
        stations
    }

    pub(super) fn scan_ultrasound(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        let scan = &self.state.scan;
        let Some(station) = scan.stations.get(scan.station as usize).copied() else {
            return Some(self.finish_scan(obs));
        };
        let pressing = scan.pressing;
        let force_n = if pressing { self.spec.pace.firm_force_n } else { self.spec.pace.light_force_n };
        command.head = HeadCommand::Press { x_m: station.x_m, z_m: station.z_m, yaw_rad: 0.0, force_n };
        let there = obs.head_arrived && obs.probe_force_n > 0.6 * force_n && (pressing || obs.probe_force_n < 2.0 * force_n + 0.3);
        if !there {
            self.state.scan.force_reached_s = f64::NAN;
        } else if self.state.scan.force_reached_s.is_nan() {
            self.state.scan.force_reached_s = obs.time_s;
        }
        // On the way to a station there is nothing to be seen.
        self.state.scan.imaging |= there;
        command.image_ultrasound = self.state.scan.imaging;
        command.doppler = !pressing;
        let settled = obs.time_s - self.state.scan.force_reached_s > SETTLE_S;
        if settled && let Some(frame) = obs.ultrasound {
            self.look(obs, frame, station);
        }
        if self.in_phase_s(obs) > STATION_MAX_S * (self.state.scan.station as f64 + 2.0) {
            self.event(obs, "station_skipped", "probe did not settle", station.x_m, "m");
            self.leave_station(station);
        }
        None
    }

    fn look(&mut self, obs: &Observation<'_>, frame: &proband_sensor::UltrasoundFrame, station: Station) {
        let pressing = self.state.scan.pressing;
        let found = eyes::lumens_in(frame, &eyes::DepthScale::new(&self.spec, obs.probe_force_n, &self.state.scan.skin));
        eyes::track(&mut self.state.scan.tracks, &found, pressing);
        if pressing {
            self.state.scan.pressed_taken += 1;
            if self.state.scan.pressed_taken >= self.spec.pace.pressed_frames {
                self.leave_station(station);
            }
        } else {
            self.state.scan.light_taken += 1;
            if self.state.scan.light_taken >= self.spec.pace.light_frames {
                let index = self.state.scan.station + 1;
                let overlays = eyes::lumen_overlays(&found);
                let caption =
                    format!("Station {index}: x {:+.0} mm, z {:+.0} mm, {} lumens", station.x_m * 1e3, station.z_m * 1e3, found.len());
                self.note(Note::Keep { frame: FrameKind::Ultrasound, name: format!("us_scan_{index:02}"), caption, overlays });
                // Pressing tells vein from artery; with nothing in view there is nothing to tell.
                if self.state.scan.tracks.is_empty() {
                    self.leave_station(station);
                } else {
                    self.state.scan.pressing = true;
                    self.state.scan.force_reached_s = f64::NAN;
                }
            }
        }
    }

    fn leave_station(&mut self, station: Station) {
        let scan = &mut self.state.scan;
        let needed = (self.spec.pace.light_frames / 2).max(1);
        scan.lumens.extend(scan.tracks.iter().filter(|t| t.light_count >= needed).map(|t| t.lumen(station.z_m)));
        scan.tracks.clear();
        scan.light_taken = 0;
        scan.pressed_taken = 0;
        scan.pressing = false;
        scan.imaging = false;
        scan.force_reached_s = f64::NAN;
        scan.station += 1;
    }

    fn finish_scan(&mut self, obs: &Observation<'_>) -> (Phase, String) {
        let lumens = merge_row(self.state.scan.lumens.clone());
        let chains = link(&lumens);
        (self.state.sites, self.state.beliefs) = self.sites(&chains).into_iter().unzip();
        let (veins, sites) = (chains.len(), self.state.sites.len());
        self.event(obs, "us_lumens", "lumens seen in ultrasound", lumens.len() as f64, "1");
        let sites_now = self.state.sites.clone();
        for site in &sites_now {
            self.note_site(site, "ultrasound");
        }
        (Phase::Plan, format!("{sites} sites on {veins} vessels"))
    }

    pub(super) fn note_site(&mut self, site: &Site, stage: &str) {
        let rows = [
            ("depth_m", site.depth_m),
            ("diameter_v_m", site.diameter_v_m),
            ("diameter_h_m", site.diameter_h_m),
            ("lateral_m", [site.p_centre_m[0], site.lateral_sd_m]),
        ];
        for (quantity, [mean, sd]) in rows {
            self.note(Note::Belief {
                site: site.name.clone(),
                quantity: quantity.into(),
                stage: stage.into(),
                mean,
                sd,
                z_m: site.p_centre_m[2],
                x_m: site.p_centre_m[0],
            });
        }
    }

    /// Candidate sites: every sighting of every vessel that behaves like a vein.
    fn sites(&self, chains: &[SeenVein]) -> Vec<(Site, SiteBelief)> {
        let arteries: Vec<&SeenLumen> = chains.iter().flat_map(|c| &c.lumens).filter(|l| l.looks_arterial()).collect();
        let mut sites = Vec::new();
        for chain in chains {
            if chain.lumens.iter().filter(|l| l.looks_arterial()).count() * 2 > chain.lumens.len() {
                continue;
            }
            for lumen in &chain.lumens {
                if sites.len() < crate::survey::LUMEN_COUNT_MAX {
                    sites.extend(self.site(chain, lumen, &arteries));
                }
            }
        }
        sites
    }

    fn site(&self, chain: &SeenVein, lumen: &SeenLumen, arteries: &[&SeenLumen]) -> Option<(Site, SiteBelief)> {
        let p = Vector3::from(lumen.p_centre_m);
        let (tangent, heading_known) = self.tangent(chain, lumen);
        let (_, _, bend_m) = chain.line_at(lumen.z_m);
        let artery_distance_m = arteries
            .iter()
            .map(|a| (Vector3::from(a.p_centre_m) - p).norm() - 0.5 * (a.diameter_v_m + lumen.diameter_v_m))
            .fold(f64::INFINITY, f64::min);
        let median_nerve = arteries
            .iter()
            .map(|a| {
                let nerve = Vector3::from(a.p_centre_m) + Vector3::x() * (self.spec.medial_sign * NERVE_FROM_ARTERY_M);
                (nerve - p).norm() - 0.5 * lumen.diameter_v_m
            })
            .fold(f64::INFINITY, f64::min);
        let medial = self.spec.medial_sign * lumen.x_m;
        let cutaneous = (MEDIAL_NERVE_ZONE_M - medial).max(0.0) + 1.5e-3;
        let heading = heading_known.then(|| ops::atan2(tangent.x, tangent.z));
        let belief = eyes::believe(&self.spec.priors, lumen, heading)?;
        let vein = belief.vein.map_or("vein", |v| v.name());
        let site = Site {
            name: format!("{vein} {:+.0}/{:+.0} mm", lumen.x_m * 1e3, lumen.z_m * 1e3),
            p_centre_m: lumen.p_centre_m,
            tangent: tangent.into(),
            inward: lumen.inward,
            depth_m: eyes::believed(&belief, Quantity::Depth),
            diameter_v_m: eyes::believed(&belief, Quantity::DiameterV),
            diameter_h_m: eyes::believed(&belief, Quantity::DiameterH),
            lateral_sd_m: eyes::believed(&belief, Quantity::Lateral)[1],
            straight_m: if heading_known { chain.seen_length_m().max(0.012) } else { 0.008 },
            bend_m,
            artery_distance_m,
            nerve_distance_m: median_nerve.min(cutaneous),
            pressed_ratio: lumen.pressed_ratio,
            confidence: lumen.confidence * chain.likeness(lumen),
            spent: false,
        };
        Some((site, belief))
    }

    /// Direction of a vein at one of its sightings: along its neighbours, else along a near-infrared line, else along the arm.
    fn tangent(&self, chain: &SeenVein, lumen: &SeenLumen) -> (Vector3<f64>, bool) {
        let here = chain.lumens.iter().position(|l| l == lumen).unwrap_or(0);
        let before = chain.lumens.get(here.saturating_sub(1)).unwrap_or(lumen);
        let after = chain.lumens.get(here + 1).unwrap_or(lumen);
        let along = Vector3::from(after.p_centre_m) - Vector3::from(before.p_centre_m);
        if along.norm() > 5e-3 {
            return (along.normalize(), true);
        }
        for line in &self.state.scan.nir_lines {
            if let (Some(x), Some(x_ahead)) = (line.x_at(lumen.z_m), line.x_at(lumen.z_m + 5e-3))
                && (x - lumen.x_m).abs() < 4e-3
            {
                return (Vector3::new(x_ahead - x, 0.0, 5e-3).normalize(), true);
            }
        }
        (Vector3::z(), false)
    }

    /// Look everywhere once when the near-infrared stations gave nothing acceptable.
    pub(super) fn widen_scan(&mut self) -> bool {
        if self.state.scan.full_grid_done {
            return false;
        }
        self.state.scan.full_grid_done = true;
        self.state.scan.stations = full_grid();
        self.state.scan.station = 0;
        self.state.scan.lumens.clear();
        true
    }
}

fn full_grid() -> Vec<Station> {
    let mut stations = Vec::new();
    for (index, z_m) in ROWS_M.into_iter().enumerate() {
        for column in 0..COLUMNS_M.len() {
            let column = if index % 2 == 0 { column } else { COLUMNS_M.len() - 1 - column };
            stations.push(Station { x_m: COLUMNS_M[column], z_m });
        }
    }
    stations
}
