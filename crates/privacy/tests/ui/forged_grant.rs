//! A grant can't be made by hand: only the ledger issues one.

use privacy::grant::Grant;
use privacy::purpose::{Personalisation, PurposeId};
use privacy::store::{Day, Tx};
use privacy::subject::Subject;

fn forge<'tx>(tx: &'tx dyn Tx, subject: Subject) -> Grant<'tx, Personalisation> {
    Grant {
        tx,
        subject,
        purpose: PurposeId::of::<Personalisation>(),
        part: "example",
        today: Day(0),
        kind: std::marker::PhantomData,
    }
}

fn main() {}
