//! The one way in which entries become bytes: versioned, length-prefixed, big-endian, without choices.
//!
//! Equal values give equal bytes and different values different bytes; reading accepts nothing that writing
//! wouldn't have written. A format, once in a log, may never change: a new one takes a new version byte.

use jiff::Timestamp;

/// Why bytes aren't an entry, or an entry may not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The bytes end too early.
    #[error("the record ends too early")]
    TooShort,
    /// There are bytes after the end.
    #[error("the record has `{0}` bytes too many")]
    TooLong(usize),
    /// The first bytes aren't of this format and version.
    #[error("the record has an unknown format or version")]
    Version,
    /// A field has a value that this format doesn't have.
    #[error("the record's field `{0}` is wrong")]
    Field(&'static str),
    /// An action isn't of the form `event.store`.
    #[error("an action is lower-case words joined by dots, such as `event.store`")]
    Action,
    /// A text is longer than 1,024 bytes.
    #[error("the text in the field `{0}` is too long")]
    Length(&'static str),
    /// A field that must never be personal looks like an e-mail address, a card number or the like.
    #[error("the field `{0}` looks like personal data, which may not stand in the audit log")]
    Personal(&'static str),
}

/// Longest text in an entry, in bytes.
pub(super) const LONGEST_TEXT: usize = 1024;

/// Writes values one after the other.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(format: u8, version: u8) -> Self {
        Self(vec![format, version])
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn time(&mut self, at: Timestamp) {
        self.raw(&at.as_second().to_be_bytes());
        self.raw(&at.subsec_nanosecond().to_be_bytes());
    }

    pub(super) fn text(&mut self, field: &'static str, text: &str) -> Result<(), EncodingError> {
        if text.len() > LONGEST_TEXT {
            return Err(EncodingError::Length(field));
        }
        let length = u32::try_from(text.len()).map_err(|_| EncodingError::Length(field))?;
        self.u32(length);
        self.raw(text.as_bytes());
        Ok(())
    }

    /// A byte 0 for nothing; a byte 1 and then the value.
    pub(super) fn option<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> Result<(), EncodingError>,
    ) -> Result<(), EncodingError> {
        let Some(value) = value else {
            self.byte(0);
            return Ok(());
        };
        self.byte(1);
        write(self, value)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what a [`Writer`] wrote, strictly.
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8], format: u8, version: u8) -> Result<Self, EncodingError> {
        match bytes.strip_prefix(&[format, version]) {
            Some(rest) => Ok(Self(rest)),
            None if bytes.len() < 2 => Err(EncodingError::TooShort),
            None => Err(EncodingError::Version),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], EncodingError> {
        let (value, rest) = self.0.split_first_chunk::<N>().ok_or(EncodingError::TooShort)?;
        self.0 = rest;
        Ok(*value)
    }

    pub(super) fn byte(&mut self) -> Result<u8, EncodingError> {
        self.array::<1>().map(|[value]| value)
    }

    pub(super) fn u32(&mut self) -> Result<u32, EncodingError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, EncodingError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn time(&mut self, field: &'static str) -> Result<Timestamp, EncodingError> {
        let second = i64::from_be_bytes(self.array()?);
        let nanosecond = i32::from_be_bytes(self.array()?);
        let at = Timestamp::new(second, nanosecond).map_err(|_| EncodingError::Field(field))?;
        let same = at.as_second() == second && at.subsec_nanosecond() == nanosecond;
        if same { Ok(at) } else { Err(EncodingError::Field(field)) }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'b [u8], EncodingError> {
        let (value, rest) = self.0.split_at_checked(length).ok_or(EncodingError::TooShort)?;
        self.0 = rest;
        Ok(value)
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<String, EncodingError> {
        let length = self.u32()? as usize;
        if length > LONGEST_TEXT {
            return Err(EncodingError::Length(field));
        }
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| EncodingError::Field(field))
    }

    pub(super) fn option<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, EncodingError>,
    ) -> Result<Option<T>, EncodingError> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(EncodingError::Field(field)),
        }
    }

    pub(super) fn finish(self) -> Result<(), EncodingError> {
        if self.0.is_empty() { Ok(()) } else { Err(EncodingError::TooLong(self.0.len())) }
    }
}
