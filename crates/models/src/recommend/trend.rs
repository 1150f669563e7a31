//! What is asked for more, or less, than it used to be: a factor for every item, the same whoever asks.
//!
//! A model of who has what learns from years; a shop sells what is in season and in stock. The factor says how an item's share
//! of the latest purchases stands to its share of all purchases, shrunk towards 1 while little is known:
//!
//! lift(j) = ((recent_j + s) / (expected_j + s))^power, with recent_j = Σ over days of units · 2^(−age / half-life) and
//! expected_j = (all units of j so far / all units so far) · Σ recent,
//!
//! an observed-to-expected ratio shrunk as by DuMouchel (The American Statistician 1999), with s units of the expected.
//!
//! Must never depend on who asks; must never look at a day after the day of asking.

use super::ItemId;
use super::popularity::{Day, Popularity};

/// What can be wrong with the dials.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TrendError {
    /// All dials must be finite and above zero (the power may be zero: no trend).
    #[error("trend needs finite dials above 0, was `{0:?}`")]
    Dials(Dials),
}

/// How trends are read from counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dials {
    /// After so many days a unit counts half.
    pub half_life_days: f64,
    /// s: with how many units of the expected the observed is mixed.
    pub smoothing: f64,
    /// How much the trend counts: 0 not at all, 1 as observed.
    pub power: f64,
}

impl Dials {
    /// A week's half-life, one unit of smoothing, the trend a little tamed: chosen on the last-but-one invoices of a year of
    /// a gift shop.
    #[must_use]
    pub fn standard() -> Self {
        Self { half_life_days: 7.0, smoothing: 1.0, power: 0.75 }
    }
}

/// The factors on one day.
///
/// ```
/// use models::recommend::{ItemId, popularity::{Day, Popularity, Unit}, trend::{Dials, Trend}};
/// let mut counts = Popularity::new();
/// for (item, day) in [(0, 1), (0, 2), (1, 99), (1, 100)] {
///     counts.learn(Unit { context: None, item: ItemId(item), day: Day(day) });
/// }
/// let trend = Trend::at(&counts, None, Day(100), &Dials::standard()).unwrap();
/// assert!(trend.lift(ItemId(1)) > 1.0 && trend.lift(ItemId(0)) < 1.0);
/// assert_eq!(trend.lift(ItemId(2)), 1.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend {
    lifts: Vec<f64>,
}

impl Trend {
    /// Reads the trend of a context (`None`: everywhere) as of `today` from the counts. Costs one step for each item and day:
    /// keep it for the day.
    ///
    /// # Errors
    /// [`TrendError::Dials`] if a dial is out of range.
    pub fn at(
        counts: &Popularity,
        context: Option<u32>,
        today: Day,
        dials: &Dials,
    ) -> Result<Self, TrendError> {
        let Dials { half_life_days, smoothing, power } = *dials;
        let positive = |dial: f64| dial.is_finite() && dial > 0.0;
        if !(positive(half_life_days) && positive(smoothing) && (power == 0.0 || positive(power))) {
            return Err(TrendError::Dials(*dials));
        }
        let mut items: Vec<(ItemId, f64, f64)> = Vec::new();
        for (item, days) in counts.items(context) {
            let (mut recent, mut all) = (0.0, 0.0);
            for (day, units) in days.range(..=today) {
                let age = f64::from(today.0) - f64::from(day.0);
                all += f64::from(*units);
                recent += f64::from(*units) * (-age / half_life_days).exp2();
            }
            if all > 0.0 {
                items.push((item, recent, all));
            }
        }
        let all: f64 = items.iter().map(|(_, _, all)| all).sum();
        let recent: f64 = items.iter().map(|(_, recent, _)| recent).sum();
        let mut lifts = vec![1.0; items.last().map_or(0, |(item, _, _)| item.index() + 1)];
        for (item, of_item, units) in items {
            if let Some(lift) = lifts.get_mut(item.index()) {
                *lift = ((of_item + smoothing) / (recent * units / all + smoothing)).powf(power);
            }
        }
        Ok(Self { lifts })
    }

    /// The factor of an item: above 1 if it is asked for more than it used to be, 1 if nothing is known.
    #[must_use]
    pub fn lift(&self, item: ItemId) -> f64 {
        self.lifts.get(item.index()).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::popularity::Unit;

    fn counts(units: &[(u32, i32)]) -> Popularity {
        let mut counts = Popularity::new();
        for (item, day) in units {
            counts.learn(Unit { context: None, item: ItemId(*item), day: Day(*day) });
        }
        counts
    }

    #[test]
    fn lift_matches_hand_computation() {
        let dials = Dials { half_life_days: 10.0, smoothing: 0.5, power: 2.0 };
        let trend = Trend::at(&counts(&[(0, 0), (1, 10), (1, 10)]), None, Day(10), &dials).unwrap();
        // recent: 1/2 and 2; expected: 2.5/3 and 5/3.
        assert!((trend.lift(ItemId(0)) - (1.0f64 / (2.5 / 3.0 + 0.5)).powi(2)).abs() < 1e-12);
        assert!((trend.lift(ItemId(1)) - (2.5f64 / (5.0 / 3.0 + 0.5)).powi(2)).abs() < 1e-12);
    }

    #[test]
    fn days_to_come_do_not_count() {
        let at = |units: &[(u32, i32)]| Trend::at(&counts(units), None, Day(10), &Dials::standard()).unwrap();
        assert_eq!(at(&[(0, 5), (1, 10), (1, 11), (2, 12)]), at(&[(0, 5), (1, 10)]));
    }

    #[test]
    fn no_counts_and_no_power_lift_nothing() {
        assert_eq!(Trend::at(&counts(&[]), None, Day(0), &Dials::standard()).unwrap(), Trend::default());
        let none = Dials { power: 0.0, ..Dials::standard() };
        assert_eq!(Trend::at(&counts(&[(0, 1)]), None, Day(9), &none).unwrap().lift(ItemId(0)), 1.0);
    }

    #[test]
    fn dials_out_of_range_are_refused() {
        for dials in [
            Dials { half_life_days: 0.0, ..Dials::standard() },
            Dials { smoothing: f64::NAN, ..Dials::standard() },
            Dials { power: -1.0, ..Dials::standard() },
        ] {
            assert!(Trend::at(&counts(&[]), None, Day(0), &dials).is_err());
        }
    }
}
