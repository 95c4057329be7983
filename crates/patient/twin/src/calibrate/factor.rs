//! What of the whole patient differs from person to person: factors on groups of his numbers.

use proband_core::ops;
use proband_physiology::whole::{Pack, Parameters, Variant};

use crate::TwinError;
use crate::person::in_range;

/// Factors.
pub const FACTOR_COUNT: usize = 9;

/// One factor: 1 in the person of whom only sex, age and size are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// Name.
    pub name: &'static str,
    /// What it multiplies.
    pub what: &'static str,
    /// Standard deviation of its logarithm from person to person.
    pub sigma: f64,
    /// Where that comes from.
    pub source: &'static str,
}

/// Every factor, in the order of all vectors of this folder. All are log-normal about 1.
pub const FACTORS: [Factor; FACTOR_COUNT] = [
    Factor {
        name: "whole.rate",
        what: "rate of the heart at rest",
        sigma: 0.18,
        source: "prior: unverified; 60 to 100 per minute within 1.4 standard deviations",
    },
    Factor {
        name: "whole.resistance",
        what: "arteriolar resistance of every bed",
        sigma: 0.22,
        source: "Heldt 2004, resistances of the microcirculation: 11 to 33 % from person to person, 22 % taken",
    },
    Factor {
        name: "whole.compliance",
        what: "compliance of aorta and arteries",
        sigma: 0.30,
        source: "Heldt 2004, arterial compliances: 10 to 50 % from person to person, 30 % taken",
    },
    Factor {
        name: "whole.contractility",
        what: "end-systolic elastance of both ventricles",
        sigma: 0.25,
        source: "Heldt 2004, systolic compliance of the left ventricle 0.40 ± 0.10 mL/mmHg",
    },
    Factor {
        name: "whole.blood",
        what: "blood volume",
        sigma: 0.08,
        source: "prior: unverified; 5150 ± 203 mL in Heldt 2004, and the formula's own spread (Nadler 1962)",
    },
    Factor {
        name: "whole.stiffness",
        what: "passive stiffness of both ventricles",
        sigma: 0.20,
        source: "prior: unverified; diastolic compliances of Heldt 2004 are 12 to 26 % apart",
    },
    Factor {
        name: "whole.lung_resistance",
        what: "resistance of the lung's vessels",
        sigma: 0.35,
        source: "prior: unverified; 0.07 ± 0.04 mmHg s/mL in Heldt 2004",
    },
    Factor {
        name: "whole.breath_rate",
        what: "rate of breathing at rest",
        sigma: 0.20,
        source: "prior: unverified; 12 to 20 per minute (Levitzky 2013) about 14",
    },
    Factor {
        name: "whole.pulse_gain",
        what: "height of the pulse where it is read (cuff, line in the wrist) against the arteries of the model",
        sigma: 0.25,
        source: "prior: unverified; from the aorta to the wrist the pulse grows 1.2 to 1.7 times (Avolio 2009, Hypertension 54:375)",
    },
];

/// Largest deviation from the prior that is asked about [standard deviations].
pub(crate) const DEVIATION_MAX: f64 = 6.0;

/// The numbers of `himself` with these factors, by their logarithms.
///
/// # Errors
/// [`TwinError::OutOfRange`] for a factor that is not a number or more than six standard deviations from 1.
pub fn variant(himself: &Variant, logarithms: &[f64; FACTOR_COUNT]) -> Result<Variant, TwinError> {
    for (value, factor) in logarithms.iter().zip(FACTORS) {
        let most = DEVIATION_MAX * factor.sigma;
        in_range(factor.name, *value, "(logarithm)", -most, most)?;
    }
    Ok(variant_of(himself, logarithms))
}

/// As [`variant`], unchecked.
pub(crate) fn variant_of(himself: &Variant, logarithms: &[f64; FACTOR_COUNT]) -> Variant {
    let [rate, resistance, compliance, contractility, blood, stiffness, lung, breath, pulse] = logarithms.map(ops::exp);
    let mut p: Parameters<1> = himself.parameters.clone();
    let times = |number: &mut Pack<1>, factor: f64| *number = *number * factor;
    times(&mut p.rate_rest, rate);
    for bed in [&mut p.brain_ra, &mut p.kidney_ra, &mut p.gut_ra, &mut p.muscle_ra, &mut p.skin_ra, &mut p.arm_ra, &mut p.coronary_r] {
        times(bed, resistance);
    }
    times(&mut p.ao_c, compliance);
    times(&mut p.sa_c, compliance);
    times(&mut p.lv_ees, contractility);
    times(&mut p.rv_ees, contractility);
    times(&mut p.lv_a, stiffness);
    times(&mut p.rv_a, stiffness);
    times(&mut p.lung_r, lung);
    times(&mut p.breath_rate, breath);
    times(&mut p.pulse_gain, pulse);
    // The faster, the shallower: the same gas comes to the alveoli.
    let fresh = (p.tidal.0[0] - p.dead_space.0[0]) / breath;
    p.tidal = Pack::of(p.dead_space.0[0] + fresh);
    Variant { parameters: p, blood_ml: himself.blood_ml * blood }
}
