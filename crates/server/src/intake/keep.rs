//! What is kept of an event: its rows, sealed under a collection of this very transaction, and the identities by which
//! the person will be found again. Nothing is sealed but what the collection permits.

use privacy::data::{
    BrowsingHistory, CartHistory, Contact, DeclaredEvents, DeviceTraces, Feedback, Kind, PurchaseHistory,
    Seen,
};
use privacy::entropy::Entropy;
use privacy::grant::{Authorize as _, CollectError, Collection};
use privacy::pseudonym::{BlindIndex, IdentityKind};
use privacy::register::Register;
use privacy::store::{Day, NewRow};
use privacy::subject::Subject;
use privacy::vault::{Vault, VaultError};
use store::Put;

use super::outcome::Fate;
use super::row::Row;
use super::segment::Event;
use super::take::{Access, Take, TakeError};
use crate::recommend::Lesson;

impl Take<'_, '_> {
    /// Seals and stores what is permitted of an event.
    pub(super) fn store(&mut self, subject: &Subject, event: &Event) -> Result<Kept, TakeError> {
        let mut kept =
            Kept { fate: Fate::Refused(event.unfit.unwrap_or("nothing_to_keep")), contact: Vec::new() };
        if event.rows.is_empty() {
            return Ok(kept);
        }
        let (tx, means, register, entropy) = (self.tx, self.means, self.register(), self.entropy);
        let admission = event.admission;
        let known = self.known(subject)?;
        let place = match known.access.iter().position(|access| access.admission == admission) {
            Some(place) => place,
            None => {
                let collection =
                    tx.collect(subject, &|purpose| admission.admits(purpose, register), means.now)?;
                known.access.push(Access { admission, collection, lesson: Lesson::default(), seen: None });
                known.access.len() - 1
            }
        };
        let Some(access) = known.access.get_mut(place) else { return Ok(kept) };
        let message = event.message.name(&means.vault);
        let mut refused: Vec<&'static str> = Vec::new();
        let mut fate = None;
        for row in &event.rows {
            // The device only beside something else, and once a day.
            if let Row::Seen(seen) = row
                && (fate.is_none() || access.seen.as_ref().is_some_and(|known| is_same(known, seen)))
            {
                continue;
            }
            match seal(&access.collection, row, message, &means.vault, entropy) {
                Ok(sealed) => {
                    let put = tx.put(&sealed)?;
                    match (put, row) {
                        (Put::Stored, Row::Seen(seen)) => {
                            access.lesson.seen(&access.collection, seen);
                            access.seen = Some(seen.clone());
                        }
                        (Put::Duplicate, Row::Seen(seen)) => access.seen = Some(seen.clone()),
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
    pub(super) fn link(
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
            let (tx, means, register, entropy) = (self.tx, self.means, self.register(), self.entropy);
            let admission = event.admission;
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
            match collection.seal_identity(*kind, value, &means.vault, entropy) {
                Ok(identity) => tx.link(&identity)?,
                Err(CollectError::Vault(error)) => return Err(error.into()),
                Err(
                    CollectError::NotPermitted(_) | CollectError::NothingPermitted | CollectError::Form(_),
                ) => continue,
            }
            self.found.insert(*kind, value.clone(), Some(*subject));
            linked += 1;
        }
        Ok(linked)
    }
}

/// What was kept of an event.
pub(super) struct Kept {
    pub(super) fate: Fate,
    /// The contact fields that may be known.
    pub(super) contact: Vec<String>,
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
    message: BlindIndex,
    vault: &Vault,
    entropy: &dyn Entropy,
) -> Result<NewRow, CollectError> {
    match row {
        Row::Browsed(r) => {
            collection.seal_named::<BrowsingHistory>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Basketed(r) => {
            collection.seal_named::<CartHistory>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Ordered(r) => {
            collection.seal_named::<PurchaseHistory>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Told(r) => collection.seal_named::<Feedback>(r, message, Day::of_millis(r.at), vault, entropy),
        Row::Happened(r) => {
            collection.seal_named::<DeclaredEvents>(r, message, Day::of_millis(r.at), vault, entropy)
        }
        Row::Stated(r) => {
            let day = Day::of_millis(r.at);
            let name = format!("contact:{}:{}:{}", day.0, r.field, r.value);
            collection.seal::<Contact>(r, &name, day, vault, entropy)
        }
        Row::Seen(r) => {
            let day = Day::of_millis(r.at);
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            let mut name =
                format!("device:{}:{}:{}:{}", day.0, part(&r.browser), part(&r.network), part(&r.locale));
            // How a visit came is said at its beginning alone.
            if r.source.is_some() || r.region.is_some() {
                name = format!("{name}:{}:{}", part(&r.source), part(&r.region));
            }
            collection.seal::<DeviceTraces>(r, &name, day, vault, entropy)
        }
    }
}

/// Whether a row would say nothing that another doesn't say for the day: [`seal`] names both alike, or it is the same
/// visit going on.
fn is_same(known: &Seen, seen: &Seen) -> bool {
    Day::of_millis(known.at) == Day::of_millis(seen.at)
        && (&known.browser, &known.network, &known.locale) == (&seen.browser, &seen.network, &seen.locale)
        && (seen.source.is_none() || known.source == seen.source)
        && (seen.region.is_none() || known.region == seen.region)
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
