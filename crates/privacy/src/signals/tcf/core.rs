//! The core segment, field by field in the specification's order.

use super::{Deciseconds, Letters, Restrictions, VERSION, VendorSet};
use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter};

/// For which sites a string speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For this site or group of sites alone; the only one that policies still allow.
    Service,
    /// For the whole web, as before June 2021.
    Global,
}

/// The core segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// When it was made.
    pub created: Deciseconds,
    /// When it was last changed; since TCF 2.2 the same as `created`.
    pub last_updated: Deciseconds,
    /// Who asked: a registered consent management platform, 12 bits. Readers refuse 0 and 1.
    pub cmp_id: u16,
    /// Its version, 12 bits.
    pub cmp_version: u16,
    /// The screen on which the answer was given, 6 bits.
    pub consent_screen: u8,
    /// The language of the question.
    pub consent_language: Letters,
    /// The version of the Global Vendor List, 12 bits.
    pub vendor_list_version: u16,
    /// The version of the policies, 6 bits.
    pub policy_version: u8,
    /// For which sites it speaks.
    pub scope: Scope,
    /// Whether texts other than the framework's were shown.
    pub non_standard_texts: bool,
    /// Special features 1 to 12 that the person allowed.
    pub special_features: [bool; 12],
    /// Purposes 1 to 24 that the person consented to.
    pub purpose_consents: [bool; 24],
    /// Purposes 1 to 24 for which legitimate interests were disclosed and not objected to.
    pub purpose_legitimate_interests: [bool; 24],
    /// Whether purpose 1 was not asked about at all.
    pub purpose_one_not_disclosed: bool,
    /// The publisher's country.
    pub publisher_country: Letters,
    /// Vendors that the person consented to.
    pub vendor_consents: VendorSet,
    /// Vendors whose legitimate interests were disclosed and not objected to.
    pub vendor_legitimate_interests: VendorSet,
    /// What the publisher forbids whatever was answered.
    pub restrictions: Restrictions,
}

impl Core {
    pub(super) fn write(&self, writer: &mut BitWriter) -> Result<(), SignalError> {
        let Self {
            created,
            last_updated,
            cmp_id,
            cmp_version,
            consent_screen,
            consent_language,
            vendor_list_version,
            policy_version,
            scope,
            non_standard_texts,
            special_features,
            purpose_consents,
            purpose_legitimate_interests,
            purpose_one_not_disclosed,
            publisher_country,
            vendor_consents,
            vendor_legitimate_interests,
            restrictions,
        } = self;
        writer.put(VERSION.into(), 6, "Version")?;
        writer.put(created.0, 36, "Created")?;
        writer.put(last_updated.0, 36, "LastUpdated")?;
        writer.put((*cmp_id).into(), 12, "CmpId")?;
        writer.put((*cmp_version).into(), 12, "CmpVersion")?;
        writer.put((*consent_screen).into(), 6, "ConsentScreen")?;
        consent_language.write(writer, "ConsentLanguage")?;
        writer.put((*vendor_list_version).into(), 12, "VendorListVersion")?;
        writer.put((*policy_version).into(), 6, "TcfPolicyVersion")?;
        writer.flag(*scope == Scope::Service);
        writer.flag(*non_standard_texts);
        writer.flags(special_features);
        writer.flags(purpose_consents);
        writer.flags(purpose_legitimate_interests);
        writer.flag(*purpose_one_not_disclosed);
        publisher_country.write(writer, "PublisherCC")?;
        vendor_consents.write(writer, "VendorConsents")?;
        vendor_legitimate_interests.write(writer, "VendorLegitimateInterests")?;
        restrictions.write(writer)
    }

    pub(super) fn read(reader: &mut BitReader) -> Result<Self, SignalError> {
        let found = reader.take(6, "Version")?;
        if found != u64::from(VERSION) {
            return Err(SignalError::Version { of: "TC string", found });
        }
        Ok(Self {
            created: Deciseconds(reader.take(36, "Created")?),
            last_updated: Deciseconds(reader.take(36, "LastUpdated")?),
            cmp_id: reader.short(12, "CmpId")?,
            cmp_version: reader.short(12, "CmpVersion")?,
            consent_screen: reader.byte(6, "ConsentScreen")?,
            consent_language: Letters::read(reader, "ConsentLanguage")?,
            vendor_list_version: reader.short(12, "VendorListVersion")?,
            policy_version: reader.byte(6, "TcfPolicyVersion")?,
            scope: if reader.flag("IsServiceSpecific")? { Scope::Service } else { Scope::Global },
            non_standard_texts: reader.flag("UseNonStandardTexts")?,
            special_features: reader.flags("SpecialFeatureOptIns")?,
            purpose_consents: reader.flags("PurposesConsent")?,
            purpose_legitimate_interests: reader.flags("PurposesLITransparency")?,
            purpose_one_not_disclosed: reader.flag("PurposeOneTreatment")?,
            publisher_country: Letters::read(reader, "PublisherCC")?,
            vendor_consents: VendorSet::read(reader, "VendorConsents")?,
            vendor_legitimate_interests: VendorSet::read(reader, "VendorLegitimateInterests")?,
            restrictions: Restrictions::read(reader)?,
        })
    }
}
