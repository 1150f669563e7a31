//! What a person buys again, and when it is due: from the list of their own purchases, which is handed in each time.
//!
//! In the spirit of Personal TopFreq and of the time decay of TIFU-kNN (Hu et al., SIGIR 2020), without its neighbours.
//! Must never keep a history: everything here is a pure function of its arguments. Must never push what was just bought.

use super::{Candidate, Cause, Contribution, ItemId, Scored, rank};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// One line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What.
    pub item: ItemId,
    /// When, in seconds since 1970.
    pub time: i64,
    /// How many; 0 (returned in full) counts as no purchase.
    pub quantity: u32,
}

/// What can be wrong with the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    /// Decay needs a half-life above zero.
    #[error("half-life must be above 0 seconds, was `{0}`")]
    HalfLife(i64),
}

/// Scores what was bought before: Σ over the purchases of an item of (1 + ln quantity) · 2^(−age / half-life).
///
/// Times in seconds. Purchases after `now` are ignored. Each purchase is a part of its own, oldest first.
///
/// # Errors
/// [`RepeatError::HalfLife`] unless the half-life is above zero.
///
/// ```
/// use models::recommend::{ItemId, repeat::{again, Purchase}};
/// let day = 86_400;
/// let coffee = |time| Purchase { item: ItemId(4), time, quantity: 1 };
/// let list = again(&[coffee(0), coffee(30 * day)], 60 * day, 30 * day, 10).unwrap();
/// assert_eq!(list[0].score(), 0.25 + 0.5);
/// ```
pub fn again(
    purchases: &[Purchase],
    now: i64,
    half_life_seconds: i64,
    count: usize,
) -> Result<Vec<Scored>, RepeatError> {
    if half_life_seconds <= 0 {
        return Err(RepeatError::HalfLife(half_life_seconds));
    }
    let mut items: BTreeMap<ItemId, Vec<Purchase>> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| counts(purchase, now)) {
        items.entry(purchase.item).or_default().push(*purchase);
    }
    let part = |purchase: &Purchase| {
        let age = now.saturating_sub(purchase.time) as f64 / half_life_seconds as f64;
        Contribution {
            cause: Cause::Bought { item: purchase.item, time: purchase.time },
            part: (1.0 + f64::from(purchase.quantity).ln()) * (-age).exp2(),
        }
    };
    let score = |(item, mut bought): (ItemId, Vec<Purchase>)| {
        bought.sort_unstable_by_key(|purchase| (purchase.time, purchase.quantity));
        Scored::from_parts(item, bought.iter().map(part).collect())
    };
    let mut list: Vec<Scored> = items.into_iter().map(score).collect();
    rank(&mut list, count);
    Ok(list)
}

/// When a person will probably need an item again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The last purchase plus the interval, in seconds since 1970.
    pub at: i64,
    /// The estimated time between purchases, in seconds.
    pub interval_seconds: i64,
    /// How many intervals of the person's own the estimate rests on (0: the group's alone).
    pub own_intervals: usize,
}

/// Estimates when `item` is due, or `None` if it was never bought, or once and no group interval is known.
///
/// The person's own interval is the median of the times between their purchases of it (several at one time count once; of an
/// even number the mean of the middle two). With n of them and a group interval g the estimate is (n · own + g) / (n + 1):
/// the group speaks as one more observation, so that one odd interval doesn't decide alone.
///
/// ```
/// use models::recommend::{ItemId, repeat::{due, Purchase}};
/// let day = 86_400;
/// let coffee = |time| Purchase { item: ItemId(4), time, quantity: 1 };
/// let estimate = due(ItemId(4), &[coffee(0), coffee(20 * day)], 25 * day, Some(30 * day)).unwrap();
/// assert_eq!(estimate.interval_seconds, 25 * day);
/// assert_eq!(estimate.at, 45 * day);
/// ```
#[must_use]
pub fn due(
    item: ItemId,
    purchases: &[Purchase],
    now: i64,
    group_interval_seconds: Option<i64>,
) -> Option<Due> {
    let bought = purchases.iter().filter(|purchase| purchase.item == item && counts(purchase, now));
    let mut times: Vec<i64> = bought.map(|purchase| purchase.time).collect();
    times.sort_unstable();
    times.dedup();
    let last = *times.last()?;
    let mut gaps: Vec<i64> =
        times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    let interval_seconds = match (median(&mut gaps), group_interval_seconds) {
        (Some(own), Some(group)) => {
            let weighed = i128::from(own) * gaps.len() as i128 + i128::from(group);
            i64::try_from(weighed / (gaps.len() as i128 + 1)).unwrap_or(i64::MAX)
        }
        (Some(own), None) => own,
        (None, group) => group?,
    };
    Some(Due { at: last.saturating_add(interval_seconds), interval_seconds, own_intervals: gaps.len() })
}

/// How long something lasts before another one could be wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Used up, and wanted again about every so many seconds: proposed when due.
    Consumable {
        /// The usual time between purchases, in seconds; the person's own rhythm counts beside it.
        interval_seconds: i64,
    },
    /// Lasts: neither it nor anything for the same need is proposed for so many seconds after a purchase.
    Durable {
        /// How long it lasts, in seconds.
        interval_seconds: i64,
        /// What it is for, if one would do (an e-bike, a tent); `None` means that only the item itself is held back.
        need: Option<u32>,
    },
    /// Nobody wants it twice (a book, a voucher).
    Once,
    /// May be proposed at any time (an article, a guide).
    Anytime,
}

/// Drops every candidate that was bought within its replacement interval, unless it is a consumable that is due.
///
/// A consumable counts as due from `lead_seconds` before the estimate of [`due`]. Scores and order stay as they are.
///
/// ```
/// use models::recommend::{ItemId, repeat::{again, cooldown, Purchase, Replacement}};
/// let day = 86_400;
/// let bought = [Purchase { item: ItemId(1), time: 0, quantity: 1 }, Purchase { item: ItemId(2), time: 0, quantity: 1 }];
/// let replacement = |item| match item {
///     ItemId(1) => Replacement::Durable { interval_seconds: 700 * day, need: None },
///     _ => Replacement::Consumable { interval_seconds: 30 * day },
/// };
/// let now = 29 * day;
/// let list = cooldown(again(&bought, now, 90 * day, 10).unwrap(), &bought, now, 2 * day, replacement);
/// assert_eq!(list.iter().map(|scored| scored.item()).collect::<Vec<_>>(), [ItemId(2)]);
/// ```
#[must_use]
pub fn cooldown<C: Candidate>(
    candidates: Vec<C>,
    purchases: &[Purchase],
    now: i64,
    lead_seconds: i64,
    replacement: impl Fn(ItemId) -> Replacement,
) -> Vec<C> {
    // In the order of items, so that a long history costs no more than its length.
    let mut bought: Vec<Purchase> =
        purchases.iter().filter(|purchase| counts(purchase, now)).copied().collect();
    bought.sort_unstable_by_key(|purchase| (purchase.item, purchase.time));
    let mut last_for_need: FxHashMap<u32, i64> = FxHashMap::default();
    for purchase in &bought {
        if let Replacement::Durable { need: Some(need), .. } = replacement(purchase.item) {
            let last = last_for_need.entry(need).or_insert(purchase.time);
            *last = purchase.time.max(*last);
        }
    }
    let own = |item: ItemId| {
        let first = bought.partition_point(|purchase| purchase.item < item);
        let own = bought.get(first..).unwrap_or_default();
        let count = own.partition_point(|purchase| purchase.item == item);
        own.get(..count).unwrap_or_default()
    };
    let last = |item: ItemId| own(item).last().map(|purchase| purchase.time);
    let wanted = |candidate: &C| {
        let item = candidate.item();
        match replacement(item) {
            Replacement::Consumable { interval_seconds } => {
                let own = own(item);
                own.is_empty()
                    || due(item, own, now, Some(interval_seconds))
                        .is_none_or(|due| now >= due.at.saturating_sub(lead_seconds))
            }
            Replacement::Durable { interval_seconds, need } => {
                let for_need = need.and_then(|need| last_for_need.get(&need).copied());
                last(item).max(for_need).is_none_or(|time| now >= time.saturating_add(interval_seconds))
            }
            Replacement::Once => last(item).is_none(),
            Replacement::Anytime => true,
        }
    };
    candidates.into_iter().filter(wanted).collect()
}

fn counts(purchase: &Purchase, now: i64) -> bool {
    purchase.time <= now && purchase.quantity > 0
}

fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    let high = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(high);
    }
    let low = *values.get(middle - 1)?;
    Some(low + (high - low) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400;

    fn bought(item: u32, day: i64, quantity: u32) -> Purchase {
        Purchase { item: ItemId(item), time: day * DAY, quantity }
    }

    fn items(list: &[Scored]) -> Vec<u32> {
        list.iter().map(|scored| scored.item().0).collect()
    }

    #[test]
    fn a_purchase_counts_half_after_a_half_life() {
        let list = again(&[bought(1, 0, 1), bought(2, 10, 1)], 10 * DAY, 10 * DAY, 5).unwrap();
        assert_eq!(items(&list), [2, 1]);
        assert_eq!([list[0].score(), list[1].score()], [1.0, 0.5]);
    }

    #[test]
    fn quantity_counts_by_its_logarithm() {
        let list = again(&[bought(1, 0, 10)], 0, DAY, 5).unwrap();
        assert!((list[0].score() - (1.0 + 10f64.ln())).abs() < 1e-12);
    }

    #[test]
    fn returned_and_future_purchases_do_not_count() {
        assert!(again(&[bought(1, 0, 0), bought(2, 9, 1)], 5 * DAY, DAY, 5).unwrap().is_empty());
        assert_eq!(due(ItemId(2), &[bought(2, 9, 1)], 5 * DAY, Some(DAY)), None);
    }

    #[test]
    fn half_life_of_zero_is_refused() {
        assert_eq!(again(&[], 0, 0, 5), Err(RepeatError::HalfLife(0)));
    }

    #[test]
    fn due_follows_the_median_of_own_intervals() {
        let history =
            [bought(1, 0, 1), bought(1, 10, 1), bought(1, 10, 2), bought(1, 30, 1), bought(1, 100, 1)];
        let estimate = due(ItemId(1), &history, 200 * DAY, None).unwrap();
        assert_eq!(estimate, Due { at: 120 * DAY, interval_seconds: 20 * DAY, own_intervals: 3 });
    }

    #[test]
    fn one_purchase_is_due_by_the_group_or_not_at_all() {
        let history = [bought(1, 5, 1)];
        assert_eq!(due(ItemId(1), &history, 6 * DAY, None), None);
        assert_eq!(due(ItemId(1), &history, 6 * DAY, Some(30 * DAY)).unwrap().at, 35 * DAY);
    }

    fn after(days: i64, replacement: impl Fn(ItemId) -> Replacement) -> Vec<u32> {
        let history = [bought(1, 0, 1)];
        let popular = |item| {
            Scored::from_parts(
                ItemId(item),
                vec![Contribution { cause: Cause::Popular { context: None }, part: 1.0 }],
            )
        };
        items(&cooldown(vec![popular(1), popular(2)], &history, days * DAY, 0, replacement))
    }

    #[test]
    fn durable_holds_back_whatever_serves_the_same_need() {
        let tent = |_| Replacement::Durable { interval_seconds: 100 * DAY, need: Some(7) };
        assert!(after(99, tent).is_empty());
        assert_eq!(after(100, tent), [1, 2]);
        let own = |_| Replacement::Durable { interval_seconds: 100 * DAY, need: None };
        assert_eq!(after(99, own), [2]);
    }

    #[test]
    fn consumable_comes_back_when_due_and_once_never() {
        let gel = |_| Replacement::Consumable { interval_seconds: 30 * DAY };
        assert_eq!(after(29, gel), [2]);
        assert_eq!(after(30, gel), [1, 2]);
        assert_eq!(after(9_999, |_| Replacement::Once), [2]);
        assert_eq!(after(0, |_| Replacement::Anytime), [1, 2]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_order_of_the_history_does_not_matter(
            history in prop::collection::vec((0u32..6, 0i64..400, 0u32..4), 0..30),
        ) {
            let history: Vec<Purchase> = history.into_iter().map(|(i, d, q)| bought(i, d, q)).collect();
            let backwards: Vec<Purchase> = history.iter().rev().copied().collect();
            let list = again(&history, 300 * DAY, 30 * DAY, 10).unwrap();
            prop_assert_eq!(&list, &again(&backwards, 300 * DAY, 30 * DAY, 10).unwrap());
            for scored in &list {
                let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
                prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            }
        }
    }
}
