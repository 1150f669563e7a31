//! Publisher restrictions: what a publisher forbids a vendor whatever the person answered. A restriction of nobody
//! must not be kept, since no string can tell it from none.

use std::collections::BTreeMap;

use super::vendors::{VendorId, VendorSet};
use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter};

const FIELD: &str = "PubRestrictions";

/// What is restricted. The fourth value that two bits could hold is undefined, and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Restriction {
    /// The vendor may not pursue the purpose.
    NotAllowed,
    /// It needs consent, whatever basis it has registered.
    RequireConsent,
    /// It needs legitimate interests, whatever basis it has registered.
    RequireLegitimateInterest,
}

impl Restriction {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::NotAllowed, Self::RequireConsent, Self::RequireLegitimateInterest];

    /// The specification's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::NotAllowed => 0,
            Self::RequireConsent => 1,
            Self::RequireLegitimateInterest => 2,
        }
    }
}

/// The restrictions of a string, by purpose and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restrictions(BTreeMap<(u8, Restriction), VendorSet>);

impl Restrictions {
    /// No restriction.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Restricts a vendor. The purpose is a number from 1 to 63.
    pub fn restrict(&mut self, purpose: u8, restriction: Restriction, vendor: VendorId) {
        self.0.entry((purpose, restriction)).or_default().insert(vendor);
    }

    /// Each purpose and restriction with the vendors that it binds.
    pub fn iter(&self) -> impl Iterator<Item = (u8, Restriction, &VendorSet)> {
        self.0.iter().map(|((purpose, restriction), vendors)| (*purpose, *restriction, vendors))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(&self, writer: &mut BitWriter) -> Result<(), SignalError> {
        writer.put(self.0.len() as u64, 12, FIELD)?;
        for (purpose, restriction, vendors) in self.iter() {
            if purpose == 0 {
                return Err(SignalError::Undefined(FIELD));
            }
            writer.put(purpose.into(), 6, FIELD)?;
            writer.put(restriction.number().into(), 2, FIELD)?;
            vendors.write_as_ranges(writer, FIELD)?;
        }
        Ok(())
    }

    pub(super) fn read(reader: &mut BitReader) -> Result<Self, SignalError> {
        let mut restrictions = Self::new();
        for _ in 0..reader.take(12, FIELD)? {
            let purpose = reader.byte(6, FIELD)?;
            let number = reader.byte(2, FIELD)?;
            let restriction = Restriction::ALL.into_iter().find(|kind| kind.number() == number);
            let restriction = restriction.filter(|_| purpose > 0).ok_or(SignalError::Undefined(FIELD))?;
            let vendors = VendorSet::read_ranges(reader, FIELD)?;
            if !vendors.is_empty() {
                let known = restrictions.0.entry((purpose, restriction)).or_default();
                vendors.ranges().into_iter().for_each(|(first, last)| known.insert_range(first, last));
            }
        }
        Ok(restrictions)
    }
}
