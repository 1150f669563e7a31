//! What of a person's data may still be kept: the kinds, how long, and which fields, by the purposes that are permitted
//! now. What no purpose declares any more is cut out of the rows and the rest is sealed anew; nothing opened here may
//! leave but sealed.

mod law;

pub use law::{Kept, KeptBy, Outlived};

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::audit::Opening;
use crate::consent::{LedgerState, Refusal};
use crate::data::{
    BrowsingHistory, CartHistory, Contact, DataKind, DeclaredEvents, DeviceTraces, Feedback, Kind,
    PurchaseHistory, SentOffers, ShownItems,
};
use crate::entropy::Entropy;
use crate::grant::{RECORDS, ReadError, open_row};
use crate::projection::Narrow as _;
use crate::purpose::PurposeId;
use crate::register::{Declaration, Fields};
use crate::store::{Day, Law, NewRow, StoredRow, Tx};
use crate::subject::Subject;
use crate::vault::{Place, Vault};

/// What the machine's openings for this are called in the audit log.
const PURPOSE: &str = "minimisation";

/// What may be kept of one person's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping<'law> {
    today: Day,
    purposes: BTreeMap<&'law PurposeId, &'law Declaration>,
}

/// What is left of a row of which something must go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// This, sealed anew in its place.
    Rest(NewRow),
    /// Nothing: the row of this name goes.
    Nothing([u8; 16]),
}

impl<'law> Keeping<'law> {
    /// What the ledger lets a shop keep now. A person with a restriction keeps everything until it is lifted: ask for
    /// that first.
    #[must_use]
    pub fn of(law: &'law Law, state: &LedgerState, now: Timestamp) -> Self {
        let mut purposes = BTreeMap::new();
        for (purpose, declaration) in &law.register.purposes {
            match state.permit(purpose, &law.register, &law.notices, now) {
                Ok(()) => {
                    purposes.insert(purpose, declaration);
                }
                // The yes to an older notice still covers what that notice said; only the wider use must be asked for.
                Err(Refusal::StaleNotice(_)) => {
                    let agreed = state.consent(purpose.as_str()).and_then(|one| law.notices.at(one.notice));
                    if let Some(agreed) = agreed.and_then(|register| register.purpose(purpose.as_str())) {
                        purposes.insert(purpose, agreed);
                    }
                }
                Err(
                    Refusal::UnknownSubject
                    | Refusal::UnknownPurpose(_)
                    | Refusal::UndeclaredKind { .. }
                    | Refusal::NoConsent { .. }
                    | Refusal::ConsentExpired(_)
                    | Refusal::NotExplicit(_)
                    | Refusal::Objected(_)
                    | Refusal::Restricted
                    | Refusal::Unproven
                    | Refusal::OptOutSignal(_),
                ) => {}
            }
        }
        Self { today: Day::of(now), purposes }
    }

    /// The same purposes on another day.
    #[must_use]
    pub fn on(&self, day: Day) -> Self {
        Self { today: day, purposes: self.purposes.clone() }
    }

    /// For how many days rows of this kind may be kept; `None` if not at all.
    #[must_use]
    pub fn days(&self, kind: Kind) -> Option<u32> {
        let declaring = self.purposes.values().filter(|one| one.data.contains_key(&kind));
        declaring.map(|one| one.retention_days).max()
    }

    /// Which fields of a row of this day may be kept: those of the purposes that keep rows for so long.
    #[must_use]
    pub fn fields(&self, kind: Kind, day: Day) -> Option<Fields> {
        let within = self.purposes.values().filter(|one| day >= self.today.minus(one.retention_days));
        let declared = within.filter_map(|one| one.data.get(&kind));
        declared.fold(None, |known, fields| {
            Some(known.map_or_else(|| fields.clone(), |other: Fields| other.union(fields)))
        })
    }

    /// Whether everything that `before` let the shop keep may still be kept.
    #[must_use]
    pub fn covers(&self, before: &Self) -> bool {
        before.purposes.iter().all(|(purpose, declaration)| self.purposes.get(purpose) == Some(declaration))
    }

    /// The rows of a kind that hold what no purpose declares any more, each with what is left of it. The opening is
    /// noted for the audit log.
    ///
    /// # Errors
    /// [`ReadError`] when a row can't be read, opened or sealed.
    pub fn cut(
        &self,
        tx: &dyn Tx,
        subject: &Subject,
        kind: Kind,
        vault: &Vault,
        entropy: &dyn Entropy,
    ) -> Result<Vec<Cut>, ReadError> {
        let (mut cuts, mut opened) = (Vec::new(), 0);
        for row in tx.rows(subject, kind, Day(i32::MIN))? {
            let fields = self.fields(kind, row.day);
            let cut = match &fields {
                Some(Fields::All) => continue,
                Some(fields @ Fields::Only(_)) => {
                    opened += 1;
                    cut_row(subject, kind, &row, fields, vault, entropy)?
                }
                None => Some(Cut::Nothing(row.id)),
            };
            cuts.extend(cut);
        }
        if opened > 0 {
            tx.note_opening(Opening {
                subject: vault.tag(subject)?,
                purpose: PURPOSE.to_owned(),
                kind: kind.to_string(),
                part: "consent".to_owned(),
                count: opened,
            });
        }
        Ok(cuts)
    }
}

fn cut_row(
    subject: &Subject,
    kind: Kind,
    row: &StoredRow,
    fields: &Fields,
    vault: &Vault,
    entropy: &dyn Entropy,
) -> Result<Option<Cut>, ReadError> {
    let plain = open_row(vault, subject, kind, row)?;
    let rest = match left_of(kind, &plain, fields).map_err(|_| ReadError::Form(kind))? {
        Left::Whole => return Ok(None),
        Left::Nothing => return Ok(Some(Cut::Nothing(row.id))),
        Left::Rest(rest) => rest,
    };
    let place = Place { table: RECORDS, column: kind.as_str(), row: &row.id };
    let sealed = vault.seal(subject, place, &rest, entropy)?;
    Ok(Some(Cut::Rest(NewRow::new(*subject, kind, row.id, row.day, sealed))))
}

/// What of a row may be kept.
enum Left {
    Whole,
    Rest(Zeroizing<Vec<u8>>),
    Nothing,
}

fn left_of(kind: Kind, plain: &[u8], fields: &Fields) -> Result<Left, serde_json::Error> {
    match kind {
        Kind::Contact => left::<Contact>(plain, fields),
        Kind::BrowsingHistory => left::<BrowsingHistory>(plain, fields),
        Kind::CartHistory => left::<CartHistory>(plain, fields),
        Kind::PurchaseHistory => left::<PurchaseHistory>(plain, fields),
        Kind::DeviceTraces => left::<DeviceTraces>(plain, fields),
        Kind::Feedback => left::<Feedback>(plain, fields),
        Kind::ShownItems => left::<ShownItems>(plain, fields),
        Kind::SentOffers => left::<SentOffers>(plain, fields),
        Kind::DeclaredEvents => left::<DeclaredEvents>(plain, fields),
    }
}

fn left<K: DataKind>(plain: &[u8], fields: &Fields) -> Result<Left, serde_json::Error> {
    let row: K::Row = serde_json::from_slice(plain)?;
    Ok(match row.narrow(fields) {
        Some(Cow::Borrowed(_)) => Left::Whole,
        Some(Cow::Owned(rest)) => Left::Rest(Zeroizing::new(serde_json::to_vec(&rest)?)),
        None => Left::Nothing,
    })
}
