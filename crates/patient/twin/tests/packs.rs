//! Conditions: the library holds together, mixes keep their prevalences, nothing that is no condition becomes one.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_core::Stream;
use proband_twin::{Mix, MixEntry, PACK_NAMES, Pack, Population, Sex, Twin, built_in_pack, twin_with};

fn entry(name: &str, fraction: Option<f64>) -> MixEntry {
    let pack = built_in_pack(name).unwrap();
    MixEntry { prevalence: pack.prevalence.value, pack, fraction }
}

/// Read every shipped condition under its own name; what others it speaks of exists.
#[test]
fn the_library_holds_together() {
    for name in PACK_NAMES {
        let pack = built_in_pack(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(pack.name, *name);
        for other in pack.excludes.iter().chain(pack.together.iter().map(|t| &t.condition)) {
            assert!(PACK_NAMES.contains(&other.as_str()), "{name}: {other}");
        }
        for other in &pack.excludes {
            assert!(built_in_pack(other).unwrap().excludes.contains(&pack.name), "{name} and {other} do not exclude each other");
        }
    }
    assert!(built_in_pack("luck").unwrap_err().to_string().contains("sickle-cell"));
}

/// Behave as each condition must, on a few sampled adults.
#[test]
fn conditions_behave() {
    for name in PACK_NAMES {
        let pack = built_in_pack(name).unwrap();
        for (expect, seen) in pack.expect.iter().zip(pack.behaviour(1, 24).unwrap()) {
            let Some(seen) = seen else { continue };
            assert!(seen.pass, "{name}: {expect:?} {}", seen.value);
        }
    }
}

/// Be the plain twin, to the bit, without a condition.
#[test]
fn no_condition_changes_nothing() {
    let person = Population::adult().person(3, 5);
    assert_eq!(twin_with(person.clone(), &[], &Stream::new(3, 5, "x")).unwrap(), Twin::new(person.clone()).unwrap());
    let drawn = Mix::default().draw(3, 5, &|attempt| Population::adult().person(3 + u64::from(attempt), 5));
    assert_eq!((drawn.person, drawn.conditions.len(), drawn.weight), (person, 0, 1.0));
}

/// Give natural conditions to as many as the prevalence says, whoever has them more often, and enriched ones to the fraction
/// that was asked for; weights bring the prevalence back.
#[test]
fn mixes_keep_their_shares() {
    let population = Population::adult();
    let natural = |name: &str, prevalence: f64| MixEntry { prevalence, ..entry(name, None) };
    let entries = vec![
        natural("essential-tremor", 0.05),
        natural("parkinson", 0.05),
        entry("lymphoedema-arm", Some(0.2)),
        entry("haemophilia-a", Some(0.1)),
    ];
    let mix = Mix::new(entries, &population).unwrap();
    let n = 4000_u32;
    let drawn: Vec<_> = (0..n).map(|i| mix.draw(9, i, &|attempt| population.person(9 + (u64::from(attempt) << 32), i))).collect();
    let share = |index: u16| drawn.iter().filter(|d| d.conditions.contains(&index)).count() as f64 / f64::from(n);
    let near = |found: f64, p: f64| assert!((found - p).abs() < 4.0 * (p * (1.0 - p) / f64::from(n)).sqrt(), "{found} for {p}");
    near(share(0), 0.05);
    near(share(1), 0.05);
    // Spread evenly, hence far closer than by chance.
    assert!((share(2) - 0.2).abs() < 2e-3 && (share(3) - 0.1).abs() < 2e-3, "{} {}", share(2), share(3));
    assert!(!drawn.iter().any(|d| d.conditions.contains(&0) && d.conditions.contains(&1)), "tremors exclude each other");
    let weighted: f64 = drawn.iter().map(|d| d.weight).sum::<f64>() / f64::from(n);
    assert!((weighted - 1.0).abs() < 5e-3, "{weighted}");
    assert!(drawn.iter().filter(|d| d.conditions.contains(&3)).all(|d| d.person.sex == Sex::Male));
    let with: Vec<_> = drawn.iter().filter(|d| d.conditions.contains(&2)).collect();
    let women = with.iter().filter(|d| d.person.sex == Sex::Female).count() as f64 / with.len() as f64;
    let f = population.female_fraction;
    near(women, 50.0 * f / (50.0 * f + 1.0 - f));
}

/// Bring conditions together as often as the file says, and leave both prevalences as they are.
#[test]
fn conditions_come_together() {
    let population = Population::adult();
    let natural = |name: &str, prevalence: f64| MixEntry { prevalence, ..entry(name, None) };
    let mix = Mix::new(vec![natural("difficult-access", 0.1), natural("sclerosed-veins", 0.1)], &population).unwrap();
    let n = 6000_u32;
    let drawn: Vec<_> = (0..n).map(|i| mix.draw(4, i, &|_| population.person(4, i))).collect();
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for d in &drawn {
        let has = |i: u16| f64::from(u8::from(d.conditions.contains(&i)));
        (both, first, second) = (both + has(0) * has(1), first + has(0), second + has(1));
    }
    let ratio = (both / first) / ((second - both) / (f64::from(n) - first));
    assert!((ratio / 4.0 - 1.0).abs() < 0.3, "{ratio}");
    let error = |k: f64| (k / f64::from(n) - 0.1) / (0.09 / f64::from(n)).sqrt();
    assert!(error(first).abs() < 4.0 && error(second).abs() < 4.0, "{first} {second}");
}

/// Refuse what cannot be together, and name where it stands.
#[test]
fn contradictions_are_named() {
    let population = Population::adult();
    let error = |entries: Vec<MixEntry>| Mix::new(entries, &population).unwrap_err().to_string();
    assert!(error(vec![entry("cachexia", Some(0.6)), entry("sickle-cell", Some(0.5))]).starts_with("condition.1.fraction"));
    assert!(error(vec![entry("cachexia", Some(0.1)), entry("cachexia", None)]).starts_with("condition.1.name"));
    let many = |name: &str| MixEntry { prevalence: 0.6, ..entry(name, Some(0.1)) };
    assert!(error(vec![many("persistent-left-svc"), many("sclerosed-veins")]).starts_with("condition.1.prevalence"));
    let mut wished = entry("parkinson", None);
    wished.pack.together = vec![proband_twin::Together { condition: "essential-tremor".into(), ratio: 2.0, source: "test".into() }];
    wished.pack.excludes.clear();
    assert!(error(vec![entry("essential-tremor", None), wished]).starts_with("condition.1.name"));
    assert!(error(vec![MixEntry { prevalence: f64::NAN, ..entry("cachexia", None) }]).starts_with("condition.0.prevalence"));
}

const PACK: &str = "name = \"n\"\ntitle = \"t\"\nsummary = \"s\"\nexcludes = [\"x\"]\n[prevalence]\nvalue = 0.1\nlow = 0.0\nhigh = 0.2\nstatus = \"prior\"\nsource = \"s\"\n[person]\nflags = [\"tremor\"]\n[[transform]]\nparameter = \"vein.reference.depth_m\"\nscale = 1.2\nstatus = \"prior\"\nsource = \"s\"\n[[expect]]\nmeasure = \"puncture_force_n\"\nstatistic = \"median\"\nmin = 0.1\nbecause = \"b\"\n";

/// Refuse conditions that say nothing or nonsense.
#[test]
fn bad_files_are_refused() {
    Pack::from_toml(PACK, "n").unwrap();
    for (from, to) in [
        ("value = 0.1", "value = 1.1"),
        ("low = 0.0", "low = 0.15"),
        ("vein.reference.depth_m", "vein.luck"),
        ("scale = 1.2", "scale = -1.0"),
        ("scale = 1.2", "shift = 0.001"),
        ("scale = 1.2", "scael = 1.2"),
        ("scale = 1.2\n", ""),
        ("\"tremor\"", "\"bravery\""),
        ("min = 0.1\n", ""),
        ("puncture_force_n", "first_stick"),
        ("[\"x\"]", "[\"n\"]"),
        ("title = \"t\"", "title = \"\""),
    ] {
        assert!(PACK.contains(from), "{from}");
        assert!(Pack::from_toml(&PACK.replacen(from, to, 1), "n").is_err(), "{to}");
    }
}

proptest::proptest! {
    /// Answer any change of a file with a condition or an error.
    #[test]
    fn any_text_is_answered(at in 0_usize..500, text in "[\\PC\\n]{0,12}") {
        let at = at % PACK.len();
        let _ = Pack::from_toml(&format!("{}{text}{}", &PACK[..at], &PACK[at..]), "n");
    }

    /// Give any number a person with an arm, or an error, under any enrichment.
    #[test]
    fn anybody_with_conditions_has_a_twin(number in 0_u32..100_000, which in 0_usize..18, fraction in 0.01_f64..1.0) {
        let population = Population::adult();
        let mix = Mix::new(vec![entry(PACK_NAMES[which], Some(fraction))], &population).unwrap();
        let drawn = mix.draw(1, number, &|attempt| population.person(u64::from(attempt), number));
        let twin = twin_with(drawn.person, &mix.packs(&drawn.conditions), &Stream::new(1, number, "t")).unwrap();
        proband_twin::Truth::draw(&twin, &mut Stream::new(1, number, "population.truth")).unwrap();
    }
}
