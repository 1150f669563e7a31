//! The one thread that writes. It takes what has queued up, runs each write in a savepoint of one transaction, commits
//! the keystore, then the data, and hands it to the follower, which answers once it lies on the disk. No failing write
//! may take another with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use jiff::Timestamp;
use privacy::audit::Entry;
use privacy::store::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::audit_log::AuditLog;
use crate::disk::Disk;
use crate::erasure;
use crate::error::sql;
use crate::follower::{Committed, Follower};
use crate::keyring::Keyring;
use crate::keystore::{self, KeyChange, KeyWriter};
use crate::pending::Write;
use crate::shared::Shared;
use crate::write_tx::{Effects, Touched, WriteTx};

/// How many writes go into one transaction at most.
const BATCH_AT_MOST: usize = 1024;

/// What the writer can be asked for.
pub(crate) enum Job {
    /// A write, to be committed together with others.
    Write(Box<dyn Queued>),
    /// Something that needs the writer's desk for itself.
    Alone(Box<dyn FnOnce(&mut Desk) + Send>),
    /// The end.
    Stop,
}

/// What the work made of its savepoint.
pub(crate) enum Outcome {
    /// It stays.
    Keep,
    /// It goes.
    RollBack,
}

/// What keeps a failing write from taking others with it.
#[derive(Clone, Copy)]
enum Guard {
    /// A savepoint of its own, which costs a copy of each page that it changes.
    Savepoint,
    /// The transaction itself, since there is nothing else in it.
    Transaction,
}

impl Guard {
    const fn of(writes: usize) -> Self {
        if writes == 1 { Self::Transaction } else { Self::Savepoint }
    }
}

/// A write in the queue, whatever it answers.
pub(crate) trait Queued: Send {
    fn what(&self) -> Write;
    fn run(&mut self, tx: &WriteTx<'_>) -> Outcome;
    /// Turns a result that can't stay into an error; one that is an error already stays as it is.
    fn fail(&mut self, error: StoreError);
    fn answer(self: Box<Self>);
}

/// A write with its work, and later its result.
pub(crate) struct QueuedWrite<R, E, W> {
    what: Write,
    work: Option<W>,
    result: Result<R, E>,
    answer: oneshot::Sender<Result<R, E>>,
}

impl<R, E: From<StoreError>, W> QueuedWrite<R, E, W> {
    pub(crate) fn new(what: Write, work: W, answer: oneshot::Sender<Result<R, E>>) -> Self {
        let result = Err(StoreError::Unavailable(String::from("the write was not run")).into());
        Self { what, work: Some(work), result, answer }
    }

    #[cfg(test)]
    pub(crate) const fn ended(
        what: Write,
        result: Result<R, E>,
        answer: oneshot::Sender<Result<R, E>>,
    ) -> Self {
        Self { what, work: None, result, answer }
    }
}

impl<R, E, W> Queued for QueuedWrite<R, E, W>
where
    R: Send,
    E: From<StoreError> + Send,
    W: FnOnce(&WriteTx<'_>) -> Result<R, E> + Send,
{
    fn what(&self) -> Write {
        self.what.clone()
    }

    fn run(&mut self, tx: &WriteTx<'_>) -> Outcome {
        let Some(work) = self.work.take() else { return Outcome::RollBack };
        self.result = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| {
            let name = self.what.name;
            Err(StoreError::Unavailable(format!("the write `{name}` broke off; nothing of it was kept"))
                .into())
        });
        if self.result.is_ok() { Outcome::Keep } else { Outcome::RollBack }
    }

    fn fail(&mut self, error: StoreError) {
        if self.result.is_ok() {
            self.result = Err(error.into());
        }
    }

    fn answer(self: Box<Self>) {
        // Whoever asked may have gone; the write stands all the same.
        let _ = self.answer.send(self.result);
    }
}

/// All that the writer works with.
pub(crate) struct Desk {
    pub(crate) shared: Arc<Shared>,
    pub(crate) data: Connection,
    pub(crate) keys: KeyWriter,
    pub(crate) keyring: Keyring,
    pub(crate) log: AuditLog,
    pub(crate) disk: Disk,
    pub(crate) follower: Follower,
    /// Keys were shredded, but the rows could not be deleted yet.
    pub(crate) unfinished: bool,
}

/// Works until it is told to stop, or nobody can ask any more.
pub(crate) fn run(mut desk: Desk, jobs: &Receiver<Job>, waiting: &AtomicUsize) {
    while let Ok(first) = jobs.recv() {
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Stop => return desk.close(),
                Job::Alone(work) => {
                    desk.follower.settle();
                    // A panic in it drops its answer, which its asker notices.
                    let ended = catch_unwind(AssertUnwindSafe(|| work(&mut desk)));
                    if ended.is_err() {
                        desk.recover();
                    }
                }
                Job::Write(write) => {
                    let mut batch = vec![write];
                    while batch.len() < BATCH_AT_MOST && next.is_none() {
                        match jobs.try_recv() {
                            Ok(Job::Write(write)) => batch.push(write),
                            Ok(other) => next = Some(other),
                            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                        }
                    }
                    waiting.fetch_sub(batch.len(), Ordering::Relaxed);
                    desk.write(batch);
                }
            }
        }
    }
    desk.close();
}

impl Desk {
    /// Runs a batch of writes in one transaction and answers them.
    fn write(&mut self, mut batch: Vec<Box<dyn Queued>>) {
        let log = self.log.clone();
        let mut gathered = Effects::default();
        let ended = self
            .run_batch(&mut batch, &mut gathered)
            .and_then(|()| self.remember_log(&batch, &mut gathered.keys))
            .and_then(|()| self.commit(&gathered.keys));
        let Effects { keys, later, hooks, spares, taken, .. } = gathered;
        if ended.is_ok() {
            self.shared.commits.fetch_add(1, Ordering::Relaxed);
            self.shared.spares.lay_in(spares);
            self.finish_later(later);
        }
        if let Err(error) = &ended {
            self.roll_back();
            self.log = log;
            self.unmint(&keys);
            self.shared.spares.lay_in(taken);
            batch.iter_mut().for_each(|write| write.fail(error.clone()));
        }
        for key in &keys {
            if let KeyChange::Mint(subject, _) = key {
                self.shared.keys.forget(subject);
            }
        }
        self.shared.spares.end_order();
        match ended {
            Ok(()) => self.follower.follow(Committed { hooks, writes: batch }),
            Err(_) => batch.into_iter().for_each(Queued::answer),
        }
    }

    fn run_batch(&mut self, batch: &mut [Box<dyn Queued>], gathered: &mut Effects) -> Result<(), StoreError> {
        self.disk.check()?;
        self.execute("BEGIN IMMEDIATE")?;
        let mut guard = Guard::of(batch.len());
        if self.unfinished
            && let Some(write) = batch.first()
        {
            let at = write.what().at;
            erasure::finish(&self.data, &mut self.log, &self.keys.tombstones()?, at)?;
            guard = Guard::Savepoint;
        }
        for write in batch {
            self.begin(guard)?;
            let what = write.what();
            let tx = WriteTx::new(&self.data, &self.shared, &what, &self.log);
            let mut outcome = write.run(&tx);
            if let (Outcome::Keep, Err(error)) = (&outcome, tx.write_due_days()) {
                write.fail(error);
                outcome = Outcome::RollBack;
            }
            let effects = tx.into_effects();
            // A full disk or a damaged file ends the whole transaction, whatever the work made of it.
            if self.data.is_autocommit() {
                gathered.gather(effects);
                return Err(StoreError::Unavailable(String::from(
                    "the transaction broke off; is the disk full?",
                )));
            }
            match outcome {
                Outcome::Keep => match self.audit(&what, &effects) {
                    Ok(()) => {
                        gathered.gather(effects);
                        self.keep(guard)?;
                    }
                    Err(error) => {
                        self.undo(guard, &effects)?;
                        write.fail(error);
                    }
                },
                Outcome::RollBack => self.undo(guard, &effects)?,
            }
        }
        Ok(())
    }

    /// INVARIANT: whatever was changed has an audit entry in the same savepoint.
    fn audit(&mut self, what: &Write, effects: &Effects) -> Result<(), StoreError> {
        if effects.leaves.is_empty() && (effects.rows > 0 || !effects.keys.is_empty()) {
            let subject = match effects.touched {
                Touched::One(subject) => self.shared.vault.tag(&subject).ok(),
                Touched::Nobody | Touched::Several => None,
            };
            let entry = Entry {
                seq: 0,
                at: what.at,
                action: what.name.to_owned(),
                author: what.author.clone(),
                task: None,
                purpose: None,
                kind: None,
                subject,
                count: u32::try_from(effects.rows).unwrap_or(u32::MAX),
                bundle: None,
                detail: None,
            };
            let leaf = AuditLog::insert(&self.data, entry, self.log.size())?;
            return self.log.settle(&self.data, &[leaf]);
        }
        self.log.settle(&self.data, &effects.leaves)
    }

    fn begin(&self, guard: Guard) -> Result<(), StoreError> {
        match guard {
            Guard::Savepoint => self.execute("SAVEPOINT one"),
            Guard::Transaction => Ok(()),
        }
    }

    fn keep(&self, guard: Guard) -> Result<(), StoreError> {
        match guard {
            Guard::Savepoint => self.execute("RELEASE one"),
            Guard::Transaction => Ok(()),
        }
    }

    fn undo(&self, guard: Guard, effects: &Effects) -> Result<(), StoreError> {
        match guard {
            Guard::Savepoint => {
                self.execute("ROLLBACK TO one")?;
                self.execute("RELEASE one")?;
            }
            // A new one, for the commit that every batch ends with.
            Guard::Transaction => {
                self.execute("ROLLBACK")?;
                self.execute("BEGIN IMMEDIATE")?;
            }
        }
        self.unmint(&effects.keys);
        self.shared.spares.lay_in(effects.taken.iter().copied());
        Ok(())
    }

    /// Forgets keys that never were.
    fn unmint(&self, keys: &[KeyChange]) {
        for key in keys {
            if let KeyChange::Mint(subject, _) = key {
                self.shared.keys.forget(subject);
                self.shared.vault.shred(subject);
            }
        }
    }

    /// With an erasure the log's head is signed, for its certificate. Whenever the keystore is written, it learns how far
    /// the log has come.
    fn remember_log(&self, batch: &[Box<dyn Queued>], keys: &mut Vec<KeyChange>) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let erases = keys.iter().any(|change| matches!(change, KeyChange::Shred(..)));
        if let Some(last) = batch.last().filter(|_| erases) {
            self.log.cite(&self.data, &self.shared, last.what().at)?;
            keys.push(KeyChange::Cite(self.log.extent()));
        }
        keys.push(KeyChange::LogEnd(self.log.extent()));
        Ok(())
    }

    /// The keystore first: a row must never be there without its key, nor a key without its tombstone's rows found.
    fn commit(&mut self, keys: &[KeyChange]) -> Result<(), StoreError> {
        self.log.keep_edge(&self.data)?;
        self.keys.commit(keys)?;
        for key in keys {
            if let KeyChange::Shred(subject, _) = key {
                self.shared.vault.shred(subject);
                self.unfinished = true;
            }
        }
        self.execute("COMMIT")?;
        self.unfinished = false;
        Ok(())
    }

    /// What the keystore learns once the data's commit lies on the disk. If it can't now, it is asked again at its next
    /// call.
    fn finish_later(&mut self, changes: Vec<KeyChange>) {
        if changes.is_empty() || self.disk.sync().is_err() || self.keys.commit(&changes).is_err() {
            return;
        }
        for change in &changes {
            if let KeyChange::Shred(subject, _) = change {
                self.shared.vault.shred(subject);
            }
        }
    }

    /// Runs work in a transaction of its own: for what the store itself does.
    pub(crate) fn transact<R>(
        &mut self,
        work: impl FnOnce(&Connection, &mut AuditLog) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.disk.check()?;
        let before = self.log.clone();
        let result = self.execute("BEGIN IMMEDIATE").and_then(|()| {
            let result = work(&self.data, &mut self.log)?;
            self.log.keep_edge(&self.data)?;
            self.execute("COMMIT")?;
            Ok(result)
        });
        if result.is_err() {
            self.roll_back();
            self.log = before;
        }
        let result = result?;
        self.disk.sync().map(|()| result)
    }

    /// Deletes what still lies under the names of the erased.
    pub(crate) fn finish_erasures(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let erased = self.keys.tombstones()?;
        if erased.is_empty() {
            return Ok(0);
        }
        self.transact(|data, log| erasure::finish(data, log, &erased, now))
    }

    fn recover(&mut self) {
        self.roll_back();
        if let Ok(log) = AuditLog::resume(&self.data) {
            self.log = log;
        }
    }

    fn roll_back(&self) {
        if !self.data.is_autocommit() {
            // If even this fails, the next BEGIN fails too, and says why.
            let _ = self.execute("ROLLBACK");
        }
    }

    fn execute(&self, text: &str) -> Result<(), StoreError> {
        self.data.prepare_cached(text).and_then(|mut s| s.execute([])).map_err(sql).map(drop)
    }

    fn close(mut self) {
        self.follower.settle();
        self.shared.readers.close();
        // At the latest here; what can't be written is only remembered a little shorter, or a little longer.
        let mut last: Vec<KeyChange> = self.shared.spares.clear().into_iter().map(KeyChange::Drop).collect();
        last.push(KeyChange::LogEnd(self.log.extent()));
        let _ = self.keys.commit(&last);
        // What can't be checkpointed now is taken up from the log at the next opening.
        let _ = keystore::checkpoint(&self.data);
        let _ = self.keys.checkpoint();
    }
}
