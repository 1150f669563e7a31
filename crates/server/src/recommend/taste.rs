//! What suits what, beyond what was chosen together: EASE, or iALS in a catalogue too large for that.
//!
//! INVARIANT: no answer depends on a row that was taken out, from the moment on at which it was: EASE's inverse is changed with the
//! counts, factors that a forgotten row went into are dropped until they are fitted anew. Both follow `Models::owned`.
//! Must never hold a name.

use std::time::{Duration, Instant};

use models::recommend::ItemId;
use models::recommend::affinity::CoCounts;
use models::recommend::ease::Inverse;
use models::recommend::ials::Ials;

use super::memory::Models;

/// EASE's λ: what did best on the last-but-one invoices of a gift shop's year, and hardly depends on it.
const LAMBDA: f64 = 600.0;
/// Up to so many items EASE is kept: its inverse takes 8 n² bytes (800 MB) and n³ steps (some minutes of one core) to reckon
/// anew, and an order changes it in 2 ms. Beyond, factors say what suits what.
pub(super) const EASE_ITEMS: usize = 10_000;
/// Up to so many items everything is done at once, since it takes milliseconds.
const AT_ONCE: usize = 512;
/// So many changes wait before they are written into the inverse.
pub(super) const FOLD_AT: usize = 32;
/// With more changes waiting than this, more came in than can be written in: the inverse is reckoned anew later.
const MOST_PENDING: usize = 256;
/// The inverse, and the factors, are made anew after a day: what rounding has gathered is gone then, and what was learnt is in.
const FRESH_FOR: Duration = Duration::from_secs(86_400);

/// A person's row of what they have, before and after.
pub(super) struct Change {
    pub(super) before: Vec<ItemId>,
    pub(super) after: Vec<ItemId>,
}

/// What says what suits what.
enum Known {
    /// Nothing, until it has been made.
    Nothing,
    Inverse(Inverse),
    Factors(Ials),
}

/// What suits what.
pub(super) struct Taste {
    known: Known,
    /// How many items may be in the inverse.
    at_most: usize,
    /// What has changed since the counts were taken from which an inverse is being made.
    since: Option<Vec<Change>>,
    /// How often somebody was forgotten; factors that were fitted meanwhile are of no use.
    forgotten: u64,
    made: Option<Instant>,
    /// How long it took to make, which is how seldom it may be done.
    took: Duration,
}

/// What is to be done in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// Write some changes into the inverse.
    Fold,
    /// Reckon the inverse from the counts.
    Invert,
    /// Fit factors to what everybody has; so often somebody had been forgotten.
    Fit(u64),
}

impl Taste {
    /// Of nobody, with EASE for up to `at_most` items.
    pub(super) fn new(at_most: usize) -> Self {
        let known = Inverse::new(LAMBDA).map_or(Known::Nothing, Known::Inverse);
        Self { known, at_most, since: None, forgotten: 0, made: None, took: Duration::ZERO }
    }

    /// Knows nothing from now on, until it is made from the counts: much will be learnt at once.
    pub(super) fn drop_all(&mut self) {
        *self = Self { known: Known::Nothing, forgotten: self.forgotten + 1, ..Self::new(self.at_most) };
    }

    /// A person has something else from now on.
    pub(super) fn learn(&mut self, change: Change) {
        if change.before == change.after {
            return;
        }
        let last = change.before.last().max(change.after.last()).map_or(0, |item| item.index());
        if let Known::Inverse(inverse) = &mut self.known {
            let fits = last < self.at_most && inverse.pending() < MOST_PENDING;
            if !(fits && inverse.change(&change.before, &change.after).is_ok()) {
                self.known = Known::Nothing;
            } else if inverse.rows() <= AT_ONCE && inverse.pending() >= FOLD_AT {
                inverse.fold();
            }
        }
        if let Some(since) = &mut self.since {
            since.push(change);
        }
    }

    /// A person who had `change.before` is taken out, and may be learnt again with less.
    pub(super) fn forget(&mut self, change: Change) {
        if change.before != change.after {
            self.forgotten += 1;
            if matches!(self.known, Known::Factors(_)) {
                self.known = Known::Nothing;
            }
        }
        self.learn(change);
    }

    /// How much `item` speaks for each of some others.
    pub(super) fn speaks(
        &self,
        item: ItemId,
        others: impl Iterator<Item = ItemId>,
        row: &mut Vec<f64>,
    ) -> Vec<(ItemId, f64)> {
        match &self.known {
            Known::Nothing => Vec::new(),
            Known::Inverse(inverse) => {
                inverse.weights(item, row);
                others.filter_map(|other| row.get(other.index()).map(|weight| (other, *weight))).collect()
            }
            Known::Factors(factors) => {
                let Some(direction) = factors.direction(item) else { return Vec::new() };
                others.map(|other| (other, factors.along(&direction, other))).collect()
            }
        }
    }

    /// What is to be done for a catalogue of so many items.
    pub(super) fn due(&self, items: usize) -> Due {
        let old = self.made.is_none_or(|made| made.elapsed() > FRESH_FOR);
        // Half of the time at most goes into making it.
        let rested = self.made.is_none_or(|made| made.elapsed() > self.took);
        match &self.known {
            Known::Inverse(inverse) if inverse.pending() > 0 => Due::Fold,
            Known::Inverse(inverse) if inverse.rows() <= AT_ONCE || !old => Due::Nothing,
            Known::Factors(_) if !old => Due::Nothing,
            _ if !rested || items == 0 => Due::Nothing,
            _ if items <= self.at_most => Due::Invert,
            _ => Due::Fit(self.forgotten),
        }
    }

    /// Writes some of the changes into the inverse; tells how many are left.
    pub(super) fn fold_some(&mut self, tiles: usize) -> usize {
        match &mut self.known {
            Known::Inverse(inverse) => inverse.fold_some(tiles),
            Known::Nothing | Known::Factors(_) => 0,
        }
    }

    /// From now on it is noted what changes, for an inverse that is being made.
    pub(super) fn begin(&mut self) {
        self.since = Some(Vec::new());
    }

    /// What has changed since then or since it was asked for last; `None` if all was dropped meanwhile.
    pub(super) fn take_since(&mut self) -> Option<Vec<Change>> {
        self.since.as_mut().map(std::mem::take)
    }

    /// Takes an inverse that was made from the counts of [`begin`](Self::begin) and all changes that were taken, and brings it
    /// up to the present.
    pub(super) fn install(&mut self, mut inverse: Inverse, began: Instant) {
        let Some(since) = self.since.take() else { return };
        let up_to_date = since.iter().all(|change| inverse.change(&change.before, &change.after).is_ok());
        self.known = if up_to_date { Known::Inverse(inverse) } else { Known::Nothing };
        (self.made, self.took) = (Some(Instant::now()), began.elapsed());
    }

    /// Takes factors, unless somebody was forgotten since they were begun.
    pub(super) fn install_factors(&mut self, factors: Ials, forgotten: u64, began: Instant) {
        (self.made, self.took) = (Some(Instant::now()), began.elapsed());
        if forgotten == self.forgotten {
            self.known = Known::Factors(factors);
        }
    }

    /// The inverse of what everybody has, by its counts; nothing if they can't be inverted.
    pub(super) fn inverse_of(counts: &CoCounts) -> Option<Inverse> {
        Inverse::of(counts, LAMBDA).ok()
    }

    /// Takes an inverse as it is.
    pub(super) fn take_inverse(&mut self, inverse: Inverse) {
        self.known = Known::Inverse(inverse);
    }

    /// Takes factors as they are.
    pub(super) fn take_factors(&mut self, factors: Ials) {
        self.known = Known::Factors(factors);
    }

    /// For how many items EASE is kept.
    pub(super) fn at_most(&self) -> usize {
        self.at_most
    }

    /// Takes what the models hold at this moment, at once, if that takes milliseconds.
    pub(super) fn make_small(&mut self, models: &Models) {
        if models.owned.items() <= AT_ONCE.min(self.at_most)
            && let Some(inverse) = Self::inverse_of(&models.owned)
        {
            self.begin();
            self.install(inverse, Instant::now());
        }
    }

    /// The memory that it takes up, in bytes.
    pub(super) fn footprint_bytes(&self) -> usize {
        match &self.known {
            Known::Nothing => 0,
            Known::Inverse(inverse) => inverse.footprint_bytes(),
            Known::Factors(factors) => factors.footprint_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT_MOST: usize = 12;

    /// A person's row, as bits.
    fn row(bits: u16) -> Vec<ItemId> {
        (0..12).filter(|item| bits & (1 << item) != 0).map(ItemId).collect()
    }

    fn counted(rows: &[Vec<ItemId>]) -> CoCounts {
        let mut counts = CoCounts::new();
        rows.iter().for_each(|row| counts.learn(row));
        counts
    }

    /// Every strength between two items.
    fn strengths(taste: &Taste) -> Vec<f64> {
        let mut all = Vec::new();
        for item in 0..12 {
            let found = taste.speaks(ItemId(item), (0..12).map(ItemId), &mut Vec::new());
            all.extend((0..12).map(|other| {
                found.iter().find(|(of, _)| of.0 == other).map_or(0.0, |(_, strength)| *strength)
            }));
        }
        all
    }

    fn alike(a: &Taste, b: &Taste) -> bool {
        let (a, b) = (strengths(a), strengths(b));
        // Where nobody is left: what one row that two items share would be worth.
        let one = 1.0 / (LAMBDA + 2.0);
        let greatest = a.iter().chain(&b).fold(one, |most, one| most.max(one.abs()));
        a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-9 * greatest)
    }

    fn known(rows: &[Vec<ItemId>]) -> Taste {
        let mut taste = Taste::new(AT_MOST);
        taste.drop_all();
        taste.take_inverse(Taste::inverse_of(&counted(rows)).unwrap());
        taste
    }

    proptest! {
        // Changes before, while and after an inverse is reckoned, with people who are forgotten among them.
        #[test]
        fn taste_equals_one_that_never_saw_who_was_forgotten(
            people in prop::collection::vec((any::<u16>(), any::<u16>(), any::<bool>(), 0..3_usize), 1..30),
        ) {
            let mut taste = Taste::new(AT_MOST);
            let mut rows: Vec<Vec<ItemId>> = Vec::new();
            let mut reckoned: Option<Inverse> = None;
            for (at, (first, then, forgotten, when)) in people.into_iter().enumerate() {
                let (first, then) = (row(first & 0xfff), row((first | then) & 0xfff));
                taste.learn(Change { before: Vec::new(), after: first.clone() });
                if when == 0 && reckoned.is_none() {
                    // Begun between two changes of one person.
                    taste.begin();
                    let mut so_far = rows.clone();
                    so_far.push(first.clone());
                    reckoned = Taste::inverse_of(&counted(&so_far));
                }
                taste.learn(Change { before: first, after: then.clone() });
                if forgotten {
                    taste.forget(Change { before: then, after: Vec::new() });
                } else {
                    rows.push(then);
                }
                if at % 7 == 6 && let Some(inverse) = reckoned.take() {
                    taste.install(inverse, Instant::now());
                }
                if when == 1 {
                    taste.fold_some(1);
                }
            }
            prop_assert!(alike(&taste, &known(&rows)));
        }
    }

    #[test]
    fn factors_are_silent_from_a_forgetting_on_until_they_are_fitted_anew() {
        let rows: Vec<Vec<ItemId>> = [0b0111, 0b0110, 0b0011, 0b1100].map(row).to_vec();
        let fitted = || Ials::fit(&rows, models::recommend::ials::Dials::standard()).unwrap().0;
        let mut taste = Taste::new(2);
        taste.learn(Change { before: Vec::new(), after: row(0b0111) });
        assert_eq!(taste.due(12), Due::Fit(0), "too many items for an inverse");
        taste.install_factors(fitted(), 0, Instant::now());
        assert!(strengths(&taste).iter().any(|strength| *strength != 0.0));
        taste.forget(Change { before: row(0b0111), after: Vec::new() });
        assert!(strengths(&taste).iter().all(|strength| *strength == 0.0));
        // What was begun before the forgetting is of no use after it.
        taste.install_factors(fitted(), 0, Instant::now());
        assert!(strengths(&taste).iter().all(|strength| *strength == 0.0));
        taste.install_factors(fitted(), 1, Instant::now());
        assert!(strengths(&taste).iter().any(|strength| *strength != 0.0));
    }

    #[test]
    fn flood_of_orders_drops_the_inverse_and_has_it_reckoned_anew() {
        // Beyond what is folded at once.
        let items = AT_ONCE as u32 + 100;
        let mut taste = Taste::new(10_000);
        for number in 0..400 {
            let after = vec![ItemId(number % items), ItemId(items - 1)];
            taste.learn(Change { before: Vec::new(), after });
        }
        assert_eq!(taste.due(items as usize), Due::Invert);
        assert!(strengths(&taste).iter().all(|strength| *strength == 0.0));
    }
}
