//! A grant ends with its transaction: the next use asks the ledger again.

use jiff::Timestamp;
use privacy::grant::Authorize;
use privacy::purpose::Personalisation;
use privacy::store::Tx;
use privacy::subject::Subject;
use privacy::vault::Vault;

fn keep<T: Tx>(begin: impl Fn() -> T, subject: &Subject, vault: &Vault, now: Timestamp) {
    let kept = {
        let tx = begin();
        tx.authorize::<Personalisation>(subject, "example", now).unwrap()
    };
    drop(kept.read::<privacy::data::PurchaseHistory>(vault));
}

fn main() {}
