//! Tests of both session models together: in step, forgotten exactly, reasons that add up, settings that are found.

use super::*;
use crate::recommend::Cause;
use crate::recommend::fit::Goal;
use proptest::prelude::*;

type Event = (u64, u32, i64);

fn learned(events: &[Event]) -> Visits {
    let mut visits = Visits::new();
    events.iter().for_each(|&(session, item, time)| visits.learn(SessionKey(session), ItemId(item), time));
    visits
}

fn ask(visits: &Visits, items: &[ItemId], params: &VisitParams) -> Vec<Scored> {
    let visit = Visit { items, own: Some(SessionKey(3)) };
    visits.score(&visit, params, &mut VisitBuffers::default(), &mut Scratch::new()).unwrap()
}

/// The words of a list, down to the bits.
fn bits(list: &[Scored]) -> Vec<(ItemId, u64, Vec<u64>)> {
    let parts = |scored: &Scored| scored.parts().iter().map(|part| part.part.to_bits()).collect();
    list.iter().map(|scored| (scored.item(), scored.score().to_bits(), parts(scored))).collect()
}

#[test]
fn weight_out_of_range_is_refused() {
    let params = VisitParams { pairs_weight: -1.0, ..VisitParams::standard(5) };
    let visit = Visit { items: &[ItemId(0)], own: None };
    let answer = Visits::new().score(&visit, &params, &mut VisitBuffers::default(), &mut Scratch::new());
    assert_eq!(answer.unwrap_err(), BlendError::Weight(-1.0));
}

/// Sessions that walk from an even item to its odd neighbour, and end there.
fn walks() -> Vec<(SessionKey, ItemId, i64)> {
    let walk = |session: u64| {
        let item = (session * 7 % 40) as u32 * 2;
        let steps = [item, item + 1, item % 3 + 90];
        (0..3).map(move |step| (SessionKey(session), ItemId(steps[step]), session as i64 * 60 + step as i64))
    };
    (0..900).flat_map(walk).collect()
}

#[test]
fn fit_gains_on_what_it_was_given_and_always_ends_the_same() {
    let clicks = walks();
    let plan = Plan { rounds: 1, goal: Goal::balanced(1), ..Plan::standard(1) };
    // From settings that look the wrong way.
    let mut start = VisitParams::standard(3);
    start.sessions.backward = 3.0;
    start.pairs_weight = 0.0;
    let found = fit(&clicks, &start, &plan).unwrap();
    assert!(found.after > found.before + 0.01, "{found:?}");
    let backwards: Vec<_> = clicks.into_iter().rev().collect();
    assert_eq!(fit(&backwards, &start, &plan).unwrap(), found);
}

#[test]
fn fit_refuses_what_it_cannot_stand_on() {
    let start = VisitParams::standard(3);
    let few = &walks()[..90];
    assert!(matches!(fit(few, &start, &Plan::standard(3)), Err(FitError::TooFew { .. })));
    let all = Plan { held_out: 1.0, ..Plan::standard(3) };
    assert_eq!(fit(&walks(), &start, &all), Err(FitError::Share(1.0)));
    let wrong = VisitParams { sessions_weight: f64::NAN, ..start };
    assert!(matches!(fit(&walks(), &wrong, &Plan::standard(3)), Err(FitError::Blend(BlendError::Weight(_)))));
}

proptest! {
    #[test]
    fn update_then_forget_equals_never_seen(
        events in prop::collection::vec((0u64..8, 0u32..10, 0i64..20), 0..60),
        gone_sessions in prop::collection::btree_set(0u64..8, 0..4),
        gone_clicks in prop::collection::vec(prop::sample::Index::arbitrary(), 0..6),
        visit in prop::collection::vec((0u32..10).prop_map(ItemId), 0..6),
    ) {
        let mut visits = learned(&events);
        let mut kept = events.clone();
        for at in gone_clicks {
            if kept.is_empty() { break; }
            let (session, item, time) = kept.remove(at.index(kept.len()));
            prop_assert!(visits.forget_click(SessionKey(session), ItemId(item), time));
            prop_assert!(!visits.forget_click(SessionKey(session), ItemId(item), time + 100));
        }
        for session in &gone_sessions {
            let held = kept.iter().filter(|event| event.0 == *session).count();
            prop_assert_eq!(visits.forget_session(SessionKey(*session)), held);
        }
        kept.retain(|event| !gone_sessions.contains(&event.0));
        let mut never = Visits::new();
        never.extend(kept.iter().map(|&(session, item, time)| (SessionKey(session), ItemId(item), time)));
        prop_assert_eq!(visits.canonical(), never.canonical());
        prop_assert_eq!(visits.canonical(), learned(&kept).canonical());
        let params = VisitParams::standard(20);
        prop_assert_eq!(bits(&ask(&visits, &visit, &params)), bits(&ask(&never, &visit, &params)));
        // What is learned after forgetting finds the same models too.
        visits.extend([(SessionKey(1), ItemId(3), 7), (SessionKey(9), ItemId(2), 8)]);
        kept.extend([(1, 3, 7), (9, 2, 8)]);
        prop_assert_eq!(visits.canonical(), learned(&kept).canonical());
    }

    #[test]
    fn input_taken_away_takes_exactly_its_parts(
        events in prop::collection::vec((0u64..8, 0u32..10, 0i64..20), 0..60),
        visit in prop::collection::vec((0u32..10).prop_map(ItemId), 1..6),
    ) {
        let visits = learned(&events);
        let gone = |cause: &Cause| *cause == Cause::Visit { item: visit[0] };
        for scored in ask(&visits, &visit, &VisitParams::standard(20)) {
            let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
            prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            let took: f64 = scored.parts().iter().filter(|part| gone(&part.cause)).map(|part| part.part).sum();
            prop_assert!((scored.score() - took - scored.without(gone).score()).abs() < 1e-12);
        }
    }
}
