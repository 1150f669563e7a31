//! One list out of several, whose scores still are the sum of their reasons.
//!
//! Every source's scores are divided by a fixed scale of its own and multiplied by its weight: a linear map that knows nothing of
//! the other candidates. So taking an input away takes away exactly its parts, and leaves every other part as it was, bit for
//! bit. Must never normalise by the best, the mean or the rank of the candidates at hand: that would break it.

use super::{Contribution, ItemId, Scored, rank};
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
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(BlendError::Weight(weight));
        }
        if !(scale.is_finite() && scale > 0.0) {
            return Err(BlendError::Scale(scale));
        }
        Ok(Self { list, factor: weight / scale })
    }
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
