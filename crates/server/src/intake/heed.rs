//! What an event's consent does: whether somebody may come to be known by it, and what it adds to their ledger.
//!
//! A decision is heeded within the very event that brought it. Nothing here stores anything but ledger entries.

use jiff::Timestamp;
use privacy::consent::{LedgerEntry, LedgerState};
use privacy::data::Kind;
use privacy::pseudonym::IdentityKind;
use privacy::signals::Gpc;
use privacy::store::Law;
use privacy::subject::Subject;

use super::row::Row;
use super::segment::Event;
use super::stamps::{Circumstances, Meant, Stamps, closes, decisions, knocks};
use super::take::{IsNew, Take, TakeError};
use crate::consent::{Authority, Proof};

impl Take<'_, '_> {
    /// Whether anything of an unknown person's event may be stored, by the rules that hold for somebody of whom
    /// nothing is known but what this event says.
    pub(super) fn may_create(&self, event: &Event) -> Result<(), &'static str> {
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

    /// Appends the event's decisions to the ledger and heeds them at once.
    pub(super) fn decide(
        &mut self,
        subject: &Subject,
        event: &Event,
        is_new: IsNew,
    ) -> Result<Heard, TakeError> {
        // A client stamps every event with what it said before.
        let said = Said { stamps: event.stamps, meant: event.meant, opt_out: event.opt_out };
        if self.known(subject)?.nothing_new == Some(said) {
            return Ok(Heard::Nothing);
        }
        let proof = self.proof(subject, event)?;
        let circumstances = self.circumstances(event, proof);
        let register = self.register();
        let known = self.known(subject)?;
        let entries = decisions(&circumstances, &known.state, register);
        if entries.is_empty() && event.meant != Meant::Decided {
            // At no other time either, for then a later decision stands in no stamp's way.
            let whenever = Circumstances { at: Timestamp::MAX, ..circumstances };
            let is_settled = decisions(&whenever, &known.state, register).is_empty();
            known.nothing_new = is_settled.then_some(said);
        }
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
        let (tx, law, now) = (self.tx, self.law, self.means.now);
        let known = self.known(subject)?;
        let before = permitted(&known.state, law, now);
        let mut closed = false;
        for entry in entries {
            tx.append(subject, &entry, now)?;
            closed |= closes(&entry);
            known.state.apply(entry);
        }
        known.nothing_new = None;
        // The same yes once more changes nothing about what may be kept, and so nothing that was learnt.
        if !closed && permitted(&known.state, law, now) == before {
            return Ok(true);
        }
        known.access.clear();
        if is_new == IsNew::No {
            self.relearn.insert(*subject);
            if closed {
                crate::consent::drop_undeclared(tx, subject, now)?;
            }
        }
        Ok(true)
    }
}

/// The purposes that may be pursued, by their places in the register.
fn permitted(state: &LedgerState, law: &Law, now: Timestamp) -> Vec<bool> {
    let Law { register, notices } = law;
    register.purposes.keys().map(|purpose| state.permit(purpose, register, notices, now).is_ok()).collect()
}

/// What an event says about consent, but for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    stamps: Option<Stamps>,
    meant: Meant,
    opt_out: Gpc,
}

/// What became of an event's decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// There were some, and they stand in the ledger.
    Recorded,
    /// There was nothing new.
    Nothing,
    /// A yes that would have opened again what a named customer closed came with a write key alone.
    Unproven,
}
