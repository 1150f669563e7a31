//! Tests of likeness by description.

use super::*;
use proptest::prelude::*;

fn entry(item: u32, kind: Kind, category: &[u32], text: &str, price_minor: Option<i64>) -> Entry {
    Entry {
        item: ItemId(item),
        kind,
        category: category.to_vec(),
        brand: None,
        tags: Vec::new(),
        text: text.to_owned(),
        price_minor,
    }
}

#[test]
fn entry_is_like_itself_by_the_weights_of_what_it_has() {
    let catalogue = [
        entry(0, Kind::Product, &[1, 2], "light tent", Some(10_000)),
        entry(1, Kind::Product, &[1, 2], "light tent", Some(10_000)),
        entry(2, Kind::Product, &[3], "putter", None),
    ];
    let index = ContentIndex::build(&catalogue, &Weights::balanced()).unwrap();
    // category 0.35 + text 0.25 + price 0.1; no brand, no tags
    assert!((index.similarity(ItemId(0), ItemId(1)) - 0.7).abs() < 1e-6);
    assert_eq!(index.similarity(ItemId(0), ItemId(2)), 0.0);
    assert_eq!(index.similarity(ItemId(0), ItemId(99)), 0.0);
}

#[test]
fn narrower_category_and_nearer_price_are_more_alike() {
    let catalogue = [
        entry(0, Kind::Product, &[1, 2], "", Some(10_000)),
        entry(1, Kind::Product, &[1, 2], "", Some(10_500)),
        entry(2, Kind::Product, &[1, 3], "", Some(10_000)),
        entry(3, Kind::Product, &[1, 2], "", Some(90_000)),
    ];
    let index = ContentIndex::build(&catalogue, &Weights::balanced()).unwrap();
    let seed = [Seed { item: ItemId(0), weight: 1.0 }];
    let list = index.alike(&seed, Kind::Product, 9, &mut Scratch::new());
    assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), [1, 3, 2]);
}

#[test]
fn product_leads_to_the_article_that_helps_with_it() {
    let catalogue = [
        entry(0, Kind::Product, &[1, 5], "Kererū e-bike", Some(400_000)),
        entry(1, Kind::Product, &[1, 5], "Tūī e-bike", Some(420_000)),
        entry(2, Kind::Article, &[1, 5], "Quiet tracks near Auckland", None),
        entry(3, Kind::Article, &[2], "Care for a paddle", None),
    ];
    let index = ContentIndex::build(&catalogue, &Weights::balanced()).unwrap();
    let list = index.alike(&[Seed { item: ItemId(0), weight: 1.0 }], Kind::Article, 9, &mut Scratch::new());
    assert_eq!(list.iter().map(|scored| scored.item().0).collect::<Vec<_>>(), [2]);
    assert_eq!(list[0].parts()[0].cause, Cause::Alike { item: ItemId(0) });
}

#[test]
fn item_twice_or_weights_out_of_range_are_refused() {
    let one = entry(0, Kind::Product, &[1], "", None);
    let twice = ContentIndex::build(&[one.clone(), one.clone()], &Weights::balanced());
    assert_eq!(twice.unwrap_err(), ContentError::Duplicate(ItemId(0)));
    let none = Weights { category: 0.0, brand: 0.0, tags: 0.0, text: 0.0, price: 0.0 };
    assert_eq!(ContentIndex::build(&[one], &none).unwrap_err(), ContentError::Weights);
}

fn catalogue() -> impl Strategy<Value = Vec<Entry>> {
    let one = (
        prop::bool::ANY,
        prop::collection::vec(0u32..3, 0..3),
        prop::option::of(0u32..3),
        prop::collection::vec(0u32..5, 0..4),
        prop::collection::vec(prop::sample::select(vec!["tent", "light", "bike", "Golf", "putter"]), 0..5),
        prop::option::of(1i64..1_000_000),
    );
    prop::collection::vec(one, 0..15).prop_map(|list| {
        let make = |((article, category, brand, tags, words, price_minor), item): (
            (_, _, _, _, Vec<&str>, _),
            _,
        )| Entry {
            item: ItemId(item),
            kind: if article { Kind::Article } else { Kind::Product },
            category,
            brand,
            tags,
            text: words.join(" "),
            price_minor,
        };
        list.into_iter().zip(0..).map(make).collect()
    })
}

proptest! {
    #[test]
    fn ranked_sums_are_the_sums_of_the_parts(
        catalogue in catalogue(),
        seeds in prop::collection::vec((0u32..16, 0.0f64..2.0), 0..4),
    ) {
        let index = ContentIndex::build(&catalogue, &Weights::balanced()).unwrap();
        let backwards: Vec<Entry> = catalogue.iter().rev().cloned().collect();
        let same = ContentIndex::build(&backwards, &Weights::balanced()).unwrap();
        let seeds: Vec<Seed> = seeds.into_iter().map(|(i, weight)| Seed { item: ItemId(i), weight }).collect();
        let mut scratch = Scratch::new();
        let list = index.alike(&seeds, Kind::Product, 20, &mut scratch);
        prop_assert_eq!(&list, &same.alike(&seeds, Kind::Product, 20, &mut Scratch::new()));
        let ranked: Vec<f64> = {
            let _ = index.alike(&seeds, Kind::Product, 20, &mut scratch);
            scratch.ranking.iter().map(|best| best.score).collect()
        };
        for (scored, sum) in list.iter().zip(ranked) {
            prop_assert_eq!(scored.score().to_bits(), sum.to_bits());
            prop_assert_eq!(index.kind(scored.item()), Some(Kind::Product));
            prop_assert!(index.similarity(scored.item(), scored.item()) <= 1.0 + 1e-6);
        }
    }
}
