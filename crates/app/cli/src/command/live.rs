//! `proband live`: a twin beside a monitor, played from a record.

use std::path::{Path, PathBuf};

use proband_chart::{Trust, WaveChannel, WaveKind, WaveRecord};
use proband_core::{Column, Digest, Dimension, PA_PER_MMHG, Stream, Table, Warnings};
use proband_physiology::whole::Physique;
use proband_record::{RunFolder, RunManifest};
use proband_signal::{QualityKind, pulse_summary, quality};
use proband_twin::{Alarm, LIVE_NAMES, LiveFilter, LiveFrame, LiveModel, LiveStep, Twin, Watch, WholeBelief};

use super::twin_update::plain;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::wave_file::{ReadArguments, open};
use crate::{running_drugs, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband live --wfdb icu.hea                               at the speed of the clock
  proband live --wfdb icu.hea --speed 10 -o out/live        ten times as fast, the record into a folder
  proband live --twin p.twin --wfdb icu.hea --speed max --plain
  proband live --twin p.twin --wfdb icu.edf --filter unscented --speed max

Reads WFDB, EDF, BDF and tables. Ctrl-C ends it (exit code 130) and keeps what was
recorded; what was learnt goes into the twin's history.";

/// A frame is made so often [s], from so much of the signal before it [s].
const FRAME_S: f64 = 5.0;
const LOOK_S: f64 = 15.0;
/// A frame that is this far behind its time is not shown, so that showing never holds up following [s].
const LATE_S: f64 = 0.5;

/// Arguments of `proband live`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Record that plays the monitor
    #[arg(long, value_name = "FILE")]
    wfdb: PathBuf,
    /// Twin folder; none: the reference man
    #[arg(long, value_name = "P.twin")]
    twin: Option<PathBuf>,
    /// Times as fast as the clock, or max
    #[arg(long, value_name = "N", default_value = "1")]
    speed: String,
    /// How the twin learns
    #[arg(long, value_parser = ["ensemble", "unscented", "particles"], default_value = "ensemble")]
    filter: String,
    /// What runs into the patient, as "noradrenaline 0.1 ug/kg/min for 2 h"; may be repeated
    #[arg(long, value_name = "DOSE")]
    drug: Vec<String>,
    /// Output folder; none: nothing is recorded
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Print a line per frame instead of redrawing
    #[arg(long)]
    plain: bool,
    /// Begin of the part that is played [s]
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    begin: f64,
    /// End of the part that is played [s]
    #[arg(long, value_name = "SECONDS")]
    end: Option<f64>,
    /// Samples per second of a table without a column of times [Hz]
    #[arg(long, value_name = "HZ")]
    rate: Option<f64>,
    /// Unit that stands for the file's, as ABP=kPa; may be repeated
    #[arg(long, value_name = "CHANNEL=UNIT")]
    unit: Vec<String>,
    /// Start of the random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Follow.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let speed = speed(&arguments.speed)?;
    let warnings = Warnings::new();
    let options = ReadArguments::of(arguments.begin, arguments.end, arguments.rate, arguments.unit.clone());
    let record = open(&arguments.wfdb, &options, &warnings)?;
    crate::volume_file::say_warnings(&warnings);
    let mut twin = arguments.twin.as_deref().map(twin_folder::read).transpose()?;
    let (physique, belief) =
        twin.as_ref().map_or_else(|| (Physique::reference_man(), WholeBelief::prior()), |t| (t.person.physique(), t.whole_belief()));
    let doses = arguments.drug.iter().map(|text| running_drugs::parse(text, physique.mass_kg)).collect::<Result<Vec<_>, _>>()?;
    let mut monitor = Monitor::new(&record).map_err(|what| Failure::at(&arguments.wfdb, what))?;
    let _writing = interrupt.writing();
    let folder = arguments.out.as_ref().map(|out| RunFolder::create(out, arguments.overwrite)).transpose().map_err(Failure::of)?;
    let probe = running_drugs::probe(twin.as_ref(), &doses)?;
    let model = LiveModel::new(&probe, &belief, &mut Stream::new(arguments.seed, 0, "live.model")).map_err(Failure::of)?;
    let filter = match arguments.filter.as_str() {
        "particles" => LiveFilter::Particles,
        "unscented" => LiveFilter::Unscented,
        _ => LiveFilter::Ensemble,
    };
    let mut watch = Watch::new(model, filter, Stream::new(arguments.seed, 1, "live.watch")).map_err(Failure::of)?;
    let mut played = Played::default();
    let interrupted = play(arguments, speed, &mut monitor, &mut watch, &mut played, interrupt)?;
    let digest = Digest::of_bytes(played.text().as_bytes()).to_string();
    if let Some(folder) = folder {
        for table in [played.steps_table()?, played.alarms_table()?] {
            folder.write_table(&table).map_err(Failure::of)?;
        }
        let who = twin.as_ref().map_or("the reference man", |t| t.person.pseudonym.as_str());
        folder.write_manifest(&manifest(arguments, who, &digest)).map_err(Failure::of)?;
        let out = folder.finish().map_err(Failure::of)?;
        terminal::print(&format!("{}", out.display()))?;
    }
    if let (Some(twin), Some(path)) = (&mut twin, &arguments.twin) {
        learnt(twin, path, &watch, &played, &digest)?;
    }
    summary(&played, interrupted)?;
    // Nothing is lost, yet whoever started it must see that it did not come to its end.
    if interrupted { Err(Failure::Stopped) } else { Ok(()) }
}

fn speed(text: &str) -> Result<Option<f64>, Failure> {
    if text == "max" {
        return Ok(None);
    }
    let wrong = || Failure::Usage(format!("--speed {text}: a number from 0.1 to 10000, or max"));
    let value: f64 = text.parse().map_err(|_| wrong())?;
    if (0.1..=10_000.0).contains(&value) { Ok(Some(value)) } else { Err(wrong()) }
}

/// The channels that are followed.
struct Monitor<'r> {
    artery: Option<&'r WaveChannel>,
    others: Vec<&'r WaveChannel>,
    from_s: f64,
    to_s: f64,
    bad: Vec<(String, &'static str)>,
    alarms: Vec<Alarm>,
}

fn kind(channel: &WaveChannel) -> QualityKind {
    match channel.kind {
        WaveKind::Ecg => QualityKind::Ecg,
        WaveKind::ArterialPressure => QualityKind::ArterialPressure,
        _ => QualityKind::Pulse,
    }
}

impl<'r> Monitor<'r> {
    fn new(record: &'r WaveRecord) -> Result<Self, String> {
        let mut monitor = Self {
            artery: None,
            others: Vec::new(),
            from_s: record.read.from_s,
            to_s: record.read.to_s,
            bad: Vec::new(),
            alarms: Vec::new(),
        };
        for channel in &record.channels {
            let artery = channel.kind == WaveKind::ArterialPressure;
            if !artery && !matches!(channel.kind, WaveKind::Ecg | WaveKind::Plethysmogram) {
                continue;
            }
            let is_pressure = channel.unit.as_ref().is_some_and(|u| u.dimension() == Dimension::PRESSURE);
            let doubt = match &channel.trust {
                Trust::Doubtful { why, .. } => Some(why.clone()),
                _ if artery && !is_pressure => Some("its unit is no pressure".to_owned()),
                _ => None,
            };
            if let Some(why) = doubt {
                monitor.alarms.push(Alarm { time_s: monitor.from_s, channel: channel.name.clone(), what: format!("{why}: not followed") });
            } else if artery && monitor.artery.is_none() {
                monitor.artery = Some(channel);
            } else if !artery {
                monitor.others.push(channel);
            }
        }
        if monitor.artery.is_none() && monitor.others.is_empty() {
            let why: Vec<String> = monitor.alarms.iter().map(|a| format!("{}: {}", a.channel, a.what)).collect();
            return Err(format!("no arterial pressure, ECG or plethysmogram that could be followed: {}", why.join("; ")));
        }
        if monitor.artery.is_none() {
            let what = "there is none: what is shown of pressures is only what is believed of such a person".to_owned();
            monitor.alarms.push(Alarm { time_s: monitor.from_s, channel: "arterial pressure".into(), what });
        }
        Ok(monitor)
    }

    /// What the monitor says at a time; new troubles of channels become alarms.
    fn frame(&mut self, time_s: f64) -> Result<LiveFrame, Failure> {
        let mut values = [None; 4];
        let mut rates: Vec<(String, f64)> = Vec::new();
        for channel in self.artery.into_iter().chain(self.others.clone()) {
            let at = |t: f64| (t.max(self.from_s) * channel.rate_hz) as u64;
            let samples = channel.dense(at(time_s - LOOK_S), at(time_s));
            let kind = kind(channel);
            let window = quality(kind, &samples, channel.rate_hz, LOOK_S).map_err(Failure::of)?;
            let reason = window.first().map_or("no signal", |w| if w.usable { "" } else { w.reason });
            self.trouble(time_s, &channel.name, reason);
            if !reason.is_empty() {
                continue;
            }
            let Some(s) = pulse_summary(kind, &samples, channel.rate_hz).map_err(Failure::of)? else { continue };
            rates.push((channel.name.clone(), 60.0 * s.rate_hz));
            if kind == QualityKind::ArterialPressure {
                let mmhg = |pa: f64| Some(pa / PA_PER_MMHG);
                (values[1], values[2], values[3]) = (mmhg(s.systolic), mmhg(s.diastolic), mmhg(s.mean));
            }
        }
        if let Some((name, rate)) = rates.first() {
            let far = rates.iter().find(|(_, r)| (r / rate - 1.0).abs() > 0.15);
            let (what, other) = far.map_or(("", ""), |(other, _)| ("beats at another rate", other.as_str()));
            let pair = if other.is_empty() { format!("{name} and the others") } else { format!("{other} against {name}") };
            self.trouble_of(time_s, "rates", &pair, what);
            values[0] = (20.0..=250.0).contains(rate).then_some(*rate);
        }
        Ok(LiveFrame { time_s, values })
    }

    fn trouble(&mut self, time_s: f64, channel: &str, reason: &'static str) {
        self.trouble_of(time_s, channel, channel, reason);
    }

    fn trouble_of(&mut self, time_s: f64, key: &str, shown: &str, reason: &'static str) {
        let at = self.bad.iter().position(|(c, _)| c == key);
        let before = at.map_or("", |i| self.bad[i].1);
        if before == reason {
            return;
        }
        let what = if reason.is_empty() { "can be used again".to_owned() } else { reason.to_owned() };
        self.alarms.push(Alarm { time_s, channel: shown.to_owned(), what });
        match at {
            Some(i) => self.bad[i].1 = reason,
            None => self.bad.push((key.to_owned(), reason)),
        }
    }
}

/// Everything that was seen.
#[derive(Default)]
struct Played {
    frames: Vec<LiveFrame>,
    steps: Vec<LiveStep>,
    alarms: Vec<Alarm>,
    /// Longest time that a frame took [s], and all of them together.
    slowest_s: f64,
    busy_s: f64,
}

/// Returns whether the interrupt key ended it.
fn play(
    arguments: &Arguments,
    speed: Option<f64>,
    monitor: &mut Monitor<'_>,
    watch: &mut Watch,
    played: &mut Played,
    interrupt: &Interrupt,
) -> Result<bool, Failure> {
    let clock = terminal::clock();
    let redraw = !arguments.plain && terminal::stdout_is_terminal();
    let (from_s, to_s) = (monitor.from_s, monitor.to_s);
    let mut time_s = from_s + FRAME_S;
    let mut lines = 0;
    while time_s <= to_s + 1e-9 {
        // Short sleeps, so that the key is heard.
        while let Some(speed) = speed {
            let left = (time_s - from_s) / speed - clock();
            if left <= 0.0 {
                break;
            }
            if interrupt.check().is_err() {
                return Ok(true);
            }
            std::thread::sleep(std::time::Duration::from_secs_f64(left.min(0.1)));
        }
        if interrupt.check().is_err() {
            return Ok(true);
        }
        let begun = clock();
        let frame = monitor.frame(time_s)?;
        let step = watch.step(&frame, &mut monitor.alarms).map_err(Failure::of)?;
        let new = std::mem::take(&mut monitor.alarms);
        let took = clock() - begun;
        played.busy_s += took;
        played.slowest_s = played.slowest_s.max(took);
        let late = speed.is_some_and(|speed| clock() - (time_s - from_s) / speed > LATE_S);
        if redraw && !late {
            lines = draw(&frame, &step, &played.alarms, &new, lines)?;
        } else if !redraw {
            terminal::print(&line(&frame, &step, &new))?;
        }
        played.alarms.extend(new);
        played.frames.push(frame);
        played.steps.push(step);
        time_s += FRAME_S;
    }
    Ok(false)
}

fn value(x: Option<f64>) -> String {
    x.map_or_else(|| "  –".into(), |x| format!("{x:3.0}"))
}

fn line(frame: &LiveFrame, step: &LiveStep, alarms: &[Alarm]) -> String {
    let [rate, high, low, mean] = frame.values.map(value);
    let [r, h, l, m] = step.shown;
    let [a, b, c] = step.forecast_mmhg;
    let mut text = format!(
        "{:7.0} s  HR {rate} ({r:.0})  ABP {high}/{low} {mean} ({h:.0}/{l:.0} {m:.0})  MAP in 5 min {b:.0} [{a:.0}, {c:.0}]",
        frame.time_s
    );
    for alarm in alarms {
        text.push_str(&format!("\n{:7.0} s  ALARM {}: {}", alarm.time_s, alarm.channel, alarm.what));
    }
    text
}

fn draw(frame: &LiveFrame, step: &LiveStep, old: &[Alarm], new: &[Alarm], lines: usize) -> Result<usize, Failure> {
    let mut rows = vec![format!("{:.0} s of the record", frame.time_s), String::new()];
    rows.push("                       monitor    twin            off by".into());
    for (i, name) in LIVE_NAMES.iter().enumerate() {
        let off = if step.residual[i].is_finite() { format!("{:+.1} sd", step.residual[i]) } else { "–".into() };
        rows.push(format!("{name:22} {:>7}    {:5.1} ± {:4.1}    {off}", value(frame.values[i]), step.shown[i], step.sd[i]));
    }
    let [a, b, c] = step.forecast_mmhg;
    rows.push(format!("\nmean pressure in 5 minutes: {b:.0} mmHg, 80 %: {a:.0} to {c:.0}"));
    let [rate, resistance, compliance, heart] = step.factors;
    rows.push(format!("factors: rate {rate:.2}, resistance {resistance:.2}, compliance {compliance:.2}, contractility {heart:.2}\n"));
    let last: Vec<&Alarm> = old.iter().chain(new).rev().take(6).collect();
    for alarm in last.iter().rev() {
        rows.push(format!("{:7.0} s  {}: {}", alarm.time_s, alarm.channel, alarm.what));
    }
    let text = rows.join("\n");
    let clear = if lines > 0 { format!("\x1b[{lines}A\x1b[J") } else { String::new() };
    terminal::print(&format!("{clear}{text}"))?;
    Ok(text.lines().count())
}

impl Played {
    fn text(&self) -> String {
        self.steps.iter().map(|s| format!("{s:?}\n")).collect()
    }

    fn steps_table(&self) -> Result<Table, Failure> {
        let mut table = Table::new("live");
        let mut push = |name: &str, unit: &str, source: &str, values: Vec<f64>| {
            table.push(name, unit, "", source, Column::F64(values)).map_err(Failure::of)
        };
        push("time_s", "s", "record", self.steps.iter().map(|s| s.time_s).collect())?;
        let units = ["1/min", "mmHg", "mmHg", "mmHg"];
        for (i, (name, unit)) in LIVE_NAMES.iter().zip(units).enumerate() {
            push(&format!("monitor_{name}"), unit, "record", self.frames.iter().map(|f| f.values[i].unwrap_or(f64::NAN)).collect())?;
            push(&format!("twin_{name}"), unit, "twin.live", self.steps.iter().map(|s| s.shown[i]).collect())?;
            push(&format!("sd_{name}"), unit, "twin.live", self.steps.iter().map(|s| s.sd[i]).collect())?;
            push(&format!("residual_{name}"), "1", "twin.live", self.steps.iter().map(|s| s.residual[i]).collect())?;
        }
        for (i, name) in ["forecast_low_10_mmhg", "forecast_median_mmhg", "forecast_high_90_mmhg"].iter().enumerate() {
            push(name, "mmHg", "twin.live", self.steps.iter().map(|s| s.forecast_mmhg[i]).collect())?;
        }
        for (i, name) in ["factor_rate", "factor_resistance", "factor_compliance", "factor_contractility"].iter().enumerate() {
            push(name, "1", "twin.live", self.steps.iter().map(|s| s.factors[i]).collect())?;
        }
        Ok(table)
    }

    fn alarms_table(&self) -> Result<Table, Failure> {
        let mut table = Table::new("alarms");
        let texts = |get: &dyn Fn(&Alarm) -> String| Column::Text(self.alarms.iter().map(get).collect());
        let times = Column::F64(self.alarms.iter().map(|a| a.time_s).collect());
        table.push("time_s", "s", "", "twin.live", times).map_err(Failure::of)?;
        table.push("channel", "", "", "twin.live", texts(&|a| a.channel.clone())).map_err(Failure::of)?;
        table.push("what", "", "", "twin.live", texts(&|a| a.what.clone())).map_err(Failure::of)?;
        Ok(table)
    }

    /// How often the mean pressure lay within the band that was forecast five minutes before, and of how many.
    fn forecast_held(&self) -> (usize, usize) {
        let ahead = (proband_twin::FORECAST_S / FRAME_S) as usize;
        let pairs = self.steps.iter().zip(self.frames.iter().skip(ahead)).filter_map(|(s, f)| f.values[3].map(|v| (s, v)));
        let held: Vec<bool> = pairs.map(|(s, v)| v >= s.forecast_mmhg[0] && v <= s.forecast_mmhg[2]).collect();
        (held.iter().filter(|h| **h).count(), held.len())
    }
}

fn learnt(twin: &mut Twin, path: &Path, watch: &Watch, played: &Played, digest: &str) -> Result<(), Failure> {
    if !played.frames.iter().any(|f| f.values.iter().any(Option::is_some)) {
        return Ok(());
    }
    twin.physiology = Some(watch.belief());
    let factors: Vec<String> =
        watch.factors().iter().map(|(name, i)| format!("{name} {:.3} [{:.3}, {:.3}]", i.median, i.low_90, i.high_90)).collect();
    let (held, asked) = played.forecast_held();
    let text = format!(
        "{} frames of {FRAME_S} s, {} alarms, forecasts held {held} of {asked}, run {digest}; factors (90 %): {}",
        played.frames.len(),
        played.alarms.len(),
        factors.join(", ")
    );
    twin.note("followed", &plain(&text)).map_err(Failure::of)?;
    for alarm in played.alarms.iter().take(50) {
        twin.note("alarm", &plain(&format!("{:.0} s, {}: {}", alarm.time_s, alarm.channel, alarm.what))).map_err(Failure::of)?;
    }
    twin.update(path).map_err(|error| Failure::at(path, error))
}

fn manifest(arguments: &Arguments, twin: &str, digest: &str) -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: crate::terminal::typed(),
        procedure: "live".into(),
        scenario: arguments.wfdb.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        seed: arguments.seed,
        patient: 0,
        twin: twin.to_owned(),
        digest: digest.to_owned(),
        not_a_device: true,
    }
}

fn summary(played: &Played, interrupted: bool) -> Result<(), Failure> {
    let (held, asked) = played.forecast_held();
    let seconds = played.frames.len() as f64 * FRAME_S;
    let forecast = if asked > 0 { format!("; forecasts of the mean pressure held {held} of {asked}") } else { String::new() };
    terminal::print(&format!(
        "{}{} frames, {} alarms{forecast}; a frame took {:.1} ms at most, {:.0} × real time",
        if interrupted { "stopped by the interrupt key: " } else { "" },
        played.frames.len(),
        played.alarms.len(),
        1e3 * played.slowest_s,
        seconds / played.busy_s.max(1e-9)
    ))
}
