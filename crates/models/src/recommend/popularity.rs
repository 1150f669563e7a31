//! What is liked, where and lately: exact counts per context, item and day.
//!
//! Must never release an item that fewer units than the caller's threshold stand behind.

mod here;
pub use here::{Level, here};

use super::{Cause, Contribution, ItemId, Scored, rank};
use std::collections::BTreeMap;

/// A day, numbered by the caller (usually since 1970, in the shop's time zone).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// One contributor's interest in one item on one day.
///
/// The caller gives at most one unit per contributor, item, day and context, so that nobody counts twice on a day; and gives
/// a second one with `context: None` if the interest should also count overall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// Where or when it counts (a region, a season, a category); `None` is everywhere.
    pub context: Option<u32>,
    /// In what.
    pub item: ItemId,
    /// On which day.
    pub day: Day,
}

/// What can be wrong with a unit to be forgotten or with a question.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PopularityError {
    /// No such unit is left; nothing was changed.
    #[error("no unit of item `{}` on day `{}` is left to forget", .0.item.0, .0.day.0)]
    NeverLearned(Unit),
    /// Decay needs a finite half-life above zero.
    #[error("half-life must be above 0 days, was `{0}`")]
    HalfLife(f64),
}

/// A question to the counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Where.
    pub context: Option<u32>,
    /// The day of asking; later days don't count.
    pub today: Day,
    /// Days further back than this don't count.
    pub window_days: u32,
    /// After so many days a unit counts half.
    pub half_life_days: f64,
    /// Items with fewer units in the window than this aren't released. A contributor can give a unit each day: with a window
    /// of one day this is a number of people, with a longer one choose it accordingly.
    pub at_least: u32,
    /// How many items are wanted.
    pub count: usize,
}

/// A list of what is liked, and how much stands behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Liked {
    /// The released items, best first; a score is an item's share of `units`.
    pub list: Vec<Scored>,
    /// The decayed units of all that is released, those beyond the end of the list included.
    pub units: f64,
}

/// Units per context, item and day. Equal if and only if the counts are.
///
/// Asking walks through all days of the window for all items of the context (about 5 ms for each 100,000 units): keep the
/// answer for as long as a minute's old popularity will do.
///
/// ```
/// use models::recommend::{ItemId, popularity::{Day, Popularity, Question, Unit}};
/// let mut counts = Popularity::new();
/// let unit = |item, day| Unit { context: None, item: ItemId(item), day: Day(day) };
/// for unit in [unit(1, 9), unit(1, 10), unit(2, 10), unit(2, 10), unit(3, 10)] {
///     counts.learn(unit);
/// }
/// let question =
///     Question { context: None, today: Day(10), window_days: 30, half_life_days: 1.0, at_least: 2, count: 5 };
/// let list = counts.score(&question).unwrap();
/// assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), [2, 1]);
/// assert_eq!(list[0].score(), 2.0 / 3.5);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Popularity {
    // INVARIANT: no count is 0 and no inner map is empty, so that forgetting leaves no trace.
    contexts: BTreeMap<Option<u32>, BTreeMap<ItemId, BTreeMap<Day, u32>>>,
}

impl Popularity {
    /// No counts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a unit.
    pub fn learn(&mut self, unit: Unit) {
        let Unit { context, item, day } = unit;
        *self.contexts.entry(context).or_default().entry(item).or_default().entry(day).or_default() += 1;
    }

    /// Takes a unit out again; the counts then equal those that never saw it.
    ///
    /// # Errors
    /// [`PopularityError::NeverLearned`] if there is none left; nothing is changed then.
    pub fn forget(&mut self, unit: Unit) -> Result<(), PopularityError> {
        let missing = PopularityError::NeverLearned(unit);
        let items = self.contexts.get_mut(&unit.context).ok_or(missing)?;
        let days = items.get_mut(&unit.item).ok_or(missing)?;
        let count = days.get_mut(&unit.day).ok_or(missing)?;
        *count -= 1;
        if *count == 0 {
            days.remove(&unit.day);
        }
        self.drop_empty(unit.context, unit.item);
        Ok(())
    }

    /// Drops every unit from before `day`, as retention asks.
    pub fn expire_before(&mut self, day: Day) {
        for items in self.contexts.values_mut() {
            for days in items.values_mut() {
                *days = days.split_off(&day);
            }
            items.retain(|_, days| !days.is_empty());
        }
        self.contexts.retain(|_, items| !items.is_empty());
    }

    /// How many units an item has in a context on a day.
    #[must_use]
    pub fn units(&self, context: Option<u32>, item: ItemId, day: Day) -> u32 {
        let days = self.contexts.get(&context).and_then(|items| items.get(&item));
        days.and_then(|days| days.get(&day)).copied().unwrap_or(0)
    }

    /// Every unit with how often it was counted, in order of context, item and day.
    pub fn counts(&self) -> impl Iterator<Item = (Unit, u32)> {
        self.contexts.iter().flat_map(|(context, items)| {
            items.iter().flat_map(move |(item, days)| {
                let unit = move |day: &Day| Unit { context: *context, item: *item, day: *day };
                days.iter().map(move |(day, count)| (unit(day), *count))
            })
        })
    }

    /// How many units an item has in a context on the days from `from` to `to`, both included.
    ///
    /// ```
    /// use models::recommend::{ItemId, popularity::{Day, Popularity, Unit}};
    /// let mut counts = Popularity::new();
    /// (1..=4).for_each(|day| counts.learn(Unit { context: Some(2), item: ItemId(7), day: Day(day) }));
    /// assert_eq!(counts.units_within(Some(2), ItemId(7), Day(2), Day(9)), 3);
    /// assert_eq!(counts.units_within(Some(2), ItemId(7), Day(9), Day(2)), 0);
    /// ```
    #[must_use]
    pub fn units_within(&self, context: Option<u32>, item: ItemId, from: Day, to: Day) -> u64 {
        let days = self.contexts.get(&context).and_then(|items| items.get(&item)).filter(|_| from <= to);
        days.into_iter().flat_map(|days| days.range(from..=to)).map(|(_, count)| u64::from(*count)).sum()
    }

    /// The items of a context, in order, with their units by day.
    pub(super) fn items(&self, context: Option<u32>) -> impl Iterator<Item = (ItemId, &BTreeMap<Day, u32>)> {
        self.contexts.get(&context).into_iter().flatten().map(|(item, days)| (*item, days))
    }

    /// The released items, best first; the score is an item's share, 0 to 1, of the decayed units of all that is released.
    ///
    /// decayed(j) = Σ over the days of the window of units · 2^(−age / half-life).
    ///
    /// # Errors
    /// [`PopularityError::HalfLife`] unless the half-life is finite and above zero.
    pub fn score(&self, question: &Question) -> Result<Vec<Scored>, PopularityError> {
        self.liked(question, |_| true).map(|liked| liked.list)
    }

    /// The same with how much stands behind it, of the items for which `released` holds too: a caller who knows how many
    /// different contributors an item has asks for so many there.
    ///
    /// ```
    /// use models::recommend::{ItemId, popularity::{Day, Popularity, Question, Unit}};
    /// let mut counts = Popularity::new();
    /// [1, 1, 2].map(|item| counts.learn(Unit { context: None, item: ItemId(item), day: Day(0) }));
    /// let question =
    ///     Question { context: None, today: Day(0), window_days: 0, half_life_days: 1.0, at_least: 1, count: 5 };
    /// let liked = counts.liked(&question, |item| item != ItemId(2)).unwrap();
    /// assert_eq!((liked.list.len(), liked.list[0].score(), liked.units), (1, 1.0, 2.0));
    /// ```
    ///
    /// # Errors
    /// [`PopularityError::HalfLife`] unless the half-life is finite and above zero.
    pub fn liked(
        &self,
        question: &Question,
        released: impl Fn(ItemId) -> bool,
    ) -> Result<Liked, PopularityError> {
        let Question { context, today, window_days, half_life_days, at_least, count } = *question;
        if !(half_life_days > 0.0 && half_life_days.is_finite()) {
            return Err(PopularityError::HalfLife(half_life_days));
        }
        let from = Day(today.0.saturating_sub_unsigned(window_days));
        let mut found = Vec::new();
        for (item, days) in self.contexts.get(&context).into_iter().flatten() {
            let (mut units, mut decayed) = (0u64, 0.0);
            for (day, count) in days.range(from..=today) {
                let age = f64::from(today.0) - f64::from(day.0);
                units += u64::from(*count);
                decayed += f64::from(*count) * (-age / half_life_days).exp2();
            }
            if units > 0 && units >= u64::from(at_least) && released(*item) {
                found.push((*item, decayed));
            }
        }
        let units: f64 = found.iter().map(|(_, decayed)| decayed).sum();
        let share = |(item, decayed): (ItemId, f64)| {
            let part = if units > 0.0 { decayed / units } else { 0.0 };
            Scored::from_parts(item, vec![Contribution { cause: Cause::Popular { context }, part }])
        };
        let mut list: Vec<Scored> = found.into_iter().map(share).collect();
        rank(&mut list, count);
        Ok(Liked { list, units })
    }

    fn drop_empty(&mut self, context: Option<u32>, item: ItemId) {
        let Some(items) = self.contexts.get_mut(&context) else { return };
        if items.get(&item).is_some_and(BTreeMap::is_empty) {
            items.remove(&item);
        }
        if items.is_empty() {
            self.contexts.remove(&context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(context: Option<u32>, item: u32, day: i32) -> Unit {
        Unit { context, item: ItemId(item), day: Day(day) }
    }

    fn learned(units: &[Unit]) -> Popularity {
        let mut counts = Popularity::new();
        units.iter().for_each(|unit| counts.learn(*unit));
        counts
    }

    const QUESTION: Question = Question {
        context: None,
        today: Day(100),
        window_days: 10,
        half_life_days: 5.0,
        at_least: 1,
        count: 9,
    };

    #[test]
    fn a_unit_counts_half_after_a_half_life() {
        let list = learned(&[unit(None, 1, 95), unit(None, 2, 100)]).score(&QUESTION).unwrap();
        assert_eq!(
            list.iter().map(|s| (s.item().0, s.score())).collect::<Vec<_>>(),
            [(2, 1.0 / 1.5), (1, 0.5 / 1.5)]
        );
    }

    #[test]
    fn contexts_and_days_outside_the_window_stay_apart() {
        let counts =
            learned(&[unit(Some(3), 1, 100), unit(None, 2, 89), unit(None, 3, 101), unit(None, 4, 90)]);
        let list = counts.score(&QUESTION).unwrap();
        assert_eq!(list.iter().map(|s| s.item().0).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn item_below_the_threshold_is_not_released_nor_in_the_total() {
        let counts = learned(&[unit(None, 1, 100), unit(None, 1, 100), unit(None, 2, 100)]);
        let list = counts.score(&Question { at_least: 2, ..QUESTION }).unwrap();
        assert_eq!(list.iter().map(|s| (s.item().0, s.score())).collect::<Vec<_>>(), [(1, 1.0)]);
    }

    #[test]
    fn unit_never_learned_is_refused() {
        let mut counts = learned(&[unit(None, 1, 1)]);
        let missing = unit(Some(1), 1, 1);
        assert_eq!(counts.forget(missing), Err(PopularityError::NeverLearned(missing)));
        assert_eq!(counts, learned(&[unit(None, 1, 1)]));
    }

    #[test]
    fn expired_days_leave_no_trace() {
        let mut counts = learned(&[unit(None, 1, 1), unit(Some(2), 1, 2), unit(None, 1, 3)]);
        counts.expire_before(Day(3));
        assert_eq!(counts, learned(&[unit(None, 1, 3)]));
    }

    fn units() -> impl Strategy<Value = Vec<Unit>> {
        let one = (prop::option::of(0u32..3), 0u32..6, 88i32..103).prop_map(|(c, i, d)| unit(c, i, d));
        prop::collection::vec(one, 0..30)
    }

    proptest! {
        #[test]
        fn learn_then_forget_equals_never_seen(kept in units(), gone in units()) {
            let mut counts = learned(&gone);
            kept.iter().for_each(|unit| counts.learn(*unit));
            for unit in &gone {
                counts.forget(*unit).unwrap();
            }
            let never = learned(&kept);
            prop_assert_eq!(counts.score(&QUESTION).unwrap(), never.score(&QUESTION).unwrap());
            prop_assert_eq!(counts, never);
        }
    }
}
