//! Personal data in the clear. A [`Personal`] can't be printed, serialised, cloned or kept: it borrows the grant that
//! opened it, which borrows the transaction that read the consent.

use std::marker::PhantomData;

use crate::grant::Grant;

/// Data opened for the purpose `P`.
pub struct Personal<'g, T, P> {
    value: T,
    grant: PhantomData<&'g Grant<'g, P>>,
}

impl<'g, T, P> Personal<'g, T, P> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value, grant: PhantomData }
    }

    /// The data itself. Each call is a point of review: say in a comment why it is lawful and where it goes.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.value
    }
}
