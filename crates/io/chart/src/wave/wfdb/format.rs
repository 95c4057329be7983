//! How samples stand in a signal file.

/// Storage formats of signal(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WfdbFormat {
    /// First differences of 8 bits.
    F8,
    /// 16 bits, low byte first.
    F16,
    /// 24 bits, low byte first.
    F24,
    /// 32 bits, low byte first.
    F32,
    /// 16 bits, high byte first.
    F61,
    /// 8 bits, offset binary.
    F80,
    /// 16 bits, offset binary, low byte first.
    F160,
    /// Two samples of 12 bits in 3 bytes.
    F212,
    /// Three samples of 10 bits in 4 bytes, the third from the high bits of both pairs.
    F310,
    /// Three samples of 10 bits in 4 bytes, one after the other.
    F311,
    /// FLAC of at most 8 bits.
    F508,
    /// FLAC of at most 16 bits.
    F516,
    /// FLAC of at most 24 bits.
    F524,
}

const CODES: [(u64, WfdbFormat); 13] = [
    (8, WfdbFormat::F8),
    (16, WfdbFormat::F16),
    (24, WfdbFormat::F24),
    (32, WfdbFormat::F32),
    (61, WfdbFormat::F61),
    (80, WfdbFormat::F80),
    (160, WfdbFormat::F160),
    (212, WfdbFormat::F212),
    (310, WfdbFormat::F310),
    (311, WfdbFormat::F311),
    (508, WfdbFormat::F508),
    (516, WfdbFormat::F516),
    (524, WfdbFormat::F524),
];

impl WfdbFormat {
    /// The format of a code.
    #[must_use]
    pub fn of_code(code: u64) -> Option<Self> {
        CODES.iter().find(|(c, _)| *c == code).map(|(_, format)| *format)
    }

    /// The code of the format.
    #[must_use]
    pub fn code(self) -> u64 {
        CODES.iter().find(|(_, format)| *format == self).map_or(0, |(code, _)| *code)
    }

    /// Bits of the FLAC stream at most; `None` for plain formats.
    pub(super) fn flac_bits(self) -> Option<u32> {
        match self {
            Self::F508 => Some(8),
            Self::F516 => Some(16),
            Self::F524 => Some(24),
            _ => None,
        }
    }

    /// The value that stands for a lost sample.
    pub(super) fn invalid(self) -> Option<i32> {
        Some(match self {
            Self::F8 => return None,
            Self::F80 | Self::F508 => -128,
            Self::F310 | Self::F311 => -512,
            Self::F212 => -2048,
            Self::F16 | Self::F61 | Self::F160 | Self::F516 => -32_768,
            Self::F24 | Self::F524 => -8_388_608,
            Self::F32 => i32::MIN,
        })
    }

    /// Smallest and largest valid sample.
    pub(super) fn range(self) -> (i32, i32) {
        let low = self.invalid().map_or(-32_767, |code| code.saturating_add(1));
        (low, -low)
    }

    /// Samples and bytes of the smallest part that can be read alone.
    fn block(self) -> (u64, u64) {
        match self {
            Self::F8 | Self::F80 | Self::F508 | Self::F516 | Self::F524 => (1, 1),
            Self::F16 | Self::F61 | Self::F160 => (1, 2),
            Self::F24 => (1, 3),
            Self::F32 => (1, 4),
            Self::F212 => (2, 3),
            Self::F310 | Self::F311 => (3, 4),
        }
    }

    /// Samples that are whole in a number of bytes.
    pub(super) fn samples_in(self, bytes: u64) -> u64 {
        let (samples, size) = self.block();
        let over = bytes % size;
        let rest = match self {
            Self::F212 => u64::from(over == 2),
            Self::F310 => u64::from(over >= 2),
            Self::F311 => u64::from(over >= 2) + u64::from(over >= 3),
            _ => 0,
        };
        bytes / size * samples + rest
    }

    /// First byte, count of bytes and samples to skip for `count` samples from `first` on.
    pub(super) fn bytes_for(self, first: u64, count: u64) -> (u64, u64, usize) {
        let (samples, size) = self.block();
        let block = first / samples;
        let skip = first % samples;
        (block * size, (skip + count).div_ceil(samples) * size, skip as usize)
    }

    /// Decode all whole samples. Differences (format 8) are summed from `init`.
    pub(super) fn decode(self, bytes: &[u8], init: i32) -> Vec<i32> {
        let mut out: Vec<i32> = Vec::with_capacity(self.samples_in(bytes.len() as u64) as usize);
        let pair = |b: &[u8]| i32::from(i16::from_le_bytes([b[0], b[1]]));
        match self {
            Self::F8 => out.extend(bytes.iter().scan(init, |sum, b| {
                *sum = sum.wrapping_add(i32::from(*b as i8));
                Some(*sum)
            })),
            Self::F16 => out.extend(bytes.chunks_exact(2).map(pair)),
            Self::F24 => out.extend(bytes.chunks_exact(3).map(|b| i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8)),
            Self::F32 => out.extend(bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
            Self::F61 => out.extend(bytes.chunks_exact(2).map(|b| i32::from(i16::from_be_bytes([b[0], b[1]])))),
            Self::F80 => out.extend(bytes.iter().map(|b| i32::from(*b) - 128)),
            Self::F160 => out.extend(bytes.chunks_exact(2).map(|b| i32::from(u16::from_le_bytes([b[0], b[1]])) - 32_768)),
            Self::F212 => decode_212(bytes, &mut out),
            Self::F310 => decode_310(bytes, &mut out),
            Self::F311 => decode_311(bytes, &mut out),
            Self::F508 | Self::F516 | Self::F524 => {}
        }
        out
    }
}

fn signed(value: u32, bits: u32) -> i32 {
    ((value << (32 - bits)) as i32) >> (32 - bits)
}

fn decode_212(bytes: &[u8], out: &mut Vec<i32>) {
    let low = |a: u8, b: u8| signed(u32::from(a) | u32::from(b & 0x0F) << 8, 12);
    let (blocks, rest) = bytes.as_chunks::<3>();
    out.resize(2 * blocks.len(), 0);
    for (pair, [a, b, c]) in out.as_chunks_mut::<2>().0.iter_mut().zip(blocks) {
        *pair = [low(*a, *b), signed(u32::from(*c) | u32::from(b & 0xF0) << 4, 12)];
    }
    if let [a, b] = rest {
        out.push(low(*a, *b));
    }
}

fn decode_310(bytes: &[u8], out: &mut Vec<i32>) {
    let low = |b: &[u8]| signed((u32::from(b[0]) | u32::from(b[1]) << 8) >> 1 & 0x3FF, 10);
    let mut blocks = bytes.chunks_exact(4);
    for b in &mut blocks {
        out.push(low(b));
        out.push(low(&b[2..]));
        out.push(signed(u32::from(b[1] >> 3) | u32::from(b[3] >> 3) << 5, 10));
    }
    if blocks.remainder().len() >= 2 {
        out.push(low(blocks.remainder()));
    }
}

fn decode_311(bytes: &[u8], out: &mut Vec<i32>) {
    let mut blocks = bytes.chunks_exact(4);
    let word = |b: &[u8]| b.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    for b in &mut blocks {
        let all = word(b);
        out.extend([0, 10, 20].map(|shift| signed(all >> shift & 0x3FF, 10)));
    }
    let rest = blocks.remainder();
    let whole = if rest.len() >= 3 { 2 } else { usize::from(rest.len() == 2) };
    out.extend([0, 10][..whole].iter().map(|shift| signed(word(rest) >> shift & 0x3FF, 10)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unpack 12 bits with their sign: FF 7F 80 is −1 and 1920.
    #[test]
    fn twelve_bits_are_unpacked() {
        assert_eq!(WfdbFormat::F212.decode(&[0xFF, 0x7F, 0x80], 0), [-1, 1920]);
        assert_eq!(WfdbFormat::F212.decode(&[0xFF, 0x7F, 0x80, 0x01, 0x00], 0), [-1, 1920, 1]);
    }

    proptest::proptest! {
        /// Decode as many samples as are announced, from any bytes.
        #[test]
        fn counts_agree(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            for (_, format) in CODES.iter().filter(|(_, format)| format.flac_bits().is_none()) {
                proptest::prop_assert_eq!(format.decode(&bytes, 0).len() as u64, format.samples_in(bytes.len() as u64));
            }
        }
    }
}
