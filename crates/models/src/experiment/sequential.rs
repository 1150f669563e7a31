//! Results that may be looked at at any time: p-values and intervals that stay valid however often, and whenever, one looks.
//!
//! The mixture sequential probability ratio test (Robbins, Annals of Mathematical Statistics 41, 1970; Johari, Koomen,
//! Pekelis & Walsh, Operations Research 70, 2022, "Always Valid Inference"), with a normal mixture over the difference. For
//! differences of means it rests on the normal approximation with estimated spreads (Waudby-Smith et al., Annals of
//! Statistics 52, 2024, asymptotic confidence sequences), so it must not be asked before [`ENOUGH`] people did and didn't.

use super::means::Moments;
use super::proportions::Rate;
use super::{ExperimentError, Interval, open_unit};

/// So many must have done it, and so many not, on each side before the normal approximation is trusted.
pub const ENOUGH: u64 = 20;

/// A difference between two averages, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// b − a.
    pub found: f64,
    /// The variance of `found`.
    pub variance: f64,
}

impl Difference {
    /// Of two conversion rates: V = p_a (1 − p_a) / n_a + p_b (1 − p_b) / n_b.
    ///
    /// # Errors
    /// [`ExperimentError::TooFew`] with fewer than [`ENOUGH`] who did or didn't on a side.
    pub fn of_rates(a: Rate, b: Rate) -> Result<Self, ExperimentError> {
        let few = |rate: Rate| rate.successes < ENOUGH || rate.trials - rate.successes < ENOUGH;
        if few(a) || few(b) {
            return Err(ExperimentError::TooFew);
        }
        let variance = |rate: Rate| rate.share() * (1.0 - rate.share()) / rate.trials as f64;
        Ok(Self { found: b.share() - a.share(), variance: variance(a) + variance(b) })
    }

    /// Of two averages: V = s_a² / n_a + s_b² / n_b. Whether there are enough is for the caller to see, who knows how many
    /// of the numbers aren't 0.
    ///
    /// # Errors
    /// [`ExperimentError::TooFew`] with fewer than [`ENOUGH`] numbers on a side, or no spread.
    pub fn of_means(a: &Moments, b: &Moments) -> Result<Self, ExperimentError> {
        let variance = a.variance() / a.count() as f64 + b.variance() / b.count() as f64;
        if a.count() < ENOUGH || b.count() < ENOUGH || variance <= 0.0 {
            return Err(ExperimentError::TooFew);
        }
        Ok(Self { found: b.mean() - a.mean(), variance })
    }

    /// The always-valid p-value for "there is no difference": 1 / Λ, where
    /// Λ = √(V / (V + τ²)) · exp(τ² d² / (2 V (V + τ²))).
    ///
    /// By Ville's inequality P(ever p ≤ α) ≤ α if there is none. `tau` > 0 is the size of the difference that one hopes to
    /// find; it has to be settled beforehand.
    #[must_use]
    pub fn p(&self, tau: f64) -> f64 {
        let Self { found, variance } = *self;
        let t2 = tau * tau;
        let ln =
            0.5 * (variance / (variance + t2)).ln() + t2 * found * found / (2.0 * variance * (variance + t2));
        (-ln).exp().min(1.0)
    }

    /// The always-valid interval, which holds the true difference at all times together with probability `confidence`:
    /// the differences that [`Self::p`] at the same `tau` doesn't refuse,
    /// d ± √(V (V + τ²) / τ² · (ln((V + τ²) / V) + 2 ln(1 / α))).
    ///
    /// # Errors
    /// [`ExperimentError::OutOfRange`] for a confidence outside 0 to 1.
    ///
    /// ```
    /// use models::experiment::{proportions::Rate, sequential::Difference};
    /// let found = Difference::of_rates(Rate::new(400, 8000).unwrap(), Rate::new(520, 8000).unwrap()).unwrap();
    /// let interval = found.interval(0.01, 0.95).unwrap();
    /// assert!(found.p(0.01) < 0.05 && interval.low > 0.0 && interval.high > 0.015);
    /// ```
    pub fn interval(&self, tau: f64, confidence: f64) -> Result<Interval, ExperimentError> {
        let Self { found, variance } = *self;
        let alpha = 1.0 - open_unit(confidence)?;
        let t2 = tau * tau;
        let width = variance * (variance + t2) / t2 * (((variance + t2) / variance).ln() - 2.0 * alpha.ln());
        let half = width.sqrt();
        Ok(Interval { low: found - half, high: found + half })
    }
}

#[cfg(test)]
mod tests {
    use super::super::proportions::z_test;
    use super::*;

    /// A generator for the simulations: SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
    fn unit(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Runs experiments that are looked at every 200 people, and says in how many something was ever "shown": by this test
    /// and by the ordinary one.
    fn peek(runs: u64, a: f64, b: f64) -> (u64, u64) {
        let (mut shown, mut naive) = (0, 0);
        for run in 0..runs {
            let mut state = run << 32 | 7;
            let (mut did, mut ever, mut ever_naive) = ([0_u64; 2], false, false);
            for person in 1..=6_000_u64 {
                did[0] += u64::from(unit(&mut state) < a);
                did[1] += u64::from(unit(&mut state) < b);
                if person % 100 == 0 {
                    let [x, y] = did.map(|did| Rate::new(did, person).unwrap());
                    ever |= Difference::of_rates(x, y).is_ok_and(|found| found.p(0.02) < 0.05);
                    ever_naive |= z_test(x, y).is_ok_and(|p| p < 0.05);
                }
            }
            shown += u64::from(ever);
            naive += u64::from(ever_naive);
        }
        (shown, naive)
    }

    #[test]
    fn peeking_at_equal_variants_shows_a_difference_in_no_more_than_one_run_of_twenty() {
        let (shown, naive) = peek(400, 0.1, 0.1);
        assert!(shown <= 20, "{shown} of 400");
        assert!(
            naive > 60,
            "the ordinary test would have lied in {naive} of 400, so this test tests nothing"
        );
    }

    #[test]
    fn a_true_difference_is_found() {
        let (shown, _) = peek(100, 0.1, 0.13);
        assert!(shown > 90, "{shown} of 100");
    }

    #[test]
    fn p_and_interval_agree_with_a_computation_by_hand() {
        // V = 1e-4, τ = 0.02, d = 0.03: Λ = √0.2 · exp(4e-4 · 9e-4 / (2e-4 · 5e-4)) = 0.4472136 · e^3.6 = 16.3672
        let found = Difference { found: 0.03, variance: 1e-4 };
        assert!((found.p(0.02) - 0.061_097_700_8).abs() < 1e-8, "{}", found.p(0.02));
        // Half the width: √(1.25e-4 · (ln 5 + 2 ln 20)) = √(1.25e-4 · 7.6009)
        let Interval { low, high } = found.interval(0.02, 0.95).unwrap();
        assert!((high - low - 2.0 * 0.0308239).abs() < 1e-8, "{low} {high}");
    }

    #[test]
    fn interval_leaves_out_0_exactly_when_p_is_below_alpha() {
        for d in [0.0, 0.01, 0.0308, 0.0309, 0.05] {
            let found = Difference { found: d, variance: 1e-4 };
            let refuses = found.p(0.02) < 0.05;
            assert_eq!(found.interval(0.02, 0.95).unwrap().low > 0.0, refuses, "{d}");
        }
    }

    #[test]
    fn too_few_are_not_judged() {
        let rate = |successes| Rate::new(successes, 1000).unwrap();
        assert!(Difference::of_rates(rate(19), rate(400)).is_err());
        assert!(Difference::of_rates(rate(20), rate(400)).is_ok());
    }
}
