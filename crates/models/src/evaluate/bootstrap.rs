//! How sure a mean is: the percentile bootstrap, by drawing whole customers or sessions again and again.
//!
//! Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 13 (percentile interval) and 8 (what is drawn are
//! the independent units). Questions of one session aren't independent of each other: give their sum as one unit.
//! Must never draw from anything but the seed.

/// What can be wrong with what is to be drawn from.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BootstrapError {
    /// Every column has a sum for each unit.
    #[error("a column has `{found}` units where there are `{expected}`")]
    Ragged {
        /// How many questions counts there are.
        expected: usize,
        /// How many sums the column has.
        found: usize,
    },
    /// Without questions there is no mean.
    #[error("there is no question to draw")]
    Nothing,
    /// An interval needs rounds, and a level between 0 and 1.
    #[error("needs at least one round and a level between 0 and 1, was `{0}` and `{1}`")]
    Dials(u32, f64),
}

/// A mean and the interval in which it lies with the chosen confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Σ of the sums / Σ of the questions.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The dials of the percentile bootstrap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// The same seed draws the same units.
    pub seed: u64,
    /// How often as many units as there are are drawn, with replacement.
    pub rounds: u32,
    /// The confidence, such as 0.95.
    pub level: f64,
}

impl Bootstrap {
    /// An interval for each column. `questions[u]` says how many questions unit u asked, `columns[c][u]` is the sum of their
    /// marks. All columns see the same draws, so that the column of the differences of two models is the paired bootstrap.
    ///
    /// ```
    /// use models::evaluate::Bootstrap;
    /// let dials = Bootstrap { seed: 1, rounds: 200, level: 0.95 };
    /// // Two customers, asked once and three times: the mean is by question, the drawing by customer.
    /// let found = dials.intervals(&[1, 3], &[&[1.0, 0.0]]).unwrap();
    /// assert_eq!((found[0].mean, found[0].low, found[0].high), (0.25, 0.0, 1.0));
    /// ```
    ///
    /// # Errors
    /// [`BootstrapError`] if the lengths don't fit, there is nothing to draw, or a dial is out of range.
    pub fn intervals(&self, questions: &[u32], columns: &[&[f64]]) -> Result<Vec<Interval>, BootstrapError> {
        let Self { seed, rounds, level } = *self;
        if rounds == 0 || !(level > 0.0 && level < 1.0) {
            return Err(BootstrapError::Dials(rounds, level));
        }
        if let Some(ragged) = columns.iter().find(|column| column.len() != questions.len()) {
            return Err(BootstrapError::Ragged { expected: questions.len(), found: ragged.len() });
        }
        let asked: u64 = questions.iter().map(|count| u64::from(*count)).sum();
        if asked == 0 {
            return Err(BootstrapError::Nothing);
        }
        let mut draw = Draw(seed);
        let mut times = vec![0u32; questions.len()];
        let mut means: Vec<Vec<f64>> = vec![Vec::with_capacity(rounds as usize); columns.len()];
        for _ in 0..rounds {
            times.fill(0);
            for _ in 0..questions.len() {
                if let Some(count) = times.get_mut(draw.below(questions.len())) {
                    *count += 1;
                }
            }
            let drawn: f64 = times.iter().zip(questions).map(|(n, q)| f64::from(*n) * f64::from(*q)).sum();
            if drawn > 0.0 {
                for (means, column) in means.iter_mut().zip(columns) {
                    let sum: f64 = times.iter().zip(*column).map(|(n, sum)| f64::from(*n) * sum).sum();
                    means.push(sum / drawn);
                }
            }
        }
        let interval = |(mut drawn, column): (Vec<f64>, &&[f64])| {
            drawn.sort_unstable_by(f64::total_cmp);
            let mean = column.iter().sum::<f64>() / asked as f64;
            let end = |q| quantile(&drawn, q).unwrap_or(mean);
            Interval { mean, low: end((1.0 - level) / 2.0), high: end((1.0 + level) / 2.0) }
        };
        Ok(means.into_iter().zip(columns).map(interval).collect())
    }

    /// The mean of (a − b) and its interval: paired, since both models answered the same questions.
    ///
    /// ```
    /// use models::evaluate::Bootstrap;
    /// let dials = Bootstrap { seed: 1, rounds: 200, level: 0.95 };
    /// // Always better by a tenth: the interval is a point, however much customers differ.
    /// let found = dials.difference(&[1, 1], &[0.9, 0.2], &[0.8, 0.1]).unwrap();
    /// assert!((found.low - 0.1).abs() < 1e-12 && (found.high - 0.1).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// As [`intervals`](Self::intervals).
    pub fn difference(&self, questions: &[u32], a: &[f64], b: &[f64]) -> Result<Interval, BootstrapError> {
        if a.len() != b.len() {
            return Err(BootstrapError::Ragged { expected: a.len(), found: b.len() });
        }
        let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let found = self.intervals(questions, &[&difference])?;
        found.first().copied().ok_or(BootstrapError::Nothing)
    }
}

/// The q-quantile of ascending values, linear between neighbours (type 7 of Hyndman & Fan, 1996; NumPy's default). `None` of
/// nothing.
///
/// ```
/// use models::evaluate::quantile;
/// assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
/// ```
#[must_use]
pub fn quantile(ascending: &[f64], q: f64) -> Option<f64> {
    let at = q.clamp(0.0, 1.0) * ascending.len().checked_sub(1)? as f64;
    let low = *ascending.get(at.floor() as usize)?;
    let high = *ascending.get(at.ceil() as usize)?;
    Some(low + (high - low) * at.fract())
}

/// `SplitMix64` (Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `count`, by multiplication (Lemire 2019; the bias is below count / 2⁶⁴).
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALS: Bootstrap = Bootstrap { seed: 42, rounds: 1000, level: 0.95 };

    #[test]
    fn draws_are_those_of_the_reference_implementation() {
        // The first outputs of SplitMix64 for the seed 1234567, as published with the algorithm.
        let mut draw = Draw(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| draw.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn interval_matches_the_reference_computation() {
        // Computed once by another program (Python: the same draws, one by one, and NumPy's way of taking quantiles).
        let questions = [1, 3, 2, 5, 1, 4, 2];
        let a = [0.5, 1.25, 0.0, 2.0, 1.0, 1.5, 0.75];
        let b = [0.25, 1.5, 0.5, 1.0, 0.0, 1.5, 0.5];
        let check = |found: Interval, expected: [f64; 3]| {
            for (found, expected) in [found.mean, found.low, found.high].iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
            }
        };
        let alone = DIALS.intervals(&questions, &[&b, &a]).unwrap();
        check(alone[1], [0.388_888_888_888_888_9, 0.264_685_457_516_339_9, 0.517_891_483_516_483_5]);
        let paired = DIALS.difference(&questions, &a, &b).unwrap();
        check(paired, [0.097_222_222_222_222_22, -0.057_720_588_235_294_09, 0.279_718_137_254_901_9]);
    }

    #[test]
    fn customers_are_drawn_whole() {
        // Ten customers who each ask five times and always get the same mark: as unsure as ten questions, not as fifty.
        let marks = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0];
        let whole: Vec<f64> = marks.iter().map(|mark| mark * 5.0).collect();
        let by_customer = DIALS.intervals(&[5; 10], &[&whole]).unwrap();
        let as_ten = DIALS.intervals(&[1; 10], &[&marks]).unwrap();
        assert_eq!(by_customer, as_ten);
        let fifty: Vec<f64> = marks.iter().flat_map(|mark| [*mark; 5]).collect();
        let as_fifty = DIALS.intervals(&[1; 50], &[&fifty]).unwrap();
        assert!(as_fifty[0].high - as_fifty[0].low < 0.6 * (as_ten[0].high - as_ten[0].low));
    }

    #[test]
    fn what_can_not_be_drawn_is_refused() {
        assert_eq!(DIALS.intervals(&[], &[]), Err(BootstrapError::Nothing));
        assert_eq!(DIALS.intervals(&[0, 0], &[&[0.0, 0.0]]), Err(BootstrapError::Nothing));
        let ragged = Err(BootstrapError::Ragged { expected: 2, found: 1 });
        assert_eq!(DIALS.intervals(&[1, 1], &[&[0.0]]), ragged);
        assert!(Bootstrap { rounds: 0, ..DIALS }.intervals(&[1], &[&[1.0]]).is_err());
        assert!(Bootstrap { level: 1.0, ..DIALS }.intervals(&[1], &[&[1.0]]).is_err());
        assert!(DIALS.difference(&[1, 1], &[1.0, 1.0], &[1.0]).is_err());
    }
}
