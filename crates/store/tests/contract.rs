//! What every store must hold to, in one binary. Each module is one promise.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of it is tests; what clippy.toml allows there reaches only functions that are marked as tests"
)]

#[path = "contract/audit.rs"]
mod audit;
#[path = "contract/backup.rs"]
mod backup;
#[path = "contract/columns.rs"]
mod columns;
#[path = "contract/erasure.rs"]
mod erasure;
#[path = "contract/keys.rs"]
mod keys;
#[path = "contract/shop.rs"]
mod shop;
#[path = "contract/writing.rs"]
mod writing;
