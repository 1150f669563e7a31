//! What all buyers together say of an item, in integers: how often bought, how often again, how much lately, on which days.
//!
//! Must never hold a floating-point sum: taking a history out must leave exactly what was there before.
#![expect(
    clippy::indexing_slicing,
    reason = "`enter` makes room for every item that it counts, `retract` comes after it"
)]

use super::history::{FADING, History, Line};
use crate::recommend::ItemId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A day in UTC, counted from 1970.
type Day = i64;

/// The counts of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many buyers have it.
    pub buyers: u32,
    /// How many baskets hold it.
    pub baskets: u32,
    /// How many baskets came after a buyer's first one with it.
    pub chances: u64,
    /// In how many of those it was bought again.
    pub returns: u64,
    /// Σ over baskets with it of 2²⁰ · 0.6^age, each rounded, the age being the number of the buyer's newer baskets.
    pub recent: u64,
    /// Baskets with it by day, days ascending, no zeros.
    pub days: Vec<(Day, u32)>,
}

/// The counts of all items.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    items: Vec<Tally>,
    /// Baskets, chances, returns and recency of all; baskets count once.
    total: Tally,
    days: BTreeMap<Day, u32>,
    // INVARIANT: holds (recent, item) for every item with recent > 0.
    ladder: BTreeSet<(u64, Reverse<ItemId>)>,
}

/// How many chances' worth the shop's overall rate counts beside an item's own.
const PRIOR_CHANCES: f64 = 10.0;
/// Added to shares of baskets before dividing them, so that a rarely sold item has no season.
const PRIOR_SHARE: f64 = 0.004;
/// No season counts more than this.
pub(super) const MOST_IN_SEASON: f64 = 3.0;

/// Whether a history comes in or goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Tallies {
    pub(super) fn enter(&mut self, history: &History, lines: &[Line]) {
        if let Some(last) = lines.last().filter(|last| last.item.index() >= self.items.len()) {
            self.items.resize_with(last.item.index() + 1, Tally::default);
        }
        self.count(history, lines, Way::In);
    }

    pub(super) fn retract(&mut self, history: &History, lines: &[Line]) {
        self.count(history, lines, Way::Out);
    }

    fn count(&mut self, history: &History, lines: &[Line], way: Way) {
        for line in lines {
            self.ladder.remove(&(self.items[line.item.index()].recent, Reverse(line.item)));
            step(&mut self.items[line.item.index()].buyers, 1, way);
            for tally in [&mut self.items[line.item.index()], &mut self.total] {
                step(&mut tally.chances, u64::from(line.since_first), way);
                step(&mut tally.returns, u64::from(line.bought - 1), way);
            }
        }
        for (basket, age) in history.baskets().iter().rev().zip(0..) {
            let (day, weight) = (day_of(basket.time), weight(age));
            for item in &basket.items {
                let tally = &mut self.items[item.index()];
                step(&mut tally.baskets, 1, way);
                step(&mut tally.recent, weight, way);
                tally.on(day, way);
            }
            step(&mut self.total.baskets, 1, way);
            step(&mut self.total.recent, weight, way);
            let sold = self.days.entry(day).or_default();
            step(sold, 1, way);
            if *sold == 0 {
                self.days.remove(&day);
            }
        }
        for line in lines {
            let recent = self.items[line.item.index()].recent;
            if recent > 0 {
                self.ladder.insert((recent, Reverse(line.item)));
            }
        }
    }

    /// The memory of the counts, in bytes.
    pub(super) fn footprint_bytes(&self) -> usize {
        self.items.iter().map(|tally| tally.days.capacity() * size_of::<(Day, u32)>()).sum::<usize>()
            + self.items.capacity() * size_of::<Tally>()
            + (self.days.len() + self.ladder.len()) * 2 * size_of::<(u64, Reverse<ItemId>)>()
    }

    pub(super) fn get(&self, item: ItemId) -> Option<&Tally> {
        self.items.get(item.index())
    }

    /// Every item that was ever bought, with its counts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ItemId, &Tally)> {
        (0..).map(ItemId).zip(&self.items).filter(|(_, tally)| tally.baskets > 0)
    }

    pub(super) fn baskets(&self) -> u32 {
        self.total.baskets
    }

    /// (returns + κ · the shop's rate) / (chances + κ): how likely a buyer's next basket holds the item again.
    pub(super) fn again(&self, item: ItemId) -> f64 {
        let rate = |tally: &Tally| tally.returns as f64 / tally.chances.max(1) as f64;
        let unknown = Tally::default();
        let tally = self.get(item).unwrap_or(&unknown);
        (tally.returns as f64 + PRIOR_CHANCES * rate(&self.total)) / (tally.chances as f64 + PRIOR_CHANCES)
    }

    /// The share of lately made baskets that hold the item.
    pub(super) fn popularity(&self, item: ItemId) -> f64 {
        self.get(item).map_or(0.0, |tally| tally.recent as f64 / self.total.recent.max(1) as f64)
    }

    /// The most popular items, best first.
    pub(super) fn popular(&self) -> impl Iterator<Item = ItemId> {
        self.ladder.iter().rev().map(|(_, Reverse(item))| *item)
    }

    /// The baskets of all items before today, and in the window before today.
    pub(super) fn season(&self, now: i64, window_days: u32) -> Season {
        let today = day_of(now);
        let from = today.saturating_sub(i64::from(window_days));
        let sum = |days: std::collections::btree_map::Range<'_, Day, u32>| days.map(|(_, sold)| *sold).sum();
        Season {
            today,
            from,
            before: sum(self.days.range(..today)),
            lately: sum(self.days.range(from..today)),
        }
    }

    /// (share of the window's baskets + ε) / (share of all baskets before today + ε), at most 3; 1 if the window is empty.
    pub(super) fn in_season(&self, item: ItemId, season: &Season) -> f64 {
        let Some(tally) = self.get(item).filter(|_| season.lately > 0) else { return 1.0 };
        let mut before = tally.baskets;
        let mut lately = 0;
        for (day, sold) in tally.days.iter().rev() {
            if *day >= season.today {
                before -= sold;
            } else if *day >= season.from {
                lately += sold;
            } else {
                break;
            }
        }
        let share = |sold: u32, all: u32| f64::from(sold) / f64::from(all) + PRIOR_SHARE;
        (share(lately, season.lately) / share(before, season.before)).min(MOST_IN_SEASON)
    }
}

/// Which days count as lately, and how many baskets there were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Season {
    today: Day,
    from: Day,
    before: u32,
    lately: u32,
}

impl Tally {
    fn on(&mut self, day: Day, way: Way) {
        // New baskets belong near the end.
        let at = self.days.partition_point(|(known, _)| *known < day);
        match self.days.get_mut(at).filter(|(known, _)| *known == day) {
            Some((_, sold)) => {
                step(sold, 1, way);
                if *sold == 0 {
                    self.days.remove(at);
                }
            }
            None => self.days.insert(at, (day, 1)),
        }
    }
}

/// Adds or takes away; what is taken was added before.
fn step<N: std::ops::AddAssign + std::ops::SubAssign>(count: &mut N, by: N, way: Way) {
    match way {
        Way::In => *count += by,
        Way::Out => *count -= by,
    }
}

fn weight(age: i32) -> u64 {
    (f64::from(1 << 20) * FADING.powi(age)).round() as u64
}

fn day_of(time: i64) -> Day {
    time.div_euclid(86_400)
}
