//! Two conversion rates, compared once: right when the day of looking was settled before; see
//! [`sequential`](super::sequential) for looking again and again.

use super::tail::{ln_choose, normal_quantile, normal_two_sided};
use super::{ExperimentError, Interval, open_unit};

/// How many of how many did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many did.
    pub successes: u64,
    /// How many there were.
    pub trials: u64,
}

impl Rate {
    /// `successes` of `trials`.
    ///
    /// # Errors
    /// [`ExperimentError::MoreThanAll`] if more did than there were.
    pub fn new(successes: u64, trials: u64) -> Result<Self, ExperimentError> {
        if successes > trials {
            return Err(ExperimentError::MoreThanAll { successes, trials });
        }
        Ok(Self { successes, trials })
    }

    /// The share, 0 to 1; 0 of nobody.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.trials == 0 { 0.0 } else { self.successes as f64 / self.trials as f64 }
    }

    /// Wilson's score interval (JASA 22, 1927): the shares p with |share − p| ≤ z √(p (1 − p) / n).
    ///
    /// # Errors
    /// [`ExperimentError::TooFew`] of nobody, [`ExperimentError::OutOfRange`] for a confidence outside 0 to 1.
    ///
    /// ```
    /// use models::experiment::proportions::Rate;
    /// let interval = Rate::new(15, 148).unwrap().wilson(0.95).unwrap();
    /// assert!((interval.low - 0.0624).abs() < 1e-4 && (interval.high - 0.1605).abs() < 1e-4);
    /// ```
    pub fn wilson(self, confidence: f64) -> Result<Interval, ExperimentError> {
        if self.trials == 0 {
            return Err(ExperimentError::TooFew);
        }
        let z = normal_quantile(0.5 + open_unit(confidence)? / 2.0);
        let (n, p) = (self.trials as f64, self.share());
        let z2 = z * z / n;
        let centre = (p + z2 / 2.0) / (1.0 + z2);
        let half = z / (1.0 + z2) * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt();
        Ok(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
    }
}

/// The two-sided p-value of the two-proportion z-test with the pooled share:
/// z = (p_b − p_a) / √(p (1 − p) (1/n_a + 1/n_b)).
///
/// # Errors
/// [`ExperimentError::TooFew`] if a side is empty, or nobody or everybody did it on both sides.
///
/// ```
/// use models::experiment::proportions::{Rate, z_test};
/// let p = z_test(Rate::new(120, 1000).unwrap(), Rate::new(150, 1000).unwrap()).unwrap();
/// assert!((p - 0.0496).abs() < 1e-4);
/// ```
pub fn z_test(a: Rate, b: Rate) -> Result<f64, ExperimentError> {
    let (na, nb) = (a.trials as f64, b.trials as f64);
    let pooled = (a.successes + b.successes) as f64 / (na + nb);
    if a.trials == 0 || b.trials == 0 || pooled <= 0.0 || pooled >= 1.0 {
        return Err(ExperimentError::TooFew);
    }
    let error = (pooled * (1.0 - pooled) * (1.0 / na + 1.0 / nb)).sqrt();
    Ok(normal_two_sided((b.share() - a.share()) / error))
}

/// The two-sided p-value of Fisher's exact test: the sum of the probabilities of all tables with these margins that are no
/// likelier than the one found. For small counts; its time grows with the smaller margin.
///
/// ```
/// use models::experiment::proportions::{Rate, fisher};
/// // The lady tasting tea: 3 of 4 right.
/// let p = fisher(Rate::new(3, 4).unwrap(), Rate::new(1, 4).unwrap());
/// assert!((p - 34.0 / 70.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn fisher(a: Rate, b: Rate) -> f64 {
    let (n, did) = (a.trials + b.trials, a.successes + b.successes);
    let all = ln_choose(n, did);
    let probability = |k: u64| (ln_choose(a.trials, k) + ln_choose(b.trials, did - k) - all).exp();
    let found = probability(a.successes) * (1.0 + 1e-7);
    let possible = did.saturating_sub(b.trials)..=did.min(a.trials);
    possible.map(probability).filter(|p| *p <= found).sum::<f64>().min(1.0)
}

/// Newcombe's interval for p_b − p_a (Statistics in Medicine 17, 1998, method 10), of the two Wilson intervals (l, u):
/// d − √((p_b − l_b)² + (u_a − p_a)²) to d + √((u_b − p_b)² + (p_a − l_a)²).
///
/// # Errors
/// As [`Rate::wilson`].
pub fn difference(a: Rate, b: Rate, confidence: f64) -> Result<Interval, ExperimentError> {
    let (of_a, of_b) = (a.wilson(confidence)?, b.wilson(confidence)?);
    let (pa, pb) = (a.share(), b.share());
    let d = pb - pa;
    Ok(Interval {
        low: d - (pb - of_b.low).hypot(of_a.high - pa),
        high: d + (of_b.high - pb).hypot(pa - of_a.low),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(successes: u64, trials: u64) -> Rate {
        Rate::new(successes, trials).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-10 * expected.abs().max(1e-3), "{found} is not {expected}");
    }

    #[test]
    fn z_test_agrees_with_the_chi_square_of_the_table() {
        // scipy.stats.chi2_contingency(…, correction=False)
        near(z_test(rate(45, 1200), rate(73, 1180)).unwrap(), 0.006186718211106476);
        near(z_test(rate(500, 10_000), rate(499, 10_050)).unwrap(), 0.9097781020882169);
    }

    #[test]
    fn fisher_agrees_with_scipy() {
        near(fisher(rate(1, 9), rate(11, 14)), 0.0027594561852200836);
        near(fisher(rate(8, 10), rate(1, 6)), 0.034965034965034975);
        near(fisher(rate(40, 800), rate(62, 790)), 0.02401600220677395);
        near(fisher(rate(0, 5), rate(0, 7)), 1.0);
    }

    #[test]
    fn newcombe_agrees_with_the_papers_example() {
        // Newcombe 1998, table II (a): 56/70 − 48/80, method 10: 0.0524 to 0.3339.
        let interval = difference(rate(48, 80), rate(56, 70), 0.95).unwrap();
        assert!(
            (interval.low - 0.0524).abs() < 5e-5 && (interval.high - 0.3339).abs() < 5e-5,
            "{interval:?}"
        );
        // (c): 6/7 − 2/7: 0.0582 to 0.8062.
        let interval = difference(rate(2, 7), rate(6, 7), 0.95).unwrap();
        assert!(
            (interval.low - 0.0582).abs() < 5e-5 && (interval.high - 0.8062).abs() < 5e-5,
            "{interval:?}"
        );
    }

    #[test]
    fn nothing_to_compare_is_an_error() {
        assert_eq!(z_test(rate(0, 9), rate(0, 9)), Err(ExperimentError::TooFew));
        assert_eq!(z_test(rate(0, 0), rate(1, 9)), Err(ExperimentError::TooFew));
        assert!(Rate::new(3, 2).is_err() && rate(1, 2).wilson(1.0).is_err());
    }
}
