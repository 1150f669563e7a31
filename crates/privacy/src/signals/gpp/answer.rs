//! The two-bit answers of the American sections, and the segment for Global Privacy Control. The fourth value is
//! undefined and refused; the reference package lets it pass when it reads.

use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter, Padding};

/// A two-bit answer.
///
/// What 1 and 2 mean is said with each field: for a notice, given and not given; for an opt-out, opted out and not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 0: the question doesn't arise.
    NotApplicable,
    /// 1.
    Yes,
    /// 2.
    No,
}

impl Answer {
    /// The specification's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::NotApplicable => 0,
            Self::Yes => 1,
            Self::No => 2,
        }
    }

    /// The answer with that number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::NotApplicable),
            1 => Some(Self::Yes),
            2 => Some(Self::No),
            _ => None,
        }
    }

    pub(super) fn read(reader: &mut BitReader, field: &'static str) -> Result<Self, SignalError> {
        Self::from_number(reader.byte(2, field)?).ok_or(SignalError::Undefined(field))
    }

    /// Reads `count` answers; those after them are not applicable.
    pub(super) fn read_some<const N: usize>(
        reader: &mut BitReader,
        count: usize,
        field: &'static str,
    ) -> Result<[Self; N], SignalError> {
        let mut answers = [Self::NotApplicable; N];
        for answer in answers.iter_mut().take(count) {
            *answer = Self::read(reader, field)?;
        }
        Ok(answers)
    }
}

/// Writes a section: its version, its answers, and the segment for Global Privacy Control where there is one.
pub(super) fn write_section(
    version: u64,
    answers: &[Answer],
    gpc: Option<bool>,
) -> Result<String, SignalError> {
    let mut writer = BitWriter::new();
    writer.put(version, 6, "Version")?;
    for answer in answers {
        writer.put(answer.number().into(), 2, "answer")?;
    }
    let mut text = writer.finish(Padding::Compressed);
    if let Some(is) = gpc {
        let mut writer = BitWriter::new();
        writer.put(GPC, 2, "GpcSegmentType")?;
        writer.flag(is);
        text.push('.');
        text.push_str(&writer.finish(Padding::Compressed));
    }
    Ok(text)
}

const GPC: u64 = 1;

/// A section's core and what its segment for Global Privacy Control says.
pub(super) fn split_section(text: &str) -> Result<(BitReader, Option<bool>), SignalError> {
    let mut segments = text.split('.');
    let core = BitReader::new(segments.next().unwrap_or_default())?;
    let gpc = match segments.next() {
        None => None,
        Some(segment) => {
            let mut reader = BitReader::new(segment)?;
            match reader.take(2, "GpcSegmentType")? {
                GPC => Some(reader.flag("Gpc")?),
                other => return Err(SignalError::Segment(other)),
            }
        }
    };
    match segments.next() {
        None => Ok((core, gpc)),
        Some(_) => Err(SignalError::Twice("Gpc")),
    }
}
