//! Fields of so many bits each, most significant bit first, written as base64url without `=`: the ground on which TCF
//! and GPP strings stand. Nothing here may read past the end or drop a bit that doesn't fit.

use super::SignalError;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How a segment is filled up with zeros before it becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// To whole bytes whose base64 needs no `=`: a multiple of 24 bits (TCF).
    Traditional,
    /// To whole bytes, then to whole characters (GPP, and the sections that came with it).
    Compressed,
}

/// Collects bits.
///
/// ```
/// use privacy::signals::bits::{BitReader, BitWriter, Padding};
/// let mut writer = BitWriter::new();
/// writer.put(5, 3, "three")?;
/// let text = writer.finish(Padding::Compressed);
/// assert_eq!(text, "oA");
/// assert_eq!(BitReader::new(&text)?.take(3, "three")?, 5);
/// # Ok::<(), privacy::signals::SignalError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct BitWriter {
    text: String,
    pending: u8,
    length: usize,
}

impl BitWriter {
    /// No bits.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), pending: 0, length: 0 }
    }

    /// Appends `value` as `width` bits (64 at most).
    ///
    /// # Errors
    /// [`SignalError::TooLarge`] when it needs more.
    pub fn put(&mut self, value: u64, width: u32, field: &'static str) -> Result<(), SignalError> {
        if width < u64::BITS && value >> width != 0 {
            return Err(SignalError::TooLarge(field));
        }
        for place in (0..width).rev() {
            self.flag(value >> place & 1 == 1);
        }
        Ok(())
    }

    /// Appends one bit.
    pub(super) fn flag(&mut self, is: bool) {
        self.pending = self.pending << 1 | u8::from(is);
        self.length += 1;
        if self.length.is_multiple_of(6) {
            let letter = ALPHABET.get(usize::from(self.pending & 63)).copied().unwrap_or(b'A');
            self.text.push(char::from(letter));
            self.pending = 0;
        }
    }

    /// Appends one bit each.
    pub(super) fn flags(&mut self, all: &[bool]) {
        all.iter().for_each(|is| self.flag(*is));
    }

    /// How many bits there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Fills up and gives the text.
    #[must_use]
    pub fn finish(mut self, padding: Padding) -> String {
        let whole = match padding {
            Padding::Traditional => self.length.next_multiple_of(24),
            Padding::Compressed => self.length.next_multiple_of(8).next_multiple_of(6),
        };
        while self.length < whole {
            self.flag(false);
        }
        self.text
    }
}

/// Reads bits. What follows the last field that is asked for is of no account: later versions may stand there.
#[derive(Debug, Clone)]
pub struct BitReader {
    sextets: Vec<u8>,
    at: usize,
}

impl BitReader {
    /// The bits of a base64url text.
    ///
    /// # Errors
    /// [`SignalError::NotBase64Url`].
    pub fn new(text: &str) -> Result<Self, SignalError> {
        let sextet = |letter: u8| match letter {
            b'A'..=b'Z' => Ok(letter - b'A'),
            b'a'..=b'z' => Ok(letter - b'a' + 26),
            b'0'..=b'9' => Ok(letter - b'0' + 52),
            b'-' => Ok(62),
            b'_' => Ok(63),
            _ => Err(SignalError::NotBase64Url),
        };
        Ok(Self { sextets: text.bytes().map(sextet).collect::<Result<_, _>>()?, at: 0 })
    }

    /// The next bit.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, SignalError> {
        let sextet = self.sextets.get(self.at / 6).ok_or(SignalError::Short(field))?;
        let place = 5 - self.at % 6;
        self.at += 1;
        Ok(sextet >> place & 1 == 1)
    }

    /// The next `width` bits (64 at most) as a number.
    ///
    /// # Errors
    /// [`SignalError::Short`] when there are fewer.
    pub fn take(&mut self, width: u32, field: &'static str) -> Result<u64, SignalError> {
        let mut value = 0;
        for _ in 0..width {
            value = value << 1 | u64::from(self.flag(field)?);
        }
        Ok(value)
    }

    /// The next `width` bits, 16 at most.
    pub(super) fn short(&mut self, width: u32, field: &'static str) -> Result<u16, SignalError> {
        u16::try_from(self.take(width, field)?).map_err(|_| SignalError::TooLarge(field))
    }

    /// The next `width` bits, 8 at most.
    pub(super) fn byte(&mut self, width: u32, field: &'static str) -> Result<u8, SignalError> {
        u8::try_from(self.take(width, field)?).map_err(|_| SignalError::TooLarge(field))
    }

    /// The next bits, one each.
    pub(super) fn flags<const N: usize>(&mut self, field: &'static str) -> Result<[bool; N], SignalError> {
        let mut all = [false; N];
        for is in &mut all {
            *is = self.flag(field)?;
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(BitWriter::new().put(8, 3, "x"), Err(SignalError::TooLarge("x")));
        assert_eq!(BitReader::new("A").unwrap().take(7, "x"), Err(SignalError::Short("x")));
        assert_eq!(BitReader::new("A=").unwrap_err(), SignalError::NotBase64Url);
    }

    proptest! {
        #[test]
        fn numbers_come_back(fields in prop::collection::vec((any::<u64>(), 1_u32..=64), 0..40)) {
            for padding in [Padding::Traditional, Padding::Compressed] {
                let mut writer = BitWriter::new();
                for (value, width) in &fields {
                    writer.put(value & (u64::MAX >> (64 - width)), *width, "n").unwrap();
                }
                let mut reader = BitReader::new(&writer.finish(padding)).unwrap();
                for (value, width) in &fields {
                    prop_assert_eq!(reader.take(*width, "n").unwrap(), value & (u64::MAX >> (64 - width)));
                }
            }
        }
    }
}
