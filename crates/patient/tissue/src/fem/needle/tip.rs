//! What lies in front of the tip: regions, surfaces, the next point of the channel.

use super::model::NeedlingModel;
use super::spec::NeedleTube;
use super::state::{Shaft, ShaftPose, Surface, Vertex};
use crate::fem::mat3::{cross, dot3};
use crate::io::{NeedleEvent, NeedleEventKind, NeedleEvents};
use crate::{LayerMechanics, Medium, SpanKind};

/// Number of the region outside the body.
pub(crate) const OUTSIDE: u16 = u16::MAX;
/// Points of the channel per distance of holding points.
const STATIONS: f64 = 2.0;
/// Looks for a change of region between two points of the channel.
const LOOKS: u32 = 8;
/// Shortest piece of a channel [m].
const PIECE_MIN_M: f64 = 2e-5;
/// Cosine between wall and needle below which a vessel has slipped off the tip.
const ROLLED_COSINE: f64 = 0.1;

/// How the tip meets the surface in front of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Meeting {
    /// Direction of the force on the tissue.
    pub(crate) direction: [f64; 3],
    pub(crate) slips: bool,
    pub(crate) rolled: bool,
}

pub(crate) fn along(from: [f64; 3], by: [f64; 3], way: f64) -> [f64; 3] {
    std::array::from_fn(|k| from[k] + way * by[k])
}

impl NeedlingModel {
    pub(crate) fn part_count(&self) -> usize {
        self.spec.media.len()
    }

    /// The tube of a region and its number, if it is one.
    pub(crate) fn tube(&self, region: u16) -> Option<(u16, &NeedleTube)> {
        let index = usize::from(region).checked_sub(self.part_count())?;
        self.spec.tubes.get(index).map(|tube| (index as u16, tube))
    }

    pub(crate) fn layer(&self, region: u16) -> Option<&LayerMechanics> {
        match self.tube(region) {
            Some((_, tube)) => tube.layer.as_ref(),
            None => self.spec.media.get(usize::from(region))?.layer.as_ref(),
        }
    }

    /// What lies at a point at rest; rolled tubes are not there.
    pub(crate) fn region_at(&self, rolled: &[u16], at_m: [f64; 3]) -> Option<u16> {
        let part = self.body.finder.find(&self.body.model, at_m)?.0;
        for (index, tube) in self.spec.tubes.iter().enumerate() {
            let [y, z] = tube.section(at_m);
            if y * y + z * z < 1.0 && !rolled.contains(&(index as u16)) {
                return Some((self.part_count() + index) as u16);
            }
        }
        Some(part as u16)
    }

    /// The last point before a change of region on the way from `from_m` (in `region`) to `to_m`, and the first behind it.
    pub(crate) fn border(&self, rolled: &[u16], from_m: [f64; 3], to_m: [f64; 3], region: Option<u16>) -> ([f64; 3], [f64; 3]) {
        let (mut low, mut high) = (0.0, 1.0);
        let at = |share: f64| -> [f64; 3] { std::array::from_fn(|k| from_m[k] + share * (to_m[k] - from_m[k])) };
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if self.region_at(rolled, at(middle)) == region { low = middle } else { high = middle }
        }
        (at(low), at(high))
    }

    /// The next point of a channel ahead of one of its points, and the region that begins there.
    pub(crate) fn aim(&self, shaft: &Shaft, from_m: [f64; 3], region: u16, pose: &ShaftPose) -> ([f64; 3], f64, u16) {
        let length = self.spec.spacing_m / STATIONS;
        let mut last = from_m;
        for look in 1..=LOOKS {
            let next = along(from_m, pose.axis, length * f64::from(look) / f64::from(LOOKS));
            let found = self.region_at(&shaft.rolled, next);
            if found != Some(region) {
                let (before, behind) = self.border(&shaft.rolled, last, next, Some(region));
                let way = super::model::distance(from_m, behind).max(PIECE_MIN_M);
                return match self.region_at(&shaft.rolled, behind) {
                    Some(into) => (behind, way, into),
                    None => (before, way, OUTSIDE),
                };
            }
            last = next;
        }
        (last, length, region)
    }

    /// What has to give way between two regions.
    pub(crate) fn surface(&self, shaft: &Shaft, from: Option<u16>, into: u16, at_m: [f64; 3], axis: [f64; 3]) -> Option<Surface> {
        let plain = Surface { into, exit_of: None, hold_n: 0.0, chord_m: 0.0, walls_touch: false };
        if let Some((index, tube)) = from.and_then(|f| self.tube(f))
            && matches!(tube.kind, SpanKind::Vein | SpanKind::Artery)
            && !shaft.back_open.contains(&index)
            && tube.exit_n > 0.0
        {
            return Some(Surface { exit_of: Some(index), hold_n: tube.exit_n, ..plain });
        }
        if let Some((index, tube)) = self.tube(into) {
            let vessel = matches!(tube.kind, SpanKind::Vein | SpanKind::Artery);
            let chord_m = if vessel { self.chord_m(index, at_m, axis) } else { 0.0 };
            return (tube.entry_n > 0.0).then_some(Surface { hold_n: tube.entry_n, chord_m, ..plain });
        }
        let leaves_tube = from.is_some_and(|f| self.tube(f).is_some());
        let entry_n = self.spec.media.get(usize::from(into)).map_or(0.0, |m| m.entry_n);
        (entry_n > 0.0 && !leaves_tube).then_some(Surface { hold_n: entry_n, ..plain })
    }

    /// Length of a line inside a tube from a point of its wall on [m].
    pub(crate) fn chord_m(&self, tube: u16, at_m: [f64; 3], axis: [f64; 3]) -> f64 {
        let tube = &self.spec.tubes[usize::from(tube)];
        let [y0, z0] = tube.section(at_m);
        let [y1, z1] = tube.section(along(at_m, axis, 1.0));
        let (dy, dz) = (y1 - y0, z1 - z0);
        let (a, b) = (dy * dy + dz * dz, y0 * dy + z0 * dz);
        if a > 0.0 { (-2.0 * b / a).clamp(0.0, 0.2) } else { 0.2 }
    }

    /// How the tip presses on a vein's wall: along the needle where it sticks, along the wall's normal turned by the angle of friction
    /// where it slips. `centre_moved_m`: displacement of the vein's axis.
    pub(crate) fn meet(&self, tube: &NeedleTube, pose: &ShaftPose, centre_moved_m: [f64; 3]) -> Meeting {
        let sticks = Meeting { direction: pose.axis, slips: false, rolled: false };
        let side = cross(pose.axis, tube.along);
        let size = dot3(side, side).sqrt();
        if size < 1e-6 {
            return sticks;
        }
        let side = side.map(|v| v / size);
        let ahead = along(pose.axis, tube.along, -dot3(pose.axis, tube.along)).map(|v| v / size);
        let inward = tube.normal(along(pose.tip_m, centre_moved_m, -1.0)).map(|v| -v);
        let (into, aside) = (dot3(inward, ahead), dot3(inward, side));
        if into < ROLLED_COSINE {
            return Meeting { rolled: true, ..sticks };
        }
        let steep = aside.abs() / into;
        if steep <= tube.friction {
            return sticks;
        }
        // Tangent of the difference of two angles.
        let left = (steep - tube.friction) / (1.0 + steep * tube.friction) * aside.signum();
        let scale = 1.0 / (1.0 + left * left).sqrt();
        Meeting { direction: std::array::from_fn(|k| scale * (pose.axis[k] + left * side[k])), slips: true, rolled: false }
    }

    /// Force at which the tip goes on [N], and the part of it that is the surface in front.
    pub(crate) fn holds_n(&self, shaft: &Shaft, before: Option<u16>) -> (f64, f64) {
        let cutting = before.and_then(|region| self.layer(region)).map_or(0.0, |layer| layer.cutting_n) * shaft.speed_factor;
        let surface = shaft.surface.map_or(0.0, |s| s.hold_n * self.spec.dry_factor * shaft.speed_factor);
        (cutting + surface, surface)
    }

    /// Event of touching a surface or of its giving way.
    pub(crate) fn note(&self, surface: &Surface, opens: bool, depth_m: f64, force_n: f64, events: &mut NeedleEvents) {
        let tube = |index: u16| self.spec.tubes.get(usize::from(index)).map_or(0, |t| t.structure);
        let (kind, structure) = match (surface.exit_of, self.tube(surface.into)) {
            (Some(index), _) if opens => (NeedleEventKind::BackWallPuncture, tube(index)),
            (Some(index), _) => (NeedleEventKind::BackWallContact, tube(index)),
            (None, Some((_, tube))) => {
                let kind = match (tube.kind, opens) {
                    (SpanKind::Bone, _) => NeedleEventKind::BoneContact,
                    (SpanKind::Nerve, _) => NeedleEventKind::NervePuncture,
                    (_, true) if surface.walls_touch => NeedleEventKind::Transfixion,
                    (SpanKind::Vein, true) => NeedleEventKind::VeinPuncture,
                    (SpanKind::Artery, true) => NeedleEventKind::ArteryPuncture,
                    (_, false) => NeedleEventKind::WallContact,
                };
                (kind, tube.structure)
            }
            (None, None) => {
                let skin = self.spec.media.get(usize::from(surface.into)).is_some_and(|m| m.medium == Medium::Skin);
                match (skin, opens) {
                    (true, false) => (NeedleEventKind::SkinContact, 0),
                    (true, true) => (NeedleEventKind::SkinPuncture, 0),
                    (false, true) => (NeedleEventKind::FasciaPuncture, 0),
                    // The fast path does not tell of touching a fascia either.
                    (false, false) => return,
                }
            }
        };
        events.push(NeedleEvent { kind, structure, tip_m: depth_m, force_n });
    }
}

impl Shaft {
    /// Number of the vertex behind a place of the channel; the piece that it is in.
    pub(crate) fn piece(&self, arc_m: f64) -> usize {
        self.channel.partition_point(|v| v.arc_m <= arc_m).clamp(1, self.channel.len().max(2) - 1) - 1
    }

    /// What a place of the channel is in.
    pub(crate) fn region(&self, arc_m: f64) -> Option<u16> {
        let first = self.channel.first()?;
        (arc_m >= first.arc_m).then(|| self.channel[self.piece(arc_m)].region).filter(|r| *r != OUTSIDE)
    }

    pub(crate) fn spot(&self, arc_m: f64) -> Option<super::row::Spot> {
        let piece = self.piece(arc_m);
        let (a, b) = (self.channel.get(piece)?, self.channel.get(piece + 1)?);
        let share = ((arc_m - a.arc_m) / (b.arc_m - a.arc_m)).clamp(0.0, 1.0);
        Some(super::row::Spot { a: a.point, b: b.point, share })
    }

    /// What is in front of the deepest cut comes after this region.
    pub(crate) fn before_bottom(&self) -> Option<u16> {
        let piece = self.piece(self.bottom_m);
        let vertex = self.channel.get(piece)?;
        if self.surface.is_some() && vertex.arc_m >= self.bottom_m {
            // At the surface: the medium before it.
            return piece.checked_sub(1).and_then(|p| self.channel.get(p)).map(|v: &Vertex| v.region);
        }
        Some(vertex.region)
    }
}
