//! How somebody is served who refuses: by what the page says, with the models that the others taught.
//! Must never look at more of a visit than its page tells, nor at anything of the person.

use models::recommend::blend::{Voice, decide};
use models::recommend::session::Visit;
use models::recommend::visits::{self, VisitBuffers, VisitParams};
use models::recommend::{ItemId, Scored, Scratch};

use super::contender::{Fitted, Setting, Shared, share};
use super::of_visits::{clicks, popular};
use super::visits::{VisitQuestion, Visits};

/// What the most popular thing is worth beside what the page leads to, and a share of all interest that is a good one: as in
/// the server.
const POPULAR: f64 = 0.1;
const POPULAR_SHARE: f64 = 0.01;
/// How far down a list of what is popular goes.
const DEPTH: usize = 100;

/// How much of a visit the page tells.
#[derive(Clone, Copy)]
enum Told {
    Item,
    Visit,
}

struct PageAlone {
    models: visits::Visits,
    popular: Vec<Scored>,
    told: Told,
    buffers: VisitBuffers,
    scratch: Scratch,
}

/// The page says which item stands on it.
pub(super) fn from_the_item(log: &Visits) -> Shared<VisitQuestion> {
    page_alone(log, Told::Item)
}

/// The page says what was looked at before, since the browser remembers it for this visit.
pub(super) fn from_the_visit(log: &Visits) -> Shared<VisitQuestion> {
    page_alone(log, Told::Visit)
}

fn page_alone(log: &Visits, told: Told) -> Shared<VisitQuestion> {
    let mut models = visits::Visits::new();
    models.extend(clicks(log));
    let mut popular = popular(log).list;
    popular.truncate(DEPTH);
    share(PageAlone { models, popular, told, buffers: VisitBuffers::default(), scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for PageAlone {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        let Self { models, popular, told, buffers, scratch } = self;
        let items = question.items();
        let items = match told {
            Told::Item => items.get(items.len().saturating_sub(1)..).unwrap_or_default(),
            Told::Visit => items,
        };
        let params = VisitParams::standard(count.max(DEPTH));
        let (votes, links) = models.ask(&Visit { items, own: None }, &params, buffers);
        let top = popular.first().map_or(0.0, Scored::score);
        let voices = [
            Voice::new(&votes, params.sessions_weight, 1.0),
            Voice::new(&links, params.pairs_weight, 1.0),
            Voice::new(&*popular, POPULAR, top.max(POPULAR_SHARE)),
        ];
        let voices: Vec<Voice<'_>> = voices.into_iter().filter_map(Result::ok).collect();
        decide(&voices, count, |_: ItemId| true, scratch)
    }

    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }
}
