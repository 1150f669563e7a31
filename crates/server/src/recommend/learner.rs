//! Learns the blend's dials and weights on the shop's own past: the models as they were, asked what came next.
//!
//! Deterministic: the same memory gives the same weights. Must never touch the store's rows: it learns from what grants fed the models,
//! and leaves a few dozen numbers about the shop as a whole. Must never be judged by what it learned on.

use models::recommend::Scratch;
use models::recommend::baskets::{self, Fit, Worksheet};
use models::recommend::blend::{Lesson, value};
use models::recommend::fit::{Goal, Move, search};
use models::recommend::visits::{self, Plan};
use serde::{Deserialize, Serialize};

use super::basis::{About, Basis, Page};
use super::memory::buyer_key;
use super::past::{Memory, Past, Question, Situation};
use super::sources::{Buffers, Sources};
use super::{Catalogue, Engine, Tuning, VOICES, Wanted, Weights};

/// The models learn from the oldest part, the weights from the next, and the rest judges them.
const KNOWN: f64 = 0.85;
const LEARNED: f64 = 0.95;
/// With fewer questions than these a situation is left out, and with none the shipped weights stay.
const LEAST: (usize, usize) = (100, 50);
/// How many questions of a situation are asked at most, to learn and to judge.
const MOST: (usize, usize) = (800, 800);
/// How many of the best candidates of each voice are taken down.
const DEPTH: usize = 200;
/// How many places of a list count.
const PLACES: usize = 20;
/// From so many orders on, the dials of orders are learned too.
const ORDERS: usize = 300;
/// Weights stay as they are unless the goal gains so much.
const LEAST_GAIN: f64 = 0.0005;

/// What was learned, and how good it is on what it wasn't learned on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When, in UTC.
    pub learned_at: String,
    /// Whose weights are in force: `learned`, or `shipped` if too little was known or they did no better.
    pub weights_from: String,
    /// What each voice counts.
    pub weights: Weights,
    /// For each situation that there was enough of.
    pub situations: Vec<Judged>,
}

/// How good answers are in one situation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// `visit`: what is looked at next; `order`: what is in the next order; `new`: what is in it that the customer never had; `with`: the
    /// same, with one of these things on the page.
    pub situation: String,
    /// On how many questions the weights were learned.
    pub learned_on: usize,
    /// On how many later ones they are judged.
    pub judged_on: usize,
    /// The blend in force.
    pub blend: Marks,
    /// The blend with the weights that are shipped.
    pub shipped: Marks,
    /// What is popular, alone.
    pub popularity: Marks,
    /// Each voice alone.
    pub voices: Vec<(String, Marks)>,
}

/// Means over questions, of lists of 20.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The share of all that came that is in the list.
    pub recall: f64,
    /// How often the very next thing is in the list.
    pub hit_rate: f64,
    /// The mean of 1 / the place of the very next thing.
    pub reciprocal_rank: f64,
}

/// One situation's questions, answered by every voice.
struct Lessons {
    situation: Situation,
    learn: Vec<Lesson>,
    judge: Vec<Lesson>,
}

impl Situation {
    const ALL: [Self; 4] = [Self::Visit, Self::Order, Self::New, Self::With];

    const fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Order => "order",
            Self::New => "new",
            Self::With => "with",
        }
    }

    /// What counts: in a visit the next look and all that follow, of an order all that is in it.
    fn goal(self) -> Goal {
        match self {
            Self::Visit => Goal { k: PLACES, hit_rate: 0.35, reciprocal_rank: 0.3, recall: 0.35 },
            Self::Order | Self::New | Self::With => {
                Goal { k: PLACES, hit_rate: 0.0, reciprocal_rank: 0.0, recall: 1.0 }
            }
        }
    }
}

impl Engine {
    /// Learns dials and weights from what the models remember, in the background: a minute for a million interactions, longer for
    /// thousands of items. Nothing is taken into use yet.
    #[must_use]
    pub fn learn_blend(&self, learned_at: String) -> (Tuning, Report) {
        let memory = self.ask(Memory::of);
        let catalogue = self.catalogue();
        let mut tuning = Tuning::default();
        let shipped = tuning.weights;
        let mut report = Report {
            learned_at,
            weights_from: "shipped".to_owned(),
            weights: shipped,
            situations: Vec::new(),
        };
        let (Some(known), Some(learned)) = (memory.second_at(KNOWN), memory.second_at(LEARNED)) else {
            return (tuning, report);
        };
        let past = Past::at(&memory, known, self.ease_items(), self.at_least());
        let to_learn = memory.questions(known, known, learned);
        let to_judge = memory.questions(known, learned, i64::MAX);
        if let Ok(found) = visits::fit(&memory.clicks(known), &tuning.visits, &Plan::standard(PLACES)) {
            tuning.visits = found.best.wanting(tuning.visits.sessions.count);
        }
        learn_orders(&past, &to_learn, &mut tuning);
        let lessons: Vec<Lessons> = Situation::ALL
            .into_iter()
            .filter_map(|situation| {
                let asked = |questions: &[Question], most: usize| {
                    let questions = thinned(questions, situation, most);
                    take_down(&past, &catalogue, &tuning, &questions)
                };
                let learn = asked(&to_learn, MOST.0);
                let judge = asked(&to_judge, MOST.1);
                (learn.len() >= LEAST.0 && judge.len() >= LEAST.1).then_some(Lessons {
                    situation,
                    learn,
                    judge,
                })
            })
            .collect();
        if lessons.is_empty() {
            return (Tuning::default(), report);
        }
        let start =
            Weights { visits: tuning.visits.sessions_weight, next: tuning.visits.pairs_weight, ..shipped };
        let found = Weights::from_array(learn_weights(&lessons, start.array()));
        if judged(&lessons, &found) > judged(&lessons, &shipped) {
            tuning.weights = found;
            report.weights_from = "learned".to_owned();
        } else {
            tuning.weights = shipped;
        }
        report.weights = tuning.weights;
        report.situations = lessons.iter().map(|of| of.report(&tuning.weights, &shipped)).collect();
        (tuning, report)
    }
}

/// Learns what a person's own purchases say of the next order.
fn learn_orders(past: &Past, questions: &[Question], tuning: &mut Tuning) {
    let orders: Vec<&Question> =
        questions.iter().filter(|question| question.situation == Situation::Order).collect();
    if orders.len() < ORDERS {
        return;
    }
    let (mut fit, mut sheet) = (Fit::new(), Worksheet::new());
    for question in orders {
        let key = buyer_key(question.name);
        let Some(history) = past.models.orders.history(key) else { continue };
        let ask = baskets::Ask { history, own: Some(key), now: question.second };
        fit.observe(&past.models.orders, &ask, &question.came, &tuning.baskets, &mut sheet);
    }
    tuning.baskets.weights = fit.weights();
}

/// At most so many questions about a situation, taken evenly.
fn thinned(questions: &[Question], situation: Situation, most: usize) -> Vec<&Question> {
    let all: Vec<&Question> = questions.iter().filter(|question| question.situation == situation).collect();
    let wanted = most.min(all.len());
    let taken = |at: &usize| (at + 1) * wanted / all.len().max(1) > at * wanted / all.len().max(1);
    all.iter().enumerate().filter(|(at, _)| taken(at)).map(|(_, question)| *question).collect()
}

/// What every voice says to each question.
fn take_down(past: &Past, catalogue: &Catalogue, tuning: &Tuning, questions: &[&Question]) -> Vec<Lesson> {
    let sources = Sources {
        models: &past.models,
        catalogue,
        near: &past.near,
        suits: &past.suits,
        taste: &past.taste,
        trend: &past.trend,
        popular: &past.popular,
        tuning: &Tuning { weights: Weights { again: 1.0, ..tuning.weights }, ..tuning.clone() },
    };
    let (mut buffers, mut lessons) = (Buffers::default(), Scratch::new());
    let lesson = |question: &&Question| {
        let person = past.models.persons.get(&question.name);
        let basis = Basis {
            purchases: person.map_or(&[][..], |person| person.purchases(i64::MIN)),
            orders: Some((buyer_key(question.name), i64::MIN)),
            ..Basis::default()
        };
        let page = Page {
            visit: question.visit.clone(),
            about: if question.visit.is_empty() { About::Person } else { About::Item },
            here: question.visit.last().copied().into_iter().collect(),
            ordered: Vec::new(),
        };
        let lasts = |item| catalogue.numbered(item).is_some_and(|item| !item.consumable);
        let had = |item| person.is_some_and(|person| person.owned.contains_key(&item));
        let again = match question.situation {
            Situation::Visit | Situation::Order => true,
            Situation::New | Situation::With => false,
        };
        let may = |item| !page.here.contains(&item) && !(had(item) && (lasts(item) || !again));
        let next = question.came.first().copied()?;
        Some(sources.ask(&page, &basis, Wanted::Both, question.second, &mut buffers, |voices, _| {
            Lesson::of_the_best(&voices.each(), DEPTH, may, next, &question.came, &mut lessons)
        }))
    };
    questions.iter().filter_map(lesson).collect()
}

/// Turns one weight after the other until no turn gains anything.
fn learn_weights(lessons: &[Lessons], start: [f64; VOICES]) -> [f64; VOICES] {
    const STEPS: [f64; 9] = [0.0, 0.25, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0, 4.0];
    let turn = |voice: usize| -> Move<[f64; VOICES]> {
        Box::new(move |weights| {
            let old = weights.get(voice).copied().unwrap_or_default();
            let values: Vec<f64> =
                if old > 0.0 { STEPS.iter().map(|step| old * step).collect() } else { vec![0.1, 1.0] };
            let set = |value: f64| {
                let mut weights = *weights;
                if let Some(weight) = weights.get_mut(voice) {
                    *weight = value;
                }
                weights
            };
            values.into_iter().map(set).collect()
        })
    };
    let moves: Vec<Move<[f64; VOICES]>> = (0..VOICES).map(turn).collect();
    let worth = |weights: &[f64; VOICES]| {
        let of = |lessons: &Lessons| value(&lessons.learn, weights, &lessons.situation.goal());
        lessons.iter().map(of).sum::<f64>() / lessons.len() as f64
    };
    search(start, &moves, 5, LEAST_GAIN, worth).best
}

fn judged(lessons: &[Lessons], weights: &Weights) -> f64 {
    let of = |lessons: &Lessons| value(&lessons.judge, &weights.array(), &lessons.situation.goal());
    lessons.iter().map(of).sum()
}

impl Lessons {
    fn report(&self, weights: &Weights, shipped: &Weights) -> Judged {
        let about = Weights::about();
        let alone = |voice: usize| {
            let weights: [f64; VOICES] = std::array::from_fn(|at| f64::from(u8::from(at == voice)));
            self.marks(&weights)
        };
        let voices: Vec<(String, Marks)> =
            about.iter().enumerate().map(|(at, (name, _))| ((*name).to_owned(), alone(at))).collect();
        let popularity = voices.iter().find(|(name, _)| name == "popular").map(|(_, marks)| *marks);
        Judged {
            situation: self.situation.name().to_owned(),
            learned_on: self.learn.len(),
            judged_on: self.judge.len(),
            blend: self.marks(&weights.array()),
            shipped: self.marks(&shipped.array()),
            popularity: popularity.unwrap_or(Marks { recall: 0.0, hit_rate: 0.0, reciprocal_rank: 0.0 }),
            voices,
        }
    }

    fn marks(&self, weights: &[f64; VOICES]) -> Marks {
        let nothing = Goal { k: PLACES, hit_rate: 0.0, reciprocal_rank: 0.0, recall: 0.0 };
        let of = |goal: Goal| value(&self.judge, weights, &goal);
        Marks {
            recall: of(Goal { recall: 1.0, ..nothing }),
            hit_rate: of(Goal { hit_rate: 1.0, ..nothing }),
            reciprocal_rank: of(Goal { reciprocal_rank: 1.0, ..nothing }),
        }
    }
}
