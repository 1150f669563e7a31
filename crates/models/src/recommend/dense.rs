//! Sums of things that aren't negative, one for each item of the catalogue, without hashing, branching or clearing: all are 0
//! but those of the question at hand.
//!
//! Must never carry anything from one answer into the next, not even from one that broke off.
#![expect(
    clippy::indexing_slicing,
    reason = "`start` makes room for every item and every addition that will come"
)]

use super::ItemId;

/// The sums of one question.
#[derive(Debug, Default)]
pub(super) struct Dense {
    // INVARIANT: 0 for every item that isn't in `touched`.
    sums: Vec<f64>,
    touched: Vec<ItemId>,
}

/// The sums while they are added up, by one who keeps them to himself: so they can stay in registers.
pub(super) struct Adding<'a> {
    sums: &'a mut [f64],
    touched: &'a mut [ItemId],
    met: usize,
}

impl Adding<'_> {
    /// Adds to the sum of an item. The value must not be negative.
    #[inline]
    pub(super) fn add(&mut self, item: ItemId, value: f64) {
        let sum = &mut self.sums[item.index()];
        // Whether an item is new can't be foretold: it is written down each time, and counted when it is.
        self.touched[self.met] = item;
        self.met += usize::from((*sum == 0.0) & (value != 0.0));
        *sum += value;
    }

    /// How many items have a sum, for [`Dense::drain`].
    pub(super) fn met(self) -> usize {
        self.met
    }
}

impl Dense {
    /// Makes ready for at most so many additions, of items below `catalogue`.
    pub(super) fn start(&mut self, catalogue: usize, additions: usize) -> Adding<'_> {
        let Self { sums, touched } = self;
        touched.drain(..).for_each(|item| sums[item.index()] = 0.0);
        if sums.len() < catalogue.max(1) {
            sums.resize(catalogue.max(1), 0.0);
        }
        touched.resize(additions + 1, ItemId(0));
        Adding { sums, touched, met: 0 }
    }

    /// Multiplies the sum of an item, which may be unknown.
    pub(super) fn scale(&mut self, item: ItemId, factor: f64) {
        if let Some(sum) = self.sums.get_mut(item.index()) {
            *sum *= factor;
        }
    }

    /// Takes every item with its sum out, in the order of their first additions.
    pub(super) fn drain(&mut self, met: usize, mut each: impl FnMut(ItemId, f64)) {
        for item in &self.touched[..met] {
            each(*item, std::mem::take(&mut self.sums[item.index()]));
        }
        self.touched.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn drained(sums: &mut Dense, met: usize) -> Vec<(u32, f64)> {
        let mut all = Vec::new();
        sums.drain(met, |item, sum| all.push((item.0, sum)));
        all
    }

    fn added(sums: &mut Dense, values: &[(u32, f64)]) -> usize {
        let mut adding = sums.start(9, values.len());
        values.iter().for_each(|(item, value)| adding.add(ItemId(*item), *value));
        adding.met()
    }

    #[test]
    fn nothing_stays_for_the_next_question() {
        let mut sums = Dense::default();
        let met = added(&mut sums, &[(4, 1.0), (2, 0.0), (4, 2.0), (2, 3.0), (8, 0.5)]);
        sums.scale(ItemId(8), 4.0);
        sums.scale(ItemId(77), 4.0);
        assert_eq!(drained(&mut sums, met), [(4, 3.0), (2, 3.0), (8, 2.0)]);
        let met = added(&mut sums, &[(2, 1.0)]);
        assert_eq!(drained(&mut sums, met), [(2, 1.0)]);
    }

    #[test]
    fn nothing_stays_of_a_question_that_broke_off() {
        let mut sums = Dense::default();
        let met = added(&mut sums, &[(1, 1.0), (2, 1.0), (3, 0.0)]);
        let broke_off = catch_unwind(AssertUnwindSafe(|| sums.drain(met, |_, _| panic!("broke off"))));
        assert!(broke_off.is_err());
        for item in [2, 1] {
            let met = added(&mut sums, &[(item, 2.0)]);
            assert_eq!(drained(&mut sums, met), [(item, 2.0)]);
        }
    }
}
