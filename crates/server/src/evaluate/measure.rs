//! Asks a model every question of an exam and keeps what the tables are made of.
//! Must never time what the protocol does with an answer, only the answering.

use models::evaluate::{Exposure, Marks, novelty, quantile};
use models::recommend::ItemId;

use super::clock::thread_time;
use super::contender::Fitted;
use super::exam::{Exam, Question};
use super::progress::Progress;

/// A column of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    HitRate,
    ReciprocalRank,
    /// By clicks for visits, which is the same as by items for baskets.
    Recall,
    /// By distinct items.
    RecallDistinct,
    Ndcg,
}

impl Metric {
    pub(super) fn of(self, marks: &Marks) -> f64 {
        let Marks { hit, reciprocal_rank, recall, recall_by_click, ndcg } = marks;
        match self {
            Self::HitRate => *hit,
            Self::ReciprocalRank => *reciprocal_rank,
            Self::Recall => *recall_by_click,
            Self::RecallDistinct => *recall,
            Self::Ndcg => *ndcg,
        }
    }

    /// The head of its column.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::HitRate => "HR",
            Self::ReciprocalRank => "MRR",
            Self::Recall => "Recall",
            Self::RecallDistinct => "Recall (items)",
            Self::Ndcg => "NDCG",
        }
    }

    /// Its key for programs.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::HitRate => "hr",
            Self::ReciprocalRank => "mrr",
            Self::Recall => "recall",
            Self::RecallDistinct => "recall_items",
            Self::Ndcg => "ndcg",
        }
    }
}

/// A metric at a k.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) metric: Metric,
    pub(super) k: usize,
}

/// What is counted, and against what.
pub(super) struct Measures<'a> {
    pub(super) columns: &'a [Column],
    /// How many customers or visits have each item, and how many there are.
    pub(super) holders: &'a [u64],
    pub(super) units: u64,
}

/// Answering times of one question, microseconds of processor time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
}

/// One model's results.
pub(super) struct Measured {
    /// Of each column the sums by unit.
    pub(super) sums: Vec<Vec<f64>>,
    pub(super) coverage: f64,
    pub(super) gini: Option<f64>,
    pub(super) novelty: Option<f64>,
    pub(super) latency: Latency,
}

/// Who is asked instead for units that refuse.
pub(super) struct Instead<'a, Q> {
    pub(super) model: &'a mut dyn Fitted<Q>,
    pub(super) refused: &'a [bool],
}

/// Asks everything.
pub(super) fn measure<Q: Question>(
    model: &mut dyn Fitted<Q>,
    mut instead: Option<Instead<'_, Q>>,
    exam: &Exam<Q>,
    measures: &Measures<'_>,
    progress: &Progress,
) -> Measured {
    let Measures { columns, holders, units } = measures;
    let most = columns.iter().map(|column| column.k).max().unwrap_or(0);
    let in_catalogue = holders.iter().filter(|holders| **holders > 0).count();
    let mut sums = vec![vec![0.0; exam.units.len()]; columns.len()];
    let mut exposure = Exposure::new(most);
    let (mut bits, mut lists) = (0.0, 0_u64);
    let mut micros = Vec::with_capacity(exam.asked.len());
    let mut answer: Vec<ItemId> = Vec::new();
    for (asked, done) in exam.asked.iter().zip(1_u64..) {
        let wanted = asked.question.reach(most);
        let asked_of: &mut dyn Fitted<Q> = match &mut instead {
            Some(Instead { model, refused }) if refused.get(asked.unit) == Some(&true) => *model,
            Some(_) | None => &mut *model,
        };
        let begun = thread_time();
        asked_of.answer(&asked.question, wanted, &mut answer);
        micros.push(thread_time().saturating_sub(begun).as_secs_f64() * 1e6);
        asked.question.admit(&mut answer);
        for (column, sums) in columns.iter().zip(&mut sums) {
            let marks = Q::mark(&answer, &asked.truth, column.k);
            if let (Some(marks), Some(sum)) = (marks, sums.get_mut(asked.unit)) {
                *sum += column.metric.of(&marks);
            }
        }
        exposure.add(&answer);
        let held = |item: ItemId| holders.get(item.index()).copied().unwrap_or(0);
        if let Some(found) = novelty(&answer, most, *units, held) {
            bits += found;
            lists += 1;
        }
        if done.is_multiple_of(256) {
            progress.at(done);
        }
    }
    micros.sort_unstable_by(f64::total_cmp);
    let quantile = |q| quantile(&micros, q).unwrap_or(0.0);
    Measured {
        sums,
        coverage: exposure.coverage(in_catalogue).unwrap_or(0.0),
        gini: exposure.gini(in_catalogue),
        novelty: (lists > 0).then(|| bits / lists as f64),
        latency: Latency { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) },
    }
}

#[cfg(test)]
mod tests {
    use models::recommend::{Cause, Contribution, Scored};

    use super::super::exam::Training as _;
    use super::super::visits::{VisitQuestion, tests::visits};
    use super::*;

    /// Answers the same list always.
    struct Fixed(Vec<u32>);

    impl Fitted<VisitQuestion> for Fixed {
        fn score(&mut self, _: &VisitQuestion, count: usize) -> Vec<Scored> {
            let part = Contribution { cause: Cause::Popular { context: None }, part: 1.0 };
            self.0.iter().take(count).map(|item| Scored::from_parts(ItemId(*item), vec![part])).collect()
        }
    }

    const HIT: Column = Column { metric: Metric::HitRate, k: 2 };
    const RANK: Column = Column { metric: Metric::ReciprocalRank, k: 2 };
    const RECALL: Column = Column { metric: Metric::Recall, k: 2 };

    #[test]
    fn sums_by_visit_match_hand_computation() {
        let log = visits(&[&[0, 1, 2], &[3, 1]]);
        let exam = log.exam(|_| true);
        let holders = log.holders();
        let measures = Measures { columns: &[HIT, RANK, RECALL], holders: &holders, units: 2 };
        let found = measure(&mut Fixed(vec![0, 2, 1]), None, &exam, &measures, &Progress::new());
        // [0] → 1, 2: the current 0 goes, 2 and 1 are left: hit, rank 1/2, recall 1.
        // [0, 1] → 2: 1 goes, 0 and 2 are left: hit, rank 1/2, recall 1.  [3] → 1: 0 and 2: nothing.
        assert_eq!(found.sums, [vec![2.0, 0.0], vec![1.0, 0.0], vec![2.0, 0.0]]);
        // 0, 1 and 2 of four items were shown, of six showings 2, 1 and 3.
        assert_eq!(found.coverage, 0.75);
        assert!((found.gini.unwrap() - (-1.0 + 2.0 * 1.0 + 3.0 * 3.0) / (4.0 * 6.0)).abs() < 1e-12);
        // Shown: 2 and 1, 0 and 2, 0 and 2; 1 is in both visits (0 bits), the others in one of two (1 bit).
        assert!((found.novelty.unwrap() - (0.5 + 1.0 + 1.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn those_who_refuse_are_answered_by_the_other_model() {
        let log = visits(&[&[0, 1], &[0, 1]]);
        let exam = log.exam(|_| true);
        let holders = log.holders();
        let measures = Measures { columns: &[HIT], holders: &holders, units: 2 };
        let mut other = Fixed(vec![0]);
        let instead = Some(Instead { model: &mut other, refused: &[false, true] });
        let found = measure(&mut Fixed(vec![1]), instead, &exam, &measures, &Progress::new());
        assert_eq!(found.sums, [vec![1.0, 0.0]]);
    }
}
