//! What is counted of those who permit analytics: who took an interest in which item on which day, in all and apart by
//! the time of the year, the kind of device, where the visit came from, and the place that the page was about.
//!
//! INVARIANT: after `forget` the counts equal those that never saw the person, in whatever order things came in.
//! Must never hand out what fewer people than the caller's threshold stand behind, in each circumstance by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use models::recommend::ItemId;
use models::recommend::popularity::{Day, Liked, Popularity, Question, Unit};
use rustc_hash::FxHashMap;

use super::circumstances::{Circumstance, Regions};

/// What of one person is in the counts.
#[derive(Debug, Default)]
struct Counted {
    /// A person counts once an item and day, however often they looked.
    items: BTreeSet<(ItemId, Day)>,
    /// The circumstances of each day, beside the time of the year.
    ways: BTreeSet<(Day, u32)>,
}

impl Counted {
    /// The contexts in which a day counts.
    fn contexts(&self, day: Day) -> impl Iterator<Item = Option<u32>> {
        let ways = self.ways.range((day, 0)..=(day, u32::MAX)).map(|(_, way)| Some(*way));
        [None, Some(Circumstance::of_day(day).number())].into_iter().chain(ways)
    }

    /// The last day on which an item counts in a context, the day `but` left out.
    fn latest(&self, context: Option<u32>, item: ItemId, but: Day) -> Option<Day> {
        let days = self.items.range((item, Day(i32::MIN))..=(item, Day(i32::MAX)));
        let counts = |day: &Day| self.contexts(*day).any(|one| one == context);
        days.rev().map(|(_, day)| *day).find(|day| *day != but && counts(day))
    }
}

/// The counts; people stand in them under names `N`.
#[derive(Debug)]
pub(super) struct Counting<N> {
    people: FxHashMap<N, Counted>,
    units: Popularity,
    /// Each person once an item and context, on the last day of their interest: so the people of a window are counted
    /// without going through them.
    reach: Popularity,
    regions: Regions,
}

impl<N> Default for Counting<N> {
    fn default() -> Self {
        Self {
            people: FxHashMap::default(),
            units: Popularity::new(),
            reach: Popularity::new(),
            regions: Regions::default(),
        }
    }
}

impl<N: Copy + Eq + Hash> Counting<N> {
    /// How many people there are in the counts.
    pub(super) fn people(&self) -> usize {
        self.people.len()
    }

    /// All interest, by item and day.
    pub(super) const fn units(&self) -> &Popularity {
        &self.units
    }

    /// Everybody's interest in each item on each day.
    pub(super) fn interests(&self) -> impl Iterator<Item = (N, ItemId, Day)> {
        self.people
            .iter()
            .flat_map(|(name, person)| person.items.iter().map(|(item, day)| (*name, *item, *day)))
    }

    /// The places that are told apart.
    pub(super) const fn regions(&self) -> &Regions {
        &self.regions
    }

    /// The same places, nobody counted.
    pub(super) fn emptied(self) -> Self {
        Self { regions: self.regions, ..Self::default() }
    }

    /// A person took an interest in an item on a day.
    pub(super) fn learn(&mut self, name: N, item: ItemId, day: Day) {
        let Self { people, units, reach, .. } = self;
        let person = people.entry(name).or_default();
        if person.items.insert((item, day)) {
            for context in person.contexts(day) {
                add(units, reach, person, Unit { context, item, day });
            }
        }
    }

    /// On a day a person came in these circumstances.
    pub(super) fn came(&mut self, name: N, ways: &[Circumstance], day: Day) {
        let Self { people, units, reach, .. } = self;
        let person = people.entry(name).or_default();
        for way in ways {
            let way = way.number();
            if person.ways.insert((day, way)) {
                for (item, _) in person.items.iter().filter(|(_, on)| *on == day) {
                    add(units, reach, person, Unit { context: Some(way), item: *item, day });
                }
            }
        }
    }

    /// The circumstances of a place, which gets numbers if it is new.
    pub(super) fn place(&mut self, place: &str) -> Vec<Circumstance> {
        self.regions.learn(place)
    }

    /// Takes a person out.
    pub(super) fn forget(&mut self, name: N) {
        let Some(person) = self.people.remove(&name) else { return };
        let mut latest: BTreeMap<(Option<u32>, ItemId), Day> = BTreeMap::new();
        let mut known = true;
        for (item, day) in &person.items {
            for context in person.contexts(*day) {
                known &= self.units.forget(Unit { context, item: *item, day: *day }).is_ok();
                // The days of an item come in ascending order.
                latest.insert((context, *item), *day);
            }
        }
        for ((context, item), day) in latest {
            known &= self.reach.forget(Unit { context, item, day }).is_ok();
        }
        if !known {
            tracing::error!("a unit of popularity was to be forgotten that had not been learnt");
        }
    }

    /// What is liked in a context, of the items for which `fits` holds and which at least so many different people took
    /// an interest in within the window. The question's own threshold counts units and is 1.
    pub(super) fn liked(&self, question: &Question, people: u32, fits: impl Fn(ItemId) -> bool) -> Liked {
        let Question { context, today, window_days, .. } = *question;
        let from = Day(today.0.saturating_sub_unsigned(window_days));
        let enough = |item| self.reach.units_within(context, item, from, today) >= u64::from(people);
        self.units.liked(question, |item| fits(item) && enough(item)).unwrap_or_default()
    }

    /// Everything that is counted: context, item and day, with units and with people by their last day.
    pub(super) fn canonical(
        &self,
        id: impl Fn(ItemId) -> String,
    ) -> BTreeMap<(String, String, i32), (u32, u32)> {
        let key = |unit: Unit| {
            let context = unit.context.map_or_else(String::new, |context| self.regions.canonical(context));
            (context, id(unit.item), unit.day.0)
        };
        let mut all: BTreeMap<_, (u32, u32)> = BTreeMap::new();
        for (unit, count) in self.units.counts() {
            all.entry(key(unit)).or_default().0 = count;
        }
        for (unit, count) in self.reach.counts() {
            all.entry(key(unit)).or_default().1 = count;
        }
        all
    }
}

/// Counts a unit, and moves the person to it if it is their last of the item and context.
fn add(units: &mut Popularity, reach: &mut Popularity, person: &Counted, unit: Unit) {
    units.learn(unit);
    let Unit { context, item, day } = unit;
    let before = person.latest(context, item, day);
    if before.is_some_and(|before| before > day) {
        return;
    }
    let moved = before.map_or(Ok(()), |day| reach.forget(Unit { context, item, day }));
    if moved.is_err() {
        tracing::error!("a person was to be moved who had not been counted");
    }
    reach.learn(unit);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Deed {
        Liked(u32, i32),
        Came(u32, i32),
        Place(&'static str, i32),
    }

    fn deeds() -> impl Strategy<Value = Vec<(u8, Deed)>> {
        let deed = prop_oneof![
            (0..4_u32, 300..345_i32).prop_map(|(item, day)| Deed::Liked(item, day)),
            (4..8_u32, 300..345_i32).prop_map(|(way, day)| Deed::Came(way, day)),
            (prop_oneof![Just("nz/otago"), Just("nz"), Just("au")], 300..345_i32)
                .prop_map(|(place, day)| Deed::Place(place, day)),
        ];
        prop::collection::vec((0..4_u8, deed), 0..40)
    }

    fn learn<'d>(counts: &mut Counting<u8>, deeds: impl Iterator<Item = &'d (u8, Deed)>) {
        for (person, deed) in deeds {
            match deed {
                Deed::Liked(item, day) => counts.learn(*person, ItemId(*item), Day(*day)),
                Deed::Came(way, day) => counts.came(*person, &[Circumstance::numbered(*way)], Day(*day)),
                Deed::Place(place, day) => {
                    let ways = counts.place(place);
                    counts.came(*person, &ways, Day(*day));
                }
            }
        }
    }

    fn held(counts: &Counting<u8>) -> BTreeMap<(String, String, i32), (u32, u32)> {
        counts.canonical(|item| item.0.to_string())
    }

    const QUESTION: Question = Question {
        context: None,
        today: Day(345),
        window_days: 10,
        half_life_days: 21.0,
        at_least: 1,
        count: 9,
    };

    proptest! {
        #[test]
        fn forgetting_a_person_equals_never_having_seen_them_in_whatever_order_things_came(
            deeds in deeds(), gone in 0..4_u8,
        ) {
            let (mut with, mut without) = (Counting::default(), Counting::default());
            learn(&mut with, deeds.iter());
            learn(&mut without, deeds.iter().rev().filter(|(person, _)| *person != gone));
            with.forget(gone);
            prop_assert_eq!(held(&with), held(&without));
            prop_assert_eq!(with.people(), without.people());
        }

        #[test]
        fn what_is_released_has_enough_people_behind_it_in_its_own_circumstances(deeds in deeds(), way in 4..8_u32) {
            let mut counts = Counting::default();
            learn(&mut counts, deeds.iter());
            for context in [None, Some(way)] {
                let question = Question { context, ..QUESTION };
                let released = counts.liked(&question, 2, |_| true);
                for item in 0..4 {
                    let people = (0..4_u8).filter(|person| {
                        let days: BTreeSet<i32> = deeds.iter().filter_map(|(who, deed)| match deed {
                            Deed::Liked(liked, day) if who == person && *liked == item => Some(*day),
                            _ => None,
                        }).filter(|day| *day >= 335).collect();
                        let came = |day: i32| deeds.iter().any(|(who, deed)| {
                            who == person && matches!(deed, Deed::Came(one, on) if *one == way && *on == day)
                        });
                        days.into_iter().any(|day| context.is_none() || came(day))
                    }).count();
                    let shown = released.list.iter().any(|scored| scored.item() == ItemId(item));
                    prop_assert_eq!(shown, people >= 2, "{} people, item {}", people, item);
                }
            }
        }
    }

    #[test]
    fn one_person_on_many_days_is_one_person() {
        let mut counts = Counting::default();
        (336..345).for_each(|day| counts.learn(1_u8, ItemId(3), Day(day)));
        assert!(counts.liked(&QUESTION, 2, |_| true).list.is_empty());
        counts.learn(2, ItemId(3), Day(340));
        assert_eq!(counts.liked(&QUESTION, 2, |_| true).list.len(), 1);
    }
}
