//! Receipts: what was decided, as a signed document for the person. The ledger is what counts; a receipt only says
//! what stands in it, and names the person by a pseudonym.

use jiff::Timestamp;
use privacy::audit::leaf_hash;
use privacy::consent::{ConsentRecord, LedgerEntry, Receipt, ReceiptError};
use privacy::entropy::draw;
use privacy::grant::ReadError;
use privacy::purpose::Service;
use privacy::subject::Subject;
use privacy::vault::VaultError;
use serde_json::Value;
use store::Snapshot;

use super::ChoiceError;
use crate::app::App;

/// The signed receipt for one decision, the entry `seq` of this person's ledger.
///
/// # Errors
/// [`ChoiceError::Receipt`] when the notice that the decision names doesn't declare the purpose; [`ChoiceError::Read`]
/// when randomness failed.
pub fn receipt(
    app: &App,
    subject: &Subject,
    seq: u64,
    record: &ConsentRecord,
    now: Timestamp,
) -> Result<Value, ChoiceError> {
    let notices = &app.store.law().notices;
    let unknown = || ReceiptError::UnknownPurpose(record.purpose.clone());
    let notice = notices.at(record.notice).ok_or_else(unknown)?;
    let principal = hex(app.vault().pseudonym::<Service>(subject).as_bytes());
    let mut record_id = [0; 16];
    // Each time the same for the same decision, and nothing to anybody without the pseudonym's key.
    let name = leaf_hash(format!("consent record {principal} {seq}").as_bytes());
    for (to, from) in record_id.iter_mut().zip(name.0) {
        *to = from;
    }
    let receipt_id =
        draw(app.entropy.as_ref()).map_err(|error| ReadError::Vault(VaultError::Entropy(error)))?;
    Ok(Receipt::new(record, notice, &principal, record_id, receipt_id, now)?.sign(app.store.signing_key())?)
}

/// The receipts for every decision of a person, oldest first.
///
/// # Errors
/// As [`receipt`], and when the ledger can't be read.
pub fn receipts(
    app: &App,
    tx: &Snapshot<'_>,
    subject: &Subject,
    now: Timestamp,
) -> Result<Vec<Value>, ChoiceError> {
    let mut all = Vec::new();
    for (seq, entry, _) in tx.ledger_entries(subject)? {
        match entry {
            LedgerEntry::Consent(record) => all.push(receipt(app, subject, seq, &record, now)?),
            LedgerEntry::Objected { .. }
            | LedgerEntry::ObjectionLifted { .. }
            | LedgerEntry::Restricted { .. }
            | LedgerEntry::RestrictionLifted { .. } => {}
        }
    }
    Ok(all)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
