//! Names and data keys that are drawn and laid into the keystore before anybody needs them: a new person's first row
//! then waits for no second file to be written. A row is still never on disk without its key.
//!
//! Must never hand a name out twice, nor one whose key isn't on disk yet, unless the very write that asks brings it.

use std::sync::{Mutex, PoisonError};

use privacy::store::StoreError;
use privacy::subject::Subject;

use crate::keystore::KeyChange;
use crate::shared::Shared;
use crate::write_tx::{WriteTx, vault_error};

/// How many are drawn ahead at most.
const AT_MOST: usize = 63;
/// So often none are drawn ahead: whoever asks for a few only needs none in store.
const FEW: usize = 4;

/// What lies ready. Lost with the process: a key that nobody came to use is nobody's.
#[derive(Default)]
pub(crate) struct Spares {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ready: Vec<Subject>,
    /// Some are on their way to the disk.
    ordered: bool,
    /// How often none lay ready.
    orders: usize,
}

impl Spares {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Subject> {
        self.lock().ready.pop()
    }

    /// How many to draw beside the one that is needed now.
    fn order(&self) -> usize {
        let mut inner = self.lock();
        inner.orders += 1;
        let more = inner.orders.saturating_sub(FEW) * 8;
        if std::mem::replace(&mut inner.ordered, true) { 0 } else { more.min(AT_MOST) }
    }

    /// Those whose keys have reached the disk, or which a write gave back.
    pub(crate) fn lay_in(&self, subjects: impl IntoIterator<Item = Subject>) {
        self.lock().ready.extend(subjects);
    }

    /// What was ordered came, or never will.
    pub(crate) fn end_order(&self) {
        self.lock().ordered = false;
    }

    /// All that are left.
    pub(crate) fn clear(&self) -> Vec<Subject> {
        std::mem::take(&mut self.lock().ready)
    }
}

impl WriteTx<'_> {
    /// A name with a key in the keystore: one that lies ready, or a new one, which reaches the keystore before this
    /// write reaches the data.
    pub(crate) fn name_with_key(&self) -> Result<Subject, StoreError> {
        let spares = &self.snapshot.shared.spares;
        if let Some(subject) = spares.take() {
            self.effects.borrow_mut().taken.push(subject);
            return Ok(subject);
        }
        let subject = self.mint()?;
        for _ in 0..spares.order() {
            let spare = self.mint()?;
            self.effects.borrow_mut().spares.push(spare);
        }
        Ok(subject)
    }

    /// Draws a name and a data key.
    pub(crate) fn mint(&self) -> Result<Subject, StoreError> {
        let Shared { vault, keys, entropy, .. } = self.snapshot.shared;
        let subject = Subject::generate(entropy.as_ref())
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let key = vault.mint(&subject, entropy.as_ref()).map_err(vault_error)?;
        keys.expect(subject, key.clone());
        self.effects.borrow_mut().keys.push(KeyChange::Mint(subject, key));
        Ok(subject)
    }
}
