//! Faults of pictures.

use std::collections::VecDeque;

use proband_core::{Stream, ops};
use proband_sensor::{NirFrame, UltrasoundFrame};

use super::memory::Memory;
use super::schedule::{Active, ticks};
use super::{Effect, Target};

/// Spots of glare.
const SPOT_COUNT: u32 = 6;
/// Width of a vein that is not there [m].
///
/// # Source
/// Prior: unverified: as wide as a mean antecubital vein is high (3 mm).
const GHOST_M: f64 = 3e-3;

/// A picture as a rectangle of grey, 0 black to 1 white.
trait Picture: Clone {
    fn size(&self) -> (usize, usize);
    fn grey(&self, place: usize) -> f64;
    fn set_grey(&mut self, place: usize, value: f64);
    /// Where a vein that is not there would be dark [1, 0 outside], drawn from `stream`.
    fn ghost(&self, stream: &mut Stream) -> Vec<f64>;
    fn queue(memory: &mut Memory) -> &mut VecDeque<(u64, Self)>;
}

impl Picture for NirFrame {
    fn size(&self) -> (usize, usize) {
        (self.counts.width() as usize, self.counts.height() as usize)
    }

    fn grey(&self, place: usize) -> f64 {
        self.counts.samples().get(place).map_or(0.0, |v| f64::from(*v))
    }

    fn set_grey(&mut self, place: usize, value: f64) {
        if let Some(sample) = self.counts.samples_mut().get_mut(place) {
            *sample = value.clamp(0.0, 1.0) as f32;
        }
    }

    /// A straight line along the arm.
    fn ghost(&self, stream: &mut Stream) -> Vec<f64> {
        let (width, height) = self.size();
        let middle = stream.uniform_in(0.3, 0.7) * width as f64;
        let pixel_m = self.pixel_on_skin_m();
        let sd = 0.5 * GHOST_M / if pixel_m > 1e-6 { pixel_m } else { 1e-4 };
        let row: Vec<f64> = (0..width).map(|x| ops::exp(-0.5 * ((x as f64 - middle) / sd).powi(2))).collect();
        (0..width * height).map(|place| row[place % width]).collect()
    }

    fn queue(memory: &mut Memory) -> &mut VecDeque<(u64, Self)> {
        &mut memory.nir
    }
}

impl Picture for UltrasoundFrame {
    fn size(&self) -> (usize, usize) {
        let (width, height) = (self.column_count as usize, self.row_count as usize);
        if width.saturating_mul(height) == self.pixels.len() { (width, height) } else { (0, 0) }
    }

    fn grey(&self, place: usize) -> f64 {
        self.pixels.get(place).map_or(0.0, |v| f64::from(*v) / 255.0)
    }

    fn set_grey(&mut self, place: usize, value: f64) {
        if let Some(pixel) = self.pixels.get_mut(place) {
            *pixel = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }

    /// A round lumen, 3 to 8 mm deep.
    fn ghost(&self, stream: &mut Stream) -> Vec<f64> {
        let (width, height) = self.size();
        let (x_m, depth_m) = (stream.uniform_in(-8e-3, 8e-3), stream.uniform_in(3e-3, 8e-3));
        let dark = |place: usize| {
            let (x, y) = (self.x_m((place % width) as f64) - x_m, self.depth_m((place / width) as f64) - depth_m);
            if (x * x + y * y).sqrt() < 0.5 * GHOST_M { 1.0 } else { 0.0 }
        };
        (0..width * height).map(dark).collect()
    }

    fn queue(memory: &mut Memory) -> &mut VecDeque<(u64, Self)> {
        &mut memory.ultrasound
    }
}

/// Let the faults at a near-infrared picture of this tick, if there is one.
pub(crate) fn distort_nir(active: &[Active], memories: &mut [Memory], tick: u64, frame: Option<NirFrame>) -> Option<NirFrame> {
    distort(active, memories, Target::Nir, tick, frame)
}

/// Let the faults at an ultrasound picture of this tick, if there is one.
pub(crate) fn distort_ultrasound(
    active: &[Active],
    memories: &mut [Memory],
    tick: u64,
    frame: Option<UltrasoundFrame>,
) -> Option<UltrasoundFrame> {
    distort(active, memories, Target::Ultrasound, tick, frame)
}

fn distort<P: Picture>(active: &[Active], memories: &mut [Memory], target: Target, tick: u64, mut frame: Option<P>) -> Option<P> {
    for fault in active.iter().filter(|fault| fault.kind.target() == target) {
        let Some(memory) = memories.get_mut(fault.index) else { continue };
        frame = match fault.kind.effect() {
            Effect::Dropout => frame.filter(|_| fault.size < 1.0 && !memory.stream.bernoulli(fault.size)),
            Effect::Stuck => frozen(memory, frame),
            Effect::Latency => late(memory, tick, ticks(fault.size), frame),
            _ => frame.map(|mut picture| {
                change(fault, &mut memory.stream, &mut picture);
                picture
            }),
        };
    }
    frame
}

/// The first picture after the onset, again and again whenever one would come.
fn frozen<P: Picture>(memory: &mut Memory, frame: Option<P>) -> Option<P> {
    let frame = frame?;
    let queue = P::queue(memory);
    if let Some((_, first)) = queue.front() {
        return Some(first.clone());
    }
    queue.push_back((0, frame.clone()));
    Some(frame)
}

fn late<P: Picture>(memory: &mut Memory, tick: u64, delay: u64, frame: Option<P>) -> Option<P> {
    let queue = P::queue(memory);
    if let Some(frame) = frame {
        queue.push_back((tick + delay, frame));
    }
    let due = queue.front().is_some_and(|(due, _)| *due <= tick);
    if due { queue.pop_front().map(|(_, frame)| frame) } else { None }
}

fn change<P: Picture>(fault: &Active, stream: &mut Stream, picture: &mut P) {
    let (width, height) = picture.size();
    let (count, size) = (width * height, fault.size);
    match fault.kind.effect() {
        Effect::Bias => (0..count).for_each(|i| picture.set_grey(i, picture.grey(i) + size)),
        Effect::Noise => (0..count).for_each(|i| picture.set_grey(i, picture.grey(i) + size * stream.normal())),
        Effect::SignFlip => {
            for row in 0..height {
                for column in 0..width / 2 {
                    let (left, right) = (row * width + column, row * width + width - 1 - column);
                    let (a, b) = (picture.grey(left), picture.grey(right));
                    picture.set_grey(left, b);
                    picture.set_grey(right, a);
                }
            }
        }
        Effect::Miss => fade(picture, size),
        Effect::FalsePositive => {
            // The same place in every picture: the stream is not used up.
            let ghost = picture.ghost(&mut stream.clone());
            ghost.iter().enumerate().for_each(|(i, dark)| picture.set_grey(i, picture.grey(i) * (1.0 - size * dark)));
        }
        Effect::Occlusion => {
            let covered = (size * width as f64).round() as usize;
            (0..count).filter(|i| i % width < covered).for_each(|i| picture.set_grey(i, 0.0));
        }
        Effect::Specularity => glare(picture, size, &mut stream.clone()),
        _ => {}
    }
}

/// Every row towards its own mean: what stands out sideways fades, the fall with depth stays.
fn fade<P: Picture>(picture: &mut P, share: f64) {
    let (width, height) = picture.size();
    for row in 0..height {
        let places = row * width..(row + 1) * width;
        let mean = places.clone().map(|i| picture.grey(i)).sum::<f64>() / width.max(1) as f64;
        places.for_each(|i| picture.set_grey(i, mean + (1.0 - share) * (picture.grey(i) - mean)));
    }
}

/// White spots that together cover `share` of the area where they do not overlap.
fn glare<P: Picture>(picture: &mut P, share: f64, stream: &mut Stream) {
    let (width, height) = picture.size();
    let radius = (share * (width * height) as f64 / (std::f64::consts::PI * f64::from(SPOT_COUNT))).sqrt();
    for _ in 0..SPOT_COUNT {
        let (x0, y0) = (stream.uniform() * width as f64, stream.uniform() * height as f64);
        for i in 0..width * height {
            let (x, y) = ((i % width) as f64 - x0, (i / width) as f64 - y0);
            if x * x + y * y < radius * radius {
                picture.set_grey(i, 1.0);
            }
        }
    }
}
