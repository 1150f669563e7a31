//! Questions with the truth beside them, and the training parts that they are taken from.
//! Must never show the truth to a model: a question holds what was known when it was asked, the truth stands apart.

use models::evaluate::Marks;
use models::recommend::ItemId;

/// Something to ask a model.
pub(super) trait Question: 'static {
    /// How many items to ask for, so that k are left when the protocol has taken its own out.
    fn reach(&self, k: usize) -> usize;

    /// Takes out of an answer what the protocol doesn't let count.
    fn admit(&self, answer: &mut Vec<ItemId>);

    /// The marks of an answer that was admitted.
    fn mark(answer: &[ItemId], truth: &[ItemId], k: usize) -> Option<Marks>;
}

/// A question, who asks it, and what they then did.
pub(super) struct Asked<Q> {
    /// The session or customer, as a position among those of the exam.
    pub(super) unit: usize,
    pub(super) question: Q,
    /// Never empty.
    pub(super) truth: Vec<ItemId>,
}

/// All questions of one table.
pub(super) struct Exam<Q> {
    pub(super) asked: Vec<Asked<Q>>,
    /// The number of each session or customer, by which it is drawn among those who refuse.
    pub(super) units: Vec<u64>,
}

impl<Q> Exam<Q> {
    /// How many questions each unit asks.
    pub(super) fn questions_by_unit(&self) -> Vec<u32> {
        let mut count = vec![0; self.units.len()];
        for asked in &self.asked {
            if let Some(count) = count.get_mut(asked.unit) {
                *count += 1;
            }
        }
        count
    }

    /// Every so many-th question, so that at most `most` are left.
    pub(super) fn thinned(self, most: usize) -> Self {
        let step = self.asked.len().div_ceil(most.max(1)).max(1);
        Self { asked: self.asked.into_iter().step_by(step).collect(), units: self.units }
    }
}

/// What is learned from.
pub(super) trait Training: Sized {
    type Question: Question;
    /// Which table is meant, where one training part serves several.
    type View: Copy;

    /// How many sessions or customers there are.
    fn units(&self) -> u64;

    /// How many sessions or customers have each item.
    fn holders(&self) -> Vec<u64>;

    /// Without those of whom `gone` holds.
    fn without(&self, gone: &dyn Fn(u64) -> bool) -> Self;

    /// What [`hold_out`](Self::hold_out) leaves to learn from.
    fn earlier(&self) -> Self;

    /// Splits by time: an earlier part to learn from, and questions about the later part, to choose dials by.
    fn hold_out(&self, view: Self::View) -> (Self, Exam<Self::Question>);
}
