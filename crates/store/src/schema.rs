//! Opening SQLite files as this store wants them, and bringing them to the newest schema. A file from a newer version
//! of the program must never be touched.

use std::path::Path;

use privacy::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::error::{file, sql};
use crate::files;

/// The data's schema, step by step; `user_version` says how many were taken.
pub(crate) const DATA: &[&str] = &[
    include_str!("../migrations/0001_spine.sql"),
    include_str!("../migrations/0002_retained_moves.sql"),
    include_str!("../migrations/0003_restores.sql"),
    include_str!("../migrations/0004_due.sql"),
    include_str!("../migrations/0005_placements.sql"),
    include_str!("../migrations/0006_campaigns.sql"),
    include_str!("../migrations/0007_due_day.sql"),
];
/// The keystore's.
pub(crate) const KEYS: &[&str] = &[
    include_str!("../migrations/keys_0001.sql"),
    include_str!("../migrations/keys_0002.sql"),
    include_str!("../migrations/keys_0003.sql"),
    include_str!("../migrations/keys_0004.sql"),
];

/// `synchronous=FULL`: in WAL mode each commit waits for its fsync; see [`leave_syncing`]. `secure_delete`: what is
/// deleted is overwritten.
const WRITER: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
    PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000; PRAGMA busy_timeout=10000;";
const READER: &str = "PRAGMA temp_store=MEMORY; PRAGMA busy_timeout=10000; PRAGMA mmap_size=1073741824;";

/// Leaves waiting for the disk after each commit to [`crate::disk::Disk`].
pub(crate) fn leave_syncing(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA synchronous=NORMAL;").map_err(sql)
}

/// Opens a file for the one who writes it; creates it with mode 0600 and migrates it.
pub(crate) fn open_writer(path: &Path, steps: &[&str], cache_kib: u32) -> Result<Connection, StoreError> {
    files::touch(path).map_err(|error| file(path, &error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    // A newer file is refused before any setting of ours touches it.
    refuse_newer(&connection, steps)?;
    connection.execute_batch(WRITER).map_err(sql)?;
    connection.execute_batch(&format!("PRAGMA cache_size=-{cache_kib};")).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(128);
    migrate(&mut connection, steps)?;
    Ok(connection)
}

/// Opens a file for reading only.
pub(crate) fn open_reader(path: &Path, cache_kib: u32) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    connection.execute_batch(READER).map_err(sql)?;
    connection.execute_batch(&format!("PRAGMA cache_size=-{cache_kib};")).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Which schema a file has: how many steps were taken.
pub(crate) fn version(connection: &Connection) -> Result<u32, StoreError> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(sql)
}

fn refuse_newer(connection: &Connection, steps: &[&str]) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, newest(steps));
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(()) }
}

pub(crate) fn newest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
    let taken = version(connection)?;
    for (number, step) in (1_u32..).zip(steps).skip(taken as usize) {
        let transaction = connection.transaction().map_err(sql)?;
        transaction.execute_batch(step).map_err(sql)?;
        transaction.pragma_update(None, "user_version", number).map_err(sql)?;
        transaction.commit().map_err(sql)?;
    }
    Ok(())
}

/// A named value of the file itself, such as the shop's id.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1").map_err(sql)?;
    let mut rows = statement.query([name]).map_err(sql)?;
    rows.next().map_err(sql)?.map(|row| row.get(0).map_err(sql)).transpose()
}

pub(crate) fn set_meta(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute([name, value]))
        .map_err(sql)
        .map(drop)
}
