//! Calculation verification: the draw of blood computed with coarser steps, for the first patients of a study.

use proband_core::{Column, Stream, Table};
use proband_physiology::{CollectionInput, CollectionModel, VenousInput, VenousModel};
use proband_scene::TICK_S;
use proband_twin::Truth;

use super::{TrialSetup, recruit};
use crate::{RehearsalSpec, RunError};

/// Patients that are computed.
const PATIENTS: u32 = 3;
/// Multiples of the scene's tick, finest first: the study itself runs at the first.
const MULTIPLES: [u32; 3] = [1, 2, 4];
/// Tourniquet [Pa] and for how long before the tube [s].
const TOURNIQUET_PA: f64 = 8_000.0;
const WAIT_S: f64 = 20.0;
/// Blood flows into the tube for so long, less than a tube takes [s].
const DRAW_S: f64 = 4.0;

/// Vein and tube at the tick of the scene and at twice and four times it: quantity, unit, step, value, three rows each.
///
/// The whole scene has one fixed tick; what is computed here are its two stiffest parts, coupled as the scene couples them.
///
/// # Errors
/// [`RunError`] when a patient cannot be drawn.
pub fn refinement_table(setup: &TrialSetup) -> Result<Table, RunError> {
    let (mut quantity, mut unit, mut step, mut value) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for enrolled in setup.enrolment.enrolled.iter().take(PATIENTS as usize) {
        let seed = setup.study.seed;
        let twin = recruit::twin(&setup.study.recruitment, seed, enrolled.person)?;
        let truth =
            Truth::draw(&twin, &mut Stream::new(seed, recruit::anatomy(&setup.study.recruitment, enrolled.person), "population.truth"))?;
        let Some(robot) = setup.robots.first() else { continue };
        let equipment = RehearsalSpec::new(twin, robot.clone(), seed).equipment();
        let bad = |e: proband_physiology::PhysiologyError| RunError::Trial { what: e.to_string() };
        let veins = VenousModel::new(truth.venous.clone()).map_err(bad)?;
        let tube = CollectionModel::new(equipment.collection).map_err(bad)?;
        let found = MULTIPLES.map(|m| draw(&veins, &tube, m));
        for (name, of, in_unit) in [
            ("blood in the tube after 4 s", 0, "m3"),
            ("pressure in the vein bed then", 1, "Pa"),
            ("mean age of the blood in the tube", 2, "s"),
        ] {
            for (multiple, values) in MULTIPLES.iter().zip(&found) {
                quantity.push(format!("{name}, patient {}", enrolled.person));
                unit.push(in_unit.to_owned());
                step.push(f64::from(*multiple) * TICK_S);
                value.push(values[of]);
            }
        }
    }
    let mut table = Table::new("refinement");
    table.push("quantity", "", "", "vein and tube, coupled", Column::Text(quantity))?;
    table.push("unit", "", "", "program", Column::Text(unit))?;
    table.push("step", "s", "", "multiples of the scene's tick", Column::F64(step))?;
    table.push("value", "", "", "computed; unit in its column", Column::F64(value))?;
    Ok(table)
}

/// Volume [m³], pressure [Pa] and age [s] at the end of a draw.
fn draw(veins: &VenousModel, tube: &CollectionModel, multiple: u32) -> [f64; 3] {
    let dt_s = f64::from(multiple) * TICK_S;
    let (mut vein, mut held) = (veins.state(), tube.state());
    let (mut flow, mut site) = (0.0, 0.0);
    let mut end = [f64::NAN; 3];
    for tick in 0..((WAIT_S + DRAW_S) / dt_s).round() as u32 {
        let input = VenousInput {
            tourniquet_pa: TOURNIQUET_PA,
            probe_pressure_pa: 0.0,
            draw_m3_s: flow,
            draw_site_pressure_pa: site,
            below_heart_m: 0.0,
        };
        let seen = veins.step(&mut vein, &input, dt_s);
        let input = CollectionInput {
            connected: f64::from(tick) * dt_s >= WAIT_S,
            open_fraction: 1.0,
            against_wall: false,
            in_air: false,
            source_pressure_pa: seen.pressure_pa,
            source_resistance_pa_s_per_m3: seen.feed_resistance_pa_s_per_m3,
            outside_pressure_pa: seen.outside_pressure_pa,
            inverted: false,
        };
        let drawn = tube.step(&mut held, &input, dt_s);
        (flow, site) = (drawn.flow_m3_s, if drawn.flow_m3_s > 0.0 { drawn.site_pressure_pa } else { seen.site_pressure_pa });
        end = [drawn.volume_m3, seen.pressure_pa, drawn.dwell_s];
    }
    end
}
