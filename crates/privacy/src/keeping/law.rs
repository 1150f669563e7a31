//! What a law obliges the shop to keep when no purpose keeps it any more, by an erasure or because its time has run out:
//! reduced to what the law asks for, and sealed for an archive that no identity leads to.
//!
//! Nothing opened here may leave but sealed.

use zeroize::Zeroizing;

use super::{Keeping, Left, left_of};
use crate::audit::Opening;
use crate::data::{Kind, OrderAction, Ordered};
use crate::entropy::Entropy;
use crate::grant::{ReadError, open_row, seal_row};
use crate::pseudonym::BlindIndex;
use crate::register::{Fields, LegalHold};
use crate::rights::{Retained, RightsError};
use crate::store::{Day, NewRow, StoredRow, Tx};
use crate::subject::Subject;
use crate::vault::{Vault, VaultError};

/// What the machine's openings for this are called in the audit log.
const PURPOSE: &str = "kept_by_law";

/// What the shop can find again what a law keeps by: nothing that leads to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy<'a> {
    /// The shop's number of the order.
    Order(&'a str),
    /// The id of the certificate of the erasure.
    Certificate(&'a str),
}

impl KeptBy<'_> {
    /// The keyed name under which it is found.
    #[must_use]
    pub fn index(self, vault: &Vault) -> BlindIndex {
        match self {
            Self::Order(number) => vault.message_index(&format!("kept order {}", number.trim())),
            Self::Certificate(id) => vault.message_index(&format!("kept certificate {}", id.trim())),
        }
    }
}

/// What a law keeps of one row, opened and on its way into an archive.
pub struct Outlived {
    kind: Kind,
    row: [u8; 16],
    day: Day,
    plain: Zeroizing<Vec<u8>>,
    law: String,
    until: Day,
}

impl std::fmt::Debug for Outlived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outlived(..)")
    }
}

/// Why a row couldn't be read.
pub(crate) enum Unread {
    Vault(VaultError),
    Form(Kind),
}

impl From<VaultError> for Unread {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<Unread> for ReadError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Vault(error) => Self::Vault(error),
            Unread::Form(kind) => Self::Form(kind),
        }
    }
}

impl From<Unread> for RightsError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Vault(error) => Self::Vault(error),
            Unread::Form(kind) => Self::Form(kind),
        }
    }
}

/// A row for the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Sealed for the archive. The same row gets the same name, whenever and for whichever archive it is sealed.
    pub row: NewRow,
    /// Which law keeps it, and until when.
    pub retained: Retained,
    /// The keyed name of its order.
    pub order: Option<BlindIndex>,
}

impl Outlived {
    /// What a law keeps of a person's row; `None` if none does, or no longer.
    pub(crate) fn of(
        vault: &Vault,
        subject: &Subject,
        kind: Kind,
        stored: &StoredRow,
        holds: &[LegalHold],
        today: Day,
    ) -> Result<Option<Self>, Unread> {
        let Some(hold) = hold_on(holds, kind) else { return Ok(None) };
        let until = stored.day.plus(hold.keep_days);
        if until <= today {
            return Ok(None);
        }
        let whole = open_row(vault, subject, kind, stored)?;
        let plain = invoice(kind, &whole).map_err(|_| Unread::Form(kind))?;
        let row = stored.id;
        Ok(plain.map(|plain| Self { kind, row, day: stored.day, plain, law: hold.law.clone(), until }))
    }

    /// Which law keeps it, and until when.
    #[must_use]
    pub fn retained(&self) -> Retained {
        Retained { kind: self.kind, law: self.law.clone(), count: 1, until: self.until }
    }

    /// The kind and the name that the row has in every archive.
    #[must_use]
    pub fn name(&self, vault: &Vault) -> (Kind, BlindIndex) {
        (self.kind, vault.message_index(&self.message()))
    }

    fn message(&self) -> String {
        format!("retained {:?}", self.row)
    }

    /// Seals it for `archive`, a subject that no identity leads to.
    ///
    /// # Errors
    /// [`VaultError`] when it can't be sealed.
    pub fn seal(&self, archive: &Subject, vault: &Vault, entropy: &dyn Entropy) -> Result<Kept, VaultError> {
        let Self { kind, row: _, day, plain, law: _, until: _ } = self;
        let row = seal_row(vault, archive, *kind, plain, &self.message(), *day, entropy)?;
        let number = match kind {
            Kind::PurchaseHistory => serde_json::from_slice::<Ordered>(plain).ok().map(|one| one.order),
            Kind::Contact
            | Kind::BrowsingHistory
            | Kind::CartHistory
            | Kind::DeviceTraces
            | Kind::Feedback
            | Kind::ShownItems
            | Kind::SentOffers
            | Kind::DeclaredEvents => None,
        };
        let order = number.map(|number| KeptBy::Order(&number).index(vault));
        Ok(Kept { row, retained: self.retained(), order })
    }
}

impl Keeping<'_> {
    /// The rows of which something would go, for want of a purpose, that a law keeps. The opening is noted for the audit
    /// log.
    ///
    /// # Errors
    /// [`ReadError`] when a row can't be read or opened.
    pub fn outlived(
        &self,
        tx: &dyn Tx,
        subject: &Subject,
        holds: &[LegalHold],
        vault: &Vault,
    ) -> Result<Vec<Outlived>, ReadError> {
        let mut kept = Vec::new();
        for kind in Kind::ALL.iter().filter(|kind| hold_on(holds, **kind).is_some()) {
            let mut opened = 0;
            for row in tx.rows(subject, *kind, Day(i32::MIN))? {
                let fields = self.fields(*kind, row.day);
                if fields == Some(Fields::All) {
                    continue;
                }
                let Some(one) = Outlived::of(vault, subject, *kind, &row, holds, self.today)? else {
                    continue;
                };
                opened += 1;
                if loses(*kind, &one.plain, fields.as_ref()).map_err(|_| ReadError::Form(*kind))? {
                    kept.push(one);
                }
            }
            if opened > 0 {
                tx.note_opening(Opening {
                    subject: vault.tag(subject)?,
                    purpose: PURPOSE.to_owned(),
                    kind: kind.to_string(),
                    part: "retention".to_owned(),
                    count: opened,
                });
            }
        }
        Ok(kept)
    }
}

/// Whether cutting a row to these fields takes anything from what the law keeps of it.
fn loses(kind: Kind, kept: &[u8], fields: Option<&Fields>) -> Result<bool, serde_json::Error> {
    let Some(fields) = fields else { return Ok(true) };
    Ok(match left_of(kind, kept, fields)? {
        Left::Whole => false,
        Left::Rest(_) | Left::Nothing => true,
    })
}

/// Of two laws about one kind, the one that asks for longer.
fn hold_on(holds: &[LegalHold], kind: Kind) -> Option<&LegalHold> {
    holds.iter().filter(|hold| hold.kind == kind).max_by_key(|hold| hold.keep_days)
}

/// What the law asks for: of an order the number, day, lines and amounts, neither notes nor coupons, and nothing of an
/// order that was called off; of other kinds the whole row.
fn invoice(kind: Kind, plain: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, serde_json::Error> {
    if kind != Kind::PurchaseHistory {
        return Ok(Some(Zeroizing::new(plain.to_vec())));
    }
    let Ordered { at, action, order, mut lines, total_minor, currency, coupon: _, country } =
        serde_json::from_slice(plain)?;
    match action {
        OrderAction::Placed | OrderAction::Updated | OrderAction::Refunded => {}
        OrderAction::Cancelled => return Ok(None),
    }
    for line in &mut lines {
        line.note = None;
    }
    let kept = Ordered { at, action, order, lines, total_minor, currency, coupon: None, country };
    serde_json::to_vec(&kept).map(|plain| Some(Zeroizing::new(plain)))
}
