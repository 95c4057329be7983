//! The numbers of the whole patient, each with unit, scaling, status and source.

use crate::PhysiologyError;
use crate::body::{BodySex, blood_volume_nadler_ml, body_surface_mosteller_m2, ideal_mass_kg};
use crate::error::check;
use crate::whole::pack::{Laned, Pack};

/// How a number follows the size of the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The same for everybody.
    None,
    /// With the blood volume: volumes and compliances.
    Volume,
    /// Against the blood volume: elastances.
    Elastance,
    /// Against the body surface: resistances and inertances.
    Resistance,
    /// With the body surface: flows, gas exchange, filtration.
    Surface,
    /// With the ideal mass: the lungs.
    Lung,
}

/// One number of the whole patient as it stands in reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterNote {
    /// Name of the field of [`Parameters`].
    pub name: &'static str,
    /// Value in the reference man.
    pub reference: f64,
    /// Unit.
    pub unit: &'static str,
    /// How it follows the patient's size.
    pub scaling: Scaling,
    /// Citation, or `prior: unverified` with the reason.
    pub source: &'static str,
}

macro_rules! parameters {
    ($($name:ident = $value:literal, $unit:literal, $scaling:ident, $source:literal;)*) => {
        /// Numbers of the whole patient, one lane per patient. See [`Parameters::NOTES`] for meaning, unit and source.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Parameters<const N: usize> {
            $(#[doc = concat!("[", $unit, "]: ", $source)] pub $name: Pack<N>,)*
        }
        impl<const N: usize> Laned<N> for Parameters<N> {
            type One = Parameters<1>;
            fn packs(&mut self, see: &mut dyn FnMut(&mut Pack<N>)) { $(see(&mut self.$name);)* }
            fn spread(one: &Parameters<1>) -> Self { Self { $($name: Pack::of(one.$name.0[0]),)* } }
        }
        impl<const N: usize> Parameters<N> {
            /// Every number with unit, scaling and source.
            pub const NOTES: &'static [ParameterNote] = &[$(ParameterNote {
                name: stringify!($name), reference: $value, unit: $unit, scaling: Scaling::$scaling, source: $source,
            }),*];
            fn scaled(scale: impl Fn(Scaling) -> f64) -> Self {
                Self { $($name: Pack::of($value * scale(Scaling::$scaling)),)* }
            }
        }
    };
}

parameters! {
    // Heart: chambers.
    lv_ees = 2.6, "mmHg/mL", Elastance, "end-systolic elastance, left ventricle; 2.5 Heldt 2004 (1/0.40), chosen within ±1 sd";
    lv_v0 = 10.0, "mL", Volume, "unstressed volume, left ventricle; prior: unverified, 5-17 in Ursino 1998 and Smith 2004";
    lv_a = 1.3, "mmHg", None, "passive law A (exp(k (V - V0)) - 1); P0 1.5 Ursino 1998, chosen for 12-13 mmHg across the wall at 130 mL";
    lv_k = 0.0205, "1/mL", Elastance, "passive law, left ventricle; 0.014 Ursino 1998, chosen as for lv_a";
    rv_ees = 0.62, "mmHg/mL", Elastance, "end-systolic elastance, right ventricle; 0.77 Heldt 2004 (1/1.30), chosen within ±1 sd";
    rv_v0 = 15.0, "mL", Volume, "unstressed volume, right ventricle; prior: unverified, 15-46";
    rv_a = 1.2, "mmHg", None, "passive law, right ventricle; P0 1.5 Ursino 1998, chosen";
    rv_k = 0.0185, "1/mL", Elastance, "passive law, right ventricle; 0.011 Ursino 1998, chosen";
    la_ees = 0.45, "mmHg/mL", Elastance, "left atrium at its peak; 0.61 Heldt 2004 (1/1.64), chosen";
    la_emin = 0.18, "mmHg/mL", Elastance, "left atrium at rest; prior: unverified, 0.1-0.5";
    ra_ees = 0.35, "mmHg/mL", Elastance, "right atrium at its peak; 0.74 Heldt 2004 (1/1.35), chosen lower for the a wave; prior: unverified";
    ra_emin = 0.11, "mmHg/mL", Elastance, "right atrium at rest; prior: unverified, 0.05-0.3";
    atrium_v0 = 10.0, "mL", Volume, "unstressed volume of either atrium; 14-24 Heldt 2004, chosen";
    septum_es = 48.75, "mmHg/mL", Elastance, "septum in systole; Smith 2004 (6500 kPa/L)";
    septum_ed = 5.0, "mmHg/mL", Elastance, "septum in diastole, linear; prior: unverified, slope of the law of Smith 2004";
    pericardium_k = 1.0, "mmHg", None, "pericardium K (exp((V - V0)/phi) - 1); prior: unverified";
    pericardium_v0 = 600.0, "mL", Volume, "pericardium; prior: unverified, 550-750 mL";
    pericardium_phi = 40.0, "mL", Volume, "pericardium; prior: unverified";
    systole = 0.30, "√s", None, "time in which the ventricles' activation rises, per root of the period; 0.30 Heldt 2002";
    // Valves: areas of the healthy orifice and lengths of the moving column.
    aortic_area = 4.0, "cm²", Surface, "effective aortic orifice; prior: unverified, annulus 4-6.8 cm²";
    pulmonary_area = 5.0, "cm²", Surface, "pulmonary orifice; prior: unverified, annulus 5.7 cm²";
    mitral_area = 5.0, "cm²", Surface, "mitral orifice; prior: unverified, annulus 5-7.7 cm²";
    tricuspid_area = 8.0, "cm²", Surface, "tricuspid orifice; prior: unverified";
    valve_friction = 0.002, "mmHg s/mL", Resistance, "viscous part of an open valve; prior: unverified, small";
    // Arteries.
    ao_c = 0.55, "mL/mmHg", Volume, "aorta at 91 mmHg; 0.28-0.6 in Heldt 2004 (ascending, descending, brachiocephalic), chosen for the pulse pressure";
    ao_v0 = 77.0, "mL", Volume, "aorta; prior: unverified, 160 mL at its resting pressure (whole aorta 275 mL in ICRP 2002)";
    sa_c = 0.85, "mL/mmHg", Volume, "arteries beyond the aorta at 91 mmHg; 0.8 in Heldt 2004 (sum), chosen";
    sa_v0 = 288.0, "mL", Volume, "arteries beyond the aorta; prior: unverified, about 13 % of the blood is arterial (Guyton)";
    ao_r = 0.045, "mmHg s/mL", Resistance, "aorta to arteries; 0.06 Ursino 1998, chosen";
    ao_l = 0.0009, "mmHg s²/mL", Resistance, "inertance of the aorta; 0.00022 Ursino 1998 for the root; prior: unverified";
    pulse_gain = 1.0, "1", None, "pulse pressure where it is read over that in the model's arteries; mean and diastolic pressure stay. Radial over central 1.2-1.7 (Avolio 2009; McEniery 2005); 1 until a record says more";
    // Beds: arteriolar resistance for the resting share of the output, veins.
    brain_ra = 7.68, "mmHg s/mL", Resistance, "12 % of the output (Guyton) at 92 mmHg";
    kidney_ra = 4.86, "mmHg s/mL", Resistance, "19 % of the output (Guyton)";
    gut_ra = 3.44, "mmHg s/mL", Resistance, "26.5 % of the output (Guyton, liver total 25.5 %)";
    muscle_ra = 3.40, "mmHg s/mL", Resistance, "muscle, bone and the rest: 26.5 % of the output";
    skin_ra = 9.14, "mmHg s/mL", Resistance, "skin and fat: 10 % of the output";
    arm_ra = 100.0, "mmHg s/mL", Resistance, "forearm and hand beyond a tourniquet: 0.84 mL/s; prior: unverified, 2-4 mL/min/100 mL";
    coronary_r = 15.5, "mmHg s/mL", Resistance, "chosen for 4.5 % of the output (Guyton) against the squeezing wall";
    coronary_squeeze = 0.75, "1", None, "part of the left ventricle's pressure that shuts its vessels; 0.5 epicardium to 1.0 endocardium; prior: unverified";
    brain_rv = 0.179, "mmHg s/mL", Resistance, "2 mmHg at rest; prior: unverified";
    kidney_rv = 0.113, "mmHg s/mL", Resistance, "2 mmHg at rest; prior: unverified";
    gut_rv = 0.121, "mmHg s/mL", Resistance, "3 mmHg at rest; 0.07 Heldt 2004, chosen; prior: unverified";
    muscle_rv = 0.124, "mmHg s/mL", Resistance, "3 mmHg at rest; 0.10 Heldt 2004, chosen";
    skin_rv = 0.32, "mmHg s/mL", Resistance, "3 mmHg at rest; prior: unverified";
    arm_rv = 4.8, "mmHg s/mL", Resistance, "4 mmHg at rest; prior: unverified, distal pressure 5-15 mmHg supine";
    cava_r = 0.004, "mmHg s/mL", Resistance, "great veins to the atrium; prior: unverified, below 0.5 mmHg at rest";
    brain_c = 5.0, "mL/mmHg", Volume, "veins of the head; 7 Heldt 2004 (upper body); prior: unverified";
    kidney_c = 5.0, "mL/mmHg", Volume, "renal veins; Heldt 2004";
    gut_c = 55.0, "mL/mmHg", Volume, "splanchnic veins; 60 ± 7.5 Heldt 2004";
    muscle_c = 30.0, "mL/mmHg", Volume, "veins of legs and trunk; 20 Heldt 2004 (legs) with the rest of the body; prior: unverified";
    skin_c = 8.0, "mL/mmHg", Volume, "veins of the skin; prior: unverified";
    arm_c = 1.5, "mL/mmHg", Volume, "veins beyond the tourniquet: plateau in 60-120 s; prior: unverified";
    cava_c = 18.0, "mL/mmHg", Volume, "great veins in the chest; Heldt 2004: 2 for the cavae alone, chosen for Pmsf 7 mmHg (Guyton)";
    brain_v0 = 100.0, "mL", Volume, "prior: unverified";
    kidney_v0 = 50.0, "mL", Volume, "Heldt 2004: artery 20, vein 30";
    gut_v0 = 1500.0, "mL", Volume, "1146 vein and part of the artery, Heldt 2004; chosen so that 5238 mL of blood give the resting pressures";
    muscle_v0 = 890.0, "mL", Volume, "716 legs, Heldt 2004, and trunk; prior: unverified";
    skin_v0 = 250.0, "mL", Volume, "prior: unverified";
    arm_v0 = 30.0, "mL", Volume, "prior: unverified; 20-40 mL in the superficial veins";
    cava_v0 = 140.0, "mL", Volume, "prior: unverified; 128 mL for abdominal veins and cavae in Heldt 2004";
    // Lung vessels.
    pa_c = 4.3, "mL/mmHg", Volume, "pulmonary arteries; 3.4 ± 1.8 Heldt 2004";
    pa_v0 = 90.0, "mL", Volume, "160 Heldt 2004, chosen";
    pv_c = 9.0, "mL/mmHg", Volume, "pulmonary veins; 9.0 ± 3.7 Heldt 2004";
    pv_v0 = 330.0, "mL", Volume, "430 Heldt 2004, chosen";
    lung_r = 0.080, "mmHg s/mL", Resistance, "lung; 0.07 ± 0.04 Heldt 2004";
    pv_r = 0.006, "mmHg s/mL", Resistance, "pulmonary veins to the atrium; Heldt 2004";
    // Posture: heights below the heart when standing.
    head_height = -27.0, "cm", None, "head above the heart; prior: unverified";
    leg_height = 32.0, "cm", None, "column that reaches the veins of legs and trunk, weighted by their compliance and shortened by valves and skin; chosen for 0.5-0.8 L pooled on standing; prior: unverified";
    gut_height = 6.0, "cm", None, "prior: unverified";
    // Reflexes.
    rate_rest = 73.0, "1/min", None, "heart rate at rest; 60-100";
    rate_max = 177.2, "1/min", None, "208 - 0.7 age at 44 years (Tanaka 2001)";
    fes_gain_r_gut = 0.21, "1", None, "0.695/3.307, Ursino 1998";
    fes_gain_r_other = 0.377, "1", None, "0.53/1.407, Ursino 1998";
    fes_gain_ees = 0.161, "1", None, "0.475/2.95, Ursino 1998";
    fes_gain_v_gut = 265.4, "mL", Volume, "Ursino 1998";
    fes_gain_v_other = 132.5, "mL", Volume, "Ursino 1998";
    fes_gain_t = 0.30, "s", None, "between 0.13 Ursino 1998 and the 9-12 ms/mmHg of Heldt 2004; prior: unverified";
    fev_gain_t = 0.09, "s²", None, "Ursino 1998";
    cardiopulmonary_gain_r = 0.07, "1/mmHg", None, "resistance per right atrial pressure; 0.05-0.3 PRU/mmHg in Heldt 2004";
    cardiopulmonary_gain_v = 45.0, "mL/mmHg", Volume, "veins per right atrial pressure; 27-108 mL/mmHg in Heldt 2004";
    chemo_gain_r = 0.4, "1", None, "resistance in hypoxia; prior: unverified";
    chemo_gain_rate = 0.2, "1", None, "rate in hypoxia; prior: unverified";
    sinus_arrhythmia = 0.035, "s", None, "period per tidal breath; prior: unverified, 2-8 beats per minute";
    // Breathing.
    frc = 2400.0, "mL", Lung, "functional residual capacity 2.4 L (Levitzky 2013)";
    lung_c = 200.0, "mL/cmH2O", Lung, "compliance of both lungs (Levitzky 2013)";
    wall_c = 200.0, "mL/cmH2O", Lung, "compliance of the chest wall (Levitzky 2013)";
    upper_r = 0.001, "cmH2O s/mL", None, "half of 2 cmH2O s/L (Kacmarek 2016: 0.5-2.5)";
    lung_r_air = 0.002, "cmH2O s/mL", None, "airways of one lung: the other half in parallel";
    left_share = 0.45, "1", None, "left lung's share of volume and flow; prior: unverified";
    recoil = 5.0, "cmH2O", None, "recoil at rest: pleural pressure -5 (Levitzky 2013)";
    dead_space = 160.0, "mL", Lung, "2.2 mL/kg ideal mass";
    shunt = 0.025, "1", None, "0.02-0.05 (Levitzky 2013)";
    breath_rate = 13.0, "1/min", None, "12-20 (Levitzky 2013)";
    tidal = 515.0, "mL", Lung, "7 mL/kg ideal mass (Levitzky 2013)";
    central_gain = 1.8, "L/min/mmHg", Surface, "central chemoreceptors; prior: unverified, 1.5-2";
    peripheral_gain = 0.45, "L/min/mmHg", Surface, "peripheral chemoreceptors; prior: unverified, 0.3-0.6";
    // Metabolism and fluids.
    oxygen_use = 245.0, "mL/min", Surface, "STPD at rest; 250 (Guyton)";
    carbon_dioxide_made = 196.0, "mL/min", Surface, "respiratory quotient 0.8 (Guyton)";
    tissue_o2 = 700.0, "mL", Volume, "blood that holds as much oxygen as capillaries and tissue; prior: unverified";
    tissue_co2_fast = 13500.0, "mL", Volume, "blood that holds as much carbon dioxide as the fast tissues: apnoea 3-4 mmHg/min";
    tissue_co2_slow = 25000.0, "mL", Volume, "slow store; prior: unverified, 15+ L of gas";
    tissue_co2_exchange = 12.0, "mL/s", Surface, "between the two; prior: unverified, hours";
    haematocrit = 0.44, "1", None, "0.40-0.50 men (Valtin 1995)";
    protein = 7.0, "g/dL", None, "plasma protein 6-8 (Valtin 1995)";
    interstitial = 11500.0, "mL", Volume, "15 % of the mass (Guyton)";
    interstitial_protein = 2.0, "g/dL", None, "prior: unverified, 2-3";
    filtration = 6.0, "mL/min/mmHg", Volume, "whole body; prior: unverified, 5-8";
    gfr = 125.0, "mL/min", Surface, "180 L/d (Guyton)";
    urine = 1.0, "mL/min", Surface, "0.5-1.5";
    heat_c = 3470.0, "J/kg/K", None, "mean specific heat of the body (Gagge 1986)";
}

/// Who the whole patient is.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Physique {
    /// Sex.
    pub sex: BodySex,
    /// Age [years].
    pub age_y: f64,
    /// Height [m].
    pub height_m: f64,
    /// Mass [kg].
    pub mass_kg: f64,
}

impl Physique {
    /// The man of whom the reference values hold: 44 years, 1.8034 m, 77.1 kg.
    #[must_use]
    pub fn reference_man() -> Self {
        Self { sex: BodySex::Male, age_y: 44.0, height_m: 1.8034, mass_kg: 77.1 }
    }

    /// Numbers of this patient: those of the reference man scaled by blood volume, body surface and ideal mass.
    ///
    /// Age stiffens the arteries: compliance −1 %/year after 40, of which 40 % from 30 to 70 (prior: unverified); a
    /// woman's haematocrit is 0.40.
    ///
    /// # Errors
    /// [`PhysiologyError`] outside adult sizes: 18–110 years, 1.3–2.3 m, 30–250 kg, 10–80 kg/m².
    pub fn parameters(&self) -> Result<Parameters<1>, PhysiologyError> {
        check("age_y", self.age_y, 18.0, 110.0, "years")?;
        check("height_m", self.height_m, 1.3, 2.3, "m")?;
        check("mass_kg", self.mass_kg, 30.0, 250.0, "kg")?;
        let index = self.mass_kg / (self.height_m * self.height_m);
        check("mass_kg / height_m²", index, 10.0, 80.0, "kg/m²")?;
        let man = Self::reference_man();
        let blood = |p: &Self| blood_volume_nadler_ml(p.sex, p.height_m, p.mass_kg);
        let surface = |p: &Self| body_surface_mosteller_m2(p.height_m, p.mass_kg);
        let volume = blood(self) / blood(&man);
        let area = surface(self) / surface(&man);
        let lung = ideal_mass_kg(self.sex, self.height_m) / ideal_mass_kg(man.sex, man.height_m);
        let mut parameters = Parameters::scaled(|scaling| match scaling {
            Scaling::None => 1.0,
            Scaling::Volume => volume,
            Scaling::Elastance => 1.0 / volume,
            Scaling::Resistance => 1.0 / area,
            Scaling::Surface => area,
            Scaling::Lung => lung,
        });
        let stiffening = 1.0 - 0.01 * (self.age_y - man.age_y).clamp(-14.0, 40.0);
        parameters.ao_c = parameters.ao_c * stiffening;
        parameters.sa_c = parameters.sa_c * stiffening;
        parameters.rate_max = Pack::of(208.0 - 0.7 * self.age_y);
        if self.sex == BodySex::Female {
            parameters.haematocrit = Pack::of(0.40);
        }
        Ok(parameters)
    }
}
