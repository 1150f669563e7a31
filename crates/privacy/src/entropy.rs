//! Randomness as an argument. This crate must never draw any by itself, so that every test can replay it.

use std::sync::{Mutex, PoisonError};

use zeroize::{Zeroize as _, Zeroizing};

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

/// How many bytes [`Ahead`] draws at once.
const DRAWN_AT_ONCE: usize = 768;

/// Draws ahead for as long as one piece of work lasts, since asking the source costs more than its bytes do. Each byte
/// is given out once and wiped; what is left over is wiped at the end.
///
/// ```
/// use privacy::entropy::{Ahead, Entropy, NoEntropy, draw};
/// struct Ones;
/// impl Entropy for Ones {
///     fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
///         out.fill(1);
///         Ok(())
///     }
/// }
/// assert_eq!(draw(&Ahead::new(&Ones)), Ok([1; 12]));
/// ```
pub struct Ahead<'e> {
    source: &'e dyn Entropy,
    drawn: Mutex<Drawn>,
}

struct Drawn {
    bytes: Zeroizing<[u8; DRAWN_AT_ONCE]>,
    given: usize,
}

impl<'e> Ahead<'e> {
    /// Draws nothing yet.
    #[must_use]
    pub fn new(source: &'e dyn Entropy) -> Self {
        let drawn = Drawn { bytes: Zeroizing::new([0; DRAWN_AT_ONCE]), given: DRAWN_AT_ONCE };
        Self { source, drawn: Mutex::new(drawn) }
    }
}

impl Entropy for Ahead<'_> {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let Drawn { bytes, given } = &mut *drawn;
        if DRAWN_AT_ONCE - *given < out.len() {
            // INVARIANT: a source that fails leaves nothing to be given out.
            *given = DRAWN_AT_ONCE;
            if out.len() > DRAWN_AT_ONCE {
                return self.source.fill(out);
            }
            self.source.fill(bytes.as_mut())?;
            *given = 0;
        }
        let fresh = bytes.get_mut(*given..*given + out.len()).ok_or(NoEntropy)?;
        out.copy_from_slice(fresh);
        fresh.zeroize();
        *given += out.len();
        Ok(())
    }
}

/// Draws an array of `N` random bytes.
///
/// # Errors
/// [`NoEntropy`] when the source failed.
pub fn draw<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut out = [0; N];
    entropy.fill(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Counts in steps of one byte, and fails at the third call.
    struct Counting(AtomicU64, AtomicU64);

    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
            if self.1.fetch_add(1, Ordering::Relaxed) == 2 {
                return Err(NoEntropy);
            }
            out.fill_with(|| (self.0.fetch_add(1, Ordering::Relaxed) % 251) as u8);
            Ok(())
        }
    }

    #[test]
    fn every_byte_is_given_out_once_and_none_after_a_failure() {
        let source = Counting(AtomicU64::new(0), AtomicU64::new(0));
        let ahead = Ahead::new(&source);
        let mut all = Vec::new();
        while let Ok(bytes) = draw::<12>(&ahead) {
            all.extend(bytes);
        }
        let expected: Vec<u8> = (0..2 * DRAWN_AT_ONCE).map(|n| (n % 251) as u8).collect();
        assert_eq!(all, expected);
        assert!(draw::<12>(&ahead).is_ok(), "the source works again");
    }

    #[test]
    fn more_than_is_drawn_at_once_comes_from_the_source() {
        let source = Counting(AtomicU64::new(0), AtomicU64::new(0));
        let ahead = Ahead::new(&source);
        let mut much = vec![0; DRAWN_AT_ONCE + 1];
        ahead.fill(&mut much).unwrap();
        assert_eq!(much.last(), Some(&((DRAWN_AT_ONCE % 251) as u8)));
    }
}
