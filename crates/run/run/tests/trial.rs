//! A small trial, in every way in which it may be cut, interrupted and put together again.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proband_core::Table;
use proband_record::table_digest;
use proband_robot::builtin_arm;
use proband_run::trial::{
    Analysis, ArmPlan, CohortKind, Criterion, Design, EndpointPlan, HandSpec, Hypothesis, Job, Journal, Missing, Multiplicity,
    PalpationSpec, People, Recruitment, RobotArm, Study, Subgroup, TrialSetup, merge, read_part, run_shard, trial_tables, try_room,
    write_part,
};
use proband_twin::Population;

const VERSION: &str = "test";

/// Draws that end before the needle goes in: what is tested here is everything around them.
fn study(design: Design) -> Study {
    let robot = RobotArm {
        name: "robot".into(),
        robot: String::new(),
        tourniquet_pa: None,
        draw_m3: None,
        wall_speed_m_s: None,
        success_min: None,
        attempts_max: None,
        disturbances: Vec::new(),
    };
    Study {
        name: "small".into(),
        title: "small".into(),
        question: "?".into(),
        context_of_use: "test".into(),
        recruitment: Recruitment {
            kind: CohortKind::Prescribed,
            people: People::Sampled { population: Population::adult(), correlation: [0.2, 0.0, -0.1] },
            conditions: proband_twin::Mix::default(),
            fit: None,
            include: vec![Criterion::parse("age_y >= 20").unwrap()],
            exclude: vec![Criterion::parse("anticoagulated").unwrap()],
            count: 7,
        },
        arms: vec![
            ArmPlan::Robot(robot),
            ArmPlan::Manual {
                name: "hand".into(),
                palpation: PalpationSpec::outpatient(),
                hand: HandSpec::outpatient(),
                disturbances: Vec::new(),
            },
        ],
        design,
        endpoints: vec![EndpointPlan { name: "first_stick_success".into(), primary: true, hypothesis: Hypothesis::NonInferiority(0.1) }],
        analysis: Analysis {
            confidence: 0.95,
            missing: Missing::Failure,
            looks: vec![1.0],
            spending: "obrien_fleming".into(),
            subgroups: vec![Subgroup { covariate: "female".into(), cuts: Vec::new() }],
            control: 1,
            multiplicity: Multiplicity::Holm,
            intercurrent: Vec::new(),
        },
        statements: Vec::new(),
        seed: 5,
        duration_max_s: 1.0,
    }
}

fn setup(design: Design) -> TrialSetup {
    TrialSetup::new(study(design), vec![builtin_arm().unwrap(); 2]).unwrap()
}

fn job(setup: &TrialSetup, shard: u32, of: u32) -> Job {
    setup.job(VERSION, shard, of).unwrap()
}

fn run(setup: &TrialSetup, folder: &Path, shard: u32, of: u32) -> std::path::PathBuf {
    let path = folder.join(format!("{shard}-{of}"));
    let journal = Journal::open(&path, &job(setup, shard, of)).unwrap();
    run_shard(setup, journal, &|_| {}, &AtomicBool::new(false)).unwrap();
    path
}

fn tables(setup: &TrialSetup, paths: &[std::path::PathBuf]) -> Result<Vec<Table>, String> {
    let parts = paths.iter().map(|path| {
        let (job, results) = read_part(path).map_err(|e| e.to_string())?;
        Ok((path.file_name().unwrap().to_string_lossy().into_owned(), job, results))
    });
    let parts = parts.collect::<Result<Vec<_>, String>>()?;
    let results = merge(setup, VERSION, parts).map_err(|e| e.to_string())?;
    trial_tables(setup, &results).map_err(|e| e.to_string())
}

fn digests(tables: &[Table]) -> Vec<String> {
    tables.iter().map(|t| table_digest(t).unwrap().to_string()).collect()
}

/// Give the same bits for 1, 3, 7 and 64 shards, whatever the order of the parts and the number of threads.
#[test]
fn shards_and_threads_do_not_matter() {
    let setup = setup(Design::Paired);
    let folder = tempfile::tempdir().unwrap();
    let whole = digests(&tables(&setup, &[run(&setup, folder.path(), 0, 1)]).unwrap());
    for (of, threads) in [(3, 1), (7, 2), (64, 3)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut paths: Vec<_> = pool.install(|| (0..of).map(|shard| run(&setup, folder.path(), shard, of)).collect());
        paths.reverse();
        assert_eq!(digests(&tables(&setup, &paths).unwrap()), whole, "{of} shards");
        // The same as Parquet: a shard of nobody is a part without rows.
        for (path, shard) in paths.iter().rev().zip(0..) {
            let (job, results) = Journal::read(path).unwrap();
            let empty = results.is_empty();
            write_part(&setup, path, &job, results).unwrap();
            assert_eq!(proband_record::read_table(path).unwrap().row_count() == 0, empty, "shard {shard} of {of}");
        }
        assert_eq!(digests(&tables(&setup, &paths).unwrap()), whole, "{of} parts");
    }
}

/// Refuse a part that was damaged anywhere, or does not hold its whole shard; and a disk without room, before the work.
#[test]
fn damaged_parts_and_full_disks_are_refused() {
    let setup = setup(Design::Paired);
    let folder = tempfile::tempdir().unwrap();
    let path = run(&setup, folder.path(), 0, 1);
    let (job, mut results) = Journal::read(&path).unwrap();
    write_part(&setup, &path, &job, results.clone()).unwrap();
    let sound = std::fs::read(&path).unwrap();
    let whole = digests(&tables(&setup, std::slice::from_ref(&path)).unwrap());
    for at in (0..sound.len()).step_by(sound.len() / 97) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        // A byte that nothing is read from may differ; what is read may not.
        match tables(&setup, std::slice::from_ref(&path)) {
            Ok(read) => assert_eq!(digests(&read), whole, "byte {at}"),
            Err(error) => assert!(error.contains("0-1"), "{error}"),
        }
    }
    std::fs::write(&path, &sound[..sound.len() / 2]).unwrap();
    assert!(tables(&setup, std::slice::from_ref(&path)).unwrap_err().contains("0-1"));
    results.pop();
    assert!(write_part(&setup, &path, &job, results).is_err());
    try_room(&path, 10).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(try_room(&folder.path().join("none/x"), 10).unwrap_err().to_string().contains("no room"));
}

/// Take a draw that is not over in its time as missing, with its cause, in every arm.
#[test]
fn what_is_not_over_is_missing() {
    let setup = setup(Design::Paired);
    let folder = tempfile::tempdir().unwrap();
    let all = tables(&setup, &[run(&setup, folder.path(), 0, 1)]).unwrap();
    let draws = all.iter().find(|t| t.name == "draws").unwrap();
    assert!(draws.bools("finished").unwrap().iter().all(|f| !f));
    assert!(draws.texts("status").unwrap().iter().all(|s| s == "timed out"));
    assert!(draws.f64s("first_stick_success").unwrap().iter().all(|v| v.is_nan()));
}

/// Accept the strategies that are computed, and refuse those that could not be.
#[test]
fn strategies_fit_endpoint_and_design() {
    let place = |event: &str, strategy: &str, endpoint: &str, design: Design| {
        let mut s = study(design);
        s.analysis.intercurrent = vec![(event.into(), strategy.into())];
        s.endpoints = vec![EndpointPlan { name: endpoint.into(), primary: true, hypothesis: Hypothesis::Estimate }];
        s.check().err().map(|c| c.place).unwrap_or_default()
    };
    let (paired, parallel) = (Design::Paired, Design::Parallel);
    for strategy in ["composite", "treatment_policy", "while_on_treatment", "hypothetical", "principal_stratum"] {
        assert_eq!(place("declined", strategy, "blood_drawn", paired), "", "{strategy}");
    }
    let refused = "estimand.intercurrent.";
    assert!(place("declined", "treatment_policy", "first_stick_success", paired).starts_with(refused));
    assert!(place("second_attempt", "hypothetical", "first_stick_success", paired).starts_with(refused));
    assert!(place("declined", "composite", "time_stick_s", paired).starts_with(refused));
    assert!(place("declined", "principal_stratum", "blood_drawn", parallel).starts_with(refused));
    assert!(place("rain", "composite", "blood_drawn", paired).starts_with(refused));
    assert!(place("declined", "ignored", "blood_drawn", paired).starts_with(refused));
}

/// Keep what is finished when stopped or torn, and end at the same bits.
#[test]
fn a_stopped_trial_goes_on() {
    let setup = setup(Design::Crossover);
    let folder = tempfile::tempdir().unwrap();
    let whole = digests(&tables(&setup, &[run(&setup, folder.path(), 0, 1)]).unwrap());
    let path = folder.path().join("again");
    // Stopped by the key after two patients.
    let stop = AtomicBool::new(false);
    let told = AtomicU32::new(0);
    let journal = Journal::open(&path, &job(&setup, 0, 1)).unwrap();
    let progress = |finished: u32| {
        told.store(finished, Ordering::Relaxed);
        stop.fetch_or(finished >= 2, Ordering::Relaxed);
    };
    let stopped = run_shard(&setup, journal, &progress, &stop);
    assert!(matches!(stopped, Err(proband_run::RunError::Interrupted { count: 7, .. })), "{stopped:?}");
    assert!(tables(&setup, std::slice::from_ref(&path)).unwrap_err().contains("not finished"));
    // Killed in the middle of a record: every cut leaves the records before it.
    let bytes = std::fs::read(&path).unwrap();
    let held = Journal::read(&path).unwrap().1.len();
    assert!((2..7).contains(&held), "{held}");
    for cut in [1, 40, 90] {
        std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        assert_eq!(Journal::read(&path).unwrap().1.len(), held - 1, "cut {cut}");
    }
    let journal = Journal::open(&path, &job(&setup, 0, 1)).unwrap();
    assert_eq!(journal.count() as usize, held - 1);
    run_shard(&setup, journal, &|_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(digests(&tables(&setup, &[path]).unwrap()), whole);
}

/// Refuse parts that are missing, doubled, of another version or study, changed, or in use; and say which.
#[test]
fn wrong_parts_are_named() {
    let setup = setup(Design::Parallel);
    let folder = tempfile::tempdir().unwrap();
    let parts: Vec<_> = (0..3).map(|shard| run(&setup, folder.path(), shard, 3)).collect();
    assert!(tables(&setup, &parts).is_ok());
    assert!(tables(&setup, &parts[..2]).unwrap_err().contains("missing of 3: 2"));
    let twice = [parts[0].clone(), parts[1].clone(), parts[1].clone()];
    assert!(tables(&setup, &twice).unwrap_err().contains("shard 1 is there twice"));
    let (job_0, results) = Journal::read(&parts[0]).unwrap();
    let other = Job { version: "older".into(), ..job_0.clone() };
    let error = merge(&setup, VERSION, vec![("part-0".into(), other, results.clone())]).unwrap_err().to_string();
    assert!(error.contains("part-0 was made by version older"), "{error}");
    let other = Job { study: "another".into(), ..job_0.clone() };
    assert!(merge(&setup, VERSION, vec![("part-0".into(), other.clone(), results)]).unwrap_err().to_string().contains("another study"));
    assert!(Journal::open(&parts[0], &other).unwrap_err().to_string().contains("belongs to"));
    let open = Journal::open(&parts[2], &job(&setup, 2, 3)).unwrap();
    assert!(Journal::open(&parts[2], &job(&setup, 2, 3)).unwrap_err().to_string().contains("another process"));
    drop(open);
    let mut bytes = std::fs::read(&parts[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&parts[0], bytes).unwrap();
    assert!(Journal::read(&parts[0]).is_err());
}

/// Enrol who satisfies the criteria, in the order of asking; balance parallel arms; refuse what cannot be.
#[test]
fn enrolment_follows_the_criteria() {
    let setup = setup(Design::Parallel);
    let e = &setup.enrolment;
    assert!(e.enrolled.iter().all(|p| p.covariates.age_y >= 20.0 && p.covariates.value("anticoagulated") == Some(0.0)));
    let away: u32 = e.turned_away.iter().map(|(_, count)| count).sum();
    assert_eq!(e.asked, away + e.enrolled.len() as u32);
    let refused = |change: &dyn Fn(&mut Study)| {
        let mut study = study(Design::Paired);
        change(&mut study);
        let contradiction = TrialSetup::new(study, vec![builtin_arm().unwrap(); 2]).err().map(|c| c.place);
        contradiction.unwrap_or_default()
    };
    assert_eq!(refused(&|s| s.analysis.looks = vec![0.7, 0.5, 1.0]), "analysis.looks");
    assert_eq!(refused(&|s| s.endpoints[0].hypothesis = Hypothesis::NonInferiority(-0.1)), "endpoint.0.margin");
    assert_eq!(refused(&|s| s.endpoints.clear()), "endpoint");
    assert_eq!(refused(&|s| s.endpoints[0].name = "joy".into()), "endpoint.0.name");
    assert_eq!(refused(&|s| s.analysis.subgroups[0].covariate = "shoe".into()), "analysis.subgroups.0");
    assert_eq!(
        refused(&|s| s.analysis.subgroups = vec![Subgroup { covariate: "age_y".into(), cuts: vec![104.0] }]),
        "analysis.subgroups.0"
    );
    assert_eq!(refused(&|s| s.recruitment.include.push(Criterion::parse("age_y > 200").unwrap())), "count");
    assert_eq!(refused(&|s| s.recruitment.kind = CohortKind::Altered), "population.kind");
    assert_eq!(refused(&|s| s.recruitment.count = 0), "count");
    assert_eq!(refused(&|s| drop(s.arms.pop())), "arm");
    let third = |s: &mut Study| {
        let arm = s.arms[1].clone();
        s.arms.push(arm);
    };
    assert_eq!(refused(&third), "arm.2.name");
    assert_eq!(refused(&|s| s.analysis.control = 2), "analysis.control");
    assert_eq!(refused(&|s| s.analysis.multiplicity = Multiplicity::Dunnett), "analysis.multiplicity");
    let impossible = |s: &mut Study| {
        s.recruitment.people = People::Sampled { population: Population::adult(), correlation: [0.9, 0.9, -0.9] };
    };
    assert_eq!(refused(&impossible), "population.correlation");
}

/// Look at a robot's draw of a trial again, in a room that a person can enter, and see what the trial saw.
#[test]
fn a_draw_is_looked_at_again() {
    let mut study = study(Design::Crossover);
    study.duration_max_s = 600.0;
    study.recruitment.count = 2;
    study.analysis.subgroups.clear();
    if let ArmPlan::Robot(robot) = &mut study.arms[0] {
        (robot.attempts_max, robot.wall_speed_m_s) = (Some(1), Some(0.004));
    }
    let setup = TrialSetup::new(study, vec![builtin_arm().unwrap(); 2]).unwrap();
    for index in 0..2 {
        let result = setup.patient(index, &AtomicBool::new(false)).unwrap();
        let draw = result.draws.iter().find(|draw| draw.arm == 0).unwrap();
        let mut session = proband_run::session::LiveSession::new(setup.rehearsal(index, 0, draw.period).unwrap()).unwrap();
        while !session.scene().finished() {
            session.advance(10_000, &mut |_, _| {}).unwrap();
        }
        assert_eq!(&session.scene().outcome(), draw.outcome.as_ref().unwrap());
        let hand = result.draws.iter().find(|draw| draw.arm == 1).unwrap();
        assert!(setup.rehearsal(index, 1, hand.period).unwrap_err().to_string().contains("hand"));
    }
    assert!(setup.rehearsal(9, 0, 0).is_err() && setup.rehearsal(0, 0, 7).is_err());
}
