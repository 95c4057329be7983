use proband_core::Stream;
use proptest::prelude::*;

use super::*;
use crate::AirwayTree;

fn made(seed: u64, spec: &MadeChestSpec) -> MadeChest {
    made_chest(spec, &mut Stream::new(seed, 0, "chest")).unwrap()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    sum / f64::max(count, 1.0)
}

/// Make lungs of an adult's volume, with the right larger than the left.
#[test]
fn lungs_have_the_volume_of_an_adult() {
    let lungs = LungShape { scale: 1.0, mirror: 1.0 };
    let [low, high] = lungs.bounds_m();
    let mut stream = Stream::new(1, 0, "volume");
    let (mut left, mut right) = (0.0, 0.0);
    for _ in 0..40_000 {
        let p: [f64; 3] = std::array::from_fn(|a| stream.uniform_in(low[a], high[a]));
        if lungs.depth_m(p) > 0.0 {
            if p[0] < 0.0 { right += 1.0 } else { left += 1.0 }
        }
    }
    let litres = (0..3).map(|a| high[a] - low[a]).product::<f64>() * 1e3 / 40_000.0;
    let (left, right) = (left * litres, right * litres);
    assert!((3.5..6.5).contains(&(left + right)), "{left} {right}");
    assert!(right > 1.03 * left);
}

/// Fill the lungs with airways whose diameters fall with the generation as in casts, and reach far.
#[test]
fn airways_fill_the_lungs() {
    for seed in 0..4 {
        let chest = made(seed, &MadeChestSpec::usual());
        let tree = &chest.airways;
        assert!(AirwayTree::new(tree.branches.clone()).is_ok());
        assert!((1500..2600).contains(&tree.branches.len()), "{}", tree.branches.len());
        let at = |g: u32| mean(tree.branches.iter().filter(|b| b.generation == g).map(|b| 1e3 * b.lumen_m()));
        // Weibel 1963: 8.3, 5.6, 4.5, 3.5 mm in generations 2 to 5; wide bounds, since branching here is unequal.
        for (g, weibel) in [(3, 5.6), (4, 4.5), (5, 3.5), (6, 2.8)] {
            assert!((0.6..1.7).contains(&(at(g) / weibel)), "generation {g}: {} mm", at(g));
        }
        assert!(tree.branches.iter().map(|b| b.generation).max().unwrap() >= 10);
        let outside = tree.branches.iter().filter(|b| b.generation > 5 && chest.lungs.depth_m(b.points_m[b.points_m.len() - 1]) < 0.0);
        assert_eq!(outside.count(), 0);
    }
}

/// Make the same chest from the same seed, another from another, and mirror it for situs inversus.
#[test]
fn a_seed_decides_the_chest() {
    let usual = made(3, &MadeChestSpec::usual());
    assert_eq!(usual, made(3, &MadeChestSpec::usual()));
    assert_ne!(usual.nodule, made(4, &MadeChestSpec::usual()).nodule);
    let other = made(3, &MadeChestSpec { variant: ChestVariant::SitusInversus, ..MadeChestSpec::usual() });
    assert_eq!(other.nodule.centre_m[0], -usual.nodule.centre_m[0]);
    assert_eq!(other.lungs.lobe(other.nodule.centre_m), usual.nodule.lobe);
    assert!((other.lungs.depth_m(other.nodule.centre_m) - usual.lungs.depth_m(usual.nodule.centre_m)).abs() < 1e-12);
}

/// Narrow an airway for a stenosis and nothing else.
#[test]
fn a_stenosis_narrows_one_airway() {
    let usual = made(5, &MadeChestSpec::usual());
    let narrowed = made(5, &MadeChestSpec { variant: ChestVariant::Stenosis(0.7), ..MadeChestSpec::usual() });
    let changed: Vec<usize> =
        (0..usual.airways.branches.len()).filter(|i| usual.airways.branches[*i] != narrowed.airways.branches[*i]).collect();
    assert_eq!(changed.len(), 1);
    let (a, b) = (&usual.airways.branches[changed[0]], &narrowed.airways.branches[changed[0]]);
    assert!(b.narrowest_m() < 0.5 * a.narrowest_m());
}

/// Move nodules by the published mean from inspiration to expiration, more in lower lobes, and find the way back.
#[test]
fn nodules_move_as_published() {
    let spec = MadeChestSpec { terminal_count: 400, ..MadeChestSpec::usual() };
    let mut all = Vec::new();
    for seed in 0..120 {
        let chest = made(seed, &spec);
        let motion = LungMotion::draw(&LungMotionSpec::published(), chest.lungs, &mut Stream::new(seed, 0, "motion"));
        let u = motion.displacement_m(chest.nodule.centre_m, 1.0);
        all.push((chest.nodule.lobe, 1e3 * u.iter().map(|v| v * v).sum::<f64>().sqrt()));
        let q = motion.moved_m(chest.nodule.centre_m, 0.8);
        let back = motion.unmoved_m(q, 0.8);
        assert!((0..3).all(|a| (back[a] - chest.nodule.centre_m[a]).abs() < 1e-6));
    }
    let over = |lower: bool| mean(all.iter().filter(|(l, _)| matches!(l, Lobe::RightLower | Lobe::LeftLower) == lower).map(|(_, mm)| *mm));
    let (mean_mm, lower, upper) = (mean(all.iter().map(|(_, mm)| *mm)), over(true), over(false));
    assert!((mean_mm - 17.6).abs() < 2.5, "{mean_mm} mm");
    assert!(lower > 1.5 * upper, "{lower} {upper}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Hold for every seed: a whole tree, a nodule in its lobe and below the pleura, its bronchus sign true.
    #[test]
    fn every_seed_makes_a_chest(seed in any::<u64>(), scale in 0.8_f64..1.2, sign in any::<bool>()) {
        let nodule = NoduleSpec { bronchus_sign: Some(sign), ..MadeChestSpec::usual().nodule };
        let chest = made(seed, &MadeChestSpec { scale, terminal_count: 600, nodule, ..MadeChestSpec::usual() });
        prop_assert_eq!(chest.lobes.len(), chest.airways.branches.len());
        prop_assert_eq!(chest.lungs.lobe(chest.nodule.centre_m), chest.nodule.lobe);
        prop_assert!(chest.lungs.depth_m(chest.nodule.centre_m) > 0.0);
        prop_assert_eq!(chest.nodule.bronchus_sign, sign);
        for branch in &chest.airways.branches {
            prop_assert!(branch.radius_m.iter().all(|r| *r > 1e-4 && *r < 0.012));
        }
    }
}
