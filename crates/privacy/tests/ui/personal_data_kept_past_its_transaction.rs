//! Personal data ends with the transaction that read the consent.

use jiff::Timestamp;
use privacy::data::PurchaseHistory;
use privacy::grant::Authorize;
use privacy::purpose::Personalisation;
use privacy::store::Tx;
use privacy::subject::Subject;
use privacy::vault::Vault;

fn keep<T: Tx>(begin: impl Fn() -> T, subject: &Subject, vault: &Vault, now: Timestamp) -> usize {
    let kept = {
        let tx = begin();
        let grant = tx.authorize::<Personalisation>(subject, "example", now).unwrap();
        grant.read::<PurchaseHistory>(vault).unwrap()
    };
    kept.expose().len()
}

fn main() {}
