//! Airways of a made chest, small enough for every test run.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_anatomy::{
    AIRWAY, AnatomyError, ChestPhantomSpec, LEFT_LUNG, RIGHT_LUNG, chest_phantom, find_airways, label_chest, score_airway,
};
use proband_core::{Patient, Position, Stream, Warnings};
use proband_volume::{Grid, Volume, grow_dark};

fn spec() -> ChestPhantomSpec {
    ChestPhantomSpec { size: [240, 180, 240], generations: 10, ..ChestPhantomSpec::reference() }
}

/// Find more of the tree than plain growth does, and hardly anything else.
#[test]
fn airways_are_found() {
    let mut stream = Stream::new(3, 0, "anatomy.chest.test");
    let chest = chest_phantom(&spec(), &mut || stream.normal()).unwrap();
    let found = find_airways(&chest.ct, &Warnings::new()).unwrap();
    let seed = chest.ct.grid().offset(found.seed.map(i64::from)).unwrap();
    let mut plain = Volume::filled(*chest.ct.grid(), 0_u8);
    grow_dark(&chest.ct, &[seed], found.threshold_hu, u64::MAX).unwrap().paint(&mut plain);
    let plain = score_airway(&plain, &chest.airway, &chest.branches).unwrap();
    let score = score_airway(&found.mask, &chest.airway, &chest.branches).unwrap();
    assert!(score.tree_length > plain.tree_length && score.precision > 0.97, "{score:?} {plain:?}");
    let labels = label_chest(&chest.ct, &found.mask, found.seed, &Warnings::new());
    let count = |label: u8| labels.data().iter().filter(|v| **v == label).count();
    assert_eq!(count(AIRWAY), found.mask.data().iter().filter(|v| **v > 0).count());
    assert!(labels.data().iter().all(|v| [0, RIGHT_LUNG, LEFT_LUNG, AIRWAY].contains(v)));
}

/// Say that there is no trachea, whatever the volume.
#[test]
fn no_trachea_is_said() {
    let grid = Grid::<Patient>::aligned([40, 30, 20], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
    for value in [i16::MIN, -1000, 0, i16::MAX] {
        let error = find_airways(&Volume::filled(grid, value), &Warnings::new()).unwrap_err();
        assert_eq!(error, AnatomyError::NoTrachea);
    }
    let mut stream = Stream::new(4, 0, "anatomy.chest.test");
    let noise = Volume::from_fn(grid, |_| stream.next_u32() as i16);
    let _ = find_airways(&noise, &Warnings::new());
}

/// Refuse chests that cannot be made.
#[test]
fn bad_chests_are_refused() {
    for bad in [
        ChestPhantomSpec { generations: 99, ..spec() },
        ChestPhantomSpec { noise_hu: f64::NAN, ..spec() },
        ChestPhantomSpec { blur_voxels: [0.5, -1.0, 0.5], ..spec() },
        ChestPhantomSpec { size: [0, 10, 10], ..spec() },
    ] {
        assert!(chest_phantom(&bad, &mut || 0.0).is_err());
    }
}
