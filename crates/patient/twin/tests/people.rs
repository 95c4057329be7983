//! Any possible person has a possible arm.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_anatomy::{Arm, Side};
use proband_core::Stream;
use proband_twin::{Conditions, Person, Population, Sex, Truth, Twin, Unrecorded};

/// Anybody within the limits of `Person::check`, extremes included.
fn anybody(index: u32) -> Person {
    let mut s = Stream::new(99, index, "test.anybody");
    let extreme = |s: &mut Stream, low: f64, high: f64| match s.index(6) {
        0 => low,
        1 => high,
        _ => s.uniform_in(low, high),
    };
    let height_m = extreme(&mut s, 1.35, 2.1);
    let bmi = extreme(&mut s, 14.0, 60.0);
    let sex = [Sex::Female, Sex::Male, Sex::Unknown][s.index(3) as usize];
    let age_y = extreme(&mut s, 16.0, 110.0);
    let mut not_recorded = Vec::new();
    if s.bernoulli(0.2) {
        not_recorded.push(Unrecorded::Mass);
    }
    Person {
        pseudonym: format!("p-{index}"),
        age_y,
        sex,
        height_m,
        mass_kg: bmi * height_m * height_m,
        not_recorded,
        ita_deg: s.bernoulli(0.3).then_some(-50.0),
        melanin_fraction: s.bernoulli(0.5).then_some(extreme(&mut s, 0.001, 0.5)),
        side: if s.bernoulli(0.5) { Side::Left } else { Side::Right },
        conditions: Conditions {
            diabetes: s.bernoulli(0.5),
            chronic_kidney_disease: s.bernoulli(0.5),
            anticoagulated: s.bernoulli(0.5),
            steroids: s.bernoulli(0.5),
            difficult_access_before: s.bernoulli(0.5),
            dehydrated: s.bernoulli(0.5),
            tremor: s.bernoulli(0.5),
            forbidden_arms: Vec::new(),
        },
    }
}

/// Build the arm of 1000 people without an error and without a number that is none.
#[test]
fn anybody_has_an_arm() {
    let mut redrawn = 0;
    let mut failed = Vec::new();
    for index in 0..1000 {
        let person = anybody(index);
        person.check().unwrap();
        let twin = Twin::new(person).unwrap();
        match Truth::draw(&twin, &mut Stream::new(3, index, "test.draw")) {
            Ok(truth) => {
                redrawn += u32::from(truth.layout_redraws > 0);
                assert!(truth.values.iter().all(|(_, v)| v.is_finite()));
                let arm = Arm::new(&truth.arm).unwrap();
                for vessel in arm.vessels() {
                    assert!(vessel.nodes.iter().all(|n| n.p.0.iter().all(|c| c.is_finite()) && n.semi_h_m > 0.0 && n.semi_v_m > 0.0));
                }
            }
            Err(e) => failed.push(format!("{index}: {e}")),
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    // Drawing again is for the rare arm in which two veins run into each other.
    assert!(redrawn < 50, "{redrawn} of 1000 layouts were drawn again");
}

/// Draw the same patient whatever was drawn before, and another one for another seed or number.
#[test]
fn a_patient_depends_on_seed_and_number_only() {
    let population = Population::adult();
    let all = proband_twin::sample(&population, 5, 21).unwrap();
    for patient in all.iter().rev() {
        let alone = population.patient(21, patient.index).unwrap();
        assert_eq!(proband_core::Digest::of(&alone).unwrap(), proband_core::Digest::of(patient).unwrap());
    }
    assert_ne!(all[0].truth, all[1].truth);
    assert_ne!(all[0].truth, population.patient(22, 0).unwrap().truth);
    let mut stream = Stream::new(1, 1, "draws");
    let first = Truth::draw(&all[0].twin, &mut stream).unwrap();
    assert_ne!(first, Truth::draw(&all[0].twin, &mut stream).unwrap());
}

/// Name each parameter once, give every one a source, a unit and a distribution, and give no two the same stream.
#[test]
fn every_parameter_says_where_it_comes_from() {
    let twin = Twin::built_in();
    let mut names: Vec<&str> = twin.parameters.iter().map(|p| p.name.as_str()).collect();
    let mut streams: Vec<u32> = names.iter().map(|n| proband_core::subsystem_id(n)).collect();
    for parameter in &twin.parameters {
        parameter.value.distribution.check().unwrap();
        assert!(!parameter.value.source.is_empty() && !parameter.value.unit.is_empty(), "{}", parameter.name);
    }
    for list in [
        names.len(),
        {
            names.sort_unstable();
            names.dedup();
            names.len()
        },
        {
            streams.sort_unstable();
            streams.dedup();
            streams.len()
        },
    ] {
        assert_eq!(list, twin.parameters.len());
    }
    // The same list for everybody.
    let other = Population::difficult().person(1, 1);
    let theirs = proband_twin::priors(&other);
    assert!(twin.parameters.iter().zip(&theirs).all(|(a, b)| a.name == b.name && a.value.unit == b.value.unit));
    assert_eq!(twin.parameters.len(), theirs.len());
}

/// Refuse people who cannot be, and name the field.
#[test]
fn impossible_people_are_refused() {
    let refuses = |change: &dyn Fn(&mut Person), part: &str| {
        let mut person = Twin::built_in().person;
        change(&mut person);
        let error = Twin::new(person).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refuses(&|p| p.age_y = f64::NAN, "age_y");
    refuses(&|p| p.mass_kg = 400.0, "mass_kg");
    refuses(&|p| p.pseudonym = "Jane Doe".into(), "pseudonym");
    refuses(&|p| p.pseudonym = "../x".into(), "pseudonym");
    refuses(&|p| p.melanin_fraction = Some(-0.1), "melanin_fraction");
    refuses(&|p| p.conditions.forbidden_arms.push(Side::Right), "forbidden_arms");
}

/// Read a population from TOML and refuse unknown keys and impossible numbers.
#[test]
fn populations_are_read_strictly() {
    let text = r#"
        name = "clinic"
        female_fraction = 0.5
        age_y = { kind = "uniform", low = 30.0, high = 60.0 }
        bmi_kg_m2 = { kind = "log_normal", mu = 3.2, sigma = 0.2 }
        melanin_fraction = { kind = "constant", value = 0.2 }
        [prevalence]
        diabetes = 0.1
        chronic_kidney_disease = 0.1
        anticoagulated = 0.1
        steroids = 0.1
        difficult_access_before = 0.1
        dehydrated = 0.1
        tremor = 0.1
    "#;
    let population = Population::from_toml(text, "clinic.toml").unwrap();
    assert!((30.0..60.0).contains(&population.person(1, 1).age_y));
    let refuses = |from: &str, to: &str, part: &str| {
        let error = Population::from_toml(&text.replace(from, to), "clinic.toml").unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refuses("tremor = 0.1", "tremor = 0.1\nethnicity = 1", "ethnicity");
    refuses("female_fraction = 0.5", "female_fraction = 1.5", "female_fraction");
    refuses("tremor = 0.1", "tremor = nan", "prevalence.tremor");
    refuses("low = 30.0", "low = 90.0", "age_y");
    refuses("value = 0.2", "value = 0.2, mean = 1.0", "unknown field");
    refuses("name = \"clinic\"", "name = \"a/b\"", "name");
}
