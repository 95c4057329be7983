//! The volunteers of a study of noradrenaline: young athletes, by their own resting state.

use proband_physiology::body::BodySex;
use proband_physiology::whole::{Acts, Pack, Physique, RestingProbe, WholePatient};

/// Resting state of the volunteers [1/min, mmHg]: the middle of the heart rates and the systolic and diastolic pressure
/// before the infusion that the sheet gives (Ensinger 1992, Eur J Clin Pharmacol 43:245).
const RATE: f64 = 56.0;
const SYSTOLIC: f64 = 128.0;
const DIASTOLIC: f64 = 70.0;

/// A man of 25 years whose rate, arteriolar resistance and pulse at the wrist are set so that he rests as they did. Nothing
/// else is chosen; what the drug does to him is not looked at.
pub(in super::super) fn athlete() -> Result<WholePatient, String> {
    let text = |error: proband_physiology::PhysiologyError| error.to_string();
    let physique = Physique { sex: BodySex::Male, age_y: 25.0, height_m: 1.8034, mass_kg: 77.1 };
    let probe = RestingProbe::new(&physique, &Acts::rest()).map_err(text)?;
    let mut him = probe.himself().clone();
    for _ in 0..12 {
        let seen = probe.resting(std::slice::from_ref(&him)).pop().ok_or("nobody")?.map_err(text)?;
        let [rate, systolic, diastolic, ..] = seen.values;
        let p = &mut him.parameters;
        p.rate_rest = p.rate_rest * (RATE / rate);
        let harder = DIASTOLIC / diastolic;
        for bed in [&mut p.brain_ra, &mut p.kidney_ra, &mut p.gut_ra, &mut p.muscle_ra, &mut p.skin_ra, &mut p.arm_ra] {
            *bed = *bed * harder;
        }
        p.pulse_gain = p.pulse_gain * Pack([(SYSTOLIC - DIASTOLIC) / (systolic - diastolic)]);
    }
    probe.settle(&him).map_err(text)
}
