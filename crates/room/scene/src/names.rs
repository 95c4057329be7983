//! Names of true events for the record.

use proband_tissue::NeedleEventKind;

/// Short name and explanation.
pub(crate) const fn needle_event(kind: NeedleEventKind) -> (&'static str, &'static str) {
    match kind {
        NeedleEventKind::SkinContact => ("skin_contact", "tip touches the skin"),
        NeedleEventKind::SkinPuncture => ("skin_puncture", "skin gives way"),
        NeedleEventKind::SkinExit => ("skin_exit", "tip has left the skin"),
        NeedleEventKind::FasciaPuncture => ("fascia_puncture", "fascia gives way"),
        NeedleEventKind::WallContact => ("wall_indent", "tip tents a vessel's front wall"),
        NeedleEventKind::WallsTouch => ("walls_touch", "tented front wall touches the back wall"),
        NeedleEventKind::VeinPuncture => ("vein_puncture", "front wall of a vein gives way"),
        NeedleEventKind::ArteryPuncture => ("artery_puncture", "front wall of an artery gives way"),
        NeedleEventKind::Transfixion => ("transfixion", "both walls give way at once"),
        NeedleEventKind::BackWallContact => ("back_wall_contact", "tip touches the back wall"),
        NeedleEventKind::BackWallPuncture => ("back_wall", "back wall gives way"),
        NeedleEventKind::RollAway => ("roll", "vein rolls off the tip"),
        NeedleEventKind::LumenExit => ("lumen_exit", "tip has left the lumen"),
        NeedleEventKind::NervePuncture => ("nerve", "tip enters a nerve"),
        NeedleEventKind::BoneContact => ("bone", "tip touches bone"),
    }
}
