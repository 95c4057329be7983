//! Mechanics of two lungs, chest wall, pleura and ventilator: every 50 ms in two implicit halves.

use crate::whole::control::{SetPoints, effect};
use crate::whole::pack::Pack;
use crate::whole::parameters::Parameters;
use crate::whole::state::{Acts, Slow};

/// What a half step moved [mL]: from the junction into the left and right lung, from the lungs into the pleura.
pub(crate) type Moved<const N: usize> = [Pack<N>; 4];

/// Elastance of one lung and its half of the chest wall [cmH₂O/mL].
struct Sides<const N: usize> {
    lung: [Pack<N>; 2],
    wall: [Pack<N>; 2],
}

/// Pressure of the breathing muscles [cmH₂O], with the next breath begun where it is due.
#[inline(always)]
fn muscles<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &mut Slow<N>, dt: f64) {
    let of = Pack::of;
    let fx = &acts.effects;
    slow.breath_s += of(dt);
    let over = slow.breath_s - slow.breath[0];
    let machine = acts.ventilator;
    // Lungs that have lost their recoil rest in a wide chest, where the diaphragm is short and flat and gives less (Similowski
    // 1991, N Engl J Med 325:917; size prior: unverified).
    let flat = (fx[effect::LUNG_COMPLIANCE] - 1.0).clamp(0.0, 1.0) * 1.2 + 1.0;
    let strength = fx[effect::MUSCLE_STRENGTH] / flat;
    let pain = acts.pain * fx[effect::PAIN] * 0.3 + 1.0;
    let drive = (slow.drive * fx[effect::RESPIRATORY_DRIVE] * pain).clamp(0.0, 15.0);
    // Minute ventilation goes with the drive: its 0.4th power into the rate, the rest into the size (prior: unverified).
    // Lungs that are stiff or narrowed are breathed fast and shallow: least work (Otis 1950) and the lungs' receptors
    // (Kelsen 1979; powers prior: unverified).
    let stiff = (of(0.5) + of(0.5) / fx[effect::LUNG_COMPLIANCE].max(of(0.05))).clamp(0.5, 8.0);
    let narrow = fx[effect::AIRWAY_RESISTANCE].clamp(1.0, 5.5);
    let against = (narrow.ln() * 0.2).exp();
    let load = (stiff.ln() * 0.5).exp() * against;
    let up = drive.max(of(0.05)).powf(0.4) * load;
    let rate = p.breath_rate * up;
    let own = of(60.0) / rate.max(of(3.0));
    let vent = of(60.0) / acts.ventilator_rate.clamp(2.0, 60.0);
    let period = machine.above_zero(vent, own);
    // The muscles pull against narrow airways with what the drive asks for; only stiffness makes the breath small.
    let reach = (drive / up * against).clamp(0.0, 5.0);
    let peak = machine.above_zero(of(0.0), set.muscle_cmh2o * reach * strength);
    let new = over + 1e-9;
    slow.breath[0] = new.above_zero(period, slow.breath[0]);
    slow.breath[1] = new.above_zero(peak, slow.breath[1]);
    let [volume, time, tidal, length, _, top] = slow.breath_sum;
    let zero = of(0.0);
    slow.breath_sum[2] = new.above_zero(volume, tidal);
    slow.breath_sum[3] = new.above_zero(time, length);
    slow.breath_sum[4] = new.above_zero(top, slow.breath_sum[4]);
    slow.breath_sum[0] = new.above_zero(zero, volume);
    slow.breath_sum[1] = new.above_zero(zero, time);
    slow.breath_sum[5] = new.above_zero(of(-100.0), top);
    slow.breath_s = new.above_zero(over.plus(), slow.breath_s);
    // Half a cosine over 0.36 of the breath, then a fall that brakes the expiration: 0.135 of the breath, 0.6 s at rest.
    // Behind narrow airways the expiration takes a larger part (Tobin 1983; size prior: unverified).
    let inspiration = slow.breath[0] * 0.36 * (narrow.ln() * -0.06).exp();
    let u = slow.breath_s / inspiration;
    let after = slow.breath_s - inspiration;
    let fall = (-(after.plus() / (slow.breath[0] * 0.135))).exp();
    slow.muscle_cmh2o = slow.breath[1] * after.above_zero(fall, u.half_wave());
}

/// Pressure in the pleura [cmH₂O] of one side.
#[inline(always)]
fn pleural<const N: usize>(p: &Parameters<N>, sides: &Sides<N>, slow: &Slow<N>, i: usize) -> Pack<N> {
    -p.recoil + sides.wall[i] * (slow.lung_ml[i] + slow.pleura_ml[i]) - slow.muscle_cmh2o
}

/// Half a tick: air flows; returns what entered each lung.
#[inline(always)]
pub(crate) fn half<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &mut Slow<N>, dt: f64) -> Moved<N> {
    let of = Pack::of;
    let fx = &acts.effects;
    muscles(p, set, acts, slow, dt);
    let share = [p.left_share, of(1.0) - p.left_share];
    let sides = Sides {
        lung: share.map(|w| of(1.0) / (p.lung_c * fx[effect::LUNG_COMPLIANCE] * w)),
        wall: share.map(|w| of(1.0) / (p.wall_c * w)),
    };
    let upper = p.upper_r * acts.airway_obstruction;
    let mut conductance = [of(0.0); 2];
    let mut alveolar = [of(0.0); 2];
    for i in 0..2 {
        slow.pleural_cmh2o[i] = pleural(p, &sides, slow, i);
        // Below −80 % of its FRC a lung is collapsed and gives no more.
        let floor = p.frc * share[i] * -0.8;
        let empty = (floor - slow.lung_ml[i]).plus() * sides.lung[i] * 20.0;
        alveolar[i] = slow.pleural_cmh2o[i] + p.recoil + sides.lung[i] * slow.lung_ml[i] - empty;
        // Narrowed airways are pressed on while air goes out: twice the resistance at six times it (prior: unverified; in
        // chronic obstruction two to three times, Pride 1967).
        let narrow = (fx[effect::AIRWAY_RESISTANCE] - 1.0).clamp(0.0, 10.0) * 0.2 + 1.0;
        let pressed = (-slow.airway[1]).above_zero(narrow, of(1.0));
        let r = p.lung_r_air * (of(0.5) / share[i]) * acts.lung_obstruction[i] * fx[effect::AIRWAY_RESISTANCE] * pressed;
        conductance[i] = of(1.0) / (r + (sides.lung[i] + sides.wall[i]) * dt);
    }
    let sum = conductance[0] + conductance[1];
    let pushed = conductance[0] * alveolar[0] + conductance[1] * alveolar[1];
    // The mouth: open air, the ventilator's pressure, or its flow.
    let inspiring = acts.ventilator_inspiration * slow.breath[0] - slow.breath_s;
    let volume_mode = of(1.5) - acts.ventilator;
    let flow = acts.ventilator_size / (acts.ventilator_inspiration * slow.breath[0]).max(of(0.1));
    let pressure_in = acts.peep_cmh2o + acts.ventilator_size;
    let mouth = acts.ventilator.above_zero(inspiring.above_zero(pressure_in, acts.peep_cmh2o), of(0.0));
    let junction_open = (mouth / upper + pushed) / (of(1.0) / upper + sum);
    // The ventilator stops at 60 cmH₂O.
    let junction_flow = ((flow + pushed) / sum).min((of(60.0) / upper + pushed) / (of(1.0) / upper + sum));
    let by_flow = acts.ventilator.above_zero(inspiring.above_zero(volume_mode.above_zero(of(1.0), of(0.0)), of(0.0)), of(0.0));
    let junction = by_flow.above_zero(junction_flow, junction_open);
    let mut moved = [of(0.0); 4];
    for i in 0..2 {
        moved[i] = conductance[i] * (junction - alveolar[i]) * dt;
        // Pleura: open hole both ways, hole in the lung inwards only, drain outwards only.
        let open = acts.open_pneumothorax[i] * -slow.pleural_cmh2o[i];
        let closed = acts.closed_pneumothorax[i] * (alveolar[i] - slow.pleural_cmh2o[i]).plus();
        let drain = acts.chest_drain[i] * (slow.pleural_cmh2o[i] + 5.0).plus();
        slow.pleura_ml[i] = (slow.pleura_ml[i] + (open + closed - drain) * dt).plus();
        moved[2 + i] = closed * dt;
        slow.lung_ml[i] += moved[i] - moved[2 + i];
    }
    let total = (moved[0] + moved[1]) * (1.0 / dt);
    let at_mouth = by_flow.above_zero(junction + total * upper, mouth);
    slow.airway = [at_mouth, total, (alveolar[0] + alveolar[1]) * 0.5];
    slow.breath_sum[0] += (total * dt).plus();
    slow.breath_sum[1] += of(dt);
    slow.breath_sum[5] = slow.breath_sum[5].max(at_mouth);
    moved
}
