//! Whose event it is: the shop's number first, then the e-mail address that an `identify` brings with it, then the
//! device.
//!
//! Two people with numbers of their own are never made one, whatever an e-mail address or a shared device suggests.

use std::collections::HashMap;

use privacy::pseudonym::IdentityKind;
use privacy::store::{RightsTx as _, StoredIdentity};
use privacy::subject::Subject;

use super::segment::{Call, Event};
use super::take::{Take, TakeError};

/// Whose an event is, and which identities are to lead to them from now on.
pub(super) struct Resolved {
    /// The person; `None` if unknown.
    pub(super) subject: Option<Subject>,
    /// Identities to link, once something may be stored.
    pub(super) links: Vec<(IdentityKind, String)>,
    /// Whether two people's records have just been joined.
    pub(super) joined: bool,
    /// Whether the event is there to say who somebody is.
    pub(super) asserted: bool,
}

/// Who was found by which identity, so that nobody is looked up twice.
#[derive(Default)]
pub(super) struct Found {
    numbers: HashMap<String, Option<Subject>>,
    devices: HashMap<String, Option<Subject>>,
    mails: HashMap<String, Option<Subject>>,
    phones: HashMap<String, Option<Subject>>,
}

impl Found {
    fn get(&self, kind: IdentityKind, value: &str) -> Option<Option<Subject>> {
        let Self { numbers, devices, mails, phones } = self;
        let known = match kind {
            IdentityKind::UserId => numbers,
            IdentityKind::AnonymousId => devices,
            IdentityKind::Email => mails,
            IdentityKind::Phone => phones,
        };
        known.get(value).copied()
    }

    pub(super) fn insert(&mut self, kind: IdentityKind, value: String, subject: Option<Subject>) {
        let Self { numbers, devices, mails, phones } = self;
        let known = match kind {
            IdentityKind::UserId => numbers,
            IdentityKind::AnonymousId => devices,
            IdentityKind::Email => mails,
            IdentityKind::Phone => phones,
        };
        known.insert(value, subject);
    }
}

impl Take<'_, '_> {
    pub(super) fn resolve(&mut self, event: &Event) -> Result<Resolved, TakeError> {
        let claims = &event.claims;
        let asserted = match event.call {
            Call::Identify | Call::Alias => true,
            Call::Track | Call::Page | Call::Screen | Call::Group => false,
        };
        let mut resolved = Resolved { subject: None, links: Vec::new(), joined: false, asserted };
        if let Some((kind, value)) = &claims.name {
            resolved.subject = self.find(*kind, value)?;
            if resolved.subject.is_none() {
                self.by_mail(event, &mut resolved)?;
                resolved.links.push((*kind, value.clone()));
            }
        }
        for device in &claims.devices {
            self.device(event, device, &mut resolved)?;
        }
        self.contact(event, &mut resolved)?;
        Ok(resolved)
    }

    pub(super) fn find(&mut self, kind: IdentityKind, value: &str) -> Result<Option<Subject>, TakeError> {
        if let Some(known) = self.found.get(kind, value) {
            return Ok(known);
        }
        let subject = self.tx.find(kind, value)?;
        self.found.insert(kind, value.to_owned(), subject);
        Ok(subject)
    }

    /// A number that nobody has yet, in an `identify` with the e-mail address of somebody who has no number.
    fn by_mail(&mut self, event: &Event, resolved: &mut Resolved) -> Result<(), TakeError> {
        let (Call::Identify, Some(email), Some((IdentityKind::UserId, _))) =
            (event.call, &event.claims.email, &event.claims.name)
        else {
            return Ok(());
        };
        if let Some(known) = self.find(IdentityKind::Email, email)?
            && !has_number(&self.tx.identities(&known)?)
        {
            resolved.subject = Some(known);
        }
        Ok(())
    }

    fn device(&mut self, event: &Event, device: &str, resolved: &mut Resolved) -> Result<(), TakeError> {
        let link = (IdentityKind::AnonymousId, device.to_owned());
        match (self.find(IdentityKind::AnonymousId, device)?, resolved.subject) {
            (None, _) => resolved.links.push(link),
            (Some(user), Some(subject)) if user == subject => {}
            (Some(user), None) => match &event.claims.name {
                None => resolved.subject = Some(user),
                // The number is new. The device's user takes it, unless they are somebody else already.
                Some((kind, _)) => {
                    if self.is_somebody_else(&user, *kind, event)? {
                        resolved.links.push(link);
                    } else {
                        resolved.subject = Some(user);
                    }
                }
            },
            (Some(user), Some(subject)) if resolved.asserted => {
                if self.may_join(&user, &subject)? {
                    self.join(&user, &subject)?;
                    resolved.joined = true;
                } else {
                    // A shared device: from now on it is this person's.
                    resolved.links.push(link);
                }
            }
            (Some(_), Some(_)) => {}
        }
        Ok(())
    }

    /// Whether the user of a device can't be the one whom the event names.
    fn is_somebody_else(
        &mut self,
        user: &Subject,
        named_by: IdentityKind,
        event: &Event,
    ) -> Result<bool, TakeError> {
        let identities = self.tx.identities(user)?;
        let has_mail = identities.iter().any(|identity| identity.kind == IdentityKind::Email);
        let other_mail = match &event.claims.email {
            Some(email) if has_mail => self.find(IdentityKind::Email, email)? != Some(*user),
            Some(_) | None => false,
        };
        // Whoever is named by an e-mail address that nobody has is not the one who has another.
        let named_otherwise =
            named_by != IdentityKind::UserId && identities.iter().any(|i| i.kind == named_by);
        Ok(has_number(&identities) || other_mail || named_otherwise)
    }

    /// Whether a device's user, who has no number, may be taken for this person.
    fn may_join(&self, user: &Subject, subject: &Subject) -> Result<bool, TakeError> {
        let (theirs, ours) = (self.tx.identities(user)?, self.tx.identities(subject)?);
        let disagree = |kind: IdentityKind| {
            theirs.iter().any(|identity| identity.kind == kind)
                && ours.iter().any(|identity| identity.kind == kind)
        };
        // One e-mail address leads to one person: if both have some, they are different ones.
        Ok(!has_number(&theirs) && !disagree(IdentityKind::Email) && !disagree(IdentityKind::Phone))
    }

    fn join(&mut self, from: &Subject, into: &Subject) -> Result<(), TakeError> {
        let (tx, means) = (self.tx, self.means);
        crate::rights::join(tx, &means.vault, &means.engine, &*means.entropy, from, into, means.now)?;
        self.found = Found::default();
        self.forget(from);
        self.forget(into);
        self.look_no_more(from);
        self.look_again(*into);
        Ok(())
    }

    /// E-mail address and phone number of an `identify`: linked if they are nobody's yet, never taken from anybody.
    fn contact(&mut self, event: &Event, resolved: &mut Resolved) -> Result<(), TakeError> {
        let claims = &event.claims;
        for (kind, value) in [(IdentityKind::Email, &claims.email), (IdentityKind::Phone, &claims.phone)] {
            let Some(value) = value else { continue };
            match self.find(kind, value)? {
                None if resolved.links.iter().any(|(known, text)| *known == kind && text == value) => {}
                None => resolved.links.push((kind, value.clone())),
                Some(other) if resolved.subject == Some(other) => {}
                Some(_) => self.count("identity_conflict", 1),
            }
        }
        Ok(())
    }
}

fn has_number(identities: &[StoredIdentity]) -> bool {
    identities.iter().any(|identity| identity.kind == IdentityKind::UserId)
}
