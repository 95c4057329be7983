//! What goes into a tick and what comes out of it.

use serde::{Deserialize, Serialize};

use crate::{Medium, NeedlePath};

/// Events that one tick can report.
pub const EVENT_COUNT_MAX: usize = 8;

/// Something that happened to the needle or to the tissue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NeedleEventKind {
    /// The tip touches the skin.
    SkinContact,
    /// The skin gives way.
    SkinPuncture,
    /// The tip has left the skin again.
    SkinExit,
    /// The muscle's fascia gives way.
    FasciaPuncture,
    /// The tip touches the front wall of a vein or an artery.
    WallContact,
    /// The front wall, tented, touches the back wall.
    WallsTouch,
    /// The front wall of a vein gives way; the tip is in the lumen.
    VeinPuncture,
    /// The front wall of an artery gives way; the tip is in the lumen.
    ArteryPuncture,
    /// Front and back wall give way together.
    Transfixion,
    /// The tip, in the lumen, touches the back wall.
    BackWallContact,
    /// The back wall gives way.
    BackWallPuncture,
    /// The vein slipped off the tip to the side.
    RollAway,
    /// The tip has left the lumen backwards, or the vessel has moved off it.
    LumenExit,
    /// The tip enters a nerve.
    NervePuncture,
    /// The tip touches bone.
    BoneContact,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleEvent {
    /// What happened.
    pub kind: NeedleEventKind,
    /// Number of the structure it happened to; 0 for skin and fascia.
    pub structure: u16,
    /// Position of the tip relative to the tissue when it happened [m].
    pub tip_m: f64,
    /// Axial force when it happened [N].
    pub force_n: f64,
}

/// The events of one tick, in order. Fixed capacity; what does not fit is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeedleEvents {
    list: [NeedleEvent; EVENT_COUNT_MAX],
    count: u8,
    /// Events that found no room.
    pub dropped_count: u32,
}

impl NeedleEvents {
    pub(crate) fn none() -> Self {
        let blank = NeedleEvent { kind: NeedleEventKind::SkinContact, structure: 0, tip_m: 0.0, force_n: 0.0 };
        Self { list: [blank; EVENT_COUNT_MAX], count: 0, dropped_count: 0 }
    }

    pub(crate) fn push(&mut self, event: NeedleEvent) {
        if let Some(place) = self.list.get_mut(usize::from(self.count)) {
            *place = event;
            self.count += 1;
        } else {
            self.dropped_count += 1;
        }
    }

    /// The events, first first.
    #[must_use]
    pub fn as_slice(&self) -> &[NeedleEvent] {
        &self.list[..usize::from(self.count)]
    }

    /// Whether an event of this kind happened.
    #[must_use]
    pub fn contains(&self, kind: NeedleEventKind) -> bool {
        self.as_slice().iter().any(|event| event.kind == kind)
    }
}

/// What the tick is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeedleInput<'a> {
    /// Where the unbent needle's tip is along the axis, in the coordinate of `path` [m]. Motion of the arm along the
    /// axis belongs in here. A value that is not finite holds the last one.
    pub tip_m: f64,
    /// How far the tissue has moved to the side of the unbent needle since it entered, along both lateral axes [m].
    pub lateral_m: [f64; 2],
    /// Whether the skin is pulled taut.
    pub traction: bool,
    /// What lies along the axis now.
    pub path: &'a NeedlePath,
}

/// Where the bevel is in a lumen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LumenStatus {
    /// Number of the vessel.
    pub structure: u16,
    /// Whether it is an artery.
    pub artery: bool,
    /// Part of the bevel's length that lies in the lumen [1]; 1 when wholly inside.
    pub bevel_fraction: f64,
    /// From the front wall to the tip along the axis [m].
    pub past_front_m: f64,
    /// From the tip to the back wall along the axis [m]; negative when the tip is through it.
    pub to_back_m: f64,
    /// Whether the tip presses on the back wall.
    pub against_back_wall: bool,
}

/// What the tick found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeedleOutput {
    /// Force that the driver must push with [N]; negative when the tissue holds the needle back from leaving.
    pub force_axial_n: f64,
    /// Force of the tissue on the needle along both lateral axes [N].
    pub force_lateral_n: [f64; 2],
    /// Tip relative to the tissue along the axis [m]: behind the commanded position by indentation and tent.
    pub tip_m: f64,
    /// Bending: tip from the unbent axis along both lateral axes [m].
    pub deflection_m: [f64; 2],
    /// How far the tissue moves with the needle [m]; negative when it is pulled outwards.
    pub indentation_m: f64,
    /// How far the wall or fascia at the tip is tented [m].
    pub tent_m: f64,
    /// Vessel whose wall is tented, or which is pushed aside.
    pub deformed_structure: Option<u16>,
    /// How far that vessel is pushed aside along the first lateral axis [m].
    pub shift_m: f64,
    /// Whether that vessel has rolled off the tip.
    pub rolled: bool,
    /// What the tip is in.
    pub medium: Medium,
    /// The lumen that the bevel reaches into, if any.
    pub lumen: Option<LumenStatus>,
    /// Whether an input or a step that was not finite was replaced.
    pub input_held: bool,
    /// What happened in this tick.
    pub events: NeedleEvents,
}
