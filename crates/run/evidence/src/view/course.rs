//! The course in time: ticks, events, phases.

use crate::columns::Columns;

/// Numbers of every recorded tick, one vector per column, all of the same length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticks {
    /// Time since the start [s].
    pub time_s: Vec<f64>,
    /// Name of the phase.
    pub phase: Vec<String>,
    /// Attempt, from 1.
    pub attempt: Vec<f64>,
    /// Tip along the needle's line from the skin [m].
    pub tip_depth_along_m: Vec<f64>,
    /// Speed of the tip [m/s].
    pub insertion_speed_m_s: Vec<f64>,
    /// True axial force [N].
    pub force_axial_n: Vec<f64>,
    /// Axial force as the sensor gives it [N].
    pub force_measured_n: Vec<f64>,
    /// Impedance at the tip [Ω].
    pub impedance_ohm: Vec<f64>,
    /// Pressure in the punctured vein [Pa].
    pub venous_pressure_pa: Vec<f64>,
    /// Lumen area now over reference.
    pub vein_area_ratio: Vec<f64>,
    /// Blood in the tube [m³].
    pub tube_volume_m3: Vec<f64>,
    /// Flow through the needle [m³/s].
    pub flow_m3_s: Vec<f64>,
    /// Pressure of the cuff [Pa]; empty when it was not recorded.
    pub tourniquet_pa: Vec<f64>,
    /// Displacement of the arm [m].
    pub arm_displacement_m: Vec<f64>,
}

impl Ticks {
    /// Read the table `ticks`.
    pub fn read(c: &mut Columns<'_, '_>) -> Self {
        Self {
            time_s: c.numbers("time_s"),
            phase: c.words("phase"),
            attempt: c.numbers("attempt"),
            tip_depth_along_m: c.numbers("tip_depth_along_m"),
            insertion_speed_m_s: c.numbers("insertion_speed_m_s"),
            force_axial_n: c.numbers("force_axial_n"),
            force_measured_n: c.numbers("force_measured_n"),
            impedance_ohm: c.numbers("impedance_ohm"),
            venous_pressure_pa: c.numbers("venous_pressure_pa"),
            vein_area_ratio: c.numbers("vein_area_ratio"),
            tube_volume_m3: c.numbers("tube_volume_m3"),
            flow_m3_s: c.numbers("flow_m3_s"),
            tourniquet_pa: c.numbers_of_any(&["tourniquet_pa"]).unwrap_or_default(),
            arm_displacement_m: c.numbers("arm_displacement_m"),
        }
    }

    /// Number of ticks.
    pub fn rows(&self) -> usize {
        self.time_s.len()
    }

    /// Indices of the ticks in which the needle went in during `attempt`: contact, insertion, confirmation.
    pub fn insertion(&self, attempt: f64) -> Vec<usize> {
        let phase_of = |i: usize| self.phase.get(i).map_or("", String::as_str);
        let inside = |i: &usize| self.attempt[*i] == attempt && matches!(phase_of(*i), "contact" | "insert" | "confirm_lumen");
        (0..self.rows()).filter(inside).collect()
    }

    /// Attempts in which the needle moved, in order.
    pub fn attempts(&self) -> Vec<f64> {
        let mut list: Vec<f64> = Vec::new();
        for (attempt, phase) in self.attempt.iter().zip(&self.phase) {
            if attempt.is_finite()
                && matches!(phase.as_str(), "contact" | "insert" | "confirm_lumen")
                && !list.contains(attempt)
                && list.len() < 20
            {
                list.push(*attempt);
            }
        }
        list
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When [s].
    pub time_s: f64,
    /// Short name: `vein_puncture`, `guard:force_limit`.
    pub kind: String,
    /// Explanation.
    pub text: String,
    /// Value in SI, or NaN.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Tip along the needle's line from the skin [m], or NaN.
    pub tip_depth_along_m: f64,
}

impl Event {
    /// The name of the guard, when a guard spoke.
    pub fn guard(&self) -> Option<&str> {
        self.kind.strip_prefix("guard:")
    }

    /// Whether the event belongs to the stick itself, so that it is marked in the force curves.
    pub fn of_the_stick(&self) -> bool {
        const KINDS: [&str; 30] = [
            "artery",
            "artery_puncture",
            "back_wall",
            "back_wall_contact",
            "blood_in_hub",
            "blood_on_return",
            "blood_sign",
            "blood_sign_lost",
            "bone",
            "fascia_puncture",
            "flashback",
            "lumen_confirmed",
            "lumen_exit",
            "nerve",
            "nudge",
            "pop",
            "pop_detected",
            "pop_skin",
            "pop_wall",
            "roll",
            "rolled",
            "skin_contact",
            "skin_puncture",
            "transfixion",
            "vasovagal",
            "vein_puncture",
            "wall_contact",
            "wall_indent",
            "walls_touch",
            "withdraw",
        ];
        self.guard().is_some() || self.kind.starts_with("fault:") || KINDS.contains(&self.kind.as_str())
    }

    /// Whether a guard spoke or something went wrong.
    pub fn is_bad(&self) -> bool {
        const KINDS: [&str; 14] = [
            "artery",
            "artery_puncture",
            "back_wall",
            "back_wall_contact",
            "bone",
            "collapse",
            "flow_lost",
            "lumen_exit",
            "nerve",
            "roll",
            "rolled",
            "transfixion",
            "vasovagal",
            "walls_touch",
        ];
        self.guard().is_some() || self.kind.starts_with("fault:") || KINDS.contains(&self.kind.as_str())
    }
}

/// Read the table `events`, in order of time.
pub(super) fn events(c: &mut Columns<'_, '_>) -> Vec<Event> {
    let (time, kind, text) = (c.numbers("time_s"), c.words("kind"), c.words("text"));
    let (value, unit, depth) = (c.numbers("value"), c.words("unit"), c.numbers("tip_depth_along_m"));
    let mut list: Vec<Event> = (0..c.rows())
        .map(|i| Event {
            time_s: time[i],
            kind: kind[i].clone(),
            text: text[i].clone(),
            value: value[i],
            unit: unit[i].clone(),
            tip_depth_along_m: depth[i],
        })
        .collect();
    list.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    list
}

/// A phase from its beginning to its end.
#[derive(Clone, Debug)]
pub(crate) struct PhaseSpan {
    /// Name of the phase.
    pub phase: String,
    /// Attempt, from 1; 0 before the first.
    pub attempt: f64,
    /// Why it began.
    pub reason: String,
    /// Beginning [s].
    pub start_s: f64,
    /// End [s].
    pub end_s: f64,
}

/// Read the table `phases`; a phase ends where the next begins, the last at `end_s`.
pub(super) fn phases(c: &mut Columns<'_, '_>, end_s: f64) -> Vec<PhaseSpan> {
    let (time, phase) = (c.numbers("time_s"), c.words("phase"));
    let (attempt, reason) = (c.numbers("attempt"), c.words("reason"));
    let mut order: Vec<usize> = (0..c.rows()).filter(|i| time[*i].is_finite()).collect();
    order.sort_by(|a, b| time[*a].total_cmp(&time[*b]));
    if order.len() < c.rows() {
        c.say("phases without a time were left out");
    }
    let mut list: Vec<PhaseSpan> = Vec::with_capacity(order.len());
    for (k, i) in order.iter().enumerate() {
        let end = order.get(k + 1).map_or_else(|| if end_s > time[*i] { end_s } else { time[*i] }, |next| time[*next]);
        list.push(PhaseSpan { phase: phase[*i].clone(), attempt: attempt[*i], reason: reason[*i].clone(), start_s: time[*i], end_s: end });
    }
    list
}
