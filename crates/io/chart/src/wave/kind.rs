//! What a channel measures, as far as its name says so.

use proband_core::Dimension;

/// Kinds of channels that Proband tells apart.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaveKind {
    /// Electrocardiogram.
    Ecg,
    /// Arterial pressure.
    ArterialPressure,
    /// Pressure in the pulmonary artery.
    PulmonaryPressure,
    /// Central venous pressure.
    VenousPressure,
    /// Pressure in the skull.
    IntracranialPressure,
    /// Photoplethysmogram.
    Plethysmogram,
    /// Movement, impedance or flow of breathing.
    Respiration,
    /// Carbon dioxide in the breath.
    Capnogram,
    /// Pressure in the airway.
    AirwayPressure,
    /// Heart or pulse rate.
    HeartRate,
    /// Breaths per time, as a number of the monitor.
    BreathingRate,
    /// Oxygen saturation.
    Saturation,
    /// Temperature.
    Temperature,
    /// Pressure as a number of the monitor: systolic, diastolic or mean.
    PressureNumber,
    /// Electroencephalogram.
    Eeg,
    /// Anything else that has a name.
    Other,
    /// The name says nothing.
    Unknown,
}

/// Begins of names in lower case, without blanks and punctuation; the first that fits counts.
/// Prior: unverified, names of bedside monitors and of PhysioNet records.
const PREFIXES: &[(&str, WaveKind)] = &[
    ("ecg", WaveKind::Ecg),
    ("ekg", WaveKind::Ecg),
    ("mlii", WaveKind::Ecg),
    ("mli", WaveKind::Ecg),
    ("mcl", WaveKind::Ecg),
    ("fecg", WaveKind::Ecg),
    ("abpsys", WaveKind::PressureNumber),
    ("abpdia", WaveKind::PressureNumber),
    ("abpmean", WaveKind::PressureNumber),
    ("artsys", WaveKind::PressureNumber),
    ("artdia", WaveKind::PressureNumber),
    ("artmean", WaveKind::PressureNumber),
    ("nbp", WaveKind::PressureNumber),
    ("nibp", WaveKind::PressureNumber),
    ("abp", WaveKind::ArterialPressure),
    ("art", WaveKind::ArterialPressure),
    ("ibp", WaveKind::ArterialPressure),
    ("bloodpressure", WaveKind::ArterialPressure),
    ("pap", WaveKind::PulmonaryPressure),
    ("cvp", WaveKind::VenousPressure),
    ("icp", WaveKind::IntracranialPressure),
    ("pleth", WaveKind::Plethysmogram),
    ("ppg", WaveKind::Plethysmogram),
    ("resprate", WaveKind::BreathingRate),
    ("resp", WaveKind::Respiration),
    ("impedance", WaveKind::Respiration),
    ("thorax", WaveKind::Respiration),
    ("thor", WaveKind::Respiration),
    ("abdo", WaveKind::Respiration),
    ("flow", WaveKind::Respiration),
    ("co2", WaveKind::Capnogram),
    ("etco2", WaveKind::Capnogram),
    ("paw", WaveKind::AirwayPressure),
    ("airwaypressure", WaveKind::AirwayPressure),
    ("spo2", WaveKind::Saturation),
    ("sao2", WaveKind::Saturation),
    ("pulse", WaveKind::HeartRate),
    ("heartrate", WaveKind::HeartRate),
    ("rr", WaveKind::BreathingRate),
    ("temp", WaveKind::Temperature),
    ("eeg", WaveKind::Eeg),
];

/// Whole names of leads and numbers.
const NAMES: &[(&str, WaveKind)] = &[
    ("i", WaveKind::Ecg),
    ("ii", WaveKind::Ecg),
    ("iii", WaveKind::Ecg),
    ("avr", WaveKind::Ecg),
    ("avl", WaveKind::Ecg),
    ("avf", WaveKind::Ecg),
    ("v", WaveKind::Ecg),
    ("v1", WaveKind::Ecg),
    ("v2", WaveKind::Ecg),
    ("v3", WaveKind::Ecg),
    ("v4", WaveKind::Ecg),
    ("v5", WaveKind::Ecg),
    ("v6", WaveKind::Ecg),
    ("vx", WaveKind::Ecg),
    ("vy", WaveKind::Ecg),
    ("vz", WaveKind::Ecg),
    ("hr", WaveKind::HeartRate),
    ("p1", WaveKind::ArterialPressure),
];

impl WaveKind {
    /// What a name says.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let folded: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if let Some((_, kind)) = NAMES.iter().find(|(whole, _)| *whole == folded) {
            return *kind;
        }
        if let Some((_, kind)) = PREFIXES.iter().find(|(start, _)| folded.starts_with(start)) {
            return *kind;
        }
        let counted = |word: &str| folded.strip_prefix(word).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
        let says_nothing = ["", "col", "ch", "channel", "sig", "signal", "column", "value", "record"].iter().any(|word| counted(word));
        if says_nothing { Self::Unknown } else { Self::Other }
    }

    /// Whether the channel shows single beats as a pressure or volume pulse.
    #[must_use]
    pub fn is_pulse(self) -> bool {
        matches!(self, Self::ArterialPressure | Self::Plethysmogram | Self::PulmonaryPressure)
    }

    /// Whether the channel holds numbers of a monitor, not a wave.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::HeartRate | Self::BreathingRate | Self::Saturation | Self::Temperature | Self::PressureNumber)
    }

    /// Dimension that such a channel must have, where it is one.
    #[must_use]
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Ecg | Self::Eeg => Some(Dimension::VOLTAGE),
            Self::ArterialPressure
            | Self::PulmonaryPressure
            | Self::VenousPressure
            | Self::IntracranialPressure
            | Self::AirwayPressure
            | Self::PressureNumber => Some(Dimension::PRESSURE),
            Self::HeartRate | Self::BreathingRate => Some(Dimension::FREQUENCY),
            Self::Temperature => Some(Dimension::TEMPERATURE),
            Self::Saturation => Some(Dimension::NONE),
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ecg => "ECG",
            Self::ArterialPressure => "arterial pressure",
            Self::PulmonaryPressure => "pulmonary artery pressure",
            Self::VenousPressure => "central venous pressure",
            Self::IntracranialPressure => "intracranial pressure",
            Self::Plethysmogram => "plethysmogram",
            Self::Respiration => "respiration",
            Self::Capnogram => "carbon dioxide",
            Self::AirwayPressure => "airway pressure",
            Self::HeartRate => "heart rate",
            Self::BreathingRate => "breathing rate",
            Self::Saturation => "oxygen saturation",
            Self::Temperature => "temperature",
            Self::PressureNumber => "pressure (number)",
            Self::Eeg => "EEG",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}
