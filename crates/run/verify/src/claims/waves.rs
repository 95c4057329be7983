//! Claims about `proband-signal` and the waveforms of `proband-chart`.

mod made;

use proband_chart::{
    ChartError, MemoryFiles, Trust, WaveOptions, WaveRecord, WfdbFormat, WriteChannel, check_waves, read_waves, read_wfdb_digital,
    write_wfdb,
};
use proband_core::{PA_PER_MMHG, Stream, Warning, Warnings};
use proband_signal::{QualityKind, SignalError, breaths, median, plethysmogram_beats, pulse_beats, quality, r_peaks, score};

use self::made::{Made, RATE_HZ};
use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim { id: "signal-beats", case: include_str!("../../../../../verify/signal-beats/case.toml"), compute: beats },
    Claim { id: "chart-waveforms", case: include_str!("../../../../../verify/chart-waveforms/case.toml"), compute: waveforms },
];

/// Window of a beat [s]: ANSI/AAMI EC57.
const WINDOW_S: f64 = 0.15;

fn beats() -> Result<Vec<Obtained>, String> {
    found().map_err(|error| error.to_string())
}

fn found() -> Result<Vec<Obtained>, SignalError> {
    let mut stream = Stream::new(1, 0, "verify.signal");
    let made = Made::new(600, &mut stream);
    let seconds = |list: &[usize]| list.iter().map(|i| *i as f64 / RATE_HZ).collect::<Vec<f64>>();
    let mut out = Vec::new();
    for decibel in [12.0, 6.0] {
        let peaks = seconds(&r_peaks(&made.ecg(decibel, &mut stream), RATE_HZ)?);
        let s = score(&made.beats_s, &peaks, WINDOW_S);
        out.push(Obtained::new(format!("ECG at {decibel} dB: part of 600 beats found"), s.sensitivity()));
        if decibel > 10.0 {
            out.push(Obtained::new("ECG at 12 dB: part of the detections that are beats", s.predictive_value()));
            let nearest = |beat: &f64| peaks.iter().map(|peak| (peak - beat).abs()).fold(f64::INFINITY, f64::min);
            let errors: Vec<f64> = made.beats_s.iter().map(nearest).filter(|error| *error <= WINDOW_S).collect();
            out.push(Obtained::new("ECG at 12 dB: median error of the place", median(&errors)));
        }
    }
    let (pressure, feet_s) = made.artery(&mut stream);
    let pulses = pulse_beats(&pressure, RATE_HZ)?;
    let s = score(&feet_s, &seconds(&pulses.iter().map(|beat| beat.onset).collect::<Vec<_>>()), WINDOW_S);
    out.push(Obtained::new("pulse: part of 600 beats found", s.sensitivity()));
    let mean = |of: fn(&proband_signal::Beat) -> f64| pulses.iter().map(of).sum::<f64>() / pulses.len() as f64;
    out.push(Obtained::new("pulse: mean error of the systolic pressure", mean(|b| b.systolic) - made::SYSTOLIC_MMHG));
    out.push(Obtained::new("pulse: mean error of the diastolic pressure", mean(|b| b.diastolic) - made::DIASTOLIC_MMHG));
    let volumes = plethysmogram_beats(&made.plethysmogram(&mut stream), RATE_HZ)?;
    // Beats go from foot to foot: one less than feet.
    out.push(Obtained::new(
        "plethysmogram with a dicrotic wave: beats found per beat",
        (volumes.len() + 1) as f64 / made.beats_s.len() as f64,
    ));
    out.push(Obtained::new("breaths found of 150", breaths(&made::breathing(150, &mut stream), made::BREATH_RATE_HZ)?.len() as f64));
    out.extend(windows(&mut stream)?);
    Ok(out)
}

/// Ten minutes in windows of ten seconds, four of them spoiled.
fn windows(stream: &mut Stream) -> Result<[Obtained; 2], SignalError> {
    let mut ecg = Made::new(800, stream).ecg(20.0, stream);
    let length = (10.0 * RATE_HZ) as usize;
    ecg.truncate(60 * length);
    let spoiled = [7, 19, 33, 52];
    let part = |i: usize| spoiled[i] * length..(spoiled[i] + 1) * length;
    ecg[part(0)].fill(0.3);
    let top = ecg.iter().copied().fold(0.0, f64::max);
    ecg[part(1)].chunks_mut(50).for_each(|chunk| chunk.iter_mut().take(30).for_each(|x| *x = top));
    ecg[part(2)].fill(f64::NAN);
    ecg[part(3)].iter_mut().for_each(|x| *x = 0.5 * stream.normal());
    let found = quality(QualityKind::Ecg, &ecg, RATE_HZ, 10.0)?;
    let usable = |bad: bool| found.iter().enumerate().filter(|(i, w)| spoiled.contains(i) == bad && w.usable).count() as f64;
    Ok([
        Obtained::new("spoiled windows called usable, of 4", usable(true)),
        Obtained::new("clean windows called usable, of 56", usable(false)),
    ])
}

fn files(list: &[(&str, &[u8])]) -> MemoryFiles {
    MemoryFiles::new(list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())))
}

fn read(files: &MemoryFiles, options: &WaveOptions) -> (Result<WaveRecord, ChartError>, Vec<Warning>) {
    let warnings = Warnings::new();
    let mut record = read_waves(files, "r", options, &warnings);
    if let Ok(record) = &mut record {
        check_waves(record, "r", &warnings);
    }
    (record, warnings.list())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn waveforms() -> Result<Vec<Obtained>, String> {
    let usual = WaveOptions::usual();
    let bits = files(&[("r.hea", b"r 1 250 2\nr.dat 212 200/mV 12 0 -1 1919 0 I\n"), ("r.dat", &[0xFF, 0x7F, 0x80])]);
    let digital = read_wfdb_digital(&bits, "r", &usual, &Warnings::new()).map_err(text)?;
    let samples = &digital.channels[0].runs[0].samples;
    let scaled = files(&[("r.hea", b"r 1 125 1\nr.dat 16 12.84(-1605)/mmHg 12 0 -943 -943 0 ABP\n"), ("r.dat", &(-943_i16).to_le_bytes())]);
    let value = read(&scaled, &usual).0.map_err(text)?.channels[0].runs[0].values[0];
    let mut out = vec![
        Obtained::new("FF 7F 80 in format 212, first", f64::from(samples[0])),
        Obtained::new("FF 7F 80 in format 212, second", f64::from(samples[1])),
        Obtained::new("(adu - baseline) / gain of -943 at 12.84(-1605)/mmHg", value),
    ];
    let mut stream = Stream::new(2, 0, "verify.waves");
    for (format, code, steps) in [(WfdbFormat::F16, 16, 65_532.0), (WfdbFormat::F212, 212, 4092.0)] {
        let name = format!("record written and read, largest error in format {code}, in half steps");
        out.push(Obtained::new(name, round_trip(format, steps, &mut stream)?));
    }
    let gap = files(&[
        ("r.hea", b"r/3 1 125 3000\na 1000\nb 1000\nc 1000\n"),
        ("a.hea", b"a 1 125 1000\na.dat 16 1/mmHg 12 0 7 7000 0 ABP\n"),
        ("a.dat", &[7, 0].repeat(1000)),
        ("c.hea", b"c 1 125 1000\na.dat 16 1/mmHg 12 0 7 7000 0 ABP\n"),
    ]);
    let channel = &read(&gap, &usual).0.map_err(text)?.channels[0];
    let invented = channel.dense(1000, 2000).iter().filter(|x| !x.is_nan()).count();
    out.push(Obtained::new("samples invented for an absent segment", invented as f64));
    out.extend(labels()?);
    out.push(Obtained::new("damaged records answered, of 400", damaged(&mut stream)?));
    Ok(out)
}

/// Largest error of a value in half steps of the converter.
fn round_trip(format: WfdbFormat, steps: f64, stream: &mut Stream) -> Result<f64, String> {
    let values: Vec<f64> = (0..5000).map(|_| 90.0 + 20.0 * stream.normal()).collect();
    let written = write_wfdb("r", 125.0, &[WriteChannel { name: "ABP", unit: "mmHg", values: &values }], format, &[]).map_err(text)?;
    let record = read(&MemoryFiles::new(written), &WaveOptions::usual()).0.map_err(text)?;
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    let half = 0.5 * (high - low) / steps;
    let back = &record.channels[0].runs[0].values;
    Ok(values.iter().zip(back).map(|(a, b)| (a - b / PA_PER_MMHG).abs() / half).fold(0.0, f64::max))
}

/// A record of an artery and an ECG with given labels.
fn two(artery: (&str, &str, &[f64]), ecg: (&str, &str, &[f64])) -> Result<Vec<(String, Vec<u8>)>, String> {
    let channels = [artery, ecg].map(|(name, unit, values)| WriteChannel { name, unit, values });
    write_wfdb("r", RATE_HZ, &channels, WfdbFormat::F16, &[]).map_err(text)
}

fn labels() -> Result<[Obtained; 2], String> {
    let mut stream = Stream::new(3, 0, "verify.labels");
    let made = Made::new(120, &mut stream);
    let (mmhg, ecg) = (made.artery(&mut stream).0, made.ecg(20.0, &mut stream));
    let scaled = |by: f64, add: f64| mmhg.iter().map(|x| x * by + add).collect::<Vec<f64>>();
    let (kpa, open) = (scaled(PA_PER_MMHG / 1000.0, 0.0), scaled(0.01, -12.0));
    let (mut flat, mut lost) = (mmhg.clone(), mmhg.clone());
    flat[2500..5000].fill(88.0);
    lost[2500..5000].fill(f64::NAN);
    let microvolt: Vec<f64> = ecg.iter().map(|x| x * 1000.0).collect();
    let mut cut = two(("ABP", "mmHg", &mmhg), ("II", "mV", &ecg))?;
    cut[1].1.truncate(10_000);
    let mut changed = two(("ABP", "mmHg", &mmhg), ("II", "mV", &ecg))?;
    changed[1].1[4000] ^= 0x10;
    let faults = [
        (two(("ABP", "mmHg", &kpa), ("II", "mV", &ecg))?, "ABP", "likely kPa"),
        (two(("ABP", "kPa", &mmhg), ("II", "mV", &ecg))?, "ABP", "likely mmHg"),
        (two(("ABP", "mV", &mmhg), ("II", "mV", &ecg))?, "ABP", "a voltage"),
        (two(("col 3", "mV", &mmhg), ("II", "mV", &ecg))?, "col 3", "likely arterial pressure in mmHg"),
        (two(("II", "mV", &mmhg), ("ABP", "mmHg", &ecg))?, "ABP", "swapped with channel II"),
        (two(("ABP", "mmHg", &open), ("II", "mV", &ecg))?, "ABP", "mean -1"),
        (two(("ABP", "mmHg", &mmhg), ("II", "mV", &microvolt))?, "II", "likely uV"),
        (two(("ABP", "mmHg", &flat), ("II", "mV", &ecg))?, "ABP", "1 flat lines, together 10.0 s, the first 10.000 s to 20.000 s"),
        (two(("ABP", "mmHg", &lost), ("II", "mV", &ecg))?, "ABP", "1 gaps, together 10.0 s, the first 10.000 s to 20.000 s"),
        (cut, "ABP", "ends at 10.000 s"),
    ];
    let usual = WaveOptions::usual();
    let named = |(files, channel, what): &(Vec<(String, Vec<u8>)>, &str, &str)| {
        let (_, warnings) = read(&MemoryFiles::new(files.clone()), &usual);
        warnings.iter().any(|w| w.place.starts_with('r') && w.place.contains(*channel) && w.text.contains(*what))
    };
    let noticed = faults.iter().filter(|fault| named(fault)).count();
    let checksum = read(&MemoryFiles::new(changed), &usual).1.iter().any(|w| w.text.contains("checksum"));
    let mut doubted = usize::from(!checksum);
    for files in [two(("ABP", "mmHg", &mmhg), ("II", "mV", &ecg))?, two(("ART", "kPa", &kpa), ("II", "uV", &microvolt))?] {
        let record = read(&MemoryFiles::new(files), &usual).0.map_err(text)?;
        doubted += record.channels.iter().filter(|channel| channel.trust != Trust::Plausible).count();
    }
    Ok([
        Obtained::new("planted faults named with file and channel, of 10", noticed as f64),
        Obtained::new("right labels doubted, of 4", doubted as f64),
    ])
}

/// Records with bytes changed anywhere: those that give a value or an error.
fn damaged(stream: &mut Stream) -> Result<f64, String> {
    let values: Vec<f64> = (0..400).map(|_| stream.normal()).collect();
    let whole =
        write_wfdb("r", 125.0, &[WriteChannel { name: "II", unit: "mV", values: &values }; 2], WfdbFormat::F212, &[]).map_err(text)?;
    let options = WaveOptions { sample_count_max: 100_000, ..WaveOptions::usual() };
    let mut answered = 0;
    for _ in 0..400 {
        let mut files = whole.clone();
        let header = stream.bernoulli(0.8);
        let bytes = &mut files[usize::from(!header)].1;
        for _ in 0..1 + stream.index(4) {
            let at = stream.index(bytes.len() as u32) as usize;
            bytes[at] = if stream.bernoulli(0.7) { b' ' + stream.index(95) as u8 } else { stream.index(256) as u8 };
        }
        let (record, _) = read(&MemoryFiles::new(files), &options);
        let within =
            |record: WaveRecord| record.channels.iter().map(|channel| channel.sample_count()).sum::<u64>() <= options.sample_count_max;
        answered += u32::from(record.map_or_else(|error| !error.to_string().is_empty(), within));
    }
    Ok(f64::from(answered))
}
