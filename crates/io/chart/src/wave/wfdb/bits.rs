//! Bits of a byte string, highest first.

/// Reads bits; `None` at the end.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Next byte to load.
    next: usize,
    /// Loaded bits, left-aligned.
    cache: u64,
    /// How many of them count.
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, cache: 0, held: 0 }
    }

    fn fill(&mut self) {
        while self.held <= 56 {
            let Some(byte) = self.bytes.get(self.next) else { break };
            self.cache |= u64::from(*byte) << (56 - self.held);
            self.held += 8;
            self.next += 1;
        }
    }

    /// At most 32 bits.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        if count == 0 {
            return Some(0);
        }
        if self.held < count {
            self.fill();
            if self.held < count {
                return None;
            }
        }
        let value = (self.cache >> (64 - count)) as u32;
        self.cache <<= count;
        self.held -= count;
        Some(value)
    }

    /// At most 33 bits with sign.
    pub(super) fn signed(&mut self, count: u32) -> Option<i64> {
        if count == 0 {
            return Some(0);
        }
        let high = count.saturating_sub(32);
        let value = i64::from(self.take(high)?) << 32 | i64::from(self.take(count - high)?);
        let shift = 64 - count;
        Some(value << shift >> shift)
    }

    /// Zeros before the next one.
    pub(super) fn unary(&mut self) -> Option<u32> {
        let mut zeros = 0;
        loop {
            if self.held == 0 {
                self.fill();
                if self.held == 0 {
                    return None;
                }
            }
            let run = self.cache.leading_zeros();
            if run < self.held {
                self.cache <<= run;
                self.cache <<= 1;
                self.held -= run + 1;
                return Some(zeros + run);
            }
            zeros += self.held;
            self.cache = 0;
            self.held = 0;
        }
    }

    /// Skip to the next whole byte and say which it is.
    pub(super) fn align(&mut self) -> usize {
        let over = self.held % 8;
        self.cache <<= over;
        self.held -= over;
        self.next - (self.held / 8) as usize
    }
}
