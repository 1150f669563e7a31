//! A write on its way: what it is called, and the answer that comes once it is durable, never before.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::store::StoreError;
use tokio::sync::oneshot;

/// What a write is, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The action, as lower-case words joined by dots: `event.store`.
    pub name: &'static str,
    /// Who does it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
}

/// The answer to come. Await it, or [`Pending::wait`] for it on a thread that may block.
///
/// Dropping it doesn't take the write back.
#[must_use = "a write that nobody waits for may fail unseen"]
pub struct Pending<R, E> {
    answer: oneshot::Receiver<Result<R, E>>,
}

impl<R, E: From<StoreError>> Pending<R, E> {
    pub(crate) const fn new(answer: oneshot::Receiver<Result<R, E>>) -> Self {
        Self { answer }
    }

    /// Blocks until the write is durable or has failed. Not for asynchronous code, nor from within a write.
    ///
    /// # Errors
    /// What the work answered, or [`StoreError::Unavailable`] when it could not be committed.
    pub fn wait(self) -> Result<R, E> {
        self.answer.blocking_recv().unwrap_or_else(|_| Err(closed().into()))
    }
}

impl<R, E: From<StoreError>> Future for Pending<R, E> {
    type Output = Result<R, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context).map(|got| got.unwrap_or_else(|_| Err(closed().into())))
    }
}

pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable(String::from("it was closed"))
}
