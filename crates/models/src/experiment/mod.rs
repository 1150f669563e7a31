//! Experiments: who sees which variant, how many people it takes, and what the counts say in the end.
//!
//! Must never know a person: it is handed a hash, and counts. Must never call a difference shown that peeking could have
//! brought about: [`sequential`] holds however often one looks.
//!
//! | module | answers |
//! | --- | --- |
//! | [`split`] | which variant a hash falls into |
//! | [`plan`] | how many people are needed to see a difference, and which difference so many people show |
//! | [`sequential`] | whether a difference is shown by now, at any time (mSPRT) |
//! | [`proportions`] | two conversion rates, looked at once: z-test, Fisher's exact test, Newcombe's interval |
//! | [`means`] | two averages, looked at once: Welch's test and interval |
//! | [`ratio`] | whether people came into the variants as they should have: sample ratio mismatch |
//! | [`tail`] | the distributions behind them |

pub mod means;
pub mod plan;
pub mod proportions;
pub mod ratio;
pub mod sequential;
pub mod split;
pub mod tail;

/// From where to where, with a confidence that goes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What can be wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ExperimentError {
    /// More people did it than there were.
    #[error("`{successes}` of `{trials}` is more than all")]
    MoreThanAll {
        /// How many did it.
        successes: u64,
        /// How many there were.
        trials: u64,
    },
    /// Too few for the test to say anything.
    #[error("there are too few to compare")]
    TooFew,
    /// A rate, a share or a probability is out of its range.
    #[error("`{0}` must lie between 0 and 1, both excluded")]
    OutOfRange(f64),
    /// There is nothing to find.
    #[error("the difference to look for must not be 0")]
    NoEffect,
    /// Shares of the variants.
    #[error("at least two variants need a share above 0")]
    Shares,
}

/// A probability strictly between 0 and 1.
pub(crate) fn open_unit(value: f64) -> Result<f64, ExperimentError> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(ExperimentError::OutOfRange(value)) }
}
