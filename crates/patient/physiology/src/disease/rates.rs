//! Every rate of disease, with its spread and its source.

use proband_core::{Distribution, Status, Stream, Uncertain, ops};

macro_rules! rates {
    ($($(#[$doc:meta])* $field:ident $median:literal $spread:literal $unit:literal $status:ident $source:literal,)*) => {
        /// The rates of one person: drawn, or the medians.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Rates { $($(#[$doc])* pub $field: f64,)* }

        impl Rates {
            /// Names and distributions (log-normal around the median; spread 0: constant) of all rates, in order.
            #[must_use]
            pub fn table() -> Vec<(&'static str, Uncertain)> {
                vec![$((stringify!($field), Uncertain::new(shape($median, $spread), $unit, Status::$status, $source)),)*]
            }

            /// Everybody's middle.
            #[must_use]
            pub fn median() -> Self {
                Self { $($field: $median,)* }
            }

            /// One person's rates.
            #[must_use]
            pub fn sample(stream: &mut Stream) -> Self {
                Self { $($field: $median * ops::exp($spread * stream.normal()),)* }
            }
        }
    };
}

fn shape(median: f64, spread: f64) -> Distribution {
    if spread > 0.0 { Distribution::LogNormal { mu: ops::ln(median), sigma: spread } } else { Distribution::Constant { value: median } }
}

rates! {
    /// Loss of arterial compliance with age.
    stiffening 0.0128 0.3 "1/a" Prior "prior: unverified; compliance falls by about 40 % from 30 to 70 years",
    /// Loss of nephrons with age.
    nephron_loss_age 0.008 0.3 "1/a" Prior "prior: unverified; about 0.8 mL/min/1.73 m² a year after 40",
    /// Loss of nephrons by disease.
    nephron_loss_disease 0.035 0.4 "1/a" Prior "prior: unverified; filtration falls by 1 to 5 mL/min/1.73 m² a year in kidney disease",
    /// Further loss per overload of the nephrons that are left.
    nephron_overload 0.02 0.4 "1/a" Prior "Form: hyperfiltration (Brenner 1982, N Engl J Med 307:652); rate prior: unverified",
    /// Loss of nephrons per 10 mmHg above normal.
    nephron_pressure 0.004 0.4 "1/a" Prior "prior: unverified",
    /// Loss of nephrons per 100 mg/dL of glucose above 120.
    nephron_glucose 0.015 0.4 "1/a" Prior "prior: unverified",
    /// Share of the loss by disease that an ACE inhibitor leaves.
    nephron_ace 0.7 0.1 "1" Prior "Order of Brenner 2001, N Engl J Med 345:861; prior: unverified",
    /// Share of the loss by disease that an SGLT2 inhibitor leaves.
    nephron_sglt2 0.65 0.1 "1" Prior "Order of Heerspink 2020, N Engl J Med 383:1436; prior: unverified",
    /// Rise of the pressure at which the kidneys balance.
    pressure_drift 1.2 0.4 "mmHg/a" Prior "prior: unverified",
    /// Fall of that pressure under an ACE inhibitor.
    pressure_ace 8.0 0.25 "mmHg" Prior "prior: unverified; about 10/5 mmHg for one drug",
    /// Under a diuretic.
    pressure_diuretic 6.0 0.25 "mmHg" Prior "prior: unverified",
    /// Under a β-blocker.
    pressure_beta 5.0 0.25 "mmHg" Prior "prior: unverified",
    /// Rise of the output of salt per mmHg, of normal intake.
    natriuresis 0.16 0.2 "1/mmHg" Prior "Order of Guyton 1972, Annu Rev Physiol 34:13: 6 to 10 times intake per 50 mmHg; prior: unverified",
    /// Loss of contractility in heart failure.
    contractility_loss 0.02 0.4 "1/month" Prior "prior: unverified; 1 to 5 % a month untreated",
    /// Share of that loss that an ACE inhibitor leaves.
    contractility_ace 0.6 0.15 "1" Prior "prior: unverified",
    /// Share of that loss that a β-blocker leaves.
    contractility_beta 0.4 0.2 "1" Prior "prior: unverified",
    /// Share of that loss that an SGLT2 inhibitor leaves.
    contractility_sglt2 0.75 0.1 "1" Prior "prior: unverified",
    /// Thickening of the wall at full overload of pressure.
    growth_radial 0.0035 0.3 "1/d" Prior "Form Kerckhoffs 2012, Mech Res Commun 42:40; rate prior: unverified",
    /// Lengthening of fibres at full overload of volume.
    growth_fibre 0.0015 0.3 "1/d" Prior "Form Kerckhoffs 2012, Mech Res Commun 42:40; rate prior: unverified",
    /// Narrowing of a stenotic aortic valve.
    aortic_narrowing 0.10 0.5 "cm²/a" Prior "Order of Otto 1997, Circulation 95:2262 (0.12 ± 0.19 cm² a year); prior: unverified",
    /// Widening of a mitral leak.
    mitral_widening 0.02 0.5 "cm²/a" Prior "prior: unverified",
    /// Fall of the forced expiratory volume with age.
    fev1_age 0.028 0.25 "L/a" Published "Anthonisen 1994, JAMA 272:1497 (non-smokers and sustained quitters about 30 mL a year)",
    /// Fall in a smoker with COPD.
    fev1_smoker 0.062 0.35 "L/a" Published "Anthonisen 2002, Am J Respir Crit Care Med 166:675 (smokers about 60 mL a year)",
    /// Share of airway resistance that bronchodilators leave.
    airway_bronchodilator 0.85 0.05 "1" Prior "prior: unverified",
    /// Growth of bacteria in the lung.
    pneumonia_growth 1.0 0.25 "1/d" Prior "prior: unverified",
    /// Answer of the defence, at its full strength.
    pneumonia_defence 1.6 0.2 "1/d" Prior "prior: unverified",
    /// Killing by an antibiotic.
    antibiotic_kill 1.5 0.2 "1/d" Prior "prior: unverified",
    /// Growth of inflammation in sepsis.
    sepsis_growth 1.2 0.3 "1/d" Prior "prior: unverified",
    /// Its resolution.
    sepsis_resolution 0.5 0.3 "1/d" Prior "prior: unverified",
    /// Life of a red cell.
    red_cell_life 120.0 0.08 "d" Published "Franco 2012, Transfus Med Hemother 39:302 (about 120 days)",
    /// Share of normal production that anaemia leaves.
    marrow_disease 0.6 0.12 "1" Prior "prior: unverified",
    /// × production under iron.
    marrow_iron 1.35 0.08 "1" Prior "prior: unverified",
    /// × production under erythropoietin.
    marrow_erythropoietin 1.45 0.08 "1" Prior "prior: unverified",
    /// Rise of the death of β-cells in diabetes.
    beta_death_rise 0.008 0.4 "1/a" Prior "prior: unverified; Topp's healthy point is lost at 1.225 times its death rate (saddle-node)",
    /// Share of the death of β-cells that metformin leaves.
    beta_metformin 0.96 0.01 "1" Prior "prior: unverified; in Topp's model glucose comes back unless the cells are spared",
    /// Share that an SGLT2 inhibitor leaves.
    beta_sglt2 0.97 0.01 "1" Prior "prior: unverified",
    /// Share that insulin leaves.
    beta_insulin 0.94 0.01 "1" Prior "prior: unverified",
    /// Fall of the sensitivity to insulin.
    sensitivity_fall 0.03 0.3 "1/a" Prior "prior: unverified",
    /// × sensitivity under metformin.
    sensitivity_metformin 1.25 0.1 "1" Prior "prior: unverified",
    /// × production of glucose under metformin.
    production_metformin 0.85 0.05 "1" Prior "prior: unverified",
    /// Loss of glucose in urine under an SGLT2 inhibitor.
    excretion_sglt2 1.2 0.2 "1/d" Prior "prior: unverified",
    /// Long-acting insulin, as its rate into plasma.
    insulin_dose 2000.0 0.2 "µU/mL/d" Prior "prior: unverified",
    /// Exponential growth of a tumour.
    tumour_growth 0.02 0.4 "1/d" Prior "Form Simeoni 2004, Cancer Res 64:1094; rate prior: unverified",
    /// Linear growth of a tumour.
    tumour_linear 0.5 0.4 "g/d" Prior "Form Simeoni 2004, Cancer Res 64:1094; rate prior: unverified",
    /// Killing by a cycle of chemotherapy, at its beginning.
    chemotherapy_kill 0.12 0.3 "1/d" Prior "prior: unverified",
    /// Loss of the gain of the baroreflex after 30 years.
    baroreflex_age 0.01 0.3 "1/a" Prior "prior: unverified; 1 % a year",
}
