//! Weights in a file: a few readable lines, then the numbers.
//!
//! ```text
//! proband-network 1
//! inputs 2
//! channels 8 16 24
//! weights 20361
//! note command proband train nir-detector …
//! …
//! end
//! ```
//! then as many little-endian `f32`.

use proband_core::Digest;

use crate::{NetError, Network, NetworkSpec};

/// Most bytes of a file.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Most bytes of its head.
pub const FILE_HEADER_MAX: usize = 16 << 10;

const FIRST: &str = "proband-network 1";

/// A network and what is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkFile {
    /// The network.
    pub network: Network,
    /// Notes: a name without blanks and a line of text each.
    pub notes: Vec<(String, String)>,
}

impl NetworkFile {
    /// A note by its name.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str())
    }

    /// Digest of the weights alone.
    #[must_use]
    pub fn weights_digest(&self) -> String {
        let bytes: Vec<u8> = self.network.weights().iter().flat_map(|w| w.to_le_bytes()).collect();
        Digest::of_bytes(&bytes).hash
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let spec = self.network.spec();
        let [c0, c1, c2] = spec.channels;
        let mut head = format!("{FIRST}\ninputs {}\nchannels {c0} {c1} {c2}\nweights {}\n", spec.inputs, self.network.weights().len());
        for (name, text) in &self.notes {
            head.push_str(&format!("note {} {}\n", name.replace(char::is_whitespace, "_"), text.replace(['\n', '\r'], " ")));
        }
        head.push_str("end\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.network.weights().iter().flat_map(|w| w.to_le_bytes()));
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`NetError::BadFile`] that names the line, [`NetError::OutOfRange`] for sizes and weights that cannot be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NetError> {
        let bad = |what: String| NetError::BadFile { what };
        if bytes.len() > FILE_BYTES_MAX {
            return Err(bad(format!("{} bytes, at most {FILE_BYTES_MAX}", bytes.len())));
        }
        let (mut at, mut line) = (0, 0);
        let (mut inputs, mut channels, mut count, mut notes) = (None, None, None, Vec::new());
        loop {
            line += 1;
            let rest = &bytes[at..bytes.len().min(FILE_HEADER_MAX)];
            let length = rest.iter().position(|b| *b == b'\n').ok_or_else(|| bad(format!("line {line}: the head has no end")))?;
            let text = std::str::from_utf8(&rest[..length]).map_err(|_| bad(format!("line {line}: no text")))?;
            at += length + 1;
            if line == 1 {
                if text != FIRST {
                    return Err(bad(format!("line 1: \"{FIRST}\" expected")));
                }
                continue;
            }
            let number = |t: &str| t.parse::<u32>().map_err(|_| bad(format!("line {line}: \"{t}\" is no whole number")));
            match text.split_once(' ') {
                None if text == "end" => break,
                Some(("inputs", t)) => inputs = Some(number(t)?),
                Some(("weights", t)) => count = Some(number(t)? as usize),
                Some(("channels", t)) => {
                    let three: Vec<u32> = t.split(' ').map(number).collect::<Result<_, _>>()?;
                    channels = Some(<[u32; 3]>::try_from(three).map_err(|_| bad(format!("line {line}: three numbers expected")))?);
                }
                Some(("note", t)) => {
                    let (name, text) = t.split_once(' ').unwrap_or((t, ""));
                    notes.push((name.to_owned(), text.to_owned()));
                }
                _ => return Err(bad(format!("line {line}: unknown"))),
            }
        }
        let missing = |what: &str| bad(format!("the head has no {what}"));
        let spec = NetworkSpec { inputs: inputs.ok_or_else(|| missing("inputs"))?, channels: channels.ok_or_else(|| missing("channels"))? };
        spec.check()?;
        let numbers = &bytes[at..];
        let count = count.ok_or_else(|| missing("weights"))?;
        if numbers.len() != 4 * count {
            return Err(bad(format!("{count} weights need {} bytes, there are {}", 4 * count, numbers.len())));
        }
        let weights = numbers.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(Self { network: Network::from_weights(spec, weights)?, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;
    use proptest::prelude::*;

    fn file() -> NetworkFile {
        let spec = NetworkSpec { inputs: 2, channels: [2, 3, 4] };
        let network = Network::start(spec, &mut Stream::new(1, 0, "test.file")).unwrap();
        NetworkFile { network, notes: vec![("command".into(), "proband train nir-detector".into()), ("score".into(), "0.5".into())] }
    }

    /// Read what was written, to the bit.
    #[test]
    fn round_trip() {
        let file = file();
        let again = NetworkFile::from_bytes(&file.to_bytes()).unwrap();
        assert_eq!(again, file);
        assert_eq!(again.note("score"), Some("0.5"));
        assert_eq!(again.weights_digest(), file.weights_digest());
    }

    proptest! {
        /// Give a value or an error for any bytes, and for a good file cut or changed anywhere.
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..2000, at in 0_usize..2000, value in any::<u8>()) {
            let _ = NetworkFile::from_bytes(&bytes);
            let mut good = file().to_bytes();
            let cut = cut.min(good.len() - 1);
            prop_assert!(NetworkFile::from_bytes(&good[..cut]).is_err());
            let at = at.min(good.len() - 1);
            good[at] = value;
            let _ = NetworkFile::from_bytes(&good);
        }
    }
}
