//! A whole blood draw, from twin to closed record.

use proband_robot::builtin_arm;
use proband_run::{BenchReport, RehearsalSpec, bench_venipuncture};
use proband_twin::Twin;

use super::{Case, Outcome, Row};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::text_table::{Align, TextTable};

pub(super) const CASE: Case = Case { name: "venipuncture", what: "a whole blood draw, twice", run };

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(Failure::of)?, 0);
    let clock = terminal::clock();
    let report = bench_venipuncture(&spec, &mut || clock()).map_err(Failure::of)?;
    let outcome = if report.first_stick_success { "blood at the first stick" } else { "no blood at the first stick" };
    let row = |what: &str, value, unit, against| Row { what: what.into(), value, unit, against, error: outcome.into() };
    let rows = vec![
        row("patient time over wall time", report.speed_factor(), "times", Some(("the patient's own clock".into(), report.speed_factor()))),
        row("ticks of 1 ms", report.ticks_per_second(), "1/s", None),
    ];
    Ok(Outcome { rows, note: where_the_time_goes(&report) })
}

fn where_the_time_goes(report: &BenchReport) -> String {
    let inside: f64 = report.stages.iter().map(|stage| stage.seconds).sum();
    let mut table =
        TextTable::new(&[("where the time goes", Align::Left), ("[s]", Align::Right), ("[%]", Align::Right), ("[µs/tick]", Align::Right)]);
    for stage in &report.stages {
        let per_tick = 1e6 * stage.seconds / report.tick_count.max(1) as f64;
        table.row([
            stage.stage.name().to_owned(),
            format!("{:.3}", stage.seconds),
            format!("{:.1}", 100.0 * stage.seconds / inside),
            format!("{per_tick:.2}"),
        ]);
    }
    format!(
        "{:.1} s of the patient's time in {:.3} s: set-up {:.3} s, closing the record {:.3} s\n\n{table}",
        report.patient_s, report.wall_s, report.setup_s, report.closing_s
    )
}
