//! The small integers by which kinds stand in the database. A number, once used, may never mean something else.

use privacy::data::Kind;
use privacy::pseudonym::IdentityKind;
use privacy::store::StoreError;

pub(crate) const fn of_kind(kind: Kind) -> i64 {
    match kind {
        Kind::Contact => 1,
        Kind::BrowsingHistory => 2,
        Kind::CartHistory => 3,
        Kind::PurchaseHistory => 4,
        Kind::DeviceTraces => 5,
        Kind::Feedback => 6,
        Kind::ShownItems => 7,
        Kind::DeclaredEvents => 8,
        Kind::SentOffers => 9,
    }
}

pub(crate) fn kind(code: i64) -> Result<Kind, StoreError> {
    let known = Kind::ALL.iter().copied().find(|kind| of_kind(*kind) == code);
    known.ok_or_else(|| StoreError::Damaged(format!("`{code}` is no kind of data")))
}

pub(crate) const fn of_identity(kind: IdentityKind) -> i64 {
    match kind {
        IdentityKind::UserId => 1,
        IdentityKind::AnonymousId => 2,
        IdentityKind::Email => 3,
        IdentityKind::Phone => 4,
    }
}

pub(crate) fn identity(code: i64) -> Result<IdentityKind, StoreError> {
    let known = IdentityKind::ALL.iter().copied().find(|kind| of_identity(*kind) == code);
    known.ok_or_else(|| StoreError::Damaged(format!("`{code}` is no kind of identity")))
}
