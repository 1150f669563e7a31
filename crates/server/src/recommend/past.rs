//! The shop as it was at an earlier second, and what people did after it: what the blend's weights are learned on.
//!
//! Rests on the memory of the models alone, which grants fed. Must never outlive the learning.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use models::recommend::ItemId;
use models::recommend::ials::{Dials, Ials};
use models::recommend::popularity::{Day, Question as Popular};
use models::recommend::session::SessionKey;
use models::recommend::trend::{self, Trend};
use privacy::pseudonym::Pseudonym;
use privacy::purpose::{Analytics, Personalisation};

use super::liked::{self, LENGTH};
use super::memory::{Models, buyer_key};
use super::near::NearLists;
use super::person::Person;
use super::suits::SuitLists;
use super::taste::Taste;

type Name = Pseudonym<Personalisation>;

/// What is remembered of everybody at one moment.
pub(super) struct Memory {
    persons: Vec<(Name, Arc<Person>)>,
    interests: Vec<(Pseudonym<Analytics>, ItemId, Day)>,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Situation {
    /// What is looked at next in a visit.
    Visit,
    /// What is in a customer's next order.
    Order,
    /// What is in it that they never had.
    New,
    /// What is in it that they never had, when the first thing of it is on the page.
    With,
}

/// What somebody did after the second.
pub(super) struct Question {
    pub(super) situation: Situation,
    pub(super) name: Name,
    /// What had been looked at in the visit, the page last.
    pub(super) visit: Vec<ItemId>,
    pub(super) second: i64,
    /// What came, the very next first.
    pub(super) came: Vec<ItemId>,
}

impl Memory {
    pub(super) fn of(models: &Models) -> Self {
        let mut persons: Vec<(Name, Arc<Person>)> =
            models.persons.iter().map(|(name, person)| (*name, Arc::clone(person))).collect();
        persons.sort_unstable_by_key(|(name, _)| buyer_key(*name));
        Self { persons, interests: models.counting.interests().collect() }
    }

    /// The second before which the given share of all orders and visits took place, the latter each counting once.
    pub(super) fn second_at(&self, share: f64) -> Option<i64> {
        let mut seconds: Vec<i64> = Vec::new();
        for (_, person) in &self.persons {
            seconds.extend(person.history().baskets().iter().map(|basket| basket.time));
            seconds.extend(visits(person).into_values().filter_map(|looks| looks.first().map(|look| look.0)));
        }
        seconds.sort_unstable();
        seconds.get((seconds.len() as f64 * share) as usize).copied()
    }

    /// What is asked by everybody's first order and all visits from `from` to before `to`, in order of time.
    pub(super) fn questions(&self, known_until: i64, from: i64, to: i64) -> Vec<Question> {
        let mut questions = Vec::new();
        for (name, person) in &self.persons {
            let history = person.history();
            let next = history.baskets().iter().find(|basket| basket.time >= known_until);
            let had = history.baskets().first().is_some_and(|first| first.time < known_until);
            if let Some(next) = next.filter(|next| had && (from..to).contains(&next.time)) {
                let known = history.baskets().iter().take_while(|basket| basket.time < known_until);
                let new: Vec<ItemId> = next
                    .items
                    .iter()
                    .copied()
                    .filter(|item| !known.clone().any(|basket| basket.items.binary_search(item).is_ok()))
                    .collect();
                let mut ask = |situation, visit: &[ItemId], came: &[ItemId]| {
                    let (visit, came) = (visit.to_vec(), came.to_vec());
                    questions.push(Question { situation, name: *name, visit, second: next.time, came });
                };
                ask(Situation::Order, &[], &next.items);
                ask(Situation::New, &[], &new);
                if let Some((page, rest)) = new.split_first() {
                    ask(Situation::With, std::slice::from_ref(page), rest);
                }
            }
            for looks in visits(person).into_values() {
                let starts = looks.first().map_or(i64::MIN, |look| look.0);
                if !(from..to).contains(&starts) {
                    continue;
                }
                let items: Vec<ItemId> = looks.iter().map(|look| look.1).collect();
                for (seen, came) in models::evaluate::every_prefix(&items) {
                    let second = looks.get(seen.len()).map_or(starts, |look| look.0);
                    questions.push(Question {
                        situation: Situation::Visit,
                        name: *name,
                        visit: seen.to_vec(),
                        second,
                        came: came.to_vec(),
                    });
                }
            }
        }
        questions.sort_by_key(|question| (question.second, buyer_key(question.name), question.visit.len()));
        questions
    }

    /// Every look of every visit that began before a second.
    pub(super) fn clicks(&self, before: i64) -> Vec<(SessionKey, ItemId, i64)> {
        let mut clicks = Vec::new();
        for (_, person) in &self.persons {
            for (session, looks) in visits(person) {
                if looks.first().is_some_and(|look| look.0 < before) {
                    clicks.extend(looks.into_iter().map(|(second, item)| (session, item, second)));
                }
            }
        }
        clicks
    }
}

/// The looks of each visit, oldest first.
fn visits(person: &Person) -> BTreeMap<SessionKey, Vec<(i64, ItemId)>> {
    let mut visits: BTreeMap<SessionKey, Vec<(i64, ItemId)>> = BTreeMap::new();
    for look in &person.looks {
        visits.entry(look.session).or_default().push((look.second, look.item));
    }
    visits.values_mut().for_each(|looks| looks.sort_unstable());
    visits
}

/// The shop as it was.
pub(super) struct Past {
    pub(super) models: Models,
    pub(super) near: NearLists,
    pub(super) suits: SuitLists,
    pub(super) taste: RwLock<Taste>,
    pub(super) trend: Trend,
    pub(super) popular: Vec<models::recommend::Scored>,
}

impl Past {
    /// As it was at a second; with EASE for up to `ease_items` items.
    pub(super) fn at(memory: &Memory, second: i64, ease_items: usize, at_least: u32) -> Self {
        let mut models = Models::default();
        let looks = memory.clicks(second).into_iter().filter(|(_, _, at)| *at < second);
        models.visits.extend(looks);
        for (name, person) in &memory.persons {
            models.learn_before(*name, person, second);
        }
        let today = Day(i32::try_from(second.div_euclid(86_400)).unwrap_or(i32::MAX));
        for (name, item, day) in memory.interests.iter().filter(|(_, _, day)| *day < today) {
            models.counting.learn(*name, *item, *day);
        }
        let mut taste = Taste::new(ease_items);
        taste.drop_all();
        if models.owned.items() > ease_items {
            let mut rows: Vec<Vec<ItemId>> = models.persons.values().map(|person| person.row()).collect();
            rows.retain(|row| !row.is_empty());
            rows.sort_unstable();
            if let Ok((factors, _)) = Ials::fit(&rows, Dials::standard()) {
                taste.take_factors(factors);
            }
        } else if let Some(inverse) = Taste::inverse_of(&models.owned) {
            taste.take_inverse(inverse);
        }
        let yesterday = Day(today.0.saturating_sub(1));
        let trend = Trend::at(models.counting.units(), None, yesterday, &trend::Dials::standard());
        let question = Popular {
            context: None,
            today,
            window_days: 90,
            half_life_days: 21.0,
            at_least: 1,
            count: LENGTH,
        };
        let popular = liked::weighed(models.counting.liked(&question, at_least, |_| true).list);
        Self {
            models,
            near: NearLists::default(),
            suits: SuitLists::default(),
            taste: RwLock::new(taste),
            trend: trend.unwrap_or_default(),
            popular,
        }
    }
}
