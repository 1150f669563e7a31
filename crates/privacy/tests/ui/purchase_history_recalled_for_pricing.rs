//! What somebody bought may not decide what they pay, nor when it is kept in memory.

use jiff::Timestamp;
use privacy::data::{BrowsingHistory, PurchaseHistory};
use privacy::grant::Authorize;
use privacy::purpose::PersonalisedPricing;
use privacy::store::Tx;
use privacy::subject::Subject;
use privacy::vault::Vault;

fn price<T: Tx>(tx: &T, subject: &Subject, vault: &Vault, now: Timestamp) {
    let grant = tx.authorize::<PersonalisedPricing>(subject, "example", now).unwrap();
    drop(grant.recall::<(BrowsingHistory, PurchaseHistory), _>(vault, |_| ((), 0)));
}

fn main() {}
