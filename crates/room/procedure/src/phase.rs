//! Phases of a venipuncture and the transitions that are allowed between them.

use serde::{Deserialize, Serialize};

/// What the robot is doing, in words that a clinician uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Arm on the rest, tracker and force sensor zeroed, skin disinfected and drying.
    Prepare,
    /// The cuff inflates and the veins fill.
    Tourniquet,
    /// Near-infrared pictures: where do veins run?
    ScanNir,
    /// Ultrasound stations: how deep, how wide, artery or vein?
    ScanUltrasound,
    /// Choose vein, site, angle, depth and speed from what is believed.
    Plan,
    /// Probe along the vein, needle in front of the entry point.
    Align,
    /// Needle advances to the skin.
    Contact,
    /// Through skin, tissue and front wall.
    Insert,
    /// Is the bevel in the lumen?
    ConfirmLumen,
    /// Tube on, blood flows.
    Draw,
    /// Cuff off, tube off.
    Release,
    /// Needle out along its own axis.
    Withdraw,
    /// Pressure on the puncture.
    Compress,
    /// Finished, blood drawn.
    Done,
    /// Finished, a human takes over.
    HandOver,
}

impl Phase {
    /// Every phase in the order in which a smooth draw passes through them.
    pub const ALL: [Self; 15] = [
        Self::Prepare,
        Self::Tourniquet,
        Self::ScanNir,
        Self::ScanUltrasound,
        Self::Plan,
        Self::Align,
        Self::Contact,
        Self::Insert,
        Self::ConfirmLumen,
        Self::Draw,
        Self::Release,
        Self::Withdraw,
        Self::Compress,
        Self::Done,
        Self::HandOver,
    ];

    /// Name as written into records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Tourniquet => "tourniquet",
            Self::ScanNir => "scan_nir",
            Self::ScanUltrasound => "scan_ultrasound",
            Self::Plan => "plan",
            Self::Align => "align",
            Self::Contact => "contact",
            Self::Insert => "insert",
            Self::ConfirmLumen => "confirm_lumen",
            Self::Draw => "draw",
            Self::Release => "release",
            Self::Withdraw => "withdraw",
            Self::Compress => "compress",
            Self::Done => "done",
            Self::HandOver => "hand_over",
        }
    }

    /// The phase with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// Index in [`Phase::ALL`].
    #[must_use]
    pub fn index(self) -> u32 {
        Self::ALL.iter().position(|p| *p == self).unwrap_or(0) as u32
    }

    /// Whether the needle may be in the patient.
    #[must_use]
    pub const fn needle_in(self) -> bool {
        matches!(self, Self::Contact | Self::Insert | Self::ConfirmLumen | Self::Draw | Self::Release | Self::Withdraw)
    }

    /// Whether the procedure is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::HandOver)
    }

    /// Whether `next` may follow. Once the needle may be in, the only way out leads through
    /// [`Phase::Withdraw`] and [`Phase::Compress`]; the cuff comes off in [`Phase::Release`] or with the withdrawal.
    #[must_use]
    pub const fn may_lead_to(self, next: Self) -> bool {
        use Phase::{
            Align, Compress, ConfirmLumen, Contact, Done, Draw, HandOver, Insert, Plan, Prepare, Release, ScanNir, ScanUltrasound,
            Tourniquet, Withdraw,
        };
        matches!(
            (self, next),
            (Prepare, Tourniquet | HandOver)
                | (Tourniquet, ScanNir | HandOver)
                | (ScanNir, ScanUltrasound | HandOver)
                | (ScanUltrasound, Plan | HandOver)
                | (Plan, Align | HandOver | ScanUltrasound)
                | (Align, Contact | Plan | HandOver)
                | (Contact, Insert | Withdraw)
                | (Insert, ConfirmLumen | Withdraw)
                | (ConfirmLumen, Draw | Insert | Withdraw)
                | (Draw, Release | Withdraw)
                | (Release, Withdraw)
                | (Withdraw, Compress)
                | (Compress, Done | Plan | HandOver)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reach the end from every phase, and never leave a needle in the patient without withdrawing.
    #[test]
    fn every_needle_comes_out() {
        for phase in Phase::ALL {
            if phase.needle_in() && phase != Phase::Withdraw {
                for next in Phase::ALL.into_iter().filter(|next| phase.may_lead_to(*next)) {
                    assert!(next.needle_in(), "{phase:?} leads to {next:?} with the needle in");
                }
            }
            let mut reached = vec![phase];
            let mut index = 0;
            while index < reached.len() {
                for next in Phase::ALL {
                    if reached[index].may_lead_to(next) && !reached.contains(&next) {
                        reached.push(next);
                    }
                }
                index += 1;
            }
            assert!(reached.iter().any(|p| p.is_final()), "{phase:?} has no way out");
        }
        assert!(Phase::ALL.into_iter().all(|next| !Phase::Withdraw.may_lead_to(next) || next == Phase::Compress));
    }

    /// Name every phase once.
    #[test]
    fn names_are_unique() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_name(phase.name()), Some(phase));
        }
    }
}
