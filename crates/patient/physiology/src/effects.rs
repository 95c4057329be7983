//! What drugs, disease and hormones do to the whole patient: the only way in for them.

use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::error::check;

/// Multipliers and offsets on the effectors of the whole patient. [`Effects::NONE`] changes nothing.
///
/// Drugs and diseases act on effectors and never on vital signs, so that pressure, flow and rate stay consistent: a
/// drug that opens the arterioles lowers [`Effects::systemic_resistance`], and the fall of the pressure and the answer
/// of the reflexes follow from the circulation. Several causes are joined by [`Effects::and`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// × resistance of the arterioles of every systemic bed but brain and heart [1].
    pub systemic_resistance: f64,
    /// × resistance of the vessels of the brain [1].
    pub cerebral_resistance: f64,
    /// × resistance of the coronary vessels [1].
    pub coronary_resistance: f64,
    /// × resistance of the vessels of the skin, after [`Effects::systemic_resistance`] [1].
    pub skin_resistance: f64,
    /// × resistance of the lung's vessels [1].
    pub pulmonary_resistance: f64,
    /// × compliance of the large arteries [1].
    pub arterial_compliance: f64,
    /// × unstressed volume of the systemic veins [1]. Above 1 the veins are slack.
    pub venous_unstressed_volume: f64,
    /// × end-systolic elastance of the left ventricle [1].
    pub contractility_left: f64,
    /// × end-systolic elastance of the right ventricle [1].
    pub contractility_right: f64,
    /// × stiffness of the resting left ventricle [1].
    pub diastolic_stiffness_left: f64,
    /// × size of the left ventricle [1]: above 1 its fibres have grown longer (eccentric growth), so that the same wall
    /// holds more at the same stretch.
    pub left_ventricle_size: f64,
    /// × heart rate that the sinus node would have without reflexes [1].
    pub intrinsic_heart_rate: f64,
    /// × gain of the arterial baroreflex [1]. Anaesthesia halves it.
    pub baroreflex_gain: f64,
    /// + set-point of the arterial baroreflex [mmHg].
    pub baroreflex_set_point_mmhg: f64,
    /// × answer of the heart to sympathetic nerves and catecholamines (β) [1]; 0.2–0.5 under a β-blocker. The part that
    /// the nerves add at rest goes, too.
    pub beta_response: f64,
    /// × answer of arterioles and veins to sympathetic nerves (α) [1], that at rest included: 0 opens them as a
    /// full block of the nerves does.
    pub alpha_response: f64,
    /// × answer of the sinus node to the vagus [1]; 0 under full atropine.
    pub vagal_response: f64,
    /// × drive to breathe at a given carbon dioxide and oxygen [1]; 0 = apnoea.
    pub respiratory_drive: f64,
    /// × strength of the breathing muscles [1]; 0 = full neuromuscular block.
    pub muscle_strength: f64,
    /// × resistance of the lower airways [1].
    pub airway_resistance: f64,
    /// × compliance of the lungs [1].
    pub lung_compliance: f64,
    /// + share of the lung's blood flow that meets no air [1].
    pub shunt_fraction: f64,
    /// × dead space [1]: above 1 part of the air reaches alveoli that no blood passes.
    pub dead_space: f64,
    /// × diffusing capacity of the lung [1].
    pub diffusing_capacity: f64,
    /// × oxygen use and carbon dioxide production [1].
    pub metabolic_rate: f64,
    /// × filtration coefficient of the capillaries (leak in sepsis) [1].
    pub capillary_filtration: f64,
    /// × glomerular filtration coefficient [1].
    pub glomerular_filtration: f64,
    /// × share of the filtrate that the tubules give up as urine [1]; above 1 under a diuretic.
    pub urine_excretion: f64,
    /// × perceived pain and what it drives [1]; 0 = complete analgesia.
    pub pain_response: f64,
    /// + temperature below the set-point before warming vessels constrict [K]; 2–4 K under anaesthesia.
    pub thermoregulation_band_k: f64,
}

impl Effects {
    /// Nothing acts.
    pub const NONE: Self = Self {
        systemic_resistance: 1.0,
        cerebral_resistance: 1.0,
        coronary_resistance: 1.0,
        skin_resistance: 1.0,
        pulmonary_resistance: 1.0,
        arterial_compliance: 1.0,
        venous_unstressed_volume: 1.0,
        contractility_left: 1.0,
        contractility_right: 1.0,
        diastolic_stiffness_left: 1.0,
        left_ventricle_size: 1.0,
        intrinsic_heart_rate: 1.0,
        baroreflex_gain: 1.0,
        baroreflex_set_point_mmhg: 0.0,
        beta_response: 1.0,
        alpha_response: 1.0,
        vagal_response: 1.0,
        respiratory_drive: 1.0,
        muscle_strength: 1.0,
        airway_resistance: 1.0,
        lung_compliance: 1.0,
        shunt_fraction: 0.0,
        dead_space: 1.0,
        diffusing_capacity: 1.0,
        metabolic_rate: 1.0,
        capillary_filtration: 1.0,
        glomerular_filtration: 1.0,
        urine_excretion: 1.0,
        pain_response: 1.0,
        thermoregulation_band_k: 0.0,
    };

    /// Both causes at once: multipliers multiply, offsets add.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let (mut joined, other) = (*self, other.fields());
        for ((to, offset), (value, _)) in joined.fields_mut().into_iter().zip(other) {
            *to = if offset { *to + value } else { *to * value };
        }
        joined
    }

    /// The numbers in the order of [`Effects::NAMES`].
    #[must_use]
    pub fn values(&self) -> [f64; 30] {
        self.fields().map(|(value, _)| value)
    }

    /// Check every number: multipliers in 0 to 100, offsets in ±100.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] with the name of the field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        for ((value, offset), name) in self.fields().into_iter().zip(Self::NAMES) {
            let (min, max) = if offset { (-100.0, 100.0) } else { (0.0, 100.0) };
            check(name, value, min, max, "1")?;
        }
        Ok(())
    }
}

/// Lists the fields once for `fields`, `fields_mut` and `NAMES`.
macro_rules! fields {
    ($($name:ident $offset:literal),* $(,)?) => {
        impl Effects {
            /// Names of the fields, in the order of the declaration.
            pub const NAMES: [&'static str; 30] = [$(concat!("effects.", stringify!($name))),*];
            fn fields(&self) -> [(f64, bool); 30] { [$((self.$name, $offset)),*] }
            pub(crate) fn fields_mut(&mut self) -> [(&mut f64, bool); 30] { [$((&mut self.$name, $offset)),*] }
        }
    };
}
fields! {
    systemic_resistance false, cerebral_resistance false, coronary_resistance false, skin_resistance false,
    pulmonary_resistance false, arterial_compliance false, venous_unstressed_volume false, contractility_left false,
    contractility_right false, diastolic_stiffness_left false, left_ventricle_size false, intrinsic_heart_rate false, baroreflex_gain false,
    baroreflex_set_point_mmhg true, beta_response false, alpha_response false, vagal_response false,
    respiratory_drive false, muscle_strength false, airway_resistance false, lung_compliance false, shunt_fraction true, dead_space false,
    diffusing_capacity false, metabolic_rate false, capillary_filtration false, glomerular_filtration false,
    urine_excretion false, pain_response false, thermoregulation_band_k true,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Join causes: multipliers multiply, offsets add, nothing changes nothing, a bad field is named.
    #[test]
    fn causes_join() {
        let a = Effects { contractility_left: 0.5, shunt_fraction: 0.1, ..Effects::NONE };
        let b = Effects { contractility_left: 0.5, shunt_fraction: 0.05, pain_response: 0.0, ..Effects::NONE };
        let both = a.and(&b);
        assert!((both.contractility_left - 0.25).abs() < 1e-15 && (both.shunt_fraction - 0.15).abs() < 1e-15);
        assert_eq!((both.pain_response, a.and(&Effects::NONE)), (0.0, a));
        assert!(Effects::NONE.check().is_ok());
        let bad = Effects { beta_response: f64::NAN, ..Effects::NONE }.check().unwrap_err().to_string();
        assert!(bad.contains("effects.beta_response"), "{bad}");
    }
}
