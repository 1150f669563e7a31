//! Ed25519 keys (RFC 8032) by which heads, certificates and receipts are signed, with their C2SP text form.
//!
//! The secret never leaves [`SigningKey`]: it is neither printed nor serialised nor handed out.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::hash::{digest_of, from_hex};

/// First byte of a C2SP key that says Ed25519.
const ED25519_KIND: u8 = 0x01;

/// Why a key can't be used or a signature isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name is empty or has a blank, a plus sign or a control character.
    #[error("a key's name may have neither blanks nor plus signs, and can't be empty: `{0}`")]
    Name(String),
    /// The library refused the seed.
    #[error("the seed makes no signing key")]
    Seed,
    /// Not of the form `name+hash+key`, or the hash belongs to another key.
    #[error("not a key of the form `name+hash+key`")]
    Text,
    /// The signature isn't this key's signature of these bytes.
    #[error("the signature doesn't fit")]
    Signature,
}

/// A named secret key.
///
/// ```
/// use privacy::audit::SigningKey;
/// let key = SigningKey::from_seed("tui.example/audit", [7; 32].into())?;
/// let signature = key.sign(b"certificate of erasure 1");
/// let public = key.verifying_key();
/// assert!(public.verify(b"certificate of erasure 1", &signature).is_ok());
/// assert!(public.verify(b"certificate of erasure 2", &signature).is_err());
/// # Ok::<(), privacy::audit::KeyError>(())
/// ```
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key that belongs to a secret seed of 32 bytes (RFC 8032 section 5.1.5). The seed is wiped afterwards.
    ///
    /// # Errors
    /// [`KeyError::Name`] for a name that can't stand in a signature line, [`KeyError::Seed`] if the library refuses.
    pub fn from_seed(name: &str, seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| KeyError::Seed)?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Seed)?;
        Ok(Self { public: VerifyingKey::new(name, bytes)?, pair })
    }

    /// Signs bytes. They should begin with what they are (a format's name), so that a signature made for one kind
    /// of document can never stand under another.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        // An Ed25519 signature is 64 bytes long, so that `zip` copies all of it.
        for (to, from) in out.iter_mut().zip(self.pair.sign(bytes).as_ref()) {
            *to = *from;
        }
        out
    }

    /// The public half, for those who check.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A named public key. Its text form is C2SP's `name+hash+key`, which outside tools read.
///
/// ```
/// use privacy::audit::VerifyingKey;
/// let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// let key: VerifyingKey = text.parse()?;
/// assert_eq!(key.name(), "PeterNeumann");
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), privacy::audit::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    bytes: [u8; 32],
}

impl VerifyingKey {
    /// A key from its name and its 32 public bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`] for a name that can't stand in a signature line.
    pub fn new(name: &str, bytes: [u8; 32]) -> Result<Self, KeyError> {
        if name.is_empty() || name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control()) {
            return Err(KeyError::Name(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), bytes })
    }

    /// The key's name; by custom a host and path without scheme.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 public bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key): which key made a signature (C2SP signed-note).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = digest_of(&[self.name.as_bytes(), b"\n", &[ED25519_KIND], &self.bytes]).0;
        [a, b, c, d]
    }

    /// Checks a signature made by [`SigningKey::sign`].
    ///
    /// # Errors
    /// [`KeyError::Signature`] if it isn't this key's signature of these bytes.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        UnparsedPublicKey::new(&ED25519, &self.bytes)
            .verify(bytes, signature)
            .map_err(|_| KeyError::Signature)
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_KIND][..], &self.bytes].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Text);
        };
        let key = STANDARD.decode(key).map_err(|_| KeyError::Text)?;
        let Some((&ED25519_KIND, bytes)) = key.split_first() else { return Err(KeyError::Text) };
        let key = Self::new(name, bytes.try_into().map_err(|_| KeyError::Text)?)?;
        if from_hex(id) == Some(key.id()) { Ok(key) } else { Err(KeyError::Text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 section 7.1, test 2.
    #[test]
    fn signature_is_that_of_rfc_8032() {
        let seed: [u8; 32] =
            from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = SigningKey::from_seed("t", seed.into()).unwrap();
        let public = from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        assert_eq!(key.verifying_key().bytes(), &public);
        let expected: [u8; 64] = from_hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        )
        .unwrap();
        assert_eq!(key.sign(&[0x72]), expected);
    }

    #[test]
    fn secret_is_never_printed() {
        let key = SigningKey::from_seed("t", [0xab; 32].into()).unwrap();
        let text = format!("{key:?}");
        assert!(!text.contains("abab") && !text.contains("171"), "{text}");
    }

    #[test]
    fn names_that_break_a_signature_line_are_refused() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
            let refused = SigningKey::from_seed(name, [1; 32].into());
            assert!(matches!(refused, Err(KeyError::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn key_text_with_another_hash_is_refused() {
        for text in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpcXYZ",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10",
        ] {
            assert!(text.parse::<VerifyingKey>().is_err(), "{text}");
        }
    }
}
