//! Veins by a small network trained on pictures of drawn patients (`proband train nir-detector`).
//!
//! It sees the same prepared skin as the filter detector (shading divided out, hairs closed) at a pixel of 1 mm and says for
//! each place how probable it is that a vein with its top less than 6 mm deep lies under it.

use std::sync::OnceLock;

use proband_core::ops;
use proband_net::{Maps, NetError, Network, NetworkFile, Scratch};
use proband_sensor::NirFrame;
use proband_volume::{Plane, gaussian};

use super::calibration::Calibration;
use super::nir::NirDetection;
use super::nir_detect::{place, skin_region};
use super::nir_lines::{Lines, lines_of_probability};
use super::nir_photograph::{PhotographScan, scan_of_lines};
use super::nir_prepare::{Working, prepare};

/// Pixel that the network works at [m].
pub const NETWORK_PIXEL_M: f64 = 1e-3;
/// Depth of a vein's top to which the network was taught to see [m]; deeper veins counted neither way.
pub const NETWORK_DEPTH_MAX_M: f64 = 6e-3;
/// Input channels: brightness against the skin around, and where skin is believed.
pub const NETWORK_INPUTS: u32 = 2;
/// Factor on the relative brightness, so that a vein's darkening is a number near 1.
const BRIGHTNESS: f32 = 8.0;
/// Probabilities from which on a place belongs to a line, and that a line must reach somewhere. Prior: unverified.
const LOW: f32 = 0.20;
const HIGH: f32 = 0.35;

/// A picture as the network sees it.
#[derive(Clone, Debug)]
pub struct NetworkInput {
    /// Input of the network, sides divisible by four.
    pub maps: Maps,
    /// Where lines are believed, row by row, the size of `maps`.
    pub inside: Vec<bool>,
    /// Column and row [px of the picture] of the middle of the first place.
    pub first_px: [f64; 2],
    /// Pixels of the picture per place.
    pub step_px: f64,
    working: Working,
}

impl NetworkInput {
    /// Make a picture ready. `region`: where skin is; none for the whole picture. `None` for a pixel size outside 1 µm to
    /// 10 mm or a picture without skin.
    #[must_use]
    pub fn of_picture(picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_m: f64) -> Option<Self> {
        if !(pixel_m.is_finite() && pixel_m > 1e-6 && pixel_m < 0.01) {
            return None;
        }
        let working = prepare(picture, region, pixel_m)?;
        let ratio = NETWORK_PIXEL_M / working.pixel_m;
        let smooth = if ratio > 1.2 { gaussian(&working.relative, (0.4 * ratio) as f32).ok()? } else { working.relative.clone() };
        let at = |i: u32| (f64::from(i) + 0.5) * ratio - 0.5;
        let count = |side: u32| (f64::from(side) / ratio) as u32;
        let whole = (count(working.relative.width()), count(working.relative.height()));
        let inside_at = |x: u32, y: u32| working.inside.at(at(x).round() as i64, at(y).round() as i64) == Some(&true);
        let (mut low, mut high) = ([u32::MAX; 2], [0_u32; 2]);
        for (x, y) in (0..whole.1).flat_map(|y| (0..whole.0).map(move |x| (x, y))).filter(|(x, y)| inside_at(*x, *y)) {
            low = [low[0].min(x), low[1].min(y)];
            high = [high[0].max(x), high[1].max(y)];
        }
        if low[0] > high[0] {
            return None;
        }
        let first = low.map(|l| l.saturating_sub(MARGIN));
        let side = |axis: usize| ((high[axis] + 1 + MARGIN - first[axis]).div_ceil(4) * 4) as usize;
        let (width, height) = (side(0), side(1));
        let mut maps = Maps::new(NETWORK_INPUTS as usize, height, width).ok()?;
        let mut inside = vec![false; width * height];
        for y in 0..height {
            let row = first[1] + y as u32;
            for x in 0..width {
                let column = first[0] + x as u32;
                let believed = column < whole.0 && row < whole.1 && inside_at(column, row);
                inside[y * width + x] = believed;
                if believed {
                    let value = smooth.sample_bilinear(at(column) as f32, at(row) as f32);
                    maps.row_mut(0, y)[x] = (BRIGHTNESS * (value - 1.0)).clamp(-4.0, 4.0);
                    maps.row_mut(1, y)[x] = 1.0;
                }
            }
        }
        let factor = f64::from(working.factor);
        let to_picture = |w: f64| w * factor + 0.5 * (factor - 1.0);
        let first_px = first.map(|f| to_picture(at(f)));
        Some(Self { maps, inside, first_px, step_px: ratio * factor, working })
    }

    /// Make a frame ready.
    #[must_use]
    pub fn of_frame(frame: &NirFrame) -> Option<Self> {
        Self::of_picture(&frame.counts, Some(&skin_region(frame)), frame.pixel_on_skin_m())
    }

    /// Probabilities brought to the working pixels; 0 outside.
    fn on_working(&self, probability: &Plane<f32>) -> Plane<f32> {
        let factor = f64::from(self.working.factor);
        let mut out = Plane::like(&self.working.relative, 0.0_f32);
        for y in 0..out.height() {
            for x in 0..out.width() {
                if self.working.inside.get(x, y) == Some(&true) {
                    let at = |w: u32, axis: usize| (f64::from(w) * factor + 0.5 * (factor - 1.0) - self.first_px[axis]) / self.step_px;
                    out.set(x, y, probability.sample_bilinear(at(x, 0) as f32, at(y, 1) as f32));
                }
            }
        }
        out
    }
}

/// Places kept around the region.
const MARGIN: u32 = 2;

/// The trained network with what makes its answers probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct NirNetwork {
    file: NetworkFile,
    /// Logits are divided by it [1].
    temperature: f64,
    /// From the mean probability along a line to the frequency with which such lines are veins.
    lines: Calibration,
}

impl NirNetwork {
    /// From a file of weights with the notes `temperature` and `lines`.
    ///
    /// # Errors
    /// [`NetError`] for another size of network or missing or senseless notes.
    pub fn new(file: NetworkFile) -> Result<Self, NetError> {
        let bad = |what: &str| NetError::BadFile { what: what.into() };
        if file.network.spec().inputs != NETWORK_INPUTS {
            return Err(bad("two input channels are needed"));
        }
        let temperature = file.note("temperature").and_then(|t| t.parse().ok()).filter(|t: &f64| t.is_finite() && *t > 0.01 && *t < 100.0);
        let temperature = temperature.ok_or_else(|| bad("note temperature is missing or no number from 0.01 to 100"))?;
        let lines = file.note("lines").and_then(|text| Calibration::parse(text).ok()).ok_or_else(|| bad("note lines is no calibration"))?;
        Ok(Self { file, temperature, lines })
    }

    /// The network in the program.
    ///
    /// # Errors
    /// [`NetError`] when the committed file is damaged.
    pub fn builtin() -> Result<&'static Self, NetError> {
        static BUILTIN: OnceLock<Result<NirNetwork, NetError>> = OnceLock::new();
        let read = || NetworkFile::from_bytes(include_bytes!("nir_network.bin")).and_then(NirNetwork::new);
        BUILTIN.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// Probability from which on a place counts as vein, set on the validation patients [1].
    ///
    /// # Errors
    /// [`NetError::BadFile`] when the file does not say.
    pub fn threshold(&self) -> Result<f64, NetError> {
        let read = self.file.note("threshold").and_then(|t| t.parse().ok()).filter(|t: &f64| (0.0..=1.0).contains(t));
        read.ok_or_else(|| NetError::BadFile { what: "note threshold is missing or no probability".into() })
    }

    /// Divisor of the logits [1].
    #[must_use]
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Rule by which the filter detector was given its best chance on the validation patients: least confidence, painted width.
    ///
    /// # Errors
    /// [`NetError::BadFile`] when the file does not say.
    pub fn filter_rule(&self) -> Result<[f64; 2], NetError> {
        let words = self.file.note("filter_rule").unwrap_or_default().split_whitespace();
        let numbers: Vec<f64> = words.filter_map(|w| w.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
        numbers.try_into().map_err(|_| NetError::BadFile { what: "note filter_rule is not two numbers".into() })
    }

    /// Weights and notes.
    #[must_use]
    pub fn file(&self) -> &NetworkFile {
        &self.file
    }

    /// Probability of a vein under each place, the size of the input's maps; 0 where nothing is believed.
    #[must_use]
    pub fn probability(&self, input: &NetworkInput) -> Plane<f32> {
        network_probability(&self.file.network, self.temperature, input)
    }

    fn lines(&self, input: &NetworkInput) -> Lines {
        let on_working = input.on_working(&self.probability(input));
        let mut found = lines_of_probability(&input.working, &on_working, LOW, HIGH);
        for line in &mut found.lines {
            line.confidence = self.lines.at(line.confidence);
        }
        found.lines.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(b.length_m.total_cmp(&a.length_m)));
        found
    }

    /// Find veins in a frame, as [`super::detect_nir`] does; confidences are calibrated on pictures of drawn patients.
    #[must_use]
    pub fn detect(&self, frame: &NirFrame) -> NirDetection {
        let none = || Lines { nodes_px: Vec::new(), lines: Vec::new() };
        place(frame, NetworkInput::of_frame(frame).map_or_else(none, |input| self.lines(&input)))
    }

    /// Scan a photograph, as [`super::scan_photograph_within`] does.
    #[must_use]
    pub fn scan(&self, picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_size_m: f64) -> PhotographScan {
        let input = NetworkInput::of_picture(picture, region, pixel_size_m);
        let found = input.map_or_else(|| Lines { nodes_px: Vec::new(), lines: Vec::new() }, |input| self.lines(&input));
        scan_of_lines(picture, found, pixel_size_m)
    }
}

/// Probability of a vein under each place; logits are divided by `temperature`.
///
/// # Panics
/// Never: the input's sides are made for the network, and a network of other inputs gives zeros.
#[must_use]
pub fn network_probability(network: &Network, temperature: f64, input: &NetworkInput) -> Plane<f32> {
    let (width, height) = (input.maps.width() as u32, input.maps.height() as u32);
    let mut scratch = Scratch::default();
    let logits = network.forward(&input.maps, &mut scratch).unwrap_or(&[]);
    let inverse = (1.0 / temperature) as f32;
    Plane::from_fn(width, height, |x, y| {
        let index = (y * width + x) as usize;
        match logits.get(index) {
            Some(logit) if input.inside[index] => 1.0 / (1.0 + ops::exp_f32(-logit * inverse)),
            _ => 0.0,
        }
    })
    .expect("a plane of the maps' size")
}
