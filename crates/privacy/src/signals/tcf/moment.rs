//! Points in time as TC strings hold them. Must not be finer than a day where a string is made: the framework rounds so
//! that nobody is recognised by the tenth of a second in which they answered.

use jiff::Timestamp;

/// Tenths of seconds since 1970, UTC; 36 bits of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciseconds(pub u64);

const A_DAY: u64 = 24 * 60 * 60 * 10;

impl Deciseconds {
    /// The beginning of the day, UTC. Days before 1970 count as the first.
    ///
    /// ```
    /// use privacy::signals::tcf::Deciseconds;
    /// assert_eq!(Deciseconds::day_of("2026-01-01T23:59:59Z".parse().unwrap()), Deciseconds(17_672_256_000));
    /// ```
    #[must_use]
    pub fn day_of(at: Timestamp) -> Self {
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        Self(seconds * 10 / A_DAY * A_DAY)
    }

    /// The same moment.
    ///
    /// # Errors
    /// None for what a string can hold: 36 bits end in the year 2187.
    pub fn timestamp(self) -> Result<Timestamp, jiff::Error> {
        Timestamp::from_millisecond(i64::try_from(self.0.saturating_mul(100)).unwrap_or(i64::MAX))
    }
}
