//! One list out of several, whose scores still are the sum of their reasons.
//!
//! Every source's scores are divided by a fixed scale of its own and multiplied by its weight: a linear map that knows nothing of
//! the other candidates. So taking an input away takes away exactly its parts, and leaves every other part as it was, bit for
//! bit. Must never normalise by the best, the mean or the rank of the candidates at hand: that would break it.

mod fit;
pub use fit::{Fitted, Lesson, fit, value};

use super::opinion::Opinion;
use super::{Contribution, ItemId, Scored, Scratch, rank};
use std::collections::BTreeMap;

/// What can be wrong with a source.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BlendError {
    /// Weights are finite and not below zero.
    #[error("weight must be finite and not below 0, was `{0}`")]
    Weight(f64),
    /// Scales are finite and above zero.
    #[error("scale must be finite and above 0, was `{0}`")]
    Scale(f64),
}

/// A model's list and how it enters the blend.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    list: &'a [Scored],
    factor: f64,
}

impl<'a> Source<'a> {
    /// A list of scores, of which `scale` is worth `weight`.
    ///
    /// `scale` is a constant of the model and the shop: the score of a good answer (such as the median of the best scores,
    /// measured once). Never compute it from the list at hand.
    ///
    /// # Errors
    /// [`BlendError`] unless the weight is finite and ≥ 0 and the scale finite and > 0.
    pub fn new(list: &'a [Scored], weight: f64, scale: f64) -> Result<Self, BlendError> {
        Ok(Self { list, factor: factor(weight, scale)? })
    }
}

fn factor(weight: f64, scale: f64) -> Result<f64, BlendError> {
    if !(weight.is_finite() && weight >= 0.0) {
        return Err(BlendError::Weight(weight));
    }
    if !(scale.is_finite() && scale > 0.0) {
        return Err(BlendError::Scale(scale));
    }
    Ok(weight / scale)
}

/// A model that has been asked, and how it enters the blend; for answers whose reasons are made last.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    opinion: &'a dyn Opinion,
    factor: f64,
}

impl<'a> Voice<'a> {
    /// An opinion, of which `scale` is worth `weight`, as for [`Source::new`].
    ///
    /// # Errors
    /// [`BlendError`] unless the weight is finite and ≥ 0 and the scale finite and > 0.
    pub fn new(opinion: &'a dyn Opinion, weight: f64, scale: f64) -> Result<Self, BlendError> {
        Ok(Self { opinion, factor: factor(weight, scale)? })
    }
}

/// The first step of a blend: the best candidates for which `keep` holds, with their plain sums, best first.
///
/// `keep` is asked at most once for each candidate, and not for those that are too weak to be among the best.
pub fn candidates(
    voices: &[Voice<'_>],
    count: usize,
    keep: impl FnMut(ItemId) -> bool,
    scratch: &mut Scratch,
) -> Vec<(ItemId, f64)> {
    let sums = &mut scratch.blended;
    sums.start();
    voices
        .iter()
        .filter(|voice| voice.factor > 0.0)
        .for_each(|voice| voice.opinion.sum_up(voice.factor, sums));
    sums.best(count, keep)
}

/// The second step of a blend: the reasons for some items, in the order given; an item given twice comes once.
///
/// The parts are those of the first voice, then the second, …, each times weight / scale; the score is their sum.
pub fn explain(
    voices: &[Voice<'_>],
    items: impl IntoIterator<Item = ItemId>,
    scratch: &mut Scratch,
) -> Vec<Scored> {
    let winners = &mut scratch.winners;
    winners.start(items);
    let heard = voices.iter().filter(|voice| voice.factor > 0.0);
    heard.for_each(|voice| voice.opinion.give_reasons(voice.factor, winners));
    winners.scored()
}

/// Both steps: the same list as [`blend`], but reasons are made for the `count` best only.
///
/// ```
/// use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch, blend::{Voice, decide}};
/// let one = |item, cause, part| vec![Scored::from_parts(ItemId(item), vec![Contribution { cause, part }])];
/// let seen = one(5, Cause::Visit { item: ItemId(1) }, 3.0);
/// let liked = one(5, Cause::Popular { context: None }, 0.02);
/// let voices = [Voice::new(&seen, 1.0, 2.0).unwrap(), Voice::new(&liked, 0.5, 0.01).unwrap()];
/// let list = decide(&voices, 10, |item| item != ItemId(8), &mut Scratch::new());
/// assert_eq!((list[0].score(), list[0].parts().len()), (1.5 + 1.0, 2));
/// ```
pub fn decide(
    voices: &[Voice<'_>],
    count: usize,
    keep: impl FnMut(ItemId) -> bool,
    scratch: &mut Scratch,
) -> Vec<Scored> {
    let best = candidates(voices, count, keep, scratch);
    let mut list = explain(voices, best.into_iter().map(|(item, _)| item), scratch);
    rank(&mut list, count);
    list
}

/// Adds up the sources: an item's parts are those of the first source, then the second, …, each times weight / scale.
///
/// Best first, at most `count`.
///
/// ```
/// use models::recommend::{blend::{blend, Source}, Cause, Contribution, ItemId, Scored};
/// let one = |item, cause, part| vec![Scored::from_parts(ItemId(item), vec![Contribution { cause, part }])];
/// let seen = one(5, Cause::Visit { item: ItemId(1) }, 3.0);
/// let liked = one(5, Cause::Popular { context: None }, 0.02);
/// let list = blend(&[Source::new(&seen, 1.0, 2.0).unwrap(), Source::new(&liked, 0.5, 0.01).unwrap()], 10);
/// assert_eq!(list[0].score(), 1.5 + 1.0);
/// assert_eq!(list[0].parts().len(), 2);
/// ```
#[must_use]
pub fn blend(sources: &[Source<'_>], count: usize) -> Vec<Scored> {
    let mut items: BTreeMap<ItemId, Vec<Contribution>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.factor > 0.0) {
        for scored in source.list {
            let parts = scored.parts().iter();
            let weigh =
                |part: &Contribution| Contribution { cause: part.cause, part: part.part * source.factor };
            items.entry(scored.item()).or_default().extend(parts.map(weigh));
        }
    }
    let mut list: Vec<Scored> =
        items.into_iter().map(|(item, parts)| Scored::from_parts(item, parts)).collect();
    rank(&mut list, count);
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::Cause;
    use proptest::prelude::*;

    #[test]
    fn weight_or_scale_out_of_range_is_refused() {
        assert_eq!(Source::new(&[], -1.0, 1.0).unwrap_err(), BlendError::Weight(-1.0));
        assert_eq!(Source::new(&[], 1.0, 0.0).unwrap_err(), BlendError::Scale(0.0));
        assert!(Source::new(&[], f64::NAN, 1.0).is_err() && Source::new(&[], 1.0, f64::INFINITY).is_err());
    }

    fn list() -> impl Strategy<Value = Vec<Scored>> {
        let parts = prop::collection::vec((0u32..4, 0.0f64..9.0), 1..4);
        prop::collection::btree_map(0u32..8, parts, 0..6).prop_map(|items| {
            let part = |(item, part)| Contribution { cause: Cause::Visit { item: ItemId(item) }, part };
            let scored = |(item, parts): (u32, Vec<_>)| {
                Scored::from_parts(ItemId(item), parts.into_iter().map(part).collect())
            };
            items.into_iter().map(scored).collect()
        })
    }

    proptest! {
        #[test]
        fn two_steps_make_the_same_list_as_one(a in list(), b in list(), weight in 0.0f64..3.0, count in 0usize..9) {
            let voices = [Voice::new(&a, weight, 2.0).unwrap(), Voice::new(&b, 1.0, 0.7).unwrap()];
            let sources = [Source::new(&a, weight, 2.0).unwrap(), Source::new(&b, 1.0, 0.7).unwrap()];
            let mut scratch = Scratch::new();
            // Twice with the same memory: nothing is carried over.
            decide(&voices, 99, |_| true, &mut scratch);
            let odd = |item: ItemId| item.0 % 2 == 1;
            let mut expected = blend(&sources, 99);
            expected.retain(|scored| odd(scored.item()));
            expected.truncate(count);
            let list = decide(&voices, count, odd, &mut scratch);
            let whole = |list: &[Scored]| list.iter().map(|s| (s.item(), s.score().to_bits(), s.parts().iter().filter(|p| p.part != 0.0).copied().collect::<Vec<_>>())).collect::<Vec<_>>();
            prop_assert_eq!(whole(&list), whole(&expected));
        }

        #[test]
        fn input_taken_away_takes_exactly_its_parts(a in list(), b in list(), weight in 0.1f64..3.0) {
            let blended = |a: &[Scored], b: &[Scored]| {
                blend(&[Source::new(a, weight, 2.0).unwrap(), Source::new(b, 1.0, 0.7).unwrap()], 99)
            };
            let whole = blended(&a, &b);
            // Item 1 of the person's visit goes: from the lists before blending, or from the blend.
            let gone = |cause: &Cause| *cause == Cause::Visit { item: ItemId(1) };
            let trim = |list: &[Scored]| list.iter().map(|scored| scored.without(gone)).collect::<Vec<_>>();
            let mut after: Vec<Scored> = whole.iter().map(|scored| scored.without(gone)).collect();
            rank(&mut after, 99);
            prop_assert_eq!(after, blended(&trim(&a), &trim(&b)));
            for scored in &whole {
                let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
                prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            }
        }
    }
}
