//! Sample ratio mismatch: whether people came into the variants as the shares say. If not, something loses people on the
//! way, and no result of the experiment can be trusted (Fabijan et al., KDD 2019).

use super::ExperimentError;
use super::tail::chi_square;

/// Below this p-value the counts don't fit the shares: strict, since it is looked at often.
pub const ALARM: f64 = 0.001;

/// The p-value of Pearson's chi-square test: Σ (found − expected)² / expected, with one degree of freedom less than there
/// are variants. `expected` are parts of all; variants without a part are left out.
///
/// # Errors
/// [`ExperimentError::TooFew`] if fewer than 5 are expected in a variant, or there are not two.
///
/// ```
/// use models::experiment::ratio::{ALARM, mismatch};
/// assert!(mismatch(&[5000, 5080], &[0.5, 0.5]).unwrap() > 0.4);
/// assert!(mismatch(&[5000, 5400], &[0.5, 0.5]).unwrap() < ALARM);
/// ```
pub fn mismatch(found: &[u64], expected: &[f64]) -> Result<f64, ExperimentError> {
    let all: u64 = found.iter().sum();
    let (mut sum, mut variants) = (0.0, 0_u32);
    for (found, part) in found.iter().zip(expected).filter(|(_, part)| **part > 0.0) {
        let expected = part * all as f64;
        if expected < 5.0 {
            return Err(ExperimentError::TooFew);
        }
        sum += (*found as f64 - expected).powi(2) / expected;
        variants += 1;
    }
    if variants < 2 {
        return Err(ExperimentError::TooFew);
    }
    Ok(chi_square(sum, f64::from(variants - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.stats.chisquare([300, 340, 610], [312.5, 312.5, 625])
        let p = mismatch(&[300, 340, 610], &[0.25, 0.25, 0.5]).unwrap();
        assert!((p - 0.19398004229089189).abs() < 1e-12, "{p}");
        assert_eq!(mismatch(&[2, 2], &[0.5, 0.5]), Err(ExperimentError::TooFew));
    }
}
