//! The thread behind the writer: it waits until a commit lies on the disk, lets what is kept in memory follow, and
//! answers. The writer works on the next batch meanwhile (flush pipelining: Johnson et al., "Aether: A Scalable Approach to
//! Logging", VLDB 2010, section 4).
//!
//! INVARIANT: nothing is answered, and nothing follows, but in the order of the commits and after their sync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{JoinHandle, ThreadId};

use privacy::store::StoreError;

use crate::disk::Disk;
use crate::write_tx::Hook;
use crate::writer::Queued;

/// How many batches may wait for the disk before the writer waits too.
const AHEAD: usize = 8;

/// What was committed.
pub(crate) struct Committed {
    pub(crate) hooks: Vec<Hook>,
    pub(crate) writes: Vec<Box<dyn Queued>>,
}

enum Step {
    Follow(Committed),
    /// Everything before it has been answered.
    Settled(SyncSender<()>),
}

/// The writer's end of it. Dropped, it waits until all is answered.
pub(crate) struct Follower {
    steps: Option<SyncSender<Step>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(disk: Disk) -> Result<Self, StoreError> {
        let (steps, queue) = sync_channel(AHEAD);
        let thread = std::thread::Builder::new()
            .name(String::from("store-follower"))
            .spawn(move || follow(&disk, &queue))
            .map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}")))?;
        Ok(Self { steps: Some(steps), thread: Some(thread) })
    }

    /// Which thread it is.
    pub(crate) fn id(&self) -> Option<ThreadId> {
        self.thread.as_ref().map(|thread| thread.thread().id())
    }

    /// Hands over what was committed.
    pub(crate) fn follow(&self, committed: Committed) {
        if let Some(steps) = &self.steps {
            // Without the thread nobody is answered, which those who wait take for a failure.
            let _ = steps.send(Step::Follow(committed));
        }
    }

    /// Waits until everything that was handed over has been answered.
    pub(crate) fn settle(&self) {
        let (sender, settled) = sync_channel(1);
        if let Some(steps) = &self.steps
            && steps.send(Step::Settled(sender)).is_ok()
        {
            let _ = settled.recv();
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.steps = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn follow(disk: &Disk, queue: &Receiver<Step>) {
    while let Ok(first) = queue.recv() {
        // One sync serves all that were committed before it.
        let steps: Vec<Step> = std::iter::once(first).chain(queue.try_iter()).collect();
        let synced =
            if steps.iter().any(|step| matches!(step, Step::Follow(_))) { disk.sync() } else { Ok(()) };
        for step in steps {
            match step {
                Step::Follow(Committed { hooks, mut writes }) => {
                    // Even what may be lost is what readers see now: the models must not know more than they may.
                    for hook in hooks {
                        // A panic in one must not keep the others from following the store.
                        let _ = catch_unwind(AssertUnwindSafe(hook));
                    }
                    if let Err(error) = &synced {
                        writes.iter_mut().for_each(|write| write.fail(error.clone()));
                    }
                    writes.into_iter().for_each(Queued::answer);
                }
                Step::Settled(sender) => {
                    let _ = sender.send(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::mpsc::channel;

    use privacy::audit::Author;
    use tokio::sync::oneshot;

    use super::*;
    use crate::pending::Write;
    use crate::write_tx::WriteTx;
    use crate::writer::QueuedWrite;

    type Work = fn(&WriteTx<'_>) -> Result<(), StoreError>;

    fn disk(place: &Path) -> Disk {
        File::create(place.join("data.db-wal")).and_then(|mut log| log.write_all(b"log")).unwrap();
        Disk::of(&place.join("data.db")).unwrap()
    }

    /// A write that was run, and where its answer arrives.
    fn written() -> (Box<dyn Queued>, oneshot::Receiver<Result<(), StoreError>>) {
        let (sender, answer) = oneshot::channel();
        let what = Write { name: "test.write", author: Author::System, at: jiff::Timestamp::UNIX_EPOCH };
        (Box::new(QueuedWrite::<_, _, Work>::ended(what, Ok(()), sender)), answer)
    }

    #[test]
    fn hooks_run_in_order_before_the_answers() {
        let place = tempfile::tempdir().unwrap();
        let follower = Follower::start(disk(place.path())).unwrap();
        let (sender, seen) = channel();
        let mut answers = Vec::new();
        for n in 0..20 {
            let (write, answer) = written();
            let sender = sender.clone();
            let hook: Hook = Box::new(move || sender.send(n).unwrap());
            let breaks: Hook = Box::new(|| panic!("a hook that breaks off"));
            follower.follow(Committed { hooks: vec![breaks, hook], writes: vec![write] });
            answers.push(answer);
        }
        follower.settle();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        assert!(answers.iter_mut().all(|answer| matches!(answer.try_recv(), Ok(Ok(())))));
    }

    #[test]
    fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
        let place = tempfile::tempdir().unwrap();
        let disk = disk(place.path());
        let follower = Follower::start(disk.clone()).unwrap();
        disk.break_off();
        let (write, mut answer) = written();
        let (sender, seen) = channel();
        follower.follow(Committed {
            hooks: vec![Box::new(move || sender.send(()).unwrap())],
            writes: vec![write],
        });
        follower.settle();
        assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Unavailable(_)))));
        assert!(seen.try_recv().is_ok(), "the models follow what readers see");
        assert!(disk.check().is_err() && disk.sync().is_err());
    }
}
