//! Opening what a law obliges the shop to keep: for the tax office's question, a court's, or a complaint about an old
//! order. It is nobody's data any more by any identity, so that no right of access reaches it; whoever works for the shop
//! may open it, and says why each time.

use jiff::Timestamp;

use super::{DisclosedRow, RightsError};
use crate::audit::{Author, Entry};
use crate::data::Kind;
use crate::grant::open_row;
use crate::store::{RightsTx, StoredRow};
use crate::subject::Subject;
use crate::vault::Vault;

/// The action under which an opening stands in the audit log.
const ACTION: &str = "kept.open";

/// Writes the audit entry, with the reason as its task, then opens rows of one archive. The entry's number comes with
/// them.
///
/// The reason must name nobody: the log refuses what looks like an address or a number that belongs to somebody.
///
/// # Errors
/// [`RightsError`] when the entry can't be written, or a row doesn't open.
pub fn open_archive(
    tx: &dyn RightsTx,
    vault: &Vault,
    archive: &Subject,
    rows: &[(Kind, StoredRow)],
    (author, reason): (Author, &str),
    now: Timestamp,
) -> Result<(u64, Vec<DisclosedRow>), RightsError> {
    let mut kinds: Vec<&str> = rows.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.dedup();
    let entry = tx.record(Entry {
        seq: 0,
        at: now,
        action: ACTION.to_owned(),
        author,
        task: Some(reason.to_owned()),
        purpose: None,
        kind: Some(kinds.join(", ")),
        subject: Some(vault.tag(archive)?),
        count: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        bundle: None,
        detail: None,
    })?;
    let opened = rows.iter().map(|(kind, row)| {
        let plain = open_row(vault, archive, *kind, row)?;
        let value = serde_json::from_slice(&plain).map_err(|_| RightsError::Form(*kind))?;
        Ok(DisclosedRow { id: row.id, day: row.day, value })
    });
    Ok((entry, opened.collect::<Result<_, RightsError>>()?))
}
