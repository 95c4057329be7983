//! The same sum term by term in double precision: what the recurrence is measured against.

use proband_core::ops;

use super::array::Spreading;
use super::record::{Field, Scatterer};
use super::recurrence::{DISTANCE_M, loss_np_m_hz};
use crate::psf::sinc;

/// Add the echoes of a scene, each element cut into `piece_count` pieces in their own far field.
pub(super) fn add(field: &Field, scene: &[Scatterer], piece_count: usize, out: &mut [[f64; 2]]) {
    let array = &field.array;
    let count = array.element_count as usize;
    let half_m = 0.5 * array.width_m / piece_count as f64;
    let mut fields = vec![[0.0; 2]; count];
    for s in scene {
        let loss = loss_np_m_hz(s.attenuation_db_cm_mhz);
        for (line, factor) in field.lines.iter().enumerate() {
            let frequency_hz = field.first_hz + line as f64 * field.step_hz;
            let wavenumber = std::f64::consts::TAU * frequency_hz / array.speed_m_s;
            let mut sent = [0.0; 2];
            for (element, value) in fields.iter_mut().enumerate() {
                *value = [0.0; 2];
                for piece in 0..piece_count {
                    let shift_m = (2.0 * piece as f64 + 1.0) * half_m - 0.5 * array.width_m;
                    let dx = s.x_m - shift_m - array.element_x_m(element);
                    let r = (dx * dx + s.z_m * s.z_m).sqrt();
                    let spread = match array.spreading {
                        Spreading::Cylindrical => (DISTANCE_M / r).sqrt(),
                        Spreading::Spherical => DISTANCE_M / r,
                    };
                    let directivity = sinc(wavenumber * half_m * dx / r / std::f64::consts::PI);
                    let size = s.z_m / r * spread * directivity * ops::exp(-loss * frequency_hz * r) / piece_count as f64;
                    let (sin, cos) = ops::sin_cos(wavenumber * r);
                    value[0] += size * cos;
                    value[1] -= size * sin;
                }
                let weight = field.transmission.weights[element];
                let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * frequency_hz * field.transmission.delays_s[element]);
                let (c, d) = (weight * cos, -weight * sin);
                sent[0] += value[0] * c - value[1] * d;
                sent[1] += value[0] * d + value[1] * c;
            }
            let [a, b] = *factor;
            let (p, q) = (s.strength * (sent[0] * a - sent[1] * b), s.strength * (sent[0] * b + sent[1] * a));
            for (value, total) in fields.iter().zip(&mut out[line * count..(line + 1) * count]) {
                total[0] += value[0] * p - value[1] * q;
                total[1] += value[0] * q + value[1] * p;
            }
        }
    }
}
