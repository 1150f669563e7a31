//! Tests of the item-to-item counts: exact forgetting, hand-computed scores, reasons, the cap.

use super::*;
use crate::recommend::blend::{Voice, decide, explain};
use crate::recommend::damping::Damping;
use crate::recommend::{Cause, Scratch};
use proptest::prelude::*;

fn ids(list: &[u32]) -> Vec<ItemId> {
    list.iter().map(|item| ItemId(*item)).collect()
}

fn learned(sequences: &[Vec<ItemId>]) -> ItemKnn {
    let mut pairs = ItemKnn::new();
    sequences.iter().for_each(|items| pairs.learn_sequence(items));
    pairs
}

#[test]
fn score_and_parts_match_hand_computation() {
    // 0 → 1 directly twice, 0 → 2 at distance 2 once, 1 → 2 directly once.
    let pairs = learned(&[ids(&[0, 1, 2]), ids(&[0, 1])]);
    let params = LinkParams {
        last_items: 2,
        place: 1.0,
        backward: 0.5,
        own: Damping::Whole,
        other: Damping::Ignored,
        revisit: 1.0,
        ..LinkParams::standard(9)
    };
    let list = pairs.score(&ids(&[1, 0]), &params, &mut Scratch::new());
    // Item 2: from 0, the newest, ½ / 2 clicks; from 1, one place older, ½ · 1 / 2 clicks. Item 1: from 0, 2 / 2; itself nothing.
    assert_eq!(list.iter().map(|s| (s.item().0, s.score())).collect::<Vec<_>>(), [(1, 1.0), (2, 0.5)]);
    let causes: Vec<Cause> = list[1].parts().iter().map(|part| part.cause).collect();
    assert_eq!(causes, [Cause::Visit { item: ItemId(0) }, Cause::Visit { item: ItemId(1) }]);
    // From 2 back to 1: one look before, at half its worth, by one click on 2; to 0 half of that.
    let list = pairs.score(&ids(&[2]), &params, &mut Scratch::new());
    assert_eq!(list.iter().map(|s| (s.item().0, s.score())).collect::<Vec<_>>(), [(1, 0.5), (0, 0.25)]);
    let cosine = LinkParams { own: Damping::Root, other: Damping::Root, ..params };
    let list = pairs.score(&ids(&[2]), &cosine, &mut Scratch::new());
    assert!((list[0].score() - 0.5 / 2f64.sqrt()).abs() < 1e-12);
}

#[test]
fn row_is_cut_at_its_largest_counts() {
    let mut pairs = ItemKnn::new();
    for other in 1..200u32 {
        (0..=other % 7).for_each(|_| pairs.learn_sequence(&ids(&[0, other])));
    }
    let params = LinkParams { row: 30, other: Damping::Ignored, ..LinkParams::standard(999) };
    let list = pairs.score(&ids(&[0]), &params, &mut Scratch::new());
    let mut expected: Vec<u32> = (1..200).collect();
    expected.sort_by_key(|other| (std::cmp::Reverse(other % 7), *other));
    expected.truncate(30);
    assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), expected);
    assert!(pairs.score(&ids(&[0]), &LinkParams { row: 0, ..params }, &mut Scratch::new()).is_empty());
}

#[test]
fn odd_questions_have_empty_answers() {
    let pairs = learned(&[ids(&[0, 1])]);
    let params = LinkParams::standard(9);
    assert!(pairs.score(&[], &params, &mut Scratch::new()).is_empty());
    assert!(pairs.score(&ids(&[77]), &params, &mut Scratch::new()).is_empty());
    assert!(pairs.score(&ids(&[0]), &LinkParams { last_items: 0, ..params }, &mut Scratch::new()).is_empty());
}

fn sequences() -> impl Strategy<Value = Vec<Vec<ItemId>>> {
    prop::collection::vec(prop::collection::vec((0u32..9).prop_map(ItemId), 0..25), 0..8)
}

proptest! {
    #[test]
    fn update_then_forget_equals_never_seen(
        kept in sequences(),
        gone in sequences(),
        at in prop::sample::Index::arbitrary(),
    ) {
        let never = learned(&kept);
        let mut pairs = never.clone();
        gone.iter().for_each(|items| pairs.learn_sequence(items));
        gone.iter().for_each(|items| pairs.forget_sequence(items));
        prop_assert_eq!(pairs.canonical(), never.canonical());
        prop_assert_eq!(pairs.pairs(), never.pairs());
        // One click out of the middle of a session.
        if let Some(items) = kept.iter().find(|items| !items.is_empty()) {
            let at = at.index(items.len());
            pairs.forget(&items[..at], items[at], &items[at + 1..]);
            let mut rest = kept.clone();
            let changed = rest.iter_mut().find(|items| !items.is_empty()).unwrap();
            changed.remove(at);
            prop_assert_eq!(pairs.canonical(), learned(&rest).canonical());
            pairs.learn(&items[..at], items[at], &items[at + 1..]);
            prop_assert_eq!(pairs.canonical(), never.canonical());
        }
    }

    #[test]
    fn bulk_equals_one_by_one(sequences in sequences()) {
        let bulk = ItemKnn::of_sequences(sequences.iter().map(Vec::as_slice));
        prop_assert_eq!(bulk.canonical(), learned(&sequences).canonical());
    }

    #[test]
    fn parts_add_up_and_each_is_its_items_own(
        sequences in sequences(),
        visit in prop::collection::vec((0u32..9).prop_map(ItemId), 1..6),
        row in 0usize..9,
    ) {
        let pairs = learned(&sequences);
        let params = LinkParams { row, last_items: 3, revisit: 1.5, ..LinkParams::standard(99) };
        let (mut buffers, mut scratch) = (LinkBuffers::default(), Scratch::new());
        let links = pairs.links(&visit, &params, &mut buffers);
        let voices = [Voice::new(&links, 0.5, 1.0).unwrap()];
        let list = decide(&voices, 99, |_| true, &mut scratch);
        prop_assert_eq!(list.len(), links.scores().len());
        for scored in &list {
            let (_, score) = links.scores().iter().find(|(item, _)| *item == scored.item()).unwrap();
            prop_assert!((scored.score() - 0.5 * score).abs() < 1e-12);
            prop_assert_eq!(&explain(&voices, [scored.item()], &mut scratch)[0], scored);
            prop_assert!(Some(&scored.item()) != visit.last());
        }
    }
}
