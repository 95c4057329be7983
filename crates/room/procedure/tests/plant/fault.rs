//! What may go wrong with an observation, and strategies that make it go wrong.

use std::sync::Arc;

use proband_core::{Direction, Patient};
use proband_procedure::Observation;
use proband_sensor::UltrasoundFrame;
use proptest::prelude::*;

/// One channel that lies.
#[derive(Clone, Debug)]
pub enum Lie {
    /// Axial force [N].
    Force(f64),
    /// Axial force as the plant has it, plus this [N].
    ForceOffset(f64),
    /// Lateral force [N].
    Lateral([f64; 2]),
    /// Speed of the arm [m/s].
    ArmSpeed(f64),
    /// Displacement of the arm [m].
    Displacement([f64; 3]),
    /// Age of the tracker's reading [s].
    TrackerAge(f64),
    /// Driver position as the plant has it, plus this [m].
    EncoderJump(f64),
    /// Driver position stands here [m].
    EncoderStuck(f64),
    /// Driver position times this.
    EncoderScale(f64),
    /// Driver speed [m/s].
    DriverSpeed(f64),
    /// The driver reports a stall.
    Stalled,
    /// Impedance [Ω].
    Impedance(Option<f64>),
    /// Blood in the hub.
    Blood(bool),
    /// No sign of blood at all.
    Bloodless,
    /// No picture arrives.
    NoPicture,
    /// Another picture arrives instead.
    OtherPicture(Picture),
    /// Blood in the tube [m³].
    Tube(f64),
    /// Force of the probe [N].
    ProbeForce(f64),
    /// Cuff pressure [Pa].
    Cuff(f64),
    /// Neither head nor arm get there.
    NotThere,
}

/// A picture that no good scanner gives.
#[derive(Clone, Copy, Debug)]
pub enum Picture {
    Good,
    Frozen,
    Empty,
    OnePixel,
    Noise(u64),
    NoScale,
    NowhereInSpace,
}

/// Which picture the controller is shown, when one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Good,
    Other,
    Nothing,
}

/// A lie that holds on some ticks of a stretch of time.
#[derive(Clone, Debug)]
pub struct Fault {
    pub lie: Lie,
    /// Holds on the first `on` of every `period` ticks.
    pub period: u64,
    pub on: u64,
}

/// A stretch of time with its faults.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub ticks: u32,
    /// The clock jumps forward by this at the beginning [s].
    pub gap_s: f64,
    pub faults: Vec<Fault>,
}

impl Fault {
    pub fn holds(&self, tick: u64) -> bool {
        tick % self.period < self.on
    }

    /// Put the lie into the observation, or into which picture is shown.
    pub fn apply(&self, obs: &mut Observation<'_>, shown: &mut Shown) {
        match self.lie {
            Lie::Force(n) => obs.force_axial_n = n,
            Lie::ForceOffset(n) => obs.force_axial_n += n,
            Lie::Lateral(n) => obs.force_lateral_n = n,
            Lie::ArmSpeed(v) => obs.arm_speed_m_s = v,
            Lie::Displacement([x, y, z]) => obs.arm_displacement_m = Direction::<Patient>::new(x, y, z),
            Lie::TrackerAge(s) => obs.tracker_age_s = s,
            Lie::EncoderJump(m) => obs.driver_position_m += m,
            Lie::EncoderStuck(m) => obs.driver_position_m = m,
            Lie::EncoderScale(factor) => obs.driver_position_m *= factor,
            Lie::DriverSpeed(v) => obs.driver_velocity_m_s = v,
            Lie::Stalled => obs.driver_stalled = true,
            Lie::Impedance(z) => obs.impedance_ohm = z,
            Lie::Blood(blood) => obs.blood_in_hub = blood,
            Lie::Bloodless => {
                obs.impedance_ohm = obs.impedance_ohm.map(|_| 800.0);
                obs.blood_in_hub = false;
            }
            Lie::NoPicture => *shown = Shown::Nothing,
            Lie::OtherPicture(_) => *shown = Shown::Other,
            Lie::Tube(m3) => obs.tube_volume_m3 = m3,
            Lie::ProbeForce(n) => obs.probe_force_n = n,
            Lie::Cuff(pa) => obs.tourniquet_pa = pa,
            Lie::NotThere => (obs.arm_arrived, obs.head_arrived) = (false, false),
        }
    }
}

impl Picture {
    /// The picture, made from a good one.
    pub fn spoil(self, good: &UltrasoundFrame) -> Arc<UltrasoundFrame> {
        let mut frame = good.clone();
        match self {
            Self::Good | Self::Frozen => {}
            Self::Empty => {
                (frame.column_count, frame.row_count) = (0, 0);
                frame.pixels.clear();
                frame.doppler = None;
            }
            Self::OnePixel => {
                (frame.column_count, frame.row_count) = (1, 1);
                frame.pixels.truncate(1);
            }
            Self::Noise(seed) => {
                let mut stream = proband_core::Stream::new(seed, 0, "tests.noise");
                frame.pixels.iter_mut().for_each(|p| *p = stream.next_u32() as u8);
            }
            Self::NoScale => (frame.column_pitch_m, frame.row_pitch_m) = (f64::NAN, 0.0),
            Self::NowhereInSpace => frame.pose_patient_probe.0.translation.vector.x = f64::NAN,
        }
        Arc::new(frame)
    }
}

fn picture() -> impl Strategy<Value = Picture> {
    prop_oneof![
        Just(Picture::Good),
        Just(Picture::Frozen),
        Just(Picture::Empty),
        Just(Picture::OnePixel),
        (0..4_u64).prop_map(Picture::Noise),
        Just(Picture::NoScale),
        Just(Picture::NowhereInSpace)
    ]
}

/// Numbers around a scale; with `wild`, also those that are none.
fn number(scale: f64, wild: bool) -> BoxedStrategy<f64> {
    let tame = prop_oneof![6 => -3.0 * scale..3.0 * scale, 1 => Just(0.0), 1 => Just(100.0 * scale), 1 => Just(-100.0 * scale)];
    if wild {
        prop_oneof![6 => tame, 2 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY), 1 => Just(f64::MAX)].boxed()
    } else {
        tame.boxed()
    }
}

/// Displacement of an arm on its rest [m]: the plant's arm does not move, so that a line far away would prove nothing.
fn place(wild: bool) -> BoxedStrategy<f64> {
    let tame = -8e-3..8e-3;
    if wild { prop_oneof![6 => tame, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::MIN)].boxed() } else { tame.boxed() }
}

/// Any lie; a tame one is finite and lets the driver follow what it is told.
pub fn lie(wild: bool) -> BoxedStrategy<Lie> {
    let tame = prop_oneof![
        number(1.5, wild).prop_map(Lie::Force),
        number(0.1, wild).prop_map(Lie::ForceOffset),
        [number(0.5, wild), number(0.5, wild)].prop_map(Lie::Lateral),
        number(0.05, wild).prop_map(Lie::ArmSpeed),
        [place(wild), place(wild), place(wild)].prop_map(Lie::Displacement),
        number(0.1, wild).prop_map(Lie::TrackerAge),
        number(0.005, wild).prop_map(Lie::DriverSpeed),
        proptest::option::of(number(600.0, wild)).prop_map(Lie::Impedance),
        any::<bool>().prop_map(Lie::Blood),
        Just(Lie::Bloodless),
        Just(Lie::NoPicture),
        picture().prop_map(Lie::OtherPicture),
        number(2e-6, wild).prop_map(Lie::Tube),
        number(1.0, wild).prop_map(Lie::ProbeForce),
        number(4e3, wild).prop_map(Lie::Cuff),
        Just(Lie::NotThere),
    ];
    if !wild {
        return tame.boxed();
    }
    prop_oneof![
        12 => tame,
        2 => number(5e-3, true).prop_map(Lie::EncoderJump),
        2 => number(0.02, true).prop_map(Lie::EncoderStuck),
        1 => Just(Lie::Stalled),
    ]
    .boxed()
}

/// A stretch with up to four faults.
pub fn stretch(wild: bool) -> impl Strategy<Value = Stretch> {
    let fault = (lie(wild), prop_oneof![Just((1, 1)), (2..2500_u64, 1..2500_u64)]).prop_map(|(lie, (period, on))| Fault {
        lie,
        period,
        on: on.min(period),
    });
    let gap = prop_oneof![5 => Just(0.0), 1 => 0.0..3.0, 1 => 10.0..200.0];
    (1..4000_u32, gap, proptest::collection::vec(fault, 0..5)).prop_map(|(ticks, gap_s, faults)| Stretch { ticks, gap_s, faults })
}
