//! What the store's readers and its writer share: the law, the vault, the log's name and key, and the openings that
//! aren't written down yet. Must hold no connection that writes.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use privacy::audit::{Opening, SigningKey};
use privacy::entropy::Entropy;
use privacy::store::{Law, StoreError};
use privacy::vault::Vault;
use rusqlite::Connection;

use crate::due::Limits;
use crate::error::sql;
use crate::keystore::KeyReader;
use crate::schema;
use crate::spares::Spares;

pub(crate) struct Shared {
    pub(crate) law: Law,
    pub(crate) limits: Limits,
    pub(crate) vault: Arc<Vault>,
    pub(crate) keys: Arc<KeyReader>,
    pub(crate) spares: Spares,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) shop_id: String,
    pub(crate) signing: SigningKey,
    pub(crate) openings: Mutex<Vec<Opening>>,
    pub(crate) readers: Readers,
    /// How often writes were committed since the opening.
    pub(crate) commits: AtomicU64,
}

impl Shared {
    pub(crate) fn note_opening(&self, opening: Opening) {
        self.openings.lock().unwrap_or_else(PoisonError::into_inner).push(opening);
    }

    pub(crate) fn take_openings(&self) -> Vec<Opening> {
        std::mem::take(&mut *self.openings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts openings back that could not be written down, before those that came meanwhile.
    pub(crate) fn put_back_openings(&self, mut openings: Vec<Opening>) {
        let mut waiting = self.openings.lock().unwrap_or_else(PoisonError::into_inner);
        openings.append(&mut waiting);
        *waiting = openings;
    }

    pub(crate) fn origin(&self) -> String {
        origin(&self.shop_id)
    }
}

/// The audit log's name, which stands in every signed head.
pub(crate) fn origin(shop_id: &str) -> String {
    format!("equipoise/{shop_id}")
}

/// How many read-only connections are kept when nobody uses them.
const IDLE_AT_MOST: usize = 16;

/// Read-only connections, each for one snapshot at a time.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::new(Vec::new()) }
    }

    /// Runs `work` in one snapshot. A connection that was left by a panic is not used again.
    pub(crate) fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<R, E>,
    ) -> Result<R, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&self.path, 16 * 1024)?,
        };
        connection.prepare_cached("BEGIN").and_then(|mut s| s.execute([])).map_err(sql)?;
        let result = work(&connection);
        let ended = connection.prepare_cached("COMMIT").and_then(|mut s| s.execute([])).map_err(sql);
        if ended.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_AT_MOST {
                idle.push(connection);
            }
        }
        result
    }

    pub(crate) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
