//! Before the start: how many people an experiment needs to see a difference of some size, and which difference so many
//! people can show.

use super::tail::{normal_quantile, normal_two_sided};
use super::{ExperimentError, open_unit};

/// How sure one wants to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certainty {
    /// How often a difference may be called shown that isn't there, such as 0.05.
    pub alpha: f64,
    /// How often a difference of the size looked for should be found, such as 0.8.
    pub power: f64,
}

impl Certainty {
    /// 5 % and 80 %, as is customary.
    #[must_use]
    pub const fn customary() -> Self {
        Self { alpha: 0.05, power: 0.8 }
    }

    fn quantiles(self) -> Result<(f64, f64), ExperimentError> {
        Ok((normal_quantile(1.0 - open_unit(self.alpha)? / 2.0), normal_quantile(open_unit(self.power)?)))
    }
}

/// People needed in each of two variants of equal share to tell rate `a` from rate `b` (Fleiss, Levin & Paik, Statistical
/// Methods for Rates and Proportions, 3rd ed., eq. 4.14):
/// n = (z_{1−α/2} √(2 p̄ q̄) + z_{power} √(p_a q_a + p_b q_b))² / (p_b − p_a)².
///
/// It is the number for looking once, at the end. Whoever looks all the time needs more for the worst case: see
/// [`sequential_people`].
///
/// # Errors
/// [`ExperimentError`] for rates outside 0 to 1, or two equal ones.
///
/// ```
/// use models::experiment::plan::{Certainty, people};
/// assert_eq!(people(0.05, 0.06, Certainty::customary()), Ok(8158));
/// ```
pub fn people(a: f64, b: f64, certainty: Certainty) -> Result<u64, ExperimentError> {
    let (a, b) = (open_unit(a)?, open_unit(b)?);
    let (z_alpha, z_power) = certainty.quantiles()?;
    if a == b {
        return Err(ExperimentError::NoEffect);
    }
    let mean = (a + b) / 2.0;
    let root =
        z_alpha * (2.0 * mean * (1.0 - mean)).sqrt() + z_power * (a * (1.0 - a) + b * (1.0 - b)).sqrt();
    Ok(whole((root / (b - a)).powi(2)))
}

/// People in each of two variants after which the always-valid test of [`sequential`](super::sequential) with τ = |b − a|
/// finds the difference with the power asked for, if it is looked at then for the first time; whoever looks earlier may
/// find it earlier.
///
/// # Errors
/// As [`people`].
pub fn sequential_people(a: f64, b: f64, certainty: Certainty) -> Result<u64, ExperimentError> {
    let mut high = people(a, b, certainty)?;
    let (effect, spread) = ((b - a).abs(), a * (1.0 - a) + b * (1.0 - b));
    // The difference found must exceed the half width of the interval around it.
    let found = |n: u64| {
        let (v, t2) = (spread / n as f64, effect * effect);
        let half = (v * (v + t2) / t2 * (((v + t2) / v).ln() - 2.0 * certainty.alpha.ln())).sqrt();
        let z = (effect - half) / v.sqrt();
        let below = normal_two_sided(z) / 2.0;
        if z > 0.0 { 1.0 - below } else { below }
    };
    let mut low = 0;
    while found(high) < certainty.power {
        (low, high) = (high, high.saturating_mul(2));
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if found(middle) < certainty.power { low = middle } else { high = middle }
    }
    Ok(high)
}

/// The smallest rise above rate `a` that `n` people in each of two variants show with this certainty, by [`people`].
///
/// # Errors
/// [`ExperimentError::TooFew`] if no rise at all could be shown.
///
/// ```
/// use models::experiment::plan::{Certainty, detectable};
/// let rise = detectable(0.05, 8158, Certainty::customary()).unwrap();
/// assert!((rise - 0.01).abs() < 1e-5);
/// ```
pub fn detectable(a: f64, n: u64, certainty: Certainty) -> Result<f64, ExperimentError> {
    let a = open_unit(a)?;
    let (mut low, mut high) = (0.0, (1.0 - a) * (1.0 - 1e-9));
    if people(a, a + high, certainty)? > n {
        return Err(ExperimentError::TooFew);
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        let enough = a + middle > a && people(a, a + middle, certainty)? <= n;
        if enough { high = middle } else { low = middle }
    }
    Ok(high)
}

fn whole(n: f64) -> u64 {
    // A float beyond the range stops at its end.
    n.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_fleiss_by_hand() {
        // p 0.1 and 0.12: (1.959964·√(2·0.11·0.89) + 0.841621·√(0.09 + 0.1056))² / 0.0004 = 3840.8
        assert_eq!(people(0.1, 0.12, Certainty::customary()), Ok(3841));
        // Down as well as up: p 0.12 and 0.1 are the same two rates.
        assert_eq!(people(0.12, 0.1, Certainty::customary()), Ok(3841));
    }

    #[test]
    fn looking_all_the_time_costs_people() {
        let once = people(0.1, 0.12, Certainty::customary()).unwrap();
        let always = sequential_people(0.1, 0.12, Certainty::customary()).unwrap();
        assert!(always > once && always < 3 * once, "{once} {always}");
    }

    #[test]
    fn what_cannot_be_planned_is_refused() {
        let certainty = Certainty::customary();
        assert_eq!(people(0.1, 0.1, certainty), Err(ExperimentError::NoEffect));
        assert_eq!(people(0.0, 0.1, certainty), Err(ExperimentError::OutOfRange(0.0)));
        assert_eq!(detectable(0.5, 2, certainty), Err(ExperimentError::TooFew));
    }
}
