//! Backup and restore. A backup holds the data and the wrapped data keys, never the root key, epoch keys or secrets.
//! A restore must not bring anybody back who was erased, nor lose what a law keeps of them: it keeps the live keystore,
//! where both stand, and replays the tombstones before anything is served.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::{KeysAtRestore, SigningKey};
use privacy::entropy::Entropy;
use privacy::store::StoreError;
use privacy::vault::{Epoch, Vault, VaultError};
use rusqlite::Connection;

use crate::audit_log::AuditLog;
use crate::epochs::{Shut, shut_epochs};
use crate::error::{OpenError, file, from_sql, sql};
use crate::keyring::{Existing, Keyring, KeyringError};
use crate::keystore::{KeyReader, KeyWriter, shred, take_up_keys, tombstones};
use crate::log_memory::{self, Memory};
use crate::shared::{Readers, origin};
use crate::store::{DATA_FILE, KEYS_FILE, Options, SHOP_ID, Store, directory_error, lock};
use crate::{erasure, files, retained, schema};

const MANIFEST: &str = "manifest.toml";
const FORMAT: &str = "equipoise-backup/1";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The directory.
    pub to: PathBuf,
    /// Living data subjects in it.
    pub subjects: u64,
    /// Entries of the audit log in it.
    pub audit_entries: u64,
    /// Bytes of both databases.
    pub bytes: u64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// Living data subjects afterwards.
    pub subjects: u64,
    /// People in the backup who had been erased since, and were erased from it again.
    pub erased_again: u64,
    /// Which keystore is in use.
    pub keystore: KeystoreUsed,
    /// How many entries of the audit log the backup held.
    pub audit_kept: u64,
    /// How many it is known to have had before, by the keystore.
    pub audit_before: Option<u64>,
}

/// Which keystore a restore has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeystoreUsed {
    /// The one that was there, which knows who was erased since the backup.
    Live,
    /// The backup's, for there was no other.
    Backup,
}

/// Why a backup could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is data already.
    #[error("there is data in `{0}` already; move it away first if the backup shall take its place")]
    Occupied(PathBuf),
    /// It isn't a backup, or one of another version.
    #[error("`{0}` is no backup that this version knows")]
    NoBackup(PathBuf),
    /// The backup belongs to another shop than the keys.
    #[error("the backup belongs to another shop than the keys in `{0}`")]
    OtherShop(PathBuf),
    /// The keystore that would be used needs the key of an epoch that isn't there, so that nobody could be read.
    #[error("the people's keys in `{keystore}` can only be opened with `{epoch_key}`, which is not there")]
    EpochMissing {
        /// The keystore: the live one, or the backup's.
        keystore: PathBuf,
        /// The file that it needs.
        epoch_key: PathBuf,
    },
    /// The key of an epoch is there, and doesn't open, or not what the keystore holds.
    #[error("the people's keys in `{keystore}` can't be opened with `{epoch_key}`: it belongs to other keys")]
    EpochForeign {
        /// The keystore: the live one, or the backup's.
        keystore: PathBuf,
        /// The file that doesn't fit.
        epoch_key: PathBuf,
    },
    /// Something can't be read or written.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Copies data and keystore into a new directory, while others read and write. Blocks.
    ///
    /// The data is copied first, so that the copied keystore knows every erasure that the copied data has.
    ///
    /// # Errors
    /// [`StoreError`] when the directory holds something already, or can't be written.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        let broken = |error: std::io::Error| file(to, &error);
        files::make_directory(to).map_err(broken)?;
        if std::fs::read_dir(to).map_err(broken)?.next().is_some() {
            return Err(StoreError::Unavailable(format!(
                "`{}` isn't empty; name a new directory",
                to.display()
            )));
        }
        let (data, keys) = (to.join(DATA_FILE), to.join(KEYS_FILE));
        let options = self.options();
        vacuum_into(&options.data_dir.join(DATA_FILE), &data)?;
        vacuum_into(&options.key_dir.join(KEYS_FILE), &keys)?;
        let copy = Readers::new(&data);
        let (subjects, audit_entries) = copy.read(|connection| {
            let subjects = count(connection, "SELECT count(*) FROM subject")?;
            Ok::<_, StoreError>((subjects, count(connection, "SELECT count(*) FROM audit_entry")?))
        })?;
        drop(copy);
        let manifest = toml::Table::from_iter([
            (String::from("format"), toml::Value::from(FORMAT)),
            (String::from("shop_id"), toml::Value::from(self.shop_id())),
            (String::from("schema"), toml::Value::from(schema::newest(schema::DATA))),
        ]);
        files::create(&to.join(MANIFEST), manifest.to_string().as_bytes()).map_err(broken)?;
        let length = |path: &Path| std::fs::metadata(path).map(|found| found.len()).map_err(broken);
        let bytes = length(&data)? + length(&keys)?;
        Ok(BackupReport { to: to.to_owned(), subjects, audit_entries, bytes })
    }
}

fn vacuum_into(from: &Path, to: &Path) -> Result<(), StoreError> {
    // An empty file of ours, so that the copy has its mode.
    files::touch(to).map_err(|error| file(to, &error))?;
    let connection = schema::open_reader(from, 16 * 1024)?;
    let name =
        to.to_str().ok_or_else(|| StoreError::Unavailable(String::from("the path isn't plain text")))?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(sql)?;
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .and_then(|()| files::sync_directory(to))
        .map_err(|error| file(to, &error))
}

fn count(connection: &Connection, text: &str) -> Result<u64, StoreError> {
    connection.query_row(text, [], |row| row.get(0)).map_err(sql).and_then(from_sql)
}

/// Puts a backup into an empty data directory. Where there is a keystore already it stays, so that whoever was erased
/// since the backup stays erased; their rows in the backup are deleted before this returns.
///
/// # Errors
/// [`RestoreError`] when there is data already, the backup is another shop's or damaged, or the keys at hand don't open
/// it. The data directory is as it was then.
pub fn restore(from: &Path, options: &Options, now: Timestamp) -> Result<RestoreReport, RestoreError> {
    let shop_id = read_manifest(from)?;
    let data_path = options.data_dir.join(DATA_FILE);
    if data_path.exists() {
        return Err(RestoreError::Occupied(options.data_dir.clone()));
    }
    let _lock = lock(&options.data_dir)?;
    let keys_path = options.key_dir.join(KEYS_FILE);
    let keystore = if keys_path.exists() { KeystoreUsed::Live } else { KeystoreUsed::Backup };
    let used = match keystore {
        KeystoreUsed::Live => keys_path.clone(),
        KeystoreUsed::Backup => from.join(KEYS_FILE),
    };
    let (vault, signing) = refuse_shut(&used, options, &shop_id)?;
    let keys = match keystore {
        KeystoreUsed::Live => KeyWriter::open(&keys_path)?,
        KeystoreUsed::Backup => {
            files::make_directory(&options.key_dir).map_err(|e| directory_error(&options.key_dir, &e))?;
            copy(&used, &keys_path)?;
            KeyWriter::open(&keys_path)?
        }
    };
    take_up(&keys, &from.join(KEYS_FILE), &vault, options.entropy.as_ref())?;
    let draft = options.data_dir.join("restoring.db");
    clear(&draft)?;
    copy(&from.join(DATA_FILE), &draft)?;
    let at_restore = match keystore {
        KeystoreUsed::Live => KeysAtRestore::Live,
        KeystoreUsed::Backup => KeysAtRestore::FromBackup,
    };
    let replayed = replay(&draft, &keys, &shop_id, (at_restore, &signing), now);
    if replayed.is_err() {
        clear(&draft)?;
    }
    let Replayed { subjects, erased_again, audit: (audit_kept, audit_before) } = replayed?;
    // Companions of a database that is gone would be taken for this one's.
    clear(&data_path)?;
    std::fs::rename(&draft, &data_path)
        .and_then(|()| files::sync_directory(&data_path))
        .map_err(|error| file(&data_path, &error))?;
    Ok(RestoreReport { subjects, erased_again, keystore, audit_kept, audit_before })
}

/// Teaches the keystore in use what the backup's knows and it doesn't: who was erased, and, should it be an older copy,
/// people's keys and what a law keeps. Nobody whom either of them calls erased gets a key.
fn take_up(
    keys: &KeyWriter,
    backup: &Path,
    vault: &Vault,
    entropy: &dyn Entropy,
) -> Result<(), RestoreError> {
    // Reading alone would not bring an older version's file to the present form.
    let backup = schema::open_reader(backup, 8 * 1024)?;
    for (subject, day) in &tombstones(&backup)? {
        shred(keys.connection(), subject, *day)?;
    }
    take_up_keys(keys.connection(), &backup, &mut |subject, key| {
        vault.rewrap(subject, key, entropy).is_ok()
    })?;
    // A keystore of the first form has none.
    match schema::version(&backup)? {
        0 | 1 => {}
        2 | 3 => retained::take_up(keys, &retained::read_nameless(&backup, "retained")?)?,
        _ => retained::take_up(keys, &retained::read_all(&backup, "retained")?)?,
    }
    if schema::version(&backup)? > 2 {
        for head in log_memory::cited(&backup)? {
            log_memory::cite(keys.connection(), head)?;
        }
    }
    keys.checkpoint()?;
    Ok(())
}

/// Refuses a keystore that is another shop's, or that the root key, secrets and epoch keys at hand don't open.
fn refuse_shut(
    keystore: &Path,
    options: &Options,
    shop_id: &str,
) -> Result<(Vault, SigningKey), RestoreError> {
    let Options { data_dir: _, key_dir, entropy } = options;
    Readers::new(keystore).read(|connection| {
        if schema::meta(connection, SHOP_ID)?.as_deref() != Some(shop_id) {
            return Err(RestoreError::OtherShop(key_dir.clone()));
        }
        let keyring = Keyring::existing(key_dir).map_err(OpenError::from)?;
        let missing = |epoch: Epoch| RestoreError::EpochMissing {
            keystore: keystore.to_owned(),
            epoch_key: keyring.epoch_path(epoch),
        };
        let foreign = |epoch: Epoch| RestoreError::EpochForeign {
            keystore: keystore.to_owned(),
            epoch_key: keyring.epoch_path(epoch),
        };
        let mut epochs = Vec::new();
        for epoch in keyring.epoch_files().map_err(OpenError::from)? {
            epochs.push(keyring.epoch(epoch, shop_id).map_err(|error| match error {
                KeyringError::Vault(VaultError::Unwrap) => foreign(epoch),
                other => OpenError::from(other).into(),
            })?);
        }
        if epochs.is_empty() {
            return Err(missing(oldest_epoch(connection)?));
        }
        let secrets = keyring.secrets(shop_id, Existing::Some, entropy.as_ref()).map_err(OpenError::from)?;
        let signing = secrets.signing_key(&origin(shop_id)).map_err(OpenError::from)?;
        let vault = Vault::new(shop_id, epochs, secrets, Arc::new(KeyReader::open(keystore)?));
        match shut_epochs(connection, &vault, entropy.as_ref())?.first() {
            None => Ok((vault, signing)),
            Some(Shut::Missing(epoch)) => Err(missing(*epoch)),
            Some(Shut::Foreign(epoch)) => Err(foreign(*epoch)),
        }
    })
}

/// The oldest epoch that a keystore names; the first there ever is where it names none.
fn oldest_epoch(keystore: &Connection) -> Result<Epoch, StoreError> {
    keystore
        .query_row("SELECT coalesce(min(epoch), 1) FROM wrapped_key", [], |row| row.get(0).map(Epoch))
        .map_err(sql)
}

/// What became of the draft.
struct Replayed {
    subjects: u64,
    erased_again: u64,
    audit: (u64, Option<u64>),
}

/// Deletes from the draft whatever belongs to the erased, and says so in its audit log, with what of it is given up.
fn replay(
    draft: &Path,
    keys: &KeyWriter,
    shop_id: &str,
    (used, signing): (KeysAtRestore, &SigningKey),
    now: Timestamp,
) -> Result<Replayed, RestoreError> {
    let origin = origin(shop_id);
    let signer = (origin.as_str(), signing);
    let data = schema::open_writer(draft, schema::DATA, 64 * 1024)?;
    let sound: String = data.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(sql)?;
    if sound != "ok" || schema::meta(&data, SHOP_ID)?.as_deref() != Some(shop_id) {
        return Err(StoreError::Damaged(String::from("the backup's data is not as it was written")).into());
    }
    retained::move_to_keys(&data, keys)?;
    let mut log = AuditLog::resume(&data)?;
    let transaction = data.unchecked_transaction().map_err(sql)?;
    let memory = Memory::recall(keys.connection(), &transaction, &log, signer.0, signer.1)?;
    let erased_again = erasure::finish(&transaction, &mut log, &keys.tombstones()?, now)?;
    let audit = memory.sizes();
    let entry = log_memory::entry(now, erased_again);
    memory.record(&transaction, &mut log, &entry, used, signer)?;
    log.sign_as(&transaction, signer.0, signer.1, now)?;
    log.keep_edge(&transaction)?;
    transaction.commit().map_err(sql)?;
    let subjects = count(&data, "SELECT count(*) FROM subject")?;
    crate::keystore::checkpoint(&data)?;
    // Closing the only connection takes the write-ahead log away, so that the file alone can be renamed.
    data.close().map_err(|(_, error)| sql(error))?;
    Ok(Replayed { subjects, erased_again, audit })
}

fn read_manifest(from: &Path) -> Result<String, RestoreError> {
    let none = || RestoreError::NoBackup(from.to_owned());
    let text = std::fs::read_to_string(from.join(MANIFEST)).map_err(|_| none())?;
    let manifest: toml::Table = text.parse().map_err(|_| none())?;
    let text = |name: &str| manifest.get(name).and_then(toml::Value::as_str);
    if text("format") != Some(FORMAT) {
        return Err(none());
    }
    text("shop_id").map(str::to_owned).ok_or_else(none)
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = files::touch(to)
        .and_then(|()| std::fs::copy(from, to))
        .and_then(|_| std::fs::File::open(to)?.sync_all())
        .and_then(|()| files::sync_directory(to));
    copied.map_err(|error| file(to, &error))
}

fn clear(draft: &Path) -> Result<(), StoreError> {
    for ending in ["db", "db-wal", "db-shm"] {
        let path = draft.with_extension(ending);
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(file(&path, &error)),
        }
    }
    Ok(())
}
