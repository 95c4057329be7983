//! What a patient is at a moment, and what acts on him.

use crate::whole::pack::{Laned, Pack, laned};

/// Vessels with a volume, by index into the arrays of this folder.
pub(crate) const AO: usize = 0;
pub(crate) const SA: usize = 1;
/// First of the beds: brain, kidney, gut, muscle, skin, arm.
pub(crate) const BR: usize = 2;
pub(crate) const KI: usize = 3;
pub(crate) const GU: usize = 4;
pub(crate) const MU: usize = 5;
pub(crate) const SK: usize = 6;
pub(crate) const AR: usize = 7;
pub(crate) const VC: usize = 8;
pub(crate) const PA: usize = 9;
pub(crate) const PV: usize = 10;
/// Number of vessels and of beds.
pub(crate) const VESSELS: usize = 11;
pub(crate) const BEDS: usize = 6;

laned! {
    /// Circulation, moved at every step.
    Circulation {
        /// Left ventricle [mL].
        lv_ml,
        /// Right ventricle [mL].
        rv_ml,
        /// Left atrium [mL].
        la_ml,
        /// Right atrium [mL].
        ra_ml,
        /// Vessels [mL]: aorta, arteries, veins of brain, kidney, gut, muscle, skin, forearm, great veins, lung arteries, lung veins.
        vessel_ml[11],
        /// Volume by which the septum bulges to the right [mL].
        septum_ml,
        /// Flows with inertia [mL/s]: aortic, pulmonary, mitral, tricuspid valve, aorta to arteries.
        flow_ml_s[5],
        /// Time since the atria began to contract [s].
        phase_s,
        /// Period of this beat [s], 1/duration of atrial and ventricular systole [1/s], atrium to ventricle [s].
        beat[4],
        /// Pressures now [mmHg]: left ventricle, right ventricle, left atrium, right atrium.
        chamber_mmhg[4],
        /// Pressures now [mmHg], as the vessels.
        vessel_mmhg[11],
        /// Sums over this beat: time, arterial, great-vein, lung-artery, left-atrial pressure, net aortic flow, leak of
        /// the mitral and of the aortic valve, coronary flow, kidney flow, brain flow.
        sum[11],
        /// Extremes of this beat: arterial high and low, lung artery high and low, left ventricle full and empty, its peak pressure.
        extreme[7],
        /// Values of the last whole beat, as `sum` over time (leaks per beat; time as the period).
        mean[11],
        /// Extremes of the last whole beat.
        latched[7],
        /// Beats since the start.
        beats,
        /// Sums since the start [mL]: into the veins, bled, filtered into tissue, lymph, urine.
        account[5],
        /// Means for the slow processes: sums since they last ran of arterial pressure × time, right atrial transmural × time.
        tick_sum[3],
    }
}

laned! {
    /// Reflexes, breathing, gases, fluids and heat.
    Slow {
        /// Baroreceptors' linear part [mmHg].
        sensed_mmhg,
        /// Arterial pressure of the tick before [mmHg].
        arterial_mmhg,
        /// Effectors' deviations: resistance of gut and kidney, resistance of the rest, contractility, veins of the
        /// gut, veins of the rest (all relative to one unit of sympathetic signal), period sympathetic and vagal [s].
        effector[7],
        /// Cardiopulmonary signal [mmHg], filtered.
        cardiopulmonary_mmhg,
        /// Autoregulation: multipliers on the resistance of brain, coronary vessels, kidney.
        autoregulation[3],
        /// Time since the breath began [s].
        breath_s,
        /// Period of this breath [s] and peak pressure of the muscles [cmH2O].
        breath[2],
        /// Pressure of the muscles now [cmH2O].
        muscle_cmh2o,
        /// Volume above FRC [mL]: left, right lung.
        lung_ml[2],
        /// Gas in the pleura [mL]: left, right.
        pleura_ml[2],
        /// Pressure in the pleura [cmH2O]: left, right.
        pleural_cmh2o[2],
        /// Pressure at the mouth, flow into the lungs [mL/s], pressure in the alveoli (mean) [cmH2O].
        airway[3],
        /// Oxygen and carbon dioxide in the alveoli [mL STPD]: left O₂, right O₂, left CO₂, right CO₂.
        alveolar_ml[4],
        /// Dead space: volume filled with fresh gas [mL], O₂ and CO₂ [mL STPD] of the fresh part, of the used part.
        dead[5],
        /// Oxygen content [mL/mL]: arterial pool, tissue, venous pool.
        oxygen[3],
        /// Carbon dioxide content [mL/mL]: arterial pool, fast tissue, slow tissue, venous pool.
        carbon_dioxide[4],
        /// Sums since the start [mL STPD]: O₂ breathed in less out, O₂ used, CO₂ breathed out less in, CO₂ made.
        gas_account[4],
        /// Arterial blood: PO₂ [mmHg], PCO₂ [mmHg], pH, saturation.
        arterial[4],
        /// pH in the alveolar capillaries: left, right (start of the root search).
        capillary_ph[2],
        /// Carbon dioxide at the end of the last expiration [mmHg].
        end_tidal_mmhg,
        /// Sums of this breath: volume in [mL], time [s]; then tidal volume [mL] and period [s] of the last; highest airway pressure.
        breath_sum[6],
        /// Chemical drive: central and peripheral [L/min].
        chemical[2],
        /// Share of the resting drive [1].
        drive,
        /// Haematocrit [1].
        mixed,
        /// Red cells in the blood [mL].
        red_ml,
        /// Protein in plasma and interstitium [g].
        protein_g[2],
        /// Interstitial fluid [mL].
        interstitial_ml,
        /// Lactate above rest [mmol/L of body water], oxygen debt rate [mL/s].
        lactate[2],
        /// Base excess that is not lactate [mmol/L].
        base_excess,
        /// Fluxes of this second [mL/s]: filtration, lymph, urine, drinking less evaporation.
        flux[4],
        /// Glomerular filtration [mL/min].
        gfr_ml_min,
        /// Hormone that holds water back, filtered [1].
        water_hormone,
        /// Temperature of core and skin [°C].
        temperature_c[2],
        /// Oxygen that the tissue used, share of what it wanted [1].
        met,
        /// The circulation's account when the second began [mL].
        settled[5],
    }
}

laned! {
    /// What acts on a patient from outside. [`Acts::rest`] is a person lying and breathing air.
    Acts {
        /// Angle of the body: 0 lying, 1 standing (sine of the tilt); negative head down.
        tilt,
        /// Bleeding from the arteries at full pressure [mL/s].
        bleeding_ml_s,
        /// Crystalloid, colloid, red cells (haematocrit 0.6), whole blood (0.40) into the veins [mL/s].
        infusion_ml_s[4],
        /// Pressure of a cuff or tourniquet on the upper arm [mmHg].
        tourniquet_mmhg,
        /// Flow out of the forearm's veins into a tube [mL/s].
        draw_ml_s,
        /// Height of the forearm below the heart [cm].
        arm_below_heart_cm,
        /// Oxygen in the inspired gas [1].
        inspired_oxygen,
        /// Carbon dioxide in the inspired gas [1].
        inspired_carbon_dioxide,
        /// Barometric pressure [mmHg].
        barometric_mmhg,
        /// 0 breathes on his own, 1 volume control, 2 pressure control.
        ventilator,
        /// Rate of the ventilator [1/min].
        ventilator_rate,
        /// Tidal volume [mL] or pressure above PEEP [cmH2O] of the ventilator.
        ventilator_size,
        /// End-expiratory pressure [cmH2O].
        peep_cmh2o,
        /// Share of the ventilator's cycle spent on inspiration [1].
        ventilator_inspiration,
        /// × resistance of the upper airway; 1e6 shuts it.
        airway_obstruction,
        /// × resistance of the airways of one lung: left, right.
        lung_obstruction[2],
        /// Opening between pleura and outside [mL/s/cmH2O]: left, right.
        open_pneumothorax[2],
        /// One-way opening from lung to pleura [mL/s/cmH2O]: left, right.
        closed_pneumothorax[2],
        /// Gas that a needle or drain takes out of the pleura [mL/s/cmH2O]: left, right.
        chest_drain[2],
        /// Fluid in the pericardium [mL].
        effusion_ml,
        /// Share of the healthy orifice that opens: aortic, pulmonary, mitral, tricuspid.
        valve_open[4],
        /// Orifice that leaks [cm²]: aortic, pulmonary, mitral, tricuspid.
        valve_leak_cm2[4],
        /// Pain and fear [1], 0 to 1.
        pain,
        /// × resting metabolism (exercise, fever, cooling is separate).
        work,
        /// Temperature of the surroundings that feels like the resting 28 °C without cover [°C].
        ambient_c,
        /// The heart beats (1) or stands still (0).
        heart_beats,
        /// Effects of drugs and diseases, in the order of [`crate::Effects::NAMES`].
        effects[30],
    }
}

impl Acts<1> {
    /// A person lying, breathing air at sea level, nothing done to him.
    #[must_use]
    pub fn rest() -> Self {
        let one = Pack::of(1.0);
        let zero = Pack::of(0.0);
        let mut acts = Self {
            tilt: zero,
            bleeding_ml_s: zero,
            infusion_ml_s: [zero; 4],
            tourniquet_mmhg: zero,
            draw_ml_s: zero,
            arm_below_heart_cm: zero,
            inspired_oxygen: Pack::of(0.21),
            inspired_carbon_dioxide: Pack::of(0.0004),
            barometric_mmhg: Pack::of(760.0),
            ventilator: zero,
            ventilator_rate: Pack::of(12.0),
            ventilator_size: Pack::of(500.0),
            peep_cmh2o: zero,
            ventilator_inspiration: Pack::of(0.33),
            airway_obstruction: one,
            lung_obstruction: [one; 2],
            open_pneumothorax: [zero; 2],
            closed_pneumothorax: [zero; 2],
            chest_drain: [zero; 2],
            effusion_ml: zero,
            valve_open: [one; 4],
            valve_leak_cm2: [zero; 4],
            pain: zero,
            work: one,
            ambient_c: Pack::of(28.0),
            heart_beats: one,
            effects: [zero; 30],
        };
        acts.set_effects(&crate::Effects::NONE);
        acts
    }

    /// Let drugs and diseases act.
    pub fn set_effects(&mut self, effects: &crate::Effects) {
        self.effects = effects.values().map(Pack::of);
    }
}

/// Slots of the reflex ring, one per tick of 50 ms: the longest delay is 5 s.
pub(crate) const RING: usize = 104;
/// Slots of the chemical ring, one per second.
pub(crate) const CHEMICAL_RING: usize = 64;

/// State of `N` patients on one clock.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LaneState<const N: usize> {
    /// Heart and vessels.
    pub circulation: Circulation<N>,
    /// Everything slower.
    pub slow: Slow<N>,
    /// Signals of the reflex remembered: sympathetic, vagal.
    pub(crate) sympathetic: Vec<Pack<N>>,
    pub(crate) vagal: Vec<Pack<N>>,
    /// Arterial PCO₂ and PO₂ remembered for the chemoreceptors.
    pub(crate) carbon_dioxide: Vec<Pack<N>>,
    pub(crate) oxygen: Vec<Pack<N>>,
    /// Steps, ticks since the start.
    pub(crate) step: u64,
    pub(crate) tick: u64,
}

impl<const N: usize> Laned<N> for LaneState<N> {
    type One = LaneState<1>;
    fn packs(&mut self, see: &mut dyn FnMut(&mut Pack<N>)) {
        self.circulation.packs(see);
        self.slow.packs(see);
        for ring in [&mut self.sympathetic, &mut self.vagal, &mut self.carbon_dioxide, &mut self.oxygen] {
            ring.iter_mut().for_each(&mut *see);
        }
    }
    fn spread(one: &LaneState<1>) -> Self {
        let ring = |one: &[Pack<1>]| one.iter().map(|p| Pack::of(p.0[0])).collect();
        Self {
            circulation: Circulation::spread(&one.circulation),
            slow: Slow::spread(&one.slow),
            sympathetic: ring(&one.sympathetic),
            vagal: ring(&one.vagal),
            carbon_dioxide: ring(&one.carbon_dioxide),
            oxygen: ring(&one.oxygen),
            step: one.step,
            tick: one.tick,
        }
    }
}

impl<const N: usize> LaneState<N> {
    /// Blood in heart and vessels [mL].
    #[must_use]
    pub fn blood_ml(&self) -> Pack<N> {
        self.circulation.blood_ml()
    }
}

impl<const N: usize> Circulation<N> {
    /// Blood in heart and vessels [mL].
    #[must_use]
    pub fn blood_ml(&self) -> Pack<N> {
        let chambers = self.lv_ml + self.rv_ml + self.la_ml + self.ra_ml;
        self.vessel_ml.iter().fold(chambers, |sum, v| sum + *v)
    }
}
