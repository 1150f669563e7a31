//! Two capital letters: a language (ISO 639-1) or a country (ISO 3166-1), six bits each. Nothing else may stand there.

use std::fmt;
use std::str::FromStr;

use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter};

/// Two letters from A to Z.
///
/// ```
/// use privacy::signals::tcf::Letters;
/// assert_eq!("de".parse::<Letters>()?.to_string(), "DE");
/// assert!("d1".parse::<Letters>().is_err());
/// # Ok::<(), privacy::signals::SignalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Letters([u8; 2]);

impl Letters {
    /// English, the framework's language when another isn't known.
    pub const ENGLISH: Self = Self(*b"EN");

    pub(super) fn write(self, writer: &mut BitWriter, field: &'static str) -> Result<(), SignalError> {
        self.0.iter().try_for_each(|letter| writer.put(u64::from(letter - b'A'), 6, field))
    }

    pub(super) fn read(reader: &mut BitReader, field: &'static str) -> Result<Self, SignalError> {
        let mut letter = || match reader.byte(6, field)? {
            place @ 0..=25 => Ok(b'A' + place),
            _ => Err(SignalError::Undefined(field)),
        };
        Ok(Self([letter()?, letter()?]))
    }
}

impl FromStr for Letters {
    type Err = SignalError;
    fn from_str(text: &str) -> Result<Self, SignalError> {
        match text.to_ascii_uppercase().as_bytes() {
            &[first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([first, second])),
            _ => Err(SignalError::Undefined("letters")),
        }
    }
}

impl fmt::Display for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}
