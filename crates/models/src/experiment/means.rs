//! Two averages, such as money a person, compared once: Welch's test, which doesn't take the spreads for equal.

use super::tail::{student_critical, student_two_sided};
use super::{ExperimentError, Interval, open_unit};

/// Count, mean and spread of numbers, gathered one by one (Welford, Technometrics 4, 1962).
///
/// ```
/// use models::experiment::means::Moments;
/// let moments = [2.0, 4.0, 9.0].into_iter().collect::<Moments>();
/// assert_eq!((moments.count(), moments.mean(), moments.variance()), (3, 5.0, 13.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Takes a number in.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (value - self.mean);
    }

    /// How many numbers.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 of none.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// Their variance as a sample of more (n − 1 below the line); 0 of fewer than two.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.count < 2 { 0.0 } else { self.squares / (self.count - 1) as f64 }
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.add(value));
        moments
    }
}

/// What Welch's test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// The two-sided p-value.
    pub p: f64,
    /// The interval of mean b − mean a.
    pub interval: Interval,
}

/// Welch's test (Biometrika 34, 1947): t = (m_b − m_a) / √(s_a²/n_a + s_b²/n_b), with the degrees of freedom after
/// Satterthwaite, (s_a²/n_a + s_b²/n_b)² / ((s_a²/n_a)²/(n_a−1) + (s_b²/n_b)²/(n_b−1)).
///
/// # Errors
/// [`ExperimentError::TooFew`] with fewer than two numbers on a side or no spread at all.
pub fn welch(a: &Moments, b: &Moments, confidence: f64) -> Result<Welch, ExperimentError> {
    let (na, nb) = (a.count as f64, b.count as f64);
    let (va, vb) = (a.variance() / na, b.variance() / nb);
    if a.count < 2 || b.count < 2 || va + vb <= 0.0 {
        return Err(ExperimentError::TooFew);
    }
    let freedom = (va + vb).powi(2) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
    let (difference, error) = (b.mean - a.mean, (va + vb).sqrt());
    let half = student_critical(1.0 - open_unit(confidence)?, freedom) * error;
    Ok(Welch {
        p: student_two_sided(difference / error, freedom),
        interval: Interval { low: difference - half, high: difference + half },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} is not {expected}");
    }

    /// scipy.stats.ttest_ind(b, a, equal_var=False) and its confidence_interval().
    #[test]
    fn welch_agrees_with_scipy() {
        let a: Moments = [0.0, 0.0, 12.5, 0.0, 40.0, 3.0, 0.0, 8.0].into_iter().collect();
        let b: Moments = [0.0, 25.0, 60.0, 0.0, 18.0, 33.0].into_iter().collect();
        let Welch { p, interval } = welch(&a, &b, 0.95).unwrap();
        near(p, 0.19692953793209192);
        near(interval.low, -9.471568636524573);
        near(interval.high, 38.92990196985791);
    }

    #[test]
    fn without_spread_nothing_can_be_said() {
        let same: Moments = [1.0, 1.0, 1.0].into_iter().collect();
        assert_eq!(welch(&same, &same, 0.95), Err(ExperimentError::TooFew));
        let one: Moments = [1.0].into_iter().collect();
        assert_eq!(welch(&one, &same, 0.95), Err(ExperimentError::TooFew));
    }
}
