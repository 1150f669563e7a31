//! The write that takes a batch in: who, may we, seal, store, learn. It runs in the store's writer thread, so it does
//! only what needs the ledger.
//!
//! Nothing is stored but through a collection of this very transaction; nobody is created for whom nothing may be
//! stored.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use privacy::consent::{LedgerEntry, LedgerState, Refusal};
use privacy::data::{
    BrowsingHistory, CartHistory, Contact, DeclaredEvents, DeviceTraces, Feedback, Kind, PurchaseHistory,
};
use privacy::entropy::Entropy;
use privacy::grant::{Authorize as _, CollectError, Collection, ReadError};
use privacy::notice::NoticeVersion;
use privacy::pseudonym::IdentityKind;
use privacy::register::Register;
use privacy::store::{Day, Law, NewRow, StoreError, Tx as _};
use privacy::subject::Subject;
use privacy::vault::{Vault, VaultError};
use store::{Put, WriteTx};

use super::outcome::{Fate, Outcome};
use super::row::Row;
use super::segment::Event;
use super::stamps::{Admission, Circumstances, Meant, closes, decisions, knocks};
use crate::consent::{Authority, Proof};
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
    law: &'t Law,
    notice: NoticeVersion,
    /// Who was found by which identity, so that nobody is looked up twice.
    pub(super) found: HashMap<(IdentityKind, String), Option<Subject>>,
    people: HashMap<Subject, Known<'t>>,
    relearn: HashSet<Subject>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

/// What is known of a person within this batch.
struct Known<'t> {
    state: LedgerState,
    access: Vec<Access<'t>>,
}

/// What may be taken in of a person's events that come with one admission.
struct Access<'t> {
    admission: Admission,
    collection: Collection<'t>,
    lesson: Lesson,
}

/// Takes a batch in. An event that is refused harms no other.
pub(crate) fn take(
    tx: &WriteTx<'_>,
    means: &Means,
    events: Vec<Result<Event, &'static str>>,
) -> Result<Outcome, TakeError> {
    let mut outcome = Outcome::default();
    let mut take = Take::new(tx, means)?;
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
    fn new(tx: &'t WriteTx<'w>, means: &'t Means) -> Result<Self, TakeError> {
        let law = tx.law();
        let notice = law.notices.current().ok_or(TakeError::NoNotice)?;
        Ok(Self {
            tx,
            means,
            law,
            notice,
            found: HashMap::new(),
            people: HashMap::new(),
            relearn: HashSet::new(),
            counts: BTreeMap::new(),
        })
    }

    pub(super) fn count(&mut self, reason: &'static str, n: u64) {
        *self.counts.entry(reason).or_default() += n;
    }

    fn register(&self) -> &'t Register {
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

    /// Whether anything of an unknown person's event may be stored, by the rules that hold for somebody of whom
    /// nothing is known but what this event says.
    fn may_create(&self, event: &Event) -> Result<(), &'static str> {
        if let Some(reason) = event.unfit {
            return Err(reason);
        }
        let register = self.register();
        let mut state = LedgerState::default();
        for entry in decisions(&self.circumstances(event, Proof::Proven), &state.clone(), register) {
            state.apply(entry);
        }
        let mut refusal = None;
        let mut permitted = Vec::new();
        for (purpose, declaration) in &register.purposes {
            match state.permit(purpose, register, &self.law.notices, self.means.now) {
                Ok(()) if event.admission.admits(purpose, register) => permitted.push(declaration),
                Ok(()) => refusal = refusal.or(Some("no_consent")),
                Err(why) => refusal = refusal.or_else(|| Some(why.code())),
            }
        }
        let declares = |field: &str| {
            permitted.iter().any(|d| d.data.get(&Kind::Contact).is_some_and(|fields| fields.contains(field)))
        };
        let lets_in = |row: &Row| match row {
            Row::Stated(stated) => declares(&stated.field),
            // A device alone is no reason to know somebody.
            Row::Seen(_) => false,
            other => permitted.iter().any(|declaration| declaration.data.contains_key(&other.kind())),
        };
        let can_be_found = !event.claims.devices.is_empty()
            || event.claims.name.as_ref().is_some_and(|(kind, _)| match kind {
                IdentityKind::UserId | IdentityKind::AnonymousId => true,
                IdentityKind::Email | IdentityKind::Phone => declares(kind.as_str()),
            });
        if !can_be_found {
            return Err("undeclared_field");
        }
        if event.rows.iter().any(lets_in) {
            return Ok(());
        }
        // A yes that was just said must be kept to be heeded; a no needs nobody to be known.
        let said_yes = state.consents().any(|record| !record.status.is_no());
        if event.rows.is_empty() && event.meant == Meant::Decided && said_yes {
            return Ok(());
        }
        Err(refusal.unwrap_or(if event.rows.is_empty() { "nothing_to_keep" } else { "undeclared_kind" }))
    }

    fn circumstances<'e>(&self, event: &'e Event, proof: Proof) -> Circumstances<'e> {
        Circumstances {
            stamps: event.stamps,
            meant: event.meant,
            proof,
            opt_out: event.opt_out,
            at: event.at,
            now: self.means.now,
            notice: self.notice,
            language: event.language.as_deref().unwrap_or("und"),
        }
    }

    fn create(&mut self) -> Result<Subject, TakeError> {
        let subject = self.tx.create_subject(self.means.now)?;
        self.people.insert(subject, Known { state: LedgerState::default(), access: Vec::new() });
        Ok(subject)
    }

    /// The person's ledger, read once a batch.
    fn known(&mut self, subject: &Subject) -> Result<&mut Known<'t>, TakeError> {
        match self.people.entry(*subject) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let state = self.tx.ledger(subject)?.ok_or(ReadError::Refused(Refusal::UnknownSubject))?;
                Ok(vacant.insert(Known { state, access: Vec::new() }))
            }
        }
    }

    /// Somebody's records changed by other hands: what this batch knows of them is forgotten.
    pub(super) fn forget(&mut self, subject: &Subject) {
        self.people.remove(subject);
    }

    /// Appends the event's decisions to the ledger and heeds them at once.
    fn decide(&mut self, subject: &Subject, event: &Event, is_new: IsNew) -> Result<Heard, TakeError> {
        let proof = self.proof(subject, event)?;
        let circumstances = self.circumstances(event, proof);
        let register = self.register();
        let known = self.known(subject)?;
        let entries = decisions(&circumstances, &known.state, register);
        let turned_away = proof == Proof::Unproven && knocks(event.stamps, &known.state, register);
        Ok(match self.append(subject, entries, is_new)? {
            true => Heard::Recorded,
            false if turned_away => Heard::Unproven,
            false => Heard::Nothing,
        })
    }

    /// How far an event's explicit yes counts: a write key is public, and anybody can name a customer with it.
    fn proof(&self, subject: &Subject, event: &Event) -> Result<Proof, TakeError> {
        Ok(match (event.meant, self.means.authority) {
            (Meant::Decided, Authority::WriteKey) if event.claims.name.is_some() => Proof::Unproven,
            (Meant::Decided, authority) => authority.proof(self.tx, Some(subject))?,
            (Meant::Stamped | Meant::Attested, _) => Proof::Proven,
        })
    }

    /// Appends entries to the ledger and heeds them at once. Whether there were any.
    pub(super) fn append(
        &mut self,
        subject: &Subject,
        entries: Vec<LedgerEntry>,
        is_new: IsNew,
    ) -> Result<bool, TakeError> {
        if entries.is_empty() {
            return Ok(false);
        }
        let (tx, now) = (self.tx, self.means.now);
        let known = self.known(subject)?;
        known.access.clear();
        let mut closed = false;
        for entry in entries {
            tx.append(subject, &entry, now)?;
            closed |= closes(&entry);
            known.state.apply(entry);
        }
        if is_new == IsNew::No {
            self.relearn.insert(*subject);
            if closed {
                crate::consent::drop_undeclared(tx, subject, now)?;
            }
        }
        Ok(true)
    }

    /// Seals and stores what is permitted of an event.
    fn store(&mut self, subject: &Subject, event: &Event) -> Result<Kept, TakeError> {
        let mut kept =
            Kept { fate: Fate::Refused(event.unfit.unwrap_or("nothing_to_keep")), contact: Vec::new() };
        if event.rows.is_empty() {
            return Ok(kept);
        }
        let (tx, means, register) = (self.tx, self.means, self.register());
        let admission = event.admission;
        let known = self.known(subject)?;
        let place = match known.access.iter().position(|access| access.admission == admission) {
            Some(place) => place,
            None => {
                let collection =
                    tx.collect(subject, &|purpose| admission.admits(purpose, register), means.now)?;
                known.access.push(Access { admission, collection, lesson: Lesson::default() });
                known.access.len() - 1
            }
        };
        let Some(access) = known.access.get_mut(place) else { return Ok(kept) };
        let mut refused: Vec<&'static str> = Vec::new();
        let mut fate = None;
        for row in &event.rows {
            // The device only beside something else.
            if matches!(row, Row::Seen(_)) && fate.is_none() {
                continue;
            }
            match seal(&access.collection, row, &event.message, means) {
                Ok(sealed) => {
                    let put = tx.put(&sealed)?;
                    match (put, row) {
                        (Put::Stored, Row::Seen(_)) => {}
                        (Put::Stored, _) => {
                            fate = Some(Fate::Stored);
                            teach(&mut access.lesson, &access.collection, row);
                        }
                        (Put::Duplicate, _) => fate = fate.or(Some(Fate::Duplicate)),
                    }
                    if let Row::Stated(stated) = row {
                        kept.contact.push(stated.field.clone());
                    }
                }
                Err(
                    CollectError::NotPermitted(_) | CollectError::NothingPermitted | CollectError::Form(_),
                ) => {
                    if !matches!(row, Row::Seen(_)) {
                        refused.push(why(&access.collection, row.kind(), register));
                    }
                }
                Err(CollectError::Vault(VaultError::Shredded | VaultError::EpochGone(_))) => {
                    refused.push("key_gone")
                }
                Err(CollectError::Vault(error)) => return Err(error.into()),
            }
        }
        kept.fate =
            fate.unwrap_or_else(|| Fate::Refused(refused.first().copied().unwrap_or("undeclared_kind")));
        if fate.is_some() {
            for reason in refused {
                self.count(reason, 1);
            }
        }
        Ok(kept)
    }

    /// Seals and links the identities by which the person will be found again. How many.
    fn link(
        &mut self,
        subject: &Subject,
        event: &Event,
        links: &[(IdentityKind, String)],
        contact: &[String],
    ) -> Result<u64, TakeError> {
        let mut linked = 0;
        for (kind, value) in links {
            let declared = match kind {
                IdentityKind::UserId | IdentityKind::AnonymousId => true,
                IdentityKind::Email | IdentityKind::Phone => {
                    contact.iter().any(|field| field == kind.as_str())
                }
            };
            if !declared {
                continue;
            }
            let (tx, means, register, admission) = (self.tx, self.means, self.register(), event.admission);
            let known = self.known(subject)?;
            let at_hand = known.access.iter().find(|access| access.admission == admission);
            let fresh;
            let collection = match at_hand {
                Some(access) => &access.collection,
                None => {
                    fresh = tx.collect(subject, &|purpose| admission.admits(purpose, register), means.now)?;
                    &fresh
                }
            };
            match collection.seal_identity(*kind, value, &means.vault, &*means.entropy) {
                Ok(identity) => tx.link(&identity)?,
                Err(CollectError::Vault(error)) => return Err(error.into()),
                Err(
                    CollectError::NotPermitted(_) | CollectError::NothingPermitted | CollectError::Form(_),
                ) => continue,
            }
            self.found.insert((*kind, value.clone()), Some(*subject));
            linked += 1;
        }
        Ok(linked)
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
            for Access { lesson, collection: _, admission: _ } in known.access {
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

/// What became of an event's decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// There were some, and they stand in the ledger.
    Recorded,
    /// There was nothing new.
    Nothing,
    /// A yes that would have opened again what a named customer closed came with a write key alone.
    Unproven,
}

/// What was kept of an event.
struct Kept {
    fate: Fate,
    /// The contact fields that may be known.
    contact: Vec<String>,
}

fn teach(lesson: &mut Lesson, collection: &Collection<'_>, row: &Row) {
    match row {
        Row::Browsed(row) => lesson.browsed(collection, row),
        Row::Basketed(row) => lesson.basketed(collection, row),
        Row::Ordered(row) => lesson.ordered(collection, row),
        Row::Told(row) => lesson.told(collection, row),
        Row::Stated(_) | Row::Seen(_) | Row::Happened(_) => {}
    }
}

/// Seals a row under the name of its message. What somebody states, and the device they use, is one row a day however
/// often clients repeat it.
fn seal(
    collection: &Collection<'_>,
    row: &Row,
    message: &str,
    means: &Means,
) -> Result<NewRow, CollectError> {
    let (vault, entropy) = (&*means.vault, &*means.entropy);
    match row {
        Row::Browsed(r) => {
            collection.seal::<BrowsingHistory>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Basketed(r) => collection.seal::<CartHistory>(r, message, Day::of_millis(r.at), vault, entropy),
        Row::Ordered(r) => {
            collection.seal::<PurchaseHistory>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Told(r) => collection.seal::<Feedback>(r, message, Day::of_millis(r.at), vault, entropy),
        Row::Happened(r) => {
            collection.seal::<DeclaredEvents>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Stated(r) => {
            let day = Day::of_millis(r.at);
            let name = format!("contact:{}:{}:{}", day.0, r.field, r.value);
            collection.seal::<Contact>(r, &name, day, vault, entropy)
        }
        Row::Seen(r) => {
            let day = Day::of_millis(r.at);
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            let name =
                format!("device:{}:{}:{}:{}", day.0, part(&r.browser), part(&r.network), part(&r.locale));
            collection.seal::<DeviceTraces>(r, &name, day, vault, entropy)
        }
    }
}

/// Why no row of the kind may come in: what stands in the way of the purposes that declare it.
fn why(collection: &Collection<'_>, kind: Kind, register: &Register) -> &'static str {
    if collection.permits(kind) {
        return "undeclared_field";
    }
    let declares =
        |id: &str| register.purpose(id).is_some_and(|declaration| declaration.data.contains_key(&kind));
    collection
        .refusals()
        .iter()
        .find(|(purpose, _)| declares(purpose.as_str()))
        .map_or("undeclared_kind", |(_, refusal)| refusal.code())
}
