//! Section 8, `usca`: California ("California Privacy Section", version 1). Of its own alone: it says nothing of
//! targeted advertising, which California counts as sharing.

use super::Answer;
use super::answer::{split_section, write_section};
use crate::signals::SignalError;

const VERSION: u64 = 1;

/// The section's fields. For a notice 1 is given, 2 not given; for an opt-out 1 is opted out, 2 not opted out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsCalifornia {
    /// Notice of the opt-out from sale.
    pub sale_opt_out_notice: Answer,
    /// Notice of the opt-out from sharing.
    pub sharing_opt_out_notice: Answer,
    /// Notice of the right to limit the use of sensitive data.
    pub sensitive_data_limit_use_notice: Answer,
    /// The opt-out from sale.
    pub sale_opt_out: Answer,
    /// The opt-out from sharing.
    pub sharing_opt_out: Answer,
    /// Each category of sensitive data, in the specification's order and with its meaning of 1 and 2.
    pub sensitive_data: [Answer; 9],
    /// Data of known children, in the specification's order and with its meaning of 1 and 2.
    pub known_children: [Answer; 2],
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

impl UsCalifornia {
    /// The section of a shop for which no question arises and that is party to no agreement: where to begin.
    pub const NOTHING: Self = Self {
        sale_opt_out_notice: Answer::NotApplicable,
        sharing_opt_out_notice: Answer::NotApplicable,
        sensitive_data_limit_use_notice: Answer::NotApplicable,
        sale_opt_out: Answer::NotApplicable,
        sharing_opt_out: Answer::NotApplicable,
        sensitive_data: [Answer::NotApplicable; 9],
        known_children: [Answer::NotApplicable; 2],
        incompatible_uses: Answer::NotApplicable,
        mspa_covered: Answer::No,
        mspa_opt_out_option: Answer::NotApplicable,
        mspa_service_provider: Answer::NotApplicable,
        gpc: None,
    };

    /// Writes the section.
    ///
    /// # Errors
    /// None; the signature is that of the other sections.
    pub fn encode(&self) -> Result<String, SignalError> {
        let Self {
            sale_opt_out_notice,
            sharing_opt_out_notice,
            sensitive_data_limit_use_notice,
            sale_opt_out,
            sharing_opt_out,
            sensitive_data,
            known_children,
            incompatible_uses,
            mspa_covered,
            mspa_opt_out_option,
            mspa_service_provider,
            gpc,
        } = self;
        let mut answers = vec![
            *sale_opt_out_notice,
            *sharing_opt_out_notice,
            *sensitive_data_limit_use_notice,
            *sale_opt_out,
            *sharing_opt_out,
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
        match reader.take(6, "Version")? {
            VERSION => {}
            found => return Err(SignalError::Version { of: "usca", found }),
        }
        let reader = &mut reader;
        Ok(Self {
            sale_opt_out_notice: Answer::read(reader, "SaleOptOutNotice")?,
            sharing_opt_out_notice: Answer::read(reader, "SharingOptOutNotice")?,
            sensitive_data_limit_use_notice: Answer::read(reader, "SensitiveDataLimitUseNotice")?,
            sale_opt_out: Answer::read(reader, "SaleOptOut")?,
            sharing_opt_out: Answer::read(reader, "SharingOptOut")?,
            sensitive_data: Answer::read_some(reader, 9, "SensitiveDataProcessing")?,
            known_children: Answer::read_some(reader, 2, "KnownChildSensitiveDataConsents")?,
            incompatible_uses: Answer::read(reader, "PersonalDataConsents")?,
            mspa_covered: Answer::read(reader, "MspaCoveredTransaction")?,
            mspa_opt_out_option: Answer::read(reader, "MspaOptOutOptionMode")?,
            mspa_service_provider: Answer::read(reader, "MspaServiceProviderMode")?,
            gpc,
        })
    }
}
