//! What it costs when more customers or visits refuse: they are not learned from, and are served as the server serves them,
//! from the page alone and by what is popular with the rest. Must never let somebody who refuses into a model, the popular
//! list included.

use models::evaluate::{Bootstrap, BootstrapError, refuses};

use super::blend::{Blend, Learned};
use super::contender::{Contender, Fitted, Serving, Shared};
use super::exam::{Exam, Question, Training};
use super::measure::{Column, Instead, Measures, measure};
use super::progress::Progress;
use super::report::Point;

/// What is measured again and again.
pub(super) struct Experiment<'a, T: Training> {
    pub(super) training: &'a T,
    pub(super) exam: &'a Exam<T::Question>,
    /// The models that are learned anew each time.
    pub(super) contenders: &'a [Contender<T, T::Question>],
    /// Their weights if they are blended; a single model otherwise.
    pub(super) blend: Option<&'a Learned>,
    /// Stands in the place of a model that has no say in the blend.
    pub(super) popularity: fn(&T) -> Shared<T::Question>,
    /// How those who refuse can be served, the server's own way first.
    pub(super) servings: &'a [Serving<T, T::Question>],
    pub(super) column: Column,
    pub(super) bootstrap: Bootstrap,
}

impl<T: Training> Experiment<'_, T> {
    /// The point of the curve at which so many of a hundred refuse.
    pub(super) fn at(&self, percent: f64, progress: &Progress) -> Result<Point, BootstrapError> {
        let Self { training, exam, contenders, blend, popularity, servings, column, bootstrap } = self;
        let seed = bootstrap.seed;
        let rest = training.without(&|unit| refuses(seed, unit, percent));
        progress.begin(format!("{percent} of 100 refuse: learning"), contenders.len() as u64);
        let mut fitted: Vec<Shared<T::Question>> = Vec::new();
        for (contender, done) in contenders.iter().zip(1..) {
            // What has no weight in the blend needs no learning; anything stands in its place.
            let weight = blend.and_then(|blend| blend.weights.iter().find(|one| one.name == contender.name));
            let counts = weight.is_none_or(|weight| weight.weight > 0.0);
            fitted.push(if counts { (contender.fit)(&rest) } else { popularity(&rest) });
            progress.at(done);
        }
        let refused: Vec<bool> = exam.units.iter().map(|unit| refuses(seed, *unit, percent)).collect();
        // One that is served so may be the model itself: each is learned apart, so that it is borrowed once.
        let served: Vec<Shared<T::Question>> = servings.iter().map(|serving| (serving.fit)(&rest)).collect();
        let first = served.first().map_or_else(|| popularity(&rest), Clone::clone);
        let holders = rest.holders();
        let measures = Measures { columns: &[*column], holders: &holders, units: rest.units() };
        progress.begin(format!("{percent} of 100 refuse: asking"), exam.asked.len() as u64);
        let ask = |model: &mut dyn Fitted<T::Question>| {
            let instead = Some(Instead { model: &mut *first.borrow_mut(), refused: &refused });
            measure(model, instead, exam, &measures, progress)
        };
        let measured = match (blend, fitted.first()) {
            (Some(learned), _) => ask(&mut Blend::new(&fitted, learned)),
            (None, Some(single)) => ask(&mut *single.borrow_mut()),
            (None, None) => ask(&mut *popularity(&rest).borrow_mut()),
        };
        let questions = exam.questions_by_unit();
        let sums = measured.sums.first().map_or(&[][..], Vec::as_slice);
        let of = |sums: &[f64], wanted: &dyn Fn(bool) -> bool| {
            let chosen = questions.iter().zip(sums).zip(&refused).filter(|(_, refused)| wanted(**refused));
            let (questions, sums): (Vec<u32>, Vec<f64>) = chosen.map(|(unit, _)| unit).unzip();
            bootstrap.intervals(&questions, &[&sums]).map(|found| found.first().copied())
        };
        let some = |sums: &[f64], wanted: &dyn Fn(bool) -> bool| match of(sums, wanted) {
            Err(BootstrapError::Nothing) => Ok(None),
            found => found,
        };
        let mut refusing = vec![some(sums, &|refused| refused)?];
        for other in served.iter().skip(1) {
            let sums = of_refusing(&mut *other.borrow_mut(), exam, &refused, *column);
            refusing.push(some(&sums, &|refused| refused)?);
        }
        Ok(Point {
            percent,
            refused: refused.iter().filter(|refused| **refused).count(),
            everyone: of(sums, &|_| true)?.ok_or(BootstrapError::Nothing)?,
            agreed: some(sums, &|refused| !refused)?,
            refusing,
        })
    }
}

/// The sums by unit of those who refuse, served by this model; the others' are 0.
fn of_refusing<Q: Question>(
    model: &mut dyn Fitted<Q>,
    exam: &Exam<Q>,
    refused: &[bool],
    column: Column,
) -> Vec<f64> {
    let mut sums = vec![0.0; exam.units.len()];
    let mut answer = Vec::new();
    for asked in exam.asked.iter().filter(|asked| refused.get(asked.unit) == Some(&true)) {
        model.answer(&asked.question, asked.question.reach(column.k), &mut answer);
        asked.question.admit(&mut answer);
        let marks = Q::mark(&answer, &asked.truth, column.k);
        if let (Some(marks), Some(sum)) = (marks, sums.get_mut(asked.unit)) {
            *sum += column.metric.of(&marks);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::measure::Metric;
    use super::super::of_visits::{contenders, popularity, servings};
    use super::super::visits::tests::visits;
    use super::*;

    #[test]
    fn quality_falls_from_the_models_own_to_popularity() {
        // Ten pairs that belong together, and one item in every third visit.
        let mut lists: Vec<Vec<u32>> = Vec::new();
        for n in 0..600_u32 {
            let pair = 2 * (n % 10);
            lists.push(if n % 3 == 0 { vec![pair, 20, pair + 1] } else { vec![pair, pair + 1] });
        }
        let lists: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
        let log = visits(&lists);
        let exam = log.exam(|_| true);
        let session: Vec<_> = contenders().into_iter().filter(|one| one.name == "session").collect();
        let experiment = Experiment {
            training: &log,
            exam: &exam,
            contenders: &session,
            blend: None,
            popularity,
            servings: &servings(),
            column: Column { metric: Metric::HitRate, k: 1 },
            bootstrap: Bootstrap { seed: 3, rounds: 50, level: 0.95 },
        };
        let at = |percent| experiment.at(percent, &Progress::new()).unwrap();
        let (none, half, all) = (at(0.0), at(50.0), at(100.0));
        assert!(none.refusing.iter().all(Option::is_none) && none.agreed == Some(none.everyone));
        assert!(none.everyone.mean >= half.everyone.mean && half.everyone.mean > all.everyone.mean);
        // Of three items that a visit may go on with, the page alone finds the one that belongs to it.
        let [page, visit, popular] =
            half.refusing.iter().map(|one| one.unwrap().mean).collect::<Vec<_>>()[..]
        else {
            panic!("three ways to be served")
        };
        assert!(page > popular && visit > popular, "{page} {visit} {popular}");
        assert!(half.agreed.unwrap().mean > popular);
        assert!(all.agreed.is_none() && all.everyone.mean == 0.0, "nobody is left to be popular with");
        assert_eq!((none.refused, all.refused), (0, 600));
    }
}
