//! Signatures: who vouches for a record.

use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};

use crate::RecordError;

/// A secret key for Ed25519 signatures (RFC 8032).
pub struct SigningKey(KeyPair);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey of {}", self.public_key())
    }
}

impl SigningKey {
    /// From the text of a key file: the 32 secret bytes as 64 hexadecimal digits, blanks around them.
    ///
    /// # Errors
    /// [`RecordError::Key`]; it never repeats what was read.
    pub fn from_text(text: &str) -> Result<Self, RecordError> {
        let seed = bytes(text.trim()).ok_or_else(|| RecordError::Key { what: "a secret key is 64 hexadecimal digits".into() })?;
        Ok(Self(KeyPair::from_seed(Seed::new(seed))))
    }

    /// The public key as 64 hexadecimal digits.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex(&self.0.pk[..])
    }

    /// Signature as 128 hexadecimal digits. The same key and message give the same one.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        hex(&self.0.sk.sign(message, None)[..])
    }
}

/// Whether a signature is that of a public key over a message.
#[must_use]
pub fn is_signed(public_key: &str, message: &[u8], signature: &str) -> bool {
    let (Some(key), Some(signature)) = (bytes::<32>(public_key.trim()), bytes::<64>(signature)) else { return false };
    PublicKey::new(key).verify(message, &Signature::new(signature)).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Exactly `N` bytes as twice as many hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; N];
    for (to, at) in out.iter_mut().zip((0..text.len()).step_by(2)) {
        *to = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Give the signatures that are printed (RFC 8032, section 7.1, tests 1 and 2), and accept no other message, key or text.
    #[test]
    fn known_signatures() {
        let cases = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                &b""[..],
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                &b"\x72"[..],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
        ];
        for (secret, public, message, signature) in cases {
            let key = SigningKey::from_text(&format!(" {secret}\n")).unwrap();
            assert_eq!((key.public_key().as_str(), key.sign(message).as_str()), (public, signature));
            assert!(is_signed(public, message, signature) && !is_signed(public, b"x", signature));
            assert!(!is_signed(secret, message, signature) && !is_signed(public, message, &signature[2..]));
            assert!(!format!("{key:?}").contains(secret));
        }
        for bad in ["", "9d61", &"g".repeat(64), &"ä".repeat(32)] {
            assert!(SigningKey::from_text(bad).is_err());
        }
    }
}
