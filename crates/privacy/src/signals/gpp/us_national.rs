//! Section 7, `usnat`: the United States as a whole ("US National Section", version 2.0 of August 2024). Version 1, with
//! fewer sensitive categories, is read and becomes version 2, in which the questions it didn't know don't arise.

use super::Answer;
use super::answer::{split_section, write_section};
use crate::signals::SignalError;

const VERSION: u64 = 2;

/// The section's fields. For a notice 1 is given, 2 not given; for an opt-out 1 is opted out, 2 not opted out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsNational {
    /// Notice of what is processed and shared.
    pub sharing_notice: Answer,
    /// Notice of the opt-out from sale.
    pub sale_opt_out_notice: Answer,
    /// Notice of the opt-out from sharing.
    pub sharing_opt_out_notice: Answer,
    /// Notice of the opt-out from targeted advertising.
    pub targeted_advertising_opt_out_notice: Answer,
    /// Notice of the opt-out from the use of sensitive data.
    pub sensitive_data_opt_out_notice: Answer,
    /// Notice of the right to limit the use of sensitive data.
    pub sensitive_data_limit_use_notice: Answer,
    /// The opt-out from sale.
    pub sale_opt_out: Answer,
    /// The opt-out from sharing.
    pub sharing_opt_out: Answer,
    /// The opt-out from targeted advertising.
    pub targeted_advertising_opt_out: Answer,
    /// Each category of sensitive data, in the specification's order and with its meaning of 1 and 2.
    pub sensitive_data: [Answer; 16],
    /// Data of known children, in the specification's order and with its meaning of 1 and 2.
    pub known_children: [Answer; 3],
    /// Uses that don't go with the purpose of collection: the specification's 1 and 2.
    pub incompatible_uses: Answer,
    /// Whether the transaction is covered by the Multi-State Privacy Agreement: 1 yes, 2 no. Readers refuse 0.
    pub mspa_covered: Answer,
    /// That agreement's opt-out option mode.
    pub mspa_opt_out_option: Answer,
    /// That agreement's service provider mode.
    pub mspa_service_provider: Answer,
    /// What the browser's Global Privacy Control said; `None` without that segment.
    pub gpc: Option<bool>,
}

impl UsNational {
    /// The section of a shop for which no question arises and that is party to no agreement: where to begin.
    pub const NOTHING: Self = Self {
        sharing_notice: Answer::NotApplicable,
        sale_opt_out_notice: Answer::NotApplicable,
        sharing_opt_out_notice: Answer::NotApplicable,
        targeted_advertising_opt_out_notice: Answer::NotApplicable,
        sensitive_data_opt_out_notice: Answer::NotApplicable,
        sensitive_data_limit_use_notice: Answer::NotApplicable,
        sale_opt_out: Answer::NotApplicable,
        sharing_opt_out: Answer::NotApplicable,
        targeted_advertising_opt_out: Answer::NotApplicable,
        sensitive_data: [Answer::NotApplicable; 16],
        known_children: [Answer::NotApplicable; 3],
        incompatible_uses: Answer::NotApplicable,
        mspa_covered: Answer::No,
        mspa_opt_out_option: Answer::NotApplicable,
        mspa_service_provider: Answer::NotApplicable,
        gpc: None,
    };

    /// Writes the section, in version 2.
    ///
    /// # Errors
    /// None; the signature is that of the other sections.
    pub fn encode(&self) -> Result<String, SignalError> {
        let Self {
            sharing_notice,
            sale_opt_out_notice,
            sharing_opt_out_notice,
            targeted_advertising_opt_out_notice,
            sensitive_data_opt_out_notice,
            sensitive_data_limit_use_notice,
            sale_opt_out,
            sharing_opt_out,
            targeted_advertising_opt_out,
            sensitive_data,
            known_children,
            incompatible_uses,
            mspa_covered,
            mspa_opt_out_option,
            mspa_service_provider,
            gpc,
        } = self;
        let mut answers = vec![
            *sharing_notice,
            *sale_opt_out_notice,
            *sharing_opt_out_notice,
            *targeted_advertising_opt_out_notice,
            *sensitive_data_opt_out_notice,
            *sensitive_data_limit_use_notice,
            *sale_opt_out,
            *sharing_opt_out,
            *targeted_advertising_opt_out,
        ];
        answers.extend(sensitive_data);
        answers.extend(known_children);
        answers.extend([*incompatible_uses, *mspa_covered, *mspa_opt_out_option, *mspa_service_provider]);
        write_section(VERSION, &answers, *gpc)
    }

    /// Reads the section.
    ///
    /// # Errors
    /// [`SignalError`].
    pub fn decode(text: &str) -> Result<Self, SignalError> {
        let (mut reader, gpc) = split_section(text)?;
        let (sensitive, children) = match reader.take(6, "Version")? {
            1 => (12, 2),
            VERSION => (16, 3),
            found => return Err(SignalError::Version { of: "usnat", found }),
        };
        let reader = &mut reader;
        Ok(Self {
            sharing_notice: Answer::read(reader, "SharingNotice")?,
            sale_opt_out_notice: Answer::read(reader, "SaleOptOutNotice")?,
            sharing_opt_out_notice: Answer::read(reader, "SharingOptOutNotice")?,
            targeted_advertising_opt_out_notice: Answer::read(reader, "TargetedAdvertisingOptOutNotice")?,
            sensitive_data_opt_out_notice: Answer::read(reader, "SensitiveDataProcessingOptOutNotice")?,
            sensitive_data_limit_use_notice: Answer::read(reader, "SensitiveDataLimitUseNotice")?,
            sale_opt_out: Answer::read(reader, "SaleOptOut")?,
            sharing_opt_out: Answer::read(reader, "SharingOptOut")?,
            targeted_advertising_opt_out: Answer::read(reader, "TargetedAdvertisingOptOut")?,
            sensitive_data: Answer::read_some(reader, sensitive, "SensitiveDataProcessing")?,
            known_children: Answer::read_some(reader, children, "KnownChildSensitiveDataConsents")?,
            incompatible_uses: Answer::read(reader, "PersonalDataConsents")?,
            mspa_covered: Answer::read(reader, "MspaCoveredTransaction")?,
            mspa_opt_out_option: Answer::read(reader, "MspaOptOutOptionMode")?,
            mspa_service_provider: Answer::read(reader, "MspaServiceProviderMode")?,
            gpc,
        })
    }
}
