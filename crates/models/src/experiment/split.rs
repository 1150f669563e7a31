//! Which variant somebody falls into: by a hash that the caller made of a keyed name and of the experiment's own.
//!
//! Must never be handed a hash that two experiments share: then the same people would be together in both.

use super::ExperimentError;

/// The variants' shares, in whole parts: 1 and 1 is half each.
///
/// ```
/// use models::experiment::split::Split;
/// let split = Split::new(&[1, 3]).unwrap();
/// assert_eq!((split.variant(0), split.variant(u64::MAX / 4 + 2), split.variant(u64::MAX)), (0, 1, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The sum of the shares up to each variant.
    upto: Vec<u64>,
}

impl Split {
    /// A split by these shares.
    ///
    /// # Errors
    /// [`ExperimentError::Shares`] unless at least two are above 0.
    pub fn new(shares: &[u32]) -> Result<Self, ExperimentError> {
        if shares.iter().filter(|share| **share > 0).count() < 2 {
            return Err(ExperimentError::Shares);
        }
        let sum_up = |sum: &mut u64, share: &u32| {
            *sum += u64::from(*share);
            Some(*sum)
        };
        Ok(Self { upto: shares.iter().scan(0, sum_up).collect() })
    }

    /// The variant of a hash: the first whose shares reach beyond hash / 2⁶⁴ of all.
    #[must_use]
    pub fn variant(&self, hash: u64) -> usize {
        let all = u128::from(self.upto.last().copied().unwrap_or_default());
        let place = u64::try_from((u128::from(hash) * all) >> 64).unwrap_or(u64::MAX);
        self.upto.partition_point(|upto| *upto <= place).min(self.upto.len().saturating_sub(1))
    }

    /// Each variant's part of all, from 0 to 1.
    #[must_use]
    pub fn expected(&self) -> Vec<f64> {
        let all = self.upto.last().copied().unwrap_or(1) as f64;
        let mut before = 0;
        let part = |upto: &u64| {
            let own = upto - before;
            before = *upto;
            own as f64 / all
        };
        self.upto.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_variant_alone_is_no_experiment() {
        assert_eq!(Split::new(&[3, 0]), Err(ExperimentError::Shares));
        assert_eq!(Split::new(&[]), Err(ExperimentError::Shares));
    }

    proptest! {
        #[test]
        fn hashes_fall_into_variants_by_their_shares(shares in prop::collection::vec(0u32..50, 2..6)) {
            prop_assume!(shares.iter().filter(|share| **share > 0).count() >= 2);
            let split = Split::new(&shares).unwrap();
            let all: u32 = shares.iter().sum();
            let mut counted = vec![0; shares.len()];
            // The middle of each whole part of the range of hashes.
            for part in 0..all {
                let hash = ((u128::from(part) * 2 + 1) << 64) / (u128::from(all) * 2);
                counted[split.variant(u64::try_from(hash).unwrap())] += 1;
            }
            prop_assert_eq!(&counted, &shares);
            let expected = split.expected();
            prop_assert!((expected.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!((expected[0] - f64::from(shares[0]) / f64::from(all)).abs() < 1e-12);
        }
    }
}
