//! The IAB's Transparency and Consent string, version 2 as of TCF 2.3 (Tech Lab, "Transparency and Consent String with
//! Global Vendor & CMP List Formats"). Writes and reads what it is given; which purposes are a yes is decided elsewhere.
//!
//! Where the reference package `@iabtcf/core` and the specification differ, what is written here is what both accept.

mod core;
mod letters;
mod moment;
mod publisher;
mod restrictions;
mod vendors;

pub use self::core::{Core, Scope};
pub use letters::Letters;
pub use moment::Deciseconds;
pub use publisher::{CustomPurpose, PublisherTc};
pub use restrictions::{Restriction, Restrictions};
pub use vendors::{VendorId, VendorSet};

use super::SignalError;
use super::bits::{BitReader, BitWriter, Padding};

/// The version of the string's format.
pub const VERSION: u8 = 2;
/// The policy version of TCF 2.3, from which on a string must say which vendors were disclosed.
pub const POLICY_2_3: u8 = 5;

const VENDORS_DISCLOSED: u64 = 1;
const VENDORS_ALLOWED: u64 = 2;
const PUBLISHER_TC: u64 = 3;

/// A whole string: the core segment and those that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcString {
    /// What was asked, by whom, and what was answered.
    pub core: Core,
    /// The vendors that the person was told of; needed from [`POLICY_2_3`] on.
    pub vendors_disclosed: Option<VendorSet>,
    /// The vendors that may use legal bases from outside the framework; no longer used, still read.
    pub vendors_allowed: Option<VendorSet>,
    /// What was answered to the publisher itself: the shop.
    pub publisher: Option<PublisherTc>,
}

impl TcString {
    /// Writes the string: core, disclosed vendors, allowed vendors, publisher.
    ///
    /// # Errors
    /// [`SignalError::TooLarge`] when a number needs more bits than its field has.
    ///
    /// ```
    /// use privacy::signals::tcf::TcString;
    /// let text = "CQdWToAQdWToAAKABBENAwFgAMIAAAAAAAAAF5wAwAAgAIAXmAAAAAAA.IF5wA4AAgAEAAgBeYAAA";
    /// let string = TcString::decode(text)?;
    /// assert_eq!(string.core.policy_version, 5);
    /// assert_eq!(string.encode()?, text);
    /// # Ok::<(), privacy::signals::SignalError>(())
    /// ```
    pub fn encode(&self) -> Result<String, SignalError> {
        let Self { core, vendors_disclosed, vendors_allowed, publisher } = self;
        let mut writer = BitWriter::new();
        core.write(&mut writer)?;
        let mut text = writer.finish(Padding::Traditional);
        let mut segment = |kind: u64, write: &dyn Fn(&mut BitWriter) -> Result<(), SignalError>| {
            let mut writer = BitWriter::new();
            writer.put(kind, 3, "SegmentType")?;
            write(&mut writer)?;
            text.push('.');
            text.push_str(&writer.finish(Padding::Traditional));
            Ok(())
        };
        if let Some(vendors) = vendors_disclosed {
            segment(VENDORS_DISCLOSED, &|writer| vendors.write(writer, "DisclosedVendors"))?;
        }
        if let Some(vendors) = vendors_allowed {
            segment(VENDORS_ALLOWED, &|writer| vendors.write(writer, "AllowedVendors"))?;
        }
        if let Some(publisher) = publisher {
            segment(PUBLISHER_TC, &|writer| publisher.write(writer))?;
        }
        Ok(text)
    }

    /// Reads a string. The core comes first; the other segments in any order, each once.
    ///
    /// Accepts a string of TCF 2.3 without disclosed vendors, since the reference package still writes such for a
    /// single site; [`TcString::is_complete`] tells them apart.
    ///
    /// # Errors
    /// [`SignalError`]; the words hold nothing of the string.
    pub fn decode(text: &str) -> Result<Self, SignalError> {
        let mut segments = text.split('.');
        let core = Core::read(&mut BitReader::new(segments.next().unwrap_or_default())?)?;
        let mut string = Self { core, vendors_disclosed: None, vendors_allowed: None, publisher: None };
        for segment in segments {
            let reader = &mut BitReader::new(segment)?;
            let twice = match reader.take(3, "SegmentType")? {
                VENDORS_DISCLOSED => {
                    let vendors = VendorSet::read(reader, "DisclosedVendors")?;
                    string.vendors_disclosed.replace(vendors).map(|_| "DisclosedVendors")
                }
                VENDORS_ALLOWED => {
                    let vendors = VendorSet::read(reader, "AllowedVendors")?;
                    string.vendors_allowed.replace(vendors).map(|_| "AllowedVendors")
                }
                PUBLISHER_TC => string.publisher.replace(PublisherTc::read(reader)?).map(|_| "PublisherTC"),
                other => return Err(SignalError::Segment(other)),
            };
            if let Some(segment) = twice {
                return Err(SignalError::Twice(segment));
            }
        }
        Ok(string)
    }

    /// Whether it says all that its policy version asks for: from [`POLICY_2_3`] on, which vendors were disclosed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.core.policy_version < POLICY_2_3 || self.vendors_disclosed.is_some()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
pub(crate) mod tests;
