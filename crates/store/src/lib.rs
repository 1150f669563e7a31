//! The store: SQLite files that hold what the shop keeps, sealed, and the keys apart from it.
//!
//! The only crate with SQL. It must never see plaintext of a data subject, never answer a write before it is
//! durable, and never write anything without an entry in the audit log.

mod audit_log;
mod backup;
mod campaign;
mod catalogue;
mod check;
mod codes;
mod deletion;
mod disk;
mod due;
mod epochs;
mod erasure;
mod error;
mod files;
mod follower;
mod keyring;
mod keystore;
mod ledger;
mod log_memory;
mod openings;
mod pending;
mod placement;
mod read_tx;
mod retained;
mod rotation;
mod schema;
mod shared;
mod snapshot;
mod spares;
mod store;
mod tuning;
mod write_tx;
mod writer;

pub use audit_log::{AuditMention, AuditTrail, SignedHead, audit_trail};
pub use backup::{BackupReport, KeystoreUsed, RestoreError, RestoreReport, restore};
pub use campaign::StoredCampaign;
pub use catalogue::{Item, ItemKind, Progress};
pub use check::Finding;
pub use due::LastLook;
pub use erasure::Erased;
pub use error::OpenError;
pub use keyring::{KeyringError, RootSource};
pub use pending::{Pending, Write};
pub use placement::{StoredExperiment, StoredPlacement};
pub use privacy::store::{Day, Law, NewIdentity, NewRow, StoreError, StoredIdentity, StoredRow};
pub use read_tx::ReadTx;
pub use retained::{FoundBy, RetainedRow};
pub use snapshot::Snapshot;
pub use store::{Options, Store};
pub use write_tx::{Put, WriteTx};
