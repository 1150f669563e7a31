//! Tests of the session index: exact forgetting, order of arrival, hand-computed scores, reasons.

use super::*;
use crate::recommend::blend::{Voice, decide, explain};
use crate::recommend::damping::Damping;
use crate::recommend::{Cause, Scored, Scratch};
use proptest::prelude::*;

type Bits = (ItemId, u64, Vec<(Cause, u64)>);
type Event = (u64, u32, i64);

fn learned(events: &[Event]) -> SessionIndex {
    let mut index = SessionIndex::new();
    for &(session, item, time) in events {
        index.learn(SessionKey(session), ItemId(item), time);
    }
    index
}

fn ids(list: &[u32]) -> Vec<ItemId> {
    list.iter().map(|item| ItemId(*item)).collect()
}

fn ask(index: &SessionIndex, items: &[u32], own: Option<u64>, params: &Params) -> Vec<Scored> {
    index.score(&Visit { items: &ids(items), own: own.map(SessionKey) }, params, &mut Scratch::new())
}

/// Scores down to their bits, with all reasons.
fn bits(list: &[Scored]) -> Vec<Bits> {
    let parts =
        |scored: &Scored| scored.parts().iter().map(|part| (part.cause, part.part.to_bits())).collect();
    list.iter().map(|scored| (scored.item(), scored.score().to_bits(), parts(scored))).collect()
}

#[test]
fn score_and_parts_match_hand_computation() {
    // Sessions: 1 {a0, b1, c2} at 3, 2 {b1, d3} at 5; the visit is a0, b1 (weights 2/3 for b1, 1/3 for a0).
    let index = learned(&[(1, 0, 1), (1, 1, 2), (1, 2, 3), (2, 1, 4), (2, 3, 5)]);
    let params = Params { neighbours: 2, rarity: Rarity::Ignored, ..Params::vmis(9) };
    let list = ask(&index, &[0, 1], None, &params);
    // Newest shared item is b1 for both: λ = 0.9. c2: 0.9 · (2/3 + 1/3) / 2; d3 and nothing else: 0.9 · 2/3 / 2. b1 is current.
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), [0, 2, 3]);
    assert!(near(list[1].score(), 0.45) && near(list[2].score(), 0.3));
    let parts: Vec<_> = list[1].parts().iter().map(|part| part.cause).collect();
    assert_eq!(parts, [Cause::Visit { item: ItemId(1) }, Cause::Visit { item: ItemId(0) }]);
    assert!(near(list[1].parts()[0].part, 0.3) && near(list[1].parts()[1].part, 0.15));
    // With idf, c2 stands in 1 of 2 sessions: factor ln 3.
    let list = ask(&index, &[0, 1], None, &Params { rarity: Rarity::Idf, ..params });
    let c = list.iter().find(|scored| scored.item() == ItemId(2)).unwrap();
    assert!(near(c.score(), 0.45 * 3f64.ln()));
}

#[test]
fn session_is_never_its_own_neighbour() {
    let index = learned(&[(1, 0, 1), (1, 1, 2), (2, 0, 3), (2, 2, 4)]);
    let params = Params::vmis(9);
    let list = ask(&index, &[0], Some(1), &params);
    assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), [2]);
    let visit = Visit { items: &ids(&[0]), own: Some(SessionKey(1)) };
    let near = index.neighbours(&visit, &params, &mut Scratch::new());
    assert_eq!(near, [Neighbour { session: SessionKey(2), similarity: 1.0 }]);
}

#[test]
fn click_is_in_the_next_answer() {
    let mut index = learned(&[(1, 0, 1)]);
    assert!(ask(&index, &[0], None, &Params::vmis(9)).is_empty());
    index.learn(SessionKey(1), ItemId(5), 2);
    assert_eq!(ask(&index, &[0], None, &Params::vmis(9))[0].item(), ItemId(5));
}

#[test]
fn only_the_newest_sessions_of_an_item_are_looked_at() {
    let index = learned(&[(1, 0, 1), (1, 1, 1), (2, 0, 2), (2, 2, 2), (3, 0, 3), (3, 3, 3)]);
    let params = Params { recent: 2, ..Params::vmis(9) };
    let items: Vec<u32> = ask(&index, &[0], None, &params).iter().map(|scored| scored.item().0).collect();
    assert_eq!(items, [2, 3]);
    let nearest = Params { neighbours: 1, ..params };
    assert_eq!(ask(&index, &[0], None, &nearest)[0].item(), ItemId(3));
}

#[test]
fn robots_and_visited_items_stay_out() {
    let index = learned(&[(1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 0, 2), (2, 3, 2), (2, 4, 2), (2, 5, 2)]);
    let params = Params { longest_session: 3, ..Params::vmis(9) };
    let shown =
        |params: &Params| ask(&index, &[1, 0], None, params).iter().map(|s| s.item().0).collect::<Vec<_>>();
    assert_eq!(shown(&params), [1, 2]);
    assert_eq!(shown(&Params { exclude: Exclude::Visited, ..params }), [2]);
}

#[test]
fn odd_questions_have_empty_answers() {
    let index = learned(&[(1, 0, 1), (1, 1, 1)]);
    let params = Params::vmis(9);
    assert!(ask(&index, &[], None, &params).is_empty());
    assert!(ask(&index, &[77], None, &params).is_empty());
    assert!(ask(&index, &[0], None, &Params { count: 0, ..params }).is_empty());
    assert!(ask(&index, &[0], None, &Params { neighbours: 0, ..params }).is_empty());
    assert!(ask(&index, &[0], None, &Params { recent: 0, ..params }).is_empty());
}

/// The algorithm as [`Votes`] states it, without index tricks: every session is compared, every vote is a term of its own.
fn by_the_book(events: &[Event], items: &[u32], params: &Params) -> Vec<(ItemId, f64)> {
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|event| (event.0, event.2, event.1));
    let mut sessions: BTreeMap<u64, (i64, Vec<u32>)> = BTreeMap::new();
    for (session, item, time) in sorted {
        let entry = sessions.entry(session).or_insert((i64::MIN, Vec::new()));
        entry.0 = time;
        if !entry.1.contains(&item) {
            entry.1.push(item);
        }
    }
    let with = |item: u32| sessions.values().filter(|s| s.1.contains(&item)).count().max(1) as f64;
    let idf = |item: u32| ((sessions.len() as f64 + 1.0) / with(item)).ln();
    let last: Vec<u32> = items.iter().rev().take(params.last_clicks).copied().collect();
    let decay = |decay: Decay, p: usize, line: f64| match decay {
        Decay::Linear => line.max(0.0),
        Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * p as f64),
    };
    let mut visit: Vec<(u32, usize, f64)> = Vec::new();
    for (place, item) in last.iter().enumerate() {
        if visit.iter().all(|known| known.0 != *item) {
            let weight = decay(params.place, place, (last.len() - place) as f64);
            visit.push((*item, place, weight * params.shared_rarity.factor(idf(*item))));
        }
    }
    let total: f64 = visit.iter().map(|v| v.2).sum();
    let mut near: Vec<(i64, u64, f64, usize, &Vec<u32>)> = Vec::new();
    for (key, (last, held)) in &sessions {
        let shared: Vec<usize> = (0..visit.len()).filter(|p| held.contains(&visit[*p].0)).collect();
        if let Some(first) = shared.first() {
            let similarity: f64 = shared.iter().map(|p| visit[*p].2 / total).sum();
            near.push((*last, *key, similarity / params.length.divisor(held.len()), *first, held));
        }
    }
    near.sort_by_key(|n| std::cmp::Reverse((n.0, n.1)));
    near.truncate(params.recent);
    near.sort_by(|a, b| b.2.total_cmp(&a.2));
    near.truncate(params.neighbours);
    let newest = near.iter().map(|n| n.0).max().unwrap_or(0);
    let mut scores: BTreeMap<u32, f64> = BTreeMap::new();
    for (last, _, similarity, first, held) in near {
        let lambda = decay(params.newest_shared, visit[first].1, 1.0 - 0.1 * (first as f64 + 1.0));
        let age = 1.0 + params.age_per_day * (newest - last) as f64 / 86_400.0;
        let at = held.iter().position(|item| *item == visit[first].0).unwrap();
        for (place, item) in held.iter().enumerate().filter(|(_, item)| Some(*item) != items.last()) {
            let distance = match place.cmp(&at) {
                std::cmp::Ordering::Equal => 1.0,
                std::cmp::Ordering::Greater => 1.0 / (1.0 + params.after * (place - at - 1) as f64),
                std::cmp::Ordering::Less => params.backward / (1.0 + params.before * (at - place - 1) as f64),
            };
            *scores.entry(*item).or_default() += similarity * lambda / age * distance;
        }
    }
    let scored = scores.into_iter().map(|(item, score)| {
        let revisit = if items.contains(&item) { params.revisit } else { 1.0 };
        (ItemId(item), score * params.rarity.factor(idf(item)) * revisit / params.neighbours as f64)
    });
    scored.filter(|(_, score)| *score > 0.0).collect()
}

fn decay() -> impl Strategy<Value = Decay> {
    prop_oneof![Just(Decay::Linear), (0.0f64..2.0).prop_map(|rate| Decay::Hyperbolic { rate })]
}

fn params() -> impl Strategy<Value = Params> {
    let rarity = || {
        prop::sample::select(vec![Rarity::Ignored, Rarity::Root, Rarity::Idf, Rarity::Boost { weight: 0.5 }])
    };
    let length =
        prop::sample::select(vec![Damping::Ignored, Damping::FourthRoot, Damping::Root, Damping::Whole]);
    // Weights of 0, ¼, ½, … would make equal similarities that differ in their last bits; the order of such ties is no rule.
    let dials = (0.0f64..9_000.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..2.0);
    (rarity(), rarity(), decay(), decay(), length, dials).prop_map(
        |(
            rarity,
            shared_rarity,
            place,
            newest_shared,
            length,
            (age_per_day, after, before, backward, revisit),
        )| {
            let whole = Params { recent: 9, neighbours: 9, last_clicks: 4, ..Params::vmis(20) };
            Params {
                rarity,
                shared_rarity,
                place,
                newest_shared,
                length,
                age_per_day,
                after,
                before,
                backward,
                revisit,
                ..whole
            }
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0u64..8, 0u32..10, 0i64..20), 0..60)
}

fn small() -> Params {
    Params { recent: 5, neighbours: 3, last_clicks: 4, ..Params::vmis(20) }
}

fn refined() -> Params {
    let length = Damping::FourthRoot;
    Params { recent: 5, neighbours: 3, length, revisit: 1.5, age_per_day: 0.1, ..Params::standard(20) }
}

proptest! {
    #[test]
    fn update_then_forget_equals_never_seen(
        events in events(),
        gone_sessions in prop::collection::btree_set(0u64..8, 0..4),
        gone_clicks in prop::collection::vec(prop::sample::Index::arbitrary(), 0..6),
        visit in prop::collection::vec(0u32..10, 0..6),
    ) {
        let mut index = learned(&events);
        let mut kept = events.clone();
        for at in gone_clicks {
            if kept.is_empty() { break; }
            let (session, item, time) = kept.remove(at.index(kept.len()));
            prop_assert!(index.forget_click(SessionKey(session), ItemId(item), time));
        }
        for session in &gone_sessions {
            let held = kept.iter().filter(|event| event.0 == *session).count();
            prop_assert_eq!(index.forget_session(SessionKey(*session)), held);
        }
        kept.retain(|event| !gone_sessions.contains(&event.0));
        let never = learned(&kept);
        prop_assert_eq!(index.canonical(), never.canonical());
        prop_assert_eq!((index.sessions(), index.clicks()), (never.sessions(), kept.len()));
        for params in [small(), refined()] {
            let answer = ask(&index, &visit, Some(3), &params);
            prop_assert_eq!(bits(&answer), bits(&ask(&never, &visit, Some(3), &params)));
        }
        // What is learned after forgetting finds the same index too.
        for (session, item, time) in [(1, 3, 7), (9, 2, 8)] {
            index.learn(SessionKey(session), ItemId(item), time);
            kept.push((session, item, time));
        }
        prop_assert_eq!(index.canonical(), learned(&kept).canonical());
    }

    #[test]
    fn order_of_arrival_makes_no_difference(
        events in events().prop_shuffle(),
        visit in prop::collection::vec(0u32..10, 0..6),
    ) {
        let index = learned(&events);
        let mut bulk = SessionIndex::new();
        bulk.extend(events.iter().map(|&(session, item, time)| (SessionKey(session), ItemId(item), time)));
        prop_assert_eq!(index.canonical(), bulk.canonical());
        for params in [small(), refined()] {
            prop_assert_eq!(bits(&ask(&index, &visit, None, &params)), bits(&ask(&bulk, &visit, None, &params)));
        }
    }

    #[test]
    fn answers_agree_with_the_paper_and_add_up(
        events in events(),
        visit in prop::collection::vec(0u32..10, 0..6),
        refined in params(),
    ) {
        for params in [small(), refined] {
            let list = ask(&learned(&events), &visit, None, &params);
            let expected = by_the_book(&events, &visit, &params);
            prop_assert_eq!(list.len(), expected.len());
            prop_assert!(list.is_sorted_by(|a, b| a.score() >= b.score()));
            for scored in &list {
                let (_, score) = expected.iter().find(|(item, _)| *item == scored.item()).unwrap();
                prop_assert!((scored.score() - score).abs() < 1e-12);
                let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
                prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
                for part in scored.parts() {
                    let Cause::Visit { item } = part.cause else { panic!("foreign cause") };
                    prop_assert!(visit.contains(&item.0));
                }
            }
        }
    }

    #[test]
    fn reasons_are_the_same_for_few_and_for_many(
        events in events(),
        visit in prop::collection::vec(0u32..10, 1..6),
        wanted in prop::collection::vec(0u32..10, 0..4),
    ) {
        let index = learned(&events);
        let (params, mut hood, mut scratch) = (refined(), Neighbourhood::default(), Scratch::new());
        let visit = ids(&visit);
        let votes = index.votes(&Visit { items: &visit, own: None }, &params, &mut hood);
        let voices = [Voice::new(&votes, 0.7, 1.0).unwrap()];
        let all = decide(&voices, 99, |_| true, &mut scratch);
        for some in explain(&voices, ids(&wanted), &mut scratch) {
            match all.iter().find(|scored| scored.item() == some.item()) {
                Some(whole) => prop_assert_eq!(whole, &some),
                None => prop_assert!(some.parts().is_empty()),
            }
        }
    }

    #[test]
    fn scratch_carries_nothing_over(
        events in events(),
        visits in prop::collection::vec(prop::collection::vec(0u32..10, 0..6), 1..5),
    ) {
        let index = learned(&events);
        let mut scratch = Scratch::new();
        for items in &visits {
            let visit = ids(items);
            let reused = index.score(&Visit { items: &visit, own: None }, &small(), &mut scratch);
            prop_assert_eq!(bits(&reused), bits(&ask(&index, items, None, &small())));
            let mut ranked = Vec::new();
            index.rank(&Visit { items: &visit, own: None }, &small(), &mut scratch, &mut ranked);
            prop_assert_eq!(ranked, reused.iter().map(Scored::item).collect::<Vec<_>>());
        }
    }
}
