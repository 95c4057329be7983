//! The committed network and the grid, on few patients.

#![allow(clippy::unwrap_used, reason = "a test stops at the first error")]

use proband_procedure::perception::NirNetwork;
use proband_seeing::{
    BiasSpec, NirRule, NirTraining, SeeingError, Split, View, bias, nir_pictures, score_filter, score_network, train_nir,
};

/// Hold the committed weights to the digest in their file, and beat the filters on patients held out.
#[test]
fn the_committed_network_is_itself_and_better() {
    let network = NirNetwork::builtin().unwrap();
    let file = network.file();
    assert_eq!(file.note("weights").unwrap(), format!("blake3 {}", file.weights_digest()));
    for name in ["command", "version", "seed", "data", "score"] {
        assert!(file.note(name).is_some_and(|text| !text.is_empty()), "{name}");
    }
    assert!(file.to_bytes().len() < 200_000);
    let pictures = nir_pictures(321, Split::Test, 8, View::Varied, &mut |_, _, _, _| true).unwrap();
    let (scores, _) = score_network(&pictures, &file.network, network.temperature(), &[network.threshold().unwrap()]);
    let [confidence_min, width_factor] = network.filter_rule().unwrap();
    let filter = score_filter(&pictures, &[NirRule { confidence_min, width_factor }]);
    assert!(scores[0].dice() > filter[0].dice() + 0.05, "{} {}", scores[0].dice(), filter[0].dice());
}

/// Train to the same bytes on one thread and on three, and stop when told to.
#[test]
fn training_gives_the_same_bytes_on_any_threads() {
    let spec = NirTraining { patients: 3, validation: 2, test: 2, epochs: 1, channels: [2, 2, 2], ..NirTraining::standard() };
    let bytes = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train_nir(&spec, "c", "v", &mut |_, _, _, _| true)).unwrap().file.to_bytes()
    };
    assert_eq!(bytes(1), bytes(3));
    assert!(matches!(train_nir(&spec, "c", "v", &mut |_, _, _, _| false), Err(SeeingError::Stopped)));
    assert!(train_nir(&NirTraining { patients: 0, ..spec }, "c", "v", &mut |_, _, _, _| true).is_err());
}

/// Fill a grid to the same bits on any threads, and refuse one that makes no sense.
#[test]
fn a_grid_has_the_same_bits_on_any_threads() {
    let spec = BiasSpec {
        melanin_fractions: vec![0.03, 0.43],
        fats_m: vec![6e-3],
        depths_m: vec![3e-3],
        wavelengths_nm: vec![850.0],
        patients: 3,
        ..BiasSpec::standard()
    };
    let cells = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bias(&spec, &mut |_, _| true)).unwrap()
    };
    let one = cells(1);
    // As text: what ultrasound has no clarity for is not a number.
    assert_eq!(format!("{one:?}"), format!("{:?}", cells(3)));
    assert_eq!((one.finished, one.cells.len(), one.pairs.len()), (3, 4, 2));
    assert!(one.pairs[0].clarity.value < 1.0, "{:?}", one.pairs);
    for bad in [
        BiasSpec { patients: 0, ..spec.clone() },
        BiasSpec { depths_m: vec![f64::NAN], ..spec.clone() },
        BiasSpec { wavelengths_nm: vec![500.0], ..spec.clone() },
        BiasSpec { fats_m: Vec::new(), ..spec.clone() },
        BiasSpec { lamp_irradiance_w_m2: -1.0, ..spec },
    ] {
        assert!(bias(&bad, &mut |_, _| true).is_err());
    }
}
