//! What the operator states about a file that says nothing of consent: on which legal basis its data is held, and for
//! what. Without a statement nothing of it may be looked at.

use jiff::Timestamp;
use privacy::purpose::LegalBasis;
use privacy::register::Register;
use privacy::signals::Gpc;

use super::basis::Basis;
use crate::intake::claims::Claims;
use crate::intake::row::Row;
use crate::intake::segment::{Call, Event, Message};
use crate::intake::stamps::{Admission, Meant, Stamps};

/// What the operator stated, as every event of the file carries it.
pub(super) struct Statement {
    stated: Option<(Stamps, Meant)>,
}

impl Statement {
    pub(super) fn new(basis: Option<&Basis>, register: &Register) -> Self {
        let stated = basis.map(|basis| {
            let consented = basis.basis == LegalBasis::Consent;
            (Stamps::of(&basis.purposes, register), if consented { Meant::Attested } else { Meant::Stamped })
        });
        Self { stated }
    }

    #[cfg(test)]
    pub(super) fn for_tests(basis: Option<&Basis>, register: &Register) -> Self {
        Self::new(basis, register)
    }

    /// An event of the file; without a legal basis it is refused before anything looks at it.
    pub(super) fn event(
        &self,
        claims: Claims,
        message: String,
        at: Timestamp,
        row: Row,
    ) -> Result<Event, &'static str> {
        let (stamps, meant) = self.stated.ok_or("no_legal_basis")?;
        Ok(Event {
            call: Call::Track,
            claims,
            message: Message::Said(message),
            at,
            rows: vec![row],
            unfit: None,
            stamps: (meant == Meant::Attested).then_some(stamps),
            admission: Admission::Stated(stamps),
            meant,
            unknown_categories: 0,
            language: None,
            opt_out: Gpc::Silent,
        })
    }
}
