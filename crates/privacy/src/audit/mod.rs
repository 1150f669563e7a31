//! The audit log: a Merkle tree over entries, with signed heads, so that whoever wrote it can't rewrite it unseen.
//!
//! Hashing follows RFC 6962 and RFC 9162, heads are C2SP checkpoints, stored hashes are C2SP tiles. An entry holds
//! salted commitments only: erasing a person never needs the log to change. Nothing here may ever hold what a
//! data subject could be recognised by, read a clock, or touch a disk.

mod bundle;
mod canonical;
mod entry;
mod fault;
mod frontier;
mod hash;
mod head;
mod note;
mod proof;
mod recorded;
mod restore;
mod signature;
mod tile;
mod verify;

pub use bundle::{Bundle, Opening, OpeningProof};
pub use canonical::EncodingError;
pub use entry::{Author, Entry, SubjectTag};
pub use fault::Fault;
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, HashError, empty_root, leaf_hash, node_hash};
pub use head::{Head, HeadError, sign_head, verify_head};
pub use note::{NoteError, open_note, sign_note};
pub use proof::{
    Disproof, ProofError, consistency_proof, inclusion_proof, plan_consistency, plan_inclusion,
    verify_consistency, verify_inclusion,
};
pub use recorded::{RecordedRestore, SeenRestore};
pub use restore::{Extent, KeysAtRestore, Restore, restore_hash, sign_restore, verify_restore};
pub use signature::{KeyError, SigningKey, VerifyingKey};
pub use tile::{Fetched, HashReader, Reading, TILE_WIDTH, Tile, TileBuilder, tile_path};
pub use verify::{LogVerifier, Report, Row, verify_log};
