//! How much is on its way into the store, in bytes: a few hundred large bodies take as much memory as thousands of small
//! ones. Must let go of every byte that it counted, however a request ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More bytes than this on their way, and clients are asked to come again.
pub const MOST_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// The bytes of bodies that were taken and aren't written yet. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Load {
    bytes: Arc<AtomicUsize>,
}

/// A body's bytes, counted for as long as this lives.
#[derive(Debug)]
pub struct Carried {
    load: Load,
    bytes: usize,
}

impl Load {
    /// Counts bytes that are to be carried; `None` if that would be too many.
    #[must_use]
    pub fn carry(&self, bytes: usize) -> Option<Carried> {
        let mut carried = Carried { load: self.clone(), bytes: 0 };
        carried.grow(bytes).then_some(carried)
    }

    /// How many bytes are on their way.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Carried {
    /// Counts up to so many bytes, where it turns out that there are more; whether that isn't too many.
    pub(super) fn grow(&mut self, to: usize) -> bool {
        let more = to.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let before = self.load.bytes.fetch_add(more, Ordering::Relaxed);
        if before.saturating_add(more) > MOST_WAITING_BYTES {
            self.load.bytes.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.load.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_carried_than_fits_and_all_is_let_go_of() {
        let load = Load::default();
        let half = MOST_WAITING_BYTES / 2;
        let mut one = load.carry(half).unwrap();
        let two = load.carry(half).unwrap();
        assert!(load.carry(1).is_none());
        assert!(!one.grow(half + 1) && one.grow(half) && one.grow(5));
        assert_eq!(load.bytes(), MOST_WAITING_BYTES);
        drop(two);
        assert!(one.grow(half + 1));
        assert_eq!(load.bytes(), half + 1);
        drop(one);
        assert_eq!(load.bytes(), 0);
    }
}
