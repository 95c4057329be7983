use super::*;

const GOOD: &str = r#"
method = "cma-es"
budget = 100
seed = 3
[[vary]]
parameter = "vein.reference.depth_m"
[[vary]]
seed = [0, 50]
[[require]]
name = "force"
formula = "always (force_axial_n <= 3)"
when_broken = "the needle pressed with {N} too much"
"#;

fn read_text(text: &str) -> Result<StressFile, Failure> {
    parse(&SourceText { name: "s.toml".into(), text: text.into() }, "s", Path::new(""))
}

/// The piece of the text that an error points at.
#[track_caller]
fn pointed_at(text: &str) -> String {
    match read_text(text).err() {
        Some(Failure::Diagnostic(diagnostic)) => {
            let label = diagnostic.labels().unwrap().next().unwrap();
            text[label.offset()..label.offset() + label.len()].to_owned()
        }
        other => panic!("{:?}", other.is_some()),
    }
}

/// Read a whole file.
#[test]
fn a_good_file_is_read() {
    let file = read_text(GOOD).unwrap();
    let Plan::Search(plan) = file.plan else { panic!() };
    assert_eq!((plan.method, plan.budget, plan.seed), (Method::CmaEs, 100, 3));
    assert_eq!((file.problem.space.dimension(), file.problem.requirements.len()), (2, 1));
    assert_eq!(file.evaluations(), 101);
}

/// Point at what is wrong before anything runs.
#[test]
fn wrong_values_are_pointed_at() {
    let with = |from: &str, to: &str| GOOD.replace(from, to);
    assert_eq!(pointed_at(&with("budget = 100", "budget = 0")), "0");
    assert_eq!(pointed_at(&with("budget = 100", "budget = 1000000000000")), "1000000000000");
    assert_eq!(pointed_at(&with("cma-es", "magic")), "\"magic\"");
    assert_eq!(pointed_at(&with("vein.reference.depth_m", "vein.reference.deepness_m")), "\"vein.reference.deepness_m\"");
    assert_eq!(pointed_at(&with("[0, 50]", "[50, 50]")), "[50, 50]");
    assert_eq!(pointed_at(&with("force_axial_n", "force_axiall_n")), "force_axiall_n");
    assert_eq!(pointed_at(&with("seed = 3", "seed = -3")), "-3");
    assert_eq!(pointed_at(&format!("aim = \"risk\"\n{}", with("cma-es", "sobol"))), "\"sobol\"");
    assert_eq!(pointed_at(&format!("aim = \"influence\"\npoints = 100\n{}", with("cma-es", "sobol"))), "100");
    let law = "parameter = \"vein.reference.depth_m\"\nlaw = { kind = \"uniform\", low = 2.0, high = 1.0 }";
    assert!(read_text(&with("parameter = \"vein.reference.depth_m\"", law)).is_err());
    for (from, to) in [("<= 3)", "<= )"), ("seed = 3", "sed = 3"), ("seed = [0, 50]", "parameter = \"vein.reference.depth_m\"")] {
        assert!(matches!(read_text(&with(from, to)), Err(Failure::Diagnostic(_))), "{to}");
    }
    assert!(read_text("method = \"random\"").is_err() && read_text("").is_err() && read_text("\u{0}").is_err());
}
