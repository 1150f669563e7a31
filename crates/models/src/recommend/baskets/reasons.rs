//! Why an item is proposed: purchases of one's own, popularity, and what of one's own led to similar buyers.
//!
//! Must never point at a neighbour: their vote is split over items of the asker's own history.
#![expect(clippy::indexing_slicing, reason = "places of lines come from the request itself")]

use super::BasketIndex;
use super::history::{FADING, History};
use super::neighbours::Worksheet;
use super::query::Request;
use crate::recommend::{Cause, Contribution, ItemId, Scored};

impl BasketIndex {
    /// The parts of one item's score; see [`BasketIndex::score`] for their order.
    pub(super) fn explain(
        &self,
        item: ItemId,
        history: &History,
        request: &Request<'_>,
        shares: &[Vec<(usize, f64)>],
        sheet: &Worksheet,
    ) -> Scored {
        let weights = request.params.weights.at(self.tallies.in_season(item, &request.season));
        let again = self.tallies.again(item);
        let mut parts = Vec::new();
        let newest = history.baskets().len().saturating_sub(1);
        for (place, basket) in history.baskets().iter().enumerate() {
            if basket.items.binary_search(&item).is_ok() {
                let age = newest - place;
                let (fading, steady) = (FADING.powi(age as i32), self.decay.weight(age));
                parts.push(Contribution {
                    cause: Cause::Bought { item, time: basket.time },
                    part: request.one(&weights, again, fading, steady),
                });
            }
        }
        parts.push(Contribution {
            cause: Cause::Popular { context: None },
            part: weights.popular * self.tallies.popularity(item),
        });
        let mut votes = vec![0.0; request.lines.len()];
        for (near, shares) in sheet.near.iter().zip(shares) {
            let entry = self.entry(near, item);
            if entry > 0.0 {
                shares.iter().for_each(|(place, share)| votes[*place] += entry * share);
            }
        }
        for (line, vote) in request.lines.iter().zip(votes) {
            if vote > 0.0 {
                parts.push(Contribution {
                    cause: Cause::Suits { item: line.item },
                    part: weights.neighbours * vote / sheet.similarity,
                });
            }
        }
        parts.retain(|part| part.part > 0.0);
        Scored::from_parts(item, parts)
    }
}
