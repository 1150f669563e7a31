//! The IAB's Global Privacy Platform string: a header that names sections, and the sections (Tech Lab, "Global Privacy
//! Platform", Consent String Specification). Sections that aren't known here are carried along and never understood.

mod answer;
mod choice;
mod us_california;
mod us_national;

pub use answer::Answer;
pub use choice::{OptOutOf, UnknownOptOut};
pub use us_california::UsCalifornia;
pub use us_national::UsNational;

use std::collections::BTreeMap;

use super::SignalError;
use super::bits::{BitReader, BitWriter, Padding};
use super::fibonacci;
use super::tcf::TcString;

/// The section with a TC string.
pub const TCF_EU: u16 = 2;
/// The section for the United States as a whole.
pub const US_NATIONAL: u16 = 7;
/// The section for California.
pub const US_CALIFORNIA: u16 = 8;

const HEADER: u64 = 3;
const HEADER_VERSION: u64 = 1;

/// A whole string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GppString {
    /// Section 2, `tcfeuv2`.
    pub tcf: Option<TcString>,
    /// Section 7, `usnat`.
    pub us_national: Option<UsNational>,
    /// Section 8, `usca`.
    pub us_california: Option<UsCalifornia>,
    /// All others as they stand, by their number.
    pub other: BTreeMap<u16, String>,
}

impl GppString {
    /// Writes the string, its sections ascending.
    ///
    /// # Errors
    /// [`SignalError`] when a number doesn't fit its field, or `other` holds what isn't another section.
    ///
    /// ```
    /// use privacy::signals::gpp::{Answer, GppString};
    /// let string = GppString::decode("DBABLA~CAAVAAAAAABA.YA")?;
    /// let usnat = string.us_national.as_ref().unwrap();
    /// assert_eq!((usnat.sale_opt_out, usnat.gpc), (Answer::Yes, Some(true)));
    /// assert_eq!(string.encode()?, "DBABLA~CAAVAAAAAABA.YA");
    /// # Ok::<(), privacy::signals::SignalError>(())
    /// ```
    pub fn encode(&self) -> Result<String, SignalError> {
        let Self { tcf, us_national, us_california, other } = self;
        let mut sections = BTreeMap::new();
        for (number, text) in other {
            let known = [TCF_EU, US_NATIONAL, US_CALIFORNIA].contains(number);
            if known || *number == 0 || !is_section(text) {
                return Err(SignalError::Sections);
            }
            sections.insert(*number, text.clone());
        }
        if let Some(tcf) = tcf {
            sections.insert(TCF_EU, tcf.encode()?);
        }
        if let Some(national) = us_national {
            sections.insert(US_NATIONAL, national.encode()?);
        }
        if let Some(california) = us_california {
            sections.insert(US_CALIFORNIA, california.encode()?);
        }
        let mut writer = BitWriter::new();
        writer.put(HEADER, 6, "Type")?;
        writer.put(HEADER_VERSION, 6, "Version")?;
        fibonacci::put_all(&mut writer, &sections.keys().copied().collect::<Vec<_>>(), "SectionIds")?;
        let mut text = writer.finish(Padding::Compressed);
        for section in sections.values() {
            text.push('~');
            text.push_str(section);
        }
        Ok(text)
    }

    /// Reads a string. A bare TC string is read as one with that section alone, as the reference package does.
    ///
    /// # Errors
    /// [`SignalError`]; the words hold nothing of the string.
    pub fn decode(text: &str) -> Result<Self, SignalError> {
        if text.starts_with('C') {
            return Ok(Self { tcf: Some(TcString::decode(text)?), ..Self::default() });
        }
        let mut parts = text.split('~');
        let reader = &mut BitReader::new(parts.next().unwrap_or_default())?;
        if reader.take(6, "Type")? != HEADER {
            return Err(SignalError::Undefined("Type"));
        }
        match reader.take(6, "Version")? {
            HEADER_VERSION => {}
            found => return Err(SignalError::Version { of: "GPP header", found }),
        }
        let sections: Vec<&str> = parts.collect();
        let numbers = fibonacci::take_all(reader, sections.len(), "SectionIds")?;
        if numbers.len() != sections.len() {
            return Err(SignalError::Sections);
        }
        let mut string = Self::default();
        for (number, text) in numbers.into_iter().zip(sections) {
            match number {
                TCF_EU => string.tcf = Some(TcString::decode(text)?),
                US_NATIONAL => string.us_national = Some(UsNational::decode(text)?),
                US_CALIFORNIA => string.us_california = Some(UsCalifornia::decode(text)?),
                _ if is_section(text) => {
                    string.other.insert(number, text.to_owned());
                }
                _ => return Err(SignalError::NotBase64Url),
            }
        }
        Ok(string)
    }
}

/// Whether the text can be a section: `1YNN`, or base64url with dots.
fn is_section(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
