//! The store itself: opening, reading, writing, closing. One process has it open at a time; in it, any number of
//! threads read while one writes.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{JoinHandle, ThreadId};

use jiff::Timestamp;
use privacy::audit::{Author, Entry, SigningKey, VerifyingKey};
use privacy::entropy::{Entropy, draw};
use privacy::notice::{NoticeHistory, NoticeVersion};
use privacy::register::{self, Register};
use privacy::store::{Law, StoreError};
use privacy::vault::Vault;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::audit_log::{AuditLog, SignedHead};
use crate::disk::Disk;
use crate::due::Limits;
use crate::error::{OpenError, sql};
use crate::files;
use crate::follower::Follower;
use crate::keyring::{Existing, Keyring, KeyringError};
use crate::keystore::{KeyReader, KeyWriter};
use crate::openings;
use crate::pending::{Pending, Write, closed};
use crate::read_tx::ReadTx;
use crate::retained;
use crate::schema;
use crate::shared::{Readers, Shared, origin};
use crate::spares::Spares;
use crate::write_tx::WriteTx;
use crate::writer::{self, Desk, Job, QueuedWrite};

pub(crate) const DATA_FILE: &str = "equipoise.db";
pub(crate) const KEYS_FILE: &str = "keys.db";
pub(crate) const SHOP_ID: &str = "shop_id";
const LOCK_FILE: &str = "equipoise.lock";

/// Where a store lies and where its randomness comes from.
#[derive(Clone)]
pub struct Options {
    /// The directory of the data.
    pub data_dir: PathBuf,
    /// The directory of the keys; `keys` below the data unless the operator wants it elsewhere.
    pub key_dir: PathBuf,
    /// The operating system's randomness; tests pass a seed.
    pub entropy: Arc<dyn Entropy>,
}

/// The store. Clones share it; the last one that is dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    options: Options,
    jobs: mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    writer: Mutex<Option<JoinHandle<()>>>,
    followed_by: Option<ThreadId>,
    disk: Disk,
    // Held as long as the store is open.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inner {
    fn stop(&self) {
        let _ = self.jobs.send(Job::Stop);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last clone may have been dropped by a write or by what follows it, on one of the store's own threads.
        let here = std::thread::current().id();
        if let Some(writer) = writer
            && writer.thread().id() != here
            && self.followed_by != Some(here)
        {
            let _ = writer.join();
        }
    }
}

impl Store {
    /// Opens the store: creates directories (0700), keys (0600) and databases on first use, migrates, checks the end
    /// of the audit log, finishes interrupted erasures and rotations, and publishes the register as a new version of
    /// the notice if it says something new.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and how to mend it.
    pub fn open(options: Options, register: Register, now: Timestamp) -> Result<Self, OpenError> {
        let Options { data_dir, key_dir, entropy } = &options;
        let lock = lock(data_dir)?;
        let data_path = data_dir.join(DATA_FILE);
        let data = schema::open_writer(&data_path, schema::DATA, 64 * 1024)?;
        let known_id = schema::meta(&data, SHOP_ID)?;
        let keys_path = key_dir.join(KEYS_FILE);
        if known_id.is_some() && !keys_path.exists() {
            return Err(KeyringError::Missing(keys_path).into());
        }
        let keyring = Keyring::open(key_dir, entropy.as_ref())?;
        let keys = KeyWriter::open(&keys_path)?;
        let shop_id = settle_shop_id(known_id.as_deref(), &keys, entropy.as_ref())?;
        let existing = if known_id.is_some() || keys.count()? > 0 { Existing::Some } else { Existing::None };
        let secrets = keyring.secrets(&shop_id, existing, entropy.as_ref())?;
        let epochs = keyring.epochs(&shop_id, existing, entropy.as_ref())?;
        schema::set_meta(&data, SHOP_ID, &shop_id)?;
        retained::move_to_keys(&data, &keys)?;
        let signing = secrets.signing_key(&origin(&shop_id))?;
        let reader = Arc::new(KeyReader::open(&keys_path)?);
        let vault = Arc::new(Vault::new(&shop_id, epochs, secrets, reader.clone()));
        let mut log = AuditLog::resume(&data)?;
        let law = publish(&data, &mut log, register, now)?;
        let shared = Arc::new(Shared {
            limits: Limits::of(&law),
            law,
            vault,
            keys: reader,
            spares: Spares::default(),
            entropy: entropy.clone(),
            shop_id,
            signing,
            openings: Mutex::default(),
            readers: Readers::new(&data_path),
            commits: AtomicU64::new(0),
        });
        schema::leave_syncing(&data)?;
        let disk = Disk::of(&data_path)?;
        let follower = Follower::start(disk.clone())?;
        let followed_by = follower.id();
        let mut desk = Desk {
            shared: shared.clone(),
            data,
            keys,
            keyring,
            log,
            disk: disk.clone(),
            follower,
            unfinished: false,
        };
        desk.finish_erasures(now)?;
        desk.finish_rotation()?;
        let (jobs, queue) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = waiting.clone();
        let writer = std::thread::Builder::new()
            .name(String::from("store-writer"))
            .spawn(move || writer::run(desk, &queue, &counter))
            .map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}")))?;
        let writer = Mutex::new(Some(writer));
        Ok(Self {
            inner: Arc::new(Inner { shared, options, jobs, waiting, writer, followed_by, disk, _lock: lock }),
        })
    }

    /// The vault, which seals and opens.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.inner.shared.vault
    }

    /// The register and the notices in force.
    #[must_use]
    pub fn law(&self) -> &Law {
        &self.inner.shared.law
    }

    /// The shop's random id, made at the first opening. The audit log's name is `equipoise/<shop id>`.
    #[must_use]
    pub fn shop_id(&self) -> &str {
        &self.inner.shared.shop_id
    }

    /// The audit log's name, which stands in every signed head.
    #[must_use]
    pub fn origin(&self) -> String {
        self.inner.shared.origin()
    }

    /// The key that signs heads, receipts and certificates.
    #[must_use]
    pub fn signing_key(&self) -> &SigningKey {
        &self.inner.shared.signing
    }

    /// The public key with which heads, receipts and certificates of this shop are checked.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        self.inner.shared.signing.verifying_key()
    }

    /// Reads in one snapshot. Readers don't wait for the writer, nor it for them.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`] when the file can't be read.
    pub fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let shared = &*self.inner.shared;
        shared.readers.read(|connection| work(&ReadTx::new(connection, shared)))
    }

    /// Queues a write. It is answered once it is durable; an error or a panic in `work` takes back this write alone.
    ///
    /// Whatever it changes leaves an entry in the audit log: those that `work` recorded, or else one named after
    /// `what`. Never wait for a write within a write.
    pub fn write<R, E>(
        &self,
        what: Write,
        work: impl FnOnce(&WriteTx<'_>) -> Result<R, E> + Send + 'static,
    ) -> Pending<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        self.inner.waiting.fetch_add(1, Ordering::Relaxed);
        let job = Job::Write(Box::new(QueuedWrite::new(what, work, sender)));
        if self.inner.jobs.send(job).is_err() {
            self.inner.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        Pending::new(answer)
    }

    /// Whether the disk has kept whatever was written so far.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] once it hasn't, until the store is opened anew: no write is taken any more.
    pub fn check_disk(&self) -> Result<(), StoreError> {
        self.inner.disk.check()
    }

    /// How many commits were made of the writes since the opening: fewer than there were writes, if many came at once.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.inner.shared.commits.load(Ordering::Relaxed)
    }

    /// How many writes are waiting.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.inner.waiting.load(Ordering::Relaxed)
    }

    /// Writes the machine's openings since the last call into the audit log, as one entry with a row each, and signs
    /// the log's head if it has grown. Blocks; call it about once a second.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written; the openings are kept for the next call.
    pub fn flush_openings(&self, now: Timestamp) -> Result<(), StoreError> {
        self.ask(move |desk| {
            let shared = desk.shared.clone();
            let noted = shared.take_openings();
            let written = desk.transact(|data, log| {
                if !noted.is_empty() {
                    openings::write(data, log, &noted, now)?;
                }
                if log.size() > 0 { log.sign(data, &shared, now).map(drop) } else { Ok(()) }
            });
            if written.is_err() {
                shared.put_back_openings(noted);
            }
            written
        })
    }

    /// Signs the head of the log as it is now, and keeps it; the known one if the log hasn't grown since. Blocks.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be signed or written.
    pub fn sign_head(&self, now: Timestamp) -> Result<SignedHead, StoreError> {
        self.ask(move |desk| {
            let shared = desk.shared.clone();
            desk.transact(|data, log| log.sign(data, &shared, now))
        })
    }

    /// Closes the store after the writes that are queued, and moves the write-ahead logs into the files. What other
    /// clones ask for afterwards is refused.
    pub fn close(self) {
        self.inner.stop();
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Asks the writer for something that it does on its own.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (sender, answer) = mpsc::sync_channel(1);
        let job = Job::Alone(Box::new(move |desk| {
            let _ = sender.send(work(desk));
        }));
        self.inner.jobs.send(job).map_err(|_| closed())?;
        answer.recv().map_err(|_| closed())?
    }
}

/// Takes the directory for this process alone.
pub(crate) fn lock(data_dir: &Path) -> Result<File, OpenError> {
    let path = data_dir.join(LOCK_FILE);
    let opened =
        files::make_directory(data_dir).and_then(|()| files::touch(&path)).and_then(|()| File::open(&path));
    let lock = opened.map_err(|error| directory_error(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(directory_error(&path, &error)),
    }
}

pub(crate) fn directory_error(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::Directory { path: path.to_owned(), why: error.to_string() }
}

/// The shop's id, which data and keys must agree on. It reaches the keys first, since they are wrapped for it.
fn settle_shop_id(known: Option<&str>, keys: &KeyWriter, entropy: &dyn Entropy) -> Result<String, OpenError> {
    match (known, schema::meta(keys.connection(), SHOP_ID)?) {
        (Some(data), Some(keys)) if data == keys => Ok(keys),
        (Some(_), _) => Err(OpenError::OtherShop),
        (None, Some(keys)) => Ok(keys),
        (None, None) => {
            let bytes: [u8; 8] = draw(entropy).map_err(KeyringError::from)?;
            let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            schema::set_meta(keys.connection(), SHOP_ID, &id)?;
            Ok(id)
        }
    }
}

/// Reads the notices so far and adds the register as the next one if it says something that the newest doesn't.
fn publish(
    data: &Connection,
    log: &mut AuditLog,
    register: Register,
    now: Timestamp,
) -> Result<Law, OpenError> {
    let mut notices = read_notices(data)?;
    if notices.needs_new_version(&register) {
        let version = notices.publish(&register);
        let entry = Entry {
            seq: 0,
            at: now,
            action: String::from("notice.publish"),
            author: Author::System,
            task: None,
            purpose: None,
            kind: None,
            subject: None,
            count: 1,
            bundle: None,
            detail: Some(format!("version {version}")),
        };
        let transaction = data.unchecked_transaction().map_err(sql)?;
        transaction
            .prepare_cached("INSERT INTO notice (version, register, published_at) VALUES (?1, ?2, ?3)")
            .and_then(|mut s| s.execute(params![version.0, register::write(&register), now.to_string()]))
            .map_err(sql)?;
        log.append(&transaction, entry)?;
        log.keep_edge(&transaction)?;
        transaction.commit().map_err(sql)?;
    }
    Ok(Law { register: Arc::new(register), notices: Arc::new(notices) })
}

pub(crate) fn read_notices(data: &Connection) -> Result<NoticeHistory, OpenError> {
    let mut statement = data.prepare("SELECT version, register FROM notice ORDER BY version").map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        let version: u32 = row.get(0).map_err(sql)?;
        let text: String = row.get(1).map_err(sql)?;
        let register = register::read(&text).map_err(|_| OpenError::Notice(version))?;
        notices.push((NoticeVersion(version), register));
    }
    Ok(NoticeHistory::new(notices))
}

#[cfg(test)]
mod tests {
    use privacy::entropy::NoEntropy;
    use privacy::register::TEMPLATE;
    use privacy::store::Day;

    use super::*;

    /// Not random at all; each drawing differs from the one before.
    struct Counting(AtomicU64);

    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
            for chunk in out.chunks_mut(8) {
                let n = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                chunk.copy_from_slice(&n[..chunk.len()]);
            }
            Ok(())
        }
    }

    #[test]
    fn after_a_failed_sync_no_write_is_taken_and_reads_go_on() {
        let place = tempfile::tempdir().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let [data_dir, key_dir] = ["data", "keys"].map(|name| place.path().join(name));
        let options = || Options {
            data_dir: data_dir.clone(),
            key_dir: key_dir.clone(),
            entropy: Arc::new(Counting(AtomicU64::new(1))),
        };
        let open = || Store::open(options(), register::read(TEMPLATE).unwrap(), now).unwrap();
        let count = |store: &Store| {
            let what = Write { name: "test.count", author: Author::System, at: now };
            store.write::<_, StoreError>(what, move |tx| tx.count(Day::of(now), "test", 1)).wait()
        };
        let size = |store: &Store| store.read::<_, StoreError>(|tx| tx.audit_size()).unwrap();
        let store = open();
        count(&store).unwrap();
        let before = size(&store);
        assert!(store.check_disk().is_ok() && store.commits() == 1);
        store.inner.disk.break_off();
        assert!(matches!(count(&store), Err(StoreError::Unavailable(_))));
        assert!(store.sign_head(now).is_err() && store.check_disk().is_err());
        assert_eq!((size(&store), store.commits()), (before, 1));
        store.close();
        count(&open()).unwrap();
    }
}
