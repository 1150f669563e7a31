//! The segment `PublisherTC`: what the person answered to the publisher itself, for the framework's purposes and for
//! purposes of its own.

use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter};

/// The answers to the publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherTc {
    /// Consents to purposes 1 to 24 (`PubPurposesConsent`).
    pub consents: [bool; 24],
    /// Purposes 1 to 24 for which legitimate interests were disclosed and not objected to.
    pub legitimate_interests: [bool; 24],
    /// Purposes of the publisher's own, 63 at most.
    pub custom: Vec<CustomPurpose>,
}

/// The answers about one of the publisher's own purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomPurpose {
    /// The person consented.
    pub consent: bool,
    /// Legitimate interests were disclosed and not objected to.
    pub legitimate_interest: bool,
}

impl PublisherTc {
    pub(super) fn write(&self, writer: &mut BitWriter) -> Result<(), SignalError> {
        let Self { consents, legitimate_interests, custom } = self;
        writer.flags(consents);
        writer.flags(legitimate_interests);
        writer.put(custom.len() as u64, 6, "NumCustomPurposes")?;
        custom.iter().for_each(|purpose| writer.flag(purpose.consent));
        custom.iter().for_each(|purpose| writer.flag(purpose.legitimate_interest));
        Ok(())
    }

    pub(super) fn read(reader: &mut BitReader) -> Result<Self, SignalError> {
        let consents = reader.flags("PubPurposesConsent")?;
        let legitimate_interests = reader.flags("PubPurposesLITransparency")?;
        let mut custom = Vec::new();
        for _ in 0..reader.take(6, "NumCustomPurposes")? {
            let consent = reader.flag("CustomPurposesConsent")?;
            custom.push(CustomPurpose { consent, legitimate_interest: false });
        }
        for purpose in &mut custom {
            purpose.legitimate_interest = reader.flag("CustomPurposesLITransparency")?;
        }
        Ok(Self { consents, legitimate_interests, custom })
    }
}
