//! Erasure (GDPR Art. 17): out of the store, the indexes, the memory and every model in one write, with the key
//! shredded; then a certificate that proves it to whoever asks, and names nobody.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::{Author, verify_head};
use privacy::entropy::draw;
use privacy::keeping::{Kept, KeptBy};
use privacy::rights::{Certificate, Disclosure, Retained, Right, RightsError};
use privacy::store::{Day, StoreError, Tx};
use privacy::vault::VaultError;
use serde_json::Value;
use store::{Erased, FoundBy, Write, WriteTx};

use super::access::hex;
use super::{ExerciseError, Person};
use crate::app::App;
use crate::recommend::forget;
use crate::web::Problem;

/// What an erasure did, before it is certified.
struct Done {
    /// The certificate's own number.
    id: String,
    entry: u64,
    erased: Erased,
    models: Vec<String>,
    retained: Vec<Retained>,
}

/// Erases a person and answers the signed certificate. Blocks.
///
/// # Errors
/// [`Problem`] when nobody is known by that identity or the store can't be used; nothing is erased then.
pub fn erase(app: &Arc<App>, who: &Person, author: Author) -> Result<Value, Problem> {
    let now = app.now();
    // What the machine opened until now is written down while the person's name in the log still means something.
    app.store.flush_openings(now)?;
    let (shared, who) = (Arc::clone(app), who.clone());
    let what = Write { name: "subject.erase", author: author.clone(), at: now };
    let written = app.store.write(what, move |tx| forget_everywhere(&shared, tx, &who, author, now));
    let done = written.wait().map_err(Problem::from)?;
    certify(app, done, now).map_err(Problem::from)
}

fn forget_everywhere(
    app: &App,
    tx: &WriteTx<'_>,
    who: &Person,
    author: Author,
    now: Timestamp,
) -> Result<Done, ExerciseError> {
    let subject = who.find(tx)?;
    let disclosure = Disclosure::open(tx, app.vault(), &subject, Right::Erasure, author, now)?;
    let id: [u8; 16] =
        draw(app.entropy.as_ref()).map_err(|error| RightsError::Vault(VaultError::Entropy(error)))?;
    let id = hex(&id);
    let retained = retain(app, tx, &disclosure, &id, now)?;
    let models = forget(tx, &app.engine, app.vault(), &subject);
    let erased = tx.erase(&subject)?;
    Ok(Done { id, entry: disclosure.entry, erased, models, retained })
}

/// Seals what a law obliges the shop to keep for an archive to which no identity leads; whoever shows the certificate
/// finds it.
fn retain(
    app: &App,
    tx: &WriteTx<'_>,
    disclosure: &Disclosure<'_>,
    certificate: &str,
    now: Timestamp,
) -> Result<Vec<Retained>, ExerciseError> {
    let (holds, vault) = (&Tx::law(tx).register.kept_by_law, app.vault());
    let certificate = Some(KeptBy::Certificate(certificate).index(vault));
    let (mut archive, mut sums) = (None, Vec::<Retained>::new());
    for one in disclosure.kept_by_law(holds, Day::of(now))? {
        let (kind, name) = one.name(vault);
        // What was cut before for want of a purpose was kept whole then.
        if !tx.is_retained(kind, &name)? {
            let archive = match archive {
                Some(known) => known,
                None => *archive.insert(tx.create_archive()?),
            };
            let Kept { row, retained, order } =
                one.seal(&archive, vault, app.entropy.as_ref()).map_err(RightsError::from)?;
            tx.retain(&row, &retained.law, retained.until, FoundBy { order, certificate })?;
        }
        let retained = one.retained();
        match sums.iter_mut().find(|sum| sum.kind == retained.kind && sum.law == retained.law) {
            Some(sum) => {
                sum.count += retained.count;
                sum.until = sum.until.max(retained.until);
            }
            None => sums.push(retained),
        }
    }
    Ok(sums)
}

fn certify(app: &App, done: Done, now: Timestamp) -> Result<Value, ExerciseError> {
    let Done { id, entry, erased, models, retained } = done;
    let Erased { rows, identities, ledger } = erased;
    app.store.read(|tx| {
        // Signed with the erasure's own commit, and known to the keystore: should a restore take the log back behind
        // it, the log will say so.
        let signed = tx.head_for(entry)?;
        let keys = [app.store.verifying_key().clone()];
        let head = verify_head(&signed.note, &app.store.origin(), &keys).map_err(|error| {
            StoreError::Damaged(format!("a head of the audit log can't be believed: {error}"))
        })?;
        let missing = || StoreError::Damaged("the audit entry of an erasure is missing".to_owned());
        let (_, record, _) = tx.audit_entries(entry, 1)?.pop().ok_or_else(missing)?;
        let proof = tx.inclusion_proof(entry, head.size)?;
        let certificate = Certificate {
            id,
            shop: app.register().shop.name.clone(),
            erased_at: now,
            deleted: rows,
            identities_deleted: identities,
            ledger_deleted: ledger,
            models,
            retained,
            log: head.origin.clone(),
            entry,
            record,
            log_size: head.size,
            log_root: head.root,
            checkpoint: signed.note,
            proof,
        };
        Ok::<_, ExerciseError>(certificate.sign(app.store.signing_key()))
    })
}
