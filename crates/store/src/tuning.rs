//! What the recommender has learned about its own dials and weights: one text about the whole shop. Must never hold anything about a
//! person; its writer sees to that.

use privacy::store::StoreError;

use crate::schema;
use crate::snapshot::Snapshot;
use crate::write_tx::WriteTx;

const TUNING: &str = "tuning";

impl Snapshot<'_> {
    /// What was learned last; `None` if nothing ever was.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn tuning(&self) -> Result<Option<String>, StoreError> {
        schema::meta(self.connection, TUNING)
    }
}

impl WriteTx<'_> {
    /// Keeps what was learned, in the place of what was learned before.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn keep_tuning(&self, text: &str) -> Result<(), StoreError> {
        schema::set_meta(self.connection, TUNING, text)
    }
}
