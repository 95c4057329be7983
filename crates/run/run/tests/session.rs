//! A person in command: takes over, hands back, draws blood by hand, rewinds, and replays to the same bits.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_procedure::{Command, Phase};
use proband_robot::builtin_arm;
use proband_run::session::{InCommand, LiveSession, Order, SessionRecord};
use proband_run::{Rehearsal, RehearsalSpec, RunError};
use proband_twin::Twin;

fn spec() -> RehearsalSpec {
    RehearsalSpec::new(Twin::built_in(), builtin_arm().unwrap(), 9)
}

fn live() -> LiveSession {
    LiveSession::new(spec()).unwrap()
}

/// Step until the scene is in this phase.
fn until(session: &mut LiveSession, phase: Phase) {
    while session.scene().phase() != phase {
        assert!(!session.scene().finished(), "over before {phase:?}: {:?}", session.scene().phase());
        session.advance(1, &mut |_, _| {}).unwrap();
    }
}

fn steps(session: &mut LiveSession, ticks: u64) {
    session.advance(ticks, &mut |_, _| {}).unwrap();
}

fn last(session: &LiveSession) -> Command {
    session.view().lock().unwrap().command
}

fn order(session: &mut LiveSession, change: impl FnOnce(&mut Command)) {
    let mut command = last(session);
    change(&mut command);
    session.give(Order::Command(command)).unwrap();
}

/// Whoever commands: the needle's line that the robot chose, driven by hand until blood comes, tube on, off, needle out.
fn draw_by_hand(session: &mut LiveSession) {
    until(session, Phase::Align);
    steps(session, 500);
    order(session, |command| command.driver_velocity_m_s = 0.0);
    steps(session, 4_000);
    order(session, |command| command.driver_velocity_m_s = 0.005);
    for _ in 0..12_000 {
        steps(session, 1);
        let blood = session.view().lock().unwrap().blood_in_hub;
        if blood {
            break;
        }
    }
    order(session, |command| command.driver_velocity_m_s = 0.003);
    steps(session, 300);
    order(session, |command| (command.driver_velocity_m_s, command.tube_connected) = (0.0, true));
    steps(session, 20_000);
    order(session, |command| (command.tube_connected, command.tourniquet_pa) = (false, 0.0));
    steps(session, 2_000);
    order(session, |command| command.driver_velocity_m_s = -0.05);
    steps(session, 3_000);
    order(session, |command| (command.driver_velocity_m_s, command.compress) = (0.0, true));
    steps(session, 5_000);
    session.give(Order::Finish).unwrap();
    steps(session, 1);
}

fn replayed(record: &SessionRecord) -> String {
    let mut again = Rehearsal::replay(&spec(), record).unwrap();
    again.advance(u32::try_from(record.ticks).unwrap());
    again.finish().unwrap().digest.to_string()
}

/// Draw blood by hand from the built-in patient, be scored, and replay to the same bits.
#[test]
fn a_person_draws_blood() {
    let mut session = live();
    draw_by_hand(&mut session);
    let outcome = session.scene().outcome();
    assert!(outcome.success && outcome.first_stick_success, "{outcome:?}");
    assert_eq!(outcome.attempts, 1);
    assert_eq!(session.scene().phase(), Phase::Done);
    assert!(outcome.insertion_m > 5e-3 && outcome.angle_rad > 0.1, "{outcome:?}");
    let record = session.record().unwrap();
    assert_eq!(replayed(&record), record.digest);
}

/// Take over in mid-insertion, hand back: the needle comes out, the robot begins anew as the second attempt and succeeds.
#[test]
fn the_robot_takes_back() {
    let mut session = live();
    until(&mut session, Phase::Insert);
    steps(&mut session, 500);
    order(&mut session, |command| command.driver_velocity_m_s = 0.0);
    steps(&mut session, 1_000);
    assert_eq!(session.view().lock().unwrap().in_command, InCommand::Person);
    session.give(Order::Robot).unwrap();
    steps(&mut session, 1);
    assert_eq!(session.view().lock().unwrap().in_command, InCommand::Retreat);
    until(&mut session, Phase::Compress);
    until(&mut session, Phase::Prepare);
    until(&mut session, Phase::Done);
    let outcome = session.scene().outcome();
    assert!(outcome.success && !outcome.first_stick_success, "{outcome:?}");
    assert_eq!(outcome.attempts, 2);
    let record = session.record().unwrap();
    assert_eq!(replayed(&record), record.digest);
}

/// Rewind into the past and give the same orders again: the same bits. Others: another branch, which replays too.
#[test]
fn rewinding_branches() {
    let mut session = live();
    until(&mut session, Phase::Insert);
    let fork = session.scene().tick_count() + 333;
    steps(&mut session, 333);
    order(&mut session, |command| command.driver_velocity_m_s = 0.004);
    steps(&mut session, 1_500);
    let first = session.record().unwrap();
    session.rewind(fork).unwrap();
    assert_eq!(session.scene().tick_count(), fork);
    order(&mut session, |command| command.driver_velocity_m_s = 0.004);
    steps(&mut session, 1_500);
    assert_eq!(session.record().unwrap(), first);
    session.rewind(fork).unwrap();
    order(&mut session, |command| command.driver_velocity_m_s = -0.02);
    steps(&mut session, 1_500);
    let second = session.record().unwrap();
    assert_ne!(second.digest, first.digest);
    assert_eq!((replayed(&first), replayed(&second)), (first.digest, second.digest));
}

/// Refuse what cannot be meant, and a record of another patient or out of order.
#[test]
fn wrong_orders_are_refused() {
    let mut session = live();
    steps(&mut session, 10);
    let bad = Command { driver_velocity_m_s: f64::NAN, ..Command::idle() };
    assert!(matches!(session.give(Order::Command(bad)), Err(RunError::Session { .. })));
    assert!(session.rewind(11).is_err());
    session.give(Order::Robot).unwrap();
    steps(&mut session, 10);
    assert_eq!(session.view().lock().unwrap().refused, 1);
    let record = session.record().unwrap();
    let other = SessionRecord { seed: 10, ..record.clone() };
    assert!(Rehearsal::replay(&spec(), &other).is_err());
    let mut swapped = record.clone();
    swapped.orders.push(proband_run::session::TimedOrder { tick: 3, order: Order::Finish });
    assert!(swapped.check().is_err());
    let bytes = toml::to_string(&record).unwrap();
    assert_eq!(toml::from_str::<SessionRecord>(&bytes).unwrap(), record);
}
