//! FLAC streams, in which WFDB keeps formats 508, 516 and 524.
//!
//! # Source
//! RFC 9639, "Free Lossless Audio Codec (FLAC)".

use super::bits::Bits;

/// What a stream says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    pub channels: u32,
    pub bits: u32,
    /// Samples of one channel; 0: not said.
    pub total: u64,
    /// First byte of the first frame.
    pub frames_at: usize,
}

/// What went wrong and at which byte.
pub(super) type Fault = (usize, &'static str);

/// Read the metadata.
pub(super) fn stream_info(bytes: &[u8]) -> Result<StreamInfo, Fault> {
    if bytes.get(..4) != Some(b"fLaC") {
        return Err((0, "no FLAC marker"));
    }
    let mut at = 4;
    let mut info = None;
    loop {
        let head = bytes.get(at..at + 4).ok_or((at, "ends within the metadata"))?;
        let length = usize::from(head[1]) << 16 | usize::from(head[2]) << 8 | usize::from(head[3]);
        let body = bytes.get(at + 4..at + 4 + length).ok_or((at, "ends within the metadata"))?;
        if head[0] & 0x7F == 0 && length >= 34 && info.is_none() {
            let word = body[10..18].iter().fold(0_u64, |sum, b| sum << 8 | u64::from(*b));
            let (channels, bits) = ((word >> 41 & 7) as u32 + 1, (word >> 36 & 31) as u32 + 1);
            info = Some(StreamInfo { channels, bits, total: word & 0xF_FFFF_FFFF, frames_at: 0 });
        }
        at += 4 + length;
        if head[0] & 0x80 != 0 {
            let info = info.ok_or((at, "no STREAMINFO"))?;
            return if (4..=32).contains(&info.bits) {
                Ok(StreamInfo { frames_at: at, ..info })
            } else {
                Err((at, "bits per sample outside 4 to 32"))
            };
        }
    }
}

/// Decode up to `max` samples of each channel, interleaved. A fault ends the stream: what was decoded before it is given too.
pub(super) fn decode(bytes: &[u8], info: &StreamInfo, max: u64) -> (Vec<i32>, Option<Fault>) {
    let channels = info.channels as usize;
    let mut out = Vec::new();
    let mut block: Vec<Vec<i64>> = vec![Vec::new(); channels];
    let mut at = info.frames_at;
    while at < bytes.len() && ((out.len() / channels) as u64) < max {
        match frame(&bytes[at..], info, &mut block) {
            Ok(length) => at += length,
            Err((offset, what)) => return (out, Some((at + offset, what))),
        }
        let room = (max - (out.len() / channels) as u64).min(block[0].len() as u64) as usize;
        out.reserve(room * channels);
        for i in 0..room {
            out.extend(block.iter().map(|channel| channel[i] as i32));
        }
    }
    (out, None)
}

/// Decode one frame into `block`; its length [bytes].
fn frame(bytes: &[u8], info: &StreamInfo, block: &mut [Vec<i64>]) -> Result<usize, Fault> {
    let (size, assignment, bits, header) = frame_header(bytes, info)?;
    let mut reader = Bits::new(&bytes[header..]);
    let sides: [bool; 2] = match assignment {
        8 | 10 => [false, true],
        9 => [true, false],
        _ => [false, false],
    };
    for (i, channel) in block.iter_mut().enumerate() {
        let side = sides.get(i).copied().unwrap_or(false);
        subframe(&mut reader, size, bits + u32::from(side), channel).ok_or((header, "broken subframe"))?;
    }
    if let [first, second] = block {
        for (a, b) in first.iter_mut().zip(second.iter_mut()) {
            match assignment {
                8 => *b = *a - *b,
                9 => *a += *b,
                10 => {
                    let sum = *a << 1 | *b & 1;
                    (*a, *b) = ((sum + *b) >> 1, (sum - *b) >> 1);
                }
                _ => {}
            }
        }
    }
    let end = header + reader.align();
    let stored = bytes.get(end..end + 2).ok_or((end, "ends within a frame"))?;
    if crc16(&bytes[..end]) != u16::from_be_bytes([stored[0], stored[1]]) {
        return Err((0, "wrong checksum of a frame"));
    }
    Ok(end + 2)
}

/// Block size, channel assignment, bits, length of the header.
fn frame_header(bytes: &[u8], info: &StreamInfo) -> Result<(usize, u32, u32, usize), Fault> {
    let short = (0, "ends within a frame header");
    let head = bytes.get(..4).ok_or(short)?;
    if head[0] != 0xFF || head[1] & 0xFC != 0xF8 {
        return Err((0, "no frame where one must begin"));
    }
    let mut at = 4;
    let lead = *bytes.get(at).ok_or(short)?;
    at += (lead.leading_ones() as usize).max(1);
    let mut number = |count: usize| {
        let field = bytes.get(at..at + count).ok_or(short)?;
        at += count;
        Ok::<usize, Fault>(field.iter().fold(0, |sum, b| sum << 8 | usize::from(*b)))
    };
    let size = match head[2] >> 4 {
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => number(1)? + 1,
        7 => number(2)? + 1,
        code @ 8..=15 => 256 << (code - 8),
        _ => return Err((2, "reserved block size")),
    };
    match head[2] & 0x0F {
        12 => drop(number(1)?),
        13 | 14 => drop(number(2)?),
        15 => return Err((2, "reserved sample rate")),
        _ => {}
    }
    let assignment = u32::from(head[3] >> 4);
    let channels = if assignment < 8 { assignment + 1 } else { 2 };
    if assignment > 10 || channels != info.channels {
        return Err((3, "another count of channels than the stream"));
    }
    let bits = match head[3] >> 1 & 7 {
        0 => info.bits,
        1 => 8,
        2 => 12,
        4 => 16,
        5 => 20,
        6 => 24,
        7 => 32,
        _ => return Err((3, "reserved sample size")),
    };
    let stored = *bytes.get(at).ok_or(short)?;
    if crc8(&bytes[..at]) != stored {
        return Err((0, "wrong checksum of a frame header"));
    }
    Ok((size, assignment, bits, at + 1))
}

fn subframe(reader: &mut Bits<'_>, size: usize, bits: u32, out: &mut Vec<i64>) -> Option<()> {
    out.clear();
    if reader.take(1)? != 0 {
        return None;
    }
    let kind = reader.take(6)?;
    let wasted = if reader.take(1)? == 1 { reader.unary()? + 1 } else { 0 };
    let bits = bits.checked_sub(wasted).filter(|bits| *bits > 0)?;
    match kind {
        0 => out.resize(size, reader.signed(bits)?),
        1 => {
            for _ in 0..size {
                out.push(reader.signed(bits)?);
            }
        }
        8..=12 => {
            const FIXED: [&[i64]; 5] = [&[], &[1], &[2, -1], &[3, -3, 1], &[4, -6, 4, -1]];
            predicted(reader, size, bits, FIXED[kind as usize - 8], None, out)?;
        }
        32..=63 => {
            let order = kind as usize - 31;
            predicted(reader, size, bits, &[0; 32][..order], Some(()), out)?;
        }
        _ => return None,
    }
    if wasted > 0 {
        out.iter_mut().for_each(|sample| *sample <<= wasted);
    }
    Some(())
}

/// Warm-up samples, then a linear prediction with residuals. `linear`: the coefficients stand in the stream.
fn predicted(reader: &mut Bits<'_>, size: usize, bits: u32, fixed: &[i64], linear: Option<()>, out: &mut Vec<i64>) -> Option<()> {
    let order = fixed.len();
    if order > size {
        return None;
    }
    for _ in 0..order {
        out.push(reader.signed(bits)?);
    }
    let (mut coefficients, mut shift) = (fixed.to_vec(), 0);
    if linear.is_some() {
        let precision = reader.take(4)? + 1;
        shift = reader.signed(5)?;
        if precision == 16 || shift < 0 {
            return None;
        }
        for coefficient in &mut coefficients {
            *coefficient = reader.signed(precision)?;
        }
    }
    let method = reader.take(2)?;
    if method > 1 {
        return None;
    }
    let (width, escape) = if method == 0 { (4, 15) } else { (5, 31) };
    let partitions = 1_usize << reader.take(4)?;
    if !size.is_multiple_of(partitions) || size / partitions < order {
        return None;
    }
    for partition in 0..partitions {
        let count = size / partitions - if partition == 0 { order } else { 0 };
        let parameter = reader.take(width)?;
        let raw = if parameter == escape { Some(reader.take(5)?) } else { None };
        for _ in 0..count {
            let residual = match raw {
                Some(bits) => reader.signed(bits)?,
                None => {
                    let folded = u64::from(reader.unary()?) << parameter | u64::from(reader.take(parameter)?);
                    (folded >> 1) as i64 ^ -((folded & 1) as i64)
                }
            };
            let past = &out[out.len() - order..];
            let sum = coefficients.iter().zip(past.iter().rev()).fold(0_i64, |sum, (c, s)| sum.wrapping_add(c.wrapping_mul(*s)));
            let sample = residual.wrapping_add(sum >> shift);
            // A valid stream stays within 33 bits; what leaves them is broken.
            if sample.unsigned_abs() > 1 << 33 {
                return None;
            }
            out.push(sample);
        }
    }
    Some(())
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, b| (0..8).fold(crc ^ b, |c, _| if c & 0x80 != 0 { c << 1 ^ 0x07 } else { c << 1 }))
}

/// Checksums of single bytes, so that a frame costs one look-up per byte.
const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x8005 } else { crc << 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, b| crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compute the checksums of the catalogue for "123456789": CRC-8/SMBUS F4, CRC-16/UMTS FEE8.
    #[test]
    fn checksums_are_those_of_the_catalogue() {
        assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xF4, 0xFEE8));
    }

    proptest::proptest! {
        /// Answer any bytes, within the allowed count of samples.
        #[test]
        fn any_bytes_are_answered(tail in proptest::collection::vec(proptest::num::u8::ANY, 0..256)) {
            let mut bytes = b"fLaC\x80\x00\x00\x22".to_vec();
            bytes.extend(&tail);
            if let Ok(info) = stream_info(&bytes) {
                let (samples, _) = decode(&bytes, &info, 1000);
                proptest::prop_assert!(samples.len() as u64 <= 1000 * u64::from(info.channels));
            }
        }
    }
}
