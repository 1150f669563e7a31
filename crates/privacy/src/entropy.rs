//! Randomness as an argument. This crate must never draw any by itself, so that every test can replay it.

/// A source of bytes that nobody can predict. The server passes the operating system's; tests pass a seed.
pub trait Entropy: Send + Sync {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source failed. Nothing may be sealed or named then.
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The source of randomness failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed; nothing was sealed")]
pub struct NoEntropy;

/// Draws an array of `N` random bytes.
///
/// # Errors
/// [`NoEntropy`] when the source failed.
pub fn draw<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut out = [0; N];
    entropy.fill(&mut out)?;
    Ok(out)
}
