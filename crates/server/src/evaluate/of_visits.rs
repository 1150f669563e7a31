//! The models that answer a visit. A new one is one more line in [`contenders`] and its `Fitted`.
//! Must never look at more of a visit than the question shows.

use models::recommend::item_knn::LinkParams;
use models::recommend::popularity::{Day, Popularity, Question as PopularityQuestion, Unit};
use models::recommend::session::{Decay, Params, SessionIndex, SessionKey, Visit as SessionVisit};
use models::recommend::visits::{self, Plan, VisitBuffers, VisitParams};
use models::recommend::{ItemId, Scored, Scratch};

use super::contender::{Contender, Fitted, Serving, Setting, Shared, share};
use super::visits::{VisitQuestion, Visits};
use super::{blend, page_alone};

/// All of them, popularity first, the blend that a shop is served with last.
pub(super) fn contenders() -> Vec<Contender<Visits, VisitQuestion>> {
    let one = |name, about, fit| Contender { name, about, fit };
    vec![
        one("popularity", "what most visits looked at, the same for everybody", popularity),
        one("item-knn", "what is looked at before and after the last few items", item_knn),
        one("vmis-knn", "where visits like this one went on to, as the paper has it", vmis),
        one("session", "the same, with neighbours weighed by place, distance and rarity (V-STAN)", session),
        one(
            blend::NAME,
            "session and item-knn together, by dials and weights learned on the newest tenth of the training visits",
            learned,
        ),
    ]
}

/// What somebody who refuses is shown: what the server shows them first.
pub(super) fn servings() -> Vec<Serving<Visits, VisitQuestion>> {
    vec![
        Serving { name: "served from the item on the page", fit: page_alone::from_the_item as fn(&_) -> _ },
        Serving { name: "the page tells its visit", fit: page_alone::from_the_visit },
        Serving { name: "shown the same popular things", fit: popularity },
    ]
}

/// A list that is the same for everybody.
pub(super) struct Same {
    pub(super) list: Vec<Scored>,
}

impl Same {
    /// The items by how many units have them.
    pub(super) fn popular(lists: impl Iterator<Item = Vec<ItemId>>, items: usize) -> Self {
        let mut counts = Popularity::new();
        for list in lists {
            for item in list {
                counts.learn(Unit { context: None, item, day: Day(0) });
            }
        }
        let question = PopularityQuestion {
            context: None,
            today: Day(0),
            window_days: 0,
            half_life_days: 1.0,
            at_least: 1,
            count: items,
        };
        Self { list: counts.score(&question).unwrap_or_default() }
    }
}

impl<Q: super::exam::Question> Fitted<Q> for Same {
    fn score(&mut self, _: &Q, count: usize) -> Vec<Scored> {
        self.list.iter().take(count).cloned().collect()
    }

    fn answer(&mut self, _: &Q, count: usize, into: &mut Vec<ItemId>) {
        into.clear();
        into.extend(self.list.iter().take(count).map(Scored::item));
    }
}

/// Also what somebody who refuses is shown.
pub(super) fn popularity(log: &Visits) -> Shared<VisitQuestion> {
    share(popular(log))
}

pub(super) fn popular(log: &Visits) -> Same {
    let distinct = log.visits.iter().map(|visit| {
        let mut items = visit.items.to_vec();
        items.sort_unstable();
        items.dedup();
        items
    });
    Same::popular(distinct, log.items)
}

pub(super) fn clicks(log: &Visits) -> impl Iterator<Item = (SessionKey, ItemId, i64)> {
    log.visits.iter().flat_map(|visit| {
        let clicks = visit.items.iter().zip(visit.times.iter());
        clicks.map(|(item, time)| (SessionKey(visit.number), *item, *time))
    })
}

fn asked(question: &VisitQuestion) -> SessionVisit<'_> {
    SessionVisit { items: question.items(), own: None }
}

struct Session {
    index: SessionIndex,
    params: Params,
    scratch: Scratch,
}

fn vmis(log: &Visits) -> Shared<VisitQuestion> {
    by_neighbours(log, Params::vmis(1))
}

fn session(log: &Visits) -> Shared<VisitQuestion> {
    by_neighbours(log, Params::standard(1))
}

fn by_neighbours(log: &Visits, params: Params) -> Shared<VisitQuestion> {
    let mut index = SessionIndex::new();
    index.extend(clicks(log));
    share(Session { index, params, scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for Session {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        self.index.score(&asked(question), &Params { count, ..self.params }, &mut self.scratch)
    }

    fn answer(&mut self, question: &VisitQuestion, count: usize, into: &mut Vec<ItemId>) {
        self.index.rank(&asked(question), &Params { count, ..self.params }, &mut self.scratch, into);
    }

    fn settings(&self) -> Vec<Setting> {
        of_sessions(&self.params)
    }
}

fn of_sessions(params: &Params) -> Vec<Setting> {
    vec![
        Setting::new("sessions looked at", params.recent),
        Setting::new("neighbours", params.neighbours),
        Setting::new("last clicks", params.last_clicks),
        Setting::new("rarity", word(&params.rarity)),
        Setting::new("rarity of what is shared", word(&params.shared_rarity)),
        Setting::new("decay by place", decay(params.place)),
        Setting::new("length", word(&params.length)),
        Setting::new("after", params.after),
        Setting::new("before", params.before),
        Setting::new("backward", params.backward),
        Setting::new("age a day", params.age_per_day),
        Setting::new("revisit", params.revisit),
    ]
}

/// The name of a choice, in lower case.
fn word(choice: &impl std::fmt::Debug) -> String {
    format!("{choice:?}").to_lowercase()
}

fn decay(decay: Decay) -> String {
    match decay {
        Decay::Linear => "linear".to_owned(),
        Decay::Hyperbolic { rate } => format!("1 / (1 + {rate} · place)"),
    }
}

struct Pairs {
    models: visits::Visits,
    scratch: Scratch,
}

fn item_knn(log: &Visits) -> Shared<VisitQuestion> {
    let mut models = visits::Visits::new();
    models.extend(clicks(log));
    share(Pairs { models, scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for Pairs {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        self.models.pairs().score(question.items(), &LinkParams::standard(count), &mut self.scratch)
    }
}

struct Learned {
    models: visits::Visits,
    params: VisitParams,
    /// Whether there was enough to learn the dials on.
    fitted: bool,
    buffers: VisitBuffers,
    scratch: Scratch,
}

/// For how long a list the dials are learned.
const K: usize = 20;

fn learned(log: &Visits) -> Shared<VisitQuestion> {
    let standard = VisitParams::standard(K);
    let all: Vec<_> = clicks(log).collect();
    let found = visits::fit(&all, &standard, &Plan::standard(K));
    let mut models = visits::Visits::new();
    models.extend(all);
    // With too few visits to learn on, the dials stay where they stand for every shop.
    let fitted = found.is_ok();
    let params = found.map_or(standard, |found| found.best);
    share(Learned { models, params, fitted, buffers: VisitBuffers::default(), scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for Learned {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        let Self { models, params, buffers, scratch, .. } = self;
        models.score(&asked(question), &params.wanting(count), buffers, scratch).unwrap_or_default()
    }

    fn settings(&self) -> Vec<Setting> {
        let VisitParams { sessions, pairs, sessions_weight, pairs_weight } = &self.params;
        let mut settings = vec![
            Setting::new("weight of session", sessions_weight),
            Setting::new("weight of item-knn", pairs_weight),
            Setting::new(
                "learned on the training part",
                if self.fitted { "yes" } else { "no: too few visits" },
            ),
        ];
        settings.extend(of_sessions(sessions));
        settings.push(Setting::new("item-knn's last items", pairs.last_items));
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::super::exam::Question as _;
    use super::super::visits::tests::visits;
    use super::*;

    #[test]
    fn every_model_finds_the_usual_way_and_never_shows_nothing_learned() {
        let mut lists = vec![&[0, 1][..]; 5];
        lists.extend([&[0, 2][..], &[4, 5], &[4, 5], &[4, 5]]);
        let log = visits(&lists);
        let exam = visits(&[&[0, 1]]).exam(|_| true);
        for contender in contenders() {
            let fitted = (contender.fit)(&log);
            let question = &exam.asked[0].question;
            let mut answer = Vec::new();
            fitted.borrow_mut().answer(question, 4, &mut answer);
            let scored = fitted.borrow_mut().score(question, 4);
            assert_eq!(scored.iter().map(Scored::item).collect::<Vec<_>>(), answer, "{}", contender.name);
            question.admit(&mut answer);
            assert_eq!(answer.first(), Some(&ItemId(1)), "{}", contender.name);
            let empty = (contender.fit)(&visits(&[]));
            assert!(empty.borrow_mut().score(&exam.asked[0].question, 3).is_empty(), "{}", contender.name);
        }
    }
}
