//! What it costs when more customers or visits refuse: they are not learned from, and are shown what is popular with the
//! rest. Must never let somebody who refuses into a model, the popular list included.

use models::evaluate::{Bootstrap, BootstrapError, refuses};

use super::blend::{Blend, Learned};
use super::contender::{Contender, Fitted, Shared};
use super::exam::{Exam, Training};
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
    pub(super) popularity: fn(&T) -> Shared<T::Question>,
    pub(super) column: Column,
    pub(super) bootstrap: Bootstrap,
}

impl<T: Training> Experiment<'_, T> {
    /// The point of the curve at which so many of a hundred refuse.
    pub(super) fn at(&self, percent: f64, progress: &Progress) -> Result<Point, BootstrapError> {
        let Self { training, exam, contenders, blend, popularity, column, bootstrap } = self;
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
        let popular = popularity(&rest);
        let holders = rest.holders();
        let measures = Measures { columns: &[*column], holders: &holders, units: rest.units() };
        progress.begin(format!("{percent} of 100 refuse: asking"), exam.asked.len() as u64);
        let ask = |model: &mut dyn Fitted<T::Question>, popular: &mut dyn Fitted<T::Question>| {
            let instead = Some(Instead { model: popular, refused: &refused });
            measure(model, instead, exam, &measures, progress)
        };
        let measured = match (blend, fitted.first()) {
            (Some(learned), _) => ask(&mut Blend::new(&fitted, learned), &mut *popular.borrow_mut()),
            // The popular list may be the model itself: it is borrowed once then.
            (None, Some(single)) => {
                let again = popularity(&rest);
                ask(&mut *single.borrow_mut(), &mut *again.borrow_mut())
            }
            (None, None) => ask(&mut *popularity(&rest).borrow_mut(), &mut *popular.borrow_mut()),
        };
        let questions = exam.questions_by_unit();
        let sums = measured.sums.first().map_or(&[][..], Vec::as_slice);
        let of = |wanted: &dyn Fn(bool) -> bool| {
            let chosen = questions.iter().zip(sums).zip(&refused).filter(|(_, refused)| wanted(**refused));
            let (questions, sums): (Vec<u32>, Vec<f64>) = chosen.map(|(unit, _)| unit).unzip();
            bootstrap.intervals(&questions, &[&sums]).map(|found| found.first().copied())
        };
        let some = |wanted: &dyn Fn(bool) -> bool| match of(wanted) {
            Err(BootstrapError::Nothing) => Ok(None),
            found => found,
        };
        Ok(Point {
            percent,
            refused: refused.iter().filter(|refused| **refused).count(),
            everyone: of(&|_| true)?.ok_or(BootstrapError::Nothing)?,
            agreed: some(&|refused| !refused)?,
            refusing: some(&|refused| refused)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Metric;
    use super::super::of_visits::{contenders, popularity};
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
            column: Column { metric: Metric::HitRate, k: 1 },
            bootstrap: Bootstrap { seed: 3, rounds: 50, level: 0.95 },
        };
        let at = |percent| experiment.at(percent, &Progress::new()).unwrap();
        let (none, half, all) = (at(0.0), at(50.0), at(100.0));
        assert!(none.refusing.is_none() && none.agreed == Some(none.everyone));
        assert!(none.everyone.mean > half.everyone.mean && half.everyone.mean > all.everyone.mean);
        assert!(half.agreed.unwrap().mean > half.refusing.unwrap().mean);
        assert!(all.agreed.is_none() && all.everyone.mean == 0.0, "nobody is left to be popular with");
        assert_eq!((none.refused, all.refused), (0, 600));
    }
}
