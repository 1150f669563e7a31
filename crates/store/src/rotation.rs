//! Epochs: a new key over all data keys, and the end of the old one, so that old copies of the keystore die. Serving
//! goes on meanwhile; what a crash interrupts is finished at the next opening or rotation.

use jiff::Timestamp;
use privacy::audit::{Author, Entry};
use privacy::store::StoreError;
use privacy::subject::Subject;
use privacy::vault::Epoch;

use crate::keyring::KeyringError;
use crate::store::Store;
use crate::write_tx::vault_error;
use crate::writer::Desk;

/// How many keys are wrapped anew before other writes get their turn.
const AT_ONCE: u64 = 500;

impl Store {
    /// Makes a new epoch: draws its key, wraps every data key anew, and destroys the keys of older epochs. `progress`
    /// hears how many keys of how many are done. Blocks; other writes go on in between.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be finished; nothing is lost then, and the next rotation takes it up.
    pub fn rotate_epoch(&self, now: Timestamp, progress: &dyn Fn(u64, u64)) -> Result<Epoch, StoreError> {
        let epoch = self.ask(Desk::begin_epoch)?;
        let total = self.ask(move |desk| desk.keys.count_before(epoch))?;
        let (mut done, mut last) = (0, None);
        progress(done, total);
        while let Some((subject, count)) = self.ask(move |desk| desk.rewrap(last, epoch))? {
            last = Some(subject);
            done += count;
            progress(done, total.max(done));
        }
        self.ask(move |desk| desk.end_epochs_before(epoch, done, now))?;
        Ok(epoch)
    }
}

impl Desk {
    fn begin_epoch(&mut self) -> Result<Epoch, StoreError> {
        let newest = self.shared.vault.newest_epoch().map_or(0, |epoch| epoch.0);
        let shared = &self.shared;
        let key = self
            .keyring
            .make_epoch(Epoch(newest + 1), &shared.shop_id, shared.entropy.as_ref())
            .map_err(keyring_error)?;
        let epoch = key.epoch();
        shared.vault.begin_epoch(key);
        Ok(epoch)
    }

    fn rewrap(&mut self, after: Option<Subject>, epoch: Epoch) -> Result<Option<(Subject, u64)>, StoreError> {
        let shared = &self.shared;
        let after: &[u8] = after.as_ref().map_or(&[], |subject| subject.as_bytes());
        self.keys.rewrap(after, epoch, AT_ONCE, &mut |subject, key| {
            shared.vault.rewrap(subject, key, shared.entropy.as_ref()).map_err(vault_error)
        })
    }

    fn end_epochs_before(&mut self, epoch: Epoch, rewrapped: u64, now: Timestamp) -> Result<(), StoreError> {
        self.finish_rotation()?;
        let entry = Entry {
            seq: 0,
            at: now,
            action: String::from("key.rotate"),
            author: Author::System,
            task: None,
            purpose: None,
            kind: None,
            subject: None,
            count: u32::try_from(rewrapped).unwrap_or(u32::MAX),
            bundle: None,
            detail: Some(format!("epoch {epoch}")),
        };
        self.transact(|data, log| log.append(data, entry)).map(drop)
    }

    /// Destroys the keys of epochs that are over: those before the newest that wrap nothing any more.
    pub(crate) fn finish_rotation(&mut self) -> Result<(), StoreError> {
        let epochs = self.keyring.epoch_files().map_err(keyring_error)?;
        let Some((newest, older)) = epochs.split_last() else { return Ok(()) };
        let mut oldest_in_use = *newest;
        let mut over = Vec::new();
        for epoch in older {
            if self.keys.count_of_epoch(*epoch)? == 0 {
                over.push(*epoch);
            } else {
                oldest_in_use = oldest_in_use.min(*epoch);
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        // INVARIANT: the keys under the new epoch lie in the file itself before an older epoch's key is destroyed.
        self.keys.checkpoint()?;
        self.shared.vault.end_epochs_before(oldest_in_use);
        over.into_iter().try_for_each(|epoch| self.keyring.destroy_epoch(epoch)).map_err(keyring_error)
    }
}

fn keyring_error(error: KeyringError) -> StoreError {
    match error {
        KeyringError::Vault(error) => vault_error(error),
        other => StoreError::Unavailable(other.to_string()),
    }
}
