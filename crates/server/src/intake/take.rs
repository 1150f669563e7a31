//! The write that takes a batch in: who, may we, seal, store, learn. It runs in the store's writer thread, so it does
//! only what needs the ledger.
//!
//! Nothing is stored but through a collection of this very transaction; nobody is created for whom nothing may be
//! stored.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use privacy::consent::{LedgerState, Refusal};
use privacy::data::Seen;
use privacy::entropy::{Ahead, Entropy};
use privacy::grant::{Collection, ReadError};
use privacy::notice::NoticeVersion;
use privacy::register::Register;
use privacy::store::{Day, Law, StoreError, Tx as _};
use privacy::subject::Subject;
use privacy::vault::{Vault, VaultError};
use store::WriteTx;

use super::heed::{Heard, Said};
use super::outcome::{Fate, Outcome};
use super::resolve::Found;
use super::segment::Event;
use super::stamps::Admission;
use crate::consent::Authority;
use crate::recommend::{self, Engine, Lesson};

/// Why a whole batch could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger or a row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Sealing failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Two people's records could not be joined.
    #[error(transparent)]
    Rights(#[from] crate::rights::ExerciseError),
    /// There is no notice to which anybody could have agreed.
    #[error("no version of the privacy notice has been published")]
    NoNotice,
}

/// What a take needs beside the transaction.
#[derive(Clone)]
pub(crate) struct Means {
    /// Seals.
    pub(crate) vault: Arc<Vault>,
    /// Randomness.
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Learns.
    pub(crate) engine: Engine,
    /// With what the batch came.
    pub(crate) authority: Authority,
    /// When the batch arrived.
    pub(crate) now: Timestamp,
}

/// One batch in the making.
pub(crate) struct Take<'t, 'w> {
    pub(super) tx: &'t WriteTx<'w>,
    pub(super) means: &'t Means,
    pub(super) law: &'t Law,
    pub(super) notice: NoticeVersion,
    pub(super) entropy: &'t Ahead<'t>,
    pub(super) found: Found,
    people: HashMap<Subject, Known<'t>>,
    pub(super) relearn: HashSet<Subject>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

/// What is known of a person within this batch.
pub(super) struct Known<'t> {
    pub(super) state: LedgerState,
    pub(super) access: Vec<Access<'t>>,
    /// What was said last that adds nothing to the ledger, whenever it is said.
    pub(super) nothing_new: Option<Said>,
}

/// What may be taken in of a person's events that come with one admission.
pub(super) struct Access<'t> {
    pub(super) admission: Admission,
    pub(super) collection: Collection<'t>,
    pub(super) lesson: Lesson,
    /// The device that was stored last.
    pub(super) seen: Option<Seen>,
}

/// Takes a batch in. An event that is refused harms no other.
pub(crate) fn take(
    tx: &WriteTx<'_>,
    means: &Means,
    events: Vec<Result<Event, &'static str>>,
) -> Result<Outcome, TakeError> {
    let mut outcome = Outcome::default();
    let entropy = Ahead::new(&*means.entropy);
    let mut take = Take::new(tx, means, &entropy)?;
    for event in events {
        let fate = match event {
            Ok(event) => take.one(&event)?,
            Err(reason) => Fate::Refused(reason),
        };
        if let Fate::Refused(reason) = fate {
            take.count(reason, 1);
        }
        outcome.note(fate);
    }
    take.finish()?;
    Ok(outcome)
}

impl<'t, 'w> Take<'t, 'w> {
    fn new(tx: &'t WriteTx<'w>, means: &'t Means, entropy: &'t Ahead<'t>) -> Result<Self, TakeError> {
        let law = tx.law();
        let notice = law.notices.current().ok_or(TakeError::NoNotice)?;
        Ok(Self {
            tx,
            means,
            law,
            notice,
            entropy,
            found: Found::default(),
            people: HashMap::new(),
            relearn: HashSet::new(),
            counts: BTreeMap::new(),
        })
    }

    pub(super) fn count(&mut self, reason: &'static str, n: u64) {
        *self.counts.entry(reason).or_default() += n;
    }

    pub(super) fn register(&self) -> &'t Register {
        &self.law.register
    }

    fn one(&mut self, event: &Event) -> Result<Fate, TakeError> {
        if event.unknown_categories > 0 {
            self.count("unknown_consent_category", event.unknown_categories);
        }
        let resolved = self.resolve(event)?;
        let (subject, is_new) = match resolved.subject {
            Some(subject) => (subject, IsNew::No),
            None => match self.may_create(event) {
                Ok(()) => (self.create()?, IsNew::Yes),
                Err(reason) => return Ok(Fate::Refused(reason)),
            },
        };
        let decided = self.decide(&subject, event, is_new)?;
        let stored = self.store(&subject, event)?;
        let linked = match (stored.fate, is_new) {
            (Fate::Refused(_), IsNew::No) if event.unfit.is_some() || !resolved.asserted => 0,
            (Fate::Stored | Fate::Duplicate | Fate::Refused(_), _) => {
                self.link(&subject, event, &resolved.links, &stored.contact)?
            }
        };
        Ok(match stored.fate {
            Fate::Refused("nothing_to_keep")
                if decided == Heard::Recorded || linked > 0 || resolved.joined =>
            {
                Fate::Stored
            }
            Fate::Refused("nothing_to_keep") if decided == Heard::Unproven => Fate::Refused("unproven"),
            Fate::Refused("nothing_to_keep") if resolved.subject.is_some() => Fate::Duplicate,
            other => other,
        })
    }

    fn create(&mut self) -> Result<Subject, TakeError> {
        let subject = self.tx.create_subject(self.means.now)?;
        self.people
            .insert(subject, Known { state: LedgerState::default(), access: Vec::new(), nothing_new: None });
        Ok(subject)
    }

    /// The person's ledger, read once a batch.
    pub(super) fn known(&mut self, subject: &Subject) -> Result<&mut Known<'t>, TakeError> {
        match self.people.entry(*subject) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let state = self.tx.ledger(subject)?.ok_or(ReadError::Refused(Refusal::UnknownSubject))?;
                Ok(vacant.insert(Known { state, access: Vec::new(), nothing_new: None }))
            }
        }
    }

    /// Somebody's records changed by other hands: what this batch knows of them is forgotten.
    pub(super) fn forget(&mut self, subject: &Subject) {
        self.people.remove(subject);
    }

    /// What is left to do when all events are in: learn, and write down the counts.
    fn finish(self) -> Result<(), TakeError> {
        let Self { tx, means, people, relearn, counts, .. } = self;
        for subject in &relearn {
            recommend::relearn(tx, &means.engine, &means.vault, subject, means.now)?;
        }
        for (subject, known) in people {
            if relearn.contains(&subject) {
                continue;
            }
            for Access { lesson, collection: _, admission: _, seen: _ } in known.access {
                recommend::learn(tx, &means.engine, &means.vault, &subject, lesson);
            }
        }
        let today = Day::of(means.now);
        for (reason, n) in counts {
            tx.count(today, reason, n)?;
        }
        Ok(())
    }

    /// Somebody changed so that the models must look again.
    pub(super) fn look_again(&mut self, subject: Subject) {
        self.relearn.insert(subject);
    }

    /// Nobody is there any more to learn about.
    pub(super) fn look_no_more(&mut self, subject: &Subject) {
        self.relearn.remove(subject);
    }
}

/// Whether a person came into being with this very event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsNew {
    /// Yes.
    Yes,
    /// No.
    No,
}
