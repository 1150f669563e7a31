//! One list out of all models: sums over every candidate first, then reasons for the few that are shown.
//!
//! Must never look anything up about a person: what it may rest on is its [`Basis`], which a grant opened.
//! INVARIANT: a shown score is the sum of its parts; an input that is taken away takes exactly its parts with it.

use std::cell::RefCell;

use models::recommend::Scored;
use models::recommend::blend::{BlendError, candidates, explain};
use models::recommend::popularity::Day as PopularityDay;
use privacy::store::Day;

use super::basis::{Basis, Page};
use super::shelf::Shelf;
use super::sources::{Buffers, Sources};
use super::{Ask, Catalogue, Engine};

/// How many candidates what is popular names.
pub(super) const WIDE: usize = 100;

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// What is shown, best first.
///
/// # Errors
/// [`BlendError`] if a weight of the blend is out of range.
pub(super) fn rank(
    engine: &Engine,
    catalogue: &Catalogue,
    ask: &Ask,
    basis: &Basis<'_>,
    now: i64,
) -> Result<Vec<Scored>, BlendError> {
    let tuning = engine.tuning();
    let popular = engine.popular(PopularityDay(Day::of_millis(now * 1000).0));
    let popular = popular.get(..WIDE).unwrap_or(&popular);
    let trend = engine.trend();
    BUFFERS.with_borrow_mut(|buffers| {
        engine.ask(|models| {
            let page = Page::of(ask, basis, models);
            let sources = Sources {
                models,
                catalogue,
                near: engine.near(),
                suits: engine.suits(),
                taste: engine.taste(),
                trend: &trend,
                popular,
                tuning: &tuning,
            };
            sources.ask(&page, basis, ask.content, now, buffers, |voices, scratch| {
                let voices = voices.heard(&tuning.weights)?;
                let shelf = Shelf::new(ask, basis, &page, catalogue, now);
                let some = 4 * ask.count + 20;
                let best = candidates(&voices, some, |item| shelf.admits(item), scratch);
                let mut shown = if best.len() < some {
                    shelf.fill(best)
                } else {
                    let shown = shelf.fill(best);
                    if shown.len() < ask.count {
                        // So much of it was just bought: all the others are asked for too.
                        shelf.fill(candidates(&voices, usize::MAX, |item| shelf.admits(item), scratch))
                    } else {
                        shown
                    }
                };
                shown.truncate(ask.count);
                Ok(explain(&voices, shown, scratch))
            })
        })
    })
}
