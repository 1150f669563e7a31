//! The learned blend: the single models' scores, each by a fixed scale and a weight, added up.
//!
//! Weights and scales come from the later part of the training data, asked of models that learned from the earlier part.
//! Must never see a question of the test part.

use std::collections::HashMap;

use models::recommend::blend::{Source, blend};
use models::recommend::{ItemId, Scored};

use super::contender::{Fitted, Setting, Shared};
use super::exam::{Exam, Question};
use super::progress::Progress;

/// The word for `--only` and the tables.
pub(super) const NAME: &str = "blend";
pub(super) const ABOUT: &str =
    "all of them together, by weights learned on the later part of the training data";

/// How many questions the weights are learned on, at most.
const QUESTIONS: usize = 3000;
/// How far down its list a model has a say.
const DEPTH: usize = 100;
/// What a weight is tried at, the best model's own being 1.
const STEPS: [f64; 11] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0, 5.0];
/// How often all weights are gone through.
const ROUNDS: usize = 3;

/// One model's part in the blend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weight {
    pub(super) name: &'static str,
    pub(super) weight: f64,
    /// The median of the model's best scores, measured once.
    pub(super) scale: f64,
}

/// Weights, and what they were learned on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Learned {
    pub(super) weights: Vec<Weight>,
    pub(super) questions: usize,
}

/// What is made as large as possible: the mean over the k of MRR + Recall + NDCG.
fn worth<Q: Question>(answer: &[ItemId], truth: &[ItemId], ks: &[usize]) -> f64 {
    let marks = ks.iter().filter_map(|k| Q::mark(answer, truth, *k));
    marks.map(|marks| marks.reciprocal_rank + marks.recall + marks.ndcg).sum()
}

/// Learns weights for `fitted`, models that learned from the earlier part, by questions about the later part.
pub(super) fn learn<Q: Question>(
    fitted: &[(&'static str, Shared<Q>)],
    exam: Exam<Q>,
    ks: &[usize],
    progress: &Progress,
) -> Learned {
    let exam = exam.thinned(QUESTIONS);
    let ask = |(name, fitted): &(&'static str, Shared<Q>)| {
        progress.begin(format!("learning the blend: {name}"), exam.asked.len() as u64);
        Lists::ask(fitted, &exam, progress)
    };
    let lists: Vec<Lists> = fitted.iter().map(ask).collect();
    let weights = climb(&lists, &exam, ks);
    let parts = fitted.iter().zip(&lists).zip(weights);
    let weight = |(((name, _), lists), weight): ((&(&'static str, Shared<Q>), &Lists), f64)| Weight {
        name,
        weight,
        scale: lists.scale,
    };
    Learned { weights: parts.map(weight).collect(), questions: exam.asked.len() }
}

/// One model's answers to every question.
struct Lists {
    answers: Vec<Vec<(ItemId, f64)>>,
    scale: f64,
}

impl Lists {
    fn ask<Q: Question>(fitted: &Shared<Q>, exam: &Exam<Q>, progress: &Progress) -> Self {
        let mut fitted = fitted.borrow_mut();
        let mut answers = Vec::with_capacity(exam.asked.len());
        for (asked, done) in exam.asked.iter().zip(1..) {
            let scored = fitted.score(&asked.question, asked.question.reach(DEPTH));
            answers.push(scored.iter().map(|scored| (scored.item(), scored.score())).collect());
            progress.at(done);
        }
        let best = answers.iter().filter_map(|list: &Vec<(ItemId, f64)>| list.first().map(|best| best.1));
        let mut best: Vec<f64> = best.filter(|best| best.is_finite() && *best > 0.0).collect();
        best.sort_unstable_by(f64::total_cmp);
        let scale = models::evaluate::quantile(&best, 0.5).unwrap_or(1.0);
        Self { answers, scale }
    }
}

/// From the best single model on, one weight after the other is moved to where it does best.
fn climb<Q: Question>(lists: &[Lists], exam: &Exam<Q>, ks: &[usize]) -> Vec<f64> {
    let alone =
        |which: usize| (0..lists.len()).map(|at| f64::from(u8::from(at == which))).collect::<Vec<_>>();
    let judge = |weights: &[f64]| judged(lists, exam, ks, weights);
    let singles = (0..lists.len()).map(|which| (which, judge(&alone(which))));
    let Some((start, mut best)) = singles.max_by(|a, b| a.1.total_cmp(&b.1)) else { return Vec::new() };
    let mut weights = alone(start);
    for _ in 0..ROUNDS {
        let before = best;
        for which in (0..lists.len()).filter(|which| *which != start) {
            for step in STEPS {
                let mut tried = weights.clone();
                if let Some(weight) = tried.get_mut(which) {
                    *weight = step;
                }
                let reached = judge(&tried);
                // A gain that small is chance.
                if reached > best * (1.0 + 1e-6) {
                    (best, weights) = (reached, tried);
                }
            }
        }
        if best <= before {
            break;
        }
    }
    weights
}

fn judged<Q: Question>(lists: &[Lists], exam: &Exam<Q>, ks: &[usize], weights: &[f64]) -> f64 {
    let most = ks.iter().copied().max().unwrap_or(0);
    let mut sums: HashMap<ItemId, f64> = HashMap::new();
    let mut ranked: Vec<(ItemId, f64)> = Vec::new();
    let mut answer = Vec::new();
    let mut worth_of_all = 0.0;
    for (at, asked) in exam.asked.iter().enumerate() {
        sums.clear();
        for (list, weight) in lists.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            for (item, score) in list.answers.get(at).into_iter().flatten() {
                *sums.entry(*item).or_default() += score * weight / list.scale;
            }
        }
        ranked.clear();
        ranked.extend(sums.iter().map(|(item, score)| (*item, *score)));
        let order = |a: &(ItemId, f64), b: &(ItemId, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let wanted = asked.question.reach(most);
        if wanted > 0 && ranked.len() > wanted {
            ranked.select_nth_unstable_by(wanted - 1, order);
            ranked.truncate(wanted);
        }
        ranked.sort_unstable_by(order);
        answer.clear();
        answer.extend(ranked.iter().map(|(item, _)| *item));
        asked.question.admit(&mut answer);
        worth_of_all += worth::<Q>(&answer, &asked.truth, ks);
    }
    worth_of_all
}

/// Fitted models, blended by learned weights.
pub(super) struct Blend<Q> {
    parts: Vec<(Shared<Q>, Weight)>,
    questions: usize,
}

impl<Q> Blend<Q> {
    /// `fitted` stand in the order of the weights.
    pub(super) fn new(fitted: &[Shared<Q>], learned: &Learned) -> Self {
        let parts = fitted.iter().cloned().zip(learned.weights.iter().cloned()).collect();
        Self { parts, questions: learned.questions }
    }
}

impl<Q: Question> Fitted<Q> for Blend<Q> {
    fn score(&mut self, question: &Q, count: usize) -> Vec<Scored> {
        let depth = count.max(question.reach(DEPTH));
        let lists: Vec<(Vec<Scored>, &Weight)> = self
            .parts
            .iter()
            .filter(|(_, weight)| weight.weight > 0.0)
            .map(|(fitted, weight)| (fitted.borrow_mut().score(question, depth), weight))
            .collect();
        let sources: Vec<Source<'_>> = lists
            .iter()
            .filter_map(|(list, weight)| Source::new(list, weight.weight, weight.scale).ok())
            .collect();
        blend(&sources, count)
    }

    fn settings(&self) -> Vec<Setting> {
        let mut settings: Vec<Setting> = self
            .parts
            .iter()
            .map(|(_, weight)| Setting::new(format!("weight of {}", weight.name), weight.weight))
            .collect();
        settings.push(Setting::new("learned on questions of the training part", self.questions));
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::Contender;
    use super::super::exam::Training as _;
    use super::super::of_visits;
    use super::super::visits::tests::visits;
    use super::*;

    /// All but the blend that is a model of its own.
    fn contenders() -> Vec<Contender<super::super::visits::Visits, super::super::visits::VisitQuestion>> {
        of_visits::contenders().into_iter().filter(|one| one.name != NAME).collect()
    }

    #[test]
    fn the_weights_are_no_worse_than_the_best_single_model() {
        // 0 goes to 1, 2 goes to 3, and now and then to 4, which is popular.
        let lists: Vec<&[u32]> = [&[0, 1][..], &[2, 3], &[4, 5], &[0, 1, 4], &[2, 3, 4]].repeat(12);
        let log = visits(&lists);
        let (earlier, exam) = log.hold_out(());
        let fitted: Vec<_> = contenders().iter().map(|one| (one.name, (one.fit)(&earlier))).collect();
        let lists: Vec<Lists> =
            fitted.iter().map(|(_, fitted)| Lists::ask(fitted, &exam, &Progress::new())).collect();
        let learned = learn(&fitted, log.hold_out(()).1, &[2], &Progress::new());
        assert_eq!((learned.weights.len(), learned.questions), (contenders().len(), exam.asked.len()));
        let weights: Vec<f64> = learned.weights.iter().map(|weight| weight.weight).collect();
        let reached = judged(&lists, &exam, &[2], &weights);
        for which in 0..lists.len() {
            let alone: Vec<f64> = (0..lists.len()).map(|at| if at == which { 1.0 } else { 0.0 }).collect();
            assert!(reached >= judged(&lists, &exam, &[2], &alone), "{which}");
        }
    }

    #[test]
    fn a_blend_of_one_is_that_one() {
        let log = visits(&[&[0, 1], &[0, 1], &[0, 2]]);
        let exam = visits(&[&[0, 1]]).exam(|_| true);
        let fitted: Vec<_> = contenders().iter().map(|contender| (contender.fit)(&log)).collect();
        let weight = |(contender, weight): (&Contender<_, _>, f64)| Weight {
            name: contender.name,
            weight,
            scale: 2.0,
        };
        let only_second = contenders().iter().zip([0.0, 1.0, 0.0, 0.0]).map(weight).collect();
        let mut blend = Blend::new(&fitted, &Learned { weights: only_second, questions: 1 });
        let (mut blended, mut single) = (Vec::new(), Vec::new());
        blend.answer(&exam.asked[0].question, 5, &mut blended);
        fitted[1].borrow_mut().answer(&exam.asked[0].question, 5, &mut single);
        assert_eq!(blended, single);
        assert!(!single.is_empty());
    }
}
