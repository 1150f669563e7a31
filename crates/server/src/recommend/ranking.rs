//! One list out of all models: sums over every candidate first, then reasons for the few that are shown.
//!
//! Must never look anything up about a person: what it may rest on is its [`Basis`], which a grant opened.
//! INVARIANT: a shown score is the sum of its parts; an input that is taken away takes exactly its parts with it.

use std::cell::RefCell;

use models::recommend::blend::{BlendError, Voice, candidates, explain};
use models::recommend::popularity::Day as PopularityDay;
use models::recommend::repeat::again;
use models::recommend::session::Visit;
use models::recommend::visits::{VisitBuffers, VisitParams};
use models::recommend::{Scored, Scratch};
use privacy::store::Day;

use super::basis::{Basis, Page};
use super::company::{Company, history};
use super::shelf::Shelf;
use super::{Ask, Catalogue, Engine};

const DAY_SECONDS: i64 = 86_400;
/// What each model's score is worth: its weight by the score of a good answer of that model, so that weights compare.
const AGAIN: f64 = 0.7;
const POPULAR: f64 = 0.1 / 0.01;
/// How many candidates each model names.
const WIDE: usize = 100;

/// Buffers of a thread that answers: sums and numbers of items while an answer is made.
#[derive(Default)]
struct Buffers {
    visits: VisitBuffers,
    scratch: Scratch,
}

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
    let popular = engine.popular(PopularityDay(Day::of_millis(now * 1000).0));
    let popular = popular.get(..WIDE).unwrap_or(&popular);
    BUFFERS.with_borrow_mut(|Buffers { visits, scratch }| {
        engine.ask(|models| {
            let page = Page::of(ask, basis, models);
            let inputs = history(&page.visit, basis.latest(), now);
            let near = engine.near().of(&inputs, models, catalogue, scratch);
            let company = Company { near: &near, wanted: ask.content };
            let visit = Visit { items: &page.visit, own: basis.own };
            let params = VisitParams::standard(WIDE);
            let (votes, links) = models.visits.ask(&visit, &params, visits);
            let again = again(basis.latest(), now, 120 * DAY_SECONDS, WIDE).unwrap_or_default();
            let voices = [
                Voice::new(&votes, params.sessions_weight, 1.0)?,
                Voice::new(&links, params.pairs_weight, 1.0)?,
                Voice::new(&again, AGAIN, 1.0)?,
                Voice::new(&popular, POPULAR, 1.0)?,
                Voice::new(&company, 1.0, 1.0)?,
            ];
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
}
