//! JPEG-LS frames to stored values: Rec. ITU-T T.87 (1998), one grey component, lossless and near-lossless.

use super::{damaged, unsupported};
use crate::ImageError;

const PLACE: &str = "JPEG-LS";
/// Lengths of runs as powers of two: T.87, A.2.1.
const J: [u32; 32] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Contexts of the regular mode; two more for interrupted runs.
const REGULAR: usize = 365;

/// What the headers say.
#[derive(Clone, Copy, Debug)]
struct Coding {
    columns: u32,
    rows: u32,
    max: i32,
    near: i32,
    thresholds: [i32; 3],
    reset: i32,
}

/// Decode one grey frame of `columns` × `rows` pixels to its stored values, without sign.
pub(super) fn decode(bytes: &[u8], columns: u32, rows: u32) -> Result<Vec<i32>, ImageError> {
    let (coding, data) = headers(bytes)?;
    if (coding.columns, coding.rows) != (columns, rows) {
        return Err(damaged(PLACE, format_args!("{} x {} pixels instead of {columns} x {rows}", coding.columns, coding.rows)));
    }
    Decoder::new(coding, data).run()
}

fn word(bytes: &[u8], at: usize) -> Result<u16, ImageError> {
    let pair = bytes.get(at..at + 2).and_then(|b| b.try_into().ok());
    pair.map(u16::from_be_bytes).ok_or_else(|| damaged(PLACE, "the headers are cut short"))
}

/// Walk the markers up to the first scan.
fn headers(bytes: &[u8]) -> Result<(Coding, &[u8]), ImageError> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(damaged(PLACE, "no start of image"));
    }
    let mut at = 2;
    let mut frame = None;
    let mut preset = [0_i32; 5];
    loop {
        let marker = word(bytes, at)?;
        let length = usize::from(word(bytes, at + 2)?);
        let body = bytes.get(at + 4..at + 2 + length).ok_or_else(|| damaged(PLACE, "a header is cut short"))?;
        match marker {
            // Start of frame for JPEG-LS: precision, lines, samples in a line, components.
            0xFFF7 => {
                if body.len() < 6 {
                    return Err(damaged(PLACE, "a frame header is cut short"));
                }
                if body[5] != 1 {
                    return Err(unsupported(format_args!("JPEG-LS with {} components", body[5])));
                }
                frame = Some((i32::from(body[0]), u32::from(word(body, 1)?), u32::from(word(body, 3)?)));
            }
            // Preset coding parameters.
            0xFFF8 if body.first() == Some(&1) => {
                for (slot, value) in preset.iter_mut().enumerate() {
                    *value = i32::from(word(body, 1 + 2 * slot)?);
                }
            }
            0xFFF8 => return Err(unsupported("JPEG-LS with mapping tables or large sizes")),
            0xFFDD if body.iter().any(|b| *b != 0) => return Err(unsupported("JPEG-LS with restarts")),
            0xFFDA => {
                let &[1, _, 0, near, 0, 0] = body else { return Err(unsupported("this kind of JPEG-LS scan")) };
                let (precision, rows, columns) = frame.ok_or_else(|| damaged(PLACE, "a scan before its frame"))?;
                return Ok((coding(precision, [columns, rows], i32::from(near), preset)?, &bytes[at + 2 + length..]));
            }
            0xFF01..=0xFFFF => {}
            _ => return Err(damaged(PLACE, "no marker where one belongs")),
        }
        at += 2 + length;
    }
}

/// Parameters with their defaults: T.87, C.2.4.1.1.
fn coding(precision: i32, [columns, rows]: [u32; 2], near: i32, preset: [i32; 5]) -> Result<Coding, ImageError> {
    if !(2..=16).contains(&precision) || columns == 0 || rows == 0 {
        return Err(damaged(PLACE, format_args!("{columns} x {rows} pixels of {precision} bits")));
    }
    let full = (1 << precision) - 1;
    let max = if preset[0] == 0 { full } else { preset[0] };
    if !(1..=full).contains(&max) || near > (max / 2).min(255) {
        return Err(damaged(PLACE, format_args!("greatest value {max}, error {near}")));
    }
    let clamp = |value: i32, low: i32| if value > max || value < low { low } else { value };
    let basic = if max >= 128 {
        let factor = (max.min(4095) + 128) / 256;
        [factor + 2 + 3 * near, 4 * factor + 3 + 5 * near, 17 * factor + 4 + 7 * near]
    } else {
        let factor = 256 / (max + 1);
        [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
    };
    let mut thresholds = [0; 3];
    let mut low = near + 1;
    for (slot, value) in thresholds.iter_mut().enumerate() {
        let own = preset[slot + 1];
        *value = if own == 0 { clamp(basic[slot], low) } else { own };
        if *value < low || *value > max.max(low) {
            return Err(damaged(PLACE, format_args!("threshold {value}")));
        }
        low = *value;
    }
    let reset = if preset[4] == 0 { 64 } else { preset[4] };
    if reset < 3 {
        return Err(damaged(PLACE, format_args!("reset after {reset}")));
    }
    Ok(Coding { columns, rows, max, near, thresholds, reset })
}

/// Bits, most significant first; after a byte of ones a zero bit is stuffed.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    window: u64,
    count: u32,
    after_ones: bool,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(byte) = self.data.get(self.at).copied() else { return };
            // A marker ends the scan.
            if self.after_ones && byte & 0x80 != 0 {
                return;
            }
            let width = if self.after_ones { 7 } else { 8 };
            self.window = self.window << width | u64::from(byte);
            self.count += width;
            self.after_ones = byte == 0xFF;
            self.at += 1;
        }
    }

    fn take(&mut self, width: u32) -> Result<i32, ImageError> {
        if self.count < width {
            self.fill();
            if self.count < width {
                return Err(damaged(PLACE, "the scan is cut short"));
            }
        }
        self.count -= width;
        Ok((self.window >> self.count & ((1 << width) - 1)) as i32)
    }

    /// A value of limited length: zeros up to a one, then `k` bits; or, after `most` zeros, `wide` bits (T.87, A.5.3).
    fn golomb(&mut self, k: u32, most: u32, wide: u32) -> Result<i32, ImageError> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > most {
                return Err(damaged(PLACE, "a code of more zeros than are allowed"));
            }
        }
        if zeros < most { Ok((zeros as i32) << k | self.take(k)?) } else { Ok(self.take(wide)? + 1) }
    }
}

/// What is known about one context.
#[derive(Clone, Copy)]
struct Context {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
}

struct Decoder<'a> {
    coding: Coding,
    bits: Bits<'a>,
    contexts: [Context; REGULAR + 2],
    run_index: usize,
    range: i32,
    wide: u32,
    limit: u32,
}

fn bits_for(count: i32) -> u32 {
    32 - (count - 1).max(0).leading_zeros()
}

impl<'a> Decoder<'a> {
    fn new(coding: Coding, data: &'a [u8]) -> Self {
        let range = (coding.max + 2 * coding.near) / (2 * coding.near + 1) + 1;
        let depth = bits_for(coding.max + 1).max(2);
        let fresh = Context { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1 };
        Self {
            coding,
            bits: Bits { data, at: 0, window: 0, count: 0, after_ones: false },
            contexts: [fresh; REGULAR + 2],
            run_index: 0,
            range,
            wide: bits_for(range),
            limit: 2 * (depth + depth.max(8)),
        }
    }

    fn run(mut self) -> Result<Vec<i32>, ImageError> {
        let (width, rows) = (self.coding.columns as usize, self.coding.rows as usize);
        // The decoder takes at least a bit for 2^15 pixels: a short scan cannot ask for much memory.
        if (width * rows) as u64 > (self.bits.data.len() as u64 + 1) << 18 {
            return Err(damaged(PLACE, "the scan is cut short"));
        }
        let mut out = Vec::with_capacity(width * rows);
        // Each line with a sample before and one after it.
        let (mut above, mut line) = (vec![0_i32; width + 2], vec![0_i32; width + 2]);
        for _ in 0..rows {
            line[0] = above[1];
            let mut x = 1;
            while x <= width {
                x = self.sample(&above, &mut line, x, width)?;
            }
            line[width + 1] = line[width];
            out.extend_from_slice(&line[1..=width]);
            std::mem::swap(&mut above, &mut line);
        }
        Ok(out)
    }

    /// Decode the sample at `x`, or a run that starts there; gives the next place.
    fn sample(&mut self, above: &[i32], line: &mut [i32], x: usize, width: usize) -> Result<usize, ImageError> {
        let (ra, rb, rc, rd) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
        let near = self.coding.near;
        let gradients = [rd - rb, rb - rc, rc - ra];
        if gradients.iter().all(|d| d.abs() <= near) {
            return self.run_from(above, line, x, width);
        }
        let q = gradients.map(|d| self.quantised(d));
        let code = (q[0] * 9 + q[1]) * 9 + q[2];
        let sign = if code < 0 { -1 } else { 1 };
        let mut own = self.contexts[code.unsigned_abs() as usize];
        let edge = if rc >= ra.max(rb) {
            ra.min(rb)
        } else if rc <= ra.min(rb) {
            ra.max(rb)
        } else {
            ra + rb - rc
        };
        let expected = (edge + sign * own.c).clamp(0, self.coding.max);
        let k = (0..24).find(|k| own.n << k >= own.a).unwrap_or(24);
        let mapped = self.bits.golomb(k, self.limit - self.wide - 1, self.wide)?;
        let turned = near == 0 && k == 0 && 2 * own.b <= -own.n;
        let error = match (mapped & 1 == 1, turned) {
            (false, false) => mapped >> 1,
            (true, false) => -((mapped + 1) >> 1),
            (true, true) => (mapped - 1) >> 1,
            (false, true) => -(mapped >> 1) - 1,
        };
        own.learn(error, near, self.coding.reset);
        self.contexts[code.unsigned_abs() as usize] = own;
        line[x] = self.rebuilt(expected, sign * error);
        Ok(x + 1)
    }

    fn quantised(&self, d: i32) -> i32 {
        let [t1, t2, t3] = self.coding.thresholds;
        let level = match d.abs() {
            m if m <= self.coding.near => 0,
            m if m < t1 => 1,
            m if m < t2 => 2,
            m if m < t3 => 3,
            _ => 4,
        };
        if d < 0 { -level } else { level }
    }

    /// Expected value and error to a value, around the ends of the range: T.87, A.4.5 and A.8.
    fn rebuilt(&self, expected: i32, error: i32) -> i32 {
        let step = 2 * self.coding.near + 1;
        let mut value = expected + error * step;
        if value < -self.coding.near {
            value += self.range * step;
        } else if value > self.coding.max + self.coding.near {
            value -= self.range * step;
        }
        value.clamp(0, self.coding.max)
    }

    fn run_from(&mut self, above: &[i32], line: &mut [i32], mut x: usize, width: usize) -> Result<usize, ImageError> {
        let ra = line[x - 1];
        while self.bits.take(1)? == 1 {
            let whole = 1_usize << J[self.run_index];
            let count = whole.min(width + 1 - x);
            line[x..x + count].fill(ra);
            x += count;
            if count == whole {
                self.run_index = (self.run_index + 1).min(31);
            }
            if x > width {
                return Ok(x);
            }
        }
        let count = self.bits.take(J[self.run_index])? as usize;
        if count > width - x {
            return Err(damaged(PLACE, "a run beyond the end of its line"));
        }
        line[x..x + count].fill(ra);
        x += count;
        line[x] = self.interruption(ra, above[x])?;
        self.run_index = self.run_index.saturating_sub(1);
        Ok(x + 1)
    }

    /// The sample that ends a run: T.87, A.7.2. Its context counts negative errors in `b`.
    fn interruption(&mut self, ra: i32, rb: i32) -> Result<i32, ImageError> {
        let same = (ra - rb).abs() <= self.coding.near;
        let kind = i32::from(same);
        let at = REGULAR + usize::from(same);
        let mut own = self.contexts[at];
        let sum = if same { own.a + (own.n >> 1) } else { own.a };
        let k = (0..24).find(|k| own.n << k >= sum).unwrap_or(24);
        let most = (self.limit - J[self.run_index] - 1).saturating_sub(self.wide + 1);
        let mapped = self.bits.golomb(k, most, self.wide)?;
        let both = mapped + kind;
        let odd = both & 1 == 1;
        let size = (both + i32::from(odd)) >> 1;
        let error = if (k != 0 || 2 * own.b >= own.n) == odd { -size } else { size };
        own.b += i32::from(error < 0);
        own.a += (mapped + 1 - kind) >> 1;
        if own.n == self.coding.reset {
            own.a >>= 1;
            own.n >>= 1;
            own.b >>= 1;
        }
        own.n += 1;
        self.contexts[at] = own;
        let (expected, sign) = if same { (ra, 1) } else { (rb, if ra > rb { -1 } else { 1 }) };
        Ok(self.rebuilt(expected, sign * error))
    }
}

impl Context {
    /// T.87, A.6.
    fn learn(&mut self, error: i32, near: i32, reset: i32) {
        self.b += error * (2 * near + 1);
        self.a += error.abs();
        if self.n == reset {
            self.a >>= 1;
            self.b = if self.b >= 0 { self.b >> 1 } else { -((1 - self.b) >> 1) };
            self.n >>= 1;
        }
        self.n += 1;
        if self.b <= -self.n {
            self.b = (self.b + self.n).max(1 - self.n);
            self.c = (self.c - 1).max(-128);
        } else if self.b > 0 {
            self.b = (self.b - self.n).min(0);
            self.c = (self.c + 1).min(127);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The 4 × 4 picture that the recommendation codes by hand: T.87, H.3.
    const EXAMPLE: &[u8] = &[
        0xFF, 0xD8, 0xFF, 0xF7, 0x00, 0x0B, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00,
        0x00, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x6C, 0x80, 0x20, 0x8E, 0x01, 0xC0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6E, 0xE6, 0x00, 0x00,
        0x01, 0xBC, 0x18, 0x00, 0x00, 0x05, 0xD8, 0x00, 0x00, 0x91, 0x60, 0xFF, 0xD9,
    ];

    /// Decode the recommendation's own example.
    #[test]
    fn the_example_decodes() {
        let expected = [0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145];
        assert_eq!(decode(EXAMPLE, 4, 4).unwrap(), expected);
        assert!(decode(EXAMPLE, 4, 5).is_err());
        assert!((0..EXAMPLE.len() - 3).all(|end| decode(&EXAMPLE[..end], 4, 4).is_err()));
    }

    proptest! {
        /// Take any bytes to pixels or an error.
        #[test]
        fn any_bytes_are_pixels_or_an_error(at in 0_usize..EXAMPLE.len(), value in any::<u8>(), tail in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut bytes = [EXAMPLE, &tail].concat();
            bytes[at] = value;
            let _ = decode(&bytes, 4, 4);
            let _ = decode(&[&EXAMPLE[..25], &tail].concat(), 4, 4);
            let _ = decode(&tail, 4, 4);
        }
    }
}
