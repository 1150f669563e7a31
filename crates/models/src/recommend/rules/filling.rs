//! A shelf in the making: filled from one list after the other, under one set of rules.
//!
//! Must never show an item twice, nor take from a later list before the earlier ones are used up.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{Candidate, ItemId};
use super::{Facts, Pin, Place, Refusal, Rules, Shelf, Stock, Variety};

/// A shelf in the making.
///
/// ```
/// use models::recommend::{ItemId, rules::*};
/// let rules = Rules {
///     pinned: &[], hidden: &[], just_bought: &[], per_brand: Some(1), per_category: None, variety: Variety::ByScore,
///     count: 3,
/// };
/// let facts = |item: ItemId| Facts { stock: Stock::Available, brand: Some(item.0 / 10), category: None };
/// let mut filling = Filling::new(&rules, &facts);
/// filling.take(vec![(ItemId(10), 0.9), (ItemId(11), 0.8)], &facts, &|_, _| 0.0);
/// filling.take(vec![(ItemId(20), 7.0)], &facts, &|_, _| 0.0);
/// let shown: Vec<u32> = filling.finish().shown.iter().map(|(_, (item, _))| item.0).collect();
/// assert_eq!(shown, [10, 20]);
/// ```
#[derive(Debug)]
pub struct Filling<'r, C> {
    rules: &'r Rules<'r>,
    hidden: FxHashSet<ItemId>,
    just_bought: FxHashSet<ItemId>,
    brands: Quota,
    categories: Quota,
    /// The pins that may be shown, by position.
    pins: Vec<(usize, C)>,
    ranked: Vec<C>,
    there: FxHashSet<ItemId>,
    refused: Vec<(ItemId, Refusal)>,
    /// The items of `refused`.
    kept_out: FxHashSet<ItemId>,
}

impl<'r, C: Candidate> Filling<'r, C> {
    /// A shelf with its pins alone.
    pub fn new(rules: &'r Rules<'r>, facts: &impl Fn(ItemId) -> Facts) -> Self {
        let mut filling = Self {
            rules,
            hidden: rules.hidden.iter().copied().collect(),
            just_bought: rules.just_bought.iter().copied().collect(),
            brands: Quota::of(rules.per_brand),
            categories: Quota::of(rules.per_category),
            pins: Vec::new(),
            ranked: Vec::new(),
            there: FxHashSet::default(),
            refused: Vec::new(),
            kept_out: FxHashSet::default(),
        };
        for &Pin { item, position } in rules.pinned {
            if filling.pins.len() == rules.count {
                break;
            }
            if filling.there.contains(&item) {
                continue;
            }
            match filling.admit(item, facts) {
                Ok(()) => {
                    filling.there.insert(item);
                    filling.pins.push((position, C::unscored(item)));
                }
                Err(refusal) => filling.refuse(item, refusal),
            }
        }
        filling.pins.sort_by_key(|(position, _)| *position);
        filling
    }

    /// How many more are wanted.
    #[must_use]
    pub fn room(&self) -> usize {
        self.rules.count.saturating_sub(self.pins.len() + self.ranked.len())
    }

    /// Whether an item stands here already.
    #[must_use]
    pub fn has(&self, item: ItemId) -> bool {
        self.there.contains(&item)
    }

    /// Takes what fits out of a list, best first, after what is here, and says what that was. A pin takes its score from
    /// the list, but no other place.
    pub fn take(
        &mut self,
        candidates: Vec<C>,
        facts: &impl Fn(ItemId) -> Facts,
        similarity: &impl Fn(ItemId, ItemId) -> f64,
    ) -> &[C] {
        let before = self.ranked.len();
        let mut waiting = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let item = candidate.item();
            if let Some((_, pin)) = self.pins.iter_mut().find(|(_, pin)| pin.item() == item) {
                *pin = candidate;
            } else if !self.there.contains(&item) {
                match self.may(item, facts) {
                    Ok(()) => waiting.push(candidate),
                    Err(refusal) => self.refuse(item, refusal),
                }
            }
        }
        match self.rules.variety {
            Variety::ByScore => {
                for candidate in waiting {
                    if self.room() == 0 {
                        break;
                    }
                    self.put(candidate, facts);
                }
            }
            Variety::Mixed { lambda } => self.mix(waiting, lambda, facts, similarity),
        }
        self.ranked.get(before..).unwrap_or_default()
    }

    /// Takes the candidate of the largest merit again and again.
    fn mix(
        &mut self,
        waiting: Vec<C>,
        lambda: f64,
        facts: &impl Fn(ItemId) -> Facts,
        similarity: &impl Fn(ItemId, ItemId) -> f64,
    ) {
        let best = waiting.iter().map(Candidate::score).fold(0.0, f64::max);
        let shown = || self.pins.iter().map(|(_, pin)| pin).chain(&self.ranked);
        let nearest = |item| shown().map(|other| similarity(item, other.item())).fold(0.0, f64::max);
        // Each candidate with its largest similarity to what is shown, kept up to date as the shelf fills.
        let mut waiting: Vec<(C, f64)> = waiting
            .into_iter()
            .map(|candidate| {
                let near = nearest(candidate.item());
                (candidate, near)
            })
            .collect();
        while self.room() > 0 && !waiting.is_empty() {
            let merit = |(candidate, near): &(C, f64)| {
                let relevance = if best > 0.0 { candidate.score() / best } else { 0.0 };
                lambda * relevance - (1.0 - lambda) * near
            };
            let merits = waiting.iter().map(merit).enumerate();
            // Of equals the one that stands first.
            let next = merits.reduce(|a, b| if b.1.total_cmp(&a.1).is_gt() { b } else { a });
            let (candidate, _) = waiting.remove(next.map_or(0, |(at, _)| at));
            let item = candidate.item();
            if self.put(candidate, facts) {
                for (other, near) in &mut waiting {
                    *near = near.max(similarity(other.item(), item));
                }
            }
        }
    }

    /// Puts a candidate on the shelf, if its brand and category leave room; whether they did.
    fn put(&mut self, candidate: C, facts: &impl Fn(ItemId) -> Facts) -> bool {
        let item = candidate.item();
        match self.count(&facts(item)) {
            Ok(()) => {
                self.there.insert(item);
                self.ranked.push(candidate);
                true
            }
            Err(refusal) => {
                self.refuse(item, refusal);
                false
            }
        }
    }

    fn may(&self, item: ItemId, facts: &impl Fn(ItemId) -> Facts) -> Result<(), Refusal> {
        if self.hidden.contains(&item) {
            Err(Refusal::Hidden)
        } else if self.just_bought.contains(&item) {
            Err(Refusal::JustBought)
        } else {
            match facts(item).stock {
                Stock::Available => Ok(()),
                Stock::SoldOut => Err(Refusal::SoldOut),
            }
        }
    }

    fn admit(&mut self, item: ItemId, facts: &impl Fn(ItemId) -> Facts) -> Result<(), Refusal> {
        self.may(item, facts)?;
        self.count(&facts(item))
    }

    fn count(&mut self, facts: &Facts) -> Result<(), Refusal> {
        if self.brands.is_full(facts.brand) {
            return Err(Refusal::BrandFull);
        }
        if self.categories.is_full(facts.category) {
            return Err(Refusal::CategoryFull);
        }
        self.brands.count(facts.brand);
        self.categories.count(facts.category);
        Ok(())
    }

    fn refuse(&mut self, item: ItemId, refusal: Refusal) {
        if self.kept_out.insert(item) {
            self.refused.push((item, refusal));
        }
    }

    /// The shelf as it is: the pins in their positions, what is ranked around them.
    #[must_use]
    pub fn finish(self) -> Shelf<C> {
        let Self { pins, ranked, refused, .. } = self;
        let mut shown: Vec<(Place, C)> = Vec::with_capacity(pins.len() + ranked.len());
        let (mut pins, mut ranked) = (pins.into_iter().peekable(), ranked.into_iter());
        loop {
            let due = pins.next_if(|(position, _)| *position <= shown.len() + 1);
            if let Some((_, pin)) = due {
                shown.push((Place::Pinned, pin));
            } else if let Some(next) = ranked.next() {
                shown.push((Place::Ranked, next));
            } else {
                break;
            }
        }
        shown.extend(pins.map(|(_, pin)| (Place::Pinned, pin)));
        Shelf { shown, refused }
    }
}

/// How many of each sort there are, and may be.
#[derive(Debug)]
struct Quota {
    most: Option<usize>,
    shown: FxHashMap<u32, usize>,
}

impl Quota {
    fn of(most: Option<usize>) -> Self {
        Self { most, shown: FxHashMap::default() }
    }

    fn is_full(&self, sort: Option<u32>) -> bool {
        let (Some(sort), Some(most)) = (sort, self.most) else { return false };
        self.shown.get(&sort).copied().unwrap_or_default() >= most
    }

    fn count(&mut self, sort: Option<u32>) {
        if let (Some(sort), Some(_)) = (sort, self.most) {
            *self.shown.entry(sort).or_default() += 1;
        }
    }
}
