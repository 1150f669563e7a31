//! The models that answer a visit. A new one is one more line in [`contenders`] and its `Fitted`.
//! Must never look at more of a visit than the question shows.

use models::recommend::affinity::{Affinity, CoCounts, Held};
use models::recommend::popularity::{Day, Popularity, Question as PopularityQuestion, Unit};
use models::recommend::session::{Params, SessionIndex, SessionKey, Visit as SessionVisit};
use models::recommend::{ItemId, Scored, Scratch};

use super::contender::{Contender, Fitted, Setting, Shared, share};
use super::visits::{VisitQuestion, Visits};

/// All of them, popularity first.
pub(super) fn contenders() -> Vec<Contender<Visits, VisitQuestion>> {
    vec![
        Contender {
            name: "popularity",
            about: "what most visits looked at, the same for everybody",
            fit: popularity,
        },
        Contender {
            name: "affinity",
            about: "what was looked at in the same visits as the last few items",
            fit: affinity,
        },
        Contender {
            name: "session",
            about: "where visits like this one went on to (VMIS-kNN)",
            fit: session,
        },
    ]
}

/// A list that is the same for everybody.
pub(super) struct Same {
    list: Vec<Scored>,
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
    let distinct = log.visits.iter().map(|visit| {
        let mut items = visit.items.to_vec();
        items.sort_unstable();
        items.dedup();
        items
    });
    share(Same::popular(distinct, log.items))
}

struct Session {
    index: SessionIndex,
    scratch: Scratch,
}

fn session(log: &Visits) -> Shared<VisitQuestion> {
    let mut index = SessionIndex::new();
    index.extend(log.visits.iter().flat_map(|visit| {
        let clicks = visit.items.iter().zip(visit.times.iter());
        clicks.map(|(item, time)| (SessionKey(visit.number), *item, *time))
    }));
    share(Session { index, scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for Session {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        let visit = SessionVisit { items: question.items(), own: None };
        self.index.score(&visit, &Params::standard(count), &mut self.scratch)
    }

    fn answer(&mut self, question: &VisitQuestion, count: usize, into: &mut Vec<ItemId>) {
        let visit = SessionVisit { items: question.items(), own: None };
        self.index.rank(&visit, &Params::standard(count), &mut self.scratch, into);
    }

    fn settings(&self) -> Vec<Setting> {
        let Params { recent, neighbours, last_clicks, rarity, .. } = Params::standard(1);
        vec![
            Setting::new("sessions looked at", recent),
            Setting::new("neighbours", neighbours),
            Setting::new("last clicks", last_clicks),
            Setting::new("rarity", format!("{rarity:?}")),
        ]
    }
}

/// How many of the last items count, each half as much as the one after it.
const LAST: usize = 5;
const SHRINKAGE: f64 = 2.0;

struct InOneVisit {
    counts: CoCounts,
    scratch: Scratch,
}

fn affinity(log: &Visits) -> Shared<VisitQuestion> {
    let mut counts = CoCounts::new();
    log.visits.iter().for_each(|visit| counts.learn(&visit.items));
    share(InOneVisit { counts, scratch: Scratch::new() })
}

impl Fitted<VisitQuestion> for InOneVisit {
    fn score(&mut self, question: &VisitQuestion, count: usize) -> Vec<Scored> {
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight / 2.0));
        let last = question.items().iter().rev().take(LAST);
        let held: Vec<Held> = last.zip(weights).map(|(item, weight)| Held { item: *item, weight }).collect();
        let params = Affinity { shrinkage: SHRINKAGE, at_least: 1, count };
        self.counts.score(&held, &params, &mut self.scratch)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new("last items", LAST), Setting::new("shrinkage", SHRINKAGE)]
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
