//! Whether a keystore opens with the epoch keys at hand: one wrapped key of each epoch is tried. Changes nothing, and
//! must never keep a key that it opened.

use privacy::entropy::Entropy;
use privacy::store::StoreError;
use privacy::subject::Subject;
use privacy::vault::{Epoch, Vault, VaultError, WrappedKey};
use rusqlite::Connection;

use crate::error::sql;
use crate::write_tx::vault_error;

/// An epoch whose keys don't open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// The epoch's own key is not there.
    Missing(Epoch),
    /// The epoch's own key is there, and another one wrapped them.
    Foreign(Epoch),
}

/// The epochs that the keystore names and whose keys don't open; none where all is well.
pub(crate) fn shut_epochs(
    keystore: &Connection,
    vault: &Vault,
    entropy: &dyn Entropy,
) -> Result<Vec<Shut>, StoreError> {
    let mut shut = Vec::new();
    for (subject, key) in samples(keystore)? {
        // Wrapping a key anew opens it first; what comes out is dropped.
        match vault.rewrap(&subject, &key, entropy) {
            Ok(_) => {}
            Err(VaultError::EpochGone(epoch)) => shut.push(Shut::Missing(epoch)),
            Err(VaultError::Unwrap) => shut.push(Shut::Foreign(key.epoch)),
            Err(other) => return Err(vault_error(other)),
        }
    }
    Ok(shut)
}

/// One key of each epoch, oldest first.
fn samples(keystore: &Connection) -> Result<Vec<(Subject, WrappedKey)>, StoreError> {
    let mut statement = keystore
        .prepare(
            "SELECT subject, epoch, wrapped FROM wrapped_key
             WHERE subject IN (SELECT min(subject) FROM wrapped_key GROUP BY epoch) ORDER BY epoch",
        )
        .map_err(sql)?;
    let rows = statement
        .query_map([], |row| {
            let key = WrappedKey { epoch: Epoch(row.get(1)?), bytes: row.get(2)? };
            Ok((Subject::from_bytes(row.get(0)?), key))
        })
        .map_err(sql)?;
    rows.collect::<Result<_, _>>().map_err(sql)
}
